//! Remedies: typed cures, filled with the user's own host, port, database, user and files, and one file per dialect
//! that renders them.
//!
//! It executes nothing and writes no file. What it renders has been run, or says on its face that it has not.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

mod asyncpg;
mod cockroach;
mod hardening;
mod jdbc;
mod libpq;
mod nginx;
mod node_postgres;
mod openssl;
mod pgx;
mod postgresql;
mod psycopg;
mod quote;
mod sqlalchemy;
mod uvicorn;
mod values;
mod verifull;

pub use hardening::{TlsHardening, TlsWant};

/// What is to be done, and with which values. A dialect turns it into text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Clients of the PostgreSQL wire: connect with `sslmode=verify-full`.
    VerifyFull(Connection),
    /// A server of the PostgreSQL wire: offer TLS.
    OfferTls(Connection),
    /// A server of the PostgreSQL wire: refuse plaintext.
    RequireTls(Connection),
    /// A certificate: issue it anew and load it, with these names.
    IssueCertificate(CertificateOrder),
    /// A server: send the intermediate certificates with its own.
    SendIntermediates(Connection),
    /// A front end: offer TLS 1.2 and 1.3 with forward secrecy, and the hybrid group where it can.
    ModernTls(Connection),
    /// A server: have its TLS do what it does not, and no more than that.
    HardenTls(TlsHardening),
    /// An HTTPS front end: send HSTS, redirect plain HTTP, mark cookies `Secure`.
    HttpTransport(Connection),
    /// A client certificate: issue one that the server accepts.
    IssueClientCertificate(Connection),
    /// Verifull's own configuration: take the password out.
    MoveSecret(SecretPlace),
}

/// The values of a connection, as the endpoint has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Connection {
    /// Name of the endpoint, for `verifull check`.
    pub endpoint: String,
    /// What the endpoint speaks: `postgresql`, `https` or `tls`.
    pub protocol: String,
    /// What was recognised there: `cockroachdb`, `postgresql`, …; `unknown` otherwise.
    pub product: String,
    /// Host that clients dial.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Database, where it is known.
    pub database: Option<String>,
    /// User, where it is known.
    pub user: Option<String>,
    /// CA file, where it is known.
    pub sslrootcert: Option<PathBuf>,
    /// Client certificate, where one is used.
    pub sslcert: Option<PathBuf>,
    /// Its key.
    pub sslkey: Option<PathBuf>,
}

/// A certificate that is to be issued.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CertificateOrder {
    /// Where it is served.
    pub connection: Connection,
    /// Every name and address it must hold: those that are there and those that are missing.
    pub names: Vec<String>,
    /// The names among them that are missing today.
    pub missing: Vec<String>,
    /// Why it is needed, in a clause such as `the served one expired 2 hours ago`.
    pub because: String,
}

/// A place where a secret stands that should not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecretPlace {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The key of the configuration.
    pub key: String,
}

/// A language, library or server in whose words a remedy is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// A libpq URI, as psql, psycopg 3 and psycopg2 take it.
    Libpq,
    /// Python: psycopg (3) and psycopg2 keyword arguments.
    Psycopg,
    /// Python: asyncpg.
    Asyncpg,
    /// Python: SQLAlchemy.
    Sqlalchemy,
    /// JavaScript: node-postgres (`pg`).
    NodePostgres,
    /// Go: pgx.
    Pgx,
    /// Java: pgjdbc.
    Jdbc,
    /// nginx.
    Nginx,
    /// Python servers: uvicorn and gunicorn.
    Uvicorn,
    /// PostgreSQL's own files: `postgresql.conf`, `pg_hba.conf`.
    Postgresql,
    /// The `cockroach` program: flags, `cockroach cert`, cluster settings.
    Cockroach,
    /// The `openssl` program and what reloads a certificate.
    Openssl,
    /// verifull's own configuration.
    Verifull,
}

/// Whether a rendered snippet has been run against real peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A test runs it: with which program and version.
    Executed(&'static str),
    /// Nobody ran it, and why.
    NotExecuted(&'static str),
}

/// A remedy in the words of one dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The dialect.
    pub dialect: Dialect,
    /// Title, such as `psycopg: verify-full with your CA`.
    pub title: String,
    /// The language of `text`, for colours and fences: `python`, `sh`, `nginx`, `ini`, `sql`, …
    pub language: &'static str,
    /// The lines to copy.
    pub text: String,
    /// What to do next: restart, reload, create the certificate. One step a line.
    pub then: Vec<String>,
    /// How to see that it worked, a verifull command.
    pub verify: String,
    /// Whether it has been run.
    pub proof: Proof,
}

impl Remedy {
    /// Returns the remedy that makes a server's TLS do these things.
    pub fn harden_tls(connection: Connection, wants: impl IntoIterator<Item = TlsWant>) -> Self {
        Self::HardenTls(TlsHardening::new(connection, wants))
    }

    /// Returns the connection that it is about, if it is about one.
    pub fn connection(&self) -> Option<&Connection> {
        match self {
            Self::VerifyFull(connection)
            | Self::OfferTls(connection)
            | Self::RequireTls(connection)
            | Self::SendIntermediates(connection)
            | Self::ModernTls(connection)
            | Self::HttpTransport(connection)
            | Self::IssueClientCertificate(connection) => Some(connection),
            Self::IssueCertificate(order) => Some(&order.connection),
            Self::HardenTls(hardening) => Some(&hardening.connection),
            Self::MoveSecret(_) => None,
        }
    }
}

impl Dialect {
    /// All of them: clients, then servers, then tools.
    pub const ALL: [Self; 13] = [
        Self::Libpq,
        Self::Psycopg,
        Self::Asyncpg,
        Self::Sqlalchemy,
        Self::NodePostgres,
        Self::Pgx,
        Self::Jdbc,
        Self::Postgresql,
        Self::Cockroach,
        Self::Nginx,
        Self::Uvicorn,
        Self::Openssl,
        Self::Verifull,
    ];

    /// Returns the name that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Libpq => "libpq",
            Self::Psycopg => "psycopg",
            Self::Asyncpg => "asyncpg",
            Self::Sqlalchemy => "sqlalchemy",
            Self::NodePostgres => "node_postgres",
            Self::Pgx => "pgx",
            Self::Jdbc => "jdbc",
            Self::Nginx => "nginx",
            Self::Uvicorn => "uvicorn",
            Self::Postgresql => "postgresql",
            Self::Cockroach => "cockroach",
            Self::Openssl => "openssl",
            Self::Verifull => "verifull",
        }
    }

    /// Tells a client of the PostgreSQL wire from servers and tools: to HTTPS it has nothing to say.
    const fn is_postgresql_client(self) -> bool {
        match self {
            Self::Libpq
            | Self::Psycopg
            | Self::Asyncpg
            | Self::Sqlalchemy
            | Self::NodePostgres
            | Self::Pgx
            | Self::Jdbc => true,
            Self::Nginx
            | Self::Uvicorn
            | Self::Postgresql
            | Self::Cockroach
            | Self::Openssl
            | Self::Verifull => false,
        }
    }

    /// Renders a remedy in this dialect's words; nothing where it does not fit.
    fn render(self, remedy: &Remedy) -> Vec<Snippet> {
        let is_front_end = remedy
            .connection()
            .is_some_and(|connection| connection.server() == values::Server::FrontEnd);
        if is_front_end && self.is_postgresql_client() {
            return Vec::new();
        }
        match self {
            Self::Libpq => libpq::render(remedy),
            Self::Psycopg => psycopg::render(remedy),
            Self::Asyncpg => asyncpg::render(remedy),
            Self::Sqlalchemy => sqlalchemy::render(remedy),
            Self::NodePostgres => node_postgres::render(remedy),
            Self::Pgx => pgx::render(remedy),
            Self::Jdbc => jdbc::render(remedy),
            Self::Nginx => nginx::render(remedy),
            Self::Uvicorn => uvicorn::render(remedy),
            Self::Postgresql => postgresql::render(remedy),
            Self::Cockroach => cockroach::render(remedy),
            Self::Openssl => openssl::render(remedy),
            Self::Verifull => verifull::render(remedy),
        }
    }
}

/// Renders a remedy in every dialect that fits it, the likeliest first.
///
/// A dialect may give more than one snippet; their titles tell them apart, and no title holds a value.
pub fn render(remedy: &Remedy) -> Vec<Snippet> {
    let mut dialects = Dialect::ALL.to_vec();
    // The port is the only hint where a server did not show itself: 26257 is CockroachDB's.
    let is_likely_cockroach = remedy.connection().is_some_and(|connection| {
        connection.product.starts_with("cockroachdb")
            || (connection.product != "postgresql" && connection.port == 26257)
    });
    if is_likely_cockroach {
        dialects.sort_by_key(|dialect| *dialect != Dialect::Cockroach);
    }
    dialects
        .into_iter()
        .flat_map(|dialect| dialect.render(remedy))
        .collect()
}
