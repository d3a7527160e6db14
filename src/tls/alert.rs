//! Alert descriptions.

use serde::{Deserialize, Serialize};

use super::words::wire_names;

/// An alert description of IANA's TLS Alerts registry (RFC 8446 section 6), with those that only SSL 3.0 and old drafts have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AlertDescription(pub u8);

wire_names!(
    AlertDescription,
    "2",
    [
        (0, "close_notify"),
        (10, "unexpected_message"),
        (20, "bad_record_mac"),
        (21, "decryption_failed"),
        (22, "record_overflow"),
        (30, "decompression_failure"),
        (40, "handshake_failure"),
        (41, "no_certificate"),
        (42, "bad_certificate"),
        (43, "unsupported_certificate"),
        (44, "certificate_revoked"),
        (45, "certificate_expired"),
        (46, "certificate_unknown"),
        (47, "illegal_parameter"),
        (48, "unknown_ca"),
        (49, "access_denied"),
        (50, "decode_error"),
        (51, "decrypt_error"),
        (52, "too_many_cids_requested"),
        (60, "export_restriction"),
        (70, "protocol_version"),
        (71, "insufficient_security"),
        (80, "internal_error"),
        (86, "inappropriate_fallback"),
        (90, "user_canceled"),
        (100, "no_renegotiation"),
        (109, "missing_extension"),
        (110, "unsupported_extension"),
        (111, "certificate_unobtainable"),
        (112, "unrecognized_name"),
        (113, "bad_certificate_status_response"),
        (114, "bad_certificate_hash_value"),
        (115, "unknown_psk_identity"),
        (116, "certificate_required"),
        (117, "general_error"),
        (120, "no_application_protocol"),
        (121, "ech_required"),
    ]
);

impl AlertDescription {
    /// The sender is done (RFC 8446 section 6.1).
    pub const CLOSE_NOTIFY: Self = Self(0);
    /// A message at the wrong time.
    pub const UNEXPECTED_MESSAGE: Self = Self(10);
    /// A record that does not decrypt (RFC 8446 section 5.2).
    pub const BAD_RECORD_MAC: Self = Self(20);
    /// No parameters in common.
    pub const HANDSHAKE_FAILURE: Self = Self(40);
    /// A field out of range or at odds with others.
    pub const ILLEGAL_PARAMETER: Self = Self(47);
    /// A message that does not parse.
    pub const DECODE_ERROR: Self = Self(50);
    /// The version is recognised and refused.
    pub const PROTOCOL_VERSION: Self = Self(70);
    /// The server wants stronger parameters than the client has.
    pub const INSUFFICIENT_SECURITY: Self = Self(71);
    /// The peer's own trouble.
    pub const INTERNAL_ERROR: Self = Self(80);
    /// A retry below the best common version (RFC 7507).
    pub const INAPPROPRIATE_FALLBACK: Self = Self(86);
    /// The handshake is given up for a reason that is no fault.
    pub const USER_CANCELED: Self = Self(90);
    /// Not now, and perhaps never (RFC 5246 section 7.2.2).
    pub const NO_RENEGOTIATION: Self = Self(100);
    /// The server name is nobody's here (RFC 6066).
    pub const UNRECOGNIZED_NAME: Self = Self(112);
    /// The server wants a client certificate (TLS 1.3).
    pub const CERTIFICATE_REQUIRED: Self = Self(116);
    /// No application protocol in common (RFC 7301).
    pub const NO_APPLICATION_PROTOCOL: Self = Self(120);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_ascends_and_leads_back() {
        assert!(AlertDescription::NAMED.is_sorted_by_key(|(value, _)| *value));
        assert_eq!(AlertDescription::NAMED.len(), 37);
        for (value, name) in AlertDescription::NAMED {
            assert_eq!(value.name(), Some(*name));
            assert_eq!(AlertDescription::try_from((*name).to_owned()), Ok(*value));
        }
        assert_eq!(AlertDescription(200).to_string(), "0xC8");
    }
}
