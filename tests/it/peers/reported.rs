//! The binary itself, run against real servers: what its JSON says of them, and with what code it leaves.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::cli::program::{Program, Ran};
use super::pki::{Authority, Issued};
use super::postgresql::{Installation, Postgresql, Ssl};
use super::{nginx, openssl};

const MODES: [&str; 6] = [
    "disable",
    "allow",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
];

/// A root, and a certificate of it for the names that the tests dial.
fn stage() -> (Authority, Issued) {
    let root = Authority::root("Test CA");
    let certificate = root.issue("node", &["localhost", "127.0.0.1"], |_| {});
    (root, certificate)
}

/// Runs `verifull probe … --ca … --format json`.
fn probe(root: &Authority, arguments: &[&str]) -> (i32, Value) {
    let program = Program::new();
    program.file("ca.pem", root.pem());
    let common = ["probe", "--quick", "--ca", "ca.pem", "--format", "json"];
    parsed(&program.run(&[&common, arguments].concat()))
}

fn parsed(ran: &Ran) -> (i32, Value) {
    assert_eq!(ran.stderr, "", "stderr: {ran:?}");
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["schema_version"], 1);
    (ran.code, document)
}

/// Returns the contract's facts of the endpoint whose target or name begins so.
fn facts(document: &Value, endpoint: &str) -> Value {
    let endpoints = document["endpoints"].as_array().unwrap();
    let named = |field: &Value| {
        field
            .as_str()
            .is_some_and(|text| text.starts_with(endpoint))
    };
    let endpoint = endpoints
        .iter()
        .find(|entry| named(&entry["target"]) || named(&entry["name"]))
        .unwrap_or_else(|| panic!("no {endpoint}: {document:#}"));
    let name = &endpoint["name"];
    let mut checks: Vec<&str> = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["subject"]["name"] == *name)
        .map(|finding| finding["check"].as_str().unwrap())
        // Whether a server has such a group is a matter of the OpenSSL that it was built with.
        .filter(|check| *check != "post-quantum-group-missing")
        .collect();
    checks.sort_unstable();
    let tls = &endpoint["tls"];
    let verification = &endpoint["chains"][0]["verification"];
    json!({
        "reachable": endpoint["reachable"],
        "product": endpoint["server"]["product"],
        "offered": tls["offered"],
        "required": tls["required"],
        "required_scope": tls["required_scope"],
        "client_certificate": tls["client_certificate"],
        "version": tls["negotiated"]["version"],
        "path": verification["path"],
        "host_name": verification["host_name"],
        "problems": verification["problems"],
        "sslmodes": sslmodes(endpoint),
        "checks": checks,
    })
}

/// Writes the rows of the table short: `tls`, `plaintext`, `no` where the mode does not connect, `?` where that is not known.
fn sslmodes(endpoint: &Value) -> Value {
    let Some(rows) = endpoint["sslmodes"].as_array() else {
        return Value::Null;
    };
    let modes: Vec<_> = rows.iter().map(|row| row["sslmode"].as_str()).collect();
    assert_eq!(modes, MODES.map(Some));
    let short = |row: &Value| match (row["connects"].as_bool(), row["encrypted"].as_bool()) {
        (Some(true), Some(true)) => "tls",
        (Some(true), Some(false)) => "plaintext",
        (Some(false), None) => "no",
        (None, _) => "?",
        other => panic!("{other:?} in {row}"),
    };
    rows.iter().map(short).collect::<Vec<_>>().join(" ").into()
}

/// What a PostgreSQL server with TLS, a good certificate and a request for client certificates is said to be.
fn postgresql(required: bool, sslmodes: &str, checks: &[&str]) -> Value {
    json!({
        "reachable": true,
        "product": "postgresql",
        "offered": true,
        "required": required,
        "required_scope": "login",
        "client_certificate": "requested",
        "version": "TLSv1.3",
        "path": "valid",
        "host_name": "match",
        "problems": [],
        "sslmodes": sslmodes,
        "checks": checks,
    })
}

/// Probes a server under `host`, under `hostssl`, and where `pg_hba.conf` demands a client certificate.
fn logins_are_reported(server: &Postgresql, root: &Authority) {
    for (user, code, expected) in [
        (
            "scram",
            2,
            postgresql(
                false,
                "plaintext plaintext tls tls tls tls",
                &["plaintext-accepted"],
            ),
        ),
        (
            "tls_only",
            0,
            postgresql(true, "no tls tls tls tls tls", &[]),
        ),
        // TLS asks for a certificate and does without; the login is what fails.
        ("by_cert", 0, postgresql(true, "no no no no no no", &[])),
    ] {
        let (left, document) = probe(root, &[&target(server, user)]);
        assert_eq!(facts(&document, "postgresql"), expected, "{user}");
        assert_eq!(left, code, "{user}");
    }
    client_certificate_opens_the_login(server, root);
}

fn client_certificate_opens_the_login(server: &Postgresql, root: &Authority) {
    let client = root.issue("by_cert", &["client.example"], |_| {});
    let program = Program::new();
    program.file("ca.pem", root.pem());
    program.file("client.pem", client.certificate_pem);
    program.file("client.key", client.key_pem);
    let target = target(server, "by_cert");
    let (code, document) = parsed(&program.run(&[
        "probe",
        "--quick",
        &target,
        "--ca",
        "ca.pem",
        "--cert",
        "client.pem",
        "--key",
        "client.key",
        "--format",
        "json",
    ]));
    // A certificate was sent, so whether the server goes on without one is open, and the reason stands beside it.
    let mut expected = postgresql(true, "no tls tls tls tls tls", &[]);
    expected["client_certificate"] = Value::Null;
    assert_eq!((facts(&document, "postgresql"), code), (expected, 0));
    let open = &document["endpoints"][0]["tls"]["open"]["client_certificate"];
    assert!(open.is_string(), "{document:#}");
}

fn target(server: &Postgresql, user: &str) -> String {
    format!("postgresql://{user}@127.0.0.1:{}/postgres", server.port())
}

#[test]
fn postgresql_15_is_reported_by_what_its_logins_ask() {
    let (root, certificate) = stage();
    let server = Postgresql::start(&Installation::find(15..=15), Ssl::On, &certificate, &root);
    logins_are_reported(&server, &root);

    let target = target(&server, "tls_only");
    let (code, document) = probe(&root, &[&target, "--server-name", "db.example"]);
    let mut expected = postgresql(true, "no tls tls tls tls no", &["host-name-mismatch"]);
    expected["host_name"] = "mismatch".into();
    assert_eq!((facts(&document, "postgresql"), code), (expected, 2));

    let (code, document) = probe(&Authority::root("Else"), &[&target]);
    let mut expected = postgresql(true, "no no no no no no", &["certificate-unknown-ca"]);
    expected["path"] = "invalid".into();
    expected["problems"] = json!(["unknown_ca"]);
    assert_eq!((facts(&document, "postgresql"), code), (expected, 2));
}

#[test]
fn newer_postgresql_is_reported_the_same() {
    let (root, certificate) = stage();
    let installation = Installation::find(17..=18);
    let server = Postgresql::start(&installation, Ssl::On, &certificate, &root);
    logins_are_reported(&server, &root);
}

#[test]
fn postgresql_without_tls_is_reported_as_plaintext_only() {
    let (root, certificate) = stage();
    let server = Postgresql::start(&Installation::find(15..=15), Ssl::Off, &certificate, &root);
    let (code, document) = probe(&root, &[&target(&server, "scram")]);
    let expected = json!({
        "reachable": true,
        "product": "postgresql",
        "offered": false,
        "required": false,
        "required_scope": "login",
        "client_certificate": null,
        "version": null,
        "path": null,
        "host_name": null,
        "problems": null,
        "sslmodes": "plaintext plaintext plaintext no no no",
        "checks": ["plaintext-only"],
    });
    assert_eq!((facts(&document, "postgresql"), code), (expected, 2));
}

/// What a server with TLS from the first byte and a good certificate is said to be.
fn bare(version: &str, client_certificate: &str, checks: &[&str]) -> Value {
    json!({
        "reachable": true,
        "product": null,
        "offered": true,
        "required": null,
        "required_scope": null,
        "client_certificate": client_certificate,
        "version": version,
        "path": "valid",
        "host_name": "match",
        "problems": [],
        "sslmodes": null,
        "checks": checks,
    })
}

#[test]
fn web_and_bare_tls_servers_are_reported_by_probe_and_check() {
    let (root, certificate) = stage();
    let folders = [0; 3].map(|_| TempDir::new().unwrap());
    let web = nginx::serve(&folders[0], &root, "return 204;");
    let old = openssl::serve(folders[1].path(), &certificate, &["-tls1_2"]);
    std::fs::write(folders[2].path().join("clients.pem"), root.pem()).unwrap();
    let demand = [
        "-tls1_3",
        "-Verify",
        "1",
        "-verify_return_error",
        "-CAfile",
        "clients.pem",
    ];
    // A key of its own: one that two servers share is a finding.
    let certificate = root.issue("strict", &["localhost"], |_| {});
    let strict = openssl::serve(folders[2].path(), &certificate, &demand);
    let fleet = [
        (
            "web",
            "https",
            &web,
            bare("TLSv1.3", "not_requested", &["hsts-missing"]),
        ),
        (
            "old",
            "tls",
            &old,
            bare("TLSv1.2", "not_requested", &["tls13-missing"]),
        ),
        (
            "strict",
            "tls",
            &strict,
            bare("TLSv1.3", "required", &["client-certificate-missing"]),
        ),
    ];

    let program = Program::new();
    let ca = program.file("ca.pem", root.pem());
    let mut configuration = format!("[defaults]\nsslrootcert = \"{}\"\n", ca.display());
    for (name, scheme, server, expected) in &fleet {
        let target = format!("{scheme}://{}", server.address);
        writeln!(
            configuration,
            "[[endpoint]]\nname = \"{name}\"\ntarget = \"{target}\"\nserver_name = \"localhost\""
        )
        .unwrap();
        let (code, document) = probe(&root, &[&target, "--server-name", "localhost"]);
        assert_eq!(
            (facts(&document, scheme), code),
            (expected.clone(), 1),
            "{name}"
        );
    }
    program.file("fleet.toml", configuration);
    let (code, document) =
        parsed(&program.run(&["check", "--config", "fleet.toml", "--format", "json"]));
    for (name, _, _, expected) in &fleet {
        assert_eq!(facts(&document, name), *expected, "{name}");
    }
    assert_eq!(document["endpoints"][0]["http"]["status"], 204);
    assert_eq!(code, 1);
}
