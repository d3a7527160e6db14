//! Key exchange up to TLS 1.2: the secret that both sides come to, and the body of `ClientKeyExchange`.
//!
//! Nobody verifies who the server is: nothing is sent over these sessions that anybody could want to read.

use aws_lc_rs::agreement::{self, EphemeralPrivateKey, UnparsedPublicKey};
use aws_lc_rs::rand::SystemRandom;
use num_bigint::BigUint;

use super::pkcs1::{self, MOST_BITS, RsaKey};
use super::record::{Broken, random};
use super::suite::Exchange;
use crate::tls::server::{KeyExchangeKind, KeyExchangeParameters, ServerKeyExchange};
use crate::tls::{NamedGroup, ProtocolVersion};

/// Groups with which the client can compute.
pub(in crate::probe::scan) const GROUPS: [NamedGroup; 4] = [
    NamedGroup::X25519,
    NamedGroup::SECP256R1,
    NamedGroup(0x18),
    NamedGroup(0x19),
];

/// What the client's half of an exchange comes to.
pub(super) struct Agreed {
    pub(super) premaster: Vec<u8>,
    /// The body of `ClientKeyExchange`.
    pub(super) message: Vec<u8>,
}

/// Does the client's half.
pub(super) fn agree(
    exchange: Exchange,
    offered: ProtocolVersion,
    version: ProtocolVersion,
    certificates: &[Vec<u8>],
    key_exchange: &[u8],
) -> Result<Agreed, Broken> {
    let kind = match exchange {
        Exchange::Rsa => return rsa(offered, certificates),
        Exchange::Dhe => KeyExchangeKind::FiniteField,
        Exchange::Ecdhe => KeyExchangeKind::EllipticCurve,
    };
    let parameters = ServerKeyExchange::parse(key_exchange, kind, version, false)
        .map_err(|_| Broken("the server's key exchange cannot be read"))?
        .parameters;
    match parameters {
        KeyExchangeParameters::FiniteField {
            prime,
            generator,
            public,
        } => finite_field(&prime, &generator, &public),
        KeyExchangeParameters::NamedCurve { group, public } => elliptic_curve(group, &public),
        KeyExchangeParameters::ExplicitCurve | KeyExchangeParameters::TemporaryRsa { .. } => Err(
            Broken("nobody here computes with the server's key exchange"),
        ),
    }
}

fn rsa(offered: ProtocolVersion, certificates: &[Vec<u8>]) -> Result<Agreed, Broken> {
    let certificate = certificates
        .first()
        .ok_or(Broken("the server presents no certificate"))?;
    let key = RsaKey::of(certificate).map_err(Broken)?;
    let mut premaster: [u8; 48] = random()?;
    premaster[..2].copy_from_slice(&offered.0.to_be_bytes());
    let filling = random::<64>()?.map(|byte| byte.max(1));
    let block = pkcs1::padded(key.length(), &premaster, &filling);
    Ok(Agreed {
        message: with_length(&key.encrypt(&block)),
        premaster: premaster.to_vec(),
    })
}

/// Puts the length of two bytes before an encrypted secret or a public value.
pub(in crate::probe::scan) fn with_length(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), bytes].concat()
}

fn finite_field(prime: &[u8], generator: &[u8], public: &[u8]) -> Result<Agreed, Broken> {
    let [prime, generator, public] = [prime, generator, public].map(BigUint::from_bytes_be);
    if prime.bits() > MOST_BITS || prime.bits() < 128 || !prime.bit(0) {
        return Err(Broken(
            "nobody computes with such Diffie-Hellman parameters",
        ));
    }
    let secret = BigUint::from_bytes_be(&random::<32>()?);
    // Leading zeros go (RFC 5246 section 8.1.2).
    Ok(Agreed {
        premaster: public.modpow(&secret, &prime).to_bytes_be(),
        message: with_length(&generator.modpow(&secret, &prime).to_bytes_be()),
    })
}

fn elliptic_curve(group: NamedGroup, public: &[u8]) -> Result<Agreed, Broken> {
    const FAILED: Broken = Broken("the server's point is not on its curve");
    let algorithm = match group.0 {
        0x1D => &agreement::X25519,
        0x17 => &agreement::ECDH_P256,
        0x18 => &agreement::ECDH_P384,
        0x19 => &agreement::ECDH_P521,
        _ => return Err(Broken("the server chooses a group that was not offered")),
    };
    let private =
        EphemeralPrivateKey::generate(algorithm, &SystemRandom::new()).map_err(|_| FAILED)?;
    let own = private.compute_public_key().map_err(|_| FAILED)?;
    let own = own.as_ref();
    let mut message = vec![u8::try_from(own.len()).unwrap_or(u8::MAX)];
    message.extend(own);
    let premaster = agreement::agree_ephemeral(
        private,
        UnparsedPublicKey::new(algorithm, public),
        FAILED,
        |secret| Ok(secret.to_vec()),
    )?;
    Ok(Agreed { premaster, message })
}
