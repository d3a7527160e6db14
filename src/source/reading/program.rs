//! What readings of programs share: connection strings wherever they stand, and what the call around them adds.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::declaration::{
    Certainty, Connection, Declaration, DeclarationKind, Edit, Extent, Fix, Host, Mode,
    PasswordSource, Place, RootCertificate, SecretKind, VerificationOff,
};
use crate::source::driver::{Driver, Protection};
use crate::source::expression::{Call, Expression, ExpressionKind};
use crate::source::fact::Fact;
use crate::text::printable;
use crate::text::template::{Span, Template};

use super::connection::{self, Hints};
use super::{Scene, secret};

/// Nobody: a program does not tell who its neighbours are.
pub(super) static NOBODY: BTreeSet<String> = BTreeSet::new();

/// Returns the driver that the imports tell, and how.
pub(super) fn driver(scene: &Scene<'_>) -> (Driver, String) {
    let mut best: Option<(u8, Driver, String)> = None;
    for fact in &scene.facts.facts {
        let Fact::Import(import) = fact else { continue };
        let Some(driver) = Driver::of_import(&import.module) else {
            continue;
        };
        // `java.sql` and the like are only likely; a driver by its own name is certain.
        let rank = u8::from(import.module.starts_with("java.sql"));
        if best.as_ref().is_none_or(|(known, ..)| rank < *known) {
            best = Some((
                rank,
                driver,
                format!("imports {}", printable(&import.module)),
            ));
        }
    }
    best.map_or((Driver::Unknown, String::new()), |(_, driver, evidence)| {
        (driver, evidence)
    })
}

/// Calls `visit` for every value of the file, outermost first, with the calls it stands in, innermost last.
pub(super) fn each_expression<'a>(
    scene: &Scene<'a>,
    visit: &mut dyn FnMut(&'a Expression, &[&'a Call]),
) {
    for fact in &scene.facts.facts {
        match fact {
            Fact::Assignment(it) => walk(&it.value, &mut Vec::new(), visit),
            Fact::Expression(it) | Fact::Document(it) => walk(it, &mut Vec::new(), visit),
            Fact::Call(call) => {
                let mut inside = vec![call];
                for value in call
                    .receiver
                    .iter()
                    .chain(call.arguments.iter().map(|it| &it.value))
                {
                    walk(value, &mut inside, visit);
                }
            }
            Fact::Scope(scope) => {
                for (_, default) in &scope.parameters {
                    if let Some(default) = default {
                        walk(default, &mut Vec::new(), visit);
                    }
                }
                for decorator in &scope.decorators {
                    walk(decorator, &mut Vec::new(), visit);
                }
            }
            Fact::Import(_) | Fact::Branch(_) | Fact::Command(_) | Fact::Directive(_) => {}
        }
    }
}

fn walk<'a>(
    expression: &'a Expression,
    inside: &mut Vec<&'a Call>,
    visit: &mut dyn FnMut(&'a Expression, &[&'a Call]),
) {
    visit(expression, inside);
    if let ExpressionKind::Call(call) = &expression.kind {
        inside.push(call);
        for child in expression.children() {
            walk(child, inside, visit);
        }
        inside.pop();
    } else {
        for child in expression.children() {
            walk(child, inside, visit);
        }
    }
}

/// Calls `visit` for every call of the file, also those inside of others.
pub(super) fn each_call<'a>(scene: &Scene<'a>, visit: &mut dyn FnMut(&'a Call)) {
    for fact in &scene.facts.facts {
        if let Fact::Call(call) = fact {
            visit(call);
        }
    }
    each_expression(scene, &mut |expression, _| {
        if let ExpressionKind::Call(call) = &expression.kind {
            visit(call);
        }
    });
}

/// The connections that were found so far, each by where it begins.
#[derive(Debug, Default)]
pub(super) struct Connections {
    found: BTreeMap<(usize, usize), Vec<Declaration>>,
}

impl Connections {
    /// Finds every connection string of the file.
    pub(super) fn find(scene: &Scene<'_>, driver: Driver, evidence: &str) -> Self {
        let mut connections = Self::default();
        let mut covered: Option<Span> = None;
        each_expression(scene, &mut |expression, _| {
            // A part of a text that was read as a whole is no text of its own. Parts come right after their whole.
            if covered.as_ref().is_some_and(|span| {
                span.start <= expression.span.start && expression.span.end <= span.end
            }) {
                return;
            }
            if !matches!(
                expression.kind,
                ExpressionKind::Text(_)
                    | ExpressionKind::Join(_)
                    | ExpressionKind::Call(_)
                    | ExpressionKind::Either(_)
            ) {
                return;
            }
            let mut is_one = false;
            for text in scene.names.texts(expression) {
                is_one |= connections.take(&text, driver, evidence);
            }
            if is_one {
                covered = Some(expression.span.clone());
            }
        });
        connections
    }

    /// Takes a text, where it is a connection string.
    pub(super) fn take(&mut self, text: &Template, driver: Driver, evidence: &str) -> bool {
        let hints = Hints {
            driver,
            driver_evidence: evidence.to_owned(),
            neighbours: &NOBODY,
        };
        let Some(read) = connection::read(text, &hints) else {
            return false;
        };
        let span = read.connection.span.clone();
        self.found
            .entry((span.start, span.end))
            .or_insert(read.declarations);
        true
    }

    /// Changes the connections that an expression may be.
    pub(super) fn change(
        &mut self,
        scene: &Scene<'_>,
        expression: &Expression,
        change: &dyn Fn(&mut Connection) -> bool,
    ) {
        for text in scene.names.texts(expression) {
            let (filled, _) = text.with_defaults();
            let Some(declared) = crate::libpq::declared::parse(&filled) else {
                continue;
            };
            let key = (declared.span.start, declared.span.end);
            let Some(declaration) = self.found.get_mut(&key).and_then(|it| it.first_mut()) else {
                continue;
            };
            if let DeclarationKind::Connection(connection) = &mut declaration.kind
                && change(connection)
            {
                if let Some(setting) = &connection.setting {
                    declaration.span = setting.span.clone();
                }
                // The edits were of the text, which no longer decides.
                declaration.fixes.clear();
            }
        }
    }

    /// Adds what was found.
    pub(super) fn into_found(self, found: &mut Vec<Declaration>) {
        found.extend(self.found.into_values().flatten());
    }
}

/// Declares that verification is off.
pub(super) fn verification_off(
    by: impl Into<String>,
    extent: Extent,
    span: Span,
    is_conditional: bool,
    is_database: bool,
) -> Declaration {
    Declaration {
        kind: DeclarationKind::VerificationOff(VerificationOff {
            by: by.into(),
            extent,
            is_conditional,
            is_database,
        }),
        span,
        certainty: if is_conditional {
            Certainty::Medium
        } else {
            Certainty::High
        },
        fixes: Vec::new(),
    }
}

/// A fix that puts one text in the place of another.
pub(super) fn replacement(title: &str, span: Span, replacement: &str, is_safe: bool) -> Fix {
    Fix {
        title: title.to_owned(),
        edits: vec![Edit {
            span,
            replacement: replacement.to_owned(),
        }],
        is_safe,
    }
}

/// Makes a connection out of options that are not a string.
pub(super) fn of_options(
    driver: Driver,
    driver_evidence: &str,
    host: Option<&Template>,
    span: Span,
) -> Connection {
    let name = host.and_then(|host| host.with_defaults().0.literal());
    let place = match &name {
        Some(name) if !name.is_empty() => connection::place_of(name, &NOBODY),
        Some(_) => Place::Unknown,
        None if host.is_some() => Place::Unknown,
        None => Place::Loopback,
    };
    Connection {
        driver,
        driver_evidence: driver_evidence.to_owned(),
        hosts: vec![Host {
            name: name.map(|name| printable(&name)),
            port: None,
            place,
        }],
        user: None,
        database: None,
        password: PasswordSource::None,
        setting: None,
        protection: Protection::Unknown,
        mode: Mode::Missing,
        root_certificate: RootCertificate::Missing,
        client_certificate: None,
        span,
    }
}

/// Declares a connection.
pub(super) fn declare(connection: Connection, certainty: Certainty) -> Declaration {
    Declaration {
        span: connection
            .setting
            .as_ref()
            .map_or_else(|| connection.span.clone(), |setting| setting.span.clone()),
        kind: DeclarationKind::Connection(Box::new(connection)),
        certainty,
        fixes: Vec::new(),
    }
}

/// Finds secrets under names that promise one: assignments, arguments by name, entries of maps.
pub(super) fn secrets(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    let mut take = |name: &str, value: &Expression| {
        let Some(kind) = secret::promised(name) else {
            return;
        };
        // A literal here, or a fallback beside a variable; a name is read where it is assigned.
        let text = match &value.kind {
            ExpressionKind::Text(template) => Some(template.clone()),
            ExpressionKind::Either(_) | ExpressionKind::Call(_) => scene.names.text(value),
            _ => None,
        };
        let Some(text) = text else { return };
        if !text.is_literal() && !text.with_defaults().1 {
            return;
        }
        if matches!(kind, SecretKind::Password) && connection::is_connection_string(&text) {
            return;
        }
        let span = value.span.clone();
        found.extend(secret::declare(name, kind, &text, span, false));
    };
    for fact in &scene.facts.facts {
        if let Fact::Assignment(it) = fact
            && !it.added
        {
            take(&it.target, &it.value);
        }
    }
    let mut pairs: Vec<(&str, &Expression)> = Vec::new();
    let arguments = |call: &Call| {
        // A validator's or a form's options are about a field and no secret.
        let last = call.last().to_ascii_lowercase();
        ![
            "field", "label", "input", "column", "argument", "option", "getpass", "prompt",
        ]
        .iter()
        .any(|word| last.contains(word))
    };
    each_expression(scene, &mut |expression, _| match &expression.kind {
        ExpressionKind::Map(entries) => {
            pairs.extend(entries.iter().map(|it| (it.key.as_str(), &it.value)));
        }
        ExpressionKind::Call(call) if arguments(call) => {
            pairs.extend(
                call.arguments
                    .iter()
                    .filter_map(|it| Some((it.name.as_deref()?, &it.value))),
            );
        }
        _ => {}
    });
    for fact in &scene.facts.facts {
        if let Fact::Call(call) = fact
            && arguments(call)
        {
            pairs.extend(
                call.arguments
                    .iter()
                    .filter_map(|it| Some((it.name.as_deref()?, &it.value))),
            );
        }
    }
    for (name, value) in pairs {
        take(name, value);
    }
}
