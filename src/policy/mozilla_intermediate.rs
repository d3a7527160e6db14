//! Mozilla, Security/Server Side TLS, guideline 5.7, configuration "intermediate".
//!
//! The guideline also asks for OCSP stapling. That is left out: public CAs give up OCSP, and what a certificate says of it
//! is not among our facts.

use super::mozilla_modern::{CURVES, GROUPS, HSTS_SECONDS};
use super::table::{CertificateDemands, Suites, Table};
use crate::tls::ProtocolVersion;

pub(super) static TABLE: Table = Table {
    versions_required: &[ProtocolVersion::TLSV1_2, ProtocolVersion::TLSV1_3],
    versions_allowed: &[ProtocolVersion::TLSV1_2, ProtocolVersion::TLSV1_3],
    suites: Suites::Named(&[
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    ]),
    // "Prefer server order: no": a server that has one all the same breaks nothing.
    preference: None,
    groups: GROUPS,
    groups_one_of: &[],
    dh_bits: Some(2048),
    certificate: CertificateDemands {
        rsa_bits: Some(2048),
        curves: CURVES,
        edwards: false,
        signatures: &[
            "sha256WithRSAEncryption",
            "ecdsa-with-SHA256",
            "ecdsa-with-SHA384",
            "ecdsa-with-SHA512",
        ],
        most_days: Some(366),
        verifiable: true,
    },
    hsts_seconds: Some(HSTS_SECONDS),
    plaintext_refused: false,
    faults: false,
};
