//! Judges whether the server takes export suites.

use super::scanned::{BEFORE_TLS13, has, suites_verdict};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::observation::scan::ExportRsaKey;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::Properties;

pub(super) static CHECK: Check = Check {
    id: "export-cipher-suite-offered",
    title: "server accepts export suites: FREAK, Logjam",
    severity: Severity::Critical,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-326",
        "CWE-757",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.3.1",
        "RFC 4346 appendix A.5",
        "RFC 9325 section 4.1",
        "CVE-2015-0204",
        "CVE-2015-4000",
    ],
    docs: r"
## What it looks for

Suites that are cut down to 40 or 56 bits for export, asked for in each version from SSL 3.0 to TLS 1.2, since a
server may have them in old versions only. Where RSA_EXPORT is among them, the size of the temporary RSA key,
and whether it stays from connection to connection.

## Why it matters

Who sits in between makes a faulty client and the server agree on export keys and breaks them: an RSA key of 512
bits in hours (FREAK), a Diffie-Hellman group of 512 bits in minutes after one long computation (Logjam). Where
the temporary key stays, it is factored once and good for every connection.

## How to fix it

- CockroachDB has no such suite: look for a proxy or a load balancer in front.
- PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`.
- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`.

## References

- CWE-326: Inadequate Encryption Strength
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography for data in transit
- NIST SP 800-52r2 section 3.3.1: cipher suites
- RFC 4346 appendix A.5: cipher suites that TLS 1.1 gave up
- RFC 9325 section 4.1: cipher suites, general guidelines
- CVE-2015-0204: FREAK
- CVE-2015-4000: Logjam
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    suites_verdict(
        seen,
        BEFORE_TLS13,
        has(Properties::is_export),
        |scan, suites| {
            let detection = Detection::new(format!(
                "the server accepts export suites in {}: keys of at least 112 bits are wanted",
                suites.versions()
            ))
            .remedy(Remedy::harden_tls(
                connection(seen, context),
                [TlsWant::ModernSuites],
            ));
            match scan.export_rsa.seen() {
                Some(key) => detection.evidence(key_in_words(key)),
                None => detection,
            }
        },
    )
}

/// Says the temporary key of `RSA_EXPORT` in a line of evidence.
fn key_in_words(key: &ExportRsaKey) -> String {
    let reuse = match key.reused {
        Some(true) => ", the same on two connections",
        Some(false) => ", another on each connection",
        None => "",
    };
    format!("temporary RSA key of {} bits{reuse}", key.bits)
}
