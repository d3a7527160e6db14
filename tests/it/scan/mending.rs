//! `--fix`, `--unsafe-fixes`, `--dry-run` and baselines, with the real checks on a real file.

use std::fs;

use serde_json::Value;

use crate::cli::program::{Program, Ran};

const DSN: &str = "# shop\nDATABASE_URL=postgres://app@db.example.com/app?sslmode=disable\n";

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

fn findings(report: &Value, check: &str) -> usize {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().filter(|it| it["check"] == check).count()
}

#[test]
fn dry_run_prints_a_diff_and_changes_nothing() {
    let program = Program::new();
    let path = program.file(".env", DSN);
    let ran = program.run(&["scan", "--unsafe-fixes", "--dry-run"]);
    assert!(
        ran.stdout.starts_with("--- a/.env\n+++ b/.env\n@@ "),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("\n-DATABASE_URL="), "{}", ran.stdout);
    assert!(ran.stdout.contains("sslmode=verify-full"), "{}", ran.stdout);
    assert_eq!(ran.code, 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), DSN);
    assert!(!program.path(".env.verifull~").exists());
}

#[test]
fn fix_is_applied_behind_a_byte_order_mark_and_what_remains_is_reported() {
    let program = Program::new();
    let before = [
        b"\xEF\xBB\xBF".as_slice(),
        DSN.replace('\n', "\r\n").as_bytes(),
    ]
    .concat();
    let path = program.file(".env", &before);
    let plain = json(&program.run(&["scan", "--format=json"]));
    assert_eq!(findings(&plain, "connection-plaintext"), 1);
    let edit = &plain["findings"][0]["remedy"]["edit"];
    assert_eq!(edit["path"], ".env");
    let change = &edit["changes"][0];
    let at = |key: &str| usize::try_from(change[key].as_u64().unwrap()).unwrap();
    assert!(before.get(at("start")..at("end")).is_some());

    let ran = program.run(&["scan", "--format=json", "--unsafe-fixes"]);
    let report = json(&ran);
    assert_eq!(findings(&report, "connection-plaintext"), 0, "{report:#}");
    assert_eq!(report["mended"][0]["backup"], ".env.verifull~");
    let after = fs::read_to_string(&path).unwrap();
    assert!(after.starts_with("\u{feff}# shop\r\n"), "{after:?}");
    assert!(
        after.contains("sslmode=verify-full") && after.ends_with("\r\n"),
        "{after:?}"
    );
    assert_eq!(fs::read(program.path(".env.verifull~")).unwrap(), before);

    // The backup is no file of the application.
    let again = json(&program.run(&["scan", "--format=json"]));
    assert_eq!(again["summary"]["looked_at"], 1);
    assert_eq!(findings(&again, "connection-plaintext"), 0);
}

#[test]
fn baseline_makes_old_findings_quiet_and_keeps_reasons() {
    let program = Program::new();
    program.file(".env", DSN);
    assert_eq!(program.run(&["scan"]).code, 1);
    let written = program.run(&["scan", "--write-baseline=base.json"]);
    assert_eq!(
        (written.code, written.stdout.as_str()),
        (0, ""),
        "{written:?}"
    );
    assert_eq!(program.run(&["scan", "--baseline=base.json"]).code, 0);

    program.file(
        ".env",
        format!("# more\n\n{DSN}OTHER=postgres://b.example.com/?sslmode=allow\n"),
    );
    let ran = program.run(&["scan", "--baseline=base.json", "--format=json"]);
    let report = json(&ran);
    let counted = report["findings"].as_array().unwrap().iter();
    let lines: Vec<_> = counted
        .filter(|it| it["suppressed"].is_null())
        .map(|it| it["location"]["line"].as_u64().unwrap())
        .collect();
    assert!(
        !lines.is_empty() && lines.iter().all(|line| *line == 5),
        "{report:#}"
    );
    assert_eq!(
        (ran.code, &report["summary"]["stale_baseline_entries"]),
        (1, &Value::from(0))
    );

    // Reasons that somebody wrote into the file stay when it is written again.
    let text = fs::read_to_string(program.path("base.json")).unwrap();
    let text = text.replacen(
        "\"fingerprint\"",
        "\"reason\": \"moves in May\", \"fingerprint\"",
        1,
    );
    program.file("base.json", text);
    program.run(&["scan", "--write-baseline=base.json"]);
    let text = fs::read_to_string(program.path("base.json")).unwrap();
    assert!(text.contains("moves in May"), "{text}");
}

#[test]
fn rules_of_the_configuration_turn_checks_off_and_cap_severities() {
    let program = Program::new();
    fs::create_dir(program.path("legacy")).unwrap();
    program.file("legacy/.env", DSN);
    program.file(
        "verifull.toml",
        "[[files.rule]]\nglob = 'legacy/**'\ncap = 'info'\n",
    );
    let ran = program.run(&["scan", "--format=json"]);
    let report = json(&ran);
    assert!(!report["findings"].as_array().unwrap().is_empty());
    assert_eq!(ran.code, 0, "{report:#}");
    program.file(
        "verifull.toml",
        "[[files.rule]]\nglob = '**'\noff = ['connection-plaintext']\nrole = 'test'\n",
    );
    let report = json(&program.run(&["scan", "--format=json"]));
    assert_eq!(findings(&report, "connection-plaintext"), 0);
    assert_eq!(report["files"][0]["role"], "test");
}

#[test]
fn comment_with_a_reason_accepts_a_finding_and_one_without_does_not() {
    let program = Program::new();
    let line = "DATABASE_URL=postgres://app@db.example.com/app?sslmode=disable\n";
    let with = |comment: &str| {
        program.file(".env", format!("{comment}\n{line}"));
        json(&program.run(&["scan", "--format=json"]))
    };
    let report = with("# verifull: allow(connection-plaintext) goes in May");
    let accepted = report["findings"].as_array().unwrap().iter();
    let accepted: Vec<_> = accepted
        .filter(|it| it["check"] == "connection-plaintext")
        .map(|it| (&it["suppressed"]["by"], &it["suppressed"]["reason"]))
        .collect();
    assert_eq!(
        accepted,
        [(&Value::from("in_source"), &Value::from("goes in May"))]
    );
    assert_eq!(findings(&report, "silence-unused"), 0);

    let report = with("# verifull: allow(connection-plaintext)");
    assert_eq!(findings(&report, "silence-without-reason"), 1, "{report:#}");
    assert_eq!(
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| !it["suppressed"].is_null())
            .count(),
        0
    );

    let report = with("# verifull: allow(connection-unverified) not here");
    assert_eq!(findings(&report, "silence-unused"), 1, "{report:#}");
    assert_eq!(findings(&report, "connection-plaintext"), 1);
}
