//! Judges whether a file declares it: database asks for passwords weakly.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, ServerWeakness};

pub(super) static CHECK: Check = Check {
    id: "database-authentication-weak",
    title: "database asks for passwords weakly",
    severity: Severity::Low,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &["CWE-326", "CWE-328", "OWASP-A07:2021"],
    docs: r"
## What it looks for

`password` and `md5` in `pg_hba.conf` for other machines, `password_encryption = md5`; CockroachDB's switches
that take back old cipher suites or the check of key files.

## Why it matters

`password` shows the password to the server as it is, `md5` a hash that is as good as it.

## How to fix it

- Use `scram-sha-256` and set the passwords anew.

## References

- CWE-326: Inadequate Encryption Strength
- CWE-328: Use of Weak Hash
- OWASP-A07:2021: Identification and Authentication Failures
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Server(server) = &declaration.kind else {
            return None;
        };
        matches!(
            server.weakness,
            ServerWeakness::WeakAuthentication
                | ServerWeakness::KeyPermissionsUnchecked
                | ServerWeakness::OldCipherSuites
        )
        .then(|| {
            let message = format!("`{}` takes less than the product's default: `scram-sha-256`, or none of it, is wanted", server.written);
            scene.detect(declaration, message, Severity::Low, None)
        })
    })
}
