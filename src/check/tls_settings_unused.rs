//! Judges whether a file declares it: TLS settings that never reach the connection.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::DeclarationKind;

pub(super) static CHECK: Check = Check {
    id: "tls-settings-unused",
    title: "settings of TLS that never reach the connection",
    severity: Severity::Medium,
    category: Category::Transport,
    class: None,
    since: "0.1.0",
    references: &["CWE-295", "CWE-693"],
    docs: r"
## What it looks for

Contexts and options that are made and not used, or overruled by a later setting.

## Why it matters

The code looks as if it verified.

## How to fix it

- Hand the setting to the call that connects.

## References

- CWE-295: Improper Certificate Validation
- CWE-693: Protection Mechanism Failure
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Unused { setting, why } = &declaration.kind else {
            return None;
        };
        let message = format!("`{setting}` does not count: {why}, and its use is wanted");
        Some(scene.detect(declaration, message, Severity::Medium, None))
    })
}
