//! The record of one endpoint: its addresses, its verdicts, and the state that snapshots share.
//!
//! It knows one endpoint and no other; what endpoints share is the store's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::endpoint::Endpoint;
use crate::finding::Finding;
use crate::observation::certificate_file::CertificateDirectory;
use crate::observation::{Attempt, EndpointObservation, SslAnswer};
use crate::score;

use super::change::{self, Change};
use super::judge::{self, Judged, Seat};
use super::log::{self, News};
use super::{
    AddressState, EndpointState, FindingState, HISTORY_LENGTH, HistoryPoint, LogMark, Posture,
    carry, reach,
};

/// How long two certificates on the addresses of one endpoint pass for a rolling renewal. A rollout over a cluster, node
/// by node with a drain in between, takes minutes to an hour or so; what still differs then was forgotten.
const ROLLING_RENEWAL: SignedDuration = SignedDuration::from_hours(2);

/// One endpoint as the store keeps it.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) endpoint: Arc<Endpoint>,
    /// One verdict per check, merged over the addresses.
    pub(super) verdicts: Vec<Judged>,
    /// What snapshots show.
    pub(super) state: Arc<EndpointState>,
    /// What is known by address, in the order of the last probe.
    seats: Vec<Seat>,
    /// Probes in a row for which the name had no address, not confirmed yet.
    unresolved: u8,
    /// When findings were first seen, from before the configuration changed what is dialled.
    remembered: BTreeMap<String, Timestamp>,
    /// Since when the addresses present different certificates, and whether it was said that this is too long.
    split: Option<(Timestamp, bool)>,
    /// Latency of the last probe.
    latency: Option<Duration>,
}

/// What a judgement changed.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Whether a snapshot would show anything else.
    pub(super) changed: bool,
    /// Whether a verdict or a finding is another one.
    pub(super) verdicts_changed: bool,
    /// What is worth a line.
    pub(super) told: Vec<News>,
}

impl Record {
    /// Returns the record of an endpoint that nobody has looked at.
    pub(super) fn new(endpoint: Arc<Endpoint>) -> Self {
        let state = EndpointState {
            endpoint: Arc::clone(&endpoint),
            posture: Posture::Waiting,
            posture_since: None,
            in_flight: false,
            scanning: None,
            probed_at: None,
            addresses: Vec::new(),
            findings: Vec::new(),
            open: Vec::new(),
            score: score::of(&[]),
            history: Vec::new(),
        };
        Self {
            endpoint,
            verdicts: Vec::new(),
            state: Arc::new(state),
            seats: Vec::new(),
            unresolved: 0,
            remembered: BTreeMap::new(),
            split: None,
            latency: None,
        }
    }

    /// Returns the record under a new configuration of the same name.
    ///
    /// What was seen is kept where the same thing would be dialled and verified as before. Otherwise it is about something
    /// else, and only the age of its findings is kept.
    pub(super) fn reconfigured(mut self, endpoint: &Endpoint) -> Self {
        if *self.endpoint == *endpoint {
            return self;
        }
        let endpoint = Arc::new(endpoint.clone());
        if is_probed_alike(&self.endpoint, &endpoint) {
            Arc::make_mut(&mut self.state).endpoint = Arc::clone(&endpoint);
            for seat in &mut self.seats {
                seat.predict(&endpoint);
            }
            self.endpoint = endpoint;
            return self;
        }
        let mut fresh = Self::new(endpoint);
        fresh.remembered = self.remembered;
        for known in &self.state.findings {
            fresh
                .remembered
                .insert(known.finding.fingerprint.clone(), known.since);
        }
        fresh
    }

    /// Returns the public keys that the addresses present.
    pub(super) fn keys(&self) -> BTreeSet<String> {
        self.end_entities(|certificate| certificate.spki_sha256.clone())
    }

    /// Returns the public keys that the addresses serve over SSLv2.
    pub(super) fn sslv2_keys(&self) -> BTreeSet<String> {
        self.seats
            .iter()
            .filter_map(|seat| {
                let sslv2 = seat.observation.scan.seen()?.sslv2.seen()?;
                sslv2.spki_sha256.clone()
            })
            .collect()
    }

    fn end_entities(&self, what: impl Fn(&crate::x509::Certificate) -> String) -> BTreeSet<String> {
        self.seats
            .iter()
            .filter_map(|seat| seat.observation.chain.seen()?.end_entity())
            .map(|certificate| what(certificate))
            .collect()
    }

    /// Takes in what a probe saw, by address, and returns what changed.
    pub(super) fn take_in(
        &mut self,
        observations: Vec<Arc<EndpointObservation>>,
        at: Timestamp,
    ) -> Vec<Change> {
        let state = Arc::make_mut(&mut self.state);
        state.in_flight = false;
        let is_scan =
            |seen: &Arc<EndpointObservation>| !matches!(seen.scan, Attempt::NotAttempted(_));
        if observations.iter().any(is_scan) {
            state.scanning = None;
        }
        state.probed_at = Some(at);
        if !self.is_belated(&observations) {
            self.latency = observations.iter().find_map(|seen| latency(seen));
        }
        if observations.is_empty() {
            return Vec::new();
        }
        if let Some(unconfirmed) = self.damp_resolution(&observations) {
            return unconfirmed;
        }
        let mut former = std::mem::take(&mut self.seats);
        let count = observations.len();
        let mut changes = Vec::new();
        for observation in observations {
            let address = observation.address;
            let seat = former
                .iter()
                .position(|seat| seat.observation.address == address)
                .map(|place| former.swap_remove(place));
            let (seat, news) = self.seated(seat, observation);
            changes.extend(news.into_iter().map(|change| (address, change)));
            self.seats.push(seat);
        }
        let mut changes = change::merge(changes, count);
        changes.extend(self.compare_addresses(at));
        changes
    }

    /// Whether a later look than any of these is known: that of a quick probe which began after a scan and ended before it.
    pub(super) fn is_belated(&self, observations: &[Arc<EndpointObservation>]) -> bool {
        let known = (self.seats.iter())
            .map(|seat| seat.observation.observed_at)
            .max();
        let newest = observations.iter().map(|seen| seen.observed_at).max();
        matches!((newest, known), (Some(newest), Some(known)) if newest < known)
    }

    /// Holds back the news that a name has no address while that may be the resolver's bad moment.
    fn damp_resolution(
        &mut self,
        observations: &[Arc<EndpointObservation>],
    ) -> Option<Vec<Change>> {
        let has_addresses = self.seats.iter().any(|seat| {
            seat.observation.address.is_some() && !reach::is_network_failure(&seat.observation)
        });
        let first = observations.first()?;
        let resolved = observations.iter().any(|seen| seen.address.is_some());
        if resolved || !has_addresses {
            self.unresolved = 0;
            return None;
        }
        self.unresolved += 1;
        if self.unresolved >= reach::FAILURES_TO_CONFIRM {
            self.unresolved = 0;
            return None;
        }
        Some(if self.unresolved == 1 {
            vec![unconfirmed(first)]
        } else {
            Vec::new()
        })
    }

    /// Seats one observation, on the seat of its address where there is one.
    fn seated(
        &self,
        former: Option<Seat>,
        observation: Arc<EndpointObservation>,
    ) -> (Seat, Vec<Change>) {
        let Some(mut seat) = former else {
            return (Seat::new(observation, &self.endpoint), Vec::new());
        };
        let lost = reach::is_network_failure(&observation)
            && !reach::is_network_failure(&seat.observation);
        // What was lost before the last good look says nothing of now.
        if lost && observation.observed_at < seat.observation.observed_at {
            return (seat, Vec::new());
        }
        if lost && seat.failures + 1 < reach::FAILURES_TO_CONFIRM {
            seat.failures += 1;
            let news = if seat.failures == 1 {
                vec![unconfirmed(&observation)]
            } else {
                Vec::new()
            };
            return (seat, news);
        }
        let scan = observation.scan.seen().cloned();
        let belated = observation.observed_at < seat.observation.observed_at;
        let (newer, older) = if belated {
            let known = carry::belated(&seat.observation, &observation);
            (known, observation)
        } else {
            let seen = carry::scan(observation, &seat.observation);
            (seen, Arc::clone(&seat.observation))
        };
        let newer = if self.endpoint.login_test.is_some() {
            carry::login_tests(newer, &older)
        } else {
            newer
        };
        let mut changes = if belated {
            Vec::new()
        } else {
            change::between(&seat.observation, &newer)
        };
        if let Some(scan) = scan {
            changes.extend(seat.scanned(&scan, &newer));
        }
        seat.observe(newer, &self.endpoint);
        (seat, changes)
    }

    /// Says when the addresses begin or cease to present different certificates.
    fn compare_addresses(&mut self, at: Timestamp) -> Option<Change> {
        let count = self
            .end_entities(|certificate| certificate.sha256.clone())
            .len();
        match (self.split, count) {
            (None, 2..) => {
                self.split = Some((at, false));
                Some(Change {
                    mark: LogMark::Note,
                    text: format!(
                        "{count} certificates at once on its addresses: a rolling renewal, or a split"
                    ),
                })
            }
            (Some(_), 1) => {
                self.split = None;
                Some(Change {
                    mark: LogMark::Ok,
                    text: "one certificate on all its addresses again".to_owned(),
                })
            }
            (None, 0 | 1) | (Some(_), 0 | 2..) => None,
        }
    }

    /// Says once that different certificates on the addresses of one endpoint are no rolling renewal any more.
    pub(super) fn split_for_too_long(&mut self, at: Timestamp) -> Vec<Change> {
        match self.split {
            Some((since, false)) if at.duration_since(since) >= ROLLING_RENEWAL => {
                self.split = Some((since, true));
                vec![Change {
                    mark: LogMark::Warning,
                    text: format!("its addresses present different certificates since {since:.0}"),
                }]
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// Judges every address anew.
    pub(super) fn judge(
        &mut self,
        key_holders: &BTreeMap<String, BTreeSet<Arc<str>>>,
        sslv2_keys: &BTreeMap<String, BTreeSet<Arc<str>>>,
        directories: &[Arc<CertificateDirectory>],
        at: Timestamp,
    ) -> Outcome {
        if self.seats.is_empty() {
            // Nobody has looked: it stays `Waiting`, which is the absence of a judgement.
            return Outcome::default();
        }
        let judgement = judge::judge(
            &mut self.seats,
            &self.endpoint,
            key_holders,
            sslv2_keys,
            directories,
            at,
        );
        let (findings, mut told) = compare(
            judgement.findings,
            &self.state.findings,
            &self.remembered,
            at,
        );
        self.remembered.clear();
        let verdicts_changed = !same_verdicts(&self.verdicts, &judgement.verdicts)
            || !same_arcs(&findings, &self.state.findings);
        let worst = findings.iter().map(|known| known.finding.severity).max();
        let posture = reach::posture(self.seats.iter().map(|seat| &*seat.observation), worst);
        let before = self.state.posture;
        if posture != before {
            self.tell_posture(before, posture, &findings, &mut told);
        }
        let addresses: Vec<AddressState> = self.seats.iter().map(address_state).collect();
        let changed = verdicts_changed
            || posture != before
            || judgement.open != self.state.open
            || !same_addresses(&addresses, &self.state.addresses);
        if changed {
            let state = Arc::make_mut(&mut self.state);
            if verdicts_changed {
                state.score = score::of(&judgement.verdicts);
            }
            if posture != before {
                state.posture = posture;
                state.posture_since = Some(at);
            }
            state.addresses = addresses;
            state.findings = findings;
            state.open = judgement.open;
        }
        self.verdicts = judgement.verdicts;
        Outcome {
            changed,
            verdicts_changed,
            told,
        }
    }

    /// Adds the change of posture to what is told: on the line of its cause, else on one of its own.
    fn tell_posture(
        &self,
        before: Posture,
        after: Posture,
        findings: &[Arc<FindingState>],
        told: &mut Vec<News>,
    ) {
        let change = Some((before, after));
        if before == Posture::Waiting {
            // The first look tells one line and not one per finding: those are on their own screen.
            told.clear();
            if after == Posture::Ok {
                return;
            }
        }
        if after == Posture::Unreachable {
            // What appears at this moment says in a check's words that nobody was reached; the reason says it better.
            told.retain(|news| news.mark == LogMark::Ok);
        }
        let cause = told.iter_mut().find(|news| match after {
            Posture::Critical | Posture::Warning | Posture::Unreachable if after < before => {
                news.mark == log::mark_of_posture(after)
            }
            Posture::Critical
            | Posture::Unreachable
            | Posture::Warning
            | Posture::Waiting
            | Posture::Ok => before != Posture::Unreachable && news.mark == LogMark::Ok,
        });
        if let Some(news) = cause {
            news.change = change;
            return;
        }
        let text = match (before, after) {
            (_, Posture::Unreachable) => self
                .seats
                .iter()
                .find(|seat| !reach::is_looked_at(&seat.observation))
                .map_or_else(String::new, |seat| reach::failure_reason(&seat.observation)),
            (Posture::Unreachable, _) => "reached again".to_owned(),
            (_, Posture::Ok) => "nothing at or above low".to_owned(),
            (_, Posture::Waiting) => "nobody has looked yet".to_owned(),
            (_, Posture::Critical | Posture::Warning) => findings.first().map_or_else(
                || "an address could not be looked at".to_owned(),
                |known| line(&known.finding),
            ),
        };
        told.push(News {
            mark: log::mark_of_posture(after),
            text,
            change,
        });
    }

    /// Adds a point to the history.
    pub(super) fn remember(&mut self, at: Timestamp) {
        let latency = self.latency;
        let state = Arc::make_mut(&mut self.state);
        if state.history.len() >= HISTORY_LENGTH {
            let surplus = state.history.len() + 1 - HISTORY_LENGTH;
            state.history.drain(..surplus);
        }
        // Doubling would hold room for 512 points to keep 288 of them, a thousand times over.
        if state.history.len() == state.history.capacity() {
            state.history.reserve_exact(32);
        }
        state.history.push(HistoryPoint {
            at,
            latency,
            posture: state.posture,
        });
    }
}

/// Gives findings their past, and says what appeared and what cleared.
pub(super) fn compare(
    findings: Vec<Finding>,
    former: &[Arc<FindingState>],
    remembered: &BTreeMap<String, Timestamp>,
    at: Timestamp,
) -> (Vec<Arc<FindingState>>, Vec<News>) {
    let mut told = Vec::new();
    let is_known = |known: &Arc<FindingState>, finding: &Finding| {
        known.finding.fingerprint == finding.fingerprint
    };
    let cleared: Vec<&Arc<FindingState>> = former
        .iter()
        .filter(|known| !findings.iter().any(|finding| is_known(known, finding)))
        .collect();
    let mut states = Vec::with_capacity(findings.len());
    for finding in findings {
        let known = former.iter().find(|known| is_known(known, &finding));
        if let Some(known) = known.filter(|known| known.finding == finding) {
            states.push(Arc::clone(known));
            continue;
        }
        let since = known
            .map(|known| known.since)
            .or_else(|| remembered.get(&finding.fingerprint).copied());
        // The same problem with another certificate is no news: it neither appeared nor cleared.
        let is_old = since.is_some()
            || cleared
                .iter()
                .any(|gone| gone.finding.check == finding.check);
        if !is_old {
            told.push(News {
                mark: log::mark_of_severity(finding.severity),
                text: line(&finding),
                change: None,
            });
        }
        states.push(Arc::new(FindingState {
            finding,
            since: since.unwrap_or(at),
        }));
    }
    for gone in cleared {
        if !states
            .iter()
            .any(|state| state.finding.check == gone.finding.check)
        {
            told.push(News {
                mark: LogMark::Ok,
                text: format!("cleared: {}", gone.finding.title),
                change: None,
            });
        }
    }
    (states, told)
}

/// A finding in one line of the log.
fn line(finding: &Finding) -> String {
    format!("{}: {}", finding.title, finding.message)
}

fn unconfirmed(observation: &EndpointObservation) -> Change {
    Change {
        mark: LogMark::Note,
        text: format!(
            "not reached once: {}; it counts from the third time on",
            reach::failure_reason(observation)
        ),
    }
}

/// Whether a probe of one is a probe of the other: the same is dialled, and verified against the same files.
fn is_probed_alike(old: &Endpoint, new: &Endpoint) -> bool {
    old.target == new.target
        && old.server_name == new.server_name
        && old.sslrootcert == new.sslrootcert
        && old.sslcert == new.sslcert
        && old.sslkey == new.sslkey
}

fn same_verdicts(left: &[Judged], right: &[Judged]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|((one, before), (other, after))| one.id == other.id && before == after)
}

fn same_arcs<T>(left: &[Arc<T>], right: &[Arc<T>]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|(one, other)| Arc::ptr_eq(one, other))
}

fn same_addresses(left: &[AddressState], right: &[AddressState]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(one, other)| {
            Arc::ptr_eq(&one.observation, &other.observation)
                && one.preflight == other.preflight
                && one.scan_difference == other.scan_difference
        })
}

fn address_state(seat: &Seat) -> AddressState {
    AddressState {
        scan_difference: seat.scans.difference(),
        observation: Arc::clone(&seat.observation),
        preflight: seat.preflight.clone(),
    }
}

/// Returns TCP connection and TLS handshake together; the connection alone where the peer has no TLS.
fn latency(observation: &EndpointObservation) -> Option<Duration> {
    observation.connection.seen()?;
    let connect = observation.timings.connect?;
    let without_tls = matches!(
        observation.ssl_request,
        Attempt::Seen(SslAnswer::Unwilling | SslAnswer::Error(_))
    );
    match observation.timings.handshake {
        Some(handshake) if observation.handshake.seen().is_some() => Some(connect + handshake),
        Some(_) | None => without_tls.then_some(connect),
    }
}
