//! Remedies, run: each snippet that claims to have been executed is executed here, with the real driver or server.
//!
//! What the machine must have (`tests/run` installs it): PostgreSQL 15 or newer with psql, openssl 3, nginx 1.22 or newer, node 20 or newer, Java 17 with
//! `/usr/share/java/postgresql.jar` (Debian: libpostgresql-jdbc-java), Go 1.19 or newer with pgx 4 under `/usr/share/gocode` (Debian:
//! golang-go, golang-github-jackc-pgx-v4-dev). And in `${VERIFULL_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/verifull-tests}`:
//!
//! - `venv/`: `python3 -m venv venv` and `venv/bin/pip install 'psycopg[binary]==3.3.9' psycopg2-binary==2.9.13 asyncpg==0.32.0 'sqlalchemy[asyncio]==2.0.58'
//!   sqlalchemy-cockroachdb==2.0.4 uvicorn==0.54.0 gunicorn==27.0.1`
//! - `node_modules/`: `npm install --prefix . pg@8.23.1`
//!
//! What is missing fails the test that needs it.
#![expect(
    clippy::unwrap_used,
    clippy::format_push_string,
    reason = "a broken lab ends its test; scripts are put together line by line"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use verifull::endpoint::target;
use verifull::remediation::{
    CertificateOrder, Connection, Dialect, Proof, Remedy, SecretPlace, Snippet, TlsWant, render,
};
use verifull::text::printable;

mod clients;
mod configuration;
mod front_ends;
mod hardening;
mod lab;
mod postgresql;

use lab::{HOSTILE, Lab};

/// Programs that took part in a run, each with its version.
type Programs = Vec<(String, String)>;

/// A run of the snippets that it covers, each by the name of its remedy and its title.
struct Suite {
    covers: &'static [(&'static str, &'static str)],
    run: fn(&Lab, &Snippets) -> Result<Programs, String>,
}

fn suites() -> impl Iterator<Item = &'static Suite> {
    clients::SUITES
        .iter()
        .chain(postgresql::SUITES)
        .chain(front_ends::SUITES)
        .chain(configuration::SUITES)
        .chain(hardening::suites())
}

/// Renders snippets for a suite and remembers which it took.
#[derive(Default)]
struct Snippets {
    taken: std::cell::RefCell<BTreeSet<(&'static str, String)>>,
}

impl Snippets {
    /// Renders a remedy and returns the snippet with this title.
    fn take(&self, remedy: &Remedy, title: &str) -> Snippet {
        self.taken
            .borrow_mut()
            .insert((remedy_name(remedy), title.to_owned()));
        render(remedy)
            .into_iter()
            .find(|snippet| snippet.title == title)
            .unwrap_or_else(|| panic!("no snippet `{title}` for {remedy:?}"))
    }
}

fn remedy_name(remedy: &Remedy) -> &'static str {
    match remedy {
        Remedy::VerifyFull(_) => "verify_full",
        Remedy::OfferTls(_) => "offer_tls",
        Remedy::RequireTls(_) => "require_tls",
        Remedy::IssueCertificate(_) => "issue_certificate",
        Remedy::SendIntermediates(_) => "send_intermediates",
        Remedy::ModernTls(_) => "modern_tls",
        Remedy::HardenTls(_) => "harden_tls",
        Remedy::HttpTransport(_) => "http_transport",
        Remedy::IssueClientCertificate(_) => "issue_client_certificate",
        Remedy::MoveSecret(_) => "move_secret",
    }
}

/// Every remedy about this connection.
fn every_remedy(connection: &Connection) -> Vec<Remedy> {
    let mut remedies = vec![
        Remedy::VerifyFull(connection.clone()),
        Remedy::OfferTls(connection.clone()),
        Remedy::RequireTls(connection.clone()),
        Remedy::IssueCertificate(CertificateOrder {
            connection: connection.clone(),
            names: vec![connection.host.clone(), HOSTILE.to_owned()],
            missing: vec!["db1.example".to_owned()],
            because: format!("the served one expired {HOSTILE}"),
        }),
        Remedy::SendIntermediates(connection.clone()),
        Remedy::ModernTls(connection.clone()),
        Remedy::HttpTransport(connection.clone()),
        Remedy::IssueClientCertificate(connection.clone()),
        Remedy::MoveSecret(SecretPlace {
            path: HOSTILE.to_owned(),
            line: 3,
            key: "endpoint[2].target".to_owned(),
        }),
    ];
    remedies.push(Remedy::harden_tls(connection.clone(), TlsWant::ALL));
    remedies.extend(TlsWant::ALL.map(|want| Remedy::harden_tls(connection.clone(), [want])));
    remedies
}

/// Connections of every kind: each protocol and product, with everything known, with nothing known, and hostile.
fn connections() -> Vec<Connection> {
    let mut connections = Vec::new();
    for (protocol, product) in [
        ("postgresql", "postgresql"),
        ("postgresql", "cockroachdb"),
        ("postgresql", "cockroachdb_cloud_proxy"),
        ("postgresql", "unknown"),
        ("https", "unknown"),
        ("tls", "unknown"),
    ] {
        let bare = Connection {
            endpoint: "db1".to_owned(),
            protocol: protocol.to_owned(),
            product: product.to_owned(),
            host: "db1.example".to_owned(),
            port: 26257,
            ..Connection::default()
        };
        let text = |value: &str| Some(value.to_owned());
        connections.push(Connection {
            host: "2001:db8::7".to_owned(),
            database: text("app"),
            user: text("app"),
            sslrootcert: Some(PathBuf::from("/etc/ca.crt")),
            sslcert: Some(PathBuf::from("/etc/client.crt")),
            sslkey: Some(PathBuf::from("/etc/client.key")),
            ..bare.clone()
        });
        connections.push(Connection {
            endpoint: HOSTILE.to_owned(),
            host: HOSTILE.to_owned(),
            database: text(HOSTILE),
            user: text(HOSTILE),
            sslrootcert: Some(PathBuf::from(HOSTILE)),
            sslcert: Some(PathBuf::from(HOSTILE)),
            sslkey: Some(PathBuf::from(HOSTILE)),
            ..bare.clone()
        });
        connections.push(bare);
    }
    connections
}

/// Every snippet there is, with the remedy it is for.
fn every_snippet() -> Vec<(Remedy, Snippet)> {
    connections()
        .iter()
        .flat_map(every_remedy)
        .flat_map(|remedy| {
            render(&remedy)
                .into_iter()
                .map(move |snippet| (remedy.clone(), snippet))
        })
        .collect()
}

#[test]
fn every_claim_of_execution_has_a_run() {
    let covered: BTreeSet<_> = suites().flat_map(|suite| suite.covers).copied().collect();
    let mut rendered = BTreeSet::new();
    for (remedy, snippet) in every_snippet() {
        let title = covered
            .iter()
            .find(|(name, title)| *name == remedy_name(&remedy) && *title == snippet.title);
        rendered.extend(title);
        match snippet.proof {
            Proof::Executed(claim) => {
                assert!(
                    title.is_some(),
                    "nothing runs `{}`, which claims {claim}",
                    snippet.title
                );
            }
            Proof::NotExecuted(why) => assert!(!why.is_empty(), "{}", snippet.title),
        }
    }
    assert_eq!(rendered, covered, "a run covers what nobody renders");
}

#[test]
fn every_dialect_and_remedy_is_answered() {
    let snippets = every_snippet();
    for dialect in Dialect::ALL {
        assert!(
            snippets
                .iter()
                .any(|(_, snippet)| snippet.dialect == dialect),
            "{dialect:?} renders nothing"
        );
    }
    for remedy in connections().iter().flat_map(every_remedy) {
        let connection = remedy.connection();
        let is_front_end = connection.is_some_and(|connection| connection.protocol != "postgresql");
        // What has no meaning on the other protocol has no snippet there.
        let fits = match remedy_name(&remedy) {
            "http_transport" => is_front_end,
            _ => true,
        };
        assert_eq!(!render(&remedy).is_empty(), fits, "{remedy:?}");
    }
}

#[test]
fn snippets_are_safe_to_paste_and_show() {
    for (_, snippet) in every_snippet() {
        let lines = snippet.text.replace('\t', " ");
        let steps = snippet.then.iter().map(String::as_str);
        for line in lines.lines().chain(steps).chain([snippet.verify.as_str()]) {
            assert!(!line.contains('\n'), "{line}");
            // Compared in pieces: printable text is bounded, lines of code are not.
            for character in line.chars() {
                let character = character.to_string();
                assert_eq!(printable(&character), character, "{line:?}");
            }
        }
        assert!(!snippet.text.is_empty() && snippet.text.ends_with('\n'));
        assert!(!snippet.then.is_empty(), "{}", snippet.title);
        assert!(
            snippet.verify.starts_with("verifull "),
            "{}",
            snippet.verify
        );
    }
}

/// What is widely published and was seen to connect to an impostor, to lose TLS 1.3, or to do nothing.
#[test]
fn wrong_advice_is_never_given() {
    const WRONG: &[&str] = &[
        "sslmode=require",
        "verify-ca",
        "rejectUnauthorized: false",
        "CERT_NONE",
        "check_hostname",
        "NonValidatingFactory",
        "ssl_require",
        "ssl=true",
        "ssl=false",
        "sslrootcert=system",
        "--ssl-version",
        "InsecureSkipVerify",
        "NODE_TLS_REJECT_UNAUTHORIZED",
        "chmod 644",
        "quote_plus",
        "trust\n",
        "TLSv1.1",
        "forwarded-allow-ips '*'",
    ];
    for (_, snippet) in every_snippet() {
        // What is named there is what is disabled.
        let text = snippet.text.replace("=SSLv3, TLSv1, TLSv1.1,", "=");
        for wrong in WRONG {
            assert!(!text.contains(wrong), "{wrong} in {text}");
        }
        // pg_stat_ssl may choose sessions to end; it proves nothing about a client.
        assert!(!snippet.verify.contains("pg_stat_ssl"));
    }
}

#[test]
fn verify_commands_name_a_target_that_parses() {
    for connection in connections() {
        if connection.host == HOSTILE {
            continue;
        }
        for remedy in every_remedy(&connection) {
            for snippet in render(&remedy) {
                let Some(rest) = snippet.verify.strip_prefix("verifull probe ") else {
                    assert!(remedy.connection().is_none(), "{}", snippet.verify);
                    continue;
                };
                let written = rest.split(' ').next().unwrap_or_default();
                let parsed = target::parse(written.trim_matches('\'')).unwrap();
                assert_eq!(parsed.targets[0].host.to_string(), connection.host);
                assert_eq!(parsed.targets[0].protocol.as_str(), connection.protocol);
                assert_eq!(parsed.targets[0].port, connection.port);
            }
        }
    }
}

#[test]
fn likeliest_dialect_comes_first() {
    let first = |product: &str, port: u16| {
        let connection = Connection {
            protocol: "postgresql".to_owned(),
            product: product.to_owned(),
            host: "db1.example".to_owned(),
            port,
            ..Connection::default()
        };
        render(&Remedy::OfferTls(connection))[0].dialect
    };
    assert_eq!(first("cockroachdb", 5432), Dialect::Cockroach);
    assert_eq!(first("unknown", 26257), Dialect::Cockroach);
    assert_eq!(first("unknown", 5432), Dialect::Postgresql);
    assert_eq!(first("postgresql", 26257), Dialect::Postgresql);
}

#[test]
fn snippets_that_claim_execution_run() {
    let lab = Lab::new();
    let results: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = suites()
            .map(|suite| {
                let lab = &lab;
                scope.spawn(move || {
                    let snippets = Snippets::default();
                    let result = (suite.run)(lab, &snippets);
                    (suite, result, snippets.taken.into_inner())
                })
            })
            .collect();
        runs.into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .collect()
    });
    let mut failures = Vec::new();
    for result in results {
        match result {
            Err(_) => failures.push("a run panicked, see above".to_owned()),
            Ok((suite, Err(failure), _)) => failures.push(format!("{:?}: {failure}", suite.covers)),
            Ok((suite, Ok(programs), taken)) => {
                for &(remedy, title) in suite.covers {
                    assert!(
                        taken.contains(&(remedy, title.to_owned())),
                        "{remedy}, {title} was not run"
                    );
                    failures.extend(unfounded_claim(remedy, title, &programs));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Compares what a snippet claims with the programs that were run: each is there, and no older than claimed.
fn unfounded_claim(remedy: &str, title: &str, programs: &Programs) -> Option<String> {
    let (_, snippet) = every_snippet()
        .into_iter()
        .find(|(rendered, snippet)| remedy_name(rendered) == remedy && snippet.title == title)?;
    let Proof::Executed(claim) = snippet.proof else {
        return None;
    };
    let number = |version: &str| -> Vec<u32> {
        version
            .split('.')
            .map_while(|part| part.parse().ok())
            .collect()
    };
    let is_founded = claim.split(", ").all(|part| {
        part.rsplit_once(' ').is_some_and(|(name, version)| {
            programs
                .iter()
                .any(|(seen, running)| seen == name && number(running) >= number(version))
        })
    });
    (!is_founded).then(|| format!("`{title}` claims {claim}, and these ran: {programs:?}"))
}
