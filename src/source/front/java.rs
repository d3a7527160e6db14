//! Reads Java.

use tree_sitter::Node;

use super::program::{self, Collector};
use super::{DEEPEST, tree};
use crate::source::expression::{Expression, ExpressionKind};
use crate::source::fact::{Fact, Facts, Import};

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let Some(parsed) = tree::parse(text, &tree_sitter_java::LANGUAGE.into()) else {
        return tree::given_up();
    };
    let root = parsed.root_node();
    let reader = Reader { text };
    let mut found = Collector::default();
    tree::each(root, &mut |node| {
        reader.visit(node, &mut found);
        true
    });
    found.facts.comments = tree::spans_of(root, &["line_comment", "block_comment"]);
    found.facts.understanding = tree::understanding(root);
    found.facts
}

struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn visit(&self, node: Node<'_>, found: &mut Collector) {
        match node.kind() {
            "import_declaration" => {
                if let Some(path) = tree::named(node).first() {
                    let module = tree::text_of(*path, self.text).replace(char::is_whitespace, "");
                    found.push(Fact::Import(Import {
                        module,
                        names: Vec::new(),
                        alias: None,
                        span: tree::span(node),
                    }));
                }
            }
            "variable_declarator" => {
                if let (Some(name), Some(value)) =
                    (tree::field(node, "name"), tree::field(node, "value"))
                {
                    found.assign(
                        tree::text_of(name, self.text).to_owned(),
                        tree::span(name),
                        self.expression(value, 0),
                        false,
                        tree::span(node),
                    );
                }
            }
            "assignment_expression" => {
                if let (Some(left), Some(right)) =
                    (tree::field(node, "left"), tree::field(node, "right"))
                {
                    let added = tree::field(node, "operator").is_some_and(|it| it.kind() == "+=");
                    found.assign(
                        self.dotted(left, 0).unwrap_or_default(),
                        tree::span(left),
                        self.expression(right, 0),
                        added,
                        tree::span(node),
                    );
                }
            }
            "expression_statement" | "return_statement" | "throw_statement" => {
                for child in tree::named(node) {
                    if child.kind() != "assignment_expression" {
                        found.statement(self.expression(child, 0));
                    }
                }
            }
            // `@Value("${spring.datasource.url:jdbc:…}")`
            "annotation" => found.statement(self.annotation(node)),
            "class_declaration"
            | "method_declaration"
            | "constructor_declaration"
            | "interface_declaration"
            | "record_declaration" => {
                let name =
                    tree::field(node, "name").map_or("", |name| tree::text_of(name, self.text));
                let is_type =
                    node.kind() != "method_declaration" && node.kind() != "constructor_declaration";
                found.scope(name, is_type, tree::span(node));
            }
            "lambda_expression" => {
                if let Some(body) = tree::field(node, "body")
                    && body.kind() != "block"
                {
                    found.statement(self.expression(body, 0));
                }
            }
            _ => {}
        }
    }

    fn annotation(&self, node: Node<'_>) -> Expression {
        let name = tree::field(node, "name");
        let mut arguments = Vec::new();
        if let Some(list) = tree::field(node, "arguments") {
            for child in tree::named(list) {
                if child.kind() == "element_value_pair" {
                    if let (Some(key), Some(value)) =
                        (tree::field(child, "key"), tree::field(child, "value"))
                    {
                        let key = tree::text_of(key, self.text);
                        arguments.push(program::named(
                            key,
                            self.expression(value, 1),
                            tree::span(child),
                        ));
                    }
                } else {
                    arguments.push(program::argument(self.expression(child, 1)));
                }
            }
        }
        let callee = name.map_or("", |name| tree::text_of(name, self.text));
        let callee_span = name.map_or_else(|| tree::span(node), tree::span);
        program::call(
            format!("@{callee}"),
            None,
            arguments,
            callee_span,
            tree::span(node),
        )
    }

    fn dotted(&self, node: Node<'_>, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        match node.kind() {
            "identifier" | "this" | "super" | "type_identifier" => {
                Some(tree::text_of(node, self.text).to_owned())
            }
            "field_access" => {
                let object = self.dotted(tree::field(node, "object")?, depth + 1)?;
                Some(format!(
                    "{object}.{}",
                    tree::text_of(tree::field(node, "field")?, self.text)
                ))
            }
            "scoped_type_identifier" | "scoped_identifier" => {
                Some(tree::text_of(node, self.text).replace(char::is_whitespace, ""))
            }
            "generic_type" | "parenthesized_expression" => {
                self.dotted(tree::named(node).into_iter().next()?, depth + 1)
            }
            _ => None,
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of node")]
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
            "string_literal" => program::text(
                node,
                self.text,
                &["string_fragment", "multiline_string_fragment"],
                &|_| None,
            ),
            "decimal_integer_literal"
            | "decimal_floating_point_literal"
            | "hex_integer_literal" => Expression::new(
                ExpressionKind::Number(tree::text_of(node, self.text).to_owned()),
                span,
            ),
            "true" | "false" => {
                Expression::new(ExpressionKind::Boolean(node.kind() == "true"), span)
            }
            "null_literal" => Expression::new(ExpressionKind::Null, span),
            "parenthesized_expression" => match tree::named(node).first() {
                Some(inner) => self.expression(*inner, depth + 1),
                None => other(Vec::new()),
            },
            "cast_expression" => match tree::field(node, "value") {
                Some(inner) => self.expression(inner, depth + 1),
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
            "ternary_expression" => {
                let branches = ["consequence", "alternative"]
                    .into_iter()
                    .filter_map(|branch| tree::field(node, branch))
                    .map(|branch| self.expression(branch, depth + 1));
                Expression::new(ExpressionKind::Either(branches.collect()), span)
            }
            "array_initializer"
            | "array_creation_expression"
            | "element_value_array_initializer" => {
                let items = tree::named(node).into_iter().take(1024);
                let items = items.map(|item| self.expression(item, depth + 1));
                Expression::new(ExpressionKind::List(items.collect()), span)
            }
            "method_invocation" => {
                let name = tree::field(node, "name");
                let method = name.map_or("", |name| tree::text_of(name, self.text));
                let object = tree::field(node, "object");
                let (callee, receiver) = match object {
                    None => (method.to_owned(), None),
                    Some(object) => match self.dotted(object, depth + 1) {
                        Some(owner) => (format!("{owner}.{method}"), None),
                        None => (method.to_owned(), Some(self.expression(object, depth + 1))),
                    },
                };
                let callee_span = name.map_or_else(|| span.clone(), tree::span);
                program::call(
                    callee,
                    receiver,
                    self.arguments(node, depth),
                    callee_span,
                    span,
                )
            }
            "object_creation_expression" => {
                let kind = tree::field(node, "type");
                let callee = kind
                    .and_then(|kind| self.dotted(kind, depth + 1))
                    .unwrap_or_default();
                let callee_span = kind.map_or_else(|| span.clone(), tree::span);
                program::call(callee, None, self.arguments(node, depth), callee_span, span)
            }
            "lambda_expression" => match tree::field(node, "body") {
                Some(body) if body.kind() != "block" => {
                    other(vec![self.expression(body, depth + 1)])
                }
                _ => other(Vec::new()),
            },
            _ => other(Vec::new()),
        }
    }

    fn arguments(&self, node: Node<'_>, depth: usize) -> Vec<crate::source::expression::Argument> {
        tree::field(node, "arguments").map_or_else(Vec::new, |list| {
            tree::named(list)
                .into_iter()
                .take(64)
                .map(|child| program::argument(self.expression(child, depth + 1)))
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_joined_and_calls_chained() {
        let text = "class A { void f() { String u = \"jdbc:postgresql://\" + host + \"/x\"; ds.setUrl(u); B.builder().ssl(false).build(); } }";
        let facts = read(text).facts;
        assert!(facts.iter().any(|it| matches!(it, Fact::Assignment(it)
            if it.target == "u" && matches!(it.value.kind, ExpressionKind::Join(_)))));
        let calls: Vec<_> = facts
            .iter()
            .filter_map(|it| match it {
                Fact::Call(call) => Some(
                    call.chain()
                        .iter()
                        .map(|it| it.callee.clone())
                        .collect::<Vec<_>>(),
                ),
                _ => None,
            })
            .collect();
        assert_eq!(
            calls,
            [
                vec!["ds.setUrl".to_owned()],
                vec!["B.builder".to_owned(), "ssl".to_owned(), "build".to_owned()]
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn never_panics_on_any_text(text in "[a-z(){}@\"=;:,.\\\\ \né]{0,80}") {
            let _ = read(&format!("class A {{ {text} }}"));
        }
    }
}
