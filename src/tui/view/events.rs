//! What happened, newest first: the screen, and the panel beside or below the fleet.

use ratatui::layout::Rect;

use crate::store::LogEntry;
use crate::theme::Role;

use super::super::format;
use super::super::layout::{Class, Layout};
use super::super::model::Model;
use super::{Canvas, Strip, mark};

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let muted = canvas.role(Role::Muted);
    let names = name_width(model, layout.rows.width);
    if layout.columns.height > 0 && layout.columns.y != layout.rows.y {
        canvas.put(layout.columns.x + 3, layout.columns.y, 12, "WHEN", muted);
        canvas.put(
            layout.columns.x + 17,
            layout.columns.y,
            names,
            "SUBJECT",
            muted,
        );
        canvas.put(
            layout.columns.x + 19 + names,
            layout.columns.y,
            layout.columns.width,
            "WHAT HAPPENED",
            muted,
        );
    }
    let cursor = model.cursor();
    let shown = model.rows.events.iter().enumerate().skip(cursor.offset);
    for ((position, index), y) in shown.zip(layout.rows.y..layout.rows.bottom()) {
        let Some(entry) = model.snapshot.log.get(*index) else {
            continue;
        };
        let area = Rect {
            y,
            height: 1,
            ..layout.rows
        };
        if layout.class == Class::Small {
            let (sign, style) = mark::event(canvas, entry.mark);
            canvas.put(area.x + 1, y, 1, sign, style);
            let strip = Strip::new()
                .left(entry.subject.to_string(), canvas.role(Role::Text))
                .left(format!(" {}", entry.text), muted)
                .right(format::ago(entry.at, model.now), muted);
            canvas.strip(area.x + 3, y, area.width.saturating_sub(4), &strip);
        } else {
            canvas.strip(
                area.x,
                y,
                area.width.saturating_sub(1),
                &line(canvas, model, entry, names, true),
            );
        }
        if position == cursor.position {
            canvas.selected(area);
        }
    }
    if layout.inspector.height > 0
        && let Some(state) = model.selected_endpoint()
    {
        let strips = super::sections::beside(canvas, model, state, layout.inspector.width);
        canvas.strips(layout.inspector, &strips);
    }
}

fn name_width(model: &Model, width: u16) -> u16 {
    model.digest.name_width.clamp(14, 28).min(width / 3)
}

fn line<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    entry: &'a LogEntry,
    names: u16,
    with_change: bool,
) -> Strip<'a> {
    let muted = canvas.role(Role::Muted);
    let (sign, style) = mark::event(canvas, entry.mark);
    let names = usize::from(names);
    let subject = format::fit(&entry.subject, names);
    let padding = " ".repeat(names.saturating_sub(format::width(&subject)) + 2);
    let mut strip = Strip::new()
        .left(" ", muted)
        .left(sign, style)
        .left(format!(" {:12}  ", time(model, entry)), muted)
        .left(format!("{subject}{padding}"), canvas.role(Role::Text))
        .left(entry.text.as_str(), muted);
    if let (true, Some((before, after))) = (with_change, entry.change) {
        strip = strip
            .right(mark::posture(before), muted)
            .right(" → ", canvas.role(Role::Faint))
            .right(mark::posture(after), mark::posture_role(canvas, after));
    }
    strip
}

/// The time of day today, the date before.
fn time(model: &Model, entry: &LogEntry) -> String {
    let zoned = entry.at.to_zoned(model.time_zone.clone());
    let today = model.now.to_zoned(model.time_zone.clone()).date();
    let form = if zoned.date() == today {
        "%H:%M:%S"
    } else {
        "%d %b %H:%M"
    };
    zoned.strftime(form).to_string()
}

/// The latest events beside or below another screen.
pub(super) fn panel(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let wide = area.width >= 90;
    let title = Strip::title(canvas, "Events");
    canvas.strip(area.x, area.y, area.width, &title);
    let muted = canvas.role(Role::Muted);
    let names = name_width(model, area.width);
    for (entry, y) in model.snapshot.log.iter().zip(area.y + 1..area.bottom()) {
        if wide {
            canvas.strip(
                area.x,
                y,
                area.width.saturating_sub(1),
                &line(canvas, model, entry, names, true),
            );
        } else {
            let zoned = entry.at.to_zoned(model.time_zone.clone());
            let (sign, style) = mark::event(canvas, entry.mark);
            let strip = Strip::new()
                .left(format!(" {} ", zoned.strftime("%H:%M")), muted)
                .left(sign, style)
                .left(format!(" {}", entry.subject), canvas.role(Role::Text))
                .left(format!(" {}", entry.text), muted);
            canvas.strip(area.x, y, area.width, &strip);
        }
    }
    if model.snapshot.log.is_empty() && area.height > 1 {
        canvas.put(
            area.x + 2,
            area.y + 1,
            area.width.saturating_sub(2),
            "nothing has happened yet",
            muted,
        );
    }
}
