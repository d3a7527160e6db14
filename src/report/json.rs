//! JSON: one document with everything, in the types of [`v1`].
//!
//! The order of keys is the order of the types' fields, so two runs on the same facts differ in nothing but times.

use std::fmt::Write as _;

use crate::policy::Policy;
use crate::store::Snapshot;
use crate::text::printable;

pub(super) mod v1;

/// Renders the whole document.
pub(super) fn render(snapshot: &Snapshot, policies: &[Policy]) -> String {
    written(serde_json::to_string_pretty(&v1::Document::of(
        snapshot, policies,
    )))
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
    visible(text)
}

/// Writes what could reorder or hide a line in a terminal as an escape (RFC 8259, section 7): the reader of the JSON gets the same string.
///
/// serde escapes control characters; bidirectional and invisible ones are left. Outside of strings JSON is ASCII.
fn visible(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut buffer = [0; 4];
    for character in text.chars() {
        let shown: &str = character.encode_utf8(&mut buffer);
        if character.is_ascii() || printable(shown) == shown {
            out.push_str(shown);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_escaped_and_mean_the_same() {
        let hostile = "a\u{202e}b\u{e0001}ü\u{1b}";
        let text = written(serde_json::to_string(hostile));
        assert_eq!(text, "\"a\\u202eb\\udb40\\udc01ü\\u001b\"\n");
        assert_eq!(
            serde_json::from_str::<String>(&text).ok().as_deref(),
            Some(hostile)
        );
    }
}
