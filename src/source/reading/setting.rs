//! Reads settings by their names: environment variables and keys of documents, in every format that is no program.

use std::collections::BTreeSet;

use super::Scene;
use super::connection::{self, Hints};
use super::program;
use super::secret;
use crate::source::declaration::{
    Certainty, Declaration, DeclarationKind, Extent, Host, Mode, Place, Protocol, SecretKind,
    Server, ServerWeakness, Setting, Surrounding, SurroundingGap,
};
use crate::source::driver::{Driver, Protection};
use crate::source::expression::{Expression, ExpressionKind};
use crate::source::fact::Fact;
use crate::source::format::Format;
use crate::text::printable;
use crate::text::template::{Part, Span, Template};

/// A key and its value, wherever they stand.
struct Pair<'a> {
    /// The last part of the key.
    name: String,
    /// The keys before it; list items count as their place.
    path: Vec<String>,
    text: Template,
    span: Span,
    /// The map that holds it.
    siblings: Option<&'a Expression>,
}

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    if is_program(scene.format) {
        return;
    }
    let neighbours = neighbours(scene);
    let mut pairs = Vec::new();
    for fact in &scene.facts.facts {
        match fact {
            Fact::Document(document) => collect(document, &mut Vec::new(), None, &mut pairs, 0),
            Fact::Assignment(it) => {
                if let Some(text) = scene.names.text(&it.value) {
                    pairs.push(Pair {
                        name: it.target.rsplit('.').next().unwrap_or_default().to_owned(),
                        path: Vec::new(),
                        text,
                        span: it.value.span.clone(),
                        siblings: None,
                    });
                }
            }
            _ => {}
        }
    }
    let all: Vec<(String, String)> = pairs
        .iter()
        .filter_map(|pair| {
            Some((
                pair.name.to_ascii_lowercase(),
                pair.text.with_defaults().0.literal()?,
            ))
        })
        .collect();
    for pair in &pairs {
        one(pair, &neighbours, &all, found);
    }
}

fn is_program(format: Format) -> bool {
    matches!(
        format,
        Format::Python
            | Format::JavaScript
            | Format::TypeScript
            | Format::Tsx
            | Format::Go
            | Format::Java
            | Format::Rust
    )
}

/// Names of the services of a compose file.
fn neighbours(scene: &Scene<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for fact in &scene.facts.facts {
        if let Fact::Document(document) = fact
            && let Some(services) = document.get("services")
        {
            names.extend(
                services
                    .entries()
                    .iter()
                    .map(|it| it.key.to_ascii_lowercase()),
            );
        }
    }
    names
}

fn collect<'a>(
    value: &'a Expression,
    path: &mut Vec<String>,
    siblings: Option<&'a Expression>,
    pairs: &mut Vec<Pair<'a>>,
    depth: usize,
) {
    if depth > crate::source::front::DEEPEST {
        return;
    }
    match &value.kind {
        ExpressionKind::Map(entries) => {
            // `- name: K` with `value: V` beside it.
            let named = value.get("name").and_then(Expression::literal);
            if let (Some(name), Some(held)) = (named, value.get("value"))
                && let Some(text) = text_of(held)
            {
                pairs.push(Pair {
                    name,
                    path: path.clone(),
                    text,
                    span: held.span.clone(),
                    siblings,
                });
            }
            for entry in entries {
                path.push(entry.key.clone());
                collect(&entry.value, path, Some(value), pairs, depth + 1);
                path.pop();
            }
        }
        ExpressionKind::List(items) => {
            for (place, item) in items.iter().enumerate() {
                path.push(place.to_string());
                collect(item, path, Some(value), pairs, depth + 1);
                path.pop();
            }
        }
        _ => {
            if let (Some(text), Some(name)) = (text_of(value), path.last()) {
                let before = path[..path.len() - 1].to_vec();
                pairs.extend(inside(&text, path));
                pairs.push(Pair {
                    name: name.clone(),
                    path: before,
                    text,
                    span: value.span.clone(),
                    siblings,
                });
            }
        }
    }
}

/// A document inside of a block scalar, line by line: `KESTRA_CONFIGURATION: |` has the whole configuration of a program in it.
fn inside<'a>(text: &Template, path: &[String]) -> Vec<Pair<'a>> {
    let lines = text.parts.iter().filter_map(|part| match part {
        Part::Literal(literal) if literal.verbatim => Some(literal),
        _ => None,
    });
    let mut pairs = Vec::new();
    let whole: usize = lines
        .clone()
        .map(|it| it.text.expose().lines().count())
        .sum();
    if whole < 2 {
        return pairs;
    }
    for literal in lines.take(4096) {
        let mut start = 0;
        for line in literal.text.expose().split_inclusive('\n') {
            let at = start;
            start += line.len();
            let Some((key, value)) = line.split_once(": ") else {
                continue;
            };
            let name = key.trim().trim_start_matches("- ").trim_matches('"');
            let is_name = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
            let bare = value.trim().trim_matches(['"', '\'']);
            let Some(offset) = line.find(bare).filter(|_| is_name && !bare.is_empty()) else {
                continue;
            };
            let span = literal.span_of(at + offset..at + offset + bare.len());
            let text = if bare.contains("${") || bare.contains("{{") {
                continue;
            } else {
                Template::verbatim(bare, span.clone())
            };
            pairs.push(Pair {
                name: name.to_owned(),
                path: path.to_vec(),
                text,
                span,
                siblings: None,
            });
        }
    }
    pairs
}

fn text_of(value: &Expression) -> Option<Template> {
    match &value.kind {
        ExpressionKind::Text(template) => Some(template.clone()),
        ExpressionKind::Number(_) | ExpressionKind::Boolean(_) => {
            Some(Template::verbatim(&value.scalar()?, value.span.clone()))
        }
        _ => None,
    }
}

fn one(
    pair: &Pair<'_>,
    neighbours: &BTreeSet<String>,
    all: &[(String, String)],
    found: &mut Vec<Declaration>,
) {
    let hints = Hints {
        driver: driver_of(pair),
        driver_evidence: String::new(),
        neighbours,
    };
    if let Some(mut read) = connection::read(&pair.text, &hints) {
        // `DATABASE_SSL: "false"` beside the URL says what counts.
        if read.connection.mode == Mode::Missing
            && all
                .iter()
                .any(|(name, value)| is_ssl_switch(name) && is_off(value))
        {
            read.declarations.remove(0);
        }
        found.extend(read.declarations);
        return;
    }
    if let Some(secret) = connection::url_password(&pair.text, neighbours) {
        found.push(secret);
        return;
    }
    let (filled, is_default) = pair.text.with_defaults();
    let lower = pair.name.to_ascii_lowercase();
    if let Some(value) = filled.literal() {
        let value = value.trim().to_owned();
        mode(pair, &lower, &value, is_default, all, neighbours, found);
        switches(pair, &lower, &value, found);
        versions(pair, &lower, &value, found);
    }
    passwords(pair, found);
}

/// What the neighbourhood of a key tells of the driver.
fn driver_of(pair: &Pair<'_>) -> Driver {
    let name = pair.name.to_ascii_lowercase();
    if pair.path.iter().any(|it| it == "datasource") || name.contains("jdbc") {
        Driver::Pgjdbc
    } else if name == "database_url" && pair.path.iter().any(|it| it.contains("prisma")) {
        Driver::Prisma
    } else {
        Driver::Unknown
    }
}

/// `DATABASE_SSL`, `DB_SSL_ENABLED`, `POSTGRES_USE_SSL`, `KONG_PG_SSL`.
fn is_ssl_switch(lower: &str) -> bool {
    let words = secret::words_of(lower);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    has(&["ssl", "tls"])
        && has(&[
            "db",
            "database",
            "pg",
            "postgres",
            "postgresql",
            "sql",
            "cockroach",
            "cockroachdb",
            "crdb",
            "typeorm",
        ])
        && !has(&[
            "mode", "cert", "key", "ca", "root", "path", "file", "min", "max", "version", "reject",
            "redis", "port",
        ])
}

fn is_off(value: &str) -> bool {
    matches!(
        value.to_ascii_lowercase().as_str(),
        "false" | "0" | "off" | "no" | "disable" | "disabled"
    )
}

/// `PGSSLMODE`, `DB_SSLMODE`, `sslmode:`, `server_tls_sslmode`, and switches.
fn mode(
    pair: &Pair<'_>,
    lower: &str,
    value: &str,
    is_default: bool,
    all: &[(String, String)],
    neighbours: &BTreeSet<String>,
    found: &mut Vec<Declaration>,
) {
    let squeezed: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_mode = squeezed.ends_with("sslmode");
    // MySQL's modes are words of their own.
    if is_mode
        && matches!(
            value,
            "DISABLED" | "PREFERRED" | "REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY"
        )
    {
        return;
    }
    let protection = if is_mode {
        match value.to_ascii_lowercase().as_str() {
            "disable" | "false" | "off" => Protection::Plaintext,
            "allow" | "prefer" => Protection::PlaintextPossible,
            "require" | "true" | "no-verify" => Protection::Unverified,
            "verify-ca" => Protection::ChainOnly,
            _ => return,
        }
    } else if is_ssl_switch(lower) && is_off(value) {
        Protection::Plaintext
    } else {
        return;
    };
    let driver = if squeezed.starts_with("servertls") || squeezed.starts_with("clienttls") {
        Driver::PgBouncer
    } else if squeezed == "pgsslmode" {
        Driver::Libpq
    } else {
        Driver::Unknown
    };
    let mut connection = program::of_options(driver, "", None, pair.span.clone());
    connection.hosts = vec![host(pair, all, neighbours)];
    connection.protection = protection;
    connection.mode = if is_default {
        Mode::Default
    } else {
        Mode::Explicit
    };
    connection.setting = Some(Setting {
        name: printable(&pair.name),
        value: printable(value),
        span: pair.span.clone(),
    });
    let mut declaration = program::declare(
        connection,
        if is_mode {
            Certainty::High
        } else {
            Certainty::Medium
        },
    );
    if is_mode && !is_default && pair.text.is_literal() {
        declaration.fixes.push(program::replacement(
            "set verify-full, and the root certificate beside it",
            pair.span.clone(),
            "verify-full",
            false,
        ));
        if let Some(fix) = declaration.fixes.last_mut()
            && let Some(Part::Literal(literal)) = pair.text.parts.first()
        {
            fix.edits[0].span = literal.span.clone();
        }
    }
    found.push(declaration);
}

/// The host that stands beside a mode, where one does.
fn host(pair: &Pair<'_>, all: &[(String, String)], neighbours: &BTreeSet<String>) -> Host {
    let beside = pair.siblings.and_then(|siblings| {
        siblings
            .entries()
            .iter()
            .find(|it| is_host_name(&it.key.to_ascii_lowercase()))
            .and_then(|it| it.value.literal())
    });
    let name = beside.or_else(|| {
        all.iter()
            .find(|(name, _)| is_host_name(name))
            .map(|(_, value)| value.clone())
    });
    Host {
        place: name.as_deref().map_or(Place::Unknown, |name| {
            connection::place_of(name, neighbours)
        }),
        name: name.map(|name| printable(&name)),
        port: None,
    }
}

fn is_host_name(lower: &str) -> bool {
    let words = secret::words_of(lower);
    lower == "pghost"
        || words
            .last()
            .is_some_and(|it| it == "host" || it == "hostname")
            && (words.len() == 1
                || words.iter().any(|it| {
                    matches!(
                        it.as_str(),
                        "db" | "database" | "pg" | "postgres" | "postgresql" | "sql" | "typeorm"
                    )
                }))
}

/// Switches that are about more than one connection.
#[expect(clippy::too_many_lines, reason = "one arm for each switch")]
fn switches(pair: &Pair<'_>, lower: &str, value: &str, found: &mut Vec<Declaration>) {
    let squeezed: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_on = matches!(
        value.to_ascii_lowercase().as_str(),
        "true" | "1" | "yes" | "on"
    );
    let declare = |kind| Declaration {
        kind,
        span: pair.span.clone(),
        certainty: Certainty::High,
        fixes: Vec::new(),
    };
    let skips = [
        "insecureskipverify",
        "tlsskipverify",
        "skiptlsverify",
        "sslskipverify",
        "insecuretls",
        "tlsinsecure",
        "allowinvalidcertificates",
        "trustservercertificate",
        "acceptinvalidcerts",
    ];
    if is_on && skips.iter().any(|it| squeezed.ends_with(it)) {
        found.push(program::verification_off(
            format!("{}: {}", printable(&pair.name), printable(value)),
            Extent::Everything,
            pair.span.clone(),
            false,
            false,
        ));
    }
    if squeezed.ends_with("rejectunauthorized") && is_off(value) {
        found.push(program::verification_off(
            format!("{}={}", printable(&pair.name), printable(value)),
            Extent::Everything,
            pair.span.clone(),
            false,
            true,
        ));
    }
    match squeezed.as_str() {
        "cockroachinsecure" if is_on => found.push(declare(DeclarationKind::Server(Server {
            product: "CockroachDB",
            weakness: ServerWeakness::Insecure,
            written: "COCKROACH_INSECURE=true".to_owned(),
            is_exposed: None,
        }))),
        "cockroachskipkeypermissioncheck" if is_on => {
            found.push(declare(DeclarationKind::Server(Server {
                product: "CockroachDB",
                weakness: ServerWeakness::KeyPermissionsUnchecked,
                written: printable(&pair.name),
                is_exposed: None,
            })));
        }
        "cockroachtlsenableoldciphersuites" if is_on => {
            found.push(declare(DeclarationKind::Server(Server {
                product: "CockroachDB",
                weakness: ServerWeakness::OldCipherSuites,
                written: printable(&pair.name),
                is_exposed: None,
            })));
        }
        "postgreshostauthmethod" if value == "trust" => {
            found.push(declare(DeclarationKind::Server(Server {
                product: "PostgreSQL",
                weakness: ServerWeakness::Trust,
                written: "POSTGRES_HOST_AUTH_METHOD: trust".to_owned(),
                is_exposed: None,
            })));
        }
        "authtype" if matches!(value, "trust" | "any") => {
            found.push(declare(DeclarationKind::Server(Server {
                product: "PgBouncer",
                weakness: ServerWeakness::Trust,
                written: format!("auth_type = {value}"),
                is_exposed: None,
            })));
        }
        "sslkeylogfile" if !value.is_empty() => {
            found.push(declare(DeclarationKind::Surrounding(Surrounding {
                gap: SurroundingGap::KeyLog,
                written: "SSLKEYLOGFILE".to_owned(),
            })));
        }
        "nodetlsrejectunauthorized" if value == "0" => found.push(program::verification_off(
            "NODE_TLS_REJECT_UNAUTHORIZED=0",
            Extent::Everything,
            pair.span.clone(),
            false,
            false,
        )),
        _ => {}
    }
}

/// Lowest versions that are taken: Envoy, Traefik, PostgreSQL, Kafka and many more have a key for it.
fn versions(pair: &Pair<'_>, lower: &str, value: &str, found: &mut Vec<Declaration>) {
    let squeezed: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_minimum = [
        "minversion",
        "minimumprotocolversion",
        "minprotocolversion",
        "tlsminversion",
        "minimumtlsversion",
        "sslminver",
    ]
    .iter()
    .any(|it| squeezed.ends_with(it));
    if !is_minimum {
        return;
    }
    let weak = match value
        .to_ascii_uppercase()
        .replace(['_', '.', ' '], "")
        .trim_start_matches("VERSION")
    {
        "TLS10" | "TLSV1" | "TLSV10" | "TLS1" => "TLSv1",
        "TLS11" | "TLSV11" => "TLSv1.1",
        "SSL30" | "SSLV3" => "SSLv3",
        _ => return,
    };
    found.push(Declaration {
        kind: DeclarationKind::Protocol(Protocol {
            product: "the server".to_owned(),
            weak: vec![weak.to_owned()],
            written: format!("{}: {}", printable(&pair.name), printable(value)),
            is_server: true,
        }),
        span: pair.span.clone(),
        certainty: Certainty::High,
        fixes: Vec::new(),
    });
}

/// Whether a text is a DNS label with more than one word, as resources are named (RFC 1123).
fn is_resource_name(value: &str) -> bool {
    !value.is_empty()
        && value.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
        })
        && !value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn passwords(pair: &Pair<'_>, found: &mut Vec<Declaration>) {
    let Some(kind) = secret::promised(&pair.name) else {
        return;
    };
    // `secret: {name: …}` of Kubernetes and compose names a secret, and a schema describes a field.
    let in_reference = pair.path.iter().any(|it| {
        matches!(
            it.as_str(),
            "secretKeyRef"
                | "secretRef"
                | "valueFrom"
                | "secrets"
                | "properties"
                | "parameters"
                | "required"
        )
    });
    if in_reference {
        return;
    }
    // Charts name Kubernetes Secrets by keys such as `nodeSecret`: what stands there is a resource's name.
    if kind == SecretKind::Key
        && pair
            .text
            .literal()
            .is_some_and(|value| is_resource_name(&value))
        && pair.name.contains(|c: char| c.is_ascii_uppercase())
        && pair.name.contains(|c: char| c.is_ascii_lowercase())
    {
        return;
    }
    // What a cipher or a hash has: a Secret's `data` is base64 and given away all the same; nothing is known of its length.
    let kind = if kind == SecretKind::Key
        && pair.name.eq_ignore_ascii_case("secret")
        && pair.path.is_empty()
    {
        return;
    } else {
        kind
    };
    found.extend(secret::declare(
        &pair.name,
        kind,
        &pair.text,
        pair.span.clone(),
        false,
    ));
}
