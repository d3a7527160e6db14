//! Errors on their way to stderr: a title, the chain of causes, and what to do.
//!
//! It never shows a password, also not one that stands in a mistyped argument.
use std::ffi::OsString;
use std::fmt::Write as _;

use crate::libpq::conninfo::password_spans;
use crate::text::printable;

use super::{UNUSABLE, output};

/// Exit code for a usage or configuration error of a scan.
pub(super) const UNUSABLE_SCAN: u8 = 2;

/// An error that comes with advice.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Advised {
    message: String,
    hint: String,
}

/// Returns an error that says what happened and what to do.
pub(super) fn advised(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    Advised {
        message: message.into(),
        hint: hint.into(),
    }
    .into()
}

/// Prints an error.
pub(super) fn print(error: &anyhow::Error) {
    output::say(&written(error));
}

/// Writes an error: title, causes, hints.
fn written(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for (depth, cause) in error.chain().enumerate() {
        let label = if depth == 0 { "error" } else { "  because" };
        for (number, line) in cause.to_string().lines().enumerate() {
            let lead = if number == 0 {
                format!("{label}: ")
            } else {
                "  ".to_owned()
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{lead}{}", printable(line));
        }
    }
    for cause in error.chain() {
        if let Some(advised) = cause.downcast_ref::<Advised>() {
            for (number, line) in advised.hint.lines().enumerate() {
                let lead = if number == 0 { "hint: " } else { "      " };
                let line = format!("{lead}{}", printable(line));
                let _ = writeln!(text, "{}", line.trim_end());
            }
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// Prints what clap says of the arguments and returns the exit code: 0 for help and version, 3 for an error, 2 for one of a scan.
pub(super) fn usage(error: &clap::Error, arguments: &[OsString]) -> u8 {
    if !error.use_stderr() {
        // A reader that left early, as `head` does, is no error.
        let _ = error.print();
        return 0;
    }
    let text = error.to_string();
    let clean = printable_lines(&without_passwords(&text, arguments));
    // clap takes escape sequences out of the text, and not out of what it prints itself.
    let is_plain = arguments.iter().all(|argument| {
        let argument = argument.to_string_lossy();
        printable(&argument) == argument
    });
    if clean == text && is_plain {
        // With its colours, where stderr has them.
        let _ = error.print();
    } else {
        output::say(clean.trim_end());
    }
    if arguments.get(1).is_some_and(|command| command == "scan") {
        UNUSABLE_SCAN
    } else {
        UNUSABLE
    }
}

/// Makes each line printable: clap repeats an argument as it is, and a terminal would act on it.
fn printable_lines(text: &str) -> String {
    text.split('\n')
        .map(printable)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Blots out every password of `arguments` in a text that may repeat them.
fn without_passwords(text: &str, arguments: &[OsString]) -> String {
    let mut clean = text.to_owned();
    for argument in arguments {
        let argument = argument.to_string_lossy();
        let spans = password_spans(&argument);
        if spans.is_empty() {
            continue;
        }
        let mut blotted = String::new();
        let mut end = 0;
        for span in spans {
            blotted.push_str(&argument[end..span.start]);
            blotted.push('…');
            end = span.end;
            let password = &argument[span];
            // clap may quote a part of the argument, such as the value behind `--option=`.
            clean = clean
                .replace(&format!(":{password}@"), ":…@")
                .replace(&format!("={password}"), "=…");
        }
        blotted.push_str(&argument[end..]);
        clean = clean.replace(&*argument, &blotted);
    }
    clean
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn error_has_title_causes_and_hint() {
        let error = Err::<(), _>(advised("`x` is not there", "make it\nor name another"))
            .context("cannot read the configuration")
            .unwrap_err();
        assert_eq!(
            written(&error),
            "error: cannot read the configuration\n  because: `x` is not there\nhint: make it\n      or name another"
        );
    }

    #[test]
    fn usage_error_is_printable_line_by_line() {
        assert_eq!(
            printable_lines("error: 'a\u{202e}\u{7}b'\n\nUsage: verifull"),
            "error: 'a\u{fffd}\u{fffd}b'\n\nUsage: verifull"
        );
    }

    #[test]
    fn usage_error_does_not_repeat_a_password() {
        for argument in [
            "postgresql://u:hunter2@db/x",
            "--format=postgresql://u:hunter2@db/x",
            "host=db password=hunter2",
            "postgresql://db/?password=hunter2",
        ] {
            let text = format!("error: unrecognized subcommand '{argument}'");
            let clean = without_passwords(&text, &[argument.into()]);
            assert!(!clean.contains("hunter2"), "{clean}");
        }
        let part = without_passwords(
            "invalid value 'postgresql://u:hunter2@db'",
            &["--format=postgresql://u:hunter2@db".into()],
        );
        assert!(!part.contains("hunter2"), "{part}");
    }
}
