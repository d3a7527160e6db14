//! Reads `postgresql.conf`: `name = value` lines, values in single quotes where they are no plain words.

use crate::source::expression::{Expression, ExpressionKind};
use crate::source::fact::{Assignment, Fact, Facts};

use super::holes;
use super::written::Written;

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let mut facts = Facts::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim();
        let content_at = start + (line.len() - line.trim_start().len());
        if content.starts_with('#') {
            facts.comments.push(content_at..content_at + content.len());
            continue;
        }
        let name_length = content
            .find(|character: char| {
                !(character.is_ascii_alphanumeric() || "_.".contains(character))
            })
            .unwrap_or(content.len());
        if name_length == 0 {
            continue;
        }
        let rest = &content[name_length..];
        let value = rest.trim_start();
        let value = value.strip_prefix('=').unwrap_or(value).trim_start();
        let value_at = content.len() - value.len();
        let length = value_length(value);
        let behind = value[length..].trim_start();
        if behind.starts_with('#') {
            let comment_at = content_at + content.len() - behind.len();
            facts.comments.push(comment_at..content_at + content.len());
        }
        let span = content_at + value_at..content_at + value_at + length;
        let written = unquoted(&value[..length], span.start);
        facts.facts.push(Fact::Assignment(Assignment {
            target: content[..name_length].to_owned(),
            value: Expression::new(
                ExpressionKind::Text(holes::holes(&written, span.clone(), holes::DOCUMENT)),
                span.clone(),
            ),
            added: false,
            target_span: content_at..content_at + name_length,
            span: content_at..span.end,
        }));
    }
    facts
}

fn value_length(value: &str) -> usize {
    if !value.starts_with('\'') {
        return value
            .find(|character: char| character.is_whitespace() || character == '#')
            .unwrap_or(value.len());
    }
    let bytes = value.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return at + 1,
            _ => at += 1,
        }
    }
    value.len()
}

fn unquoted(value: &str, at: usize) -> Written {
    let Some(inside) = value.strip_prefix('\'') else {
        return Written::verbatim(value, at);
    };
    let inside = inside.strip_suffix('\'').unwrap_or(inside);
    let mut written = Written::default();
    let mut from = 0;
    for (quote, _) in inside.match_indices("''") {
        written.push_verbatim(&inside[from..quote], at + 1 + from);
        written.push_resolved("'", at + 1 + quote..at + 3 + quote);
        from = quote + 2;
    }
    written.push_verbatim(&inside[from..], at + 1 + from);
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_assignments() {
        let text = "# c\nssl = off\t# d\nlisten_addresses '*'\nssl_ciphers = 'a''b # c'\nx=\n";
        let facts = read(text);
        let shown: Vec<(String, String, &str)> = facts
            .facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Assignment(it) => Some((
                    it.target.clone(),
                    it.value.literal().expect("literal"),
                    &text[it.value.span.clone()],
                )),
                _ => None,
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("ssl".into(), "off".into(), "off"),
                ("listen_addresses".into(), "*".into(), "'*'"),
                ("ssl_ciphers".into(), "a'b # c".into(), "'a''b # c'"),
                ("x".into(), String::new(), "")
            ]
        );
        assert_eq!(facts.comments.len(), 2);
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r"[a='#. \n\té]{0,60}|.{0,60}") {
            let _ = read(&text);
        }
    }
}
