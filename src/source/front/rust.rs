//! Reads Rust.

use tree_sitter::Node;

use super::program::{self, Collector};
use super::{DEEPEST, tree};
use crate::source::expression::{Argument, Expression, ExpressionKind};
use crate::source::fact::{Fact, Facts, Import};

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let Some(parsed) = tree::parse(text, &tree_sitter_rust::LANGUAGE.into()) else {
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
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of node")]
    fn visit(&self, node: Node<'_>, found: &mut Collector) {
        match node.kind() {
            "use_declaration" => self.uses(node, found),
            "let_declaration" => {
                if let (Some(pattern), Some(value)) =
                    (tree::field(node, "pattern"), tree::field(node, "value"))
                {
                    let name = tree::text_of(pattern, self.text)
                        .trim_start_matches("mut ")
                        .to_owned();
                    found.assign(
                        name,
                        tree::span(pattern),
                        self.expression(value, 0),
                        false,
                        tree::span(node),
                    );
                }
            }
            "const_item" | "static_item" => {
                if let (Some(name), Some(value)) =
                    (tree::field(node, "name"), tree::field(node, "value"))
                {
                    let target = tree::text_of(name, self.text).to_owned();
                    found.assign(
                        target,
                        tree::span(name),
                        self.expression(value, 0),
                        false,
                        tree::span(node),
                    );
                }
            }
            "assignment_expression" | "compound_assignment_expr" => {
                if let (Some(left), Some(right)) =
                    (tree::field(node, "left"), tree::field(node, "right"))
                {
                    let target = self.dotted(left, 0).unwrap_or_default();
                    let added = node.kind() == "compound_assignment_expr";
                    found.assign(
                        target,
                        tree::span(left),
                        self.expression(right, 0),
                        added,
                        tree::span(node),
                    );
                }
            }
            "expression_statement" | "return_expression" => {
                for child in tree::named(node) {
                    if !matches!(
                        child.kind(),
                        "assignment_expression" | "compound_assignment_expr" | "return_expression"
                    ) {
                        found.statement(self.expression(child, 0));
                    }
                }
            }
            // The value of a block stands last in it, without a statement of its own.
            "block" => {
                if let Some(last) = tree::named(node).last()
                    && (last.kind().ends_with("_expression") || last.kind() == "macro_invocation")
                    && !matches!(last.kind(), "return_expression" | "assignment_expression")
                {
                    found.statement(self.expression(*last, 0));
                }
            }
            "function_item" | "impl_item" | "mod_item" => {
                let name =
                    tree::field(node, "name").map_or("", |name| tree::text_of(name, self.text));
                found.scope(name, node.kind() != "function_item", tree::span(node));
            }
            _ => {}
        }
    }

    /// `use a::{b, c::d}`: one import for each path.
    fn uses(&self, node: Node<'_>, found: &mut Collector) {
        let Some(argument) = tree::field(node, "argument") else {
            return;
        };
        let text = tree::text_of(argument, self.text);
        let flat: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (base, inner) = match flat.split_once("::{") {
            Some((base, inner)) => (base.to_owned(), inner.trim_end_matches('}').to_owned()),
            None => (flat.clone(), String::new()),
        };
        let base = base.replace("::", ".");
        let names: Vec<_> = inner
            .split([',', '{', '}'])
            .filter(|it| !it.is_empty())
            .take(64)
            .map(|it| {
                let last = it.rsplit("::").next().unwrap_or(it).to_owned();
                (last.clone(), last)
            })
            .collect();
        found.push(Fact::Import(Import {
            module: base,
            names,
            alias: None,
            span: tree::span(node),
        }));
    }

    fn dotted(&self, node: Node<'_>, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        match node.kind() {
            "identifier" | "self" | "type_identifier" | "field_identifier" | "crate" | "super" => {
                Some(tree::text_of(node, self.text).to_owned())
            }
            "scoped_identifier" | "scoped_type_identifier" => Some(
                tree::text_of(node, self.text)
                    .replace("::", ".")
                    .replace(char::is_whitespace, ""),
            ),
            "field_expression" => {
                let value = self.dotted(tree::field(node, "value")?, depth + 1)?;
                Some(format!(
                    "{value}.{}",
                    tree::text_of(tree::field(node, "field")?, self.text)
                ))
            }
            "generic_function" => self.dotted(tree::field(node, "function")?, depth + 1),
            "reference_expression" => self.dotted(tree::field(node, "value")?, depth + 1),
            "generic_type" => self.dotted(tree::field(node, "type")?, depth + 1),
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
            "string_literal" | "raw_string_literal" => {
                program::text(node, self.text, &["string_content"], &|_| None)
            }
            "integer_literal" | "float_literal" => Expression::new(
                ExpressionKind::Number(tree::text_of(node, self.text).to_owned()),
                span,
            ),
            "boolean_literal" => Expression::new(
                ExpressionKind::Boolean(tree::text_of(node, self.text) == "true"),
                span,
            ),
            "try_expression"
            | "await_expression"
            | "parenthesized_expression"
            | "reference_expression"
            | "expression_statement" => match tree::named(node).last() {
                Some(inner) if inner.kind() != "mutable_specifier" => {
                    self.expression(*inner, depth + 1)
                }
                _ => other(Vec::new()),
            },
            "call_expression" => self.call(node, depth),
            "macro_invocation" => self.macro_call(node, depth),
            "struct_expression" => self.structure(node, depth),
            "array_expression" | "tuple_expression" => {
                let items = tree::named(node).into_iter().take(1024);
                Expression::new(
                    ExpressionKind::List(
                        items.map(|item| self.expression(item, depth + 1)).collect(),
                    ),
                    span,
                )
            }
            "if_expression" => {
                let branches = ["consequence", "alternative"]
                    .into_iter()
                    .filter_map(|branch| tree::field(node, branch))
                    .map(|branch| self.expression(branch, depth + 1));
                Expression::new(ExpressionKind::Either(branches.collect()), span)
            }
            "block" | "else_clause" => match tree::named(node).last() {
                Some(last) => self.expression(*last, depth + 1),
                None => other(Vec::new()),
            },
            "closure_expression" => match tree::field(node, "body") {
                Some(body) => other(vec![self.expression(body, depth + 1)]),
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
                tree::field(function, "value"),
                tree::field(function, "field"),
            ) {
                (Some(value), Some(field)) => (
                    tree::text_of(field, self.text).to_owned(),
                    Some(self.expression(value, depth + 1)),
                    tree::span(field),
                ),
                _ => (String::new(), None, tree::span(function)),
            },
        };
        program::call(callee, receiver, arguments, callee_span, span)
    }

    /// The tokens of a macro: texts and names are values, the rest is not looked at.
    fn macro_call(&self, node: Node<'_>, depth: usize) -> Expression {
        let span = tree::span(node);
        let name = tree::field(node, "macro");
        let callee = name.map_or_else(String::new, |name| {
            format!("{}!", tree::text_of(name, self.text).replace("::", "."))
        });
        let mut arguments: Vec<Argument> = Vec::new();
        let tokens = tree::children(node)
            .into_iter()
            .find(|it| it.kind() == "token_tree");
        for token in tokens
            .map_or_else(Vec::new, tree::named)
            .into_iter()
            .take(64)
        {
            match token.kind() {
                "string_literal" | "raw_string_literal" | "identifier" | "self"
                | "boolean_literal" | "integer_literal" => {
                    // `config.url` comes as two names in a row: the last one tells what it is.
                    let value = self.expression(token, depth + 1);
                    let follows_dot = self.text[..value.span.start].ends_with('.');
                    match arguments.last_mut() {
                        Some(last) if follows_dot && last.value.name().is_some() => {
                            let owner = last.value.name().unwrap_or_default().to_owned();
                            let member = value.name().unwrap_or_default();
                            last.value = program::name(
                                format!("{owner}.{member}"),
                                last.span.start..value.span.end,
                            );
                        }
                        _ => arguments.push(program::argument(value)),
                    }
                }
                _ => {}
            }
        }
        let callee_span = name.map_or_else(|| span.clone(), tree::span);
        program::call(callee, None, arguments, callee_span, span)
    }

    fn structure(&self, node: Node<'_>, depth: usize) -> Expression {
        let span = tree::span(node);
        let name = tree::field(node, "name");
        let mut arguments = Vec::new();
        if let Some(body) = tree::field(node, "body") {
            for child in tree::named(body).into_iter().take(256) {
                let key = tree::field(child, "field").or_else(|| tree::field(child, "name"));
                match (key, tree::field(child, "value")) {
                    (Some(key), Some(value)) => arguments.push(program::named(
                        tree::text_of(key, self.text),
                        self.expression(value, depth + 1),
                        tree::span(child),
                    )),
                    _ if child.kind() == "shorthand_field_initializer" => {
                        let key = tree::text_of(child, self.text);
                        arguments.push(program::named(
                            key,
                            program::name(key, tree::span(child)),
                            tree::span(child),
                        ));
                    }
                    _ => {}
                }
            }
        }
        let callee = name
            .and_then(|name| self.dotted(name, depth + 1))
            .unwrap_or_default();
        let callee_span = name.map_or_else(|| span.clone(), tree::span);
        program::call(callee, None, arguments, callee_span, span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_macros_and_paths_are_read() {
        let text = "use tokio_postgres::{NoTls, Config};\nfn main() { let url = format!(\"postgres://{}@db/x\", user); let p = PgPoolOptions::new().max(5).connect(&url).await?; println!(\"{}\", config.url); }";
        let facts = read(text).facts;
        let Some(Fact::Import(import)) = facts.first() else {
            panic!()
        };
        assert_eq!(import.module, "tokio_postgres");
        assert_eq!(import.names[0].0, "NoTls");
        let value = |name: &str| {
            facts.iter().find_map(|it| match it {
                Fact::Assignment(it) if it.target == name => Some(&it.value),
                _ => None,
            })
        };
        assert_eq!(value("url").unwrap().call().unwrap().callee, "format!");
        let chain: Vec<_> = value("p")
            .unwrap()
            .call()
            .unwrap()
            .chain()
            .iter()
            .map(|it| it.callee.as_str())
            .collect();
        assert_eq!(chain, ["PgPoolOptions.new", "max", "connect"]);
        assert!(facts.iter().any(|it| matches!(it, Fact::Call(call)
            if call.callee == "println!" && call.arguments[1].value.name() == Some("config.url"))));
    }

    proptest::proptest! {
        #[test]
        fn never_panics_on_any_text(text in "[a-z(){}!&\"=;:,.\\\\ \né]{0,80}") {
            let _ = read(&format!("fn main() {{ {text} }}"));
        }
    }
}
