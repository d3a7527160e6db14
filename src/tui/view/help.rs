//! The help: every key of the place below, from the keymap, and what the marks mean.

use ratatui::layout::Rect;

use crate::theme::Role;

use super::super::format;
use super::super::keymap::{Action, Group, Place};
use super::super::model::{Layer, Model};
use super::{Canvas, Strip};

/// Rows of the keymap that stand on one line, and the words for them together.
const TOGETHER: &[(Action, &[Action], &str)] = &[
    (Action::Up, &[Action::Down], "row"),
    (Action::First, &[Action::Last], "first, last"),
    (Action::NextFinding, &[Action::PreviousFinding], "finding"),
    (Action::NextSection, &[Action::PreviousSection], "section"),
    (
        Action::NextScreen,
        &[Action::PreviousScreen],
        "next, previous",
    ),
    (
        Action::Fleet,
        &[
            Action::Findings,
            Action::Expiry,
            Action::Events,
            Action::Files,
        ],
        "the five screens",
    ),
    (Action::NextVariant, &[Action::PreviousVariant], "dialect"),
    (Action::Sort, &[Action::Reverse], "sort, reverse"),
    (Action::Copy, &[Action::CopyAll], "copy, with steps"),
    (Action::Reprobe, &[Action::ReprobeAll], "re-probe it, all"),
    (Action::Themes, &[Action::NextTheme], "theme, next theme"),
];

/// Rows that are seen at once: the frame, the crossbar and the keys take four.
pub(super) fn room(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(4))
}

/// Returns how many rows the help has.
pub(super) fn height(model: &Model, area: Rect) -> usize {
    let mut buffer = ratatui::buffer::Buffer::empty(Rect::new(0, 0, 1, 1));
    let canvas = Canvas::new(&mut buffer, &model.styles);
    lines(&canvas, model, area.width.saturating_sub(4)).len()
}

/// Returns the place that the help is about.
fn below(model: &Model) -> Place {
    match model
        .layers
        .iter()
        .rev()
        .find(|layer| !matches!(layer, Layer::Help { .. }))
    {
        None | Some(Layer::Help { .. }) => model.screen.place(),
        Some(Layer::Endpoint(_)) => Place::Endpoint,
        Some(Layer::File(_)) => Place::File,
        Some(Layer::Mend(_)) => Place::Mend,
        Some(Layer::Candidates(_)) => Place::Candidates,
        Some(Layer::Fix(_)) => Place::Fix,
        Some(Layer::Themes { .. }) => Place::Themes,
        Some(Layer::Palette { .. }) => Place::Palette,
        Some(Layer::Filter) => Place::Filter,
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect, scroll: usize) {
    let lines = lines(canvas, model, area.width.saturating_sub(4));
    let wanted = u16::try_from(lines.len() + 4)
        .unwrap_or(u16::MAX)
        .min(area.height);
    let area = Rect {
        y: area.y + (area.height - wanted) / 2,
        height: wanted,
        ..area
    };
    let inner = canvas.overlay(area, &format!("Keys on {}", below(model).title()));
    if inner.height < 3 {
        return;
    }
    let text = Rect {
        height: inner.height - 2,
        ..inner
    };
    let shown = &lines[scroll.min(lines.len())..];
    canvas.strips(text, shown);
    canvas.crossbar(area, text.bottom());
    let key = canvas.role(Role::Key);
    let muted = canvas.role(Role::Muted);
    let more = if shown.len() > usize::from(text.height) {
        "↓ more"
    } else {
        ""
    };
    let strip = Strip::new()
        .left("remap any of them under [keys]", muted)
        .right(format!("{more}   "), muted)
        .right("Esc", key)
        .right(" close", muted);
    canvas.strip(inner.x, text.bottom() + 1, inner.width, &strip);
}

fn lines<'a>(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip<'a>> {
    let place = below(model);
    let groups = [[Group::Move, Group::See], [Group::Act, Group::Program]];
    let columns: Vec<Vec<(String, &'static str, bool)>> = groups
        .iter()
        .map(|column| {
            let mut entries = Vec::new();
            for group in column {
                let rows: Vec<_> = model
                    .keymap
                    .rows(place)
                    .filter(|(row, _)| row.group == *group)
                    .collect();
                if rows.is_empty() {
                    continue;
                }
                if !entries.is_empty() {
                    entries.push((String::new(), "", false));
                }
                entries.push((String::new(), group.title(), true));
                for (row, keys) in &rows {
                    if let Some((_, rest, words)) =
                        TOGETHER.iter().find(|(first, ..)| *first == row.action)
                    {
                        let others = rows
                            .iter()
                            .filter(|(other, _)| rest.contains(&other.action));
                        let all: Vec<&str> = std::iter::once(keys)
                            .chain(others.map(|(_, keys)| keys))
                            .flatten()
                            .map(String::as_str)
                            .collect();
                        entries.push((all.join(" "), words, false));
                    } else if !TOGETHER
                        .iter()
                        .any(|(_, rest, _)| rest.contains(&row.action))
                    {
                        entries.push((keys.join(" "), row.help, false));
                    }
                }
            }
            entries
        })
        .collect();
    let mut strips = Vec::new();
    if width >= 60 {
        let half = usize::from(width / 2);
        let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
        for index in 0..rows {
            let mut strip = Strip::new();
            for (side, column) in columns.iter().enumerate() {
                strip = entry(canvas, strip, column.get(index), half, side == 0);
            }
            strips.push(strip);
        }
    } else {
        for item in columns.iter().flatten() {
            strips.push(entry(
                canvas,
                Strip::new(),
                Some(item),
                usize::from(width),
                false,
            ));
        }
    }
    strips.push(Strip::new());
    strips.push(legend(canvas));
    strips
}

fn entry<'a>(
    canvas: &Canvas<'_>,
    strip: Strip<'a>,
    entry: Option<&(String, &'static str, bool)>,
    width: usize,
    pad: bool,
) -> Strip<'a> {
    let (strip, used) = match entry {
        None => (strip, 0),
        Some((_, words, true)) => (strip.left(*words, canvas.role(Role::Title)), words.len()),
        Some((keys, words, false)) => {
            let keys = format::fit(keys, 14).into_owned();
            let padded = format!(
                "  {keys}{}",
                " ".repeat(15_usize.saturating_sub(format::width(&keys)))
            );
            let used = 17 + words.len();
            (
                strip
                    .left(padded, canvas.role(Role::Key))
                    .left(*words, canvas.role(Role::Text)),
                used,
            )
        }
    };
    if pad {
        strip.left(
            " ".repeat(width.saturating_sub(used)),
            canvas.role(Role::Text),
        )
    } else {
        strip
    }
}

fn legend<'a>(canvas: &Canvas<'_>) -> Strip<'a> {
    let text = canvas.role(Role::Muted);
    let marks = [
        ("✗", Role::Critical, "critical"),
        ("!", Role::Warn, "warning"),
        ("›", Role::Info, "note"),
        ("✓", Role::Ok, "ok"),
        ("⊘", Role::Unknown, "no answer"),
        ("~", Role::Unknown, "unknown"),
        ("·", Role::Faint, "none"),
    ];
    marks
        .into_iter()
        .fold(Strip::new(), |strip, (mark, role, word)| {
            strip
                .left(mark, canvas.role(role))
                .left(format!(" {word}  "), text)
        })
}
