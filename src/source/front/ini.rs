//! Reads ini: alembic, `PgBouncer`, systemd units, supervisor, `pg_service.conf`.

use crate::source::expression::{Entry, Expression, ExpressionKind};
use crate::source::fact::{Fact, Facts};
use crate::text::template::Span;

use super::written::Written;
use super::{commands, holes, words};

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let mut reader = Reader {
        text,
        top: Vec::new(),
        section: None,
        facts: Facts::default(),
        commands: Vec::new(),
        last: None,
    };
    let mut at = 0;
    while at < text.len() {
        at = reader.line(at);
    }
    reader.finish()
}

struct Reader<'a> {
    text: &'a str,
    top: Vec<Entry>,
    section: Option<Section>,
    facts: Facts,
    commands: Vec<Fact>,
    /// The entry that an indented line continues.
    last: Option<(String, Span, Written)>,
}

struct Section {
    name: String,
    name_span: Span,
    entries: Vec<Entry>,
}

impl Reader<'_> {
    /// Reads the line at an offset; returns where the next one begins.
    fn line(&mut self, at: usize) -> usize {
        let end = self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |end| at + end);
        let next = (end + 1).min(self.text.len()).max(at + 1);
        let line = self.text[at..end].trim_end();
        let content = line.trim_start();
        let content_at = at + (line.len() - content.len());
        if content.is_empty() {
            self.flush();
            return next;
        }
        if content.starts_with(['#', ';']) {
            self.facts.comments.push(content_at..at + line.len());
            return next;
        }
        if content.starts_with('[')
            && let Some(close) = content.find(']')
        {
            self.flush();
            self.close_section();
            self.section = Some(Section {
                name: content[1..close].trim().to_owned(),
                name_span: content_at + 1..content_at + close,
                entries: Vec::new(),
            });
            return next;
        }
        let is_continued = self.last.as_ref().is_some_and(|(_, _, value)| {
            value.text().ends_with('\\') || line.len() > content.len()
        });
        if is_continued && let Some((_, _, value)) = &mut self.last {
            let length = value.text().len();
            if value.text().ends_with('\\') {
                *value = value.slice(0..length - 1);
            }
            value.push_resolved(" ", content_at..content_at);
            value.push_verbatim(content, content_at);
            return next;
        }
        self.flush();
        self.entry(content, content_at);
        next
    }

    fn entry(&mut self, content: &str, at: usize) {
        let Some(separator) = content.find(['=', ':']) else {
            return;
        };
        let key = content[..separator].trim_end();
        if key.is_empty() || key.len() > 256 {
            return;
        }
        let rest = &content[separator + 1..];
        let value_from = separator + 1 + (rest.len() - rest.trim_start().len());
        let value = content.get(value_from..).unwrap_or_default();
        let end = comment_in(value).unwrap_or(value.len());
        if end < value.len() {
            self.facts
                .comments
                .push(at + value_from + end..at + content.len());
        }
        let mut written = Written::verbatim(value[..end].trim_end(), at + value_from);
        if written.is_empty() {
            // A place for what continues it, or for an edit.
            written = Written::default();
        }
        self.last = Some((key.to_owned(), at..at + key.len(), written));
        if value[..end].trim().is_empty() {
            let place = at + value_from.min(content.len());
            if let Some((_, key_span, _)) = &mut self.last {
                key_span.end = key_span.end.min(place);
            }
        }
    }

    /// Puts the entry that no line continues any more where it belongs.
    fn flush(&mut self) {
        let Some((key, key_span, written)) = self.last.take() else {
            return;
        };
        let whole = written.span_of(0..written.text().len());
        let whole = if written.is_empty() {
            let end = self.text[key_span.end..]
                .find(['=', ':'])
                .map_or(key_span.end, |at| key_span.end + at + 1);
            end..end
        } else {
            whole
        };
        let (value, span) = unquoted(written, whole);
        self.commands_of(&key, &value, &span);
        let template = holes::holes(&value, span.clone(), holes::INI);
        let entry = Entry {
            key,
            key_span,
            value: Expression::new(ExpressionKind::Text(template), span),
        };
        match &mut self.section {
            Some(section) => section.entries.push(entry),
            None => self.top.push(entry),
        }
    }

    /// Adds what a unit runs and with which environment.
    fn commands_of(&mut self, key: &str, value: &Written, span: &Span) {
        let is_program = key.starts_with("Exec") || key == "command" || key == "HealthCmd";
        if is_program {
            let from = value.text().len()
                - value
                    .text()
                    .trim_start_matches(['-', '@', '+', '!', ':'])
                    .len();
            let words = words::split(&value.slice(from..value.text().len()));
            commands::add(words, span.clone(), &mut self.commands);
        } else if key == "Environment" {
            for word in words::split(value) {
                self.commands
                    .extend(commands::assignment(&word.written, holes::INI));
            }
        }
    }

    fn close_section(&mut self) {
        let Some(section) = self.section.take() else {
            return;
        };
        let end = section
            .entries
            .last()
            .map_or(section.name_span.end, |entry| entry.value.span.end);
        let span = section.name_span.start..end.max(section.name_span.end);
        self.top.push(Entry {
            key: section.name,
            key_span: section.name_span,
            value: Expression::new(ExpressionKind::Map(section.entries), span),
        });
    }

    fn finish(mut self) -> Facts {
        self.flush();
        self.close_section();
        let document = Expression::new(ExpressionKind::Map(self.top), 0..self.text.len());
        self.facts.facts.push(Fact::Document(document));
        self.facts.facts.extend(self.commands);
        self.facts
    }
}

/// Returns where a comment begins in a value: a mark behind a blank, outside of quotes.
fn comment_in(value: &str) -> Option<usize> {
    let mut quote = None;
    let bytes = value.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == *byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'#' | b';') if at > 0 && matches!(bytes[at - 1], b' ' | b'\t') => {
                return Some(at);
            }
            _ => {}
        }
    }
    None
}

/// Takes quotes around the whole value away; the span stays that of the value with them.
fn unquoted(written: Written, span: Span) -> (Written, Span) {
    let text = written.text();
    for quote in ['"', '\''] {
        let inside = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if inside.is_some_and(|inside| !inside.contains(quote)) {
            return (written.slice(1..text.len() - 1), span);
        }
    }
    (written, span)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str, path: &[&str]) -> Option<(String, String)> {
        let facts = read(text);
        let Some(Fact::Document(document)) = facts.facts.first() else {
            panic!("a document");
        };
        let value = document.at(path)?;
        let ExpressionKind::Text(template) = &value.kind else {
            panic!("a text");
        };
        Some((
            template.filled_with("?"),
            text[value.span.clone()].to_owned(),
        ))
    }

    fn pair(value: &str, raw: &str) -> (String, String) {
        (value.to_owned(), raw.to_owned())
    }

    #[test]
    fn sections_hold_their_entries() {
        let text = "top = 1\n[alembic]\n; c\nsqlalchemy.url = postgresql://%(u)s@h/d # c\nquoted = \"a b\"\nempty =\n[b]\nk: v\n";
        assert_eq!(at(text, &["top"]), Some(pair("1", "1")));
        assert_eq!(
            at(text, &["alembic", "sqlalchemy.url"]),
            Some(pair("postgresql://?@h/d", "postgresql://%(u)s@h/d"))
        );
        assert_eq!(
            at(text, &["alembic", "quoted"]),
            Some(pair("a b", "\"a b\""))
        );
        assert_eq!(at(text, &["alembic", "empty"]), Some(pair("", "")));
        assert_eq!(at(text, &["b", "k"]), Some(pair("v", "v")));
        assert_eq!(read(text).comments.len(), 2);
    }

    #[test]
    fn lines_are_continued_by_indentation_and_by_backslash() {
        let text = "[a]\nx =\n  one\n  two\ny = a \\\nb\n";
        assert_eq!(
            at(text, &["a", "x"])
                .map(|(value, _)| value)
                .as_deref()
                .map(str::trim),
            Some("one two")
        );
        assert_eq!(
            at(text, &["a", "y"]).map(|(value, _)| value).as_deref(),
            Some("a  b")
        );
    }

    #[test]
    fn unit_runs_a_command_with_an_environment() {
        let facts = read(
            "[Service]\nEnvironment=\"A=b\" C=d\nExecStart=-/usr/bin/cockroach start --insecure \\\n  --x\n",
        );
        let mut targets = Vec::new();
        let mut words = Vec::new();
        for fact in &facts.facts {
            match fact {
                Fact::Assignment(assignment) => targets.push(assignment.target.clone()),
                Fact::Command(command) => {
                    words.extend(command.words.iter().map(|word| word.filled_with("?")));
                }
                _ => {}
            }
        }
        assert_eq!(targets, ["A", "C"]);
        assert_eq!(words, ["/usr/bin/cockroach", "start", "--insecure", "--x"]);
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"[a=:\[\] \\\n#;'"%()é]{0,60}|.{0,60}"#) {
            let facts = read(&text);
            if let Some(Fact::Document(document)) = facts.facts.first() {
                document.walk(&mut |value| assert!(text.get(value.span.clone()).is_some()));
            }
        }
    }
}
