//! Pieces of a file as they may be shown: the lines of a finding with its place marked, and what a fix changes.
//!
//! Secrets are blotted out of a line by [`Lines`], which makes it another line. What is shown here is only ever a piece of that other
//! line or of a fix's own text: places are carried over by what both lines have in common at their two ends.

use std::ops::Range;

use crate::source::declaration::Edit;
use crate::source::lines::Lines;
use crate::text::printable;

/// Most lines of a finding that are shown.
const MOST_LINES: usize = 6;
/// Longest line that a fix is shown for, in bytes. Nobody reads a longer one.
const LONGEST: usize = 2000;

/// The lines of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The first lines of it.
    pub lines: Vec<Marked>,
    /// How many more there are.
    pub more: usize,
}

/// A line with a part of it marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// Its number.
    pub number: usize,
    /// Its text, printable, without tabs.
    pub text: String,
    /// The marked part, in bytes of `text`.
    pub mark: Range<usize>,
}

/// A piece of a file before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The number of the first line that goes.
    pub line: usize,
    /// The lines that go, printable.
    pub removed: Vec<String>,
    /// The lines that come, printable.
    pub added: Vec<String>,
}

/// A text cut into lines.
#[derive(Debug)]
pub(super) struct Places<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Places<'a> {
    /// Cuts a text into lines.
    pub(super) fn of(text: &'a str) -> Self {
        let behind = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(behind).collect(),
        }
    }

    /// Returns the line of an offset, from 0.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// Returns where a line begins and ends, without its end.
    pub(super) fn bounds(&self, line: usize) -> Range<usize> {
        let start = self.starts.get(line).copied().unwrap_or(self.text.len());
        let end = self
            .starts
            .get(line + 1)
            .map_or(self.text.len(), |next| next - 1);
        let end = end.max(start);
        let text = &self.text[start..end];
        start..end - usize::from(text.ends_with('\r'))
    }

    /// Returns the text of a line, without its end.
    pub(super) fn line(&self, line: usize) -> &'a str {
        &self.text[self.bounds(line)]
    }

    /// Returns the line from 0 and the column from 1, in characters.
    pub(super) fn place(&self, offset: usize) -> (usize, usize) {
        let offset = floor(self.text, offset);
        let line = self.line_of(offset);
        let start = self.starts.get(line).copied().unwrap_or_default();
        (line, self.text[start..offset].chars().count() + 1)
    }
}

/// Returns the last boundary of a character at or before an offset.
pub(super) fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Returns the lines at a span.
pub(super) fn excerpt(places: &Places<'_>, lines: &Lines, span: &Range<usize>) -> Excerpt {
    let first = places.line_of(floor(places.text, span.start));
    let last = places.line_of(floor(places.text, span.end.max(span.start + 1) - 1));
    let shown = (first..=last).take(MOST_LINES).filter_map(|line| {
        let pair = Pair::of(places, lines, line)?;
        let bounds = places.bounds(line);
        let original = places.line(line);
        let indent = original.len() - original.trim_start().len();
        let start = span
            .start
            .saturating_sub(bounds.start)
            .max(if line == first { 0 } else { indent });
        let end = span.end.min(bounds.end).saturating_sub(bounds.start);
        let mark = pair.carry(start)..pair.carry(end.max(start));
        Some(untabbed(line + 1, &pair.shown, mark))
    });
    let lines: Vec<Marked> = shown.collect();
    Excerpt {
        more: (last + 1 - first).saturating_sub(lines.len().max(MOST_LINES)),
        lines,
    }
}

/// Writes tabs as four spaces and carries the mark over.
fn untabbed(number: usize, text: &str, mark: Range<usize>) -> Marked {
    let at = |offset: usize| offset + text[..offset].matches('\t').count() * 3;
    Marked {
        number,
        mark: at(mark.start)..at(mark.end.max(mark.start)),
        text: text.replace('\t', "    "),
    }
}

/// Returns what edits change, line by line; nothing where an edit cuts into a part of a line that is not shown.
pub(super) fn hunks(places: &Places<'_>, lines: &Lines, edits: &[Edit]) -> Vec<Hunk> {
    let mut hunks: Vec<(Range<usize>, Vec<&Edit>)> = Vec::new();
    for edit in edits {
        let first = places.line_of(edit.span.start);
        let last = places.line_of(edit.span.end);
        match hunks.last_mut() {
            Some((range, edits)) if first <= range.end => {
                range.end = range.end.max(last);
                edits.push(edit);
            }
            Some(_) | None => hunks.push((first..last, vec![edit])),
        }
    }
    hunks
        .iter()
        .map(|(range, edits)| hunk(places, lines, range, edits))
        .collect::<Option<_>>()
        .unwrap_or_default()
}

/// Returns the lines `range.start` to `range.end`, both included, before and after the edits.
fn hunk(places: &Places<'_>, lines: &Lines, range: &Range<usize>, edits: &[&Edit]) -> Option<Hunk> {
    let pairs: Vec<Pair> = (range.start..=range.end)
        .map(|line| Pair::of(places, lines, line))
        .collect::<Option<_>>()?;
    let carry = |offset: usize| {
        let line = places.line_of(offset);
        let bounds = places.bounds(line);
        let within = offset.min(bounds.end) - bounds.start;
        pairs[line - range.start]
            .carry_exactly(within)
            .map(|at| (line - range.start, at))
    };
    let mut after = String::new();
    let mut from = (0, 0);
    for edit in edits {
        push(&mut after, &pairs, from, carry(edit.span.start)?);
        // A replacement is ours, but for names that it repeats.
        let clean: Vec<String> = edit.replacement.split('\n').map(clean).collect();
        after.push_str(&clean.join("\n"));
        from = carry(edit.span.end)?;
    }
    let last = pairs.len() - 1;
    push(&mut after, &pairs, from, (last, pairs[last].shown.len()));
    Some(Hunk {
        line: range.start + 1,
        removed: pairs.iter().map(|pair| pair.shown.clone()).collect(),
        added: after.split('\n').map(str::to_owned).collect(),
    })
}

/// Copies what is shown between two places.
fn push(after: &mut String, pairs: &[Pair], from: (usize, usize), to: (usize, usize)) {
    let count = (to.0 + 1).saturating_sub(from.0);
    for (line, pair) in pairs.iter().enumerate().skip(from.0).take(count) {
        let shown = &pair.shown;
        let start = if line == from.0 { from.1 } else { 0 };
        let end = if line == to.0 { to.1 } else { shown.len() };
        after.push_str(shown.get(start..end).unwrap_or_default());
        if line < to.0 {
            after.push('\n');
        }
    }
}

/// Returns every line as it may be shown.
pub(super) fn shown(places: &Places<'_>, lines: &Lines) -> Vec<String> {
    (0..places.starts.len())
        .map(|line| {
            Pair::of(places, lines, line)
                .map_or_else(|| "(not shown)".to_owned(), |pair| pair.shown)
        })
        .collect()
}

/// Makes a line printable, and leaves its tabs.
fn clean(line: &str) -> String {
    let pieces: Vec<String> = line
        .trim_end_matches('\r')
        .split('\t')
        .map(printable)
        .collect();
    pieces.join("\t")
}

/// A line and what is shown of it.
struct Pair {
    /// Length of the line in the file, in bytes.
    length: usize,
    /// What is shown: the line itself, printable, or the line without its secrets.
    shown: String,
    /// How many bytes both have in common at their beginning.
    head: usize,
    /// How many at their end, beyond that.
    tail: usize,
}

impl Pair {
    /// Returns a line and what is shown of it; `None` where nothing is.
    fn of(places: &Places<'_>, lines: &Lines, line: usize) -> Option<Self> {
        let original = places.line(line);
        let blotted = lines.shown(line + 1)?;
        let clean = clean(original);
        // `printable` makes a tab visible, and so may have done with the line that is shown.
        let shown = if printable(original) == blotted || clean == blotted {
            clean
        } else {
            with_indent(original, &blotted)
        };
        if original.len() > LONGEST && shown.len() > LONGEST {
            return None;
        }
        let head = common(original.chars(), shown.chars());
        let rest = original.len().min(shown.len()) - head;
        let tail = common(original[head..].chars().rev(), shown[head..].chars().rev()).min(rest);
        Some(Self {
            length: original.len(),
            shown,
            head,
            tail,
        })
    }

    /// Carries an offset from the line over to what is shown; from within what is not shown, to its nearer end.
    fn carry(&self, offset: usize) -> usize {
        self.carry_exactly(offset).unwrap_or(self.head)
    }

    /// Carries an offset over; `None` where it lies within what is not shown.
    fn carry_exactly(&self, offset: usize) -> Option<usize> {
        let offset = offset.min(self.length);
        if offset <= self.head {
            Some(offset)
        } else if self.length - offset <= self.tail {
            Some(self.shown.len() - (self.length - offset))
        } else {
            None
        }
    }
}

/// Gives a line its tabs at the beginning back.
fn with_indent(original: &str, shown: &str) -> String {
    let tabs = original
        .chars()
        .take_while(|character| *character == '\t')
        .count();
    let mut rest = shown.chars();
    let replaced = rest
        .by_ref()
        .take(tabs)
        .all(|character| character == char::REPLACEMENT_CHARACTER);
    if replaced {
        format!("{}{}", "\t".repeat(tabs), rest.as_str())
    } else {
        shown.to_owned()
    }
}

/// Counts the bytes in which two sequences of characters begin alike.
fn common(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    a.zip(b)
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum()
}
