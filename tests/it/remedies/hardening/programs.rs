//! Programs that speak TLS themselves: uvicorn, gunicorn, Node, Go and Java.

use std::process::Command;

use verifull::remediation::TlsWant::{
    self, FreshTicketKeys, HybridGroup, ModernSuites, NoClientRenegotiation, NoCompression,
    ServerPreference, StrongDh, StrongGroups, StrongSignatures, Tls12OrNewer, Tls13,
};

use super::super::lab::{Running, cached, clean_command, succeed};
use super::{
    Lab, Patient, Programs, Site, Snippets, Suite, certificate, display, make_dh_file,
    site_and_port, version,
};

const UVICORN: &str = "uvicorn: a TLS context with these settings";
const UVICORN_OPTIONS: &str = "uvicorn: TLS with forward secrecy";
const GUNICORN: &str = "gunicorn: a TLS context with these settings";
const GUNICORN_OPTIONS: &str = "gunicorn: TLS with forward secrecy";
const OPENSSL_CONF: &str = "OpenSSL: signatures, for one program";
const NODE: &str = "Node: options of the TLS server";
const GO: &str = "Go: tls.Config of the server";
const JAVA_SECURITY: &str = "Java: disabled algorithms";
const JAVA_SYSTEM: &str = "Java: system properties";
const JAVA_CODE: &str = "Java: SSLParameters of the server";

pub(super) const SUITES: &[Suite] = &[
    Suite {
        covers: &[
            ("harden_tls", UVICORN),
            ("harden_tls", UVICORN_OPTIONS),
            ("harden_tls", OPENSSL_CONF),
        ],
        run: uvicorn,
    },
    Suite {
        covers: &[("harden_tls", GUNICORN), ("harden_tls", GUNICORN_OPTIONS)],
        run: gunicorn,
    },
    Suite {
        covers: &[("harden_tls", NODE)],
        run: node,
    },
    Suite {
        covers: &[("harden_tls", GO)],
        run: go,
    },
    Suite {
        covers: &[
            ("harden_tls", JAVA_SECURITY),
            ("harden_tls", JAVA_SYSTEM),
            ("harden_tls", JAVA_CODE),
        ],
        run: java,
    },
];

/// A TLS context as bad as Python's `ssl` makes it. The option without a name is OpenSSL's `SSL_OP_ALLOW_CLIENT_RENEGOTIATION`.
const BAD_CONTEXT: &str = r#"
def worsen(context):
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_dh_params("weak.pem")
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE & ~ssl.OP_NO_COMPRESSION & ~ssl.OP_NO_RENEGOTIATION
    context.options |= 1 << 8
    return context
"#;

/// One group is all that Python sets: with a weak one alone, clients of today find none.
const WEAK_GROUP: &str = "    context.set_ecdh_curve(\"secp224r1\")\n";

/// What is wrong with that context.
const PYTHON_WANTS: &[TlsWant] = &[
    Tls12OrNewer,
    Tls13,
    ModernSuites,
    ServerPreference,
    StrongDh,
    NoClientRenegotiation,
    FreshTicketKeys,
];

/// Starts a program made worse by some lines, with a snippet or as it was.
type StartProgram<'a> = &'a dyn Fn(&str, Option<&str>) -> Result<Running, String>;

fn python(site: &Site) -> Result<Command, String> {
    let mut command = clean_command(cached("venv/bin/python")?, &site.folder);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

fn cure_python(
    snippets: &Snippets,
    title: &'static str,
    port: u16,
    start: StartProgram<'_>,
) -> Result<(), String> {
    let as_it_was = |snippet: Option<&str>| start("", snippet);
    let patient = Patient::https(snippets, title, port, PYTHON_WANTS, &as_it_was);
    patient.cure_at_once()?;
    // Debian's OpenSSL has no compression to be turned off: the line is taken, and that is all that can be seen.
    patient.starts_with(&[NoCompression])?;
    let with_weak_group = |snippet: Option<&str>| start(WEAK_GROUP, snippet);
    Patient::https(snippets, title, port, &[StrongGroups], &with_weak_group).cure()
}

fn uvicorn(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let (site, port) = site_and_port(lab, "uvicorn-hardened")?;
    site.write(
        "app.py",
        "async def app(scope, receive, send):\n    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n    await send({'type': 'http.response.body', 'body': b'ok'})\n",
    );
    // The program as it was: a context factory of its own.
    let bad = |bad_context: &str| {
        format!(
            "import ssl\n\nimport uvicorn\n\n{bad_context}\n\nif __name__ == '__main__':\n    uvicorn.run('app:app', host='127.0.0.1', port={port}, ssl_certfile='fullchain.crt', ssl_keyfile='server.key', ssl_context_factory=lambda config, default: worsen(default()))\n"
        )
    };
    make_dh_file(&site.folder, snippets, UVICORN, "https")?;
    let start = |worse: &str, snippet: Option<&str>| {
        let bad_context = BAD_CONTEXT.replace("    return", &format!("{worse}    return"));
        let program = snippet.map_or_else(
            || bad(&bad_context),
            |snippet| {
                // Its own lines come after whatever was done before: they must undo it.
                site.fill_in(snippet)
                    .replace(
                        "def ssl_context",
                        &format!("{bad_context}\n\ndef ssl_context"),
                    )
                    .replace(
                        "context = default_ssl_context_factory()",
                        "context = worsen(default_ssl_context_factory())",
                    )
            },
        );
        let program = site.write("serve.py", &program);
        site.start(python(&site)?.arg(program), port)
    };
    cure_python(snippets, UVICORN, port, &start)?;
    options(
        snippets,
        &site,
        port,
        UVICORN_OPTIONS,
        "uvicorn",
        "--ssl-ciphers",
    )?;
    signatures(snippets, &site, port)?;
    let mut programs = super::super::front_ends::package_version("uvicorn")?;
    // The library that reads the configuration is Python's.
    let question = "import ssl; print(ssl.OPENSSL_VERSION.split()[1])";
    let openssl = succeed(python(&site)?.args(["-c", question]))?;
    programs.push(("OpenSSL".to_owned(), openssl.trim().to_owned()));
    Ok(programs)
}

/// Suites alone need no program: the command has an option.
fn options(
    snippets: &Snippets,
    site: &Site,
    port: u16,
    title: &'static str,
    program: &str,
    option: &str,
) -> Result<(), String> {
    let start = |snippet: Option<&str>| {
        let line = if let Some(snippet) = snippet {
            site.fill_in(snippet)
        } else {
            let address = if program == "uvicorn" {
                format!(
                    "--host 127.0.0.1 --port {port} --ssl-certfile fullchain.crt --ssl-keyfile server.key"
                )
            } else {
                format!("--bind 127.0.0.1:{port} --certfile fullchain.crt --keyfile server.key")
            };
            format!("{program} app:app {address} {option} ALL:@SECLEVEL=0")
        };
        super::super::front_ends::start(&site.folder, &line, port)
    };
    Patient {
        snippets,
        title,
        protocol: "https",
        port,
        wants: &[ModernSuites],
        start: &start,
    }
    .cure()
}

/// Python has no setting for signatures: the library's configuration is read by every program.
fn signatures(snippets: &Snippets, site: &Site, port: u16) -> Result<(), String> {
    let start = |snippet: Option<&str>| {
        let mut command = python(site)?;
        if let Some(snippet) = snippet {
            command.env(
                "OPENSSL_CONF",
                site.write("tls.cnf", &site.fill_in(snippet)),
            );
        }
        command.args(["-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port"]);
        command.arg(port.to_string());
        command.args([
            "--ssl-certfile",
            "fullchain.crt",
            "--ssl-keyfile",
            "server.key",
        ]);
        command.args(["--ssl-ciphers", "ALL:@SECLEVEL=0"]);
        site.start(&mut command, port)
    };
    Patient {
        snippets,
        title: OPENSSL_CONF,
        protocol: "https",
        port,
        wants: &[StrongSignatures],
        start: &start,
    }
    .cure()
}

fn gunicorn(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let (site, port) = site_and_port(lab, "gunicorn-hardened")?;
    site.write(
        "app.py",
        "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'ok']\n",
    );
    make_dh_file(&site.folder, snippets, GUNICORN, "https")?;
    let configuration = site.folder.join("gunicorn.conf.py");
    let start = |worse: &str, snippet: Option<&str>| {
        let bad_context = BAD_CONTEXT.replace("    return", &format!("{worse}    return"));
        let text = match snippet {
            Some(snippet) => site
                .fill_in(snippet)
                .replace(
                    "def ssl_context",
                    &format!("{bad_context}\n\ndef ssl_context"),
                )
                .replace(
                    "context = default_ssl_context_factory()",
                    "context = worsen(default_ssl_context_factory())",
                ),
            None => format!(
                "import ssl\n\n{bad_context}\n\ndef ssl_context(config, default):\n    return worsen(default())\n"
            ),
        };
        site.write("gunicorn.conf.py", &text);
        let line = format!(
            "gunicorn app:app --bind 127.0.0.1:{port} --certfile fullchain.crt --keyfile server.key"
        );
        super::super::front_ends::start(&site.folder, &line, port)
    };
    cure_python(snippets, GUNICORN, port, &start)?;
    std::fs::remove_file(configuration).unwrap();
    options(
        snippets,
        &site,
        port,
        GUNICORN_OPTIONS,
        "gunicorn",
        "--ciphers",
    )?;
    super::super::front_ends::package_version("gunicorn")
}

fn node(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let (site, port) = site_and_port(lab, "node-hardened")?;
    let app = "const app = (request, response) => response.end('ok');\n";
    // The option without a name is OpenSSL's SSL_OP_ALLOW_CLIENT_RENEGOTIATION.
    let bad = "minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers: 'ALL:@SECLEVEL=0', honorCipherOrder: false,\n\
               ecdhCurve: 'secp224r1:prime256v1', dhparam: fs.readFileSync('weak.pem'),";
    let start = |snippet: Option<&str>| {
        let program = match snippet {
            // The options stand behind what was there before, and win over it.
            Some(snippet) => site
                .fill_in(snippet)
                .replace("cert: fs", &format!("{bad}\n    cert: fs"))
                .replace("listen(", "listen({ host: '127.0.0.1', port: ")
                .replace(&format!("port: {port})"), &format!("port: {port} }})")),
            None => format!(
                "const fs = require('node:fs');\nconst https = require('node:https');\nconst server = https.createServer({{ {bad} cert: fs.readFileSync('fullchain.crt'), key: fs.readFileSync('server.key') }}, app);\nserver.listen({{ host: '127.0.0.1', port: {port} }});\n"
            ),
        };
        let program = site.write("serve.js", &(app.to_owned() + &program));
        site.start(clean_command("node", &site.folder).arg(program), port)
    };
    let wants = &[
        Tls12OrNewer,
        Tls13,
        ModernSuites,
        ServerPreference,
        StrongGroups,
        StrongDh,
        StrongSignatures,
        FreshTicketKeys,
    ];
    let patient = Patient {
        snippets,
        title: NODE,
        protocol: "https",
        port,
        wants,
        start: &start,
    };
    patient.cure()?;
    // With OpenSSL 3 no client starts a renegotiation, whatever Node is told.
    patient.starts_with(&[NoClientRenegotiation])?;
    version("Node", clean_command("node", &site.folder).arg("--version"))
}

#[expect(
    clippy::too_many_lines,
    reason = "one story from the bad server to the good one"
)]
fn go(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let (site, port) = site_and_port(lab, "go-hardened")?;
    let go = cached("lab/venv/bin/go")?;
    let cache = super::super::lab::cache().join("lab/go-build");
    let build = |program: &str| -> Result<(), String> {
        let source = site.write("main.go", program);
        succeed(
            clean_command(&go, &site.folder)
                .args(["build", "-o", "serve"])
                .arg(source)
                .current_dir(&site.folder)
                .env("GOCACHE", &cache)
                .env("GOTOOLCHAIN", "local")
                .env("GOFLAGS", "-buildvcs=false"),
        )?;
        Ok(())
    };
    let start = |snippet: Option<&str>, bad: &[&str]| -> Result<Running, String> {
        let local = format!("Addr:    \"127.0.0.1:{port}\"");
        let program = match snippet {
            Some(snippet) => {
                let wanted = site
                    .fill_in(snippet)
                    .replace(&format!("Addr:    \":{port}\""), &local);
                // The fields stand in place of those of the same names.
                let kept: Vec<&str> = bad
                    .iter()
                    .copied()
                    .filter(|field| {
                        let name = field.split(':').next().unwrap_or_default();
                        !wanted.contains(&format!("\t{name}:"))
                    })
                    .collect();
                let config = format!("&tls.Config{{\n{}", kept.concat());
                wanted.replace("&tls.Config{", &config)
            }
            None => format!(
                "import (\n\t\"crypto/tls\"\n\t\"net/http\"\n)\n\nfunc serve(handler http.Handler) error {{\n\tserver := &http.Server{{\n\t\t{local},\n\t\tHandler: handler,\n\t\tTLSConfig: &tls.Config{{\n{}\n}},\n}}\nreturn server.ListenAndServeTLS(\"fullchain.crt\", \"server.key\")\n}}\n",
                bad.concat()
            ),
        };
        build(&format!(
            "package main\n\n{program}\n\nfunc main() {{\n\tpanic(serve(http.NotFoundHandler()))\n}}\n"
        ))?;
        site.start(
            &mut clean_command(site.folder.join("serve"), &site.folder),
            port,
        )
    };
    let old: &[&str] = &[
        "MinVersion: tls.VersionTLS10,
",
        "MaxVersion: tls.VersionTLS12,
",
        "CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
",
    ];
    let configurations: [(&[TlsWant], &[&str]); 2] = [
        (&[Tls12OrNewer, Tls13, ModernSuites, FreshTicketKeys], old),
        (
            &[HybridGroup],
            &["CurvePreferences: []tls.CurveID{tls.CurveP256},
"],
        ),
    ];
    for (wants, bad) in configurations {
        Patient {
            snippets,
            title: GO,
            protocol: "https",
            port,
            wants,
            start: &|snippet| start(snippet, bad),
        }
        .cure_at_once()?;
    }
    // Go has no group below 128 bits to be taken out.
    Patient {
        snippets,
        title: GO,
        protocol: "https",
        port,
        wants: &[],
        start: &|snippet| start(snippet, &[]),
    }
    .starts_with(&[StrongGroups])?;
    version(
        "Go",
        clean_command(&go, &site.folder)
            .env("GOTOOLCHAIN", "local")
            .arg("version"),
    )
}

/// A server that asks for whatever the JDK has.
const JAVA: &str = r#"
import java.io.FileInputStream;
import java.security.KeyStore;
import javax.net.ssl.*;

public class Serve {
    public static void main(String[] arguments) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new FileInputStream("server.p12"), "changeit".toCharArray());
        // To a client that knows no hash but SHA-1, Java shows only a certificate that is signed with it.
        KeyStore other = KeyStore.getInstance("PKCS12");
        other.load(new FileInputStream("sha1.p12"), "changeit".toCharArray());
        store.setKeyEntry("sha1", other.getKey("server", "changeit".toCharArray()), "changeit".toCharArray(), other.getCertificateChain("server"));
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, "changeit".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        SSLServerSocket serverSocket = (SSLServerSocket) context.getServerSocketFactory()
            .createServerSocket(Integer.parseInt(arguments[0]), 50, java.net.InetAddress.getByName("127.0.0.1"));
        serverSocket.setEnabledProtocols(arguments[1].split(","));
        serverSocket.setEnabledCipherSuites(serverSocket.getSupportedCipherSuites());
        SSLParameters before = serverSocket.getSSLParameters();
        before.setUseCipherSuitesOrder(false);
        serverSocket.setSSLParameters(before);
        // SNIPPET
        while (true) {
            SSLSocket socket = (SSLSocket) serverSocket.accept();
            new Thread(() -> {
                try (socket) {
                    while (socket.getInputStream().read() >= 0) { }
                } catch (Exception error) {
                    // A client that goes away is what is wanted.
                }
            }).start();
        }
    }
}
"#;

/// What the JDK disables by itself, taken away.
const NOTHING_DISABLED: &str =
    "jdk.tls.disabledAlgorithms=\njdk.certpath.disabledAlgorithms=\njdk.tls.legacyAlgorithms=\n";

#[expect(
    clippy::too_many_lines,
    reason = "one story from the bad server to the good one"
)]
fn java(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let (site, port) = site_and_port(lab, "java-hardened")?;
    for (hash, store) in [("-sha1", "sha1.p12"), ("-sha256", "server.p12")] {
        certificate(&site.folder, hash)?;
        succeed(
            Command::new("openssl")
                .args(["pkcs12", "-export", "-passout", "pass:changeit"])
                .args(["-in", "fullchain.crt", "-inkey", "server.key"])
                .args(["-name", "server", "-out", store])
                .current_dir(&site.folder),
        )?;
    }
    let compile = |snippet: &str| {
        site.write("Serve.java", &JAVA.replace("// SNIPPET", snippet));
        succeed(
            clean_command("javac", &site.folder)
                .args(["-J-XX:TieredStopAtLevel=1", "Serve.java"])
                .current_dir(&site.folder),
        )
    };
    compile("")?;
    site.write("bad.security", NOTHING_DISABLED);
    let start = |protocols: &str, security: &str, options: &str| {
        let mut command = clean_command("java", &site.folder);
        command
            .args(["-XX:TieredStopAtLevel=1", "-Xshare:auto"])
            .arg(format!("-Djava.security.properties={security}"))
            .args(options.split_whitespace())
            .args(["-cp", &display(&site.folder), "Serve"])
            .arg(port.to_string())
            .arg(protocols);
        site.start(&mut command, port)
    };
    let everything = "TLSv1,TLSv1.1,TLSv1.2";
    let weak_dh = "-Djdk.tls.ephemeralDHKeySize=1024";
    Patient::https(
        snippets,
        JAVA_SECURITY,
        port,
        &[Tls12OrNewer, ModernSuites],
        &|snippet| match snippet {
            None => start(everything, "bad.security", ""),
            Some(snippet) => {
                site.write("tls.security", &(NOTHING_DISABLED.to_owned() + snippet));
                start(everything, "tls.security", "")
            }
        },
    )
    .cure_at_once()?;
    Patient::https(
        snippets,
        JAVA_SYSTEM,
        port,
        &[StrongDh, StrongSignatures, NoClientRenegotiation],
        &|snippet| match snippet {
            None => start(everything, "bad.security", weak_dh),
            Some(snippet) => {
                let words = snippet
                    .trim()
                    .strip_prefix("java ")
                    .and_then(|rest| rest.strip_suffix(" -jar app.jar"))
                    .unwrap_or_default();
                start(everything, "bad.security", &format!("{weak_dh} {words}"))
            }
        },
    )
    .cure_at_once()?;
    Patient::https(
        snippets,
        JAVA_CODE,
        port,
        &[Tls12OrNewer, Tls13, ModernSuites, ServerPreference],
        &|snippet| {
            compile(snippet.unwrap_or_default())?;
            start(everything, "bad.security", "")
        },
    )
    .cure_at_once()?;
    version("Java", clean_command("java", &site.folder).arg("-version"))
}
