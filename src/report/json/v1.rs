//! Version 1 of the JSON that other programs rely on.
//!
//! These types are the published names and nothing else: a fact inside may be renamed, a field in here only with another version. A
//! fact that could not be had is `null`, and `open` beside it says why; what a depth did not look at is never `false`. Where a fact of
//! the peer is that there is none, such as an application protocol, `open` says that. What is ours to give, a finding's `remedy` and
//! `location`, is left out where there is none.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::super::files;
use crate::policy::Policy;
use crate::score::Score;
use crate::store::Snapshot;

mod certificate_file;
mod chain;
mod endpoint;
mod finding;
mod policy;
mod scan;
mod tls;

pub(in crate::report) use chain::problem_name;
pub(in crate::report) use endpoint::{Endpoint, endpoints};
pub(in crate::report) use finding::{Finding, Remedy, findings};

/// Version of these types.
pub(in crate::report) const SCHEMA_VERSION: u32 = 1;

/// Fields that are `null`, and why.
pub(super) type Open = BTreeMap<&'static str, String>;

/// The whole document.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Document<'a> {
    schema_version: u32,
    tool: Tool,
    generated_at: Timestamp,
    endpoints: Vec<Endpoint>,
    /// There where files are watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<Vec<File<'a>>>,
    findings: Vec<Finding>,
    score: ScoreV1,
}

/// Who wrote it.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Tool {
    name: &'static str,
    version: &'static str,
}

/// The score and what made it.
#[derive(Debug, Serialize)]
pub(super) struct ScoreV1 {
    scoring_version: u32,
    value: Option<u8>,
    grade: Option<char>,
    coverage: f64,
    caps: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

impl Tool {
    /// Returns this program.
    pub(in crate::report) const fn this() -> Self {
        Self {
            name: "verifull",
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

impl<'a> Document<'a> {
    /// Writes down a snapshot.
    pub(in crate::report) fn of(snapshot: &'a Snapshot, policies: &[Policy]) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tool: Tool::this(),
            generated_at: snapshot.at,
            endpoints: endpoints(snapshot, policies),
            files: files(snapshot),
            findings: findings(snapshot),
            score: ScoreV1::of(&snapshot.score),
        }
    }
}

/// A watched file.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::report) enum File<'a> {
    /// One with certificates or keys.
    Certificate(Box<certificate_file::File>),
    /// One of an application.
    Application {
        kind: &'static str,
        #[serde(flatten)]
        file: Box<files::json::File<'a>>,
        read_at: Timestamp,
        findings: usize,
    },
}

/// Writes down every watched file that concerns us; `None` where none is to be watched.
pub(in crate::report) fn files(snapshot: &Snapshot) -> Option<Vec<File<'_>>> {
    let certificates = certificate_file::files(snapshot);
    let is_wanted = snapshot.watching.is_wanted || certificates.is_some();
    let certificates = certificates.into_iter().flatten();
    let certificates = certificates.map(|file| File::Certificate(Box::new(file)));
    let applications = snapshot.files.iter().map(|state| File::Application {
        kind: "application_file",
        file: Box::new(files::json::file(&state.report)),
        read_at: state.read_at,
        findings: state.findings.len(),
    });
    is_wanted.then(|| certificates.chain(applications).collect())
}

impl ScoreV1 {
    /// Writes down a score.
    pub(super) fn of(score: &Score) -> Self {
        let mut open = Open::new();
        if score.value.is_none() {
            for field in ["value", "grade"] {
                open.insert(field, "nothing could be looked at".to_owned());
            }
        }
        Self {
            scoring_version: score.scoring_version,
            value: score.value,
            grade: score.grade,
            // Two decimals: what lies beyond is noise of the division.
            coverage: (score.coverage * 100.0).round() / 100.0,
            caps: score.caps.clone(),
            open,
        }
    }
}

/// Keeps what was learned; notes in `open` why it was not.
pub(super) fn or_open<T>(
    field: &'static str,
    known: Result<T, String>,
    open: &mut Open,
) -> Option<T> {
    match known {
        Ok(value) => Some(value),
        Err(reason) => {
            open.insert(field, reason);
            None
        }
    }
}

/// Keeps what there is; notes in `open` that there is none.
pub(super) fn or_none<T>(
    field: &'static str,
    fact: Option<T>,
    none: &str,
    open: &mut Open,
) -> Option<T> {
    or_open(field, fact.ok_or_else(|| none.to_owned()), open)
}
