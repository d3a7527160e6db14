//! One probe of one address: the story from dialling to taking leave, and what it comes to as an observation.
//!
//! Every step that fails leaves the rest of the observation with the reason. Nothing is retried.
#![expect(
    clippy::disallowed_methods,
    reason = "an observation says when it was made"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use super::dial::Connection;
use super::failure;
use super::material::Material;
use super::postgresql::{self, GssAnswer};
use super::tls::{self, Conversation, Farewell, Record};
use super::{Depth, Prober, fingerprint, https, login};
use crate::endpoint::{Endpoint, Protocol};
use crate::observation::{
    Attempt, ClientAuthentication, ClientCertificateDemand, EndpointObservation, Failure,
    FailureKind, Fingerprint, Handshake, PlainHttp, Product, SslAnswer, StartupAnswer, Timings,
};
use crate::tls::{AlertDescription, ProtocolVersion};
use crate::x509::{parse, verify};

/// One probe of one address.
#[derive(Clone, Copy)]
pub(super) struct Visit<'a> {
    pub(super) prober: &'a Prober,
    pub(super) endpoint: &'a Endpoint,
    pub(super) address: SocketAddr,
    pub(super) material: &'a Material,
}

/// A connection that is about to speak TLS, or why it does not come to that.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives for one step, and is open nearly always"
)]
enum Threshold {
    Open(Connection),
    Shut,
}

impl Visit<'_> {
    /// Sees all there is to see, in the order in which one thing depends on another.
    pub(super) async fn observe(
        self,
        resolve: Option<Duration>,
        depth: Depth,
    ) -> EndpointObservation {
        let (mut observation, plain_http) = tokio::join!(self.look(resolve), self.plain_http());
        if let Some(plain_http) = plain_http {
            observation.connections_used += plain_http.1;
            observation.plain_http = plain_http.0;
        }
        note_unusable_anchors(&mut observation, self.material);
        let gss = self.log_in(&mut observation, depth).await;
        observation.server =
            fingerprint::identify(&observation, gss.as_ref(), &self.endpoint.target.host);
        observation
    }

    /// Makes the one whole handshake.
    async fn look(self, resolve: Option<Duration>) -> EndpointObservation {
        let mut observation = unseen(self.endpoint, Some(self.address), Timestamp::now());
        observation.timings.resolve = resolve;
        observation.client_identity = self.material.client_identity();
        let dialled = self.dial().await;
        observation.connections_used = 1;
        let connection = match dialled {
            Ok(connection) => connection,
            Err(failure) => {
                without_connection(&mut observation, failure, self.endpoint.target.protocol);
                return observation;
            }
        };
        let begun = connection.begun;
        let connect = connection.connect;
        // A place may have been long in coming: the probe begins when it is there.
        observation.observed_at = Timestamp::now();
        observation.connection = Attempt::Seen(());
        observation.timings.connect = Some(connect);
        if let Threshold::Open(connection) = self.negotiate(connection, &mut observation).await {
            let conversation = self.handshake(connection).await;
            self.record(conversation, connect, &mut observation).await;
        }
        observation.timings.total = begun.elapsed() + resolve.unwrap_or_default();
        observation
    }

    /// Waits for a place and connects.
    async fn dial(self) -> Result<Connection, Failure> {
        self.prober
            .admission
            .dial(self.address, self.endpoint.timeout)
            .await
    }

    /// Asks for TLS where one has to ask.
    async fn negotiate(
        self,
        mut connection: Connection,
        observation: &mut EndpointObservation,
    ) -> Threshold {
        if self.endpoint.target.protocol != Protocol::Postgresql {
            return Threshold::Open(connection);
        }
        let begun = Instant::now();
        let answer = postgresql::ask_for_tls(&mut connection, self.endpoint.timeout).await;
        observation.timings.negotiate = Some(begun.elapsed());
        let refusal = match &answer {
            Ok(SslAnswer::Willing) => None,
            Ok(SslAnswer::Unwilling) => Some(Attempt::Refused(
                "the server answers SSLRequest with `N`: it has no TLS".to_owned(),
            )),
            Ok(SslAnswer::Error(error)) => Some(Attempt::Refused(format!(
                "the server answers SSLRequest with an error: {error}"
            ))),
            Err(failure) => Some(Attempt::Failed(failure.clone())),
        };
        observation.ssl_request = match answer {
            Ok(answer) => Attempt::Seen(answer),
            Err(failure) => Attempt::Failed(failure),
        };
        match refusal {
            None => Threshold::Open(connection),
            Some(refusal) => {
                let patience = tls::patience(connection.connect, self.endpoint.timeout);
                if observation.ssl_request.seen().is_some() {
                    login::leave(&mut connection, patience).await;
                }
                without_tls(observation, refusal, self.endpoint.target.protocol);
                Threshold::Shut
            }
        }
    }

    /// Speaks TLS.
    async fn handshake(self, connection: Connection) -> Conversation {
        tls::handshake(
            &self.prober.conversations,
            connection,
            self.endpoint,
            self.address,
            self.material.certified_key(),
        )
        .await
    }

    /// Takes down what the handshake showed, asks HTTPS for its head, and leaves.
    async fn record(
        self,
        conversation: Conversation,
        connect: Duration,
        observation: &mut EndpointObservation,
    ) {
        let Conversation {
            handshake,
            record,
            mut refusal,
            stream,
            elapsed,
        } = conversation;
        observation.timings.handshake = handshake.is_ok().then_some(elapsed);
        let mut farewell = Farewell::Quiet;
        if let Some(mut stream) = stream {
            if self.endpoint.target.protocol == Protocol::Https {
                refusal = self.ask_https(&mut stream, observation).await;
            }
            if refusal.is_none() {
                let patience = tls::patience(connect, self.endpoint.timeout);
                farewell = tls::leave(stream, patience).await;
            }
        }
        if let Farewell::Alert(alert) = farewell {
            refusal = Some(alert);
        }
        observation.handshake = match handshake {
            Ok(handshake) => Attempt::Seen(handshake),
            Err(failure) => Attempt::Failed(failure),
        };
        observation.client_authentication =
            client_authentication(&observation.handshake, &record, refusal, &farewell);
        if observation.http.seen().is_none()
            && self.endpoint.target.protocol == Protocol::Https
            && let Attempt::Failed(failure) = &observation.handshake
        {
            observation.http = Attempt::NotAttempted(failure.detail.clone());
        }
        self.verify(&record, observation);
    }

    /// Asks for the response head. Returns the alert that may have come in its place.
    async fn ask_https(
        self,
        stream: &mut TlsStream<Connection>,
        observation: &mut EndpointObservation,
    ) -> Option<AlertDescription> {
        stream.get_mut().0.allow(https::EXCHANGE);
        let request = https::request(self.endpoint, self.endpoint.target.port, 443);
        let begun = Instant::now();
        match https::exchange(stream, &request, self.endpoint.timeout).await {
            Ok(head) => {
                observation.timings.response = Some(begun.elapsed());
                observation.http = Attempt::Seen(head);
                None
            }
            Err(refusal) => {
                observation.http = Attempt::Failed(refusal.failure);
                refusal.alert
            }
        }
    }

    /// Reads the presented chain and concludes from it.
    fn verify(self, record: &Record, observation: &mut EndpointObservation) {
        let Some(ders) = &record.chain else {
            let (chain, verification) = match &observation.handshake {
                Attempt::Failed(failure) => (
                    Attempt::Failed(failure.clone()),
                    Attempt::NotAttempted(failure.detail.clone()),
                ),
                Attempt::Seen(_) | Attempt::Refused(_) | Attempt::NotAttempted(_) => {
                    let reason = "the peer presented no certificate".to_owned();
                    (
                        Attempt::Refused(reason.clone()),
                        Attempt::NotAttempted(reason),
                    )
                }
            };
            observation.chain = chain;
            observation.verification = verification;
            return;
        };
        let chain = parse::presented_chain(ders);
        observation.verification = match self.material.anchors() {
            Ok((anchors, trust)) => Attempt::Seen(verify::verify(
                &chain,
                anchors,
                trust.clone(),
                &self.endpoint.reference_name(),
                observation.observed_at,
            )),
            Err(failure) => Attempt::Failed(failure.clone()),
        };
        observation.chain = Attempt::Seen(chain);
    }

    /// Asks plain HTTP on the matching port, where there is one.
    async fn plain_http(self) -> Option<(Attempt<PlainHttp>, u32)> {
        if self.endpoint.target.protocol != Protocol::Https {
            return None;
        }
        let own = self.endpoint.target.port;
        let Some(port) = self.endpoint.target.plain_http_port() else {
            let reason = format!("no port for plain HTTP belongs to port {own}");
            return Some((Attempt::NotAttempted(reason), 0));
        };
        let timeout = self.endpoint.timeout;
        let address = SocketAddr::new(self.address.ip(), port);
        let attempt = match self.prober.admission.dial(address, timeout).await {
            Err(failure) => Attempt::Failed(failure),
            Ok(mut connection) => {
                connection.allow(https::EXCHANGE);
                let request = https::request(self.endpoint, port, 80);
                let answer = https::exchange(&mut connection, &request, timeout).await;
                let patience = tls::patience(connection.connect, timeout);
                login::leave(&mut connection, patience).await;
                https::plain_http(port, self.endpoint, answer)
            }
        };
        Some((attempt, 1))
    }

    /// Makes the login tests, as far as they were asked for and can be made.
    async fn log_in(
        self,
        observation: &mut EndpointObservation,
        depth: Depth,
    ) -> Option<GssAnswer> {
        let reason = if self.endpoint.target.protocol != Protocol::Postgresql {
            "only the PostgreSQL wire has a login"
        } else if self.endpoint.login_test.is_none() {
            "the login test is turned off for this endpoint"
        } else if matches!(depth, Depth::Quick | Depth::Posture | Depth::Rescan) {
            "the login test runs less often"
        } else {
            return self.test_login(observation).await;
        };
        observation.plaintext_startup = Attempt::NotAttempted(reason.to_owned());
        observation.tls_startup = Attempt::NotAttempted(reason.to_owned());
        None
    }

    /// Knocks in plaintext and inside TLS, and, where the product is still unknown, asks for GSSAPI.
    async fn test_login(self, observation: &mut EndpointObservation) -> Option<GssAnswer> {
        if observation.ssl_request.seen().is_none() {
            let reason = observation.ssl_request.reason().unwrap_or_default();
            observation.plaintext_startup = Attempt::NotAttempted(reason.clone());
            observation.tls_startup = Attempt::NotAttempted(reason);
            return None;
        }
        let inside = async {
            match (&observation.handshake, refusal_of(observation)) {
                (Attempt::Seen(_), None) => (self.knock_inside_tls().await, 1),
                (Attempt::Seen(_), Some(refusal)) => (Attempt::Refused(refusal), 0),
                (other, _) => (Attempt::NotAttempted(other.reason().unwrap_or_default()), 0),
            }
        };
        let (plaintext, (tls, tls_connections)) = tokio::join!(self.knock_in_plaintext(), inside);
        observation.plaintext_startup = plaintext;
        observation.tls_startup = tls;
        observation.connections_used += 1 + tls_connections;
        let so_far = fingerprint::identify(observation, None, &self.endpoint.target.host);
        if so_far.product != Product::Unknown {
            return None;
        }
        observation.connections_used += 1;
        self.ask_for_gss().await
    }

    /// Sends a `StartupMessage` in plaintext.
    async fn knock_in_plaintext(self) -> Attempt<StartupAnswer> {
        let knocked = async {
            let mut connection = self.dial().await?;
            connection.allow(postgresql::ANSWER);
            let (target, timeout) = (&self.endpoint.target, self.endpoint.timeout);
            let answer = login::knock(&mut connection, target, timeout).await?;
            let patience = tls::patience(connection.connect, timeout);
            login::terminate_if_open(&mut connection, &answer, patience).await;
            login::leave(&mut connection, patience).await;
            Ok(answer)
        };
        knocked.await.map_or_else(Attempt::Failed, Attempt::Seen)
    }

    /// Sends a `StartupMessage` inside TLS.
    async fn knock_inside_tls(self) -> Attempt<StartupAnswer> {
        let timeout = self.endpoint.timeout;
        let knocked = async {
            let mut connection = self.dial().await?;
            let connect = connection.connect;
            match postgresql::ask_for_tls(&mut connection, timeout).await? {
                SslAnswer::Willing => {}
                SslAnswer::Unwilling | SslAnswer::Error(_) => {
                    return Err(failure::misbehaved(
                        "the server offered TLS, and a moment later no more",
                    ));
                }
            }
            let conversation = self.handshake(connection).await;
            conversation.handshake?;
            let Some(mut stream) = conversation.stream else {
                return Err(failure::closed(failure::Step::Startup));
            };
            stream.get_mut().0.allow(2 * postgresql::ANSWER);
            let answer = login::knock(&mut stream, &self.endpoint.target, timeout).await?;
            let patience = tls::patience(connect, timeout);
            login::terminate_if_open(&mut stream, &answer, patience).await;
            tls::leave(stream, patience).await;
            Ok(answer)
        };
        knocked.await.map_or_else(Attempt::Failed, Attempt::Seen)
    }

    /// Sends `GSSENCRequest`.
    async fn ask_for_gss(self) -> Option<GssAnswer> {
        let timeout = self.endpoint.timeout;
        let mut connection = self.dial().await.ok()?;
        let answer = postgresql::ask_for_gss(&mut connection, timeout).await.ok();
        let patience = tls::patience(connection.connect, timeout);
        login::leave(&mut connection, patience).await;
        answer
    }
}

/// Returns how the peer refused our client certificate, or that there was none.
fn refusal_of(observation: &EndpointObservation) -> Option<String> {
    observation
        .client_authentication
        .seen()
        .and_then(|client| client.refusal.clone())
}

/// Concludes what the peer wants of a client from how the handshake went and ended.
fn client_authentication(
    handshake: &Attempt<Handshake>,
    record: &Record,
    refusal: Option<AlertDescription>,
    farewell: &Farewell,
) -> Attempt<ClientAuthentication> {
    let handshake = match handshake {
        Attempt::Seen(handshake) => handshake,
        Attempt::Failed(failure) => return refused_within_handshake(failure, record, refusal),
        Attempt::Refused(reason) | Attempt::NotAttempted(reason) => {
            return Attempt::NotAttempted(reason.clone());
        }
    };
    let demand = match (&record.ca_names, record.sent, refusal) {
        (None, _, _) => ClientCertificateDemand::NotRequested,
        (Some(_), true, _) => ClientCertificateDemand::RequestedOrRequired,
        (Some(_), false, Some(_)) => ClientCertificateDemand::Required,
        (Some(_), false, None) => match farewell {
            // In TLS 1.2 the handshake does not end before the peer has made up its mind.
            Farewell::Broken(failure) if handshake.version != ProtocolVersion::TLSV1_2 => {
                return Attempt::Failed(failure.clone());
            }
            Farewell::Quiet | Farewell::Alert(_) | Farewell::Broken(_) => {
                ClientCertificateDemand::Requested
            }
        },
    };
    Attempt::Seen(ClientAuthentication {
        demand,
        ca_names: record.ca_names.clone().unwrap_or_default(),
        sent: record.sent,
        refusal: refusal.map(failure::alert_sentence),
    })
}

/// Concludes what the peer wants of a client from a handshake that the peer ended after it had asked for a certificate.
///
/// That is how TLS 1.2 refuses (RFC 5246 section 7.4.6): with an alert, which is lost where the peer closes with some of
/// our flight unread.
fn refused_within_handshake(
    failure: &Failure,
    record: &Record,
    refusal: Option<AlertDescription>,
) -> Attempt<ClientAuthentication> {
    // Before the peer has proved to hold its key we have sent nothing that it could refuse.
    let cut = matches!(failure.kind, FailureKind::Reset | FailureKind::Closed)
        && record.signed_in == Some(ProtocolVersion::TLSV1_2);
    match &record.ca_names {
        Some(ca_names) if cut || refusal.is_some() => Attempt::Seen(ClientAuthentication {
            demand: if record.sent {
                ClientCertificateDemand::RequestedOrRequired
            } else {
                ClientCertificateDemand::Required
            },
            ca_names: ca_names.clone(),
            sent: record.sent,
            refusal: Some(refusal.map_or_else(|| failure.detail.clone(), failure::alert_sentence)),
        }),
        Some(_) | None => Attempt::Failed(failure.clone()),
    }
}

/// Returns an observation in which nothing has been seen yet.
pub(super) fn unseen(
    endpoint: &Endpoint,
    address: Option<SocketAddr>,
    observed_at: Timestamp,
) -> EndpointObservation {
    let protocol = endpoint.target.protocol;
    let postgresql = protocol == Protocol::Postgresql;
    let not_postgresql = "only the PostgreSQL wire has a login";
    EndpointObservation {
        endpoint: Arc::clone(&endpoint.name),
        address,
        observed_at,
        timings: Timings::default(),
        connections_used: 0,
        connection: not_attempted("nothing was dialled"),
        ssl_request: not_attempted(if postgresql {
            "nothing was asked"
        } else {
            "TLS begins with the first byte here"
        }),
        handshake: not_attempted("there was no handshake"),
        chain: not_attempted("there was no handshake"),
        verification: not_attempted("there was no handshake"),
        client_authentication: not_attempted("there was no handshake"),
        client_identity: not_attempted("the endpoint names no client certificate"),
        plaintext_startup: not_attempted(not_postgresql),
        tls_startup: not_attempted(not_postgresql),
        server: Fingerprint::default(),
        http: not_attempted("this endpoint does not speak HTTPS"),
        plain_http: not_attempted("this endpoint does not speak HTTPS"),
        scan: Attempt::NotAttempted("no scan was made".to_owned()),
        login_tested_at: None,
    }
}

/// Says why something was not tried.
fn not_attempted<T>(reason: &str) -> Attempt<T> {
    Attempt::NotAttempted(reason.to_owned())
}

/// Takes down that there is no connection, and therefore nothing else.
pub(super) fn without_connection(
    observation: &mut EndpointObservation,
    failure: Failure,
    protocol: Protocol,
) {
    let reason = failure.detail.clone();
    observation.connection = Attempt::Failed(failure);
    if protocol == Protocol::Postgresql {
        observation.ssl_request = Attempt::NotAttempted(reason.clone());
    }
    without_tls(observation, Attempt::NotAttempted(reason), protocol);
}

/// Takes down that the trust anchors cannot be used, however far the probe came: the file is ours, and its fault must
/// not hide behind a peer that is down.
pub(super) fn note_unusable_anchors(observation: &mut EndpointObservation, material: &Material) {
    if let Err(failure) = material.anchors() {
        observation.verification = Attempt::Failed(failure.clone());
    }
}

/// Takes down that there is no TLS, and therefore nothing that comes after it.
fn without_tls(
    observation: &mut EndpointObservation,
    handshake: Attempt<Handshake>,
    protocol: Protocol,
) {
    let reason = handshake.reason().unwrap_or_default();
    observation.handshake = handshake;
    observation.chain = Attempt::NotAttempted(reason.clone());
    observation.verification = Attempt::NotAttempted(reason.clone());
    observation.client_authentication = Attempt::NotAttempted(reason.clone());
    if protocol == Protocol::Https {
        observation.http = Attempt::NotAttempted(reason);
    }
}
