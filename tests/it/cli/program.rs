//! The program, run with a scrubbed environment in a folder of its own.
//!
//! Nothing of the machine that runs the tests reaches it: no configuration, no terminal, no variable.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder to run the program in.
pub(crate) struct Program {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Program {
    /// Returns a program with an empty folder.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            variables: Vec::new(),
        }
    }

    /// Puts a file into the folder and returns its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("a written file");
        path
    }

    /// Returns a path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets a variable.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the command, to be started in the test's own way.
    pub(crate) fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_verifull"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Ran {
        Ran::of(
            self.command(arguments).output().expect("a run"),
            self.folder.path(),
        )
    }
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    /// With the folder's own path taken out.
    pub(crate) stderr: String,
}

impl Ran {
    fn of(output: Output, folder: &Path) -> Self {
        let folder = folder.display().to_string();
        Self {
            code: output.status.code().expect("an exit code"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr)
                .expect("UTF-8")
                .replace(&folder, "[folder]"),
        }
    }
}

/// Returns a port of 127.0.0.1 at which nobody listens.
///
/// The listener is bound and never accepts; it is closed at once, and Linux does not hand its port out again soon.
pub(crate) fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
