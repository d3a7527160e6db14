//! The door's handle: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    verifull::command::run(std::env::args_os())
}
