//! Reads dotenv: `KEY=value` lines with the quoting that dotenv libraries, compose and shells agree on.

use crate::source::expression::{Entry, Expression, ExpressionKind};
use crate::source::fact::{Fact, Facts};

use super::holes::{self, Style};
use super::written::Written;

/// Longest value over several lines, in bytes: a certificate, not half a file whose quote was forgotten.
const LONGEST: usize = 64 * 1024;

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let mut facts = Facts::default();
    let mut entries = Vec::new();
    let mut at = 0;
    while at < text.len() {
        at = line(text, at, &mut entries, &mut facts.comments);
    }
    let document = Expression::new(ExpressionKind::Map(entries), 0..text.len());
    facts.facts.push(Fact::Document(document));
    facts
}

/// Reads the line at an offset; returns where the next one begins.
fn line(
    text: &str,
    at: usize,
    entries: &mut Vec<Entry>,
    comments: &mut Vec<std::ops::Range<usize>>,
) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let next = (end + 1).min(text.len()).max(at + 1);
    let line = text[at..end].trim_end();
    let content = line.trim_start();
    let content_at = at + (line.len() - content.len());
    if content.starts_with('#') {
        comments.push(content_at..at + line.len());
        return next;
    }
    let bare = content
        .strip_prefix("export ")
        .or_else(|| content.strip_prefix("set "))
        .unwrap_or(content)
        .trim_start();
    let key_at = content_at + (content.len() - bare.len());
    let Some(equals) = bare.find('=') else {
        return next;
    };
    let key = bare[..equals].trim_end();
    if key.is_empty()
        || !key
            .chars()
            .all(|c| c.is_alphanumeric() || "_.-/".contains(c))
    {
        return next;
    }
    let rest = &bare[equals + 1..];
    let value_at = key_at + equals + 1 + (rest.len() - rest.trim_start().len());
    let (value, style, span, after) = value(text, value_at.min(at + line.len()), at + line.len());
    let template = holes::holes(&value, span.clone(), style);
    entries.push(Entry {
        key: key.to_owned(),
        key_span: key_at..key_at + key.len(),
        value: Expression::new(ExpressionKind::Text(template), span),
    });
    let line_end = text[after..]
        .find('\n')
        .map_or(text.len(), |end| after + end);
    let behind = &text[after..line_end];
    if let Some(mark) = behind.find('#')
        && behind[..mark].trim().is_empty()
    {
        comments.push(after + mark..after + behind.trim_end().len());
    }
    (line_end + 1).min(text.len()).max(at + 1)
}

/// Reads a value: its text, which holes it may have, where it stands, where it ends.
fn value(
    text: &str,
    at: usize,
    line_end: usize,
) -> (Written, Style, std::ops::Range<usize>, usize) {
    let first = text[at..line_end].chars().next();
    if let Some(quote) = first.filter(|first| matches!(first, '"' | '\'' | '`'))
        && let Some(close) = closing(text, at, quote)
    {
        let style = if quote == '\'' {
            holes::MARKS
        } else {
            holes::SHELL
        };
        let written = if quote == '"' {
            unescaped(text, at + 1, close)
        } else {
            Written::verbatim(&text[at + 1..close], at + 1)
        };
        return (written, style, at..close + 1, close + 1);
    }
    // A comment begins at a `#` behind a blank.
    let line = &text[at..line_end];
    let end = line
        .match_indices('#')
        .find(|(mark, _)| *mark == 0 || line[..*mark].ends_with([' ', '\t']))
        .map_or(line.len(), |(mark, _)| mark);
    let value = line[..end].trim_end();
    (
        Written::verbatim(value, at),
        holes::SHELL,
        at..at + value.len(),
        at + value.len(),
    )
}

/// Returns where the quote at an offset is closed. A line that looks like the next assignment says that it was forgotten.
fn closing(text: &str, at: usize, quote: char) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = u8::try_from(quote).ok()?;
    let mut place = at + 1;
    while place < bytes.len().min(at + LONGEST) {
        match bytes[place] {
            b'\\' if quote == b'"' => place += 1,
            b'\n' if is_assignment(&text[place + 1..]) => return None,
            byte if byte == quote => return Some(place),
            _ => {}
        }
        place += 1;
    }
    None
}

fn is_assignment(text: &str) -> bool {
    let name = text.strip_prefix("export ").unwrap_or(text);
    let length = name
        .bytes()
        .take(128)
        .take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
        .count();
    length > 1 && name[length..].starts_with('=')
}

/// Reads the escapes of a text in double quotes.
fn unescaped(text: &str, from: usize, to: usize) -> Written {
    let mut written = Written::default();
    let mut done = from;
    let mut at = from;
    while let Some(found) = text[at..to].find('\\') {
        let place = at + found;
        let Some(next) = text[place + 1..to].chars().next() else {
            break;
        };
        let resolved = match next {
            'n' => "\n",
            'r' => "\r",
            't' => "\t",
            '"' => "\"",
            '\\' => "\\",
            '$' => "$",
            _ => {
                at = place + 1;
                continue;
            }
        };
        written.push_verbatim(&text[done..place], done);
        written.push_resolved(resolved, place..place + 2);
        at = place + 2;
        done = at;
    }
    written.push_verbatim(&text[done..to], done);
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries(text: &str) -> Vec<(String, String)> {
        let Some(Fact::Document(document)) = read(text).facts.into_iter().next() else {
            panic!("a document");
        };
        document
            .entries()
            .iter()
            .map(|entry| match &entry.value.kind {
                ExpressionKind::Text(template) => (entry.key.clone(), template.filled_with("?")),
                _ => panic!("a text"),
            })
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn values_lose_quotes_and_comments() {
        assert_eq!(
            entries("A=b # c\nexport B = 'x # $y'\nC=\"a\\n${D:-e}\"\nE=\nF=a#b\n#G=h\nI=p=q\n"),
            pairs(&[
                ("A", "b"),
                ("B", "x # $y"),
                ("C", "a\n?"),
                ("E", ""),
                ("F", "a#b"),
                ("I", "p=q")
            ])
        );
    }

    #[test]
    fn values_go_over_lines_unless_a_quote_was_forgotten() {
        assert_eq!(
            entries("KEY=\"-----BEGIN\nabc==\n-----END\"\nA=\"forgotten\nBB=c\"\n"),
            pairs(&[
                ("KEY", "-----BEGIN\nabc==\n-----END"),
                ("A", "\"forgotten"),
                ("BB", "c\"")
            ])
        );
    }

    #[test]
    fn spans_are_those_of_the_values() {
        let text = "Ä=1\r\nPW='sü' # c\r\nEMPTY=\r\nX=\"\"\n";
        let facts = read(text);
        let Fact::Document(document) = &facts.facts[0] else {
            panic!("a document");
        };
        let value = document.get("PW").expect("PW");
        assert_eq!(&text[value.span.clone()], "'sü'");
        let ExpressionKind::Text(template) = &value.kind else {
            panic!("a text");
        };
        let crate::text::template::Part::Literal(literal) = &template.parts[0] else {
            panic!("a literal");
        };
        assert_eq!(&text[literal.span.clone()], "sü");
        assert_eq!(&text[facts.comments[0].clone()], "# c");
        let empty = document.get("EMPTY").expect("EMPTY");
        assert_eq!(empty.span, 26..26);
        assert_eq!(&text[document.get("X").expect("X").span.clone()], "\"\"");
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"[A=b'"\\$#{}é \n]{0,60}|.{0,60}"#) {
            let _ = read(&text);
        }
    }
}
