//! Judges whether a file declares it: setting that the driver refuses.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::DeclarationKind;

pub(super) static CHECK: Check = Check {
    id: "driver-option-rejected",
    title: "setting that the driver refuses",
    severity: Severity::Medium,
    category: Category::Transport,
    class: None,
    since: "0.1.0",
    references: &["CWE-693"],
    docs: r#"
## What it looks for

Dialects that do not exist (`cockroachdb+sickql`) and options that the driver does not know: `sslmode` in an
asyncpg URL of SQLAlchemy, a dictionary for asyncpg's `ssl`, `ssl_context` for psycopg2.

## Why it matters

It fails at the first connection, and is then "repaired" by leaving TLS out.

## How to fix it

- Use the form that the driver takes: the remedy shows it.

## References

- CWE-693: Protection Mechanism Failure
"#,
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Rejected(rejected) = &declaration.kind else {
            return None;
        };
        let message = format!(
            "{} refuses `{}`: the driver's own form is wanted",
            rejected.by, rejected.what
        );
        let detection = scene.detect(declaration, message, Severity::Medium, None);
        Some(detection.evidence(rejected.error.clone()))
    })
}
