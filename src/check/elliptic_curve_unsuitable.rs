//! Judges whether the EC keys of the end entity and of the intermediates are on a curve that is strong and understood.

use super::{
    Category, Check, Context, Evaluate, Verdict, identity, key_verdict, order, path_members,
};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::x509::{KeyAlgorithm, PublicKey};

pub(super) static CHECK: Check = Check {
    id: "elliptic-curve-unsuitable",
    title: "EC key on a weak or unusual curve",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-326",
        "NIST SP 800-57 part 1 section 5.6",
        "FIPS 186-5",
        "RFC 8422 section 5.1.1",
    ],
    docs: r"
## What it looks for

The curve of each EC key in the presented chain. Below 256 bits: high. At 256 bits or more, but none of P-256,
P-384 and P-521, such as `secp256k1` or a Brainpool curve: medium. Ed25519 and Ed448 are not EC keys in this
sense and are not judged.

## Why it matters

Below 256 bits the key is weaker than the rest of the connection. An unusual curve is not weak, but Go, Java,
browsers and most TLS libraries do not know it, so clients that verify fail.

## How to fix it

- Make a new key on P-256: `openssl ecparam -name prime256v1 -genkey -noout`, and let the CA sign it.

## References

- CWE-326: Inadequate Encryption Strength
- NIST SP 800-57 part 1 section 5.6: key sizes
- FIPS 186-5: Digital Signature Standard
- RFC 8422 section 5.1.1: supported elliptic curves
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Least field size in bits: NIST SP 800-57 part 1, 128 bits of security.
const LEAST_BITS: u32 = 256;

/// The curves that TLS 1.3 clients know for certificates, in each of their names (RFC 8446 section 4.2.3).
const USUAL: &[&str] = &[
    "secp256r1",
    "prime256v1",
    "P-256",
    "secp384r1",
    "P-384",
    "secp521r1",
    "P-521",
];

/// Names the curve of an EC key that is on none of the usual ones, and says how bad that is.
pub(super) fn unsuitable(key: &PublicKey) -> Option<(&str, Severity)> {
    if key.algorithm != KeyAlgorithm::Ec {
        return None;
    }
    let curve = key.curve.as_deref();
    let is_usual = curve.is_some_and(|curve| USUAL.contains(&curve));
    let severity = match key.bits {
        Some(bits) if bits < LEAST_BITS => Severity::High,
        Some(_) | None if is_usual => return None,
        Some(_) | None => Severity::Medium,
    };
    Some((curve.unwrap_or("a curve without a name"), severity))
}

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let members = match path_members(seen) {
        Ok(members) => members,
        Err(verdict) => return verdict,
    };
    let mut detections = Vec::new();
    let mut judged = false;
    for certificate in members {
        if certificate.key.algorithm != KeyAlgorithm::Ec {
            continue;
        }
        judged = true;
        let Some((curve, severity)) = unsuitable(&certificate.key) else {
            continue;
        };
        let bits = certificate
            .key
            .bits
            .map_or_else(String::new, |bits| format!(", {bits} bits"));
        detections.push(
            Detection::new(format!(
                "the EC key is on {curve}{bits}: secp256r1, secp384r1 or secp521r1 is wanted"
            ))
            .severity(severity)
            .evidence(identity(certificate))
            .discriminator(&certificate.sha256)
            .remedy(Remedy::IssueCertificate(order(
                seen,
                context,
                format!("the key of the served one is on {curve}"),
            ))),
        );
    }
    key_verdict(judged, detections)
}
