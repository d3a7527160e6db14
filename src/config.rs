//! verifull's own configuration: text to a checked type, with positions in errors.
//!
//! It opens no file and reads no environment: the text and the values of `${VAR}` are arguments.

use std::path::PathBuf;
use std::time::Duration;

use crate::endpoint::Endpoint;

/// A whole configuration, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The file it came from, as it is to be named in messages.
    pub path: PathBuf,
    /// What to watch, in the order of the file.
    pub endpoints: Vec<Endpoint>,
    /// Paths of application files to watch.
    pub watch: Vec<PathBuf>,
    /// How hard to probe.
    pub limits: Limits,
    /// How to show it.
    pub ui: Ui,
    /// Places in the file itself where a password stands.
    pub secrets: Vec<SecretPosition>,
}

/// A place in the configuration where a password stands. The password itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPosition {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key, such as `endpoint[2].target`.
    pub key: String,
}

/// How hard to probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once, in all.
    pub concurrency: usize,
    /// Connections at once to one host.
    pub per_host: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 64,
            per_host: 2,
        }
    }
}

/// How to show it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Ui {
    /// Name of a theme; `None` chooses by the terminal's background.
    pub theme: Option<String>,
    /// Folder with the user's own themes.
    pub theme_dir: Option<PathBuf>,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
    /// Whether the mouse is used.
    pub mouse: Option<bool>,
    /// Keys by action name: `reprobe = "r"`.
    pub keys: Vec<(String, String)>,
}

/// Time between two quick probes, where nothing else is said.
pub const DEFAULT_INTERVAL: Duration = Duration::from_mins(1);
/// Time that one step of a probe may take, where nothing else is said.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time between two login tests, where nothing else is said. Each costs one line in a good PostgreSQL server's log.
pub const DEFAULT_LOGIN_TEST: Duration = Duration::from_hours(1);

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key, where the text stands under one.
    pub key: Option<String>,
    /// What is wrong, and what to do: lower case, no final stop, never a secret.
    pub message: String,
}

/// Reads a configuration. `environment` answers for `${VAR}`.
pub fn parse(
    _text: &str,
    _path: &std::path::Path,
    _environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Vec<ConfigError>> {
    Err(Vec::new())
}
