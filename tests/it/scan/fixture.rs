//! An audit of a small tree, with verdicts made by hand: what checks find is their own tests' matter.

use std::sync::Arc;

use verifull::audit::{self, Audit, Baseline, Rule};
use verifull::check::{self, Verdict};
use verifull::finding::{Confidence, Detection, Severity};
use verifull::observation::file::FileObservation;
use verifull::observation::{Attempt, Failure, FailureKind};
use verifull::source::declaration::{Edit, Fix};
use verifull::source::fact::Understanding;
use verifull::source::lines::Lines;
use verifull::source::silence::Silence;
use verifull::source::{FileReading, Format, Role};

const CHECK: &str = "sslmode-below-verify-full";
const OTHER: &str = "password-in-configuration";

pub(super) const ENV: &str = "\
# the shop's database\n\
DATABASE_URL=postgres://app:hunter2@db.example.com/app?sslmode=disable\n\
LEGACY=postgres://old:hunter2@old.example.com/app?sslmode=require\n";

/// Returns where a text stands in another.
pub(super) fn at(text: &str, part: &str) -> std::ops::Range<usize> {
    let start = text.find(part).expect("it stands there");
    start..start + part.len()
}

pub(super) fn observation(path: &str, text: &str, silences: Vec<Silence>) -> FileObservation {
    let secrets: Vec<_> = text
        .match_indices("hunter2")
        .map(|(start, part)| start..start + part.len())
        .collect();
    FileObservation {
        path: path.into(),
        sha256: Some("5f".repeat(32)),
        reading: Attempt::Seen(Arc::new(FileReading {
            format: Format::Dotenv,
            role: Role::App,
            understanding: Understanding::Whole,
            declarations: Vec::new(),
            silences,
            lines: Lines::new(text, &secrets),
        })),
    }
}

pub(super) fn detection(text: &str, mode: &str) -> Detection {
    let span = at(text, mode);
    Detection::new(format!("`sslmode={mode}` is no `verify-full`"))
        .severity(Severity::High)
        .evidence(format!("sslmode={mode}"))
        .span(span.clone())
        .fixes(vec![Fix {
            title: "set sslmode=verify-full".to_owned(),
            edits: vec![Edit {
                span,
                replacement: "verify-full".to_owned(),
            }],
            is_safe: true,
        }])
}

fn fails(id: &str, detections: Vec<Detection>) -> (&'static check::Check, Verdict) {
    (check::find(id).expect("a check"), Verdict::Fail(detections))
}

pub(super) fn report(text: &str, detections: Vec<Detection>) -> audit::FileReport {
    audit::report(
        &observation(".env", text, Vec::new()),
        text,
        Ok(0),
        &Rule::default(),
        vec![fails(CHECK, detections)],
    )
}

/// Returns an audit with a finding that counts, one with less confidence, one that a comment accepts, one of the baseline, and a file that
/// could not be read.
pub(super) fn audit() -> Audit {
    let silences = vec![Silence {
        check: CHECK.to_owned(),
        reason: "the old shop goes in May".to_owned(),
        span: 0..1,
        lines: 3..=3,
    }];
    let env = audit::report(
        &observation(".env", ENV, silences),
        ENV,
        Ok(0),
        &Rule::default(),
        vec![
            fails(
                CHECK,
                vec![detection(ENV, "disable"), detection(ENV, "require")],
            ),
            fails(
                OTHER,
                vec![
                    Detection::new("a password of 7 characters stands here")
                        .severity(Severity::Medium)
                        .confidence(Confidence::Medium)
                        .span(at(ENV, "hunter2")),
                ],
            ),
        ],
    );
    let text = "x:\n\turl: postgres://db/app?sslmode=disable\n";
    let known = audit::report(
        &observation("deploy/values, old.yaml", text, Vec::new()),
        text,
        Err("the file is UTF-16"),
        &Rule::default(),
        vec![fails(CHECK, vec![detection(text, "disable")])],
    );
    let fingerprint = known.findings[0].finding.fingerprint.clone();
    let unread = audit::report(
        &FileObservation {
            path: "secret.env".into(),
            sha256: None,
            reading: Attempt::Failed(Failure {
                kind: FailureKind::Local,
                detail: "it cannot be read: Permission denied (os error 13)".to_owned(),
            }),
        },
        "",
        Ok(0),
        &Rule::default(),
        Vec::new(),
    );
    let mut audit = Audit {
        at: "2026-10-01T12:00:00Z".parse().expect("a time"),
        base: "/work/shop".to_owned(),
        files: vec![env, known, unread],
        looked_at: 41,
        passed_over: [("it is binary".to_owned(), 3)].into(),
        folders_passed_over: vec!["node_modules".to_owned()],
        troubles: vec![("closed".to_owned(), "Permission denied".to_owned())],
        stale: None,
        mended: Vec::new(),
    };
    let baseline = format!(
        r#"{{"verifull_baseline": 1, "findings": [
            {{"path": "deploy/values, old.yaml", "check": "{CHECK}", "fingerprint": "{fingerprint}", "reason": "test cluster"}},
            {{"path": "gone.py", "check": "{CHECK}", "fingerprint": "00"}}]}}"#
    );
    Baseline::parse(&baseline)
        .expect("a baseline")
        .apply(&mut audit);
    audit
}
