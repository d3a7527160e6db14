//! Judges whether a file declares it: password written out.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, SecretKind};

pub(super) static CHECK: Check = Check {
    id: "password-written-out",
    title: "password written out",
    severity: Severity::Medium,
    category: Category::Authentication,
    class: Some("hardcoded-password"),
    since: "0.1.0",
    references: &[
        "CWE-798",
        "CWE-260",
        "CWE-261",
        "OWASP-A07:2021",
        "PCI DSS 4.0.1 requirement 8.6.2",
    ],
    docs: r"
## What it looks for

Literal passwords: in connection strings and other URLs, under names that promise one, as the fallback of a
variable. Placeholders, references to variables, paths and hashes are none.

## Why it matters

What stands in a file is in its history, in images, in backups and with everybody who reads the code.

## How to fix it

- Take it from the environment, a mounted file or a secret store, without a fallback.
- Change it: it stays in the history.

## References

- CWE-798: Use of Hard-coded Credentials
- CWE-260: Password in Configuration File
- CWE-261: Weak Encoding for Password
- OWASP-A07:2021: Identification and Authentication Failures
- PCI DSS 4.0.1 requirement 8.6.2: no passwords in configuration files
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Secret(secret) = &declaration.kind else {
            return None;
        };
        (secret.kind == SecretKind::Password)
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
