//! Judges whether a file declares it: connection declared without verification.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::Mode;
use crate::source::driver::Protection;

pub(super) static CHECK: Check = Check {
    id: "connection-unverified",
    title: "connection declared without verification",
    severity: Severity::High,
    category: Category::Transport,
    class: Some("db-no-verify"),
    since: "0.1.0",
    references: &[
        "CWE-295",
        "CWE-757",
        "CWE-1188",
        "OWASP-A07:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
    ],
    docs: r#"
## What it looks for

Connections whose mode encrypts with anybody, or falls back to plaintext: `require`, `prefer` and `allow` in
libpq, `sslaccept=accept_invalid_certs`, `Trust Server Certificate=true`. What a mode means is judged by the
driver: in node-postgres `require` verifies.
A mode that a variable has where it is unset, as in `getenv("PGSSLMODE", "disable")`, counts too.

## Why it matters

A man in the middle presents a certificate of his own, or answers that he has no TLS, and is given the
password.

## How to fix it

- Set `sslmode=verify-full` and `sslrootcert`, or what the driver has in their place.

## References

- CWE-295: Improper Certificate Validation
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- CWE-1188: Initialization of a Resource with an Insecure Default
- OWASP-A07:2021: Identification and Authentication Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography for data in transit
"#,
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::connections(observation, |declaration, connection| {
        (matches!(
            connection.protection,
            Protection::Unverified | Protection::PlaintextPossible
        ) && matches!(connection.mode, Mode::Explicit | Mode::Default))
        .then(|| {
            let means = if connection.protection == Protection::Unverified {
                "encrypts with anybody"
            } else {
                "falls back to plaintext"
            };
            format!(
                "{} {means} with {}: `sslmode=verify-full` is wanted",
                super::declared::setting(connection),
                connection.driver.as_str()
            )
        })
        .map(|message| super::declared::at(declaration, connection, message))
    })
}
