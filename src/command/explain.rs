//! `verifull explain`: the register of checks, one check's page, or the score's formula.
//!
//! It prints what the register and the score say of themselves and has no words of its own about any check.

use std::fmt::Write as _;

use super::arguments::Explain;
use super::failure::advised;
use super::output;
use crate::check::{self, Category, REGISTER};
use crate::score;

/// Runs the command and returns its exit code.
pub(super) fn run(arguments: &Explain) -> anyhow::Result<u8> {
    let text = match &arguments.check {
        id if arguments.format == "json" => json(id.as_deref())?,
        _ if arguments.scoring => score::explain(),
        Some(id) => page(id)?,
        None => list(),
    };
    output::write(&text)?;
    Ok(0)
}

/// Returns the register, or one check of it, as JSON.
fn json(id: Option<&str>) -> anyhow::Result<String> {
    let entry = |check: &check::Check| {
        serde_json::json!({
            "id": check.id,
            "title": check.title,
            "severity": check.severity.as_str(),
            "category": check.category.as_str(),
            "class": check.class,
            "since": check.since,
            "cwe": check.references.iter().filter(|it| it.starts_with("CWE-")).collect::<Vec<_>>(),
            "references": check.references,
        })
    };
    let checks: Vec<_> = match id {
        Some(id) => vec![entry(known(id)?)],
        None => REGISTER.iter().map(|check| entry(check)).collect(),
    };
    let document = serde_json::json!({ "schema_version": 1, "checks": checks });
    Ok(format!("{document:#}\n"))
}

/// Returns one check's page.
fn page(id: &str) -> anyhow::Result<String> {
    Ok(check::explain(known(id)?))
}

/// Finds a check, or says which one was meant.
fn known(id: &str) -> anyhow::Result<&'static check::Check> {
    check::find(id).ok_or_else(|| {
        let hint = match likeliest(id) {
            Some(likely) => format!("did you mean `{likely}`? `verifull explain` lists them all"),
            None => "`verifull explain` lists them all".to_owned(),
        };
        advised(
            format!("there is no check `{}`", super::probe::safe(id)),
            hint,
        )
    })
}

/// Lists every check, by category.
fn list() -> String {
    let longest = REGISTER
        .iter()
        .map(|check| check.id.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for category in Category::ALL {
        let mut checks = REGISTER
            .iter()
            .filter(|check| check.category == category)
            .peekable();
        if checks.peek().is_none() {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", category.as_str());
        for check in checks {
            let _ = writeln!(
                text,
                "  {:<longest$}  {:<8}  {}",
                check.id, check.severity, check.title
            );
        }
        text.push('\n');
    }
    text.push_str("`verifull explain CHECK` prints a check's page, `verifull explain --scoring` how they make a score\n");
    text
}

/// Fewest letters that a mistyped id must share with the beginning of a right one.
const SHARED: usize = 4;

/// Returns the check whose id begins most like `id`.
fn likeliest(id: &str) -> Option<&'static str> {
    let shared = |known: &str| {
        known
            .chars()
            .zip(id.chars())
            .take_while(|(a, b)| a == b)
            .count()
    };
    // Of two that share as much, the one that is as long.
    let best = REGISTER.iter().max_by_key(|check| {
        (
            shared(check.id),
            std::cmp::Reverse(check.id.len().abs_diff(id.len())),
        )
    })?;
    (shared(best.id) >= SHARED).then_some(best.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_id_finds_its_neighbour() {
        assert_eq!(likeliest("certificate-expird"), Some("certificate-expired"));
        assert_eq!(likeliest("zzz"), None);
    }

    #[test]
    fn list_names_every_check_once() {
        let list = list();
        for check in REGISTER {
            assert_eq!(
                list.matches(&format!("  {} ", check.id)).count(),
                1,
                "{}",
                check.id
            );
        }
    }
}
