//! Reports on application files: an audit to text in each format, and to an exit code.
//!
//! The formats' own rules, such as how XML is escaped, are those of the reports on endpoints; what differs is that a finding has a place in
//! a file, lines to show, and edits.

use super::Style;
use crate::audit::{Audit, FileFinding, FileReport, Suppression};
use crate::finding::Severity;

mod github;
pub(in crate::report) mod json;
mod junit;
mod markdown;
mod sarif;
mod text;

/// What a report on files is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilesFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions, which become annotations.
    Github,
    /// `JUnit` XML, for CI servers.
    Junit,
    /// Markdown, for a comment or a job's summary.
    Markdown,
}

impl FilesFormat {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Text,
        Self::Json,
        Self::Jsonl,
        Self::Sarif,
        Self::Github,
        Self::Junit,
        Self::Markdown,
    ];

    /// Returns the name that arguments use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
        }
    }

    /// Reads the name that arguments use.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }
}

/// Renders an audit. What comes out is empty or ends with a line feed.
pub fn render(audit: &Audit, format: FilesFormat, style: Style<'_>) -> String {
    match format {
        FilesFormat::Text => text::render(audit, style),
        FilesFormat::Json => json::document(audit),
        FilesFormat::Jsonl => json::lines(audit),
        FilesFormat::Sarif => sarif::render(audit),
        FilesFormat::Github => github::render(audit),
        FilesFormat::Junit => junit::render(audit),
        FilesFormat::Markdown => markdown::render(audit),
    }
}

/// Returns the exit code in CI's meaning: 1 for findings at or above `fail_on`, else 3 where something could not be read, else 0. Code
/// scanning judges results itself, so SARIF leaves with 0 on findings unless `fail_on` is given.
pub fn exit_code(audit: &Audit, format: FilesFormat, fail_on: Option<Severity>) -> u8 {
    let threshold = match (fail_on, format) {
        (Some(severity), _) => Some(severity),
        (None, FilesFormat::Sarif) => None,
        (None, _) => Some(Severity::Low),
    };
    let fails = threshold.is_some_and(|threshold| {
        audit
            .counted()
            .any(|(_, found)| found.finding.severity >= threshold)
    });
    if fails {
        1
    } else if audit.unread().is_empty() {
        0
    } else {
        3
    }
}

/// Counts findings that count by severity, worst first.
fn tally(audit: &Audit) -> Vec<(Severity, usize)> {
    let mut severities = Severity::ALL;
    severities.reverse();
    severities
        .into_iter()
        .map(|severity| {
            let count = audit
                .counted()
                .filter(|(_, found)| found.finding.severity == severity)
                .count();
            (severity, count)
        })
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// Writes a count with its noun.
fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// Returns the place of a finding as editors and terminals take it.
fn place(file: &FileReport, found: &FileFinding) -> String {
    format!(
        "{}:{}:{}",
        file.path, found.region.line, found.region.column
    )
}

/// Says why a finding does not count.
fn excuse(suppression: &Suppression) -> (&'static str, Option<&str>) {
    match suppression {
        Suppression::InSource { reason } => ("in_source", Some(reason)),
        Suppression::Baseline { reason } => ("baseline", reason.as_deref()),
    }
}
