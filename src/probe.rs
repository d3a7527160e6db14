//! Probes: dial, the PostgreSQL and TLS conversations, the HTTPS head.
//!
//! One endpoint in, one observation per address out. It cannot fail, because failure is a fact; and it judges nothing.
#![expect(
    clippy::disallowed_methods,
    reason = "an observation says when it was made"
)]

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::config::Limits;
use crate::endpoint::Endpoint;
use crate::observation::scan::ScanDepth;
use crate::observation::{Attempt, EndpointObservation, Scan};

mod dial;
mod failure;
mod fingerprint;
mod https;
mod login;
mod material;
mod postgresql;
mod scan;
mod tls;
mod visit;

use dial::Admission;
use material::Materials;
use tls::Conversations;
use visit::Visit;

/// How far a probe goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// One whole handshake; for HTTPS the response head, too.
    Quick,
    /// The quick probe and, on connections of their own, the login tests that end at the authentication request: a
    /// `StartupMessage` in plaintext and one inside TLS.
    WithLoginTest,
    /// Five connections that settle old versions, weak cipher suites and post-quantum groups: the quick probe is one of them.
    Posture,
    /// The quick probe, and what is new or gone since the last deep scan; a deep scan where there was none.
    Rescan,
    /// The login tests, and everything that can be seen.
    Deep,
}

impl Depth {
    /// Returns how far the scan goes that belongs to it.
    pub const fn scan(self) -> Option<ScanDepth> {
        match self {
            Self::Quick | Self::WithLoginTest => None,
            Self::Posture => Some(ScanDepth::Posture),
            Self::Rescan => Some(ScanDepth::Rescan),
            Self::Deep => Some(ScanDepth::Deep),
        }
    }
}

/// Is told how far a scan is: connections done, and expected in all.
pub type ProgressSink = Arc<dyn Fn(u32, u32) + Send + Sync>;

/// How scans behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ScanOptions {
    /// How fast connections are made.
    pub pacing: Pacing,
    /// Leave out what may look like an attack to the other side: old hellos, malformed records.
    pub unsuspicious: bool,
    /// Settle faults of implementations (Heartbleed, CCS injection, ROBOT, Ticketbleed, padding oracles) by an exchange.
    pub intrusive: bool,
}

/// How fast a scan makes connections to one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Pacing {
    /// As the limits allow, and slower once the server resets or refuses connections.
    #[default]
    Adaptive,
    /// As the limits allow, whatever the server does.
    Off,
    /// At most so many new connections a second, and slower where that is too fast.
    PerSecond(u16),
}

/// Scans by endpoint and address.
type KnownScans = HashMap<(Arc<str>, SocketAddr), Arc<Scan>>;

/// Dials endpoints under a global and a per-host limit.
///
/// The limits count connections, not endpoints: a probe that needs three of them queues for each.
#[derive(Debug)]
pub struct Prober {
    admission: Admission,
    conversations: Conversations,
    materials: Materials,
    scan_options: ScanOptions,
    /// The last deep scan of each address of each endpoint, for the next rescan.
    known: Mutex<KnownScans>,
}

impl Prober {
    /// Returns a prober that keeps to `limits`.
    pub fn new(limits: Limits) -> Self {
        Self {
            admission: Admission::new(limits),
            conversations: Conversations::new(),
            materials: Materials::default(),
            scan_options: ScanOptions::default(),
            known: Mutex::default(),
        }
    }

    /// Scans with these options.
    #[must_use]
    pub const fn with_scan_options(mut self, options: ScanOptions) -> Self {
        self.scan_options = options;
        self
    }

    /// Takes a scan for known: the next rescan of that address looks what has changed since.
    pub fn remember(&self, endpoint: &str, address: SocketAddr, scan: Arc<Scan>) {
        let key = (Arc::from(endpoint), address);
        self.known().insert(key, scan);
    }

    fn known(&self) -> MutexGuard<'_, KnownScans> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Trusts the certificates of these files beside those that an endpoint's `sslrootcert` names.
    #[must_use]
    pub fn trusting_also(mut self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        self.materials.trust_also(files);
        self
    }

    /// Probes every address of an endpoint, once.
    pub async fn probe(&self, endpoint: &Endpoint, depth: Depth) -> Vec<EndpointObservation> {
        self.visit_all(endpoint, depth, None).await
    }

    /// Probes every address of an endpoint, once, and tells how far a scan is.
    pub async fn probe_telling(
        &self,
        endpoint: &Endpoint,
        depth: Depth,
        progress: ProgressSink,
    ) -> Vec<EndpointObservation> {
        self.visit_all(endpoint, depth, Some(progress)).await
    }

    async fn visit_all(
        &self,
        endpoint: &Endpoint,
        depth: Depth,
        progress: Option<ProgressSink>,
    ) -> Vec<EndpointObservation> {
        let observed_at = Timestamp::now();
        let resolved = self
            .admission
            .resolve(&endpoint.target, endpoint.timeout)
            .await;
        match resolved {
            Ok((addresses, resolve)) => {
                self.probe_all(endpoint, &addresses, resolve, depth, progress)
                    .await
            }
            Err(failure) => {
                let mut observation = visit::unseen(endpoint, None, observed_at);
                visit::without_connection(&mut observation, failure, endpoint.target.protocol);
                let material = self.materials.load(endpoint).await;
                visit::note_unusable_anchors(&mut observation, &material);
                vec![observation]
            }
        }
    }

    /// Probes an endpoint at these addresses, whatever its name resolves to.
    pub async fn probe_at(
        &self,
        endpoint: &Endpoint,
        addresses: &[SocketAddr],
        depth: Depth,
    ) -> Vec<EndpointObservation> {
        self.probe_all(endpoint, addresses, None, depth, None).await
    }

    /// Probes all addresses side by side, as far as the limits allow.
    async fn probe_all(
        &self,
        endpoint: &Endpoint,
        addresses: &[SocketAddr],
        resolve: Option<Duration>,
        depth: Depth,
        progress: Option<ProgressSink>,
    ) -> Vec<EndpointObservation> {
        let material = self.materials.load(endpoint).await;
        let several = Progress::among(addresses.len(), progress);
        let visits = addresses.iter().enumerate().map(|(index, address)| {
            let visit = Visit {
                prober: self,
                endpoint,
                address: *address,
                material: &material,
            };
            let progress = several.as_ref().map(|several| several.of(index));
            self.visit(visit, resolve, depth, progress)
        });
        join_all(visits).await
    }

    /// Makes the quick probe and, beside it, the scan that belongs to the depth.
    async fn visit(
        &self,
        visit: Visit<'_>,
        resolve: Option<Duration>,
        depth: Depth,
        progress: Option<ProgressSink>,
    ) -> EndpointObservation {
        let Some(scan_depth) = depth.scan() else {
            return visit.observe(resolve, depth).await;
        };
        let key = (Arc::clone(&visit.endpoint.name), visit.address);
        let known = self.known().get(&key).cloned();
        let scan = scan::scan(
            self,
            visit.endpoint,
            visit.address,
            visit.material,
            scan_depth,
            known,
            progress,
        );
        // Boxed: the state of a scan is large, and a probe without one should not carry it.
        let (mut observation, scan) = tokio::join!(visit.observe(resolve, depth), Box::pin(scan));
        if let Attempt::Seen(scan) = &scan
            && scan.depth != ScanDepth::Posture
        {
            self.known().insert(key, Arc::clone(scan));
        }
        observation.scan = scan;
        observation
    }
}

/// Progress of several scans of one endpoint as one.
struct Progress {
    sink: ProgressSink,
    parts: Arc<Mutex<Vec<(u32, u32)>>>,
}

impl Progress {
    fn among(scans: usize, sink: Option<ProgressSink>) -> Option<Self> {
        sink.map(|sink| Self {
            sink,
            parts: Arc::new(Mutex::new(vec![(0, 0); scans])),
        })
    }

    /// Returns the sink of one scan.
    fn of(&self, index: usize) -> ProgressSink {
        let (sink, parts) = (Arc::clone(&self.sink), Arc::clone(&self.parts));
        Arc::new(move |done, expected| {
            let (done, expected) = {
                let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
                parts[index] = (done, expected);
                parts
                    .iter()
                    .fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
            };
            sink(done, expected);
        })
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").finish_non_exhaustive()
    }
}
