//! Reads nginx: directives with their words, in the blocks around them. Marks of templates are passed over or stay in their words.

use crate::source::fact::{Directive, Fact, Facts, Understanding};
use crate::text::template::Span;

use super::words::{self, Word};
use super::written::Written;
use super::{DEEPEST, holes, marks};

/// Longest name of a block, in characters: a long one is copied to every directive in it.
const LONGEST_BLOCK: usize = 128;

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let mut reader = Reader {
        written: &Written::verbatim(text, 0),
        text,
        facts: Facts::default(),
        words: Vec::new(),
        blocks: Vec::new(),
        too_deep: 0,
    };
    let mut at = 0;
    while at < text.len() {
        at = reader.token(at);
    }
    if !reader.words.is_empty() {
        reader.stumble(text.len());
        reader.directive(text.len());
    }
    reader.facts
}

struct Reader<'a> {
    written: &'a Written,
    text: &'a str,
    facts: Facts,
    /// Where the words of the directive that is being read stand.
    words: Vec<Span>,
    blocks: Vec<String>,
    too_deep: usize,
}

impl Reader<'_> {
    /// Reads the token at an offset; returns where the next one begins.
    fn token(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let first = rest.chars().next().unwrap_or(' ');
        match first {
            _ if first.is_whitespace() => at + first.len_utf8(),
            '#' => {
                let length = rest.find('\n').unwrap_or(rest.len());
                self.facts
                    .comments
                    .push(at..at + rest[..length].trim_end().len());
                at + length
            }
            ';' => {
                self.directive(at + 1);
                at + 1
            }
            '{' if marks::end_alone(self.text, at).is_some() => {
                marks::end_alone(self.text, at).unwrap_or(at + 1)
            }
            '{' if !rest.starts_with("{{") => {
                self.open();
                at + 1
            }
            '}' => {
                if !self.words.is_empty() {
                    self.stumble(at);
                    self.directive(at);
                }
                if self.too_deep > 0 {
                    self.too_deep -= 1;
                } else if self.blocks.pop().is_none() {
                    self.stumble(at);
                }
                at + 1
            }
            _ => {
                let end = self.word_end(at);
                self.words.push(at..end);
                end
            }
        }
    }

    fn word_end(&self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut place = at;
        while place < bytes.len() {
            match bytes[place] {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'}' => break,
                b'{' if marks::mark_end(self.text, place).is_none() => break,
                _ => {}
            }
            place = words::step(self.text, place);
        }
        place.clamp(at + 1, bytes.len())
    }

    fn open(&mut self) {
        let words = std::mem::take(&mut self.words);
        if self.blocks.len() >= DEEPEST || self.too_deep > 0 {
            self.too_deep += 1;
            return;
        }
        let name: Vec<&str> = words.iter().map(|span| &self.text[span.clone()]).collect();
        self.blocks
            .push(name.join(" ").chars().take(LONGEST_BLOCK).collect());
    }

    fn directive(&mut self, end: usize) {
        let spans = std::mem::take(&mut self.words);
        let Some(name_span) = spans.first().cloned() else {
            return;
        };
        self.facts.facts.push(Fact::Directive(Directive {
            name: self.text[name_span.clone()].to_lowercase(),
            words: spans[1..]
                .iter()
                .map(|span| self.word(span).template)
                .collect(),
            blocks: self.blocks.clone(),
            span: name_span.start..end,
            name_span,
        }));
    }

    fn word(&self, span: &Span) -> Word {
        server_word(self.written, span.clone())
    }

    fn stumble(&mut self, at: usize) {
        if self.facts.understanding == Understanding::Whole {
            self.facts.understanding = Understanding::Broken {
                at,
                reason: "a directive or a block does not end as it should".to_owned(),
            };
        }
    }
}

/// Reads a word of a server's configuration: quotes around it are taken away, variables are holes.
pub(super) fn server_word(written: &Written, span: Span) -> Word {
    let raw = &written.text()[span.clone()];
    let is_quoted = raw.len() >= 2
        && ['"', '\'']
            .iter()
            .any(|quote| raw.starts_with(*quote) && raw.ends_with(*quote));
    let inside = if is_quoted {
        written.slice(span.start + 1..span.end - 1)
    } else {
        written.slice(span.clone())
    };
    Word {
        template: holes::holes(&inside, written.span_of(span), holes::SERVER),
        written: inside,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<String> {
        read(text)
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
            .collect()
    }

    #[test]
    fn directives_know_their_blocks() {
        assert_eq!(
            shown(
                "http {\n server { # c\n  ssl_protocols TLSv1 'TLSv1.2';\n  location /a { proxy_pass https://$up; }\n }\n}\n"
            ),
            [
                "http/server: ssl_protocols TLSv1|TLSv1.2",
                "http/server/location /a: proxy_pass https://?"
            ]
        );
    }

    #[test]
    fn marks_of_templates_are_passed_over() {
        assert_eq!(
            shown(
                "{{ if $x }}\nserver {\n  listen {{ $port }} ssl;\n  {{ template \"a\" . }}\n}\n{{ end }}\n"
            ),
            ["server: listen ?|ssl"]
        );
    }

    #[test]
    fn spans_reach_to_the_semicolon() {
        let text = "ssl_protocols TLSv1 ;";
        let Fact::Directive(directive) = &read(text).facts[0] else {
            panic!("a directive");
        };
        assert_eq!(directive.span, 0..21);
        assert_eq!(directive.words[0].span, 14..19);
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"[a{};"'$#% \n\\é]{0,60}|.{0,60}"#) {
            let _ = read(&text);
        }
    }
}
