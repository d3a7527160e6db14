//! Every format on the audit made by hand, and what holds for all of them.

use serde_json::Value;
use verifull::audit::{Audit, Baseline};
use verifull::finding::{Confidence, Severity};
use verifull::report::Style;
use verifull::report::files::{self, FilesFormat};

use super::fixture::{self, ENV, detection};
use crate::cli::formats::PLAIN;

fn render(format: FilesFormat) -> String {
    files::render(&fixture::audit(), format, PLAIN).replace(env!("CARGO_PKG_VERSION"), "[version]")
}

#[test]
fn text() {
    insta::assert_snapshot!(render(FilesFormat::Text));
}

#[test]
fn json() {
    insta::assert_snapshot!(render(FilesFormat::Json));
}

#[test]
fn json_lines() {
    let lines = render(FilesFormat::Jsonl);
    let kinds: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].to_string())
        .collect();
    assert_eq!(
        kinds,
        [
            "\"file\"",
            "\"file\"",
            "\"file\"",
            "\"file\"",
            "\"finding\"",
            "\"finding\"",
            "\"finding\"",
            "\"finding\"",
            "\"summary\""
        ]
    );
}

#[test]
fn sarif() {
    insta::assert_snapshot!(render(FilesFormat::Sarif));
}

#[test]
fn github() {
    insta::assert_snapshot!(render(FilesFormat::Github));
}

#[test]
fn junit() {
    insta::assert_snapshot!(render(FilesFormat::Junit));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(render(FilesFormat::Markdown));
}

#[test]
fn no_format_repeats_a_secret() {
    for format in FilesFormat::ALL {
        assert!(!render(format).contains("hunter2"), "{format:?}");
    }
}

#[test]
fn text_keeps_to_its_width_and_colour_adds_nothing_but_colour() {
    for width in [40, 60, 80, 120] {
        let style = Style { width, ..PLAIN };
        let plain = files::render(&fixture::audit(), FilesFormat::Text, style);
        for line in plain.lines() {
            let is_head = line.contains(": high ") || line.contains(": medium ");
            assert!(
                line.chars().count() <= width.max(74) || is_head,
                "{width}: {line}"
            );
        }
        let colored = Style {
            color: true,
            ..style
        };
        let text = files::render(&fixture::audit(), FilesFormat::Text, colored);
        let mut bare = String::new();
        for piece in text.split("\u{1b}[") {
            let rest = piece
                .split_once('m')
                .filter(|(code, _)| code.chars().all(|c| c.is_ascii_digit() || c == ';'));
            bare.push_str(rest.map_or(piece, |(_, rest)| rest));
        }
        assert_eq!(bare, plain);
    }
}

/// The parts of SARIF 2.1.0 that code scanning reads: what is required, closed lists of words, and indices that point to something.
/// The whole of its schema is held by hand, as its licence keeps it out of this repository: `docs/scan.md` says how.
#[test]
fn sarif_keeps_to_the_standard() {
    let log: Value = serde_json::from_str(&render(FilesFormat::Sarif)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for rule in rules {
        assert!(rule["shortDescription"]["text"].is_string());
        let tags = rule["properties"]["tags"].as_array().unwrap();
        assert!(
            tags.iter()
                .any(|tag| tag.as_str().unwrap().starts_with("external/cwe/cwe-"))
        );
    }
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(result["message"]["text"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.contains([' ', ',']) && !uri.starts_with('/'), "{uri}");
        let number = |key: &str| place["region"][key].as_u64().unwrap();
        assert!(number("startLine") >= 1 && number("startColumn") >= 1);
        assert!(
            (number("endLine"), number("endColumn"))
                >= (number("startLine"), number("startColumn"))
        );
        for suppression in result["suppressions"].as_array().unwrap() {
            assert!(["inSource", "external"].contains(&suppression["kind"].as_str().unwrap()));
        }
        for fix in result["fixes"].as_array().into_iter().flatten() {
            for change in fix["artifactChanges"].as_array().unwrap() {
                assert_eq!(change["artifactLocation"], place["artifactLocation"]);
                for replacement in change["replacements"].as_array().unwrap() {
                    assert!(replacement["deletedRegion"]["startLine"].is_u64());
                    assert!(replacement["insertedContent"]["text"].is_string());
                }
            }
        }
    }
    let suppressed = results
        .iter()
        .filter(|result| result["suppressions"] != Value::Array(vec![]));
    assert_eq!(suppressed.count(), 2);
}

#[test]
fn exit_codes_are_those_of_the_contract() {
    let code = |audit: &Audit, format, fail_on| files::exit_code(audit, format, fail_on);
    let mut audit = fixture::audit();
    let text = FilesFormat::Text;
    assert_eq!(code(&audit, text, None), 1);
    assert_eq!(code(&audit, text, Some(Severity::High)), 1);
    // Nothing is critical, and something could not be read.
    assert_eq!(code(&audit, text, Some(Severity::Critical)), 3);
    assert_eq!(code(&audit, FilesFormat::Sarif, None), 3);
    assert_eq!(code(&audit, FilesFormat::Sarif, Some(Severity::Low)), 1);
    audit.troubles.clear();
    audit.files.retain(|file| file.reading.is_ok());
    assert_eq!(code(&audit, FilesFormat::Sarif, None), 0);
    assert_eq!(code(&audit, text, Some(Severity::Critical)), 0);
    audit.retain(Severity::Critical, Confidence::Low);
    assert_eq!(code(&audit, text, None), 0);
}

#[test]
fn baseline_survives_moved_lines_and_another_password() {
    let mut audit = fixture::audit();
    audit.files = vec![fixture::report(ENV, vec![detection(ENV, "disable")])];
    let baseline = Baseline::of(&audit, None);
    assert_eq!(baseline.len(), 1);
    let written = baseline.written();
    assert!(
        !written.contains("hunter2") && !written.contains("\"line\""),
        "{written}"
    );

    let moved = format!(
        "# one\n# two\n\n  {}",
        ENV.replace("DATABASE_URL=", "DATABASE_URL = ")
    );
    let moved = moved.replace("# the shop's database\n", "");
    audit.files = vec![fixture::report(&moved, vec![detection(&moved, "disable")])];
    baseline.apply(&mut audit);
    assert_eq!(audit.counted().count(), 0);
    assert_eq!(audit.stale, Some(0));

    // A second of the same kind is new.
    let twice = format!("{ENV}{}", ENV.lines().nth(1).unwrap());
    let second = {
        let mut second = detection(ENV, "disable");
        let at = twice.rfind("disable").unwrap();
        second.span = Some(at..at + 7);
        second
    };
    audit.files = vec![fixture::report(
        &twice,
        vec![detection(&twice, "disable"), second],
    )];
    baseline.apply(&mut audit);
    assert_eq!(audit.counted().count(), 1);

    audit.files.clear();
    baseline.apply(&mut audit);
    assert_eq!(audit.stale, Some(1));
}
