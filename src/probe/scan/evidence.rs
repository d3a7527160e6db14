//! What flights show beside the one thing that was asked: parameters, certificates, extensions.
//!
//! A hello about suites is answered with all of this anyway. It is taken down as it comes, so that few hellos are for it alone.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::observation::Attempt;
use crate::observation::scan::{DhParameters, EphemeralKeys, ExportRsaKey};
use crate::tls::client_hello::extension_type;
use crate::tls::flight::ServerFlight;
use crate::tls::server::{
    self, KeyExchangeKind, KeyExchangeParameters, ServerHello, ServerKeyExchange,
};
use crate::tls::{
    self, Authentication, CipherSuite, KeyExchange, NamedGroup, ProtocolVersion, SignatureScheme,
};
use crate::x509::{KeyAlgorithm, parse};

/// Kinds of keys for which servers have certificates of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyType {
    Rsa,
    Ecdsa,
    Ed25519,
    Dsa,
}

impl KeyType {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::Ecdsa => "ECDSA",
            Self::Ed25519 => "Ed25519",
            Self::Dsa => "DSA",
        }
    }

    /// Returns the kind of key that a certificate holds; `None` for kinds that are not told apart here.
    pub(super) fn of_key(algorithm: &KeyAlgorithm) -> Option<Self> {
        match algorithm {
            KeyAlgorithm::Rsa => Some(Self::Rsa),
            KeyAlgorithm::Ec => Some(Self::Ecdsa),
            KeyAlgorithm::Ed25519 => Some(Self::Ed25519),
            KeyAlgorithm::Dsa => Some(Self::Dsa),
            KeyAlgorithm::Ed448 | KeyAlgorithm::Other(_) => None,
        }
    }

    /// Returns the kind of key that a suite's name asks for. Ed25519 hides behind ECDSA (RFC 8422 section 5.10).
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the rest has no certificate, or none that is read"
    )]
    fn of(suite: CipherSuite) -> Option<Self> {
        match suite.properties()?.authentication {
            Authentication::Rsa => Some(Self::Rsa),
            Authentication::Ecdsa => Some(Self::Ecdsa),
            Authentication::Dss => Some(Self::Dsa),
            _ => None,
        }
    }
}

/// A chain as it came, with what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) key_type: KeyType,
    pub(super) with_server_name: bool,
    pub(super) certificates: Vec<Vec<u8>>,
}

/// What was taken down so far.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    inner: Mutex<Inner>,
}

/// Facts of the handshake up to TLS 1.2.
#[derive(Clone, Debug, Default)]
pub(super) struct Inner {
    pub(super) dh_parameters: Vec<DhParameters>,
    dh_publics: Vec<Vec<u8>>,
    ecdh_publics: Vec<(NamedGroup, Vec<u8>)>,
    export_moduli: Vec<Vec<u8>>,
    pub(super) chains: Vec<Chain>,
    pub(super) signature_schemes: Vec<SignatureScheme>,
    /// The last `ServerHello` up to TLS 1.2 that came for each version.
    hellos: Vec<(ProtocolVersion, ServerHello)>,
    pub(super) encrypt_then_mac: Option<bool>,
    /// The names of CAs in a `CertificateRequest`, or that there was none in a whole flight.
    pub(super) certificate_request: Option<Request>,
    /// Whether the server names sessions that have no ticket.
    pub(super) names_sessions: Option<bool>,
}

/// Whether a certificate was asked for, and of which CAs.
pub(super) type Request = Result<Vec<String>, NotRequested>;

/// A whole flight came without a `CertificateRequest`.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotRequested;

/// How many flights of one kind are read to their end.
const ENOUGH: usize = 2;

impl Evidence {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what was taken down.
    pub(super) fn read(&self) -> Inner {
        self.inner().clone()
    }

    /// Takes down whether the server names a session in its `ServerHello` where it cannot use a ticket.
    pub(super) fn names_sessions(&self, names: bool) {
        self.inner().names_sessions = Some(names);
    }

    /// Whether the rest of a flight that begins like this tells something new.
    pub(super) fn wants(&self, hello: &ServerHello) -> bool {
        let Some(properties) = hello.cipher_suite.properties() else {
            return false;
        };
        let inner = self.inner();
        let version = hello.version();
        let key_type = KeyType::of(hello.cipher_suite);
        let chain_missing = key_type.is_some_and(|key_type| !inner.has_chain(key_type, true));
        let seen_here = inner
            .dh_parameters
            .iter()
            .filter(|it| it.version == version)
            .count();
        let dh =
            properties.is_ephemeral_dh() && (seen_here < ENOUGH || inner.dh_publics.len() < ENOUGH);
        let ecdh = properties.is_ephemeral_ecdh() && inner.ecdh_publics.len() < ENOUGH;
        chain_missing || dh || ecdh || properties.is_export()
    }

    /// Takes down what a flight shows.
    pub(super) fn take(&self, flight: &ServerFlight, with_server_name: bool) {
        let Some(hello) = &flight.hello else { return };
        let version = hello.version();
        if version >= ProtocolVersion::TLSV1_3 {
            return;
        }
        let suite = hello.cipher_suite;
        let mut inner = self.inner();
        inner.hellos.retain(|(known, _)| *known != version);
        inner.hellos.push((version, hello.clone()));
        if suite.properties().is_some_and(tls::Properties::is_cbc)
            && version > ProtocolVersion::SSLV3
        {
            let echoed = hello.extension(extension_type::ENCRYPT_THEN_MAC).is_some();
            inner.encrypt_then_mac = Some(inner.encrypt_then_mac.unwrap_or(false) || echoed);
        }
        if let (Some(certificates), Some(key_type)) = (&flight.certificates, KeyType::of(suite))
            && !inner.has_chain(key_type, with_server_name)
        {
            inner.chains.push(Chain {
                key_type,
                with_server_name,
                certificates: certificates.clone(),
            });
        }
        if let Some(request) = &flight.certificate_request {
            let names = request.authorities.iter().take(256);
            let names = names.map(|der| parse::distinguished_name(der)).collect();
            inner.certificate_request = Some(Ok(names));
        } else if flight.end == Some(tls::flight::End::Done) && inner.certificate_request.is_none()
        {
            inner.certificate_request = Some(Err(NotRequested));
        }
        if let Some(exchange) = key_exchange(flight) {
            inner.take_exchange(version, suite, exchange);
        }
    }

    /// Returns a `ServerHello` of this version, or of the newest below TLS 1.3 where none is given.
    pub(super) fn hello(&self, version: Option<ProtocolVersion>) -> Option<ServerHello> {
        let inner = self.inner();
        let newest = inner.hellos.iter().map(|(version, _)| *version).max()?;
        let wanted = version.unwrap_or(newest);
        let found = inner.hellos.iter().find(|(version, _)| *version == wanted);
        found.map(|(_, hello)| hello.clone())
    }
}

impl Inner {
    fn has_chain(&self, key_type: KeyType, with_server_name: bool) -> bool {
        self.chains
            .iter()
            .any(|it| it.key_type == key_type && it.with_server_name == with_server_name)
    }

    fn take_exchange(
        &mut self,
        version: ProtocolVersion,
        suite: CipherSuite,
        exchange: ServerKeyExchange,
    ) {
        if let Some(scheme) = exchange.signature_scheme
            && !self.signature_schemes.contains(&scheme)
        {
            self.signature_schemes.push(scheme);
        }
        match exchange.parameters {
            KeyExchangeParameters::FiniteField { prime, public, .. } => {
                let parameters = DhParameters {
                    version,
                    cipher_suite: suite,
                    bits: server::bits(&prime),
                    well_known: tls::well_known(&prime).map(|known| known.name.to_owned()),
                    prime_sha256: sha256(&prime),
                };
                let known = self.dh_parameters.iter().any(|it| {
                    it.prime_sha256 == parameters.prime_sha256 && it.version == parameters.version
                });
                if !known {
                    self.dh_parameters.push(parameters);
                }
                if self.dh_publics.len() < 8 {
                    self.dh_publics.push(public);
                }
            }
            KeyExchangeParameters::NamedCurve { group, public } => {
                if self.ecdh_publics.len() < 8 {
                    self.ecdh_publics.push((group, public));
                }
            }
            KeyExchangeParameters::ExplicitCurve => {}
            KeyExchangeParameters::TemporaryRsa { modulus } => self.export_moduli.push(modulus),
        }
    }

    /// Whether ephemeral keys repeat, as far as two were seen.
    pub(super) fn ephemeral_keys(&self) -> EphemeralKeys {
        fn repeats<T: PartialEq>(keys: &[T], what: &str) -> Attempt<bool> {
            if keys.len() < 2 {
                return Attempt::NotAttempted(format!("fewer than two {what} keys were seen"));
            }
            let repeated = keys
                .iter()
                .enumerate()
                .any(|(index, key)| keys[..index].contains(key));
            Attempt::Seen(repeated)
        }
        EphemeralKeys {
            dh_reused: repeats(&self.dh_publics, "Diffie-Hellman"),
            ecdh_reused: repeats(&self.ecdh_publics, "elliptic-curve Diffie-Hellman"),
        }
    }

    /// What was seen of temporary RSA keys.
    pub(super) fn export_rsa(&self) -> Attempt<ExportRsaKey> {
        match self.export_moduli.as_slice() {
            [] => Attempt::NotAttempted(
                "no RSA_EXPORT suite was accepted with a temporary key".to_owned(),
            ),
            [first, others @ ..] => Attempt::Seen(ExportRsaKey {
                bits: self
                    .export_moduli
                    .iter()
                    .map(|it| server::bits(it))
                    .min()
                    .unwrap_or(0),
                reused: (!others.is_empty()).then(|| others.contains(first)),
            }),
        }
    }
}

/// Reads the `ServerKeyExchange` of a flight, as its suite says.
pub(super) fn key_exchange(flight: &ServerFlight) -> Option<ServerKeyExchange> {
    let hello = flight.hello.as_ref()?;
    let body = flight.key_exchange.as_ref()?;
    let properties = hello.cipher_suite.properties()?;
    let kind = if properties.is_ephemeral_dh() {
        KeyExchangeKind::FiniteField
    } else if properties.is_ephemeral_ecdh() {
        KeyExchangeKind::EllipticCurve
    } else if properties.key_exchange == KeyExchange::Rsa && properties.is_export() {
        KeyExchangeKind::TemporaryRsa
    } else {
        return None;
    };
    let preshared = properties.authentication == Authentication::Psk;
    ServerKeyExchange::parse(body, kind, hello.version(), preshared).ok()
}

/// Returns a digest in hexadecimal, of a number without its leading zeros.
fn sha256(number: &[u8]) -> String {
    let start = number
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(number.len());
    hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &number[start..]).as_ref())
}

/// Writes bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
