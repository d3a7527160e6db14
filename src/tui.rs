//! The dashboard as plain data: model, keymap, update and view.
//!
//! [`update`] is pure and returns effects; it performs none. No socket, no file, no clock, no crossterm.
//!
//! The loop sends [`Message::Clock`] ahead of each batch of messages, draws when [`update`] asks for it, and sends a
//! clock again at [`next_deadline`].

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::store::Snapshot;
use crate::theme::Theme;

mod code;
mod filter;
mod format;
mod keymap;
mod layout;
mod matrix;
mod model;
mod palette;
mod sort;
mod update;
mod view;

pub use filter::Filter;
pub use keymap::{Action, Keymap, Place, parse_key, spell};
pub use model::{Model, Options, Screen};
pub use update::update;
pub use view::view;

/// Everything that the dashboard reacts to.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed (releases never come here).
    Key(Key),
    /// The mouse did something.
    Mouse(Mouse),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// The terminal window got or lost the focus.
    Focus(bool),
    /// The state changed.
    Snapshot(Arc<Snapshot>),
    /// The themes were read anew; those that could not be are said in the second part.
    Themes(Vec<Theme>, Vec<String>),
    /// Something is to be said for a few seconds, such as what became of an effect.
    Toast(String),
    /// The time is now this.
    Clock(Timestamp),
}

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Control was held.
    pub control: bool,
    /// Alt was held.
    pub alt: bool,
}

/// Keys that terminals tell apart. Shift is in the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "a key is what its name says")]
pub enum KeyCode {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    Function(u8),
}

/// What the mouse did, at which cell from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// Column.
    pub column: u16,
    /// Row.
    pub row: u16,
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// The wheel turned up.
    ScrollUp,
    /// The wheel turned down.
    ScrollDown,
}

/// What the dashboard wants done. The loop that owns the outside world does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Stop as for Ctrl+Z and come back on `fg`.
    Suspend,
    /// Paint everything anew.
    Repaint,
    /// Probe these endpoints now; all of them where the list is empty.
    Reprobe(Vec<Arc<str>>),
    /// Scan this endpoint to the end of what can be seen.
    DeepScan {
        /// Its name.
        endpoint: Arc<str>,
    },
    /// Stop the scan of this endpoint.
    CancelScan {
        /// Its name.
        endpoint: Arc<str>,
    },
    /// Open an editor on this file at this line, and come back.
    Edit {
        /// Where the file is.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Apply a fix to a watched file, and answer with a toast.
    Mend {
        /// The file, by its name.
        file: Arc<str>,
        /// The finding, by its fingerprint.
        fingerprint: String,
        /// Which of its fixes.
        fix: usize,
    },
    /// Bring back what the file was to which the last fix was applied, and answer with a toast.
    UndoMend,
    /// Append this block to verifull's configuration, and answer with a toast.
    Adopt(String),
    /// Put this text on the clipboard and answer with a toast that says how.
    Copy(String),
    /// Take or release the mouse.
    CaptureMouse(bool),
}

/// How soon a message must be seen on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Redraw {
    /// Nothing on the screen changed.
    None,
    /// With the next data frame.
    Soon,
    /// At once: somebody pressed something.
    Now,
}

/// Time between two steps of a spinner: eight a second.
const SPIN: SignedDuration = SignedDuration::from_millis(125);

/// Returns the next moment at which something on the screen changes by itself.
///
/// Relative times count clock minutes, so an idle screen wakes once a minute.
pub fn next_deadline(model: &Model) -> Option<Timestamp> {
    let toast = model.toast.as_ref().map(|(_, end)| *end);
    let thaw = model.frozen_until;
    let minute = format::minute(model.now)
        .checked_add(SignedDuration::from_secs(60))
        .ok();
    let spin = view::is_spinning(model)
        .then(|| {
            let millisecond = model.now.as_millisecond();
            let step = i64::try_from(SPIN.as_millis()).unwrap_or(125);
            Timestamp::from_millisecond(millisecond - millisecond.rem_euclid(step) + step).ok()
        })
        .flatten();
    [toast, thaw, minute, spin].into_iter().flatten().min()
}
