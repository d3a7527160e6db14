//! A file is replaced by its mended self, or not touched at all; and the way back.
//!
//! The new content is whole on the disk before its name changes hands, mode and owner are the old ones, and the old file stays beside it as
//! one backup. What the new content is, others decide.
#![expect(clippy::disallowed_methods, reason = "writing files is the job")]

use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::text_file::{self, Unread, sha256};
use crate::source;

/// What a backup's name ends with: editors and `.gitignore` files know `~`.
pub const BACKUP_SUFFIX: &str = ".verifull~";

/// A file that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The file.
    pub path: PathBuf,
    /// Where its old self lies.
    pub backup: PathBuf,
    /// SHA-256 of what it was, in hex.
    pub before: String,
    /// SHA-256 of what it is, in hex.
    pub after: String,
}

/// Why a file was left as it is: lower case, no final stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

fn refused(reason: impl Into<String>) -> Refused {
    Refused(reason.into())
}

/// Whether a path is a backup of ours.
pub fn is_backup(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().ends_with(BACKUP_SUFFIX))
}

/// Replaces a file whose bytes have the SHA-256 `before`. A symbolic link is followed to a file that lies under `root`.
pub fn replace(
    path: &Path,
    root: &Path,
    before: &str,
    content: &[u8],
) -> Result<Replaced, Refused> {
    let path = within(path, root)?;
    let metadata = fs::symlink_metadata(&path).map_err(|error| refused(error.to_string()))?;
    check_alone(&metadata)?;
    if hash_of(&path)? != before {
        return Err(refused("the file changed since it was read"));
    }
    let folder = path
        .parent()
        .ok_or_else(|| refused("the path has no folder"))?;
    let new = written(folder, content, &metadata)
        .map_err(|error| refused(format!("the new file cannot be written: {error}")))?;
    let backup = backup_of(&path);
    keep(&path, &backup, folder)
        .map_err(|error| refused(format!("the backup cannot be made: {error}")))?;
    let now = fs::symlink_metadata(&path).map_err(|error| refused(error.to_string()))?;
    if !is_same(&metadata, &now) {
        return Err(refused("the file changed while it was being mended"));
    }
    new.persist(&path)
        .map_err(|error| refused(format!("the file cannot be replaced: {}", error.error)))?;
    sync(folder);
    Ok(Replaced {
        after: sha256(content),
        before: before.to_owned(),
        backup,
        path,
    })
}

/// Brings back what a file was, where it still is what was written and the backup is what it was.
pub fn undo(replaced: &Replaced) -> Result<(), Refused> {
    if hash_of(&replaced.path)? != replaced.after {
        return Err(refused("the file changed since it was mended"));
    }
    if hash_of(&replaced.backup).ok().as_deref() != Some(replaced.before.as_str()) {
        return Err(refused(
            "the backup is gone, or no longer what the file was",
        ));
    }
    fs::rename(&replaced.backup, &replaced.path)
        .map_err(|error| refused(format!("the backup cannot be put back: {error}")))?;
    if let Some(folder) = replaced.path.parent() {
        sync(folder);
    }
    Ok(())
}

/// Returns the file itself, where it lies under the root.
fn within(path: &Path, root: &Path) -> Result<PathBuf, Refused> {
    let real = |path: &Path| {
        fs::canonicalize(path).map_err(|error| refused(format!("it cannot be found: {error}")))
    };
    let (file, root) = (real(path)?, real(root)?);
    if file.starts_with(&root) {
        Ok(file)
    } else {
        Err(refused("a symbolic link leads out of the scanned root"))
    }
}

/// Refuses what a rename would tear apart, or what is no file.
fn check_alone(metadata: &Metadata) -> Result<(), Refused> {
    if !metadata.is_file() {
        return Err(refused("it is no regular file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if metadata.nlink() > 1 {
            return Err(refused(
                "it has another name (a hard link), which would keep the old content",
            ));
        }
    }
    if metadata.permissions().readonly() {
        return Err(refused("it is read-only"));
    }
    Ok(())
}

fn hash_of(path: &Path) -> Result<String, Refused> {
    match text_file::read_bytes(path, source::LARGEST) {
        Ok(bytes) => Ok(sha256(&bytes)),
        Err(Unread::Skipped(reason) | Unread::Failed(reason)) => Err(Refused(reason)),
    }
}

/// Writes content to a new file in the folder, with the old one's mode and owner, down to the disk.
fn written(folder: &Path, content: &[u8], old: &Metadata) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(".verifull-")
        .tempfile_in(folder)?;
    file.write_all(content)?;
    keep_owner(file.as_file(), old)?;
    // After the owner: a change of owner takes the set-user-id bits away.
    file.as_file().set_permissions(old.permissions())?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(unix)]
fn keep_owner(file: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let new = file.metadata()?;
    let (user, group) = (old.uid(), old.gid());
    if (new.uid(), new.gid()) == (user, group) {
        return Ok(());
    }
    let user = (new.uid() != user).then_some(user);
    let group = (new.gid() != group).then_some(group);
    fchown(file, user, group)
        .map_err(|error| io::Error::new(error.kind(), format!("its owner cannot be kept: {error}")))
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

fn backup_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(BACKUP_SUFFIX);
    path.with_file_name(name)
}

/// Gives the old file a second name, which it keeps when the first goes to the new one; where the file system has no hard links, a copy.
fn keep(path: &Path, backup: &Path, folder: &Path) -> io::Result<()> {
    // A name that is free, so that an earlier backup is there until this one is.
    let free = tempfile::Builder::new()
        .prefix(".verifull-")
        .tempfile_in(folder)?
        .into_temp_path();
    fs::remove_file(&free)?;
    if fs::hard_link(path, &free).is_err() {
        fs::copy(path, &free)?;
    }
    free.persist(backup).map_err(|error| error.error)
}

/// Whether two looks at a path saw the same file with the same content, as far as the system tells.
fn is_same(before: &Metadata, now: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if (before.dev(), before.ino()) != (now.dev(), now.ino()) {
            return false;
        }
    }
    before.len() == now.len() && before.modified().ok() == now.modified().ok()
}

/// Makes a change of names last. Some file systems cannot, and then it lasts a little later.
fn sync(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;

    fn env(folder: &Path) -> PathBuf {
        let path = folder.join(".env");
        fs::write(&path, "sslmode=disable\n").expect("written");
        path
    }

    fn mend(path: &Path, root: &Path) -> Result<Replaced, Refused> {
        replace(
            path,
            root,
            &sha256(b"sslmode=disable\n"),
            b"sslmode=verify-full\n",
        )
    }

    #[test]
    fn file_is_replaced_with_its_mode_and_brought_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = env(folder.path());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
        let replaced = mend(&path, folder.path()).expect("mended");
        assert_eq!(fs::read(&path).expect("read"), b"sslmode=verify-full\n");
        assert_eq!(path.metadata().expect("there").mode() & 0o7777, 0o640);
        assert_eq!(
            fs::read(&replaced.backup).expect("read"),
            b"sslmode=disable\n"
        );
        assert_eq!(
            replaced.backup.metadata().expect("there").mode() & 0o7777,
            0o640
        );
        undo(&replaced).expect("undone");
        assert_eq!(fs::read(&path).expect("read"), b"sslmode=disable\n");
        assert!(!replaced.backup.exists());
        let left: Vec<_> = fs::read_dir(folder.path()).expect("listed").collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn changed_file_is_left_alone_by_mending_and_by_undoing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = env(folder.path());
        fs::write(&path, "sslmode=disable\n# mine\n").expect("written");
        let error = mend(&path, folder.path()).expect_err("refused");
        assert_eq!(error.to_string(), "the file changed since it was read");

        let replaced = mend(&env(folder.path()), folder.path()).expect("mended");
        fs::write(&path, "sslmode=verify-full\n# mine\n").expect("written");
        let error = undo(&replaced).expect_err("refused");
        assert_eq!(error.to_string(), "the file changed since it was mended");
        assert_eq!(
            fs::read(&path).expect("read"),
            b"sslmode=verify-full\n# mine\n"
        );
    }

    #[test]
    fn link_is_followed_within_the_root_and_stays_a_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = env(folder.path());
        let link = folder.path().join("link");
        symlink(".env", &link).expect("a link");
        mend(&link, folder.path()).expect("mended");
        assert!(link.is_symlink());
        assert_eq!(fs::read(&path).expect("read"), b"sslmode=verify-full\n");

        let elsewhere = tempfile::tempdir().expect("a folder");
        let outside = env(elsewhere.path());
        let way_out = folder.path().join("out");
        symlink(&outside, &way_out).expect("a link");
        let error = mend(&way_out, folder.path()).expect_err("refused");
        assert_eq!(
            error.to_string(),
            "a symbolic link leads out of the scanned root"
        );
    }

    #[test]
    fn hard_link_and_read_only_file_are_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = env(folder.path());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("a mode");
        assert_eq!(
            mend(&path, folder.path()).expect_err("refused").to_string(),
            "it is read-only"
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
        fs::hard_link(&path, folder.path().join("other")).expect("a link");
        assert!(mend(&path, folder.path()).is_err());
    }

    #[test]
    fn second_mending_keeps_the_last_state_as_the_backup() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = env(folder.path());
        let first = mend(&path, folder.path()).expect("mended");
        let second = replace(&path, folder.path(), &first.after, b"x\n").expect("mended");
        assert_eq!(first.backup, second.backup);
        assert_eq!(
            fs::read(&second.backup).expect("read"),
            b"sslmode=verify-full\n"
        );
        assert!(undo(&first).is_err());
        undo(&second).expect("undone");
    }
}
