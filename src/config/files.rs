//! What counts for application files: which are passed over, and what is asked of which.
//!
//! It knows the words and not what they mean: checks have a register of their own, and who applies a rule looks them up there.

use globset::GlobBuilder;

use super::document::{Document, Section, Text};
use super::spelling;

/// Keys of `[files]`.
pub(super) const FILES_KEYS: &[&str] = &["exclude", "ignored_env", "rule"];
/// Keys of `[[files.rule]]`.
pub(super) const RULE_KEYS: &[&str] = &["glob", "off", "cap", "role"];

/// Severities, least first, as a rule may name them.
pub const SEVERITIES: [&str; 5] = ["info", "low", "medium", "high", "critical"];
/// Roles of files, as a rule may name them.
pub const ROLES: [&str; 6] = ["deploy", "app", "dev", "example", "test", "docs"];

/// What counts for application files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Globs of files and folders that are passed over, relative to the folder that names are relative to.
    pub exclude: Vec<String>,
    /// Whether `.env` files are read that `.gitignore` names.
    pub ignored_env: bool,
    /// What counts for some of them; a later rule counts before an earlier one.
    pub rules: Vec<FileRule>,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            exclude: Vec::new(),
            ignored_env: true,
            rules: Vec::new(),
        }
    }
}

/// What counts for the files that a glob names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRule {
    /// Which of the rules it is, from 1.
    pub number: usize,
    /// The glob.
    pub glob: String,
    /// Checks that are off, each with line and column of its name.
    pub off: Vec<(String, (usize, usize))>,
    /// The highest severity that a finding has there, one of [`SEVERITIES`].
    pub cap: Option<String>,
    /// What the files are for, one of [`ROLES`].
    pub role: Option<String>,
}

/// Reads `[files]`.
pub(super) fn read<'a>(document: &mut Document<'a>, root: &Section<'a>) -> Files {
    let mut files = Files::default();
    let Some(section) = document.section(root, "files", FILES_KEYS) else {
        return files;
    };
    for text in document.strings(&section, "exclude") {
        files.exclude.extend(glob(document, text));
    }
    if let Some(read) = document.boolean(&section, "ignored_env") {
        files.ignored_env = read;
    }
    for (index, value) in document.tables(&section, "rule").iter().enumerate() {
        let name = format!("files.rule[{}]", index + 1);
        if let Some(table) = document.open(value, name, RULE_KEYS) {
            let rule = rule(document, &table, index + 1);
            // One that asks for nothing is an example.
            files.rules.extend(
                rule.filter(|rule| {
                    !rule.off.is_empty() || rule.cap.is_some() || rule.role.is_some()
                }),
            );
        }
    }
    files
}

/// Reads one rule.
fn rule<'a>(document: &mut Document<'a>, table: &Section<'a>, number: usize) -> Option<FileRule> {
    let written = document.string(table, "glob");
    if table.find("glob").is_none() {
        document.report(
            table.start,
            Some(table.key("glob")),
            "is missing; say which files the rule is about, such as \"tests/**\"",
        );
    }
    let off = document.strings(table, "off").into_iter();
    let off = off
        .map(|text| (text.value, document.place(text.span.start)))
        .collect();
    let cap = document.word(table, "cap", |word| one_of(word, &SEVERITIES), &SEVERITIES);
    let role = document.word(table, "role", |word| one_of(word, &ROLES), &ROLES);
    Some(FileRule {
        number,
        glob: glob(document, written?)?,
        off,
        cap,
        role,
    })
}

fn one_of(word: &str, words: &[&str]) -> Option<String> {
    words.contains(&word).then(|| word.to_owned())
}

/// Reads a glob.
fn glob(document: &mut Document<'_>, text: Text<'_>) -> Option<String> {
    match GlobBuilder::new(&text.value)
        .literal_separator(true)
        .build()
    {
        Ok(_) => Some(text.value),
        Err(error) => {
            let message = format!("is no glob: {}", error.kind());
            document.report(text.span.start, Some(text.key), message);
            None
        }
    }
}

impl Files {
    /// Says which check was meant by a name that is none.
    pub fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
        spelling::hint(name, known)
    }
}
