//! Calls that put texts together, in every language: `format`, `%`, `Sprintf`, `join`, `concat`.

use std::borrow::Cow;

use crate::source::expression::{Call, Expression, ExpressionKind};
use crate::text::Secret;
use crate::text::template::{Filling, Hole, Literal, Part, Span, Template};

use super::{MOST_PARTS, MOST_VALUES, appended};

/// Gives the texts of an expression.
type Texts<'t> = dyn Fn(&Expression) -> Vec<Template> + 't;

/// How a format marks its places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// `{}`, `{0}`, `{name:spec}`: Python, Rust, C#, Java's `MessageFormat`.
    Braces,
    /// `%s`, `%[1]d`, `%(name)s`, `%1$s`: C, Go, Java, Python's `%`.
    Percent,
}

/// Returns the texts of a call that formats; `None` where it does not.
pub(super) fn formatted(call: &Call, texts: &Texts<'_>) -> Option<Vec<Template>> {
    match call.last() {
        "format" | "format!" | "Format" | "vformat" | "format_map" => format_call(call, texts),
        "%" => {
            let pattern = call.receiver.as_ref()?;
            Some(fill_all(
                call,
                pattern,
                &plain(call, 0),
                Style::Percent,
                texts,
            ))
        }
        "formatted" => {
            let pattern = super::receiver_of(call)?;
            Some(fill_all(
                call,
                &pattern,
                &plain(call, 0),
                Style::Percent,
                texts,
            ))
        }
        "Sprintf" | "sprintf" | "Errorf" | "Fprintf" | "Printf" | "printf" | "Appendf" => {
            let place = usize::from(call.last() == "Fprintf");
            let pattern = &call.positional(place)?.value;
            Some(fill_all(
                call,
                pattern,
                &plain(call, place + 1),
                Style::Percent,
                texts,
            ))
        }
        "format_args!" | "concatcp!" | "formatcp!" => {
            let pattern = &call.positional(0)?.value;
            Some(fill_all(
                call,
                pattern,
                &plain(call, 1),
                Style::Braces,
                texts,
            ))
        }
        "concat!" | "concat" | "Concat" | "Sprint" | "JoinHostPort" => Some(concat(call, texts)),
        "join" | "Join" => join(call, texts),
        _ => None,
    }
}

/// Returns the arguments without a name from a place on.
fn plain(call: &Call, from: usize) -> Vec<&Expression> {
    call.arguments
        .iter()
        .filter(|argument| argument.name.is_none())
        .skip(from)
        .map(|argument| &argument.value)
        .collect()
}

/// `"{}".format(x)` of Python, `String.format("%s", x)` of Java, `string.Format("{0}", x)` of C#, `format!("{}", x)` of Rust.
fn format_call(call: &Call, texts: &Texts<'_>) -> Option<Vec<Template>> {
    let owner = call.owner().unwrap_or_default();
    let first = || call.positional(0).map(|argument| &argument.value);
    if call.last() == "format!" {
        return Some(fill_all(
            call,
            first()?,
            &plain(call, 1),
            Style::Braces,
            texts,
        ));
    }
    if matches!(owner, "String" | "util") && call.last() == "format" {
        return Some(fill_all(
            call,
            first()?,
            &plain(call, 1),
            Style::Percent,
            texts,
        ));
    }
    if matches!(owner, "string" | "String" | "MessageFormat") {
        return Some(fill_all(
            call,
            first()?,
            &plain(call, 1),
            Style::Braces,
            texts,
        ));
    }
    let pattern = super::receiver_of(call)?;
    Some(fill_all(
        call,
        &pattern,
        &plain(call, 0),
        Style::Braces,
        texts,
    ))
}

/// Fills the places of every text that the pattern may be.
fn fill_all(
    call: &Call,
    pattern: &Expression,
    plain: &[&Expression],
    style: Style,
    texts: &Texts<'_>,
) -> Vec<Template> {
    texts(pattern)
        .into_iter()
        .take(MOST_VALUES)
        .map(|pattern| fill(call, &pattern, plain, style, texts))
        .collect()
}

/// Fills the places of one pattern. Each place gets one text: where a value may be several, the first.
fn fill(
    call: &Call,
    pattern: &Template,
    plain: &[&Expression],
    style: Style,
    texts: &Texts<'_>,
) -> Template {
    let mut out = Template {
        parts: Vec::new(),
        // Where the pattern stands: a connection is read at its text, however it is filled.
        span: pattern.span.clone(),
    };
    let mut next = 0;
    for part in &pattern.parts {
        let Part::Literal(literal) = part else {
            out.parts.push(part.clone());
            continue;
        };
        for piece in pieces(literal.text.expose(), style) {
            if out.parts.len() > MOST_PARTS {
                return out;
            }
            match piece {
                Piece::Text(range, text) => out.parts.push(Part::Literal(Literal {
                    verbatim: literal.verbatim && range.len() == text.len(),
                    text: Secret::new(text),
                    span: literal.span_of(range),
                })),
                Piece::Place(range, place) => {
                    let value = value_of(call, plain, &place, &mut next);
                    let span = literal.span_of(range);
                    let parts = value.map_or_else(
                        || vec![open(&place, &span)],
                        |value| {
                            texts(&value)
                                .into_iter()
                                .next()
                                .map_or_else(|| vec![open(&place, &span)], |text| text.parts)
                        },
                    );
                    out = appended(out, &parts, &open(&place, &span));
                }
            }
        }
    }
    out
}

fn open(place: &Place, span: &Span) -> Part {
    Part::Hole(Hole {
        filling: match place {
            Place::Named(name) => Filling::Name(name.clone()),
            Place::Next | Place::Numbered(_) => Filling::Expression,
        },
        default: None,
        span: span.clone(),
    })
}

/// Returns the argument that belongs into a place.
fn value_of<'e>(
    call: &'e Call,
    plain: &[&'e Expression],
    place: &Place,
    next: &mut usize,
) -> Option<Cow<'e, Expression>> {
    match place {
        Place::Next => {
            let value = plain.get(*next).copied();
            *next += 1;
            value.map(Cow::Borrowed)
        }
        Place::Numbered(number) => plain.get(*number).copied().map(Cow::Borrowed),
        Place::Named(name) => {
            let (first, rest) = name
                .split_once(['.', '['])
                .map_or((name.as_str(), None), |(first, rest)| (first, Some(rest)));
            let named = call
                .named(first)
                .map(|argument| &argument.value)
                .or_else(|| call.named("**")?.value.get(first));
            match (named, rest) {
                (Some(value), None) => Some(Cow::Borrowed(value)),
                (Some(value), Some(rest)) => value.name().map(|owner| {
                    let name = format!("{owner}.{}", rest.trim_end_matches(']'));
                    Cow::Owned(Expression::new(
                        ExpressionKind::Name(name),
                        value.span.clone(),
                    ))
                }),
                // Rust takes the name from where it stands.
                (None, _) if call.last().ends_with('!') => Some(Cow::Owned(Expression::new(
                    ExpressionKind::Name(name.clone()),
                    call.span.clone(),
                ))),
                (None, _) => None,
            }
        }
    }
}

/// A piece of a pattern.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// Characters, and what they come to: `%%` is `%`.
    Text(std::ops::Range<usize>, String),
    /// A place.
    Place(std::ops::Range<usize>, Place),
}

/// Which value belongs there.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Next,
    Numbered(usize),
    Named(String),
}

fn pieces(text: &str, style: Style) -> Vec<Piece> {
    let marks: &[char] = match style {
        Style::Braces => &['{', '}'],
        Style::Percent => &['%'],
    };
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(marks) {
        let mark = at + found;
        if mark > at {
            pieces.push(Piece::Text(at..mark, text[at..mark].to_owned()));
        }
        let rest = &text[mark..];
        let (length, place) = match style {
            Style::Braces => braces(rest),
            Style::Percent => percent(rest),
        };
        match place {
            Some(place) => pieces.push(Piece::Place(mark..mark + length, place)),
            None => pieces.push(Piece::Text(mark..mark + length, rest[..1].to_owned())),
        }
        at = mark + length;
    }
    if at < text.len() {
        pieces.push(Piece::Text(at..text.len(), text[at..].to_owned()));
    }
    pieces
}

/// Reads `{…}` at the beginning of a text: its length and its place; no place where it is a brace.
fn braces(text: &str) -> (usize, Option<Place>) {
    if text.starts_with("{{") || text.starts_with("}}") {
        return (2, None);
    }
    let end = text
        .char_indices()
        .take(200)
        .find(|(_, character)| *character == '}')
        .map(|(at, _)| at);
    let (Some(end), true) = (end, text.starts_with('{')) else {
        return (1, None);
    };
    let inside = &text[1..end];
    let name = inside.split([':', '!']).next().unwrap_or_default().trim();
    let place = if name.is_empty() {
        Place::Next
    } else if let Ok(number) = name.parse() {
        Place::Numbered(number)
    } else {
        Place::Named(name.to_owned())
    };
    (end + 1, Some(place))
}

/// Reads `%…` at the beginning of a text: its length and its place; no place where it is a percent sign.
fn percent(text: &str) -> (usize, Option<Place>) {
    let rest = &text[1..];
    if rest.starts_with('%') {
        return (2, None);
    }
    let mut place = Place::Next;
    let mut at = 1;
    if let Some(named) = rest.strip_prefix('(')
        && let Some(end) = named.find(')').filter(|end| *end < 200)
    {
        place = Place::Named(named[..end].to_owned());
        at += end + 2;
    } else if let Some(numbered) = rest.strip_prefix('[')
        && let Some(end) = numbered.find(']').filter(|end| *end < 8)
        && let Ok(number) = numbered[..end].parse::<usize>()
    {
        place = Place::Numbered(number.saturating_sub(1));
        at += end + 2;
    } else if let Some((number, _)) = rest.split_once('$').filter(|(number, _)| number.len() < 4)
        && let Ok(parsed) = number.parse::<usize>()
    {
        place = Place::Numbered(parsed.saturating_sub(1));
        at += number.len() + 1;
    }
    for (offset, character) in text[at..].char_indices().take(24) {
        if character.is_ascii_alphabetic() {
            return (at + offset + 1, Some(place));
        }
        if !"#0-+ .*123456789".contains(character) {
            break;
        }
    }
    (1, None)
}

/// Puts the arguments one behind the other, behind what a method is called on.
fn concat(call: &Call, texts: &Texts<'_>) -> Vec<Template> {
    let mut pieces: Vec<Cow<'_, Expression>> = Vec::new();
    let is_method = call.last() == "concat"
        && !matches!(call.owner(), None | Some("String" | "string" | "Buffer"))
        || call.receiver.is_some();
    if is_method {
        pieces.extend(super::receiver_of(call));
    }
    pieces.extend(plain(call, 0).into_iter().map(Cow::Borrowed));
    let between = (call.last() == "JoinHostPort").then(|| Template::verbatim(":", 0..0));
    vec![put_together(&pieces, between.as_ref(), &call.span, texts)]
}

/// `"&".join([a, b])` of Python, `[a, b].join("&")` of JavaScript, `strings.Join([]string{a, b}, "&")`, `String.join("&", a, b)`.
fn join(call: &Call, texts: &Texts<'_>) -> Option<Vec<Template>> {
    let literal = |expression: &Expression| match &expression.kind {
        ExpressionKind::Text(template) if template.is_literal() => Some(template.clone()),
        _ => None,
    };
    let first = call.positional(0).map(|argument| &argument.value);
    let second = call.positional(1).map(|argument| &argument.value);
    let (separator, pieces): (Option<Template>, Vec<Cow<'_, Expression>>) =
        match (&call.receiver, call.owner()) {
            (Some(receiver), _) => match &receiver.kind {
                ExpressionKind::List(items) => (first.and_then(literal), borrowed(items)),
                ExpressionKind::Text(_) => (literal(receiver), borrowed(first?.items())),
                _ => return None,
            },
            (None, Some("String" | "string")) => (
                literal(first?),
                match second?.items() {
                    [] => plain(call, 1).into_iter().map(Cow::Borrowed).collect(),
                    items => borrowed(items),
                },
            ),
            (None, Some("strings")) => (literal(second?), borrowed(first?.items())),
            (None, _) => return None,
        };
    if pieces.is_empty() {
        return None;
    }
    Some(vec![put_together(
        &pieces,
        separator.as_ref(),
        &call.span,
        texts,
    )])
}

fn borrowed(items: &[Expression]) -> Vec<Cow<'_, Expression>> {
    items.iter().map(Cow::Borrowed).collect()
}

fn put_together(
    pieces: &[Cow<'_, Expression>],
    between: Option<&Template>,
    span: &Span,
    texts: &Texts<'_>,
) -> Template {
    let mut out = Template {
        parts: Vec::new(),
        span: span.clone(),
    };
    for (place, piece) in pieces.iter().enumerate() {
        if out.parts.len() > MOST_PARTS {
            break;
        }
        if let Some(between) = between.filter(|_| place > 0) {
            // What stands between is not at this place of the file: no fix may cut into it.
            out.parts
                .extend(between.parts.iter().map(|part| match part {
                    Part::Literal(literal) => Part::Literal(Literal {
                        verbatim: false,
                        ..literal.clone()
                    }),
                    Part::Hole(hole) => Part::Hole(hole.clone()),
                }));
        }
        let instead = Part::Hole(Hole {
            filling: Filling::Expression,
            default: None,
            span: piece.span.clone(),
        });
        let parts = texts(piece)
            .into_iter()
            .next()
            .map_or_else(|| vec![instead.clone()], |text| text.parts);
        out = appended(out, &parts, &instead);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_of_both_styles_are_found() {
        let places = |text: &str, style| -> Vec<Place> {
            pieces(text, style)
                .into_iter()
                .filter_map(|piece| match piece {
                    Piece::Place(_, place) => Some(place),
                    Piece::Text(..) => None,
                })
                .collect()
        };
        assert_eq!(
            places("{}{{x}}{1}{name!r:>3}", Style::Braces),
            [
                Place::Next,
                Place::Numbered(1),
                Place::Named("name".to_owned())
            ]
        );
        assert_eq!(
            places("%s%%%[2]d%-5.2f%(user)s%2$s 100%", Style::Percent),
            [
                Place::Next,
                Place::Numbered(1),
                Place::Next,
                Place::Named("user".to_owned()),
                Place::Numbered(1)
            ]
        );
    }

    proptest! {
        #[test]
        fn pieces_of_any_text_never_panic_and_cover_it(text in "[%{}()\\[\\]$a-z0-9é]{0,40}") {
            for style in [Style::Braces, Style::Percent] {
                let mut at = 0;
                for piece in pieces(&text, style) {
                    let range = match piece {
                        Piece::Text(range, _) | Piece::Place(range, _) => range,
                    };
                    prop_assert_eq!(range.start, at);
                    at = range.end;
                }
                prop_assert_eq!(at, text.len());
            }
        }
    }
}
