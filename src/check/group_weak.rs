//! Judges whether the server takes groups below 112 bits of security.

use super::scanned::{BEFORE_TLS13, Found, bounded, has, scan, suites_matching, undecided};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::{NamedGroup, Properties};

pub(super) static CHECK: Check = Check {
    id: "group-weak",
    title: "elliptic curve below 112 bits of security",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-326",
        "OWASP-A02:2021",
        "NIST SP 800-57 part 1 section 5.6",
        "RFC 8422 section 5.1.1",
        "RFC 9325 section 4.5",
    ],
    docs: r"
## What it looks for

Elliptic curves that the server accepts for ECDHE up to TLS 1.2 and that have less than 112 bits of security:
those with fields below 224 bits, such as `secp192r1`, `secp160r1` and `sect163k1`. TLS 1.3 has none. The
lengths of finite-field groups are the matter of `dh-parameters-weak`.

## Why it matters

NIST calls 112 bits the least, and RFC 8422 took these curves out. A client with an odd list gets one though
both sides have better.

## How to fix it

- PostgreSQL: `ssl_ecdh_curve = 'prime256v1'`, the default; from 18 on `ssl_groups = 'X25519:prime256v1'`.
- nginx: `ssl_ecdh_curve X25519:prime256v1;`.
- CockroachDB (Go) has no such curve: look for a proxy in front.

## References

- CWE-326: Inadequate Encryption Strength
- OWASP-A02:2021: Cryptographic Failures
- NIST SP 800-57 part 1 section 5.6: security strengths
- RFC 8422 section 5.1.1: supported elliptic curves
- RFC 9325 section 4.5: public key length
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let groups = &scan.groups_tls12;
    let weak: Vec<NamedGroup> = groups
        .accepted
        .iter()
        .copied()
        .filter(|group| group.is_weak())
        .collect();
    if weak.is_empty() {
        let ecdhe = suites_matching(scan, BEFORE_TLS13, has(Properties::is_ephemeral_ecdh));
        let refused = groups.accepts_any(NamedGroup::all().filter(|group| group.is_weak()));
        return match (ecdhe, refused) {
            (Found::No, _) => Verdict::NotApplicable,
            (_, Some(_)) => Verdict::Pass,
            (Found::Unknown(reason), None) => Verdict::Open(reason),
            (Found::Yes(_), None) => Verdict::Open(undecided("every weak group", scan, groups)),
        };
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "the server accepts {} in key exchange: 112 bits of security or more are wanted",
            bounded(&weak)
        ))
        .evidence(format!(
            "groups up to TLSv1.2: {}",
            bounded(&groups.accepted)
        ))
        .remedy(Remedy::harden_tls(
            connection(seen, context),
            [TlsWant::StrongGroups],
        )),
    ])
}
