//! What is told about one endpoint, a section at a time, as lines of pieces.
//!
//! The same sections make the lines below the fleet, the column beside it, and the endpoint's own page.

use std::time::Duration;

use crate::endpoint::{Endpoint, Protocol};
use crate::finding::Finding;
use crate::libpq::SslMode;
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::{
    ClientCertificateDemand, Product, SslAnswer, StartupAnswer, StartupReply,
};
use crate::preflight::{Preflight, Readiness, SslModeOutcome};
use crate::remediation::{Proof, Snippet};
use crate::store::{AddressState, EndpointState, FindingState, Posture};
use crate::theme::Role;
use crate::tls::CipherSuite;
use crate::x509::{Certificate, HostName, PathProblem, PathVerdict, Verification};

use super::super::format;
use super::super::model::{self, Model};
use super::{Canvas, Strip, mark};

/// Columns that a label takes.
const LABEL: usize = 11;

/// Returns host and port as people write them.
pub(super) fn host_port(endpoint: &Endpoint) -> String {
    let host = endpoint.target.host.to_string();
    if host.contains(':') {
        format!("[{host}]:{}", endpoint.target.port)
    } else {
        format!("{host}:{}", endpoint.target.port)
    }
}

/// Returns the whole target, as the user named it and without what is secret.
pub(super) fn target(endpoint: &Endpoint) -> String {
    let target = &endpoint.target;
    let mut text = format!("{}://", target.protocol);
    if let Some(user) = &target.user {
        text.push_str(user);
        text.push('@');
    }
    text.push_str(&host_port(endpoint));
    if let Some(database) = &target.database {
        text.push('/');
        text.push_str(database);
    }
    if let Some(path) = target.path.as_deref().filter(|path| *path != "/") {
        text.push_str(path);
    }
    text
}

/// Returns what is there, in a short word.
pub(super) fn kind(state: &EndpointState) -> &'static str {
    let product = state.addresses.first().map_or(Product::Unknown, |address| {
        address.observation.server.product
    });
    match (state.endpoint.target.protocol, product) {
        (_, Product::Cockroachdb) => "crdb",
        (_, Product::CockroachdbCloudProxy) => "crdb pxy",
        (_, Product::Postgresql) => "postgres",
        (Protocol::Postgresql, Product::Unknown) => "pg wire",
        (Protocol::Https, Product::Unknown) => "https",
        (Protocol::Tls, Product::Unknown) => "tls",
    }
}

/// Returns the part of a suite's name that tells it from others.
pub(super) fn short_suite(suite: CipherSuite) -> String {
    let name = suite.to_string();
    let name = name.strip_prefix("TLS_").unwrap_or(&name);
    let name = name.split_once("_WITH_").map_or(name, |(_, cipher)| cipher);
    let name = name.rsplit_once("_SHA").map_or(name, |(cipher, _)| cipher);
    name.replace('_', "-")
}

/// Returns why an endpoint could not be looked at.
pub(super) fn failure(state: &EndpointState) -> Option<String> {
    state.addresses.iter().find_map(|address| {
        let seen = &address.observation;
        seen.connection
            .reason()
            .or_else(|| {
                seen.ssl_request
                    .reason()
                    .filter(|_| seen.handshake.seen().is_none())
            })
            .or_else(|| seen.handshake.reason())
    })
}

/// One finding: mark, message, check, age.
pub(super) fn finding<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    held: &'a FindingState,
    chosen: bool,
    width: u16,
) -> Strip<'a> {
    let finding = &held.finding;
    let message = canvas.role(if chosen { Role::Title } else { Role::Text });
    let mut strip = Strip::new()
        .left(if chosen { "▸" } else { " " }, canvas.role(Role::Accent))
        .left(
            mark::severity(finding.severity),
            mark::severity_role(canvas, finding.severity),
        )
        .left(" ", message)
        .left(finding.message.as_str(), message);
    if usize::from(width) >= format::width(&finding.message) + finding.check.len() + 14 {
        strip = strip.right(finding.check, canvas.role(Role::Faint));
    }
    strip = strip.right(
        format!("{:>5}", format::ago(held.since, model.now)),
        canvas.role(Role::Muted),
    );
    strip
}

/// The few lines below the fleet.
pub(super) fn below<'a>(
    canvas: &Canvas<'_>,
    model: &'a Model,
    state: &'a EndpointState,
    width: u16,
    height: u16,
) -> Vec<Strip<'a>> {
    let mut strips = vec![heading(canvas, model, state)];
    let room = usize::from(height).saturating_sub(2).max(1);
    let chosen = chosen(model);
    let shown = if state.findings.len() > room {
        room.saturating_sub(1).max(1)
    } else {
        state.findings.len()
    };
    // The chosen finding is always among those that are shown.
    let first = state
        .findings
        .iter()
        .position(|held| Some(held.finding.fingerprint.as_str()) == chosen)
        .map_or(0, |position| (position + 1).saturating_sub(shown));
    for held in state.findings.iter().skip(first).take(shown) {
        let is_chosen =
            state.findings.len() > 1 && Some(held.finding.fingerprint.as_str()) == chosen;
        strips.push(finding(canvas, model, held, is_chosen, width));
    }
    let hidden = state.findings.len() - shown;
    if hidden > 0 {
        let more = format!("   {} more", hidden);
        strips.push(Strip::new().left(more, canvas.role(Role::Faint)));
    }
    if state.findings.is_empty() {
        strips.push(quiet(canvas, state));
    }
    if let Some(snippet) = model.snippets().first() {
        strips.push(fix_line(canvas, model, snippet));
    }
    let used = strips.len();
    if usize::from(height) > used + 4 {
        let page = wide_page(canvas, model, state, width);
        strips.push(Strip::new());
        strips.extend(page);
    }
    strips
}

/// What follows the findings where there is a page of room below the table.
fn wide_page<'a>(
    canvas: &Canvas<'_>,
    model: &'a Model,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let mut strips = Vec::new();
    for section in [
        sslmodes(canvas, state, width),
        certificate(canvas, model, state, width),
        history(canvas, state, width),
    ] {
        if !section.is_empty() {
            strips.extend(section);
            strips.push(Strip::new());
        }
    }
    strips
}

/// The column beside the fleet.
pub(super) fn beside<'a>(
    canvas: &Canvas<'_>,
    model: &'a Model,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let muted = canvas.role(Role::Muted);
    let mut strips = vec![heading(canvas, model, state)];
    let mut line = Strip::new()
        .left("  ", muted)
        .left(target(&state.endpoint), muted);
    if let Some(address) = state
        .addresses
        .first()
        .and_then(|address| address.observation.address)
    {
        line = line.right(address.ip().to_string(), muted);
    }
    strips.extend([line, Strip::new()]);
    let chosen = chosen(model);
    for held in state.findings.iter().take(6) {
        let is_chosen =
            state.findings.len() > 1 && Some(held.finding.fingerprint.as_str()) == chosen;
        strips.push(finding(canvas, model, held, is_chosen, width));
    }
    if state.findings.len() > 6 {
        strips.push(Strip::new().left(
            format!("   {} more", state.findings.len() - 6),
            canvas.role(Role::Faint),
        ));
    }
    if state.findings.is_empty() {
        strips.push(quiet(canvas, state));
    }
    strips.push(Strip::new());
    for section in [
        fix(canvas, model),
        sslmodes_short(canvas, state, width),
        certificate(canvas, model, state, width),
        history(canvas, state, width),
        connection(canvas, model, state),
    ] {
        if !section.is_empty() {
            strips.extend(section);
            strips.push(Strip::new());
        }
    }
    strips
}

fn chosen(model: &Model) -> Option<&str> {
    model
        .selected_finding()
        .map(|held| held.finding.fingerprint.as_str())
}

fn heading<'a>(canvas: &Canvas<'_>, model: &Model, state: &'a EndpointState) -> Strip<'a> {
    let muted = canvas.role(Role::Muted);
    let strip = Strip::title(canvas, &*state.endpoint.name);
    let strip = match state.probed_at {
        _ if state.in_flight => strip.right("probing", muted),
        Some(probed) => match format::ago(probed, model.now).as_str() {
            "now" => strip.right("probed just now", muted),
            ago => strip.right(format!("probed {ago} ago"), muted),
        },
        None => strip.right("not probed yet", muted),
    };
    strip
}

/// The line of an endpoint without findings.
fn quiet<'a>(canvas: &Canvas<'_>, state: &EndpointState) -> Strip<'a> {
    let muted = canvas.role(Role::Muted);
    let (words, style) = match state.posture {
        Posture::Waiting => ("nobody has looked yet", muted),
        Posture::Unreachable => ("it could not be looked at", muted),
        Posture::Ok | Posture::Warning | Posture::Critical => ("no findings", muted),
    };
    let mut strip = Strip::new()
        .left(" ", muted)
        .left(
            mark::posture(state.posture),
            mark::posture_role(canvas, state.posture),
        )
        .left(format!(" {words}"), style);
    if !state.open.is_empty() && state.posture == Posture::Ok {
        let open = format::count(state.open.len(), "check", "checks");
        strip = strip.left(format!("; {open} could not decide"), muted);
    }
    strip
}

/// The first line of the best fix, on one line.
pub(super) fn fix_line<'a>(canvas: &Canvas<'_>, model: &Model, snippet: &'a Snippet) -> Strip<'a> {
    let muted = canvas.role(Role::Muted);
    let mut strip = Strip::new().left(" fix  ", muted);
    let line = snippet
        .text
        .lines()
        .find(|line| !line.trim().is_empty() && !line.trim_start().starts_with(['#', '/']))
        .or_else(|| snippet.text.lines().next())
        .unwrap_or_default();
    for (piece, style) in
        super::super::code::colour(snippet.language, line.trim_start(), &model.styles)
    {
        strip = strip.left(piece, style);
    }
    strip
        .right(" y", canvas.role(Role::Key))
        .right(" copy  ", muted)
        .right("f", canvas.role(Role::Key))
        .right(" all", muted)
}

/// The best fix, whole.
fn fix<'a>(canvas: &Canvas<'_>, model: &'a Model) -> Vec<Strip<'a>> {
    let Some(snippet) = model.snippets().first() else {
        return Vec::new();
    };
    let muted = canvas.role(Role::Muted);
    let mut heading = Strip::title(canvas, "Fix").left(format!("  {}", snippet.title), muted);
    heading = match &snippet.proof {
        Proof::Executed(_) => heading,
        Proof::NotExecuted(_) => heading.right("not executed", muted),
    };
    let mut strips = vec![heading];
    strips.extend(code(model, snippet).take(8));
    if snippet.text.lines().count() > 8 {
        strips.push(Strip::new().left("  …", muted));
    }
    strips
}

/// The lines of a snippet in their colours.
pub(super) fn code<'a>(model: &'a Model, snippet: &'a Snippet) -> impl Iterator<Item = Strip<'a>> {
    snippet.text.lines().map(|line| {
        let indent = Strip::new().left("  ", model.styles.role(Role::Text));
        super::super::code::colour(snippet.language, line, &model.styles)
            .into_iter()
            .fold(indent, |strip, (piece, style)| strip.left(piece, style))
    })
}

fn field<'a>(
    canvas: &Canvas<'_>,
    label: &'static str,
    value: impl Into<std::borrow::Cow<'a, str>>,
) -> Strip<'a> {
    Strip::new()
        .left(format!("  {label:LABEL$}"), canvas.role(Role::Muted))
        .left(value, canvas.role(Role::Text))
}

/// Values of a field over as many lines as they take.
fn long<'a>(canvas: &Canvas<'_>, label: &'static str, value: &str, width: u16) -> Vec<Strip<'a>> {
    let room = usize::from(width).saturating_sub(LABEL + 3);
    format::wrap(value, room)
        .into_iter()
        .enumerate()
        .map(|(index, line)| field(canvas, if index == 0 { label } else { "" }, line))
        .collect()
}

fn verdict<'a>(
    canvas: &Canvas<'_>,
    label: &'static str,
    good: Option<bool>,
    words: &str,
    width: u16,
) -> Vec<Strip<'a>> {
    let (sign, role) = match good {
        Some(true) => ("✓", Role::Ok),
        Some(false) => ("✗", Role::Critical),
        None => ("~", Role::Unknown),
    };
    let room = usize::from(width).saturating_sub(LABEL + 5);
    let mut lines = format::wrap(words, room).into_iter();
    let text = canvas.role(Role::Text);
    let mut strips = vec![
        Strip::new()
            .left(format!("  {label:LABEL$}"), canvas.role(Role::Muted))
            .left(sign, canvas.role(role))
            .left(format!(" {}", lines.next().unwrap_or_default()), text),
    ];
    strips.extend(lines.map(|line| Strip::new().left(format!("  {:LABEL$}  {line}", ""), text)));
    strips
}

/// What was agreed on, and how long it took.
pub(super) fn connection<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    state: &'a EndpointState,
) -> Vec<Strip<'a>> {
    let mut strips = vec![Strip::title(canvas, "Connection")];
    strips.push(field(canvas, "target", target(&state.endpoint)));
    let Some(address) = state.addresses.first() else {
        strips.push(field(canvas, "state", "nobody has looked yet"));
        return strips;
    };
    let seen = &address.observation;
    if let Some(address) = seen.address {
        strips.push(field(canvas, "address", address.to_string()));
    }
    match seen.handshake.seen() {
        Some(handshake) => {
            let mut line = field(
                canvas,
                "protocol",
                format!("TLS {}", handshake.version.short()),
            );
            if handshake.ocsp_stapled {
                line = line.right("OCSP stapled", canvas.role(Role::Muted));
            }
            strips.push(line);
            strips.push(field(canvas, "suite", handshake.cipher_suite.to_string()));
            if let Some(group) = handshake.group {
                let line = field(canvas, "group", group.to_string());
                let quantum = if group.is_post_quantum() {
                    "post-quantum"
                } else {
                    ""
                };
                strips.push(line.right(quantum, canvas.role(Role::Muted)));
            }
            if let Some(alpn) = &handshake.alpn {
                strips.push(field(canvas, "ALPN", alpn.as_str()));
            }
        }
        None => strips.push(field(
            canvas,
            "handshake",
            seen.handshake.reason().unwrap_or_default(),
        )),
    }
    let since = state
        .posture_since
        .map(|since| format::ago(since, model.now));
    if let Some(since) = since {
        strips.push(field(
            canvas,
            "since",
            format!("{} {since}", mark::posture_word(state.posture)),
        ));
    }
    strips
}

/// Where the time went.
pub(super) fn timings<'a>(canvas: &Canvas<'_>, state: &EndpointState) -> Vec<Strip<'a>> {
    let Some(address) = state.addresses.first() else {
        return Vec::new();
    };
    let timings = &address.observation.timings;
    let parts: [(&'static str, Option<Duration>); 5] = [
        ("resolve", timings.resolve),
        ("connect", timings.connect),
        ("SSLRequest", timings.negotiate),
        ("handshake", timings.handshake),
        ("response", timings.response),
    ];
    let whole: Duration = parts.iter().filter_map(|(_, part)| *part).sum();
    let mut strips = vec![Strip::title(canvas, "Timings").right("ms", canvas.role(Role::Faint))];
    for (name, part) in parts {
        let Some(part) = part else { continue };
        let share = if whole.is_zero() {
            0.0
        } else {
            part.as_secs_f64() / whole.as_secs_f64()
        };
        let cells = usize::from(mark::filled(share, 16));
        let (_, step) = mark::latency(part);
        strips.push(
            field(canvas, name, "")
                .left("━".repeat(cells), canvas.styles.latency(step.max(1)))
                .right(format::milliseconds(part), canvas.role(Role::Text)),
        );
    }
    strips
}

/// The certificate that the peer presents as its own.
pub(super) fn certificate<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let mut strips = vec![Strip::title(canvas, "Certificate")];
    let Some(certificate) = model::end_entity(state) else {
        let why = state
            .addresses
            .iter()
            .find_map(|address| address.observation.chain.reason());
        strips.extend(long(
            canvas,
            "none",
            &why.unwrap_or_else(|| "nobody has looked yet".to_owned()),
            width,
        ));
        return strips;
    };
    let (level, share) = model::life(certificate, &state.endpoint.expiry, model.now);
    strips.push(field(canvas, "subject", certificate.subject.as_str()));
    strips.push(field(canvas, "issuer", certificate.issuer.as_str()));
    strips.push(field(
        canvas,
        "key",
        format!("{} · {}", key(certificate), certificate.signature_algorithm),
    ));
    let date = |at: jiff::Timestamp| {
        at.to_zoned(model.time_zone.clone())
            .strftime("%d %b %Y")
            .to_string()
    };
    let lifetime = certificate.not_after.duration_since(certificate.not_before);
    strips.push(
        field(
            canvas,
            "valid",
            format!(
                "{} → {}",
                date(certificate.not_before),
                date(certificate.not_after)
            ),
        )
        .right(format::span(lifetime), canvas.role(Role::Muted)),
    );
    let cells = usize::from(mark::filled(share, 12));
    let mut left = field(canvas, "left", "")
        .left("━".repeat(cells), mark::gauge_role(canvas, level))
        .left("╌".repeat(12 - cells), canvas.role(Role::Rule));
    let words = format::left(certificate.not_after, model.now);
    let words = words
        .strip_prefix('-')
        .map_or_else(|| words.clone(), |past| format!("ended {past} ago"));
    left = left.left(format!("  {words}"), mark::life_role(canvas, level));
    strips.push(left);
    let names: Vec<String> = certificate
        .dns_names
        .iter()
        .cloned()
        .chain(certificate.ip_addresses.iter().map(ToString::to_string))
        .collect();
    let names = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(" ")
    };
    let mut lines = long(canvas, "names", &names, width);
    if lines.len() > 3 {
        lines.truncate(2);
        lines.push(field(
            canvas,
            "",
            format!(
                "… {} in all",
                certificate.dns_names.len() + certificate.ip_addresses.len()
            ),
        ));
    }
    strips.extend(lines);
    strips
}

fn key(certificate: &Certificate) -> String {
    let key = &certificate.key;
    match (&key.curve, key.bits) {
        (Some(curve), _) => format!("{} {curve}", key.algorithm),
        (None, Some(bits)) => format!("{} {bits}", key.algorithm),
        (None, None) => key.algorithm.to_string(),
    }
}

/// The chain as it was sent, and what a client concludes from it.
pub(super) fn chain<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let Some(address) = state.addresses.first() else {
        return Vec::new();
    };
    let seen = &address.observation;
    let muted = canvas.role(Role::Muted);
    let mut strips = vec![Strip::title(canvas, "Chain and verification")];
    if let Some(chain) = seen.chain.seen() {
        for (depth, certificate) in chain.certificates.iter().enumerate() {
            let arrow = if depth == 0 {
                "  ".to_owned()
            } else {
                format!("  {}› ", "  ".repeat(depth.min(4) - 1))
            };
            let (level, _) = model::life(certificate, &state.endpoint.expiry, model.now);
            let name = certificate
                .common_name
                .as_deref()
                .unwrap_or(&certificate.subject);
            strips.push(
                Strip::new()
                    .left(arrow, canvas.role(Role::Faint))
                    .left(name, canvas.role(Role::Text))
                    .right(
                        format::left(certificate.not_after, model.now),
                        mark::life_role(canvas, level),
                    ),
            );
        }
        for bad in &chain.malformed {
            strips.push(Strip::new().left("  ✗ ", canvas.role(Role::Critical)).left(
                format!(
                    "certificate {} cannot be read: {}",
                    bad.position + 1,
                    bad.reason
                ),
                canvas.role(Role::Text),
            ));
        }
    }
    match seen.verification.seen() {
        Some(verification) => {
            strips.extend(verified(canvas, verification, width));
        }
        None => {
            let why = seen.verification.reason().unwrap_or_default();
            strips.extend(verdict(canvas, "path", None, &why, width));
        }
    }
    strips.push(
        Strip::new()
            .left(format!("  {:LABEL$}", "fingerprint"), muted)
            .left(" ", muted)
            .left(
                model::end_entity(state).map_or_else(
                    || "—".to_owned(),
                    |certificate| format!("SHA-256 {}", certificate.sha256),
                ),
                canvas.role(Role::Faint),
            ),
    );
    strips
}

fn verified<'a>(canvas: &Canvas<'_>, verification: &Verification, width: u16) -> Vec<Strip<'a>> {
    let path = verification.path == PathVerdict::Valid;
    let mut words = verification.path_detail.clone();
    if words.is_empty() {
        words = verification
            .problems
            .iter()
            .map(|problem| problem_words(*problem))
            .collect::<Vec<_>>()
            .join(", ");
    }
    let mut strips = verdict(canvas, "path", Some(path), &words, width);
    let name = match verification.host_name {
        HostName::Match => Some(true),
        HostName::CommonNameOnly | HostName::Mismatch => Some(false),
    };
    let detail = if verification.host_name_detail.is_empty() {
        verification.reference_name.clone()
    } else {
        verification.host_name_detail.clone()
    };
    strips.extend(verdict(canvas, "host name", name, &detail, width));
    let trust = match (&verification.anchor, verification.public) {
        (Some(anchor), _) => format!("{} · {}", verification.trust, anchor.subject),
        (None, true) => format!("{} · publicly trusted", verification.trust),
        (None, false) => verification.trust.to_string(),
    };
    strips.extend(long(canvas, "trust", &trust, width));
    strips
}

const fn problem_words(problem: PathProblem) -> &'static str {
    match problem {
        PathProblem::Expired => "expired",
        PathProblem::NotYetValid => "not yet valid",
        PathProblem::SelfSigned => "self-signed",
        PathProblem::UnknownCa => "unknown CA",
        PathProblem::Incomplete => "an intermediate is missing",
        PathProblem::WrongUsage => "used for what it is not for",
        PathProblem::Weak => "too weak",
        PathProblem::Malformed => "malformed",
    }
}

/// The addresses, where there are several.
pub(super) fn addresses<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    state: &'a EndpointState,
) -> Vec<Strip<'a>> {
    if state.addresses.len() < 2 {
        return Vec::new();
    }
    let muted = canvas.role(Role::Muted);
    let mut strips = vec![Strip::title(
        canvas,
        format!("Addresses {}", state.addresses.len()),
    )];
    for address in &state.addresses {
        let seen = &address.observation;
        let name = seen
            .address
            .map_or_else(|| "no address".to_owned(), |address| address.to_string());
        let strip = Strip::new().left(format!("  {name:24}"), canvas.role(Role::Text));
        strips.push(
            match (
                seen.handshake.seen(),
                seen.chain.seen().and_then(|chain| chain.end_entity()),
            ) {
                (Some(handshake), Some(certificate)) => {
                    let (level, _) = model::life(certificate, &state.endpoint.expiry, model.now);
                    strip
                        .left(format!("TLS {}", handshake.version.short()), muted)
                        .right(
                            format::left(certificate.not_after, model.now),
                            mark::life_role(canvas, level),
                        )
                }
                _ => {
                    let why = seen
                        .connection
                        .reason()
                        .or_else(|| seen.handshake.reason())
                        .unwrap_or_default();
                    strip
                        .left("⊘ ", canvas.role(Role::Unknown))
                        .left(why, muted)
                }
            },
        );
    }
    strips
}

/// Whether a client certificate is wanted, and what became of ours.
pub(super) fn client<'a>(
    canvas: &Canvas<'_>,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let Some(address) = state.addresses.first() else {
        return Vec::new();
    };
    let seen = &address.observation;
    let mut strips = vec![Strip::title(canvas, "Client authentication")];
    match seen.client_authentication.seen() {
        Some(client) => {
            let demand = match client.demand {
                ClientCertificateDemand::NotRequested => "no certificate requested",
                ClientCertificateDemand::Requested => "certificate requested, not required",
                ClientCertificateDemand::Required => "certificate required",
                ClientCertificateDemand::RequestedOrRequired => {
                    "certificate requested, ours was taken"
                }
            };
            strips.push(field(canvas, "TLS", demand));
            if !client.ca_names.is_empty() {
                strips.extend(long(canvas, "from", &client.ca_names.join("; "), width));
            }
            if let Some(refusal) = &client.refusal {
                strips.extend(long(canvas, "refusal", refusal, width));
            }
        }
        None => strips.extend(long(
            canvas,
            "TLS",
            &seen.client_authentication.reason().unwrap_or_default(),
            width,
        )),
    }
    if state.endpoint.target.protocol == Protocol::Postgresql {
        strips.extend(long(canvas, "in TLS", &startup(&seen.tls_startup), width));
        strips.extend(long(
            canvas,
            "plaintext",
            &startup(&seen.plaintext_startup),
            width,
        ));
    }
    strips
}

fn startup(attempt: &crate::observation::Attempt<StartupAnswer>) -> String {
    match attempt.seen() {
        Some(answer) => match &answer.reply {
            StartupReply::Authentication(request) => {
                let method = match request {
                    AuthenticationRequest::Ok => "nothing: it lets in whoever comes".to_owned(),
                    AuthenticationRequest::CleartextPassword => "a cleartext password".to_owned(),
                    AuthenticationRequest::Md5Password => "an MD5 password".to_owned(),
                    AuthenticationRequest::Gss => "GSSAPI".to_owned(),
                    AuthenticationRequest::Sasl(mechanisms) => mechanisms.join(", "),
                    AuthenticationRequest::Other(number) => {
                        format!("authentication request {number}")
                    }
                };
                format!("asks {} for {method}", answer.user)
            }
            StartupReply::Error(error) => format!("refuses: {}", error.message),
        },
        None => attempt.reason().unwrap_or_default(),
    }
}

/// What the response head says.
pub(super) fn http<'a>(
    canvas: &Canvas<'_>,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    if state.endpoint.target.protocol != Protocol::Https {
        return Vec::new();
    }
    let Some(address) = state.addresses.first() else {
        return Vec::new();
    };
    let seen = &address.observation;
    let mut strips = vec![Strip::title(canvas, "HTTP")];
    match seen.http.seen() {
        Some(head) => {
            strips.push(field(canvas, "status", head.status.to_string()));
            strips.push(match head.hsts {
                Some(hsts) => field(
                    canvas,
                    "HSTS",
                    format!("{} days", hsts.max_age_seconds / 86_400),
                )
                .right(
                    if hsts.include_subdomains {
                        "includeSubDomains"
                    } else {
                        ""
                    },
                    canvas.role(Role::Muted),
                ),
                None => field(canvas, "HSTS", "none"),
            });
            if let Some(server) = &head.server {
                strips.push(field(canvas, "server", server.as_str()));
            }
            for cookie in head.cookies.iter().take(4) {
                let flags = [(cookie.secure, "Secure"), (cookie.http_only, "HttpOnly")];
                let flags: Vec<&str> = flags
                    .into_iter()
                    .filter(|(set, _)| *set)
                    .map(|(_, flag)| flag)
                    .collect();
                let flags = if flags.is_empty() {
                    "no flags".to_owned()
                } else {
                    flags.join(" ")
                };
                strips.push(
                    field(canvas, "cookie", cookie.name.as_str())
                        .right(flags, canvas.role(Role::Muted)),
                );
            }
        }
        None => strips.extend(long(
            canvas,
            "head",
            &seen.http.reason().unwrap_or_default(),
            width,
        )),
    }
    let plain = match seen.plain_http.seen() {
        Some(plain) if plain.redirects_to_https => {
            format!("port {} redirects to HTTPS", plain.port)
        }
        Some(plain) => format!(
            "port {} answers {} without redirect",
            plain.port, plain.status
        ),
        None => seen.plain_http.reason().unwrap_or_default(),
    };
    strips.extend(long(canvas, "plain HTTP", &plain, width));
    strips
}

/// Who it is, and what tells it.
pub(super) fn product<'a>(
    canvas: &Canvas<'_>,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let Some(address) = state.addresses.first() else {
        return Vec::new();
    };
    let server = &address.observation.server;
    let name = match server.product {
        Product::Cockroachdb => "CockroachDB",
        Product::CockroachdbCloudProxy => "CockroachDB Cloud proxy",
        Product::Postgresql => "PostgreSQL",
        Product::Unknown => "not told",
    };
    let mut strips = vec![
        Strip::title(canvas, "Server"),
        field(canvas, "product", name),
    ];
    for (index, evidence) in server.evidence.iter().take(3).enumerate() {
        strips.extend(long(
            canvas,
            if index == 0 { "by" } else { "" },
            evidence,
            width,
        ));
    }
    if let Some(SslAnswer::Error(error)) = address.observation.ssl_request.seen() {
        strips.extend(long(canvas, "SSLRequest", &error.message, width));
    }
    strips
}

/// Returns the sslmode table that counts: the worst of the addresses'.
fn preflight(state: &EndpointState) -> Option<(&AddressState, &Preflight)> {
    let rank = |preflight: &Preflight| match preflight.verify_full {
        Readiness::NotReady(_) => 0,
        Readiness::Unknown(_) => 1,
        Readiness::Ready => 2,
    };
    state
        .addresses
        .iter()
        .filter_map(|address| {
            address
                .preflight
                .as_deref()
                .map(|preflight| (address, preflight))
        })
        .min_by_key(|(_, preflight)| rank(preflight))
}

/// The sslmode table: six rows, and whether verify-full is safe to set today.
pub(super) fn sslmodes<'a>(
    canvas: &Canvas<'_>,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let Some((address, preflight)) = preflight(state) else {
        return Vec::new();
    };
    if width < 66 {
        return sslmodes_short(canvas, state, width);
    }
    let muted = canvas.role(Role::Muted);
    let mut title =
        Strip::title(canvas, "sslmode").left("  what a libpq client would get now", muted);
    if state.addresses.len() > 1
        && let Some(address) = address.observation.address
    {
        title = title.right(format!("at {address}"), muted);
    }
    let mut strips = vec![
        title,
        Strip::new().left(
            "    MODE         CONNECTS  ENCRYPTED  LISTENER  IMPOSTOR  WHY",
            muted,
        ),
    ];
    for outcome in &preflight.outcomes {
        strips.extend(outcome_row(canvas, state, outcome, width));
    }
    strips.extend(readiness(canvas, &preflight.verify_full, width));
    strips
}

fn outcome_row<'a>(
    canvas: &Canvas<'_>,
    state: &EndpointState,
    outcome: &SslModeOutcome,
    width: u16,
) -> Vec<Strip<'a>> {
    const BEFORE: usize = 58;
    let intended = outcome.sslmode == state.endpoint.sslmode;
    let name = canvas.role(if intended { Role::Title } else { Role::Text });
    let mut why =
        format::wrap(&outcome.why, usize::from(width).saturating_sub(BEFORE + 1)).into_iter();
    let (connects, connects_style) = answer(canvas, outcome.connects, intended);
    let encrypted = if outcome.connects == Some(false) {
        ("·", canvas.role(Role::Faint))
    } else {
        answer(canvas, outcome.encrypted, intended)
    };
    let shield = |stopped: bool, passes: &'static str| match (stopped, outcome.connects) {
        (_, Some(false)) => ("·", canvas.role(Role::Faint)),
        (true, _) => (
            "stopped",
            canvas.role(if intended { Role::Ok } else { Role::Text }),
        ),
        (false, _) => (
            passes,
            canvas.role(if intended {
                Role::Critical
            } else {
                Role::Muted
            }),
        ),
    };
    let listener = shield(outcome.stops_eavesdropper, "reads");
    let impostor = shield(outcome.stops_impostor, "gets in");
    let mut strips = vec![
        Strip::new()
            .left(
                if intended { "  ▸ " } else { "    " },
                canvas.role(Role::Accent),
            )
            .left(format!("{:13}", outcome.sslmode.as_str()), name)
            .left(format!("{connects:10}"), connects_style)
            .left(format!("{:11}", encrypted.0), encrypted.1)
            .left(format!("{:10}", listener.0), listener.1)
            .left(format!("{:10}", impostor.0), impostor.1)
            .left(why.next().unwrap_or_default(), canvas.role(Role::Muted)),
    ];
    strips.extend(
        why.map(|line| {
            Strip::new().left(format!("{:BEFORE$}{line}", ""), canvas.role(Role::Muted))
        }),
    );
    strips
}

fn answer(
    canvas: &Canvas<'_>,
    value: Option<bool>,
    intended: bool,
) -> (&'static str, ratatui::style::Style) {
    match value {
        Some(true) => (
            "✓",
            canvas.role(if intended { Role::Ok } else { Role::Text }),
        ),
        Some(false) => (
            "✗",
            canvas.role(if intended {
                Role::Critical
            } else {
                Role::Muted
            }),
        ),
        None => ("~", canvas.role(Role::Unknown)),
    }
}

/// The table in marks alone, and the conclusion.
fn sslmodes_short<'a>(canvas: &Canvas<'_>, state: &'a EndpointState, width: u16) -> Vec<Strip<'a>> {
    let Some((_, preflight)) = preflight(state) else {
        return Vec::new();
    };
    let muted = canvas.role(Role::Muted);
    let mut strips = vec![
        Strip::title(canvas, "sslmode"),
        Strip::new().left("    MODE         CONNECTS  LISTENER  IMPOSTOR", muted),
    ];
    for outcome in &preflight.outcomes {
        let intended = outcome.sslmode == state.endpoint.sslmode;
        let (connects, style) = answer(canvas, outcome.connects, intended);
        let shield = |stopped: bool, passes: &'static str| match (stopped, outcome.connects) {
            (_, Some(false)) => ("·", canvas.role(Role::Faint)),
            (true, _) => (
                "stopped",
                canvas.role(if intended { Role::Ok } else { Role::Text }),
            ),
            (false, _) => (
                passes,
                canvas.role(if intended {
                    Role::Critical
                } else {
                    Role::Muted
                }),
            ),
        };
        let listener = shield(outcome.stops_eavesdropper, "reads");
        let impostor = shield(outcome.stops_impostor, "gets in");
        strips.push(
            Strip::new()
                .left(
                    if intended { "  ▸ " } else { "    " },
                    canvas.role(Role::Accent),
                )
                .left(
                    format!("{:13}", outcome.sslmode.as_str()),
                    canvas.role(if intended { Role::Title } else { Role::Text }),
                )
                .left(format!("{connects:10}"), style)
                .left(format!("{:10}", listener.0), listener.1)
                .left(impostor.0, impostor.1),
        );
    }
    strips.extend(readiness(canvas, &preflight.verify_full, width));
    strips
}

/// Whether verify-full is safe to set today, and if not, what must change first.
fn readiness<'a>(canvas: &Canvas<'_>, readiness: &Readiness, width: u16) -> Vec<Strip<'a>> {
    let text = canvas.role(Role::Text);
    let room = usize::from(width).saturating_sub(8);
    let headline = |sign: &'static str, role: Role, words: &'static str| {
        Strip::new()
            .left(format!("  {sign} "), canvas.role(role))
            .left(words, canvas.role(Role::Title))
    };
    match readiness {
        Readiness::Ready => vec![headline(
            "✓",
            Role::Ok,
            "verify-full connects now: it is safe to set",
        )],
        Readiness::NotReady(steps) => {
            let mut strips = vec![headline(
                "✗",
                Role::Critical,
                "verify-full would not connect; first:",
            )];
            for (number, step) in steps.iter().enumerate() {
                for (index, line) in format::wrap(step, room).into_iter().enumerate() {
                    let lead = if index == 0 {
                        format!("    {} ", number + 1)
                    } else {
                        "      ".to_owned()
                    };
                    strips.push(
                        Strip::new()
                            .left(lead, canvas.role(Role::Muted))
                            .left(line, text),
                    );
                }
            }
            strips
        }
        Readiness::Unknown(why) => {
            let mut strips = vec![headline(
                "~",
                Role::Unknown,
                "whether verify-full would connect is not known",
            )];
            strips.extend(
                format::wrap(why, room)
                    .into_iter()
                    .map(|line| Strip::new().left(format!("    {line}"), text)),
            );
            strips
        }
    }
}

/// The strip of the past: how it stood, and how quick it was.
pub(super) fn history<'a>(
    canvas: &Canvas<'_>,
    state: &EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let points = &state.history;
    let Some((first, last)) = points.first().zip(points.last()) else {
        return Vec::new();
    };
    let muted = canvas.role(Role::Muted);
    let cells = usize::from(width).saturating_sub(LABEL + 3).min(96);
    if cells < 8 {
        return Vec::new();
    }
    let shown = points.len().min(cells);
    // More points than cells: each cell stands for several, and shows the worst of them.
    let bucket = |cell: usize| {
        &points[cell * points.len() / shown
            ..((cell + 1) * points.len() / shown).max(cell * points.len() / shown + 1)]
    };
    let mut skyline = Strip::new().left(format!("  {:LABEL$}", "posture"), muted);
    let mut latency = Strip::new().left(format!("  {:LABEL$}", "latency"), muted);
    for cell in 0..shown {
        let points = bucket(cell);
        let worst = points
            .iter()
            .map(|point| point.posture)
            .min()
            .unwrap_or(Posture::Waiting);
        let (block, style) = mark::skyline(canvas, worst);
        skyline = skyline.left(block, style);
        let slowest = points
            .iter()
            .map(|point| point.latency)
            .min_by_key(|latency| latency.map(std::cmp::Reverse));
        latency = match slowest.flatten() {
            Some(duration) => {
                let (bar, step) = mark::latency(duration);
                latency.left(bar, canvas.styles.latency(step))
            }
            None => latency.left("x", canvas.role(Role::Critical)),
        };
    }
    let mut known: Vec<Duration> = points.iter().filter_map(|point| point.latency).collect();
    known.sort_unstable();
    let at = |part: usize| {
        known
            .get((known.len() * part / 100).min(known.len().saturating_sub(1)))
            .map_or_else(
                || "—".to_owned(),
                |duration| format::milliseconds(*duration),
            )
    };
    let span = format::span(last.at.duration_since(first.at));
    vec![
        Strip::title(canvas, "History").left(
            format!(
                "  {} in {span}",
                format::count(points.len(), "probe", "probes")
            ),
            muted,
        ),
        skyline,
        latency,
        field(canvas, "", "").left(format!("p50 {} ms   p95 {} ms", at(50), at(95)), muted),
    ]
}

/// Every finding of an endpoint, one line each and its evidence under the chosen one.
pub(super) fn findings<'a>(
    canvas: &Canvas<'_>,
    model: &'a Model,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let muted = canvas.role(Role::Muted);
    let mut title = Strip::title(canvas, "Findings");
    if !state.findings.is_empty() {
        title = title.left(format!("  {}", state.findings.len()), muted);
    }
    let mut strips = vec![title];
    let chosen = chosen(model);
    for held in &state.findings {
        let is_chosen = Some(held.finding.fingerprint.as_str()) == chosen;
        strips.push(finding(canvas, model, held, is_chosen, width));
    }
    if state.findings.is_empty() {
        strips.push(quiet(canvas, state));
    }
    let open = state.open.len();
    if open > 0 {
        strips.push(Strip::new().left(
            format!(
                " ~ {} could not decide",
                format::count(open, "check", "checks")
            ),
            canvas.role(Role::Unknown),
        ));
        for (check, why) in state.open.iter().take(4) {
            strips.push(
                Strip::new()
                    .left(format!("   {check}  "), muted)
                    .left(why.as_str(), canvas.role(Role::Faint)),
            );
        }
    }
    strips
}

/// Returns the address of a finding's subject, where only some addresses show it.
pub(super) fn where_seen(finding: &Finding) -> String {
    finding
        .addresses
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Returns what was intended, for the first line of the endpoint's page.
pub(super) fn intent(endpoint: &Endpoint) -> String {
    match endpoint.target.protocol {
        Protocol::Postgresql if endpoint.sslmode != SslMode::VerifyFull => {
            format!("clients use sslmode={}", endpoint.sslmode)
        }
        Protocol::Postgresql => "clients use verify-full".to_owned(),
        Protocol::Https | Protocol::Tls => String::new(),
    }
}
