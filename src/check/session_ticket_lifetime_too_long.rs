//! Judges how long a session ticket may be used.

use super::scanned::{Found, offers, scan};
use super::{Category, Check, Context, Evaluate, Verdict, in_words, open};
use crate::finding::{Detection, Severity};
use crate::observation::{Attempt, EndpointObservation};
use crate::tls::ProtocolVersion;
use std::time::Duration;

pub(super) static CHECK: Check = Check {
    id: "session-ticket-lifetime-too-long",
    title: "session tickets live too long",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-613",
        "OWASP-A02:2021",
        "RFC 8446 section 4.6.1",
        "RFC 5077 section 5.6",
        "RFC 9325 section 3.4",
    ],
    docs: r"
## What it looks for

The lifetime of the ticket that the server issues. In TLS 1.2 it is a hint, and more than 24 hours is too
long; 0 says nothing, and passes. TLS 1.3 forbids more than seven days. Where both are spoken, the ticket of
TLS 1.2 is looked at, which is in the clear.

## Why it matters

A ticket holds the keys of its session under the server's ticket key. In TLS 1.2 whoever gets that key later
reads every session that was resumed with it, forward secrecy or not, for as long as tickets live.

## How to fix it

- nginx: `ssl_session_timeout 1d;`. Apache: `SSLSessionCacheTimeout 86400`. HAProxy: `tune.ssl.lifetime
  86400`.
- OpenSSL: `SSL_CTX_set_timeout`. Go sets seven days for TLS 1.3 and rotates its key daily.

## References

- CWE-613: Insufficient Session Expiration
- OWASP-A02:2021: Cryptographic Failures
- RFC 8446 section 4.6.1: new session ticket message
- RFC 5077 section 5.6: ticket lifetime
- RFC 9325 section 3.4: TLS session resumption
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Longest lifetime in TLS 1.3: seven days (RFC 8446 section 4.6.1).
const MOST_TLS13: u32 = 7 * 24 * 60 * 60;

/// Longest lifetime in TLS 1.2: a day, after which ticket keys are changed as well.
const MOST_TLS12: u32 = 24 * 60 * 60;

fn evaluate(seen: &EndpointObservation, _: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let seconds = match &scan.sessions.ticket {
        Attempt::Seen(ticket) => ticket.lifetime_seconds,
        Attempt::Refused(_) => return Verdict::NotApplicable,
        unseen @ (Attempt::Failed(_) | Attempt::NotAttempted(_)) => return open(seen, unseen),
    };
    // A scan reads the ticket of TLS 1.2, which is in the clear, where there is one.
    let most = match offers(scan, ProtocolVersion::TLSV1_2) {
        _ if seconds <= MOST_TLS12 => return Verdict::Pass,
        Found::Yes(()) => MOST_TLS12,
        Found::No => MOST_TLS13,
        Found::Unknown(_) if seconds > MOST_TLS13 => MOST_TLS13,
        Found::Unknown(reason) => return Verdict::Open(reason),
    };
    if seconds <= most {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![Detection::new(format!(
        "session tickets live {seconds} seconds: at most {most} ({}) are wanted",
        in_words(Duration::from_secs(u64::from(most)))
    ))])
}
