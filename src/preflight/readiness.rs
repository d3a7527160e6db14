//! Is `verify-full` safe to set, and if not, what must change first: in order, each an action.
//!
//! It renders no remedy; a reason is a sentence that an operator can act on.

use super::{Readiness, SslModeOutcome};
use crate::endpoint::Endpoint;
use crate::observation::{
    Attempt, ClientCertificateDemand, EndpointObservation, FailureKind, SslAnswer, StartupReply,
};
use crate::x509::verify::libpq_accepts;
use crate::x509::{HostName, PathProblem, Trust, Verification};

/// Concludes from the observation and from the row of `verify-full`.
pub(super) fn of(
    observation: &EndpointObservation,
    endpoint: &Endpoint,
    verify_full: Option<&SslModeOutcome>,
) -> Readiness {
    if let Some(reason) = observation.connection.reason() {
        return Readiness::Unknown(format!("no connection came about: {reason}"));
    }
    let why = || verify_full.map_or_else(String::new, |row| row.why.clone());
    match verify_full.and_then(|row| row.connects) {
        Some(true) => Readiness::Ready,
        Some(false) => Readiness::NotReady(reasons(observation, endpoint)),
        None => Readiness::Unknown(why()),
    }
}

/// Lists what must change: TLS at all, then trust, then the name, then the client's own certificate, then the login.
fn reasons(observation: &EndpointObservation, endpoint: &Endpoint) -> Vec<String> {
    let mut reasons = Vec::new();
    match observation.ssl_request.seen() {
        Some(SslAnswer::Unwilling) => {
            reasons.push("turn TLS on at the server: it answers `N` to SSLRequest".to_owned());
            return reasons;
        }
        Some(SslAnswer::Error(error)) => {
            reasons.push(format!(
                "find out why the server answers SSLRequest with an error: {}",
                error.reason()
            ));
            return reasons;
        }
        Some(SslAnswer::Willing) | None => {}
    }
    match &observation.verification {
        Attempt::Seen(verification) => {
            push_path_reasons(&mut reasons, verification);
            push_name_reason(&mut reasons, observation, endpoint, verification);
        }
        Attempt::Failed(failure) if failure.kind == FailureKind::Local => {
            reasons.push(format!("repair the CA file of the endpoint: {failure}"));
        }
        Attempt::Failed(_) | Attempt::Refused(_) | Attempt::NotAttempted(_) => {}
    }
    push_client_reason(&mut reasons, observation);
    if let Some(answer) = observation.tls_startup.seen()
        && let StartupReply::Error(error) = &answer.reply
    {
        reasons.push(format!(
            "let `{}` into `{}` over TLS: the server says {}",
            answer.user,
            answer.database,
            error.reason()
        ));
    }
    reasons
}

/// One action for each problem of the path; the first carries the details of all.
fn push_path_reasons(reasons: &mut Vec<String>, verification: &Verification) {
    let system = verification.trust == Trust::System;
    for (index, problem) in verification.problems.iter().enumerate() {
        let action = match problem {
            PathProblem::Expired => "renew the certificate that expired".to_owned(),
            PathProblem::NotYetValid => {
                "wait until the certificate is valid, or correct the clocks".to_owned()
            }
            PathProblem::SelfSigned if system => {
                "set sslrootcert to a file that holds the server's own certificate, or have a CA issue it one".to_owned()
            }
            PathProblem::SelfSigned => format!(
                "add the server's own certificate to {}, or have a CA issue it one",
                verification.trust
            ),
            PathProblem::UnknownCa if system => {
                "set sslrootcert to the file of the CA that issued the server's certificate".to_owned()
            }
            PathProblem::UnknownCa => format!(
                "add the CA that issued the server's certificate to {}, or have a CA in it issue a new one",
                verification.trust
            ),
            PathProblem::Incomplete => {
                "let the server send the missing intermediate certificate with its own".to_owned()
            }
            PathProblem::WrongUsage => {
                "issue the certificate anew, for the use as a TLS server (serverAuth)".to_owned()
            }
            PathProblem::Weak => {
                "issue the certificate anew, with a key of at least 2048 bits and SHA-256".to_owned()
            }
            PathProblem::Malformed => "issue the certificate anew: it is damaged".to_owned(),
        };
        reasons.push(if index == 0 {
            format!("{action} ({})", verification.path_detail)
        } else {
            action
        });
    }
}

/// The name that is missing, and what is there.
fn push_name_reason(
    reasons: &mut Vec<String>,
    observation: &EndpointObservation,
    endpoint: &Endpoint,
    verification: &Verification,
) {
    let certificate = observation
        .chain
        .seen()
        .and_then(|chain| chain.end_entity());
    let reference = endpoint.reference_name();
    let named = match verification.host_name {
        HostName::Match | HostName::CommonNameOnly => true,
        HostName::Mismatch => {
            certificate.is_some_and(|certificate| libpq_accepts(certificate, &reference))
        }
    };
    if named {
        return;
    }
    let kind = if reference.parse::<std::net::IpAddr>().is_ok() {
        "IP address"
    } else {
        "DNS name"
    };
    let has = certificate
        .map(|certificate| {
            certificate
                .dns_names
                .iter()
                .cloned()
                .chain(certificate.ip_addresses.iter().map(ToString::to_string))
                .take(8)
                .collect::<Vec<_>>()
                .join(", ")
        })
        .filter(|names| !names.is_empty())
        .map_or_else(
            || "it has no subject alternative name".to_owned(),
            |names| format!("it has: {names}"),
        );
    reasons.push(format!(
        "add {kind} `{}` to the server's certificate ({has})",
        verification.reference_name
    ));
}

/// The client certificate that the server wants.
fn push_client_reason(reasons: &mut Vec<String>, observation: &EndpointObservation) {
    let Some(client) = observation.client_authentication.seen() else {
        return;
    };
    if client.demand != ClientCertificateDemand::Required && client.refusal.is_none() {
        return;
    }
    let accepted = if client.ca_names.is_empty() {
        String::new()
    } else {
        format!(" (it accepts: {})", client.ca_names.join("; "))
    };
    reasons.push(if client.sent {
        format!("give the client another certificate: the server refuses this one{accepted}")
    } else {
        format!(
            "give the client a certificate, as sslcert and sslkey: the server demands one{accepted}"
        )
    });
}
