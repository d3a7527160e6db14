//! Reads any other text, line by line: templates that no parser takes, unknown formats, languages without a front end.
//!
//! What it finds is likely, not certain. `key: value`, `key = value`, `KEY=value` and `"key": "value"` are assignments, other strings
//! with `://` are expressions, lines with `--flags` are commands. What is not quoted and looks like a program's name is no text.

use crate::source::expression::{Expression, ExpressionKind};
use crate::source::fact::{Assignment, Fact, Facts, Understanding};

use super::commands;
use super::holes;
use super::words;
use super::written::Written;

/// Longest line that is looked at, in bytes.
const LONGEST_LINE: usize = 16 * 1024;

/// Most lines that one command goes on over.
const MOST_CONTINUED: usize = 100;

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    read_as(text, "there is no parser for this format")
}

/// Reads a text to its facts, and says why no parser did.
pub(super) fn read_as(text: &str, reason: &str) -> Facts {
    let mut reader = Reader {
        text,
        facts: Facts {
            understanding: Understanding::Lines {
                reason: reason.to_owned(),
            },
            ..Facts::default()
        },
        comment_ends_with: None,
        continued_until: 0,
        no_command_until: 0,
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        reader.line(start, line);
        start += line.len();
    }
    reader.facts
}

struct Reader<'a> {
    text: &'a str,
    facts: Facts,
    /// Inside of a comment of several lines: what ends it.
    comment_ends_with: Option<&'static str>,
    /// Up to where lines belong to a command that was read.
    continued_until: usize,
    /// Up to where continued lines were found to be no command.
    no_command_until: usize,
}

impl Reader<'_> {
    fn line(&mut self, start: usize, line: &str) {
        let content = line.trim();
        let at = start + (line.len() - line.trim_start().len());
        let end = at + content.len();
        if content.is_empty() || content.len() > LONGEST_LINE {
            return;
        }
        if let Some(closing) = self.comment_ends_with {
            self.facts.comments.push(at..end);
            if content.contains(closing) {
                self.comment_ends_with = None;
            }
            return;
        }
        if let Some(closing) = block_comment(content) {
            self.facts.comments.push(at..end);
            if !content[2..].contains(closing) {
                self.comment_ends_with = Some(closing);
            }
            return;
        }
        if is_comment(content) {
            self.facts.comments.push(at..end);
            return;
        }
        let code_end = trailing_comment(content).unwrap_or(content.len());
        if code_end < content.len() {
            self.facts.comments.push(at + code_end..end);
        }
        let code = content[..code_end].trim_end();
        if start < self.continued_until {
            return;
        }
        if self.assignment(code, at) || self.command(code, at) {
            return;
        }
        self.addresses(code, at);
    }

    /// Reads `key: value` and its like; `false` where the line is none.
    fn assignment(&mut self, code: &str, at: usize) -> bool {
        let Some((key, separator_end, is_loose)) = key_of(code) else {
            return false;
        };
        let value = code[separator_end..].trim_start();
        let value_at = separator_end + (code.len() - separator_end - value.len());
        let trimmed = value.trim_end_matches([',', ';']).trim_end();
        let is_quoted = trimmed.starts_with(['"', '\'', '`']);
        let (kind, length) = if is_quoted {
            let quote = trimmed.chars().next().unwrap_or('"');
            let close = trimmed[1..].find(quote).map(|close| close + 1);
            let inside = &trimmed[1..close.unwrap_or(trimmed.len())];
            let length = close.map_or(trimmed.len(), |close| close + 1);
            let rest = trimmed[length..].trim_start();
            if !rest.is_empty() && !rest.starts_with([',', ';', '}', ')', ']']) {
                // More than one text: an expression of a language that is not known here.
                return false;
            }
            let written = Written::verbatim(inside, at + value_at + 1);
            let span = at + value_at..at + value_at + length;
            (
                ExpressionKind::Text(holes::holes(&written, span, holes::DOCUMENT)),
                length,
            )
        } else if trimmed.contains("://") && trimmed.contains(['"', '\'']) {
            // A call with an address in it: the address is looked for by itself.
            return false;
        } else if trimmed.is_empty()
            || trimmed.starts_with(['{', '[', '|', '>', '&', '*']) && !trimmed.starts_with("{{")
        {
            return false;
        } else {
            (unquoted(trimmed, at + value_at, is_loose), trimmed.len())
        };
        let span = at + value_at..at + value_at + length;
        let key_at = code.find(key).unwrap_or_default();
        self.facts.facts.push(Fact::Assignment(Assignment {
            target: key.to_owned(),
            value: Expression::new(kind, span.clone()),
            added: false,
            target_span: at + key_at..at + key_at + key.len(),
            span: at..span.end.max(at),
        }));
        true
    }

    /// Reads a line with flags as a command, with the lines that continue it.
    fn command(&mut self, code: &str, at: usize) -> bool {
        let begins = code.trim_start_matches(['$', '-', '#', '>', '`', ' ', '"', '\'']);
        if begins.is_empty() || !(code.contains(" --") || code.ends_with('\\')) {
            return false;
        }
        if at < self.no_command_until {
            return false;
        }
        let offset = code.len() - begins.len();
        let mut written = Written::default();
        let mut from = at + offset;
        let mut line_end = at + code.len();
        for _ in 0..MOST_CONTINUED {
            let line = &self.text[from..line_end];
            let Some(continued) = line.trim_end().strip_suffix('\\') else {
                written.push_verbatim(line, from);
                break;
            };
            written.push_verbatim(continued, from);
            let Some(next) = self.text[line_end..].find('\n') else {
                break;
            };
            from = line_end + next + 1;
            let next_line = self.text[from..].split('\n').next().unwrap_or_default();
            if next_line.len() > LONGEST_LINE {
                break;
            }
            line_end = from + next_line.trim_end().len();
        }
        let text = written.text();
        if !text.contains(" --") {
            self.no_command_until = line_end;
            return false;
        }
        self.continued_until = line_end;
        let length = text.trim_end_matches(['`', '"', '\'', ',', ']', ' ']).len();
        let words = words::split(&written.slice(0..length));
        if words.len() < 2 {
            return false;
        }
        let span = at + offset..line_end;
        commands::add(words, span, &mut self.facts.facts);
        true
    }

    /// Reads what holds `://`, up to the quotes or blanks around it.
    fn addresses(&mut self, code: &str, at: usize) {
        let mut done = 0;
        while let Some(found) = code[done..].find("://") {
            let mark = done + found;
            let is_border =
                |character: char| character.is_whitespace() || "\"'`<>()[],;".contains(character);
            let from = code[done..mark]
                .char_indices()
                .rev()
                .find(|(_, character)| is_border(*character))
                .map_or(done, |(place, character)| {
                    done + place + character.len_utf8()
                });
            let to = code[mark..]
                .find(is_border)
                .map_or(code.len(), |end| mark + end);
            let written = Written::verbatim(&code[from..to], at + from);
            let span = at + from..at + to;
            self.facts.facts.push(Fact::Expression(Expression::new(
                ExpressionKind::Text(holes::holes(&written, span.clone(), holes::DOCUMENT)),
                span,
            )));
            done = to.max(mark + 3);
        }
    }
}

/// Reads an unquoted value: a text, or a name of a program where it may be one.
fn unquoted(value: &str, at: usize, is_loose: bool) -> ExpressionKind {
    let span = at..at + value.len();
    match value {
        "true" | "True" | "TRUE" => return ExpressionKind::Boolean(true),
        "false" | "False" | "FALSE" => return ExpressionKind::Boolean(false),
        "null" | "nil" | "None" | "~" => return ExpressionKind::Null,
        _ => {}
    }
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return ExpressionKind::Number(value.to_owned());
    }
    let is_call = value.contains('(') && !value.contains("://") && !value.contains("{{");
    let is_name = is_loose
        && !value.contains("://")
        && value.bytes().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'.' | b'-' | b'>' | b':' | b'@' | b'$')
        });
    if is_call {
        ExpressionKind::Other(Vec::new())
    } else if is_name {
        ExpressionKind::Name(value.chars().take(256).collect())
    } else {
        ExpressionKind::Text(holes::holes(
            &Written::verbatim(value, at),
            span,
            holes::DOCUMENT,
        ))
    }
}

/// Returns the key of a line, where its separator ends, and whether the separator is one that programs use too.
fn key_of(code: &str) -> Option<(&str, usize, bool)> {
    let mut from = 0;
    for lead in [
        "- ", "export ", "set ", "ENV ", "ARG ", "const ", "let ", "var ", "final ",
    ] {
        if code[from..].starts_with(lead) {
            from += lead.len();
        }
    }
    let rest = &code[from..];
    let quote = rest
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    let key_from = from + usize::from(quote.is_some());
    let key_length = code[key_from..]
        .find(|character: char| !(character.is_alphanumeric() || "_.-/$@".contains(character)))
        .unwrap_or(code.len() - key_from);
    let key = &code[key_from..key_from + key_length];
    if key.is_empty() || key.len() > 128 || key.starts_with(['-', '.', '/']) {
        return None;
    }
    let mut at = key_from + key_length;
    if let Some(quote) = quote {
        if !code[at..].starts_with(quote) {
            return None;
        }
        at += 1;
    }
    let blanks = code[at..].len() - code[at..].trim_start().len();
    let separator = &code[at + blanks..];
    let length = [":=", "=>", "=", ":"]
        .iter()
        .find(|mark| separator.starts_with(**mark))
        .map(|mark| mark.len())?;
    let after = &separator[length..];
    if after.starts_with(['=', ':', '/', '~']) {
        // A comparison, a path, an address.
        return None;
    }
    let is_colon = separator.starts_with(':') && length == 1;
    if is_colon && !after.is_empty() && !after.starts_with([' ', '\t', '"', '\'']) {
        return None;
    }
    let is_tight = length == 1 && !is_colon && blanks == 0 && !after.starts_with(' ');
    Some((key, at + blanks + length, !is_colon && !is_tight))
}

fn block_comment(content: &str) -> Option<&'static str> {
    match content {
        _ if content.starts_with("/*") => Some("*/"),
        _ if content.starts_with("<!--") => Some("-->"),
        _ if content.starts_with("{{/*") => Some("*/"),
        _ if content.starts_with("{#") => Some("#}"),
        _ => None,
    }
}

fn is_comment(content: &str) -> bool {
    content.starts_with('#') && !content.starts_with("#{")
        || content.starts_with("//")
        || content.starts_with("-- ")
        || content.starts_with(';')
        || content.starts_with("REM ")
}

/// Returns where a comment behind code begins, outside of quotes.
fn trailing_comment(content: &str) -> Option<usize> {
    let mut quote = None;
    let bytes = content.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == *byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'#' | b'/')
                if at > 0
                    && bytes[at - 1] == b' '
                    && (*byte == b'#' && matches!(bytes.get(at + 1), None | Some(b' '))
                        || *byte == b'/' && bytes.get(at + 1) == Some(&b'/')) =>
            {
                return Some(at);
            }
            _ => {}
        }
    }
    None
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
                Fact::Assignment(assignment) => {
                    format!("{}={}", assignment.target, value(&assignment.value))
                }
                Fact::Expression(expression) => value(expression),
                Fact::Command(command) => command
                    .words
                    .iter()
                    .map(|word| word.filled_with("?"))
                    .collect::<Vec<_>>()
                    .join("|"),
                other => format!("{other:?}"),
            })
            .collect()
    }

    fn value(expression: &Expression) -> String {
        match &expression.kind {
            ExpressionKind::Text(template) => format!("'{}'", template.filled_with("?")),
            ExpressionKind::Name(name) => format!("<{name}>"),
            ExpressionKind::Other(_) => "…".to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn assignments_of_many_formats_are_found() {
        assert_eq!(
            shown(
                "host: db\n\"password\": \"x y\",\nK=v\n$pw = getenv('X');\nurl = \"postgres://{{ h }}/d\" # c\npw = settings.pw\n- name: z\nsslmode => 'disable',\n"
            ),
            [
                "host='db'",
                "password='x y'",
                "K='v'",
                "$pw=…",
                "url='postgres://?/d'",
                "pw=<settings.pw>",
                "name='z'",
                "sslmode='disable'"
            ]
        );
    }

    #[test]
    fn addresses_and_commands_are_found() {
        assert_eq!(
            shown(
                "connect(\"postgres://a@b/c\", x)\n$ cockroach start \\\n   --insecure \\\n   --join=a\nx: y\n"
            ),
            [
                "'postgres://a@b/c'",
                "cockroach|start|--insecure|--join=a",
                "x='y'"
            ]
        );
    }

    #[test]
    fn comments_are_no_facts() {
        let text = "# a: b\n/* c: d\n e: f */\ng: h // i\n";
        assert_eq!(shown(text), ["g='h'"]);
        assert_eq!(read(text).comments.len(), 4);
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"[a:= \n"'\\#/é\-{$]{0,80}|.{0,60}"#) {
            let _ = read(&text);
        }
    }
}
