//! Judges whether a file declares it: CockroachDB takes SQL without TLS.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, ServerWeakness};

pub(super) static CHECK: Check = Check {
    id: "sql-without-tls-accepted",
    title: "plaintext SQL taken by CockroachDB",
    severity: Severity::Medium,
    category: Category::Transport,
    class: Some("insecure-server"),
    since: "0.1.0",
    references: &["CWE-319", "OWASP-A05:2021"],
    docs: r"
## What it looks for

`--accept-sql-without-tls`: passwords and rows of clients that do not ask for TLS go in the clear.

## Why it matters

A man in the middle answers that there is no TLS, and most drivers go on.

## How to fix it

- Remove the flag when all clients use TLS.

## References

- CWE-319: Cleartext Transmission of Sensitive Information
- OWASP-A05:2021: Security Misconfiguration
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Server(server) = &declaration.kind else {
            return None;
        };
        (server.weakness == ServerWeakness::SqlWithoutTls).then(|| {
            let message = format!(
                "`{}` takes plaintext SQL: no such flag is wanted once clients use TLS",
                server.written
            );
            scene.detect(declaration, message, Severity::Medium, None)
        })
    })
}
