//! Judges whether the end entity says that it is for servers.

use super::{Category, Check, Context, Evaluate, Verdict, end_entity, identity, order};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "extended-key-usage-missing",
    title: "server certificate does not say what it is for",
    severity: Severity::Low,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-295",
        "NIST SP 800-52r2 section 3.2",
        "RFC 5280 section 4.2.1.12",
    ],
    docs: r"
## What it looks for

A served certificate without the extended key usage extension. One that vouches for itself is not judged: it
has to go anyway.

## Why it matters

Without the extension the certificate is good for everything: who steals it can also log in as a client where
the CA is accepted, which CockroachDB does by default. Public CAs always set it, and some clients insist.

## How to fix it

- Issue it again with `extendedKeyUsage=serverAuth`. CockroachDB's `node.crt` needs `serverAuth` and
  `clientAuth`, and `cockroach cert create-node` sets both.

## References

- CWE-295: Improper Certificate Validation
- NIST SP 800-52r2 section 3.2: server keys and certificates
- RFC 5280 section 4.2.1.12: Extended Key Usage
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let certificate = match end_entity(seen) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    if certificate.is_self_issued() {
        return Verdict::NotApplicable;
    }
    if certificate.extended_key_usage.is_some() {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new("the certificate has no extended key usage: serverAuth is wanted")
            .evidence(identity(certificate))
            .discriminator(&certificate.sha256)
            .remedy(Remedy::IssueCertificate(order(
                seen,
                context,
                "the served one does not say that it is for servers",
            ))),
    ])
}
