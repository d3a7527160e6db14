#![doc = include_str!("../ARCHITECTURE.md")]

// Floor 0, words: bytes and text to values and back. No sockets, no files.
pub mod http;
pub mod libpq;
pub mod text;
pub mod tls;
pub mod x509;

// Floor 1, facts: what we look at, and what was seen. No opinion.
pub mod config;
pub mod endpoint;
pub mod observation;
pub mod source;

// Floor 2, judgement: pure functions from facts to verdicts, and what cures them.
pub mod audit;
pub mod check;
pub mod finding;
pub mod policy;
pub mod preflight;
pub mod remediation;
pub mod score;

// Floor 3, memory: events in, immutable snapshot out.
pub mod store;

// Floor 4, windows: snapshot to bytes, snapshot to frame.
pub mod report;
pub mod theme;
pub mod tui;

// The wing: it waits, fails and retries, and judges nothing.
pub mod demo;
pub mod probe;
pub mod scheduler;
pub mod terminal;
pub mod watch;

// The door: one file per subcommand.
pub mod command;
