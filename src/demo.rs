//! The embedded lab: real TLS servers in this process on loopback, with a PKI made at start.
//!
//! Each server stands for one thing that goes wrong, or right, in the field. They speak the PostgreSQL wire as far as the
//! authentication request, as CockroachDB and PostgreSQL do, and HTTPS. Nothing here is simulated for the dashboard: it probes the
//! lab as it would probe anything else. The lab needs no network and no privilege, and the folder it makes goes with it.
#![expect(
    clippy::disallowed_methods,
    reason = "the lab is part of the outside world that verifull looks at"
)]

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::config::{self, Config};

mod pki;
mod server;

use pki::{Authority, Leaf};
use server::{Dialect, Identity, Server};

/// Time between two certificates of the endpoint that rotates.
const ROTATION: Duration = Duration::from_secs(20);

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Lifetime of a node certificate from `cockroach cert create-node`: 43,920 hours.
const COCKROACH_NODE_LIFETIME: i64 = 43_920 * HOUR;

/// A running lab. Dropping it stops every server and removes the folder it made.
#[derive(Debug)]
pub struct Lab {
    config: Config,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

impl Lab {
    /// Makes the PKI, starts every server and returns when all of them listen.
    pub fn start() -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("verifull-demo-")
            .tempdir()?;
        let stands = Stands::build(Timestamp::now()).map_err(io::Error::other)?;
        let authority_file = folder.path().join("ca.crt");
        std::fs::write(&authority_file, stands.authority.pem())?;

        let unreachable = closed_port()?;
        let mut bound = Vec::new();
        for stand in stands.all {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            listener.set_nonblocking(true)?;
            bound.push((stand, listener));
        }
        let config = configuration(&bound, unreachable, &authority_file)?;

        let stop = CancellationToken::new();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let servers: Vec<(Server, TcpListener)> = bound
            .into_iter()
            .map(|(stand, listener)| (stand.server, listener))
            .collect();
        let stopped = stop.clone();
        let authority = stands.authority;
        let thread = std::thread::Builder::new()
            .name("demo-lab".to_owned())
            .spawn(move || {
                runtime.block_on(server::serve_all(servers, authority, ROTATION, stopped));
            })?;
        Ok(Self {
            config,
            stop,
            thread: Some(thread),
            _folder: folder,
        })
    }

    /// Returns the configuration that names every endpoint of the lab.
    pub fn config(&self) -> &Config {
        &self.config
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A lab thread that panicked has nothing left to stop.
            drop(thread.join());
        }
    }
}

/// A server with what its endpoint is called.
struct Stand {
    name: &'static str,
    /// Further lines of the endpoint's table in the configuration.
    settings: &'static str,
    server: Server,
}

impl Stand {
    fn new(name: &'static str, server: Server) -> Self {
        Self {
            name,
            settings: "",
            server,
        }
    }

    fn settings(mut self, settings: &'static str) -> Self {
        self.settings = settings;
        self
    }
}

/// Everything that is to be served.
struct Stands {
    authority: Arc<Authority>,
    all: Vec<Stand>,
}

impl Stands {
    fn build(now: Timestamp) -> Result<Self, rcgen::Error> {
        let authority = Arc::new(Authority::new("Cockroach", "Cockroach CA", now)?);
        let node = |from: i64, to: i64, names: &[&str]| {
            authority.issue(&Leaf {
                organization: "Cockroach",
                common_name: "node",
                names,
                from,
                to,
                now,
            })
        };
        // A CockroachDB node asks for a client certificate and is content without one.
        let cockroach = |identity: Identity| {
            Server::postgresql(Dialect::CockroachDb)
                .with_tls(identity)
                .requesting(authority.clone())
        };
        let postgresql =
            |identity: Identity| Server::postgresql(Dialect::PostgreSql).with_tls(identity);
        let here: &[&str] = &["127.0.0.1", "localhost"];
        let elsewhere: &[&str] = &["db2.internal.example", "lb.internal.example"];
        let young = |names: &[&str]| node(-DAY, COCKROACH_NODE_LIFETIME - DAY, names);
        let api = Leaf {
            organization: "Example",
            common_name: "api",
            names: here,
            from: -20 * DAY,
            to: 70 * DAY,
            now,
        };

        let all = vec![
            Stand::new("crdb-good", cockroach(young(here)?)),
            Stand::new(
                "crdb-expiring",
                cockroach(node(-86 * DAY, 3 * DAY + 4 * HOUR, here)?),
            ),
            Stand::new("crdb-expired", cockroach(node(-90 * DAY, -2 * HOUR, here)?)),
            Stand::new(
                "pg-self-signed",
                postgresql(pki::self_signed("pg-self-signed", here, now)?),
            ),
            Stand::new("crdb-wrong-name", cockroach(young(elsewhere)?)),
            Stand::new(
                "crdb-plaintext",
                cockroach(young(here)?).accepting_plaintext(),
            ),
            Stand::new(
                "crdb-insecure",
                Server::postgresql(Dialect::CockroachDb).accepting_plaintext(),
            ),
            Stand::new(
                "pg-client-cert",
                postgresql(node(-30 * DAY, 335 * DAY, here)?).requiring(authority.clone()),
            ),
            Stand::new(
                "api-without-hsts",
                Server::https().with_tls(authority.issue(&api)?),
            ),
            Stand::new(
                "crdb-rotating",
                cockroach(node(-60 * DAY, 30 * DAY, here)?).rotating(),
            )
            .settings("interval = \"5s\"\n"),
        ];
        Ok(Self { authority, all })
    }
}

/// Returns an address on which nobody listens.
fn closed_port() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Writes the lab's configuration as a user would, and reads it as for a user.
fn configuration(
    bound: &[(Stand, TcpListener)],
    unreachable: SocketAddr,
    authority: &Path,
) -> io::Result<Config> {
    use std::fmt::Write as _;

    let authority = toml::Value::String(authority.display().to_string());
    let mut text = format!(
        "[defaults]\nsslmode = \"verify-full\"\nsslrootcert = {authority}\ninterval = \"15s\"\nlogin_test = \"1m\"\n"
    );
    for (stand, listener) in bound {
        let Stand {
            name,
            settings,
            server,
        } = stand;
        let scheme = server.scheme();
        let address = listener.local_addr()?;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n[[endpoint]]\nname = \"{name}\"\ntarget = \"{scheme}://{address}\"\nlabels = {{ lab = \"demo\" }}\n{settings}"
        );
    }
    let _ = write!(
        text,
        "\n[[endpoint]]\nname = \"crdb-unreachable\"\ntarget = \"postgresql://{unreachable}\"\nlabels = {{ lab = \"demo\" }}\n"
    );
    config::parse(&text, Path::new("demo"), &|_| None).map_err(|errors| {
        io::Error::other(
            errors
                .iter()
                .map(|error| error.message.clone())
                .collect::<Vec<_>>()
                .join("; "),
        )
    })
}
