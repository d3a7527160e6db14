//! What remedies are run against: PostgreSQL servers with a CA of their own, and peers that nobody should trust.
//!
//! Everything listens on loopback, lies in one temporary folder and ends with the test. It judges nothing.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use verifull::libpq::wire::SSL_REQUEST;

/// The password that must reach nobody but the right server.
pub(super) const PASSWORD: &str = "planted-s3cret";

/// A name that tries to leave every kind of string: user, database and folder are called so.
pub(super) const HOSTILE: &str = "a\"b'c $(d)`e %41\\u0022\nü#;@/:?&=+{}";

/// How long any program may take.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// A handshake that only an old server takes part in.
pub(super) const OLD: &[&str] = &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"];

/// A handshake of TLS 1.2 with suites that do not authenticate what they encrypt in one step (RFC 9325 section 4.2).
pub(super) const CBC: &[&str] = &[
    "-tls1_2",
    "-cipher",
    "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0",
];

/// Tells whether a server on loopback completes a handshake with these options of `openssl s_client`.
pub(super) fn completes_handshake(port: u16, options: &[&str]) -> Result<bool, String> {
    let output = finish(
        Command::new("openssl")
            .args(["s_client", "-servername", "localhost", "-connect"])
            .arg(format!("127.0.0.1:{port}"))
            .args(options),
    )?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.contains("Cipher is ") && !text.contains("Cipher is (NONE)"))
}

/// Runs a program to its end and returns what it printed.
pub(super) fn finish(command: &mut Command) -> Result<Output, String> {
    let name = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{name}: {error}; tests/run installs what the tests need"))?;
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (out, err) = std::thread::scope(|scope| {
        let out = scope.spawn(move || read_all(&mut stdout));
        let err = scope.spawn(move || read_all(&mut stderr));
        let deadline = Instant::now() + PATIENCE;
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                child.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        (out.join().unwrap(), err.join().unwrap())
    });
    Ok(Output {
        status: child.wait().unwrap(),
        stdout: out,
        stderr: err,
    })
}

fn read_all(source: &mut impl Read) -> Vec<u8> {
    let mut all = Vec::new();
    source.read_to_end(&mut all).unwrap();
    all
}

/// Runs a program that must succeed and returns its standard output.
pub(super) fn succeed(command: &mut Command) -> Result<String, String> {
    let output = finish(command)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        Err(format!(
            "{command:?}: {}\n{text}{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

/// Returns a command without the settings of whoever runs the tests: drivers read many variables.
pub(super) fn clean_command(program: impl AsRef<std::ffi::OsStr>, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.env("HOME", home).env("LC_ALL", "C.UTF-8");
    command
}

/// Returns the folder with `venv/` and `node_modules/` that `tests/run` fills.
pub(super) fn cache() -> PathBuf {
    let folder = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    folder("VERIFULL_TEST_CACHE").unwrap_or_else(|| {
        folder("XDG_CACHE_HOME")
            .unwrap_or_else(|| folder("HOME").unwrap_or_default().join(".cache"))
            .join("verifull-tests")
    })
}

/// Returns a file of the cache, or says who makes it.
pub(super) fn cached(name: &str) -> Result<PathBuf, String> {
    let path = cache().join(name);
    if path.exists() {
        Ok(path)
    } else {
        Err(format!("{} is missing: tests/run makes it", path.display()))
    }
}

/// A certificate and its key, in both forms.
pub(super) struct Identity {
    pub(super) certificate: rcgen::Certificate,
    pub(super) key: KeyPair,
}

impl Identity {
    /// Writes `<stem>.crt` and `<stem>.key`, the key for its owner alone.
    pub(super) fn write(&self, folder: &Path, stem: &str) {
        fs::write(folder.join(format!("{stem}.crt")), self.certificate.pem()).unwrap();
        write_private(
            &folder.join(format!("{stem}.key")),
            &self.key.serialize_pem(),
        );
    }
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A certification authority.
pub(super) struct Authority {
    pub(super) issuer: Issuer<'static, KeyPair>,
    pub(super) pem: String,
    pub(super) key_pem: String,
}

impl Authority {
    pub(super) fn new(name: &str, parent: Option<&Self>) -> Self {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        parameters.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().unwrap();
        let key_pem = key.serialize_pem();
        let certificate = match parent {
            Some(parent) => parameters.signed_by(&key, &parent.issuer),
            None => parameters.self_signed(&key),
        };
        Self {
            pem: certificate.unwrap().pem(),
            issuer: Issuer::new(parameters, key),
            key_pem,
        }
    }

    pub(super) fn server(&self, names: &[&str], expired: bool) -> Identity {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut parameters = CertificateParams::new(names).unwrap();
        parameters
            .distinguished_name
            .push(DnType::CommonName, "node");
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        if expired {
            parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
            parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        self.sign(&parameters)
    }

    pub(super) fn client(&self, user: &str) -> Identity {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, user);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(&parameters)
    }

    fn sign(&self, parameters: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Identity { certificate, key }
    }

    pub(super) fn write(&self, folder: &Path, stem: &str) {
        fs::write(folder.join(format!("{stem}.crt")), &self.pem).unwrap();
        write_private(&folder.join(format!("{stem}.key")), &self.key_pem);
    }
}

/// Returns a port nobody listens on.
///
/// It lies below those that the system gives to whoever asks for any (32768 on Linux), so nobody takes it before the server does.
pub(super) fn free_port() -> u16 {
    static TAKEN: AtomicUsize = AtomicUsize::new(0);
    let first = std::process::id() as usize * 64;
    loop {
        let next = first + TAKEN.fetch_add(1, Ordering::SeqCst);
        let port = u16::try_from(20_000 + next % 12_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Waits until something listens on a port, or the program that should is gone.
pub(super) fn await_port(port: u16, child: &mut Child) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        if let Some(status) = child.try_wait().unwrap() {
            return Err(format!("it ended before it listened on {port}: {status}"));
        }
        if Instant::now() > deadline {
            return Err(format!("nothing listens on {port}"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A program that ends with this value.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // SIGINT is a fast shutdown to PostgreSQL, which then removes its shared memory; nginx, uvicorn, gunicorn and psql end on it, too.
        let id = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::INT);
        let deadline = Instant::now() + Duration::from_secs(5);
        while let Ok(None) = self.0.try_wait() {
            if Instant::now() > deadline {
                let _ = self.0.kill();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The account that PostgreSQL runs as: `None` for whoever runs the tests, unless that is root, whom it refuses.
fn account() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").unwrap();
    let line = accounts
        .lines()
        .find(|line| line.starts_with("postgres:"))
        .expect("an account postgres; tests/run installs PostgreSQL");
    let fields: Vec<&str> = line.split(':').collect();
    Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
}

/// Gives a file to the account that PostgreSQL runs as.
pub(super) fn give(path: &Path) {
    if let Some((user, group)) = account() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

/// Returns the folder with the programs of the newest PostgreSQL of the system.
fn postgres_programs() -> PathBuf {
    let folders = fs::read_dir("/usr/lib/postgresql")
        .expect("/usr/lib/postgresql; tests/run installs PostgreSQL");
    folders
        .map(|folder| folder.unwrap().path().join("bin"))
        .filter(|programs| programs.join("postgres").exists())
        .max()
        .expect("a PostgreSQL server; tests/run installs it")
}

fn postgres_program(programs: &Path, name: &str) -> Command {
    let mut command = Command::new(programs.join(name));
    if let Some((user, group)) = account() {
        command.uid(user).gid(group);
    }
    command.current_dir("/").env_remove("PGDATA");
    command
}

/// A PostgreSQL server on a port of 127.0.0.1 and on a socket in its own folder.
pub(super) struct Postgres {
    pub(super) folder: PathBuf,
    pub(super) port: u16,
    programs: PathBuf,
    /// A configuration of OpenSSL in place of the system's.
    pub(super) openssl_conf: Option<PathBuf>,
    process: Option<Running>,
}

impl Postgres {
    /// Makes the files of a server that is not started yet, with these programs or the system's.
    pub(super) fn initialise(folder: &Path, programs: Option<PathBuf>) -> Result<Self, String> {
        let programs = programs.unwrap_or_else(postgres_programs);
        fs::create_dir(folder).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
        give(folder);
        succeed(
            postgres_program(&programs, "initdb")
                .arg("-D")
                .arg(folder)
                .args([
                    "-U",
                    "postgres",
                    "-A",
                    "trust",
                    "-E",
                    "UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync",
                ]),
        )?;
        let port = free_port();
        let server = Self {
            folder: folder.to_owned(),
            port,
            programs,
            openssl_conf: None,
            process: None,
        };
        server.append(
            "postgresql.conf",
            &format!(
                "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\nfsync = off\nshared_buffers = 16MB\n",
                folder.display()
            ),
        );
        Ok(server)
    }

    /// Makes a second server from the files of one that is not started.
    pub(super) fn copy(&self, folder: &Path) -> Result<Self, String> {
        succeed(Command::new("cp").arg("-a").arg(&self.folder).arg(folder))?;
        let port = free_port();
        let server = Self {
            folder: folder.to_owned(),
            port,
            programs: self.programs.clone(),
            openssl_conf: None,
            process: None,
        };
        server.append(
            "postgresql.conf",
            &format!(
                "port = {port}\nunix_socket_directories = '{}'\n",
                folder.display()
            ),
        );
        Ok(server)
    }

    pub(super) fn start(&mut self) -> Result<(), String> {
        let log = fs::File::create(self.folder.with_extension("log")).unwrap();
        let mut command = postgres_program(&self.programs, "postgres");
        if let Some(path) = &self.openssl_conf {
            command.env("OPENSSL_CONF", path);
        }
        let mut child = command
            .arg("-D")
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .map_err(|error| error.to_string())?;
        let listening = await_port(self.port, &mut child);
        self.process = Some(Running(child));
        listening.map_err(|error| {
            let log = fs::read_to_string(self.folder.with_extension("log"));
            format!("{error}\n{}", log.unwrap_or_default())
        })?;
        // It listens before it lets anybody in.
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = self.sql("postgres", "SELECT 1") {
            if Instant::now() > deadline {
                return Err(error);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Adds lines to one of its files.
    pub(super) fn append(&self, file: &str, lines: &str) {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).unwrap_or_default();
        self.write(file, &(text + lines));
    }

    /// Writes one of its files.
    pub(super) fn write(&self, file: &str, text: &str) {
        let path = self.folder.join(file);
        write_private(&path, text);
        give(&path);
    }

    /// Returns `psql` as the superuser, over the socket.
    pub(super) fn superuser(&self) -> Command {
        self.superuser_shell("psql")
    }

    /// Returns a program for which the superuser's socket is where a libpq client goes by itself.
    pub(super) fn superuser_shell(&self, program: &str) -> Command {
        let mut command = clean_command(program, Path::new("/nonexistent"));
        command
            .env("PGHOST", &self.folder)
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", "postgres")
            .env("PGDATABASE", "postgres");
        command
    }

    pub(super) fn sql(&self, database: &str, statement: &str) -> Result<String, String> {
        succeed(self.superuser().env("PGDATABASE", database).args([
            "-qAtX",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            statement,
        ]))
    }
}

/// What one peer heard from clients.
#[derive(Clone, Default)]
pub(super) struct Record {
    notes: Arc<Mutex<Vec<String>>>,
    contacts: Arc<AtomicUsize>,
}

impl Record {
    fn note(&self, what: String) {
        self.notes.lock().unwrap().push(what);
    }

    /// What came that should not.
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }

    /// How often it was asked for TLS.
    pub(super) fn contacts(&self) -> usize {
        self.contacts.load(Ordering::SeqCst)
    }
}

/// Listens on a port of 127.0.0.1 and gives each connection to `answer`, in a thread that ends with the process.
fn listen(
    answer: impl Fn(TcpStream, &Record) -> std::io::Result<()> + Send + Sync + 'static,
) -> (u16, Record) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let record = Record::default();
    let kept = record.clone();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (answer, record) = (Arc::clone(&answer), kept.clone());
            std::thread::spawn(move || {
                let _ = stream.set_read_timeout(Some(PATIENCE));
                // A client that goes away is what is wanted.
                let _ = answer(stream, &record);
            });
        }
    });
    (port, record)
}

/// Reads the first message; a `StartupMessage` in its place is on the record.
fn expect_ssl_request(stream: &mut TcpStream, record: &Record) -> std::io::Result<()> {
    let mut first = [0; 8];
    stream.read_exact(&mut first)?;
    record.contacts.fetch_add(1, Ordering::SeqCst);
    if first != SSL_REQUEST {
        record.note(format!("sent {first:02x?} in place of SSLRequest"));
    }
    Ok(())
}

/// A wire in front of a good server. It puts everything on the record that is not a TLS record after `SSLRequest`.
pub(super) fn tap(server_port: u16) -> (u16, Record) {
    listen(move |mut client, record| {
        expect_ssl_request(&mut client, record)?;
        let mut server = TcpStream::connect(("127.0.0.1", server_port))?;
        server.write_all(&SSL_REQUEST)?;
        let mut answer = [0];
        server.read_exact(&mut answer)?;
        client.write_all(&answer)?;
        let mut first = [0; 3];
        client.read_exact(&mut first)?;
        // A handshake record of TLS (RFC 8446 section 5.1).
        if first[..2] != [0x16, 0x03] {
            record.note(format!("sent {first:02x?} in place of a ClientHello"));
        }
        server.write_all(&first)?;
        let (mut to_client, mut from_server) = (client.try_clone()?, server.try_clone()?);
        let back = std::thread::spawn(move || {
            let _ = std::io::copy(&mut from_server, &mut to_client);
            let _ = to_client.shutdown(Shutdown::Both);
        });
        let _ = std::io::copy(&mut client, &mut server);
        let _ = server.shutdown(Shutdown::Write);
        let _ = back.join();
        Ok(())
    })
}

/// A server that says `N`, and whatever then comes in plaintext is on the record, the password included.
pub(super) fn plaintext_peer() -> (u16, Record) {
    listen(|mut client, record| {
        expect_ssl_request(&mut client, record)?;
        client.write_all(b"N")?;
        let mut startup = [0; 1024];
        let length = client.read(&mut startup)?;
        if length == 0 {
            return Ok(());
        }
        record.note(format!(
            "sent {:?} in plaintext",
            String::from_utf8_lossy(&startup[..length])
        ));
        // AuthenticationCleartextPassword.
        client.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3])?;
        let length = client.read(&mut startup)?;
        record.note(format!(
            "then {:?}",
            String::from_utf8_lossy(&startup[..length])
        ));
        Ok(())
    })
}

/// A server that speaks TLS with a certificate nobody should accept, and whatever comes inside is on the record.
pub(super) fn tls_peer(identity: &Identity) -> (u16, Record) {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.serialize_der()));
    let chain = vec![CertificateDer::from(identity.certificate.der().to_vec())];
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    listen(move |mut client, record| {
        expect_ssl_request(&mut client, record)?;
        client.write_all(b"S")?;
        let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = rustls::Stream::new(&mut connection, &mut client);
        let mut startup = [0; 1024];
        let length = stream.read(&mut startup)?;
        if length == 0 {
            return Ok(());
        }
        record.note(format!(
            "sent {:?} inside TLS",
            String::from_utf8_lossy(&startup[..length])
        ));
        stream.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3])?;
        let length = stream.read(&mut startup)?;
        record.note(format!(
            "then {:?}",
            String::from_utf8_lossy(&startup[..length])
        ));
        Ok(())
    })
}

/// Everything that the suites share.
pub(super) struct Lab {
    pub(super) folder: tempfile::TempDir,
    /// The CA that clients trust.
    pub(super) authority: Authority,
    /// One that nobody trusts.
    pub(super) stranger: Authority,
    /// A server for clients: TLS only.
    pub(super) server: Postgres,
    /// A server for the suite about PostgreSQL, not started: no TLS, plaintext accepted.
    pub(super) plain_server: Mutex<Option<Postgres>>,
}

impl Lab {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL's account must come through to its own folder; keys have modes of their own.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let authority = Authority::new("Test CA", None);
        authority.write(folder.path(), "ca");
        let mut server = Postgres::initialise(&folder.path().join("pg"), None).unwrap();
        let plain_server = server.copy(&folder.path().join("pg2")).unwrap();
        plain_server.write(
            "pg_hba.conf",
            "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n",
        );
        let identity = authority.server(&["localhost", "127.0.0.1"], false);
        server.write("server.crt", &identity.certificate.pem());
        server.write("server.key", &identity.key.serialize_pem());
        server.write("ca.crt", &authority.pem);
        server.append(
            "postgresql.conf",
            "ssl = on\nssl_ca_file = 'ca.crt'\nlog_connections = on\n",
        );
        server.write(
            "pg_hba.conf",
            "local all all trust\nhostssl all +certified 127.0.0.1/32 cert\nhostssl all all 127.0.0.1/32 scram-sha-256\n",
        );
        server.start().unwrap();
        let quoted = HOSTILE.replace('"', "\"\"");
        let escaped = HOSTILE.replace('\'', "''");
        server
            .sql(
                "postgres",
                &format!("CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'; CREATE ROLE certified; CREATE ROLE \"{quoted}\" LOGIN IN ROLE certified"),
            )
            .unwrap();
        for database in ["app", &quoted, "cockroach"] {
            server
                .sql("postgres", &format!("CREATE DATABASE \"{database}\""))
                .unwrap();
        }
        // SQLAlchemy's dialect for CockroachDB looks at nothing but the answer to version().
        server
            .sql(
                "cockroach",
                "CREATE SCHEMA stand_in; GRANT USAGE ON SCHEMA stand_in TO PUBLIC; \
                 CREATE FUNCTION stand_in.version() RETURNS text LANGUAGE sql RETURN 'CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu, built 2024/05/15 21:28:29, go1.22.2)'::text; \
                 ALTER DATABASE cockroach SET search_path = stand_in, pg_catalog, public",
            )
            .unwrap();
        assert_eq!(
            server
                .sql(
                    "postgres",
                    &format!("SELECT count(*) FROM pg_roles WHERE rolname = '{escaped}'")
                )
                .unwrap()
                .trim(),
            "1"
        );
        Self {
            folder,
            authority,
            stranger: Authority::new("Other CA", None),
            server,
            plain_server: Mutex::new(Some(plain_server)),
        }
    }

    /// Makes a folder of its own for a suite.
    pub(super) fn subfolder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder).unwrap();
        folder
    }
}
