//! Judges whether a tenant's certificate is named as a SQL client's.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict, identity};
use crate::finding::{Detection, Severity};
use crate::observation::certificate_file::{CertificateFile, Role};

pub(super) static CHECK: Check = Check {
    id: "tenant-certificate-for-sql",
    title: "tenant certificate under the name of a SQL client",
    severity: Severity::Medium,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &["CWE-287", "RFC 5280 section 4.1.2.6"],
    docs: r"
## What it looks for

`OU=Tenants` in the subject of `client.<user>.crt`. CockroachDB takes such a certificate only from a SQL pod towards the storage.

## Why it matters

The login is refused, and a certificate that opens the storage layer of a tenant lies where users' certificates are kept.

## How to fix it

- `cockroach cert create-client <user>` makes one for SQL; `--tenant-scope` narrows it to a tenant.
- Give a tenant's own certificate its name, `client-tenant.<id>.crt`, and keep it with the SQL pod.

## References

- CWE-287: Improper Authentication
- RFC 5280 section 4.1.2.6: Subject
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, _: &CertificateContext<'_>) -> Verdict {
    if !matches!(file.name.role, Role::Client(_)) {
        return Verdict::NotApplicable;
    }
    let certificate = match filed::first_certificate(file) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    // RFC 4514: a comma that is part of a value has a backslash before it.
    let is_tenants = certificate
        .subject
        .replace("\\,", " ")
        .split([',', '+'])
        .any(|part| part == "OU=Tenants");
    if !is_tenants {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "the client certificate in `{}` is a tenant's: one without OU=Tenants is wanted for SQL",
            file.path
        ))
        .evidence(identity(certificate))
        .discriminator(&certificate.sha256),
    ])
}
