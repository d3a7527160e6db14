//! Judges whether the server answers a heartbeat with more than was sent.

use super::scanned::{Found, does, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Confidence, Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};

pub(super) static CHECK: Check = Check {
    id: "heartbleed",
    title: "server gives away memory in heartbeats (Heartbleed)",
    severity: Severity::Critical,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &["CWE-126", "CVE-2014-0160", "OWASP-A06:2021", "RFC 6520"],
    docs: r"
## What it looks for

The answer to a heartbeat whose length field promises sixteen bytes more than were sent. A repaired server
says nothing; a vulnerable one sends more than it got. Sixteen bytes prove it and take nothing. It is only
tried with `--intrusive`.

Where nobody tried, a server that echoes the heartbeat extension is reported with severity `info`, as a
precondition that is not proven. Without the extension there are no heartbeats, so that passes.

## Why it matters

Anybody who can connect reads 64 kB of the process's memory at a time, without a trace in any log: keys,
passwords, other people's requests. OpenSSL 1.0.1 to 1.0.1f are vulnerable, and devices that carry them.

## How to fix it

- Install an OpenSSL that is supported: no release since 1.1.1 has heartbeats.
- Then issue new keys and certificates, revoke the old ones, and change every password that crossed.

## References

- CWE-126: Buffer Over-read
- CVE-2014-0160: Heartbleed
- OWASP-A06:2021: Vulnerable and Outdated Components
- RFC 6520: TLS and DTLS heartbeat extension
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let reason =
        match does(&scan.faults.heartbleed) {
            Found::Yes(()) => {
                return Verdict::Fail(vec![
                Detection::new(
                    "the server answers a heartbeat with more than was sent: a refusal is wanted",
                )
                .evidence("heartbeat with 16 bytes too many in its length field: answered")
                .remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::CurrentLibrary])),
            ]);
            }
            Found::No => return Verdict::Pass,
            Found::Unknown(reason) => reason,
        };
    match does(&scan.handshake.heartbeat) {
        Found::Yes(()) => Verdict::Fail(vec![
            Detection::new(
                "the server takes heartbeats, and Heartbleed is not proven: a server without heartbeats is wanted",
            )
            .severity(Severity::Info)
            .confidence(Confidence::Low)
            .evidence("the extension `heartbeat` is echoed")
            .evidence(format!("Heartbleed: {reason}")),
        ]),
        Found::No => Verdict::Pass,
        Found::Unknown(_) => Verdict::Open(reason),
    }
}
