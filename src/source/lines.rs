//! Lines of a file: from byte offsets to lines and columns, and what may be shown of each.

use crate::text::template::Span;

/// What stands in the place of a secret.
const BLOT: &str = "•••";

/// The lines of a file, secrets blotted out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
    /// Each line without its end, secrets blotted out, not yet made printable.
    shown: Vec<String>,
    /// Where characters of several bytes begin, and how many bytes more than one each has: columns count characters.
    wide: Vec<(usize, usize)>,
}

/// A place in a file: line and column from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Lines {
    /// Cuts a text into lines and blots out what stands at `secrets`: in order, without overlap.
    ///
    /// A secret of several lines is blotted out on each. Where a span is no part of the text, or cuts a character, the whole line goes.
    pub fn new(text: &str, secrets: &[Span]) -> Self {
        let mut starts = Vec::new();
        let mut shown = Vec::new();
        let mut start = 0;
        let mut waiting = secrets;
        for line in text.split_inclusive('\n') {
            let end = start + line.len();
            let bare = line.trim_end_matches(['\n', '\r']);
            while waiting.first().is_some_and(|secret| secret.end <= start) {
                waiting = &waiting[1..];
            }
            shown.push(blotted(bare, start, waiting));
            starts.push(start);
            start = end;
        }
        if text.is_empty() || text.ends_with('\n') {
            starts.push(start);
            shown.push(String::new());
        }
        let wide = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices()
                .filter(|(_, character)| character.len_utf8() > 1)
                .map(|(at, character)| (at, character.len_utf8() - 1))
                .collect()
        };
        Self {
            starts,
            shown,
            wide,
        }
    }

    /// Returns the line of a byte offset, from 1.
    pub fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// Returns the place of a byte offset.
    pub fn position(&self, offset: usize) -> Position {
        let line = self.line_of(offset);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let offset = offset.max(start);
        let from = self.wide.partition_point(|(at, _)| *at < start);
        // Bytes of wide characters of this line before the offset are not columns; one that the offset cuts counts up to there.
        let more: usize = self.wide[from..]
            .iter()
            .take_while(|(at, _)| *at < offset)
            .map(|(at, more)| (*more).min(offset - at - 1))
            .sum();
        Position {
            line,
            column: offset - start - more + 1,
        }
    }

    /// Returns how many lines there are.
    pub fn count(&self) -> usize {
        self.shown.len()
    }

    /// Returns a line as it may be shown, from 1; printable.
    pub fn shown(&self, line: usize) -> Option<String> {
        self.shown
            .get(line.checked_sub(1)?)
            .map(|line| crate::text::printable(line))
    }
}

/// Returns a line that begins at `start` with the secrets in it blotted out.
fn blotted(line: &str, start: usize, secrets: &[Span]) -> String {
    let mut shown = String::new();
    let mut from = 0;
    for secret in secrets {
        if secret.start >= start + line.len() {
            break;
        }
        let begins = secret.start.saturating_sub(start).max(from);
        let ends = secret.end.saturating_sub(start).min(line.len());
        if begins >= ends {
            continue;
        }
        let Some(before) = line.get(from..begins) else {
            return BLOT.to_owned();
        };
        shown.push_str(before);
        shown.push_str(BLOT);
        from = ends;
    }
    match line.get(from..) {
        Some(rest) => shown + rest,
        None => BLOT.to_owned(),
    }
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "one secret is a list of one span"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_are_blotted_out_and_the_rest_is_shown() {
        let lines = Lines::new("a=hunter2\r\nb=c\n", &[2..9]);
        assert_eq!(lines.shown(1).as_deref(), Some("a=•••"));
        assert_eq!(lines.shown(2).as_deref(), Some("b=c"));
        assert_eq!(lines.shown(3).as_deref(), Some(""));
        assert_eq!(lines.shown(4), None);
    }

    #[test]
    fn secret_of_several_lines_is_blotted_out_on_each() {
        let lines = Lines::new("k: abc\n  def\n  ghi z", &[3..18]);
        assert_eq!(lines.shown(1).as_deref(), Some("k: •••"));
        assert_eq!(lines.shown(2).as_deref(), Some("•••"));
        assert_eq!(lines.shown(3).as_deref(), Some("••• z"));
    }

    #[test]
    fn columns_count_characters() {
        let lines = Lines::new("é = x\nüü y", &[]);
        assert_eq!(lines.position(0), Position { line: 1, column: 1 });
        assert_eq!(lines.position(5), Position { line: 1, column: 5 });
        assert_eq!(lines.position(12), Position { line: 2, column: 4 });
    }

    #[test]
    fn span_that_cuts_a_character_hides_the_line() {
        let lines = Lines::new("é secret", &[1..4]);
        assert_eq!(lines.shown(1).as_deref(), Some("•••"));
    }

    proptest! {
        #[test]
        fn any_spans_of_any_text_are_taken(text in ".{0,40}|[a\né\r]{0,40}", a in 0_usize..50, b in 0_usize..50, at in 0_usize..60) {
            let lines = Lines::new(&text, &[a.min(b)..a.max(b)]);
            let position = lines.position(at);
            prop_assert!(position.line >= 1 && position.column >= 1);
            prop_assert!(lines.shown(1).is_some());
        }
    }
}
