//! JSON: one document with everything, in the types of [`v1`].
//!
//! The order of keys is the order of the types' fields, so two runs on the same facts differ in nothing but times.

use crate::store::Snapshot;

pub(super) mod v1;

/// Renders the whole document.
pub(super) fn render(snapshot: &Snapshot) -> String {
    written(serde_json::to_string_pretty(&v1::Document::of(snapshot)))
}

/// Ends a serialized value with a line feed.
///
/// The types of [`v1`] have no maps with other keys than strings and no floats that are not finite, the two things that serde cannot write.
pub(super) fn written(serialized: serde_json::Result<String>) -> String {
    let mut text = serialized.unwrap_or_else(|error| {
        serde_json::json!({ "schema_version": v1::SCHEMA_VERSION, "error": error.to_string() })
            .to_string()
    });
    text.push('\n');
    text
}
