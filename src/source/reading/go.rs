//! Reads connections and TLS settings in Go.

use super::Scene;
use super::program::{self, Connections};
use crate::source::declaration::{Certainty, Declaration, DeclarationKind, Extent, Protocol};
use crate::source::expression::{Expression, ExpressionKind};
use crate::source::fact::Fact;

/// Versions of `crypto/tls` below TLS 1.2.
const OLD: [(&str, &str); 3] = [
    ("tls.VersionSSL30", "SSLv3"),
    ("tls.VersionTLS10", "TLSv1"),
    ("tls.VersionTLS11", "TLSv1.1"),
];

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    let (driver, evidence) = program::driver(scene);
    Connections::find(scene, driver, &evidence).into_found(found);
    let mut take = |name: &str, value: &Expression, span: std::ops::Range<usize>| {
        setting(scene, name, value, span, found);
    };
    program::each_call(scene, &mut |call| {
        for argument in &call.arguments {
            if let Some(name) = &argument.name {
                take(name, &argument.value, argument.span.clone());
            }
        }
    });
    for fact in &scene.facts.facts {
        if let Fact::Assignment(it) = fact
            && let Some((_, last)) = it.target.rsplit_once('.')
        {
            take(last, &it.value, it.span.clone());
        }
    }
    program::secrets(scene, found);
}

fn setting(
    scene: &Scene<'_>,
    name: &str,
    value: &Expression,
    span: std::ops::Range<usize>,
    found: &mut Vec<Declaration>,
) {
    match name {
        "InsecureSkipVerify" => {
            let is_on = value.kind == ExpressionKind::Boolean(true);
            if is_on {
                let mut declaration = program::verification_off(
                    "InsecureSkipVerify: true",
                    Extent::Everything,
                    span,
                    false,
                    scene.facts.facts.iter().any(|fact| matches!(fact, Fact::Import(it) if crate::source::driver::Driver::of_import(&it.module).is_some())),
                );
                declaration.fixes.push(program::replacement(
                    "verify the certificate: set InsecureSkipVerify to false, and RootCAs and ServerName",
                    value.span.clone(),
                    "false",
                    false,
                ));
                found.push(declaration);
            }
        }
        "MinVersion" | "MaxVersion" => {
            let Some((written, version)) = OLD
                .iter()
                .find(|(written, _)| value.name() == Some(written))
            else {
                return;
            };
            found.push(Declaration {
                kind: DeclarationKind::Protocol(Protocol {
                    product: "crypto/tls".to_owned(),
                    weak: vec![(*version).to_owned()],
                    written: format!("{name}: {written}"),
                    is_server: true,
                }),
                span,
                certainty: Certainty::High,
                fixes: vec![program::replacement(
                    "allow TLS 1.2 and later alone",
                    value.span.clone(),
                    "tls.VersionTLS12",
                    true,
                )],
            });
        }
        _ => {}
    }
}
