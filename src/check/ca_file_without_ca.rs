//! Judges whether what lies in a CA file may issue certificates.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict, identity};
use crate::finding::{Detection, Severity};
use crate::observation::certificate_file::{CertificateFile, Part};
use crate::x509::issuance;

pub(super) static CHECK: Check = Check {
    id: "ca-file-without-ca",
    title: "CA file with a certificate that is no CA",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-295",
        "RFC 5280 section 4.2.1.9",
        "RFC 5280 section 4.2.1.3",
    ],
    docs: r"
## What it looks for

Each certificate in `ca.crt`, `ca-client.crt`, `ca-ui.crt` and `ca-client-tenant.crt`: basic constraints with CA:TRUE and, where there
is a key usage, keyCertSign in it. libpq's `root.crt` may hold a server's own certificate, so it is not judged.

## Why it matters

Nothing that it issued is accepted by Go, OpenSSL or Java: nodes and clients do not connect.

## How to fix it

- `cockroach cert create-ca --certs-dir=certs --ca-key=my-safe-directory/ca.key` makes one that is right.
- With openssl: `basicConstraints = critical,CA:TRUE`, `keyUsage = critical,keyCertSign,cRLSign`.

## References

- CWE-295: Improper Certificate Validation
- RFC 5280 section 4.2.1.9: Basic Constraints
- RFC 5280 section 4.2.1.3: Key Usage
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, _: &CertificateContext<'_>) -> Verdict {
    let is_judged =
        file.name.role.is_ca() && file.name.part == Part::Certificate && file.name.stem != "root";
    if !is_judged {
        return Verdict::NotApplicable;
    }
    let certificates = match filed::certificates(file) {
        Ok(certificates) => certificates,
        Err(verdict) => return verdict,
    };
    filed::verdict(
        certificates
            .iter()
            .filter(|certificate| !issuance::may_issue(certificate))
            .map(|certificate| {
                let lacks = if certificate.basic_constraints_ca == Some(true) {
                    "keyCertSign in its key usage"
                } else {
                    "CA:TRUE in its basic constraints"
                };
                Detection::new(format!(
                    "the file `{}` holds {}, which is no CA: {lacks} is wanted",
                    file.path, certificate.subject
                ))
                .evidence(identity(certificate))
                .discriminator(&certificate.sha256)
            })
            .collect(),
    )
}
