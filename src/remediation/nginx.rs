//! nginx as the front end: what it offers, and what it says to browsers.
//!
//! No value reaches its files but a port and a name that needs no quotes: nginx has no way to escape a `$`.

use crate::remediation::values::Server;
use crate::remediation::{Connection, Dialect, Proof, Remedy, Snippet};

const PROOF: Proof = Proof::Executed("nginx 1.22");

/// Suites of TLS 1.2 with forward secrecy and authenticated encryption (RFC 9325 section 4.2).
const SUITES: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

const RELOAD: &str = "run: nginx -t && nginx -s reload";

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::OfferTls(connection) => only_here(connection, offer_tls),
        Remedy::RequireTls(connection) | Remedy::HttpTransport(connection) => {
            only_here(connection, http_transport)
        }
        Remedy::SendIntermediates(connection) => only_here(connection, send_intermediates),
        Remedy::ModernTls(connection) => only_here(connection, modern_tls),
        Remedy::VerifyFull(_)
        | Remedy::IssueCertificate(_)
        | Remedy::IssueClientCertificate(_)
        | Remedy::HardenTls(_)
        | Remedy::MoveSecret(_) => Vec::new(),
    }
}

fn only_here(connection: &Connection, snippet: impl Fn(&Connection) -> Snippet) -> Vec<Snippet> {
    match connection.server() {
        Server::FrontEnd => vec![snippet(connection)],
        Server::Postgresql | Server::Cockroachdb | Server::PostgresqlWire => Vec::new(),
    }
}

fn offer_tls(connection: &Connection) -> Snippet {
    let port = connection.port;
    let name = connection.server_name();
    Snippet {
        dialect: Dialect::Nginx,
        title: "nginx: a listener with TLS".to_owned(),
        language: "nginx",
        text: format!(
            "server {{\n    listen {port} ssl;\n    listen [::]:{port} ssl;\n    server_name {};\n    ssl_certificate /path/to/fullchain.crt;\n    ssl_certificate_key /path/to/server.key;\n    ssl_protocols TLSv1.2 TLSv1.3;\n    ssl_ciphers {SUITES};\n    ssl_prefer_server_ciphers off;\n}}\n",
            bracketed(&name)
        ),
        then: vec![
            format!(
                "put a certificate for {name} and its key there (the openssl remedy or your ACME client makes them)"
            ),
            "move the locations of the plaintext server into this one".to_owned(),
            RELOAD.to_owned(),
        ],
        verify: connection.verify(),
        proof: PROOF,
    }
}

fn send_intermediates(connection: &Connection) -> Snippet {
    Snippet {
        dialect: Dialect::Nginx,
        title: "nginx: the certificate with its intermediates".to_owned(),
        language: "nginx",
        text: "# the server's own certificate first, then each issuer, without the root\n\
               ssl_certificate /path/to/fullchain.crt;\n"
            .to_owned(),
        then: vec![
            "make the file: cat server.crt intermediate.crt > /path/to/fullchain.crt".to_owned(),
            RELOAD.to_owned(),
        ],
        verify: connection.verify(),
        proof: PROOF,
    }
}

fn modern_tls(connection: &Connection) -> Snippet {
    Snippet {
        dialect: Dialect::Nginx,
        title: "nginx: TLS 1.2 and 1.3 with forward secrecy".to_owned(),
        language: "nginx",
        text: format!(
            "# in the server block that listens on {} ssl\nssl_protocols TLSv1.2 TLSv1.3;\nssl_ciphers {SUITES};\nssl_prefer_server_ciphers off;\nssl_ecdh_curve auto;\nssl_session_tickets off;\n",
            connection.port
        ),
        then: vec![
            RELOAD.to_owned(),
            "the hybrid group X25519MLKEM768 needs nginx built with OpenSSL 3.5 or newer: `auto` offers it there".to_owned(),
        ],
        verify: connection.verify(),
        proof: PROOF,
    }
}

fn http_transport(connection: &Connection) -> Snippet {
    let name = bracketed(&connection.server_name());
    let authority = if connection.port == 443 {
        name.clone()
    } else {
        format!("{name}:{}", connection.port)
    };
    Snippet {
        dialect: Dialect::Nginx,
        title: "nginx: HSTS, redirect, Secure cookies".to_owned(),
        language: "nginx",
        text: format!(
            "# a server of its own for plain HTTP\nserver {{\n    listen 80;\n    listen [::]:80;\n    server_name {name};\n    return 301 https://{authority}$request_uri;\n}}\n\n# in the server block that listens on {} ssl\nadd_header Strict-Transport-Security \"max-age=63072000\" always;\nproxy_cookie_flags ~ secure httponly samesite=lax;\n",
            connection.port
        ),
        then: vec![
            "repeat the add_header line in each location that has an add_header of its own: nginx inherits all or none".to_owned(),
            RELOAD.to_owned(),
            "add `; includeSubDomains` once every subdomain serves HTTPS".to_owned(),
        ],
        verify: connection.verify(),
        proof: PROOF,
    }
}

/// Puts an IPv6 address into brackets, as `server_name` and URIs want it.
fn bracketed(name: &str) -> String {
    if name.contains(':') {
        format!("[{name}]")
    } else {
        name.to_owned()
    }
}
