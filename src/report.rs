//! Reports: a snapshot to text in each format, and to an exit code.
//!
//! Formats have types of their own, apart from the facts: a fact may be renamed, a report only with `schema_version`.

use crate::finding::Severity;
use crate::store::Snapshot;

/// What a report is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// A monitoring plugin's lines.
    Nagios,
    /// Prometheus text, for the textfile collector.
    Prometheus,
    /// Markdown, for a ticket.
    Markdown,
}

/// How a report is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether ANSI colours are wanted; only text has them.
    pub color: bool,
    /// Columns of the terminal; 80 where there is none.
    pub width: usize,
}

/// Renders a snapshot.
pub fn render(_snapshot: &Snapshot, _format: Format, _style: Style) -> String {
    String::new()
}

/// Returns the exit code of a monitoring command, as `CONTRACT` has it: 2, then 3, then 1, then 0.
pub fn exit_code(_snapshot: &Snapshot, _fail_on: Option<Severity>) -> u8 {
    3
}
