//! Reads Python.

use tree_sitter::Node;

use super::program::{self, Collector};
use super::{DEEPEST, tree};
use crate::source::expression::{Argument, Entry, Expression, ExpressionKind};
use crate::source::fact::{Fact, Facts, Import, Scope};
use crate::source::flow::lookup;
use crate::text::Secret;
use crate::text::template::{Filling, Hole, Literal, Part, Template};

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let Some(parsed) = tree::parse(text, &tree_sitter_python::LANGUAGE.into()) else {
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
            "import_statement" => self.import(node, None, found),
            "import_from_statement" => {
                let module = tree::field(node, "module_name");
                let module = module.map_or("", |module| tree::text_of(module, self.text));
                self.import(node, Some(module.to_owned()), found);
            }
            "assignment" | "augmented_assignment" => self.assignment(node, found),
            "named_expression" => {
                if let (Some(name), Some(value)) =
                    (tree::field(node, "name"), tree::field(node, "value"))
                {
                    let target = tree::text_of(name, self.text).to_owned();
                    let value = self.expression(value, 0);
                    found.assign(target, tree::span(name), value, false, tree::span(node));
                }
            }
            "expression_statement"
            | "return_statement"
            | "raise_statement"
            | "assert_statement" => {
                for child in tree::named(node) {
                    // A text of its own is documentation.
                    if matches!(
                        child.kind(),
                        "assignment" | "augmented_assignment" | "named_expression"
                    ) || node.kind() == "expression_statement"
                        && matches!(child.kind(), "string" | "concatenated_string")
                    {
                        continue;
                    }
                    found.statement(self.expression(child, 0));
                }
            }
            "if_statement" | "while_statement" | "elif_clause" => {
                if let Some(condition) = tree::field(node, "condition") {
                    found.statement(self.expression(condition, 0));
                }
            }
            "with_item" => self.with_item(node, found),
            "block" if may_not_run(node) => found.push(Fact::Branch(tree::span(node))),
            "function_definition" | "class_definition" => self.scope(node, found),
            _ => {}
        }
    }

    fn import(&self, node: Node<'_>, from: Option<String>, found: &mut Collector) {
        let mut names = Vec::new();
        for name in tree::fields(node, "name") {
            let (taken, called) = if name.kind() == "aliased_import" {
                let part =
                    |field| tree::field(name, field).map_or("", |it| tree::text_of(it, self.text));
                (part("name").to_owned(), Some(part("alias").to_owned()))
            } else {
                (tree::text_of(name, self.text).to_owned(), None)
            };
            if from.is_some() {
                let called = called.unwrap_or_else(|| taken.clone());
                names.push((taken, called));
            } else {
                found.push(Fact::Import(Import {
                    module: taken,
                    names: Vec::new(),
                    alias: called,
                    span: tree::span(node),
                }));
            }
        }
        if let Some(module) = from {
            found.push(Fact::Import(Import {
                module,
                names,
                alias: None,
                span: tree::span(node),
            }));
        }
    }

    fn assignment(&self, node: Node<'_>, found: &mut Collector) {
        let (Some(left), Some(right)) = (tree::field(node, "left"), tree::field(node, "right"))
        else {
            return;
        };
        // `a = b = value`: the inner assignment is visited by itself.
        let mut value = right;
        while value.kind() == "assignment" {
            match tree::field(value, "right") {
                Some(inner) => value = inner,
                None => return,
            }
        }
        let value = self.expression(value, 0);
        let added = node.kind() == "augmented_assignment";
        if matches!(left.kind(), "pattern_list" | "tuple_pattern") {
            let targets = tree::named(left);
            let items = value.items().to_vec();
            for (place, target) in targets.into_iter().enumerate() {
                if let (Some(name), Some(item)) = (self.dotted(target, 0), items.get(place)) {
                    found.assign(
                        name,
                        tree::span(target),
                        item.clone(),
                        added,
                        tree::span(node),
                    );
                }
            }
            if items.is_empty() {
                found.statement(value);
            }
            return;
        }
        match self.dotted(left, 0) {
            Some(target) => found.assign(target, tree::span(left), value, added, tree::span(node)),
            None => found.statement(value),
        }
    }

    fn with_item(&self, node: Node<'_>, found: &mut Collector) {
        let Some(value) = tree::field(node, "value") else {
            return;
        };
        if value.kind() == "as_pattern" {
            let inner = tree::named(value);
            if let (Some(held), Some(alias)) = (inner.first(), tree::field(value, "alias")) {
                let target = tree::text_of(alias, self.text).to_owned();
                let held = self.expression(*held, 0);
                found.assign(target, tree::span(alias), held, false, tree::span(value));
            }
        } else {
            found.statement(self.expression(value, 0));
        }
    }

    fn scope(&self, node: Node<'_>, found: &mut Collector) {
        let mut parameters = Vec::new();
        if let Some(list) = tree::field(node, "parameters") {
            for parameter in tree::named(list) {
                // `x`, `x = 1`, `x: int = 1` have a name; `x: int` begins with it.
                let name = tree::field(parameter, "name")
                    .or_else(|| tree::named(parameter).first().copied())
                    .map_or_else(
                        || tree::text_of(parameter, self.text),
                        |it| tree::text_of(it, self.text),
                    );
                let default = tree::field(parameter, "value").map(|it| self.expression(it, 0));
                parameters.push((name.to_owned(), default));
            }
        }
        let mut span = tree::span(node);
        let mut decorators = Vec::new();
        if let Some(parent) = node.parent()
            && parent.kind() == "decorated_definition"
        {
            span.start = parent.start_byte();
            for child in tree::named(parent) {
                if child.kind() == "decorator"
                    && let Some(inner) = tree::named(child).first()
                {
                    decorators.push(self.expression(*inner, 0));
                }
            }
        }
        let name = tree::field(node, "name").map_or("", |name| tree::text_of(name, self.text));
        found.push(Fact::Scope(Scope {
            name: name.to_owned(),
            is_type: node.kind() == "class_definition",
            parameters,
            decorators,
            span,
        }));
    }

    fn dotted(&self, node: Node<'_>, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        match node.kind() {
            "identifier" => Some(tree::text_of(node, self.text).to_owned()),
            "attribute" => {
                let object = self.dotted(tree::field(node, "object")?, depth + 1)?;
                let attribute = tree::text_of(tree::field(node, "attribute")?, self.text);
                Some(format!("{object}.{attribute}"))
            }
            "subscript" => {
                let value = self.dotted(tree::field(node, "value")?, depth + 1)?;
                let index = tree::field(node, "subscript")?;
                let index = self.expression(index, depth + 1).literal()?;
                Some(format!("{value}.{index}"))
            }
            "parenthesized_expression" => {
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
        let all = |nodes: Vec<Node<'_>>| -> Vec<Expression> {
            nodes
                .into_iter()
                .take(1024)
                .map(|it| self.expression(it, depth + 1))
                .collect()
        };
        match node.kind() {
            "string" => Expression::new(ExpressionKind::Text(self.string(node, depth)), span),
            "concatenated_string" => {
                let mut whole = Template {
                    parts: Vec::new(),
                    span: span.clone(),
                };
                for piece in tree::named(node)
                    .into_iter()
                    .filter(|it| it.kind() == "string")
                {
                    whole.parts.extend(self.string(piece, depth).parts);
                }
                Expression::new(ExpressionKind::Text(whole), span)
            }
            "integer" | "float" => Expression::new(
                ExpressionKind::Number(tree::text_of(node, self.text).to_owned()),
                span,
            ),
            "true" | "false" => {
                Expression::new(ExpressionKind::Boolean(node.kind() == "true"), span)
            }
            "none" => Expression::new(ExpressionKind::Null, span),
            "await" | "parenthesized_expression" | "expression_statement" => {
                match tree::named(node).first() {
                    Some(inner) => self.expression(*inner, depth + 1),
                    None => other(Vec::new()),
                }
            }
            "named_expression" => match tree::field(node, "value") {
                Some(value) => self.expression(value, depth + 1),
                None => other(Vec::new()),
            },
            "call" => self.call(node, depth),
            "dictionary" => self.dictionary(node, depth),
            "list" | "tuple" | "set" | "expression_list" => {
                Expression::new(ExpressionKind::List(all(tree::named(node))), span)
            }
            "binary_operator" => {
                let sides = all(["left", "right"]
                    .into_iter()
                    .filter_map(|it| tree::field(node, it))
                    .collect());
                match tree::field(node, "operator").map_or("", |it| it.kind()) {
                    "+" => program::join(sides, span),
                    // `"…%s" % (a, b)` is a call on the text.
                    "%" if sides.len() == 2 && matches!(sides[0].kind, ExpressionKind::Text(_)) => {
                        let mut sides = sides.into_iter();
                        let base = sides.next();
                        let values = sides
                            .next()
                            .map_or_else(Vec::new, |value| match value.kind {
                                ExpressionKind::List(items) => {
                                    items.into_iter().map(program::argument).collect()
                                }
                                ExpressionKind::Map(entries) => entries
                                    .into_iter()
                                    .map(|it| program::named(&it.key, it.value, it.key_span))
                                    .collect(),
                                _ => vec![program::argument(value)],
                            });
                        program::call("%".to_owned(), base, values, span.clone(), span)
                    }
                    _ => other(sides),
                }
            }
            "boolean_operator" => {
                let sides = all(["left", "right"]
                    .into_iter()
                    .filter_map(|it| tree::field(node, it))
                    .collect());
                match tree::field(node, "operator").map_or("", |it| it.kind()) {
                    "or" => Expression::new(ExpressionKind::Either(sides), span),
                    _ => other(sides),
                }
            }
            "conditional_expression" => {
                let parts = tree::named(node);
                let branches = parts.iter().enumerate().filter(|(place, _)| *place != 1);
                let branches = branches
                    .map(|(_, it)| self.expression(*it, depth + 1))
                    .collect();
                Expression::new(ExpressionKind::Either(branches), span)
            }
            "comparison_operator" | "not_operator" | "unary_operator" | "lambda" | "list_splat" => {
                other(all(tree::named(node)))
            }
            _ => other(Vec::new()),
        }
    }

    /// A text with its escapes resolved and its interpolations as holes.
    fn string(&self, node: Node<'_>, depth: usize) -> Template {
        let prefix = tree::children(node)
            .first()
            .map_or("", |start| tree::text_of(*start, self.text));
        let is_raw = prefix.contains(['r', 'R']);
        let mut parts = Vec::new();
        for child in tree::named(node) {
            match child.kind() {
                "string_content" => self.content(child, is_raw, &mut parts),
                "interpolation" => parts.push(Part::Hole(self.hole(child, depth))),
                _ => {}
            }
        }
        Template {
            parts,
            span: tree::span(node),
        }
    }

    fn content(&self, node: Node<'_>, is_raw: bool, parts: &mut Vec<Part>) {
        let whole = tree::span(node);
        let literal = |text: &str, span: std::ops::Range<usize>, verbatim| {
            Part::Literal(Literal {
                text: Secret::new(text),
                span,
                verbatim,
            })
        };
        let mut from = whole.start;
        for escape in tree::children(node) {
            let span = tree::span(escape);
            if is_raw || !matches!(escape.kind(), "escape_sequence" | "escape_interpolation") {
                continue;
            }
            if from < span.start {
                let text = self.text.get(from..span.start).unwrap_or_default();
                parts.push(literal(text, from..span.start, true));
            }
            let text = tree::text_of(escape, self.text);
            let resolved = if escape.kind() == "escape_interpolation" {
                text.get(..1).unwrap_or_default().to_owned()
            } else {
                program::unescaped(text)
            };
            parts.push(literal(&resolved, span.clone(), false));
            from = span.end;
        }
        if from < whole.end {
            let text = self.text.get(from..whole.end).unwrap_or_default();
            parts.push(literal(text, from..whole.end, true));
        }
    }

    /// An interpolation; where it looks something up with a literal default, the default is kept.
    fn hole(&self, node: Node<'_>, depth: usize) -> Hole {
        let span = tree::span(node);
        let open = |filling| Hole {
            filling,
            default: None,
            span: span.clone(),
        };
        let Some(inner) = tree::field(node, "expression") else {
            return open(Filling::Expression);
        };
        let inner = self.expression(inner, depth + 1);
        if let Some(lookup) = lookup(&inner) {
            let default = lookup.default.and_then(|default| match &default.kind {
                ExpressionKind::Text(text) => Some(Box::new(text.clone())),
                ExpressionKind::Number(number) => {
                    let span = default.span.clone();
                    Some(Box::new(Template::verbatim(number, span)))
                }
                _ => None,
            });
            return Hole {
                filling: Filling::Environment(lookup.variable.clone()),
                default,
                span: span.clone(),
            };
        }
        match inner.kind {
            ExpressionKind::Name(name) => open(Filling::Name(name)),
            ExpressionKind::Call(call) => open(Filling::Call(call.callee)),
            _ => open(Filling::Expression),
        }
    }

    fn call(&self, node: Node<'_>, depth: usize) -> Expression {
        let span = tree::span(node);
        let Some(function) = tree::field(node, "function") else {
            return Expression::new(ExpressionKind::Other(Vec::new()), span);
        };
        let mut arguments: Vec<Argument> = Vec::new();
        if let Some(list) = tree::field(node, "arguments") {
            for child in tree::named(list).into_iter().take(128) {
                arguments.push(match child.kind() {
                    "keyword_argument" => {
                        let name = tree::field(child, "name")
                            .map_or("", |it| tree::text_of(it, self.text));
                        let Some(value) = tree::field(child, "value") else {
                            continue;
                        };
                        program::named(name, self.expression(value, depth + 1), tree::span(child))
                    }
                    "dictionary_splat" => {
                        let Some(value) = tree::named(child).into_iter().next() else {
                            continue;
                        };
                        program::named("**", self.expression(value, depth + 1), tree::span(child))
                    }
                    _ => program::argument(self.expression(child, depth + 1)),
                });
            }
        }
        let (callee, receiver, callee_span) = match self.dotted(function, depth) {
            Some(name) => (name, None, tree::span(function)),
            None => match (
                tree::field(function, "object"),
                tree::field(function, "attribute"),
            ) {
                (Some(object), Some(attribute)) => (
                    tree::text_of(attribute, self.text).to_owned(),
                    Some(self.expression(object, depth + 1)),
                    tree::span(attribute),
                ),
                _ => (String::new(), None, tree::span(function)),
            },
        };
        program::call(callee, receiver, arguments, callee_span, span)
    }

    fn dictionary(&self, node: Node<'_>, depth: usize) -> Expression {
        let mut entries = Vec::new();
        for child in tree::named(node).into_iter().take(1024) {
            match child.kind() {
                "pair" => {
                    let (Some(key), Some(value)) =
                        (tree::field(child, "key"), tree::field(child, "value"))
                    else {
                        continue;
                    };
                    entries.push(Entry {
                        key: self
                            .expression(key, depth + 1)
                            .literal()
                            .unwrap_or_default(),
                        key_span: tree::span(key),
                        value: self.expression(value, depth + 1),
                    });
                }
                "dictionary_splat" => {
                    if let Some(value) = tree::named(child).into_iter().next() {
                        entries.push(Entry {
                            key: String::new(),
                            key_span: tree::span(child),
                            value: self.expression(value, depth + 1),
                        });
                    }
                }
                _ => {}
            }
        }
        Expression::new(ExpressionKind::Map(entries), tree::span(node))
    }
}

/// Whether a block is a branch, a handler or a loop's body.
fn may_not_run(block: Node<'_>) -> bool {
    block.parent().is_some_and(|parent| {
        matches!(
            parent.kind(),
            "if_statement"
                | "elif_clause"
                | "else_clause"
                | "except_clause"
                | "except_group_clause"
                | "for_statement"
                | "while_statement"
                | "case_clause"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assigned(text: &str, target: &str) -> Expression {
        read(text)
            .facts
            .into_iter()
            .find_map(|fact| match fact {
                Fact::Assignment(it) if it.target == target => Some(it.value),
                _ => None,
            })
            .unwrap_or_else(|| panic!("no {target}"))
    }

    #[test]
    fn texts_are_read_with_their_holes_and_joints() {
        let shown = |text: &str| match assigned(text, "u").kind {
            ExpressionKind::Text(template) => template.filled_with("?"),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            shown("u = f'postgres://{a.b}:{os.environ[\"X\"]}@db/x'"),
            "postgres://?:?@db/x"
        );
        assert_eq!(shown("u = ('a' 'b'\n  f'{c}')"), "ab?");
        assert_eq!(shown("u = 'a\\'b'"), "a'b");
        assert_eq!(shown("u = r'a\\nb'"), "a\\nb");
    }

    #[test]
    fn documentation_is_no_value() {
        assert!(read("\"\"\"postgres://a:b@c/d\"\"\"\n").facts.is_empty());
    }

    #[test]
    fn subscripts_and_attributes_are_assigned() {
        let facts = read("app.config['SECRET_KEY'] = 'x'\nctx.check_hostname = False\n").facts;
        let targets: Vec<_> = facts
            .iter()
            .filter_map(|it| match it {
                Fact::Assignment(it) => Some(it.target.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(targets, ["app.config.SECRET_KEY", "ctx.check_hostname"]);
    }

    proptest::proptest! {
        #[test]
        fn never_panics_on_any_text(text in "[a-z(){}'\"=:,.%\\\\ \n#é]{0,80}") {
            let _ = read(&text);
        }
    }
}
