//! Trees of application files: which files lie there, and what each says.
//!
//! A listing is made in parallel and sorted by path; each file of it is read for itself, so that the caller decides how many at a
//! time. Symbolic links are not followed on the way, so a loop is no matter. Nothing is judged here.
#![expect(clippy::disallowed_methods, reason = "reading trees is the job")]

use std::fs::{self, FileType};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::edit::is_backup;
use super::text_file::{self, Encoding};
use crate::observation::file::FileObservation;
use crate::observation::{Attempt, Failure, FailureKind};
use crate::source;

/// The ignore file of verifull's own, in the syntax of `.gitignore`.
pub const IGNORE_FILE: &str = ".verifullignore";

/// Folders that hold other people's code or a tool's own state. They are passed over on the way, and read where they are named.
const PASSED_OVER: [&str; 24] = [
    ".cache",
    ".git",
    ".gradle",
    ".hg",
    ".idea",
    ".jj",
    ".mypy_cache",
    ".next",
    ".nox",
    ".nuxt",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".terraform",
    ".tox",
    ".venv",
    "__pycache__",
    "bower_components",
    "node_modules",
    "site-packages",
    "target",
    "vendor",
    "venv",
    "virtualenv",
];

/// Those of them of which nobody asks why.
const VERSION_CONTROL: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// Which files of a tree are looked at.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Globs of paths that are passed over, relative to the base, in the syntax of `globset` with `/` as the only separator.
    pub exclude: Vec<String>,
    /// Whether `.env` files are read where `.gitignore` names them: it names them because they are real.
    pub ignored_env: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            exclude: Vec::new(),
            ignored_env: true,
        }
    }
}

/// The files of one or more trees.
#[derive(Debug, Default)]
pub struct Listing {
    /// What their names are relative to.
    pub base: PathBuf,
    /// The files, by name.
    pub entries: Vec<Entry>,
    /// Folders that could not be listed, and entries that could not be looked at: name and reason.
    pub troubles: Vec<(String, String)>,
    /// Folders that were passed over, by name.
    pub passed_over: Vec<String>,
    /// Folders that were listed: what appears in one of them may be another file.
    pub folders: Vec<PathBuf>,
    /// How many symbolic links were not followed.
    pub links: usize,
}

/// A file of a listing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name in reports: relative to the base, with `/`; not printable.
    pub name: Arc<str>,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it was named, and not found on the way.
    pub is_named: bool,
}

/// A file that was looked at.
pub struct Looked {
    /// Where it is.
    pub path: PathBuf,
    /// What was seen.
    pub observation: FileObservation,
    /// Its text; empty where there is no reading of it. It may hold a password.
    pub text: String,
    /// How its bytes became text.
    pub encoding: Encoding,
}

impl std::fmt::Debug for Looked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Looked")
            .field("path", &self.path)
            .field("observation", &self.observation)
            .field("encoding", &self.encoding)
            .finish_non_exhaustive()
    }
}

/// Why a listing cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Unlistable {
    /// A path that was named is not there.
    #[error("`{name}` cannot be looked at: {reason}")]
    Missing {
        /// The path, printable.
        name: String,
        /// What the system says.
        reason: String,
    },
    /// A glob or an ignore file is wrong.
    #[error("{0}")]
    Pattern(String),
}

/// Lists the files under some paths; a file among them is taken as it is, whatever ignore files say.
///
/// Names are relative to `here`, the working folder, where all paths lie under it, and to their deepest common folder where not.
pub fn list(paths: &[PathBuf], here: &Path, selection: &Selection) -> Result<Listing, Unlistable> {
    let mut roots = Vec::new();
    for path in paths {
        let metadata = fs::metadata(path).map_err(|error| Unlistable::Missing {
            name: crate::text::printable(&path.to_string_lossy()),
            reason: error.to_string(),
        })?;
        roots.push((plain(&here.join(path)), metadata.is_dir()));
    }
    let base = base(&roots, here);
    let gate = Gate {
        exclude: globs(&selection.exclude)?,
        ignore: ignore_files(&roots, &base)?,
        ignored_env: selection.ignored_env,
        base: &base,
    };
    let yield_ = Mutex::new(Listing::default());
    for (root, is_folder) in &roots {
        if *is_folder {
            gate.walk(root, &yield_);
        } else {
            gate.add(&mut lock(&yield_), root.clone(), true);
        }
    }
    let mut listing = yield_.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Named ones first, so that they stay.
    listing
        .entries
        .sort_by(|a, b| (&a.name, &a.path, !a.is_named).cmp(&(&b.name, &b.path, !b.is_named)));
    listing.entries.dedup_by(|a, b| a.path == b.path);
    listing.troubles.sort();
    listing.passed_over.sort();
    listing.passed_over.dedup();
    listing.base = base;
    Ok(listing)
}

/// Looks at one file.
pub fn look_at(entry: &Entry) -> Looked {
    let seen = text_file::read(&entry.path, source::LARGEST);
    let mut encoding = Encoding::Utf8;
    let mut sha256 = None;
    let mut text = String::new();
    let reading = match seen {
        Ok(file) => {
            encoding = file.encoding;
            match looked(&entry.name, &file.text) {
                Ok(Some(reading)) => {
                    sha256 = Some(file.sha256());
                    text = file.text;
                    Attempt::Seen(Arc::new(reading))
                }
                Ok(None) => Attempt::NotAttempted(UNCONCERNED.to_owned()),
                Err(detail) => failed(detail),
            }
        }
        Err(text_file::Unread::Skipped(reason)) => Attempt::NotAttempted(reason),
        Err(text_file::Unread::Failed(reason)) => failed(reason),
    };
    Looked {
        path: entry.path.clone(),
        observation: FileObservation {
            path: Arc::clone(&entry.name),
            sha256,
            reading,
        },
        text,
        encoding,
    }
}

/// What is said of a file in which nothing can concern us.
pub const UNCONCERNED: &str = "nothing in it is about connections";

/// Reads a text; a fault in a parser costs one file, not the scan.
fn looked(name: &str, text: &str) -> Result<Option<source::FileReading>, String> {
    std::panic::catch_unwind(|| source::look(name, text))
        .map_err(|_| "internal error in a reader; please report it".to_owned())
}

fn failed<T>(detail: String) -> Attempt<T> {
    Attempt::Failed(Failure {
        kind: FailureKind::Local,
        detail,
    })
}

/// What decides about paths on the way.
struct Gate<'a> {
    exclude: GlobSet,
    /// The ignore files of verifull's own; a later one counts before an earlier one.
    ignore: Vec<Gitignore>,
    ignored_env: bool,
    base: &'a Path,
}

impl Gate<'_> {
    /// Walks a folder in parallel.
    fn walk(&self, root: &Path, listing: &Mutex<Listing>) {
        let exclude = self.exclude.clone();
        let ignore = self.ignore.clone();
        let base = self.base.to_owned();
        let passed: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = Arc::clone(&passed);
        let walk = WalkBuilder::new(root)
            .hidden(false)
            .follow_links(false)
            .filter_entry(move |entry| {
                if entry.depth() == 0 {
                    return true;
                }
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                if is_projection(entry.path()) {
                    return false;
                }
                if is_folder && is_passed_over(entry.path()) {
                    let name = entry.file_name().to_string_lossy();
                    if !VERSION_CONTROL.contains(&&*name) {
                        lock(&noted).push(crate::text::printable(&name));
                    }
                    return false;
                }
                !is_excluded(entry.path(), is_folder, &base, &exclude, &ignore)
            })
            .build_parallel();
        walk.run(|| {
            Box::new(|entry| {
                match entry {
                    Ok(entry) => self.take(&entry, listing),
                    Err(error) => {
                        let (name, reason) = self.trouble(&error);
                        lock(listing).troubles.push((name, reason));
                    }
                }
                WalkState::Continue
            })
        });
        let passed = std::mem::take(&mut *lock(&passed));
        lock(listing).passed_over.extend(passed);
    }

    /// Takes an entry that no ignore file forbids.
    fn take(&self, entry: &DirEntry, listing: &Mutex<Listing>) {
        let Some(kind) = entry.file_type() else {
            return;
        };
        if kind.is_dir() {
            lock(listing).folders.push(entry.path().to_owned());
            if self.ignored_env {
                self.add_env_files(entry.path(), listing);
            }
            return;
        }
        let path = entry.path();
        let is_others = (self.ignored_env && is_env_file(path)) || is_own(path);
        if is_others {
            // It is told by its folder, or none of the application's.
        } else if kind.is_symlink() && !is_projected(path) {
            lock(listing).links += 1;
        } else {
            self.add(&mut lock(listing), path.to_owned(), false);
        }
    }

    /// Adds the `.env` files of a folder, also those that `.gitignore` names.
    fn add_env_files(&self, folder: &Path, listing: &Mutex<Listing>) {
        // Whether it can be listed is told by the walk.
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let is_file = entry.file_type().is_ok_and(|kind: FileType| !kind.is_dir());
            if !is_file
                || !is_env_file(&path)
                || is_own(&path)
                || is_excluded(&path, false, self.base, &self.exclude, &self.ignore)
            {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_symlink()) && !is_projected(&path) {
                lock(listing).links += 1;
            } else {
                self.add(&mut lock(listing), path, false);
            }
        }
    }

    fn add(&self, listing: &mut Listing, path: PathBuf, is_named: bool) {
        listing.entries.push(Entry {
            name: name_of(&path, self.base).into(),
            path,
            is_named,
        });
    }

    /// Says which path an error is about, and what it says.
    fn trouble(&self, error: &ignore::Error) -> (String, String) {
        let mut path = None;
        let mut inner = error;
        loop {
            match inner {
                ignore::Error::WithPath { path: at, err } => {
                    path = Some(at.clone());
                    inner = err;
                }
                ignore::Error::WithDepth { err, .. }
                | ignore::Error::WithLineNumber { err, .. } => {
                    inner = err;
                }
                ignore::Error::Partial(_)
                | ignore::Error::Loop { .. }
                | ignore::Error::Io(_)
                | ignore::Error::Glob { .. }
                | ignore::Error::UnrecognizedFileType(_)
                | ignore::Error::InvalidDefinition => break,
            }
        }
        let name = path.map_or_else(String::new, |path| name_of(&path, self.base));
        let reason = match inner.io_error().map(io::Error::kind) {
            Some(io::ErrorKind::NotFound) => "it vanished during the walk".to_owned(),
            _ => crate::text::printable(&inner.to_string()),
        };
        (name, reason)
    }
}

/// Whether a folder is passed over on the way. `target` and `vendor` are words of other trades, too: they need a sign.
fn is_passed_over(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    if !PASSED_OVER.iter().any(|known| name == *known) {
        return false;
    }
    let beside = |names: &[&str]| {
        let parent = folder.parent().unwrap_or(folder);
        names.iter().any(|name| parent.join(name).exists())
    };
    match name.to_str() {
        Some("target") => {
            folder.join("CACHEDIR.TAG").exists()
                || beside(&["Cargo.toml", "pom.xml", "build.sbt", "project.clj"])
        }
        Some("vendor") => beside(&[
            "go.mod",
            "composer.json",
            "Gemfile",
            "Cargo.toml",
            "package.json",
            "mix.exs",
        ]),
        _ => true,
    }
}

/// Whether a path is how Kubernetes puts a `ConfigMap` or `Secret` into a volume: `..data`, and the folder of a time that it leads to. The files
/// are told by the names that the application opens.
fn is_projection(path: &Path) -> bool {
    let is_dotted =
        (path.file_name()).is_some_and(|name| name.as_encoded_bytes().starts_with(b".."));
    is_dotted && path.with_file_name("..data").is_symlink()
}

/// Whether a symbolic link is a file of such a volume: it leads through `..data`, and is the name that the application opens.
fn is_projected(path: &Path) -> bool {
    fs::read_link(path).is_ok_and(|target| target.starts_with("..data")) && path.is_file()
}

/// Whether globs or an ignore file of verifull's own forbid a path.
fn is_excluded(
    path: &Path,
    is_folder: bool,
    base: &Path,
    exclude: &GlobSet,
    ignore: &[Gitignore],
) -> bool {
    let relative = path.strip_prefix(base).unwrap_or(path);
    if exclude.is_match(relative) {
        return true;
    }
    ignore
        .iter()
        .rev()
        .map(|file| file.matched(path, is_folder))
        .find(|found| !found.is_none())
        .is_some_and(|found| found.is_ignore())
}

/// Whether a file is verifull's own: its configuration, which has checks of its own, or the past of a file that is looked at itself.
fn is_own(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "verifull.toml") || is_backup(path)
}

/// Whether a file is of the `.env` family.
fn is_env_file(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "env")
        || (path.file_name()).is_some_and(|name| name.as_encoded_bytes().starts_with(b".env"))
}

/// Compiles globs: `app/` and `app` also mean everything under it.
pub fn globs(patterns: &[String]) -> Result<GlobSet, Unlistable> {
    let wrong = |error: globset::Error| Unlistable::Pattern(error.to_string());
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let pattern = pattern.trim_end_matches('/');
        for pattern in [pattern.to_owned(), format!("{pattern}/**")] {
            let glob = GlobBuilder::new(&pattern)
                .literal_separator(true)
                .build()
                .map_err(wrong)?;
            set.add(glob);
        }
    }
    set.build().map_err(wrong)
}

/// Reads the ignore files of the base and of each root.
fn ignore_files(roots: &[(PathBuf, bool)], base: &Path) -> Result<Vec<Gitignore>, Unlistable> {
    let mut folders = vec![base.to_owned()];
    folders.extend(
        roots
            .iter()
            .filter(|(_, is_folder)| *is_folder)
            .map(|(root, _)| root.clone()),
    );
    folders.dedup();
    let mut files = Vec::new();
    for folder in folders {
        let file = folder.join(IGNORE_FILE);
        if !file.is_file() {
            continue;
        }
        let mut builder = GitignoreBuilder::new(&folder);
        if let Some(error) = builder.add(&file) {
            return Err(Unlistable::Pattern(error.to_string()));
        }
        let built = builder
            .build()
            .map_err(|error| Unlistable::Pattern(error.to_string()))?;
        files.push(built);
    }
    Ok(files)
}

/// Returns what names are relative to.
fn base(roots: &[(PathBuf, bool)], here: &Path) -> PathBuf {
    let here = plain(here);
    if roots.iter().all(|(root, _)| root.starts_with(&here)) {
        return here;
    }
    let mut folders = roots.iter().map(|(root, is_folder)| {
        if *is_folder {
            root.as_path()
        } else {
            root.parent().unwrap_or(root)
        }
    });
    let mut common = folders.next().unwrap_or(&here).to_owned();
    for folder in folders {
        while !folder.starts_with(&common) && common.pop() {}
    }
    common
}

/// Takes `.` and `..` out of an absolute path, as a shell does: by name, without a look at links.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                plain.push(component);
            }
        }
    }
    plain
}

/// Returns a path's name in reports.
fn name_of(path: &Path, base: &Path) -> String {
    let relative = path.strip_prefix(base).unwrap_or(path);
    let name = relative.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        name.into_owned()
    } else {
        name.replace(std::path::MAIN_SEPARATOR, "/")
    }
}

/// Locks, also after a panic elsewhere: the data are plain lists.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
