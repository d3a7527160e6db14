//! Certificate files as the store keeps them: what was read, what is wrong with it, and which endpoint a file may belong to.
//!
//! A file's findings are no endpoint's and count in no score; what comes of holding files against what is served does.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::check::{self, CertificateContext, Verdict};
use crate::endpoint::ExpiryThresholds;
use crate::finding::Subject;
use crate::observation::certificate_file::CertificateDirectory;

use super::log::News;
use super::record::compare;
use super::{CertificateFileState, FindingState, judge};

/// Everything that is known of certificate files.
#[derive(Debug, Default)]
pub(super) struct CertificateFiles {
    pub(super) directories: Arc<[Arc<CertificateDirectory>]>,
    pub(super) states: Vec<Arc<CertificateFileState>>,
    expiry: ExpiryThresholds,
}

impl CertificateFiles {
    /// Takes in what was read. What is no longer read is no longer known.
    pub(super) fn take_in(&mut self, directories: Vec<Arc<CertificateDirectory>>) {
        self.directories = directories.into();
    }

    /// Sets when a certificate is about to expire.
    pub(super) fn set_expiry(&mut self, expiry: ExpiryThresholds) {
        self.expiry = expiry;
    }

    /// Returns the directories that could not be listed, or not whole, and why.
    pub(super) fn unlisted(&self) -> Vec<(Arc<str>, String)> {
        let reason =
            |directory: &CertificateDirectory| match (&directory.problem, directory.left_out) {
                (Some(problem), _) => Some(problem.clone()),
                (None, 0) => None,
                (None, count) => Some(format!(
                    "{count} of its files were left out: there are too many"
                )),
            };
        self.directories
            .iter()
            .filter_map(|directory| Some((Arc::clone(&directory.path), reason(directory)?)))
            .collect()
    }

    /// Judges every file anew, and returns whether anything is other than before, and what is worth a line, by file.
    pub(super) fn judge(&mut self, at: Timestamp) -> (bool, Vec<(Arc<str>, News)>) {
        let mut former: BTreeMap<Arc<str>, Arc<CertificateFileState>> =
            std::mem::take(&mut self.states)
                .into_iter()
                .map(|state| (Arc::clone(&state.file.path), state))
                .collect();
        let is_first = former.is_empty();
        let before = former.len();
        let mut changed = false;
        let mut told = Vec::new();
        for directory in &*self.directories {
            let context = CertificateContext {
                now: at,
                directory,
                expiry: self.expiry,
            };
            for file in &directory.files {
                let known = former.remove(&file.path);
                let (findings, open) = verdicts(file, &context);
                let old: &[Arc<FindingState>] = known.as_ref().map_or(&[], |known| &known.findings);
                let (findings, news) = compare(findings, old, &BTreeMap::new(), at);
                told.extend(news.into_iter().map(|news| (Arc::clone(&file.path), news)));
                let state = CertificateFileState {
                    file: Arc::clone(file),
                    expiry: self.expiry,
                    findings,
                    open,
                };
                let same = known.filter(|known| **known == state);
                changed |= same.is_none();
                self.states.push(same.unwrap_or_else(|| Arc::new(state)));
            }
        }
        changed |= self.states.len() != before;
        // The first reading is on the screens; the log is for what changes.
        if is_first {
            told.clear();
        }
        (changed, told)
    }
}

/// Puts a file to every check about certificate files.
fn verdicts(
    file: &crate::observation::certificate_file::CertificateFile,
    context: &CertificateContext<'_>,
) -> (Vec<crate::finding::Finding>, Vec<(&'static str, String)>) {
    let subject = Subject::CertificateFile(Arc::clone(&file.path));
    let (mut findings, mut open) = (Vec::new(), Vec::new());
    for (check, verdict) in check::assess_certificate_file(file, context) {
        match verdict {
            Verdict::Fail(detections) => findings.extend(
                detections
                    .iter()
                    .map(|detection| judge::stamp(check, detection, &subject, Vec::new())),
            ),
            Verdict::Open(reason) => open.push((check.id, reason)),
            Verdict::Pass | Verdict::NotApplicable => {}
        }
    }
    findings.sort_by(judge::order);
    (findings, open)
}
