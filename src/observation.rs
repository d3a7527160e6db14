//! What was seen, without opinion.
//!
//! A failed attempt is an observation too. Nothing in here is judged and nothing in here is secret; all text has
//! passed through [`crate::text`]. The serialized form is for fixtures and recordings, not for reports.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::http;
use crate::libpq::wire::{AuthenticationRequest, ErrorResponse};
use crate::tls::{CipherSuite, NamedGroup, ProtocolVersion};
use crate::x509::{Certificate, PresentedChain, Verification};

pub mod certificate_file;
pub mod file;
pub mod scan;
pub mod tls_required;

pub use scan::Scan;

/// What became of one attempt to learn something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attempt<T> {
    /// It was learned.
    Seen(T),
    /// The peer answered, and the answer was no. What it said.
    Refused(String),
    /// It could not be learned.
    Failed(Failure),
    /// Nobody tried, and why.
    NotAttempted(String),
}

impl<T> Attempt<T> {
    /// Returns what was learned, if it was.
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(value) => Some(value),
            Self::Refused(_) | Self::Failed(_) | Self::NotAttempted(_) => None,
        }
    }

    /// Returns why it was not learned, if it was not.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Seen(_) => None,
            Self::Refused(reason) | Self::NotAttempted(reason) => Some(reason.clone()),
            Self::Failed(failure) => Some(failure.to_string()),
        }
    }
}

/// Why an attempt failed, by whose doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The kind.
    pub kind: FailureKind,
    /// What happened, in a sentence without final stop.
    pub detail: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

/// Kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The name has no address.
    Unresolved,
    /// No way there: no route, host down.
    Unreachable,
    /// Nobody listens on the port.
    ConnectionRefused,
    /// The peer reset the connection.
    Reset,
    /// The peer closed the connection where an answer was due.
    Closed,
    /// Nothing came in time.
    TimedOut,
    /// What came is not the protocol, or too much of it.
    PeerMisbehaved,
    /// The peer speaks the protocol, and nothing in common with us.
    PeerIncompatible,
    /// A file of ours is missing or wrong.
    Local,
}

/// What one quick probe of one address saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointObservation {
    /// Name of the endpoint.
    pub endpoint: Arc<str>,
    /// The address that was dialled; `None` where the name did not resolve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<SocketAddr>,
    /// When the probe began.
    pub observed_at: Timestamp,
    /// How long each part took.
    #[serde(default)]
    pub timings: Timings,
    /// TCP connections that were opened for this observation.
    pub connections_used: u32,
    /// Whether a TCP connection came about.
    pub connection: Attempt<()>,
    /// The answer to `SSLRequest`; not attempted where TLS begins with the first byte.
    pub ssl_request: Attempt<SslAnswer>,
    /// The TLS handshake, up to our own `Finished`.
    pub handshake: Attempt<Handshake>,
    /// The certificates the peer presented, whatever became of the handshake and of verification.
    pub chain: Attempt<PresentedChain>,
    /// What a client that trusts the endpoint's anchors concludes from the chain.
    pub verification: Attempt<Verification>,
    /// Whether the peer wants a client certificate, and what it did with ours.
    pub client_authentication: Attempt<ClientAuthentication>,
    /// The client certificate that the endpoint names, as its files tell; not attempted where it names none.
    pub client_identity: Attempt<ClientIdentity>,
    /// The answer to a plaintext `StartupMessage`, on a connection of its own.
    pub plaintext_startup: Attempt<StartupAnswer>,
    /// The answer to a `StartupMessage` inside TLS, on a connection of its own.
    pub tls_startup: Attempt<StartupAnswer>,
    /// Who the peer says or shows it is.
    pub server: Fingerprint,
    /// The HTTPS response head.
    pub http: Attempt<http::Head>,
    /// The answer to plain HTTP on the matching port.
    pub plain_http: Attempt<PlainHttp>,
    /// What a scan saw, where one was made: rarer than the quick probe, so the store carries it forward.
    #[serde(default = "unscanned")]
    pub scan: Attempt<Arc<Scan>>,
    /// When the answers to the `StartupMessage`s were had, where they are older than this observation: the login tests are
    /// rarer than the quick probe, and the store carries their answers forward. A probe leaves it empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_tested_at: Option<Timestamp>,
}

/// What stands where no scan was made.
fn unscanned() -> Attempt<Arc<Scan>> {
    Attempt::NotAttempted("no scan was made".to_owned())
}

/// How long each part of a probe took. A part that did not happen has no time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timings {
    /// Name to addresses.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::unsigned_duration::friendly::compact::optional"
    )]
    pub resolve: Option<Duration>,
    /// TCP connection.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::unsigned_duration::friendly::compact::optional"
    )]
    pub connect: Option<Duration>,
    /// `SSLRequest` to its answer.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::unsigned_duration::friendly::compact::optional"
    )]
    pub negotiate: Option<Duration>,
    /// `ClientHello` to `Finished`.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::unsigned_duration::friendly::compact::optional"
    )]
    pub handshake: Option<Duration>,
    /// HTTP request to the end of the response head.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::unsigned_duration::friendly::compact::optional"
    )]
    pub response: Option<Duration>,
    /// The whole probe of this address.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub total: Duration,
}

/// The answer to `SSLRequest` (PostgreSQL documentation, section 55.2.10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SslAnswer {
    /// `S`: go on with TLS.
    Willing,
    /// `N`: no TLS here.
    Unwilling,
    /// `E`: an error in place of an answer.
    Error(ErrorResponse),
}

/// A TLS handshake that came far enough to have parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handshake {
    /// Negotiated version.
    pub version: ProtocolVersion,
    /// Negotiated cipher suite.
    pub cipher_suite: CipherSuite,
    /// Negotiated group, where a group was negotiated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<NamedGroup>,
    /// Negotiated application protocol (RFC 7301).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpn: Option<String>,
    /// Whether an OCSP response was stapled (RFC 6066 section 8).
    pub ocsp_stapled: bool,
}

/// Whether a peer wants a client certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientAuthentication {
    /// How much it wants one.
    pub demand: ClientCertificateDemand,
    /// Distinguished names of the CAs it would accept, from its `CertificateRequest`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ca_names: Vec<String>,
    /// Whether we had one to send.
    pub sent: bool,
    /// What the peer said to the certificate we sent, or to none: the alert, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// How much a peer wants a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientCertificateDemand {
    /// No `CertificateRequest`.
    NotRequested,
    /// `CertificateRequest`, and the handshake ends well without a certificate.
    Requested,
    /// `CertificateRequest`, and the handshake ends in an alert without an acceptable certificate.
    Required,
    /// `CertificateRequest`, and we sent a certificate that was accepted: without one it was not tried.
    RequestedOrRequired,
}

/// A client certificate as its files tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientIdentity {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Whether the key in `sslkey` belongs to it.
    pub key_matches: bool,
}

/// The answer to a `StartupMessage`, up to the authentication request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartupAnswer {
    /// The user that was named.
    pub user: String,
    /// The database that was named.
    pub database: String,
    /// What came back.
    pub reply: StartupReply,
}

/// What comes back to a `StartupMessage`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartupReply {
    /// The server goes on to authentication.
    Authentication(AuthenticationRequest),
    /// The server refuses.
    Error(ErrorResponse),
}

/// Who a peer is, as far as it shows before login.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fingerprint {
    /// The product.
    pub product: Product,
    /// What tells it, strongest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// Products that verifull tells apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Product {
    /// A CockroachDB node.
    Cockroachdb,
    /// The SQL proxy in front of CockroachDB Cloud clusters.
    CockroachdbCloudProxy,
    /// PostgreSQL.
    Postgresql,
    /// Nothing told it.
    #[default]
    Unknown,
}

impl Product {
    /// Returns the name that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cockroachdb => "cockroachdb",
            Self::CockroachdbCloudProxy => "cockroachdb_cloud_proxy",
            Self::Postgresql => "postgresql",
            Self::Unknown => "unknown",
        }
    }
}

/// The answer to plain HTTP on the port that matches an HTTPS endpoint (80 for 443).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainHttp {
    /// The port that was dialled.
    pub port: u16,
    /// Status code.
    pub status: u16,
    /// Whether the first hop leads to `https` on the same host.
    pub redirects_to_https: bool,
}
