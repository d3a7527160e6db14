//! Judges whether a certificate comes from the CA that lies beside it.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict, identity};
use crate::finding::{Detection, Severity};
use crate::observation::Attempt;
use crate::observation::certificate_file::CertificateFile;

pub(super) static CHECK: Check = Check {
    id: "certificate-not-issued-by-ca-beside",
    title: "certificate that the CA beside it did not issue",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &["CWE-295", "CWE-296", "RFC 5280 section 6"],
    docs: r"
## What it looks for

Whether one of the CAs in `ca.crt` issued `node.crt`; for clients `ca-client.crt` counts, for the console `ca-ui.crt`, for tenants
`ca-client-tenant.crt`, where they are there; for `tls.crt` the `ca.crt` of the same Kubernetes secret. Names, identifiers and
signature must fit, directly or through intermediates in the file. The order of CAs in a file does not matter.

## Why it matters

Nodes refuse each other and clients refuse the node: one half was renewed and the other was not, or a CA was made anew
under its old name, which looks right in every listing.

## How to fix it

- Put the CA that issued it into the CA file, beside those that are there, and spread that file to nodes and clients.
- Or issue the certificate again from the CA that is there.

## References

- CWE-295: Improper Certificate Validation
- CWE-296: Improper Following of a Certificate's Chain of Trust
- RFC 5280 section 6: certification path validation
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, context: &CertificateContext<'_>) -> Verdict {
    let Some(ca_file) = context.directory.ca_file_of(file) else {
        return Verdict::NotApplicable;
    };
    let certificate = match filed::first_certificate(file) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    match &file.issuer {
        Attempt::Seen(_) => Verdict::Pass,
        Attempt::Refused(reason) => Verdict::Fail(vec![
            Detection::new(format!(
                "{} in `{}` was not issued by a CA in `{}`: one that was is wanted",
                filed::what(file),
                file.path,
                ca_file.path
            ))
            .evidence(reason.clone())
            .evidence(identity(certificate))
            .discriminator(&certificate.sha256),
        ]),
        Attempt::Failed(_) | Attempt::NotAttempted(_) => {
            Verdict::Open(filed::why(file, &file.issuer))
        }
    }
}
