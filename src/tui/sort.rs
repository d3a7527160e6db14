//! The orders in which rows can stand.
//!
//! Every order ends with the name, so that equal rows never change places.

use std::cmp::Ordering;
use std::time::Duration;

use crate::finding::Severity;
use crate::store::{EndpointState, Posture};

use super::model::{self, CertificateRow, Digest, FindingRow, Group};

/// What the fleet is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FleetOrder {
    /// Worst first.
    #[default]
    Posture,
    /// By name.
    Name,
    /// What ends first, first.
    Expiry,
    /// The slowest first.
    Latency,
    /// The oldest version first.
    Tls,
    /// The most findings first.
    Findings,
}

impl FleetOrder {
    /// Returns the order of the next column.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Posture => Self::Name,
            Self::Name => Self::Expiry,
            Self::Expiry => Self::Latency,
            Self::Latency => Self::Tls,
            Self::Tls => Self::Findings,
            Self::Findings => Self::Posture,
        }
    }

    /// Returns the word for it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Posture => "worst first",
            Self::Name => "by name",
            Self::Expiry => "by expiry",
            Self::Latency => "by latency",
            Self::Tls => "by TLS version",
            Self::Findings => "by findings",
        }
    }

    /// Compares two endpoints by what was gathered of them.
    pub(super) fn compare(self, one: &FleetKey<'_>, two: &FleetKey<'_>) -> Ordering {
        let posture = || one.posture.cmp(&two.posture);
        let own = match self {
            Self::Posture => posture()
                .then_with(|| two.worst.cmp(&one.worst))
                .then_with(|| nothing_last(one.ends, two.ends, Ordering::is_lt)),
            Self::Name => Ordering::Equal,
            Self::Expiry => nothing_last(one.ends, two.ends, Ordering::is_lt),
            Self::Latency => nothing_last(one.latency, two.latency, Ordering::is_gt),
            Self::Tls => nothing_last(one.version, two.version, Ordering::is_lt),
            Self::Findings => two.findings.cmp(&one.findings).then_with(posture),
        };
        own.then_with(|| one.name.cmp(two.name))
    }
}

/// What an endpoint is sorted by, gathered once and not at each comparison.
pub(super) struct FleetKey<'a> {
    posture: Posture,
    worst: Option<Severity>,
    ends: Option<jiff::Timestamp>,
    latency: Option<Duration>,
    version: Option<u16>,
    findings: usize,
    name: &'a str,
}

impl<'a> FleetKey<'a> {
    pub(super) fn of(state: &'a EndpointState) -> Self {
        Self {
            posture: state.posture,
            worst: state.findings.first().map(|held| held.finding.severity),
            ends: model::end_entity(state).map(|certificate| certificate.not_after),
            latency: model::latency(state),
            version: model::handshake(state).map(|handshake| handshake.version.0),
            findings: state.findings.len(),
            name: &state.endpoint.name,
        }
    }
}

/// What the findings are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FindingOrder {
    /// Worst first.
    #[default]
    Severity,
    /// By check.
    Check,
    /// The most hits first.
    Hits,
    /// The newest first.
    Since,
}

impl FindingOrder {
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Severity => Self::Check,
            Self::Check => Self::Hits,
            Self::Hits => Self::Since,
            Self::Since => Self::Severity,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Severity => "worst first",
            Self::Check => "by check",
            Self::Hits => "by hits",
            Self::Since => "newest first",
        }
    }

    pub(super) fn compare(self, one: &FindingRow, two: &FindingRow) -> Ordering {
        let own = match self {
            Self::Severity => two.severity.cmp(&one.severity),
            Self::Check => Ordering::Equal,
            Self::Hits => two.members.len().cmp(&one.members.len()),
            Self::Since => two.since.cmp(&one.since),
        };
        own.then_with(|| one.check.cmp(two.check))
            .then_with(|| one.id.cmp(&two.id))
    }
}

/// What the certificates are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ExpiryOrder {
    /// What ends first, first.
    #[default]
    Left,
    /// By name.
    Name,
    /// By who presents it.
    Holders,
    /// By issuer.
    Issuer,
}

impl ExpiryOrder {
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Left => Self::Name,
            Self::Name => Self::Holders,
            Self::Holders => Self::Issuer,
            Self::Issuer => Self::Left,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Left => "by time left",
            Self::Name => "by name",
            Self::Holders => "most used first",
            Self::Issuer => "by issuer",
        }
    }

    pub(super) fn compare(self, digest: &Digest, one: usize, two: usize) -> Ordering {
        let (one, two) = (&digest.certificates[one], &digest.certificates[two]);
        let own = match self {
            Self::Left => Ordering::Equal,
            Self::Name => one.title().cmp(two.title()),
            Self::Holders => {
                let used = |row: &CertificateRow| row.holders.len() + row.files.len();
                used(two).cmp(&used(one))
            }
            Self::Issuer => one.certificate.issuer.cmp(&two.certificate.issuer),
        };
        own.then_with(|| one.certificate.not_after.cmp(&two.certificate.not_after))
            .then_with(|| one.certificate.sha256.cmp(&two.certificate.sha256))
    }
}

/// How findings are put together.
impl Group {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Check => Self::Single,
            Self::Single => Self::Check,
        }
    }
}

fn nothing_last<T: Ord>(one: Option<T>, two: Option<T>, first: fn(Ordering) -> bool) -> Ordering {
    match (one, two) {
        (Some(one), Some(two)) => {
            let order = one.cmp(&two);
            if order.is_eq() {
                order
            } else if first(order) {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}
