//! Reads connections and TLS settings in Rust.

use super::Scene;
use super::program::{self, Connections};
use crate::source::declaration::{Certainty, Declaration, Extent, Mode, Setting};
use crate::source::driver::{Driver, Protection};
use crate::source::expression::{Call, Expression, ExpressionKind};

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    let (driver, evidence) = program::driver(scene);
    let mut connections = Connections::find(scene, driver, &evidence);
    program::each_call(scene, &mut |call| {
        plaintext_connector(scene, call, &mut connections);
        off(call, found);
        ssl_mode(scene, call, driver, &evidence, found);
    });
    connections.into_found(found);
    program::secrets(scene, found);
}

/// `connect(url, NoTls)`: whatever the URL says, no TLS is tried.
fn plaintext_connector(scene: &Scene<'_>, call: &Call, connections: &mut Connections) {
    let is_no_tls = |it: &Expression| {
        it.name()
            .is_some_and(|name| name.rsplit('.').next() == Some("NoTls"))
    };
    let Some(connector) = call.arguments.iter().find(|it| is_no_tls(&it.value)) else {
        return;
    };
    let setting = Setting {
        name: "connector".to_owned(),
        value: "NoTls".to_owned(),
        span: connector.value.span.clone(),
    };
    for argument in call
        .receiver
        .iter()
        .chain(call.arguments.iter().map(|it| &it.value))
    {
        connections.change(scene, argument, &|connection| {
            connection.driver = Driver::TokioPostgres;
            connection.protection = Protection::Plaintext;
            connection.mode = Mode::Explicit;
            connection.setting = Some(setting.clone());
            true
        });
    }
}

/// Calls that switch verification off.
fn off(call: &Call, found: &mut Vec<Declaration>) {
    let is_true = |it: &Call| {
        it.positional(0)
            .is_some_and(|argument| argument.value.kind == ExpressionKind::Boolean(true))
    };
    let extent = match call.last() {
        "danger_accept_invalid_certs" if is_true(call) => Extent::Everything,
        "danger_accept_invalid_hostnames" if is_true(call) => Extent::HostName,
        "with_custom_certificate_verifier" | "set_certificate_verifier" => Extent::Everything,
        "set_verify"
            if call.positional(0).is_some_and(|it| {
                it.value
                    .name()
                    .is_some_and(|name| name.ends_with("SslVerifyMode.NONE"))
            }) =>
        {
            Extent::Everything
        }
        "set_verify_hostname"
            if call
                .positional(0)
                .is_some_and(|it| it.value.kind == ExpressionKind::Boolean(false)) =>
        {
            Extent::HostName
        }
        _ => return,
    };
    let is_custom = call.last().ends_with("certificate_verifier");
    let mut declaration = program::verification_off(
        format!("{}(…)", call.last()),
        extent,
        call.callee_span.start..call.span.end,
        false,
        false,
    );
    // What a verifier of one's own verifies is in its code.
    if is_custom {
        declaration.certainty = Certainty::Medium;
    }
    found.push(declaration);
}

/// `.ssl_mode(PgSslMode::Require)`, `.ssl_mode(SslMode::Prefer)`.
fn ssl_mode(
    scene: &Scene<'_>,
    call: &Call,
    driver: Driver,
    evidence: &str,
    found: &mut Vec<Declaration>,
) {
    if call.last() != "ssl_mode" {
        return;
    }
    let Some(argument) = call.positional(0) else {
        return;
    };
    let Some(name) = argument.value.name() else {
        return;
    };
    let is_sqlx = name.contains("PgSslMode");
    let protection = match (name.rsplit('.').next().unwrap_or_default(), is_sqlx) {
        ("Disable", _) => Protection::Plaintext,
        ("Allow" | "Prefer", _) => Protection::PlaintextPossible,
        ("Require", true) => Protection::Unverified,
        ("VerifyCa", true) => Protection::ChainOnly,
        _ => return,
    };
    let host = call
        .chain()
        .iter()
        .find(|link| link.last() == "host")
        .and_then(|link| link.positional(0))
        .and_then(|it| scene.names.text(&it.value));
    let mut connection = program::of_options(driver, evidence, host.as_ref(), call.span.clone());
    if host.is_none() {
        connection.hosts[0].place = crate::source::declaration::Place::Unknown;
    }
    connection.protection = protection;
    connection.mode = Mode::Explicit;
    connection.setting = Some(Setting {
        name: "ssl_mode".to_owned(),
        value: name.rsplit('.').next().unwrap_or_default().to_owned(),
        span: argument.value.span.clone(),
    });
    let mut declaration = program::declare(connection, Certainty::High);
    if is_sqlx {
        declaration.fixes.push(program::replacement(
            "set PgSslMode::VerifyFull, and .ssl_root_cert(…) where the CA is your own",
            argument.value.span.clone(),
            "PgSslMode::VerifyFull",
            false,
        ));
    }
    found.push(declaration);
}
