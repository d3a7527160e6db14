//! Judges whether the life of the client certificate that the endpoint names is nearly over.

use super::{
    Category, Check, Context, Evaluate, Verdict, connection, from_to, identity, in_words, open,
    validity,
};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "client-certificate-expires-soon",
    title: "our client certificate in the last part of its life",
    severity: Severity::Medium,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-298",
        "PCI DSS 4.0.1 requirement 4.2.1.1",
        "RFC 5280 section 4.1.2.5",
    ],
    docs: r"
## What it looks for

The time to `notAfter` of the certificate in `sslcert`, against the same parts of its lifetime as
`certificate-expires-soon`: medium in the warning part, high in the critical part. One that has expired is
`client-certificate-unfit`.

## Why it matters

When it has expired, clients with it cannot log in. Client certificates are forgotten more often than
servers': nobody sees them from outside.

## How to fix it

- CockroachDB: `cockroach cert create-client <user> --certs-dir=certs --ca-key=my-safe-directory/ca.key
  --overwrite`.
- Give it to each client and restart those that read the file only once.

## References

- CWE-298: Improper Validation of Certificate Expiration
- PCI DSS 4.0.1 requirement 4.2.1.1: an inventory of trusted keys and certificates
- RFC 5280 section 4.1.2.5: Validity
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if context.endpoint.sslcert.is_none() {
        return Verdict::NotApplicable;
    }
    let Some(found) = seen.client_identity.seen() else {
        return open(seen, &seen.client_identity);
    };
    let certificate = &found.certificate;
    if context.now > certificate.not_after {
        return Verdict::NotApplicable;
    }
    let lifetime = from_to(certificate.not_before, certificate.not_after);
    let left = from_to(context.now, certificate.not_after);
    let expiry = context.endpoint.expiry;
    let severity = if left <= expiry.critical.of(lifetime) {
        Severity::High
    } else if left <= expiry.warning.of(lifetime) {
        Severity::Medium
    } else {
        return Verdict::Pass;
    };
    Verdict::Fail(vec![
        Detection::new(format!(
            "the client certificate expires in {}, at {}: more than {} are wanted",
            in_words(left),
            certificate.not_after,
            in_words(expiry.warning.of(lifetime))
        ))
        .severity(severity)
        .evidence(identity(certificate))
        .evidence(validity(certificate))
        .discriminator(&certificate.sha256)
        .remedy(Remedy::IssueClientCertificate(connection(seen, context))),
    ])
}
