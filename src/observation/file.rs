//! What was seen of one file.

use std::sync::Arc;

use crate::source::FileReading;

use super::Attempt;

/// What was seen of one file, readable or not.
#[derive(Clone, Debug)]
pub struct FileObservation {
    /// Its path as it was named, with `/`, relative to the scanned root; not made printable, so that it can be opened again.
    pub path: Arc<str>,
    /// SHA-256 of its bytes, in hex: a fix is applied to these bytes and no others.
    pub sha256: Option<String>,
    /// What it says.
    pub reading: Attempt<Arc<FileReading>>,
}
