//! Observations for this room's tests: a server on which nothing is wrong, for each test to spoil.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::endpoint::{Endpoint, ExpiryThresholds, Host, Protocol, Target};
use crate::http::{Head, Hsts};
use crate::libpq::SslMode;
use crate::libpq::wire::{AuthenticationRequest, ErrorResponse};
use crate::observation::scan::{DhParameters, Enumeration, Preference, Refused, Scan, ScanDepth};
use crate::observation::{
    Attempt, EndpointObservation, Fingerprint, Handshake, SslAnswer, StartupAnswer, StartupReply,
    Timings,
};
use crate::tls::{CipherSuite, NamedGroup, ProtocolVersion};
use crate::x509::{
    Certificate, Der, HostName, KeyAlgorithm, PathVerdict, PresentedChain, PublicKey, Trust,
    Verification,
};

/// A server as a test sees it.
pub(super) struct Scene {
    pub(super) seen: EndpointObservation,
    pub(super) scan: Scan,
    pub(super) certificate: Certificate,
    pub(super) endpoint: Endpoint,
}

impl Scene {
    /// A site with TLS 1.2 and 1.3, ECDHE and AEAD, an RSA key of 2048 bits for 90 days, and two years of HSTS.
    pub(super) fn site() -> Self {
        Self::of(Protocol::Https)
    }

    /// The same on the PostgreSQL wire, where plaintext is refused.
    pub(super) fn database() -> Self {
        Self::of(Protocol::Postgresql)
    }

    fn of(protocol: Protocol) -> Self {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a timestamp");
        let mut scan = Scan::unseen(ScanDepth::Deep, now, "not looked at");
        scan.sslv2 = Attempt::Refused("closed".to_owned());
        for support in &mut scan.versions {
            support.offered = Attempt::Refused("alert protocol_version".to_owned());
            support.cipher_suites = all(&[]);
        }
        scan.groups_tls13 = all(&[NamedGroup::X25519MLKEM768, NamedGroup::SECP256R1]);
        scan.groups_tls12 = all(&[NamedGroup::SECP256R1]);
        scan.handshake.secure_renegotiation = Attempt::Seen(true);
        scan.handshake.compression = Attempt::Seen(false);
        scan.handshake.heartbeat = Attempt::Seen(false);
        let mut scene = Self {
            seen: unscanned(now, protocol),
            scan,
            certificate: certificate(now),
            endpoint: endpoint(protocol),
        };
        scene.accept(
            ProtocolVersion::TLSV1_3,
            &["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"],
        );
        scene.accept(
            ProtocolVersion::TLSV1_2,
            &[
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            ],
        );
        scene
    }

    /// Accepts a version with these suites and no other.
    pub(super) fn accept(&mut self, version: ProtocolVersion, suites: &[&str]) {
        let suites: Vec<CipherSuite> = suites
            .iter()
            .map(|name| CipherSuite::from_name(name).expect("a suite's name"))
            .collect();
        let support = self
            .scan
            .versions
            .iter_mut()
            .find(|support| support.version == version)
            .expect("a version that is scanned");
        support.offered = Attempt::Seen(());
        support.cipher_suites = all(&suites);
    }

    /// Refuses a version.
    pub(super) fn refuse(&mut self, version: ProtocolVersion) {
        for support in &mut self.scan.versions {
            if support.version == version {
                support.offered = Attempt::Refused("alert protocol_version".to_owned());
                support.cipher_suites = all(&[]);
            }
        }
    }

    /// Leaves open whether a version is accepted.
    pub(super) fn leave_open(&mut self, version: ProtocolVersion) {
        for support in &mut self.scan.versions {
            if support.version == version {
                support.offered = Attempt::NotAttempted("nobody asked".to_owned());
                support.cipher_suites = Enumeration::unknown("nobody asked");
            }
        }
    }

    /// Shows finite-field parameters of so many bits with a suite of TLS 1.2.
    pub(super) fn show_dh(&mut self, bits: u32) {
        self.scan.dh_parameters.push(DhParameters {
            version: ProtocolVersion::TLSV1_2,
            cipher_suite: CipherSuite(0x009E),
            bits,
            well_known: None,
            prime_sha256: "00".to_owned(),
        });
    }

    /// Sets how long HSTS lasts.
    pub(super) fn send_hsts(&mut self, max_age_seconds: u64) {
        self.seen.http = Attempt::Seen(Head {
            status: 200,
            hsts: Some(Hsts {
                max_age_seconds,
                include_subdomains: false,
                preload: false,
            }),
            ..Head::default()
        });
    }

    /// Answers a plaintext login like this.
    pub(super) fn answer_plaintext(&mut self, reply: StartupReply) {
        self.seen.plaintext_startup = Attempt::Seen(StartupAnswer {
            user: "app".to_owned(),
            database: "app".to_owned(),
            reply,
        });
    }

    /// Answers a plaintext login with SCRAM.
    pub(super) fn take_plaintext(&mut self) {
        self.answer_plaintext(StartupReply::Authentication(AuthenticationRequest::Sasl(
            vec!["SCRAM-SHA-256".to_owned()],
        )));
    }

    /// Returns what clients conclude from the certificate, to be changed.
    pub(super) fn verification(&mut self) -> &mut Verification {
        let Attempt::Seen(verification) = &mut self.seen.verification else {
            unreachable!("the scene is verified");
        };
        verification
    }

    /// Returns the observation with everything in its place.
    pub(super) fn observation(&self) -> EndpointObservation {
        EndpointObservation {
            scan: Attempt::Seen(Arc::new(self.scan.clone())),
            chain: Attempt::Seen(PresentedChain {
                certificates: vec![Arc::new(self.certificate.clone())],
                malformed: Vec::new(),
            }),
            ..self.seen.clone()
        }
    }
}

/// Returns an enumeration that is whole.
pub(super) fn all<T: Clone>(accepted: &[T]) -> Enumeration<T> {
    Enumeration {
        accepted: accepted.to_vec(),
        refused: Refused::EveryOther,
        preference: Attempt::Seen(Preference::Server),
    }
}

fn endpoint(protocol: Protocol) -> Endpoint {
    Endpoint {
        name: "one".into(),
        target: Target {
            protocol,
            host: Host::Name("one.example".to_owned()),
            port: 443,
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
        labels: BTreeMap::new(),
        interval: Duration::from_mins(1),
        timeout: Duration::from_secs(5),
        serves: None,
        login_test: None,
        scan: crate::endpoint::ScanPlan::default(),
        expiry: ExpiryThresholds::default(),
    }
}

fn certificate(now: Timestamp) -> Certificate {
    const DAYS: i64 = 90;
    Certificate {
        subject: "CN=one.example".to_owned(),
        issuer: "CN=CA".to_owned(),
        common_name: None,
        serial_number: "01".to_owned(),
        not_before: now,
        not_after: now + jiff::SignedDuration::from_hours(DAYS * 24),
        dns_names: vec!["one.example".to_owned()],
        ip_addresses: Vec::new(),
        subject_alt_name: true,
        key: PublicKey {
            algorithm: KeyAlgorithm::Rsa,
            bits: Some(2048),
            curve: None,
        },
        signature_algorithm: "sha256WithRSAEncryption".to_owned(),
        basic_constraints_ca: Some(false),
        key_usage: None,
        extended_key_usage: None,
        ca_issuers: Vec::new(),
        sha256: "1eaf".to_owned(),
        spki_sha256: "5914".to_owned(),
        der: Der::default(),
    }
}

fn unscanned(now: Timestamp, protocol: Protocol) -> EndpointObservation {
    fn not_attempted<T>() -> Attempt<T> {
        Attempt::NotAttempted("not looked at".to_owned())
    }
    let is_database = protocol == Protocol::Postgresql;
    let refusal = StartupReply::Error(ErrorResponse {
        severity: "ERROR".to_owned(),
        sqlstate: "08P01".to_owned(),
        message: "node is running secure mode, SSL connection required".to_owned(),
        ..ErrorResponse::default()
    });
    EndpointObservation {
        endpoint: "one".into(),
        address: None,
        observed_at: now,
        timings: Timings::default(),
        connections_used: 1,
        connection: Attempt::Seen(()),
        ssl_request: if is_database {
            Attempt::Seen(SslAnswer::Willing)
        } else {
            not_attempted()
        },
        handshake: Attempt::Seen(Handshake {
            version: ProtocolVersion::TLSV1_3,
            cipher_suite: CipherSuite(0x1301),
            group: None,
            alpn: None,
            ocsp_stapled: false,
        }),
        chain: not_attempted(),
        verification: Attempt::Seen(Verification {
            trust: Trust::System,
            path: PathVerdict::Valid,
            problems: Vec::new(),
            path_detail: "a path stands".to_owned(),
            reference_name: "one.example".to_owned(),
            host_name: HostName::Match,
            host_name_detail: "`one.example` is among the DNS names".to_owned(),
            anchor: None,
            public: false,
        }),
        client_authentication: not_attempted(),
        client_identity: not_attempted(),
        plaintext_startup: if is_database {
            Attempt::Seen(StartupAnswer {
                user: "app".to_owned(),
                database: "app".to_owned(),
                reply: refusal,
            })
        } else {
            not_attempted()
        },
        tls_startup: not_attempted(),
        server: Fingerprint::default(),
        http: Attempt::Seen(Head {
            status: 200,
            hsts: Some(Hsts {
                max_age_seconds: 63_072_000,
                include_subdomains: true,
                preload: false,
            }),
            ..Head::default()
        }),
        plain_http: not_attempted(),
        scan: not_attempted(),
        login_tested_at: None,
    }
}
