//! Endpoints: what we look at, and what its owner intends.
//!
//! An endpoint holds no password: a target loses it when it is parsed. It knows nothing of what was seen.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::libpq::SslMode;

pub mod target;

/// One thing that the user wants watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its name, unique in a configuration. Everything that speaks of an endpoint speaks of it by this name.
    pub name: Arc<str>,
    /// Where it is and what it speaks.
    pub target: Target,
    /// The `sslmode` that its clients are meant to use.
    pub sslmode: SslMode,
    /// Trust anchors: a PEM file; the system's store where it is not given.
    #[serde(default)]
    pub sslrootcert: Option<PathBuf>,
    /// Our client certificate, a PEM file.
    #[serde(default)]
    pub sslcert: Option<PathBuf>,
    /// The key of our client certificate, a PEM file.
    #[serde(default)]
    pub sslkey: Option<PathBuf>,
    /// The name to send in SNI and to look for in the certificate, where it is not the target's host.
    #[serde(default)]
    pub server_name: Option<String>,
    /// The file that holds the certificate which the server presents, where verifull can read it: what is in it is held against
    /// what is served.
    #[serde(default)]
    pub serves: Option<PathBuf>,
    /// Free labels, for filters and for reports.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Time between two quick probes.
    pub interval: Duration,
    /// Time that any single step of a probe may take.
    pub timeout: Duration,
    /// The rarer test that ends at the authentication request; `None` turns it off.
    pub login_test: Option<Duration>,
    /// The scans beyond the quick probe: how often, and how loud.
    #[serde(default)]
    pub scan: ScanPlan,
    /// When a certificate is about to expire.
    pub expiry: ExpiryThresholds,
}

impl Endpoint {
    /// Returns the name that must stand in the certificate: `server_name`, else the host that is dialled.
    pub fn reference_name(&self) -> String {
        self.server_name
            .clone()
            .unwrap_or_else(|| self.target.host.to_string())
    }
}

/// Where an endpoint is and what it speaks, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// What is spoken there.
    pub protocol: Protocol,
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
    /// Database, for the PostgreSQL wire.
    #[serde(default)]
    pub database: Option<String>,
    /// User, for the PostgreSQL wire.
    #[serde(default)]
    pub user: Option<String>,
    /// Path and query, for HTTPS; `/` where none was given.
    #[serde(default)]
    pub path: Option<String>,
    /// Whether the text the target was parsed from held a password. It was dropped there and then.
    #[serde(default)]
    pub had_password: bool,
}

/// What is spoken at a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// The PostgreSQL wire: TLS begins after `SSLRequest`.
    Postgresql,
    /// HTTPS.
    Https,
    /// TLS from the first byte, and nothing known of what is inside.
    Tls,
}

impl Protocol {
    /// Returns the name that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Postgresql => "postgresql",
            Self::Https => "https",
            Self::Tls => "tls",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A host as the target names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Host {
    /// A DNS name in its ASCII form (RFC 5891), lower case, without a trailing dot.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl fmt::Display for Host {
    /// Writes the bare host, an IPv6 address without brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.pad(name),
            Self::Address(address) => f.pad(&address.to_string()),
        }
    }
}

/// How often an endpoint is scanned, and how loud. A time that is `None` turns its scans off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanPlan {
    /// Time between two looks at old versions, weak cipher suites and post-quantum groups.
    pub posture: Option<Duration>,
    /// Time between two rescans: is anything new accepted, is anything gone?
    pub rescan: Option<Duration>,
    /// Time between two deep scans. Without it there is none at the start and none on a change either.
    pub deep: Option<Duration>,
    /// Whether probes are made that may look like an attack: old hellos, malformed records.
    pub suspicious_probes: bool,
}

impl ScanPlan {
    /// Returns the plan that counts where nothing else is said.
    ///
    /// A raw connection of a scan costs a PostgreSQL-wire server one line in its log ("could not accept SSL connection"), and
    /// costs others nothing that anybody would see. So the plan is an eighth as dense there: about 160 lines a day from the
    /// rarer looks and 80 a week from a deep scan.
    pub const fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Postgresql => Self {
                posture: Some(Duration::from_hours(1)),
                rescan: Some(Duration::from_hours(6)),
                deep: Some(Duration::from_hours(7 * 24)),
                suspicious_probes: true,
            },
            Protocol::Https | Protocol::Tls => Self {
                posture: Some(Duration::from_mins(10)),
                rescan: Some(Duration::from_hours(1)),
                deep: Some(Duration::from_hours(24)),
                suspicious_probes: true,
            },
        }
    }
}

impl Default for ScanPlan {
    /// The plan of the PostgreSQL wire, the one that costs least.
    fn default() -> Self {
        Self::of(Protocol::Postgresql)
    }
}

/// When the rest of a certificate's life is worth a warning.
///
/// A fraction of the certificate's own lifetime, clamped on both sides, so that a six-day certificate does not cry
/// all day and a five-year one is not forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpiryThresholds {
    /// The warning part.
    pub warning: LifeFraction,
    /// The critical part.
    pub critical: LifeFraction,
}

// Fractions come from a parsed file and are compared for change only; they are never NaN.
impl Eq for ExpiryThresholds {}

/// A part of a lifetime with its clamps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LifeFraction {
    /// Part of the lifetime, from 0 to 1.
    pub fraction: f64,
    /// Never less than this.
    pub at_least: Duration,
    /// Never more than this.
    pub at_most: Duration,
}

impl LifeFraction {
    /// Returns how long before `notAfter` this part begins, for a certificate that lives `lifetime`.
    pub fn of(self, lifetime: Duration) -> Duration {
        lifetime
            .mul_f64(self.fraction.clamp(0.0, 1.0))
            .max(self.at_least)
            .min(self.at_most)
    }
}

impl Default for ExpiryThresholds {
    /// Warning at 30 % of life within 36 hours and 21 days, critical at 12 % within 12 hours and 7 days.
    fn default() -> Self {
        const HOUR: u64 = 3600;
        Self {
            warning: LifeFraction {
                fraction: 0.30,
                at_least: Duration::from_secs(36 * HOUR),
                at_most: Duration::from_secs(21 * 24 * HOUR),
            },
            critical: LifeFraction {
                fraction: 0.12,
                at_least: Duration::from_secs(12 * HOUR),
                at_most: Duration::from_secs(7 * 24 * HOUR),
            },
        }
    }
}
