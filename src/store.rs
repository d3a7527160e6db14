//! Memory: one closed [`Event`] in, one immutable [`Snapshot`] out.
//!
//! One task owns the state; everyone else reads a snapshot. Time enters with each event. It dials nothing, draws
//! nothing and keeps nothing on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::audit::FileReport;
use crate::audit::candidates::{self, Candidates};
use crate::config::Config;
use crate::endpoint::{Endpoint, ExpiryThresholds};
use crate::finding::{Finding, Severity};
use crate::observation::certificate_file::{CertificateDirectory, CertificateFile};
use crate::observation::scan::ScanDepth;
use crate::observation::{EndpointObservation, Scan};
use crate::preflight::Preflight;
use crate::score::{self, Score};

use certificates::CertificateFiles;
use change::Change;
use log::{Log, News};
use record::{Record, compare};

pub use reach::is_network_failure;

mod carry;
mod certificates;
mod change;
mod difference;
mod files;
mod judge;
mod log;
mod reach;
mod record;
#[cfg(test)]
mod sample;
mod scans;

/// Everything that can happen.
#[derive(Clone, Debug)]
pub enum Event {
    /// A configuration was read and is good.
    ConfigLoaded {
        /// The configuration.
        config: Arc<Config>,
        /// When.
        at: Timestamp,
    },
    /// A configuration was read and is broken; the last good one stays.
    ConfigBroken {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        message: String,
        /// When.
        at: Timestamp,
    },
    /// A probe of an endpoint began.
    ProbeStarted {
        /// Name of the endpoint.
        endpoint: Arc<str>,
        /// When.
        at: Timestamp,
    },
    /// A scan of an endpoint goes on.
    ScanProgressed {
        /// Name of the endpoint.
        endpoint: Arc<str>,
        /// How far it is.
        progress: ScanProgress,
        /// When.
        at: Timestamp,
    },
    /// A scan of an endpoint is over, whatever became of it: it ended, failed or was cancelled.
    ScanEnded {
        /// Name of the endpoint.
        endpoint: Arc<str>,
        /// When.
        at: Timestamp,
    },
    /// A probe of an endpoint ended: one observation per address, at least one.
    Observed {
        /// Name of the endpoint.
        endpoint: Arc<str>,
        /// What was seen, by address.
        observations: Vec<Arc<EndpointObservation>>,
        /// When.
        at: Timestamp,
    },
    /// Certificate files were read: all that are watched, in place of what was known of any.
    CertificateFilesRead {
        /// What was read, by directory.
        directories: Vec<Arc<CertificateDirectory>>,
        /// When.
        at: Timestamp,
    },
    /// A watched file was read and judged.
    FileObserved {
        /// What was seen.
        look: Box<FileLook>,
        /// Whether it appeared or changed; `false` while everything is read for the first time.
        is_news: bool,
        /// When.
        at: Timestamp,
    },
    /// A watched file is gone, or nothing in it concerns us any more.
    FileGone {
        /// Its name.
        name: Arc<str>,
        /// When.
        at: Timestamp,
    },
    /// The trees of watched files were listed.
    FilesListed {
        /// How they are watched.
        watching: Arc<Watching>,
        /// When.
        at: Timestamp,
    },
    /// Time passed: what depends on it is judged anew.
    TimePassed {
        /// The time now.
        at: Timestamp,
    },
}

/// Whether two scans of one address differ in anything that both of them settled.
pub fn scans_differ(old: &Scan, new: &Scan) -> bool {
    !difference::between(old, new).is_empty()
}

/// The whole state at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The moment of the last event.
    pub at: Timestamp,
    /// Counts up with each change.
    pub generation: u64,
    /// Endpoints in the order of the configuration.
    pub endpoints: Vec<Arc<EndpointState>>,
    /// Every open finding, worst first, then by check and subject.
    pub findings: Vec<Arc<FindingState>>,
    /// What happened, newest first, at most [`LOG_LENGTH`] entries.
    pub log: Arc<[LogEntry]>,
    /// The score over all endpoints.
    pub score: Score,
    /// The configuration's own state.
    pub config: ConfigState,
    /// The certificate files that are watched, by directory and name.
    pub certificate_files: Vec<Arc<CertificateFileState>>,
    /// Directories of certificate files that could not be listed or were not listed whole: path and reason.
    pub unlisted: Vec<(Arc<str>, String)>,
    /// The application files that are watched and concern us, by name.
    pub files: Vec<Arc<FileState>>,
    /// How application files are watched.
    pub watching: Arc<Watching>,
    /// Hosts that these files name and no endpoint covers.
    pub candidates: Arc<[Candidate]>,
}

/// A watched file that was read and judged.
#[derive(Clone, Debug)]
pub struct FileLook {
    /// Where it is.
    pub location: PathBuf,
    /// What is known of it.
    pub report: Arc<FileReport>,
    /// The hosts that it names.
    pub candidates: Candidates,
}

/// What is known of one watched file.
#[derive(Clone, Debug)]
pub struct FileState {
    /// Its name, printable.
    pub path: Arc<str>,
    /// Where it is.
    pub location: PathBuf,
    /// What was last read of it.
    pub report: Arc<FileReport>,
    /// The hosts that it names.
    pub candidates: Candidates,
    /// Its findings that count, worst first.
    pub findings: Vec<Arc<FindingState>>,
    /// Why it could not be read, or was passed over.
    pub problem: Option<String>,
    /// When it was last read.
    pub read_at: Timestamp,
    /// When it was seen to change, or to appear.
    pub changed_at: Option<Timestamp>,
}

/// How application files are watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watching {
    /// Whether the configuration names any.
    pub is_wanted: bool,
    /// What names are relative to, printable.
    pub base: String,
    /// How many files are looked at, with those in which nothing concerns us.
    pub files: usize,
    /// What could not be listed: name and reason, printable.
    pub troubles: Vec<(String, String)>,
    /// Why files are only looked at every so often, where they are.
    pub polling: Option<String>,
}

/// A host that files name and no endpoint covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Where it is named, and what is known of it.
    pub found: candidates::Candidate,
}

impl Candidate {
    /// Returns the block that makes an endpoint of it in verifull's configuration, with the places that it comes from.
    pub fn block(&self) -> String {
        let origin = candidates::origin(&self.found);
        let block = candidates::block(&self.host, self.port, &self.found);
        format!("{origin}{block}")
    }

    /// Returns host and port as an address.
    pub fn address(&self) -> String {
        candidates::host_and_port(&self.host, self.port)
    }
}

/// Most entries the log keeps.
pub const LOG_LENGTH: usize = 1000;

/// Most points an endpoint's history keeps.
pub const HISTORY_LENGTH: usize = 288;

/// The configuration's own state.
#[derive(Clone, Debug, Default)]
pub struct ConfigState {
    /// The file.
    pub path: PathBuf,
    /// When the one in force was loaded.
    pub loaded_at: Option<Timestamp>,
    /// What is wrong with the newest one, where it is not in force.
    pub error: Option<String>,
}

/// What is known of one endpoint.
#[derive(Clone, Debug)]
pub struct EndpointState {
    /// The endpoint itself.
    pub endpoint: Arc<Endpoint>,
    /// How it stands.
    pub posture: Posture,
    /// Since when it stands like that.
    pub posture_since: Option<Timestamp>,
    /// Whether a probe is under way.
    pub in_flight: bool,
    /// How far a scan is that is under way.
    pub scanning: Option<ScanProgress>,
    /// When it was last probed to the end.
    pub probed_at: Option<Timestamp>,
    /// What was last seen, one entry per address.
    pub addresses: Vec<AddressState>,
    /// Its open findings, worst first.
    pub findings: Vec<Arc<FindingState>>,
    /// Checks that could not decide: id and reason.
    pub open: Vec<(&'static str, String)>,
    /// Its own score.
    pub score: Score,
    /// What was seen before, oldest first, at most [`HISTORY_LENGTH`] points.
    pub history: Vec<HistoryPoint>,
}

/// What is known of one file with certificates or keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFileState {
    /// What was read.
    pub file: Arc<CertificateFile>,
    /// When a certificate in it is about to expire.
    pub expiry: ExpiryThresholds,
    /// Its open findings, worst first.
    pub findings: Vec<Arc<FindingState>>,
    /// Checks that could not decide: id and reason.
    pub open: Vec<(&'static str, String)>,
}

/// How far a scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanProgress {
    /// How far it goes.
    pub depth: ScanDepth,
    /// Connections that are done.
    pub done: u32,
    /// Connections that are expected in all, as far as it shows by now.
    pub expected: u32,
}

/// What changed at an address since the last deep scan, or, where nothing did, what that saw which the one before it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanDifference {
    /// When the later of the two scans began.
    pub at: Timestamp,
    /// When the earlier of the two began.
    pub since: Timestamp,
    /// One change each, such as `TLSv1.2 accepts TLS_RSA_WITH_AES_128_CBC_SHA now`; empty where they saw the same.
    pub changes: Vec<String>,
}

/// What is known of one address of an endpoint.
#[derive(Clone, Debug)]
pub struct AddressState {
    /// What changed since the last deep scan, else between the last two; `None` where there was nothing to compare.
    pub scan_difference: Option<Arc<ScanDifference>>,
    /// What was seen.
    pub observation: Arc<EndpointObservation>,
    /// What a libpq client would get; `None` where the endpoint is not on the PostgreSQL wire.
    pub preflight: Option<Arc<Preflight>>,
}

/// A finding with its past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingState {
    /// The finding.
    pub finding: Finding,
    /// When it was first seen.
    pub since: Timestamp,
}

/// How an endpoint stands, best last. The order is the order of problems first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Posture {
    /// Its worst finding is high or critical.
    Critical,
    /// It could not be looked at.
    Unreachable,
    /// Its worst finding is low or medium.
    Warning,
    /// Nobody has looked yet.
    Waiting,
    /// Nothing at or above low.
    Ok,
}

impl Posture {
    /// The posture that a worst finding makes.
    pub fn of(worst: Option<Severity>) -> Self {
        match worst {
            Some(Severity::Critical | Severity::High) => Self::Critical,
            Some(Severity::Medium | Severity::Low) => Self::Warning,
            Some(Severity::Info) | None => Self::Ok,
        }
    }
}

/// One point of an endpoint's history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistoryPoint {
    /// When.
    pub at: Timestamp,
    /// TCP connection and TLS handshake together; `None` where it failed.
    pub latency: Option<Duration>,
    /// How the endpoint stood.
    pub posture: Posture,
}

/// Something that happened and is worth a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// When.
    pub at: Timestamp,
    /// How bad it is, for its mark.
    pub mark: LogMark,
    /// Whom it is about: an endpoint, or a file.
    pub subject: Arc<str>,
    /// What happened.
    pub text: String,
    /// How the posture changed, where it did.
    pub change: Option<(Posture, Posture)>,
}

/// What kind of thing a log entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogMark {
    /// Something became bad.
    Critical,
    /// Something is to be watched.
    Warning,
    /// Something could not be looked at.
    Unreachable,
    /// Something became good.
    Ok,
    /// Worth knowing.
    Note,
}

/// The owner of everything that is known.
#[derive(Debug, Default)]
pub struct State {
    at: Timestamp,
    generation: u64,
    records: Vec<Record>,
    /// Invariant: the place of every record in `records`, by the name of its endpoint.
    places: BTreeMap<Arc<str>, usize>,
    /// Invariant: for each public key that some seat presents, the endpoints that present it.
    key_holders: BTreeMap<String, BTreeSet<Arc<str>>>,
    /// Invariant: for each public key that some seat serves over SSLv2, the endpoints that do.
    sslv2_keys: BTreeMap<String, BTreeSet<Arc<str>>>,
    /// Endpoints whose verdicts may be others now because somebody came to share, or no longer shares, their key. They are
    /// judged anew once per snapshot: a thousand endpoints behind one key would cost a million judgements otherwise.
    unsettled: BTreeSet<Arc<str>>,
    log: Log,
    configuration: ConfigState,
    configuration_findings: Vec<Arc<FindingState>>,
    certificates: CertificateFiles,
    files: files::Files,
    watching: Arc<Watching>,
    /// `None` when a file or an endpoint changed.
    candidates: Option<Arc<[Candidate]>>,
    /// What is costly to make and seldom changes; `None` when something changed.
    sorted_findings: Option<Vec<Arc<FindingState>>>,
    score: Option<Score>,
}

impl State {
    /// Takes in one event.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::ConfigLoaded { config, at } => {
                self.at = at;
                self.load(&config);
            }
            Event::ConfigBroken { path, message, at } => {
                self.at = at;
                self.break_configuration(&path, &message);
            }
            Event::ProbeStarted { endpoint, at } => {
                self.at = at;
                if let Some(&place) = self.places.get(&endpoint)
                    && !self.records[place].state.in_flight
                {
                    Arc::make_mut(&mut self.records[place].state).in_flight = true;
                    self.generation += 1;
                }
            }
            Event::ScanProgressed {
                endpoint,
                progress,
                at,
            } => {
                self.at = at;
                self.show_progress(&endpoint, Some(progress));
            }
            Event::ScanEnded { endpoint, at } => {
                self.at = at;
                self.show_progress(&endpoint, None);
            }
            Event::Observed {
                endpoint,
                observations,
                at,
            } => {
                self.at = at;
                if let Some(&place) = self.places.get(&endpoint) {
                    self.observe(place, observations);
                }
            }
            Event::CertificateFilesRead { directories, at } => {
                self.at = at;
                self.certificates.take_in(directories);
                self.judge_certificate_files();
                for place in 0..self.records.len() {
                    self.rejudge(place);
                }
            }
            Event::FileObserved { .. } | Event::FileGone { .. } | Event::FilesListed { .. } => {
                self.apply_to_files(event);
            }
            Event::TimePassed { at } => {
                self.at = at;
                self.judge_certificate_files();
                for place in 0..self.records.len() {
                    self.rejudge(place);
                    let late = self.records[place].split_for_too_long(at);
                    self.tell(place, late);
                }
            }
        }
    }

    /// Takes in what became of watched files.
    fn apply_to_files(&mut self, event: Event) {
        match event {
            Event::FileObserved { look, is_news, at } => {
                self.at = at;
                let told = self.files.observe(&look, is_news, at);
                self.file_changed(told);
            }
            Event::FileGone { name, at } => {
                self.at = at;
                if let Some(told) = self.files.forget(&name) {
                    self.file_changed(told);
                }
            }
            Event::FilesListed { watching, at } => {
                self.at = at;
                if self.watching != watching {
                    self.watching = watching;
                    self.generation += 1;
                }
            }
            Event::ConfigLoaded { .. }
            | Event::ConfigBroken { .. }
            | Event::ProbeStarted { .. }
            | Event::ScanProgressed { .. }
            | Event::ScanEnded { .. }
            | Event::Observed { .. }
            | Event::CertificateFilesRead { .. }
            | Event::TimePassed { .. } => {}
        }
    }

    /// Returns everything that is known, to be shared.
    pub fn snapshot(&mut self) -> Arc<Snapshot> {
        for name in std::mem::take(&mut self.unsettled) {
            if let Some(&place) = self.places.get(&name) {
                self.rejudge(place);
            }
        }
        Arc::new(Snapshot {
            at: self.at,
            generation: self.generation,
            endpoints: self
                .records
                .iter()
                .map(|record| Arc::clone(&record.state))
                .collect(),
            findings: self.findings(),
            log: self.log.newest_first(),
            score: self.score(),
            config: self.configuration.clone(),
            certificate_files: self.certificates.states.clone(),
            unlisted: self.certificates.unlisted(),
            files: self.files.states().cloned().collect(),
            watching: Arc::clone(&self.watching),
            candidates: self.candidates(),
        })
    }

    /// Takes note that a file is another one than before.
    fn file_changed(&mut self, (path, news): files::Told) {
        self.sorted_findings = None;
        self.candidates = None;
        self.generation += 1;
        for news in news {
            self.log.push(news.entry(self.at, &path));
        }
    }

    fn candidates(&mut self) -> Arc<[Candidate]> {
        let (records, files) = (&self.records, &self.files);
        let endpoints = records.iter().map(|record| &*record.endpoint);
        let candidates = &mut self.candidates;
        Arc::clone(candidates.get_or_insert_with(|| files.candidates(endpoints).into()))
    }

    fn show_progress(&mut self, endpoint: &Arc<str>, progress: Option<ScanProgress>) {
        if let Some(&place) = self.places.get(endpoint)
            && self.records[place].state.scanning != progress
        {
            Arc::make_mut(&mut self.records[place].state).scanning = progress;
            self.generation += 1;
        }
    }

    fn findings(&mut self) -> Vec<Arc<FindingState>> {
        let (records, own) = (&self.records, &self.configuration_findings);
        let files = &self.certificates.states;
        let watched = &self.files;
        self.sorted_findings
            .get_or_insert_with(|| {
                let mut findings: Vec<Arc<FindingState>> = records
                    .iter()
                    .flat_map(|record| &record.state.findings)
                    .chain(own)
                    .chain(files.iter().flat_map(|state| &state.findings))
                    .chain(watched.states().flat_map(|state| &state.findings))
                    .cloned()
                    .collect();
                findings.sort_by(|left, right| judge::order(&left.finding, &right.finding));
                findings
            })
            .clone()
    }

    fn score(&mut self) -> Score {
        let records = &self.records;
        self.score
            .get_or_insert_with(|| {
                let verdicts: Vec<_> = records
                    .iter()
                    .flat_map(|record| record.verdicts.iter().cloned())
                    .collect();
                score::of(&verdicts)
            })
            .clone()
    }

    /// Puts a good configuration in force. What is known of endpoints that are dialled as before stays known.
    fn load(&mut self, config: &Config) {
        let mut former: BTreeMap<Arc<str>, Record> = std::mem::take(&mut self.records)
            .into_iter()
            .map(|record| (Arc::clone(&record.endpoint.name), record))
            .collect();
        let had_one = self.configuration.loaded_at.is_some();
        let (before, mut kept, mut changed) = (former.len(), 0, 0);
        for endpoint in &config.endpoints {
            let record = match former.remove(&endpoint.name) {
                Some(mut record) => {
                    kept += 1;
                    // Whoever scans on says so again; a scan that the scheduler gave up says nothing more.
                    if record.state.scanning.is_some() {
                        Arc::make_mut(&mut record.state).scanning = None;
                    }
                    changed += usize::from(*record.endpoint != *endpoint);
                    record.reconfigured(endpoint)
                }
                None => Record::new(Arc::new(endpoint.clone())),
            };
            self.records.push(record);
        }
        self.places = (self.records.iter().enumerate())
            .map(|(place, record)| (Arc::clone(&record.endpoint.name), place))
            .collect();
        self.count_key_holders();
        self.certificates.set_expiry(config.expiry);
        self.judge_certificate_files();
        for place in 0..self.records.len() {
            self.rejudge(place);
        }
        let difference = had_one.then(|| Difference {
            added: config.endpoints.len() - kept,
            removed: before - kept,
            changed,
        });
        self.loaded(config, difference);
    }

    /// Says that a configuration is in force, and judges it.
    fn loaded(&mut self, config: &Config, difference: Option<Difference>) {
        self.configuration = ConfigState {
            path: config.path.clone(),
            loaded_at: Some(self.at),
            error: None,
        };
        let subject = name_of(&config.path);
        let count = config.endpoints.len();
        let what = if count == 1 { "endpoint" } else { "endpoints" };
        let text = match difference {
            None => format!("configuration loaded, {count} {what}"),
            Some(difference) => format!("configuration reloaded, {count} {what} ({difference})"),
        };
        self.log.push(LogEntry {
            at: self.at,
            mark: LogMark::Note,
            subject: Arc::clone(&subject),
            text,
            change: None,
        });
        let findings = judge::judge_configuration(config);
        let former = std::mem::take(&mut self.configuration_findings);
        let (states, news) = compare(findings, &former, &BTreeMap::new(), self.at);
        self.configuration_findings = states;
        for change in news {
            self.log.push(change.entry(self.at, &subject));
        }
        self.sorted_findings = None;
        self.candidates = None;
        self.score = None;
        self.generation += 1;
    }

    fn break_configuration(&mut self, path: &Path, message: &str) {
        if self.configuration.error.as_deref() == Some(message) {
            return;
        }
        self.configuration.error = Some(message.to_owned());
        self.log.push(LogEntry {
            at: self.at,
            mark: LogMark::Warning,
            subject: name_of(path),
            text: format!("configuration is broken, the last good one stays: {message}"),
            change: None,
        });
        self.generation += 1;
    }

    /// Takes in what a probe saw.
    fn observe(&mut self, place: usize, observations: Vec<Arc<EndpointObservation>>) {
        let at = self.at;
        let record = &mut self.records[place];
        let belated = record.is_belated(&observations);
        let keys_before = record.keys();
        let sslv2_before = record.sslv2_keys();
        let told = record.take_in(observations, at);
        let keys_after = record.keys();
        let sslv2_after = record.sslv2_keys();
        let name = Arc::clone(&record.endpoint.name);
        if keys_before != keys_after {
            self.move_keys(&name, &keys_before, &keys_after);
        }
        if sslv2_before != sslv2_after {
            self.move_sslv2_keys(&name, &sslv2_before, &sslv2_after);
        }
        self.tell(place, told);
        self.rejudge(place);
        self.unsettled.remove(&name);
        let record = &mut self.records[place];
        if !belated {
            record.remember(at);
        }
        self.generation += 1;
    }

    /// Judges one endpoint anew and says what appeared and what cleared.
    fn rejudge(&mut self, place: usize) {
        let record = &mut self.records[place];
        let outcome = record.judge(
            &self.key_holders,
            &self.sslv2_keys,
            &self.certificates.directories,
            self.at,
        );
        if outcome.verdicts_changed {
            self.sorted_findings = None;
            self.score = None;
        }
        if outcome.changed {
            self.generation += 1;
        }
        for change in outcome.told {
            self.log.push(change.entry(self.at, &record.endpoint.name));
        }
    }

    /// Judges every certificate file anew and says what appeared and what cleared.
    fn judge_certificate_files(&mut self) {
        let (changed, told) = self.certificates.judge(self.at);
        if changed {
            self.sorted_findings = None;
            self.generation += 1;
        }
        for (path, news) in told {
            self.log.push(news.entry(self.at, &path));
        }
    }

    fn tell(&mut self, place: usize, changes: Vec<Change>) {
        for change in changes {
            self.generation += 1;
            let name = &self.records[place].endpoint.name;
            self.log.push(News::from(change).entry(self.at, name));
        }
    }

    /// Writes down that an endpoint presents other keys than before, and whom else that concerns.
    fn move_keys(&mut self, name: &Arc<str>, before: &BTreeSet<String>, after: &BTreeSet<String>) {
        for key in before.difference(after) {
            if let Some(holders) = self.key_holders.get_mut(key) {
                holders.remove(name);
                self.unsettled.extend(holders.iter().cloned());
                if holders.is_empty() {
                    self.key_holders.remove(key);
                }
            }
        }
        for key in after.difference(before) {
            let holders = self.key_holders.entry(key.clone()).or_default();
            // A set of a thousand is cloned into `unsettled` once, not once per newcomer.
            if !holders.is_subset(&self.unsettled) {
                self.unsettled.extend(holders.iter().cloned());
            }
            holders.insert(Arc::clone(name));
        }
    }

    /// Writes down that an endpoint serves other keys over SSLv2 than before: it concerns whoever presents them.
    fn move_sslv2_keys(
        &mut self,
        name: &Arc<str>,
        before: &BTreeSet<String>,
        after: &BTreeSet<String>,
    ) {
        for key in before.difference(after) {
            if let Some(servers) = self.sslv2_keys.get_mut(key) {
                servers.remove(name);
                if servers.is_empty() {
                    self.sslv2_keys.remove(key);
                }
            }
        }
        for key in after.difference(before) {
            let servers = self.sslv2_keys.entry(key.clone()).or_default();
            servers.insert(Arc::clone(name));
        }
        for key in before.symmetric_difference(after) {
            let holders = self.key_holders.get(key).into_iter().flatten();
            self.unsettled.extend(holders.cloned());
        }
    }

    fn count_key_holders(&mut self) {
        self.key_holders.clear();
        self.sslv2_keys.clear();
        for record in &self.records {
            for key in record.keys() {
                let holders = self.key_holders.entry(key).or_default();
                holders.insert(Arc::clone(&record.endpoint.name));
            }
            for key in record.sslv2_keys() {
                let servers = self.sslv2_keys.entry(key).or_default();
                servers.insert(Arc::clone(&record.endpoint.name));
            }
        }
    }
}

/// What a new configuration adds to and takes from the one before.
struct Difference {
    added: usize,
    removed: usize,
    changed: usize,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "+{} \u{2212}{}", self.added, self.removed)?;
        if self.changed > 0 {
            write!(f, ", {} changed", self.changed)?;
        }
        Ok(())
    }
}

/// The name of a file where it is the subject of a log entry.
fn name_of(path: &Path) -> Arc<str> {
    crate::text::printable(&path.to_string_lossy()).into()
}

#[cfg(test)]
mod tests {
    use super::sample::{at, certificate, config, endpoint, failed, good};
    use super::*;
    use crate::observation::scan::{ScanDepth, Sslv2Support};
    use crate::observation::{Attempt, Scan};
    use crate::x509::{Certificate, KeyAlgorithm};
    use jiff::SignedDuration;

    const EXPIRED: &str = "certificate-expired";

    fn loaded(names: &[&str]) -> State {
        let mut state = State::default();
        state.apply(Event::ConfigLoaded {
            config: config(names.iter().map(|name| endpoint(name)).collect()),
            at: at(0),
        });
        state
    }

    fn observe(state: &mut State, name: &str, seconds: i64, seen: Vec<EndpointObservation>) {
        state.apply(Event::Observed {
            endpoint: name.into(),
            observations: seen.into_iter().map(Arc::new).collect(),
            at: at(seconds),
        });
    }

    fn expired(snapshot: &Snapshot) -> Vec<&Arc<FindingState>> {
        snapshot
            .findings
            .iter()
            .filter(|known| known.finding.check == EXPIRED)
            .collect()
    }

    fn texts(snapshot: &Snapshot) -> Vec<&str> {
        snapshot
            .log
            .iter()
            .map(|entry| entry.text.as_str())
            .collect()
    }

    #[test]
    fn endpoint_nobody_looked_at_waits() {
        let snapshot = loaded(&["db1", "db2"]).snapshot();
        assert_eq!(snapshot.endpoints.len(), 2);
        for state in &snapshot.endpoints {
            assert_eq!(state.posture, Posture::Waiting);
            assert_eq!(state.posture_since, None);
            assert!(state.addresses.is_empty());
        }
        assert_eq!(snapshot.config.loaded_at, Some(at(0)));
    }

    fn progress(state: &mut State, done: u32) {
        state.apply(Event::ScanProgressed {
            endpoint: "db1".into(),
            progress: ScanProgress {
                depth: ScanDepth::Deep,
                done,
                expected: 57,
            },
            at: at(2),
        });
    }

    fn done(state: &mut State) -> Option<u32> {
        state.snapshot().endpoints[0].scanning.map(|scan| scan.done)
    }

    #[test]
    fn scan_is_shown_until_it_ends_and_no_quick_probe_hides_it() {
        let mut state = loaded(&["db1"]);
        progress(&mut state, 34);
        let before = state.snapshot().generation;
        progress(&mut state, 34);
        assert_eq!(state.snapshot().generation, before, "nothing changed");
        observe(&mut state, "db1", 3, vec![good(1, &certificate("a"))]);
        assert_eq!(done(&mut state), Some(34));
        let deep = sample::scan(ScanDepth::Deep, at(1), &[]);
        observe(&mut state, "db1", 4, vec![sample::scanning(1, deep)]);
        assert_eq!(done(&mut state), None);
        progress(&mut state, 1);
        state.apply(Event::ScanEnded {
            endpoint: "db1".into(),
            at: at(5),
        });
        assert_eq!(done(&mut state), None, "cancelled");
        progress(&mut state, 2);
        state.apply(Event::ConfigLoaded {
            config: config(vec![endpoint("db1")]),
            at: at(6),
        });
        assert_eq!(done(&mut state), None, "the scheduler may have given it up");
    }

    #[test]
    fn scan_that_began_before_the_last_quick_probe_brings_only_its_scan() {
        let mut state = loaded(&["db1"]);
        let mut quick = good(1, &certificate("new"));
        quick.observed_at = at(60);
        observe(&mut state, "db1", 60, vec![quick]);
        let points = state.snapshot().endpoints[0].history.len();
        let deep = sample::scan(ScanDepth::Deep, at(10), &[]);
        observe(&mut state, "db1", 70, vec![sample::scanning(10, deep)]);
        let snapshot = state.snapshot();
        let seen = &snapshot.endpoints[0].addresses[0].observation;
        assert_eq!(seen.observed_at, at(60));
        assert_eq!(
            seen.chain.seen().unwrap().end_entity().unwrap().sha256,
            "sha256-new"
        );
        assert!(seen.scan.seen().is_some());
        assert_eq!(snapshot.endpoints[0].history.len(), points);
    }

    #[test]
    fn scans_are_compared_and_their_news_told() {
        use crate::tls::{CipherSuite, ProtocolVersion};

        let suites: &[CipherSuite] = &[CipherSuite(0xC02F)];
        let new = (ProtocolVersion::TLSV1_2, suites);
        let old = (ProtocolVersion::TLSV1, suites);
        let mut state = loaded(&["db1"]);
        let mut scan = |seconds, depth, spoken: &[_]| {
            let scan = sample::scan(depth, at(seconds), spoken);
            observe(
                &mut state,
                "db1",
                seconds,
                vec![sample::scanning(seconds, scan)],
            );
            state.snapshot()
        };
        let first = scan(10, ScanDepth::Deep, &[new]);
        assert_eq!(first.endpoints[0].addresses[0].scan_difference, None);
        let second = scan(20, ScanDepth::Rescan, &[new, old]);
        let told = |snapshot: &Snapshot| {
            (snapshot.log.iter())
                .find(|entry| entry.text.contains("TLSv1 "))
                .map(|entry| (entry.mark, entry.text.clone()))
        };
        assert_eq!(
            told(&second),
            Some((LogMark::Warning, "TLSv1 is accepted now".to_owned()))
        );
        let difference = (second.endpoints[0].addresses[0].scan_difference.clone())
            .expect("two scans were made");
        assert_eq!((difference.since, difference.at), (at(10), at(20)));
        assert_eq!(difference.changes, ["TLSv1 is accepted now"]);
        let third = scan(30, ScanDepth::Deep, &[new]);
        assert_eq!(
            told(&third),
            Some((LogMark::Ok, "TLSv1 is no longer accepted".to_owned()))
        );
    }

    #[test]
    fn first_failure_of_all_shows_unreachable_at_once() {
        let mut state = loaded(&["db1"]);
        observe(&mut state, "db1", 1, vec![failed(1)]);
        let snapshot = state.snapshot();
        assert_eq!(snapshot.endpoints[0].posture, Posture::Unreachable);
        assert_eq!(snapshot.log[0].mark, LogMark::Unreachable);
        assert_eq!(snapshot.log[0].text, "connection refused");
    }

    #[test]
    fn third_failure_turns_a_good_endpoint_unreachable() {
        let mut state = loaded(&["db1"]);
        observe(&mut state, "db1", 1, vec![good(1, &certificate("a"))]);
        let before = state.snapshot().endpoints[0].posture;
        assert_ne!(before, Posture::Unreachable);
        for (seconds, wanted) in [(2, before), (7, before), (22, Posture::Unreachable)] {
            observe(&mut state, "db1", seconds, vec![failed(1)]);
            assert_eq!(
                state.snapshot().endpoints[0].posture,
                wanted,
                "at {seconds}"
            );
        }
        let snapshot = state.snapshot();
        assert_eq!(snapshot.log[0].change, Some((before, Posture::Unreachable)));
        assert!(
            texts(&snapshot)
                .iter()
                .any(|text| text.starts_with("not reached once"))
        );
    }

    #[test]
    fn success_between_failures_starts_the_count_anew() {
        let mut state = loaded(&["db1"]);
        let leaf = certificate("a");
        for (seconds, reached) in [
            (1, true),
            (2, false),
            (3, false),
            (4, true),
            (5, false),
            (6, false),
        ] {
            let seen = if reached { good(1, &leaf) } else { failed(1) };
            observe(&mut state, "db1", seconds, vec![seen]);
        }
        assert_ne!(state.snapshot().endpoints[0].posture, Posture::Unreachable);
    }

    #[test]
    fn certificate_expires_while_nobody_probes() {
        let mut state = loaded(&["db1"]);
        let leaf = certificate("a");
        let end = leaf.not_after;
        observe(&mut state, "db1", 1, vec![good(1, &leaf)]);
        assert!(expired(&state.snapshot()).is_empty());
        let generation = state.snapshot().generation;
        let late = end + SignedDuration::from_secs(1);
        state.apply(Event::TimePassed { at: late });
        let snapshot = state.snapshot();
        assert_eq!(expired(&snapshot).len(), 1);
        assert_eq!(expired(&snapshot)[0].since, late);
        assert_eq!(snapshot.endpoints[0].posture, Posture::Critical);
        assert!(snapshot.generation > generation);
    }

    #[test]
    fn time_alone_changes_nothing_that_is_not_due() {
        let mut state = loaded(&["db1"]);
        observe(&mut state, "db1", 1, vec![good(1, &certificate("a"))]);
        let before = state.snapshot();
        state.apply(Event::TimePassed { at: at(2) });
        let after = state.snapshot();
        assert_eq!(before.generation, after.generation);
        assert!(Arc::ptr_eq(&before.endpoints[0], &after.endpoints[0]));
        assert_eq!(after.at, at(2));
    }

    #[test]
    fn since_survives_probes_and_reloads() {
        let mut state = loaded(&["db1"]);
        let mut leaf = certificate("a");
        leaf.not_after = at(-10);
        observe(&mut state, "db1", 1, vec![good(1, &leaf)]);
        let first = expired(&state.snapshot())[0].finding.fingerprint.clone();
        observe(&mut state, "db1", 60, vec![good(1, &leaf)]);
        // The second reload changes what is dialled, so that everything but the age is forgotten.
        for port in [26257, 26258] {
            let mut changed = endpoint("db1");
            changed.interval = Duration::from_secs(10);
            changed.target.port = port;
            state.apply(Event::ConfigLoaded {
                config: config(vec![changed]),
                at: at(70),
            });
        }
        assert_eq!(state.snapshot().endpoints[0].posture, Posture::Waiting);
        assert!(state.snapshot().findings.is_empty());
        observe(&mut state, "db1", 80, vec![good(1, &leaf)]);
        let snapshot = state.snapshot();
        assert_eq!(expired(&snapshot)[0].since, at(1));
        assert_eq!(expired(&snapshot)[0].finding.fingerprint, first);
    }

    #[test]
    fn reload_that_dials_the_same_keeps_what_was_seen() {
        let mut state = loaded(&["db1", "db2"]);
        observe(&mut state, "db1", 1, vec![good(1, &certificate("a"))]);
        let mut relabelled = endpoint("db1");
        relabelled.labels.insert("region".into(), "eu".into());
        state.apply(Event::ConfigLoaded {
            config: config(vec![relabelled, endpoint("db3")]),
            at: at(2),
        });
        let snapshot = state.snapshot();
        assert_eq!(snapshot.endpoints[0].addresses.len(), 1);
        assert_eq!(snapshot.endpoints[0].endpoint.labels["region"], "eu");
        assert_eq!(snapshot.endpoints[1].posture, Posture::Waiting);
        assert_eq!(
            snapshot.log[0].text,
            "configuration reloaded, 2 endpoints (+1 −1, 1 changed)"
        );
    }

    #[test]
    fn expired_certificate_stays_a_finding_while_nobody_can_look() {
        let mut state = loaded(&["db1"]);
        let mut leaf = certificate("a");
        leaf.not_after = at(-10);
        observe(&mut state, "db1", 1, vec![good(1, &leaf)]);
        for seconds in [2, 3, 4, 5] {
            observe(&mut state, "db1", seconds, vec![failed(1)]);
        }
        let snapshot = state.snapshot();
        assert_eq!(snapshot.endpoints[0].posture, Posture::Unreachable);
        assert_eq!(expired(&snapshot).len(), 1);
        assert_eq!(expired(&snapshot)[0].since, at(1));
        let evidence = expired(&snapshot)[0].finding.evidence.join(" ");
        assert!(
            evidence.contains("last seen at 2026-01-01T00:00:01Z"),
            "{evidence}"
        );
        observe(&mut state, "db1", 6, vec![good(1, &certificate("b"))]);
        let snapshot = state.snapshot();
        assert!(expired(&snapshot).is_empty());
        assert!(
            texts(&snapshot)
                .iter()
                .any(|text| text.starts_with("cleared: server certificate past"))
        );
    }

    #[test]
    fn finding_on_one_address_of_two_names_it() {
        let mut state = loaded(&["db1"]);
        let mut old = certificate("a");
        old.not_after = at(-10);
        observe(
            &mut state,
            "db1",
            1,
            vec![good(1, &old), good(2, &certificate("b"))],
        );
        let snapshot = state.snapshot();
        assert_eq!(expired(&snapshot).len(), 1);
        assert_eq!(
            expired(&snapshot)[0].finding.addresses,
            [sample::address(1)]
        );
        assert!(
            texts(&snapshot)
                .iter()
                .any(|text| text.starts_with("2 certificates at once"))
        );
        observe(&mut state, "db1", 2, vec![good(1, &old), good(2, &old)]);
        let snapshot = state.snapshot();
        assert_eq!(expired(&snapshot).len(), 1);
        assert!(expired(&snapshot)[0].finding.addresses.is_empty());
    }

    #[test]
    fn vanished_address_disappears_with_its_findings() {
        let mut state = loaded(&["db1"]);
        let mut old = certificate("a");
        old.not_after = at(-10);
        observe(
            &mut state,
            "db1",
            1,
            vec![good(1, &old), good(2, &certificate("b"))],
        );
        observe(&mut state, "db1", 2, vec![good(2, &certificate("b"))]);
        let snapshot = state.snapshot();
        assert_eq!(snapshot.endpoints[0].addresses.len(), 1);
        assert!(expired(&snapshot).is_empty());
    }

    #[test]
    fn name_without_address_is_confirmed_before_it_counts() {
        let mut state = loaded(&["db1"]);
        observe(&mut state, "db1", 1, vec![good(1, &certificate("a"))]);
        for (seconds, addresses) in [(2, 1), (3, 1)] {
            observe(&mut state, "db1", seconds, vec![sample::unresolved()]);
            let snapshot = state.snapshot();
            assert_ne!(snapshot.endpoints[0].posture, Posture::Unreachable);
            assert_eq!(snapshot.endpoints[0].addresses.len(), addresses);
        }
        observe(&mut state, "db1", 4, vec![sample::unresolved()]);
        let snapshot = state.snapshot();
        assert_eq!(snapshot.endpoints[0].posture, Posture::Unreachable);
        assert_eq!(snapshot.endpoints[0].addresses[0].observation.address, None);
    }

    #[test]
    fn broken_configuration_keeps_the_last_good_one() {
        let mut state = loaded(&["db1"]);
        for seconds in [1, 2] {
            state.apply(Event::ConfigBroken {
                path: "verifull.toml".into(),
                message: "line 4: `slmode`".into(),
                at: at(seconds),
            });
        }
        let snapshot = state.snapshot();
        assert_eq!(snapshot.endpoints.len(), 1);
        assert_eq!(snapshot.config.error.as_deref(), Some("line 4: `slmode`"));
        assert_eq!(
            snapshot.log.len(),
            2,
            "the same fault is told once: {:?}",
            texts(&snapshot)
        );
        state.apply(Event::ConfigLoaded {
            config: config(vec![endpoint("db1")]),
            at: at(3),
        });
        assert_eq!(state.snapshot().config.error, None);
    }

    #[test]
    fn one_observation_leaves_other_endpoints_shared() {
        let names: Vec<String> = (0..1000).map(|number| format!("db{number}")).collect();
        let mut state = loaded(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let before = state.snapshot();
        observe(&mut state, "db500", 1, vec![good(1, &certificate("a"))]);
        let after = state.snapshot();
        for (index, (old, new)) in before.endpoints.iter().zip(&after.endpoints).enumerate() {
            assert_eq!(Arc::ptr_eq(old, new), index != 500, "endpoint {index}");
        }
    }

    #[test]
    fn key_holders_follow_what_is_presented() {
        let mut state = loaded(&["db1", "db2"]);
        let shared = certificate("a");
        observe(&mut state, "db1", 1, vec![good(1, &shared)]);
        observe(&mut state, "db2", 1, vec![good(2, &shared)]);
        assert_eq!(state.key_holders[&shared.spki_sha256].len(), 2);
        assert!(
            state.unsettled.contains("db1"),
            "db1 is to be judged anew: it shares its key now"
        );
        state.snapshot();
        assert!(state.unsettled.is_empty());
        observe(&mut state, "db2", 2, vec![good(2, &certificate("b"))]);
        assert_eq!(state.key_holders[&shared.spki_sha256].len(), 1);
        state.apply(Event::ConfigLoaded {
            config: config(vec![endpoint("db2")]),
            at: at(3),
        });
        assert!(!state.key_holders.contains_key(&shared.spki_sha256));
    }

    #[test]
    fn key_over_sslv2_concerns_whoever_presents_it() {
        let over_sslv2 = |last: u8, leaf: &Certificate, key: Option<&str>| {
            let mut scan = Scan::unseen(ScanDepth::Deep, at(1), "not asked");
            scan.sslv2 = match key {
                Some(key) => Attempt::Seen(Sslv2Support {
                    cipher_kinds: Vec::new(),
                    spki_sha256: Some(key.to_owned()),
                }),
                None => Attempt::Refused("closed".to_owned()),
            };
            let mut seen = good(last, leaf);
            seen.scan = Attempt::Seen(Arc::new(scan));
            seen
        };
        let mut shared = certificate("a");
        shared.key.algorithm = KeyAlgorithm::Rsa;
        let key = shared.spki_sha256.clone();
        let mut state = loaded(&["db1", "mail"]);
        let has_drown = |state: &mut State| {
            let snapshot = state.snapshot();
            let mut findings = snapshot.findings.iter();
            findings.any(|known| {
                known.finding.check == "drown" && &**known.finding.subject.name() == "db1"
            })
        };
        observe(&mut state, "db1", 1, vec![over_sslv2(1, &shared, None)]);
        assert!(!has_drown(&mut state));
        let other = certificate("b");
        observe(
            &mut state,
            "mail",
            2,
            vec![over_sslv2(2, &other, Some(&key))],
        );
        assert!(has_drown(&mut state), "db1 is judged anew: its key is out");
        observe(&mut state, "mail", 3, vec![over_sslv2(2, &other, None)]);
        assert!(!has_drown(&mut state));
        assert!(state.sslv2_keys.is_empty());
    }

    #[test]
    fn login_tests_survive_quick_probes_with_their_age() {
        let mut state = loaded(&["db1"]);
        let leaf = certificate("a");
        let mut tested = good(1, &leaf);
        tested.observed_at = at(1);
        tested.plaintext_startup = Attempt::Seen(sample::accepted());
        observe(&mut state, "db1", 1, vec![tested]);
        for seconds in [60, 120] {
            observe(&mut state, "db1", seconds, vec![good(1, &leaf)]);
        }
        let snapshot = state.snapshot();
        let seen = &snapshot.endpoints[0].addresses[0].observation;
        assert_eq!(seen.plaintext_startup, Attempt::Seen(sample::accepted()));
        assert_eq!(seen.login_tested_at, Some(at(1)));
    }

    #[test]
    fn probe_under_way_is_shown_until_it_ends() {
        let mut state = loaded(&["db1"]);
        state.apply(Event::ProbeStarted {
            endpoint: "db1".into(),
            at: at(1),
        });
        assert!(state.snapshot().endpoints[0].in_flight);
        observe(&mut state, "db1", 2, vec![failed(1)]);
        let snapshot = state.snapshot();
        assert!(!snapshot.endpoints[0].in_flight);
        assert_eq!(snapshot.endpoints[0].probed_at, Some(at(2)));
    }

    #[test]
    fn log_and_history_are_bounded() {
        let mut state = loaded(&["db1"]);
        let leaves = [certificate("a"), certificate("b")];
        for (seconds, leaf) in (1..=1200).zip(leaves.iter().cycle()) {
            observe(&mut state, "db1", seconds, vec![good(1, leaf)]);
        }
        let snapshot = state.snapshot();
        assert_eq!(snapshot.log.len(), LOG_LENGTH);
        assert_eq!(snapshot.log[0].at, at(1200));
        assert_eq!(snapshot.endpoints[0].history.len(), HISTORY_LENGTH);
        assert_eq!(
            snapshot.endpoints[0].history.last().map(|point| point.at),
            Some(at(1200))
        );
    }

    fn file(certificate: Certificate, modified: i64) -> Event {
        use crate::observation::certificate_file::{Attributes, FileName};
        use crate::x509::holdings::Holdings;

        let file = CertificateFile {
            path: "certs/node.crt".into(),
            read_at: at(modified + 1),
            name: FileName::read("node.crt"),
            attributes: Attempt::Seen(Attributes {
                size: 1,
                mode: None,
                owner: None,
                own_group: false,
                modified_at: Some(at(modified)),
                link: None,
            }),
            holdings: Attempt::Seen(Holdings {
                certificates: vec![Arc::new(certificate)],
                ..Holdings::default()
            }),
            issuer: Attempt::NotAttempted("no CA".to_owned()),
        };
        Event::CertificateFilesRead {
            directories: vec![Arc::new(CertificateDirectory {
                path: "certs".into(),
                listed: false,
                problem: None,
                left_out: 0,
                files: vec![Arc::new(file)],
            })],
            at: at(modified + 1),
        }
    }

    #[test]
    fn missed_reload_shows_once_somebody_looked_and_clears_with_the_reload() {
        let missed = |state: &mut State| {
            let snapshot = state.snapshot();
            let mut findings = snapshot.findings.iter();
            findings.any(|known| known.finding.check == "certificate-reload-missed")
        };
        let seen_at = |seconds: i64, leaf: &Certificate| {
            let mut seen = good(1, leaf);
            seen.observed_at = at(seconds);
            vec![seen]
        };
        let (old, mut new) = (certificate("a"), certificate("b"));
        new.not_before = at(10);
        let mut state = loaded(&["db1"]);
        state.apply(file(old.clone(), 0));
        observe(&mut state, "db1", 2, seen_at(2, &old));
        assert!(!missed(&mut state));
        state.apply(file(new.clone(), 20));
        assert!(!missed(&mut state), "nobody looked since");
        observe(&mut state, "db1", 22, seen_at(22, &old));
        assert!(missed(&mut state));
        observe(&mut state, "db1", 60, seen_at(60, &new));
        assert!(!missed(&mut state));
    }

    #[test]
    fn certificate_in_a_file_expires_while_nobody_reads() {
        let mut state = loaded(&[]);
        let mut leaf = certificate("a");
        leaf.extended_key_usage = None;
        let end = leaf.not_after;
        state.apply(file(leaf, 0));
        let before = state.snapshot();
        assert_eq!(before.certificate_files.len(), 1);
        assert!(before.findings.is_empty(), "{:?}", before.findings);
        state.apply(Event::TimePassed { at: at(2) });
        assert_eq!(state.snapshot().generation, before.generation);
        state.apply(Event::TimePassed {
            at: end + SignedDuration::from_secs(1),
        });
        let snapshot = state.snapshot();
        assert_eq!(
            snapshot.findings[0].finding.check,
            "certificate-file-expired"
        );
        assert_eq!(
            snapshot.findings[0].finding.subject.kind(),
            "certificate_file"
        );
        assert!(texts(&snapshot)[0].contains("past its validity"));
    }

    #[test]
    fn stranger_changes_nothing() {
        let mut state = loaded(&["db1"]);
        let before = state.snapshot();
        observe(&mut state, "db9", 1, vec![failed(1)]);
        assert_eq!(state.snapshot().generation, before.generation);
    }

    #[test]
    fn fingerprint_tells_check_subject_and_certificate_apart() {
        let mut state = loaded(&["db1", "db2"]);
        let expired_leaf = |name: &str| {
            let mut leaf = certificate(name);
            leaf.not_after = at(-10);
            leaf
        };
        observe(
            &mut state,
            "db1",
            1,
            vec![good(1, &expired_leaf("a")), good(2, &expired_leaf("b"))],
        );
        observe(&mut state, "db2", 1, vec![good(1, &expired_leaf("a"))]);
        let snapshot = state.snapshot();
        let fingerprints: BTreeSet<&str> = (expired(&snapshot).iter())
            .map(|known| known.finding.fingerprint.as_str())
            .collect();
        assert_eq!(fingerprints.len(), 3);
        assert!(
            fingerprints
                .iter()
                .all(|fingerprint| fingerprint.len() == 64)
        );
    }
}
