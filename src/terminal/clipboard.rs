//! The clipboard: OSC 52 through the terminal first, which also works over ssh, then the display server where there is one.
//!
//! What became of it is said in a sentence. What is copied is never logged.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64;

/// Most bytes of base64 that are sent. Terminals drop what is longer without a word; xterm's limit, which others copied,
/// leaves 74,994 for the text.
const LONGEST: usize = 74_994;

/// How to reach clipboards from here.
#[derive(Clone)]
pub(super) struct Clipboard {
    in_tmux: bool,
    has_display: bool,
    /// Kept alive: on X11 the text lives in the process that offers it.
    display: Arc<Mutex<Option<arboard::Clipboard>>>,
}

impl std::fmt::Debug for Clipboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clipboard")
            .field("in_tmux", &self.in_tmux)
            .field("has_display", &self.has_display)
            .finish_non_exhaustive()
    }
}

/// What became of the sequence to the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It was sent. Whether the terminal obeys nobody says.
    Yes,
    /// It was too long, and how long in bytes of base64.
    TooLong(usize),
    /// It could not be written.
    Failed,
}

impl Clipboard {
    /// Returns the clipboards that the environment tells of.
    pub(super) fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        Self {
            in_tmux: is_set("TMUX"),
            has_display: cfg!(target_os = "macos")
                || is_set("DISPLAY")
                || is_set("WAYLAND_DISPLAY"),
            display: Arc::default(),
        }
    }

    /// Sends the text to the terminal's clipboard.
    #[expect(clippy::unused_self, reason = "both ways are asked of the same thing")]
    pub(super) fn send(&self, out: &mut impl Write, text: &str) -> Sent {
        match osc52(text) {
            Err(length) => Sent::TooLong(length),
            Ok(sequence) => match write(out, &sequence) {
                Ok(()) => Sent::Yes,
                Err(_) => Sent::Failed,
            },
        }
    }

    /// Offers the text to the display server, where there is one: whether it took it. It may take its time.
    pub(super) fn offer(&self, text: String) -> Option<bool> {
        if !self.has_display {
            return None;
        }
        let mut display = self.display.lock().unwrap_or_else(PoisonError::into_inner);
        if display.is_none() {
            *display = arboard::Clipboard::new().ok();
        }
        let taken = display.as_mut().map(|display| display.set_text(text));
        if !matches!(taken, Some(Ok(()))) {
            // A display server that went away may come back.
            *display = None;
        }
        Some(matches!(taken, Some(Ok(()))))
    }

    /// Says what became of it.
    pub(super) fn tell(&self, sent: Sent, offered: Option<bool>) -> String {
        let by_terminal = match sent {
            Sent::Yes if self.in_tmux => {
                "copied through the terminal (OSC 52; tmux needs `set-clipboard on`)".to_owned()
            }
            Sent::Yes => "copied through the terminal (OSC 52)".to_owned(),
            Sent::TooLong(length) => {
                format!("too long for the terminal: {length} bytes of at most {LONGEST}")
            }
            Sent::Failed => "the terminal could not be written to".to_owned(),
        };
        match (sent, offered) {
            (Sent::Yes, Some(true)) => format!("{by_terminal} and to the system clipboard"),
            (Sent::TooLong(_) | Sent::Failed, Some(true)) => {
                "copied to the system clipboard".to_owned()
            }
            (Sent::TooLong(_) | Sent::Failed, Some(false) | None) => {
                format!("not copied: {by_terminal}")
            }
            (Sent::Yes, Some(false) | None) => by_terminal,
        }
    }
}

/// Returns the sequence that sets the terminal's clipboard (xterm control sequences, `Ps = 52`), or how long it would be.
fn osc52(text: &str) -> Result<String, usize> {
    let length = BASE64.encode_len(text.len());
    if length > LONGEST {
        return Err(length);
    }
    Ok(format!(
        "\x1b]52;c;{}\x1b\\",
        BASE64.encode(text.as_bytes())
    ))
}

fn write(out: &mut impl Write, sequence: &str) -> io::Result<()> {
    out.write_all(sequence.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(tmux: bool) -> Clipboard {
        Clipboard::new(|name| (name == "TMUX" && tmux).then(|| "/tmp/tmux".to_owned()))
    }

    #[test]
    fn text_is_sent_in_base64() {
        let mut out = Vec::new();
        assert_eq!(within(false).send(&mut out, "verify-full"), Sent::Yes);
        assert_eq!(out, b"\x1b]52;c;dmVyaWZ5LWZ1bGw=\x1b\\");
    }

    #[test]
    fn longest_text_that_fits_is_sent_and_one_more_is_not() {
        let fits = LONGEST / 4 * 3;
        assert!(osc52(&"x".repeat(fits)).is_ok());
        let mut out = Vec::new();
        let sent = within(false).send(&mut out, &"x".repeat(fits + 1));
        assert!(matches!(sent, Sent::TooLong(length) if length > LONGEST));
        assert!(out.is_empty());
    }

    #[test]
    fn toast_says_which_clipboard_has_it() {
        let plain = within(false);
        assert_eq!(
            plain.tell(Sent::Yes, None),
            "copied through the terminal (OSC 52)"
        );
        assert!(
            within(true)
                .tell(Sent::Yes, None)
                .contains("set-clipboard on")
        );
        assert!(
            plain
                .tell(Sent::Yes, Some(true))
                .ends_with("and to the system clipboard")
        );
        assert_eq!(
            plain.tell(Sent::TooLong(80_000), Some(true)),
            "copied to the system clipboard"
        );
        assert!(
            plain
                .tell(Sent::TooLong(80_000), None)
                .starts_with("not copied: too long")
        );
    }

    #[test]
    fn without_a_display_nothing_is_offered() {
        let bare = within(false);
        assert_eq!(
            bare.offer("text".to_owned()),
            None.filter(|_: &bool| !bare.has_display)
        );
    }
}
