//! Tells when files change: written, replaced, removed, made anew, or reached through another symbolic link.
//!
//! It watches the folders that lead to a file and not the file: editors and `cert-manager` replace files, and Kubernetes
//! swaps a link two steps away. It compares what `stat` says and reads no content. Nothing runs while nothing happens,
//! unless the system has no watch to give: then it looks every [`POLL_INTERVAL`], and says so.
#![expect(clippy::disallowed_methods, reason = "watching files is the job")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// Quiet time that ends a change: an editor writes, renames and sets the mode in one go.
pub const DEBOUNCE: Duration = Duration::from_millis(200);
/// Longest time that a change is held back while its folder never comes to rest.
const LONGEST_DEBOUNCE: Duration = Duration::from_secs(2);
/// Time between two looks where the system gives no watch.
pub const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Most symbolic links that one path may lead through, as in Linux (`MAXSYMLINKS`).
const MOST_LINKS: usize = 40;
/// Most entries of a watched folder that are compared.
const MOST_ENTRIES: usize = 1_000;
/// Changes that may wait for whoever listens.
const CHANNEL: usize = 256;

/// What a watcher tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// This file is not as it was: other content, another file, gone, or there again. The path is as it was given.
    Changed(PathBuf),
    /// From now on files are looked at every [`POLL_INTERVAL`], and why.
    Polling(String),
}

/// Watches a set of files until it is dropped.
#[derive(Debug)]
pub struct FileWatcher {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl FileWatcher {
    /// Begins to watch `files`; a folder among them counts as all that lies directly in it. What they are now is
    /// the state that changes are told against, once [`Notice`]s flow.
    ///
    /// It must be called within a tokio runtime with time.
    pub fn start(files: BTreeSet<PathBuf>) -> (Self, mpsc::Receiver<Notice>) {
        let (sender, receiver) = mpsc::channel(CHANNEL);
        let shared = Arc::new(Shared::default());
        let mut sight = Sight::new(Arc::clone(&shared));
        let polling = sight.look_at(files);
        let task = tokio::spawn(run(Arc::clone(&shared), sight, polling, sender));
        (Self { shared, task }, receiver)
    }

    /// Watches these files from now on, and no others. A file that was watched before keeps its past.
    pub fn set(&self, files: BTreeSet<PathBuf>) {
        *lock(&self.shared.wanted) = Some(files);
        self.shared.wake.notify_one();
    }
}

impl Drop for FileWatcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the watcher's own thread, its task and its owner share.
#[derive(Debug, Default)]
struct Shared {
    wake: Notify,
    relevant: Mutex<Relevant>,
    /// The set of files that is to be watched in place of the present one.
    wanted: Mutex<Option<BTreeSet<PathBuf>>>,
}

/// Paths whose change matters; a busy neighbour in the same folder wakes nobody.
#[derive(Debug, Default, PartialEq, Eq)]
struct Relevant {
    /// These themselves.
    paths: BTreeSet<PathBuf>,
    /// Folders in which every entry matters.
    contents: BTreeSet<PathBuf>,
}

impl Shared {
    /// Takes an event of the system, on the system's own thread.
    fn take(&self, event: &notify::Result<notify::Event>) {
        let matters = match event {
            Err(_) => true,
            // Reading a file, which we do ourselves, changes nothing.
            Ok(event) if is_read(event.kind) => false,
            Ok(event) if event.need_rescan() || event.paths.is_empty() => true,
            Ok(event) => {
                let relevant = lock(&self.relevant);
                event.paths.iter().any(|path| relevant.holds(path))
            }
        };
        if matters {
            self.wake.notify_one();
        }
    }
}

impl Relevant {
    fn holds(&self, path: &Path) -> bool {
        let folder = path.parent();
        self.paths.contains(path) || folder.is_some_and(|folder| self.contents.contains(folder))
    }
}

pub(super) fn is_read(kind: EventKind) -> bool {
    matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// Locks, also after a panic elsewhere: the data are plain sets.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for changes and tells them, for ever.
async fn run(
    shared: Arc<Shared>,
    mut sight: Sight,
    mut polling: Option<String>,
    sender: mpsc::Sender<Notice>,
) {
    let mut told = false;
    loop {
        if let Some(reason) = &polling
            && !told
        {
            told = true;
            if sender.send(Notice::Polling(reason.clone())).await.is_err() {
                return;
            }
        }
        if polling.is_some() {
            let _ = timeout(POLL_INTERVAL, shared.wake.notified()).await;
        } else {
            shared.wake.notified().await;
            settle(&shared.wake).await;
        }
        // A file may lie on a share that hangs; that must not hold up the runtime.
        let looked = tokio::task::spawn_blocking(move || {
            let before = sight.stamps.clone();
            let polling = sight.look();
            let changed: Vec<PathBuf> = sight
                .stamps
                .iter()
                .filter(|(path, stamp)| before.get(*path).is_some_and(|old| old != *stamp))
                .map(|(path, _)| path.clone())
                .collect();
            (sight, polling, changed)
        });
        let Ok((seen, now_polling, changed)) = looked.await else {
            return;
        };
        sight = seen;
        if now_polling.is_none() {
            told = false;
        }
        polling = now_polling;
        for path in changed {
            if sender.send(Notice::Changed(path)).await.is_err() {
                return;
            }
        }
    }
}

/// Waits until nothing has happened for [`DEBOUNCE`], but not for ever.
async fn settle(wake: &Notify) {
    let deadline = Instant::now() + LONGEST_DEBOUNCE;
    while Instant::now() < deadline && timeout(DEBOUNCE, wake.notified()).await.is_ok() {}
}

/// The files, what they were like when last looked at, and the system's watches on the folders that lead to them.
struct Sight {
    shared: Arc<Shared>,
    watcher: Option<RecommendedWatcher>,
    /// Why there is no watcher.
    failure: Option<String>,
    /// Watched folders, and which folder had the name then.
    watched: BTreeMap<PathBuf, (u64, u64)>,
    stamps: BTreeMap<PathBuf, Stamp>,
}

impl Sight {
    fn new(shared: Arc<Shared>) -> Self {
        let hears = Arc::clone(&shared);
        let (watcher, failure) = match notify::recommended_watcher(move |event| hears.take(&event))
        {
            Ok(watcher) => (Some(watcher), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            shared,
            watcher,
            failure,
            watched: BTreeMap::new(),
            stamps: BTreeMap::new(),
        }
    }

    /// Takes the wanted set, if there is one, and looks. It returns why it must be called again unasked, if it must.
    fn look(&mut self) -> Option<String> {
        let wanted = lock(&self.shared.wanted).take();
        let files = wanted.unwrap_or_else(|| self.stamps.keys().cloned().collect());
        self.look_at(files)
    }

    fn look_at(&mut self, files: BTreeSet<PathBuf>) -> Option<String> {
        let mut problem = self.failure.clone();
        let mut before = None;
        // A folder may appear between the walk and its watch; then the next walk is different.
        for _ in 0..MOST_LINKS {
            let mut relevant = Relevant::default();
            let mut folders = BTreeSet::new();
            for file in &files {
                Way::to(file).into_parts(&mut folders, &mut relevant);
            }
            *lock(&self.shared.relevant) = relevant;
            if before.as_ref() == Some(&folders) {
                break;
            }
            problem = self.watch(&folders);
            if problem.is_some() {
                break;
            }
            before = Some(folders);
        }
        self.stamps = files
            .into_iter()
            .map(|file| {
                let stamp = Stamp::of(&file);
                (file, stamp)
            })
            .collect();
        problem
    }

    /// Moves the system's watches to these folders. It returns why that failed, if it did.
    ///
    /// Each is asked for anew: a folder that was replaced has its name, and not its watch.
    fn watch(&mut self, folders: &BTreeSet<PathBuf>) -> Option<String> {
        let Some(watcher) = &mut self.watcher else {
            return self.failure.clone();
        };
        let mut watched = BTreeMap::new();
        let mut problem = None;
        for folder in folders {
            // A folder that has vanished since is found on the next walk.
            let Ok(metadata) = folder.metadata() else {
                continue;
            };
            let identity = Fact::of(&metadata).identity;
            if self
                .watched
                .get(folder)
                .is_some_and(|known| *known != identity)
            {
                let _ = watcher.unwatch(folder);
            }
            match watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    watched.insert(folder.clone(), identity);
                }
                Err(error) if matches!(error.kind, notify::ErrorKind::PathNotFound) => {}
                Err(error) => problem = Some(error.to_string()),
            }
        }
        for gone in self
            .watched
            .keys()
            .filter(|folder| !folders.contains(*folder))
        {
            // A folder that was removed took its watch with it.
            let _ = watcher.unwatch(gone);
        }
        self.watched = watched;
        problem
    }
}

/// The way to a file: every folder whose entries decide which file it is.
#[derive(Debug, Default)]
pub(super) struct Way {
    /// Folders to watch, without symbolic links in them.
    folders: BTreeSet<PathBuf>,
    /// Entries of those folders that the way leads through, and its end.
    pub(super) steps: BTreeSet<PathBuf>,
    /// The end, where it is a folder.
    contents: Option<PathBuf>,
}

impl Way {
    /// Walks to `file` as the kernel does, as far as it goes.
    pub(super) fn to(file: &Path) -> Self {
        let mut way = Self::default();
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let mut ahead: Vec<OsString> = components(&file);
        let mut here = file.ancestors().last().unwrap_or(&file).to_owned();
        let mut links = 0;
        while let Some(name) = ahead.pop() {
            if name == ".." {
                here.pop();
                continue;
            }
            let step = here.join(&name);
            let metadata = fs::symlink_metadata(&step);
            let link = metadata.as_ref().is_ok_and(Metadata::is_symlink);
            if link || ahead.is_empty() || metadata.is_err() {
                way.folders.insert(here.clone());
                way.steps.insert(step.clone());
            }
            if metadata.is_err() {
                return way;
            }
            if !link {
                here = step;
                continue;
            }
            links += 1;
            let Ok(target) = fs::read_link(&step) else {
                return way;
            };
            if links > MOST_LINKS {
                return way;
            }
            if target.has_root() {
                target
                    .ancestors()
                    .last()
                    .unwrap_or(&target)
                    .clone_into(&mut here);
            }
            ahead.extend(components(&target));
        }
        way.folders.extend(here.parent().map(Path::to_owned));
        if here.is_dir() {
            way.folders.insert(here.clone());
            way.contents = Some(here.clone());
        }
        way.steps.insert(here);
        way
    }

    /// Adds to what is watched and to what matters. That a folder itself was moved or removed is told on its own watch.
    fn into_parts(self, folders: &mut BTreeSet<PathBuf>, relevant: &mut Relevant) {
        relevant.paths.extend(self.folders.iter().cloned());
        relevant.paths.extend(self.steps);
        relevant.contents.extend(self.contents);
        folders.extend(self.folders);
    }
}

/// Returns the names of a path, the last one first.
fn components(path: &Path) -> Vec<OsString> {
    let mut names: Vec<OsString> = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir))
        .map(|part| part.as_os_str().to_owned())
        .collect();
    names.reverse();
    names
}

/// What `stat` says of a file, so far as a change would show.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stamp {
    Missing,
    File(Fact),
    Folder(BTreeMap<OsString, Option<Fact>>),
}

/// One file's identity, length and times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    identity: (u64, u64),
    length: u64,
    modified: Option<std::time::SystemTime>,
    /// Time of the last change of the inode: an edit that keeps length and time still moves it.
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Self {
        match path.metadata() {
            Err(_) => Self::Missing,
            Ok(metadata) if metadata.is_dir() => {
                let entries = path.read_dir().into_iter().flatten().flatten();
                Self::Folder(
                    entries
                        .take(MOST_ENTRIES)
                        .map(|entry| {
                            let fact = entry.path().metadata().ok().map(|it| Fact::of(&it));
                            (entry.file_name(), fact)
                        })
                        .collect(),
                )
            }
            Ok(metadata) => Self::File(Fact::of(&metadata)),
        }
    }
}

impl Fact {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            identity: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            modified: metadata.modified().ok(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    #[cfg(not(unix))]
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            identity: (0, 0),
            length: metadata.len(),
            modified: metadata.modified().ok(),
            changed: (0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use notify::event::{CreateKind, DataChange, ModifyKind};
    use tempfile::TempDir;

    use super::*;

    /// A folder that is its own canonical path, as macOS' temporary folders are not.
    fn folder() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().canonicalize().expect("it is there");
        (folder, path)
    }

    struct Watched {
        watcher: FileWatcher,
        notices: mpsc::Receiver<Notice>,
    }

    fn watched<const N: usize>(files: [&Path; N]) -> Watched {
        let (watcher, notices) = FileWatcher::start(files.map(Path::to_owned).into());
        Watched { watcher, notices }
    }

    impl Watched {
        async fn changed(&mut self) -> PathBuf {
            let notice = timeout(Duration::from_secs(20), self.notices.recv())
                .await
                .expect("a change is told")
                .expect("the watcher lives");
            match notice {
                Notice::Changed(path) => path,
                Notice::Polling(reason) => panic!("no watch here: {reason}"),
            }
        }
    }

    #[tokio::test]
    async fn written_file_is_told_once() {
        let (_guard, folder) = folder();
        let (a, b) = (folder.join("a"), folder.join("b"));
        fs::write(&a, "1").expect("written");
        fs::write(&b, "1").expect("written");
        let mut watched = watched([&a, &b]);
        for text in ["22", "333", "4444"] {
            fs::write(&a, text).expect("written");
        }
        assert_eq!(watched.changed().await, a);
        fs::write(&b, "22").expect("written");
        assert_eq!(watched.changed().await, b);
    }

    #[tokio::test]
    async fn atomic_rename_over_the_file_is_told() {
        let (_guard, folder) = folder();
        let file = folder.join("config.toml");
        fs::write(&file, "1").expect("written");
        let mut watched = watched([&file]);
        for _ in 0..2 {
            fs::write(folder.join("new"), "1").expect("written");
            fs::rename(folder.join("new"), &file).expect("renamed");
            assert_eq!(watched.changed().await, file);
        }
    }

    #[tokio::test]
    async fn removed_file_is_told_and_told_again_when_it_is_back() {
        let (_guard, folder) = folder();
        let file = folder.join("ca.crt");
        fs::write(&file, "1").expect("written");
        let mut watched = watched([&file]);
        fs::remove_file(&file).expect("removed");
        assert_eq!(watched.changed().await, file);
        fs::write(&file, "1").expect("written");
        assert_eq!(watched.changed().await, file);
    }

    #[tokio::test]
    async fn swapped_link_of_a_config_map_is_told() {
        let (_guard, folder) = folder();
        for (name, text) in [("..1", "one"), ("..2", "two")] {
            fs::create_dir(folder.join(name)).expect("created");
            fs::write(folder.join(name).join("config.toml"), text).expect("written");
        }
        symlink("..1", folder.join("..data")).expect("linked");
        let file = folder.join("config.toml");
        symlink("..data/config.toml", &file).expect("linked");
        let mut watched = watched([&file]);
        symlink("..2", folder.join("..new")).expect("linked");
        fs::rename(folder.join("..new"), folder.join("..data")).expect("renamed");
        fs::remove_dir_all(folder.join("..1")).expect("removed");
        assert_eq!(watched.changed().await, file);
        fs::write(folder.join("..2").join("config.toml"), "three").expect("written");
        assert_eq!(watched.changed().await, file);
    }

    #[tokio::test]
    async fn removed_folder_is_watched_again_when_it_is_back() {
        let (_guard, folder) = folder();
        let inner = folder.join("certs").join("node");
        let file = inner.join("ca.crt");
        fs::create_dir_all(&inner).expect("created");
        fs::write(&file, "1").expect("written");
        let mut watched = watched([&file]);
        fs::remove_dir_all(folder.join("certs")).expect("removed");
        assert_eq!(watched.changed().await, file);
        fs::create_dir_all(&inner).expect("created");
        fs::write(&file, "2").expect("written");
        assert_eq!(watched.changed().await, file);
        fs::write(&file, "33").expect("written");
        assert_eq!(watched.changed().await, file);
    }

    #[tokio::test]
    async fn replaced_folder_is_watched_in_place_of_the_old() {
        let (_guard, folder) = folder();
        let inner = folder.join("certs");
        let file = inner.join("ca.crt");
        fs::create_dir(&inner).expect("created");
        fs::write(&file, "1").expect("written");
        let mut watched = watched([&file]);
        fs::rename(&inner, folder.join("old")).expect("renamed");
        fs::create_dir(&inner).expect("created");
        fs::write(&file, "2").expect("written");
        assert_eq!(watched.changed().await, file);
        fs::write(&file, "33").expect("written");
        assert_eq!(watched.changed().await, file);
    }

    #[tokio::test]
    async fn folder_counts_as_what_lies_in_it() {
        let (_guard, folder) = folder();
        fs::write(folder.join("a.toml"), "1").expect("written");
        let mut watched = watched([&folder]);
        fs::write(folder.join("b.toml"), "1").expect("written");
        assert_eq!(watched.changed().await, folder);
        fs::write(folder.join("a.toml"), "22").expect("written");
        assert_eq!(watched.changed().await, folder);
    }

    #[tokio::test]
    async fn new_set_of_files_replaces_the_old() {
        let (_guard, folder) = folder();
        let (a, b) = (folder.join("a"), folder.join("b"));
        fs::write(&a, "1").expect("written");
        let mut watched = watched([&a]);
        watched.watcher.set([b.clone()].into());
        // When the new set counts is the watcher's own affair: change both until one is told.
        for text in 0..100 {
            fs::write(&a, text.to_string()).expect("written");
            fs::write(&b, text.to_string()).expect("written");
            if let Ok(notice) = timeout(DEBOUNCE * 2, watched.notices.recv()).await
                && notice == Some(Notice::Changed(b.clone()))
            {
                fs::write(&a, "no more").expect("written");
                fs::write(&b, "once more").expect("written");
                assert_eq!(watched.changed().await, b);
                return;
            }
        }
        panic!("the new set never counted");
    }

    #[tokio::test]
    async fn without_a_watch_files_are_polled_and_that_is_said() {
        let (_guard, folder) = folder();
        let file = folder.join("a");
        fs::write(&file, "1").expect("written");
        let shared = Arc::new(Shared::default());
        let mut sight = Sight::new(Arc::clone(&shared));
        sight.watcher = None;
        sight.failure = Some("the limit of watches is reached".to_owned());
        let polling = sight.look_at([file.clone()].into());
        let (sender, mut notices) = mpsc::channel(CHANNEL);
        let task = tokio::spawn(run(shared, sight, polling, sender));
        assert_eq!(
            notices.recv().await,
            Some(Notice::Polling(
                "the limit of watches is reached".to_owned()
            ))
        );
        fs::write(&file, "22").expect("written");
        assert_eq!(notices.recv().await, Some(Notice::Changed(file)));
        task.abort();
    }

    #[test]
    fn neighbours_and_readers_wake_nobody() {
        let (_guard, folder) = folder();
        let file = folder.join("a");
        fs::write(&file, "1").expect("written");
        let shared = Arc::new(Shared::default());
        let mut sight = Sight::new(Arc::clone(&shared));
        assert_eq!(sight.look_at([file.clone()].into()), None);
        sight.watcher = None;
        let woken = |kind: EventKind, path: &Path| {
            let quiet = Arc::new(Shared::default());
            *lock(&quiet.relevant) = std::mem::take(&mut *lock(&shared.relevant));
            quiet.take(&Ok(notify::Event::new(kind).add_path(path.to_owned())));
            *lock(&shared.relevant) = std::mem::take(&mut *lock(&quiet.relevant));
            let mut waiting = Box::pin(quiet.wake.notified());
            waiting.as_mut().enable()
        };
        let written = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let opened = EventKind::Access(AccessKind::Open(AccessMode::Any));
        let closed = EventKind::Access(AccessKind::Close(AccessMode::Write));
        assert!(woken(written, &file));
        assert!(woken(closed, &file));
        assert!(woken(EventKind::Create(CreateKind::File), &file));
        assert!(!woken(opened, &file));
        assert!(!woken(written, &folder.join("neighbour")));
    }

    #[test]
    fn endless_chain_of_links_ends() {
        let (_guard, folder) = folder();
        symlink("b", folder.join("a")).expect("linked");
        symlink("a", folder.join("b")).expect("linked");
        let way = Way::to(&folder.join("a"));
        assert_eq!(way.folders, [folder].into());
    }
}
