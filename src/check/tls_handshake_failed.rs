//! Judges whether a TLS handshake comes to its end where TCP connects.

use super::{Category, Check, Context, Evaluate, Verdict, connection, is_without_tls, open};
use crate::finding::Confidence;
use crate::finding::{Detection, Severity};
use crate::libpq::wire::ErrorResponse;
use crate::observation::{
    Attempt, ClientCertificateDemand, EndpointObservation, FailureKind, SslAnswer,
};
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "tls-handshake-failed",
    title: "TCP connects and TLS does not",
    severity: Severity::High,
    category: Category::Transport,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-703",
        "CWE-757",
        "RFC 8446 section 6.2",
        "RFC 9325 section 3.1.1",
        "PostgreSQL documentation section 55.2.10",
    ],
    docs: r"
## What it looks for

The answer to `SSLRequest` and the handshake after it. By what goes wrong:

- the peer speaks TLS with nothing in common with us, such as only TLS 1.1, or does not speak TLS: high
- it closes, resets or falls silent: medium, as it may pass
- it answers `SSLRequest` with an error, as a server does that is starting, draining or full: medium

Where a client certificate is the reason, `client-certificate-missing` or `client-certificate-unfit` says so;
where the server says `N`, `plaintext-only`.

## Why it matters

No client with `verify-full` connects. Those with `prefer` go on in plaintext where the server lets them, and
nobody notices.

## How to fix it

- The alert names the reason: `protocol_version` wants TLS 1.2 or newer, `handshake_failure` a cipher suite or
  a key that fits, `unrecognized_name` another `server_name`.
- A CockroachDB node that waits for `cockroach init` takes connections and says nothing; one that drains
  answers `57P01`.
- A plain HTTP or TCP proxy in front gives garbage: look at which port is really dialled.

## References

- CWE-703: Improper Check or Handling of Exceptional Conditions
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- RFC 8446 section 6.2: error alerts
- RFC 9325 section 3.1.1: SSL/TLS protocol versions
- PostgreSQL documentation section 55.2.10: SSL session encryption
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Names an error by its SQLSTATE, which bare text does not have.
fn named(error: &ErrorResponse) -> String {
    if error.sqlstate.is_empty() {
        "an error".to_owned()
    } else {
        format!("error {}", error.sqlstate)
    }
}

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if is_without_tls(seen) {
        return Verdict::NotApplicable;
    }
    match (&seen.connection, &seen.ssl_request) {
        (Attempt::Seen(()), Attempt::Seen(SslAnswer::Error(error))) => {
            return Verdict::Fail(vec![
                Detection::new(format!(
                    "the server answers SSLRequest with {}: TLS is wanted",
                    named(error)
                ))
                .severity(Severity::Medium)
                .evidence(error.to_string()),
            ]);
        }
        (Attempt::Seen(()), Attempt::Refused(reason)) => {
            return judge(seen, context, "the exchange of SSLRequest", None, reason);
        }
        (Attempt::Seen(()), Attempt::Failed(failure)) => {
            return judge(
                seen,
                context,
                "the exchange of SSLRequest",
                Some(failure.kind),
                &failure.detail,
            );
        }
        (Attempt::Seen(()), Attempt::Seen(_) | Attempt::NotAttempted(_))
        | (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_), _) => {}
    }
    match &seen.handshake {
        Attempt::Seen(_) => Verdict::Pass,
        Attempt::NotAttempted(_) => open(seen, &seen.handshake),
        Attempt::Refused(_) | Attempt::Failed(_) if is_about_client_certificate(seen) => {
            Verdict::NotApplicable
        }
        Attempt::Refused(reason) => judge(seen, context, "the handshake", None, reason),
        Attempt::Failed(failure) => judge(
            seen,
            context,
            "the handshake",
            Some(failure.kind),
            &failure.detail,
        ),
    }
}

/// Whether the server ended the handshake over our client certificate, or over none.
fn is_about_client_certificate(seen: &EndpointObservation) -> bool {
    seen.client_authentication.seen().is_some_and(|asked| {
        asked.demand == ClientCertificateDemand::Required || asked.refusal.is_some()
    })
}

/// Judges one failure; `kind` is missing where the peer said no in an alert.
fn judge(
    seen: &EndpointObservation,
    context: &Context<'_>,
    step: &str,
    kind: Option<FailureKind>,
    detail: &str,
) -> Verdict {
    let (severity, confidence, remedy) = match kind {
        Some(FailureKind::Local) => return Verdict::Open(detail.to_owned()),
        None | Some(FailureKind::PeerIncompatible) => (
            Severity::High,
            Confidence::High,
            Some(Remedy::ModernTls(connection(seen, context))),
        ),
        Some(FailureKind::PeerMisbehaved) => (Severity::High, Confidence::High, None),
        Some(
            FailureKind::Unresolved
            | FailureKind::Unreachable
            | FailureKind::ConnectionRefused
            | FailureKind::Reset
            | FailureKind::Closed
            | FailureKind::TimedOut,
        ) => (Severity::Medium, Confidence::Medium, None),
    };
    let mut detection = Detection::new(format!("{step} failed, TLS is wanted: {detail}"))
        .severity(severity)
        .confidence(confidence)
        .evidence(detail);
    detection.remedy = remedy;
    Verdict::Fail(vec![detection])
}
