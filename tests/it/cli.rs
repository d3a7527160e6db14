//! The command line as other programs meet it: exit codes, formats, streams, messages.
//!
//! Formats are held against a fleet made by hand; the binary runs with a scrubbed environment in a folder of its own.

mod binary;
pub(crate) mod fixture;
pub(crate) mod formats;
pub(crate) mod program;
mod scanned;
