//! An endpoint at one address, as JSON has it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::{Open, ScoreV1, or_open};
use crate::endpoint::Protocol;
use crate::http::{Cookie, Head};
use crate::observation::{ClientCertificateDemand, EndpointObservation, Handshake, Product};
use crate::preflight::{Preflight, Readiness, SslModeOutcome};
use crate::report::facts;
use crate::store::{AddressState, EndpointState, Snapshot};
use crate::tls::ProtocolVersion;
use crate::x509::{self, HostName, PathProblem, PathVerdict, PresentedChain, Verification};

/// Why the quick probe has nothing to say of a field.
const NOT_QUICK: &str = "the quick probe does not look at it";

/// One endpoint at one address.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Endpoint {
    name: String,
    target: String,
    protocol: &'static str,
    address: Option<SocketAddr>,
    observed_at: Option<Timestamp>,
    duration_ms: Option<f64>,
    depth: &'static str,
    reachable: Option<bool>,
    connections_used: Option<u32>,
    labels: BTreeMap<String, String>,
    /// How the endpoint stands over all its addresses.
    posture: &'static str,
    sslmode: &'static str,
    server: Option<Server>,
    complete: bool,
    tls: Option<Tls>,
    chains: Option<Vec<Chain>>,
    sslmodes: Option<Vec<SslModeRow>>,
    verify_full: Option<VerifyFull>,
    http: Option<Http>,
    /// Checks that could not decide, and why.
    open_checks: BTreeMap<&'static str, String>,
    score: ScoreV1,
    open: Open,
}

/// Who the peer shows it is.
#[derive(Debug, Serialize)]
struct Server {
    product: Option<&'static str>,
    version: Option<String>,
    evidence: Vec<String>,
    open: Open,
}

/// What TLS is offered, required and negotiated.
#[derive(Debug, Serialize)]
struct Tls {
    offered: Option<bool>,
    required: Option<bool>,
    required_scope: Option<&'static str>,
    client_certificate: Option<&'static str>,
    client_ca_names: Option<Vec<String>>,
    negotiated: Option<Negotiated>,
    versions: Vec<Version>,
    cipher_suites: Option<Vec<()>>,
    server_preference: Option<bool>,
    groups: Option<Vec<()>>,
    dh_bits: Option<u32>,
    fallback_scsv: Option<bool>,
    compression: Option<bool>,
    secure_renegotiation: Option<bool>,
    client_renegotiation: Option<bool>,
    session_tickets: Option<bool>,
    ocsp_stapled: Option<bool>,
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
}

/// The certificates of one handshake.
#[derive(Debug, Serialize)]
struct Chain {
    key_type: Option<String>,
    with_server_name: bool,
    certificates: Vec<Certificate>,
    /// What was sent in the place of a certificate and could not be read.
    malformed: Vec<Malformed>,
    verification: Option<VerificationV1>,
    open: Open,
}

/// A certificate that could not be read.
#[derive(Debug, Serialize)]
struct Malformed {
    position: usize,
    reason: String,
}

/// One certificate.
#[derive(Debug, Serialize)]
struct Certificate {
    role: &'static str,
    subject: String,
    issuer: String,
    serial: String,
    not_before: Timestamp,
    not_after: Timestamp,
    dns_names: Vec<String>,
    ip_addresses: Vec<IpAddr>,
    key: Key,
    signature_algorithm: String,
    sha256: String,
    spki_sha256: String,
}

/// A public key.
#[derive(Debug, Serialize)]
struct Key {
    algorithm: String,
    /// `null` where the algorithm has no size to choose.
    bits: Option<u32>,
    /// `null` where it is not on a curve.
    curve: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// What a client concludes from a chain.
#[derive(Debug, Serialize)]
struct VerificationV1 {
    trust: String,
    path: &'static str,
    problems: Vec<&'static str>,
    reference_name: String,
    /// As RFC 9525 has it: by the subject alternative name only.
    host_name: &'static str,
    /// Whether only the common name fits, which libpq accepts and nobody else.
    common_name_only: bool,
    detail: String,
    /// `null` where the path does not stand.
    anchor: Option<String>,
    public: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// What a libpq client with one `sslmode` would get.
#[derive(Debug, Serialize)]
struct SslModeRow {
    sslmode: &'static str,
    connects: Option<bool>,
    encrypted: Option<bool>,
    stops_eavesdropper: bool,
    stops_impostor: bool,
    why: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// Whether `verify-full` is safe to set today.
#[derive(Debug, Serialize)]
struct VerifyFull {
    ready: Option<bool>,
    /// What must change first, in order.
    must_change: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// What HTTP says of transport security.
#[derive(Debug, Serialize)]
struct Http {
    status: u16,
    hsts: bool,
    /// 0 where the header is missing: a client holds on to HTTPS for no second.
    hsts_max_age: u64,
    hsts_include_subdomains: bool,
    redirects_to_https: Option<bool>,
    cookies: Vec<CookieV1>,
    open: Open,
}

/// A cookie's attributes.
#[derive(Debug, Serialize)]
struct CookieV1 {
    name: String,
    secure: bool,
    http_only: bool,
    /// `null` where the attribute is missing.
    same_site: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// Writes down every endpoint at every address, in the order of the configuration.
pub(in crate::report) fn endpoints(snapshot: &Snapshot) -> Vec<Endpoint> {
    snapshot
        .endpoints
        .iter()
        .flat_map(|state| {
            if state.addresses.is_empty() {
                vec![Endpoint::unprobed(state)]
            } else {
                state
                    .addresses
                    .iter()
                    .map(|seen| Endpoint::of(state, seen))
                    .collect()
            }
        })
        .collect()
}

impl Endpoint {
    /// Writes down an endpoint that nobody has looked at.
    fn unprobed(state: &EndpointState) -> Self {
        const FIELDS: [&str; 11] = [
            "address",
            "observed_at",
            "duration_ms",
            "reachable",
            "connections_used",
            "server",
            "tls",
            "chains",
            "sslmodes",
            "verify_full",
            "http",
        ];
        Self {
            name: state.endpoint.name.to_string(),
            target: state.endpoint.target.to_string(),
            protocol: state.endpoint.target.protocol.as_str(),
            address: None,
            observed_at: None,
            duration_ms: None,
            depth: "quick",
            reachable: None,
            connections_used: None,
            labels: state.endpoint.labels.clone(),
            posture: facts::posture_word(state.posture),
            sslmode: state.endpoint.sslmode.as_str(),
            server: None,
            complete: false,
            tls: None,
            chains: None,
            sslmodes: None,
            verify_full: None,
            http: None,
            open_checks: open_checks(state),
            score: ScoreV1::of(&state.score),
            open: FIELDS
                .map(|field| (field, "it has not been probed".to_owned()))
                .into(),
        }
    }

    /// Writes down what one address showed.
    fn of(state: &EndpointState, address: &AddressState) -> Self {
        let seen = &*address.observation;
        let protocol = state.endpoint.target.protocol;
        let mut open = Open::new();
        let unresolved = || seen.connection.reason().unwrap_or_default();
        let (sslmodes, verify_full) = libpq_view(address.preflight.as_deref(), &mut open);
        Self {
            address: or_open("address", seen.address.ok_or_else(unresolved), &mut open),
            observed_at: Some(seen.observed_at),
            duration_ms: Some(milliseconds(seen.timings.total)),
            reachable: Some(seen.connection.seen().is_some()),
            connections_used: Some(seen.connections_used),
            server: Some(Server::of(seen)),
            complete: facts::gap(seen, protocol).is_none(),
            tls: Some(Tls::of(seen, protocol)),
            chains: or_open("chains", chains(seen, state), &mut open),
            sslmodes,
            verify_full,
            http: or_open("http", Http::of(seen), &mut open),
            open,
            ..Self::unprobed(state)
        }
    }
}

/// Writes down the checks that could not decide.
fn open_checks(state: &EndpointState) -> BTreeMap<&'static str, String> {
    state.open.iter().cloned().collect()
}

/// Writes a duration in milliseconds, to the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

/// Writes down the sslmode table and its conclusion.
fn libpq_view(
    preflight: Option<&Preflight>,
    open: &mut Open,
) -> (Option<Vec<SslModeRow>>, Option<VerifyFull>) {
    let Some(preflight) = preflight else {
        for field in ["sslmodes", "verify_full"] {
            open.insert(field, "only the PostgreSQL wire has sslmodes".to_owned());
        }
        return (None, None);
    };
    (
        Some(preflight.outcomes.iter().map(SslModeRow::of).collect()),
        Some(VerifyFull::of(&preflight.verify_full)),
    )
}

impl Server {
    /// Writes down a fingerprint.
    fn of(seen: &EndpointObservation) -> Self {
        let mut open = Open::new();
        let product = match seen.server.product {
            Product::Unknown => Err("nothing told it".to_owned()),
            product @ (Product::Cockroachdb
            | Product::CockroachdbCloudProxy
            | Product::Postgresql) => Ok(product.as_str()),
        };
        let version =
            Err("a server tells its version after login, which verifull does not do".to_owned());
        Self {
            product: or_open("product", product, &mut open),
            version: or_open("version", version, &mut open),
            evidence: seen.server.evidence.clone(),
            open,
        }
    }
}

impl Tls {
    /// Writes down what TLS looks like at an address.
    fn of(seen: &EndpointObservation, protocol: Protocol) -> Self {
        let mut open = Open::new();
        let offered = or_open("offered", facts::tls_offered(seen, protocol), &mut open);
        let requirement = facts::Requirement::of(seen);
        let required = or_open("required", requirement.required(), &mut open);
        let required_scope = or_open("required_scope", requirement.scope(), &mut open);
        let handshake = facts::known(&seen.handshake);
        let client = facts::known(&seen.client_authentication);
        let negotiated = handshake.clone().map(Negotiated::of);
        let client_certificate = client.clone().and_then(|client| match client.demand {
            ClientCertificateDemand::NotRequested => Ok("not_requested"),
            ClientCertificateDemand::Requested => Ok("requested"),
            ClientCertificateDemand::Required => Ok("required"),
            ClientCertificateDemand::RequestedOrRequired => {
                Err("ours was accepted; whether one is required was not tried".to_owned())
            }
        });
        for field in [
            "cipher_suites",
            "server_preference",
            "groups",
            "dh_bits",
            "fallback_scsv",
            "compression",
            "secure_renegotiation",
            "client_renegotiation",
            "session_tickets",
        ] {
            open.insert(field, NOT_QUICK.to_owned());
        }
        let version = handshake.as_ref().ok().map(|handshake| handshake.version);
        let stapled = handshake.map(|handshake| handshake.ocsp_stapled);
        Self {
            offered,
            required,
            required_scope,
            client_certificate: or_open("client_certificate", client_certificate, &mut open),
            client_ca_names: or_open(
                "client_ca_names",
                client.map(|client| client.ca_names.clone()),
                &mut open,
            ),
            negotiated: or_open("negotiated", negotiated, &mut open),
            versions: versions(offered, version, &mut open),
            cipher_suites: None,
            server_preference: None,
            groups: None,
            dh_bits: None,
            fallback_scsv: None,
            compression: None,
            secure_renegotiation: None,
            client_renegotiation: None,
            session_tickets: None,
            ocsp_stapled: or_open("ocsp_stapled", stapled, &mut open),
            open,
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

/// Keeps what there is; notes in `open` that there is none.
fn or_none<T>(field: &'static str, fact: Option<T>, none: &str, open: &mut Open) -> Option<T> {
    or_open(field, fact.ok_or_else(|| none.to_owned()), open)
}

/// Writes down all six versions: the negotiated one is offered; where there is no TLS at all, none is.
fn versions(
    tls_offered: Option<bool>,
    negotiated: Option<ProtocolVersion>,
    open: &mut Open,
) -> Vec<Version> {
    if tls_offered != Some(false) {
        open.insert(
            "versions",
            match negotiated {
                Some(_) => {
                    "the quick probe sees the version that is negotiated and no other".to_owned()
                }
                None => "no version was negotiated".to_owned(),
            },
        );
    }
    ProtocolVersion::NAMED
        .iter()
        .map(|(version, name)| Version {
            version: (*name).to_owned(),
            offered: match tls_offered {
                Some(false) => Some(false),
                Some(true) | None => (negotiated == Some(*version)).then_some(true),
            },
        })
        .collect()
}

/// Writes down the presented chain with what a client concludes from it.
fn chains(seen: &EndpointObservation, state: &EndpointState) -> Result<Vec<Chain>, String> {
    let chain = facts::known(&seen.chain)?;
    let mut open = Open::new();
    let key_type = chain
        .end_entity()
        .map(|end_entity| end_entity.key.algorithm.to_string())
        .ok_or_else(|| "the end entity certificate could not be read".to_owned());
    // RFC 6066 section 3: server_name holds DNS names only, never an address.
    let with_server_name = state.endpoint.reference_name().parse::<IpAddr>().is_err();
    Ok(vec![Chain {
        key_type: or_open("key_type", key_type, &mut open),
        with_server_name,
        certificates: certificates(chain),
        malformed: chain
            .malformed
            .iter()
            .map(|malformed| Malformed {
                position: malformed.position,
                reason: malformed.reason.clone(),
            })
            .collect(),
        verification: or_open(
            "verification",
            facts::known(&seen.verification).map(VerificationV1::of),
            &mut open,
        ),
        open,
    }])
}

/// Writes down the certificates in the peer's order.
fn certificates(chain: &PresentedChain) -> Vec<Certificate> {
    let end_entity = chain.end_entity().map(Arc::as_ptr);
    chain
        .certificates
        .iter()
        .map(|certificate| Certificate {
            role: if end_entity == Some(Arc::as_ptr(certificate)) {
                "end_entity"
            } else if certificate.is_self_issued() {
                "root"
            } else {
                "intermediate"
            },
            subject: certificate.subject.clone(),
            issuer: certificate.issuer.clone(),
            serial: certificate.serial_number.clone(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            dns_names: certificate.dns_names.clone(),
            ip_addresses: certificate.ip_addresses.clone(),
            key: Key::of(&certificate.key),
            signature_algorithm: certificate.signature_algorithm.clone(),
            sha256: certificate.sha256.clone(),
            spki_sha256: certificate.spki_sha256.clone(),
        })
        .collect()
}

impl Key {
    /// Writes down a public key.
    fn of(key: &x509::PublicKey) -> Self {
        let mut open = Open::new();
        let curve = key.curve.clone();
        Self {
            algorithm: key.algorithm.to_string(),
            bits: or_none(
                "bits",
                key.bits,
                "the algorithm has no size to choose",
                &mut open,
            ),
            curve: or_none("curve", curve, "the key is not on a named curve", &mut open),
            open,
        }
    }
}

impl VerificationV1 {
    /// Writes down what a client concludes.
    fn of(verification: &Verification) -> Self {
        let (host_name, common_name_only) = match verification.host_name {
            HostName::Match => ("match", false),
            HostName::CommonNameOnly => ("mismatch", true),
            HostName::Mismatch => ("mismatch", false),
        };
        let mut open = Open::new();
        let anchor = verification
            .anchor
            .as_ref()
            .map(|anchor| anchor.subject.clone());
        Self {
            trust: verification.trust.to_string(),
            path: match verification.path {
                PathVerdict::Valid => "valid",
                PathVerdict::Invalid => "invalid",
            },
            problems: verification
                .problems
                .iter()
                .copied()
                .map(problem_name)
                .collect(),
            reference_name: verification.reference_name.clone(),
            host_name,
            common_name_only,
            detail: format!(
                "{}; {}",
                verification.path_detail, verification.host_name_detail
            ),
            anchor: or_none(
                "anchor",
                anchor,
                "the certification path is not valid",
                &mut open,
            ),
            public: verification.public,
            open,
        }
    }
}

/// Returns the published name of a problem.
pub(in crate::report) const fn problem_name(problem: PathProblem) -> &'static str {
    match problem {
        PathProblem::Expired => "expired",
        PathProblem::NotYetValid => "not_yet_valid",
        PathProblem::SelfSigned => "self_signed",
        PathProblem::UnknownCa => "unknown_ca",
        PathProblem::Incomplete => "incomplete",
        PathProblem::WrongUsage => "wrong_usage",
        PathProblem::Weak => "weak",
        PathProblem::Malformed => "malformed",
    }
}

impl SslModeRow {
    /// Writes down one row.
    fn of(outcome: &SslModeOutcome) -> Self {
        let mut open = Open::new();
        let why = || outcome.why.clone();
        Self {
            sslmode: outcome.sslmode.as_str(),
            connects: or_open("connects", outcome.connects.ok_or_else(why), &mut open),
            encrypted: or_open("encrypted", outcome.encrypted.ok_or_else(why), &mut open),
            stops_eavesdropper: outcome.stops_eavesdropper,
            stops_impostor: outcome.stops_impostor,
            why: outcome.why.clone(),
            open,
        }
    }
}

impl VerifyFull {
    /// Writes down the conclusion.
    fn of(readiness: &Readiness) -> Self {
        let mut open = Open::new();
        let (ready, must_change) = match readiness {
            Readiness::Ready => (Some(true), Vec::new()),
            Readiness::NotReady(steps) => (Some(false), steps.clone()),
            Readiness::Unknown(reason) => {
                open.insert("ready", reason.clone());
                (None, Vec::new())
            }
        };
        Self {
            ready,
            must_change,
            open,
        }
    }
}

impl Http {
    /// Writes down a response head.
    fn of(seen: &EndpointObservation) -> Result<Self, String> {
        let head: &Head = facts::known(&seen.http)?;
        let mut open = Open::new();
        let redirects = facts::known(&seen.plain_http).map(|plain| plain.redirects_to_https);
        Ok(Self {
            status: head.status,
            hsts: head.hsts.is_some(),
            hsts_max_age: head.hsts.map_or(0, |hsts| hsts.max_age_seconds),
            hsts_include_subdomains: head.hsts.is_some_and(|hsts| hsts.include_subdomains),
            redirects_to_https: or_open("redirects_to_https", redirects, &mut open),
            cookies: head.cookies.iter().map(CookieV1::of).collect(),
            open,
        })
    }
}

impl CookieV1 {
    /// Writes down a cookie without its value, which nobody kept.
    fn of(cookie: &Cookie) -> Self {
        let mut open = Open::new();
        let same_site = cookie.same_site.clone();
        Self {
            name: cookie.name.clone(),
            secure: cookie.secure,
            http_only: cookie.http_only,
            same_site: or_none(
                "same_site",
                same_site,
                "the attribute is missing",
                &mut open,
            ),
            open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(
        tls_offered: Option<bool>,
        negotiated: Option<ProtocolVersion>,
    ) -> Vec<Option<bool>> {
        versions(tls_offered, negotiated, &mut Open::new())
            .into_iter()
            .map(|version| version.offered)
            .collect()
    }

    #[test]
    fn only_the_negotiated_version_is_known() {
        assert_eq!(
            offered(Some(true), Some(ProtocolVersion::TLSV1_3)),
            [None, None, None, None, None, Some(true)]
        );
    }

    #[test]
    fn no_tls_means_no_version() {
        assert_eq!(offered(Some(false), None), [Some(false); 6]);
    }

    #[test]
    fn unreachable_peer_has_no_false_version() {
        assert_eq!(offered(None, None), [None; 6]);
    }
}
