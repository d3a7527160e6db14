//! What TLS looks like at an address, as JSON has it: the whole handshake's facts, then the scan's.
//!
//! Every list that a scan may leave unfinished has a `…_complete` beside it: a value that is missing from a list is refused only
//! where that is `true`. `null` is for what nobody knows, with the reason in `open`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Open, or_none, or_open};
use crate::endpoint::Protocol;
use crate::observation::scan::{
    DhParameters, DirectTls, Enumeration, Faults, Preference, Sessions, Ticket,
};
use crate::observation::{Attempt, ClientCertificateDemand, EndpointObservation, Handshake, Scan};
use crate::report::facts::{self, VersionFact};
use crate::tls::{CipherSuite, ProtocolVersion};

/// What TLS is offered, required, negotiated and accepted.
#[derive(Debug, Serialize)]
pub(super) struct Tls {
    offered: Option<bool>,
    required: Option<bool>,
    required_scope: Option<&'static str>,
    client_certificate: Option<&'static str>,
    client_ca_names: Option<Vec<String>>,
    negotiated: Option<Negotiated>,
    versions: Vec<Version>,
    /// By version, newest first, in the server's order where it has one.
    cipher_suites: Option<Vec<Suite>>,
    cipher_suites_complete: Option<bool>,
    /// Kinds of suites in SSLv3 to TLSv1.3: whether any is accepted.
    cipher_classes: Option<Classes>,
    /// Whether the server's order decides in every version in which that shows.
    server_preference: Option<bool>,
    groups: Option<Vec<Group>>,
    groups_complete: Option<bool>,
    /// Smallest prime of finite-field Diffie-Hellman that was seen.
    dh_bits: Option<u32>,
    dh_parameters: Option<Vec<DhParametersV1>>,
    /// The temporary key of the RSA_EXPORT suites.
    export_rsa: Option<ExportRsa>,
    /// Whether two connections got the same ephemeral key.
    dh_key_reused: Option<bool>,
    ecdh_key_reused: Option<bool>,
    /// With which the server signs its key exchange in TLS 1.2.
    signature_schemes: Option<Vec<SignatureSchemeV1>>,
    signature_schemes_complete: Option<bool>,
    fallback_scsv: Option<bool>,
    downgrade_sentinel: Option<bool>,
    compression: Option<bool>,
    secure_renegotiation: Option<bool>,
    client_renegotiation: Option<bool>,
    extended_master_secret: Option<bool>,
    encrypt_then_mac: Option<bool>,
    heartbeat: Option<bool>,
    grease_tolerated: Option<bool>,
    large_hello_tolerated: Option<bool>,
    session_tickets: Option<bool>,
    ticket: Option<TicketV1>,
    resumption: Option<Resumption>,
    early_data: Option<bool>,
    /// Most bytes of early data that a ticket allows.
    early_data_bytes: Option<u32>,
    ocsp_stapled: Option<bool>,
    alpn_protocols: Option<Vec<String>>,
    /// Whether TLS begins without `SSLRequest`, too.
    direct_tls: Option<bool>,
    direct_tls_alpn: Option<String>,
    /// Whether bytes between `SSLRequest` and the handshake are refused (CVE-2021-23214).
    early_bytes_refused: Option<bool>,
    /// Suites with which the handshake ends well and SQL is refused.
    refused_after_handshake: Option<Vec<RefusedSuiteV1>>,
    faults: Option<FaultsV1>,
    open: Open,
}

/// What the handshake agreed on.
#[derive(Debug, Serialize)]
struct Negotiated {
    version: String,
    cipher_suite: String,
    /// `null` where the suite needs none.
    group: Option<String>,
    /// `null` where none was agreed on.
    alpn: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// One protocol version.
#[derive(Debug, Serialize)]
struct Version {
    version: String,
    offered: Option<bool>,
    /// How the server said no, where it said something.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    /// Whose order decides, `server`, `server_but_chacha20` or `client`; there for versions that are offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    preference: Option<&'static str>,
    /// Whether every cipher suite is decided; there for versions that are offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    cipher_suites_complete: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// A cipher suite that is accepted.
#[derive(Debug, Serialize)]
struct Suite {
    version: String,
    code: String,
    name: String,
    /// Place in the server's order, from 1.
    preference: Option<usize>,
    /// `insecure`, `weak`, `legacy`, `strong` or `unknown`.
    strength: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// Kinds of cipher suites: whether any of a kind is accepted.
#[derive(Debug, Serialize)]
struct Classes {
    #[serde(flatten)]
    accepted: BTreeMap<&'static str, Option<bool>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// A group that is accepted.
#[derive(Debug, Serialize)]
struct Group {
    code: String,
    name: String,
    versions: Vec<String>,
    post_quantum: bool,
}

/// Parameters of finite-field Diffie-Hellman.
#[derive(Debug, Serialize)]
struct DhParametersV1 {
    version: String,
    cipher_suite: String,
    bits: u32,
    /// Name of a prime that many servers share.
    well_known: Option<String>,
    prime_sha256: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// A temporary RSA key.
#[derive(Debug, Serialize)]
struct ExportRsa {
    bits: u32,
    reused: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// A signature scheme.
#[derive(Debug, Serialize)]
struct SignatureSchemeV1 {
    code: String,
    name: String,
}

/// What can be seen of a session ticket.
#[derive(Debug, Serialize)]
struct TicketV1 {
    /// 0: unspecified.
    lifetime_seconds: u32,
    /// SHA-256 of the first 16 bytes, where they name the key that encrypts tickets.
    key_name_sha256: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// By what sessions are resumed.
#[derive(Debug, Serialize)]
struct Resumption {
    id: Option<bool>,
    ticket: Option<bool>,
    psk: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// A cipher suite that the handshake takes and the application refuses.
#[derive(Debug, Serialize)]
struct RefusedSuiteV1 {
    version: String,
    code: String,
    name: String,
    reason: String,
}

/// Faults of implementations: `true` is proved by an exchange, `false` disproved, `null` not looked for.
#[derive(Debug, Serialize)]
struct FaultsV1 {
    heartbleed: Option<bool>,
    ccs_injection: Option<bool>,
    /// `none`, `weak` or `strong`: what the padding oracle gives away.
    robot: Option<&'static str>,
    ticketbleed: Option<bool>,
    cbc_padding_oracle: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

impl Tls {
    /// Writes down what TLS looks like at an address.
    #[expect(
        clippy::too_many_lines,
        reason = "a line for each published field, in their order"
    )]
    pub(super) fn of(seen: &EndpointObservation, protocol: Protocol) -> Self {
        let mut open = Open::new();
        let scan = facts::scan(seen);
        let requirement = facts::Requirement::of(seen);
        let negotiated = facts::known(&seen.handshake).map(Negotiated::of);
        let (client_certificate, client_ca_names) = client_authentication(seen);
        let handshake = || scan.clone().map(|scan| &scan.handshake);
        let postgresql = || scan.clone().map(|scan| &scan.postgresql);
        let faults = scan.clone().map(|scan| FaultsV1::of(&scan.faults));
        let direct = postgresql().map(|it| &it.direct_tls);
        Self {
            offered: or_open("offered", facts::tls_offered(seen, protocol), &mut open),
            required: or_open("required", requirement.required(), &mut open),
            required_scope: or_open("required_scope", requirement.scope(), &mut open),
            client_certificate: or_open("client_certificate", client_certificate, &mut open),
            client_ca_names: or_open("client_ca_names", client_ca_names, &mut open),
            negotiated: or_open("negotiated", negotiated, &mut open),
            versions: versions(seen, protocol),
            cipher_suites: or_open("cipher_suites", scan.clone().and_then(suites), &mut open),
            cipher_suites_complete: or_open(
                "cipher_suites_complete",
                scan.clone().map(facts::suites_are_decided),
                &mut open,
            ),
            cipher_classes: or_open("cipher_classes", scan.clone().map(Classes::of), &mut open),
            server_preference: or_open(
                "server_preference",
                scan.clone().and_then(server_preference),
                &mut open,
            ),
            groups: or_open("groups", scan.clone().and_then(groups), &mut open),
            groups_complete: or_open(
                "groups_complete",
                scan.clone().map(facts::groups_are_decided),
                &mut open,
            ),
            dh_bits: or_open("dh_bits", scan.clone().and_then(facts::dh_bits), &mut open),
            dh_parameters: or_open(
                "dh_parameters",
                scan.clone().and_then(dh_parameters),
                &mut open,
            ),
            export_rsa: or_open(
                "export_rsa",
                scan.clone()
                    .and_then(|scan| facts::known(&scan.export_rsa))
                    .map(|key| {
                        let mut open = Open::new();
                        ExportRsa {
                            bits: key.bits,
                            reused: or_none(
                                "reused",
                                key.reused,
                                "only one connection saw it",
                                &mut open,
                            ),
                            open,
                        }
                    }),
                &mut open,
            ),
            dh_key_reused: or_open(
                "dh_key_reused",
                copied(scan.clone().map(|scan| &scan.ephemeral_keys.dh_reused)),
                &mut open,
            ),
            ecdh_key_reused: or_open(
                "ecdh_key_reused",
                copied(scan.clone().map(|scan| &scan.ephemeral_keys.ecdh_reused)),
                &mut open,
            ),
            signature_schemes: or_open(
                "signature_schemes",
                scan.clone().and_then(signature_schemes),
                &mut open,
            ),
            signature_schemes_complete: or_open(
                "signature_schemes_complete",
                scan.clone()
                    .map(|scan| scan.signature_schemes_tls12.is_complete()),
                &mut open,
            ),
            fallback_scsv: or_open(
                "fallback_scsv",
                copied(handshake().map(|it| &it.fallback_scsv)),
                &mut open,
            ),
            downgrade_sentinel: or_open(
                "downgrade_sentinel",
                copied(handshake().map(|it| &it.downgrade_sentinel)),
                &mut open,
            ),
            compression: or_open(
                "compression",
                copied(handshake().map(|it| &it.compression)),
                &mut open,
            ),
            secure_renegotiation: or_open(
                "secure_renegotiation",
                copied(handshake().map(|it| &it.secure_renegotiation)),
                &mut open,
            ),
            client_renegotiation: or_open(
                "client_renegotiation",
                copied(handshake().map(|it| &it.client_renegotiation)),
                &mut open,
            ),
            extended_master_secret: or_open(
                "extended_master_secret",
                copied(handshake().map(|it| &it.extended_master_secret)),
                &mut open,
            ),
            encrypt_then_mac: or_open(
                "encrypt_then_mac",
                copied(handshake().map(|it| &it.encrypt_then_mac)),
                &mut open,
            ),
            heartbeat: or_open(
                "heartbeat",
                copied(handshake().map(|it| &it.heartbeat)),
                &mut open,
            ),
            grease_tolerated: or_open(
                "grease_tolerated",
                copied(handshake().map(|it| &it.grease_tolerated)),
                &mut open,
            ),
            large_hello_tolerated: or_open(
                "large_hello_tolerated",
                copied(handshake().map(|it| &it.large_hello_tolerated)),
                &mut open,
            ),
            session_tickets: or_open(
                "session_tickets",
                scan.clone().and_then(|scan| facts::tickets(&scan.sessions)),
                &mut open,
            ),
            ticket: or_open(
                "ticket",
                scan.clone()
                    .and_then(|scan| facts::known(&scan.sessions.ticket))
                    .map(TicketV1::of),
                &mut open,
            ),
            resumption: or_open(
                "resumption",
                scan.clone().map(|scan| Resumption::of(&scan.sessions)),
                &mut open,
            ),
            early_data: or_open(
                "early_data",
                copied(scan.clone().map(|scan| &scan.sessions.early_data)).map(|most| most > 0),
                &mut open,
            ),
            early_data_bytes: or_open(
                "early_data_bytes",
                copied(scan.clone().map(|scan| &scan.sessions.early_data)),
                &mut open,
            ),
            ocsp_stapled: or_open("ocsp_stapled", facts::ocsp_stapled(seen), &mut open),
            alpn_protocols: or_open(
                "alpn_protocols",
                handshake().and_then(|it| facts::known(&it.alpn)).cloned(),
                &mut open,
            ),
            direct_tls: or_open(
                "direct_tls",
                direct.clone().and_then(facts::accepted),
                &mut open,
            ),
            direct_tls_alpn: or_open(
                "direct_tls_alpn",
                direct.and_then(facts::known).and_then(application_protocol),
                &mut open,
            ),
            early_bytes_refused: or_open(
                "early_bytes_refused",
                copied(postgresql().map(|it| &it.early_bytes_refused)),
                &mut open,
            ),
            refused_after_handshake: or_open(
                "refused_after_handshake",
                postgresql()
                    .and_then(|it| facts::known(&it.refused_after_handshake))
                    .map(|suites| {
                        suites
                            .iter()
                            .map(|refused| RefusedSuiteV1 {
                                version: refused.version.to_string(),
                                code: refused.cipher_suite.code(),
                                name: refused.cipher_suite.to_string(),
                                reason: refused.reason.clone(),
                            })
                            .collect()
                    }),
                &mut open,
            ),
            faults: or_open("faults", faults, &mut open),
            open,
        }
    }
}

/// Takes what an attempt of the scan learned.
fn copied<T: Copy>(attempt: Result<&Attempt<T>, String>) -> Result<T, String> {
    attempt.and_then(facts::known).copied()
}

/// Returns the protocol that direct TLS chose.
fn application_protocol(direct: &DirectTls) -> Result<String, String> {
    direct
        .alpn
        .clone()
        .ok_or_else(|| "no application protocol was negotiated".to_owned())
}

/// Returns the demand for a client certificate and the CAs that are named: the whole handshake's, else what the scan saw of them.
#[expect(
    clippy::type_complexity,
    reason = "two facts, each of which may be open"
)]
fn client_authentication(
    seen: &EndpointObservation,
) -> (Result<&'static str, String>, Result<Vec<String>, String>) {
    match facts::known(&seen.client_authentication) {
        Ok(client) => {
            let demand = match client.demand {
                ClientCertificateDemand::NotRequested => Ok("not_requested"),
                ClientCertificateDemand::Requested => Ok("requested"),
                ClientCertificateDemand::Required => Ok("required"),
                ClientCertificateDemand::RequestedOrRequired => {
                    Err("ours was accepted; whether one is required was not tried".to_owned())
                }
            };
            (demand, Ok(client.ca_names.clone()))
        }
        Err(reason) => {
            let scanned = facts::scan(seen)
                .ok()
                .and_then(|scan| scan.handshake.certificate_request.seen());
            match scanned {
                None => (Err(reason.clone()), Err(reason)),
                Some(None) => (Ok("not_requested"), Ok(Vec::new())),
                Some(Some(names)) => (
                    Err("one is requested; whether it is required was not seen".to_owned()),
                    Ok(names.clone()),
                ),
            }
        }
    }
}

impl Negotiated {
    /// Writes down what the handshake agreed on.
    fn of(handshake: &Handshake) -> Self {
        let mut open = Open::new();
        let group = handshake.group.map(|group| group.to_string());
        let alpn = handshake.alpn.clone();
        Self {
            version: handshake.version.to_string(),
            cipher_suite: handshake.cipher_suite.to_string(),
            group: or_none("group", group, "the suite needs no group", &mut open),
            alpn: or_none(
                "alpn",
                alpn,
                "no application protocol was negotiated",
                &mut open,
            ),
            open,
        }
    }
}

/// Writes down all six versions.
fn versions(seen: &EndpointObservation, protocol: Protocol) -> Vec<Version> {
    let scan = facts::scan(seen).ok();
    facts::versions(seen, protocol)
        .into_iter()
        .map(|fact| Version::of(fact, scan))
        .collect()
}

impl Version {
    /// Writes down one version.
    fn of(fact: VersionFact, scan: Option<&Scan>) -> Self {
        let mut open = Open::new();
        let suites = scan
            .filter(|_| fact.offered == Ok(true))
            .and_then(|scan| scan.version(fact.version))
            .map(|support| &support.cipher_suites);
        let preference = suites.and_then(|suites| {
            or_open(
                "preference",
                facts::known(&suites.preference)
                    .map(|preference| facts::preference_name(*preference)),
                &mut open,
            )
        });
        Self {
            version: fact.version.to_string(),
            offered: or_open("offered", fact.offered, &mut open),
            refusal: fact.refusal,
            preference,
            cipher_suites_complete: suites.map(Enumeration::is_complete),
            open,
        }
    }
}

/// Writes down every cipher suite that is accepted, newest version first; why there is none where nobody knows one.
fn suites(scan: &Scan) -> Result<Vec<Suite>, String> {
    let mut all = Vec::new();
    for support in scan.versions.iter().rev() {
        let enumeration = &support.cipher_suites;
        for (index, suite) in enumeration.accepted.iter().enumerate() {
            let place = facts::place(enumeration, index);
            all.push(Suite::of(support.version, *suite, place));
        }
    }
    if let Some(sslv2) = scan.sslv2.seen() {
        all.extend(sslv2.cipher_kinds.iter().map(|kind| {
            let reason = "in SSLv2 the client chooses";
            Suite {
                version: ProtocolVersion::SSLV2.to_string(),
                code: kind.code(),
                name: kind.to_string(),
                preference: None,
                strength: facts::version_strength(ProtocolVersion::SSLV2).as_str(),
                open: [("preference", reason.to_owned())].into(),
            }
        }));
    }
    if all.is_empty() && !facts::suites_are_decided(scan) {
        return Err(facts::undecided(scan));
    }
    Ok(all)
}

impl Suite {
    /// Writes down one suite.
    fn of(version: ProtocolVersion, suite: CipherSuite, place: Result<usize, String>) -> Self {
        let mut open = Open::new();
        Self {
            version: version.to_string(),
            code: suite.code(),
            name: suite.to_string(),
            preference: or_open("preference", place, &mut open),
            strength: suite.strength().as_str(),
            open,
        }
    }
}

impl Classes {
    /// Writes down which kinds of suites are accepted.
    fn of(scan: &Scan) -> Self {
        let mut open = Open::new();
        Self {
            accepted: facts::CLASSES
                .iter()
                .map(|class| {
                    let accepted = or_open(class.key, class.accepted(scan), &mut open);
                    (class.key, accepted)
                })
                .collect(),
            open,
        }
    }
}

/// Whether the server's order decides: in no version the client's, and in at least one the server's.
fn server_preference(scan: &Scan) -> Result<bool, String> {
    let mut known = Err("no version was offered".to_owned());
    for support in &scan.versions {
        if support.offered.seen().is_none() {
            continue;
        }
        match facts::known(&support.cipher_suites.preference) {
            Ok(Preference::Client) => return Ok(false),
            Ok(Preference::Server | Preference::ServerButChacha20) => known = Ok(true),
            Err(reason) if known != Ok(true) => known = Err(reason),
            Err(_) => {}
        }
    }
    known
}

/// Writes down the groups of all versions; why there is none where nobody knows one.
fn groups(scan: &Scan) -> Result<Vec<Group>, String> {
    let groups = facts::groups(scan);
    if groups.is_empty() && !facts::groups_are_decided(scan) {
        return Err(facts::undecided(scan));
    }
    Ok(groups
        .into_iter()
        .map(|fact| Group {
            code: fact.group.code(),
            name: fact.group.to_string(),
            versions: fact.versions.iter().map(ToString::to_string).collect(),
            post_quantum: fact.group.is_post_quantum(),
        })
        .collect())
}

/// Writes down every set of parameters that was seen; why there is none where there may be some.
fn dh_parameters(scan: &Scan) -> Result<Vec<DhParametersV1>, String> {
    match facts::dh_bits(scan) {
        Err(reason) if facts::accepts_dhe(scan) != Some(false) => Err(reason),
        _ => Ok(scan.dh_parameters.iter().map(DhParametersV1::of).collect()),
    }
}

impl DhParametersV1 {
    /// Writes down one set of parameters.
    fn of(parameters: &DhParameters) -> Self {
        let mut open = Open::new();
        Self {
            version: parameters.version.to_string(),
            cipher_suite: parameters.cipher_suite.to_string(),
            bits: parameters.bits,
            well_known: or_none(
                "well_known",
                parameters.well_known.clone(),
                "verifull knows nobody who shares this prime",
                &mut open,
            ),
            prime_sha256: parameters.prime_sha256.clone(),
            open,
        }
    }
}

/// Writes down the signature schemes; why there is none where nobody knows one.
fn signature_schemes(scan: &Scan) -> Result<Vec<SignatureSchemeV1>, String> {
    let schemes = &scan.signature_schemes_tls12;
    if schemes.accepted.is_empty() && !schemes.is_complete() {
        return Err(schemes
            .preference
            .reason()
            .unwrap_or_else(|| facts::undecided(scan)));
    }
    Ok(schemes
        .accepted
        .iter()
        .map(|scheme| SignatureSchemeV1 {
            code: scheme.code(),
            name: scheme.to_string(),
        })
        .collect())
}

impl TicketV1 {
    /// Writes down a ticket.
    fn of(ticket: &Ticket) -> Self {
        let mut open = Open::new();
        Self {
            lifetime_seconds: ticket.lifetime_seconds,
            key_name_sha256: or_none(
                "key_name_sha256",
                ticket.key_name_sha256.clone(),
                "the tickets do not begin with the name of a key",
                &mut open,
            ),
            open,
        }
    }
}

impl Resumption {
    /// Writes down by what sessions are resumed.
    fn of(sessions: &Sessions) -> Self {
        let mut open = Open::new();
        Self {
            id: or_open("id", copied(Ok(&sessions.resumed_by_id)), &mut open),
            ticket: or_open("ticket", copied(Ok(&sessions.resumed_by_ticket)), &mut open),
            psk: or_open("psk", copied(Ok(&sessions.resumed_by_psk)), &mut open),
            open,
        }
    }
}

impl FaultsV1 {
    /// Writes down the faults.
    fn of(faults: &Faults) -> Self {
        let mut open = Open::new();
        let robot = copied(Ok(&faults.robot)).map(facts::oracle_name);
        Self {
            heartbleed: or_open("heartbleed", copied(Ok(&faults.heartbleed)), &mut open),
            ccs_injection: or_open(
                "ccs_injection",
                copied(Ok(&faults.ccs_injection)),
                &mut open,
            ),
            robot: or_open("robot", robot, &mut open),
            ticketbleed: or_open("ticketbleed", copied(Ok(&faults.ticketbleed)), &mut open),
            cbc_padding_oracle: or_open(
                "cbc_padding_oracle",
                copied(Ok(&faults.cbc_padding_oracle)),
                &mut open,
            ),
            open,
        }
    }
}
