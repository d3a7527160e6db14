//! Pace: when a frame is due. What somebody did is seen at once, what merely happened ten times a second at most.
//!
//! Pure: the time is an argument. Where nothing changed no frame is ever due.

use std::time::Duration;

use tokio::time::Instant;

use crate::tui::Redraw;

/// Time between two frames that show data: ten a second look alive and cost a tenth of the fastest loop.
const DATA: Duration = Duration::from_millis(100);

/// The same while the window has no focus.
const DATA_UNFOCUSED: Duration = Duration::from_secs(1);

/// What is waiting to be drawn, and since when it may.
#[derive(Debug)]
pub(super) struct Pace {
    wanted: Redraw,
    drawn_at: Option<Instant>,
    focused: bool,
}

impl Pace {
    /// Returns a pace at which nothing is due.
    pub(super) fn new() -> Self {
        Self {
            wanted: Redraw::None,
            drawn_at: None,
            focused: true,
        }
    }

    /// Asks for a frame.
    pub(super) fn want(&mut self, redraw: Redraw) {
        self.wanted = self.wanted.max(redraw);
    }

    /// Takes note of the window's focus.
    pub(super) fn focus(&mut self, focused: bool) {
        self.focused = focused;
    }

    /// Returns when the next frame is due; `None` where nothing waits to be drawn.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let period = if self.focused { DATA } else { DATA_UNFOCUSED };
        match self.wanted {
            Redraw::None => None,
            Redraw::Now => Some(now),
            Redraw::Soon => Some(self.drawn_at.map_or(now, |drawn| drawn + period).max(now)),
        }
    }

    /// Takes note of a frame.
    pub(super) fn drawn(&mut self, now: Instant) {
        self.wanted = Redraw::None;
        self.drawn_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(at: Instant) -> Pace {
        let mut pace = Pace::new();
        pace.drawn(at);
        pace
    }

    #[test]
    fn nothing_changed_means_no_frame() {
        let now = Instant::now();
        let mut pace = drawn(now);
        pace.want(Redraw::None);
        assert_eq!(pace.due(now + DATA * 100), None);
    }

    #[test]
    fn data_waits_for_its_turn_and_input_does_not() {
        let now = Instant::now();
        let mut pace = drawn(now);
        pace.want(Redraw::Soon);
        assert_eq!(pace.due(now), Some(now + DATA));
        pace.want(Redraw::Now);
        assert_eq!(pace.due(now), Some(now));
        pace.want(Redraw::Soon);
        assert_eq!(
            pace.due(now),
            Some(now),
            "what is due at once stays due at once"
        );
    }

    #[test]
    fn data_after_a_rest_is_shown_at_once() {
        let now = Instant::now();
        let mut pace = drawn(now);
        let later = now + DATA * 3;
        pace.want(Redraw::Soon);
        assert_eq!(pace.due(later), Some(later));
    }

    #[test]
    fn window_without_focus_is_drawn_once_a_second() {
        let now = Instant::now();
        let mut pace = drawn(now);
        pace.focus(false);
        pace.want(Redraw::Soon);
        assert_eq!(pace.due(now), Some(now + DATA_UNFOCUSED));
    }

    #[test]
    fn thousand_results_in_a_second_make_ten_frames() {
        let start = Instant::now();
        let mut pace = Pace::new();
        let mut frames = 0;
        for millisecond in 0..1000 {
            let now = start + Duration::from_millis(millisecond);
            pace.want(Redraw::Soon);
            if pace.due(now).is_some_and(|due| due <= now) {
                pace.drawn(now);
                frames += 1;
            }
        }
        assert_eq!(frames, 10);
    }
}
