//! Judges whether the scan saw everything that it looked for.

use super::scanned::scan;
use super::{Category, Check, Context, Evaluate, Verdict};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::observation::scan::Conduct;

pub(super) static CHECK: Check = Check {
    id: "scan-incomplete",
    title: "scan did not see everything",
    severity: Severity::Info,
    category: Category::Operation,
    class: None,
    since: "0.1.0",
    references: &["CWE-703"],
    docs: r"
## What it looks for

What the last scan says it left open, and how the server treated its connections: resets, silence, refusals to
connect. What stayed open is open in every check that needs it, never passed.

## Why it matters

It says that we are blind in places, not that the endpoint is bad. A server or a box before it that limits
connections makes a scanner miss what it would have accepted.

## How to fix it

- Let verifull's address pass the limit, or scan with fewer connections at once.
- Scan again at a quieter time: what was learned stays.

## References

- CWE-703: Improper Check or Handling of Exceptional Conditions
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Most gaps that are told as evidence.
const MOST_GAPS: usize = 8;

fn evaluate(seen: &EndpointObservation, _: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let Some(first) = scan.gaps.first() else {
        return Verdict::Pass;
    };
    let detection = Detection::new(format!(
        "the {} scan is not whole: {first}; an answer to everything is wanted",
        scan.depth.as_str()
    ));
    let detection = scan
        .gaps
        .iter()
        .take(MOST_GAPS)
        .skip(1)
        .fold(detection, |detection, gap| detection.evidence(gap.clone()));
    Verdict::Fail(vec![match conduct_in_words(&scan.conduct) {
        Some(conduct) => detection.evidence(conduct),
        None => detection,
    }])
}

/// Says what the server did to the connections of a scan, where it did something.
fn conduct_in_words(conduct: &Conduct) -> Option<String> {
    let counted = [
        (conduct.resets, "reset"),
        (conduct.closes, "closed without a word"),
        (conduct.timeouts, "left without an answer"),
        (conduct.unconnected, "not taken"),
    ];
    let mut parts: Vec<String> = counted
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if conduct.slowed_down {
        parts.push("the server limits connections, so the scan slowed down".to_owned());
    }
    (!parts.is_empty()).then(|| format!("connections: {}", parts.join(", ")))
}
