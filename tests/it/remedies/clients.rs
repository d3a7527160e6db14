//! Clients of the PostgreSQL wire: each rendered snippet connects with the real driver to the right server, also with names that try
//! to leave their strings, and refuses four wrong ones before it has told them anything.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use verifull::remediation::{Connection, Remedy, Snippet};

use super::lab::{
    HOSTILE, Lab, PASSWORD, Record, cached, clean_command, finish, plaintext_peer, succeed, tap,
    tls_peer,
};
use super::{Programs, Snippets, Suite};

/// One suite for each title of `verify_full`.
pub(super) const SUITES: &[Suite] = &[
    Suite {
        covers: &[("verify_full", "libpq: a URI with verify-full")],
        run: |lab, snippets| client(lab, snippets, "libpq: a URI with verify-full", psql),
    },
    Suite {
        covers: &[("verify_full", "psycopg 3: keywords with verify-full")],
        run: |lab, snippets| {
            client(
                lab,
                snippets,
                "psycopg 3: keywords with verify-full",
                python,
            )
        },
    },
    Suite {
        covers: &[("verify_full", "psycopg2: keywords with verify-full")],
        run: |lab, snippets| client(lab, snippets, "psycopg2: keywords with verify-full", python),
    },
    Suite {
        covers: &[("verify_full", "asyncpg: a TLS context with your CA")],
        run: |lab, snippets| client(lab, snippets, "asyncpg: a TLS context with your CA", python),
    },
    Suite {
        covers: &[("verify_full", OVER_PSYCOPG)],
        run: |lab, snippets| client(lab, snippets, OVER_PSYCOPG, python),
    },
    Suite {
        covers: &[("verify_full", OVER_ASYNCPG)],
        run: |lab, snippets| client(lab, snippets, OVER_ASYNCPG, python),
    },
    Suite {
        covers: &[("verify_full", "node-postgres: ssl with your CA")],
        run: |lab, snippets| client(lab, snippets, "node-postgres: ssl with your CA", node),
    },
    Suite {
        covers: &[("verify_full", "pgx: a URI with verify-full")],
        run: |lab, snippets| client(lab, snippets, "pgx: a URI with verify-full", go),
    },
    Suite {
        covers: &[("verify_full", "pgjdbc: properties with verify-full")],
        run: |lab, snippets| client(lab, snippets, "pgjdbc: properties with verify-full", java),
    },
];

const OVER_PSYCOPG: &str = "SQLAlchemy over psycopg: connect_args with verify-full";
const OVER_ASYNCPG: &str = "SQLAlchemy over asyncpg: connect_args with a TLS context";

/// What each driver asks once it is in: it answers with one line.
const QUESTION: &str = "select cast(json_build_object('user', current_user, 'database', current_database(), 'tls', (select ssl from pg_stat_ssl where pid = pg_backend_pid())) as text)";

/// The answer.
#[derive(Debug, Deserialize)]
struct Session {
    user: String,
    database: String,
    tls: bool,
}

/// One peer, as the snippet for it.
struct Case {
    name: &'static str,
    connection: Connection,
    snippet: Snippet,
    is_good: bool,
    record: Record,
}

/// A driver gets the cases and its own folder, and prints lines: `program NAME VERSION`, then for each case `ok JSON` or `error TEXT`.
type Driver = fn(&[Case], &Path) -> Result<String, String>;

fn client(lab: &Lab, snippets: &Snippets, title: &str, driver: Driver) -> Result<Programs, String> {
    let word: String = title.chars().filter(char::is_ascii_alphanumeric).collect();
    let folder = lab.subfolder(&word);
    let cases = cases(lab, snippets, title, &folder);
    let output = driver(&cases, &folder)?;
    let mut programs = Programs::new();
    let mut outcomes = Vec::new();
    for line in output.lines() {
        match line.split_once(' ') {
            Some(("program", program)) => {
                let (name, version) = program.split_once(' ').unwrap_or((program, ""));
                programs.push((name.to_owned(), version.to_owned()));
            }
            Some(("ok", answer)) => outcomes.push(Ok(answer.to_owned())),
            Some(("error", text)) => outcomes.push(Err(text.to_owned())),
            _ => {}
        }
    }
    if outcomes.len() != cases.len() {
        return Err(format!(
            "{} outcomes of {} cases:\n{output}",
            outcomes.len(),
            cases.len()
        ));
    }
    for (case, outcome) in cases.iter().zip(outcomes) {
        judge(case, outcome).map_err(|failure| format!("{}: {failure}", case.name))?;
    }
    Ok(programs)
}

fn judge(case: &Case, outcome: Result<String, String>) -> Result<(), String> {
    let heard = case.record.notes();
    if !heard.is_empty() {
        return Err(format!("the peer heard: {heard:?}"));
    }
    if case.record.contacts() == 0 {
        return Err(format!(
            "it never dialled: {outcome:?}\n{}",
            case.snippet.text
        ));
    }
    match (case.is_good, outcome) {
        (true, Ok(answer)) => {
            let session: Session =
                serde_json::from_str(&answer).map_err(|error| error.to_string())?;
            let wanted = (
                case.connection.user.as_deref(),
                case.connection.database.as_deref(),
            );
            if session.tls
                && (Some(session.user.as_str()), Some(session.database.as_str())) == wanted
            {
                Ok(())
            } else {
                Err(format!("wanted {wanted:?} over TLS, got {session:?}"))
            }
        }
        (false, Err(_)) => Ok(()),
        (true, Err(error)) => Err(format!("refused: {error}\n{}", case.snippet.text)),
        (false, Ok(answer)) => Err(format!("connected to an impostor: {answer}")),
    }
}

/// The connection of somebody with a password.
fn plain(lab: &Lab) -> Connection {
    Connection {
        endpoint: "db1".to_owned(),
        protocol: "postgresql".to_owned(),
        product: "postgresql".to_owned(),
        host: "localhost".to_owned(),
        database: Some("app".to_owned()),
        user: Some("app".to_owned()),
        sslrootcert: Some(lab.folder.path().join("ca.crt")),
        ..Connection::default()
    }
}

/// The connection of somebody with a client certificate, whose names and paths try to leave their strings.
fn hostile(lab: &Lab, folder: &Path) -> Connection {
    // libpq would take what stands before a colon in sslkey for the name of an OpenSSL engine: a step of the snippet says so.
    let odd_folder = folder.join(HOSTILE.replace(['/', ':'], "_"));
    fs::create_dir(&odd_folder).unwrap();
    lab.authority.write(&odd_folder, "ca");
    lab.authority.client(HOSTILE).write(&odd_folder, "client");
    Connection {
        database: Some(HOSTILE.to_owned()),
        user: Some(HOSTILE.to_owned()),
        sslrootcert: Some(odd_folder.join("ca.crt")),
        sslcert: Some(odd_folder.join("client.crt")),
        sslkey: Some(odd_folder.join("client.key")),
        ..plain(lab)
    }
}

fn cases(lab: &Lab, snippets: &Snippets, title: &str, folder: &Path) -> Vec<Case> {
    let case = |name, connection: Connection, is_good, (port, record)| {
        let connection = Connection { port, ..connection };
        Case {
            name,
            snippet: snippets.take(&Remedy::VerifyFull(connection.clone()), title),
            connection,
            is_good,
            record,
        }
    };
    let good = |name, connection| case(name, connection, true, tap(lab.server.port));
    let bad = |name, peer| case(name, plain(lab), false, peer);
    let own_names = &["localhost", "127.0.0.1"];
    let stranger = lab.stranger.server(own_names, false);
    let elsewhere = lab.authority.server(&["db.other.example"], false);
    let expired = lab.authority.server(own_names, true);
    let mut cases = vec![
        good("the right server", plain(lab)),
        good(
            "the right server, with hostile names and a client certificate",
            hostile(lab, folder),
        ),
        bad("plaintext", plaintext_peer()),
        bad("unknown CA", tls_peer(&stranger)),
        bad("wrong host name", tls_peer(&elsewhere)),
        bad("expired", tls_peer(&expired)),
    ];
    if title.starts_with("SQLAlchemy") {
        let cockroach = Connection {
            product: "cockroachdb".to_owned(),
            database: Some("cockroach".to_owned()),
            ..plain(lab)
        };
        cases.push(good("the right server, as CockroachDB", cockroach));
    }
    cases
}

fn psql(cases: &[Case], folder: &Path) -> Result<String, String> {
    let version = succeed(clean_command("psql", folder).arg("--version"))?;
    let version = version.split_whitespace().nth(2).unwrap_or_default();
    let mut output = format!("program psql {version}\n");
    for case in cases {
        let script = format!(
            "{}psql \"$DATABASE_URL\" -AtX -c \"{QUESTION}\"\n",
            case.snippet.text
        );
        let ran = finish(
            clean_command("sh", folder)
                .args(["-e", "-c", &script])
                .env("PGPASSWORD", PASSWORD),
        )?;
        let (out, err) = (
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr),
        );
        if ran.status.success() && out.contains("SSL connection (protocol: TLSv1.") {
            output += &format!("ok {}\n", out.lines().last().unwrap_or_default());
        } else {
            output += &format!("error {}\n", format!("{out}{err}").replace('\n', " "));
        }
    }
    Ok(output)
}

/// Writes the snippets where a harness in another language finds them: `0`, `1` and so on.
fn write_snippets(cases: &[Case], folder: &Path) -> PathBuf {
    let snippets = folder.join("snippets");
    fs::create_dir(&snippets).unwrap();
    for (number, case) in cases.iter().enumerate() {
        fs::write(snippets.join(number.to_string()), &case.snippet.text).unwrap();
    }
    snippets
}

fn python(cases: &[Case], folder: &Path) -> Result<String, String> {
    let harness = folder.join("harness.py");
    fs::write(&harness, include_str!("harness.py")).unwrap();
    succeed(
        clean_command(cached("venv/bin/python")?, folder)
            .arg(harness)
            .arg(write_snippets(cases, folder))
            .arg(QUESTION)
            .env("PGPASSWORD", PASSWORD),
    )
}

fn node(cases: &[Case], folder: &Path) -> Result<String, String> {
    let harness = folder.join("harness.js");
    fs::write(&harness, include_str!("harness.js")).unwrap();
    succeed(
        clean_command("node", folder)
            .arg(harness)
            .arg(write_snippets(cases, folder))
            .arg(QUESTION)
            .env("NODE_PATH", cached("node_modules")?)
            .env("PGPASSWORD", PASSWORD),
    )
}

fn go(cases: &[Case], folder: &Path) -> Result<String, String> {
    let mut functions = String::new();
    let mut table = String::new();
    for (number, case) in cases.iter().enumerate() {
        let (imports, function) = case
            .snippet
            .text
            .split_once("\n)\n")
            .ok_or("no import block")?;
        if !imports.contains("\"github.com/jackc/pgx/v5\"") {
            return Err(format!("other imports: {imports}"));
        }
        functions += &function.replace("func connect(", &format!("func connect{number}("));
        table += &format!("\tconnect{number},\n");
    }
    let program = include_str!("harness.go.txt")
        .replace("// FUNCTIONS", &functions)
        .replace("// TABLE", &table);
    let source = folder.join("main.go");
    fs::write(&source, program).unwrap();
    let binary = folder.join("harness");
    // Debian's pgx 4 lies in a GOPATH; the build cache is the user's own.
    succeed(
        std::process::Command::new("go")
            .args(["build", "-o"])
            .args([&binary, &source])
            .env("GO111MODULE", "off")
            .env("GOPATH", "/usr/share/gocode")
            .env("GOFLAGS", ""),
    )?;
    succeed(
        clean_command(binary, folder)
            .arg(QUESTION)
            .env("PGPASSWORD", PASSWORD),
    )
}

fn java(cases: &[Case], folder: &Path) -> Result<String, String> {
    let mut methods = String::new();
    let mut table = String::new();
    for (number, case) in cases.iter().enumerate() {
        for step in &case.snippet.then {
            if let Some(command) = step.strip_prefix("run: ") {
                succeed(clean_command("sh", folder).args(["-c", command]))?;
            }
        }
        let body: Vec<&str> = case
            .snippet
            .text
            .lines()
            .filter(|line| !line.starts_with("import "))
            .collect();
        methods += &format!(
            "static Connection connect{number}() throws Exception {{\n{}\nreturn connection;\n}}\n",
            body.join("\n")
        );
        table += &format!("Harness::connect{number}, ");
    }
    let imports: Vec<&str> = cases[0]
        .snippet
        .text
        .lines()
        .filter(|line| line.starts_with("import "))
        .collect();
    let program = include_str!("harness.java.txt")
        .replace("// IMPORTS", &imports.join("\n"))
        .replace("// METHODS", &methods)
        .replace("/* TABLE */", table.trim_end_matches(", "));
    let source = folder.join("Harness.java");
    fs::write(&source, program).unwrap();
    let jar = Path::new("/usr/share/java/postgresql.jar");
    if !jar.exists() {
        return Err(format!(
            "{} is missing: tests/run installs it",
            jar.display()
        ));
    }
    succeed(
        clean_command("java", folder)
            .args(["-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp"])
            .args([jar, &source])
            .arg(QUESTION)
            .env("PGPASSWORD", PASSWORD),
    )
}
