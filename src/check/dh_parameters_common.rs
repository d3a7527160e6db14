//! Judges whether a short Diffie-Hellman prime is one that many servers share.

use super::scanned::{dh_parameters, parameters_in_words, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};

pub(super) static CHECK: Check = Check {
    id: "dh-parameters-common",
    title: "short Diffie-Hellman prime that many servers share",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-326",
        "OWASP-A02:2021",
        "NIST SP 800-57 part 1 section 5.6",
        "RFC 7919",
        "RFC 9325 section 4.5",
        "CVE-2015-4000",
    ],
    docs: r"
## What it looks for

Whether the prime in the `ServerKeyExchange` of DHE suites is a well-known one: those of RFC 2409, 3526 and
5114, and the defaults of products. Medium up to 1,024 bits, low up to 2,047. From 2,048 bits on nothing is
found: there RFC 7919 recommends shared groups, and PostgreSQL has one built in.

## Why it matters

The costly part of breaking a group depends on its prime alone. Done once, it opens the sessions of every server
that uses the prime, so one of 1,024 bits that millions share is worth a state's effort (Logjam). Its length by
itself is the matter of `dh-parameters-weak`.

## How to fix it

- Best: no DHE at all: PostgreSQL `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`, nginx `ssl_ciphers` with the
  same.
- Otherwise a group of 2,048 bits or more: nginx `ssl_dhparam` with `ffdhe2048` of RFC 7919; PostgreSQL without
  `ssl_dh_params_file`.
- CockroachDB (Go) has no DHE: look for a proxy in front.

## References

- CWE-326: Inadequate Encryption Strength
- OWASP-A02:2021: Cryptographic Failures
- NIST SP 800-57 part 1 section 5.6: security strengths
- RFC 7919: negotiated finite-field parameters
- RFC 9325 section 4.5: public key length
- CVE-2015-4000: Logjam
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Up to this size somebody with a state's means can do the computation for a shared prime.
const REACHABLE_BITS: u32 = 1024;
/// From this size on sharing does no harm.
const SHAREABLE_BITS: u32 = 2048;

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let parameters = match scan(seen).and_then(dh_parameters) {
        Ok(parameters) => parameters,
        Err(verdict) => return verdict,
    };
    let shared: Vec<_> = parameters
        .iter()
        .filter(|parameters| parameters.well_known.is_some() && parameters.bits < SHAREABLE_BITS)
        .collect();
    let Some(bits) = shared.iter().map(|parameters| parameters.bits).min() else {
        return Verdict::Pass;
    };
    let severity = if bits <= REACHABLE_BITS {
        Severity::Medium
    } else {
        Severity::Low
    };
    let detection = Detection::new(format!(
        "many servers share the Diffie-Hellman prime of {bits} bits: {SHAREABLE_BITS} or more are wanted for a shared one"
    ))
    .severity(severity)
    .remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::StrongDh]));
    Verdict::Fail(vec![
        shared.into_iter().fold(detection, |detection, parameters| {
            detection.evidence(parameters_in_words(parameters))
        }),
    ])
}
