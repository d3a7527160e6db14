//! Reads configurations of servers: nginx, `HAProxy`, Apache, `pg_hba.conf`, `postgresql.conf`.

use super::Scene;
use super::program;
use crate::source::declaration::{
    Certainty, Declaration, DeclarationKind, Extent, Protocol, Server, ServerWeakness,
};
use crate::source::fact::{Directive, Fact};
use crate::source::format::Format;
use crate::text::printable;
use crate::text::template::Span;

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    for fact in &scene.facts.facts {
        match fact {
            Fact::Directive(directive) => match scene.format {
                Format::Nginx => nginx(directive, found),
                Format::Haproxy => haproxy(directive, found),
                Format::Apache => apache(directive, found),
                Format::PgHba => pg_hba(directive, found),
                _ => {}
            },
            Fact::Assignment(it) if scene.format == Format::PostgresqlConf => {
                let Some(value) = it.value.scalar() else {
                    continue;
                };
                postgresql(&it.target, &value, it.span.clone(), found);
            }
            _ => {}
        }
    }
}

fn words(directive: &Directive) -> Vec<String> {
    directive
        .words
        .iter()
        .map(|word| word.filled_with(""))
        .collect()
}

fn protocol(product: &str, weak: Vec<String>, written: &str, span: Span) -> Declaration {
    Declaration {
        kind: DeclarationKind::Protocol(Protocol {
            product: product.to_owned(),
            weak,
            written: printable(written),
            is_server: true,
        }),
        span,
        certainty: Certainty::High,
        fixes: Vec::new(),
    }
}

/// Returns the weak versions among words such as `TLSv1` and `SSLv3`.
fn weak_versions(words: &[String]) -> Vec<String> {
    words
        .iter()
        .filter_map(|word| match word.trim_start_matches('+') {
            "SSLv2" => Some("SSLv2"),
            "SSLv3" => Some("SSLv3"),
            "TLSv1" | "TLSv1.0" => Some("TLSv1"),
            "TLSv1.1" => Some("TLSv1.1"),
            _ => None,
        })
        .map(str::to_owned)
        .collect()
}

/// Returns what is weak about an OpenSSL cipher list (`openssl-ciphers(1)`): only what it adds counts, and what it kills later does not.
pub(super) fn weak_ciphers(list: &str) -> Vec<String> {
    let terms: Vec<&str> = list
        .split([':', ',', ' '])
        .map(str::trim)
        .filter(|term| !term.is_empty())
        .take(256)
        .collect();
    let killed = |word: &str| {
        terms
            .iter()
            .any(|term| term.strip_prefix('!') == Some(word))
    };
    let mut weak = Vec::new();
    let mut add = |word: &str| {
        if !weak.iter().any(|known| known == word) {
            weak.push(word.to_owned());
        }
    };
    for term in &terms {
        if term.starts_with(['!', '-']) {
            continue;
        }
        if term.eq_ignore_ascii_case("@SECLEVEL=0") || term.ends_with("@SECLEVEL=0") {
            add("@SECLEVEL=0");
        }
        let parts: Vec<&str> = term
            .trim_start_matches('+')
            .split(['-', '+', '_'])
            .collect();
        let has = |word: &str| parts.contains(&word);
        if has("RC4") && !killed("RC4") {
            add("RC4");
        }
        if (has("3DES") || has("CBC3")) && !killed("3DES") {
            add("3DES");
        }
        if (has("DES") && !has("CBC3")) && !killed("DES") {
            add("DES");
        }
        if (has("NULL") || has("eNULL") || *term == "COMPLEMENTOFALL")
            && !killed("eNULL")
            && !killed("NULL")
        {
            add("NULL");
        }
        if (has("aNULL") || has("ADH") || has("AECDH")) && !killed("aNULL") {
            add("anonymous");
        }
        if (has("EXP") || has("EXPORT") || has("EXPORT40")) && !killed("EXP") && !killed("EXPORT") {
            add("EXPORT");
        }
        if matches!(*term, "LOW") && !killed("LOW") {
            add("LOW");
        }
        if has("MD5") && !killed("MD5") {
            add("MD5");
        }
    }
    weak
}

fn nginx(directive: &Directive, found: &mut Vec<Declaration>) {
    let words = words(directive);
    let written = format!("{} {}", directive.name, words.join(" "));
    match directive.name.as_str() {
        "ssl_protocols" => {
            let weak = weak_versions(&words);
            if !weak.is_empty() {
                let mut declaration = protocol("nginx", weak, &written, directive.span.clone());
                if let (Some(first), Some(last)) = (directive.words.first(), directive.words.last())
                {
                    declaration.fixes.push(program::replacement(
                        "offer TLS 1.2 and 1.3 alone",
                        first.span.start..last.span.end,
                        "TLSv1.2 TLSv1.3",
                        true,
                    ));
                }
                found.push(declaration);
            }
        }
        "ssl_ciphers" | "proxy_ssl_ciphers" => {
            let weak = weak_ciphers(&words.join(":"));
            if !weak.is_empty() {
                found.push(protocol("nginx", weak, &written, directive.span.clone()));
            }
        }
        _ => {}
    }
}

fn haproxy(directive: &Directive, found: &mut Vec<Declaration>) {
    let words = words(directive);
    let written = format!("{} {}", directive.name, words.join(" "));
    let mut weak = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let next = words.get(place + 1).map_or("", String::as_str);
        match word.as_str() {
            "ssl-min-ver" => weak.extend(weak_versions(&[next.to_owned()])),
            "force-sslv3" => weak.push("SSLv3".to_owned()),
            "force-tlsv10" => weak.push("TLSv1".to_owned()),
            "force-tlsv11" => weak.push("TLSv1.1".to_owned()),
            "ciphers" => weak.extend(weak_ciphers(next)),
            "verify"
                if next == "none"
                    && matches!(directive.name.as_str(), "server" | "default-server") =>
            {
                found.push(program::verification_off(
                    "verify none",
                    Extent::Everything,
                    directive.words[place].span.start..directive.words[place + 1].span.end,
                    false,
                    false,
                ));
            }
            _ => {}
        }
    }
    if directive.name.ends_with("-ciphers") {
        weak.extend(weak_ciphers(&words.join(":")));
    }
    if !weak.is_empty() {
        found.push(protocol("HAProxy", weak, &written, directive.span.clone()));
    }
}

fn apache(directive: &Directive, found: &mut Vec<Declaration>) {
    let words = words(directive);
    let written = format!("{} {}", directive.name, words.join(" "));
    match directive.name.as_str() {
        "sslprotocol" | "sslproxyprotocol" => {
            let all = words
                .iter()
                .any(|word| matches!(word.to_ascii_lowercase().as_str(), "all" | "+all"));
            let mut weak = weak_versions(&words);
            if all {
                // `all` is everything that OpenSSL has, less what is taken away.
                for version in ["SSLv3", "TLSv1", "TLSv1.1"] {
                    let taken = words
                        .iter()
                        .any(|word| word.strip_prefix('-') == Some(version));
                    if !taken && !weak.iter().any(|it| it == version) {
                        weak.push(version.to_owned());
                    }
                }
            }
            if !weak.is_empty() {
                found.push(protocol("Apache", weak, &written, directive.span.clone()));
            }
        }
        "sslciphersuite" => {
            let weak = weak_ciphers(&words.join(":"));
            if !weak.is_empty() {
                found.push(protocol("Apache", weak, &written, directive.span.clone()));
            }
        }
        "sslproxyverify" if words.first().is_some_and(|word| word == "none") => {
            found.push(program::verification_off(
                "SSLProxyVerify none",
                Extent::Everything,
                directive.span.clone(),
                false,
                false,
            ));
        }
        _ => {}
    }
}

/// `host all all 0.0.0.0/0 trust`: type, database, user, address, method.
fn pg_hba(directive: &Directive, found: &mut Vec<Declaration>) {
    let words = words(directive);
    if directive.name == "local" {
        return;
    }
    let (Some(address), Some(last)) = (words.get(2), words.last()) else {
        return;
    };
    let is_loopback = address.starts_with("127.")
        || address.starts_with("::1")
        || address == "localhost"
        || address == "samehost";
    // The method is the first word behind the address that is no mask.
    let method = words[3..]
        .iter()
        .find(|word| !word.contains('.') && !word.contains('='))
        .unwrap_or(last);
    let weakness = match (directive.name.as_str(), method.as_str()) {
        (_, "reject") => return,
        (_, "trust") => ServerWeakness::Trust,
        _ if is_loopback => return,
        (_, "password" | "md5") => ServerWeakness::WeakAuthentication,
        ("host" | "hostnossl", _) => ServerWeakness::PlaintextAllowed,
        _ => return,
    };
    found.push(Declaration {
        kind: DeclarationKind::Server(Server {
            product: "PostgreSQL",
            weakness,
            written: printable(&format!("{} {}", directive.name, words.join(" "))),
            is_exposed: Some(!is_loopback),
        }),
        span: directive.span.clone(),
        certainty: Certainty::High,
        fixes: if weakness == ServerWeakness::PlaintextAllowed {
            vec![program::replacement(
                "take TLS connections alone",
                directive.name_span.clone(),
                "hostssl",
                false,
            )]
        } else {
            Vec::new()
        },
    });
}

fn postgresql(name: &str, value: &str, span: Span, found: &mut Vec<Declaration>) {
    match name {
        "ssl" if matches!(value, "off" | "false" | "no" | "0") => found.push(Declaration {
            kind: DeclarationKind::Server(Server {
                product: "PostgreSQL",
                weakness: ServerWeakness::TlsOff,
                written: format!("ssl = {value}"),
                is_exposed: None,
            }),
            span,
            certainty: Certainty::High,
            fixes: Vec::new(),
        }),
        "ssl_ciphers" => {
            let weak = weak_ciphers(value);
            if !weak.is_empty() {
                found.push(protocol(
                    "PostgreSQL",
                    weak,
                    &format!("{name} = {value}"),
                    span,
                ));
            }
        }
        "password_encryption" if value == "md5" => found.push(Declaration {
            kind: DeclarationKind::Server(Server {
                product: "PostgreSQL",
                weakness: ServerWeakness::WeakAuthentication,
                written: "password_encryption = md5".to_owned(),
                is_exposed: None,
            }),
            span,
            certainty: Certainty::High,
            fixes: Vec::new(),
        }),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cipher_lists_are_weak_by_what_they_add() {
        assert!(weak_ciphers("HIGH:!aNULL:!MD5:!RC4:!3DES").is_empty());
        assert!(weak_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20").is_empty());
        assert_eq!(
            weak_ciphers("ECDHE-RSA-RC4-SHA:DES-CBC3-SHA"),
            ["RC4", "3DES"]
        );
        assert_eq!(weak_ciphers("ALL:@SECLEVEL=0"), ["@SECLEVEL=0"]);
        assert_eq!(weak_ciphers("RC4-SHA:!RC4"), Vec::<String>::new());
    }
}
