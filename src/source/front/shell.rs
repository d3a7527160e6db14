//! Reads shell: commands with their words, assignments, here documents; also the shell text inside of other files.

use tree_sitter::Node;

use crate::source::expression::{Expression, ExpressionKind};
use crate::source::fact::{Assignment, Fact, Facts};
use crate::text::template::{Part, Span, Template};

use super::words::{self, Word};
use super::written::Written;
use super::{commands, holes, tree};

/// Longest chain of scripts in scripts (`sh -c "sh -c …"`) and of nested parts that is followed.
const LONGEST_SCRIPT: usize = 256 * 1024;

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let Some(parsed) = tree::parse(text, &tree_sitter_bash::LANGUAGE.into()) else {
        return tree::given_up();
    };
    let mut facts = Facts {
        understanding: tree::understanding(parsed.root_node()),
        ..Facts::default()
    };
    let written = Written::verbatim(text, 0);
    let mut comments = Vec::new();
    visit(parsed.root_node(), &written, &mut facts.facts, &mut comments);
    facts.comments = comments;
    facts
}

/// Reads shell text that stands in another file. A script that is given to a shell in it is shorter than it is, so this ends.
pub(super) fn read_into(written: &Written, facts: &mut Vec<Fact>) {
    if written.is_empty() || written.text().len() > LONGEST_SCRIPT {
        return;
    }
    if let Some(parsed) = tree::parse(written.text(), &tree_sitter_bash::LANGUAGE.into()) {
        visit(parsed.root_node(), written, facts, &mut Vec::new());
    }
}

fn visit(root: Node<'_>, written: &Written, facts: &mut Vec<Fact>, comments: &mut Vec<Span>) {
    tree::each(root, &mut |node| {
        match node.kind() {
            "comment" => comments.push(written.span_of(tree::span(node))),
            "variable_assignment" => facts.extend(assigned(node, written)),
            "command" => {
                let mut all = command_words(node, written);
                all.extend(here_documents(node, written));
                // A text that is its own script would be read for ever.
                let is_shorter = all.len() > 1;
                if is_shorter {
                    commands::add(all, written.span_of(tree::span(node)), facts);
                } else if let Some(word) = all.pop() {
                    facts.push(Fact::Command(crate::source::fact::Command {
                        words: vec![word.template],
                        span: written.span_of(tree::span(node)),
                    }));
                }
            }
            _ => {}
        }
        true
    });
}

/// Returns the words of a command, its name first.
fn command_words(node: Node<'_>, written: &Written) -> Vec<Word> {
    tree::children(node)
        .into_iter()
        .filter(|child| {
            child.is_named()
                && !matches!(
                    child.kind(),
                    "variable_assignment" | "file_redirect" | "herestring_redirect" | "heredoc_redirect" | "comment" | "subshell"
                )
        })
        .map(|child| words::word(written, tree::span(child)))
        .collect()
}

/// Returns the here documents and here strings that a command reads, as words.
fn here_documents(node: Node<'_>, written: &Written) -> Vec<Word> {
    let mut found = Vec::new();
    let own = tree::children(node).into_iter();
    let around = node
        .parent()
        .filter(|parent| parent.kind() == "redirected_statement")
        .map(tree::children)
        .unwrap_or_default();
    for redirect in own.chain(around) {
        match redirect.kind() {
            "herestring_redirect" => {
                if let Some(text) = tree::named(redirect).last() {
                    found.push(words::word(written, tree::span(*text)));
                }
            }
            "heredoc_redirect" => {
                let body = tree::children(redirect)
                    .into_iter()
                    .find(|child| child.kind() == "heredoc_body");
                if let Some(body) = body {
                    let range = tree::span(body);
                    let span = written.span_of(range.clone());
                    let slice = written.slice(range);
                    found.push(Word {
                        template: holes::holes(&slice, span, holes::SHELL),
                        written: slice,
                    });
                }
            }
            _ => {}
        }
    }
    found
}

fn assigned(node: Node<'_>, written: &Written) -> Option<Fact> {
    let name = tree::field(node, "name")?;
    let target = tree::text_of(name, written.text()).to_owned();
    let between = written.text().get(name.end_byte()..node.end_byte())?;
    let added = between.starts_with("+=");
    let value = match tree::field(node, "value") {
        Some(value) if value.kind() == "array" => {
            let items = tree::named(value)
                .into_iter()
                .map(|item| text_value(words::word(written, tree::span(item)).template))
                .collect();
            Expression::new(ExpressionKind::List(items), written.span_of(tree::span(value)))
        }
        Some(value) => text_value(words::word(written, tree::span(value)).template),
        None => {
            let end = written.span_of(node.end_byte().saturating_sub(1)..node.end_byte()).end;
            text_value(holes::holes(&Written::default(), end..end, holes::SHELL))
        }
    };
    Some(Fact::Assignment(Assignment {
        target,
        value,
        added,
        target_span: written.span_of(tree::span(name)),
        span: written.span_of(tree::span(node)),
    }))
}

fn text_value(template: Template) -> Expression {
    let span = template.span.clone();
    Expression::new(ExpressionKind::Text(template), span)
}

/// Whether a template begins with a hole: a program that a variable names.
#[cfg(test)]
fn begins_with_hole(template: &Template) -> bool {
    matches!(template.parts.first(), Some(Part::Hole(_)))
}
