//! JavaScript: node-postgres (`pg`).
//!
//! The values stand apart from a connection string, because TLS parameters in a string would replace the whole `ssl` object.
//! `rejectUnauthorized` is written out: then `NODE_TLS_REJECT_UNAUTHORIZED=0` cannot turn it off.

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
    let mut lines = vec![
        format!("  host: {},", quote::javascript(&connection.host)),
        format!("  port: {},", connection.port),
    ];
    if let Some(database) = connection.known_database() {
        lines.push(format!("  database: {},", quote::javascript(database)));
    }
    if let Some(user) = connection.known_user() {
        lines.push(format!("  user: {},", quote::javascript(user)));
    }
    lines.push("  ssl: {".to_owned());
    lines.push("    rejectUnauthorized: true,".to_owned());
    let mut files = vec![("ca", connection.ca())];
    if let Some((certificate, key)) = connection.identity() {
        files.push(("cert", certificate));
        files.push(("key", key));
    }
    for (name, file) in files {
        lines.push(format!(
            "    {name}: fs.readFileSync({}, \"utf8\"),",
            quote::javascript(&file)
        ));
    }
    lines.push("  },".to_owned());
    let mut then = connection.client_steps();
    then.push(
        "if a connectionString stays in use, take its ssl parameters out: they replace this object"
            .to_owned(),
    );
    Snippet {
        dialect: Dialect::NodePostgres,
        title: "node-postgres: ssl with your CA".to_owned(),
        language: "javascript",
        text: format!(
            "const fs = require(\"node:fs\");\nconst {{ Pool }} = require(\"pg\");\n\nconst pool = new Pool({{\n{}\n}});\n",
            lines.join("\n")
        ),
        then,
        verify: connection.verify(),
        proof: Proof::Executed("pg 8.23.1"),
    }
}
