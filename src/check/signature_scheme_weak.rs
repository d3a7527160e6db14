//! Judges over which hashes the server signs the handshake in TLS 1.2.

use super::scanned::{Found, bounded, has, offers, scan, suites_matching, undecided};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::{Hash, Properties, ProtocolVersion, SignatureScheme};

pub(super) static CHECK: Check = Check {
    id: "signature-scheme-weak",
    title: "handshake signed over SHA-1 or MD5",
    severity: Severity::Low,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-328",
        "CWE-327",
        "OWASP-A02:2021",
        "NIST SP 800-52r2 section 3.3.1",
        "RFC 9155",
    ],
    docs: r"
## What it looks for

Signature schemes with which the server signs `ServerKeyExchange` in TLS 1.2 when a client offers them. SHA-1:
low. MD5: medium. The signatures in certificates are the matter of `signature-hash-weak`; TLS 1.3 has no such
schemes.

## Why it matters

Who finds collisions fast enough answers in the server's place with a signature that it made for another
handshake (SLOTH, for MD5 shown in 2016). For SHA-1 that takes far longer than a handshake waits. RFC 9155
forbids both.

## How to fix it

- OpenSSL 3 at security level 1 and newer refuses both: PostgreSQL and nginx with a cipher string `@SECLEVEL=0`
  bring them back, so take it out.
- Java: `rsa_pkcs1_sha1 usage HandshakeSignature, ecdsa_sha1 usage HandshakeSignature` in
  `jdk.tls.disabledAlgorithms`, as new releases have it.
- CockroachDB: Go before 1.25 signs over SHA-1 for a client that offers nothing else; newer releases do not.

## References

- CWE-328: Use of Weak Hash
- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- OWASP-A02:2021: Cryptographic Failures
- NIST SP 800-52r2 section 3.3.1: cipher suites
- RFC 9155: deprecating MD5 and SHA-1 signature hashes
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let schemes = &scan.signature_schemes_tls12;
    let weak: Vec<SignatureScheme> = schemes
        .accepted
        .iter()
        .copied()
        .filter(|scheme| scheme.is_weak())
        .collect();
    if weak.is_empty() {
        let is_signed = has(|suite: Properties| {
            (suite.is_ephemeral_dh() || suite.is_ephemeral_ecdh()) && !suite.is_anonymous()
        });
        let signed = suites_matching(scan, &[ProtocolVersion::TLSV1_2], is_signed);
        let refused = schemes.accepts_any(SignatureScheme::all().filter(|scheme| scheme.is_weak()));
        return match (offers(scan, ProtocolVersion::TLSV1_2), signed, refused) {
            (Found::No, _, _) | (_, Found::No, _) => Verdict::NotApplicable,
            (_, _, Some(_)) => Verdict::Pass,
            (Found::Unknown(reason), _, None) | (_, Found::Unknown(reason), None) => {
                Verdict::Open(reason)
            }
            (Found::Yes(()), Found::Yes(_), None) => {
                Verdict::Open(undecided("every weak signature scheme", scan, schemes))
            }
        };
    }
    let severity = if weak.iter().any(|scheme| scheme.hash() == Some(Hash::Md5)) {
        Severity::Medium
    } else {
        Severity::Low
    };
    Verdict::Fail(vec![
        Detection::new(format!(
            "the server signs the handshake with {}: SHA-256 or better is wanted",
            bounded(&weak)
        ))
        .severity(severity)
        .evidence(format!(
            "signature schemes in TLSv1.2: {}",
            bounded(&schemes.accepted)
        ))
        .remedy(Remedy::harden_tls(
            connection(seen, context),
            [TlsWant::StrongSignatures],
        )),
    ])
}
