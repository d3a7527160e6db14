//! Front ends: the rendered lines in a real nginx, uvicorn and gunicorn, looked at from outside.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use verifull::remediation::{Connection, Remedy};

use super::lab::{
    Authority, CBC, Lab, OLD, Running, await_port, cached, clean_command, completes_handshake,
    finish, free_port, succeed,
};
use super::{Programs, Snippets, Suite};

const NGINX_TLS: &str = "nginx: TLS 1.2 and 1.3 with forward secrecy";
const NGINX_HTTP: &str = "nginx: HSTS, redirect, Secure cookies";
const NGINX_CHAIN: &str = "nginx: the certificate with its intermediates";
const NGINX_OFFER: &str = "nginx: a listener with TLS";
const DIAGNOSIS: &str = "openssl: why the certificate does not verify";
const UVICORN: &str = "uvicorn: TLS with forward secrecy";
const GUNICORN: &str = "gunicorn: TLS with forward secrecy";
const ASGI: &str = "ASGI: HSTS, redirect, Secure cookies";

pub(super) const SUITES: &[Suite] = &[
    Suite {
        covers: &[
            ("offer_tls", NGINX_OFFER),
            ("send_intermediates", NGINX_CHAIN),
            ("modern_tls", NGINX_TLS),
            ("http_transport", NGINX_HTTP),
            ("require_tls", NGINX_HTTP),
            ("verify_full", DIAGNOSIS),
        ],
        run: nginx,
    },
    Suite {
        covers: &[
            ("offer_tls", UVICORN),
            ("send_intermediates", UVICORN),
            ("modern_tls", UVICORN),
        ],
        run: |lab, snippets| python_server(lab, snippets, UVICORN, "uvicorn"),
    },
    Suite {
        covers: &[
            ("offer_tls", GUNICORN),
            ("send_intermediates", GUNICORN),
            ("modern_tls", GUNICORN),
        ],
        run: |lab, snippets| python_server(lab, snippets, GUNICORN, "gunicorn"),
    },
    Suite {
        covers: &[("http_transport", ASGI), ("require_tls", ASGI)],
        run: asgi,
    },
];

/// A front end's folder, with a certificate of an intermediate CA: only a whole chain leads to the root.
struct Site {
    folder: PathBuf,
    root: CertificateDer<'static>,
}

impl Site {
    fn new(lab: &Lab, name: &str) -> Self {
        let folder = lab.subfolder(name);
        let intermediate = Authority::new("Test Intermediate CA", Some(&lab.authority));
        let identity = intermediate.server(&["localhost"], false);
        identity.write(&folder, "server");
        let chain = identity.certificate.pem() + &intermediate.pem;
        fs::write(folder.join("fullchain.crt"), chain).unwrap();
        Self {
            folder,
            root: CertificateDer::from_pem_slice(lab.authority.pem.as_bytes()).unwrap(),
        }
    }

    fn connection(port: u16) -> Connection {
        Connection {
            endpoint: "api".to_owned(),
            protocol: "https".to_owned(),
            product: "unknown".to_owned(),
            host: "localhost".to_owned(),
            port,
            ..Connection::default()
        }
    }

    /// Puts real files in place of the placeholders, and loopback in place of every address.
    fn fill_in(&self, text: &str) -> String {
        text.replace("/path/to/", &format!("{}/", self.folder.display()))
            .replace("listen [::]:", "listen 127.0.0.2:")
            .replace("0.0.0.0", "127.0.0.1")
    }

    /// Asks over TLS and returns the response head; fails unless the chain leads to the root and the name fits.
    fn get(&self, port: u16, path: &str) -> Result<String, String> {
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(self.root.clone())
            .map_err(|error| error.to_string())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        let mut connection = rustls::ClientConnection::new(Arc::new(config), name)
            .map_err(|error| error.to_string())?;
        let mut socket = dial(port)?;
        let stream = rustls::Stream::new(&mut connection, &mut socket);
        head(stream, path).map_err(|error| format!("GET {path} on {port}: {error}"))
    }
}

fn dial(port: u16) -> Result<TcpStream, String> {
    let socket = TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .map_err(|error| error.to_string())?;
    Ok(socket)
}

/// Sends a request and reads the response head.
fn head(mut stream: impl Read + Write, path: &str) -> std::io::Result<String> {
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )?;
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece)? {
            0 => break,
            length => head.extend_from_slice(&piece[..length]),
        }
    }
    Ok(String::from_utf8_lossy(&head).to_ascii_lowercase())
}

fn wants(head: &str, line: &str) -> Result<(), String> {
    if head.lines().any(|seen| seen == line) {
        Ok(())
    } else {
        Err(format!("wanted the line {line:?} in\n{head}"))
    }
}

fn handshake(port: u16, options: &[&str], wanted: bool) -> Result<(), String> {
    if completes_handshake(port, options)? == wanted {
        Ok(())
    } else {
        Err(format!(
            "handshake with {options:?} on {port}: wanted {wanted}"
        ))
    }
}

/// TLS 1.2 and 1.3 with forward secrecy and authenticated encryption, and nothing else.
fn is_modern(port: u16) -> Result<(), String> {
    handshake(port, OLD, false)?;
    handshake(port, CBC, false)?;
    handshake(port, &["-tls1_2"], true)?;
    handshake(port, &["-tls1_3"], true)
}

/// The ports of one nginx, by what listens there.
struct Ports {
    weak: u16,
    offer: u16,
    modern: u16,
    chain: u16,
    transport: u16,
    plain: u16,
    application: u16,
}

fn nginx_configuration(site: &Site, snippets: &Snippets, ports: &Ports) -> Result<String, String> {
    let take = |remedy: &Remedy, title: &str| site.fill_in(&snippets.take(remedy, title).text);
    let transport = || Site::connection(ports.transport);
    let offered = take(
        &Remedy::OfferTls(Site::connection(ports.offer)),
        NGINX_OFFER,
    )
    .replace(
        &format!("listen {} ", ports.offer),
        &format!("listen 127.0.0.1:{} ", ports.offer),
    );
    let modern = take(
        &Remedy::ModernTls(Site::connection(ports.modern)),
        NGINX_TLS,
    );
    let chain = take(
        &Remedy::SendIntermediates(Site::connection(ports.chain)),
        NGINX_CHAIN,
    );
    let http = take(&Remedy::HttpTransport(transport()), NGINX_HTTP);
    if http != take(&Remedy::RequireTls(transport()), NGINX_HTTP) {
        return Err("two remedies give one title to different lines".to_owned());
    }
    let (redirect, transport) = http.split_once("\n\n").ok_or("it has two parts")?;
    let redirect = redirect
        .replace("listen 80;", &format!("listen 127.0.0.1:{};", ports.plain))
        .replace(":80;", &format!(":{};", ports.plain));
    let server = |port: u16, lines: &str| {
        format!("server {{\nlisten 127.0.0.1:{port} ssl;\nserver_name localhost;\n{lines}\n}}\n")
    };
    let folder = site.folder.display();
    let key = format!("ssl_certificate_key {folder}/server.key;\n");
    let files = format!("{key}ssl_certificate {folder}/fullchain.crt;\n");
    let application = ports.application;
    // As root, nginx would give its workers to an account that cannot read this folder.
    let user = if rustix::process::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    Ok(format!(
        "{user}\ndaemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n\
         client_body_temp_path {folder}/1;\nproxy_temp_path {folder}/2;\nfastcgi_temp_path {folder}/3;\nuwsgi_temp_path {folder}/4;\nscgi_temp_path {folder}/5;\n\
         ssl_protocols TLSv1 TLSv1.1 TLSv1.2;\nssl_ciphers ALL:@SECLEVEL=0;\n\
         {offered}{redirect}\n{}{}{}{}\
         server {{\nlisten 127.0.0.1:{application};\nadd_header Set-Cookie \"sid=1; Path=/\";\nreturn 200 ok;\n}}\n}}\n",
        server(ports.weak, &files),
        server(ports.modern, &(files.clone() + &modern)),
        server(ports.chain, &(key + &chain)),
        server(
            ports.transport,
            &format!(
                "{files}{transport}\nlocation / {{ proxy_pass http://127.0.0.1:{application}; }}"
            )
        ),
    ))
}

fn nginx(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let site = Site::new(lab, "nginx");
    let [weak, offer, modern, chain, transport, plain, application] =
        std::array::from_fn(|_| free_port());
    let ports = Ports {
        weak,
        offer,
        modern,
        chain,
        transport,
        plain,
        application,
    };
    let configuration = site.folder.join("nginx.conf");
    fs::write(
        &configuration,
        nginx_configuration(&site, snippets, &ports)?,
    )
    .unwrap();
    let mut process = Command::new("nginx")
        .arg("-c")
        .arg(&configuration)
        .arg("-p")
        .arg(&site.folder)
        .spawn()
        .map_err(|error| format!("nginx: {error}; tests/run installs it"))?;
    let started = await_port(transport, &mut process);
    let _process = Running(process);
    started?;
    // The floor of all the others: what is to be cured can be seen.
    handshake(weak, OLD, true)?;
    handshake(weak, CBC, true)?;
    is_modern(offer)?;
    site.get(offer, "/")?;
    is_modern(modern)?;
    site.get(chain, "/")?;
    let answer = site.get(transport, "/")?;
    wants(&answer, "strict-transport-security: max-age=63072000")?;
    let cookie = answer
        .lines()
        .find(|line| line.starts_with("set-cookie: sid=1;"))
        .ok_or(format!("no cookie in {answer}"))?;
    for flag in ["secure", "httponly", "samesite=lax"] {
        if !cookie.contains(flag) {
            return Err(format!("no {flag} in {cookie}"));
        }
    }
    let moved = head(dial(plain)?, "/a%20b?c=d").map_err(|error| error.to_string())?;
    wants(
        &moved,
        &format!("location: https://localhost:{transport}/a%20b?c=d"),
    )?;
    diagnose(lab, &site, snippets, chain)?;
    let openssl = succeed(Command::new("openssl").arg("version"))?;
    let openssl = openssl
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .to_owned();
    let version = finish(Command::new("nginx").arg("-v"))?;
    let version = String::from_utf8_lossy(&version.stderr).into_owned();
    let version = version
        .trim()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    Ok(vec![
        ("nginx".to_owned(), version),
        ("OpenSSL".to_owned(), openssl),
    ])
}

/// With the right CA the command succeeds; with another, or for another name, it fails and says why.
fn diagnose(lab: &Lab, site: &Site, snippets: &Snippets, port: u16) -> Result<(), String> {
    let stranger = site.folder.join("a stranger's.crt");
    fs::write(&stranger, &lab.stranger.pem).unwrap();
    let root = lab.folder.path().join("ca.crt");
    for (host, authority, said) in [
        ("localhost", &root, "Verify return code: 0 (ok)"),
        (
            "localhost",
            &stranger,
            "unable to get local issuer certificate",
        ),
        ("127.0.0.1", &root, "IP address mismatch"),
    ] {
        let remedy = Remedy::VerifyFull(Connection {
            host: host.to_owned(),
            sslrootcert: Some(authority.clone()),
            ..Site::connection(port)
        });
        let text = snippets.take(&remedy, DIAGNOSIS).text;
        let output = finish(clean_command("sh", &site.folder).args(["-e", "-c", &text]))?;
        let all = [output.stdout, output.stderr].concat();
        let all = String::from_utf8_lossy(&all);
        if !all.contains(said) || output.status.success() != said.ends_with("(ok)") {
            return Err(format!("wanted {said:?} from {text}: {all}"));
        }
    }
    Ok(())
}

/// An application for uvicorn and one for gunicorn.
const ASGI_APPLICATION: &str = r#"async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    cookies = [(b"set-cookie", b"sid=1; Path=/"), (b"Set-Cookie", b"other=2; Secure")]
    await send({"type": "http.response.start", "status": 200, "headers": cookies})
    await send({"type": "http.response.body", "body": b"ok"})


"#;
const WSGI_APPLICATION: &str =
    "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'ok']\n";

/// Starts a Python server from a shell line, with the programs of the cache first.
pub(super) fn start(folder: &Path, line: &str, port: u16) -> Result<Running, String> {
    let programs = cached("venv/bin/python")?;
    let path = format!(
        "{}:{}",
        programs.parent().unwrap_or(Path::new("/")).display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let log = fs::File::create(folder.join(format!("{port}.log"))).unwrap();
    let mut process = clean_command("sh", folder)
        .args(["-c", &format!("exec {line}")])
        .current_dir(folder)
        .env("PATH", path)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .map_err(|error| error.to_string())?;
    let started = await_port(port, &mut process);
    let running = Running(process);
    match started {
        Ok(()) => Ok(running),
        Err(error) => Err(format!(
            "{error}\n{}",
            fs::read_to_string(folder.join(format!("{port}.log"))).unwrap_or_default()
        )),
    }
}

pub(super) fn package_version(name: &str) -> Result<Programs, String> {
    let question = format!("import importlib.metadata as m; print(m.version('{name}'))");
    let version = succeed(Command::new(cached("venv/bin/python")?).args(["-c", &question]))?;
    Ok(vec![(name.to_owned(), version.trim().to_owned())])
}

fn python_server(
    lab: &Lab,
    snippets: &Snippets,
    title: &str,
    package: &str,
) -> Result<Programs, String> {
    let site = Site::new(lab, package);
    let application = if package == "uvicorn" {
        ASGI_APPLICATION
    } else {
        WSGI_APPLICATION
    };
    fs::write(site.folder.join("app.py"), application).unwrap();
    let port = free_port();
    let connection = Site::connection(port);
    let text = snippets
        .take(&Remedy::ModernTls(connection.clone()), title)
        .text;
    for remedy in [
        Remedy::OfferTls(connection.clone()),
        Remedy::SendIntermediates(connection),
    ] {
        if snippets.take(&remedy, title).text != text {
            return Err("two remedies give one title to different lines".to_owned());
        }
    }
    let _server = start(&site.folder, &site.fill_in(&text), port)?;
    is_modern(port)?;
    wants(&site.get(port, "/")?, "http/1.1 200 ok")?;
    package_version(package)
}

fn asgi(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let site = Site::new(lab, "asgi");
    let (port, plain) = (free_port(), free_port());
    let text = snippets
        .take(&Remedy::HttpTransport(Site::connection(port)), ASGI)
        .text;
    if text
        != snippets
            .take(&Remedy::RequireTls(Site::connection(port)), ASGI)
            .text
    {
        return Err("two remedies give one title to different lines".to_owned());
    }
    fs::write(
        site.folder.join("app.py"),
        ASGI_APPLICATION.to_owned() + &text,
    )
    .unwrap();
    let line = format!("uvicorn app:app --host 127.0.0.1 --port {plain}");
    let _plain = start(&site.folder, &line, plain)?;
    let line = format!(
        "uvicorn app:app --host 127.0.0.1 --port {port} --ssl-certfile fullchain.crt --ssl-keyfile server.key"
    );
    let _server = start(&site.folder, &line, port)?;
    let answer = site.get(port, "/")?;
    wants(&answer, "http/1.1 200 ok")?;
    wants(&answer, "strict-transport-security: max-age=63072000")?;
    wants(&answer, "set-cookie: sid=1; path=/; secure")?;
    wants(&answer, "set-cookie: other=2; secure")?;
    let moved = head(dial(plain)?, "/a%20b?c=d").map_err(|error| error.to_string())?;
    wants(&moved, "http/1.1 308 permanent redirect")?;
    wants(
        &moved,
        &format!("location: https://localhost:{port}/a%20b?c=d"),
    )?;
    package_version("uvicorn")
}
