//! Judges whether every certificate that was sent can be read and every signature on the path fits.

use super::{Category, Check, Context, Evaluate, Verdict, is_without_tls, open, order};
use crate::finding::{Detection, Severity};
use crate::observation::{Attempt, EndpointObservation};
use crate::remediation::Remedy;
use crate::x509::PathProblem;

pub(super) static CHECK: Check = Check {
    id: "certificate-malformed",
    title: "certificate cannot be read, or a signature does not fit",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &["CWE-295", "RFC 5280 section 6.1", "RFC 8446 section 4.4.2"],
    docs: r"
## What it looks for

Certificates in the presented chain that are not DER as RFC 5280 has it, and paths with a signature that its
issuer's key did not make.

## Why it matters

Clients differ in what they forgive, so it works here and fails there. A signature that does not fit is also
what a forged certificate looks like.

## How to fix it

- Look at what is in the server's file: `openssl x509 -in server.crt -noout -text`, and `openssl verify
  -CAfile ca.crt server.crt`.
- Where a CA was made anew under the same name, the old one's certificates fail like this: issue the server's
  certificate again.

## References

- CWE-295: Improper Certificate Validation
- RFC 5280 section 6.1: Basic Path Validation
- RFC 8446 section 4.4.2: Certificate
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if is_without_tls(seen) {
        return Verdict::NotApplicable;
    }
    let Attempt::Seen(chain) = &seen.chain else {
        return open(seen, &seen.chain);
    };
    let refused = seen
        .verification
        .seen()
        .filter(|found| found.problems.contains(&PathProblem::Malformed));
    let message = match (chain.malformed.first(), refused) {
        (None, None) => return Verdict::Pass,
        (Some(first), _) => format!(
            "certificate {} of {} in the chain cannot be read: DER as in RFC 5280 is wanted",
            first.position.saturating_add(1),
            chain.certificates.len() + chain.malformed.len()
        ),
        (None, Some(_)) => {
            "the certification path is malformed: readable certificates with fitting signatures are wanted".to_owned()
        }
    };
    let mut detection = Detection::new(message).remedy(Remedy::IssueCertificate(order(
        seen,
        context,
        "the served chain cannot be read",
    )));
    for malformed in &chain.malformed {
        detection = detection.evidence(malformed.reason.clone());
    }
    if let Some(verification) = refused {
        detection = detection.evidence(verification.path_detail.clone());
    }
    if let Some(certificate) = chain.end_entity() {
        detection = detection.discriminator(&certificate.sha256);
    }
    Verdict::Fail(vec![detection])
}
