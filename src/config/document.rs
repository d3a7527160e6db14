//! A TOML document with the places of its keys and values, and everything that is wrong with it.
//!
//! Readers return `None` where a value is missing or wrong and go on, so that one look at a file finds all its
//! mistakes. It knows types and positions, and not what the keys mean.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::expand::{self, Expanded};
use super::{ConfigError, SECTIONS, Surroundings, duration, spelling};
use crate::text;

/// Longest string that a configuration may hold, in characters: a target with dozens of hosts.
const LONGEST_STRING: usize = 8192;

/// Most mistakes that are told. A file with more is no configuration, and finding the column of each costs a look at its line.
const MOST_ERRORS: usize = 50;

/// A mistake, before its line and column are counted.
struct Mistake {
    position: usize,
    key: Option<String>,
    message: String,
}

/// A file's text and what was found wrong with it so far.
pub(super) struct Document<'a> {
    text: &'a str,
    path: &'a Path,
    surroundings: &'a Surroundings<'a>,
    /// Where each line begins, in order.
    lines: Vec<usize>,
    mistakes: Vec<Mistake>,
}

/// A table with its name and the keys that it may have.
#[derive(Clone)]
pub(super) struct Section<'a> {
    table: &'a DeTable<'a>,
    /// Where the table begins.
    pub(super) start: usize,
    name: String,
    /// Empty where the file may choose the keys.
    keys: &'static [&'static str],
}

/// A string with its place.
pub(super) struct Text<'a> {
    /// As it is meant.
    pub(super) value: String,
    /// As it stands in the file, variables and all.
    pub(super) template: &'a str,
    /// Whether variables were put in: then messages repeat `template`.
    pub(super) had_variables: bool,
    /// Where it stands, with its quotes.
    pub(super) span: Range<usize>,
    /// The whole key.
    pub(super) key: String,
}

impl<'a> Document<'a> {
    pub(super) fn new(text: &'a str, path: &'a Path, surroundings: &'a Surroundings<'a>) -> Self {
        Self {
            text,
            path,
            surroundings,
            lines: std::iter::once(0)
                .chain(text.match_indices('\n').map(|(newline, _)| newline + 1))
                .collect(),
            mistakes: Vec::new(),
        }
    }

    pub(super) fn surroundings(&self) -> &'a Surroundings<'a> {
        self.surroundings
    }

    /// Returns what was found wrong, in the order of the file, and how much more there is where that is too much to tell.
    pub(super) fn into_errors(mut self) -> Vec<ConfigError> {
        self.mistakes.sort_by_key(|mistake| mistake.position);
        let mut told = std::mem::take(&mut self.mistakes);
        if told.len() > MOST_ERRORS {
            let untold = told.split_off(MOST_ERRORS);
            told.push(Mistake {
                position: untold[0].position,
                key: None,
                message: format!("from here on {} more mistakes, not shown", untold.len()),
            });
        }
        told.into_iter()
            .map(|mistake| {
                let (line, column) = self.place(mistake.position);
                ConfigError {
                    path: self.path.to_owned(),
                    line,
                    column,
                    key: mistake.key,
                    message: mistake.message,
                }
            })
            .collect()
    }

    /// Notes that something is wrong at a byte of the text.
    pub(super) fn report(
        &mut self,
        position: usize,
        key: Option<String>,
        message: impl Into<String>,
    ) {
        self.mistakes.push(Mistake {
            position,
            key,
            message: message.into(),
        });
    }

    /// Notes what TOML's grammar has against the text, once a line.
    pub(super) fn report_syntax(&mut self, errors: &[toml::de::Error]) {
        let mut lines = BTreeSet::new();
        for error in errors {
            let position = error.span().map_or(0, |span| span.start);
            if lines.insert(self.line(position)) {
                let message = text::printable(&error.message().replace('\n', ", "));
                self.report(position, None, message);
            }
        }
    }

    /// Returns line and column of a byte, both from 1, the column in characters.
    pub(super) fn place(&self, position: usize) -> (usize, usize) {
        let line = self.line(position);
        let before = self.text.get(self.lines[line]..position);
        (line + 1, before.unwrap_or_default().chars().count() + 1)
    }

    /// Returns the line of a byte, from 0.
    fn line(&self, position: usize) -> usize {
        self.lines.partition_point(|start| *start <= position) - 1
    }

    /// Returns a byte within a string of the file, or the string's start where escapes make that unclear.
    pub(super) fn within(&self, text: &Text<'_>, offset: usize) -> usize {
        let written = self.text.get(text.span.clone()).unwrap_or_default();
        match written.find(text.template) {
            Some(quote) if offset <= text.template.len() => text.span.start + quote + offset,
            _ => text.span.start,
        }
    }

    /// Opens the document's own table.
    pub(super) fn root(
        &mut self,
        table: &'a Spanned<DeTable<'a>>,
        keys: &'static [&'static str],
    ) -> Section<'a> {
        let section = Section {
            table: table.get_ref(),
            start: 0,
            name: String::new(),
            keys,
        };
        self.check_keys(&section);
        section
    }

    /// Opens a table within a section.
    pub(super) fn section(
        &mut self,
        parent: &Section<'a>,
        key: &str,
        keys: &'static [&'static str],
    ) -> Option<Section<'a>> {
        let value = parent.find(key)?;
        self.open(value, parent.key(key), keys)
    }

    /// Opens a value that should be a table.
    pub(super) fn open(
        &mut self,
        value: &'a Spanned<DeValue<'a>>,
        name: String,
        keys: &'static [&'static str],
    ) -> Option<Section<'a>> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(value, name, "a table");
            return None;
        };
        let section = Section {
            table,
            start: value.span().start,
            name,
            keys,
        };
        self.check_keys(&section);
        Some(section)
    }

    fn check_keys(&mut self, section: &Section<'a>) {
        if section.keys.is_empty() {
            return;
        }
        for (key, _) in section.table {
            let name: &str = key.get_ref();
            if section.keys.contains(&name) {
                continue;
            }
            let hint = spelling::hint(name, section.keys.iter().copied());
            let home = SECTIONS.iter().find(|other| other.keys.contains(&name));
            let mut message = match home {
                Some(home) if hint.is_empty() && home.name.is_empty() => {
                    format!("unknown key; it is a table of its own, `[{name}]`")
                }
                Some(home) if hint.is_empty() => {
                    format!("unknown key; it belongs under `{}`", home.name)
                }
                Some(_) | None => format!("unknown key{hint}"),
            };
            if name == "password" {
                message.push_str("; verifull logs in nowhere and needs no password");
            }
            self.report(key.span().start, Some(section.key(name)), message);
        }
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, key: String, wanted: &str) {
        let got = value.get_ref().type_str();
        let article = article(got);
        self.report(
            value.span().start,
            Some(key),
            format!("expected {wanted}, got {article} {got}"),
        );
    }

    /// Reads a string that is not empty, with its variables put in.
    pub(super) fn string(&mut self, section: &Section<'a>, key: &str) -> Option<Text<'a>> {
        let value = section.find(key)?;
        self.text(value, section.key(key), "a string")
    }

    /// Reads a value that should be a string.
    pub(super) fn text(
        &mut self,
        value: &'a Spanned<DeValue<'a>>,
        key: String,
        wanted: &str,
    ) -> Option<Text<'a>> {
        let DeValue::String(template) = value.get_ref() else {
            self.wrong_type(value, key, wanted);
            return None;
        };
        let span = value.span();
        let is_target = key.ends_with(".target");
        let userinfo = is_target.then(|| expand::userinfo(template)).flatten();
        let quote = |at: usize| userinfo.as_ref().is_some_and(|range| range.contains(&at));
        let expanded = expand::expand(template, self.surroundings.environment, &quote);
        let problem = match &expanded {
            Err(message) => Some(message.clone()),
            Ok(Expanded { value, .. }) => unfit(value).map(str::to_owned),
        };
        if let Some(problem) = problem {
            self.report(span.start, Some(key), problem);
            return None;
        }
        let Expanded {
            value,
            had_variables,
        } = expanded.ok()?;
        Some(Text {
            value,
            template,
            had_variables,
            span,
            key,
        })
    }

    /// Reads an array of strings; a single string counts as one of one.
    pub(super) fn strings(&mut self, section: &Section<'a>, key: &str) -> Vec<Text<'a>> {
        let Some(value) = section.find(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = value.get_ref() else {
            return self
                .text(value, section.key(key), "an array of strings")
                .into_iter()
                .collect();
        };
        array
            .iter()
            .enumerate()
            .filter_map(|(index, value)| {
                let key = format!("{}[{}]", section.key(key), index + 1);
                self.text(value, key, "a string")
            })
            .collect()
    }

    /// Reads one word out of a closed list.
    pub(super) fn word<T>(
        &mut self,
        section: &Section<'a>,
        key: &str,
        read: impl Fn(&str) -> Option<T>,
        known: &[&str],
    ) -> Option<T> {
        let text = self.string(section, key)?;
        let word = read(&text.value);
        if word.is_none() {
            let got = text.shown();
            let hint = spelling::hint(&text.value, known.iter().copied());
            let list = known.join(", ");
            self.report(
                text.span.start,
                Some(text.key),
                format!("expected one of {list}, got `{got}`{hint}"),
            );
        }
        word
    }

    pub(super) fn boolean(&mut self, section: &Section<'a>, key: &str) -> Option<bool> {
        let value = section.find(key)?;
        if let DeValue::Boolean(boolean) = value.get_ref() {
            return Some(*boolean);
        }
        self.wrong_type(value, section.key(key), "true or false");
        None
    }

    /// Reads a whole number within bounds.
    pub(super) fn integer(
        &mut self,
        section: &Section<'a>,
        key: &str,
        bounds: RangeInclusive<usize>,
    ) -> Option<usize> {
        let value = section.find(key)?;
        let wanted = format!("a number from {} to {}", bounds.start(), bounds.end());
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type(value, section.key(key), &wanted);
            return None;
        };
        let number = usize::from_str_radix(&integer.as_str().replace('_', ""), integer.radix())
            .ok()
            .filter(|number| bounds.contains(number));
        if number.is_none() {
            let got = text::printable_within(integer.as_str(), 40);
            self.report(
                value.span().start,
                Some(section.key(key)),
                format!("expected {wanted}, got {got}"),
            );
        }
        number
    }

    /// Reads a part of a whole, from 0 to 1.
    pub(super) fn fraction(&mut self, section: &Section<'a>, key: &str) -> Option<f64> {
        const WANTED: &str = "a number from 0 to 1, such as 0.3";
        let value = section.find(key)?;
        let written = match value.get_ref() {
            DeValue::Float(float) => float.as_str().to_owned(),
            DeValue::Integer(integer) => integer.as_str().to_owned(),
            DeValue::String(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => {
                self.wrong_type(value, section.key(key), WANTED);
                return None;
            }
        };
        let number = written
            .replace('_', "")
            .parse()
            .ok()
            .filter(|number| (0.0..=1.0).contains(number));
        if number.is_none() {
            let got = text::printable_within(&written, 40);
            self.report(
                value.span().start,
                Some(section.key(key)),
                format!("expected {WANTED}, got {got}"),
            );
        }
        number
    }

    /// Reads a duration within bounds.
    pub(super) fn duration(
        &mut self,
        section: &Section<'a>,
        key: &str,
        bounds: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let value = section.find(key)?;
        if let DeValue::Integer(integer) = value.get_ref() {
            let number = text::printable_within(integer.as_str(), 40);
            self.report(
                value.span().start,
                Some(section.key(key)),
                format!("expected a duration, got the integer {number}; say the unit, such as \"{number}s\""),
            );
            return None;
        }
        let text = self.text(value, section.key(key), "a duration such as \"60s\"")?;
        let message = match duration::parse(&text.value) {
            Ok(duration) if bounds.contains(&duration) => return Some(duration),
            Ok(_) => format!(
                "expected a duration from {} to {}, got `{}`",
                duration::written(*bounds.start()),
                duration::written(*bounds.end()),
                text.shown()
            ),
            Err(wanted) => format!("`{}` is no duration; {wanted}", text.shown()),
        };
        self.report(text.span.start, Some(text.key), message);
        None
    }

    /// Reads a path: `~/` is the home folder, and a relative one begins at the configuration's own folder.
    pub(super) fn path(&mut self, section: &Section<'a>, key: &str) -> Option<PathBuf> {
        let text = self.string(section, key)?;
        self.resolve(&text.value, text.span.start, text.key)
    }

    /// Resolves a path of the file.
    pub(super) fn resolve(&mut self, path: &str, position: usize, key: String) -> Option<PathBuf> {
        if let Some(rest) = path.strip_prefix("~/") {
            if let Some(home) =
                (self.surroundings.environment)("HOME").filter(|home| !home.is_empty())
            {
                return Some(Path::new(&home).join(rest));
            }
            self.report(
                position,
                Some(key),
                "`~/` needs the environment variable `HOME`, which is not set",
            );
            return None;
        }
        Some(match self.path.parent() {
            Some(folder) => folder.join(path),
            None => PathBuf::from(path),
        })
    }

    /// Returns the elements of an array of tables.
    pub(super) fn tables(
        &mut self,
        section: &Section<'a>,
        key: &str,
    ) -> &'a [Spanned<DeValue<'a>>] {
        let Some(value) = section.find(key) else {
            return &[];
        };
        if let DeValue::Array(array) = value.get_ref() {
            let array: &DeArray<'a> = array;
            return array;
        }
        let name = section.key(key);
        let message = if value.get_ref().is_table() {
            format!("expected `[[{name}]]`, got `[{name}]`: each {key} is one of several")
        } else {
            format!("expected `[[{name}]]`")
        };
        self.report(value.span().start, Some(name), message);
        &[]
    }
}

impl<'a> Section<'a> {
    /// Finds a value.
    pub(super) fn find(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        // A key that is read and not listed could never be set: the list would refuse it first.
        debug_assert!(
            self.keys.is_empty() || self.keys.contains(&key),
            "unlisted key {key}"
        );
        self.table
            .iter()
            .find(|(name, _)| name.get_ref() == key)
            .map(|(_, value)| value)
    }

    /// Goes over everything in a table whose keys the file chooses, in the order of the file.
    pub(super) fn entries(&self) -> Vec<(&'a str, usize, &'a Spanned<DeValue<'a>>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), key.span().start, value))
            .collect();
        entries.sort_by_key(|(_, start, _)| *start);
        entries
    }

    /// Whether the table has a key that is none of ours and was most likely meant to be `key`.
    pub(super) fn misspells(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| {
            let name: &str = name.get_ref();
            !self.keys.contains(&name)
                && spelling::nearest(name, self.keys.iter().copied()) == Some(key)
        })
    }

    /// Returns the whole name of a key.
    pub(super) fn key(&self, key: &str) -> String {
        let key = text::printable_within(key, 64);
        if self.name.is_empty() {
            key
        } else {
            format!("{}.{key}", self.name)
        }
    }
}

impl Text<'_> {
    /// Returns the string for a message: as the file has it, so that no variable is told, and short.
    pub(super) fn shown(&self) -> String {
        text::printable_within(self.template, 60)
    }
}

/// Returns the article of a word.
pub(super) fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

/// Says why a string cannot be used, if it cannot.
fn unfit(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        Some("is empty; leave the key out in place of that")
    } else if value.chars().count() > LONGEST_STRING {
        Some("is longer than 8,192 characters")
    } else if text::printable_within(value, LONGEST_STRING) != value {
        Some("holds control or invisible characters")
    } else {
        None
    }
}
