//! Reads Java properties: `key=value`, `key: value` and `key value`, lines continued by `\`, escapes.

use crate::source::expression::{Entry, Expression, ExpressionKind};
use crate::source::fact::{Fact, Facts};

use super::written::Written;
use super::{holes, marks};

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let mut facts = Facts::default();
    let mut entries = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (line, next) = logical_line(text, at);
        let blanks = text[at..].len() - text[at..].trim_start_matches([' ', '\t', '\u{c}']).len();
        let first = text[at + blanks..].chars().next();
        if matches!(first, Some('#' | '!')) {
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            facts
                .comments
                .push(at + blanks..at + text[at..end].trim_end().len());
            at = (end + 1).min(text.len());
            continue;
        }
        entries.extend(entry(&line));
        at = next;
    }
    let document = Expression::new(ExpressionKind::Map(entries), 0..text.len());
    facts.facts.push(Fact::Document(document));
    facts
}

/// Returns a line with those that continue it, escapes not yet resolved, and where the next one begins.
fn logical_line(text: &str, at: usize) -> (Written, usize) {
    let mut written = Written::default();
    let mut from = at;
    loop {
        let end = text[from..].find('\n').map_or(text.len(), |end| from + end);
        let next = (end + 1).min(text.len()).max(from + 1).min(text.len());
        let line = text[from..end].trim_end_matches('\r');
        let backslashes = line.len() - line.trim_end_matches('\\').len();
        if backslashes.is_multiple_of(2) || next >= text.len() {
            written.push_verbatim(line, from);
            return (written, next);
        }
        written.push_verbatim(&line[..line.len() - 1], from);
        let following = &text[next..];
        from = next + (following.len() - following.trim_start_matches([' ', '\t']).len());
    }
}

fn entry(line: &Written) -> Option<Entry> {
    let text = line.text();
    let begin = text.len() - text.trim_start().len();
    let content = &text[begin..];
    if content.is_empty()
        || marks::mark_end(content, 0).is_some_and(|end| content[end..].trim().is_empty())
    {
        return None;
    }
    let mut key_end = content.len();
    let mut is_escaped = false;
    for (at, character) in content.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if character == '\\' {
            is_escaped = true;
        } else if matches!(character, '=' | ':' | ' ' | '\t') {
            key_end = at;
            break;
        }
    }
    let key = content[..key_end]
        .replace("\\:", ":")
        .replace("\\ ", " ")
        .replace("\\=", "=");
    let rest = &content[key_end..];
    let blanks = rest.len() - rest.trim_start().len();
    let separator = usize::from(rest[blanks..].starts_with(['=', ':']));
    let behind = &rest[blanks + separator..];
    let value_from =
        begin + key_end + blanks + separator + (behind.len() - behind.trim_start().len());
    let value_to = text.trim_end().len().max(value_from);
    let span = if value_from < value_to {
        line.span_of(value_from..value_to)
    } else {
        let end = line.span_of(text.len().saturating_sub(1)..text.len()).end;
        end..end
    };
    let value = unescaped(line, value_from, value_to);
    let template = holes::holes(&value, span.clone(), holes::PROPERTIES);
    Some(Entry {
        key,
        key_span: line.span_of(begin..begin + key_end),
        value: Expression::new(ExpressionKind::Text(template), span),
    })
}

/// Resolves the escapes of a value.
fn unescaped(line: &Written, from: usize, to: usize) -> Written {
    let text = line.text();
    let mut written = Written::default();
    let mut done = from;
    let mut at = from;
    while let Some(found) = text[at..to].find('\\') {
        let place = at + found;
        let rest = &text[place + 1..to];
        let Some(next) = rest.chars().next() else {
            break;
        };
        let code = (next == 'u')
            .then(|| {
                rest.get(1..5)
                    .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            })
            .flatten()
            .and_then(char::from_u32);
        let (resolved, length) = match (next, code) {
            ('u', Some(code)) => (code, 6),
            ('n', _) => ('\n', 2),
            ('r', _) => ('\r', 2),
            ('t', _) => ('\t', 2),
            _ => (next, 1 + next.len_utf8()),
        };
        written.append(&line.slice(done..place));
        written.push_resolved(
            resolved.encode_utf8(&mut [0; 4]),
            line.span_of(place..place + length),
        );
        at = place + length;
        done = at;
    }
    written.append(&line.slice(done..to));
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries(text: &str) -> Vec<(String, String, String)> {
        let Some(Fact::Document(document)) = read(text).facts.into_iter().next() else {
            panic!("a document");
        };
        document
            .entries()
            .iter()
            .map(|entry| match &entry.value.kind {
                ExpressionKind::Text(template) => (
                    entry.key.clone(),
                    template.filled_with("?"),
                    text[entry.value.span.clone()].to_owned(),
                ),
                _ => panic!("a text"),
            })
            .collect()
    }

    #[test]
    fn three_separators_continued_lines_and_escapes_are_read() {
        let found = entries(
            "a=b\nc : d e\n f g\n! no\n# no=no\nurl=jdbc:postgresql://${H:db}/d?\\\n   sslmode=require\nx=1\\:2\\u00e9\ny=\n",
        );
        let shown: Vec<(&str, &str)> = found
            .iter()
            .map(|(k, v, _)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("a", "b"),
                ("c", "d e"),
                ("f", "g"),
                ("url", "jdbc:postgresql://?/d?sslmode=require"),
                ("x", "1:2é"),
                ("y", "")
            ]
        );
        assert_eq!(found[1].2, "d e");
        assert_eq!(read("! no\n#x\na=b").comments, [0..4, 5..7]);
    }

    #[test]
    fn lines_of_a_template_alone_are_passed_over() {
        assert_eq!(entries("<#if x>\na=b\n</#if>\n").len(), 1);
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r"[a=: \\\n\r#!é$u{}0]{0,60}|.{0,60}") {
            let _ = entries(&text);
        }
    }
}
