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
use std::path::{Path, PathBuf};
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
use server::{Dialect, Server};

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
        Self::start_rotating(ROTATION)
    }

    /// Does what [`Lab::start`] does, with another time between two certificates of the endpoint that rotates.
    pub fn start_rotating(rotation: Duration) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("verifull-demo-")
            .tempdir()?;
        let stands = Stands::build(Timestamp::now()).map_err(io::Error::other)?;
        let trust = Trust {
            cockroach: folder.path().join("ca.crt"),
            internal: folder.path().join("internal-ca.crt"),
        };
        std::fs::write(&trust.cockroach, stands.cockroach_ca.pem())?;
        std::fs::write(&trust.internal, stands.internal_ca.pem())?;

        let unreachable = closed_port()?;
        let mut bound = Vec::new();
        for stand in stands.all {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            listener.set_nonblocking(true)?;
            bound.push((stand, listener));
        }
        let config = configuration(&bound, unreachable, &trust)?;

        let stop = CancellationToken::new();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let servers: Vec<(Server, TcpListener)> = bound
            .into_iter()
            .map(|(stand, listener)| (stand.server, listener))
            .collect();
        let stopped = stop.clone();
        let authority = stands.cockroach_ca;
        let thread = std::thread::Builder::new()
            .name("demo-lab".to_owned())
            .spawn(move || {
                runtime.block_on(server::serve_all(servers, authority, rotation, stopped));
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
    ca: Ca,
    /// Further lines of the endpoint's table in the configuration.
    settings: &'static str,
    server: Server,
}

/// Whose certificates its clients trust.
#[derive(Clone, Copy)]
enum Ca {
    /// The authority that `cockroach cert create-ca` made.
    Cockroach,
    /// The authority for everything else in the house.
    Internal,
}

/// The files of the authorities.
struct Trust {
    cockroach: PathBuf,
    internal: PathBuf,
}

impl Stand {
    fn cockroach(name: &'static str, server: Server) -> Self {
        Self {
            name,
            ca: Ca::Cockroach,
            settings: "",
            server,
        }
    }

    fn internal(name: &'static str, server: Server) -> Self {
        Self {
            ca: Ca::Internal,
            ..Self::cockroach(name, server)
        }
    }

    fn settings(mut self, settings: &'static str) -> Self {
        self.settings = settings;
        self
    }
}

/// Everything that is to be served.
struct Stands {
    cockroach_ca: Arc<Authority>,
    internal_ca: Arc<Authority>,
    all: Vec<Stand>,
}

impl Stands {
    fn build(now: Timestamp) -> Result<Self, rcgen::Error> {
        let cockroach_ca = Arc::new(Authority::new("Cockroach", "Cockroach CA", now)?);
        let internal_ca = Arc::new(Authority::new("Example", "Example Internal CA", now)?);
        let here: &[&str] = &["127.0.0.1", "localhost"];
        let elsewhere: &[&str] = &["db2.internal.example", "lb.internal.example"];

        // A CockroachDB node asks for a client certificate and is content without one.
        let node = |from, to, names| -> Result<Server, rcgen::Error> {
            let leaf = Leaf::new("Cockroach", "node", names).valid(now, from, to);
            Ok(Server::postgresql(Dialect::CockroachDb)
                .with_tls(cockroach_ca.issue(&leaf)?)
                .requesting(cockroach_ca.clone()))
        };
        let young = |names| node(-DAY, COCKROACH_NODE_LIFETIME - DAY, names);
        let postgresql = Leaf::new("Example", "db", here).valid(now, -30 * DAY, 335 * DAY);
        let api = Leaf::new("Example", "api", here).valid(now, -20 * DAY, 70 * DAY);
        let own = Leaf::new("Example", "pg-self-signed", here).valid(now, -HOUR, 365 * DAY);

        let all = vec![
            Stand::cockroach("crdb-good", young(here)?),
            Stand::cockroach("crdb-expiring", node(-86 * DAY, 3 * DAY + 4 * HOUR, here)?),
            Stand::cockroach("crdb-expired", node(-90 * DAY, -2 * HOUR, here)?),
            Stand::internal(
                "pg-self-signed",
                Server::postgresql(Dialect::PostgreSql).with_tls(pki::self_signed(&own)?),
            ),
            Stand::cockroach("crdb-wrong-name", young(elsewhere)?),
            Stand::cockroach("crdb-plaintext", young(here)?.accepting_plaintext()),
            Stand::cockroach(
                "crdb-insecure",
                Server::postgresql(Dialect::CockroachDb).accepting_plaintext(),
            ),
            Stand::internal(
                "pg-client-cert",
                Server::postgresql(Dialect::PostgreSql)
                    .with_tls(internal_ca.issue(&postgresql)?)
                    .requiring(internal_ca.clone()),
            ),
            // HSTS is for names: a browser ignores it at an address (RFC 6797 section 8.1.1).
            Stand::internal(
                "api-without-hsts",
                Server::https().with_tls(internal_ca.issue(&api)?),
            )
            .settings("server_name = \"localhost\"\n"),
            Stand::cockroach("crdb-rotating", node(-60 * DAY, 30 * DAY, here)?.rotating())
                .settings("interval = \"5s\"\n"),
        ];
        Ok(Self {
            cockroach_ca,
            internal_ca,
            all,
        })
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
    trust: &Trust,
) -> io::Result<Config> {
    use std::fmt::Write as _;

    let quoted = |path: &Path| toml::Value::String(path.display().to_string());
    let (cockroach, internal) = (quoted(&trust.cockroach), quoted(&trust.internal));
    let mut text = format!(
        "[defaults]\nsslmode = \"verify-full\"\nsslrootcert = {cockroach}\ninterval = \"15s\"\nlogin_test = \"1m\"\n"
    );
    for (stand, listener) in bound {
        let Stand {
            name,
            ca,
            settings,
            server,
        } = stand;
        let scheme = server.scheme();
        let address = listener.local_addr()?;
        let trust = match ca {
            Ca::Cockroach => String::new(),
            Ca::Internal => format!("sslrootcert = {internal}\n"),
        };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n[[endpoint]]\nname = \"{name}\"\ntarget = \"{scheme}://{address}\"\nlabels = {{ lab = \"demo\" }}\n{trust}{settings}"
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
