//! Judges whether the server echoes more of a session id than was sent.

use super::scanned::{Found, before_tls13, does, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};

pub(super) static CHECK: Check = Check {
    id: "ticketbleed",
    title: "server gives away memory in session ids (Ticketbleed)",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-200",
        "CVE-2016-9244",
        "OWASP-A06:2021",
        "RFC 5077 section 3.4",
    ],
    docs: r"
## What it looks for

The session id that a server echoes when a ticket comes with a session id of one byte. A vulnerable one echoes
32 bytes. It is only tried with `--intrusive`.

A server that speaks TLS 1.3 alone has nothing of the kind.

## Why it matters

Thirty-one bytes of a load balancer's memory leave with every connection: session ids of others, and what else
lies there. F5 BIG-IP before its releases of February 2017 does it.

## How to fix it

- F5 BIG-IP: install a repaired release, or turn session tickets off in the client SSL profile.

## References

- CWE-200: Exposure of Sensitive Information to an Unauthorized Actor
- CVE-2016-9244: Ticketbleed
- OWASP-A06:2021: Vulnerable and Outdated Components
- RFC 5077 section 3.4: interaction with session id
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    match does(&scan.faults.ticketbleed) {
        Found::Yes(()) => Verdict::Fail(vec![
            Detection::new("the server echoes more of a session id than was sent: one byte for one byte is wanted")
                .evidence("a ticket with a session id of one byte: 32 bytes came back").remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::CurrentLibrary])),
        ]),
        Found::No => Verdict::Pass,
        Found::Unknown(reason) => before_tls13(scan, Verdict::Open(reason)),
    }
}
