//! Judges whether a certificate can log in as somebody whom its name does not say.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict, identity, listed};
use crate::finding::{Detection, Severity};
use crate::observation::certificate_file::{CertificateFile, Role};

pub(super) static CHECK: Check = Check {
    id: "login-name-among-dns-names",
    title: "certificate whose DNS names are the names of other users",
    severity: Severity::High,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &["CWE-269", "CWE-297", "RFC 5280 section 4.2.1.6"],
    docs: r"
## What it looks for

DNS names in `client.<user>.crt` other than `<user>`, and `root` in `node.crt`. CockroachDB takes each DNS name for a user as whom
the certificate may log in. `root` and `node`: high. Another name without a dot: medium. A name with dots, or `localhost`: low,
as hardly any user is called that.

## Why it matters

Whoever has the file logs in as `root`. CockroachDB's own guide to certificates by openssl puts `DNS:root` into the
client's configuration file for the first user and tells the reader to leave it there, so it is in the next user's, too.

## How to fix it

- Issue it again without these names: a client certificate needs no DNS name at all, the common name is enough.
  `cockroach cert create-client <user> --certs-dir=certs --ca-key=my-safe-directory/ca.key --overwrite` writes none.
- CockroachDB knows no revocation list. Until the old certificate ends, `security.ocsp.mode` or a new client CA keeps it out.

## References

- CWE-269: Improper Privilege Management
- CWE-297: Improper Validation of Certificate with Host Mismatch
- RFC 5280 section 4.2.1.6: Subject Alternative Name
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, _: &CertificateContext<'_>) -> Verdict {
    let user = match &file.name.role {
        Role::Client(user) => Some(user.as_str()),
        Role::Node => None,
        Role::Ca
        | Role::ClientCa
        | Role::UiCa
        | Role::TenantClientCa
        | Role::NodeClient
        | Role::Ui
        | Role::TenantClient(_)
        | Role::TenantSigning(_)
        | Role::Server
        | Role::Other => return Verdict::NotApplicable,
    };
    let certificate = match filed::first_certificate(file) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    let strange = |name: &&String| match user {
        Some(user) => name.as_str() != user,
        // A node's names are its hosts'.
        None => name.as_str() == "root",
    };
    let names: Vec<String> = certificate
        .dns_names
        .iter()
        .filter(strange)
        .cloned()
        .collect();
    let Some(severity) = names.iter().map(|name| severity(name)).max() else {
        return Verdict::Pass;
    };
    let wanted = user.map_or_else(
        || "none of a user".to_owned(),
        |user| format!("none but `{user}`"),
    );
    Verdict::Fail(vec![
        Detection::new(format!(
            "the certificate in `{}` can log in as {} by its DNS names: {wanted} is wanted",
            file.path,
            listed(&names)
        ))
        .severity(severity)
        .evidence(identity(certificate))
        .discriminator(&certificate.sha256),
    ])
}

/// Says how bad it is that a certificate is good for this user.
fn severity(name: &str) -> Severity {
    match name {
        "root" | "node" => Severity::High,
        "localhost" => Severity::Low,
        _ if name.contains('.') => Severity::Low,
        _ => Severity::Medium,
    }
}
