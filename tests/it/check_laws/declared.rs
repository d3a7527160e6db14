//! Fixtures of checks of files: real snippets, and what every check says of each.
//!
//! `tests/it/fixtures/file/CHECK/` holds files whose name, or whose folder's name, begins with `fires` or `quiet`; beside each stands what is
//! found in it, all of it, in a file that ends in `.found`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use verifull::check::{self, Verdict};
use verifull::observation::Attempt;
use verifull::observation::file::FileObservation;
use verifull::source;

use super::fixture::is_rewriting;

/// A file, and whose fixture it is.
pub(super) struct Snippet {
    pub(super) check: String,
    pub(super) fires: bool,
    path: PathBuf,
    /// Its path below the check's folder.
    name: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/file")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

impl Snippet {
    pub(super) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for check in entries(&folder()) {
            for entry in entries(&check) {
                let files = if entry.is_dir() {
                    entries(&entry)
                } else {
                    vec![entry.clone()]
                };
                for path in files {
                    if path.extension().is_some_and(|it| it == "found") {
                        continue;
                    }
                    let name = path
                        .strip_prefix(&check)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned();
                    all.push(Self {
                        check: check.file_name().unwrap().to_str().unwrap().to_owned(),
                        fires: name.starts_with("fires"),
                        path,
                        name,
                    });
                }
            }
        }
        all
    }

    /// Returns what is found, a line each: line, check, severity, confidence.
    pub(super) fn found(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.path).unwrap();
        let name = self.path.file_name().unwrap().to_str().unwrap();
        let Some(reading) = source::look(name, &text) else {
            return Vec::new();
        };
        let reading = Arc::new(reading);
        let observation = FileObservation {
            path: name.into(),
            sha256: None,
            reading: Attempt::Seen(Arc::clone(&reading)),
        };
        let mut found = Vec::new();
        for (check, verdict) in check::assess_file(&observation) {
            if let Verdict::Fail(detections) = verdict {
                for detection in detections {
                    let span = detection
                        .span
                        .expect("what is found in a file stands somewhere");
                    let line = reading.lines.line_of(span.start);
                    let severity = detection.severity.unwrap_or(check.severity);
                    found.push((
                        line,
                        format!(
                            "{line}: {} {severity} {}",
                            check.id,
                            detection.confidence.as_str()
                        ),
                    ));
                }
            }
        }
        found.sort();
        found.into_iter().map(|(_, text)| text).collect()
    }

    /// Holds the snippet against what stands beside it.
    pub(super) fn holds(&self) -> Result<(), String> {
        let found = self.found();
        let has = found
            .iter()
            .any(|line| line.contains(&format!(" {} ", self.check)));
        if has != self.fires {
            return Err(format!("{}/{}: {found:#?}", self.check, self.name));
        }
        let beside = PathBuf::from(format!("{}.found", self.path.display()));
        let text = found.join("\n") + if found.is_empty() { "" } else { "\n" };
        if is_rewriting() {
            std::fs::write(&beside, &text).unwrap();
        }
        let wanted = std::fs::read_to_string(&beside).unwrap_or_default();
        if text == wanted {
            Ok(())
        } else {
            Err(format!(
                "{}/{}: found\n{text}\nwanted\n{wanted}",
                self.check, self.name
            ))
        }
    }
}
