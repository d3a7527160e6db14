//! The change that a fix makes to a file, before it is made.

use ratatui::layout::Rect;

use crate::theme::Role;

use super::super::format;
use super::super::keymap::{Action, Place};
use super::super::model::{MendLayer, Model};
use super::{Canvas, Strip, file, mark};

/// Rows of the text that are seen at once: the frame, the crossbar and the keys take four.
pub(super) fn room(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(4))
}

/// Returns how many rows the text has.
pub(super) fn height(model: &Model, layer: &MendLayer) -> usize {
    let mut buffer = ratatui::buffer::Buffer::empty(Rect::new(0, 0, 1, 1));
    let canvas = Canvas::new(&mut buffer, &model.styles);
    let area = super::layout::overlay(model).unwrap_or_default();
    lines(&canvas, model, layer, area.width.saturating_sub(4)).len()
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect, layer: &MendLayer) {
    let lines = lines(canvas, model, layer, area.width.saturating_sub(4));
    let wanted = u16::try_from(lines.len() + 4)
        .unwrap_or(u16::MAX)
        .min(area.height);
    let area = Rect {
        y: area.y + (area.height - wanted) / 2,
        height: wanted,
        ..area
    };
    let inner = canvas.overlay(area, &format!("Change {}", layer.path));
    if inner.height < 3 {
        return;
    }
    let text = Rect {
        height: inner.height - 2,
        ..inner
    };
    let shown = &lines[layer.scroll.min(lines.len())..];
    canvas.strips(text, shown);
    canvas.crossbar(area, text.bottom());
    let muted = canvas.role(Role::Muted);
    if shown.len() > usize::from(text.height) {
        canvas.put(
            area.right().saturating_sub(2),
            text.bottom() - 1,
            1,
            "▾",
            muted,
        );
    }
    let keys = keys(canvas, model);
    canvas.strip(inner.x, text.bottom() + 1, inner.width, &keys);
}

fn keys<'a>(canvas: &Canvas<'_>, model: &Model) -> Strip<'a> {
    let (key, muted) = (canvas.role(Role::Key), canvas.role(Role::Muted));
    let mut strip = Strip::new();
    for (action, word) in [
        (Action::Apply, "make this change"),
        (Action::Edit, "edit instead"),
    ] {
        if let Some(name) = model.keymap.key(Place::Mend, action) {
            strip = strip.left(name, key).left(format!(" {word}   "), muted);
        }
    }
    let fixes = model
        .shown_finding()
        .map_or(0, |(_, found)| found.fixes.len());
    if fixes > 1 {
        strip = strip.left("← →", key).left(" another   ", muted);
    }
    strip.right("Esc", key).right(" leave it", muted)
}

fn lines<'a>(
    canvas: &Canvas<'_>,
    model: &'a Model,
    layer: &MendLayer,
    width: u16,
) -> Vec<Strip<'a>> {
    let Some((state, found)) = model.shown_finding() else {
        return Vec::new();
    };
    let Some(shown) = found.fixes.get(layer.fix) else {
        return Vec::new();
    };
    let (text, muted) = (canvas.role(Role::Text), canvas.role(Role::Muted));
    let width = usize::from(width);
    let mut lines = Vec::new();
    let style = mark::severity_role(canvas, found.finding.severity);
    for (index, line) in format::wrap(&found.finding.message, width.saturating_sub(2))
        .into_iter()
        .enumerate()
    {
        let sign = if index == 0 {
            mark::severity(found.finding.severity)
        } else {
            " "
        };
        lines.push(
            Strip::new()
                .left(sign, style)
                .left(format!(" {line}"), muted),
        );
    }
    lines.push(Strip::new());
    let wrapped = format::wrap(&shown.fix.title, width.saturating_sub(8));
    for (index, line) in wrapped.into_iter().enumerate() {
        let mut title = Strip::new().left(line, canvas.role(Role::Title));
        if index == 0 && found.fixes.len() > 1 {
            title = title.right(format!("{} of {}", layer.fix + 1, found.fixes.len()), muted);
        }
        lines.push(title);
    }
    lines.extend(safety(canvas, shown.fix.is_safe, width));
    lines.push(Strip::new());
    lines.extend(file::change(
        canvas,
        shown,
        u16::try_from(width).unwrap_or(u16::MAX),
    ));
    if let Ok(Err(reason)) = state.report.reading.as_ref().map(|read| read.text_start) {
        lines.push(Strip::new());
        lines.push(
            Strip::new()
                .left("⊘ ", canvas.role(Role::Unknown))
                .left(format!("it cannot be made for you: {reason}"), text),
        );
    }
    lines
}

/// Says whether a change can be made without thinking.
fn safety<'a>(canvas: &Canvas<'_>, is_safe: bool, width: usize) -> Vec<Strip<'a>> {
    let (sign, role, words) = if is_safe {
        (
            "✓",
            Role::Ok,
            "safe: the driver takes it, and it needs nothing that is not there",
        )
    } else {
        (
            "!",
            Role::Warn,
            "not safe: it needs a file, a variable or an import that may not be there; look at it first",
        )
    };
    let wrapped = format::wrap(words, width.saturating_sub(2));
    let line = |(index, line): (usize, String)| {
        Strip::new()
            .left(if index == 0 { sign } else { " " }, canvas.role(role))
            .left(format!(" {line}"), canvas.role(Role::Text))
    };
    wrapped.into_iter().enumerate().map(line).collect()
}
