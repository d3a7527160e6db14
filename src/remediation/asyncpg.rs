//! Python: asyncpg, with a TLS context of its own.
//!
//! asyncpg has no keyword `sslmode`, and its `ssl=` takes no dictionary and verifies nothing as `"require"`: a context that holds
//! only the user's CA is the one form that means the same in every version.

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
    let mut arguments = vec![
        format!("host={}", quote::python(&connection.host)),
        format!("port={}", connection.port),
    ];
    if let Some(database) = connection.known_database() {
        arguments.push(format!("database={}", quote::python(database)));
    }
    if let Some(user) = connection.known_user() {
        arguments.push(format!("user={}", quote::python(user)));
    }
    arguments.push("ssl=tls".to_owned());
    Snippet {
        dialect: Dialect::Asyncpg,
        title: "asyncpg: a TLS context with your CA".to_owned(),
        language: "python",
        text: format!(
            "import ssl\n\nimport asyncpg\n\n{}\n\nasync def connect():\n    return await asyncpg.connect(\n        {},\n    )\n",
            context(connection),
            arguments.join(",\n        ")
        ),
        then: connection.client_steps(),
        verify: connection.verify(),
        proof: Proof::Executed("asyncpg 0.32.0"),
    }
}

/// Returns the lines that make `tls`, a context that trusts only the user's CA and checks the host name.
pub(super) fn context(connection: &Connection) -> String {
    let authority = quote::python(&connection.ca());
    let identity = match connection.identity() {
        Some((certificate, key)) => format!(
            "tls.load_cert_chain({}, {})\n",
            quote::python(&certificate),
            quote::python(&key)
        ),
        None => String::new(),
    };
    format!("tls = ssl.create_default_context(cafile={authority})\n{identity}")
}
