//! What is told about one endpoint, a section at a time, as lines of pieces.
//!
//! The same sections make the lines below the fleet, the column beside it, and the endpoint's own page.

use std::borrow::Cow;

use ratatui::style::Style;

use crate::endpoint::{Endpoint, Protocol};
use crate::finding::Finding;
use crate::libpq::SslMode;
use crate::observation::Product;
use crate::remediation::{Proof, Snippet};
use crate::store::{EndpointState, FindingState, Posture};
use crate::theme::Role;
use crate::tls::CipherSuite;

use super::super::format;
use super::super::model::Model;
use super::{Canvas, Strip, mark};

mod facts;
mod features;
mod history;
mod scan;
mod sslmode;
mod suites;

pub(super) use facts::{addresses, certificate, chain, client, connection, http, product, timings};
pub(super) use features::{chains, faults, groups, handshake, postgresql, sessions};
pub(super) use history::history;
pub(super) use scan::{changes, scan, under_way};
pub(super) use sslmode::table as sslmodes;
pub(super) use suites::protocols;

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

/// One finding with its whole message, over as many lines as that takes.
fn whole_finding<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    held: &'a FindingState,
    chosen: bool,
    width: u16,
) -> Vec<Strip<'a>> {
    let finding = &held.finding;
    let message = canvas.role(if chosen { Role::Title } else { Role::Text });
    let mut lines =
        format::wrap(&finding.message, usize::from(width).saturating_sub(10)).into_iter();
    let first = Strip::new()
        .left(if chosen { "▸" } else { " " }, canvas.role(Role::Accent))
        .left(
            mark::severity(finding.severity),
            mark::severity_role(canvas, finding.severity),
        )
        .left(format!(" {}", lines.next().unwrap_or_default()), message)
        .right(
            format!("{:>5}", format::ago(held.since, model.now)),
            canvas.role(Role::Muted),
        );
    let mut strips = vec![first];
    strips.extend(lines.map(|line| Strip::new().left(format!("   {line}"), message)));
    strips
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
        let more = format!("   {hidden} more");
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

/// Rows from which on the column beside the fleet holds findings, sslmode table and fix.
const TALL: u16 = 45;

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
        strips.extend(whole_finding(canvas, model, held, is_chosen, width));
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
    // Where both fit, whether verify-full would connect comes first: that is what the program is asked.
    let (first, second) = if model.size.1 >= TALL {
        (sslmodes(canvas, state, width), fix(canvas, model, width))
    } else {
        (fix(canvas, model, width), sslmodes(canvas, state, width))
    };
    for section in [
        first,
        second,
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
    if let Some(scanning) = under_way(canvas, state, strip.clone()) {
        return scanning;
    }
    match state.probed_at {
        _ if state.in_flight => strip.right("probing", muted),
        Some(probed) => match format::ago(probed, model.now).as_str() {
            "now" => strip.right("probed just now", muted),
            ago => strip.right(format!("probed {ago} ago"), muted),
        },
        None => strip.right("not probed yet", muted),
    }
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
    // Of a change, the line that comes; of anything else, the first that says something.
    let telling =
        |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with(['#', '/']);
    let line = snippet
        .text
        .lines()
        .find_map(|line| line.strip_prefix("+ "))
        .or_else(|| snippet.text.lines().find(telling))
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
fn fix<'a>(canvas: &Canvas<'_>, model: &'a Model, width: u16) -> Vec<Strip<'a>> {
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
    // Where rows are few, a long line is cut: the table below it says more than its end does.
    let columns = if model.size.1 >= TALL {
        usize::from(width)
    } else {
        usize::MAX
    };
    let mut lines = snippet
        .text
        .lines()
        .flat_map(|line| whole_code(model, snippet.language, line, "  ", columns));
    strips.extend(lines.by_ref().take(8));
    if lines.next().is_some() {
        strips.push(Strip::new().left("  …", muted));
    }
    strips
}

/// Cuts a line of code into pieces with their styles. Tabs become blanks: a cell holds none.
fn coloured<'a>(model: &Model, language: &str, line: &'a str) -> Vec<(Cow<'a, str>, Style)> {
    super::super::code::colour(language, line, &model.styles)
        .into_iter()
        .map(|(piece, style)| {
            let piece = if piece.contains('\t') {
                piece.replace('\t', "    ").into()
            } else {
                Cow::Borrowed(piece)
            };
            (piece, style)
        })
        .collect()
}

/// The mark before a line that goes on: what stands there is not part of the code.
const GOES_ON: &str = "↳ ";

/// One line of code in its colours within `columns`, over as many lines as that takes: nobody runs what could not be read.
///
/// The first line begins with `lead`, the others with a mark under its end.
pub(super) fn whole_code<'a>(
    model: &Model,
    language: &str,
    line: &'a str,
    lead: &'a str,
    columns: usize,
) -> Vec<Strip<'a>> {
    let pieces = coloured(model, language, line);
    let text: String = pieces.iter().map(|(piece, _)| &**piece).collect();
    let indent = format::width(lead);
    let mut ends = format::breaks(&text, columns.saturating_sub(indent)).into_iter();
    let mut end = ends.next().unwrap_or(text.len());
    let muted = model.styles.role(Role::Muted);
    let faint = model.styles.role(Role::Faint);
    let mut strips = Vec::new();
    let mut strip = Strip::new().left(lead, muted);
    let mut at = 0;
    for (piece, style) in &pieces {
        let mut rest = &**piece;
        while at + rest.len() > end {
            let (fits, more) = rest.split_at(end - at);
            strips.push(strip.left(fits.to_owned(), *style));
            strip = Strip::new().left(format!("{GOES_ON:>indent$}"), faint);
            (at, rest) = (end, more);
            end = ends.next().unwrap_or(text.len());
        }
        at += rest.len();
        strip = strip.left(rest.to_owned(), *style);
    }
    strips.push(strip);
    strips
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
