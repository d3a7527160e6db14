//! Measures the dashboard as its user has it: the real binary on a pseudo-terminal that answers no question.
//!
//! `cargo bench --bench terminal` prints the time to the first frame, and what the program costs at rest: bytes written,
//! processor time and resident memory, with 2 and with 1,000 endpoints on closed ports. Times on the screen count minutes: where
//! one turns while the program is watched, its few bytes are among those that are printed.
#![expect(clippy::disallowed_methods, reason = "a bench is the outside world")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot run has nothing to say"
)]

use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// Starts that the first frame is the median of.
const STARTS: usize = 9;

/// How long the program is watched at rest, in seconds.
const REST_SECONDS: u32 = 10;

/// Quiet that means rest: a first failure is confirmed after 5 s and 15 s, and nothing more is due then.
const QUIET: Duration = Duration::from_secs(17);

/// Kernel clock ticks per second in `/proc/PID/stat` (`USER_HZ`, 100 on every Linux).
const TICKS_PER_SECOND: f64 = 100.0;

fn main() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        for endpoints in [2, 1000] {
            measure(columns, rows, endpoints);
        }
    }
}

fn measure(columns: u16, rows: u16, endpoints: usize) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("verifull.toml");
    std::fs::write(&config, configuration(endpoints)).unwrap();

    let mut firsts: Vec<Duration> = (0..STARTS)
        .map(|_| Running::start(&config, columns, rows).first_frame())
        .collect();
    firsts.sort();

    let mut running = Running::start(&config, columns, rows);
    running.first_frame();
    running.rest_for(QUIET);
    let ticks = running.ticks();
    let bytes = running.read_for(Duration::from_secs(u64::from(REST_SECONDS)));
    let seconds = (running.ticks() - ticks) / TICKS_PER_SECOND;
    println!(
        "{columns:>3}x{rows:<2} {endpoints:>5} endpoints   first frame {:>6.1} ms   at rest: {bytes} bytes, {:.1} % processor, {:.1} MB resident",
        firsts[STARTS / 2].as_secs_f64() * 1000.0,
        seconds / f64::from(REST_SECONDS) * 100.0,
        running.resident_megabytes(),
    );
}

/// Endpoints that are looked at once and then not for a day, on a port where nobody listens.
fn configuration(endpoints: usize) -> String {
    let mut text = "[defaults]\ninterval = \"24h\"\nlogin_test = false\n".to_owned();
    for number in 0..endpoints {
        write!(
            text,
            "[[endpoint]]\nname = \"node-{number}\"\ntarget = \"postgresql://127.1.{}.{}:1\"\n",
            number / 250,
            number % 250 + 1
        )
        .unwrap();
    }
    text
}

/// The program on its terminal. Dropping it kills it.
struct Running {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
    chunks: Receiver<Vec<u8>>,
    started: Instant,
}

impl Running {
    fn start(config: &Path, columns: u16, rows: u16) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_verifull"));
        command.arg("--config");
        command.arg(config);
        command.env("TERM", "xterm-256color");
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, chunks) = channel();
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            _master: pair.master,
            chunks,
            started,
        }
    }

    /// Waits for the first frame: the name of the first endpoint is on the screen.
    fn first_frame(&mut self) -> Duration {
        let mut written = Vec::new();
        while !String::from_utf8_lossy(&written).contains("node-0") {
            written.extend(self.chunks.recv_timeout(Duration::from_secs(20)).unwrap());
        }
        self.started.elapsed()
    }

    /// Waits until nothing was written for `quiet`.
    fn rest_for(&mut self, quiet: Duration) {
        while self.chunks.recv_timeout(quiet).is_ok() {}
    }

    /// Returns how many bytes were written within `time`.
    fn read_for(&mut self, time: Duration) -> usize {
        let until = Instant::now() + time;
        let mut bytes = 0;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            bytes += self
                .chunks
                .recv_timeout(left)
                .map_or(0, |chunk| chunk.len());
        }
        bytes
    }

    /// Returns the processor time used so far, in clock ticks.
    fn ticks(&self) -> f64 {
        let stat = self.read("stat");
        // The second field is a name in brackets and may hold spaces; user and system time are the 14th and 15th.
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()
    }

    fn resident_megabytes(&self) -> f64 {
        let status = self.read("status");
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = kilobytes.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<f64>().unwrap() / 1024.0
    }

    fn read(&self, file: &str) -> String {
        let process = self.child.process_id().unwrap();
        std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
