//! Judges keys and signatures of certificates on disk as those that are served are judged.

use super::filed::{self, CertificateContext};
use super::{
    Category, Check, Evaluate, Verdict, elliptic_curve_unsuitable, identity, rsa_key_too_short,
    signature_hash_weak,
};
use crate::finding::{Detection, Severity};
use crate::observation::certificate_file::CertificateFile;
use crate::x509::Certificate;

pub(super) static CHECK: Check = Check {
    id: "certificate-file-weak",
    title: "weak key or signature in a certificate file",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-326",
        "CWE-328",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-57 part 1 section 5.6",
        "RFC 9325 section 4.5",
    ],
    docs: r"
## What it looks for

What `rsa-key-too-short`, `elliptic-curve-unsuitable` and `signature-hash-weak` look for in what is served, in each watched
file: RSA below 2048 bits, curves below 256 bits or outside of TLS 1.3's, signatures over SHA-1 or MD5 that are not
self-signatures. Files of more than 20 certificates, such as a system's bundle of roots, are not judged.

## Why it matters

A short key can be computed from the certificate. With the CA's, everything that it will ever vouch for is open.

## How to fix it

- Make a new key, RSA with 2048 bits or more or ECDSA on P-256, and issue the certificate again with SHA-256.
  `cockroach cert` makes RSA keys of 2048 bits and uses SHA-256.

## References

- CWE-326: Inadequate Encryption Strength
- CWE-328: Use of Weak Hash
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks
- NIST SP 800-57 part 1 section 5.6: key sizes
- RFC 9325 section 4.5: public key length
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, _: &CertificateContext<'_>) -> Verdict {
    let certificates = match filed::certificates(file) {
        Ok(certificates) => certificates,
        Err(verdict) => return verdict,
    };
    if certificates.len() > filed::MOST_JUDGED {
        return Verdict::NotApplicable;
    }
    filed::verdict(
        certificates
            .iter()
            .flat_map(|certificate| {
                faults(certificate).into_iter().map(|(fault, severity)| {
                    Detection::new(format!("in `{}` {fault}", file.path))
                        .severity(severity)
                        .evidence(identity(certificate))
                        .discriminator(format!("{} {fault}", certificate.sha256))
                })
            })
            .collect(),
    )
}

/// Says what is weak in a certificate, and how weak.
fn faults(certificate: &Certificate) -> Vec<(String, Severity)> {
    let mut faults = Vec::new();
    let key = &certificate.key;
    if let Some((bits, severity)) = rsa_key_too_short::too_short(key) {
        faults.push((
            format!("the RSA key has {bits} bits: at least 2048 are wanted"),
            severity,
        ));
    }
    if let Some((curve, severity)) = elliptic_curve_unsuitable::unsuitable(key) {
        faults.push((
            format!("the EC key is on {curve}: secp256r1, secp384r1 or secp521r1 is wanted"),
            severity,
        ));
    }
    let algorithm = &certificate.signature_algorithm;
    if !certificate.is_self_issued()
        && let Some((hash, severity)) = signature_hash_weak::broken_hash(algorithm)
    {
        faults.push((
            format!("the certificate is signed over {hash}: SHA-256 or better is wanted"),
            severity,
        ));
    }
    faults
}
