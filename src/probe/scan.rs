//! The scan: everything that one server accepts, out of as few connections as tell it.
//!
//! Most questions are hellos of our own that end at the server's first flight, so that any server can be asked about anything,
//! also what no library here speaks. What needs keys is asked through rustls. Nothing is judged.
#![expect(clippy::disallowed_methods, reason = "a scan says when it was made")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use tokio::time::Instant;

use super::material::Material;
use super::{Prober, ProgressSink};
use crate::endpoint::{Endpoint, Host, Protocol};
use crate::observation::Attempt;
use crate::observation::scan::{Scan, ScanDepth, ScannedChain, Sslv2Support};
use crate::tls::NamedGroup;
use crate::x509::{parse, verify};

mod chain;
mod chains_tls13;
mod evidence;
mod faults;
mod features;
mod heads;
mod hello;
mod line;
mod old_client;
mod order;
mod pace;
mod postgresql;
mod posture;
mod rescan;
mod sessions;
mod sslv2;
mod suites;
mod tls13;

use evidence::{Chain, Evidence, KeyType};
use heads::Heads;
use hello::Hellos;
use line::Line;

/// One scan of one address under way.
pub(super) struct Scanner<'a> {
    line: Line<'a>,
    hellos: Hellos,
    evidence: Evidence,
    /// Whether the server cannot be asked for TLS 1.3 without a key share.
    needs_key_shares: AtomicBool,
    more_chains: std::sync::Mutex<Vec<Chain>>,
    /// The groups of TLS 1.3 as far as they are known: those of TLS 1.2 are probably the same.
    groups: std::sync::Mutex<Vec<NamedGroup>>,
    heads: Heads,
}

/// Scans one address.
pub(super) async fn scan(
    prober: &Prober,
    endpoint: &Endpoint,
    address: SocketAddr,
    material: &Material,
    depth: ScanDepth,
    known: Option<Arc<Scan>>,
    progress: Option<ProgressSink>,
) -> Attempt<Arc<Scan>> {
    let began_at = Timestamp::now();
    let begun = Instant::now();
    let scanner = Scanner::new(prober, endpoint, address, progress);
    let mut scan = match (depth, known) {
        (ScanDepth::Posture, _) => Box::pin(scanner.posture(began_at)).await,
        (ScanDepth::Rescan, Some(known)) => Box::pin(scanner.rescan(began_at, &known)).await,
        (ScanDepth::Rescan, None) | (ScanDepth::Deep, _) => Box::pin(scanner.deep(began_at)).await,
    };
    scanner.conclude(&mut scan, material, began_at);
    scan.duration = begun.elapsed();
    scanner.line.all_left().await;
    if scan.versions.iter().all(|it| it.offered.seen().is_none())
        && scan.sslv2.seen().is_none()
        && let Some(reason) = scanner.line.given_up()
    {
        return Attempt::NotAttempted(reason);
    }
    Attempt::Seen(Arc::new(scan))
}

impl<'a> Scanner<'a> {
    fn new(
        prober: &'a Prober,
        endpoint: &'a Endpoint,
        address: SocketAddr,
        progress: Option<ProgressSink>,
    ) -> Self {
        let name = match (&endpoint.server_name, &endpoint.target.host) {
            (Some(name), _) | (None, Host::Name(name)) => {
                // An address that stands in server_name is still an address.
                name.parse::<std::net::IpAddr>()
                    .is_err()
                    .then(|| name.clone())
            }
            (None, Host::Address(_)) => None,
        };
        let seed =
            u64::try_from(Timestamp::now().as_nanosecond() & i128::from(u64::MAX)).unwrap_or(0);
        Self {
            line: Line::new(prober, endpoint, address, progress),
            hellos: Hellos::new(name, seed ^ u64::from(address.port())),
            evidence: Evidence::default(),
            needs_key_shares: AtomicBool::new(false),
            more_chains: std::sync::Mutex::default(),
            groups: std::sync::Mutex::default(),
            heads: Heads::default(),
        }
    }

    fn needs_key_shares(&self) -> bool {
        self.needs_key_shares.load(Ordering::Relaxed)
    }

    fn need_key_shares(&self) {
        self.needs_key_shares.store(true, Ordering::Relaxed);
    }

    fn add_chain(&self, key_type: KeyType, certificates: Vec<Vec<u8>>) {
        self.add_chain_for(key_type, certificates, self.hellos.has_server_name());
    }

    fn add_chain_for(&self, key_type: KeyType, certificates: Vec<Vec<u8>>, with_server_name: bool) {
        let mut chains = self
            .more_chains
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        chains.push(Chain {
            key_type,
            with_server_name,
            certificates,
        });
    }

    /// Sees everything.
    async fn deep(&self, began_at: Timestamp) -> Scan {
        let mut scan = Scan::unseen(ScanDepth::Deep, began_at, "nobody asked");
        let mut handshake = scan.handshake.clone();
        let enumeration = async { tokio::join!(self.tls13(), self.before_tls13()) };
        // What needs no more than one accepted suite goes on beside the enumeration.
        let beside = async {
            let spoken = self.heads.all().await;
            spoken.versions().next()?;
            let (by_id, groups, schemes) = tokio::join!(
                self.features(&spoken, &mut handshake),
                self.groups_tls12(&spoken),
                self.signature_schemes(&spoken),
            );
            Some((spoken, groups, schemes, by_id))
        };
        let sessions = async {
            let (tls13, tickets, ()) = tokio::join!(
                self.sessions_tls13(),
                self.tickets_tls12(),
                self.chains_tls13(),
            );
            (tls13, tickets)
        };
        // What may look like an attack to the other side comes when nothing but the order of suites is left to ask.
        let suspicious = async {
            let beside = Box::pin(beside).await;
            self.heads.all_walked().await;
            (beside, self.suspicious().await)
        };
        let (enumerated, (beside, suspicious), (tls13_sessions, tickets), direct_tls) = tokio::join!(
            enumeration,
            Box::pin(suspicious),
            sessions,
            self.direct_tls()
        );
        (scan.sslv2, scan.postgresql.early_bytes_refused) = suspicious;
        let ((tls13, groups_tls13), older) = enumerated;
        scan.versions = older;
        scan.versions.push(tls13);
        scan.groups_tls13 = groups_tls13;
        scan.postgresql.direct_tls = direct_tls;
        (scan.sessions.resumed_by_psk, scan.sessions.early_data) = tls13_sessions;
        (scan.sessions.resumed_by_ticket, scan.sessions.ticket) = tickets;
        if let Some((spoken, groups, schemes, by_id)) = beside {
            scan.groups_tls12 = groups;
            scan.signature_schemes_tls12 = schemes;
            scan.sessions.resumed_by_id = by_id;
            self.read_hellos(&spoken, &mut handshake);
            scan.handshake = handshake;
        }
        Self::read_sessions(&mut scan.sessions);
        scan.postgresql.refused_after_handshake = self.after_handshake(&scan).await;
        Box::pin(self.faults(&mut scan)).await;
        scan
    }

    /// Asks what may look like an attack to the other side, one at a time: for SSLv2, and whether bytes before TLS count.
    async fn suspicious(&self) -> (Attempt<Sslv2Support>, Attempt<bool>) {
        if self.line.options.unsuspicious {
            return (turned_off(), turned_off());
        }
        let sslv2 = self.sslv2().await;
        let early_bytes = if self.line.endpoint.target.protocol == Protocol::Postgresql {
            self.early_bytes().await
        } else {
            Attempt::NotAttempted("only the PostgreSQL wire has it".to_owned())
        };
        (sslv2, early_bytes)
    }

    /// Puts in what was taken down on the way.
    fn conclude(&self, scan: &mut Scan, material: &Material, began_at: Timestamp) {
        let evidence = self.evidence.read();
        scan.ephemeral_keys = evidence.ephemeral_keys();
        scan.export_rsa = evidence.export_rsa();
        scan.dh_parameters.clone_from(&evidence.dh_parameters);
        let more = self
            .more_chains
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let chains = evidence.chains.iter().chain(more.iter());
        scan.chains
            .extend(chains.map(|chain| self.scanned_chain(chain, material, began_at)));
        let (conduct, gaps, connections) = self.line.account();
        scan.conduct = conduct;
        scan.gaps.extend(gaps);
        scan.connections_used = connections;
    }

    fn scanned_chain(&self, chain: &Chain, material: &Material, at: Timestamp) -> ScannedChain {
        let presented = parse::presented_chain(&chain.certificates);
        let verification = match material.anchors() {
            Ok((anchors, trust)) => Attempt::Seen(verify::verify(
                &presented,
                anchors,
                trust.clone(),
                &self.line.endpoint.reference_name(),
                at,
            )),
            Err(failure) => Attempt::Failed(failure.clone()),
        };
        ScannedChain {
            key_type: chain.key_type.as_str().to_owned(),
            with_server_name: chain.with_server_name,
            chain: presented,
            verification,
        }
    }
}

/// Says that a suspicious probe was not to be made.
fn turned_off<T>() -> Attempt<T> {
    Attempt::NotAttempted("suspicious probes are turned off".to_owned())
}

/// What is left of an `Sslv2Support` once its certificate is read.
fn sslv2_support(hello: crate::tls::sslv2::ServerHello) -> Sslv2Support {
    let certificate = parse::certificate(&hello.certificate).ok();
    Sslv2Support {
        cipher_kinds: hello.cipher_kinds,
        spki_sha256: certificate.map(|certificate| certificate.spki_sha256),
    }
}
