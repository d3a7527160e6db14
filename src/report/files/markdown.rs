//! Markdown, for a comment on a change or a job's summary: a table of findings, worst first, and the fixes below it.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::{counted, place, tally};
use crate::audit::{Audit, FileFinding, FileReport};
use crate::finding::Confidence;
use crate::report::markdown::{cell, code, escaped, fence};

/// Renders the page.
pub(super) fn render(audit: &Audit) -> String {
    let mut page = format!("# verifull scan: {}\n\n", headline(audit));
    let mut findings: Vec<_> = audit.counted().collect();
    findings.sort_by_key(|(_, found)| Reverse(found.finding.severity));
    if !findings.is_empty() {
        page.push_str("| severity | where | what | check |\n|---|---|---|---|\n");
        for (file, found) in &findings {
            let finding = &found.finding;
            let confidence = match finding.confidence {
                Confidence::High => String::new(),
                sure @ (Confidence::Medium | Confidence::Low) => {
                    format!(" (confidence {})", sure.as_str())
                }
            };
            // Writing to a string cannot fail.
            let _ = writeln!(
                page,
                "| {}{confidence} | {} | {} | {} |",
                finding.severity,
                cell(&place(file, found)),
                escaped(&finding.message).replace('|', "\\|"),
                cell(finding.check),
            );
        }
        page.push('\n');
    }
    for (file, found) in &findings {
        fix(&mut page, file, found);
    }
    let unread = audit.unread();
    if !unread.is_empty() {
        page.push_str("## Could not be looked at\n\n");
        for (path, reason) in unread {
            let _ = writeln!(page, "- {}: {}", code(&path), escaped(&reason));
        }
        page.push('\n');
    }
    let suppressed = audit.findings().count() - audit.counted().count();
    let _ = writeln!(
        page,
        "{} looked at, {} accepted or known. verifull {}",
        counted(audit.looked_at, "file"),
        counted(suppressed, "finding"),
        env!("CARGO_PKG_VERSION")
    );
    page
}

fn headline(audit: &Audit) -> String {
    let tally = tally(audit);
    if tally.is_empty() {
        return "nothing found".to_owned();
    }
    let words: Vec<String> = tally
        .iter()
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    words.join(", ")
}

/// Writes the best fix as a diff.
fn fix(page: &mut String, file: &FileReport, found: &FileFinding) {
    let Some(best) = found.fixes.first().filter(|fix| !fix.hunks.is_empty()) else {
        return;
    };
    let mut diff = String::new();
    for hunk in &best.hunks {
        for line in &hunk.removed {
            let _ = writeln!(diff, "-{line}");
        }
        for line in &hunk.added {
            let _ = writeln!(diff, "+{line}");
        }
    }
    let fence = fence(&diff);
    let _ = writeln!(
        page,
        "{}: {}\n\n{fence}diff\n{diff}{fence}\n",
        code(&place(file, found)),
        escaped(&best.fix.title)
    );
}
