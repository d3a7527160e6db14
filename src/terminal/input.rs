//! Input: what the terminal sends, in the dashboard's words.
//!
//! It decides nothing about what a key means; that is the keymap's.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "crossterm knows keys and events that terminals do not tell apart, and gets new ones"
)]

use crossterm::event::{
    Event, EventStream, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers, MouseButton,
    MouseEvent, MouseEventKind,
};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::tui::{Key, KeyCode, Message, Mouse, MouseKind};

/// Most characters of a paste that are taken. A filter is a line; a paste of a whole file is a mistake.
const LONGEST_PASTE: usize = 1024;

/// Messages that may wait. A wheel turned hard sends a few hundred a second; the loop takes 256 at a time.
const WAITING: usize = 1024;

/// The terminal's messages, read in a thread of its own.
///
/// crossterm's reader loops for ever on a terminal that hung up. In a thread it takes nobody with it: the loop hears
/// SIGHUP, or a write fails, and the program ends.
#[derive(Debug)]
pub(super) struct Input {
    messages: mpsc::Receiver<Message>,
    stop: CancellationToken,
}

impl Input {
    /// Begins to read.
    pub(super) fn start() -> Self {
        let (sender, messages) = mpsc::channel(WAITING);
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        std::thread::spawn(move || read(&sender, &stopped));
        Self { messages, stop }
    }

    /// Returns the next message; `None` when the terminal is gone.
    pub(super) async fn next(&mut self) -> Option<Message> {
        self.messages.recv().await
    }

    /// Returns a message that already waits.
    pub(super) fn waiting(&mut self) -> Option<Message> {
        self.messages.try_recv().ok()
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Reads until the stream ends, nobody listens, or it is told to stop.
fn read(sender: &mpsc::Sender<Message>, stop: &CancellationToken) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else {
        return;
    };
    runtime.block_on(async {
        // The word to stop counts first: a key that is read afterwards belongs to the next reader, and would be lost here.
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = forward(sender) => {}
        }
    });
}

/// Sends on what the terminal sends, until the stream ends or nobody listens.
async fn forward(sender: &mpsc::Sender<Message>) {
    let mut events = EventStream::new();
    while let Some(Ok(event)) = events.next().await {
        let Some(message) = translate(event) else {
            continue;
        };
        if sender.send(message).await.is_err() {
            return;
        }
    }
}

/// Says in the dashboard's words what crossterm tells, where the dashboard has words for it.
fn translate(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => translate_key(key).map(Message::Key),
        Event::Mouse(mouse) => translate_mouse(mouse).map(Message::Mouse),
        Event::Paste(text) => {
            let clean = crate::text::printable_within(text.trim(), LONGEST_PASTE);
            Some(Message::Paste(clean))
        }
        Event::Resize(columns, rows) => Some(Message::Resize(columns.max(1), rows.max(1))),
        Event::FocusGained => Some(Message::Focus(true)),
        Event::FocusLost => Some(Message::Focus(false)),
    }
}

fn translate_key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let code = match event.code {
        Code::Char(character) => KeyCode::Char(character),
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Backspace => KeyCode::Backspace,
        Code::Delete => KeyCode::Delete,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        Code::F(number) => KeyCode::Function(number),
        _ => return None,
    };
    Some(Key {
        code,
        control: event.modifiers.contains(KeyModifiers::CONTROL),
        alt: event.modifiers.contains(KeyModifiers::ALT),
    })
}

fn translate_mouse(event: MouseEvent) -> Option<Mouse> {
    let kind = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
        MouseEventKind::ScrollUp => MouseKind::ScrollUp,
        MouseEventKind::ScrollDown => MouseKind::ScrollDown,
        _ => return None,
    };
    Some(Mouse {
        kind,
        column: event.column,
        row: event.row,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: Code, modifiers: KeyModifiers, kind: KeyEventKind) -> Option<Key> {
        translate_key(KeyEvent::new_with_kind(code, modifiers, kind))
    }

    #[test]
    fn release_of_a_key_says_nothing() {
        let release = key(Code::Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(release, None);
        assert!(key(Code::Char('q'), KeyModifiers::NONE, KeyEventKind::Repeat).is_some());
    }

    #[test]
    fn modifiers_come_with_their_key() {
        let wanted = Key {
            code: KeyCode::Char('c'),
            control: true,
            alt: false,
        };
        let pressed = key(Code::Char('c'), KeyModifiers::CONTROL, KeyEventKind::Press);
        assert_eq!(pressed, Some(wanted));
        let back = key(Code::Tab, KeyModifiers::SHIFT, KeyEventKind::Press);
        assert_eq!(back.map(|key| key.code), Some(KeyCode::BackTab));
    }

    #[test]
    fn movement_of_the_mouse_says_nothing() {
        let mouse = |kind| {
            translate_mouse(MouseEvent {
                kind,
                column: 3,
                row: 4,
                modifiers: KeyModifiers::NONE,
            })
        };
        assert_eq!(mouse(MouseEventKind::Moved), None);
        let press = Mouse {
            kind: MouseKind::Press,
            column: 3,
            row: 4,
        };
        assert_eq!(mouse(MouseEventKind::Down(MouseButton::Left)), Some(press));
    }

    #[test]
    fn paste_is_bounded_and_harmless() {
        let hostile = format!("\x1b[2J{}\n", "x".repeat(5000));
        let Some(Message::Paste(text)) = translate(Event::Paste(hostile)) else {
            panic!("a paste is a paste");
        };
        assert!(text.chars().count() <= LONGEST_PASTE + 1);
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn size_of_nothing_is_one_cell() {
        assert!(matches!(
            translate(Event::Resize(0, 0)),
            Some(Message::Resize(1, 1))
        ));
    }
}
