//! What a server sends in the clear: `ServerHello` and the rest of its first flight (RFC 5246 section 7.4, RFC 8446 section 4.1).
//!
//! Every reader takes the body of one message and says what is in it, or that its lengths lie.

use super::client_hello::extension_type;
use super::reader::{Malformed, Reader};
use super::{AlertDescription, CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};

/// Types of handshake messages.
pub mod message_type {
    #![expect(missing_docs, reason = "the names are RFC 8446's")]
    pub const HELLO_REQUEST: u8 = 0;
    pub const SERVER_HELLO: u8 = 2;
    pub const NEW_SESSION_TICKET: u8 = 4;
    pub const CERTIFICATE: u8 = 11;
    pub const SERVER_KEY_EXCHANGE: u8 = 12;
    pub const CERTIFICATE_REQUEST: u8 = 13;
    pub const SERVER_HELLO_DONE: u8 = 14;
    pub const FINISHED: u8 = 20;
    pub const CERTIFICATE_STATUS: u8 = 22;
}

/// `ServerHello.random` of a `HelloRetryRequest` (RFC 8446 section 4.1.3).
const HELLO_RETRY_REQUEST: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// A `ServerHello` or a `HelloRetryRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHello {
    /// `legacy_version`.
    pub legacy_version: ProtocolVersion,
    /// `random`.
    pub random: [u8; 32],
    /// `session_id`, in TLS 1.3 an echo.
    pub session_id: Vec<u8>,
    /// The suite that the server chose.
    pub cipher_suite: CipherSuite,
    /// The compression method that the server chose.
    pub compression_method: u8,
    /// Extensions by number, in the order in which they came.
    pub extensions: Vec<(u16, Vec<u8>)>,
}

impl ServerHello {
    /// Reads the body of the message.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body, "ServerHello");
        let mut hello = Self {
            legacy_version: ProtocolVersion(reader.u16()?),
            random: reader.array()?,
            session_id: reader.vector8()?.to_vec(),
            cipher_suite: CipherSuite(reader.u16()?),
            compression_method: reader.u8()?,
            extensions: Vec::new(),
        };
        if hello.session_id.len() > 32 {
            return Err(Malformed("ServerHello"));
        }
        if !reader.is_empty() {
            let mut list = Reader::new(reader.vector16()?, "ServerHello");
            while !list.is_empty() {
                let number = list.u16()?;
                hello.extensions.push((number, list.vector16()?.to_vec()));
            }
            reader.end()?;
        }
        Ok(hello)
    }

    /// Returns the body of the message.
    pub fn body(&self) -> Vec<u8> {
        use super::reader::{put_vector8, put_vector16};
        let mut body = self.legacy_version.0.to_be_bytes().to_vec();
        body.extend(self.random);
        put_vector8(&mut body, &self.session_id);
        body.extend(self.cipher_suite.0.to_be_bytes());
        body.push(self.compression_method);
        if !self.extensions.is_empty() {
            let mut list = Vec::new();
            for (number, extension) in &self.extensions {
                list.extend(number.to_be_bytes());
                put_vector16(&mut list, extension);
            }
            put_vector16(&mut body, &list);
        }
        body
    }

    /// Returns the body of an extension.
    pub fn extension(&self, number: u16) -> Option<&[u8]> {
        self.extensions
            .iter()
            .find(|(found, _)| *found == number)
            .map(|(_, body)| body.as_slice())
    }

    /// Whether an extension is there more than once, which RFC 8446 section 4.2 forbids.
    pub fn repeats_an_extension(&self) -> bool {
        self.extensions
            .iter()
            .enumerate()
            .any(|(index, (number, _))| {
                self.extensions[..index]
                    .iter()
                    .any(|(other, _)| other == number)
            })
    }

    /// Returns the version that the server chose: `supported_versions` where it is there.
    pub fn version(&self) -> ProtocolVersion {
        match self.extension(extension_type::SUPPORTED_VERSIONS) {
            Some([high, low]) => ProtocolVersion(u16::from_be_bytes([*high, *low])),
            Some(_) | None => self.legacy_version,
        }
    }

    /// Whether it is a `HelloRetryRequest`.
    pub fn is_hello_retry_request(&self) -> bool {
        self.random == HELLO_RETRY_REQUEST
    }

    /// Returns the group in `key_share`: the one of the share, or the one that a `HelloRetryRequest` asks for.
    pub fn group(&self) -> Option<NamedGroup> {
        let body = self.extension(extension_type::KEY_SHARE)?;
        let (group, _) = body.split_first_chunk::<2>()?;
        Some(NamedGroup(u16::from_be_bytes(*group)))
    }

    /// Whether the random value ends as a server marks it that negotiates less than it has.
    pub fn has_downgrade_sentinel(&self) -> bool {
        self.random.ends_with(b"DOWNGRD\x01") || self.random.ends_with(b"DOWNGRD\x00")
    }

    /// Returns the application protocol that the server chose.
    pub fn alpn(&self) -> Option<&[u8]> {
        let body = self.extension(extension_type::ALPN)?;
        let mut reader = Reader::new(body, "ServerHello");
        let mut list = Reader::new(reader.vector16().ok()?, "ServerHello");
        list.vector8().ok()
    }
}

/// Reads a `Certificate` message up to TLS 1.2: a list of X.509 certificates in DER, the peer's own first.
pub fn certificates(body: &[u8]) -> Result<Vec<Vec<u8>>, Malformed> {
    let mut reader = Reader::new(body, "Certificate");
    let mut list = Reader::new(reader.vector24()?, "Certificate");
    reader.end()?;
    let mut certificates = Vec::new();
    while !list.is_empty() {
        certificates.push(list.vector24()?.to_vec());
    }
    Ok(certificates)
}

/// What the parameters in a `ServerKeyExchange` are, by the key exchange of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyExchangeKind {
    /// `DHE`, `DH_anon`.
    FiniteField,
    /// `ECDHE`, `ECDH_anon`.
    EllipticCurve,
    /// `RSA_EXPORT`.
    TemporaryRsa,
}

/// A `ServerKeyExchange` message (RFC 5246 section 7.4.3, RFC 8422 section 5.4, RFC 2246 section 7.4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerKeyExchange {
    /// The parameters.
    pub parameters: KeyExchangeParameters,
    /// The scheme of the signature over them; TLS 1.2 only, and none where the exchange is anonymous.
    pub signature_scheme: Option<SignatureScheme>,
}

/// Parameters of an ephemeral key exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyExchangeParameters {
    /// Finite-field Diffie-Hellman.
    FiniteField {
        /// The prime p, big-endian.
        prime: Vec<u8>,
        /// The generator g.
        generator: Vec<u8>,
        /// The server's public value.
        public: Vec<u8>,
    },
    /// Elliptic-curve Diffie-Hellman over a named curve.
    NamedCurve {
        /// The group.
        group: NamedGroup,
        /// The server's public point.
        public: Vec<u8>,
    },
    /// Elliptic-curve Diffie-Hellman over a curve that the server spells out.
    ExplicitCurve,
    /// A temporary RSA key.
    TemporaryRsa {
        /// The modulus n, big-endian.
        modulus: Vec<u8>,
    },
}

impl ServerKeyExchange {
    /// Reads the body of the message. `preshared` says that an identity hint comes first (RFC 4279).
    pub fn parse(
        body: &[u8],
        kind: KeyExchangeKind,
        version: ProtocolVersion,
        preshared: bool,
    ) -> Result<Self, Malformed> {
        const WHAT: &str = "ServerKeyExchange";
        const EXPLICIT_PRIME: u8 = 1;
        const EXPLICIT_CHAR2: u8 = 2;
        const NAMED_CURVE: u8 = 3;
        let mut reader = Reader::new(body, WHAT);
        if preshared {
            reader.vector16()?;
        }
        let parameters = match kind {
            KeyExchangeKind::FiniteField => KeyExchangeParameters::FiniteField {
                prime: reader.vector16()?.to_vec(),
                generator: reader.vector16()?.to_vec(),
                public: reader.vector16()?.to_vec(),
            },
            KeyExchangeKind::EllipticCurve => match reader.u8()? {
                NAMED_CURVE => KeyExchangeParameters::NamedCurve {
                    group: NamedGroup(reader.u16()?),
                    public: reader.vector8()?.to_vec(),
                },
                EXPLICIT_PRIME | EXPLICIT_CHAR2 => {
                    return Ok(Self {
                        parameters: KeyExchangeParameters::ExplicitCurve,
                        signature_scheme: None,
                    });
                }
                _ => return Err(Malformed(WHAT)),
            },
            KeyExchangeKind::TemporaryRsa => {
                let modulus = reader.vector16()?.to_vec();
                reader.vector16()?;
                KeyExchangeParameters::TemporaryRsa { modulus }
            }
        };
        let signed = !reader.is_empty() && version == ProtocolVersion::TLSV1_2;
        let signature_scheme = if signed {
            let scheme = SignatureScheme(reader.u16()?);
            reader.vector16()?;
            Some(scheme)
        } else {
            None
        };
        Ok(Self {
            parameters,
            signature_scheme,
        })
    }
}

/// Returns the number of bits of a big-endian number.
pub fn bits(number: &[u8]) -> u32 {
    let significant = number.iter().position(|byte| *byte != 0);
    let Some(start) = significant else { return 0 };
    let bytes = u32::try_from(number.len() - start).unwrap_or(u32::MAX / 8);
    bytes * 8 - number[start].leading_zeros()
}

/// A `CertificateRequest` up to TLS 1.2 (RFC 5246 section 7.4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    /// `certificate_types`.
    pub certificate_types: Vec<u8>,
    /// `supported_signature_algorithms`; TLS 1.2 only.
    pub signature_schemes: Vec<SignatureScheme>,
    /// `certificate_authorities`: distinguished names in DER.
    pub authorities: Vec<Vec<u8>>,
}

impl CertificateRequest {
    /// Reads the body of the message.
    pub fn parse(body: &[u8], version: ProtocolVersion) -> Result<Self, Malformed> {
        const WHAT: &str = "CertificateRequest";
        let mut reader = Reader::new(body, WHAT);
        let certificate_types = reader.vector8()?.to_vec();
        let signature_schemes = if version == ProtocolVersion::TLSV1_2 {
            reader.u16s()?.into_iter().map(SignatureScheme).collect()
        } else {
            Vec::new()
        };
        let mut list = Reader::new(reader.vector16()?, WHAT);
        reader.end()?;
        let mut authorities = Vec::new();
        while !list.is_empty() {
            authorities.push(list.vector16()?.to_vec());
        }
        Ok(Self {
            certificate_types,
            signature_schemes,
            authorities,
        })
    }
}

/// A `NewSessionTicket` of TLS 1.2 (RFC 5077 section 3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSessionTicket {
    /// `ticket_lifetime_hint`, in seconds.
    pub lifetime_hint: u32,
    /// The ticket.
    pub ticket: Vec<u8>,
}

impl NewSessionTicket {
    /// Reads the body of the message.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body, "NewSessionTicket");
        let ticket = Self {
            lifetime_hint: reader.u32()?,
            ticket: reader.vector16()?.to_vec(),
        };
        reader.end()?;
        Ok(ticket)
    }
}

/// An alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Whether the connection ends with it.
    pub fatal: bool,
    /// What it says.
    pub description: AlertDescription,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hellos() -> impl Strategy<Value = ServerHello> {
        let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
        (
            any::<u16>(),
            any::<[u8; 32]>(),
            bytes(33),
            any::<u16>(),
            any::<u8>(),
            prop::collection::vec((any::<u16>(), bytes(60)), 0..6),
        )
            .prop_map(
                |(version, random, session_id, suite, compression_method, extensions)| {
                    ServerHello {
                        legacy_version: ProtocolVersion(version),
                        random,
                        session_id,
                        cipher_suite: CipherSuite(suite),
                        compression_method,
                        extensions,
                    }
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(hello in hellos()) {
            prop_assert_eq!(ServerHello::parse(&hello.body()), Ok(hello));
        }

        #[test]
        fn no_bytes_make_a_reader_panic(noise in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = ServerHello::parse(&noise);
            let _ = certificates(&noise);
            for kind in [KeyExchangeKind::FiniteField, KeyExchangeKind::EllipticCurve, KeyExchangeKind::TemporaryRsa] {
                let _ = ServerKeyExchange::parse(&noise, kind, ProtocolVersion::TLSV1_2, noise.len() % 2 == 0);
            }
            let _ = CertificateRequest::parse(&noise, ProtocolVersion::TLSV1_2);
            let _ = NewSessionTicket::parse(&noise);
            let _ = bits(&noise);
        }
    }

    #[test]
    fn hello_retry_request_tells_version_and_group() {
        let hello = ServerHello {
            legacy_version: ProtocolVersion::TLSV1_2,
            random: HELLO_RETRY_REQUEST,
            session_id: vec![1; 32],
            cipher_suite: CipherSuite(0x1302),
            compression_method: 0,
            extensions: vec![(43, vec![3, 4]), (51, vec![0x11, 0xEC])],
        };
        assert!(hello.is_hello_retry_request());
        assert_eq!(hello.version(), ProtocolVersion::TLSV1_3);
        assert_eq!(hello.group(), Some(NamedGroup(0x11EC)));
        assert!(!hello.repeats_an_extension());
    }

    #[test]
    fn key_exchange_tells_prime_curve_and_scheme() {
        let mut body = vec![0, 2, 0x0F, 0xFF, 0, 1, 2, 0, 2, 9, 9, 4, 1, 0, 1, 5];
        let read = |body: &[u8], version| {
            ServerKeyExchange::parse(body, KeyExchangeKind::FiniteField, version, false)
        };
        let exchange = read(&body, ProtocolVersion::TLSV1_2).unwrap();
        assert_eq!(exchange.signature_scheme, Some(SignatureScheme(0x0401)));
        let KeyExchangeParameters::FiniteField { prime, .. } = exchange.parameters else {
            panic!("finite field");
        };
        assert_eq!(bits(&prime), 12);
        body.pop();
        assert_eq!(
            read(&body, ProtocolVersion::TLSV1_2),
            Err(Malformed("ServerKeyExchange"))
        );
        // Before TLS 1.2 the signature names no scheme.
        assert_eq!(
            read(&body, ProtocolVersion::TLSV1)
                .unwrap()
                .signature_scheme,
            None
        );
        let curve = [3, 0, 0x1D, 2, 7, 7];
        let exchange = ServerKeyExchange::parse(
            &curve,
            KeyExchangeKind::EllipticCurve,
            ProtocolVersion::TLSV1_2,
            false,
        );
        assert_eq!(
            exchange.unwrap().parameters,
            KeyExchangeParameters::NamedCurve {
                group: NamedGroup(0x1D),
                public: vec![7, 7],
            }
        );
    }

    #[test]
    fn bits_are_counted_from_the_first_that_is_set() {
        for (number, expected) in [
            (&[][..], 0),
            (&[0, 0], 0),
            (&[1], 1),
            (&[0, 0x80], 8),
            (&[1, 0], 9),
        ] {
            assert_eq!(bits(number), expected, "{number:?}");
        }
    }
}
