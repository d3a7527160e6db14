//! The laws of the register: what holds for every check, whoever writes the next one.
//!
//! A fixture is one TOML file: the base observation it starts from, what differs, and what every check must say of it.
//! `VERIFULL_REWRITE=1 cargo nextest run check_laws` writes the expectations and `docs/checks.md` anew, to be read in the diff.

mod declared;
mod fixture;
mod generated;

use std::collections::BTreeSet;
use std::path::Path;

use verifull::check::{self, Category, Check, Evaluate, REGISTER, Verdict};
use verifull::observation::Attempt;
use verifull::observation::file::FileObservation;

use declared::Snippet;
use fixture::{Case, Fixture, is_rewriting};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn ids_are_unique_and_kebab_case() {
    let mut seen = BTreeSet::new();
    for check in REGISTER {
        assert!(seen.insert(check.id), "`{}` occurs twice", check.id);
        let well_formed = check.id.split('-').all(|word| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit())
        });
        assert!(well_formed, "`{}` is not kebab-case", check.id);
    }
}

#[test]
fn every_check_file_is_registered() {
    let files: BTreeSet<String> = std::fs::read_dir(root().join("src/check"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        // What several checks ask of a scan, or of a file: no checks of their own.
        .filter(|file| !["scanned.rs", "declared.rs", "filed.rs"].contains(&file.as_str()))
        .collect();
    let registered: BTreeSet<String> = REGISTER
        .iter()
        .map(|check| format!("{}.rs", check.id.replace('-', "_")))
        .collect();
    assert_eq!(files, registered);
}

#[test]
fn ids_name_the_problem() {
    for check in REGISTER {
        for prefix in ["no-", "use-", "enable-", "require-", "disallow-"] {
            assert!(
                !check.id.starts_with(prefix),
                "`{}` names the cure, not the problem",
                check.id
            );
        }
        assert_sentence_fragment(check.id, check.title);
    }
}

#[test]
fn docs_have_four_headings_and_every_reference() {
    for check in REGISTER {
        let headings: Vec<&str> = check
            .docs
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        assert_eq!(
            headings,
            [
                "What it looks for",
                "Why it matters",
                "How to fix it",
                "References"
            ],
            "{}",
            check.id
        );
        let (_, listed) = check.docs.split_once("## References").unwrap();
        for reference in check.references {
            assert!(
                listed.contains(&format!("- {reference}:")),
                "{}: {reference} is not in the docs",
                check.id
            );
        }
        assert!(
            check.references[0].starts_with("CWE-"),
            "{}: CWE comes first",
            check.id
        );
    }
}

#[test]
fn checks_of_files_name_every_class_and_weakness_that_they_answer_to() {
    let of_files = || {
        REGISTER
            .iter()
            .filter(|check| matches!(check.evaluate, Evaluate::File(_)))
    };
    let classes: BTreeSet<&str> = of_files().filter_map(|check| check.class).collect();
    let wanted = [
        "cert-verify-off",
        "db-no-ca",
        "db-no-verify",
        "db-plaintext",
        "db-sslmode-missing",
        "db-verify-ca",
        "hardcoded-key",
        "hardcoded-password",
        "insecure-server",
        "secret-logged",
        "weak-tls",
    ];
    assert_eq!(classes, BTreeSet::from(wanted));
    for weakness in [
        "CWE-319", "CWE-295", "CWE-326", "CWE-327", "CWE-328", "CWE-330", "CWE-338", "CWE-693",
        "CWE-757", "CWE-261", "CWE-297", "CWE-321", "CWE-532", "CWE-798", "CWE-1188",
    ] {
        assert!(
            of_files().any(|check| check.references.contains(&weakness)),
            "no check of files answers to {weakness}"
        );
    }
    for check in REGISTER {
        assert!(
            check.class.is_none() || matches!(check.evaluate, Evaluate::File(_)),
            "{}: only checks of files have a class",
            check.id
        );
    }
}

#[test]
fn file_that_was_not_read_passes_no_check() {
    let unread = FileObservation {
        path: ".env".into(),
        sha256: None,
        reading: Attempt::Refused("permission denied".to_owned()),
    };
    for (check, verdict) in check::assess_file(&unread) {
        // Whether a comment silences nothing is asked of the findings, not of the file.
        if check.id == "silence-unused" {
            continue;
        }
        assert!(
            matches!(&verdict, Verdict::Open(reason) if reason.contains("permission denied")),
            "{}: {verdict:?}",
            check.id
        );
    }
}

#[test]
fn every_check_has_fixtures_for_each_outcome() {
    let fixtures = Fixture::all();
    let snippets = Snippet::all();
    for check in REGISTER {
        if matches!(check.evaluate, Evaluate::File(_)) {
            // A comment that accepts nothing is told by the audit, which knows every finding.
            if check.id == "silence-unused" {
                continue;
            }
            let has = |fires| {
                snippets
                    .iter()
                    .any(|it| it.check == check.id && it.fires == fires)
            };
            assert!(has(true), "{}: no file fires", check.id);
            assert!(has(false), "{}: no file is quiet", check.id);
            continue;
        }
        let has = |case: Case| {
            fixtures
                .iter()
                .any(|fixture| fixture.check.id == check.id && fixture.case == case)
        };
        assert!(has(Case::Fires), "{}: no fixture fires", check.id);
        assert!(has(Case::Quiet), "{}: no fixture is quiet", check.id);
        // What the owner intends is in the configuration, and a configuration that cannot be read never gets this far.
        if decides_by_observation(check) {
            assert!(has(Case::Open), "{}: no fixture is open", check.id);
        }
    }
}

#[test]
fn files_are_judged_as_they_say() {
    let wrong: Vec<_> = Snippet::all()
        .iter()
        .filter_map(|snippet| snippet.holds().err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a check looks at what a peer did, which may have gone unseen.
fn decides_by_observation(check: &Check) -> bool {
    match check.evaluate {
        Evaluate::Endpoint(_) => check.id != "sslmode-below-verify-full",
        Evaluate::CertificateFile(_) => true,
        Evaluate::File(_) | Evaluate::Configuration(_) => false,
    }
}

#[test]
fn thresholds_have_fixtures_on_both_sides() {
    assert_both_sides(&[
        (
            "certificate-expired",
            "one_second_late",
            "on_the_last_second",
        ),
        (
            "certificate-not-yet-valid",
            "one_second_early",
            "on_the_first_second",
        ),
        (
            "certificate-expires-soon",
            "as_the_warning_part_begins",
            "one_second_before_the_warning_part",
        ),
        ("rsa-key-too-short", "at_2047_bits", "at_2048_bits"),
        ("elliptic-curve-unsuitable", "below_256_bits", "at_256_bits"),
        (
            "certificate-lifetime-too-long",
            "one_second_over_200_days",
            "at_200_days",
        ),
        (
            "client-certificate-expires-soon",
            "as_the_warning_part_begins",
            "one_second_before_the_warning_part",
        ),
        (
            "client-certificate-unfit",
            "one_second_late",
            "on_the_last_second",
        ),
        ("hsts-too-short", "one_second_short", "at_half_a_year"),
        ("tls13-missing", "at_tls12", "at_tls13"),
        (
            "session-ticket-lifetime-too-long",
            "one_second_over_seven_days",
            "at_seven_days",
        ),
        (
            "session-ticket-lifetime-too-long",
            "one_second_over_a_day_in_tls12",
            "at_a_day_in_tls12",
        ),
        ("dh-parameters-weak", "at_2047_bits", "at_2048_bits"),
    ]);
}

#[test]
fn thresholds_of_certificate_files_have_fixtures_on_both_sides() {
    assert_both_sides(&[
        (
            "certificate-file-expired",
            "one_second_late",
            "on_the_last_second",
        ),
        (
            "certificate-file-not-yet-valid",
            "one_second_early",
            "on_the_first_second",
        ),
        (
            "certificate-file-expires-soon",
            "as_the_warning_part_begins",
            "one_second_before_the_warning_part",
        ),
        (
            "certificate-outlives-ca",
            "one_second_late",
            "on_the_same_second",
        ),
    ]);
}

/// Asserts that checks have a fixture that fires and one that is quiet, by these names.
fn assert_both_sides(thresholds: &[(&str, &str, &str)]) {
    let fixtures = Fixture::all();
    for (id, fires, quiet) in thresholds {
        for (case, name) in [(Case::Fires, fires), (Case::Quiet, quiet)] {
            let found = fixtures.iter().any(|fixture| {
                fixture.check.id == *id && fixture.case == case && fixture.name == *name
            });
            assert!(found, "{id}: no fixture {case:?} {name}");
        }
    }
}

#[test]
fn fixtures_are_judged_as_they_say() {
    let mut faults = Vec::new();
    for fixture in Fixture::all() {
        if is_rewriting() {
            fixture.rewrite();
        } else if let Err(fault) = fixture.holds() {
            faults.push(format!("{}: {fault}", fixture.path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn messages_are_fragments_that_name_what_is_wanted() {
    for fixture in Fixture::all() {
        for (check, detection) in fixture.detections() {
            let message = &detection.message;
            assert_sentence_fragment(check.id, message);
            // `endpoint-unreachable` tells of our sight, and there nothing can be wanted.
            if check.id != "endpoint-unreachable" {
                assert!(
                    message.contains("wanted"),
                    "{}: `{message}` does not say what is wanted",
                    check.id
                );
            }
        }
    }
}

/// Asserts what holds for every title and message: lower case, no final stop, one line.
fn assert_sentence_fragment(id: &str, text: &str) {
    let first = text.chars().next().unwrap_or_default();
    let is_name = text.starts_with("TLS ")
        || text.starts_with("TCP ")
        || text.starts_with("RSA ")
        || text.starts_with("EC ")
        || text.starts_with("CA ")
        || text.starts_with("HSTS ");
    assert!(
        first.is_lowercase() || is_name,
        "{id}: `{text}` does not begin in lower case"
    );
    assert!(!text.ends_with('.'), "{id}: `{text}` ends in a full stop");
    assert!(!text.contains('\n'), "{id}: `{text}` has several lines");
}

#[test]
fn every_remedy_has_a_snippet() {
    for fixture in Fixture::all() {
        for (check, detection) in fixture.detections() {
            if let Some(remedy) = &detection.remedy {
                let snippets = verifull::remediation::render(remedy);
                assert!(
                    !snippets.is_empty(),
                    "{}: no dialect knows {remedy:?}",
                    check.id
                );
                assert!(snippets.iter().all(|snippet| !snippet.text.is_empty()));
            }
        }
    }
}

#[test]
fn finding_on_a_certificate_is_told_by_its_fingerprint() {
    for fixture in Fixture::all() {
        let readable = fixture.has_readable_certificate();
        for (check, detection) in fixture.detections() {
            if readable && check.category == Category::Certificate {
                assert!(
                    !detection.discriminator.is_empty(),
                    "{}: a renewed certificate would inherit the old one's history",
                    check.id
                );
            }
        }
    }
}

#[test]
fn reference_page_equals_the_register() {
    let path = root().join("docs/checks.md");
    let wanted = check::reference();
    if is_rewriting() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == wanted,
        "docs/checks.md is not what the register says; VERIFULL_REWRITE=1 writes it anew"
    );
}

#[test]
fn explanation_of_each_check_has_its_id_and_docs() {
    for check in REGISTER {
        let page = check::explain(check);
        assert!(page.starts_with(&format!("# {}\n", check.id)));
        assert!(page.contains("\n## How to fix it\n"), "{}", check.id);
    }
}
