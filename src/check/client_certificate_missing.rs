//! Judges whether the server demands a client certificate that the endpoint does not have.

use super::{
    Category, Check, Context, Evaluate, Verdict, connection, is_without_tls, listed, open,
};
use crate::finding::{Detection, Severity};
use crate::observation::{ClientCertificateDemand, EndpointObservation};
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "client-certificate-missing",
    title: "server demands a client certificate and the endpoint names none",
    severity: Severity::Medium,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-287",
        "NIST SP 800-52r2 section 3.5",
        "RFC 8446 section 4.3.2",
    ],
    docs: r"
## What it looks for

A handshake that the server ends because no client certificate came. A server that only asks and goes on
without, as CockroachDB and PostgreSQL do by default, is not reported.

## Why it matters

The demand is a strength. But clients without a certificate cannot connect, `verify-full` or not, and we
cannot look behind the handshake without one. So the score is at most a C while it lasts.

## How to fix it

- Name a certificate and its key for the endpoint: `sslcert` and `sslkey`. Clients need the same two.
- CockroachDB: `cockroach cert create-client <user> --certs-dir=certs --ca-key=my-safe-directory/ca.key`.
- PostgreSQL: a certificate whose common name is the user, from the CA in `ssl_ca_file`.

## References

- CWE-287: Improper Authentication
- NIST SP 800-52r2 section 3.5: client authentication
- RFC 8446 section 4.3.2: Certificate Request
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if is_without_tls(seen) {
        return Verdict::NotApplicable;
    }
    let Some(authentication) = seen.client_authentication.seen() else {
        return open(seen, &seen.client_authentication);
    };
    if authentication.sent || authentication.demand != ClientCertificateDemand::Required {
        return Verdict::Pass;
    }
    let mut detection = Detection::new(
        "the server demands a client certificate and the endpoint names none: sslcert and sslkey are wanted",
    )
    .remedy(Remedy::IssueClientCertificate(connection(seen, context)));
    if let Some(refusal) = &authentication.refusal {
        detection = detection.evidence(refusal.clone());
    }
    if !authentication.ca_names.is_empty() {
        detection = detection.evidence(format!(
            "accepted CAs: {}",
            listed(&authentication.ca_names)
        ));
    }
    Verdict::Fail(vec![detection])
}
