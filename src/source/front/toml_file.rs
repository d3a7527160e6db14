//! Reads TOML.

use crate::source::fact::Facts;

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let _ = text;
    Facts::default()
}
