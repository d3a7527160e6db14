//! Judges whether a certificate may be used for what its file name says.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict, identity, listed};
use crate::finding::{Detection, Severity};
use crate::observation::certificate_file::{CertificateFile, Part, Role};

pub(super) static CHECK: Check = Check {
    id: "certificate-file-wrong-usage",
    title: "certificate on disk that is not for what its file name says",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &["CWE-295", "RFC 5280 section 4.2.1.12"],
    docs: r"
## What it looks for

Extended key usage against CockroachDB's file names: `node.crt` needs serverAuth, and clientAuth unless a `client.node.crt` lies
beside it; `client.<user>.crt` and `client.node.crt` clientAuth; `ui.crt` serverAuth; PostgreSQL's `server.crt` serverAuth. A
certificate without the extension is for everything.

## Why it matters

Go, which CockroachDB is written in, and OpenSSL refuse a certificate that is used for what it is not for.

## How to fix it

- Issue it again: `cockroach cert` sets the right usages; with openssl `extendedKeyUsage = serverAuth, clientAuth` for a
  node, `clientAuth` for a client.

## References

- CWE-295: Improper Certificate Validation
- RFC 5280 section 4.2.1.12: Extended Key Usage
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, context: &CertificateContext<'_>) -> Verdict {
    let has_node_client = || {
        let found = context
            .directory
            .of_role(&Role::NodeClient, Part::Certificate);
        found.is_some()
    };
    let wanted: &[&str] = match file.name.role {
        Role::Node if has_node_client() => &["serverAuth"],
        Role::Node => &["serverAuth", "clientAuth"],
        Role::NodeClient | Role::Client(_) | Role::TenantClient(_) => &["clientAuth"],
        Role::Ui | Role::Server => &["serverAuth"],
        Role::Ca
        | Role::ClientCa
        | Role::UiCa
        | Role::TenantClientCa
        | Role::TenantSigning(_)
        | Role::Other => return Verdict::NotApplicable,
    };
    let certificate = match filed::first_certificate(file) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    let Some(usages) = &certificate.extended_key_usage else {
        return Verdict::Pass;
    };
    let has = |wanted: &str| {
        let mut usages = usages.iter();
        usages.any(|usage| usage == wanted || usage == "anyExtendedKeyUsage")
    };
    if wanted.iter().all(|usage| has(usage)) {
        return Verdict::Pass;
    }
    let missing: Vec<&str> = wanted.iter().copied().filter(|usage| !has(usage)).collect();
    Verdict::Fail(vec![
        Detection::new(format!(
            "{} in `{}` is for {}: {} is wanted",
            filed::what(file),
            file.path,
            listed(usages),
            missing.join(" and ")
        ))
        .evidence(identity(certificate))
        .discriminator(&certificate.sha256),
    ])
}
