//! Reads TOML.

use toml_edit::{Document, Item, Table, TableLike, Value};

use crate::source::expression::{Entry, Expression, ExpressionKind};
use crate::source::fact::{Facts, Understanding};
use crate::text::template::Span;

use super::written::Written;
use super::{commands, haproxy, holes, lines, marks};

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let shape = marks::blanked(text);
    match Document::parse(shape.as_deref().unwrap_or(text)) {
        Ok(document) => {
            let mut facts = Facts {
                comments: comments(text),
                ..Facts::default()
            };
            if let Some(at) = marks::first(text).filter(|_| shape.is_some()) {
                facts.understanding = Understanding::Broken {
                    at,
                    reason: "it may be a template: its marks were passed over".to_owned(),
                };
            }
            let root = table(document.as_table(), text, 0..text.len());
            commands::with_document(root, text, &mut facts.facts);
            facts
        }
        Err(_) => lines::read_as(text, "it is no TOML"),
    }
}

fn table(table: &Table, text: &str, whole: Span) -> Expression {
    Expression::new(ExpressionKind::Map(entries(table, text)), whole)
}

fn entries(table: &dyn TableLike, text: &str) -> Vec<Entry> {
    table
        .iter()
        .filter_map(|(name, item)| {
            let (key, _) = table.get_key_value(name)?;
            let value = read_item(item, text)?;
            Some(Entry {
                key: name.to_owned(),
                key_span: key.span().unwrap_or(value.span.start..value.span.start),
                value,
            })
        })
        .collect()
}

fn read_item(item: &Item, text: &str) -> Option<Expression> {
    match item {
        Item::None => None,
        Item::Value(value) => Some(read_value(value, text)),
        Item::Table(inside) => {
            let span = inside.span().unwrap_or_default();
            Some(table(inside, text, span))
        }
        Item::ArrayOfTables(tables) => {
            let items: Vec<Expression> = tables
                .iter()
                .map(|inside| table(inside, text, inside.span().unwrap_or_default()))
                .collect();
            Some(Expression::new(
                ExpressionKind::List(items),
                tables.span().unwrap_or_default(),
            ))
        }
    }
}

fn read_value(value: &Value, text: &str) -> Expression {
    let span = value.span().unwrap_or_default();
    let raw = text.get(span.clone()).unwrap_or_default();
    let kind = match value {
        Value::String(string) => {
            let written = written(raw, string.value(), span.start);
            ExpressionKind::Text(holes::holes(&written, span.clone(), holes::DOCUMENT))
        }
        Value::Boolean(boolean) => ExpressionKind::Boolean(*boolean.value()),
        Value::Integer(_) | Value::Float(_) => ExpressionKind::Number(raw.to_owned()),
        Value::Datetime(_) => ExpressionKind::Text(holes::holes(
            &Written::verbatim(raw, span.start),
            span.clone(),
            holes::MARKS,
        )),
        Value::Array(array) => {
            ExpressionKind::List(array.iter().map(|item| read_value(item, text)).collect())
        }
        Value::InlineTable(inside) => ExpressionKind::Map(entries(inside, text)),
    };
    Expression::new(kind, span)
}

/// Puts a string together from the bytes of the file; where escapes were resolved it stands nowhere exactly.
fn written(raw: &str, value: &str, at: usize) -> Written {
    let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") {
        3
    } else {
        1
    };
    let inside = raw
        .get(quotes..raw.len().saturating_sub(quotes))
        .unwrap_or_default();
    let newline = usize::from(quotes == 3 && inside.starts_with('\n'));
    let inside = &inside[newline..];
    // The parser may have seen blanked marks: as long as the value is as long, the file's own characters count.
    if inside.len() == value.len() {
        return Written::verbatim(inside, at + quotes + newline);
    }
    let mut written = Written::default();
    written.push_resolved(
        value,
        at + quotes..at + raw.len().saturating_sub(quotes).max(quotes),
    );
    written
}

/// Returns where comments stand. A `#` inside of a text of several lines is taken for one: silences are all that is read from them.
fn comments(text: &str) -> Vec<Span> {
    let mut comments = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(at) = haproxy::comment_in(line) {
            comments.push(start + at..start + line.trim_end().len());
        }
        start += line.len();
    }
    comments
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::source::fact::Fact;

    use super::*;

    fn document(text: &str) -> Expression {
        let Some(Fact::Document(document)) = read(text).facts.into_iter().next() else {
            panic!("a document");
        };
        document
    }

    #[test]
    fn tables_are_maps_and_spans_are_exact() {
        let text = "a = 1 # c\n[db]\nurl = \"postgres://${H}/d\"\nx.y = 'é'\ntls = false\n[[s]]\nn = \"a\\tb\"\n";
        let document = document(text);
        let url = document.at(&["db", "url"]).expect("url");
        assert_eq!(&text[url.span.clone()], "\"postgres://${H}/d\"");
        assert_eq!(url.literal(), None);
        assert_eq!(
            document
                .at(&["db", "x", "y"])
                .and_then(Expression::literal)
                .as_deref(),
            Some("é")
        );
        assert_eq!(
            document.at(&["db", "tls"]).map(|v| &v.kind),
            Some(&ExpressionKind::Boolean(false))
        );
        let list = document.get("s").expect("s");
        assert_eq!(
            list.items()[0]
                .get("n")
                .and_then(Expression::literal)
                .as_deref(),
            Some("a\tb")
        );
        assert_eq!(read(text).comments.len(), 1);
    }

    #[test]
    fn what_is_no_toml_is_read_by_lines() {
        let facts = read("a = \nb = \"c\"\n");
        assert!(matches!(facts.understanding, Understanding::Lines { .. }));
        assert_eq!(facts.facts.len(), 1);
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"[a=\[\]{}"'.,#é\n\\1{%]{0,60}|.{0,60}"#) {
            let _ = read(&text);
        }
    }
}
