//! The lab's servers: the PostgreSQL wire up to the authentication request, and one HTTPS answer.
//!
//! Bytes and their order are those of CockroachDB 25 and PostgreSQL 15. Nobody can log in, for there is nothing behind.
#![expect(
    clippy::disallowed_methods,
    reason = "the lab is part of the outside world that verifull looks at"
)]

use std::io;
use std::net::TcpListener as StdListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::pki::{Authority, Leaf};
use crate::libpq::wire::{GSSENC_REQUEST, SSL_REQUEST};

/// Longest life of one connection: the lab holds nobody's socket open.
const PATIENCE: Duration = Duration::from_secs(10);

/// Largest `StartupMessage` that is read, as PostgreSQL's `MAX_STARTUP_PACKET_LENGTH`.
const LARGEST_STARTUP: usize = 10_000;

const HOUR: i64 = 3600;

/// Protocol 3.0.
const PROTOCOL_3_0: [u8; 4] = [0, 3, 0, 0];

/// A certificate chain with its key.
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

/// Whose words a server of the PostgreSQL wire uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    CockroachDb,
    PostgreSql,
}

/// What is spoken once a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speech {
    Postgresql(Dialect),
    Https,
}

/// How a server treats client certificates.
#[derive(Debug)]
enum ClientCertificates {
    Ignored,
    Requested(Arc<Authority>),
    Required(Arc<Authority>),
}

/// Whether plaintext is accepted where TLS is possible, or where it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plaintext {
    Refused,
    Accepted,
}

/// Whether the certificate stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rotation {
    Never,
    Continuous,
}

/// One server of the lab, before it runs.
pub(super) struct Server {
    speech: Speech,
    identity: Option<Identity>,
    client_certificates: ClientCertificates,
    plaintext: Plaintext,
    rotation: Rotation,
}

impl Server {
    pub(super) fn postgresql(dialect: Dialect) -> Self {
        Self::new(Speech::Postgresql(dialect))
    }

    pub(super) fn https() -> Self {
        Self::new(Speech::Https)
    }

    fn new(speech: Speech) -> Self {
        Self {
            speech,
            identity: None,
            client_certificates: ClientCertificates::Ignored,
            plaintext: Plaintext::Refused,
            rotation: Rotation::Never,
        }
    }

    /// Returns the scheme of its target.
    pub(super) fn scheme(&self) -> &'static str {
        match self.speech {
            Speech::Postgresql(_) => "postgresql",
            Speech::Https => "https",
        }
    }

    pub(super) fn with_tls(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    pub(super) fn requesting(mut self, authority: Arc<Authority>) -> Self {
        self.client_certificates = ClientCertificates::Requested(authority);
        self
    }

    pub(super) fn requiring(mut self, authority: Arc<Authority>) -> Self {
        self.client_certificates = ClientCertificates::Required(authority);
        self
    }

    pub(super) fn accepting_plaintext(mut self) -> Self {
        self.plaintext = Plaintext::Accepted;
        self
    }

    pub(super) fn rotating(mut self) -> Self {
        self.rotation = Rotation::Continuous;
        self
    }
}

/// The certificate that is served at this moment.
#[derive(Debug)]
struct Served(Mutex<Arc<CertifiedKey>>);

impl Served {
    fn replace(&self, next: CertifiedKey) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        )
    }
}

/// A server that runs.
struct Running {
    speech: Speech,
    plaintext: Plaintext,
    acceptor: Option<TlsAcceptor>,
}

/// Serves everything until it is told to stop.
pub(super) async fn serve_all(
    servers: Vec<(Server, StdListener)>,
    authority: Arc<Authority>,
    rotation: Duration,
    stop: CancellationToken,
) {
    let mut tasks = JoinSet::new();
    for (server, listener) in servers {
        let Ok(listener) = TcpListener::from_std(listener) else {
            continue;
        };
        let Ok((running, served)) = arm(server) else {
            continue;
        };
        if let Some(served) = served {
            tasks.spawn(rotate(served, authority.clone(), rotation));
        }
        tasks.spawn(accept(listener, Arc::new(running)));
    }
    stop.cancelled().await;
    tasks.shutdown().await;
}

/// Turns a server's description into what runs; the second part is there where its certificate rotates.
fn arm(server: Server) -> Result<(Running, Option<Arc<Served>>), rustls::Error> {
    let Some(identity) = server.identity else {
        return Ok((
            Running {
                speech: server.speech,
                plaintext: server.plaintext,
                acceptor: None,
            },
            None,
        ));
    };
    let served = Arc::new(Served(Mutex::new(Arc::new(certified(identity)?))));
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?;
    let builder = match server.client_certificates {
        ClientCertificates::Ignored => builder.with_no_client_auth(),
        ClientCertificates::Requested(authority) => builder.with_client_cert_verifier(
            client_verifier(&authority)?
                .allow_unauthenticated()
                .build()
                .map_err(invalid)?,
        ),
        ClientCertificates::Required(authority) => builder
            .with_client_cert_verifier(client_verifier(&authority)?.build().map_err(invalid)?),
    };
    let config = builder.with_cert_resolver(served.clone());
    let running = Running {
        speech: server.speech,
        plaintext: server.plaintext,
        acceptor: Some(TlsAcceptor::from(Arc::new(config))),
    };
    Ok((
        running,
        (server.rotation == Rotation::Continuous).then_some(served),
    ))
}

fn certified(identity: Identity) -> Result<CertifiedKey, rustls::Error> {
    CertifiedKey::from_der(identity.chain, identity.key, &aws_lc_rs::default_provider())
}

fn client_verifier(
    authority: &Authority,
) -> Result<rustls::server::ClientCertVerifierBuilder, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate())?;
    Ok(WebPkiClientVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::new(aws_lc_rs::default_provider()),
    ))
}

fn invalid(error: impl std::fmt::Display) -> rustls::Error {
    rustls::Error::General(error.to_string())
}

/// Issues a new certificate now and then, as a renewal with reload would.
async fn rotate(served: Arc<Served>, authority: Arc<Authority>, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let names = &["127.0.0.1", "localhost"];
        let leaf =
            Leaf::new("Cockroach", "node", names).valid(Timestamp::now(), -HOUR, 90 * 24 * HOUR);
        if let Ok(next) = authority.issue(&leaf).map_err(invalid).and_then(certified) {
            served.replace(next);
        }
    }
}

async fn accept(listener: TcpListener, running: Arc<Running>) {
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let running = running.clone();
                conversations.spawn(async move {
                    // A visitor that breaks off or takes too long is no concern of the lab's.
                    drop(tokio::time::timeout(PATIENCE, converse(stream, &running)).await);
                });
            }
            Some(_) = conversations.join_next(), if !conversations.is_empty() => {}
        }
    }
}

async fn converse(mut stream: TcpStream, running: &Running) -> io::Result<()> {
    match (running.speech, &running.acceptor) {
        (Speech::Https, Some(acceptor)) => {
            let mut tls = acceptor.accept(stream).await?;
            answer_http(&mut tls).await?;
            tls.shutdown().await
        }
        (Speech::Https, None) => answer_http(&mut stream).await,
        (Speech::Postgresql(dialect), acceptor) => {
            negotiate(stream, dialect, running.plaintext, acceptor.as_ref()).await
        }
    }
}

/// The PostgreSQL wire before login: requests for encryption first, then one `StartupMessage`.
async fn negotiate(
    mut stream: TcpStream,
    dialect: Dialect,
    plaintext: Plaintext,
    acceptor: Option<&TlsAcceptor>,
) -> io::Result<()> {
    loop {
        let mut request = [0; 8];
        stream.read_exact(&mut request).await?;
        if request == SSL_REQUEST {
            let Some(acceptor) = acceptor else {
                stream.write_all(b"N").await?;
                continue;
            };
            stream.write_all(b"S").await?;
            let mut tls = acceptor.accept(stream).await?;
            let mut head = [0; 8];
            tls.read_exact(&mut head).await?;
            if read_startup(&mut tls, head).await? {
                tls.write_all(&ask_for_password(dialect, Channel::Tls))
                    .await?;
            }
            return tls.shutdown().await;
        }
        if request == GSSENC_REQUEST {
            if dialect == Dialect::PostgreSql {
                stream.write_all(b"N").await?;
                continue;
            }
            return stream
                .write_all(&error(
                    dialect,
                    "ERROR",
                    "08P01",
                    "GSS encryption is not yet supported",
                ))
                .await;
        }
        if !read_startup(&mut stream, request).await? {
            return Ok(());
        }
        let answer = match (plaintext, acceptor) {
            (Plaintext::Accepted, None) => AUTHENTICATION_OK.to_vec(),
            (Plaintext::Accepted, Some(_)) => ask_for_password(dialect, Channel::Plaintext),
            (Plaintext::Refused, _) => refuse_plaintext(dialect),
        };
        return stream.write_all(&answer).await;
    }
}

/// Reads the rest of a `StartupMessage` whose first eight bytes are here. Says whether it was one of protocol 3.0.
async fn read_startup(stream: &mut (impl AsyncRead + Unpin), head: [u8; 8]) -> io::Result<bool> {
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    if head[4..] != PROTOCOL_3_0 || !(8..=LARGEST_STARTUP).contains(&length) {
        return Ok(false);
    }
    let mut parameters = vec![0; length - 8];
    stream.read_exact(&mut parameters).await?;
    Ok(true)
}

const AUTHENTICATION_OK: [u8; 9] = [b'R', 0, 0, 0, 8, 0, 0, 0, 0];

/// Whether a password would travel inside TLS: PostgreSQL offers channel binding only there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Channel {
    Plaintext,
    Tls,
}

/// `AuthenticationSASL` with the mechanisms that the product offers.
fn ask_for_password(dialect: Dialect, channel: Channel) -> Vec<u8> {
    let mechanisms: &[u8] = match (dialect, channel) {
        (Dialect::PostgreSql, Channel::Tls) => b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0",
        (Dialect::PostgreSql, Channel::Plaintext) | (Dialect::CockroachDb, _) => {
            b"SCRAM-SHA-256\0\0"
        }
    };
    let mut body = 10u32.to_be_bytes().to_vec();
    body.extend_from_slice(mechanisms);
    message(b'R', &body)
}

fn refuse_plaintext(dialect: Dialect) -> Vec<u8> {
    match dialect {
        Dialect::CockroachDb => error(
            dialect,
            "ERROR",
            "08P01",
            "node is running secure mode, SSL connection required",
        ),
        Dialect::PostgreSql => error(
            dialect,
            "FATAL",
            "28000",
            "no pg_hba.conf entry for host \"127.0.0.1\", user \"app\", database \"app\", no encryption",
        ),
    }
}

/// An `ErrorResponse` with the fields in the product's order: CockroachDB writes `M` last.
fn error(dialect: Dialect, severity: &str, sqlstate: &str, text: &str) -> Vec<u8> {
    let fields: Vec<(u8, &str)> = match dialect {
        Dialect::CockroachDb => vec![
            (b'S', severity),
            (b'V', severity),
            (b'C', sqlstate),
            (b'F', "pre_serve.go"),
            (b'L', "450"),
            (b'R', "maybeUpgradeToSecureConn"),
            (b'M', text),
        ],
        Dialect::PostgreSql => vec![
            (b'S', severity),
            (b'V', severity),
            (b'C', sqlstate),
            (b'M', text),
            (b'F', "auth.c"),
            (b'L', "543"),
            (b'R', "ClientAuthentication"),
        ],
    };
    let mut body = Vec::new();
    for (tag, value) in fields {
        body.push(tag);
        body.extend_from_slice(value.as_bytes());
        body.push(0);
    }
    body.push(0);
    message(b'E', &body)
}

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    let mut bytes = vec![tag];
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// One answer of an API that forgot HSTS and the `Secure` attribute.
async fn answer_http(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") && request.len() < 8192 {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        request.extend_from_slice(&buffer[..count]);
    }
    stream
        .write_all(
            b"HTTP/1.1 200 OK\r\nServer: uvicorn\r\nContent-Type: application/json\r\n\
              Set-Cookie: session=demo; Path=/; HttpOnly; SameSite=lax\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"status\":\"ok\"}",
        )
        .await
}
