//! Reads YAML: streams of documents with anchors, merge keys and block scalars.
//!
//! Spans are exact: the parser tells where a scalar stands, and its characters are taken from the file itself, piece by piece. Marks of
//! Helm and Jinja are blanked out for the parser, byte for byte, so that most templates are read as the documents that they become;
//! what still does not parse is read by lines. Tags are not followed, except that a value with a tag of its own (`!Ref`) is no literal.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::source::expression::{Entry, Expression, ExpressionKind};
use crate::source::fact::{Facts, Understanding};
use crate::text::template::{Filling, Hole, Part, Span, Template};

use super::written::Written;
use super::{DEEPEST, commands, holes, lines, marks};

/// How much may come out of anchors and aliases, in bytes of text and 64 for each value: no bomb goes off.
const BUDGET: usize = 4 * 1024 * 1024;

/// How often reading starts again behind a broken document.
const MOST_RESTARTS: usize = 64;

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let whole = stream(text, text);
    if whole.broken_at.is_none() {
        return whole.into_facts(text);
    }
    if let Some(masked) = marks::blanked(text) {
        let masked = stream(text, &masked);
        if masked.broken_at.is_none() {
            let mut facts = masked.into_facts(text);
            facts.understanding = Understanding::Broken {
                at: marks::first(text).unwrap_or_default(),
                reason: "it is a template: its marks were passed over".to_owned(),
            };
            return facts;
        }
        return lines::read_as(text, "it is a template that is no YAML without its marks");
    }
    if whole.documents.is_empty() {
        return lines::read_as(text, "it is no YAML");
    }
    whole.into_facts(text)
}

/// The documents of a stream.
#[derive(Default)]
struct Stream {
    documents: Vec<Expression>,
    scalars: Vec<Span>,
    broken_at: Option<(usize, String)>,
}

impl Stream {
    fn into_facts(self, text: &str) -> Facts {
        let mut facts = Facts {
            comments: comments(text, &self.scalars),
            ..Facts::default()
        };
        if let Some((at, reason)) = self.broken_at {
            facts.understanding = Understanding::Broken { at, reason };
        }
        for document in self.documents {
            commands::with_document(document, text, &mut facts.facts);
        }
        facts
    }
}

/// Reads a stream whose shape is `shape` and whose characters are `text`'s; both have the same length.
fn stream(text: &str, shape: &str) -> Stream {
    let mut stream = Stream::default();
    let mut from = 0;
    for _ in 0..MOST_RESTARTS {
        let Some(error_at) = documents(text, shape, from, &mut stream) else {
            break;
        };
        // Behind the next document mark the stream may be whole again.
        let Some(next) = shape[error_at..].find("\n---") else {
            break;
        };
        from = error_at + next + 1;
    }
    stream
}

/// Reads documents from an offset on; returns where the parser gave up.
fn documents(text: &str, shape: &str, from: usize, stream: &mut Stream) -> Option<usize> {
    let offsets = Offsets::of(&shape[from..], from);
    let mut builder = Builder {
        text,
        budget: BUDGET,
        ..Builder::default()
    };
    let mut parser = Parser::new_from_str(&shape[from..]);
    loop {
        match parser.next_event() {
            Some(Ok((event, span))) => {
                let span = offsets.byte(span.start.index())..offsets.byte(span.end.index());
                builder.take(event, span, stream);
            }
            Some(Err(error)) => {
                let at = offsets.byte(error.marker().index()).min(shape.len());
                builder.finish(stream);
                let reason = crate::text::printable(error.info());
                stream.broken_at.get_or_insert((at, reason));
                let at = (from..=at).rev().find(|at| shape.is_char_boundary(*at));
                return Some(at.unwrap_or(shape.len()).max(from + 1).min(shape.len()));
            }
            None => return None,
        }
    }
}

/// From the parser's places, which count characters, to bytes.
struct Offsets {
    base: usize,
    /// The bytes at which characters begin; empty where every character is one byte.
    starts: Vec<usize>,
    length: usize,
}

impl Offsets {
    fn of(text: &str, base: usize) -> Self {
        Self {
            base,
            starts: if text.is_ascii() {
                Vec::new()
            } else {
                text.char_indices().map(|(at, _)| at).collect()
            },
            length: text.len(),
        }
    }

    fn byte(&self, character: usize) -> usize {
        let at = if self.starts.is_empty() {
            character
        } else {
            self.starts.get(character).copied().unwrap_or(self.length)
        };
        self.base + at.min(self.length)
    }
}

/// Puts events together.
#[derive(Default)]
struct Builder<'a> {
    text: &'a str,
    open: Vec<Open>,
    /// How many collections deeper than [`DEEPEST`] are open: they are passed over.
    too_deep: usize,
    anchors: HashMap<usize, Anchor>,
    budget: usize,
}

/// A collection that is not closed yet.
struct Open {
    anchor: usize,
    start: usize,
    is_tagged: Option<String>,
    kind: Kind,
}

enum Kind {
    Map {
        entries: Vec<Entry>,
        merged: Vec<Expression>,
        key: Option<Key>,
    },
    List(Vec<Expression>),
}

struct Key {
    text: String,
    span: Span,
}

/// A value that aliases stand for.
struct Anchor {
    value: Expression,
    cost: usize,
    depth: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span, stream: &mut Stream) {
        match event {
            Event::MappingStart(anchor, tag) => self.open(
                anchor,
                tag.map(|tag| tag.suffix.clone()),
                span.start,
                Kind::Map {
                    entries: Vec::new(),
                    merged: Vec::new(),
                    key: None,
                },
            ),
            Event::SequenceStart(anchor, tag) => self.open(
                anchor,
                tag.map(|tag| tag.suffix.clone()),
                span.start,
                Kind::List(Vec::new()),
            ),
            Event::MappingEnd | Event::SequenceEnd => {
                if self.too_deep > 0 {
                    self.too_deep -= 1;
                } else {
                    self.close(span, stream);
                }
            }
            Event::Scalar(value, style, anchor, tag) => {
                stream
                    .scalars
                    .push(own_span(self.text, style, span.clone()));
                if self.too_deep == 0 {
                    let tag = tag.map(|tag| (tag.is_yaml_core_schema(), tag.suffix.clone()));
                    let value = scalar(self.text, &value, style, tag, span);
                    self.put(anchor, value, stream);
                }
            }
            Event::Alias(anchor) => {
                if self.too_deep == 0 {
                    let value = self.alias(anchor, span);
                    self.put(0, value, stream);
                }
            }
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }

    fn open(&mut self, anchor: usize, tag: Option<String>, start: usize, kind: Kind) {
        if self.too_deep > 0 || self.open.len() >= DEEPEST {
            if self.too_deep == 0
                && let Some(Open {
                    kind: Kind::Map { key, .. },
                    ..
                }) = self.open.last_mut()
            {
                // The key whose value is passed over.
                *key = None;
            }
            self.too_deep += 1;
            return;
        }
        self.open.push(Open {
            anchor,
            start,
            is_tagged: tag.filter(|tag| tag == "Ref" || tag == "GetAtt"),
            kind,
        });
    }

    fn close(&mut self, span: Span, stream: &mut Stream) {
        let Some(open) = self.open.pop() else {
            return;
        };
        let (kind, last_end) = match open.kind {
            Kind::Map {
                entries, merged, ..
            } => {
                let entries = with_merged(entries, merged);
                let end = entries
                    .last()
                    .map_or(open.start, |entry| entry.value.span.end);
                (ExpressionKind::Map(entries), end)
            }
            Kind::List(items) => {
                let end = items.last().map_or(open.start, |item| item.span.end);
                (ExpressionKind::List(items), end)
            }
        };
        let kind = match open.is_tagged {
            Some(_) => ExpressionKind::Other(Vec::new()),
            None => kind,
        };
        // A collection in brackets ends behind its bracket, one in lines behind its last value.
        let ends_in_bracket = self
            .text
            .get(span.clone())
            .is_some_and(|text| text == "]" || text == "}");
        let end = if ends_in_bracket {
            span.end
        } else {
            last_end.max(open.start)
        };
        self.put(open.anchor, Expression::new(kind, open.start..end), stream);
    }

    fn put(&mut self, anchor: usize, value: Expression, stream: &mut Stream) {
        if anchor > 0 {
            self.remember(anchor, &value);
        }
        let Some(open) = self.open.last_mut() else {
            stream.documents.push(value);
            return;
        };
        match &mut open.kind {
            Kind::List(items) => items.push(value),
            Kind::Map {
                entries,
                merged,
                key,
            } => match key.take() {
                None => {
                    *key = Some(Key {
                        text: key_text(&value, self.text),
                        span: value.span,
                    });
                }
                Some(key) if key.text == "<<" => merged.push(value),
                Some(key) => entries.push(Entry {
                    key: key.text,
                    key_span: key.span,
                    value,
                }),
            },
        }
    }

    fn remember(&mut self, anchor: usize, value: &Expression) {
        let (cost, depth) = measure(value);
        if cost <= self.budget {
            self.budget -= cost;
            self.anchors.insert(
                anchor,
                Anchor {
                    value: value.clone(),
                    cost,
                    depth,
                },
            );
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Expression {
        match self.anchors.get(&anchor) {
            Some(anchor)
                if anchor.cost <= self.budget && anchor.depth + self.open.len() <= DEEPEST =>
            {
                self.budget -= anchor.cost;
                anchor.value.clone()
            }
            _ => Expression::new(ExpressionKind::Other(Vec::new()), span),
        }
    }

    /// Closes what is open where the parser gave up: what was read is true.
    fn finish(&mut self, stream: &mut Stream) {
        let end = self.text.len();
        self.too_deep = 0;
        while !self.open.is_empty() {
            self.close(end..end, stream);
        }
    }
}

/// Returns how much a value costs to copy and how deep it is.
fn measure(value: &Expression) -> (usize, usize) {
    let own = 64
        + match &value.kind {
            ExpressionKind::Text(template) => template
                .parts
                .iter()
                .map(|part| match part {
                    Part::Literal(literal) => 64 + literal.text.expose().len(),
                    Part::Hole(hole) => 64 + hole.span.len(),
                })
                .sum(),
            ExpressionKind::Map(entries) => entries.iter().map(|entry| entry.key.len()).sum(),
            _ => 0,
        };
    value
        .children()
        .into_iter()
        .map(measure)
        .fold((own, 1), |(cost, depth), (inside, below)| {
            (cost + inside, depth.max(below + 1))
        })
}

/// Puts merged mappings (`<<: *base`) before the entries that override them.
fn with_merged(entries: Vec<Entry>, merged: Vec<Expression>) -> Vec<Entry> {
    if merged.is_empty() {
        return entries;
    }
    let mut known: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    let mut all = Vec::new();
    for value in merged {
        let maps = match value.kind {
            ExpressionKind::Map(inside) => vec![inside],
            // Of several the first one that has a key wins.
            ExpressionKind::List(items) => items
                .into_iter()
                .filter_map(|item| match item.kind {
                    ExpressionKind::Map(inside) => Some(inside),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        for entry in maps.into_iter().flatten() {
            if known.insert(entry.key.clone()) {
                all.push(entry);
            }
        }
    }
    all.extend(entries);
    all
}

fn key_text(value: &Expression, text: &str) -> String {
    value.scalar().unwrap_or_else(|| {
        text.get(value.span.clone())
            .unwrap_or_default()
            .chars()
            .take(256)
            .collect()
    })
}

/// Reads a scalar: plain ones by the core schema of YAML 1.2, all others are texts.
fn scalar(
    text: &str,
    value: &str,
    style: ScalarStyle,
    tag: Option<(bool, String)>,
    span: Span,
) -> Expression {
    let span = own_span(text, style, span);
    let raw = text.get(span.clone()).unwrap_or_default();
    let is_plain = style == ScalarStyle::Plain;
    if let Some((false, tag)) = &tag
        && !matches!(tag.as_str(), "" | "Sub" | "override" | "reset" | "unsafe")
    {
        let hole = Part::Hole(Hole {
            filling: Filling::Call(tag.chars().take(64).collect()),
            default: None,
            span: span.clone(),
        });
        let template = Template {
            parts: vec![hole],
            span: span.clone(),
        };
        return Expression::new(ExpressionKind::Text(template), span);
    }
    let is_text = tag.is_some_and(|(is_core, tag)| is_core && tag == "str");
    if is_plain && !is_text {
        // The parser's value is blank where the file has marks of a template: then it is a text.
        let plain = if raw.contains("{{") { raw } else { value };
        if let Some(kind) = plain_kind(plain) {
            return Expression::new(kind, span);
        }
    }
    let written = written(raw, value, style, span.start);
    let template = holes::holes(&written, span.clone(), holes::DOCUMENT);
    let template =
        if is_plain || matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) {
            template
        } else {
            Template {
                span: span.clone(),
                ..template
            }
        };
    Expression::new(ExpressionKind::Text(template), span)
}

/// Returns where a scalar itself stands: without an anchor and a tag before it, without blanks and a comment behind it.
fn own_span(text: &str, style: ScalarStyle, span: Span) -> Span {
    let raw = text.get(span.clone()).unwrap_or_default();
    let mut from = 0;
    while raw[from..].starts_with(['!', '&']) {
        let property = &raw[from..];
        let length = property.find(char::is_whitespace).unwrap_or(property.len());
        let rest = &property[length..];
        from += length + (rest.len() - rest.trim_start().len());
    }
    let raw = &raw[from..];
    let length = match style {
        ScalarStyle::SingleQuoted => quoted_length(raw, '\''),
        ScalarStyle::DoubleQuoted => quoted_length(raw, '"'),
        ScalarStyle::Plain => raw.trim_end().len(),
        ScalarStyle::Literal | ScalarStyle::Folded => raw.len(),
    };
    span.start + from..span.start + from + length
}

/// Returns how long the quoted text at the beginning is, with its quotes.
fn quoted_length(raw: &str, quote: char) -> usize {
    let mut characters = raw.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && quote == '"' {
            characters.next();
        } else if character == quote {
            if quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == '\'') {
                characters.next();
            } else {
                return at + 1;
            }
        }
    }
    raw.len()
}

fn plain_kind(text: &str) -> Option<ExpressionKind> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => ExpressionKind::Null,
        "true" | "True" | "TRUE" => ExpressionKind::Boolean(true),
        "false" | "False" | "FALSE" => ExpressionKind::Boolean(false),
        _ if is_number(text) => ExpressionKind::Number(text.to_owned()),
        _ => return None,
    })
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return false;
    }
    text.parse::<f64>().is_ok()
        || text
            .strip_prefix("0x")
            .is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()) && !hex.is_empty())
        || text.strip_prefix("0o").is_some_and(|octal| {
            octal.bytes().all(|byte| (b'0'..=b'7').contains(&byte)) && !octal.is_empty()
        })
}

/// Puts a scalar together from the bytes of the file.
fn written(raw: &str, value: &str, style: ScalarStyle, at: usize) -> Written {
    match style {
        ScalarStyle::Plain => aligned(raw.trim_end(), value, at),
        ScalarStyle::SingleQuoted => {
            let inside = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
            if inside.contains('\n') {
                return aligned(inside, value, at + 1);
            }
            let mut written = Written::default();
            let mut from = 0;
            for (quote, _) in inside.match_indices("''") {
                if quote < from {
                    continue;
                }
                written.push_verbatim(&inside[from..quote], at + 1 + from);
                written.push_resolved("'", at + 1 + quote..at + 3 + quote);
                from = quote + 2;
            }
            written.push_verbatim(&inside[from..], at + 1 + from);
            written
        }
        ScalarStyle::DoubleQuoted => {
            let inside = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
            if inside.contains('\\') {
                escaped(inside, value, at + 1)
            } else {
                aligned(inside, value, at + 1)
            }
        }
        ScalarStyle::Literal | ScalarStyle::Folded => {
            // The header (`|-`, `>2+`) is no part of the value.
            let header = raw.find('\n').map_or(raw.len(), |newline| newline + 1);
            let header = if raw.starts_with(['|', '>']) {
                header
            } else {
                0
            };
            aligned(&raw[header..], value, at + header)
        }
    }
}

/// Finds the lines of a value in the lines of the file: what is between them was folded or is indentation.
///
/// Where they do not fit, the value is one piece that stands nowhere exactly.
fn aligned(raw: &str, value: &str, at: usize) -> Written {
    if raw.len() == value.len() {
        // As long as the value: it stands there as it is. Its characters are the file's, for the parser may have seen blanks.
        return Written::verbatim(raw, at);
    }
    let mut written = Written::default();
    let mut taken = 0;
    let mut start = 0;
    for line in raw.split_inclusive('\n') {
        let content = line.trim();
        let indent = line.len() - line.trim_start().len();
        let line_start = start;
        start += line.len();
        if content.is_empty() {
            continue;
        }
        let content_at = line_start + indent;
        let rest = &value[taken..];
        let gap = rest.len() - rest.trim_start().len();
        let Some(shown) = rest.get(gap..gap + content.len()) else {
            return whole(raw, value, at);
        };
        if shown != content && !content.contains("{{") && !content.contains("{%") {
            return whole(raw, value, at);
        }
        let mut gap_text = &rest[..gap];
        // Leading blanks of a line in a block, and the end of the line before, often stand there as they are.
        let before = &raw[..content_at];
        let blanks = gap_text.len() - gap_text.trim_start_matches('\n').len();
        let indentation = gap_text[blanks..].to_owned();
        let keeps_indentation = before.ends_with(&indentation);
        if keeps_indentation {
            gap_text = &gap_text[..blanks];
        }
        let gap_from = at + line_start.saturating_sub(1);
        written.push_newline_or(gap_text, gap_from, raw, line_start, at);
        if keeps_indentation {
            written.push_verbatim(&indentation, at + content_at - indentation.len());
        }
        written.push_verbatim(content, at + content_at);
        taken += gap + content.len();
    }
    let rest = &value[taken..];
    if !rest.is_empty() {
        if !rest.trim().is_empty() {
            return whole(raw, value, at);
        }
        let end = raw.trim_end().len();
        if raw[end..].starts_with(rest) {
            written.push_verbatim(rest, at + end);
        } else {
            written.push_resolved(rest, at + end..at + raw.len());
        }
    }
    written
}

impl Written {
    /// Puts the gap between two lines behind it: the line's own end where it is that, else something that was folded.
    fn push_newline_or(&mut self, gap: &str, from: usize, raw: &str, line_start: usize, at: usize) {
        if gap == "\n" && line_start > 0 && raw[..line_start].ends_with('\n') {
            // The content before may have had blanks behind it; a piece of its own is never wrong.
            self.push_verbatim("\n", from);
        } else {
            self.push_resolved(gap, from..at + line_start);
        }
    }
}

fn whole(raw: &str, value: &str, at: usize) -> Written {
    let mut written = Written::default();
    written.push_resolved(value, at..at + raw.len());
    written
}

/// Reads the escapes of a double-quoted scalar.
fn escaped(inside: &str, value: &str, at: usize) -> Written {
    let mut written = Written::default();
    let mut characters = inside.char_indices().peekable();
    let mut from = 0;
    while let Some((place, character)) = characters.next() {
        if character == '\n' {
            // Folding and escapes at once: rare, and no place to cut into.
            return whole(inside, value, at);
        }
        if character != '\\' {
            continue;
        }
        written.push_verbatim(&inside[from..place], at + from);
        let Some((_, kind)) = characters.next() else {
            return whole(inside, value, at);
        };
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let mut code = 0_u32;
        for _ in 0..digits {
            let digit = characters.next().and_then(|(_, digit)| digit.to_digit(16));
            let Some(digit) = digit else {
                return whole(inside, value, at);
            };
            code = code.wrapping_mul(16) + digit;
        }
        let resolved = match kind {
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            'x' | 'u' | 'U' => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
            other => other,
        };
        from = characters.peek().map_or(inside.len(), |(next, _)| *next);
        written.push_resolved(resolved.encode_utf8(&mut [0; 4]), at + place..at + from);
    }
    written.push_verbatim(&inside[from..], at + from);
    written
}

/// Returns where comments stand: a `#` at the beginning of a word that is in no scalar.
fn comments(text: &str, scalars: &[Span]) -> Vec<Span> {
    let mut comments = Vec::new();
    let mut waiting = scalars.iter().peekable();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let line_start = start;
        start += line.len();
        let bytes = line.as_bytes();
        for at in 0..bytes.len() {
            if bytes[at] != b'#' || (at > 0 && !matches!(bytes[at - 1], b' ' | b'\t')) {
                continue;
            }
            let offset = line_start + at;
            while waiting.peek().is_some_and(|scalar| scalar.end <= offset) {
                waiting.next();
            }
            if waiting.peek().is_some_and(|scalar| scalar.start <= offset) {
                continue;
            }
            comments.push(offset..line_start + line.trim_end().len());
            break;
        }
    }
    comments
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use crate::source::fact::{Command, Fact};

    use super::*;

    fn document(text: &str) -> Expression {
        read(text)
            .facts
            .into_iter()
            .find_map(|fact| match fact {
                Fact::Document(document) => Some(document),
                _ => None,
            })
            .expect("a document")
    }

    fn literal_spans<'a>(value: &Expression, text: &'a str) -> Vec<&'a str> {
        let ExpressionKind::Text(template) = &value.kind else {
            panic!("a text");
        };
        template
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Literal(literal) => Some(&text[literal.span.clone()]),
                Part::Hole(_) => None,
            })
            .collect()
    }

    fn command_words(text: &str) -> Vec<Vec<String>> {
        read(text)
            .facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Command(Command { words, .. }) => {
                    Some(words.iter().map(|word| word.filled_with("?")).collect())
                }
                _ => None,
            })
            .collect()
    }

    #[test]
    fn scalars_have_the_types_of_the_core_schema() {
        let document = document("a: true\nb: 5432\nc: yes\nd:\ne: '1'\nf: 1.2.3\n");
        assert_eq!(
            document.get("a").map(|v| &v.kind),
            Some(&ExpressionKind::Boolean(true))
        );
        assert_eq!(
            document.get("b").map(|v| &v.kind),
            Some(&ExpressionKind::Number("5432".into()))
        );
        assert_eq!(
            document.get("c").and_then(Expression::literal).as_deref(),
            Some("yes")
        );
        assert_eq!(
            document.get("d").map(|v| &v.kind),
            Some(&ExpressionKind::Null)
        );
        assert_eq!(
            document.get("e").and_then(Expression::literal).as_deref(),
            Some("1")
        );
        assert_eq!(
            document.get("f").and_then(Expression::literal).as_deref(),
            Some("1.2.3")
        );
    }

    #[test]
    fn spans_are_bytes_of_the_value_itself() {
        let text =
            "# ünïcode\r\nkey: \"pä\"   # c\r\nother: plain value  # c\r\nthird: 'it''s'\r\n";
        let document = document(text);
        assert_eq!(
            literal_spans(document.get("key").expect("key"), text),
            ["pä"]
        );
        assert_eq!(
            literal_spans(document.get("other").expect("other"), text),
            ["plain value"]
        );
        let third = document.get("third").expect("third");
        assert_eq!(third.literal().as_deref(), Some("it's"));
        assert_eq!(literal_spans(third, text), ["it", "''", "s"]);
        assert_eq!(
            &text[document.get("key").expect("key").span.clone()],
            "\"pä\""
        );
        let comments: Vec<&str> = read(text)
            .comments
            .iter()
            .map(|c| &text[c.clone()])
            .collect();
        assert_eq!(comments, ["# ünïcode", "# c", "# c"]);
    }

    #[test]
    fn block_scalars_stand_line_by_line_where_they_are() {
        let text = "a: |\n  one # no comment\n    two\n\n  three\nb: >-\n  x\n  y\n";
        let document = document(text);
        let a = document.get("a").expect("a");
        assert_eq!(
            a.literal().as_deref(),
            Some("one # no comment\n  two\n\nthree\n")
        );
        assert!(literal_spans(a, text).contains(&"one # no comment\n"));
        let b = document.get("b").expect("b");
        assert_eq!(b.literal().as_deref(), Some("x y"));
        assert_eq!(literal_spans(b, text).first(), Some(&"x"));
        assert!(read(text).comments.is_empty());
    }

    #[test]
    fn escapes_are_resolved_and_not_verbatim() {
        let text = "a: \"x\\ty\\u00e9\"\n";
        let a = document(text);
        let a = a.get("a").expect("a");
        assert_eq!(a.literal().as_deref(), Some("x\tyé"));
        assert_eq!(literal_spans(a, text), ["x", "\\t", "y", "\\u00e9"]);
    }

    #[test]
    fn anchors_and_merge_keys_are_followed() {
        let document =
            document("base: &b {h: db, m: disable}\nuse:\n  <<: *b\n  m: require\nlist: [*b]\n");
        let used = document.get("use").expect("use");
        assert_eq!(
            used.get("h").and_then(Expression::literal).as_deref(),
            Some("db")
        );
        assert_eq!(used.entries().len(), 2);
        assert_eq!(
            used.get("m").and_then(Expression::literal).as_deref(),
            Some("require")
        );
        assert!(
            document.get("list").expect("list").items()[0]
                .get("h")
                .is_some()
        );
    }

    #[test]
    fn anchor_bomb_does_not_go_off() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..20 {
            let before = format!("*a{}", level - 1);
            let list = vec![before; 10].join(", ");
            writeln!(text, "a{level}: &a{level} [{list}]").expect("strings take all");
        }
        let document = document(&text);
        let mut nodes = 0;
        document.walk(&mut |_| nodes += 1);
        assert!(nodes < 200_000, "{nodes}");
    }

    #[test]
    fn documents_around_a_broken_one_are_kept() {
        let facts = read("a: b\n---\nx: [1\ny: }\n---\nc: d\n");
        let documents = facts
            .facts
            .iter()
            .filter(|fact| matches!(fact, Fact::Document(_)))
            .count();
        assert!(documents >= 2, "{documents}");
        assert!(matches!(facts.understanding, Understanding::Broken { .. }));
    }

    #[test]
    fn helm_template_is_read_as_what_it_becomes() {
        let text = "{{- if .Values.on }}\nmetadata:\n  name: {{ include \"x\" . }}\nspec:\n  args:\n    - start\n    {{- if .Values.tls }}\n    - --certs-dir=/c\n    {{- else }}\n    - --insecure\n    {{- end }}\n  url: postgres://{{ .Values.host }}:5432/db\n{{- end }}\n";
        let facts = read(text);
        assert!(
            matches!(facts.understanding, Understanding::Broken { .. }),
            "{:?}",
            facts.understanding
        );
        let document = document(text);
        let url = document.at(&["spec", "url"]).expect("url");
        let ExpressionKind::Text(template) = &url.kind else {
            panic!("a text");
        };
        assert_eq!(template.filled_with("?"), "postgres://?:5432/db");
        assert_eq!(
            command_words(text),
            [["start", "--certs-dir=/c", "--insecure"]]
        );
    }

    #[test]
    fn value_with_a_tag_of_its_own_is_no_literal() {
        let document = document("password: !Ref Secret\nx: !Sub '${A}b'\ny: !reset null\n");
        assert_eq!(document.get("password").and_then(Expression::literal), None);
        let ExpressionKind::Text(x) = &document.get("x").expect("x").kind else {
            panic!("a text");
        };
        assert_eq!(x.filled_with("?"), "?b");
    }

    #[test]
    fn deep_nesting_is_passed_over() {
        let flow = "[".repeat(100_000);
        let _ = read(&flow);
        let mut block = String::new();
        for depth in 0..300 {
            writeln!(block, "{}k:", " ".repeat(depth)).expect("strings take all");
        }
        block += "z: 1\n";
        let _ = read(&block);
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"[a\-:# \n|>&*\[\]{},'"!%é\r<?]{0,80}|.{0,60}"#) {
            let facts = read(&text);
            for fact in &facts.facts {
                if let Fact::Document(document) = fact {
                    document.walk(&mut |value| {
                        assert!(text.get(value.span.clone()).is_some(), "{:?}", value.span);
                    });
                }
            }
        }
    }
}
