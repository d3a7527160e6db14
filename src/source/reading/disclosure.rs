//! Reads secrets that go where others read them, and SQL put together from text.

use super::program;
use super::secret;
use super::{Scene, connection};
use crate::source::declaration::{Certainty, Declaration, DeclarationKind, Disclosure, Sink};
use crate::source::expression::{Call, Expression, ExpressionKind};
use crate::source::fact::Fact;
use crate::source::format::Format;
use crate::text::printable;
use crate::text::template::{Filling, Part, Span, Template};

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    program::each_call(scene, &mut |call| {
        if is_sink(call) {
            for argument in &call.arguments {
                if let Some(what) = discloses(scene, &argument.value, 0) {
                    found.push(declare(Sink::Log, what, call.span.clone()));
                    break;
                }
            }
        }
        echo(scene, call, found);
        formatted_sql(scene, call, found);
    });
    for fact in &scene.facts.facts {
        if let Fact::Command(command) = fact
            && let Some(program) = command.words.first().and_then(Template::literal)
            && matches!(program.as_str(), "echo" | "printf")
        {
            for word in &command.words[1..] {
                if let Some(what) = in_text(scene, word) {
                    found.push(declare(Sink::Log, what, command.span.clone()));
                    break;
                }
            }
        }
    }
}

fn declare(sink: Sink, what: String, span: Span) -> Declaration {
    Declaration {
        kind: DeclarationKind::Disclosure(Disclosure { sink, what }),
        span,
        certainty: Certainty::Medium,
        fixes: Vec::new(),
    }
}

/// Whether a call prints or logs.
fn is_sink(call: &Call) -> bool {
    let last = call.last();
    let owner = call.owner().unwrap_or_default().to_ascii_lowercase();
    let owner = owner.rsplit('.').next().unwrap_or_default();
    let levels = [
        "debug",
        "info",
        "warn",
        "warning",
        "error",
        "exception",
        "critical",
        "fatal",
        "log",
        "trace",
        "notice",
        "debugf",
        "infof",
        "warnf",
        "errorf",
        "fatalf",
    ];
    let lower = last.to_ascii_lowercase();
    matches!(
        call.callee.as_str(),
        "print"
            | "pprint"
            | "println!"
            | "eprintln!"
            | "print!"
            | "dbg!"
            | "info!"
            | "debug!"
            | "warn!"
            | "error!"
            | "trace!"
            | "tracing.info!"
            | "tracing.debug!"
            | "log.info!"
            | "log.debug!"
            | "pprint.pprint"
            | "sys.stdout.write"
    ) || matches!(
        owner,
        "logger" | "logging" | "log" | "console" | "slog" | "_logger" | "winston" | "sugar" | "zap"
    ) && (levels.contains(&lower.as_str()) || lower.starts_with("print"))
        || owner == "fmt" && last.starts_with("Print")
        || matches!(
            call.callee.as_str(),
            "System.out.println" | "System.out.printf" | "System.err.println" | "Console.WriteLine"
        )
}

/// What a value gives away, as it is named.
fn discloses(scene: &Scene<'_>, value: &Expression, depth: usize) -> Option<String> {
    if depth > 6 {
        return None;
    }
    match &value.kind {
        ExpressionKind::Name(name) => name_discloses(scene, name, value),
        ExpressionKind::Text(text) => in_text(scene, text),
        ExpressionKind::Join(parts) => parts.iter().find_map(|it| discloses(scene, it, depth + 1)),
        ExpressionKind::Call(call) => {
            // What only hands its argument on hides nothing; anything else may mask it.
            let hands_on = matches!(
                call.last(),
                "str"
                    | "repr"
                    | "format"
                    | "%"
                    | "Sprintf"
                    | "dumps"
                    | "stringify"
                    | "format!"
                    | "toString"
            );
            if !hands_on {
                return None;
            }
            call.receiver
                .iter()
                .chain(call.arguments.iter().map(|it| &it.value))
                .find_map(|it| discloses(scene, it, depth + 1))
        }
        _ => None,
    }
}

fn in_text(scene: &Scene<'_>, text: &Template) -> Option<String> {
    text.parts.iter().find_map(|part| match part {
        Part::Hole(hole) => match &hole.filling {
            Filling::Name(name) => {
                let named = Expression::new(ExpressionKind::Name(name.clone()), hole.span.clone());
                name_discloses(scene, name, &named)
            }
            Filling::Environment(name) => promises(name).then(|| printable(name)),
            Filling::Call(_) | Filling::Expression => None,
        },
        Part::Literal(_) => None,
    })
}

/// Whether a name alone says that it holds a connection string or a secret.
fn promises(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let words = secret::words_of(last);
    let joined = words.concat();
    if words.iter().any(|it| {
        matches!(
            it.as_str(),
            "masked" | "redacted" | "safe" | "sanitized" | "hidden" | "obfuscated"
        )
    }) {
        return false;
    }
    matches!(
        joined.as_str(),
        "databaseurl"
            | "dburl"
            | "dbdsn"
            | "dsn"
            | "databasedsn"
            | "connectionstring"
            | "connstring"
            | "connstr"
            | "connectionurl"
            | "sqlalchemydatabaseuri"
            | "databaseuri"
            | "dburi"
            | "postgresurl"
            | "postgresurl1"
            | "pgurl"
            | "postgresdsn"
            | "databases"
            | "postgresqlurl"
    ) || secret::promised(last).is_some()
}

fn name_discloses(scene: &Scene<'_>, name: &str, value: &Expression) -> Option<String> {
    if promises(name) {
        return Some(printable(name));
    }
    let value = program_value(scene, name, value.span.start)?;
    match &value.kind {
        // An object with a password in it, whole.
        ExpressionKind::Map(entries) => entries
            .iter()
            .any(|it| {
                secret::promised(&it.key).is_some()
                    && !matches!(
                        it.value.kind,
                        ExpressionKind::Null | ExpressionKind::Boolean(_)
                    )
            })
            .then(|| printable(name)),
        ExpressionKind::Text(text) => has_password(text).then(|| printable(name)),
        ExpressionKind::Call(call) => {
            // Secrets out of a store that were decrypted on the way.
            let decrypts = call.arguments.iter().any(|it| {
                it.value
                    .get("WithDecryption")
                    .is_some_and(|it| it.kind == ExpressionKind::Boolean(true))
            });
            (decrypts
                || call
                    .receiver
                    .as_ref()
                    .and_then(Expression::call)
                    .is_some_and(|inner| {
                        inner.arguments.iter().any(|it| {
                            it.value
                                .get("WithDecryption")
                                .is_some_and(|it| it.kind == ExpressionKind::Boolean(true))
                        })
                    }))
            .then(|| printable(name))
        }
        _ => None,
    }
}

fn program_value<'a>(scene: &Scene<'a>, name: &str, at: usize) -> Option<&'a Expression> {
    scene.names.value_of(name, at)
}

/// Whether a text is a connection string with a password in it.
fn has_password(text: &Template) -> bool {
    connection::is_connection_string(text)
        && crate::libpq::declared::parse(text).is_some_and(|it| !it.password.is_absent())
}

/// SQLAlchemy's `echo=True`, where the file is no test.
fn echo(scene: &Scene<'_>, call: &Call, found: &mut Vec<Declaration>) {
    if scene.format != Format::Python
        || !matches!(call.last(), "create_engine" | "create_async_engine")
    {
        return;
    }
    if let Some(argument) = call.named("echo")
        && argument.value.kind == ExpressionKind::Boolean(true)
    {
        found.push(declare(
            Sink::Echo,
            "echo=True".to_owned(),
            argument.span.clone(),
        ));
    }
}

/// Statements whose text is formatted with values.
fn formatted_sql(scene: &Scene<'_>, call: &Call, found: &mut Vec<Declaration>) {
    let runs = matches!(
        call.last(),
        "execute"
            | "executemany"
            | "fetch"
            | "fetchrow"
            | "fetchval"
            | "query"
            | "raw"
            | "Query"
            | "QueryRow"
            | "Exec"
            | "createQuery"
            | "executeQuery"
            | "executeUpdate"
            | "text"
    );
    if !runs {
        return;
    }
    let Some(first) = call.positional(0) else {
        return;
    };
    let Some(text) = scene.names.text(&first.value) else {
        return;
    };
    let beginning = text.beginning();
    let statement = beginning.trim_start().to_ascii_uppercase();
    let is_sql = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "]
        .iter()
        .any(|it| statement.starts_with(it));
    let has_hole = text.parts.iter().any(|part| matches!(part, Part::Hole(hole) if !matches!(&hole.filling, Filling::Name(name) if name.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c == '.'))));
    if is_sql && has_hole {
        found.push(Declaration {
            kind: DeclarationKind::FormattedSql {
                callee: printable(&call.callee),
            },
            span: first.span.clone(),
            certainty: Certainty::Medium,
            fixes: Vec::new(),
        });
    }
}
