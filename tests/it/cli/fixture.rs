//! A fleet made by hand: one endpoint of each posture, so that every format has something to say.
//!
//! Nothing here comes from the checks or the probe: a report is tested on facts that stand still.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use verifull::endpoint::{Endpoint, ExpiryThresholds, Host, Protocol, Target};
use verifull::finding::{Confidence, Finding, Severity, Subject};
use verifull::http::{Cookie, Head};
use verifull::libpq::SslMode;
use verifull::libpq::wire::{AuthenticationRequest, ErrorResponse};
use verifull::observation::{
    Attempt, ClientAuthentication, ClientCertificateDemand, EndpointObservation, Failure,
    FailureKind, Fingerprint, Handshake, PlainHttp, Product, SslAnswer, StartupAnswer,
    StartupReply, Timings,
};
use verifull::preflight::{Preflight, Readiness, SslModeOutcome};
use verifull::remediation::{Connection, Remedy};
use verifull::score::{SCORING_VERSION, Score};
use verifull::store::{AddressState, ConfigState, EndpointState, FindingState, Posture, Snapshot};
use verifull::tls::{CipherSuite, NamedGroup, ProtocolVersion};
use verifull::x509::{
    Certificate, Der, HostName, KeyAlgorithm, Malformed, PathProblem, PathVerdict, PresentedChain,
    PublicKey, Trust, Verification,
};

const DAY: i64 = 24 * 3600;

/// The time of the fixture, and `seconds` after it.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-11-22T03:00:00Z".parse().expect("a timestamp");
    start + SignedDuration::from_secs(seconds)
}

/// One endpoint of each posture, with findings and without remedies.
pub(crate) fn fleet() -> Snapshot {
    snapshot(vec![
        good(),
        expired(),
        insecure(),
        api(),
        gone(),
        waiting(),
    ])
}

/// A snapshot of these endpoints.
pub(crate) fn snapshot(endpoints: Vec<EndpointState>) -> Snapshot {
    let mut findings: Vec<Arc<FindingState>> = endpoints
        .iter()
        .flat_map(|state| state.findings.iter().cloned())
        .collect();
    findings.sort_by_key(|state| std::cmp::Reverse(state.finding.severity));
    Snapshot {
        at: at(0),
        generation: 1,
        endpoints: endpoints.into_iter().map(Arc::new).collect(),
        findings,
        log: Arc::from([]),
        score: score(Some(('F', 41)), 0.875, &["plaintext is accepted"]),
        config: ConfigState::default(),
        certificate_files: Vec::new(),
        unlisted: Vec::new(),
        files: Vec::new(),
        watching: Arc::default(),
        candidates: Arc::default(),
    }
}

fn score(value: Option<(char, u8)>, coverage: f64, caps: &[&str]) -> Score {
    Score {
        scoring_version: SCORING_VERSION,
        value: value.map(|(_, value)| value),
        grade: value.map(|(grade, _)| grade),
        coverage,
        caps: caps.iter().map(|cap| (*cap).to_owned()).collect(),
    }
}

fn endpoint(name: &str, protocol: Protocol, port: u16) -> Endpoint {
    Endpoint {
        name: name.into(),
        target: Target {
            protocol,
            host: Host::Name(format!("{name}.example.com")),
            port,
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
        labels: BTreeMap::from([("env".to_owned(), "prod".to_owned())]),
        interval: Duration::from_mins(1),
        timeout: Duration::from_secs(5),
        serves: None,
        login_test: Some(Duration::from_hours(1)),
        scan: verifull::endpoint::ScanPlan::default(),
        expiry: ExpiryThresholds::default(),
    }
}

pub(crate) fn address(last: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, last], port))
}

/// A certificate with a life from `from` to `to`, in days from now.
pub(crate) fn certificate(subject: &str, from: i64, to: i64) -> Certificate {
    Certificate {
        subject: subject.to_owned(),
        issuer: "O=Cockroach,CN=Cockroach CA".to_owned(),
        common_name: Some("node".to_owned()),
        serial_number: "0a1b".to_owned(),
        not_before: at(from * DAY),
        not_after: at(to * DAY),
        dns_names: vec!["db1.example.com".to_owned(), "localhost".to_owned()],
        ip_addresses: vec!["192.0.2.1".parse().expect("an address")],
        subject_alt_name: true,
        key: PublicKey {
            algorithm: KeyAlgorithm::Rsa,
            bits: Some(2048),
            curve: None,
        },
        signature_algorithm: "sha256WithRSAEncryption".to_owned(),
        basic_constraints_ca: Some(false),
        key_usage: None,
        extended_key_usage: Some(vec!["serverAuth".to_owned()]),
        ca_issuers: Vec::new(),
        sha256: "5c".repeat(32),
        spki_sha256: "c5".repeat(32),
        der: Der::default(),
    }
}

pub(crate) fn verification(path: PathVerdict, host_name: HostName) -> Verification {
    Verification {
        trust: Trust::File("/etc/ssl/ca.crt".to_owned()),
        path,
        problems: match path {
            PathVerdict::Valid => Vec::new(),
            PathVerdict::Invalid => vec![PathProblem::Expired],
        },
        path_detail: match path {
            PathVerdict::Valid => "`O=Cockroach,CN=Cockroach CA` vouches for it".to_owned(),
            PathVerdict::Invalid => "the end entity expired 2 hours ago".to_owned(),
        },
        reference_name: "db1.example.com".to_owned(),
        host_name,
        host_name_detail: "the certificate names `db1.example.com`".to_owned(),
        anchor: None,
        public: false,
    }
}

/// What a probe of a good CockroachDB node sees.
pub(crate) fn seen(name: &str, last: u8) -> EndpointObservation {
    EndpointObservation {
        endpoint: name.into(),
        address: Some(address(last, 26257)),
        observed_at: at(-1),
        timings: Timings {
            resolve: Some(Duration::from_micros(400)),
            connect: Some(Duration::from_micros(900)),
            negotiate: Some(Duration::from_micros(300)),
            handshake: Some(Duration::from_micros(2100)),
            response: None,
            total: Duration::from_micros(3700),
        },
        connections_used: 2,
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
            certificates: vec![Arc::new(certificate("O=Cockroach,CN=node", -30, 335))],
            malformed: Vec::new(),
        }),
        verification: Attempt::Seen(verification(PathVerdict::Valid, HostName::Match)),
        client_authentication: Attempt::Seen(ClientAuthentication {
            demand: ClientCertificateDemand::Requested,
            ca_names: vec!["O=Cockroach,CN=Cockroach CA".to_owned()],
            sent: false,
            refusal: None,
        }),
        client_identity: Attempt::NotAttempted(
            "the endpoint names no client certificate".to_owned(),
        ),
        plaintext_startup: Attempt::Seen(startup(StartupReply::Error(ErrorResponse {
            severity: "ERROR".to_owned(),
            sqlstate: "08P01".to_owned(),
            message: "node is running secure mode, SSL connection required".to_owned(),
            file: None,
            message_last: true,
        }))),
        tls_startup: Attempt::NotAttempted("not due".to_owned()),
        server: Fingerprint {
            product: Product::Cockroachdb,
            evidence: vec!["CertificateRequest names O=Cockroach".to_owned()],
        },
        http: Attempt::NotAttempted("the endpoint does not speak HTTPS".to_owned()),
        plain_http: Attempt::NotAttempted("the endpoint does not speak HTTPS".to_owned()),
        scan: Attempt::NotAttempted("no scan was made".to_owned()),
        login_tested_at: None,
    }
}

fn startup(reply: StartupReply) -> StartupAnswer {
    StartupAnswer {
        user: "root".to_owned(),
        database: "defaultdb".to_owned(),
        reply,
    }
}

/// Rows in the order of the modes: connects, encrypted, stops the eavesdropper, stops the impostor.
fn preflight(rows: [[Option<bool>; 4]; 6], verify_full: Readiness) -> Arc<Preflight> {
    let outcomes = SslMode::ALL
        .into_iter()
        .zip(rows)
        .map(
            |(sslmode, [connects, encrypted, eavesdropper, impostor])| SslModeOutcome {
                sslmode,
                connects,
                encrypted,
                stops_eavesdropper: eavesdropper == Some(true),
                stops_impostor: impostor == Some(true),
                why: format!("this is why `{sslmode}` does what it does"),
            },
        )
        .collect();
    Arc::new(Preflight {
        outcomes,
        verify_full,
    })
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

fn finding(
    name: &str,
    (check, title): (&'static str, &'static str),
    severity: Severity,
    message: &str,
    evidence: &[&str],
) -> Arc<FindingState> {
    Arc::new(FindingState {
        finding: Finding {
            check,
            title,
            severity,
            confidence: Confidence::High,
            message: message.to_owned(),
            subject: Subject::Endpoint(name.into()),
            addresses: Vec::new(),
            evidence: evidence.iter().map(|seen| (*seen).to_owned()).collect(),
            location: None,
            references: &["CWE-298", "RFC 5280 section 4.1.2.5"],
            remedy: None,
            fingerprint: "fe".repeat(32),
        },
        since: at(-3600),
    })
}

fn state(
    endpoint: Endpoint,
    posture: Posture,
    addresses: Vec<AddressState>,
    findings: Vec<Arc<FindingState>>,
    score: Score,
) -> EndpointState {
    EndpointState {
        endpoint: Arc::new(endpoint),
        posture,
        posture_since: Some(at(-3600)),
        in_flight: false,
        scanning: None,
        probed_at: Some(at(-1)),
        addresses,
        findings,
        open: Vec::new(),
        score,
        history: Vec::new(),
    }
}

/// A good node, at two addresses.
pub(crate) fn good() -> EndpointState {
    let rows = [
        [NO, None, NO, NO],
        [YES, YES, YES, NO],
        [YES, YES, NO, NO],
        [YES, YES, YES, NO],
        [YES, YES, YES, YES],
        [YES, YES, YES, YES],
    ];
    let at_address = |last| AddressState {
        scan_difference: None,
        observation: Arc::new(seen("db1", last)),
        preflight: Some(preflight(rows, Readiness::Ready)),
    };
    let notes = vec![finding(
        "db1",
        ("session-note", "something worth knowing"),
        Severity::Info,
        "nothing has to be done about it",
        &[],
    )];
    state(
        endpoint("db1", Protocol::Postgresql, 26257),
        Posture::Ok,
        vec![at_address(1), at_address(2)],
        notes,
        score(Some(('A', 98)), 1.0, &[]),
    )
}

/// An expired certificate, and a name that means harm.
pub(crate) fn expired() -> EndpointState {
    let mut leaf = certificate("CN=node\u{1b}[2J`|<b>\u{202e}", -365, 0);
    leaf.not_after = at(-7200);
    let observation = EndpointObservation {
        chain: Attempt::Seen(PresentedChain {
            certificates: vec![Arc::new(leaf)],
            malformed: vec![Malformed {
                position: 1,
                reason: "it ends in the middle of a length".to_owned(),
            }],
        }),
        verification: Attempt::Seen(verification(PathVerdict::Invalid, HostName::Mismatch)),
        plaintext_startup: Attempt::NotAttempted("the login test is turned off".to_owned()),
        ..seen("db2", 3)
    };
    let rows = [
        [None, NO, NO, NO],
        [YES, None, NO, NO],
        [YES, YES, NO, NO],
        [YES, YES, YES, NO],
        [NO, None, NO, NO],
        [NO, None, NO, NO],
    ];
    let steps = vec![
        "renew the certificate of the server, which expired 2 hours ago".to_owned(),
        "issue it for `db2.example.com`, which it does not name".to_owned(),
    ];
    let mut state = state(
        endpoint("db2", Protocol::Postgresql, 26257),
        Posture::Critical,
        vec![AddressState {
            scan_difference: None,
            observation: Arc::new(observation),
            preflight: Some(preflight(rows, Readiness::NotReady(steps))),
        }],
        vec![
            finding(
                "db2",
                (
                    "certificate-expired",
                    "server certificate past its notAfter",
                ),
                Severity::Critical,
                "the certificate expired 2 hours ago; want one that is valid now",
                &[
                    "notAfter 2026-11-22T01:00:00Z",
                    "subject CN=node\u{1b}[2J`|<b>",
                ],
            ),
            finding(
                "db2",
                ("host-name-mismatch", "certificate for another name"),
                Severity::High,
                "the certificate does not name `db2.example.com`",
                &["dNSName db1.example.com"],
            ),
        ],
        score(Some(('F', 30)), 0.9, &["the certificate has expired"]),
    );
    state.open = vec![(
        "plaintext-accepted",
        "the login test is turned off".to_owned(),
    )];
    state
}

/// A node that has no TLS at all.
pub(crate) fn insecure() -> EndpointState {
    let none = || "the server offers no TLS".to_owned();
    let observation = EndpointObservation {
        ssl_request: Attempt::Seen(SslAnswer::Unwilling),
        handshake: Attempt::NotAttempted(none()),
        chain: Attempt::NotAttempted(none()),
        verification: Attempt::NotAttempted(none()),
        client_authentication: Attempt::NotAttempted(none()),
        plaintext_startup: Attempt::Seen(startup(StartupReply::Authentication(
            AuthenticationRequest::Ok,
        ))),
        ..seen("legacy", 4)
    };
    let rows = [
        [YES, NO, NO, NO],
        [YES, NO, NO, NO],
        [YES, NO, NO, NO],
        [NO, None, NO, NO],
        [NO, None, NO, NO],
        [NO, None, NO, NO],
    ];
    let steps = vec!["turn TLS on at the server".to_owned()];
    state(
        endpoint("legacy", Protocol::Postgresql, 26257),
        Posture::Critical,
        vec![AddressState {
            scan_difference: None,
            observation: Arc::new(observation),
            preflight: Some(preflight(rows, Readiness::NotReady(steps))),
        }],
        vec![finding(
            "legacy",
            ("plaintext-only", "no TLS at all"),
            Severity::Critical,
            "SSLRequest was answered with N; want S",
            &["N"],
        )],
        score(Some(('F', 12)), 0.75, &["plaintext is accepted"]),
    )
}

/// An HTTPS API without HSTS.
pub(crate) fn api() -> EndpointState {
    let observation = EndpointObservation {
        address: Some(address(5, 443)),
        ssl_request: Attempt::NotAttempted("TLS begins with the first byte".to_owned()),
        plaintext_startup: Attempt::NotAttempted("not the PostgreSQL wire".to_owned()),
        server: Fingerprint::default(),
        http: Attempt::Seen(Head {
            status: 200,
            hsts: None,
            location: None,
            server: Some("nginx".to_owned()),
            cookies: vec![Cookie {
                name: "session".to_owned(),
                secure: false,
                http_only: true,
                same_site: Some("Lax".to_owned()),
            }],
        }),
        plain_http: Attempt::Seen(PlainHttp {
            port: 80,
            status: 301,
            redirects_to_https: true,
        }),
        ..seen("api", 5)
    };
    state(
        endpoint("api", Protocol::Https, 443),
        Posture::Warning,
        vec![AddressState {
            scan_difference: None,
            observation: Arc::new(observation),
            preflight: None,
        }],
        vec![finding(
            "api",
            ("hsts-missing", "no Strict-Transport-Security"),
            Severity::Medium,
            "the response has no Strict-Transport-Security; want max-age of at least 31536000",
            &["status 200"],
        )],
        score(Some(('B', 85)), 1.0, &[]),
    )
}

/// An endpoint at which nobody listens.
pub(crate) fn gone() -> EndpointState {
    let failure = || Failure {
        kind: FailureKind::ConnectionRefused,
        detail: "nobody listens on port 26257".to_owned(),
    };
    let before = || {
        Attempt::<()>::NotAttempted("there is no connection".to_owned())
            .reason()
            .unwrap_or_default()
    };
    let observation = EndpointObservation {
        timings: Timings {
            total: Duration::from_micros(200),
            ..Timings::default()
        },
        connection: Attempt::Failed(failure()),
        ssl_request: Attempt::NotAttempted(before()),
        handshake: Attempt::NotAttempted(before()),
        chain: Attempt::NotAttempted(before()),
        verification: Attempt::NotAttempted(before()),
        client_authentication: Attempt::NotAttempted(before()),
        plaintext_startup: Attempt::NotAttempted(before()),
        server: Fingerprint::default(),
        ..seen("gone", 6)
    };
    state(
        endpoint("gone", Protocol::Postgresql, 26257),
        Posture::Unreachable,
        vec![AddressState {
            scan_difference: None,
            observation: Arc::new(observation),
            preflight: None,
        }],
        Vec::new(),
        score(None, 0.0, &[]),
    )
}

/// An endpoint that nobody has looked at.
pub(crate) fn waiting() -> EndpointState {
    let mut state = state(
        endpoint("later", Protocol::Tls, 993),
        Posture::Waiting,
        Vec::new(),
        Vec::new(),
        score(None, 0.0, &[]),
    );
    state.probed_at = None;
    state
}

/// The same endpoint with a remedy on its first finding.
pub(crate) fn with_remedy(mut state: EndpointState) -> EndpointState {
    let remedy = Remedy::VerifyFull(Connection {
        endpoint: state.endpoint.name.to_string(),
        protocol: "postgresql".to_owned(),
        product: "cockroachdb".to_owned(),
        host: state.endpoint.target.host.to_string(),
        port: state.endpoint.target.port,
        ..Connection::default()
    });
    let first = Arc::make_mut(&mut state.findings[0]);
    first.finding.remedy = Some(remedy);
    state
}
