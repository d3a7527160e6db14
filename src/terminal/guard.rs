//! The guard: takes the terminal, and gives it back whatever happens.
//!
//! Its state is global because the terminal is: it can be given back by whoever comes first, and twice does no harm.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{Command, QueueableCommand};

use super::panics;

/// Whether we have the terminal.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether we have the mouse, while we have the terminal.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Takes button presses and the wheel, as SGR (xterm modes 1000 and 1006). Not `EnableMouseCapture`, which asks for every
/// movement, too (1003): each would wake the program to do nothing.
struct TakeMouse;

/// Gives the mouse back.
struct ReleaseMouse;

impl Command for TakeMouse {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1000h\x1b[?1006h")
    }
}

impl Command for ReleaseMouse {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1006l\x1b[?1000l")
    }
}

/// Holds the terminal; dropping it gives the terminal back and says what was held back meanwhile.
#[derive(Debug)]
pub(super) struct Guard(());

impl Guard {
    /// Takes the terminal: raw mode, alternate screen, mouse, bracketed paste, focus.
    pub(super) fn take(mouse: bool) -> io::Result<Self> {
        MOUSE.store(mouse, Ordering::SeqCst);
        panics::hold_back();
        // From here on dropping gives back whatever was taken, also when the rest fails.
        let guard = Self(());
        enter()?;
        Ok(guard)
    }

    /// Takes or gives back the mouse alone.
    #[expect(
        clippy::unused_self,
        reason = "only who holds the terminal may change it"
    )]
    pub(super) fn capture_mouse(&self, wanted: bool) -> io::Result<()> {
        MOUSE.store(wanted, Ordering::SeqCst);
        let mut out = io::stdout().lock();
        if wanted {
            out.queue(TakeMouse)?;
        } else {
            out.queue(ReleaseMouse)?;
        }
        out.flush()
    }

    /// Gives the terminal back for a while, as for Ctrl+Z.
    #[expect(
        clippy::unused_self,
        reason = "only who holds the terminal may change it"
    )]
    pub(super) fn pause(&self) {
        leave();
    }

    /// Takes the terminal again, also where somebody else changed it in between without our knowing.
    #[expect(
        clippy::unused_self,
        reason = "only who holds the terminal may change it"
    )]
    pub(super) fn resume(&self) -> io::Result<()> {
        // crossterm believes that raw mode is on until it turns it off itself, whatever a shell did meanwhile.
        if TAKEN.load(Ordering::SeqCst) {
            let _ = disable_raw_mode();
        }
        enter()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
        panics::release();
    }
}

fn enter() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    let mut out = io::stdout().lock();
    out.queue(EnterAlternateScreen)?;
    if MOUSE.load(Ordering::SeqCst) {
        out.queue(TakeMouse)?;
    }
    out.queue(EnableBracketedPaste)?
        .queue(EnableFocusChange)?
        .queue(Hide)?;
    out.flush()
}

/// Gives the terminal back, in reverse. Nothing that fails here can be mended, so that each step is tried.
fn leave() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout().lock();
    // A frame may have been cut short; a terminal that waits for its end would show nothing of what follows.
    let _ = out.queue(EndSynchronizedUpdate).map(drop);
    let _ = out.queue(ResetColor).map(drop);
    let _ = out.queue(DisableFocusChange).map(drop);
    let _ = out.queue(DisableBracketedPaste).map(drop);
    if MOUSE.load(Ordering::SeqCst) {
        let _ = out.queue(ReleaseMouse).map(drop);
    }
    let _ = out.queue(LeaveAlternateScreen).map(drop);
    let _ = out.queue(Show).map(drop);
    let _ = out.flush();
    let _ = disable_raw_mode();
}
