//! The model to a frame. It reads and changes nothing.
//!
//! One file per screen and overlay; they draw on a [`Canvas`], which knows roles and never a colour.

use ratatui::Frame;

use crate::store::EndpointState;
use crate::theme::Role;

use super::layout::{self, Class, Layout};
use super::model::{Layer, Model, Screen};

mod blank;
mod candidates;
mod canvas;
mod endpoint;
mod events;
mod expiry;
mod file;
mod files;
mod findings;
mod fix;
mod fleet;
mod foot;
mod head;
mod help;
mod mark;
mod mend;
mod pickers;
mod sections;

use canvas::{Canvas, Strip};
pub(super) use pickers::first_theme;

/// Draws the dashboard.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    // The frame may be of another size for the one moment between a resize and its message.
    let fits = (area.width, area.height) == model.size;
    let mut canvas = Canvas::new(frame.buffer_mut(), &model.styles);
    canvas.ground();
    let layout = layout::layout(model);
    if layout.class == Class::Tiny {
        blank::tiny(&mut canvas, model);
    } else if fits || (area.width >= model.size.0 && area.height >= model.size.1) {
        whole(&mut canvas, model, &layout);
    }
    if model.ascii {
        canvas.only_ascii();
    }
}

fn whole(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    head::tabs(canvas, model, layout);
    match (model.opened(), model.opened_file()) {
        (Some(layer), _) => endpoint::draw(canvas, model, layout, layer),
        (None, Some(layer)) => file::draw(canvas, model, layout, layer),
        (None, None) => screen(canvas, model, layout),
    }
    foot::draw(canvas, model, layout);
    let Some(area) = layout::overlay(model) else {
        return;
    };
    match model.layers.last() {
        Some(Layer::Fix(layer)) => fix::draw(canvas, model, area, layer),
        Some(Layer::Mend(layer)) => mend::draw(canvas, model, area, layer),
        Some(Layer::Candidates(layer)) => candidates::draw(canvas, model, area, layer),
        Some(Layer::Help { scroll }) => help::draw(canvas, model, area, *scroll),
        Some(Layer::Themes { .. }) => pickers::themes(canvas, model, area),
        Some(Layer::Palette { text, position }) => {
            pickers::palette(canvas, model, area, text, *position);
        }
        Some(Layer::Endpoint(_) | Layer::File(_) | Layer::Filter) | None => {}
    }
}

fn screen(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let is_about_files = matches!(
        model.screen,
        Screen::Files | Screen::Findings | Screen::Events
    );
    let has_files = model.snapshot.watching.is_wanted && is_about_files;
    if model.snapshot.endpoints.is_empty() && !has_files && model.screen != Screen::Files {
        head::summary(canvas, model, layout);
        return blank::nothing_configured(canvas, model, layout);
    }
    head::summary(canvas, model, layout);
    dividers(canvas, layout);
    match model.screen {
        Screen::Fleet => fleet::draw(canvas, model, layout),
        Screen::Findings => findings::draw(canvas, model, layout),
        Screen::Expiry => expiry::draw(canvas, model, layout),
        Screen::Events => events::draw(canvas, model, layout),
        Screen::Files => files::draw(canvas, model, layout),
    }
    if layout.horizon.height > 1 {
        expiry::horizon(canvas, model, layout.horizon);
    }
    if layout.events.height > 1 {
        events::panel(canvas, model, layout.events);
    }
    if model.row_count() == 0 {
        blank::nothing_left(canvas, model, layout);
    }
}

fn dividers(canvas: &mut Canvas<'_>, layout: &Layout) {
    let rule = canvas.role(Role::Rule);
    let bottom = layout.shelf.unwrap_or(layout.body.bottom());
    for x in [layout.divider, layout.rail].into_iter().flatten() {
        let top = layout
            .columns
            .y
            .min(layout.body.y)
            .max(layout.inspector.y.min(layout.columns.y));
        for y in top..bottom {
            canvas.put(x, y, 1, "│", rule);
        }
    }
    if let Some(y) = layout.shelf {
        canvas.line(0, y, layout.header.width, "─", rule);
        if let Some(x) = layout.divider {
            canvas.put(x, y, 1, "┴", rule);
        }
    }
}

/// Whether a row that is shown waits for its probe.
pub(super) fn is_spinning(model: &Model) -> bool {
    if let Some(layer) = model.opened() {
        return model
            .endpoint(&layer.name)
            .is_some_and(|state| is_busy(state));
    }
    if model.screen != Screen::Fleet || !super::update::shows_rows(model) {
        return false;
    }
    let height = usize::from(layout::layout(model).rows.height);
    model
        .rows
        .fleet
        .iter()
        .skip(model.cursor().offset)
        .take(height)
        .filter_map(|index| model.snapshot.endpoints.get(*index))
        .any(|state| is_busy(state))
}

/// Whether an endpoint is being probed or scanned.
fn is_busy(state: &EndpointState) -> bool {
    state.in_flight || state.scanning.is_some()
}

/// Returns how far the uppermost layer can be scrolled.
pub(super) fn scroll_end(model: &Model) -> usize {
    let layout = layout::layout(model);
    let (lines, height) = match model.layers.last() {
        Some(Layer::Endpoint(layer)) => (
            endpoint::height(model, &layout, layer),
            endpoint::room(&layout),
        ),
        Some(Layer::Fix(layer)) => {
            let area = layout::overlay(model).unwrap_or_default();
            (fix::height(model, area, layer), fix::room(area))
        }
        Some(Layer::File(layer)) => (file::height(model, &layout, layer), file::room(&layout)),
        Some(Layer::Mend(layer)) => {
            let area = layout::overlay(model).unwrap_or_default();
            (mend::height(model, layer), mend::room(area))
        }
        Some(Layer::Help { .. }) => {
            let area = layout::overlay(model).unwrap_or_default();
            (help::height(model, area), help::room(area))
        }
        Some(
            Layer::Candidates(_) | Layer::Themes { .. } | Layer::Palette { .. } | Layer::Filter,
        )
        | None => (0, 0),
    };
    lines.saturating_sub(height)
}

/// Returns the rows at which the sections of the page that lies uppermost begin.
pub(super) fn section_starts(model: &Model) -> Vec<usize> {
    match model.layers.last() {
        Some(Layer::Endpoint(layer)) => endpoint::starts(model, &layout::layout(model), layer),
        Some(
            Layer::File(_)
            | Layer::Mend(_)
            | Layer::Candidates(_)
            | Layer::Fix(_)
            | Layer::Help { .. }
            | Layer::Themes { .. }
            | Layer::Palette { .. }
            | Layer::Filter,
        )
        | None => Vec::new(),
    }
}

/// Returns the row at which the chosen finding of the file begins that lies whole on the screen.
pub(super) fn chosen_start(model: &Model) -> Option<usize> {
    match model.layers.last() {
        Some(Layer::File(layer)) => file::chosen_start(model, &layout::layout(model), layer),
        _ => None,
    }
}

/// Sorts by the column that stands at `x`.
pub(super) fn sort_by_click(model: &mut Model, x: u16) {
    let screen = model.screen;
    let changed = match screen {
        Screen::Fleet => fleet::order_at(model, x).is_some_and(|order| {
            let same = model.fleet_order == order;
            model.fleet_order = order;
            !same
        }),
        Screen::Findings => findings::order_at(model, x).is_some_and(|order| {
            let same = model.finding_order == order;
            model.finding_order = order;
            !same
        }),
        Screen::Expiry => {
            let order = expiry::order_at(model, x);
            let same = model.expiry_order == order;
            model.expiry_order = order;
            !same
        }
        Screen::Events | Screen::Files => return,
    };
    let reversed = !changed && !model.is_reversed(screen);
    model.reversed.insert(screen, reversed);
}
