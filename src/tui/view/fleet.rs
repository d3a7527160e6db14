//! The fleet: one row per endpoint, worst first, and what is told about the selected one.
//!
//! Columns depend on the width and on the configured names, never on what was probed.

use std::sync::Arc;

use ratatui::layout::Rect;

use crate::observation::Handshake;
use crate::store::{EndpointState, Posture, ScanProgress};
use crate::theme::Role;
use crate::x509::Certificate;

use super::super::format;
use super::super::layout::{self, Class, Layout};
use super::super::model::{self, Model, Screen};
use super::super::sort::FleetOrder;
use super::{Canvas, mark, sections};

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Target,
    Kind,
    Expiry,
    Life,
    Latency,
    Trend,
    Tls,
    Suite,
    Oldest,
    Count,
    Finding,
}

/// A column with its place.
#[derive(Clone, Copy, Debug)]
struct Column {
    field: Field,
    x: u16,
    width: u16,
}

/// Columns in the order in which they leave when there is no room; the name and the mark never do.
const LEAVING: [(Field, u16); 11] = [
    (Field::Suite, 17),
    (Field::Target, 24),
    (Field::Kind, 8),
    (Field::Oldest, 7),
    (Field::Finding, 20),
    (Field::Trend, 8),
    (Field::Count, 2),
    (Field::Tls, 3),
    (Field::Life, 8),
    (Field::Latency, 5),
    (Field::Expiry, 7),
];

/// The order in which columns stand.
const STANDING: [Field; 12] = [
    Field::Name,
    Field::Target,
    Field::Kind,
    Field::Expiry,
    Field::Life,
    Field::Latency,
    Field::Trend,
    Field::Tls,
    Field::Suite,
    Field::Oldest,
    Field::Count,
    Field::Finding,
];

/// Columns from which on a message that is cut still says enough.
const MESSAGE: usize = 44;

/// Widest that a name column becomes.
const WIDEST_NAME: u16 = 32;

/// Says which columns there are and where.
fn columns(area: Rect, name_width: u16) -> Vec<Column> {
    // Cursor, mark, blank.
    let indent = 3;
    let room = area.width.saturating_sub(indent + 1);
    let name = name_width.clamp(12, WIDEST_NAME).min(room);
    let mut left = room - name;
    let mut kept = vec![(Field::Name, name)];
    // Those that leave last are seated first.
    for (field, width) in LEAVING.into_iter().rev() {
        if width < left {
            left -= width + 1;
            kept.push((field, width));
        } else if field != Field::Finding {
            // What is beside the table says the finding, so that its column is not missed where there is room for less.
            break;
        }
    }
    let mut x = area.x + indent;
    STANDING
        .into_iter()
        .filter_map(|field| kept.iter().find(|(own, _)| *own == field).copied())
        .map(|(field, mut width)| {
            // What is left over goes to the last column that can use it.
            if field == Field::Finding {
                width += left;
            }
            let column = Column { field, x, width };
            x += width + 1;
            column
        })
        .collect()
}

const fn heading(field: Field) -> &'static str {
    match field {
        Field::Name => "ENDPOINT",
        Field::Target => "TARGET",
        Field::Kind => "KIND",
        Field::Expiry => "EXPIRY",
        Field::Life => "life left",
        Field::Latency => "MS",
        Field::Trend => "latency",
        Field::Tls => "TLS",
        Field::Suite => "SUITE",
        Field::Oldest => "OLDEST",
        Field::Count => "#",
        Field::Finding => "TOP FINDING",
    }
}

const fn order(field: Field) -> Option<FleetOrder> {
    match field {
        Field::Name => Some(FleetOrder::Name),
        Field::Expiry | Field::Life => Some(FleetOrder::Expiry),
        Field::Latency | Field::Trend => Some(FleetOrder::Latency),
        Field::Tls => Some(FleetOrder::Tls),
        Field::Count => Some(FleetOrder::Findings),
        Field::Finding => Some(FleetOrder::Posture),
        Field::Target | Field::Kind | Field::Suite | Field::Oldest => None,
    }
}

/// Returns the order that a click at `x` asks for.
pub(super) fn order_at(model: &Model, x: u16) -> Option<FleetOrder> {
    let layout = layout::layout(model);
    if x < layout.columns.x + 3 {
        return Some(FleetOrder::Posture);
    }
    columns(layout.columns, model.digest.name_width)
        .into_iter()
        .find(|column| (column.x..column.x + column.width).contains(&x))
        .and_then(|column| order(column.field))
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let small = layout.class == Class::Small;
    let columns = if small {
        small_columns(layout.rows)
    } else {
        columns(layout.columns, model.digest.name_width)
    };
    if layout.columns.height > 0 {
        header(canvas, model, layout, &columns);
    }
    let cursor = model.cursor();
    let rows = model.rows.fleet.iter().enumerate().skip(cursor.offset);
    for ((position, index), y) in rows.zip(layout.rows.y..layout.rows.bottom()) {
        if let Some(state) = model.snapshot.endpoints.get(*index) {
            let area = Rect {
                y,
                height: 1,
                ..layout.rows
            };
            row(
                canvas,
                model,
                &columns,
                area,
                state,
                position == cursor.position,
            );
        }
    }
    if small {
        return one_line(canvas, model, layout);
    }
    if layout.inspector.height > 0
        && let Some(state) = model.selected_endpoint()
    {
        inspect(canvas, model, layout, state);
    }
}

fn small_columns(area: Rect) -> Vec<Column> {
    let width = area.width.saturating_sub(12);
    vec![
        Column {
            field: Field::Name,
            x: area.x + 3,
            width,
        },
        Column {
            field: Field::Expiry,
            x: area.x + 4 + width,
            width: 7,
        },
    ]
}

fn header(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout, columns: &[Column]) {
    let y = layout.columns.y;
    let muted = canvas.role(Role::Muted);
    let faint = canvas.role(Role::Faint);
    let accent = canvas.role(Role::Accent);
    let reversed = model.is_reversed(Screen::Fleet);
    if model.fleet_order == FleetOrder::Posture {
        canvas.put(
            layout.columns.x + 1,
            y,
            1,
            if reversed { "▴" } else { "▾" },
            accent,
        );
    }
    for column in columns {
        let sorted = model.fleet_order != FleetOrder::Posture
            && order(column.field) == Some(model.fleet_order)
            && !matches!(column.field, Field::Life | Field::Trend);
        let lower = matches!(column.field, Field::Life | Field::Trend);
        let style = if sorted {
            accent
        } else if lower {
            faint
        } else {
            muted
        };
        let heading = heading(column.field);
        if matches!(column.field, Field::Expiry | Field::Latency | Field::Count) {
            canvas.put_right(column.x, y, column.width, heading, style);
        } else {
            // A heading may be a little wider than its column: the blank beside it is free.
            canvas.put(column.x, y, column.width + 1, heading, style);
        }
    }
}

fn row(
    canvas: &mut Canvas<'_>,
    model: &Model,
    columns: &[Column],
    area: Rect,
    state: &EndpointState,
    selected: bool,
) {
    let y = area.y;
    let style = mark::posture_role(canvas, state.posture);
    canvas.put(area.x + 1, y, 1, mark::posture(state.posture), style);
    if state.in_flight || state.scanning.is_some() {
        let muted = canvas.role(Role::Muted);
        canvas.put(area.x, y, 1, mark::spinner(model.now), muted);
    }
    let mut facts = Facts::of(state, model);
    if !columns.iter().any(|column| column.field == Field::Oldest) {
        facts.scanning = model::deep_scan(Some(state));
    }
    for column in columns {
        cell(canvas, model, *column, y, state, &facts);
    }
    if selected {
        canvas.selected(area);
        if let Some(name) = columns.first() {
            canvas.bold(name.x, y, name.width);
        }
    }
}

/// What several columns of a row are made of, looked up once.
struct Facts<'a> {
    certificate: Option<&'a Certificate>,
    life: Option<(Posture, f64)>,
    handshake: Option<&'a Handshake>,
    /// How far the deep scan is, where no other column says it.
    scanning: Option<ScanProgress>,
}

impl<'a> Facts<'a> {
    fn of(state: &'a EndpointState, model: &Model) -> Self {
        let certificate = model::end_entity(state).map(AsRef::as_ref);
        Self {
            certificate,
            life: certificate.map(|found| model::life(found, &state.endpoint.expiry, model.now)),
            handshake: model::handshake(state),
            scanning: None,
        }
    }
}

fn cell(
    canvas: &mut Canvas<'_>,
    model: &Model,
    column: Column,
    y: u16,
    state: &EndpointState,
    facts: &Facts<'_>,
) {
    let Column { field, x, width } = column;
    let text = canvas.role(Role::Text);
    let muted = canvas.role(Role::Muted);
    let faint = canvas.role(Role::Faint);
    match field {
        Field::Name => {
            canvas.put(x, y, width, &state.endpoint.name, text);
        }
        Field::Target => {
            canvas.put(x, y, width, &sections::host_port(&state.endpoint), muted);
        }
        Field::Kind => {
            canvas.put(x, y, width, sections::kind(state), muted);
        }
        Field::Expiry => match (facts.certificate, facts.life) {
            (Some(certificate), Some((level, _))) => {
                let style = mark::life_role(canvas, level);
                canvas.put_right(
                    x,
                    y,
                    width,
                    &format::left(certificate.not_after, model.now),
                    style,
                );
            }
            _ => canvas.put_right(x, y, width, "—", faint),
        },
        Field::Life => mark::gauge(canvas, x, y, width, facts.life),
        Field::Latency => match model::latency(state) {
            Some(latency) => canvas.put_right(x, y, width, &format::milliseconds(latency), text),
            None => canvas.put_right(x, y, width, "—", faint),
        },
        Field::Trend => mark::trend(canvas, x, y, width, &state.history),
        Field::Tls => match facts.handshake {
            Some(handshake) => {
                canvas.put(x, y, width, &handshake.version.short(), text);
            }
            None => {
                canvas.put(x, y, width, "—", faint);
            }
        },
        Field::Suite => {
            let suite = facts.handshake.map_or_else(
                || "—".to_owned(),
                |handshake| sections::short_suite(handshake.cipher_suite),
            );
            canvas.put(x, y, width, &suite, muted);
        }
        Field::Oldest => oldest(canvas, model, (x, y, width), state),
        Field::Count => match state.findings.len() {
            0 => canvas.put_right(x, y, width, "·", faint),
            count => canvas.put_right(x, y, width, &count.to_string(), text),
        },
        Field::Finding => {
            if let Some(progress) = facts.scanning {
                return scanning(canvas, (x, y, width), progress);
            }
            let (words, style) = top_finding(canvas, state, usize::from(width));
            canvas.put(x, y, width, &words, style);
        }
    }
}

/// The oldest version that a scan found, marked with how bad the worst of versions and suites is; or how far the scan is.
fn oldest(
    canvas: &mut Canvas<'_>,
    model: &Model,
    (x, y, width): (u16, u16, u16),
    state: &EndpointState,
) {
    let faint = canvas.role(Role::Faint);
    if let Some(progress) = model::deep_scan(Some(state)) {
        let info = canvas.role(Role::Info);
        canvas.put(x, y, width, &mark::progress(progress), info);
        return;
    }
    let gist = model.scanned(state).map(|scanned| scanned.gist);
    match gist.and_then(|gist| Some((gist.worst, gist.oldest?))) {
        Some((worst, version)) => {
            let (sign, style) = mark::level(canvas, worst);
            let text = canvas.role(Role::Text);
            canvas.put(x, y, 1, sign, style);
            canvas.put(x + 2, y, width - 2, &version.short(), text);
        }
        None => {
            canvas.put(x, y, width, "—", faint);
        }
    }
}

/// How far a deep scan is, with a small bar.
fn scanning(canvas: &mut Canvas<'_>, (x, y, width): (u16, u16, u16), progress: ScanProgress) {
    let (done, rest) = mark::progress_bar(progress, 8);
    let (text, info, rule) = (
        canvas.role(Role::Muted),
        canvas.role(Role::Info),
        canvas.role(Role::Rule),
    );
    let words = format!("deep {} ", mark::progress(progress));
    let end = x + width;
    let x = canvas.put(x, y, width, &words, text);
    let x = canvas.put(x, y, end.saturating_sub(x), &done, info);
    canvas.put(x, y, end.saturating_sub(x), &rest, rule);
}

/// What is to be said of an endpoint in a few words.
///
/// Where the message has no room, the name of the check says the same in fewer.
fn top_finding(
    canvas: &Canvas<'_>,
    state: &EndpointState,
    room: usize,
) -> (String, ratatui::style::Style) {
    if let Some(held) = state.findings.first() {
        let role = if Posture::of(Some(held.finding.severity)) == Posture::Ok {
            Role::Muted
        } else {
            Role::Text
        };
        let words = if format::width(&held.finding.message) <= room || room >= MESSAGE {
            held.finding.message.clone()
        } else {
            held.finding.check.replace('-', " ")
        };
        return (words, canvas.role(role));
    }
    match state.posture {
        Posture::Waiting => (
            "waiting for the first answer".to_owned(),
            canvas.role(Role::Faint),
        ),
        Posture::Unreachable => (
            sections::failure(state).unwrap_or_default(),
            canvas.role(Role::Muted),
        ),
        Posture::Ok | Posture::Warning | Posture::Critical => {
            (String::new(), canvas.role(Role::Faint))
        }
    }
}

/// The line that says what is wrong with the selection, where there is no room for more.
fn one_line(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let area = layout.inspector;
    if area.height > 0
        && let Some(state) = model.selected_endpoint()
    {
        let (words, _) = top_finding(canvas, state, usize::from(area.width));
        let style = canvas.role(Role::Muted);
        canvas.put(
            area.x + 1,
            area.y,
            area.width.saturating_sub(1),
            &words,
            style,
        );
    }
}

/// What is told about the selected endpoint: below the table in a few lines, or beside it at length.
fn inspect(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout, state: &Arc<EndpointState>) {
    let area = layout.inspector;
    if layout.divider.is_some() {
        let strips = sections::beside(canvas, model, state, area.width);
        canvas.strips(area, &strips);
        return;
    }
    let inner = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        width: area.width.saturating_sub(1),
        ..area
    };
    let strips = sections::below(canvas, model, state, inner.width, inner.height);
    canvas.strips(inner, &strips);
}
