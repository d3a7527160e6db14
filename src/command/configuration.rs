//! Where the configuration is, and what the command line says in place of it.
//!
//! It reads no TOML: that is `watch` and `config`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::arguments::{Dialling, Scanning};
use super::failure::advised;
use crate::config::{Config, ConfigError, Limits, Rate};
use crate::endpoint::Endpoint;
use crate::probe::{Pacing, ScanOptions};
use crate::watch;

/// The configuration in the current folder.
const HERE: &str = "verifull.toml";

/// A configuration that is whole and can be tried.
const EXAMPLE: &str = "write a `verifull.toml`, such as

  [[endpoint]]
  name = \"db1\"
  target = \"postgresql://db1.example.com:26257\"
  sslmode = \"verify-full\"
  sslrootcert = \"/etc/ssl/db/ca.crt\"

`config.example.toml` shows every key with its default; `verifull demo` shows all of it on a lab of its own";

/// Returns the configuration to use: the one that was named, else the one that is there.
pub(super) fn find(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    watch::find_config(named.map(Path::to_owned)).ok_or_else(|| {
        let places = match watch::user_config() {
            Some(own) => format!("neither `{HERE}` nor `{}` exists", own.display()),
            None => format!("`{HERE}` does not exist"),
        };
        advised(format!("there is no configuration: {places}"), EXAMPLE)
    })
}

/// Loads a configuration; an error names every place that is wrong.
pub(super) fn load(path: &Path) -> anyhow::Result<Config> {
    watch::load_config(path).map_err(|errors| unusable(path, &errors))
}

/// Returns the error that names every place of a configuration that is wrong.
pub(super) fn unusable(path: &Path, errors: &[ConfigError]) -> anyhow::Error {
    let mut text = format!("the configuration `{}` cannot be used", path.display());
    for error in errors {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{error}");
    }
    advised(
        text,
        "`config.example.toml` shows every key with its default",
    )
}

/// Puts the command line's word in place of the configuration's.
pub(super) fn override_dialling(config: &mut Config, dialling: &Dialling) {
    if let Some(concurrency) = dialling.concurrency {
        config.limits.concurrency = usize::from(concurrency);
        config.limits.per_host = usize::from(concurrency);
    }
    for endpoint in &mut config.endpoints {
        override_endpoint(endpoint, dialling);
    }
}

/// Puts the command line's word in place of the configuration's on how to scan.
pub(super) fn override_scanning(config: &mut Config, scanning: &Scanning) {
    if let Some(rate) = scanning.pacing {
        config.limits.rate = rate;
    }
    if scanning.unsuspicious {
        for endpoint in &mut config.endpoints {
            endpoint.scan.suspicious_probes = false;
        }
    }
}

/// Returns how scans behave under these limits: as quietly as is safe everywhere. An endpoint that wants no suspicious probes says so
/// itself.
pub(super) fn scan_options(limits: Limits) -> ScanOptions {
    ScanOptions {
        pacing: match limits.rate {
            Rate::Adaptive => Pacing::Adaptive,
            Rate::Off => Pacing::Off,
            Rate::PerSecond(number) => Pacing::PerSecond(number),
        },
        unsuspicious: false,
        intrusive: false,
    }
}

/// Puts the command line's word in place of one endpoint's.
fn override_endpoint(endpoint: &mut Endpoint, dialling: &Dialling) {
    if let (Some(ca), None) = (&dialling.ca, &endpoint.sslrootcert) {
        // Where there is a file already, the prober trusts both.
        endpoint.sslrootcert = Some(ca.clone());
    }
    if let (Some(certificate), Some(key)) = (&dialling.cert, &dialling.key) {
        endpoint.sslcert = Some(certificate.clone());
        endpoint.sslkey = Some(key.clone());
    }
    if let Some(name) = &dialling.server_name {
        endpoint.server_name = Some(name.clone());
    }
    if let Some(timeout) = dialling.timeout {
        endpoint.timeout = timeout;
    }
}
