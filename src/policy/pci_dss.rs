//! PCI DSS 4.0 and 4.0.1, requirement 4.2.1 and appendix G ("strong cryptography").
//!
//! The standard has no list of suites. It asks for at least 112 bits of effective strength and industry practice, and points to
//! NIST SP 800-52 and SP 800-57: so no SSL, no "early TLS", nothing that NIST disallows, no known vulnerability, a valid certificate
//! (requirement 4.2.1), and no way around encryption. Nothing in it wants TLS 1.3 or forward secrecy.

use super::table::{CertificateDemands, Suites, Table};
use crate::tls::{Encryption, KeyExchange, Mode, NamedGroup, ProtocolVersion};

/// Modes of block ciphers that are not broken.
const BLOCK: &[Mode] = &[Mode::Gcm, Mode::Ccm, Mode::Ccm8, Mode::Cbc];

pub(super) static TABLE: Table = Table {
    versions_required: &[],
    versions_allowed: &[ProtocolVersion::TLSV1_2, ProtocolVersion::TLSV1_3],
    suites: Suites::Made {
        key_exchanges: &[
            KeyExchange::Rsa,
            KeyExchange::Dh,
            KeyExchange::Dhe,
            KeyExchange::Ecdh,
            KeyExchange::Ecdhe,
            KeyExchange::Tls13,
        ],
        // 3DES has 112 bits and is disallowed since the end of 2023 (NIST SP 800-131A).
        ciphers: &[
            (Encryption::Aes, BLOCK),
            (Encryption::Camellia, BLOCK),
            (Encryption::Aria, BLOCK),
            (Encryption::ChaCha20, &[Mode::Poly1305]),
        ],
        least_bits: 112,
    },
    preference: None,
    groups: &[
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
        NamedGroup::SECP521R1,
        // x448, secp224r1, secp256k1, Brainpool, and the binary curves from 233 bits: at least 112 bits of strength.
        NamedGroup(0x001E),
        NamedGroup(0x0014),
        NamedGroup(0x0015),
        NamedGroup(0x0016),
        NamedGroup(0x001A),
        NamedGroup(0x001B),
        NamedGroup(0x001C),
        NamedGroup(0x001F),
        NamedGroup(0x0020),
        NamedGroup(0x0021),
        NamedGroup(0x0006),
        NamedGroup(0x0007),
        NamedGroup(0x0008),
        NamedGroup(0x0009),
        NamedGroup(0x000A),
        NamedGroup(0x000B),
        NamedGroup(0x000C),
        NamedGroup(0x000D),
        NamedGroup(0x000E),
        // ML-KEM, alone and in pairs.
        NamedGroup(0x0200),
        NamedGroup(0x0201),
        NamedGroup(0x0202),
        NamedGroup(0x11EB),
        NamedGroup(0x11ED),
        NamedGroup::X25519MLKEM768,
    ],
    groups_one_of: &[],
    dh_bits: Some(2048),
    certificate: CertificateDemands {
        rsa_bits: Some(2048),
        curves: &["secp224r1", "secp256r1", "secp384r1", "secp521r1"],
        edwards: true,
        signatures: &[
            "sha256WithRSAEncryption",
            "sha384WithRSAEncryption",
            "sha512WithRSAEncryption",
            "rsassaPss with sha256",
            "rsassaPss with sha384",
            "rsassaPss with sha512",
            "ecdsa-with-SHA256",
            "ecdsa-with-SHA384",
            "ecdsa-with-SHA512",
            "Ed25519",
            "Ed448",
        ],
        most_days: None,
        verifiable: true,
    },
    hsts_seconds: None,
    plaintext_refused: true,
    faults: true,
};
