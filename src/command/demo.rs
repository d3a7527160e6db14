//! `verifull demo`: the embedded lab, with the dashboard or a report on it.
//!
//! The lab is probed as anything else would be. It is gone when the command ends, also where a signal ends it.

use anyhow::Context as _;

use super::arguments::Demo;
use super::interruptible::Interruptible;
use super::once::Pass;
use super::{dashboard, output};
use crate::demo::Lab;

/// Runs the command and returns its exit code.
pub(super) fn run(arguments: &Demo) -> anyhow::Result<u8> {
    let no_screen = if arguments.headless {
        None
    } else {
        super::no_screen()
    };
    if let Some(reason) = &no_screen {
        output::say(&format!(
            "verifull: {reason}, so this is the report of `verifull demo --headless`"
        ));
    }
    if arguments.headless || no_screen.is_some() {
        return report(arguments);
    }
    let lab = start()?;
    dashboard::run(lab.config().clone(), None)
}

/// Prints the report on the lab.
fn report(arguments: &Demo) -> anyhow::Result<u8> {
    // Before there is a folder: what a signal ends at once would leave it behind.
    let interruptible = Interruptible::listen()?;
    let lab = start()?;
    let pass = Pass::quick(lab.config().clone(), arguments.reporting.clone());
    interruptible.run(move |stop| pass.run_until(&stop))
}

fn start() -> anyhow::Result<Lab> {
    Lab::start().context("cannot start the lab on loopback")
}
