//! verifull's own configuration: text to a checked type, with positions in errors.
//!
//! It opens no file and reads no environment: the text, the values of `${VAR}` and the contents of secret files are
//! arguments. It looks at no certificate: a file that is missing or wrong is for the probe to see.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use crate::endpoint::{Endpoint, ExpiryThresholds};

mod document;
mod duration;
mod endpoints;
mod expand;
pub mod files;
mod spelling;

use document::{Document, Section};
pub use files::{FileRule, Files};

/// A whole configuration, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The file it came from, as it is to be named in messages.
    pub path: PathBuf,
    /// What to watch, in the order of the file.
    pub endpoints: Vec<Endpoint>,
    /// Paths of application files to watch.
    pub watch: Vec<PathBuf>,
    /// Directories and files with certificates and keys to watch.
    pub certificates: Vec<PathBuf>,
    /// When a certificate in one of these files is about to expire: the thresholds of `[defaults]`.
    pub expiry: ExpiryThresholds,
    /// What counts for application files.
    pub files: Files,
    /// How hard to probe.
    pub limits: Limits,
    /// How to show it.
    pub ui: Ui,
    /// Places in the file itself where a password stands.
    pub secrets: Vec<SecretPosition>,
}

impl Config {
    /// Returns every file whose change may change what is seen: this one, trust anchors, client certificates and keys.
    pub fn files(&self) -> BTreeSet<PathBuf> {
        let named = self.endpoints.iter().flat_map(|endpoint| {
            [&endpoint.sslrootcert, &endpoint.sslcert, &endpoint.sslkey]
                .into_iter()
                .flatten()
                .cloned()
        });
        named.chain([self.path.clone()]).collect()
    }
}

/// A place in the configuration where a password stands. The password itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPosition {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key, such as `endpoint[2].target`; endpoints count from 1.
    pub key: String,
}

/// How hard to probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once, in all.
    pub concurrency: usize,
    /// Connections at once to one host.
    pub per_host: usize,
    /// New connections a second that scans make to one host.
    pub rate: Rate,
}

/// How fast scans make connections to one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Rate {
    /// As fast as the other limits allow, and slower once the host resets or refuses connections.
    #[default]
    Adaptive,
    /// As fast as the other limits allow, whatever the host does.
    Off,
    /// At most so many a second, and slower where that is too fast.
    PerSecond(u16),
}

impl Default for Limits {
    /// 512 at once: hundreds of silent peers, each of which holds its place for a whole step, still delay nobody else, and
    /// half of the usual limit of 1,024 open files is left. 8 to one host: what a scan fills a round trip with, and far below
    /// what any server notices as load.
    fn default() -> Self {
        Self {
            concurrency: 512,
            per_host: 8,
            rate: Rate::Adaptive,
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
    /// Keys by action name: `reprobe = "r"`. An action with several keys has several entries.
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

impl fmt::Display for ConfigError {
    /// Writes `path:line:column: key: message`, which editors and terminals can jump to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = crate::text::printable(&self.path.to_string_lossy());
        write!(f, "{path}:{}:{}: ", self.line, self.column)?;
        if let Some(key) = &self.key {
            write!(f, "`{key}`: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

/// What a configuration may ask of the world around it.
pub struct Surroundings<'a> {
    /// Answers for `${VAR}` and for the `HOME` of `~/`.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// Answers for `target_file`: the file's text, or why it cannot be had.
    pub read: &'a dyn Fn(&Path) -> Result<String, String>,
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").finish_non_exhaustive()
    }
}

/// A section of the file and the keys that it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionKeys {
    /// Name of the table, such as `limits`; empty for the document itself.
    pub name: &'static str,
    /// Its keys. Empty where the file chooses them.
    pub keys: &'static [&'static str],
}

const ROOT_KEYS: &[&str] = &[
    "defaults", "endpoint", "watch", "files", "limits", "ui", "keys",
];
const WATCH_KEYS: &[&str] = &["paths", "certs"];
const LIMITS_KEYS: &[&str] = &["concurrency", "per_host", "rate"];
/// Most connections a second that can be asked for: beyond it the other limits decide.
const FASTEST_RATE: usize = 1_000;
const UI_KEYS: &[&str] = &["theme", "theme_dir", "ascii", "mouse"];

/// Every section with every key. The reader refuses what is not in here, so that nothing can be read and not be listed.
pub const SECTIONS: [SectionKeys; 12] = [
    SectionKeys {
        name: "",
        keys: ROOT_KEYS,
    },
    SectionKeys {
        name: "defaults",
        keys: endpoints::DEFAULTS_KEYS,
    },
    SectionKeys {
        name: "endpoint",
        keys: endpoints::ENDPOINT_KEYS,
    },
    SectionKeys {
        name: "expiry",
        keys: endpoints::EXPIRY_KEYS,
    },
    SectionKeys {
        name: "expiry.*",
        keys: endpoints::FRACTION_KEYS,
    },
    SectionKeys {
        name: "scan",
        keys: endpoints::SCAN_KEYS,
    },
    SectionKeys {
        name: "watch",
        keys: WATCH_KEYS,
    },
    SectionKeys {
        name: "files",
        keys: files::FILES_KEYS,
    },
    SectionKeys {
        name: "rule",
        keys: files::RULE_KEYS,
    },
    SectionKeys {
        name: "limits",
        keys: LIMITS_KEYS,
    },
    SectionKeys {
        name: "ui",
        keys: UI_KEYS,
    },
    SectionKeys {
        name: "keys",
        keys: &[],
    },
];

/// Reads a configuration. `environment` answers for `${VAR}`; a `target_file` is an error here.
pub fn parse(
    text: &str,
    path: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Vec<ConfigError>> {
    let read = |_: &Path| Err("files are not read here".to_owned());
    let surroundings = Surroundings {
        environment,
        read: &read,
    };
    parse_within(text, path, &surroundings)
}

/// Reads a configuration from the bytes of a file, which may be anything.
pub fn parse_bytes(
    bytes: &[u8],
    path: &Path,
    surroundings: &Surroundings<'_>,
) -> Result<Config, Vec<ConfigError>> {
    let refused = |line, column, message: &str| {
        Err(vec![ConfigError {
            path: path.to_owned(),
            line,
            column,
            key: None,
            message: message.to_owned(),
        }])
    };
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return refused(1, 1, "the file is UTF-16; save it as UTF-8");
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = &bytes[..error.valid_up_to()];
            let (line, column) = place(&String::from_utf8_lossy(good), good.len());
            let byte = bytes[error.valid_up_to()];
            return refused(line, column, &format!("the byte 0x{byte:02X} is not UTF-8"));
        }
    };
    if let Some(nul) = text.find('\0') {
        let (line, column) = place(text, nul);
        return refused(
            line,
            column,
            "a NUL byte stands here; this is not a text file",
        );
    }
    parse_within(text, path, surroundings)
}

/// Reads a configuration and finds everything that is wrong with it.
///
/// Where the text is not TOML, only that is said: what stands at the edge of a syntax error may be part of a secret, and
/// no message repeats it.
pub fn parse_within(
    text: &str,
    path: &Path,
    surroundings: &Surroundings<'_>,
) -> Result<Config, Vec<ConfigError>> {
    let (table, syntax_errors) = DeTable::parse_recoverable(text);
    let mut document = Document::new(text, path, surroundings);
    if !syntax_errors.is_empty() {
        document.report_syntax(&syntax_errors);
        return Err(document.into_errors());
    }
    let root = document.root(&table, ROOT_KEYS);
    let (endpoints, secrets, expiry) = endpoints::read(&mut document, &root);
    let (watch, certificates) = read_watch(&mut document, &root);
    let files = files::read(&mut document, &root);
    let limits = read_limits(&mut document, &root);
    let ui = read_ui(&mut document, &root);

    let errors = document.into_errors();
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Config {
        path: path.to_owned(),
        endpoints,
        watch,
        certificates,
        expiry,
        files,
        limits,
        ui,
        secrets,
    })
}

/// Reads which application files to watch, and which certificate files.
fn read_watch<'a>(document: &mut Document<'a>, root: &Section<'a>) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let Some(section) = document.section(root, "watch", WATCH_KEYS) else {
        return (Vec::new(), Vec::new());
    };
    let mut read = |key| {
        document
            .strings(&section, key)
            .into_iter()
            .filter_map(|text| document.resolve(&text.value, text.span.start, text.key))
            .collect()
    };
    (read("paths"), read("certs"))
}

fn read_limits<'a>(document: &mut Document<'a>, root: &Section<'a>) -> Limits {
    let mut limits = Limits::default();
    let Some(section) = document.section(root, "limits", LIMITS_KEYS) else {
        return limits;
    };
    // Linux lets a process open 1,024 files unless told otherwise; whoever raises that knows why.
    if let Some(concurrency) = document.integer(&section, "concurrency", 1..=10_000) {
        limits.concurrency = concurrency;
    }
    if let Some(per_host) = document.integer(&section, "per_host", 1..=1_000) {
        limits.per_host = per_host;
    }
    if let Some(rate) = read_rate(document, &section) {
        limits.rate = rate;
    }
    limits
}

/// Reads how fast scans may be: `"adaptive"`, a number, or false.
fn read_rate<'a>(document: &mut Document<'a>, section: &Section<'a>) -> Option<Rate> {
    const KEY: &str = "rate";
    let value = section.find(KEY)?;
    match value.get_ref() {
        DeValue::Boolean(false) => Some(Rate::Off),
        DeValue::Boolean(true) => {
            document.report(
                value.span().start,
                Some(section.key(KEY)),
                "expected \"adaptive\", a number or false, got true: say how many connections a second",
            );
            None
        }
        DeValue::String(_) => document.word(
            section,
            KEY,
            |word| (word == "adaptive").then_some(Rate::Adaptive),
            &["adaptive"],
        ),
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => {
            let number = document.integer(section, KEY, 1..=FASTEST_RATE)?;
            u16::try_from(number).ok().map(Rate::PerSecond)
        }
    }
}

fn read_ui<'a>(document: &mut Document<'a>, root: &Section<'a>) -> Ui {
    let mut ui = Ui::default();
    if let Some(section) = document.section(root, "ui", UI_KEYS) {
        ui.theme = document
            .string(&section, "theme")
            .map(|text| text.value)
            .filter(|theme| theme != "auto");
        ui.theme_dir = document.path(&section, "theme_dir");
        ui.ascii = document.boolean(&section, "ascii").unwrap_or_default();
        ui.mouse = document.boolean(&section, "mouse");
    }
    if let Some(section) = document.section(root, "keys", &[]) {
        for (action, _, _) in section.entries() {
            for key in document.strings(&section, action) {
                ui.keys.push((action.to_owned(), key.value));
            }
        }
    }
    ui
}

/// Returns line and column of a byte, both from 1, the column in characters.
fn place(text: &str, position: usize) -> (usize, usize) {
    let before = text.get(..position).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;
    use crate::endpoint::{Host, Protocol, ScanPlan};
    use crate::libpq::SslMode;

    fn environment(name: &str) -> Option<String> {
        match name {
            "HOME" => Some("/home/ada".to_owned()),
            "PGPASSWORD" => Some("hunter2@/:".to_owned()),
            "DATABASE_URL" => Some("postgresql://app:hunter2@db9:26257/app".to_owned()),
            "BAD" => Some("hunter2".to_owned()),
            _ => None,
        }
    }

    fn parsed(text: &str) -> Config {
        let read = |path: &Path| match path.to_str() {
            Some("/etc/verifull/secret") => {
                Ok("postgresql://app:hunter2@db3:26257/app\n".to_owned())
            }
            _ => Err("no such file".to_owned()),
        };
        let surroundings = Surroundings {
            environment: &environment,
            read: &read,
        };
        parse_within(text, Path::new("/etc/verifull/config.toml"), &surroundings)
            .unwrap_or_else(|errors| panic!("{text}\n{errors:#?}"))
    }

    fn errors(text: &str) -> Vec<String> {
        let errors = parse(text, Path::new("v.toml"), &environment).expect_err(text);
        errors.iter().map(ConfigError::to_string).collect()
    }

    #[test]
    fn empty_file_is_a_configuration() {
        let config = parsed("");
        assert!(config.endpoints.is_empty());
        assert_eq!(config.limits, Limits::default());
        assert_eq!(config.ui, Ui::default());
    }

    #[test]
    fn endpoint_gets_defaults_where_nothing_is_said() {
        let config = parsed("[[endpoint]]\ntarget = 'postgresql://db1:26257/app'\n");
        let endpoint = &config.endpoints[0];
        assert_eq!(&*endpoint.name, "db1:26257");
        assert_eq!(endpoint.sslmode, SslMode::VerifyFull);
        assert_eq!(endpoint.interval, DEFAULT_INTERVAL);
        assert_eq!(endpoint.timeout, DEFAULT_TIMEOUT);
        assert_eq!(endpoint.login_test, Some(DEFAULT_LOGIN_TEST));
        assert_eq!(endpoint.expiry, ExpiryThresholds::default());
        assert_eq!(endpoint.sslrootcert, None);
    }

    #[test]
    fn endpoint_counts_before_url_and_url_before_defaults() {
        let config = parsed(
            "[defaults]\nsslmode = 'require'\nsslrootcert = 'default.crt'\nlogin_test = false\nlabels = { env = 'prod', team = 'a' }\n\
             [[endpoint]]\nname = 'a'\ntarget = 'postgresql://db1/x?sslmode=verify-ca&sslrootcert=url.crt'\n\
             [[endpoint]]\nname = 'b'\ntarget = 'postgresql://db1/x?sslmode=verify-ca'\nsslmode = 'verify-full'\nsslrootcert = 'system'\nlogin_test = '2h'\nlabels = { team = 'b' }\n\
             [[endpoint]]\nname = 'c'\ntarget = 'db1:5432'\n",
        );
        let [a, b, c] = config.endpoints.as_slice() else {
            panic!("three endpoints")
        };
        assert_eq!(a.sslmode, SslMode::VerifyCa);
        assert_eq!(a.sslrootcert, Some("/etc/verifull/url.crt".into()));
        assert_eq!(b.sslmode, SslMode::VerifyFull);
        assert_eq!(b.sslrootcert, None);
        assert_eq!(b.login_test, Some(Duration::from_hours(2)));
        assert_eq!(b.labels["env"], "prod");
        assert_eq!(b.labels["team"], "b");
        assert_eq!(c.sslmode, SslMode::Require);
        assert_eq!(c.sslrootcert, Some("/etc/verifull/default.crt".into()));
        assert_eq!(c.login_test, None);
    }

    #[test]
    fn scans_are_planned_by_protocol_and_by_key() {
        let config = parsed(
            "[defaults]\nscan = { rescan = '2h' }\n\
             [[endpoint]]\ntarget = 'postgresql://db1:26257'\nscan = { deep = false }\nsuspicious_probes = false\n\
             [[endpoint]]\ntarget = 'https://api'\n\
             [[endpoint]]\ntarget = 'https://other'\nscan = false\n",
        );
        let plans: Vec<ScanPlan> = config.endpoints.iter().map(|it| it.scan).collect();
        assert_eq!(
            plans,
            [
                ScanPlan {
                    posture: Some(Duration::from_hours(1)),
                    rescan: Some(Duration::from_hours(2)),
                    deep: None,
                    suspicious_probes: false,
                },
                ScanPlan {
                    rescan: Some(Duration::from_hours(2)),
                    ..ScanPlan::of(Protocol::Https)
                },
                ScanPlan {
                    posture: None,
                    rescan: None,
                    deep: None,
                    suspicious_probes: true,
                },
            ]
        );
    }

    #[test]
    fn rate_is_a_word_a_number_or_false() {
        for (written, rate) in [
            ("\"adaptive\"", Rate::Adaptive),
            ("20", Rate::PerSecond(20)),
            ("false", Rate::Off),
        ] {
            let config = parsed(&format!("[limits]\nrate = {written}\n"));
            assert_eq!(config.limits.rate, rate);
        }
        assert_eq!(parsed("[limits]\n").limits.rate, Rate::Adaptive);
    }

    #[test]
    fn several_hosts_become_several_endpoints() {
        let config = parsed(
            "[[endpoint]]\nname = 'orders'\ntarget = 'postgresql://db1,db2/x'\n\
             [[endpoint]]\nname = 'local'\ntarget = 'postgresql://[::1]:1,[::1]:2/x'\n\
             [[endpoint]]\ntarget = 'postgresql://db4:1,db5:2/x'\n",
        );
        let names: Vec<&str> = config.endpoints.iter().map(|e| &*e.name).collect();
        assert_eq!(
            names,
            [
                "orders/db1",
                "orders/db2",
                "local/[::1]:1",
                "local/[::1]:2",
                "db4:1",
                "db5:2"
            ]
        );
        assert_eq!(
            config.endpoints[2].target.host,
            Host::Address(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]))
        );
    }

    #[test]
    fn paths_begin_at_the_file_or_at_home() {
        let config = parsed(
            "[watch]\npaths = ['app', '~/src', '/srv/app']\ncerts = 'certs'\n[defaults]\nsslrootcert = 'certs/ca.crt'\n",
        );
        let paths: Vec<&str> = config.watch.iter().filter_map(|p| p.to_str()).collect();
        assert_eq!(paths, ["/etc/verifull/app", "/home/ada/src", "/srv/app"]);
        assert_eq!(config.certificates, [Path::new("/etc/verifull/certs")]);
    }

    #[test]
    fn literal_password_is_placed_and_dropped() {
        let config = parsed(
            "[[endpoint]]\ntarget = \"postgresql://app:hunter2@db1/x\"\n\
             [[endpoint]]\ntarget = \"postgresql://app:${PGPASSWORD}@db2/x\"\n\
             [[endpoint]]\ntarget = \"${DATABASE_URL}\"\n\
             [[endpoint]]\ntarget_file = \"secret\"\n\
             [[endpoint]]\ntarget = \"https://db1:443/@app\"\n",
        );
        assert_eq!(
            config.secrets,
            [SecretPosition {
                line: 2,
                column: 28,
                key: "endpoint[1].target".to_owned()
            }]
        );
        let hosts: Vec<String> = config
            .endpoints
            .iter()
            .map(|e| e.target.to_string())
            .collect();
        assert_eq!(
            hosts,
            [
                "postgresql://db1:5432/x",
                "postgresql://db2:5432/x",
                "postgresql://db9:26257/app",
                "postgresql://db3:26257/app",
                "https://db1:443/@app"
            ]
        );
        assert!(config.endpoints[1].target.had_password);
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn expiry_thresholds_are_merged_by_field() {
        let config = parsed(
            "[defaults.expiry]\nwarning = { at_most = '30d' }\n\
             [[endpoint]]\ntarget = 'a:1'\nexpiry = { critical = { fraction = 0.2 } }\n",
        );
        let expiry = config.endpoints[0].expiry;
        assert_eq!(expiry.warning.at_most, Duration::from_hours(30 * 24));
        assert!((expiry.critical.fraction - 0.2).abs() < f64::EPSILON);
        assert_eq!(expiry.critical.at_most, Duration::from_hours(7 * 24));
    }

    #[test]
    fn every_mistake_of_a_file_is_told_at_once() {
        assert_eq!(
            errors(
                "[defaults]\nsslmod = 'require'\ninterval = 60\n\n[[endpoint]]\ntarget = 'db1'\nsslmode = 'verify_full'\n\n[[endpoint]]\nname = 'x'\n\n[limits]\nconcurrency = 0\n[ui]\nascii = 'no'\n"
            ),
            [
                "v.toml:2:1: `defaults.sslmod`: unknown key; did you mean `sslmode`?",
                "v.toml:3:12: `defaults.interval`: expected a duration, got the integer 60; say the unit, such as \"60s\"",
                "v.toml:6:10: `endpoint[1].target`: no port is named; write `host:port`, or a scheme, as in `postgresql://host`",
                "v.toml:7:11: `endpoint[1].sslmode`: expected one of disable, allow, prefer, require, verify-ca, verify-full, got `verify_full`; did you mean `verify-full`?",
                "v.toml:9:1: `endpoint[2].target`: is missing; write one such as \"postgresql://db1:26257\"",
                "v.toml:13:15: `limits.concurrency`: expected a number from 1 to 10000, got 0",
                "v.toml:15:9: `ui.ascii`: expected true or false, got a string",
            ]
        );
    }

    #[test]
    fn misspelt_key_is_not_missing_too() {
        for (table, line, seen, meant) in [
            ("taget = 'db1:5432'", 2, "taget", "target"),
            ("Target = 'db1:5432'", 2, "Target", "target"),
            ("target_fil = 'secret'", 2, "target_fil", "target_file"),
            (
                "target = 'db1:5432'\nsslcert = 'a'\nslkey = 'b'",
                4,
                "slkey",
                "sslkey",
            ),
        ] {
            assert_eq!(
                errors(&format!("[[endpoint]]\n{table}\n")),
                [format!(
                    "v.toml:{line}:1: `endpoint[1].{seen}`: unknown key; did you mean `{meant}`?"
                )],
            );
        }
        // A strange key is no spelling of a missing one: both are told.
        assert_eq!(errors("[[endpoint]]\ncolour = 'red'\n").len(), 2);
    }

    #[test]
    fn thousands_of_mistakes_are_told_in_short() {
        for text in [
            "[[endpoint]]\n".repeat(60_000),
            "=\n".repeat(60_000),
            format!("[watch]\npaths = [{}]\n", "1,".repeat(60_000)),
        ] {
            let errors = errors(&text);
            assert_eq!(errors.len(), 51);
            assert!(
                errors[50].ends_with("from here on 59950 more mistakes, not shown"),
                "{}",
                errors[50]
            );
        }
    }

    #[test]
    fn no_error_tells_a_password() {
        for text in [
            "[[endpoint]]\ntarget = 'postgresql://u:hunter2@db1:x/y'\n",
            "[[endpoint]]\ntarget = 'postgresql://u:hunter2/@db1/y'\n",
            "[[endpoint]]\ntarget = postgresql://u:hunter2@db1/y\n",
            "[[endpoint]]\ntarget = 'postgresql://u:hunter2@db1/y\n",
            "[[endpoint]]\ntarget = 'x'\nsslmode = '${BAD}'\ninterval = '${BAD}'\n",
            "[[endpoint]]\ntarget = '${BAD}'\npassword = 'hunter2'\n",
            "[[endpoint]]\ntarget = ['postgresql://u:hunter2@db1/y']\n",
            "[[endpoint]]\ntarget = '${MISSING:-hunter2}'\n",
            "target = \"hunter2\" \"hunter2\"\nhunter2",
            "hunter2 = \"\nhunter2 = hunter2",
            "target = \"\\hunter2\"",
        ] {
            let told = errors(text).join("\n");
            assert!(!told.contains("hunter2"), "{text}\n{told}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_placed() {
        let surroundings = Surroundings {
            environment: &|_| None,
            read: &|_| Err(String::new()),
        };
        for (bytes, told) in [
            (
                &b"a = 1\nb = \"\xff\""[..],
                "v.toml:2:6: the byte 0xFF is not UTF-8",
            ),
            (
                b"# \xc3\xbc\0",
                "v.toml:1:4: a NUL byte stands here; this is not a text file",
            ),
            (
                b"\xff\xfea\0",
                "v.toml:1:1: the file is UTF-16; save it as UTF-8",
            ),
        ] {
            let errors = parse_bytes(bytes, Path::new("v.toml"), &surroundings).expect_err(told);
            assert_eq!(errors[0].to_string(), told);
        }
        let marked = b"\xef\xbb\xbf[ui]\nascii = true\n";
        let config =
            parse_bytes(marked, Path::new("v.toml"), &surroundings).expect("a BOM is no harm");
        assert!(config.ui.ascii);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_makes_it_panic(
            text in ".*",
            toml in "(\\[?\\[(defaults|endpoint|limits|ui|keys|expiry)\\]\\]?\n|(name|target|sslmode|interval|labels|expiry|concurrency|scan|rate) = ('[ -~]{0,20}'|[0-9.e+-]{1,9}|true|\\{ [a-z]{1,9} = [0-9] \\})\n){0,8}",
        ) {
            let _ = parse(&text, Path::new("v.toml"), &environment);
            let _ = parse(&toml, Path::new("v.toml"), &environment);
        }
    }
}
