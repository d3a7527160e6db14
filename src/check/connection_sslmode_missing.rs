//! Judges whether a file declares it: connection without a TLS mode.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::Mode;
use crate::source::driver::Protection;

pub(super) static CHECK: Check = Check {
    id: "connection-sslmode-missing",
    title: "connection without a TLS mode",
    severity: Severity::Medium,
    category: Category::Transport,
    class: Some("db-sslmode-missing"),
    since: "0.1.0",
    references: &["CWE-1188", "CWE-757", "OWASP-A05:2021"],
    docs: r"
## What it looks for

Connections that say nothing of TLS. What happens then is the driver's default, which the message names: most
try TLS, verify nobody and fall back to plaintext; node-postgres and postgres.js never try TLS.

## Why it matters

Every default but full verification can be turned into plaintext by whoever stands between.

## How to fix it

- Write `sslmode=verify-full` and `sslrootcert`, or what the driver has in their place.

## References

- CWE-1188: Initialization of a Resource with an Insecure Default
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A05:2021: Security Misconfiguration
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::connections(observation, |declaration, connection| {
        (connection.mode == Mode::Missing
            && !matches!(
                connection.protection,
                Protection::Verified | Protection::Rejected | Protection::Unknown
            ))
        .then(|| {
            let then = match connection.protection {
                Protection::Plaintext => "never tries TLS",
                Protection::Unverified => "encrypts with anybody",
                Protection::PlaintextPossible
                | Protection::ChainOnly
                | Protection::Verified
                | Protection::Rejected
                | Protection::Unknown => "tries TLS, verifies nobody and falls back to plaintext",
            };
            let driver = connection.driver.as_str();
            format!("no TLS mode is set, and {driver} {then}: `sslmode=verify-full` is wanted")
        })
        .map(|message| super::declared::at(declaration, connection, message))
    })
}
