//! The score: published deductions per finding, caps, and coverage beside it.
//!
//! `verifull explain --scoring` prints what is in here, rendered from the tables that compute it. An unknown never counts as
//! a pass: it lowers coverage. Which number is good enough is not decided here.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::check::{Category, Check, Verdict};
use crate::finding::Severity;

/// Version of the formula. It changes whenever the same facts could give another number.
pub const SCORING_VERSION: u32 = 1;

/// Points that a check takes from its category, by the severity of its worst detection.
///
/// A critical takes half a category, so two of them empty it; an `info` is a note and costs nothing.
const DEDUCTIONS: [(Severity, f64); 5] = [
    (Severity::Critical, 50.0),
    (Severity::High, 30.0),
    (Severity::Medium, 15.0),
    (Severity::Low, 5.0),
    (Severity::Info, 0.0),
];

/// Weight of each category in the mean.
///
/// Encryption and the certificate decide whether somebody can listen or answer in the server's place; the others make
/// that harder. Operation is our own sight, which is coverage and no property of the endpoint.
const WEIGHTS: [(Category, f64); 6] = [
    (Category::Transport, 35.0),
    (Category::Certificate, 30.0),
    (Category::Authentication, 15.0),
    (Category::Cryptography, 10.0),
    (Category::Http, 10.0),
    (Category::Operation, 0.0),
];

/// Letters and the least value of each.
const GRADES: [(char, u8); 5] = [('A', 90), ('B', 80), ('C', 70), ('D', 60), ('F', 0)];

/// Highest value that is still a C.
const BEST_C: u8 = 79;
/// Highest value that is still a D.
const BEST_D: u8 = 69;
/// Highest value that is still an F.
const BEST_F: u8 = 59;

/// The check whose failure says that nothing could be looked at.
const UNREACHABLE: &str = "endpoint-unreachable";

/// Something that holds the value down whatever the mean is.
struct Cap {
    /// The checks it listens to; none means all.
    checks: &'static [&'static str],
    /// The least severity of a detection that counts.
    from: Severity,
    /// The highest value that is left.
    most: u8,
    /// Why, in words.
    why: &'static str,
}

/// Every cap. The lowest that applies wins, and each that applies is named.
const CAPS: [Cap; 5] = [
    Cap {
        checks: &[
            "plaintext-only",
            "plaintext-accepted",
            "insecure-cockroachdb-node",
        ],
        // CockroachDB with a rule in front of the open transport is medium: no plaintext gets through today.
        from: Severity::High,
        most: BEST_F,
        why: "plaintext is accepted",
    },
    Cap {
        checks: &[
            "certificate-expired",
            "certificate-not-yet-valid",
            "certificate-self-signed",
            "certificate-unknown-ca",
            "certificate-chain-incomplete",
            "certificate-wrong-usage",
            "certificate-malformed",
            "host-name-mismatch",
            "subject-alt-name-missing",
            "verify-full-refused",
        ],
        from: Severity::High,
        most: BEST_F,
        why: "the certificate would not survive verify-full",
    },
    Cap {
        checks: &["tls-handshake-failed"],
        from: Severity::Medium,
        most: BEST_F,
        why: "no TLS handshake comes to its end",
    },
    Cap {
        // Nothing is wrong with the server. But an A beside a `verify-full` that cannot connect would be read as ready.
        checks: &["client-certificate-missing", "trust-file-unreadable"],
        from: Severity::Medium,
        most: BEST_C,
        why: "clients cannot connect with the files that the endpoint names",
    },
    Cap {
        checks: &[],
        from: Severity::Critical,
        most: BEST_D,
        why: "a critical finding is open",
    },
];

/// A score with everything that made it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// [`SCORING_VERSION`].
    pub scoring_version: u32,
    /// 0 to 100; `None` where nothing could be looked at.
    pub value: Option<u8>,
    /// `A` to `F`; `None` where nothing could be looked at.
    pub grade: Option<char>,
    /// Share of the applicable checks that could be decided, 0 to 1.
    pub coverage: f64,
    /// The caps that hold the value down, in words.
    pub caps: Vec<String>,
}

/// Scores the verdicts on one or more endpoints.
///
/// Where a check occurs more than once, for several endpoints or addresses, its deductions are averaged over the times
/// it was decided: a fleet's score does not fall with its size, and its caps still show the worst of it.
pub fn of(verdicts: &[(&'static Check, Verdict)]) -> Score {
    let mut tallies: BTreeMap<&str, (Category, Tally)> = BTreeMap::new();
    for (check, verdict) in verdicts {
        tallies
            .entry(check.id)
            .or_insert_with(|| (check.category, Tally::default()))
            .1
            .add(check, verdict);
    }
    let decided: u32 = tallies.values().map(|(_, tally)| tally.decided).sum();
    let open: u32 = tallies.values().map(|(_, tally)| tally.open).sum();
    let coverage = if decided + open == 0 {
        0.0
    } else {
        f64::from(decided) / f64::from(decided + open)
    };
    let mean = if is_unreached(verdicts) {
        None
    } else {
        weighted_mean(&tallies)
    };
    let Some(mean) = mean else {
        return Score {
            scoring_version: SCORING_VERSION,
            value: None,
            grade: None,
            coverage,
            caps: Vec::new(),
        };
    };
    let caps: Vec<&Cap> = CAPS.iter().filter(|cap| cap.applies(verdicts)).collect();
    let value = caps.iter().map(|cap| cap.most).fold(whole(mean), Ord::min);
    Score {
        scoring_version: SCORING_VERSION,
        value: Some(value),
        grade: Some(grade(value)),
        coverage,
        caps: caps
            .iter()
            .map(|cap| format!("{}: at most {}", cap.why, grade(cap.most)))
            .collect(),
    }
}

/// What became of one check, over all that it was put to.
#[derive(Default)]
struct Tally {
    decided: u32,
    open: u32,
    deducted: f64,
}

impl Tally {
    fn add(&mut self, check: &Check, verdict: &Verdict) {
        match verdict {
            Verdict::Pass => self.decided += 1,
            Verdict::Fail(_) => {
                self.decided += 1;
                self.deducted += worst(check, verdict).map_or(0.0, deduction);
            }
            Verdict::Open(_) => self.open += 1,
            Verdict::NotApplicable => {}
        }
    }
}

impl Cap {
    /// Whether some detection is of the kind that this cap listens to.
    fn applies(&self, verdicts: &[(&'static Check, Verdict)]) -> bool {
        verdicts.iter().any(|(check, verdict)| {
            (self.checks.is_empty() || self.checks.contains(&check.id))
                && worst(check, verdict).is_some_and(|severity| severity >= self.from)
        })
    }
}

/// Returns the worst severity in a verdict.
fn worst(check: &Check, verdict: &Verdict) -> Option<Severity> {
    match verdict {
        Verdict::Fail(detections) => detections
            .iter()
            .map(|detection| detection.severity.unwrap_or(check.severity))
            .max(),
        Verdict::Pass | Verdict::NotApplicable | Verdict::Open(_) => None,
    }
}

/// Whether endpoints were judged and not one of them was reached.
///
/// What such an endpoint's owner intends can still be judged. That must not look like a score of the endpoint.
fn is_unreached(verdicts: &[(&'static Check, Verdict)]) -> bool {
    let mut reached = verdicts
        .iter()
        .filter(|(check, _)| check.id == UNREACHABLE)
        .map(|(_, verdict)| *verdict == Verdict::Pass)
        .peekable();
    reached.peek().is_some() && !reached.any(|reached| reached)
}

/// Returns the mean over the categories in which something was decided, each weighted.
fn weighted_mean(tallies: &BTreeMap<&str, (Category, Tally)>) -> Option<f64> {
    let mut points = 0.0;
    let mut weights = 0.0;
    for (category, weight) in WEIGHTS {
        let mut decided = false;
        let mut left = 100.0;
        for (_, tally) in tallies.values().filter(|(of, _)| *of == category) {
            if tally.decided > 0 {
                decided = true;
                left -= tally.deducted / f64::from(tally.decided);
            }
        }
        if decided {
            points += weight * f64::max(left, 0.0);
            weights += weight;
        }
    }
    (weights > 0.0).then(|| points / weights)
}

/// Returns the points that a severity costs.
fn deduction(severity: Severity) -> f64 {
    DEDUCTIONS
        .iter()
        .find(|(of, _)| *of == severity)
        .map_or(0.0, |(_, points)| *points)
}

/// Rounds down: a value never claims more than it has.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of values from 0 to 100 is from 0 to 100"
)]
fn whole(mean: f64) -> u8 {
    // A hair is added so that 90 which came out as 89.999… stays 90.
    (mean + 1e-9).clamp(0.0, 100.0).floor() as u8
}

/// Returns the letter of a value.
fn grade(value: u8) -> char {
    GRADES
        .iter()
        .find(|(_, least)| value >= *least)
        .map_or('F', |(letter, _)| *letter)
}

/// Explains the formula, in Markdown, from the tables that compute it.
pub fn explain() -> String {
    let mut text = format!(
        "# Score\n\n\
         Scoring version {SCORING_VERSION}. The same facts give the same number for as long as the version stays.\n\n\
         Every category starts at 100. Each check that fails takes points by the severity of its worst detection, down to 0:\n\n\
         | severity | points |\n|---|---|\n"
    );
    for (severity, points) in DEDUCTIONS {
        let _ = writeln!(text, "| {severity} | {points} |");
    }
    text.push_str(
        "\nThe value is the mean over the categories in which something was decided, weighted and rounded down:\n\n\
         | category | weight |\n|---|---|\n",
    );
    for (category, weight) in WEIGHTS {
        let _ = writeln!(text, "| {} | {weight} |", category.as_str());
    }
    text.push_str(
        "\nCaps hold it down, whatever the mean is:\n\n| cap | at most | checks |\n|---|---|---|\n",
    );
    for cap in &CAPS {
        let checks = if cap.checks.is_empty() {
            "any".to_owned()
        } else {
            cap.checks
                .iter()
                .map(|id| format!("`{id}`"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let _ = writeln!(
            text,
            "| {} | {} ({}) | {checks}, {} or worse |",
            cap.why,
            cap.most,
            grade(cap.most),
            cap.from
        );
    }
    text.push_str("\nThe letter is read off the value:\n\n| grade | from |\n|---|---|\n");
    for (letter, least) in GRADES {
        let _ = writeln!(text, "| {letter} | {least} |");
    }
    let _ = write!(
        text,
        "\nCoverage stands beside it: the share of the applicable checks that could be decided. A check that could not look\n\
         counts neither as passed nor as failed; it lowers coverage. A check that does not apply counts nowhere. Where nothing\n\
         could be decided, or no address was reached (`{UNREACHABLE}`), there is no value.\n\n\
         Over several endpoints and addresses a check's points are averaged over the times it was decided, and one endpoint is\n\
         enough for a cap.\n"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{REGISTER, find};
    use crate::finding::Detection;

    fn pass(id: &str) -> (&'static Check, Verdict) {
        (find(id).unwrap(), Verdict::Pass)
    }

    fn fail(id: &str, severity: Severity) -> (&'static Check, Verdict) {
        (
            find(id).unwrap(),
            Verdict::Fail(vec![Detection::new("seen").severity(severity)]),
        )
    }

    fn open(id: &str) -> (&'static Check, Verdict) {
        (find(id).unwrap(), Verdict::Open("nobody looked".to_owned()))
    }

    #[test]
    fn everything_passed_is_full_marks() {
        let verdicts: Vec<_> = REGISTER.iter().map(|check| pass(check.id)).collect();
        let score = of(&verdicts);
        assert_eq!((score.value, score.grade), (Some(100), Some('A')));
        assert!(score.caps.is_empty());
        assert!((score.coverage - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn nothing_decided_has_no_value() {
        let verdicts: Vec<_> = REGISTER.iter().map(|check| open(check.id)).collect();
        let score = of(&verdicts);
        assert_eq!((score.value, score.grade), (None, None));
        assert!(score.coverage.abs() < f64::EPSILON);
        assert_eq!(of(&[]).value, None);
    }

    #[test]
    fn unreached_endpoint_has_no_value_whatever_is_declared() {
        let verdicts = [
            fail(UNREACHABLE, Severity::Info),
            pass("sslmode-below-verify-full"),
            open("certificate-expired"),
        ];
        assert_eq!(of(&verdicts).value, None);
    }

    #[test]
    fn one_reached_endpoint_is_enough_for_a_value() {
        let verdicts = [
            fail(UNREACHABLE, Severity::Info),
            pass(UNREACHABLE),
            pass("certificate-expired"),
        ];
        assert_eq!(of(&verdicts).value, Some(100));
    }

    #[test]
    fn open_verdicts_lower_coverage_and_not_the_value() {
        let score = of(&[
            pass("certificate-expired"),
            open("plaintext-accepted"),
            open("certificate-unknown-ca"),
            (find("hsts-missing").unwrap(), Verdict::NotApplicable),
        ]);
        assert_eq!(score.value, Some(100));
        assert!((score.coverage - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn deductions_stay_within_their_category() {
        let score = of(&[
            fail("tls13-missing", Severity::Low),
            pass("certificate-expired"),
            pass("plaintext-accepted"),
        ]);
        // (35 * 100 + 30 * 100 + 10 * 95) / 75 = 99.33
        assert_eq!(score.value, Some(99));
    }

    #[test]
    fn category_never_falls_below_nothing() {
        let score = of(&[
            fail("rsa-key-too-short", Severity::High),
            fail("elliptic-curve-unsuitable", Severity::High),
            fail("signature-hash-weak", Severity::High),
            fail("tls13-missing", Severity::High),
            pass("certificate-expired"),
        ]);
        // (30 * 100 + 10 * 0) / 40 = 75
        assert_eq!(score.value, Some(75));
    }

    #[test]
    fn severities_cap_the_grade() {
        for (id, severity, grade) in [
            ("plaintext-accepted", Severity::High, 'F'),
            ("plaintext-accepted", Severity::Medium, 'A'),
            ("certificate-expired", Severity::Critical, 'F'),
            ("certificate-unknown-ca", Severity::High, 'F'),
            ("tls-handshake-failed", Severity::Medium, 'F'),
            ("authentication-missing", Severity::Critical, 'D'),
            ("client-certificate-missing", Severity::Medium, 'C'),
            ("trust-file-unreadable", Severity::Medium, 'C'),
            ("client-certificate-missing", Severity::Low, 'A'),
            ("certificate-wildcard", Severity::Info, 'A'),
        ] {
            let mut verdicts: Vec<_> = REGISTER
                .iter()
                .filter(|check| check.id != id)
                .map(|check| pass(check.id))
                .collect();
            verdicts.push(fail(id, severity));
            assert_eq!(of(&verdicts).grade, Some(grade), "{id} {severity}");
        }
    }

    #[test]
    fn size_of_a_fleet_does_not_lower_its_score() {
        let one = [
            fail("tls13-missing", Severity::Low),
            pass("certificate-expired"),
        ];
        let fleet: Vec<_> = std::iter::repeat_n(one.clone(), 1000).flatten().collect();
        assert_eq!(of(&one).value, of(&fleet).value);
    }

    #[test]
    fn letters_change_at_their_bounds() {
        for (value, letter) in [
            (100, 'A'),
            (90, 'A'),
            (89, 'B'),
            (80, 'B'),
            (79, 'C'),
            (70, 'C'),
            (69, 'D'),
            (60, 'D'),
            (59, 'F'),
            (0, 'F'),
        ] {
            assert_eq!(grade(value), letter, "{value}");
        }
    }

    #[test]
    fn every_capped_check_exists() {
        let ids = CAPS.iter().flat_map(|cap| cap.checks);
        for id in ids.chain([&UNREACHABLE]) {
            assert!(find(id).is_some(), "`{id}` is not in the register");
        }
    }

    #[test]
    fn every_category_and_severity_has_its_number() {
        for category in Category::ALL {
            assert!(WEIGHTS.iter().any(|(of, _)| *of == category));
        }
        for severity in Severity::ALL {
            assert!(DEDUCTIONS.iter().any(|(of, _)| *of == severity));
        }
    }

    #[test]
    fn explanation_names_every_cap() {
        let text = explain();
        for cap in &CAPS {
            assert!(text.contains(cap.why));
        }
    }
}
