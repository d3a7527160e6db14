//! The binary itself: exit codes, streams, messages, the lab from end to end.

use std::process::Stdio;

use serde_json::Value;

use super::program::{Program, closed_port};

fn run(arguments: &[&str]) -> super::program::Ran {
    Program::new().run(arguments)
}

#[test]
fn help_of_the_program() {
    let ran = run(&["--help"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn help_of_probe() {
    let ran = run(&["probe", "--help"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn version_is_that_of_the_package() {
    let ran = run(&["--version"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, concat!("verifull ", env!("CARGO_PKG_VERSION"), "\n"))
    );
}

#[test]
fn usage_errors_exit_with_3_and_keep_stdout_clean() {
    for arguments in [
        &["probe"][..],
        &["probe", "--format", "xml", "db:5432"],
        &["probe", "--fail-on", "awful", "db:5432"],
        &["probe", "--timeout", "0", "db:5432"],
        &["probe", "--concurrency", "0", "db:5432"],
        &["probe", "--cert", "x.pem", "db:5432"],
        &["probe", "--quick", "--deep", "db:5432"],
        &["probe", "--intrusive", "--quick", "db:5432"],
        &["probe", "--pacing", "0", "db:5432"],
        &["probe", "--policy", "none", "db:5432"],
        &["probe", "--rescan", "missing.json", "db:5432"],
        &["check", "--posture", "--deep"],
        &["probe", "db"],
        &["probe", "db:0"],
        &["probe", "db:99999"],
        &["probe", "ftp://db:21"],
        &["probe", "http://db"],
        &["probe", "postgresql://[::1"],
        &["probe", ""],
        &["check"],
        &["check", "--config", "missing.toml"],
        &["explain", "no-such-check"],
        &["man", "no-such-command"],
        &["completions", "no-such-shell"],
        &["no-such-command"],
        &["--no-such-option"],
        &[],
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, 3, "{arguments:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
        assert!(
            !ran.stderr.contains('\u{1b}'),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
}

#[test]
fn bad_target_is_named_with_what_is_wanted() {
    insta::assert_snapshot!(run(&["probe", "db:99999"]).stderr, @r"
    error: `db:99999` is not a target: a port is a number from 1 to 65535
    hint: a target is postgresql://host:26257[/db], cockroachdb://…, https://host[:port][/path], tls://host:port, or host:port
    ");
}

#[test]
fn missing_configuration_says_how_to_make_one() {
    insta::assert_snapshot!(run(&[]).stderr);
}

#[test]
fn broken_configuration_names_every_place() {
    let program = Program::new();
    program.file(
        "verifull.toml",
        "[[endpoint]]\nname = \"db1\"\ntarget = \"postgresql://db1:26257\"\nsslmod = \"require\"\ntimeout = 5\n",
    );
    let ran = program.run(&["check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    for wanted in ["verifull.toml:4:1", "sslmode", "verifull.toml:5:"] {
        assert!(ran.stderr.contains(wanted), "{wanted}: {}", ran.stderr);
    }
}

#[test]
fn configuration_that_is_no_file_or_too_large_is_refused() {
    let program = Program::new();
    std::fs::create_dir(program.path("folder")).expect("a folder");
    let large = std::fs::File::create(program.path("large.toml")).expect("a file");
    large.set_len(100 * 1024 * 1024).expect("a sparse file");
    program.file("latin1.toml", b"# caf\xe9\n");
    for name in ["folder", "large.toml", "latin1.toml"] {
        let ran = program.run(&["check", "--config", name]);
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{name}");
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
    }
}

#[test]
fn unknown_endpoint_of_check_is_an_error() {
    let program = Program::new();
    program.file(
        "verifull.toml",
        "[[endpoint]]\nname = \"db1\"\ntarget = \"postgresql://127.0.0.1:1\"\n",
    );
    let ran = program.run(&["check", "db2"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(
        ran.stderr.contains("db2") && ran.stderr.contains("db1"),
        "{}",
        ran.stderr
    );
}

#[test]
fn unreachable_endpoint_is_unknown_in_every_format() {
    let target = format!("postgresql://127.0.0.1:{}", closed_port());
    for format in [
        "text",
        "json",
        "jsonl",
        "sarif",
        "junit",
        "nagios",
        "prometheus",
        "markdown",
    ] {
        let ran = run(&["probe", &target, "--format", format]);
        assert_eq!(ran.code, 3, "{format}: {ran:?}");
        assert_eq!(ran.stderr, "", "{format}");
        assert!(!ran.stdout.is_empty(), "{format}");
    }
}

#[test]
fn ca_file_beside_an_sslrootcert_is_taken() {
    let ran = run(&[
        "probe",
        "postgresql://127.0.0.1:1/?sslrootcert=a.crt",
        "--ca",
        "b.crt",
    ]);
    assert_eq!((ran.code, ran.stderr.as_str()), (3, ""));
    assert!(ran.stdout.contains("connection refused"), "{}", ran.stdout);
}

#[test]
fn missing_ca_file_is_unknown_and_never_green() {
    let ran = run(&[
        "probe",
        "127.0.0.1:1",
        "--ca",
        "missing.crt",
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 3, "{ran:?}");
}

/// Runs `demo --headless`.
fn demo(format: &str) -> super::program::Ran {
    let ran = run(&["demo", "--headless", "--format", format]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (2, ""),
        "{format}: {}",
        ran.stdout
    );
    ran
}

#[test]
fn lab_is_judged_as_each_server_deserves() {
    let document: Value = serde_json::from_str(&demo("json").stdout).expect("JSON");
    let endpoint = |name: &str| {
        document["endpoints"]
            .as_array()
            .expect("endpoints")
            .iter()
            .find(|endpoint| endpoint["name"] == name)
            .unwrap_or_else(|| panic!("no endpoint {name}"))
            .clone()
    };
    for (name, posture, verify_full) in [
        ("crdb-good", "ok", Value::Bool(true)),
        ("crdb-expiring", "critical", Value::Bool(true)),
        ("crdb-expired", "critical", Value::Bool(false)),
        ("pg-self-signed", "critical", Value::Bool(false)),
        ("crdb-wrong-name", "critical", Value::Bool(false)),
        ("crdb-plaintext", "critical", Value::Bool(true)),
        ("crdb-insecure", "critical", Value::Bool(false)),
    ] {
        let endpoint = endpoint(name);
        assert_eq!(endpoint["posture"], posture, "{name}");
        assert_eq!(endpoint["verify_full"]["ready"], verify_full, "{name}");
    }
    assert_eq!(endpoint("crdb-good")["tls"]["required"], true);
    assert_eq!(endpoint("crdb-plaintext")["tls"]["required"], false);
    assert_eq!(endpoint("crdb-insecure")["tls"]["offered"], false);
    assert_eq!(endpoint("crdb-unreachable")["reachable"], false);
    assert_eq!(endpoint("crdb-unreachable")["posture"], "unreachable");
    assert_eq!(
        endpoint("pg-client-cert")["tls"]["client_certificate"],
        "required"
    );
    assert_eq!(endpoint("api-without-hsts")["http"]["hsts"], false);
}

#[test]
fn nagios_of_the_lab_is_one_status_line_below_four_kilobytes() {
    let ran = demo("nagios");
    assert!(ran.stdout.len() < 4096);
    assert!(
        ran.stdout.starts_with("VERIFULL CRITICAL - 11 endpoints: "),
        "{}",
        ran.stdout
    );
}

#[test]
fn fail_on_is_heard_by_the_binary() {
    let target = format!("127.0.0.1:{}", closed_port());
    let ran = run(&["probe", &target, "--fail-on", "info"]);
    assert_eq!(
        ran.code, 3,
        "an unreachable endpoint stays unknown: {ran:?}"
    );
}

#[test]
fn piped_dashboard_prints_the_report_and_says_so() {
    let program = Program::new();
    let port = closed_port();
    program.file(
        "verifull.toml",
        format!("[[endpoint]]\nname = \"db1\"\ntarget = \"postgresql://127.0.0.1:{port}\"\n"),
    );
    let ran = program.run(&[""; 0]);
    assert_eq!(ran.code, 3);
    assert!(ran.stdout.contains("unreachable  db1"), "{}", ran.stdout);
    insta::assert_snapshot!(ran.stderr, @"verifull: stdout is not a terminal, so this is the report of `verifull check`");
}

#[test]
fn unusable_trust_file_is_found_though_the_server_is_down() {
    let program = Program::new();
    let target = format!(
        "postgresql://127.0.0.1:{}/?sslrootcert=missing.crt",
        closed_port()
    );
    let ran = program.run(&["probe", &target, "--format", "json"]);
    let document: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let checks: Vec<&str> = document["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter_map(|finding| finding["check"].as_str())
        .collect();
    assert!(checks.contains(&"trust-file-unreadable"), "{checks:?}");
    assert!(checks.contains(&"endpoint-unreachable"), "{checks:?}");
    assert_eq!(document["score"]["value"], Value::Null);
}

#[test]
fn password_in_a_file_is_located() {
    let program = Program::new();
    let port = closed_port();
    program.file(
        "verifull.toml",
        format!(
            "[[endpoint]]\nname = \"db1\"\ntarget = \"postgresql://app:hunter2@127.0.0.1:{port}\"\n"
        ),
    );
    let found = |format: &str, findings: &str| {
        let ran = program.run(&["check", "--config", "verifull.toml", "--format", format]);
        let document: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        let all = document.pointer(findings).and_then(Value::as_array);
        all.expect("findings")
            .iter()
            .find(|finding| {
                [&finding["check"], &finding["ruleId"]]
                    .iter()
                    .any(|id| id.as_str() == Some("password-in-configuration"))
            })
            .cloned()
            .expect("the finding")
    };
    let location = found("json", "/findings")["location"].clone();
    let path = location["path"].as_str().expect("a path");
    assert!(path.ends_with("verifull.toml"), "{path}");
    assert_eq!(
        (&location["line"], &location["column"]),
        (&3.into(), &28.into())
    );
    assert_eq!(
        found("sarif", "/runs/0/results")["locations"][0]["physicalLocation"]["region"],
        serde_json::json!({"startLine": 3, "startColumn": 28})
    );
}

#[test]
fn reader_that_leaves_early_is_no_error() {
    let program = Program::new();
    let mut child = program
        .command(&["demo", "--headless", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// Starts a probe of a peer that accepts and says nothing, and sends the signal once it is connected.
#[cfg(unix)]
fn probe_ended_by(signal: rustix::process::Signal) -> (Option<i32>, String, String) {
    use std::io::Read as _;

    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = format!("tls://{}", silent.local_addr().expect("an address"));
    let program = Program::new();
    let child = program
        .command(&["probe", &target, "--timeout", "60", "--log", "run.log"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child");
    let (mut connection, _) = silent.accept().expect("it dials");
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), signal)
        .expect("a running child");
    let output = child.wait_with_output().expect("an end");
    // The hello that was sent, and then the end: nobody holds the connection any more.
    let mut sent = Vec::new();
    let _ = connection.read_to_end(&mut sent);
    let log = std::fs::read_to_string(program.path("run.log")).expect("a log");
    assert!(log.ends_with("interrupted\n"), "{log}");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[cfg(unix)]
#[test]
fn probe_ends_cleanly_on_signals_and_says_so() {
    use rustix::process::Signal;

    for (signal, code, name) in [(Signal::INT, 130, "SIGINT"), (Signal::TERM, 143, "SIGTERM")] {
        let ended = probe_ended_by(signal);
        let said = format!("verifull: ended by {name}\n");
        assert_eq!(ended, (Some(code), String::new(), said), "{signal:?}");
    }
}

#[test]
fn rescan_needs_a_report_that_knows_the_target() {
    let program = Program::new();
    let target = format!("tls://127.0.0.1:{}", closed_port());
    let rescan = |file: &str| program.run(&["probe", &target, "--rescan", file]);
    let missing = rescan("missing.json");
    assert_eq!((missing.code, &*missing.stdout), (3, ""));
    assert!(
        missing
            .stderr
            .contains("cannot read the report `missing.json`"),
        "{}",
        missing.stderr
    );
    std::fs::write(program.path("text.json"), "not a report").expect("a file");
    assert!(
        rescan("text.json")
            .stderr
            .contains("`text.json` is no report")
    );
    // What nobody answered to has no deep scan, whatever was asked for.
    let report = program.run(&["probe", &target, "--format", "json"]);
    std::fs::write(program.path("report.json"), report.stdout).expect("a file");
    let unknown = rescan("report.json");
    assert_eq!(unknown.code, 3);
    assert!(
        unknown
            .stderr
            .contains(&format!("has no deep scan of `{target}`")),
        "{}",
        unknown.stderr
    );
}

#[test]
fn progress_is_nothing_on_a_pipe() {
    let ran = run(&["probe", &format!("127.0.0.1:{}", closed_port()), "--deep"]);
    assert_eq!(ran.stderr, "");
}

/// Starts the lab with its folder in the program's own, sends the signal once there is one, and returns the exit code.
#[cfg(unix)]
fn lab_ended_by(signal: rustix::process::Signal) -> Option<i32> {
    use std::time::{Duration, Instant};

    let program = Program::new();
    let folders = program.path("temporary");
    std::fs::create_dir(&folders).expect("a folder");
    let is_empty = || {
        let mut entries = std::fs::read_dir(&folders).expect("the folder");
        entries.next().is_none()
    };
    let mut child = program
        .command(&["demo", "--headless"])
        .env("TMPDIR", &folders)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    let deadline = Instant::now() + Duration::from_secs(30);
    while is_empty() {
        assert!(Instant::now() < deadline, "the lab made no folder");
        std::thread::sleep(Duration::from_millis(2));
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), signal)
        .expect("a running child");
    let status = child.wait().expect("an end");
    assert!(is_empty(), "a folder stayed behind after {signal:?}");
    status.code()
}

#[cfg(unix)]
#[test]
fn lab_leaves_nothing_behind_on_signals() {
    use rustix::process::Signal;

    for (signal, code) in [
        (Signal::HUP, 129),
        (Signal::INT, 130),
        (Signal::QUIT, 131),
        (Signal::TERM, 143),
    ] {
        assert_eq!(lab_ended_by(signal), Some(code), "{signal:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("the device that is always full");
    let program = Program::new();
    let output = program
        .command(&["explain"])
        .stdout(full)
        .output()
        .expect("a run");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("stdout"));
}

#[cfg(unix)]
#[test]
fn log_is_made_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let program = Program::new();
    let target = format!("127.0.0.1:{}", closed_port());
    let ran = program.run(&["probe", &target, "--log", "run.log"]);
    assert_eq!(ran.code, 3);
    let path = program.path("run.log");
    let mode = std::fs::metadata(&path)
        .expect("a log")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let log = std::fs::read_to_string(path).expect("a log");
    assert!(
        log.contains(&target) && log.ends_with("exit code 3\n"),
        "{log}"
    );
}

#[test]
fn explain_lists_and_explains_every_check() {
    let list = run(&["explain"]);
    assert_eq!(list.code, 0);
    for check in verifull::check::REGISTER {
        assert!(list.stdout.contains(check.id), "{}", check.id);
    }
    let page = run(&["explain", "certificate-expired"]);
    assert_eq!(page.code, 0);
    assert!(
        page.stdout.contains("certificate-expired") && page.stdout.len() > 200,
        "{}",
        page.stdout
    );
    let scoring = run(&["explain", "--scoring"]);
    assert_eq!(scoring.code, 0);
    assert!(scoring.stdout.contains("90"), "{}", scoring.stdout);
}

#[test]
fn completions_and_manual_pages_come_for_everything() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.code, 0, "{shell}");
        assert!(ran.stdout.contains("verifull"), "{shell}");
    }
    for command in ["probe", "check", "explain", "demo"] {
        let ran = run(&["man", command]);
        assert_eq!(ran.code, 0, "{command}");
        assert!(ran.stdout.contains(".TH"), "{command}");
    }
    assert!(run(&["man"]).stdout.contains(".TH verifull 1"));
}

#[test]
fn only_what_exists_is_offered() {
    let help = run(&["--help"]).stdout;
    for absent in ["connections", "serve", "--deep", "--posture"] {
        assert!(!help.contains(&format!("  {absent}")), "{absent}");
    }
}

#[test]
fn sarif_leaves_the_judgement_to_code_scanning() {
    let lab = run(&[
        "demo",
        "--headless",
        "--format",
        "sarif",
        "--fail-on",
        "high",
    ]);
    assert_eq!(lab.code, 2, "{}", lab.stderr);
    // The lab has an endpoint that nobody can look at.
    assert_eq!(run(&["demo", "--headless", "--format", "sarif"]).code, 3);
}
