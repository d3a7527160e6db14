//! Memory: one closed [`Event`] in, one immutable [`Snapshot`] out.
//!
//! One task owns the state; everyone else reads a snapshot. Time enters with each event. It dials nothing, draws
//! nothing and keeps nothing on disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::Config;
use crate::endpoint::Endpoint;
use crate::finding::{Finding, Severity};
use crate::observation::EndpointObservation;
use crate::preflight::Preflight;
use crate::score::Score;

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
    /// A probe of an endpoint ended: one observation per address, at least one.
    Observed {
        /// Name of the endpoint.
        endpoint: Arc<str>,
        /// What was seen, by address.
        observations: Vec<Arc<EndpointObservation>>,
        /// When.
        at: Timestamp,
    },
    /// Time passed: what depends on it is judged anew.
    TimePassed {
        /// The time now.
        at: Timestamp,
    },
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

/// What is known of one address of an endpoint.
#[derive(Clone, Debug)]
pub struct AddressState {
    /// What was seen.
    pub observation: Arc<EndpointObservation>,
    /// What a libpq client would get; `None` where the endpoint is not on the PostgreSQL wire.
    pub preflight: Option<Arc<Preflight>>,
}

/// A finding with its past.
#[derive(Clone, Debug)]
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
pub struct State {}

impl State {
    /// Takes in one event.
    pub fn apply(&mut self, _event: Event) {}

    /// Returns everything that is known, to be shared.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(Snapshot {
            at: Timestamp::UNIX_EPOCH,
            generation: 0,
            endpoints: Vec::new(),
            findings: Vec::new(),
            log: Arc::from([]),
            score: crate::score::of(&[]),
            config: ConfigState::default(),
        })
    }
}
