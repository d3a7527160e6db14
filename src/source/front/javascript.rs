//! Reads JavaScript, TypeScript and TSX.

use crate::source::fact::Facts;
use crate::source::format::Format;

/// Reads a text to its facts.
pub(super) fn read(text: &str, format: Format) -> Facts {
    let _ = (text, format);
    Facts::default()
}
