//! The suites with which a handshake can be finished here: RSA, DHE and ECDHE with AES in CBC or GCM.

use aws_lc_rs::hmac;

use super::prf::Prf;
use crate::tls::{CipherSuite, Encryption, KeyExchange, Mac, Mode, ProtocolVersion};

/// How the two sides come to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::probe::scan) enum Exchange {
    Rsa,
    Dhe,
    Ecdhe,
}

/// What protects records.
#[derive(Clone, Copy, Debug)]
pub(super) enum Protection {
    /// MAC, then padding, then AES-CBC.
    Cbc(hmac::Algorithm),
    /// AES-GCM (RFC 5288).
    Gcm,
}

/// A suite of which everything is known.
#[derive(Clone, Copy, Debug)]
pub(in crate::probe::scan) struct Suite {
    pub(in crate::probe::scan) exchange: Exchange,
    pub(super) protection: Protection,
    /// Bytes of the AES key.
    pub(super) key_length: usize,
    ends_in_sha384: bool,
}

impl Suite {
    /// Returns what a suite consists of, where it is one of ours.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "everything that is not named is not ours"
    )]
    pub(in crate::probe::scan) fn of(suite: CipherSuite) -> Option<Self> {
        let properties = suite.properties()?;
        if properties.is_export()
            || properties.needs_shared_secret()
            || properties.encryption != Encryption::Aes
        {
            return None;
        }
        let exchange = match properties.key_exchange {
            KeyExchange::Rsa => Exchange::Rsa,
            KeyExchange::Dhe => Exchange::Dhe,
            KeyExchange::Ecdhe => Exchange::Ecdhe,
            _ => return None,
        };
        let protection = match (properties.mode, properties.mac) {
            (Mode::Gcm, _) => Protection::Gcm,
            (Mode::Cbc, Mac::Sha1) => Protection::Cbc(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            (Mode::Cbc, Mac::Sha256) => Protection::Cbc(hmac::HMAC_SHA256),
            (Mode::Cbc, Mac::Sha384) => Protection::Cbc(hmac::HMAC_SHA384),
            _ => return None,
        };
        Some(Self {
            exchange,
            protection,
            key_length: match properties.bits {
                128 => 16,
                256 => 32,
                _ => return None,
            },
            ends_in_sha384: suite.name()?.ends_with("SHA384"),
        })
    }

    /// Whether it is one of CBC.
    pub(in crate::probe::scan) fn is_cbc(&self) -> bool {
        matches!(self.protection, Protection::Cbc(_))
    }

    /// Returns the pseudorandom function that goes with it.
    pub(super) fn prf(&self, version: ProtocolVersion) -> Prf {
        if version < ProtocolVersion::TLSV1_2 {
            Prf::Md5Sha1
        } else if self.ends_in_sha384 {
            Prf::Sha384
        } else {
            Prf::Sha256
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_what_their_names_say() {
        let all: Vec<_> = CipherSuite::all()
            .filter_map(|suite| Some((suite, Suite::of(suite)?)))
            .collect();
        assert!(all.len() > 20, "{}", all.len());
        for (suite, known) in all {
            let name = suite.name().unwrap();
            assert!(name.contains("WITH_AES_"), "{name}");
            assert!(!name.contains("PSK") && !name.contains("SRP"), "{name}");
            assert_eq!(known.is_cbc(), name.contains("_CBC_"), "{name}");
            assert_eq!(known.key_length == 16, name.contains("AES_128"), "{name}");
            let prf = known.prf(ProtocolVersion::TLSV1_2);
            assert_eq!(prf == Prf::Sha384, name.ends_with("SHA384"), "{name}");
            assert_eq!(known.prf(ProtocolVersion::TLSV1_1), Prf::Md5Sha1);
        }
        for ours in [
            0x002F, 0x0035, 0x003C, 0x009C, 0x0033, 0x009E, 0xC013, 0xC02F, 0xC02B, 0xC028,
        ] {
            assert!(Suite::of(CipherSuite(ours)).is_some(), "{ours:04x}");
        }
        for other in [0x0005, 0x000A, 0x0003, 0x1301, 0xCCA8, 0x008C, 0x003B] {
            assert!(Suite::of(CipherSuite(other)).is_none(), "{other:04x}");
        }
    }
}
