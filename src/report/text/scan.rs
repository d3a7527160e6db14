//! What a scan saw: versions, cipher suites by version, groups, certificates for other hellos, features, sessions, faults, and
//! what stayed open.
//!
//! Only what is known stands among the facts; everything else is named at the end with its reason, so that nothing that was not
//! looked at looks well.

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use super::endpoint::description;
use super::page::{LABEL, Page, Role, Span, span};
use crate::observation::scan::{
    DhParameters, Enumeration, Oracle, Preference, ScannedChain, VersionSupport,
};
use crate::observation::{Attempt, EndpointObservation, Scan};
use crate::report::facts::{self, VersionFact};
use crate::store::{AddressState, EndpointState};
use crate::tls::{CipherSuite, Properties, ProtocolVersion, Registration, Strength};
use crate::x509::{HostName, PathVerdict};

/// Facts that are not known, each with its reason, in the order in which they would have stood.
#[derive(Default)]
struct Open(Vec<(String, String)>);

impl Open {
    /// Keeps what is known; notes what is not.
    fn take<T>(&mut self, what: &str, known: Result<T, String>) -> Option<T> {
        known
            .map_err(|reason| self.0.push((what.to_owned(), reason)))
            .ok()
    }

    /// Keeps what an attempt learned; notes what it did not.
    fn seen<T: Copy>(&mut self, what: &str, attempt: &Attempt<T>) -> Option<T> {
        self.take(what, facts::known(attempt).copied())
    }
}

/// Writes everything that a scan saw.
pub(super) fn write(
    page: &mut Page,
    state: &EndpointState,
    address: &AddressState,
    now: Timestamp,
) {
    let seen = &*address.observation;
    let scan = match facts::scan(seen) {
        Ok(scan) => scan,
        Err(reason) => {
            if facts::tls_offered(seen, state.endpoint.target.protocol) == Ok(true) {
                let text = format!("{reason}; other versions, suites and groups are not known");
                page.field("scan", &[span(Role::Unknown, text)]);
            }
            return;
        }
    };
    let mut open = Open::default();
    page.gap();
    course(page, scan, now);
    changes(page, address);
    let versions = facts::versions(seen, state.endpoint.target.protocol);
    matrix(page, &versions, &mut open);
    classes(page, scan, &mut open);
    page.gap();
    suites(page, scan, &mut open);
    page.gap();
    groups(page, scan, &mut open);
    parameters(page, scan, &mut open);
    signatures(page, scan, &mut open);
    for chain in &scan.chains {
        certificate(page, chain, seen, now);
    }
    features(page, seen, scan, &mut open);
    sessions(page, scan, &mut open);
    postgresql(page, scan, &mut open);
    faults(page, scan, &mut open);
    left_open(page, open);
}

/// Writes a scan in a line: what a fleet has room for.
pub(super) fn summary(page: &mut Page, seen: &EndpointObservation, state: &EndpointState) {
    let Some(scan) = seen.scan.seen() else {
        if let Some(reason) = facts::failure(&seen.scan) {
            page.field("scan", &[span(Role::Unknown, reason)]);
        }
        return;
    };
    let mut spans = vec![span(Role::Dim, format!("{} ·", scan.depth.as_str()))];
    let mut versions = facts::versions(seen, state.endpoint.target.protocol)
        .into_iter()
        .filter(|fact| fact.offered == Ok(true))
        .peekable();
    while let Some(fact) = versions.next() {
        let comma = if versions.peek().is_some() {
            ","
        } else {
            " ·"
        };
        let (_, role) = strength_mark(facts::version_strength(fact.version));
        spans.push(span(role, format!("{}{comma}", title(fact.version))));
    }
    let mut known: Vec<CipherSuite> = Vec::new();
    for suite in scan
        .versions
        .iter()
        .flat_map(|support| &support.cipher_suites.accepted)
    {
        if !known.contains(suite) {
            known.push(*suite);
        }
    }
    let least = if facts::suites_are_decided(scan) {
        ""
    } else {
        "at least "
    };
    spans.push(span(
        Role::Plain,
        format!("{least}{}", count(known.len(), "suite")),
    ));
    spans.extend(strengths(&known));
    if let Some(gap) = facts::scan_gap(seen) {
        spans.push(span(Role::Unknown, format!("· {gap}")));
    }
    page.field("scan", &spans);
}

/// Counts a thing.
fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Returns the mark and the role of a strength: each its own shape.
fn strength_mark(strength: Strength) -> (&'static str, Role) {
    match strength {
        Strength::Insecure => ("✗", Role::Critical),
        Strength::Weak => ("!", Role::Warning),
        Strength::Legacy => ("›", Role::Note),
        Strength::Strong => ("✓", Role::Ok),
        Strength::Unknown => ("?", Role::Unknown),
    }
}

/// Names a version as people do.
fn title(version: ProtocolVersion) -> String {
    match version.short() {
        short if short.starts_with(|first: char| first.is_ascii_digit()) => {
            format!("TLS {short}")
        }
        short => short,
    }
}

/// Writes how the scan went.
fn course(page: &mut Page, scan: &Scan, now: Timestamp) {
    let mut parts = vec![
        scan.depth.as_str().to_owned(),
        count(
            usize::try_from(scan.connections_used).unwrap_or(usize::MAX),
            "connection",
        ),
        format!("{:.2} s", scan.duration.as_secs_f64()),
    ];
    let age = now.duration_since(scan.began_at);
    if age.as_secs() >= 60 {
        parts.push(format!("{} ago", facts::span(age)));
    }
    let conduct = &scan.conduct;
    for (number, word) in [
        (conduct.resets, "reset"),
        (conduct.closes, "closed without a word"),
        (conduct.timeouts, "timed out"),
        (conduct.unconnected, "not taken"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    if conduct.slowed_down {
        parts.push("slowed down".to_owned());
    }
    page.field("scan", &[span(Role::Plain, parts.join(" · "))]);
    for gap in &scan.gaps {
        page.field("not whole", &[span(Role::Unknown, gap.clone())]);
    }
}

/// Writes what changed since the deep scan before.
fn changes(page: &mut Page, address: &AddressState) {
    let Some(difference) = &address.scan_difference else {
        return;
    };
    let since = difference.since.strftime("%Y-%m-%d %H:%M UTC");
    if difference.changes.is_empty() {
        page.field(
            "changed",
            &[span(Role::Plain, format!("nothing since {since}"))],
        );
    }
    for (index, change) in difference.changes.iter().enumerate() {
        let label = if index == 0 { "changed" } else { "" };
        page.field(label, &[span(Role::Warning, change.clone())]);
    }
    if !difference.changes.is_empty() {
        page.field("", &[span(Role::Dim, format!("since {since}"))]);
    }
}

/// Writes the versions side by side, and under each whether it is offered. What speaks against the server is in capitals.
fn matrix(page: &mut Page, versions: &[VersionFact], open: &mut Open) {
    let mut heads = vec![label("versions")];
    let mut cells = vec![label("")];
    for fact in versions {
        let name = title(fact.version);
        let strength = facts::version_strength(fact.version);
        let (mark, role, word) = match &fact.offered {
            Ok(true) if strength == Strength::Strong => ("✓", Role::Ok, "yes"),
            Ok(true) => {
                let (mark, role) = strength_mark(strength);
                (mark, role, "YES")
            }
            Ok(false) if fact.version == ProtocolVersion::TLSV1_3 => ("!", Role::Warning, "NO"),
            Ok(false) if strength == Strength::Strong => (" ", Role::Plain, "no"),
            Ok(false) => ("✓", Role::Ok, "no"),
            Err(_) => ("?", Role::Unknown, "open"),
        };
        if let Err(reason) = &fact.offered {
            open.0.push((name.clone(), reason.clone()));
        }
        let columns = name.width().max(6) + 2;
        heads.push(span(Role::Dim, format!("{name:<columns$}")));
        cells.push(span(
            role,
            format!("{:<columns$}", format!("{mark} {word}")),
        ));
    }
    page.line(&heads);
    page.line(&cells);
}

/// Returns a label that fills its column.
fn label(text: &str) -> Span {
    span(Role::Dim, format!("{:<LABEL$}", format!("  {text}")))
}

/// Writes which kinds of cipher suites are accepted in any version since SSLv3.
fn classes(page: &mut Page, scan: &Scan, open: &mut Open) {
    let mut spans = Vec::new();
    for class in &facts::CLASSES {
        let Some(accepted) = open.take(&format!("{} suites", class.word), class.accepted(scan))
        else {
            continue;
        };
        let good = class.strength == Strength::Strong;
        let (role, word) = match (accepted, good) {
            (true, true) => (Role::Ok, "yes"),
            (true, false) => (strength_mark(class.strength).1, "YES"),
            (false, false) => (Role::Ok, "no"),
            (false, true) => (Role::Warning, "NO"),
        };
        if !spans.is_empty() {
            spans.push(span(Role::Dim, "·"));
        }
        // No-break spaces keep word and answer on one line.
        spans.push(span(
            role,
            format!("{} {word}", class.word).replace(' ', "\u{a0}"),
        ));
    }
    if !spans.is_empty() {
        page.field("suite kinds", &spans);
    }
}

/// Writes the cipher suites of each version, newest first; a list that is another's is not repeated.
fn suites(page: &mut Page, scan: &Scan, open: &mut Open) {
    let columns = scan
        .versions
        .iter()
        .flat_map(|support| &support.cipher_suites.accepted)
        .map(|suite| suite.to_string().width())
        .max()
        .unwrap_or(0);
    let mut written: Vec<&VersionSupport> = Vec::new();
    for support in scan.versions.iter().rev() {
        if scan.offers(support.version) == Some(false) {
            continue;
        }
        let list = &support.cipher_suites;
        let name = title(support.version);
        if !list.is_complete() {
            let what = if list.accepted.is_empty() {
                format!("suites of {name}")
            } else {
                format!("other suites of {name}")
            };
            open.0.push((what, facts::undecided(scan)));
        }
        if list.accepted.is_empty() {
            continue;
        }
        let twin = written.iter().find(|other| {
            let other = &other.cipher_suites;
            other.accepted == list.accepted
                && other.preference == list.preference
                && other.is_complete() == list.is_complete()
        });
        if let Some(twin) = twin {
            let order = match list.preference.seen() {
                Some(Preference::Server | Preference::ServerButChacha20) => " in the same order",
                Some(Preference::Client) | None => "",
            };
            let number = count(list.accepted.len(), "suite");
            let text = format!("the same {number} as {}{order}", title(twin.version));
            page.field(&name, &[span(Role::Plain, text)]);
            continue;
        }
        heading(page, &name, list, open);
        for (index, suite) in list.accepted.iter().enumerate() {
            let place = facts::place(list, index).ok();
            row(page, *suite, place, columns);
        }
        written.push(support);
    }
    if let Some(sslv2) = scan.sslv2.seen() {
        let kinds = count(sslv2.cipher_kinds.len(), "cipher kind");
        page.field("SSLv2", &[span(Role::Critical, kinds)]);
        for kind in &sslv2.cipher_kinds {
            let (mark, role) = strength_mark(Strength::Insecure);
            page.line(&[
                span(Role::Plain, "      "),
                span(role, mark),
                span(Role::Plain, format!(" {kind}")),
            ]);
        }
    }
}

/// Writes how many suites a version has, how strong they are, and whose order decides.
fn heading(page: &mut Page, name: &str, list: &Enumeration<CipherSuite>, open: &mut Open) {
    let least = if list.is_complete() { "" } else { "at least " };
    let mut spans = vec![span(
        Role::Strong,
        format!("{least}{}", count(list.accepted.len(), "suite")),
    )];
    spans.extend(strengths(&list.accepted));
    match facts::known(&list.preference) {
        Ok(preference) => {
            let order = order(*preference).replace(' ', "\u{a0}");
            spans.push(span(Role::Dim, format!("·\u{a0}{order}")));
        }
        // Of one alone the order is known.
        Err(_) if list.is_complete() && list.accepted.len() == 1 => {}
        Err(reason) => {
            spans.push(span(Role::Unknown, "·\u{a0}order\u{a0}unknown"));
            open.0
                .push((format!("order of the suites of {name}"), reason));
        }
    }
    page.field(name, &spans);
}

/// Says whose order decides.
const fn order(preference: Preference) -> &'static str {
    match preference {
        Preference::Server => "the server's order",
        Preference::ServerButChacha20 => "the server's order, ChaCha20 on request",
        Preference::Client => "the client's order",
    }
}

/// Counts suites by strength, weakest first.
fn strengths(suites: &[CipherSuite]) -> Vec<Span> {
    [
        Strength::Insecure,
        Strength::Weak,
        Strength::Legacy,
        Strength::Strong,
        Strength::Unknown,
    ]
    .into_iter()
    .filter_map(|strength| {
        let number = suites
            .iter()
            .filter(|suite| suite.strength() == strength)
            .count();
        let (mark, role) = strength_mark(strength);
        (number > 0).then(|| {
            span(
                role,
                format!("· {mark}\u{a0}{number}\u{a0}{}", strength.as_str()),
            )
        })
    })
    .collect()
}

/// Writes one suite: its place, a mark, its name, and as much of what it consists of as fits.
fn row(page: &mut Page, suite: CipherSuite, place: Option<usize>, columns: usize) {
    let strength = suite.strength();
    let (mark, role) = strength_mark(strength);
    let place = place.map(|place| place.to_string()).unwrap_or_default();
    let mut spans = vec![
        span(Role::Dim, format!("  {place:>3} ")),
        span(role, mark),
        span(Role::Plain, format!(" {:<columns$}", suite.to_string())),
    ];
    let properties = suite.properties();
    let bits = properties.map(|it| it.bits.to_string()).unwrap_or_default();
    let mut used = 8 + columns;
    let facts = [
        span(Role::Plain, format!(" {bits:>4}")),
        span(role, format!(" {:<8}", strength.as_str())),
    ];
    for fact in facts {
        used += fact.1.width();
        if used <= page.width() {
            spans.push(fact);
        }
    }
    for note in properties.map(notes).unwrap_or_default() {
        used += 1 + note.width();
        if used > page.width() {
            break;
        }
        spans.push(span(Role::Dim, format!(" {note}")));
    }
    page.line(&spans);
}

/// Says what keeps a suite from being strong, worst first.
fn notes(properties: Properties) -> Vec<&'static str> {
    [
        (properties.is_null(), "no encryption"),
        (properties.is_anonymous(), "anonymous"),
        (properties.is_export(), "export"),
        (properties.is_rc4(), "RC4"),
        (properties.has_64_bit_block(), "64-bit"),
        (!properties.forward_secrecy(), "no FS"),
        (properties.is_cbc(), "CBC"),
        (properties.has_short_tag(), "short tag"),
        (properties.registration == Registration::Draft, "draft"),
        (properties.registration == Registration::Private, "private"),
    ]
    .into_iter()
    .filter_map(|(holds, note)| holds.then_some(note))
    .collect()
}

/// Writes the groups of TLS 1.3 and of older versions; once where both are the same.
fn groups(page: &mut Page, scan: &Scan, open: &mut Open) {
    let older = facts::older_version(scan);
    let (new, old) = (&scan.groups_tls13, &scan.groups_tls12);
    if new.accepted == old.accepted && new.preference == old.preference && !new.accepted.is_empty()
    {
        list_groups(page, "groups", new);
    } else {
        if !new.accepted.is_empty() {
            list_groups(page, "groups 1.3", new);
        }
        if !old.accepted.is_empty() {
            list_groups(page, &format!("groups {}", older.short()), old);
        }
    }
    let no_older = Scan::VERSIONS
        .into_iter()
        .filter(|version| *version != ProtocolVersion::TLSV1_3)
        .all(|version| scan.offers(version) == Some(false));
    for (list, name, settled) in [
        (
            new,
            "groups of TLS 1.3".to_owned(),
            scan.offers(ProtocolVersion::TLSV1_3) == Some(false),
        ),
        (old, format!("groups of {}", title(older)), no_older),
    ] {
        if !list.is_complete() && !settled {
            open.0.push((name, facts::undecided(scan)));
        }
    }
}

/// Writes one list of groups.
fn list_groups(page: &mut Page, name: &str, list: &Enumeration<crate::tls::NamedGroup>) {
    let mut spans = Vec::new();
    for (index, group) in list.accepted.iter().enumerate() {
        let comma = if index + 1 < list.accepted.len() {
            ","
        } else {
            ""
        };
        let (role, aside) = if group.is_post_quantum() {
            (Role::Ok, " (post-quantum)")
        } else if group.is_weak() {
            (Role::Warning, " (WEAK)")
        } else {
            (Role::Plain, "")
        };
        spans.push(span(role, format!("{group}{aside}{comma}")));
    }
    if !list.is_complete() {
        spans.push(span(Role::Unknown, "and perhaps others"));
    }
    if let Some(preference) = list.preference.seen() {
        spans.push(span(
            Role::Dim,
            format!("·\u{a0}{}", order(*preference).replace(' ', "\u{a0}")),
        ));
    }
    page.field(name, &spans);
}

/// Writes finite-field parameters, the export key and what repeats.
fn parameters(page: &mut Page, scan: &Scan, open: &mut Open) {
    if scan.dh_parameters.is_empty() && facts::accepts_dhe(scan) != Some(false) {
        open.take("DH parameters", facts::dh_bits(scan));
    }
    for parameters in &scan.dh_parameters {
        page.field("DH prime", &[prime(parameters)]);
    }
    if let Some(key) = scan.export_rsa.seen() {
        let reused = match key.reused {
            Some(true) => ", the same on two connections",
            Some(false) => ", another on each connection",
            None => "",
        };
        let text = format!("{} bits for the RSA_EXPORT suites{reused}", key.bits);
        page.field("export key", &[span(Role::Critical, text)]);
    }
    for (name, reused) in [
        ("DH", &scan.ephemeral_keys.dh_reused),
        ("ECDH", &scan.ephemeral_keys.ecdh_reused),
    ] {
        match open.seen(&format!("whether {name} keys repeat"), reused) {
            Some(true) => page.field(
                "key reused",
                &[span(
                    Role::Warning,
                    format!("two connections got the same {name} key"),
                )],
            ),
            Some(false) | None => {}
        }
    }
}

/// Describes a prime.
fn prime(parameters: &DhParameters) -> Span {
    let role = match parameters.bits {
        0..1024 => Role::Critical,
        1024..2048 => Role::Warning,
        2048.. => Role::Plain,
    };
    let whose = match &parameters.well_known {
        Some(name) => name.clone(),
        None => format!("not a shared one, SHA-256 {:.16}…", parameters.prime_sha256),
    };
    span(
        role,
        format!(
            "{} bits · {whose} · seen in {} with {}",
            parameters.bits,
            title(parameters.version),
            parameters.cipher_suite.short()
        ),
    )
}

/// Writes with what the server signs its key exchange.
fn signatures(page: &mut Page, scan: &Scan, open: &mut Open) {
    let list = &scan.signature_schemes_tls12;
    if list.accepted.is_empty() {
        if !list.is_complete() {
            let reason = list
                .preference
                .reason()
                .unwrap_or_else(|| facts::undecided(scan));
            open.0.push(("signature schemes".to_owned(), reason));
        }
        return;
    }
    let mut spans = Vec::new();
    for (index, scheme) in list.accepted.iter().enumerate() {
        let comma = if index + 1 < list.accepted.len() {
            ","
        } else {
            ""
        };
        let (role, aside) = if scheme.is_weak() {
            (Role::Warning, " (WEAK)")
        } else {
            (Role::Plain, "")
        };
        spans.push(span(role, format!("{scheme}{aside}{comma}")));
    }
    if !list.is_complete() {
        spans.push(span(Role::Unknown, "and perhaps others"));
    }
    page.field("signs with", &spans);
}

/// Writes the chain that another hello got.
fn certificate(
    page: &mut Page,
    scanned: &ScannedChain,
    seen: &EndpointObservation,
    now: Timestamp,
) {
    let name = if scanned.with_server_name {
        format!("for {}", scanned.key_type)
    } else {
        "without SNI".to_owned()
    };
    let Some(end_entity) = scanned.chain.end_entity() else {
        page.field(
            &name,
            &[span(Role::Critical, "its certificate cannot be read")],
        );
        return;
    };
    let first = seen.chain.seen().and_then(|chain| chain.end_entity());
    let kind = if scanned.with_server_name {
        String::new()
    } else {
        format!("{}: ", scanned.key_type)
    };
    if first.is_some_and(|first| first.sha256 == end_entity.sha256) {
        let text = format!("{kind}the same certificate as above");
        page.field(&name, &[span(Role::Plain, text)]);
        return;
    }
    let text = format!("{kind}{}", description(end_entity));
    page.field(&name, &[span(Role::Plain, text)]);
    let role = if end_entity.not_after < now {
        Role::Critical
    } else {
        Role::Plain
    };
    let mut spans = vec![span(role, facts::ending(end_entity.not_after, now))];
    match facts::known(&scanned.verification) {
        Ok(verification) => {
            spans.push(match verification.path {
                PathVerdict::Valid => span(Role::Ok, "· path valid"),
                PathVerdict::Invalid => span(
                    Role::Critical,
                    format!("· path invalid: {}", verification.path_detail),
                ),
            });
            if scanned.with_server_name {
                spans.push(match verification.host_name {
                    HostName::Match => span(Role::Ok, "· host name certified"),
                    HostName::CommonNameOnly => {
                        span(Role::Warning, "· host name only as common name")
                    }
                    HostName::Mismatch => span(Role::Critical, "· host name mismatch"),
                });
            }
        }
        Err(reason) => spans.push(span(Role::Unknown, format!("· not verified: {reason}"))),
    }
    page.field("", &spans);
}

/// A thing that a server does or does not do, and what a reader is to think of it.
struct Feature {
    name: &'static str,
    yes: &'static str,
    no: &'static str,
    /// What is to be wished; `None` where it is as good either way.
    wanted: Option<bool>,
    /// How bad it is otherwise.
    otherwise: Strength,
    value: Result<bool, String>,
}

impl Feature {
    /// Returns a feature: the name under which it is missed, and the words for yes and no.
    fn new(
        [name, yes, no]: [&'static str; 3],
        wanted: Option<bool>,
        otherwise: Strength,
        value: Result<bool, String>,
    ) -> Self {
        Self {
            name,
            yes,
            no,
            wanted,
            otherwise,
            value,
        }
    }
}

/// Narrowest cell of a grid.
const CELL: usize = 31;

/// Writes what is known of features in columns.
fn grid(page: &mut Page, name: &str, features: Vec<Feature>, open: &mut Open) {
    let per_line = ((page.width().saturating_sub(LABEL)) / CELL).max(1);
    let columns = (page.width().saturating_sub(LABEL)) / per_line;
    let mut cells = Vec::new();
    for feature in features {
        let Some(value) = open.take(feature.name, feature.value) else {
            continue;
        };
        let (mark, role) = match feature.wanted {
            None => ("›", Role::Plain),
            Some(wanted) if wanted == value => ("✓", Role::Ok),
            Some(_) => strength_mark(feature.otherwise),
        };
        let text = if value { feature.yes } else { feature.no };
        cells.push([span(role, mark), span(Role::Plain, format!(" {text}"))]);
    }
    for (index, line) in cells.chunks(per_line).enumerate() {
        let mut spans = vec![label(if index == 0 { name } else { "" })];
        for [mark, text] in line {
            let used = mark.1.width() + text.1.width();
            spans.push(mark.clone());
            spans.push(text.clone());
            spans.push(span(Role::Plain, " ".repeat(columns.saturating_sub(used))));
        }
        page.line(&spans);
    }
}

/// Writes extensions and signals of the handshake.
fn features(page: &mut Page, seen: &EndpointObservation, scan: &Scan, open: &mut Open) {
    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);
    let it = &scan.handshake;
    let known = |attempt: &Attempt<bool>| facts::known(attempt).copied();
    let features = [
        (
            [
                "secure renegotiation",
                "secure renegotiation",
                "NO secure renegotiation",
            ],
            YES,
            known(&it.secure_renegotiation),
        ),
        (
            [
                "client renegotiation",
                "CLIENT may renegotiate",
                "no client renegotiation",
            ],
            NO,
            known(&it.client_renegotiation),
        ),
        (
            ["fallback signal", "fallback signal", "NO fallback signal"],
            YES,
            known(&it.fallback_scsv),
        ),
        (
            [
                "downgrade sentinel",
                "downgrade sentinel",
                "NO downgrade sentinel",
            ],
            YES,
            known(&it.downgrade_sentinel),
        ),
        (
            [
                "extended master secret",
                "extended master secret",
                "NO extended master secret",
            ],
            YES,
            known(&it.extended_master_secret),
        ),
        (
            [
                "encrypt-then-MAC",
                "encrypt-then-MAC",
                "no encrypt-then-MAC",
            ],
            None,
            known(&it.encrypt_then_mac),
        ),
        (
            ["compression", "COMPRESSION (DEFLATE)", "no compression"],
            NO,
            known(&it.compression),
        ),
        (
            ["heartbeat", "heartbeat", "no heartbeat"],
            None,
            known(&it.heartbeat),
        ),
        (
            ["OCSP staple", "OCSP stapled", "no OCSP staple"],
            None,
            facts::ocsp_stapled(seen),
        ),
        (
            [
                "tolerance of unknown values",
                "ignores unknown values",
                "TRIPS over unknown values",
            ],
            YES,
            known(&it.grease_tolerated),
        ),
        (
            [
                "tolerance of a large hello",
                "takes a large hello",
                "TRIPS over a large hello",
            ],
            YES,
            known(&it.large_hello_tolerated),
        ),
    ];
    let features = features
        .into_iter()
        .map(|(words, wanted, value)| Feature::new(words, wanted, Strength::Weak, value))
        .collect();
    grid(page, "features", features, open);
    if let Some(protocols) = open.take("ALPN", facts::known(&it.alpn)) {
        let text = if protocols.is_empty() {
            "none of those that were offered".to_owned()
        } else {
            protocols.join(", ")
        };
        page.field("ALPN", &[span(Role::Plain, text)]);
    }
}

/// Writes how sessions are resumed, and what can be seen of tickets.
fn sessions(page: &mut Page, scan: &Scan, open: &mut Open) {
    let it = &scan.sessions;
    let mut ways = Vec::new();
    for (name, attempt) in [
        ("by id", &it.resumed_by_id),
        ("by ticket", &it.resumed_by_ticket),
        ("by PSK", &it.resumed_by_psk),
    ] {
        if let Some(resumed) = open.seen(&format!("resumption {name}"), attempt) {
            ways.push(format!("{name} {}", if resumed { "yes" } else { "no" }));
        }
    }
    if !ways.is_empty() {
        page.field("resumption", &[span(Role::Plain, ways.join(" · "))]);
    }
    match &it.ticket {
        Attempt::Seen(ticket) => {
            let lifetime = match i64::from(ticket.lifetime_seconds) {
                0 => "lifetime unspecified".to_owned(),
                seconds => format!(
                    "lifetime {}",
                    facts::span(jiff::SignedDuration::from_secs(seconds))
                ),
            };
            let key = match &ticket.key_name_sha256 {
                Some(name) => format!("key name SHA-256 {name:.16}…"),
                None => "no name of a key in them".to_owned(),
            };
            page.field(
                "tickets",
                &[span(Role::Plain, format!("{lifetime} · {key}"))],
            );
        }
        Attempt::Refused(_) => page.field("tickets", &[span(Role::Plain, "none is issued")]),
        Attempt::Failed(_) | Attempt::NotAttempted(_) => {
            open.take("tickets", facts::accepted(&it.ticket));
        }
    }
    match open.seen("early data", &it.early_data) {
        Some(0) => page.field("early data", &[span(Role::Ok, "no")]),
        Some(most) => {
            let text = format!("YES, up to {most} bytes that can be replayed");
            page.field("early data", &[span(Role::Warning, text)]);
        }
        None => {}
    }
}

/// Writes what the PostgreSQL wire adds.
fn postgresql(page: &mut Page, scan: &Scan, open: &mut Open) {
    let it = &scan.postgresql;
    match &it.direct_tls {
        Attempt::Seen(direct) => {
            let text = match direct.alpn.as_deref() {
                Some(protocol) => format!("taken, ALPN {protocol}"),
                None => "taken, without ALPN: what speaks there may not be SQL".to_owned(),
            };
            page.field("direct TLS", &[span(Role::Plain, text)]);
        }
        Attempt::Refused(how) => {
            page.field("direct TLS", &[span(Role::Plain, format!("no: {how}"))])
        }
        Attempt::Failed(_) | Attempt::NotAttempted(_) => {
            open.take("direct TLS", facts::accepted(&it.direct_tls));
        }
    }
    match open.seen("early bytes", &it.early_bytes_refused) {
        Some(true) => page.field("early bytes", &[span(Role::Ok, "refused")]),
        Some(false) => page.field(
            "early bytes",
            &[span(
                Role::Critical,
                "TAKEN for bytes inside (CVE-2021-23214)",
            )],
        ),
        None => {}
    }
    if let Some(refused) = open.take(
        "suites refused after the handshake",
        facts::known(&it.refused_after_handshake),
    ) {
        for refused in refused {
            let text = format!(
                "{} in {}: {}",
                refused.cipher_suite,
                title(refused.version),
                refused.reason
            );
            page.field("refuses later", &[span(Role::Note, text)]);
        }
    }
}

/// Writes which faults were looked for and what came of it.
fn faults(page: &mut Page, scan: &Scan, open: &mut Open) {
    let it = &scan.faults;
    let known = |attempt: &Attempt<bool>| facts::known(attempt).copied();
    let robot = facts::known(&it.robot).map(|oracle| *oracle != Oracle::None);
    let faults = [
        (
            ["Heartbleed", "HEARTBLEED", "no Heartbleed"],
            known(&it.heartbleed),
        ),
        (
            ["CCS injection", "CCS INJECTION", "no CCS injection"],
            known(&it.ccs_injection),
        ),
        (["ROBOT", "ROBOT", "no ROBOT"], robot),
        (
            ["Ticketbleed", "TICKETBLEED", "no Ticketbleed"],
            known(&it.ticketbleed),
        ),
        (
            [
                "CBC padding oracle",
                "CBC PADDING ORACLE",
                "no CBC padding oracle",
            ],
            known(&it.cbc_padding_oracle),
        ),
    ];
    let mut reasons = faults.iter().map(|(_, value)| value.as_ref().err());
    if let Some(Some(first)) = reasons.next()
        && reasons.all(|reason| reason == Some(first))
    {
        let text = format!("none was looked for: {first}");
        page.field("faults", &[span(Role::Unknown, text)]);
        return;
    }
    let faults = faults
        .into_iter()
        .map(|(words, value)| Feature::new(words, Some(false), Strength::Insecure, value))
        .collect();
    grid(page, "faults", faults, open);
}

/// Most facts that are named for one reason.
const MOST_FACTS: usize = 12;

/// Writes what the scan did not decide, by reason.
fn left_open(page: &mut Page, open: Open) {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for (what, reason) in open.0 {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, facts)) => facts.push(what),
            None => reasons.push((reason, vec![what])),
        }
    }
    if reasons.is_empty() {
        return;
    }
    page.gap();
    page.line(&[span(Role::Unknown, "  not seen by the scan")]);
    for (reason, mut facts) in reasons {
        let more = facts.len().saturating_sub(MOST_FACTS);
        facts.truncate(MOST_FACTS);
        if more > 0 {
            facts.push(format!("and {more} more"));
        }
        page.hanging(
            &[span(Role::Unknown, "    ?")],
            6,
            &[
                span(Role::Plain, format!("{}:", facts.join(", "))),
                span(Role::Dim, reason),
            ],
        );
    }
}
