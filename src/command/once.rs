//! One pass without a screen: configuration to events, events to a snapshot, snapshot to a report and an exit code.
//!
//! `probe`, `check` and `demo --headless` all go through here, so that none of them judges in a way of its own.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::UNUSABLE;
use super::arguments::Reporting;
use super::log::Log;
use super::output::{self, Progress};
use crate::config::Config;
use crate::probe::Prober;
use crate::report::{self, Format};
use crate::scheduler;
use crate::store::{Event, Snapshot, State};

/// Probes everything that `config` names, writes the report, and returns the exit code.
///
/// The certificates of `additional_roots` are trusted beside those that each endpoint's `sslrootcert` names.
pub(super) fn run(
    config: Config,
    additional_roots: Option<&Path>,
    reporting: &Reporting,
) -> anyhow::Result<u8> {
    let mut log = Log::open(reporting.log.as_deref())?;
    log.line(concat!("verifull ", env!("CARGO_PKG_VERSION")))?;
    let events = probe(config, additional_roots)?;
    for event in &events {
        log.event(event)?;
    }
    let snapshot = judged(events);
    log.findings(&snapshot)?;
    let style = output::style(reporting.format, reporting.color);
    output::write(&report::render(&snapshot, reporting.format, style))?;
    let code = exit_code(&snapshot, reporting);
    log.line(&format!("exit code {code}"))?;
    Ok(code)
}

/// Returns the exit code. Code scanning judges results itself, so SARIF leaves with 0 on findings unless `--fail-on` is given.
fn exit_code(snapshot: &Snapshot, reporting: &Reporting) -> u8 {
    match (reporting.format, reporting.fail_on) {
        (Format::Sarif, None) if report::unknown(snapshot).is_empty() => 0,
        (Format::Sarif, None) => UNUSABLE,
        _ => report::exit_code(snapshot, reporting.fail_on),
    }
}

/// Probes, once.
fn probe(config: Config, additional_roots: Option<&Path>) -> anyhow::Result<Vec<Event>> {
    // The work is waiting: one thread is enough for hundreds of connections.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let roots = additional_roots.map(Path::to_owned);
    let prober = Arc::new(Prober::new(config.limits).trusting_also(roots));
    let config = Arc::new(config);
    let progress = Progress::start(config.endpoints.len());
    Ok(
        runtime.block_on(scheduler::once_with(&config, &prober, |done, total| {
            progress.update(done, total);
        })),
    )
}

/// Judges what happened.
fn judged(events: Vec<Event>) -> Arc<Snapshot> {
    let mut state = State::default();
    for event in events {
        state.apply(event);
    }
    state.snapshot()
}
