//! Signals: what the system asks of us.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// To leave: the number of the signal.
    Leave(u8),
    /// To stop, as for Ctrl+Z.
    Stop,
    /// To go on after a stop, also after one that we never heard of (SIGSTOP).
    Continue,
}

/// The signals that would leave a terminal in disorder.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    quit: Signal,
    stop: Signal,
    go_on: Signal,
}

impl Signals {
    /// Listens from now on.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            go_on: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    /// Returns what the next signal asks.
    pub(super) async fn next(&mut self) -> Asked {
        // The numbers are those of POSIX (XCU, `kill`), the same on every system that we run on.
        tokio::select! {
            biased;
            _ = self.hang_up.recv() => Asked::Leave(1),
            _ = self.interrupt.recv() => Asked::Leave(2),
            _ = self.quit.recv() => Asked::Leave(3),
            _ = self.terminate.recv() => Asked::Leave(15),
            _ = self.stop.recv() => Asked::Stop,
            _ = self.go_on.recv() => Asked::Continue,
        }
    }
}

/// Stops this process until somebody sends SIGCONT. SIGTSTP would come back to our own ears.
pub(super) fn stop_here() {
    let own = rustix::process::getpid();
    // A process may always signal itself.
    let _ = rustix::process::kill_process(own, rustix::process::Signal::STOP);
}
