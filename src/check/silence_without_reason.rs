//! Judges whether a comment that accepts a finding says why.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::{Detection, Severity};
use crate::observation::file::FileObservation;

pub(super) static CHECK: Check = Check {
    id: "silence-without-reason",
    title: "finding accepted without a reason",
    severity: Severity::Low,
    category: Category::Operation,
    class: None,
    since: "0.1.0",
    references: &["CWE-1059"],
    docs: r"
## What it looks for

Comments such as `verifull: allow(connection-plaintext)` with nothing behind them. Such a comment does not count: the finding stays.

## Why it matters

Who reads the line next year cannot tell an accepted risk from one that somebody wanted out of sight.

## How to fix it

- Say why behind the parenthesis: `# verifull: allow(connection-plaintext) test database on this machine`.

## References

- CWE-1059: insufficient technical documentation
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    let reading = match super::declared::reading(observation) {
        Ok(reading) => reading,
        Err(verdict) => return verdict,
    };
    let detections: Vec<Detection> = reading
        .silences
        .iter()
        .filter(|silence| silence.reason.is_empty())
        .map(|silence| {
            let id = crate::text::printable_within(&silence.check, 60);
            Detection::new(format!(
                "the comment allows `{id}` and does not say why, so it does not count"
            ))
            .span(silence.span.clone())
            .discriminator(id)
        })
        .collect();
    if detections.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Fail(detections)
    }
}
