//! PostgreSQL's own files: `postgresql.conf` and `pg_hba.conf`.
//!
//! Lines for `pg_hba.conf` only ever narrow who may come in: the one that opens anything names one user and one database.

use crate::remediation::quote;
use crate::remediation::values::Server;
use crate::remediation::{Connection, Dialect, Proof, Remedy, Snippet};

/// What was run, in all of them.
const PROOF: Proof = Proof::Executed("PostgreSQL 15");

/// How `postgresql.conf` and `pg_hba.conf` are read again.
const RELOAD: &str = "run: psql -c 'SELECT pg_reload_conf()'";

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::OfferTls(connection) => only_here(connection, offer_tls),
        Remedy::RequireTls(connection) => only_here(connection, require_tls),
        Remedy::SendIntermediates(connection) => only_here(connection, send_intermediates),
        Remedy::ModernTls(connection) => only_here(connection, modern_tls),
        Remedy::VerifyFull(_)
        | Remedy::IssueCertificate(_)
        | Remedy::HttpTransport(_)
        | Remedy::IssueClientCertificate(_)
        | Remedy::HardenTls(_)
        | Remedy::MoveSecret(_) => Vec::new(),
    }
}

fn only_here(connection: &Connection, snippet: impl Fn(&Connection) -> Snippet) -> Vec<Snippet> {
    match connection.server() {
        Server::Postgresql | Server::PostgresqlWire => vec![snippet(connection)],
        Server::Cockroachdb | Server::FrontEnd => Vec::new(),
    }
}

fn offer_tls(connection: &Connection) -> Snippet {
    Snippet {
        dialect: Dialect::Postgresql,
        title: "postgresql.conf: ssl on".to_owned(),
        language: "ini",
        text: "# postgresql.conf; relative names are looked for in the data directory\n\
               ssl = on\n\
               ssl_cert_file = 'server.crt'\n\
               ssl_key_file = 'server.key'\n\
               ssl_min_protocol_version = 'TLSv1.2'\n"
            .to_owned(),
        then: vec![
            format!(
                "put a certificate for {} and its key there (the openssl remedy makes them); the key belongs to the server's user, mode 0600",
                connection.server_name()
            ),
            RELOAD.to_owned(),
            "then refuse plaintext, too: hostssl in pg_hba.conf".to_owned(),
        ],
        verify: connection.verify(),
        proof: PROOF,
    }
}

fn require_tls(connection: &Connection) -> Snippet {
    let name = |known: Option<&str>, placeholder: &str| match known {
        Some(name) => quote::hba(name).unwrap_or_else(|| placeholder.to_owned()),
        None => "all".to_owned(),
    };
    let database = name(connection.known_database(), "\"NAME_OF_YOUR_DATABASE\"");
    let user = name(connection.known_user(), "\"NAME_OF_YOUR_USER\"");
    Snippet {
        dialect: Dialect::Postgresql,
        title: "pg_hba.conf: hostssl in place of host".to_owned(),
        language: "conf",
        text: format!(
            "# pg_hba.conf, the first lines: plaintext over TCP is refused, whoever asks\n\
             hostnossl all all all reject\n\
             hostnossl replication all all reject\n\
             # then `hostssl` where `host` stands; keep the addresses of your own lines in place of samenet\n\
             hostssl {database} {user} samenet scram-sha-256\n"
        ),
        then: vec![
            "first move every client to sslmode=verify-full: those in plaintext are refused from now on".to_owned(),
            RELOAD.to_owned(),
            "run: psql -c 'SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) WHERE NOT s.ssl AND a.client_addr IS NOT NULL'".to_owned(),
        ],
        verify: connection.verify(),
        proof: PROOF,
    }
}

fn send_intermediates(connection: &Connection) -> Snippet {
    Snippet {
        dialect: Dialect::Postgresql,
        title: "postgresql.conf: the certificate with its intermediates".to_owned(),
        language: "ini",
        text: "# postgresql.conf; the server's own certificate first, then each issuer, without the root\n\
               ssl_cert_file = 'fullchain.crt'\n"
            .to_owned(),
        then: vec![
            "make the file in the data directory: cat server.crt intermediate.crt > fullchain.crt".to_owned(),
            RELOAD.to_owned(),
        ],
        verify: connection.verify(),
        proof: PROOF,
    }
}

fn modern_tls(connection: &Connection) -> Snippet {
    Snippet {
        dialect: Dialect::Postgresql,
        title: "postgresql.conf: TLS 1.2 and 1.3 with forward secrecy".to_owned(),
        language: "ini",
        text: "# postgresql.conf; ssl_ciphers is about TLS 1.2, the suites of 1.3 are all good\n\
               ssl_min_protocol_version = 'TLSv1.2'\n\
               ssl_max_protocol_version = ''\n\
               ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'\n"
            .to_owned(),
        then: vec![
            RELOAD.to_owned(),
            "the hybrid group needs PostgreSQL 18 with OpenSSL 3.5 or newer: ssl_groups = 'X25519MLKEM768:X25519:prime256v1'".to_owned(),
        ],
        verify: connection.verify(),
        proof: PROOF,
    }
}
