//! The embedded lab: real TLS servers in this process on loopback, with a PKI made at start.

use crate::config::Config;

/// A running lab. Dropping it stops every server and removes every file it made.
#[derive(Debug)]
pub struct Lab {
    config: Config,
}

impl Lab {
    /// Returns the configuration that names every endpoint of the lab.
    pub fn config(&self) -> &Config {
        &self.config
    }
}
