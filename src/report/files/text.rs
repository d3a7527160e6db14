//! The report for people: each finding with its line, the place marked, and what to change.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{counted, place, tally};
use crate::audit::excerpt::Marked;
use crate::audit::{Audit, FileFinding, FileReport, Suppression};
use crate::finding::Confidence;
use crate::remediation::{self, Proof};
use crate::report::Style;
use crate::report::text::page::{Page, Role, span};
use crate::report::text::severity_mark;

/// Columns before the text beside a finding.
const INDENT: usize = 4;
/// Most lines of a fix or a snippet that are shown.
const MOST_LINES: usize = 12;

/// Renders the report.
pub(super) fn render(audit: &Audit, style: Style<'_>) -> String {
    let mut page = Page::new(style);
    for (file, found) in audit.counted() {
        page.gap();
        finding(&mut page, file, found);
    }
    blind_spots(&mut page, audit);
    mended(&mut page, audit);
    page.gap();
    foot(&mut page, audit);
    page.finish()
}

/// Writes one finding.
fn finding(page: &mut Page, file: &FileReport, found: &FileFinding) {
    let finding = &found.finding;
    let (_, role) = severity_mark(finding.severity);
    let mut head = vec![
        span(Role::Strong, place(file, found)),
        span(Role::Plain, ": "),
        span(role, finding.severity.as_str()),
        span(Role::Plain, " "),
        span(Role::Dim, finding.check),
    ];
    if finding.confidence != Confidence::High {
        let confidence = finding.confidence.as_str();
        head.push(span(Role::Dim, format!(" (confidence {confidence})")));
    }
    page.line(&head);
    page.hanging(&[], INDENT, &[span(Role::Plain, finding.message.clone())]);
    excerpt(page, found, role);
    for evidence in &finding.evidence {
        let lead = span(Role::Dim, "    seen");
        page.hanging(&[lead], 9, &[span(Role::Plain, evidence.clone())]);
    }
    cure(page, file, found);
}

/// Writes the lines of a finding with its place marked.
fn excerpt(page: &mut Page, found: &FileFinding, role: Role) {
    let lines = &found.excerpt.lines;
    let Some(last) = lines.last() else {
        return;
    };
    let gutter = last.number.to_string().len();
    let empty = || span(Role::Dim, format!("{:INDENT$}{:gutter$} |", "", ""));
    for line in lines {
        let (text, before, width) =
            windowed(line, page.width().saturating_sub(INDENT + gutter + 3));
        let number = format!("{:INDENT$}{:>gutter$} | ", "", line.number);
        page.line(&[span(Role::Dim, number), span(Role::Plain, text)]);
        if width > 0 {
            page.line(&[
                empty(),
                span(Role::Plain, " ".repeat(before + 1)),
                span(role, "^".repeat(width)),
            ]);
        }
    }
    if found.excerpt.more > 0 {
        let more = format!(" and {} more", counted(found.excerpt.more, "line"));
        page.line(&[empty(), span(Role::Dim, more)]);
    }
}

/// Cuts a line to some columns around its mark. Returns it with the columns before the mark and those of the mark.
fn windowed(line: &Marked, columns: usize) -> (String, usize, usize) {
    let mark = &line.text[line.mark.clone()];
    if line.text.width() <= columns {
        return (
            line.text.clone(),
            line.text[..line.mark.start].width(),
            mark.width(),
        );
    }
    let head = &line.text[..line.mark.start];
    let mut shown = String::new();
    // A third of the width for what stands before the mark; more where the mark is near, or what comes behind it is short.
    let rest = line.text[line.mark.start..].width();
    let room = if head.width() + mark.width() < columns {
        head.width()
    } else {
        (columns / 3).max(columns.saturating_sub(rest + 2))
    };
    let mut kept: Vec<char> = Vec::new();
    let mut used = 0;
    for character in head.chars().rev() {
        let wide = character.width().unwrap_or_default();
        if used + wide > room {
            kept.push('…');
            break;
        }
        used += wide;
        kept.push(character);
    }
    shown.extend(kept.into_iter().rev());
    let before = shown.width();
    let mut used = before;
    for character in line.text[line.mark.start..].chars() {
        let wide = character.width().unwrap_or_default();
        if used + wide + 1 > columns {
            shown.push('…');
            break;
        }
        used += wide;
        shown.push(character);
    }
    let width = mark.width().min(used.saturating_sub(before));
    (shown, before, width)
}

/// Writes the best fix as a diff; where there is none, the likeliest snippet.
fn cure(page: &mut Page, file: &FileReport, found: &FileFinding) {
    let Some(best) = found.fixes.first() else {
        snippet(page, found);
        return;
    };
    let mut title = vec![span(Role::Ok, best.fix.title.clone())];
    let reading = file.reading.as_ref();
    if let Some(Err(reason)) = reading.ok().map(|read| read.text_start) {
        title.push(span(Role::Warning, format!("(not by --fix: {reason})")));
    } else if !best.fix.is_safe {
        title.push(span(Role::Dim, "(--unsafe-fixes: look at it first)"));
    }
    page.hanging(&[span(Role::Dim, "    fix")], 9, &title);
    let columns = page.width().saturating_sub(11);
    let lines = best.hunks.iter().flat_map(|hunk| {
        let shared = shared(&hunk.removed, &hunk.added);
        let removed = hunk.removed.iter().map(|line| (Role::Critical, "- ", line));
        let added = hunk.added.iter().map(|line| (Role::Ok, "+ ", line));
        removed.chain(added).map(move |line| (line, shared))
    });
    for ((role, sign, line), shared) in lines.take(MOST_LINES) {
        let text = line.replace('\t', "    ");
        let start = shared + line[..shared].matches('\t').count() * 3;
        let (text, _, _) = windowed(
            &Marked {
                number: 0,
                mark: start..text.len(),
                text,
            },
            columns,
        );
        page.line(&[
            span(Role::Plain, " ".repeat(9)),
            span(role, format!("{sign}{text}")),
        ]);
    }
}

/// Counts the bytes that one line and the one in its place begin alike with; none where there are more lines.
fn shared(removed: &[String], added: &[String]) -> usize {
    let ([removed], [added]) = (removed, added) else {
        return 0;
    };
    removed
        .chars()
        .zip(added.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum()
}

/// Writes the likeliest snippet.
fn snippet(page: &mut Page, found: &FileFinding) {
    let Some(snippet) = found
        .finding
        .remedy
        .as_ref()
        .and_then(|remedy| remediation::render(remedy).into_iter().next())
    else {
        return;
    };
    page.hanging(
        &[span(Role::Dim, "    cure")],
        9,
        &[span(Role::Ok, snippet.title.clone())],
    );
    if let Proof::NotExecuted(why) = snippet.proof {
        page.hanging(&[], 9, &[span(Role::Dim, format!("not executed: {why}"))]);
    }
    for line in snippet.text.trim_end().lines().take(MOST_LINES) {
        page.line(&[
            span(Role::Plain, " ".repeat(9)),
            span(Role::Strong, line.replace('\t', "    ")),
        ]);
    }
}

/// Writes what could not be read.
fn blind_spots(page: &mut Page, audit: &Audit) {
    let unread = audit.unread();
    if unread.is_empty() {
        return;
    }
    page.gap();
    for (path, reason) in unread {
        page.hanging(
            &[span(Role::Unknown, format!("{path}:"))],
            INDENT,
            &[span(Role::Plain, format!("not looked at: {reason}"))],
        );
    }
}

/// Writes what was changed, and what was not.
fn mended(page: &mut Page, audit: &Audit) {
    for file in &audit.mended {
        page.gap();
        for title in &file.applied {
            let text = match &file.backup {
                Some(backup) => format!("{title} (the old file is {backup})"),
                None => title.clone(),
            };
            let lead = span(Role::Ok, format!("{}: mended:", file.path));
            page.hanging(&[lead], INDENT, &[span(Role::Plain, text)]);
        }
        for (title, reason) in &file.refused {
            let lead = span(Role::Warning, format!("{}: not mended:", file.path));
            page.hanging(
                &[lead],
                INDENT,
                &[span(Role::Plain, format!("{title}: {reason}"))],
            );
        }
    }
}

/// Writes the sum of it.
fn foot(page: &mut Page, audit: &Audit) {
    let tally = tally(audit);
    let mut words = Vec::new();
    if tally.is_empty() {
        words.push(span(Role::Ok, "nothing found"));
    }
    for (at, (severity, count)) in tally.iter().enumerate() {
        let (_, role) = severity_mark(*severity);
        let comma = if at + 1 < tally.len() { "," } else { "" };
        words.push(span(role, format!("{count} {severity}{comma}")));
    }
    let concerned = audit
        .files
        .iter()
        .filter(|file| file.reading.is_ok())
        .count();
    words.push(span(
        Role::Plain,
        format!(
            "in {}, {concerned} of which {} about connections",
            counted(audit.looked_at, "file"),
            if concerned == 1 { "is" } else { "are" }
        ),
    ));
    page.hanging(&[], 0, &words);
    let asides = asides(audit);
    if !asides.is_empty() {
        page.hanging(&[], 0, &[span(Role::Dim, asides.join("; "))]);
    }
    let fixable = |safe: bool| {
        let fixes = audit.counted().filter(|(file, found)| {
            let is_text = (file.reading.as_ref()).is_ok_and(|read| read.text_start.is_ok());
            is_text && found.fixes.iter().any(|fix| fix.fix.is_safe == safe)
        });
        fixes.count()
    };
    if fixable(true) > 0 && audit.mended.is_empty() {
        let text = format!("`--fix` mends {} of them", fixable(true));
        page.hanging(&[], 0, &[span(Role::Dim, text)]);
    }
    if audit.counted().next().is_some() {
        page.hanging(
            &[],
            0,
            &[span(
                Role::Dim,
                "`verifull explain CHECK` says why it matters; a comment `verifull: allow(CHECK) reason` on the line or above it accepts one finding",
            )],
        );
    }
}

/// Says what else there is to know, each in a few words.
fn asides(audit: &Audit) -> Vec<String> {
    let mut asides = Vec::new();
    let suppressed = |wanted: fn(&Suppression) -> bool| {
        let findings = audit.findings();
        findings
            .filter(|(_, found)| found.suppression.as_ref().is_some_and(wanted))
            .count()
    };
    let silenced = suppressed(|it| matches!(it, Suppression::InSource { .. }));
    if silenced > 0 {
        asides.push(format!("{silenced} accepted by a comment"));
    }
    let known = suppressed(|it| matches!(it, Suppression::Baseline { .. }));
    if known > 0 {
        asides.push(format!("{known} known by the baseline"));
    }
    if let Some(stale) = audit.stale.filter(|stale| *stale > 0) {
        asides.push(format!(
            "{} of the baseline no longer there",
            counted(stale, "finding")
        ));
    }
    for (reason, count) in &audit.passed_over {
        asides.push(format!("{} passed over: {reason}", counted(*count, "file")));
    }
    if !audit.folders_passed_over.is_empty() {
        let names = audit.folders_passed_over.join(", ");
        asides.push(format!("folders passed over: {names}"));
    }
    asides
}
