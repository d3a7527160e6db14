//! The certificates that an address presents, as JSON has them: those of the whole handshake first, then those of the scan.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::{Open, or_none, or_open};
use crate::observation::scan::ScannedChain;
use crate::observation::{Attempt, EndpointObservation};
use crate::report::facts;
use crate::store::EndpointState;
use crate::x509::{self, HostName, PathProblem, PathVerdict, PresentedChain, Verification};

/// The certificates of one handshake.
#[derive(Debug, Serialize)]
pub(super) struct Chain {
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
pub(super) struct Certificate {
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
pub(super) struct Key {
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

/// Writes down every chain that was presented, with what a client concludes from each.
pub(super) fn chains(
    seen: &EndpointObservation,
    state: &EndpointState,
) -> Result<Vec<Chain>, String> {
    // RFC 6066 section 3: server_name holds DNS names only, never an address.
    let with_server_name = state.endpoint.reference_name().parse::<IpAddr>().is_err();
    let whole = facts::known(&seen.chain).map(|chain| {
        let key_type = chain
            .end_entity()
            .map(|end_entity| end_entity.key.algorithm.to_string())
            .ok_or_else(|| "the end entity certificate could not be read".to_owned());
        Chain::of(key_type, with_server_name, chain, &seen.verification)
    });
    let scanned: Vec<Chain> = facts::scan(seen)
        .map(|scan| scan.chains.iter().map(Chain::of_scan).collect())
        .unwrap_or_default();
    match whole {
        Err(reason) if scanned.is_empty() => Err(reason),
        whole => Ok(whole.into_iter().chain(scanned).collect()),
    }
}

impl Chain {
    /// Writes down one chain.
    fn of(
        key_type: Result<String, String>,
        with_server_name: bool,
        chain: &PresentedChain,
        verification: &Attempt<Verification>,
    ) -> Self {
        let mut open = Open::new();
        Self {
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
                facts::known(verification).map(VerificationV1::of),
                &mut open,
            ),
            open,
        }
    }

    /// Writes down a chain of the scan.
    fn of_scan(scanned: &ScannedChain) -> Self {
        Self::of(
            Ok(scanned.key_type.clone()),
            scanned.with_server_name,
            &scanned.chain,
            &scanned.verification,
        )
    }
}

/// Writes down the certificates in the peer's order.
fn certificates(chain: &PresentedChain) -> Vec<Certificate> {
    let end_entity = chain.end_entity().map(Arc::as_ptr);
    chain
        .certificates
        .iter()
        .map(|certificate| {
            let role = if end_entity == Some(Arc::as_ptr(certificate)) {
                "end_entity"
            } else {
                issuing_role(certificate)
            };
            Certificate::of(role, certificate)
        })
        .collect()
}

/// Names what a certificate is that is not the peer's own.
fn issuing_role(certificate: &x509::Certificate) -> &'static str {
    if certificate.is_self_issued() {
        "root"
    } else {
        "intermediate"
    }
}

impl Certificate {
    /// Writes down one certificate.
    fn of(role: &'static str, certificate: &x509::Certificate) -> Self {
        Self {
            role,
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
        }
    }

    /// Writes down the certificates of a file, in its order. Who may issue is no end entity.
    pub(super) fn of_file(certificates: &[Arc<x509::Certificate>]) -> Vec<Self> {
        certificates
            .iter()
            .map(|certificate| {
                let role = if x509::issuance::may_issue(certificate) {
                    issuing_role(certificate)
                } else {
                    "end_entity"
                };
                Self::of(role, certificate)
            })
            .collect()
    }
}

impl Key {
    /// Writes down a public key.
    pub(super) fn of(key: &x509::PublicKey) -> Self {
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
