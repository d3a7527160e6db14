//! The model to a frame. It reads and changes nothing.
//!
//! One file per screen and overlay; they draw on a [`Canvas`], which knows roles and never a colour.

use ratatui::Frame;

use crate::store::Posture;
use crate::theme::Role;

use super::filter;
use super::format;
use super::keymap::{Action, Group as KeyGroup, Place};
use super::layout::{self, Class, Layout};
use super::model::{Layer, Model, Screen};

mod canvas;
mod endpoint;
mod events;
mod expiry;
mod findings;
mod fix;
mod fleet;
mod help;
mod mark;
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
        tiny(&mut canvas, model);
    } else if fits || (area.width >= model.size.0 && area.height >= model.size.1) {
        whole(&mut canvas, model, &layout);
    }
    if model.ascii {
        canvas.only_ascii();
    }
}

fn whole(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    header(canvas, model, layout);
    match model.opened() {
        Some(layer) => endpoint::draw(canvas, model, layout, layer),
        None => screen(canvas, model, layout),
    }
    footer(canvas, model, layout);
    let Some(area) = layout::overlay(model) else {
        return;
    };
    match model.layers.last() {
        Some(Layer::Fix(layer)) => fix::draw(canvas, model, area, layer),
        Some(Layer::Help { scroll }) => help::draw(canvas, model, area, *scroll),
        Some(Layer::Themes { .. }) => pickers::themes(canvas, model, area),
        Some(Layer::Palette { text, position }) => {
            pickers::palette(canvas, model, area, text, *position)
        }
        Some(Layer::Endpoint(_) | Layer::Filter) | None => {}
    }
}

fn screen(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    if model.snapshot.endpoints.is_empty() {
        summary(canvas, model, layout);
        return nothing_configured(canvas, model, layout);
    }
    summary(canvas, model, layout);
    dividers(canvas, layout);
    match model.screen {
        Screen::Fleet => fleet::draw(canvas, model, layout),
        Screen::Findings => findings::draw(canvas, model, layout),
        Screen::Expiry => expiry::draw(canvas, model, layout),
        Screen::Events => events::draw(canvas, model, layout),
    }
    if layout.horizon.height > 1 {
        expiry::horizon(canvas, model, layout.horizon);
    }
    if layout.events.height > 1 {
        events::panel(canvas, model, layout.events);
    }
    if model.row_count() == 0 {
        nothing_left(canvas, model, layout);
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

/// One sentence, where there is no room for more.
fn tiny(canvas: &mut Canvas<'_>, model: &Model) {
    let (width, height) = model.size;
    let digest = &model.digest;
    let counts = format!(
        "✗{} !{} ✓{} ⊘{}",
        digest.critical, digest.warning, digest.ok, digest.unreachable
    );
    canvas.put(0, 0, width, &counts, canvas.role(Role::Text));
    if height > 1 {
        canvas.put(0, 1, width, "needs 30x6", canvas.role(Role::Muted));
    }
}

fn header(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let (width, y) = (layout.header.width, layout.header.y);
    canvas.put(1, y, 8, "verifull", canvas.role(Role::Title));
    let rule = canvas.role(Role::Rule);
    canvas.line(0, layout.rule.y, width, "─", rule);
    if layout.class == Class::Small {
        let mut strip = Strip::new();
        for (posture, count) in counts(model) {
            strip = strip.right(
                format!(" {}", mark::posture(posture)),
                mark::posture_role(canvas, posture),
            );
            strip = strip.right(count.to_string(), canvas.role(Role::Text));
        }
        canvas.strip(10, y, width.saturating_sub(11), &strip);
        return;
    }
    let status = status(canvas, model, layout);
    let taken = u16::try_from(status.right_width()).unwrap_or(width);
    for (screen, x, tab) in layout::tabs(model) {
        if x + tab + taken + 3 > width {
            break;
        }
        let active = screen == model.screen;
        let number = (screen as usize + 1).to_string();
        let key = canvas.role(if active { Role::Accent } else { Role::Muted });
        let word = canvas.role(if active { Role::Accent } else { Role::Muted });
        canvas.put(x, y, 1, &number, key);
        canvas.put(x + 2, y, tab - 2, screen.title(), word);
        if active {
            canvas.line(
                x - 1,
                layout.rule.y,
                tab + 2,
                "━",
                canvas.role(Role::Accent),
            );
        }
    }
    canvas.strip(0, y, width - 1, &status);
}

/// How fresh the screen is, at the right of the first row.
fn status(canvas: &Canvas<'_>, model: &Model, layout: &Layout) -> Strip<'static> {
    let snapshot = &model.snapshot;
    let muted = canvas.role(Role::Muted);
    let mut strip = Strip::new();
    if layout.class >= Class::Wide && !snapshot.endpoints.is_empty() {
        let probed = snapshot
            .endpoints
            .iter()
            .filter(|state| state.probed_at.is_some())
            .count();
        let total = snapshot.endpoints.len();
        if probed < total {
            strip = strip.right(format!("{probed} of {total} looked at   "), muted);
        }
        if let Some(value) = snapshot.score.value {
            let grade = snapshot
                .score
                .grade
                .map_or_else(String::new, |grade| format!(" {grade}"));
            strip = strip.right(format!("score {value}{grade}"), canvas.role(Role::Text));
            strip = strip.right(
                format!("  of {:.0} % seen   ", snapshot.score.coverage * 100.0),
                muted,
            );
        }
    }
    if layout.class == Class::Full {
        let clock = format::minute(model.now).to_zoned(model.time_zone.clone());
        strip = strip.right(format!("{}   ", clock.strftime("%a %d %b %H:%M")), muted);
    }
    if let Some((_, waiting)) = &model.paused {
        let waiting = match waiting {
            0 => "paused".to_owned(),
            number => format!(
                "paused · {} waiting",
                format::count(*number, "update", "updates")
            ),
        };
        return strip.right(waiting, canvas.role(Role::Warn));
    }
    let newest = snapshot
        .endpoints
        .iter()
        .filter_map(|state| state.probed_at)
        .max();
    let longest = snapshot
        .endpoints
        .iter()
        .map(|state| state.endpoint.interval)
        .min()
        .unwrap_or_default();
    match newest {
        None if snapshot.endpoints.is_empty() => strip,
        None => strip.right("~ waiting", canvas.role(Role::Unknown)),
        // Three intervals without a single answer: the screen shows the past.
        Some(newest)
            if model.now.duration_since(newest).as_secs_f64()
                > longest.as_secs_f64().max(60.0) * 3.0 =>
        {
            strip.right(
                format!("~ stale {}", format::ago(newest, model.now)),
                canvas.role(Role::Warn),
            )
        }
        Some(_) => strip
            .right("✓ ", canvas.role(Role::Ok))
            .right("live", muted),
    }
}

fn counts(model: &Model) -> impl Iterator<Item = (Posture, usize)> {
    let digest = &model.digest;
    [
        (Posture::Critical, digest.critical),
        (Posture::Warning, digest.warning),
        (Posture::Ok, digest.ok),
        (Posture::Unreachable, digest.unreachable),
        (Posture::Waiting, digest.waiting),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
}

/// The verdict in one line, or the filter while there is one; under it what is wrong with the configuration.
fn summary(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let area = layout.summary;
    if area.height == 0 {
        return;
    }
    let width = area.width - 1;
    let muted = canvas.role(Role::Muted);
    let editing = matches!(model.layers.last(), Some(Layer::Filter));
    let mut strip = Strip::new().left(" ", muted);
    if editing || !model.filter_text.is_empty() {
        strip = strip.left("/ ", canvas.role(Role::Key));
        strip = strip.left(model.filter_text.clone(), canvas.role(Role::Text));
        if editing {
            strip = strip.left("▏", canvas.role(Role::Accent));
        }
        if let Some(problem) = model.filter.problem() {
            strip = strip.left(format!("  {problem}"), canvas.role(Role::Warn));
        }
        strip = strip.right(format!("{} of {}", model.row_count(), total(model)), muted);
    } else {
        strip = aside(
            canvas,
            model,
            layout,
            verdict(canvas, model, strip.clone(), true),
        );
        if strip.left_width() + strip.right_width() >= usize::from(width) {
            let short = Strip::new().left(" ", muted);
            strip = aside(canvas, model, layout, verdict(canvas, model, short, false));
        }
    }
    canvas.strip(area.x, area.y, width, &strip);
    if let Some(error) = &model.snapshot.config.error {
        let banner = Strip::new()
            .left(" ! ", canvas.role(Role::Warn))
            .left(error.clone(), canvas.role(Role::Text))
            .right("last good configuration kept", muted);
        canvas.strip(layout.banner.x, layout.banner.y, width, &banner);
    }
}

/// How many stand how, in words or in marks alone.
fn verdict<'a>(canvas: &Canvas<'_>, model: &Model, mut strip: Strip<'a>, words: bool) -> Strip<'a> {
    let text = canvas.role(Role::Text);
    for (index, (posture, count)) in counts(model).enumerate() {
        let gap = match (index, words) {
            (0, _) => "",
            (_, true) => "   ",
            (_, false) => "  ",
        };
        let style = mark::posture_role(canvas, posture);
        strip = strip.left(gap, text).left(mark::posture(posture), style);
        strip = if words || posture == Posture::Critical {
            let role = if posture == Posture::Critical {
                Role::Title
            } else {
                Role::Text
            };
            strip.left(
                format!(" {count} {}", mark::posture_word(posture)),
                canvas.role(role),
            )
        } else {
            strip.left(format!(" {count}"), text)
        };
    }
    strip
}

/// What stands at the right of the verdict: what ends next, how rows are arranged, the last change.
fn aside<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    layout: &Layout,
    mut strip: Strip<'a>,
) -> Strip<'a> {
    let muted = canvas.role(Role::Muted);
    if model.problems_only {
        strip = strip.left("   problems only", canvas.role(Role::Accent));
    }
    if layout.class >= Class::Wide
        && let Some(entry) = model.snapshot.log.first()
    {
        let text = format!(
            "last change {} {}",
            format::ago(entry.at, model.now),
            entry.subject
        );
        strip = strip.right(format!("{}     ", format::fit(&text, 44)), muted);
    }
    match expiry::next(model) {
        Some((row, level)) => {
            let left = format::left(row.certificate.not_after, model.now);
            strip
                .right("next expiry ", muted)
                .right(left, mark::life_role(canvas, level))
        }
        None => strip,
    }
}

fn total(model: &Model) -> usize {
    match model.screen {
        Screen::Fleet => model.snapshot.endpoints.len(),
        Screen::Findings => model.snapshot.findings.len(),
        Screen::Expiry => model.digest.certificates.len(),
        Screen::Events => model.snapshot.log.len(),
    }
}

/// The keys of the place, context at the left, the way out at the right.
fn footer(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let (y, width) = (layout.footer.y, layout.footer.width);
    let place = model.place();
    let key = canvas.role(Role::Key);
    let muted = canvas.role(Role::Muted);
    if let Some((text, _)) = &model.toast {
        let strip = Strip::new()
            .left(" ", muted)
            .left(text.clone(), canvas.role(Role::Title));
        return canvas.strip(0, y, width, &strip);
    }
    if place == Place::Filter && layout.class > Class::Small {
        let mut strip = Strip::new().left(" ", muted);
        for name in filter::KEYS {
            strip = strip.left(format!("{name}:"), key).left(" ", muted);
        }
        let more = if width >= 100 {
            " !negate  text = fuzzy"
        } else {
            " !not"
        };
        strip = strip.left(more, muted);
        strip = strip
            .right("Enter", key)
            .right(" keep  ", muted)
            .right("Esc", key)
            .right(" clear ", muted);
        return canvas.strip(0, y, width, &strip);
    }
    if layout::overlay(model).is_some() {
        // An overlay shows its own keys.
        return;
    }
    let hints: Vec<(String, &str)> = hints(model, place);
    let mut strip = Strip::new();
    let last: &[(Action, &str)] = match place {
        Place::Fleet | Place::Findings | Place::Expiry | Place::Events | Place::Endpoint => {
            &[(Action::Help, "help"), (Action::Quit, "quit")]
        }
        Place::Fix | Place::Help | Place::Themes | Place::Palette | Place::Filter => {
            &[(Action::Back, "close")]
        }
    };
    let labels = layout.class > Class::Small;
    for (action, word) in last {
        if let Some(name) = model.keymap.key(place, *action) {
            strip = strip.right(format!(" {name}"), key);
            strip = strip.right(
                if labels {
                    format!(" {word} ")
                } else {
                    String::new()
                },
                muted,
            );
        }
    }
    let room = usize::from(width).saturating_sub(strip.right_width() + 3);
    let full: usize = hints
        .iter()
        .map(|(name, word)| format::width(name) + word.len() + 3)
        .sum();
    // Labels go before keys do; a key that does not fit goes alone.
    let mut used = 1;
    strip = strip.left(" ", muted);
    for (name, word) in hints {
        let with_label =
            labels && (full <= room || used + format::width(&name) + word.len() + 3 <= room);
        let wanted = format::width(&name) + if with_label { word.len() + 3 } else { 1 };
        if used + wanted > room {
            break;
        }
        used += wanted;
        strip = strip.left(name, key);
        strip = strip.left(
            if with_label {
                format!(" {word}  ")
            } else {
                " ".to_owned()
            },
            muted,
        );
    }
    canvas.strip(0, y, width, &strip);
}

/// Returns the hints of a place that would do something now.
fn hints(model: &Model, place: Place) -> Vec<(String, &'static str)> {
    let has_finding = model.selected_finding().is_some();
    let snippets = match model.layers.last() {
        Some(Layer::Fix(layer)) => layer.snippets.len(),
        _ => model.snippets().len(),
    };
    let findings = model
        .selected_endpoint()
        .map_or(0, |state| state.findings.len());
    let does_something = |action: Action| match action {
        Action::Fix => has_finding && !matches!(place, Place::Findings),
        Action::Copy => snippets > 0,
        Action::NextVariant => snippets > 1,
        Action::NextFinding => findings > 1,
        Action::Open => model.row_count() > 0 && (place != Place::Endpoint || has_finding),
        Action::Reprobe => model.selected_endpoint().is_some(),
        Action::Filter | Action::Problems | Action::Sort | Action::Group | Action::Pause => {
            !model.snapshot.endpoints.is_empty()
        }
        _ => true,
    };
    let mut hints: Vec<(String, &'static str)> = Vec::new();
    for (row, keys) in model.keymap.rows(place) {
        let Some(word) = row.hint else { continue };
        if !does_something(row.action)
            || matches!(row.action, Action::Back if place != Place::Endpoint)
        {
            continue;
        }
        let Some(first) = keys.into_iter().next() else {
            continue;
        };
        let name = match row.action {
            Action::NextFinding => format!(
                "{} {first}",
                model
                    .keymap
                    .key(place, Action::PreviousFinding)
                    .unwrap_or_default()
            ),
            Action::NextVariant => format!(
                "{} {first}",
                model
                    .keymap
                    .key(place, Action::PreviousVariant)
                    .unwrap_or_default()
            ),
            _ => first,
        };
        let word = match (row.action, place) {
            (Action::Open, Place::Findings | Place::Endpoint) => "explain",
            (Action::Pause, _) if model.paused.is_some() => "go on",
            (Action::Problems, _) if model.problems_only => "all",
            _ => word,
        };
        if row.group == KeyGroup::Act {
            let at = hints.len().min(1);
            hints.insert(at, (name, word));
        } else {
            hints.push((name, word));
        }
    }
    hints
}

/// The page for a configuration that names nothing yet.
fn nothing_configured(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let text = canvas.role(Role::Text);
    let muted = canvas.role(Role::Muted);
    let area = layout.body;
    let path = model.snapshot.config.path.display().to_string();
    let path = if path.is_empty() {
        "verifull.toml".to_owned()
    } else {
        crate::text::printable(&path)
    };
    let example = [
        "[[endpoint]]",
        "name = \"orders-db\"",
        "target = \"postgresql://db1.internal:26257/orders\"",
        "sslrootcert = \"certs/ca.crt\"",
    ];
    let x = area.x + (area.width.saturating_sub(56)) / 2;
    let mut y = area.y + area.height.saturating_sub(9) / 2;
    let width = area.right().saturating_sub(x + 1);
    canvas.strip(x, y, width, &Strip::title(canvas, "Nothing to watch yet"));
    y += 2;
    canvas.strip(
        x,
        y,
        width,
        &Strip::new()
            .left("Name an endpoint in ", text)
            .left(path, canvas.role(Role::Title))
            .left(", and it appears here:", text),
    );
    y += 2;
    for line in example {
        if y < area.bottom() {
            let mut strip = Strip::new().left("  ", muted);
            for (piece, style) in super::code::colour("toml", line, &model.styles) {
                strip = strip.left(piece, style);
            }
            canvas.strip(x, y, width, &strip);
        }
        y += 1;
    }
    if y + 1 < area.bottom() {
        canvas.strip(
            x,
            y + 1,
            width,
            &Strip::new()
                .left("or see it at work:  ", muted)
                .left("verifull demo", canvas.role(Role::Key)),
        );
    }
}

/// The line for a screen whose rows are all filtered away, or that never had any.
fn nothing_left(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let area = layout.rows;
    let filtered = !model.filter.is_empty() || model.problems_only;
    let text = match model.screen {
        _ if filtered => "nothing fits; Esc shows everything again",
        Screen::Fleet => "no endpoints",
        Screen::Findings if model.digest.waiting > 0 => {
            "no findings so far; some endpoints have not answered yet"
        }
        Screen::Findings => "no findings: every connection that was looked at is as it should be",
        Screen::Expiry => "no certificate was seen yet",
        Screen::Events => "nothing has happened yet",
    };
    let width = u16::try_from(format::width(text)).unwrap_or(u16::MAX);
    let x = area.x + area.width.saturating_sub(width) / 2;
    canvas.put(
        x.max(area.x + 3),
        area.y + area.height / 3,
        area.width.saturating_sub(3),
        text,
        canvas.role(Role::Muted),
    );
}

/// Whether a row that is shown waits for its probe.
pub(super) fn is_spinning(model: &Model) -> bool {
    if let Some(layer) = model.opened() {
        return model
            .endpoint(&layer.name)
            .is_some_and(|state| state.in_flight);
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
        .any(|state| state.in_flight)
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
        Some(Layer::Help { .. }) => {
            let area = layout::overlay(model).unwrap_or_default();
            (help::height(model, area), help::room(area))
        }
        Some(Layer::Themes { .. } | Layer::Palette { .. } | Layer::Filter) | None => (0, 0),
    };
    lines.saturating_sub(height)
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
        Screen::Expiry => expiry::order_at(model, x).is_some_and(|order| {
            let same = model.expiry_order == order;
            model.expiry_order = order;
            !same
        }),
        Screen::Events => return,
    };
    let reversed = !changed && !model.is_reversed(screen);
    model.reversed.insert(screen, reversed);
}
