//! `verifull`: the dashboard, wired up: configuration, probes, store and terminal.
//!
//! One task owns the state, one starts and stops probes, and the loop of `terminal` owns the screen. None of them
//! shares anything but messages. It judges nothing and draws nothing.
#![expect(
    clippy::disallowed_methods,
    reason = "the door reads the clock and starts tasks"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::{mpsc, watch as latest};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::application_files::{self, Mending};
use super::configuration;
use crate::audit::FileReport;
use crate::config::{Config, ConfigError, Limits};
use crate::endpoint::Endpoint;
use crate::observation::certificate_file::CertificateDirectory;
use crate::probe::Prober;
use crate::scheduler::Scheduler;
use crate::store::{Event, FileLook, Snapshot, State, Watching};
use crate::terminal::{self, Exit, Order, Wires};
use crate::tui::{Message, Options};
use crate::watch::applications::{ApplicationWatcher, Told};
use crate::watch::edit::{self, Replaced};
use crate::watch::{
    certificates,
    files::{FileWatcher, Notice},
    load_config,
};

mod themes;

/// Events that may wait for the store. A thousand endpoints answer at once at the start; what comes on top waits its turn.
const WAITING_EVENTS: usize = 1024;

/// Time between two snapshots: the screen shows ten a second at most.
const PUBLISHING: Duration = Duration::from_millis(100);

/// Time after which everything is judged anew though nobody probed: certificates expire to the second, and the screen's
/// own times count minutes.
const JUDGING: Duration = Duration::from_mins(1);

/// How long the end waits for what cannot be cancelled, such as a name that is being resolved.
const LEAVING: Duration = Duration::from_millis(200);

/// Opens the dashboard and returns the exit code. `watched` is the file to read again whenever it is saved.
pub(super) fn run(config: Config, watched: Option<&Path>) -> anyhow::Result<u8> {
    application_files::judge(&config)
        .map_err(|errors| configuration::unusable(&config.path, &errors))?;
    // Probes wait for the network nearly all the time, and a thousand handshakes cost a fifth of a second: one thread.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let exit = runtime.block_on(open(Arc::new(config), watched));
    runtime.shutdown_timeout(LEAVING);
    exit.map(Exit::code)
}

/// Wires everything up and runs the loop. The first frame is drawn before the first probe is started.
async fn open(config: Arc<Config>, watched: Option<&Path>) -> anyhow::Result<Exit> {
    let surroundings = terminal::surroundings().context("cannot tell the terminal's size")?;
    let mut state = State::default();
    state.apply(Event::ConfigLoaded {
        config: Arc::clone(&config),
        at: Timestamp::now(),
    });
    let (publisher, snapshots) = latest::channel(state.snapshot());
    let (events, told) = mpsc::channel(WAITING_EVENTS);
    let (messages, told_messages) = mpsc::channel(16);
    let (orders, asked) = mpsc::unbounded_channel();

    let (themes, problems) = themes::load(config.ui.theme_dir.as_deref());
    for problem in problems {
        // The queue is empty and longer than any list of themes that somebody would look through.
        let _ = messages.try_send(Message::Toast(problem));
    }
    let options = Options {
        time_zone: TimeZone::system(),
        themes,
        theme: config.ui.theme.clone(),
        ground: surroundings.ground,
        colours: surroundings.colours,
        ascii: config.ui.ascii,
        mouse: config.ui.mouse.unwrap_or(true),
        keys: config.ui.keys.clone(),
        ..Options::new(surroundings.size, Timestamp::now())
    };

    let leaving = CancellationToken::new();
    tokio::spawn(keep(state, told, publisher));
    let conductor = Conductor {
        config,
        watched: watched.map(Path::to_owned),
        events,
        messages,
        asked,
        certificates: Vec::new(),
        applications: None,
        files: BTreeMap::new(),
        mended: Vec::new(),
    };
    let conducting = tokio::spawn(conductor.conduct(leaving.clone()));
    let wires = Wires {
        snapshots,
        messages: told_messages,
        orders,
    };
    let exit = terminal::run(options, wires).await;
    leaving.cancel();
    // Its own panic was written down by the terminal's hook; there is nothing left to do about it.
    drop(conducting.await);
    exit.context("the terminal failed")
}

/// Owns the state: takes events in, and publishes a snapshot when something changed, ten times a second at most.
async fn keep(
    mut state: State,
    mut events: mpsc::Receiver<Event>,
    publisher: latest::Sender<Arc<Snapshot>>,
) {
    let mut pending = false;
    let mut publish_at = Instant::now();
    let mut judge_at = publish_at + JUDGING;
    loop {
        tokio::select! {
            biased;
            event = events.recv() => {
                let Some(event) = event else {
                    return;
                };
                state.apply(event);
                // What already waits costs no snapshot of its own.
                for _ in 0..WAITING_EVENTS {
                    let Ok(event) = events.try_recv() else {
                        break;
                    };
                    state.apply(event);
                }
                pending = true;
            }
            () = tokio::time::sleep_until(publish_at), if pending => {}
            () = tokio::time::sleep_until(judge_at) => {
                state.apply(Event::TimePassed { at: Timestamp::now() });
                judge_at = Instant::now() + JUDGING;
                pending = true;
            }
        }
        let now = Instant::now();
        if pending && publish_at <= now {
            publish(&mut state, &publisher);
            publish_at = now + PUBLISHING;
            pending = false;
        }
    }
}

/// Publishes the state where it is another one than was last published.
fn publish(state: &mut State, publisher: &latest::Sender<Arc<Snapshot>>) {
    let snapshot = state.snapshot();
    publisher.send_if_modified(|published| {
        let changed = published.generation != snapshot.generation;
        if changed {
            *published = snapshot;
        }
        changed
    });
}

/// Starts and stops probes, as the configuration, the user and the files say.
struct Conductor {
    config: Arc<Config>,
    watched: Option<PathBuf>,
    events: mpsc::Sender<Event>,
    messages: mpsc::Sender<Message>,
    asked: mpsc::UnboundedReceiver<Order>,
    /// The certificate files as they were last read.
    certificates: Vec<Arc<CertificateDirectory>>,
    /// What watches application files, where the configuration names any.
    applications: Option<Applications>,
    /// The watched files that concern us, by name: where each is, and what was last read of it.
    files: BTreeMap<Arc<str>, (PathBuf, Arc<FileReport>)>,
    /// The fixes that were applied, the last one last.
    mended: Vec<Replaced>,
}

/// A watcher of application files, and what it tells.
struct Applications {
    watcher: ApplicationWatcher<FileLook>,
    told: mpsc::Receiver<Told<FileLook>>,
}

impl Conductor {
    async fn conduct(mut self, leaving: CancellationToken) {
        let mut prober = prober(self.config.limits);
        let mut scheduler =
            Scheduler::start(&self.config, Arc::clone(&prober), self.events.clone());
        let (watcher, mut notices) = FileWatcher::start(self.files());
        self.read_certificates().await;
        watcher.set(self.files());
        self.watch_applications().await;
        loop {
            tokio::select! {
                biased;
                () = leaving.cancelled() => break,
                Some(order) = self.asked.recv() => match order {
                    Order::Reprobe(names) => scheduler.reprobe(&names),
                    Order::DeepScan(name) => scheduler.deep_scan(&name),
                    Order::CancelScan(name) => scheduler.cancel_scan(&name),
                    Order::Mend { file, fingerprint, fix } => self.mend(&file, &fingerprint, fix).await,
                    Order::UndoMend => self.undo().await,
                    Order::Adopt(block) => self.adopt(block).await,
                },
                Some(told) = next_told(self.applications.as_mut()) => self.take_told(told).await,
                Some(notice) = notices.recv() => match notice {
                    Notice::Polling(reason) => {
                        self.tell(Message::Toast(format!("files are looked at every 2 s: {reason}"))).await;
                    }
                    Notice::Changed(path) if Some(&path) == self.watched.as_ref() => {
                        if let Some(config) = self.reload().await {
                            if config.limits != self.config.limits {
                                prober = self::prober(config.limits);
                            }
                            let recoloured = config.ui.theme_dir != self.config.ui.theme_dir;
                            let watches_otherwise = config.watch != self.config.watch
                                || config.files != self.config.files;
                            self.config = config;
                            self.read_certificates().await;
                            watcher.set(self.files());
                            if watches_otherwise {
                                self.watch_applications().await;
                            }
                            scheduler.replace(&self.config, Arc::clone(&prober)).await;
                            if recoloured {
                                self.load_themes().await;
                            }
                        }
                    }
                    Notice::Changed(path) => {
                        let users = self.users(&path);
                        let holds_certificates = self.certificate_paths().contains(&path);
                        if holds_certificates {
                            self.read_certificates().await;
                            watcher.set(self.files());
                            scheduler.reprobe(&self.servers(&path));
                        }
                        if !users.is_empty() {
                            scheduler.reprobe(&users);
                        } else if !holds_certificates {
                            self.load_themes().await;
                        }
                    }
                },
            }
        }
        scheduler.shutdown().await;
    }

    /// Returns everything to watch: the configuration, the themes, and the certificate files of the endpoints.
    fn files(&self) -> BTreeSet<PathBuf> {
        let mut files: BTreeSet<PathBuf> = self.watched.iter().cloned().collect();
        files.extend(themes::folder(self.config.ui.theme_dir.as_deref()));
        files.extend(
            self.config
                .endpoints
                .iter()
                .flat_map(certificate_files)
                .cloned(),
        );
        files.extend(self.certificate_paths());
        files
    }

    /// Watches the application files that the configuration names now, and no others.
    async fn watch_applications(&mut self) {
        let judge = match application_files::judge(&self.config) {
            Ok(judge) => judge,
            Err(errors) => return self.tell(Message::Toast(summary(&errors))).await,
        };
        if self.config.watch.is_empty() {
            self.applications = None;
            for name in std::mem::take(&mut self.files).into_keys() {
                let at = Timestamp::now();
                self.report(Event::FileGone { name, at }).await;
            }
            let watching = Arc::new(Watching::default());
            let at = Timestamp::now();
            return self.report(Event::FilesListed { watching, at }).await;
        }
        let wanted = application_files::wanted(&self.config);
        if let Some(applications) = &self.applications {
            applications.watcher.set(wanted, judge);
        } else {
            let (watcher, told) = ApplicationWatcher::start(wanted, judge);
            self.applications = Some(Applications { watcher, told });
        }
    }

    /// Passes on what became of a watched file.
    async fn take_told(&mut self, told: Told<FileLook>) {
        let at = Timestamp::now();
        let event = match told {
            Told::Seen {
                entry,
                value,
                is_news,
            } => {
                let known = (value.location.clone(), Arc::clone(&value.report));
                self.files.insert(entry.name, known);
                let look = Box::new(value);
                Event::FileObserved { look, is_news, at }
            }
            Told::Gone(name) => {
                self.files.remove(&name);
                Event::FileGone { name, at }
            }
            Told::Listed(listed) => application_files::watching(listed),
        };
        self.report(event).await;
    }

    /// Applies a fix to a watched file. That it changed is then seen as any other change is.
    async fn mend(&mut self, file: &str, fingerprint: &str, fix: usize) {
        let mending = self.files.get(file).and_then(|(location, report)| {
            let mut findings = report.findings.iter();
            let found = findings.find(|found| found.finding.fingerprint == fingerprint)?;
            Some(Mending {
                location: location.clone(),
                report: Arc::clone(report),
                fix: found.fixes.get(fix)?.fix.clone(),
            })
        });
        let Some(mending) = mending else {
            let text = "not mended: the finding is no longer there".to_owned();
            return self.tell(Message::Toast(text)).await;
        };
        let title = mending.fix.title.clone();
        let path = mending.report.path.clone();
        let text = match apart(move || mending.apply()).await {
            Ok(replaced) => {
                self.mended.push(replaced);
                format!("{path} is mended, u takes it back: {title}")
            }
            Err(reason) => format!("not mended: {reason}"),
        };
        self.tell(Message::Toast(text)).await;
    }

    /// Takes the last fix back.
    async fn undo(&mut self) {
        let Some(replaced) = self.mended.pop() else {
            let text = "no fix was applied that could be taken back".to_owned();
            return self.tell(Message::Toast(text)).await;
        };
        let name = crate::text::printable(&replaced.path.to_string_lossy());
        let undone = {
            let replaced = replaced.clone();
            apart(move || edit::undo(&replaced).map_err(|refused| refused.to_string())).await
        };
        let text = match undone {
            Ok(()) => format!("{name} is what it was"),
            Err(reason) => format!("{name} stays as it is: {reason}"),
        };
        self.tell(Message::Toast(text)).await;
    }

    /// Appends an endpoint to the configuration. That it changed is then seen as any other change is.
    async fn adopt(&self, block: String) {
        let Some(path) = self.watched.clone() else {
            let text = "there is no configuration file to write it to".to_owned();
            return self.tell(Message::Toast(text)).await;
        };
        let name = crate::text::printable(&path.to_string_lossy());
        let text = match apart(move || application_files::adopt(&path, &block)).await {
            Ok(_) => format!("written to {name}"),
            Err(reason) => format!("{name} stays as it is: {reason}"),
        };
        self.tell(Message::Toast(text)).await;
    }

    async fn report(&self, event: Event) {
        // Nobody listens only while the program is leaving.
        let _ = self.events.send(event).await;
    }

    /// Returns the paths whose change makes the certificate files to be read again.
    fn certificate_paths(&self) -> BTreeSet<PathBuf> {
        certificates::watched(&self.config, &self.certificates)
    }

    /// Reads the certificate files and tells what is in them.
    async fn read_certificates(&mut self) {
        let config = Arc::clone(&self.config);
        // They may lie on a share that hangs; that must not hold up the screen.
        let read = tokio::task::spawn_blocking(move || certificates::read(&config));
        let Ok(directories) = read.await else {
            return;
        };
        self.certificates.clone_from(&directories);
        let event = Event::CertificateFilesRead {
            directories,
            at: Timestamp::now(),
        };
        // Nobody listens only while the program is leaving.
        let _ = self.events.send(event).await;
    }

    /// Returns the endpoints that may serve what lies in a file or directory: those that say so, and those that say nothing.
    ///
    /// They are looked at as soon as it changes, so that a reload that was missed is seen within the minute.
    fn servers(&self, path: &Path) -> Vec<Arc<str>> {
        let may_serve = |endpoint: &&Endpoint| {
            let serves = endpoint.serves.as_ref();
            serves.is_none_or(|file| file == path || file.parent() == Some(path))
        };
        self.config
            .endpoints
            .iter()
            .filter(may_serve)
            .map(|endpoint| Arc::clone(&endpoint.name))
            .collect()
    }

    /// Returns the endpoints that use a file: what is known of them is about the former content.
    fn users(&self, path: &Path) -> Vec<Arc<str>> {
        self.config
            .endpoints
            .iter()
            .filter(|endpoint| certificate_files(endpoint).any(|file| file == path))
            .map(|endpoint| Arc::clone(&endpoint.name))
            .collect()
    }

    /// Reads the configuration again. A broken one is told, and the last good one stays.
    async fn reload(&self) -> Option<Arc<Config>> {
        let path = self.watched.clone()?;
        let read = {
            let path = path.clone();
            tokio::task::spawn_blocking(move || load_config(&path))
        };
        let errors = match read.await {
            Ok(Ok(config)) => match application_files::judge(&config) {
                Ok(_) => return Some(Arc::new(config)),
                Err(errors) => errors,
            },
            Ok(Err(errors)) => errors,
            Err(_) => return None,
        };
        let broken = Event::ConfigBroken {
            path,
            message: summary(&errors),
            at: Timestamp::now(),
        };
        // Nobody listens only while the program is leaving.
        let _ = self.events.send(broken).await;
        None
    }

    async fn load_themes(&self) {
        let (themes, problems) = themes::load(self.config.ui.theme_dir.as_deref());
        self.tell(Message::Themes(themes, problems)).await;
    }

    async fn tell(&self, message: Message) {
        // Nobody listens only while the program is leaving.
        let _ = self.messages.send(message).await;
    }
}

/// Does something to a file apart from the runtime: it may lie on a share that hangs.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err("internal error; please report it".to_owned()))
}

/// Waits for what a watcher tells; for ever where there is none.
async fn next_told(applications: Option<&mut Applications>) -> Option<Told<FileLook>> {
    match applications {
        Some(applications) => applications.told.recv().await,
        None => std::future::pending().await,
    }
}

/// Returns what probes and scans under these limits. A dashboard settles no faults of implementations.
fn prober(limits: Limits) -> Arc<Prober> {
    Arc::new(Prober::new(limits).with_scan_options(configuration::scan_options(limits)))
}

/// The files that decide what a probe of an endpoint concludes.
fn certificate_files(endpoint: &Endpoint) -> impl Iterator<Item = &PathBuf> {
    [&endpoint.sslrootcert, &endpoint.sslcert, &endpoint.sslkey]
        .into_iter()
        .flatten()
}

/// Says in one line what is wrong with a configuration: the first error whole, and how many more there are.
fn summary(errors: &[ConfigError]) -> String {
    let Some(first) = errors.first() else {
        return "it cannot be read".to_owned();
    };
    let key = (first.key.as_ref()).map_or_else(String::new, |key| format!("`{key}`: "));
    let more = match errors.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    format!(
        "line {}, column {}: {key}{}{more}",
        first.line, first.column, first.message
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: usize) -> ConfigError {
        ConfigError {
            path: "verifull.toml".into(),
            line,
            column: 3,
            key: Some("endpoint[0].slmode".to_owned()),
            message: "no such key; `sslmode` is near".to_owned(),
        }
    }

    #[test]
    fn broken_configuration_is_told_in_one_line() {
        assert_eq!(
            summary(&[error(4), error(9), error(10)]),
            "line 4, column 3: `endpoint[0].slmode`: no such key; `sslmode` is near (and 2 more)"
        );
        assert_eq!(summary(&[]), "it cannot be read");
    }

    #[tokio::test(start_paused = true)]
    async fn snapshots_come_ten_times_a_second_at_most() {
        let mut state = State::default();
        let (publisher, mut snapshots) = latest::channel(state.snapshot());
        let (events, told) = mpsc::channel(16);
        tokio::spawn(keep(state, told, publisher));
        let published = tokio::spawn(async move {
            let mut published = 0;
            while snapshots.changed().await.is_ok() {
                published += 1;
            }
            (published, snapshots.borrow().log.len())
        });
        for line in 1..=900 {
            let broken = Event::ConfigBroken {
                path: "verifull.toml".into(),
                message: format!("line {line}"),
                at: Timestamp::UNIX_EPOCH,
            };
            events.send(broken).await.expect("the keeper listens");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(PUBLISHING * 2).await;
        drop(events);
        let (published, told) = published.await.expect("nobody panics");
        assert!((8..=11).contains(&published), "{published}");
        assert_eq!(told, 900, "the last snapshot has everything");
    }
}
