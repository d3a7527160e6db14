//! `openssl s_server`: TLS from the first byte, in the versions and with the demands that it is told.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use verifull::endpoint::{Endpoint, Protocol};
use verifull::observation::{Attempt, ClientCertificateDemand, EndpointObservation};
use verifull::probe::Depth;
use verifull::tls::ProtocolVersion;
use verifull::x509::{HostName, PathProblem, PathVerdict};

use super::pki::{Authority, Issued};
use super::psql::{Files, Login, probe};
use super::server::{Server, free_port, program};

pub(super) fn serve(folder: &Path, certificate: &Issued, more: &[&str]) -> Server {
    std::fs::write(folder.join("server.crt"), &certificate.certificate_pem).unwrap();
    std::fs::write(folder.join("server.key"), &certificate.key_pem).unwrap();
    let port = free_port();
    let log = folder.join("log");
    let mut command = Command::new(program("openssl"));
    command
        .args([
            "s_server",
            "-quiet",
            "-accept",
            &format!("127.0.0.1:{port}"),
        ])
        .args(["-cert", "server.crt", "-key", "server.key"])
        .args(more)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap());
    Server::start(&mut command, port, &log)
}

fn look(
    server: &Server,
    files: &Files,
    root: &Authority,
    host: &'static str,
) -> EndpointObservation {
    look_at_depth(server, files, root, host, Depth::Quick)
}

fn look_at_depth(
    server: &Server,
    files: &Files,
    root: &Authority,
    host: &'static str,
    depth: Depth,
) -> EndpointObservation {
    let login = Login {
        port: server.address.port(),
        user: "nobody",
        host,
        sslrootcert: Some(files.write("ca.pem", &root.pem())),
        client: None,
    };
    let mut endpoint: Endpoint = login.endpoint();
    endpoint.target.protocol = Protocol::Tls;
    endpoint.target.user = None;
    endpoint.target.database = None;
    probe(&endpoint, depth)
}

#[test]
fn bare_tls_shows_its_facts() {
    let (folder, files) = (TempDir::new().unwrap(), Files::new());
    let root = Authority::root("Test CA");
    let certificate = root.issue("node", &["localhost"], |_| {});
    let server = serve(folder.path(), &certificate, &[]);
    let observation = look(&server, &files, &root, "localhost");
    let handshake = observation.handshake.seen().expect("a handshake");
    assert_eq!(handshake.version, ProtocolVersion::TLSV1_3);
    let verification = observation.verification.seen().expect("a verification");
    assert_eq!(verification.path, PathVerdict::Valid);
    assert_eq!(verification.host_name, HostName::Match);
    let client = observation.client_authentication.seen().expect("seen");
    assert_eq!(client.demand, ClientCertificateDemand::NotRequested);
    assert!(matches!(observation.ssl_request, Attempt::NotAttempted(_)));

    let elsewhere = look(&server, &files, &root, "db.example");
    let verification = elsewhere.verification.seen().expect("a verification");
    assert_eq!(verification.host_name, HostName::Mismatch);
    let stranger = look(&server, &files, &Authority::root("Else"), "localhost");
    let verification = stranger.verification.seen().expect("a verification");
    assert_eq!(verification.problems, [PathProblem::UnknownCa]);
}

#[test]
fn chain_is_recorded_where_a_client_certificate_is_demanded() {
    let root = Authority::root("Test CA");
    let certificate = root.issue("node", &["localhost"], |_| {});
    for version in ["-tls1_2", "-tls1_3"] {
        let (folder, files) = (TempDir::new().unwrap(), Files::new());
        std::fs::write(folder.path().join("clients.pem"), root.pem()).unwrap();
        let server = serve(
            folder.path(),
            &certificate,
            &[
                version,
                "-Verify",
                "1",
                "-verify_return_error",
                "-CAfile",
                "clients.pem",
            ],
        );
        let observation = look(&server, &files, &root, "localhost");
        let chain = observation.chain.seen().expect("a chain");
        assert_eq!(
            *chain.end_entity().unwrap().der.0,
            *certificate.der,
            "{version}"
        );
        let verification = observation.verification.seen().expect("a verification");
        assert_eq!(verification.path, PathVerdict::Valid, "{version}");
        let client = observation.client_authentication.seen().expect("seen");
        assert_eq!(
            client.demand,
            ClientCertificateDemand::Required,
            "{version}: {client:?}"
        );
        assert_eq!(client.ca_names, ["CN=Test CA"], "{version}");
    }
}

#[test]
fn chains_of_every_kind_of_key_are_seen_where_tls13_alone_is_spoken() {
    let (folder, files) = (TempDir::new().unwrap(), Files::new());
    let root = Authority::root("Test CA");
    let certificate = root.issue("node", &["localhost"], |_| {});
    let made = Command::new(program("openssl"))
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-keyout",
            "rsa.key",
            "-out",
            "rsa.crt",
        ])
        .current_dir(folder.path())
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let more = ["-tls1_3", "-dcert", "rsa.crt", "-dkey", "rsa.key"];
    let server = serve(folder.path(), &certificate, &more);
    let observation = look_at_depth(&server, &files, &root, "localhost", Depth::Deep);
    let scan = observation.scan.seen().expect("a scan");
    let chains: Vec<_> = scan
        .chains
        .iter()
        .map(|it| (it.key_type.as_str(), it.with_server_name))
        .collect();
    assert_eq!(chains, [("RSA", true), ("ECDSA", true), ("ECDSA", false)]);
}
