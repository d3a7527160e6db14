//! Targets from text: `postgresql://…`, `cockroachdb://…`, `https://…`, `tls://…` and `host:port`.
//!
//! It resolves no name and keeps no password. An error repeats nothing of the text that may be one.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use super::{Host, Protocol, Target};
use crate::libpq::SslMode;
use crate::libpq::conninfo::{self, Conninfo, ConninfoError, HostSpecification};
use crate::text;

/// PostgreSQL's registered port.
const POSTGRESQL_PORT: u16 = 5432;
/// CockroachDB's usual port.
const COCKROACHDB_PORT: u16 = 26257;
/// HTTPS's registered port; also what a bare TLS target means without one.
const HTTPS_PORT: u16 = 443;

/// What a target's text says: where to look, and how its clients are meant to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedTarget {
    /// One target per host, at least one, in the order of the text.
    pub targets: Vec<Target>,
    /// `sslmode` of a connection string.
    pub sslmode: Option<SslMode>,
    /// `sslrootcert` of a connection string.
    pub sslrootcert: Option<RootCertificates>,
    /// `sslcert` of a connection string, as written.
    pub sslcert: Option<PathBuf>,
    /// `sslkey` of a connection string, as written.
    pub sslkey: Option<PathBuf>,
    /// The name to verify, where the connection string dials a `hostaddr` in its place.
    pub server_name: Option<String>,
}

/// What `sslrootcert` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootCertificates {
    /// The word `system`: the system's trust store.
    System,
    /// A PEM file, as written.
    File(PathBuf),
}

impl RootCertificates {
    /// Reads the value of `sslrootcert`.
    pub fn new(value: &str) -> Self {
        if value == "system" {
            Self::System
        } else {
            Self::File(PathBuf::from(value))
        }
    }

    /// Returns the file, in the words of [`super::Endpoint::sslrootcert`].
    pub fn into_file(self) -> Option<PathBuf> {
        match self {
            Self::System => None,
            Self::File(path) => Some(path),
        }
    }
}

/// Why a text is no target. None of them holds any of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Nothing, or only spaces.
    #[error(
        "a target is empty; write one such as `postgresql://db1:26257` or `api.example.com:443`"
    )]
    Empty,
    /// A scheme that nobody here speaks.
    #[error(
        "the scheme is none of postgresql, cockroachdb, https and tls; write a target such as `postgresql://db1:26257` or `tls://mail:993`"
    )]
    Scheme,
    /// `http://`.
    #[error(
        "`http://` is never encrypted; write `https://`, and plain HTTP is looked at beside it"
    )]
    PlainHttp,
    /// A connection string that libpq would not read.
    #[error(transparent)]
    Conninfo(#[from] ConninfoError),
    /// No host.
    #[error("no host is named")]
    NoHost,
    /// A bare host.
    #[error("no port is named; write `host:port`, or a scheme, as in `postgresql://host`")]
    NoPort,
    /// A port that is no number from 1 to 65535.
    #[error("a port is a number from 1 to 65535")]
    Port,
    /// An IPv6 address without brackets, or brackets about something else.
    #[error("an IPv6 address stands in brackets, as in `[::1]:26257`, and has no zone")]
    Ipv6,
    /// Digits and dots that are no IPv4 address.
    #[error("the host ends in a number and is no IPv4 address of four decimal parts")]
    Ipv4,
    /// A name that DNS cannot hold.
    #[error(
        "the host is no DNS name: letters, digits, `-` and `_` between dots, 63 characters a part and 253 in all"
    )]
    Name,
    /// A Unix socket.
    #[error("the host is a Unix socket, which has no TLS; name a TCP host")]
    UnixSocket,
    /// `hostaddr` with several hosts.
    #[error("`hostaddr` together with several hosts is not supported; write one target for each")]
    Hostaddr,
    /// A path that cannot stand in a request.
    #[error("the path holds spaces, control or invisible characters; percent-encode them")]
    Path,
    /// Text beyond any sensible bound.
    #[error("a target is longer than 8,192 characters")]
    TooLong,
}

/// Longest text of a target, in bytes. 64 hosts of the longest DNS names are far beyond what anybody writes.
const LONGEST: usize = 8192;

/// Reads a target. A connection string with several hosts gives one target for each.
pub fn parse(text: &str) -> Result<ParsedTarget, TargetError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TargetError::Empty);
    }
    if text.len() > LONGEST {
        return Err(TargetError::TooLong);
    }
    if conninfo::is_uri(text) {
        return from_conninfo(&conninfo::parse_uri(text)?, default_port(text));
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return parse_bare(text).map(alone);
    };
    match scheme.to_ascii_lowercase().as_str() {
        "https" => parse_url(rest, Protocol::Https).map(alone),
        "tls" => parse_url(rest, Protocol::Tls).map(alone),
        "http" => Err(TargetError::PlainHttp),
        _ => Err(TargetError::Scheme),
    }
}

/// The port that a connection URI means where it names none.
fn default_port(uri: &str) -> u16 {
    let cockroach = uri
        .get(.."cockroach".len())
        .is_some_and(|start| start.eq_ignore_ascii_case("cockroach"));
    if cockroach {
        COCKROACHDB_PORT
    } else {
        POSTGRESQL_PORT
    }
}

/// Turns a connection string into targets. `default_port` counts where a host has none.
pub fn from_conninfo(conninfo: &Conninfo, default_port: u16) -> Result<ParsedTarget, TargetError> {
    let mut server_name = None;
    let mut targets = Vec::with_capacity(conninfo.hosts.len());
    for entry in &conninfo.hosts {
        let host = match &entry.hostaddr {
            None => parse_wire_host(entry)?,
            Some(_) if conninfo.hosts.len() > 1 => return Err(TargetError::Hostaddr),
            Some(address) => {
                if !entry.host.is_empty() {
                    server_name = Some(parse_wire_host(entry)?.to_string());
                }
                let address = address.parse().map_err(|_| TargetError::Ipv4)?;
                Host::Address(address)
            }
        };
        targets.push(Target {
            protocol: Protocol::Postgresql,
            host,
            port: entry.port.unwrap_or(default_port),
            database: conninfo.database.clone(),
            user: conninfo.user.clone(),
            path: None,
            had_password: conninfo.had_password,
        });
    }
    if targets.is_empty() {
        return Err(TargetError::NoHost);
    }
    Ok(ParsedTarget {
        targets,
        sslmode: conninfo.sslmode,
        sslrootcert: conninfo.sslrootcert.as_deref().map(RootCertificates::new),
        sslcert: conninfo.sslcert.as_ref().map(PathBuf::from),
        sslkey: conninfo.sslkey.as_ref().map(PathBuf::from),
        server_name,
    })
}

fn parse_wire_host(entry: &HostSpecification) -> Result<Host, TargetError> {
    // A folder, or `@` and a name in Linux's abstract namespace (PostgreSQL documentation, section 34.1.2).
    if entry.host.starts_with(['/', '@']) {
        return Err(TargetError::UnixSocket);
    }
    parse_host(&entry.host)
}

fn alone(target: Target) -> ParsedTarget {
    ParsedTarget {
        targets: vec![target],
        sslmode: None,
        sslrootcert: None,
        sslcert: None,
        sslkey: None,
        server_name: None,
    }
}

/// Reads `host:port`.
fn parse_bare(text: &str) -> Result<Target, TargetError> {
    let (authority, rest) = split_authority(text);
    if !matches!(rest, "" | "/") {
        return Err(TargetError::Scheme);
    }
    let authority = Authority::parse(authority)?;
    let port = authority.port.ok_or(TargetError::NoPort)?;
    let protocol = if matches!(port, POSTGRESQL_PORT | COCKROACHDB_PORT) {
        Protocol::Postgresql
    } else {
        Protocol::Tls
    };
    Ok(Target {
        protocol,
        host: authority.host,
        port,
        database: None,
        user: None,
        path: None,
        had_password: authority.had_password,
    })
}

/// Reads what follows `https://` or `tls://`.
fn parse_url(rest: &str, protocol: Protocol) -> Result<Target, TargetError> {
    let (authority, path) = split_authority(rest);
    let authority = Authority::parse(authority)?;
    let path = match protocol {
        Protocol::Https => Some(parse_path(path)?),
        Protocol::Tls | Protocol::Postgresql => None,
    };
    Ok(Target {
        protocol,
        host: authority.host,
        port: authority.port.unwrap_or(HTTPS_PORT),
        database: None,
        user: None,
        path,
        had_password: authority.had_password,
    })
}

fn split_authority(text: &str) -> (&str, &str) {
    text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()))
}

/// Reads path and query for a request line. What is not ASCII is percent-encoded; a fragment never leaves a client.
fn parse_path(text: &str) -> Result<String, TargetError> {
    let text = text.split('#').next().unwrap_or_default();
    if text::printable(text) != text || text.contains(' ') {
        return Err(TargetError::Path);
    }
    let mut path = String::with_capacity(text.len() + 1);
    if !text.starts_with('/') {
        path.push('/');
    }
    for byte in text.bytes() {
        if byte.is_ascii_graphic() {
            path.push(char::from(byte));
        } else {
            push_percent(&mut path, byte);
        }
    }
    Ok(path)
}

struct Authority {
    host: Host,
    port: Option<u16>,
    had_password: bool,
}

impl Authority {
    /// Reads `[user[:password]@]host[:port]`. The user of HTTPS and of bare TLS is nobody that verifull logs in as.
    fn parse(text: &str) -> Result<Self, TargetError> {
        let (userinfo, place) = match text.rsplit_once('@') {
            Some((userinfo, place)) => (Some(userinfo), place),
            None => (None, text),
        };
        let had_password = userinfo
            .and_then(|userinfo| userinfo.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty());
        let (host, port) = if let Some(rest) = place.strip_prefix('[') {
            let (address, after) = rest.split_once(']').ok_or(TargetError::Ipv6)?;
            let address: Ipv6Addr = address.parse().map_err(|_| TargetError::Ipv6)?;
            let port = match after.strip_prefix(':') {
                Some(port) => Some(port),
                None if after.is_empty() => None,
                None => return Err(TargetError::Port),
            };
            (Host::Address(IpAddr::V6(address)), port)
        } else {
            let (host, port) = match place.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            };
            if port.is_some_and(|port| port.contains(':')) {
                return Err(TargetError::Ipv6);
            }
            (parse_host(host)?, port)
        };
        Ok(Self {
            host,
            port: port.map(parse_port).transpose()?,
            had_password,
        })
    }
}

fn parse_port(text: &str) -> Result<u16, TargetError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TargetError::Port);
    }
    match text.parse() {
        Ok(0) | Err(_) => Err(TargetError::Port),
        Ok(port) => Ok(port),
    }
}

/// Reads a host: an address without brackets, or a name, which is brought to its A-labels (RFC 5891).
pub fn parse_host(text: &str) -> Result<Host, TargetError> {
    if text.is_empty() {
        return Err(TargetError::NoHost);
    }
    if text.contains(':') {
        let address: Ipv6Addr = text.parse().map_err(|_| TargetError::Ipv6)?;
        return Ok(Host::Address(IpAddr::V6(address)));
    }
    let ascii = idna::domain_to_ascii(text).map_err(|_| TargetError::Name)?;
    let name = ascii.strip_suffix('.').unwrap_or(&ascii);
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        return Ok(Host::Address(IpAddr::V4(address)));
    }
    // RFC 1035 section 2.3.4 for the lengths. `_` is no host name's (RFC 952), and container networks are full of it.
    let fits = name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        });
    if !fits {
        return Err(TargetError::Name);
    }
    // As the URL Standard has it: `127.1` and `0x7f.1` would be dialled as addresses that nobody wrote.
    let last = name.rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if number {
        return Err(TargetError::Ipv4);
    }
    Ok(Host::Name(name.to_owned()))
}

impl fmt::Display for Target {
    /// Writes the target as a URL, without user, without password and without the values of a query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = format!("{}://{}", self.protocol, self.authority());
        match self.protocol {
            Protocol::Postgresql => {
                if let Some(database) = &self.database {
                    url.push('/');
                    push_encoded(&mut url, database);
                }
            }
            Protocol::Https => {
                let path = self.path.as_deref().unwrap_or("/");
                match path.split_once('?') {
                    Some((path, _)) => {
                        url.push_str(path);
                        url.push_str("?…");
                    }
                    None if path == "/" => {}
                    None => url.push_str(path),
                }
            }
            Protocol::Tls => {}
        }
        f.pad(&url)
    }
}

impl Target {
    /// Returns `host:port`, an IPv6 address in brackets.
    pub fn authority(&self) -> String {
        match &self.host {
            Host::Address(IpAddr::V6(address)) => format!("[{address}]:{}", self.port),
            Host::Address(IpAddr::V4(_)) | Host::Name(_) => format!("{}:{}", self.host, self.port),
        }
    }

    /// Returns the port on which plain HTTP answers for this one, if there is a rule for it.
    ///
    /// 80 belongs to 443 (RFC 9110 section 4.2). A CockroachDB node speaks both on its 8080.
    pub fn plain_http_port(&self) -> Option<u16> {
        match (self.protocol, self.port) {
            (Protocol::Https, 443) => Some(80),
            (Protocol::Https, 8080) => Some(8080),
            (Protocol::Https | Protocol::Postgresql | Protocol::Tls, _) => None,
        }
    }
}

/// Appends text with everything but RFC 3986's unreserved characters percent-encoded.
fn push_encoded(url: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            url.push(char::from(byte));
        } else {
            push_percent(url, byte);
        }
    }
}

fn push_percent(url: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    url.push('%');
    url.push(char::from(DIGITS[usize::from(byte >> 4)]));
    url.push(char::from(DIGITS[usize::from(byte & 0x0F)]));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ports_that_belong_together_are_few() {
        let port = |text| parse(text).unwrap().targets[0].plain_http_port();
        assert_eq!(port("https://api.example"), Some(80));
        assert_eq!(port("https://node.example:8080"), Some(8080));
        assert_eq!(port("https://api.example:8443"), None);
        assert_eq!(port("tls://api.example:443"), None);
    }

    fn shown(text: &str) -> String {
        let parsed = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let targets: Vec<String> = parsed.targets.iter().map(Target::to_string).collect();
        targets.join(" ")
    }

    #[test]
    fn every_form_has_its_canonical_text() {
        for (text, canonical) in [
            ("postgresql://db1:26257/app", "postgresql://db1:26257/app"),
            ("postgres://db1", "postgresql://db1:5432"),
            (
                "cockroachdb://DB1.Example.COM./app",
                "postgresql://db1.example.com:26257/app",
            ),
            ("cockroach://root@db1/a%20b", "postgresql://db1:26257/a%20b"),
            ("https://api.example.com", "https://api.example.com:443"),
            (
                "https://api.example.com:8443/health",
                "https://api.example.com:8443/health",
            ),
            (
                "https://api.example.com/a?key=secret#part",
                "https://api.example.com:443/a?…",
            ),
            ("tls://mail:993", "tls://mail:993"),
            ("tls://mail", "tls://mail:443"),
            ("db1:26257", "postgresql://db1:26257"),
            ("db1:5432", "postgresql://db1:5432"),
            ("mail:993", "tls://mail:993"),
            ("[::1]:26257", "postgresql://[::1]:26257"),
            ("https://[2001:DB8::1]/", "https://[2001:db8::1]:443"),
            ("10.0.0.7:26257", "postgresql://10.0.0.7:26257"),
            ("my_db:5432", "postgresql://my_db:5432"),
            ("  db1:26257\n", "postgresql://db1:26257"),
        ] {
            assert_eq!(shown(text), canonical, "{text}");
        }
    }

    #[test]
    fn several_hosts_become_several_targets() {
        assert_eq!(
            shown("postgresql://a:1,b,[::1]:3/x"),
            "postgresql://a:1/x postgresql://b:5432/x postgresql://[::1]:3/x"
        );
    }

    #[test]
    fn connection_options_come_beside_the_target() {
        let parsed = parse(
            "postgresql://app@db1/x?sslmode=verify-ca&sslrootcert=ca.crt&sslcert=c.crt&sslkey=c.key",
        )
        .expect("it parses");
        assert_eq!(parsed.sslmode, Some(SslMode::VerifyCa));
        assert_eq!(
            parsed.sslrootcert,
            Some(RootCertificates::File("ca.crt".into()))
        );
        assert_eq!(parsed.sslcert, Some("c.crt".into()));
        assert_eq!(parsed.sslkey, Some("c.key".into()));
        assert_eq!(parsed.targets[0].user.as_deref(), Some("app"));
        let parsed = parse("postgresql://db1/x?sslrootcert=system").expect("it parses");
        assert_eq!(parsed.sslrootcert, Some(RootCertificates::System));
    }

    #[test]
    fn hostaddr_is_dialled_and_host_is_verified() {
        let parsed = parse("postgresql://db1/x?hostaddr=10.0.0.7").expect("it parses");
        assert_eq!(
            parsed.targets[0].to_string(),
            "postgresql://10.0.0.7:5432/x"
        );
        assert_eq!(parsed.server_name.as_deref(), Some("db1"));
    }

    #[test]
    fn internationalised_names_become_a_labels() {
        assert_eq!(
            shown("https://bücher.example"),
            "https://xn--bcher-kva.example:443"
        );
        assert_eq!(
            shown("BÜCHER.example:26257"),
            "postgresql://xn--bcher-kva.example:26257"
        );
        assert_eq!(
            shown("postgresql://b%C3%BCcher.example/x"),
            "postgresql://xn--bcher-kva.example:5432/x"
        );
    }

    #[test]
    fn wrong_targets_say_what_is_wrong() {
        for (text, error) in [
            ("", TargetError::Empty),
            ("db1", TargetError::NoPort),
            ("db1:", TargetError::Port),
            ("db1:0", TargetError::Port),
            ("db1:65536", TargetError::Port),
            ("db1:26257x", TargetError::Port),
            ("::1:5432", TargetError::Ipv6),
            ("[::1:5432", TargetError::Ipv6),
            ("[fe80::1%eth0]:5432", TargetError::Ipv6),
            ("mysql://db1", TargetError::Scheme),
            ("http://api", TargetError::PlainHttp),
            ("https://", TargetError::NoHost),
            ("https://127.1", TargetError::Ipv4),
            ("999.1.1.1:26257", TargetError::Ipv4),
            ("https://a b", TargetError::Name),
            ("https://a..b", TargetError::Name),
            ("https://api/a b", TargetError::Path),
            ("https://api/a\r\nHost: evil", TargetError::Path),
            (
                "postgresql:///x?host=/run/postgresql",
                TargetError::UnixSocket,
            ),
            ("postgresql:///x", TargetError::NoHost),
            (
                "postgresql://a,b/x?hostaddr=10.0.0.1,10.0.0.2",
                TargetError::Hostaddr,
            ),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn passwords_are_dropped_everywhere() {
        for text in [
            "postgresql://app:hunter2@db1/x",
            "https://app:hunter2@api/x",
            "tls://app:hunter2@mail:993",
            "app:hunter2@db1:26257",
            "https://app:hun@ter2@api/x",
        ] {
            let parsed = parse(text).expect(text);
            assert!(parsed.targets[0].had_password, "{text}");
            let said = format!("{parsed:?} {}", parsed.targets[0]);
            assert!(
                !said.contains("hunter2") && !said.contains("ter2"),
                "{said}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_makes_it_panic(
            text in ".*",
            url in "(https|tls|postgresql|cockroach)://[a-zü.:@/?&=%,\\[\\]0-9]*",
        ) {
            let _ = parse(&text);
            let _ = parse(&url);
        }

        #[test]
        fn canonical_text_parses_to_the_same_target(
            scheme in "(postgresql|https|tls)",
            host in "([a-z][a-z0-9-]{0,8}(\\.[a-z]{2,5})?|10\\.1\\.2\\.3|\\[2001:db8::[1-9]\\])",
            port in 1_u16..,
            path in "(/[a-z0-9%]{0,0}[a-z0-9]{1,6})?",
        ) {
            let parsed = parse(&format!("{scheme}://{host}:{port}{path}"));
            // `xn--` and a hyphen at the end of a label are IDNA's business.
            prop_assume!(parsed.is_ok());
            let target = parsed.expect("just assumed").targets.remove(0);
            let again = parse(&target.to_string()).expect("canonical text parses").targets.remove(0);
            prop_assert_eq!(target, again);
        }

        #[test]
        fn planted_password_never_comes_out(
            scheme in "(postgresql://|https://|tls://|)",
            before in "[a-z%:]{0,6}",
            host in "[a-z0-9.,:\\[\\]%]{0,12}",
            tail in "(/[a-z%@]{0,6})?",
        ) {
            let text = format!("{scheme}{before}:QZXJQZXJ@{host}{tail}");
            let shown = match parse(&text) {
                Ok(parsed) => format!("{parsed:?} {}", parsed.targets[0]),
                Err(error) => format!("{error:?} {error}"),
            };
            prop_assert!(!shown.contains("QZXJ"), "{text} gave {shown}");
        }
    }
}
