//! TLS words: protocol versions, cipher suites, named groups and alerts as the values on the wire.
//!
//! A name is for printing; the number is the value, and a number nobody registered prints in hexadecimal. Beside the words stands
//! the codec: any `ClientHello` to be written, any server's first flight to be read. No sockets and no handshake: the
//! conversations stay in `probe`.

use serde::{Deserialize, Serialize};

mod alert;
mod cipher_suite;
pub mod client_hello;
mod dh_group;
pub mod flight;
mod group;
mod reader;
pub mod record;
mod registration;
pub mod server;
mod signature_scheme;
pub mod sslv2;
mod words;

pub use alert::AlertDescription;
pub use cipher_suite::{
    Authentication, CipherSuite, EMPTY_RENEGOTIATION_INFO_SCSV, Encryption, FALLBACK_SCSV,
    KeyExchange, Mac, Mode, Properties, Strength,
};
pub use client_hello::ClientHello;
pub use dh_group::{PrimeOrigin, WellKnownPrime, well_known};
pub use flight::ServerFlight;
pub use group::NamedGroup;
pub use reader::Malformed;
pub use registration::{Recommended, Registration};
pub use signature_scheme::{Hash, SignatureScheme};
pub use sslv2::Sslv2CipherKind;

use words::wire_names;

/// A protocol version as in `ClientHello.legacy_version` and `supported_versions` (RFC 8446 section 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProtocolVersion(pub u16);

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
        for (value, name) in ProtocolVersion::NAMED {
            assert_eq!(ProtocolVersion::try_from((*name).to_owned()), Ok(*value));
        }
        let unknown = NamedGroup(0xFAFA);
        assert_eq!(unknown.to_string(), "0xFAFA");
        assert_eq!(NamedGroup::try_from(unknown.to_string()), Ok(unknown));
    }
}
