//! An endpoint at one address, as JSON has it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::chain::{Chain, chains};
use super::policy::PolicyV1;
use super::scan::{Difference, ScanV1};
use super::tls::Tls;
use super::{Open, ScoreV1, or_none, or_open};
use crate::http::{Cookie, Head};
use crate::observation::{EndpointObservation, Product};
use crate::policy::{self, Policy};
use crate::preflight::{Preflight, Readiness, SslModeOutcome};
use crate::report::facts;
use crate::store::{AddressState, EndpointState, Snapshot};

/// The depth of a probe without a scan.
const QUICK: &str = "quick";

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
    /// How the scan went of which `tls` and `chains` tell.
    scan: Option<ScanV1>,
    /// What changed between the last two deep scans.
    scan_difference: Option<Difference>,
    tls: Option<Tls>,
    chains: Option<Vec<Chain>>,
    sslmodes: Option<Vec<SslModeRow>>,
    verify_full: Option<VerifyFull>,
    http: Option<Http>,
    /// There where policies were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policies: Vec<PolicyV1>,
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
pub(in crate::report) fn endpoints(snapshot: &Snapshot, policies: &[Policy]) -> Vec<Endpoint> {
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
                    .map(|seen| Endpoint::of(state, seen, policies))
                    .collect()
            }
        })
        .collect()
}

impl Endpoint {
    /// Writes down an endpoint that nobody has looked at.
    fn unprobed(state: &EndpointState) -> Self {
        const FIELDS: [&str; 13] = [
            "address",
            "observed_at",
            "duration_ms",
            "reachable",
            "connections_used",
            "server",
            "scan",
            "scan_difference",
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
            depth: QUICK,
            reachable: None,
            connections_used: None,
            labels: state.endpoint.labels.clone(),
            posture: facts::posture_word(state.posture),
            sslmode: state.endpoint.sslmode.as_str(),
            server: None,
            complete: false,
            scan: None,
            scan_difference: None,
            tls: None,
            chains: None,
            sslmodes: None,
            verify_full: None,
            http: None,
            policies: Vec::new(),
            open_checks: open_checks(state),
            score: ScoreV1::of(&state.score),
            open: FIELDS
                .map(|field| (field, "it has not been probed".to_owned()))
                .into(),
        }
    }

    /// Writes down what one address showed.
    fn of(state: &EndpointState, address: &AddressState, policies: &[Policy]) -> Self {
        let seen = &*address.observation;
        let protocol = state.endpoint.target.protocol;
        let mut open = Open::new();
        let unresolved = || seen.connection.reason().unwrap_or_default();
        let scan = facts::scan(seen);
        let (sslmodes, verify_full) = libpq_view(address.preflight.as_deref(), &mut open);
        Self {
            address: or_open("address", seen.address.ok_or_else(unresolved), &mut open),
            observed_at: Some(seen.observed_at),
            duration_ms: Some(milliseconds(seen.timings.total)),
            reachable: Some(seen.connection.seen().is_some()),
            depth: scan.as_ref().map_or(QUICK, |scan| scan.depth.as_str()),
            connections_used: Some(facts::connections_used(seen)),
            server: Some(Server::of(seen)),
            complete: facts::gap(seen, protocol).is_none() && facts::scan_gap(seen).is_none(),
            scan: or_open("scan", scan.map(ScanV1::of), &mut open),
            scan_difference: or_none(
                "scan_difference",
                address.scan_difference.as_deref().map(Difference::of),
                "there were no two deep scans to compare",
                &mut open,
            ),
            tls: Some(Tls::of(seen, protocol)),
            chains: or_open("chains", chains(seen, state), &mut open),
            sslmodes,
            verify_full,
            http: or_open("http", Http::of(seen), &mut open),
            policies: policies
                .iter()
                .map(|policy| PolicyV1::of(policy::assess(*policy, seen, &state.endpoint)))
                .collect(),
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
pub(super) fn milliseconds(duration: Duration) -> f64 {
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
