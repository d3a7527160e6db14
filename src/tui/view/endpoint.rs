//! One endpoint, whole: everything that is known of it on a page that scrolls.
//!
//! The page is made of bands; a band is one or more columns side by side. It knows no fact, only where sections go.

use ratatui::layout::Rect;

use crate::store::EndpointState;
use crate::theme::Role;

use super::super::format;
use super::super::layout::Layout;
use super::super::model::{EndpointLayer, Model};
use super::{Canvas, Strip, mark, sections};

/// Columns side by side, each a list of lines.
type Band<'a> = Vec<Vec<Strip<'a>>>;

/// Rows of the page that are seen at once.
pub(super) fn room(layout: &Layout) -> usize {
    usize::from(page(layout).height)
}

fn page(layout: &Layout) -> Rect {
    // Name and rule stay above; one line says whose page it is.
    let top = layout.rule.bottom() + 2;
    let bottom = layout
        .footer
        .y
        .saturating_sub(u16::from(layout.footer.y > top + 4));
    Rect::new(
        0,
        top,
        layout.header.width.saturating_sub(1),
        bottom.saturating_sub(top),
    )
}

/// Returns how many rows the page has.
pub(super) fn height(model: &Model, layout: &Layout, layer: &EndpointLayer) -> usize {
    let Some(state) = model.endpoint(&layer.name) else {
        return 0;
    };
    // Only lines are counted: what they are drawn on does not matter.
    let mut buffer = ratatui::buffer::Buffer::empty(Rect::new(0, 0, 1, 1));
    let canvas = Canvas::new(&mut buffer, &model.styles);
    bands(&canvas, model, state, page(layout).width)
        .iter()
        .map(|band| band_height(band) + 1)
        .sum()
}

/// Returns the rows at which bands begin: where somebody who turns pages wants to be.
pub(super) fn starts(model: &Model, layout: &Layout, layer: &EndpointLayer) -> Vec<usize> {
    let Some(state) = model.endpoint(&layer.name) else {
        return Vec::new();
    };
    let mut buffer = ratatui::buffer::Buffer::empty(Rect::new(0, 0, 1, 1));
    let canvas = Canvas::new(&mut buffer, &model.styles);
    bands(&canvas, model, state, page(layout).width)
        .iter()
        .scan(0, |row, band| {
            let start = *row;
            *row += band_height(band) + 1;
            Some(start)
        })
        .collect()
}

fn band_height(band: &Band<'_>) -> usize {
    band.iter().map(Vec::len).max().unwrap_or(0)
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout, layer: &EndpointLayer) {
    let Some(state) = model.endpoint(&layer.name) else {
        return;
    };
    let muted = canvas.role(Role::Muted);
    let narrow = layout.header.width < 70;
    let mut title = Strip::new();
    title = if narrow {
        title
            .left(" ", muted)
            .left(state.endpoint.name.to_string(), canvas.role(Role::Title))
    } else {
        title
            .left(format!(" {} › ", model.screen.title()), muted)
            .left(state.endpoint.name.to_string(), canvas.role(Role::Title))
            .left(format!("   {}", sections::intent(&state.endpoint)), muted)
    };
    title = title
        .right(
            mark::posture(state.posture),
            mark::posture_role(canvas, state.posture),
        )
        .right(
            format!(" {}", mark::posture_word(state.posture)),
            canvas.role(Role::Text),
        );
    if let Some(since) = state.posture_since {
        let ago = format::ago(since, model.now);
        title = if narrow {
            title.right(format!(" {ago}"), muted)
        } else {
            let zoned = since.to_zoned(model.time_zone.clone());
            title.right(
                format!(" since {} · {ago}", zoned.strftime("%d %b %H:%M")),
                muted,
            )
        };
    }
    let y = layout.rule.bottom();
    canvas.strip(0, y, layout.header.width.saturating_sub(1), &title);
    if state.in_flight || state.scanning.is_some() {
        canvas.put(0, y, 1, mark::spinner(model.now), muted);
    }
    let area = page(layout);
    let page = bands(canvas, model, state, area.width);
    let total: usize = page.iter().map(|band| band_height(band) + 1).sum();
    let mut row = 0;
    for band in &page {
        let columns = u16::try_from(band.len()).unwrap_or(1).max(1);
        let gap = 3;
        let width = (area.width.saturating_sub(gap * (columns - 1))) / columns;
        for (index, column) in (0u16..).zip(band) {
            let x = area.x + index * (width + gap);
            for (offset, strip) in column.iter().enumerate() {
                let at = (row + offset)
                    .checked_sub(layer.scroll)
                    .and_then(|at| u16::try_from(at).ok());
                if let Some(at) = at.filter(|at| *at < area.height) {
                    canvas.strip(x, area.y + at, width, strip);
                }
            }
        }
        row += band_height(band) + 1;
    }
    scroll_mark(canvas, area, layer.scroll, total);
}

/// Says at the right edge that there is more.
fn scroll_mark(canvas: &mut Canvas<'_>, area: Rect, scroll: usize, total: usize) {
    let faint = canvas.role(Role::Muted);
    if scroll > 0 {
        canvas.put(area.right(), area.y, 1, "▴", faint);
    }
    // The last row of the page is a blank one.
    if total > scroll + usize::from(area.height) + 1 && area.height > 0 {
        canvas.put(area.right(), area.bottom() - 1, 1, "▾", faint);
    }
}

/// Puts the sections of an endpoint where they go.
fn bands<'a>(
    canvas: &Canvas<'_>,
    model: &'a Model,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Band<'a>> {
    let columns = match width {
        0..72 => 1,
        72..170 => 2,
        _ => 3,
    };
    let narrow = (width.saturating_sub(3 * (columns - 1))) / columns;
    let wide = if columns == 1 { width } else { narrow };
    let findings = sections::findings(canvas, model, state, width);
    let mut pages: Vec<Band<'_>> = vec![vec![findings]];
    let sslmodes = sections::sslmodes(canvas, state, width);
    if !sslmodes.is_empty() {
        pages.push(vec![sslmodes]);
    }
    let connection = sections::connection(canvas, model, state);
    let certificate = sections::certificate(canvas, model, state, wide);
    let chain = sections::chain(canvas, model, state, wide);
    let timings = sections::timings(canvas, state);
    let product = sections::product(canvas, state, wide);
    let client = sections::client(canvas, state, wide);
    let http = sections::http(canvas, state, wide);
    let addresses = sections::addresses(canvas, model, state);
    let history = sections::history(canvas, state, width);
    match columns {
        1 => pages.push(vec![stack([
            connection,
            certificate,
            chain,
            timings,
            product,
            client,
            http,
            addresses,
        ])]),
        2 => pages.push(vec![
            stack([connection, timings, product, addresses]),
            stack([certificate, chain, client, http]),
        ]),
        _ => pages.push(vec![
            stack([connection, timings, addresses]),
            stack([certificate, chain]),
            stack([product, client, http]),
        ]),
    }
    pages.extend(scan_bands(canvas, model, state, (width, columns)));
    if !history.is_empty() {
        pages.push(vec![history]);
    }
    pages
}

/// Puts sections under each other, a blank line between them.
fn stack<'a>(parts: impl IntoIterator<Item = Vec<Strip<'a>>>) -> Vec<Strip<'a>> {
    let mut column = Vec::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        if !column.is_empty() {
            column.push(Strip::new());
        }
        column.extend(part);
    }
    column
}

/// What a scan saw: itself, versions and suites over the whole width, and the rest in columns.
fn scan_bands<'a>(
    canvas: &Canvas<'_>,
    model: &'a Model,
    state: &'a EndpointState,
    (width, columns): (u16, u16),
) -> Vec<Band<'a>> {
    if state.addresses.is_empty() && state.scanning.is_none() {
        return Vec::new();
    }
    let changes = sections::changes(canvas, model, state, width);
    let mut bands = vec![vec![stack([
        sections::scan(canvas, model, state, width),
        changes,
    ])]];
    let (Some(scanned), Some((_, matrix))) = (model.scanned(state), &model.matrix) else {
        return bands;
    };
    let scan = &*scanned.scan;
    bands.push(vec![sections::protocols(
        canvas,
        matrix,
        &scan.sslv2,
        width,
    )]);
    let narrow = (width.saturating_sub(3 * (columns - 1))) / columns;
    let probed = state
        .addresses
        .get(scanned.place)
        .and_then(|address| address.observation.chain.seen());
    let groups = sections::groups(canvas, scan, narrow);
    let chains = sections::chains(canvas, model, (state, scan), probed, narrow);
    let handshake = sections::handshake(canvas, scan, narrow);
    let sessions = sections::sessions(canvas, scan, narrow);
    let wire = sections::postgresql(canvas, state, scan, narrow);
    let faults = sections::faults(canvas, scan, narrow);
    bands.push(match columns {
        1 => vec![stack([groups, chains, handshake, sessions, wire, faults])],
        2 => vec![
            stack([groups, chains, faults]),
            stack([handshake, sessions, wire]),
        ],
        _ => vec![
            stack([groups, chains]),
            handshake,
            stack([sessions, wire, faults]),
        ],
    });
    bands
}
