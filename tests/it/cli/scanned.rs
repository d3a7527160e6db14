//! Scans made by hand, one of each kind that a report has to tell apart, and every format on them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use verifull::observation::scan::{
    Conduct, DhParameters, DirectTls, EphemeralKeys, ExportRsaKey, Faults, Oracle, Preference,
    Refused, RefusedSuite, ScanDepth, ScannedChain, Sslv2Support, Ticket,
};
use verifull::observation::{Attempt, EndpointObservation, Failure, FailureKind, Handshake, Scan};
use verifull::policy::Policy;
use verifull::report::{self, Detail, Format, Style};
use verifull::store::{EndpointState, Posture, ScanDifference, Snapshot};
use verifull::tls::{
    AlertDescription, CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme, Sslv2CipherKind,
};
use verifull::x509::{Certificate, HostName, KeyAlgorithm, PathVerdict, PresentedChain, PublicKey};

use super::fixture;
use super::formats::{PLAIN, hold, unexplained};

const V13: ProtocolVersion = ProtocolVersion::TLSV1_3;
const V12: ProtocolVersion = ProtocolVersion::TLSV1_2;

/// A scan of which nothing is known yet.
fn blank(depth: ScanDepth, reason: &str) -> Scan {
    let mut scan = Scan::unseen(depth, fixture::at(-2), reason);
    scan.duration = Duration::from_millis(1234);
    scan
}

/// Says that a version is spoken, with these suites in this order and no others.
fn offers(scan: &mut Scan, version: ProtocolVersion, suites: &[u16], preference: Preference) {
    let support = scan
        .versions
        .iter_mut()
        .find(|support| support.version == version)
        .expect("one of the versions");
    support.offered = Attempt::Seen(());
    support.cipher_suites.accepted = suites.iter().copied().map(CipherSuite).collect();
    support.cipher_suites.refused = Refused::EveryOther;
    support.cipher_suites.preference = Attempt::Seen(preference);
}

/// Says that a version is not spoken.
fn refuses(scan: &mut Scan, version: ProtocolVersion) {
    let support = scan
        .versions
        .iter_mut()
        .find(|support| support.version == version)
        .expect("one of the versions");
    support.offered = Attempt::Refused("alert protocol_version".to_owned());
    support.cipher_suites.refused = Refused::EveryOther;
}

/// A CockroachDB node of today.
fn modern() -> Scan {
    let mut scan = blank(ScanDepth::Deep, "the deep scan does not settle it here");
    scan.connections_used = 38;
    for version in [
        ProtocolVersion::SSLV3,
        ProtocolVersion::TLSV1,
        ProtocolVersion::TLSV1_1,
    ] {
        refuses(&mut scan, version);
    }
    scan.sslv2 = Attempt::Refused("it closed the connection".to_owned());
    offers(
        &mut scan,
        V12,
        &[0xC02F, 0xC030, 0xCCA8],
        Preference::ServerButChacha20,
    );
    offers(
        &mut scan,
        V13,
        &[0x1301, 0x1302, 0x1303],
        Preference::Server,
    );
    scan.groups_tls13.accepted = [0x11EC, 0x001D, 0x0017].map(NamedGroup).to_vec();
    scan.groups_tls13.refused = Refused::EveryOther;
    scan.groups_tls13.preference = Attempt::Seen(Preference::Server);
    scan.groups_tls12.accepted = [0x001D, 0x0017].map(NamedGroup).to_vec();
    scan.groups_tls12.refused = Refused::EveryOther;
    scan.groups_tls12.preference = Attempt::Seen(Preference::Server);
    scan.signature_schemes_tls12.accepted = [0x0804, 0x0401].map(SignatureScheme).to_vec();
    scan.signature_schemes_tls12.refused = Refused::EveryOther;
    scan.ephemeral_keys = EphemeralKeys {
        dh_reused: Attempt::NotAttempted("no such suite is accepted".to_owned()),
        ecdh_reused: Attempt::Seen(false),
    };
    let it = &mut scan.handshake;
    it.fallback_scsv = Attempt::Seen(true);
    it.downgrade_sentinel = Attempt::Seen(true);
    it.secure_renegotiation = Attempt::Seen(true);
    it.client_renegotiation = Attempt::NotAttempted("no suite that we can finish".to_owned());
    it.compression = Attempt::Seen(false);
    it.extended_master_secret = Attempt::Seen(true);
    it.encrypt_then_mac = Attempt::NotAttempted("no CBC suite is accepted".to_owned());
    it.heartbeat = Attempt::Seen(false);
    it.ocsp_stapled = Attempt::Seen(false);
    it.grease_tolerated = Attempt::Seen(true);
    it.large_hello_tolerated = Attempt::Seen(true);
    it.alpn = Attempt::Seen(vec!["postgresql".to_owned()]);
    it.certificate_request = Attempt::Seen(Some(vec!["O=Cockroach,CN=Cockroach CA".to_owned()]));
    scan.sessions.resumed_by_id = Attempt::Seen(false);
    scan.sessions.resumed_by_ticket = Attempt::Seen(true);
    scan.sessions.resumed_by_psk = Attempt::Seen(true);
    scan.sessions.ticket = Attempt::Seen(Ticket {
        lifetime_seconds: 7200,
        key_name_sha256: Some("ab".repeat(32)),
    });
    scan.sessions.early_data = Attempt::Seen(0);
    scan.postgresql.direct_tls = Attempt::Seen(DirectTls {
        alpn: Some("postgresql".to_owned()),
    });
    scan.postgresql.early_bytes_refused = Attempt::Seen(true);
    scan.postgresql.refused_after_handshake = Attempt::Seen(vec![RefusedSuite {
        version: V12,
        cipher_suite: CipherSuite(0xCCA8),
        reason: "ERROR 08004: presented cipher not in allowed cipher suite list".to_owned(),
    }]);
    scan.faults = Faults::unknown("--intrusive was not given");
    scan
}

/// A server with everything that was ever wrong.
#[expect(clippy::too_many_lines, reason = "every fact of one scan")]
fn legacy() -> Scan {
    let mut scan = blank(ScanDepth::Deep, "the deep scan does not settle it here");
    scan.connections_used = 71;
    scan.duration = Duration::from_millis(3456);
    let old = [0x0039, 0x0035, 0x000A, 0x0005, 0x0003, 0x0018, 0x0002];
    scan.sslv2 = Attempt::Seen(Sslv2Support {
        cipher_kinds: vec![Sslv2CipherKind(0x01_00_80), Sslv2CipherKind(0x02_00_80)],
        spki_sha256: None,
    });
    for version in [
        ProtocolVersion::SSLV3,
        ProtocolVersion::TLSV1,
        ProtocolVersion::TLSV1_1,
    ] {
        offers(&mut scan, version, &old, Preference::Client);
    }
    offers(
        &mut scan,
        V12,
        &[0xC02F, 0x009E, 0x0039, 0x0035, 0x000A, 0x4A4A],
        Preference::Client,
    );
    refuses(&mut scan, V13);
    scan.groups_tls13.preference = Attempt::NotAttempted("TLS 1.3 is not offered".to_owned());
    scan.groups_tls12.accepted = [0x0017, 0x0013].map(NamedGroup).to_vec();
    scan.groups_tls12.refused = Refused::EveryOther;
    scan.groups_tls12.preference = Attempt::Seen(Preference::Client);
    scan.dh_parameters = vec![
        DhParameters {
            version: V12,
            cipher_suite: CipherSuite(0x009E),
            bits: 1024,
            well_known: Some("RFC 2409 group 2".to_owned()),
            prime_sha256: "0d".repeat(32),
        },
        DhParameters {
            version: ProtocolVersion::TLSV1,
            cipher_suite: CipherSuite(0x0039),
            bits: 1024,
            well_known: Some("RFC 2409 group 2".to_owned()),
            prime_sha256: "0d".repeat(32),
        },
        DhParameters {
            version: ProtocolVersion::TLSV1,
            cipher_suite: CipherSuite(0x0039),
            bits: 512,
            well_known: None,
            prime_sha256: "0e".repeat(32),
        },
    ];
    scan.export_rsa = Attempt::Seen(ExportRsaKey {
        bits: 512,
        reused: Some(true),
    });
    scan.ephemeral_keys = EphemeralKeys {
        dh_reused: Attempt::Seen(true),
        ecdh_reused: Attempt::Seen(false),
    };
    scan.signature_schemes_tls12.accepted = [0x0401, 0x0201].map(SignatureScheme).to_vec();
    scan.signature_schemes_tls12.refused = Refused::EveryOther;
    scan.chains = vec![
        chain("ECDSA", true, "CN=ecdsa.example.com", -10),
        chain("RSA", false, "CN=default\u{1b}[31m", 90),
    ];
    let it = &mut scan.handshake;
    it.fallback_scsv = Attempt::Seen(false);
    it.downgrade_sentinel = Attempt::NotAttempted("TLS 1.3 is not offered".to_owned());
    it.secure_renegotiation = Attempt::Seen(false);
    it.client_renegotiation = Attempt::Seen(true);
    it.compression = Attempt::Seen(true);
    it.extended_master_secret = Attempt::Seen(false);
    it.encrypt_then_mac = Attempt::Seen(false);
    it.heartbeat = Attempt::Seen(true);
    it.ocsp_stapled = Attempt::Seen(false);
    it.grease_tolerated = Attempt::Seen(false);
    it.large_hello_tolerated = Attempt::Failed(Failure {
        kind: FailureKind::TimedOut,
        detail: "no answer within 5 s".to_owned(),
    });
    it.alpn = Attempt::Seen(Vec::new());
    it.certificate_request = Attempt::Seen(None);
    scan.sessions.resumed_by_id = Attempt::Seen(true);
    scan.sessions.resumed_by_ticket = Attempt::Seen(false);
    scan.sessions.resumed_by_psk = Attempt::NotAttempted("TLS 1.3 is not offered".to_owned());
    scan.sessions.ticket = Attempt::Refused("no NewSessionTicket came".to_owned());
    scan.sessions.early_data = Attempt::NotAttempted("TLS 1.3 is not offered".to_owned());
    {
        let attempt = &mut scan.postgresql.early_bytes_refused;
        *attempt = Attempt::NotAttempted("it is not on the PostgreSQL wire".to_owned());
    }
    scan.postgresql.direct_tls =
        Attempt::NotAttempted("it is not on the PostgreSQL wire".to_owned());
    scan.postgresql.refused_after_handshake =
        Attempt::NotAttempted("it is not on the PostgreSQL wire".to_owned());
    scan.faults = Faults {
        heartbleed: Attempt::Seen(true),
        ccs_injection: Attempt::Seen(false),
        robot: Attempt::Seen(Oracle::Strong),
        ticketbleed: Attempt::NotAttempted("no ticket is issued".to_owned()),
        cbc_padding_oracle: Attempt::Seen(false),
    };
    scan
}

/// What five connections settle.
fn posture() -> Scan {
    let mut scan = blank(ScanDepth::Posture, "a posture scan does not look at it");
    scan.connections_used = 5;
    scan.duration = Duration::from_millis(240);
    scan.sslv2 = Attempt::NotAttempted("a posture scan does not look at it".to_owned());
    for version in [ProtocolVersion::SSLV3, ProtocolVersion::TLSV1] {
        refuses(&mut scan, version);
    }
    let [.., v12, v13] = &mut scan.versions[..] else {
        panic!("five versions");
    };
    v12.offered = Attempt::Seen(());
    v12.cipher_suites.accepted = vec![CipherSuite(0x0035)];
    v12.cipher_suites.refused = Refused::These(
        CipherSuite::all()
            .filter(|suite| {
                suite
                    .properties()
                    .is_some_and(verifull::tls::Properties::is_rc4)
            })
            .collect(),
    );
    v13.offered = Attempt::Seen(());
    v13.cipher_suites.accepted = vec![CipherSuite(0x1302)];
    scan.groups_tls13.accepted = vec![NamedGroup::X25519];
    scan.groups_tls13.refused = Refused::These(vec![NamedGroup::X25519MLKEM768]);
    scan
}

/// What a server that takes five connections a second lets through.
fn rate_limited() -> Scan {
    let mut scan = modern();
    scan.gaps = vec![
        "the server reset 12 of 40 connections, the last ones after a pause of 8 s".to_owned(),
        "the order of the groups was not asked for".to_owned(),
    ];
    scan.conduct = Conduct {
        resets: 12,
        closes: 1,
        timeouts: 0,
        unconnected: 2,
        alerts: BTreeMap::from([(AlertDescription(40), 9)]),
        slowed_down: true,
    };
    let [.., v11, v12, v13] = &mut scan.versions[..] else {
        panic!("five versions");
    };
    v11.offered = Attempt::Failed(Failure {
        kind: FailureKind::Reset,
        detail: "the server reset the connection".to_owned(),
    });
    v11.cipher_suites = verifull::observation::scan::Enumeration::unknown("not reached");
    v12.cipher_suites.refused = Refused::These(Vec::new());
    v12.cipher_suites.preference = Attempt::NotAttempted("not all suites are known".to_owned());
    v13.cipher_suites.refused = Refused::EveryOther;
    scan.groups_tls13.refused = Refused::These(Vec::new());
    scan.groups_tls13.preference = Attempt::NotAttempted("not all groups are known".to_owned());
    scan
}

/// A chain for another hello.
fn chain(key_type: &str, with_server_name: bool, subject: &str, ends: i64) -> ScannedChain {
    let certificate = Certificate {
        key: PublicKey {
            algorithm: if key_type == "RSA" {
                KeyAlgorithm::Rsa
            } else {
                KeyAlgorithm::Ec
            },
            bits: (key_type == "RSA").then_some(2048),
            curve: (key_type != "RSA").then(|| "secp256r1".to_owned()),
        },
        sha256: "d1".repeat(32),
        ..fixture::certificate(subject, -300, ends)
    };
    let path = if ends < 0 {
        PathVerdict::Invalid
    } else {
        PathVerdict::Valid
    };
    ScannedChain {
        key_type: key_type.to_owned(),
        with_server_name,
        chain: PresentedChain {
            certificates: vec![Arc::new(certificate)],
            malformed: Vec::new(),
        },
        verification: Attempt::Seen(fixture::verification(path, HostName::Mismatch)),
    }
}

/// An endpoint of the fixture with a scan.
fn scanned(mut state: EndpointState, scan: Scan) -> EndpointState {
    state.addresses.truncate(1);
    let address = &mut state.addresses[0];
    address.observation = Arc::new(EndpointObservation {
        scan: Attempt::Seen(Arc::new(scan)),
        ..(*address.observation).clone()
    });
    state
}

/// An HTTPS endpoint that speaks nothing that the whole handshake speaks.
fn legacy_state() -> EndpointState {
    let mut state = scanned(fixture::api(), legacy());
    let address = &mut state.addresses[0];
    address.observation = Arc::new(EndpointObservation {
        handshake: Attempt::Seen(Handshake {
            version: V12,
            cipher_suite: CipherSuite(0xC02F),
            group: Some(NamedGroup(0x0017)),
            alpn: None,
            ocsp_stapled: false,
        }),
        ..(*address.observation).clone()
    });
    address.scan_difference = Some(Arc::new(ScanDifference {
        at: fixture::at(-2),
        since: fixture::at(-86_400),
        changes: vec!["TLSv1.2 accepts TLS_RSA_WITH_AES_256_CBC_SHA now".to_owned()],
    }));
    state.posture = Posture::Critical;
    state
}

fn deep_legacy() -> Snapshot {
    fixture::snapshot(vec![legacy_state()])
}

fn deep_modern() -> Snapshot {
    fixture::snapshot(vec![scanned(fixture::good(), modern())])
}

fn posture_only() -> Snapshot {
    fixture::snapshot(vec![scanned(fixture::good(), posture())])
}

fn incomplete() -> Snapshot {
    fixture::snapshot(vec![scanned(fixture::good(), rate_limited())])
}

fn every_kind() -> [Snapshot; 4] {
    [deep_legacy(), deep_modern(), posture_only(), incomplete()]
}

fn json(snapshot: &Snapshot) -> Value {
    serde_json::from_str(&report::render(snapshot, Format::Json, PLAIN)).expect("JSON")
}

/// What the scan decides in the JSON, without what the quick probe's tests hold already.
fn scan_part(snapshot: &Snapshot) -> String {
    let document = json(snapshot);
    let endpoint = &document["endpoints"][0];
    let part = serde_json::json!({
        "depth": endpoint["depth"],
        "complete": endpoint["complete"],
        "connections_used": endpoint["connections_used"],
        "scan": endpoint["scan"],
        "scan_difference": endpoint["scan_difference"],
        "tls": endpoint["tls"],
        "chains": endpoint["chains"].as_array().map(|chains| chains.iter().map(|chain| {
            serde_json::json!([chain["key_type"], chain["with_server_name"],
                chain["certificates"][0]["subject"], chain["verification"]["path"]])
        }).collect::<Vec<_>>()),
    });
    serde_json::to_string_pretty(&part).expect("JSON")
}

#[test]
fn text_of_a_deep_scan_of_a_legacy_server() {
    insta::assert_snapshot!(report::render(&deep_legacy(), Format::Text, PLAIN));
}

#[test]
fn text_of_a_deep_scan_of_a_modern_server() {
    insta::assert_snapshot!(report::render(&deep_modern(), Format::Text, PLAIN));
}

#[test]
fn text_of_a_posture_scan() {
    insta::assert_snapshot!(report::render(&posture_only(), Format::Text, PLAIN));
}

#[test]
fn text_of_an_incomplete_scan_on_a_wide_terminal() {
    let style = Style {
        width: 120,
        ..PLAIN
    };
    insta::assert_snapshot!(report::render(&incomplete(), Format::Text, style));
}

#[test]
fn text_of_a_fleet_has_a_line_for_each_scan() {
    let states = vec![
        legacy_state(),
        scanned(fixture::good(), modern()),
        scanned(fixture::expired(), rate_limited()),
    ];
    let snapshot = fixture::snapshot(states);
    let brief = report::render(&snapshot, Format::Text, PLAIN);
    let lines: Vec<&str> = brief
        .lines()
        .filter(|line| line.starts_with("  scan "))
        .collect();
    assert_eq!(lines.len(), 3, "{brief}");
    assert!(!brief.contains("TLS_RSA_WITH_3DES_EDE_CBC_SHA"), "{brief}");
    let full = Style {
        detail: Detail::Full,
        ..PLAIN
    };
    let full = report::render(&snapshot, Format::Text, full);
    assert!(full.contains("TLS_RSA_WITH_3DES_EDE_CBC_SHA"), "{full}");
}

#[test]
fn text_of_a_scan_keeps_to_its_width() {
    for snapshot in every_kind() {
        for width in [40, 60, 80, 100, 120] {
            let style = Style { width, ..PLAIN };
            let text = report::render(&snapshot, Format::Text, style);
            let longest = text.lines().map(|line| line.chars().count()).max();
            assert!(
                longest <= Some(width.max(72)),
                "{width}: {longest:?}\n{text}"
            );
        }
    }
}

#[test]
fn json_of_a_deep_scan_of_a_legacy_server() {
    insta::assert_snapshot!(scan_part(&deep_legacy()));
}

#[test]
fn json_of_a_deep_scan_of_a_modern_server() {
    insta::assert_snapshot!(scan_part(&deep_modern()));
}

#[test]
fn json_of_a_posture_scan() {
    insta::assert_snapshot!(scan_part(&posture_only()));
}

#[test]
fn json_of_an_incomplete_scan() {
    insta::assert_snapshot!(scan_part(&incomplete()));
}

/// Kinds that the fields of a scan have below `tls`, and whether each may be `null`.
const SCHEMA: &[(&str, &str)] = &[
    ("versions[].version", "string"),
    ("versions[].offered", "bool?"),
    ("cipher_suites[].version", "string"),
    ("cipher_suites[].code", "string"),
    ("cipher_suites[].name", "string"),
    ("cipher_suites[].preference", "number?"),
    ("cipher_suites[].strength", "string"),
    ("cipher_suites_complete", "bool?"),
    ("cipher_classes.rc4", "bool?"),
    ("server_preference", "bool?"),
    ("groups[].code", "string"),
    ("groups[].name", "string"),
    ("groups[].versions[]", "string"),
    ("groups[].post_quantum", "bool"),
    ("groups_complete", "bool?"),
    ("dh_bits", "number?"),
    ("dh_parameters[].version", "string"),
    ("dh_parameters[].cipher_suite", "string"),
    ("dh_parameters[].bits", "number"),
    ("dh_parameters[].well_known", "string?"),
    ("dh_parameters[].prime_sha256", "string"),
    ("export_rsa.bits", "number"),
    ("export_rsa.reused", "bool?"),
    ("dh_key_reused", "bool?"),
    ("ecdh_key_reused", "bool?"),
    ("signature_schemes[].code", "string"),
    ("signature_schemes[].name", "string"),
    ("signature_schemes_complete", "bool?"),
    ("fallback_scsv", "bool?"),
    ("downgrade_sentinel", "bool?"),
    ("compression", "bool?"),
    ("secure_renegotiation", "bool?"),
    ("client_renegotiation", "bool?"),
    ("extended_master_secret", "bool?"),
    ("encrypt_then_mac", "bool?"),
    ("heartbeat", "bool?"),
    ("grease_tolerated", "bool?"),
    ("large_hello_tolerated", "bool?"),
    ("session_tickets", "bool?"),
    ("ticket.lifetime_seconds", "number"),
    ("ticket.key_name_sha256", "string?"),
    ("resumption.id", "bool?"),
    ("resumption.ticket", "bool?"),
    ("resumption.psk", "bool?"),
    ("early_data", "bool?"),
    ("early_data_bytes", "number?"),
    ("ocsp_stapled", "bool?"),
    ("alpn_protocols[]", "string"),
    ("direct_tls", "bool?"),
    ("direct_tls_alpn", "string?"),
    ("early_bytes_refused", "bool?"),
    ("refused_after_handshake[].version", "string"),
    ("refused_after_handshake[].code", "string"),
    ("refused_after_handshake[].name", "string"),
    ("refused_after_handshake[].reason", "string"),
    ("faults.heartbleed", "bool?"),
    ("faults.ccs_injection", "bool?"),
    ("faults.robot", "string?"),
    ("faults.ticketbleed", "bool?"),
    ("faults.cbc_padding_oracle", "bool?"),
];

#[test]
fn json_of_scans_has_every_published_key_with_its_kind() {
    // No scan of the fixture looked for it.
    const NEVER: &str = "faults.ticketbleed";
    let documents = every_kind().map(|snapshot| json(&snapshot));
    for (path, kinds) in SCHEMA {
        let seen: usize = documents
            .iter()
            .map(|document| hold(&document["endpoints"][0]["tls"], path, kinds, path))
            .sum();
        assert!(
            seen > 0 || *path == NEVER,
            "{path} was never anything but null"
        );
    }
}

#[test]
fn every_null_of_a_scan_has_its_reason_beside_it() {
    for snapshot in every_kind() {
        let mut found = Vec::new();
        unexplained(&json(&snapshot), "", &mut found);
        assert_eq!(found, [""; 0]);
    }
}

#[test]
fn what_a_posture_scan_does_not_look_at_is_never_false() {
    let document = json(&posture_only());
    let tls = &document["endpoints"][0]["tls"];
    for field in [
        "fallback_scsv",
        "compression",
        "secure_renegotiation",
        "client_renegotiation",
        "session_tickets",
        "server_preference",
        "dh_bits",
        "resumption",
        "faults",
        "early_data",
        "direct_tls",
    ] {
        let value = &tls[field];
        let inner_is_null = value.as_object().is_some_and(|fields| {
            fields
                .iter()
                .all(|(key, value)| key == "open" || value.is_null())
        });
        assert!(value.is_null() || inner_is_null, "{field}: {value}");
    }
    assert_eq!(tls["versions"][0]["offered"], Value::Null);
    assert_eq!(tls["cipher_classes"]["rc4"], Value::Null, "TLS 1.1 is open");
    assert_eq!(tls["cipher_classes"]["no_forward_secrecy"], true);
    assert_eq!(tls["cipher_suites_complete"], false);
}

#[test]
fn sslv2_kinds_have_codes_of_six_digits() {
    let document = json(&deep_legacy());
    let suites = document["endpoints"][0]["tls"]["cipher_suites"]
        .as_array()
        .expect("suites");
    let sslv2: Vec<&str> = suites
        .iter()
        .filter(|suite| suite["version"] == "SSLv2")
        .filter_map(|suite| suite["code"].as_str())
        .collect();
    assert_eq!(sslv2, ["0x010080", "0x020080"]);
}

#[test]
fn incomplete_scan_is_unknown_and_a_whole_one_is_not() {
    assert_eq!(report::exit_code(&incomplete(), None), 3);
    assert_eq!(report::exit_code(&deep_modern(), None), 0);
    let mut scan = modern();
    scan.gaps = vec!["a group that this server never shows".to_owned()];
    scan.groups_tls12.refused = Refused::These(Vec::new());
    let groups_open = fixture::snapshot(vec![scanned(fixture::good(), scan)]);
    assert_eq!(report::exit_code(&groups_open, None), 0);
    assert_eq!(json(&groups_open)["endpoints"][0]["complete"], false);
    let lines = report::render(&incomplete(), Format::Nagios, PLAIN);
    assert!(lines.starts_with("VERIFULL UNKNOWN - "), "{lines}");
    assert!(lines.contains("the scan is not whole"), "{lines}");
}

#[test]
fn prometheus_of_scans() {
    let page = report::render(&deep_legacy(), Format::Prometheus, PLAIN);
    let posture = report::render(&posture_only(), Format::Prometheus, PLAIN);
    let about_scans = |page: &str| -> String {
        page.lines()
            .filter(|line| line.contains("verifull_scan") || line.contains("verifull_tls_"))
            .flat_map(|line| [line, "\n"])
            .collect()
    };
    insta::assert_snapshot!(about_scans(&page) + &about_scans(&posture));
}

#[test]
fn markdown_of_scans() {
    for snapshot in [deep_legacy(), posture_only()] {
        insta::assert_snapshot!(report::render(&snapshot, Format::Markdown, PLAIN));
    }
}

#[test]
fn policies_are_named_with_every_line_that_is_not_kept() {
    let style = Style {
        policies: &[Policy::MozillaIntermediate, Policy::SslLabs],
        ..PLAIN
    };
    let document: Value =
        serde_json::from_str(&report::render(&deep_legacy(), Format::Json, style)).expect("JSON");
    let policies = &document["endpoints"][0]["policies"];
    assert_eq!(policies[0]["policy"], "mozilla-intermediate");
    assert_eq!(policies[0]["verdict"], "fails");
    assert_ne!(policies[0]["deviations"], serde_json::json!([]));
    assert_eq!(policies[1]["policy"], "ssl-labs");
    for format in [Format::Text, Format::Markdown] {
        let text = report::render(&deep_legacy(), format, style);
        for deviation in policies[0]["deviations"].as_array().expect("deviations") {
            let rule = deviation["rule"].as_str().expect("a rule");
            assert!(text.contains(rule), "{rule} is not in\n{text}");
        }
    }
    let open = report::render(&posture_only(), Format::Text, style);
    assert!(open.contains("ssl-labs ? open"), "{open}");
    let without = report::render(&deep_legacy(), Format::Json, PLAIN);
    assert!(!without.contains("\"policies\""), "{without}");
}

#[test]
fn no_format_lets_hostile_text_of_a_scan_through() {
    for format in Format::ALL {
        let text = report::render(&deep_legacy(), format, PLAIN);
        for character in text.chars().filter(|character| *character != '\n') {
            assert!(!character.is_control(), "{format:?}: {character:?}");
        }
    }
}
