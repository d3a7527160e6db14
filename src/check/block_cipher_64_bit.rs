//! Judges whether the server takes block ciphers with blocks of 64 bits.

use super::scanned::{BEFORE_TLS13, has, suites_verdict};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::Properties;

pub(super) static CHECK: Check = Check {
    id: "block-cipher-64-bit",
    title: "blocks of 64 bits: SWEET32",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-327",
        "CWE-326",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.3.1",
        "RFC 9325 section 4.1",
        "CVE-2016-2183",
    ],
    docs: r"
## What it looks for

CBC suites with blocks of 64 bits: 3DES, DES, IDEA, RC2. Medium, and high on the PostgreSQL wire.

## Why it matters

After some 2^32 blocks, 32 GiB, under one key two of them are alike and give away what differs between their
plaintexts (SWEET32). An HTTPS connection hardly lives so long. A database session does: a pool keeps it open
for days, and a replica or a backup moves such an amount in minutes.

## How to fix it

- CockroachDB has no such suite: look for a proxy or a load balancer in front.
- PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`.
- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`.

## References

- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- CWE-326: Inadequate Encryption Strength
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography for data in transit
- NIST SP 800-52r2 section 3.3.1: cipher suites
- RFC 9325 section 4.1: cipher suites, general guidelines
- CVE-2016-2183: SWEET32
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let severity = if context.endpoint.target.protocol == Protocol::Postgresql {
        Severity::High
    } else {
        Severity::Medium
    };
    let matches = has(|suite: Properties| suite.has_64_bit_block() && suite.is_cbc());
    suites_verdict(seen, BEFORE_TLS13, matches, |_, suites| {
        Detection::new(format!(
            "the server accepts block ciphers with blocks of 64 bits in {}: AES or ChaCha20 is wanted",
            suites.versions()
        ))
        .severity(severity)
        .remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::ModernSuites]))
    })
}
