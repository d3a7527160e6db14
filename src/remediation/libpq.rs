//! libpq's URI, as psql, psycopg and many others take it.
//!
//! It never holds a password: libpq looks for it in `PGPASSWORD` and `~/.pgpass` by itself.

use crate::remediation::quote;
use crate::remediation::{Connection, Dialect, Proof, Remedy, Snippet};

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::VerifyFull(connection) => vec![verify_full(connection)],
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

fn verify_full(connection: &Connection) -> Snippet {
    let uri = quote::shell(&connection.verify_full_uri());
    Snippet {
        dialect: Dialect::Libpq,
        title: "libpq: a URI with verify-full".to_owned(),
        language: "sh",
        text: format!("export DATABASE_URL={uri}\npsql \"$DATABASE_URL\" -c '\\conninfo'\n"),
        then: connection.libpq_steps(),
        verify: connection.verify(),
        proof: Proof::Executed("psql 15"),
    }
}
