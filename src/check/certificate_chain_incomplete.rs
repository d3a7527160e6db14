//! Judges whether an intermediate certificate is missing from the presented chain.

use super::{Category, Check, Context, Evaluate, Verdict, connection, path_problem};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::x509::PathProblem;

pub(super) static CHECK: Check = Check {
    id: "certificate-chain-incomplete",
    title: "server does not send its intermediate certificate",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-296",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "RFC 8446 section 4.4.2",
        "RFC 5280 section 6.1",
    ],
    docs: r"
## What it looks for

A served certificate whose issuer is neither among the certificates that were sent nor among the trust
anchors.

## Why it matters

Browsers fetch the missing certificate or have it in a cache; libpq, psycopg, Go, Node and Java do not, and
refuse the server. This is why it works in the browser and not in the application.

## How to fix it

- Put the intermediate behind the server's own certificate in the same file, in this order, without the root:
  `cat server.crt intermediate.crt > chain.crt`. ACME clients call that file `fullchain.pem`.
- CockroachDB sends exactly what is in `node.crt`, PostgreSQL what is in `ssl_cert_file`, nginx what is in
  `ssl_certificate`. Reload.
- A private CA without intermediates: the clients' `sslrootcert` names another CA.

## References

- CWE-296: Improper Following of a Certificate's Chain of Trust
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
- RFC 8446 section 4.4.2: Certificate
- RFC 5280 section 6.1: Basic Path Validation
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    path_problem(seen, PathProblem::Incomplete, |_, certificate| {
        let issuer = certificate.map_or("unknown", |certificate| certificate.issuer.as_str());
        let sent = seen
            .chain
            .seen()
            .map_or(0, |chain| chain.certificates.len());
        let detection = Detection::new(format!(
            "the server sends {sent} certificate{}, and not the one of {issuer}: the whole chain up to the root is wanted",
            if sent == 1 { "" } else { "s" }
        ))
        .remedy(Remedy::SendIntermediates(connection(seen, context)));
        certificate
            .into_iter()
            .flat_map(|certificate| &certificate.ca_issuers)
            .fold(detection, |detection, address| {
                detection.evidence(format!("the issuer's certificate is at {address}"))
            })
    })
}
