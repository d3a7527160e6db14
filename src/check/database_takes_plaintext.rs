//! Judges whether a file declares it: database is configured to take plaintext.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, ServerWeakness};

pub(super) static CHECK: Check = Check {
    id: "database-takes-plaintext",
    title: "database is configured to take plaintext",
    severity: Severity::Medium,
    category: Category::Transport,
    class: Some("insecure-server"),
    since: "0.1.0",
    references: &["CWE-319", "OWASP-A05:2021"],
    docs: r"
## What it looks for

`ssl = off` in `postgresql.conf`; `host` and `hostnossl` lines of `pg_hba.conf` for other machines, which let
plaintext in where `hostssl` would not.

## Why it matters

Clients that do not insist on TLS, or are talked out of it, send everything in the clear.

## How to fix it

- Set `ssl = on`, and write `hostssl` for `host`.

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
        let plain = server.weakness == ServerWeakness::PlaintextAllowed
            || server.weakness == ServerWeakness::TlsOff && server.product != "CockroachDB";
        plain.then(|| {
            let message = format!(
                "`{}` takes plaintext: `ssl = on` and `hostssl` are wanted",
                server.written
            );
            scene.detect(declaration, message, Severity::Medium, None)
        })
    })
}
