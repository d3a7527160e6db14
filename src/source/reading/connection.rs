//! Reads connection strings, wherever they stand, to connections.

use std::collections::BTreeSet;

use crate::source::declaration::{Connection, Declaration};
use crate::source::driver::Driver;
use crate::text::template::Template;

/// What is known beside the text itself.
#[derive(Clone, Debug)]
pub struct Hints<'a> {
    /// The driver that the surroundings tell; a scheme that names one (`postgresql+asyncpg`) has more weight.
    pub driver: Driver,
    /// How that is known; empty where it is not.
    pub driver_evidence: String,
    /// Names of services of the same file: they are neighbours.
    pub neighbours: &'a BTreeSet<String>,
}

/// A connection string, read.
#[derive(Clone, Debug)]
pub struct Read {
    /// The connection with this driver's meaning.
    pub connection: Connection,
    /// The declarations that follow from the text alone, with their fixes: the connection itself, a password in it, an option that the driver
    /// refuses. A caller that knows more (an `ssl=` argument beside the text) changes the first one before it passes them on.
    pub declarations: Vec<Declaration>,
}

/// Whether a text looks like a connection string to a PostgreSQL-wire database.
pub fn is_connection_string(text: &Template) -> bool {
    let _ = text;
    false
}

/// Reads a connection string of any form; `None` where the text is none.
pub fn read(text: &Template, hints: &Hints<'_>) -> Option<Read> {
    let _ = (text, hints);
    None
}
