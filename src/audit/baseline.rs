//! Findings that were there before: a file of fingerprints, so that only new ones count.
//!
//! A fingerprint is made of the check, the path and the line as it may be shown, without white space. It holds neither the line's number,
//! so moved lines keep it, nor a secret. The file is sorted, so that two branches that add to it can be merged.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::{Audit, Suppression};

/// Version of the file.
const VERSION: u32 = 1;

/// Findings that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<String, Entry>,
}

/// One known finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    check: String,
    fingerprint: String,
    /// Why it is accepted, in the words of whoever did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    verifull_baseline: u32,
    findings: Vec<Entry>,
}

impl Baseline {
    /// Takes down every finding of an audit that no comment silences; reasons that `before` gives stay.
    pub fn of(audit: &Audit, before: Option<&Self>) -> Self {
        let entries = audit
            .findings()
            .filter(|(_, found)| !matches!(found.suppression, Some(Suppression::InSource { .. })))
            .map(|(file, found)| {
                let fingerprint = found.finding.fingerprint.clone();
                let entry = Entry {
                    path: file.path.clone(),
                    check: found.finding.check.to_owned(),
                    reason: before.and_then(|before| before.reason(&fingerprint)),
                    fingerprint: fingerprint.clone(),
                };
                (fingerprint, entry)
            });
        Self {
            entries: entries.collect(),
        }
    }

    /// Reads the file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Document = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| format!("it is no baseline of verifull: {error}"))?;
        if document.verifull_baseline != VERSION {
            return Err(format!(
                "it is of version {}, and this verifull reads version {VERSION}",
                document.verifull_baseline
            ));
        }
        Ok(Self {
            entries: document
                .findings
                .into_iter()
                .map(|entry| (entry.fingerprint.clone(), entry))
                .collect(),
        })
    }

    /// Writes the file, sorted by path and check.
    pub fn written(&self) -> String {
        let mut findings: Vec<Entry> = self.entries.values().cloned().collect();
        findings.sort();
        let document = Document {
            verifull_baseline: VERSION,
            findings,
        };
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Returns how many findings it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Marks the findings of an audit that it has, and counts those of its own that the audit does not have.
    pub fn apply(&self, audit: &mut Audit) {
        let mut seen = 0;
        for found in audit.files.iter_mut().flat_map(|file| &mut file.findings) {
            if let Some(entry) = self.entries.get(&found.finding.fingerprint) {
                seen += 1;
                if found.suppression.is_none() {
                    found.suppression = Some(Suppression::Baseline {
                        reason: entry.reason.clone(),
                    });
                }
            }
        }
        audit.stale = Some(self.entries.len() - seen);
    }

    fn reason(&self, fingerprint: &str) -> Option<String> {
        self.entries.get(fingerprint)?.reason.clone()
    }
}

/// Returns a finding's fingerprint. `context` is the line as it may be shown; `nth` tells apart what is otherwise the same.
pub(super) fn fingerprint(
    check: &str,
    path: &str,
    kind: &str,
    context: &str,
    nth: usize,
) -> String {
    let bare: String = context.split_whitespace().collect();
    let parts = [check, path, kind, &bare, &nth.to_string()];
    data_encoding::HEXLOWER.encode(digest(&SHA256, parts.join("\0").as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprint_does_not_care_for_white_space() {
        let one = fingerprint("a", "p", "", "  x = 1", 0);
        assert_eq!(one, fingerprint("a", "p", "", "x=1", 0));
        assert_ne!(one, fingerprint("a", "p", "", "x=1", 1));
        assert_ne!(one, fingerprint("a", "q", "", "x=1", 0));
    }

    #[test]
    fn file_is_read_as_it_was_written() {
        let text = r#"{"verifull_baseline":1,"findings":[
            {"path":"b","check":"x","fingerprint":"02","reason":"we know"},
            {"path":"a","check":"x","fingerprint":"01"}]}"#;
        let baseline = Baseline::parse(text).expect("a baseline");
        assert_eq!(baseline.len(), 2);
        let written = baseline.written();
        assert_eq!(Baseline::parse(&written), Ok(baseline));
        assert!(written.find("\"a\"") < written.find("\"b\""));
    }

    #[test]
    fn other_files_and_other_versions_are_refused() {
        assert!(Baseline::parse("{}").is_err());
        assert!(Baseline::parse("[]").is_err());
        let error = Baseline::parse(r#"{"verifull_baseline":2,"findings":[]}"#).expect_err("newer");
        assert!(error.contains("version 2"), "{error}");
    }
}
