//! Judges whether the server takes anonymous key exchange.

use super::scanned::{BEFORE_TLS13, has, suites_verdict};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::Properties;

pub(super) static CHECK: Check = Check {
    id: "anonymous-key-exchange-offered",
    title: "server accepts suites without certificate",
    severity: Severity::Critical,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-322",
        "CWE-327",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.3.1",
        "RFC 9325 section 4.1",
    ],
    docs: r"
## What it looks for

Suites whose key exchange nobody signs: DH_anon and ECDH_anon, from SSL 3.0 to TLS 1.2.

## Why it matters

A client that takes such a suite has no idea whom it talks to: whoever sits in between answers in the server's
place. `sslmode=verify-full` does not help where there is no certificate to verify.

## How to fix it

- CockroachDB has no such suite: look for a proxy or a load balancer in front.
- PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`; the default has `!aNULL`.
- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`.

## References

- CWE-322: Key Exchange without Entity Authentication
- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography for data in transit
- NIST SP 800-52r2 section 3.3.1: cipher suites
- RFC 9325 section 4.1: cipher suites, general guidelines
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    suites_verdict(
        seen,
        BEFORE_TLS13,
        has(Properties::is_anonymous),
        |_, suites| {
            Detection::new(format!(
            "the server accepts anonymous key exchange in {}: a certificate in every handshake is wanted",
            suites.versions()
        ))
        .remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::ModernSuites]))
        },
    )
}
