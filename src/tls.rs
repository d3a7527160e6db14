//! TLS words: protocol versions, cipher suites, named groups and alerts as the values on the wire.
//!
//! A name is for printing; the number is the value, and a number nobody registered prints in hexadecimal. No
//! sockets and no handshake: the codec comes to live here too, the conversations stay in `probe`.

use std::fmt;

use serde::{Deserialize, Serialize};

pub mod client_hello;
pub mod flight;
mod reader;
pub mod record;
pub mod server;
pub mod sslv2;

pub use client_hello::ClientHello;
pub use flight::ServerFlight;
pub use reader::Malformed;
pub use sslv2::Sslv2CipherKind;

/// A protocol version as in `ClientHello.legacy_version` and `supported_versions` (RFC 8446 section 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProtocolVersion(pub u16);

/// A cipher suite of IANA's TLS Cipher Suites registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CipherSuite(pub u16);

/// A group of IANA's TLS Supported Groups registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NamedGroup(pub u16);

/// A signature scheme of IANA's TLS SignatureScheme registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SignatureScheme(pub u16);

/// An alert description (RFC 8446 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AlertDescription(pub u8);

/// Gives a wire value its names in both directions from one table.
macro_rules! wire_names {
    ($type:ident, $width:literal, [$(($code:expr, $name:expr)),* $(,)?]) => {
        impl $type {
            /// Every value that has a name, in the order of the table.
            pub const NAMED: &'static [(Self, &'static str)] = &[$((Self($code), $name)),*];

            /// Returns the registered name, if there is one.
            pub fn name(self) -> Option<&'static str> {
                Self::NAMED.iter().find(|(value, _)| *value == self).map(|(_, name)| *name)
            }

            /// Returns the wire value as it is written in reports, such as `0x1301`.
            pub fn code(self) -> String {
                format!(concat!("0x{:0", $width, "X}"), self.0)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => f.pad(&self.code()),
                }
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }

        impl TryFrom<String> for $type {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                if let Some((value, _)) = Self::NAMED.iter().find(|(_, name)| *name == text) {
                    return Ok(*value);
                }
                text.strip_prefix("0x")
                    .and_then(|hex| u32::from_str_radix(hex, 16).ok())
                    .and_then(|number| number.try_into().ok())
                    .map(Self)
                    .ok_or_else(|| format!("`{text}` is neither a registered name nor a number such as `0x1301`"))
            }
        }
    };
}

wire_names!(
    ProtocolVersion,
    "4",
    [
        (0x0002, "SSLv2"),
        (0x0300, "SSLv3"),
        (0x0301, "TLSv1"),
        (0x0302, "TLSv1.1"),
        (0x0303, "TLSv1.2"),
        (0x0304, "TLSv1.3"),
    ]
);

wire_names!(SignatureScheme, "4", [(0x0403, "ecdsa_secp256r1_sha256")]);

wire_names!(
    CipherSuite,
    "4",
    [
        (0x1301, "TLS_AES_128_GCM_SHA256"),
        (0x1302, "TLS_AES_256_GCM_SHA384"),
        (0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
        (0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        (0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        (0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        (0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        (0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
    ]
);

wire_names!(
    NamedGroup,
    "4",
    [
        (0x0017, "secp256r1"),
        (0x0018, "secp384r1"),
        (0x0019, "secp521r1"),
        (0x001D, "x25519"),
        (0x001E, "x448"),
        (0x0100, "ffdhe2048"),
        (0x0101, "ffdhe3072"),
        (0x0102, "ffdhe4096"),
        (0x0103, "ffdhe6144"),
        (0x0104, "ffdhe8192"),
        (0x0200, "MLKEM512"),
        (0x0201, "MLKEM768"),
        (0x0202, "MLKEM1024"),
        (0x11EB, "SecP256r1MLKEM768"),
        (0x11EC, "X25519MLKEM768"),
        (0x11ED, "SecP384r1MLKEM1024"),
    ]
);

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
        (120, "no_application_protocol"),
        (121, "ech_required"),
    ]
);

impl ProtocolVersion {
    /// SSL 2.0, of 1995.
    pub const SSLV2: Self = Self(0x0002);
    /// SSL 3.0 (RFC 6101).
    pub const SSLV3: Self = Self(0x0300);
    /// TLS 1.0 (RFC 2246).
    pub const TLSV1: Self = Self(0x0301);
    /// TLS 1.1 (RFC 4346).
    pub const TLSV1_1: Self = Self(0x0302);
    /// TLS 1.2 (RFC 5246).
    pub const TLSV1_2: Self = Self(0x0303);
    /// TLS 1.3 (RFC 8446).
    pub const TLSV1_3: Self = Self(0x0304);

    /// Returns the version as people say it in a narrow column, such as `1.3`.
    pub fn short(self) -> String {
        let name = self.to_string();
        match name.strip_prefix("TLSv") {
            Some("1") => "1.0".to_owned(),
            Some(number) => number.to_owned(),
            None => name,
        }
    }
}

impl NamedGroup {
    /// Tells a group whose shared secret also needs ML-KEM (FIPS 203) from one that a quantum computer would open.
    pub fn is_post_quantum(self) -> bool {
        matches!(self.0, 0x0200..=0x0202 | 0x11EB..=0x11ED)
    }
}

/// The fixed part of a `ServerHello` (RFC 5246 section 7.4.1.3, RFC 8446 section 4.1.3), as the first bytes of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerHelloStart {
    /// `legacy_version`: 1.2 also where 1.3 is negotiated.
    pub legacy_version: ProtocolVersion,
    /// The suite that the server chose.
    pub cipher_suite: CipherSuite,
}

impl ServerHelloStart {
    /// Reads it out of the record that a server's first flight begins with; `None` where that is something else.
    pub fn parse(stream: &[u8]) -> Option<Self> {
        const HANDSHAKE: u8 = 22;
        const SERVER_HELLO: u8 = 2;
        // Record: type, version, length. Message: type, length in three bytes.
        let [HANDSHAKE, 3, _, _, _, SERVER_HELLO, _, _, _, rest @ ..] = stream else {
            return None;
        };
        let (version, rest) = rest.split_first_chunk::<2>()?;
        let (_random, rest) = rest.split_first_chunk::<32>()?;
        let (session_id, rest) = rest.split_first()?;
        let rest = rest.get(usize::from(*session_id)..)?;
        let (cipher_suite, _) = rest.split_first_chunk::<2>()?;
        Some(Self {
            legacy_version: ProtocolVersion(u16::from_be_bytes(*version)),
            cipher_suite: CipherSuite(u16::from_be_bytes(*cipher_suite)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_hello_tells_its_cipher_suite() {
        let mut stream = vec![22, 3, 3, 0, 80, 2, 0, 0, 76, 3, 3];
        stream.extend([7; 32]);
        stream.push(4);
        stream.extend([9; 4]);
        stream.extend([0xC0, 0x2F, 0, 0, 0]);
        let hello = ServerHelloStart::parse(&stream).unwrap();
        assert_eq!(hello.legacy_version, ProtocolVersion::TLSV1_2);
        assert_eq!(
            hello.cipher_suite.to_string(),
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
        );
        for end in 0..50 {
            assert_eq!(ServerHelloStart::parse(&stream[..end]), None, "{end} bytes");
        }
        assert_eq!(ServerHelloStart::parse(&[21, 3, 3, 0, 2, 2, 40]), None);
    }

    #[test]
    fn names_and_codes_lead_back_to_the_value() {
        for (value, name) in CipherSuite::NAMED {
            assert_eq!(CipherSuite::try_from((*name).to_owned()), Ok(*value));
        }
        let unknown = NamedGroup(0xFAFA);
        assert_eq!(unknown.to_string(), "0xFAFA");
        assert_eq!(NamedGroup::try_from(unknown.to_string()), Ok(unknown));
    }
}
