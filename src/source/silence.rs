//! Silences: comments that say why a finding is no fault. `verifull: allow(check-id) reason`, on the line or on the line above.

use crate::text::template::Span;

use super::fact::Facts;

/// A comment that silences a check on its line or on the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The check, by its id.
    pub check: String,
    /// Why, in the author's words, printable. Empty where none is given: then it does not count, and that is a finding.
    pub reason: String,
    /// Where the comment stands.
    pub span: Span,
    /// The lines it is about, from 1: its own, and the next where nothing else stands on its own.
    pub lines: std::ops::RangeInclusive<usize>,
}

/// What a silence begins with.
const MARK: &str = "verifull:";

/// Longest reason that is kept, in characters.
const LONGEST_REASON: usize = 300;

/// Reads the silences in a file's comments, in the order of the file: one for each check that a comment names.
pub fn read(text: &str, facts: &Facts) -> Vec<Silence> {
    let mut silences = Vec::new();
    if !text.contains(MARK) {
        return silences;
    }
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let line_of = |offset: usize| starts.partition_point(|start| *start <= offset).max(1);
    for comment in &facts.comments {
        let Some(words) = text.get(comment.clone()) else {
            continue;
        };
        for (at, _) in words.match_indices(MARK) {
            let from = comment.start + at;
            let line = line_of(from);
            // A comment of several lines silences where its own line is.
            let said = words[at..].lines().next().unwrap_or_default();
            let Some((checks, reason)) = allowed(&said[MARK.len()..]) else {
                continue;
            };
            let line_start = starts.get(line - 1).copied().unwrap_or_default();
            let is_alone = stands_alone(text.get(line_start..from).unwrap_or_default());
            let last = if is_alone { line + 1 } else { line };
            for check in checks
                .split(',')
                .map(str::trim)
                .filter(|check| !check.is_empty())
            {
                silences.push(Silence {
                    check: crate::text::printable_within(check, 80),
                    reason: crate::text::printable_within(reason, LONGEST_REASON),
                    span: from..from + said.trim_end().len(),
                    lines: line..=last,
                });
            }
        }
    }
    silences
}

/// Splits `allow(a, b) reason` into the checks and the reason.
fn allowed(said: &str) -> Option<(&str, &str)> {
    let inside = said
        .trim_start()
        .strip_prefix("allow")?
        .trim_start()
        .strip_prefix('(')?;
    let close = inside.find(')')?;
    let reason = inside[close + 1..]
        .trim()
        .trim_start_matches([':', '-', '—', '–'])
        .trim_end_matches("*/")
        .trim_end_matches("-->")
        .trim_end_matches("#}")
        .trim();
    Some((&inside[..close], reason))
}

/// Whether only the marks of a comment stand before it on its line.
fn stands_alone(before: &str) -> bool {
    before
        .trim()
        .chars()
        .all(|character| "#/*;!<-{%\"'".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Silence> {
        let mut comments = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            if let Some(at) = line.find(['#', '/', '<', ';']) {
                comments.push(start + at..start + line.trim_end().len());
            }
            start += line.len();
        }
        read(
            text,
            &Facts {
                comments,
                ..Facts::default()
            },
        )
    }

    #[test]
    fn comment_behind_code_silences_its_line() {
        let found = of("a\nb = c # verifull: allow(db-plaintext) only on this machine\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].check, "db-plaintext");
        assert_eq!(found[0].reason, "only on this machine");
        assert_eq!(found[0].lines, 2..=2);
        assert_eq!(found[0].span, 10..60);
    }

    #[test]
    fn comment_alone_silences_the_next_line_too() {
        for text in [
            "  # verifull: allow(a) b\nc\n",
            "// verifull: allow(a) b\nc\n",
            "/* verifull: allow(a) b */\nc\n",
            "<!-- verifull: allow(a): b -->\nc\n",
            ";verifull:allow(a) - b\nc\n",
        ] {
            let found = of(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].lines, 1..=2, "{text}");
            assert_eq!(found[0].reason, "b", "{text}");
        }
    }

    #[test]
    fn several_checks_are_several_silences_and_no_reason_stays_none() {
        let found = of("x # verifull: allow(a, b)\n");
        let checks: Vec<&str> = found.iter().map(|silence| silence.check.as_str()).collect();
        assert_eq!(checks, ["a", "b"]);
        assert!(found.iter().all(|silence| silence.reason.is_empty()));
        assert!(of("x # verifull: deny(a)\n").is_empty());
        assert!(of("x = 'verifull: allow(a) b'\n").is_empty());
    }
}
