//! The marks: severity, posture, life, latency, each with a shape of its own and a role.
//!
//! Colour repeats what the shape already says.

use std::time::Duration;

use ratatui::style::Style;

use crate::finding::Severity;
use crate::store::{HistoryPoint, LogMark, Posture, ScanProgress};
use crate::theme::Role;

use super::super::matrix::Level;
use super::Canvas;

/// Returns the mark of a severity.
pub(super) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "✗",
        Severity::Medium | Severity::Low => "!",
        Severity::Info => "›",
    }
}

/// Returns the style of a severity's mark.
pub(super) fn severity_role(canvas: &Canvas<'_>, severity: Severity) -> Style {
    canvas.role(match severity {
        Severity::Critical | Severity::High => Role::Critical,
        Severity::Medium | Severity::Low => Role::Warn,
        Severity::Info => Role::Info,
    })
}

/// Returns the mark of a posture.
pub(super) const fn posture(posture: Posture) -> &'static str {
    match posture {
        Posture::Critical => "✗",
        Posture::Warning => "!",
        Posture::Ok => "✓",
        Posture::Unreachable => "⊘",
        Posture::Waiting => "~",
    }
}

/// Returns the word for a posture.
pub(super) const fn posture_word(posture: Posture) -> &'static str {
    match posture {
        Posture::Critical => "critical",
        Posture::Warning => "warning",
        Posture::Ok => "ok",
        Posture::Unreachable => "unreachable",
        Posture::Waiting => "waiting",
    }
}

/// Returns the style of a posture's mark.
pub(super) fn posture_role(canvas: &Canvas<'_>, posture: Posture) -> Style {
    canvas.role(match posture {
        Posture::Critical => Role::Critical,
        Posture::Warning => Role::Warn,
        Posture::Ok => Role::Ok,
        Posture::Unreachable | Posture::Waiting => Role::Unknown,
    })
}

/// Returns the mark of an event and its style.
pub(super) fn event(canvas: &Canvas<'_>, mark: LogMark) -> (&'static str, Style) {
    match mark {
        LogMark::Critical => ("✗", canvas.role(Role::Critical)),
        LogMark::Warning => ("!", canvas.role(Role::Warn)),
        LogMark::Unreachable => ("⊘", canvas.role(Role::Unknown)),
        LogMark::Ok => ("✓", canvas.role(Role::Ok)),
        LogMark::Note => ("·", canvas.role(Role::Faint)),
    }
}

/// Returns the style of a time that is left: plain while all is well.
pub(super) fn life_role(canvas: &Canvas<'_>, level: Posture) -> Style {
    canvas.role(match level {
        Posture::Critical => Role::Critical,
        Posture::Warning => Role::Warn,
        Posture::Ok | Posture::Unreachable | Posture::Waiting => Role::Text,
    })
}

/// Returns the style of the filled part of a gauge.
pub(super) fn gauge_role(canvas: &Canvas<'_>, level: Posture) -> Style {
    canvas.styles.life(match level {
        Posture::Critical => 0,
        Posture::Warning => 1,
        Posture::Ok | Posture::Unreachable | Posture::Waiting => 2,
    })
}

/// Draws how much of a life is left. What is left is never drawn as nothing.
pub(super) fn gauge(
    canvas: &mut Canvas<'_>,
    x: u16,
    y: u16,
    width: u16,
    life: Option<(Posture, f64)>,
) {
    let rule = canvas.role(Role::Rule);
    canvas.line(x, y, width, "╌", rule);
    if let Some((level, share)) = life {
        let filled = filled(share, width);
        let style = gauge_role(canvas, level);
        canvas.line(x, y, filled, "━", style);
    }
}

/// Returns how many cells of a gauge are filled.
pub(super) fn filled(share: f64, width: u16) -> u16 {
    if share <= 0.0 {
        return 0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share from 0 to 1 times a width of a screen, rounded, is a width of a screen"
    )]
    let cells = (share.min(1.0) * f64::from(width)).round() as u16;
    cells.clamp(1, width.max(1))
}

/// Upper ends of the latency steps in milliseconds: one scale for every row, so that rows can be compared.
const STEPS: [(u128, &str); 7] = [
    (20, "▁"),
    (50, "▂"),
    (100, "▃"),
    (200, "▄"),
    (400, "▅"),
    (800, "▆"),
    (1600, "▇"),
];

/// Returns the bar of a latency and its step on the theme's scale.
pub(super) fn latency(duration: Duration) -> (&'static str, usize) {
    let milliseconds = duration.as_millis();
    let step = STEPS
        .iter()
        .position(|(most, _)| milliseconds < *most)
        .unwrap_or(STEPS.len());
    (STEPS.get(step).map_or("█", |(_, bar)| bar), step / 3)
}

/// Draws the last answers as bars, the newest at the right; a failure is an `x`.
pub(super) fn trend(canvas: &mut Canvas<'_>, x: u16, y: u16, width: u16, history: &[HistoryPoint]) {
    let shown = &history[history.len().saturating_sub(usize::from(width))..];
    let start = x + width - u16::try_from(shown.len()).unwrap_or(width).min(width);
    for (point, x) in shown.iter().zip(start..) {
        if let Some(duration) = point.latency {
            let (bar, step) = latency(duration);
            let style = canvas.styles.latency(step);
            canvas.put(x, y, 1, bar, style);
        } else {
            let style = canvas.role(if point.posture == Posture::Waiting {
                Role::Faint
            } else {
                Role::Critical
            });
            canvas.put(x, y, 1, "x", style);
        }
    }
}

/// Returns the block of a posture in the skyline: height is a second channel beside colour.
pub(super) fn skyline(canvas: &Canvas<'_>, posture: Posture) -> (&'static str, Style) {
    match posture {
        Posture::Ok => ("▁", canvas.role(Role::Ok)),
        Posture::Warning => ("▄", canvas.role(Role::Warn)),
        Posture::Critical => ("█", canvas.role(Role::Critical)),
        Posture::Unreachable => ("x", canvas.role(Role::Unknown)),
        Posture::Waiting => (" ", canvas.role(Role::Faint)),
    }
}

/// Returns one frame of the spinner.
pub(super) fn spinner(now: jiff::Timestamp) -> &'static str {
    const FRAMES: [&str; 8] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧"];
    let step = now.as_millisecond().div_euclid(125).rem_euclid(8);
    FRAMES[usize::try_from(step).unwrap_or(0)]
}

/// Returns the mark of how strong something is, and its style.
pub(super) fn level(canvas: &Canvas<'_>, level: Level) -> (&'static str, Style) {
    match level {
        Level::Insecure => ("✗", canvas.role(Role::Critical)),
        Level::Weak => ("!", canvas.role(Role::Warn)),
        Level::Unknown => ("~", canvas.role(Role::Unknown)),
        Level::Legacy => ("›", canvas.role(Role::Info)),
        Level::Strong => ("✓", canvas.role(Role::Ok)),
    }
}

/// Returns how far a scan is, in figures: connections done of those that are expected.
pub(super) fn progress(progress: ScanProgress) -> String {
    let expected = progress.expected.max(progress.done);
    format!("{}/{expected}", progress.done)
}

/// Returns how much of a small bar is filled while a scan goes on, and how much is not.
pub(super) fn progress_bar(progress: ScanProgress, width: u16) -> (String, String) {
    let expected = progress.expected.max(progress.done).max(1);
    let share = f64::from(progress.done) / f64::from(expected);
    let cells = usize::from(filled(share, width));
    (
        "━".repeat(cells),
        "╌".repeat(usize::from(width).saturating_sub(cells)),
    )
}
