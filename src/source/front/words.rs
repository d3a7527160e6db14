//! Words of a command line: quotes removed, holes kept, every word with its place.
//!
//! It knows quoting, not the shell's grammar: no pipes, no redirections. `shell` has the grammar.

use crate::text::template::{Span, Template};

use super::holes::{self, Style};
use super::marks;
use super::written::Written;

/// Longest expansion that a word holds together.
const LONGEST: usize = 4096;

/// How many brackets may be open at once in an expansion.
const MOST_NESTED: usize = 32;

/// A word.
#[derive(Clone)]
pub(super) struct Word {
    /// Its characters, quotes removed.
    pub(super) written: Written,
    /// The same, with its holes.
    pub(super) template: Template,
}

/// Splits a text at white space outside of quotes, as a shell does, and no further.
pub(super) fn split(written: &Written) -> Vec<Word> {
    let text = written.text();
    let mut words = Vec::new();
    let mut start = None;
    let mut at = 0;
    while at < text.len() {
        let Some(character) = text[at..].chars().next() else {
            break;
        };
        if character.is_whitespace() || text[at..].starts_with("\\\n") {
            if let Some(from) = start.take() {
                words.push(word(written, from..at));
            }
            at += if character == '\\' {
                2
            } else {
                character.len_utf8()
            };
            continue;
        }
        start.get_or_insert(at);
        at = step(text, at);
    }
    if let Some(from) = start {
        words.push(word(written, from..text.len()));
    }
    words
}

/// Returns where the character, the quoted text or the expansion at `at` ends.
pub(super) fn step(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let one = text[at..].chars().next().map_or(1, char::len_utf8);
    match bytes[at] {
        b'\\' => {
            let next = text[at + 1..].chars().next().map_or(0, char::len_utf8);
            at + 1 + next
        }
        quote @ (b'"' | b'\'') => closing_quote(text, at, quote).unwrap_or(at + 1),
        b'$' | b'{' => expansion_end(text, at).unwrap_or(at + 1),
        b'`' => text[at + 1..].find('`').map_or(at + 1, |end| at + end + 2),
        _ => at + one,
    }
}

/// Returns where the quoted text at `at` ends, behind its quote; `None` where it is not closed.
fn closing_quote(text: &str, at: usize, quote: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut place = at + 1;
    while place < bytes.len() {
        match bytes[place] {
            b'\\' if quote == b'"' => place += 2,
            b'$' if quote == b'"' => place = expansion_end(text, place).unwrap_or(place + 1),
            byte if byte == quote => return Some(place + 1),
            _ => place += 1,
        }
    }
    None
}

/// Returns where `${…}`, `$(…)` or `{{…}}` at `at` ends.
pub(super) fn expansion_end(text: &str, at: usize) -> Option<usize> {
    if let Some(end) = marks::mark_end(text, at) {
        return Some(end);
    }
    let bytes = text.as_bytes();
    let (opens, closes) = match bytes.get(at..at + 2)? {
        b"${" => (b'{', b'}'),
        b"$(" => (b'(', b')'),
        _ => return None,
    };
    let mut depth = 0_usize;
    for (offset, byte) in bytes[at + 1..].iter().take(LONGEST).enumerate() {
        if *byte == opens {
            depth += 1;
            if depth > MOST_NESTED {
                return None;
            }
        } else if *byte == closes {
            depth -= 1;
            if depth == 0 {
                return Some(at + 1 + offset + 1);
            }
        }
    }
    None
}

/// Reads one word as it is written at `range`: takes its quotes away and finds its holes.
pub(super) fn word(written: &Written, range: std::ops::Range<usize>) -> Word {
    let span = written.span_of(range.clone());
    let raw = written.slice(range);
    let mut pieces = Pieces::default();
    let text = raw.text();
    let mut at = 0;
    let mut in_double = false;
    while at < text.len() {
        let rest = &text[at..];
        let one = rest.chars().next().map_or(1, char::len_utf8);
        match rest.as_bytes()[0] {
            b'"' => {
                in_double = !in_double;
                at += 1;
            }
            b'\'' if !in_double && closing_quote(text, at, b'\'').is_some() => {
                let end = closing_quote(text, at, b'\'').unwrap_or(text.len());
                pieces.put(&raw.slice(at + 1..end - 1), holes::MARKS);
                at = end;
            }
            b'$' if rest.starts_with("$'") && !in_double => at += 1,
            b'\\' => {
                let next = rest[1..].chars().next();
                let length = 1 + next.map_or(0, char::len_utf8);
                match next {
                    Some('\n') => {}
                    Some(next) if !in_double || matches!(next, '"' | '\\' | '$' | '`') => {
                        let mut escaped = Written::default();
                        escaped.push_resolved(
                            next.encode_utf8(&mut [0; 4]),
                            raw.span_of(at..at + length),
                        );
                        pieces.put(&escaped, holes::MARKS);
                    }
                    _ => pieces.put(&raw.slice(at..at + length), holes::SHELL),
                }
                at += length;
            }
            b'$' | b'{' if expansion_end(text, at).is_some() => {
                let end = expansion_end(text, at).unwrap_or(at + 1);
                pieces.put(&raw.slice(at..end), holes::SHELL);
                at = end;
            }
            _ => {
                let end = rest[one..]
                    .find(['"', '\'', '\\', '$', '{'])
                    .map_or(text.len(), |end| at + one + end);
                pieces.put(&raw.slice(at..end), holes::SHELL);
                at = end;
            }
        }
    }
    pieces.into_word(span)
}

/// Pieces of a word that are quoted in different ways.
#[derive(Default)]
struct Pieces {
    whole: Written,
    runs: Vec<(Written, Style)>,
}

impl Pieces {
    fn put(&mut self, written: &Written, style: Style) {
        self.whole.append(written);
        match self.runs.last_mut() {
            Some((run, last)) if last.bare == style.bare => run.append(written),
            _ => self.runs.push((written.clone(), style)),
        }
    }

    fn into_word(self, span: Span) -> Word {
        let mut template = Template {
            parts: Vec::new(),
            span: span.clone(),
        };
        for (run, style) in &self.runs {
            template.parts.extend(holes::parts_of(run, *style));
        }
        if template.parts.is_empty() {
            template = holes::holes(&Written::default(), span, holes::MARKS);
        }
        Word {
            written: self.whole,
            template,
        }
    }
}

/// Returns the name of a program without its directories.
pub(super) fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// Returns the word that a shell gets to run: behind `sh -c`, `bash -ec`.
pub(super) fn script_of(words: &[Word]) -> Option<&Word> {
    let shell = words.iter().take(3).position(|word| {
        matches!(
            program(word.written.text()),
            "sh" | "bash" | "ash" | "dash" | "zsh"
        )
    })?;
    let flag = words[shell + 1..].iter().take(4).position(|word| {
        let text = word.written.text();
        text.starts_with('-') && !text.starts_with("--") && text.ends_with('c')
    })?;
    words.get(shell + flag + 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<String> {
        split(&Written::verbatim(text, 0))
            .iter()
            .map(|word| word.template.filled_with("?"))
            .collect()
    }

    #[test]
    fn words_lose_their_quotes_and_keep_their_holes() {
        assert_eq!(
            shown(
                r#"psql "host=db pass=$PW" 'a $b' c\ d --x=${Y:-"z w"} $(cat "f g") e\
 ''"#
            ),
            [
                "psql",
                "host=db pass=?",
                "a $b",
                "c d",
                "--x=?",
                "?",
                "e",
                ""
            ]
        );
    }

    #[test]
    fn words_know_where_they_stand() {
        let text = "a 'b c' d\"e\"";
        let words = split(&Written::verbatim(text, 10));
        assert_eq!(words[1].template.span, 12..17);
        assert_eq!(words[1].written.span_of(0..3), 13..16);
        assert_eq!(words[2].template.span, 18..22);
    }

    #[test]
    fn script_of_a_shell_is_found() {
        for (text, script) in [
            ("sh -c 'a b'", Some("a b")),
            ("/bin/bash -ecx 'a'", None),
            ("/bin/bash -euc 'a'", Some("a")),
            ("tini -- bash -c a", Some("a")),
            ("cockroach start", None),
        ] {
            let words = split(&Written::verbatim(text, 0));
            assert_eq!(
                script_of(&words).map(|word| word.written.text()),
                script,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn splitting_never_panics_on_any_text(text in r#"[a'"\\$(){}` \né]{0,60}|.{0,60}"#) {
            let _ = split(&Written::verbatim(&text, 7));
        }
    }
}
