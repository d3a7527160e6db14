//! Judges whether the server ignores values that nobody has registered.

use super::scanned::{lacks, scan};
use super::{Category, Check, Context, Evaluate, Verdict};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;

pub(super) static CHECK: Check = Check {
    id: "grease-intolerant",
    title: "server fails on values that nobody has registered",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-1286",
        "OWASP-A05:2021",
        "RFC 8701",
        "RFC 8446 section 4.1.2",
    ],
    docs: r"
## What it looks for

Whether the handshake comes about when versions, suites, groups and extensions that nobody has registered
stand among the known ones (GREASE). A server must ignore them.

## Why it matters

Chrome and others send such values with every connection, in order to find servers that cannot bear news. Such
a server fails on every client that learns something new, and its owner learns of it from users.

## How to fix it

- Update the load balancer, firewall or TLS library that parses the hello: every maintained one ignores
  unknown values.

## References

- CWE-1286: Improper Validation of Syntactic Correctness of Input
- OWASP-A05:2021: Security Misconfiguration
- RFC 8701: GREASE for TLS
- RFC 8446 section 4.1.2: client hello
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, _: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };

    lacks(&scan.handshake.grease_tolerated).verdict(|()| {
        vec![
            Detection::new(
                "the server fails on unregistered values in a ClientHello: ignoring them is wanted",
            )
            .evidence("a hello with GREASE values was refused, one without was not"),
        ]
    })
}
