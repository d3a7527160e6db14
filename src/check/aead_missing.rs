//! Judges whether the server has a suite with authenticated encryption.

use super::scanned::{ALL_VERSIONS, Found, has, offers_any, scan, suites_matching, suites_of};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::{Properties, ProtocolVersion};

pub(super) static CHECK: Check = Check {
    id: "aead-missing",
    title: "no authenticated encryption",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-327",
        "OWASP-A02:2021",
        "NIST SP 800-52r2 section 3.3.1",
        "RFC 9325 section 4.2",
    ],
    docs: r"
## What it looks for

Whether any suite with AEAD is accepted in TLS 1.2 or 1.3: AES-GCM, AES-CCM, ChaCha20-Poly1305. A quick probe
that negotiates one settles it. Where the server has neither version, `tls12-and-tls13-missing` speaks: nothing
older knows AEAD.

## Why it matters

Everything else in TLS is CBC with its padding oracles, or RC4. RFC 9325 asks for AEAD suites; HTTP/2 forbids
the others (RFC 9113 appendix A); SSL Labs gives no better than B without.

## How to fix it

- PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`.
- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`.
- CockroachDB always has them: look at `--tls-cipher-suites`, and for a proxy in front.

## References

- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- OWASP-A02:2021: Cryptographic Failures
- NIST SP 800-52r2 section 3.3.1: cipher suites
- RFC 9325 section 4.2: cipher suites for TLS 1.2
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let is_aead = has(Properties::is_aead);
    let negotiated = seen
        .handshake
        .seen()
        .map(|handshake| handshake.cipher_suite);
    if negotiated.is_some_and(&is_aead) {
        return Verdict::Pass;
    }
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    match offers_any(scan, &[ProtocolVersion::TLSV1_2, ProtocolVersion::TLSV1_3]) {
        Found::Yes(_) => {}
        Found::No => return Verdict::NotApplicable,
        Found::Unknown(reason) => return Verdict::Open(reason),
    }
    match suites_matching(scan, ALL_VERSIONS, is_aead) {
        Found::Yes(_) => return Verdict::Pass,
        Found::Unknown(reason) => return Verdict::Open(reason),
        Found::No => {}
    }
    let suites = suites_of(scan, ALL_VERSIONS);
    if suites.0.is_empty() {
        return Verdict::Open("the scan found no suite that is accepted".to_owned());
    }
    Verdict::Fail(vec![
        suites.witness(
            Detection::new(
                "the server accepts no suite with authenticated encryption: AES-GCM or ChaCha20-Poly1305 is wanted",
            )
            .remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::ModernSuites])),
        ),
    ])
}
