//! SARIF 2.1.0, for code scanning. In here alone its words hold: a check is a rule, a finding is a result.
//!
//! A finding about an endpoint stands at the configuration that names it; one about a target of the command line has no file, and a logical
//! location in its place.

use serde::Serialize;
use serde_json::{Value, json};

use super::json::written;
use crate::check::{Check, REGISTER};
use crate::finding::{Confidence, Finding, Severity, Subject};
use crate::remediation;
use crate::store::Snapshot;

/// The whole log.
#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Value; 1],
}

/// Renders a log with one run.
pub(super) fn render(snapshot: &Snapshot) -> String {
    let rules: Vec<&Check> = REGISTER
        .iter()
        .copied()
        .filter(|check| {
            let mut findings = snapshot.findings.iter();
            findings.any(|state| state.finding.check == check.id)
        })
        .collect();
    let results: Vec<Value> = snapshot
        .findings
        .iter()
        .map(|state| result(&state.finding, &rules, snapshot))
        .collect();
    let notifications: Vec<Value> = super::unknown(snapshot)
        .into_iter()
        .map(|unknown| {
            json!({
                "level": "error",
                "message": {"text": format!("{}: {}", unknown.endpoint, unknown.reason)},
            })
        })
        .collect();
    let run = json!({
        "tool": {"driver": {
            "name": "verifull",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules.iter().map(|check| rule(check)).collect::<Vec<_>>(),
        }},
        "invocations": [{
            // SARIF 2.1.0, section 3.20.14: false where something kept the tool from looking.
            "executionSuccessful": notifications.is_empty(),
            "endTimeUtc": snapshot.at,
            "toolExecutionNotifications": notifications,
        }],
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    written(serde_json::to_string_pretty(&Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [run],
    }))
}

/// Describes a check.
pub(in crate::report) fn rule(check: &Check) -> Value {
    let docs = check.docs.trim();
    json!({
        "id": check.id,
        "shortDescription": {"text": check.title},
        "help": {"text": docs, "markdown": docs},
        "defaultConfiguration": {"level": level(check.severity)},
        "properties": {
            "security-severity": security_severity(check.severity),
            "tags": ["security", check.category.as_str()],
        },
    })
}

/// Describes a finding.
fn result(finding: &Finding, rules: &[&Check], snapshot: &Snapshot) -> Value {
    let remedy = finding
        .remedy
        .as_ref()
        .map(remediation::render)
        .unwrap_or_default();
    let mut text = format!("{}: {}", finding.subject.name(), finding.message);
    if let Some(snippet) = remedy.first() {
        text.push_str("\n\n");
        text.push_str(&snippet.title);
        text.push_str(":\n");
        text.push_str(&snippet.text);
    }
    json!({
        "ruleId": finding.check,
        "ruleIndex": rules.iter().position(|check| check.id == finding.check),
        "level": level(finding.severity),
        "rank": rank(finding),
        "message": {"text": text},
        "locations": [location(finding, snapshot)],
        "partialFingerprints": {"verifull/v1": finding.fingerprint},
        "properties": {
            "severity": finding.severity,
            "confidence": finding.confidence,
            "evidence": finding.evidence,
            "references": finding.references,
        },
    })
}

/// Says where a finding stands.
fn location(finding: &Finding, snapshot: &Snapshot) -> Value {
    let logical = json!([{
        "fullyQualifiedName": finding.subject.name(),
        "kind": "resource",
    }]);
    let watched = (snapshot.files.iter())
        .find(|state| matches!(&finding.subject, Subject::File(path) if *path == state.path));
    let path = watched.map_or(&snapshot.config.path, |state| &state.location);
    // What was made up from arguments has no path.
    if path.as_os_str().is_empty() {
        return json!({ "logicalLocations": logical });
    }
    let region = match &finding.location {
        Some(at) => json!({"startLine": at.line, "startColumn": at.column}),
        None => json!({"startLine": 1}),
    };
    json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri(&path.to_string_lossy())},
            "region": region,
        },
        "logicalLocations": logical,
    })
}

/// Writes a path as a URI reference (RFC 3986 section 4.2), absolute or relative as it was.
pub(in crate::report) fn uri(path: &str) -> String {
    use std::fmt::Write as _;

    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// Returns SARIF's level (section 3.27.10).
pub(in crate::report) const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium | Severity::Low => "warning",
        Severity::Info => "note",
    }
}

/// Returns the number by which GitHub's code scanning sorts: above 9.0 critical, from 7.0 high, from 4.0 medium, from 0.1 low.
const fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

/// Returns SARIF's rank (section 3.27.25), 0 to 100.
pub(in crate::report) fn rank(finding: &Finding) -> f64 {
    let base = match finding.severity {
        Severity::Critical => 90.0,
        Severity::High => 70.0,
        Severity::Medium => 50.0,
        Severity::Low => 30.0,
        Severity::Info => 10.0,
    };
    base + match finding.confidence {
        Confidence::High => 10.0,
        Confidence::Medium => 5.0,
        Confidence::Low => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_becomes_a_reference() {
        assert_eq!(uri("conf/my file.toml"), "conf/my%20file.toml");
        assert_eq!(uri("/etc/verifull.toml"), "file:///etc/verifull.toml");
    }
}
