//! `verifull check`: everything that the configuration names, once. For the person on call, and for cron.
//!
//! It is the dashboard's pipeline with one pass; it judges nothing itself.

use std::path::Path;

use super::arguments::{Check, Color, Reporting};
use super::failure::advised;
use super::{configuration, once};
use crate::config::Config;
use crate::report::Format;

/// Runs the command and returns its exit code.
pub(super) fn run(arguments: &Check) -> anyhow::Result<u8> {
    let common = &arguments.common;
    let path = configuration::find(common.config.as_deref())?;
    let mut config = configuration::load(&path)?;
    choose(&mut config, &arguments.endpoints)?;
    configuration::override_dialling(&mut config, &common.dialling);
    once::run(config, common.dialling.ca.as_deref(), &common.reporting)
}

/// Prints the text report of a configuration, in place of a dashboard.
pub(super) fn report(path: &Path) -> anyhow::Result<u8> {
    let config = configuration::load(path)?;
    once::run(
        config,
        None,
        &Reporting {
            format: Format::Text,
            fail_on: None,
            color: Color::Auto,
            log: None,
        },
    )
}

/// Keeps the endpoints with these names; all where there are none.
fn choose(config: &mut Config, names: &[String]) -> anyhow::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let is_known = |name: &String| {
        config
            .endpoints
            .iter()
            .any(|endpoint| *endpoint.name == **name)
    };
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        let known: Vec<&str> = config
            .endpoints
            .iter()
            .map(|endpoint| &*endpoint.name)
            .collect();
        return Err(advised(
            format!(
                "the configuration has no endpoint `{}`",
                super::probe::safe(unknown)
            ),
            format!("it has: {}", known.join(", ")),
        ));
    }
    config
        .endpoints
        .retain(|endpoint| names.iter().any(|name| **name == *endpoint.name));
    Ok(())
}
