//! The scans of one endpoint: they run beside its quick probes, wait for their turn, tell how far they are, and can be
//! cancelled.
//!
//! It knows how and not when: that is the agenda's.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

use super::agenda::{Agenda, Outcome, was_scanned};
use super::{Probe, contained, observed};
use crate::endpoint::Endpoint;
use crate::observation::scan::ScanDepth;
use crate::observation::{EndpointObservation, Scan};
use crate::probe::{Depth, ProgressSink};
use crate::store::{Event, ScanProgress, scans_differ};

/// Scans that run at once because they are due. A deep scan fills the eight connections that a host is allowed for some
/// seconds: a fleet of a thousand is through in a quarter of an hour, and nobody's link is flooded at the start.
const SCHEDULED_AT_ONCE: usize = 4;

/// Scans that run at once because somebody asked: they wait for nobody's schedule.
const DEMANDED_AT_ONCE: usize = 4;

/// What the scans of an endpoint are told.
#[derive(Debug)]
pub(super) enum Order {
    /// A quick probe saw this.
    Saw(Vec<Arc<EndpointObservation>>),
    /// Somebody wants a deep scan.
    Scan,
    /// Somebody wants the scan to end that waits or runs.
    Cancel,
}

/// Whose turn it is to scan.
#[derive(Debug)]
pub(super) struct Turns {
    scheduled: Arc<Semaphore>,
    demanded: Arc<Semaphore>,
}

impl Turns {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            scheduled: Arc::new(Semaphore::new(SCHEDULED_AT_ONCE)),
            demanded: Arc::new(Semaphore::new(DEMANDED_AT_ONCE)),
        })
    }

    /// Waits for a turn, first come, first served. `None` cannot come: nobody closes the semaphores.
    async fn take(&self, demanded: bool) -> Option<OwnedSemaphorePermit> {
        let turns = if demanded {
            &self.demanded
        } else {
            &self.scheduled
        };
        Arc::clone(turns).acquire_owned().await.ok()
    }
}

/// The task that scans one endpoint.
pub(super) struct Scanning<P> {
    endpoint: Arc<Endpoint>,
    prober: Arc<P>,
    sender: mpsc::Sender<Event>,
    orders: mpsc::UnboundedReceiver<Order>,
    turns: Arc<Turns>,
    agenda: Agenda,
    /// The last whole picture of each address.
    known: BTreeMap<SocketAddr, Arc<Scan>>,
}

/// Nobody listens any more: the program is leaving, or the endpoint is gone.
struct Leave;

/// What an order means for the scan that waits or runs.
enum Verdict {
    GoOn,
    Cancel,
    /// A deep scan is to be made in its place.
    Deepen,
}

impl<P: Probe> Scanning<P> {
    pub(super) fn new(
        endpoint: Arc<Endpoint>,
        prober: Arc<P>,
        sender: mpsc::Sender<Event>,
        orders: mpsc::UnboundedReceiver<Order>,
        turns: Arc<Turns>,
    ) -> Self {
        Self {
            agenda: Agenda::new(&endpoint),
            endpoint,
            prober,
            sender,
            orders,
            turns,
            known: BTreeMap::new(),
        }
    }

    /// Scans until nobody gives orders any more.
    pub(super) async fn run(mut self) {
        while let Ok(depth) = self.due().await {
            if self.scan(depth).await.is_err() {
                return;
            }
        }
    }

    /// Waits until a scan is due.
    async fn due(&mut self) -> Result<ScanDepth, Leave> {
        loop {
            let now = Instant::now();
            let next = self.agenda.next(now);
            if let Some((at, depth)) = next
                && at <= now
            {
                return Ok(depth);
            }
            let sleep = async {
                match next {
                    Some((at, _)) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                order = self.orders.recv() => match order.ok_or(Leave)? {
                    Order::Saw(observations) => self.agenda.saw(&observations, Instant::now()),
                    Order::Scan => self.agenda.demand(),
                    Order::Cancel => self.agenda.withdraw(),
                },
                () = sleep => {}
            }
        }
    }

    /// Makes one scan: waits for its turn, runs it, and tells what came of it.
    async fn scan(&mut self, depth: ScanDepth) -> Result<(), Leave> {
        let demanded = self.agenda.is_demanded();
        let turns = Arc::clone(&self.turns);
        let mut turn = std::pin::pin!(turns.take(demanded));
        let turn = loop {
            tokio::select! {
                biased;
                order = self.orders.recv() => match self.hear(order, depth, demanded)? {
                    Verdict::GoOn => {}
                    Verdict::Deepen => return Ok(()),
                    Verdict::Cancel => {
                        self.agenda.after(depth, Outcome::Cancelled, Instant::now());
                        return self.ended().await;
                    }
                },
                turn = &mut turn => break turn,
            }
        };
        let progress = ScanProgress {
            depth,
            done: 0,
            expected: 0,
        };
        self.tell(progressed(&self.endpoint, progress)).await?;
        let sink = Sink::new(&self.endpoint, &self.sender, depth);
        let whole = match depth {
            ScanDepth::Posture => Depth::Posture,
            ScanDepth::Rescan => Depth::Rescan,
            ScanDepth::Deep => Depth::Deep,
        };
        let probe = Arc::clone(&self.prober).probe(Arc::clone(&self.endpoint), whole, sink.sink());
        // Dropping it aborts the probe, and with it every connection.
        let mut running = Box::pin(contained(probe));
        let seen = loop {
            tokio::select! {
                biased;
                order = self.orders.recv() => match self.hear(order, depth, true)? {
                    Verdict::GoOn => {}
                    Verdict::Deepen => return Ok(()),
                    Verdict::Cancel => break None,
                },
                seen = &mut running => break Some(seen),
            }
        };
        drop(sink);
        drop(running);
        drop(turn);
        match seen {
            None => self.agenda.after(depth, Outcome::Cancelled, Instant::now()),
            Some(seen) => {
                let event = observed(&self.endpoint, seen);
                if let Event::Observed { observations, .. } = &event {
                    let outcome = self.learn(depth, observations);
                    self.agenda.after(depth, outcome, Instant::now());
                }
                self.tell(event).await?;
            }
        }
        self.ended().await
    }

    /// Takes an order while a scan waits or runs.
    fn hear(
        &mut self,
        order: Option<Order>,
        depth: ScanDepth,
        at_its_best: bool,
    ) -> Result<Verdict, Leave> {
        match order.ok_or(Leave)? {
            Order::Saw(observations) => {
                self.agenda.saw(&observations, Instant::now());
                Ok(Verdict::GoOn)
            }
            Order::Cancel => Ok(Verdict::Cancel),
            Order::Scan if depth == ScanDepth::Deep && at_its_best => Ok(Verdict::GoOn),
            Order::Scan => {
                self.agenda.demand();
                Ok(Verdict::Deepen)
            }
        }
    }

    /// Keeps whole pictures for rescans, and says what came of a scan.
    fn learn(&mut self, depth: ScanDepth, observations: &[Arc<EndpointObservation>]) -> Outcome {
        if !observations.iter().any(|seen| was_scanned(seen)) {
            return Outcome::Failed;
        }
        let mut news = false;
        for observation in observations {
            let (Some(address), Some(scan)) = (observation.address, observation.scan.seen()) else {
                continue;
            };
            let known = self.known.get(&address);
            news |= known.is_some_and(|known| scans_differ(known, scan));
            if depth != ScanDepth::Posture {
                self.prober
                    .remember(&self.endpoint.name, address, Arc::clone(scan));
                self.known.insert(address, Arc::clone(scan));
            }
        }
        if news { Outcome::News } else { Outcome::Seen }
    }

    async fn ended(&self) -> Result<(), Leave> {
        self.tell(Event::ScanEnded {
            endpoint: Arc::clone(&self.endpoint.name),
            at: Timestamp::now(),
        })
        .await
    }

    async fn tell(&self, event: Event) -> Result<(), Leave> {
        self.sender.send(event).await.map_err(|_| Leave)
    }
}

fn progressed(endpoint: &Endpoint, progress: ScanProgress) -> Event {
    Event::ScanProgressed {
        endpoint: Arc::clone(&endpoint.name),
        progress,
        at: Timestamp::now(),
    }
}

/// Tells the store how far a scan is, until it is dropped: a probe that was aborted may say something once more.
struct Sink {
    live: Arc<AtomicBool>,
    sink: ProgressSink,
}

impl Sink {
    fn new(endpoint: &Arc<Endpoint>, sender: &mpsc::Sender<Event>, depth: ScanDepth) -> Self {
        let live = Arc::new(AtomicBool::new(true));
        let (endpoint, sender) = (Arc::clone(endpoint), sender.clone());
        let listens = Arc::clone(&live);
        let sink = move |done, expected| {
            if listens.load(Ordering::Relaxed) {
                let progress = ScanProgress {
                    depth,
                    done,
                    expected,
                };
                // The next word makes up for one that finds no room.
                let _ = sender.try_send(progressed(&endpoint, progress));
            }
        };
        Self {
            live,
            sink: Arc::new(sink),
        }
    }

    fn sink(&self) -> ProgressSink {
        Arc::clone(&self.sink)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.live.store(false, Ordering::Relaxed);
    }
}
