//! The real binary on a pseudo-terminal that answers no question: what it writes, what it leaves behind, and how it leaves.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use super::secrets::{PLANTED, assert_clean, targets};

/// How long anything may take that should take milliseconds. The machine may be busy; a hang is still found.
const PATIENCE: Duration = Duration::from_secs(8);

const SIZE: PtySize = PtySize {
    rows: 24,
    cols: 100,
    pixel_width: 0,
    pixel_height: 0,
};

/// The program on its terminal.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    chunks: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// Everything that was written so far.
    written: Vec<u8>,
    /// The terminal's modes before the program ran, as text: their type is another crate's.
    modes_before: String,
    started: Instant,
    folder: tempfile::TempDir,
}

impl Terminal {
    fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_on(&[closed_port(), closed_port()], variables)
    }

    /// Starts the program on endpoints `pty-1`, `pty-2`, … at these ports of the loopback address.
    fn start_on(ports: &[u16], variables: &[(&str, &str)]) -> Self {
        let targets: Vec<String> = ports
            .iter()
            .map(|port| format!("postgresql://127.0.0.1:{port}"))
            .collect();
        Self::start_at(&targets, variables)
    }

    /// Starts the program on endpoints `pty-1`, `pty-2`, … with these targets.
    fn start_at(targets: &[String], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = configuration(&folder, targets);
        let config = config.to_str().expect("a path").to_owned();
        Self::start_in(folder, &["--config", &config], variables)
    }

    /// Starts the program with these arguments.
    fn start_in(folder: tempfile::TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let pair = native_pty_system()
            .openpty(SIZE)
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_verifull"));
        command.args(arguments);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("HOME", folder.path());
        for (name, value) in variables {
            command.env(name, value);
        }
        let modes_before = modes(&*pair.master);
        let reader = pair.master.try_clone_reader().expect("a reader");
        let keys = pair.master.take_writer().expect("a writer");
        let started = Instant::now();
        let child = pair
            .slave
            .spawn_command(command)
            .expect("the program starts");
        drop(pair.slave);
        let chunks = read_all(reader);
        Self {
            child,
            master: pair.master,
            keys,
            chunks,
            screen: vt100::Parser::new(cells(SIZE.rows), cells(SIZE.cols), 0),
            written: Vec::new(),
            modes_before,
            started,
            folder,
        }
    }

    /// Takes what the program writes within `time`, and returns how many bytes that was; `None` when it is gone.
    fn read_for(&mut self, time: Duration) -> Option<usize> {
        match self.chunks.recv_timeout(time) {
            Ok(chunk) => {
                self.screen.process(&chunk);
                self.written.extend_from_slice(&chunk);
                Some(chunk.len())
            }
            Err(RecvTimeoutError::Timeout) => Some(0),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Reads until the screen is as wanted.
    fn wait_until(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(self) {
            assert!(
                Instant::now() < deadline,
                "no {what} on screen:\n{}",
                self.contents()
            );
            let gone = self.read_for(Duration::from_millis(20)).is_none();
            assert!(
                !gone || wanted(self),
                "gone before {what}:\n{}",
                self.contents()
            );
        }
    }

    fn wait_for_frame(&mut self) {
        self.wait_until("first frame", |terminal| {
            terminal.shows("pty-1") && terminal.is_taken()
        });
    }

    /// Reads until nothing was written for `time`.
    fn wait_for_rest(&mut self, time: Duration) {
        let deadline = Instant::now() + PATIENCE;
        while self.read_for(time) != Some(0) {
            assert!(
                Instant::now() < deadline,
                "never at rest:\n{}",
                self.contents()
            );
        }
    }

    fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    fn shows(&self, text: &str) -> bool {
        self.contents().contains(text)
    }

    /// Whether the program has the terminal: alternate screen, hidden cursor, raw mode.
    fn is_taken(&self) -> bool {
        self.screen.screen().alternate_screen() && modes(&*self.master) != self.modes_before
    }

    fn press(&mut self, keys: &str) {
        self.keys
            .write_all(keys.as_bytes())
            .expect("the terminal takes keys");
    }

    fn signal(&self, signal: Signal) {
        let process = self
            .child
            .process_id()
            .and_then(|id| i32::try_from(id).ok());
        let process = process.and_then(Pid::from_raw).expect("a process");
        kill_process(process, signal).expect("the program is there");
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        let size = PtySize {
            rows,
            cols: columns,
            ..SIZE
        };
        self.screen
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        self.master.resize(size).expect("any size will do");
    }

    /// Reads to the end and returns the exit code.
    fn leave(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        while self.read_for(Duration::from_millis(20)).is_some() {
            assert!(
                Instant::now() < deadline,
                "it does not leave:\n{}",
                self.contents()
            );
        }
        self.child.wait().expect("it left").exit_code()
    }

    fn assert_given_back(&self, after: &str) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "alternate screen after {after}");
        assert!(!screen.hide_cursor(), "hidden cursor after {after}");
        assert!(!screen.bracketed_paste(), "bracketed paste after {after}");
        let mouse = screen.mouse_protocol_mode();
        assert_eq!(mouse, vt100::MouseProtocolMode::None, "mouse after {after}");
        assert_eq!(
            modes(&*self.master),
            self.modes_before,
            "modes after {after}"
        );
        assert!(self.has_written("\x1b[?1004l"), "focus after {after}");
    }

    /// Presses keys, waits for what comes of them, and fails where the screen then shows the planted password.
    fn press_and_search(&mut self, keys: &str) {
        self.press(keys);
        self.wait_for_rest(Duration::from_millis(80));
        self.assert_clean(&format!("the screen after {keys:?}"));
    }

    /// Searches the screen for the planted password: only changed cells are written, so the bytes alone would not do.
    fn assert_clean(&self, what: &str) {
        assert_clean(what, &self.contents());
        // Broken over two lines, with or without a border between them.
        let joined = self
            .contents()
            .replace(|sign: char| sign.is_whitespace() || !sign.is_ascii(), "");
        assert_clean(what, &joined);
    }

    /// Returns every text that was put on the clipboard through the terminal.
    fn copied(&self) -> Vec<String> {
        let written = String::from_utf8_lossy(&self.written);
        let sequences = written.split("\x1b]52;c;").skip(1);
        sequences
            .map(|sequence| {
                let (payload, _) = sequence.split_once("\x1b\\").expect("an end");
                let text = data_encoding::BASE64.decode(payload.as_bytes());
                String::from_utf8(text.expect("base64")).expect("UTF-8")
            })
            .collect()
    }

    fn has_written(&self, sequence: &str) -> bool {
        let sequence = sequence.as_bytes();
        self.written
            .windows(sequence.len())
            .any(|window| window == sequence)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed leaves nobody behind; one that passed has nobody left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A count of rows or columns, of which there is always one.
fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap_or(NonZero::<u16>::MIN)
}

/// Reads in a thread of its own, so that a test can wait for a while and not for ever.
fn read_all(mut reader: Box<dyn Read + Send>) -> Receiver<Vec<u8>> {
    let (sender, chunks) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        // Linux answers with an error when the last writer is gone; both ends mean the end.
        while let Ok(length @ 1..) = reader.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    chunks
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

/// Returns a port of the loopback address on which nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Starts a server that answers every first message with `N`: it is reached, and has nothing more to say.
fn server_without_tls() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let mut request = [0; 8];
            if stream.read_exact(&mut request).is_ok() {
                let _ = stream.write_all(b"N");
            }
        }
    });
    port
}

fn configuration(folder: &tempfile::TempDir, targets: &[String]) -> PathBuf {
    use std::fmt::Write as _;
    let mut text = "[defaults]\ninterval = \"1h\"\n".to_owned();
    for (number, target) in (1..).zip(targets) {
        write!(
            text,
            "\n[[endpoint]]\nname = \"pty-{number}\"\ntarget = \"{target}\"\n"
        )
        .expect("a string takes everything");
    }
    let path = folder.path().join("verifull.toml");
    std::fs::write(&path, text).expect("a file in a temporary folder");
    path
}

#[test]
fn first_frame_comes_without_any_answer() {
    let mut terminal = Terminal::start(&[]);
    terminal.wait_for_frame();
    // Two seconds is what an unanswered question costs elsewhere; the budget of 50 ms is for a release build at rest.
    let first = terminal.started.elapsed();
    assert!(first < Duration::from_secs(2), "{first:?}");
    terminal.wait_for_rest(Duration::from_millis(300));
    for question in [
        "\x1b[6n",
        "\x1b[5n",
        "\x1b[c",
        "\x1b[>c",
        "\x1b]11;?",
        "\x1b]10;?",
        "\x1b[?996n",
    ] {
        assert!(!terminal.has_written(question), "asks {question:?}");
    }
}

#[test]
fn every_frame_is_a_synchronised_update() {
    let mut terminal = Terminal::start(&[]);
    terminal.wait_for_frame();
    terminal.wait_for_rest(Duration::from_millis(300));
    let count = |sequence: &[u8]| {
        let windows = terminal.written.windows(sequence.len());
        windows.filter(|window| *window == sequence).count()
    };
    let begun = count(b"\x1b[?2026h");
    assert!(begun > 0);
    assert_eq!(begun, count(b"\x1b[?2026l"));
}

#[test]
fn nothing_is_written_at_rest() {
    let mut terminal = Terminal::start_on(&[server_without_tls()], &[]);
    terminal.wait_for_frame();
    terminal.wait_for_rest(Duration::from_millis(700));
    let minute = || jiff::Timestamp::now().as_second() / 60;
    // Times on screen count clock minutes, and a frame at the turn of one is due: that measurement does not count.
    for _ in 0..2 {
        let before = minute();
        let written = terminal.read_for(Duration::from_secs(3));
        if minute() == before {
            assert_eq!(written, Some(0), "{}", terminal.contents());
            return;
        }
        terminal.wait_for_rest(Duration::from_millis(300));
    }
    panic!("two turns of a minute within six seconds");
}

#[test]
fn terminal_is_given_back_after_signals() {
    for (signal, code) in [
        (Signal::TERM, 143),
        (Signal::INT, 130),
        (Signal::HUP, 129),
        (Signal::QUIT, 131),
    ] {
        let mut terminal = Terminal::start(&[]);
        terminal.wait_for_frame();
        terminal.signal(signal);
        assert_eq!(terminal.leave(), code, "{signal:?}");
        terminal.assert_given_back(&format!("{signal:?}"));
    }
}

#[test]
fn terminal_is_given_back_after_keys() {
    for keys in ["q", "\x03"] {
        let mut terminal = Terminal::start(&[]);
        terminal.wait_for_frame();
        terminal.press(keys);
        assert_eq!(terminal.leave(), 0, "{keys:?}");
        terminal.assert_given_back(&format!("{keys:?}"));
    }
}

#[test]
fn stopped_program_gives_back_and_paints_again() {
    for by_key in [false, true] {
        let mut terminal = Terminal::start(&[]);
        terminal.wait_for_frame();
        terminal.wait_for_rest(Duration::from_millis(300));
        if by_key {
            terminal.press("\x1a");
        } else {
            terminal.signal(Signal::TSTP);
        }
        terminal.wait_until("stop", |terminal| {
            !terminal.screen.screen().alternate_screen()
                && modes(&*terminal.master) == terminal.modes_before
        });
        terminal.wait_for_rest(Duration::from_millis(300));
        terminal.assert_given_back("a stop");
        terminal.signal(Signal::CONT);
        terminal.wait_for_frame();
        terminal.press("q");
        assert_eq!(terminal.leave(), 0);
        terminal.assert_given_back("a stop and a quit");
    }
}

#[test]
fn terminal_that_was_changed_behind_our_back_is_painted_again() {
    let mut terminal = Terminal::start(&[]);
    terminal.wait_for_frame();
    terminal.wait_for_rest(Duration::from_millis(300));
    terminal.signal(Signal::STOP);
    // What a shell writes while the program is stopped and knows nothing of it.
    terminal
        .screen
        .process(b"\x1b[2J\x1b[Hsomebody else was here");
    terminal.signal(Signal::CONT);
    terminal.wait_until("new frame", |terminal| {
        terminal.shows("pty-1") && !terminal.shows("somebody else")
    });
}

#[test]
fn panic_that_ends_the_program_gives_back_and_is_said() {
    let mut terminal = Terminal::start(&[("VERIFULL_PANIC", "loop")]);
    assert_eq!(terminal.leave(), 101);
    terminal.assert_given_back("a panic");
    assert!(
        terminal.shows("asked to by VERIFULL_PANIC"),
        "{}",
        terminal.contents()
    );
}

#[test]
fn contained_panic_leaves_the_screen_alone() {
    let mut terminal = Terminal::start(&[("VERIFULL_PANIC", "task")]);
    terminal.wait_for_frame();
    terminal.wait_for_rest(Duration::from_millis(300));
    assert!(terminal.is_taken());
    assert!(!terminal.has_written("VERIFULL_PANIC"));
    terminal.press("q");
    assert_eq!(terminal.leave(), 0);
    terminal.assert_given_back("a contained panic");
    assert!(
        terminal.shows("asked to by VERIFULL_PANIC"),
        "it is said at the end"
    );
}

#[test]
fn smallest_terminal_and_back_is_survived() {
    let mut terminal = Terminal::start(&[]);
    terminal.wait_for_frame();
    for (columns, rows) in [(1, 1), (200, 1), (1, 60), (40, 10)] {
        terminal.resize(columns, rows);
        terminal.wait_for_rest(Duration::from_millis(150));
    }
    terminal.resize(SIZE.cols, SIZE.rows);
    terminal.wait_for_frame();
    terminal.press("q");
    assert_eq!(terminal.leave(), 0);
}

#[test]
fn broken_configuration_is_said_and_the_last_good_one_stays() {
    let mut terminal = Terminal::start(&[]);
    terminal.wait_for_frame();
    terminal.wait_for_rest(Duration::from_millis(300));
    let path = terminal.folder.path().join("verifull.toml");
    let good = std::fs::read_to_string(&path).expect("it was written");
    std::fs::write(&path, good.replace("target", "taget")).expect("a file of ours");
    terminal.wait_until("complaint", |terminal| {
        terminal.shows("last good configuration kept") && terminal.shows("pty-2")
    });
    std::fs::write(&path, good.replace("pty-2", "pty-new")).expect("a file of ours");
    terminal.wait_until("new configuration", |terminal| {
        terminal.shows("pty-new") && !terminal.shows("last good configuration kept")
    });
}

#[test]
fn certificate_that_kubernetes_swaps_in_and_nobody_reloads_is_shown_at_once() {
    use super::certificates::{Ca, serve, write_pair};

    let folder = tempfile::tempdir().expect("a folder");
    let certs = folder.path().join("certs");
    let ca = Ca::new();
    let mount = |name: &str, pair: &(String, String)| {
        let data = certs.join(name);
        std::fs::create_dir_all(&data).expect("a folder");
        write_pair(&data, "tls", pair);
        std::fs::write(data.join("ca.crt"), &ca.pem).expect("a file of ours");
        std::os::unix::fs::symlink(name, certs.join("..tmp")).expect("a link");
        std::fs::rename(certs.join("..tmp"), certs.join("..data")).expect("a swap");
    };
    let old = ca.issue("node", &["127.0.0.1"], 48);
    mount("..1", &old);
    for file in ["ca.crt", "tls.crt", "tls.key"] {
        let target = format!("..data/{file}");
        std::os::unix::fs::symlink(target, certs.join(file)).expect("a link");
    }
    let config = format!(
        "[watch]\ncerts = 'certs'\n[[endpoint]]\nname = 'swapped'\ntarget = 'tls://127.0.0.1:{}'\nsslrootcert = 'certs/ca.crt'\ninterval = '1h'\nscan = false\n",
        serve(&old)
    );
    let path = folder.path().join("verifull.toml");
    std::fs::write(&path, config).expect("a file of ours");
    let path = path.to_str().expect("a path").to_owned();
    let mut terminal = Terminal::start_in(folder, &["--config", &path], &[]);
    terminal.wait_until("what a probe saw", |terminal| terminal.shows("no findings"));
    terminal.press("2");
    mount("..2", &ca.issue("node", &["127.0.0.1"], 1));
    terminal.wait_until("missed reload", |terminal| {
        terminal.shows("certificate on disk is another")
    });
}

#[test]
fn remedy_is_copied_through_the_terminal_and_said() {
    let mut terminal = Terminal::start_on(&[server_without_tls()], &[]);
    terminal.wait_for_frame();
    terminal.wait_for_rest(Duration::from_millis(300));
    terminal.press("y");
    terminal.wait_until("toast", |terminal| {
        terminal.shows("copied through the terminal (OSC 52)")
    });
    assert!(terminal.has_written("\x1b]52;c;"));
}

#[test]
fn password_in_the_configuration_reaches_no_screen_and_no_clipboard() {
    let targets = targets(server_without_tls());
    let mut terminal = Terminal::start_at(&targets, &[]);
    terminal.wait_for_frame();
    terminal.wait_for_rest(Duration::from_millis(300));
    // Each endpoint's page, and its fix in both ways of copying it.
    for number in 1..=targets.len() {
        terminal.press_and_search("\r");
        let title = format!("Fleet › pty-{number}");
        assert!(terminal.shows(&title), "{}", terminal.contents());
        terminal.press_and_search("G");
        terminal.press_and_search("f");
        terminal.press_and_search("yY");
        // One by one: an escape before another key is a key of its own.
        terminal.press_and_search("\x1b");
        terminal.press_and_search("\x1b");
        terminal.press_and_search("j");
    }
    terminal.press_and_search("2");
    assert!(terminal.shows("password"), "{}", terminal.contents());
    // The findings one by one, some with their fix.
    terminal.press_and_search("b");
    for keys in ["f", "y", "\x1b", "G", "f", "y", "\x1b", "\r", "\x1b"] {
        terminal.press_and_search(keys);
    }
    for keys in ["3", "4", "?", "\x1b", ":", "\x1b", "/app", "\x1b"] {
        terminal.press_and_search(keys);
    }
    break_configuration(&mut terminal);
    terminal.press("q");
    assert_eq!(terminal.leave(), 0);
    assert_clean("the terminal", &String::from_utf8_lossy(&terminal.written));
    let copied = terminal.copied();
    assert!(copied.len() > 8, "{copied:?}");
    for text in &copied {
        assert_clean("the clipboard", text);
    }
}

/// Breaks the configuration on save, each time with the password in the line that is complained of.
fn break_configuration(terminal: &mut Terminal) {
    let path = terminal.folder.path().join("verifull.toml");
    let good = std::fs::read_to_string(&path).expect("it was written");
    assert!(good.contains(PLANTED));
    let broken = [
        good.replacen("target", "taget", 1),
        good.replacen("/bank\"", "/bank", 1),
        good.replacen("target = \"", "target = ", 1),
        good.replacen("127.0.0.1:", "127.0.0.1:9", 1),
    ];
    for text in broken {
        std::fs::write(&path, text).expect("a file of ours");
        terminal.wait_until("complaint", |terminal| {
            terminal.shows("last good configuration kept")
        });
        for keys in ["1", "4"] {
            terminal.press_and_search(keys);
        }
        std::fs::write(&path, &good).expect("a file of ours");
        terminal.wait_until("good configuration", |terminal| {
            !terminal.shows("last good configuration kept")
        });
    }
}

#[test]
fn release_of_everything_is_said_once() {
    let mut terminal = Terminal::start(&[]);
    terminal.wait_for_frame();
    terminal.press("q");
    terminal.leave();
    let count = |sequence: &[u8]| {
        let windows = terminal.written.windows(sequence.len());
        windows.filter(|window| *window == sequence).count()
    };
    assert_eq!(count(b"\x1b[?1049h"), 1);
    assert_eq!(count(b"\x1b[?1049l"), 1);
}

#[test]
fn probe_shows_a_line_for_each_target_and_wipes_them_out() {
    let silent = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port"));
    let targets = silent
        .each_ref()
        .map(|peer| format!("tls://{}", peer.local_addr().expect("an address")));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = ["probe", &targets[0], &targets[1], "--timeout", "60"];
    let mut terminal = Terminal::start_in(folder, &arguments, &[]);
    let lines = targets.each_ref().map(|target| {
        let name = target.strip_prefix("tls://").expect("its scheme");
        format!("{name}  deep  ")
    });
    terminal.wait_until("progress", |terminal| {
        lines.iter().all(|line| terminal.shows(line))
    });
    terminal.keys.write_all(b"\x03").expect("a terminal");
    terminal.wait_until("the end", |terminal| {
        terminal.shows("verifull: ended by SIGINT")
    });
    assert!(!terminal.shows("deep"), "{}", terminal.contents());
    let status = terminal.child.wait().expect("an end");
    assert_eq!(status.exit_code(), 130);
}

/// Starts the program with a `.env` file that it watches.
fn beside_an_env_file(variables: &[(&str, &str)]) -> (Terminal, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = configuration(
        &folder,
        &[format!("postgresql://127.0.0.1:{}", closed_port())],
    );
    let mut text = std::fs::read_to_string(&config).expect("it is there");
    text.push_str("\n[watch]\npaths = [\"app\"]\n");
    std::fs::write(&config, text).expect("written");
    let env = folder.path().join("app").join(".env");
    std::fs::create_dir(folder.path().join("app")).expect("created");
    std::fs::write(&env, BAD_ENV).expect("written");
    let config = config.to_str().expect("a path").to_owned();
    let mut terminal = Terminal::start_in(folder, &["--config", &config], variables);
    terminal.wait_for_frame();
    terminal.press("5");
    terminal.wait_until("finding", |terminal| terminal.shows("connection-plaintext"));
    (terminal, env)
}

const BAD_ENV: &str = "DATABASE_URL=postgresql://orders@db1.example.com/orders?sslmode=disable\n";
const GOOD_ENV: &str = "DATABASE_URL=postgresql://orders@db1.example.com/orders?sslmode=verify-full&sslrootcert=/etc/ssl/ca.crt\n";

#[test]
fn edited_env_file_loses_its_finding_and_gets_it_back() {
    let (mut terminal, env) = beside_an_env_file(&[]);
    std::fs::write(&env, GOOD_ENV).expect("saved");
    terminal.wait_until("good file", |terminal| {
        terminal.shows("nothing is wrong with what it says")
            && !terminal.shows("connection-plaintext")
    });
    // As most editors save.
    let new = env.with_file_name(".env.new~");
    std::fs::write(&new, BAD_ENV).expect("written");
    std::fs::rename(&new, &env).expect("renamed");
    terminal.wait_until("finding", |terminal| terminal.shows("connection-plaintext"));
    terminal.press("4");
    terminal.wait_until("events", |terminal| {
        terminal.shows("cleared: connection declared")
            && terminal.shows("line 1: connection declared")
    });
    terminal.press("q");
    assert_eq!(terminal.leave(), 0);
}

#[test]
fn fix_is_applied_to_the_file_and_taken_back() {
    let (mut terminal, env) = beside_an_env_file(&[]);
    terminal.press("a");
    terminal.wait_until("change", |terminal| terminal.shows("make this change"));
    assert_eq!(std::fs::read_to_string(&env).expect("read"), BAD_ENV);
    terminal.press("a");
    terminal.wait_until("mended file", |terminal| terminal.shows("nothing is wrong"));
    let text = std::fs::read_to_string(&env).expect("read");
    assert!(text.contains("sslmode=verify-full"), "{text}");
    terminal.press("u");
    terminal.wait_until("finding", |terminal| terminal.shows("connection-plaintext"));
    assert_eq!(std::fs::read_to_string(&env).expect("read"), BAD_ENV);
    terminal.press("q");
    assert_eq!(terminal.leave(), 0);
}

#[test]
fn host_that_a_file_names_is_adopted_on_the_second_key() {
    let (mut terminal, _) = beside_an_env_file(&[]);
    let config = terminal.folder.path().join("verifull.toml");
    let before = std::fs::read_to_string(&config).expect("read");
    terminal.press("c\r");
    terminal.wait_until("question", |terminal| terminal.shows("Add this endpoint?"));
    assert_eq!(std::fs::read_to_string(&config).expect("read"), before);
    terminal.press("\r");
    terminal.wait_until("answer", |terminal| terminal.shows("written to"));
    terminal.press("1");
    terminal.wait_until("endpoint", |terminal| {
        terminal.shows("db1.example.com:5432")
    });
    terminal.press("q");
    assert_eq!(terminal.leave(), 0);
}

#[test]
fn editor_has_the_terminal_until_it_ends() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let editor = folder.path().join("editor");
    std::fs::write(
        &editor,
        "#!/bin/sh\necho \"edits $1 $2\"\nread answer\nprintf '%s' \"$answer\" > \"$2\"\n",
    )
    .expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&editor, mode).expect("set");
    let editor = editor.to_str().expect("a path").to_owned();
    let (mut terminal, env) =
        beside_an_env_file(&[("VISUAL", editor.as_str()), ("PATH", "/usr/bin:/bin")]);
    terminal.press("e");
    terminal.wait_until("editor", |terminal| {
        !terminal.screen.screen().alternate_screen() && terminal.shows("edits +1 ")
    });
    // Ctrl+C would end the editor, and is not for us.
    terminal.signal(Signal::INT);
    terminal.press(&GOOD_ENV.replace('\n', "\r"));
    terminal.wait_until("screen", |terminal| {
        terminal.is_taken() && terminal.shows("nothing is wrong with what it says")
    });
    assert_eq!(
        std::fs::read_to_string(&env).expect("read"),
        GOOD_ENV.trim_end()
    );
    terminal.press("q");
    assert_eq!(terminal.leave(), 0);
    terminal.assert_given_back("an editor");
}
