//! Mozilla, Security/Server Side TLS, guideline 5.7, configuration "old".
//!
//! Its certificate is an RSA one that SHA-256 signs. A second one on its curves is allowed beside it: the list has suites for that.

use super::mozilla_modern::{CURVES, GROUPS, HSTS_SECONDS};
use super::table::{CertificateDemands, Suites, Table};
use crate::observation::scan::Preference;
use crate::tls::ProtocolVersion;

pub(super) static TABLE: Table = Table {
    versions_required: VERSIONS,
    versions_allowed: VERSIONS,
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
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
        "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_RSA_WITH_AES_256_CBC_SHA256",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    ]),
    preference: Some(Preference::Server),
    groups: GROUPS,
    groups_one_of: &[],
    dh_bits: Some(1024),
    certificate: CertificateDemands {
        rsa_bits: Some(2048),
        curves: CURVES,
        edwards: false,
        signatures: &["sha256WithRSAEncryption"],
        most_days: Some(366),
        verifiable: true,
    },
    hsts_seconds: Some(HSTS_SECONDS),
    plaintext_refused: false,
    faults: false,
};

const VERSIONS: &[ProtocolVersion] = &[
    ProtocolVersion::TLSV1,
    ProtocolVersion::TLSV1_1,
    ProtocolVersion::TLSV1_2,
    ProtocolVersion::TLSV1_3,
];
