//! Child processes that end with the test, and the folders and ports they live in.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// A server process, stopped on drop.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a program and waits until it listens.
    pub(crate) fn start(command: &mut Command, port: u16, log: &Path) -> Self {
        let child = command.spawn().unwrap_or_else(|error| {
            panic!(
                "{} does not start: {error}",
                command.get_program().display()
            )
        });
        let mut server = Self {
            child,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        };
        let patience = Instant::now() + Duration::from_secs(30);
        while let Err(error) = TcpStream::connect(server.address) {
            let gone = server.child.try_wait().unwrap();
            assert!(
                gone.is_none()
                    && error.kind() == ErrorKind::ConnectionRefused
                    && Instant::now() < patience,
                "{} does not listen ({error}, {gone:?}):\n{}",
                command.get_program().display(),
                std::fs::read_to_string(log).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success(), "kill -{name} fails");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // INT is PostgreSQL's fast shutdown, and ends the others as well.
        self.signal("INT");
        let patience = Instant::now() + Duration::from_secs(5);
        while Instant::now() < patience {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a loopback port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Returns the path of a program, or fails with a sentence that helps.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| panic!("`{name}` is missing; `tests/run` installs it"))
}

/// Another user to be, where a server refuses to run as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    uid: u32,
    gid: u32,
}

impl Owner {
    /// `nobody`, if we are root.
    pub(crate) fn unprivileged() -> Option<Self> {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let uid = status
            .lines()
            .find_map(|line| line.strip_prefix("Uid:"))
            .and_then(|rest| rest.split_whitespace().nth(1));
        if uid != Some("0") {
            return None;
        }
        let users = std::fs::read_to_string("/etc/passwd").unwrap();
        let line = users
            .lines()
            .find(|line| line.starts_with("nobody:"))
            .expect("there is a user `nobody`");
        let mut fields = line.split(':').skip(2).map(|field| field.parse().unwrap());
        Some(Self {
            uid: fields.next().unwrap(),
            gid: fields.next().unwrap(),
        })
    }

    /// Gives a file or folder to them.
    pub(crate) fn own(self, path: &Path) {
        std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid)).unwrap();
    }

    /// Lets a command run as them.
    pub(crate) fn run(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }
}

/// Runs a command to its end and returns what it printed, or fails with it.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!(
            "{} does not start: {error}",
            command.get_program().display()
        )
    });
    assert!(
        output.status.success(),
        "{command:?} fails:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
