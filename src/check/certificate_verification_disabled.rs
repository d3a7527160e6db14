//! Judges whether a file declares it: certificate verification switched off.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, Extent};

pub(super) static CHECK: Check = Check {
    id: "certificate-verification-disabled",
    title: "certificate verification switched off",
    severity: Severity::High,
    category: Category::Transport,
    class: Some("cert-verify-off"),
    since: "0.1.0",
    references: &["CWE-295", "CWE-297", "OWASP-A07:2021"],
    docs: r"
## What it looks for

Verification that code or configuration switches off: `rejectUnauthorized: false`, `CERT_NONE`,
`InsecureSkipVerify`, `danger_accept_invalid_certs`, `verify none`, `NODE_TLS_REJECT_UNAUTHORIZED=0`, trust
managers that do nothing.

## Why it matters

Encryption with whoever answers is encryption with the man in the middle.

## How to fix it

- Give the client the CA's certificate (`ca`, `cafile`, `RootCAs`) and delete the switch.

## References

- CWE-295: Improper Certificate Validation
- CWE-297: Improper Validation of Certificate with Host Mismatch
- OWASP-A07:2021: Identification and Authentication Failures
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::VerificationOff(off) = &declaration.kind else {
            return None;
        };
        let what = match off.extent {
            Extent::Everything => "the certificate",
            Extent::Chain => "the chain",
            Extent::HostName => "the host name",
        };
        let severity = if off.is_conditional || off.extent == Extent::HostName {
            Severity::Medium
        } else {
            Severity::High
        };
        let when = if off.is_conditional {
            " in one of the cases"
        } else {
            ""
        };
        let message = format!(
            "`{}` leaves {what} unverified{when}: the CA's certificate is wanted in its place",
            off.by
        );
        Some(scene.detect(declaration, message, severity, None))
    })
}
