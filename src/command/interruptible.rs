//! Work that a signal may cut short, for a command that leaves something behind unless it is dropped: a folder, a connection, a
//! picture on the screen.
//!
//! The commands that hold nothing do without: the system ends them at once, and shells say 128 and the signal's number
//! of that by themselves.

use std::time::Duration;

use anyhow::Context as _;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::output;

/// How long work that is told to stop has for it. Dropping connections takes a millisecond; more is a system call that hangs.
const STOPPING: Duration = Duration::from_millis(300);

/// The signals that ask to leave, caught from the moment this is made.
pub(super) struct Interruptible {
    runtime: Runtime,
    hang_up: Signal,
    interrupt: Signal,
    quit: Signal,
    terminate: Signal,
}

impl Interruptible {
    /// Listens from now on. A signal that comes before there is work cuts it short as soon as it begins.
    pub(super) fn listen() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?;
        let entered = runtime.enter();
        let listen = |kind| signal(kind).context("cannot listen to signals");
        let (hang_up, interrupt) = (
            listen(SignalKind::hangup())?,
            listen(SignalKind::interrupt())?,
        );
        let (quit, terminate) = (
            listen(SignalKind::quit())?,
            listen(SignalKind::terminate())?,
        );
        drop(entered);
        Ok(Self {
            runtime,
            hang_up,
            interrupt,
            quit,
            terminate,
        })
    }

    /// Does the work on a thread of its own and returns its exit code, or 128 and the number of the signal that came first.
    ///
    /// The work is told to stop then, and has a moment to close its connections and to clean the screen. After that it is left
    /// alone, even where it waits for a reader of stdout that never reads; it ends with the process.
    pub(super) fn run(
        mut self,
        work: impl FnOnce(CancellationToken) -> anyhow::Result<u8> + Send + 'static,
    ) -> anyhow::Result<u8> {
        let code = self.runtime.block_on(async {
            let stop = CancellationToken::new();
            let token = stop.clone();
            let mut work = tokio::task::spawn_blocking(move || work(token));
            // The numbers are those of POSIX (XCU, `kill`), the same on every system that we run on.
            let (name, number) = tokio::select! {
                biased;
                _ = self.hang_up.recv() => ("SIGHUP", 1),
                _ = self.interrupt.recv() => ("SIGINT", 2),
                _ = self.quit.recv() => ("SIGQUIT", 3),
                _ = self.terminate.recv() => ("SIGTERM", 15),
                done = &mut work => return done.context("the pass did not come to its end")?,
            };
            stop.cancel();
            // What it returns now says only that it stopped.
            let _ = tokio::time::timeout(STOPPING, work).await;
            output::say(&format!("verifull: ended by {name}"));
            Ok(128 + number)
        });
        self.runtime.shutdown_background();
        code
    }
}
