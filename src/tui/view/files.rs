//! The watched files: one row each, and what is wrong in the selected one.

use ratatui::layout::Rect;

use crate::finding::Severity;
use crate::store::{FileState, Posture};
use crate::theme::Role;

use super::super::format;
use super::super::layout::{Class, Layout};
use super::super::model::Model;
use super::{Canvas, Strip, file, mark};

/// Where the columns stand. Those that there is no room for have no width.
#[derive(Clone, Copy, Debug)]
struct Columns {
    path: (u16, u16),
    format: (u16, u16),
    role: (u16, u16),
    counts: u16,
    read: (u16, u16),
}

/// Columns of the longest word for a format.
const FORMAT: u16 = 15;
/// Columns of the longest word for a role.
const ROLE: u16 = 7;
/// Columns of one count with its mark.
const COUNT: u16 = 4;

fn columns(area: Rect) -> Columns {
    let right = area.right().saturating_sub(1);
    let read = if area.width >= 64 { 8 } else { 0 };
    let read_at = right.saturating_sub(read);
    let counts = read_at.saturating_sub(u16::from(read > 0) * 2 + 3 * COUNT - 1);
    let role = if area.width >= 56 { ROLE } else { 0 };
    let role_at = counts.saturating_sub(role + u16::from(role > 0) * 2);
    let format = if area.width >= 76 { FORMAT } else { 0 };
    let format_at = role_at.saturating_sub(format + u16::from(format > 0));
    let x = area.x + 3;
    Columns {
        path: (x, format_at.saturating_sub(x + 1)),
        format: (format_at, format),
        role: (role_at, role),
        counts,
        read: (read_at, read),
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let area = layout.rows;
    let columns = columns(area);
    if layout.columns.height > 0 && layout.columns.y != area.y {
        header(canvas, layout.columns.y, columns);
    }
    let cursor = model.cursor();
    let rows = model.rows.files.iter().enumerate().skip(cursor.offset);
    for ((position, index), y) in rows.zip(area.y..area.bottom()) {
        let Some(state) = model.snapshot.files.get(*index) else {
            continue;
        };
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        row(canvas, model, columns, line, state);
        if position == cursor.position {
            canvas.selected(line);
            canvas.bold(columns.path.0, y, columns.path.1);
        }
    }
    let Some(state) = model.selected_file() else {
        return;
    };
    let inspector = layout.inspector;
    if layout.class == Class::Small {
        let first = state.findings.first().map(|held| &held.finding.message);
        if let Some(text) = first.or(state.problem.as_ref())
            && inspector.height > 0
        {
            let muted = canvas.role(Role::Muted);
            canvas.put(1, inspector.y, area.width.saturating_sub(1), text, muted);
        }
        return;
    }
    let beside = layout.divider.is_some();
    let shift = u16::from(!beside);
    let inner = Rect {
        y: inspector.y + shift,
        height: inspector.height.saturating_sub(shift),
        width: inspector.width.saturating_sub(shift),
        ..inspector
    };
    let mut strips = vec![file::title(canvas, model, state)];
    strips.extend(file::state_lines(canvas, state, inner.width));
    let room = usize::from(inner.height);
    // The chosen finding comes first and whole, and the others behind it as long as there is room.
    let chosen = model
        .selected_finding()
        .map(|held| &held.finding.fingerprint);
    let is_chosen = |fingerprint: &String| Some(fingerprint) == chosen;
    let (first, others): (Vec<_>, Vec<_>) =
        (state.findings.iter()).partition(|held| is_chosen(&held.finding.fingerprint));
    for (index, held) in first.into_iter().chain(others).enumerate() {
        if index > 0 && strips.len() + 4 > room {
            let rest = format::count(state.findings.len() - index, "more", "more");
            let text = format!("   {rest}; Enter shows all");
            strips.truncate(room.saturating_sub(1));
            strips.push(Strip::new().left(text, canvas.role(Role::Faint)));
            break;
        }
        if index > 0 {
            strips.push(Strip::new());
        }
        strips.extend(file::finding(canvas, model, state, held, inner.width));
    }
    if state.findings.is_empty() && state.problem.is_none() {
        strips.push(file::good(canvas));
    }
    canvas.strips(inner, &strips);
}

fn header(canvas: &mut Canvas<'_>, y: u16, columns: Columns) {
    let muted = canvas.role(Role::Muted);
    canvas.put(columns.path.0, y, columns.path.1, "FILE", muted);
    canvas.put(columns.format.0, y, columns.format.1, "FORMAT", muted);
    canvas.put(columns.role.0, y, columns.role.1, "ROLE", muted);
    for (index, severity) in (0..).zip([Severity::High, Severity::Medium, Severity::Info]) {
        let style = mark::severity_role(canvas, severity);
        let x = columns.counts + index * COUNT;
        canvas.put_right(x, y, COUNT - 1, mark::severity(severity), style);
    }
    canvas.put_right(columns.read.0, y, columns.read.1, "READ", muted);
}

fn row(canvas: &mut Canvas<'_>, model: &Model, columns: Columns, area: Rect, state: &FileState) {
    let y = area.y;
    let (text, muted) = (canvas.role(Role::Text), canvas.role(Role::Muted));
    let (sign, style) = sign(canvas, state);
    canvas.put(area.x + 1, y, 1, sign, style);
    canvas.put(
        columns.path.0,
        y,
        columns.path.1,
        &file::short(&state.path, columns.path.1),
        text,
    );
    if let (Some(problem), true) = (&state.problem, state.findings.is_empty()) {
        // Why it is not read stands where its kind would.
        let end = columns.read.0.saturating_sub(1);
        let taken = u16::try_from(format::width(&state.path)).unwrap_or(columns.path.1);
        let x = columns.path.0 + taken.min(columns.path.1) + 2;
        canvas.put(
            x,
            y,
            end.saturating_sub(x),
            problem,
            canvas.role(Role::Unknown),
        );
    } else {
        let (kind, role) = file::kind(state);
        canvas.put(columns.format.0, y, columns.format.1, &kind, muted);
        canvas.put(columns.role.0, y, columns.role.1, role, muted);
        counts(canvas, columns.counts, y, state);
    }
    let at = if columns.read.1 > 0 {
        file::time(model, state.read_at)
    } else {
        String::new()
    };
    canvas.put_right(columns.read.0, y, columns.read.1, &at, muted);
}

/// Writes how many findings there are of each kind; zero is a dim dot.
fn counts(canvas: &mut Canvas<'_>, x: u16, y: u16, state: &FileState) {
    let kinds = [Posture::Critical, Posture::Warning, Posture::Ok];
    for (index, kind) in (0..).zip(kinds) {
        let of_kind = |held: &&std::sync::Arc<crate::store::FindingState>| {
            Posture::of(Some(held.finding.severity)) == kind
        };
        let count = state.findings.iter().filter(of_kind).count();
        let (text, role) = match (count, kind) {
            (0, _) => ("·".to_owned(), Role::Faint),
            (_, Posture::Critical) => (count.to_string(), Role::Critical),
            (_, Posture::Warning) => (count.to_string(), Role::Warn),
            (_, _) => (count.to_string(), Role::Info),
        };
        let style = canvas.role(role);
        canvas.put_right(x + index * COUNT, y, COUNT - 1, &text, style);
    }
}

/// Returns the mark of a file: that of its worst finding.
fn sign(canvas: &Canvas<'_>, state: &FileState) -> (&'static str, ratatui::style::Style) {
    match state.findings.first() {
        Some(held) => {
            let severity = held.finding.severity;
            (
                mark::severity(severity),
                mark::severity_role(canvas, severity),
            )
        }
        None if state.problem.is_some() => ("⊘", canvas.role(Role::Unknown)),
        None => ("✓", canvas.role(Role::Ok)),
    }
}

/// How many files there are, how they stand, and when one changed.
pub(super) fn summary<'a>(canvas: &Canvas<'_>, model: &Model, mut strip: Strip<'a>) -> Strip<'a> {
    let (text, muted) = (canvas.role(Role::Text), canvas.role(Role::Muted));
    let files = &model.snapshot.files;
    let watching = &model.snapshot.watching;
    if !watching.is_wanted {
        return strip.left("no files are watched", muted);
    }
    let worst = |state: &FileState| state.findings.first().map(|held| held.finding.severity);
    let of = |posture: Posture| {
        let is_one = |state: &&std::sync::Arc<FileState>| {
            worst(state).is_some() && Posture::of(worst(state)) == posture
        };
        files.iter().filter(is_one).count()
    };
    let parts = [
        (of(Posture::Critical), "critical", "✗", Role::Critical),
        (of(Posture::Warning), "warning", "!", Role::Warn),
        (
            files.iter().filter(|state| state.problem.is_some()).count(),
            "not read",
            "⊘",
            Role::Unknown,
        ),
    ];
    let bad = files
        .iter()
        .filter(|it| it.problem.is_some() || Posture::of(worst(it)) != Posture::Ok);
    let good = files.len() - bad.count();
    for (count, word, sign, role) in parts.into_iter().filter(|(count, ..)| *count > 0) {
        strip = strip
            .left(sign, canvas.role(role))
            .left(format!(" {count} {word}   "), text);
    }
    strip = strip
        .left("✓", canvas.role(Role::Ok))
        .left(format!(" {good} ok   "), text);
    let named = model.snapshot.candidates.len();
    if named > 0 {
        let text = format!("c {}   ", format::count(named, "candidate", "candidates"));
        strip = strip.left(text, canvas.role(Role::Accent));
    }
    strip = strip.left(format!("of {} looked at", watching.files), muted);
    let last = files
        .iter()
        .filter_map(|state| Some((state.changed_at?, state)))
        .max_by_key(|it| it.0);
    match last {
        Some((at, _)) => strip.right(format!("last change {}", file::time(model, at)), muted),
        None => strip.right(format!("under {}", watching.base), muted),
    }
}

/// What is in the way of watching, where something is.
pub(super) fn banner<'a>(canvas: &Canvas<'_>, model: &Model) -> Option<Strip<'a>> {
    let watching = &model.snapshot.watching;
    let mut problems = Vec::new();
    if let Some(reason) = &watching.polling {
        problems.push(format!("looked at every 2 s: {reason}"));
    }
    problems.extend(watching.troubles.iter().map(|(name, reason)| {
        if name.is_empty() {
            reason.clone()
        } else {
            format!("{name}: {reason}")
        }
    }));
    let more = problems.len().saturating_sub(1);
    let first = problems.into_iter().next()?;
    let strip = Strip::new()
        .left(" ! ", canvas.role(Role::Warn))
        .left(first, canvas.role(Role::Text));
    Some(if more > 0 {
        strip.right(format!("and {more} more"), canvas.role(Role::Muted))
    } else {
        strip
    })
}
