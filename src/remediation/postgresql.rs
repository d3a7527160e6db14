//! PostgreSQL's own files: `postgresql.conf` and `pg_hba.conf`.
//!
//! Lines for `pg_hba.conf` only ever narrow who may come in: the one that opens anything names one user and one database.

use crate::remediation::hardening::{OPENSSL_HYBRID_GROUPS, OPENSSL_SUITES, dh_step};
use crate::remediation::quote;
use crate::remediation::values::Server;
use crate::remediation::{Connection, Dialect, Proof, Remedy, Snippet, TlsHardening, TlsWant};

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
        Remedy::HardenTls(hardening) => match hardening.connection.server() {
            Server::Postgresql | Server::PostgresqlWire => [
                harden_tls(hardening),
                hybrid_group(hardening),
                other_peer(hardening),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Server::Cockroachdb | Server::FrontEnd => Vec::new(),
        },
        Remedy::VerifyFull(_)
        | Remedy::IssueCertificate(_)
        | Remedy::HttpTransport(_)
        | Remedy::IssueClientCertificate(_)
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

fn harden_tls(hardening: &TlsHardening) -> Option<Snippet> {
    const DH_FILE: &str = "dhparam.pem";
    let mut lines = Vec::new();
    if hardening.wants(TlsWant::Tls12OrNewer) {
        lines.push("ssl_min_protocol_version = 'TLSv1.2'".to_owned());
    }
    if hardening.wants(TlsWant::Tls13) {
        lines.push("ssl_max_protocol_version = ''".to_owned());
    }
    if hardening.wants(TlsWant::ModernSuites) {
        lines.push(format!("ssl_ciphers = '{OPENSSL_SUITES}'"));
    }
    if hardening.wants(TlsWant::ServerPreference) {
        lines.push("ssl_prefer_server_ciphers = on".to_owned());
    }
    if hardening.wants(TlsWant::StrongGroups) {
        lines.push(
            "ssl_ecdh_curve = 'prime256v1'  # PostgreSQL 18 calls it ssl_groups, too".to_owned(),
        );
    }
    if hardening.wants(TlsWant::StrongDh) {
        lines.push(format!("ssl_dh_params_file = '{DH_FILE}'"));
    }
    if lines.is_empty() {
        return None;
    }
    let mut then = hardening.first_steps();
    if hardening.wants(TlsWant::StrongDh) {
        then.push(format!("in the data directory {}", dh_step(DH_FILE)));
    }
    then.push(RELOAD.to_owned());
    then.push(
        "look at pg_settings where the line has no effect: ALTER SYSTEM and the command line win over the file"
            .to_owned(),
    );
    Some(Snippet {
        dialect: Dialect::Postgresql,
        title: "postgresql.conf: TLS settings".to_owned(),
        language: "ini",
        text: format!("# postgresql.conf\n{}\n", lines.join("\n")),
        then,
        verify: hardening.connection.verify_deep(),
        proof: PROOF,
    })
}

fn hybrid_group(hardening: &TlsHardening) -> Option<Snippet> {
    if !hardening.wants(TlsWant::HybridGroup) {
        return None;
    }
    Some(Snippet {
        dialect: Dialect::Postgresql,
        title: "postgresql.conf: the hybrid group".to_owned(),
        language: "ini",
        text: format!("# postgresql.conf of PostgreSQL 18\nssl_groups = '{OPENSSL_HYBRID_GROUPS}'\n"),
        then: vec![
            "it needs PostgreSQL 18 or newer with OpenSSL 3.5 or newer: an older one refuses the line".to_owned(),
            RELOAD.to_owned(),
        ],
        verify: hardening.connection.verify_deep(),
        proof: Proof::NotExecuted("the PostgreSQL 18 that the tests have is built with OpenSSL 1.1.1"),
    })
}

/// What PostgreSQL never does was done by something else.
fn other_peer(hardening: &TlsHardening) -> Option<Snippet> {
    if !hardening.wants_any(&[
        TlsWant::NoCompression,
        TlsWant::NoClientRenegotiation,
        TlsWant::NoEarlyData,
        TlsWant::FreshTicketKeys,
    ]) {
        return None;
    }
    let connection = &hardening.connection;
    Some(Snippet {
        dialect: Dialect::Postgresql,
        title: "psql: who ends TLS on this port".to_owned(),
        language: "sh",
        text: format!(
            "psql {} -AtX -c 'SELECT version(), inet_server_addr(), inet_server_port(), (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())'\n",
            quote::shell(&connection.verify_full_uri())
        ),
        then: vec![
            "a supported PostgreSQL never compresses, renegotiates, takes early data or issues tickets: one of before 14 is to be updated".to_owned(),
            "where the address or port are others than those you dialled, or ssl is f, a pooler or proxy ends TLS: cure it there".to_owned(),
        ],
        verify: connection.verify_deep(),
        proof: PROOF,
    })
}
