//! Judges whether the server has anything newer than TLS 1.1.

use super::scanned::{Found, and, offers, offers_any, scan, suites_of};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::ProtocolVersion;

pub(super) static CHECK: Check = Check {
    id: "tls12-and-tls13-missing",
    title: "server speaks only old versions",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-327",
        "CWE-757",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.1",
        "RFC 8996",
        "RFC 9325 section 3.1.1",
    ],
    docs: r"
## What it looks for

Whether TLS 1.2 or 1.3 is spoken. It fires where both are refused and something older is not. Then
`tls13-missing` and `aead-missing` hold back.

## Why it matters

RFC 8996 forbids everything that is left. Today's libraries refuse to connect, Go, rustls, Java and OpenSSL 3
among them; who still connects has no AEAD and a handshake that is signed over SHA-1.

## How to fix it

- PostgreSQL: needs OpenSSL 1.0.1 or newer for TLS 1.2; `ssl_max_protocol_version` left empty.
- CockroachDB speaks TLS 1.2 and 1.3 in every release: look for a proxy in front.
- nginx: `ssl_protocols TLSv1.2 TLSv1.3;`, and an OpenSSL that is still cared for.

## References

- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography for data in transit
- NIST SP 800-52r2 section 3.1: protocol versions
- RFC 8996: deprecating TLS 1.0 and TLS 1.1
- RFC 9325 section 3.1.1: SSL/TLS protocol versions
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// What is older than TLS 1.2 and shares its handshake.
const OLD: &[ProtocolVersion] = &[
    ProtocolVersion::SSLV3,
    ProtocolVersion::TLSV1,
    ProtocolVersion::TLSV1_1,
];

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let negotiated = seen.handshake.seen().map(|handshake| handshake.version);
    if negotiated.is_some_and(|version| version >= ProtocolVersion::TLSV1_2) {
        return Verdict::Pass;
    }
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    for version in [ProtocolVersion::TLSV1_3, ProtocolVersion::TLSV1_2] {
        if offers(scan, version).is_yes() {
            return Verdict::Pass;
        }
    }
    for version in [ProtocolVersion::TLSV1_3, ProtocolVersion::TLSV1_2] {
        if let Found::Unknown(reason) = offers(scan, version) {
            return Verdict::Open(reason);
        }
    }
    let spoken = match offers_any(scan, OLD) {
        Found::Yes(versions) => versions,
        Found::No | Found::Unknown(_) if scan.sslv2.seen().is_some() => {
            vec![ProtocolVersion::SSLV2]
        }
        Found::No => return Verdict::Open("the scan found no version that is spoken".to_owned()),
        Found::Unknown(reason) => return Verdict::Open(reason),
    };
    Verdict::Fail(vec![
        suites_of(scan, OLD).witness(
            Detection::new(format!(
                "the server speaks {} and nothing newer: TLSv1.2 or TLSv1.3 is wanted",
                and(spoken)
            ))
            .remedy(Remedy::harden_tls(
                connection(seen, context),
                [TlsWant::Tls12OrNewer, TlsWant::Tls13],
            )),
        ),
    ])
}
