//! Judges whether tickets allow early data, which anybody can send again.

use super::scanned::{offers, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection, open};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::observation::{Attempt, EndpointObservation};
use crate::remediation::{Remedy, TlsWant};
use crate::tls::ProtocolVersion;

pub(super) static CHECK: Check = Check {
    id: "early-data-offered",
    title: "server takes early data, which can be replayed",
    severity: Severity::Low,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-294",
        "OWASP-A04:2021",
        "RFC 8446 section 8",
        "RFC 8470",
    ],
    docs: r"
## What it looks for

The most bytes of early data that a TLS 1.3 ticket allows. Low for HTTPS, where an API's requests may come in
it; info elsewhere: on the PostgreSQL wire no client sends any.

## Why it matters

Early data is sent before the handshake, so whoever recorded it can send it again, to this server or to
another of the same cluster. TLS does not notice. For a page that is harmless; for an API call that moves
money it is not, unless the application refuses what has an effect (status 425).

## How to fix it

- nginx: leave `ssl_early_data` off, or pass `Early-Data: $ssl_early_data` on and answer 425 to requests that
  change something.
- HAProxy: take `allow-0rtt` out. Cloud load balancers and content networks: turn 0-RTT off for the API's
  host.

## References

- CWE-294: Authentication Bypass by Capture-replay
- OWASP-A04:2021: Insecure Design
- RFC 8446 section 8: 0-RTT and anti-replay
- RFC 8470: using early data in HTTP
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let most = match &scan.sessions.early_data {
        Attempt::Seen(0) | Attempt::Refused(_) => return Verdict::Pass,
        Attempt::Seen(most) => *most,
        Attempt::Failed(_) | Attempt::NotAttempted(_)
            if offers(scan, ProtocolVersion::TLSV1_3).is_no() =>
        {
            return Verdict::NotApplicable;
        }
        unseen @ (Attempt::Failed(_) | Attempt::NotAttempted(_)) => return open(seen, unseen),
    };
    let severity = if context.endpoint.target.protocol == Protocol::Https {
        Severity::Low
    } else {
        Severity::Info
    };
    Verdict::Fail(vec![
        Detection::new(format!(
            "tickets allow early data of up to {most} B, which anybody can send again: none is wanted"
        ))
        .severity(severity)
        .evidence(format!("NewSessionTicket with max_early_data_size {most}"))
        .remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::NoEarlyData])),
    ])
}
