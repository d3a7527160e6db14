//! Reads shell: commands with their words, assignments, here documents; also the shell text inside of other files.
//!
//! It is a tokenizer with the shell's quoting and the few words of its grammar that decide where a command begins, not a parser: whether a
//! branch is taken is nobody's question here. It is written here and not taken from tree-sitter, whose scanner of this language reads
//! outside of its memory on some characters.

use std::cell::Cell;
use std::ops::Range;

use crate::source::expression::{Expression, ExpressionKind};
use crate::source::fact::{Assignment, Fact, Facts};
use crate::text::template::{Span, Template};

use super::words::{self, Word};
use super::written::Written;
use super::{commands, holes, marks};

/// Longest script inside of another file that is read.
const LONGEST_SCRIPT: usize = 256 * 1024;

/// How deep commands in commands are followed.
const DEEPEST: usize = 6;

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let mut facts = Facts::default();
    let written = Written::verbatim(text, 0);
    let mut reader = Reader::new(&written, &mut facts.facts, 0);
    reader.run(0..text.len());
    facts.comments = reader.comments;
    facts
}

/// Reads shell text that stands in another file. A script that is given to a shell in it is shorter than it is, so this ends.
pub(super) fn read_into(written: &Written, facts: &mut Vec<Fact>) {
    if written.text().len() <= LONGEST_SCRIPT {
        Reader::new(written, facts, 0).run(0..written.text().len());
    }
}

struct Reader<'a> {
    written: &'a Written,
    text: &'a str,
    facts: &'a mut Vec<Fact>,
    comments: Vec<Span>,
    depth: usize,
    /// Where the words of the command that is being read stand.
    words: Vec<Range<usize>>,
    /// Commands of this line, which may wait for here documents.
    line: Vec<Pending>,
    /// Here documents that begin on the next line.
    here: Vec<Here>,
    /// How many parentheses are open.
    open: usize,
    /// Whether an end of arithmetic may still come.
    closes_arithmetic: Cell<bool>,
    /// Whether an end of an array may still come.
    closes_arrays: Cell<bool>,
}

/// A command that may wait for a here document.
struct Pending {
    words: Vec<Range<usize>>,
    /// Texts that it reads: here documents and here strings.
    read: Vec<Word>,
}

/// A here document that is announced.
struct Here {
    delimiter: String,
    /// Whether its lines lose their leading tabs.
    strips_tabs: bool,
    /// Whether variables in it stay as they are.
    is_raw: bool,
    /// Which command of the line reads it.
    command: usize,
}

impl<'a> Reader<'a> {
    fn new(written: &'a Written, facts: &'a mut Vec<Fact>, depth: usize) -> Self {
        Self {
            written,
            text: written.text(),
            facts,
            comments: Vec::new(),
            depth,
            words: Vec::new(),
            line: vec![],
            here: Vec::new(),
            open: 0,
            closes_arithmetic: Cell::new(true),
            closes_arrays: Cell::new(true),
        }
    }

    fn run(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            at = self.token(at, range.end);
        }
        self.end_command();
        self.end_line();
    }

    /// Reads the token at an offset; returns where the next one begins.
    fn token(&mut self, at: usize, end: usize) -> usize {
        let rest = &self.text[at..end];
        let bytes = rest.as_bytes();
        match bytes[0] {
            b'\n' => {
                self.end_command();
                let next = self.here_documents(at + 1, end);
                self.end_line();
                next
            }
            byte if byte.is_ascii_whitespace() => at + 1,
            b'\\' if rest.starts_with("\\\n") => at + 2,
            b'#' => {
                let length = rest.find('\n').unwrap_or(rest.len());
                let comment = self
                    .written
                    .span_of(at..at + rest[..length].trim_end().len());
                self.comments.push(comment);
                at + length
            }
            b'(' if rest.starts_with("((") => self.arithmetic_end(at, end),
            b'(' if rest.starts_with("()") => {
                // The words before are the name of a function.
                self.words.clear();
                at + 2
            }
            b'(' => {
                self.end_command();
                self.open += 1;
                at + 1
            }
            b')' => {
                if self.open == 0 {
                    // A pattern of `case`.
                    self.words.clear();
                } else {
                    self.open -= 1;
                    self.end_command();
                }
                at + 1
            }
            b'&' if rest.starts_with("&>") => self.redirection(at + 1, end),
            b';' | b'|' | b'&' => {
                self.end_command();
                at + 1
            }
            b'<' | b'>' if !rest[1..].starts_with('(') => self.redirection(at, end),
            _ => {
                let to = self.word_end(at, end);
                if !self.is_control_mark(at, to) {
                    self.words.push(at..to);
                }
                to
            }
        }
    }

    /// Whether a word is a mark of a template that stands alone on its line: `{{- if … }}`.
    fn is_control_mark(&self, at: usize, to: usize) -> bool {
        self.words.is_empty()
            && self.text[at..].starts_with(['{', '<'])
            && marks::end_alone(self.text, at) == Some(to)
    }

    /// Returns where a word ends.
    fn word_end(&self, at: usize, end: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut place = at;
        while place < end {
            match bytes[place] {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b')' => break,
                b'<' | b'>' if place > at || bytes.get(place + 1) != Some(&b'(') => break,
                b'(' if place > at && bytes[place - 1] == b'=' => {
                    // An array.
                    place = self.array_end(place, end);
                    continue;
                }
                b'(' if place > at => break,
                _ => {}
            }
            place = words::step(self.text, place).min(end);
        }
        place.max(at + 1).min(end)
    }

    /// Returns where `((…))` ends. Once one is not closed no later one is, and none is looked for.
    fn arithmetic_end(&self, at: usize, end: usize) -> usize {
        let close = self
            .closes_arithmetic
            .get()
            .then(|| self.text[at..end].find("))"))
            .flatten();
        self.closes_arithmetic.set(close.is_some());
        close.map_or(at + 2, |close| at + close + 2)
    }

    /// Returns where an array ends. Once one is not closed none is looked for any more.
    fn array_end(&self, at: usize, end: usize) -> usize {
        let close = self
            .closes_arrays
            .get()
            .then(|| closing(self.text, at, end))
            .flatten();
        self.closes_arrays.set(close.is_some());
        close.unwrap_or(at + 1)
    }

    /// Reads a redirection at an offset; returns where it ends.
    fn redirection(&mut self, at: usize, end: usize) -> usize {
        // `2>` is a redirection of a number, which is no word of the command.
        if let Some(last) = self.words.last()
            && last.end == at
            && self.text[last.clone()]
                .bytes()
                .all(|byte| byte.is_ascii_digit())
        {
            self.words.pop();
        }
        let rest = &self.text[at..end];
        let (length, is_string, is_document) = if rest.starts_with("<<<") {
            (3, true, false)
        } else if rest.starts_with("<<-") {
            (3, false, true)
        } else if rest.starts_with("<<") {
            (2, false, true)
        } else {
            let length = rest
                .bytes()
                .take_while(|byte| b"<>&|".contains(byte))
                .count();
            (length.clamp(1, 2), false, false)
        };
        let target = &rest[length..];
        let from = at + length + (target.len() - target.trim_start_matches([' ', '\t']).len());
        if from >= end || self.text[from..].starts_with(['\n', ';', '|', '&', ')', '(', '<', '>']) {
            return at + length;
        }
        let to = self.word_end(from, end);
        if is_string {
            let word = words::word(self.written, from..to);
            self.reads().push(word);
        } else if is_document {
            let word = words::word(self.written, from..to);
            self.here.push(Here {
                delimiter: word.written.text().to_owned(),
                strips_tabs: rest.starts_with("<<-"),
                is_raw: self.text[from..to].contains(['\'', '"', '\\']),
                command: self.line.len(),
            });
        }
        to
    }

    /// Returns what the command that is being read gets to read; it is a command from now on.
    fn reads(&mut self) -> &mut Vec<Word> {
        self.line.push(Pending {
            words: std::mem::take(&mut self.words),
            read: Vec::new(),
        });
        let last = self.line.len() - 1;
        &mut self.line[last].read
    }

    /// Reads the here documents that begin at an offset; returns where they end.
    fn here_documents(&mut self, from: usize, end: usize) -> usize {
        let mut at = from;
        for here in std::mem::take(&mut self.here) {
            let begin = at;
            let mut body_end = end;
            while at < end {
                let line_end = self.text[at..end]
                    .find('\n')
                    .map_or(end, |length| at + length);
                let line = self.text[at..line_end].trim_end_matches('\r');
                let line = if here.strips_tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                let is_last = line == here.delimiter;
                if is_last {
                    body_end = at;
                }
                at = (line_end + 1).min(end);
                if is_last {
                    break;
                }
            }
            let body_end = body_end.min(at).max(begin);
            let span = self.written.span_of(begin..body_end);
            let slice = self.written.slice(begin..body_end);
            let style = if here.is_raw {
                holes::MARKS
            } else {
                holes::SHELL
            };
            let word = Word {
                template: holes::holes(&slice, span, style),
                written: slice,
            };
            if let Some(command) = self.line.get_mut(here.command) {
                command.read.push(word);
            }
        }
        at
    }

    fn end_command(&mut self) {
        if !self.words.is_empty() {
            self.line.push(Pending {
                words: std::mem::take(&mut self.words),
                read: Vec::new(),
            });
        }
    }

    /// Turns the commands of a line to facts.
    fn end_line(&mut self) {
        for command in std::mem::take(&mut self.line) {
            self.command(command);
        }
    }

    fn command(&mut self, command: Pending) {
        let mut ranges = command.words.into_iter().peekable();
        while let Some(range) = ranges.peek() {
            match &self.text[range.clone()] {
                "if" | "then" | "elif" | "else" | "while" | "until" | "do" | "!" | "time" | "{"
                | "}" | "fi" | "done" | "esac" | "in" => {
                    ranges.next();
                }
                _ => break,
            }
        }
        let mut words: Vec<Word> = Vec::new();
        let mut span: Option<Span> = None;
        let mut declares = false;
        for range in ranges {
            let text = &self.text[range.clone()];
            if words.is_empty()
                && matches!(text, "for" | "case" | "function" | "select" | "[[" | "}")
            {
                return;
            }
            if words.is_empty()
                && matches!(
                    text,
                    "export" | "declare" | "local" | "readonly" | "typeset"
                )
            {
                declares = true;
                continue;
            }
            let is_assigned = words.is_empty() && self.assignment(&range);
            let place = self.written.span_of(range.clone());
            self.nested(range.clone());
            if is_assigned || declares {
                continue;
            }
            words.push(words::word(self.written, range));
            span = Some(span.map_or(place.clone(), |span: Span| {
                span.start..place.end.max(span.end)
            }));
        }
        if let Some(span) = span {
            words.extend(command.read);
            commands::add(words, span, self.facts);
        }
    }

    /// Adds the assignment that a word is; `false` where it is none.
    fn assignment(&mut self, range: &Range<usize>) -> bool {
        let text = &self.text[range.clone()];
        let Some(equals) = text.find('=') else {
            return false;
        };
        let name = text[..equals].trim_end_matches('+');
        let name_length = name.len();
        let plain = name.split('[').next().unwrap_or_default();
        if !commands::is_variable(plain) || plain.contains(['-', '.']) || equals - name_length > 1 {
            return false;
        }
        let value = range.start + equals + 1..range.end;
        let value_text = &self.text[value.clone()];
        let value =
            if value_text.starts_with('(') && value_text.ends_with(')') && value_text.len() > 1 {
                let inside = self.written.slice(value.start + 1..value.end - 1);
                let items = words::split(&inside)
                    .into_iter()
                    .map(|word| text_value(word.template))
                    .collect();
                Expression::new(ExpressionKind::List(items), self.written.span_of(value))
            } else if value.is_empty() {
                let end = self.written.span_of(range.clone()).end;
                text_value(holes::holes(&Written::default(), end..end, holes::SHELL))
            } else {
                text_value(words::word(self.written, value).template)
            };
        self.facts.push(Fact::Assignment(Assignment {
            target: plain.to_owned(),
            value,
            added: equals > name_length,
            target_span: self.written.span_of(range.start..range.start + name_length),
            span: self.written.span_of(range.clone()),
        }));
        true
    }

    /// Reads the commands in a word: `$(…)` and backticks.
    fn nested(&mut self, range: Range<usize>) {
        if self.depth >= DEEPEST {
            return;
        }
        let bytes = self.text.as_bytes();
        let mut at = range.start;
        let mut in_double = false;
        while at < range.end {
            let next = match bytes[at] {
                b'"' => {
                    in_double = !in_double;
                    at + 1
                }
                b'\'' if !in_double => words::step(self.text, at),
                b'$' if self.text[at..].starts_with("$(")
                    && !self.text[at..].starts_with("$((") =>
                {
                    let end = words::expansion_end(self.text, at);
                    if let Some(end) = end.filter(|end| *end <= range.end) {
                        Reader::new(self.written, self.facts, self.depth + 1).run(at + 2..end - 1);
                    }
                    end.unwrap_or(at + 1)
                }
                b'`' => {
                    let end = words::step(self.text, at);
                    if end > at + 2 && end <= range.end {
                        Reader::new(self.written, self.facts, self.depth + 1).run(at + 1..end - 1);
                    }
                    end
                }
                b'\\' => words::step(self.text, at),
                _ => at + 1,
            };
            at = next.max(at + 1);
        }
    }
}

/// Returns where the parenthesis at an offset is closed, behind it.
fn closing(text: &str, open: usize, end: usize) -> Option<usize> {
    let mut at = open + 1;
    let bytes = text.as_bytes();
    while at < end {
        if bytes[at] == b')' {
            return Some(at + 1);
        }
        at = words::step(text, at);
    }
    None
}

fn text_value(template: Template) -> Expression {
    let span = template.span.clone();
    Expression::new(ExpressionKind::Text(template), span)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<String> {
        read(text)
            .facts
            .iter()
            .map(|fact| match fact {
                Fact::Command(command) => command
                    .words
                    .iter()
                    .map(|word| word.filled_with("?"))
                    .collect::<Vec<_>>()
                    .join("|"),
                Fact::Assignment(assignment) => format!(
                    "{}{}{}",
                    assignment.target,
                    if assignment.added { "+=" } else { "=" },
                    match &assignment.value.kind {
                        ExpressionKind::Text(template) => template.filled_with("?"),
                        other => format!("{other:?}").chars().take(4).collect(),
                    }
                ),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn commands_and_assignments_are_facts() {
        assert_eq!(
            shown("export A='x y'\nPGSSLMODE=require psql \"host=$H\" # c\nB+=\"z$A\"\nC=(a $b)\n"),
            [
                "A=x y",
                "PGSSLMODE=require",
                "psql|host=?",
                "B+=z?",
                "C=List"
            ]
        );
    }

    #[test]
    fn nested_commands_are_facts_of_their_own() {
        assert_eq!(
            shown("X=$(cockroach cert list)\nsh -c 'cockroach start --insecure'\n"),
            [
                "X=?",
                "cockroach|cert|list",
                "sh|-c|cockroach start --insecure",
                "cockroach|start|--insecure"
            ]
        );
    }

    #[test]
    fn here_documents_are_arguments() {
        assert_eq!(
            shown(
                "psql $URL <<EOF\nCREATE USER a PASSWORD '$P';\nEOF\ncat <<< \"a b\"\ncat >f <<X\ny\nX\n"
            ),
            ["psql|?|CREATE USER a PASSWORD '?';\n", "cat|a b", "cat|y\n"]
        );
    }

    #[test]
    fn environment_of_a_container_is_assigned() {
        assert_eq!(
            shown("docker run -e POSTGRES_PASSWORD=x --env=B=$C postgres\n"),
            [
                "POSTGRES_PASSWORD=x",
                "B=?",
                "docker|run|-e|POSTGRES_PASSWORD=x|--env=B=?|postgres"
            ]
        );
    }

    #[test]
    fn comments_and_spans_are_exact() {
        let text = "# é\nA=\"pä\" # d\n";
        let facts = read(text);
        let comments: Vec<&str> = facts
            .comments
            .iter()
            .map(|span| &text[span.clone()])
            .collect();
        assert_eq!(comments, ["# é", "# d"]);
        let Fact::Assignment(assignment) = &facts.facts[0] else {
            panic!("an assignment");
        };
        assert_eq!(&text[assignment.value.span.clone()], "\"pä\"");
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"[a=$'"(){}<|;\\ \n#é-]{0,60}|.{0,60}"#) {
            let _ = read(&text);
        }
    }
}
