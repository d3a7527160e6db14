//! Workflow commands of GitHub Actions: each finding becomes an annotation at its lines.
//!
//! GitHub shows ten of each level for a step, so the worst come first.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::counted;
use crate::audit::Audit;
use crate::finding::Severity;
use crate::text::printable;

/// Renders a command for each finding that counts and for each file that could not be read.
pub(super) fn render(audit: &Audit) -> String {
    let mut findings: Vec<_> = audit.counted().collect();
    findings.sort_by_key(|(_, found)| Reverse(found.finding.severity));
    let mut out = String::new();
    for (file, found) in findings {
        let region = found.region;
        let mut place = format!(
            "file={},line={},endLine={},col={}",
            property(&file.path),
            region.line,
            region.end_line,
            region.column
        );
        // GitHub takes an end column within one line only.
        if region.line == region.end_line && region.end_column > region.column {
            // Writing to a string cannot fail.
            let _ = write!(place, ",endColumn={}", region.end_column);
        }
        let finding = &found.finding;
        let mut message = format!("{} ({})", finding.message, finding.check);
        if let Some(fix) = found.fixes.first() {
            let _ = write!(message, "\nfix: {}", fix.fix.title);
        }
        let title = format!("{}: {}", finding.severity, finding.title);
        let _ = writeln!(
            out,
            "::{} {place},title={}::{}",
            level(finding.severity),
            property(&title),
            data(&message)
        );
    }
    let unread = audit.unread();
    for (path, reason) in &unread {
        let _ = writeln!(
            out,
            "::warning file={},title=not looked at::{}",
            property(path),
            data(reason)
        );
    }
    if out.is_empty() {
        let files = counted(audit.looked_at, "file");
        let _ = writeln!(out, "::debug::verifull: nothing found in {files}");
    }
    out
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium | Severity::Low => "warning",
        Severity::Info => "notice",
    }
}

/// Escapes the message of a command, as `@actions/core` does (`packages/core/src/command.ts`).
fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    printable(text)
        .replace('%', "%25")
        .replace(':', "%3A")
        .replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_end_a_command_or_a_property() {
        assert_eq!(data("a\n::error::b%"), "a%0A::error::b%25");
        assert_eq!(property("a,line=1:b%\n"), "a%2Cline=1%3Ab%25\u{fffd}");
    }
}
