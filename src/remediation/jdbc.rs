//! Java: pgjdbc.
//!
//! Its `sslmode` names are libpq's, in lower case. A client key must be PKCS#8 in DER: the PEM file beside it is converted, with
//! the command that does it.

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
    let mut properties = Vec::new();
    if let Some(user) = connection.known_user() {
        properties.push(("user", user.to_owned()));
    }
    properties.push(("sslmode", "verify-full".to_owned()));
    properties.push(("sslrootcert", connection.ca()));
    let mut then = connection.client_steps();
    if let Some((certificate, key)) = connection.identity() {
        let converted = format!("{key}.pk8");
        then.insert(
            0,
            format!(
                "run: (umask 077 && openssl pkcs8 -topk8 -nocrypt -in {} -outform DER -out {})",
                quote::shell(&key),
                quote::shell(&converted)
            ),
        );
        properties.push(("sslcert", certificate));
        properties.push(("sslkey", converted));
    }
    let mut lines = vec![
        "import java.sql.Connection;".to_owned(),
        "import java.sql.DriverManager;".to_owned(),
        "import java.util.Properties;".to_owned(),
        String::new(),
        "Properties properties = new Properties();".to_owned(),
    ];
    for (name, value) in properties {
        lines.push(format!(
            "properties.setProperty(\"{name}\", {});",
            quote::java(&value)
        ));
    }
    // The driver reads no PGPASSWORD by itself.
    lines.push("String password = System.getenv(\"PGPASSWORD\");".to_owned());
    lines.push("if (password != null) properties.setProperty(\"password\", password);".to_owned());
    // Without a database the driver takes the user's name, as libpq does.
    let mut url = format!(
        "jdbc:postgresql://{}:{}/",
        connection.uri_host(),
        connection.port
    );
    if let Some(database) = connection.known_database() {
        url += &quote::percent(database);
    }
    lines.push(format!(
        "Connection connection = DriverManager.getConnection({}, properties);",
        quote::java(&url)
    ));
    Snippet {
        dialect: Dialect::Jdbc,
        title: "pgjdbc: properties with verify-full".to_owned(),
        language: "java",
        text: lines.join("\n") + "\n",
        then,
        verify: connection.verify(),
        proof: Proof::Executed("pgjdbc 42.5.5"),
    }
}
