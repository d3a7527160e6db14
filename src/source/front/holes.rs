//! Holes in the text of documents: what a shell, compose, Kubernetes, Spring, Helm, Jinja or configparser fills in later.
//!
//! The same marks mean the same in most documents, so there is one reader with a few switches. A placeholder for people (`<password>`)
//! is no hole: nothing fills it.

use std::ops::Range;

use crate::text::Secret;
use crate::text::template::{Filling, Hole, Literal, Part, Span, Template};

use super::written::Written;

/// Which marks make a hole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Which names `$NAME` takes without braces.
    pub(super) bare: Bare,
    /// Whether `${V:d}` has a default, as in Spring.
    pub(super) colon_default: bool,
    /// Whether `$(…)` runs a command; else it names a variable, as in Kubernetes.
    pub(super) commands: bool,
    /// Whether `%(name)s` is filled in and `%%` is `%`, as in configparser.
    pub(super) percent: bool,
}

/// Which names count without braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bare {
    /// None.
    Never,
    /// Those in upper case, because `$` is also a character of passwords.
    UpperCase,
    /// All.
    Any,
}

/// YAML, JSON, TOML and other documents.
pub(super) const DOCUMENT: Style = Style {
    bare: Bare::UpperCase,
    colon_default: true,
    commands: false,
    percent: false,
};

/// Shell, Dockerfile, dotenv.
pub(super) const SHELL: Style = Style {
    bare: Bare::Any,
    colon_default: false,
    commands: true,
    percent: false,
};

/// ini files.
pub(super) const INI: Style = Style {
    bare: Bare::UpperCase,
    colon_default: false,
    commands: false,
    percent: true,
};

/// Java properties.
pub(super) const PROPERTIES: Style = Style {
    bare: Bare::Never,
    colon_default: true,
    commands: false,
    percent: false,
};

/// nginx, `HAProxy` and Apache.
pub(super) const SERVER: Style = Style {
    bare: Bare::Any,
    colon_default: false,
    commands: false,
    percent: false,
};

/// Template marks only: text in single quotes of a shell.
pub(super) const MARKS: Style = Style {
    bare: Bare::Never,
    colon_default: false,
    commands: false,
    percent: false,
};

/// Longest hole, in bytes: what does not close within it is text. It keeps the search for an end short.
const LONGEST: usize = 1024;

/// How many brackets may be open at once in a hole.
const MOST_NESTED: usize = 16;

/// How deep defaults are looked into.
const DEEPEST: usize = 6;

/// Returns a text with its holes. `span` is where the whole stands, with its quotes.
pub(super) fn holes(written: &Written, span: Span, style: Style) -> Template {
    let mut parts = parts(written, style, 0);
    if parts.is_empty() {
        // Where the text would stand: an edit can put one there.
        let quotes = usize::from(span.len() >= 2);
        let inside = span.start + quotes..span.end - quotes;
        parts.push(Part::Literal(Literal {
            text: Secret::default(),
            span: inside.start..inside.start.max(inside.end),
            verbatim: true,
        }));
    }
    Template { parts, span }
}

/// Returns the parts of a text with its holes.
pub(super) fn parts_of(written: &Written, style: Style) -> Vec<Part> {
    parts(written, style, 0)
}

fn parts(written: &Written, style: Style, depth: usize) -> Vec<Part> {
    let text = written.text();
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut literal_from = 0;
    let mut at = 0;
    while at < bytes.len() {
        let piece = match bytes[at] {
            b'$' | b'{' | b'<' | b'%' => piece_at(written, at, style, depth),
            _ => None,
        };
        match piece {
            Some(Piece::Part(end, part)) => {
                parts.extend(written.literals(literal_from..at));
                parts.push(part);
                at = end;
                literal_from = end;
            }
            Some(Piece::Skip(end)) => at = end,
            None => at += 1,
        }
    }
    parts.extend(written.literals(literal_from..text.len()));
    parts
}

/// What a mark is.
enum Piece {
    /// A part that ends there.
    Part(usize, Part),
    /// Text that only looks like a mark, up to there.
    Skip(usize),
}

fn piece_at(written: &Written, at: usize, style: Style, depth: usize) -> Option<Piece> {
    let text = written.text();
    let (end, filling, default) = match &text.as_bytes()[at..] {
        [b'%', b'%', ..] if style.percent => {
            // configparser and systemd write a percent sign twice.
            return Some(Piece::Part(
                at + 2,
                Part::Literal(Literal {
                    text: Secret::new("%"),
                    span: written.span_of(at..at + 2),
                    verbatim: false,
                }),
            ));
        }
        [b'%', b'(', ..] if style.percent => {
            let end = closing(text, at + 2, ")s")?;
            let name = &text[at + 2..end - 2];
            is_name(name).then_some(())?;
            (end, Filling::Environment(name.to_owned()), None)
        }
        [b'{', b'%', ..] => (closing(text, at + 2, "%}")?, Filling::Expression, None),
        [b'<', b'%', ..] => (closing(text, at + 2, "%>")?, Filling::Expression, None),
        [b'{', b'{', ..] => {
            let end = closing(text, at + 2, "}}")?;
            let (filling, default) = expression(written, at + 2..end - 2, depth);
            (end, filling, default)
        }
        [b'$', b'$', next, ..] if *next != b'{' => {
            let end = name_end(text, at + 2);
            // `$$NAME` of compose is `$NAME` for the shell in the container.
            if style.bare != Bare::UpperCase || !counts_bare(&text[at + 2..end], style) {
                return Some(Piece::Skip(at + 2));
            }
            (
                end,
                Filling::Environment(text[at + 2..end].to_owned()),
                None,
            )
        }
        [b'$', ..] => dollar(written, at, style, depth)?,
        _ => return None,
    };
    Some(Piece::Part(
        end,
        Part::Hole(Hole {
            filling,
            default: default.map(Box::new),
            span: written.span_of(at..end),
        }),
    ))
}

/// Reads a hole that begins with `$`: where it ends, what fills it, what is taken where nothing does.
fn dollar(
    written: &Written,
    at: usize,
    style: Style,
    depth: usize,
) -> Option<(usize, Filling, Option<Template>)> {
    let text = written.text();
    Some(match &text.as_bytes()[at..] {
        [_, b'{', b'{', ..] => {
            let end = closing(text, at + 3, "}}")?;
            let (filling, default) = expression(written, at + 3..end - 2, depth);
            (end, filling, default)
        }
        [_, b'$', b'{', ..] => {
            // compose's way to leave it to the shell in the container.
            let end = matching(text, at + 2, b'{', b'}')?;
            let (filling, default) = braces(written, at + 3..end - 1, style, depth)?;
            (end, filling, default)
        }
        [_, b'{', ..] => {
            let end = matching(text, at + 1, b'{', b'}')?;
            let (filling, default) = braces(written, at + 2..end - 1, style, depth)?;
            (end, filling, default)
        }
        [_, b'(', ..] if style.bare != Bare::Never => {
            let end = matching(text, at + 1, b'(', b')')?;
            let inside = text[at + 2..end - 1].trim();
            let filling = if is_name(inside) && !style.commands {
                Filling::Environment(inside.to_owned())
            } else {
                Filling::Call(first_word(inside))
            };
            (end, filling, None)
        }
        [_, b'0'..=b'9' | b'@' | b'*' | b'#', ..] if style.commands => {
            (at + 2, Filling::Expression, None)
        }
        _ => {
            let end = name_end(text, at + 1);
            let name = &text[at + 1..end];
            counts_bare(name, style).then_some(())?;
            (end, Filling::Environment(name.to_owned()), None)
        }
    })
}

/// Reads what stands between `${` and `}`.
fn braces(
    written: &Written,
    inside: Range<usize>,
    style: Style,
    depth: usize,
) -> Option<(Filling, Option<Template>)> {
    let text = &written.text()[inside.clone()];
    let name_length = text
        .find(|character: char| !(character.is_alphanumeric() || "_.-/#!$[]@".contains(character)))
        .unwrap_or(text.len());
    // `-` is a character of names in Spring and begins a default in a shell.
    let name_length = match text[..name_length].find('-') {
        Some(dash) if !style.colon_default || is_upper(&text[..dash]) => dash,
        _ => name_length,
    };
    let name = text[..name_length].trim();
    if name.is_empty() {
        return text.contains("${").then_some((Filling::Expression, None));
    }
    let filling = Filling::Environment(name.to_owned());
    let rest = &text[name_length..];
    let default_from = match rest.as_bytes() {
        [b':', b'-' | b'=', ..] => 2,
        [b'-' | b'=', ..] => 1,
        [b':', b'?' | b'+', ..] | [b'?' | b'+' | b'%' | b'#' | b'/' | b'^' | b',', ..] | [] => {
            return Some((filling, None));
        }
        [b':', ..] if style.colon_default => 1,
        [b':', ..] => return Some((filling, None)),
        _ => return Some((Filling::Expression, None)),
    };
    if depth >= DEEPEST {
        return Some((filling, None));
    }
    let range = inside.start + name_length + default_from..inside.end;
    let span = written.span_of(range.clone());
    let slice = unquoted(written.slice(range));
    let parts = parts(&slice, style, depth + 1);
    Some((filling, Some(Template { parts, span })))
}

/// Takes the quotes of a default away: `${V:-"d"}`.
fn unquoted(written: Written) -> Written {
    let text = written.text();
    for quote in ['"', '\''] {
        if text.len() >= 2 && text.starts_with(quote) && text.ends_with(quote) {
            return written.slice(1..text.len() - 1);
        }
    }
    written
}

/// Reads what stands between `{{` and `}}`: a name, or a name with a default.
fn expression(
    written: &Written,
    inside: Range<usize>,
    depth: usize,
) -> (Filling, Option<Template>) {
    let whole = &written.text()[inside.clone()];
    let text = whole.trim_matches(|character: char| character.is_whitespace() || character == '-');
    let name = text.trim_start_matches('.');
    if matches!(name, "else" | "end") {
        return (Filling::Expression, None);
    }
    if is_name(name) {
        return (Filling::Environment(name.to_owned()), None);
    }
    let default = (depth < DEEPEST)
        .then(|| default_literal(written, inside))
        .flatten();
    let first = first_word(text);
    let first = first.trim_start_matches('.');
    let filling = match text.find(['|', '(']) {
        Some(at) if text.as_bytes()[at] == b'|' && is_name(first) => {
            Filling::Environment(first.to_owned())
        }
        Some(_) if is_name(first) && first != "default" => Filling::Call(first.to_owned()),
        _ => Filling::Expression,
    };
    (filling, default)
}

/// Returns the quoted text behind `default`, in Jinja's and in Helm's way.
fn default_literal(written: &Written, inside: Range<usize>) -> Option<Template> {
    let text = &written.text()[inside.clone()];
    let after = text.find("default")? + "default".len();
    let open = after
        + text[after..].find(|character: char| !character.is_whitespace() && character != '(')?;
    let quote = text[open..]
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))?;
    let close = open + 1 + text[open + 1..].find(quote)?;
    let range = inside.start + open + 1..inside.start + close;
    let span = written.span_of(range.clone());
    Some(Template {
        parts: written.literals(range),
        span,
    })
}

/// Returns where a mark ends that closes with `end`, on its own line or few lines further.
fn closing(text: &str, from: usize, end: &str) -> Option<usize> {
    let bytes = text.as_bytes().get(from..)?;
    let window = &bytes[..bytes.len().min(LONGEST)];
    window
        .windows(end.len())
        .position(|candidate| candidate == end.as_bytes())
        .map(|at| from + at + end.len())
}

/// Returns where the bracket at `open` is closed, behind the closing one.
fn matching(text: &str, open: usize, opens: u8, closes: u8) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, byte) in text.as_bytes()[open..].iter().take(LONGEST).enumerate() {
        if *byte == opens {
            depth += 1;
            if depth > MOST_NESTED {
                return None;
            }
        } else if *byte == closes {
            depth -= 1;
            if depth == 0 {
                return Some(open + offset + 1);
            }
        }
    }
    None
}

fn name_end(text: &str, from: usize) -> usize {
    let length = text[from..]
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count();
    from + length
}

fn counts_bare(name: &str, style: Style) -> bool {
    let begins = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    begins
        && match style.bare {
            Bare::Never => false,
            Bare::UpperCase => is_upper(name) && name.len() > 1,
            Bare::Any => true,
        }
}

fn is_upper(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a text is one dotted name.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'$'))
}

fn first_word(text: &str) -> String {
    text.split(|character: char| character.is_whitespace() || "(|)".contains(character))
        .find(|word| !word.is_empty())
        .unwrap_or_default()
        .chars()
        .take(64)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, style: Style) -> Template {
        holes(&Written::verbatim(text, 100), 100..100 + text.len(), style)
    }

    fn shown(template: &Template) -> String {
        template
            .parts
            .iter()
            .map(|part| match part {
                Part::Literal(literal) => literal.text.expose().to_owned(),
                Part::Hole(hole) => format!(
                    "[{}{}]",
                    match &hole.filling {
                        Filling::Environment(name) | Filling::Name(name) => name.clone(),
                        Filling::Call(name) => format!("{name}()"),
                        Filling::Expression => "?".to_owned(),
                    },
                    hole.default
                        .as_ref()
                        .map(|default| format!("={}", shown(default)))
                        .unwrap_or_default()
                ),
            })
            .collect()
    }

    #[test]
    fn shell_marks_are_holes_with_their_defaults() {
        for (text, expected) in [
            ("a${V}b", "a[V]b"),
            ("${V:-d}", "[V=d]"),
            ("${V-d}", "[V=d]"),
            ("${V:?missing}", "[V]"),
            ("$V/x", "[V]/x"),
            ("${A:-x${B:-y}z}", "[A=x[B=y]z]"),
            ("$(cat /run/secrets/x)", "[cat()]"),
            ("5$", "5$"),
            ("${", "${"),
        ] {
            assert_eq!(shown(&read(text, SHELL)), expected, "{text}");
        }
    }

    #[test]
    fn document_marks_are_holes_with_their_defaults() {
        for (text, expected) in [
            (
                "${DB_HOST:db}:${DB_PORT:5432}",
                "[DB_HOST=db]:[DB_PORT=5432]",
            ),
            (
                "${spring.datasource.pass-word}",
                "[spring.datasource.pass-word]",
            ),
            ("${V-d}", "[V=d]"),
            ("$(POSTGRES_PASSWORD)", "[POSTGRES_PASSWORD]"),
            ("$$PGPASSWORD", "[PGPASSWORD]"),
            ("pa$$word", "pa$$word"),
            ("pa$word", "pa$word"),
            ("{{ .Values.db.password }}", "[Values.db.password]"),
            (
                "{{ .Values.mode | default \"disable\" }}",
                "[Values.mode=disable]",
            ),
            ("{{ db_pw | default('x') }}", "[db_pw=x]"),
            ("${{ secrets.DB_URL }}", "[secrets.DB_URL]"),
            ("{{ include \"a.b\" . }}", "[?]"),
            ("<%= ENV['X'] %>", "[?]"),
            ("<password>", "<password>"),
        ] {
            assert_eq!(shown(&read(text, DOCUMENT)), expected, "{text}");
        }
    }

    #[test]
    fn configparser_fills_in_with_percent_signs() {
        assert_eq!(
            shown(&read("p://%(user)s:a%%40@h", INI)),
            "p://[user]:a%40@h"
        );
        assert_eq!(shown(&read("%(user)s", DOCUMENT)), "%(user)s");
    }

    #[test]
    fn every_part_knows_its_place() {
        let template = read("ab${V:-cd}ef", SHELL);
        let Part::Hole(hole) = &template.parts[1] else {
            panic!("a hole");
        };
        assert_eq!(hole.span, 102..110);
        assert_eq!(
            hole.default.as_ref().map(|d| d.span.clone()),
            Some(107..109)
        );
        let Part::Literal(literal) = &template.parts[2] else {
            panic!("a literal");
        };
        assert_eq!(literal.span, 110..112);
    }

    #[test]
    fn open_marks_cost_no_time() {
        let text = "${".repeat(100_000);
        assert_eq!(read(&text, SHELL).parts.len(), 1);
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r"[${}()%a-zA-Z:.|<é \-?{]{0,60}|.{0,60}") {
            for style in [DOCUMENT, SHELL, INI, PROPERTIES, SERVER, MARKS] {
                let _ = read(&text, style);
            }
        }
    }
}
