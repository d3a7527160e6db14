//! Reads secrets that are written out: is this text a secret, or a placeholder, a name, a path?

use crate::source::declaration::{Certainty, Declaration, DeclarationKind, SecretKind, SecretUse};
use crate::text::printable;
use crate::text::template::{Part, Span, Template};

/// What a text that should be secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// How long it is, in characters.
    pub length: usize,
    /// Whether it is a word that everybody tries first.
    pub is_default_word: bool,
    /// Whether it is what a variable has where it is unset.
    pub is_fallback: bool,
}

/// Words that everybody tries first: they protect nothing, and are written in examples and development everywhere.
const DEFAULT_WORDS: [&str; 44] = [
    "postgres",
    "postgresql",
    "password",
    "passwd",
    "pass",
    "secret",
    "changeme",
    "change_me",
    "change-me",
    "admin",
    "root",
    "test",
    "testing",
    "example",
    "user",
    "username",
    "guest",
    "demo",
    "dev",
    "development",
    "local",
    "default",
    "letmein",
    "qwerty",
    "1234",
    "12345",
    "123456",
    "12345678",
    "123",
    "cockroach",
    "cockroachdb",
    "crdb",
    "db",
    "database",
    "app",
    "mysecretpassword",
    "mypassword",
    "supersecret",
    "pgpassword",
    "dbpassword",
    "testpassword",
    "pwd",
    "foobar",
    "toor",
];

/// What stands in the place of a secret and says so.
const PLACEHOLDERS: [&str; 26] = [
    "your",
    "<",
    "xxx",
    "placeholder",
    "replace",
    "change-this",
    "changethis",
    "change_this",
    "insert",
    "todo",
    "fixme",
    "redacted",
    "dummy",
    "***",
    "...",
    "example_",
    "example-",
    "sample",
    "not-set",
    "notset",
    "none",
    "null",
    "undefined",
    "put-",
    "set-me",
    "enter-",
];

/// Returns what is written where a secret of this kind belongs; `None` where nothing is given away: a variable, a placeholder, a
/// path, an empty text.
pub fn written(value: &Template, kind: SecretKind) -> Option<Written> {
    let (filled, is_fallback) = value.with_defaults();
    let text = filled.literal()?;
    let text = text.trim();
    if text.is_empty() || is_reference(text) || is_placeholder(text) {
        return None;
    }
    let length = text.chars().count();
    match kind {
        SecretKind::Password => {
            if is_hash(text) || text.contains(char::is_whitespace) && length > 40 {
                return None;
            }
        }
        SecretKind::Key | SecretKind::Token => {
            // Names, scopes and algorithms stand under such keys too: a key is long or mixed.
            let is_word = text
                .chars()
                .all(|c| c.is_ascii_alphabetic() || c == '_' || c == '-');
            if length < 6 || is_hash(text) || text.contains(char::is_whitespace) && length > 60 {
                return None;
            }
            if is_word && length < 8 && !is_default_word(text) {
                return None;
            }
        }
        SecretKind::Nonce | SecretKind::PrivateKey => {}
    }
    Some(Written {
        length,
        is_default_word: is_default_word(text),
        is_fallback: is_fallback || value.parts.iter().any(|part| matches!(part, Part::Hole(_))),
    })
}

/// Whether a password is one that everybody tries first.
pub fn is_default_word(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let bare = text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '!');
    DEFAULT_WORDS.contains(&text.as_str()) || !bare.is_empty() && DEFAULT_WORDS.contains(&bare)
}

/// Whether a text stands in the place of a secret and says so.
pub fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    PLACEHOLDERS
        .iter()
        .any(|word| lower.starts_with(word) || word.len() > 4 && lower.contains(word))
        || lower.ends_with('>') && lower.starts_with('<')
        || text
            .chars()
            .all(|c| matches!(c, 'x' | 'X' | '*' | '.' | '-' | '_' | '?'))
}

/// Whether a text names where the secret is: a variable, a template's field, a path, a URL without credentials.
fn is_reference(text: &str) -> bool {
    text.starts_with('$')
        || text.contains("${")
        || text.contains("{{")
        || text.contains("$(")
        || text.starts_with('%') && text.ends_with('%')
        || text.starts_with("@@")
        || text.starts_with('/') && text[1..].contains('/')
        || text.starts_with("./")
        || text.starts_with("~/")
        || text.starts_with("arn:")
        || text.starts_with("vault:")
        || text.starts_with("ssm:")
        || text.starts_with("secret:")
        || text.starts_with("op://")
        || text.starts_with("ENC[")
        || text.starts_with("ENC(")
        || text.starts_with("{cipher}")
        || text.starts_with("-----BEGIN CERT")
        || text.starts_with("-----BEGIN PUBLIC")
        || text.contains("://") && !text.contains('@')
        || ends_like_a_file(text)
        || matches!(
            text,
            "true"
                | "false"
                | "yes"
                | "no"
                | "on"
                | "off"
                | "str"
                | "string"
                | "None"
                | "null"
                | "undefined"
        )
}

fn ends_like_a_file(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    [
        ".pem", ".key", ".crt", ".txt", ".json", ".yml", ".yaml", ".env", ".p12", ".jks", ".pgpass",
    ]
    .iter()
    .any(|ending| lower.ends_with(ending))
}

/// Whether a text is the hash of a password, which gives nothing away at once: bcrypt, argon2, SCRAM, MD5 of PostgreSQL.
fn is_hash(text: &str) -> bool {
    [
        "$2a$",
        "$2b$",
        "$2y$",
        "$argon2",
        "$6$",
        "$5$",
        "$1$",
        "$apr1$",
        "SCRAM-SHA-256$",
        "pbkdf2",
        "{SSHA}",
        "sha256:",
        "sha512-",
        "sha384-",
    ]
    .iter()
    .any(|start| text.starts_with(start))
        || text.starts_with("md5") && text.len() == 35
}

/// What follows a word for a secret and says that this is something about it.
const ABOUT: [&str; 80] = [
    "time",
    "lock",
    "days",
    "hours",
    "minutes",
    "seconds",
    "attempts",
    "limit",
    "expiration",
    "age",
    "strength",
    "complexity",
    "history",
    "change",
    "changed",
    "strategy",
    "validation",
    "generator",
    "store",
    "key_ref",
    "source",
    "mode",
    "file",
    "path",
    "url",
    "uri",
    "name",
    "id",
    "length",
    "len",
    "min",
    "max",
    "field",
    "policy",
    "hash",
    "hasher",
    "hashers",
    "hashed",
    "validators",
    "validator",
    "reset",
    "timeout",
    "expiry",
    "expires",
    "expire",
    "ttl",
    "type",
    "header",
    "prefix",
    "suffix",
    "regex",
    "pattern",
    "required",
    "enabled",
    "disabled",
    "rotation",
    "ref",
    "arn",
    "version",
    "algorithm",
    "alg",
    "size",
    "count",
    "label",
    "hint",
    "placeholder",
    "prompt",
    "input",
    "form",
    "error",
    "message",
    "command",
    "cmd",
    "env",
    "var",
    "variable",
    "provider",
    "manager",
    "endpoint",
    "encoder",
];

/// How names of keys end, their words put together.
const KEYS: [&str; 17] = [
    "secretkey",
    "secretkeybase",
    "appsecret",
    "jwtsecret",
    "jwtkey",
    "signingkey",
    "encryptionkey",
    "fernetkey",
    "aeskey",
    "hmackey",
    "masterkey",
    "privatekey",
    "sessionsecret",
    "cookiesecret",
    "clientsecret",
    "secretaccesskey",
    "apikey",
];

/// Returns what kind of secret a name promises: `POSTGRES_PASSWORD`, `secretKey`, `spring.datasource.password`; `None` where it
/// promises none, such as `password_file`, `token_url`, `PASSWORD_MIN_LENGTH`.
pub fn promised(name: &str) -> Option<SecretKind> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let words = words_of(last);
    let has = |word: &str| words.iter().any(|it| it == word);
    let tail = words.last().map(String::as_str)?;
    if ABOUT.contains(&tail) || has("public") || has("hash") || has("file") || has("encrypted") {
        return None;
    }
    let joined = words.concat();
    if words.iter().any(|it| {
        matches!(
            it.as_str(),
            "password" | "passwd" | "passphrase" | "passwort" | "pwd"
        )
    }) || matches!(tail, "pass" | "pw") && (words.len() > 1 || joined == "pass")
        || joined.ends_with("password")
        || joined.ends_with("pgpass")
    {
        return Some(SecretKind::Password);
    }
    let is_key = tail == "secret" || KEYS.iter().any(|ending| joined.ends_with(ending));
    if is_key {
        return Some(SecretKind::Key);
    }
    if joined.ends_with("authtoken")
        || joined.ends_with("accesstoken")
        || joined.ends_with("apitoken")
        || joined.ends_with("apitokens")
    {
        return Some(SecretKind::Token);
    }
    None
}

/// Cuts a name into its words: `SECRET_KEY`, `secretKey` and `secret-key` have the same.
pub fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before_was_lower = false;
    for character in name.chars().take(200) {
        if !character.is_alphanumeric() {
            words.push(String::new());
            before_was_lower = false;
            continue;
        }
        if character.is_uppercase() && before_was_lower || words.is_empty() {
            words.push(String::new());
        }
        before_was_lower = character.is_lowercase() || character.is_numeric();
        if let Some(word) = words.last_mut() {
            word.extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Declares a secret of a kind under a name, where one is written.
pub fn declare(
    name: &str,
    kind: SecretKind,
    value: &Template,
    span: Span,
    is_local: bool,
) -> Option<Declaration> {
    let written = written(value, kind)?;
    // `password_field = "password"`: a word that repeats its own name names a field.
    if value
        .literal()
        .is_some_and(|text| words_of(name).concat() == words_of(&text).concat())
        && kind != SecretKind::Password
    {
        return None;
    }
    if kind == SecretKind::Key
        && value
            .literal()
            .is_some_and(|text| names_an_object(name, &text))
    {
        return None;
    }
    Some(Declaration {
        kind: DeclarationKind::Secret(SecretUse {
            kind,
            name: printable(name),
            length: written.length,
            is_default_word: written.is_default_word,
            is_fallback: written.is_fallback,
            is_local,
        }),
        span,
        certainty: if written.is_fallback {
            Certainty::Medium
        } else {
            Certainty::High
        },
        fixes: Vec::new(),
    })
}

/// Whether a value is the name of a Kubernetes Secret, or of a key in one: `nodeSecret: cockroachdb-node`. Such a key is written in
/// camel case, promises no certain secret, and its value is made of lower-case words as names of objects are.
fn names_an_object(name: &str, text: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_camel = last.chars().all(char::is_alphanumeric)
        && last.starts_with(char::is_lowercase)
        && last.contains(char::is_uppercase);
    let words = words_of(last);
    let is_certain = ["client", "app", "jwt", "session", "cookie"]
        .iter()
        .any(|word| words.len() == 2 && words[0] == *word);
    let is_reference = last.ends_with("Secret") || last.ends_with("SecretKey");
    is_camel
        && is_reference
        && !is_certain
        && text.contains(['-', '.'])
        && text
            .split(['-', '.'])
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_written(text: &str, kind: SecretKind) -> bool {
        written(&Template::verbatim(text, 0..text.len()), kind).is_some()
    }

    #[test]
    fn names_promise_what_they_say() {
        for name in [
            "POSTGRES_PASSWORD",
            "db_password",
            "spring.datasource.password",
            "dbPassword",
            "PGPASSWORD",
            "DB_PASS",
        ] {
            assert_eq!(promised(name), Some(SecretKind::Password), "{name}");
        }
        for name in [
            "SECRET_KEY",
            "secretKey",
            "JWT_SECRET",
            "client-secret",
            "FERNET_KEY",
            "APP_SECRET",
        ] {
            assert_eq!(promised(name), Some(SecretKind::Key), "{name}");
        }
        for name in [
            "password_file",
            "POSTGRES_PASSWORD_FILE",
            "token_url",
            "PASSWORD_MIN_LENGTH",
            "NextToken",
            "password_hash",
            "public_key",
            "passwordField",
            "PASSWORD_HASHERS",
            "compass",
            "bypass",
        ] {
            assert_eq!(promised(name), None, "{name}");
        }
    }

    #[test]
    fn references_and_placeholders_are_no_secrets() {
        for text in [
            "",
            "$PW",
            "${PW}",
            "{{ pw }}",
            "${{ secrets.PW }}",
            "$(PW)",
            "/run/secrets/pw",
            "<password>",
            "your_password",
            "xxxxx",
            "****",
            "$2b$12$abcdefghijklmnopqrstuv",
            "SCRAM-SHA-256$4096:x",
            "replace-me",
            "ENC[abc]",
        ] {
            assert!(!is_written(text, SecretKind::Password), "{text}");
        }
        for text in ["hunter2", "postgres", "S3cr3t!", "p@ss word"] {
            assert!(is_written(text, SecretKind::Password), "{text}");
        }
    }

    #[test]
    fn names_of_kubernetes_objects_are_no_keys() {
        let is_declared = |name: &str, text: &str| {
            let value = Template::verbatim(text, 0..text.len());
            declare(name, SecretKind::Key, &value, 0..text.len(), false).is_some()
        };
        for (name, text) in [
            ("nodeSecret", "cockroachdb-node"),
            ("clientRootSecret", "cockroachdb.client.root"),
            ("configSecretKey", "config-yaml"),
        ] {
            assert!(!is_declared(name, text), "{name}");
        }
        for (name, text) in [
            ("JWT_SECRET", "my-signing-secret"),
            ("jwtSecret", "my-signing-secret"),
            ("nodeSecret", "t5Gq-81xY-pw0Z"),
            ("secret", "keyboard-cat"),
        ] {
            assert!(is_declared(name, text), "{name}");
        }
    }

    #[test]
    fn default_words_are_known_with_a_number_behind() {
        assert!(
            is_default_word("postgres")
                && is_default_word("Password123")
                && is_default_word("admin!")
        );
        assert!(!is_default_word("hunter2") && !is_default_word("123x"));
    }
}
