//! `verifull probe`: targets from the command line, once.
//!
//! A password in a target is dropped where it is parsed, and the user is told without seeing it again.

use std::path::PathBuf;
use std::sync::Arc;

use super::arguments::Probe;
use super::failure::advised;
use super::once::Pass;
use super::{configuration, known, output};
use crate::config::{self, Config, Files, Limits, Ui};
use crate::endpoint::target::{self, ParsedTarget};
use crate::endpoint::{Endpoint, ExpiryThresholds, Target};
use crate::libpq::SslMode;
use crate::libpq::conninfo::password_spans;
use crate::probe::{Depth, ScanOptions};
use crate::report::Detail;
use crate::text::printable;

/// Longest piece of a target that an error repeats, in characters.
const LONGEST_QUOTE: usize = 80;

/// Runs the command and returns its exit code.
pub(super) fn run(arguments: &Probe) -> anyhow::Result<u8> {
    let common = &arguments.common;
    let configured = match &common.config {
        Some(path) => Some(configuration::load(path)?),
        None => None,
    };
    let mut config = Config {
        // No file says it: the command line does.
        path: PathBuf::new(),
        endpoints: Vec::new(),
        watch: Vec::new(),
        certificates: Vec::new(),
        expiry: ExpiryThresholds::default(),
        files: Files::default(),
        limits: configured
            .as_ref()
            .map_or_else(Limits::default, |configured| configured.limits),
        ui: Ui::default(),
        secrets: Vec::new(),
    };
    for text in &arguments.targets {
        for endpoint in endpoints(text, configured.as_ref())? {
            add(&mut config.endpoints, endpoint);
        }
    }
    configuration::override_dialling(&mut config, &common.dialling);
    configuration::override_scanning(&mut config, &arguments.scanning);
    let known = match &arguments.rescan {
        Some(report) => known::load(report, &config.endpoints)?,
        None => Vec::new(),
    };
    let pass = Pass {
        additional_roots: common.dialling.ca.clone(),
        depth: depth(arguments),
        policies: arguments.scanning.policy.clone(),
        detail: if arguments.posture || arguments.deep || arguments.rescan.is_some() {
            // Whoever says how deep wants to see it, also of several targets.
            Detail::Full
        } else {
            Detail::Fitting
        },
        known,
        ..Pass::quick(config, common.reporting.clone())
    };
    let options = ScanOptions {
        intrusive: arguments.intrusive,
        unsuspicious: arguments.scanning.unsuspicious,
        ..pass.options
    };
    Pass { options, ..pass }.run()
}

/// Returns how deep to look: everything, unless told otherwise.
fn depth(arguments: &Probe) -> Option<Depth> {
    if arguments.quick {
        None
    } else if arguments.posture {
        Some(Depth::Posture)
    } else if arguments.rescan.is_some() {
        Some(Depth::Rescan)
    } else {
        Some(Depth::Deep)
    }
}

/// Reads one argument: the name of a configured endpoint, or a target.
pub(super) fn endpoints(text: &str, known: Option<&Config>) -> anyhow::Result<Vec<Endpoint>> {
    let named = known.and_then(|config| {
        config
            .endpoints
            .iter()
            .find(|endpoint| *endpoint.name == *text)
    });
    if let Some(endpoint) = named {
        return Ok(vec![endpoint.clone()]);
    }
    let parsed = target::parse(text).map_err(|error| {
        advised(
            format!("`{}` is not a target: {error}", safe(text)),
            "a target is postgresql://host:26257[/db], cockroachdb://…, https://host[:port][/path], tls://host:port, or host:port",
        )
    })?;
    if parsed.targets.iter().any(|target| target.had_password) {
        output::say(&format!(
            "verifull: the password in `{}` was dropped: verifull never logs in; other users of this machine can read a command line",
            safe(text)
        ));
    }
    Ok(parsed
        .targets
        .iter()
        .map(|target| endpoint(target, &parsed))
        .collect())
}

/// Returns the endpoint that a target's text describes.
fn endpoint(target: &Target, parsed: &ParsedTarget) -> Endpoint {
    Endpoint {
        name: Arc::from(target.authority()),
        target: target.clone(),
        // Whoever asks wants to know whether verify-full would hold.
        sslmode: parsed.sslmode.unwrap_or(SslMode::VerifyFull),
        sslrootcert: parsed
            .sslrootcert
            .clone()
            .and_then(target::RootCertificates::into_file),
        sslcert: parsed.sslcert.clone(),
        sslkey: parsed.sslkey.clone(),
        server_name: parsed.server_name.clone(),
        labels: std::collections::BTreeMap::new(),
        interval: config::DEFAULT_INTERVAL,
        timeout: config::DEFAULT_TIMEOUT,
        serves: None,
        login_test: Some(config::DEFAULT_LOGIN_TEST),
        scan: crate::endpoint::ScanPlan::of(target.protocol),
        expiry: ExpiryThresholds::default(),
    }
}

/// Adds an endpoint under a name that no other has; the same one twice is one.
fn add(endpoints: &mut Vec<Endpoint>, mut endpoint: Endpoint) {
    if endpoints
        .iter()
        .any(|other| other.target == endpoint.target)
    {
        return;
    }
    let is_taken = |name: &str| endpoints.iter().any(|other| *other.name == *name);
    if is_taken(&endpoint.name) {
        endpoint.name = Arc::from(endpoint.target.to_string());
    }
    let base = Arc::clone(&endpoint.name);
    let mut number = 2;
    while is_taken(&endpoint.name) {
        endpoint.name = Arc::from(format!("{base} ({number})"));
        number += 1;
    }
    endpoints.push(endpoint);
}

/// Returns an argument as it may be repeated: without passwords, printable, and short.
pub(super) fn safe(text: &str) -> String {
    let mut clean = String::new();
    let mut end = 0;
    for span in password_spans(text) {
        clean.push_str(&text[end..span.start]);
        clean.push('…');
        end = span.end;
    }
    clean.push_str(&text[end..]);
    let clean = printable(&clean);
    match clean.char_indices().nth(LONGEST_QUOTE) {
        Some((cut, _)) => format!("{}…", &clean[..cut]),
        None => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(targets: &[&str]) -> Vec<String> {
        let mut all = Vec::new();
        for text in targets {
            for endpoint in endpoints(text, None).expect("a target") {
                add(&mut all, endpoint);
            }
        }
        all.iter()
            .map(|endpoint| endpoint.name.to_string())
            .collect()
    }

    #[test]
    fn target_is_named_for_its_authority() {
        assert_eq!(
            names(&["postgresql://db1:26257/app", "api:443"]),
            ["db1:26257", "api:443"]
        );
    }

    #[test]
    fn same_target_twice_is_probed_once() {
        assert_eq!(
            names(&["db1:26257", "postgresql://db1:26257"]),
            ["db1:26257"]
        );
    }

    #[test]
    fn names_stay_unique_where_authorities_are_not() {
        assert_eq!(
            names(&["postgresql://db1:26257/a", "postgresql://db1:26257/b"]),
            ["db1:26257", "postgresql://db1:26257/b"]
        );
    }

    #[test]
    fn argument_is_repeated_without_its_password() {
        assert_eq!(safe("postgresql://u:hunter2@db/x"), "postgresql://u:…@db/x");
    }
}
