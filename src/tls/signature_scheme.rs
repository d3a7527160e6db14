//! Signature schemes, and the pairs of hash and signature that they grew out of.

use serde::{Deserialize, Serialize};

use super::words::wire_names;

/// A scheme of IANA's TLS `SignatureScheme` registry, or a pair of RFC 5246 section 7.4.1.4.1: the hash in the upper byte, the
/// signature in the lower. Pairs that the registry left out are named in its manner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SignatureScheme(pub u16);

wire_names!(
    SignatureScheme,
    "4",
    [
        (0x0101, "rsa_pkcs1_md5"),
        (0x0102, "dsa_md5"),
        (0x0103, "ecdsa_md5"),
        (0x0201, "rsa_pkcs1_sha1"),
        (0x0202, "dsa_sha1"),
        (0x0203, "ecdsa_sha1"),
        (0x0301, "rsa_pkcs1_sha224"),
        (0x0302, "dsa_sha224"),
        (0x0303, "ecdsa_sha224"),
        (0x0401, "rsa_pkcs1_sha256"),
        (0x0402, "dsa_sha256"),
        (0x0403, "ecdsa_secp256r1_sha256"),
        (0x0420, "rsa_pkcs1_sha256_legacy"),
        (0x0501, "rsa_pkcs1_sha384"),
        (0x0502, "dsa_sha384"),
        (0x0503, "ecdsa_secp384r1_sha384"),
        (0x0520, "rsa_pkcs1_sha384_legacy"),
        (0x0601, "rsa_pkcs1_sha512"),
        (0x0602, "dsa_sha512"),
        (0x0603, "ecdsa_secp521r1_sha512"),
        (0x0620, "rsa_pkcs1_sha512_legacy"),
        (0x0704, "eccsi_sha256"),
        (0x0705, "iso_ibs1"),
        (0x0706, "iso_ibs2"),
        (0x0707, "iso_chinese_ibs"),
        (0x0708, "sm2sig_sm3"),
        (0x0709, "gostr34102012_256a"),
        (0x070A, "gostr34102012_256b"),
        (0x070B, "gostr34102012_256c"),
        (0x070C, "gostr34102012_256d"),
        (0x070D, "gostr34102012_512a"),
        (0x070E, "gostr34102012_512b"),
        (0x070F, "gostr34102012_512c"),
        (0x0804, "rsa_pss_rsae_sha256"),
        (0x0805, "rsa_pss_rsae_sha384"),
        (0x0806, "rsa_pss_rsae_sha512"),
        (0x0807, "ed25519"),
        (0x0808, "ed448"),
        (0x0809, "rsa_pss_pss_sha256"),
        (0x080A, "rsa_pss_pss_sha384"),
        (0x080B, "rsa_pss_pss_sha512"),
        (0x081A, "ecdsa_brainpoolP256r1tls13_sha256"),
        (0x081B, "ecdsa_brainpoolP384r1tls13_sha384"),
        (0x081C, "ecdsa_brainpoolP512r1tls13_sha512"),
        (0x0840, "gostr34102012_256"),
        (0x0841, "gostr34102012_512"),
        (0x0904, "mldsa44"),
        (0x0905, "mldsa65"),
        (0x0906, "mldsa87"),
        (0x0911, "slhdsa_sha2_128s"),
        (0x0912, "slhdsa_sha2_128f"),
        (0x0913, "slhdsa_sha2_192s"),
        (0x0914, "slhdsa_sha2_192f"),
        (0x0915, "slhdsa_sha2_256s"),
        (0x0916, "slhdsa_sha2_256f"),
        (0x0917, "slhdsa_shake_128s"),
        (0x0918, "slhdsa_shake_128f"),
        (0x0919, "slhdsa_shake_192s"),
        (0x091A, "slhdsa_shake_192f"),
        (0x091B, "slhdsa_shake_256s"),
        (0x091C, "slhdsa_shake_256f"),
    ]
);

/// The hash under a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hash {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SM3 (GB/T 32905).
    Sm3,
    /// Streebog with 256 bits (RFC 6986).
    Streebog256,
    /// Streebog with 512 bits.
    Streebog512,
}

impl Hash {
    /// Returns the word for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sm3 => "SM3",
            Self::Streebog256 => "Streebog-256",
            Self::Streebog512 => "Streebog-512",
        }
    }
}

impl SignatureScheme {
    /// Returns every known scheme, ascending.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMED.iter().map(|(scheme, _)| *scheme)
    }

    /// Returns the hash that the message goes through; `None` where the signature hashes by itself (`EdDSA`, ML-DSA, SLH-DSA),
    /// where the standard behind an identity-based scheme leaves it open, and for a number that nobody registered.
    pub fn hash(self) -> Option<Hash> {
        self.name()?;
        match self.0 {
            0x0101..=0x0103 => Some(Hash::Md5),
            0x0201..=0x0203 => Some(Hash::Sha1),
            0x0301..=0x0303 => Some(Hash::Sha224),
            0x0401..=0x0420 | 0x0704 | 0x0804 | 0x0809 | 0x081A => Some(Hash::Sha256),
            0x0501..=0x0520 | 0x0805 | 0x080A | 0x081B => Some(Hash::Sha384),
            0x0601..=0x0620 | 0x0806 | 0x080B | 0x081C => Some(Hash::Sha512),
            0x0708 => Some(Hash::Sm3),
            0x0709..=0x070C | 0x0840 => Some(Hash::Streebog256),
            0x070D..=0x070F | 0x0841 => Some(Hash::Streebog512),
            _ => None,
        }
    }

    /// Tells a signature over MD5 or SHA-1, which RFC 9155 forbids in TLS 1.2 and RFC 8446 in TLS 1.3.
    pub fn is_weak(self) -> bool {
        matches!(self.hash(), Some(Hash::Md5 | Hash::Sha1))
    }

    /// Tells whether a `CertificateVerify` of TLS 1.3 may carry the scheme: the pairs of TLS 1.2 may only be in certificates
    /// (RFC 8446 section 4.2.3), and PKCS #1 v1.5 only under the code points of clients' old tokens.
    pub fn usable_in_tls13(self) -> bool {
        let ended = matches!(
            self.0,
            0x0101..=0x0402 | 0x0501 | 0x0502 | 0x0601 | 0x0602 | 0x0840 | 0x0841
        );
        self.name().is_some() && !ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_ascends_and_leads_back() {
        assert!(SignatureScheme::NAMED.is_sorted_by_key(|(value, _)| *value));
        assert_eq!(SignatureScheme::all().count(), 61);
        for (value, name) in SignatureScheme::NAMED {
            assert_eq!(value.name(), Some(*name));
            assert_eq!(SignatureScheme::try_from((*name).to_owned()), Ok(*value));
        }
        assert_eq!(SignatureScheme(0x0410).hash(), None);
    }

    #[test]
    fn hash_is_the_one_in_the_name() {
        for (scheme, name) in SignatureScheme::NAMED {
            for (word, hash) in [
                ("_md5", Hash::Md5),
                ("_sha1", Hash::Sha1),
                ("_sha224", Hash::Sha224),
                ("_sha256", Hash::Sha256),
                ("_sha384", Hash::Sha384),
                ("_sha512", Hash::Sha512),
                ("_sm3", Hash::Sm3),
                ("2012_256", Hash::Streebog256),
                ("2012_512", Hash::Streebog512),
            ] {
                if name.contains(word) {
                    assert_eq!(scheme.hash(), Some(hash), "{name}");
                }
            }
        }
        for own in [0x0705, 0x0807, 0x0808, 0x0904, 0x091C] {
            assert_eq!(SignatureScheme(own).hash(), None, "{own:#06X}");
        }
    }

    #[test]
    fn weak_ends_with_sha_1() {
        let weak: Vec<u16> = SignatureScheme::all()
            .filter(|scheme| scheme.is_weak())
            .map(|scheme| scheme.0)
            .collect();
        assert_eq!(weak, [0x0101, 0x0102, 0x0103, 0x0201, 0x0202, 0x0203]);
        assert!(!SignatureScheme(0x0301).is_weak());
    }

    #[test]
    fn tls_1_3_signs_with_its_own_schemes() {
        for ended in [
            0x0101, 0x0201, 0x0203, 0x0301, 0x0401, 0x0402, 0x0601, 0x0840,
        ] {
            assert!(!SignatureScheme(ended).usable_in_tls13(), "{ended:#06X}");
        }
        for new in [0x0403, 0x0503, 0x0603, 0x0804, 0x0807, 0x0904, 0x0420] {
            assert!(SignatureScheme(new).usable_in_tls13(), "{new:#06X}");
        }
    }
}
