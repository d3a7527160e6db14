//! Rhythm: how long to wait for the next probe of one endpoint, and how far that probe goes.
//!
//! Pure: the time is an argument, and the jitter comes from the endpoint's name, so that a run can be repeated.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::endpoint::Endpoint;
use crate::probe::Depth;

/// When to look again after the first and the second failure in a row: fast truth, and no storm. The store wants three
/// failures before it believes them, so that these two decide within twenty seconds.
const CONFIRMATIONS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(15)];

/// Longest gap for a host that does not answer: whoever repairs it sees it within five minutes without pressing a key.
const LONGEST_BACKOFF: Duration = Duration::from_mins(5);

/// The rhythm of one endpoint.
#[derive(Debug)]
pub(super) struct Rhythm {
    name: Arc<str>,
    interval: Duration,
    login_test: Option<Duration>,
    /// Probes that ended so far.
    round: u64,
    /// Failures in a row.
    failures: u32,
    /// When login tests were last made on a peer that was reached.
    login_tested: Option<Instant>,
}

impl Rhythm {
    pub(super) fn new(endpoint: &Endpoint) -> Self {
        Self {
            name: Arc::clone(&endpoint.name),
            interval: endpoint.interval,
            login_test: endpoint.login_test,
            round: 0,
            failures: 0,
            login_tested: None,
        }
    }

    /// Takes note of a probe that ended, and returns how long to wait for the next one.
    pub(super) fn after(&mut self, reached: bool, depth: Depth, now: Instant) -> Duration {
        self.round += 1;
        if !reached {
            self.failures = self.failures.saturating_add(1);
            return self.backoff();
        }
        self.failures = 0;
        if depth == Depth::WithLoginTest {
            self.login_tested = Some(now);
        }
        // Everything is probed at once at the start. The second round is spread over a whole interval, and from then on a
        // little jitter keeps endpoints from falling into step.
        let part = if self.round == 1 {
            0.5 + self.chance()
        } else {
            0.9 + 0.2 * self.chance()
        };
        self.interval.mul_f64(part)
    }

    /// Returns how far the next probe goes. A host that was away may have come back with other settings.
    pub(super) fn depth(&self, now: Instant) -> Depth {
        let Some(rarer) = self.login_test else {
            return Depth::Quick;
        };
        let due = self
            .login_tested
            .is_none_or(|tested| now.duration_since(tested) >= rarer);
        if due || self.failures > 0 {
            Depth::WithLoginTest
        } else {
            Depth::Quick
        }
    }

    fn backoff(&self) -> Duration {
        let failures = usize::try_from(self.failures).unwrap_or(usize::MAX);
        if let Some(confirmation) = CONFIRMATIONS.get(failures - 1) {
            return self.interval.min(*confirmation);
        }
        let doublings = self.failures.saturating_sub(3).min(16);
        let longest = LONGEST_BACKOFF.max(self.interval);
        let gap = self.interval.saturating_mul(1 << doublings).min(longest);
        gap.mul_f64(0.9 + 0.2 * self.chance())
    }

    fn chance(&self) -> f64 {
        chance(&self.name, self.round)
    }
}

/// Returns a number from 0 to 1 that differs from endpoint to endpoint and from round to round.
pub(super) fn chance(name: &str, round: u64) -> f64 {
    let mut hasher = DefaultHasher::new();
    (name, round).hash(&mut hasher);
    let high = u32::try_from(hasher.finish() >> 32).unwrap_or(u32::MAX);
    f64::from(high) / f64::from(u32::MAX)
}
