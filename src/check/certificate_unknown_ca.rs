//! Judges whether the chain is whole and leads to a CA that the endpoint does not trust.

use super::{Category, Check, Context, Evaluate, Verdict, connection, order, path_problem};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::x509::{PathProblem, Trust};

pub(super) static CHECK: Check = Check {
    id: "certificate-unknown-ca",
    title: "certification path ends in a CA that is not trusted",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-296",
        "CWE-295",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "RFC 5280 section 6.1",
    ],
    docs: r"
## What it looks for

The path from the served certificate upwards against the endpoint's `sslrootcert`, or against the system's
trust store where none is named. A certificate that vouches for itself is `certificate-self-signed`, one whose
intermediate was not sent is `certificate-chain-incomplete`.

## Why it matters

Either the clients have the wrong CA file, and `verify-full` fails for all of them, or somebody else answers
in the server's place. From here both look alike.

## How to fix it

- CockroachDB and other private CAs: set `sslrootcert` to the CA file of this cluster. The nodes' own is
  `ca.crt` in `--certs-dir`; `cockroach cert list` shows it.
- CockroachDB Cloud with dedicated clusters: download the cluster's CA from the console.
- If the CA file is the right one, find out who is answering before anything else.

## References

- CWE-296: Improper Following of a Certificate's Chain of Trust
- CWE-295: Improper Certificate Validation
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
- RFC 5280 section 6.1: Basic Path Validation
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    path_problem(seen, PathProblem::UnknownCa, |verification, certificate| {
        let issuer = certificate.map_or("unknown", |certificate| certificate.issuer.as_str());
        let remedy = match &verification.trust {
            // Most often a private CA that nobody has named yet.
            Trust::System => Remedy::VerifyFull(connection(seen, context)),
            Trust::File(file) => Remedy::IssueCertificate(order(
                seen,
                context,
                format!("the served one comes from {issuer}, which {file} does not hold"),
            )),
        };
        Detection::new(format!(
            "the certificate comes from {issuer}, and nothing in {} vouches for it: a trusted CA is wanted",
            verification.trust
        ))
        .remedy(remedy)
    })
}
