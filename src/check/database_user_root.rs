//! Judges whether a file declares it: application connects as root.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;

pub(super) static CHECK: Check = Check {
    id: "database-user-root",
    title: "application connects as root",
    severity: Severity::Low,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &["CWE-250"],
    docs: r"
## What it looks for

Connection strings that name `root` or `postgres` as the application's user, on hosts other than this machine.

## Why it matters

Whoever takes over the application takes over the database.

## How to fix it

- Create a user with the privileges that the application needs.

## References

- CWE-250: Execution with Unnecessary Privileges
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::connections(observation, |declaration, connection| {
        let superuser = matches!(connection.user.as_deref(), Some("root"));
        superuser.then(|| {
            let message =
                "the application logs in as `root`: a user of its own is wanted".to_owned();
            let mut detection =
                super::declared::at(declaration, connection, message).severity(Severity::Low);
            // The user is no part of the mode: no edit of the mode cures it.
            detection.fixes.clear();
            detection
        })
    })
}
