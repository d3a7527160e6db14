//! Judges whether the handshake takes cipher suites that the application refuses.

use super::scanned::{bounded, scan};
use super::{Category, Check, Context, Evaluate, Verdict, open};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::observation::{Attempt, EndpointObservation, Product};

pub(super) static CHECK: Check = Check {
    id: "cipher-suites-refused-after-handshake",
    title: "handshake takes cipher suites that SQL refuses",
    severity: Severity::Info,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &["CWE-757", "RFC 8446 section 4.1.1"],
    docs: r"
## What it looks for

Suites with which the handshake ends well and a `StartupMessage` inside it is refused: CockroachDB checks
`--tls-cipher-suites` after the handshake and answers with SQLSTATE 08004. The lists of this scan, and every
check on them, leave such suites out.

## Why it matters

A scanner that stops at the handshake reports suites that no session can use. The other way round a client
that happens to agree on one of them gets an error, not another suite.

## How to fix it

- Nothing is broken. Clients that fail with 08004 must offer a suite of `--tls-cipher-suites`; the error names
  the one that was refused.

## References

- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- RFC 8446 section 4.1.1: cryptographic negotiation
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
    let refused = match &scan.postgresql.refused_after_handshake {
        Attempt::Seen(refused) => refused,
        Attempt::Refused(_) => return Verdict::Pass,
        // PostgreSQL leaves suites to OpenSSL, which settles them in the handshake.
        Attempt::Failed(_) | Attempt::NotAttempted(_)
            if seen.server.product == Product::Postgresql =>
        {
            return Verdict::NotApplicable;
        }
        unseen @ (Attempt::Failed(_) | Attempt::NotAttempted(_)) => return open(seen, unseen),
    };
    let Some(first) = refused.first() else {
        return Verdict::Pass;
    };
    let suites: Vec<String> = refused
        .iter()
        .map(|refused| format!("{} with {}", refused.cipher_suite, refused.version))
        .collect();
    Verdict::Fail(vec![
        Detection::new(
            "the handshake takes cipher suites with which SQL is refused: clients that offer the allowed ones are wanted",
        )
        .evidence(bounded(&suites))
        .evidence(format!("the server says: {}", first.reason)),
    ])
}
