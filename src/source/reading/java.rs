//! Reads connections and TLS settings in Java.

use super::Scene;
use super::program::{self, Connections};
use crate::source::declaration::{Declaration, Extent};
use crate::source::fact::Fact;

/// Names that switch verification off wherever they are used.
const SWITCHES: [(&str, Extent); 5] = [
    ("NoopHostnameVerifier", Extent::HostName),
    ("ALLOW_ALL_HOSTNAME_VERIFIER", Extent::HostName),
    ("AllowAllHostnameVerifier", Extent::HostName),
    ("TrustAllStrategy", Extent::Everything),
    ("InsecureTrustManagerFactory", Extent::Everything),
];

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    let (driver, evidence) = program::driver(scene);
    Connections::find(scene, driver, &evidence).into_found(found);
    program::each_expression(scene, &mut |expression, _| {
        let name = expression
            .name()
            .or_else(|| expression.call().map(|call| call.callee.as_str()));
        let Some(name) = name else { return };
        for (switch, extent) in SWITCHES {
            if name.split('.').any(|part| part == switch) {
                found.push(program::verification_off(
                    switch,
                    extent,
                    expression.span.clone(),
                    false,
                    false,
                ));
            }
        }
    });
    // A trust manager that does nothing: a check whose body holds no statement.
    for fact in &scene.facts.facts {
        if let Fact::Scope(scope) = fact
            && scope.name == "checkServerTrusted"
            && is_empty_body(scene.text.get(scope.span.clone()).unwrap_or_default())
        {
            found.push(program::verification_off(
                "checkServerTrusted does nothing",
                Extent::Everything,
                scope.span.clone(),
                false,
                false,
            ));
        }
    }
    program::secrets(scene, found);
}

/// Whether a method's body has nothing in it but comments.
fn is_empty_body(method: &str) -> bool {
    let Some(open) = method.find('{') else {
        return false;
    };
    let body = method[open + 1..].trim_end().trim_end_matches('}');
    body.lines().map(str::trim).all(|line| {
        line.is_empty() || line.starts_with("//") || line.starts_with("/*") || line.starts_with('*')
    })
}
