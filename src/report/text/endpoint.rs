//! One endpoint: the verdict line, what was seen at each address, whether `verify-full` is safe to set, and the findings.

use std::net::IpAddr;

use jiff::Timestamp;

use super::page::{Page, Role, Span, span};
use super::{finding, mark, policy, posture_role, scan, score};
use crate::endpoint::Protocol;
use crate::finding::Severity;
use crate::observation::{ClientCertificateDemand, EndpointObservation, Product, SslAnswer};
use crate::policy::Policy;
use crate::preflight::{Preflight, Readiness, SslModeOutcome};
use crate::report::facts;
use crate::store::{AddressState, EndpointState, Posture};
use crate::x509::{Certificate, HostName, PathVerdict, Verification};

/// Writes an endpoint; `whole` gives it the sslmode table and every finding in full.
pub(super) fn write(
    page: &mut Page,
    state: &EndpointState,
    now: Timestamp,
    whole: bool,
    policies: &[Policy],
) {
    verdict(page, state);
    if state.addresses.is_empty() {
        page.field("probe", &[span(Role::Unknown, "it has not been probed")]);
    }
    for address in &state.addresses {
        if whole {
            page.gap();
        }
        write_address(page, state, address, now, whole);
        policy::write(page, policies, &state.endpoint, &address.observation, whole);
    }
    findings(page, state, whole);
}

/// Writes mark, name, target and score on one line.
fn verdict(page: &mut Page, state: &EndpointState) {
    let role = posture_role(state.posture);
    let target = state.endpoint.target.to_string();
    let mut left = vec![
        span(
            role,
            format!(
                "{} {} ",
                mark(state.posture),
                facts::posture_word(state.posture)
            ),
        ),
        span(Role::Strong, format!(" {} ", state.endpoint.name)),
    ];
    if !target.ends_with(&*state.endpoint.name) {
        left.push(span(Role::Dim, format!(" {target}")));
    }
    page.edges(&left, &score(&state.score));
}

/// Writes what was seen at one address.
fn write_address(
    page: &mut Page,
    state: &EndpointState,
    address: &AddressState,
    now: Timestamp,
    whole: bool,
) {
    let seen = &*address.observation;
    place(page, seen);
    if let Some(reason) = facts::gap(seen, state.endpoint.target.protocol) {
        page.field("not seen", &[span(Role::Unknown, reason)]);
    }
    if seen.connection.seen().is_none() {
        return;
    }
    tls(page, seen);
    if !whole && state.posture == Posture::Ok {
        well(page, state, address, now);
        return;
    }
    requirement(page, state, seen);
    client_certificate(page, seen);
    chain(page, seen, now, whole);
    http(page, seen);
    if whole {
        scan::write(page, state, address, now);
    } else {
        scan::summary(page, seen, state);
    }
    if let Some(preflight) = &address.preflight {
        if whole {
            page.gap();
            table(page, preflight);
            page.gap();
        } else {
            summary(page, preflight);
        }
        conclusion(page, preflight);
    }
}

/// Writes the two things that are asked of an address that is well: how long its certificate lasts, and whether it is ready.
fn well(page: &mut Page, state: &EndpointState, address: &AddressState, now: Timestamp) {
    let chain = address.observation.chain.seen();
    if let Some(certificate) = chain.and_then(|chain| chain.end_entity()) {
        let text = facts::ending(certificate.not_after, now);
        page.field("certificate", &[span(Role::Plain, text)]);
    }
    scan::summary(page, &address.observation, state);
    if let Some(preflight) = &address.preflight {
        conclusion(page, preflight);
    }
}

/// Writes address, time and product.
fn place(page: &mut Page, seen: &EndpointObservation) {
    let mut parts = Vec::new();
    parts.push(
        seen.address
            .map_or_else(|| "no address".to_owned(), |address| address.to_string()),
    );
    match seen.server.product {
        Product::Unknown => {}
        product @ (Product::Cockroachdb | Product::CockroachdbCloudProxy | Product::Postgresql) => {
            parts.push(product_name(product).to_owned());
        }
    }
    if seen.connection.seen().is_some() {
        let took = seen.timings.total.as_secs_f64() * 1000.0;
        parts.push(format!("{took:.1} ms"));
    }
    page.field("address", &[span(Role::Plain, parts.join(" · "))]);
}

/// Returns a product's own spelling.
const fn product_name(product: Product) -> &'static str {
    match product {
        Product::Cockroachdb => "CockroachDB",
        Product::CockroachdbCloudProxy => "CockroachDB Cloud proxy",
        Product::Postgresql => "PostgreSQL",
        Product::Unknown => "unknown",
    }
}

/// Writes what the handshake agreed on, or why there was none.
fn tls(page: &mut Page, seen: &EndpointObservation) {
    if matches!(seen.ssl_request.seen(), Some(SslAnswer::Unwilling)) {
        page.field(
            "TLS",
            &[span(
                Role::Critical,
                "not offered: SSLRequest is answered with N",
            )],
        );
        return;
    }
    match facts::known(&seen.handshake) {
        Ok(handshake) => {
            let mut parts = vec![
                handshake.version.to_string(),
                handshake.cipher_suite.to_string(),
            ];
            parts.extend(handshake.group.map(|group| group.to_string()));
            if let Some(alpn) = &handshake.alpn {
                parts.push(format!("ALPN {alpn}"));
            }
            page.field("TLS", &[span(Role::Plain, parts.join(" · "))]);
        }
        Err(reason) => page.field("TLS", &[span(Role::Unknown, reason)]),
    }
}

/// Writes whether TLS is required.
fn requirement(page: &mut Page, state: &EndpointState, seen: &EndpointObservation) {
    if state.endpoint.target.protocol != Protocol::Postgresql {
        return;
    }
    let requirement = facts::Requirement::of(seen);
    let role = match requirement.required() {
        Ok(true) => Role::Ok,
        Ok(false) => Role::Critical,
        Err(_) => Role::Unknown,
    };
    page.field("TLS required", &[span(role, requirement.sentence())]);
}

/// Writes whether a client certificate is wanted.
fn client_certificate(page: &mut Page, seen: &EndpointObservation) {
    let Some(client) = seen.client_authentication.seen() else {
        return;
    };
    let demand = match client.demand {
        ClientCertificateDemand::NotRequested => return,
        ClientCertificateDemand::Requested => "requested, and not needed",
        ClientCertificateDemand::Required => "required",
        ClientCertificateDemand::RequestedOrRequired => "ours was accepted",
    };
    let mut text = demand.to_owned();
    if !client.ca_names.is_empty() {
        text.push_str("; from ");
        text.push_str(&client.ca_names.join(" or "));
    }
    if let Some(refusal) = &client.refusal {
        text.push_str("; refused: ");
        text.push_str(refusal);
    }
    page.field("client cert", &[span(Role::Plain, text)]);
}

/// Writes the end entity, and what a client concludes from the chain.
fn chain(page: &mut Page, seen: &EndpointObservation, now: Timestamp, whole: bool) {
    let Some(chain) = seen.chain.seen() else {
        return;
    };
    if let Some(certificate) = chain.end_entity() {
        page.field(
            "certificate",
            &[span(Role::Plain, description(certificate))],
        );
        let ending = facts::ending(certificate.not_after, now);
        let role = if certificate.not_after < now {
            Role::Critical
        } else {
            Role::Plain
        };
        page.field("", &[span(role, ending)]);
        if whole {
            page.field("names", &[span(Role::Plain, names(certificate))]);
        }
    }
    for malformed in &chain.malformed {
        let text = format!(
            "certificate {} cannot be read: {}",
            malformed.position + 1,
            malformed.reason
        );
        page.field("", &[span(Role::Critical, text)]);
    }
    if let Some(verification) = seen.verification.seen() {
        verified(page, verification, whole);
    }
}

/// Describes a certificate in a line.
pub(super) fn description(certificate: &Certificate) -> String {
    let key = match (&certificate.key.curve, certificate.key.bits) {
        (Some(curve), _) => format!("{} {curve}", certificate.key.algorithm),
        (None, Some(bits)) => format!("{} {bits}", certificate.key.algorithm),
        (None, None) => certificate.key.algorithm.to_string(),
    };
    let issuer = if certificate.is_self_issued() {
        "itself"
    } else {
        &certificate.issuer
    };
    let subject = if certificate.subject.is_empty() {
        "(no subject)"
    } else {
        &certificate.subject
    };
    format!("{subject} · by {issuer} · {key}")
}

/// Most names that are listed; a shared certificate can have hundreds.
const MOST_NAMES: usize = 12;

/// Lists the names that a certificate is for.
fn names(certificate: &Certificate) -> String {
    let addresses = certificate.ip_addresses.iter().map(IpAddr::to_string);
    let mut names: Vec<String> = certificate
        .dns_names
        .iter()
        .cloned()
        .chain(addresses)
        .collect();
    let all = names.len();
    if all == 0 {
        return "none: it has no subject alternative name".to_owned();
    }
    names.truncate(MOST_NAMES);
    if all > MOST_NAMES {
        names.push(format!("and {} more", all - MOST_NAMES));
    }
    names.join(", ")
}

/// Writes path and host name, each with its reason where it does not stand or the page is whole.
fn verified(page: &mut Page, verification: &Verification, whole: bool) {
    let path = match verification.path {
        PathVerdict::Valid if whole => span(Role::Ok, format!("valid, by {}", verification.trust)),
        PathVerdict::Valid => span(Role::Ok, "valid"),
        PathVerdict::Invalid => span(
            Role::Critical,
            format!("invalid: {}", verification.path_detail),
        ),
    };
    let name = &verification.reference_name;
    let host_name = match verification.host_name {
        HostName::Match => span(Role::Ok, format!("{name} is certified")),
        HostName::CommonNameOnly => span(Role::Warning, verification.host_name_detail.clone()),
        HostName::Mismatch => span(
            Role::Critical,
            format!("mismatch: {}", verification.host_name_detail),
        ),
    };
    page.field("path", &[path]);
    page.field("host name", &[host_name]);
}

/// Writes what HTTP says of transport security.
fn http(page: &mut Page, seen: &EndpointObservation) {
    let Some(head) = seen.http.seen() else {
        return;
    };
    let mut parts = vec![format!("status {}", head.status)];
    parts.push(match head.hsts {
        Some(hsts) => format!("HSTS for {} s", hsts.max_age_seconds),
        None => "no HSTS".to_owned(),
    });
    if let Some(plain) = seen.plain_http.seen() {
        parts.push(if plain.redirects_to_https {
            format!("port {} redirects here", plain.port)
        } else {
            format!("port {} answers without redirecting here", plain.port)
        });
    }
    let insecure = head.cookies.iter().filter(|cookie| !cookie.secure).count();
    if insecure > 0 {
        parts.push(format!(
            "{insecure} of {} cookies without Secure",
            head.cookies.len()
        ));
    }
    page.field("HTTP", &[span(Role::Plain, parts.join(" · "))]);
}

/// Columns of the sslmode table: where each begins.
const COLUMNS: [(&str, usize); 4] = [
    ("connects", 16),
    ("encrypted", 26),
    ("listener", 37),
    ("impostor", 47),
];

/// Where the last column ends and the reason begins.
const REASON: usize = 58;

/// Narrowest page on which the reason stands beside its row.
const REASON_BESIDE: usize = 100;

/// Writes the sslmode table: a row for each mode, and why.
fn table(page: &mut Page, preflight: &Preflight) {
    let mut head = vec![span(Role::Dim, "  sslmode")];
    let mut column = 9;
    for (title, start) in COLUMNS {
        head.push(span(Role::Dim, " ".repeat(start - column)));
        head.push(span(Role::Dim, title));
        column = start + title.len();
    }
    page.line(&head);
    for outcome in &preflight.outcomes {
        let cells = row(outcome);
        let mut lead = vec![span(Role::Strong, format!("  {:<14}", outcome.sslmode))];
        for (index, cell) in cells.into_iter().enumerate() {
            let end = COLUMNS.get(index + 1).map_or(REASON, |(_, start)| *start);
            lead.push((cell.0, format!("{:<1$}", cell.1, end - COLUMNS[index].1)));
        }
        let why = [span(Role::Dim, outcome.why.clone())];
        if page.width() >= REASON_BESIDE {
            page.hanging(&lead, REASON, &why);
        } else {
            page.line(&lead);
            page.hanging(&[], COLUMNS[0].1, &why);
        }
    }
}

/// Returns the cells of a row.
fn row(outcome: &SslModeOutcome) -> [Span; 4] {
    let connects = match outcome.connects {
        Some(true) => span(Role::Plain, "yes"),
        Some(false) => span(Role::Critical, "no"),
        None => span(Role::Unknown, "unknown"),
    };
    let none = || span(Role::Dim, "-");
    if outcome.connects == Some(false) {
        return [connects, none(), none(), none()];
    }
    let encrypted = match outcome.encrypted {
        Some(true) => span(Role::Plain, "yes"),
        Some(false) => span(Role::Critical, "no"),
        None => span(Role::Unknown, "unknown"),
    };
    let stopped = |stopped: bool, otherwise: &'static str| {
        if stopped {
            span(Role::Ok, "stopped")
        } else {
            span(Role::Critical, otherwise)
        }
    };
    [
        connects,
        encrypted,
        stopped(outcome.stops_eavesdropper, "reads"),
        stopped(outcome.stops_impostor, "gets in"),
    ]
}

/// Writes the sslmode table in a line: who would connect and who would not.
fn summary(page: &mut Page, preflight: &Preflight) {
    let listed = |wanted: Option<bool>| -> String {
        let modes: Vec<&str> = preflight
            .outcomes
            .iter()
            .filter(|outcome| outcome.connects == wanted)
            .map(|outcome| outcome.sslmode.as_str())
            .collect();
        modes.join(", ")
    };
    let mut spans = Vec::new();
    for (wanted, word, role) in [
        (Some(true), "connects:", Role::Plain),
        (Some(false), "fails:", Role::Plain),
        (None, "unknown:", Role::Unknown),
    ] {
        let modes = listed(wanted);
        if modes.is_empty() {
            continue;
        }
        if !spans.is_empty() {
            spans.push(span(Role::Dim, "·"));
        }
        spans.push(span(Role::Dim, word));
        spans.push(span(role, modes));
    }
    page.field("sslmode", &spans);
}

/// Writes whether `verify-full` is safe to set today, and what must change first.
fn conclusion(page: &mut Page, preflight: &Preflight) {
    match &preflight.verify_full {
        Readiness::Ready => {
            page.field("verify-full", &[span(Role::Ok, "ready: it connects today")]);
        }
        Readiness::Unknown(reason) => {
            page.field(
                "verify-full",
                &[span(Role::Unknown, format!("unknown: {reason}"))],
            );
        }
        Readiness::NotReady(steps) => {
            page.field(
                "verify-full",
                &[span(Role::Critical, "not ready; what must change first:")],
            );
            for (number, step) in (1..).zip(steps) {
                page.hanging(
                    &[span(Role::Plain, format!("                {number}."))],
                    19,
                    &[span(Role::Plain, step.clone())],
                );
            }
        }
    }
}

/// Writes the findings, worst first; in a fleet those that are only worth knowing on a line each.
fn findings(page: &mut Page, state: &EndpointState, whole: bool) {
    for found in &state.findings {
        let finding = &found.finding;
        if whole || finding.severity > Severity::Info {
            page.gap();
            finding::write(page, finding);
        }
    }
    let notes = state
        .findings
        .iter()
        .filter(|found| found.finding.severity == Severity::Info);
    if !whole {
        let mut notes = notes.peekable();
        if notes.peek().is_some() && state.posture != Posture::Ok {
            page.gap();
        }
        for note in notes {
            finding::write_brief(page, &note.finding);
        }
    }
    if whole {
        undecided(page, state);
    }
}

/// Most checks that are named for one reason; more have one cause, and their names say nothing more.
const MOST_CHECKS: usize = 4;

/// Writes the checks that could not decide, by reason.
fn undecided(page: &mut Page, state: &EndpointState) {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (check, reason) in &state.open {
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, checks)) => checks.push(check),
            None => reasons.push((reason, vec![check])),
        }
    }
    if reasons.is_empty() {
        return;
    }
    page.gap();
    page.line(&[span(Role::Unknown, "  could not decide")]);
    for (reason, checks) in reasons {
        let who = if checks.len() > MOST_CHECKS {
            format!("{} checks:", checks.len())
        } else {
            format!("{}:", checks.join(", "))
        };
        page.hanging(&[], 4, &[span(Role::Dim, who), span(Role::Plain, reason)]);
    }
}
