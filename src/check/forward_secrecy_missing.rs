//! Judges whether the server takes key exchange without forward secrecy.

use super::scanned::{
    ALL_VERSIONS, BEFORE_TLS13, Found, Suites, accepted, and, has, scan, suites_matching,
};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::scan::Preference;
use crate::observation::{EndpointObservation, Scan};
use crate::remediation::{Remedy, TlsWant};
use crate::tls::{CipherSuite, Properties, ProtocolVersion};

pub(super) static CHECK: Check = Check {
    id: "forward-secrecy-missing",
    title: "key exchange without forward secrecy",
    severity: Severity::Low,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-326",
        "OWASP-A02:2021",
        "NIST SP 800-52r2 section 3.3.1",
        "RFC 9325 section 4.1",
        "RFC 9325 section 7.3",
    ],
    docs: r"
## What it looks for

Suites up to TLS 1.2 in which the client encrypts a secret to the server's long-term key, or both agree with it:
RSA, static DH and ECDH, PSK. Low where there are others, medium where the server chooses them first in a
version, or has no others there. TLS 1.3 has forward secrecy always.

## Why it matters

Who records such a session reads it on the day when the server's key gets out, years later. With ECDHE the key
of the certificate is worth nothing for what is past. It is also where ROBOT and DROWN begin.

## How to fix it

- CockroachDB: unset `COCKROACH_TLS_ENABLE_OLD_CIPHER_SUITES`.
- PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`; the default `HIGH:MEDIUM:+3DES:!aNULL` has suites
  without.
- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`.

## References

- CWE-326: Inadequate Encryption Strength
- OWASP-A02:2021: Cryptographic Failures
- NIST SP 800-52r2 section 3.3.1: cipher suites
- RFC 9325 section 4.1: cipher suites, general guidelines
- RFC 9325 section 7.3: forward secrecy
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let without = has(|suite: Properties| !suite.forward_secrecy());
    suites_matching(scan, BEFORE_TLS13, without).verdict(|suites| {
        let preferring = preferring(scan, &suites);
        let (message, severity) = if is_alone(seen, scan) {
            (
                "the server has no suite with forward secrecy".to_owned(),
                Severity::Medium,
            )
        } else if preferring.is_empty() {
            (
                format!(
                    "the server accepts suites without forward secrecy in {}",
                    suites.versions()
                ),
                Severity::Low,
            )
        } else {
            (
                format!(
                    "the server chooses suites without forward secrecy first in {}",
                    and(preferring)
                ),
                Severity::Medium,
            )
        };
        vec![
            suites.witness(
                Detection::new(format!("{message}: ECDHE is wanted"))
                    .severity(severity)
                    .remedy(Remedy::harden_tls(
                        connection(seen, context),
                        [TlsWant::ModernSuites],
                    )),
            ),
        ]
    })
}

/// Whether a suite is known to have forward secrecy.
fn has_forward_secrecy(suite: CipherSuite) -> bool {
    has(Properties::forward_secrecy)(suite)
}

/// Whether the server is proved to have no suite with forward secrecy at all.
fn is_alone(seen: &EndpointObservation, scan: &Scan) -> bool {
    let negotiated = seen
        .handshake
        .seen()
        .map(|handshake| handshake.cipher_suite);
    !negotiated.is_some_and(has_forward_secrecy)
        && suites_matching(scan, ALL_VERSIONS, has_forward_secrecy) == Found::No
}

/// Returns the versions in which the server chooses one of the suites before any with forward secrecy, by its own order or
/// because it has no other.
fn preferring(scan: &Scan, suites: &Suites) -> Vec<ProtocolVersion> {
    suites
        .0
        .iter()
        .map(|accepted| accepted.version)
        .filter(|version| {
            let preference = scan
                .version(*version)
                .and_then(|support| support.cipher_suites.preference.seen());
            let is_servers = matches!(
                preference,
                Some(Preference::Server | Preference::ServerButChacha20)
            );
            let first = accepted(scan, *version).first().copied();
            is_servers && first.is_some_and(|first| !has_forward_secrecy(first))
                || suites_matching(scan, &[*version], has_forward_secrecy).is_no()
        })
        .collect()
}
