//! A parser for each format: text to [facts](super::fact).
//!
//! A front end knows its format and nothing of databases. It never fails: what it cannot read it passes over and says so
//! ([`Understanding`](super::fact::Understanding)). Its work and its depth are bounded whatever the text is.

use super::fact::Facts;
use super::format::Format;

mod apache;
mod commands;
mod dockerfile;
mod dotenv;
mod go;
mod haproxy;
mod hcl;
mod holes;
mod ini;
mod java;
mod javascript;
mod json;
mod lines;
mod marks;
mod nginx;
mod pg_hba;
mod postgresql_conf;
mod prisma;
mod program;
mod properties;
mod python;
mod rust;
mod shell;
mod toml_file;
mod tree;
mod words;
mod written;
mod yaml;

/// Deepest nesting that is followed. Deeper values are passed over.
pub const DEEPEST: usize = 128;

/// Reads a text of a format to its facts.
pub fn read(text: &str, format: Format) -> Facts {
    match format {
        Format::Python => python::read(text),
        Format::JavaScript | Format::TypeScript | Format::Tsx => javascript::read(text, format),
        Format::Go => go::read(text),
        Format::Java => java::read(text),
        Format::Rust => rust::read(text),
        Format::Shell => shell::read(text),
        Format::Yaml => yaml::read(text),
        Format::Toml => toml_file::read(text),
        Format::Json => json::read(text),
        Format::Hcl => hcl::read(text),
        Format::Dockerfile => dockerfile::read(text),
        Format::Dotenv => dotenv::read(text),
        Format::Ini => ini::read(text),
        Format::Properties => properties::read(text),
        Format::Nginx => nginx::read(text),
        Format::Haproxy => haproxy::read(text),
        Format::Apache => apache::read(text),
        Format::PgHba => pg_hba::read(text),
        Format::PostgresqlConf => postgresql_conf::read(text),
        Format::Prisma => prisma::read(text),
        // C# has no front end of its own yet: its connection strings are read line by line.
        Format::CSharp | Format::Lines => lines::read(text),
    }
}
