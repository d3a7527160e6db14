//! The expiry horizon: every certificate that is presented somewhere or lies in a watched file, by its end.
//!
//! The axis is stretched where it matters: days near, years far.

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::store::Posture;
use crate::theme::Role;

use super::super::format;
use super::super::layout::{self, Class, Layout};
use super::super::model::{self, CertificateRow, Model, Screen};
use super::super::sort::ExpiryOrder;
use super::{Canvas, Strip, mark, sections};

/// Marks on the axis, evenly apart: days from now, and the word.
const TICKS: [(i64, &str); 11] = [
    (0, "past"),
    (3, "3d"),
    (7, "7d"),
    (14, "14d"),
    (21, "21d"),
    (30, "30d"),
    (60, "60d"),
    (90, "90d"),
    (180, "180d"),
    (365, "1y"),
    (1825, "5y"),
];

const DAY: i64 = 86_400;

/// Returns the certificate that ends next, an ended one before all, and how bad that is.
pub(super) fn next(model: &Model) -> Option<(&CertificateRow, Posture)> {
    let digest = &model.digest;
    let ended = |index: &usize| digest.certificates[*index].certificate.not_after < model.now;
    let index = *digest.by_end.get(digest.by_end.partition_point(ended))?;
    let row = digest.certificates.get(index)?;
    Some((row, row.level(model.now)))
}

/// Returns the place on the axis in parts of the distance between two marks.
fn place(end: i64, now: Timestamp) -> f64 {
    let seconds = end.saturating_sub(now.as_second());
    if seconds <= 0 {
        return 0.0;
    }
    let mut index = 0.0;
    for pair in TICKS.windows(2) {
        let (from, to) = (pair[0].0 * DAY, pair[1].0 * DAY);
        if seconds < to {
            #[expect(
                clippy::cast_precision_loss,
                reason = "seconds of five years are far below 2^52"
            )]
            let part = (seconds - from) as f64 / (to - from) as f64;
            return index + part;
        }
        index += 1.0;
    }
    index
}

/// Draws the horizon: one block is one certificate while they fit.
pub(super) fn horizon(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    if area.width < 40 {
        return horizon_list(canvas, model, area);
    }
    if layout::layout(model).rail.is_some() {
        return horizon_list(canvas, model, area);
    }
    let width = area.width.saturating_sub(8);
    let rows = area.height.saturating_sub(3);
    let step = f64::from(width) / f64::from(u16::try_from(TICKS.len() - 1).unwrap_or(1));
    let column = |at: f64| -> u16 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place on the axis times the width of a screen is a column of it"
        )]
        let x = (at * step).round() as u16;
        x.min(width)
    };
    let mut stacks: Vec<(usize, Posture)> = vec![(0, Posture::Ok); usize::from(width) + 1];
    for row in &model.digest.certificates {
        let level = row.level(model.now);
        let at = usize::from(column(place(row.ends, model.now)));
        stacks[at].0 += 1;
        stacks[at].1 = stacks[at].1.min(level);
    }
    let tallest = stacks.iter().map(|(count, _)| *count).max().unwrap_or(0);
    let per_block = tallest.div_ceil(usize::from(rows).max(1)).max(1);
    let legend = match per_block {
        1 => "one block, one certificate".to_owned(),
        many => format!("one block, up to {many} certificates"),
    };
    let title = Strip::title(canvas, "Horizon")
        .left(
            format!(
                "  {}",
                format::count(
                    model.digest.certificates.len(),
                    "certificate",
                    "certificates"
                )
            ),
            canvas.role(Role::Muted),
        )
        .right(legend, canvas.role(Role::Faint));
    canvas.strip(area.x, area.y, area.width.saturating_sub(1), &title);
    let base = area.y + 1 + rows;
    for (x, (count, level)) in (area.x + 1..).zip(&stacks) {
        let blocks = u16::try_from(count.div_ceil(per_block))
            .unwrap_or(rows)
            .min(rows);
        let style = mark::gauge_role(canvas, *level);
        for up in 1..=blocks {
            canvas.put(x, base - up, 1, "█", style);
        }
    }
    let rule = canvas.role(Role::Rule);
    canvas.line(area.x + 1, base, width + 1, "─", rule);
    for (index, (_, word)) in (0u16..).zip(TICKS) {
        let x = area.x + 1 + column(f64::from(index));
        canvas.put(x, base, 1, "┴", rule);
        let style = canvas.role(if index == 0 { Role::Text } else { Role::Muted });
        canvas.put(x, base + 1, 6, word, style);
    }
}

/// The horizon turned on its side, for a narrow rail.
fn horizon_list(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let title = Strip::title(canvas, "Horizon").right(
        format::count(
            model.digest.certificates.len(),
            "certificate",
            "certificates",
        ),
        canvas.role(Role::Muted),
    );
    canvas.strip(area.x, area.y, area.width, &title);
    let mut bins = [(0usize, Posture::Ok); TICKS.len() + 1];
    for row in &model.digest.certificates {
        let level = row.level(model.now);
        let days = row.ends.saturating_sub(model.now.as_second());
        // The bin of the first mark that lies beyond the end; past ends have a bin of their own.
        let bin = if days < 0 {
            0
        } else {
            TICKS
                .iter()
                .position(|(mark, _)| days < mark * DAY)
                .unwrap_or(TICKS.len())
        };
        bins[bin].0 += 1;
        bins[bin].1 = bins[bin].1.min(level);
    }
    let most = bins
        .iter()
        .map(|(count, _)| *count)
        .max()
        .unwrap_or(1)
        .max(1);
    let room = area.width.saturating_sub(12);
    for (index, ((count, level), y)) in bins.iter().zip(area.y + 1..area.bottom()).enumerate() {
        let word = match TICKS.get(index) {
            Some((_, word)) if index == 0 => (*word).to_owned(),
            Some((_, word)) => format!("< {word}"),
            None => "later".to_owned(),
        };
        let muted = canvas.role(if *count > 0 { Role::Text } else { Role::Faint });
        canvas.put_right(area.x, y, 7, &word, muted);
        let style = mark::gauge_role(canvas, *level);
        let blocks = if most <= usize::from(room) {
            *count
        } else {
            (*count * usize::from(room)).div_ceil(most)
        };
        canvas.line(
            area.x + 8,
            y,
            u16::try_from(blocks).unwrap_or(room).min(room),
            "█",
            style,
        );
        if *count > 0 {
            let x = area.x + 9 + u16::try_from(blocks).unwrap_or(room).min(room);
            canvas.put(x, y, 4, &count.to_string(), canvas.role(Role::Muted));
        }
    }
}

/// Where the columns stand.
#[derive(Clone, Copy, Debug)]
struct Columns {
    name: (u16, u16),
    left: (u16, u16),
    gauge: (u16, u16),
    holders: (u16, u16),
    issuer: Option<(u16, u16)>,
}

fn columns(area: Rect) -> Columns {
    let x = area.x + 3;
    let room = area.right().saturating_sub(x + 1);
    let name = (room * 2 / 5).clamp(16, 34).min(room);
    let gauge = if room > 60 { 10 } else { 8 };
    let left_x = x + name + 1;
    let gauge_x = left_x + 8;
    let holders_x = gauge_x + gauge + 1;
    let rest = area.right().saturating_sub(holders_x + 1);
    let holders = if rest >= 32 { rest / 2 } else { rest };
    let issuer = (rest > holders + 8).then(|| (holders_x + holders + 1, rest - holders - 1));
    Columns {
        name: (x, name),
        left: (left_x, 7),
        gauge: (gauge_x, gauge),
        holders: (holders_x, holders),
        issuer,
    }
}

/// Returns the order that a click at `x` asks for.
pub(super) fn order_at(model: &Model, x: u16) -> ExpiryOrder {
    let columns = columns(layout::layout(model).columns);
    if columns.issuer.is_some_and(|(issuer, _)| x >= issuer) {
        ExpiryOrder::Issuer
    } else if x >= columns.holders.0 {
        ExpiryOrder::Holders
    } else if x >= columns.left.0 {
        ExpiryOrder::Left
    } else {
        ExpiryOrder::Name
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let columns = columns(layout.rows);
    if layout.class != Class::Small {
        header(canvas, model, layout, columns);
    }
    let cursor = model.cursor();
    let rows = model.rows.expiry.iter().enumerate().skip(cursor.offset);
    for ((position, index), y) in rows.zip(layout.rows.y..layout.rows.bottom()) {
        let Some(row) = model.digest.certificates.get(*index) else {
            continue;
        };
        let area = Rect {
            y,
            height: 1,
            ..layout.rows
        };
        draw_row(canvas, model, layout, columns, area, row);
        if position == cursor.position {
            canvas.selected(area);
            canvas.bold(columns.name.0, y, columns.name.1);
        }
    }
    let Some(row) = model
        .rows
        .expiry
        .get(cursor.position)
        .and_then(|index| model.digest.certificates.get(*index))
    else {
        return;
    };
    if layout.divider.is_some() {
        let strips = beside(canvas, model, row, layout.inspector.width);
        canvas.strips(layout.inspector, &strips);
    } else if layout.inspector.height > 0 {
        below(canvas, model, layout, row);
    }
}

fn header(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout, columns: Columns) {
    let y = layout.columns.y;
    let style = |order: ExpiryOrder| {
        canvas.role(if model.expiry_order == order {
            Role::Accent
        } else {
            Role::Muted
        })
    };
    let words = [
        (columns.name, "CERTIFICATE", style(ExpiryOrder::Name)),
        (
            (columns.gauge.0, columns.gauge.1),
            "of life",
            canvas.role(Role::Faint),
        ),
        (columns.holders, "PRESENTED BY", style(ExpiryOrder::Holders)),
    ];
    let (left, issuer) = (style(ExpiryOrder::Left), style(ExpiryOrder::Issuer));
    for ((x, width), word, style) in words {
        canvas.put(x, y, width, word, style);
    }
    canvas.put_right(columns.left.0, y, columns.left.1, "LEFT", left);
    if let Some((x, width)) = columns.issuer {
        canvas.put(x, y, width, "ISSUER", issuer);
    }
    if model.is_reversed(Screen::Expiry) {
        let accent = canvas.role(Role::Accent);
        canvas.put(layout.columns.x + 1, y, 1, "▴", accent);
    }
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    model: &Model,
    layout: &Layout,
    columns: Columns,
    area: Rect,
    row: &CertificateRow,
) {
    let y = area.y;
    let text = canvas.role(Role::Text);
    let muted = canvas.role(Role::Muted);
    let (level, share) = model::life(&row.certificate, &row.thresholds, model.now);
    let style = mark::posture_role(canvas, level);
    canvas.put(area.x + 1, y, 1, mark::posture(level), style);
    let left = format::left(row.certificate.not_after, model.now);
    let left_style = mark::life_role(canvas, level);
    if layout.class == Class::Small {
        canvas.put(
            area.x + 3,
            y,
            area.width.saturating_sub(12),
            row.title(),
            text,
        );
        canvas.put_right(area.x, y, area.width.saturating_sub(1), &left, left_style);
        return;
    }
    canvas.put(columns.name.0, y, columns.name.1, row.title(), text);
    canvas.put_right(columns.left.0, y, columns.left.1, &left, left_style);
    mark::gauge(
        canvas,
        columns.gauge.0,
        y,
        columns.gauge.1,
        Some((level, share)),
    );
    canvas.put(
        columns.holders.0,
        y,
        columns.holders.1,
        &holders(model, row),
        muted,
    );
    if let Some((x, width)) = columns.issuer {
        canvas.put(x, y, width, common_name(&row.certificate.issuer), muted);
    }
}

/// Returns who presents a certificate, or else which file holds it: the first, and how many more.
fn holders(model: &Model, row: &CertificateRow) -> String {
    let first = row
        .holders
        .first()
        .and_then(|index| model.snapshot.endpoints.get(*index));
    let name = first.map_or_else(
        || row.files.first().map_or("", |path| path),
        |state| &*state.endpoint.name,
    );
    match row.holders.len().max(1) + row.files.len() - usize::from(row.holders.is_empty()) {
        0 | 1 => name.to_owned(),
        many => format!("{name} +{}", many - 1),
    }
}

/// Returns the common name in an RFC 4514 string, or all of it.
fn common_name(name: &str) -> &str {
    name.split(',')
        .find_map(|part| part.trim().strip_prefix("CN="))
        .unwrap_or(name)
}

/// What is told about a certificate below the table.
fn below(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout, row: &CertificateRow) {
    let area = layout.inspector;
    let muted = canvas.role(Role::Muted);
    if layout.class == Class::Small {
        canvas.put(
            area.x + 1,
            area.y,
            area.width.saturating_sub(1),
            &holders(model, row),
            muted,
        );
        return;
    }
    let cleared = cleared(model, row);
    let mut strip =
        Strip::title(canvas, row.title()).right(common_name(&row.certificate.issuer), muted);
    if row.issuing {
        strip = strip.left("  an issuer's", muted);
    }
    let words = if cleared == 0 {
        "nothing is wrong with it".to_owned()
    } else {
        format!(
            "renewing it clears {}",
            format::count(cleared, "finding", "findings")
        )
    };
    let second = Strip::new()
        .left(format!("  {words}"), canvas.role(Role::Text))
        .right(
            match (row.holders.len(), row.files.first()) {
                (0, Some(path)) => format!("lies in {path}"),
                (count, _) => format!(
                    "presented by {}",
                    format::count(count, "endpoint", "endpoints")
                ),
            },
            muted,
        );
    let inner = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        width: area.width.saturating_sub(1),
        ..area
    };
    canvas.strips(inner, &[strip, second]);
}

/// Counts the findings about this certificate's end on those who present it.
fn cleared(model: &Model, row: &CertificateRow) -> usize {
    let served = row
        .holders
        .iter()
        .filter_map(|index| model.snapshot.endpoints.get(*index))
        .flat_map(|state| &state.findings)
        .filter(|held| held.finding.check.starts_with("certificate-expir"));
    let files = model.snapshot.certificate_files.iter();
    let stored = files
        .filter(|state| row.files.contains(&state.file.path))
        .flat_map(|state| &state.findings)
        .filter(|held| held.finding.check.starts_with("certificate-file-expir"));
    served.count() + stored.count()
}

/// What is told about a certificate beside the table.
fn beside<'a>(
    canvas: &Canvas<'_>,
    model: &'a Model,
    row: &'a CertificateRow,
    width: u16,
) -> Vec<Strip<'a>> {
    let muted = canvas.role(Role::Muted);
    let text = canvas.role(Role::Text);
    let certificate = &row.certificate;
    let field = |label: &str, value: String| {
        Strip::new()
            .left(format!("  {label:12}"), muted)
            .left(value, text)
    };
    let date = |at: Timestamp| {
        at.to_zoned(model.time_zone.clone())
            .strftime("%d %b %Y %H:%M")
            .to_string()
    };
    let mut strips = vec![
        Strip::title(canvas, row.title())
            .right(if row.issuing { "an issuer's" } else { "" }, muted),
        Strip::new(),
        field("subject", certificate.subject.clone()),
        field("issuer", certificate.issuer.clone()),
        field("from", date(certificate.not_before)),
        field("to", date(certificate.not_after)),
        field("serial", certificate.serial_number.clone()),
        field("SHA-256", certificate.sha256.clone()),
        Strip::new(),
    ];
    let cleared = cleared(model, row);
    if cleared > 0 {
        strips.push(Strip::new().left(
            format!(
                "  renewing it clears {}",
                format::count(cleared, "finding", "findings")
            ),
            canvas.role(Role::Title),
        ));
        strips.push(Strip::new());
    }
    if !row.files.is_empty() {
        strips.push(Strip::title(canvas, "Lies in").left(format!("  {}", row.files.len()), muted));
        let paths = row.files.iter().take(12);
        strips.extend(paths.map(|path| Strip::new().left(format!("  {path}"), text)));
        strips.push(Strip::new());
    }
    strips
        .push(Strip::title(canvas, "Presented by").left(format!("  {}", row.holders.len()), muted));
    for state in row
        .holders
        .iter()
        .filter_map(|index| model.snapshot.endpoints.get(*index))
        .take(12)
    {
        strips.push(
            Strip::new()
                .left("  ", text)
                .left(
                    mark::posture(state.posture),
                    mark::posture_role(canvas, state.posture),
                )
                .left(format!(" {}", state.endpoint.name), text)
                .right(
                    format::fit(
                        &sections::host_port(&state.endpoint),
                        usize::from(width / 2),
                    )
                    .into_owned(),
                    muted,
                ),
        );
    }
    strips
}
