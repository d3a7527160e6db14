//! Judges whether a file declares it: database lets in without password.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, ServerWeakness};

pub(super) static CHECK: Check = Check {
    id: "database-trusts-everybody",
    title: "database lets in without password",
    severity: Severity::High,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &["CWE-306", "CWE-319", "OWASP-A07:2021"],
    docs: r"
## What it looks for

`trust` in `pg_hba.conf`, `POSTGRES_HOST_AUTH_METHOD: trust`, PgBouncer's `auth_type = trust`.

## Why it matters

Everybody who reaches the port is whoever he says.

## How to fix it

- Use `scram-sha-256`, or `cert`, on `hostssl` lines.

## References

- CWE-306: Missing Authentication for Critical Function
- CWE-319: Cleartext Transmission of Sensitive Information
- OWASP-A07:2021: Identification and Authentication Failures
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Server(server) = &declaration.kind else {
            return None;
        };
        (server.weakness == ServerWeakness::Trust).then(|| {
            let severity = if server.is_exposed == Some(false) {
                Severity::Low
            } else {
                Severity::High
            };
            let message = format!(
                "`{}` lets everybody in: `scram-sha-256` is wanted",
                server.written
            );
            scene.detect(declaration, message, severity, None)
        })
    })
}
