//! `verifull check`: everything that the configuration names, once. For the person on call, and for cron.
//!
//! It is the dashboard's pipeline with one pass; it judges nothing itself.

use std::path::Path;

use super::arguments::{Check, Color, Reporting};
use super::configuration;
use super::failure::advised;
use super::once::Pass;
use crate::config::Config;
use crate::probe::Depth;
use crate::report::Format;

/// Runs the command and returns its exit code.
pub(super) fn run(arguments: &Check) -> anyhow::Result<u8> {
    let common = &arguments.common;
    let path = configuration::find(common.config.as_deref())?;
    let mut config = configuration::load(&path)?;
    choose(&mut config, &arguments.endpoints)?;
    configuration::override_dialling(&mut config, &common.dialling);
    configuration::override_scanning(&mut config, &arguments.scanning);
    let pass = Pass {
        additional_roots: common.dialling.ca.clone(),
        depth: depth(arguments),
        policies: arguments.scanning.policy.clone(),
        ..Pass::quick(config, common.reporting.clone())
    };
    pass.run()
}

/// Prints the text report of a configuration, in place of a dashboard.
pub(super) fn report(path: &Path) -> anyhow::Result<u8> {
    let config = configuration::load(path)?;
    let reporting = Reporting {
        format: Format::Text,
        fail_on: None,
        color: Color::Auto,
        log: None,
    };
    Pass::quick(config, reporting).run()
}

/// Returns how deep to look. What the configuration plans for scans is the dashboard's: it remembers when it last made one. A
/// check remembers nothing, and cron may run it every minute.
fn depth(arguments: &Check) -> Option<Depth> {
    if arguments.deep {
        Some(Depth::Deep)
    } else if arguments.posture {
        Some(Depth::Posture)
    } else {
        None
    }
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
    // Whoever asks for one endpoint asks for no file.
    config.watch.clear();
    config
        .endpoints
        .retain(|endpoint| names.iter().any(|name| **name == *endpoint.name));
    Ok(())
}
