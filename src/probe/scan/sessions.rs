//! Sessions: tickets, resumption and early data. They take finished handshakes, which rustls makes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue,
    Tls12Resumption, Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;
use rustls::{HandshakeKind, NamedGroup as RustlsGroup};

use tokio::io::AsyncRead as _;
use tokio_rustls::client::TlsStream;

use super::Scanner;
use super::evidence::hex;
use super::heads::Spoken;
use crate::observation::Attempt;
use crate::observation::scan::{Sessions, Ticket};
use crate::probe::dial::Connection;
use crate::probe::tls::{self as conversation, Terms};
use crate::tls::ProtocolVersion;
use crate::tls::client_hello::extension_type;
use crate::tls::flight::session_ticket;

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
    /// Sees how sessions of TLS 1.3 are resumed, once it is known to be spoken.
    pub(super) async fn sessions_tls13(&self) -> (Attempt<bool>, Attempt<u32>) {
        if self.heads.of(ProtocolVersion::TLSV1_3).await.is_some() {
            return self.resume_tls13().await;
        }
        let reason = "TLSv1.3 is not spoken";
        (not_attempted(reason), not_attempted(reason))
    }

    /// Sees how sessions of TLS 1.2 are resumed by tickets, once it is known to be spoken.
    pub(super) async fn tickets_tls12(&self) -> (Attempt<bool>, Attempt<Ticket>) {
        if self.heads.of(ProtocolVersion::TLSV1_2).await.is_none() {
            let reason = "TLSv1.2 is not spoken, and older handshakes are not finished here";
            return (not_attempted(reason), not_attempted(reason));
        }
        let hello = self.evidence.hello(Some(ProtocolVersion::TLSV1_2));
        let answered =
            hello.is_some_and(|hello| hello.extension(extension_type::SESSION_TICKET).is_some());
        if !answered {
            let reason = "the server does not answer the extension session_ticket".to_owned();
            return (Attempt::Seen(false), Attempt::Refused(reason));
        }
        self.line.expect(2);
        self.resume_tls12_with(Tls12Resumption::SessionIdOrTickets)
            .await
    }

    /// Sees whether sessions of TLS 1.2 are resumed by their ids.
    pub(super) async fn session_ids_tls12(&self, spoken: &Spoken) -> Attempt<bool> {
        if spoken.suite(ProtocolVersion::TLSV1_2).is_none() {
            return not_attempted(
                "TLSv1.2 is not spoken, and older handshakes are not finished here",
            );
        }
        self.line.expect(2);
        self.resume_tls12_with(Tls12Resumption::SessionIdOnly)
            .await
            .0
    }

    /// Does the same where another hello has told whether the server names sessions: one that does not costs no connection more.
    pub(super) async fn session_ids_if_named(&self, spoken: &Spoken) -> Attempt<bool> {
        match self.evidence.read().names_sessions {
            Some(false) => Attempt::Seen(false),
            Some(true) => self.session_ids_tls12(spoken).await,
            None => not_attempted("the hello without session_ticket was not answered"),
        }
    }

    /// Puts together what was seen of sessions.
    pub(super) fn read_sessions(sessions: &mut Sessions) {
        if let (Attempt::NotAttempted(_) | Attempt::Refused(_), Attempt::Seen(true)) =
            (&sessions.ticket, &sessions.resumed_by_psk)
        {
            let reason = "TLSv1.3 sends its tickets encrypted, and TLSv1.2 issued none to look at";
            sessions.ticket = not_attempted(reason);
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
        if let Err(reason) = self.handshake(&terms, &keeper).await {
            self.line.answered_one();
            return (not_attempted(reason.clone()), not_attempted(reason));
        }
        let seen = keeper.seen();
        if seen.tickets == 0 {
            self.line.answered_one();
            return (Attempt::Seen(false), Attempt::Seen(0));
        }
        let resumed = match self.handshake(&terms, &keeper).await {
            Ok(handshaken) => Attempt::Seen(handshaken.kind == Some(HandshakeKind::Resumed)),
            Err(reason) => not_attempted(reason),
        };
        (resumed, Attempt::Seen(seen.early_data))
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
        let first = match self.handshake(&terms, &keeper).await {
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
        let second = self.handshake(&terms, &keeper).await;
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
    async fn handshake(&self, terms: &Terms, keeper: &Keeper) -> Result<Handshaken, String> {
        if let Some(reason) = self.line.given_up() {
            return Err(reason);
        }
        self.line.turn().await;
        let result = self.handshake_once(terms, keeper).await;
        self.line.answered_one();
        result
    }

    async fn handshake_once(&self, terms: &Terms, keeper: &Keeper) -> Result<Handshaken, String> {
        let mut connection = self.line.open().await.map_err(|error| error.to_string())?;
        connection.tap();
        let connect = connection.connect;
        let endpoint = self.line.endpoint;
        let name = conversation::server_name(endpoint, self.line.address);
        let (mut stream, _) = conversation::connect(
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
        if terms.versions == conversation::TLS13
            && !wait_for_ticket(&mut stream, keeper, connect * 3).await
        {
            // It comes with the farewell or not at all.
            let patience = conversation::patience(connect, endpoint.timeout);
            conversation::leave(stream, patience).await;
        } else {
            self.line.take_leave_of(stream, connect);
        }
        Ok(Handshaken {
            kind,
            ticket: session_ticket(&tapped),
        })
    }
}

/// Reads until a ticket of TLS 1.3 has come, which is a message of its own after the handshake.
async fn wait_for_ticket(
    stream: &mut TlsStream<Connection>,
    keeper: &Keeper,
    patience: Duration,
) -> bool {
    stream.get_mut().0.allow(64 * 1024);
    let reading = std::future::poll_fn(|context| {
        let mut piece = [0; 1];
        let mut buffer = tokio::io::ReadBuf::new(&mut piece);
        // Tickets are taken in on the way to application data, which a server does not send unasked.
        let polled = std::pin::Pin::new(&mut *stream).poll_read(context, &mut buffer);
        if keeper.seen().tickets > 0 || polled.is_ready() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    });
    // A server that issues none says nothing: the farewell is for those that are slow.
    let patience = patience.max(Duration::from_millis(20));
    let _ = tokio::time::timeout(patience, reading).await;
    keeper.seen().tickets > 0
}
