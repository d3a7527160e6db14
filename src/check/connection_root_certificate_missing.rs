//! Judges whether a file declares it: connection without a root certificate.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{Mode, RootCertificate};
use crate::source::driver::{Driver, Protection};

pub(super) static CHECK: Check = Check {
    id: "connection-root-certificate-missing",
    title: "connection without a root certificate",
    severity: Severity::Info,
    category: Category::Transport,
    class: Some("db-no-ca"),
    since: "0.1.0",
    references: &["CWE-295"],
    docs: r#"
## What it looks for

Connections with `verify-full` or `verify-ca` that name no root certificate. Drivers on libpq then look for
`~/.postgresql/root.crt` and refuse where it is missing; others trust the system's.

## Why it matters

It is no hole. But the next person repairs "root certificate file does not exist" with `require`.

## How to fix it

- Add `sslrootcert`: the CA's file, or `system` with libpq 16 and later.

## References

- CWE-295: Improper Certificate Validation
"#,
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::connections(observation, |declaration, connection| {
        (matches!(
            connection.protection,
            Protection::Verified | Protection::ChainOnly
        ) && connection.mode == Mode::Explicit
            && connection.root_certificate == RootCertificate::Missing
            && matches!(
                connection.driver,
                Driver::Libpq
                    | Driver::Psycopg
                    | Driver::Psycopg2
                    | Driver::Django
                    | Driver::Aiopg
                    | Driver::Diesel
            ))
        .then(|| {
            "no root certificate is named, and the driver looks for ~/.postgresql/root.crt: \
                 `sslrootcert` is wanted"
                .to_owned()
        })
        .map(|message| super::declared::at(declaration, connection, message))
    })
}
