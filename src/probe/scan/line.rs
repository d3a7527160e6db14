//! One question, one connection, one answer; and what to make of a server that hangs up.
//!
//! An alert is a refusal. A connection that is reset, closed or left in silence may be one, too, or a sign that the server takes
//! no more connections just now. A hello that is known to work, the control, tells the two apart: where it is answered
//! the refusal was meant, and where it is not the scan slows down and asks again.
#![expect(clippy::disallowed_methods, reason = "a scan waits and runs tasks")]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use super::super::dial::Connection;
use super::super::failure::{self, Step};
use super::super::{Prober, ProgressSink, ScanOptions, login, postgresql, tls as conversation};
use super::pace::Pace;
use crate::endpoint::{Endpoint, Protocol};
use crate::libpq::wire;
use crate::observation::scan::Conduct;
use crate::observation::{Failure, FailureKind, SslAnswer};
use crate::text;
use crate::tls::AlertDescription;
use crate::tls::flight::{End, LONGEST_FLIGHT, ServerFlight};
use crate::tls::server::ServerHello;

/// Most times that one question is asked.
const MOST_ATTEMPTS: u32 = 14;

/// Connections without any answer after which a server is given up.
const MOST_SILENCES: u32 = 30;

/// Connections that do not come about, after which a server that was never heard is given up.
const MOST_UNCONNECTED: u32 = 16;

/// Connections without any answer, and how long without any, after which a server that has answered before is given up.
const SILENCES_SINCE: (u32, Duration) = (10, Duration::from_secs(15));

/// Silences in a row, each a whole timeout long, after which a server is given up.
const MOST_TIMEOUTS: u32 = 4;

/// The longest that a scan may take.
const LONGEST_SCAN: Duration = Duration::from_mins(15);

/// What a server did in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HangUp {
    Reset,
    Close,
    Silence,
}

impl HangUp {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "the server resets the connection",
            Self::Close => "the server closes the connection without an alert",
            Self::Silence => "the server does not answer",
        }
    }
}

/// What became of a question.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// The server took something of what was offered.
    Accepted(Box<ServerFlight>),
    /// It took nothing; how it said so.
    Refused(Refusal),
    /// It could not be told, and why.
    Open(String),
}

/// How a server refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Alert(AlertDescription),
    HangUp(HangUp),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Alert(alert) => write!(f, "alert {alert}"),
            Self::HangUp(kind) => f.write_str(kind.as_str()),
        }
    }
}

impl Answer {
    /// Returns the flight of an accepted hello.
    pub(super) fn flight(&self) -> Option<&ServerFlight> {
        match self {
            Self::Accepted(flight) => Some(flight),
            Self::Refused(_) | Self::Open(_) => None,
        }
    }

    /// Returns the `ServerHello` of an accepted hello.
    pub(super) fn hello(&self) -> Option<&ServerHello> {
        self.flight().and_then(|flight| flight.hello.as_ref())
    }
}

/// One connection's outcome.
enum Outcome {
    Flight(Box<ServerFlight>),
    Alert(AlertDescription),
    HangUp(HangUp),
    Unconnected(Failure),
    /// It is no TLS server, or a mad one.
    Stranger(String),
}

/// Whether to go on reading after `ServerHello`.
pub(super) type Wanted<'a> = &'a (dyn Fn(&ServerHello) -> bool + Sync);

/// Reads no further than `ServerHello`.
pub(super) fn hello_only(_: &ServerHello) -> bool {
    false
}

/// Reads up to `ServerHelloDone`.
pub(super) fn whole_flight(_: &ServerHello) -> bool {
    true
}

/// The way to one address for one scan.
pub(super) struct Line<'a> {
    pub(super) prober: &'a Prober,
    pub(super) endpoint: &'a Endpoint,
    pub(super) address: SocketAddr,
    pub(super) options: ScanOptions,
    pace: Pace,
    begun: Instant,
    state: Mutex<State>,
    connections: AtomicU32,
    done: AtomicU32,
    expected: AtomicU32,
    progress: Option<ProgressSink>,
    farewells: Mutex<JoinSet<()>>,
    /// Whoever finds out what a hang-up means does so alone.
    trial: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    conduct: Conduct,
    /// A hello that was answered with a `ServerHello`.
    control: Option<Arc<[u8]>>,
    /// Hang-ups that were seen to be refusals.
    refuses_by: BTreeSet<HangUp>,
    /// Hang-ups that were seen to be limits.
    limits_by: BTreeSet<HangUp>,
    silences: u32,
    timeouts: u32,
    /// When the server answered last.
    heard_at: Option<Instant>,
    given_up: Option<String>,
    gaps: Vec<String>,
}

impl<'a> Line<'a> {
    pub(super) fn new(
        prober: &'a Prober,
        endpoint: &'a Endpoint,
        address: SocketAddr,
        progress: Option<ProgressSink>,
    ) -> Self {
        Self {
            prober,
            endpoint,
            address,
            options: ScanOptions {
                // An endpoint's owner may want quiet where others do not.
                unsuspicious: prober.scan_options.unsuspicious || !endpoint.scan.suspicious_probes,
                ..prober.scan_options
            },
            pace: Pace::new(prober.scan_options.pacing),
            begun: Instant::now(),
            state: Mutex::default(),
            connections: AtomicU32::new(0),
            done: AtomicU32::new(0),
            expected: AtomicU32::new(0),
            progress,
            farewells: Mutex::default(),
            trial: tokio::sync::Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes why the picture is not whole.
    pub(super) fn gap(&self, gap: impl Into<String>) {
        let gap = gap.into();
        let mut state = self.state();
        if !state.gaps.contains(&gap) && state.gaps.len() < 64 {
            state.gaps.push(gap);
        }
    }

    /// Returns how the server treated us and what stayed open.
    pub(super) fn account(&self) -> (Conduct, Vec<String>, u32) {
        let state = self.state();
        let mut conduct = state.conduct.clone();
        conduct.slowed_down = self.pace.was_troubled();
        let mut gaps = state.gaps.clone();
        if let Some(reason) = &state.given_up {
            gaps.insert(0, reason.clone());
        }
        (conduct, gaps, self.connections.load(Ordering::Relaxed))
    }

    /// Returns why nothing more is asked, once that is so.
    pub(super) fn given_up(&self) -> Option<String> {
        if self.begun.elapsed() > LONGEST_SCAN {
            return Some(format!(
                "the scan ended after {} min",
                LONGEST_SCAN.as_secs() / 60
            ));
        }
        self.state().given_up.clone()
    }

    pub(super) fn give_up(&self, reason: impl Into<String>) {
        self.state().given_up.get_or_insert(reason.into());
    }

    /// Counts a connection that somebody else makes for this scan.
    pub(super) fn count_connection(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for the turn to make a connection.
    pub(super) async fn turn(&self) {
        self.pace.turn().await;
    }

    /// Announces questions that will be asked.
    pub(super) fn expect(&self, questions: usize) {
        let questions = u32::try_from(questions).unwrap_or(u32::MAX);
        self.expected.fetch_add(questions, Ordering::Relaxed);
        self.tell();
    }

    fn tell(&self) {
        if let Some(progress) = &self.progress {
            let done = self.done.load(Ordering::Relaxed);
            progress(done, self.expected.load(Ordering::Relaxed).max(done));
        }
    }

    /// Tells that a question is answered.
    pub(super) fn answered_one(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.tell();
    }

    /// Asks one question.
    pub(super) async fn ask(&self, hello: &[u8], wanted: Wanted<'_>) -> Answer {
        let answer = self.ask_until_sure(hello, wanted).await;
        self.answered_one();
        if let Answer::Open(reason) = &answer {
            self.gap(reason.clone());
        }
        answer
    }

    async fn ask_until_sure(&self, hello: &[u8], wanted: Wanted<'_>) -> Answer {
        let mut meant = 0;
        let mut last = HangUp::Silence;
        for attempt in 0..MOST_ATTEMPTS {
            if let Some(reason) = self.given_up() {
                return Answer::Open(reason);
            }
            self.turn().await;
            let hung_up = match self.exchange(hello, wanted).await {
                Outcome::Flight(flight) => {
                    self.remember(hello);
                    return Answer::Accepted(flight);
                }
                Outcome::Alert(alert) => return Answer::Refused(Refusal::Alert(alert)),
                Outcome::Stranger(what) => return Answer::Open(what),
                Outcome::Unconnected(failure) => {
                    let was_heard = self.silence(None, &failure.detail);
                    if was_heard {
                        self.pace.trouble();
                    }
                    if !was_heard || self.options.pacing == super::super::Pacing::Off {
                        tokio::time::sleep(Duration::from_millis(100 << attempt.min(4))).await;
                    }
                    continue;
                }
                Outcome::HangUp(kind) => kind,
            };
            last = hung_up;
            let Some(control) = self.control().await else {
                // Nothing has worked yet. Others ask, too: one of them may find what does.
                self.silence(Some(hung_up), hung_up.as_str());
                tokio::time::sleep(Duration::from_millis(40) * (attempt + 1)).await;
                if attempt == 3 {
                    self.pace.trouble();
                }
                continue;
            };
            if self.is_plain_refusal(hung_up) {
                return Answer::Refused(Refusal::HangUp(hung_up));
            }
            // Found out one at a time: a herd of controls would meet the limit that it looks for.
            let alone = self.trial.lock().await;
            self.turn().await;
            match self.exchange(&control, &hello_only).await {
                Outcome::Flight(_) | Outcome::Alert(_) => {
                    meant += 1;
                    if meant >= self.rounds(hung_up) {
                        self.state().refuses_by.insert(hung_up);
                        return Answer::Refused(Refusal::HangUp(hung_up));
                    }
                }
                Outcome::HangUp(_) | Outcome::Unconnected(_) | Outcome::Stranger(_) => {
                    meant = 0;
                    self.silence(Some(hung_up), "the server takes no more connections");
                    self.state().limits_by.insert(hung_up);
                    self.pace.trouble();
                }
            }
            drop(alone);
        }
        Answer::Open(format!(
            "a question stayed open after {MOST_ATTEMPTS} attempts: {}",
            last.as_str()
        ))
    }

    /// Whether a hang-up needs no second look: the server refuses like this, and its limit, which is known, looks otherwise.
    fn is_plain_refusal(&self, kind: HangUp) -> bool {
        let state = self.state();
        state.refuses_by.contains(&kind)
            && !state.limits_by.is_empty()
            && !state.limits_by.contains(&kind)
    }

    /// How often the control must work beside a hang-up before that counts as a refusal.
    fn rounds(&self, kind: HangUp) -> u32 {
        let state = self.state();
        if state.limits_by.contains(&kind) {
            3
        } else if state.refuses_by.contains(&kind) {
            1
        } else {
            2
        }
    }

    /// Keeps the first hello that worked as the control.
    fn remember(&self, hello: &[u8]) {
        let mut state = self.state();
        if state.control.is_none() {
            state.control = Some(hello.into());
        }
    }

    async fn control(&self) -> Option<Arc<[u8]>> {
        // A moment later one of those that are under way may have come back.
        for _ in 0..3 {
            if let Some(control) = self.state().control.clone() {
                return Some(control);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        None
    }

    /// Counts what was no answer, and gives up where there is nothing else. Returns whether the server ever answered.
    fn silence(&self, kind: Option<HangUp>, what: &str) -> bool {
        let mut state = self.state();
        state.silences += 1;
        if kind == Some(HangUp::Silence) {
            state.timeouts += 1;
        }
        let (several, long) = SILENCES_SINCE;
        let for_long =
            state.silences >= several && state.heard_at.is_some_and(|at| at.elapsed() > long);
        // Nobody listens: a port that is closed will not be open a second later.
        let nobody =
            kind.is_none() && state.heard_at.is_none() && state.silences >= MOST_UNCONNECTED;
        if nobody || state.silences >= MOST_SILENCES || state.timeouts >= MOST_TIMEOUTS || for_long
        {
            let attempts = state.silences;
            state.given_up.get_or_insert_with(|| {
                format!("no answer to {attempts} connections in a row: {what}")
            });
        }
        state.heard_at.is_some()
    }

    /// Opens a connection and, where one has to ask, asks for TLS.
    pub(super) async fn open(&self) -> Result<Connection, OpenError> {
        self.count_connection();
        let dialled = self
            .prober
            .admission
            .dial(self.address, self.endpoint.timeout)
            .await;
        let mut connection = dialled.map_err(|failure| {
            self.state().conduct.unconnected += 1;
            OpenError::Unconnected(failure)
        })?;
        if self.endpoint.target.protocol == Protocol::Postgresql {
            let answer = postgresql::ask_for_tls(&mut connection, self.endpoint.timeout).await;
            match answer {
                Ok(SslAnswer::Willing) => {}
                Ok(SslAnswer::Unwilling) => {
                    let reason = "the server answers SSLRequest with `N`: it has no TLS";
                    self.give_up(reason);
                    return Err(OpenError::Stranger(reason.to_owned()));
                }
                Ok(SslAnswer::Error(error)) => {
                    let reason = format!("the server answers SSLRequest with an error: {error}");
                    return Err(OpenError::Unconnected(Failure {
                        kind: FailureKind::PeerMisbehaved,
                        detail: reason,
                    }));
                }
                Err(failure) => return Err(OpenError::of(failure)),
            }
        }
        connection.allow(LONGEST_FLIGHT + 4096);
        Ok(connection)
    }

    /// Sends one hello and reads what comes.
    async fn exchange(&self, hello: &[u8], wanted: Wanted<'_>) -> Outcome {
        let mut connection = match self.open().await {
            Ok(connection) => connection,
            Err(OpenError::Unconnected(failure)) => return Outcome::Unconnected(failure),
            Err(OpenError::HangUp(kind)) => return self.hung_up(kind),
            Err(OpenError::Stranger(what)) => return Outcome::Stranger(what),
        };
        let mut flight = ServerFlight::default();
        let ended = tokio::time::timeout(
            self.endpoint.timeout,
            converse(&mut connection, hello, &mut flight, wanted),
        )
        .await;
        let outcome = match ended {
            _ if flight.hello.is_some() && !ends_badly(&flight) => {
                Outcome::Flight(Box::new(flight))
            }
            Ok(Ok(())) => self.judge(flight),
            Ok(Err(error)) => match failure::from_io(Step::Handshake, &error).kind {
                FailureKind::Reset => self.hung_up(HangUp::Reset),
                FailureKind::Closed => self.hung_up(HangUp::Close),
                FailureKind::TimedOut => self.hung_up(HangUp::Silence),
                FailureKind::Unresolved
                | FailureKind::Unreachable
                | FailureKind::ConnectionRefused
                | FailureKind::PeerMisbehaved
                | FailureKind::PeerIncompatible
                | FailureKind::Local => {
                    Outcome::Stranger(failure::from_io(Step::Handshake, &error).detail)
                }
            },
            Err(_) => self.hung_up(HangUp::Silence),
        };
        match &outcome {
            Outcome::Flight(_) | Outcome::Stranger(_) => self.heard(),
            Outcome::Alert(alert) => {
                self.heard();
                *self.state().conduct.alerts.entry(*alert).or_default() += 1;
            }
            Outcome::HangUp(_) | Outcome::Unconnected(_) => {}
        }
        self.take_leave(connection);
        outcome
    }

    fn judge(&self, flight: ServerFlight) -> Outcome {
        match flight.end {
            Some(End::Alert(alert)) => Outcome::Alert(alert.description),
            Some(End::Foreign(bytes)) => Outcome::Stranger(foreign(&bytes)),
            Some(End::Malformed(what)) => {
                Outcome::Stranger(format!("the server breaks the rules of TLS: {what}"))
            }
            Some(End::Done) | None if flight.hello.is_some() => Outcome::Flight(Box::new(flight)),
            Some(End::Done) | None => self.hung_up(HangUp::Close),
        }
    }

    fn hung_up(&self, kind: HangUp) -> Outcome {
        let mut state = self.state();
        match kind {
            HangUp::Reset => state.conduct.resets += 1,
            HangUp::Close => state.conduct.closes += 1,
            HangUp::Silence => state.conduct.timeouts += 1,
        }
        Outcome::HangUp(kind)
    }

    /// Notes that the server answers.
    fn heard(&self) {
        self.pace.answered();
        let mut state = self.state();
        state.silences = 0;
        state.timeouts = 0;
        state.heard_at = Some(Instant::now());
    }

    /// Leaves in good order, while the scan goes on. The connection keeps its place until
    /// our end is closed; the server's is awaited so that nothing is reset.
    pub(super) fn take_leave(&self, mut connection: Connection) {
        let patience = conversation::patience(connection.connect, self.endpoint.timeout);
        let mut farewells = self
            .farewells
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while farewells.try_join_next().is_some() {}
        farewells.spawn(async move {
            connection.allow(LONGEST_FLIGHT);
            // No alert: `close_notify` in the midst of a handshake ends a process of node 0.10 in a failed assertion.
            let _ = connection.shutdown().await;
            connection.leave_place();
            login::leave(&mut connection, patience).await;
        });
    }

    /// Takes leave of a finished handshake in the same way.
    pub(super) fn take_leave_of(&self, stream: TlsStream<Connection>, connect: Duration) {
        let patience = conversation::patience(connect, self.endpoint.timeout);
        let mut farewells = self
            .farewells
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        farewells.spawn(async move {
            conversation::leave(stream, patience).await;
        });
    }

    /// Waits until every connection is closed on both sides.
    pub(super) async fn all_left(&self) {
        let mut farewells = std::mem::take(
            &mut *self
                .farewells
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        while farewells.join_next().await.is_some() {}
    }
}

/// Why a connection did not come to TLS.
#[derive(Debug)]
pub(super) enum OpenError {
    Unconnected(Failure),
    HangUp(HangUp),
    Stranger(String),
}

impl OpenError {
    /// Sorts what went wrong before there was TLS.
    pub(super) fn of(failure: Failure) -> Self {
        match failure.kind {
            FailureKind::Reset => Self::HangUp(HangUp::Reset),
            FailureKind::Closed => Self::HangUp(HangUp::Close),
            FailureKind::TimedOut => Self::HangUp(HangUp::Silence),
            FailureKind::PeerMisbehaved => Self::Stranger(failure.detail),
            FailureKind::Unresolved
            | FailureKind::Unreachable
            | FailureKind::ConnectionRefused
            | FailureKind::PeerIncompatible
            | FailureKind::Local => Self::Unconnected(failure),
        }
    }
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unconnected(failure) => f.write_str(&failure.detail),
            Self::HangUp(kind) => f.write_str(kind.as_str()),
            Self::Stranger(what) => f.write_str(what),
        }
    }
}

/// Whether what came after a `ServerHello` takes it back.
fn ends_badly(flight: &ServerFlight) -> bool {
    matches!(
        &flight.end,
        Some(End::Malformed(_) | End::Foreign(_) | End::Alert(_))
    )
}

/// Sends a hello and feeds the flight until it is at its end, or as far as it is wanted.
async fn converse(
    connection: &mut Connection,
    hello: &[u8],
    flight: &mut ServerFlight,
    wanted: Wanted<'_>,
) -> std::io::Result<()> {
    connection.write_all(hello).await?;
    let mut piece = vec![0; 8192];
    loop {
        let length = connection.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        flight.feed(&piece[..length]);
        if flight.end.is_some() {
            return Ok(());
        }
        if let Some(hello) = &flight.hello
            && !wanted(hello)
        {
            return Ok(());
        }
    }
}

/// Says what spoke in place of TLS.
fn foreign(bytes: &[u8]) -> String {
    match bytes {
        [b'H', b'T', b'T', b'P', ..] => "the server answers in HTTP, not in TLS".to_owned(),
        [b'S', b'S', b'H', b'-', ..] => {
            let banner = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next();
            let banner = text::printable_bytes(banner.unwrap_or_default());
            format!("the server answers in SSH, not in TLS: `{banner}`")
        }
        [b'E', ..] => match wire::reply(bytes) {
            Ok(Some(wire::Reply::Error(error))) => {
                format!("the server answers with a PostgreSQL error, not in TLS: {error}")
            }
            Ok(_) | Err(_) => "the server answers with something that is not TLS".to_owned(),
        },
        _ => "the server answers with something that is not TLS".to_owned(),
    }
}
