//! The strip of the past: how an endpoint stood, and how quick it was.
//!
//! Where there are more probes than cells, a cell shows the worst of its probes: nothing bad is averaged away.

use std::time::Duration;

use crate::store::{EndpointState, Posture};
use crate::theme::Role;

use super::super::super::format;
use super::super::{Canvas, Strip, mark};
use super::facts::{LABEL, field};

/// The strip of the past: how it stood, and how quick it was.
pub(in super::super) fn history<'a>(
    canvas: &Canvas<'_>,
    state: &EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let points = &state.history;
    let Some((first, last)) = points.first().zip(points.last()) else {
        return Vec::new();
    };
    let muted = canvas.role(Role::Muted);
    let cells = usize::from(width).saturating_sub(LABEL + 3);
    if cells < 8 {
        return Vec::new();
    }
    let shown = points.len().min(cells);
    // More points than cells: each cell stands for several, and shows the worst of them.
    let bucket = |cell: usize| {
        &points[cell * points.len() / shown
            ..((cell + 1) * points.len() / shown).max(cell * points.len() / shown + 1)]
    };
    let mut skyline = Strip::new().left(format!("  {:LABEL$}", "posture"), muted);
    let mut latency = Strip::new().left(format!("  {:LABEL$}", "latency"), muted);
    for cell in 0..shown {
        let points = bucket(cell);
        let worst = points
            .iter()
            .map(|point| point.posture)
            .min()
            .unwrap_or(Posture::Waiting);
        let (block, style) = mark::skyline(canvas, worst);
        skyline = skyline.left(block, style);
        let slowest = points
            .iter()
            .map(|point| point.latency)
            .min_by_key(|latency| latency.map(std::cmp::Reverse));
        latency = match slowest.flatten() {
            Some(duration) => {
                let (bar, step) = mark::latency(duration);
                latency.left(bar, canvas.styles.latency(step))
            }
            None => latency.left("x", canvas.role(Role::Critical)),
        };
    }
    let mut known: Vec<Duration> = points.iter().filter_map(|point| point.latency).collect();
    known.sort_unstable();
    let at = |part: usize| {
        known
            .get((known.len() * part / 100).min(known.len().saturating_sub(1)))
            .map_or_else(
                || "—".to_owned(),
                |duration| format::milliseconds(*duration),
            )
    };
    let span = format::span(last.at.duration_since(first.at));
    vec![
        Strip::title(canvas, "History").left(
            format!(
                "  {} in {span}",
                format::count(points.len(), "probe", "probes")
            ),
            muted,
        ),
        skyline,
        latency,
        field(canvas, "", "").left(format!("p50 {} ms   p95 {} ms", at(50), at(95)), muted),
    ]
}
