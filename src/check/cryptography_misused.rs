//! Judges whether a file declares it: cryptography that does not protect.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, Misuse};

pub(super) static CHECK: Check = Check {
    id: "cryptography-misused",
    title: "cryptography that does not protect",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-327",
        "CWE-328",
        "CWE-338",
        "CWE-330",
        "CWE-326",
        "CWE-261",
        "OWASP-A02:2021",
    ],
    docs: r"
## What it looks for

MD5 and SHA-1 for passwords, `random` for tokens, base64 taken for encryption, DES, RC4 and ECB.

## Why it matters

A fast hash is tried billions of times a second, a predictable token is predicted, and an encoding hides
nothing.

## How to fix it

- Hash passwords with argon2, scrypt or bcrypt; take tokens from `secrets`; encrypt with AES-GCM.

## References

- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- CWE-328: Use of Weak Hash
- CWE-338: Use of Cryptographically Weak Pseudo-Random Number Generator
- CWE-330: Use of Insufficiently Random Values
- CWE-326: Inadequate Encryption Strength
- CWE-261: Weak Encoding for Password
- OWASP-A02:2021: Cryptographic Failures
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Cryptography(cryptography) = &declaration.kind else {
            return None;
        };
        let (wrong, wanted) = match cryptography.misuse {
            Misuse::PasswordHash => ("is too fast for a password", "argon2, scrypt or bcrypt"),
            Misuse::PredictableRandom => ("can be predicted", "the module `secrets`"),
            Misuse::EncodingForEncryption => ("hides nothing", "AES-GCM"),
            Misuse::WeakCipher => ("does not protect", "AES-GCM"),
        };
        let message = format!("`{}` {wrong}: {wanted} is wanted", cryptography.written);
        Some(scene.detect(declaration, message, Severity::Medium, None))
    })
}
