//! Certificate files on a real disk: how they are read, and what `verifull check` says of them and of the server beside them.
//!
//! All certificates are made here, by a CA of the test's own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use verifull::observation::Attempt;
use verifull::observation::certificate_file::{CertificateDirectory, Part, Role};
use verifull::watch::certificates;

use super::cli::program::{Program, Ran};

/// A CA with its own file.
pub(crate) struct Ca {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
    key: String,
}

impl Ca {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = name("Cockroach CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        span(&mut params, -2, 3650);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let text = key.serialize_pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
            key: text,
        }
    }

    /// Issues a certificate that began so many hours ago.
    pub(crate) fn issue(&self, common_name: &str, names: &[&str], hours: i64) -> (String, String) {
        let mut params = CertificateParams::default();
        params.distinguished_name = name(common_name);
        params.subject_alt_names = names
            .iter()
            .map(|name| match name.parse() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName((*name).try_into().unwrap()),
            })
            .collect();
        params.extended_key_usages = if common_name == "node" {
            vec![
                ExtendedKeyUsagePurpose::ServerAuth,
                ExtendedKeyUsagePurpose::ClientAuth,
            ]
        } else {
            vec![ExtendedKeyUsagePurpose::ClientAuth]
        };
        // As `cockroach cert` does it: it tells CAs of one name apart.
        params.use_authority_key_identifier_extension = true;
        span(&mut params, -hours, 1000);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Cockroach");
    name.push(DnType::CommonName, common_name);
    name
}

/// Sets a validity: from so many hours away, for so many days.
fn span(params: &mut CertificateParams, hours: i64, days: i64) {
    let at = |seconds: i64| {
        time::OffsetDateTime::from_unix_timestamp(Timestamp::now().as_second() + seconds).unwrap()
    };
    params.not_before = at(hours * 3600);
    params.not_after = at(days * 86_400);
}

/// Writes a pair; the key for nobody else.
pub(crate) fn write_pair(folder: &Path, stem: &str, (certificate, key): &(String, String)) {
    fs::write(folder.join(format!("{stem}.crt")), certificate).unwrap();
    write_key(&folder.join(format!("{stem}.key")), key, 0o600);
}

fn write_key(path: &Path, key: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, key).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn directory(program: &Program) -> PathBuf {
    let folder = program.path("certs");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn read(folder: &Path) -> CertificateDirectory {
    let mut directory = certificates::read_directory(folder);
    directory.relate();
    directory
}

/// The checks that a report names, with their subjects.
fn found(ran: &Ran) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let subject = finding["subject"]["name"].as_str().unwrap();
            let name = subject.rsplit('/').next().unwrap().to_owned();
            (finding["check"].as_str().unwrap().to_owned(), name)
        })
        .collect()
}

const CHECK: [&str; 4] = ["check", "--config", "v.toml", "--format=json"];

#[test]
fn certs_directory_is_read_by_its_names() {
    let program = Program::new();
    let folder = directory(&program);
    let ca = Ca::new();
    fs::write(folder.join("ca.crt"), &ca.pem).unwrap();
    write_pair(&folder, "node", &ca.issue("node", &["localhost"], 1));
    write_pair(&folder, "client.app", &ca.issue("app", &[], 1));
    fs::write(folder.join("README.txt"), "not one of ours").unwrap();
    fs::create_dir(folder.join("old.crt")).unwrap();
    let read = read(&folder);
    assert!(read.listed);
    let names: Vec<&str> = read.files.iter().map(|file| file.file_name()).collect();
    assert_eq!(
        names,
        [
            "ca.crt",
            "client.app.crt",
            "client.app.key",
            "node.crt",
            "node.key"
        ]
    );
    let node = read.of_role(&Role::Node, Part::Certificate).unwrap();
    let issuer = node.issuer.seen().unwrap();
    assert_eq!(issuer.subject, "CN=Cockroach CA,O=Cockroach");
    let key = read.of_role(&Role::Node, Part::Key).unwrap();
    let held = key.holdings.seen().unwrap();
    assert_eq!(
        held.private_keys[0].spki_sha256.as_ref(),
        Some(&node.end_entity().unwrap().spki_sha256)
    );
    assert_eq!(key.attributes.seen().unwrap().mode, Some(0o600));
}

#[test]
fn good_directory_has_no_finding_and_a_bad_one_each_of_its_own() {
    let program = Program::new();
    let folder = directory(&program);
    let ca = Ca::new();
    let config = "[watch]\ncerts = 'certs'\n";
    program.file("v.toml", config);
    fs::write(folder.join("ca.crt"), &ca.pem).unwrap();
    write_pair(&folder, "node", &ca.issue("node", &["localhost"], 1));
    write_pair(&folder, "client.app", &ca.issue("app", &[], 1));
    let ran = program.run(&CHECK);
    assert_eq!(found(&ran), []);
    assert_eq!(ran.code, 0, "{}", ran.stdout);

    // A client that can be root, with a key for everybody; another's key for the node; the CA's key beside them all.
    let (certificate, key) = ca.issue("app", &["root"], 1);
    fs::write(folder.join("client.app.crt"), certificate).unwrap();
    write_key(&folder.join("client.app.key"), &key, 0o644);
    write_key(&folder.join("node.key"), &ca.issue("node", &[], 1).1, 0o600);
    write_key(&folder.join("ca.key"), &ca.key, 0o600);
    let stranger = Ca::new();
    write_pair(&folder, "client.web", &stranger.issue("web", &[], 1));
    let ran = program.run(&CHECK);
    let wanted = [
        ("ca-key-beside-certificates", "ca.key"),
        ("certificate-not-issued-by-ca-beside", "client.web.crt"),
        ("login-name-among-dns-names", "client.app.crt"),
        ("private-key-mismatch", "node.crt"),
        ("private-key-readable-by-others", "client.app.key"),
    ];
    let wanted = wanted.map(|(check, name)| (check.to_owned(), name.to_owned()));
    assert_eq!(found(&ran), wanted);
    assert_eq!(ran.code, 2);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let files = report["files"].as_array().unwrap();
    assert_eq!(files.len(), 8);
    assert!(files.iter().all(|file| file["kind"] == "certificate_file"));

    // Nothing of any key is in any report.
    for format in [
        "json",
        "jsonl",
        "text",
        "sarif",
        "junit",
        "markdown",
        "nagios",
        "prometheus",
    ] {
        let arguments = ["check", "--config", "v.toml", "--format", format];
        let told = program.run(&arguments).stdout;
        for line in ca
            .key
            .lines()
            .chain(key.lines())
            .filter(|line| !line.starts_with('-'))
        {
            assert!(!told.contains(line), "{format}");
        }
    }
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let program = Program::new();
    let folder = directory(&program);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        folder.join("node.key"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let huge = fs::File::create(folder.join("ca.crt")).unwrap();
    huge.set_len(64 * 1024 * 1024).unwrap();
    std::os::unix::fs::symlink("b.crt", folder.join("a.crt")).unwrap();
    std::os::unix::fs::symlink("a.crt", folder.join("b.crt")).unwrap();
    let read = read(&folder);
    assert_eq!(read.files.len(), 4);
    for file in &read.files {
        assert!(matches!(file.holdings, Attempt::Failed(_)), "{}", file.path);
    }
}

#[test]
fn swap_of_a_kubernetes_mount_is_read_anew() {
    let program = Program::new();
    let folder = directory(&program);
    let ca = Ca::new();
    let mount = |name: &str, pair: &(String, String)| {
        let data = folder.join(name);
        fs::create_dir(&data).unwrap();
        write_pair(&data, "tls", pair);
        fs::write(data.join("ca.crt"), &ca.pem).unwrap();
        std::os::unix::fs::symlink(name, folder.join("..data_tmp")).unwrap();
        fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    };
    mount("..1", &ca.issue("node", &["localhost"], 2));
    for file in ["ca.crt", "tls.crt", "tls.key"] {
        std::os::unix::fs::symlink(format!("..data/{file}"), folder.join(file)).unwrap();
    }
    let before = read(&folder);
    assert_eq!(before.files.len(), 3);
    let leaf = |directory: &CertificateDirectory| {
        let file = Arc::clone(&directory.files[1]);
        assert!(file.issuer.seen().is_some());
        assert_eq!(
            file.attributes.seen().unwrap().link.as_deref(),
            Some("..data/tls.crt")
        );
        file.end_entity().unwrap().sha256.clone()
    };
    mount("..2", &ca.issue("node", &["localhost"], 1));
    assert_ne!(leaf(&before), leaf(&read(&folder)));
}

/// Serves TLS with one pair for as long as the test runs, and returns the port.
pub(crate) fn serve(pair: &(String, String)) -> u16 {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pair.0.as_bytes())
        .collect::<Result<_, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_slice(pair.1.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            std::thread::spawn(move || answer(stream, config));
        }
    });
    port
}

fn answer(stream: TcpStream, config: Arc<ServerConfig>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let mut buffer = [0; 64];
    while stream.read(&mut buffer).is_ok_and(|count| count > 0) {
        let _ = stream.flush();
    }
}

#[test]
fn missed_reload_is_found_and_a_reload_clears_it() {
    let program = Program::new();
    let folder = directory(&program);
    let ca = Ca::new();
    let old = ca.issue("node", &["localhost", "127.0.0.1"], 48);
    let new = ca.issue("node", &["localhost", "127.0.0.1"], 1);
    fs::write(folder.join("ca.crt"), &ca.pem).unwrap();
    write_pair(&folder, "node", &old);
    let check = |port: u16, more: &str| {
        let config = format!(
            "[watch]\ncerts = 'certs'\n[[endpoint]]\nname = 'db1'\ntarget = 'tls://127.0.0.1:{port}'\nsslrootcert = 'certs/ca.crt'\n{more}"
        );
        program.file("v.toml", config);
        let ran = program.run(&CHECK);
        let all = found(&ran);
        let missed = all
            .iter()
            .filter(|(check, _)| check == "certificate-reload-missed");
        (missed.count(), ran)
    };
    let port = serve(&old);
    assert_eq!(check(port, "").0, 0, "the file is the one that is served");
    write_pair(&folder, "node", &new);
    for more in ["", "serves = 'certs/node.crt'\n"] {
        let (missed, ran) = check(port, more);
        assert_eq!(missed, 1, "{}", ran.stdout);
        assert!(ran.code == 1 || ran.code == 2, "{}", ran.code);
        let how = if more.is_empty() {
            "it alone, of those that are watched"
        } else {
            "the configuration names"
        };
        assert!(ran.stdout.contains(how), "{}", ran.stdout);
    }
    assert_eq!(check(serve(&new), "").0, 0, "it was reloaded");
}

#[test]
fn ca_that_was_made_anew_on_disk_does_not_verify_what_is_served() {
    let program = Program::new();
    let folder = directory(&program);
    let (ca, other) = (Ca::new(), Ca::new());
    let pair = ca.issue("node", &["localhost", "127.0.0.1"], 1);
    let port = serve(&pair);
    program.file("trusted.crt", &ca.pem);
    write_pair(&folder, "node", &pair);
    let config = format!(
        "[watch]\ncerts = 'certs'\n[[endpoint]]\nname = 'db1'\ntarget = 'tls://127.0.0.1:{port}'\nsslrootcert = 'trusted.crt'\n"
    );
    program.file("v.toml", config);
    let checks = |ca: String| {
        fs::write(folder.join("ca.crt"), ca).unwrap();
        let all = found(&program.run(&CHECK));
        let mut checks = all.into_iter().map(|(check, _)| check);
        checks.any(|check| check == "ca-file-does-not-verify")
    };
    assert!(checks(other.pem.clone()));
    assert!(!checks(ca.pem.clone()));
    // While a CA is rotated both lie in one file, in any order.
    assert!(!checks(format!("{}{}", other.pem, ca.pem)));
}
