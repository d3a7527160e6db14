//! Reads Dockerfiles: instructions with their continued lines, comments between them, here documents.
//!
//! `ENV` and `ARG` are assignments; `RUN`, `CMD`, `ENTRYPOINT` and a health check's command are commands; any other instruction is a
//! directive with its words.

use crate::source::expression::{Expression, ExpressionKind};
use crate::source::fact::{Assignment, Directive, Fact, Facts};
use crate::text::template::Span;

use super::words;
use super::written::Written;
use super::{commands, holes, json, shell};

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let mut facts = Facts::default();
    let escape = if text
        .lines()
        .take(4)
        .any(|line| line.replace(' ', "").eq_ignore_ascii_case("#escape=`"))
    {
        '`'
    } else {
        '\\'
    };
    let mut at = 0;
    while at < text.len() {
        let (line, next) = logical_line(text, at, escape, &mut facts.comments);
        at = next;
        if line.text().trim().is_empty() {
            continue;
        }
        if let Some((body, next)) = here_document(text, &line, at) {
            at = next;
            shell::read_into(&body, &mut facts.facts);
            continue;
        }
        instruction(&line, &mut facts.facts);
    }
    facts
}

/// Returns an instruction with the lines that continue it, and where the next one begins.
fn logical_line(text: &str, at: usize, escape: char, comments: &mut Vec<Span>) -> (Written, usize) {
    let mut written = Written::default();
    let mut from = at;
    while from < text.len() {
        let end = text[from..].find('\n').map_or(text.len(), |end| from + end);
        let next = (end + 1).min(text.len());
        let line = text[from..end].trim_end();
        let content = line.trim_start();
        if content.starts_with('#') {
            // Comments may stand between continued lines.
            comments.push(from + (line.len() - content.len())..from + line.len());
            from = next;
            if written.is_empty() {
                return (written, next);
            }
            continue;
        }
        if content.is_empty() && !written.is_empty() {
            // An empty line between continued lines is passed over, as the builder does with a warning.
            from = next;
            continue;
        }
        let Some(continued) = line.strip_suffix(escape) else {
            written.push_verbatim(line, from);
            return (written, next.max(at + 1));
        };
        written.push_verbatim(continued, from);
        written.push_resolved(" ", from + continued.len()..next);
        from = next;
    }
    (written, text.len())
}

/// Returns the text of a here document (`RUN <<EOF`), and where it ends.
fn here_document(text: &str, line: &Written, at: usize) -> Option<(Written, usize)> {
    let rest = line.text().trim_start();
    let rest = rest
        .get(..3)
        .filter(|name| name.eq_ignore_ascii_case("run"))
        .map(|_| rest[3..].trim())?;
    let delimiter = rest
        .strip_prefix("<<")?
        .trim_start_matches('-')
        .trim_matches(['"', '\'']);
    if delimiter.is_empty() || delimiter.contains(char::is_whitespace) {
        return None;
    }
    let mut end = at;
    for line in text[at..].split_inclusive('\n') {
        if line.trim() == delimiter {
            return Some((Written::verbatim(&text[at..end], at), end + line.len()));
        }
        end += line.len();
    }
    None
}

fn instruction(line: &Written, facts: &mut Vec<Fact>) {
    let text = line.text();
    let begin = text.len() - text.trim_start().len();
    let name_length = text[begin..]
        .find(char::is_whitespace)
        .unwrap_or(text.len() - begin);
    let name = text[begin..begin + name_length].to_ascii_lowercase();
    let arguments = begin + name_length..text.len();
    let span = line.span_of(begin..text.trim_end().len().max(begin));
    match name.as_str() {
        "env" | "arg" => assignments(line, arguments, &span, facts),
        "run" | "cmd" | "entrypoint" => run(line, arguments, span, facts),
        "healthcheck" => {
            let inside = &text[arguments.clone()];
            if let Some(command) = inside.find("CMD") {
                run(
                    line,
                    arguments.start + command + 3..arguments.end,
                    span,
                    facts,
                );
            }
        }
        _ => {
            let words = words::split(&line.slice(arguments))
                .into_iter()
                .map(|word| word.template)
                .collect();
            facts.push(Fact::Directive(Directive {
                name,
                words,
                blocks: Vec::new(),
                name_span: line.span_of(begin..begin + name_length),
                span,
            }));
        }
    }
}

/// Reads `K=V L="W"`, and the old `K V`.
fn assignments(line: &Written, range: std::ops::Range<usize>, whole: &Span, facts: &mut Vec<Fact>) {
    let arguments = line.trimmed(range);
    let text = arguments.text();
    let name_end = text.find(|character: char| character == '=' || character.is_whitespace());
    if let Some(name_end) = name_end
        && text[name_end..].starts_with(char::is_whitespace)
    {
        let value = arguments.trimmed(name_end..text.len());
        let span = value.span_of(0..value.text().len());
        push(
            &text[..name_end],
            arguments.span_of(0..name_end),
            &value,
            span,
            whole,
            facts,
        );
        return;
    }
    for range in word_ranges(text) {
        let word = arguments.slice(range);
        let Some(equals) = word.text().find('=') else {
            continue;
        };
        let name = word.text()[..equals].to_owned();
        let value = words::word(&word, equals + 1..word.text().len());
        let target_span = word.span_of(0..equals);
        let span = if equals + 1 < word.text().len() {
            value.template.span.clone()
        } else {
            let end = word.span_of(equals..equals + 1).end;
            end..end
        };
        let mut template = value.template;
        template.span = span.clone();
        facts.push(Fact::Assignment(Assignment {
            target: name,
            value: Expression::new(ExpressionKind::Text(template), span.clone()),
            added: false,
            span: target_span.start..span.end,
            target_span,
        }));
    }
}

fn push(
    name: &str,
    target_span: Span,
    value: &Written,
    span: Span,
    whole: &Span,
    facts: &mut Vec<Fact>,
) {
    facts.push(Fact::Assignment(Assignment {
        target: name.to_owned(),
        value: Expression::new(
            ExpressionKind::Text(holes::holes(value, span.clone(), holes::SHELL)),
            span,
        ),
        added: false,
        target_span,
        span: whole.clone(),
    }));
}

fn word_ranges(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = None;
    let mut at = 0;
    while at < text.len() {
        let character = text[at..].chars().next().unwrap_or(' ');
        if character.is_whitespace() {
            if let Some(from) = start.take() {
                ranges.push(from..at);
            }
            at += character.len_utf8();
        } else {
            start.get_or_insert(at);
            at = words::step(text, at).min(text.len());
        }
    }
    if let Some(from) = start {
        ranges.push(from..text.len());
    }
    ranges
}

/// Reads a command: a JSON list of words, or text for a shell.
fn run(line: &Written, range: std::ops::Range<usize>, span: Span, facts: &mut Vec<Fact>) {
    let mut command = line.trimmed(range);
    // Options of the builder come first: `--mount=type=secret,id=x`.
    while command.text().starts_with("--") {
        let length = command
            .text()
            .find(char::is_whitespace)
            .unwrap_or(command.text().len());
        command = command.trimmed(length..command.text().len());
    }
    if command.text().starts_with('[')
        && let Some(words) = json::words(&command)
    {
        commands::add(words, span, facts);
        return;
    }
    shell::read_into(&command, facts);
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
                Fact::Command(command) => command
                    .words
                    .iter()
                    .map(|word| word.filled_with("?"))
                    .collect::<Vec<_>>()
                    .join("|"),
                Fact::Assignment(assignment) => match &assignment.value.kind {
                    ExpressionKind::Text(template) => {
                        format!(
                            "{}={} at {}",
                            assignment.target,
                            template.filled_with("?"),
                            &text[assignment.value.span.clone()]
                        )
                    }
                    other => format!("{other:?}"),
                },
                Fact::Directive(directive) => format!(
                    "{} {}",
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
    fn instructions_become_facts() {
        assert_eq!(
            shown(
                "FROM a AS b\nENV A=b \\\n # c\n  C=\"d e\" F=$G\nENV H i j\nARG K\nCMD [\"start\", \"--insecure\"]\nRUN --mount=x a && b 'c d'\nEXPOSE 26257\n"
            ),
            [
                "from a|AS|b",
                "A=b at b",
                "C=d e at \"d e\"",
                "F=? at $G",
                "H=i j at i j",
                "start|--insecure",
                "a",
                "b|c d",
                "expose 26257"
            ]
        );
    }

    #[test]
    fn shell_in_a_list_and_here_documents_are_read() {
        assert_eq!(
            shown(
                "ENTRYPOINT [\"/bin/sh\", \"-c\", \"cockroach start --insecure\"]\nRUN <<EOF\npsql x\nEOF\nHEALTHCHECK --interval=5s CMD curl -k x\n"
            ),
            [
                "/bin/sh|-c|cockroach start --insecure",
                "cockroach|start|--insecure",
                "psql|x",
                "curl|-k|x"
            ]
        );
    }

    #[test]
    fn comments_are_kept() {
        assert_eq!(read("# a\nFROM b\n  # c\n").comments, [0..3, 13..16]);
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"(ENV |RUN |CMD |HEALTHCHECK )?[a=\\\n#"'\[\], $<é]{0,60}|.{0,60}"#) {
            let _ = read(&text);
        }
    }
}
