//! Notes that the end entity is certified for a wildcard.

use super::{
    Category, Check, Context, Evaluate, Verdict, connection, end_entity, identity, listed,
};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{CertificateOrder, Remedy};

pub(super) static CHECK: Check = Check {
    id: "certificate-wildcard",
    title: "server certificate holds a wildcard",
    severity: Severity::Info,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-1220",
        "PCI DSS 4.0.1 requirement 4.2.1.1",
        "RFC 9525 section 6.3",
    ],
    docs: r"
## What it looks for

An entry of the subject alternative name that begins with `*.`.

## Why it matters

It is a note, not a fault: CockroachDB Cloud and many front ends live with one. Whoever has the key of one
host can answer in the place of all of them.

## How to fix it

- Where a single host needs it, issue a certificate with its own name. Where it has to be, keep the key on few
  hosts and away from the databases.

## References

- CWE-1220: Insufficient Granularity of Access Control
- PCI DSS 4.0.1 requirement 4.2.1.1: an inventory of trusted keys and certificates
- RFC 9525 section 6.3: matching the DNS name
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let certificate = match end_entity(seen) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    let wildcards: Vec<String> = certificate
        .dns_names
        .iter()
        .filter(|name| name.starts_with("*."))
        .cloned()
        .collect();
    if wildcards.is_empty() {
        return Verdict::Pass;
    }
    let reference_name = context.endpoint.reference_name();
    Verdict::Fail(vec![
        Detection::new(format!(
            "the certificate is for {}: one for `{reference_name}` alone is wanted",
            listed(&wildcards)
        ))
        .evidence(identity(certificate))
        .discriminator(&certificate.sha256)
        .remedy(Remedy::IssueCertificate(CertificateOrder {
            connection: connection(seen, context),
            names: vec![reference_name.clone()],
            missing: Vec::new(),
            because: format!("the served one is for {}", listed(&wildcards)),
        })),
    ])
}
