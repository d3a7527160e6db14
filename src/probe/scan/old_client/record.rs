//! Records of TLS 1.0 to 1.2: cut out of a stream, and protected with AES (RFC 2246 section 6.2, RFC 5246 section 6.2.3, RFC 5288).

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    self, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::{hmac, rand};

use super::suite::{Protection, Suite};
use crate::tls::ProtocolVersion;
use crate::tls::record::LONGEST_FRAGMENT;

/// Bytes of a block of AES.
pub(in crate::probe::scan) const BLOCK: usize = 16;

/// Bytes of the nonce that GCM sends along.
const EXPLICIT_NONCE: usize = 8;

/// A record that cannot be made or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(in crate::probe::scan) struct Broken(pub(in crate::probe::scan) &'static str);

/// A record as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) content_type: u8,
    pub(super) fragment: Vec<u8>,
}

/// Cuts records out of a stream. It keeps no more than one record that is not yet whole and what was fed last.
#[derive(Debug, Default)]
pub(super) struct Records {
    pending: Vec<u8>,
}

impl Records {
    /// Takes in what came.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Returns the next whole record.
    pub(super) fn next(&mut self) -> Result<Option<Record>, Broken> {
        let Some((&[content_type, major, _, high, low], rest)) =
            self.pending.split_first_chunk::<5>()
        else {
            return Ok(None);
        };
        if !matches!(content_type, 20..=24) || major != 3 {
            return Err(Broken("what the server sends is not TLS"));
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > LONGEST_FRAGMENT {
            return Err(Broken("the server sends a record that is too long"));
        }
        let Some(fragment) = rest.get(..length) else {
            return Ok(None);
        };
        let fragment = fragment.to_vec();
        self.pending.drain(..5 + length);
        Ok(Some(Record {
            content_type,
            fragment,
        }))
    }

    /// Returns the type and the length of a record that has begun to come.
    pub(super) fn header(&self) -> Option<(u8, usize)> {
        let &[content_type, _, _, high, low] = self.pending.first_chunk::<5>()?;
        Some((content_type, usize::from(u16::from_be_bytes([high, low]))))
    }
}

/// The keys of one direction.
pub(in crate::probe::scan) struct Half {
    version: ProtocolVersion,
    sequence: u64,
    cipher: Cipher,
}

#[expect(
    clippy::large_enum_variant,
    reason = "there are two of them in a session"
)]
enum Cipher {
    Cbc {
        key: Vec<u8>,
        mac: hmac::Key,
        /// TLS 1.0 takes the last block of one record as the start of the next.
        chained: Option<[u8; BLOCK]>,
    },
    Gcm {
        key: Box<LessSafeKey>,
        salt: [u8; 4],
    },
}

impl std::fmt::Debug for Half {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Half")
            .field("version", &self.version)
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

/// Makes the keys of both directions, the client's first (RFC 5246 section 6.3).
pub(super) fn keys(
    suite: &Suite,
    version: ProtocolVersion,
    master: &[u8],
    client_random: &[u8; 32],
    server_random: &[u8; 32],
) -> Result<(Half, Half), Broken> {
    let (mac, iv) = match suite.protection {
        Protection::Cbc(algorithm) => (algorithm.tag_len(), BLOCK),
        Protection::Gcm => (0, 4),
    };
    let key = suite.key_length;
    let block = suite.prf(version).expand(
        master,
        "key expansion",
        &[server_random, client_random],
        2 * (mac + key + iv),
    );
    let (macs, rest) = block.split_at(2 * mac);
    let (keys, ivs) = rest.split_at(2 * key);
    let half = |which: usize| {
        let part = |bytes: &[u8], length: usize| bytes[which * length..][..length].to_vec();
        Half::new(
            suite,
            version,
            &part(macs, mac),
            part(keys, key),
            &part(ivs, iv),
        )
    };
    Ok((half(0)?, half(1)?))
}

impl Half {
    fn new(
        suite: &Suite,
        version: ProtocolVersion,
        mac: &[u8],
        key: Vec<u8>,
        iv: &[u8],
    ) -> Result<Self, Broken> {
        const UNFIT: Broken = Broken("a key does not fit its cipher");
        let cipher = match suite.protection {
            Protection::Cbc(algorithm) => Cipher::Cbc {
                key,
                mac: hmac::Key::new(algorithm, mac),
                chained: if version < ProtocolVersion::TLSV1_1 {
                    Some(iv.try_into().map_err(|_| UNFIT)?)
                } else {
                    None
                },
            },
            Protection::Gcm => {
                let algorithm = if key.len() == 16 {
                    &aead::AES_128_GCM
                } else {
                    &aead::AES_256_GCM
                };
                let key = UnboundKey::new(algorithm, &key).map_err(|_| UNFIT)?;
                Cipher::Gcm {
                    key: Box::new(LessSafeKey::new(key)),
                    salt: iv.try_into().map_err(|_| UNFIT)?,
                }
            }
        };
        Ok(Self {
            version,
            sequence: 0,
            cipher,
        })
    }

    fn header(&self, content_type: u8, length: usize) -> [u8; 13] {
        header(self.sequence, content_type, self.version, length)
    }

    /// Returns the MAC that content would have in the next record, where it has one.
    pub(in crate::probe::scan) fn mac(&self, content_type: u8, content: &[u8]) -> Vec<u8> {
        let Cipher::Cbc { mac, .. } = &self.cipher else {
            return Vec::new();
        };
        let mut context = hmac::Context::with_key(mac);
        context.update(&self.header(content_type, content.len()));
        context.update(content);
        context.sign().as_ref().to_vec()
    }

    /// Protects content and returns the fragment of its record.
    pub(super) fn seal(&mut self, content_type: u8, content: &[u8]) -> Result<Vec<u8>, Broken> {
        const UNSEALED: Broken = Broken("a record cannot be encrypted");
        let header = self.header(content_type, content.len());
        match &self.cipher {
            Cipher::Cbc { .. } => {
                let tag = self.mac(content_type, content);
                self.seal_blocks(padded(&[content, &tag].concat()))
            }
            Cipher::Gcm { key, salt } => {
                let explicit = self.sequence.to_be_bytes();
                let nonce = nonce(*salt, explicit);
                let mut sealed = content.to_vec();
                key.seal_in_place_append_tag(nonce, Aad::from(header), &mut sealed)
                    .map_err(|_| UNSEALED)?;
                self.sequence += 1;
                Ok([&explicit, sealed.as_slice()].concat())
            }
        }
    }

    /// Returns the least bytes that the fragment of a record with so much content has.
    pub(super) fn sealed_length(&self, content: usize) -> usize {
        match &self.cipher {
            Cipher::Cbc { mac, chained, .. } => {
                let iv = if chained.is_some() { 0 } else { BLOCK };
                let padded = content + mac.algorithm().tag_len() + 1;
                iv + padded.next_multiple_of(BLOCK)
            }
            Cipher::Gcm { key, .. } => EXPLICIT_NONCE + content + key.algorithm().tag_len(),
        }
    }

    /// Encrypts whole blocks with CBC as they are, MAC and padding or not.
    pub(in crate::probe::scan) fn seal_blocks(
        &mut self,
        mut blocks: Vec<u8>,
    ) -> Result<Vec<u8>, Broken> {
        const UNSEALED: Broken = Broken("a record cannot be encrypted with CBC");
        let Cipher::Cbc { key, chained, .. } = &mut self.cipher else {
            return Err(UNSEALED);
        };
        let iv = match chained {
            Some(iv) => *iv,
            None => random()?,
        };
        let encrypting = EncryptingKey::cbc(unbound(key)?).map_err(|_| UNSEALED)?;
        encrypting
            .less_safe_encrypt(&mut blocks, EncryptionContext::Iv128(iv.into()))
            .map_err(|_| UNSEALED)?;
        self.sequence += 1;
        if let Some(chained) = chained {
            *chained = *blocks.last_chunk().ok_or(UNSEALED)?;
            Ok(blocks)
        } else {
            Ok([&iv, blocks.as_slice()].concat())
        }
    }

    /// Reads the content of a protected record.
    pub(super) fn open(&mut self, content_type: u8, fragment: &[u8]) -> Result<Vec<u8>, Broken> {
        const UNREADABLE: Broken = Broken("the server sends a record that does not decrypt");
        let sequence = self.sequence;
        let version = self.version;
        let content = match &mut self.cipher {
            Cipher::Cbc { key, chained, .. } => {
                let (iv, blocks) = if let Some(iv) = chained {
                    (*iv, fragment)
                } else {
                    let (iv, blocks) = fragment.split_first_chunk().ok_or(UNREADABLE)?;
                    (*iv, blocks)
                };
                if let Some(chained) = chained {
                    *chained = *blocks.last_chunk().ok_or(UNREADABLE)?;
                }
                let decrypting = DecryptingKey::cbc(unbound(key)?).map_err(|_| UNREADABLE)?;
                let mut blocks = blocks.to_vec();
                decrypting
                    .decrypt(&mut blocks, DecryptionContext::Iv128(iv.into()))
                    .map_err(|_| UNREADABLE)?;
                self.unpadded(content_type, &blocks).ok_or(UNREADABLE)?
            }
            Cipher::Gcm { key, salt } => {
                let (explicit, sealed) = fragment
                    .split_first_chunk::<EXPLICIT_NONCE>()
                    .ok_or(UNREADABLE)?;
                let nonce = nonce(*salt, *explicit);
                let length = sealed
                    .len()
                    .checked_sub(key.algorithm().tag_len())
                    .ok_or(UNREADABLE)?;
                let mut opened = sealed.to_vec();
                let header = header(sequence, content_type, version, length);
                key.open_in_place(nonce, Aad::from(header), &mut opened)
                    .map_err(|_| UNREADABLE)?;
                opened.truncate(length);
                opened
            }
        };
        self.sequence += 1;
        Ok(content)
    }

    /// Takes padding and MAC off decrypted blocks.
    fn unpadded(&self, content_type: u8, blocks: &[u8]) -> Option<Vec<u8>> {
        let padding = *blocks.last()?;
        let unpadded = blocks.len().checked_sub(usize::from(padding) + 1)?;
        if blocks[unpadded..].iter().any(|byte| *byte != padding) {
            return None;
        }
        let Cipher::Cbc { mac, .. } = &self.cipher else {
            return None;
        };
        let tag = mac.algorithm().tag_len();
        let (content, tag) = blocks.split_at(unpadded.checked_sub(tag)?);
        let wanted = self.mac(content_type, content);
        tag.starts_with(&wanted).then(|| content.to_vec())
    }
}

/// What is authenticated beside the content: sequence number, type, version, length.
fn header(sequence: u64, content_type: u8, version: ProtocolVersion, length: usize) -> [u8; 13] {
    let mut header = [0; 13];
    header[..8].copy_from_slice(&sequence.to_be_bytes());
    header[8] = content_type;
    header[9..11].copy_from_slice(&version.0.to_be_bytes());
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    header[11..].copy_from_slice(&length.to_be_bytes());
    header
}

fn unbound(key: &[u8]) -> Result<UnboundCipherKey, Broken> {
    let algorithm = if key.len() == 16 {
        &cipher::AES_128
    } else {
        &cipher::AES_256
    };
    UnboundCipherKey::new(algorithm, key).map_err(|_| Broken("a key does not fit its cipher"))
}

fn nonce(salt: [u8; 4], explicit: [u8; EXPLICIT_NONCE]) -> Nonce {
    let mut nonce = [0; 12];
    nonce[..4].copy_from_slice(&salt);
    nonce[4..].copy_from_slice(&explicit);
    Nonce::assume_unique_for_key(nonce)
}

/// Appends the shortest padding (RFC 5246 section 6.2.3.2).
fn padded(bytes: &[u8]) -> Vec<u8> {
    let padding = BLOCK - 1 - bytes.len() % BLOCK;
    let mut blocks = bytes.to_vec();
    blocks.resize(
        bytes.len() + padding + 1,
        u8::try_from(padding).unwrap_or(0),
    );
    blocks
}

/// Returns random bytes.
pub(in crate::probe::scan) fn random<const N: usize>() -> Result<[u8; N], Broken> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Broken("the system has no random bytes"))?;
    Ok(bytes)
}
