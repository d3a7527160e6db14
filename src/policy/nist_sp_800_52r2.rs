//! NIST SP 800-52 revision 2 (August 2019), section 3: servers that only the government's own applications use.
//!
//! - Versions: section 3.1. TLS 1.3 since 1 January 2024; TLS 1.1 "should not", everything older "shall not".
//! - Suites: section 3.3.1. AES with GCM, CCM or CBC and an agreement of keys; key transport with RSA is deprecated (appendix
//!   D), `ChaCha20` and Camellia are not approved, 3DES is not since the end of 2023 (SP 800-131A).
//! - Groups: section 3.4.2.2 wants P-256 or P-384, and others of SP 800-56A appendix D. X25519 and X448 are not there; the pairs
//!   with ML-KEM (FIPS 203) are approved as a whole when one part is (SP 800-56C).
//! - Certificates: section 3.2.1, at least 112 bits of security, SHA-2.

use super::table::{CertificateDemands, Suites, Table};
use crate::tls::{Encryption, KeyExchange, Mode, NamedGroup, ProtocolVersion};

pub(super) static TABLE: Table = Table {
    versions_required: &[ProtocolVersion::TLSV1_2, ProtocolVersion::TLSV1_3],
    versions_allowed: &[ProtocolVersion::TLSV1_2, ProtocolVersion::TLSV1_3],
    suites: Suites::Made {
        key_exchanges: &[
            KeyExchange::Ecdhe,
            KeyExchange::Dhe,
            KeyExchange::Ecdh,
            KeyExchange::Dh,
            KeyExchange::Tls13,
        ],
        ciphers: &[(
            Encryption::Aes,
            &[Mode::Gcm, Mode::Ccm, Mode::Ccm8, Mode::Cbc],
        )],
        least_bits: 128,
    },
    preference: None,
    groups: &[
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
        NamedGroup::SECP521R1,
        // secp224r1, and the binary curves from 233 bits.
        NamedGroup(0x0015),
        NamedGroup(0x0006),
        NamedGroup(0x0007),
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
    groups_one_of: &[NamedGroup::SECP256R1, NamedGroup::SECP384R1],
    dh_bits: Some(2048),
    certificate: CertificateDemands {
        rsa_bits: Some(2048),
        curves: &["secp224r1", "secp256r1", "secp384r1", "secp521r1"],
        // FIPS 186-5 approved both in 2023.
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
    plaintext_refused: false,
    faults: false,
};
