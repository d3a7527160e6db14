//! Certificate and key files: listed, read within bounds, and told with whose they are.
//!
//! What is read of a private key is overwritten as soon as its public half is known. It judges nothing.
#![expect(
    clippy::disallowed_methods,
    reason = "files are read here, and the time is told when"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::config::Config;
use crate::observation::certificate_file::{
    Attributes, CertificateDirectory, CertificateFile, FileName, Owner, shown,
};
use crate::observation::{Attempt, Failure, FailureKind};
use crate::text::printable;
use crate::x509::holdings::{self, Holdings};
use crate::x509::key::wipe;

/// Largest file that is read, in bytes. All of Mozilla's roots take 230 kB.
const LARGEST_FILE: u64 = 1024 * 1024;
/// Most files of one directory that are read. A cluster with a thousand SQL users has twice as many, on an administrator's disk.
const MOST_FILES: usize = 2_048;
/// Most entries of one directory that are looked at.
const MOST_ENTRIES: usize = 20_000;
/// How names of certificates and keys end.
const SUFFIXES: [&str; 8] = ["crt", "cer", "cert", "pem", "der", "key", "pk8", "p8"];

/// Returns every path that decides what [`read`] returns: what the configuration names, and what was found there, so that a
/// watcher sees also what symbolic links lead to.
pub fn watched(config: &Config, directories: &[Arc<CertificateDirectory>]) -> BTreeSet<PathBuf> {
    let found = directories.iter().flat_map(|directory| {
        directory
            .files
            .iter()
            .map(|file| PathBuf::from(&*file.path))
    });
    named(config).into_iter().chain(found).collect()
}

/// Returns what the configuration names: directories and files.
pub fn named(config: &Config) -> BTreeSet<PathBuf> {
    let served = config.endpoints.iter().filter_map(|it| it.serves.clone());
    config.certificates.iter().cloned().chain(served).collect()
}

/// Reads all certificate files that a configuration names, by directory.
///
/// A file that is named by itself comes with no neighbours, unless its directory is named, too.
pub fn read(config: &Config) -> Vec<Arc<CertificateDirectory>> {
    let (mut whole, mut single) = (
        BTreeSet::new(),
        BTreeMap::<PathBuf, BTreeSet<PathBuf>>::new(),
    );
    for path in named(config) {
        // What is not there is told as a file that is not there.
        if path.is_dir() {
            whole.insert(path);
        } else {
            let parent = path.parent().unwrap_or(Path::new("")).to_owned();
            single.entry(parent).or_default().insert(path);
        }
    }
    let is_whole = |parent: &Path| whole.iter().any(|known| shown(known) == shown(parent));
    single.retain(|parent, _| !is_whole(parent));
    let listed = whole.iter().map(|path| read_directory(path));
    let alone = single.iter().map(|(parent, files)| CertificateDirectory {
        path: shown(parent),
        listed: false,
        problem: None,
        left_out: 0,
        files: files.iter().map(|file| Arc::new(read_file(file))).collect(),
    });
    listed
        .chain(alone)
        .map(|mut directory| {
            directory.relate();
            Arc::new(directory)
        })
        .collect()
}

/// Reads the certificate and key files that lie directly in a directory.
pub fn read_directory(path: &Path) -> CertificateDirectory {
    let mut directory = CertificateDirectory {
        path: shown(path),
        listed: true,
        problem: None,
        left_out: 0,
        files: Vec::new(),
    };
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            directory.listed = false;
            directory.problem = Some(printable(&format!("cannot be listed: {error}")));
            return directory;
        }
    };
    let mut files: Vec<PathBuf> = entries
        .take(MOST_ENTRIES)
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| is_named_like_one(file))
        .collect();
    files.sort();
    directory.left_out = files.len().saturating_sub(MOST_FILES);
    directory.files = files
        .iter()
        .take(MOST_FILES)
        .filter(|file| !file.is_dir())
        .map(|file| Arc::new(read_file(file)))
        .collect();
    directory
}

/// Whether a file has a name that certificates and keys have.
fn is_named_like_one(path: &Path) -> bool {
    let suffix = path.extension().and_then(|suffix| suffix.to_str());
    suffix.is_some_and(|suffix| SUFFIXES.contains(&suffix))
}

/// Reads one file.
pub fn read_file(path: &Path) -> CertificateFile {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let metadata = fs::metadata(path);
    let read_at = Timestamp::now();
    let (attributes, holdings) = match metadata {
        Ok(metadata) => (
            Attempt::Seen(attributes(path, &metadata)),
            read_holdings(path, &metadata),
        ),
        Err(error) => {
            let failure = failure(&error);
            (Attempt::Failed(failure.clone()), Attempt::Failed(failure))
        }
    };
    CertificateFile {
        path: shown(path),
        read_at,
        name: FileName::read(&name),
        attributes,
        holdings,
        issuer: Attempt::NotAttempted("nobody looked".to_owned()),
    }
}

/// Reads what is in a file, without opening what would wait for somebody to write, and without reading the rest of a long one.
fn read_holdings(path: &Path, metadata: &Metadata) -> Attempt<Holdings> {
    if !metadata.is_file() {
        return local("it is not a regular file");
    }
    match super::read_bounded(path, LARGEST_FILE) {
        Ok(mut bytes) => {
            let held = holdings::of(&bytes);
            if !held.private_keys.is_empty() {
                wipe(&mut bytes);
            }
            Attempt::Seen(held)
        }
        Err(reason) => local(&format!("it {reason}")),
    }
}

fn local<T>(reason: &str) -> Attempt<T> {
    Attempt::Failed(Failure {
        kind: FailureKind::Local,
        detail: printable(reason),
    })
}

fn failure(error: &std::io::Error) -> Failure {
    let detail = if error.kind() == std::io::ErrorKind::NotFound {
        "there is no such file".to_owned()
    } else {
        printable(&format!("it cannot be looked at: {error}"))
    };
    Failure {
        kind: FailureKind::Local,
        detail,
    }
}

fn attributes(path: &Path, metadata: &Metadata) -> Attributes {
    let modified_at = metadata
        .modified()
        .ok()
        .and_then(|at| Timestamp::try_from(at).ok());
    let link = fs::read_link(path)
        .ok()
        .map(|target| printable(&target.to_string_lossy()));
    let (mode, owner, own_group) = ownership(metadata);
    Attributes {
        size: metadata.len(),
        mode,
        owner,
        own_group,
        modified_at,
        link,
    }
}

/// Returns mode, owner, and whether the group is that of this process.
#[cfg(unix)]
fn ownership(metadata: &Metadata) -> (Option<u32>, Option<Owner>, bool) {
    use std::os::unix::fs::MetadataExt as _;

    let us = rustix::process::geteuid().as_raw();
    let owner = match metadata.uid() {
        0 => Owner::Root,
        uid if uid == us => Owner::Us,
        _ => Owner::Other,
    };
    let own_group = metadata.gid() == rustix::process::getegid().as_raw();
    (Some(metadata.mode() & 0o7777), Some(owner), own_group)
}

#[cfg(not(unix))]
fn ownership(_: &Metadata) -> (Option<u32>, Option<Owner>, bool) {
    (None, None, false)
}
