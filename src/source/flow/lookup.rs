//! Look-ups in the environment: what they are called in each language, and what they give where nothing is set.

use crate::source::expression::{Call, Expression, ExpressionKind};

/// A look-up of a variable of the environment, or of a setting that comes from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup<'e> {
    /// The variable.
    pub variable: String,
    /// What is taken where it is unset.
    pub default: Option<&'e Expression>,
}

/// Returns the look-up that an expression is; `None` where it is none.
pub fn lookup(expression: &Expression) -> Option<Lookup<'_>> {
    match &expression.kind {
        ExpressionKind::Name(name) => variable_of(name).map(|variable| Lookup {
            variable,
            default: None,
        }),
        ExpressionKind::Call(call) => of_call(call),
        _ => None,
    }
}

/// Returns the variable of `process.env.X`, `os.environ.X`, `import.meta.env.X`.
fn variable_of(name: &str) -> Option<String> {
    let (owner, variable) = name.rsplit_once('.')?;
    let place = owner.rsplit('.').next().unwrap_or(owner);
    let is_environment = match place {
        "environ" => true,
        "env" => matches!(
            owner,
            "process.env" | "import.meta.env" | "Bun.env" | "context.env" | "c.env" | "env"
        ),
        _ => false,
    };
    (is_environment && is_variable(variable)).then(|| variable.to_owned())
}

/// Whether a text may name a variable: no spaces, no separators of paths or URLs.
fn is_variable(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "_.-".contains(character))
        && !text.starts_with(|first: char| first.is_ascii_digit())
}

fn of_call(call: &Call) -> Option<Lookup<'_>> {
    if let Some(lookup) = chained(call) {
        return Some(lookup);
    }
    if let Some(lookup) = field(call) {
        return Some(lookup);
    }
    if !is_lookup(call) {
        return None;
    }
    let variable = call
        .positional(0)
        .or_else(|| call.named("key"))
        .or_else(|| call.named("name"))?
        .value
        .literal()
        .filter(|variable| is_variable(variable))?;
    let default = ["default", "default_value", "fallback"]
        .iter()
        .find_map(|name| call.named(name))
        .or_else(|| call.positional(1))
        .map(|argument| inside_closure(&argument.value))
        .filter(|default| is_default(default));
    Some(Lookup { variable, default })
}

/// Whether a value can be a default: `cast=bool`, `str` and the like are none.
fn is_default(value: &Expression) -> bool {
    match &value.kind {
        ExpressionKind::Null => false,
        ExpressionKind::Name(name) => !matches!(
            name.as_str(),
            "str" | "int" | "bool" | "float" | "undefined"
        ),
        _ => true,
    }
}

/// Whether a call asks the environment, or settings that are read from it.
fn is_lookup(call: &Call) -> bool {
    let callee = call.callee.trim_end_matches('!');
    let last = callee.rsplit('.').next().unwrap_or(callee);
    let owner = callee.rsplit_once('.').map_or("", |(owner, _)| owner);
    let place = owner.rsplit('.').next().unwrap_or(owner);
    match last {
        "getenv"
        | "Getenv"
        | "LookupEnv"
        | "GetEnvironmentVariable"
        | "getOrDefault"
        | "get_env" => true,
        "setenv" | "putenv" | "Setenv" | "SetEnv" | "set_var" | "load_dotenv" | "unsetenv" => false,
        "var" | "var_os" => place == "env",
        "get" | "setdefault" | "pop" | "str" | "string" | "url" | "db" | "db_url" | "bool"
        | "int" | "cache" | "required" => {
            place.to_ascii_lowercase().contains("env")
                || matches!(place, "config" | "Config" | "decouple") && is_upper(call)
                || receiver_is_environment(call)
        }
        "config" => is_upper(call),
        _ => {
            let last = last.to_ascii_lowercase();
            names_environment(&last) && (is_upper(call) || last == "env" || last == "option_env")
        }
    }
}

/// Whether a function's name says that it reads the environment: `getEnv`, `env_str`, `mustEnv`, not `envelope`.
fn names_environment(last: &str) -> bool {
    last == "env"
        || last.starts_with("env_")
        || last.ends_with("env")
        || last.contains("getenv")
        || last.contains("_env_")
        || last.contains("envor")
        || last.contains("envvar")
        || last.contains("fromenv")
        || matches!(
            last,
            "envsecret" | "envbool" | "envint" | "envstr" | "envstring"
        )
}

fn receiver_is_environment(call: &Call) -> bool {
    call.receiver
        .as_ref()
        .and_then(Expression::call)
        .is_some_and(|before| matches!(before.last(), "getenv" | "environ"))
}

/// Whether the first argument is written like a variable: `DATABASE_URL`.
fn is_upper(call: &Call) -> bool {
    call.positional(0)
        .and_then(|argument| argument.value.literal())
        .is_some_and(|text| {
            text.chars().any(|character| character.is_ascii_uppercase())
                && !text.chars().any(|character| character.is_ascii_lowercase())
        })
}

/// Returns the look-up of `env::var("K").unwrap_or("d")`, `Optional.ofNullable(System.getenv("K")).orElse("d")`.
fn chained(call: &Call) -> Option<Lookup<'_>> {
    let takes_default = matches!(
        call.last(),
        "unwrap_or" | "unwrap_or_else" | "orElse" | "orElseGet" | "getOrElse" | "or" | "or_else"
    );
    let hands_on = matches!(
        call.last(),
        "ok" | "expect"
            | "unwrap"
            | "unwrap_or_default"
            | "context"
            | "with_context"
            | "map_err"
            | "to_string"
            | "trim"
            | "strip"
            | "get_secret_value"
    );
    if !takes_default && !hands_on && !matches!(call.last(), "ofNullable") {
        return None;
    }
    let before = match &call.receiver {
        Some(receiver) => lookup(receiver)?,
        None if call.last() == "ofNullable" => return lookup(&call.positional(0)?.value),
        None => return None,
    };
    if !takes_default || before.default.is_some() {
        return Some(before);
    }
    let default = call
        .positional(0)
        .map(|argument| inside_closure(&argument.value));
    Some(Lookup {
        variable: before.variable,
        default,
    })
}

/// Returns the value of a lambda that has but one; anything else as it is.
fn inside_closure(value: &Expression) -> &Expression {
    match &value.kind {
        ExpressionKind::Other(inside) if inside.len() == 1 => &inside[0],
        _ => value,
    }
}

/// Returns the look-up of pydantic's `Field("default", env="K")`.
fn field(call: &Call) -> Option<Lookup<'_>> {
    if call.last() != "Field" {
        return None;
    }
    let variable = ["env", "validation_alias", "alias"]
        .iter()
        .find_map(|name| call.named(name))?
        .value
        .literal()?;
    let default = call
        .named("default")
        .or_else(|| call.positional(0))
        .map(|argument| &argument.value)
        // `...` is pydantic's word for "none".
        .filter(|default| is_default(default) && !matches!(default.kind, ExpressionKind::Other(_)));
    Some(Lookup { variable, default })
}
