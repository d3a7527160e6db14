//! The hosts that watched files name and no endpoint covers, and the block that would make an endpoint of one.

use ratatui::layout::Rect;

use crate::store::Candidate;
use crate::theme::Role;

use super::super::model::{CandidatesLayer, Model};
use super::{Canvas, Strip, file, sections};

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect, layer: &CandidatesLayer) {
    let title = if layer.is_asked {
        "Add this endpoint?"
    } else {
        "Named by files, watched by nobody"
    };
    let inner = canvas.overlay(area, title);
    if inner.height < 6 {
        return;
    }
    let candidates = &model.snapshot.candidates;
    let block = candidates.get(layer.position).map(Candidate::block);
    let block = block.unwrap_or_default();
    let strips: Vec<Strip<'_>> = (block.lines())
        .flat_map(|line| sections::whole_code(model, "toml", line, "  ", usize::from(inner.width)))
        .collect();
    let keys_at = inner.bottom() - 1;
    let lines = u16::try_from(strips.len())
        .unwrap_or(u16::MAX)
        .min(inner.height / 2);
    let block_at = keys_at.saturating_sub(lines + 1);
    if layer.is_asked {
        question(canvas, model, inner, &strips);
    } else {
        let rows = Rect {
            height: block_at.saturating_sub(inner.y + 1),
            ..inner
        };
        list(canvas, candidates, rows, layer.position);
        canvas.crossbar(area, block_at.saturating_sub(1));
        let below = Rect {
            y: block_at,
            height: lines,
            ..inner
        };
        canvas.strips(below, &strips);
    }
    canvas.crossbar(area, keys_at - 1);
    let (key, muted) = (canvas.role(Role::Key), canvas.role(Role::Muted));
    let strip = if layer.is_asked {
        Strip::new()
            .left("Enter", key)
            .left(" write it", muted)
            .right("Esc", key)
            .right(" do not", muted)
    } else {
        Strip::new()
            .left("↑↓", key)
            .left(" choose   ", muted)
            .left("Enter", key)
            .left(" add as endpoint", muted)
            .right("Esc", key)
            .right(" close", muted)
    };
    canvas.strip(inner.x, keys_at, inner.width, &strip);
}

/// Asks whether the block is to be written, and shows it.
fn question(canvas: &mut Canvas<'_>, model: &Model, area: Rect, block: &[Strip<'_>]) {
    let path = crate::text::printable(&model.snapshot.config.path.to_string_lossy());
    let text = canvas.role(Role::Text);
    let line = Strip::new()
        .left("These lines are added to ", text)
        .left(path, canvas.role(Role::Title))
        .left(":", text);
    canvas.strip(area.x, area.y + 1, area.width, &line);
    let below = Rect {
        y: area.y + 3,
        height: area.height.saturating_sub(6),
        ..area
    };
    canvas.strips(below, block);
    let y = below.y
        + u16::try_from(block.len())
            .unwrap_or(u16::MAX)
            .min(below.height)
        + 1;
    if y + 2 < area.bottom() {
        let note = "From then on it is dialled as every other endpoint is.";
        canvas.put(area.x, y, area.width, note, canvas.role(Role::Muted));
    }
}

fn list(canvas: &mut Canvas<'_>, candidates: &[Candidate], area: Rect, position: usize) {
    let muted = canvas.role(Role::Muted);
    let height = usize::from(area.height).max(1);
    let first = (position + 1).saturating_sub(height);
    let rows = candidates.iter().enumerate().skip(first);
    for ((index, candidate), y) in rows.zip(area.y..area.bottom()) {
        let places = &candidate.found.places;
        let place = places.first().map_or("", String::as_str);
        let more = match places.len().saturating_sub(1) {
            0 => String::new(),
            more => format!(" +{more}"),
        };
        let room = area.width / 2;
        let strip = Strip::new()
            .left(
                format!("  {}", candidate.address()),
                canvas.role(Role::Text),
            )
            .left(
                (candidate.found.doubt).map_or_else(String::new, |why| format!("   {why}")),
                canvas.role(Role::Faint),
            )
            .right(format!("{}{more} ", file::short(place, room)), muted);
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        canvas.strip(area.x, y, area.width, &strip);
        if index == position {
            canvas.selected(line);
        }
    }
}
