//! Judges whether the CA file beside the server's certificate verifies what is served.

use super::{Category, Check, Context, Evaluate, Verdict, end_entity, identity};
use crate::finding::{Confidence, Detection, Severity};
use crate::observation::EndpointObservation;
use crate::observation::certificate_file::Belonging;
use crate::x509::PathProblem;

pub(super) static CHECK: Check = Check {
    id: "ca-file-does-not-verify",
    title: "CA file on disk that does not verify what is served",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &["CWE-295", "CWE-296", "RFC 5280 section 6"],
    docs: r"
## What it looks for

What somebody concludes of the served chain who trusts the CA file beside the endpoint's own certificate file, as
`certificate-reload-missed` finds that. It is about the path to the CA alone: dates, names and what the endpoint's own `sslrootcert`
makes of it have checks of their own.

## Why it matters

Clients are given that file. With it they refuse the server, or give up on verifying: a CA was replaced on disk and the
server still serves what the old one issued, or the other way round.

## How to fix it

- Keep old and new CA together in the file until the server serves what the new one issued: the order does not matter.
- Reload the server where its file is newer than what it serves.

## References

- CWE-295: Improper Certificate Validation
- CWE-296: Improper Following of a Certificate's Chain of Trust
- RFC 5280 section 6: certification path validation
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let Some((_, belonging)) = &context.files.served else {
        return Verdict::NotApplicable;
    };
    let served = match end_entity(seen) {
        Ok(served) => served,
        Err(verdict) => return verdict,
    };
    if context.files.trust.is_empty() {
        return Verdict::NotApplicable;
    }
    // A signature that does not fit is the CA's of another key, unless the certificate is broken whoever looks at it.
    let broken = seen
        .verification
        .seen()
        .is_none_or(|own| own.problems.contains(&PathProblem::Malformed));
    let is_about_trust = |problem: &PathProblem| match problem {
        PathProblem::UnknownCa | PathProblem::SelfSigned | PathProblem::Incomplete => true,
        PathProblem::Malformed => !broken,
        PathProblem::Expired
        | PathProblem::NotYetValid
        | PathProblem::WrongUsage
        | PathProblem::Weak => false,
    };
    let detections: Vec<Detection> = context
        .files
        .trust
        .iter()
        .filter(|verification| verification.problems.iter().any(is_about_trust))
        .map(|verification| {
            Detection::new(format!(
                "what is served does not lead to a CA in `{}`: one that it leads to is wanted there",
                verification.trust
            ))
            .confidence(match belonging {
                Belonging::SameName => Confidence::Medium,
                Belonging::Configured | Belonging::SameCertificate | Belonging::SameKey => {
                    Confidence::High
                }
            })
            .evidence(verification.path_detail.clone())
            .evidence(identity(served))
            .evidence(belonging.as_sentence())
            .discriminator(format!("{} {}", served.sha256, verification.trust))
        })
        .collect();
    if detections.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Fail(detections)
    }
}
