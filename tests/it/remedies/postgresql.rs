//! PostgreSQL's files and the certificates that `openssl` makes: rendered, applied to a real server in the order in which an
//! operator would, and looked at from outside after each step.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use verifull::remediation::{CertificateOrder, Connection, Remedy, Snippet};

use super::lab::{
    Authority, CBC, HOSTILE, Lab, OLD, PASSWORD, PATIENCE, Postgres, Running, clean_command,
    completes_handshake, finish, give, succeed,
};
use super::{Programs, Snippets, Suite};

const CERTIFICATE: &str = "openssl: a server certificate with these names";

/// One suite: each step builds on the one before.
pub(super) const SUITES: &[Suite] = &[Suite {
    covers: &[
        ("offer_tls", "postgresql.conf: ssl on"),
        ("offer_tls", CERTIFICATE),
        ("require_tls", "pg_hba.conf: hostssl in place of host"),
        ("issue_certificate", CERTIFICATE),
        (
            "modern_tls",
            "postgresql.conf: TLS 1.2 and 1.3 with forward secrecy",
        ),
        ("send_intermediates", "openssl: a file with the whole chain"),
        (
            "send_intermediates",
            "postgresql.conf: the certificate with its intermediates",
        ),
        ("issue_client_certificate", "openssl: a client certificate"),
    ],
    run,
}];

fn run(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let mut server = lab
        .plain_server
        .lock()
        .unwrap()
        .take()
        .ok_or("it runs once")?;
    server.start()?;
    let quoted = HOSTILE.replace('"', "\"\"");
    server.sql(
        "postgres",
        &format!("CREATE ROLE app LOGIN REPLICATION PASSWORD '{PASSWORD}'; CREATE ROLE certified; CREATE ROLE \"{quoted}\" LOGIN IN ROLE certified"),
    )?;
    server.sql("postgres", "CREATE DATABASE app")?;
    let site = Site {
        lab,
        snippets,
        folder: lab.subfolder("postgresql"),
        connection: Connection {
            endpoint: "db1".to_owned(),
            protocol: "postgresql".to_owned(),
            product: "postgresql".to_owned(),
            host: "localhost".to_owned(),
            port: server.port,
            database: Some("app".to_owned()),
            user: Some("app".to_owned()),
            sslrootcert: Some(lab.folder.path().join("ca.crt")),
            ..Connection::default()
        },
        server,
    };
    site.offer_tls()?;
    site.require_tls()?;
    site.issue_certificate()?;
    site.modern_tls()?;
    site.send_intermediates()?;
    site.issue_client_certificate()?;
    let version = succeed(Command::new("openssl").arg("version"))?;
    Ok(vec![
        (
            "PostgreSQL".to_owned(),
            site.server
                .sql("postgres", "SHOW server_version")?
                .trim()
                .to_owned(),
        ),
        (
            "OpenSSL".to_owned(),
            version
                .split_whitespace()
                .nth(1)
                .unwrap_or_default()
                .to_owned(),
        ),
    ])
}

/// Runs a shell snippet in a folder, and stops at the first command that fails.
fn shell(text: &str, folder: &Path) -> Result<String, String> {
    succeed(
        clean_command("sh", folder)
            .args(["-e", "-c", text])
            .current_dir(folder),
    )
}

/// Fails unless the first is as the second.
fn same<T: PartialEq + std::fmt::Debug + ?Sized>(
    what: &str,
    seen: &T,
    wanted: &T,
) -> Result<(), String> {
    if seen == wanted {
        Ok(())
    } else {
        Err(format!("{what}: wanted {wanted:?}, saw {seen:?}"))
    }
}

struct Site<'a> {
    lab: &'a Lab,
    snippets: &'a Snippets,
    folder: PathBuf,
    connection: Connection,
    server: Postgres,
}

impl Site<'_> {
    /// Makes a folder for one step.
    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.join(name);
        fs::create_dir(&folder).unwrap();
        folder
    }

    /// Executes the steps that are commands, as somebody who may administrate the server.
    fn follow(&self, snippet: &Snippet) -> Result<(), String> {
        for command in snippet
            .then
            .iter()
            .filter_map(|step| step.strip_prefix("run: "))
        {
            succeed(
                self.server
                    .superuser_shell("sh")
                    .args(["-e", "-c", command]),
            )?;
        }
        Ok(())
    }

    /// Puts a certificate and a key where the server reads them.
    fn install(&self, folder: &Path, files: &[&str]) {
        for file in files {
            fs::copy(folder.join(file), self.server.folder.join(file)).unwrap();
            give(&self.server.folder.join(file));
        }
    }

    /// Logs in with psql and returns whether it was let in, with what it said.
    fn log_in(&self, conninfo: &str) -> (bool, String) {
        let output = finish(
            clean_command("psql", &self.folder)
                .args(["-AtX", "-c", "SELECT 'in as ' || current_user", "-d"])
                .arg(format!(
                    "host=localhost port={} user=app dbname=app {conninfo}",
                    self.server.port
                ))
                .env("PGPASSWORD", PASSWORD),
        )
        .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }

    /// Waits until a login comes out as wanted: the server reads its files a moment after it was told to.
    fn await_login(&self, conninfo: &str, wanted: bool, saying: &str) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (is_in, text) = self.log_in(conninfo);
            if is_in == wanted && text.contains(saying) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!(
                    "login with {conninfo}: wanted {wanted} and {saying:?}, got {is_in}: {text}"
                ));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn verify_full(&self) -> String {
        format!(
            "sslmode=verify-full sslrootcert={}",
            self.lab.folder.path().join("ca.crt").display()
        )
    }

    /// Fills in what verifull cannot know, the CA's key.
    fn with_authority(&self, text: &str) -> String {
        let folder = self.lab.folder.path().display().to_string();
        text.replace("/path/to/client-ca.", &format!("{folder}/ca."))
            .replace("/path/to/ca.key", &format!("{folder}/ca.key"))
    }

    fn offer_tls(&self) -> Result<(), String> {
        let remedy = Remedy::OfferTls(self.connection.clone());
        let folder = self.folder("offer");
        let certificate = self.snippets.take(&remedy, CERTIFICATE);
        shell(&self.with_authority(&certificate.text), &folder)?;
        same(
            "names",
            &names(&folder.join("server.crt"))?,
            &vec!["DNS:localhost".to_owned()],
        )?;
        self.install(&folder, &["server.crt", "server.key"]);
        let settings = self.snippets.take(&remedy, "postgresql.conf: ssl on");
        self.await_login(&self.verify_full(), false, "server does not support SSL")?;
        self.server.append("postgresql.conf", &settings.text);
        self.follow(&settings)?;
        self.await_login(&self.verify_full(), true, "in as app")
    }

    fn require_tls(&self) -> Result<(), String> {
        let remedy = Remedy::RequireTls(self.connection.clone());
        let snippet = self
            .snippets
            .take(&remedy, "pg_hba.conf: hostssl in place of host");
        for conninfo in ["sslmode=disable", "sslmode=disable replication=true"] {
            let (_, text) = self.log_in(conninfo);
            if text.contains("pg_hba.conf") {
                return Err(format!("plaintext is refused from the start: {text}"));
            }
        }
        // A session that began in plaintext outlives the new lines until it is ended.
        let mut session = Running(
            clean_command("psql", &self.folder)
                .args(["-qAtX", "-c", "SELECT pg_sleep(60)", "-d"])
                .arg(format!(
                    "host=localhost port={} user=app dbname=app sslmode=disable",
                    self.server.port
                ))
                .env("PGPASSWORD", PASSWORD)
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap(),
        );
        self.await_sessions(1)?;
        let lines = fs::read_to_string(self.server.folder.join("pg_hba.conf")).unwrap();
        self.server
            .write("pg_hba.conf", &(snippet.text.clone() + &lines));
        same(
            "errors in pg_hba.conf",
            self.server
                .sql(
                    "postgres",
                    "SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL",
                )?
                .trim(),
            "0",
        )?;
        self.follow(&snippet)?;
        for conninfo in ["sslmode=disable", "sslmode=disable replication=true"] {
            self.await_login(conninfo, false, "pg_hba.conf rejects")?;
        }
        self.await_login(&self.verify_full(), true, "in as app")?;
        let deadline = Instant::now() + PATIENCE;
        while session.0.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                return Err("the plaintext session goes on".to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.await_sessions(0)
    }

    /// Waits until this many sessions over TCP speak plaintext.
    fn await_sessions(&self, wanted: u32) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = self.server.sql("postgres", "SELECT count(*) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE NOT ssl AND client_addr IS NOT NULL")?;
            if seen.trim() == wanted.to_string() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("wanted {wanted} plaintext sessions, saw {seen}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn issue_certificate(&self) -> Result<(), String> {
        let long = format!("{}.example", ["abcdefghij"; 6].join("."));
        let order = CertificateOrder {
            connection: self.connection.clone(),
            names: vec![
                "localhost".to_owned(),
                "127.0.0.1".to_owned(),
                "a,DNS:evil.example".to_owned(),
                HOSTILE.to_owned(),
            ],
            missing: vec!["*.db.example".to_owned(), "::1".to_owned(), long.clone()],
            because: format!("the served one lacks names {HOSTILE}"),
        };
        let other_name = format!(
            "{} host=x.db.example hostaddr=127.0.0.1",
            self.verify_full()
        );
        self.await_login(&other_name, false, "does not match host name")?;
        let snippet = self
            .snippets
            .take(&Remedy::IssueCertificate(order), CERTIFICATE);
        let folder = self.folder("issue");
        shell(&self.with_authority(&snippet.text), &folder)?;
        let mut wanted = vec![
            "DNS:localhost".to_owned(),
            "DNS:*.db.example".to_owned(),
            format!("DNS:{long}"),
            "IP Address:127.0.0.1".to_owned(),
            "IP Address:0:0:0:0:0:0:0:1".to_owned(),
        ];
        wanted.sort();
        same("names", &names(&folder.join("server.crt"))?, &wanted)?;
        self.install(&folder, &["server.crt", "server.key"]);
        self.follow(&snippet)?;
        self.await_login(&other_name, true, "in as app")
    }

    fn modern_tls(&self) -> Result<(), String> {
        let remedy = Remedy::ModernTls(self.connection.clone());
        let snippet = self.snippets.take(
            &remedy,
            "postgresql.conf: TLS 1.2 and 1.3 with forward secrecy",
        );
        // What is to be cured: old versions and suites without forward secrecy or with CBC.
        self.server.append(
            "postgresql.conf",
            "ssl_min_protocol_version = 'TLSv1'\nssl_ciphers = 'ALL:@SECLEVEL=0'\n",
        );
        succeed(
            self.server
                .superuser()
                .args(["-c", "SELECT pg_reload_conf()"]),
        )?;
        self.await_handshake(OLD, true)?;
        self.await_handshake(CBC, true)?;
        self.server.append("postgresql.conf", &snippet.text);
        self.follow(&snippet)?;
        self.await_handshake(OLD, false)?;
        self.await_handshake(CBC, false)?;
        self.await_handshake(&["-tls1_2"], true)?;
        self.await_handshake(&["-tls1_3"], true)
    }

    fn await_handshake(&self, options: &[&str], wanted: bool) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        let options = [&["-starttls", "postgres"], options].concat();
        while completes_handshake(self.server.port, &options)? != wanted {
            if Instant::now() > deadline {
                return Err(format!("handshake with {options:?}: wanted {wanted}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn send_intermediates(&self) -> Result<(), String> {
        let remedy = Remedy::SendIntermediates(self.connection.clone());
        let intermediate = Authority::new("Test Intermediate CA", Some(&self.lab.authority));
        let folder = self.folder("chain");
        intermediate.write(&folder, "intermediate");
        intermediate
            .server(&["localhost"], false)
            .write(&folder, "server");
        self.install(&folder, &["server.crt", "server.key"]);
        succeed(
            self.server
                .superuser()
                .args(["-c", "SELECT pg_reload_conf()"]),
        )?;
        self.await_login(&self.verify_full(), false, "certificate verify failed")?;
        let chain = self
            .snippets
            .take(&remedy, "openssl: a file with the whole chain");
        shell(&chain.text, &folder)?;
        self.install(&folder, &["fullchain.crt"]);
        let settings = self.snippets.take(
            &remedy,
            "postgresql.conf: the certificate with its intermediates",
        );
        self.server.append("postgresql.conf", &settings.text);
        self.follow(&settings)?;
        self.await_login(&self.verify_full(), true, "in as app")
    }

    fn issue_client_certificate(&self) -> Result<(), String> {
        let folder = self.folder(&HOSTILE.replace(['/', ':'], "_"));
        let (certificate, key) = (folder.join("its own.crt"), folder.join("its own.key"));
        let remedy = Remedy::IssueClientCertificate(Connection {
            user: Some(HOSTILE.to_owned()),
            sslcert: Some(certificate.clone()),
            sslkey: Some(key.clone()),
            ..self.connection.clone()
        });
        let snippet = self.snippets.take(&remedy, "openssl: a client certificate");
        self.server.write("client-ca.crt", &self.lab.authority.pem);
        self.server
            .append("postgresql.conf", "ssl_ca_file = 'client-ca.crt'\n");
        self.server.write(
            "pg_hba.conf",
            "local all all trust\nhostssl all +certified all cert\n",
        );
        succeed(
            self.server
                .superuser()
                .args(["-c", "SELECT pg_reload_conf()"]),
        )?;
        shell(&self.with_authority(&snippet.text), &folder)?;
        for command in snippet
            .then
            .iter()
            .filter_map(|step| step.strip_prefix("run: "))
        {
            shell(command, &folder)?;
        }
        let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
        let user = format!("{} user={}", self.verify_full(), quoted(HOSTILE));
        self.await_login(
            &format!("{user} sslcert=/nonexistent"),
            false,
            "valid client certificate",
        )?;
        let path = |path: &Path| quoted(&path.display().to_string());
        let with_certificate = format!(
            "{user} sslcert={} sslkey={}",
            path(&certificate),
            path(&key)
        );
        self.await_login(&with_certificate, true, "in as a\"b'c")
    }
}

/// Returns the names in a certificate, sorted, as openssl prints them.
fn names(certificate: &Path) -> Result<Vec<String>, String> {
    let text = succeed(
        Command::new("openssl")
            .args(["x509", "-noout", "-ext", "subjectAltName", "-in"])
            .arg(certificate),
    )?;
    let mut names: Vec<String> = text
        .lines()
        .skip(1)
        .flat_map(|line| line.split(", "))
        .map(|name| name.trim().to_owned())
        .collect();
    names.sort();
    Ok(names)
}
