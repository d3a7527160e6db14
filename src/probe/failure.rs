//! What went wrong, sorted by whose doing it was and said in one short sentence.
//!
//! It words what the operating system and rustls report, and decides nothing by it.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enums matched here are those of std and rustls, and both may grow"
)]

use std::fmt;
use std::future::Future;
use std::io;
use std::time::Duration;

use rustls::{CertificateError, InvalidMessage, PeerIncompatible};

use super::dial::TooMuch;
use crate::observation::{Failure, FailureKind};
use crate::text;
use crate::tls::AlertDescription;

/// A step of a probe, as what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Name to addresses.
    Resolve,
    /// TCP connection.
    Connect,
    /// The answer to `SSLRequest`.
    SslRequest,
    /// The answer to `GSSENCRequest`.
    GssEncRequest,
    /// The TLS handshake.
    Handshake,
    /// The answer to `StartupMessage`.
    Startup,
    /// The HTTP response head.
    Response,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "answer from name resolution",
            Self::Connect => "TCP connection",
            Self::SslRequest => "answer to SSLRequest",
            Self::GssEncRequest => "answer to GSSENCRequest",
            Self::Handshake => "end of the TLS handshake",
            Self::Startup => "answer to StartupMessage",
            Self::Response => "HTTP response head",
        })
    }
}

/// Runs one step within its time.
pub(super) async fn within<T>(
    step: Step,
    timeout: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::time::timeout(timeout, work)
        .await
        .unwrap_or_else(|_| Err(timed_out(step, timeout)))
}

/// Words a step that did not end in time.
pub(super) fn timed_out(step: Step, timeout: Duration) -> Failure {
    let seconds = timeout.as_secs_f64();
    Failure {
        kind: FailureKind::TimedOut,
        detail: format!("no {step} within {seconds} s"),
    }
}

/// Words a name without address.
pub(super) fn unresolved(name: &str, reason: &str) -> Failure {
    // getaddrinfo's text comes with a prefix that tells only which function said it.
    let reason = reason
        .strip_prefix("failed to lookup address information: ")
        .unwrap_or(reason);
    Failure {
        kind: FailureKind::Unresolved,
        detail: text::printable(&format!("`{name}` has no address: {}", lower_first(reason))),
    }
}

/// Words a peer that does not keep to the protocol.
pub(super) fn misbehaved(detail: impl Into<String>) -> Failure {
    Failure {
        kind: FailureKind::PeerMisbehaved,
        detail: detail.into(),
    }
}

/// Words a connection that ended where something was due.
pub(super) fn closed(step: Step) -> Failure {
    Failure {
        kind: FailureKind::Closed,
        detail: format!("the peer closed the connection: no {step}"),
    }
}

/// Words an error of a socket, or of TLS on top of it.
pub(super) fn from_io(step: Step, error: &io::Error) -> Failure {
    if let Some(inner) = error.get_ref() {
        if let Some(error) = inner.downcast_ref::<rustls::Error>() {
            return from_tls(error);
        }
        if let Some(excess) = inner.downcast_ref::<TooMuch>() {
            return misbehaved(excess.to_string());
        }
    }
    let (kind, detail) = match error.kind() {
        io::ErrorKind::ConnectionRefused => (
            FailureKind::ConnectionRefused,
            "connection refused".to_owned(),
        ),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected => (
            FailureKind::Reset,
            format!("the peer reset the connection: no {step}"),
        ),
        io::ErrorKind::UnexpectedEof => return closed(step),
        io::ErrorKind::TimedOut => (
            FailureKind::TimedOut,
            format!("no {step}: the system's own time limit passed"),
        ),
        io::ErrorKind::HostUnreachable => {
            (FailureKind::Unreachable, "no route to the host".to_owned())
        }
        io::ErrorKind::NetworkUnreachable => (
            FailureKind::Unreachable,
            "no route to the network".to_owned(),
        ),
        io::ErrorKind::NetworkDown => (FailureKind::Unreachable, "the network is down".to_owned()),
        // No file descriptor, no local port, no permission: nothing that the peer did.
        _ => (
            FailureKind::Local,
            text::printable(&format!("no {step}: {}", lower_first(&error.to_string()))),
        ),
    };
    Failure { kind, detail }
}

/// Returns the alert with which the peer ended the conversation, where it was one.
pub(super) fn alert(error: &io::Error) -> Option<AlertDescription> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::AlertReceived(alert) => Some(AlertDescription(u8::from(*alert))),
        _ => None,
    }
}

/// Words an alert.
pub(super) fn alert_sentence(alert: AlertDescription) -> String {
    format!("the peer ended the handshake with alert {alert}")
}

/// Words what rustls says of a handshake.
fn from_tls(error: &rustls::Error) -> Failure {
    use rustls::Error as Tls;
    let misbehaviour = match error {
        Tls::AlertReceived(alert) => {
            return Failure {
                kind: FailureKind::PeerIncompatible,
                detail: alert_sentence(AlertDescription(u8::from(*alert))),
            };
        }
        Tls::PeerIncompatible(reason) => {
            return Failure {
                kind: FailureKind::PeerIncompatible,
                detail: incompatible(reason).to_owned(),
            };
        }
        Tls::InvalidMessage(reason) => invalid_message(reason),
        Tls::InappropriateMessage { .. } | Tls::InappropriateHandshakeMessage { .. } => {
            "the peer sent a TLS message out of turn"
        }
        Tls::PeerMisbehaved(reason) => {
            return misbehaved(format!(
                "the peer broke the rules of TLS: {}",
                spaced(&format!("{reason:?}"))
            ));
        }
        Tls::NoCertificatesPresented => "the peer presented no certificate",
        Tls::DecryptError => "the peer sent a record that cannot be decrypted",
        Tls::PeerSentOversizedRecord => "the peer sent a TLS record that is too large",
        Tls::NoApplicationProtocol => "the peer chose no application protocol",
        Tls::InvalidCertificate(CertificateError::BadSignature) => {
            "the peer's signature of the handshake does not fit the key in its certificate"
        }
        Tls::InvalidCertificate(_) => {
            "the key in the peer's certificate cannot check its signature"
        }
        _ => {
            return Failure {
                kind: FailureKind::Local,
                detail: text::printable(&format!("TLS failed here: {error}")),
            };
        }
    };
    misbehaved(misbehaviour)
}

/// Words a peer that wants what we do not have.
fn incompatible(reason: &PeerIncompatible) -> &'static str {
    match reason {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::SupportedVersionsExtensionRequired => {
            "the peer speaks neither TLS 1.2 nor TLS 1.3"
        }
        PeerIncompatible::NoKxGroupsInCommon => "no key exchange group in common",
        PeerIncompatible::NoCipherSuitesInCommon => "no cipher suite in common",
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            "no signature scheme in common"
        }
        PeerIncompatible::ExtendedMasterSecretExtensionRequired => {
            "the peer lacks the extended master secret"
        }
        _ => "the peer wants what this handshake does not offer",
    }
}

/// Words bytes that are no TLS.
fn invalid_message(reason: &InvalidMessage) -> &'static str {
    match reason {
        InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion => {
            "the peer answered ClientHello with something that is not TLS"
        }
        InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::CertificatePayloadTooLarge => {
            "the peer sent a handshake message larger than 64 kB"
        }
        InvalidMessage::MessageTooLarge => "the peer sent a TLS record that is too large",
        _ => "the peer sent a TLS message that cannot be read",
    }
}

/// Turns the name of one of rustls's unit variants into words.
fn spaced(variant: &str) -> String {
    let mut words = String::with_capacity(variant.len() + 8);
    for character in variant.chars() {
        if character.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    words
}

/// Begins a foreign sentence in lower case.
fn lower_first(sentence: &str) -> String {
    let mut characters = sentence.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(error: rustls::Error) -> Failure {
        from_io(
            Step::Handshake,
            &io::Error::new(io::ErrorKind::InvalidData, error),
        )
    }

    #[test]
    fn alerts_are_named_as_registered() {
        let failure = tls(rustls::Error::AlertReceived(
            rustls::AlertDescription::HandshakeFailure,
        ));
        assert_eq!(failure.kind, FailureKind::PeerIncompatible);
        assert_eq!(
            failure.detail,
            "the peer ended the handshake with alert handshake_failure"
        );
    }

    #[test]
    fn rule_breaking_is_worded_without_camel_case() {
        let failure = tls(rustls::Error::PeerMisbehaved(
            rustls::PeerMisbehaved::SelectedUnofferedKxGroup,
        ));
        assert_eq!(failure.kind, FailureKind::PeerMisbehaved);
        assert_eq!(
            failure.detail,
            "the peer broke the rules of TLS: selected unoffered kx group"
        );
    }

    #[test]
    fn socket_errors_are_sorted_by_blame() {
        let cases = [
            (
                io::ErrorKind::ConnectionRefused,
                FailureKind::ConnectionRefused,
            ),
            (io::ErrorKind::ConnectionReset, FailureKind::Reset),
            (io::ErrorKind::BrokenPipe, FailureKind::Reset),
            (io::ErrorKind::UnexpectedEof, FailureKind::Closed),
            (io::ErrorKind::HostUnreachable, FailureKind::Unreachable),
            (io::ErrorKind::AddrNotAvailable, FailureKind::Local),
        ];
        for (error, kind) in cases {
            assert_eq!(
                from_io(Step::Connect, &error.into()).kind,
                kind,
                "{error:?}"
            );
        }
    }

    #[test]
    fn time_limits_are_named() {
        assert_eq!(
            timed_out(Step::SslRequest, Duration::from_secs(5)).detail,
            "no answer to SSLRequest within 5 s"
        );
        assert_eq!(
            timed_out(Step::Connect, Duration::from_millis(1500)).detail,
            "no TCP connection within 1.5 s"
        );
    }

    #[test]
    fn resolver_text_loses_its_prefix() {
        assert_eq!(
            unresolved(
                "db.invalid",
                "failed to lookup address information: Name or service not known"
            )
            .detail,
            "`db.invalid` has no address: name or service not known"
        );
    }
}
