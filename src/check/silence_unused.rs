//! Names what accepts a finding that is not there. Who knows all findings of a file raises it: `audit`.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;

pub(super) static CHECK: Check = Check {
    id: "silence-unused",
    title: "comment that accepts nothing",
    severity: Severity::Info,
    category: Category::Operation,
    class: None,
    since: "0.1.0",
    references: &["CWE-1164"],
    docs: r"
## What it looks for

Comments such as `verifull: allow(connection-plaintext) …` where there is no such finding on the line or the next, or no such check.

## Why it matters

The comment outlived what it excused. It would hide the next finding of its kind without anybody having decided that.

## How to fix it

- Remove the comment, or correct the check's id: `verifull explain` lists them.

## References

- CWE-1164: irrelevant code
",
    // What a comment accepts is known when every other check has spoken.
    evaluate: Evaluate::File(|_| Verdict::NotApplicable),
};
