//! Cipher suites: every registered one and those that servers used without asking, with their properties and a rule for how
//! strong each is.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::ProtocolVersion;
use super::registration::{Recommended, Registration};
use super::words::wire_text;

mod properties;
mod registry;

pub use properties::{Authentication, Encryption, KeyExchange, Mac, Mode, Properties};

use registry::{ROWS, Row};

/// A cipher suite of IANA's TLS Cipher Suites registry, or of a draft or vendor that took a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CipherSuite(pub u16);

/// Says in a suite's place that the client knows secure renegotiation (RFC 5746). No server chooses it.
pub const EMPTY_RENEGOTIATION_INFO_SCSV: CipherSuite = CipherSuite(0x00FF);

/// Says in a suite's place that the client retries with a lower version than it could (RFC 7507). No server chooses it.
pub const FALLBACK_SCSV: CipherSuite = CipherSuite(0x5600);

/// How strong a suite is; see [`CipherSuite::strength`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strength {
    /// Nothing is known about a suite that nobody registered.
    Unknown,
    /// Whoever listens can read along, or whoever sits in between can answer.
    Insecure,
    /// Breaks with much traffic or much work.
    Weak,
    /// Not broken, and left behind: no forward secrecy, no AEAD, a short tag, or outside the registry.
    Legacy,
    /// AEAD and forward secrecy.
    Strong,
}

impl Strength {
    /// Returns the word for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Insecure => "insecure",
            Self::Weak => "weak",
            Self::Legacy => "legacy",
            Self::Strong => "strong",
        }
    }
}

/// The registry's word on a suite, in one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Yes,
    No,
    Discouraged,
    Draft,
    Private,
}

impl Standing {
    fn registration(self) -> Registration {
        match self {
            Self::Yes | Self::No | Self::Discouraged => Registration::Iana,
            Self::Draft => Registration::Draft,
            Self::Private => Registration::Private,
        }
    }

    fn recommended(self) -> Recommended {
        match self {
            Self::Yes => Recommended::Yes,
            Self::Discouraged => Recommended::Discouraged,
            Self::No | Self::Draft | Self::Private => Recommended::No,
        }
    }
}

wire_text!(CipherSuite, "4");

impl CipherSuite {
    /// Returns every known suite, ascending by code point. The signalling values are not among them: they are no suites.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| Self(row.0))
    }

    /// Returns the registered name, or the one that drafts and vendors use.
    pub fn name(self) -> Option<&'static str> {
        match self {
            EMPTY_RENEGOTIATION_INFO_SCSV => Some("TLS_EMPTY_RENEGOTIATION_INFO_SCSV"),
            FALLBACK_SCSV => Some("TLS_FALLBACK_SCSV"),
            Self(_) => self.row().map(|row| row.2),
        }
    }

    /// Returns the suite that a name stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        [EMPTY_RENEGOTIATION_INFO_SCSV, FALLBACK_SCSV]
            .into_iter()
            .chain(Self::all())
            .find(|suite| suite.name() == Some(name))
    }

    /// Returns what a cipher string of OpenSSL calls the suite: the name of OpenSSL 3.0, or of the last release that had it.
    /// `None` where no release ever did.
    pub fn openssl_name(self) -> Option<&'static str> {
        self.row().and_then(|row| row.3)
    }

    /// Returns a name for a narrow column: OpenSSL's, or one made like it.
    pub fn short(self) -> String {
        if let Some(name) = self.openssl_name() {
            return name.to_owned();
        }
        let Some(name) = self.name() else {
            return self.code();
        };
        // Without `_WITH_`, OpenSSL would write the whole name, too.
        let Some((before, after)) = name.split_once("_WITH_") else {
            return name.to_owned();
        };
        let before = before.strip_prefix("TLS_").unwrap_or(before);
        let mut after = Cow::from(after);
        for cipher in ["AES", "ARIA", "CAMELLIA"] {
            if let Some(rest) = after.strip_prefix(cipher) {
                after = format!("{cipher}{}", rest.trim_start_matches('_')).into();
            }
        }
        format!("{before}-{after}").replace('_', "-")
    }

    /// Returns what the suite consists of; `None` for a number that nobody is known to have used.
    pub fn properties(self) -> Option<Properties> {
        let (_, standing, name, _) = *self.row()?;
        Properties::of(name, standing.recommended(), standing.registration())
    }

    /// Tells a suite that only TLS 1.3 negotiates: it names a cipher and a hash, and leaves keys and signatures to extensions.
    pub fn is_tls13(self) -> bool {
        self.properties()
            .is_some_and(|it| it.key_exchange == KeyExchange::Tls13)
    }

    /// Tells whether the RFCs let a version negotiate the suite: AEAD and the SHA-2 MACs from TLS 1.2 on (RFC 5246, RFC 5288,
    /// RFC 5289; the pre-shared key suites of RFC 5487, RFC 5489 and RFC 6367 from TLS 1.0 on), export suites up to TLS 1.0
    /// (RFC 4346 appendix A.5), DES and IDEA up to TLS 1.1 (RFC 5469), elliptic curves from TLS 1.0 on (RFC 8422), the suites
    /// of TLS 1.3 there and nowhere else. Other suites are older than the versions, and SSL 3.0 takes them.
    ///
    /// Servers break this rule, so a scan asks for every suite at every version; it is for prediction and for display. A suite
    /// that is not known fits no version.
    pub fn fits(self, version: ProtocolVersion) -> bool {
        let Some(properties) = self.properties() else {
            return false;
        };
        // "MUST NOT be negotiated" (RFC 5246 appendix A.5): it is where a connection begins.
        if properties.key_exchange == KeyExchange::Null {
            return false;
        }
        let (first, last) = properties.versions();
        (first..=last).contains(&version)
    }

    /// Returns how strong the suite is:
    ///
    /// - insecure: no encryption (NULL), no authentication (anonymous), EXPORT, RC4 (RFC 7465), RC2, single DES, and any key
    ///   of less than 112 bits;
    /// - weak: blocks of 64 bits (3DES, IDEA, GOST 28147 and Magma; Sweet32, CVE-2016-2183), and MD5 as the MAC;
    /// - legacy: everything else without forward secrecy, without AEAD (so all of CBC and HMAC-SHA-1), with the 8-byte tag of
    ///   `CCM_8`, or outside IANA's registry, such as the drafts of ChaCha20-Poly1305;
    /// - strong: AEAD with forward secrecy.
    ///
    /// It is the suite alone that is judged: a finite-field group of 512 bits spoils a strong suite, and TLS 1.3 has forward
    /// secrecy except in its PSK-only mode (RFC 8446 section 2.2).
    pub fn strength(self) -> Strength {
        self.properties()
            .map_or(Strength::Unknown, Properties::strength)
    }

    fn row(self) -> Option<&'static Row> {
        let index = ROWS.binary_search_by_key(&self.0, |row| row.0).ok()?;
        Some(&ROWS[index])
    }
}

#[cfg(test)]
mod tests;
