//! Judges whether a certificate on disk is valid already.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict, from_to, identity, in_words, validity};
use crate::finding::{Detection, Severity};
use crate::observation::certificate_file::CertificateFile;

pub(super) static CHECK: Check = Check {
    id: "certificate-file-not-yet-valid",
    title: "certificate on disk before its validity",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &["CWE-295", "RFC 5280 section 4.1.2.5"],
    docs: r"
## What it looks for

`notBefore` of the first certificate in each watched file and of the intermediates behind it; of CAs as
`certificate-file-expired` has it.

## Why it matters

Who loads it now is refused until that moment. Mostly a clock was wrong where it was issued, or is wrong here.

## How to fix it

- Compare the clocks of this machine and of the CA.
- Issue it again. `cockroach cert` dates certificates back by a day for this reason.

## References

- CWE-295: Improper Certificate Validation
- RFC 5280 section 4.1.2.5: Validity
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, context: &CertificateContext<'_>) -> Verdict {
    filed::of_each(file, context, |what, certificate| {
        if context.now >= certificate.not_before {
            return None;
        }
        Some(
            Detection::new(format!(
                "{what} in `{}` is valid only in {}, from {}: one that is valid now is wanted",
                file.path,
                in_words(from_to(context.now, certificate.not_before)),
                certificate.not_before
            ))
            .evidence(identity(certificate))
            .evidence(validity(certificate))
            .discriminator(&certificate.sha256),
        )
    })
}
