//! Whether a private key belongs to a certificate.
//!
//! The key stays where it is: nothing of it is kept, printed or returned.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaKeyPair,
};
use rustls_pki_types::PrivateKeyDer;

use super::parse::{self, CertificateError};

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
    let curves: [&'static EcdsaSigningAlgorithm; 3] = [
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &ECDSA_P384_SHA384_ASN1_SIGNING,
        &ECDSA_P521_SHA512_ASN1_SIGNING,
    ];
    curves.into_iter().find_map(|curve| {
        EcdsaKeyPair::from_private_key_der(curve, der)
            .or_else(|_| EcdsaKeyPair::from_pkcs8(curve, der))
            .ok()
            .map(|pair| pair.public_key().as_ref().to_vec())
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
