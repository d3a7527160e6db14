//! Judges whether a file declares it: nonce that never changes.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, SecretKind};

pub(super) static CHECK: Check = Check {
    id: "nonce-written-out",
    title: "nonce that never changes",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &["CWE-327", "CWE-330", "OWASP-A02:2021"],
    docs: r"
## What it looks for

Literal nonces and initialization vectors for AES-GCM and its like.

## Why it matters

Two messages under one key and nonce give away their difference, and with GCM the key that authenticates.

## How to fix it

- Take 12 random bytes for each message (`os.urandom(12)`) and send them with it.

## References

- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- CWE-330: Use of Insufficiently Random Values
- OWASP-A02:2021: Cryptographic Failures
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Secret(secret) = &declaration.kind else {
            return None;
        };
        (secret.kind == SecretKind::Nonce).then(|| {
            let message = format!(
                "{} never changes: 12 random bytes for each message are wanted",
                super::declared::named(&secret.name)
            );
            scene.detect(declaration, message, Severity::High, None)
        })
    })
}
