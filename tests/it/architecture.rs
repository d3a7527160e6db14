//! The floor plan as a table, and the laws about files that no compiler holds.
//!
//! It matches text and guards against slips, not against malice: who wants around it gets around it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A room, the rooms it may import, and the outside crates it may name.
struct Room {
    name: &'static str,
    imports: &'static [&'static str],
    crates: &'static [&'static str],
    /// Whether it waits, reads clocks and files, and dials: the wing and the door.
    outside: bool,
}

const fn pure(
    name: &'static str,
    imports: &'static [&'static str],
    crates: &'static [&'static str],
) -> Room {
    Room {
        name,
        imports,
        crates,
        outside: false,
    }
}

const fn wing(
    name: &'static str,
    imports: &'static [&'static str],
    crates: &'static [&'static str],
) -> Room {
    Room {
        name,
        imports,
        crates,
        outside: true,
    }
}

/// The house, from the ground up. A room may import what stands in its row, and every row names only rooms above it here:
/// a law below holds that, so that the table has no cycle.
#[rustfmt::skip]
const PLAN: &[Room] = &[
    // Floor 0, words.
    pure("text", &[], &[]),
    pure("tls", &[], &["aws_lc_rs", "serde"]),
    pure("http", &["text"], &["serde"]),
    pure("libpq", &["text"], &["serde"]),
    pure("x509", &["text"],
        &["aws_lc_rs", "data_encoding", "jiff", "rustls_pki_types", "serde", "webpki", "webpki_roots", "x509_parser"]),
    // Floor 1, facts.
    pure("endpoint", &["libpq", "text"], &["idna", "serde"]),
    pure("config", &["endpoint", "libpq", "text"], &["data_encoding", "globset", "jiff", "toml"]),
    pure("source", &["libpq", "text", "tls"],
        &["aho_corasick", "hcl_edit", "saphyr_parser", "toml_edit", "tree_sitter", "tree_sitter_go",
            "tree_sitter_java", "tree_sitter_javascript", "tree_sitter_python", "tree_sitter_rust", "tree_sitter_typescript"]),
    pure("observation", &["endpoint", "http", "libpq", "source", "text", "tls", "x509"], &["jiff", "serde"]),
    // Floor 2, judgement.
    pure("preflight", &["endpoint", "libpq", "observation", "tls", "x509"], &[]),
    pure("remediation", &["endpoint", "libpq", "text"], &["serde"]),
    pure("finding", &["endpoint", "remediation", "source", "text"], &["serde"]),
    pure("check",
        &["config", "endpoint", "finding", "http", "libpq", "observation", "preflight", "remediation", "source", "text", "tls", "x509"],
        &["jiff"]),
    // Fingerprints are SHA-256.
    pure("audit",
        &["check", "config", "finding", "observation", "source", "text"],
        &["aws_lc_rs", "data_encoding", "globset", "jiff", "serde", "serde_json", "similar"]),
    pure("policy", &["endpoint", "http", "libpq", "observation", "tls", "x509"], &["jiff"]),
    pure("score", &["check", "finding"], &["serde"]),
    // Floor 3, memory. Fingerprints are SHA-256.
    pure("store",
        &["check", "config", "endpoint", "finding", "libpq", "observation", "preflight", "score", "text", "tls", "x509"],
        &["aws_lc_rs", "data_encoding", "jiff"]),
    // Floor 4, windows.
    pure("report",
        &["audit", "check", "endpoint", "finding", "http", "libpq", "observation", "policy", "preflight", "remediation", "score", "source", "store", "text", "tls", "x509"],
        &["jiff", "serde", "serde_json", "unicode_width"]),
    pure("theme", &["text"], &["ratatui", "serde", "toml"]),
    pure("tui",
        &["check", "endpoint", "finding", "libpq", "observation", "preflight", "remediation", "score", "store", "text", "theme", "tls", "x509"],
        &["jiff", "nucleo_matcher", "ratatui", "unicode_width"]),
    // The wing.
    wing("watch",
        &["config", "observation", "source", "text", "x509"],
        &["aws_lc_rs", "data_encoding", "etcetera", "globset", "ignore", "jiff", "notify", "rustix", "tempfile", "tokio"]),
    // MD5 and plain numbers are for the handshakes of TLS 1.0 to 1.2 that rustls does not make.
    wing("probe",
        &["config", "endpoint", "http", "libpq", "observation", "text", "tls", "x509"],
        &["aws_lc_rs", "futures_util", "jiff", "md5", "num_bigint", "rustls", "rustls_native_certs", "rustls_pki_types", "tokio", "tokio_rustls", "webpki", "x509_parser"]),
    wing("scheduler",
        &["config", "endpoint", "libpq", "observation", "probe", "store", "tls", "x509"],
        &["futures_util", "jiff", "tokio", "tokio_util"]),
    wing("terminal",
        &["config", "store", "text", "theme", "tui"],
        &["arboard", "crossterm", "data_encoding", "futures_util", "jiff", "ratatui", "ratatui_crossterm", "rustix", "tokio", "tokio_util"]),
    // The lab writes the configuration that names its servers.
    wing("demo",
        &["config", "endpoint", "libpq", "text"],
        &["aws_lc_rs", "jiff", "rcgen", "rustls", "rustls_pki_types", "tempfile", "time", "tokio", "tokio_rustls", "tokio_util", "toml"]),
    // The door.
    wing("command",
        &["audit", "check", "config", "demo", "endpoint", "finding", "libpq", "observation", "policy", "probe", "report", "scheduler", "score", "source", "store",
            "terminal", "text", "theme", "tls", "tui", "watch"],
        // serde_json reads the report that a rescan begins with; unicode_width fits names to the terminal.
        &["anyhow", "clap", "clap_complete", "clap_mangen", "etcetera", "jiff", "rayon", "rustix", "serde_json", "tokio", "tokio_util",
            "unicode_width"]),
];

/// Crates that every room may name.
const EVERYWHERE: [&str; 1] = ["thiserror"];

/// Everything that may lie in the root of the repository.
const ROOT: [&str; 25] = [
    ".ci",
    ".config",
    ".git",
    ".gitignore",
    // pre-commit and GitHub look for these two here and nowhere else.
    ".pre-commit-hooks.yaml",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "action.yml",
    "benches",
    "clippy.toml",
    "config.example.toml",
    "deny.toml",
    "docs",
    "fuzz",
    "rustfmt.toml",
    "src",
    // Where cargo builds; never committed.
    "target",
    "tests",
    "themes",
];

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Lists what lies directly in a folder, by name.
fn names(folder: &str) -> BTreeSet<String> {
    fs::read_dir(root(folder))
        .unwrap_or_else(|error| panic!("{folder}: {error}"))
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

/// Lists every Rust file under a folder, as a path from the root with `/`.
fn rust_files(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    for name in names(folder) {
        let path = format!("{folder}/{name}");
        if root(&path).is_dir() {
            files.extend(rust_files(&path));
        } else if Path::new(&path).extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files
}

/// Lists the crates that `Cargo.toml` names, as code names them.
fn dependencies() -> BTreeSet<String> {
    let manifest: toml::Table = read(&root("Cargo.toml")).parse().expect("it is TOML");
    let table = manifest["dependencies"].as_table().expect("a table");
    for (name, value) in table {
        let renamed = value.get("package").is_some();
        assert!(!renamed, "{name} is renamed: the plan would not know it");
    }
    table
        .keys()
        .map(|name| match name.as_str() {
            // The crates whose library has another name than its package.
            "rustls-webpki" => "webpki".to_owned(),
            "md-5" => "md5".to_owned(),
            other => other.replace('-', "_"),
        })
        .collect()
}

#[test]
fn every_room_keeps_to_its_row() {
    let crates = dependencies();
    let complaints: Vec<String> = rust_files("src")
        .iter()
        .flat_map(|file| complaints(file, &read(&root(file)), &crates))
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn plan_and_rooms_are_the_same() {
    let planned: BTreeSet<&str> = PLAN.iter().map(|room| room.name).collect();
    assert_eq!(planned.len(), PLAN.len(), "a room stands in the plan twice");
    let library = code_of(&read(&root("src/lib.rs")));
    let declared: BTreeSet<&str> = library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(declared, planned, "src/lib.rs and the plan");
    for name in names("src") {
        let room = name.strip_suffix(".rs").unwrap_or(&name);
        let known = planned.contains(room) || ["lib", "main"].contains(&room);
        assert!(known, "src/{name} is in no row of the plan");
    }
}

#[test]
fn plan_leads_only_downwards() {
    for (index, room) in PLAN.iter().enumerate() {
        for import in room.imports {
            let below = PLAN[..index].iter().any(|lower| lower.name == *import);
            assert!(
                below,
                "{} imports {import}, which is not below it",
                room.name
            );
        }
        let dead: Vec<_> = room
            .crates
            .iter()
            .filter(|name| !dependencies().contains(**name))
            .collect();
        assert!(
            dead.is_empty(),
            "{} may name {dead:?}, which we do not have",
            room.name
        );
    }
}

#[test]
fn only_the_wing_opts_out_of_purity() {
    for file in rust_files("src") {
        let outside = room_of(&file).is_some_and(|room| room.outside);
        if !outside {
            let text = code_of(&read(&root(&file)));
            assert!(!text.contains("disallowed_methods"), "{file} is to be pure");
        }
    }
}

#[test]
fn main_declares_no_module_and_stays_short() {
    let text = read(&root("src/main.rs"));
    assert!(text.lines().count() < 40);
    let declares = code_of(&text)
        .lines()
        .any(|line| line.trim_start().starts_with("mod ") || line.contains("pub mod "));
    assert!(!declares, "everything would compile twice");
}

#[test]
fn every_file_says_what_it_is_for() {
    for folder in ["src", "tests", "benches"] {
        for file in rust_files(folder) {
            let text = read(&root(&file));
            // The library's own page is ARCHITECTURE.md.
            let opens = text.starts_with("//! ") || text.starts_with("#![doc = include_str!");
            assert!(opens, "{file} does not open with `//!`");
        }
    }
}

#[test]
fn no_room_is_a_mod_rs() {
    for folder in ["src", "tests"] {
        for file in rust_files(folder) {
            assert!(!file.ends_with("/mod.rs"), "{file}");
        }
    }
}

#[test]
fn every_integration_test_is_listed() {
    let listed = code_of(&read(&root("tests/it/main.rs")));
    let listed: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.trim().strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let there = names("tests/it");
    let there: BTreeSet<&str> = there
        .iter()
        .filter_map(|name| name.strip_suffix(".rs"))
        .filter(|name| *name != "main")
        .collect();
    assert_eq!(listed, there);
}

#[test]
fn probes_hold_no_opinion() {
    let word = ["inse", "cure"].concat();
    for file in rust_files("src")
        .iter()
        .filter(|file| file.starts_with("src/probe"))
    {
        let text = read(&root(file)).to_lowercase();
        assert!(!text.contains(&word), "{file} says `{word}`");
    }
}

#[test]
fn nothing_is_left_to_do_before_merging() {
    let word = ["FIX", "ME"].concat();
    for folder in ["src", "tests", "benches"] {
        for file in rust_files(folder) {
            for (number, line) in read(&root(&file)).lines().enumerate() {
                assert!(!line.contains(&word), "{file}:{}: {line}", number + 1);
            }
        }
    }
}

#[test]
fn root_holds_what_tools_look_for_and_nothing_else() {
    for name in names("") {
        assert!(
            ROOT.contains(&name.as_str()),
            "{name} is not in the list of the root"
        );
    }
    for name in ["LICENSE-APACHE", "LICENSE-MIT", "SECURITY.md", "deny.toml"] {
        assert!(root(name).is_file(), "{name} is missing");
    }
}

#[test]
fn every_theme_is_built_in() {
    let theme = read(&root("src/theme.rs"));
    for name in names("themes") {
        let listed = theme.contains(&format!("themes/{name}"));
        assert!(listed, "themes/{name} is not in src/theme.rs");
    }
}

/// Finds a file's room.
fn room_of(file: &str) -> Option<&'static Room> {
    let name = file.strip_prefix("src/")?.split('/').next()?;
    let name = name.strip_suffix(".rs").unwrap_or(name);
    PLAN.iter().find(|room| room.name == name)
}

/// Says everything that a file does against the plan.
fn complaints(file: &str, text: &str, crates: &BTreeSet<String>) -> Vec<String> {
    let mut said = Vec::new();
    let code = code_of(text);
    let mut complain = |number: usize, what: String| {
        said.push(format!("{file}:{}: {what}", number + 1));
    };
    let Some(room) = room_of(file) else {
        // `main.rs` and `lib.rs` belong to no room.
        if file == "src/lib.rs" {
            for (number, line) in code.lines().enumerate() {
                if line.trim_start().starts_with("pub use ") {
                    complain(number, "re-export at the crate root".to_owned());
                }
            }
        } else if file != "src/main.rs" {
            complain(0, "no such room in the plan".to_owned());
        }
        return said;
    };
    // `src/room.rs` is one module deep, `src/room/part.rs` two: that many steps up, less one, stay in the room.
    let mut depth = file.matches('/').count();
    let mut in_tests = false;
    for (number, line) in code.lines().enumerate() {
        let statement = line.trim();
        if statement.starts_with("extern crate ") {
            complain(number, "extern crate".to_owned());
        }
        if statement.contains("#[path") || statement.contains("include!(") {
            complain(number, "a file of another place".to_owned());
        }
        for path in paths(statement) {
            match path.as_slice() {
                ["crate"] if statement.contains("crate::{") || statement.contains("crate::*") => {
                    complain(number, "one `use crate::room::…` for each room".to_owned());
                }
                ["crate"] if statement.starts_with("use crate as ") => {
                    complain(number, "the crate under another name".to_owned());
                }
                ["crate", other, ..] if *other != room.name && !room.imports.contains(other) => {
                    let name = room.name;
                    complain(number, format!("`{name}` may not import `{other}`"));
                }
                ["crate", ..] if statement.starts_with("pub use crate::") => {
                    complain(number, "re-export of another room".to_owned());
                }
                ["super", ..] => {
                    let steps = path.iter().take_while(|part| **part == "super").count();
                    if steps >= depth {
                        complain(number, "`super` leaves the room".to_owned());
                    }
                }
                [first, rest @ ..]
                    if crates.contains(*first)
                        && (!rest.is_empty() || statement.starts_with("use "))
                        && !in_tests
                        && !EVERYWHERE.contains(first)
                        && !room.crates.contains(first) =>
                {
                    let name = room.name;
                    complain(number, format!("`{name}` may not name the crate `{first}`"));
                }
                _ => {}
            }
        }
        if statement.starts_with("mod ") && statement.ends_with('{') {
            depth += 1;
            // Unit tests hold to the rooms, and may name what tests need.
            in_tests |= statement == "mod tests {";
        }
    }
    said
}

/// Cuts the paths out of a line of code: `use crate::a::{b, c}` gives `crate, a`, `b` and `c`.
fn paths(line: &str) -> Vec<Vec<&str>> {
    let mut paths: Vec<Vec<&str>> = Vec::new();
    let mut rest = line;
    let mut joined = false;
    while let Some(first) = rest.chars().next() {
        let word_end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        if word_end > 0 {
            let (word, after) = rest.split_at(word_end);
            match paths.last_mut() {
                Some(path) if joined => path.push(word),
                _ => paths.push(vec![word]),
            }
            joined = false;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("::") {
            // `::name` at the start of a path is the crate called `name`; a path goes on only right behind a word.
            let behind_word = line[..line.len() - rest.len()]
                .ends_with(|c: char| c.is_alphanumeric() || c == '_');
            joined = behind_word;
            rest = after;
        } else {
            joined = false;
            rest = &rest[first.len_utf8()..];
        }
    }
    paths
}

/// Returns the code of a file with its comments and the insides of its strings blanked, line for line.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = string_length(rest, &code) {
            length
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        code.extend(
            rest[..length]
                .chars()
                .map(|c| if c == '\n' { '\n' } else { ' ' }),
        );
        rest = &rest[length..];
    }
    code
}

/// Measures a string or character literal that starts here. `before` is the code so far.
fn string_length(rest: &str, before: &str) -> Option<usize> {
    let after_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    if let Some(raw) = rest.strip_prefix('r')
        && !after_word
    {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = 1 + hashes + 1;
            return Some(
                rest[start..]
                    .find(&end)
                    .map_or(rest.len(), |at| start + at + end.len()),
            );
        }
    }
    // A lifetime has no second quote where a character has one.
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut escaped = false;
    for (offset, character) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == quote {
            let is_literal =
                quote == '"' || rest[1..offset].chars().count() == 1 || rest[1..].starts_with('\\');
            return is_literal.then_some(offset + 1);
        } else if quote == '\'' && offset > 1 && !rest[1..].starts_with('\\') {
            return None;
        }
    }
    None
}

#[test]
fn usual_ways_around_the_plan_are_reported() {
    let crates = dependencies();
    for (file, line) in [
        ("src/check/a.rs", "use crate::{tui, endpoint};"),
        ("src/check/a.rs", "use crate::tui::Model;"),
        ("src/check/a.rs", "use super::super::tui::Model;"),
        ("src/check.rs", "use super::tui::Model;"),
        ("src/check/a.rs", "use crate as house;"),
        ("src/check/a.rs", "fn f() { crate::probe::now(); }"),
        ("src/check/a.rs", "use ratatui::Frame;"),
        ("src/check/a.rs", "use ::ratatui as r;"),
        ("src/check/a.rs", "fn f() { tokio::spawn(async {}); }"),
        ("src/check/a.rs", "extern crate ratatui as r;"),
        ("src/check/a.rs", "#[path = \"../tui/model.rs\"] mod model;"),
        ("src/check/a.rs", "pub use crate::finding::Finding;"),
        ("src/tui/a.rs", "use crossterm::event::Event;"),
        ("src/report/a.rs", "use anyhow::Result;"),
        ("src/lib.rs", "pub use tui::Model;"),
        ("src/utils.rs", "pub fn f() {}"),
    ] {
        let said = complaints(file, line, &crates);
        assert_eq!(said.len(), 1, "{file}: {line}: {said:?}");
    }
}

#[test]
fn innocent_lines_are_not_reported() {
    let crates = dependencies();
    for (file, line) in [
        (
            "src/check/a.rs",
            "use crate::finding::{Detection, Severity};",
        ),
        (
            "src/check/a.rs",
            "use super::{Check, Verdict}; // not crate::tui",
        ),
        ("src/tui/view/a.rs", "use super::super::model::Model;"),
        (
            "src/check/a.rs",
            "const S: &str = \"use crate::tui::Model; ratatui::Frame\";",
        ),
        (
            "src/check/a.rs",
            "const S: &str = r#\"use \"crate::tui::Model\"; \"#;",
        ),
        (
            "src/check/a.rs",
            "fn f<'a>(c: &'a str) -> char { '\"' } // crate::tui",
        ),
        ("src/check/a.rs", "fn f() { my_ratatui::frame(); notify; }"),
        (
            "src/check/a.rs",
            "/* use ratatui::Frame; */ use thiserror::Error;",
        ),
        (
            "src/check/a.rs",
            "mod tests {\n    use super::*;\n    use proptest::prelude::*;\n}",
        ),
        ("src/check.rs", "mod tests {\n    use super::*;\n}"),
        ("src/main.rs", "verifull::command::run(std::env::args_os())"),
    ] {
        assert_eq!(complaints(file, line, &crates), [""; 0], "{file}: {line}");
    }
}

#[test]
fn relative_links_of_the_pages_lead_somewhere() {
    for page in ["README.md", "SECURITY.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root(page)).unwrap();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'));
        for (link, _) in links.filter(|(link, _)| !link.contains("://")) {
            assert!(
                root(link).exists(),
                "{page} links to `{link}`, which is not there"
            );
        }
    }
}
