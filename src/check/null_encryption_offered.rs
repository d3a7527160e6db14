//! Judges whether the server takes suites that encrypt nothing.

use super::scanned::{ALL_VERSIONS, has, suites_verdict};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::Properties;

pub(super) static CHECK: Check = Check {
    id: "null-encryption-offered",
    title: "server accepts suites without encryption",
    severity: Severity::Critical,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-319",
        "CWE-327",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.3.1",
        "RFC 9325 section 4.1",
    ],
    docs: r"
## What it looks for

Suites with NULL encryption, from SSL 3.0 to TLS 1.2, and the integrity-only suites of TLS 1.3 (RFC 9150).

## Why it matters

Everybody on the way reads along, with a connection that says TLS on both ends. A client has to offer such a
suite; one with a careless cipher string such as `ALL:eNULL` does.

## How to fix it

- CockroachDB has no such suite: look for a proxy or a load balancer in front.
- PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`.
- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`.

## References

- CWE-319: Cleartext Transmission of Sensitive Information
- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography for data in transit
- NIST SP 800-52r2 section 3.3.1: cipher suites
- RFC 9325 section 4.1: cipher suites, general guidelines
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    suites_verdict(seen, ALL_VERSIONS, has(Properties::is_null), |_, suites| {
        Detection::new(format!(
            "the server accepts suites without encryption in {}: AES-GCM or ChaCha20-Poly1305 is wanted",
            suites.versions()
        ))
        .remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::ModernSuites]))
    })
}
