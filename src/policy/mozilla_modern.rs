//! Mozilla, Security/Server Side TLS, guideline 5.7, configuration "modern".

use super::table::{CertificateDemands, Suites, Table};
use crate::tls::{NamedGroup, ProtocolVersion};

pub(super) static TABLE: Table = Table {
    versions_required: &[ProtocolVersion::TLSV1_3],
    versions_allowed: &[ProtocolVersion::TLSV1_3],
    suites: Suites::Named(TLS13_SUITES),
    // "Prefer server order: no": a server that has one all the same breaks nothing.
    preference: None,
    groups: GROUPS,
    groups_one_of: &[],
    dh_bits: None,
    certificate: CertificateDemands {
        rsa_bits: None,
        curves: CURVES,
        edwards: false,
        signatures: ECDSA_SIGNATURES,
        most_days: Some(90),
        verifiable: true,
    },
    hsts_seconds: Some(HSTS_SECONDS),
    plaintext_refused: false,
    faults: false,
};

/// Suites of TLS 1.3, in all three configurations.
pub(super) const TLS13_SUITES: &[&str] = &[
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
];

/// The guideline's three curves, and the pairs of one of them with ML-KEM: they came after 5.7, are no weaker than the
/// curve alone, and stand in the guideline that followed.
pub(super) const GROUPS: &[NamedGroup] = &[
    NamedGroup::X25519,
    NamedGroup::SECP256R1,
    NamedGroup::SECP384R1,
    NamedGroup::X25519MLKEM768,
    // SecP256r1MLKEM768 and SecP384r1MLKEM1024.
    NamedGroup(0x11EB),
    NamedGroup(0x11ED),
];

/// Curves of certificates, in all three configurations.
pub(super) const CURVES: &[&str] = &["secp256r1", "secp384r1"];

/// Signatures of an ECDSA CA.
const ECDSA_SIGNATURES: &[&str] = &[
    "ecdsa-with-SHA256",
    "ecdsa-with-SHA384",
    "ecdsa-with-SHA512",
];

/// Two years, in all three configurations.
pub(super) const HSTS_SECONDS: u64 = 63_072_000;
