//! Probes: dial, the PostgreSQL and TLS conversations, the HTTPS head.
//!
//! One endpoint in, one observation per address out. It cannot fail, because failure is a fact; and it judges nothing.
#![expect(
    clippy::disallowed_methods,
    reason = "an observation says when it was made"
)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::config::Limits;
use crate::endpoint::Endpoint;
use crate::observation::EndpointObservation;

mod dial;
mod failure;
mod fingerprint;
mod https;
mod login;
mod material;
mod postgresql;
mod tls;
mod visit;

use dial::Admission;
use material::Materials;
use tls::Conversations;
use visit::Visit;

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
///
/// The limits count connections, not endpoints: a probe that needs three of them queues for each.
#[derive(Debug)]
pub struct Prober {
    admission: Admission,
    conversations: Conversations,
    materials: Materials,
}

impl Prober {
    /// Returns a prober that keeps to `limits`.
    pub fn new(limits: Limits) -> Self {
        Self {
            admission: Admission::new(limits),
            conversations: Conversations::new(),
            materials: Materials::default(),
        }
    }

    /// Trusts the certificates of these files beside those that an endpoint's `sslrootcert` names.
    #[must_use]
    pub fn trusting_also(mut self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        self.materials.trust_also(files);
        self
    }

    /// Probes every address of an endpoint, once.
    pub async fn probe(&self, endpoint: &Endpoint, depth: Depth) -> Vec<EndpointObservation> {
        let observed_at = Timestamp::now();
        let resolved = self
            .admission
            .resolve(&endpoint.target, endpoint.timeout)
            .await;
        match resolved {
            Ok((addresses, resolve)) => self.probe_all(endpoint, &addresses, resolve, depth).await,
            Err(failure) => {
                let mut observation = visit::unseen(endpoint, None, observed_at);
                visit::without_connection(&mut observation, failure, endpoint.target.protocol);
                let material = self.materials.load(endpoint).await;
                visit::note_unusable_anchors(&mut observation, &material);
                vec![observation]
            }
        }
    }

    /// Probes an endpoint at these addresses, whatever its name resolves to.
    pub async fn probe_at(
        &self,
        endpoint: &Endpoint,
        addresses: &[SocketAddr],
        depth: Depth,
    ) -> Vec<EndpointObservation> {
        self.probe_all(endpoint, addresses, None, depth).await
    }

    /// Probes all addresses side by side, as far as the limits allow.
    async fn probe_all(
        &self,
        endpoint: &Endpoint,
        addresses: &[SocketAddr],
        resolve: Option<Duration>,
        depth: Depth,
    ) -> Vec<EndpointObservation> {
        let material = self.materials.load(endpoint).await;
        let visits = addresses.iter().map(|address| {
            let visit = Visit {
                prober: self,
                endpoint,
                address: *address,
                material: &material,
            };
            visit.observe(resolve, depth)
        });
        join_all(visits).await
    }
}
