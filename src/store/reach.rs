//! Reach: whether a peer could be looked at, and what posture that leaves.
//!
//! An address that could not be looked at never makes an endpoint green. It judges no security.

use crate::finding::Severity;
use crate::observation::{Attempt, EndpointObservation, FailureKind, SslAnswer};

use super::Posture;

/// Failures in a row that turn a good address into one that cannot be reached. One lost SYN is no page: the first
/// failure is followed by a look after 5 s and one after 15 s, and the third one counts.
pub(super) const FAILURES_TO_CONFIRM: u8 = 3;

/// Whether a TCP connection came about.
pub(super) fn is_connected(observation: &EndpointObservation) -> bool {
    observation.connection.seen().is_some()
}

/// Whether the probe came far enough to know how the peer does TLS: it showed a certificate, or said that it has none.
pub(super) fn is_looked_at(observation: &EndpointObservation) -> bool {
    let certificate = observation
        .chain
        .seen()
        .is_some_and(|chain| !chain.certificates.is_empty() || !chain.malformed.is_empty());
    let without_tls = matches!(
        observation.ssl_request,
        Attempt::Seen(SslAnswer::Unwilling | SslAnswer::Error(_))
    );
    certificate || without_tls
}

/// Whether the network, and not what the peer said, kept the probe from looking.
pub fn is_network_failure(observation: &EndpointObservation) -> bool {
    if is_looked_at(observation) {
        return false;
    }
    if !is_connected(observation) {
        return true;
    }
    let by_network = |failure: Option<FailureKind>| match failure {
        Some(
            FailureKind::Unresolved
            | FailureKind::Unreachable
            | FailureKind::ConnectionRefused
            | FailureKind::Reset
            | FailureKind::Closed
            | FailureKind::TimedOut,
        ) => true,
        Some(FailureKind::PeerMisbehaved | FailureKind::PeerIncompatible | FailureKind::Local)
        | None => false,
    };
    by_network(failure_kind(&observation.ssl_request))
        || by_network(failure_kind(&observation.handshake))
}

/// Says why an address could not be looked at, in the words of the first part that failed.
pub(super) fn failure_reason(observation: &EndpointObservation) -> String {
    observation
        .connection
        .reason()
        .or_else(|| match &observation.ssl_request {
            Attempt::Failed(failure) => Some(failure.to_string()),
            Attempt::Refused(reason) => Some(reason.clone()),
            Attempt::Seen(_) | Attempt::NotAttempted(_) => None,
        })
        .or_else(|| observation.handshake.reason())
        .or_else(|| observation.chain.reason())
        .unwrap_or_else(|| "nothing was learned".to_owned())
}

/// Concludes how an endpoint stands from what could be looked at and from its worst finding.
///
/// "Could not look" is never "passed": where nobody was reached it stands unreachable whatever was found before, and
/// where one address of several was not looked at it is never green.
pub(super) fn posture<'a>(
    observations: impl Iterator<Item = &'a EndpointObservation> + Clone,
    worst: Option<Severity>,
) -> Posture {
    if observations.clone().next().is_none() {
        return Posture::Waiting;
    }
    if !observations.clone().any(is_connected) {
        return Posture::Unreachable;
    }
    let judged = Posture::of(worst);
    if judged == Posture::Critical {
        return judged;
    }
    let looked_at = observations
        .clone()
        .filter(|seen| is_looked_at(seen))
        .count();
    if looked_at == 0 {
        Posture::Unreachable
    } else if looked_at < observations.count() {
        judged.min(Posture::Warning)
    } else {
        judged
    }
}

fn failure_kind<T>(attempt: &Attempt<T>) -> Option<FailureKind> {
    match attempt {
        Attempt::Failed(failure) => Some(failure.kind),
        Attempt::Seen(_) | Attempt::Refused(_) | Attempt::NotAttempted(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{certificate, failed, good};
    use super::*;
    use crate::observation::Failure;

    fn check(seen: &[EndpointObservation], worst: Option<Severity>, wanted: Posture) {
        assert_eq!(posture(seen.iter(), worst), wanted);
    }

    #[test]
    fn what_nobody_looked_at_is_never_green() {
        let seen = || good(1, &certificate("a"));
        check(&[], None, Posture::Waiting);
        check(&[failed(1)], None, Posture::Unreachable);
        check(&[seen(), failed(2)], None, Posture::Warning);
        check(
            &[seen(), failed(2)],
            Some(Severity::High),
            Posture::Critical,
        );
        check(&[seen(), seen()], Some(Severity::Info), Posture::Ok);
        check(&[failed(1)], Some(Severity::Critical), Posture::Unreachable);
    }

    #[test]
    fn connection_without_answer_was_not_looked_at() {
        let mut silent = failed(1);
        silent.connection = Attempt::Seen(());
        check(
            std::slice::from_ref(&silent),
            Some(Severity::Low),
            Posture::Unreachable,
        );
        assert!(is_network_failure(&silent));
        let garbage = Failure {
            kind: FailureKind::PeerMisbehaved,
            detail: "no TLS record".to_owned(),
        };
        silent.ssl_request = Attempt::Seen(SslAnswer::Willing);
        silent.handshake = Attempt::Failed(garbage);
        check(std::slice::from_ref(&silent), None, Posture::Unreachable);
        assert!(!is_network_failure(&silent), "the peer answered, badly");
    }

    #[test]
    fn peer_without_tls_was_looked_at() {
        let mut plain = failed(1);
        plain.connection = Attempt::Seen(());
        plain.ssl_request = Attempt::Seen(SslAnswer::Unwilling);
        assert!(is_looked_at(&plain));
        check(&[plain], Some(Severity::Critical), Posture::Critical);
    }
}
