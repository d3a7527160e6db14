//! One pass without a screen: configuration to events, events to a snapshot, snapshot to a report and an exit code.
//!
//! `probe`, `check` and `demo --headless` all go through here, so that none of them judges in a way of its own.
#![expect(
    clippy::disallowed_methods,
    reason = "files are told with the time when they were read"
)]

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::arguments::Reporting;
use super::interruptible::Interruptible;
use super::known::Known;
use super::log::Log;
use super::progress::Progress;
use super::{UNUSABLE, application_files, configuration, output};
use crate::config::Config;
use crate::policy::Policy;
use crate::probe::{Depth, Prober, ScanOptions};
use crate::report::{self, Detail, Format, Style};
use crate::scheduler;
use crate::store::{Event, Snapshot, State};
use crate::watch::certificates;

/// One pass over everything that a configuration names.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) config: Config,
    /// A file whose certificates are trusted beside those that each endpoint's `sslrootcert` names.
    pub(super) additional_roots: Option<PathBuf>,
    /// How deep; `None` is a quick probe with the login test, where the endpoint allows it.
    pub(super) depth: Option<Depth>,
    /// How scans behave.
    pub(super) options: ScanOptions,
    /// What is known from an earlier report.
    pub(super) known: Vec<Known>,
    /// What else to hold each address against.
    pub(super) policies: Vec<Policy>,
    /// How much text tells of each endpoint.
    pub(super) detail: Detail,
    pub(super) reporting: Reporting,
}

impl Pass {
    /// Returns a pass without scans, as cron wants it.
    pub(super) fn quick(config: Config, reporting: Reporting) -> Self {
        Self {
            additional_roots: None,
            depth: None,
            options: configuration::scan_options(config.limits),
            known: Vec::new(),
            policies: Vec::new(),
            detail: Detail::Fitting,
            config,
            reporting,
        }
    }

    /// Makes the pass, writes the report, and returns the exit code; a signal that asks to leave ends it with all connections.
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let interruptible = Interruptible::listen()?;
        interruptible.run(move |stop| self.run_until(&stop))
    }

    /// Makes the pass, writes the report, and returns the exit code; once it is to stop, it writes none.
    pub(super) fn run_until(self, stop: &CancellationToken) -> anyhow::Result<u8> {
        let (reporting, policies, detail) =
            (self.reporting.clone(), self.policies.clone(), self.detail);
        let mut log = Log::open(reporting.log.as_deref())?;
        log.line(concat!("verifull ", env!("CARGO_PKG_VERSION")))?;
        let Some(events) = self.probe(stop)? else {
            log.line("interrupted")?;
            return Ok(UNUSABLE);
        };
        for event in &events {
            log.event(event)?;
        }
        let snapshot = judged(events);
        log.findings(&snapshot)?;
        let style = Style {
            detail,
            policies: &policies,
            ..output::style(reporting.format, reporting.color)
        };
        output::write(&report::render(&snapshot, reporting.format, style))?;
        let code = exit_code(&snapshot, &reporting);
        log.line(&format!("exit code {code}"))?;
        Ok(code)
    }

    /// Probes, once; `None` where it was stopped.
    fn probe(self, stop: &CancellationToken) -> anyhow::Result<Option<Vec<Event>>> {
        // The work is waiting: one thread is enough for hundreds of connections.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?;
        let prober = Prober::new(self.config.limits)
            .trusting_also(self.additional_roots)
            .with_scan_options(self.options);
        for known in self.known {
            prober.remember(&known.endpoint, known.address, known.scan);
        }
        let (config, prober) = (Arc::new(self.config), Arc::new(prober));
        // Before the probes: what is served later than a file was read is no news to it.
        let files = Event::CertificateFilesRead {
            directories: certificates::read(&config),
            at: Timestamp::now(),
        };
        let applications = application_files::look_once(&config)
            .map_err(|errors| configuration::unusable(&config.path, &errors))?;
        let progress = Progress::start(&config, self.depth);
        let told = progress.sink();
        let events = runtime.block_on(async {
            tokio::select! {
                biased;
                () = stop.cancelled() => None,
                events = scheduler::once_with(&config, &prober, self.depth, &told) => Some(events),
                () = progress.draw() => None,
            }
        });
        // A name that is being resolved cannot be cancelled, and nobody waits for it.
        runtime.shutdown_background();
        Ok(events.map(|mut events| {
            // Behind the configuration, which says when a certificate is about to expire.
            events.insert(events.len().min(1), files);
            events.extend(applications);
            events
        }))
    }
}

/// Returns the exit code. Code scanning judges results itself, so SARIF leaves with 0 on findings unless `--fail-on` is given.
fn exit_code(snapshot: &Snapshot, reporting: &Reporting) -> u8 {
    match (reporting.format, reporting.fail_on) {
        (Format::Sarif, None) if report::unknown(snapshot).is_empty() => 0,
        (Format::Sarif, None) => UNUSABLE,
        _ => report::exit_code(snapshot, reporting.fail_on),
    }
}

/// Judges what happened.
fn judged(events: Vec<Event>) -> Arc<Snapshot> {
    let mut state = State::default();
    for event in events {
        state.apply(event);
    }
    state.snapshot()
}
