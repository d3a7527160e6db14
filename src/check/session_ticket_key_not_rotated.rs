//! Judges whether the key that encrypts session tickets is changed.

use super::scanned::scan;
use super::{Category, Check, Context, Evaluate, Verdict, connection, from_to, in_words, open};
use crate::finding::{Detection, Severity};
use crate::observation::{Attempt, EndpointObservation};
use crate::remediation::{Remedy, TlsWant};
use std::time::Duration;

pub(super) static CHECK: Check = Check {
    id: "session-ticket-key-not-rotated",
    title: "session ticket key is not rotated",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-324",
        "OWASP-A02:2021",
        "RFC 5077 section 4",
        "RFC 9325 section 3.4",
    ],
    docs: r"
## What it looks for

Whether the name of the ticket key, which is how OpenSSL's, Go's and most other tickets begin, is the same for
more than a day. It takes two scans a day apart, so one look leaves it open, and so does a server whose
tickets show no key name. A key that was seen to follow another one, not more than a day ago, passes. At most
a hash of the name is kept.

## Why it matters

The ticket key opens every ticket, and every ticket of TLS 1.2 opens its connection. A key that lives as long
as the process takes forward secrecy away from everything since the last restart.

## How to fix it

- nginx and HAProxy: leave ticket keys to the library and reload daily, or write new key files daily and name
  the old one second (`ssl_session_ticket_key`, `tls-ticket-keys`).
- Or turn tickets off: `ssl_session_tickets off;`. Go rotates by itself.

## References

- CWE-324: Use of a Key Past its Expiration Date
- OWASP-A02:2021: Cryptographic Failures
- RFC 5077 section 4: recommended ticket construction
- RFC 9325 section 3.4: TLS session resumption
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Longest time with one key.
const MOST: Duration = Duration::from_hours(24);

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let ticket = match &scan.sessions.ticket {
        Attempt::Seen(ticket) => ticket,
        Attempt::Refused(_) => return Verdict::NotApplicable,
        unseen @ (Attempt::Failed(_) | Attempt::NotAttempted(_)) => return open(seen, unseen),
    };
    let Some(name) = &ticket.key_name_sha256 else {
        return Verdict::Open("tickets do not show the name of their key".to_owned());
    };
    let Some(key) = context.ticket_key else {
        return Verdict::Open("it takes a second scan a day later".to_owned());
    };
    let age = from_to(key.seen_since, scan.began_at);
    if age <= MOST {
        return if key.follows_another {
            Verdict::Pass
        } else {
            Verdict::Open(format!(
                "it takes more than a day, and the key is known since {:.0}",
                key.seen_since
            ))
        };
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "the ticket key did not change in {}: a new one within {} is wanted",
            in_words(age),
            in_words(MOST)
        ))
        .evidence(format!(
            "SHA-256 of the key name {name}, first seen at {:.0}",
            key.seen_since
        ))
        .remedy(Remedy::harden_tls(
            connection(seen, context),
            [TlsWant::FreshTicketKeys],
        )),
    ])
}
