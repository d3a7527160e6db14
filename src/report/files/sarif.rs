//! SARIF 2.1.0: a check is a rule, a finding a result with its region, its fixes, and why it does not count where it does not.

use serde_json::{Value, json};

use crate::audit::{Audit, FileFinding, FileReport, Region, ShownFix, Suppression};
use crate::check::{Check, REGISTER};
use crate::report::json::written;
use crate::report::sarif::{level, rank, rule, uri};

/// What paths are relative to: the root of the sources, wherever that is for the reader.
const ROOT: &str = "%SRCROOT%";

/// Renders a log with one run.
pub(super) fn render(audit: &Audit) -> String {
    let rules: Vec<&Check> = REGISTER
        .iter()
        .copied()
        .filter(|check| (audit.findings()).any(|(_, found)| found.finding.check == check.id))
        .collect();
    let results: Vec<Value> = audit
        .findings()
        .map(|(file, found)| result(file, found, &rules, audit))
        .collect();
    let notifications: Vec<Value> = audit
        .unread()
        .into_iter()
        .map(|(path, reason)| {
            json!({
                "level": "error",
                "message": {"text": format!("{path}: {reason}")},
                "locations": [{"physicalLocation": {"artifactLocation": artifact(&path)}}],
            })
        })
        .collect();
    written(serde_json::to_string_pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "verifull",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|check| tagged(check)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                // SARIF 2.1.0, section 3.20.14: false where something kept the tool from looking.
                "executionSuccessful": notifications.is_empty(),
                "endTimeUtc": audit.at,
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })))
}

/// Describes a check, with the tags by which code scanning finds weaknesses.
fn tagged(check: &Check) -> Value {
    let mut rule = rule(check);
    let weaknesses = check
        .references
        .iter()
        .filter_map(|reference| reference.strip_prefix("CWE-"))
        .map(|number| json!(format!("external/cwe/cwe-{number:0>3}")));
    if let Some(tags) = rule["properties"]["tags"].as_array_mut() {
        tags.extend(weaknesses);
    }
    rule
}

/// Describes a finding.
fn result(file: &FileReport, found: &FileFinding, rules: &[&Check], audit: &Audit) -> Value {
    let finding = &found.finding;
    let mut result = json!({
        "ruleId": finding.check,
        "ruleIndex": rules.iter().position(|check| check.id == finding.check),
        "level": level(finding.severity),
        "rank": rank(finding),
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": {
            "artifactLocation": artifact(&file.name),
            "region": region(found.region),
        }}],
        "partialFingerprints": {"verifull/v1": finding.fingerprint},
        // Section 3.27.23: an empty array says that it is known not to be suppressed.
        "suppressions": found.suppression.iter().map(suppression).collect::<Vec<_>>(),
        "properties": {
            "severity": finding.severity,
            "confidence": finding.confidence,
            "evidence": finding.evidence,
            "references": finding.references,
        },
    });
    let is_text = (file.reading.as_ref()).is_ok_and(|read| read.text_start.is_ok());
    if is_text && !found.fixes.is_empty() {
        result["fixes"] = (found.fixes.iter()).map(|it| fix(file, it)).collect();
    }
    if audit.stale.is_some() {
        let is_known = matches!(found.suppression, Some(Suppression::Baseline { .. }));
        result["baselineState"] = json!(if is_known { "unchanged" } else { "new" });
    }
    result
}

fn artifact(path: &str) -> Value {
    json!({"uri": uri(path), "uriBaseId": ROOT})
}

fn region(region: Region) -> Value {
    json!({
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    })
}

fn suppression(suppression: &Suppression) -> Value {
    let (kind, reason) = match suppression {
        Suppression::InSource { reason } => ("inSource", Some(reason.as_str())),
        Suppression::Baseline { reason } => ("external", reason.as_deref()),
    };
    let mut value = json!({"kind": kind, "status": "accepted"});
    if let Some(reason) = reason {
        value["justification"] = json!(reason);
    }
    value
}

/// Describes a fix as what goes and what comes.
fn fix(file: &FileReport, shown: &ShownFix) -> Value {
    let replacements: Vec<Value> = shown
        .fix
        .edits
        .iter()
        .zip(&shown.regions)
        .map(|(edit, at)| {
            json!({
                "deletedRegion": region(*at),
                "insertedContent": {"text": edit.replacement},
            })
        })
        .collect();
    json!({
        "description": {"text": shown.fix.title},
        "artifactChanges": [{
            "artifactLocation": artifact(&file.name),
            "replacements": replacements,
        }],
    })
}
