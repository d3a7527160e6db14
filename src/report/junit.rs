//! `JUnit` XML, as CI servers read it: a suite for each endpoint.
//!
//! A finding is a failed case, what could not be looked at an error, a check that could not decide a skipped case. That everything could
//! be looked at is a case of its own; checks that passed are not listed, as a report does not tell them from checks that do not apply.

use std::fmt::Write as _;

use super::facts;
use crate::finding::{Finding, Severity};
use crate::store::{EndpointState, Snapshot};
use crate::text::printable;

/// One case, written.
pub(in crate::report) struct Case {
    outcome: Outcome,
    xml: String,
}

/// What became of a case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Outcome {
    Passed,
    Failed,
    Error,
    Skipped,
}

/// Renders all suites.
pub(super) fn render(snapshot: &Snapshot) -> String {
    let mut suites: Vec<(String, Vec<Case>)> = facts::worst_first(snapshot)
        .into_iter()
        .map(|state| (state.endpoint.name.to_string(), endpoint(state, snapshot)))
        .collect();
    let elsewhere: Vec<Case> = snapshot
        .findings
        .iter()
        .filter(|state| state.finding.subject.kind() != "endpoint")
        .map(|state| finding(&state.finding))
        .collect();
    if !elsewhere.is_empty() {
        suites.push(("configuration".to_owned(), elsewhere));
    }
    document(&suites)
}

/// Writes the whole document: suites by their names.
pub(in crate::report) fn document(suites: &[(String, Vec<Case>)]) -> String {
    let mut text = String::new();
    for (name, cases) in suites {
        write_suite(&mut text, name, cases);
    }
    let all = suites.iter().flat_map(|(_, cases)| cases);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"verifull\" {}>\n{text}</testsuites>\n",
        counts(all)
    )
}

/// Writes one suite.
fn write_suite(page: &mut String, name: &str, cases: &[Case]) {
    // Writing to a string cannot fail.
    let _ = writeln!(
        page,
        "  <testsuite name=\"{}\" {}>",
        escaped(name),
        counts(cases)
    );
    for case in cases {
        page.push_str(&case.xml);
    }
    page.push_str("  </testsuite>\n");
}

/// Writes the counts of some cases as attributes.
fn counts<'a>(cases: impl IntoIterator<Item = &'a Case>) -> String {
    let outcomes: Vec<Outcome> = cases.into_iter().map(|case| case.outcome).collect();
    let count = |outcome| outcomes.iter().filter(|it| **it == outcome).count();
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        outcomes.len(),
        count(Outcome::Failed),
        count(Outcome::Error),
        count(Outcome::Skipped)
    )
}

/// Returns the cases of an endpoint.
fn endpoint(state: &EndpointState, snapshot: &Snapshot) -> Vec<Case> {
    let name = &*state.endpoint.name;
    let blind: Vec<String> = super::unknown(snapshot)
        .into_iter()
        .filter(|unknown| unknown.endpoint == name)
        .map(|unknown| match unknown.address {
            Some(address) => format!("{address}: {}", unknown.reason),
            None => unknown.reason,
        })
        .collect();
    let looked_at = if blind.is_empty() {
        case(name, "looked-at", Outcome::Passed, "")
    } else {
        let message = escaped(&blind.join("; "));
        let error = format!("      <error type=\"unknown\" message=\"{message}\"/>\n");
        case(name, "looked-at", Outcome::Error, &error)
    };
    let mut cases = vec![looked_at];
    cases.extend(state.findings.iter().map(|found| finding(&found.finding)));
    cases.extend(state.open.iter().map(|(check, reason)| {
        let skipped = format!("      <skipped message=\"{}\"/>\n", escaped(reason));
        case(name, check, Outcome::Skipped, &skipped)
    }));
    cases
}

/// Writes a finding; one that is only worth knowing passes, and says what it has to say.
fn finding(finding: &Finding) -> Case {
    let mut detail = finding.message.clone();
    for evidence in &finding.evidence {
        detail.push_str("\nseen: ");
        detail.push_str(evidence);
    }
    let lines: Vec<String> = detail.lines().map(escaped).collect();
    let (message, detail) = (escaped(&finding.message), lines.join("\n"));
    let (outcome, inner) = if finding.severity == Severity::Info {
        (
            Outcome::Passed,
            format!("      <system-out>{detail}</system-out>\n"),
        )
    } else {
        let severity = finding.severity;
        (
            Outcome::Failed,
            format!(
                "      <failure type=\"{severity}\" message=\"{message}\">{detail}</failure>\n"
            ),
        )
    };
    case(finding.subject.name(), finding.check, outcome, &inner)
}

/// Writes a case.
pub(in crate::report) fn case(class: &str, name: &str, outcome: Outcome, inner: &str) -> Case {
    let open = format!(
        "    <testcase classname=\"{}\" name=\"{}\"",
        escaped(class),
        escaped(name)
    );
    let xml = if inner.is_empty() {
        format!("{open}/>\n")
    } else {
        format!("{open}>\n{inner}    </testcase>\n")
    };
    Case { outcome, xml }
}

/// Escapes text for an attribute or an element (XML 1.0, section 2.4). What XML cannot hold at all does not survive [`printable`].
pub(in crate::report) fn escaped(text: &str) -> String {
    printable(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped() {
        assert_eq!(
            escaped("<a b=\"&\">\u{1b}"),
            "&lt;a b=&quot;&amp;&quot;&gt;\u{fffd}"
        );
    }
}
