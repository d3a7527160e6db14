//! What front ends of C-like languages share: texts from string nodes, dotted names, calls.
//!
//! Each language says which node is what; here is how the pieces are put together.

use tree_sitter::Node;

use super::tree;
use crate::source::expression::{Argument, Call, Expression, ExpressionKind};
use crate::source::fact::{Assignment, Fact, Facts, Scope};
use crate::text::Secret;
use crate::text::template::{Filling, Hole, Literal, Part, Span, Template};

/// Returns an expression that is a name.
pub(super) fn name(dotted: impl Into<String>, span: Span) -> Expression {
    Expression::new(ExpressionKind::Name(dotted.into()), span)
}

/// Returns an expression that is a call.
pub(super) fn call(
    callee: String,
    receiver: Option<Expression>,
    arguments: Vec<Argument>,
    callee_span: Span,
    span: Span,
) -> Expression {
    let call = Call {
        callee,
        receiver,
        arguments,
        callee_span,
        span: span.clone(),
    };
    Expression::new(ExpressionKind::Call(Box::new(call)), span)
}

/// Returns an argument without a name.
pub(super) fn argument(value: Expression) -> Argument {
    Argument {
        name: None,
        span: value.span.clone(),
        value,
    }
}

/// Returns an argument with a name.
pub(super) fn named(name: &str, value: Expression, span: Span) -> Argument {
    Argument {
        name: Some(name.to_owned()),
        value,
        span,
    }
}

/// Reads a string node whose content are nodes of their own: what is neither content nor escape is a hole.
pub(super) fn text(
    node: Node<'_>,
    source: &str,
    content: &[&str],
    filling: &dyn Fn(Node<'_>) -> Option<Filling>,
) -> Expression {
    let mut parts = Vec::new();
    for child in tree::children(node) {
        let kind = child.kind();
        let span = tree::span(child);
        if content.contains(&kind) {
            parts.push(literal(tree::text_of(child, source), span, true));
        } else if kind == "escape_sequence" {
            parts.push(literal(
                &unescaped(tree::text_of(child, source)),
                span,
                false,
            ));
        } else if let Some(filling) = filling(child) {
            parts.push(Part::Hole(Hole {
                filling,
                default: None,
                span,
            }));
        }
    }
    let span = tree::span(node);
    Expression::new(
        ExpressionKind::Text(Template {
            parts,
            span: span.clone(),
        }),
        span,
    )
}

/// Reads a string node without nodes inside: everything between its first and last `quotes` bytes.
pub(super) fn plain_text(node: Node<'_>, source: &str, quotes: usize) -> Expression {
    let span = tree::span(node);
    let inside = span.start + quotes..span.end.saturating_sub(quotes).max(span.start + quotes);
    let raw = source.get(inside.clone()).unwrap_or_default();
    Expression::new(
        ExpressionKind::Text(Template {
            parts: vec![literal(raw, inside, true)],
            span: span.clone(),
        }),
        span,
    )
}

fn literal(text: &str, span: Span, verbatim: bool) -> Part {
    Part::Literal(Literal {
        text: Secret::new(text),
        span,
        verbatim,
    })
}

/// Resolves the escapes that matter in a connection string; the others stand for themselves.
pub(super) fn unescaped(escape: &str) -> String {
    match escape.as_bytes().get(1) {
        Some(b'n') => "\n".to_owned(),
        Some(b't') => "\t".to_owned(),
        Some(b'r') => "\r".to_owned(),
        Some(b'u' | b'x') => {
            let digits: String = escape[2..]
                .chars()
                .filter(char::is_ascii_hexdigit)
                .collect();
            u32::from_str_radix(&digits, 16)
                .ok()
                .and_then(char::from_u32)
                .map_or_else(|| "\u{FFFD}".to_owned(), String::from)
        }
        // A line that goes on.
        Some(b'\n') | None => String::new(),
        Some(_) => escape[1..].to_owned(),
    }
}

/// Joins texts, flattening what is joined already.
pub(super) fn join(parts: Vec<Expression>, span: Span) -> Expression {
    let mut flat = Vec::new();
    for part in parts {
        match part.kind {
            ExpressionKind::Join(inner) => flat.extend(inner),
            _ => flat.push(part),
        }
    }
    Expression::new(ExpressionKind::Join(flat), span)
}

/// Collects facts of a program.
#[derive(Debug, Default)]
pub(super) struct Collector {
    pub(super) facts: Facts,
}

impl Collector {
    pub(super) fn push(&mut self, fact: Fact) {
        self.facts.facts.push(fact);
    }

    pub(super) fn assign(
        &mut self,
        target: String,
        target_span: Span,
        value: Expression,
        added: bool,
        span: Span,
    ) {
        if target.is_empty() {
            return;
        }
        self.push(Fact::Assignment(Assignment {
            target,
            value,
            added,
            target_span,
            span,
        }));
    }

    pub(super) fn scope(&mut self, name: &str, is_type: bool, span: Span) {
        self.push(Fact::Scope(Scope {
            name: name.to_owned(),
            is_type,
            parameters: Vec::new(),
            decorators: Vec::new(),
            span,
        }));
    }

    /// Takes a statement's expression: a call, or anything else that holds values.
    pub(super) fn statement(&mut self, expression: Expression) {
        match expression.kind {
            ExpressionKind::Call(call) => self.push(Fact::Call(*call)),
            _ => self.push(Fact::Expression(expression)),
        }
    }
}
