//! Markdown (`CommonMark` with GitHub's tables), for a ticket or a chat.
//!
//! What peers and files say stands in code spans, so that none of it is markup.

use std::fmt::Write as _;

use super::facts::{self, Tally};
use crate::finding::{Finding, Severity};
use crate::observation::scan::Preference;
use crate::observation::{EndpointObservation, Scan};
use crate::policy::{self, Assessment, Policy};
use crate::preflight::Readiness;
use crate::remediation::{self, Proof};
use crate::store::{EndpointState, Snapshot};
use crate::text::printable;
use crate::tls::Strength;

/// Renders a heading, a table of all endpoints, and a section for each that has findings.
pub(super) fn render(snapshot: &Snapshot, policies: &[Policy]) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(page, "# verifull: {}\n", headline(snapshot));
    let _ = writeln!(
        page,
        "Looked at {} with verifull {}. Coverage {:.0} %.\n",
        snapshot.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        env!("CARGO_PKG_VERSION"),
        snapshot.score.coverage * 100.0
    );
    if !snapshot.endpoints.is_empty() {
        table(&mut page, snapshot);
    }
    blind_spots(&mut page, snapshot);
    for state in facts::worst_first(snapshot) {
        let scanned = state
            .addresses
            .iter()
            .any(|seen| seen.observation.scan.seen().is_some());
        if scanned || !policies.is_empty() || !state.findings.is_empty() {
            section(&mut page, state, policies);
        }
    }
    configuration(&mut page, snapshot);
    page
}

/// Says how the fleet stands.
fn headline(snapshot: &Snapshot) -> String {
    let tally = Tally::of(snapshot);
    let mut parts: Vec<String> = [
        (tally.critical, "critical"),
        (tally.unreachable, "unreachable"),
        (tally.warning, "warning"),
        (tally.waiting, "not probed"),
        (tally.ok, "ok"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    if parts.is_empty() {
        parts.push("no endpoint to look at".to_owned());
    }
    if let (Some(grade), Some(value)) = (snapshot.score.grade, snapshot.score.value) {
        parts.push(format!("grade {grade} ({value})"));
    }
    parts.join(", ")
}

/// Writes one row for each endpoint, worst first.
fn table(page: &mut String, snapshot: &Snapshot) {
    page.push_str("| | Endpoint | Target | TLS | Certificate | `verify-full` | Score |\n");
    page.push_str("|---|---|---|---|---|---|---|\n");
    for state in facts::worst_first(snapshot) {
        let tls = state
            .addresses
            .iter()
            .find_map(|seen| seen.observation.handshake.seen())
            .map_or_else(|| "–".to_owned(), |handshake| handshake.version.to_string());
        let certificate = facts::end_entities(state)
            .map(|certificate| certificate.not_after)
            .min()
            .map_or_else(
                || "–".to_owned(),
                |not_after| facts::ending(not_after, snapshot.at),
            );
        let score = match (state.score.grade, state.score.value) {
            (Some(grade), Some(value)) => format!("{grade} {value}"),
            _ => "–".to_owned(),
        };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {certificate} | {} | {score} |",
            facts::posture_word(state.posture),
            cell(&state.endpoint.name),
            cell(&state.endpoint.target.to_string()),
            cell(&tls),
            readiness(state),
        );
    }
    page.push('\n');
}

/// Says in a word whether `verify-full` is safe to set: at every address.
fn readiness(state: &EndpointState) -> &'static str {
    let mut word = "–";
    for preflight in state
        .addresses
        .iter()
        .filter_map(|seen| seen.preflight.as_ref())
    {
        match preflight.verify_full {
            Readiness::NotReady(_) => return "not ready",
            Readiness::Unknown(_) => word = "unknown",
            Readiness::Ready if word == "–" => word = "ready",
            Readiness::Ready => {}
        }
    }
    word
}

/// Writes what could not be looked at.
fn blind_spots(page: &mut String, snapshot: &Snapshot) {
    let unknown = super::unknown(snapshot);
    if unknown.is_empty() {
        return;
    }
    page.push_str("## Could not be looked at\n\n");
    for blind in unknown {
        let who = match blind.address {
            Some(address) => format!("{} at {address}", blind.endpoint),
            None => blind.endpoint,
        };
        if who.is_empty() {
            let _ = writeln!(page, "- {}", code(&blind.reason));
        } else {
            let _ = writeln!(page, "- {}: {}", code(&who), code(&blind.reason));
        }
    }
    page.push('\n');
}

/// Writes an endpoint's findings.
fn section(page: &mut String, state: &EndpointState, policies: &[Policy]) {
    let _ = writeln!(page, "## {}\n", code(&state.endpoint.name));
    for preflight in state
        .addresses
        .iter()
        .filter_map(|seen| seen.preflight.as_ref())
    {
        if let Readiness::NotReady(steps) = &preflight.verify_full {
            page.push_str("Before `verify-full` can be set, in this order:\n\n");
            for (number, step) in (1..).zip(steps) {
                let _ = writeln!(page, "{number}. {}", escaped(step));
            }
            page.push('\n');
            break;
        }
    }
    for seen in &state.addresses {
        scan(page, state, &seen.observation);
        for policy in policies {
            assessment(
                page,
                &policy::assess(*policy, &seen.observation, &state.endpoint),
            );
        }
    }
    for finding in &state.findings {
        write_finding(page, &finding.finding);
    }
}

/// Writes what a scan saw: a table of versions, the groups, and what stayed open.
fn scan(page: &mut String, state: &EndpointState, seen: &EndpointObservation) {
    let Some(scan) = seen.scan.seen() else {
        return;
    };
    let place = seen
        .address
        .map(|address| format!(" of {}", code(&address.to_string())))
        .unwrap_or_default();
    let _ = writeln!(
        page,
        "{} scan{place}: {} connections, {:.2} s.\n",
        capitalized(scan.depth.as_str()),
        scan.connections_used,
        scan.duration.as_secs_f64()
    );
    page.push_str("| Version | Offered | Insecure | Weak | Legacy | Strong | Order |\n");
    page.push_str("|---|---|--:|--:|--:|--:|---|\n");
    for fact in facts::versions(seen, state.endpoint.target.protocol) {
        version(page, scan, &fact);
    }
    page.push('\n');
    let groups: Vec<String> = facts::groups(scan)
        .iter()
        .map(|fact| code(&fact.group.to_string()))
        .collect();
    if !groups.is_empty() {
        let others = if facts::groups_are_decided(scan) {
            ""
        } else {
            " and perhaps others"
        };
        let _ = writeln!(page, "Groups: {}{others}.\n", groups.join(", "));
    }
    for gap in &scan.gaps {
        let _ = writeln!(page, "- not whole: {}", code(gap));
    }
    if !scan.gaps.is_empty() {
        page.push('\n');
    }
}

/// Writes one version's row: how many suites of each strength it has, and whose order decides.
fn version(page: &mut String, scan: &Scan, fact: &facts::VersionFact) {
    let offered = match &fact.offered {
        Ok(true) => "yes",
        Ok(false) => "no",
        Err(_) => "unknown",
    };
    let _ = write!(page, "| {} | {offered} |", fact.version);
    let support = scan
        .version(fact.version)
        .filter(|_| fact.offered != Ok(false));
    for strength in [
        Strength::Insecure,
        Strength::Weak,
        Strength::Legacy,
        Strength::Strong,
    ] {
        let number = support.map(|support| {
            let list = &support.cipher_suites;
            let number = list
                .accepted
                .iter()
                .filter(|suite| suite.strength() == strength)
                .count();
            (number, list.is_complete())
        });
        let _ = match number {
            None => write!(page, " – |"),
            Some((number, true)) => write!(page, " {number} |"),
            Some((0, false)) => write!(page, " unknown |"),
            Some((number, false)) => write!(page, " {number} or more |"),
        };
    }
    let order = support
        .and_then(|support| support.cipher_suites.preference.seen())
        .map_or("–", |preference| match preference {
            Preference::Server | Preference::ServerButChacha20 => "the server's",
            Preference::Client => "the client's",
        });
    let _ = writeln!(page, " {order} |");
}

/// Writes how an address stands against a policy, and every line that is not kept.
fn assessment(page: &mut String, assessment: &Assessment) {
    let letter = assessment
        .rating
        .as_ref()
        .map(|rating| format!(", rated {}", rating.letter))
        .unwrap_or_default();
    let _ = writeln!(
        page,
        "Policy `{}`: **{}**{letter}.\n",
        assessment.policy,
        assessment.verdict.as_str()
    );
    if !assessment.deviations.is_empty() {
        page.push_str("| Rule | Found | Wanted |\n|---|---|---|\n");
        for deviation in &assessment.deviations {
            let _ = writeln!(
                page,
                "| {} | {} | {} |",
                cell(&deviation.rule),
                cell(&deviation.found),
                cell(&deviation.wanted)
            );
        }
        page.push('\n');
    }
    let caps = assessment
        .rating
        .iter()
        .flat_map(|rating| facts::caps_alone(assessment, rating));
    for cap in caps {
        let _ = writeln!(page, "- at most {}: {}", cap.most, escaped(&cap.fact));
    }
    for open in &assessment.open {
        let _ = writeln!(page, "- open: {}", escaped(open));
    }
    if !page.ends_with("\n\n") {
        page.push('\n');
    }
}

/// Writes a word with a capital.
fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}

/// Writes the findings that are about no endpoint.
fn configuration(page: &mut String, snapshot: &Snapshot) {
    let mut headed = false;
    for state in &snapshot.findings {
        let finding = &state.finding;
        let about_endpoint = snapshot
            .endpoints
            .iter()
            .any(|endpoint| endpoint.endpoint.name == *finding.subject.name());
        if about_endpoint && finding.subject.kind() == "endpoint" {
            continue;
        }
        if !headed {
            page.push_str("## Configuration\n\n");
            headed = true;
        }
        write_finding(page, finding);
    }
}

/// Writes one finding with its evidence and its first remedy.
fn write_finding(page: &mut String, finding: &Finding) {
    let _ = writeln!(
        page,
        "### {}: {} (`{}`)\n\n{}\n",
        finding.severity,
        escaped(finding.title),
        finding.check,
        escaped(&finding.message)
    );
    if !finding.evidence.is_empty() {
        for evidence in &finding.evidence {
            let _ = writeln!(page, "- seen: {}", code(evidence));
        }
        page.push('\n');
    }
    if finding.severity > Severity::Info {
        remedy(page, finding);
    }
    if !finding.references.is_empty() {
        let _ = writeln!(
            page,
            "References: {}\n",
            escaped(&finding.references.join(", "))
        );
    }
}

/// Writes the first remedy.
fn remedy(page: &mut String, finding: &Finding) {
    let snippets = finding
        .remedy
        .as_ref()
        .map(remediation::render)
        .unwrap_or_default();
    let Some(snippet) = snippets.first() else {
        return;
    };
    let fence = fence(&snippet.text);
    let _ = writeln!(
        page,
        "Remedy: {} (`{}`)\n\n{fence}{}\n{}\n{fence}\n",
        escaped(&snippet.title),
        snippet.dialect.as_str(),
        snippet.language,
        snippet.text.trim_end()
    );
    if let Proof::NotExecuted(why) = snippet.proof {
        let _ = writeln!(page, "Not executed: {}\n", escaped(why));
    }
    for step in &snippet.then {
        let _ = writeln!(page, "- then: {}", escaped(step));
    }
    if !snippet.verify.is_empty() {
        let _ = writeln!(page, "- see that it worked: {}", code(&snippet.verify));
    }
    page.push('\n');
}

/// Returns a fence that nothing in a text can end (`CommonMark` 0.31, section 4.5).
pub(in crate::report) fn fence(text: &str) -> String {
    "`".repeat(longest_run(text).max(2) + 1)
}

/// Returns the length of the longest run of back-quotes.
fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}

/// Puts a text into a code span that nothing in it can end (`CommonMark` 0.31, section 6.1).
pub(in crate::report) fn code(text: &str) -> String {
    let text = printable(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// Does what [`code`] does in a cell of a table, where a bar ends the cell even inside a code span.
pub(in crate::report) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// Escapes every character that could be markup (`CommonMark` 0.31, section 2.4), but keeps code spans of our own sentences.
pub(in crate::report) fn escaped(text: &str) -> String {
    let text = printable(text);
    let mut out = String::with_capacity(text.len());
    // Our messages put values between back-quotes. An odd one is escaped, as nothing closes it.
    let pieces: Vec<&str> = text.split('`').collect();
    let last = pieces.len() - 1;
    for (index, piece) in pieces.into_iter().enumerate() {
        if index % 2 == 1 && index < last {
            out.push_str(&code(piece));
            continue;
        }
        if index % 2 == 1 {
            out.push_str("\\`");
        }
        for character in piece.chars() {
            if matches!(
                character,
                '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!'
            ) {
                out.push('\\');
            }
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_span_survives_backquotes() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
    }

    #[test]
    fn markup_in_messages_is_escaped() {
        assert_eq!(escaped("<b>*x*"), "\\<b\\>\\*x\\*");
    }

    #[test]
    fn values_between_backquotes_stay_code() {
        assert_eq!(escaped("want `a_b` here"), "want `a_b` here");
        assert_eq!(escaped("odd ` one_"), "odd \\` one\\_");
    }

    #[test]
    fn bar_does_not_end_a_cell() {
        assert_eq!(cell("a|b"), "`a\\|b`");
    }
}
