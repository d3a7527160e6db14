//! The log that `--log` asks for: one line for each thing that happened, in plain text.
//!
//! What reaches it has no password in it, as observations and findings have none. A file that it makes is its owner's alone (mode
//! 0600): it tells which hosts are weak, and how.
#![expect(
    clippy::disallowed_methods,
    reason = "the log is a file, and its lines have times"
)]

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;

use crate::observation::EndpointObservation;
use crate::store::{Event, Snapshot};
use crate::text::printable;

/// A log; without a file it keeps quiet.
#[derive(Debug)]
pub(super) struct Log {
    file: Option<(PathBuf, File)>,
}

impl Log {
    /// Opens the file, to add to it.
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let file = path
            .map(|path| {
                let mut options = OpenOptions::new();
                options.append(true).create(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                options
                    .open(path)
                    .map(|file| (path.to_owned(), file))
                    .with_context(|| format!("cannot open the log `{}`", path.display()))
            })
            .transpose()?;
        Ok(Self { file })
    }

    /// Writes one line with the time now.
    pub(super) fn line(&mut self, text: &str) -> anyhow::Result<()> {
        self.line_at(Timestamp::now(), text)
    }

    /// Writes one line.
    fn line_at(&mut self, at: Timestamp, text: &str) -> anyhow::Result<()> {
        let Some((path, file)) = &mut self.file else {
            return Ok(());
        };
        writeln!(
            file,
            "{} {}",
            at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
            printable(text)
        )
        .with_context(|| format!("cannot write to the log `{}`", path.display()))
    }

    /// Writes an event.
    pub(super) fn event(&mut self, event: &Event) -> anyhow::Result<()> {
        match event {
            Event::ConfigLoaded { config, at } => {
                let path = config.path.display().to_string();
                let origin = if path.is_empty() {
                    "the command line"
                } else {
                    &path
                };
                self.line_at(
                    *at,
                    &format!("{origin}: {} endpoints", config.endpoints.len()),
                )
            }
            Event::ConfigBroken { path, message, at } => self.line_at(
                *at,
                &format!("configuration `{}`: {message}", path.display()),
            ),
            Event::ProbeStarted { endpoint, at } => {
                self.line_at(*at, &format!("{endpoint}: probe begins"))
            }
            Event::Observed {
                endpoint,
                observations,
                at,
            } => {
                for seen in observations {
                    self.line_at(*at, &format!("{endpoint}: {}", summary(seen)))?;
                }
                Ok(())
            }
            Event::CertificateFilesRead { directories, at } => {
                for directory in directories {
                    let count = directory.files.len();
                    self.line_at(
                        *at,
                        &format!("{}: {count} certificate files", directory.path),
                    )?;
                }
                Ok(())
            }
            Event::FilesListed { watching, at } => {
                let count = watching.files;
                self.line_at(
                    *at,
                    &format!("{}: {count} application files", watching.base),
                )
            }
            Event::FileObserved { look, at, .. } => match &look.report.reading {
                Ok(_) => Ok(()),
                Err(unseen) => {
                    self.line_at(*at, &format!("{}: {}", look.report.path, unseen.reason))
                }
            },
            Event::FileGone { .. }
            | Event::ScanProgressed { .. }
            | Event::ScanEnded { .. }
            | Event::TimePassed { .. } => Ok(()),
        }
    }

    /// Writes every finding.
    pub(super) fn findings(&mut self, snapshot: &Snapshot) -> anyhow::Result<()> {
        for state in &snapshot.findings {
            let finding = &state.finding;
            self.line_at(
                snapshot.at,
                &format!(
                    "{}: {} {}: {}",
                    finding.subject.name(),
                    finding.severity,
                    finding.check,
                    finding.message
                ),
            )?;
        }
        Ok(())
    }
}

/// Says in a line what a probe saw.
fn summary(seen: &EndpointObservation) -> String {
    let address = seen
        .address
        .map_or_else(|| "no address".to_owned(), |address| address.to_string());
    let tls = match (seen.connection.reason(), seen.handshake.seen()) {
        (Some(reason), _) => reason,
        (None, Some(handshake)) => format!("{} {}", handshake.version, handshake.cipher_suite),
        (None, None) => seen.handshake.reason().unwrap_or_default(),
    };
    format!(
        "{address}: {tls}; {} connections, {:.1} ms",
        seen.connections_used,
        seen.timings.total.as_secs_f64() * 1000.0
    )
}
