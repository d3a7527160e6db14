//! Configurations, good and bad: the example with every key, and a file for each mistake with what is said of it.
//!
//! A bad file ends with its expectation, one `#~ line:column: …` for each error. Nothing here judges an endpoint.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use verifull::config::{self, Config, ConfigError, Limits, SECTIONS, Surroundings, Ui};
use verifull::endpoint::{ExpiryThresholds, Protocol, ScanPlan};
use verifull::libpq::SslMode;

/// Stands in every file of the corpus where a password stands.
const PLANTED: &str = "hunter2";

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = root("tests/it/fixtures/config").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn environment(name: &str) -> Option<String> {
    match name {
        "HOME" => Some("/home/ada".to_owned()),
        "HOST" => Some("db1.example.com".to_owned()),
        "PGPASSWORD" => Some(format!("{PLANTED}@/:?#")),
        "DATABASE_URL" => Some(format!("postgresql://app:{PLANTED}@db9:26257/app")),
        "ESCAPE" => Some("\u{1b}[2J".to_owned()),
        _ => None,
    }
}

fn read(path: &Path) -> Result<String, String> {
    if path.ends_with("secrets/url") {
        Ok(format!("postgresql://app:{PLANTED}@db7:26257/app\n"))
    } else if path.ends_with("secrets/garbage") {
        Ok(format!("{PLANTED}\n"))
    } else {
        Err("cannot be read: no such file".to_owned())
    }
}

fn parse(bytes: &[u8]) -> Result<Config, Vec<ConfigError>> {
    let surroundings = Surroundings {
        environment: &environment,
        read: &read,
    };
    config::parse_bytes(bytes, Path::new("config.toml"), &surroundings)
}

#[test]
fn every_valid_file_is_accepted_and_keeps_no_password() {
    for file in files("valid") {
        let bytes = fs::read(&file).expect("it can be read");
        let config =
            parse(&bytes).unwrap_or_else(|errors| panic!("{}\n{}", file.display(), told(&errors)));
        let shown = format!("{config:?}");
        assert!(!shown.contains(PLANTED), "{}\n{shown}", file.display());
    }
}

#[test]
fn every_invalid_file_says_all_that_is_wrong_with_it() {
    let mut surprises = Vec::new();
    for file in files("invalid") {
        let bytes = fs::read(&file).expect("it can be read");
        let expected: Vec<String> = String::from_utf8_lossy(&bytes)
            .lines()
            .filter_map(|line| line.strip_prefix("#~ "))
            .map(str::to_owned)
            .collect();
        assert!(!expected.is_empty(), "{} expects nothing", file.display());
        let Err(errors) = parse(&bytes) else {
            panic!("{} was accepted", file.display());
        };
        let told = told(&errors);
        if told
            != expected.join(
                "
",
            )
        {
            surprises.push(format!(
                "{}
{told}
",
                file.display()
            ));
        }
        assert!(!told.contains(PLANTED), "{}\n{told}", file.display());
        for error in &errors {
            let message = &error.message;
            let first = message.chars().next().expect("a message");
            assert!(
                !first.is_uppercase() || message.starts_with("TOML"),
                "{message}"
            );
            assert!(!message.ends_with('.'), "{message}");
        }
    }
    assert!(
        surprises.is_empty(),
        "said otherwise:\n{}",
        surprises.join("\n")
    );
}

fn told(errors: &[ConfigError]) -> String {
    let lines: Vec<String> = errors
        .iter()
        .map(|error| {
            let line = error.to_string();
            line.trim_start_matches("config.toml:").to_owned()
        })
        .collect();
    lines.join("\n")
}

fn example() -> String {
    fs::read_to_string(root("config.example.toml")).expect("the example is there")
}

#[test]
fn example_shows_the_real_defaults() {
    let config = parse(example().as_bytes()).unwrap_or_else(|errors| panic!("{}", told(&errors)));
    let bare =
        parse(b"[[endpoint]]\nname = 'local'\ntarget = 'postgresql://localhost:26257/defaultdb'\n")
            .expect("it is good");
    assert_eq!(config, bare);
    let [endpoint] = config.endpoints.as_slice() else {
        panic!("one endpoint")
    };
    assert_eq!(endpoint.sslmode, SslMode::VerifyFull);
    assert_eq!(endpoint.sslrootcert, None);
    assert_eq!(endpoint.interval, config::DEFAULT_INTERVAL);
    assert_eq!(endpoint.timeout, config::DEFAULT_TIMEOUT);
    assert_eq!(endpoint.login_test, Some(config::DEFAULT_LOGIN_TEST));
    assert_eq!(endpoint.scan, ScanPlan::of(Protocol::Postgresql));
    assert_eq!(endpoint.expiry, ExpiryThresholds::default());
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.ui, Ui::default());
    assert!(config.secrets.is_empty());
}

#[test]
fn example_tells_how_often_each_protocol_is_scanned() {
    let text = example();
    for (protocol, plan) in [
        (
            Protocol::Https,
            r#"posture = "10m", rescan = "1h", deep = "24h""#,
        ),
        (
            Protocol::Postgresql,
            r#"posture = "1h", rescan = "6h", deep = "7d""#,
        ),
    ] {
        let flat = text.replace("\n# ", " ");
        assert!(flat.contains(plan), "{plan}");
        let target = match protocol {
            Protocol::Https | Protocol::Tls => "https://api",
            Protocol::Postgresql => "postgresql://db1",
        };
        let written = format!("[[endpoint]]\ntarget = '{target}'\nscan = {{ {plan} }}\n");
        let config = parse(written.as_bytes()).unwrap_or_else(|errors| panic!("{}", told(&errors)));
        assert_eq!(config.endpoints[0].scan, ScanPlan::of(protocol));
    }
}

/// Turns every `#key = …` into a key. What is given twice then, the commented line replaces.
fn uncommented(example: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in example.lines() {
        match line.strip_prefix('#') {
            // `target` and `target_file` exclude each other.
            Some(key) if key.starts_with("target_file") => {
                lines.retain(|line| !line.starts_with("target ="));
                lines.push(key.to_owned());
            }
            Some(key) if key.starts_with(|c: char| c.is_ascii_lowercase()) => {
                lines.push(key.to_owned());
            }
            Some(_) | None => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

#[test]
fn commented_keys_of_the_example_are_good_ones() {
    let text = uncommented(&example()).replace("/run/secrets/database_url", "secrets/url");
    let config = parse(text.as_bytes()).unwrap_or_else(|errors| panic!("{}", told(&errors)));
    assert_eq!(config.endpoints.len(), 1);
    assert_eq!(config.endpoints[0].login_test, None);
}

#[test]
fn every_key_stands_in_the_example() {
    let text = example();
    let active: toml::Table = text.parse().expect("it is TOML");
    let all: toml::Table = uncommented(&text).parse().expect("it is TOML");
    let mut sections: BTreeMap<String, Vec<toml::Table>> = BTreeMap::new();
    for table in [active, all] {
        collect("", &table, &mut sections);
    }
    for section in SECTIONS {
        let shown = sections
            .get(section.name)
            .unwrap_or_else(|| panic!("[{}] is not in the example", section.name));
        for key in section.keys {
            assert!(
                shown.iter().any(|table| table.contains_key(*key)),
                "`{key}` of [{}] is not in config.example.toml",
                section.name
            );
        }
    }
}

/// Sorts the tables of a document under the names that the reader has for its sections.
fn collect(name: &str, table: &toml::Table, sections: &mut BTreeMap<String, Vec<toml::Table>>) {
    sections
        .entry(name.to_owned())
        .or_default()
        .push(table.clone());
    for (key, value) in table {
        let inner = match name {
            "expiry" => "expiry.*",
            _ => key,
        };
        match value {
            toml::Value::Table(table) => collect(inner, table, sections),
            toml::Value::Array(array) => {
                for value in array {
                    if let toml::Value::Table(table) = value {
                        collect(inner, table, sections);
                    }
                }
            }
            toml::Value::String(_)
            | toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_) => {}
        }
    }
}
