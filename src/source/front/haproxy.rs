//! Reads `HAProxy`: sections as blocks, a directive with its words on each line.

use crate::source::fact::{Directive, Fact, Facts};

use super::words;
use super::written::Written;
use super::{holes, marks};

/// Words that begin a section.
const SECTIONS: &[&str] = &[
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "peers",
    "resolvers",
    "userlist",
    "mailers",
    "cache",
    "program",
    "ring",
    "http-errors",
    "log-forward",
    "fcgi-app",
    "crt-store",
    "traces",
];

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let mut facts = Facts::default();
    let mut section = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim();
        let content_at = start + (line.len() - line.trim_start().len());
        if content.is_empty() || marks::end_alone(text, content_at).is_some() {
            continue;
        }
        let end = comment_in(content).unwrap_or(content.len());
        if end < content.len() {
            facts
                .comments
                .push(content_at + end..content_at + content.len());
        }
        let code = content[..end].trim_end();
        let words = words::split(&Written::verbatim(code, content_at));
        let Some((name, rest)) = words.split_first() else {
            continue;
        };
        let name_text = name.written.text().to_lowercase();
        if SECTIONS.contains(&name_text.as_str()) {
            section = vec![code.chars().take(128).collect::<String>()];
            continue;
        }
        facts.facts.push(Fact::Directive(Directive {
            name: name_text,
            words: rest
                .iter()
                .map(|word| {
                    holes::holes(&word.written, word.template.span.clone(), holes::DOCUMENT)
                })
                .collect(),
            blocks: section.clone(),
            name_span: name.template.span.clone(),
            span: content_at..content_at + code.len(),
        }));
    }
    facts
}

/// Returns where a comment begins: a `#` outside of quotes that is not escaped.
pub(super) fn comment_in(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut is_escaped = false;
    for (at, byte) in line.bytes().enumerate() {
        match (quote, byte) {
            _ if is_escaped => is_escaped = false,
            (_, b'\\') => is_escaped = true,
            (Some(open), byte) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'#') => return Some(at),
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
    fn lines_are_directives_of_their_section() {
        let text = "global\n  ssl-default-bind-options ssl-min-ver TLSv1.0 # c\nbackend db\n  server a 10.0.0.1:26257 check ssl verify none\n";
        let facts = read(text);
        let shown: Vec<String> = facts
            .facts
            .iter()
            .map(|fact| match fact {
                Fact::Directive(directive) => format!(
                    "{}: {} {}",
                    directive.blocks.join("/"),
                    directive.name,
                    directive
                        .words
                        .iter()
                        .map(|word| word.filled_with("?"))
                        .collect::<Vec<_>>()
                        .join("|")
                ),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "global: ssl-default-bind-options ssl-min-ver|TLSv1.0",
                "backend db: server a|10.0.0.1:26257|check|ssl|verify|none"
            ]
        );
        assert_eq!(&text[facts.comments[0].clone()], "# c");
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"(global\n)?[a"'$#{} \n\\é]{0,60}|.{0,60}"#) {
            let _ = read(&text);
        }
    }
}
