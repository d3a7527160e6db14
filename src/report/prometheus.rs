//! Prometheus text (exposition format 0.0.4), for the node exporter's textfile collector.
//!
//! Labels say who, never what: a value that changes is a sample, and a fingerprint stands in one `_info` series alone. What is not known has
//! no sample: absent is not 0.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;

use super::facts;
use crate::observation::{EndpointObservation, Scan, Timings};
use crate::preflight::Readiness;
use crate::store::{AddressState, EndpointState, Snapshot};
use crate::text::printable;
use crate::tls::Strength;
use crate::x509::{HostName, PathVerdict, Verification};

/// One family of samples, in one piece as the format wants it.
struct Family {
    name: &'static str,
    help: &'static str,
    samples: Vec<String>,
}

impl Family {
    /// Returns a family without samples.
    fn new(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            help,
            samples: Vec::new(),
        }
    }

    /// Adds a sample.
    fn push(&mut self, labels: &[(&str, &str)], value: f64) {
        let mut sample = self.name.to_owned();
        if !labels.is_empty() {
            let labels: Vec<String> = labels
                .iter()
                .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
                .collect();
            // Writing to a string cannot fail.
            let _ = write!(sample, "{{{}}}", labels.join(","));
        }
        let _ = write!(sample, " {value}");
        self.samples.push(sample);
    }

    /// Writes the family; nothing where it has no sample.
    fn write(&self, page: &mut String) {
        if self.samples.is_empty() {
            return;
        }
        let Self { name, help, .. } = self;
        let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} gauge");
        for sample in &self.samples {
            let _ = writeln!(page, "{sample}");
        }
    }
}

/// Escapes a label's value as the format wants it: backslash and double quote. A line feed does not survive [`printable`].
fn escaped(value: &str) -> String {
    printable(value).replace('\\', "\\\\").replace('"', "\\\"")
}

/// Every family that a report can have.
struct Page {
    build: Family,
    generated: Family,
    success: Family,
    probed: Family,
    duration: Family,
    required: Family,
    plaintext: Family,
    tls: Family,
    versions: Family,
    suites: Family,
    scanned: Family,
    scan_complete: Family,
    scan_connections: Family,
    verify_full: Family,
    not_after: Family,
    life: Family,
    verified: Family,
    certificate: Family,
    findings: Family,
    score: Family,
    coverage: Family,
}

impl Page {
    /// Returns a page without samples.
    fn new() -> Self {
        Self {
            build: Family::new("verifull_build_info", "The verifull that wrote this."),
            generated: Family::new(
                "verifull_report_timestamp_seconds",
                "When this was written, in seconds since the epoch.",
            ),
            success: Family::new(
                "verifull_probe_success",
                "Whether everything that the probe looks at could be looked at.",
            ),
            probed: Family::new(
                "verifull_probe_timestamp_seconds",
                "When the probe began, in seconds since the epoch.",
            ),
            duration: Family::new(
                "verifull_probe_duration_seconds",
                "How long each phase of the probe took; a phase that did not happen is absent.",
            ),
            required: Family::new(
                "verifull_tls_required",
                "Whether the server refuses plaintext, for the whole server or for the login that was tried; absent where unknown.",
            ),
            plaintext: Family::new(
                "verifull_plaintext_accepted",
                "Whether the server goes on with a login without TLS; absent where that was not tried.",
            ),
            tls: Family::new("verifull_tls_info", "What the TLS handshake agreed on."),
            versions: Family::new(
                "verifull_tls_version_offered",
                "Whether a protocol version is offered; absent where unknown.",
            ),
            suites: Family::new(
                "verifull_tls_cipher_suites",
                "Cipher suites that are accepted, by strength; 0 only where the scan decided every one of them.",
            ),
            scanned: Family::new(
                "verifull_scan_timestamp_seconds",
                "When the last scan began, in seconds since the epoch.",
            ),
            scan_complete: Family::new(
                "verifull_scan_complete",
                "Whether the last scan saw everything that its depth looks at.",
            ),
            scan_connections: Family::new(
                "verifull_scan_connections",
                "TCP connections that the last scan opened.",
            ),
            verify_full: Family::new(
                "verifull_verify_full_ready",
                "Whether a libpq client with sslmode=verify-full would connect now; absent where unknown.",
            ),
            not_after: Family::new(
                "verifull_cert_not_after_timestamp_seconds",
                "End of validity of the presented certificates, in seconds since the epoch.",
            ),
            life: Family::new(
                "verifull_cert_lifetime_ratio_remaining",
                "Share of the server certificate's own lifetime that is left.",
            ),
            verified: Family::new(
                "verifull_cert_verified",
                "Whether certification path and host name both stand, with the worst reason.",
            ),
            certificate: Family::new(
                "verifull_cert_info",
                "The server certificate that is presented.",
            ),
            findings: Family::new("verifull_findings", "Open findings by severity."),
            score: Family::new(
                "verifull_grade_score",
                "Score from 0 to 100; absent where unknown.",
            ),
            coverage: Family::new(
                "verifull_coverage_ratio",
                "Share of the applicable checks that could be decided.",
            ),
        }
    }

    /// Writes the page in a fixed order.
    fn write(&self) -> String {
        let mut page = String::new();
        for family in [
            &self.build,
            &self.generated,
            &self.success,
            &self.probed,
            &self.duration,
            &self.required,
            &self.plaintext,
            &self.tls,
            &self.versions,
            &self.suites,
            &self.scanned,
            &self.scan_complete,
            &self.scan_connections,
            &self.verify_full,
            &self.not_after,
            &self.life,
            &self.verified,
            &self.certificate,
            &self.findings,
            &self.score,
            &self.coverage,
        ] {
            family.write(&mut page);
        }
        page
    }

    /// Adds the samples of an endpoint that do not depend on an address.
    fn endpoint(&mut self, state: &EndpointState) {
        let target = [
            ("target", &*state.endpoint.name),
            ("kind", state.endpoint.target.protocol.as_str()),
        ];
        for (severity, count) in facts::severities(state) {
            let labels = [target[0], target[1], ("severity", severity.as_str())];
            // A count of findings is far below 2^32.
            self.findings
                .push(&labels, f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
        }
        if let Some(value) = state.score.value {
            self.score.push(&target, f64::from(value));
        }
        self.coverage.push(&target, state.score.coverage);
        if state.addresses.is_empty() {
            self.success
                .push(&[target[0], ("instance", ""), target[1]], 0.0);
        }
    }

    /// Adds the samples of one address.
    fn address(&mut self, state: &EndpointState, address: &AddressState, now: Timestamp) {
        let seen = &*address.observation;
        let protocol = state.endpoint.target.protocol;
        let identity = Identity {
            target: &state.endpoint.name,
            instance: seen
                .address
                .map(|address| address.to_string())
                .unwrap_or_default(),
            kind: protocol.as_str(),
        };
        let is_complete = facts::gap(seen, protocol).is_none();
        self.success.push(&identity.labels(&[]), truth(is_complete));
        self.probed
            .push(&identity.labels(&[]), seconds(seen.observed_at));
        for (phase, duration) in phases(&seen.timings) {
            self.duration.push(
                &identity.labels(&[("phase", phase)]),
                duration.as_secs_f64(),
            );
        }
        self.transport(&identity, seen);
        for fact in facts::versions(seen, protocol) {
            if let Ok(offered) = fact.offered {
                let version = fact.version.to_string();
                self.versions
                    .push(&identity.labels(&[("version", &version)]), truth(offered));
            }
        }
        if let Ok(scan) = facts::scan(seen) {
            self.scan(&identity, scan);
        }
        match address
            .preflight
            .as_ref()
            .map(|preflight| &preflight.verify_full)
        {
            Some(Readiness::Ready) => self.verify_full.push(&identity.labels(&[]), 1.0),
            Some(Readiness::NotReady(_)) => self.verify_full.push(&identity.labels(&[]), 0.0),
            Some(Readiness::Unknown(_)) | None => {}
        }
        if let Some(verification) = seen.verification.seen() {
            let reason = reason(verification);
            self.verified.push(
                &identity.labels(&[("reason", reason)]),
                truth(reason == "valid"),
            );
        }
        self.certificates(&identity, seen, now);
    }

    /// Adds the samples of the handshake and of the login without TLS.
    fn transport(&mut self, identity: &Identity<'_>, seen: &EndpointObservation) {
        let requirement = facts::Requirement::of(seen);
        if let (Ok(required), Ok(scope)) = (requirement.required(), requirement.scope()) {
            self.required
                .push(&identity.labels(&[("scope", scope)]), truth(required));
        }
        if let Some(accepted) = requirement.plaintext_accepted() {
            self.plaintext.push(&identity.labels(&[]), truth(accepted));
        }
        if let Some(handshake) = seen.handshake.seen() {
            let group = handshake
                .group
                .map(|group| group.to_string())
                .unwrap_or_default();
            let labels = [
                ("version", &*handshake.version.to_string()),
                ("cipher", &*handshake.cipher_suite.to_string()),
                ("group", &*group),
                ("alpn", handshake.alpn.as_deref().unwrap_or_default()),
            ];
            self.tls.push(&identity.labels(&labels), 1.0);
        }
    }

    /// Adds the samples of a scan.
    fn scan(&mut self, identity: &Identity<'_>, scan: &Scan) {
        self.scanned
            .push(&identity.labels(&[]), seconds(scan.began_at));
        self.scan_complete
            .push(&identity.labels(&[]), truth(scan.is_complete()));
        self.scan_connections
            .push(&identity.labels(&[]), f64::from(scan.connections_used));
        for support in &scan.versions {
            let version = support.version.to_string();
            let decided = facts::is_decided(scan, support.version, &support.cipher_suites);
            for strength in STRENGTHS {
                let number = support
                    .cipher_suites
                    .accepted
                    .iter()
                    .filter(|suite| suite.strength() == strength)
                    .count();
                if number > 0 || decided {
                    let labels = [("version", &*version), ("strength", strength.as_str())];
                    // There are fewer than 2^16 suites.
                    let number = f64::from(u32::try_from(number).unwrap_or(u32::MAX));
                    self.suites.push(&identity.labels(&labels), number);
                }
            }
        }
    }

    /// Adds the samples of the presented chain.
    fn certificates(
        &mut self,
        identity: &Identity<'_>,
        seen: &EndpointObservation,
        now: Timestamp,
    ) {
        let Some(chain) = seen.chain.seen() else {
            return;
        };
        let soonest = chain
            .certificates
            .iter()
            .map(|certificate| certificate.not_after)
            .min();
        let issuer = chain.end_entity().and(chain.certificates.get(1));
        for (role, not_after) in [
            (
                "leaf",
                chain.end_entity().map(|certificate| certificate.not_after),
            ),
            ("issuer", issuer.map(|certificate| certificate.not_after)),
            ("chain_min", soonest),
        ] {
            if let Some(not_after) = not_after {
                self.not_after
                    .push(&identity.labels(&[("role", role)]), seconds(not_after));
            }
        }
        let Some(end_entity) = chain.end_entity() else {
            return;
        };
        if let Some(left) = facts::life_left(end_entity, now) {
            self.life.push(&identity.labels(&[]), left);
        }
        let labels = [
            ("sha256", &*end_entity.sha256),
            ("spki_sha256", &*end_entity.spki_sha256),
            ("subject", &*end_entity.subject),
            ("issuer", &*end_entity.issuer),
        ];
        self.certificate.push(&identity.labels(&labels), 1.0);
    }
}

/// Every strength of a suite, weakest first.
const STRENGTHS: [Strength; 5] = [
    Strength::Insecure,
    Strength::Weak,
    Strength::Legacy,
    Strength::Strong,
    Strength::Unknown,
];

/// Who a sample is about.
struct Identity<'a> {
    target: &'a str,
    instance: String,
    kind: &'static str,
}

impl Identity<'_> {
    /// Returns its labels, and `more` behind them.
    fn labels<'b>(&'b self, more: &[(&'b str, &'b str)]) -> Vec<(&'b str, &'b str)> {
        let own = [
            ("target", self.target),
            ("instance", &*self.instance),
            ("kind", self.kind),
        ];
        own.into_iter().chain(more.iter().copied()).collect()
    }
}

/// Renders the page.
pub(super) fn render(snapshot: &Snapshot) -> String {
    let mut page = Page::new();
    page.build
        .push(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    page.generated.push(&[], seconds(snapshot.at));
    for state in &snapshot.endpoints {
        page.endpoint(state);
        for address in &state.addresses {
            page.address(state, address, snapshot.at);
        }
    }
    page.write()
}

/// Writes a truth as a number.
fn truth(truth: bool) -> f64 {
    if truth { 1.0 } else { 0.0 }
}

/// Writes a time in seconds since the epoch.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of the years -9999 to 9999 fit the 53 bits"
)]
fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// Returns the phases that happened, and `total`.
fn phases(timings: &Timings) -> impl Iterator<Item = (&'static str, Duration)> {
    [
        ("resolve", timings.resolve),
        ("connect", timings.connect),
        ("negotiate", timings.negotiate),
        ("handshake", timings.handshake),
        ("response", timings.response),
        ("total", Some(timings.total)),
    ]
    .into_iter()
    .filter_map(|(phase, duration)| duration.map(|duration| (phase, duration)))
}

/// Returns the worst that verification says, in one word.
fn reason(verification: &Verification) -> &'static str {
    use super::json::v1::problem_name;
    match (
        verification.path,
        verification.problems.first(),
        verification.host_name,
    ) {
        (PathVerdict::Invalid, Some(problem), _) => problem_name(*problem),
        (PathVerdict::Invalid, None, _) => "invalid",
        (PathVerdict::Valid, _, HostName::Match) => "valid",
        (PathVerdict::Valid, _, HostName::CommonNameOnly) => "common_name_only",
        (PathVerdict::Valid, _, HostName::Mismatch) => "host_name_mismatch",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_are_escaped() {
        assert_eq!(escaped("a\\b\"c\nd"), "a\\\\b\\\"c\u{fffd}d");
    }

    #[test]
    fn family_without_samples_is_left_out() {
        let mut page = String::new();
        Family::new("a", "b").write(&mut page);
        assert_eq!(page, "");
    }
}
