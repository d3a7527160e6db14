//! Judges whether a file declares it: old TLS or weak cipher suites configured.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::DeclarationKind;

pub(super) static CHECK: Check = Check {
    id: "weak-protocol-configured",
    title: "old TLS or weak cipher suites configured",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: Some("weak-tls"),
    since: "0.1.0",
    references: &[
        "CWE-326",
        "CWE-327",
        "CWE-757",
        "OWASP-A02:2021",
        "RFC 8996",
    ],
    docs: r"
## What it looks for

Versions below TLS 1.2 and cipher suites with RC4, 3DES, DES, NULL, EXPORT, no authentication or
`@SECLEVEL=0`, in nginx, HAProxy, Apache, PostgreSQL, Envoy, Traefik, uvicorn, gunicorn, Go and Python
contexts. The intent counts, also where the library of the day no longer follows it.

## Why it matters

BEAST, POODLE, SWEET32 and their kin need what is switched on here.

## How to fix it

- Offer TLS 1.2 and 1.3 with the library's default suites, or `ECDHE+AESGCM:ECDHE+CHACHA20`.

## References

- CWE-326: Inadequate Encryption Strength
- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- RFC 8996: deprecating TLS 1.0 and TLS 1.1
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Protocol(protocol) = &declaration.kind else {
            return None;
        };
        let message = format!(
            "{} is configured with {}: TLS 1.2 and 1.3 with AEAD suites are wanted",
            protocol.product,
            super::listed(&protocol.weak)
        );
        let detection = scene.detect(declaration, message, Severity::Medium, None);
        Some(detection.evidence(protocol.written.clone()))
    })
}
