//! Values into the strings of other languages, so that none of them can end its string.
//!
//! Every function takes any text at all, and what it returns holds no control character. None of them decides
//! whether a value makes sense.

use std::fmt::Write as _;

use crate::text::printable;

/// Percent-encodes everything that is not unreserved (RFC 3986 section 2.3).
pub(super) fn percent(value: &str) -> String {
    percent_except(value, "")
}

/// Does what [`percent`] does and leaves slashes, which a query may hold (RFC 3986 section 3.4).
pub(super) fn percent_path(value: &str) -> String {
    percent_except(value, "/")
}

fn percent_except(value: &str, kept: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        let character = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(character) || kept.contains(character) {
            encoded.push(character);
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Escapes a string for double quotes; `escape` spells the characters that may not be shown as they are.
fn double_quoted(value: &str, escape: impl Fn(&mut String, char)) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for character in value.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            _ if is_shown(character) => quoted.push(character),
            _ => escape(&mut quoted, character),
        }
    }
    quoted.push('"');
    quoted
}

/// Tells a character that may stand in a snippet as it is from one that must be spelled out.
fn is_shown(character: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = character.encode_utf8(&mut buffer);
    printable(text) == text
}

/// Writes a Python string literal.
pub(super) fn python(value: &str) -> String {
    double_quoted(value, |quoted, character| {
        let _ = write!(quoted, "\\U{:08X}", u32::from(character));
    })
}

/// Writes a JavaScript string literal.
pub(super) fn javascript(value: &str) -> String {
    double_quoted(value, |quoted, character| {
        let _ = write!(quoted, "\\u{{{:X}}}", u32::from(character));
    })
}

/// Writes an interpreted string literal of Go.
pub(super) fn go(value: &str) -> String {
    double_quoted(value, |quoted, character| {
        let _ = write!(quoted, "\\U{:08x}", u32::from(character));
    })
}

/// Writes a Java string literal.
///
/// Java reads `\u000a` before it looks for the end of a line or a string (JLS section 3.3): what is below U+0100 is spelled
/// in octal.
pub(super) fn java(value: &str) -> String {
    double_quoted(value, |quoted, character| {
        if u32::from(character) < 0x100 {
            let _ = write!(quoted, "\\{:03o}", u32::from(character));
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(quoted, "\\u{unit:04x}");
            }
        }
    })
}

/// Writes a basic string of TOML (TOML 1.0, section String).
pub(super) fn toml(value: &str) -> String {
    double_quoted(value, |quoted, character| {
        let _ = write!(quoted, "\\U{:08X}", u32::from(character));
    })
}

/// Writes one word of a POSIX shell.
///
/// Single quotes hold anything but a single quote; control characters would act on the terminal they are pasted into, so
/// `printf` makes them (POSIX, section 2.6.3 takes newlines at the very end away, where no name of ours has one).
pub(super) fn shell(value: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-._/:@%+=,".contains(character);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    if value.chars().all(is_shown) {
        return format!("'{}'", value.replace('\'', r"'\''"));
    }
    let mut octal = String::new();
    for character in value.chars() {
        if is_shown(character) && !"'\\%".contains(character) {
            octal.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(octal, "\\{byte:03o}");
            }
        }
    }
    format!("\"$(printf '{octal}')\"")
}

/// Writes a quoted name of `pg_hba.conf` (PostgreSQL documentation, section 21.1), or `None` where the file cannot hold it.
///
/// A line of the file ends at a newline even within quotes, and from PostgreSQL 16 a leading slash makes a regular expression of a
/// quoted name, too: such a name would match others than its owner.
pub(super) fn hba(name: &str) -> Option<String> {
    if name.is_empty() || name.starts_with('/') || !name.chars().all(is_shown) {
        return None;
    }
    Some(format!("\"{}\"", name.replace('"', "\"\"")))
}

/// Escapes an attribute value of `openssl req -subj`.
pub(super) fn subject_attribute(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if "\\/+=".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\"b'c$(d)`e` %41\\u0022\n\u{202e}ü#;";

    #[test]
    fn nothing_raw_is_left_in_a_uri() {
        assert_eq!(percent("a b/ü%\n"), "a%20b%2F%C3%BC%25%0A");
        assert_eq!(percent_path("/etc/a b.crt"), "/etc/a%20b.crt");
    }

    #[test]
    fn literals_end_where_they_should() {
        for quoted in [
            python(HOSTILE),
            javascript(HOSTILE),
            go(HOSTILE),
            java(HOSTILE),
            toml(HOSTILE),
        ] {
            let inner = &quoted[1..quoted.len() - 1];
            assert!(
                !inner.replace("\\\\", "").replace("\\\"", "").contains('"'),
                "{quoted}"
            );
            assert_eq!(printable(&quoted), quoted);
        }
    }

    #[test]
    fn java_has_no_early_newline() {
        assert_eq!(java("a\n\u{202e}"), "\"a\\012\\u202e\"");
    }

    #[test]
    fn shell_words_stay_one_word() {
        assert_eq!(shell("/etc/ca.crt"), "/etc/ca.crt");
        assert_eq!(shell(""), "''");
        assert_eq!(shell("a b"), "'a b'");
        assert_eq!(shell("it's"), r"'it'\''s'");
        assert_eq!(shell("a\n'%"), "\"$(printf 'a\\012\\047\\045')\"");
    }

    #[test]
    fn names_that_pg_hba_cannot_hold_are_refused() {
        assert_eq!(hba("a\"b").as_deref(), Some("\"a\"\"b\""));
        assert_eq!(hba("a\nhost all all all trust"), None);
        assert_eq!(hba("/.*"), None);
    }
}
