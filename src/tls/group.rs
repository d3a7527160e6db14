//! Groups for the key exchange: curves, finite fields, ML-KEM, and pairs of them.

use serde::{Deserialize, Serialize};

use super::registration::Registration;
use super::words::wire_names;

/// A group of IANA's TLS Supported Groups registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NamedGroup(pub u16);

wire_names!(
    NamedGroup,
    "4",
    [
        (0x0001, "sect163k1"),
        (0x0002, "sect163r1"),
        (0x0003, "sect163r2"),
        (0x0004, "sect193r1"),
        (0x0005, "sect193r2"),
        (0x0006, "sect233k1"),
        (0x0007, "sect233r1"),
        (0x0008, "sect239k1"),
        (0x0009, "sect283k1"),
        (0x000A, "sect283r1"),
        (0x000B, "sect409k1"),
        (0x000C, "sect409r1"),
        (0x000D, "sect571k1"),
        (0x000E, "sect571r1"),
        (0x000F, "secp160k1"),
        (0x0010, "secp160r1"),
        (0x0011, "secp160r2"),
        (0x0012, "secp192k1"),
        (0x0013, "secp192r1"),
        (0x0014, "secp224k1"),
        (0x0015, "secp224r1"),
        (0x0016, "secp256k1"),
        (0x0017, "secp256r1"),
        (0x0018, "secp384r1"),
        (0x0019, "secp521r1"),
        (0x001A, "brainpoolP256r1"),
        (0x001B, "brainpoolP384r1"),
        (0x001C, "brainpoolP512r1"),
        (0x001D, "x25519"),
        (0x001E, "x448"),
        (0x001F, "brainpoolP256r1tls13"),
        (0x0020, "brainpoolP384r1tls13"),
        (0x0021, "brainpoolP512r1tls13"),
        (0x0022, "GC256A"),
        (0x0023, "GC256B"),
        (0x0024, "GC256C"),
        (0x0025, "GC256D"),
        (0x0026, "GC512A"),
        (0x0027, "GC512B"),
        (0x0028, "GC512C"),
        (0x0029, "curveSM2"),
        (0x0100, "ffdhe2048"),
        (0x0101, "ffdhe3072"),
        (0x0102, "ffdhe4096"),
        (0x0103, "ffdhe6144"),
        (0x0104, "ffdhe8192"),
        (0x0200, "MLKEM512"),
        (0x0201, "MLKEM768"),
        (0x0202, "MLKEM1024"),
        (0x11E9, "SecP256r1MLKEM512"),
        (0x11EA, "MLKEM512X25519"),
        (0x11EB, "SecP256r1MLKEM768"),
        (0x11EC, "X25519MLKEM768"),
        (0x11ED, "SecP384r1MLKEM1024"),
        (0x11EE, "curveSM2MLKEM768"),
        (0x6399, "X25519Kyber768Draft00"),
        (0x639A, "SecP256r1Kyber768Draft00"),
        (0xFF01, "arbitrary_explicit_prime_curves"),
        (0xFF02, "arbitrary_explicit_char2_curves"),
    ]
);

/// The categories 1, 3 and 5 of FIPS 203: as hard to break as AES with a key of that size.
const ML_KEM_512: u16 = 128;
const ML_KEM_768: u16 = 192;
const ML_KEM_1024: u16 = 256;

impl NamedGroup {
    /// NIST's P-256.
    pub const SECP256R1: Self = Self(0x0017);
    /// NIST's P-384.
    pub const SECP384R1: Self = Self(0x0018);
    /// NIST's P-521.
    pub const SECP521R1: Self = Self(0x0019);
    /// Curve25519 (RFC 7748).
    pub const X25519: Self = Self(0x001D);
    /// Curve25519 together with ML-KEM-768.
    pub const X25519MLKEM768: Self = Self(0x11EC);

    /// Returns every known group, ascending. The two code points for a curve that the message itself describes are among them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMED.iter().map(|(group, _)| *group)
    }

    /// Tells a group whose shared secret also needs ML-KEM (FIPS 203) or its draft from one that a quantum computer would open.
    pub fn is_post_quantum(self) -> bool {
        matches!(self.0, 0x0200..=0x0202 | 0x11E9..=0x11EE | 0x6399 | 0x639A)
    }

    /// Tells a curve alone: no finite field, no ML-KEM, no pair.
    pub fn is_elliptic_curve(self) -> bool {
        matches!(self.0, 0x0001..=0x0029 | 0xFF01 | 0xFF02)
    }

    /// Tells a finite-field group of RFC 7919.
    pub fn is_finite_field(self) -> bool {
        matches!(self.0, 0x0100..=0x0104)
    }

    /// Tells whether TLS 1.3 has the group. The curves before 0x0017 and `secp256k1` ended with TLS 1.2 (RFC 8446 section 4.2.7),
    /// and so did the first code points of the Brainpool curves (RFC 8734): a `ClientHello` of TLS 1.3 that lists them is refused
    /// by servers that check.
    pub fn usable_in_tls13(self) -> bool {
        let ended = matches!(self.0, 0x0001..=0x0016 | 0x001A..=0x001C | 0xFF01 | 0xFF02);
        self.name().is_some() && !ended
    }

    /// Tells whether TLS 1.2 has the group: curves and finite fields, except the curves that came with TLS 1.3.
    pub fn usable_in_tls12(self) -> bool {
        let later = matches!(self.0, 0x001F..=0x0021 | 0x0029);
        (self.is_elliptic_curve() || self.is_finite_field()) && !later
    }

    /// Returns the security strength against classical computers in bits: NIST SP 800-57 part 1 for the size of a curve, RFC 7919
    /// appendix A for finite fields, the category of FIPS 203 for ML-KEM and the pairs with it. `None` where the code point does
    /// not tell.
    pub fn security_bits(self) -> Option<u16> {
        let bits = match self.0 {
            0x0001..=0x0003 | 0x000F..=0x0011 => 80,
            0x0004 | 0x0005 | 0x0012 | 0x0013 => 96,
            0x0100 => 103,
            0x0006..=0x0008 | 0x0014 | 0x0015 => 112,
            0x0101 => 125,
            0x0009
            | 0x000A
            | 0x0016
            | 0x0017
            | 0x001A
            | 0x001D
            | 0x001F
            | 0x0022..=0x0025
            | 0x0029 => 128,
            0x0200 | 0x11E9 | 0x11EA => ML_KEM_512,
            0x0102 => 150,
            0x0103 => 175,
            0x000B | 0x000C | 0x0018 | 0x001B | 0x0020 | 0x0104 => 192,
            0x0201 | 0x11EB | 0x11EC | 0x11EE | 0x6399 | 0x639A => ML_KEM_768,
            0x001E => 224,
            0x000D | 0x000E | 0x0019 | 0x001C | 0x0021 | 0x0026..=0x0028 => 256,
            0x0202 | 0x11ED => ML_KEM_1024,
            _ => return None,
        };
        Some(bits)
    }

    /// Tells a group of less than 112 bits, which NIST SP 800-57 no longer allows: the curves that RFC 9847 discourages, except
    /// those of 112 bits and a little more.
    ///
    /// `ffdhe2048` is not one of them. RFC 7919 says 103 bits by one way of counting, and NIST counts 2048 bits as 112.
    pub fn is_weak(self) -> bool {
        !self.is_finite_field() && self.security_bits().is_some_and(|bits| bits < 112)
    }

    /// Returns where the code point comes from. IANA keeps the two Kyber drafts as obsolete; they are drafts here.
    pub fn registration(self) -> Option<Registration> {
        self.name()?;
        Some(match self.0 {
            0x6399 | 0x639A => Registration::Draft,
            _ => Registration::Iana,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_ascends_and_leads_back() {
        assert!(NamedGroup::NAMED.is_sorted_by_key(|(value, _)| *value));
        assert_eq!(NamedGroup::all().count(), 59);
        for (value, name) in NamedGroup::NAMED {
            assert_eq!(value.name(), Some(*name));
            assert_eq!(NamedGroup::try_from((*name).to_owned()), Ok(*value));
            assert!(value.registration().is_some());
        }
        assert_eq!(NamedGroup(0x0A0A).name(), None);
        assert_eq!(NamedGroup(0x0A0A).registration(), None);
    }

    #[test]
    fn each_group_is_of_one_kind_and_has_a_strength() {
        for group in NamedGroup::all() {
            let kinds = [
                group.is_elliptic_curve(),
                group.is_finite_field(),
                group.is_post_quantum(),
            ];
            assert_eq!(kinds.iter().filter(|kind| **kind).count(), 1, "{group}");
            let explicit = group.0 >= 0xFF00;
            assert_eq!(group.security_bits().is_none(), explicit, "{group}");
            assert!(
                group.usable_in_tls12() || group.usable_in_tls13(),
                "{group}"
            );
        }
        let unknown = NamedGroup(0x4321);
        assert!(!unknown.usable_in_tls12() && !unknown.usable_in_tls13() && !unknown.is_weak());
    }

    #[test]
    fn versions_part_the_groups() {
        for ended in [0x0001, 0x0013, 0x0015, 0x0016, 0x001A, 0x001C, 0xFF01] {
            assert!(!NamedGroup(ended).usable_in_tls13(), "{ended:#06X}");
            assert!(NamedGroup(ended).usable_in_tls12(), "{ended:#06X}");
        }
        for both in [0x0017, 0x0018, 0x0019, 0x001D, 0x001E, 0x0100, 0x0022] {
            assert!(NamedGroup(both).usable_in_tls13(), "{both:#06X}");
            assert!(NamedGroup(both).usable_in_tls12(), "{both:#06X}");
        }
        for new in [0x001F, 0x0021, 0x0029, 0x0200, 0x11EC, 0x6399] {
            assert!(NamedGroup(new).usable_in_tls13(), "{new:#06X}");
            assert!(!NamedGroup(new).usable_in_tls12(), "{new:#06X}");
        }
    }

    #[test]
    fn weak_begins_below_112_bits() {
        let weak: Vec<u16> = NamedGroup::all()
            .filter(|group| group.is_weak())
            .map(|group| group.0)
            .collect();
        assert_eq!(
            weak,
            [
                0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x000F, 0x0010, 0x0011, 0x0012, 0x0013
            ]
        );
        assert_eq!(NamedGroup(0x0015).security_bits(), Some(112));
        assert!(!NamedGroup(0x0100).is_weak());
    }
}
