//! Judges whether bytes between `SSLRequest` and the handshake are taken for a part of the encrypted session.

use super::scanned::{lacks, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};

pub(super) static CHECK: Check = Check {
    id: "bytes-before-tls-accepted",
    title: "server takes bytes from before TLS into the session",
    severity: Severity::High,
    category: Category::Transport,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-319",
        "CVE-2021-23214",
        "OWASP-A06:2021",
        "PostgreSQL documentation section 55.2.10",
    ],
    docs: r"
## What it looks for

What happens to bytes that come in one segment with `SSLRequest`, before the handshake. The server must refuse
them (SQLSTATE 08P01, `received unencrypted data after SSL request`) or break the connection; one that goes on
may take them for the beginning of the session.

## Why it matters

Somebody on the way puts queries of his own in front of the client's, in plaintext, and the server runs them
as the client, who is authenticated by certificate. All of TLS is in order, and nothing shows it.

## How to fix it

- PostgreSQL: install 14.1, 13.5, 12.9, 11.14, 10.19, 9.6.24 or anything newer.
- A pooler or proxy in front has the same fault in its own name: PgBouncer is repaired in 1.16.1.

## References

- CWE-319: Cleartext Transmission of Sensitive Information
- CVE-2021-23214: PostgreSQL server processes unencrypted bytes from man-in-the-middle
- OWASP-A06:2021: Vulnerable and Outdated Components
- PostgreSQL documentation section 55.2.10: SSL session encryption
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if context.endpoint.target.protocol != Protocol::Postgresql {
        return Verdict::NotApplicable;
    }
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    lacks(&scan.postgresql.early_bytes_refused).verdict(|()| {
        vec![
            Detection::new(
                "the server goes on after plaintext bytes between SSLRequest and the handshake: a refusal is wanted",
            )
            .evidence("SSLRequest and more bytes in one segment: the handshake went on")
            .remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::CurrentLibrary])),
        ]
    })
}
