//! The terminal: takes it, draws on it, reads from it, and gives it back whatever happens.
//!
//! It runs the dashboard's one loop, which sleeps until something happens. What a key means and what a screen shows is
//! the dashboard's; what is done about an effect outside the terminal is the caller's.
#![expect(
    clippy::disallowed_methods,
    reason = "the wing: standard streams, environment, clock and threads"
)]

use std::io::{self, Stdout};
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::store::Snapshot;
use crate::theme::{Capability, Kind};
use crate::tui::{self, Effect, Message, Model, Options, Redraw};

use canvas::Canvas;
use clipboard::Clipboard;
use guard::Guard;
use input::Input;
use pace::Pace;
use signals::{Asked, Signals};

mod canvas;
mod clipboard;
mod editor;
mod guard;
mod input;
mod pace;
mod panics;
mod signals;
mod surroundings;

/// Messages that are taken before the next frame, at most: a burst costs one frame, and cannot keep the screen still.
const BATCH: usize = 256;

/// Time that a batch may take. A frame every 4 ms is faster than anybody sees.
const BATCH_TIME: Duration = Duration::from_millis(4);

/// Shortest sleep until a deadline. A deadline that stays in the past is a fault, and must not burn a processor.
const SHORTEST_SLEEP: Duration = Duration::from_millis(20);

/// What a terminal tells about itself without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// Columns and rows.
    pub size: (u16, u16),
    /// Its ground, where the environment says.
    pub ground: Option<Kind>,
    /// How many colours it shows.
    pub colours: Capability,
}

/// Looks at the terminal and the environment. It puts no question to the terminal, so it never waits for an answer.
pub fn surroundings() -> io::Result<Surroundings> {
    let (columns, rows) = crossterm::terminal::size()?;
    Ok(Surroundings {
        size: (columns.max(1), rows.max(1)),
        ground: surroundings::ground(variable),
        colours: surroundings::colours(variable),
    })
}

/// The ends of the channels between the loop and the rest of the program.
#[derive(Debug)]
pub struct Wires {
    /// The state, whenever it changed.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// What else the dashboard is to be told, such as new themes.
    pub messages: mpsc::Receiver<Message>,
    /// What the user wants looked at.
    pub orders: mpsc::UnboundedSender<Order>,
}

/// What the user wants looked at, by the names of endpoints, or done to files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Probe these now; all of them where the list is empty.
    Reprobe(Vec<Arc<str>>),
    /// Scan this one to the end.
    DeepScan(Arc<str>),
    /// Stop the scan of this one.
    CancelScan(Arc<str>),
    /// Apply a fix to a watched file.
    Mend {
        /// The file, by its name.
        file: Arc<str>,
        /// The finding, by its fingerprint.
        fingerprint: String,
        /// Which of its fixes.
        fix: usize,
    },
    /// Bring back what the file was to which the last fix was applied.
    UndoMend,
    /// Append a block to verifull's configuration.
    Adopt(String),
}

/// Why the dashboard was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Its user left.
    Quit,
    /// A signal of this number asked to leave.
    Signal(u8),
}

impl Exit {
    /// Returns the exit code: zero, or what shells say of a program that a signal ended.
    pub fn code(self) -> u8 {
        match self {
            Self::Quit => 0,
            Self::Signal(number) => 128 + number,
        }
    }
}

/// Takes the terminal and runs the dashboard on it until its user or a signal asks to leave.
pub async fn run(options: Options, mut wires: Wires) -> io::Result<Exit> {
    let signals = Signals::listen()?;
    let (size, mouse) = (options.size, options.mouse);
    let snapshot = Arc::clone(&wires.snapshots.borrow_and_update());
    let model = Model::new(options, snapshot);
    let (toast_sender, toasts) = mpsc::channel(4);
    // The guard comes first: from here on every way out gives the terminal back.
    let guard = Guard::take(mouse)?;
    let session = Session {
        input: Some(Input::start()),
        screen: screen(size)?,
        model,
        pace: Pace::new(),
        signals,
        wires,
        clipboard: Clipboard::new(variable),
        toasts,
        toast_sender,
        size,
        editor: None,
        guard,
    };
    session.run().await
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

type Screen = Terminal<Canvas<Stdout>>;

/// Returns a blank screen. Whatever stood there is cleared with the first frame.
fn screen(size: (u16, u16)) -> io::Result<Screen> {
    let mut canvas = Canvas::new(io::stdout(), size);
    canvas.clear_region(ClearType::All)?;
    Terminal::new(canvas)
}

/// Everything that the loop holds.
struct Session {
    /// `None` while we do not have the terminal: a reader that is only paused would eat what is typed to others.
    input: Option<Input>,
    screen: Screen,
    model: Model,
    pace: Pace,
    signals: Signals,
    wires: Wires,
    clipboard: Clipboard,
    toasts: mpsc::Receiver<String>,
    toast_sender: mpsc::Sender<String>,
    size: (u16, u16),
    /// The editor that has the terminal, while it has.
    editor: Option<Child>,
    guard: Guard,
}

/// What ended a sleep.
enum Woken {
    Asked(Asked),
    Message(Message),
    /// A snapshot waits.
    Snapshot,
    /// A deadline came.
    Due,
    /// The editor ended.
    Edited(io::Result<ExitStatus>),
    /// The terminal is gone.
    HungUp,
    /// Nobody keeps the state any more.
    Orphaned,
}

impl Session {
    async fn run(mut self) -> io::Result<Exit> {
        self.draw()?;
        #[cfg(debug_assertions)]
        inject_fault();
        loop {
            let woken = self.wait().await;
            let mut exit = self.take(Message::Clock(Timestamp::now()))?;
            let next = match woken {
                Woken::Asked(asked) => self.obey(asked)?,
                Woken::Message(message) => self.take(message)?,
                Woken::Snapshot => self.take_snapshot()?,
                Woken::Due => None,
                Woken::Edited(status) => self.take_back(status)?,
                Woken::HungUp => Some(Exit::Signal(1)),
                Woken::Orphaned => {
                    return Err(io::Error::other(
                        "internal error: nobody keeps the state any more",
                    ));
                }
            };
            exit = exit.or(next);
            if exit.is_none() {
                exit = self.drain()?;
            }
            if let Some(exit) = exit {
                return Ok(exit);
            }
            let now = Instant::now();
            if self.editor.is_none() && self.pace.due(now).is_some_and(|due| due <= now) {
                self.draw()?;
            }
        }
    }

    /// Sleeps until something happens. What comes first in the list goes first.
    async fn wait(&mut self) -> Woken {
        let now = Instant::now();
        let by_itself = tui::next_deadline(&self.model).map(|deadline| {
            let rest = deadline.duration_since(Timestamp::now());
            now + Duration::try_from(rest)
                .unwrap_or_default()
                .max(SHORTEST_SLEEP)
        });
        // Nothing is drawn while an editor has the terminal.
        let due = match &self.editor {
            Some(_) => None,
            None => [self.pace.due(now), by_itself].into_iter().flatten().min(),
        };
        let editor = self.editor.as_mut();
        let input = self.input.as_mut();
        tokio::select! {
            biased;
            asked = self.signals.next() => Woken::Asked(asked),
            status = ended(editor) => Woken::Edited(status),
            message = next_input(input) => message.map_or(Woken::HungUp, Woken::Message),
            changed = self.wires.snapshots.changed() => match changed {
                Ok(()) => Woken::Snapshot,
                Err(_) => Woken::Orphaned,
            },
            Some(message) = self.wires.messages.recv() => Woken::Message(message),
            Some(toast) = self.toasts.recv() => Woken::Message(Message::Toast(toast)),
            () = sleep_until(due) => Woken::Due,
        }
    }

    /// Takes what already waits, so that a burst costs one frame.
    fn drain(&mut self) -> io::Result<Option<Exit>> {
        let start = Instant::now();
        for _ in 0..BATCH {
            let waiting = self
                .input
                .as_mut()
                .and_then(Input::waiting)
                .or_else(|| self.wires.messages.try_recv().ok());
            let Some(message) = waiting else {
                break;
            };
            let exit = self.take(message)?;
            if exit.is_some() || start.elapsed() >= BATCH_TIME {
                return Ok(exit);
            }
        }
        if self.wires.snapshots.has_changed().unwrap_or(false) {
            return self.take_snapshot();
        }
        Ok(None)
    }

    fn take_snapshot(&mut self) -> io::Result<Option<Exit>> {
        let snapshot = Arc::clone(&self.wires.snapshots.borrow_and_update());
        self.take(Message::Snapshot(snapshot))
    }

    /// Tells the dashboard one message and does what it wants done.
    fn take(&mut self, message: Message) -> io::Result<Option<Exit>> {
        match message {
            Message::Resize(columns, rows) => self.resize((columns, rows)),
            Message::Focus(focused) => self.pace.focus(focused),
            Message::Key(_)
            | Message::Mouse(_)
            | Message::Paste(_)
            | Message::Snapshot(_)
            | Message::Themes(..)
            | Message::Toast(_)
            | Message::Clock(_) => {}
        }
        let (redraw, effects) = tui::update(&mut self.model, message);
        self.pace.want(redraw);
        let mut exit = None;
        for effect in effects {
            exit = exit.or(self.perform(effect)?);
        }
        Ok(exit)
    }

    fn perform(&mut self, effect: Effect) -> io::Result<Option<Exit>> {
        match effect {
            Effect::Quit => return Ok(Some(Exit::Quit)),
            Effect::Suspend => return self.suspend(),
            Effect::Repaint => self.repaint()?,
            Effect::Reprobe(names) => self.order(Order::Reprobe(names)),
            Effect::DeepScan { endpoint } => self.order(Order::DeepScan(endpoint)),
            Effect::CancelScan { endpoint } => self.order(Order::CancelScan(endpoint)),
            Effect::Edit { path, line } => return self.edit(&path, line),
            Effect::Mend {
                file,
                fingerprint,
                fix,
            } => self.order(Order::Mend {
                file,
                fingerprint,
                fix,
            }),
            Effect::UndoMend => self.order(Order::UndoMend),
            Effect::Adopt(block) => self.order(Order::Adopt(block)),
            Effect::Copy(text) => self.copy(text),
            Effect::CaptureMouse(wanted) => self.guard.capture_mouse(wanted)?,
        }
        Ok(None)
    }

    fn order(&self, order: Order) {
        // Nobody listens only while the program is leaving.
        let _ = self.wires.orders.send(order);
    }

    fn obey(&mut self, asked: Asked) -> io::Result<Option<Exit>> {
        if self.editor.is_some() {
            return Ok(self.obey_beside_an_editor(asked));
        }
        match asked {
            Asked::Leave(number) => Ok(Some(Exit::Signal(number))),
            Asked::Stop => self.suspend(),
            Asked::Continue => self.come_back(),
        }
    }

    /// Gives the terminal back, stops, and takes the terminal again when it goes on.
    fn suspend(&mut self) -> io::Result<Option<Exit>> {
        self.input = None;
        self.guard.pause();
        signals::stop_here();
        self.come_back()
    }

    /// Signals of the terminal go to the editor as well as to us, and are meant for it.
    #[expect(
        clippy::unused_self,
        reason = "only who holds the terminal may stop for it"
    )]
    fn obey_beside_an_editor(&self, asked: Asked) -> Option<Exit> {
        match asked {
            // Ctrl+C and Ctrl+\.
            Asked::Leave(2 | 3) | Asked::Continue => None,
            Asked::Leave(number) => Some(Exit::Signal(number)),
            // The shell waits for us, not for the editor.
            Asked::Stop => {
                signals::stop_here();
                None
            }
        }
    }

    /// Gives the terminal to an editor.
    fn edit(&mut self, path: &Path, line: usize) -> io::Result<Option<Exit>> {
        let (program, arguments) = editor::command(variable, path, line);
        self.input = None;
        self.guard.pause();
        match Command::new(&program).args(arguments).spawn() {
            Ok(child) => {
                self.editor = Some(child);
                Ok(None)
            }
            Err(error) => {
                let exit = self.come_back()?;
                let name = crate::text::printable_within(&program, 40);
                self.toast(format!(
                    "`{name}` cannot be run: {error}; name one in $EDITOR"
                ));
                Ok(exit)
            }
        }
    }

    /// Takes the terminal back from an editor.
    fn take_back(&mut self, status: io::Result<ExitStatus>) -> io::Result<Option<Exit>> {
        self.editor = None;
        let exit = self.come_back()?;
        match status {
            Ok(status) if status.success() => {}
            Ok(status) => self.toast(format!("the editor ended with {status}")),
            Err(error) => self.toast(format!("the editor was lost: {error}")),
        }
        Ok(exit)
    }

    fn toast(&self, text: String) {
        // A full queue of toasts says enough.
        let _ = self.toast_sender.try_send(text);
    }

    /// Takes the terminal again: nobody knows what became of it in between.
    fn come_back(&mut self) -> io::Result<Option<Exit>> {
        self.guard.resume()?;
        if self.input.is_none() {
            self.input = Some(Input::start());
        }
        self.repaint()?;
        let (columns, rows) = self.size;
        self.take(Message::Resize(columns, rows))
    }

    /// Forgets what is on the screen, so that the next frame paints every cell.
    fn repaint(&mut self) -> io::Result<()> {
        if let Ok((columns, rows)) = crossterm::terminal::size() {
            self.size = (columns.max(1), rows.max(1));
        }
        self.screen = screen(self.size)?;
        self.pace.want(Redraw::Now);
        Ok(())
    }

    fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        self.screen.backend_mut().resize(size);
    }

    /// Puts a text on every clipboard within reach. A display server may take its time, and gets a thread for it.
    fn copy(&mut self, text: String) {
        let sent = self.clipboard.send(&mut io::stdout().lock(), &text);
        let clipboard = self.clipboard.clone();
        let toasts = self.toast_sender.clone();
        tokio::task::spawn_blocking(move || {
            let offered = clipboard.offer(text);
            // A full queue of toasts says enough.
            let _ = toasts.try_send(clipboard.tell(sent, offered));
        });
    }

    fn draw(&mut self) -> io::Result<()> {
        let model = &self.model;
        self.screen.draw(|frame| tui::view(model, frame))?;
        self.pace.drawn(Instant::now());
        Ok(())
    }
}

/// Waits until an editor ends; for ever where there is none.
async fn ended(editor: Option<&mut Child>) -> io::Result<ExitStatus> {
    match editor {
        Some(editor) => editor.wait().await,
        None => std::future::pending().await,
    }
}

/// Waits for input; for ever where there is no reader.
async fn next_input(input: Option<&mut Input>) -> Option<Message> {
    match input {
        Some(input) => input.next().await,
        None => std::future::pending().await,
    }
}

/// Sleeps until a deadline; for ever where there is none.
async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Panics where `VERIFULL_PANIC` says, so that a test can see what becomes of the terminal. Release builds have no such door.
#[cfg(debug_assertions)]
fn inject_fault() {
    match variable("VERIFULL_PANIC").as_deref() {
        Some("loop") => panic!("asked to by VERIFULL_PANIC"),
        Some("task") => drop(tokio::spawn(async { panic!("asked to by VERIFULL_PANIC") })),
        Some(_) | None => {}
    }
}
