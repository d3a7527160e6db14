//! Scans made by hand: of a server with everything on, the same where it would not be asked to the end, and of a modern one.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use verifull::observation::scan::{
    Conduct, DhParameters, Enumeration, ExportRsaKey, Preference, Refused, Scan, ScanDepth,
    ScannedChain, Sslv2Support, Ticket,
};
use verifull::observation::{Attempt, EndpointObservation, Failure, FailureKind};
use verifull::store::{EndpointState, ScanDifference, ScanProgress, Snapshot};
use verifull::tls::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme, Sslv2CipherKind};
use verifull::x509::{KeyAlgorithm, PublicKey};

use super::fixture;

/// SSLv3 to TLS 1.2 in the server's order, worst habits included.
const OLD: &[u16] = &[
    0xC030, 0xC028, 0xC014, 0x009F, 0x006B, 0x0039, 0xCCA8, 0xC02F, 0xC027, 0xC013, 0x009E, 0x0033,
    0x009D, 0x009C, 0x003D, 0x0035, 0x0084, 0x002F, 0xC012, 0x0016, 0x000A, 0xC011, 0x0005, 0x0004,
    0x0009, 0x0008, 0x0003, 0x0034, 0x003B,
];

fn before(seconds: i64) -> jiff::Timestamp {
    fixture::now()
        .checked_sub(SignedDuration::from_secs(seconds))
        .expect("times of the fixture are in range")
}

fn suites(
    codes: impl IntoIterator<Item = u16>,
    preference: Preference,
) -> Enumeration<CipherSuite> {
    Enumeration {
        accepted: codes.into_iter().map(CipherSuite).collect(),
        refused: Refused::EveryOther,
        preference: Attempt::Seen(preference),
    }
}

fn groups(codes: &[u16], preference: Preference) -> Enumeration<NamedGroup> {
    Enumeration {
        accepted: codes.iter().copied().map(NamedGroup).collect(),
        refused: Refused::EveryOther,
        preference: Attempt::Seen(preference),
    }
}

fn refused<T>() -> Attempt<T> {
    Attempt::Refused("protocol_version".to_owned())
}

fn set(
    scan: &mut Scan,
    version: ProtocolVersion,
    offered: Attempt<()>,
    suites: Enumeration<CipherSuite>,
) {
    let support = scan
        .versions
        .iter_mut()
        .find(|support| support.version == version)
        .expect("every version has an entry");
    support.offered = offered;
    support.cipher_suites = suites;
}

/// A server with everything on.
#[expect(clippy::too_many_lines, reason = "every fact of one scan")]
pub(crate) fn legacy() -> Scan {
    let mut scan = Scan::unseen(ScanDepth::Deep, before(4 * 60), "not asked");
    scan.duration = Duration::from_millis(3_180);
    scan.connections_used = 143;
    for version in Scan::VERSIONS {
        if version == ProtocolVersion::TLSV1_3 {
            set(
                &mut scan,
                version,
                refused(),
                Enumeration::unknown("TLSv1.3 is refused"),
            );
            continue;
        }
        let own = OLD.iter().copied().filter(|code| {
            CipherSuite(*code).fits(version)
                || (*code == 0x0009 && version < ProtocolVersion::TLSV1_2)
        });
        let preference = if version == ProtocolVersion::SSLV3 {
            Preference::Client
        } else {
            Preference::Server
        };
        set(
            &mut scan,
            version,
            Attempt::Seen(()),
            suites(own, preference),
        );
    }
    scan.sslv2 = Attempt::Seen(Sslv2Support {
        cipher_kinds: [0x01_00_80, 0x07_00_C0, 0x02_00_80]
            .map(Sslv2CipherKind)
            .to_vec(),
        spki_sha256: None,
    });
    scan.groups_tls12 = groups(&[0x0017, 0x0018, 0x0013, 0x000D], Preference::Client);
    scan.groups_tls13 = Enumeration::unknown("TLSv1.3 is refused");
    scan.dh_parameters = vec![DhParameters {
        version: ProtocolVersion::TLSV1_2,
        cipher_suite: CipherSuite(0x0033),
        bits: 1024,
        well_known: Some("RFC 2409 group 2".to_owned()),
        prime_sha256: "00".repeat(32),
    }];
    scan.export_rsa = Attempt::Seen(ExportRsaKey {
        bits: 512,
        reused: Some(true),
    });
    scan.ephemeral_keys.dh_reused = Attempt::Seen(true);
    scan.ephemeral_keys.ecdh_reused = Attempt::Seen(false);
    scan.signature_schemes_tls12 = Enumeration {
        accepted: [0x0401, 0x0501, 0x0201].map(SignatureScheme).to_vec(),
        refused: Refused::EveryOther,
        preference: Attempt::Seen(Preference::Client),
    };
    let it = &mut scan.handshake;
    it.fallback_scsv = Attempt::Seen(false);
    it.downgrade_sentinel = Attempt::NotAttempted("TLS 1.3 is refused".to_owned());
    it.secure_renegotiation = Attempt::Seen(false);
    it.client_renegotiation = Attempt::Seen(true);
    it.compression = Attempt::Seen(true);
    it.extended_master_secret = Attempt::Seen(false);
    it.encrypt_then_mac = Attempt::Seen(false);
    it.heartbeat = Attempt::Seen(true);
    it.ocsp_stapled = Attempt::Seen(false);
    it.grease_tolerated = Attempt::Seen(true);
    it.large_hello_tolerated = Attempt::Failed(Failure {
        kind: FailureKind::Reset,
        detail: "the connection was reset".to_owned(),
    });
    it.alpn = Attempt::Seen(Vec::new());
    it.certificate_request = Attempt::Seen(None);
    let it = &mut scan.sessions;
    it.resumed_by_id = Attempt::Seen(true);
    it.resumed_by_ticket = Attempt::Seen(true);
    it.resumed_by_psk = Attempt::NotAttempted("TLS 1.3 is refused".to_owned());
    it.ticket = Attempt::Seen(Ticket {
        lifetime_seconds: 7200,
        key_name_sha256: Some("9f86d081884c7d65".repeat(4)),
    });
    it.early_data = Attempt::NotAttempted("TLS 1.3 is refused".to_owned());
    let it = &mut scan.faults;
    it.heartbleed = Attempt::Seen(true);
    it.ccs_injection = Attempt::Seen(false);
    for open in [&mut it.ticketbleed, &mut it.cbc_padding_oracle] {
        *open = Attempt::NotAttempted("only with --intrusive".to_owned());
    }
    it.robot = Attempt::NotAttempted("only with --intrusive".to_owned());
    scan
}

/// The same server, which lost patience.
pub(crate) fn incomplete() -> Scan {
    let mut scan = legacy();
    scan.connections_used = 61;
    scan.gaps = vec![
        "the server reset 9 connections within 2 s, so that 112 suites were not asked for in TLSv1 and TLSv1.1".to_owned(),
        "SSLv3 was not looked at".to_owned(),
    ];
    scan.conduct = Conduct {
        resets: 9,
        timeouts: 2,
        slowed_down: true,
        ..Conduct::default()
    };
    set(
        &mut scan,
        ProtocolVersion::SSLV3,
        Attempt::NotAttempted("the server takes no more connections".to_owned()),
        Enumeration::unknown("the server takes no more connections"),
    );
    for version in [ProtocolVersion::TLSV1, ProtocolVersion::TLSV1_1] {
        let some = Enumeration {
            accepted: [0xC014, 0x0039, 0x0005].map(CipherSuite).to_vec(),
            refused: Refused::These(vec![CipherSuite(0x0003)]),
            preference: Attempt::NotAttempted("the server takes no more connections".to_owned()),
        };
        set(&mut scan, version, Attempt::Seen(()), some);
    }
    scan.sslv2 = Attempt::NotAttempted("old hellos are turned off".to_owned());
    scan
}

/// TLS 1.2 and 1.3, nothing but AEAD, ML-KEM.
#[expect(clippy::too_many_lines, reason = "every fact of one scan")]
pub(crate) fn modern(with: &EndpointObservation) -> Scan {
    let mut scan = Scan::unseen(ScanDepth::Deep, before(26 * 3600), "not asked");
    scan.duration = Duration::from_millis(940);
    scan.connections_used = 41;
    for version in Scan::VERSIONS {
        set(
            &mut scan,
            version,
            refused(),
            Enumeration::unknown("refused"),
        );
    }
    set(
        &mut scan,
        ProtocolVersion::TLSV1_2,
        Attempt::Seen(()),
        suites(
            [0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8],
            Preference::Server,
        ),
    );
    set(
        &mut scan,
        ProtocolVersion::TLSV1_3,
        Attempt::Seen(()),
        suites([0x1302, 0x1303, 0x1301], Preference::ServerButChacha20),
    );
    scan.sslv2 = refused();
    scan.groups_tls13 = groups(&[0x11EC, 0x001D, 0x0017, 0x0018], Preference::Server);
    scan.groups_tls12 = groups(&[0x001D, 0x0017, 0x0018], Preference::Server);
    scan.ephemeral_keys.ecdh_reused = Attempt::Seen(false);
    scan.signature_schemes_tls12 = Enumeration {
        accepted: [0x0403, 0x0804, 0x0401].map(SignatureScheme).to_vec(),
        refused: Refused::EveryOther,
        preference: Attempt::Seen(Preference::Client),
    };
    if let (Some(chain), verification) = (with.chain.seen(), &with.verification) {
        for (key_type, with_server_name) in [("RSA", true), ("ECDSA", true), ("ECDSA", false)] {
            let mut chain = chain.clone();
            if key_type == "RSA" {
                let certificate = Arc::make_mut(&mut chain.certificates[0]);
                certificate.sha256 = "0123456789abcdef".repeat(4);
                certificate.key = PublicKey {
                    algorithm: KeyAlgorithm::Rsa,
                    bits: Some(2048),
                    curve: None,
                };
            }
            scan.chains.push(ScannedChain {
                key_type: key_type.to_owned(),
                with_server_name,
                chain,
                verification: verification.clone(),
            });
        }
    }
    let it = &mut scan.handshake;
    for good in [
        &mut it.fallback_scsv,
        &mut it.downgrade_sentinel,
        &mut it.secure_renegotiation,
        &mut it.extended_master_secret,
        &mut it.ocsp_stapled,
        &mut it.grease_tolerated,
        &mut it.large_hello_tolerated,
    ] {
        *good = Attempt::Seen(true);
    }
    for off in [
        &mut it.client_renegotiation,
        &mut it.compression,
        &mut it.heartbeat,
    ] {
        *off = Attempt::Seen(false);
    }
    it.encrypt_then_mac = Attempt::NotAttempted("no CBC suite is accepted".to_owned());
    it.alpn = Attempt::Seen(vec!["h2".to_owned(), "http/1.1".to_owned()]);
    it.certificate_request = Attempt::Seen(None);
    let it = &mut scan.sessions;
    it.resumed_by_id = Attempt::Seen(false);
    it.resumed_by_ticket = Attempt::Seen(true);
    it.resumed_by_psk = Attempt::Seen(true);
    it.ticket = Attempt::Seen(Ticket {
        lifetime_seconds: 86_400,
        key_name_sha256: None,
    });
    it.early_data = Attempt::Seen(0);
    scan.faults = verifull::observation::scan::Faults::unknown("only with --intrusive");
    scan
}

/// Whom the pictures are of.
pub(crate) const LEGACY: &str = "auth-gateway";
pub(crate) const MODERN: &str = "search-web";
pub(crate) const SCANNING: &str = "crdb-ap-1";

/// The fleet, some of it scanned, one scan under way.
pub(crate) fn fleet(legacy: Scan) -> Arc<Snapshot> {
    let mut snapshot = Snapshot::clone(&fixture::fleet());
    let legacy = Arc::new(legacy);
    for state in &mut snapshot.endpoints {
        let mut scanned = EndpointState::clone(state);
        let name = scanned.endpoint.name.to_string();
        let Some(address) = scanned.addresses.first_mut() else {
            continue;
        };
        let mut observation = EndpointObservation::clone(&address.observation);
        match &*name {
            LEGACY => {
                observation.scan = Attempt::Seen(Arc::clone(&legacy));
                address.scan_difference = Some(Arc::new(ScanDifference {
                    at: legacy.began_at,
                    since: before(2 * 86_400),
                    changes: vec![
                        "TLSv1.2 accepts TLS_RSA_WITH_RC4_128_MD5 now".to_owned(),
                        "SSLv3 is offered now".to_owned(),
                    ],
                }));
            }
            MODERN => {
                observation.scan = Attempt::Seen(Arc::new(modern(&observation)));
                address.scan_difference = Some(Arc::new(ScanDifference {
                    at: before(26 * 3600),
                    since: before(50 * 3600),
                    changes: Vec::new(),
                }));
            }
            SCANNING => {
                scanned.scanning = Some(ScanProgress {
                    depth: ScanDepth::Deep,
                    done: 34,
                    expected: 57,
                });
            }
            _ => continue,
        }
        address.observation = Arc::new(observation);
        *state = Arc::new(scanned);
    }
    Arc::new(snapshot)
}

fn only(snapshot: &Snapshot) -> Arc<Snapshot> {
    let mut snapshot = Snapshot::clone(snapshot);
    snapshot
        .endpoints
        .retain(|state| &*state.endpoint.name == LEGACY);
    Arc::new(snapshot)
}

/// The server with everything on, alone.
pub(crate) fn only_legacy() -> Arc<Snapshot> {
    only(&fleet(legacy()))
}

/// The server that lost patience, alone.
pub(crate) fn only_incomplete() -> Arc<Snapshot> {
    only(&fleet(incomplete()))
}
