//! The `cockroach` program: `cockroach cert`, and the flags a node is started with.
//!
//! Nothing here has been run, and each snippet says so.

use crate::remediation::openssl::certificate_names;
use crate::remediation::quote;
use crate::remediation::values::{Server, USER_PLACEHOLDER};
use crate::remediation::{CertificateOrder, Connection, Dialect, Proof, Remedy, Snippet};
use crate::text::printable;

const PROOF: Proof = Proof::NotExecuted("no cockroach binary could be had");

/// Where the certificates of a node lie, and the CA's key, which belongs on no node: nobody told either.
const FOLDERS: &str = "--certs-dir=/path/to/certs --ca-key=/path/to/safe/ca.key";

/// How a node reads its certificates again, without a restart.
const RELOAD: &str = "run on that node: pkill -SIGHUP -x cockroach";

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::OfferTls(connection) => only_here(connection, offer_tls(connection)),
        Remedy::RequireTls(connection) => only_here(connection, require_tls(connection)),
        Remedy::IssueCertificate(order) => only_here(&order.connection, issue(order)),
        Remedy::SendIntermediates(connection) => {
            only_here(connection, send_intermediates(connection))
        }
        Remedy::ModernTls(connection) => only_here(connection, modern_tls(connection)),
        Remedy::IssueClientCertificate(connection) => {
            only_here(connection, issue_client(connection))
        }
        Remedy::VerifyFull(_)
        | Remedy::HttpTransport(_)
        | Remedy::HardenTls(_)
        | Remedy::MoveSecret(_) => Vec::new(),
    }
}

fn only_here(connection: &Connection, mut snippet: Snippet) -> Vec<Snippet> {
    match connection.server() {
        Server::Cockroachdb | Server::PostgresqlWire => {
            if connection.is_cockroachdb_cloud() {
                snippet.then.insert(
                    0,
                    "on CockroachDB Cloud this is its operator's: ask there instead".to_owned(),
                );
            }
            vec![snippet]
        }
        Server::Postgresql | Server::FrontEnd => Vec::new(),
    }
}

fn snippet(connection: &Connection, title: &str, text: String, then: Vec<String>) -> Snippet {
    Snippet {
        dialect: Dialect::Cockroach,
        title: title.to_owned(),
        language: "sh",
        text,
        then,
        verify: connection.verify(),
        proof: PROOF,
    }
}

fn offer_tls(connection: &Connection) -> Snippet {
    let name = quote::shell(&connection.server_name());
    snippet(
        connection,
        "cockroach: certificates in place of --insecure",
        format!(
            "cockroach cert create-ca {FOLDERS}\n\
             cockroach cert create-node {name} {FOLDERS}\n\
             cockroach cert create-client root {FOLDERS}\n\
             # start the node with its other flags as they are, and this one in place of --insecure\n\
             cockroach start --certs-dir=/path/to/certs\n"
        ),
        vec![
            "make a certificate for every node, with each name and address it is dialled by, load balancers and other nodes included".to_owned(),
            "give the nodes ca.crt, node.crt and node.key; ca.key belongs on none of them".to_owned(),
            "for a move without downtime, start with --accept-sql-without-tls until every client uses TLS, then without it".to_owned(),
        ],
    )
}

fn require_tls(connection: &Connection) -> Snippet {
    snippet(
        connection,
        "cockroach: start without --accept-sql-without-tls",
        "# the node's own start command, without --accept-sql-without-tls and without --insecure\n\
         cockroach start --certs-dir=/path/to/certs\n"
            .to_owned(),
        vec![
            "first move every client to sslmode=verify-full: those in plaintext are refused from now on".to_owned(),
            "restart the nodes one after the other".to_owned(),
        ],
    )
}

fn issue(order: &CertificateOrder) -> Snippet {
    let (names, left_out) = certificate_names(order);
    let words: Vec<String> = names.iter().map(|name| quote::shell(name)).collect();
    let mut then = left_out;
    then.push(RELOAD.to_owned());
    then.push(
        "look at the log: a reload that would lose a valid set is refused, and the old one stays"
            .to_owned(),
    );
    let because = if order.because.is_empty() {
        String::new()
    } else {
        format!("# {}\n", printable(&order.because))
    };
    snippet(
        &order.connection,
        "cockroach cert: a node certificate with these names",
        format!(
            "{because}cockroach cert create-node {} {FOLDERS} --overwrite\n",
            words.join(" ")
        ),
        then,
    )
}

fn send_intermediates(connection: &Connection) -> Snippet {
    snippet(
        connection,
        "cockroach: node.crt with its intermediates",
        "# the node's own certificate first, then each issuer, without the root\n\
         cat node.crt intermediate.crt > /path/to/certs/node.crt.new\n\
         mv /path/to/certs/node.crt.new /path/to/certs/node.crt\n"
            .to_owned(),
        vec![RELOAD.to_owned()],
    )
}

fn modern_tls(connection: &Connection) -> Snippet {
    snippet(
        connection,
        "cockroach: without the old cipher suites",
        "# a node offers TLS 1.2 and 1.3 with forward secrecy unless this variable brings old suites back\n\
         unset COCKROACH_TLS_ENABLE_OLD_CIPHER_SUITES\n"
            .to_owned(),
        vec![
            "take the variable out of the unit, container or manifest that starts the node".to_owned(),
            "restart the nodes one after the other; the hybrid group comes with newer releases".to_owned(),
        ],
    )
}

fn issue_client(connection: &Connection) -> Snippet {
    let user = connection.known_user().unwrap_or(USER_PLACEHOLDER);
    // A name that begins with a hyphen would be read as a flag.
    let separator = if user.starts_with('-') { "-- " } else { "" };
    snippet(
        connection,
        "cockroach cert: a client certificate",
        format!(
            "cockroach cert create-client {FOLDERS} --overwrite {separator}{}\n",
            quote::shell(user)
        ),
        vec![
            "give the client its certificate and key; the key is readable by its user alone, mode 0600".to_owned(),
            "for Java add --also-generate-pkcs8-key".to_owned(),
            "restart the application: open connections keep what they have".to_owned(),
        ],
    )
}
