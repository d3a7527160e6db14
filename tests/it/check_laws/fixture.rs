//! Fixtures of checks: a base observation, what differs, and what is expected of every check.
#![expect(clippy::unwrap_used, reason = "a broken fixture ends its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use verifull::check::{self, CertificateContext, Check, Context, TicketKey, Verdict};
use verifull::config::{Config, Limits, SecretPosition, Ui};
use verifull::endpoint::{Endpoint, ExpiryThresholds};
use verifull::finding::Detection;
use verifull::observation::EndpointObservation;
use verifull::observation::certificate_file::{CertificateDirectory, EndpointFiles};

/// Words that an `Attempt` has one of. An override with one of them takes the place of the others.
const ATTEMPTS: [&str; 4] = ["seen", "refused", "failed", "not_attempted"];

/// What a fixture shows, by the first word of its file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Fires,
    Quiet,
    Open,
}

/// One file.
pub(super) struct Fixture {
    pub(super) path: PathBuf,
    pub(super) check: &'static Check,
    pub(super) case: Case,
    /// The rest of the file name: what makes the case.
    pub(super) name: String,
    scene: Value,
}

impl Fixture {
    /// Reads every fixture.
    pub(super) fn all() -> Vec<Self> {
        let folder = folder();
        let mut fixtures = Vec::new();
        for id in names_in(&folder) {
            if id == "base" {
                continue;
            }
            let check = check::find(&id).unwrap_or_else(|| panic!("no check has the id `{id}`"));
            for file in names_in(&folder.join(&id)) {
                fixtures.push(Self::read(check, folder.join(&id).join(file)));
            }
        }
        assert!(!fixtures.is_empty());
        fixtures
    }

    fn read(check: &'static Check, path: PathBuf) -> Self {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let (case, name) = stem.split_once('_').unwrap_or((stem, ""));
        let case = match case {
            "fires" => Case::Fires,
            "quiet" => Case::Quiet,
            "open" => Case::Open,
            other => panic!("{}: `{other}` is no case", path.display()),
        };
        let name = name.to_owned();
        let scene = scene(&path);
        Self {
            path,
            check,
            case,
            name,
            scene,
        }
    }

    /// Puts the scene to every check.
    pub(super) fn verdicts(&self) -> Vec<(&'static Check, Verdict)> {
        if let Some(secrets) = self.scene.get("secrets") {
            return check::assess_configuration(&configuration(secrets));
        }
        if self.scene.get("directory").is_some() {
            return self.certificate_file_verdicts();
        }
        let endpoint: Endpoint = self.part("endpoint");
        let by_key = |part: &str| -> BTreeMap<String, BTreeSet<Arc<str>>> {
            if self.scene.get(part).is_some() {
                self.part(part)
            } else {
                BTreeMap::new()
            }
        };
        let (key_holders, sslv2_keys) = (by_key("key_holders"), by_key("sslv2_keys"));
        let files: EndpointFiles = if self.scene.get("files").is_some() {
            self.part("files")
        } else {
            EndpointFiles::default()
        };
        let context = Context {
            now: self.part("now"),
            endpoint: &endpoint,
            key_holders: &key_holders,
            ticket_key: self.scene.get("ticket_key_seen_since").map(|_| TicketKey {
                seen_since: self.part("ticket_key_seen_since"),
                follows_another: self.scene.get("ticket_key_follows_another").is_some(),
            }),
            sslv2_keys: &sslv2_keys,
            files: &files,
        };
        check::assess(&self.observation(), &context)
    }

    /// Puts each certificate file of the scene to every check about those.
    fn certificate_file_verdicts(&self) -> Vec<(&'static Check, Verdict)> {
        let directory: CertificateDirectory = self.part("directory");
        let context = CertificateContext {
            now: self.part("now"),
            directory: &directory,
            expiry: ExpiryThresholds::default(),
        };
        directory
            .files
            .iter()
            .flat_map(|file| check::assess_certificate_file(file, &context))
            .collect()
    }

    /// Returns the observation in the scene.
    pub(super) fn observation(&self) -> EndpointObservation {
        self.part("observation")
    }

    /// Whether the peer presented a certificate that could be read.
    pub(super) fn has_readable_certificate(&self) -> bool {
        self.scene.get("observation").is_some()
            && self
                .observation()
                .chain
                .seen()
                .is_some_and(|chain| chain.end_entity().is_some())
    }

    /// Returns the scene's observation as it is written, for others to vary.
    pub(super) fn written(&self) -> Option<(&Value, &Value)> {
        Some((self.scene.get("endpoint")?, self.scene.get("observation")?))
    }

    fn part<T: DeserializeOwned>(&self, key: &str) -> T {
        serde_json::from_value(self.scene[key].clone())
            .unwrap_or_else(|error| panic!("{}: {key}: {error}", self.path.display()))
    }

    /// Returns every detection with its check.
    pub(super) fn detections(&self) -> Vec<(&'static Check, Detection)> {
        self.verdicts()
            .into_iter()
            .flat_map(|(check, verdict)| match verdict {
                Verdict::Fail(detections) => detections
                    .into_iter()
                    .map(|detection| (check, detection))
                    .collect(),
                Verdict::Pass | Verdict::NotApplicable | Verdict::Open(_) => Vec::new(),
            })
            .collect()
    }

    /// Says what every check that fails says, one line each, and why this one is open.
    fn outcome(&self) -> (Vec<String>, Option<String>) {
        let found = self
            .detections()
            .iter()
            .map(|(check, detection)| {
                let severity = detection.severity.unwrap_or(check.severity);
                format!("{} {severity}: {}", check.id, detection.message)
            })
            .collect();
        let open = self
            .verdicts()
            .into_iter()
            .find_map(|(check, verdict)| match verdict {
                Verdict::Open(reason) if check.id == self.check.id => Some(reason),
                Verdict::Open(_) | Verdict::Pass | Verdict::Fail(_) | Verdict::NotApplicable => {
                    None
                }
            });
        (found, open)
    }

    /// Whether the checks say what the file expects: all findings of all checks, so that nothing is reported twice.
    pub(super) fn holds(&self) -> Result<(), String> {
        let (found, open) = self.outcome();
        self.fits_its_case(&found, open.as_deref())?;
        let expected: Vec<String> = self.part("findings");
        if found != expected {
            return Err(format!("expected {expected:#?}, found {found:#?}"));
        }
        let expected = self.scene.get("open").and_then(Value::as_str);
        if open.as_deref() != expected {
            return Err(format!("expected open {expected:?}, found {open:?}"));
        }
        Ok(())
    }

    fn fits_its_case(&self, found: &[String], open: Option<&str>) -> Result<(), String> {
        let fires = found
            .iter()
            .any(|line| line.starts_with(&format!("{} ", self.check.id)));
        let shown = match (fires, open) {
            (true, _) => Case::Fires,
            (false, Some(_)) => Case::Open,
            (false, None) => Case::Quiet,
        };
        if shown == self.case {
            Ok(())
        } else {
            Err(format!("{:?} is expected and it is {shown:?}", self.case))
        }
    }

    /// Writes the expectations anew. They are the first lines of the file.
    pub(super) fn rewrite(&self) {
        let (found, open) = self.outcome();
        if let Err(fault) = self.fits_its_case(&found, open.as_deref()) {
            panic!("{}: {fault}", self.path.display());
        }
        let text = std::fs::read_to_string(&self.path).unwrap();
        let rest = text.find("\n\n").map_or("", |end| text[end..].trim_start());
        let base = text
            .lines()
            .find(|line| line.starts_with("base = "))
            .map_or_else(String::new, |line| format!("{line}\n"));
        let lines = found.iter().fold(String::new(), |lines, line| {
            format!("{lines}    {},\n", toml::Value::from(line.as_str()))
        });
        let findings = if found.is_empty() {
            "findings = []\n".to_owned()
        } else {
            format!("findings = [\n{lines}]\n")
        };
        let open = open.map_or_else(String::new, |reason| {
            format!("open = {}\n", toml::Value::from(reason))
        });
        let text = format!("{base}{findings}{open}\n{rest}");
        std::fs::write(&self.path, text.trim_end().to_owned() + "\n").unwrap();
    }
}

/// Whether expectations are to be written anew.
pub(super) fn is_rewriting() -> bool {
    std::env::var_os("VERIFULL_REWRITE").is_some()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/check")
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Reads a file and lays it over its base, which may have one, too.
fn scene(path: &Path) -> Value {
    let over = read(path);
    let Some(base) = over.get("base").and_then(Value::as_str) else {
        return over;
    };
    let mut scene = scene(&folder().join("base").join(format!("{base}.toml")));
    merge(&mut scene, &over);
    scene
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    let value: toml::Value =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut value = serde_json::to_value(value).unwrap();
    let places = ["/observation/connection", "/observation/scan/seen/versions"];
    for place in places {
        if let Some(found) = value.pointer_mut(place) {
            see_units(found);
        }
    }
    value
}

/// Puts what is seen of a connection and of a version where TOML, which has no null, says `"seen"`.
fn see_units(value: &mut Value) {
    let see = |value: &mut Value| {
        if value == "seen" {
            *value = Value::Object(Map::from_iter([("seen".to_owned(), Value::Null)]));
        }
    };
    match value {
        Value::Array(versions) => versions.iter_mut().for_each(see_units),
        Value::Object(members) => {
            for (key, member) in members {
                if key == "offered" {
                    see(member);
                } else if key.parse::<usize>().is_ok() {
                    see_units(member);
                }
            }
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => see(other),
    }
}

/// Lays `over` upon `base`. Numbered keys change a list's elements; `{}` in place of a value takes it away.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            if ATTEMPTS.iter().any(|word| over.contains_key(*word)) {
                base.retain(|key, _| {
                    !ATTEMPTS.contains(&key.as_str()) || over.contains_key(key.as_str())
                });
            }
            for (key, value) in over {
                if value.as_object().is_some_and(Map::is_empty) {
                    base.remove(key);
                } else if key == "reply" || key == "host" || key == "trust" {
                    // One of several variants: theirs in place of ours.
                    base.insert(key.clone(), value.clone());
                } else {
                    merge(base.entry(key.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (Value::Array(list), Value::Object(over)) => {
            for (position, value) in over {
                let position: usize = position.parse().unwrap();
                // One more than there are.
                if position == list.len() {
                    list.push(Value::Null);
                }
                merge(&mut list[position], value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

/// Builds a configuration in which passwords stand at the given places.
fn configuration(secrets: &Value) -> Config {
    let secrets = secrets
        .as_array()
        .unwrap()
        .iter()
        .map(|place| SecretPosition {
            line: usize::try_from(place["line"].as_u64().unwrap()).unwrap(),
            column: usize::try_from(place["column"].as_u64().unwrap()).unwrap(),
            key: place["key"].as_str().unwrap().to_owned(),
        })
        .collect();
    Config {
        path: PathBuf::from("verifull.toml"),
        endpoints: Vec::new(),
        watch: Vec::new(),
        certificates: Vec::new(),
        expiry: ExpiryThresholds::default(),
        files: verifull::config::Files::default(),
        limits: Limits::default(),
        ui: Ui::default(),
        secrets,
    }
}
