//! One watched file: its findings with the lines that they are about, and the change that would mend each.
//!
//! The page scrolls; the same lines stand beside and below the list of files. The place of a finding is marked under the line, so that it is
//! seen without colour, too.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::audit::{FileFinding, Hunk, ShownFix, Suppression, excerpt::Marked};
use crate::source::fact::Understanding;
use crate::store::{FileState, FindingState};
use crate::theme::Role;

use super::super::format;
use super::super::keymap::{Action, Place};
use super::super::layout::Layout;
use super::super::model::{FileLayer, Model};
use super::{Canvas, Strip, mark};

/// Rows of the page that are seen at once.
pub(super) fn room(layout: &Layout) -> usize {
    usize::from(page(layout).height)
}

fn page(layout: &Layout) -> Rect {
    let top = layout.rule.bottom() + 1;
    let bottom = layout
        .footer
        .y
        .saturating_sub(u16::from(layout.footer.y > top + 4));
    Rect::new(
        1,
        top,
        layout.header.width.saturating_sub(3),
        bottom.saturating_sub(top),
    )
}

/// Returns how many rows the page has.
pub(super) fn height(model: &Model, layout: &Layout, layer: &FileLayer) -> usize {
    with_lines(model, layout, layer, |lines, _| lines.len())
}

/// Returns the row at which the chosen finding begins.
pub(super) fn chosen_start(model: &Model, layout: &Layout, layer: &FileLayer) -> Option<usize> {
    with_lines(model, layout, layer, |_, start| start)
}

fn with_lines<T>(
    model: &Model,
    layout: &Layout,
    layer: &FileLayer,
    take: impl FnOnce(&[Strip<'_>], Option<usize>) -> T,
) -> T {
    // Only lines are counted: what they are drawn on does not matter.
    let mut buffer = ratatui::buffer::Buffer::empty(Rect::new(0, 0, 1, 1));
    let canvas = Canvas::new(&mut buffer, &model.styles);
    match model.file(&layer.path) {
        Some(state) => {
            let (lines, start) = lines(&canvas, model, state, page(layout).width);
            take(&lines, start)
        }
        None => take(&[], None),
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout, layer: &FileLayer) {
    let Some(state) = model.file(&layer.path) else {
        return;
    };
    let area = page(layout);
    let (lines, _) = lines(canvas, model, state, area.width);
    let shown = &lines[layer.scroll.min(lines.len())..];
    canvas.strips(area, shown);
    let muted = canvas.role(Role::Muted);
    if layer.scroll > 0 {
        canvas.put(area.right() + 1, area.y, 1, "▴", muted);
    }
    if shown.len() > usize::from(area.height) && area.height > 0 {
        canvas.put(area.right() + 1, area.bottom() - 1, 1, "▾", muted);
    }
}

/// Everything about a file, and where the chosen finding begins.
fn lines<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    state: &'a FileState,
    width: u16,
) -> (Vec<Strip<'a>>, Option<usize>) {
    let mut lines = vec![title(canvas, model, state)];
    lines.extend(state_lines(canvas, state, width));
    let chosen = model
        .selected_finding()
        .map(|held| &held.finding.fingerprint);
    let mut start = None;
    for held in &state.findings {
        lines.push(Strip::new());
        if Some(&held.finding.fingerprint) == chosen {
            start = Some(lines.len().saturating_sub(1));
        }
        lines.extend(finding(canvas, model, state, held, width));
    }
    if state.findings.is_empty() && state.problem.is_none() {
        lines.push(Strip::new());
        lines.push(good(canvas));
    }
    lines.extend(allowed(canvas, state));
    (lines, start)
}

/// What is said of a file without findings.
pub(super) fn good<'a>(canvas: &Canvas<'_>) -> Strip<'a> {
    Strip::new().left(" ✓ ", canvas.role(Role::Ok)).left(
        "nothing is wrong with what it says",
        canvas.role(Role::Text),
    )
}

/// The name of a file, what it is, and when it was read.
pub(super) fn title<'a>(canvas: &Canvas<'_>, model: &Model, state: &'a FileState) -> Strip<'a> {
    let muted = canvas.role(Role::Muted);
    let (kind, role) = kind(state);
    let mut strip = Strip::title(canvas, &*state.path);
    if state.report.reading.is_ok() {
        strip = strip.left(format!("   {kind} · {role}"), muted);
    }
    let count = state.findings.len();
    let place = model.selected_finding().and_then(|chosen| {
        let mut held = state.findings.iter();
        held.position(|held| held.finding.fingerprint == chosen.finding.fingerprint)
    });
    if let (Some(place), true) = (place, count > 1) {
        strip = strip.right(format!("{} of {count}   ", place + 1), muted);
    }
    strip.right(format!("read {}", time(model, state.read_at)), muted)
}

/// What stands in the way of reading a file, or of understanding all of it.
pub(super) fn state_lines<'a>(
    canvas: &Canvas<'_>,
    state: &'a FileState,
    width: u16,
) -> Vec<Strip<'a>> {
    let mut lines = Vec::new();
    let mut tell = |sign: &'static str, text: String| {
        let wrapped = format::wrap(&text, usize::from(width).saturating_sub(4));
        for (index, line) in wrapped.into_iter().enumerate() {
            let sign = if index == 0 { sign } else { " " };
            lines.push(
                Strip::new()
                    .left(format!(" {sign} "), canvas.role(Role::Unknown))
                    .left(line, canvas.role(Role::Muted)),
            );
        }
    };
    if let Some(problem) = &state.problem {
        tell("⊘", format!("not read: {problem}"));
    }
    if let Ok(read) = &state.report.reading {
        match &read.understanding {
            Understanding::Whole => {}
            Understanding::Broken { reason, .. } => {
                tell("~", format!("not all of it could be parsed: {reason}"));
            }
            Understanding::Lines { reason } => tell("~", format!("read line by line: {reason}")),
        }
    }
    for (check, reason) in &state.report.open {
        tell("~", format!("{check}: not decided: {reason}"));
    }
    lines
}

/// One finding: what is wrong, where, and the change that mends it.
pub(super) fn finding<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    state: &'a FileState,
    held: &'a Arc<FindingState>,
    width: u16,
) -> Vec<Strip<'a>> {
    let finding = &held.finding;
    let style = mark::severity_role(canvas, finding.severity);
    let muted = canvas.role(Role::Muted);
    let chosen = (model.selected_finding())
        .is_some_and(|chosen| chosen.finding.fingerprint == finding.fingerprint);
    let role = if chosen { Role::Title } else { Role::Text };
    let lead = if chosen && state.findings.len() > 1 {
        "▸"
    } else {
        " "
    };
    let mut lines = vec![
        Strip::new()
            .left(lead, canvas.role(Role::Accent))
            .left(mark::severity(finding.severity), style)
            .left(format!(" {}", finding.check), canvas.role(role))
            .right(
                format!(
                    "{} · {}",
                    finding.severity,
                    format::ago(held.since, model.now)
                ),
                muted,
            ),
    ];
    for line in format::wrap(&finding.message, usize::from(width).saturating_sub(4)) {
        lines.push(Strip::new().left(format!("   {line}"), canvas.role(Role::Text)));
    }
    let Some(shown) = state.shown(&finding.fingerprint) else {
        return lines;
    };
    for marked in &shown.excerpt.lines {
        lines.extend(excerpt_line(canvas, marked, style, width));
    }
    if shown.excerpt.more > 0 {
        let more = format::count(shown.excerpt.more, "more line", "more lines");
        lines.push(Strip::new().left(format!("        {more}"), canvas.role(Role::Faint)));
    }
    lines.extend(best_change(canvas, model, shown, width));
    lines
}

/// A line of the file with the place of the finding marked under it.
fn excerpt_line<'a>(
    canvas: &Canvas<'_>,
    marked: &'a Marked,
    style: ratatui::style::Style,
    width: u16,
) -> Vec<Strip<'a>> {
    let (muted, rule) = (canvas.role(Role::Muted), canvas.role(Role::Rule));
    let text = canvas.role(Role::Text);
    let room = usize::from(width).saturating_sub(9);
    let (before, inside, after) = window(marked, room);
    let indent = format::width(&before);
    let length = format::width(&inside)
        .max(1)
        .min(room.saturating_sub(indent).max(1));
    vec![
        Strip::new()
            .left(format!("  {:>4} ", marked.number), muted)
            .left("│ ", rule)
            .left(before, text)
            .left(inside, style)
            .left(after, text),
        Strip::new()
            .left("       ", muted)
            .left("│ ", rule)
            .left(" ".repeat(indent), text)
            .left("^".repeat(length), style),
    ]
}

/// Cuts a line so that its marked part is seen: what stands before, in and behind it.
fn window(marked: &Marked, room: usize) -> (Cow<'_, str>, Cow<'_, str>, Cow<'_, str>) {
    let text = marked.text.as_str();
    let start = floor(text, marked.mark.start);
    let end = floor(text, marked.mark.end).max(start);
    let (before, rest) = text.split_at(start);
    let (inside, after) = rest.split_at(end - start);
    // Indentation says nothing here, and a long line begins near its mark.
    let wanted = format::width(inside).min(room);
    let most = room.saturating_sub(wanted).min(room / 2);
    if format::width(text) <= room || format::width(before) <= most {
        return (before.into(), inside.into(), after.into());
    }
    let mut taken = 0;
    let kept = before
        .char_indices()
        .rev()
        .take_while(|(_, character)| {
            taken += format::width(character.encode_utf8(&mut [0; 4]));
            taken < most
        })
        .last()
        .map_or(before.len(), |(at, _)| at);
    (
        format!("…{}", &before[kept..]).into(),
        inside.into(),
        after.into(),
    )
}

/// Returns the last boundary of a character at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The change that is offered first, in the lines that it changes.
fn best_change<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    found: &'a FileFinding,
    width: u16,
) -> Vec<Strip<'a>> {
    let safe = found.fixes.iter().find(|shown| shown.fix.is_safe);
    let Some(shown) = safe.or_else(|| found.fixes.first()) else {
        return Vec::new();
    };
    let mut title = Strip::new()
        .left("   fix  ", canvas.role(Role::Muted))
        .left(shown.fix.title.as_str(), canvas.role(Role::Text));
    if !shown.fix.is_safe {
        title = title.left("  not safe", canvas.role(Role::Warn));
    }
    if let Some(key) = model.keymap.key(Place::Files, Action::Apply) {
        title = title
            .right(key, canvas.role(Role::Key))
            .right(" shows it ", canvas.role(Role::Muted));
    }
    let mut lines = vec![title];
    lines.extend(change(canvas, shown, width));
    lines
}

/// A change as a diff: each line with its number and its sign, whole, and what differs in it underlined.
pub(super) fn change<'a>(canvas: &Canvas<'_>, shown: &ShownFix, width: u16) -> Vec<Strip<'a>> {
    let mut lines = Vec::new();
    for hunk in &shown.hunks {
        lines.extend(hunk_lines(canvas, hunk, width));
    }
    if shown.hunks.is_empty() {
        let text = "   the lines hold a secret and are not shown";
        lines.push(Strip::new().left(text, canvas.role(Role::Muted)));
    }
    lines
}

fn hunk_lines<'a>(canvas: &Canvas<'_>, hunk: &Hunk, width: u16) -> Vec<Strip<'a>> {
    // Lines that both sides have in common at their ends are no change: an insertion is told with its neighbour.
    let (removed, added) = (&hunk.removed, &hunk.added);
    let head = removed
        .iter()
        .zip(added)
        .take_while(|(a, b)| a == b)
        .count();
    let rest = removed.len().min(added.len()) - head;
    let tail = removed.iter().rev().zip(added.iter().rev());
    let tail = tail.take_while(|(a, b)| a == b).count().min(rest);
    let gone = &removed[head..removed.len() - tail];
    let come = &added[head..added.len() - tail];
    // A line in the place of a line: what they have in common is not what changed.
    let pairs = if gone.len() == come.len() {
        gone.len()
    } else {
        0
    };
    let differs = |index: usize, own: &str| {
        if index >= pairs {
            return 0..0;
        }
        let (a, b) = (gone[index].as_str(), come[index].as_str());
        let same = |(a, b): &(char, char)| a == b;
        let length = |pairs: usize, text: &mut dyn Iterator<Item = char>| {
            text.take(pairs).map(char::len_utf8).sum::<usize>()
        };
        let first = a.chars().zip(b.chars()).take_while(same).count();
        let most = a.chars().count().min(b.chars().count()) - first;
        let last = a
            .chars()
            .rev()
            .zip(b.chars().rev())
            .take_while(same)
            .count();
        let start = length(first, &mut own.chars());
        let end = own.len() - length(last.min(most), &mut own.chars().rev());
        start..end
    };
    let side = Side { canvas, width };
    let mut lines = Vec::new();
    for (index, text) in removed[..head].iter().enumerate() {
        lines.extend(side.line(" ", hunk.line + index, text, 0..0, Role::Muted));
    }
    for (index, text) in gone.iter().enumerate() {
        let mark = differs(index, text);
        lines.extend(side.line("-", hunk.line + head + index, text, mark, Role::Removed));
    }
    for (index, text) in come.iter().enumerate() {
        let mark = differs(index, text);
        lines.extend(side.line("+", hunk.line + head + index, text, mark, Role::Added));
    }
    for (index, text) in removed[removed.len() - tail..].iter().enumerate() {
        let number = hunk.line + head + come.len() + index;
        lines.extend(side.line(" ", number, text, 0..0, Role::Muted));
    }
    lines
}

/// Where the lines of a diff go.
struct Side<'a, 'b> {
    canvas: &'a Canvas<'b>,
    width: u16,
}

impl Side<'_, '_> {
    /// One line of a diff, over as many rows as it takes.
    fn line<'a>(
        &self,
        sign: &'static str,
        number: usize,
        text: &str,
        mark: std::ops::Range<usize>,
        role: Role,
    ) -> Vec<Strip<'a>> {
        let (muted, style) = (self.canvas.role(Role::Muted), self.canvas.role(role));
        let marked = style.add_modifier(ratatui::style::Modifier::UNDERLINED);
        let room = usize::from(self.width).saturating_sub(10);
        let mut rows = Vec::new();
        let mut start = 0;
        for end in format::breaks(text, room).into_iter().chain([text.len()]) {
            let (number, sign) = match start {
                0 => (format!("  {number:>4} "), sign),
                _ => (" ".repeat(7), " "),
            };
            let mut strip = Strip::new()
                .left(number, muted)
                .left(format!("{sign} "), style);
            let (from, to) = (mark.start.clamp(start, end), mark.end.clamp(start, end));
            let pieces = [(start..from, style), (from..to, marked), (to..end, style)];
            for (piece, style) in pieces {
                let piece = text.get(piece).unwrap_or_default();
                if !piece.is_empty() {
                    strip = strip.left(piece.replace('\t', "    "), style);
                }
            }
            rows.push(strip);
            start = end;
        }
        rows
    }
}

/// Findings that somebody allowed, and why.
fn allowed<'a>(canvas: &Canvas<'_>, state: &'a FileState) -> Vec<Strip<'a>> {
    let mut lines = Vec::new();
    for found in &state.report.findings {
        let reason = match &found.suppression {
            Some(Suppression::InSource { reason }) => reason.as_str(),
            Some(Suppression::Baseline { reason }) => reason.as_deref().unwrap_or("known"),
            None => continue,
        };
        if lines.is_empty() {
            lines.push(Strip::new());
        }
        lines.push(
            Strip::new()
                .left(" · ", canvas.role(Role::Faint))
                .left(
                    format!(
                        "{} in line {}: allowed: ",
                        found.finding.check, found.region.line
                    ),
                    canvas.role(Role::Muted),
                )
                .left(reason, canvas.role(Role::Muted)),
        );
    }
    lines
}

/// Returns the words for a file's format and role.
pub(super) fn kind(state: &FileState) -> (String, &'static str) {
    match &state.report.reading {
        Ok(read) => (
            format!("{:?}", read.format).to_lowercase(),
            read.role.as_str(),
        ),
        Err(_) => (String::new(), ""),
    }
}

/// Cuts a path at its beginning: its end tells files apart.
pub(super) fn short(path: &str, width: u16) -> Cow<'_, str> {
    let room = usize::from(width);
    if format::width(path) <= room {
        return path.into();
    }
    let mut taken = 1;
    let kept = path
        .char_indices()
        .rev()
        .take_while(|(_, character)| {
            taken += format::width(character.encode_utf8(&mut [0; 4]));
            taken <= room
        })
        .last()
        .map_or(path.len(), |(at, _)| at);
    format!("…{}", &path[kept..]).into()
}

/// The time of day today, the date before.
pub(super) fn time(model: &Model, at: Timestamp) -> String {
    let zoned = at.to_zoned(model.time_zone.clone());
    let today = model.now.to_zoned(model.time_zone.clone()).date();
    let form = if zoned.date() == today {
        "%H:%M:%S"
    } else {
        "%d %b"
    };
    zoned.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_line_is_cut_before_its_mark() {
        let text = format!("{}sslmode=disable&x=1", "x".repeat(200));
        let marked = Marked {
            number: 1,
            mark: 208..215,
            text,
        };
        let (before, inside, _) = window(&marked, 40);
        assert_eq!(inside, "disable");
        assert!(
            before.starts_with('…') && before.ends_with("sslmode="),
            "{before}"
        );
        assert!(format::width(&before) <= 20);
    }

    #[test]
    fn path_keeps_its_end() {
        assert_eq!(short("deploy/prod/app.env", 12), "…rod/app.env");
        assert_eq!(short("a.env", 12), "a.env");
        assert_eq!(short("日本/日本.env", 6), "….env");
    }
}
