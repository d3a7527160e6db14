//! The sslmode table against psql: whatever libpq does is right.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use tempfile::TempDir;
use verifull::config::Limits;
use verifull::endpoint::{Endpoint, ExpiryThresholds, Host, Protocol, Target};
use verifull::libpq::SslMode;
use verifull::observation::EndpointObservation;
use verifull::preflight::{self, Readiness};
use verifull::probe::{Depth, Prober};

use super::pki::{Authority, Issued};
use super::postgresql::{Installation, Postgresql, Ssl};
use super::server::program;

/// One way of connecting, for psql and for verifull alike.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) port: u16,
    pub(crate) user: &'static str,
    /// The name that is dialled; the address is 127.0.0.1 whatever it says.
    pub(crate) host: &'static str,
    pub(crate) sslrootcert: Option<PathBuf>,
    pub(crate) client: Option<(PathBuf, PathBuf)>,
}

impl Login {
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint {
            name: "db".into(),
            target: Target {
                protocol: Protocol::Postgresql,
                host: Host::Address(std::net::Ipv4Addr::LOCALHOST.into()),
                port: self.port,
                database: Some("postgres".to_owned()),
                user: Some(self.user.to_owned()),
                path: None,
                had_password: false,
            },
            sslmode: SslMode::VerifyFull,
            sslrootcert: self.sslrootcert.clone(),
            sslcert: self
                .client
                .as_ref()
                .map(|(certificate, _)| certificate.clone()),
            sslkey: self.client.as_ref().map(|(_, key)| key.clone()),
            server_name: Some(self.host.to_owned()),
            labels: std::collections::BTreeMap::default(),
            interval: Duration::from_mins(1),
            timeout: Duration::from_secs(5),
            serves: None,
            login_test: Some(Duration::from_hours(1)),
            scan: verifull::endpoint::ScanPlan::default(),
            expiry: ExpiryThresholds::default(),
        }
    }

    /// Probes with a prober that knows nothing yet.
    pub(crate) fn probe(&self, depth: Depth) -> EndpointObservation {
        probe(&self.endpoint(), depth)
    }

    /// Lets psql try.
    fn psql(&self, sslmode: SslMode, home: &Path) -> Seen {
        let mut command = Command::new(client());
        command
            .args(["-X", "-w", "-A", "-t", "-c"])
            .arg("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home)
            .env("LC_ALL", "C")
            .env("PGHOST", self.host)
            .env("PGHOSTADDR", "127.0.0.1")
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", self.user)
            .env("PGDATABASE", "postgres")
            .env("PGGSSENCMODE", "disable")
            .env("PGCONNECT_TIMEOUT", "10")
            .env("PGSSLMODE", sslmode.as_str());
        if let Some(path) = &self.sslrootcert {
            command.env("PGSSLROOTCERT", path);
        }
        if let Some((certificate, key)) = &self.client {
            command.env("PGSSLCERT", certificate).env("PGSSLKEY", key);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Seen {
            // `-w` stops psql at the request for a password: that is the authentication request. A role is looked up
            // when authentication is over.
            connects: output.status.success()
                || said.contains("fe_sendauth: no password supplied")
                || said.contains("role \"ghost\" does not exist"),
            encrypted: match String::from_utf8_lossy(&output.stdout).trim() {
                "t" => Some(true),
                "f" => Some(false),
                _ => None,
            },
            said,
        }
    }

    /// Holds the table against psql and returns where they differ.
    fn disagreements(&self, home: &Path) -> Vec<String> {
        let observation = self.probe(Depth::WithLoginTest);
        let table = preflight::predict(&observation, &self.endpoint()).expect("it is PostgreSQL");
        let seen: Vec<Seen> = std::thread::scope(|scope| {
            let attempts: Vec<_> = SslMode::ALL
                .into_iter()
                .map(|sslmode| scope.spawn(move || self.psql(sslmode, home)))
                .collect();
            attempts
                .into_iter()
                .map(|attempt| attempt.join().unwrap())
                .collect()
        });
        let mut found = Vec::new();
        assert_eq!(table.outcomes.len(), seen.len());
        for (row, seen) in table.outcomes.iter().zip(seen) {
            let differs = row.connects != Some(seen.connects)
                || seen.encrypted.is_some() && row.encrypted != seen.encrypted;
            if differs {
                found.push(format!("{self:?}\n  table: {row:?}\n  psql:  {seen:?}"));
            }
            if row.sslmode == SslMode::VerifyFull {
                let ready = table.verify_full == Readiness::Ready;
                if ready != seen.connects {
                    found.push(format!(
                        "{self:?}\n  {:?}\n  psql: {seen:?}",
                        table.verify_full
                    ));
                }
            }
        }
        found
    }
}

/// Probes an endpoint of one address with a prober that knows nothing yet.
pub(crate) fn probe(endpoint: &Endpoint, depth: Depth) -> EndpointObservation {
    // Reading the system's store takes as long as everything else together; files change under their names.
    static OF_THE_SYSTEM: LazyLock<Prober> = LazyLock::new(|| Prober::new(Limits::default()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut seen = runtime.block_on(async {
        if endpoint.sslrootcert.is_none() {
            OF_THE_SYSTEM.probe(endpoint, depth).await
        } else {
            Prober::new(Limits::default()).probe(endpoint, depth).await
        }
    });
    assert_eq!(seen.len(), 1, "one address, one observation");
    seen.remove(0)
}

/// The psql of PostgreSQL 15 itself: Debian's `/usr/bin/psql` is a Perl script that takes its time to find it.
fn client() -> &'static Path {
    static CLIENT: OnceLock<PathBuf> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let own = Installation::find(15..=15).bin.join("psql");
        if own.is_file() { own } else { program("psql") }
    })
}

/// What psql did.
#[derive(Debug)]
struct Seen {
    connects: bool,
    encrypted: Option<bool>,
    #[expect(dead_code, reason = "it is there to be printed")]
    said: String,
}

/// The files of a scenario.
pub(crate) struct Files {
    folder: TempDir,
}

impl Files {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A home without `~/.postgresql`.
    fn home(&self) -> &Path {
        self.folder.path()
    }
}

/// Asks psql and the table about every login with the right CA and with none, and about some of them with another CA and with
/// another host name, too: neither is seen by the server.
fn compare_logins(server: &Postgresql, root: &Authority, users: &[&'static str]) {
    let files = Files::new();
    let right = files.write("right.pem", &root.pem());
    let wrong = files.write("wrong.pem", &Authority::root("Another CA").pem());
    let mut found = Vec::new();
    for user in users {
        for (sslrootcert, host) in [
            (Some(&right), "localhost"),
            (Some(&right), "db.example"),
            (Some(&wrong), "localhost"),
            (None, "localhost"),
        ] {
            let about_the_client = sslrootcert == Some(&wrong) || host != "localhost";
            if about_the_client && !["open", "tls_only", "clear_only", "certified"].contains(user) {
                continue;
            }
            let login = Login {
                port: server.port(),
                user,
                host,
                sslrootcert: sslrootcert.cloned(),
                client: None,
            };
            found.extend(login.disagreements(files.home()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

const LOGINS: [&str; 10] = [
    "open",
    "ghost",
    "scram",
    "tls_only",
    "tls_trust",
    "clear_only",
    "no_clear",
    "certified",
    "by_cert",
    "nobody",
];

#[test]
fn table_agrees_with_psql_where_tls_is_offered() {
    let root = Authority::root("Test CA");
    let certificate = root.issue("node", &["localhost", "127.0.0.1"], |_| {});
    let server = Postgresql::start(&Installation::find(15..=15), Ssl::On, &certificate, &root);
    compare_logins(&server, &root, &LOGINS);
}

#[test]
fn table_agrees_with_psql_where_tls_is_off() {
    let root = Authority::root("Test CA");
    let certificate = root.issue("node", &["localhost"], |_| {});
    let server = Postgresql::start(&Installation::find(15..=15), Ssl::Off, &certificate, &root);
    compare_logins(&server, &root, &["open", "scram", "tls_only", "clear_only"]);
}

#[test]
fn table_agrees_with_psql_on_a_newer_server() {
    let root = Authority::root("Test CA");
    let certificate = root.issue("node", &["localhost"], |_| {});
    let server = Postgresql::start(&Installation::find(17..=18), Ssl::On, &certificate, &root);
    compare_logins(
        &server,
        &root,
        &["open", "tls_only", "clear_only", "certified"],
    );
}

#[test]
fn table_agrees_with_psql_about_client_certificates() {
    let root = Authority::root("Test CA");
    let certificate = root.issue("node", &["localhost"], |_| {});
    let server = Postgresql::start(&Installation::find(15..=15), Ssl::On, &certificate, &root);
    let files = Files::new();
    let sslrootcert = files.write("ca.pem", &root.pem());
    let put = |name: &str, issued: &Issued| {
        (
            files.write(&format!("{name}.crt"), &issued.certificate_pem),
            files.write(&format!("{name}.key"), &issued.key_pem),
        )
    };
    let clients = [
        put("good", &root.issue("by_cert", &[], |_| {})),
        put(
            "stranger",
            &Authority::root("Stranger CA").issue("by_cert", &[], |_| {}),
        ),
    ];
    let mut found = Vec::new();
    // In TLS 1.2 the server's refusal comes within the handshake, in TLS 1.3 after it: libpq's fallbacks differ.
    for version in ["TLSv1.3", "TLSv1.2"] {
        server.set(&format!("ssl_max_protocol_version = '{version}'"));
        for client in &clients {
            for user in ["open", "certified", "by_cert", "tls_only"] {
                let login = Login {
                    port: server.port(),
                    user,
                    host: "localhost",
                    sslrootcert: Some(sslrootcert.clone()),
                    client: Some(client.clone()),
                };
                found.extend(login.disagreements(files.home()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

/// A certificate that the server presents, and what the client trusts and dials.
struct Presented {
    case: &'static str,
    chain: String,
    key: String,
    trusted: String,
    host: &'static str,
}

#[test]
fn table_agrees_with_psql_about_certificates() {
    let root = Authority::root("Test CA");
    let first = root.issue("node", &["localhost"], |_| {});
    let server = Postgresql::start(&Installation::find(15..=15), Ssl::On, &first, &root);
    let files = Files::new();
    let mut found = Vec::new();
    for presented in presented_cases(&root) {
        server.present(&presented.chain, &presented.key);
        let sslrootcert = files.write("trusted.pem", &presented.trusted);
        let login = Login {
            port: server.port(),
            user: "open",
            host: presented.host,
            sslrootcert: Some(sslrootcert),
            client: None,
        };
        found.extend(
            login
                .disagreements(files.home())
                .into_iter()
                .map(|difference| format!("{}: {difference}", presented.case)),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

#[expect(
    clippy::too_many_lines,
    reason = "a table of cases is one straight story"
)]
fn presented_cases(root: &Authority) -> Vec<Presented> {
    let case = |case, issued: Issued, trusted: String, host| Presented {
        case,
        chain: issued.certificate_pem,
        key: issued.key_pem,
        trusted,
        host,
    };
    let by_root = |name, names: &[&str], host| {
        case(name, root.issue("node", names, |_| {}), root.pem(), host)
    };
    let old = || rcgen::date_time_ymd(2025, 1, 1);
    let mut cases = vec![
        by_root("address in iPAddress", &["127.0.0.1"], "127.0.0.1"),
        by_root("address missing", &["localhost"], "127.0.0.1"),
        by_root("wildcard", &["*.example.test"], "db1.example.test"),
        by_root(
            "wildcard two labels away",
            &["*.example.test"],
            "a.db1.example.test",
        ),
        by_root("wildcard of a top-level domain", &["*.test"], "db1.test"),
        by_root("upper case", &["DB1.example.test"], "db1.example.test"),
        case(
            "only the common name",
            root.issue("db1.test", &[], |_| {}),
            root.pem(),
            "db1.test",
        ),
        case(
            "common name beside another DNS name",
            root.issue("db1.test", &["x.test"], |_| {}),
            root.pem(),
            "db1.test",
        ),
        case(
            "common name beside an address",
            root.issue("db1.test", &["10.0.0.7"], |_| {}),
            root.pem(),
            "db1.test",
        ),
        case(
            "address as common name",
            root.issue("127.0.0.1", &["x.test"], |_| {}),
            root.pem(),
            "127.0.0.1",
        ),
        case(
            "address as common name beside another",
            root.issue("127.0.0.1", &["10.0.0.7"], |_| {}),
            root.pem(),
            "127.0.0.1",
        ),
        case(
            "address as DNS name",
            root.issue("node", &[], |params| {
                params.subject_alt_names =
                    vec![rcgen::SanType::DnsName("127.0.0.1".try_into().unwrap())];
            }),
            root.pem(),
            "127.0.0.1",
        ),
        case(
            "expired",
            root.issue("node", &["localhost"], |params| params.not_after = old()),
            root.pem(),
            "localhost",
        ),
        case(
            "not yet valid",
            root.issue("node", &["localhost"], |params| {
                params.not_before = rcgen::date_time_ymd(2039, 1, 1);
            }),
            root.pem(),
            "localhost",
        ),
        case(
            "no serverAuth",
            root.issue("node", &["localhost"], |params| {
                params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
            }),
            root.pem(),
            "localhost",
        ),
        case(
            "no extended key usage",
            root.issue("node", &["localhost"], |params| {
                params.extended_key_usages.clear();
            }),
            root.pem(),
            "localhost",
        ),
    ];
    let own = Issued::self_signed("node", &["localhost"], |_| {});
    let trusted = own.certificate_pem.clone();
    cases.push(case("self-signed and trusted", own, trusted, "localhost"));
    let own = Issued::self_signed("node", &["localhost"], |params| {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    });
    let trusted = own.certificate_pem.clone();
    cases.push(case(
        "self-signed CA and trusted",
        own,
        trusted,
        "localhost",
    ));
    cases.push(case(
        "self-signed and unknown",
        Issued::self_signed("node", &["localhost"], |_| {}),
        root.pem(),
        "localhost",
    ));
    let expired = Authority::root_with("Old CA", |params| params.not_after = old());
    cases.push(case(
        "expired root",
        expired.issue("node", &["localhost"], |_| {}),
        expired.pem(),
        "localhost",
    ));
    cases.extend(intermediate_cases(root));
    cases
}

fn intermediate_cases(root: &Authority) -> Vec<Presented> {
    let intermediate = root.intermediate("Intermediate", |_| {});
    let issue = || intermediate.issue("node", &["localhost"], |_| {});
    let with = |case, issued: Issued, more: &str, trusted: String| Presented {
        case,
        chain: format!("{}{more}", issued.certificate_pem),
        key: issued.key_pem,
        trusted,
        host: "localhost",
    };
    let old = root.intermediate("Old intermediate", |params| {
        params.not_after = rcgen::date_time_ymd(2025, 1, 1);
    });
    let no_ca = root.intermediate("No CA", |params| params.is_ca = rcgen::IsCa::ExplicitNoCa);
    vec![
        with(
            "intermediate sent",
            issue(),
            &intermediate.pem(),
            root.pem(),
        ),
        with(
            "root sent, too",
            issue(),
            &format!("{}{}", intermediate.pem(), root.pem()),
            root.pem(),
        ),
        with(
            "wrong order",
            issue(),
            &format!("{}{}", root.pem(), intermediate.pem()),
            root.pem(),
        ),
        with("intermediate missing", issue(), "", root.pem()),
        with(
            "intermediate trusted alone",
            issue(),
            "",
            intermediate.pem(),
        ),
        with(
            "intermediate and root trusted",
            issue(),
            "",
            format!("{}{}", intermediate.pem(), root.pem()),
        ),
        with(
            "unknown root sent",
            issue(),
            &format!("{}{}", intermediate.pem(), root.pem()),
            Authority::root("Else").pem(),
        ),
        with(
            "expired intermediate",
            old.issue("node", &["localhost"], |_| {}),
            &old.pem(),
            root.pem(),
        ),
        with(
            "intermediate that is no CA",
            no_ca.issue("node", &["localhost"], |_| {}),
            &no_ca.pem(),
            root.pem(),
        ),
    ]
}
