//! Judges whether the server takes TLS 1.3 where it is offered.

use super::scanned::{BEFORE_TLS13, Found, offers, suites_of};
use super::{Category, Check, Context, Evaluate, Verdict, connection, handshake};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::ProtocolVersion;

pub(super) static CHECK: Check = Check {
    id: "tls13-missing",
    title: "server does not negotiate TLS 1.3",
    severity: Severity::Low,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-757",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 12.3.3",
        "NIST SP 800-52r2 section 3.1",
        "RFC 9325 section 3.1.1",
    ],
    docs: r"
## What it looks for

The negotiated version. We offer TLS 1.3 and 1.2, so an older one means that the server, or a box before it,
does not have the newest. Where no handshake came about, a scan's `ClientHello` of TLS 1.3 and what became of
it. Where TLS 1.2 is refused as well, `tls12-and-tls13-missing` speaks.

## Why it matters

TLS 1.2 is not broken. It shows the certificate to everybody on the way, needs its cipher suites chosen with
care, and cannot have a post-quantum key exchange. NIST SP 800-52r2 asked for TLS 1.3 by January 2024.

## How to fix it

- CockroachDB has TLS 1.3 in every supported release: look for a proxy in front.
- PostgreSQL: needs OpenSSL 1.1.1 or newer, and `ssl_max_protocol_version` left empty.
- nginx: `ssl_protocols TLSv1.2 TLSv1.3;`.

## References

- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 12.3.3: cipher suites and protocols are reviewed
- NIST SP 800-52r2 section 3.1: protocol versions
- RFC 9325 section 3.1.1: SSL/TLS protocol versions
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let handshake = match handshake(seen) {
        Ok(handshake) => handshake,
        Err(verdict) => return by_scan(seen, context).unwrap_or(verdict),
    };
    if handshake.version >= ProtocolVersion::TLSV1_3 {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "the server negotiates {}: {} is wanted",
            handshake.version,
            ProtocolVersion::TLSV1_3
        ))
        .evidence(format!("cipher suite {}", handshake.cipher_suite))
        .remedy(Remedy::harden_tls(
            connection(seen, context),
            [TlsWant::Tls13],
        )),
    ])
}

/// Judges by the scan, where there is one that decided it.
fn by_scan(seen: &EndpointObservation, context: &Context<'_>) -> Option<Verdict> {
    let scan = seen.scan.seen()?;
    match offers(scan, ProtocolVersion::TLSV1_3) {
        Found::Yes(()) => Some(Verdict::Pass),
        Found::Unknown(reason) => Some(Verdict::Open(reason)),
        Found::No if offers(scan, ProtocolVersion::TLSV1_2).is_no() => Some(Verdict::NotApplicable),
        Found::No => Some(Verdict::Fail(vec![suites_of(scan, BEFORE_TLS13).witness(
            Detection::new("the server refuses TLSv1.3: it is wanted").remedy(Remedy::harden_tls(
                connection(seen, context),
                [TlsWant::Tls13],
            )),
        )])),
    }
}
