//! Judges whether SSLv2 gives away what the RSA key of the endpoint protects.

use std::collections::BTreeSet;

use super::scanned::{BEFORE_TLS13, bounded, has, suites_matching};
use super::{
    Category, Check, Context, Evaluate, Verdict, connection, end_entity, is_without_tls, open,
};
use crate::finding::{Detection, Severity};
use crate::observation::{Attempt, EndpointObservation};
use crate::remediation::{Remedy, TlsWant};
use crate::tls::KeyExchange;
use crate::x509::{Certificate, KeyAlgorithm};

pub(super) static CHECK: Check = Check {
    id: "drown",
    title: "RSA key that SSLv2 gives away: DROWN",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-327",
        "CWE-757",
        "OWASP-A02:2021",
        "RFC 6176",
        "CVE-2016-0800",
        "CVE-2016-0703",
    ],
    docs: r"
## What it looks for

Whether the RSA key that this endpoint presents is served over SSLv2: here, or by any other endpoint that is
watched. Two endpoints have the same key where the SHA-256 of their public keys is the same. High where this
endpoint takes key exchange with RSA or where that was not seen; medium where it is proved not to. What is not
watched, or not scanned yet, cannot be known: a mail server with the same wildcard certificate counts, too.

## Why it matters

An answer in SSLv2 tells whether a guess at the encrypted secret is well-formed. Who records a thousand TLS
sessions with RSA key exchange, under whatever version, decrypts one of them with some 40,000 connections to any
SSLv2 server that has the key, and with an old OpenSSL behind it within a minute (CVE-2016-0703).

## How to fix it

- Switch SSLv2 off wherever the key is served; the evidence names the endpoints.
- Then issue a certificate with a new key, for this endpoint alone.
- Drop key exchange with RSA: PostgreSQL `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`, nginx `ssl_ciphers` with
  the same.

## References

- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- RFC 6176: prohibiting SSL version 2.0
- CVE-2016-0800: DROWN
- CVE-2016-0703: OpenSSL divides and conquers the session key of SSLv2
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if is_without_tls(seen) {
        return Verdict::NotApplicable;
    }
    let keys = rsa_keys(seen);
    let mut servers: BTreeSet<&str> = keys
        .iter()
        .filter_map(|key| context.sslv2_keys.get(*key))
        .flatten()
        .map(|name| &**name)
        .collect();
    let sslv2 = seen.scan.seen().map(|scan| &scan.sslv2);
    let is_here = sslv2
        .and_then(Attempt::seen)
        .is_some_and(|sslv2| match &sslv2.spki_sha256 {
            Some(key) => keys.contains(key.as_str()),
            // SSLv2 knows RSA certificates only, and a server seldom has two of them.
            None => !keys.is_empty(),
        });
    if !is_here && servers.is_empty() {
        return match (end_entity(seen), sslv2) {
            // Without an RSA key there is nothing that SSLv2 could give away.
            (Ok(_), _) if keys.is_empty() => Verdict::NotApplicable,
            (Err(verdict), None) => verdict,
            (_, Some(Attempt::Seen(_) | Attempt::Refused(_))) => Verdict::Pass,
            (_, Some(Attempt::NotAttempted(reason))) => Verdict::Open(reason.clone()),
            (_, Some(Attempt::Failed(failure))) => Verdict::Open(failure.to_string()),
            (Ok(_), None) => open(seen, &seen.scan),
        };
    }
    let is_spared = seen.scan.seen().is_some_and(|scan| {
        let takes_rsa = has(|suite| suite.key_exchange == KeyExchange::Rsa);
        suites_matching(scan, BEFORE_TLS13, takes_rsa).is_no()
    });
    let mut detection = Detection::new(
        "the RSA key of the certificate is served over SSLv2: a key that no SSLv2 server has is wanted",
    )
    .severity(if is_spared {
        Severity::Medium
    } else {
        Severity::High
    })
    .remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::Tls12OrNewer, TlsWant::ModernSuites]));
    if is_here {
        detection = detection.evidence("SSLv2 is spoken here");
    }
    if is_here {
        servers.remove(&*context.endpoint.name);
    }
    let servers: Vec<&str> = servers.into_iter().collect();
    if !servers.is_empty() {
        detection = detection.evidence(format!("served over SSLv2 by {}", bounded(&servers)));
    }
    if is_spared {
        detection = detection.evidence("no key exchange with RSA is accepted here");
    }
    Verdict::Fail(vec![detection])
}

/// Returns the RSA keys that the endpoint presents: SHA-256 of each public key.
fn rsa_keys(seen: &EndpointObservation) -> BTreeSet<&str> {
    let scanned = seen
        .scan
        .seen()
        .into_iter()
        .flat_map(|scan| &scan.chains)
        .filter_map(|scanned| scanned.chain.end_entity());
    seen.chain
        .seen()
        .and_then(|chain| chain.end_entity())
        .into_iter()
        .chain(scanned)
        .map(|certificate| &**certificate)
        .filter(|certificate: &&Certificate| certificate.key.algorithm == KeyAlgorithm::Rsa)
        .map(|certificate| certificate.spki_sha256.as_str())
        .collect()
}
