//! Probes: dial, the PostgreSQL and TLS conversations, the HTTPS head.
//!
//! One endpoint in, one observation per address out. It cannot fail, because failure is a fact; and it judges nothing.

use crate::config::Limits;
use crate::endpoint::Endpoint;
use crate::observation::EndpointObservation;

/// How far a probe goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// One whole handshake; for HTTPS the response head, too.
    Quick,
    /// The quick probe and, on connections of their own, the login tests that end at the authentication request: a
    /// `StartupMessage` in plaintext and one inside TLS.
    WithLoginTest,
}

/// Dials endpoints under a global and a per-host limit.
#[derive(Debug)]
pub struct Prober {}

impl Prober {
    /// Returns a prober that keeps to `limits`.
    pub fn new(_limits: Limits) -> Self {
        Self {}
    }

    /// Probes every address of an endpoint, once.
    pub async fn probe(&self, _endpoint: &Endpoint, _depth: Depth) -> Vec<EndpointObservation> {
        std::future::ready(Vec::new()).await
    }
}
