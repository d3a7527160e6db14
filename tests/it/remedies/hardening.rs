//! Hardening: each server is started as bad as its TLS library allows, seen to be bad, given the rendered remedy, started again and seen to be
//! cured; once with everything that was found, and once for each thing alone.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use verifull::config::Limits;
use verifull::endpoint::{Endpoint, ExpiryThresholds, target};
use verifull::libpq::SslMode;
use verifull::probe::{Depth, Prober};
use verifull::remediation::{Connection, Remedy, TlsWant, render};

use super::lab::{PATIENCE, Running, cached, finish, free_port, succeed};
use super::{Lab, Programs, Snippets, Suite};

mod databases;
mod front_ends;
mod programs;

pub(super) fn suites() -> impl Iterator<Item = &'static Suite> {
    front_ends::SUITES
        .iter()
        .chain(programs::SUITES)
        .chain(databases::SUITES)
}

/// A folder with an RSA certificate, which static RSA suites need, and weak Diffie-Hellman parameters.
pub(super) struct Site {
    pub(super) folder: PathBuf,
}

impl Site {
    fn new(lab: &Lab, name: &str) -> Result<Self, String> {
        let folder = lab.subfolder(name);
        certificate(&folder, "-sha256")?;
        succeed(
            Command::new("openssl")
                .args(["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt"])
                .args(["group:modp_1536", "-out", "weak.pem"])
                .current_dir(&folder),
        )?;
        let both = ["fullchain.crt", "server.key"]
            .map(|file| fs::read_to_string(folder.join(file)).unwrap())
            .concat();
        fs::write(folder.join("fullchain-and-key.pem"), both).unwrap();
        fs::write(folder.join("lax.cnf"), LAX).unwrap();
        Ok(Self { folder })
    }

    /// Puts real files in place of the placeholders, and loopback in place of every address.
    fn fill_in(&self, text: &str) -> String {
        text.replace("/path/to/", &format!("{}/", self.folder.display()))
            .replace("0.0.0.0", "127.0.0.1")
    }

    fn write(&self, file: &str, text: &str) -> PathBuf {
        let path = self.folder.join(file);
        fs::write(&path, text).unwrap();
        path
    }

    /// Returns where a program may write what it says.
    fn log(&self) -> fs::File {
        fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))
            .unwrap()
    }

    /// Starts a program in this folder, where OpenSSL forbids nothing unless it was told otherwise, and waits until it listens.
    fn start(&self, command: &mut Command, port: u16) -> Result<Running, String> {
        if !command.get_envs().any(|(name, _)| name == "OPENSSL_CONF") {
            command.env("OPENSSL_CONF", self.folder.join("lax.cnf"));
        }
        let mut process = command
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(self.log())
            .stderr(self.log())
            .spawn()
            .map_err(|error| format!("{command:?}: {error}; tests/run installs it"))?;
        let started = super::lab::await_port(port, &mut process);
        let running = Running(process);
        match started {
            Ok(()) => Ok(running),
            Err(error) => Err(format!(
                "{error}\n{}",
                fs::read_to_string(self.folder.join("log")).unwrap_or_default()
            )),
        }
    }
}

/// Debian's OpenSSL forbids more than most: with this it does not.
const LAX: &str = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = None\nCipherString = DEFAULT:@SECLEVEL=0\n";

/// Makes `fullchain.crt` and `server.key`.
fn certificate(folder: &Path, hash: &str) -> Result<(), String> {
    succeed(
        Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes"])
            .args(["-days", "30", hash, "-subj", "/CN=localhost", "-addext"])
            .arg("subjectAltName=DNS:localhost,IP:127.0.0.1")
            .args(["-keyout", "server.key", "-out", "fullchain.crt"])
            .current_dir(folder),
    )?;
    Ok(())
}

/// A server that can be started as it is, and with a snippet applied.
struct Patient<'a> {
    snippets: &'a Snippets,
    title: &'static str,
    protocol: &'static str,
    port: u16,
    /// What is wrong with it as it is.
    wants: &'a [TlsWant],
    /// Starts it; what follows is true of it once this returns.
    start: &'a dyn Fn(Option<&str>) -> Result<Running, String>,
}

impl<'a> Patient<'a> {
    /// Returns one that speaks HTTPS.
    fn https(
        snippets: &'a Snippets,
        title: &'static str,
        port: u16,
        wants: &'a [TlsWant],
        start: &'a dyn Fn(Option<&str>) -> Result<Running, String>,
    ) -> Self {
        Self {
            snippets,
            title,
            protocol: "https",
            port,
            wants,
            start,
        }
    }
    fn remedy(&self, wants: &[TlsWant]) -> Remedy {
        let product = if self.protocol == "postgresql" {
            "postgresql"
        } else {
            "unknown"
        };
        Remedy::harden_tls(
            Connection {
                endpoint: "api".to_owned(),
                protocol: self.protocol.to_owned(),
                product: product.to_owned(),
                host: "localhost".to_owned(),
                port: self.port,
                ..Connection::default()
            },
            wants.iter().copied(),
        )
    }

    /// Sees what is wrong, cures it at once and thing by thing, and sees it gone.
    fn cure(&self) -> Result<(), String> {
        self.cure_at_once()?;
        if self.wants.len() > 1 {
            for want in self.wants {
                // Alone it may be what another snippet is for.
                if render(&self.remedy(&[*want]))
                    .iter()
                    .any(|snippet| snippet.title == self.title)
                {
                    self.cure_of(&[*want])?;
                }
            }
        }
        Ok(())
    }

    /// Sees what is wrong, cures it, and sees it gone: for programs that take long to build or to start.
    fn cure_at_once(&self) -> Result<(), String> {
        {
            let _server = (self.start)(None)?;
            for want in self.wants {
                if !self.has_symptom(*want)? {
                    return Err(format!(
                        "{}: {want:?} is no issue from the start",
                        self.title
                    ));
                }
            }
        }
        self.cure_of(self.wants)
    }

    fn cure_of(&self, wants: &[TlsWant]) -> Result<(), String> {
        let text = self.snippets.take(&self.remedy(wants), self.title).text;
        let context = |error: String| format!("{} with {wants:?}: {error}\n{text}", self.title);
        let _server = (self.start)(Some(&text)).map_err(context)?;
        for want in wants {
            if self.has_symptom(*want).map_err(context)? {
                return Err(context(format!("{want:?} is not cured")));
            }
        }
        if !self.shakes_hands(MODERN)? {
            return Err(context("it refuses modern clients".to_owned()));
        }
        Ok(())
    }

    /// Sees that a server takes the lines, where what they are about cannot be had here.
    fn starts_with(&self, wants: &[TlsWant]) -> Result<(), String> {
        let text = self.snippets.take(&self.remedy(wants), self.title).text;
        let _server = (self.start)(Some(&text))?;
        if self.shakes_hands(MODERN)? {
            Ok(())
        } else {
            Err(format!("it refuses modern clients with {text}"))
        }
    }

    fn shakes_hands(&self, options: &[&str]) -> Result<bool, String> {
        Ok(self.client(options)?.is_some())
    }

    /// Shakes hands as `openssl s_client` does and returns what it says, or nothing where no handshake was completed.
    fn client(&self, options: &[&str]) -> Result<Option<String>, String> {
        let mut command = self.client_command(options);
        let output = finish(&mut command)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_complete = text.contains("Cipher is ") && !text.contains("Cipher is (NONE)");
        Ok(is_complete.then_some(text))
    }

    fn client_command(&self, options: &[&str]) -> Command {
        let mut command = Command::new("openssl");
        command
            .args(["s_client", "-servername", "localhost", "-connect"])
            .arg(format!("127.0.0.1:{}", self.port));
        if self.protocol == "postgresql" {
            command.args(["-starttls", "postgres"]);
        }
        command.args(options);
        command
    }

    /// Shakes hands, types lines with pauses between them, and returns what `openssl s_client` said and whether it ended well.
    fn typed(&self, options: &[&str], lines: &[&str]) -> (bool, String) {
        let mut child = self
            .client_command(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        for line in lines {
            std::thread::sleep(Duration::from_millis(300));
            // Who is already gone has said why.
            let _ = stdin.write_all(line.as_bytes());
        }
        std::thread::sleep(Duration::from_millis(300));
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }

    /// Tells whether this is to be achieved: what a remedy is for can be seen.
    fn has_symptom(&self, want: TlsWant) -> Result<bool, String> {
        match want {
            TlsWant::Tls12OrNewer => {
                let old = |version| self.shakes_hands(&[version, "-cipher", "ALL:@SECLEVEL=0"]);
                Ok(old("-tls1")? || old("-tls1_1")?)
            }
            TlsWant::Tls13 => Ok(!self.shakes_hands(&["-tls1_3"])?),
            TlsWant::ModernSuites => Ok(self.shakes_hands(STATIC_RSA)? || self.shakes_hands(CBC)?),
            TlsWant::ServerPreference => {
                let chosen = |suites: &str| -> Result<Option<String>, String> {
                    let text = self.client(&["-tls1_2", "-cipher", suites])?;
                    Ok(text.and_then(|text| {
                        let (_, rest) = text.split_once("Cipher is ")?;
                        rest.split_whitespace().next().map(str::to_owned)
                    }))
                };
                let (one, other) = ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384");
                Ok(chosen(&format!("{one}:{other}"))? != chosen(&format!("{other}:{one}"))?)
            }
            TlsWant::StrongGroups => self.shakes_hands(WEAK_GROUP),
            TlsWant::HybridGroup => Ok(!self.has_hybrid_group()),
            TlsWant::StrongDh => {
                let text = self.client(DHE)?.unwrap_or_default();
                Ok(text.contains("Server Temp Key: DH, 1536 bits")
                    || text.contains("Server Temp Key: DH, 1024 bits"))
            }
            TlsWant::StrongSignatures => self.shakes_hands(SHA1),
            TlsWant::NoClientRenegotiation => {
                let (ended_well, text) =
                    self.typed(&[&["-tls1_2"], MODERN].concat(), &["R\n", "Q\n"]);
                if !text.contains("RENEGOTIATING") {
                    return Err(format!("nothing was renegotiated: {text}"));
                }
                Ok(ended_well && !text.contains("SSL routines"))
            }
            TlsWant::NoEarlyData => {
                let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
                let (_, text) = self.typed(&["-tls1_3", "-ign_eof"], &[request]);
                match text.split("Max Early Data: ").nth(1) {
                    None => Err(format!("no ticket: {text}")),
                    Some(rest) => Ok(!rest.starts_with("0\n")),
                }
            }
            TlsWant::FreshTicketKeys => Ok(self
                .client(&[&["-tls1_2"], MODERN].concat())?
                .is_some_and(|text| text.contains("TLS session ticket:"))),
            TlsWant::NoCompression | TlsWant::CurrentLibrary => {
                Err(format!("no server here can be made to want {want:?}"))
            }
        }
    }

    /// Asks verifull's own prober.
    fn has_hybrid_group(&self) -> bool {
        let written = format!("{}://localhost:{}", self.protocol, self.port);
        let mut parsed = target::parse(&written).unwrap();
        let endpoint = Endpoint {
            name: "api".into(),
            target: parsed.targets.remove(0),
            sslmode: SslMode::VerifyFull,
            sslrootcert: None,
            sslcert: None,
            sslkey: None,
            server_name: None,
            labels: std::collections::BTreeMap::new(),
            interval: PATIENCE,
            timeout: PATIENCE,
            serves: None,
            login_test: None,
            scan: verifull::endpoint::ScanPlan::default(),
            expiry: ExpiryThresholds::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let observations =
            runtime.block_on(Prober::new(Limits::default()).probe(&endpoint, Depth::Quick));
        observations
            .iter()
            .filter_map(|seen| seen.handshake.seen())
            .any(|handshake| {
                handshake
                    .group
                    .is_some_and(verifull::tls::NamedGroup::is_post_quantum)
            })
    }
}

/// What clients of today send.
const MODERN: &[&str] = &["-cipher", "ECDHE+AESGCM:ECDHE+CHACHA20"];
const STATIC_RSA: &[&str] = &["-tls1_2", "-cipher", "kRSA:@SECLEVEL=0"];
const CBC: &[&str] = &[
    "-tls1_2",
    "-cipher",
    "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:@SECLEVEL=0",
];
const DHE: &[&str] = &[
    "-tls1_2",
    "-cipher",
    "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-SHA:@SECLEVEL=0",
];
const WEAK_GROUP: &[&str] = &[
    "-tls1_2",
    "-groups",
    "secp224r1",
    "-cipher",
    "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0",
];
const SHA1: &[&str] = &[
    "-tls1_2",
    "-sigalgs",
    "RSA+SHA1",
    "-cipher",
    "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0",
];

/// Returns a folder with the OpenSSL that a Python package brings, under the names that the system's programs look for: 3.5 and newer have
/// the hybrid group, and Debian 12 has 3.0.
fn newer_openssl(site: &Site) -> Result<PathBuf, String> {
    let folder = site.folder.join("openssl");
    fs::create_dir(&folder).unwrap();
    let packages = cached("venv/lib")?;
    let libraries = fs::read_dir(packages)
        .unwrap()
        .map(|python| {
            python
                .unwrap()
                .path()
                .join("site-packages/psycopg_binary.libs")
        })
        .find(|libraries| libraries.is_dir())
        .ok_or("psycopg[binary] is missing: tests/run installs it")?;
    for library in fs::read_dir(libraries).unwrap() {
        let library = library.unwrap();
        let name = library.file_name().to_string_lossy().into_owned();
        for wanted in ["libssl", "libcrypto"] {
            if name.starts_with(&format!("{wanted}-")) {
                let link = folder.join(format!("{wanted}.so.3"));
                std::os::unix::fs::symlink(library.path(), link).unwrap();
            }
        }
    }
    Ok(folder)
}

/// Waits until something is so.
fn await_that(what: &str, mut is_so: impl FnMut() -> Result<bool, String>) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    while !is_so()? {
        if Instant::now() > deadline {
            return Err(format!("waited in vain: {what}"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Runs a program and returns the first word of what it prints that looks like a version.
fn version(name: &str, command: &mut Command) -> Result<Programs, String> {
    let output = finish(command)?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let number = text
        .split(|character: char| !character.is_ascii_digit() && character != '.')
        .find(|word| word.contains('.') && word.starts_with(|first: char| first.is_ascii_digit()))
        .ok_or(format!("no version in {text}"))?;
    Ok(vec![(name.to_owned(), number.trim_matches('.').to_owned())])
}

/// The pieces that every server here is made of.
fn site_and_port(lab: &Lab, name: &str) -> Result<(Site, u16), String> {
    Ok((Site::new(lab, name)?, free_port()))
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

/// Executes the step that makes Diffie-Hellman parameters, where the snippet names the file.
fn make_dh_file(
    folder: &Path,
    snippets: &Snippets,
    title: &str,
    protocol: &str,
) -> Result<(), String> {
    let connection = Connection {
        protocol: protocol.to_owned(),
        product: "postgresql".to_owned(),
        ..Connection::default()
    };
    let remedy = Remedy::harden_tls(connection, [TlsWant::StrongDh]);
    let snippet = snippets.take(&remedy, title);
    let command = snippet
        .then
        .iter()
        .find_map(|step| step.split_once("make the file: "))
        .ok_or(format!("no step makes the file: {:?}", snippet.then))?
        .1
        .replace("/path/to/", "");
    succeed(
        Command::new("sh")
            .args(["-e", "-c", &command])
            .current_dir(folder),
    )?;
    Ok(())
}
