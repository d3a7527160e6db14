//! Files: read once, and told again when they change.

use std::path::Path;

use crate::config::{Config, ConfigError};

/// Reads verifull's configuration file with the environment of this process.
pub fn load_config(_path: &Path) -> Result<Config, Vec<ConfigError>> {
    Err(Vec::new())
}
