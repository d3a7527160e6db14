//! Judges whether the server takes `ChangeCipherSpec` before any key exchange.

use super::scanned::{Found, before_tls13, does, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};

pub(super) static CHECK: Check = Check {
    id: "ccs-injection",
    title: "server takes ChangeCipherSpec before there are keys",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-326",
        "CVE-2014-0224",
        "OWASP-A06:2021",
        "RFC 5246 section 7.1",
    ],
    docs: r"
## What it looks for

What follows a `ChangeCipherSpec` that comes before any key exchange. A repaired server refuses it. Silence or
another alert proves nothing, so it is confirmed with a record under the keys that the empty secret makes, and
with one under wrong keys beside it. It is only tried with `--intrusive`.

A server that speaks TLS 1.3 alone has nothing of the kind.

## Why it matters

Somebody on the way makes both sides agree on keys that he knows, and reads and changes everything. It needs
an OpenSSL before 1.0.1h, 1.0.0m or 0.9.8za on the server, and any unrepaired OpenSSL as client.

## How to fix it

- Install an OpenSSL that is supported: every release since June 2014 is repaired.

## References

- CWE-326: Inadequate Encryption Strength
- CVE-2014-0224: CCS injection
- OWASP-A06:2021: Vulnerable and Outdated Components
- RFC 5246 section 7.1: change cipher spec protocol
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    match does(&scan.faults.ccs_injection) {
        Found::Yes(()) => Verdict::Fail(vec![
            Detection::new("the server takes ChangeCipherSpec before there are keys: a refusal is wanted")
                .evidence("a record under the keys of an empty secret was taken, one under other keys was not").remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::CurrentLibrary])),
        ]),
        Found::No => Verdict::Pass,
        Found::Unknown(reason) => before_tls13(scan, Verdict::Open(reason)),
    }
}
