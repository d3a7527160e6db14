//! What the checks say of application files, put in its place: whose finding it is, whether somebody silenced it, whether it was known.
//!
//! Observation and text in, a [`FileReport`] out. It decides no severity of its own beyond what the configuration caps, opens no file,
//! and its reports hold no secret: of a file's text only what [`Lines`](crate::source::lines::Lines) shows goes up.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::finding::{Confidence, Finding, Severity};
use crate::source::declaration::Fix;
use crate::source::fact::Understanding;
use crate::source::{Format, Role};

pub mod baseline;
pub mod candidates;
pub mod excerpt;
mod judge;
pub mod mend;
pub mod settings;

pub use baseline::Baseline;
pub use excerpt::{Excerpt, Hunk};
pub use judge::{judge, report};
pub use settings::{Rule, Settings};

/// What a look at some trees came to.
#[derive(Clone, Debug)]
pub struct Audit {
    /// When.
    pub at: Timestamp,
    /// What the files' names are relative to, printable.
    pub base: String,
    /// The files that concern us, and those that could not be read; by name.
    pub files: Vec<FileReport>,
    /// How many files were looked at, with those in which nothing concerns us.
    pub looked_at: usize,
    /// Why files were passed over, and how many for each reason.
    pub passed_over: BTreeMap<String, usize>,
    /// Folders that were passed over with all that is in them: the names, each once.
    pub folders_passed_over: Vec<String>,
    /// What could not be listed: name and reason, printable.
    pub troubles: Vec<(String, String)>,
    /// Entries of the baseline that no finding has any more; `None` without a baseline.
    pub stale: Option<usize>,
    /// What was done to files, in words, one a file.
    pub mended: Vec<Mended>,
}

/// What was done to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// Its name, printable.
    pub path: String,
    /// The titles of the fixes that were applied.
    pub applied: Vec<String>,
    /// Fixes that were not, each with the reason.
    pub refused: Vec<(String, String)>,
    /// Where the old file is, printable; `None` where nothing was changed.
    pub backup: Option<String>,
}

/// What is known of one file.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// Its name: relative, with `/`, printable.
    pub path: String,
    /// The same, not made printable.
    pub name: Arc<str>,
    /// SHA-256 of its bytes, in hex.
    pub sha256: Option<String>,
    /// What was read.
    pub reading: Result<Read, Unseen>,
    /// Its findings, in the order of the file.
    pub findings: Vec<FileFinding>,
    /// The checks that could not decide, and why.
    pub open: Vec<(&'static str, String)>,
}

/// What was read of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its format.
    pub format: Format,
    /// What it is for.
    pub role: Role,
    /// How well it was understood.
    pub understanding: Understanding,
    /// The connections it declares, for whoever adopts endpoints.
    pub declarations: usize,
    /// Where its text begins in its bytes, or why its fixes cannot be applied.
    pub text_start: Result<usize, &'static str>,
}

/// Why nothing was read of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Why: lower case, no final stop, printable.
    pub reason: String,
    /// Whether it should have been read: then the audit is not whole.
    pub is_failure: bool,
}

/// A finding in a file.
#[derive(Clone, Debug)]
pub struct FileFinding {
    /// What is wrong; its fingerprint does not change when lines move.
    pub finding: Finding,
    /// Where.
    pub region: Region,
    /// The lines there.
    pub excerpt: Excerpt,
    /// How to change the file, the best first.
    pub fixes: Vec<ShownFix>,
    /// Why it does not count, where it does not.
    pub suppression: Option<Suppression>,
}

/// A place in a file, from 1; columns in characters, the end behind the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region {
    /// The first line.
    pub line: usize,
    /// The first column.
    pub column: usize,
    /// The last line.
    pub end_line: usize,
    /// The column behind the last one.
    pub end_column: usize,
}

/// A fix, and what it looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownFix {
    /// The edits, in bytes of the text.
    pub fix: Fix,
    /// Where each of them stands.
    pub regions: Vec<Region>,
    /// What it changes, as it may be shown; empty where a secret stands in the way.
    pub hunks: Vec<Hunk>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suppression {
    /// A comment in the file says why.
    InSource {
        /// The author's words.
        reason: String,
    },
    /// The baseline has it.
    Baseline {
        /// The words of whoever put it there.
        reason: Option<String>,
    },
}

impl Audit {
    /// Returns the findings that count, with their files.
    pub fn counted(&self) -> impl Iterator<Item = (&FileReport, &FileFinding)> {
        self.findings()
            .filter(|(_, found)| found.suppression.is_none())
    }

    /// Returns all findings, with their files.
    pub fn findings(&self) -> impl Iterator<Item = (&FileReport, &FileFinding)> {
        self.files
            .iter()
            .flat_map(|file| file.findings.iter().map(move |found| (file, found)))
    }

    /// Drops findings below a severity or a confidence.
    pub fn retain(&mut self, severity: Severity, confidence: Confidence) {
        for file in &mut self.files {
            file.findings.retain(|found| {
                found.finding.severity >= severity && found.finding.confidence >= confidence
            });
        }
    }

    /// Returns everything that should have been read and was not: name and reason.
    pub fn unread(&self) -> Vec<(String, String)> {
        let files = self.files.iter().filter_map(|file| match &file.reading {
            Err(unseen) if unseen.is_failure => Some((file.path.clone(), unseen.reason.clone())),
            Ok(_) | Err(_) => None,
        });
        self.troubles.iter().cloned().chain(files).collect()
    }
}

/// Makes a path printable. What cannot be shown becomes an escape, so that two paths stay two.
pub fn shown_path(path: &str) -> String {
    let mut shown = String::with_capacity(path.len());
    for character in path.chars() {
        let mut buffer = [0; 4];
        let text: &str = character.encode_utf8(&mut buffer);
        if crate::text::printable(text) == text {
            shown.push(character);
        } else {
            shown.extend(character.escape_unicode());
        }
    }
    shown
}

/// A name in an [`Arc`], as findings have it.
fn subject(path: &str) -> Arc<str> {
    Arc::from(path)
}
