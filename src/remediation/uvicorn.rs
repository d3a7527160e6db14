//! Python servers that speak TLS themselves: uvicorn and gunicorn.
//!
//! The options that fix one protocol version are never used: they lose TLS 1.3, and current releases ignore them.

use crate::remediation::hardening::{DH_FILE, OPENSSL_SUITES, dh_step};
use crate::remediation::quote;
use crate::remediation::values::Server;
use crate::remediation::{Connection, Dialect, Proof, Remedy, Snippet, TlsHardening, TlsWant};

const UVICORN: Proof = Proof::Executed("uvicorn 0.54.0");
const GUNICORN: Proof = Proof::Executed("gunicorn 27.0.1");

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::OfferTls(connection)
        | Remedy::SendIntermediates(connection)
        | Remedy::ModernTls(connection) => match connection.server() {
            Server::FrontEnd => vec![uvicorn(connection), gunicorn(connection)],
            Server::Postgresql | Server::Cockroachdb | Server::PostgresqlWire => Vec::new(),
        },
        Remedy::HardenTls(hardening) => match hardening.connection.server() {
            Server::FrontEnd => harden_tls(hardening),
            Server::Postgresql | Server::Cockroachdb | Server::PostgresqlWire => Vec::new(),
        },
        Remedy::RequireTls(connection) | Remedy::HttpTransport(connection) => {
            match connection.server() {
                Server::FrontEnd => vec![http_transport(connection)],
                Server::Postgresql | Server::Cockroachdb | Server::PostgresqlWire => Vec::new(),
            }
        }
        Remedy::VerifyFull(_)
        | Remedy::IssueCertificate(_)
        | Remedy::IssueClientCertificate(_)
        | Remedy::MoveSecret(_) => Vec::new(),
    }
}

fn uvicorn(connection: &Connection) -> Snippet {
    Snippet {
        dialect: Dialect::Uvicorn,
        title: "uvicorn: TLS with forward secrecy".to_owned(),
        language: "sh",
        text: format!(
            "uvicorn app:app --host 0.0.0.0 --port {} --ssl-certfile /path/to/fullchain.crt --ssl-keyfile /path/to/server.key --ssl-ciphers {OPENSSL_SUITES}\n",
            connection.port
        ),
        then: steps(),
        verify: connection.verify(),
        proof: UVICORN,
    }
}

fn gunicorn(connection: &Connection) -> Snippet {
    Snippet {
        dialect: Dialect::Uvicorn,
        title: "gunicorn: TLS with forward secrecy".to_owned(),
        language: "sh",
        text: format!(
            "gunicorn app:app --bind 0.0.0.0:{} --certfile /path/to/fullchain.crt --keyfile /path/to/server.key --ciphers {OPENSSL_SUITES}\n",
            connection.port
        ),
        then: steps(),
        verify: connection.verify(),
        proof: GUNICORN,
    }
}

/// The options suffice where suites are all there is to it; everything else belongs to a TLS context.
fn harden_tls(hardening: &TlsHardening) -> Vec<Snippet> {
    let lines = context_lines(hardening);
    let options = [
        TlsWant::ModernSuites,
        TlsWant::StrongDh,
        TlsWant::CurrentLibrary,
    ];
    if lines.is_empty() {
        return Vec::new();
    }
    if hardening.wants(TlsWant::ModernSuites)
        && hardening.wants.iter().all(|want| options.contains(want))
    {
        let connection = &hardening.connection;
        return [uvicorn(connection), gunicorn(connection)]
            .into_iter()
            .map(|snippet| Snippet {
                verify: connection.verify_deep(),
                ..snippet
            })
            .collect();
    }
    vec![
        uvicorn_context(hardening, &lines),
        gunicorn_context(hardening, &lines),
    ]
}

/// Returns what is to be done to an `ssl.SSLContext`.
fn context_lines(hardening: &TlsHardening) -> Vec<String> {
    let mut lines = Vec::new();
    if hardening.wants(TlsWant::Tls12OrNewer) {
        lines.push("context.minimum_version = ssl.TLSVersion.TLSv1_2".to_owned());
    }
    if hardening.wants(TlsWant::Tls13) {
        lines.push("context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED".to_owned());
    }
    if hardening.wants(TlsWant::ModernSuites) {
        lines.push(format!("context.set_ciphers(\"{OPENSSL_SUITES}\")"));
    }
    if hardening.wants(TlsWant::StrongGroups) {
        lines.push("context.set_ecdh_curve(\"prime256v1\")".to_owned());
    }
    if hardening.wants(TlsWant::StrongDh) {
        lines.push(format!("context.load_dh_params(\"{DH_FILE}\")"));
    }
    for (want, option) in [
        (TlsWant::ServerPreference, "OP_CIPHER_SERVER_PREFERENCE"),
        (TlsWant::NoCompression, "OP_NO_COMPRESSION"),
        (TlsWant::NoClientRenegotiation, "OP_NO_RENEGOTIATION"),
        (TlsWant::FreshTicketKeys, "OP_NO_TICKET"),
    ] {
        if hardening.wants(want) {
            lines.push(format!("context.options |= ssl.{option}"));
        }
    }
    lines
}

/// Returns the function that both servers call for a context.
fn context_function(lines: &[String]) -> String {
    format!(
        "def ssl_context(config, default_ssl_context_factory):\n    context = default_ssl_context_factory()\n    {}\n    return context\n",
        lines.join("\n    ")
    )
}

fn context_steps(hardening: &TlsHardening) -> Vec<String> {
    let mut then = hardening.first_steps();
    if hardening.wants(TlsWant::StrongDh) {
        then.push(dh_step(DH_FILE));
    }
    then
}

fn uvicorn_context(hardening: &TlsHardening, lines: &[String]) -> Snippet {
    let connection = &hardening.connection;
    let mut then = context_steps(hardening);
    then.push(
        "put your own module in place of app:app, and stop the server that listens there"
            .to_owned(),
    );
    then.push("run the file with Python; a uvicorn that does not know ssl_context_factory is to be updated".to_owned());
    Snippet {
        dialect: Dialect::Uvicorn,
        title: "uvicorn: a TLS context with these settings".to_owned(),
        language: "python",
        text: format!(
            "import ssl\n\nimport uvicorn\n\n\n{}\n\nif __name__ == \"__main__\":\n    uvicorn.run(\n        \"app:app\",\n        host=\"0.0.0.0\",\n        port={},\n        ssl_certfile=\"/path/to/fullchain.crt\",\n        ssl_keyfile=\"/path/to/server.key\",\n        ssl_context_factory=ssl_context,\n    )\n",
            context_function(lines),
            connection.port
        ),
        then,
        verify: connection.verify_deep(),
        proof: UVICORN,
    }
}

fn gunicorn_context(hardening: &TlsHardening, lines: &[String]) -> Snippet {
    let mut then = context_steps(hardening);
    then.push("gunicorn reads gunicorn.conf.py in the folder that it is started in; --config names another".to_owned());
    then.push("restart gunicorn".to_owned());
    Snippet {
        dialect: Dialect::Uvicorn,
        title: "gunicorn: a TLS context with these settings".to_owned(),
        language: "python",
        text: format!(
            "# gunicorn.conf.py\nimport ssl\n\n\n{}",
            context_function(lines)
        ),
        then,
        verify: hardening.connection.verify_deep(),
        proof: GUNICORN,
    }
}

fn steps() -> Vec<String> {
    vec![
        "put your own module in place of app:app; fullchain.crt is the server's certificate, then each issuer without the root".to_owned(),
        "stop the server and start it with these options: it reads a certificate only when it starts".to_owned(),
        "the hybrid group X25519MLKEM768 needs a Python with OpenSSL 3.5 or newer, which offers it by itself".to_owned(),
    ]
}

fn http_transport(connection: &Connection) -> Snippet {
    let host = match connection.server_name() {
        name if name.contains(':') => format!("[{name}]"),
        name => name,
    };
    let origin = if connection.port == 443 {
        format!("https://{host}")
    } else {
        format!("https://{host}:{}", connection.port)
    };
    Snippet {
        dialect: Dialect::Uvicorn,
        title: "ASGI: HSTS, redirect, Secure cookies".to_owned(),
        language: "python",
        text: TEMPLATE.replace("ORIGIN", &quote::python(&origin)),
        then: vec![
            "put it at the end of the module, after every middleware: it then covers error pages, too".to_owned(),
            "behind a proxy on another host, name that host in --forwarded-allow-ips, and never `*`".to_owned(),
            "restart the server".to_owned(),
            "add `; includeSubDomains` once every subdomain serves HTTPS".to_owned(),
        ],
        verify: connection.verify(),
        proof: UVICORN,
    }
}

/// A wrapper and no framework's middleware: those leave the answers to errors without headers.
const TEMPLATE: &str = r#"from urllib.parse import quote


class HttpsOnly:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if scope["scheme"] == "http":
            location = ORIGIN + quote(scope["path"])
            if scope["query_string"]:
                location += "?" + scope["query_string"].decode("latin-1")
            headers = [(b"location", location.encode("latin-1"))]
            await send({"type": "http.response.start", "status": 308, "headers": headers})
            return await send({"type": "http.response.body", "body": b""})

        async def send_secure(message):
            if message["type"] == "http.response.start":
                headers = [(b"strict-transport-security", b"max-age=63072000")]
                for name, value in message.get("headers", []):
                    flags = value.lower().replace(b" ", b"").split(b";")
                    if name.lower() == b"set-cookie" and b"secure" not in flags:
                        value += b"; Secure"
                    headers.append((name, value))
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_secure)


app = HttpsOnly(app)
"#;
