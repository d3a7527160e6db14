//! `verifull demo`: the embedded lab, with the dashboard or a report on it.
//!
//! The lab is probed as anything else would be. It is gone when the command ends.

use anyhow::Context as _;

use super::arguments::Demo;
use super::{dashboard, once, output};
use crate::demo::Lab;

/// Runs the command and returns its exit code.
pub(super) fn run(arguments: &Demo) -> anyhow::Result<u8> {
    let lab = Lab::start().context("cannot start the lab on loopback")?;
    if arguments.headless {
        return once::run(lab.config().clone(), None, &arguments.reporting);
    }
    if let Some(reason) = super::no_screen() {
        output::say(&format!(
            "verifull: {reason}, so this is the report of `verifull demo --headless`"
        ));
        return once::run(lab.config().clone(), None, &arguments.reporting);
    }
    dashboard::run(lab.config().clone(), None)
}
