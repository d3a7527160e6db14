//! Judges whether a file declares it: SQL put together from text.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::DeclarationKind;

pub(super) static CHECK: Check = Check {
    id: "sql-formatted",
    title: "statement put together from text",
    severity: Severity::Medium,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &["CWE-89", "OWASP-A03:2021"],
    docs: r"
## What it looks for

Statements whose text is formatted or joined with values before they are run.

## Why it matters

A value that holds a quote is a statement.

## How to fix it

- Pass values as parameters: `$1`, `%s`, `:name`.

## References

- CWE-89: Improper Neutralization of Special Elements used in an SQL Command
- OWASP-A03:2021: Injection
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::FormattedSql { callee } = &declaration.kind else {
            return None;
        };
        let message = format!(
            "the statement given to `{callee}` is put together from text: parameters are wanted"
        );
        Some(scene.detect(declaration, message, Severity::Medium, None))
    })
}
