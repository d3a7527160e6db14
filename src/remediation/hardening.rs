//! What a server's TLS is to be made to do, and the values that several dialects share.
//!
//! A want names what is to be achieved and no setting: which setting does it, and whether there is one, each dialect knows.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::remediation::Connection;

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
}
