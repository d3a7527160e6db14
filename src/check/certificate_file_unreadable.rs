//! Judges whether a file holds what its name promises, and can be read.

use super::filed::CertificateContext;
use super::{Category, Check, Evaluate, Verdict};
use crate::finding::{Detection, Severity};
use crate::observation::Attempt;
use crate::observation::certificate_file::{CertificateFile, Part};
use crate::x509::holdings::Holdings;

pub(super) static CHECK: Check = Check {
    id: "certificate-file-unreadable",
    title: "certificate or key file that cannot be used",
    severity: Severity::Medium,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &["CWE-295", "RFC 7468"],
    docs: r"
## What it looks for

Watched files that are named like a certificate or a key and hold none, or hold one that cannot be read; and a file that
the configuration names and that is not there. One that this user may not read is left open: the server may.

## Why it matters

A server that loads it does not start, or keeps what it has in memory until it is started again.

## How to fix it

- Look at it: `openssl x509 -in FILE -noout -text`, `openssl pkey -in FILE -noout`.
- Write it anew from where it came; a copy that broke off is the usual cause.

## References

- CWE-295: Improper Certificate Validation
- RFC 7468: textual encodings of PKIX structures
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, _: &CertificateContext<'_>) -> Verdict {
    let held = match (&file.attributes, &file.holdings) {
        (Attempt::Failed(failure), _) => {
            return Verdict::Fail(vec![
                Detection::new(format!(
                    "the file `{}` cannot be had, as {}: one with a certificate or key is wanted",
                    file.path, failure.detail
                ))
                .discriminator("missing"),
            ]);
        }
        (_, Attempt::Seen(held)) => held,
        (_, other) => return Verdict::Open(super::filed::why(file, other)),
    };
    let fault = |what: &str| Detection::new(format!("the file `{}` {what}", file.path));
    if let Some(entry) = held.malformed.first() {
        return Verdict::Fail(vec![
            fault("holds an entry that cannot be read: a whole one is wanted")
                .evidence(format!("line {}: {}", entry.line, entry.reason))
                .discriminator(format!("{} {}", entry.line, entry.reason)),
        ]);
    }
    match wanted(file, held) {
        Some(wanted) => Verdict::Fail(vec![
            fault(&format!("holds no {wanted}: one in PEM is wanted")).discriminator("empty"),
        ]),
        None => Verdict::Pass,
    }
}

/// Returns what a file must hold by its name and does not.
fn wanted(file: &CertificateFile, held: &Holdings) -> Option<&'static str> {
    match file.name.part {
        Part::Certificate if held.certificates.is_empty() => Some("certificate"),
        Part::Key | Part::KeyPkcs8 if held.private_keys.is_empty() => Some("private key"),
        Part::Certificate | Part::Key | Part::KeyPkcs8 | Part::Unknown => None,
    }
}
