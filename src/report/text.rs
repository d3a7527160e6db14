//! The report for people: worst first, the verdict in front, the cure at the end.
//!
//! One endpoint gets the whole page with its sslmode table; a fleet gets a paragraph each, and an endpoint that is well gets a few
//! lines. Colour repeats what words and marks say.

use std::cmp::Reverse;

use unicode_width::UnicodeWidthStr;

use super::facts::{self, Tally};
use super::{Detail, Style};
use crate::finding::Severity;
use crate::observation::Attempt;
use crate::store::{CertificateFileState, FindingState, Posture, Snapshot};

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
    certificate_files(&mut page, snapshot);
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
    if left.is_empty() && !snapshot.certificate_files.is_empty() {
        left.push(span(Role::Dim, "certificate files only"));
    } else if left.is_empty() {
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

/// Writes the certificate files that are watched, a line each: what is in them, and how long it lasts.
fn certificate_files(page: &mut Page, snapshot: &Snapshot) {
    if snapshot.certificate_files.is_empty() && snapshot.unlisted.is_empty() {
        return;
    }
    page.gap();
    page.line(&[span(Role::Strong, "certificate files")]);
    page.gap();
    let paths = snapshot.certificate_files.iter();
    let widest = paths.map(|state| state.file.path.width()).max();
    let indent = (widest.unwrap_or(0) + 6).clamp(20, page.width() / 2);
    for state in &snapshot.certificate_files {
        let worst = state.findings.first().map(|held| held.finding.severity);
        let posture = match (worst, &state.file.holdings) {
            (None | Some(Severity::Info), Attempt::Failed(_)) => Posture::Unreachable,
            (worst, _) => Posture::of(worst),
        };
        let role = posture_role(posture);
        let lead = [
            span(role, format!("  {} ", mark(posture))),
            span(Role::Plain, state.file.path.to_string()),
        ];
        page.hanging(
            &lead,
            indent,
            &[span(Role::Dim, contents(state, snapshot.at))],
        );
    }
    for (path, reason) in &snapshot.unlisted {
        let lead = [span(
            Role::Unknown,
            format!("  {} {path}", mark(Posture::Unreachable)),
        )];
        page.hanging(&lead, indent, &[span(Role::Unknown, reason.clone())]);
    }
}

/// Says what is in a certificate file.
fn contents(state: &CertificateFileState, now: jiff::Timestamp) -> String {
    let held = match &state.file.holdings {
        Attempt::Seen(held) => held,
        unseen @ (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_)) => {
            return unseen.reason().unwrap_or_default();
        }
    };
    let mut parts = Vec::new();
    if let Some(first) = held.end_entity() {
        parts.push(format!(
            "{} · {}",
            first.subject,
            facts::ending(first.not_after, now)
        ));
    }
    if held.certificates.len() > 1 {
        parts.push(format!("{} certificates", held.certificates.len()));
    }
    for key in &held.private_keys {
        let kind = key.public_key.as_ref().map_or_else(String::new, |public| {
            let bits = public
                .bits
                .map_or_else(String::new, |bits| format!(" {bits}"));
            format!(", {}{bits}", public.algorithm)
        });
        let encrypted = if key.encrypted { ", encrypted" } else { "" };
        parts.push(format!("private key{kind}{encrypted}"));
    }
    if parts.is_empty() {
        parts.push("neither a certificate nor a key".to_owned());
    }
    if let Some(mode) = state.file.attributes.seen().and_then(|seen| seen.mode)
        && !held.private_keys.is_empty()
    {
        parts.push(format!("mode {mode:04o}"));
    }
    parts.join(" · ")
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
