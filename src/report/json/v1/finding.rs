//! A finding, as JSON has it.

use std::net::SocketAddr;

use jiff::Timestamp;
use serde::Serialize;

use crate::finding::{Confidence, Location, Severity};
use crate::remediation::{self, Proof, Snippet};
use crate::store::{FindingState, Snapshot};

/// What is wrong, with whom, and what cures it.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Finding {
    check: &'static str,
    title: &'static str,
    severity: Severity,
    confidence: Confidence,
    message: String,
    subject: Subject,
    /// There where it stands in a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    addresses: Vec<SocketAddr>,
    since: Timestamp,
    evidence: Vec<String>,
    references: &'static [&'static str],
    fingerprint: String,
    /// Not there where verifull knows no cure.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<Remedy>,
}

/// Whom it is about.
#[derive(Debug, Serialize)]
struct Subject {
    kind: &'static str,
    name: String,
}

/// What cures it, in the likeliest dialect; the others in `variants`.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Remedy {
    #[serde(flatten)]
    best: Variant,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<Variant>,
}

/// A remedy in the words of one dialect.
#[derive(Debug, Serialize)]
struct Variant {
    title: String,
    dialect: &'static str,
    language: &'static str,
    snippet: String,
    then: Vec<String>,
    verify: String,
    /// Whether the snippet was run against real peers, and with what, or why not.
    executed: bool,
    proof: &'static str,
}

/// Writes down every open finding, worst first.
pub(in crate::report) fn findings(snapshot: &Snapshot) -> Vec<Finding> {
    snapshot
        .findings
        .iter()
        .map(|state| Finding::of(state))
        .collect()
}

impl Finding {
    /// Writes down one finding.
    fn of(state: &FindingState) -> Self {
        let finding = &state.finding;
        Self {
            check: finding.check,
            title: finding.title,
            severity: finding.severity,
            confidence: finding.confidence,
            message: finding.message.clone(),
            subject: Subject {
                kind: finding.subject.kind(),
                name: finding.subject.name().to_string(),
            },
            location: finding.location.clone(),
            addresses: finding.addresses.clone(),
            since: state.since,
            evidence: finding.evidence.clone(),
            references: finding.references,
            fingerprint: finding.fingerprint.clone(),
            remedy: finding.remedy.as_ref().and_then(Remedy::of),
        }
    }
}

impl Remedy {
    /// Writes down a remedy; `None` where no dialect renders it.
    pub(in crate::report) fn of(remedy: &remediation::Remedy) -> Option<Self> {
        let mut variants = remediation::render(remedy).into_iter().map(Variant::of);
        Some(Self {
            best: variants.next()?,
            variants: variants.collect(),
        })
    }
}

impl Variant {
    /// Writes down a snippet.
    fn of(snippet: Snippet) -> Self {
        let (executed, proof) = match snippet.proof {
            Proof::Executed(with) => (true, with),
            Proof::NotExecuted(why) => (false, why),
        };
        Self {
            title: snippet.title,
            dialect: snippet.dialect.as_str(),
            language: snippet.language,
            snippet: snippet.text,
            then: snippet.then,
            verify: snippet.verify,
            executed,
            proof,
        }
    }
}
