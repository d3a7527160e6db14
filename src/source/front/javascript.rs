//! Reads JavaScript, TypeScript and TSX.

use tree_sitter::Node;

use super::program::{self, Collector};
use super::{DEEPEST, tree};
use crate::source::expression::{Entry, Expression, ExpressionKind};
use crate::source::fact::{Fact, Facts, Import};
use crate::source::format::Format;
use crate::text::template::Filling;

/// Reads a text to its facts.
pub(super) fn read(text: &str, format: Format) -> Facts {
    let language = match format {
        Format::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        Format::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        _ => tree_sitter_javascript::LANGUAGE.into(),
    };
    let Some(parsed) = tree::parse(text, &language) else {
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
            "import_statement" => self.import(node, found),
            "variable_declarator" => self.declarator(node, found),
            "assignment_expression" | "augmented_assignment_expression" => {
                let (Some(left), Some(right)) =
                    (tree::field(node, "left"), tree::field(node, "right"))
                else {
                    return;
                };
                let added = tree::field(node, "operator")
                    .is_some_and(|operator| tree::text_of(operator, self.text) == "+=");
                let target = self.dotted(left, 0).unwrap_or_default();
                let value = self.expression(right, 0);
                found.assign(target, tree::span(left), value, added, tree::span(node));
            }
            "public_field_definition" | "field_definition" => {
                let name = tree::field(node, "name").or_else(|| tree::field(node, "property"));
                if let (Some(name), Some(value)) = (name, tree::field(node, "value")) {
                    let target = tree::text_of(name, self.text).to_owned();
                    let value = self.expression(value, 0);
                    found.assign(target, tree::span(name), value, false, tree::span(node));
                }
            }
            "expression_statement" => {
                for child in tree::named(node) {
                    if !matches!(
                        child.kind(),
                        "assignment_expression" | "augmented_assignment_expression"
                    ) {
                        found.statement(self.expression(child, 0));
                    }
                }
            }
            "return_statement" | "throw_statement" => {
                for child in tree::named(node) {
                    found.statement(self.expression(child, 0));
                }
            }
            "export_statement" => {
                if let Some(value) = tree::field(node, "value") {
                    found.statement(self.expression(value, 0));
                }
            }
            "function_declaration"
            | "method_definition"
            | "function_expression"
            | "generator_function_declaration"
            | "class_declaration" => {
                let name =
                    tree::field(node, "name").map_or("", |name| tree::text_of(name, self.text));
                found.scope(name, node.kind() == "class_declaration", tree::span(node));
            }
            "arrow_function" => {
                found.scope("", false, tree::span(node));
                if let Some(body) = tree::field(node, "body")
                    && body.kind() != "statement_block"
                {
                    found.statement(self.expression(body, 0));
                }
            }
            _ => {}
        }
    }

    fn import(&self, node: Node<'_>, found: &mut Collector) {
        let Some(module) = tree::field(node, "source").map(|source| self.expression(source, 0))
        else {
            return;
        };
        let Some(module) = module.literal() else {
            return;
        };
        let mut import = Import {
            module,
            names: Vec::new(),
            alias: None,
            span: tree::span(node),
        };
        tree::each(node, &mut |inner| match inner.kind() {
            "import_specifier" => {
                let taken = tree::field(inner, "name").map(|name| tree::text_of(name, self.text));
                let called = tree::field(inner, "alias").map(|name| tree::text_of(name, self.text));
                if let Some(taken) = taken {
                    let called = called.unwrap_or(taken);
                    import.names.push((taken.to_owned(), called.to_owned()));
                }
                false
            }
            "identifier" => {
                import.alias = Some(tree::text_of(inner, self.text).to_owned());
                false
            }
            _ => true,
        });
        found.push(Fact::Import(import));
    }

    fn declarator(&self, node: Node<'_>, found: &mut Collector) {
        let (Some(name), Some(value)) = (tree::field(node, "name"), tree::field(node, "value"))
        else {
            return;
        };
        let value = self.expression(value, 0);
        let required = required(&value);
        if name.kind() == "object_pattern" {
            let mut names = Vec::new();
            for child in tree::named(name) {
                let (taken, called) = match child.kind() {
                    "shorthand_property_identifier_pattern" => {
                        let name = tree::text_of(child, self.text);
                        (name, name)
                    }
                    "pair_pattern" => {
                        let part = |field| {
                            tree::field(child, field).map_or("", |it| tree::text_of(it, self.text))
                        };
                        (part("key"), part("value"))
                    }
                    _ => continue,
                };
                names.push((taken.to_owned(), called.to_owned()));
                if let Some(from) = value.name() {
                    let member = program::name(format!("{from}.{taken}"), value.span.clone());
                    let span = tree::span(child);
                    found.assign(called.to_owned(), span.clone(), member, false, span);
                }
            }
            if let Some(module) = required {
                found.push(Fact::Import(Import {
                    module,
                    names,
                    alias: None,
                    span: tree::span(node),
                }));
            }
            return;
        }
        let target = tree::text_of(name, self.text).to_owned();
        if let Some(module) = required {
            found.push(Fact::Import(Import {
                module,
                names: Vec::new(),
                alias: Some(target),
                span: tree::span(node),
            }));
            return;
        }
        found.assign(target, tree::span(name), value, false, tree::span(node));
    }

    /// Returns the dotted name of a node, where it is one.
    fn dotted(&self, node: Node<'_>, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        match node.kind() {
            "identifier"
            | "property_identifier"
            | "private_property_identifier"
            | "this"
            | "shorthand_property_identifier"
            | "super" => Some(tree::text_of(node, self.text).to_owned()),
            "member_expression" => {
                let object = self.dotted(tree::field(node, "object")?, depth + 1)?;
                let property = tree::text_of(tree::field(node, "property")?, self.text);
                Some(format!("{object}.{property}"))
            }
            "subscript_expression" => {
                let object = self.dotted(tree::field(node, "object")?, depth + 1)?;
                let index = self
                    .expression(tree::field(node, "index")?, depth + 1)
                    .literal()?;
                Some(format!("{object}.{index}"))
            }
            "non_null_expression"
            | "parenthesized_expression"
            | "as_expression"
            | "satisfies_expression" => {
                self.dotted(tree::named(node).into_iter().next()?, depth + 1)
            }
            "meta_property" => Some("import.meta".to_owned()),
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
            return match name.as_str() {
                "undefined" => Expression::new(ExpressionKind::Null, span),
                _ => program::name(name, span),
            };
        }
        match node.kind() {
            "string" => program::text(node, self.text, &["string_fragment"], &|_| None),
            "template_string" => program::text(node, self.text, &["string_fragment"], &|child| {
                (child.kind() == "template_substitution").then(|| self.filling(child, depth))
            }),
            "number" => {
                let number = tree::text_of(node, self.text).to_owned();
                Expression::new(ExpressionKind::Number(number), span)
            }
            "true" | "false" => {
                Expression::new(ExpressionKind::Boolean(node.kind() == "true"), span)
            }
            "null" | "undefined" => Expression::new(ExpressionKind::Null, span),
            "parenthesized_expression"
            | "await_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression"
            | "expression_statement"
            | "spread_element" => match tree::named(node).into_iter().next() {
                Some(inner) => self.expression(inner, depth + 1),
                None => other(Vec::new()),
            },
            "call_expression" | "new_expression" => self.call(node, depth),
            "object" => self.object(node, depth),
            "array" => {
                let items = tree::named(node)
                    .into_iter()
                    .map(|it| self.expression(it, depth + 1));
                Expression::new(ExpressionKind::List(items.collect()), span)
            }
            "binary_expression" => {
                let sides: Vec<_> = ["left", "right"]
                    .into_iter()
                    .filter_map(|side| tree::field(node, side))
                    .map(|side| self.expression(side, depth + 1))
                    .collect();
                let operator = tree::field(node, "operator").map_or("", |it| it.kind());
                match operator {
                    "+" => program::join(sides, span),
                    "||" | "??" => Expression::new(ExpressionKind::Either(sides), span),
                    _ => other(sides),
                }
            }
            "ternary_expression" => {
                let branches = ["consequence", "alternative"]
                    .into_iter()
                    .filter_map(|branch| tree::field(node, branch))
                    .map(|branch| self.expression(branch, depth + 1))
                    .collect();
                Expression::new(ExpressionKind::Either(branches), span)
            }
            "arrow_function" => match tree::field(node, "body") {
                Some(body) if body.kind() != "statement_block" => {
                    other(vec![self.expression(body, depth + 1)])
                }
                _ => other(Vec::new()),
            },
            "unary_expression" => {
                let inside = tree::named(node)
                    .into_iter()
                    .map(|it| self.expression(it, depth + 1));
                other(inside.collect())
            }
            _ => other(Vec::new()),
        }
    }

    /// What fills `${…}`.
    fn filling(&self, node: Node<'_>, depth: usize) -> Filling {
        let Some(inner) = tree::named(node).into_iter().next() else {
            return Filling::Expression;
        };
        if let Some(name) = self.dotted(inner, depth + 1) {
            return match name.strip_prefix("process.env.") {
                Some(variable) if !variable.contains('.') => {
                    Filling::Environment(variable.to_owned())
                }
                _ => Filling::Name(name),
            };
        }
        match self.expression(inner, depth + 1).kind {
            ExpressionKind::Call(call) => Filling::Call(call.callee),
            _ => Filling::Expression,
        }
    }

    fn call(&self, node: Node<'_>, depth: usize) -> Expression {
        let span = tree::span(node);
        let field = if node.kind() == "new_expression" {
            "constructor"
        } else {
            "function"
        };
        let Some(function) = tree::field(node, field) else {
            return Expression::new(ExpressionKind::Other(Vec::new()), span);
        };
        let mut arguments = Vec::new();
        if let Some(list) = tree::field(node, "arguments") {
            for child in tree::named(list).into_iter().take(64) {
                arguments.push(program::argument(self.expression(child, depth + 1)));
            }
        }
        let (callee, receiver, callee_span) = match self.dotted(function, depth) {
            Some(name) => (name, None, tree::span(function)),
            None => match (
                tree::field(function, "object"),
                tree::field(function, "property"),
            ) {
                (Some(object), Some(property)) => (
                    tree::text_of(property, self.text).to_owned(),
                    Some(self.expression(object, depth + 1)),
                    tree::span(property),
                ),
                _ => (
                    String::new(),
                    Some(self.expression(function, depth + 1)),
                    tree::span(function),
                ),
            },
        };
        program::call(callee, receiver, arguments, callee_span, span)
    }

    fn object(&self, node: Node<'_>, depth: usize) -> Expression {
        let mut entries = Vec::new();
        for child in tree::named(node).into_iter().take(1024) {
            let entry = match child.kind() {
                "pair" => {
                    let (Some(key), Some(value)) =
                        (tree::field(child, "key"), tree::field(child, "value"))
                    else {
                        continue;
                    };
                    Entry {
                        key: match key.kind() {
                            "string" => self
                                .expression(key, depth + 1)
                                .literal()
                                .unwrap_or_default(),
                            _ => tree::text_of(key, self.text).to_owned(),
                        },
                        key_span: tree::span(key),
                        value: self.expression(value, depth + 1),
                    }
                }
                "shorthand_property_identifier" => Entry {
                    key: tree::text_of(child, self.text).to_owned(),
                    key_span: tree::span(child),
                    value: program::name(tree::text_of(child, self.text), tree::span(child)),
                },
                "spread_element" => Entry {
                    key: String::new(),
                    key_span: tree::span(child),
                    value: self.expression(child, depth + 1),
                },
                "method_definition" => Entry {
                    key: tree::field(child, "name").map_or_else(String::new, |name| {
                        tree::text_of(name, self.text).to_owned()
                    }),
                    key_span: tree::span(child),
                    value: Expression::new(ExpressionKind::Other(Vec::new()), tree::span(child)),
                },
                _ => continue,
            };
            entries.push(entry);
        }
        Expression::new(ExpressionKind::Map(entries), tree::span(node))
    }
}

/// Returns the module that a value requires: `require("pg")`, also `require("pg").Pool`.
fn required(value: &Expression) -> Option<String> {
    let call = value.call()?;
    if call.callee == "require" {
        return call.positional(0)?.value.literal();
    }
    call.receiver.as_ref().and_then(required)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assigned(text: &str, target: &str) -> Expression {
        read(text, Format::TypeScript)
            .facts
            .into_iter()
            .find_map(|fact| match fact {
                Fact::Assignment(it) if it.target == target => Some(it.value),
                _ => None,
            })
            .unwrap_or_else(|| panic!("no {target}"))
    }

    #[test]
    fn template_strings_have_holes() {
        let value = assigned(
            "const u = `postgres://${user}:${process.env.PW}@db/x`;",
            "u",
        );
        let ExpressionKind::Text(template) = value.kind else {
            panic!()
        };
        assert_eq!(template.filled_with("?"), "postgres://?:?@db/x");
    }

    #[test]
    fn imports_are_found_in_both_spellings() {
        let text = "import { Pool as P } from 'pg';\nconst pg = require('pg');\nconst { Client } = require(\"pg\");\n";
        let modules: Vec<_> = read(text, Format::JavaScript)
            .facts
            .into_iter()
            .filter_map(|fact| match fact {
                Fact::Import(it) => Some(it.module),
                _ => None,
            })
            .collect();
        assert_eq!(modules, ["pg", "pg", "pg"]);
    }

    #[test]
    fn objects_and_constructors_are_read() {
        let value = assigned(
            "const p = new Pool({ ssl: { rejectUnauthorized: false }, a: x || 'y' });",
            "p",
        );
        let call = value.call().unwrap();
        assert_eq!(call.callee, "Pool");
        let options = &call.positional(0).unwrap().value;
        let reject = options.at(&["ssl", "rejectUnauthorized"]).unwrap();
        assert_eq!(reject.kind, ExpressionKind::Boolean(false));
        assert!(matches!(
            options.get("a").unwrap().kind,
            ExpressionKind::Either(_)
        ));
    }

    proptest::proptest! {
        #[test]
        fn never_panics_on_any_text(text in "[a-z(){}`$'\"=;:,.\\\\ \né]{0,80}") {
            let _ = read(&text, Format::Tsx);
        }
    }
}
