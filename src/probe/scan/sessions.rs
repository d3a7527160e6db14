//! Sessions: tickets, resumption and early data. They take finished handshakes, which rustls makes.
#![expect(clippy::disallowed_methods, reason = "a ticket comes when it comes")]

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue,
    Tls12Resumption, Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;
use rustls::{HandshakeKind, NamedGroup as RustlsGroup};

use super::Scanner;
use super::evidence::hex;
use super::features::Known;
use super::line::hello_only;
use crate::observation::Attempt;
use crate::observation::scan::{Sessions, Ticket};
use crate::probe::tls::{self as conversation, Terms};
use crate::tls::client_hello::{Extension, extension_type};
use crate::tls::flight::session_ticket;
use crate::tls::{CipherSuite, ProtocolVersion};

/// Keeps sessions and remembers what came.
#[derive(Debug)]
struct Keeper {
    kept: ClientSessionMemoryCache,
    seen: Mutex<Seen>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    sessions: u32,
    tickets: u32,
    early_data: u32,
}

impl Keeper {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            kept: ClientSessionMemoryCache::new(8),
            seen: Mutex::default(),
        })
    }

    fn seen(&self) -> Seen {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, write: impl FnOnce(&mut Seen)) {
        write(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl ClientSessionStore for Keeper {
    fn set_kx_hint(&self, server_name: ServerName<'static>, group: RustlsGroup) {
        self.kept.set_kx_hint(server_name, group);
    }

    fn kx_hint(&self, server_name: &ServerName<'_>) -> Option<RustlsGroup> {
        self.kept.kx_hint(server_name)
    }

    fn set_tls12_session(&self, server_name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.note(|seen| seen.sessions += 1);
        self.kept.set_tls12_session(server_name, value);
    }

    fn tls12_session(&self, server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.kept.tls12_session(server_name)
    }

    fn remove_tls12_session(&self, server_name: &ServerName<'static>) {
        self.kept.remove_tls12_session(server_name);
    }

    fn insert_tls13_ticket(
        &self,
        server_name: ServerName<'static>,
        value: Tls13ClientSessionValue,
    ) {
        self.note(|seen| {
            seen.tickets += 1;
            seen.early_data = seen.early_data.max(value.max_early_data_size());
        });
        self.kept.insert_tls13_ticket(server_name, value);
    }

    fn take_tls13_ticket(
        &self,
        server_name: &ServerName<'static>,
    ) -> Option<Tls13ClientSessionValue> {
        self.kept.take_tls13_ticket(server_name)
    }
}

fn not_attempted<T>(reason: impl Into<String>) -> Attempt<T> {
    Attempt::NotAttempted(reason.into())
}

/// What a handshake for the sake of its session came to.
struct Handshaken {
    kind: Option<HandshakeKind>,
    /// What the server sent after its first flight, in the clear up to TLS 1.2.
    ticket: Option<crate::tls::server::NewSessionTicket>,
}

impl Scanner<'_> {
    /// Sees how sessions are resumed.
    pub(super) async fn sessions(&self, known: Known<'_>, sessions: &mut Sessions) {
        let spoken = known.spoken();
        let tls13 = async {
            if spoken.contains(&ProtocolVersion::TLSV1_3) {
                self.resume_tls13().await
            } else {
                let reason = "TLSv1.3 is not spoken";
                (not_attempted(reason), not_attempted(reason))
            }
        };
        let tls12 = async {
            let suites = known.suites(ProtocolVersion::TLSV1_2);
            let (mut by_id, mut by_ticket, mut ticket) = if suites.is_empty() {
                let reason = "TLSv1.2 is not spoken";
                (
                    not_attempted(reason),
                    not_attempted(reason),
                    not_attempted(reason),
                )
            } else {
                self.resume_tls12(suites).await
            };
            if suites.is_empty() && known.newest_in_the_clear().is_some() {
                let reason = "only versions before TLSv1.2 have it here, and their handshakes are not finished";
                (by_id, by_ticket, ticket) = (
                    not_attempted(reason),
                    not_attempted(reason),
                    not_attempted(reason),
                );
            }
            (by_id, by_ticket, ticket)
        };
        let (tls13, tls12) = tokio::join!(tls13, tls12);
        (sessions.resumed_by_psk, sessions.early_data) = tls13;
        (
            sessions.resumed_by_id,
            sessions.resumed_by_ticket,
            sessions.ticket,
        ) = tls12;
        if let (Attempt::NotAttempted(_), Attempt::Seen(_)) =
            (&sessions.ticket, &sessions.resumed_by_psk)
        {
            sessions.ticket = not_attempted(
                "TLSv1.3 encrypts its tickets' messages; TLSv1.2 issued none to look at",
            );
        }
    }

    /// One handshake to get a ticket, one to use it.
    async fn resume_tls13(&self) -> (Attempt<bool>, Attempt<u32>) {
        let keeper = Keeper::new();
        let terms = Terms {
            versions: conversation::TLS13,
            resumption: Some(Resumption::store(
                Arc::clone(&keeper) as Arc<dyn ClientSessionStore>
            )),
            ..Terms::default()
        };
        self.line.expect(2);
        if let Err(reason) = self.handshake(&terms).await {
            self.line.answered_one();
            return (not_attempted(reason.clone()), not_attempted(reason));
        }
        let seen = keeper.seen();
        if seen.tickets == 0 {
            self.line.answered_one();
            return (Attempt::Seen(false), Attempt::Seen(0));
        }
        let resumed = match self.handshake(&terms).await {
            Ok(handshaken) => Attempt::Seen(handshaken.kind == Some(HandshakeKind::Resumed)),
            Err(reason) => not_attempted(reason),
        };
        (resumed, Attempt::Seen(seen.early_data))
    }

    async fn resume_tls12(
        &self,
        suites: &[CipherSuite],
    ) -> (Attempt<bool>, Attempt<bool>, Attempt<Ticket>) {
        let issues_tickets = self
            .evidence
            .hello(Some(ProtocolVersion::TLSV1_2))
            .is_some_and(|hello| hello.extension(extension_type::SESSION_TICKET).is_some());
        let by_ticket = async {
            if !issues_tickets {
                let reason = "the server does not answer the extension session_ticket".to_owned();
                return (Attempt::Seen(false), Attempt::Refused(reason));
            }
            self.line.expect(2);
            self.resume_tls12_with(Tls12Resumption::SessionIdOrTickets)
                .await
        };
        let by_id = async {
            // A server that gives a session no name will not know it again.
            self.line.expect(1);
            match self.gives_session_ids(suites).await {
                Ok(false) => Attempt::Seen(false),
                Ok(true) => {
                    self.line.expect(2);
                    self.resume_tls12_with(Tls12Resumption::SessionIdOnly)
                        .await
                        .0
                }
                Err(reason) => not_attempted(reason),
            }
        };
        let (by_id, (by_ticket, ticket)) = tokio::join!(by_id, by_ticket);
        (by_id, by_ticket, ticket)
    }

    /// Whether the server names sessions in its `ServerHello` where it cannot use a ticket.
    async fn gives_session_ids(&self, suites: &[CipherSuite]) -> Result<bool, String> {
        let suites = &suites[..suites.len().min(super::hello::MOST_SUITES)];
        let mut hello = self
            .hellos
            .hello(&self.question(ProtocolVersion::TLSV1_2, suites));
        if let Some(extensions) = &mut hello.extensions {
            extensions.retain(|extension| !matches!(extension, Extension::SessionTicket(_)));
        }
        let answer = self.line.ask(&hello.to_bytes(), &hello_only).await;
        answer
            .hello()
            .map(|hello| !hello.session_id.is_empty())
            .ok_or_else(|| "the hello without session_ticket was not answered".to_owned())
    }

    async fn resume_tls12_with(&self, how: Tls12Resumption) -> (Attempt<bool>, Attempt<Ticket>) {
        let keeper = Keeper::new();
        let resumption = Resumption::store(Arc::clone(&keeper) as Arc<dyn ClientSessionStore>)
            .tls12_resumption(how);
        let terms = Terms {
            versions: conversation::TLS12,
            resumption: Some(resumption),
            ..Terms::default()
        };
        let first = match self.handshake(&terms).await {
            Ok(first) => first,
            Err(reason) => {
                self.line.answered_one();
                return (not_attempted(reason.clone()), not_attempted(reason));
            }
        };
        if keeper.seen().sessions == 0 {
            self.line.answered_one();
            let reason = "the handshake ended without a session".to_owned();
            return (Attempt::Seen(false), Attempt::Refused(reason));
        }
        let second = self.handshake(&terms).await;
        let resumed = match &second {
            Ok(second) => Attempt::Seen(second.kind == Some(HandshakeKind::Resumed)),
            Err(reason) => not_attempted(reason.clone()),
        };
        let ticket = match &first.ticket {
            None => Attempt::Refused("no NewSessionTicket came".to_owned()),
            Some(ticket) => {
                let name = ticket.ticket.get(..16);
                // A second ticket of the same key begins alike; where it does not, there is no name in it.
                let again = second.ok().and_then(|second| second.ticket);
                let differs = again.is_some_and(|again| again.ticket.get(..16) != name);
                Attempt::Seen(Ticket {
                    lifetime_seconds: ticket.lifetime_hint,
                    key_name_sha256: name.filter(|_| !differs).map(|name| {
                        hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name).as_ref())
                    }),
                })
            }
        };
        (resumed, ticket)
    }

    /// Makes one whole handshake and takes leave of it.
    async fn handshake(&self, terms: &Terms) -> Result<Handshaken, String> {
        if let Some(reason) = self.line.given_up() {
            return Err(reason);
        }
        self.line.turn().await;
        let result = self.handshake_once(terms).await;
        self.line.answered_one();
        result
    }

    async fn handshake_once(&self, terms: &Terms) -> Result<Handshaken, String> {
        let mut connection = self.line.open().await.map_err(|error| error.to_string())?;
        connection.tap();
        let connect = connection.connect;
        let endpoint = self.line.endpoint;
        let name = conversation::server_name(endpoint, self.line.address);
        let mut stream = conversation::connect(
            &self.line.prober.conversations,
            connection,
            name,
            terms,
            endpoint.timeout,
        )
        .await
        .map_err(|failure| failure.detail)?;
        let kind = stream.get_ref().1.handshake_kind();
        let tapped = stream.get_mut().0.tapped();
        let patience = conversation::patience(connect, endpoint.timeout);
        conversation::leave(stream, patience).await;
        Ok(Handshaken {
            kind,
            ticket: session_ticket(&tapped),
        })
    }
}
