//! JSON and JSON lines, in published types: a name changes only with the schema's version.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::excuse;
use crate::audit::{Audit, FileFinding, FileReport, Mended, Read, ShownFix};
use crate::finding::{Confidence, Severity};
use crate::report::json::v1::{Remedy, SCHEMA_VERSION, Tool};
use crate::report::json::written;
use crate::source::fact::Understanding;

/// The whole document.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    tool: Tool,
    generated_at: Timestamp,
    /// What paths are relative to.
    root: &'a str,
    files: Vec<File<'a>>,
    findings: Vec<Finding<'a>>,
    summary: Summary<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mended: Vec<MendedFile<'a>>,
}

/// One line.
#[derive(Serialize)]
struct Line<T> {
    schema_version: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    generated_at: Timestamp,
    #[serde(flatten)]
    value: T,
}

/// A file that concerns us, or that could not be read.
#[derive(Debug, Serialize)]
pub(in crate::report) struct File<'a> {
    path: &'a str,
    sha256: Option<&'a str>,
    format: Option<String>,
    role: Option<&'static str>,
    /// `whole`, `broken` or `lines`.
    understanding: Option<&'static str>,
    declarations: Option<usize>,
    /// The checks that could not decide, and why.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    undecided: BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: BTreeMap<&'static str, &'a str>,
}

/// A finding.
#[derive(Serialize)]
struct Finding<'a> {
    check: &'static str,
    title: &'static str,
    severity: Severity,
    confidence: Confidence,
    message: &'a str,
    subject: Subject<'a>,
    location: Location<'a>,
    evidence: &'a [String],
    references: &'static [&'static str],
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<Cure<'a>>,
    /// There where it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<Suppressed<'a>>,
}

#[derive(Serialize)]
struct Subject<'a> {
    kind: &'static str,
    name: &'a str,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Suppressed<'a> {
    by: &'static str,
    reason: Option<&'a str>,
}

/// What cures it.
#[derive(Serialize)]
#[serde(untagged)]
enum Cure<'a> {
    /// A snippet in somebody's words, and an edit where one can be applied.
    Snippet {
        #[serde(flatten)]
        remedy: Box<Remedy>,
        #[serde(skip_serializing_if = "Option::is_none")]
        edit: Option<Edit<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        other_edits: Vec<TitledEdit<'a>>,
    },
    /// Edits alone.
    Edits {
        title: &'a str,
        snippet: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        edit: Option<Edit<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        other_edits: Vec<TitledEdit<'a>>,
    },
}

#[derive(Serialize)]
struct TitledEdit<'a> {
    title: &'a str,
    edit: Edit<'a>,
}

/// What to change in the file's bytes, as long as they have this hash.
#[derive(Serialize)]
struct Edit<'a> {
    path: &'a str,
    sha256: Option<&'a str>,
    safe: bool,
    changes: Vec<Change<'a>>,
}

/// Bytes that go, from `start` up to `end`, and the text that comes.
#[derive(Serialize)]
struct Change<'a> {
    start: usize,
    end: usize,
    replacement: &'a str,
}

/// What the audit came to.
#[derive(Serialize)]
struct Summary<'a> {
    looked_at: usize,
    concerned: usize,
    could_not_be_read: usize,
    findings: BTreeMap<&'static str, usize>,
    suppressed: usize,
    passed_over: &'a BTreeMap<String, usize>,
    folders_passed_over: &'a [String],
    /// `null` without a baseline.
    stale_baseline_entries: Option<usize>,
}

#[derive(Serialize)]
struct MendedFile<'a> {
    path: &'a str,
    applied: &'a [String],
    refused: Vec<RefusedFix<'a>>,
    backup: Option<&'a str>,
}

#[derive(Serialize)]
struct RefusedFix<'a> {
    title: &'a str,
    reason: &'a str,
}

/// Renders the whole document.
pub(super) fn document(audit: &Audit) -> String {
    written(serde_json::to_string_pretty(&Document {
        schema_version: SCHEMA_VERSION,
        tool: Tool::this(),
        generated_at: audit.at,
        root: &audit.base,
        files: files(audit),
        findings: findings(audit),
        summary: summary(audit),
        mended: audit.mended.iter().map(mended).collect(),
    }))
}

/// Renders a line for each file, then one for each finding, and one for the summary.
pub(super) fn lines(audit: &Audit) -> String {
    let files = files(audit)
        .into_iter()
        .map(|value| line("file", audit.at, value));
    let findings = findings(audit)
        .into_iter()
        .map(|value| line("finding", audit.at, value));
    let summary = std::iter::once_with(|| line("summary", audit.at, summary(audit)));
    files.chain(findings).chain(summary).collect()
}

fn line(kind: &'static str, generated_at: Timestamp, value: impl Serialize) -> String {
    written(serde_json::to_string(&Line {
        schema_version: SCHEMA_VERSION,
        kind,
        generated_at,
        value,
    }))
}

fn files(audit: &Audit) -> Vec<File<'_>> {
    let unlisted = audit.troubles.iter().map(|(path, reason)| File {
        path,
        sha256: None,
        format: None,
        role: None,
        understanding: None,
        declarations: None,
        undecided: BTreeMap::new(),
        open: [("reading", reason.as_str())].into(),
    });
    audit.files.iter().map(file).chain(unlisted).collect()
}

/// Writes down one file.
pub(in crate::report) fn file(report: &FileReport) -> File<'_> {
    let read: Option<&Read> = report.reading.as_ref().ok();
    let mut open = BTreeMap::new();
    match &report.reading {
        Err(unseen) => {
            open.insert("reading", unseen.reason.as_str());
        }
        Ok(read) => {
            match &read.understanding {
                Understanding::Whole => {}
                Understanding::Broken { reason, .. } | Understanding::Lines { reason } => {
                    open.insert("understanding", reason.as_str());
                }
            }
            if let Err(reason) = read.text_start {
                open.insert("edit", reason);
            }
        }
    }
    File {
        path: &report.name,
        sha256: report.sha256.as_deref(),
        format: read.map(|read| format!("{:?}", read.format).to_lowercase()),
        role: read.map(|read| read.role.as_str()),
        understanding: read.map(|read| match read.understanding {
            Understanding::Whole => "whole",
            Understanding::Broken { .. } => "broken",
            Understanding::Lines { .. } => "lines",
        }),
        declarations: read.map(|read| read.declarations),
        undecided: (report.open.iter())
            .map(|(check, reason)| (*check, reason.as_str()))
            .collect(),
        open,
    }
}

fn findings(audit: &Audit) -> Vec<Finding<'_>> {
    audit
        .findings()
        .map(|(report, found)| finding(report, found))
        .collect()
}

fn finding<'a>(report: &'a FileReport, found: &'a FileFinding) -> Finding<'a> {
    let finding = &found.finding;
    Finding {
        check: finding.check,
        title: finding.title,
        severity: finding.severity,
        confidence: finding.confidence,
        message: &finding.message,
        subject: Subject {
            kind: "file",
            name: &report.name,
        },
        location: Location {
            path: &report.name,
            line: found.region.line,
            column: found.region.column,
            end_line: found.region.end_line,
            end_column: found.region.end_column,
        },
        evidence: &finding.evidence,
        references: finding.references,
        fingerprint: &finding.fingerprint,
        remedy: cure(report, found),
        suppressed: found.suppression.as_ref().map(|suppression| {
            let (by, reason) = excuse(suppression);
            Suppressed { by, reason }
        }),
    }
}

fn cure<'a>(report: &'a FileReport, found: &'a FileFinding) -> Option<Cure<'a>> {
    let first = found.fixes.first();
    let edit = first.and_then(|fix| edit(report, fix));
    let other_edits = (found.fixes.iter().skip(1))
        .filter_map(|fix| {
            Some(TitledEdit {
                title: &fix.fix.title,
                edit: self::edit(report, fix)?,
            })
        })
        .collect();
    if let Some(remedy) = found.finding.remedy.as_ref().and_then(Remedy::of) {
        return Some(Cure::Snippet {
            remedy: Box::new(remedy),
            edit,
            other_edits,
        });
    }
    let fix = first?;
    let added: Vec<&str> = (fix.hunks.iter())
        .flat_map(|hunk| hunk.added.iter().map(String::as_str))
        .collect();
    Some(Cure::Edits {
        title: &fix.fix.title,
        snippet: added.join("\n"),
        edit,
        other_edits,
    })
}

/// Writes down an edit; `None` where the file's text is not its bytes.
fn edit<'a>(report: &'a FileReport, fix: &'a ShownFix) -> Option<Edit<'a>> {
    let text_start = report.reading.as_ref().ok()?.text_start.ok()?;
    Some(Edit {
        path: &report.name,
        sha256: report.sha256.as_deref(),
        safe: fix.fix.is_safe,
        changes: (fix.fix.edits.iter())
            .map(|edit| Change {
                start: edit.span.start + text_start,
                end: edit.span.end + text_start,
                replacement: &edit.replacement,
            })
            .collect(),
    })
}

fn summary(audit: &Audit) -> Summary<'_> {
    Summary {
        looked_at: audit.looked_at,
        concerned: audit
            .files
            .iter()
            .filter(|file| file.reading.is_ok())
            .count(),
        could_not_be_read: audit.unread().len(),
        findings: super::tally(audit)
            .into_iter()
            .map(|(severity, count)| (severity.as_str(), count))
            .collect(),
        suppressed: audit.findings().count() - audit.counted().count(),
        passed_over: &audit.passed_over,
        folders_passed_over: &audit.folders_passed_over,
        stale_baseline_entries: audit.stale,
    }
}

fn mended(mended: &Mended) -> MendedFile<'_> {
    MendedFile {
        path: &mended.path,
        applied: &mended.applied,
        refused: (mended.refused.iter())
            .map(|(title, reason)| RefusedFix { title, reason })
            .collect(),
        backup: mended.backup.as_deref(),
    }
}
