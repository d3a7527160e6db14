//! The findings: one row per check, or one per finding, and whom the selected row is about.

use ratatui::layout::Rect;

use crate::finding::Subject;
use crate::store::FindingState;
use crate::theme::Role;

use super::super::format;
use super::super::layout::{self, Class, Layout};
use super::super::model::{FindingRow, Group, Model, Screen};
use super::super::sort::FindingOrder;
use super::{Canvas, Strip, file, mark, sections};

/// Where the columns stand.
#[derive(Clone, Copy, Debug)]
struct Columns {
    first: (u16, u16),
    second: (u16, u16),
    hits: Option<u16>,
    since: u16,
}

/// The longest check ids have 30 characters; what does not fit is cut.
const CHECK: u16 = 30;

fn columns(area: Rect, group: Group, name_width: u16) -> Columns {
    let right = area.right().saturating_sub(1);
    let since = right.saturating_sub(5);
    let hits = (group == Group::Check).then_some(since.saturating_sub(6));
    let end = hits.unwrap_or(since).saturating_sub(1);
    let x = area.x + 3;
    let room = end.saturating_sub(x);
    let first = match group {
        Group::Check => CHECK.min(room / 2),
        Group::Single => name_width.clamp(12, 28).min(room / 2),
    };
    Columns {
        first: (x, first),
        second: (x + first + 2, room.saturating_sub(first + 2)),
        hits,
        since,
    }
}

/// Returns the order that a click at `x` asks for.
pub(super) fn order_at(model: &Model, x: u16) -> Option<FindingOrder> {
    let area = layout::layout(model).columns;
    let columns = columns(area, model.group, model.digest.name_width);
    if x < columns.first.0 {
        Some(FindingOrder::Severity)
    } else if x < columns.second.0 {
        Some(FindingOrder::Check)
    } else if x >= columns.since {
        Some(FindingOrder::Since)
    } else {
        columns
            .hits
            .filter(|hits| x >= *hits)
            .map(|_| FindingOrder::Hits)
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let area = layout.rows;
    let columns = columns(area, model.group, model.digest.name_width);
    if layout.columns.height > 0 && layout.columns.y != area.y {
        header(canvas, model, layout, columns);
    }
    let cursor = model.cursor();
    let rows = model.rows.findings.iter().enumerate().skip(cursor.offset);
    for ((position, row), y) in rows.zip(area.y..area.bottom()) {
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        draw_row(canvas, model, layout, columns, line, row);
        if position == cursor.position {
            canvas.selected(line);
            canvas.bold(columns.first.0, y, columns.first.1);
        }
    }
    let Some(row) = model.rows.findings.get(cursor.position) else {
        return;
    };
    if layout.class == Class::Small {
        if layout.inspector.height > 0
            && let Some(held) = first(model, row)
        {
            let muted = canvas.role(Role::Muted);
            canvas.put(
                1,
                layout.inspector.y,
                area.width.saturating_sub(1),
                &held.finding.message,
                muted,
            );
        }
        return;
    }
    let beside = layout.divider.is_some();
    let shift = u16::from(!beside);
    let inspector = layout.inspector;
    let inner = Rect {
        y: inspector.y + shift,
        height: inspector.height.saturating_sub(shift),
        width: inspector.width.saturating_sub(shift),
        ..inspector
    };
    let strips = inspect(canvas, model, row, inner);
    canvas.strips(inner, &strips);
}

fn first<'a>(model: &'a Model, row: &FindingRow) -> Option<&'a FindingState> {
    row.members
        .first()
        .and_then(|index| model.snapshot.findings.get(*index))
        .map(AsRef::as_ref)
}

fn header(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout, columns: Columns) {
    let y = layout.columns.y;
    let style = |order: FindingOrder| {
        canvas.role(if model.finding_order == order {
            Role::Accent
        } else {
            Role::Muted
        })
    };
    let (severity, check, hits, since) = (
        style(FindingOrder::Severity),
        style(FindingOrder::Check),
        style(FindingOrder::Hits),
        style(FindingOrder::Since),
    );
    let muted = canvas.role(Role::Muted);
    if model.finding_order == FindingOrder::Severity {
        let mark = if model.is_reversed(Screen::Findings) {
            "▴"
        } else {
            "▾"
        };
        canvas.put(layout.columns.x + 1, y, 1, mark, severity);
    }
    let (one, two) = match model.group {
        Group::Check => ("CHECK", "TITLE"),
        Group::Single => ("SUBJECT", "FINDING"),
    };
    canvas.put(columns.first.0, y, columns.first.1, one, check);
    canvas.put(columns.second.0, y, columns.second.1, two, muted);
    if let Some(x) = columns.hits {
        canvas.put_right(x, y, 5, "HITS", hits);
    }
    canvas.put_right(columns.since, y, 5, "SINCE", since);
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    model: &Model,
    layout: &Layout,
    columns: Columns,
    area: Rect,
    row: &FindingRow,
) {
    let y = area.y;
    let text = canvas.role(Role::Text);
    let muted = canvas.role(Role::Muted);
    let style = mark::severity_role(canvas, row.severity);
    canvas.put(area.x + 1, y, 1, mark::severity(row.severity), style);
    let Some(held) = first(model, row) else {
        return;
    };
    let (one, two) = match model.group {
        Group::Check => (row.check, held.finding.title),
        Group::Single => (
            &**held.finding.subject.name(),
            held.finding.message.as_str(),
        ),
    };
    if layout.class == Class::Small {
        canvas.put(area.x + 3, y, area.width.saturating_sub(8), one, text);
        canvas.put_right(
            area.x,
            y,
            area.width.saturating_sub(1),
            &row.members.len().to_string(),
            muted,
        );
        return;
    }
    canvas.put(columns.first.0, y, columns.first.1, one, text);
    canvas.put(columns.second.0, y, columns.second.1, two, muted);
    if let Some(x) = columns.hits {
        canvas.put_right(x, y, 5, &row.members.len().to_string(), text);
    }
    canvas.put_right(
        columns.since,
        y,
        5,
        &format::ago(row.since, model.now),
        muted,
    );
}

/// Whom a row is about, and its fix.
fn inspect<'a>(
    canvas: &Canvas<'_>,
    model: &'a Model,
    row: &FindingRow,
    area: Rect,
) -> Vec<Strip<'a>> {
    let muted = canvas.role(Role::Muted);
    let Some(held) = first(model, row) else {
        return Vec::new();
    };
    let count = row.members.len();
    let mut title = Strip::title(canvas, row.check);
    if let Some(reference) = held.finding.references.first() {
        title = title.right(*reference, canvas.role(Role::Faint));
    }
    let mut strips = vec![title];
    let roomy = area.height > 12;
    if roomy {
        strips.push(Strip::new().left(format!("  {}", held.finding.title), muted));
        strips.push(Strip::new());
    }
    let fix_lines = usize::from(!model.snippets().is_empty());
    let room = if roomy {
        usize::from(area.height) / 2
    } else {
        usize::from(area.height).saturating_sub(1 + fix_lines)
    };
    let shown = if count > room {
        room.saturating_sub(1)
    } else {
        count
    };
    for held in row
        .members
        .iter()
        .take(shown)
        .filter_map(|index| model.snapshot.findings.get(*index))
    {
        strips.push(member(canvas, model, held));
    }
    if count > shown {
        strips.push(Strip::new().left(
            format!("   {} more", count - shown),
            canvas.role(Role::Faint),
        ));
    }
    if let Some(snippet) = model.snippets().first() {
        if roomy {
            strips.push(Strip::new());
            for line in &held.finding.evidence {
                strips.push(
                    Strip::new()
                        .left("  seen  ", muted)
                        .left(line.as_str(), canvas.role(Role::Text)),
                );
            }
            strips.push(Strip::new());
            strips.push(Strip::title(canvas, "Fix").left(format!("  {}", snippet.title), muted));
            let width = usize::from(area.width);
            strips.extend(
                snippet.text.lines().flat_map(|line| {
                    sections::whole_code(model, snippet.language, line, "  ", width)
                }),
            );
            strips.push(Strip::new());
            strips.extend(snippet.then.iter().map(|step| {
                Strip::new()
                    .left("  then  ", muted)
                    .left(step.as_str(), canvas.role(Role::Text))
            }));
        } else {
            strips.push(sections::fix_line(canvas, model, snippet));
        }
    }
    strips
}

fn member<'a>(canvas: &Canvas<'_>, model: &Model, held: &'a FindingState) -> Strip<'a> {
    let finding = &held.finding;
    let width = usize::from(model.digest.name_width.clamp(12, 28));
    // The end of a path tells files apart, and the line tells findings apart.
    let name = match (&finding.subject, &finding.location) {
        (Subject::File(path), Some(location)) => {
            let place = format!("{path}:{}", location.line);
            let room = u16::try_from(width).unwrap_or(u16::MAX);
            file::short(&place, room).into_owned().into()
        }
        (subject, _) => format::fit(subject.name(), width),
    };
    let padding = " ".repeat(width.saturating_sub(format::width(&name)) + 2);
    let mut strip = Strip::new()
        .left(" ", canvas.role(Role::Text))
        .left(
            mark::severity(finding.severity),
            mark::severity_role(canvas, finding.severity),
        )
        .left(format!(" {name}{padding}"), canvas.role(Role::Text))
        .left(finding.message.as_str(), canvas.role(Role::Muted));
    let addresses = sections::where_seen(finding);
    if !addresses.is_empty() {
        strip = strip.left(format!("  {addresses}"), canvas.role(Role::Faint));
    }
    strip.right(
        format!("{:>5}", format::ago(held.since, model.now)),
        canvas.role(Role::Muted),
    )
}
