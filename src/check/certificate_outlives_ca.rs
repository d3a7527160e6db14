//! Judges whether a certificate ends before the CA that issued it.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict, from_to, in_words, validity};
use crate::finding::{Detection, Severity};
use crate::observation::Attempt;
use crate::observation::certificate_file::CertificateFile;

pub(super) static CHECK: Check = Check {
    id: "certificate-outlives-ca",
    title: "certificate that ends after the CA that issued it",
    severity: Severity::Medium,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &["CWE-298", "RFC 5280 section 6.1.3"],
    docs: r"
## What it looks for

`notAfter` of a certificate against that of the CA beside it that issued it.

## Why it matters

It looks valid for longer than it is: on the day on which the CA ends it is worth nothing, and who watches only the leaf is
not warned. `cockroach cert` does not issue such a one.

## How to fix it

- Make the next CA in time, with a combined `ca.crt`, and issue the certificate again from it.
- With openssl give `-days` less than what the CA has left.

## References

- CWE-298: Improper Validation of Certificate Expiration
- RFC 5280 section 6.1.3: basic certificate processing
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, context: &CertificateContext<'_>) -> Verdict {
    if context.directory.ca_file_of(file).is_none() {
        return Verdict::NotApplicable;
    }
    let certificate = match filed::first_certificate(file) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    let issuer = match &file.issuer {
        Attempt::Seen(issuer) => issuer,
        // `certificate-not-issued-by-ca-beside` says it.
        Attempt::Refused(_) => return Verdict::NotApplicable,
        Attempt::Failed(_) | Attempt::NotAttempted(_) => {
            return Verdict::Open(filed::why(file, &file.issuer));
        }
    };
    if certificate.not_after <= issuer.not_after {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "{} in `{}` ends {} after its CA in `{}`, which ends at {}: an end before that is wanted",
            filed::what(file),
            file.path,
            in_words(from_to(issuer.not_after, certificate.not_after)),
            issuer.path,
            issuer.not_after
        ))
        .evidence(validity(certificate))
        .evidence(format!("the CA is {}", issuer.subject))
        .discriminator(&certificate.sha256),
    ])
}
