//! What becomes of a plaintext attempt and of a TLS attempt, in the distinctions that libpq's fallbacks make.
//!
//! It reads one observation and knows no `sslmode`.

use crate::endpoint::Endpoint;
use crate::observation::{
    Attempt, ClientCertificateDemand, EndpointObservation, FailureKind, SslAnswer, StartupReply,
};
use crate::tls::ProtocolVersion;
use crate::x509::verify::libpq_accepts;
use crate::x509::{HostName, PathVerdict};

/// A plaintext attempt.
pub(super) enum Plaintext {
    /// It comes to the authentication request.
    Works,
    /// The server sends an error message, and what it said.
    Refused(String),
    /// It was not tried, or gave no answer, and why.
    Unknown(String),
}

/// A TLS attempt.
pub(super) enum Tls {
    /// It comes to the authentication request.
    Works,
    /// `N`.
    NotOffered,
    /// `E` in answer to `SSLRequest`.
    NegotiationError(String),
    /// The handshake fails, on either side, before libpq thinks that it is over.
    HandshakeFails(String),
    /// The server ends the connection with an alert that comes after libpq's handshake is over: TLS 1.3 and client certificates.
    LateAlert(String),
    /// An error message inside TLS.
    ErrorReply(String),
    /// The observation does not tell, and why.
    Unknown(String),
}

/// What the client verifies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verified {
    /// Nothing: there is no root file.
    Nothing,
    /// The certification path, if the root file can be loaded: libpq below verify-ca passes over a file that is not there.
    PathIfLoaded,
    /// The certification path.
    Path,
    /// The certification path and the host name.
    PathAndHost,
}

/// Why no TCP connection comes about, where none does.
pub(super) fn no_connection(observation: &EndpointObservation) -> Option<String> {
    observation.connection.reason()
}

impl Plaintext {
    pub(super) fn of(observation: &EndpointObservation) -> Self {
        match &observation.plaintext_startup {
            Attempt::Seen(answer) => match &answer.reply {
                StartupReply::Authentication(_) => Self::Works,
                StartupReply::Error(error) => Self::Refused(error.reason()),
            },
            Attempt::Refused(reason) | Attempt::NotAttempted(reason) => {
                Self::Unknown(reason.clone())
            }
            Attempt::Failed(failure) => Self::Unknown(failure.to_string()),
        }
    }
}

impl Tls {
    pub(super) fn of(
        observation: &EndpointObservation,
        endpoint: &Endpoint,
        verified: Verified,
    ) -> Self {
        match &observation.ssl_request {
            Attempt::Seen(SslAnswer::Willing) => {}
            Attempt::Seen(SslAnswer::Unwilling) => return Self::NotOffered,
            Attempt::Seen(SslAnswer::Error(error)) => {
                return Self::NegotiationError(format!(
                    "the server answers SSLRequest with an error: {}",
                    error.reason()
                ));
            }
            other @ (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_)) => {
                return Self::Unknown(other.reason().unwrap_or_default());
            }
        }
        // The client looks at the certificate before the server looks at the client's.
        verification(observation, endpoint, verified)
            .or_else(|| handshake(observation))
            .unwrap_or_else(|| login(observation))
    }
}

/// What verification makes of the handshake, where it ends it or leaves it open.
fn verification(
    observation: &EndpointObservation,
    endpoint: &Endpoint,
    verified: Verified,
) -> Option<Tls> {
    if verified == Verified::Nothing {
        return None;
    }
    let verification = match &observation.verification {
        Attempt::Seen(verification) => verification,
        // The root file cannot be used. A damaged one is refused in every mode, and whether it is missing is not told apart here.
        Attempt::Failed(failure) if failure.kind == FailureKind::Local => {
            return Some(match verified {
                Verified::Path | Verified::PathAndHost => Tls::HandshakeFails(failure.to_string()),
                Verified::Nothing | Verified::PathIfLoaded => Tls::Unknown(failure.to_string()),
            });
        }
        other @ (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_)) => {
            return Some(Tls::Unknown(other.reason().unwrap_or_default()));
        }
    };
    if verification.path == PathVerdict::Invalid {
        return Some(Tls::HandshakeFails(format!(
            "the certificate does not verify: {}",
            verification.path_detail
        )));
    }
    let named = match verification.host_name {
        HostName::Match | HostName::CommonNameOnly => true,
        HostName::Mismatch => observation
            .chain
            .seen()
            .and_then(|chain| chain.end_entity())
            .is_some_and(|certificate| libpq_accepts(certificate, &endpoint.reference_name())),
    };
    if verified == Verified::PathAndHost && !named {
        return Some(Tls::HandshakeFails(format!(
            "the certificate is for another host: {}",
            verification.host_name_detail
        )));
    }
    None
}

/// What the server makes of the handshake, where it ends it or leaves it open.
fn handshake(observation: &EndpointObservation) -> Option<Tls> {
    if let Some(reason) = client_refusal(observation) {
        // In TLS 1.3 the handshake is over with the flight that holds the client's certificate (RFC 8446 section 4.4), and the
        // refusal comes behind it. Where the handshake itself did not come to its end it was TLS 1.2 or older.
        return Some(match observation.handshake.seen() {
            Some(handshake) if handshake.version == ProtocolVersion::TLSV1_3 => {
                Tls::LateAlert(reason)
            }
            Some(_) | None => Tls::HandshakeFails(reason),
        });
    }
    match &observation.handshake {
        Attempt::Seen(_) => None,
        // What has nothing in common with us may have something in common with OpenSSL.
        other @ (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_)) => {
            Some(Tls::Unknown(other.reason().unwrap_or_default()))
        }
    }
}

/// Why the server does not take our client certificate, or the lack of one.
fn client_refusal(observation: &EndpointObservation) -> Option<String> {
    let client = observation.client_authentication.seen()?;
    match (&client.refusal, client.sent) {
        (Some(alert), true) => Some(format!(
            "the server refuses the client certificate: {alert}"
        )),
        (Some(alert), false) => Some(format!("the server demands a client certificate: {alert}")),
        (None, _) if client.demand == ClientCertificateDemand::Required => {
            Some("the server demands a client certificate".to_owned())
        }
        (None, _) => None,
    }
}

/// What the login inside TLS comes to.
fn login(observation: &EndpointObservation) -> Tls {
    match &observation.tls_startup {
        Attempt::Seen(answer) => match &answer.reply {
            StartupReply::Authentication(_) => Tls::Works,
            StartupReply::Error(error) => Tls::ErrorReply(format!(
                "the server refuses `{}` on `{}` inside TLS: {}",
                answer.user,
                answer.database,
                error.reason()
            )),
        },
        other @ (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_)) => {
            Tls::Unknown(other.reason().unwrap_or_default())
        }
    }
}
