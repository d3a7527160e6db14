//! Judges whether a file declares it: connection declared without host name verification.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::Mode;
use crate::source::driver::Protection;

pub(super) static CHECK: Check = Check {
    id: "connection-host-name-unverified",
    title: "connection declared without host name verification",
    severity: Severity::Medium,
    category: Category::Transport,
    class: Some("db-verify-ca"),
    since: "0.1.0",
    references: &["CWE-297", "OWASP-A02:2021"],
    docs: r#"
## What it looks for

Connections that verify the chain and not the host name: `verify-ca`, or `require` with a root certificate in
libpq and pgx.
A mode that a variable has where it is unset, as in `getenv("PGSSLMODE", "disable")`, counts too.

## Why it matters

Everybody who has a certificate of the same CA, such as another node or any holder of a public one, is taken
for the database.

## How to fix it

- Set `sslmode=verify-full`; where the name does not match, the certificate lacks a subject alternative name.

## References

- CWE-297: Improper Validation of Certificate with Host Mismatch
- OWASP-A02:2021: Cryptographic Failures
"#,
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::connections(observation, |declaration, connection| {
        (connection.protection == Protection::ChainOnly
            && matches!(connection.mode, Mode::Explicit | Mode::Default))
        .then(|| {
            super::declared::setting(connection)
                + " leaves the host name unverified: `sslmode=verify-full` is wanted"
        })
        .map(|message| super::declared::at(declaration, connection, message))
    })
}
