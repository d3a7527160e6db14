//! The register of checks.
//!
//! A check is plain data with a pure function from one observation to a verdict; one file per check, two lines
//! in here. Documentation, `explain`, reports and the dashboard read the same data. A check knows no protocol code, no
//! screen and no output format.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::config::Config;
use crate::endpoint::Endpoint;
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;

mod certificate_expired;

/// Every check, in the order of reports and documentation.
pub static REGISTER: &[&Check] = &[&certificate_expired::CHECK];

/// One thing that can be wrong.
#[derive(Debug)]
pub struct Check {
    /// Kebab-case name of the problem; the name of its file, too.
    pub id: &'static str,
    /// The problem in a few words, lower case.
    pub title: &'static str,
    /// How bad it is where the detection does not say otherwise.
    pub severity: Severity,
    /// What kind of thing it is about: the category whose part of the score it lowers.
    pub category: Category,
    /// The version of verifull that has it since.
    pub since: &'static str,
    /// CWE first, then OWASP, PCI, NIST and RFC sections.
    pub references: &'static [&'static str],
    /// Markdown with the headings What it looks for, Why it matters, How to fix it, References.
    pub docs: &'static str,
    /// What it looks at.
    pub evaluate: Evaluate,
}

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Whether a connection is encrypted, and must be.
    Transport,
    /// The certificate and who vouches for it.
    Certificate,
    /// Versions, suites, groups.
    Cryptography,
    /// Who is let in.
    Authentication,
    /// HTTP headers and cookies.
    Http,
    /// verifull's own sight: what could not be looked at, its own configuration.
    Operation,
}

impl Category {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::Transport,
        Self::Certificate,
        Self::Cryptography,
        Self::Authentication,
        Self::Http,
        Self::Operation,
    ];

    /// Returns the name that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::Certificate => "certificate",
            Self::Cryptography => "cryptography",
            Self::Authentication => "authentication",
            Self::Http => "http",
            Self::Operation => "operation",
        }
    }
}

/// What a check looks at, and how.
#[derive(Clone, Copy, Debug)]
pub enum Evaluate {
    /// One observation of one address of an endpoint.
    Endpoint(fn(&EndpointObservation, &Context<'_>) -> Verdict),
    /// verifull's own configuration.
    Configuration(fn(&Config) -> Verdict),
}

/// What a check may know beside the observation.
#[derive(Debug)]
pub struct Context<'a> {
    /// The time of judgement.
    pub now: Timestamp,
    /// What the owner intends.
    pub endpoint: &'a Endpoint,
    /// Which endpoints present which public key: `spki_sha256` to names.
    pub key_holders: &'a BTreeMap<String, BTreeSet<Arc<str>>>,
}

/// What a check concludes, in SARIF's words (SARIF 2.1.0, section 3.27.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It looked, and nothing is wrong.
    Pass,
    /// It looked, and this is wrong.
    Fail(Vec<Detection>),
    /// There is nothing of the kind to look at.
    NotApplicable,
    /// The facts do not decide it, and why.
    Open(String),
}

/// Finds a check by its id.
pub fn find(id: &str) -> Option<&'static Check> {
    REGISTER.iter().copied().find(|check| check.id == id)
}

/// Puts one observation to every check about endpoints.
///
/// A fault in one check costs one open verdict, not the dashboard.
pub fn assess(
    observation: &EndpointObservation,
    context: &Context<'_>,
) -> Vec<(&'static Check, Verdict)> {
    REGISTER
        .iter()
        .filter_map(|check| match check.evaluate {
            Evaluate::Endpoint(evaluate) => Some((
                *check,
                contained(check.id, || evaluate(observation, context)),
            )),
            Evaluate::Configuration(_) => None,
        })
        .collect()
}

/// Puts the configuration to every check about it.
pub fn assess_configuration(config: &Config) -> Vec<(&'static Check, Verdict)> {
    REGISTER
        .iter()
        .filter_map(|check| match check.evaluate {
            Evaluate::Configuration(evaluate) => {
                Some((*check, contained(check.id, || evaluate(config))))
            }
            Evaluate::Endpoint(_) => None,
        })
        .collect()
}

/// Runs one check and turns a panic into an open verdict.
fn contained(id: &str, evaluate: impl FnOnce() -> Verdict) -> Verdict {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(evaluate)).unwrap_or_else(|_| {
        Verdict::Open(format!(
            "internal error in the check `{id}`; please report it"
        ))
    })
}
