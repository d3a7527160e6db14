//! Reads what an HTTP application leaves open.

use super::Scene;
use super::program;
use crate::source::declaration::{Certainty, Declaration, DeclarationKind, Web, WebGap};
use crate::source::expression::{Call, ExpressionKind};
use crate::source::fact::Fact;
use crate::source::format::Format;
use crate::text::printable;
use crate::text::template::Span;

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    match scene.format {
        Format::Python => python(scene, found),
        Format::Json | Format::Yaml => open_api(scene, found),
        _ => {}
    }
}

fn declare(framework: &'static str, gap: WebGap, written: &str, span: Span) -> Declaration {
    Declaration {
        kind: DeclarationKind::Web(Web {
            framework,
            gap,
            written: printable(written),
        }),
        span,
        certainty: Certainty::Medium,
        fixes: Vec::new(),
    }
}

fn python(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    program::each_call(scene, &mut |call| {
        let is = |name: &str, value: bool| {
            call.named(name)
                .is_some_and(|it| it.value.kind == ExpressionKind::Boolean(value))
        };
        match call.last() {
            "set_cookie" => cookie(call, found),
            "add_middleware" => {
                let kind = call
                    .positional(0)
                    .and_then(|it| it.value.name())
                    .unwrap_or_default()
                    .to_owned();
                if kind.ends_with("SessionMiddleware") && !is("https_only", true) {
                    found.push(declare(
                        "Starlette",
                        WebGap::Cookie,
                        "SessionMiddleware without https_only=True",
                        call.span.clone(),
                    ));
                }
                let any = call.named("allow_origins").is_some_and(|it| {
                    it.value
                        .items()
                        .iter()
                        .any(|it| it.literal().as_deref() == Some("*"))
                });
                if kind.ends_with("CORSMiddleware") && any && is("allow_credentials", true) {
                    found.push(declare(
                        "Starlette",
                        WebGap::AnyOrigin,
                        "allow_origins=[\"*\"], allow_credentials=True",
                        call.span.clone(),
                    ));
                }
            }
            _ => {}
        }
    });
    for fact in &scene.facts.facts {
        let Fact::Assignment(it) = fact else { continue };
        let name = it.target.rsplit('.').next().unwrap_or_default();
        let is_false = it.value.kind == ExpressionKind::Boolean(false);
        if is_false
            && matches!(
                name,
                "SESSION_COOKIE_SECURE"
                    | "CSRF_COOKIE_SECURE"
                    | "SESSION_COOKIE_HTTPONLY"
                    | "REMEMBER_COOKIE_SECURE"
            )
        {
            found.push(declare(
                "the application",
                WebGap::Cookie,
                &format!("{name} = False"),
                it.span.clone(),
            ));
        }
        if is_false && name == "SECURE_SSL_REDIRECT" {
            found.push(declare(
                "Django",
                WebGap::HttpsRedirect,
                "SECURE_SSL_REDIRECT = False",
                it.span.clone(),
            ));
        }
    }
}

/// `set_cookie` of a session without its attributes.
fn cookie(call: &Call, found: &mut Vec<Declaration>) {
    let name = call
        .named("key")
        .or_else(|| call.positional(0))
        .and_then(|it| it.value.literal())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_session = ["session", "token", "auth", "jwt", "sid"]
        .iter()
        .any(|word| name.contains(word));
    let is_true = |name: &str| {
        call.named(name)
            .is_some_and(|it| it.value.kind != ExpressionKind::Boolean(false))
    };
    let missing: Vec<&str> = [
        ("secure", "Secure"),
        ("httponly", "HttpOnly"),
        ("samesite", "SameSite"),
    ]
    .into_iter()
    .filter(|(argument, _)| !is_true(argument))
    .map(|(_, attribute)| attribute)
    .collect();
    if is_session && !missing.is_empty() && call.named("**").is_none() {
        found.push(declare(
            "the application",
            WebGap::Cookie,
            &format!("set_cookie without {}", missing.join(", ")),
            call.span.clone(),
        ));
    }
}

/// An `OpenAPI` document whose servers are `http://` elsewhere than here.
fn open_api(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    for fact in &scene.facts.facts {
        let Fact::Document(document) = fact else {
            continue;
        };
        if document.get("openapi").is_none() {
            continue;
        }
        for server in document.get("servers").map_or(&[][..], |it| it.items()) {
            let Some(url) = server.get("url") else {
                continue;
            };
            let Some(text) = url.literal() else { continue };
            let is_here =
                text.contains("localhost") || text.contains("127.0.0.1") || text.contains("[::1]");
            if text.starts_with("http://") && !is_here {
                found.push(declare(
                    "the interface description",
                    WebGap::PlainHttpServer,
                    &text,
                    url.span.clone(),
                ));
            }
        }
    }
}
