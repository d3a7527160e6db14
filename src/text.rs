//! Text from strangers: made safe to show, kept from being shown, or with holes in it.
//!
//! Every string that comes from a peer or a file passes through here once, where it enters. It does not know
//! what the text means.

pub mod secret;
pub mod template;

pub use secret::Secret;

/// Longest text, in characters, that a single fact from a peer may hold.
///
/// X.520 bounds a common name to 64 characters and a DNS name has at most 253; 1,024 leaves room for a whole
/// distinguished name and keeps a hostile one from filling a screen.
pub const LONGEST: usize = 1024;

/// Returns `raw` with nothing in it that could move a cursor, reorder a line or hide itself.
///
/// Control characters (C0, C1, DEL), the bidirectional controls of Unicode TR 9, zero-width and other format
/// characters, line and paragraph separators and noncharacters become `U+FFFD`; what is longer than [`LONGEST`] characters is cut with `…`.
pub fn printable(raw: &str) -> String {
    printable_within(raw, LONGEST)
}

/// Does what [`printable`] does, within `longest` characters.
pub fn printable_within(raw: &str, longest: usize) -> String {
    let mut clean = String::with_capacity(raw.len().min(longest * 4));
    for (taken, character) in raw.chars().enumerate() {
        if taken == longest {
            clean.push('…');
            break;
        }
        clean.push(if is_deceptive(character) {
            char::REPLACEMENT_CHARACTER
        } else {
            character
        });
    }
    clean
}

/// Says what [`printable`] says of bytes that should have been UTF-8.
pub fn printable_bytes(raw: &[u8]) -> String {
    // A character has at most four bytes: what lies beyond can never be shown.
    let bounded = &raw[..raw.len().min(LONGEST * 4 + 4)];
    printable(&String::from_utf8_lossy(bounded))
}

/// Tells a character that a terminal would act on, or a reader could not see, from one that is just shown.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00AD}'                    // soft hyphen
            | '\u{061C}'                  // Arabic letter mark
            | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' // Hangul fillers
            | '\u{180B}'..='\u{180F}'     // Mongolian variation selectors and vowel separator
            | '\u{200B}'..='\u{200F}'     // zero width, LRM, RLM
            | '\u{2028}'..='\u{202E}'     // separators, embeddings, overrides
            | '\u{2060}'..='\u{206F}'     // word joiner, isolates, deprecated format characters
            | '\u{FE00}'..='\u{FE0F}'     // variation selectors
            | '\u{FEFF}'                  // byte order mark
            | '\u{FFF0}'..='\u{FFFB}'     // specials, interlinear annotation
            | '\u{E0000}'..='\u{E0FFF}'   // tags and variation selectors supplement
        )
        || (u32::from(character) & 0xFFFE) == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_lose_their_escape() {
        assert_eq!(printable("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
        assert_eq!(printable("\u{9b}31m"), "\u{fffd}31m");
    }

    #[test]
    fn bidirectional_overrides_become_visible() {
        assert_eq!(printable("moc.\u{202e}live"), "moc.\u{fffd}live");
        assert_eq!(printable("\u{2066}x\u{2069}"), "\u{fffd}x\u{fffd}");
    }

    #[test]
    fn innocent_text_is_untouched() {
        assert_eq!(
            printable("CN=Bücher GmbH, O=株式会社"),
            "CN=Bücher GmbH, O=株式会社"
        );
    }

    #[test]
    fn long_text_is_cut_where_the_bound_says() {
        assert_eq!(printable_within("abcdef", 3), "abc…");
        assert_eq!(printable_within("abc", 3), "abc");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_shown_as_replacements() {
        assert_eq!(printable_bytes(b"ok\xff"), "ok\u{fffd}");
    }
}
