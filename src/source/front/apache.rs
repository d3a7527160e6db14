//! Reads Apache: a directive on each line, blocks in angle brackets.

use crate::source::fact::{Directive, Fact, Facts};
use crate::text::template::Span;

use super::nginx::server_word;
use super::words;
use super::written::Written;
use super::{DEEPEST, marks};

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let mut facts = Facts::default();
    let mut blocks: Vec<String> = Vec::new();
    let mut too_deep = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let (line, next) = logical_line(text, at);
        at = next;
        let content = line.trimmed(0..line.text().len());
        let code = content.text();
        let whole = content.span_of(0..code.len());
        if code.is_empty() {
            continue;
        }
        if code.starts_with('#') {
            facts.comments.push(whole);
        } else if code.starts_with("</") {
            if too_deep > 0 {
                too_deep -= 1;
            } else {
                blocks.pop();
            }
        } else if let Some(block) = code.strip_prefix('<') {
            if marks::mark_end(code, 0).is_some()
                && (code.starts_with("<%") || code.starts_with("<#"))
            {
                continue;
            }
            if blocks.len() >= DEEPEST {
                too_deep += 1;
            } else {
                blocks.push(
                    block
                        .trim_end_matches('>')
                        .trim()
                        .chars()
                        .take(128)
                        .collect(),
                );
            }
        } else if marks::mark_end(code, 0) != Some(code.len()) {
            facts.facts.extend(directive(&content, whole, &blocks));
        }
    }
    facts
}

fn directive(content: &Written, span: Span, blocks: &[String]) -> Option<Fact> {
    let text = content.text();
    let mut ranges = Vec::new();
    let mut start = None;
    let mut at = 0;
    while at < text.len() {
        let character = text[at..].chars().next()?;
        if character.is_whitespace() {
            ranges.extend(start.take().map(|from| from..at));
            at += character.len_utf8();
        } else {
            start.get_or_insert(at);
            at = words::step(text, at);
        }
    }
    ranges.extend(start.map(|from| from..text.len()));
    let name = ranges.first()?.clone();
    Some(Fact::Directive(Directive {
        name: text[name.clone()].to_lowercase(),
        words: ranges[1..]
            .iter()
            .map(|range| server_word(content, range.clone()).template)
            .collect(),
        blocks: blocks.to_vec(),
        name_span: content.span_of(name),
        span,
    }))
}

/// Returns a line with those that continue it, and where the next one begins.
fn logical_line(text: &str, at: usize) -> (Written, usize) {
    let mut written = Written::default();
    let mut from = at;
    loop {
        let end = text[from..].find('\n').map_or(text.len(), |end| from + end);
        let next = (end + 1).min(text.len());
        let line = text[from..end].trim_end_matches('\r');
        match line.strip_suffix('\\') {
            Some(continued) if next < text.len() => {
                written.push_verbatim(continued, from);
                from = next;
            }
            _ => {
                written.push_verbatim(line, from);
                return (written, next.max(end));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn directives_know_their_blocks() {
        let text = "# c\n<VirtualHost *:443>\n  SSLProtocol all \\\n   -SSLv3\n  <Directory \"/a\">\n   X 'b c'\n  </Directory>\n  Y\n</VirtualHost>\n";
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
                "VirtualHost *:443: sslprotocol all|-SSLv3",
                "VirtualHost *:443/Directory \"/a\": x b c",
                "VirtualHost *:443: y "
            ]
        );
        assert_eq!(facts.comments.first(), Some(&(0..3)));
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"[a<>/"'$#%{} \n\\é]{0,60}|.{0,60}"#) {
            let _ = read(&text);
        }
    }
}
