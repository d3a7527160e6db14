//! What became of holding an address against a policy, as JSON has it.

use serde::Serialize;

use crate::policy::{Assessment, Cap, Deviation, Rating};

/// One address against one policy.
#[derive(Debug, Serialize)]
pub(super) struct PolicyV1 {
    policy: &'static str,
    /// `meets`, `fails` or `open`.
    verdict: &'static str,
    deviations: Vec<DeviationV1>,
    /// What could not be decided, one sentence each; a policy that fails may have some, too.
    undecided: Vec<String>,
    /// There for a policy that gives a letter, and a scan that is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<RatingV1>,
}

/// A line of a policy that is not kept.
#[derive(Debug, Serialize)]
struct DeviationV1 {
    rule: String,
    found: String,
    wanted: String,
}

/// A letter, and what made it.
#[derive(Debug, Serialize)]
struct RatingV1 {
    letter: &'static str,
    protocol: u8,
    key_exchange: u8,
    cipher: u8,
    total: u8,
    caps: Vec<CapV1>,
    not_looked_for: Vec<&'static str>,
}

/// A fact that holds the letter down.
#[derive(Debug, Serialize)]
struct CapV1 {
    most: &'static str,
    fact: String,
    lifted_by: &'static str,
}

impl PolicyV1 {
    /// Writes down an assessment.
    pub(super) fn of(assessment: Assessment) -> Self {
        Self {
            policy: assessment.policy.as_str(),
            verdict: assessment.verdict.as_str(),
            deviations: assessment
                .deviations
                .into_iter()
                .map(DeviationV1::of)
                .collect(),
            undecided: assessment.open,
            rating: assessment.rating.map(RatingV1::of),
        }
    }
}

impl DeviationV1 {
    /// Writes down a deviation.
    fn of(deviation: Deviation) -> Self {
        Self {
            rule: deviation.rule,
            found: deviation.found,
            wanted: deviation.wanted,
        }
    }
}

impl RatingV1 {
    /// Writes down a rating.
    fn of(rating: Rating) -> Self {
        Self {
            letter: rating.letter.as_str(),
            protocol: rating.protocol,
            key_exchange: rating.key_exchange,
            cipher: rating.cipher,
            total: rating.total,
            caps: rating.caps.into_iter().map(CapV1::of).collect(),
            not_looked_for: rating.not_looked_for,
        }
    }
}

impl CapV1 {
    /// Writes down a cap.
    fn of(cap: Cap) -> Self {
        Self {
            most: cap.most.as_str(),
            fact: cap.fact,
            lifted_by: cap.lifted_by,
        }
    }
}
