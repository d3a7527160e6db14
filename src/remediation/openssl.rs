//! The `openssl` program: certificates from the user's own CA, and what loads them.
//!
//! It puts nothing into a certificate that is neither a DNS name nor an address: names may come from a certificate that a
//! stranger presented.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::remediation::quote;
use crate::remediation::values::{Server, USER_PLACEHOLDER, is_server_name};
use crate::remediation::{CertificateOrder, Connection, Dialect, Proof, Remedy, Snippet};
use crate::text::printable;

const PROOF: Proof = Proof::Executed("OpenSSL 3.0");

/// Days that a certificate made by hand lives: the CA/Browser Forum bounds only public ones, and nobody renews by hand more
/// than once a year.
const LIFETIME_DAYS: u32 = 365;

/// Longest common name (RFC 5280 appendix A.1, `ub-common-name`); `openssl req` refuses a longer one.
const LONGEST_COMMON_NAME: usize = 64;

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::IssueCertificate(order) => match order.connection.server() {
            // A node's certificate must also name the principal `node` and serve as a client's: `cockroach cert` knows how.
            Server::Cockroachdb => Vec::new(),
            Server::Postgresql | Server::PostgresqlWire | Server::FrontEnd => vec![issue(order)],
        },
        Remedy::OfferTls(connection) => match connection.server() {
            Server::Cockroachdb => Vec::new(),
            Server::Postgresql | Server::PostgresqlWire | Server::FrontEnd => {
                vec![issue(&CertificateOrder {
                    connection: connection.clone(),
                    names: vec![connection.server_name()],
                    missing: Vec::new(),
                    because: "TLS needs a certificate".to_owned(),
                })]
            }
        },
        Remedy::SendIntermediates(connection) => vec![send_intermediates(connection)],
        Remedy::IssueClientCertificate(connection) => vec![issue_client(connection)],
        Remedy::VerifyFull(connection) => match connection.server() {
            // Clients of a front end verify by themselves: what is missing is why they refuse.
            Server::FrontEnd => vec![diagnose(connection)],
            Server::Postgresql | Server::PostgresqlWire | Server::Cockroachdb => Vec::new(),
        },
        Remedy::RequireTls(_)
        | Remedy::ModernTls(_)
        | Remedy::HttpTransport(_)
        | Remedy::HardenTls(_)
        | Remedy::MoveSecret(_) => Vec::new(),
    }
}

/// Returns the names that a new certificate is to hold, each once, and a step that says which were left out.
pub(super) fn certificate_names(order: &CertificateOrder) -> (Vec<String>, Vec<String>) {
    let mut seen = BTreeSet::new();
    let (mut names, mut left_out) = (Vec::new(), Vec::new());
    for name in order.names.iter().chain(&order.missing) {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        if !seen.insert(name.clone()) {
            continue;
        }
        if is_server_name(&name) {
            names.push(name);
        } else {
            left_out.push(format!(
                "left out, because it is neither a DNS name nor an address: {}",
                printable(&name)
            ));
        }
    }
    if names.is_empty() {
        names.push(order.connection.server_name());
    }
    (names, left_out)
}

fn issue(order: &CertificateOrder) -> Snippet {
    let connection = &order.connection;
    let (names, mut then) = certificate_names(order);
    let alternative_names: Vec<String> = names
        .iter()
        .map(|name| match name.parse::<IpAddr>() {
            Ok(_) => format!("IP:{name}"),
            Err(_) => format!("DNS:{name}"),
        })
        .collect();
    let common_name = names
        .iter()
        .find(|name| name.len() <= LONGEST_COMMON_NAME)
        .map_or("server", String::as_str);
    let because = if order.because.is_empty() {
        String::new()
    } else {
        format!("# {}\n", printable(&order.because))
    };
    let authority = quote::shell(&connection.ca());
    then.push("put the path of your CA's key in place of /path/to/ca.key".to_owned());
    then.extend(load(connection));
    Snippet {
        dialect: Dialect::Openssl,
        title: "openssl: a server certificate with these names".to_owned(),
        language: "sh",
        text: format!(
            "{because}{}openssl verify -CAfile {authority} -purpose sslserver server.crt\n",
            commands(&Certificate {
                file: "server",
                usage: "serverAuth",
                alternative_names: Some(alternative_names.join(", ")),
                common_name,
                authority: &authority,
                authority_key: "/path/to/ca.key",
            })
        ),
        then,
        verify: connection.verify(),
        proof: PROOF,
    }
}

/// What the three commands that make a certificate need.
struct Certificate<'a> {
    /// Stem of the files.
    file: &'a str,
    /// Extended key usage.
    usage: &'a str,
    /// Names as `subjectAltName` takes them.
    alternative_names: Option<String>,
    /// The common name, raw.
    common_name: &'a str,
    /// The CA's certificate, quoted.
    authority: &'a str,
    /// The CA's key, quoted.
    authority_key: &'a str,
}

fn commands(certificate: &Certificate<'_>) -> String {
    let Certificate {
        file,
        usage,
        alternative_names,
        common_name,
        authority,
        authority_key,
    } = certificate;
    let mut extensions = vec![
        "basicConstraints = critical, CA:FALSE".to_owned(),
        "keyUsage = critical, digitalSignature".to_owned(),
        format!("extendedKeyUsage = {usage}"),
    ];
    if let Some(names) = alternative_names {
        extensions.push(format!("subjectAltName = {names}"));
    }
    let extensions: Vec<String> = extensions.iter().map(|line| quote::shell(line)).collect();
    let subject = quote::shell(&format!("/CN={}", quote::subject_attribute(common_name)));
    // An extension file and -set_serial work with every OpenSSL since 1.0 and with LibreSSL.
    format!(
        "printf '%s\\n' {} > {file}.ext\n\
         openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -utf8 -subj {subject} -keyout {file}.key -out {file}.csr\n\
         openssl x509 -req -sha256 -days {LIFETIME_DAYS} -set_serial \"0x$(openssl rand -hex 16)\" -in {file}.csr -CA {authority} -CAkey {authority_key} -extfile {file}.ext -out {file}.crt\n",
        extensions.join(" ")
    )
}

/// Returns the steps that make a server use its new certificate.
fn load(connection: &Connection) -> Vec<String> {
    match connection.server() {
        Server::FrontEnd => vec![
            "a certificate of a public CA comes from your ACME client instead, for the same names".to_owned(),
            "put server.crt and server.key where the front end reads them, the key with mode 0600".to_owned(),
            "run: nginx -t && nginx -s reload".to_owned(),
            "uvicorn and gunicorn read a certificate only when they start: restart them".to_owned(),
        ],
        Server::Postgresql | Server::PostgresqlWire | Server::Cockroachdb => vec![
            "put server.crt and server.key where ssl_cert_file and ssl_key_file point; the key belongs to the server's user, mode 0600".to_owned(),
            "run: psql -c 'SELECT pg_reload_conf()'".to_owned(),
        ],
    }
}

fn diagnose(connection: &Connection) -> Snippet {
    let name = connection.server_name();
    let (peer, identity) = match name.parse::<IpAddr>() {
        Ok(IpAddr::V6(_)) => (
            format!("[{name}]"),
            format!("-noservername -verify_ip {name}"),
        ),
        Ok(IpAddr::V4(_)) => (name.clone(), format!("-noservername -verify_ip {name}")),
        Err(_) => (
            name.clone(),
            format!("-servername {name} -verify_hostname {name}"),
        ),
    };
    let authority = if connection.sslrootcert.is_some() {
        format!(" -CAfile {}", quote::shell(&connection.ca()))
    } else {
        String::new()
    };
    Snippet {
        dialect: Dialect::Openssl,
        title: "openssl: why the certificate does not verify".to_owned(),
        language: "sh",
        text: format!(
            "openssl s_client -connect {}:{} {identity}{authority} -verify_return_error < /dev/null\n",
            quote::shell(&peer),
            connection.port
        ),
        then: vec![
            "repair what `verify error` names: an expired certificate, a missing intermediate, a name, an unknown CA".to_owned(),
            "if the CA is your own, give it to every client as a trust anchor and never switch verification off".to_owned(),
        ],
        verify: connection.verify(),
        proof: PROOF,
    }
}

fn send_intermediates(connection: &Connection) -> Snippet {
    let mut then = vec![
        "intermediate.crt comes from whoever issued server.crt; the root does not belong into the file".to_owned(),
    ];
    then.push("let the server read fullchain.crt in place of server.crt, and reload it".to_owned());
    Snippet {
        dialect: Dialect::Openssl,
        title: "openssl: a file with the whole chain".to_owned(),
        language: "sh",
        text: format!(
            "cat server.crt intermediate.crt > fullchain.crt\nopenssl verify -CAfile {} -untrusted fullchain.crt server.crt\n",
            quote::shell(&connection.ca())
        ),
        then,
        verify: connection.verify(),
        proof: PROOF,
    }
}

fn issue_client(connection: &Connection) -> Snippet {
    let user = connection.known_user().unwrap_or(USER_PLACEHOLDER);
    let mut then = vec![
        "put the paths of the CA that the server trusts for clients in place of /path/to/client-ca.crt and .key".to_owned(),
    ];
    if let Some((certificate, key)) = connection.identity() {
        then.push(format!(
            "run: mv client.crt {} && mv client.key {}",
            quote::shell(&certificate),
            quote::shell(&key)
        ));
    } else {
        then.push("name them in the client's settings: sslcert=client.crt and sslkey=client.key, the key with mode 0600".to_owned());
    }
    then.push("restart the application: open connections keep what they have".to_owned());
    Snippet {
        dialect: Dialect::Openssl,
        title: "openssl: a client certificate".to_owned(),
        language: "sh",
        // The common name is the user: a DNS name in a client certificate would be one more user to CockroachDB.
        text: format!(
            "{}openssl verify -CAfile /path/to/client-ca.crt -purpose sslclient client.crt\n",
            commands(&Certificate {
                file: "client",
                usage: "clientAuth",
                alternative_names: None,
                common_name: user,
                authority: "/path/to/client-ca.crt",
                authority_key: "/path/to/client-ca.key",
            })
        ),
        then,
        verify: connection.verify(),
        proof: PROOF,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_once_and_no_other() {
        let order = CertificateOrder {
            names: ["db1.example", "10.0.0.7", "db1.example.", "a,DNS:evil"]
                .map(String::from)
                .to_vec(),
            missing: ["10.0.0.7", "lb.example"].map(String::from).to_vec(),
            ..CertificateOrder::default()
        };
        let (names, left_out) = certificate_names(&order);
        assert_eq!(names, ["db1.example", "10.0.0.7", "lb.example"]);
        assert_eq!(left_out.len(), 1);
    }
}
