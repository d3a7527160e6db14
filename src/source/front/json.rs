//! Reads JSON and what is written like it: comments, trailing commas, JSON5, Hjson, templates.
//!
//! One reader takes all of them, because files with these endings are mixed in practice, and goes on behind what it does not understand.
//! Values without quotes that are no keyword and no number are texts, up to the end of the line, as in Hjson.

use crate::source::expression::{Entry, Expression, ExpressionKind};
use crate::source::fact::{Facts, Understanding};
use crate::text::template::{Part, Span};

use super::words::Word;
use super::written::Written;
use super::{DEEPEST, commands, holes, marks};

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let mut reader = Reader {
        text,
        at: 0,
        comments: Vec::new(),
        broken_at: None,
    };
    let document = reader.document();
    let mut facts = Facts {
        comments: reader.comments,
        ..Facts::default()
    };
    if let Some(at) = reader.broken_at {
        facts.understanding = Understanding::Broken {
            at,
            reason: "something is no JSON".to_owned(),
        };
    }
    commands::with_document(document, text, &mut facts.facts);
    facts
}

/// Reads a list of texts that stands in another file, as words of a command; `None` where it is none.
pub(super) fn words(written: &Written) -> Option<Vec<Word>> {
    let text = written.text();
    let mut reader = Reader {
        text,
        at: 0,
        comments: Vec::new(),
        broken_at: None,
    };
    let document = reader.document();
    if reader.broken_at.is_some() || !matches!(document.kind, ExpressionKind::List(_)) {
        return None;
    }
    let words = document.items().iter().filter_map(|item| match &item.kind {
        ExpressionKind::Text(template) => {
            let mut inside = Written::default();
            for part in &template.parts {
                match part {
                    Part::Literal(literal) if !literal.verbatim => {
                        inside.push_resolved(
                            literal.text.expose(),
                            written.span_of(literal.span.clone()),
                        );
                    }
                    Part::Literal(literal) => inside.append(&written.slice(literal.span.clone())),
                    Part::Hole(hole) => inside.append(&written.slice(hole.span.clone())),
                }
            }
            Some(Word {
                template: holes::holes(&inside, written.span_of(item.span.clone()), holes::SHELL),
                written: inside,
            })
        }
        _ => None,
    });
    Some(words.collect())
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    comments: Vec<Span>,
    broken_at: Option<usize>,
}

/// A collection that is not closed yet.
struct Open {
    start: usize,
    is_map: bool,
    entries: Vec<Entry>,
    items: Vec<Expression>,
    key: Option<(String, Span)>,
}

impl Reader<'_> {
    /// Reads the value that the file is; Hjson leaves the outermost braces away.
    fn document(&mut self) -> Expression {
        self.skip();
        let is_bare_map = !self.text[self.at..].starts_with(['{', '[', '"']);
        let mut open: Vec<Open> = Vec::new();
        let mut too_deep = 0_usize;
        if is_bare_map {
            open.push(Open::new(self.at, true));
        }
        let mut root = None;
        while self.at < self.text.len() {
            self.skip();
            let Some(first) = self.text[self.at..].chars().next() else {
                break;
            };
            match first {
                '{' | '[' => {
                    self.at += 1;
                    if open.len() >= DEEPEST || too_deep > 0 {
                        too_deep += 1;
                        self.stumble();
                    } else {
                        open.push(Open::new(self.at - 1, first == '{'));
                    }
                }
                '}' | ']' => {
                    self.at += 1;
                    if too_deep > 0 {
                        too_deep -= 1;
                    } else if open.len() > usize::from(is_bare_map) {
                        let closed = open.pop().map(|open| open.close(self.at));
                        root = self.put(closed, &mut open).or(root);
                    } else {
                        self.stumble();
                    }
                }
                ',' => self.at += 1,
                _ if too_deep > 0 => {
                    self.scalar();
                }
                _ => {
                    let needs_key = open
                        .last()
                        .is_some_and(|open| open.is_map && open.key.is_none());
                    if needs_key {
                        self.key(&mut open);
                    } else {
                        let value = self.scalar();
                        root = self.put(Some(value), &mut open).or(root);
                    }
                }
            }
        }
        while let Some(last) = open.pop() {
            if !(is_bare_map && open.is_empty()) {
                self.stumble();
            }
            let closed = last.close(self.text.len());
            root = self.put(Some(closed), &mut open).or(root);
        }
        root.unwrap_or_else(|| Expression::new(ExpressionKind::Null, 0..0))
    }

    /// Puts a value into what is open; returns it where nothing is.
    fn put(&mut self, value: Option<Expression>, open: &mut [Open]) -> Option<Expression> {
        let value = value?;
        let Some(last) = open.last_mut() else {
            return Some(value);
        };
        if last.is_map {
            match last.key.take() {
                Some((key, key_span)) => last.entries.push(Entry {
                    key,
                    key_span,
                    value,
                }),
                None => self.stumble(),
            }
        } else {
            last.items.push(value);
        }
        None
    }

    fn key(&mut self, open: &mut [Open]) {
        let start = self.at;
        let rest = &self.text[start..];
        let (key, span) = if rest.starts_with(['"', '\'']) {
            let value = self.scalar();
            let span = value.span.clone();
            let key = value.scalar().unwrap_or_else(|| {
                self.text
                    .get(span.start + 1..span.end.saturating_sub(1))
                    .unwrap_or_default()
                    .to_owned()
            });
            (key, span)
        } else {
            let length = rest
                .find(|character: char| character.is_whitespace() || ":{}[],\"".contains(character))
                .unwrap_or(rest.len());
            if length == 0 {
                self.stumble();
                self.at += rest.chars().next().map_or(1, char::len_utf8);
                return;
            }
            self.at += length;
            (rest[..length].to_owned(), start..start + length)
        };
        self.skip();
        if self.text[self.at..].starts_with([':', '=']) {
            self.at += 1;
            // Hjson's text without quotes ends with its line; an empty one does not take the next line.
            let rest = &self.text[self.at..];
            self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
            if let Some(last) = open.last_mut() {
                last.key = Some((key, span));
            }
        } else {
            self.stumble();
        }
    }

    /// Passes over blanks, comments, and marks of a template that fill a line alone.
    fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.at += rest.len() - trimmed.len();
            let length = if trimmed.starts_with("//") || trimmed.starts_with('#') {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
            } else if let Some(end) = self.control_mark() {
                self.at = end;
                continue;
            } else {
                return;
            };
            let end = self.at + trimmed[..length].trim_end().len();
            self.comments.push(self.at..end);
            self.at += length;
        }
    }

    /// Returns where a mark that stands alone on its line ends.
    fn control_mark(&self) -> Option<usize> {
        marks::end_alone(self.text, self.at)
    }

    /// Reads a value that is no collection.
    fn scalar(&mut self) -> Expression {
        let start = self.at;
        let rest = &self.text[start..];
        if rest.starts_with("'''") || rest.starts_with("\"\"\"") {
            let quotes = &rest[..3];
            let inside = &rest[3..];
            let length = inside.find(quotes).unwrap_or(inside.len());
            self.at = start + (3 + length + 3).min(rest.len());
            let written = Written::verbatim(&inside[..length], start + 3);
            return text_value(&written, start..self.at);
        }
        if rest.starts_with(['"', '\'']) {
            return self.quoted();
        }
        if let Some(end) = marks::mark_end(self.text, start) {
            self.at = end;
            let written = Written::verbatim(&self.text[start..end], start);
            return text_value(&written, start..end);
        }
        // A keyword or a number ends at a comma or a bracket; other text without quotes at the end of its line.
        let line = rest.split('\n').next().unwrap_or_default();
        let is_address = line.contains("://");
        let short = line
            .find(|character: char| ",]}\r".contains(character) || character == ' ' && !is_address)
            .unwrap_or(line.len());
        let word = line[..short].trim_end();
        let kind = match word {
            "true" => Some(ExpressionKind::Boolean(true)),
            "false" => Some(ExpressionKind::Boolean(false)),
            "null" => Some(ExpressionKind::Null),
            _ if word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
                && is_number(word) =>
            {
                Some(ExpressionKind::Number(word.to_owned()))
            }
            _ => None,
        };
        if let Some(kind) = kind {
            self.at += word.len();
            return Expression::new(kind, start..start + word.len());
        }
        let content = line.trim_end().trim_end_matches(',');
        if content.is_empty() {
            self.stumble();
            self.at += rest.chars().next().map_or(1, char::len_utf8);
            return Expression::new(ExpressionKind::Null, start..start);
        }
        self.at += line.trim_end().len();
        text_value(
            &Written::verbatim(content, start),
            start..start + content.len(),
        )
    }

    /// Reads a text in quotes. One that is not closed ends with its line.
    fn quoted(&mut self) -> Expression {
        let start = self.at;
        let quote = self.text.as_bytes()[start];
        let mut written = Written::default();
        let mut done = start + 1;
        let mut at = done;
        let bytes = self.text.as_bytes();
        while at < bytes.len() {
            match bytes[at] {
                byte if byte == quote => break,
                b'\n' => {
                    self.stumble();
                    break;
                }
                b'{' => at = marks::mark_end(self.text, at).unwrap_or(at + 1),
                b'\\' => {
                    written.push_verbatim(&self.text[done..at], done);
                    let (resolved, length) = escape(&self.text[at..]);
                    written.push_resolved(resolved.encode_utf8(&mut [0; 4]), at..at + length);
                    at += length;
                    done = at;
                }
                _ => at += 1,
            }
        }
        let at = at.min(bytes.len());
        written.push_verbatim(&self.text[done.min(at)..at], done);
        let end = (at + usize::from(bytes.get(at) == Some(&quote))).max(start + 1);
        self.at = end;
        text_value(&written, start..end)
    }

    fn stumble(&mut self) {
        self.broken_at.get_or_insert(self.at);
    }
}

impl Open {
    fn new(start: usize, is_map: bool) -> Self {
        Self {
            start,
            is_map,
            entries: Vec::new(),
            items: Vec::new(),
            key: None,
        }
    }

    fn close(self, end: usize) -> Expression {
        let kind = if self.is_map {
            ExpressionKind::Map(self.entries)
        } else {
            ExpressionKind::List(self.items)
        };
        Expression::new(kind, self.start..end)
    }
}

/// Reads the escape at the beginning: what it stands for and how long it is.
fn escape(text: &str) -> (char, usize) {
    let Some(next) = text[1..].chars().next() else {
        return ('\\', 1);
    };
    let resolved = match next {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => {
            let code = text
                .get(2..6)
                .and_then(|hex| u32::from_str_radix(hex, 16).ok());
            return match code {
                // Halves of a pair are no characters; what they make matters to nobody here.
                Some(code) => (
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
                    6,
                ),
                None => ('u', 2),
            };
        }
        other => other,
    };
    (resolved, 1 + next.len_utf8())
}

fn is_number(word: &str) -> bool {
    word.parse::<f64>().is_ok()
        || word
            .trim_start_matches(['+', '-'])
            .strip_prefix("0x")
            .is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn text_value(written: &Written, span: Span) -> Expression {
    let template = holes::holes(written, span.clone(), holes::DOCUMENT);
    Expression::new(ExpressionKind::Text(template), span)
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
    fn strict_json_is_read_whole() {
        let text = r#"{"a": {"b": [1, true, null, "x\té"]}, "c": "${V:d}"}"#;
        let document = document(text);
        assert_eq!(read(text).understanding, Understanding::Whole);
        let items = document.at(&["a", "b"]).expect("b").items();
        assert_eq!(items[0].kind, ExpressionKind::Number("1".into()));
        assert_eq!(items[1].kind, ExpressionKind::Boolean(true));
        assert_eq!(items[3].literal().as_deref(), Some("x\té"));
        assert_eq!(&text[items[3].span.clone()], r#""x\té""#);
        assert_eq!(document.get("c").and_then(Expression::literal), None);
    }

    #[test]
    fn comments_and_trailing_commas_are_taken() {
        let text = "// one\n{\"a\": 'b', /* two */ c: 1,}\n";
        let document = document(text);
        assert_eq!(document.entries().len(), 2);
        assert_eq!(read(text).comments.len(), 2);
        assert_eq!(read(text).understanding, Understanding::Whole);
    }

    #[test]
    fn hjson_leaves_quotes_commas_and_braces_away() {
        let text = "{\n  # c\n  database: {\n    user: lemmy\n    uri: postgres://a b\n    port: 5432\n    tls: false\n  }\n  x: '''y\n z'''\n}\n";
        let document = document(text);
        assert_eq!(
            document
                .at(&["database", "user"])
                .and_then(Expression::literal)
                .as_deref(),
            Some("lemmy")
        );
        assert_eq!(
            document
                .at(&["database", "uri"])
                .and_then(Expression::literal)
                .as_deref(),
            Some("postgres://a b")
        );
        assert_eq!(
            document.at(&["database", "tls"]).map(|v| &v.kind),
            Some(&ExpressionKind::Boolean(false))
        );
        assert_eq!(
            document.get("x").and_then(Expression::literal).as_deref(),
            Some("y\n z")
        );
    }

    #[test]
    fn outermost_braces_may_be_left_away() {
        assert_eq!(document("a: b\nc: d\n").entries().len(), 2);
    }

    #[test]
    fn template_is_read_around_its_marks() {
        let text = "{\n  {{ if .x }}\n  \"url\": \"postgres://{{ .host }}/d\",\n  {{ end }}\n  \"n\": {{ .n }}\n}\n";
        let document = document(text);
        assert_eq!(document.entries().len(), 2);
        assert!(document.get("url").is_some());
    }

    #[test]
    fn scripts_are_commands() {
        let facts = read(r#"{"scripts": {"db": "PGSSLMODE=disable psql -h x"}}"#);
        assert!(
            facts
                .facts
                .iter()
                .any(|fact| matches!(fact, Fact::Command(_)))
        );
        assert!(
            facts
                .facts
                .iter()
                .any(|fact| matches!(fact, Fact::Assignment(a) if a.target == "PGSSLMODE"))
        );
    }

    #[test]
    fn depth_is_bounded() {
        let text = "[".repeat(100_000);
        let _ = read(&text);
        let text = "{\"a\":".repeat(100_000);
        assert!(matches!(
            read(&text).understanding,
            Understanding::Broken { .. }
        ));
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"[a:,{}\[\]"'\\/#*é \nu0]{0,60}|.{0,60}"#) {
            document(&text).walk(&mut |value| assert!(text.get(value.span.clone()).is_some()));
        }
    }
}
