//! `verifull init`: a starter configuration from the connection strings that lie around.
//!
//! It dials nothing and overwrites nothing. What a file says of a host is a candidate; each is written down with the place it comes from, and
//! what can only be reached from elsewhere, or stands in an example, is written as a comment.
#![expect(
    clippy::disallowed_methods,
    reason = "the door asks where it stands and writes the file that was asked for"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rayon::prelude::*;

use super::arguments::Init;
use super::failure::advised;
use super::output;
use crate::audit::shown_path;
use crate::config;
use crate::observation::Attempt;
use crate::source::declaration::{Connection, DeclarationKind, Host, Place, RootCertificate};
use crate::source::driver::Driver;
use crate::source::{FileReading, Role};
use crate::watch::tree::{self, Selection};

/// The file that is written.
const FILE: &str = "verifull.toml";
/// Where PostgreSQL listens.
const POSTGRESQL_PORT: u16 = 5432;
/// Where CockroachDB listens.
const COCKROACHDB_PORT: u16 = 26257;

/// A host that some file names.
#[derive(Debug)]
struct Candidate {
    /// Where it is named, `file:line`.
    places: Vec<String>,
    database: Option<String>,
    is_cockroachdb: bool,
    /// The trust file that the application names.
    root: Option<String>,
    /// Why it is no endpoint of this machine's; `None` where it may be one.
    doubt: Option<&'static str>,
}

type Candidates = BTreeMap<(String, u16), Candidate>;

/// Runs the command and returns its exit code.
pub(super) fn run(arguments: &Init) -> anyhow::Result<u8> {
    let target = Path::new(FILE);
    if !arguments.stdout && target.symlink_metadata().is_ok() {
        return Err(there_is_one());
    }
    let path = arguments.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let here = std::env::current_dir().context("the working folder cannot be found")?;
    let listing = tree::list(std::slice::from_ref(&path), &here, &Selection::default())?;
    let found: Vec<Candidates> = (listing.entries.par_iter())
        .map(|entry| match tree::look_at(entry).observation.reading {
            Attempt::Seen(reading) => candidates(&shown_path(&entry.name), &reading),
            Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_) => {
                Candidates::new()
            }
        })
        .collect();
    let mut all = Candidates::new();
    for (key, candidate) in found.into_iter().flatten() {
        merge(&mut all, key, candidate);
    }
    let (text, active, doubtful) = written(&all, &path);
    if arguments.stdout {
        output::write(&text)?;
    } else {
        create(target, &text)?;
    }
    let place = if arguments.stdout { "stdout" } else { FILE };
    output::say(&format!(
        "verifull: {} looked at; {place} has {} and {doubtful} more as comments",
        number(listing.entries.len(), "file"),
        number(active, "endpoint"),
    ));
    for (name, reason) in &listing.troubles {
        output::say(&format!("{}: not looked at: {reason}", shown_path(name)));
    }
    if !arguments.stdout && active > 0 {
        output::say("verifull: `verifull check` looks at them once, `verifull` watches them");
    }
    Ok(0)
}

fn there_is_one() -> anyhow::Error {
    advised(
        format!("`{FILE}` is there already, and nothing is overwritten"),
        "`verifull init --stdout` prints what would be written",
    )
}

fn number(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// Writes the file, where there is none.
fn create(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path);
    match file {
        Ok(mut file) => file
            .write_all(text.as_bytes())
            .with_context(|| format!("cannot write `{FILE}`")),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(there_is_one()),
        Err(error) => Err(error).with_context(|| format!("cannot write `{FILE}`")),
    }
}

/// Returns the hosts that a file names.
fn candidates(name: &str, reading: &FileReading) -> Candidates {
    let mut found = Candidates::new();
    for declaration in &reading.declarations {
        let DeclarationKind::Connection(connection) = &declaration.kind else {
            continue;
        };
        let line = reading.lines.line_of(connection.span.start);
        for host in &connection.hosts {
            let Some(key) = address(host, connection.driver) else {
                continue;
            };
            let candidate = Candidate {
                places: vec![format!("{name}:{line}")],
                database: connection.database.clone().filter(|name| is_plain(name)),
                is_cockroachdb: is_cockroachdb(connection, key.1),
                root: match &connection.root_certificate {
                    RootCertificate::Named(path) => Some(path.clone()),
                    RootCertificate::Missing | RootCertificate::Given => None,
                },
                doubt: doubt(host.place, reading.role),
            };
            merge(&mut found, key, candidate);
        }
    }
    found
}

/// Returns host and port of a host that can be dialled.
fn address(host: &Host, driver: Driver) -> Option<(String, u16)> {
    let name = host.name.as_ref()?;
    if host.place == Place::Socket || !is_plain(name) {
        return None;
    }
    let default = if driver == Driver::Cockroach {
        COCKROACHDB_PORT
    } else {
        POSTGRESQL_PORT
    };
    Some((name.to_lowercase(), host.port.unwrap_or(default)))
}

/// Whether a name can stand in a target and in a comment as it is.
fn is_plain(name: &str) -> bool {
    let is_fit = |character: char| character.is_alphanumeric() || "._-:".contains(character);
    !name.is_empty() && name.len() <= 253 && name.chars().all(is_fit)
}

fn is_cockroachdb(connection: &Connection, port: u16) -> bool {
    connection.driver == Driver::Cockroach || port == COCKROACHDB_PORT
}

/// Says why a host is no endpoint of this machine's.
fn doubt(place: Place, role: Role) -> Option<&'static str> {
    match (role, place) {
        (Role::Example | Role::Docs, _) => Some("an example names it"),
        (Role::Test, _) => Some("a test names it"),
        (_, Place::Neighbour) => Some("only its neighbours know the name"),
        (Role::Deploy | Role::App | Role::Dev, _) => None,
    }
}

/// Adds a candidate; one that is named twice keeps both places, and the better opinion of it.
fn merge(all: &mut Candidates, key: (String, u16), candidate: Candidate) {
    match all.get_mut(&key) {
        Some(known) => {
            for place in candidate.places {
                if !known.places.contains(&place) {
                    known.places.push(place);
                }
            }
            known.database = known.database.take().or(candidate.database);
            known.root = known.root.take().or(candidate.root);
            known.is_cockroachdb |= candidate.is_cockroachdb;
            if candidate.doubt.is_none() {
                known.doubt = None;
            }
        }
        None => {
            all.insert(key, candidate);
        }
    }
}

/// Most places of one endpoint that are named.
const MOST_PLACES: usize = 4;

/// Writes the configuration. Returns it with the number of endpoints in it, and of those that are comments.
fn written(all: &Candidates, path: &Path) -> (String, usize, usize) {
    let mut text = String::from(
        "# What verifull looks at, from the connection strings that `verifull init` found. `config.example.toml` of\n\
         # verifull shows every key. Passwords are not needed, and none was taken over.\n\n\
         [defaults]\n\
         # What your clients are meant to use, whatever they say today.\n\
         sslmode = \"verify-full\"\n\
         # Who vouches for the servers: a PEM file, or the system's trust store.\n\
         sslrootcert = \"system\"\n",
    );
    let (mut active, mut doubtful) = (0, 0);
    for ((host, port), candidate) in all {
        let block = block(host, *port, candidate);
        if config::parse(&block, Path::new(FILE), &|_| None).is_err() {
            continue;
        }
        text.push('\n');
        for place in candidate.places.iter().take(MOST_PLACES) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# {place}");
        }
        if candidate.places.len() > MOST_PLACES {
            let more = candidate.places.len() - MOST_PLACES;
            let _ = writeln!(text, "# and {}", number(more, "more place"));
        }
        if let Some(root) = &candidate.root {
            let _ = writeln!(text, "# The application trusts {}.", shown_path(root));
        }
        match candidate.doubt {
            None => {
                active += 1;
                text.push_str(&block);
            }
            Some(why) => {
                doubtful += 1;
                let _ = writeln!(text, "# Not looked at: {why}.");
                for line in block.lines() {
                    let _ = writeln!(text, "#{line}");
                }
            }
        }
    }
    let watched = path
        .to_string_lossy()
        .replace('\\', "\\\\")
        .replace('"', "\\\"");
    let _ = write!(
        text,
        "\n# Application files to watch.\n[watch]\npaths = [\"{}\"]\n",
        if is_toml(&watched) { &watched } else { "." }
    );
    (text, active, doubtful)
}

/// Whether a text can stand between the quotes of a TOML string.
fn is_toml(text: &str) -> bool {
    crate::text::printable(text) == text
}

/// Writes the block of one endpoint.
fn block(host: &str, port: u16, candidate: &Candidate) -> String {
    let scheme = if candidate.is_cockroachdb {
        "cockroachdb"
    } else {
        "postgresql"
    };
    let bracketed = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let database = candidate.database.as_ref();
    let database = database.map_or_else(String::new, |name| format!("/{name}"));
    format!(
        "[[endpoint]]\nname = \"{bracketed}:{port}\"\ntarget = \"{scheme}://{bracketed}:{port}{database}\"\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(place: &str, doubt: Option<&'static str>) -> Candidate {
        Candidate {
            places: vec![place.to_owned()],
            database: Some("app".to_owned()),
            is_cockroachdb: false,
            root: None,
            doubt,
        }
    }

    #[test]
    fn what_is_written_is_a_configuration() {
        let mut all = Candidates::new();
        merge(&mut all, ("db1".into(), 5432), candidate("a.py:1", None));
        merge(
            &mut all,
            ("db1".into(), 5432),
            candidate("b.py:2", Some("x")),
        );
        merge(&mut all, ("::1".into(), 26257), candidate("c", None));
        merge(
            &mut all,
            ("db".into(), 5432),
            candidate("d", Some("only its neighbours know the name")),
        );
        let (text, active, doubtful) = written(&all, Path::new("my \"app\""));
        assert_eq!((active, doubtful), (2, 1));
        let config = config::parse(&text, Path::new(FILE), &|_| None).expect("it is good");
        assert_eq!(config.endpoints.len(), 2);
        assert_eq!(config.watch, [PathBuf::from("my \"app\"")]);
        assert!(
            text.contains("# a.py:1\n# b.py:2\n[[endpoint]]\nname = \"db1:5432\""),
            "{text}"
        );
        assert!(
            text.contains("#[[endpoint]]\n#name = \"db:5432\""),
            "{text}"
        );
    }

    #[test]
    fn names_that_are_none_are_left_out() {
        let host = |name: &str| Host {
            name: Some(name.to_owned()),
            port: None,
            place: Place::Public,
        };
        assert!(address(&host("a\"b"), Driver::Libpq).is_none());
        assert_eq!(
            address(&host("DB.example.com"), Driver::Cockroach),
            Some(("db.example.com".to_owned(), 26257))
        );
    }
}
