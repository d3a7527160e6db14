//! `verifull init`: what it writes, and what it leaves alone.

use crate::cli::program::Program;

const ENV: &str =
    "DATABASE_URL=postgres://app:hunter2@db1.example.com:26257/orders?sslmode=require\n";

#[test]
fn starter_is_a_configuration_without_the_password() {
    let program = Program::new();
    program.file(".env", ENV);
    let ran = program.run(&["init"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    let written = std::fs::read_to_string(program.path("verifull.toml")).unwrap();
    assert!(!written.contains("hunter2"), "{written}");
    assert!(
        written.contains("# .env:1\n[[endpoint]]\nname = \"db1.example.com:26257\""),
        "{written}"
    );
    let config = verifull::watch::load_config(&program.path("verifull.toml")).unwrap();
    assert_eq!(config.endpoints.len(), 1);
    assert_eq!(
        config.endpoints[0].sslmode,
        verifull::libpq::SslMode::VerifyFull
    );
    assert!(
        ran.stderr
            .contains("1 file looked at; verifull.toml has 1 endpoint"),
        "{}",
        ran.stderr
    );
}

#[test]
fn existing_configuration_stays_as_it_is() {
    let program = Program::new();
    program.file(".env", ENV);
    program.file("verifull.toml", "# mine\n");
    let ran = program.run(&["init"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("nothing is overwritten"),
        "{}",
        ran.stderr
    );
    let left = std::fs::read_to_string(program.path("verifull.toml")).unwrap();
    assert_eq!(left, "# mine\n");

    let printed = program.run(&["init", "--stdout"]);
    assert_eq!(printed.code, 0);
    assert!(printed.stdout.contains("db1.example.com:26257"));
}
