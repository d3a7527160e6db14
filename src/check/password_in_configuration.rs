//! Judges whether a password stands in verifull's own configuration.

use super::{Category, Check, Evaluate, Verdict};
use crate::config::Config;
use crate::finding::{Detection, Location, Severity};
use crate::remediation::{Remedy, SecretPlace};
use crate::text::printable;

pub(super) static CHECK: Check = Check {
    id: "password-in-configuration",
    title: "password in verifull's configuration",
    severity: Severity::High,
    category: Category::Operation,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-260",
        "OWASP-A07:2021",
        "PCI DSS 4.0.1 requirement 8.6.2",
    ],
    docs: r"
## What it looks for

Passwords in targets and in keys of the configuration file. The password is dropped when the file is read;
only its line and column are kept.

## Why it matters

Configuration files are read by colleagues, copied into tickets, kept in version control and in backups for
years. We need no password at all: a probe ends before login.

## How to fix it

- Delete it from the target. Where a value has to be secret, write `${VAR}` or the `*_file` form of the key,
  with a file that only you can read.
- Change the password: it stays in the file's history.

## References

- CWE-260: Password in Configuration File
- OWASP-A07:2021: Identification and Authentication Failures
- PCI DSS 4.0.1 requirement 8.6.2: no passwords in configuration files
",
    evaluate: Evaluate::Configuration(evaluate),
};

fn evaluate(config: &Config) -> Verdict {
    if config.secrets.is_empty() {
        return Verdict::Pass;
    }
    Verdict::Fail(
        config
            .secrets
            .iter()
            .map(|place| {
                Detection::new(format!(
                    "a password stands in `{}`, line {}, column {}: `${{VAR}}` or none is wanted",
                    place.key, place.line, place.column
                ))
                .discriminator(&place.key)
                .location(Location {
                    path: printable(&config.path.to_string_lossy()),
                    line: place.line,
                    column: place.column,
                })
                .remedy(Remedy::MoveSecret(SecretPlace {
                    path: printable(&config.path.to_string_lossy()),
                    line: place.line,
                    key: place.key.clone(),
                }))
            })
            .collect(),
    )
}
