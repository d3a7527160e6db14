//! Reads HCL: Terraform, Nomad, Packer. Blocks are maps by kind and labels.

use hcl_edit::expr::{Expression as Hcl, FuncCall, ObjectKey, TraversalOperator};
use hcl_edit::structure::{Body, Structure};
use hcl_edit::template::Element;
use hcl_edit::{Span as _, parser};

use crate::source::expression::{Argument, Call, Entry, Expression, ExpressionKind};
use crate::source::fact::Facts;
use crate::text::Secret;
use crate::text::template::{Filling, Hole, Literal, Part, Span, Template};

use super::{commands, lines};

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let Ok(body) = parser::parse_body(text) else {
        return lines::read_as(text, "it is no HCL");
    };
    let mut facts = Facts {
        comments: comments(text),
        ..Facts::default()
    };
    let document = Expression::new(ExpressionKind::Map(entries(&body, text)), 0..text.len());
    commands::with_document(document, text, &mut facts.facts);
    facts
}

fn entries(body: &Body, text: &str) -> Vec<Entry> {
    body.iter()
        .map(|structure| match structure {
            Structure::Attribute(attribute) => Entry {
                key: attribute.key.as_str().to_owned(),
                key_span: attribute.key.span().unwrap_or_default(),
                value: expression(&attribute.value, text),
            },
            Structure::Block(block) => {
                let span = block.span().unwrap_or_default();
                let inside = ExpressionKind::Map(entries(&block.body, text));
                let mut value = Expression::new(inside, span.clone());
                let key_span = block.ident.span().unwrap_or_default();
                for label in block.labels.iter().rev() {
                    let entry = Entry {
                        key: label.as_str().to_owned(),
                        key_span: label.span().unwrap_or(key_span.clone()),
                        value,
                    };
                    value = Expression::new(ExpressionKind::Map(vec![entry]), span.clone());
                }
                Entry {
                    key: block.ident.as_str().to_owned(),
                    key_span,
                    value,
                }
            }
        })
        .collect()
}

fn expression(value: &Hcl, text: &str) -> Expression {
    let span = value.span().unwrap_or_default();
    let kind = match value {
        Hcl::Null(_) => ExpressionKind::Null,
        Hcl::Bool(boolean) => ExpressionKind::Boolean(*boolean.value()),
        Hcl::Number(_) => {
            ExpressionKind::Number(text.get(span.clone()).unwrap_or_default().to_owned())
        }
        Hcl::String(string) => {
            let inside = span.start + 1..span.end.saturating_sub(1).max(span.start + 1);
            let parts = vec![literal(string.value(), inside, text)];
            ExpressionKind::Text(Template {
                parts,
                span: span.clone(),
            })
        }
        Hcl::StringTemplate(template) => ExpressionKind::Text(Template {
            parts: elements(template.iter(), text),
            span: span.clone(),
        }),
        Hcl::HeredocTemplate(here) => ExpressionKind::Text(Template {
            parts: elements(here.template.iter(), text),
            span: span.clone(),
        }),
        Hcl::Array(array) => {
            ExpressionKind::List(array.iter().map(|item| expression(item, text)).collect())
        }
        Hcl::Object(object) => ExpressionKind::Map(
            object
                .iter()
                .map(|(key, value)| Entry {
                    key: object_key(key),
                    key_span: key.span().unwrap_or_default(),
                    value: expression(value.expr(), text),
                })
                .collect(),
        ),
        Hcl::Parenthesis(inside) => return expression(inside.inner(), text),
        Hcl::Variable(name) => ExpressionKind::Name(name.as_str().to_owned()),
        Hcl::Traversal(_) => match dotted(value) {
            Some(name) => ExpressionKind::Name(name),
            None => ExpressionKind::Other(Vec::new()),
        },
        Hcl::Conditional(condition) => ExpressionKind::Either(vec![
            expression(&condition.true_expr, text),
            expression(&condition.false_expr, text),
        ]),
        Hcl::FuncCall(function) => return call(function, span, text),
        Hcl::UnaryOp(operation) => ExpressionKind::Other(vec![expression(&operation.expr, text)]),
        Hcl::BinaryOp(operation) => ExpressionKind::Other(vec![
            expression(&operation.lhs_expr, text),
            expression(&operation.rhs_expr, text),
        ]),
        Hcl::ForExpr(_) => ExpressionKind::Other(Vec::new()),
    };
    Expression::new(kind, span)
}

/// Functions whose result says what their argument says.
const TRANSPARENT: &[&str] = &[
    "yamlencode",
    "jsonencode",
    "sensitive",
    "nonsensitive",
    "tostring",
    "tobool",
    "trimspace",
    "tomap",
    "base64encode",
];

fn call(function: &FuncCall, span: Span, text: &str) -> Expression {
    let callee = function.name.name.as_str();
    let mut arguments = function.args.iter();
    if TRANSPARENT.contains(&callee)
        && let Some(first) = arguments.next()
    {
        return expression(first, text);
    }
    let arguments = arguments.map(|argument| {
        let value = expression(argument, text);
        Argument {
            name: None,
            span: value.span.clone(),
            value,
        }
    });
    let call = Call {
        callee: callee.to_owned(),
        receiver: None,
        arguments: arguments.collect(),
        callee_span: function.name.name.span().unwrap_or(span.clone()),
        span: span.clone(),
    };
    Expression::new(ExpressionKind::Call(Box::new(call)), span)
}

fn literal(value: &str, span: Span, text: &str) -> Part {
    Part::Literal(Literal {
        verbatim: text.get(span.clone()) == Some(value),
        text: Secret::new(value),
        span,
    })
}

fn elements<'a>(elements: impl Iterator<Item = &'a Element>, text: &str) -> Vec<Part> {
    elements
        .map(|element| {
            let span = element.span().unwrap_or_default();
            match element {
                Element::Literal(value) => literal(value.value(), span, text),
                Element::Interpolation(inside) => {
                    let filling = match &inside.expr {
                        Hcl::FuncCall(call) => Filling::Call(call.name.name.as_str().to_owned()),
                        other => dotted(other).map_or(Filling::Expression, Filling::Name),
                    };
                    Part::Hole(Hole {
                        filling,
                        default: None,
                        span,
                    })
                }
                Element::Directive(_) => Part::Hole(Hole {
                    filling: Filling::Expression,
                    default: None,
                    span,
                }),
            }
        })
        .collect()
}

fn object_key(key: &ObjectKey) -> String {
    match key {
        ObjectKey::Ident(name) => name.as_str().to_owned(),
        ObjectKey::Expression(Hcl::String(name)) => name.value().clone(),
        ObjectKey::Expression(other) => dotted(other).unwrap_or_default(),
    }
}

/// Returns a dotted name: `var.db_password`, `data.x.y[0].z` without its place.
fn dotted(value: &Hcl) -> Option<String> {
    match value {
        Hcl::Variable(name) => Some(name.as_str().to_owned()),
        Hcl::Traversal(traversal) => {
            let mut name = dotted(&traversal.expr)?;
            for operator in &traversal.operators {
                match operator.value() {
                    TraversalOperator::GetAttr(member) => {
                        name.push('.');
                        name.push_str(member.as_str());
                    }
                    TraversalOperator::Index(Hcl::String(member)) => {
                        name.push('.');
                        name.push_str(member.value());
                    }
                    TraversalOperator::Index(_)
                    | TraversalOperator::LegacyIndex(_)
                    | TraversalOperator::AttrSplat(_)
                    | TraversalOperator::FullSplat(_) => {}
                }
            }
            Some(name)
        }
        _ => None,
    }
}

/// Returns where comments stand, line by line: `#`, `//`, `/* … */`.
fn comments(text: &str) -> Vec<Span> {
    let mut comments = Vec::new();
    let mut start = 0;
    let mut is_block = false;
    for line in text.split_inclusive('\n') {
        let line_start = start;
        start += line.len();
        let end = line_start + line.trim_end().len();
        let from = if is_block { Some(0) } else { comment_in(line) };
        let Some(from) = from else {
            continue;
        };
        let rest = &line[from..];
        if is_block || rest.starts_with("/*") {
            is_block = !rest.contains("*/");
        }
        comments.push(line_start + from..end.max(line_start + from));
    }
    comments
}

fn comment_in(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut is_quoted = false;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if is_quoted => at += 1,
            b'"' => is_quoted = !is_quoted,
            b'#' if !is_quoted => return Some(at),
            b'/' if !is_quoted && matches!(bytes.get(at + 1), Some(b'/' | b'*')) => {
                return Some(at);
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::source::fact::{Fact, Understanding};

    use super::*;

    #[test]
    fn blocks_are_maps_by_kind_and_labels() {
        let text = "# c\nprovider \"postgresql\" {\n  host = \"h\\tx\"\n  sslmode = \"disable\"\n  password = var.pw\n  url = \"postgres://${var.u}@h/d\"\n  n = 5 // d\n}\n";
        let facts = read(text);
        assert_eq!(facts.understanding, Understanding::Whole);
        let Fact::Document(document) = &facts.facts[0] else {
            panic!("a document");
        };
        let provider = document.at(&["provider", "postgresql"]).expect("provider");
        let mode = provider.get("sslmode").expect("sslmode");
        assert_eq!(&text[mode.span.clone()], "\"disable\"");
        let ExpressionKind::Text(template) = &mode.kind else {
            panic!("a text");
        };
        let Part::Literal(literal) = &template.parts[0] else {
            panic!("a literal");
        };
        assert!(literal.verbatim);
        assert_eq!(&text[literal.span.clone()], "disable");
        assert_eq!(
            provider.get("password").and_then(Expression::name),
            Some("var.pw")
        );
        let ExpressionKind::Text(url) = &provider.get("url").expect("url").kind else {
            panic!("a text");
        };
        assert_eq!(url.filled_with("?"), "postgres://?@h/d");
        assert_eq!(facts.comments.len(), 2);
    }

    #[test]
    fn names_and_values_in_blocks_are_assigned() {
        let facts = read(
            "resource \"a\" \"b\" {\n  env {\n    name = \"PGSSLMODE\"\n    value = \"disable\"\n  }\n}\n",
        );
        assert!(
            facts
                .facts
                .iter()
                .any(|fact| matches!(fact, Fact::Assignment(a) if a.target == "PGSSLMODE"))
        );
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"(a \{\n)?[a= "$\{\}\[\]#/<\n.é(),?:]{0,60}|.{0,60}"#) {
            let _ = read(&text);
        }
    }
}
