//! Judges whether the server takes CBC suites in SSL 3.0.

use super::scanned::{has, suites_verdict};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::{Properties, ProtocolVersion};

pub(super) static CHECK: Check = Check {
    id: "cbc-under-sslv3",
    title: "server accepts CBC in SSL 3.0: POODLE",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-327",
        "CWE-757",
        "OWASP-A02:2021",
        "RFC 7568",
        "RFC 9325 section 3.1.1",
        "CVE-2014-3566",
    ],
    docs: r"
## What it looks for

CBC suites that the server accepts in SSL 3.0. That is all that POODLE needs of a server.

## Why it matters

SSL 3.0 does not say what the padding of CBC holds, so nobody checks it. Who sits in between cuts the connection
down to SSL 3.0, moves blocks about and reads a byte of a secret for each 256 requests on average. It needs a
client that goes down to SSL 3.0 and repeats a request at the attacker's wish, as a browser does with a cookie;
on the PostgreSQL wire that is rare, and the version is as broken there.

## How to fix it

- CockroachDB speaks TLS 1.2 and 1.3 and nothing older: look for a proxy or a load balancer in front.
- PostgreSQL: `ssl_min_protocol_version = 'TLSv1.2'`, the default since 13.
- nginx: `ssl_protocols TLSv1.2 TLSv1.3;`.

## References

- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- RFC 7568: deprecating SSL version 3.0
- RFC 9325 section 3.1.1: SSL/TLS protocol versions
- CVE-2014-3566: POODLE
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    suites_verdict(
        seen,
        &[ProtocolVersion::SSLV3],
        has(Properties::is_cbc),
        |_, suites| {
            Detection::new(format!(
                "the server accepts CBC suites in {}: TLSv1.2 or newer is wanted",
                suites.versions()
            ))
            .remedy(Remedy::harden_tls(
                connection(seen, context),
                [TlsWant::Tls12OrNewer],
            ))
        },
    )
}
