//! Commands and environment assignments that stand in a document: compose, Kubernetes, workflows, package scripts, build files.
//!
//! A document says `command: [...]`; a reading wants the words. Text that a shell gets is read as shell, with exact spans. Where an
//! image's own entry point comes before the words, the first word is no program.

use crate::source::expression::{Expression, ExpressionKind};
use crate::source::fact::{Assignment, Command, Fact};
use crate::text::template::{Span, Template};

use super::holes::{self, Style};
use super::shell;
use super::words::{self, Word};
use super::written::Written;

/// Adds a document, and behind it the commands and assignments in it.
pub(super) fn with_document(document: Expression, text: &str, facts: &mut Vec<Fact>) {
    let mut found = Vec::new();
    gather(&document, text, &mut found);
    // A value that aliases repeat is one command of the file.
    found.sort_by_key(|fact| (start_of(fact), !matches!(fact, Fact::Command(_))));
    found.dedup();
    facts.push(Fact::Document(document));
    facts.extend(found);
}

fn start_of(fact: &Fact) -> usize {
    match fact {
        Fact::Command(command) => command.span.start,
        Fact::Assignment(assignment) => assignment.span.start,
        _ => 0,
    }
}

/// Adds a command, the assignments among its words, and what a shell makes of the text that it is given.
pub(super) fn add(words: Vec<Word>, span: Span, facts: &mut Vec<Fact>) {
    if words.is_empty() {
        return;
    }
    let script = words::script_of(&words).map(|word| word.written.clone());
    environment(&words, facts);
    facts.push(Fact::Command(Command {
        words: words.into_iter().map(|word| word.template).collect(),
        span,
    }));
    if let Some(script) = script {
        shell::read_into(&script, facts);
    }
}

/// Adds `-e NAME=value` among the words of a command as an assignment.
fn environment(words: &[Word], facts: &mut Vec<Fact>) {
    let is_container = words.first().is_some_and(|word| {
        matches!(
            words::program(word.written.text()),
            "docker" | "podman" | "nerdctl" | "env" | "docker-compose" | "systemd-run"
        )
    });
    if !is_container {
        return;
    }
    let mut after_flag = words[0].written.text() == "env";
    for word in &words[1..] {
        let text = word.written.text();
        let value_from = text
            .strip_prefix("--env=")
            .or_else(|| text.strip_prefix("--build-arg="))
            .map(|rest| text.len() - rest.len());
        if after_flag || value_from.is_some() {
            facts.extend(assignment(
                &word.written.slice(value_from.unwrap_or(0)..text.len()),
                holes::SHELL,
            ));
        }
        after_flag = matches!(text, "-e" | "--env" | "--build-arg" | "--setenv")
            || words[0].written.text() == "env";
    }
}

/// Reads `NAME=value` to an assignment.
pub(super) fn assignment(written: &Written, style: Style) -> Option<Fact> {
    let text = written.text();
    let equals = text.find('=')?;
    let name = &text[..equals];
    if !is_variable(name) {
        return None;
    }
    let value = written.slice(equals + 1..text.len());
    let span = written.span_of(equals + 1..text.len());
    let whole = written.span_of(0..text.len());
    let value = Expression::new(
        ExpressionKind::Text(holes::holes(&value, span.clone(), style)),
        span,
    );
    Some(Fact::Assignment(Assignment {
        target: name.to_owned(),
        value,
        added: false,
        target_span: written.span_of(0..equals),
        span: whole,
    }))
}

/// Whether a text is a name of an environment variable.
pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

fn gather(value: &Expression, text: &str, facts: &mut Vec<Fact>) {
    match &value.kind {
        ExpressionKind::Map(entries) => {
            container(value, text, facts);
            for entry in entries {
                let inside = &entry.value;
                match entry.key.as_str() {
                    "environment" | "env" | "args" | "envs" | "build_args" => {
                        pairs(inside, text, facts);
                        named(inside, facts);
                    }
                    "run" | "script" | "before_script" | "after_script" | "commands" | "cmds"
                    | "shell" | "inline" | "pre_build" | "post_build" => {
                        scripts(inside, text, facts);
                    }
                    "set" | "environment_variable" => named(inside, facts),
                    "scripts" => {
                        for script in inside.entries() {
                            scripts(&script.value, text, facts);
                        }
                    }
                    "test" | "healthcheck" => health(inside, text, facts),
                    key if key.ends_with("Command") || key == "cmd" => {
                        if let Some((words, span)) = words_of(inside, text) {
                            add(words, span, facts);
                        }
                    }
                    _ => {}
                }
                gather(inside, text, facts);
            }
        }
        ExpressionKind::List(items) => {
            for item in items {
                named(item, facts);
                gather(item, text, facts);
            }
        }
        _ => {}
    }
}

/// Adds what a container runs: `entrypoint`, `command` and `args` of one mapping, in this order.
fn container(map: &Expression, text: &str, facts: &mut Vec<Fact>) {
    let mut all = Vec::new();
    let mut span: Option<Span> = None;
    for key in ["entrypoint", "entryPoint", "command", "args"] {
        let Some(value) = map.get(key) else {
            continue;
        };
        if key == "args" && value.items().is_empty() {
            continue;
        }
        let Some((words, place)) = words_of(value, text) else {
            continue;
        };
        all.extend(words);
        span = Some(span.map_or(place.clone(), |span| {
            span.start.min(place.start)..span.end.max(place.end)
        }));
    }
    if let Some(span) = span {
        add(all, span, facts);
    }
}

/// Returns the words of a command that is a list or a text.
fn words_of(value: &Expression, text: &str) -> Option<(Vec<Word>, Span)> {
    let words = match &value.kind {
        ExpressionKind::Text(template) => words::split(&Written::of(template, text)),
        ExpressionKind::List(items) => items
            .iter()
            .filter_map(|item| match &item.kind {
                ExpressionKind::Text(template) => Some(Word {
                    written: Written::of(template, text),
                    template: template.clone(),
                }),
                ExpressionKind::Number(_) | ExpressionKind::Boolean(_) => {
                    let raw = text.get(item.span.clone())?;
                    Some(Word {
                        written: Written::verbatim(raw, item.span.start),
                        template: Template::verbatim(raw, item.span.clone()),
                    })
                }
                _ => None,
            })
            .collect(),
        _ => return None,
    };
    (!words.is_empty()).then(|| (words, value.span.clone()))
}

/// Adds texts that a shell gets.
fn scripts(value: &Expression, text: &str, facts: &mut Vec<Fact>) {
    match &value.kind {
        ExpressionKind::Text(template) => shell::read_into(&Written::of(template, text), facts),
        ExpressionKind::List(items) => {
            for item in items {
                if let ExpressionKind::Text(template) = &item.kind {
                    shell::read_into(&Written::of(template, text), facts);
                }
            }
        }
        _ => {}
    }
}

/// Adds the command of a health check: `["CMD", …]`, `["CMD-SHELL", "…"]`, or a text for a shell.
fn health(value: &Expression, text: &str, facts: &mut Vec<Fact>) {
    match &value.kind {
        ExpressionKind::Text(_) => scripts(value, text, facts),
        ExpressionKind::List(items) => match items.first().and_then(Expression::literal).as_deref()
        {
            Some("CMD") => {
                let words = Expression::new(
                    ExpressionKind::List(items[1..].to_vec()),
                    value.span.clone(),
                );
                if let Some((words, span)) = words_of(&words, text) {
                    add(words, span, facts);
                }
            }
            Some("CMD-SHELL") => {
                for item in &items[1..] {
                    scripts(item, text, facts);
                }
            }
            _ => {}
        },
        _ => {}
    }
}

/// Adds `NAME=value` items of an environment. A mapping of names to values is in the document as it is.
fn pairs(value: &Expression, text: &str, facts: &mut Vec<Fact>) {
    for item in value.items() {
        if let ExpressionKind::Text(template) = &item.kind {
            facts.extend(assignment(&Written::of(template, text), holes::DOCUMENT));
        }
    }
}

/// Adds `{name: NAME, value: …}`, as Kubernetes and others write an environment.
fn named(item: &Expression, facts: &mut Vec<Fact>) {
    let name = item.get("name").or_else(|| item.get("key"));
    let (Some(name), Some(value)) = (name, item.get("value")) else {
        return;
    };
    let Some(target) = name.literal().filter(|name| is_variable(name)) else {
        return;
    };
    if matches!(value.kind, ExpressionKind::Map(_) | ExpressionKind::List(_)) {
        return;
    }
    facts.push(Fact::Assignment(Assignment {
        target,
        value: value.clone(),
        added: false,
        target_span: name.span.clone(),
        span: item.span.clone(),
    }));
}
