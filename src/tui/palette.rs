//! The command palette: what can be chosen, and what a choice does.
//!
//! It lists the keymap's own rows and the endpoints; it knows no command of its own.

use std::sync::Arc;

use super::Effect;
use super::filter::Search;
use super::keymap::{Action, Place};
use super::model::{Layer, Model};
use super::update;

/// Something that the palette offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// An action of the place below, with its words and its key.
    Do(Action, &'static str, String),
    /// Opens an endpoint.
    GoTo(Arc<str>),
}

impl Choice {
    /// Returns the words that are searched and shown.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Do(_, words, _) => (*words).to_owned(),
            Self::GoTo(name) => format!("go to {name}"),
        }
    }
}

/// Most choices that are offered: more than any screen shows.
const MOST: usize = 50;

/// Returns what fits the text, best first.
pub(super) fn choices(model: &Model, text: &str) -> Vec<Choice> {
    let below = match model
        .layers
        .iter()
        .rev()
        .find(|layer| !matches!(layer, Layer::Palette { .. }))
    {
        Some(Layer::Endpoint(_)) => Place::Endpoint,
        Some(Layer::File(_)) => Place::File,
        _ => model.screen.place(),
    };
    let actions = model
        .keymap
        .rows(below)
        .filter(|(row, _)| !is_motion(row.action))
        .map(|(row, keys)| {
            Choice::Do(
                row.action,
                row.help,
                keys.into_iter().next().unwrap_or_default(),
            )
        });
    let endpoints = model
        .snapshot
        .endpoints
        .iter()
        .map(|state| Choice::GoTo(Arc::clone(&state.endpoint.name)));
    let text = text.trim();
    if text.is_empty() {
        return actions.chain(endpoints).take(MOST).collect();
    }
    let mut search = Search::default();
    let mut scored: Vec<(u16, Choice)> = actions
        .chain(endpoints)
        .filter_map(|choice| {
            let words = choice.words();
            // A command that begins like the text is meant before an endpoint that contains it.
            let bonus = match choice {
                Choice::Do(..) if words.starts_with(text) => 200,
                Choice::Do(..) => 20,
                Choice::GoTo(_) => 0,
            };
            search
                .score(text, &words)
                .map(|score| (score.saturating_add(bonus), choice))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored
        .into_iter()
        .take(MOST)
        .map(|(_, choice)| choice)
        .collect()
}

/// Keys that only make sense under a finger.
fn is_motion(action: Action) -> bool {
    matches!(
        action,
        Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
            | Action::Back
            | Action::Palette
            | Action::QuitNow
    )
}

/// Does what was chosen.
pub(super) fn take(model: &mut Model, choice: Choice) -> Vec<Effect> {
    match choice {
        Choice::Do(action, _, _) => update::act(model, action),
        Choice::GoTo(name) => {
            update::go_to(model, name);
            Vec::new()
        }
    }
}
