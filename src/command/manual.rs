//! `verifull completions` and `verifull man`: made from the arguments themselves, so they cannot be out of date.
//!
//! Both print to stdout and install nothing.

use anyhow::Context as _;
use clap::CommandFactory as _;

use super::arguments::{Arguments, Completions, Man};
use super::failure::advised;
use super::output;

/// Prints a completion script.
pub(super) fn completions(arguments: &Completions) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "verifull",
        &mut script,
    );
    output::write(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

/// Prints a manual page, of the whole program or of one command.
pub(super) fn page(arguments: &Man) -> anyhow::Result<u8> {
    let mut command = Arguments::command();
    command.build();
    if let Some(name) = &arguments.command {
        let names: Vec<&str> = command
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect();
        let names = names.join(", ");
        let found = command.find_subcommand(name).cloned();
        command = found.ok_or_else(|| {
            advised(
                format!("there is no command `{}`", super::probe::safe(name)),
                format!("the commands are: {names}"),
            )
        })?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .context("cannot render the manual page")?;
    output::write(&String::from_utf8_lossy(&page))?;
    Ok(0)
}
