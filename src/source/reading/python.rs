//! Reads connections and TLS settings in Python.

use super::program::{self, Connections};
use super::{Scene, server};
use crate::source::declaration::{
    Certainty, Connection, Declaration, DeclarationKind, Extent, Mode, Protocol, Rejected,
    RootCertificate, Setting,
};
use crate::source::driver::{Driver, Protection};
use crate::source::expression::{Call, Expression, ExpressionKind};
use crate::source::fact::Fact;
use crate::text::printable;
use crate::text::template::Span;

/// Calls that connect, or make what connects.
const MAKERS: [&str; 16] = [
    "connect",
    "create_pool",
    "ConnectionPool",
    "AsyncConnectionPool",
    "ThreadedConnectionPool",
    "SimpleConnectionPool",
    "PersistentConnectionPool",
    "create_engine",
    "create_async_engine",
    "AsyncConnection",
    "connect_async",
    "PostgresqlDatabase",
    "PooledPostgresqlDatabase",
    "CockroachDatabase",
    "Database",
    "engine_from_config",
];

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    let (driver, evidence) = driver(scene);
    let mut connections = Connections::find(scene, driver, &evidence);
    program::each_call(scene, &mut |call| {
        if MAKERS.contains(&call.last()) {
            maker(scene, call, driver, &evidence, &mut connections, found);
        }
        dj_database_url(call, &evidence, found);
        verification_argument(scene, call, found);
        front_end(call, found);
    });
    django(scene, found);
    connections.into_found(found);
    contexts(scene, found);
    bare_contexts(scene, found);
    program::secrets(scene, found);
}

/// SQLAlchemy without a driver in its URL takes psycopg2.
fn driver(scene: &Scene<'_>) -> (Driver, String) {
    let (driver, evidence) = program::driver(scene);
    let imports = |name: &str| {
        scene.facts.facts.iter().any(
            |fact| matches!(fact, Fact::Import(it) if it.module.split('.').next() == Some(name)),
        )
    };
    if driver == Driver::Unknown && (imports("sqlalchemy") || imports("flask_sqlalchemy")) {
        return (Driver::Psycopg2, "SQLAlchemy's default driver".to_owned());
    }
    if driver == Driver::Unknown && imports("peewee") {
        return (Driver::Psycopg2, "imports peewee".to_owned());
    }
    (driver, evidence)
}

/// Reads a call that connects: its own settings have more weight than its connection string's.
fn maker(
    scene: &Scene<'_>,
    call: &Call,
    driver: Driver,
    evidence: &str,
    connections: &mut Connections,
    found: &mut Vec<Declaration>,
) {
    let dsn = call
        .named("dsn")
        .or_else(|| call.named("conninfo"))
        .or_else(|| call.named("url"))
        .or_else(|| {
            call.positional(0)
                .filter(|_| !call.last().ends_with("Pool") || call.positional(1).is_none())
        })
        .or_else(|| call.positional(2));
    let driver = match call
        .owner()
        .and_then(|owner| owner.split('.').next())
        .and_then(Driver::of_import)
    {
        Some(named) => named,
        None => driver,
    };
    let arguments = call.named("connect_args").or_else(|| call.named("kwargs"));
    let spreads = call.named("**").is_some();
    let given = |name: &str| {
        call.named(name)
            .map(|it| &it.value)
            .or_else(|| arguments.and_then(|it| it.value.get(name)))
    };
    // A dictionary that a name stands for is followed.
    let held = arguments.and_then(|it| it.value.name()).map(|_| ());
    let setting = given("sslmode")
        .and_then(|value| {
            Some((
                sslmode(scene, value, given("sslrootcert").is_some())?,
                "sslmode",
                value,
            ))
        })
        .or_else(|| given("ssl").and_then(|value| Some((ssl(scene, value)?, "ssl", value))))
        .or_else(|| {
            given("ssl_context").and_then(|value| Some((ssl(scene, value)?, "ssl_context", value)))
        });
    rejected(driver, call, &given, found);
    if let Some((judged, name, value)) = setting {
        let setting = Setting {
            name: name.to_owned(),
            value: shown(scene, value),
            span: value.span.clone(),
        };
        let apply = |connection: &mut Connection| {
            // A scheme that names the driver knows better than the imports.
            judged.put(
                connection,
                &setting,
                given("sslrootcert").is_some() || name != "sslmode",
            );
            true
        };
        if let Some(dsn) = dsn {
            connections.change(scene, &dsn.value, &apply);
        }
        if dsn.is_none() || given("host").is_some() {
            by_keywords(scene, call, driver, evidence, &given, Some(&apply), found);
        }
    } else if !spreads
        && held.is_none()
        && dsn.is_none()
        && given("host").is_some()
        && driver != Driver::Unknown
    {
        by_keywords(scene, call, driver, evidence, &given, None, found);
    }
}

/// A connection whose parts are keyword arguments.
fn by_keywords<'a>(
    scene: &Scene<'_>,
    call: &Call,
    driver: Driver,
    evidence: &str,
    given: &dyn Fn(&str) -> Option<&'a Expression>,
    apply: Option<&dyn Fn(&mut Connection) -> bool>,
    found: &mut Vec<Declaration>,
) {
    let host = given("host").and_then(|it| scene.names.text(it));
    let mut made = program::of_options(
        driver,
        evidence,
        host.as_ref(),
        call.callee_span.start..call.span.end,
    );
    if let Some(apply) = apply {
        apply(&mut made);
    } else {
        made.protection = driver.meaning(&Nothing).protection;
        made.mode = Mode::Missing;
    }
    found.push(program::declare(made, Certainty::High));
}

/// No setting at all.
struct Nothing;

impl crate::source::driver::Settings for Nothing {
    fn value(&self, _: &str) -> Option<&str> {
        None
    }

    fn has(&self, _: &str) -> bool {
        false
    }
}

/// What a setting comes to.
#[derive(Clone, Copy)]
struct Judged {
    protection: Protection,
    mode: Mode,
}

impl Judged {
    fn put(self, connection: &mut Connection, setting: &Setting, root: bool) {
        connection.protection = self.protection;
        connection.mode = self.mode;
        connection.setting = Some(setting.clone());
        if root {
            connection.root_certificate = RootCertificate::Given;
        }
    }
}

fn sslmode(scene: &Scene<'_>, value: &Expression, root: bool) -> Option<Judged> {
    let text = scene.names.text(value)?;
    let (filled, is_default) = text.with_defaults();
    let Some(mode) = filled.literal() else {
        return Some(Judged {
            protection: Protection::Unknown,
            mode: Mode::Open,
        });
    };
    let protection = match mode.as_str() {
        "disable" => Protection::Plaintext,
        "allow" | "prefer" => Protection::PlaintextPossible,
        "require" if root => Protection::ChainOnly,
        "require" => Protection::Unverified,
        "verify-ca" => Protection::ChainOnly,
        "verify-full" => Protection::Verified,
        _ => Protection::Rejected,
    };
    Some(Judged {
        protection,
        mode: if is_default {
            Mode::Default
        } else {
            Mode::Explicit
        },
    })
}

/// asyncpg's `ssl`: a truth value, a mode, or a context.
fn ssl(scene: &Scene<'_>, value: &Expression) -> Option<Judged> {
    let explicit = |protection| {
        Some(Judged {
            protection,
            mode: Mode::Explicit,
        })
    };
    let values = scene.names.values(value);
    let [only] = values.as_slice() else {
        return Some(Judged {
            protection: Protection::Unknown,
            mode: Mode::Open,
        });
    };
    match &only.kind {
        ExpressionKind::Boolean(false) => explicit(Protection::Plaintext),
        ExpressionKind::Boolean(true) => explicit(Protection::Verified),
        ExpressionKind::Text(_) => sslmode(scene, only, false),
        ExpressionKind::Map(_) => explicit(Protection::Rejected),
        ExpressionKind::Null => None,
        // What is wrong with a context is a declaration of its own.
        ExpressionKind::Call(call)
            if call.last().contains("context") || call.last() == "SSLContext" =>
        {
            explicit(Protection::Verified)
        }
        _ => Some(Judged {
            protection: Protection::Unknown,
            mode: Mode::Open,
        }),
    }
}

/// A setting's value as it may be shown: a word, never more.
fn shown(scene: &Scene<'_>, value: &Expression) -> String {
    match &value.kind {
        ExpressionKind::Boolean(true) => "True".to_owned(),
        ExpressionKind::Boolean(false) => "False".to_owned(),
        ExpressionKind::Map(_) => "{…}".to_owned(),
        _ => scene
            .names
            .text(value)
            .and_then(|text| text.with_defaults().0.literal())
            .filter(|text| text.len() <= 20)
            .map_or_else(|| "…".to_owned(), |text| printable(&text)),
    }
}

/// Options that the driver does not know.
fn rejected<'a>(
    driver: Driver,
    call: &Call,
    given: &dyn Fn(&str) -> Option<&'a Expression>,
    found: &mut Vec<Declaration>,
) {
    let mut declare = |by: &str, what: &str, error: &str, span: Span| {
        found.push(Declaration {
            kind: DeclarationKind::Rejected(Rejected {
                by: by.to_owned(),
                what: what.to_owned(),
                error: error.to_owned(),
            }),
            span,
            certainty: Certainty::High,
            fixes: Vec::new(),
        });
    };
    let last = call.last();
    let is_direct = matches!(last, "connect" | "create_pool");
    match driver {
        Driver::Asyncpg => {
            if let Some(value) = given("ssl")
                && matches!(value.kind, ExpressionKind::Map(_))
            {
                declare(
                    "asyncpg",
                    "a dictionary as ssl",
                    "TypeError: sslcontext is expected to be an instance of ssl.SSLContext",
                    value.span.clone(),
                );
            }
            if is_direct && let Some(value) = given("sslmode") {
                declare(
                    "asyncpg",
                    "sslmode",
                    "TypeError: connect() got an unexpected keyword argument 'sslmode'",
                    value.span.clone(),
                );
            }
        }
        Driver::Psycopg2 | Driver::Psycopg if is_direct => {
            for name in ["ssl_context", "ssl"] {
                if let Some(value) = given(name) {
                    declare(
                        driver.as_str(),
                        name,
                        &format!("invalid connection option \"{name}\""),
                        value.span.clone(),
                    );
                }
            }
        }
        _ => {}
    }
}

/// `dj_database_url.config(ssl_require=True)` replaces whatever mode the URL has by `require`.
fn dj_database_url(call: &Call, evidence: &str, found: &mut Vec<Declaration>) {
    let Some(argument) = call.named("ssl_require") else {
        return;
    };
    if argument.value.kind != ExpressionKind::Boolean(true) {
        return;
    }
    let mut made = program::of_options(Driver::Django, evidence, None, call.span.clone());
    made.hosts[0].place = crate::source::declaration::Place::Unknown;
    made.protection = Protection::Unverified;
    made.mode = Mode::Explicit;
    made.setting = Some(Setting {
        name: "ssl_require".to_owned(),
        value: "True".to_owned(),
        span: argument.span.clone(),
    });
    found.push(program::declare(made, Certainty::High));
}

/// Django's `DATABASES`: dictionaries with an ENGINE of ours.
fn django(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    let mut engines = Vec::new();
    program::each_expression(scene, &mut |expression, _| {
        let engine = expression
            .get("ENGINE")
            .and_then(|engine| scene.names.text(engine))
            .map(|text| text.with_defaults().0.filled_with(""));
        if engine.is_some_and(|it| {
            it.contains("postgresql") || it.contains("cockroach") || it.contains("postgis")
        }) {
            engines.push(expression);
        }
    });
    for database in engines {
        let host = database.get("HOST").and_then(|host| scene.names.text(host));
        let is_socket = match &host {
            None => true,
            // Where a variable decides, its empty default is no promise of a socket.
            Some(host) => host
                .literal()
                .is_some_and(|host| host.is_empty() || host.starts_with('/')),
        };
        if is_socket {
            continue;
        }
        let span = database
            .get("ENGINE")
            .map_or_else(|| database.span.clone(), |engine| engine.span.clone());
        let mut made =
            program::of_options(Driver::Django, "a Django database", host.as_ref(), span);
        let options = database.get("OPTIONS");
        let mode = options.and_then(|options| options.get("sslmode"));
        match (mode, options) {
            (Some(value), Some(options)) => {
                let Some(judged) = sslmode(scene, value, options.get("sslrootcert").is_some())
                else {
                    continue;
                };
                let setting = Setting {
                    name: "sslmode".to_owned(),
                    value: shown(scene, value),
                    span: value.span.clone(),
                };
                judged.put(&mut made, &setting, options.get("sslrootcert").is_some());
            }
            // Options that come from elsewhere may hold it.
            (None, Some(options))
                if !matches!(options.kind, ExpressionKind::Map(_))
                    || options.entries().iter().any(|it| it.key.is_empty()) =>
            {
                continue;
            }
            _ => {
                made.protection = Protection::PlaintextPossible;
                made.mode = Mode::Missing;
            }
        }
        found.push(program::declare(made, Certainty::High));
    }
}

/// `requests.get(…, verify=False)` and its like.
fn verification_argument(scene: &Scene<'_>, call: &Call, found: &mut Vec<Declaration>) {
    let is_false = |name: &str| {
        call.named(name)
            .filter(|it| it.value.kind == ExpressionKind::Boolean(false))
    };
    let imports = |name: &str| {
        scene.facts.facts.iter().any(
            |fact| matches!(fact, Fact::Import(it) if it.module.split('.').next() == Some(name)),
        )
    };
    if let Some(argument) = is_false("verify")
        && (imports("requests") || imports("httpx") || imports("hvac") || imports("boto3"))
    {
        found.push(program::verification_off(
            "verify=False",
            Extent::Everything,
            argument.span.clone(),
            false,
            false,
        ));
    }
    for name in ["verify_ssl", "verify_certs", "ssl_verify"] {
        if let Some(argument) = is_false(name) {
            found.push(program::verification_off(
                format!("{name}=False"),
                Extent::Everything,
                argument.span.clone(),
                false,
                false,
            ));
        }
    }
    for name in ["cert_reqs", "ssl_cert_reqs", "tls_cert_reqs"] {
        if let Some(argument) = call.named(name)
            && (argument
                .value
                .name()
                .is_some_and(|it| it.ends_with("CERT_NONE"))
                || matches!(argument.value.kind, ExpressionKind::Null))
        {
            found.push(program::verification_off(
                format!("{name}=CERT_NONE"),
                Extent::Everything,
                argument.span.clone(),
                false,
                false,
            ));
        }
    }
    if call.last() == "_create_unverified_context" {
        found.push(program::verification_off(
            "ssl._create_unverified_context()",
            Extent::Everything,
            call.span.clone(),
            false,
            false,
        ));
    }
}

/// `uvicorn.run(ssl_ciphers=…)`, and contexts with old versions.
fn front_end(call: &Call, found: &mut Vec<Declaration>) {
    let mut declare = |product: &str, weak: Vec<String>, written: String, span: Span| {
        found.push(Declaration {
            kind: DeclarationKind::Protocol(Protocol {
                product: product.to_owned(),
                weak,
                written: printable(&written),
                is_server: true,
            }),
            span,
            certainty: Certainty::High,
            fixes: Vec::new(),
        });
    };
    for (name, product) in [("ssl_ciphers", "uvicorn"), ("ciphers", "the server")] {
        if let Some(argument) = call.named(name)
            && let Some(list) = argument.value.literal()
        {
            let weak = server::weak_ciphers(&list);
            if !weak.is_empty() {
                declare(
                    product,
                    weak,
                    format!("{name}={list}"),
                    argument.span.clone(),
                );
            }
        }
    }
    if call.last() == "set_ciphers"
        && let Some(list) = call.positional(0).and_then(|it| it.value.literal())
    {
        let weak = server::weak_ciphers(&list);
        if !weak.is_empty() {
            declare(
                "ssl.SSLContext",
                weak,
                format!("set_ciphers({list})"),
                call.span.clone(),
            );
        }
    }
    for argument in &call.arguments {
        if let Some(version) = argument.value.name().and_then(old_version)
            && (call.last() == "SSLContext" || argument.name.as_deref() == Some("ssl_version"))
        {
            declare(
                "ssl.SSLContext",
                vec![version.to_owned()],
                argument.value.name().unwrap_or_default().to_owned(),
                argument.span.clone(),
            );
        }
    }
}

/// `ssl.SSLContext()` without a protocol, or with one that is not for clients alone, verifies nobody (Python's documentation of
/// `SSLContext.verify_mode`) until `verify_mode` or a CA and `CERT_REQUIRED` are set.
fn bare_contexts(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    for fact in &scene.facts.facts {
        let Fact::Assignment(it) = fact else { continue };
        let Some(call) = it.value.call().filter(|call| call.last() == "SSLContext") else {
            continue;
        };
        let protocol = call
            .positional(0)
            .or_else(|| call.named("protocol"))
            .map(|argument| argument.value.name().unwrap_or_default());
        let is_bare = match protocol.map(|name| name.rsplit('.').next().unwrap_or(name)) {
            None | Some("PROTOCOL_TLS" | "PROTOCOL_SSLv23") => true,
            Some(name) => name.starts_with("PROTOCOL_TLSv1"),
        };
        let writes = scene.names.writes(&it.target, it.span.start);
        let sets = |attribute: &str| {
            writes
                .iter()
                .any(|write| write.target.rsplit('.').next() == Some(attribute))
        };
        // What is set is judged where it is set; a server's context asks for no certificate.
        if !is_bare || sets("verify_mode") || is_of_server(scene, &it.target) {
            continue;
        }
        let mut declaration = program::verification_off(
            printable(&format!("{}(…)", call.callee)),
            Extent::Everything,
            call.span.clone(),
            false,
            false,
        );
        declaration.fixes.push(program::replacement(
            "make a context that verifies",
            call.span.clone(),
            "ssl.create_default_context()",
            true,
        ));
        found.push(declaration);
    }
}

/// Whether a context is a server's: it has a certificate chain and no CA, or a server is started with it.
fn is_of_server(scene: &Scene<'_>, context: &str) -> bool {
    let mut serves = false;
    let mut loads = false;
    let mut trusts = false;
    program::each_call(scene, &mut |call| {
        if call.owner() == Some(context) {
            loads |= call.last() == "load_cert_chain";
            trusts |= matches!(
                call.last(),
                "load_verify_locations" | "load_default_certs" | "set_default_verify_paths"
            );
        }
        serves |= matches!(
            call.last(),
            "run"
                | "run_app"
                | "start_server"
                | "create_server"
                | "serve"
                | "TCPSite"
                | "HTTPServer"
        ) && call
            .arguments
            .iter()
            .any(|argument| argument.value.name() == Some(context));
        serves |= call.named("server_side").is_some() && call.owner() == Some(context);
    });
    serves || loads && !trusts
}

fn old_version(name: &str) -> Option<&'static str> {
    Some(match name.rsplit('.').next()? {
        "PROTOCOL_SSLv2" => "SSLv2",
        "PROTOCOL_SSLv3" | "SSLv3" => "SSLv3",
        "PROTOCOL_TLSv1" | "TLSv1" => "TLSv1",
        "PROTOCOL_TLSv1_1" | "TLSv1_1" => "TLSv1.1",
        _ => return None,
    })
}

/// Attribute writes of contexts.
#[expect(clippy::too_many_lines, reason = "one arm for each attribute")]
fn contexts(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    let mut unverified: Vec<&str> = Vec::new();
    for fact in &scene.facts.facts {
        let Fact::Assignment(it) = fact else { continue };
        let Some((owner, attribute)) = it.target.rsplit_once('.') else {
            continue;
        };
        match attribute {
            "verify_mode"
                if it
                    .value
                    .name()
                    .is_some_and(|name| name.ends_with("CERT_NONE")) =>
            {
                unverified.push(owner);
                let mut declaration = program::verification_off(
                    "verify_mode = CERT_NONE",
                    Extent::Everything,
                    it.span.clone(),
                    false,
                    true,
                );
                declaration.fixes.push(program::replacement(
                    "verify the certificate; give the context your CA with load_verify_locations",
                    it.value.span.clone(),
                    "ssl.CERT_REQUIRED",
                    false,
                ));
                found.push(declaration);
            }
            "minimum_version" | "maximum_version" => {
                if let Some(version) = it.value.name().and_then(old_version) {
                    found.push(Declaration {
                        kind: DeclarationKind::Protocol(Protocol {
                            product: "ssl.SSLContext".to_owned(),
                            weak: vec![version.to_owned()],
                            written: printable(&format!(
                                "{attribute} = {}",
                                it.value.name().unwrap_or_default()
                            )),
                            is_server: false,
                        }),
                        span: it.span.clone(),
                        certainty: Certainty::High,
                        fixes: vec![program::replacement(
                            "take TLS 1.2 and later alone",
                            it.value.span.clone(),
                            "ssl.TLSVersion.TLSv1_2",
                            true,
                        )],
                    });
                }
            }
            "_create_default_https_context" => {
                found.push(program::verification_off(
                    "ssl._create_default_https_context",
                    Extent::Everything,
                    it.span.clone(),
                    false,
                    false,
                ));
            }
            _ => {}
        }
    }
    for fact in &scene.facts.facts {
        let Fact::Assignment(it) = fact else { continue };
        if let Some((owner, "check_hostname")) = it.target.rsplit_once('.')
            && it.value.kind == ExpressionKind::Boolean(false)
            && !unverified.contains(&owner)
        {
            found.push(program::verification_off(
                "check_hostname = False",
                Extent::HostName,
                it.span.clone(),
                false,
                true,
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::format::Format;
    use crate::source::{front, reading};

    fn declared(text: &str) -> Vec<DeclarationKind> {
        let facts = front::read(text, Format::Python);
        reading::read("app/db.py", text, Format::Python, &facts)
            .into_iter()
            .map(|declaration| declaration.kind)
            .collect()
    }

    fn verification_off(text: &str) -> Vec<String> {
        declared(text)
            .into_iter()
            .filter_map(|kind| match kind {
                DeclarationKind::VerificationOff(off) => Some(off.by),
                _ => None,
            })
            .collect()
    }

    fn protections(text: &str) -> Vec<Protection> {
        declared(text)
            .into_iter()
            .filter_map(|kind| match kind {
                DeclarationKind::Connection(connection) => Some(connection.protection),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn context_that_verifies_nobody_from_the_start_is_told() {
        for (made, told) in [
            ("ssl.SSLContext()", true),
            ("ssl.SSLContext(ssl.PROTOCOL_TLS)", true),
            ("ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)", false),
            ("ssl.create_default_context()", false),
        ] {
            let text = format!("import ssl\nctx = {made}\n");
            assert_eq!(!verification_off(&text).is_empty(), told, "{made}");
        }
    }

    #[test]
    fn context_of_a_server_and_one_that_is_set_to_verify_are_none_of_these() {
        for rest in [
            "ctx.load_cert_chain('a.crt', 'a.key')",
            "ctx.verify_mode = ssl.CERT_REQUIRED",
            "web.run_app(app, ssl_context=ctx)",
        ] {
            let text = format!("import ssl\nctx = ssl.SSLContext(ssl.PROTOCOL_TLS)\n{rest}\n");
            assert_eq!(verification_off(&text), Vec::<String>::new(), "{rest}");
        }
    }

    #[test]
    fn constant_and_the_call_that_takes_it_are_one_connection() {
        let text = "from sqlalchemy import create_engine\nURL = 'postgresql://a@db.example.com/x'\n\
                    e = create_engine(URL, connect_args={'sslmode': 'require'})\n";
        assert_eq!(protections(text), [Protection::Unverified]);
    }

    #[test]
    fn formatted_text_is_read_once_and_its_places_are_no_password() {
        let text = "import psycopg2\nc = psycopg2.connect('postgresql://{}:{}@db.example.com/x?sslmode=disable'\
                    .format(user, pw))\nd = psycopg2.connect('postgresql://%s:%s@db.example.com/x?sslmode=disable' % (user, pw))\n";
        let found = declared(text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(protections(text), [Protection::Plaintext; 2]);
    }

    #[test]
    fn mode_that_is_added_in_a_branch_leaves_what_is_there_without_it() {
        let text = "import psycopg2\nD = 'postgresql://a@db.example.com/x'\nif tls:\n    D += '?sslmode=verify-full'\n\
                    c = psycopg2.connect(D)\n";
        assert!(protections(text).contains(&Protection::PlaintextPossible));
    }

    #[test]
    fn names_that_double_at_each_step_are_read_in_no_time() {
        let mut text = String::from("import psycopg2\n");
        for step in 1..30 {
            let sum = vec![format!("x{}", step - 1); 60].join(" + ");
            text += &["x", &step.to_string(), " = ", &sum, "\n"].concat();
        }
        text.push_str("psycopg2.connect(x29)\n");
        assert!(protections(&text).is_empty());
    }
}
