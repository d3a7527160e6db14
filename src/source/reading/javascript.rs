//! Reads connections and TLS settings in JavaScript and TypeScript.

use super::Scene;
use super::program::{self, Connections};
use crate::source::declaration::{
    Certainty, Connection, Declaration, Extent, Mode, RootCertificate, Setting,
};
use crate::source::driver::{Driver, Protection};
use crate::source::expression::{Expression, ExpressionKind};
use crate::source::fact::Fact;

/// What drivers, pools and object mappers are made with.
const MAKERS: [&str; 16] = [
    "Pool",
    "Client",
    "Sequelize",
    "DataSource",
    "createConnection",
    "createPool",
    "forRoot",
    "knex",
    "Knex",
    "postgres",
    "createDataSource",
    "PrismaPg",
    "PostgresDialect",
    "drizzle",
    "pgp",
    "PgPool",
];

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    let (driver, evidence) = program::driver(scene);
    let mut connections = Connections::find(scene, driver, &evidence);
    program::each_call(scene, &mut |call| {
        if !MAKERS.contains(&call.last()) {
            return;
        }
        let (Some(first), second) = (call.positional(0), call.positional(1)) else {
            return;
        };
        // `new Sequelize(url, {…})`, `postgres(url, {…})`: the options beside the URL.
        if let Some(options) = second
            && let Some((ssl, setting)) = ssl_of(scene, &options.value, driver)
        {
            connections.change(scene, &first.value, &|connection| {
                // node-postgres lets the URL's own parameters win over the object.
                if connection.setting.is_some() && connection.driver == Driver::NodePostgres {
                    return false;
                }
                put(connection, ssl, &setting);
                true
            });
        }
    });
    options(scene, driver, &evidence, &mut connections, found);
    connections.into_found(found);
    verification(scene, found);
    program::secrets(scene, found);
}

/// Reads option objects: `{host, user, ssl}`, `{connectionString, ssl}`, `{type: "postgres", …}`.
#[expect(
    clippy::too_many_lines,
    reason = "one object has many ways to say one thing"
)]
fn options(
    scene: &Scene<'_>,
    driver: Driver,
    evidence: &str,
    connections: &mut Connections,
    found: &mut Vec<Declaration>,
) {
    let mut objects: Vec<(&Expression, bool)> = Vec::new();
    program::each_expression(scene, &mut |expression, inside| {
        if matches!(expression.kind, ExpressionKind::Map(_)) {
            let is_made = inside
                .last()
                .is_some_and(|call| MAKERS.contains(&call.last()));
            objects.push((expression, is_made));
        }
    });
    for (object, is_made) in objects {
        let word = |key: &str| object.get(key).and_then(Expression::literal);
        let names_ours = ["type", "dialect", "client"].iter().any(|key| {
            word(key).is_some_and(|it| {
                matches!(
                    it.as_str(),
                    "postgres" | "postgresql" | "cockroachdb" | "pg" | "pgsql" | "cockroach"
                )
            })
        });
        let names_other = ["type", "dialect", "client"].iter().any(|key| {
            word(key).is_some_and(|it| {
                it.contains("mysql")
                    || it.contains("sqlite")
                    || it.contains("maria")
                    || it.contains("mssql")
                    || it.contains("mongo")
            })
        });
        let is_ours = names_ours || is_made && driver != Driver::Unknown;
        if !is_ours || names_other {
            continue;
        }
        // knex has them one level down.
        let object = match object.get("connection") {
            Some(inner) if matches!(inner.kind, ExpressionKind::Map(_)) => inner,
            _ => object,
        };
        let url = [
            "connectionString",
            "url",
            "uri",
            "databaseUrl",
            "connection",
        ]
        .iter()
        .find_map(|key| object.get(key));
        let host = ["host", "hostname"].iter().find_map(|key| object.get(key));
        let ssl = ssl_of(scene, object, driver);
        if let Some(url) = url {
            if let Some((protection, setting)) = &ssl {
                connections.change(scene, url, &|connection| {
                    if connection.setting.is_some() && connection.driver == Driver::NodePostgres {
                        return false;
                    }
                    put(connection, *protection, setting);
                    true
                });
            }
            continue;
        }
        let Some(host) = host else { continue };
        let spreads = object.entries().iter().any(|entry| entry.key.is_empty());
        let host = scene.names.text(host).unwrap_or_default();
        let span = first_line(scene.text, object.span.clone());
        let driver = if driver == Driver::Unknown {
            Driver::NodePostgres
        } else {
            driver
        };
        let mut connection = program::of_options(driver, evidence, Some(&host), span);
        match ssl {
            Some((protection, setting)) => put(&mut connection, protection, &setting),
            None if spreads || has_ssl(object) => continue,
            None => {
                connection.mode = Mode::Missing;
                connection.protection = Protection::Plaintext;
            }
        }
        found.push(program::declare(connection, Certainty::Medium));
    }
}

/// A finding about a whole object points at its first line.
fn first_line(text: &str, span: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let end = text
        .get(span.clone())
        .and_then(|inside| inside.find('\n'))
        .map_or(span.end, |length| span.start + length);
    span.start..end
}

fn has_ssl(object: &Expression) -> bool {
    object.get("ssl").is_some()
        || object.get("dialectOptions").is_some()
        || object.get("extra").is_some()
}

fn put(connection: &mut Connection, protection: Protection, setting: &Setting) {
    connection.protection = protection;
    connection.mode = if protection == Protection::Unknown {
        Mode::Open
    } else {
        Mode::Explicit
    };
    connection.setting = Some(setting.clone());
    if protection == Protection::Verified {
        connection.root_certificate = RootCertificate::Given;
    }
}

/// Returns what the `ssl` of an option object comes to; `None` where there is none that counts.
fn ssl_of(scene: &Scene<'_>, object: &Expression, driver: Driver) -> Option<(Protection, Setting)> {
    // Sequelize takes it in dialectOptions alone; TypeORM's `extra` has more weight than its own.
    let paths: &[&[&str]] = if driver == Driver::Sequelize {
        &[&["dialectOptions", "ssl"]]
    } else {
        &[&["extra", "ssl"], &["dialectOptions", "ssl"], &["ssl"]]
    };
    let value = paths.iter().find_map(|path| object.at(path))?;
    let setting = |shown: &str| Setting {
        name: "ssl".to_owned(),
        value: shown.to_owned(),
        span: value.span.clone(),
    };
    let values = scene.names.values(value);
    let all = |protection| Some((protection, setting("…")));
    let [only] = values.as_slice() else {
        return all(Protection::Unknown);
    };
    match &only.kind {
        ExpressionKind::Boolean(false) => Some((Protection::Plaintext, setting("false"))),
        ExpressionKind::Boolean(true) => Some((Protection::Verified, setting("true"))),
        ExpressionKind::Text(text) => {
            let mode = text.literal()?;
            let protection = match (driver, mode.as_str()) {
                (Driver::PostgresJs, "require" | "allow") => Protection::Unverified,
                (Driver::PostgresJs, "prefer") => Protection::PlaintextPossible,
                (Driver::PostgresJs, "verify-full") => Protection::Verified,
                _ => Protection::Rejected,
            };
            Some((protection, setting(&crate::text::printable(&mode))))
        }
        // What is wrong inside of it is a declaration of its own.
        ExpressionKind::Map(_) => Some((Protection::Verified, setting("{…}"))),
        _ => all(Protection::Unknown),
    }
}

/// Finds verification that is switched off, whoever the client is.
fn verification(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    program::each_expression(scene, &mut |expression, inside| {
        for entry in expression.entries() {
            let is_database = inside.iter().any(|call| MAKERS.contains(&call.last()));
            match entry.key.as_str() {
                "rejectUnauthorized" => {
                    let values = scene.names.values(&entry.value);
                    let is_off = |it: &&Expression| it.kind == ExpressionKind::Boolean(false);
                    if values.iter().any(is_off) {
                        let mut declaration = program::verification_off(
                            "rejectUnauthorized: false",
                            Extent::Everything,
                            entry.key_span.start..entry.value.span.end,
                            values.len() > 1,
                            is_database,
                        );
                        if entry.value.kind == ExpressionKind::Boolean(false) {
                            declaration.fixes.push(program::replacement(
                                "verify the certificate: set rejectUnauthorized: true, and `ca` to your CA certificate",
                                entry.value.span.clone(),
                                "true",
                                false,
                            ));
                        }
                        found.push(declaration);
                    }
                }
                "checkServerIdentity" => {
                    let does_nothing = match &entry.value.kind {
                        ExpressionKind::Other(inside) => inside.iter().all(|it| {
                            matches!(
                                it.kind,
                                ExpressionKind::Null
                                    | ExpressionKind::Boolean(_)
                                    | ExpressionKind::Other(_)
                            )
                        }),
                        _ => false,
                    };
                    if does_nothing {
                        found.push(program::verification_off(
                            "checkServerIdentity",
                            Extent::HostName,
                            entry.key_span.start..entry.value.span.end,
                            false,
                            is_database,
                        ));
                    }
                }
                _ => {}
            }
        }
    });
    for fact in &scene.facts.facts {
        if let Fact::Assignment(it) = fact
            && it.target.ends_with("NODE_TLS_REJECT_UNAUTHORIZED")
            && it.value.scalar().as_deref() == Some("0")
        {
            found.push(program::verification_off(
                "NODE_TLS_REJECT_UNAUTHORIZED=0",
                Extent::Everything,
                it.span.clone(),
                false,
                false,
            ));
        }
    }
}
