//! Judges whether the server takes RC4.

use super::scanned::{BEFORE_TLS13, has, suites_verdict};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::Properties;

pub(super) static CHECK: Check = Check {
    id: "rc4-offered",
    title: "server accepts RC4",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-327",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.3.1",
        "RFC 7465",
        "RFC 9325 section 4.1",
        "CVE-2013-2566",
        "CVE-2015-2808",
    ],
    docs: r"
## What it looks for

Suites with RC4, from SSL 3.0 to TLS 1.2, those for export among them.

## Why it matters

The first bytes of RC4 are not as random as they should be. What is sent again and again at the same place, such
as a password at login or a cookie, comes out after some 2^26 connections. RFC 7465 forbids RC4 in every
version.

## How to fix it

- CockroachDB has no such suite: look for a proxy or a load balancer in front.
- PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`.
- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`.

## References

- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography for data in transit
- NIST SP 800-52r2 section 3.3.1: cipher suites
- RFC 7465: prohibiting RC4 cipher suites
- RFC 9325 section 4.1: cipher suites, general guidelines
- CVE-2013-2566: biases of RC4
- CVE-2015-2808: RC4 and its weak keys (Bar Mitzvah)
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    suites_verdict(seen, BEFORE_TLS13, has(Properties::is_rc4), |_, suites| {
        Detection::new(format!(
            "the server accepts RC4 in {}: AES-GCM or ChaCha20-Poly1305 is wanted",
            suites.versions()
        ))
        .remedy(Remedy::harden_tls(
            connection(seen, context),
            [TlsWant::ModernSuites],
        ))
    })
}
