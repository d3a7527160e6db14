//! The only code that changes the model: message in, effects out.
//!
//! It performs nothing. The loop sends [`Message::Clock`] ahead of each batch, so that the time in the model is the time of
//! the messages that follow.

use std::sync::Arc;

use crate::remediation::{Proof, Snippet};
use crate::store::{EndpointState, FindingState, Posture, Snapshot};
use crate::theme::Theme;

use super::filter::{Filter, Search};
use super::keymap::Action;
use super::layout::{self, Class};
use super::matrix::Matrix;
use super::model::{
    self, CandidatesLayer, Cursor, Digest, EndpointLayer, FREEZE, FileLayer, FindingRow, FixLayer,
    Group, Layer, MendLayer, Model, Screen, TOAST,
};
use super::sort::FleetKey;
use super::{Effect, Key, KeyCode, Message, Mouse, MouseKind, Redraw, format, palette};

/// Takes in one message.
pub fn update(model: &mut Model, message: Message) -> (Redraw, Vec<Effect>) {
    match message {
        Message::Key(key) => {
            let effects = press(model, key);
            settle(model);
            (Redraw::Now, effects)
        }
        Message::Mouse(mouse) => {
            let effects = point(model, mouse);
            settle(model);
            (Redraw::Now, effects)
        }
        Message::Paste(text) => (paste(model, &text), Vec::new()),
        Message::Resize(width, height) => {
            model.size = (width, height);
            settle(model);
            (Redraw::Now, Vec::new())
        }
        Message::Focus(_) => (Redraw::None, Vec::new()),
        Message::Snapshot(snapshot) => (take_snapshot(model, snapshot), Vec::new()),
        Message::Themes(themes, problems) => (take_themes(model, themes, problems), Vec::new()),
        Message::Toast(text) => {
            say(model, text);
            (Redraw::Soon, Vec::new())
        }
        Message::Clock(now) => {
            let due = super::next_deadline(model).is_some_and(|deadline| now >= deadline);
            // A clock that was set back must not freeze what waits for it.
            let back = now < model.now;
            model.now = now;
            if !due && !back {
                return (Redraw::None, Vec::new());
            }
            model.toast.take_if(|(_, end)| *end <= now);
            settle(model);
            (Redraw::Soon, Vec::new())
        }
    }
}

fn say(model: &mut Model, text: impl Into<String>) {
    model.toast = Some((text.into(), model.now + TOAST));
}

fn take_snapshot(model: &mut Model, snapshot: Arc<Snapshot>) -> Redraw {
    if let Some((newest, count)) = &mut model.paused {
        let before = newest
            .as_ref()
            .map_or(model.snapshot.generation, |newest| newest.generation);
        if snapshot.generation == before {
            return Redraw::None;
        }
        *newest = Some(snapshot);
        *count += 1;
        return Redraw::Soon;
    }
    if snapshot.generation == model.snapshot.generation && snapshot.generation != 0 {
        return Redraw::None;
    }
    show(model, snapshot);
    settle(model);
    Redraw::Soon
}

fn show(model: &mut Model, snapshot: Arc<Snapshot>) {
    model.digest = Digest::of(&snapshot, &model.digest);
    // Rows that are held still keep their identities: places in the new snapshot are looked up by name.
    if is_frozen(model) {
        let old = Arc::clone(&model.snapshot);
        let names = model
            .rows
            .fleet
            .iter()
            .filter_map(|index| old.endpoints.get(*index));
        model.rows.fleet = names
            .filter_map(|state| model.digest.by_name.get(&state.endpoint.name).copied())
            .collect();
    }
    model.snapshot = snapshot;
}

fn is_frozen(model: &Model) -> bool {
    model.frozen_until.is_some_and(|until| model.now < until)
}

fn take_themes(model: &mut Model, themes: Vec<Theme>, problems: Vec<String>) -> Redraw {
    if !themes.is_empty() {
        let slug = model.themes.get(model.theme).map(Theme::slug);
        let place = |wanted: Option<String>| {
            themes
                .iter()
                .position(|theme| Some(theme.slug()) == wanted)
                .unwrap_or(0)
        };
        let theme = place(slug);
        for layer in &mut model.layers {
            if let Layer::Themes { before } = layer {
                *before = place(model.themes.get(*before).map(Theme::slug));
            }
        }
        model.themes = themes;
        set_theme(model, theme);
    }
    if let Some(problem) = problems.into_iter().next() {
        say(model, problem);
    }
    Redraw::Soon
}

fn set_theme(model: &mut Model, theme: usize) {
    model.theme = theme;
    model.styles = model::styles(&model.themes, theme, model.colours, model.ground);
}

fn paste(model: &mut Model, text: &str) -> Redraw {
    // A filter is one line; nobody pastes a book into it.
    let clean = crate::text::printable_within(text.lines().next().unwrap_or_default(), 200);
    match model.layers.last_mut() {
        Some(Layer::Filter) => {
            model.filter_text.push_str(&clean);
            model.filter = Filter::parse(&model.filter_text);
            model.frozen_until = None;
        }
        Some(Layer::Palette { text, position }) => {
            text.push_str(&clean);
            *position = 0;
        }
        Some(
            Layer::Endpoint(_)
            | Layer::File(_)
            | Layer::Mend(_)
            | Layer::Candidates(_)
            | Layer::Fix(_)
            | Layer::Help { .. }
            | Layer::Themes { .. },
        )
        | None => return Redraw::None,
    }
    settle(model);
    Redraw::Now
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    let place = model.place();
    if let Some(action) = model.keymap.action(place, key) {
        return act(model, action);
    }
    if place.takes_text()
        && let (KeyCode::Char(character), false, false) = (key.code, key.control, key.alt)
    {
        insert(model, character);
    }
    Vec::new()
}

fn insert(model: &mut Model, character: char) {
    match model.layers.last_mut() {
        Some(Layer::Filter) if model.filter_text.chars().count() < 200 => {
            model.filter_text.push(character);
            model.filter = Filter::parse(&model.filter_text);
            model.frozen_until = None;
        }
        Some(Layer::Palette { text, position }) if text.chars().count() < 200 => {
            text.push(character);
            *position = 0;
        }
        _ => {}
    }
}

/// Does what an action says, wherever it came from: a key, the mouse, the palette.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if is_about_the_selection(action) {
        hold(model);
    }
    match action {
        Action::Up => shift(model, -1),
        Action::Down => shift(model, 1),
        Action::PageUp => shift(model, -page(model)),
        Action::PageDown => shift(model, page(model)),
        Action::First => shift(model, isize::MIN / 2),
        Action::Last => shift(model, isize::MAX / 2),
        Action::Open => open(model),
        Action::Back => back(model),
        Action::NextFinding => choose_finding(model, 1),
        Action::PreviousFinding => choose_finding(model, -1),
        Action::Fix => open_fix(model),
        Action::Copy | Action::CopyAll => return copy(model, action),
        Action::Reprobe | Action::ReprobeAll => return reprobe(model, action),
        Action::DeepScan => return deep_scan(model),
        Action::NextSection | Action::PreviousSection => turn_to_section(model, action),
        Action::Filter => {
            model.frozen_until = None;
            model.layers.push(Layer::Filter);
        }
        Action::Problems => model.problems_only = !model.problems_only,
        Action::Sort | Action::Reverse | Action::Group => arrange(model, action),
        Action::Fleet => go(model, Screen::Fleet),
        Action::Findings => go(model, Screen::Findings),
        Action::Expiry => go(model, Screen::Expiry),
        Action::Events => go(model, Screen::Events),
        Action::Files => go(model, Screen::Files),
        Action::Edit => return edit_file(model),
        Action::Apply => return apply(model),
        Action::Undo => return undo(model),
        Action::Candidates => candidates(model),
        Action::NextScreen => turn(model, 1),
        Action::PreviousScreen => turn(model, Screen::ALL.len() - 1),
        Action::NextVariant => vary(model, 1),
        Action::PreviousVariant => vary(model, -1),
        Action::Pause => pause(model),
        Action::Themes => model.layers.push(Layer::Themes {
            before: model.theme,
        }),
        Action::NextTheme => {
            set_theme(model, (model.theme + 1) % model.themes.len().max(1));
            let name = model
                .themes
                .get(model.theme)
                .map_or_else(String::new, Theme::slug);
            say(model, format!("theme {name}"));
        }
        Action::Mouse => return take_mouse(model),
        Action::Palette => model.layers.push(Layer::Palette {
            text: String::new(),
            position: 0,
        }),
        Action::Help => help(model),
        Action::Quit | Action::QuitNow => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Repaint => return vec![Effect::Repaint],
        Action::Keep => return keep(model),
        Action::Clear => edit(model, String::clear),
        Action::Erase => edit(model, |text| {
            text.pop();
        }),
    }
    Vec::new()
}

/// Takes the mouse, or gives it back to the terminal.
fn take_mouse(model: &mut Model) -> Vec<Effect> {
    model.mouse = !model.mouse;
    say(
        model,
        if model.mouse {
            "the mouse selects rows"
        } else {
            "the mouse selects text; v takes it back"
        },
    );
    vec![Effect::CaptureMouse(model.mouse)]
}

const fn is_about_the_selection(action: Action) -> bool {
    matches!(
        action,
        Action::Open
            | Action::NextFinding
            | Action::PreviousFinding
            | Action::Fix
            | Action::Copy
            | Action::CopyAll
            | Action::Reprobe
            | Action::DeepScan
            | Action::Edit
            | Action::Apply
    )
}

fn help(model: &mut Model) {
    if matches!(model.layers.last(), Some(Layer::Help { .. })) {
        model.layers.pop();
    } else {
        model.layers.push(Layer::Help { scroll: 0 });
    }
}

fn edit(model: &mut Model, change: impl FnOnce(&mut String)) {
    match model.layers.last_mut() {
        Some(Layer::Filter) => {
            change(&mut model.filter_text);
            model.filter = Filter::parse(&model.filter_text);
            model.frozen_until = None;
        }
        Some(Layer::Palette { text, position }) => {
            change(text);
            *position = 0;
        }
        Some(
            Layer::Endpoint(_)
            | Layer::File(_)
            | Layer::Mend(_)
            | Layer::Candidates(_)
            | Layer::Fix(_)
            | Layer::Help { .. }
            | Layer::Themes { .. },
        )
        | None => {}
    }
}

fn page(model: &Model) -> isize {
    let layout = layout::layout(model);
    let rows = if model.layers.is_empty() {
        layout.rows.height
    } else {
        layout.body.height
    };
    isize::try_from(rows.saturating_sub(1).max(1)).unwrap_or(1)
}

fn moved(position: usize, by: isize, count: usize) -> usize {
    position
        .saturating_add_signed(by)
        .min(count.saturating_sub(1))
}

/// Moves whatever the place has to move.
fn shift(model: &mut Model, by: isize) {
    let choices = match model.layers.last() {
        Some(Layer::Palette { text, .. }) => palette::choices(model, text).len(),
        Some(Layer::Candidates(_)) => model.snapshot.candidates.len(),
        Some(
            Layer::Endpoint(_)
            | Layer::File(_)
            | Layer::Mend(_)
            | Layer::Fix(_)
            | Layer::Help { .. }
            | Layer::Themes { .. }
            | Layer::Filter,
        )
        | None => 0,
    };
    let end = super::view::scroll_end(model);
    match model.layers.last_mut() {
        Some(Layer::Endpoint(layer)) => {
            layer.scroll = layer.scroll.saturating_add_signed(by).min(end);
        }
        Some(Layer::Fix(layer)) => layer.scroll = layer.scroll.saturating_add_signed(by).min(end),
        Some(Layer::File(layer)) => layer.scroll = layer.scroll.saturating_add_signed(by).min(end),
        Some(Layer::Mend(layer)) => layer.scroll = layer.scroll.saturating_add_signed(by).min(end),
        Some(Layer::Candidates(layer)) => {
            layer.position = moved(layer.position, by, choices);
            layer.is_asked = false;
        }
        Some(Layer::Help { scroll }) => *scroll = scroll.saturating_add_signed(by).min(end),
        Some(Layer::Themes { .. }) => {
            let theme = moved(model.theme, by, model.themes.len());
            set_theme(model, theme);
        }
        Some(Layer::Palette { position, .. }) => *position = moved(*position, by, choices),
        Some(Layer::Filter) | None => {
            let position = moved(model.cursor().position, by, model.row_count());
            select(model, position);
            model.frozen_until = Some(model.now + FREEZE);
        }
    }
}

/// Puts the selection on a row.
fn select(model: &mut Model, position: usize) {
    let id = row_id(model, position);
    let cursor = model.cursors.entry(model.screen).or_default();
    if cursor.id != id {
        model.chosen = None;
    }
    cursor.held = true;
    cursor.position = position;
    cursor.id = id;
}

/// Keeps the selection on what is done something with, though nobody moved there.
fn hold(model: &mut Model) {
    model.cursors.entry(model.screen).or_default().held = true;
}

/// Returns what a row is, wherever it stands.
fn row_id(model: &Model, position: usize) -> Option<Arc<str>> {
    match model.screen {
        Screen::Fleet => {
            let index = *model.rows.fleet.get(position)?;
            model
                .snapshot
                .endpoints
                .get(index)
                .map(|state| Arc::clone(&state.endpoint.name))
        }
        Screen::Findings => model
            .rows
            .findings
            .get(position)
            .map(|row| Arc::clone(&row.id)),
        Screen::Expiry => {
            let index = *model.rows.expiry.get(position)?;
            model
                .digest
                .certificates
                .get(index)
                .map(|row| Arc::clone(&row.id))
        }
        Screen::Events => {
            let entry = model.snapshot.log.get(*model.rows.events.get(position)?)?;
            Some(format!("{} {} {}", entry.at, entry.subject, entry.text).into())
        }
        Screen::Files => {
            let index = *model.rows.files.get(position)?;
            let state = model.snapshot.files.get(index)?;
            Some(Arc::clone(&state.path))
        }
    }
}

fn open(model: &mut Model) {
    if matches!(
        model.layers.last(),
        Some(Layer::Endpoint(_) | Layer::File(_))
    ) {
        return open_fix(model);
    }
    if let Some(path) = model.selected_file().map(|state| Arc::clone(&state.path)) {
        let chosen = model.selected_finding();
        model.chosen = chosen.map(|held| held.finding.fingerprint.clone());
        model
            .layers
            .push(Layer::File(FileLayer { path, scroll: 0 }));
        return show_chosen(model);
    }
    if model.screen == Screen::Findings {
        return open_fix(model);
    }
    if let Some(name) = model
        .selected_endpoint()
        .map(|state| Arc::clone(&state.endpoint.name))
    {
        model
            .layers
            .push(Layer::Endpoint(EndpointLayer { name, scroll: 0 }));
    }
}

/// Opens the fix of the selected finding.
fn open_fix(model: &mut Model) {
    match model.selected_finding().cloned() {
        Some(held) => {
            let snippets = snippets_of(model, &held);
            model.layers.push(Layer::Fix(FixLayer {
                held,
                snippets,
                variant: 0,
                scroll: 0,
            }));
        }
        None => say(model, "nothing to fix here"),
    }
}

fn snippets_of(model: &Model, held: &FindingState) -> Vec<Snippet> {
    held.finding
        .remedy
        .as_ref()
        .map(model.render)
        .unwrap_or_default()
}

/// Takes one layer away, and one only: the overlay, the endpoint, the filter, then the restriction to problems.
fn back(model: &mut Model) {
    match model.layers.pop() {
        Some(Layer::Themes { before }) => set_theme(model, before),
        Some(Layer::Filter) => {
            model.filter_text.clear();
            model.filter = Filter::default();
        }
        Some(Layer::Candidates(layer)) if layer.is_asked => {
            model.layers.push(Layer::Candidates(CandidatesLayer {
                is_asked: false,
                ..layer
            }));
        }
        Some(
            Layer::Endpoint(_)
            | Layer::File(_)
            | Layer::Mend(_)
            | Layer::Candidates(_)
            | Layer::Fix(_)
            | Layer::Help { .. }
            | Layer::Palette { .. },
        ) => {}
        None if !model.filter_text.is_empty() => {
            model.filter_text.clear();
            model.filter = Filter::default();
        }
        None => model.problems_only = false,
    }
}

/// Takes what a layer offers.
fn keep(model: &mut Model) -> Vec<Effect> {
    match model.layers.pop() {
        Some(Layer::Palette { text, position }) => {
            let choice = palette::choices(model, &text).into_iter().nth(position);
            if let Some(choice) = choice {
                return palette::take(model, choice);
            }
        }
        Some(Layer::Themes { before }) if before != model.theme => {
            let name = model
                .themes
                .get(model.theme)
                .map_or_else(String::new, Theme::slug);
            say(
                model,
                format!("theme {name}; to keep it, write theme = \"{name}\" under [ui]"),
            );
        }
        Some(Layer::Filter | Layer::Themes { .. }) | None => {}
        Some(Layer::Mend(layer)) => {
            model.layers.push(Layer::Mend(layer));
            return apply(model);
        }
        Some(Layer::Candidates(layer)) => return adopt(model, layer),
        Some(
            other @ (Layer::Endpoint(_) | Layer::File(_) | Layer::Fix(_) | Layer::Help { .. }),
        ) => {
            model.layers.push(other);
        }
    }
    Vec::new()
}

fn choose_finding(model: &mut Model, by: isize) {
    let findings = model.selected_findings().to_vec();
    if findings.is_empty() {
        return;
    }
    let current = model
        .selected_finding()
        .map(|held| held.finding.fingerprint.clone());
    let position = findings
        .iter()
        .position(|held| Some(&held.finding.fingerprint) == current.as_ref())
        .unwrap_or(0);
    let held = Arc::clone(&findings[moved(position, by, findings.len())]);
    model.chosen = Some(held.finding.fingerprint.clone());
    let snippets = snippets_of(model, &held);
    if let Some(Layer::Fix(layer)) = model.layers.last_mut() {
        *layer = FixLayer {
            snippets,
            held,
            variant: 0,
            scroll: 0,
        };
    }
    show_chosen(model);
}

/// Puts the chosen finding of the file that lies whole on the screen where it is seen.
fn show_chosen(model: &mut Model) {
    let Some(place) = super::view::chosen_start(model) else {
        return;
    };
    let end = super::view::scroll_end(model);
    if let Some(Layer::File(layer)) = model.layers.last_mut() {
        layer.scroll = place.min(end);
    }
}

/// Opens an editor on the selected file, at the line of the selected finding.
fn edit_file(model: &mut Model) -> Vec<Effect> {
    let Some(state) = model.selected_file() else {
        say(model, "no file is selected");
        return Vec::new();
    };
    let line = model
        .shown_finding()
        .map_or(1, |(_, found)| found.region.line);
    let path = state.location.clone();
    vec![Effect::Edit { path, line }]
}

/// Shows the change that mends the selected finding; where it is shown, makes it.
fn apply(model: &mut Model) -> Vec<Effect> {
    let Some((state, found)) = model.shown_finding() else {
        say(model, "no finding of a file is selected");
        return Vec::new();
    };
    let (file, path) = (Arc::clone(&state.report.name), Arc::clone(&state.path));
    let fingerprint = found.finding.fingerprint.clone();
    let refusal = match &state.report.reading {
        Ok(read) => read.text_start.err().map(str::to_owned),
        Err(unseen) => Some(unseen.reason.clone()),
    };
    if found.fixes.is_empty() {
        say(
            model,
            "no change that could be made for you mends this; e edits the file",
        );
    } else if let Some(Layer::Mend(layer)) = model.layers.last() {
        let fix = layer.fix;
        model.layers.pop();
        if let Some(refusal) = refusal {
            say(model, format!("not mended: {refusal}"));
            return Vec::new();
        }
        model.mended += 1;
        return vec![Effect::Mend {
            file,
            fingerprint,
            fix,
        }];
    } else {
        // The best one comes first, but one that needs no thought comes before it.
        let safe = found.fixes.iter().position(|shown| shown.fix.is_safe);
        model.layers.push(Layer::Mend(MendLayer {
            path,
            fingerprint,
            fix: safe.unwrap_or(0),
            scroll: 0,
        }));
    }
    Vec::new()
}

fn undo(model: &mut Model) -> Vec<Effect> {
    model.mended = model.mended.saturating_sub(1);
    vec![Effect::UndoMend]
}

fn candidates(model: &mut Model) {
    if model.snapshot.candidates.is_empty() {
        say(
            model,
            "every host that a watched file names is an endpoint already",
        );
    } else {
        model
            .layers
            .push(Layer::Candidates(CandidatesLayer::default()));
    }
}

/// Asks before the first, and writes the block of a candidate after the second time.
fn adopt(model: &mut Model, layer: CandidatesLayer) -> Vec<Effect> {
    let block = model.snapshot.candidates.get(layer.position);
    match block.map(crate::store::Candidate::block) {
        Some(block) if layer.is_asked => return vec![Effect::Adopt(block)],
        Some(_) => model.layers.push(Layer::Candidates(CandidatesLayer {
            is_asked: true,
            ..layer
        })),
        None => {}
    }
    Vec::new()
}

fn vary(model: &mut Model, by: isize) {
    if let Some(Layer::Fix(layer)) = model.layers.last_mut() {
        layer.variant = moved(layer.variant, by, layer.snippets.len());
        layer.scroll = 0;
    }
    let fixes = model
        .shown_finding()
        .map_or(0, |(_, found)| found.fixes.len());
    if let Some(Layer::Mend(layer)) = model.layers.last_mut() {
        layer.fix = moved(layer.fix, by, fixes);
        layer.scroll = 0;
    }
}

fn copy(model: &mut Model, action: Action) -> Vec<Effect> {
    let snippet = match model.layers.last() {
        Some(Layer::Fix(layer)) => layer.snippets.get(layer.variant),
        _ => model.snippets().first(),
    };
    match snippet {
        Some(snippet) if action == Action::CopyAll => vec![Effect::Copy(with_steps(snippet))],
        Some(snippet) => vec![Effect::Copy(snippet.text.clone())],
        None => {
            say(model, "there is no fix to copy here");
            Vec::new()
        }
    }
}

/// Writes a snippet with its steps as comments, ready for a ticket.
fn with_steps(snippet: &Snippet) -> String {
    let mut text = format!("# {}\n", snippet.title);
    if let Proof::NotExecuted(why) = snippet.proof {
        text.push_str("# not executed: ");
        text.push_str(why);
        text.push('\n');
    }
    text.push_str(snippet.text.trim_end());
    text.push('\n');
    for step in &snippet.then {
        text.push_str("# then: ");
        text.push_str(step);
        text.push('\n');
    }
    if !snippet.verify.is_empty() {
        text.push_str("# verify: ");
        text.push_str(&snippet.verify);
        text.push('\n');
    }
    text
}

fn reprobe(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::ReprobeAll {
        let count = format::count(model.snapshot.endpoints.len(), "endpoint", "endpoints");
        say(model, format!("probing {count}"));
        return vec![Effect::Reprobe(Vec::new())];
    }
    let named = match model.layers.last() {
        Some(Layer::Fix(layer)) => model::endpoint_of(&layer.held).cloned(),
        _ => model
            .selected_endpoint()
            .map(|state| Arc::clone(&state.endpoint.name)),
    };
    if let Some(name) = named {
        say(model, format!("probing {name}"));
        vec![Effect::Reprobe(vec![name])]
    } else {
        say(model, "nothing to probe here");
        Vec::new()
    }
}

/// Scans the selection to the end, or stops the scan of it that is under way.
fn deep_scan(model: &mut Model) -> Vec<Effect> {
    let Some(state) = model.selected_endpoint() else {
        say(model, "nothing to scan here");
        return Vec::new();
    };
    let endpoint = Arc::clone(&state.endpoint.name);
    if model::deep_scan(Some(&**state)).is_some() {
        say(model, format!("stopping the scan of {endpoint}"));
        vec![Effect::CancelScan { endpoint }]
    } else {
        say(model, format!("scanning {endpoint}"));
        vec![Effect::DeepScan { endpoint }]
    }
}

/// Puts the next section of the endpoint's page, or the one before, at the top.
fn turn_to_section(model: &mut Model, action: Action) {
    let end = super::view::scroll_end(model);
    let starts = super::view::section_starts(model);
    if let Some(Layer::Endpoint(layer)) = model.layers.last_mut() {
        let here = layer.scroll;
        let there = if action == Action::NextSection {
            starts.into_iter().find(|start| *start > here)
        } else {
            starts.into_iter().rev().find(|start| *start < here)
        };
        layer.scroll = there.unwrap_or(here).min(end);
    }
}

fn arrange(model: &mut Model, action: Action) {
    let screen = model.screen;
    if action == Action::Reverse {
        let reversed = model.is_reversed(screen);
        model.reversed.insert(screen, !reversed);
    } else if action == Action::Group {
        model.group = model.group.other();
    } else {
        match screen {
            Screen::Fleet => model.fleet_order = model.fleet_order.next(),
            Screen::Findings => model.finding_order = model.finding_order.next(),
            Screen::Expiry => model.expiry_order = model.expiry_order.next(),
            Screen::Events | Screen::Files => {}
        }
    }
    // A new order was asked for: nothing is held still.
    model.frozen_until = None;
    let order = match screen {
        Screen::Fleet => model.fleet_order.as_str(),
        Screen::Findings => model.finding_order.as_str(),
        Screen::Expiry => model.expiry_order.as_str(),
        Screen::Events | Screen::Files => return,
    };
    let reversed = if model.is_reversed(screen) {
        ", the other way round"
    } else {
        ""
    };
    if action != Action::Group {
        say(model, format!("{order}{reversed}"));
    }
}

fn go(model: &mut Model, screen: Screen) {
    model.layers.clear();
    model.screen = screen;
    model.chosen = None;
    model.frozen_until = None;
}

fn turn(model: &mut Model, by: usize) {
    let place = Screen::ALL
        .iter()
        .position(|screen| *screen == model.screen)
        .unwrap_or(0);
    go(model, Screen::ALL[(place + by) % Screen::ALL.len()]);
}

/// Goes to an endpoint, whole.
pub(super) fn go_to(model: &mut Model, name: Arc<str>) {
    go(model, Screen::Fleet);
    model.cursors.insert(
        Screen::Fleet,
        Cursor {
            held: true,
            id: Some(Arc::clone(&name)),
            ..Cursor::default()
        },
    );
    model
        .layers
        .push(Layer::Endpoint(EndpointLayer { name, scroll: 0 }));
}

fn pause(model: &mut Model) {
    match model.paused.take() {
        Some((newest, _)) => {
            if let Some(newest) = newest {
                show(model, newest);
            }
        }
        None => model.paused = Some((None, 0)),
    }
}

fn point(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    match mouse.kind {
        MouseKind::ScrollUp => shift(model, -3),
        MouseKind::ScrollDown => shift(model, 3),
        MouseKind::Press => return click(model, mouse.column, mouse.row),
    }
    Vec::new()
}

fn click(model: &mut Model, x: u16, y: u16) -> Vec<Effect> {
    if let Some(area) = layout::overlay(model) {
        let inside = area.contains((x, y).into());
        match model.layers.last() {
            _ if !inside => back(model),
            Some(Layer::Themes { .. }) => {
                let first = super::view::first_theme(model, area);
                let row = usize::from(y.saturating_sub(area.y + 2));
                if y >= area.y + 2 && y + 2 < area.bottom() && first + row < model.themes.len() {
                    set_theme(model, first + row);
                }
            }
            _ => {}
        }
        return Vec::new();
    }
    if y <= 1 {
        let hit =
            layout::tabs(model).find(|(_, start, taken)| (*start..start + taken).contains(&x));
        if let Some((screen, _, _)) = hit {
            go(model, screen);
        }
        return Vec::new();
    }
    let layout = layout::layout(model);
    if matches!(model.layers.last(), None | Some(Layer::Filter)) {
        if layout.columns.contains((x, y).into()) {
            super::view::sort_by_click(model, x);
            model.frozen_until = None;
        } else if layout.rows.contains((x, y).into()) {
            let cursor = model.cursor();
            let position = cursor.offset + usize::from(y - layout.rows.y);
            if position < model.row_count() {
                if position == cursor.position && model.layers.is_empty() {
                    open(model);
                } else {
                    model.frozen_until = Some(model.now + FREEZE);
                    select(model, position);
                }
            }
        }
    }
    Vec::new()
}

/// Makes the matrix of the endpoint that lies whole on the screen, where it is not made yet.
fn lay_out_suites(model: &mut Model) {
    let scan = model
        .opened()
        .and_then(|layer| model.endpoint(&layer.name))
        .and_then(|state| model.scanned(state))
        .map(|scanned| Arc::clone(&scanned.scan));
    match (scan, &model.matrix) {
        (Some(scan), Some((own, _))) if Arc::ptr_eq(&scan, own) => {}
        (Some(scan), _) => {
            let matrix = Matrix::of(&scan);
            model.matrix = Some((scan, matrix));
        }
        (None, _) => model.matrix = None,
    }
}

/// Brings rows, selection, scroll and fix in line with everything else. Ends every change.
pub(super) fn settle(model: &mut Model) {
    if !is_frozen(model) {
        model.frozen_until = None;
    }
    rows(model);
    follow(model);
    if let Some(name) = model.opened().map(|layer| Arc::clone(&layer.name))
        && model.endpoint(&name).is_none()
    {
        // The configuration no longer names it.
        model.layers.clear();
        say(model, format!("{name} is no longer configured"));
    }
    if let Some(path) = model.opened_file().map(|layer| Arc::clone(&layer.path))
        && model.file(&path).is_none()
    {
        model.layers.clear();
        say(model, format!("{path} is no longer there"));
    }
    if matches!(model.layers.last(), Some(Layer::Mend(_))) && model.shown_finding().is_none() {
        model.layers.pop();
        say(model, "the finding is no longer there");
    }
    let candidates = model.snapshot.candidates.len();
    if let Some(Layer::Candidates(layer)) = model.layers.last_mut() {
        if layer.position >= candidates {
            layer.is_asked = false;
        }
        layer.position = layer.position.min(candidates.saturating_sub(1));
        if candidates == 0 {
            model.layers.pop();
        }
    }
    lay_out_suites(model);
    let held = model.selected_finding().cloned();
    match (held, &model.fix) {
        (Some(held), Some((own, _))) if Arc::ptr_eq(&held, own) => {}
        (Some(held), _) => {
            let snippets = snippets_of(model, &held);
            model.fix = Some((held, snippets));
        }
        (None, _) => model.fix = None,
    }
    let end = super::view::scroll_end(model);
    match model.layers.last_mut() {
        Some(Layer::Endpoint(layer)) => layer.scroll = layer.scroll.min(end),
        Some(Layer::Fix(layer)) => layer.scroll = layer.scroll.min(end),
        Some(Layer::File(layer)) => layer.scroll = layer.scroll.min(end),
        Some(Layer::Mend(layer)) => layer.scroll = layer.scroll.min(end),
        Some(Layer::Help { scroll }) => *scroll = (*scroll).min(end),
        Some(
            Layer::Candidates(_) | Layer::Themes { .. } | Layer::Palette { .. } | Layer::Filter,
        )
        | None => {}
    }
}

/// Puts the selection where its identity went, and the window around it.
fn follow(model: &mut Model) {
    let count = model.row_count();
    let mut cursor = model.cursor();
    if !cursor.held {
        // While answers arrive, what was first is soon in the middle: the worst row is what is worth reading.
        cursor.position = 0;
        cursor.id = row_id(model, 0);
    }
    let same = cursor.id.is_some() && row_id(model, cursor.position) == cursor.id;
    if !same {
        let found = (0..count)
            .find(|position| cursor.id.is_some() && row_id(model, *position) == cursor.id);
        cursor.position = found.unwrap_or_else(|| cursor.position.min(count.saturating_sub(1)));
        cursor.id = row_id(model, cursor.position);
    }
    let height = usize::from(layout::layout(model).rows.height).max(1);
    cursor.offset = cursor
        .offset
        .min(cursor.position)
        .max((cursor.position + 1).saturating_sub(height))
        .min(count.saturating_sub(height));
    model.cursors.insert(model.screen, cursor);
}

/// Filters and sorts the rows of the screen that is shown.
fn rows(model: &mut Model) {
    let mut search = std::mem::take(&mut model.search);
    match model.screen {
        Screen::Fleet => model.rows.fleet = fleet_rows(model, &mut search),
        Screen::Findings => model.rows.findings = finding_rows(model, &mut search),
        Screen::Expiry => model.rows.expiry = expiry_rows(model, &mut search),
        Screen::Events => model.rows.events = event_rows(model, &mut search),
        Screen::Files => model.rows.files = file_rows(model, &mut search),
    }
    model.search = search;
}

fn is_problem(state: &EndpointState) -> bool {
    matches!(
        state.posture,
        Posture::Critical | Posture::Unreachable | Posture::Warning
    )
}

fn fleet_rows(model: &Model, search: &mut Search) -> Vec<usize> {
    let endpoints = &model.snapshot.endpoints;
    let kept = |state: &EndpointState, search: &mut Search| {
        (!model.problems_only || is_problem(state))
            && model.filter.keeps_endpoint(state, model.now, search)
    };
    if is_frozen(model) {
        // What was there keeps its place; what is new comes last until the finger is off.
        let mut seen = vec![false; endpoints.len()];
        for index in &model.rows.fleet {
            if let Some(flag) = seen.get_mut(*index) {
                *flag = true;
            }
        }
        let new = (0..endpoints.len()).filter(|index| !seen[*index]);
        let all: Vec<usize> = model.rows.fleet.iter().copied().chain(new).collect();
        return all
            .into_iter()
            .filter(|index| {
                endpoints
                    .get(*index)
                    .is_some_and(|state| kept(state, search))
            })
            .collect();
    }
    let mut keyed: Vec<(usize, FleetKey<'_>)> = endpoints
        .iter()
        .enumerate()
        .filter(|(_, state)| kept(state, search))
        .map(|(index, state)| (index, FleetKey::of(state)))
        .collect();
    keyed.sort_by(|(_, one), (_, two)| model.fleet_order.compare(one, two));
    if model.is_reversed(Screen::Fleet) {
        keyed.reverse();
    }
    keyed.into_iter().map(|(index, _)| index).collect()
}

fn finding_rows(model: &Model, search: &mut Search) -> Vec<FindingRow> {
    let mut rows: Vec<FindingRow> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (index, held) in model.snapshot.findings.iter().enumerate() {
        let finding = &held.finding;
        let state = model::endpoint_of(held).and_then(|name| model.endpoint(name));
        let problem = Posture::of(Some(finding.severity)) != Posture::Ok;
        if (model.problems_only && !problem)
            || !model
                .filter
                .keeps_finding(finding, state.map(AsRef::as_ref), model.now, search)
        {
            continue;
        }
        let place = match model.group {
            Group::Check => *places.entry(finding.check).or_insert(rows.len()),
            Group::Single => rows.len(),
        };
        match rows.get_mut(place) {
            Some(row) => {
                row.severity = row.severity.max(finding.severity);
                row.since = row.since.min(held.since);
                row.members.push(index);
            }
            None => rows.push(FindingRow {
                id: match model.group {
                    Group::Check => finding.check.into(),
                    Group::Single => finding.fingerprint.as_str().into(),
                },
                check: finding.check,
                severity: finding.severity,
                since: held.since,
                members: vec![index],
            }),
        }
    }
    rows.sort_by(|one, two| model.finding_order.compare(one, two));
    if model.is_reversed(Screen::Findings) {
        rows.reverse();
    }
    rows
}

fn expiry_rows(model: &Model, search: &mut Search) -> Vec<usize> {
    let certificates = &model.digest.certificates;
    let mut rows: Vec<usize> = (0..certificates.len())
        .filter(|index| {
            let row = &certificates[*index];
            let level = row.level(model.now);
            let holders: Vec<&EndpointState> = row
                .holders
                .iter()
                .filter_map(|holder| model.snapshot.endpoints.get(*holder))
                .map(AsRef::as_ref)
                .collect();
            (!model.problems_only || level != Posture::Ok)
                && model.filter.keeps_certificate(
                    &row.certificate,
                    (&holders, &row.files),
                    level,
                    model.now,
                    search,
                )
        })
        .collect();
    rows.sort_by(|one, two| model.expiry_order.compare(&model.digest, *one, *two));
    if model.is_reversed(Screen::Expiry) {
        rows.reverse();
    }
    rows
}

fn event_rows(model: &Model, search: &mut Search) -> Vec<usize> {
    use crate::store::LogMark;
    (0..model.snapshot.log.len())
        .filter(|index| {
            let entry = &model.snapshot.log[*index];
            let problem = matches!(
                entry.mark,
                LogMark::Critical | LogMark::Warning | LogMark::Unreachable
            );
            let state = model.endpoint(&entry.subject);
            (!model.problems_only || problem)
                && model
                    .filter
                    .keeps_event(entry, state.map(AsRef::as_ref), model.now, search)
        })
        .collect()
}

/// The worst come first; then those that could not be read; then by name.
fn file_rows(model: &Model, search: &mut Search) -> Vec<usize> {
    let files = &model.snapshot.files;
    let worst = |index: usize| {
        let finding = files[index].findings.first();
        finding.map(|held| held.finding.severity)
    };
    let mut rows: Vec<usize> = (0..files.len())
        .filter(|index| {
            let state = &files[*index];
            let problem = state.problem.is_some() || Posture::of(worst(*index)) != Posture::Ok;
            (!model.problems_only || problem) && model.filter.keeps_file(state, model.now, search)
        })
        .collect();
    rows.sort_by_key(|index| {
        let is_read = files[*index].problem.is_none();
        (std::cmp::Reverse(worst(*index)), is_read, *index)
    });
    rows
}

/// Whether a screen of this size shows rows at all.
pub(super) fn shows_rows(model: &Model) -> bool {
    layout::layout(model).class != Class::Tiny
        && model.opened().is_none()
        && model.opened_file().is_none()
}
