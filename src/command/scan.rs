//! `verifull scan`: judges application files, once, without network.
//!
//! The files are read and judged in parallel, and reported in the order of their names. Fixes are applied to the bytes that were judged and to
//! no others; a file that was mended is looked at again.
#![expect(
    clippy::disallowed_methods,
    reason = "the door asks where it stands and what time it is"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use rayon::prelude::*;

use super::arguments::Scan;
use super::failure::advised;
use super::{configuration, output};
use crate::audit::{self, Audit, Baseline, FileReport, Mended, Settings, mend, shown_path};
use crate::config::Files;
use crate::finding::{Confidence, Severity};
use crate::observation::Attempt;
use crate::report::files::{self, FilesFormat};
use crate::source;
use crate::source::declaration::Fix;
use crate::watch::edit;
use crate::watch::text_file::{self, BINARY, Encoding};
use crate::watch::tree::{self, Entry, Listing, Selection, UNCONCERNED};

/// Stack of a thread that parses: nesting is bounded, and so is what it takes.
const STACK: usize = 8 * 1024 * 1024;
/// Largest baseline that is read, in bytes: some two hundred thousand findings.
const LARGEST_BASELINE: usize = 64 * 1024 * 1024;

/// Runs the command and returns its exit code.
pub(super) fn run(arguments: &Scan) -> anyhow::Result<u8> {
    let desk = Desk::new(arguments)?;
    let before = match &arguments.baseline {
        Some(path) => Some(read_baseline(path)?),
        None => None,
    };
    let (mut audit, places) = desk.audit();
    if let Some(baseline) = &before {
        baseline.apply(&mut audit);
    }
    if let Some(path) = &arguments.write_baseline {
        return write_baseline(path, &mut audit, before.as_ref());
    }
    audit.retain(
        arguments.min_severity.unwrap_or(Severity::Info),
        arguments.min_confidence.unwrap_or(Confidence::Low),
    );
    let mut diffs = String::new();
    if arguments.fix || arguments.unsafe_fixes || arguments.dry_run {
        diffs = desk.mend(&mut audit, &places, arguments);
        if let Some(baseline) = &before {
            baseline.apply(&mut audit);
        }
    }
    let format = arguments.format;
    if arguments.dry_run && format == FilesFormat::Text {
        output::write(&diffs)?;
        for refused in audit.mended.iter().flat_map(|file| {
            let each = file.refused.iter();
            each.map(|(title, reason)| format!("{}: not mended: {title}: {reason}", file.path))
        }) {
            output::say(&refused);
        }
    } else {
        let style = output::style_of(format == FilesFormat::Text, arguments.color);
        output::write(&files::render(&audit, format, style))?;
    }
    Ok(files::exit_code(&audit, format, arguments.fail_on))
}

/// What a scan works with.
struct Desk {
    listing: Listing,
    settings: Settings,
    pool: rayon::ThreadPool,
}

/// Where files of an audit are, by their names in it.
type Places = BTreeMap<Arc<str>, Entry>;

impl Desk {
    fn new(arguments: &Scan) -> anyhow::Result<Self> {
        let (configured, path) = configured(arguments.config.as_deref())?;
        let settings = Settings::of(&configured, &path)
            .map_err(|errors| configuration::unusable(&path, &errors))?;
        let mut selection = Selection {
            exclude: configured.exclude,
            ignored_env: configured.ignored_env,
        };
        selection.exclude.extend(arguments.exclude.iter().cloned());
        let here = std::env::current_dir().context("the working folder cannot be found")?;
        let here_only = [PathBuf::from(".")];
        let paths = if arguments.paths.is_empty() {
            &here_only[..]
        } else {
            &arguments.paths
        };
        Ok(Self {
            listing: tree::list(paths, &here, &selection)?,
            settings,
            pool: rayon::ThreadPoolBuilder::new()
                .stack_size(STACK)
                .build()
                .context("cannot start threads")?,
        })
    }

    /// Looks at every file and judges it.
    fn audit(&self) -> (Audit, Places) {
        let listing = &self.listing;
        let reports: Vec<Option<FileReport>> = self.pool.install(|| {
            (listing.entries.par_iter())
                .map(|entry| self.judged(entry))
                .collect()
        });
        let mut audit = Audit {
            at: jiff::Timestamp::now(),
            base: shown_path(&listing.base.to_string_lossy()),
            files: Vec::new(),
            looked_at: listing.entries.len(),
            passed_over: BTreeMap::new(),
            folders_passed_over: listing.passed_over.clone(),
            troubles: (listing.troubles.iter())
                .map(|(name, reason)| (shown_path(name), reason.clone()))
                .collect(),
            stale: None,
            mended: Vec::new(),
        };
        if listing.links > 0 {
            let reason = "it is a symbolic link".to_owned();
            audit.passed_over.insert(reason, listing.links);
        }
        let mut places = Places::new();
        for (entry, report) in listing.entries.iter().zip(reports) {
            let Some(report) = report else { continue };
            if let Err(unseen) = &report.reading
                && !unseen.is_failure
            {
                // What comes before a colon is the kind of reason.
                let kind = unseen.reason.split(':').next().unwrap_or_default();
                *audit.passed_over.entry(kind.to_owned()).or_default() += 1;
                if unseen.reason == BINARY && !entry.is_named {
                    continue;
                }
            }
            places.insert(Arc::clone(&report.name), entry.clone());
            audit.files.push(report);
        }
        (audit, places)
    }

    /// Looks at one file and judges it; `None` where nothing in it concerns us.
    fn judged(&self, entry: &Entry) -> Option<FileReport> {
        let looked = tree::look_at(entry);
        let is_unconcerned = matches!(
            &looked.observation.reading,
            Attempt::NotAttempted(reason) if reason == UNCONCERNED
        );
        if is_unconcerned && !entry.is_named {
            return None;
        }
        let start = looked.encoding.text_start();
        Some(audit::judge(
            looked.observation,
            &looked.text,
            start,
            &self.settings,
        ))
    }

    /// Applies the fixes of every finding that counts, or writes down what they would change.
    fn mend(&self, audit: &mut Audit, places: &Places, arguments: &Scan) -> String {
        let mut diffs = String::new();
        let mut mended = Vec::new();
        for report in &mut audit.files {
            let Some(entry) = places.get(&report.name) else {
                continue;
            };
            let fixes: Vec<Fix> = (report.findings.iter())
                .filter(|found| found.suppression.is_none())
                .filter_map(|found| {
                    let mut fixes = found.fixes.iter().map(|shown| &shown.fix);
                    fixes.find(|fix| fix.is_safe || arguments.unsafe_fixes)
                })
                .cloned()
                .collect();
            if fixes.is_empty() {
                continue;
            }
            let one = One {
                entry,
                base: &self.listing.base,
                report,
                fixes: &fixes,
            };
            let done = one.mend(arguments.dry_run, &mut diffs);
            if done.backup.is_some()
                && let Some(again) = self.judged(entry)
            {
                *report = again;
            }
            mended.push(done);
        }
        audit.mended = mended;
        diffs
    }
}

/// A file that is to be mended.
struct One<'a> {
    entry: &'a Entry,
    base: &'a Path,
    report: &'a FileReport,
    fixes: &'a [Fix],
}

impl One<'_> {
    fn mend(&self, dry_run: bool, diffs: &mut String) -> Mended {
        let refused = |reason: String| Mended {
            path: self.report.path.clone(),
            applied: Vec::new(),
            refused: (self.fixes.iter())
                .map(|fix| (fix.title.clone(), reason.clone()))
                .collect(),
            backup: None,
        };
        let (Ok(read), Some(sha256)) = (&self.report.reading, &self.report.sha256) else {
            return refused("the file was not read".to_owned());
        };
        let start = match read.text_start {
            Ok(start) => start,
            Err(reason) => return refused(reason.to_owned()),
        };
        let file = match text_file::read(&self.entry.path, source::LARGEST) {
            Ok(file) if file.sha256() == *sha256 => file,
            Ok(_) => return refused("the file changed since it was read".to_owned()),
            Err(text_file::Unread::Skipped(reason) | text_file::Unread::Failed(reason)) => {
                return refused(reason);
            }
        };
        let chosen = mend::choose(&file.text, self.fixes);
        let mut mended = Mended {
            path: self.report.path.clone(),
            applied: chosen.applied,
            refused: chosen.refused,
            backup: None,
        };
        if chosen.edits.is_empty() {
            return mended;
        }
        if dry_run {
            if let Some(reading) = source::look(&self.entry.name, &file.text) {
                let diff = mend::diff(&mended.path, &file.text, &reading.lines, &chosen.edits);
                diffs.push_str(&diff);
            }
            return mended;
        }
        let mut content = file.bytes()[..start].to_vec();
        content.extend_from_slice(mend::apply(&file.text, &chosen.edits).as_bytes());
        match edit::replace(&self.entry.path, self.base, sha256, &content) {
            Ok(replaced) => {
                let backup = replaced.backup.strip_prefix(self.base);
                let backup = backup.unwrap_or(&replaced.backup).to_string_lossy();
                mended.backup = Some(shown_path(&backup));
            }
            Err(reason) => {
                let titles = std::mem::take(&mut mended.applied);
                let all = titles.into_iter().map(|title| (title, reason.to_string()));
                mended.refused.extend(all);
            }
        }
        mended
    }
}

/// Returns what the configuration says of files, and where it is; the defaults where there is none.
fn configured(named: Option<&Path>) -> anyhow::Result<(Files, PathBuf)> {
    match crate::watch::find_config(named.map(Path::to_owned)) {
        Some(path) => {
            let files = crate::watch::load_files(&path)
                .map_err(|errors| configuration::unusable(&path, &errors))?;
            Ok((files, path))
        }
        None => Ok((Files::default(), PathBuf::new())),
    }
}

fn read_baseline(path: &Path) -> anyhow::Result<Baseline> {
    let name = shown_path(&path.to_string_lossy());
    let unusable = |reason: String| {
        advised(
            format!("the baseline `{name}` cannot be used: {reason}"),
            "`verifull scan --write-baseline FILE` writes one",
        )
    };
    match text_file::read(path, LARGEST_BASELINE) {
        Ok(file) if file.encoding == Encoding::Utf8 => {
            Baseline::parse(&file.text).map_err(unusable)
        }
        Ok(_) => Err(unusable("it is not UTF-8".to_owned())),
        Err(text_file::Unread::Skipped(reason) | text_file::Unread::Failed(reason)) => {
            Err(unusable(reason))
        }
    }
}

/// Writes down all findings as known.
fn write_baseline(path: &Path, audit: &mut Audit, before: Option<&Baseline>) -> anyhow::Result<u8> {
    let known = match before {
        Some(before) => Some(before.clone()),
        // Reasons that people wrote into the file stay.
        None => path.exists().then(|| read_baseline(path)).transpose()?,
    };
    let baseline = Baseline::of(audit, known.as_ref());
    std::fs::write(path, baseline.written())
        .with_context(|| format!("cannot write {}", shown_path(&path.to_string_lossy())))?;
    output::say(&format!(
        "verifull: {} written to {}",
        if baseline.len() == 1 {
            "1 finding".to_owned()
        } else {
            format!("{} findings", baseline.len())
        },
        shown_path(&path.to_string_lossy())
    ));
    for (name, reason) in audit.unread() {
        output::say(&format!("{name}: not looked at: {reason}"));
    }
    Ok(if audit.unread().is_empty() { 0 } else { 3 })
}
