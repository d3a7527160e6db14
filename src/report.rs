//! Reports: a snapshot to text in each format, and to an exit code.
//!
//! Formats have types of their own, apart from the facts: a fact may be renamed, a report only with `schema_version`. It
//! judges nothing, reads no clock and writes nowhere: a report is a string.

use crate::finding::Severity;
use crate::policy::Policy;
use crate::store::{Posture, Snapshot};

mod facts;
pub mod files;
mod json;
mod jsonl;
mod junit;
mod markdown;
mod nagios;
mod prometheus;
mod sarif;
mod text;

/// What a report is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// `JUnit` XML, for CI servers.
    Junit,
    /// A monitoring plugin's lines.
    Nagios,
    /// Prometheus text, for the textfile collector.
    Prometheus,
    /// Markdown, for a ticket.
    Markdown,
}

impl Format {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::Text,
        Self::Json,
        Self::Jsonl,
        Self::Sarif,
        Self::Junit,
        Self::Prometheus,
        Self::Nagios,
        Self::Markdown,
    ];

    /// Returns the name that arguments use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Nagios => "nagios",
            Self::Prometheus => "prometheus",
            Self::Markdown => "markdown",
        }
    }

    /// Reads the name that arguments use.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }
}

/// How a report is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Style<'a> {
    /// Whether ANSI colours are wanted; only text has them.
    pub color: bool,
    /// Columns of the terminal; 80 where there is none.
    pub width: usize,
    /// How much of each endpoint text tells.
    pub detail: Detail,
    /// What else to hold each address against, in the order of the report.
    pub policies: &'a [Policy],
}

/// How much a report for people tells of each endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Everything of an endpoint that is alone, and a paragraph for each of a fleet.
    #[default]
    Fitting,
    /// Everything of every endpoint.
    Full,
}

/// Renders a snapshot. What comes out ends with a line feed.
pub fn render(snapshot: &Snapshot, format: Format, style: Style<'_>) -> String {
    match format {
        Format::Text => text::render(snapshot, style),
        Format::Json => json::render(snapshot, style.policies),
        Format::Jsonl => jsonl::render(snapshot, style.policies),
        Format::Sarif => sarif::render(snapshot),
        Format::Junit => junit::render(snapshot),
        Format::Nagios => nagios::render(snapshot),
        Format::Prometheus => prometheus::render(snapshot),
        Format::Markdown => markdown::render(snapshot, style.policies),
    }
}

/// Returns the exit code of a monitoring command: 2, then 3, then 1, then 0.
///
/// 2 is a finding that is high or critical, 1 one that is low or medium; with `fail_on` only findings at or above it count. 3 is
/// an endpoint that could not be looked at ([`unknown`]). An optional fact that nobody asked for, such as the login test
/// that the configuration turns off, leaves checks open and lowers coverage, and is no 3: a monitor that always says "unknown" is a
/// monitor nobody reads.
pub fn exit_code(snapshot: &Snapshot, fail_on: Option<Severity>) -> u8 {
    let threshold = fail_on.unwrap_or(Severity::Low);
    let worst = snapshot
        .findings
        .iter()
        .map(|state| state.finding.severity)
        .filter(|severity| *severity >= threshold)
        .max();
    match worst {
        Some(Severity::High | Severity::Critical) => 2,
        _ if !unknown(snapshot).is_empty() => 3,
        Some(Severity::Info | Severity::Low | Severity::Medium) => 1,
        None => 0,
    }
}

/// Something that was to be looked at and could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Name of the endpoint, or path of a watched file.
    pub endpoint: String,
    /// The address, where one was found.
    pub address: Option<std::net::SocketAddr>,
    /// Why.
    pub reason: String,
}

/// Returns everything that could not be looked at, in the order of the endpoints.
///
/// An endpoint that was not probed; an address that does not answer; one whose TLS, certificate or verification could not be seen
/// although it offers TLS; one where a test that was made broke off, or a
/// scan that left versions or cipher suites undecided. What else a scan could not see is no reason to call somebody: some servers
/// never show it. A snapshot without endpoints is unknown as a whole.
pub fn unknown(snapshot: &Snapshot) -> Vec<Unknown> {
    let mut all = Vec::new();
    let has_files = snapshot.watching.is_wanted || !snapshot.certificate_files.is_empty();
    if snapshot.endpoints.is_empty() && !has_files {
        all.push(Unknown {
            endpoint: String::new(),
            address: None,
            reason: "there is no endpoint to look at".to_owned(),
        });
    }
    for state in &snapshot.endpoints {
        let before = all.len();
        for seen in &state.addresses {
            if let Some(reason) = facts::gap(&seen.observation, state.endpoint.target.protocol) {
                all.push(Unknown {
                    endpoint: state.endpoint.name.to_string(),
                    address: seen.observation.address,
                    reason,
                });
            } else if let Some(reason) = facts::blind_scan(&seen.observation) {
                all.push(Unknown {
                    endpoint: state.endpoint.name.to_string(),
                    address: seen.observation.address,
                    reason,
                });
            }
        }
        let unseen = state.addresses.is_empty()
            || matches!(state.posture, Posture::Unreachable | Posture::Waiting);
        if unseen && all.len() == before {
            all.push(Unknown {
                endpoint: state.endpoint.name.to_string(),
                address: None,
                reason: "it has not been probed".to_owned(),
            });
        }
    }
    for state in &snapshot.certificate_files {
        // One that is not there is a finding.
        if let (Some(_), Some(reason)) =
            (state.file.attributes.seen(), state.file.holdings.reason())
        {
            all.push(Unknown {
                endpoint: state.file.path.to_string(),
                address: None,
                reason,
            });
        }
    }
    for (path, reason) in &snapshot.unlisted {
        all.push(Unknown {
            endpoint: path.to_string(),
            address: None,
            reason: reason.clone(),
        });
    }
    all.extend(unread(snapshot));
    all
}

/// Returns the watched files that could not be read, and what could not be listed.
fn unread(snapshot: &Snapshot) -> impl Iterator<Item = Unknown> {
    let unknown = |name: &str, reason: &str| Unknown {
        endpoint: name.to_owned(),
        address: None,
        reason: reason.to_owned(),
    };
    let files = snapshot.files.iter().filter_map(move |state| {
        let is_skipped = matches!(&state.report.reading, Err(unseen) if !unseen.is_failure);
        let problem = state.problem.as_ref().filter(|_| !is_skipped)?;
        Some(unknown(&state.path, problem))
    });
    let troubles = (snapshot.watching.troubles.iter()).map(move |(name, why)| unknown(name, why));
    files.chain(troubles)
}
