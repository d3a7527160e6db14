//! Reads a Prisma schema: its `datasource` and `generator` blocks, as a map by kind and name. Models declare no connection.

use crate::source::expression::{Entry, Expression, ExpressionKind};
use crate::source::fact::{Fact, Facts};
use crate::text::template::{Filling, Hole, Part, Span, Template};

use super::holes;
use super::written::Written;

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let mut facts = Facts::default();
    let mut blocks: Vec<Entry> = Vec::new();
    let mut open: Option<Block> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim();
        let content_at = start + (line.len() - line.trim_start().len());
        let end = comment_in(content).unwrap_or(content.len());
        if end < content.len() {
            facts
                .comments
                .push(content_at + end..content_at + content.len());
        }
        let code = content[..end].trim_end();
        match &mut open {
            Some(_) if code == "}" => blocks.extend(open.take().map(|block| block.close(at))),
            Some(block) => block.entries.extend(setting(code, content_at)),
            None => open = Block::opened(code, content_at),
        }
    }
    blocks.extend(open.take().map(|block| block.close(text.len())));
    let document = Expression::new(ExpressionKind::Map(blocks), 0..text.len());
    facts.facts.push(Fact::Document(document));
    facts
}

/// A block that is not closed yet.
struct Block {
    kind: String,
    name: String,
    start: usize,
    head: Span,
    entries: Vec<Entry>,
}

impl Block {
    fn opened(code: &str, at: usize) -> Option<Self> {
        let mut words = code.strip_suffix('{')?.split_whitespace();
        let kind = words.next()?;
        if !matches!(kind, "datasource" | "generator") {
            return None;
        }
        Some(Self {
            kind: kind.to_owned(),
            name: words.next()?.to_owned(),
            start: at,
            head: at..at + kind.len(),
            entries: Vec::new(),
        })
    }

    fn close(self, end: usize) -> Entry {
        let span = self.start..end;
        let inside = Entry {
            key: self.name,
            key_span: self.head.clone(),
            value: Expression::new(ExpressionKind::Map(self.entries), span.clone()),
        };
        Entry {
            key: self.kind,
            key_span: self.head,
            value: Expression::new(ExpressionKind::Map(vec![inside]), span),
        }
    }
}

fn setting(code: &str, at: usize) -> Option<Entry> {
    let equals = code.find('=')?;
    let key = code[..equals].trim_end();
    let value = code[equals + 1..].trim_start();
    let value_at = at + (code.len() - value.len());
    Some(Entry {
        key: key.to_owned(),
        key_span: at..at + key.len(),
        value: read_value(value, value_at),
    })
}

fn read_value(value: &str, at: usize) -> Expression {
    let span = at..at + value.len();
    if let Some(name) = value
        .strip_prefix("env(")
        .and_then(|rest| rest.strip_suffix(')'))
    {
        let template = Template {
            parts: vec![Part::Hole(Hole {
                filling: Filling::Environment(name.trim().trim_matches(['"', '\'']).to_owned()),
                default: None,
                span: span.clone(),
            })],
            span: span.clone(),
        };
        return Expression::new(ExpressionKind::Text(template), span);
    }
    let kind = match value {
        "true" => ExpressionKind::Boolean(true),
        "false" => ExpressionKind::Boolean(false),
        _ if value.len() >= 2 && value.starts_with('"') && value.ends_with('"') => {
            let inside = Written::verbatim(&value[1..value.len() - 1], at + 1);
            ExpressionKind::Text(holes::holes(&inside, span.clone(), holes::MARKS))
        }
        _ if value.starts_with('[') => ExpressionKind::Other(Vec::new()),
        _ => ExpressionKind::Name(value.chars().take(256).collect()),
    };
    Expression::new(kind, span)
}

/// Returns where a comment begins, outside of quotes.
fn comment_in(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut is_quoted = false;
    for at in 0..bytes.len() {
        match bytes[at] {
            b'"' => is_quoted = !is_quoted,
            b'/' if !is_quoted && bytes.get(at + 1) == Some(&b'/') => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn datasource_is_a_map_and_models_are_passed_over() {
        let text = "// c\ndatasource db {\n  provider = \"cockroachdb\" // d\n  url = env(\"DATABASE_URL\")\n  directUrl = \"postgresql://h/d\"\n}\nmodel A {\n  id Int @id\n}\n";
        let facts = read(text);
        let Fact::Document(document) = &facts.facts[0] else {
            panic!("a document");
        };
        assert_eq!(document.entries().len(), 1);
        let db = document.at(&["datasource", "db"]).expect("db");
        assert_eq!(
            db.get("provider").and_then(Expression::literal).as_deref(),
            Some("cockroachdb")
        );
        assert_eq!(db.get("url").and_then(Expression::literal), None);
        assert_eq!(
            &text[db.get("directUrl").expect("url").span.clone()],
            "\"postgresql://h/d\""
        );
        assert_eq!(facts.comments.len(), 2);
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"(datasource d \{\n)?[a="/{}()é \n]{0,60}|.{0,60}"#) {
            let _ = read(&text);
        }
    }
}
