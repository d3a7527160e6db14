//! Python: keyword arguments of psycopg 3 and psycopg2.
//!
//! Keywords beat whatever a URL says, so these stand whatever the rest of the program does. Both drivers hand them to libpq, which
//! finds the password by itself.

use crate::remediation::quote;
use crate::remediation::{Connection, Dialect, Proof, Remedy, Snippet};

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::VerifyFull(connection) => vec![
            verify_full(
                connection,
                "psycopg",
                "psycopg 3: keywords with verify-full",
                Proof::Executed("psycopg 3.3.9"),
            ),
            verify_full(
                connection,
                "psycopg2",
                "psycopg2: keywords with verify-full",
                Proof::Executed("psycopg2 2.9.13"),
            ),
        ],
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

fn verify_full(connection: &Connection, module: &str, title: &str, proof: Proof) -> Snippet {
    let mut lines = vec![
        format!("host={}", quote::python(&connection.host)),
        format!("port={}", connection.port),
    ];
    if let Some(database) = connection.known_database() {
        lines.push(format!("dbname={}", quote::python(database)));
    }
    if let Some(user) = connection.known_user() {
        lines.push(format!("user={}", quote::python(user)));
    }
    lines.extend(libpq_options(connection, "="));
    Snippet {
        dialect: Dialect::Psycopg,
        title: title.to_owned(),
        language: "python",
        text: format!(
            "import {module}\n\nconnection = {module}.connect(\n    {},\n)\n",
            lines.join(",\n    ")
        ),
        then: connection.libpq_steps(),
        verify: connection.verify(),
        proof,
    }
}

/// Returns libpq's TLS parameters as Python writes them: as keywords, or, with another separator, as entries of a dictionary.
pub(super) fn libpq_options(connection: &Connection, separator: &str) -> Vec<String> {
    let mut options = vec![
        ("sslmode", "verify-full".to_owned()),
        ("sslrootcert", connection.ca()),
    ];
    if let Some((certificate, key)) = connection.identity() {
        options.push(("sslcert", certificate));
        options.push(("sslkey", key));
    }
    options
        .into_iter()
        .map(|(name, value)| {
            let name = if separator == "=" {
                name.to_owned()
            } else {
                quote::python(name)
            };
            format!("{name}{separator}{}", quote::python(&value))
        })
        .collect()
}
