//! Python servers that speak TLS themselves: uvicorn and gunicorn.
//!
//! The options that fix one protocol version are never used: they lose TLS 1.3, and current releases ignore them.

use crate::remediation::quote;
use crate::remediation::values::Server;
use crate::remediation::{Connection, Dialect, Proof, Remedy, Snippet};

const UVICORN: Proof = Proof::Executed("uvicorn 0.54.0");
const GUNICORN: Proof = Proof::Executed("gunicorn 27.0.1");

/// Suites of TLS 1.2 with forward secrecy and authenticated encryption; those of 1.3 are all good.
const SUITES: &str = "'ECDHE+AESGCM:ECDHE+CHACHA20'";

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::OfferTls(connection)
        | Remedy::SendIntermediates(connection)
        | Remedy::ModernTls(connection) => match connection.server() {
            Server::FrontEnd => vec![uvicorn(connection), gunicorn(connection)],
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
        | Remedy::HardenTls(_)
        | Remedy::MoveSecret(_) => Vec::new(),
    }
}

fn uvicorn(connection: &Connection) -> Snippet {
    Snippet {
        dialect: Dialect::Uvicorn,
        title: "uvicorn: TLS with forward secrecy".to_owned(),
        language: "sh",
        text: format!(
            "uvicorn app:app --host 0.0.0.0 --port {} --ssl-certfile /path/to/fullchain.crt --ssl-keyfile /path/to/server.key --ssl-ciphers {SUITES}\n",
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
            "gunicorn app:app --bind 0.0.0.0:{} --certfile /path/to/fullchain.crt --keyfile /path/to/server.key --ciphers {SUITES}\n",
            connection.port
        ),
        then: steps(),
        verify: connection.verify(),
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
