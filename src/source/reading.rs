//! Facts to declarations.
//!
//! Each reading looks for one kind of thing in the facts of a file. What they share is here: the scene.

use super::declaration::Declaration;
use super::fact::Facts;
use super::flow::Names;
use super::format::Format;

mod command;
pub mod connection;
mod cryptography;
mod deployment;
mod disclosure;
mod go;
mod java;
mod javascript;
mod program;
mod python;
mod rust;
pub mod secret;
mod server;
mod setting;
mod web;

/// A file as readings see it.
#[derive(Debug)]
pub struct Scene<'a> {
    /// Its path, with `/`.
    pub path: &'a str,
    /// Its text: to look at what stands around a fact, for a fix. Never to search in.
    pub text: &'a str,
    /// Its format.
    pub format: Format,
    /// What a front end found in it.
    pub facts: &'a Facts,
    /// What its names stand for.
    pub names: Names<'a>,
}

/// Reads what a file declares, in the order of the file.
pub fn read(path: &str, text: &str, format: Format, facts: &Facts) -> Vec<Declaration> {
    let scene = Scene {
        path,
        text,
        format,
        facts,
        names: Names::of(facts),
    };
    let mut found = Vec::new();
    match format {
        Format::Python => python::read(&scene, &mut found),
        Format::JavaScript | Format::TypeScript | Format::Tsx => {
            javascript::read(&scene, &mut found);
        }
        Format::Go => go::read(&scene, &mut found),
        Format::Java => java::read(&scene, &mut found),
        Format::Rust => rust::read(&scene, &mut found),
        _ => {}
    }
    setting::read(&scene, &mut found);
    deployment::read(&scene, &mut found);
    command::read(&scene, &mut found);
    server::read(&scene, &mut found);
    disclosure::read(&scene, &mut found);
    cryptography::read(&scene, &mut found);
    web::read(&scene, &mut found);
    found.sort_by_key(|declaration| (declaration.span.start, declaration.span.end));
    found.dedup();
    found
}
