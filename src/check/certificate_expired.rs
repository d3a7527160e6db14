//! Judges whether the end entity is past its `notAfter`.

use super::{Category, Check, Context, Evaluate, Verdict};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;

pub(super) static CHECK: Check = Check {
    id: "certificate-expired",
    title: "server certificate past its notAfter",
    severity: Severity::Critical,
    category: Category::Certificate,
    since: "0.1.0",
    references: &["CWE-298", "RFC 5280 section 4.1.2.5"],
    docs: "",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let Some(end_entity) = seen.chain.seen().and_then(|chain| chain.end_entity()) else {
        return Verdict::Open(
            seen.chain
                .reason()
                .unwrap_or_else(|| "no certificate could be read".to_owned()),
        );
    };
    if context.now <= end_entity.not_after {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new("expired").discriminator(&end_entity.sha256),
    ])
}
