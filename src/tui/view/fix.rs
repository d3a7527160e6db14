//! The fix of one finding: the lines to change, what follows, how to see that it worked; then why, and what was seen.

use ratatui::layout::Rect;

use crate::check;
use crate::remediation::{Dialect, Proof, Snippet};
use crate::theme::Role;

use super::super::format;
use super::super::keymap::{Action, Place};
use super::super::model::{FixLayer, Model};
use super::{Canvas, Strip, mark, sections};

/// Returns the word on a variant's tab.
const fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Libpq => "libpq",
        Dialect::Psycopg => "psycopg",
        Dialect::Asyncpg => "asyncpg",
        Dialect::Sqlalchemy => "SQLAlchemy",
        Dialect::NodePostgres => "pg",
        Dialect::Pgx => "pgx",
        Dialect::Jdbc => "JDBC",
        Dialect::Nginx => "nginx",
        Dialect::Haproxy => "HAProxy",
        Dialect::Apache => "Apache",
        Dialect::Uvicorn => "uvicorn",
        Dialect::Node => "Node",
        Dialect::Go => "Go",
        Dialect::Java => "Java",
        Dialect::Postgresql => "PostgreSQL",
        Dialect::Cockroach => "cockroach",
        Dialect::Openssl => "openssl",
        Dialect::Verifull => "verifull",
    }
}

/// Rows of the text that are seen at once: the frame, the crossbar and the keys take four.
pub(super) fn room(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(4))
}

/// Returns how many rows the text has.
pub(super) fn height(model: &Model, area: Rect, layer: &FixLayer) -> usize {
    let mut buffer = ratatui::buffer::Buffer::empty(Rect::new(0, 0, 1, 1));
    let canvas = Canvas::new(&mut buffer, &model.styles);
    lines(&canvas, model, layer, area.width.saturating_sub(4)).len()
}

/// Shrinks the area to what the text needs, so that a short fix is a small window.
fn fitted(area: Rect, lines: usize) -> Rect {
    let wanted = u16::try_from(lines + 4)
        .unwrap_or(u16::MAX)
        .min(area.height);
    Rect {
        y: area.y + (area.height - wanted) / 2,
        height: wanted,
        ..area
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect, layer: &FixLayer) {
    let lines = lines(canvas, model, layer, area.width.saturating_sub(4));
    let area = fitted(area, lines.len());
    let inner = canvas.overlay(area, "Fix");
    if inner.height < 3 {
        return;
    }
    let text = Rect {
        height: inner.height - 2,
        ..inner
    };
    let shown = &lines[layer.scroll.min(lines.len())..];
    canvas.strips(text, shown);
    canvas.crossbar(area, text.bottom());
    let muted = canvas.role(Role::Muted);
    if shown.len() > usize::from(text.height) {
        canvas.put(
            area.right().saturating_sub(2),
            text.bottom() - 1,
            1,
            "▾",
            muted,
        );
    }
    if layer.scroll > 0 {
        canvas.put(area.right().saturating_sub(2), text.y, 1, "▴", muted);
    }
    let keys = keys(canvas, model, layer);
    canvas.strip(inner.x, text.bottom() + 1, inner.width, &keys);
}

fn keys<'a>(canvas: &Canvas<'_>, model: &Model, layer: &FixLayer) -> Strip<'a> {
    let key = canvas.role(Role::Key);
    let muted = canvas.role(Role::Muted);
    let mut strip = Strip::new();
    let mut words: Vec<(Action, &str)> = Vec::new();
    if !layer.snippets.is_empty() {
        words.extend([(Action::Copy, "copy"), (Action::CopyAll, "with steps")]);
    }
    words.push((Action::Reprobe, "re-probe"));
    for (action, word) in words {
        if let Some(name) = model.keymap.key(Place::Fix, action) {
            strip = strip.left(name, key).left(format!(" {word}   "), muted);
        }
    }
    strip.right("Esc", key).right(" close", muted)
}

/// Everything that is told, line by line.
fn lines<'a>(
    canvas: &Canvas<'_>,
    model: &'a Model,
    layer: &'a FixLayer,
    width: u16,
) -> Vec<Strip<'a>> {
    let finding = &layer.held.finding;
    let muted = canvas.role(Role::Muted);
    let room = usize::from(width).saturating_sub(9);
    let mut strips = Vec::new();
    let headline = format::wrap(&finding.message, usize::from(width).saturating_sub(2));
    for (index, line) in headline.into_iter().enumerate() {
        let sign = if index == 0 {
            mark::severity(finding.severity)
        } else {
            " "
        };
        strips.push(
            Strip::new()
                .left(sign, mark::severity_role(canvas, finding.severity))
                .left(format!(" {line}"), canvas.role(Role::Title)),
        );
    }
    let subject = finding.subject.name().to_string();
    strips.push(
        Strip::new()
            .left(
                format!("  {} · {} · {subject}", finding.check, finding.severity),
                muted,
            )
            .right(
                format!("since {}", format::ago(layer.held.since, model.now)),
                muted,
            ),
    );
    strips.push(Strip::new());
    // Whoever is called at night needs the lines to change first, and the reasons after them.
    match layer.snippets.get(layer.variant) {
        Some(snippet) => {
            strips.extend(variants(canvas, layer, width));
            strips.extend(snippet_lines(canvas, model, snippet, width));
        }
        None => strips.push(Strip::new().left("nothing that could be copied cures this", muted)),
    }
    strips.push(Strip::new());
    strips.extend(reasons(canvas, layer, room));
    strips
}

/// Why it matters, what was seen and where, and who says so.
fn reasons<'a>(canvas: &Canvas<'_>, layer: &FixLayer, room: usize) -> Vec<Strip<'a>> {
    let finding = &layer.held.finding;
    let why = check::find(finding.check).and_then(|check| section(check.docs, "Why it matters"));
    let why = why.unwrap_or_else(|| finding.title.to_owned());
    let mut strips = labelled(canvas, "Why", &why, room);
    for (index, seen) in finding.evidence.iter().take(4).enumerate() {
        let label = if index == 0 { "Seen" } else { "" };
        strips.extend(labelled(canvas, label, seen, room));
    }
    if !finding.addresses.is_empty() {
        let seen = sections::where_seen(finding);
        strips.extend(labelled(canvas, "At", &seen, room));
    }
    if !finding.references.is_empty() {
        let references = finding.references.join(" · ");
        strips.extend(labelled(canvas, "See", &references, room));
    }
    strips
}

/// A text beside its label, over as many lines as it takes.
fn labelled<'a>(
    canvas: &Canvas<'_>,
    label: &'static str,
    value: &str,
    room: usize,
) -> Vec<Strip<'a>> {
    let (muted, text) = (canvas.role(Role::Muted), canvas.role(Role::Text));
    format::wrap(value, room)
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            Strip::new()
                .left(format!("{:8} ", if index == 0 { label } else { "" }), muted)
                .left(line, text)
        })
        .collect()
}

/// The tabs of the variants, the chosen one marked; over several lines where there are many.
fn variants<'a>(canvas: &Canvas<'_>, layer: &FixLayer, width: u16) -> Vec<Strip<'a>> {
    let faint = canvas.role(Role::Rule);
    let mut strips = Vec::new();
    let mut strip = Strip::new();
    let mut used = 0;
    for (index, snippet) in layer.snippets.iter().enumerate() {
        // Two snippets of one dialect are told apart by their number.
        let same = |other: &&Snippet| other.dialect == snippet.dialect;
        let of_kind = layer.snippets.iter().filter(same).count();
        let number = layer.snippets[..=index].iter().filter(same).count();
        let word = dialect(snippet.dialect);
        let word = if of_kind > 1 {
            format!("{word} {number}")
        } else {
            word.to_owned()
        };
        if used + word.len() + 3 > usize::from(width).saturating_sub(5) {
            strips.push(std::mem::take(&mut strip));
            used = 0;
        }
        if used > 0 {
            strip = strip.left(" │ ", faint);
            used += 3;
        }
        used += word.len();
        let role = if index == layer.variant {
            Role::Accent
        } else {
            Role::Muted
        };
        strip = strip.left(word, canvas.role(role));
    }
    if layer.snippets.len() > 1 {
        strip = strip.right(" ← →", canvas.role(Role::Key));
    }
    strips.push(strip);
    strips
}

fn snippet_lines<'a>(
    canvas: &Canvas<'_>,
    model: &'a Model,
    snippet: &'a Snippet,
    width: u16,
) -> Vec<Strip<'a>> {
    let muted = canvas.role(Role::Muted);
    let text = canvas.role(Role::Text);
    let width = usize::from(width);
    let mut strips: Vec<Strip<'a>> = format::wrap(&snippet.title, width)
        .into_iter()
        .map(|line| Strip::new().left(line, text))
        .collect();
    for line in snippet.text.lines() {
        let lines = sections::whole_code(model, snippet.language, line, "  ", width);
        strips.extend(lines);
    }
    strips.push(Strip::new());
    for (index, step) in snippet.then.iter().enumerate() {
        let label = if index == 0 { "then" } else { "" };
        strips.extend(labelled(canvas, label, step, width.saturating_sub(9)));
    }
    for (index, line) in snippet.verify.lines().enumerate() {
        let lead = if index == 0 { "verify   " } else { "         " };
        strips.extend(sections::whole_code(model, "sh", line, lead, width));
    }
    let (sign, role, words) = match &snippet.proof {
        Proof::Executed(with) => ("✓ ", Role::Ok, format!("executed with {with}")),
        Proof::NotExecuted(why) => ("~ ", Role::Unknown, format!("not executed: {why}")),
    };
    let lines = format::wrap(&words, width.saturating_sub(2));
    strips.extend(lines.into_iter().enumerate().map(|(index, line)| {
        Strip::new()
            .left(if index == 0 { sign } else { "  " }, canvas.role(role))
            .left(line, muted)
    }));
    strips
}

/// Returns the first paragraph under a heading of a check's page, as one line.
fn section(docs: &str, heading: &str) -> Option<String> {
    let mut lines = docs
        .lines()
        .skip_while(|line| line.trim_start_matches('#').trim() != heading)
        .skip(1);
    let text: Vec<&str> = lines
        .by_ref()
        .skip_while(|line| line.trim().is_empty())
        .take_while(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(str::trim)
        .collect();
    (!text.is_empty()).then(|| text.join(" ").replace('`', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_is_the_first_paragraph_under_its_heading() {
        let docs = "## What it looks for\n\nx\n\n## Why it matters\n\nAnybody on the `path`\ncan read.\n\nMore.\n";
        assert_eq!(
            section(docs, "Why it matters").as_deref(),
            Some("Anybody on the path can read.")
        );
        assert_eq!(section(docs, "How to fix it"), None);
        assert_eq!(section("", "Why it matters"), None);
    }
}
