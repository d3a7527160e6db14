//! Reads compose, Kubernetes, Helm and Terraform: how a database is run, and what is around it.

use super::Scene;
use crate::source::declaration::{
    Certainty, Declaration, DeclarationKind, Server, ServerWeakness, Surrounding, SurroundingGap,
};
use crate::source::expression::{Expression, ExpressionKind};
use crate::source::fact::Fact;
use crate::text::template::Span;

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    for fact in &scene.facts.facts {
        let Fact::Document(document) = fact else {
            continue;
        };
        helm(scene, document, found);
        match document
            .get("kind")
            .and_then(Expression::literal)
            .as_deref()
        {
            Some("CrdbCluster") => operator(document, found),
            Some("PeerAuthentication" | "DestinationRule") => mesh(document, found),
            _ => {}
        }
    }
}

fn server(
    product: &'static str,
    weakness: ServerWeakness,
    written: &str,
    span: Span,
) -> Declaration {
    Declaration {
        kind: DeclarationKind::Server(Server {
            product,
            weakness,
            written: written.to_owned(),
            is_exposed: None,
        }),
        span,
        certainty: Certainty::High,
        fixes: Vec::new(),
    }
}

/// The cockroachdb chart's `tls.enabled: false`, at the top or under the name of the chart.
fn helm(scene: &Scene<'_>, document: &Expression, found: &mut Vec<Declaration>) {
    let is_cockroach = scene.path.to_ascii_lowercase().contains("cockroach")
        || document.at(&["conf", "cache"]).is_some() && document.get("statefulset").is_some()
        || document
            .at(&["image", "repository"])
            .and_then(Expression::literal)
            .is_some_and(|image| image.contains("cockroach"));
    let mut places = Vec::new();
    if is_cockroach {
        places.push(document.at(&["tls", "enabled"]));
    }
    for name in ["cockroachdb", "cockroach", "crdb"] {
        places.push(document.at(&[name, "tls", "enabled"]));
    }
    for place in places.into_iter().flatten() {
        if place.kind == ExpressionKind::Boolean(false)
            || place.literal().as_deref() == Some("false")
        {
            found.push(server(
                "CockroachDB",
                ServerWeakness::TlsOff,
                "tls.enabled: false",
                place.span.clone(),
            ));
        }
    }
}

/// The operator's `tlsEnabled`, which is off where it is left out.
fn operator(document: &Expression, found: &mut Vec<Declaration>) {
    let Some(spec) = document.get("spec") else {
        return;
    };
    match spec.get("tlsEnabled") {
        Some(value) if value.kind == ExpressionKind::Boolean(true) => {}
        Some(value) => found.push(server(
            "CockroachDB",
            ServerWeakness::TlsOff,
            "tlsEnabled: false",
            value.span.clone(),
        )),
        None => {
            let span = document
                .get("kind")
                .map_or_else(|| spec.span.clone(), |kind| kind.span.clone());
            found.push(server(
                "CockroachDB",
                ServerWeakness::TlsOff,
                "tlsEnabled is left out, which means false",
                span,
            ));
        }
    }
}

/// Istio's `PERMISSIVE` and `DISABLE`.
fn mesh(document: &Expression, found: &mut Vec<Declaration>) {
    let places = [
        document.at(&["spec", "mtls", "mode"]),
        document.at(&["spec", "trafficPolicy", "tls", "mode"]),
    ];
    for place in places.into_iter().flatten() {
        let Some(mode) = place.literal() else {
            continue;
        };
        if matches!(mode.as_str(), "PERMISSIVE" | "DISABLE") {
            found.push(Declaration {
                kind: DeclarationKind::Surrounding(Surrounding {
                    gap: SurroundingGap::MeshPlaintext,
                    written: format!("mode: {mode}"),
                }),
                span: place.span.clone(),
                certainty: Certainty::High,
                fixes: Vec::new(),
            });
        }
    }
}
