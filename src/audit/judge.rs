//! One file to every check, and what they say to findings.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::baseline::fingerprint;
use super::excerpt::{Places, excerpt, hunks};
use super::settings::Rule;
use super::{
    FileFinding, FileReport, Read, Region, Settings, ShownFix, Suppression, Unseen, shown_path,
    subject,
};
use crate::check::{Check, Verdict};
use crate::finding::{Detection, Finding, Location, Subject};
use crate::observation::Attempt;
use crate::observation::file::FileObservation;
use crate::source::FileReading;
use crate::source::silence::Silence;

/// Puts one file to every check and judges it. `text` is what the reading was made from; `text_start` where it begins in the file's bytes, or why they are not its own.
pub fn judge(
    observation: FileObservation,
    text: &str,
    text_start: Result<usize, &'static str>,
    settings: &Settings,
) -> FileReport {
    let rule = settings.rule(&observation.path);
    let observation = with_role(observation, &rule);
    let verdicts = verdicts(&observation);
    report(&observation, text, text_start, &rule, verdicts)
}

/// Makes a report of verdicts: what [`judge`] does once the checks have spoken.
pub fn report(
    observation: &FileObservation,
    text: &str,
    text_start: Result<usize, &'static str>,
    rule: &Rule,
    verdicts: Vec<(&'static Check, Verdict)>,
) -> FileReport {
    let path = shown_path(&observation.path);
    let mut report = FileReport {
        sha256: observation.sha256.clone(),
        reading: read(observation, text_start),
        findings: Vec::new(),
        open: Vec::new(),
        name: Arc::clone(&observation.path),
        path,
    };
    let Attempt::Seen(reading) = &observation.reading else {
        return report;
    };
    let desk = Desk {
        path: &report.path,
        places: Places::of(text),
        reading,
        rule,
    };
    let mut findings = Vec::new();
    for (check, verdict) in verdicts {
        if rule.off.iter().any(|off| off == check.id) {
            continue;
        }
        match verdict {
            Verdict::Fail(detections) => findings.extend(
                detections
                    .into_iter()
                    .map(|detection| desk.finding(check, detection)),
            ),
            Verdict::Open(reason) => report.open.push((check.id, reason)),
            Verdict::Pass | Verdict::NotApplicable => {}
        }
    }
    desk.silence(&mut findings);
    findings.sort_by(|a, b| {
        (a.region, b.finding.severity, a.finding.check).cmp(&(
            b.region,
            a.finding.severity,
            b.finding.check,
        ))
    });
    desk.stamp(&mut findings);
    report.findings = findings;
    report
}

/// Gives the file the role that a rule says it has.
fn with_role(mut observation: FileObservation, rule: &Rule) -> FileObservation {
    if let (Some(role), Attempt::Seen(reading)) = (rule.role, &mut observation.reading) {
        Arc::make_mut(reading).role = role;
    }
    observation
}

/// Puts a file to every check about files.
fn verdicts(observation: &FileObservation) -> Vec<(&'static Check, Verdict)> {
    crate::check::assess_file(observation)
}

/// Notes what was read, or why nothing was.
fn read(
    observation: &FileObservation,
    text_start: Result<usize, &'static str>,
) -> Result<Read, Unseen> {
    let unseen = |reason: &str, is_failure| {
        Err(Unseen {
            reason: crate::text::printable(reason),
            is_failure,
        })
    };
    match &observation.reading {
        Attempt::Seen(reading) => Ok(Read {
            format: reading.format,
            role: reading.role,
            understanding: reading.understanding.clone(),
            declarations: reading.declarations.len(),
            text_start,
        }),
        Attempt::NotAttempted(reason) => unseen(reason, false),
        Attempt::Refused(reason) => unseen(reason, true),
        Attempt::Failed(failure) => unseen(&failure.detail, true),
    }
}

/// A file on the desk.
struct Desk<'a> {
    /// Its name, printable.
    path: &'a str,
    places: Places<'a>,
    reading: &'a FileReading,
    rule: &'a Rule,
}

impl Desk<'_> {
    /// Makes a finding of a detection. Its fingerprint comes when all are there.
    fn finding(&self, check: &'static Check, detection: Detection) -> FileFinding {
        let span = detection.span.clone().unwrap_or(0..0);
        let severity = detection.severity.unwrap_or(check.severity);
        let capped = self.rule.cap.map_or(severity, |cap| severity.min(cap));
        let mut evidence = detection.evidence;
        if capped < severity {
            evidence.push(format!(
                "the configuration caps {severity} at {capped} here"
            ));
        }
        let fixes = detection.fixes.into_iter().map(|fix| ShownFix {
            hunks: hunks(&self.places, &self.reading.lines, &fix.edits),
            regions: fix
                .edits
                .iter()
                .map(|edit| self.region(&edit.span))
                .collect(),
            fix,
        });
        let region = self.region(&span);
        FileFinding {
            region,
            excerpt: excerpt(&self.places, &self.reading.lines, &span),
            fixes: fixes.collect(),
            suppression: None,
            finding: Finding {
                check: check.id,
                title: check.title,
                severity: capped,
                confidence: detection.confidence,
                message: detection.message,
                subject: Subject::File(subject(self.path)),
                addresses: Vec::new(),
                evidence,
                location: detection.location.or(Some(Location {
                    path: self.path.to_owned(),
                    line: region.line,
                    column: region.column,
                })),
                references: check.references,
                remedy: detection.remedy,
                fingerprint: detection.discriminator,
            },
        }
    }

    /// Returns where a span stands.
    fn region(&self, span: &Range<usize>) -> Region {
        let (line, column) = self.places.place(span.start);
        let (end_line, end_column) = self.places.place(span.end.max(span.start));
        Region {
            line: line + 1,
            column,
            end_line: end_line + 1,
            end_column,
        }
    }

    /// Applies the silences of the file's comments, and tells of those that silence nothing.
    fn silence(&self, findings: &mut Vec<FileFinding>) {
        let mut told = Vec::new();
        for silence in &self.reading.silences {
            let mut used = false;
            for found in findings.iter_mut().filter(|found| meets(silence, found)) {
                used = true;
                // Without a reason it does not count, and that is a finding of its own.
                if !silence.reason.is_empty() {
                    found.suppression = Some(Suppression::InSource {
                        reason: silence.reason.clone(),
                    });
                }
            }
            if !used {
                told.extend(self.unused(silence));
            }
        }
        findings.extend(told);
    }

    /// Returns the finding about a silence that silences nothing; none where the configuration turned its check off.
    fn unused(&self, silence: &Silence) -> Option<FileFinding> {
        let check = crate::check::find("silence-unused")?;
        let is_off = |id: &str| self.rule.off.iter().any(|off| off == id);
        if is_off(check.id) || is_off(&silence.check) {
            return None;
        }
        let id = crate::text::printable_within(&silence.check, 60);
        let message = if crate::check::find(&silence.check).is_none() {
            format!("the comment allows `{id}`, and there is no such check")
        } else {
            format!("the comment allows `{id}`, and there is nothing of the kind here")
        };
        let detection = Detection::new(message)
            .span(silence.span.clone())
            .discriminator(id);
        Some(self.finding(check, detection))
    }

    /// Gives each finding, in the order of the file, its fingerprint.
    fn stamp(&self, findings: &mut [FileFinding]) {
        let mut counts: BTreeMap<(&'static str, String, String), usize> = BTreeMap::new();
        for found in findings {
            let line = self.reading.lines.shown(found.region.line);
            let context = line.unwrap_or_default();
            let bare: String = context.split_whitespace().collect();
            let kind = found.finding.fingerprint.clone();
            let nth = counts
                .entry((found.finding.check, kind.clone(), bare))
                .or_default();
            found.finding.fingerprint =
                fingerprint(found.finding.check, self.path, &kind, &context, *nth);
            *nth += 1;
        }
    }
}

/// Whether a silence is about a finding: its check, and a line of it.
fn meets(silence: &Silence, found: &FileFinding) -> bool {
    silence.check == found.finding.check
        && *silence.lines.start() <= found.region.end_line
        && found.region.line <= *silence.lines.end()
}
