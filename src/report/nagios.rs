//! A monitoring plugin's output: one status line with performance data, then long text (Monitoring Plugins Development
//! Guidelines, "Plugin Output for Nagios").
//!
//! It is cut before 4 kB, the length that Nagios reads in all, and cut between lines, worst first.

use std::fmt::Write as _;

use jiff::SignedDuration;

use super::facts::{self, Tally};
use crate::finding::Severity;
use crate::store::{EndpointState, Posture, Snapshot};
use crate::text::printable_within;

/// Most bytes of the whole output. Nagios Core and NRPE 3 read 4,096 bytes of what a plugin says, with the terminator.
const LARGEST: usize = 4000;

/// Most bytes of the first line, so that a fleet's performance data leaves room to say what is wrong.
const LARGEST_STATUS: usize = 2000;

/// Longest single text, in characters.
const LONGEST_TEXT: usize = 160;

/// Renders the status line and the long text.
pub(super) fn render(snapshot: &Snapshot) -> String {
    let mut output = status(snapshot);
    let mut room = LARGEST - 60;
    room -= output.len().min(room);
    let lines: Vec<String> = long_text(snapshot).collect();
    for (written, line) in lines.iter().enumerate() {
        if line.len() + 1 > room {
            // The sixty bytes were kept for this line.
            let _ = write!(
                output,
                "\nand {} more lines, not shown",
                lines.len() - written
            );
            break;
        }
        room -= line.len() + 1;
        output.push('\n');
        output.push_str(line);
    }
    output.push('\n');
    output
}

/// Writes the first line.
fn status(snapshot: &Snapshot) -> String {
    let word = match super::exit_code(snapshot, None) {
        0 => "OK",
        1 => "WARNING",
        2 => "CRITICAL",
        _ => "UNKNOWN",
    };
    let mut line = format!("VERIFULL {word} - {} |", clean(&summary(snapshot)));
    for datum in performance_data(snapshot) {
        if line.len() + 1 + datum.len() > LARGEST_STATUS {
            break;
        }
        line.push(' ');
        line.push_str(&datum);
    }
    line
}

/// Says how the fleet stands and what is worst.
fn summary(snapshot: &Snapshot) -> String {
    let tally = Tally::of(snapshot);
    let total = snapshot.endpoints.len();
    let mut parts = Vec::new();
    for (count, word) in [
        (tally.critical, "critical"),
        (tally.unreachable, "unreachable"),
        (tally.warning, "warning"),
        (tally.waiting, "not probed"),
        (tally.ok, "ok"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let noun = if total == 1 { "endpoint" } else { "endpoints" };
    let files = snapshot.certificate_files.len();
    let mut text = if total == 0 && files > 0 {
        format!("{files} certificate files")
    } else if total == 0 {
        "there is no endpoint to look at".to_owned()
    } else {
        format!("{total} {noun}: {}", parts.join(", "))
    };
    let worst = snapshot
        .findings
        .first()
        .filter(|state| state.finding.severity >= Severity::Low);
    if let Some(state) = worst {
        let _ = write!(
            text,
            "; {}: {}",
            state.finding.subject.name(),
            state.finding.message
        );
    } else if let Some(unknown) = super::unknown(snapshot).first().filter(|_| total > 0) {
        let _ = write!(text, "; {}: {}", unknown.endpoint, unknown.reason);
    }
    text
}

/// Writes the performance data: the fleet's counts, then the days that each certificate has left.
fn performance_data(snapshot: &Snapshot) -> Vec<String> {
    let tally = Tally::of(snapshot);
    let mut data = vec![
        format!("'endpoints'={}", snapshot.endpoints.len()),
        format!("'critical'={};;0", tally.critical),
        format!("'unreachable'={}", tally.unreachable),
        format!("'warning'={};0", tally.warning),
    ];
    if let Some(value) = snapshot.score.value {
        data.push(format!("'score'={value};;;0;100"));
    }
    data.push(format!(
        "'coverage'={:.0}%",
        snapshot.score.coverage * 100.0
    ));
    data.extend(
        facts::worst_first(snapshot)
            .into_iter()
            .filter_map(|state| days_left(state, snapshot)),
    );
    data
}

/// Writes the days that the certificate ending first has left, with the thresholds of its own lifetime.
///
/// A threshold `20:` alerts below 20, as the guidelines write ranges.
fn days_left(state: &EndpointState, snapshot: &Snapshot) -> Option<String> {
    const DAY: f64 = 86_400.0;
    let certificate = facts::end_entities(state).min_by_key(|certificate| certificate.not_after)?;
    let days = |duration: SignedDuration| duration.as_secs_f64() / DAY;
    let left = certificate.not_after.duration_since(snapshot.at);
    let lifetime = certificate
        .not_after
        .duration_since(certificate.not_before)
        .unsigned_abs();
    let expiry = state.endpoint.expiry;
    let [warning, critical] =
        [expiry.warning, expiry.critical].map(|part| part.of(lifetime).as_secs_f64() / DAY);
    Some(format!(
        "'{} days'={:.2};{warning:.1}:;{critical:.1}:",
        label(&state.endpoint.name),
        days(left)
    ))
}

/// Makes a label of performance data: no quote and no equals sign.
fn label(name: &str) -> String {
    clean(name).replace(['\'', '='], "_")
}

/// Writes what is wrong, a line each, worst endpoint first.
fn long_text(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let unknown = super::unknown(snapshot);
    facts::worst_first(snapshot)
        .into_iter()
        .filter(|state| state.posture != Posture::Ok)
        .flat_map(move |state| {
            let findings = state
                .findings
                .iter()
                .filter(|finding| finding.finding.severity >= Severity::Low)
                .map(|finding| {
                    format!(
                        "{} [{}] {}: {}",
                        state.endpoint.name,
                        finding.finding.severity,
                        finding.finding.check,
                        finding.finding.message
                    )
                });
            let blind = unknown
                .iter()
                .filter(|unknown| *unknown.endpoint == *state.endpoint.name)
                .map(|unknown| format!("{} [unknown] {}", unknown.endpoint, unknown.reason));
            findings
                .chain(blind)
                .map(|line| clean(&line))
                .collect::<Vec<_>>()
        })
}

/// Keeps a text on its line and out of the performance data, which begins at the bar.
fn clean(text: &str) -> String {
    printable_within(text, LONGEST_TEXT).replace('|', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bar_never_reaches_the_text() {
        assert_eq!(clean("a|b\nc"), "a/b\u{fffd}c");
    }

    #[test]
    fn nothing_to_look_at_is_said_once() {
        let output = render(&crate::store::State::default().snapshot());
        assert!(
            output.starts_with("VERIFULL UNKNOWN - there is no endpoint to look at | "),
            "{output}"
        );
    }

    #[test]
    fn label_has_no_quote_and_no_equals_sign() {
        assert_eq!(label("it's a=b"), "it_s a_b");
    }
}
