//! Reads Go.

use tree_sitter::Node;

use super::program::{self, Collector};
use super::{DEEPEST, tree};
use crate::source::expression::{Argument, Entry, Expression, ExpressionKind};
use crate::source::fact::{Fact, Facts, Import};

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let Some(parsed) = tree::parse(text, &tree_sitter_go::LANGUAGE.into()) else {
        return tree::given_up();
    };
    let root = parsed.root_node();
    let reader = Reader { text };
    let mut found = Collector::default();
    tree::each(root, &mut |node| {
        reader.visit(node, &mut found);
        true
    });
    found.facts.comments = tree::spans_of(root, &["comment"]);
    found.facts.understanding = tree::understanding(root);
    found.facts
}

struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn visit(&self, node: Node<'_>, found: &mut Collector) {
        match node.kind() {
            "import_spec" => {
                let path = tree::field(node, "path").map(|path| self.expression(path, 0));
                if let Some(module) = path.and_then(|path| path.literal()) {
                    found.push(Fact::Import(Import {
                        module,
                        names: Vec::new(),
                        alias: tree::field(node, "name")
                            .map(|name| tree::text_of(name, self.text).to_owned()),
                        span: tree::span(node),
                    }));
                }
            }
            "short_var_declaration" | "assignment_statement" => {
                let added = tree::field(node, "operator").is_some_and(|it| it.kind() == "+=");
                self.assign(node, "left", "right", added, found);
            }
            "var_spec" | "const_spec" => self.assign(node, "name", "value", false, found),
            "expression_statement" | "return_statement" | "go_statement" | "defer_statement" => {
                for child in tree::named(node) {
                    for value in list(child) {
                        found.statement(self.expression(value, 0));
                    }
                }
            }
            "if_statement" => {
                if let Some(condition) = tree::field(node, "condition") {
                    found.statement(self.expression(condition, 0));
                }
            }
            "function_declaration" | "method_declaration" | "func_literal" => {
                let name =
                    tree::field(node, "name").map_or("", |name| tree::text_of(name, self.text));
                found.scope(name, false, tree::span(node));
            }
            _ => {}
        }
    }

    fn assign(&self, node: Node<'_>, left: &str, right: &str, added: bool, found: &mut Collector) {
        let targets: Vec<_> = tree::fields(node, left)
            .into_iter()
            .flat_map(list)
            .collect();
        let values: Vec<_> = tree::fields(node, right)
            .into_iter()
            .flat_map(list)
            .collect();
        for (place, target) in targets.iter().enumerate() {
            // `a, err := f()`: the first name is what the call gives.
            let Some(value) = values
                .get(place)
                .or(if place == 0 { values.first() } else { None })
            else {
                continue;
            };
            let name = self.dotted(*target, 0).unwrap_or_default();
            if name == "_" {
                found.statement(self.expression(*value, 0));
                continue;
            }
            found.assign(
                name,
                tree::span(*target),
                self.expression(*value, 0),
                added,
                tree::span(node),
            );
        }
    }

    fn dotted(&self, node: Node<'_>, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        match node.kind() {
            "identifier" | "field_identifier" | "package_identifier" | "type_identifier" => {
                Some(tree::text_of(node, self.text).to_owned())
            }
            "selector_expression" => {
                let operand = self.dotted(tree::field(node, "operand")?, depth + 1)?;
                Some(format!(
                    "{operand}.{}",
                    tree::text_of(tree::field(node, "field")?, self.text)
                ))
            }
            "qualified_type" => Some(tree::text_of(node, self.text).to_owned()),
            "parenthesized_expression" | "pointer_type" => {
                self.dotted(tree::named(node).into_iter().next()?, depth + 1)
            }
            "unary_expression" => self
                .dotted(tree::field(node, "operand")?, depth + 1)
                .filter(|_| {
                    tree::field(node, "operator").is_some_and(|it| matches!(it.kind(), "&" | "*"))
                }),
            "index_expression" => {
                let operand = self.dotted(tree::field(node, "operand")?, depth + 1)?;
                let index = self
                    .expression(tree::field(node, "index")?, depth + 1)
                    .literal()?;
                Some(format!("{operand}.{index}"))
            }
            _ => None,
        }
    }

    fn expression(&self, node: Node<'_>, depth: usize) -> Expression {
        let span = tree::span(node);
        let other = |inside| Expression::new(ExpressionKind::Other(inside), span.clone());
        if depth > DEEPEST {
            return other(Vec::new());
        }
        if let Some(name) = self.dotted(node, depth) {
            return program::name(name, span);
        }
        match node.kind() {
            "interpreted_string_literal" => program::text(
                node,
                self.text,
                &["interpreted_string_literal_content"],
                &|_| None,
            ),
            "raw_string_literal" => program::plain_text(node, self.text, 1),
            "int_literal" | "float_literal" => Expression::new(
                ExpressionKind::Number(tree::text_of(node, self.text).to_owned()),
                span,
            ),
            "true" | "false" => {
                Expression::new(ExpressionKind::Boolean(node.kind() == "true"), span)
            }
            "nil" => Expression::new(ExpressionKind::Null, span),
            "parenthesized_expression" | "literal_element" => match tree::named(node).first() {
                Some(inner) => self.expression(*inner, depth + 1),
                None => other(Vec::new()),
            },
            "unary_expression" => match tree::field(node, "operand") {
                // `&tls.Config{…}`
                Some(operand) if operand.kind() == "composite_literal" => {
                    self.expression(operand, depth + 1)
                }
                Some(operand) => other(vec![self.expression(operand, depth + 1)]),
                None => other(Vec::new()),
            },
            "binary_expression" => {
                let sides: Vec<_> = ["left", "right"]
                    .into_iter()
                    .filter_map(|side| tree::field(node, side))
                    .map(|side| self.expression(side, depth + 1))
                    .collect();
                match tree::field(node, "operator").map_or("", |it| it.kind()) {
                    "+" => program::join(sides, span),
                    _ => other(sides),
                }
            }
            "call_expression" => self.call(node, depth),
            "type_conversion_expression" => match tree::field(node, "operand") {
                Some(operand) => self.expression(operand, depth + 1),
                None => other(Vec::new()),
            },
            "composite_literal" => self.composite(node, depth),
            "literal_value" => self.literal_value(node, depth),
            _ => other(Vec::new()),
        }
    }

    fn call(&self, node: Node<'_>, depth: usize) -> Expression {
        let span = tree::span(node);
        let Some(function) = tree::field(node, "function") else {
            return Expression::new(ExpressionKind::Other(Vec::new()), span);
        };
        let arguments = tree::field(node, "arguments").map_or_else(Vec::new, |list| {
            tree::named(list)
                .into_iter()
                .take(64)
                .map(|child| program::argument(self.expression(child, depth + 1)))
                .collect()
        });
        let (callee, receiver, callee_span) = match self.dotted(function, depth) {
            Some(name) => (name, None, tree::span(function)),
            None => match (
                tree::field(function, "operand"),
                tree::field(function, "field"),
            ) {
                (Some(operand), Some(field)) => (
                    tree::text_of(field, self.text).to_owned(),
                    Some(self.expression(operand, depth + 1)),
                    tree::span(field),
                ),
                // `[]byte("…")`
                _ => (
                    tree::text_of(function, self.text)
                        .chars()
                        .take(64)
                        .collect(),
                    None,
                    tree::span(function),
                ),
            },
        };
        program::call(callee, receiver, arguments, callee_span, span)
    }

    /// `tls.Config{InsecureSkipVerify: true}` is a call with named arguments; a map or a slice is what it is.
    fn composite(&self, node: Node<'_>, depth: usize) -> Expression {
        let span = tree::span(node);
        let Some(body) = tree::field(node, "body") else {
            return Expression::new(ExpressionKind::Other(Vec::new()), span);
        };
        let value = self.literal_value(body, depth + 1);
        let kind = tree::field(node, "type");
        let Some(name) = kind.and_then(|kind| self.dotted(kind, depth + 1)) else {
            return Expression { span, ..value };
        };
        let arguments = match value.kind {
            ExpressionKind::Map(entries) => entries
                .into_iter()
                .map(|entry| Argument {
                    span: entry.key_span.start..entry.value.span.end,
                    name: Some(entry.key),
                    value: entry.value,
                })
                .collect(),
            ExpressionKind::List(items) => items.into_iter().map(program::argument).collect(),
            _ => Vec::new(),
        };
        let callee_span = kind.map_or(span.clone(), tree::span);
        program::call(name, None, arguments, callee_span, span)
    }

    fn literal_value(&self, node: Node<'_>, depth: usize) -> Expression {
        let span = tree::span(node);
        let (mut entries, mut items) = (Vec::new(), Vec::new());
        for child in tree::named(node).into_iter().take(1024) {
            let parts = tree::named(child);
            if child.kind() == "keyed_element" && parts.len() == 2 {
                let key = self.expression(parts[0], depth + 1);
                entries.push(Entry {
                    key: key
                        .literal()
                        .or_else(|| key.name().map(str::to_owned))
                        .unwrap_or_default(),
                    key_span: tree::span(parts[0]),
                    value: self.expression(parts[1], depth + 1),
                });
            } else {
                items.push(self.expression(child, depth + 1));
            }
        }
        let kind = if entries.is_empty() && !items.is_empty() {
            ExpressionKind::List(items)
        } else {
            ExpressionKind::Map(entries)
        };
        Expression::new(kind, span)
    }
}

/// The members of an expression list, or the expression itself.
fn list(node: Node<'_>) -> Vec<Node<'_>> {
    if node.kind() == "expression_list" {
        tree::named(node)
    } else {
        vec![node]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(body: &str) -> Vec<Fact> {
        read(&format!("package main\nfunc main() {{\n{body}\n}}\n")).facts
    }

    #[test]
    fn struct_literals_are_calls_with_named_arguments() {
        let found = facts("c := &tls.Config{InsecureSkipVerify: true}");
        let Some(Fact::Assignment(it)) = found.iter().find(|it| matches!(it, Fact::Assignment(_)))
        else {
            panic!("{found:?}")
        };
        let call = it.value.call().unwrap();
        assert_eq!(call.callee, "tls.Config");
        assert_eq!(
            call.named("InsecureSkipVerify").unwrap().value.kind,
            ExpressionKind::Boolean(true)
        );
    }

    #[test]
    fn attributes_of_attributes_are_assigned() {
        let found =
            facts("config.TLSConfig.InsecureSkipVerify = true\ndsn += \"?sslmode=disable\"");
        let targets: Vec<_> = found
            .iter()
            .filter_map(|fact| match fact {
                Fact::Assignment(it) => Some((it.target.as_str(), it.added)),
                _ => None,
            })
            .collect();
        assert_eq!(
            targets,
            [
                ("config.TLSConfig.InsecureSkipVerify", false),
                ("dsn", true)
            ]
        );
    }

    #[test]
    fn first_name_of_several_takes_the_calls_value() {
        let found = facts("db, err := sql.Open(\"postgres\", \"host=db dbname=x\")");
        assert!(
            found.iter().any(|fact| matches!(fact, Fact::Assignment(it)
            if it.target == "db" && it.value.call().is_some_and(|call| call.callee == "sql.Open")))
        );
    }

    proptest::proptest! {
        #[test]
        fn never_panics_on_any_text(text in "[a-z(){}`\"=;:,.\\\\ \né]{0,80}") {
            let _ = facts(&text);
        }
    }
}
