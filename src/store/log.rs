//! The change log: what happened and is worth a line, bounded.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;

use crate::finding::Severity;

use super::change::Change;
use super::{LOG_LENGTH, LogEntry, LogMark, Posture};

/// Something worth a line, before it is known whom it is about and when.
#[derive(Debug)]
pub(super) struct News {
    pub(super) mark: LogMark,
    pub(super) text: String,
    pub(super) change: Option<(Posture, Posture)>,
}

impl News {
    pub(super) fn entry(self, at: Timestamp, subject: &Arc<str>) -> LogEntry {
        LogEntry {
            at,
            mark: self.mark,
            subject: Arc::clone(subject),
            text: self.text,
            change: self.change,
        }
    }
}

impl From<Change> for News {
    fn from(change: Change) -> Self {
        Self {
            mark: change.mark,
            text: change.text,
            change: None,
        }
    }
}

/// The mark of something as bad as this.
pub(super) fn mark_of_severity(severity: Severity) -> LogMark {
    match severity {
        Severity::Critical | Severity::High => LogMark::Critical,
        Severity::Medium | Severity::Low => LogMark::Warning,
        Severity::Info => LogMark::Note,
    }
}

/// The mark of an endpoint that now stands like this.
pub(super) fn mark_of_posture(posture: Posture) -> LogMark {
    match posture {
        Posture::Critical => LogMark::Critical,
        Posture::Unreachable => LogMark::Unreachable,
        Posture::Warning => LogMark::Warning,
        Posture::Waiting => LogMark::Note,
        Posture::Ok => LogMark::Ok,
    }
}

/// The last [`LOG_LENGTH`] entries.
#[derive(Debug, Default)]
pub(super) struct Log {
    newest_first: VecDeque<LogEntry>,
    /// The same, as snapshots share it; `None` when an entry came.
    shared: Option<Arc<[LogEntry]>>,
}

impl Log {
    pub(super) fn push(&mut self, entry: LogEntry) {
        self.newest_first.push_front(entry);
        self.newest_first.truncate(LOG_LENGTH);
        self.shared = None;
    }

    pub(super) fn newest_first(&mut self) -> Arc<[LogEntry]> {
        let entries = &self.newest_first;
        Arc::clone(
            self.shared
                .get_or_insert_with(|| entries.iter().cloned().collect()),
        )
    }
}
