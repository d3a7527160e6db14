//! The facts of one endpoint: connection, timings, certificate, chain, clients, HTTP, server.
//!
//! It repeats what was observed and judges nothing but the time that is left.

use std::time::Duration;

use crate::endpoint::Protocol;
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::scan::Scan;
use crate::observation::{
    Attempt, ClientCertificateDemand, Product, SslAnswer, StartupAnswer, StartupReply,
};
use crate::store::EndpointState;
use crate::theme::Role;
use crate::tls::ProtocolVersion;
use crate::x509::{Certificate, HostName, PathProblem, PathVerdict, Verification};

use super::super::super::format;
use super::super::super::matrix::Level;
use super::super::super::model::{self, Model};
use super::super::{Canvas, Strip, mark};
use super::target;

/// Columns that a label takes.
pub(super) const LABEL: usize = 11;

pub(super) fn field<'a>(
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
pub(in super::super) fn connection<'a>(
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
    strips.extend(offers(canvas, model, state));
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

/// Every version that a scan found to be spoken, the old ones marked.
fn offers<'a>(canvas: &Canvas<'_>, model: &Model, state: &EndpointState) -> Option<Strip<'a>> {
    let scan = &model.scanned(state)?.scan;
    let muted = canvas.role(Role::Muted);
    let sslv2 = scan.sslv2.seen().map(|_| ProtocolVersion::SSLV2);
    let mut strip = field(canvas, "offers", "");
    let mut gap = "";
    for version in sslv2
        .into_iter()
        .chain(Scan::VERSIONS)
        .filter(|version| sslv2 == Some(*version) || scan.offers(*version) == Some(true))
    {
        strip = strip.left(gap, muted);
        let level = Level::of_version(version);
        strip = if level < Level::Unknown {
            let (sign, style) = mark::level(canvas, level);
            strip.left(format!("{sign}{}", version.short()), style)
        } else {
            strip.left(version.short(), canvas.role(Role::Text))
        };
        gap = " ";
    }
    (!gap.is_empty()).then_some(strip)
}

/// Where the time went.
pub(in super::super) fn timings<'a>(canvas: &Canvas<'_>, state: &EndpointState) -> Vec<Strip<'a>> {
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
pub(in super::super) fn certificate<'a>(
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
    strips.extend(names(canvas, certificate, width));
    strips
}

/// The names in a certificate, the first few of them.
fn names<'a>(canvas: &Canvas<'_>, certificate: &Certificate, width: u16) -> Vec<Strip<'a>> {
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
    lines
}

pub(super) fn key(certificate: &Certificate) -> String {
    let key = &certificate.key;
    match (&key.curve, key.bits) {
        (Some(curve), _) => format!("{} {curve}", key.algorithm),
        (None, Some(bits)) => format!("{} {bits}", key.algorithm),
        (None, None) => key.algorithm.to_string(),
    }
}

/// The chain as it was sent, and what a client concludes from it.
pub(in super::super) fn chain<'a>(
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
    if let Some(verification) = seen.verification.seen() {
        strips.extend(verified(canvas, verification, width));
    } else {
        let why = seen.verification.reason().unwrap_or_default();
        strips.extend(verdict(canvas, "path", None, &why, width));
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
pub(in super::super) fn addresses<'a>(
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
        let certificate = seen.chain.seen().and_then(|chain| chain.end_entity());
        let seen_both = seen.handshake.seen().zip(certificate);
        strips.push(if let Some((handshake, certificate)) = seen_both {
            let (level, _) = model::life(certificate, &state.endpoint.expiry, model.now);
            strip
                .left(format!("TLS {}", handshake.version.short()), muted)
                .right(
                    format::left(certificate.not_after, model.now),
                    mark::life_role(canvas, level),
                )
        } else {
            let refused = seen.connection.reason();
            let why = refused
                .or_else(|| seen.handshake.reason())
                .unwrap_or_default();
            strip
                .left("⊘ ", canvas.role(Role::Unknown))
                .left(why, muted)
        });
    }
    strips
}

/// Whether a client certificate is wanted, and what became of ours.
pub(in super::super) fn client<'a>(
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

fn startup(attempt: &Attempt<StartupAnswer>) -> String {
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
pub(in super::super) fn http<'a>(
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
pub(in super::super) fn product<'a>(
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
