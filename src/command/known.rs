//! A known scan from an earlier report, for `probe --rescan FILE`.
//!
//! It reads what the JSON and JSON lines formats write, of any target that the command line names, and no more of it than a
//! rescan begins with: versions, cipher suites and groups. A file is a stranger: it is bounded, and its words are made safe.
#![expect(
    clippy::disallowed_methods,
    reason = "the report is a file that the user names"
)]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::Value;

use super::failure::advised;
use crate::endpoint::Endpoint;
use crate::observation::Attempt;
use crate::observation::scan::{Enumeration, Preference, Refused, Scan, ScanDepth};
use crate::text::printable_within;
use crate::tls::{CipherSuite, NamedGroup, ProtocolVersion};

/// Most bytes of a report that are read: a thousand endpoints with everything that a deep scan sees of each.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Longest piece of the report that an error repeats, in characters.
const LONGEST_QUOTE: usize = 80;

/// Most targets of the report that an error names.
const MOST_NAMED: usize = 10;

/// A scan that the prober is to begin a rescan with.
#[derive(Debug)]
pub(super) struct Known {
    /// Name of the endpoint.
    pub(super) endpoint: Arc<str>,
    /// Its address.
    pub(super) address: SocketAddr,
    /// What was seen there.
    pub(super) scan: Arc<Scan>,
}

/// Reads what a report knows of these endpoints. One that it does not know is an error.
pub(super) fn load(path: &Path, endpoints: &[Endpoint]) -> anyhow::Result<Vec<Known>> {
    let unreadable = || format!("cannot read the report `{}`", path.display());
    let mut text = String::new();
    let file = File::open(path).with_context(unreadable)?;
    let length = file
        .take(LONGEST + 1)
        .read_to_string(&mut text)
        .with_context(unreadable)?;
    if length as u64 > LONGEST {
        return Err(advised(
            format!("the report `{}` is longer than 64 MiB", path.display()),
            "name a report of fewer targets",
        ));
    }
    let entries = entries(&text).map_err(|reason| {
        advised(
            format!("`{}` is no report: {reason}", path.display()),
            "make one with `verifull probe TARGET --format json`",
        )
    })?;
    pick(&entries, endpoints).map_err(|unknown| {
        advised(
            format!(
                "`{}` has no deep scan of `{}`",
                path.display(),
                unknown.target
            ),
            unknown.hint,
        )
    })
}

/// Returns the endpoints of a report: of a whole one, or of JSON lines.
fn entries(text: &str) -> Result<Vec<Value>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let whole: Result<Value, _> = serde_json::from_str(text);
    if let Ok(Value::Object(mut report)) = whole {
        if let Some(Value::Array(endpoints)) = report.remove("endpoints") {
            return Ok(endpoints);
        }
        let single = Value::Object(report);
        return match single["type"].as_str() {
            Some(_) => Ok(vec![single]),
            None => Err("it has no `endpoints`".to_owned()),
        };
    }
    let mut entries = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let entry: Value =
            serde_json::from_str(line).map_err(|_| format!("line {} is no JSON", number + 1))?;
        if entry["type"] == "endpoint" {
            entries.push(entry);
        }
    }
    if entries.is_empty() {
        return Err("it has no endpoint".to_owned());
    }
    Ok(entries)
}

/// A target that a report does not know.
#[derive(Debug)]
struct Unknown {
    target: String,
    hint: String,
}

/// Picks the entries of the endpoints. Of several entries for one address the last counts: JSON lines are appended.
fn pick(entries: &[Value], endpoints: &[Endpoint]) -> Result<Vec<Known>, Unknown> {
    let mut all = Vec::new();
    for endpoint in endpoints {
        let target = endpoint.target.to_string();
        let before = all.len();
        for entry in entries.iter().filter(|entry| entry["target"] == *target) {
            if let Some((address, scan)) = scan(entry) {
                all.push(Known {
                    endpoint: Arc::clone(&endpoint.name),
                    address,
                    scan: Arc::new(scan),
                });
            }
        }
        if all.len() == before {
            return Err(Unknown {
                target,
                hint: hint(entries),
            });
        }
    }
    Ok(all)
}

/// Says what a report does know.
fn hint(entries: &[Value]) -> String {
    let known: BTreeSet<String> = (entries.iter())
        .filter(|entry| scan(entry).is_some())
        .filter_map(|entry| entry["target"].as_str())
        .map(|target| printable_within(target, LONGEST_QUOTE))
        .collect();
    let make = "make one with `verifull probe TARGET --format json`";
    if known.is_empty() {
        return make.to_owned();
    }
    let more = match known.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named: Vec<String> = known.into_iter().take(MOST_NAMED).collect();
    format!("it has: {}{more}; {make}", named.join(", "))
}

/// Reads the scan of one entry; `None` where it has no whole picture.
fn scan(entry: &Value) -> Option<(SocketAddr, Scan)> {
    if !matches!(entry["depth"].as_str(), Some("deep" | "rescan")) {
        return None;
    }
    let address = entry["address"].as_str()?.parse().ok()?;
    let tls = &entry["tls"];
    let began_at: Timestamp = [&entry["scan"]["began_at"], &entry["observed_at"]]
        .into_iter()
        .find_map(|at| at.as_str()?.parse().ok())?;
    let mut scan = Scan::unseen(ScanDepth::Deep, began_at, "the report does not say it");
    let listed = tls["cipher_suites"].as_array()?;
    for version in tls["versions"].as_array()? {
        let name = version["version"].as_str().unwrap_or_default();
        let support =
            (scan.versions.iter_mut()).find(|support| support.version.name() == Some(name));
        let Some(support) = support else {
            continue;
        };
        support.offered = match version["offered"].as_bool() {
            Some(true) => Attempt::Seen(()),
            Some(false) => Attempt::Refused("an earlier report says so".to_owned()),
            None => continue,
        };
        let mine = listed.iter().filter(|suite| suite["version"] == name);
        let complete = [
            &version["cipher_suites_complete"],
            &tls["cipher_suites_complete"],
            &entry["complete"],
        ];
        support.cipher_suites = Enumeration {
            accepted: distinct(mine.filter_map(code).map(CipherSuite)),
            refused: refused(&complete),
            preference: preference(&version["preference"]),
        };
    }
    let groups = tls["groups"].as_array();
    let of = |tls13: bool| {
        let listed = groups.into_iter().flatten().filter(|group| {
            let newest = ProtocolVersion::TLSV1_3.name();
            match group["versions"].as_array() {
                // Without a word on versions it may be either: a rescan asks for both.
                None => true,
                Some(versions) => (versions.iter()).any(|it| (it.as_str() == newest) == tls13),
            }
        });
        distinct(listed.filter_map(code).map(NamedGroup))
    };
    let complete = [&tls["groups_complete"], &entry["complete"]];
    for (groups, tls13) in [
        (&mut scan.groups_tls13, true),
        (&mut scan.groups_tls12, false),
    ] {
        groups.accepted = of(tls13);
        groups.refused = refused(&complete);
    }
    Some((address, scan))
}

/// Reads the wire value of an entry, such as `0xC02F`.
fn code(entry: &Value) -> Option<u16> {
    u16::from_str_radix(entry["code"].as_str()?.strip_prefix("0x")?, 16).ok()
}

/// Keeps the first of each.
fn distinct<T: Copy + Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    values.filter(|value| seen.insert(*value)).collect()
}

/// What is refused beside what is listed: everything, where the first that speaks says that the list is complete.
fn refused<T>(complete: &[&Value]) -> Refused<T> {
    match complete.iter().find_map(|it| it.as_bool()) {
        Some(true) => Refused::EveryOther,
        Some(false) | None => Refused::These(Vec::new()),
    }
}

fn preference(value: &Value) -> Attempt<Preference> {
    match value.as_str() {
        Some("server") => Attempt::Seen(Preference::Server),
        Some("server_but_chacha20") => Attempt::Seen(Preference::ServerButChacha20),
        Some("client") => Attempt::Seen(Preference::Client),
        Some(_) | None => Attempt::NotAttempted("the report does not say it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::probe::endpoints;
    use super::*;

    const REPORT: &str = r#"{"schema_version": 1, "endpoints": [
        {"target": "postgresql://db1:26257", "address": "10.0.0.7:26257", "observed_at": "2026-01-01T00:00:00Z", "depth": "deep",
         "complete": true, "tls": {
            "versions": [{"version": "SSLv2", "offered": false}, {"version": "TLSv1.1", "offered": null},
                         {"version": "TLSv1.2", "offered": true, "preference": "server"}, {"version": "TLSv1.3", "offered": false}],
            "cipher_suites": [{"version": "TLSv1.2", "code": "0xC030"}, {"version": "TLSv1.2", "code": "0xC02F"},
                              {"version": "TLSv1.2", "code": "0xC030"}, {"version": "TLSv1.2", "code": "?"}],
            "groups": [{"code": "0x001D", "versions": ["TLSv1.2"]}, {"code": "0x11EC", "versions": ["TLSv1.3"]}]}},
        {"target": "https://api", "address": "10.0.0.8:443", "observed_at": "2026-01-01T00:00:00Z", "depth": "quick", "tls": {}}]}"#;

    fn picked(report: &str, target: &str) -> Result<Vec<Known>, Unknown> {
        let endpoints = endpoints(target, None).expect("a target");
        pick(&entries(report).expect("a report"), &endpoints)
    }

    #[test]
    fn versions_suites_and_groups_are_read() {
        let known = picked(REPORT, "db1:26257").expect("it is there");
        let [known] = known.as_slice() else {
            panic!("one address")
        };
        assert_eq!(&*known.endpoint, "db1:26257");
        assert_eq!(known.address.to_string(), "10.0.0.7:26257");
        let scan = &known.scan;
        assert_eq!(scan.depth, ScanDepth::Deep);
        assert_eq!(scan.offers(ProtocolVersion::TLSV1_1), None);
        assert_eq!(scan.offers(ProtocolVersion::TLSV1_2), Some(true));
        assert_eq!(scan.offers(ProtocolVersion::TLSV1_3), Some(false));
        let suites = &scan
            .version(ProtocolVersion::TLSV1_2)
            .expect("listed")
            .cipher_suites;
        assert_eq!(suites.accepted, [CipherSuite(0xC030), CipherSuite(0xC02F)]);
        assert!(suites.is_complete());
        assert_eq!(suites.preference, Attempt::Seen(Preference::Server));
        assert_eq!(scan.groups_tls12.accepted, [NamedGroup(0x001D)]);
        assert_eq!(scan.groups_tls13.accepted, [NamedGroup(0x11EC)]);
    }

    #[test]
    fn json_lines_are_read_and_other_lines_left_out() {
        let report: Value = serde_json::from_str(REPORT).expect("it is JSON");
        let mut entry = report["endpoints"][0].clone();
        entry["type"] = "endpoint".into();
        let lines = format!("{{\"type\":\"finding\"}}\n{entry}\n\n");
        assert_eq!(picked(&lines, "db1:26257").expect("it is there").len(), 1);
        assert_eq!(
            picked(&entry.to_string(), "db1:26257")
                .expect("it is there")
                .len(),
            1
        );
    }

    #[test]
    fn unknown_target_names_what_is_known() {
        for target in ["db2:26257", "https://api"] {
            let unknown = picked(REPORT, target).expect_err("it is not there");
            assert!(
                unknown.hint.starts_with("it has: postgresql://db1:26257;"),
                "{}",
                unknown.hint
            );
        }
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for (text, reason) in [
            ("", "no endpoint"),
            ("{}", "no `endpoints`"),
            ("[1]", "no endpoint"),
            ("{\"type\":\"endpoint\"}\nx", "line 2 is no JSON"),
            ("null", "no endpoint"),
        ] {
            let told = entries(text).expect_err(text);
            assert!(told.contains(reason), "{text}: {told}");
        }
    }
}
