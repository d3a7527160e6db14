//! Notes that the key exchange has no post-quantum part.

use super::{Category, Check, Context, Evaluate, Verdict, connection, handshake};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::tls::ProtocolVersion;

pub(super) static CHECK: Check = Check {
    id: "post-quantum-group-missing",
    title: "key exchange that a quantum computer opens",
    severity: Severity::Info,
    category: Category::Cryptography,
    since: "0.1.0",
    references: &["CWE-326", "FIPS 203", "NIST SP 800-52r2 section 3.1"],
    docs: r"
## What it looks for

The negotiated group. We offer `X25519MLKEM768` first, so another one means that the server does not have it.
Below TLS 1.3 there is no such group: there `tls13-missing` speaks.

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
    let handshake = match handshake(seen) {
        Ok(handshake) => handshake,
        Err(verdict) => return verdict,
    };
    if handshake.version < ProtocolVersion::TLSV1_3 {
        return Verdict::NotApplicable;
    }
    let Some(group) = handshake.group else {
        return Verdict::Open("the negotiated group was not seen".to_owned());
    };
    if group.is_post_quantum() {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "the key exchange uses {group}: X25519MLKEM768 is wanted"
        ))
        .remedy(Remedy::ModernTls(connection(seen, context))),
    ])
}
