//! Agenda: which scan of one endpoint is due, and when.
//!
//! Pure: the time is an argument. A scan is due at the start, on demand, when a quick probe or a shallower scan sees that
//! something changed, and at its interval. It is due only while the endpoint answers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::rhythm::chance;
use crate::endpoint::{Endpoint, ScanPlan};
use crate::observation::scan::ScanDepth;
use crate::observation::{Attempt, EndpointObservation, Product};
use crate::store::is_network_failure;
use crate::tls::{CipherSuite, NamedGroup, ProtocolVersion};

/// Shortest time between two scans that changes set off. Behind one address may stand several servers that differ, and each
/// quick probe sees another one: without a pause that would be a deep scan a minute.
const CHANGE_PAUSE: Duration = Duration::from_hours(1);

/// When to try again after a scan that came to nothing.
const RETRY: Duration = Duration::from_mins(15);

/// Most addresses of an endpoint whose facts are kept. Names that resolve to more rotate.
const MOST_ADDRESSES: usize = 64;

/// What became of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// At least one address was scanned.
    Seen,
    /// At least one address was scanned, and something is otherwise than was known.
    News,
    /// It came to nothing.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

/// What is due for one endpoint.
#[derive(Debug)]
pub(super) struct Agenda {
    name: Arc<str>,
    plan: ScanPlan,
    /// Scans that are over.
    round: u64,
    /// Whether the last quick probe reached the endpoint.
    reached: bool,
    /// Whether it was ever reached.
    begun: bool,
    /// Whether there is a whole picture that a rescan can begin with.
    known: bool,
    /// Whether somebody asked for a deep scan.
    demanded: bool,
    posture: Option<Instant>,
    rescan: Option<Instant>,
    deep: Option<Instant>,
    /// Until when changes set off nothing.
    quiet_until: Option<Instant>,
    facts: BTreeMap<SocketAddr, Facts>,
}

/// What a quick probe sees of a server's TLS. Where it changes, more may have.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Facts {
    version: ProtocolVersion,
    cipher_suite: CipherSuite,
    group: Option<NamedGroup>,
    key: Option<String>,
    product: Product,
}

impl Facts {
    fn of(observation: &EndpointObservation) -> Option<Self> {
        let handshake = observation.handshake.seen()?;
        Some(Self {
            version: handshake.version,
            cipher_suite: handshake.cipher_suite,
            group: handshake.group,
            key: (observation.chain.seen())
                .and_then(|chain| chain.end_entity())
                .map(|certificate| certificate.spki_sha256.clone()),
            product: observation.server.product,
        })
    }

    /// Takes over the newer facts and says whether they are others. A product shows in the login tests only, so that a quick
    /// probe that does not tell it contradicts nothing.
    fn replace(&mut self, mut newer: Self) -> bool {
        if newer.product == Product::Unknown {
            newer.product = self.product;
        }
        let first_told = self.product == Product::Unknown;
        if first_told {
            self.product = newer.product;
        }
        let changed = *self != newer;
        *self = newer;
        changed
    }
}

impl Agenda {
    pub(super) fn new(endpoint: &Endpoint) -> Self {
        Self {
            name: Arc::clone(&endpoint.name),
            plan: endpoint.scan,
            round: 0,
            reached: false,
            begun: false,
            known: false,
            demanded: false,
            posture: None,
            rescan: None,
            deep: None,
            quiet_until: None,
            facts: BTreeMap::new(),
        }
    }

    /// Takes note of a demand for a deep scan.
    pub(super) fn demand(&mut self) {
        self.demanded = true;
    }

    /// Whether the deep scan that is due next was asked for.
    pub(super) fn is_demanded(&self) -> bool {
        self.demanded
    }

    /// Forgets a demand.
    pub(super) fn withdraw(&mut self) {
        self.demanded = false;
    }

    /// Takes note of what a quick probe saw.
    pub(super) fn saw(&mut self, observations: &[Arc<EndpointObservation>], now: Instant) {
        self.reached = !observations.iter().all(|seen| is_network_failure(seen));
        let mut changed = false;
        for observation in observations {
            if let (Some(address), Some(facts)) = (observation.address, Facts::of(observation)) {
                changed |= self.note(address, facts);
            }
        }
        if !self.reached {
            return;
        }
        if self.begun {
            if changed {
                self.change(now);
            }
            return;
        }
        self.begun = true;
        if self.plan.deep.is_some() {
            self.deep = Some(now);
        } else if self.plan.posture.is_some() {
            self.posture = Some(now);
        }
    }

    /// Keeps the facts of an address and says whether they are news.
    fn note(&mut self, address: SocketAddr, facts: Facts) -> bool {
        if let Some(known) = self.facts.get_mut(&address) {
            return known.replace(facts);
        }
        if self.facts.len() >= MOST_ADDRESSES {
            return false;
        }
        self.facts.insert(address, facts);
        true
    }

    /// Has the deepest scan made that the plan allows, unless changes did so a short while ago.
    fn change(&mut self, now: Instant) {
        let at = self.quiet_until.map_or(now, |until| until.max(now));
        let slot = if self.plan.deep.is_some() {
            &mut self.deep
        } else if self.plan.rescan.is_some() && self.known {
            &mut self.rescan
        } else if self.plan.posture.is_some() {
            &mut self.posture
        } else {
            return;
        };
        if slot.is_none_or(|due| due > at) {
            *slot = Some(at);
            self.quiet_until = Some(at + CHANGE_PAUSE);
        }
    }

    /// Returns the next scan and when it is due; of several that are due now, the deepest, which sees what the others would.
    pub(super) fn next(&self, now: Instant) -> Option<(Instant, ScanDepth)> {
        if self.demanded {
            return Some((now, ScanDepth::Deep));
        }
        if !self.reached {
            return None;
        }
        let rescan = self.rescan.filter(|_| self.known);
        let all = [
            (self.posture, ScanDepth::Posture),
            (rescan, ScanDepth::Rescan),
            (self.deep, ScanDepth::Deep),
        ];
        let due = all
            .into_iter()
            .filter_map(|(at, depth)| Some((at?.max(now), depth)));
        due.min_by_key(|(at, depth)| (*at, std::cmp::Reverse(*depth)))
    }

    /// Takes note of a scan that is over, and plans the next ones.
    pub(super) fn after(&mut self, depth: ScanDepth, outcome: Outcome, now: Instant) {
        self.round += 1;
        if depth == ScanDepth::Deep {
            self.demanded = false;
        }
        if outcome == Outcome::Failed {
            let retry = |interval: Option<Duration>| Some(now + interval?.min(RETRY));
            match depth {
                ScanDepth::Posture => self.posture = retry(self.plan.posture),
                ScanDepth::Rescan => self.rescan = retry(self.plan.rescan),
                ScanDepth::Deep => self.deep = retry(self.plan.deep),
            }
            return;
        }
        // A scan that saw more saw what the others would have seen; one that was cancelled is not wanted at once again.
        let spread = self.spread();
        let again = |interval: Option<Duration>| Some(now + interval?.mul_f64(spread));
        if depth == ScanDepth::Deep {
            self.deep = again(self.plan.deep);
            self.known |= outcome != Outcome::Cancelled;
        }
        if depth >= ScanDepth::Rescan {
            self.rescan = again(self.plan.rescan);
        }
        self.posture = again(self.plan.posture);
        if outcome == Outcome::News && depth != ScanDepth::Deep {
            self.change(now);
        }
    }

    /// Returns a factor that keeps endpoints from falling into step: the first time over a whole interval, as the first scans
    /// of all of them follow on each other, and then a little.
    fn spread(&self) -> f64 {
        let chance = chance(&self.name, self.round);
        if self.round == 1 {
            0.5 + chance
        } else {
            0.9 + 0.2 * chance
        }
    }
}

/// Whether a scan of an address was made.
pub(super) fn was_scanned(observation: &EndpointObservation) -> bool {
    matches!(observation.scan, Attempt::Seen(_))
}
