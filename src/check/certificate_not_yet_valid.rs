//! Judges whether the end entity, or a certificate that its path needs, is before its `notBefore`.

use super::{
    Category, Check, Context, Evaluate, Verdict, end_entity, from_to, identity, in_words, order,
    validity,
};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::x509::PathProblem;

pub(super) static CHECK: Check = Check {
    id: "certificate-not-yet-valid",
    title: "server certificate before its notBefore",
    severity: Severity::Critical,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-298",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "RFC 5280 section 4.1.2.5",
    ],
    docs: r"
## What it looks for

`notBefore` of the served certificate against the time of judgement, and whether the path needs a certificate
that is not valid yet. The clock of this host is part of the answer.

## Why it matters

Clients that verify refuse the server until that moment. The usual causes are a wrong clock, here or on the
host that signed, and a certificate that was put in place too early.

## How to fix it

- Compare the clocks of this host, of the server and of the CA's host with a time server.
- Put the old certificate back until the new one is valid, or issue it again: `cockroach cert` begins 24 hours
  in the past for this reason.

## References

- CWE-298: Improper Validation of Certificate Expiration
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
- RFC 5280 section 4.1.2.5: Validity
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let certificate = match end_entity(seen) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    if context.now < certificate.not_before {
        let wait = in_words(from_to(context.now, certificate.not_before));
        return Verdict::Fail(vec![
            Detection::new(format!(
                "the certificate is valid only from {}, in {wait}: one that is valid now is wanted",
                certificate.not_before
            ))
            .evidence(identity(certificate))
            .evidence(validity(certificate))
            .discriminator(&certificate.sha256)
            .remedy(Remedy::IssueCertificate(order(
                seen,
                context,
                format!(
                    "the served one is not valid before {}",
                    certificate.not_before
                ),
            ))),
        ]);
    }
    let early = seen
        .verification
        .seen()
        .filter(|found| found.problems.contains(&PathProblem::NotYetValid));
    let Some(verification) = early else {
        return Verdict::Pass;
    };
    Verdict::Fail(vec![
        Detection::new(
            "the certificate is valid, and a CA that vouches for it is not valid yet: a valid path is wanted",
        )
        .evidence(verification.path_detail.clone())
        .discriminator(&certificate.sha256)
        .remedy(Remedy::IssueCertificate(order(
            seen,
            context,
            "a CA above the served one is not valid yet",
        ))),
    ])
}
