//! How an address stands against the policies that were asked for.

use super::page::{LABEL, Page, Role, span};
use crate::endpoint::Endpoint;
use crate::observation::EndpointObservation;
use crate::policy::{self, Assessment, Deviation, Policy, Verdict};
use crate::report::facts;

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
        let deviations = gathered(&assessment.deviations);
        for (rule, found, wanted) in deviations.iter().take(most) {
            let text = format!("{rule}: {}; wants {wanted}", found.join(", "));
            line(page, ("✗", Role::Critical), &text);
        }
        if let Some(rating) = &assessment.rating {
            for cap in facts::caps_alone(&assessment, rating) {
                let text = format!(
                    "at most {}: {}; wants {}",
                    cap.most, cap.fact, cap.lifted_by
                );
                line(page, ("!", Role::Warning), &text);
            }
            if !rating.not_looked_for.is_empty() {
                let text = format!("not looked for: {}", rating.not_looked_for.join(", "));
                line(page, ("?", Role::Unknown), &text);
            }
        }
        // The scan's own gaps stand beside the scan.
        let gaps = seen.scan.seen().map_or(&[][..], |scan| &scan.gaps);
        let open: Vec<&String> = assessment
            .open
            .iter()
            .filter(|open| !gaps.contains(open))
            .collect();
        if open.len() < assessment.open.len() {
            line(page, ("?", Role::Unknown), "the scan is not whole");
        }
        for open in open.iter().take(most) {
            line(page, ("?", Role::Unknown), open);
        }
        let hidden = deviations.len().saturating_sub(most) + open.len().saturating_sub(most);
        if hidden > 0 {
            page.field("", &[span(Role::Dim, format!("and {hidden} more"))]);
        }
    }
}

/// Puts deviations together that break one rule in one way: the rule, everything that was found, what is wanted.
fn gathered(deviations: &[Deviation]) -> Vec<(&str, Vec<&str>, &str)> {
    let mut all: Vec<(&str, Vec<&str>, &str)> = Vec::new();
    for Deviation {
        rule,
        found,
        wanted,
    } in deviations
    {
        match all.last_mut() {
            Some((last, others, same)) if last == rule && same == wanted => others.push(found),
            _ => all.push((rule, vec![found], wanted)),
        }
    }
    all
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
fn line(page: &mut Page, (mark, role): (&str, Role), text: &str) {
    page.hanging(
        &[
            span(Role::Plain, " ".repeat(LABEL)),
            span(role, mark),
            span(Role::Plain, " "),
        ],
        LABEL + 2,
        &[span(Role::Plain, text)],
    );
}
