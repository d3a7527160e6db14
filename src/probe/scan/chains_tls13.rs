//! Certificates of a server that speaks TLS 1.3 alone.
//!
//! Older versions show their chains in the clear, by the kind of key that the suite names. TLS 1.3 encrypts them and chooses
//! by signature scheme (RFC 8446 section 4.4.2.2), so it takes a whole handshake for each kind, which rustls makes.

use rustls::SignatureScheme as Scheme;

use super::Scanner;
use super::evidence::KeyType;
use crate::probe::tls::{self as conversation, Terms};
use crate::tls::ProtocolVersion;
use crate::x509::parse;

/// What to offer for each kind of key.
const SCHEMES: [&[Scheme]; 3] = [
    &[
        Scheme::RSA_PSS_SHA256,
        Scheme::RSA_PSS_SHA384,
        Scheme::RSA_PSS_SHA512,
        // For the signatures inside of the chain.
        Scheme::RSA_PKCS1_SHA256,
        Scheme::RSA_PKCS1_SHA384,
        Scheme::RSA_PKCS1_SHA512,
    ],
    &[
        Scheme::ECDSA_NISTP256_SHA256,
        Scheme::ECDSA_NISTP384_SHA384,
        Scheme::ECDSA_NISTP521_SHA512,
    ],
    &[Scheme::ED25519],
];

impl Scanner<'_> {
    /// Sees the chains by kind of key and without server name, where no older version shows them.
    pub(super) async fn chains_tls13(&self) {
        if self.heads.of(ProtocolVersion::TLSV1_3).await.is_none() {
            return;
        }
        if self.heads.all().await.versions().count() > 1 {
            return;
        }
        let mut terms: Vec<Terms> = SCHEMES
            .into_iter()
            .map(|schemes| Terms {
                signature_schemes: Some(schemes),
                versions: conversation::TLS13,
                ..Terms::default()
            })
            .collect();
        if self.hellos.has_server_name() {
            terms.push(Terms {
                nameless: true,
                versions: conversation::TLS13,
                ..Terms::default()
            });
        }
        self.line.expect(terms.len());
        for terms in terms {
            let with_server_name = self.hellos.has_server_name() && !terms.nameless;
            let Some(chain) = self.chain_on(terms).await else {
                continue;
            };
            let presented = parse::presented_chain(&chain);
            let key_type = presented
                .end_entity()
                .and_then(|certificate| KeyType::of_key(&certificate.key.algorithm));
            if let Some(key_type) = key_type {
                self.add_chain_for(key_type, chain, with_server_name);
            }
        }
    }

    /// Makes one handshake for the sake of its chain; `None` where the server has none for these terms.
    async fn chain_on(&self, terms: Terms) -> Option<Vec<Vec<u8>>> {
        if self.line.given_up().is_some() {
            return None;
        }
        self.line.turn().await;
        let chain = self.chain_on_once(&terms).await;
        self.line.answered_one();
        chain
    }

    async fn chain_on_once(&self, terms: &Terms) -> Option<Vec<Vec<u8>>> {
        let connection = self.line.open().await.ok()?;
        let connect = connection.connect;
        let endpoint = self.line.endpoint;
        let name = conversation::server_name(endpoint, self.line.address);
        let (stream, chain) = conversation::connect(
            &self.line.prober.conversations,
            connection,
            name,
            terms,
            endpoint.timeout,
        )
        .await
        .ok()?;
        self.line.take_leave_of(stream, connect);
        Some(chain.iter().map(|der| der.to_vec()).collect())
    }
}
