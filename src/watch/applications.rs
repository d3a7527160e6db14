//! Watches trees of application files: each file is told when it is there, when it is another one, and when it is gone.
//!
//! A file that is saved is read within `LONGEST_DEBOUNCE`, and no other file is. It watches folders, as editors and Kubernetes replace files
//! and do not write into them. Where the system gives no watch, it looks every `POLL_INTERVAL`, and says so. What a file says is not
//! judged here: whoever watches brings a function for that, which runs on the watcher's own threads.
#![expect(clippy::disallowed_methods, reason = "watching files is the job")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use globset::{GlobBuilder, GlobMatcher};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::files::{Fact, POLL_INTERVAL, Way, is_read};
use super::tree::{self, Entry, Looked, Selection};

/// Quiet time that ends a save.
const DEBOUNCE: Duration = Duration::from_millis(15);
/// Longest time that a save is held back: with reading and judging it is on the screen in 100 ms.
const LONGEST_DEBOUNCE: Duration = Duration::from_millis(60);
/// How long a file may be away before it is gone: an editor that renames it away puts the new one in its place.
const ABSENCE: Duration = Duration::from_millis(60);
/// Shortest time between two listings; a listing that takes longer rests ten times as long.
const LISTING_REST: Duration = Duration::from_millis(250);
/// Most files that are watched.
const MOST_FILES: usize = 20_000;
/// Paths of one burst that are told apart; beyond it everything is looked at.
const MOST_DIRTY: usize = 4_096;
/// What is told and waits for whoever listens.
const CHANNEL: usize = 256;
/// Stack of a thread that parses: nesting is bounded, and so is what it takes.
const STACK: usize = 8 * 1024 * 1024;
/// Most threads that read at once.
const MOST_READERS: usize = 4;
/// What makes a path a glob.
const GLOB: [char; 4] = ['*', '?', '[', '{'];

/// What is to be watched.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Files, folders and globs.
    pub paths: Vec<PathBuf>,
    /// What names of files are relative to, where all of them lie under it.
    pub here: PathBuf,
    /// Which files of a folder count.
    pub selection: Selection,
}

/// What becomes of a file that was looked at; `None` where nothing in it concerns anybody.
pub type Judge<T> = Arc<dyn Fn(&Entry, Looked) -> Option<T> + Send + Sync>;

/// What is told.
#[derive(Debug)]
pub enum Told<T> {
    /// A file is there, or is another one than before.
    Seen {
        /// The file.
        entry: Entry,
        /// What was made of it.
        value: T,
        /// Whether it appeared or changed; `false` while everything is read for the first time.
        is_news: bool,
    },
    /// A file that was told is gone, or concerns nobody any more; by its name.
    Gone(Arc<str>),
    /// The trees were listed.
    Listed(Listed),
}

/// What a listing came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// What names are relative to.
    pub base: PathBuf,
    /// How many files were looked at.
    pub files: usize,
    /// What could not be listed: name and reason.
    pub troubles: Vec<(String, String)>,
    /// Why files are looked at every [`POLL_INTERVAL`], where they are.
    pub polling: Option<String>,
}

/// Looks at everything once, and returns it in the order of names.
pub fn look_once<T: Send>(wanted: &Wanted, judge: &Judge<T>) -> (Listed, Vec<(Entry, T)>) {
    let plan = Plan::of(wanted);
    let (entries, _, listed) = plan.list();
    let seen = Mutex::new(Vec::new());
    read(
        &entries.iter().collect::<Vec<_>>(),
        judge,
        &|entry, value| {
            if let Some(value) = value {
                lock(&seen).push((entry.clone(), value));
            }
            true
        },
    );
    let mut seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    seen.sort_by(|(one, _), (two, _)| one.cmp(two));
    (listed, seen)
}

/// Watches trees until it is dropped.
pub struct ApplicationWatcher<T> {
    shared: Arc<Shared<T>>,
    task: JoinHandle<()>,
}

impl<T> fmt::Debug for ApplicationWatcher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationWatcher").finish_non_exhaustive()
    }
}

impl<T: Send + 'static> ApplicationWatcher<T> {
    /// Begins to watch. Every file that is there is told first.
    ///
    /// It must be called within a tokio runtime with time.
    pub fn start(wanted: Wanted, judge: Judge<T>) -> (Self, mpsc::Receiver<Told<T>>) {
        let shared = Arc::new(Shared::default());
        let hears = Arc::clone(&shared);
        let watcher = notify::recommended_watcher(move |event| hears.take(&event));
        Self::start_with(
            shared,
            watcher.map_err(|error| problem(&error)),
            wanted,
            judge,
        )
    }

    fn start_with(
        shared: Arc<Shared<T>>,
        watcher: Result<RecommendedWatcher, String>,
        wanted: Wanted,
        judge: Judge<T>,
    ) -> (Self, mpsc::Receiver<Told<T>>) {
        let (sender, receiver) = mpsc::channel(CHANNEL);
        *lock(&shared.wanted) = Some((wanted, Arc::clone(&judge)));
        let sight = Sight {
            shared: Arc::clone(&shared),
            watcher,
            sender,
            judge,
            plan: Plan::default(),
            entries: BTreeMap::new(),
            ways: BTreeMap::new(),
            folders: BTreeMap::new(),
            told: BTreeMap::new(),
            is_news: false,
            listed: None,
            rest_until: Instant::now(),
            listing_due: Some(Instant::now()),
            polling: None,
        };
        let task = tokio::spawn(run(Arc::clone(&shared), sight));
        (Self { shared, task }, receiver)
    }

    /// Watches something else from now on, or judges otherwise. Everything is read again.
    pub fn set(&self, wanted: Wanted, judge: Judge<T>) {
        *lock(&self.shared.wanted) = Some((wanted, judge));
        self.shared.wake.notify_one();
    }
}

impl<T> Drop for ApplicationWatcher<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the system's thread, the watcher's task and its owner share.
struct Shared<T> {
    wake: Notify,
    dirty: Mutex<Dirty>,
    wanted: Mutex<Option<(Wanted, Judge<T>)>>,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self {
            wake: Notify::new(),
            dirty: Mutex::default(),
            wanted: Mutex::new(None),
        }
    }
}

/// What the system said since somebody looked.
#[derive(Debug, Default)]
struct Dirty {
    paths: BTreeSet<PathBuf>,
    /// Whether events were lost.
    all: bool,
}

impl<T> Shared<T> {
    /// Takes an event of the system, on the system's own thread.
    fn take(&self, event: &notify::Result<notify::Event>) {
        let mut dirty = lock(&self.dirty);
        match event {
            // Reading a file, which we do ourselves, changes nothing.
            Ok(event) if is_read(event.kind) => return,
            Ok(event) if !event.need_rescan() && !event.paths.is_empty() => {
                if dirty.paths.len() + event.paths.len() > MOST_DIRTY {
                    dirty.all = true;
                } else {
                    dirty.paths.extend(event.paths.iter().cloned());
                }
            }
            Ok(_) | Err(_) => dirty.all = true,
        }
        drop(dirty);
        self.wake.notify_one();
    }
}

/// Locks, also after a panic elsewhere: the data are plain sets.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says why the system gives no watch, and what to do where it is a limit.
fn problem(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "the limit of watches is reached (sysctl fs.inotify.max_user_watches)".to_owned()
        }
        notify::ErrorKind::Io(error) if error.raw_os_error() == Some(24) => {
            "the limit of watchers is reached (sysctl fs.inotify.max_user_instances)".to_owned()
        }
        notify::ErrorKind::Generic(_)
        | notify::ErrorKind::Io(_)
        | notify::ErrorKind::PathNotFound
        | notify::ErrorKind::WatchNotFound
        | notify::ErrorKind::InvalidConfig(_) => crate::text::printable(&error.to_string()),
    }
}

/// Waits for changes and tells them, until nobody listens.
async fn run<T: Send + 'static>(shared: Arc<Shared<T>>, mut sight: Sight<T>) {
    loop {
        // Files may lie on a share that hangs; that must not hold up the runtime.
        let passed = tokio::task::spawn_blocking(move || {
            let goes_on = sight.pass();
            (sight, goes_on)
        });
        let Ok((seen, true)) = passed.await else {
            return;
        };
        sight = seen;
        let woken = if let Some(rest) = sight.rest() {
            timeout(rest, shared.wake.notified()).await.is_ok()
        } else {
            shared.wake.notified().await;
            true
        };
        if woken {
            settle(&shared.wake).await;
        }
    }
}

/// Waits until a save is over, but not for ever.
async fn settle(wake: &Notify) {
    let deadline = tokio::time::Instant::now() + LONGEST_DEBOUNCE;
    let quiet = || async { timeout(DEBOUNCE, wake.notified()).await.is_err() };
    while tokio::time::Instant::now() < deadline && !quiet().await {}
}

/// Reads files on threads of their own and hands over what became of each, until somebody says that it is enough.
fn read<T: Send>(
    entries: &[&Entry],
    judge: &Judge<T>,
    tell: &(dyn Fn(&Entry, Option<T>) -> bool + Sync),
) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(entry) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
            let value = judge(entry, tree::look_at(entry));
            if !tell(entry, value) {
                next.store(entries.len(), Ordering::Relaxed);
            }
        }
    };
    let readers = std::thread::available_parallelism().map_or(1, usize::from);
    let readers = readers.min(MOST_READERS).min(entries.len());
    std::thread::scope(|scope| {
        for _ in 0..readers {
            let builder = std::thread::Builder::new().stack_size(STACK);
            if builder.spawn_scoped(scope, work).is_err() {
                // No thread to be had: what others read is read later.
                break;
            }
        }
    });
}

/// What is watched, taken apart.
#[derive(Debug, Default)]
struct Plan {
    here: PathBuf,
    selection: Selection,
    roots: Vec<Root>,
    /// Globs that are none, and why.
    wrong: Vec<(String, String)>,
}

/// Where a walk begins, and what of it counts.
#[derive(Debug)]
struct Root {
    path: PathBuf,
    glob: Option<GlobMatcher>,
}

impl Plan {
    fn of(wanted: &Wanted) -> Self {
        let mut plan = Self {
            here: wanted.here.clone(),
            selection: wanted.selection.clone(),
            ..Self::default()
        };
        for path in &wanted.paths {
            let path = tree::plain(&wanted.here.join(path));
            match root(path) {
                Ok(root) => plan.roots.push(root),
                Err(wrong) => plan.wrong.push(wrong),
            }
        }
        if !(plan.roots.iter()).all(|root| root.path.starts_with(&plan.here)) {
            // Names must stay what they are while one of the paths is away: the base is made from all of them.
            let mut folders = (plan.roots.iter()).map(|root| {
                let is_folder = root.glob.is_some() || root.path.is_dir();
                let parent = root.path.parent().filter(|_| !is_folder);
                parent.unwrap_or(&root.path).to_owned()
            });
            let mut common = folders.next().unwrap_or_default();
            for folder in folders {
                while !folder.starts_with(&common) && common.pop() {}
            }
            plan.here = common;
        }
        plan
    }

    /// Lists what there is: the files, the folders to watch by their real paths with the names that files in them have, and what was in the way.
    fn list(&self) -> (Vec<Entry>, BTreeMap<PathBuf, PathBuf>, Listed) {
        let mut listed = Listed {
            base: self.here.clone(),
            troubles: self.wrong.clone(),
            ..Listed::default()
        };
        let mut paths = Vec::new();
        for root in &self.roots {
            if root.path.exists() {
                paths.push(root.path.clone());
            } else {
                let name = root.path.strip_prefix(&self.here).unwrap_or(&root.path);
                let name = crate::text::printable(&name.to_string_lossy());
                listed.troubles.push((name, "it is not there".to_owned()));
            }
        }
        paths.sort();
        paths.dedup();
        if paths.is_empty() {
            return (Vec::new(), BTreeMap::new(), listed);
        }
        let listing = match tree::list(&paths, &self.here, &self.selection) {
            Ok(listing) => listing,
            Err(error) => {
                listed.troubles.push((String::new(), error.to_string()));
                return (Vec::new(), BTreeMap::new(), listed);
            }
        };
        listed.base = listing.base;
        listed.troubles.extend(listing.troubles);
        let mut entries = listing.entries;
        entries.retain(|entry| self.roots.iter().any(|root| root.holds(&entry.path)));
        if entries.len() > MOST_FILES {
            let left_out = entries.len() - MOST_FILES;
            entries.truncate(MOST_FILES);
            let reason = format!("{left_out} more files are not watched: there are too many");
            listed.troubles.push((String::new(), reason));
        }
        listed.files = entries.len();
        let parents = entries.iter().filter_map(|entry| entry.path.parent());
        let folders = listing.folders.iter().map(PathBuf::as_path).chain(parents);
        let folders: BTreeSet<&Path> = folders.collect();
        let folders = folders
            .into_iter()
            .filter_map(|folder| Some((folder.canonicalize().ok()?, folder.to_owned())))
            .collect();
        (entries, folders, listed)
    }
}

impl Root {
    fn holds(&self, path: &Path) -> bool {
        match &self.glob {
            Some(glob) => glob.is_match(path),
            None => path.starts_with(&self.path),
        }
    }
}

/// Takes a path apart: a glob begins at the last folder before its first wildcard.
fn root(path: PathBuf) -> Result<Root, (String, String)> {
    let text = path.to_string_lossy();
    if !text.contains(GLOB) || path.exists() {
        return Ok(Root { path, glob: None });
    }
    let glob = GlobBuilder::new(&text).literal_separator(true).build();
    match glob {
        Ok(glob) => Ok(Root {
            glob: Some(glob.compile_matcher()),
            path: path
                .components()
                .take_while(|part| !part.as_os_str().to_string_lossy().contains(GLOB))
                .collect(),
        }),
        Err(error) => Err((
            crate::text::printable(&text),
            crate::text::printable(&error.to_string()),
        )),
    }
}

/// What is known of the trees, and the system's watches on their folders.
struct Sight<T> {
    shared: Arc<Shared<T>>,
    watcher: Result<RecommendedWatcher, String>,
    sender: mpsc::Sender<Told<T>>,
    judge: Judge<T>,
    plan: Plan,
    /// The files, by path, and what `stat` said before each was read; `None` must be read.
    entries: BTreeMap<PathBuf, (Entry, Option<Fact>)>,
    /// Steps on the way to files and roots that symbolic links lead to, and the files behind each.
    ways: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// The watched folders by their real paths, and as files in them are named.
    folders: BTreeMap<PathBuf, PathBuf>,
    /// Names that were told, by path.
    told: BTreeMap<PathBuf, Arc<str>>,
    /// Whether everything was read once.
    is_news: bool,
    listed: Option<Listed>,
    /// No listing before.
    rest_until: Instant,
    /// When the trees must be listed, where they must.
    listing_due: Option<Instant>,
    /// Why everything is looked at again and again.
    polling: Option<String>,
}

impl<T: Send + 'static> Sight<T> {
    /// Returns how long nothing is to be done unless something happens; `None` is for ever.
    fn rest(&self) -> Option<Duration> {
        let due = self.listing_due.map(|due| due.max(self.rest_until));
        let due = due.map(|due| due.saturating_duration_since(Instant::now()));
        match (due, &self.polling) {
            (Some(due), Some(_)) => Some(due.min(POLL_INTERVAL)),
            (None, Some(_)) => Some(POLL_INTERVAL),
            (due, None) => due,
        }
    }

    /// Looks at what changed and tells it; false where nobody listens.
    fn pass(&mut self) -> bool {
        let now = Instant::now();
        if let Some((wanted, judge)) = lock(&self.shared.wanted).take() {
            self.plan = Plan::of(&wanted);
            self.judge = judge;
            for (_, stamp) in self.entries.values_mut() {
                *stamp = None;
            }
            self.listing_due = Some(now);
            self.rest_until = now;
            self.is_news = false;
        }
        let dirty = std::mem::take(&mut *lock(&self.shared.dirty));
        if dirty.all {
            self.listing_due = Some(now);
        }
        let mut changed = BTreeSet::new();
        for path in dirty.paths {
            if !self.meet(&path, &mut changed) && self.listing_due.is_none() {
                self.listing_due = Some(now);
            }
        }
        if self.polling.is_some() && self.listing_due.is_none() && changed.is_empty() {
            self.listing_due = Some(now);
        }
        // What was saved comes before what may have appeared.
        if !self.read(&changed) {
            return false;
        }
        let now = Instant::now();
        if self
            .listing_due
            .is_some_and(|due| due.max(self.rest_until) <= now)
        {
            return self.list();
        }
        true
    }

    /// Notes what an event's path is about; false where no file is known by it.
    fn meet(&self, path: &Path, changed: &mut BTreeSet<PathBuf>) -> bool {
        let mut known = false;
        if let (Some(folder), Some(name)) = (path.parent(), path.file_name()) {
            let listed = self.folders.get(folder).map(|folder| folder.join(name));
            if let Some(path) = listed.filter(|path| self.entries.contains_key(path)) {
                changed.insert(path);
                known = true;
            }
        }
        // Of a step on the way nobody knows where it leads now.
        if let Some(behind) = self.ways.get(path) {
            changed.extend(behind.iter().cloned());
        }
        known
    }

    /// Reads these files and tells what became of them; false where nobody listens.
    fn read(&mut self, paths: &BTreeSet<PathBuf>) -> bool {
        let mut present = Vec::new();
        for path in paths {
            let Some((entry, stamp)) = self.entries.get_mut(path) else {
                continue;
            };
            if let Ok(metadata) = path.metadata() {
                *stamp = Some(Fact::of(&metadata));
                present.push(entry.clone());
            } else {
                // It may be back in a moment, under the same name.
                *stamp = None;
                let due = Instant::now() + ABSENCE;
                self.listing_due = Some(self.listing_due.map_or(due, |known| known.max(due)));
            }
        }
        if present.is_empty() {
            return true;
        }
        let sender = &self.sender;
        let told = Mutex::new(std::mem::take(&mut self.told));
        let goes_on = Mutex::new(true);
        let is_news = self.is_news;
        let entries: Vec<&Entry> = present.iter().collect();
        read(&entries, &self.judge, &|entry, value| {
            let message = match value {
                Some(value) => {
                    lock(&told).insert(entry.path.clone(), Arc::clone(&entry.name));
                    Some(Told::Seen {
                        entry: entry.clone(),
                        value,
                        is_news,
                    })
                }
                None => lock(&told).remove(&entry.path).map(Told::Gone),
            };
            let sent = message.is_none_or(|message| sender.blocking_send(message).is_ok());
            *lock(&goes_on) &= sent;
            sent
        });
        self.told = told.into_inner().unwrap_or_else(PoisonError::into_inner);
        goes_on.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists the trees, moves the watches, and looks at what is new or another; false where nobody listens.
    fn list(&mut self) -> bool {
        let began = Instant::now();
        self.listing_due = None;
        let (found, folders, mut listed) = self.plan.list();
        let ways = self.ways(&found);
        self.watch(folders, &ways.keys().cloned().collect());
        self.ways = ways;
        listed.polling.clone_from(&self.polling);
        let mut former = std::mem::take(&mut self.entries);
        let mut changed = BTreeSet::new();
        for entry in found {
            let path = entry.path.clone();
            let known = former.remove(&path);
            let is_renamed = known
                .as_ref()
                .is_some_and(|(old, _)| old.name != entry.name);
            let stamp = known.and_then(|(_, stamp)| stamp).filter(|_| !is_renamed);
            let now = path.metadata().ok().map(|metadata| Fact::of(&metadata));
            if stamp.is_none() || stamp != now {
                changed.insert(path.clone());
            }
            self.entries.insert(path, (entry, stamp));
        }
        for path in former.into_keys() {
            if let Some(name) = self.told.remove(&path)
                && self.sender.blocking_send(Told::Gone(name)).is_err()
            {
                return false;
            }
        }
        self.rest_until = Instant::now() + LISTING_REST.max(began.elapsed() * 10);
        if self.listed.as_ref() != Some(&listed) {
            self.listed = Some(listed.clone());
            if self.sender.blocking_send(Told::Listed(listed)).is_err() {
                return false;
            }
        }
        let goes_on = self.read(&changed);
        self.is_news = true;
        goes_on
    }

    /// Walks to every root, and to every file that symbolic links lead to.
    fn ways(&self, found: &[Entry]) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
        let mut ways: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
        for root in &self.plan.roots {
            for step in Way::to(&root.path).steps {
                ways.entry(step).or_default();
            }
        }
        for entry in found {
            if entry.is_named || entry.path.is_symlink() {
                for step in Way::to(&entry.path).steps {
                    ways.entry(step).or_default().insert(entry.path.clone());
                }
            }
        }
        ways
    }

    /// Moves the system's watches to these folders, and to those in which steps on a way lie.
    fn watch(&mut self, mut folders: BTreeMap<PathBuf, PathBuf>, steps: &BTreeSet<PathBuf>) {
        for parent in steps.iter().filter_map(|step| step.parent()) {
            if !folders.contains_key(parent) {
                folders.insert(parent.to_owned(), parent.to_owned());
            }
        }
        match &mut self.watcher {
            Err(reason) => self.polling = Some(reason.clone()),
            Ok(watcher) => {
                self.polling = None;
                for gone in self.folders.keys().filter(|it| !folders.contains_key(*it)) {
                    // A folder that was removed took its watch with it.
                    let _ = watcher.unwatch(gone);
                }
                for folder in folders.keys() {
                    // Each is asked for anew: a folder that was replaced has its name, and not its watch.
                    match watcher.watch(folder, RecursiveMode::NonRecursive) {
                        Ok(()) => {}
                        Err(error) if matches!(error.kind, notify::ErrorKind::PathNotFound) => {}
                        Err(error) => {
                            self.polling = Some(problem(&error));
                            break;
                        }
                    }
                }
            }
        }
        self.folders = folders;
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    const BAD: &str = "DATABASE_URL=postgresql://app@db.example.com/x?sslmode=disable\n";
    const GOOD: &str = "DATABASE_URL=postgresql://app@db.example.com/x?sslmode=verify-full\n";

    struct Watched {
        watcher: ApplicationWatcher<String>,
        told: mpsc::Receiver<Told<String>>,
        /// What was read, by name: each look at a file is one entry.
        looks: Arc<Mutex<Vec<String>>>,
        folder: TempDir,
    }

    /// Judges a file by its text.
    fn judge(looks: &Arc<Mutex<Vec<String>>>) -> Judge<String> {
        let looks = Arc::clone(looks);
        Arc::new(move |entry, looked| {
            lock(&looks).push(entry.name.to_string());
            looked.observation.reading.seen()?;
            Some(looked.text)
        })
    }

    fn wanted(folder: &Path, paths: &[&str]) -> Wanted {
        Wanted {
            paths: paths.iter().map(PathBuf::from).collect(),
            here: folder.to_owned(),
            selection: Selection::default(),
        }
    }

    impl Watched {
        fn start(paths: &[&str], files: &[(&str, &str)]) -> Self {
            Self::start_with(paths, files, None)
        }

        fn start_with(paths: &[&str], files: &[(&str, &str)], failure: Option<&str>) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            for (name, text) in files {
                let path = folder.path().join(name);
                fs::create_dir_all(path.parent().expect("a folder")).expect("created");
                fs::write(path, text).expect("written");
            }
            Self::start_in(folder, paths, failure)
        }

        fn start_in(folder: TempDir, paths: &[&str], failure: Option<&str>) -> Self {
            let looks = Arc::default();
            let wanted = wanted(folder.path(), paths);
            let (watcher, told) = match failure {
                None => ApplicationWatcher::start(wanted, judge(&looks)),
                Some(reason) => ApplicationWatcher::start_with(
                    Arc::default(),
                    Err(reason.to_owned()),
                    wanted,
                    judge(&looks),
                ),
            };
            Self {
                watcher,
                told,
                looks,
                folder,
            }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.path(name), text).expect("written");
        }

        /// Returns the next file that is told, with its text; `None` where it is gone.
        async fn next(&mut self) -> (String, Option<String>) {
            loop {
                let told = timeout(Duration::from_secs(10), self.told.recv());
                match told.await.expect("something is told").expect("it lives") {
                    Told::Seen { entry, value, .. } => {
                        return (entry.name.to_string(), Some(value));
                    }
                    Told::Gone(name) => return (name.to_string(), None),
                    Told::Listed(_) => {}
                }
            }
        }

        async fn listed(&mut self) -> Listed {
            loop {
                let told = timeout(Duration::from_secs(10), self.told.recv());
                if let Told::Listed(listed) = told.await.expect("it is told").expect("it lives") {
                    return listed;
                }
            }
        }
    }

    fn seen(name: &str, text: &str) -> (String, Option<String>) {
        (name.to_owned(), Some(text.to_owned()))
    }

    fn gone(name: &str) -> (String, Option<String>) {
        (name.to_owned(), None)
    }

    #[tokio::test]
    async fn saved_file_is_read_within_a_tenth_of_a_second_and_no_other_is() {
        let files = [("app/.env", BAD), ("app/other.env", BAD)];
        let mut watched = Watched::start(&["app"], &files);
        watched.next().await;
        watched.next().await;
        lock(&watched.looks).clear();
        let saved = Instant::now();
        watched.write("app/.env", GOOD);
        assert_eq!(watched.next().await, seen("app/.env", GOOD));
        // Generous: the machine may be busy.
        assert!(
            saved.elapsed() < Duration::from_millis(500),
            "{:?}",
            saved.elapsed()
        );
        assert_eq!(*lock(&watched.looks), ["app/.env"]);
    }

    #[tokio::test]
    async fn editors_replace_files_and_rename_them_away() {
        let mut watched = Watched::start(&["app"], &[("app/.env", BAD)]);
        assert_eq!(watched.next().await, seen("app/.env", BAD));
        let path = watched.path("app/.env");
        // As vim does with a backup.
        fs::rename(&path, watched.path("app/.env~")).expect("renamed");
        watched.write("app/.env", GOOD);
        fs::remove_file(watched.path("app/.env~")).expect("removed");
        assert_eq!(watched.next().await, seen("app/.env", GOOD));
        // As most others do.
        watched.write("app/.new", BAD);
        fs::rename(watched.path("app/.new"), &path).expect("renamed");
        assert_eq!(watched.next().await, seen("app/.env", BAD));
    }

    #[tokio::test]
    async fn files_and_folders_appear_and_vanish() {
        let mut watched = Watched::start(&["."], &[("a.env", BAD)]);
        assert_eq!(watched.next().await, seen("a.env", BAD));
        fs::create_dir_all(watched.path("deploy/prod")).expect("created");
        watched.write("deploy/prod/b.env", BAD);
        assert_eq!(watched.next().await, seen("deploy/prod/b.env", BAD));
        watched.write("deploy/prod/b.env", GOOD);
        assert_eq!(watched.next().await, seen("deploy/prod/b.env", GOOD));
        fs::remove_dir_all(watched.path("deploy")).expect("removed");
        assert_eq!(watched.next().await, gone("deploy/prod/b.env"));
        watched.write("a.env", "NOTHING=1\n");
        let told = watched.next().await;
        assert!(
            told == gone("a.env") || told == seen("a.env", "NOTHING=1\n"),
            "{told:?}"
        );
    }

    #[tokio::test]
    async fn folder_that_is_not_there_is_told_and_watched_when_it_comes() {
        let mut watched = Watched::start(&["app", "other"], &[("other/a.env", BAD)]);
        let listed = watched.listed().await;
        assert_eq!(
            listed.troubles,
            [("app".to_owned(), "it is not there".to_owned())]
        );
        assert_eq!(watched.next().await, seen("other/a.env", BAD));
        fs::create_dir(watched.path("app")).expect("created");
        watched.write("app/b.env", BAD);
        assert_eq!(watched.next().await, seen("app/b.env", BAD));
        fs::remove_dir_all(watched.path("app")).expect("removed");
        assert_eq!(watched.next().await, gone("app/b.env"));
    }

    #[tokio::test]
    async fn swapped_config_map_is_the_same_file_with_another_text() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [("..2026_1", BAD), ("..2026_2", GOOD)] {
            fs::create_dir(folder.path().join(name)).expect("created");
            fs::write(folder.path().join(name).join("app.env"), text).expect("written");
        }
        symlink("..2026_1", folder.path().join("..data")).expect("linked");
        symlink("..data/app.env", folder.path().join("app.env")).expect("linked");
        let mut watched = Watched::start_in(folder, &["."], None);
        assert_eq!(watched.next().await, seen("app.env", BAD));
        symlink("..2026_2", watched.path("..new")).expect("linked");
        fs::rename(watched.path("..new"), watched.path("..data")).expect("renamed");
        fs::remove_dir_all(watched.path("..2026_1")).expect("removed");
        assert_eq!(watched.next().await, seen("app.env", GOOD));
    }

    #[tokio::test]
    async fn glob_takes_what_it_names_and_nothing_else() {
        let files = [("a/x.env", BAD), ("a/b/x.env", BAD), ("a/x.ini", BAD)];
        let mut watched = Watched::start(&["a/*.env"], &files);
        assert_eq!(watched.next().await, seen("a/x.env", BAD));
        watched.write("a/y.env", BAD);
        assert_eq!(watched.next().await, seen("a/y.env", BAD));
        assert!(lock(&watched.looks).iter().all(|name| name != "a/b/x.env"));
    }

    #[tokio::test]
    async fn without_watches_it_looks_every_so_often_and_says_so() {
        let mut watched = Watched::start_with(&["."], &[("a.env", BAD)], Some("no more watches"));
        let listed = watched.listed().await;
        assert_eq!(listed.polling.as_deref(), Some("no more watches"));
        assert_eq!(watched.next().await, seen("a.env", BAD));
        watched.write("a.env", GOOD);
        // Looks are two seconds apart; this one is asked for.
        watched.watcher.shared.wake.notify_one();
        assert_eq!(watched.next().await, seen("a.env", GOOD));
    }

    #[tokio::test]
    async fn another_judge_reads_everything_again() {
        let mut watched = Watched::start(&["."], &[("a.env", BAD)]);
        watched.next().await;
        let wanted = wanted(watched.folder.path(), &["."]);
        watched
            .watcher
            .set(wanted, Arc::new(|_, _| Some("other".to_owned())));
        assert_eq!(watched.next().await, seen("a.env", "other"));
    }

    #[test]
    fn one_look_returns_everything_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.env", "a.env"] {
            fs::write(folder.path().join(name), BAD).expect("written");
        }
        let looks = Arc::default();
        let (listed, seen) = look_once(&wanted(folder.path(), &["."]), &judge(&looks));
        let names: Vec<&str> = seen.iter().map(|(entry, _)| &*entry.name).collect();
        assert_eq!((listed.files, names), (2, vec!["a.env", "b.env"]));
    }

    #[test]
    fn names_begin_where_all_paths_meet() {
        let plan = |paths: &[&str]| Plan::of(&wanted(Path::new("/etc/verifull"), paths)).here;
        assert_eq!(
            plan(&["app", "/etc/verifull/x"]),
            Path::new("/etc/verifull")
        );
        assert_eq!(
            plan(&["/srv/none/a", "/srv/none/b/*.env"]),
            Path::new("/srv/none")
        );
        assert_eq!(plan(&["/srv/none/a.env"]), Path::new("/srv/none"));
    }
}
