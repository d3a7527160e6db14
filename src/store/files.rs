//! Watched application files as the store keeps them: what was read, what is wrong with it since when, and whom it names.
//!
//! A file's findings are no endpoint's and count in no score.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::audit::candidates::{self, Candidates};
use crate::audit::{FileFinding, FileReport};
use crate::endpoint::Endpoint;
use crate::finding::Finding;

use super::log::{News, mark_of_severity};
use super::{Candidate, FileLook, FileState, FindingState, LogMark, judge};

/// Everything that is known of watched files.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// By name.
    states: BTreeMap<Arc<str>, Arc<FileState>>,
}

/// What a change of a file comes to: whose, and what is worth a line.
pub(super) type Told = (Arc<str>, Vec<News>);

impl Files {
    pub(super) fn states(&self) -> impl Iterator<Item = &Arc<FileState>> {
        self.states.values()
    }

    /// Takes in a file as it is now.
    pub(super) fn observe(&mut self, look: &FileLook, is_news: bool, at: Timestamp) -> Told {
        let former = self.states.get(&look.report.name);
        let path: Arc<str> = look.report.path.as_str().into();
        let mut told = Vec::new();
        let state = match (&look.report.reading, former) {
            // An alarm falls silent when somebody looked, not when nobody could.
            (Err(unseen), Some(former)) if unseen.is_failure => {
                if former.problem.as_ref() != Some(&unseen.reason) {
                    told.push(News {
                        mark: LogMark::Unreachable,
                        text: format!("cannot be read: {}", unseen.reason),
                        change: None,
                    });
                }
                FileState {
                    problem: Some(unseen.reason.clone()),
                    read_at: at,
                    ..(**former).clone()
                }
            }
            (reading, former) => {
                let own: &[Arc<FindingState>] = former.map_or(&[], |former| &former.findings);
                let counted = look
                    .report
                    .findings
                    .iter()
                    .filter(|it| it.suppression.is_none());
                let (mut findings, news) = compare(counted, own, at);
                if former.is_some() || is_news {
                    told = news;
                }
                findings.sort_by(|one, two| judge::order(&one.finding, &two.finding));
                let is_same = former.is_some_and(|it| it.report.sha256 == look.report.sha256);
                FileState {
                    path: Arc::clone(&path),
                    location: look.location.clone(),
                    report: Arc::clone(&look.report),
                    candidates: look.candidates.clone(),
                    findings,
                    problem: reading.as_ref().err().map(|unseen| unseen.reason.clone()),
                    read_at: at,
                    changed_at: match former {
                        Some(former) if is_same => former.changed_at,
                        Some(_) => Some(at),
                        None => is_news.then_some(at),
                    },
                }
            }
        };
        let name = Arc::clone(&look.report.name);
        self.states.insert(name, Arc::new(state));
        (path, told)
    }

    /// Forgets a file; `None` where it is not known.
    pub(super) fn forget(&mut self, name: &str) -> Option<Told> {
        let gone = self.states.remove(name)?;
        let text = match gone.findings.len() {
            0 => "no longer there".to_owned(),
            1 => "no longer there, with 1 finding".to_owned(),
            count => format!("no longer there, with {count} findings"),
        };
        let news = News {
            mark: LogMark::Note,
            text,
            change: None,
        };
        Some((Arc::clone(&gone.path), vec![news]))
    }

    /// Returns the hosts that files name and no endpoint covers.
    pub(super) fn candidates<'a>(
        &self,
        endpoints: impl Iterator<Item = &'a Endpoint>,
    ) -> Vec<Candidate> {
        let mut all = Candidates::new();
        for state in self.states.values() {
            for (key, candidate) in &state.candidates {
                candidates::merge(&mut all, key.clone(), candidate.clone());
            }
        }
        if all.is_empty() {
            return Vec::new();
        }
        for endpoint in endpoints {
            let port = endpoint.target.port;
            let host = plain(&endpoint.target.host.to_string());
            all.retain(|(name, own), _| *own != port || plain(name) != host);
        }
        let mut candidates: Vec<Candidate> = (all.into_iter())
            .map(|((host, port), found)| Candidate { host, port, found })
            .collect();
        // What may be an endpoint comes before what hardly is.
        candidates.sort_by_key(|candidate| candidate.found.doubt.is_some());
        candidates
    }
}

/// Writes the names of this machine as one.
fn plain(host: &str) -> String {
    let host = host.trim_matches(['[', ']']).to_lowercase();
    match host.as_str() {
        "127.0.0.1" | "::1" => "localhost".to_owned(),
        _ => host,
    }
}

/// Gives findings their past, and says what came and what went. A finding that moved to another line neither came nor went.
fn compare<'a>(
    findings: impl Iterator<Item = &'a FileFinding>,
    former: &[Arc<FindingState>],
    at: Timestamp,
) -> (Vec<Arc<FindingState>>, Vec<News>) {
    let mut gone: Vec<&Arc<FindingState>> = former.iter().collect();
    let mut states = Vec::new();
    let mut unknown = Vec::new();
    for found in findings {
        let fingerprint = &found.finding.fingerprint;
        let known = gone
            .iter()
            .position(|known| known.finding.fingerprint == *fingerprint);
        match known.map(|place| gone.swap_remove(place)) {
            Some(known) if known.finding == found.finding => states.push(Arc::clone(known)),
            Some(known) => states.push(state(&found.finding, known.since)),
            None => unknown.push(found),
        }
    }
    let mut news = Vec::new();
    for found in unknown {
        // The same problem in a line that was edited is not another one.
        let edited = gone
            .iter()
            .position(|known| known.finding.check == found.finding.check);
        if let Some(edited) = edited.map(|place| gone.swap_remove(place)) {
            states.push(state(&found.finding, edited.since));
            continue;
        }
        news.push(News {
            mark: mark_of_severity(found.finding.severity),
            text: format!(
                "line {}: {}: {}",
                found.region.line, found.finding.title, found.finding.message
            ),
            change: None,
        });
        states.push(state(&found.finding, at));
    }
    news.extend(gone.into_iter().map(|gone| {
        let line = gone.finding.location.as_ref().map(|at| at.line);
        let place = line.map_or_else(String::new, |line| format!(" (it was in line {line})"));
        News {
            mark: LogMark::Ok,
            text: format!("cleared: {}{place}", gone.finding.title),
            change: None,
        }
    }));
    (states, news)
}

fn state(finding: &Finding, since: Timestamp) -> Arc<FindingState> {
    Arc::new(FindingState {
        finding: finding.clone(),
        since,
    })
}

impl FileState {
    /// Returns what a finding of this file shows, by its fingerprint.
    pub fn shown(&self, fingerprint: &str) -> Option<&FileFinding> {
        let mut findings = self.report.findings.iter();
        findings.find(|found| found.finding.fingerprint == fingerprint)
    }
}

/// A file as it is handed to the store.
impl FileLook {
    /// Puts together what is known of a file that was read and judged.
    pub fn new(location: PathBuf, report: FileReport, candidates: Candidates) -> Self {
        Self {
            location,
            report: Arc::new(report),
            candidates,
        }
    }
}
