//! Reads connection strings, wherever they stand, to connections.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::libpq::declared::{self, Component, Declared, Form};
use crate::source::declaration::{
    Certainty, Connection, Declaration, DeclarationKind, Edit, Fix, Host, Mode, PasswordSource,
    Place, Rejected, RootCertificate, SecretKind, SecretUse, Setting,
};
use crate::source::driver::{Driver, Protection};
use crate::text::printable;
use crate::text::template::{Span, Template};

use super::secret;

/// Where a fix puts the CA file that nobody can know: the user checks it.
pub(super) const CA_FILE: &str = "/path/to/ca.crt";

/// Schemes of stores and brokers. Where a URL is for none of them, an address of a page with a user in it is more likely than a secret.
const STORES: [&str; 16] = [
    "mysql",
    "mariadb",
    "redis",
    "rediss",
    "mongodb",
    "mongodb+srv",
    "amqp",
    "amqps",
    "kafka",
    "clickhouse",
    "mssql",
    "smtp",
    "smtps",
    "ldap",
    "ldaps",
    "jdbc:mysql",
];

/// Endings of names that are served on private networks alone.
const PRIVATE: [&str; 9] = [
    ".local",
    ".internal",
    ".svc",
    ".cluster.local",
    ".lan",
    ".localdomain",
    ".home",
    ".corp",
    ".intra",
];

/// What is known beside the text itself.
#[derive(Clone, Debug)]
pub struct Hints<'a> {
    /// The driver that the surroundings tell; a scheme that names one (`postgresql+asyncpg`) has more weight.
    pub driver: Driver,
    /// How that is known; empty where it is not.
    pub driver_evidence: String,
    /// Names of services of the same file: they are neighbours.
    pub neighbours: &'a BTreeSet<String>,
}

/// A connection string, read.
#[derive(Clone, Debug)]
pub struct Read {
    /// The connection with this driver's meaning.
    pub connection: Connection,
    /// The declarations that follow from the text alone, with their fixes: the connection itself, a password in it, an option that the driver
    /// refuses. A caller that knows more (an `ssl=` argument beside the text) changes the first one before it passes them on.
    pub declarations: Vec<Declaration>,
}

/// Whether a text looks like a connection string to a PostgreSQL-wire database.
pub fn is_connection_string(text: &Template) -> bool {
    declared::parse(text).is_some()
}

/// Reads a connection string of any form; `None` where the text is none, or documentation of how one is written.
pub fn read(text: &Template, hints: &Hints<'_>) -> Option<Read> {
    let declared = declared::parse(text)?;
    if is_documentation(&declared) {
        return None;
    }
    let (driver, evidence) = driver_of(&declared, hints);
    let connection = connect(&declared, driver, evidence, hints.neighbours);
    let mut declarations = vec![Declaration {
        span: connection
            .setting
            .as_ref()
            .map_or_else(|| connection.span.clone(), |setting| setting.span.clone()),
        certainty: certainty(&connection),
        fixes: fixes(&declared, &connection),
        kind: DeclarationKind::Connection(Box::new(connection.clone())),
    }];
    declarations.extend(password(&declared, &connection));
    declarations.extend(rejected(&declared, driver));
    Some(Read {
        connection,
        declarations,
    })
}

/// Reads the password of any other URL: a message broker's, a cache's.
pub fn url_password(text: &Template, neighbours: &BTreeSet<String>) -> Option<Declaration> {
    if declared::parse(text).is_some() {
        return None;
    }
    let (scheme, password) = declared::password_of_url(text)?;
    let Component::Known(known) = password else {
        return None;
    };
    let base = scheme.split('+').next().unwrap_or(&scheme);
    if !STORES.contains(&scheme.as_str()) && !STORES.contains(&base) {
        return None;
    }
    let whole = text.filled_with("");
    let host = whole
        .rsplit('@')
        .next()
        .unwrap_or_default()
        .split(['/', ':', '?'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if stands_for_a_host(&host) && secret::is_default_word(known.value.expose()) {
        return None;
    }
    let is_local = matches!(place_of(&host, neighbours), Place::Loopback | Place::Socket);
    // `smtps://login:password@…` shows how one is written.
    if secret::is_default_word(known.value.expose()) {
        return None;
    }
    let literal = Template::verbatim(known.value.expose(), known.span.clone());
    let mut declaration = secret::declare(
        &format!("the password of the {scheme} URL"),
        SecretKind::Password,
        &literal,
        known.span.clone(),
        is_local,
    )?;
    if known.is_default {
        fall_back(&mut declaration);
    }
    Some(declaration)
}

/// Says that a secret is only what a variable has where it is unset.
fn fall_back(declaration: &mut Declaration) {
    if let DeclarationKind::Secret(secret) = &mut declaration.kind {
        secret.is_fallback = true;
        declaration.certainty = Certainty::Medium;
    }
}

/// Whether a host's name, in lower case, is only a word for one.
fn stands_for_a_host(host: &str) -> bool {
    const HOSTS: [&str; 8] = [
        "host",
        "hostname",
        "hostspec",
        "your-host",
        "<host>",
        "server",
        "myhost",
        "your_host",
    ];
    HOSTS.contains(&host)
        || host.starts_with('<')
        || host.starts_with('[')
        || host.contains("...")
        || !host.is_empty() && secret::is_placeholder(host)
}

/// Whether all of it stands for something else: `postgresql://user:password@host:port/database`.
fn is_documentation(declared: &Declared) -> bool {
    let host = declared
        .hosts
        .first()
        .and_then(|host| host.host.known())
        .map(|host| host.to_ascii_lowercase());
    let port = declared
        .hosts
        .first()
        .and_then(|host| host.port.known())
        .is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()));
    port || host.as_deref().is_some_and(stands_for_a_host)
        && declared.password.known().is_none_or(|password| {
            secret::is_default_word(password.expose()) || secret::is_placeholder(password.expose())
        })
}

fn driver_of(declared: &Declared, hints: &Hints<'_>) -> (Driver, String) {
    if let Some(suffix) = &declared.driver
        && let Some(driver) = Driver::of_scheme_suffix(suffix)
    {
        return (driver, format!("the scheme names +{}", printable(suffix)));
    }
    match declared.form {
        Form::Jdbc => (Driver::Pgjdbc, "a JDBC URL".to_owned()),
        Form::AdoNet => (Driver::Npgsql, "an ADO.NET connection string".to_owned()),
        Form::Uri | Form::Keywords => (hints.driver, hints.driver_evidence.clone()),
    }
}

fn connect(
    declared: &Declared,
    driver: Driver,
    driver_evidence: String,
    neighbours: &BTreeSet<String>,
) -> Connection {
    let meaning = driver.meaning(declared);
    let deciding = ["sslmode", "ssl", "sslaccept", "requiressl", "ssl-mode"]
        .into_iter()
        .find_map(|name| declared.parameter(name));
    let (mode, setting) = match deciding {
        Some(parameter) => match &parameter.value {
            Component::Known(known) => (
                if known.is_default {
                    Mode::Default
                } else {
                    Mode::Explicit
                },
                Some(Setting {
                    name: parameter.name.clone(),
                    value: printable(&known.value),
                    span: known.span.clone(),
                }),
            ),
            Component::Open { .. } => (Mode::Open, None),
            Component::Absent => (Mode::Missing, None),
        },
        None if declared.may_have_more => (Mode::Open, None),
        None if meaning.by.is_some() => (Mode::Explicit, None),
        None => (Mode::Missing, None),
    };
    let protection = if mode == Mode::Open {
        Protection::Unknown
    } else {
        sqlalchemy_refusal(declared, driver).map_or(meaning.protection, |_| Protection::Rejected)
    };
    Connection {
        driver,
        driver_evidence,
        hosts: hosts(declared, neighbours),
        user: declared.user.known().map(|user| printable(user)),
        database: declared.database.known().map(|name| printable(name)),
        password: match &declared.password {
            Component::Absent => PasswordSource::None,
            Component::Open { .. } => PasswordSource::Elsewhere,
            Component::Known(known) if known.is_default => PasswordSource::Fallback,
            Component::Known(_) => PasswordSource::Literal,
        },
        setting,
        protection,
        mode,
        root_certificate: match declared.parameter("sslrootcert").map(|it| &it.value) {
            None | Some(Component::Absent) => RootCertificate::Missing,
            Some(Component::Open { .. }) => RootCertificate::Given,
            Some(Component::Known(known)) => RootCertificate::Named(printable(&known.value)),
        },
        client_certificate: declared.value("sslcert").map(printable),
        span: declared.span.clone(),
    }
}

/// Returns the hosts of a connection; the driver's own default where none is written.
fn hosts(declared: &Declared, neighbours: &BTreeSet<String>) -> Vec<Host> {
    if declared.hosts.is_empty() {
        return vec![Host {
            name: None,
            port: None,
            place: if declared.form == Form::Uri {
                Place::Socket
            } else {
                Place::Loopback
            },
        }];
    }
    declared
        .hosts
        .iter()
        .map(|host| {
            let place = match &host.host {
                Component::Absent => Place::Loopback,
                Component::Open { .. } => Place::Unknown,
                Component::Known(known) => place_of(&known.value, neighbours),
            };
            Host {
                name: host.host.known().map(|name| printable(name)),
                port: host.port.known().and_then(|port| port.parse().ok()),
                place,
            }
        })
        .collect()
}

/// Tells where a host is by its name.
pub fn place_of(host: &str, neighbours: &BTreeSet<String>) -> Place {
    let host = host.trim_matches(['[', ']']);
    if host.starts_with('/') || host.starts_with('@') {
        return Place::Socket;
    }
    let lower = host.to_ascii_lowercase();
    if lower == "localhost" || lower.ends_with(".localhost") || lower == "ip6-localhost" {
        return Place::Loopback;
    }
    if let Ok(address) = lower.parse::<IpAddr>() {
        return match address {
            _ if address.is_loopback() || address.is_unspecified() => Place::Loopback,
            address if is_private(address) => Place::Private,
            _ => Place::Public,
        };
    }
    if neighbours.contains(&lower) || !lower.contains('.') {
        return Place::Neighbour;
    }
    if PRIVATE.iter().any(|ending| lower.ends_with(ending)) || lower.contains(".svc.") {
        return Place::Private;
    }
    Place::Public
}

/// Whether an address is of a private network: RFC 1918, RFC 4193, or link-local.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => matches!(address.segments()[0] & 0xFE00, 0xFC00 | 0xFE00),
    }
}

/// How sure a reading of a text alone is.
fn certainty(connection: &Connection) -> Certainty {
    match connection.mode {
        Mode::Open => Certainty::Low,
        Mode::Default => Certainty::Medium,
        Mode::Missing if connection.driver == Driver::Unknown => Certainty::Medium,
        Mode::Explicit | Mode::Missing => Certainty::High,
    }
}

fn password(declared: &Declared, connection: &Connection) -> Option<Declaration> {
    let Component::Known(known) = &declared.password else {
        return None;
    };
    let literal = Template::verbatim(known.value.expose(), known.span.clone());
    let written = secret::written(&literal, SecretKind::Password)?;
    let is_local = connection
        .hosts
        .iter()
        .all(|host| matches!(host.place, Place::Loopback | Place::Socket));
    Some(Declaration {
        kind: DeclarationKind::Secret(SecretUse {
            kind: SecretKind::Password,
            name: "the connection string's password".to_owned(),
            length: written.length,
            is_default_word: written.is_default_word
                || connection.user.as_deref() == Some(known.value.expose()),
            is_fallback: known.is_default,
            is_local,
        }),
        span: known.span.clone(),
        certainty: if known.is_default {
            Certainty::Medium
        } else {
            Certainty::High
        },
        fixes: Vec::new(),
    })
}

/// SQLAlchemy hands every parameter of an asyncpg URL to `asyncpg.connect`, which has no `sslmode`.
fn sqlalchemy_refusal(declared: &Declared, driver: Driver) -> Option<(&str, Span)> {
    if driver != Driver::Asyncpg || declared.driver.as_deref() != Some("asyncpg") {
        return None;
    }
    declared
        .parameters
        .iter()
        .find(|it| {
            matches!(
                it.name.as_str(),
                "sslmode" | "sslrootcert" | "sslcert" | "sslkey"
            )
        })
        .map(|it| (it.name.as_str(), it.span.clone()))
}

fn rejected(declared: &Declared, driver: Driver) -> Option<Declaration> {
    let declare = |by: &str, what: String, error: String, span: Span| Declaration {
        kind: DeclarationKind::Rejected(Rejected {
            by: by.to_owned(),
            what: printable(&what),
            error: printable(&error),
        }),
        span,
        certainty: Certainty::High,
        fixes: Vec::new(),
    };
    if let Some((name, span)) = sqlalchemy_refusal(declared, driver) {
        return Some(declare(
            "asyncpg",
            name.to_owned(),
            format!("TypeError: connect() got an unexpected keyword argument '{name}'"),
            span,
        ));
    }
    let (scheme, suffix) = (declared.scheme.as_deref()?, declared.driver.as_deref()?);
    if Driver::of_scheme_suffix(suffix).is_none()
        && !matches!(
            suffix,
            "pygresql" | "psycopg2binary" | "ssh" | "tls" | "unix" | "srv"
        )
        && matches!(
            scheme,
            "postgresql" | "cockroachdb" | "postgres" | "cockroach"
        )
    {
        return Some(declare(
            "SQLAlchemy",
            format!("{scheme}+{suffix}"),
            format!("NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:{scheme}.{suffix}"),
            declared.span.clone(),
        ));
    }
    None
}

/// Returns the edits of the text that make it verify.
fn fixes(declared: &Declared, connection: &Connection) -> Vec<Fix> {
    let driver = connection.driver;
    let is_bad = matches!(
        connection.protection,
        Protection::Plaintext
            | Protection::PlaintextPossible
            | Protection::Unverified
            | Protection::ChainOnly
    );
    if !is_bad || !driver.takes_verify_full_in_url() || connection.mode == Mode::Open {
        return Vec::new();
    }
    // SQLAlchemy's asyncpg dialect takes `ssl=`, and no root certificate beside it.
    if driver == Driver::Asyncpg && declared.driver.is_some() {
        return Vec::new();
    }
    let has_root = connection.root_certificate != RootCertificate::Missing;
    let (name, value) = match declared.form {
        Form::AdoNet => ("SSL Mode", "VerifyFull"),
        _ => ("sslmode", "verify-full"),
    };
    let mut edits = Vec::new();
    if let Some(parameter) = declared.parameter("sslmode") {
        let Component::Known(known) = &parameter.value else {
            return Vec::new();
        };
        if !known.is_exact || known.is_default {
            return Vec::new();
        }
        edits.push(Edit {
            span: known.span.clone(),
            replacement: value.to_owned(),
        });
    } else if declared.parameter("ssl").is_some() || declared.parameter("sslaccept").is_some() {
        return Vec::new();
    }
    let root = match declared.form {
        Form::AdoNet => "Root Certificate",
        _ => "sslrootcert",
    };
    let mut added = Vec::new();
    if edits.is_empty() {
        added.push(format!("{name}={value}"));
    }
    if !has_root {
        added.push(format!("{root}={CA_FILE}"));
    }
    if !added.is_empty() {
        let Some(insertion) = &declared.insertion else {
            return Vec::new();
        };
        let joint = match insertion.separator {
            "?" | "" => "&",
            other => other,
        };
        edits.push(Edit {
            span: insertion.at..insertion.at,
            replacement: format!("{}{}", insertion.separator, added.join(joint)),
        });
    }
    edits.sort_by_key(|edit| edit.span.start);
    vec![Fix {
        title: if has_root {
            format!("set {name}={value}")
        } else {
            format!("set {name}={value} and {root}: put in the path of your CA certificate")
        },
        edits,
        is_safe: has_root,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str, driver: Driver) -> Option<Read> {
        let neighbours = BTreeSet::new();
        read(
            &Template::verbatim(text, 0..text.len()),
            &Hints {
                driver,
                driver_evidence: String::new(),
                neighbours: &neighbours,
            },
        )
    }

    /// Applies the first fix of the connection.
    fn fixed(text: &str, driver: Driver) -> Option<String> {
        let read = look(text, driver)?;
        let fix = read.declarations.first()?.fixes.first()?;
        let mut fixed = text.to_owned();
        for edit in fix.edits.iter().rev() {
            fixed.replace_range(edit.span.clone(), &edit.replacement);
        }
        Some(fixed)
    }

    #[test]
    fn missing_mode_is_what_the_driver_makes_of_it() {
        let read = look("postgresql://app@db.example/x", Driver::NodePostgres).unwrap();
        assert_eq!(read.connection.mode, Mode::Missing);
        assert_eq!(read.connection.protection, Protection::Plaintext);
        assert_eq!(read.connection.hosts[0].place, Place::Public);
    }

    #[test]
    fn every_fix_makes_the_connection_verify() {
        for text in [
            "postgresql://app@db/x",
            "postgresql://app@db/x?sslmode=disable",
            "postgresql://app@db/x?application_name=a",
            "postgresql://app@db/x?sslmode=require&sslrootcert=ca.crt",
            "host=db dbname=x sslmode=prefer",
            "jdbc:postgresql://db/x?sslmode=require",
            "Host=db;Database=x;SSL Mode=Require",
            "Host=db;Database=x;",
        ] {
            let fixed = fixed(text, Driver::Libpq).unwrap_or_else(|| panic!("no fix: {text}"));
            let after = look(&fixed, Driver::Libpq).unwrap();
            assert_eq!(after.connection.protection, Protection::Verified, "{fixed}");
            assert_ne!(
                after.connection.root_certificate,
                RootCertificate::Missing,
                "{fixed}"
            );
        }
    }

    #[test]
    fn no_fix_is_offered_that_the_driver_would_refuse() {
        for (text, driver) in [
            (
                "postgresql://app@db/x?sslmode=disable",
                Driver::TokioPostgres,
            ),
            ("postgresql+asyncpg://app@db/x", Driver::Unknown),
            ("postgresql://app@db/x?sslmode=require", Driver::Prisma),
            ("postgresql://app@db/x", Driver::PostgresJs),
        ] {
            assert_eq!(fixed(text, driver), None, "{text}");
        }
    }

    #[test]
    fn what_the_driver_refuses_is_said() {
        let read = look(
            "postgresql+asyncpg://app@db/x?sslmode=verify-full",
            Driver::Unknown,
        )
        .unwrap();
        assert_eq!(read.connection.protection, Protection::Rejected);
        let is_rejected = |it: &Declaration| matches!(it.kind, DeclarationKind::Rejected(_));
        assert!(read.declarations.iter().any(is_rejected));
        let read = look("cockroachdb+sickql://root@db/x", Driver::Unknown).unwrap();
        assert!(read.declarations.iter().any(is_rejected));
    }

    #[test]
    fn documentation_is_no_connection() {
        assert!(
            look(
                "postgresql://user:password@host:port/database",
                Driver::Libpq
            )
            .is_none()
        );
        assert!(look("postgres://user:pass@hostname:5432/db", Driver::Libpq).is_none());
        assert!(look("postgres://user:hunter2@db:5432/db", Driver::Libpq).is_some());
    }

    #[test]
    fn passwords_of_other_urls_are_found_and_documentation_is_not() {
        let is_found = |text: &str| {
            url_password(&Template::verbatim(text, 0..text.len()), &BTreeSet::new()).is_some()
        };
        assert!(is_found("redis://:hunter2@cache:6379/0") && is_found("smtps://a:hunter2@mail.x"));
        assert!(
            !is_found("smtps://user:pass@hostname:port") && !is_found("https://a:b@x.example/")
        );
    }

    #[test]
    fn places_are_told_by_names_and_addresses() {
        let neighbours = BTreeSet::from(["cache.x".to_owned()]);
        for (host, place) in [
            ("localhost", Place::Loopback),
            ("127.0.0.1", Place::Loopback),
            ("/var/run/postgresql", Place::Socket),
            ("db", Place::Neighbour),
            ("cache.x", Place::Neighbour),
            ("10.0.0.5", Place::Private),
            ("db.default.svc.cluster.local", Place::Private),
            ("db.example.com", Place::Public),
            ("8.8.8.8", Place::Public),
        ] {
            assert_eq!(place_of(host, &neighbours), place, "{host}");
        }
    }
}
