//! libpq's words: connection strings, the six `sslmode`s, and the PostgreSQL messages before login.
//!
//! It dials nothing and keeps no password: a connection string loses it when it is parsed.

use std::fmt;

use serde::{Deserialize, Serialize};

pub mod conninfo;
pub mod declared;
pub mod wire;

/// libpq's `sslmode` (PostgreSQL documentation, section 34.19), weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    /// Only plaintext.
    Disable,
    /// Plaintext first, TLS if the server insists.
    Allow,
    /// TLS first, plaintext if the server does not want it. libpq's default.
    Prefer,
    /// Only TLS, with anybody.
    Require,
    /// Only TLS, with anybody whom the CA has certified.
    VerifyCa,
    /// Only TLS, with the host that was dialled.
    VerifyFull,
}

impl SslMode {
    /// All six, weakest first.
    pub const ALL: [Self; 6] = [
        Self::Disable,
        Self::Allow,
        Self::Prefer,
        Self::Require,
        Self::VerifyCa,
        Self::VerifyFull,
    ];

    /// Returns libpq's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// Reads libpq's spelling.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
