//! Two lists to choose from: themes, with the screen behind as preview, and commands.

use ratatui::layout::Rect;

use crate::theme::Role;

use super::super::model::Model;
use super::super::palette::{self, Choice};
use super::{Canvas, Strip};

/// Returns the first theme that the picker shows.
pub(in super::super) fn first_theme(model: &Model, area: Rect) -> usize {
    let rows = usize::from(area.height.saturating_sub(5)).max(1);
    (model.theme + 1).saturating_sub(rows)
}

pub(super) fn themes(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let inner = canvas.overlay(area, "Theme");
    if inner.height < 4 {
        return;
    }
    let muted = canvas.role(Role::Muted);
    let first = first_theme(model, area);
    let rows = inner.y + 1..inner.bottom() - 2;
    for ((index, theme), y) in model.themes.iter().enumerate().skip(first).zip(rows) {
        let chosen = index == model.theme;
        let strip = Strip::new()
            .left(
                format!("  {}", theme.name),
                canvas.role(if chosen { Role::Title } else { Role::Text }),
            )
            .right(format!("{} ", theme.kind), muted);
        canvas.strip(inner.x, y, inner.width, &strip);
        if chosen {
            canvas.selected(Rect {
                y,
                height: 1,
                ..inner
            });
        }
    }
    let y = inner.bottom() - 2;
    canvas.crossbar(area, y);
    let key = canvas.role(Role::Key);
    let strip = Strip::new()
        .left("Enter", key)
        .left(" take", muted)
        .right("Esc", key)
        .right(" as it was", muted);
    canvas.strip(inner.x, y + 1, inner.width, &strip);
}

pub(super) fn palette(
    canvas: &mut Canvas<'_>,
    model: &Model,
    area: Rect,
    text: &str,
    position: usize,
) {
    let inner = canvas.overlay(area, "Command");
    if inner.height < 4 {
        return;
    }
    let muted = canvas.role(Role::Muted);
    let key = canvas.role(Role::Key);
    let line = Strip::new()
        .left("› ", key)
        .left(text.to_owned(), canvas.role(Role::Text))
        .left("▏", canvas.role(Role::Accent));
    canvas.strip(inner.x, inner.y, inner.width, &line);
    let choices = palette::choices(model, text);
    let rows = inner.y + 2..inner.bottom() - 2;
    let height = usize::from(rows.end.saturating_sub(rows.start));
    let first = (position + 1).saturating_sub(height.max(1));
    for ((index, choice), y) in choices.iter().enumerate().skip(first).zip(rows) {
        let keys = match choice {
            Choice::Do(_, _, keys) => keys.clone(),
            Choice::GoTo(_) => String::new(),
        };
        let strip = Strip::new()
            .left(format!("  {}", choice.words()), canvas.role(Role::Text))
            .right(format!("{keys} "), key);
        canvas.strip(inner.x, y, inner.width, &strip);
        if index == position {
            canvas.selected(Rect {
                y,
                height: 1,
                ..inner
            });
        }
    }
    if choices.is_empty() {
        canvas.put(
            inner.x + 2,
            inner.y + 2,
            inner.width,
            "nothing is called that",
            muted,
        );
    }
    let y = inner.bottom() - 2;
    canvas.crossbar(area, y);
    let strip = Strip::new()
        .left("↑↓", key)
        .left(" choose   ", muted)
        .left("Enter", key)
        .left(" do it", muted)
        .right("Esc", key)
        .right(" close", muted);
    canvas.strip(inner.x, y + 1, inner.width, &strip);
}
