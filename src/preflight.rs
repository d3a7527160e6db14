//! Is it safe to set `verify-full` today, and if not, what must change first?
//!
//! From one observation to the sslmode table: what would a libpq client do now, for each of the six modes, with the endpoint's user,
//! database, CA file and client certificate. The rules are those of `PQconnectPoll` in libpq 15; the tests hold them against
//! psql itself. It predicts and dials nothing.

use crate::endpoint::{Endpoint, Protocol};
use crate::libpq::SslMode;
use crate::observation::EndpointObservation;

mod readiness;
mod transport;

use transport::{Plaintext, Tls, Verified};

/// What a libpq client with one `sslmode` would get, now, from one address.
///
/// "Connects" means up to the authentication request. `None` where the observation does not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SslModeOutcome {
    /// The mode.
    pub sslmode: SslMode,
    /// Whether it would connect.
    pub connects: Option<bool>,
    /// Whether the connection would be encrypted.
    pub encrypted: Option<bool>,
    /// Whether somebody who only listens would be stopped.
    pub stops_eavesdropper: bool,
    /// Whether somebody who answers in the server's place would be stopped.
    pub stops_impostor: bool,
    /// Why, in a sentence.
    pub why: String,
}

/// The answer to the question before the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// `verify-full` connects now.
    Ready,
    /// It does not, and these must change first, in order.
    NotReady(Vec<String>),
    /// The observation does not tell, and why.
    Unknown(String),
}

/// The sslmode table of one address, and its conclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    /// One row per mode, weakest first.
    pub outcomes: Vec<SslModeOutcome>,
    /// Whether `verify-full` is safe to set.
    pub verify_full: Readiness,
}

/// Predicts what a libpq client would get from the address that was observed.
///
/// `None` where the endpoint is not on the PostgreSQL wire.
pub fn predict(observation: &EndpointObservation, endpoint: &Endpoint) -> Option<Preflight> {
    if endpoint.target.protocol != Protocol::Postgresql {
        return None;
    }
    let outcomes: Vec<SslModeOutcome> = SslMode::ALL
        .into_iter()
        .map(|sslmode| Row::of(sslmode, observation, endpoint).outcome(sslmode))
        .collect();
    let verify_full = readiness::of(observation, endpoint, outcomes.last());
    Some(Preflight {
        outcomes,
        verify_full,
    })
}

/// What one mode comes to.
struct Row {
    end: End,
    why: String,
}

/// How a connection attempt ends, over all its fallbacks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// At the authentication request, encrypted.
    Encrypted,
    /// At the authentication request, in plaintext.
    Plaintext,
    /// In an error.
    Refused,
    /// Nobody can say.
    Unknown,
}

impl Row {
    fn of(sslmode: SslMode, observation: &EndpointObservation, endpoint: &Endpoint) -> Self {
        if let Some(reason) = transport::no_connection(observation) {
            return Self {
                end: End::Refused,
                why: format!("no connection comes about: {reason}"),
            };
        }
        let plaintext = || Plaintext::of(observation);
        let tls = |verified| Tls::of(observation, endpoint, verified);
        // A root file makes every mode above `disable` verify the path: libpq verifies whenever it has loaded one.
        let with_file = if endpoint.sslrootcert.is_some() {
            Verified::PathIfLoaded
        } else {
            Verified::Nothing
        };
        match sslmode {
            SslMode::Disable => Self::plaintext_only(plaintext()),
            SslMode::Allow => Self::allow(plaintext(), || tls(with_file)),
            SslMode::Prefer => Self::prefer(tls(with_file), plaintext),
            SslMode::Require => Self::tls_only(
                tls(with_file),
                if with_file == Verified::PathIfLoaded {
                    "encrypted, and with a root file verified as by verify-ca: anybody whom that CA has certified may answer"
                } else {
                    "encrypted, with whoever answers"
                },
            ),
            SslMode::VerifyCa => Self::tls_only(
                tls(Verified::Path),
                "encrypted, with anybody whom the CA has certified, for whatever name",
            ),
            SslMode::VerifyFull => Self::tls_only(
                tls(Verified::PathAndHost),
                "encrypted, and the server proves to be the host that was dialled",
            ),
        }
        .with_system_store(sslmode, endpoint)
    }

    fn plaintext_only(plaintext: Plaintext) -> Self {
        match plaintext {
            Plaintext::Works => Self {
                end: End::Plaintext,
                why: "the server accepts plaintext".to_owned(),
            },
            Plaintext::Refused(said) => Self {
                end: End::Refused,
                why: format!("the server refuses plaintext: {said}"),
            },
            Plaintext::Unknown(reason) => Self {
                end: End::Unknown,
                why: format!("whether plaintext is accepted is not known: {reason}"),
            },
        }
    }

    /// `allow`: plaintext first; an error message, and nothing else, makes libpq try again with TLS.
    fn allow(plaintext: Plaintext, tls: impl FnOnce() -> Tls) -> Self {
        let said = match plaintext {
            Plaintext::Works => {
                return Self {
                    end: End::Plaintext,
                    why: "plaintext is tried first, and the server accepts it".to_owned(),
                };
            }
            Plaintext::Unknown(reason) => {
                return Self {
                    end: End::Unknown,
                    why: format!(
                        "plaintext is tried first, and whether it is accepted is not known: {reason}"
                    ),
                };
            }
            Plaintext::Refused(said) => said,
        };
        match tls() {
            Tls::Works => Self {
                end: End::Encrypted,
                why: "plaintext is tried first and refused, then TLS".to_owned(),
            },
            // On `N` it goes on in plaintext, which has just been refused.
            Tls::NotOffered => Self {
                end: End::Refused,
                why: format!("the server refuses plaintext and offers no TLS: {said}"),
            },
            Tls::Unknown(reason) => Self {
                end: End::Unknown,
                why: format!(
                    "plaintext is refused, and whether TLS leads to the authentication request is not known: {reason}"
                ),
            },
            Tls::NegotiationError(reason)
            | Tls::HandshakeFails(reason)
            | Tls::LateAlert(reason)
            | Tls::ErrorReply(reason) => Self {
                end: End::Refused,
                why: format!("plaintext is refused, and then TLS fails: {reason}"),
            },
        }
    }

    /// `prefer`: TLS first; a server that offers none, a failed handshake and an error message inside TLS lead to plaintext.
    fn prefer(tls: Tls, plaintext: impl FnOnce() -> Plaintext) -> Self {
        let because = match tls {
            Tls::Works => {
                return Self {
                    end: End::Encrypted,
                    why: "TLS is tried first, and anybody on the way can turn it off".to_owned(),
                };
            }
            // Since the fix of CVE-2024-10977 libpq gives up here.
            Tls::NegotiationError(reason) | Tls::LateAlert(reason) => {
                return Self {
                    end: End::Refused,
                    why: format!(
                        "TLS is tried first and fails in a way that has no fallback: {reason}"
                    ),
                };
            }
            Tls::Unknown(reason) => {
                return Self {
                    end: End::Unknown,
                    why: format!(
                        "TLS is tried first, and whether it leads to the authentication request is not known: {reason}"
                    ),
                };
            }
            Tls::NotOffered => "the server offers no TLS".to_owned(),
            Tls::HandshakeFails(reason) | Tls::ErrorReply(reason) => {
                format!("TLS fails ({reason})")
            }
        };
        match plaintext() {
            Plaintext::Works => Self {
                end: End::Plaintext,
                why: format!("{because}, so it falls back to plaintext, which the server accepts"),
            },
            Plaintext::Refused(said) => Self {
                end: End::Refused,
                why: format!("{because}, and the fallback to plaintext is refused: {said}"),
            },
            Plaintext::Unknown(reason) => Self {
                end: End::Unknown,
                why: format!(
                    "{because}, and whether the fallback to plaintext is accepted is not known: {reason}"
                ),
            },
        }
    }

    /// `require` and the modes above: TLS or nothing.
    fn tls_only(tls: Tls, promise: &str) -> Self {
        match tls {
            Tls::Works => Self {
                end: End::Encrypted,
                why: promise.to_owned(),
            },
            Tls::NotOffered => Self {
                end: End::Refused,
                why: "the server offers no TLS".to_owned(),
            },
            Tls::Unknown(reason) => Self {
                end: End::Unknown,
                why: format!(
                    "whether TLS leads to the authentication request is not known: {reason}"
                ),
            },
            Tls::NegotiationError(reason)
            | Tls::HandshakeFails(reason)
            | Tls::LateAlert(reason)
            | Tls::ErrorReply(reason) => Self {
                end: End::Refused,
                why: reason,
            },
        }
    }

    /// Says whose trust a verifying row was judged by, where the endpoint names no root file.
    fn with_system_store(mut self, sslmode: SslMode, endpoint: &Endpoint) -> Self {
        let note = match sslmode {
            SslMode::VerifyFull => {
                "judged by the system's trust store, which libpq 16 and later take with sslrootcert=system; without sslrootcert libpq refuses"
            }
            SslMode::VerifyCa => {
                "judged by the system's trust store; libpq wants sslrootcert with a file of CAs, because sslrootcert=system takes verify-full only"
            }
            SslMode::Disable | SslMode::Allow | SslMode::Prefer | SslMode::Require => return self,
        };
        if endpoint.sslrootcert.is_none() {
            self.why = format!("{} ({note})", self.why);
        }
        self
    }

    fn outcome(self, sslmode: SslMode) -> SslModeOutcome {
        let never_plaintext = sslmode >= SslMode::Require;
        let (connects, encrypted) = match self.end {
            End::Encrypted => (Some(true), Some(true)),
            End::Plaintext => (Some(true), Some(false)),
            // There is no connection to be encrypted.
            End::Refused => (Some(false), None),
            End::Unknown if never_plaintext => (None, Some(true)),
            End::Unknown if sslmode == SslMode::Disable => (None, Some(false)),
            End::Unknown => (None, None),
        };
        SslModeOutcome {
            sslmode,
            connects,
            encrypted,
            // What a mode stops is a property of the mode: whoever listens can also send, and a fallback is for him to cause.
            stops_eavesdropper: never_plaintext,
            // verify-ca is stopped by no certificate of the same CA for another name, such as a client's.
            stops_impostor: sslmode == SslMode::VerifyFull,
            why: self.why,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::endpoint::{ExpiryThresholds, Host, Target};
    use crate::observation::{Attempt, Failure, FailureKind, Fingerprint, SslAnswer, Timings};

    fn endpoint(protocol: Protocol, sslrootcert: Option<&str>) -> Endpoint {
        Endpoint {
            name: "db".into(),
            target: Target {
                protocol,
                host: Host::Name("db1".to_owned()),
                port: 5432,
                database: None,
                user: None,
                path: None,
                had_password: false,
            },
            sslmode: SslMode::VerifyFull,
            sslrootcert: sslrootcert.map(Into::into),
            sslcert: None,
            sslkey: None,
            server_name: None,
            labels: std::collections::BTreeMap::new(),
            interval: Duration::from_mins(1),
            timeout: Duration::from_secs(5),
            serves: None,
            login_test: None,
            scan: crate::endpoint::ScanPlan::default(),
            expiry: ExpiryThresholds::default(),
        }
    }

    fn observation(ssl_request: Attempt<SslAnswer>) -> EndpointObservation {
        fn untried<T>() -> Attempt<T> {
            Attempt::NotAttempted("the login test is turned off".to_owned())
        }
        EndpointObservation {
            endpoint: "db".into(),
            address: None,
            observed_at: jiff::Timestamp::UNIX_EPOCH,
            timings: Timings::default(),
            connections_used: 1,
            connection: Attempt::Seen(()),
            ssl_request,
            handshake: untried(),
            chain: untried(),
            verification: untried(),
            client_authentication: untried(),
            client_identity: untried(),
            plaintext_startup: untried(),
            tls_startup: untried(),
            server: Fingerprint::default(),
            http: untried(),
            plain_http: untried(),
            scan: Attempt::NotAttempted("no scan was made".to_owned()),
            login_tested_at: None,
        }
    }

    fn failed<T>(kind: FailureKind) -> Attempt<T> {
        Attempt::Failed(Failure {
            kind,
            detail: "nobody answers".to_owned(),
        })
    }

    fn connects(preflight: &Preflight) -> Vec<Option<bool>> {
        preflight.outcomes.iter().map(|row| row.connects).collect()
    }

    #[test]
    fn https_has_no_sslmode_table() {
        let seen = observation(Attempt::Seen(SslAnswer::Willing));
        assert_eq!(predict(&seen, &endpoint(Protocol::Https, None)), None);
    }

    #[test]
    fn untried_login_is_unknown_never_ready() {
        let seen = observation(Attempt::Seen(SslAnswer::Willing));
        let table = predict(&seen, &endpoint(Protocol::Postgresql, None)).unwrap();
        assert_eq!(connects(&table), [None; 6]);
        assert!(matches!(table.verify_full, Readiness::Unknown(_)));
    }

    #[test]
    fn server_without_tls_fails_every_mode_that_insists() {
        let seen = observation(Attempt::Seen(SslAnswer::Unwilling));
        let table = predict(&seen, &endpoint(Protocol::Postgresql, Some("ca.pem"))).unwrap();
        let no = Some(false);
        assert_eq!(connects(&table), [None, None, None, no, no, no]);
        let Readiness::NotReady(reasons) = &table.verify_full else {
            panic!("{:?}", table.verify_full);
        };
        assert!(reasons[0].starts_with("turn TLS on at the server"));
    }

    #[test]
    fn unreachable_server_connects_nobody_and_tells_nothing() {
        let mut seen = observation(failed(FailureKind::ConnectionRefused));
        seen.connection = failed(FailureKind::ConnectionRefused);
        let table = predict(&seen, &endpoint(Protocol::Postgresql, None)).unwrap();
        assert_eq!(connects(&table), [Some(false); 6]);
        assert!(matches!(table.verify_full, Readiness::Unknown(_)));
    }

    #[test]
    fn unusable_root_file_stops_the_verifying_modes() {
        let mut seen = observation(Attempt::Seen(SslAnswer::Willing));
        seen.verification = failed(FailureKind::Local);
        let table = predict(&seen, &endpoint(Protocol::Postgresql, Some("ca.pem"))).unwrap();
        let no = Some(false);
        assert_eq!(connects(&table), [None, None, None, None, no, no]);
        assert!(matches!(table.verify_full, Readiness::NotReady(_)));
    }

    #[test]
    fn only_verify_full_stops_an_impostor() {
        let seen = observation(Attempt::Seen(SslAnswer::Willing));
        let table = predict(&seen, &endpoint(Protocol::Postgresql, Some("ca.pem"))).unwrap();
        let stops: Vec<(bool, bool)> = table
            .outcomes
            .iter()
            .map(|row| (row.stops_eavesdropper, row.stops_impostor))
            .collect();
        let (none, listener, both) = ((false, false), (true, false), (true, true));
        assert_eq!(stops, [none, none, none, listener, listener, both]);
    }
}
