//! What a connection says, in the forms that several dialects need.
//!
//! A placeholder stands only where the connection does not say, and nobody can mistake it for a value.

use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use crate::remediation::Connection;
use crate::remediation::quote;

/// Where the CA certificate stands, if nobody said.
pub(super) const CA_PLACEHOLDER: &str = "/path/to/ca.crt";
/// The name of a server, if what is there cannot be one.
pub(super) const NAME_PLACEHOLDER: &str = "name-of-your-server.example";
/// The name of a user, if nobody said.
pub(super) const USER_PLACEHOLDER: &str = "NAME_OF_YOUR_USER";

/// Which server programs may stand behind a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    /// PostgreSQL.
    Postgresql,
    /// CockroachDB.
    Cockroachdb,
    /// The PostgreSQL wire, by a program that did not show itself.
    PostgresqlWire,
    /// HTTPS or bare TLS: a front end.
    FrontEnd,
}

impl Connection {
    /// Says what may stand behind this connection.
    pub(super) fn server(&self) -> Server {
        match (self.protocol.as_str(), self.product.as_str()) {
            ("https" | "tls", _) => Server::FrontEnd,
            (_, "postgresql") => Server::Postgresql,
            (_, "cockroachdb" | "cockroachdb_cloud_proxy") => Server::Cockroachdb,
            _ => Server::PostgresqlWire,
        }
    }

    /// Tells a server whose certificates and flags belong to CockroachDB Cloud from one of the user's own.
    pub(super) fn is_cockroachdb_cloud(&self) -> bool {
        self.product == "cockroachdb_cloud_proxy"
    }

    /// Returns the CA file, or its placeholder.
    pub(super) fn ca(&self) -> String {
        path(self.sslrootcert.as_deref()).unwrap_or_else(|| CA_PLACEHOLDER.to_owned())
    }

    /// Returns the client certificate and its key, where both are known.
    pub(super) fn identity(&self) -> Option<(String, String)> {
        Some((
            path(self.sslcert.as_deref())?,
            path(self.sslkey.as_deref())?,
        ))
    }

    /// Returns the user, where one is known.
    pub(super) fn known_user(&self) -> Option<&str> {
        self.user.as_deref().filter(|user| !user.is_empty())
    }

    /// Returns the database, where one is known.
    pub(super) fn known_database(&self) -> Option<&str> {
        self.database
            .as_deref()
            .filter(|database| !database.is_empty())
    }

    /// Returns the host as the authority of a URI holds it, an IPv6 address in brackets (RFC 3986 section 3.2.2).
    pub(super) fn uri_host(&self) -> String {
        if self.host.parse::<Ipv6Addr>().is_ok() {
            format!("[{}]", self.host)
        } else {
            quote::percent(&self.host)
        }
    }

    /// Returns the host, if a certificate can hold it; otherwise the placeholder.
    pub(super) fn server_name(&self) -> String {
        if is_server_name(&self.host) {
            self.host.clone()
        } else {
            NAME_PLACEHOLDER.to_owned()
        }
    }

    /// Returns `scheme://user@host:port/database`, without a query.
    pub(super) fn uri(&self, scheme: &str) -> String {
        let user = self
            .known_user()
            .map(|user| quote::percent(user) + "@")
            .unwrap_or_default();
        let database = self
            .known_database()
            .map(|database| format!("/{}", quote::percent(database)))
            .unwrap_or_default();
        format!(
            "{scheme}://{user}{}:{}{database}",
            self.uri_host(),
            self.port
        )
    }

    /// Returns the libpq URI that verifies all there is to verify. It holds no password.
    pub(super) fn verify_full_uri(&self) -> String {
        let slash = if self.known_database().is_some() {
            ""
        } else {
            "/"
        };
        let mut uri = format!(
            "{}{slash}?sslmode=verify-full&sslrootcert={}",
            self.uri("postgresql"),
            quote::percent_path(&self.ca())
        );
        if let Some((certificate, key)) = self.identity() {
            uri += "&sslcert=";
            uri += &quote::percent_path(&certificate);
            uri += "&sslkey=";
            uri += &quote::percent_path(&key);
        }
        uri
    }

    /// Returns the command that shows that a remedy worked.
    pub(super) fn verify(&self) -> String {
        let front_end = self.server() == Server::FrontEnd;
        let target = if front_end {
            let scheme = if self.protocol == "tls" {
                "tls"
            } else {
                "https"
            };
            format!("{scheme}://{}:{}", self.uri_host(), self.port)
        } else {
            self.uri("postgresql")
        };
        let mut command = format!("verifull probe {}", quote::shell(&target));
        // Front ends mostly have certificates of public CAs, whom the system's store knows.
        if !front_end || self.sslrootcert.is_some() {
            command += " --ca ";
            command += &quote::shell(&self.ca());
        }
        if let Some((certificate, key)) = self.identity() {
            command += " --cert ";
            command += &quote::shell(&certificate);
            command += " --key ";
            command += &quote::shell(&key);
        }
        command
    }

    /// Returns the command that shows everything that a server's TLS accepts.
    pub(super) fn verify_deep(&self) -> String {
        self.verify() + " --deep"
    }

    /// Returns what is to be done after the code of a client that uses libpq was changed.
    pub(super) fn libpq_steps(&self) -> Vec<String> {
        let mut steps = self.client_steps();
        if self.identity().is_some_and(|(_, key)| key.contains(':')) {
            steps.insert(
                0,
                "move the key to a path without a colon: libpq takes what stands before one for the name of an OpenSSL engine"
                    .to_owned(),
            );
        }
        steps
    }

    /// Returns what is to be done after a client's code was changed.
    pub(super) fn client_steps(&self) -> Vec<String> {
        let mut steps = Vec::new();
        if self.sslrootcert.is_none() {
            steps.push(format!(
                "put the path of the CA certificate that signed the server's in place of {CA_PLACEHOLDER}"
            ));
        }
        steps.push(
            "keep the password out of it: PGPASSWORD in the environment, ~/.pgpass with mode 0600, or a mounted secret"
                .to_owned(),
        );
        steps.push("restart the application: open connections keep what they have".to_owned());
        steps
    }
}

/// Returns a path as text.
fn path(path: Option<&Path>) -> Option<String> {
    path.map(|path| path.to_string_lossy().into_owned())
        .filter(|path| !path.is_empty())
}

/// Tells a DNS name (RFC 1123 section 2.1, and underscores, which resolvers take), one with a wildcard as its first label, or an address
/// from text that only looks like one. Nothing that passes needs quotes anywhere.
pub(super) fn is_server_name(name: &str) -> bool {
    if name.parse::<IpAddr>().is_ok() {
        return true;
    }
    let labels = name.strip_prefix("*.").unwrap_or(name);
    name.len() <= 253
        && labels.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_hosts_stand_in_brackets() {
        let connection = Connection {
            host: "2001:db8::7".to_owned(),
            port: 26257,
            ..Connection::default()
        };
        assert_eq!(
            connection.verify_full_uri(),
            "postgresql://[2001:db8::7]:26257/?sslmode=verify-full&sslrootcert=/path/to/ca.crt"
        );
    }

    #[test]
    fn only_names_and_addresses_reach_a_certificate() {
        for name in ["db1", "*.db.example", "10.0.0.7", "::1", "a_b.example"] {
            assert!(is_server_name(name), "{name}");
        }
        for text in [
            "",
            ".",
            "a,DNS:evil",
            "a b",
            "-x",
            "a..b",
            "*",
            "x.*.y",
            "ü.example",
            "a\nb",
        ] {
            assert!(!is_server_name(text), "{text}");
        }
    }
}
