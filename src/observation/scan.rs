//! What a scan of one address saw: everything beyond the one whole handshake of the quick probe.
//!
//! A scan asks with `ClientHello`s of its own what a server accepts. Each answer proves one thing: a `ServerHello` that what
//! it chose is accepted, a refusal that nothing of what was offered is. What no answer proved stays undecided, so that a shallow
//! scan and an interrupted one tell the same kind of truth as a whole one. Nothing in here is judged.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Attempt;
use crate::tls::{
    AlertDescription, CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme, Sslv2CipherKind,
};
use crate::x509::{PresentedChain, Verification};

/// How far a scan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanDepth {
    /// Five connections: old versions, weak cipher suites, post-quantum groups.
    Posture,
    /// A server that is known from a deep scan: is anything new accepted, is anything gone?
    Rescan,
    /// Everything.
    Deep,
}

impl ScanDepth {
    /// Returns the name that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Posture => "posture",
            Self::Rescan => "rescan",
            Self::Deep => "deep",
        }
    }
}

/// What one scan of one address saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// How far it went.
    pub depth: ScanDepth,
    /// When it began.
    pub began_at: Timestamp,
    /// How long it took.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub duration: Duration,
    /// TCP connections that were opened for it.
    pub connections_used: u32,
    /// Why the picture is not whole, one sentence each without final stop; empty where it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
    /// How the server treated our connections.
    #[serde(default)]
    pub conduct: Conduct,
    /// SSLv3 to TLSv1.3, oldest first, each once.
    pub versions: Vec<VersionSupport>,
    /// SSLv2: its cipher kinds; `Refused` where the server does not speak it.
    pub sslv2: Attempt<Sslv2Support>,
    /// Groups that are accepted in TLS 1.3.
    pub groups_tls13: Enumeration<NamedGroup>,
    /// Groups that are accepted up to TLS 1.2.
    pub groups_tls12: Enumeration<NamedGroup>,
    /// Finite-field Diffie-Hellman parameters, one entry for each prime that was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dh_parameters: Vec<DhParameters>,
    /// The temporary RSA key of the `RSA_EXPORT` suites (RFC 2246 section 7.4.3); not attempted where none is accepted.
    pub export_rsa: Attempt<ExportRsaKey>,
    /// Whether ephemeral keys repeat.
    pub ephemeral_keys: EphemeralKeys,
    /// Signature schemes with which the server signs `ServerKeyExchange` in TLS 1.2.
    pub signature_schemes_tls12: Enumeration<SignatureScheme>,
    /// The chains that the server presents for other key types, and without server name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chains: Vec<ScannedChain>,
    /// Extensions and signals of the handshake.
    pub handshake: HandshakeFeatures,
    /// Sessions and how they are resumed.
    pub sessions: Sessions,
    /// What the PostgreSQL wire adds.
    pub postgresql: PostgresqlFeatures,
    /// Faults of implementations.
    pub faults: Faults,
}

/// How a server treated the connections of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conduct {
    /// Connections that the server reset.
    pub resets: u32,
    /// Connections that the server closed without a word where an answer was due.
    pub closes: u32,
    /// Connections on which nothing came in time.
    pub timeouts: u32,
    /// Connections that did not come about.
    pub unconnected: u32,
    /// Alerts with which hellos were refused, and how often.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub alerts: BTreeMap<AlertDescription, u32>,
    /// Whether the scan slowed down because the server would not take connections so fast.
    pub slowed_down: bool,
}

/// What is accepted in one protocol version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionSupport {
    /// The version.
    pub version: ProtocolVersion,
    /// Whether the server speaks it; `Refused` with how it said no.
    pub offered: Attempt<()>,
    /// Its cipher suites.
    pub cipher_suites: Enumeration<CipherSuite>,
}

/// Which values of a kind a server accepts, as far as answers prove it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enumeration<T> {
    /// Accepted, in the server's order of preference where it has one and the scan established it.
    pub accepted: Vec<T>,
    /// Proved not to be accepted.
    pub refused: Refused<T>,
    /// Whose order decides among several that both sides have.
    pub preference: Attempt<Preference>,
}

/// What is proved not to be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused<T> {
    /// Every known value that is not among the accepted.
    EveryOther,
    /// These, and of the rest nobody knows.
    These(Vec<T>),
}

/// Whose order of preference decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preference {
    /// The server's.
    Server,
    /// The server's, but a client whose first suite is ChaCha20-Poly1305 gets that (OpenSSL's `PrioritizeChaCha`).
    ServerButChacha20,
    /// The client's.
    Client,
}

impl<T: Copy + PartialEq> Enumeration<T> {
    /// Returns an enumeration of which nothing is known, and why.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self {
            accepted: Vec::new(),
            refused: Refused::These(Vec::new()),
            preference: Attempt::NotAttempted(reason.into()),
        }
    }

    /// Whether every known value is decided.
    pub fn is_complete(&self) -> bool {
        self.refused == Refused::EveryOther
    }

    /// Whether a value is accepted; `None` where no answer decided it.
    pub fn accepts(&self, value: T) -> Option<bool> {
        if self.accepted.contains(&value) {
            return Some(true);
        }
        match &self.refused {
            Refused::EveryOther => Some(false),
            Refused::These(refused) => refused.contains(&value).then_some(false),
        }
    }

    /// Whether any of some values is accepted; `None` where none is known to be and not all are refused.
    pub fn accepts_any(&self, values: impl IntoIterator<Item = T>) -> Option<bool> {
        let mut undecided = false;
        for value in values {
            match self.accepts(value) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => undecided = true,
            }
        }
        (!undecided).then_some(false)
    }
}

/// What a server that speaks SSLv2 says in its `SERVER-HELLO`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sslv2Support {
    /// Cipher kinds in common; empty where none is configured, which CVE-2015-3197 did not respect.
    pub cipher_kinds: Vec<Sslv2CipherKind>,
    /// SHA-256 of the public key in its certificate, in hexadecimal, where that could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spki_sha256: Option<String>,
}

/// Finite-field Diffie-Hellman parameters from a `ServerKeyExchange`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DhParameters {
    /// Version in which they were seen.
    pub version: ProtocolVersion,
    /// Cipher suite with which they were seen.
    pub cipher_suite: CipherSuite,
    /// Bits of the prime.
    pub bits: u32,
    /// Name of a prime that many servers share, such as `RFC 3526 group 14`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub well_known: Option<String>,
    /// SHA-256 of the prime, big-endian without leading zeros, in hexadecimal.
    pub prime_sha256: String,
}

/// The temporary RSA key of an `RSA_EXPORT` suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportRsaKey {
    /// Bits of the modulus.
    pub bits: u32,
    /// Whether two connections got the same key; `None` where only one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reused: Option<bool>,
}

/// Whether two handshakes got the same ephemeral public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EphemeralKeys {
    /// Finite-field Diffie-Hellman.
    pub dh_reused: Attempt<bool>,
    /// Elliptic-curve Diffie-Hellman.
    pub ecdh_reused: Attempt<bool>,
}

/// A chain that was presented to a hello other than the quick probe's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannedChain {
    /// What the hello asked for: `RSA`, `ECDSA`, `Ed25519`, `DSA`.
    pub key_type: String,
    /// Whether the hello named the server (SNI).
    pub with_server_name: bool,
    /// The chain.
    pub chain: PresentedChain,
    /// What a client that trusts the endpoint's anchors concludes from it.
    pub verification: Attempt<Verification>,
}

/// Extensions and signals of the handshake. `true` means that the server does it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandshakeFeatures {
    /// Refuses a hello with `TLS_FALLBACK_SCSV` (RFC 7507); not attempted where there is only one version to fall to.
    pub fallback_scsv: Attempt<bool>,
    /// Marks its random value when it negotiates less than it has (RFC 8446 section 4.1.3); not attempted without TLS 1.3.
    pub downgrade_sentinel: Attempt<bool>,
    /// Echoes `renegotiation_info` (RFC 5746).
    pub secure_renegotiation: Attempt<bool>,
    /// Lets a client start a renegotiation (CVE-2011-1473).
    pub client_renegotiation: Attempt<bool>,
    /// Chooses DEFLATE (RFC 3749).
    pub compression: Attempt<bool>,
    /// Echoes `extended_master_secret` (RFC 7627).
    pub extended_master_secret: Attempt<bool>,
    /// Echoes `encrypt_then_mac` with a CBC suite (RFC 7366).
    pub encrypt_then_mac: Attempt<bool>,
    /// Echoes `heartbeat` (RFC 6520).
    pub heartbeat: Attempt<bool>,
    /// Staples an OCSP response (RFC 6066 section 8).
    pub ocsp_stapled: Attempt<bool>,
    /// Ignores values that nobody has registered (RFC 8701).
    pub grease_tolerated: Attempt<bool>,
    /// Takes a `ClientHello` of more than 1,400 bytes in two TCP segments and two records.
    pub large_hello_tolerated: Attempt<bool>,
    /// Application protocols that it accepts (RFC 7301).
    pub alpn: Attempt<Vec<String>>,
    /// Asks for a client certificate in TLS 1.2, where that shows before keys are agreed; the CAs that it names.
    pub certificate_request: Attempt<Option<Vec<String>>>,
}

/// Sessions and how they are resumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Resumes a TLS 1.2 session by its id (RFC 5246 section 7.3).
    pub resumed_by_id: Attempt<bool>,
    /// Resumes a TLS 1.2 session by a ticket (RFC 5077).
    pub resumed_by_ticket: Attempt<bool>,
    /// Resumes a TLS 1.3 session by a pre-shared key (RFC 8446 section 2.2).
    pub resumed_by_psk: Attempt<bool>,
    /// The ticket of TLS 1.2 or 1.3; `Refused` where none is issued.
    pub ticket: Attempt<Ticket>,
    /// Most bytes of early data that a TLS 1.3 ticket allows (RFC 8446 section 4.2.10); 0: none.
    pub early_data: Attempt<u32>,
}

/// What can be seen of a session ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// Lifetime (hint) in seconds; 0: unspecified.
    pub lifetime_seconds: u32,
    /// SHA-256 of the ticket's first 16 bytes, in hexadecimal: where the server encrypts tickets, they name the key that
    /// does it (RFC 5077 section 4), and a name that stays is a key that is not rotated. `None` where two tickets had
    /// different beginnings, so that it is no key name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_name_sha256: Option<String>,
}

/// What a PostgreSQL-wire scan adds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostgresqlFeatures {
    /// Takes a `ClientHello` in place of `SSLRequest` (PostgreSQL 17, `sslnegotiation=direct`), and the application protocol that
    /// it chose: SQL only where that is `postgresql`.
    pub direct_tls: Attempt<DirectTls>,
    /// Refuses bytes that come between `SSLRequest` and the handshake (CVE-2021-23214).
    pub early_bytes_refused: Attempt<bool>,
    /// Cipher suites with which the handshake ends well and SQL is refused afterwards, with what the server said: CockroachDB's
    /// `--tls-cipher-suites`.
    pub refused_after_handshake: Attempt<Vec<RefusedSuite>>,
}

/// What a `ClientHello` without `SSLRequest` gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectTls {
    /// The application protocol that the server chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpn: Option<String>,
}

/// A cipher suite that the handshake takes and the application refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedSuite {
    /// Version.
    pub version: ProtocolVersion,
    /// Suite.
    pub cipher_suite: CipherSuite,
    /// What the server said, such as an error with SQLSTATE 08004.
    pub reason: String,
}

/// Faults of implementations. Each is settled by an exchange that harms nothing, and only where that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// Heartbleed (CVE-2014-0160): answers a heartbeat with more than was sent.
    pub heartbleed: Attempt<bool>,
    /// CVE-2014-0224: takes `ChangeCipherSpec` before there are keys.
    pub ccs_injection: Attempt<bool>,
    /// ROBOT (CVE-2017-13099 and others): tells well-formed PKCS #1 padding from other.
    pub robot: Attempt<Oracle>,
    /// Ticketbleed (CVE-2016-9244): echoes more of a session id than was sent.
    pub ticketbleed: Attempt<bool>,
    /// POODLE on TLS (CVE-2014-8730) and kin: tells records with wrong CBC padding from records with a wrong MAC.
    pub cbc_padding_oracle: Attempt<bool>,
}

/// What a padding oracle gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oracle {
    /// All answers are alike.
    None,
    /// Answers differ, too little for an attack in practice.
    Weak,
    /// Answers tell the kinds of padding apart.
    Strong,
}

impl Faults {
    /// Returns faults that nobody looked for, and why.
    pub fn unknown(reason: &str) -> Self {
        let reason = || reason.to_owned();
        Self {
            heartbleed: Attempt::NotAttempted(reason()),
            ccs_injection: Attempt::NotAttempted(reason()),
            robot: Attempt::NotAttempted(reason()),
            ticketbleed: Attempt::NotAttempted(reason()),
            cbc_padding_oracle: Attempt::NotAttempted(reason()),
        }
    }
}

impl Scan {
    /// Versions that can be scanned, oldest first, without SSLv2.
    pub const VERSIONS: [ProtocolVersion; 5] = [
        ProtocolVersion::SSLV3,
        ProtocolVersion::TLSV1,
        ProtocolVersion::TLSV1_1,
        ProtocolVersion::TLSV1_2,
        ProtocolVersion::TLSV1_3,
    ];

    /// Returns a scan that has seen nothing yet.
    pub fn unseen(depth: ScanDepth, began_at: Timestamp, reason: &str) -> Self {
        fn not_attempted<T>(reason: &str) -> Attempt<T> {
            Attempt::NotAttempted(reason.to_owned())
        }
        Self {
            depth,
            began_at,
            duration: Duration::ZERO,
            connections_used: 0,
            gaps: Vec::new(),
            conduct: Conduct::default(),
            versions: Self::VERSIONS
                .into_iter()
                .map(|version| VersionSupport {
                    version,
                    offered: not_attempted(reason),
                    cipher_suites: Enumeration::unknown(reason),
                })
                .collect(),
            sslv2: not_attempted(reason),
            groups_tls13: Enumeration::unknown(reason),
            groups_tls12: Enumeration::unknown(reason),
            dh_parameters: Vec::new(),
            export_rsa: not_attempted(reason),
            ephemeral_keys: EphemeralKeys {
                dh_reused: not_attempted(reason),
                ecdh_reused: not_attempted(reason),
            },
            signature_schemes_tls12: Enumeration::unknown(reason),
            chains: Vec::new(),
            handshake: HandshakeFeatures {
                fallback_scsv: not_attempted(reason),
                downgrade_sentinel: not_attempted(reason),
                secure_renegotiation: not_attempted(reason),
                client_renegotiation: not_attempted(reason),
                compression: not_attempted(reason),
                extended_master_secret: not_attempted(reason),
                encrypt_then_mac: not_attempted(reason),
                heartbeat: not_attempted(reason),
                ocsp_stapled: not_attempted(reason),
                grease_tolerated: not_attempted(reason),
                large_hello_tolerated: not_attempted(reason),
                alpn: not_attempted(reason),
                certificate_request: not_attempted(reason),
            },
            sessions: Sessions {
                resumed_by_id: not_attempted(reason),
                resumed_by_ticket: not_attempted(reason),
                resumed_by_psk: not_attempted(reason),
                ticket: not_attempted(reason),
                early_data: not_attempted(reason),
            },
            postgresql: PostgresqlFeatures {
                direct_tls: not_attempted(reason),
                early_bytes_refused: not_attempted(reason),
                refused_after_handshake: not_attempted(reason),
            },
            faults: Faults::unknown(reason),
        }
    }

    /// Whether nothing stayed open that this depth looks at.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }

    /// Returns what is known of one version.
    pub fn version(&self, version: ProtocolVersion) -> Option<&VersionSupport> {
        self.versions
            .iter()
            .find(|support| support.version == version)
    }

    /// Whether a version is spoken; `None` where no answer decided it.
    pub fn offers(&self, version: ProtocolVersion) -> Option<bool> {
        match &self.version(version)?.offered {
            Attempt::Seen(()) => Some(true),
            Attempt::Refused(_) => Some(false),
            Attempt::Failed(_) | Attempt::NotAttempted(_) => None,
        }
    }
}
