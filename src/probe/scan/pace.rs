//! How fast a scan makes connections: freely until the server will not have it, then as fast as it will.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::super::Pacing;

/// Over how long the rate is measured at which a server took connections.
const WINDOW: Duration = Duration::from_secs(1);

/// The slowest that a scan gets.
const SLOWEST: Duration = Duration::from_secs(2);

/// What is waited after trouble before the next connection.
const PAUSE: Duration = Duration::from_millis(1100);

/// Turns at making connections.
#[derive(Debug)]
pub(super) struct Pace {
    adaptive: bool,
    fixed: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Time between two connections.
    gap: Duration,
    /// When the next one may be made.
    next: Instant,
    /// When connections were answered of late.
    answered: VecDeque<Instant>,
    /// When there was trouble last.
    trouble: Option<Instant>,
    troubles: u32,
}

impl Pace {
    pub(super) fn new(pacing: Pacing) -> Self {
        let fixed = match pacing {
            Pacing::Adaptive | Pacing::Off => Duration::ZERO,
            Pacing::PerSecond(rate) => Duration::from_secs(1) / u32::from(rate.max(1)),
        };
        Self {
            adaptive: pacing != Pacing::Off,
            fixed,
            state: Mutex::new(State {
                gap: fixed,
                next: Instant::now(),
                answered: VecDeque::new(),
                trouble: None,
                troubles: 0,
            }),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the next connection may be made.
    pub(super) async fn turn(&self) {
        let at = {
            let mut state = self.state();
            let at = state.next.max(Instant::now());
            state.next = at + state.gap;
            at
        };
        if at > Instant::now() {
            tokio::time::sleep_until(at).await;
        }
    }

    /// A connection was answered.
    pub(super) fn answered(&self) {
        let now = Instant::now();
        let mut state = self.state();
        state.answered.push_back(now);
        state.forget(now);
        let quiet = state.trouble.is_none_or(|at| now - at > 2 * WINDOW);
        if state.gap > self.fixed && quiet {
            state.gap = state.gap.mul_f64(0.97).max(self.fixed);
        }
    }

    /// The server would not take a connection although it takes such ones: it is limiting, or it is down.
    pub(super) fn trouble(&self) {
        if !self.adaptive {
            return;
        }
        let now = Instant::now();
        let mut state = self.state();
        // Those that were under way together are one trouble.
        if state.trouble.is_some_and(|at| now - at < WINDOW / 2) {
            state.next = state.next.max(now + state.gap);
            return;
        }
        state.forget(now);
        state.gap = if state.troubles == 0 {
            // As many a second as it took of the first burst, of which the last answers may still be under way.
            let answered = u32::try_from(state.answered.len()).unwrap_or(u32::MAX);
            (WINDOW / answered.max(5)).max(state.gap)
        } else {
            state.gap.mul_f64(1.15)
        }
        .clamp(Duration::from_millis(20), SLOWEST);
        state.next = state.next.max(now + PAUSE);
        state.trouble = Some(now);
        state.troubles += 1;
    }

    /// Whether there was ever trouble.
    pub(super) fn was_troubled(&self) -> bool {
        self.state().troubles > 0
    }
}

impl State {
    fn forget(&mut self, now: Instant) {
        while self.answered.front().is_some_and(|at| now - *at > WINDOW) {
            self.answered.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn connections_are_free_until_there_is_trouble() {
        let pace = Pace::new(Pacing::Adaptive);
        let begun = Instant::now();
        for _ in 0..50 {
            pace.turn().await;
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        for _ in 0..5 {
            pace.answered();
        }
        pace.trouble();
        assert!(pace.was_troubled());
        pace.turn().await;
        let paused = begun.elapsed();
        assert!(paused >= PAUSE, "{paused:?}");
        // Five were answered within the second: five a second it is.
        pace.turn().await;
        let gap = begun.elapsed().saturating_sub(paused);
        assert!(gap.abs_diff(Duration::from_millis(200)) < Duration::from_millis(5));
    }

    #[tokio::test(start_paused = true)]
    async fn pacing_that_is_off_stays_off() {
        let pace = Pace::new(Pacing::Off);
        let begun = Instant::now();
        pace.trouble();
        pace.turn().await;
        pace.turn().await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fixed_rate_is_kept_and_returned_to() {
        let pace = Pace::new(Pacing::PerSecond(10));
        let begun = Instant::now();
        for _ in 0..11 {
            pace.turn().await;
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
    }
}
