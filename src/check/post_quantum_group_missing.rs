//! Notes that the key exchange has no post-quantum part.

use super::scanned::{bounded, offers};
use super::{Category, Check, Context, Evaluate, Verdict, connection, handshake};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::{NamedGroup, ProtocolVersion, Registration};

pub(super) static CHECK: Check = Check {
    id: "post-quantum-group-missing",
    title: "key exchange that a quantum computer opens",
    severity: Severity::Info,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &["CWE-326", "FIPS 203", "NIST SP 800-52r2 section 3.1"],
    docs: r"
## What it looks for

The negotiated group. We offer `X25519MLKEM768` first, so another one means that the server does not have it or
likes another better. Where a scan found a group with ML-KEM among those that the server accepts, nothing is found:
a client that offers it alone gets it. Below TLS 1.3 there is no such group: there `tls13-missing` speaks.

## Why it matters

It is a note, not a fault. What is recorded today can be read on the day a large quantum computer exists; it
matters for data that must stay secret for many years.

## How to fix it

- CockroachDB: 26.1 and newer has the group without any setting.
- PostgreSQL and nginx: OpenSSL 3.5 or newer; PostgreSQL 18 has `ssl_groups = 'X25519MLKEM768:X25519'`, nginx
  `ssl_ecdh_curve X25519MLKEM768:X25519;`.
- Go 1.24 and newer has it on by default.

## References

- CWE-326: Inadequate Encryption Strength
- FIPS 203: ML-KEM
- NIST SP 800-52r2 section 3.1: protocol versions
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = seen.scan.seen();
    let is_offered = scan.and_then(|scan| scan.groups_tls13.accepts_any(post_quantum_groups()));
    let detection = match handshake(seen) {
        Ok(handshake) if handshake.version < ProtocolVersion::TLSV1_3 => {
            return Verdict::NotApplicable;
        }
        Ok(handshake) => match (handshake.group, is_offered) {
            (Some(group), _) if group.is_post_quantum() => return Verdict::Pass,
            (_, Some(true)) => return Verdict::Pass,
            (Some(group), Some(false) | None) => Detection::new(format!(
                "the key exchange uses {group}: X25519MLKEM768 is wanted"
            )),
            (None, Some(false)) => refusal(),
            (None, None) => return Verdict::Open("the negotiated group was not seen".to_owned()),
        },
        Err(verdict) => match (scan, is_offered) {
            (Some(scan), _) if offers(scan, ProtocolVersion::TLSV1_3).is_no() => {
                return Verdict::NotApplicable;
            }
            (_, Some(true)) => return Verdict::Pass,
            (_, Some(false)) => refusal(),
            (_, None) => return verdict,
        },
    };
    let detection = match scan {
        Some(scan) if !scan.groups_tls13.accepted.is_empty() => detection.evidence(format!(
            "groups in TLSv1.3: {}",
            bounded(&scan.groups_tls13.accepted)
        )),
        Some(_) | None => detection,
    };
    Verdict::Fail(vec![detection.remedy(Remedy::harden_tls(
        connection(seen, context),
        [TlsWant::HybridGroup],
    ))])
}

/// Returns every group with ML-KEM, except the drafts with Kyber, which were given up.
fn post_quantum_groups() -> impl Iterator<Item = NamedGroup> {
    NamedGroup::all()
        .filter(|group| group.is_post_quantum() && group.registration() == Some(Registration::Iana))
}

/// Says that a scan settled it.
fn refusal() -> Detection {
    Detection::new("the server refuses every group with ML-KEM: X25519MLKEM768 is wanted")
}
