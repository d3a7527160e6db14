//! Observations for this room's tests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::config::{Config, Limits, Ui};
use crate::endpoint::{Endpoint, ExpiryThresholds, Host, Protocol, Target};
use crate::libpq::SslMode;
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::scan::{Enumeration, Preference, Refused, Scan, ScanDepth};
use crate::observation::{
    Attempt, ClientAuthentication, ClientCertificateDemand, EndpointObservation, Failure,
    FailureKind, Fingerprint, Handshake, SslAnswer, StartupAnswer, StartupReply, Timings,
};
use crate::tls::{CipherSuite, NamedGroup, ProtocolVersion};
use crate::x509::{
    Certificate, Der, HostName, KeyAlgorithm, PathVerdict, PresentedChain, PublicKey, Trust,
    Verification,
};

/// Seconds after the start of 2026.
pub(super) fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a timestamp");
    start + SignedDuration::from_secs(seconds)
}

pub(super) fn address(last: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, last], 26257))
}

pub(super) fn endpoint(name: &str) -> Endpoint {
    Endpoint {
        name: name.into(),
        target: Target {
            protocol: Protocol::Postgresql,
            host: Host::Name(format!("{name}.example")),
            port: 26257,
            database: None,
            user: None,
            path: None,
            had_password: false,
        },
        sslmode: SslMode::VerifyFull,
        sslrootcert: None,
        sslcert: None,
        sslkey: None,
        server_name: None,
        labels: std::collections::BTreeMap::new(),
        interval: Duration::from_mins(1),
        timeout: Duration::from_secs(5),
        serves: None,
        login_test: Some(Duration::from_hours(1)),
        scan: crate::endpoint::ScanPlan::default(),
        expiry: ExpiryThresholds::default(),
    }
}

pub(super) fn config(endpoints: Vec<Endpoint>) -> Arc<Config> {
    Arc::new(Config {
        path: "verifull.toml".into(),
        endpoints,
        watch: Vec::new(),
        certificates: Vec::new(),
        expiry: ExpiryThresholds::default(),
        files: crate::config::Files::default(),
        limits: Limits::default(),
        ui: Ui::default(),
        secrets: Vec::new(),
    })
}

/// A certificate that lives through 2026; `name` tells it and its key from others.
pub(super) fn certificate(name: &str) -> Certificate {
    Certificate {
        subject: "CN=node".to_owned(),
        issuer: "CN=Cockroach CA".to_owned(),
        common_name: Some("node".to_owned()),
        serial_number: "01".to_owned(),
        not_before: at(-3600),
        not_after: at(365 * 24 * 3600),
        dns_names: vec!["db1.example".to_owned()],
        ip_addresses: Vec::new(),
        subject_alt_name: true,
        key: PublicKey {
            algorithm: KeyAlgorithm::Ec,
            bits: Some(256),
            curve: Some("secp256r1".to_owned()),
        },
        signature_algorithm: "ecdsa-with-SHA256".to_owned(),
        basic_constraints_ca: Some(false),
        key_usage: None,
        extended_key_usage: Some(vec!["serverAuth".to_owned()]),
        ca_issuers: Vec::new(),
        sha256: format!("sha256-{name}"),
        spki_sha256: format!("spki-{name}"),
        der: Der::default(),
    }
}

/// What a probe of a good node sees.
pub(super) fn good(last: u8, leaf: &Certificate) -> EndpointObservation {
    let not_attempted = |why: &str| why.to_owned();
    EndpointObservation {
        endpoint: "db1".into(),
        address: Some(address(last)),
        observed_at: at(1),
        timings: Timings {
            connect: Some(Duration::from_millis(1)),
            handshake: Some(Duration::from_millis(2)),
            total: Duration::from_millis(3),
            ..Timings::default()
        },
        connections_used: 1,
        connection: Attempt::Seen(()),
        ssl_request: Attempt::Seen(SslAnswer::Willing),
        handshake: Attempt::Seen(Handshake {
            version: ProtocolVersion::TLSV1_3,
            cipher_suite: CipherSuite(0x1301),
            group: Some(NamedGroup(0x11EC)),
            alpn: None,
            ocsp_stapled: false,
        }),
        chain: Attempt::Seen(PresentedChain {
            certificates: vec![Arc::new(leaf.clone())],
            malformed: Vec::new(),
        }),
        verification: Attempt::Seen(Verification {
            trust: Trust::System,
            path: PathVerdict::Valid,
            problems: Vec::new(),
            path_detail: "it stands".to_owned(),
            reference_name: "db1.example".to_owned(),
            host_name: HostName::Match,
            host_name_detail: "`db1.example`".to_owned(),
            anchor: None,
            public: false,
        }),
        client_authentication: Attempt::Seen(ClientAuthentication {
            demand: ClientCertificateDemand::NotRequested,
            ca_names: Vec::new(),
            sent: false,
            refusal: None,
        }),
        client_identity: Attempt::NotAttempted(not_attempted("the endpoint names none")),
        plaintext_startup: Attempt::NotAttempted(not_attempted("not due")),
        tls_startup: Attempt::NotAttempted(not_attempted("not due")),
        server: Fingerprint::default(),
        http: Attempt::NotAttempted(not_attempted("not HTTPS")),
        plain_http: Attempt::NotAttempted(not_attempted("not HTTPS")),
        scan: Attempt::NotAttempted("no scan was made".to_owned()),
        login_tested_at: None,
    }
}

/// What a probe sees where nobody listens.
pub(super) fn failed(last: u8) -> EndpointObservation {
    let refused = Failure {
        kind: FailureKind::ConnectionRefused,
        detail: "connection refused".to_owned(),
    };
    lost(Some(address(last)), &refused)
}

/// What a probe sees where the name has no address.
pub(super) fn unresolved() -> EndpointObservation {
    let unknown = Failure {
        kind: FailureKind::Unresolved,
        detail: "no address".to_owned(),
    };
    lost(None, &unknown)
}

fn lost(address: Option<SocketAddr>, failure: &Failure) -> EndpointObservation {
    EndpointObservation {
        address,
        timings: Timings::default(),
        connection: Attempt::Failed(failure.clone()),
        ssl_request: Attempt::Failed(failure.clone()),
        handshake: Attempt::Failed(failure.clone()),
        chain: Attempt::Failed(failure.clone()),
        verification: Attempt::Failed(failure.clone()),
        client_authentication: Attempt::Failed(failure.clone()),
        ..good(1, &certificate("none"))
    }
}

/// The answer of a server that goes on to authentication.
pub(super) fn accepted() -> StartupAnswer {
    StartupAnswer {
        user: "app".to_owned(),
        database: "app".to_owned(),
        reply: StartupReply::Authentication(AuthenticationRequest::Sasl(vec![
            "SCRAM-SHA-256".to_owned(),
        ])),
    }
}

/// A whole scan: these versions with these cipher suites, and nothing else.
pub(super) fn scan(
    depth: ScanDepth,
    began_at: Timestamp,
    spoken: &[(ProtocolVersion, &[CipherSuite])],
) -> Scan {
    let mut scan = Scan::unseen(depth, began_at, "not looked at");
    for support in &mut scan.versions {
        let suites = spoken
            .iter()
            .find(|(version, _)| *version == support.version);
        support.offered = match suites {
            Some(_) => Attempt::Seen(()),
            None => Attempt::Refused("protocol_version".to_owned()),
        };
        support.cipher_suites = Enumeration {
            accepted: suites
                .map(|(_, suites)| suites.to_vec())
                .unwrap_or_default(),
            refused: Refused::EveryOther,
            preference: Attempt::Seen(Preference::Server),
        };
    }
    scan.sslv2 = Attempt::Refused("closed".to_owned());
    scan
}

/// What a probe with a scan sees.
pub(super) fn scanning(seconds: i64, scan: Scan) -> EndpointObservation {
    let mut seen = good(1, &certificate("a"));
    seen.observed_at = at(seconds);
    seen.scan = Attempt::Seen(Arc::new(scan));
    seen
}
