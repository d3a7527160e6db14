//! Judges whether a file declares it: connection declared without TLS.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::Mode;
use crate::source::driver::Protection;

pub(super) static CHECK: Check = Check {
    id: "connection-plaintext",
    title: "connection declared without TLS",
    severity: Severity::High,
    category: Category::Transport,
    class: Some("db-plaintext"),
    since: "0.1.0",
    references: &[
        "CWE-319",
        "CWE-1188",
        "OWASP-A02:2021",
        "OWASP-API8:2023",
        "PCI DSS 4.0.1 requirement 4.2.1",
    ],
    docs: r#"
## What it looks for

Connections to a database for which TLS is switched off: `sslmode=disable`, `ssl=False`, `NoTls`,
`DATABASE_SSL=false`. Unix sockets are left out; loopback is only worth knowing.
A mode that a variable has where it is unset, as in `getenv("PGSSLMODE", "disable")`, counts too.

## Why it matters

Everybody on the way reads the password and every row, and changes what he likes.

## How to fix it

- Set `sslmode=verify-full` and `sslrootcert`, or what the driver has in their place.
- Change the password: it went over the network in the clear.

## References

- CWE-319: Cleartext Transmission of Sensitive Information
- CWE-1188: Initialization of a Resource with an Insecure Default
- OWASP-A02:2021: Cryptographic Failures
- OWASP-API8:2023: Security Misconfiguration
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography for data in transit
"#,
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::connections(observation, |declaration, connection| {
        (connection.protection == Protection::Plaintext
            && matches!(connection.mode, Mode::Explicit | Mode::Default))
        .then(|| {
            super::declared::setting(connection)
                + " means plaintext: `sslmode=verify-full` is wanted"
        })
        .map(|message| super::declared::at(declaration, connection, message))
    })
}
