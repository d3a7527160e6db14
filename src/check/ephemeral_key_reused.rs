//! Judges whether ephemeral Diffie-Hellman keys repeat.

use super::scanned::{BEFORE_TLS13, Found, does, has, offers, scan, suites_matching};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::{EndpointObservation, Scan};
use crate::remediation::{Remedy, TlsWant};
use crate::tls::{Properties, ProtocolVersion};

pub(super) static CHECK: Check = Check {
    id: "ephemeral-key-reused",
    title: "ephemeral keys repeat",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-323",
        "RFC 9325 section 7.4",
        "CVE-2016-0701",
        "CVE-2020-1968",
    ],
    docs: r"
## What it looks for

Whether two handshakes got the same public value. Finite-field Diffie-Hellman: medium. Elliptic curves: low.

## Why it matters

A key that stays is not ephemeral: until it is dropped, who takes it from the server's memory reads what was
recorded. With finite fields it also lets an attacker work on it: small subgroups give away the exponent where
the group is not a safe prime (CVE-2016-0701), and timing the premaster secret with its leading zeros (Raccoon).
With elliptic curves only the lifetime counts, as long as the server checks points.

## How to fix it

- OpenSSL 1.1.0 and newer makes a key for each connection: update the library under nginx, HAProxy or
  PostgreSQL.
- No DHE: `ssl_ciphers` with `ECDHE+AESGCM:ECDHE+CHACHA20`.
- F5 BIG-IP: the option `Single DH Use` of the client SSL profile.
- CockroachDB (Go) makes a key for each connection: look for a proxy in front.

## References

- CWE-323: Reusing a Nonce, Key Pair in Encryption
- RFC 9325 section 7.4: Diffie-Hellman exponent reuse
- CVE-2016-0701: OpenSSL reuses Diffie-Hellman exponents
- CVE-2020-1968: Raccoon
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let kinds = [
        (
            "finite-field Diffie-Hellman",
            "dh",
            Severity::Medium,
            does(&scan.ephemeral_keys.dh_reused),
            suites_matching(scan, BEFORE_TLS13, has(Properties::is_ephemeral_dh)).is_no(),
        ),
        (
            "elliptic-curve Diffie-Hellman",
            "ecdh",
            Severity::Low,
            does(&scan.ephemeral_keys.ecdh_reused),
            has_no_ecdhe(scan),
        ),
    ];
    let mut detections = Vec::new();
    let mut unknown = None;
    let mut judged = false;
    for (name, discriminator, severity, reused, is_absent) in kinds {
        match reused {
            Found::Yes(()) => detections.push(
                Detection::new(format!(
                    "two handshakes got one key of {name}: a key for each connection is wanted"
                ))
                .severity(severity)
                .discriminator(discriminator)
                .remedy(Remedy::harden_tls(
                    connection(seen, context),
                    [TlsWant::CurrentLibrary],
                )),
            ),
            Found::No => judged = true,
            Found::Unknown(_) if is_absent => {}
            Found::Unknown(reason) => unknown = Some(format!("{name}: {reason}")),
        }
    }
    match unknown {
        _ if !detections.is_empty() => Verdict::Fail(detections),
        Some(reason) => Verdict::Open(reason),
        None if judged => Verdict::Pass,
        None => Verdict::NotApplicable,
    }
}

/// Whether the server is proved to have no ephemeral elliptic curves in any version.
fn has_no_ecdhe(scan: &Scan) -> bool {
    offers(scan, ProtocolVersion::TLSV1_3).is_no()
        && suites_matching(scan, BEFORE_TLS13, has(Properties::is_ephemeral_ecdh)).is_no()
}
