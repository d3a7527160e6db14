//! nginx: HTTPS with and without what protects it.

use std::process::{Command, Stdio};

use tempfile::TempDir;
use verifull::endpoint::{Endpoint, Protocol};
use verifull::observation::EndpointObservation;
use verifull::probe::Depth;
use verifull::x509::{HostName, PathVerdict};

use super::pki::Authority;
use super::psql::{Files, Login, probe};
use super::server::{Server, free_port, program};

/// Starts nginx in the foreground, with everything it writes in one folder.
pub(super) fn serve(folder: &TempDir, root: &Authority, locations: &str) -> Server {
    let path = folder.path();
    let certificate = root.issue("web", &["localhost"], |_| {});
    std::fs::write(path.join("server.crt"), &certificate.certificate_pem).unwrap();
    std::fs::write(path.join("server.key"), &certificate.key_pem).unwrap();
    let port = free_port();
    let here = path.display();
    let configuration = format!(
        "daemon off; master_process off; pid {here}/pid; error_log {here}/log;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fastcgi;
            uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;
            server {{
                listen 127.0.0.1:{port} ssl;
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_certificate {here}/server.crt; ssl_certificate_key {here}/server.key;
                location / {{ {locations} }}
            }}
        }}"
    );
    std::fs::write(path.join("nginx.conf"), configuration).unwrap();
    let log = path.join("log");
    let mut command = Command::new(program("nginx"));
    command
        .arg("-p")
        .arg(path)
        .arg("-e")
        .arg(&log)
        .arg("-c")
        .arg(path.join("nginx.conf"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Server::start(&mut command, port, &log)
}

fn look(server: &Server, root: &Authority) -> EndpointObservation {
    let files = Files::new();
    let login = Login {
        port: server.address.port(),
        user: "nobody",
        host: "localhost",
        sslrootcert: Some(files.write("ca.pem", &root.pem())),
        client: None,
    };
    let mut endpoint: Endpoint = login.endpoint();
    endpoint.target.protocol = Protocol::Https;
    endpoint.target.user = None;
    endpoint.target.database = None;
    probe(&endpoint, Depth::Quick)
}

#[test]
fn headers_are_read_as_nginx_sends_them() {
    let (folder, root) = (TempDir::new().unwrap(), Authority::root("Test CA"));
    let server = serve(
        &folder,
        &root,
        "add_header Strict-Transport-Security 'max-age=63072000; includeSubDomains' always;
         add_header Set-Cookie 'session=planted-secret; Secure; HttpOnly; SameSite=Lax';
         add_header Set-Cookie 'theme=dark';
         return 200 hello;",
    );
    let observation = look(&server, &root);
    let verification = observation.verification.seen().expect("a verification");
    assert_eq!(verification.path, PathVerdict::Valid);
    assert_eq!(verification.host_name, HostName::Match);
    let head = observation.http.seen().expect("a response head");
    assert_eq!(head.status, 200);
    let hsts = head.hsts.expect("HSTS");
    assert_eq!(hsts.max_age_seconds, 63_072_000);
    assert!(hsts.include_subdomains);
    let cookies: Vec<_> = head
        .cookies
        .iter()
        .map(|cookie| (cookie.name.as_str(), cookie.secure, cookie.http_only))
        .collect();
    assert_eq!(cookies, [("session", true, true), ("theme", false, false)]);
    assert!(
        head.server
            .as_deref()
            .is_some_and(|server| server.starts_with("nginx"))
    );
    assert!(!format!("{observation:?}").contains("planted-secret"));
}

#[test]
fn missing_headers_are_missing() {
    let (folder, root) = (TempDir::new().unwrap(), Authority::root("Test CA"));
    let server = serve(&folder, &root, "return 204;");
    let observation = look(&server, &root);
    let head = observation.http.seen().expect("a response head");
    assert_eq!((head.status, head.hsts), (204, None));
    assert!(head.cookies.is_empty());
}
