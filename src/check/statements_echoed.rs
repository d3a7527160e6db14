//! Judges whether a file declares it: statements are logged with their values.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, Sink};

pub(super) static CHECK: Check = Check {
    id: "statements-echoed",
    title: "statements are logged with their values",
    severity: Severity::Low,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &["CWE-532", "OWASP-A09:2021"],
    docs: r"
## What it looks for

SQLAlchemy's `echo=True`: every statement is logged with its values.

## Why it matters

Values are names, addresses, hashes of passwords and tokens; logs are read by more people than the table.

## How to fix it

- Leave `echo` out, or set `hide_parameters=True`.

## References

- CWE-532: Insertion of Sensitive Information into Log File
- OWASP-A09:2021: Security Logging and Monitoring Failures
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Disclosure(disclosure) = &declaration.kind else {
            return None;
        };
        (disclosure.sink == Sink::Echo).then(|| {
            let message = format!(
                "`{}` logs every statement with its values: `hide_parameters=True` is wanted",
                disclosure.what
            );
            scene.detect(declaration, message, Severity::Low, None)
        })
    })
}
