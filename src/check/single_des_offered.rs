//! Judges whether the server takes DES.

use super::scanned::{BEFORE_TLS13, has, suites_verdict};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::Encryption;

pub(super) static CHECK: Check = Check {
    id: "single-des-offered",
    title: "server accepts single DES",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-326",
        "CWE-327",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.3.1",
        "RFC 5469",
        "RFC 9325 section 4.1",
    ],
    docs: r"
## What it looks for

Suites with DES, whose key has 56 bits and in export suites 40, from SSL 3.0 to TLS 1.2. 3DES, IDEA and RC2 are
the matter of `block-cipher-64-bit`.

## Why it matters

A key of 56 bits is found in a day by rented hardware, and one of 40 bits in minutes. RFC 5469 asks to drop DES.

## How to fix it

- CockroachDB has no such suite: look for a proxy or a load balancer in front.
- PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`.
- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`.

## References

- CWE-326: Inadequate Encryption Strength
- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography for data in transit
- NIST SP 800-52r2 section 3.3.1: cipher suites
- RFC 5469: DES and IDEA cipher suites
- RFC 9325 section 4.1: cipher suites, general guidelines
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    suites_verdict(
        seen,
        BEFORE_TLS13,
        has(|suite| suite.encryption == Encryption::Des),
        |_, suites| {
            Detection::new(format!(
                "the server accepts single DES in {}: AES or ChaCha20 is wanted",
                suites.versions()
            ))
            .remedy(Remedy::harden_tls(
                connection(seen, context),
                [TlsWant::ModernSuites],
            ))
        },
    )
}
