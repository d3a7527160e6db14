//! Judges whether a file declares it: secret goes to a log.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, Sink};

pub(super) static CHECK: Check = Check {
    id: "secret-logged",
    title: "secret goes to a log",
    severity: Severity::High,
    category: Category::Authentication,
    class: Some("secret-logged"),
    since: "0.1.0",
    references: &[
        "CWE-532",
        "OWASP-A09:2021",
        "PCI DSS 4.0.1 requirement 8.3.2",
    ],
    docs: r"
## What it looks for

Connection strings, passwords and settings with passwords that are printed or logged. What masks them stops it.

## Why it matters

Logs are read by more people, kept longer and shipped further than the configuration.

## How to fix it

- Log host and database alone, or `url.render_as_string(hide_password=True)`.

## References

- CWE-532: Insertion of Sensitive Information into Log File
- OWASP-A09:2021: Security Logging and Monitoring Failures
- PCI DSS 4.0.1 requirement 8.3.2: authentication factors are unreadable in transmission
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Disclosure(disclosure) = &declaration.kind else {
            return None;
        };
        let (goes, severity) = match disclosure.sink {
            Sink::Log => ("goes to a log", Severity::High),
            Sink::ErrorAnswer => ("goes into an error answer", Severity::Medium),
            // Judged by `statements-echoed`.
            Sink::Echo => return None,
            Sink::Cookie => ("goes into a cookie", Severity::High),
            Sink::QueryString => ("goes into a query string", Severity::High),
        };
        let message = format!(
            "`{}` {goes}: host and database alone are wanted there",
            disclosure.what
        );
        Some(scene.detect(declaration, message, severity, None))
    })
}
