//! Reads shell: commands with their words, assignments, here documents; also the shell text inside of other files.

use std::collections::HashMap;

use tree_sitter::Node;

use crate::source::expression::{Expression, ExpressionKind};
use crate::source::fact::{Assignment, Fact, Facts};
use crate::text::template::{Span, Template};

use super::words::{self, Word};
use super::written::Written;
use super::{commands, holes, tree};

/// Longest script inside of another file that is read.
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
    visit(
        parsed.root_node(),
        &written,
        &mut facts.facts,
        &mut comments,
    );
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
    // Here documents stand beside the command that reads them, in the statement around it.
    let mut read_by: HashMap<usize, Vec<Word>> = HashMap::new();
    tree::each(root, &mut |node| {
        match node.kind() {
            "comment" => comments.push(written.span_of(tree::span(node))),
            "variable_assignment" => facts.extend(assigned(node, written)),
            "redirected_statement" => {
                if let Some(body) = tree::field(node, "body") {
                    read_by.insert(body.id(), here_documents(node, written));
                }
            }
            "command" => {
                let mut all = command_words(node, written);
                all.extend(here_documents(node, written));
                all.extend(read_by.remove(&node.id()).unwrap_or_default());
                commands::add(all, written.span_of(tree::span(node)), facts);
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
                    "variable_assignment"
                        | "file_redirect"
                        | "herestring_redirect"
                        | "heredoc_redirect"
                        | "comment"
                        | "subshell"
                )
        })
        .map(|child| words::word(written, tree::span(child)))
        .collect()
}

/// Returns the here documents and here strings that a command reads, as words.
fn here_documents(node: Node<'_>, written: &Written) -> Vec<Word> {
    let mut found = Vec::new();
    for redirect in tree::children(node) {
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
            Expression::new(
                ExpressionKind::List(items),
                written.span_of(tree::span(value)),
            )
        }
        Some(value) => text_value(words::word(written, tree::span(value)).template),
        None => {
            let end = written
                .span_of(node.end_byte().saturating_sub(1)..node.end_byte())
                .end;
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
                Fact::Assignment(assignment) => format!(
                    "{}{}{}",
                    assignment.target,
                    if assignment.added { "+=" } else { "=" },
                    match &assignment.value.kind {
                        ExpressionKind::Text(template) => template.filled_with("?"),
                        other => format!("{other:?}").chars().take(4).collect(),
                    }
                ),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn commands_and_assignments_are_facts() {
        assert_eq!(
            shown("export A='x y'\nPGSSLMODE=require psql \"host=$H\" # c\nB+=\"z$A\"\nC=(a $b)\n"),
            [
                "A=x y",
                "PGSSLMODE=require",
                "psql|host=?",
                "B+=z?",
                "C=List"
            ]
        );
    }

    #[test]
    fn nested_commands_are_facts_of_their_own() {
        assert_eq!(
            shown("X=$(cockroach cert list)\nsh -c 'cockroach start --insecure'\n"),
            [
                "X=?",
                "cockroach|cert|list",
                "sh|-c|cockroach start --insecure",
                "cockroach|start|--insecure"
            ]
        );
    }

    #[test]
    fn here_documents_are_arguments() {
        assert_eq!(
            shown(
                "psql $URL <<EOF\nCREATE USER a PASSWORD '$P';\nEOF\ncat <<< \"a b\"\ncat >f <<X\ny\nX\n"
            ),
            ["psql|?|CREATE USER a PASSWORD '?';\n", "cat|a b", "cat|y\n"]
        );
    }

    #[test]
    fn environment_of_a_container_is_assigned() {
        assert_eq!(
            shown("docker run -e POSTGRES_PASSWORD=x --env=B=$C postgres\n"),
            [
                "POSTGRES_PASSWORD=x",
                "B=?",
                "docker|run|-e|POSTGRES_PASSWORD=x|--env=B=?|postgres"
            ]
        );
    }

    #[test]
    fn comments_and_spans_are_exact() {
        let text = "# é\nA=\"pä\" # d\n";
        let facts = read(text);
        let comments: Vec<&str> = facts
            .comments
            .iter()
            .map(|span| &text[span.clone()])
            .collect();
        assert_eq!(comments, ["# é", "# d"]);
        let Fact::Assignment(assignment) = &facts.facts[0] else {
            panic!("an assignment");
        };
        assert_eq!(&text[assignment.value.span.clone()], "\"pä\"");
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"[a=$'"(){}<|;\\ \n#é-]{0,60}|.{0,60}"#) {
            let _ = read(&text);
        }
    }
}
