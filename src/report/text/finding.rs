//! One finding: what is wrong, what was seen, and the first remedy in full.

use super::page::{LABEL, Page, Role, span};
use super::severity_mark;
use crate::finding::{Finding, Subject};
use crate::remediation::{self, Proof};

/// Writes a finding with evidence and remedy.
pub(super) fn write(page: &mut Page, finding: &Finding) {
    title(page, finding);
    page.hanging(&[], 4, &[span(Role::Plain, finding.message.clone())]);
    if !finding.addresses.is_empty() {
        let addresses: Vec<String> = finding.addresses.iter().map(ToString::to_string).collect();
        page.field("  only at", &[span(Role::Plain, addresses.join(", "))]);
    }
    if let (Subject::File(_), Some(at)) = (&finding.subject, &finding.location) {
        let place = format!("{}:{}:{}", at.path, at.line, at.column);
        page.field("  at", &[span(Role::Plain, place)]);
    }
    for evidence in &finding.evidence {
        page.field("  seen", &[span(Role::Plain, evidence.clone())]);
    }
    remedy(page, finding);
}

/// Writes a finding on one line and its message.
pub(super) fn write_brief(page: &mut Page, finding: &Finding) {
    let (mark, role) = severity_mark(finding.severity);
    page.hanging(
        &[
            span(Role::Plain, "  "),
            span(role, mark),
            span(Role::Plain, " "),
        ],
        4,
        &[
            span(role, finding.severity.as_str()),
            span(Role::Plain, finding.message.clone()),
            span(Role::Dim, finding.check),
        ],
    );
}

/// Writes mark, title, check and severity.
fn title(page: &mut Page, finding: &Finding) {
    let (mark, role) = severity_mark(finding.severity);
    page.edges(
        &[
            span(Role::Plain, "  "),
            span(role, mark),
            span(Role::Plain, " "),
            span(Role::Strong, finding.title),
        ],
        &[
            span(Role::Dim, format!("{} ", finding.check)),
            span(role, finding.severity.as_str()),
        ],
    );
}

/// Writes the likeliest snippet, line by line so that it can be copied, and what comes after it.
fn remedy(page: &mut Page, finding: &Finding) {
    let snippets = finding
        .remedy
        .as_ref()
        .map(remediation::render)
        .unwrap_or_default();
    let Some(snippet) = snippets.first() else {
        return;
    };
    let mut heading = vec![span(Role::Ok, snippet.title.clone())];
    if snippets.len() > 1 {
        // The JSON has them all; a page that printed thirteen dialects would hide the one that fits.
        heading.push(span(
            Role::Dim,
            format!("(and {} other dialects)", snippets.len() - 1),
        ));
    }
    page.field("  remedy", &heading);
    if let Proof::NotExecuted(why) = snippet.proof {
        page.field(
            "",
            &[span(Role::Warning, "not executed:"), span(Role::Dim, why)],
        );
    }
    for line in snippet.text.trim_end().lines() {
        page.line(&[
            span(Role::Plain, " ".repeat(LABEL)),
            span(Role::Strong, line.replace('\t', "    ")),
        ]);
    }
    for step in &snippet.then {
        if step.starts_with("run") {
            command(page, "then", step);
        } else {
            page.field("  then", &[span(Role::Plain, step.clone())]);
        }
    }
    if !snippet.verify.is_empty() {
        command(page, "see", &snippet.verify);
    }
}

/// Writes a command on one line, however long: broken it could not be copied.
fn command(page: &mut Page, label: &str, text: &str) {
    let label = format!("    {label}");
    page.line(&[
        span(Role::Dim, format!("{label:<LABEL$}")),
        span(Role::Plain, text),
    ]);
}
