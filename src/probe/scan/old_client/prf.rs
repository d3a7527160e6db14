//! The pseudorandom function of TLS 1.0 to 1.2 (RFC 2246 section 5, RFC 5246 section 5).

use aws_lc_rs::{digest, hmac};
use md5::{Digest as _, Md5};

/// Which hashes it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prf {
    /// MD5 and SHA-1, one over the other: TLS 1.0 and 1.1.
    Md5Sha1,
    /// TLS 1.2.
    Sha256,
    /// TLS 1.2 with suites whose names end in `SHA384`.
    Sha384,
}

impl Prf {
    /// Makes `length` bytes out of a secret.
    pub(super) fn expand(
        self,
        secret: &[u8],
        label: &str,
        seeds: &[&[u8]],
        length: usize,
    ) -> Vec<u8> {
        let seed = [label.as_bytes(), &seeds.concat()].concat();
        match self {
            Self::Md5Sha1 => {
                // The two halves share the byte in the middle of an odd length.
                let half = secret.len().div_ceil(2);
                let (first, second) = (&secret[..half], &secret[secret.len() - half..]);
                let mut bytes = stretch(|parts| hmac_md5(first, parts), &seed, length);
                let other = with(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, second, &seed, length);
                for (byte, other) in bytes.iter_mut().zip(other) {
                    *byte ^= other;
                }
                bytes
            }
            Self::Sha256 => with(hmac::HMAC_SHA256, secret, &seed, length),
            Self::Sha384 => with(hmac::HMAC_SHA384, secret, &seed, length),
        }
    }

    /// Hashes the messages of a handshake so far, as `Finished` wants it.
    pub(super) fn digest(self, messages: &[u8]) -> Vec<u8> {
        let sha = |algorithm| digest::digest(algorithm, messages).as_ref().to_vec();
        match self {
            Self::Md5Sha1 => [
                Md5::digest(messages).to_vec(),
                sha(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            ]
            .concat(),
            Self::Sha256 => sha(&digest::SHA256),
            Self::Sha384 => sha(&digest::SHA384),
        }
    }
}

fn with(algorithm: hmac::Algorithm, secret: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let key = hmac::Key::new(algorithm, secret);
    let sign = |parts: &[&[u8]]| {
        let mut context = hmac::Context::with_key(&key);
        for part in parts {
            context.update(part);
        }
        context.sign().as_ref().to_vec()
    };
    stretch(sign, seed, length)
}

/// `P_hash`.
fn stretch(sign: impl Fn(&[&[u8]]) -> Vec<u8>, seed: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length + 64);
    let mut link = sign(&[seed]);
    while bytes.len() < length {
        bytes.extend(sign(&[&link, seed]));
        link = sign(&[&link]);
    }
    bytes.truncate(length);
    bytes
}

/// HMAC (RFC 2104) with MD5, which aws-lc-rs does not have.
fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    if key.len() > block.len() {
        block[..16].copy_from_slice(&Md5::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut inner = Md5::new_with_prefix(block.map(|byte| byte ^ 0x36));
    for part in parts {
        inner.update(part);
    }
    let mut outer = Md5::new_with_prefix(block.map(|byte| byte ^ 0x5C));
    outer.update(inner.finalize());
    outer.finalize().to_vec()
}
