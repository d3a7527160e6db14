//! The last row: the keys that would do something now, or what became of the last one.
//!
//! It is made from the keymap; a key that would do nothing is not shown.

use crate::theme::Role;

use super::super::filter;
use super::super::format;
use super::super::keymap::{Action, Group, Place};
use super::super::layout::{self, Class, Layout};
use super::super::model::{self, Layer, Model};
use super::{Canvas, Strip};

/// The keys of the place, context at the left, the way out at the right.
pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
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
        return filter_hints(canvas, y, width);
    }
    if layout::overlay(model).is_some() {
        // An overlay shows its own keys.
        return;
    }
    let hints: Vec<(String, &str)> = hints(model, place);
    let mut strip = Strip::new();
    let last = way_out(place);
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

/// Returns the keys that always stand at the right.
fn way_out(place: Place) -> &'static [(Action, &'static str)] {
    match place {
        Place::Fleet
        | Place::Findings
        | Place::Expiry
        | Place::Events
        | Place::Files
        | Place::Endpoint
        | Place::File => &[(Action::Help, "help"), (Action::Quit, "quit")],
        Place::Mend
        | Place::Candidates
        | Place::Fix
        | Place::Help
        | Place::Themes
        | Place::Palette
        | Place::Filter => &[(Action::Back, "close")],
    }
}

/// The grammar of the filter.
fn filter_hints(canvas: &mut Canvas<'_>, y: u16, width: u16) {
    let key = canvas.role(Role::Key);
    let muted = canvas.role(Role::Muted);
    let mut strip = Strip::new().left(" ", muted);
    for name in filter::KEYS {
        strip = strip.left(format!("{name}:"), key).left(" ", muted);
    }
    strip = strip.left(
        if width >= 100 {
            " !negate  text = fuzzy"
        } else {
            " !not"
        },
        muted,
    );
    strip = strip
        .right("Enter", key)
        .right(" keep  ", muted)
        .right("Esc", key)
        .right(" clear ", muted);
    canvas.strip(0, y, width, &strip);
}

/// Returns the hints of a place that would do something now.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most actions have the word of their row"
)]
fn hints(model: &Model, place: Place) -> Vec<(String, &'static str)> {
    let does_something = useful(model, place);
    let mut hints: Vec<(String, &'static str)> = Vec::new();
    for (row, keys) in model.keymap.rows(place) {
        let Some(word) = row.hint else { continue };
        if !does_something(row.action)
            || matches!(row.action, Action::Back if !matches!(place, Place::Endpoint | Place::File))
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
            (Action::Open, Place::Findings) if model.selected_file().is_some() => "open",
            (Action::Open, Place::Findings | Place::Endpoint | Place::File) => "explain",
            (Action::Pause, _) if model.paused.is_some() => "go on",
            (Action::Problems, _) if model.problems_only => "all",
            (Action::DeepScan, _)
                if model::deep_scan(model.selected_endpoint().map(AsRef::as_ref)).is_some() =>
            {
                "stop scan"
            }
            _ => word,
        };
        if row.group == Group::Act {
            let at = hints.len().min(1);
            hints.insert(at, (name, word));
        } else {
            hints.push((name, word));
        }
    }
    hints
}

/// Returns what tells whether an action would do something now.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most actions always do something, and are named by their own row"
)]
fn useful(model: &Model, place: Place) -> impl Fn(Action) -> bool + '_ {
    let has_finding = model.selected_finding().is_some();
    let snippets = match model.layers.last() {
        Some(Layer::Fix(layer)) => layer.snippets.len(),
        _ => model.snippets().len(),
    };
    let findings = model.selected_findings().len();
    let has_change = (model.shown_finding()).is_some_and(|(_, found)| !found.fixes.is_empty());
    let has_rows = !model.snapshot.endpoints.is_empty() || !model.snapshot.files.is_empty();
    move |action: Action| match action {
        Action::Fix => has_finding && !matches!(place, Place::Findings),
        Action::Copy => snippets > 0,
        Action::NextVariant => snippets > 1,
        Action::NextFinding => findings > 1,
        Action::Apply => has_change,
        Action::Undo => model.mended > 0,
        Action::Edit => model.selected_file().is_some(),
        Action::Candidates => !model.snapshot.candidates.is_empty(),
        Action::Open => {
            model.row_count() > 0
                && (!matches!(place, Place::Endpoint | Place::File) || has_finding)
        }
        Action::Reprobe | Action::DeepScan => model.selected_endpoint().is_some(),
        Action::Filter | Action::Problems | Action::Sort | Action::Group | Action::Pause => {
            has_rows
        }
        _ => true,
    }
}
