//! The report for people: worst first, the verdict in front, the cure at the end.
//!
//! One endpoint gets the whole page with its sslmode table; a fleet gets a paragraph each, and an endpoint that is well gets a few
//! lines. Colour repeats what words and marks say.

use std::cmp::Reverse;

use super::facts::{self, Tally};
use super::{Detail, Style};
use crate::finding::Severity;
use crate::store::{FindingState, Posture, Snapshot};

mod endpoint;
mod finding;
pub(super) mod page;
mod policy;
mod scan;

use page::{Page, Role, Span, span};

/// Renders the report.
pub(super) fn render(snapshot: &Snapshot, style: Style<'_>) -> String {
    let mut page = Page::new(style);
    let alone = snapshot.endpoints.len() == 1;
    let whole = alone || style.detail == Detail::Full;
    if !alone {
        headline(&mut page, snapshot);
    }
    for state in facts::worst_first(snapshot) {
        page.gap();
        endpoint::write(&mut page, state, snapshot.at, whole, style.policies);
    }
    elsewhere(&mut page, snapshot);
    foot(&mut page, snapshot);
    page.finish()
}

/// Writes how the fleet stands, and its score at the right edge.
fn headline(page: &mut Page, snapshot: &Snapshot) {
    let tally = Tally::of(snapshot);
    let mut left = Vec::new();
    for (count, posture) in [
        (tally.critical, Posture::Critical),
        (tally.unreachable, Posture::Unreachable),
        (tally.warning, Posture::Warning),
        (tally.waiting, Posture::Waiting),
        (tally.ok, Posture::Ok),
    ] {
        if count > 0 {
            let word = facts::posture_word(posture);
            left.push(span(
                posture_role(posture),
                format!("{} {count} {word}", mark(posture)),
            ));
            left.push(span(Role::Plain, "   "));
        }
    }
    if left.is_empty() {
        left.push(span(Role::Unknown, "there is no endpoint to look at"));
    }
    page.edges(&left, &score(&snapshot.score));
}

/// Writes a score: the grade and the value.
fn score(score: &crate::score::Score) -> Vec<Span> {
    let (Some(grade), Some(value)) = (score.grade, score.value) else {
        return vec![span(Role::Unknown, "no score")];
    };
    let role = match grade {
        'A' | 'B' => Role::Ok,
        'C' | 'D' => Role::Warning,
        _ => Role::Critical,
    };
    vec![span(role, format!("{grade} {value}"))]
}

/// Writes the findings that are about no endpoint.
fn elsewhere(page: &mut Page, snapshot: &Snapshot) {
    let mut findings: Vec<&FindingState> = snapshot
        .findings
        .iter()
        .map(AsRef::as_ref)
        .filter(|state| state.finding.subject.kind() != "endpoint")
        .collect();
    findings.sort_by_key(|state| Reverse(state.finding.severity));
    // All that is about one file stands together, the worst file first.
    let mut order: Vec<&str> = Vec::new();
    for state in &findings {
        let name: &str = state.finding.subject.name();
        if !order.contains(&name) {
            order.push(name);
        }
    }
    findings.sort_by_key(|state| {
        let name: &str = state.finding.subject.name();
        order.iter().position(|known| *known == name)
    });
    let mut subject = None;
    for state in findings {
        let name = state.finding.subject.name();
        if subject != Some(name) {
            page.gap();
            page.line(&[span(Role::Strong, name.to_string())]);
            subject = Some(name);
        }
        page.gap();
        finding::write(page, &state.finding);
    }
    for (name, reason) in super::unread(snapshot).map(|it| (it.endpoint, it.reason)) {
        page.gap();
        page.hanging(
            &[span(Role::Unknown, "⊘ ")],
            2,
            &[
                span(Role::Strong, name),
                span(Role::Unknown, format!("not read: {reason}")),
            ],
        );
    }
}

/// Writes when and by what the report was made, and what holds the score down.
fn foot(page: &mut Page, snapshot: &Snapshot) {
    page.gap();
    for cap in &snapshot.score.caps {
        page.hanging(
            &[span(Role::Dim, "score")],
            10,
            &[span(Role::Plain, format!("held down: {cap}"))],
        );
    }
    let coverage = (snapshot.score.coverage * 100.0).floor();
    if coverage < 100.0 && !snapshot.endpoints.is_empty() {
        let text = format!("{coverage:.0} % of the checks that apply could be decided");
        page.hanging(
            &[span(Role::Dim, "coverage")],
            10,
            &[span(Role::Unknown, text)],
        );
    }
    page.line(&[span(
        Role::Dim,
        format!(
            "verifull {} · {}",
            env!("CARGO_PKG_VERSION"),
            snapshot.at.strftime("%Y-%m-%d %H:%M:%S UTC")
        ),
    )]);
}

/// Returns the mark of a posture: its own shape, so that colour is a repeat.
const fn mark(posture: Posture) -> &'static str {
    match posture {
        Posture::Critical => "✗",
        Posture::Unreachable => "⊘",
        Posture::Warning => "!",
        Posture::Waiting => "~",
        Posture::Ok => "✓",
    }
}

/// Returns the role of a posture.
const fn posture_role(posture: Posture) -> Role {
    match posture {
        Posture::Critical => Role::Critical,
        Posture::Unreachable => Role::Unknown,
        Posture::Warning => Role::Warning,
        Posture::Waiting => Role::Dim,
        Posture::Ok => Role::Ok,
    }
}

/// Returns the mark and the role of a severity.
pub(super) const fn severity_mark(severity: Severity) -> (&'static str, Role) {
    match severity {
        Severity::Critical | Severity::High => ("✗", Role::Critical),
        Severity::Medium | Severity::Low => ("!", Role::Warning),
        Severity::Info => ("›", Role::Note),
    }
}
