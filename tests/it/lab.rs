//! What a deep scan says of servers of six TLS implementations, held against what they were found to take the slow way.
//!
//! `tests/lab/lab` starts them, `tests/lab/truth.py` asks each for every version and code point on a connection of its own. The two
//! share no code with verifull. `tests/lab/prepare`, which `tests/run` calls, installs and builds what they need.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use verifull::config::Limits;
use verifull::endpoint::{Endpoint, ExpiryThresholds, ScanPlan, target};
use verifull::libpq::SslMode;
use verifull::observation::scan::{Preference, Scan};
use verifull::probe::{Depth, Pacing, Prober, ScanOptions};
use verifull::tls::ProtocolVersion;

/// A server of the lab, as it says itself.
#[derive(Debug)]
struct Server {
    name: String,
    port: u16,
    protocol: String,
}

/// Servers that run as long as this is held.
struct Lab {
    servers: Vec<Server>,
    process: Child,
    /// Its end is theirs.
    input: Option<ChildStdin>,
    _folder: tempfile::TempDir,
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/lab")
        .join(name)
}

impl Lab {
    fn start(names: &[&str]) -> Self {
        // PostgreSQL refuses to run as root: the lab gives it a user, who has to get at its files.
        let folder = tempfile::Builder::new()
            .prefix("verifull-lab-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir()
            .unwrap();
        let mut process = Command::new(script("lab"))
            .args(["run", "--dir"])
            .arg(folder.path().join("state"))
            .args(names)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take();
        let output = BufReader::new(process.stdout.take().unwrap());
        let servers: Vec<Server> = output
            .lines()
            .take(names.len())
            .map(|line| {
                let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
                Server {
                    name: line["name"].as_str().unwrap().to_owned(),
                    port: u16::try_from(line["port"].as_u64().unwrap()).unwrap(),
                    protocol: line["protocol"].as_str().unwrap().to_owned(),
                }
            })
            .collect();
        assert_eq!(
            servers.len(),
            names.len(),
            "the lab does not start: run tests/lab/prepare"
        );
        Self {
            servers,
            process,
            input: stdin,
            _folder: folder,
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.wait();
    }
}

impl Server {
    fn endpoint(&self) -> Endpoint {
        let text = format!("{}://127.0.0.1:{}", self.protocol, self.port);
        let parsed = target::parse(&text).unwrap();
        Endpoint {
            name: Arc::from(self.name.as_str()),
            target: parsed.targets[0].clone(),
            sslmode: SslMode::VerifyFull,
            sslrootcert: None,
            sslcert: None,
            sslkey: None,
            server_name: None,
            labels: BTreeMap::new(),
            interval: Duration::from_mins(1),
            timeout: Duration::from_secs(10),
            serves: None,
            login_test: None,
            scan: ScanPlan::default(),
            expiry: ExpiryThresholds::default(),
        }
    }

    fn scan(&self, pacing: Pacing) -> Arc<Scan> {
        self.scan_with(ScanOptions {
            pacing,
            ..ScanOptions::default()
        })
    }

    fn scan_with(&self, options: ScanOptions) -> Arc<Scan> {
        let limits = Limits {
            per_host: 8,
            ..Limits::default()
        };
        let prober = Prober::new(limits).with_scan_options(options);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let observations = runtime.block_on(prober.probe(&self.endpoint(), Depth::Deep));
        let scan = observations[0].scan.seen();
        Arc::clone(
            scan.unwrap_or_else(|| panic!("{}: {:?}", self.name, observations[0].scan.reason())),
        )
    }

    fn truth(&self, rate: Option<&str>) -> Value {
        let mut command = Command::new("python3");
        command
            .arg(script("truth.py"))
            .args(["--port", &self.port.to_string()]);
        if self.protocol == "postgresql" {
            command.arg("--postgresql");
        }
        if let Some(rate) = rate {
            command.args(["--rate", rate]);
        }
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let truth: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(truth["unclear"], serde_json::json!([]), "{}", self.name);
        truth
    }
}

/// Returns the strings of a list.
fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    list.iter()
        .map(|it| it.as_str().unwrap().to_owned())
        .collect()
}

/// Compares one scan with the truth: versions, suites, order, groups. Returns how many suites there were.
fn assert_true(server: &Server, scan: &Scan, truth: &Value) -> usize {
    let name = &server.name;
    let mut pairs = 0;
    for support in &scan.versions {
        let version = support.version;
        let expected = &truth["versions"][version.to_string()];
        assert_eq!(
            support.offered.seen().is_some(),
            expected["offered"].as_bool().unwrap(),
            "{name} {version}"
        );
        let found: Vec<String> = support
            .cipher_suites
            .accepted
            .iter()
            .map(|it| it.code())
            .collect();
        let sorted: BTreeSet<String> = found.iter().cloned().collect();
        let suites: BTreeSet<String> = strings(&expected["cipher_suites"]).into_iter().collect();
        assert_eq!(sorted, suites, "{name} {version}");
        assert!(support.cipher_suites.is_complete(), "{name} {version}");
        pairs += suites.len();
        let order = strings(&expected["server_order"]);
        if order.is_empty() {
            assert!(
                !matches!(
                    support.cipher_suites.preference.seen(),
                    Some(Preference::Server)
                ),
                "{name} {version}"
            );
        } else {
            assert_eq!(found, order, "{name} {version}: the server's order");
        }
    }
    for (version, found) in [
        ("TLSv1.3", &scan.groups_tls13),
        ("TLSv1.2", &scan.groups_tls12),
    ] {
        let found: BTreeSet<String> = found.accepted.iter().map(|it| it.code()).collect();
        let expected: BTreeSet<String> = strings(&truth["groups"][version]).into_iter().collect();
        assert_eq!(found, expected, "{name}: groups of {version}");
    }
    pairs
}

fn assert_all_true(names: &[&str]) -> usize {
    let lab = Lab::start(names);
    lab.servers
        .iter()
        .map(|server| assert_true(server, &server.scan(Pacing::Adaptive), &server.truth(None)))
        .sum()
}

#[test]
fn scans_of_nine_servers_are_true() {
    let pairs = assert_all_true(&[
        "nginx-modern",
        "nginx-legacy",
        "gnutls",
        "tlslite",
        "java",
        "openssl-1.1.1",
        "openssl-1.0.1e",
        "openssl-3.6",
        "postgresql-15",
    ]);
    assert!(pairs >= 700, "{pairs} pairs: the lab is not what it was");
}

#[test]
fn scans_of_other_servers_are_true() {
    assert_all_true(&[
        "cockroach-like",
        "haproxy",
        "apache",
        "nss",
        "postgresql-17",
    ]);
}

#[test]
fn scan_of_a_server_that_limits_is_true_and_says_so() {
    let lab = Lab::start(&["rate-limited"]);
    let server = &lab.servers[0];
    let scan = server.scan(Pacing::Adaptive);
    assert!(scan.conduct.slowed_down);
    for support in &scan.versions {
        assert!(support.cipher_suites.is_complete(), "{}", support.version);
    }
    // The truth takes a thousand connections, and this server gives five a second: its suites are those of its configuration.
    let suites = |version: usize| scan.versions[version].cipher_suites.accepted.len();
    assert_eq!((suites(0), suites(1), suites(2)), (0, 0, 0));
    assert!(suites(3) > 0 && suites(4) == 3);
}

/// The three cases in which every other scanner is wrong.
#[test]
fn filter_after_the_handshake_is_seen() {
    let lab = Lab::start(&["cockroach-like-filtered"]);
    let scan = lab.servers[0].scan(Pacing::Adaptive);
    let refused = scan.postgresql.refused_after_handshake.seen().unwrap();
    assert_eq!(refused.len(), 4, "{refused:?}");
}

#[test]
fn export_suites_of_old_versions_alone_are_seen() {
    let lab = Lab::start(&["java"]);
    let scan = lab.servers[0].scan(Pacing::Adaptive);
    let key = scan.export_rsa.seen().expect("an RSA_EXPORT key");
    assert_eq!(key.bits, 512);
}

#[test]
fn faults_are_proved_where_they_are_and_nowhere_else() {
    let intrusive = ScanOptions {
        intrusive: true,
        ..ScanOptions::default()
    };
    let lab = Lab::start(&["openssl-1.0.1e", "openssl-1.1.1"]);
    let found = |server: &Server| {
        let scan = server.scan_with(intrusive);
        let faults = &scan.faults;
        [
            &faults.heartbleed,
            &faults.ccs_injection,
            &faults.ticketbleed,
        ]
        .map(|it| it.seen().copied())
    };
    assert_eq!(
        found(&lab.servers[0]),
        [Some(true), Some(true), Some(false)]
    );
    assert_eq!(
        found(&lab.servers[1]),
        [Some(false), Some(false), Some(false)]
    );
    // And the servers live.
    for server in &lab.servers {
        assert!(
            server
                .scan(Pacing::Adaptive)
                .offers(ProtocolVersion::TLSV1_2)
                .unwrap()
        );
    }
}
