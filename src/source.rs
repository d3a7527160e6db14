//! An application's file to the declarations in it: text in, declarations with byte spans out.
//!
//! Four steps, each knowing only the one before:
//!
//! 1. [`mod@format`]: what kind of file this is, by its name and its content.
//! 2. [`front`]: a parser for each format turns text into [`fact`]s: the same few shapes for every language.
//! 3. [`flow`]: what a name stands for in this file; [`driver`]: what a driver does with a setting.
//! 4. [`reading`]: facts to [`declaration`]s, such as "a connection of asyncpg to `db`, unverified".
//!
//! It judges nothing: how bad a declaration is, is for `check`. It reads no file and no environment. Text of a file is
//! [`Secret`](crate::text::Secret) until it was parsed, since any of it may be a password.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a reading looks for one shape among many, and the others are not its concern"
)]

pub mod declaration;
pub mod driver;
pub mod expression;
pub mod fact;
pub mod flow;
pub mod format;
pub mod front;
pub mod lines;
pub mod reading;
pub mod redaction;
pub mod role;
pub mod silence;

pub use declaration::Declaration;
pub use format::Format;
pub use role::Role;

use fact::Understanding;
use lines::Lines;
use silence::Silence;

/// Largest file that is read, in bytes. Larger ones are data, not configuration.
pub const LARGEST: usize = 2 * 1024 * 1024;

/// What one file says.
#[derive(Clone, Debug)]
pub struct FileReading {
    /// Its format.
    pub format: Format,
    /// What it is for.
    pub role: Role,
    /// How well it was understood.
    pub understanding: Understanding,
    /// What it declares, in the order of the file.
    pub declarations: Vec<Declaration>,
    /// The silences in its comments.
    pub silences: Vec<Silence>,
    /// Its lines, secrets blotted out.
    pub lines: Lines,
}

/// Reads one file. `path` is its path as it was named, with `/`, relative to the scanned root; `None` where no text in it can concern us.
///
/// The text is UTF-8 without byte order mark; spans count its bytes.
pub fn look(path: &str, text: &str) -> Option<FileReading> {
    let format = format::detect(path, text)?;
    let facts = front::read(text, format);
    let declarations = reading::read(path, text, format, &facts);
    let secrets = redaction::secret_spans(text, &facts, &declarations);
    Some(FileReading {
        format,
        role: role::of(path, text),
        silences: silence::read(text, &facts),
        understanding: facts.understanding,
        lines: Lines::new(text, &secrets),
        declarations,
    })
}
