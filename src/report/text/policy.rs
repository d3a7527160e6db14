//! How an address stands against the policies that were asked for.

use super::page::{LABEL, Page, Role, span};
use crate::endpoint::Endpoint;
use crate::observation::EndpointObservation;
use crate::policy::{self, Assessment, Policy, Verdict};

/// Most lines of one kind that are written for one policy outside of a whole page.
const MOST_LINES: usize = 3;

/// Writes each policy: its verdict, and on a whole page every line that is not kept.
pub(super) fn write(
    page: &mut Page,
    policies: &[Policy],
    endpoint: &Endpoint,
    seen: &EndpointObservation,
    whole: bool,
) {
    for policy in policies {
        if whole {
            page.gap();
        }
        let assessment = policy::assess(*policy, seen, endpoint);
        verdict(page, &assessment);
        let most = if whole { usize::MAX } else { MOST_LINES };
        for deviation in assessment.deviations.iter().take(most) {
            line(
                page,
                ("✗", Role::Critical),
                &deviation.rule,
                &format!("{}; wants {}", deviation.found, deviation.wanted),
            );
        }
        if let Some(rating) = &assessment.rating {
            for cap in &rating.caps {
                let text = format!("{}, until {}", cap.fact, cap.lifted_by);
                let rule = format!("no better than {}", cap.most);
                line(page, ("!", Role::Warning), &rule, &text);
            }
            if !rating.not_looked_for.is_empty() {
                let faults = rating.not_looked_for.join(", ");
                line(page, ("?", Role::Unknown), "not looked for", &faults);
            }
        }
        for open in assessment.open.iter().take(most) {
            line(page, ("?", Role::Unknown), "open", open);
        }
        let hidden = assessment.deviations.len().saturating_sub(most)
            + assessment.open.len().saturating_sub(most);
        if hidden > 0 {
            page.field("", &[span(Role::Dim, format!("and {hidden} more"))]);
        }
    }
}

/// Writes the name of a policy and how the address stands against it.
fn verdict(page: &mut Page, assessment: &Assessment) {
    let (mark, role) = match assessment.verdict {
        Verdict::Meets => ("✓", Role::Ok),
        Verdict::Fails => ("✗", Role::Critical),
        Verdict::Open => ("?", Role::Unknown),
    };
    let mut text = format!("{mark} {}", assessment.verdict.as_str());
    if let Some(rating) = &assessment.rating {
        text = format!(
            "{mark} {} · protocol {}, key exchange {}, cipher {}: {} points",
            rating.letter, rating.protocol, rating.key_exchange, rating.cipher, rating.total
        );
    }
    page.field(
        "policy",
        &[
            span(Role::Strong, assessment.policy.as_str()),
            span(role, text),
        ],
    );
}

/// Writes one line of a policy.
fn line(page: &mut Page, (mark, role): (&str, Role), rule: &str, text: &str) {
    page.hanging(
        &[
            span(Role::Plain, " ".repeat(LABEL)),
            span(role, mark),
            span(Role::Plain, " "),
        ],
        LABEL + 2,
        &[span(Role::Dim, format!("{rule}:")), span(Role::Plain, text)],
    );
}
