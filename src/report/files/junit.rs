//! `JUnit` XML: a suite for each file. A finding is a failed case, what could not be read an error, what a comment or the baseline accepts
//! and what a check could not decide a skipped one.

use super::excuse;
use crate::audit::{Audit, FileFinding, FileReport};
use crate::finding::Severity;
use crate::report::junit::{Case, Outcome, case, document, escaped};

/// Renders all suites.
pub(super) fn render(audit: &Audit) -> String {
    let mut suites: Vec<(String, Vec<Case>)> = audit
        .files
        .iter()
        .map(|file| (file.path.clone(), cases(file)))
        .filter(|(_, cases)| !cases.is_empty())
        .collect();
    let unlisted: Vec<Case> = (audit.troubles.iter())
        .map(|(path, reason)| unread(path, reason))
        .collect();
    if !unlisted.is_empty() {
        suites.push(("folders".to_owned(), unlisted));
    }
    document(&suites)
}

/// Returns the cases of a file.
fn cases(file: &FileReport) -> Vec<Case> {
    match &file.reading {
        Err(unseen) if unseen.is_failure => return vec![unread(&file.path, &unseen.reason)],
        Err(_) => return Vec::new(),
        Ok(_) => {}
    }
    let mut cases = vec![case(&file.path, "looked-at", Outcome::Passed, "")];
    cases.extend(file.findings.iter().map(|found| finding(file, found)));
    cases.extend(file.open.iter().map(|(check, reason)| {
        let skipped = format!("      <skipped message=\"{}\"/>\n", escaped(reason));
        case(&file.path, check, Outcome::Skipped, &skipped)
    }));
    cases
}

fn unread(path: &str, reason: &str) -> Case {
    let message = escaped(reason);
    let error = format!("      <error type=\"unknown\" message=\"{message}\"/>\n");
    case(path, "looked-at", Outcome::Error, &error)
}

/// Writes a finding; one that is only worth knowing passes, and says what it has to say.
fn finding(file: &FileReport, found: &FileFinding) -> Case {
    let finding = &found.finding;
    let message = escaped(&format!(
        "{}:{}: {}",
        found.region.line, found.region.column, finding.message
    ));
    let name = format!("{} line {}", finding.check, found.region.line);
    let (outcome, inner) = if let Some(suppression) = &found.suppression {
        let (by, reason) = excuse(suppression);
        let why = escaped(&format!("{by}: {}", reason.unwrap_or("no reason given")));
        (
            Outcome::Skipped,
            format!("      <skipped message=\"{why}\"/>\n"),
        )
    } else if finding.severity == Severity::Info {
        (
            Outcome::Passed,
            format!("      <system-out>{message}</system-out>\n"),
        )
    } else {
        let mut detail = vec![message.clone()];
        detail.extend(found.excerpt.lines.iter().map(|line| escaped(&line.text)));
        detail.extend((finding.evidence.iter()).map(|seen| escaped(&format!("seen: {seen}"))));
        (
            Outcome::Failed,
            format!(
                "      <failure type=\"{}\" message=\"{message}\">{}</failure>\n",
                finding.severity,
                detail.join("\n")
            ),
        )
    };
    case(&file.path, &name, outcome, &inner)
}
