//! Judges whether the end entity signed itself and nobody whom the endpoint trusts vouches for it.

use super::{Category, Check, Context, Evaluate, Verdict, order, path_problem};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::x509::PathProblem;

pub(super) static CHECK: Check = Check {
    id: "certificate-self-signed",
    title: "server certificate vouches for itself",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-295",
        "CWE-296",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.2",
        "RFC 5280 section 6.1",
    ],
    docs: r"
## What it looks for

A served certificate that is its own issuer and is not among the endpoint's trust anchors. One that is,
because `sslrootcert` names exactly it, is pinned and passes.

## Why it matters

Anybody can make a certificate that looks the same. A client that verifies refuses it, and one that takes it
takes everybody's.

## How to fix it

- CockroachDB: make a CA with `cockroach cert create-ca`, issue the node's certificate from it with
  `create-node`, and give clients `ca.crt` as `sslrootcert`.
- PostgreSQL: the certificate that Debian makes at installation is of this kind. Issue one from your own CA,
  or from a public one, for the name that clients dial.
- As a stopgap give clients a copy of this very certificate as `sslrootcert`: it works with `verify-full` as
  long as the names fit, and must be exchanged everywhere at once.

## References

- CWE-295: Improper Certificate Validation
- CWE-296: Improper Following of a Certificate's Chain of Trust
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
- NIST SP 800-52r2 section 3.2: server keys and certificates
- RFC 5280 section 6.1: Basic Path Validation
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    path_problem(seen, PathProblem::SelfSigned, |_, certificate| {
        let subject = certificate.map_or("the peer", |certificate| certificate.subject.as_str());
        Detection::new(format!(
            "the certificate is signed by itself, {subject}: one from a CA that clients trust is wanted"
        ))
        .remedy(Remedy::IssueCertificate(order(
            seen,
            context,
            "the served one vouches for itself",
        )))
    })
}
