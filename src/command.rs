//! The door: one file per subcommand, and their arguments.
//!
//! Arguments in, bytes on stdout, words for people on stderr, exit code out. It judges nothing: the headless commands are the
//! dashboard's own pipeline with one pass and no screen.
#![expect(
    clippy::disallowed_methods,
    reason = "the door reads the environment and knows whether it speaks to a terminal"
)]

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser as _;

mod application_files;
mod arguments;
mod check;
mod configuration;
mod dashboard;
mod demo;
mod explain;
mod failure;
mod init;
mod interruptible;
mod known;
mod log;
mod manual;
mod once;
mod output;
mod probe;
mod progress;
mod scan;

use arguments::{Arguments, Command};

/// Exit code for a usage or configuration error: "unknown" in the sense of monitoring plugins.
const UNUSABLE: u8 = 3;

/// Runs the program with its arguments and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let parsed = match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => return ExitCode::from(failure::usage(&error, &arguments)),
    };
    // In CI's meaning 1 is for findings and 2 for what cannot be used.
    let unusable = match parsed.command {
        Some(Command::Scan(_)) => failure::UNUSABLE_SCAN,
        _ => UNUSABLE,
    };
    let done = match parsed.command {
        None => dashboard_or_report(&parsed.dashboard),
        Some(Command::Probe(arguments)) => probe::run(&arguments),
        Some(Command::Check(arguments)) => check::run(&arguments),
        Some(Command::Scan(arguments)) => scan::run(&arguments),
        Some(Command::Init(arguments)) => init::run(&arguments),
        Some(Command::Explain(arguments)) => explain::run(&arguments),
        Some(Command::Demo(arguments)) => demo::run(&arguments),
        Some(Command::Completions(arguments)) => manual::completions(&arguments),
        Some(Command::Man(arguments)) => manual::page(&arguments),
    };
    ExitCode::from(done.unwrap_or_else(|error| {
        failure::print(&error);
        unusable
    }))
}

/// Opens the dashboard where it can be drawn, and prints a report where it cannot.
fn dashboard_or_report(arguments: &arguments::Dashboard) -> anyhow::Result<u8> {
    let path = configuration::find(arguments.config.as_deref())?;
    let Some(reason) = no_screen() else {
        return dashboard::run(configuration::load(&path)?, Some(&path));
    };
    output::say(&format!(
        "verifull: {reason}, so this is the report of `verifull check`"
    ));
    check::report(&path)
}

/// Says why the dashboard cannot be drawn here; `None` where it can.
fn no_screen() -> Option<&'static str> {
    if !std::io::stdout().is_terminal() {
        Some("stdout is not a terminal")
    } else if std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb") {
        Some("this terminal cannot be drawn on (TERM is `dumb` or not set)")
    } else {
        None
    }
}
