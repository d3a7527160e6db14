//! Judges whether a file declares it: weak TLS mode where a variable is unset.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::Mode;
use crate::source::driver::Protection;

pub(super) static CHECK: Check = Check {
    id: "connection-weak-default",
    title: "weak TLS mode where a variable is unset",
    severity: Severity::Medium,
    category: Category::Transport,
    class: Some("db-plaintext"),
    since: "0.1.0",
    references: &["CWE-1188", "CWE-757", "OWASP-A05:2021"],
    docs: r#"
## What it looks for

Modes that a program takes where a variable is unset: `getenv("PGSSLMODE", "disable")`,
`${DB_SSLMODE:-prefer}`.

## Why it matters

A variable is unset exactly where nobody thought of it, such as in the next environment.

## How to fix it

- Make `verify-full` the default, or stop where the variable is unset.

## References

- CWE-1188
- CWE-757
- OWASP-A05:2021
"#,
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::connections(observation, |declaration, connection| {
        (connection.mode == Mode::Default
            && connection.protection != Protection::Verified
            && connection.protection != Protection::Unknown
            && connection.protection != Protection::Rejected)
            .then(|| {
                super::declared::setting(connection)
                    + " counts where the variable is unset: `verify-full` is wanted as the default"
            })
            .map(|message| super::declared::at(declaration, connection, message))
    })
}
