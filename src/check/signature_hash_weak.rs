//! Judges whether the signatures on the path are made over a hash that resists collisions.

use super::{Category, Check, Context, Evaluate, Verdict, identity, order, path_members};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "signature-hash-weak",
    title: "certificate signed over SHA-1 or MD5",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-328",
        "CWE-327",
        "NIST SP 800-131A revision 2 section 9",
        "RFC 9155",
        "RFC 9325 section 4.5",
    ],
    docs: r"
## What it looks for

The signature algorithm of the served certificate and of the intermediates. SHA-1: high. MD5, MD4 and MD2:
critical. A self-signature proves nothing to anybody, so it is not judged.

## Why it matters

Who finds two texts with one hash has a CA's signature under a certificate that the CA has never seen. For MD5
that was done in 2008 and for SHA-1 in 2017. OpenSSL 3, Go, Java and browsers refuse such certificates.

## How to fix it

- Issue the certificate again with SHA-256: `openssl x509 -req -sha256 …`. `cockroach cert` always uses
  SHA-256.
- An intermediate like this needs a new one from the CA above it.

## References

- CWE-328: Use of Weak Hash
- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- NIST SP 800-131A revision 2 section 9: hash functions
- RFC 9155: deprecating MD5 and SHA-1 signature hashes
- RFC 9325 section 4.5: public key length
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Broken hashes, as the names of signature algorithms hold them in lower case, and how badly each is broken.
const BROKEN: &[(&str, &str, Severity)] = &[
    ("md5", "MD5", Severity::Critical),
    ("md4", "MD4", Severity::Critical),
    ("md2", "MD2", Severity::Critical),
    ("sha1", "SHA-1", Severity::High),
    ("sha-1", "SHA-1", Severity::High),
    // Where no name is registered: RFC 8017 appendix C, RFC 3279 section 2.2.
    ("1.2.840.113549.1.1.4", "MD5", Severity::Critical),
    ("1.2.840.113549.1.1.2", "MD2", Severity::Critical),
    ("1.2.840.113549.1.1.5", "SHA-1", Severity::High),
    ("1.2.840.10045.4.1", "SHA-1", Severity::High),
    ("1.2.840.10040.4.3", "SHA-1", Severity::High),
];

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let members = match path_members(seen) {
        Ok(members) => members,
        Err(verdict) => return verdict,
    };
    let mut detections = Vec::new();
    for certificate in members {
        let algorithm = &certificate.signature_algorithm;
        let Some((hash, severity)) = broken_hash(algorithm) else {
            continue;
        };
        if certificate.is_self_issued() {
            continue;
        }
        detections.push(
            Detection::new(format!(
                "the certificate is signed with {algorithm}, over {hash}: SHA-256 or better is wanted"
            ))
            .severity(severity)
            .evidence(identity(certificate))
            .discriminator(&certificate.sha256)
            .remedy(Remedy::IssueCertificate(order(
                seen,
                context,
                format!("the served chain is signed over {hash}"),
            ))),
        );
    }
    if detections.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Fail(detections)
    }
}

/// Returns the broken hash in a signature algorithm, if there is one.
pub(super) fn broken_hash(algorithm: &str) -> Option<(&'static str, Severity)> {
    let algorithm = algorithm.to_ascii_lowercase();
    let is_number = algorithm.starts_with(|character: char| character.is_ascii_digit());
    BROKEN
        .iter()
        .find(|(word, _, _)| {
            if is_number {
                algorithm == *word
            } else {
                algorithm.contains(word)
            }
        })
        .map(|(_, hash, severity)| (*hash, *severity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_hashes_are_known_by_every_spelling() {
        for (algorithm, hash) in [
            ("md5WithRSAEncryption", Some("MD5")),
            ("sha1WithRSAEncryption", Some("SHA-1")),
            ("ecdsa-with-SHA1", Some("SHA-1")),
            ("1.2.840.113549.1.1.5", Some("SHA-1")),
            ("sha256WithRSAEncryption", None),
            ("ecdsa-with-SHA384", None),
            ("1.2.840.113549.1.1.11", None),
            ("1.2.840.113549.1.1.50", None),
            ("ED25519", None),
        ] {
            let found = broken_hash(algorithm).map(|(hash, _)| hash);
            assert_eq!(found, hash, "{algorithm}");
        }
    }
}
