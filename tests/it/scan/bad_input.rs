//! Files that mean no good: each is skipped or read with a reason that is said, and none of them takes long.
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cli::program::{Program, Ran};

/// Longest time that one scan of bad input may take, in a debug build on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);

/// Scans the folder and returns the report.
fn scan(program: &Program, arguments: &[&str]) -> (Ran, Value) {
    let mut all = vec!["scan", "--format=json"];
    all.extend(arguments);
    let begun = Instant::now();
    let ran = program.run(&all);
    assert!(begun.elapsed() < LONGEST, "{:?}", begun.elapsed());
    let report =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, report)
}

/// Returns what is said of a file that was not read.
fn reason(report: &Value, path: &str) -> String {
    let files = report["files"].as_array().unwrap();
    let file = files.iter().find(|file| file["path"] == path);
    let file = file.unwrap_or_else(|| panic!("{path} is not in the report: {report:#}"));
    file["open"]["reading"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// A line that concerns us.
const DSN: &str = "DATABASE_URL=postgres://app:hunter2@db.example.com/app?sslmode=disable\n";

#[test]
fn special_files_are_named_and_not_waited_for() {
    let program = Program::new();
    rustix::fs::mkfifoat(
        rustix::fs::CWD,
        program.path("pipe.yaml"),
        rustix::fs::Mode::RUSR,
    )
    .unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(program.path("socket.yaml")).unwrap();
    let (ran, report) = scan(&program, &[]);
    assert_eq!(reason(&report, "pipe.yaml"), "it is a named pipe");
    assert_eq!(reason(&report, "socket.yaml"), "it is a socket");
    assert_eq!(ran.code, 0);
}

#[test]
fn huge_file_is_passed_over_unread() {
    let program = Program::new();
    File::create(program.path("huge.yaml"))
        .unwrap()
        .set_len(100 * 1024 * 1024)
        .unwrap();
    program.file(
        "long.env",
        format!("{}{}", "x".repeat(10 * 1024 * 1024), DSN),
    );
    let (ran, report) = scan(&program, &[]);
    assert!(reason(&report, "huge.yaml").contains("104857600 bytes"));
    assert!(reason(&report, "long.env").contains("too large"));
    assert_eq!(
        report["summary"]["passed_over"]["it is too large to be configuration"],
        2
    );
    assert_eq!(ran.code, 0);
}

/// Returns a layer of a YAML bomb: nine times the one before.
fn next_layer(one: char, next: char) -> String {
    let nine = vec![format!("*{one}"); 9].join(",");
    format!("{next}: &{next} [{nine}]\n")
}

#[test]
fn deep_and_long_texts_end_fast() {
    let program = Program::new();
    let keyword = "sslmode=disable";
    program.file(
        "deep.json",
        format!(
            "{{\"{keyword}\": {}{}}}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        ),
    );
    program.file(
        "deep.py",
        format!(
            "x = \"{keyword}\"\ny = {}1{}\n",
            "(".repeat(100_000),
            ")".repeat(100_000)
        ),
    );
    let mut bomb = format!("a: &a [{keyword}, lol]\n");
    for (one, next) in ('a'..='y').zip('b'..='z') {
        bomb.push_str(&next_layer(one, next));
    }
    program.file("bomb.yaml", bomb);
    program.file(
        "line.env",
        format!("A={keyword}{}\n", "x".repeat(1_900_000)),
    );
    let (_, report) = scan(&program, &[]);
    assert_eq!(report["summary"]["could_not_be_read"], 0, "{report:#}");
}

#[test]
fn binary_file_is_counted_and_not_listed() {
    let program = Program::new();
    program.file(
        "picture.py",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR sslmode=disable",
    );
    let (_, report) = scan(&program, &[]);
    assert_eq!(report["summary"]["passed_over"]["it is binary"], 1);
    assert_eq!(report["files"], Value::Array(Vec::new()));
}

#[test]
fn other_encodings_are_read_and_not_mended() {
    let program = Program::new();
    let units = DSN.encode_utf16().flat_map(u16::to_le_bytes);
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(units).collect();
    program.file("utf16.env", utf16);
    let latin1: Vec<u8> = [b"# caf\xE9\n".as_slice(), DSN.as_bytes()].concat();
    program.file("latin1.env", latin1);
    program.file(
        "mark.env",
        [b"\xEF\xBB\xBF".as_slice(), DSN.as_bytes()].concat(),
    );
    program.file("crlf.env", DSN.replace('\n', "\r\n"));
    program.file("end.env", DSN.trim_end());
    let (_, report) = scan(&program, &[]);
    let files = report["files"].as_array().unwrap();
    let edit = |path: &str| {
        let file = files.iter().find(|file| file["path"] == path).unwrap();
        assert!(file["sha256"].is_string(), "{path} was not read");
        file["open"]["edit"]
            .as_str()
            .unwrap_or("can be mended")
            .to_owned()
    };
    assert_eq!(edit("utf16.env"), "the file is UTF-16");
    assert_eq!(edit("latin1.env"), "the file is not UTF-8");
    for path in ["mark.env", "crlf.env", "end.env"] {
        assert_eq!(edit(path), "can be mended");
    }
}

#[test]
fn links_are_not_followed_and_loops_end() {
    let program = Program::new();
    fs::create_dir(program.path("a")).unwrap();
    symlink("..", program.path("a/up")).unwrap();
    symlink("self", program.path("self")).unwrap();
    symlink("/etc/passwd", program.path("a/x.env")).unwrap();
    let (ran, report) = scan(&program, &[]);
    assert_eq!(report["summary"]["passed_over"]["it is a symbolic link"], 3);
    assert_eq!(report["summary"]["looked_at"], 0);
    assert_eq!(ran.code, 0);
}

#[test]
fn unreadable_file_and_folder_are_said_and_leave_with_3() {
    // root reads everything.
    if rustix::process::geteuid().is_root() {
        return;
    }
    let program = Program::new();
    let file = program.file("secret.env", DSN);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    fs::create_dir(program.path("closed")).unwrap();
    fs::set_permissions(program.path("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    let (ran, report) = scan(&program, &[]);
    fs::set_permissions(program.path("closed"), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(reason(&report, "secret.env").contains("ermission denied"));
    assert!(reason(&report, "closed").contains("ermission denied"));
    assert_eq!(ran.code, 3);
}

#[test]
fn odd_paths_are_printable_in_every_format() {
    let program = Program::new();
    for name in [
        &b"a\nb\x1b[31m.env"[..],
        b"not\xFFutf8.env",
        "r\u{202e}vne.env".as_bytes(),
        b"a,b:c%d.env",
    ] {
        let path = program.path("").join(OsStr::from_bytes(name));
        fs::write(path, DSN).unwrap();
    }
    for format in [
        "text", "json", "jsonl", "sarif", "github", "junit", "markdown",
    ] {
        let ran = program.run(&["scan", "--format", format]);
        let hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!ran.stdout.contains(hostile), "{format}: {}", ran.stdout);
        assert!(!ran.stdout.contains("hunter2"), "{format}: {}", ran.stdout);
    }
}

#[test]
fn gitignored_env_is_read_and_other_ignored_files_are_not() {
    let program = Program::new();
    fs::create_dir(program.path(".git")).unwrap();
    program.file(".gitignore", ".env\nlocal.yaml\nbuild/\n");
    program.file(".env", DSN);
    program.file(
        "local.yaml",
        "url: postgres://db.example.com/app?sslmode=disable\n",
    );
    for folder in ["build", "node_modules", ".github"] {
        fs::create_dir(program.path(folder)).unwrap();
        program.file(&format!("{folder}/x.env"), DSN);
    }
    let paths = |report: &Value| -> Vec<String> {
        let files = report["files"].as_array().unwrap();
        let paths = files.iter().filter_map(|file| file["path"].as_str());
        paths.map(str::to_owned).collect()
    };
    let (_, report) = scan(&program, &[]);
    assert_eq!(paths(&report), [".env", ".github/x.env"]);
    assert_eq!(report["summary"]["folders_passed_over"][0], "node_modules");

    program.file(".verifullignore", ".github\n");
    let (_, report) = scan(&program, &[]);
    assert_eq!(paths(&report), [".env"]);
    let (_, report) = scan(&program, &["--exclude", "*.env"]);
    assert_eq!(paths(&report), [""; 0]);
    // What is named is read, whatever ignore files say.
    let (_, report) = scan(&program, &["node_modules/x.env", ".github/x.env"]);
    assert_eq!(paths(&report), [".github/x.env", "node_modules/x.env"]);
}

#[test]
fn wrong_use_leaves_with_2() {
    let program = Program::new();
    for arguments in [
        &["scan", "nothing-there"][..],
        &["scan", "--format=prometheus"],
        &["scan", "--baseline=nothing-there.json"],
        &["scan", "--config=nothing-there.toml"],
        &["scan", "--exclude=a{"],
        &["scan", "--no-such-option"],
    ] {
        let ran = program.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(!ran.stderr.is_empty());
    }
    program.file(
        "verifull.toml",
        "[[files.rule]]\nglob = 'a'\noff = ['nothing-of-the-kind']\n",
    );
    let ran = program.run(&["scan"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("verifull.toml:3:8: `files.rule[1].off`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn endpoints_of_the_configuration_need_no_variables_for_a_scan() {
    let program = Program::new();
    program.file(
        "verifull.toml",
        "[[endpoint]]\ntarget = \"postgresql://app:${NOT_SET}@db1/app\"\n[files]\nexclude = ['*.env']\n",
    );
    program.file("x.env", DSN);
    let (ran, report) = scan(&program, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(report["summary"]["concerned"], 0);
}
