//! Judges whether the server takes a `ClientHello` that is larger than a packet.

use super::scanned::{lacks, scan};
use super::{Category, Check, Context, Evaluate, Verdict};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;

pub(super) static CHECK: Check = Check {
    id: "large-hello-intolerant",
    title: "server fails on a large ClientHello",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &["CWE-1286", "OWASP-A05:2021", "RFC 8446 section 5.1"],
    docs: r"
## What it looks for

Whether the handshake comes about when the `ClientHello` is larger than one network packet and comes in two
segments and two records. Both are allowed since TLS 1.0.

## Why it matters

The key share of a post-quantum group makes every hello larger than a packet. A server, or a box before it,
that reads once and takes what came for the whole fails on each client that turns post-quantum on: current
browsers, OpenSSL 3.5, Go 1.24.

## How to fix it

- Update the load balancer, firewall or intrusion detection before the server: the fault is nearly always
  there.
- Read until the record is whole, and until the message is.

## References

- CWE-1286: Improper Validation of Syntactic Correctness of Input
- OWASP-A05:2021: Security Misconfiguration
- RFC 8446 section 5.1: record layer
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, _: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };

    lacks(&scan.handshake.large_hello_tolerated).verdict(|()| {
        vec![
            Detection::new(
                "the server fails on a ClientHello in two segments: reading it whole is wanted",
            )
            .evidence("a hello of more than 1,400 bytes was refused, a small one was not"),
        ]
    })
}
