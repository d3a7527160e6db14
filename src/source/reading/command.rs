//! Reads command lines: `cockroach`, `psql`, uvicorn, gunicorn, and connection strings among their words.

use std::collections::BTreeSet;

use super::Scene;
use super::connection::{self, Hints};
use crate::source::declaration::{
    Certainty, Declaration, DeclarationKind, Protocol, Server, ServerWeakness, Web, WebGap,
};
use crate::source::driver::Driver;
use crate::source::fact::{Command, Fact};
use crate::text::printable;
use crate::text::template::{Span, Template};

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    for fact in &scene.facts.facts {
        if let Fact::Command(command) = fact {
            one(command, found);
        }
    }
}

fn one(command: &Command, found: &mut Vec<Declaration>) {
    let words: Vec<String> = command
        .words
        .iter()
        .map(|word| word.filled_with(""))
        .collect();
    let program = words
        .first()
        .map_or("", |word| word.rsplit('/').next().unwrap_or(word))
        .to_owned();
    cockroach(command, &words, found);
    if matches!(
        program.as_str(),
        "uvicorn" | "gunicorn" | "hypercorn" | "python" | "python3"
    ) {
        front_end(command, &words, &program, found);
    }
    // `echo` and `printf` of a connection string are a disclosure, which is read elsewhere.
    if !matches!(program.as_str(), "echo" | "printf" | "cat") {
        for word in &command.words {
            strings(word, &program, found);
        }
    }
}

/// A word that is a connection string, or has one behind `--url=`.
fn strings(word: &Template, program: &str, found: &mut Vec<Declaration>) {
    let neighbours = BTreeSet::new();
    let hints = Hints {
        driver: match program {
            "psql" | "pg_dump" | "pg_restore" | "pg_isready" => Driver::Libpq,
            "cockroach" => Driver::Cockroach,
            _ => Driver::Unknown,
        },
        driver_evidence: String::new(),
        neighbours: &neighbours,
    };
    let read = connection::read(word, &hints).or_else(|| {
        let (_, rest) = split_behind_equals(word)?;
        connection::read(&rest, &hints)
    });
    if let Some(read) = read {
        found.extend(read.declarations);
    }
}

/// Cuts `--url=postgres://…` behind its first `=`.
fn split_behind_equals(word: &Template) -> Option<(String, Template)> {
    use crate::text::Secret;
    use crate::text::template::{Literal, Part};
    let Some(Part::Literal(first)) = word.parts.first() else {
        return None;
    };
    let (name, rest) = first.text.expose().split_once('=')?;
    let mut parts = vec![Part::Literal(Literal {
        text: Secret::new(rest),
        span: first.span_of(name.len() + 1..first.text.expose().len()),
        verbatim: first.verbatim,
    })];
    parts.extend(word.parts[1..].iter().cloned());
    Some((
        name.to_owned(),
        Template {
            parts,
            span: word.span.clone(),
        },
    ))
}

/// `cockroach start --insecure`; an image's own entry point leaves the program out.
fn cockroach(command: &Command, words: &[String], found: &mut Vec<Declaration>) {
    let starts = words
        .iter()
        .take(12)
        .any(|word| matches!(word.as_str(), "start" | "start-single-node" | "demo" | "mt"));
    let is_cockroach = words.iter().take(8).any(|word| {
        word.rsplit('/').next() == Some("cockroach")
            || word == "start-single-node"
            || word.contains("cockroach.sh")
    }) || words.first().is_some_and(|word| word == "start");
    if !starts || !is_cockroach {
        return;
    }
    for (word, template) in words.iter().zip(&command.words) {
        let flag = word.split('=').next().unwrap_or_default();
        let value = word.split_once('=').map(|(_, value)| value);
        let weakness = match flag {
            "--insecure" if value != Some("false") => ServerWeakness::Insecure,
            "--accept-sql-without-tls" if value != Some("false") => ServerWeakness::SqlWithoutTls,
            _ => continue,
        };
        found.push(Declaration {
            kind: DeclarationKind::Server(Server {
                product: "CockroachDB",
                weakness,
                written: printable(flag),
                is_exposed: None,
            }),
            span: template.span.clone(),
            certainty: Certainty::High,
            fixes: Vec::new(),
        });
    }
}

/// uvicorn's and gunicorn's TLS options.
fn front_end(command: &Command, words: &[String], program: &str, found: &mut Vec<Declaration>) {
    let mut place = 0;
    while place < words.len() {
        let (flag, inline) = words[place]
            .split_once('=')
            .map_or((words[place].as_str(), None), |(flag, value)| {
                (flag, Some(value))
            });
        let value = inline
            .map(str::to_owned)
            .or_else(|| words.get(place + 1).cloned())
            .unwrap_or_default();
        let span: Span = command.words[place].span.start
            ..command.words[(place + usize::from(inline.is_none())).min(words.len() - 1)]
                .span
                .end;
        match flag {
            "--ssl-ciphers" | "--ciphers" => {
                let weak = super::server::weak_ciphers(&value);
                if !weak.is_empty() {
                    found.push(protocol(program, weak, &format!("{flag} {value}"), span));
                }
            }
            "--ssl-version" => {
                let weak = match value.as_str() {
                    "2" | "SSLv3" => Some("SSLv3"),
                    "3" | "TLSv1" => Some("TLSv1"),
                    "4" | "TLSv1_1" => Some("TLSv1.1"),
                    _ => None,
                };
                if let Some(weak) = weak {
                    found.push(protocol(
                        program,
                        vec![weak.to_owned()],
                        &format!("{flag} {value}"),
                        span,
                    ));
                }
            }
            "--forwarded-allow-ips" if value == "*" => found.push(Declaration {
                kind: DeclarationKind::Web(Web {
                    framework: "uvicorn",
                    gap: WebGap::AnyForwarder,
                    written: "--forwarded-allow-ips *".to_owned(),
                }),
                span,
                certainty: Certainty::High,
                fixes: Vec::new(),
            }),
            _ => {}
        }
        place += 1;
    }
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
