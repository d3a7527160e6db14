//! Finite-field primes that many servers share.
//!
//! Most of the work to break Diffie-Hellman is spent on the prime and pays off for every connection that uses it (Logjam,
//! CVE-2015-4000), so who shares a small prime shares its fate, and a prime that a product brings along is recognised.

use aws_lc_rs::digest::{self, SHA256};

use PrimeOrigin::{Product, Rfc, Survey};

/// A prime that is known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WellKnownPrime {
    /// The document and group, or the product.
    pub name: &'static str,
    /// The size.
    pub bits: u16,
    /// Who published it.
    pub origin: PrimeOrigin,
}

/// Who published a prime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrimeOrigin {
    /// The IETF, with a reason for the digits in RFC 2409, RFC 3526 and RFC 7919, and without one in RFC 5114.
    Rfc,
    /// A product that brings it along.
    Product,
    /// Nobody: the survey behind Logjam met it at many servers.
    Survey,
}

impl PrimeOrigin {
    /// Returns the word for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rfc => "RFC",
            Self::Product => "product",
            Self::Survey => "survey",
        }
    }
}

/// Recognises a prime, big-endian as in `ServerKeyExchange`.
///
/// A name says where the prime was published, not who serves it: PostgreSQL's built-in group is RFC 3526 group 14, Java's of 768
/// and 1024 bits are those of RFC 2409.
pub fn well_known(prime: &[u8]) -> Option<WellKnownPrime> {
    let zeros = prime.iter().take_while(|byte| **byte == 0).count();
    let prime = &prime[zeros..];
    let leading = prime.first()?.leading_zeros();
    let bits = u16::try_from(prime.len().checked_mul(8)?).ok()?;
    let bits = bits - u16::try_from(leading).ok()?;
    let digest = digest::digest(&SHA256, prime);
    let start = u128::from_be_bytes(*digest.as_ref().first_chunk()?);
    let index = PRIMES.binary_search_by_key(&start, |row| row.0).ok()?;
    let (_, origin, name) = PRIMES[index];
    Some(WellKnownPrime { name, bits, origin })
}

/// The first half of the SHA-256 of each prime without leading zeros, ascending.
///
/// Tests compute the primes of RFC 2409, RFC 3526 and RFC 7919 anew. The products' are those that nmap (ssl-dh-params) and
/// testssl.sh (common-primes) attribute to them, and the export prime of Java's source.
#[rustfmt::skip]
const PRIMES: &[(u128, PrimeOrigin, &str)] = &[
    (0x0A64_B51E_01FB_CCD8_0D5C_45D6_C40B_1EB7, Product, "ProFTPD"),
    (0x0B78_3572_2CB6_1982_7610_C254_9FDD_A558, Rfc, "RFC 5114 section 2.3"),
    (0x0CE3_987B_E092_3295_E230_02DA_A633_BB14, Product, "LibTomCrypt"),
    (0x0EA9_EF1F_D4B4_2CFF_37A0_2344_A109_7CA6, Product, "ProFTPD"),
    (0x0EAF_67DB_3A83_9156_D501_3494_A531_8A77, Rfc, "RFC 7919 ffdhe3072"),
    (0x1401_BA0D_70AF_D57F_8797_4FAA_52B4_625F, Product, "ProFTPD"),
    (0x1960_85CB_4281_D1FF_18EF_AAD0_97BC_1EC0, Survey, "weakdh.org survey"),
    (0x20CE_5E95_3147_2E23_4E1E_F767_88A6_F5F5, Product, "Postfix"),
    (0x227A_C906_6B3D_DD9E_1936_70CD_A238_8FA8, Rfc, "RFC 7919 ffdhe6144"),
    (0x22E8_C376_8C49_47EE_7F9A_8E6C_8989_E61D, Product, "LibTomCrypt"),
    (0x245C_CB3B_B7E5_F8E4_31C3_786C_E8C8_4360, Product, "Postfix"),
    (0x2B07_D24B_932A_A7A0_15C4_5A3F_06E7_5BA7, Survey, "weakdh.org survey"),
    (0x2F43_70D9_8FFD_18AA_6BE9_A279_5735_8735, Product, "ProFTPD"),
    (0x3166_CE19_1800_0532_7A60_59A2_E7A4_ED22, Product, "OpenSSL sample"),
    (0x3504_275B_93E5_DB8A_692B_4A5B_AEB4_C4C7, Product, "ProFTPD"),
    (0x3576_D07C_0658_C023_0F4E_4A4A_D325_5C68, Product, "ProFTPD"),
    (0x362B_5D25_EB8B_949B_20A3_471C_A880_B253, Product, "LibTomCrypt"),
    (0x39AB_4FEA_B950_A312_8FB7_1ACC_B9FC_3965, Rfc, "RFC 3526 group 18"),
    (0x3B37_D357_836B_4C0B_81AE_99D4_BB20_4F5F, Product, "Postfix"),
    (0x3CDB_020B_9EF2_98B2_F3F6_CF5A_872A_F527, Product, "Apache mod_ssl 2.0"),
    (0x3E21_A641_DBE2_36FD_883F_1A29_3F3C_3A31, Product, "ProFTPD"),
    (0x3F35_A3F5_F6C4_376A_744A_CAD4_09BB_22F8, Rfc, "RFC 2409 group 2"),
    (0x406B_95F3_36F4_588F_7F07_B7AB_8692_3CC9, Product, "ProFTPD"),
    (0x449A_B49C_277D_21A6_01E8_06DF_3064_D6E4, Product, "Postfix"),
    (0x44C5_5CFE_E5C0_7592_7CF6_82DA_5B68_1BDE, Rfc, "RFC 5114 section 2.1"),
    (0x4648_4142_24AC_881B_3D0D_C59B_466F_96D0, Rfc, "RFC 7919 ffdhe4096"),
    (0x46FF_7936_1993_E5E6_E902_5CDF_DB8D_59AF, Product, "ProFTPD"),
    (0x486E_2352_26A9_27B2_2B93_89BF_4337_7084, Product, "HAProxy"),
    (0x48CF_8B09_2FBC_E435_9D98_71AB_F74F_98E2, Rfc, "RFC 3526 group 15"),
    (0x4E1F_16B0_A537_BECF_0398_E0D6_049E_D828, Product, "Postfix"),
    (0x4EE9_5187_682B_CB23_0AD2_6A95_205F_6920, Rfc, "RFC 3526 group 16"),
    (0x52D4_FAA5_3003_B834_9DAC_3E98_4A64_23BC, Survey, "weakdh.org survey"),
    (0x554C_ED9A_A2FF_A9ED_6491_1795_792C_FD3E, Product, "Java JSSE export"),
    (0x5DE6_D788_91CD_9A75_9D1E_EADA_93BF_0183, Product, "ProFTPD"),
    (0x5F85_6A00_120E_EE6D_6B87_EF8F_596A_EFBB, Survey, "weakdh.org survey"),
    (0x6215_D41B_B617_B390_082B_066D_6856_F8B3, Product, "SKIP"),
    (0x64FC_C83E_C403_930B_F183_93DB_C883_CCAA, Rfc, "RFC 3526 group 5"),
    (0x66D0_BF38_B0BD_FACF_2FDA_E33F_3510_2AB6, Product, "OpenSSL sample"),
    (0x6AB0_CEDF_512E_AD33_F482_7D0A_9AA9_A4B8, Product, "ProFTPD"),
    (0x6B79_F788_0E90_204B_6F8C_B64F_4BEA_6EA6, Product, "ProFTPD"),
    (0x6C86_3838_510B_AB3E_2093_066F_C149_76F0, Product, "Postfix"),
    (0x7255_41D9_1FE7_9BCF_52E6_D965_81D8_3AB8, Product, "SKIP"),
    (0x73B3_91EC_8DA3_3EE1_97AE_D17D_7CFC_E132, Product, "Java DSA default"),
    (0x74A5_CCE5_B6A9_3EB7_55E2_F482_50DC_7CB3, Survey, "weakdh.org survey"),
    (0x770B_14EF_AF6F_0499_29C5_2311_3B3F_A99A, Rfc, "RFC 7919 ffdhe8192"),
    (0x7B65_51EA_6FF0_9BD7_8C24_BEDE_1098_0A15, Product, "HAProxy"),
    (0x7DAF_C874_C199_63C0_DD38_E642_BF1F_3AD9, Product, "Postfix"),
    (0x8057_1B97_F71F_8972_7AB0_C40B_B73B_4F01, Survey, "weakdh.org survey"),
    (0x80B4_21F6_2722_8225_BC69_D267_F5F3_D61E, Product, "ProFTPD"),
    (0x8523_C720_5704_3833_0899_1516_8751_620B, Survey, "weakdh.org survey"),
    (0x8AB7_986E_AA2C_27EB_246D_B536_093C_8147, Product, "LibTomCrypt"),
    (0x8AE4_7DCA_3D24_E9B6_4640_0626_86DA_234D, Product, "nginx before 1.11"),
    (0x8B4F_A096_EB24_14E2_6BAB_EEF0_E3E6_8EB7, Product, "ProFTPD"),
    (0x8BF9_1C38_E2A9_2B25_3A36_2A9B_7C72_3E3A, Product, "LibTomCrypt"),
    (0x984A_91AD_B717_C975_3FD5_2AB8_C465_9B6F, Product, "ProFTPD"),
    (0x9CD3_B7F3_3687_2F46_C094_28D1_BBC1_9877, Rfc, "RFC 7919 ffdhe2048"),
    (0x9E34_8A94_71B7_D123_AA97_071E_3828_8379, Product, "OpenSSL sample"),
    (0x9F5E_9F4E_49F8_4999_26F4_BFD7_CFFC_D0EC, Product, "ProFTPD"),
    (0xA205_2EE3_A461_387E_B489_DFB4_166F_5B91, Product, "ProFTPD"),
    (0xA5BD_EC8C_F036_E2AB_8F8B_4BB6_8C72_6EA8, Product, "ProFTPD"),
    (0xA642_950D_9C2C_DC78_D1E9_659E_FBD2_1D4B, Product, "LibTomCrypt"),
    (0xA67F_41CB_1613_53E0_98A8_15BF_4070_D326, Product, "HAProxy"),
    (0xAC0F_F7A4_15F0_03C6_503D_4C12_6F29_2976, Survey, "weakdh.org survey"),
    (0xAC10_FA3C_5965_CA36_1C07_B351_1140_EB0A, Product, "socat 1.7.3.0 (not a prime, CVE-2016-2217)"),
    (0xAD22_5F93_6784_0E76_AF41_A007_57B8_5EAD, Product, "Postfix"),
    (0xADAF_2D46_3F6F_71D6_15F9_DB38_7A06_8817, Product, "ProFTPD"),
    (0xB222_23EB_A55E_FF07_FDA0_073C_0BB7_F65C, Product, "Postfix"),
    (0xB36A_C84E_5FA8_BD7A_6363_E1FB_9894_56E4, Product, "Postfix"),
    (0xB52B_A6A3_0265_20A6_C49D_37E4_5876_0180, Rfc, "RFC 2409 group 1"),
    (0xB85E_2291_D140_4593_98CF_0CD2_5689_409C, Product, "Postfix"),
    (0xBC19_C041_491E_550F_381D_0941_5A82_E1B3, Survey, "weakdh.org survey"),
    (0xBC66_9273_8478_5251_C604_A383_6E40_4756, Product, "Postfix"),
    (0xBD13_2A9C_3BB1_B0DB_7199_048B_7CA0_0215, Product, "ProFTPD"),
    (0xBD64_6809_C4E2_D255_E708_2482_B991_7C2D, Product, "Postfix"),
    (0xBF91_0D9D_F4E0_B2E7_6CDA_7443_F592_AA11, Product, "Apache mod_ssl 2.2"),
    (0xBFA8_76FE_4671_A9C6_96C8_E256_C13D_7FAD, Product, "Cisco IronPort SMTP"),
    (0xBFE5_4586_2CA1_02AD_1EED_DB5F_BFA5_BF85, Rfc, "RFC 5114 section 2.2"),
    (0xC43B_B4FE_47A6_4133_5004_CA60_6398_421B, Product, "ProFTPD"),
    (0xCC21_A33D_D1A3_EDF4_0BF6_36B5_496E_4AED, Product, "Java DSA default"),
    (0xCE77_28DB_3AED_1119_A82B_9F17_B17D_F9F8, Product, "OpenSSL sample"),
    (0xCF44_C99B_85DA_BECC_EDA3_2D2B_089E_C28F, Product, "ProFTPD"),
    (0xCFB1_4315_E90C_3CE2_41B5_351A_EC1B_FF5E, Product, "ProFTPD"),
    (0xD03F_DC7F_E0F0_D300_624D_D6D8_A168_2855, Product, "socat"),
    (0xD1BF_E6D0_925C_E7E4_DA26_2B62_8615_14A7, Rfc, "RFC 3526 group 17"),
    (0xD2AE_65BF_C245_96C0_333A_3AD5_7A67_565D, Product, "Postfix"),
    (0xD3D1_FA29_23C8_DC2D_A678_3A7F_2E8F_3C08, Product, "ProFTPD"),
    (0xD664_36F7_9BBD_6B2E_38C0_FFBD_079B_E904, Rfc, "RFC 3526 group 14"),
    (0xD6DC_DF13_80FC_F5D1_EDAE_326F_E1E1_DB5B, Product, "LibTomCrypt"),
    (0xD9F6_F2A0_ADB3_427C_BE12_B007_049B_842B, Product, "LibTomCrypt"),
    (0xDB01_E702_8991_66DA_28C9_BC78_96AF_62BC, Product, "Apache mod_ssl 2.2"),
    (0xDEB6_7128_7187_265A_5383_DF13_708D_3A75, Survey, "weakdh.org survey"),
    (0xE2B3_43FA_226B_7109_2716_A0CE_FEA0_64B0, Product, "Postfix"),
    (0xE725_7339_C7B3_C36B_4FE2_7080_2723_E6B2, Product, "ProFTPD"),
    (0xEBA4_EA9C_DAF5_6D1C_93FD_F9B3_58F3_3148, Product, "ProFTPD"),
    (0xEE30_2F14_9664_DECF_1B36_4551_3266_25CF, Product, "Postfix"),
    (0xEE54_83FE_4B96_CAA1_0CB5_B863_EC40_9AAB, Product, "Java DSA default"),
    (0xEF62_7D8C_C441_44F3_6A07_5D8D_D851_1BBD, Product, "Postfix"),
    (0xF17D_AFF1_4130_23F2_99AE_1A1A_309F_C495, Product, "ProFTPD"),
    (0xF26E_2403_F3F0_7946_6544_0490_9F0F_F81D, Product, "OpenSSL sample"),
    (0xF5B0_F0DB_19C1_FFB9_EDD4_8C27_D552_E0C6, Product, "Postfix"),
    (0xF79D_1DB3_C955_A28F_DECA_4626_70A0_712E, Product, "Apache mod_ssl 2.2"),
    (0xFB2D_E97C_E408_F3D2_B00C_DA7E_436E_0E9F, Product, "ProFTPD"),
];

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;

    /// A natural number in 32-bit limbs, the least first: as much arithmetic as the formulas need.
    #[derive(Clone)]
    struct Natural(Vec<u32>);

    impl Natural {
        /// `2^exponent` in as many limbs as numbers of `bits` need.
        fn power_of_two(exponent: usize, bits: usize) -> Self {
            let mut limbs = vec![0; bits / 32 + 1];
            limbs[exponent / 32] = 1 << (exponent % 32);
            Self(limbs)
        }

        fn divide(&mut self, divisor: u64) {
            let mut rest = 0;
            for limb in self.0.iter_mut().rev() {
                let part = (rest << 32) | u64::from(*limb);
                *limb = u32::try_from(part / divisor).unwrap();
                rest = part % divisor;
            }
        }

        fn multiply(&mut self, factor: u64) {
            let mut carry = 0;
            for limb in &mut self.0 {
                let part = u64::from(*limb) * factor + carry;
                *limb = u32::try_from(part & 0xFFFF_FFFF).unwrap();
                carry = part >> 32;
            }
            assert_eq!(carry, 0);
        }

        fn add(&mut self, other: &Self) {
            let mut carry = 0;
            for (limb, other) in self
                .0
                .iter_mut()
                .zip(other.0.iter().chain(iter::repeat(&0)))
            {
                let part = u64::from(*limb) + u64::from(*other) + carry;
                *limb = u32::try_from(part & 0xFFFF_FFFF).unwrap();
                carry = part >> 32;
            }
            assert_eq!(carry, 0);
        }

        fn subtract(&mut self, other: &Self) {
            let mut borrow = 0;
            for (limb, other) in self
                .0
                .iter_mut()
                .zip(other.0.iter().chain(iter::repeat(&0)))
            {
                let part = i64::from(*limb) - i64::from(*other) - borrow;
                borrow = i64::from(part < 0);
                *limb = u32::try_from(part & 0xFFFF_FFFF).unwrap();
            }
            assert_eq!(borrow, 0);
        }

        fn shift_right(&mut self, bits: usize) {
            self.0.drain(..bits / 32);
            self.divide(1 << (bits % 32));
        }

        fn shift_left(&mut self, bits: usize) {
            self.multiply(1 << (bits % 32));
            self.0.splice(..0, iter::repeat_n(0, bits / 32));
        }

        fn is_zero(&self) -> bool {
            self.0.iter().all(|limb| *limb == 0)
        }

        fn to_bytes(&self) -> Vec<u8> {
            self.0
                .iter()
                .rev()
                .flat_map(|limb| limb.to_be_bytes())
                .collect()
        }
    }

    /// Bits after the point, beyond those that a formula asks for.
    const GUARD: usize = 64;

    /// `floor(2^exponent * e)`, as the sum of `1 / n!`.
    fn e(exponent: usize) -> Natural {
        let mut term = Natural::power_of_two(exponent + GUARD, exponent + GUARD + 32);
        let mut sum = term.clone();
        for n in 1.. {
            term.divide(n);
            if term.is_zero() {
                break;
            }
            sum.add(&term);
        }
        sum.shift_right(GUARD);
        sum
    }

    /// `floor(2^exponent * pi)`, after Machin: `16 arctan(1/5) - 4 arctan(1/239)`.
    fn pi(exponent: usize) -> Natural {
        let arctan = |inverse: u64, factor: u64| {
            let mut power = Natural::power_of_two(exponent + GUARD, exponent + GUARD + 32);
            power.multiply(factor);
            power.divide(inverse);
            let (mut plus, mut minus) = (power.clone(), Natural(vec![0; power.0.len()]));
            for n in 1.. {
                power.divide(inverse * inverse);
                let mut term = power.clone();
                term.divide(2 * n + 1);
                if term.is_zero() {
                    break;
                }
                if n % 2 == 0 { &mut plus } else { &mut minus }.add(&term);
            }
            plus.subtract(&minus);
            plus
        };
        let mut pi = arctan(5, 16);
        pi.subtract(&arctan(239, 4));
        pi.shift_right(GUARD);
        pi
    }

    /// `2^bits - 2^(bits-64) + (floor(2^(bits-130) * constant) + offset) * 2^64 - 1`.
    fn prime(bits: usize, constant: fn(usize) -> Natural, offset: u64) -> Vec<u8> {
        let mut middle = constant(bits - 130);
        // The sum of constant and offset, with room for the shift.
        middle.0.resize(bits / 32, 0);
        middle.add(&Natural(vec![
            u32::try_from(offset & 0xFFFF_FFFF).unwrap(),
            u32::try_from(offset >> 32).unwrap(),
        ]));
        middle.shift_left(64);
        let mut prime = Natural::power_of_two(bits, bits + 32);
        prime.subtract(&Natural::power_of_two(bits - 64, bits));
        prime.add(&middle);
        prime.subtract(&Natural(vec![1]));
        prime.to_bytes()
    }

    #[test]
    fn primes_made_from_pi_are_recognised() {
        // RFC 2409 section 6, RFC 3526.
        for (name, bits, offset) in [
            ("RFC 2409 group 1", 768, 149_686),
            ("RFC 2409 group 2", 1024, 129_093),
            ("RFC 3526 group 5", 1536, 741_804),
            ("RFC 3526 group 14", 2048, 124_476),
            ("RFC 3526 group 15", 3072, 1_690_314),
            ("RFC 3526 group 16", 4096, 240_904),
            ("RFC 3526 group 17", 6144, 929_484),
            ("RFC 3526 group 18", 8192, 4_743_158),
        ] {
            let seen = well_known(&prime(bits, pi, offset));
            let expected = WellKnownPrime {
                name,
                bits: u16::try_from(bits).unwrap(),
                origin: Rfc,
            };
            assert_eq!(seen, Some(expected), "{name}");
        }
    }

    #[test]
    fn primes_made_from_e_are_recognised() {
        // RFC 7919 appendix A.
        for (name, bits, offset) in [
            ("RFC 7919 ffdhe2048", 2048, 560_316),
            ("RFC 7919 ffdhe3072", 3072, 2_625_351),
            ("RFC 7919 ffdhe4096", 4096, 5_736_041),
            ("RFC 7919 ffdhe6144", 6144, 15_705_020),
            ("RFC 7919 ffdhe8192", 8192, 10_965_728),
        ] {
            let seen = well_known(&prime(bits, e, offset)).map(|it| (it.name, it.origin));
            assert_eq!(seen, Some((name, Rfc)));
        }
    }

    #[test]
    fn a_product_is_recognised_by_its_prime() {
        let hex = "D87780E15FF50B4ABBE89870188B049406B5BEA98AB23A0241D88EA75B7755E6\
                   69C08093D3F0CA7FC3A5A25CF067DCB9A43DD89D1D90921C6328884461E0B6D3";
        let prime = data_encoding::HEXUPPER.decode(hex.as_bytes()).unwrap();
        let seen = well_known(&prime).unwrap();
        assert_eq!(
            (seen.name, seen.bits, seen.origin),
            ("Java JSSE export", 512, Product)
        );
        // Servers may send a zero in front.
        let padded = [&[0, 0][..], &prime].concat();
        assert_eq!(well_known(&padded), Some(seen));
    }

    #[test]
    fn other_numbers_are_not() {
        let mut near = prime(2048, pi, 124_476);
        *near.last_mut().unwrap() ^= 2;
        assert_eq!(well_known(&near), None);
        assert_eq!(well_known(&[]), None);
        assert_eq!(well_known(&[0, 0]), None);
        assert_eq!(well_known(&vec![0xFF; 20_000]), None);
    }

    #[test]
    fn table_ascends() {
        assert!(PRIMES.is_sorted_by(|one, next| one.0 < next.0));
        let surveyed = PRIMES.iter().filter(|row| row.1 == Survey).count();
        assert_eq!(surveyed, 10);
    }
}
