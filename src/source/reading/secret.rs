//! Reads secrets that are written out: is this text a secret, or a placeholder, a name, a path?

use crate::source::declaration::SecretKind;
use crate::text::template::Template;

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

/// Returns what is written where a secret of this kind belongs; `None` where nothing is given away: a variable, a placeholder, a
/// path, an empty text.
pub fn written(value: &Template, kind: SecretKind) -> Option<Written> {
    let _ = (value, kind);
    None
}

/// Returns what kind of secret a name promises: `POSTGRES_PASSWORD`, `secretKey`, `spring.datasource.password`; `None` where it
/// promises none, such as `password_file`, `token_url`, `PASSWORD_MIN_LENGTH`.
pub fn promised(name: &str) -> Option<SecretKind> {
    let _ = name;
    None
}
