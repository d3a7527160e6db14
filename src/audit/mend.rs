//! Fixes to a new text: which go together, and what comes out.

use std::ops::Range;

use super::excerpt::{self, Places};
use crate::source::declaration::{Edit, Fix};
use crate::source::lines::Lines;

/// Fixes that go together.
#[derive(Debug, Default)]
pub struct Chosen {
    /// Their edits, in the order of the text, without overlap.
    pub edits: Vec<Edit>,
    /// Titles of the fixes.
    pub applied: Vec<String>,
    /// Titles of those that do not go with the others, and why.
    pub refused: Vec<(String, String)>,
}

/// Chooses fixes for a text: of two that touch the same place the first wins. One that two findings have in common counts once.
pub fn choose<'a>(text: &str, fixes: impl IntoIterator<Item = &'a Fix>) -> Chosen {
    let mut chosen = Chosen::default();
    let mut taken: Vec<&Fix> = Vec::new();
    for fix in fixes {
        if taken.contains(&fix) {
            continue;
        }
        if !fits(text, &fix.edits) {
            let reason = "its edits do not fit the text; please report it".to_owned();
            chosen.refused.push((fix.title.clone(), reason));
            continue;
        }
        let new: Vec<&Edit> = fix
            .edits
            .iter()
            .filter(|edit| !chosen.edits.contains(edit))
            .collect();
        let clash = new.iter().any(|edit| {
            chosen
                .edits
                .iter()
                .any(|other| touch(&edit.span, &other.span))
        });
        if clash {
            let reason = "another fix changes the same place; run it again".to_owned();
            chosen.refused.push((fix.title.clone(), reason));
            continue;
        }
        chosen.edits.extend(new.into_iter().cloned());
        chosen.applied.push(fix.title.clone());
        taken.push(fix);
    }
    chosen
        .edits
        .sort_by_key(|edit| (edit.span.start, edit.span.end));
    chosen
}

/// Makes edits, which are in order, without overlap, and fit the text.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut new = String::with_capacity(text.len());
    let mut from = 0;
    for edit in edits {
        new.push_str(text.get(from..edit.span.start).unwrap_or_default());
        new.push_str(&edit.replacement);
        from = edit.span.end;
    }
    new.push_str(text.get(from..).unwrap_or_default());
    new
}

/// Returns what edits change, as a unified diff of what may be shown: secrets are blotted out, so it is for reading.
pub fn diff(path: &str, text: &str, lines: &Lines, edits: &[Edit]) -> String {
    let places = Places::of(text);
    let hunks = excerpt::hunks(&places, lines, edits);
    if hunks.is_empty() {
        return format!(
            "--- a/{path}\n+++ b/{path}\n# the lines hold a secret and are not shown\n"
        );
    }
    let before = excerpt::shown(&places, lines);
    let mut after: Vec<&str> = Vec::new();
    let mut next = 0;
    for hunk in &hunks {
        let first = hunk.line - 1;
        after.extend(
            before
                .get(next..first)
                .unwrap_or_default()
                .iter()
                .map(String::as_str),
        );
        after.extend(hunk.added.iter().map(String::as_str));
        next = first + hunk.removed.len();
    }
    after.extend(
        before
            .get(next..)
            .unwrap_or_default()
            .iter()
            .map(String::as_str),
    );
    let (before, after) = (before.join("\n"), after.join("\n"));
    similar::TextDiff::from_lines(before.as_str(), after.as_str())
        .unified_diff()
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

/// Whether edits lie in the text, between characters, in order and without overlap. They may touch: their order says what comes first.
fn fits(text: &str, edits: &[Edit]) -> bool {
    let each = edits
        .iter()
        .all(|edit| edit.span.start <= edit.span.end && text.get(edit.span.clone()).is_some());
    each && edits
        .windows(2)
        .all(|pair| pair[0].span.end <= pair[1].span.start)
}

/// Whether two spans have a byte in common, or one is an insertion at the edge of the other: then their order would matter.
fn touch(a: &Range<usize>, b: &Range<usize>) -> bool {
    if a.is_empty() || b.is_empty() {
        a.start <= b.end && b.start <= a.end
    } else {
        a.start < b.end && b.start < a.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(title: &str, edits: &[(Range<usize>, &str)]) -> Fix {
        Fix {
            title: title.to_owned(),
            edits: edits
                .iter()
                .map(|(span, replacement)| Edit {
                    span: span.clone(),
                    replacement: (*replacement).to_owned(),
                })
                .collect(),
            is_safe: true,
        }
    }

    #[test]
    fn fixes_apart_are_all_made() {
        let (a, b) = (
            fix("a", &[(4..7, "x")]),
            fix("b", &[(0..3, "yy"), (8..8, "!")]),
        );
        let chosen = choose("one two3four", [&a, &b]);
        assert_eq!(chosen.applied, ["a", "b"]);
        assert_eq!(apply("one two3four", &chosen.edits), "yy x3!four");
    }

    #[test]
    fn first_of_two_at_one_place_wins_and_the_other_is_named() {
        let (a, b, c) = (
            fix("a", &[(0..3, "x")]),
            fix("b", &[(2..5, "y")]),
            fix("c", &[(3..3, "z")]),
        );
        let chosen = choose("abcdef", [&a, &b, &c]);
        assert_eq!(chosen.applied, ["a"]);
        assert_eq!(chosen.refused.len(), 2);
        assert_eq!(apply("abcdef", &chosen.edits), "xdef");
    }

    #[test]
    fn shared_edit_is_made_once() {
        let (a, b) = (
            fix("a", &[(0..0, "import ssl\n"), (1..2, "x")]),
            fix("b", &[(0..0, "import ssl\n"), (3..4, "y")]),
        );
        let chosen = choose("abcd", [&a, &b, &a]);
        assert_eq!(chosen.applied, ["a", "b"]);
        assert_eq!(apply("abcd", &chosen.edits), "import ssl\naxcy");
    }

    #[test]
    fn edits_of_one_fix_may_touch() {
        let one = fix("one", &[(2..3, "verify-full"), (3..3, "&sslrootcert=x")]);
        let chosen = choose("a=b\n", [&one]);
        assert_eq!(
            apply("a=b\n", &chosen.edits),
            "a=verify-full&sslrootcert=x\n"
        );
    }

    #[test]
    fn edits_that_do_not_fit_are_refused() {
        for edits in [
            &[(1..2, "x")][..],
            &[(0..99, "x")],
            &[(2..3, "x"), (0..1, "y")],
        ] {
            let wrong = fix("wrong", edits);
            let chosen = choose("äbc", [&wrong]);
            assert!(chosen.edits.is_empty(), "{edits:?}");
            assert_eq!(chosen.refused.len(), 1);
        }
    }
}
