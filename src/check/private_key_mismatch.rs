//! Judges whether the key beside a certificate belongs to it.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict, identity};
use crate::finding::{Detection, Severity};
use crate::observation::certificate_file::CertificateFile;
use crate::x509::key::is_plainly_written;

pub(super) static CHECK: Check = Check {
    id: "private-key-mismatch",
    title: "private key that is not the certificate's",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &["CWE-295", "RFC 5280 section 4.1.2.7"],
    docs: r"
## What it looks for

For each certificate in a watched file the key beside it, by CockroachDB's names and by equal names up to the suffix, or in
the same file: its public half must be the certificate's. Keys that are encrypted or of another kind than RSA, ECDSA and
Ed25519 are left open.

## Why it matters

A server does not start with such a pair, or keeps the former one at a reload and says so only in its log: the trap is
found at the next restart, at night.

## How to fix it

- Put the pair back together. These two print the same for a pair: `openssl x509 -noout -pubkey -in FILE.crt`,
  `openssl pkey -pubout -in FILE.key`.
- Else issue the certificate again for the key that is there.

## References

- CWE-295: Improper Certificate Validation
- RFC 5280 section 4.1.2.7: Subject Public Key Info
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, context: &CertificateContext<'_>) -> Verdict {
    let certificate = match filed::first_certificate(file) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    let mut detections = Vec::new();
    let mut open = None;
    let mut judged = false;
    let inside = std::iter::once(file);
    let beside = context.directory.keys_of(file).map(|key| &**key);
    for key_file in inside.chain(beside) {
        let Some(held) = key_file.holdings.seen() else {
            open = open.or(Some(filed::why(key_file, &key_file.holdings)));
            continue;
        };
        for key in &held.private_keys {
            let Some(spki) = &key.spki_sha256 else {
                let why = if key.encrypted {
                    "encrypted"
                } else {
                    "of a kind that is not read"
                };
                open = open.or(Some(format!("the key in `{}` is {why}", key_file.path)));
                continue;
            };
            judged = true;
            if *spki == certificate.spki_sha256 {
                continue;
            }
            if !is_plainly_written(certificate) {
                open = open.or(Some(
                    "the certificate's key is written in an unusual way".to_owned(),
                ));
                continue;
            }
            detections.push(
                Detection::new(format!(
                    "the key in `{}` is not that of the certificate in `{}`: a pair is wanted",
                    key_file.path, file.path
                ))
                .evidence(identity(certificate))
                .evidence(format!(
                    "SHA-256 of the public keys: certificate {}, key {spki}",
                    certificate.spki_sha256
                ))
                .discriminator(format!("{} {}", certificate.sha256, key_file.path)),
            );
        }
    }
    match (detections.is_empty(), open, judged) {
        (false, _, _) => Verdict::Fail(detections),
        (true, Some(why), _) => Verdict::Open(why),
        (true, None, true) => Verdict::Pass,
        (true, None, false) => Verdict::NotApplicable,
    }
}
