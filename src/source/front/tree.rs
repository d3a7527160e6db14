//! Syntax trees of tree-sitter, within bounds: parsing that ends, children without surprises, spans.
//!
//! Language front ends share it. It knows no language: what a node means is theirs.

use std::ops::ControlFlow;

use tree_sitter::{Language, Node, ParseOptions, Parser, Tree};

use crate::source::fact::{Facts, Understanding};
use crate::text::template::Span;

/// How often a parser may report progress before it is stopped. It reports about every hundred operations: an honest file of 2 MiB
/// needs some ten thousand reports, and what needs more than this was made to need it.
const MOST_REPORTS: usize = 1_000_000;

/// Most nodes that [`each`] visits, so that no tree is walked for ever.
const MOST_NODES: usize = 4_000_000;

/// Parses a text; `None` where the parser gave up.
pub(super) fn parse(text: &str, language: &Language) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let mut reports = 0;
    let mut stop = |_: &tree_sitter::ParseState| {
        reports += 1;
        if reports > MOST_REPORTS {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut stop);
    let bytes = text.as_bytes();
    parser.parse_with_options(
        &mut |at, _| bytes.get(at..).unwrap_or_default(),
        None,
        Some(options),
    )
}

/// Returns the facts of a file whose parser gave up.
pub(super) fn given_up() -> Facts {
    Facts {
        understanding: Understanding::Broken {
            at: 0,
            reason: "the parser gave up".to_owned(),
        },
        ..Facts::default()
    }
}

/// Tells how well a tree covers its text: where the parser first stumbled.
pub(super) fn understanding(root: Node<'_>) -> Understanding {
    let mut node = root;
    if !node.has_error() {
        return Understanding::Whole;
    }
    // The first child that has an error inside, down to the error itself: one way down, each level once.
    loop {
        let stumble = children(node)
            .into_iter()
            .find(|child| child.is_error() || child.is_missing() || child.has_error());
        match stumble {
            Some(child) if !child.is_error() && !child.is_missing() => node = child,
            Some(child) => return broken(child),
            None => return broken(node),
        }
    }
}

fn broken(node: Node<'_>) -> Understanding {
    Understanding::Broken {
        at: node.start_byte(),
        reason: if node.is_missing() {
            format!("`{}` is missing", node.kind())
        } else {
            "the text does not follow the language's grammar".to_owned()
        },
    }
}

/// Returns where a node stands.
pub(super) fn span(node: Node<'_>) -> Span {
    node.start_byte()..node.end_byte()
}

/// Returns the text of a node.
pub(super) fn text_of<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(span(node)).unwrap_or_default()
}

/// Returns all children, keywords and punctuation too.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

/// Returns the named children, without comments.
pub(super) fn named(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .filter(|child| !child.is_extra())
        .collect()
}

/// Returns the first child of a field.
pub(super) fn field<'n>(node: Node<'n>, name: &str) -> Option<Node<'n>> {
    node.child_by_field_name(name)
}

/// Returns every child of a field.
pub(super) fn fields<'n>(node: Node<'n>, name: &str) -> Vec<Node<'n>> {
    let mut cursor = node.walk();
    node.children_by_field_name(name, &mut cursor)
        .filter(Node::is_named)
        .collect()
}

/// Calls `visit` for every node, in the order of the file, without recursion; it goes into a node where `visit` says so.
pub(super) fn each<'n>(root: Node<'n>, visit: &mut dyn FnMut(Node<'n>) -> bool) {
    let mut cursor = root.walk();
    for _ in 0..MOST_NODES {
        if visit(cursor.node()) && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// Returns where nodes of a kind stand: comments, which may stand anywhere.
pub(super) fn spans_of(root: Node<'_>, kinds: &[&str]) -> Vec<Span> {
    let mut spans = Vec::new();
    each(root, &mut |node| {
        if kinds.contains(&node.kind()) {
            spans.push(span(node));
            return false;
        }
        true
    });
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(text: &str) -> Tree {
        parse(text, &tree_sitter_python::LANGUAGE.into()).expect("a short text is parsed")
    }

    #[test]
    fn a_stumble_is_told_with_its_place() {
        assert_eq!(
            understanding(python("a = 1\n").root_node()),
            Understanding::Whole
        );
        let Understanding::Broken { at, .. } =
            understanding(python("a = 1\nb = = 2\n").root_node())
        else {
            panic!("two equal signs are no Python")
        };
        assert!((6..=10).contains(&at), "{at}");
    }

    #[test]
    fn comments_are_found_wherever_they_stand() {
        let text = "f(  # one\n  1,\n)  # two\n";
        let tree = python(text);
        let shown: Vec<&str> = spans_of(tree.root_node(), &["comment"])
            .into_iter()
            .map(|span| &text[span])
            .collect();
        assert_eq!(shown, ["# one", "# two"]);
    }

    #[test]
    fn deep_nesting_is_walked_without_recursion() {
        let text = "(".repeat(20_000);
        let tree = python(&text);
        let mut nodes = 0;
        each(tree.root_node(), &mut |_| {
            nodes += 1;
            true
        });
        assert!(nodes > 0);
    }
}
