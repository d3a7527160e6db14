//! Names to addresses, addresses to connections, all under the limits.
//!
//! A connection carries its own places in the global and the per-host limit and gives them back when it is
//! closed. It understands nothing of what goes over it, but counts it.
#![expect(
    clippy::disallowed_methods,
    reason = "dialling and name resolution happen here and nowhere else"
)]

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::failure::{self, Step};
use crate::config::Limits;
use crate::endpoint::{Host, Target};
use crate::observation::{Failure, FailureKind};

/// Most addresses of one name that are probed. Round-robin names of large services have about ten.
const MOST_ADDRESSES: usize = 16;

/// Name look-ups at once. Each holds a thread until the system's resolver gives up, which may be long after we did.
const LOOKUPS: usize = 16;

/// The limits on connections, as places to be had.
#[derive(Debug)]
pub(super) struct Admission {
    all: Arc<Semaphore>,
    per_host: usize,
    hosts: Mutex<HashMap<IpAddr, Weak<Semaphore>>>,
    lookups: Arc<Semaphore>,
}

/// A place in the global and in the per-host limit.
#[derive(Debug)]
struct Place {
    _host: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Admission {
    /// Returns places for `limits`, at least one of each.
    pub(super) fn new(limits: Limits) -> Self {
        let bounded = |limit: usize| limit.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            all: Arc::new(Semaphore::new(bounded(limits.concurrency))),
            per_host: bounded(limits.per_host),
            hosts: Mutex::new(HashMap::new()),
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
        }
    }

    /// Waits for a place. The host's comes first, so that a queue at one host holds no place of all the others.
    async fn enter(&self, host: IpAddr) -> Result<Place, Failure> {
        let closed = |_| Failure {
            kind: FailureKind::Local,
            detail: "no more connections are made".to_owned(),
        };
        let host = self.host(host).acquire_owned().await.map_err(closed)?;
        let all = Arc::clone(&self.all)
            .acquire_owned()
            .await
            .map_err(closed)?;
        Ok(Place {
            _host: host,
            _all: all,
        })
    }

    /// Returns the semaphore of one host, which lives as long as somebody waits for it or holds it.
    fn host(&self, host: IpAddr) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = hosts.get(&host).and_then(Weak::upgrade) {
            return semaphore;
        }
        if hosts.len() == hosts.capacity() {
            // Growing is the moment to forget the hosts that nobody talks to.
            hosts.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let semaphore = Arc::new(Semaphore::new(self.per_host));
        hosts.insert(host, Arc::downgrade(&semaphore));
        semaphore
    }

    /// Resolves a target to the addresses to dial, without a look-up where the host is an address.
    pub(super) async fn resolve(
        &self,
        target: &Target,
        timeout: Duration,
    ) -> Result<(Vec<SocketAddr>, Option<Duration>), Failure> {
        let name = match &target.host {
            Host::Address(address) => {
                return Ok((vec![SocketAddr::new(*address, target.port)], None));
            }
            Host::Name(name) => name.clone(),
        };
        let Ok(place) = Arc::clone(&self.lookups).acquire_owned().await else {
            return Err(failure::timed_out(Step::Resolve, timeout));
        };
        let begun = Instant::now();
        let port = target.port;
        let lookup = tokio::task::spawn_blocking({
            let name = name.clone();
            move || {
                // The place is given back when the thread is, not when we stop waiting for it.
                let _place = place;
                (name.as_str(), port).to_socket_addrs()
            }
        });
        let addresses = match tokio::time::timeout(timeout, lookup).await {
            Err(_) => return Err(failure::timed_out(Step::Resolve, timeout)),
            Ok(Err(stopped)) => return Err(failure::unresolved(&name, &stopped.to_string())),
            Ok(Ok(Err(error))) => return Err(failure::unresolved(&name, &error.to_string())),
            Ok(Ok(Ok(addresses))) => addresses,
        };
        let mut distinct = Vec::new();
        for address in addresses {
            if distinct.len() < MOST_ADDRESSES && !distinct.contains(&address) {
                distinct.push(address);
            }
        }
        if distinct.is_empty() {
            return Err(failure::unresolved(&name, "it has no address"));
        }
        Ok((distinct, Some(begun.elapsed())))
    }

    /// Waits for a place and connects. The time to wait for a place is no part of `timeout`.
    pub(super) async fn dial(
        &self,
        address: SocketAddr,
        timeout: Duration,
    ) -> Result<Connection, Failure> {
        let place = self.enter(address.ip()).await?;
        let begun = Instant::now();
        let stream = failure::within(Step::Connect, timeout, async {
            let connected = TcpStream::connect(address).await;
            connected.map_err(|error| failure::from_io(Step::Connect, &error))
        })
        .await?;
        // Each of our flights is one short write and waits for an answer: Nagle's delay has nothing to gather.
        let _ = stream.set_nodelay(true);
        Ok(Connection {
            stream,
            begun,
            connect: begun.elapsed(),
            allowed: 0,
            allowance: 0,
            opening: Opening::default(),
            tapped: None,
            _place: place,
        })
    }
}

/// The first bytes that came within the present allowance.
///
/// Long enough for the fixed part of a `ServerHello`: record header 5, message header 4, version 2, random 32,
/// session id at most 33, cipher suite 2.
#[derive(Debug)]
pub(super) struct Opening {
    bytes: [u8; 78],
    length: usize,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            bytes: [0; 78],
            length: 0,
        }
    }
}

impl Opening {
    /// Returns what has come.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Keeps as much of `received` as there is room for.
    fn keep(&mut self, received: &[u8]) {
        let room = &mut self.bytes[self.length..];
        let kept = received.len().min(room.len());
        room[..kept].copy_from_slice(&received[..kept]);
        self.length += kept;
    }
}

/// A TCP connection that reads no more than it was allowed to, and gives its place back when it is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    // Dropped before the place: the socket is closed before the next one may be opened.
    stream: TcpStream,
    /// When dialling began.
    pub(super) begun: Instant,
    /// How long the TCP handshake took.
    pub(super) connect: Duration,
    /// What the present step allows in all.
    allowed: usize,
    /// What is left of it.
    allowance: usize,
    opening: Opening,
    /// All that came since [`Connection::tap`], within bounds.
    tapped: Option<Vec<u8>>,
    _place: Place,
}

/// Most that a tap keeps.
const TAP: usize = 64 * 1024;

/// The peer sent more than a step allows.
#[derive(Debug, thiserror::Error)]
#[error("the peer sent more than {0} bytes where less was due")]
pub(super) struct TooMuch(usize);

impl Connection {
    /// Allows `bytes` more to be read, whatever was left, and forgets what has come.
    pub(super) fn allow(&mut self, bytes: usize) {
        self.allowed = bytes;
        self.allowance = bytes;
        self.opening = Opening::default();
    }

    /// Begins to keep what comes.
    pub(super) fn tap(&mut self) {
        self.tapped = Some(Vec::new());
    }

    /// Returns what came since [`Connection::tap`], and keeps no more.
    pub(super) fn tapped(&mut self) -> Vec<u8> {
        self.tapped.take().unwrap_or_default()
    }

    /// Returns the first bytes since [`Connection::allow`].
    pub(super) fn opening(&self) -> &Opening {
        &self.opening
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let received = &buffer.filled()[before..];
        self.opening.keep(received);
        if let Some(tapped) = &mut self.tapped {
            let room = TAP.saturating_sub(tapped.len());
            tapped.extend_from_slice(&received[..received.len().min(room)]);
        }
        let Some(left) = self.allowance.checked_sub(received.len()) else {
            let excess = TooMuch(self.allowed);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, excess)));
        };
        self.allowance = left;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
