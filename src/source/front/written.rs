//! Text as a program sees it, with the way back to the bytes of its file.
//!
//! A value seldom stands in a file as it is: quotes, escapes, indentation and continued lines are taken away. What is left is text in
//! pieces, and each piece knows where it stands. Holes are looked for in the whole text, parsers of embedded languages (a shell command
//! in a YAML block) read the whole text, and both get exact spans.

use std::ops::Range;

use crate::text::Secret;
use crate::text::template::{Literal, Part, Span, Template};

/// Text in pieces.
#[derive(Clone, Default)]
pub(super) struct Written {
    text: String,
    pieces: Vec<Piece>,
}

/// A piece of the text, up to where the next one begins.
#[derive(Clone)]
struct Piece {
    /// Where it begins in the text.
    start: usize,
    /// Where it stands in the file.
    span: Span,
    /// Whether it stands there byte for byte.
    verbatim: bool,
}

impl Written {
    /// Returns text that stands in the file as it is, from `at`.
    pub(super) fn verbatim(text: &str, at: usize) -> Self {
        let mut written = Self::default();
        written.push_verbatim(text, at);
        written
    }

    /// Returns what a template came from: its literals as the program sees them, its holes as they are written in `file`.
    pub(super) fn of(template: &Template, file: &str) -> Self {
        let mut written = Self::default();
        for part in &template.parts {
            match part {
                Part::Literal(literal) if literal.verbatim => {
                    written.push_verbatim(literal.text.expose(), literal.span.start);
                }
                Part::Literal(literal) => {
                    written.push_resolved(literal.text.expose(), literal.span.clone());
                }
                Part::Hole(hole) => {
                    if let Some(text) = file.get(hole.span.clone()) {
                        written.push_verbatim(text, hole.span.start);
                    }
                }
            }
        }
        written
    }

    /// Puts text behind it that stands in the file as it is, from `at`.
    pub(super) fn push_verbatim(&mut self, text: &str, at: usize) {
        if text.is_empty() {
            return;
        }
        match self.pieces.last_mut() {
            Some(last) if last.verbatim && last.span.end == at => last.span.end += text.len(),
            _ => self.pieces.push(Piece {
                start: self.text.len(),
                span: at..at + text.len(),
                verbatim: true,
            }),
        }
        self.text.push_str(text);
    }

    /// Puts text behind it that is written in another way at `span`: an escape, a fold.
    pub(super) fn push_resolved(&mut self, text: &str, span: Span) {
        if text.is_empty() {
            return;
        }
        self.pieces.push(Piece {
            start: self.text.len(),
            span,
            verbatim: false,
        });
        self.text.push_str(text);
    }

    /// Returns the text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns where a range of the text stands in the file. An empty text stands nowhere: `0..0`.
    pub(super) fn span_of(&self, range: Range<usize>) -> Span {
        let first = self.piece_at(range.start);
        let last = self.piece_at(range.end.saturating_sub(1).max(range.start));
        let (Some(first), Some(last)) = (first, last) else {
            return 0..0;
        };
        let start = if first.verbatim {
            (first.span.start + (range.start - first.start)).min(first.span.end)
        } else {
            first.span.start
        };
        let end = if range.is_empty() {
            start
        } else if last.verbatim {
            (last.span.start + (range.end - last.start)).min(last.span.end)
        } else {
            last.span.end
        };
        start..end.max(start)
    }

    /// Returns a range of the text as text of its own.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let mut slice = Self::default();
        self.each(range, |text, span, verbatim| {
            if verbatim {
                slice.push_verbatim(text, span.start);
            } else {
                slice.push_resolved(text, span);
            }
        });
        slice
    }

    /// Returns a range of the text without surrounding white space.
    pub(super) fn trimmed(&self, range: Range<usize>) -> Self {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let start = range.start + (text.len() - text.trim_start().len());
        self.slice(start..start + text.trim().len())
    }

    /// Puts another text behind this one.
    pub(super) fn append(&mut self, other: &Self) {
        other.each(0..other.text.len(), |text, span, verbatim| {
            if verbatim {
                self.push_verbatim(text, span.start);
            } else {
                self.push_resolved(text, span);
            }
        });
    }

    /// Returns a range of the text as literal parts of a template.
    pub(super) fn literals(&self, range: Range<usize>) -> Vec<Part> {
        let mut parts = Vec::new();
        self.each(range, |text, span, verbatim| {
            parts.push(Part::Literal(Literal {
                text: Secret::new(text),
                span,
                verbatim,
            }));
        });
        parts
    }

    /// Calls `visit` with each piece of a range of the text: its characters, where they stand, whether byte for byte.
    fn each(&self, range: Range<usize>, mut visit: impl FnMut(&str, Span, bool)) {
        if range.is_empty() {
            return;
        }
        let first = self
            .pieces
            .partition_point(|piece| piece.start <= range.start)
            .saturating_sub(1);
        for (place, piece) in self.pieces.iter().enumerate().skip(first) {
            if piece.start >= range.end {
                break;
            }
            let piece_end = self
                .pieces
                .get(place + 1)
                .map_or(self.text.len(), |next| next.start);
            let from = range.start.max(piece.start);
            let to = range.end.min(piece_end);
            let Some(text) = self.text.get(from..to) else {
                continue;
            };
            let span = if piece.verbatim {
                piece.span.start + (from - piece.start)..piece.span.start + (to - piece.start)
            } else {
                piece.span.clone()
            };
            visit(text, span, piece.verbatim);
        }
    }

    fn piece_at(&self, offset: usize) -> Option<&Piece> {
        let place = self
            .pieces
            .partition_point(|piece| piece.start <= offset)
            .checked_sub(1)?;
        self.pieces.get(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_lead_back_to_their_bytes() {
        let mut written = Written::verbatim("ab", 10);
        written.push_verbatim("cd", 12);
        written.push_resolved("\n", 14..16);
        written.push_verbatim("ef", 16);
        assert_eq!(written.text(), "abcd\nef");
        assert_eq!(written.span_of(1..3), 11..13);
        assert_eq!(written.span_of(3..6), 13..17);
        assert_eq!(written.span_of(4..5), 14..16);
        assert_eq!(written.span_of(2..2), 12..12);
        let slice = written.slice(3..7);
        assert_eq!(slice.text(), "d\nef");
        assert_eq!(slice.span_of(0..1), 13..14);
        assert_eq!(slice.literals(0..4).len(), 3);
    }

    #[test]
    fn trimming_keeps_the_place() {
        let written = Written::verbatim("  é x  ", 5);
        let trimmed = written.trimmed(0..8);
        assert_eq!(trimmed.text(), "é x");
        assert_eq!(trimmed.span_of(0..4), 7..11);
    }
}
