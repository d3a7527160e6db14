//! What a server's TLS is to be made to do, and the values that several dialects share.
//!
//! A want names what is to be achieved and no setting: which setting does it, and whether there is one, each dialect knows.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::remediation::Connection;

/// Suites of TLS 1.2 with forward secrecy and authenticated encryption (RFC 9325 section 4.2), as OpenSSL writes a choice of them.
pub(super) const OPENSSL_SUITES: &str = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// The same, one by one, by their names in IANA's registry.
pub(super) const IANA_SUITES: [&str; 6] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// Groups of 128 bits of security and more, in OpenSSL's names.
pub(super) const OPENSSL_GROUPS: &str = "X25519:prime256v1:secp384r1";

/// The hybrid group first. OpenSSL before 3.5 refuses the whole list.
pub(super) const OPENSSL_HYBRID_GROUPS: &str = "X25519MLKEM768:X25519:prime256v1:secp384r1";

/// Signature schemes without SHA-1, SHA-224 and MD5, in OpenSSL's names.
pub(super) const OPENSSL_SIGNATURES: &str =
    "ECDSA+SHA256:ECDSA+SHA384:ed25519:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA+SHA256:RSA+SHA384";

/// Where Diffie-Hellman parameters stand, if nobody said.
pub(super) const DH_FILE: &str = "/path/to/dhparam.pem";

/// What a server's TLS is to be made to do: only what was found, so that a snippet touches nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsHardening {
    /// Where it is served.
    pub connection: Connection,
    /// What is to be achieved.
    pub wants: BTreeSet<TlsWant>,
}

/// One thing that is to be achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsWant {
    /// Nothing older than TLS 1.2: SSLv2, SSLv3, TLS 1.0 and 1.1 are refused.
    Tls12OrNewer,
    /// TLS 1.3 is offered.
    Tls13,
    /// In TLS 1.2 only suites with forward secrecy and authenticated encryption: no RC4, 3DES, CBC, NULL, anonymous, export,
    /// static RSA.
    ModernSuites,
    /// The server's order of suites decides.
    ServerPreference,
    /// Only groups of 128 bits of security and more.
    StrongGroups,
    /// The hybrid group X25519MLKEM768 is offered.
    HybridGroup,
    /// Finite-field Diffie-Hellman with a prime of at least 2,048 bits that is known to be good, or none.
    StrongDh,
    /// No signatures with SHA-1, SHA-224 or MD5 in the handshake.
    StrongSignatures,
    /// No compression of TLS records.
    NoCompression,
    /// A client cannot start a renegotiation.
    NoClientRenegotiation,
    /// No early data.
    NoEarlyData,
    /// No session tickets under a key that stays for ever.
    FreshTicketKeys,
    /// A TLS library without known faults, and with what protects the handshake: RFC 5746, 7507, 7627 and the downgrade
    /// sentinel of RFC 8446.
    CurrentLibrary,
}

impl TlsWant {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Tls12OrNewer,
        Self::Tls13,
        Self::ModernSuites,
        Self::ServerPreference,
        Self::StrongGroups,
        Self::HybridGroup,
        Self::StrongDh,
        Self::StrongSignatures,
        Self::NoCompression,
        Self::NoClientRenegotiation,
        Self::NoEarlyData,
        Self::FreshTicketKeys,
        Self::CurrentLibrary,
    ];
}

impl TlsHardening {
    /// Returns what is to be achieved for this connection.
    pub fn new(connection: Connection, wants: impl IntoIterator<Item = TlsWant>) -> Self {
        Self {
            connection,
            wants: wants.into_iter().collect(),
        }
    }

    /// Tells whether this is among what is to be achieved.
    pub(super) fn wants(&self, want: TlsWant) -> bool {
        self.wants.contains(&want)
    }

    /// Tells whether any of these is.
    pub(super) fn wants_any(&self, wants: &[TlsWant]) -> bool {
        wants.iter().any(|want| self.wants(*want))
    }
    /// Returns the groups to name, in OpenSSL's names, if groups are an issue.
    pub(super) fn openssl_groups(&self) -> Option<&'static str> {
        if self.wants(TlsWant::HybridGroup) {
            Some(OPENSSL_HYBRID_GROUPS)
        } else if self.wants(TlsWant::StrongGroups) {
            Some(OPENSSL_GROUPS)
        } else {
            None
        }
    }

    /// Returns the steps that come before any of a server's own.
    pub(super) fn first_steps(&self) -> Vec<String> {
        if self.wants(TlsWant::Tls12OrNewer) {
            vec!["look into the log for clients that have nothing newer than TLS 1.1: they are refused from now on".to_owned()]
        } else {
            Vec::new()
        }
    }
}

/// Returns the step that makes a file with the parameters of RFC 7919.
pub(super) fn dh_step(file: &str) -> String {
    format!(
        "make the file: openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe3072 -out {file}"
    )
}

/// The step for who names the hybrid group.
pub(super) const HYBRID_STEP: &str =
    "X25519MLKEM768 needs OpenSSL 3.5 or newer: an older one refuses the line";
