//! `ClientHello` from SSL 3.0 to TLS 1.3 (RFC 6101, 2246, 4346, 5246, 8446): written for any list, and read back.
//!
//! It says whatever it is told to, also what no client would: that is what a scan is made of. It knows nothing of why.

use super::reader::{Malformed, Reader, put_u16s, put_vector8, put_vector16};
use super::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme, record};

/// A `ClientHello`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientHello {
    /// `legacy_version`: the highest version, or TLS 1.2 where `supported_versions` tells more.
    pub legacy_version: ProtocolVersion,
    /// `random`.
    pub random: [u8; 32],
    /// `session_id`, at most 32 bytes.
    pub session_id: Vec<u8>,
    /// `cipher_suites`, in the client's order.
    pub cipher_suites: Vec<CipherSuite>,
    /// `compression_methods`: 0 is null, 1 DEFLATE.
    pub compression_methods: Vec<u8>,
    /// Extensions; `None` leaves out even their length, as SSL 3.0 does.
    pub extensions: Option<Vec<Extension>>,
}

/// An extension of a `ClientHello` (IANA's TLS `ExtensionType` Values).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extension {
    /// `server_name` (RFC 6066 section 3): a host name in its ASCII form, never an address.
    ServerName(String),
    /// `status_request` for an OCSP response (RFC 6066 section 8).
    StatusRequest,
    /// `supported_groups` (RFC 8422, RFC 7919).
    SupportedGroups(Vec<NamedGroup>),
    /// `ec_point_formats` (RFC 8422 section 5.1.2).
    EcPointFormats(Vec<u8>),
    /// `signature_algorithms` (RFC 5246 section 7.4.1.4.1).
    SignatureAlgorithms(Vec<SignatureScheme>),
    /// `heartbeat` (RFC 6520): mode 1 allows the peer to send requests.
    Heartbeat(u8),
    /// `application_layer_protocol_negotiation` (RFC 7301).
    Alpn(Vec<Vec<u8>>),
    /// `padding` (RFC 7685): so many zeros.
    Padding(u16),
    /// `encrypt_then_mac` (RFC 7366).
    EncryptThenMac,
    /// `extended_master_secret` (RFC 7627).
    ExtendedMasterSecret,
    /// `session_ticket` (RFC 5077): a ticket, or nothing to ask for one.
    SessionTicket(Vec<u8>),
    /// `early_data` (RFC 8446 section 4.2.10).
    EarlyData,
    /// `supported_versions` (RFC 8446 section 4.2.1).
    SupportedVersions(Vec<ProtocolVersion>),
    /// `psk_key_exchange_modes` (RFC 8446 section 4.2.9): 0 `psk_ke`, 1 `psk_dhe_ke`.
    PskKeyExchangeModes(Vec<u8>),
    /// `key_share` (RFC 8446 section 4.2.8). An empty list asks for a `HelloRetryRequest`.
    KeyShare(Vec<(NamedGroup, Vec<u8>)>),
    /// `renegotiation_info` (RFC 5746): empty in a first handshake.
    RenegotiationInfo(Vec<u8>),
    /// Any other.
    Other(u16, Vec<u8>),
}

/// Numbers of extensions.
pub mod extension_type {
    #![expect(missing_docs, reason = "the names are IANA's")]
    pub const SERVER_NAME: u16 = 0;
    pub const STATUS_REQUEST: u16 = 5;
    pub const SUPPORTED_GROUPS: u16 = 10;
    pub const EC_POINT_FORMATS: u16 = 11;
    pub const SIGNATURE_ALGORITHMS: u16 = 13;
    pub const HEARTBEAT: u16 = 15;
    pub const ALPN: u16 = 16;
    pub const PADDING: u16 = 21;
    pub const ENCRYPT_THEN_MAC: u16 = 22;
    pub const EXTENDED_MASTER_SECRET: u16 = 23;
    pub const SESSION_TICKET: u16 = 35;
    pub const EARLY_DATA: u16 = 42;
    pub const SUPPORTED_VERSIONS: u16 = 43;
    pub const PSK_KEY_EXCHANGE_MODES: u16 = 45;
    pub const KEY_SHARE: u16 = 51;
    pub const RENEGOTIATION_INFO: u16 = 0xFF01;
}

use extension_type as kind;

/// Type of the handshake message.
const CLIENT_HELLO: u8 = 1;

/// The values that RFC 8701 reserves for suites, groups, extensions and versions that every server must ignore.
pub const GREASE: [u16; 16] = {
    let mut values = [0; 16];
    let mut index = 0;
    let mut value: u16 = 0x0A0A;
    while index < 16 {
        values[index] = value;
        value = value.wrapping_add(0x1010);
        index += 1;
    }
    values
};

impl ClientHello {
    /// Returns the handshake message.
    pub fn message(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(512);
        body.extend(self.legacy_version.0.to_be_bytes());
        body.extend(self.random);
        put_vector8(&mut body, &self.session_id);
        put_u16s(&mut body, self.cipher_suites.iter().map(|suite| suite.0));
        put_vector8(&mut body, &self.compression_methods);
        if let Some(extensions) = &self.extensions {
            let mut all = Vec::with_capacity(256);
            for extension in extensions {
                let (number, body) = extension.encode();
                all.extend(number.to_be_bytes());
                put_vector16(&mut all, &body);
            }
            put_vector16(&mut body, &all);
        }
        record::handshake_message(CLIENT_HELLO, &body)
    }

    /// Returns the bytes to send: one record, with the version that old servers expect there (RFC 5246 appendix E.1).
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_records(record::LONGEST_PLAINTEXT)
    }

    /// Returns the bytes to send in records of at most `longest` bytes each.
    pub fn to_records(&self, longest: usize) -> Vec<u8> {
        let version = self.legacy_version.min(ProtocolVersion::TLSV1);
        let mut bytes = Vec::new();
        for part in self.message().chunks(longest.max(1)) {
            record::write(&mut bytes, record::HANDSHAKE, version, part);
        }
        bytes
    }

    /// Reads a handshake message.
    pub fn parse(message: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(message, "ClientHello");
        if reader.u8()? != CLIENT_HELLO {
            return Err(Malformed("ClientHello"));
        }
        let mut body = Reader::new(reader.vector24()?, "ClientHello");
        reader.end()?;
        let hello = Self {
            legacy_version: ProtocolVersion(body.u16()?),
            random: body.array()?,
            session_id: body.vector8()?.to_vec(),
            cipher_suites: body.u16s()?.into_iter().map(CipherSuite).collect(),
            compression_methods: body.vector8()?.to_vec(),
            extensions: if body.is_empty() {
                None
            } else {
                let mut list = Reader::new(body.vector16()?, "ClientHello");
                let mut extensions = Vec::new();
                while !list.is_empty() {
                    let number = list.u16()?;
                    extensions.push(Extension::decode(number, list.vector16()?));
                }
                Some(extensions)
            },
        };
        body.end()?;
        Ok(hello)
    }
}

impl Extension {
    /// Returns its number and its body.
    #[expect(clippy::too_many_lines, reason = "one arm for each extension")]
    fn encode(&self) -> (u16, Vec<u8>) {
        let mut body = Vec::new();
        let number = match self {
            Self::ServerName(name) => {
                let mut entry = vec![0];
                put_vector16(&mut entry, name.as_bytes());
                put_vector16(&mut body, &entry);
                kind::SERVER_NAME
            }
            Self::StatusRequest => {
                // OCSP, no responder ids, no extensions.
                body.extend([1, 0, 0, 0, 0]);
                kind::STATUS_REQUEST
            }
            Self::SupportedGroups(groups) => {
                put_u16s(&mut body, groups.iter().map(|group| group.0));
                kind::SUPPORTED_GROUPS
            }
            Self::EcPointFormats(formats) => {
                put_vector8(&mut body, formats);
                kind::EC_POINT_FORMATS
            }
            Self::SignatureAlgorithms(schemes) => {
                put_u16s(&mut body, schemes.iter().map(|scheme| scheme.0));
                kind::SIGNATURE_ALGORITHMS
            }
            Self::Heartbeat(mode) => {
                body.push(*mode);
                kind::HEARTBEAT
            }
            Self::Alpn(protocols) => {
                let mut list = Vec::new();
                for protocol in protocols {
                    put_vector8(&mut list, protocol);
                }
                put_vector16(&mut body, &list);
                kind::ALPN
            }
            Self::Padding(length) => {
                body.resize(usize::from(*length), 0);
                kind::PADDING
            }
            Self::EncryptThenMac => kind::ENCRYPT_THEN_MAC,
            Self::ExtendedMasterSecret => kind::EXTENDED_MASTER_SECRET,
            Self::SessionTicket(ticket) => {
                body.extend(ticket);
                kind::SESSION_TICKET
            }
            Self::EarlyData => kind::EARLY_DATA,
            Self::SupportedVersions(versions) => {
                let list: Vec<u8> = versions
                    .iter()
                    .flat_map(|version| version.0.to_be_bytes())
                    .collect();
                put_vector8(&mut body, &list);
                kind::SUPPORTED_VERSIONS
            }
            Self::PskKeyExchangeModes(modes) => {
                put_vector8(&mut body, modes);
                kind::PSK_KEY_EXCHANGE_MODES
            }
            Self::KeyShare(shares) => {
                let mut list = Vec::new();
                for (group, key) in shares {
                    list.extend(group.0.to_be_bytes());
                    put_vector16(&mut list, key);
                }
                put_vector16(&mut body, &list);
                kind::KEY_SHARE
            }
            Self::RenegotiationInfo(verify_data) => {
                put_vector8(&mut body, verify_data);
                kind::RENEGOTIATION_INFO
            }
            Self::Other(number, other) => {
                body.extend(other);
                *number
            }
        };
        (number, body)
    }

    /// Reads one by its number. A body that does not fit its number is kept as it is.
    fn decode(number: u16, body: &[u8]) -> Self {
        match Self::decode_known(number, body) {
            // What does not come out as it went in is not what its number says.
            Some(extension) if extension.encode().1 == body => extension,
            Some(_) | None => Self::Other(number, body.to_vec()),
        }
    }

    fn decode_known(number: u16, body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body, "ClientHello");
        let extension = match number {
            kind::SERVER_NAME => {
                let mut list = Reader::new(reader.vector16().ok()?, "ClientHello");
                let _host_name = list.u8().ok()?;
                let name = String::from_utf8(list.vector16().ok()?.to_vec()).ok()?;
                Self::ServerName(name)
            }
            kind::STATUS_REQUEST => Self::StatusRequest,
            kind::SUPPORTED_GROUPS => {
                Self::SupportedGroups(reader.u16s().ok()?.into_iter().map(NamedGroup).collect())
            }
            kind::EC_POINT_FORMATS => Self::EcPointFormats(reader.vector8().ok()?.to_vec()),
            kind::SIGNATURE_ALGORITHMS => Self::SignatureAlgorithms(
                reader
                    .u16s()
                    .ok()?
                    .into_iter()
                    .map(SignatureScheme)
                    .collect(),
            ),
            kind::HEARTBEAT => Self::Heartbeat(reader.u8().ok()?),
            kind::ALPN => {
                let mut list = Reader::new(reader.vector16().ok()?, "ClientHello");
                let mut protocols = Vec::new();
                while !list.is_empty() {
                    protocols.push(list.vector8().ok()?.to_vec());
                }
                Self::Alpn(protocols)
            }
            kind::PADDING => Self::Padding(u16::try_from(body.len()).ok()?),
            kind::ENCRYPT_THEN_MAC => Self::EncryptThenMac,
            kind::EXTENDED_MASTER_SECRET => Self::ExtendedMasterSecret,
            kind::SESSION_TICKET => Self::SessionTicket(body.to_vec()),
            kind::EARLY_DATA => Self::EarlyData,
            kind::SUPPORTED_VERSIONS => {
                let list = reader.vector8().ok()?;
                let versions = list.chunks_exact(2);
                Self::SupportedVersions(
                    versions
                        .map(|pair| ProtocolVersion(u16::from_be_bytes([pair[0], pair[1]])))
                        .collect(),
                )
            }
            kind::PSK_KEY_EXCHANGE_MODES => {
                Self::PskKeyExchangeModes(reader.vector8().ok()?.to_vec())
            }
            kind::KEY_SHARE => {
                let mut list = Reader::new(reader.vector16().ok()?, "ClientHello");
                let mut shares = Vec::new();
                while !list.is_empty() {
                    let group = NamedGroup(list.u16().ok()?);
                    shares.push((group, list.vector16().ok()?.to_vec()));
                }
                Self::KeyShare(shares)
            }
            kind::RENEGOTIATION_INFO => Self::RenegotiationInfo(reader.vector8().ok()?.to_vec()),
            _ => return None,
        };
        Some(extension)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn extensions() -> impl Strategy<Value = Extension> {
        let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
        prop_oneof![
            "[a-z0-9.-]{1,60}".prop_map(Extension::ServerName),
            Just(Extension::StatusRequest),
            prop::collection::vec(any::<u16>().prop_map(NamedGroup), 0..40)
                .prop_map(Extension::SupportedGroups),
            bytes(4).prop_map(Extension::EcPointFormats),
            prop::collection::vec(any::<u16>().prop_map(SignatureScheme), 0..40)
                .prop_map(Extension::SignatureAlgorithms),
            any::<u8>().prop_map(Extension::Heartbeat),
            prop::collection::vec(bytes(20), 0..6).prop_map(Extension::Alpn),
            (0..2000_u16).prop_map(Extension::Padding),
            Just(Extension::EncryptThenMac),
            Just(Extension::ExtendedMasterSecret),
            bytes(300).prop_map(Extension::SessionTicket),
            Just(Extension::EarlyData),
            prop::collection::vec(any::<u16>().prop_map(ProtocolVersion), 0..10)
                .prop_map(Extension::SupportedVersions),
            bytes(4).prop_map(Extension::PskKeyExchangeModes),
            prop::collection::vec((any::<u16>().prop_map(NamedGroup), bytes(1300)), 0..3)
                .prop_map(Extension::KeyShare),
            bytes(40).prop_map(Extension::RenegotiationInfo),
            (100..30_000_u16, bytes(100)).prop_map(|(number, body)| Extension::Other(number, body)),
        ]
    }

    fn hellos() -> impl Strategy<Value = ClientHello> {
        (
            prop::sample::select(vec![0x0300, 0x0301, 0x0302, 0x0303]),
            any::<[u8; 32]>(),
            prop::collection::vec(any::<u8>(), 0..33),
            prop::collection::vec(any::<u16>(), 0..200),
            prop::sample::select(vec![vec![0], vec![1, 0]]),
            prop::option::of(prop::collection::vec(extensions(), 0..12)),
        )
            .prop_map(
                |(version, random, session_id, suites, methods, extensions)| ClientHello {
                    legacy_version: ProtocolVersion(version),
                    random,
                    session_id,
                    cipher_suites: suites.into_iter().map(CipherSuite).collect(),
                    compression_methods: methods,
                    extensions,
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(hello in hellos()) {
            prop_assert_eq!(ClientHello::parse(&hello.message()), Ok(hello));
        }

        #[test]
        fn no_bytes_make_it_panic(noise in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = ClientHello::parse(&noise);
            let framed = record::handshake_message(1, &noise);
            let _ = ClientHello::parse(&framed);
        }
    }

    #[test]
    fn hello_of_ssl_3_has_no_extensions_and_its_own_record_version() {
        let hello = ClientHello {
            legacy_version: ProtocolVersion::SSLV3,
            random: [7; 32],
            session_id: Vec::new(),
            cipher_suites: vec![CipherSuite(0x0035)],
            compression_methods: vec![0],
            extensions: None,
        };
        let bytes = hello.to_bytes();
        assert_eq!(bytes[..11], [22, 3, 0, 0, 45, 1, 0, 0, 41, 3, 0]);
        assert_eq!(bytes[43..], [0, 0, 2, 0, 0x35, 1, 0]);
    }

    #[test]
    fn hello_in_small_records_is_the_same_message() {
        let hello = ClientHello {
            legacy_version: ProtocolVersion::TLSV1_2,
            random: [7; 32],
            session_id: vec![1; 32],
            cipher_suites: vec![CipherSuite(0x1301)],
            compression_methods: vec![0],
            extensions: Some(vec![
                Extension::KeyShare(Vec::new()),
                Extension::Padding(900),
            ]),
        };
        let mut message = Vec::new();
        let bytes = hello.to_records(100);
        let mut rest = &bytes[..];
        while let [22, 3, 1, high, low, after @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            assert!(length <= 100);
            message.extend(&after[..length]);
            rest = &after[length..];
        }
        assert!(rest.is_empty());
        assert_eq!(ClientHello::parse(&message), Ok(hello));
    }

    #[test]
    fn grease_is_as_reserved() {
        assert_eq!(GREASE[0], 0x0A0A);
        assert_eq!(GREASE[15], 0xFAFA);
    }
}
