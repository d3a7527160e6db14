//! Judges whether the RSA keys of the end entity and of the intermediates have at least 2048 bits.

use super::{
    Category, Check, Context, Evaluate, Verdict, identity, key_verdict, order, path_members,
};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::x509::{KeyAlgorithm, PublicKey};

pub(super) static CHECK: Check = Check {
    id: "rsa-key-too-short",
    title: "RSA key below 2048 bits",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-326",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-57 part 1 section 5.6",
        "RFC 9325 section 4.5",
    ],
    docs: r"
## What it looks for

The modulus of each RSA key in the presented chain; a root's copy does not matter. Below 2048 bits: high.
Below 1024: critical.

## Why it matters

512 bits are factored in hours for the price of a dinner, 768 were in 2009, and 1024 are within reach of a
state. With the key somebody answers in the server's place.

## How to fix it

- Make a new key, RSA with 2048 bits or more or ECDSA on P-256, and let the CA sign it. `cockroach cert
  create-node --key-size 2048` is the default there; for PostgreSQL `openssl genpkey -algorithm RSA -pkeyopt
  rsa_keygen_bits:2048`.

## References

- CWE-326: Inadequate Encryption Strength
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
- NIST SP 800-57 part 1 section 5.6: key sizes
- RFC 9325 section 4.5: public key length
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Least length of an RSA modulus in bits: NIST SP 800-57 part 1, 112 bits of security.
const LEAST_BITS: u32 = 2048;

/// Below this length anybody with some patience has the key.
const HOPELESS_BITS: u32 = 1024;

/// Returns the length of an RSA key that is too short, and how bad that is.
pub(super) fn too_short(key: &PublicKey) -> Option<(u32, Severity)> {
    let bits = key.bits.filter(|_| key.algorithm == KeyAlgorithm::Rsa)?;
    match bits {
        LEAST_BITS.. => None,
        HOPELESS_BITS.. => Some((bits, Severity::High)),
        _ => Some((bits, Severity::Critical)),
    }
}

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let members = match path_members(seen) {
        Ok(members) => members,
        Err(verdict) => return verdict,
    };
    let mut detections = Vec::new();
    let mut judged = false;
    for certificate in members {
        if certificate.key.algorithm != KeyAlgorithm::Rsa {
            continue;
        }
        if certificate.key.bits.is_none() {
            return Verdict::Open("the length of the RSA key could not be read".to_owned());
        }
        judged = true;
        let Some((bits, severity)) = too_short(&certificate.key) else {
            continue;
        };
        detections.push(
            Detection::new(format!(
                "the RSA key has {bits} bits: at least {LEAST_BITS} are wanted"
            ))
            .severity(severity)
            .evidence(identity(certificate))
            .discriminator(&certificate.sha256)
            .remedy(Remedy::IssueCertificate(order(
                seen,
                context,
                format!("the key of the served one has only {bits} bits"),
            ))),
        );
    }
    key_verdict(judged, detections)
}
