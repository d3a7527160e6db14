//! Private keys: which public key is theirs, and whether one belongs to a certificate.
//!
//! The key stays where it is: nothing of it is kept, printed or returned.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaKeyPair,
};
use rustls_pki_types::PrivateKeyDer;
use serde::{Deserialize, Serialize};

use super::parse::{self, CertificateError};
use super::{Certificate, PublicKey};

/// What is told of a private key in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateKey {
    /// How it is written.
    pub form: KeyForm,
    /// Whether it is encrypted with a passphrase; then nothing else is known.
    pub encrypted: bool,
    /// The public key; `None` where the key is encrypted, damaged, or neither RSA, ECDSA nor Ed25519.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<PublicKey>,
    /// SHA-256 over the DER of its subject public key info, lower-case hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spki_sha256: Option<String>,
}

/// How a private key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyForm {
    /// PKCS#8 (RFC 5958): `PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`, and `.pk8` files.
    Pkcs8,
    /// PKCS#1 (RFC 8017): `RSA PRIVATE KEY`.
    Pkcs1,
    /// SEC 1 (RFC 5915): `EC PRIVATE KEY`.
    Sec1,
    /// Another: OpenSSH's own, DSA.
    Other,
}

impl KeyForm {
    /// Reads the label of a PEM entry; `None` where it is no private key.
    pub(super) fn of_label(label: &[u8]) -> Option<Self> {
        match label {
            b"PRIVATE KEY" | b"ENCRYPTED PRIVATE KEY" => Some(Self::Pkcs8),
            b"RSA PRIVATE KEY" => Some(Self::Pkcs1),
            b"EC PRIVATE KEY" => Some(Self::Sec1),
            _ if label.ends_with(b"PRIVATE KEY") => Some(Self::Other),
            _ => None,
        }
    }
}

impl PrivateKey {
    /// Returns what is known of an encrypted key.
    pub(super) const fn encrypted(form: KeyForm) -> Self {
        Self {
            form,
            encrypted: true,
            public_key: None,
            spki_sha256: None,
        }
    }

    /// Reads the facts of a key that is not encrypted.
    pub(super) fn of(form: KeyForm, der: &[u8]) -> Self {
        let info = public_key_info(der);
        let public_key = info.as_deref().and_then(parse::public_key_of_info);
        Self {
            form,
            encrypted: false,
            public_key,
            spki_sha256: info.map(|info| parse::sha256(&info)),
        }
    }
}

/// Overwrites bytes that are or were part of a private key. It spares them a life in freed memory and promises no more.
pub fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    std::hint::black_box(bytes);
}

/// Whether the public key of a certificate is written as everybody writes it, so that equal keys have equal
/// fingerprints: a named curve with an uncompressed point, and RSA without parameters of its own.
pub fn is_plainly_written(certificate: &Certificate) -> bool {
    // The first bytes of a subject public key info, behind its header: algorithm, parameters, and how the key begins.
    const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03";
    const EC: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06";
    const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70\x03";
    let Ok(parsed) = parse::read(&certificate.der.0) else {
        // A recording without its bytes is taken at its word.
        return certificate.der.is_empty();
    };
    let info = &parsed.tbs_certificate.subject_pki;
    let point = info.subject_public_key.data.first();
    let content = super::link::content(info.raw);
    content.starts_with(RSA)
        || content.starts_with(ED25519)
        || (content.get(2..).is_some_and(|rest| rest.starts_with(EC)) && point == Some(&4))
}

/// Why it cannot be told whether a key belongs to a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The certificate cannot be read.
    #[error("the certificate cannot be read: {0}")]
    Certificate(#[from] CertificateError),
    /// The key cannot be read, or is of a kind that is not supported.
    #[error(
        "the private key cannot be read: it is damaged, encrypted, or neither RSA, ECDSA nor Ed25519"
    )]
    Unreadable,
}

/// Whether `key` is the private key of the public key in a certificate.
pub fn key_matches(certificate_der: &[u8], key: &PrivateKeyDer<'_>) -> Result<bool, KeyError> {
    let parsed = parse::read(certificate_der)?;
    let certified = parsed.tbs_certificate.subject_pki.subject_public_key;
    let own = public_key(key).ok_or(KeyError::Unreadable)?;
    Ok(own == certified.data.as_ref())
}

/// Computes the public key, as the bit string of a subject public key info holds it.
fn public_key(key: &PrivateKeyDer<'_>) -> Option<Vec<u8>> {
    let der = key.secret_der();
    if let Ok(pair) = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)) {
        return Some(pair.public_key().as_ref().to_vec());
    }
    if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
        return Some(pair.public_key().as_ref().to_vec());
    }
    ecdsa_pair(der).map(|pair| pair.public_key().as_ref().to_vec())
}

/// Computes the subject public key info of a private key.
fn public_key_info(der: &[u8]) -> Option<Vec<u8>> {
    fn written(key: &impl AsDer<PublicKeyX509Der<'static>>) -> Option<Vec<u8>> {
        key.as_der().ok().map(|der| der.as_ref().to_vec())
    }
    if let Ok(pair) = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)) {
        return written(pair.public_key());
    }
    if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
        return written(pair.public_key());
    }
    ecdsa_pair(der).and_then(|pair| written(pair.public_key()))
}

/// Reads an ECDSA key on one of the curves that certificates are on.
fn ecdsa_pair(der: &[u8]) -> Option<EcdsaKeyPair> {
    let curves: [&'static EcdsaSigningAlgorithm; 3] = [
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &ECDSA_P384_SHA384_ASN1_SIGNING,
        &ECDSA_P521_SHA512_ASN1_SIGNING,
    ];
    curves.into_iter().find_map(|curve| {
        EcdsaKeyPair::from_private_key_der(curve, der)
            .or_else(|_| EcdsaKeyPair::from_pkcs8(curve, der))
            .ok()
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair as Generated, SignatureAlgorithm};
    use rustls_pki_types::PrivatePkcs8KeyDer;

    use super::*;

    #[test]
    fn own_key_matches_and_another_does_not() {
        let algorithms: [&'static SignatureAlgorithm; 5] = [
            &rcgen::PKCS_ECDSA_P256_SHA256,
            &rcgen::PKCS_ECDSA_P384_SHA384,
            &rcgen::PKCS_ECDSA_P521_SHA512,
            &rcgen::PKCS_ED25519,
            &rcgen::PKCS_RSA_SHA256,
        ];
        for algorithm in algorithms {
            let own = Generated::generate_for(algorithm).unwrap();
            let other = Generated::generate_for(algorithm).unwrap();
            let certificate = CertificateParams::default().self_signed(&own).unwrap();
            let der = |key: &Generated| {
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()))
            };
            assert_eq!(key_matches(certificate.der(), &der(&own)), Ok(true));
            assert_eq!(key_matches(certificate.der(), &der(&other)), Ok(false));
        }
    }

    #[test]
    fn damaged_key_is_an_error_not_a_mismatch() {
        let certificate = CertificateParams::default()
            .self_signed(&Generated::generate().unwrap())
            .unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(vec![1, 2, 3]));
        assert_eq!(
            key_matches(certificate.der(), &key),
            Err(KeyError::Unreadable)
        );
    }
}
