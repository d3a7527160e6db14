//! Hosts that files name: candidates for endpoints, each with the places it comes from.
//!
//! Naming is not asking: nothing is dialled because a file names it. What can only be reached from elsewhere, or stands in an example, is
//! told with that doubt.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::shown_path;
use crate::source::declaration::{Connection, DeclarationKind, Host, Place, RootCertificate};
use crate::source::driver::Driver;
use crate::source::{FileReading, Role};

/// Where PostgreSQL listens.
const POSTGRESQL_PORT: u16 = 5432;
/// Where CockroachDB listens.
const COCKROACHDB_PORT: u16 = 26257;
/// Most places of one endpoint that are written down.
const MOST_PLACES: usize = 4;

/// A host that some file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where it is named, `file:line`, printable.
    pub places: Vec<String>,
    /// The database, where one is known.
    pub database: Option<String>,
    /// Whether it is known to be CockroachDB.
    pub is_cockroachdb: bool,
    /// The trust file that the application names.
    pub root: Option<String>,
    /// Why it is no endpoint of this machine's; `None` where it may be one.
    pub doubt: Option<&'static str>,
}

/// Candidates by host name, in lower case, and port.
pub type Candidates = BTreeMap<(String, u16), Candidate>;

/// Returns the hosts that a file names.
pub fn candidates(name: &str, reading: &FileReading) -> Candidates {
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

/// Adds a candidate; one that is named twice keeps both places, and the better opinion of it.
pub fn merge(all: &mut Candidates, key: (String, u16), candidate: Candidate) {
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

/// Writes an endpoint's place as an address: IPv6 in brackets.
pub fn host_and_port(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// Writes the comments that say where a candidate comes from, one a line.
pub fn origin(candidate: &Candidate) -> String {
    let mut text = String::new();
    for place in candidate.places.iter().take(MOST_PLACES) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# {place}");
    }
    match candidate.places.len().saturating_sub(MOST_PLACES) {
        0 => {}
        1 => text.push_str("# and 1 more place\n"),
        more => {
            let _ = writeln!(text, "# and {more} more places");
        }
    }
    if let Some(root) = &candidate.root {
        let _ = writeln!(text, "# The application trusts {}.", shown_path(root));
    }
    text
}

/// Writes the block of one endpoint, as verifull's configuration has it.
pub fn block(host: &str, port: u16, candidate: &Candidate) -> String {
    let scheme = if candidate.is_cockroachdb {
        "cockroachdb"
    } else {
        "postgresql"
    };
    let address = host_and_port(host, port);
    let database = candidate.database.as_ref();
    let database = database.map_or_else(String::new, |name| format!("/{name}"));
    format!("[[endpoint]]\nname = \"{address}\"\ntarget = \"{scheme}://{address}{database}\"\n")
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn file_names_its_hosts_with_their_lines() {
        let text = "# app\nDATABASE_URL=postgresql://app@db1.example.com/orders\n";
        let reading = crate::source::look("deploy/prod.env", text).expect("it concerns us");
        let found = candidates("deploy/prod.env", &reading);
        let candidate = &found[&("db1.example.com".to_owned(), 5432)];
        assert_eq!(candidate.places, ["deploy/prod.env:2"]);
        assert_eq!(candidate.database.as_deref(), Some("orders"));
        assert_eq!(
            format!(
                "{}{}",
                origin(candidate),
                block("db1.example.com", 5432, candidate)
            ),
            "# deploy/prod.env:2\n[[endpoint]]\nname = \"db1.example.com:5432\"\n\
             target = \"postgresql://db1.example.com:5432/orders\"\n"
        );
    }
}
