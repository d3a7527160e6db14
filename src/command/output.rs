//! The standard streams: the report to stdout, words for people to stderr.
//!
//! stdout carries the report and nothing else. A reader that left early is no error.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where the standard streams and the terminal's variables are read and written"
)]

use std::io::{ErrorKind, IsTerminal, Write as _};

use anyhow::Context as _;

use super::arguments::Color;
use crate::report::{Detail, Format, Style};

/// Columns where neither the terminal nor `COLUMNS` says how many there are.
const DEFAULT_WIDTH: usize = 80;

/// Writes a report.
pub(super) fn write(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done.context("cannot write the report to stdout"),
    }
}

/// Says something to the user.
pub(super) fn say(text: &str) {
    // Nobody is left to be told that stderr is closed.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Returns how a report is to be written here.
pub(super) fn style(format: Format, color: Color) -> Style<'static> {
    style_of(format == Format::Text, color)
}

/// Returns how a report is to be written here, where only text has colours.
pub(super) fn style_of(is_text: bool, color: Color) -> Style<'static> {
    Style {
        color: is_text && wants_color(color),
        width: width(),
        detail: Detail::Fitting,
        policies: &[],
    }
}

/// Whether colours are wanted: as asked for, else on a terminal, unless `NO_COLOR` (no-color.org) or `TERM=dumb` says otherwise.
fn wants_color(color: Color) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            std::io::stdout().is_terminal()
                && !is_set("NO_COLOR")
                && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
        }
    }
}

/// Returns the columns of the terminal on stdout, else `COLUMNS`, else 80.
fn width() -> usize {
    let stdout = std::io::stdout();
    if stdout.is_terminal()
        && let Ok(size) = rustix::termios::tcgetwinsize(&stdout)
        && size.ws_col > 0
    {
        return usize::from(size.ws_col);
    }
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .filter(|columns| *columns > 0)
        .unwrap_or(DEFAULT_WIDTH)
}
