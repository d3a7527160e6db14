//! The door: one file per subcommand, and their arguments.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program with its arguments and returns its exit code.
pub fn run(_arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::SUCCESS
}
