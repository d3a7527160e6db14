//! A fleet made by hand: every posture, every kind of endpoint, a past, and events. The screens' tests and the screens' bench draw it.
#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::too_many_lines,
    reason = "a fixture names what it shows and nothing else, in one piece"
)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use verifull::endpoint::{Endpoint, ExpiryThresholds, Host, Protocol, Target};
use verifull::finding::{Confidence, Finding, Severity, Subject};
use verifull::http;
use verifull::libpq::SslMode;
use verifull::libpq::wire::{AuthenticationRequest, ErrorResponse};
use verifull::observation::certificate_file::{CertificateFile, FileName};
use verifull::observation::{
    Attempt, ClientAuthentication, ClientCertificateDemand, EndpointObservation, Failure,
    FailureKind, Fingerprint, Handshake, PlainHttp, Product, SslAnswer, StartupAnswer,
    StartupReply, Timings,
};
use verifull::preflight::{Preflight, Readiness, SslModeOutcome};
use verifull::remediation::{Connection, Dialect, Proof, Remedy, Snippet};
use verifull::score::Score;
use verifull::store::{
    AddressState, CertificateFileState, ConfigState, EndpointState, FindingState, HistoryPoint,
    LogEntry, LogMark, Posture, Snapshot,
};
use verifull::tls::{CipherSuite, NamedGroup, ProtocolVersion};
use verifull::x509::holdings::Holdings;
use verifull::x509::{
    Anchor, Certificate, Der, HostName, KeyAlgorithm, PathProblem, PathVerdict, PresentedChain,
    PublicKey, Trust, Verification,
};

/// The moment of every picture.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T14:02:15Z"
        .parse()
        .expect("times of the fixture are in range")
}

fn before(seconds: i64) -> Timestamp {
    now()
        .checked_sub(SignedDuration::from_secs(seconds))
        .expect("times of the fixture are in range")
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// One endpoint in the fewest words.
#[derive(Clone, Copy)]
struct Sketch {
    name: &'static str,
    host: &'static str,
    port: u16,
    protocol: Protocol,
    product: Product,
    posture: Posture,
    /// Seconds until its certificate ends, and whole days that it lives; `None` was not seen.
    life: Option<(i64, i64)>,
    milliseconds: Option<u64>,
    version: u16,
    suite: u16,
    findings: &'static [(&'static str, &'static str, Severity, &'static str, i64)],
}

const PG: Protocol = Protocol::Postgresql;
const WEB: Protocol = Protocol::Https;
const CRDB: Product = Product::Cockroachdb;
const NONE: Product = Product::Unknown;

#[rustfmt::skip]
const SKETCHES: &[Sketch] = &[
    Sketch { name: "crdb-eu-1", host: "10.4.2.31", port: 26257, protocol: PG, product: CRDB, posture: Posture::Warning, life: Some((19 * DAY, 90)), milliseconds: Some(6), version: 0x0304, suite: 0x1301,
        findings: &[("certificate-expiring", "certificate in the last part of its life", Severity::Medium, "certificate ends in 19 days, warned from 21 days on", 5 * DAY),
            ("client-certificate-not-requested", "passwords are the only way in", Severity::Low, "no client certificate is asked for; a password is enough", 31 * DAY)] },
    Sketch { name: "crdb-eu-2", host: "10.4.2.32", port: 26257, protocol: PG, product: CRDB, posture: Posture::Critical, life: Some((-2 * HOUR, 90)), milliseconds: Some(7), version: 0x0304, suite: 0x1301,
        findings: &[("certificate-expired", "server certificate past its notAfter", Severity::Critical, "certificate ended 2 hours ago, at 2026-11-22 12:02 UTC", 2 * HOUR)] },
    Sketch { name: "crdb-ap-1", host: "10.6.1.4", port: 26257, protocol: PG, product: CRDB, posture: Posture::Ok, life: Some((122 * DAY, 200)), milliseconds: Some(140), version: 0x0304, suite: 0x1301, findings: &[] },
    Sketch { name: "crdb-ap-2", host: "10.6.1.5", port: 26257, protocol: PG, product: CRDB, posture: Posture::Ok, life: Some((122 * DAY, 200)), milliseconds: Some(142), version: 0x0304, suite: 0x1301, findings: &[] },
    Sketch { name: "orders-db", host: "orders.db.internal", port: 5432, protocol: PG, product: Product::Postgresql, posture: Posture::Critical, life: Some((3 * DAY + 4 * HOUR, 26)), milliseconds: Some(41), version: 0x0303, suite: 0xC030,
        findings: &[("plaintext-accepted", "plaintext is accepted beside TLS", Severity::High, "a plaintext StartupMessage was answered with AuthenticationSASL", 6 * HOUR),
            ("certificate-expiring", "certificate in the last part of its life", Severity::High, "certificate ends in 3 days 4 hours: 12 % of its 26 days are left", 2 * DAY),
            ("tls13-not-offered", "TLS 1.3 is not offered", Severity::Low, "TLS 1.2 was negotiated though TLS 1.3 was offered", 31 * DAY)] },
    Sketch { name: "crdb-us-1", host: "10.4.7.8", port: 26257, protocol: PG, product: CRDB, posture: Posture::Warning, life: Some((24 * DAY, 90)), milliseconds: Some(88), version: 0x0304, suite: 0x1301,
        findings: &[("key-shared", "one key serves several endpoints", Severity::Low, "its key is also presented by crdb-us-2 and crdb-us-3", 31 * DAY)] },
    Sketch { name: "ledger-edge", host: "ledger.internal", port: 443, protocol: WEB, product: NONE, posture: Posture::Unreachable, life: None, milliseconds: None, version: 0, suite: 0, findings: &[] },
    Sketch { name: "crdb-us-2", host: "10.4.7.9", port: 26257, protocol: PG, product: CRDB, posture: Posture::Ok, life: Some((140 * DAY, 200)), milliseconds: Some(88), version: 0x0304, suite: 0x1301, findings: &[] },
    Sketch { name: "crdb-us-3", host: "10.4.7.10", port: 26257, protocol: PG, product: CRDB, posture: Posture::Ok, life: Some((140 * DAY, 200)), milliseconds: Some(91), version: 0x0304, suite: 0x1301, findings: &[] },
    Sketch { name: "auth-gateway", host: "auth.internal", port: 443, protocol: WEB, product: NONE, posture: Posture::Warning, life: Some((58 * DAY, 90)), milliseconds: Some(22), version: 0x0303, suite: 0xC02F,
        findings: &[("tls13-not-offered", "TLS 1.3 is not offered", Severity::Low, "TLS 1.2 was negotiated though TLS 1.3 was offered", 31 * DAY)] },
    Sketch { name: "billing-web", host: "billing.internal", port: 443, protocol: WEB, product: NONE, posture: Posture::Warning, life: Some((61 * DAY, 90)), milliseconds: Some(35), version: 0x0304, suite: 0x1302,
        findings: &[("hsts-missing", "no Strict-Transport-Security", Severity::Medium, "the response has no Strict-Transport-Security header", 12 * DAY),
            ("cookie-not-secure", "cookie without Secure", Severity::Low, "cookie `session` has no Secure attribute", 12 * DAY)] },
    Sketch { name: "reports-web", host: "reports.internal", port: 443, protocol: WEB, product: NONE, posture: Posture::Ok, life: Some((71 * DAY, 90)), milliseconds: Some(30), version: 0x0304, suite: 0x1303,
        findings: &[("post-quantum-group-missing", "no post-quantum group", Severity::Info, "x25519 was negotiated though X25519MLKEM768 was offered", 4 * DAY)] },
    Sketch { name: "search-web", host: "search.internal", port: 443, protocol: WEB, product: NONE, posture: Posture::Ok, life: Some((151 * DAY, 199)), milliseconds: Some(18), version: 0x0304, suite: 0x1301, findings: &[] },
    Sketch { name: "mail-relay", host: "mail.internal", port: 465, protocol: Protocol::Tls, product: NONE, posture: Posture::Ok, life: Some((160 * DAY, 199)), milliseconds: Some(51), version: 0x0304, suite: 0x1301, findings: &[] },
    Sketch { name: "vault-1", host: "10.2.0.4", port: 8200, protocol: WEB, product: NONE, posture: Posture::Ok, life: Some((170 * DAY, 199)), milliseconds: Some(4), version: 0x0304, suite: 0x1301, findings: &[] },
    Sketch { name: "vault-2", host: "10.2.0.5", port: 8200, protocol: WEB, product: NONE, posture: Posture::Waiting, life: None, milliseconds: None, version: 0, suite: 0, findings: &[] },
];

/// The whole fleet.
pub(crate) fn fleet() -> Arc<Snapshot> {
    let endpoints = SKETCHES
        .iter()
        .enumerate()
        .map(|(index, sketch)| state(sketch, sketch.name, index))
        .collect();
    snapshot(endpoints, log(), ConfigState::default())
}

/// As many endpoints as wanted.
pub(crate) fn large(count: usize) -> Arc<Snapshot> {
    let endpoints = (0..count)
        .map(|index| {
            let sketch = &SKETCHES[index * 7 % SKETCHES.len()];
            state(sketch, &format!("{}-{index:04}", sketch.name), index)
        })
        .collect();
    snapshot(endpoints, log(), ConfigState::default())
}

/// One endpoint only.
pub(crate) fn one() -> Arc<Snapshot> {
    snapshot(
        vec![state(&SKETCHES[4], "orders-db", 4)],
        log(),
        ConfigState::default(),
    )
}

/// The first frame: everything is configured and nothing has answered.
pub(crate) fn waiting() -> Arc<Snapshot> {
    let endpoints = SKETCHES
        .iter()
        .enumerate()
        .map(|(index, sketch)| {
            let sketch = Sketch {
                posture: Posture::Waiting,
                life: None,
                milliseconds: None,
                findings: &[],
                ..*sketch
            };
            state(&sketch, sketch.name, index)
        })
        .collect();
    snapshot(endpoints, Vec::new(), ConfigState::default())
}

/// A configuration that names nothing.
pub(crate) fn empty() -> Arc<Snapshot> {
    snapshot(
        Vec::new(),
        Vec::new(),
        ConfigState {
            path: "verifull.toml".into(),
            ..ConfigState::default()
        },
    )
}

/// The fleet while the newest configuration is broken.
pub(crate) fn broken_configuration() -> Arc<Snapshot> {
    let mut snapshot = Snapshot::clone(&fleet());
    snapshot.config.error =
        Some("verifull.toml:41:1: unknown key `endpont`, nearest is `endpoint`".to_owned());
    Arc::new(snapshot)
}

/// The same fleet, changed: `orders-db` is well again.
pub(crate) fn healed() -> Arc<Snapshot> {
    let mut snapshot = Snapshot::clone(&fleet());
    snapshot.generation += 1;
    for state in &mut snapshot.endpoints {
        if &*state.endpoint.name == "orders-db" {
            let mut better = EndpointState::clone(state);
            better.posture = Posture::Ok;
            better.findings.clear();
            *state = Arc::new(better);
        }
    }
    snapshot
        .findings
        .retain(|held| &**held.finding.subject.name() != "orders-db");
    Arc::new(snapshot)
}

fn snapshot(
    endpoints: Vec<Arc<EndpointState>>,
    log: Vec<LogEntry>,
    config: ConfigState,
) -> Arc<Snapshot> {
    let mut findings: Vec<Arc<FindingState>> = endpoints
        .iter()
        .flat_map(|state| state.findings.iter().cloned())
        .collect();
    findings.sort_by(|one, two| {
        two.finding
            .severity
            .cmp(&one.finding.severity)
            .then(one.finding.check.cmp(two.finding.check))
    });
    Arc::new(Snapshot {
        at: now(),
        generation: 7,
        score: score(if endpoints.is_empty() { None } else { Some(61) }),
        endpoints,
        findings,
        log: log.into(),
        config,
        certificate_files: Vec::new(),
        unlisted: Vec::new(),
        files: Vec::new(),
        watching: Arc::default(),
        candidates: Arc::default(),
    })
}

fn score(value: Option<u8>) -> Score {
    Score {
        scoring_version: 1,
        value,
        grade: value.map(|_| 'D'),
        coverage: 0.94,
        caps: Vec::new(),
    }
}

fn state(sketch: &Sketch, name: &str, index: usize) -> Arc<EndpointState> {
    let endpoint = Arc::new(endpoint(sketch, name));
    let findings: Vec<Arc<FindingState>> = sketch
        .findings
        .iter()
        .map(|entry| finding(sketch, &endpoint, *entry))
        .collect();
    let waiting = sketch.posture == Posture::Waiting;
    let mut addresses = Vec::new();
    if !waiting {
        addresses.push(AddressState {
            scan_difference: None,
            observation: Arc::new(observation(sketch, &endpoint, index)),
            preflight: (sketch.protocol == PG).then(|| Arc::new(preflight(sketch))),
        });
    }
    Arc::new(EndpointState {
        posture: sketch.posture,
        posture_since: (!waiting).then(|| {
            before(
                sketch
                    .findings
                    .first()
                    .map_or(31 * DAY, |finding| finding.4),
            )
        }),
        in_flight: false,
        scanning: None,
        probed_at: (!waiting).then(|| before(48)),
        addresses,
        findings,
        open: if sketch.posture == Posture::Unreachable {
            vec![("certificate-expired", "no connection".to_owned())]
        } else {
            Vec::new()
        },
        score: score(Some(80)),
        history: if waiting { Vec::new() } else { history(sketch) },
        endpoint,
    })
}

fn endpoint(sketch: &Sketch, name: &str) -> Endpoint {
    let pg = sketch.protocol == PG;
    Endpoint {
        name: name.into(),
        target: Target {
            protocol: sketch.protocol,
            host: sketch
                .host
                .parse()
                .map_or_else(|_| Host::Name(sketch.host.to_owned()), Host::Address),
            port: sketch.port,
            database: pg.then(|| "ledger".to_owned()),
            user: pg.then(|| "app".to_owned()),
            path: (sketch.protocol == WEB).then(|| "/".to_owned()),
            had_password: false,
        },
        sslmode: SslMode::VerifyFull,
        sslrootcert: pg.then(|| "certs/ca.crt".into()),
        sslcert: None,
        sslkey: None,
        server_name: None,
        labels: BTreeMap::from([(
            "region".to_owned(),
            sketch.name.get(5..7).unwrap_or("eu").to_owned(),
        )]),
        interval: Duration::from_mins(1),
        timeout: Duration::from_secs(5),
        serves: None,
        login_test: Some(Duration::from_hours(1)),
        scan: verifull::endpoint::ScanPlan::default(),
        expiry: ExpiryThresholds::default(),
    }
}

fn finding(
    sketch: &Sketch,
    endpoint: &Endpoint,
    entry: (&'static str, &'static str, Severity, &'static str, i64),
) -> Arc<FindingState> {
    let (check, title, severity, message, since) = entry;
    let connection = Connection {
        endpoint: endpoint.name.to_string(),
        host: sketch.host.to_owned(),
        port: sketch.port,
        ..Connection::default()
    };
    let remedy = match check {
        "plaintext-accepted" => Remedy::RequireTls(connection),
        "tls13-not-offered" => Remedy::ModernTls(connection),
        "hsts-missing" | "cookie-not-secure" => Remedy::HttpTransport(connection),
        _ => Remedy::SendIntermediates(connection),
    };
    Arc::new(FindingState {
        finding: Finding {
            check,
            title,
            severity,
            confidence: Confidence::High,
            message: message.to_owned(),
            subject: Subject::Endpoint(Arc::clone(&endpoint.name)),
            addresses: Vec::new(),
            evidence: vec![format!("answered by {}:{}", sketch.host, sketch.port)],
            location: None,
            references: &["CWE-298", "RFC 5280 section 4.1.2.5"],
            remedy: (check != "key-shared").then_some(remedy),
            fingerprint: format!("{check}/{}", endpoint.name),
        },
        since: before(since),
    })
}

/// Snippets that stay as they are, whatever the dialects come to say.
pub(crate) fn snippets(remedy: &Remedy) -> Vec<Snippet> {
    let snippet = |dialect, title: &str, language, text: &str, then: &[&str], proof| Snippet {
        dialect,
        title: title.to_owned(),
        language,
        text: text.to_owned(),
        then: then.iter().map(|step| (*step).to_owned()).collect(),
        verify: "verifull check orders-db".to_owned(),
        proof,
    };
    match remedy {
        Remedy::RequireTls(_) => vec![
            snippet(
                Dialect::Postgresql,
                "pg_hba.conf: only TLS from outside",
                "ini",
                "# TYPE  DATABASE  USER  ADDRESS     METHOD\n- host    all       all   0.0.0.0/0   scram-sha-256\n+ hostssl all       all   0.0.0.0/0   scram-sha-256\n",
                &[
                    "SELECT pg_reload_conf();",
                    "end the plaintext sessions that are still open",
                ],
                Proof::Executed("PostgreSQL 15.14"),
            ),
            snippet(
                Dialect::Psycopg,
                "psycopg: verify-full with your CA",
                "python",
                "import psycopg\n\nconnection = psycopg.connect(\n    host=\"orders.db.internal\",\n    port=5432,\n    sslmode=\"verify-full\",  # always\n    sslrootcert=\"certs/ca.crt\",\n)\n",
                &["deploy the application"],
                Proof::Executed("psycopg 3.2"),
            ),
            snippet(
                Dialect::Cockroach,
                "cockroach: certificates in place of --insecure",
                "sh",
                "cockroach start --certs-dir=certs --accept-sql-without-tls=false\n",
                &[],
                Proof::NotExecuted("no cockroach program was at hand"),
            ),
        ],
        Remedy::ModernTls(_) | Remedy::HttpTransport(_) => vec![snippet(
            Dialect::Nginx,
            "nginx: TLS 1.2 and 1.3",
            "nginx",
            "ssl_protocols TLSv1.2 TLSv1.3;\nadd_header Strict-Transport-Security \"max-age=31536000\" always;\n",
            &["nginx -t && systemctl reload nginx"],
            Proof::Executed("nginx 1.22.1"),
        )],
        _ => vec![snippet(
            Dialect::Cockroach,
            "cockroach cert: a new node certificate",
            "sh",
            "cockroach cert create-node 10.4.2.32 localhost --certs-dir=certs --ca-key=ca.key\n",
            &["kill -HUP $(pidof cockroach)"],
            Proof::NotExecuted("no cockroach program was at hand"),
        )],
    }
}

fn observation(sketch: &Sketch, endpoint: &Endpoint, index: usize) -> EndpointObservation {
    let reached = sketch.milliseconds.is_some();
    let refused = || Failure {
        kind: FailureKind::ConnectionRefused,
        detail: "connection refused".to_owned(),
    };
    let none = || "no connection".to_owned();
    let part = |percent: u64| {
        sketch
            .milliseconds
            .map(|whole| Duration::from_micros(whole * percent * 10))
    };
    let pg = sketch.protocol == PG;
    EndpointObservation {
        endpoint: Arc::clone(&endpoint.name),
        address: Some(SocketAddr::new(
            sketch
                .host
                .parse()
                .unwrap_or_else(|_| [10, 4, 2, 17].into()),
            sketch.port,
        )),
        observed_at: before(48),
        scan: Attempt::NotAttempted("no scan was made".to_owned()),
        login_tested_at: None,
        timings: Timings {
            resolve: part(5),
            connect: part(25),
            negotiate: if pg { part(20) } else { None },
            handshake: part(55),
            response: if pg { None } else { part(40) },
            total: Duration::from_millis(sketch.milliseconds.unwrap_or(1)),
        },
        connections_used: 1,
        connection: if reached {
            Attempt::Seen(())
        } else {
            Attempt::Failed(refused())
        },
        ssl_request: match (pg, reached) {
            (true, true) => Attempt::Seen(SslAnswer::Willing),
            _ => Attempt::NotAttempted("TLS begins with the first byte".to_owned()),
        },
        handshake: if reached {
            Attempt::Seen(Handshake {
                version: ProtocolVersion(sketch.version),
                cipher_suite: CipherSuite(sketch.suite),
                group: Some(NamedGroup(if sketch.name == "reports-web" {
                    0x001D
                } else {
                    0x11EC
                })),
                alpn: (sketch.protocol == WEB).then(|| "h2".to_owned()),
                ocsp_stapled: false,
            })
        } else {
            Attempt::NotAttempted(none())
        },
        chain: if reached {
            Attempt::Seen(chain(sketch, &endpoint.name, index))
        } else {
            Attempt::NotAttempted(none())
        },
        verification: if reached {
            Attempt::Seen(verification(sketch))
        } else {
            Attempt::NotAttempted(none())
        },
        client_authentication: if reached {
            Attempt::Seen(ClientAuthentication {
                demand: if sketch.product == CRDB {
                    ClientCertificateDemand::Requested
                } else {
                    ClientCertificateDemand::NotRequested
                },
                ca_names: if sketch.product == CRDB {
                    vec!["O=Cockroach, CN=Cockroach CA".to_owned()]
                } else {
                    Vec::new()
                },
                sent: false,
                refusal: None,
            })
        } else {
            Attempt::NotAttempted(none())
        },
        client_identity: Attempt::NotAttempted("no sslcert is configured".to_owned()),
        plaintext_startup: startup(sketch, sketch.name == "orders-db"),
        tls_startup: startup(sketch, true),
        server: Fingerprint {
            product: sketch.product,
            evidence: match sketch.product {
                Product::Unknown => Vec::new(),
                Product::Postgresql => vec!["error fields F and R name C source files".to_owned()],
                Product::Cockroachdb | Product::CockroachdbCloudProxy => {
                    vec!["the message is the last field of ErrorResponse".to_owned()]
                }
            },
        },
        http: head(sketch),
        plain_http: if sketch.protocol == WEB && reached {
            Attempt::Seen(PlainHttp {
                port: 80,
                status: 301,
                redirects_to_https: true,
            })
        } else {
            Attempt::NotAttempted("only for HTTPS".to_owned())
        },
    }
}

fn startup(sketch: &Sketch, answers: bool) -> Attempt<StartupAnswer> {
    if sketch.protocol != PG {
        return Attempt::NotAttempted("only for the PostgreSQL wire".to_owned());
    }
    Attempt::Seen(StartupAnswer {
        user: "app".to_owned(),
        database: "ledger".to_owned(),
        reply: if answers {
            StartupReply::Authentication(AuthenticationRequest::Sasl(vec![
                "SCRAM-SHA-256".to_owned(),
            ]))
        } else {
            StartupReply::Error(ErrorResponse {
                severity: "FATAL".to_owned(),
                sqlstate: "08P01".to_owned(),
                message: "node is running secure mode, SSL connection required".to_owned(),
                file: None,
                message_last: true,
            })
        },
    })
}

fn head(sketch: &Sketch) -> Attempt<http::Head> {
    if sketch.protocol != WEB || sketch.milliseconds.is_none() {
        return Attempt::NotAttempted("only for HTTPS".to_owned());
    }
    let lax = sketch.name == "billing-web";
    Attempt::Seen(http::Head {
        status: 200,
        hsts: (!lax).then_some(http::Hsts {
            max_age_seconds: 31_536_000,
            include_subdomains: true,
            preload: false,
        }),
        location: None,
        server: Some("nginx/1.26.2".to_owned()),
        cookies: vec![http::Cookie {
            name: "session".to_owned(),
            secure: !lax,
            http_only: true,
            same_site: Some("Lax".to_owned()),
        }],
    })
}

fn verification(sketch: &Sketch) -> Verification {
    let expired = sketch.life.is_some_and(|(left, _)| left < 0);
    Verification {
        trust: if sketch.protocol == PG {
            Trust::File("certs/ca.crt".to_owned())
        } else {
            Trust::System
        },
        path: if expired {
            PathVerdict::Invalid
        } else {
            PathVerdict::Valid
        },
        problems: if expired {
            vec![PathProblem::Expired]
        } else {
            Vec::new()
        },
        path_detail: if expired {
            "the end entity ended 2 hours ago".to_owned()
        } else {
            "ends in Corp Root G2".to_owned()
        },
        reference_name: sketch.host.to_owned(),
        host_name: HostName::Match,
        host_name_detail: format!("{} is among the names", sketch.host),
        anchor: (!expired).then(|| Anchor {
            subject: "CN=Corp Root G2".to_owned(),
            not_after: None,
        }),
        public: false,
    }
}

fn certificate(
    common_name: &str,
    issuer: &str,
    left: i64,
    days: i64,
    number: usize,
) -> Arc<Certificate> {
    let not_after = now()
        .checked_add(SignedDuration::from_secs(left))
        .expect("times of the fixture are in range");
    Arc::new(Certificate {
        subject: format!("CN={common_name},O=Corp"),
        issuer: format!("CN={issuer},O=Corp"),
        common_name: Some(common_name.to_owned()),
        serial_number: format!("{:016x}", 0x5eed_0000 + number),
        not_before: not_after
            .checked_sub(SignedDuration::from_secs(days * DAY))
            .expect("times of the fixture are in range"),
        not_after,
        dns_names: vec![common_name.to_owned(), "localhost".to_owned()],
        ip_addresses: vec![[10, 4, 2, 17].into()],
        subject_alt_name: true,
        key: PublicKey {
            algorithm: KeyAlgorithm::Ec,
            bits: Some(256),
            curve: Some("secp256r1".to_owned()),
        },
        signature_algorithm: "ecdsa-with-SHA256".to_owned(),
        basic_constraints_ca: None,
        key_usage: None,
        extended_key_usage: Some(vec!["serverAuth".to_owned()]),
        ca_issuers: Vec::new(),
        sha256: format!("{number:064x}"),
        spki_sha256: format!("{number:064x}"),
        der: Der::default(),
    })
}

/// The fleet with two watched files: a client's certificate with four days left, and one that is presented, too.
pub(crate) fn with_certificate_files() -> Arc<Snapshot> {
    let mut snapshot = Snapshot::clone(&fleet());
    let served = snapshot.endpoints[1].addresses[0].observation.chain.seen();
    let served = Arc::clone(&served.expect("it presents one").certificates[0]);
    let client = certificate("app", "Cockroach CA", 4 * DAY, 365, 0x2000);
    snapshot.certificate_files = [("client.app.crt", client), ("node.crt", served)]
        .map(|(name, certificate)| {
            let file = CertificateFile {
                path: format!("certs/{name}").into(),
                read_at: now(),
                name: FileName::read(name),
                attributes: Attempt::NotAttempted("not on a disk".to_owned()),
                holdings: Attempt::Seen(Holdings {
                    certificates: vec![certificate],
                    ..Holdings::default()
                }),
                issuer: Attempt::NotAttempted("not on a disk".to_owned()),
            };
            Arc::new(CertificateFileState {
                file: Arc::new(file),
                expiry: ExpiryThresholds::default(),
                findings: Vec::new(),
                open: Vec::new(),
            })
        })
        .into();
    Arc::new(snapshot)
}

fn chain(sketch: &Sketch, name: &str, index: usize) -> PresentedChain {
    let (left, days) = sketch.life.unwrap_or((0, 1));
    let issuer = if sketch.product == CRDB {
        "Cockroach CA"
    } else {
        "Corp Issuing CA 3"
    };
    let ca = if sketch.product == CRDB { 0xca } else { 0xcb };
    PresentedChain {
        certificates: vec![
            certificate(
                &format!("{name}.internal"),
                issuer,
                left,
                days,
                0x1000 + index,
            ),
            certificate(issuer, "Corp Root G2", (2 * 365 + 41) * DAY, 5 * 365, ca),
        ],
        malformed: Vec::new(),
    }
}

fn preflight(sketch: &Sketch) -> Preflight {
    let expired = sketch.life.is_some_and(|(left, _)| left < 0);
    let plaintext = sketch.name == "orders-db";
    let outcomes = SslMode::ALL
        .into_iter()
        .map(|sslmode| {
            let verifies = sslmode >= SslMode::VerifyCa;
            let connects = if sslmode == SslMode::Disable {
                plaintext
            } else {
                !(verifies && expired)
            };
            SslModeOutcome {
                sslmode,
                connects: Some(connects),
                encrypted: Some(connects && !(plaintext && sslmode <= SslMode::Allow)),
                stops_eavesdropper: sslmode >= SslMode::Require,
                stops_impostor: sslmode == SslMode::VerifyFull,
                why: match sslmode {
                    SslMode::Disable if plaintext => "the server answers plaintext",
                    SslMode::Disable => "the server refuses plaintext",
                    SslMode::Allow if plaintext => "plaintext is tried first and answered",
                    SslMode::Allow => "plaintext is refused, then TLS is tried",
                    SslMode::Prefer => "TLS, and plaintext for whoever strips it",
                    SslMode::Require => "TLS with anybody: a root file is not configured for it",
                    SslMode::VerifyCa | SslMode::VerifyFull if expired => {
                        "the certificate has expired"
                    }
                    SslMode::VerifyCa => "TLS with anybody whom the CA certified",
                    SslMode::VerifyFull => "TLS with this host and no other",
                }
                .to_owned(),
            }
        })
        .collect();
    Preflight {
        outcomes,
        verify_full: if expired {
            Readiness::NotReady(vec![
                "renew the certificate: it ended 2 hours ago".to_owned(),
                "reload it on the node with SIGHUP".to_owned(),
            ])
        } else {
            Readiness::Ready
        },
    }
}

fn history(sketch: &Sketch) -> Vec<HistoryPoint> {
    (0..96u32)
        .map(|step| {
            let turned = step > 70;
            let lost = sketch.milliseconds.is_none() && step > 91;
            let usual = sketch.milliseconds.unwrap_or(24);
            let wobble = u64::from(step * 37 % 11) * usual / 40;
            let spike = if sketch.name == "orders-db" && step == 95 {
                usual * 30
            } else {
                0
            };
            HistoryPoint {
                at: before(i64::from(96 - step) * 15 * 60),
                latency: (!lost).then(|| Duration::from_millis(usual + wobble + spike)),
                posture: match sketch.posture {
                    Posture::Critical if !turned => Posture::Ok,
                    Posture::Unreachable if !lost => Posture::Ok,
                    other => other,
                },
            }
        })
        .collect()
}

fn log() -> Vec<LogEntry> {
    let entry = |ago: i64, mark, subject: &str, text: &str, change| LogEntry {
        at: before(ago),
        mark,
        subject: subject.into(),
        text: text.to_owned(),
        change,
    };
    vec![
        entry(
            674,
            LogMark::Unreachable,
            "ledger-edge",
            "connection refused",
            Some((Posture::Ok, Posture::Unreachable)),
        ),
        entry(
            2 * HOUR,
            LogMark::Critical,
            "crdb-eu-2",
            "certificate-expired: certificate ended",
            Some((Posture::Warning, Posture::Critical)),
        ),
        entry(
            3 * HOUR,
            LogMark::Ok,
            "crdb-ap-1",
            "certificate renewed: ends in 122 days",
            Some((Posture::Warning, Posture::Ok)),
        ),
        entry(
            5 * HOUR,
            LogMark::Note,
            "verifull.toml",
            "configuration taken: 16 endpoints",
            None,
        ),
        entry(
            6 * HOUR,
            LogMark::Critical,
            "orders-db",
            "plaintext-accepted: a plaintext StartupMessage was answered",
            Some((Posture::Ok, Posture::Critical)),
        ),
        entry(
            26 * HOUR,
            LogMark::Warning,
            "crdb-eu-1",
            "certificate-expiring: ends in 20 days",
            Some((Posture::Ok, Posture::Warning)),
        ),
        entry(
            4 * DAY,
            LogMark::Note,
            "reports-web",
            "the group changed from X25519MLKEM768 to x25519",
            None,
        ),
    ]
}
