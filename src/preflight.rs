//! Is it safe to set `verify-full` today, and if not, what must change first?
//!
//! From one observation to the sslmode table: what would a libpq client do now, for each of the six modes. It
//! predicts and dials nothing.

use crate::libpq::SslMode;

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
pub fn predict(
    _observation: &crate::observation::EndpointObservation,
    _endpoint: &crate::endpoint::Endpoint,
) -> Option<Preflight> {
    None
}
