//! The public operation of RSA on any block, and the padding that goes before it (RFC 8017 section 7.2.1).
//!
//! No library encrypts a block with wrong padding, and that is what ROBOT asks for. Nothing in these blocks is worth keeping
//! secret, so that arithmetic in varying time gives nothing away.

use num_bigint::BigUint;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

/// Most bits of a number with which anybody computes here.
pub(super) const MOST_BITS: u64 = 8192;

/// The public key of a certificate.
#[derive(Clone, Debug)]
pub(in crate::probe::scan) struct RsaKey {
    modulus: BigUint,
    exponent: BigUint,
}

impl RsaKey {
    /// Reads the key in a certificate, where it is one of RSA.
    pub(in crate::probe::scan) fn of(certificate: &[u8]) -> Result<Self, &'static str> {
        let (_, parsed) =
            X509Certificate::from_der(certificate).map_err(|_| "the certificate cannot be read")?;
        let Ok(PublicKey::RSA(key)) = parsed.public_key().parsed() else {
            return Err("the certificate has no RSA key");
        };
        let key = Self {
            modulus: BigUint::from_bytes_be(key.modulus),
            exponent: BigUint::from_bytes_be(key.exponent),
        };
        let bits = key.modulus.bits();
        if !(512..=MOST_BITS).contains(&bits) || !key.modulus.bit(0) || key.exponent.bits() > 64 {
            return Err("nobody computes with such an RSA key");
        }
        Ok(key)
    }

    /// Returns the bytes of a block.
    pub(in crate::probe::scan) fn length(&self) -> usize {
        usize::try_from(self.modulus.bits().div_ceil(8)).unwrap_or(usize::MAX)
    }

    /// Whether a block is a number that this key can encrypt.
    pub(in crate::probe::scan) fn takes(&self, block: &[u8]) -> bool {
        BigUint::from_bytes_be(block) < self.modulus
    }

    /// Encrypts a block as it is.
    pub(in crate::probe::scan) fn encrypt(&self, block: &[u8]) -> Vec<u8> {
        let number = BigUint::from_bytes_be(block).modpow(&self.exponent, &self.modulus);
        right_aligned(&number, self.length())
    }
}

/// Writes a number in so many bytes, with zeros before it.
fn right_aligned(number: &BigUint, length: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    let mut block = vec![0; length.saturating_sub(bytes.len())];
    block.extend(bytes);
    block
}

/// Returns a block of `length` bytes with a secret of 48 at its end. `filling` must not be zero; its bytes are taken in turn.
pub(in crate::probe::scan) fn padded(length: usize, secret: &[u8; 48], filling: &[u8]) -> Vec<u8> {
    let mut block = vec![0, 2];
    let padding = length.saturating_sub(3 + secret.len());
    block.extend(filling.iter().cycle().take(padding));
    block.push(0);
    block.extend(secret);
    block
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::{KeySize, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};

    use super::*;

    /// A certificate with an RSA key, and what decrypts for it.
    fn certified() -> (Vec<u8>, Pkcs1PrivateDecryptingKey) {
        let key =
            rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
                .unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let private = PrivateDecryptingKey::from_pkcs8(&key.serialize_der()).unwrap();
        assert_eq!(private.key_size_bits(), KeySize::Rsa2048.len() * 8);
        (
            certificate.der().to_vec(),
            Pkcs1PrivateDecryptingKey::new(private).unwrap(),
        )
    }

    #[test]
    fn aws_lc_decrypts_what_is_encrypted_here() {
        let (certificate, private) = certified();
        let key = RsaKey::of(&certificate).unwrap();
        assert_eq!(key.length(), 256);
        let block = padded(key.length(), &[7; 48], &[1, 2, 3]);
        assert_eq!(block.len(), 256);
        assert!(key.takes(&block) && !key.takes(&[0xFF; 256]));
        let mut output = vec![0; 256];
        let secret = private.decrypt(&key.encrypt(&block), &mut output).unwrap();
        assert_eq!(secret, [7; 48]);
    }

    #[test]
    fn other_keys_and_rubbish_are_errors() {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        assert_eq!(
            RsaKey::of(certificate.der()).err(),
            Some("the certificate has no RSA key")
        );
        assert!(RsaKey::of(&[0x30, 0x80, 1]).is_err());
    }
}
