//! The TLS conversation: everything the peer presents is recorded, whatever anybody thinks of it.
//!
//! This is the one file in which certificates are let through unverified. What leaves it is a record and a stream
//! that says goodbye; nothing is ever sent over it that anybody could want to read. Whether the chain is good is
//! judged afterwards, by others, from the record.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::dial::Connection;
use super::failure::{self, Step};
use crate::endpoint::{Endpoint, Host, Protocol};
use crate::observation::{Failure, FailureKind, Handshake};
use crate::text;
use crate::tls::{AlertDescription, CipherSuite, NamedGroup, ProtocolVersion, ServerHelloStart};
use crate::x509::parse;

/// Most that a peer may send in one handshake. rustls reads messages up to 64 kB each, and a server's flight has
/// two that may be large: `Certificate` and `CertificateRequest`.
const HANDSHAKE: usize = 256 * 1024;

/// Most that is read while taking leave: session tickets, an alert, what was under way.
const FAREWELL: usize = 64 * 1024;

/// Most names of CAs that are kept of one `CertificateRequest`. A server that trusts all of Mozilla's roots sends 140.
const MOST_CA_NAMES: usize = 256;

/// The three kinds of conversation, made once.
#[derive(Debug)]
pub(super) struct Conversations {
    postgresql: ClientConfig,
    https: ClientConfig,
    bare: ClientConfig,
}

impl Conversations {
    /// Prepares the conversations.
    pub(super) fn new() -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        Self {
            // As libpq 17 offers it. PostgreSQL before 17 and CockroachDB ignore it.
            postgresql: configuration(&provider, Some(b"postgresql")),
            // The head that we read is HTTP/1.1's.
            https: configuration(&provider, Some(b"http/1.1")),
            bare: configuration(&provider, None),
        }
    }

    /// Returns the configuration of one connection: the shared one, with a recorder of its own.
    fn of(&self, protocol: Protocol, recorder: &Arc<Recorder>) -> ClientConfig {
        let shared = match protocol {
            Protocol::Postgresql => &self.postgresql,
            Protocol::Https => &self.https,
            Protocol::Tls => &self.bare,
        };
        let mut configuration = shared.clone();
        configuration
            .dangerous()
            .set_certificate_verifier(Arc::clone(recorder) as Arc<dyn ServerCertVerifier>);
        configuration.client_auth_cert_resolver =
            Arc::clone(recorder) as Arc<dyn ResolvesClientCert>;
        configuration
    }
}

/// Builds what all connections of one protocol share.
fn configuration(provider: &Arc<CryptoProvider>, alpn: Option<&[u8]>) -> ClientConfig {
    let recorder = Arc::new(Recorder::new(provider, None));
    let mut configuration = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .unwrap_or_else(|_| unreachable!("aws-lc-rs has suites for TLS 1.2 and TLS 1.3"))
        .dangerous()
        .with_custom_certificate_verifier(recorder)
        .with_no_client_auth();
    configuration.alpn_protocols = alpn.into_iter().map(<[u8]>::to_vec).collect();
    // A resumed session presents no certificate.
    configuration.resumption = Resumption::disabled();
    configuration
}

/// What a handshake left behind.
#[derive(Debug)]
pub(super) struct Conversation {
    /// Its parameters, or why it has none.
    pub(super) handshake: Result<Handshake, Failure>,
    /// What the peer presented and wanted.
    pub(super) record: Record,
    /// How the peer ended it, where it did not like our client certificate, or that there was none.
    pub(super) refusal: Option<AlertDescription>,
    /// The stream, as long as it is open.
    pub(super) stream: Option<TlsStream<Connection>>,
    /// How long it took.
    pub(super) elapsed: Duration,
}

/// What was recorded of one handshake.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// The certificates as they came.
    pub(super) chain: Option<Vec<CertificateDer<'static>>>,
    /// Whether an OCSP response came with them.
    pub(super) ocsp_stapled: bool,
    /// Names of CAs, from the `CertificateRequest`, if there was one.
    pub(super) ca_names: Option<Vec<String>>,
    /// Whether a client certificate was sent.
    pub(super) sent: bool,
    /// The version in which the peer proved to hold the key.
    pub(super) signed_in: Option<ProtocolVersion>,
}

impl Record {
    /// Whether the peer asked for a client certificate in TLS 1.2 and got our flight, with a certificate or without.
    fn asked_in_tls12(&self) -> bool {
        self.ca_names.is_some() && self.signed_in == Some(ProtocolVersion::TLSV1_2)
    }
}

/// What a handshake is made with that is not the endpoint's own.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// Versions that are offered.
    pub(super) versions: &'static [&'static rustls::SupportedProtocolVersion],
    /// The one suite that is offered; all where there is none.
    pub(super) cipher_suite: Option<CipherSuite>,
    /// Application protocols that are offered.
    pub(super) alpn: Vec<Vec<u8>>,
    /// Where sessions are kept; nowhere where there is none.
    pub(super) resumption: Option<Resumption>,
    /// Signature schemes that are offered; all that we can check where there is none.
    pub(super) signature_schemes: Option<&'static [SignatureScheme]>,
    /// Whether the server's name is left out.
    pub(super) nameless: bool,
}

/// TLS 1.3 alone.
pub(super) const TLS13: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// TLS 1.2 alone.
pub(super) const TLS12: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];

impl Default for Terms {
    fn default() -> Self {
        Self {
            versions: rustls::DEFAULT_VERSIONS,
            cipher_suite: None,
            alpn: Vec::new(),
            resumption: None,
            signature_schemes: None,
            nameless: false,
        }
    }
}

/// A stream, and the certificates that the peer presented on it.
pub(super) type Presented = (TlsStream<Connection>, Vec<CertificateDer<'static>>);

/// Speaks TLS over a connection on terms of its own. The chain is let through, as everywhere here.
pub(super) async fn connect(
    conversations: &Conversations,
    mut connection: Connection,
    name: ServerName<'static>,
    terms: &Terms,
    timeout: Duration,
) -> Result<Presented, Failure> {
    let mut provider = (**conversations.bare.crypto_provider()).clone();
    if let Some(wanted) = terms.cipher_suite {
        provider
            .cipher_suites
            .retain(|suite| u16::from(suite.suite()) == wanted.0);
    }
    let provider = Arc::new(provider);
    let recorder = Arc::new(Recorder {
        schemes: terms.signature_schemes,
        ..Recorder::new(&provider, None)
    });
    let builder =
        ClientConfig::builder_with_provider(provider).with_protocol_versions(terms.versions);
    let builder = builder.map_err(|_| Failure {
        kind: FailureKind::Local,
        detail: "our TLS library does not have what this handshake needs".to_owned(),
    })?;
    let mut configuration = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    configuration.alpn_protocols.clone_from(&terms.alpn);
    configuration.enable_sni = !terms.nameless && !matches!(name, ServerName::IpAddress(_));
    configuration.resumption = terms
        .resumption
        .clone()
        .unwrap_or_else(Resumption::disabled);
    connection.allow(HANDSHAKE);
    let connector = TlsConnector::from(Arc::new(configuration));
    failure::within(Step::Handshake, timeout, async {
        let connected = connector.connect(name, connection).await;
        let stream = connected.map_err(|error| failure::from_io(Step::Handshake, &error))?;
        Ok((stream, recorder.record().chain.unwrap_or_default()))
    })
    .await
}

/// Speaks TLS over a connection, up to our `Finished`.
pub(super) async fn handshake(
    conversations: &Conversations,
    mut connection: Connection,
    endpoint: &Endpoint,
    address: SocketAddr,
    identity: Option<Arc<CertifiedKey>>,
) -> Conversation {
    let provider = conversations.bare.crypto_provider();
    let recorder = Arc::new(Recorder::new(provider, identity));
    let connector = TlsConnector::from(Arc::new(
        conversations.of(endpoint.target.protocol, &recorder),
    ));
    let begun = Instant::now();
    connection.allow(HANDSHAKE);
    let name = server_name(endpoint, address);
    let ended = tokio::time::timeout(
        endpoint.timeout,
        connector.connect(name, connection).into_fallible(),
    )
    .await;
    let elapsed = begun.elapsed();
    let record = recorder.record();
    let (handshake, refusal, stream) = match ended {
        Ok(Ok(stream)) => (Ok(parameters(&stream, &record)), None, Some(stream)),
        Ok(Err((error, mut connection))) => {
            let alert = match failure::alert(&error) {
                Some(alert) => Some(alert),
                None if record.asked_in_tls12() => unread_alert(&mut connection).await,
                None => None,
            };
            match refused_client(&record, alert, connection.opening()) {
                Some(handshake) => (Ok(handshake), alert, None),
                None => (Err(failure::from_io(Step::Handshake, &error)), None, None),
            }
        }
        Err(_) => (
            Err(failure::timed_out(Step::Handshake, endpoint.timeout)),
            None,
            None,
        ),
    };
    Conversation {
        handshake,
        record,
        refusal,
        stream,
        elapsed,
    }
}

/// Reads an alert that a peer sent before it broke off while we were still sending.
///
/// Until the peer's `ChangeCipherSpec` a TLS 1.2 alert is in the clear: record header, level, description.
async fn unread_alert(connection: &mut Connection) -> Option<AlertDescription> {
    const ALERT: u8 = 21;
    let mut received = [0; 7];
    let read = connection.read_exact(&mut received);
    // It has come already or never will: the peer has broken off.
    let ended = tokio::time::timeout(Duration::from_millis(100), read).await;
    match (ended, received) {
        (Ok(Ok(_)), [ALERT, 3, _, 0, 2, _, description]) => Some(AlertDescription(description)),
        _ => None,
    }
}

/// Returns what goes into SNI: a name, or, for an address, nothing (RFC 6066 section 3).
pub(super) fn server_name(endpoint: &Endpoint, address: SocketAddr) -> ServerName<'static> {
    let name = match (&endpoint.server_name, &endpoint.target.host) {
        (Some(name), _) | (None, Host::Name(name)) => ServerName::try_from(name.clone()).ok(),
        (None, Host::Address(_)) => None,
    };
    name.unwrap_or_else(|| ServerName::IpAddress(address.ip().into()))
}

/// Reads the parameters off a stream.
fn parameters(stream: &TlsStream<Connection>, record: &Record) -> Handshake {
    let (_, session) = stream.get_ref();
    Handshake {
        version: ProtocolVersion(session.protocol_version().map_or(0, u16::from)),
        cipher_suite: CipherSuite(
            session
                .negotiated_cipher_suite()
                .map_or(0, |suite| u16::from(suite.suite())),
        ),
        group: session
            .negotiated_key_exchange_group()
            .map(|group| NamedGroup(u16::from(group.name()))),
        alpn: session.alpn_protocol().map(text::printable_bytes),
        ocsp_stapled: record.ocsp_stapled,
    }
}

/// Tells a TLS 1.2 handshake that was whole but for the peer's `Finished` from one that never got there.
///
/// There the peer looks at the client's certificate before its own `Finished`, so its refusal ends a handshake
/// whose parameters stand. In TLS 1.3 our side is done before the refusal comes.
fn refused_client(
    record: &Record,
    alert: Option<AlertDescription>,
    opening: &super::dial::Opening,
) -> Option<Handshake> {
    alert?;
    if !record.asked_in_tls12() {
        return None;
    }
    let hello = ServerHelloStart::parse(opening.bytes())?;
    Some(Handshake {
        version: ProtocolVersion::TLSV1_2,
        cipher_suite: hello.cipher_suite,
        // In ServerKeyExchange, which rustls does not hand out.
        group: None,
        alpn: None,
        ocsp_stapled: record.ocsp_stapled,
    })
}

/// How a peer took our leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    /// It closed, or said nothing more.
    Quiet,
    /// It had an objection.
    Alert(AlertDescription),
    /// It broke off without a word, so an objection may have been lost.
    Broken(Failure),
}

/// Sends `close_notify` and the end of the stream, and reads what the peer still says.
///
/// With TLS 1.3 that is where it objects to our client certificate, or to none.
pub(super) async fn leave(mut stream: TlsStream<Connection>, patience: Duration) -> Farewell {
    stream.get_mut().0.allow(FAREWELL);
    let words = async {
        // A peer that has closed already cannot take it, and may have left an alert all the same.
        let _ = stream.shutdown().await;
        let mut piece = [0; 512];
        loop {
            match stream.read(&mut piece).await {
                Ok(0) => return Farewell::Quiet,
                Ok(_) => {}
                // An end without close_notify is rude, and no objection.
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    return Farewell::Quiet;
                }
                Err(error) => {
                    return match failure::alert(&error) {
                        Some(alert) => Farewell::Alert(alert),
                        None => Farewell::Broken(failure::from_io(Step::Handshake, &error)),
                    };
                }
            }
        }
    };
    tokio::time::timeout(patience, words)
        .await
        .unwrap_or(Farewell::Quiet)
}

/// Returns how long a peer may take to take leave: some round trips, and never less than a second.
pub(super) fn patience(connect: Duration, timeout: Duration) -> Duration {
    (connect * 4).max(Duration::from_secs(1)).min(timeout)
}

/// Takes down what the peer presents and wants. It accepts every chain and refuses only a false signature.
#[derive(Debug)]
struct Recorder {
    provider: Arc<CryptoProvider>,
    identity: Option<Arc<CertifiedKey>>,
    /// What is offered of signature schemes, where it is not everything.
    schemes: Option<&'static [SignatureScheme]>,
    record: Mutex<Record>,
}

impl Recorder {
    fn new(provider: &Arc<CryptoProvider>, identity: Option<Arc<CertifiedKey>>) -> Self {
        Self {
            provider: Arc::clone(provider),
            identity,
            schemes: None,
            record: Mutex::default(),
        }
    }

    /// Writes into the record.
    fn note(&self, write: impl FnOnce(&mut Record)) {
        write(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns what was recorded so far.
    fn record(&self) -> Record {
        std::mem::take(&mut *self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Checks that the peer holds the key of the certificate that it presents, as far as that key can be read.
    fn check_signature(
        &self,
        message: &[u8],
        end_entity: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
        version: ProtocolVersion,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if version == ProtocolVersion::TLSV1_3 && !usable_in_tls13(signed.scheme) {
            return Err(rustls::PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        // Not webpki's reader: it refuses X.509 version 1 and other things that are to be looked at here.
        if let Ok((_, certificate)) = X509Certificate::from_der(end_entity) {
            let key = certificate.public_key();
            match key.parsed() {
                Ok(PublicKey::RSA(rsa)) if !(2048..=8192).contains(&rsa.key_size()) => {
                    check_weak_rsa(message, &key.subject_public_key.data, signed)?;
                }
                _ => self.check_with(message, key.raw, signed, version)?,
            }
        }
        self.note(|record| record.signed_in = Some(version));
        Ok(HandshakeSignatureValid::assertion())
    }

    /// Checks a signature with a key that rustls can use.
    fn check_with(
        &self,
        message: &[u8],
        subject_public_key_info: &[u8],
        signed: &DigitallySignedStruct,
        version: ProtocolVersion,
    ) -> Result<(), rustls::Error> {
        let subject_public_key_info = SubjectPublicKeyInfoDer::from(subject_public_key_info);
        let Ok(key) = webpki::RawPublicKeyEntity::try_from(&subject_public_key_info) else {
            return Err(CertificateError::BadEncoding.into());
        };
        let algorithms = &self.provider.signature_verification_algorithms;
        let candidates = algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == signed.scheme)
            .map_or(&[][..], |(_, candidates)| candidates);
        // TLS 1.3 fixes the curve with the scheme and TLS 1.2 does not (RFC 8446 section 4.2.3).
        let candidates = match version {
            ProtocolVersion::TLSV1_3 => &candidates[..candidates.len().min(1)],
            _ => candidates,
        };
        let fits = candidates.iter().any(|algorithm| {
            key.verify_signature(*algorithm, message, signed.signature())
                .is_ok()
        });
        if fits {
            Ok(())
        } else {
            Err(CertificateError::BadSignature.into())
        }
    }
}

/// Whether TLS 1.3 allows a scheme in `CertificateVerify` (RFC 8446 section 4.2.3).
fn usable_in_tls13(scheme: SignatureScheme) -> bool {
    !matches!(
        scheme,
        SignatureScheme::RSA_PKCS1_SHA1
            | SignatureScheme::RSA_PKCS1_SHA256
            | SignatureScheme::RSA_PKCS1_SHA384
            | SignatureScheme::RSA_PKCS1_SHA512
            | SignatureScheme::ECDSA_SHA1_Legacy
    )
}

/// Checks a signature with an RSA key that no verifier accepts, as far as the library still can.
///
/// It has PKCS #1 from 1024 bits for old uses, and PSS only from 2048. What it cannot check passes: such a key fails
/// every verification of the chain anyway, so nothing rests on the signature.
fn check_weak_rsa(
    message: &[u8],
    key: &[u8],
    signed: &DigitallySignedStruct,
) -> Result<(), rustls::Error> {
    use aws_lc_rs::signature;
    let algorithm = if signed.scheme == SignatureScheme::RSA_PKCS1_SHA256 {
        &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
    } else if signed.scheme == SignatureScheme::RSA_PKCS1_SHA512 {
        &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
    } else {
        return Ok(());
    };
    let key = signature::UnparsedPublicKey::new(algorithm, key);
    match key.parse() {
        // Below 1024 bits, or above 8192.
        Err(_) => Ok(()),
        Ok(_) => key
            .verify(message, signed.signature())
            .map_err(|_| CertificateError::BadSignature.into()),
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.note(|record| {
            let chain = std::iter::once(end_entity).chain(intermediates);
            record.chain = Some(chain.map(|der| der.clone().into_owned()).collect());
            record.ocsp_stapled = !ocsp_response.is_empty();
        });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        end_entity: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.check_signature(message, end_entity, signed, ProtocolVersion::TLSV1_2)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        end_entity: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.check_signature(message, end_entity, signed, ProtocolVersion::TLSV1_3)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.map_or_else(
            || {
                let algorithms = &self.provider.signature_verification_algorithms;
                algorithms.supported_schemes()
            },
            <[_]>::to_vec,
        )
    }
}

impl ResolvesClientCert for Recorder {
    fn resolve(
        &self,
        root_hint_subjects: &[&[u8]],
        schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let fitting = self
            .identity
            .as_ref()
            .filter(|identity| identity.key.choose_scheme(schemes).is_some());
        self.note(|record| {
            let names = root_hint_subjects.iter().take(MOST_CA_NAMES);
            record.ca_names = Some(names.map(|der| parse::distinguished_name(der)).collect());
            record.sent = fitting.is_some();
        });
        fitting.cloned()
    }

    fn has_certs(&self) -> bool {
        self.identity.is_some()
    }
}
