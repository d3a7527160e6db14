//! Judges whether a file declares it: key or token written out.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, SecretKind};

pub(super) static CHECK: Check = Check {
    id: "key-written-out",
    title: "key or token written out",
    severity: Severity::High,
    category: Category::Cryptography,
    class: Some("hardcoded-key"),
    since: "0.1.0",
    references: &[
        "CWE-321",
        "CWE-798",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 3.6.1",
    ],
    docs: r"
## What it looks for

Literal keys and tokens: `SECRET_KEY`, JWT and Fernet keys, AES keys, also as the
fallback of a variable.

## Why it matters

Whoever reads the file signs sessions and reads what was encrypted.

## How to fix it

- Take it from the environment or a secret store, stop where it is missing, and make a new one.
- Encrypt again what the old key protected.

## References

- CWE-321: Use of Hard-coded Cryptographic Key
- CWE-798: Use of Hard-coded Credentials
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 3.6.1: procedures that protect cryptographic keys
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Secret(secret) = &declaration.kind else {
            return None;
        };
        matches!(
            secret.kind,
            SecretKind::Key | SecretKind::Token | SecretKind::PrivateKey
        )
        .then_some(())
        .and_then(|()| {
            let message = format!(
                "{} is written out: a reference to a secret store is wanted",
                super::declared::named(&secret.name)
            );
            super::declared::secret(scene, declaration, secret, message)
        })
    })
}
