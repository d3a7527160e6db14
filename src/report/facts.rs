//! What several formats say and no single fact says by itself: reachability, the place of each posture.
//!
//! It has no opinion on what is bad: that came with the snapshot. It writes no format.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::endpoint::Protocol;
use crate::finding::Severity;
use crate::libpq::wire::{AuthenticationRequest, ErrorResponse};
use crate::observation::tls_required::{Scope, TlsRequired};
use crate::observation::{Attempt, EndpointObservation, SslAnswer, StartupReply};
use crate::policy::{Assessment, Cap, Rating};
use crate::store::{EndpointState, Posture, Snapshot};
use crate::x509::Certificate;

mod scan;

pub(super) use scan::{
    CLASSES, VersionFact, accepted, accepts_dhe, connections_used, dh_bits, groups,
    groups_are_decided, is_decided, ocsp_stapled, older_version, oracle_name, place,
    preference_name, scan, scan_gap, suites_are_decided, tickets, undecided, version_strength,
    versions,
};

/// Says what could not be looked at on this address although somebody tried or had to; `None` where everything due was seen.
pub(super) fn gap(seen: &EndpointObservation, protocol: Protocol) -> Option<String> {
    if seen.connection.seen().is_none() {
        return seen.connection.reason();
    }
    let speaks_tls = match protocol {
        Protocol::Postgresql => match &seen.ssl_request {
            Attempt::Seen(SslAnswer::Willing) => true,
            Attempt::Seen(SslAnswer::Unwilling) => false,
            Attempt::Seen(SslAnswer::Error(error)) => {
                return Some(format!(
                    "SSLRequest was answered with an error: {}",
                    error_text(error)
                ));
            }
            Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_) => {
                return seen.ssl_request.reason();
            }
        },
        Protocol::Https | Protocol::Tls => true,
    };
    if speaks_tls {
        // Without a chain there is nothing to judge, whatever the handshake said; with one, a refused handshake is an answer.
        let due = [
            seen.chain
                .reason()
                .map(|why| seen.handshake.reason().unwrap_or(why)),
            seen.verification.reason(),
            failure(&seen.handshake),
        ];
        if let Some(reason) = due.into_iter().flatten().next() {
            return Some(reason);
        }
    }
    failure(&seen.client_identity)
        .or_else(|| failure(&seen.plaintext_startup))
        .or_else(|| failure(&seen.http))
}

/// Returns what was learned, or why it was not.
pub(super) fn known<T>(attempt: &Attempt<T>) -> Result<&T, String> {
    match attempt {
        Attempt::Seen(value) => Ok(value),
        Attempt::Refused(reason) | Attempt::NotAttempted(reason) => Err(reason.clone()),
        Attempt::Failed(failure) => Err(failure.to_string()),
    }
}

/// Returns why an attempt failed, where it was made and failed.
pub(super) fn failure<T>(attempt: &Attempt<T>) -> Option<String> {
    match attempt {
        Attempt::Failed(failure) => Some(failure.to_string()),
        Attempt::Seen(_) | Attempt::Refused(_) | Attempt::NotAttempted(_) => None,
    }
}

/// Writes an `ErrorResponse` as a server's log would.
pub(super) fn error_text(error: &ErrorResponse) -> String {
    if error.severity.is_empty() || error.sqlstate.is_empty() {
        return error.to_string();
    }
    format!("{} {}: {}", error.severity, error.sqlstate, error.message)
}

/// Whether TLS is spoken at an address, where the observation tells; the reason where it does not.
pub(super) fn tls_offered(seen: &EndpointObservation, protocol: Protocol) -> Result<bool, String> {
    let attempt = match protocol {
        Protocol::Postgresql => {
            return match &seen.ssl_request {
                Attempt::Seen(SslAnswer::Willing) => Ok(true),
                Attempt::Seen(SslAnswer::Unwilling) => Ok(false),
                Attempt::Seen(SslAnswer::Error(error)) => Err(error_text(error)),
                Attempt::Refused(reason) | Attempt::NotAttempted(reason) => {
                    Err(unreachable_reason(seen).unwrap_or_else(|| reason.clone()))
                }
                Attempt::Failed(failure) => {
                    Err(unreachable_reason(seen).unwrap_or_else(|| failure.to_string()))
                }
            };
        }
        Protocol::Https | Protocol::Tls => &seen.handshake,
    };
    match attempt {
        // An alert is TLS, too.
        Attempt::Seen(_) | Attempt::Refused(_) => Ok(true),
        Attempt::Failed(_) if seen.chain.seen().is_some() => Ok(true),
        Attempt::Failed(failure) => {
            Err(unreachable_reason(seen).unwrap_or_else(|| failure.to_string()))
        }
        Attempt::NotAttempted(reason) => {
            Err(unreachable_reason(seen).unwrap_or_else(|| reason.clone()))
        }
    }
}

/// Returns why no TCP connection came about, where none did.
fn unreachable_reason(seen: &EndpointObservation) -> Option<String> {
    seen.connection.reason()
}

/// Whether TLS is required, how far that is known, and why it is not where it is not.
pub(super) struct Requirement(TlsRequired);

impl Requirement {
    /// Reads it off one observation.
    pub(super) fn of(seen: &EndpointObservation) -> Self {
        Self(seen.tls_required())
    }

    /// Whether TLS is required.
    pub(super) fn required(&self) -> Result<bool, String> {
        match &self.0 {
            TlsRequired::Required { .. } => Ok(true),
            TlsRequired::NotRequired { .. } => Ok(false),
            TlsRequired::Unknown(reason) => Err(reason.clone()),
        }
    }

    /// How far that holds: for the `server`, or for the `login` that was tried.
    pub(super) fn scope(&self) -> Result<&'static str, String> {
        match &self.0 {
            TlsRequired::Required { scope, .. } => Ok(match scope {
                Scope::Server => "server",
                Scope::Login { .. } => "login",
            }),
            // It has no TLS for anybody.
            TlsRequired::NotRequired { reply: None } => Ok("server"),
            // Going on in plaintext was seen for one login.
            TlsRequired::NotRequired { reply: Some(_) } => Ok("login"),
            TlsRequired::Unknown(reason) => Err(reason.clone()),
        }
    }

    /// Whether the server goes on without TLS, where that was tried.
    pub(super) fn plaintext_accepted(&self) -> Option<bool> {
        match &self.0 {
            TlsRequired::Required { .. } => Some(false),
            TlsRequired::NotRequired { reply: Some(_) } => Some(true),
            TlsRequired::NotRequired { reply: None } | TlsRequired::Unknown(_) => None,
        }
    }

    /// Says it in a sentence.
    pub(super) fn sentence(&self) -> String {
        match &self.0 {
            TlsRequired::Required {
                scope: Scope::Server,
                evidence,
            } => {
                format!("yes, whoever comes: {evidence}")
            }
            TlsRequired::Required {
                scope: Scope::Login { user, database },
                evidence,
            } => {
                format!("yes, for `{user}` on `{database}` from here: {evidence}")
            }
            TlsRequired::NotRequired { reply: None } => "no: there is none".to_owned(),
            TlsRequired::NotRequired {
                reply: Some(StartupReply::Authentication(request)),
            } => {
                format!("no: without TLS it {}", authentication_text(request))
            }
            TlsRequired::NotRequired {
                reply: Some(StartupReply::Error(error)),
            } => {
                format!(
                    "no: without TLS it goes on, and then refuses: {}",
                    error_text(error)
                )
            }
            TlsRequired::Unknown(reason) => format!("unknown: {reason}"),
        }
    }
}

/// Says what a server asks a client for.
fn authentication_text(request: &AuthenticationRequest) -> String {
    match request {
        AuthenticationRequest::Ok => "lets the client in and asks for nothing".to_owned(),
        AuthenticationRequest::CleartextPassword => "asks for the password in the clear".to_owned(),
        AuthenticationRequest::Md5Password => "asks for a password (MD5)".to_owned(),
        AuthenticationRequest::Gss => "asks for GSSAPI".to_owned(),
        AuthenticationRequest::Sasl(mechanisms) => {
            format!("asks for a password ({})", mechanisms.join(", "))
        }
        AuthenticationRequest::Other(number) => format!("asks for authentication {number}"),
    }
}

/// How many endpoints stand in each posture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) critical: usize,
    pub(super) unreachable: usize,
    pub(super) warning: usize,
    pub(super) waiting: usize,
    pub(super) ok: usize,
}

impl Tally {
    /// Counts the endpoints of a snapshot.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let mut tally = Self::default();
        for state in &snapshot.endpoints {
            *match state.posture {
                Posture::Critical => &mut tally.critical,
                Posture::Unreachable => &mut tally.unreachable,
                Posture::Warning => &mut tally.warning,
                Posture::Waiting => &mut tally.waiting,
                Posture::Ok => &mut tally.ok,
            } += 1;
        }
        tally
    }
}

/// Returns the word for a posture.
pub(super) const fn posture_word(posture: Posture) -> &'static str {
    match posture {
        Posture::Critical => "critical",
        Posture::Unreachable => "unreachable",
        Posture::Warning => "warning",
        Posture::Waiting => "waiting",
        Posture::Ok => "ok",
    }
}

/// Returns the endpoints, worst first; endpoints that stand alike keep the order of the configuration.
pub(super) fn worst_first(snapshot: &Snapshot) -> Vec<&Arc<EndpointState>> {
    let mut endpoints: Vec<_> = snapshot.endpoints.iter().collect();
    endpoints.sort_by_key(|state| {
        (
            state.posture,
            Reverse(
                state
                    .findings
                    .iter()
                    .map(|finding| finding.finding.severity)
                    .max(),
            ),
        )
    });
    endpoints
}

/// Counts the findings of each severity, worst first.
pub(super) fn severities(state: &EndpointState) -> [(Severity, usize); 5] {
    let count = |severity| {
        state
            .findings
            .iter()
            .filter(|finding| finding.finding.severity == severity)
            .count()
    };
    let mut counts = Severity::ALL.map(|severity| (severity, count(severity)));
    counts.reverse();
    counts
}

/// Returns the end entities that an endpoint presents, one for each address that shows one.
pub(super) fn end_entities(state: &EndpointState) -> impl Iterator<Item = &Arc<Certificate>> {
    state.addresses.iter().filter_map(|seen| {
        seen.observation
            .chain
            .seen()
            .and_then(|chain| chain.end_entity())
    })
}

/// Says a span of time in its two largest units, such as `3 d 04 h`.
pub(super) fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().unsigned_abs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        // 365.25 days: leap years make no difference to what a reader does with the figure.
        (730.., _, _) => {
            let years = days * 4 / 1461;
            format!("{years} y {} d", days - years * 1461 / 4)
        }
        (10.., _, _) => format!("{days} d"),
        (1.., _, _) => format!("{days} d {hours:02} h"),
        (0, 1.., _) => format!("{hours} h {minutes:02} min"),
        (0, 0, 1..) => format!("{minutes} min"),
        (0, 0, 0) => format!("{seconds} s"),
    }
}

/// Says when a certificate ends, seen from `now`.
pub(super) fn ending(not_after: Timestamp, now: Timestamp) -> String {
    let left = not_after.duration_since(now);
    let day = not_after.strftime("%Y-%m-%d %H:%M UTC");
    if left.is_negative() {
        format!("expired {} ago, on {day}", span(left))
    } else {
        format!("{} left, until {day}", span(left))
    }
}

/// Returns the share of a certificate's own lifetime that is left: 0 to 1; `None` where it has no lifetime.
pub(super) fn life_left(certificate: &Certificate, now: Timestamp) -> Option<f64> {
    let lifetime = certificate.not_after.duration_since(certificate.not_before);
    if lifetime <= SignedDuration::ZERO {
        return None;
    }
    let left = certificate.not_after.duration_since(now);
    Some((left.as_secs_f64() / lifetime.as_secs_f64()).clamp(0.0, 1.0))
}

/// Returns the caps of a rating that are no deviations already.
pub(super) fn caps_alone<'a>(
    assessment: &'a Assessment,
    rating: &'a Rating,
) -> impl Iterator<Item = &'a Cap> {
    rating.caps.iter().filter(|cap| {
        let mut deviations = assessment.deviations.iter();
        deviations.all(|deviation| deviation.found != cap.fact)
    })
}
