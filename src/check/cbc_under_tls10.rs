//! Judges whether the server takes CBC suites in TLS 1.0.

use super::scanned::{has, suites_verdict};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::{Properties, ProtocolVersion};

pub(super) static CHECK: Check = Check {
    id: "cbc-under-tls10",
    title: "TLS 1.0 with CBC: precondition of BEAST",
    severity: Severity::Low,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-329",
        "CWE-757",
        "OWASP-A02:2021",
        "RFC 8996",
        "CVE-2011-3389",
    ],
    docs: r"
## What it looks for

CBC suites that the server accepts in TLS 1.0. It is the precondition of BEAST on the server's side and no
proof: the rest is up to the client. Low, and info on the PostgreSQL wire.

## Why it matters

TLS 1.0 begins each record with the last block of the one before, which an attacker has seen. Where he may also
choose plaintext in the same connection, he guesses a secret block by block. It needs both: a client that sends
his text and the secret through one connection, as a browser does, and one that does not split records 1/n-1, as
all have done since 2012. SQL clients hardly send an attacker's bytes beside a secret.

## How to fix it

- CockroachDB speaks TLS 1.2 and 1.3 and nothing older: look for a proxy or a load balancer in front.
- PostgreSQL: `ssl_min_protocol_version = 'TLSv1.2'`, the default since 13.
- nginx: `ssl_protocols TLSv1.2 TLSv1.3;`.

## References

- CWE-329: Generation of Predictable IV with CBC Mode
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- RFC 8996: deprecating TLS 1.0 and TLS 1.1
- CVE-2011-3389: BEAST
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let severity = if context.endpoint.target.protocol == Protocol::Postgresql {
        Severity::Info
    } else {
        Severity::Low
    };
    suites_verdict(
        seen,
        &[ProtocolVersion::TLSV1],
        has(Properties::is_cbc),
        |_, suites| {
            Detection::new(format!(
                "the server accepts CBC suites in {}: TLSv1.2 or newer is wanted",
                suites.versions()
            ))
            .severity(severity)
            .remedy(Remedy::harden_tls(
                connection(seen, context),
                [TlsWant::Tls12OrNewer],
            ))
        },
    )
}
