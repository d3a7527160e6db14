//! Judges how long the prime of finite-field Diffie-Hellman is.

use super::scanned::{
    BEFORE_TLS13, Found, dh_parameters, has, parameters_in_words, scan, suites_matching,
};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::Properties;

pub(super) static CHECK: Check = Check {
    id: "dh-parameters-weak",
    title: "short Diffie-Hellman parameters",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-326",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-57 part 1 section 5.6",
        "RFC 7919",
        "RFC 9325 section 4.5",
        "CVE-2015-4000",
    ],
    docs: r"
## What it looks for

The prime in the `ServerKeyExchange` of DHE suites, one for each that was seen, and whether DHE_EXPORT is
accepted. Export suites and primes up to 768 bits: high. Below 2,048 bits: medium.

## Why it matters

768 bits were broken by academics in 2016, 512 bits are broken in minutes after one long computation (Logjam),
and 1,024 bits are within reach of a state. Who breaks the group reads every session that was made in it,
recorded ones, too.

## How to fix it

- Best: no DHE at all, ECDHE is faster and in every client: PostgreSQL `ssl_ciphers =
  'ECDHE+AESGCM:ECDHE+CHACHA20'`, nginx `ssl_ciphers` with the same.
- PostgreSQL with DHE: leave `ssl_dh_params_file` empty, then it uses a good group of 2,048 bits.
- nginx with DHE: `ssl_dhparam` with `ffdhe2048` or `ffdhe3072` of RFC 7919.
- CockroachDB (Go) has no DHE: look for a proxy in front.

## References

- CWE-326: Inadequate Encryption Strength
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography for data in transit
- NIST SP 800-57 part 1 section 5.6: security strengths
- RFC 7919: negotiated finite-field parameters
- RFC 9325 section 4.5: public key length
- CVE-2015-4000: Logjam
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Primes up to this size have been broken in public.
const BROKEN_BITS: u32 = 768;
/// The shortest prime that is still good (112 bits of security).
const SHORTEST_BITS: u32 = 2048;

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let is_dhe_export = has(|suite: Properties| suite.is_export() && suite.is_ephemeral_dh());
    let export = suites_matching(scan, BEFORE_TLS13, is_dhe_export);
    let short: Vec<_> = scan
        .dh_parameters
        .iter()
        .filter(|parameters| parameters.bits < SHORTEST_BITS)
        .collect();
    let shortest = short.iter().map(|parameters| parameters.bits).min();
    let message = match (shortest, &export) {
        (Some(bits), _) => {
            format!("the Diffie-Hellman prime has {bits} bits: {SHORTEST_BITS} or more are wanted")
        }
        (None, Found::Yes(suites)) => format!(
            "the server accepts DHE_EXPORT in {}, made for 512 bits: {SHORTEST_BITS} or more are wanted",
            suites.versions()
        ),
        (None, Found::No) => {
            return match dh_parameters(scan) {
                Ok(_) => Verdict::Pass,
                Err(verdict) => verdict,
            };
        }
        (None, Found::Unknown(reason)) => return Verdict::Open(reason.clone()),
    };
    let is_broken = export.is_yes() || shortest.is_some_and(|bits| bits <= BROKEN_BITS);
    let mut detection = Detection::new(message)
        .severity(if is_broken {
            Severity::High
        } else {
            Severity::Medium
        })
        .remedy(Remedy::harden_tls(
            connection(seen, context),
            [TlsWant::StrongDh],
        ));
    for parameters in short {
        detection = detection.evidence(parameters_in_words(parameters));
    }
    if let Found::Yes(suites) = export {
        detection = suites.witness(detection);
    }
    Verdict::Fail(vec![detection])
}
