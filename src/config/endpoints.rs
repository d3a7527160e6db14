//! `[defaults]` and `[[endpoint]]`: what is to be watched, and how.
//!
//! What an endpoint says counts before what its target's URL says, and that before the defaults. No password stays.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::document::{Document, Section, Text, article};
use super::{
    DEFAULT_INTERVAL, DEFAULT_LOGIN_TEST, DEFAULT_TIMEOUT, SecretPosition, duration, expand,
};
use crate::endpoint::target::{self, ParsedTarget, RootCertificates, TargetError};
use crate::endpoint::{Endpoint, ExpiryThresholds, LifeFraction, Protocol, ScanPlan, Target};
use crate::libpq::SslMode;
use crate::libpq::conninfo;
use crate::text;

pub(super) const DEFAULTS_KEYS: &[&str] = &[
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "interval",
    "timeout",
    "login_test",
    "scan",
    "suspicious_probes",
    "labels",
    "expiry",
];
pub(super) const ENDPOINT_KEYS: &[&str] = &[
    "name",
    "target",
    "target_file",
    "server_name",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "serves",
    "interval",
    "timeout",
    "login_test",
    "scan",
    "suspicious_probes",
    "labels",
    "expiry",
];
pub(super) const SCAN_KEYS: &[&str] = &["posture", "rescan", "deep"];
pub(super) const EXPIRY_KEYS: &[&str] = &["warning", "critical"];
pub(super) const FRACTION_KEYS: &[&str] = &["fraction", "at_least", "at_most"];

/// A probe is one handshake: once a second is the most that a guest may ask for.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
/// Beyond a month nothing is being watched.
const LONGEST_INTERVAL: Duration = Duration::from_hours(30 * 24);
/// Less than a round trip across the world would call every far server unreachable.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(100);
/// A slot that hangs longer is lost to the others.
const LONGEST_TIMEOUT: Duration = Duration::from_mins(5);
/// Each login test costs a line in a good server's log.
const SHORTEST_LOGIN_TEST: Duration = Duration::from_mins(1);
/// A posture is five connections: once a minute is the quick probe's own rhythm.
const SHORTEST_POSTURE: Duration = Duration::from_mins(1);
/// A rescan is ten connections.
const SHORTEST_RESCAN: Duration = Duration::from_mins(5);
/// A deep scan is fifty to a hundred and fifty connections.
const SHORTEST_DEEP: Duration = Duration::from_hours(1);
/// Ten years: longer than any certificate lives that one would be warned about.
const LONGEST_LIFE_PART: Duration = Duration::from_hours(3650 * 24);
/// Longest name of an endpoint, in characters: what fits a wide column twice over.
const LONGEST_NAME: usize = 128;
/// Longest name of a label, in characters.
const LONGEST_LABEL: usize = 64;

/// What a table says of how to connect and when to look; `None` where it says nothing.
#[derive(Clone, Default)]
struct Intent {
    sslmode: Option<SslMode>,
    sslrootcert: Option<RootCertificates>,
    sslcert: Option<PathBuf>,
    sslkey: Option<PathBuf>,
    interval: Option<Duration>,
    timeout: Option<Duration>,
    login_test: Option<Repetition>,
    scan: Scan,
    suspicious_probes: Option<bool>,
    labels: BTreeMap<String, String>,
    expiry: Expiry,
}

/// How often something is done.
#[derive(Clone, Copy)]
enum Repetition {
    Off,
    Every(Duration),
}

impl Repetition {
    fn interval(self) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::Every(interval) => Some(interval),
        }
    }
}

/// What a table says of scans; `None` where it says nothing.
#[derive(Clone, Copy, Default)]
struct Scan {
    posture: Option<Repetition>,
    rescan: Option<Repetition>,
    deep: Option<Repetition>,
}

impl Scan {
    /// Returns what counts where another table is asked first.
    fn or(self, base: Self) -> Self {
        Self {
            posture: self.posture.or(base.posture),
            rescan: self.rescan.or(base.rescan),
            deep: self.deep.or(base.deep),
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Expiry {
    warning: LifePart,
    critical: LifePart,
    /// Where the table stands.
    start: Option<usize>,
}

#[derive(Clone, Copy, Default)]
struct LifePart {
    fraction: Option<f64>,
    at_least: Option<Duration>,
    at_most: Option<Duration>,
}

impl LifePart {
    fn over(self, base: LifeFraction) -> LifeFraction {
        LifeFraction {
            fraction: self.fraction.unwrap_or(base.fraction),
            at_least: self.at_least.unwrap_or(base.at_least),
            at_most: self.at_most.unwrap_or(base.at_most),
        }
    }
}

/// Reads every endpoint, where passwords stand, and when a certificate is about to expire that is no endpoint's.
pub(super) fn read<'a>(
    document: &mut Document<'a>,
    root: &Section<'a>,
) -> (Vec<Endpoint>, Vec<SecretPosition>, ExpiryThresholds) {
    let defaults = document
        .section(root, "defaults", DEFAULTS_KEYS)
        .map(|section| read_intent(document, &section))
        .unwrap_or_default();
    let base_expiry = merge_expiry(
        document,
        "defaults",
        defaults.expiry,
        ExpiryThresholds::default(),
    );

    let mut endpoints: Vec<Endpoint> = Vec::new();
    let mut names = BTreeSet::new();
    let mut secrets = Vec::new();
    for (index, value) in document.tables(root, "endpoint").iter().enumerate() {
        let one = One {
            name: format!("endpoint[{}]", index + 1),
            defaults: &defaults,
            base_expiry,
        };
        for (endpoint, position) in one.read(document, value, &mut secrets) {
            if !names.insert(Arc::clone(&endpoint.name)) {
                document.report(
                    position,
                    Some(format!("{}.name", one.name)),
                    format!(
                        "two endpoints are named `{}`; give each a `name` of its own",
                        endpoint.name
                    ),
                );
            }
            endpoints.push(endpoint);
        }
    }
    (endpoints, secrets, base_expiry)
}

/// Reads the keys that `[defaults]` and `[[endpoint]]` share.
fn read_intent<'a>(document: &mut Document<'a>, section: &Section<'a>) -> Intent {
    let names = SslMode::ALL.map(SslMode::as_str);
    Intent {
        sslmode: document.word(section, "sslmode", SslMode::from_name, &names),
        sslrootcert: document
            .string(section, "sslrootcert")
            .and_then(|text| resolve_roots(document, &text.value, text.span.start, text.key)),
        sslcert: document.path(section, "sslcert"),
        sslkey: document.path(section, "sslkey"),
        interval: document.duration(section, "interval", SHORTEST_INTERVAL..=LONGEST_INTERVAL),
        timeout: document.duration(section, "timeout", SHORTEST_TIMEOUT..=LONGEST_TIMEOUT),
        login_test: read_repetition(document, section, "login_test", SHORTEST_LOGIN_TEST, "1h"),
        scan: read_scan(document, section),
        suspicious_probes: document.boolean(section, "suspicious_probes"),
        labels: read_labels(document, section),
        expiry: read_expiry(document, section),
    }
}

fn resolve_roots(
    document: &mut Document<'_>,
    value: &str,
    position: usize,
    key: String,
) -> Option<RootCertificates> {
    match RootCertificates::new(value) {
        RootCertificates::System => Some(RootCertificates::System),
        RootCertificates::File(_) => document
            .resolve(value, position, key)
            .map(RootCertificates::File),
    }
}

/// Reads how often something is done: a duration, or false.
fn read_repetition<'a>(
    document: &mut Document<'a>,
    section: &Section<'a>,
    key: &str,
    shortest: Duration,
    example: &str,
) -> Option<Repetition> {
    let value = section.find(key)?;
    match value.get_ref() {
        DeValue::Boolean(false) => Some(Repetition::Off),
        DeValue::Boolean(true) => {
            document.report(
                value.span().start,
                Some(section.key(key)),
                format!(
                    "expected a duration such as \"{example}\", or false, got true: say how often"
                ),
            );
            None
        }
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => document
            .duration(section, key, shortest..=LONGEST_INTERVAL)
            .map(Repetition::Every),
    }
}

/// Reads how often what is scanned: a table, or false for none of it.
fn read_scan<'a>(document: &mut Document<'a>, section: &Section<'a>) -> Scan {
    let Some(value) = section.find("scan") else {
        return Scan::default();
    };
    match value.get_ref() {
        DeValue::Boolean(false) => {
            let off = Some(Repetition::Off);
            Scan {
                posture: off,
                rescan: off,
                deep: off,
            }
        }
        DeValue::Table(_) => {
            let Some(table) = document.section(section, "scan", SCAN_KEYS) else {
                return Scan::default();
            };
            let mut read =
                |key, shortest, example| read_repetition(document, &table, key, shortest, example);
            Scan {
                posture: read("posture", SHORTEST_POSTURE, "10m"),
                rescan: read("rescan", SHORTEST_RESCAN, "1h"),
                deep: read("deep", SHORTEST_DEEP, "24h"),
            }
        }
        other @ (DeValue::Boolean(true)
        | DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)) => {
            let got = if other.as_bool().is_some() {
                "true".to_owned()
            } else {
                format!("{} {}", article(other.type_str()), other.type_str())
            };
            document.report(
                value.span().start,
                Some(section.key("scan")),
                format!("expected a table such as {{ deep = \"24h\" }}, or false, got {got}"),
            );
            Scan::default()
        }
    }
}

fn read_labels<'a>(document: &mut Document<'a>, section: &Section<'a>) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let Some(table) = document.section(section, "labels", &[]) else {
        return labels;
    };
    for (label, position, value) in table.entries() {
        let shown = text::printable_within(label, LONGEST_LABEL);
        if shown != label || label.is_empty() {
            document.report(
                position,
                Some(table.key(label)),
                "a label has 1 to 64 visible characters",
            );
        } else if let Some(text) = document.text(value, table.key(label), "a string") {
            labels.insert(shown, text.value);
        }
    }
    labels
}

fn read_expiry<'a>(document: &mut Document<'a>, section: &Section<'a>) -> Expiry {
    let Some(table) = document.section(section, "expiry", EXPIRY_KEYS) else {
        return Expiry::default();
    };
    Expiry {
        warning: read_life_part(document, &table, "warning"),
        critical: read_life_part(document, &table, "critical"),
        start: Some(table.start),
    }
}

fn read_life_part<'a>(document: &mut Document<'a>, expiry: &Section<'a>, key: &str) -> LifePart {
    let bounds = Duration::ZERO..=LONGEST_LIFE_PART;
    let Some(table) = document.section(expiry, key, FRACTION_KEYS) else {
        return LifePart::default();
    };
    LifePart {
        fraction: document.fraction(&table, "fraction"),
        at_least: document.duration(&table, "at_least", bounds.clone()),
        at_most: document.duration(&table, "at_most", bounds),
    }
}

/// Puts what a table says over what counts without it.
fn merge_expiry(
    document: &mut Document<'_>,
    section: &str,
    expiry: Expiry,
    base: ExpiryThresholds,
) -> ExpiryThresholds {
    let merged = ExpiryThresholds {
        warning: expiry.warning.over(base.warning),
        critical: expiry.critical.over(base.critical),
    };
    let Some(start) = expiry.start else {
        return merged;
    };
    let key = || Some(format!("{section}.expiry"));
    for (name, part) in [("warning", merged.warning), ("critical", merged.critical)] {
        if part.at_least > part.at_most {
            document.report(
                start,
                key(),
                format!(
                    "{name}.at_least is {} and {name}.at_most is {}: nothing is both",
                    duration::written(part.at_least),
                    duration::written(part.at_most)
                ),
            );
        }
    }
    let (warning, critical) = (merged.warning, merged.critical);
    if critical.fraction > warning.fraction
        || critical.at_least > warning.at_least
        || critical.at_most > warning.at_most
    {
        document.report(
            start,
            key(),
            "critical begins before warning; each of its three values is at most that of warning",
        );
    }
    merged
}

/// One `[[endpoint]]` and what counts where it says nothing.
struct One<'d> {
    /// `endpoint[1]`, for messages.
    name: String,
    defaults: &'d Intent,
    base_expiry: ExpiryThresholds,
}

impl One<'_> {
    /// Reads one table to its endpoints, one for each host of its target, each with the place of its name.
    fn read<'a>(
        &self,
        document: &mut Document<'a>,
        value: &'a Spanned<DeValue<'a>>,
        secrets: &mut Vec<SecretPosition>,
    ) -> Vec<(Endpoint, usize)> {
        let Some(section) = document.open(value, self.name.clone(), ENDPOINT_KEYS) else {
            return Vec::new();
        };
        let intent = read_intent(document, &section);
        let name = document.string(&section, "name");
        let server_name = read_server_name(document, &section);
        let serves = document.path(&section, "serves");
        let Some(parsed) = read_target(document, &section, secrets) else {
            return Vec::new();
        };
        let name_position = name.as_ref().map_or(section.start, |text| text.span.start);
        if let Some(text) = &name
            && text.value.chars().count() > LONGEST_NAME
        {
            document.report(
                text.span.start,
                Some(text.key.clone()),
                "a name has at most 128 characters",
            );
        }
        let name = name.map(|text| text.value);
        let template = self.merge(document, &section, intent, server_name, &parsed);
        names(name.as_deref(), &parsed.targets)
            .into_iter()
            .zip(parsed.targets)
            .map(|(name, target)| {
                let endpoint = Endpoint {
                    name: Arc::from(name),
                    target,
                    serves: serves.clone(),
                    ..template.clone()
                };
                (endpoint, name_position)
            })
            .collect()
    }

    /// Decides every value that is not the target's own: the table, then the URL, then the defaults.
    fn merge(
        &self,
        document: &mut Document<'_>,
        section: &Section<'_>,
        intent: Intent,
        server_name: Option<String>,
        parsed: &ParsedTarget,
    ) -> Endpoint {
        let defaults = self.defaults;
        let resolve = |document: &mut Document<'_>, path: &Option<PathBuf>| {
            let path = path.as_ref()?.to_str()?;
            document.resolve(path, section.start, section.key("target"))
        };
        let url_roots = match &parsed.sslrootcert {
            Some(RootCertificates::File(path)) => {
                resolve(document, &Some(path.clone())).map(RootCertificates::File)
            }
            Some(RootCertificates::System) => Some(RootCertificates::System),
            None => None,
        };
        let url_certificate = resolve(document, &parsed.sslcert);
        let url_key = resolve(document, &parsed.sslkey);
        let sslcert = intent
            .sslcert
            .or(url_certificate)
            .or(defaults.sslcert.clone());
        let sslkey = intent.sslkey.or(url_key).or(defaults.sslkey.clone());
        if sslcert.is_some() != sslkey.is_some() {
            let (given, missing) = match sslcert {
                Some(_) => ("sslcert", "sslkey"),
                None => ("sslkey", "sslcert"),
            };
            let message = format!("is missing: `{given}` is of no use without it");
            report_missing(document, section, missing, message);
        }
        let login_test = intent.login_test.or(defaults.login_test);
        let scan = scan_plan(
            parsed.targets[0].protocol,
            intent.scan.or(defaults.scan),
            intent.suspicious_probes.or(defaults.suspicious_probes),
        );
        let mut labels = defaults.labels.clone();
        labels.extend(intent.labels);
        Endpoint {
            name: Arc::from(""),
            target: parsed.targets[0].clone(),
            sslmode: intent
                .sslmode
                .or(parsed.sslmode)
                .or(defaults.sslmode)
                .unwrap_or(SslMode::VerifyFull),
            sslrootcert: intent
                .sslrootcert
                .or(url_roots)
                .or(defaults.sslrootcert.clone())
                .and_then(RootCertificates::into_file),
            sslcert,
            sslkey,
            server_name: server_name.or(parsed.server_name.clone()),
            serves: None,
            labels,
            interval: intent
                .interval
                .or(defaults.interval)
                .unwrap_or(DEFAULT_INTERVAL),
            timeout: intent
                .timeout
                .or(defaults.timeout)
                .unwrap_or(DEFAULT_TIMEOUT),
            login_test: login_test.map_or(Some(DEFAULT_LOGIN_TEST), Repetition::interval),
            scan,
            expiry: merge_expiry(document, &self.name, intent.expiry, self.base_expiry),
        }
    }
}

/// Reads `target` or `target_file`.
fn read_target<'a>(
    document: &mut Document<'a>,
    section: &Section<'a>,
    secrets: &mut Vec<SecretPosition>,
) -> Option<ParsedTarget> {
    let written = section.find("target").is_some();
    match (written, section.find("target_file")) {
        (true, Some(file)) => {
            document.report(
                file.span().start,
                Some(section.key("target_file")),
                "`target` is given too; one of them is enough",
            );
            None
        }
        (true, None) => {
            let text = document.string(section, "target")?;
            let parsed = target::parse(&text.value);
            note_secrets(document, &text, secrets);
            parsed
                .map_err(|error| report_target(document, &text, error))
                .ok()
        }
        (false, Some(file)) => {
            let position = file.span().start;
            let key = section.key("target_file");
            let path = document.path(section, "target_file")?;
            let shown = text::printable(&path.to_string_lossy());
            let content = match (document.surroundings().read)(&path) {
                Ok(content) => content,
                Err(reason) => {
                    document.report(position, Some(key), format!("`{shown}`: {reason}"));
                    return None;
                }
            };
            target::parse(&content)
                .map_err(|error| {
                    document.report(
                        position,
                        Some(key),
                        format!("in `{shown}`: {}", without_byte(error)),
                    );
                })
                .ok()
        }
        (false, None) => {
            let message = "is missing; write one such as \"postgresql://db1:26257\"";
            if !section.misspells("target_file") {
                report_missing(document, section, "target", message);
            }
            None
        }
    }
}

/// Notes that a key is missing. Where it is there under a wrong spelling, that was noted already, and one mistake is told once.
fn report_missing(
    document: &mut Document<'_>,
    section: &Section<'_>,
    key: &str,
    message: impl Into<String>,
) {
    if !section.misspells(key) {
        document.report(section.start, Some(section.key(key)), message);
    }
}

/// Notes where a password stands in the file itself. One that came through a variable stands elsewhere.
fn note_secrets(document: &Document<'_>, text: &Text<'_>, secrets: &mut Vec<SecretPosition>) {
    // A `:` and an `@` in the path of a URL are no password; the target's own parser knows.
    let had_password =
        target::parse(&text.value).is_ok_and(|parsed| parsed.targets[0].had_password);
    if !had_password {
        return;
    }
    for span in conninfo::password_spans(text.template) {
        if expand::is_literal(&text.template[span.clone()]) {
            let (line, column) = document.place(document.within(text, span.start));
            secrets.push(SecretPosition {
                line,
                column,
                key: text.key.clone(),
            });
        }
    }
}

/// Puts what the tables say over the plan of the protocol.
fn scan_plan(protocol: Protocol, scan: Scan, suspicious_probes: Option<bool>) -> ScanPlan {
    let base = ScanPlan::of(protocol);
    let or = |said: Option<Repetition>, base| said.map_or(base, Repetition::interval);
    ScanPlan {
        posture: or(scan.posture, base.posture),
        rescan: or(scan.rescan, base.rescan),
        deep: or(scan.deep, base.deep),
        suspicious_probes: suspicious_probes.unwrap_or(base.suspicious_probes),
    }
}

fn report_target(document: &mut Document<'_>, text: &Text<'_>, error: TargetError) {
    let mut position = text.span.start;
    if let TargetError::Conninfo(error) = error
        && !text.had_variables
    {
        position = document.within(text, error.position);
    }
    document.report(position, Some(text.key.clone()), without_byte(error));
}

/// Says what is wrong without the byte where: the file has lines and columns, and a byte behind a variable tells its length.
fn without_byte(error: TargetError) -> String {
    if let TargetError::Conninfo(error) = error {
        error.problem.to_string()
    } else {
        error.to_string()
    }
}

fn read_server_name<'a>(document: &mut Document<'a>, section: &Section<'a>) -> Option<String> {
    let text = document.string(section, "server_name")?;
    match target::parse_host(&text.value) {
        Ok(host) => Some(host.to_string()),
        Err(error) => {
            document.report(text.span.start, Some(text.key), error.to_string());
            None
        }
    }
}

/// Names the endpoints of one table: as it says, with the host behind it where there are several.
fn names(name: Option<&str>, targets: &[Target]) -> Vec<String> {
    let hosts: BTreeSet<_> = targets.iter().map(|target| &target.host).collect();
    targets
        .iter()
        .map(|target| match name {
            None => target.authority(),
            Some(name) if targets.len() == 1 => name.to_owned(),
            Some(name) if hosts.len() == targets.len() => format!("{name}/{}", target.host),
            Some(name) => format!("{name}/{}", target.authority()),
        })
        .collect()
}
