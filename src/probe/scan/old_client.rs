//! A client of TLS 1.0 to 1.2 that goes as far as it is told: up to `ServerHelloDone`, or to the end of the handshake.
//!
//! rustls speaks TLS 1.2 with AEAD suites and keeps to the rules. What only old suites have, and what only a client does that
//! breaks rules, needs one of our own. It trusts nobody and is trusted with nothing: no secret of anyone goes over its sessions.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use super::super::dial::Connection;
use super::super::failure::{self, Step};
use super::super::{login, tls as conversation};
use super::line::OpenError;
use crate::observation::FailureKind;
use crate::tls::client_hello::extension_type;
use crate::tls::server::{NewSessionTicket, ServerHello, message_type};
use crate::tls::{self, AlertDescription, ClientHello, ProtocolVersion, record as plain};

mod exchange;
mod pkcs1;
mod prf;
mod record;
mod suite;

pub(super) use exchange::{GROUPS, with_length};
pub(super) use pkcs1::{RsaKey, padded};
pub(super) use record::{BLOCK, Broken, Half, random};
pub(super) use suite::{Exchange, Suite};

use record::Records;

/// Most bytes that a server may send after its first flight.
const LONGEST_REST: usize = 64 * 1024;

/// Most bytes of one handshake message.
const LONGEST_MESSAGE: usize = tls::flight::LONGEST_FLIGHT;

/// Bytes that are read at once.
const PIECE: usize = 4096;

/// Type of the message `ClientKeyExchange`.
pub(super) const CLIENT_KEY_EXCHANGE: u8 = 16;

/// How a connection ended, or that it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    Reset,
    /// Nothing more came in time.
    Silence,
    /// What came cannot be read, or there was too much of it.
    Broken(String),
}

/// What the server said next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A handshake message: type and body.
    Message(u8, Vec<u8>),
    ChangeCipherSpec,
    Alert {
        fatal: bool,
        description: AlertDescription,
    },
    /// A record of another type, which says nothing here.
    Other(u8),
}

/// What a server did in answer to something that is no part of a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reaction {
    /// Its alerts, in the order in which they came.
    pub(super) alerts: Vec<AlertDescription>,
    /// Whether it said anything beside alerts.
    pub(super) said_more: bool,
    pub(super) end: End,
}

impl Reaction {
    /// Whether the server went on as if nothing had happened, as far as one sees.
    pub(super) fn is_silence(&self) -> bool {
        self.end == End::Silence && self.alerts.is_empty()
    }
}

/// Why a session did not get as far as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) reason: String,
    /// Whether nothing had come yet: a limit looks like this, and another attempt may fare better.
    pub(super) before_any_answer: bool,
}

impl Trouble {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            before_any_answer: false,
        }
    }
}

impl Trouble {
    fn refused(description: AlertDescription) -> Self {
        Self::new(format!(
            "the server refuses the handshake with alert {description}"
        ))
    }

    fn out_of_turn() -> Self {
        Self::new("the server sends what is no part of a handshake")
    }
}

impl From<Broken> for Trouble {
    fn from(broken: Broken) -> Self {
        Self::new(broken.to_string())
    }
}

impl From<tls::Malformed> for Trouble {
    fn from(malformed: tls::Malformed) -> Self {
        Self::new(malformed.to_string())
    }
}

impl From<OpenError> for Trouble {
    fn from(error: OpenError) -> Self {
        Self {
            before_any_answer: matches!(error, OpenError::HangUp(_) | OpenError::Unconnected(_)),
            reason: error.to_string(),
        }
    }
}

impl From<End> for Trouble {
    fn from(end: End) -> Self {
        Self::new(match end {
            End::Closed => "the server closes the connection in the handshake".to_owned(),
            End::Reset => "the server resets the connection in the handshake".to_owned(),
            End::Silence => "the server does not end the handshake in time".to_owned(),
            End::Broken(what) => what,
        })
    }
}

/// The client's `verify_data`, which a renegotiation repeats (RFC 5746).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finished(pub(super) Vec<u8>);

/// One session under way.
#[derive(Debug)]
pub(super) struct Session {
    connection: Connection,
    records: Records,
    /// Handshake bytes that are not yet a whole message.
    message: Vec<u8>,
    /// Every handshake message so far, for `Finished`.
    transcript: Vec<u8>,
    offered: ProtocolVersion,
    client_random: [u8; 32],
    pub(super) hello: ServerHello,
    pub(super) suite: Suite,
    pub(super) certificates: Vec<Vec<u8>>,
    key_exchange: Vec<u8>,
    wants_certificate: bool,
    /// What protects what is sent, once it is protected.
    pub(super) writing: Option<Half>,
    reading: Option<Half>,
    pub(super) ticket: Option<Vec<u8>>,
    timeout: Duration,
}

/// What the first flight is made of, while it comes.
struct Flight {
    hello: Option<ServerHello>,
    certificates: Vec<Vec<u8>>,
    key_exchange: Vec<u8>,
    wants_certificate: bool,
}

impl Session {
    /// Sends a hello.
    async fn begin(
        connection: Connection,
        hello: &ClientHello,
        timeout: Duration,
    ) -> Result<Self, Trouble> {
        let nothing = ServerHello {
            legacy_version: hello.legacy_version,
            random: [0; 32],
            session_id: Vec::new(),
            cipher_suite: tls::CipherSuite(0),
            compression_method: 0,
            extensions: Vec::new(),
        };
        let first = hello.cipher_suites.iter().copied().find_map(Suite::of);
        let mut session = Self {
            connection,
            records: Records::default(),
            message: Vec::new(),
            transcript: hello.message(),
            offered: hello.legacy_version,
            client_random: hello.random,
            hello: nothing,
            suite: first.ok_or_else(|| Trouble::new("no suite of ours is offered"))?,
            certificates: Vec::new(),
            key_exchange: Vec::new(),
            wants_certificate: false,
            writing: None,
            reading: None,
            ticket: None,
            timeout,
        };
        session
            .write(&hello.to_bytes())
            .await
            .map_err(|end| Trouble {
                before_any_answer: true,
                ..end.into()
            })?;
        Ok(session)
    }

    /// Sends a hello and reads up to `ServerHelloDone`.
    pub(super) async fn greet(
        connection: Connection,
        hello: &ClientHello,
        timeout: Duration,
    ) -> Result<Self, Trouble> {
        let deadline = Instant::now() + timeout;
        let mut session = Self::begin(connection, hello, timeout).await?;
        let flight = session.read_flight(deadline).await?;
        let server_hello = flight
            .hello
            .ok_or_else(|| Trouble::new("no ServerHello came"))?;
        session.suite = hello
            .cipher_suites
            .contains(&server_hello.cipher_suite)
            .then(|| Suite::of(server_hello.cipher_suite))
            .flatten()
            .ok_or_else(|| Trouble::new("the server chooses a suite that was not offered"))?;
        let version = server_hello.version();
        if !(ProtocolVersion::TLSV1..=hello.legacy_version).contains(&version) {
            return Err(Trouble::new(
                "the server chooses a version that was not offered",
            ));
        }
        session.hello = server_hello;
        session.certificates = flight.certificates;
        session.key_exchange = flight.key_exchange;
        session.wants_certificate = flight.wants_certificate;
        session.connection.allow(LONGEST_REST);
        Ok(session)
    }

    /// Sends a hello and reads `ServerHello` alone: what follows in a session that is resumed is encrypted.
    pub(super) async fn server_hello(
        connection: Connection,
        hello: &ClientHello,
        timeout: Duration,
    ) -> Result<ServerHello, Trouble> {
        let deadline = Instant::now() + timeout;
        let mut session = Self::begin(connection, hello, timeout).await?;
        let mut before_any_answer = true;
        loop {
            let said = session.listen(deadline).await.map_err(|end| Trouble {
                before_any_answer,
                ..end.into()
            })?;
            before_any_answer = false;
            match said {
                Said::Message(message_type::SERVER_HELLO, body) => {
                    let hello = ServerHello::parse(&body)?;
                    session.hang_up().await;
                    return Ok(hello);
                }
                Said::Alert { fatal: false, .. } | Said::Other(plain::HANDSHAKE) => {}
                Said::Alert { description, .. } => return Err(Trouble::refused(description)),
                Said::Message(..) | Said::ChangeCipherSpec | Said::Other(_) => {
                    return Err(Trouble::out_of_turn());
                }
            }
        }
    }

    async fn read_flight(&mut self, deadline: Instant) -> Result<Flight, Trouble> {
        let mut flight = Flight {
            hello: None,
            certificates: Vec::new(),
            key_exchange: Vec::new(),
            wants_certificate: false,
        };
        let mut answered = false;
        loop {
            let said = self.listen(deadline).await.map_err(|end| Trouble {
                before_any_answer: !answered,
                ..end.into()
            })?;
            answered = true;
            match said {
                Said::Message(message_type::SERVER_HELLO, body) => {
                    flight.hello = Some(ServerHello::parse(&body)?);
                }
                Said::Message(message_type::CERTIFICATE, body) => {
                    flight.certificates = tls::server::certificates(&body)?;
                }
                Said::Message(message_type::SERVER_KEY_EXCHANGE, body) => {
                    flight.key_exchange = body;
                }
                Said::Message(message_type::CERTIFICATE_REQUEST, _) => {
                    flight.wants_certificate = true;
                }
                Said::Message(message_type::SERVER_HELLO_DONE, _) => return Ok(flight),
                Said::Message(..) | Said::Other(plain::HANDSHAKE) => {}
                Said::Alert { fatal, description } => {
                    if fatal || description == AlertDescription::CLOSE_NOTIFY {
                        return Err(Trouble::refused(description));
                    }
                }
                Said::ChangeCipherSpec | Said::Other(_) => {
                    return Err(Trouble::out_of_turn());
                }
            }
        }
    }

    /// Returns the version that the server chose.
    pub(super) fn version(&self) -> ProtocolVersion {
        self.hello.version()
    }

    /// How long to wait for an answer before its absence means something.
    pub(super) fn patience(&self) -> Duration {
        conversation::patience(self.connection.connect, self.timeout)
    }

    /// Makes the keys that follow from a master secret, the client's first.
    pub(super) fn keys(&self, master: &[u8]) -> Result<(Half, Half), Broken> {
        record::keys(
            &self.suite,
            self.version(),
            master,
            &self.client_random,
            &self.hello.random,
        )
    }

    /// Returns a valid body of `ClientKeyExchange`.
    pub(super) fn client_key_exchange(&self) -> Result<Vec<u8>, Broken> {
        self.agree().map(|agreed| agreed.message)
    }

    fn agree(&self) -> Result<exchange::Agreed, Broken> {
        exchange::agree(
            self.suite.exchange,
            self.offered,
            self.version(),
            &self.certificates,
            &self.key_exchange,
        )
    }

    /// Ends the handshake.
    pub(super) async fn finish(&mut self) -> Result<Finished, Trouble> {
        let deadline = Instant::now() + self.timeout;
        let prf = self.suite.prf(self.version());
        let agreed = self.agree()?;
        let mut flight = self.key_exchange_flight(&agreed.message);
        let extended = self
            .hello
            .extension(extension_type::EXTENDED_MASTER_SECRET)
            .is_some();
        let master = if extended {
            let session = prf.digest(&self.transcript);
            prf.expand(&agreed.premaster, "extended master secret", &[&session], 48)
        } else {
            let seeds: [&[u8]; 2] = [&self.client_random, &self.hello.random];
            prf.expand(&agreed.premaster, "master secret", &seeds, 48)
        };
        let (writing, mut reading) = self.keys(&master)?;
        plain::write(&mut flight, plain::CHANGE_CIPHER_SPEC, self.version(), &[1]);
        self.writing = Some(writing);
        let client = prf.expand(
            &master,
            "client finished",
            &[&prf.digest(&self.transcript)],
            12,
        );
        let finished = plain::handshake_message(message_type::FINISHED, &client);
        self.transcript.extend(&finished);
        flight.extend(self.record(plain::HANDSHAKE, &finished)?);
        self.write(&flight).await?;
        loop {
            // What Finished covers is everything before it.
            let covered = prf.digest(&self.transcript);
            match self.listen(deadline).await? {
                Said::Message(message_type::NEW_SESSION_TICKET, body) => {
                    self.ticket = Some(NewSessionTicket::parse(&body)?.ticket);
                }
                Said::ChangeCipherSpec if self.reading.is_none() => {
                    self.reading = Some(reading);
                    // A second one has nothing to switch to.
                    (_, reading) = self.keys(&[])?;
                }
                Said::Message(message_type::FINISHED, body) if self.reading.is_some() => {
                    let wanted = prf.expand(&master, "server finished", &[&covered], 12);
                    if body != wanted {
                        return Err(Trouble::new(
                            "the server's Finished does not fit the handshake",
                        ));
                    }
                    return Ok(Finished(client));
                }
                Said::Alert { fatal, description } => {
                    if fatal || description == AlertDescription::CLOSE_NOTIFY {
                        return Err(Trouble::new(format!(
                            "the server ends the handshake with alert {description}"
                        )));
                    }
                }
                Said::Message(..) | Said::ChangeCipherSpec | Said::Other(_) => {
                    return Err(Trouble::out_of_turn());
                }
            }
        }
    }

    /// Returns the client's messages up to `ClientKeyExchange`, which has this body.
    pub(super) fn key_exchange_flight(&mut self, body: &[u8]) -> Vec<u8> {
        let mut flight = Vec::new();
        if self.wants_certificate {
            // None: an empty list.
            self.put_message(&mut flight, message_type::CERTIFICATE, &[0, 0, 0]);
        }
        self.put_message(&mut flight, CLIENT_KEY_EXCHANGE, body);
        flight
    }

    fn put_message(&mut self, flight: &mut Vec<u8>, kind: u8, body: &[u8]) {
        let message = plain::handshake_message(kind, body);
        plain::write(flight, plain::HANDSHAKE, self.version(), &message);
        self.transcript.extend(message);
    }

    /// Returns a record with this content, protected where it has come to that.
    fn record(&mut self, content_type: u8, content: &[u8]) -> Result<Vec<u8>, Broken> {
        let mut bytes = Vec::new();
        let version = self.version();
        match &mut self.writing {
            Some(half) => {
                let fragment = half.seal(content_type, content)?;
                plain::write(&mut bytes, content_type, version, &fragment);
            }
            None => plain::write(&mut bytes, content_type, version, content),
        }
        Ok(bytes)
    }

    /// Sends one record.
    pub(super) async fn send(&mut self, content_type: u8, content: &[u8]) -> Result<(), Trouble> {
        let bytes = self.record(content_type, content)?;
        Ok(self.write(&bytes).await?)
    }

    /// Sends bytes as they are. What the server has to say about it may be there although it takes no more.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), End> {
        let written = async {
            self.connection.write_all(bytes).await?;
            self.connection.flush().await
        };
        match tokio::time::timeout(self.timeout, written).await {
            Err(_) => Err(End::Silence),
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(ended(&error)),
        }
    }

    /// Waits for the next thing that the server says.
    pub(super) async fn listen(&mut self, deadline: Instant) -> Result<Said, End> {
        loop {
            if let Some(message) = self.next_message()? {
                return Ok(message);
            }
            let Some(record) = self
                .records
                .next()
                .map_err(|broken| End::Broken(broken.to_string()))?
            else {
                self.read(deadline, PIECE).await?;
                continue;
            };
            let content = match &mut self.reading {
                Some(half) => half
                    .open(record.content_type, &record.fragment)
                    .map_err(|broken| End::Broken(broken.to_string()))?,
                None => record.fragment,
            };
            match (record.content_type, content.as_slice()) {
                (plain::HANDSHAKE, []) => return Ok(Said::Other(plain::HANDSHAKE)),
                (plain::HANDSHAKE, _) => self.message.extend(content),
                (plain::CHANGE_CIPHER_SPEC, _) => return Ok(Said::ChangeCipherSpec),
                (plain::ALERT, [level, description, ..]) => {
                    return Ok(Said::Alert {
                        fatal: *level == 2,
                        description: AlertDescription(*description),
                    });
                }
                (other, _) => return Ok(Said::Other(other)),
            }
        }
    }

    /// Cuts a whole handshake message off what has come.
    fn next_message(&mut self) -> Result<Option<Said>, End> {
        let Some((&[kind, a, b, c], body)) = self.message.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        if length > LONGEST_MESSAGE {
            let complaint = format!("a handshake message says that it has {length} bytes");
            return Err(End::Broken(complaint));
        }
        let Some(body) = body.get(..length) else {
            return Ok(None);
        };
        let body = body.to_vec();
        let message: Vec<u8> = self.message.drain(..4 + length).collect();
        // HelloRequest is no part of it (RFC 5246 section 7.4.1.1).
        if kind != message_type::HELLO_REQUEST {
            self.transcript.extend(message);
        }
        Ok(Some(Said::Message(kind, body)))
    }

    async fn read(&mut self, deadline: Instant, most: usize) -> Result<(), End> {
        let mut piece = vec![0; most];
        let reading = self.connection.read(&mut piece);
        match tokio::time::timeout_at(deadline, reading).await {
            Err(_) => Err(End::Silence),
            Ok(Ok(0)) => Err(End::Closed),
            Ok(Ok(length)) => {
                self.records.feed(&piece[..length]);
                Ok(())
            }
            Ok(Err(error)) => Err(ended(&error)),
        }
    }

    /// Waits until a record begins, and returns its type and its length. The rest of it is neither waited for nor read.
    pub(super) async fn beginning(&mut self, deadline: Instant) -> Result<(u8, usize), End> {
        loop {
            if let Some(header) = self.records.header() {
                return Ok(header);
            }
            // No byte more than is asked for.
            self.read(deadline, 1).await?;
        }
    }

    /// Returns the least bytes that a protected record with so much content has.
    pub(super) fn sealed_length(&self, content: usize) -> usize {
        self.reading
            .as_ref()
            .map_or(content, |half| half.sealed_length(content))
    }

    /// Reads past the record that has begun to come.
    pub(super) async fn read_past(&mut self, deadline: Instant) -> Result<(), String> {
        loop {
            match self.records.next() {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => {}
                Err(broken) => return Err(broken.to_string()),
            }
            self.read(deadline, PIECE)
                .await
                .map_err(|end| Trouble::from(end).reason)?;
        }
    }

    /// Watches what the server does, until it ends the connection or for so long.
    pub(super) async fn react(&mut self, patience: Duration) -> Reaction {
        let deadline = Instant::now() + patience;
        let mut reaction = Reaction {
            alerts: Vec::new(),
            said_more: false,
            end: End::Silence,
        };
        loop {
            match self.listen(deadline).await {
                Ok(Said::Alert { description, .. }) => reaction.alerts.push(description),
                Ok(Said::Message(..) | Said::ChangeCipherSpec | Said::Other(_)) => {
                    reaction.said_more = true;
                }
                Err(end) => {
                    // Who has said why may reset or close: that is the system's choice, by what is left unread.
                    let told = end == End::Reset && !reaction.alerts.is_empty();
                    reaction.end = if told { End::Closed } else { end };
                    return reaction;
                }
            }
        }
    }

    /// Takes leave: `close_notify`, under the keys there are, and the end of the stream.
    pub(super) async fn leave(mut self) {
        const WARNING: u8 = 1;
        let words = [WARNING, AlertDescription::CLOSE_NOTIFY.0];
        let _ = self.send(plain::ALERT, &words).await;
        self.hang_up().await;
    }

    /// Ends the connection without a word: what a handshake that went wrong on purpose has left to say.
    pub(super) async fn hang_up(mut self) {
        let patience = self.patience();
        self.connection.allow(LONGEST_REST);
        login::leave(&mut self.connection, patience).await;
    }
}

/// Sorts an error of a socket.
fn ended(error: &std::io::Error) -> End {
    let failure = failure::from_io(Step::Handshake, error);
    match failure.kind {
        FailureKind::Reset => End::Reset,
        FailureKind::Closed => End::Closed,
        FailureKind::TimedOut => End::Silence,
        FailureKind::Unresolved
        | FailureKind::Unreachable
        | FailureKind::ConnectionRefused
        | FailureKind::PeerMisbehaved
        | FailureKind::PeerIncompatible
        | FailureKind::Local => End::Broken(failure.detail),
    }
}
