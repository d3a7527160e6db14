//! Python: SQLAlchemy over psycopg and over asyncpg.
//!
//! `connect_args` beat the query of a URL, and `URL.create` needs no quoting. The dialect's name says which server: PostgreSQL's
//! cannot read CockroachDB's version.

use crate::remediation::asyncpg;
use crate::remediation::psycopg;
use crate::remediation::quote;
use crate::remediation::values::Server;
use crate::remediation::{Connection, Dialect, Proof, Remedy, Snippet};

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::VerifyFull(connection) => vec![over_psycopg(connection), over_asyncpg(connection)],
        Remedy::OfferTls(_)
        | Remedy::RequireTls(_)
        | Remedy::IssueCertificate(_)
        | Remedy::SendIntermediates(_)
        | Remedy::ModernTls(_)
        | Remedy::HttpTransport(_)
        | Remedy::IssueClientCertificate(_)
        | Remedy::HardenTls(_)
        | Remedy::MoveSecret(_) => Vec::new(),
    }
}

fn over_psycopg(connection: &Connection) -> Snippet {
    Snippet {
        dialect: Dialect::Sqlalchemy,
        title: "SQLAlchemy over psycopg: connect_args with verify-full".to_owned(),
        language: "python",
        text: format!(
            "from sqlalchemy import URL, create_engine\n\nengine = create_engine(\n    {},\n    connect_args={{\n        {},\n    }},\n)\n",
            url(connection, "psycopg"),
            psycopg::libpq_options(connection, ": ").join(",\n        ")
        ),
        then: steps(connection, connection.libpq_steps()),
        verify: connection.verify(),
        proof: Proof::Executed("SQLAlchemy 2.0.58, psycopg 3.3.9"),
    }
}

fn over_asyncpg(connection: &Connection) -> Snippet {
    Snippet {
        dialect: Dialect::Sqlalchemy,
        title: "SQLAlchemy over asyncpg: connect_args with a TLS context".to_owned(),
        language: "python",
        text: format!(
            "import ssl\n\nfrom sqlalchemy import URL\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n{}\nengine = create_async_engine(\n    {},\n    connect_args={{\"ssl\": tls}},\n)\n",
            asyncpg::context(connection),
            url(connection, "asyncpg")
        ),
        then: steps(connection, connection.client_steps()),
        verify: connection.verify(),
        proof: Proof::Executed("SQLAlchemy 2.0.58, asyncpg 0.32.0"),
    }
}

fn url(connection: &Connection, driver: &str) -> String {
    let mut arguments = vec![
        quote::python(&format!("{}+{driver}", scheme(connection))),
        format!("host={}", quote::python(&connection.host)),
        format!("port={}", connection.port),
    ];
    if let Some(database) = connection.known_database() {
        arguments.push(format!("database={}", quote::python(database)));
    }
    if let Some(user) = connection.known_user() {
        arguments.push(format!("username={}", quote::python(user)));
    }
    format!(
        "URL.create(\n        {},\n    )",
        arguments.join(",\n        ")
    )
}

fn scheme(connection: &Connection) -> &'static str {
    match connection.server() {
        Server::Cockroachdb => "cockroachdb",
        Server::Postgresql | Server::PostgresqlWire | Server::FrontEnd => "postgresql",
    }
}

fn steps(connection: &Connection, mut steps: Vec<String>) -> Vec<String> {
    if scheme(connection) == "cockroachdb" {
        steps.insert(
            0,
            "the dialect `cockroachdb` is in the package sqlalchemy-cockroachdb".to_owned(),
        );
    }
    steps.push(
        "connect once at start-up, such as with SELECT 1: the pool shows a TLS error only when it connects".to_owned(),
    );
    steps
}
