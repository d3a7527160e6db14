//! When to probe and scan what: intervals, jitter, backoff, and on demand.
//!
//! Each endpoint has two tasks. One makes the quick probes, in its rhythm; the other makes the scans, as its agenda says, beside
//! them and a few at once over all endpoints. Faults of implementations are never settled from here: that an exchange may look
//! like an attack is for somebody to decide who is there.
//!
//! It knows when and not how: the probe is an argument, so that tests need no socket. How many connections are open at
//! once is the prober's to limit. It judges nothing.
#![expect(
    clippy::disallowed_methods,
    reason = "the wing starts tasks, waits and reads the clock"
)]

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::endpoint::Endpoint;
use crate::observation::{
    Attempt, EndpointObservation, Failure, FailureKind, Fingerprint, Scan, Timings,
};
use crate::probe::{Depth, Prober, ProgressSink};
use crate::store::{Event, is_network_failure};

use rhythm::Rhythm;
use scanning::{Order, Scanning, Turns};

mod agenda;
mod rhythm;
mod scanning;

/// How long a shutdown waits for tasks to end. They hear the token at once; what takes longer is stuck in a system call.
const SHUTDOWN: std::time::Duration = std::time::Duration::from_millis(500);

/// What looks at an endpoint.
pub trait Probe: Send + Sync + 'static {
    /// Probes every address of an endpoint, once: one observation per address, at least one. `progress` is told how far a scan
    /// is.
    fn probe(
        self: Arc<Self>,
        endpoint: Arc<Endpoint>,
        depth: Depth,
        progress: ProgressSink,
    ) -> impl Future<Output = Vec<EndpointObservation>> + Send;

    /// Takes note of a scan that a rescan of the same address is to begin with.
    fn remember(&self, endpoint: &str, address: SocketAddr, scan: Arc<Scan>);
}

impl Probe for Prober {
    async fn probe(
        self: Arc<Self>,
        endpoint: Arc<Endpoint>,
        depth: Depth,
        progress: ProgressSink,
    ) -> Vec<EndpointObservation> {
        self.probe_telling(&endpoint, depth, progress).await
    }

    fn remember(&self, endpoint: &str, address: SocketAddr, scan: Arc<Scan>) {
        Prober::remember(self, endpoint, address, scan);
    }
}

/// How far a single pass is with one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A scan goes on.
    Progressed {
        /// Connections that are done.
        done: u32,
        /// Connections that are expected in all, as far as it shows by now.
        expected: u32,
    },
    /// The endpoint was probed to the end.
    Ended,
}

/// Is told of each step, with the name of the endpoint.
pub type StepSink = Arc<dyn Fn(&str, Step) + Send + Sync>;

/// Probes everything that a configuration names, once, with login tests, and returns what happened in the order it happened.
pub async fn once<P: Probe>(config: &Arc<Config>, prober: &Arc<P>) -> Vec<Event> {
    let silent: StepSink = Arc::new(|_, _| {});
    once_with(config, prober, None, &silent).await
}

/// Does what [`once`] does, as deep as is said, and tells each step.
pub async fn once_with<P: Probe>(
    config: &Arc<Config>,
    prober: &Arc<P>,
    depth: Option<Depth>,
    told: &StepSink,
) -> Vec<Event> {
    let mut events = vec![Event::ConfigLoaded {
        config: Arc::clone(config),
        at: Timestamp::now(),
    }];
    let mut running = JoinSet::new();
    let mut endpoints = HashMap::new();
    for endpoint in &config.endpoints {
        let endpoint = Arc::new(endpoint.clone());
        let depth = depth.unwrap_or_else(|| with_login_test(&endpoint));
        let (name, told) = (Arc::clone(&endpoint.name), Arc::clone(told));
        let progress: ProgressSink =
            Arc::new(move |done, expected| told(&name, Step::Progressed { done, expected }));
        let probe = Arc::clone(prober).probe(Arc::clone(&endpoint), depth, progress);
        endpoints.insert(running.spawn(probe).id(), endpoint);
    }
    while let Some(ended) = running.join_next_with_id().await {
        let (id, seen) = match ended {
            Ok((id, seen)) => (id, Ok(seen)),
            Err(error) => (error.id(), Err(error)),
        };
        if let Some(endpoint) = endpoints.remove(&id) {
            events.push(observed(&endpoint, seen));
            told(&endpoint.name, Step::Ended);
        }
    }
    events
}

/// Probes and scans everything that a configuration names, again and again, and on demand. Dropping it stops everything.
#[derive(Debug)]
pub struct Scheduler<P> {
    prober: Arc<P>,
    sender: mpsc::Sender<Event>,
    tasks: JoinSet<()>,
    watched: BTreeMap<Arc<str>, Watched>,
    turns: Arc<Turns>,
    token: CancellationToken,
}

/// The handle of one endpoint's tasks.
#[derive(Debug)]
struct Watched {
    endpoint: Arc<Endpoint>,
    on_demand: Arc<Notify>,
    orders: mpsc::UnboundedSender<Order>,
    token: CancellationToken,
}

impl<P: Probe> Scheduler<P> {
    /// Starts: the first round at once. The caller has told the store of the configuration: there is nothing yet that could
    /// come too late.
    pub fn start(config: &Arc<Config>, prober: Arc<P>, sender: mpsc::Sender<Event>) -> Self {
        let mut scheduler = Self {
            prober,
            sender,
            tasks: JoinSet::new(),
            watched: BTreeMap::new(),
            turns: Turns::new(),
            token: CancellationToken::new(),
        };
        for endpoint in &config.endpoints {
            scheduler.watch(&Arc::new(endpoint.clone()));
        }
        scheduler
    }

    /// Puts another configuration in force. What is probed as before goes on undisturbed, unless the prober is another one:
    /// its limits hold only if everybody goes through it.
    ///
    /// What changed is cancelled before the event is sent and started after it, so that no observation of a former target
    /// comes after the configuration that no longer has it.
    pub async fn replace(&mut self, config: &Arc<Config>, prober: Arc<P>) {
        let same_prober = Arc::ptr_eq(&self.prober, &prober);
        self.prober = prober;
        let mut former = std::mem::take(&mut self.watched);
        let mut fresh = Vec::new();
        for endpoint in &config.endpoints {
            let kept = former.remove(&endpoint.name).filter(|watched| {
                let keep = same_prober && is_probed_alike(&watched.endpoint, endpoint);
                if !keep {
                    watched.token.cancel();
                }
                keep
            });
            match kept {
                Some(watched) => {
                    self.watched.insert(Arc::clone(&endpoint.name), watched);
                }
                None => fresh.push(Arc::new(endpoint.clone())),
            }
        }
        for gone in former.into_values() {
            gone.token.cancel();
        }
        let loaded = Event::ConfigLoaded {
            config: Arc::clone(config),
            at: Timestamp::now(),
        };
        // A receiver that is gone means that the program is leaving: there is nobody to tell.
        let _ = self.sender.send(loaded).await;
        for endpoint in fresh {
            self.watch(&endpoint);
        }
    }

    /// Probes these endpoints now, with login tests; all of them where the list is empty.
    pub fn reprobe(&self, names: &[Arc<str>]) {
        if names.is_empty() {
            for watched in self.watched.values() {
                watched.on_demand.notify_one();
            }
        }
        for name in names {
            if let Some(watched) = self.watched.get(name) {
                watched.on_demand.notify_one();
            }
        }
    }

    /// Scans an endpoint deeply now, unless that is under way. A shallower scan that runs ends for it.
    pub fn deep_scan(&self, name: &str) {
        self.order(name, Order::Scan);
    }

    /// Ends the scan of an endpoint that waits or runs, with all its connections. Its next one comes at its interval.
    pub fn cancel_scan(&self, name: &str) {
        self.order(name, Order::Cancel);
    }

    fn order(&self, name: &str, order: Order) {
        if let Some(watched) = self.watched.get(name) {
            // The task is there as long as its handle, unless the program is leaving.
            let _ = watched.orders.send(order);
        }
    }

    /// Stops every probe and waits for the tasks, not for long.
    pub async fn shutdown(mut self) {
        self.token.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        // What is still there after the deadline is aborted when the set is dropped.
        let _ = tokio::time::timeout(SHUTDOWN, ended).await;
    }

    fn watch(&mut self, endpoint: &Arc<Endpoint>) {
        // Tasks that were cancelled by an earlier configuration are taken out here, or the set would grow with each reload.
        while self.tasks.try_join_next().is_some() {}
        let (orders, told) = mpsc::unbounded_channel();
        let watched = Watched {
            endpoint: Arc::clone(endpoint),
            on_demand: Arc::new(Notify::new()),
            orders: orders.clone(),
            token: self.token.child_token(),
        };
        let task = Task {
            endpoint: Arc::clone(endpoint),
            prober: Arc::clone(&self.prober),
            sender: self.sender.clone(),
            on_demand: Arc::clone(&watched.on_demand),
            orders,
        };
        let scanning = Scanning::new(
            Arc::clone(endpoint),
            Arc::clone(&self.prober),
            self.sender.clone(),
            told,
            Arc::clone(&self.turns),
        );
        self.spawn(&watched.token, task.run());
        self.spawn(&watched.token, scanning.run());
        self.watched.insert(Arc::clone(&endpoint.name), watched);
    }

    fn spawn(
        &mut self,
        token: &CancellationToken,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let token = token.clone();
        self.tasks.spawn(async move {
            // The word to stop counts first: a task that is polled once more could still tell of a former target.
            tokio::select! {
                biased;
                () = token.cancelled() => {}
                () = task => {}
            }
        });
    }
}

/// The task that probes one endpoint. It sleeps until its next probe is due, and wakes for nothing else.
struct Task<P> {
    endpoint: Arc<Endpoint>,
    prober: Arc<P>,
    sender: mpsc::Sender<Event>,
    on_demand: Arc<Notify>,
    orders: mpsc::UnboundedSender<Order>,
}

impl<P: Probe> Task<P> {
    /// Probes until nobody listens any more.
    async fn run(self) {
        let mut rhythm = Rhythm::new(&self.endpoint);
        let mut depth = with_login_test(&self.endpoint);
        loop {
            let started = Event::ProbeStarted {
                endpoint: Arc::clone(&self.endpoint.name),
                at: Timestamp::now(),
            };
            if self.sender.send(started).await.is_err() {
                return;
            }
            let silent: ProgressSink = Arc::new(|_, _| {});
            let probe = Arc::clone(&self.prober).probe(Arc::clone(&self.endpoint), depth, silent);
            let seen = contained(probe).await;
            let event = observed(&self.endpoint, seen);
            let reached = is_reached(&event);
            if let Event::Observed { observations, .. } = &event {
                // Whoever scans ends with this task, or a moment before.
                let _ = self.orders.send(Order::Saw(observations.clone()));
            }
            if self.sender.send(event).await.is_err() {
                return;
            }
            let gap = rhythm.after(reached, depth, Instant::now());
            depth = tokio::select! {
                () = self.on_demand.notified() => with_login_test(&self.endpoint),
                () = tokio::time::sleep(gap) => rhythm.depth(Instant::now()),
            };
        }
    }
}

/// Runs a probe in a task of its own, so that a panic in it ends the probe and not the watching.
async fn contained(
    probe: impl Future<Output = Vec<EndpointObservation>> + Send + 'static,
) -> Result<Vec<EndpointObservation>, tokio::task::JoinError> {
    // A set aborts its task when it is dropped, which a bare handle does not.
    let mut running = JoinSet::new();
    running.spawn(probe);
    match running.join_next().await {
        Some(ended) => ended,
        None => Ok(Vec::new()),
    }
}

/// The event of a probe that ended. One that panicked, or saw nothing at all, is told as what it is: a fault of ours.
fn observed(
    endpoint: &Endpoint,
    seen: Result<Vec<EndpointObservation>, tokio::task::JoinError>,
) -> Event {
    let at = Timestamp::now();
    let observations = match seen {
        Ok(seen) if !seen.is_empty() => seen,
        Ok(_) => vec![fault(endpoint, at, "the probe saw nothing")],
        Err(_) => vec![fault(endpoint, at, "the probe panicked")],
    };
    Event::Observed {
        endpoint: Arc::clone(&endpoint.name),
        observations: observations.into_iter().map(Arc::new).collect(),
        at,
    }
}

/// Whether at least one address could be looked at.
fn is_reached(event: &Event) -> bool {
    match event {
        Event::Observed { observations, .. } => {
            !observations.iter().all(|seen| is_network_failure(seen))
        }
        Event::ConfigLoaded { .. }
        | Event::ConfigBroken { .. }
        | Event::ProbeStarted { .. }
        | Event::ScanProgressed { .. }
        | Event::ScanEnded { .. }
        | Event::CertificateFilesRead { .. }
        | Event::FileObserved { .. }
        | Event::FileGone { .. }
        | Event::FilesListed { .. }
        | Event::TimePassed { .. } => false,
    }
}

/// The observation of a probe that failed through a fault of ours.
fn fault(endpoint: &Endpoint, at: Timestamp, what: &str) -> EndpointObservation {
    let failure = Failure {
        kind: FailureKind::Local,
        detail: format!("internal error: {what}; please report it"),
    };
    let not_attempted = || "the probe did not come that far".to_owned();
    EndpointObservation {
        endpoint: Arc::clone(&endpoint.name),
        address: None,
        observed_at: at,
        timings: Timings::default(),
        connections_used: 0,
        connection: Attempt::Failed(failure),
        ssl_request: Attempt::NotAttempted(not_attempted()),
        handshake: Attempt::NotAttempted(not_attempted()),
        chain: Attempt::NotAttempted(not_attempted()),
        verification: Attempt::NotAttempted(not_attempted()),
        client_authentication: Attempt::NotAttempted(not_attempted()),
        client_identity: Attempt::NotAttempted(not_attempted()),
        plaintext_startup: Attempt::NotAttempted(not_attempted()),
        tls_startup: Attempt::NotAttempted(not_attempted()),
        server: Fingerprint::default(),
        http: Attempt::NotAttempted(not_attempted()),
        plain_http: Attempt::NotAttempted(not_attempted()),
        scan: Attempt::NotAttempted("no scan was made".to_owned()),
        login_tested_at: None,
    }
}

/// The depth of a first probe and of one on demand: the login tests too, where the owner allows them.
fn with_login_test(endpoint: &Endpoint) -> Depth {
    match endpoint.login_test {
        Some(_) => Depth::WithLoginTest,
        None => Depth::Quick,
    }
}

/// Whether a probe of one is a probe of the other, at the same times: labels and thresholds are for judges and readers.
fn is_probed_alike(old: &Endpoint, new: &Endpoint) -> bool {
    let mut relabelled = new.clone();
    relabelled.labels.clone_from(&old.labels);
    relabelled.expiry = old.expiry;
    *old == relabelled
}

#[cfg(test)]
mod tests;
