//! What several checks ask of a scan. It is no check.
//!
//! A scan decides some things and leaves others open, so every answer has three values: yes with what was seen, no, and
//! unknown with the reason. One yes is enough where any will do; a no needs an answer for every version and every value.

use std::fmt::Write as _;

use super::{Verdict, is_without_tls, open};
use crate::finding::Detection;
use crate::observation::{Attempt, EndpointObservation, Scan};
use crate::tls::{CipherSuite, Properties, ProtocolVersion};

/// SSLv3 to TLS 1.2: the versions in which a suite names its key exchange.
pub(super) const BEFORE_TLS13: &[ProtocolVersion] = &[
    ProtocolVersion::SSLV3,
    ProtocolVersion::TLSV1,
    ProtocolVersion::TLSV1_1,
    ProtocolVersion::TLSV1_2,
];

/// SSLv3 to TLS 1.3.
pub(super) const ALL_VERSIONS: &[ProtocolVersion] = &Scan::VERSIONS;

/// What a scan knows of something that a server may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found<T> {
    /// It does, and this was seen.
    Yes(T),
    /// It does not.
    No,
    /// No answer decided it, and why.
    Unknown(String),
}

impl<T> Found<T> {
    /// Whether it is known to be so.
    pub(super) fn is_yes(&self) -> bool {
        matches!(self, Self::Yes(_))
    }

    /// Whether it is known not to be so.
    pub(super) fn is_no(&self) -> bool {
        matches!(self, Self::No)
    }

    /// Makes a verdict: what is found is wrong.
    pub(super) fn verdict(self, detect: impl FnOnce(T) -> Vec<Detection>) -> Verdict {
        match self {
            Self::Yes(seen) => Verdict::Fail(detect(seen)),
            Self::No => Verdict::Pass,
            Self::Unknown(reason) => Verdict::Open(reason),
        }
    }
}

/// Suites that a server accepts, by version, oldest first. It holds no version without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suites(pub(super) Vec<Accepted>);

/// Suites that a server accepts in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    /// The version.
    pub(super) version: ProtocolVersion,
    /// The suites, in the order of the scan.
    pub(super) suites: Vec<CipherSuite>,
    /// Whether there may be more that no answer decided.
    pub(super) at_least: bool,
}

/// Most names in one line of evidence.
const MOST_NAMES: usize = 8;

impl Suites {
    /// Names the versions: `TLSv1, TLSv1.1 and TLSv1.2`.
    pub(super) fn versions(&self) -> String {
        and(self.0.iter().map(|accepted| accepted.version))
    }

    /// Returns one line of evidence for each version, the names bounded.
    pub(super) fn evidence(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|accepted| {
            let at_least = if accepted.at_least { ", at least" } else { "" };
            format!(
                "{}{at_least}: {}",
                accepted.version,
                bounded(&accepted.suites)
            )
        })
    }

    /// Adds the suites to a detection.
    pub(super) fn witness(&self, detection: Detection) -> Detection {
        self.evidence().fold(detection, Detection::evidence)
    }
}

/// Lists values, no more than fit a line: `a, b and 3 more`.
pub(super) fn bounded<T: ToString>(values: &[T]) -> String {
    let mut text = values
        .iter()
        .take(MOST_NAMES)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if values.len() > MOST_NAMES {
        let _ = write!(text, " and {} more", values.len() - MOST_NAMES);
    }
    text
}

/// Joins a few values as a sentence does: `a, b and c`.
pub(super) fn and<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    let mut words: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() {
        last
    } else {
        format!("{} and {last}", words.join(", "))
    }
}

/// Returns the scan, or the verdict that its absence makes.
pub(super) fn scan(seen: &EndpointObservation) -> Result<&Scan, Verdict> {
    if is_without_tls(seen) {
        return Err(Verdict::NotApplicable);
    }
    match &seen.scan {
        Attempt::Seen(scan) => Ok(scan),
        Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_) => {
            Err(open(seen, &seen.scan))
        }
    }
}

/// Returns what a scan learned with a yes or a no; `Refused` is the peer's own no.
pub(super) fn does(attempt: &Attempt<bool>) -> Found<()> {
    match attempt {
        Attempt::Seen(true) => Found::Yes(()),
        Attempt::Seen(false) | Attempt::Refused(_) => Found::No,
        Attempt::Failed(failure) => Found::Unknown(failure.to_string()),
        Attempt::NotAttempted(reason) => Found::Unknown(reason.clone()),
    }
}

/// Whether a server speaks a version.
pub(super) fn offers(scan: &Scan, version: ProtocolVersion) -> Found<()> {
    match scan.version(version).map(|support| &support.offered) {
        Some(Attempt::Seen(())) => Found::Yes(()),
        Some(Attempt::Refused(_)) => Found::No,
        Some(Attempt::Failed(failure)) => {
            Found::Unknown(format!("whether {version} is spoken is open: {failure}"))
        }
        Some(Attempt::NotAttempted(reason)) => {
            Found::Unknown(format!("whether {version} is spoken is open: {reason}"))
        }
        None => Found::Unknown(format!("the scan has nothing on {version}")),
    }
}

/// Whether a server speaks any of some versions: which of them it is known to speak.
pub(super) fn offers_any(scan: &Scan, versions: &[ProtocolVersion]) -> Found<Vec<ProtocolVersion>> {
    let mut spoken = Vec::new();
    let mut unknown = None;
    for version in versions {
        match offers(scan, *version) {
            Found::Yes(()) => spoken.push(*version),
            Found::No => {}
            Found::Unknown(reason) => unknown = Some(reason),
        }
    }
    match unknown {
        _ if !spoken.is_empty() => Found::Yes(spoken),
        Some(reason) => Found::Unknown(reason),
        None => Found::No,
    }
}

/// Returns the suites of one version that carry data. A suite that the application refuses after the handshake does not
/// (CockroachDB's `--tls-cipher-suites`).
pub(super) fn accepted(scan: &Scan, version: ProtocolVersion) -> Vec<CipherSuite> {
    let refused = scan.postgresql.refused_after_handshake.seen();
    let is_refused = |suite: CipherSuite| {
        refused
            .into_iter()
            .flatten()
            .any(|refused| refused.version == version && refused.cipher_suite == suite)
    };
    scan.version(version)
        .into_iter()
        .flat_map(|support| support.cipher_suites.accepted.iter().copied())
        .filter(|suite| !is_refused(*suite))
        .collect()
}

/// Finds the accepted suites that match, in some versions.
///
/// A suite of TLS 1.3 can only be negotiated there and any other only before, so nobody need have asked for the rest. Beyond
/// that every known suite may be accepted in every version: servers do not keep to the table.
pub(super) fn suites_matching(
    scan: &Scan,
    versions: &[ProtocolVersion],
    matches: impl Fn(CipherSuite) -> bool,
) -> Found<Suites> {
    let wanted: Vec<CipherSuite> = CipherSuite::all().filter(|suite| matches(*suite)).collect();
    let mut found = Vec::new();
    let mut unknown = None;
    for version in versions {
        let suites: Vec<CipherSuite> = accepted(scan, *version)
            .into_iter()
            .filter(|suite| matches(*suite))
            .collect();
        let offered = offers(scan, *version);
        let undecided = match scan.version(*version) {
            Some(support) if !offered.is_no() => {
                let is_tls13 = *version >= ProtocolVersion::TLSV1_3;
                wanted.iter().any(|suite| {
                    suite.is_tls13() == is_tls13 && support.cipher_suites.accepts(*suite).is_none()
                })
            }
            Some(_) => false,
            None => !wanted.is_empty(),
        };
        if !suites.is_empty() {
            found.push(Accepted {
                version: *version,
                suites,
                at_least: undecided,
            });
        } else if undecided {
            unknown.get_or_insert_with(|| match offered {
                Found::Unknown(reason) => reason,
                Found::Yes(()) | Found::No => undecided_suites(scan, *version),
            });
        }
    }
    match unknown {
        _ if !found.is_empty() => Found::Yes(Suites(found)),
        Some(reason) => Found::Unknown(reason),
        None => Found::No,
    }
}

/// Says why suites of a version are not decided.
fn undecided_suites(scan: &Scan, version: ProtocolVersion) -> String {
    let mut text = format!(
        "the {} scan did not decide every such cipher suite in {version}",
        scan.depth.as_str()
    );
    if let Some(gap) = scan.gaps.first() {
        let _ = write!(text, ": {gap}");
    }
    text
}

/// Judges a check about suites that should not be accepted: each version's are the evidence.
pub(super) fn suites_verdict(
    seen: &EndpointObservation,
    versions: &[ProtocolVersion],
    matches: impl Fn(CipherSuite) -> bool,
    detect: impl FnOnce(&Scan, &Suites) -> Detection,
) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    suites_matching(scan, versions, matches)
        .verdict(|suites| vec![suites.witness(detect(scan, &suites))])
}

/// Makes a predicate on suites of one on what they consist of. Of a suite that nobody registered nothing is known, so it never
/// matches.
pub(super) fn has(property: impl Fn(Properties) -> bool) -> impl Fn(CipherSuite) -> bool {
    move |suite| suite.properties().is_some_and(&property)
}
