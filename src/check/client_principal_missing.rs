//! Judges whether a client certificate is for the user in its name.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict, identity, listed};
use crate::finding::{Confidence, Detection, Severity};
use crate::observation::certificate_file::{CertificateFile, Role};

pub(super) static CHECK: Check = Check {
    id: "client-principal-missing",
    title: "client certificate without its user among its principals",
    severity: Severity::Medium,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &["CWE-297", "RFC 5280 section 4.1.2.6"],
    docs: r"
## What it looks for

The common name and the DNS names in `client.<user>.crt`: `<user>` must be among them. A `--cert-principal-map` on the server
can map another name to it, which is not seen here.

## Why it matters

The login as that user is refused, or the file is in truth somebody else's certificate under a wrong name.

## How to fix it

- `cockroach cert create-client <user> --certs-dir=certs --ca-key=my-safe-directory/ca.key --overwrite`.
- Is it the certificate of another user, name the file for him.

## References

- CWE-297: Improper Validation of Certificate with Host Mismatch
- RFC 5280 section 4.1.2.6: Subject
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, _: &CertificateContext<'_>) -> Verdict {
    let Role::Client(user) = &file.name.role else {
        return Verdict::NotApplicable;
    };
    let certificate = match filed::first_certificate(file) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    if filed::has_principal(certificate, user) {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "the client certificate in `{}` is for {}: one for user `{user}` is wanted",
            file.path,
            listed(&filed::principals(certificate))
        ))
        .confidence(Confidence::Medium)
        .evidence(identity(certificate))
        .discriminator(&certificate.sha256),
    ])
}
