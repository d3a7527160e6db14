//! No secret goes up: a password is planted wherever a user can put one, and every output is searched for it.
//!
//! The outputs are all formats, stderr, the log and the usage errors. The dashboard is searched in `pty`, where the terminal is:
//! its screens, the bytes that it writes, and what it puts on the clipboard.

use super::cli::program::{Program, Ran, closed_port};

/// The password. Its encoded forms must not show either.
pub(crate) const PLANTED: &str = "hunter2-planted";
const ENCODED: [&str; 3] = [
    PLANTED,
    // Percent-encoded, and in base64.
    "hunter2%2Dplanted",
    "aHVudGVyMi1wbGFudGVk",
];

const FORMATS: [&str; 8] = [
    "text",
    "json",
    "jsonl",
    "sarif",
    "junit",
    "nagios",
    "prometheus",
    "markdown",
];

/// Fails where any text shows the password.
pub(crate) fn assert_clean(what: &str, text: &str) {
    for form in ENCODED {
        assert!(!text.contains(form), "{what} shows the password:\n{text}");
    }
}

fn assert_ran_clean(what: &str, ran: &Ran) {
    assert_clean(what, &ran.stdout);
    assert_clean(what, &ran.stderr);
}

/// Targets that hold the password in every place that one can stand.
pub(crate) fn targets(port: u16) -> Vec<String> {
    vec![
        format!("postgresql://app:{PLANTED}@127.0.0.1:{port}/bank"),
        format!("postgresql://app:hunter2%2Dplanted@127.0.0.1:{port}/bank?sslmode=require"),
        format!("cockroachdb://app:{PLANTED}@127.0.0.1:{port}/bank?sslmode=verify-full"),
        format!("postgresql://127.0.0.1:{port}/bank?user=app&password={PLANTED}"),
        format!("postgresql://127.0.0.1:{port}/bank?sslpassword={PLANTED}"),
        format!("https://app:{PLANTED}@127.0.0.1:{port}/path"),
        format!("tls://app:{PLANTED}@127.0.0.1:{port}"),
        format!("app:{PLANTED}@127.0.0.1:{port}"),
    ]
}

#[test]
fn password_in_a_target_reaches_no_format_and_no_log() {
    let targets = targets(closed_port());
    for format in FORMATS {
        let program = Program::new();
        let mut arguments = vec!["probe", "--format", format, "--log", "run.log"];
        arguments.extend(targets.iter().map(String::as_str));
        let ran = program.run(&arguments);
        assert!(!ran.stdout.is_empty(), "{format}: {ran:?}");
        assert_ran_clean(format, &ran);
        let log = std::fs::read_to_string(program.path("run.log")).expect("a log");
        assert_clean("the log", &log);
    }
}

#[test]
fn every_way_to_write_a_password_is_warned_of() {
    for target in targets(closed_port()) {
        let ran = Program::new().run(&["probe", &target]);
        assert_ran_clean(&target, &ran);
        assert!(
            ran.stderr.contains("was dropped"),
            "{target}: {}",
            ran.stderr
        );
    }
}

#[test]
fn user_is_warned_of_a_dropped_password() {
    let target = format!(
        "postgresql://app:{PLANTED}@127.0.0.1:{}/bank",
        closed_port()
    );
    let ran = Program::new().run(&["probe", &target]);
    assert!(
        ran.stderr.contains("password") && ran.stderr.contains("dropped"),
        "{}",
        ran.stderr
    );
    let quiet = Program::new().run(&["probe", &format!("127.0.0.1:{}", closed_port())]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn password_in_a_broken_argument_reaches_no_message() {
    for arguments in [
        &["probe", "postgresql://app:hunter2-planted@db:99999/bank"][..],
        &["probe", "postgresql://app:hunter2-planted@[::1/bank"],
        &[
            "probe",
            "postgresql://app:hunter2-planted@db/bank?sslmode=nonsense",
        ],
        &["probe", "postgresql://app:hunter2-planted/odd@db/bank"],
        &["probe", "mysql://app:hunter2-planted@db/bank"],
        &["probe", "http://app:hunter2-planted@db/bank"],
        &["probe", "host=db password=hunter2-planted"],
        &[
            "probe",
            "--format",
            "postgresql://app:hunter2-planted@db",
            "db:1",
        ],
        &[
            "probe",
            "--timeout=postgresql://app:hunter2-planted@db",
            "db:1",
        ],
        &["probe", "--quik", "postgresql://app:hunter2-planted@db"],
        &[
            "probe",
            "--quick=postgresql://app:hunter2-planted@db",
            "db:1",
        ],
        &["postgresql://app:hunter2-planted@db/bank"],
        &["app:hunter2-planted@db:1"],
        &["check", "app:hunter2-planted@db:1"],
        &["probe", "app:hunter2-planted@db:99999"],
        &["check", "postgresql://app:hunter2-planted@db/bank"],
        &["explain", "postgresql://app:hunter2-planted@db/bank"],
        &["explain", "a", "postgresql://app:hunter2-planted@db/bank"],
        &["man", "postgresql://app:hunter2-planted@db/bank"],
        &["completions", "postgresql://app:hunter2-planted@db/bank"],
        &["--postgresql://app:hunter2-planted@db/bank"],
    ] {
        let program = Program::new();
        program.file(
            "verifull.toml",
            "[[endpoint]]\nname = \"db1\"\ntarget = \"postgresql://127.0.0.1:1\"\n",
        );
        let ran = program.run(arguments);
        assert_eq!(ran.code, 3, "{arguments:?}: {ran:?}");
        assert_ran_clean(&format!("{arguments:?}"), &ran);
    }
}

#[test]
fn password_in_the_configuration_reaches_no_format() {
    let program = Program::new();
    let mut endpoints = String::new();
    for (number, target) in (1..).zip(targets(closed_port())) {
        let lines = format!("[[endpoint]]\nname = \"db{number}\"\ntarget = \"{target}\"\n");
        endpoints.push_str(&lines);
    }
    program.file("verifull.toml", endpoints);
    for format in FORMATS {
        let ran = program.run(&["check", "--format", format, "--log", "run.log"]);
        assert!(!ran.stdout.is_empty(), "{format}: {ran:?}");
        assert_ran_clean(format, &ran);
    }
    let log = std::fs::read_to_string(program.path("run.log")).expect("a log");
    assert_clean("the log", &log);
}

#[test]
fn password_in_the_configuration_is_a_finding() {
    let program = Program::new();
    program.file(
        "verifull.toml",
        format!(
            "[[endpoint]]\nname = \"db\"\ntarget = \"postgresql://app:{PLANTED}@127.0.0.1:{}\"\n",
            closed_port()
        ),
    );
    let ran = program.run(&["check", "--format", "json"]);
    assert!(
        ran.stdout.contains("password-in-configuration"),
        "{}",
        ran.stdout
    );
}

#[test]
fn password_from_a_variable_or_a_file_reaches_no_format() {
    let port = closed_port();
    let target = format!("postgresql://app:{PLANTED}@127.0.0.1:{port}/bank");
    let program = Program::new()
        .variable("DB_URL", &target)
        .variable("DB_PASSWORD", PLANTED);
    let file = program.file("target.secret", &target);
    program.file(
        "verifull.toml",
        format!(
            "[[endpoint]]\nname = \"one\"\ntarget = \"${{DB_URL}}\"\n\n\
             [[endpoint]]\nname = \"two\"\ntarget = \"postgresql://app:${{DB_PASSWORD}}@127.0.0.1:{port}/two\"\n\n\
             [[endpoint]]\nname = \"three\"\ntarget_file = \"{}\"\n",
            file.display()
        ),
    );
    for format in FORMATS {
        let ran = program.run(&["check", "--format", format, "--log", "run.log"]);
        assert_eq!(ran.code, 3, "{ran:?}");
        assert_ran_clean(format, &ran);
    }
    let log = std::fs::read_to_string(program.path("run.log")).expect("a log");
    assert_clean("the log", &log);
}

#[test]
fn password_in_a_broken_configuration_reaches_no_message() {
    for text in [
        "target = \"postgresql://app:hunter2-planted@db\n",
        "[[endpoint]]\nname = \"a\"\ntarget = \"postgresql://app:hunter2-planted@db:99999\"\n",
        "[[endpoint]]\nname = \"a\"\ntarget = postgresql://app:hunter2-planted@db\n",
        "[[endpoint]]\nname = \"a\"\ntraget = \"postgresql://app:hunter2-planted@db\"\n",
        "[[endpoint]]\nname = \"a\"\ntarget = \"postgresql://db\"\npassword = \"hunter2-planted\"\n",
        "[[endpoint]]\nname = \"postgresql://app:hunter2-planted@db\"\ntarget = 5\n",
        "[[endpoint]]\nname = \"a\"\ntarget = \"postgresql://db\"\nsslmode = \"hunter2-planted\"\nsslmode = 1\n",
    ] {
        let program = Program::new();
        program.file("verifull.toml", text);
        let ran = program.run(&["check"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{text}");
        // The last one is no place for a password: a wrong value of sslmode may be repeated.
        if !text.contains("sslmode") {
            assert_ran_clean(text, &ran);
        }
    }
}

#[test]
fn client_key_reaches_no_output() {
    let lab = verifull::demo::Lab::start().expect("a lab");
    let endpoint = lab
        .config()
        .endpoints
        .iter()
        .find(|endpoint| &*endpoint.name == "pg-client-cert")
        .expect("the endpoint that demands a client certificate");
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(vec!["app".to_owned()])
        .and_then(|parameters| parameters.self_signed(&key))
        .expect("a certificate");
    let program = Program::new();
    program.file("client.crt", certificate.pem());
    program.file("client.key", format!("{PLANTED}\n{}", key.serialize_pem()));
    let target = endpoint.target.to_string();
    let pem = key.serialize_pem();
    let line = pem.lines().nth(1).expect("a line of the key");
    for format in FORMATS {
        let ran = program.run(&[
            "probe",
            &target,
            "--format",
            format,
            "--cert",
            "client.crt",
            "--key",
            "client.key",
            "--log",
            "run.log",
        ]);
        assert_ran_clean(format, &ran);
        let log = std::fs::read_to_string(program.path("run.log")).expect("a log");
        for text in [&ran.stdout, &ran.stderr, &log] {
            assert!(!text.contains(line), "{format} shows the key");
        }
    }
    // The key in place of the certificate, and a key that is none.
    for (certificate, key) in [("client.key", "client.key"), ("client.crt", "client.crt")] {
        let ran = program.run(&[
            "probe",
            &target,
            "--cert",
            certificate,
            "--key",
            key,
            "--format",
            "json",
        ]);
        assert_ran_clean(certificate, &ran);
        assert!(!ran.stdout.contains(line) && !ran.stderr.contains(line));
    }
}
