//! What the tables must hold.

use std::collections::BTreeSet;

use super::super::{CipherSuite, Encryption, KeyExchange, Mac, Mode, ProtocolVersion, Strength};
use super::registry::ROWS;
use super::*;

const SSLV3: ProtocolVersion = ProtocolVersion::SSLV3;
const TLSV1: ProtocolVersion = ProtocolVersion::TLSV1;
const TLSV1_1: ProtocolVersion = ProtocolVersion::TLSV1_1;
const TLSV1_2: ProtocolVersion = ProtocolVersion::TLSV1_2;
const TLSV1_3: ProtocolVersion = ProtocolVersion::TLSV1_3;

fn known(code: u16) -> Properties {
    let suite = CipherSuite(code);
    suite
        .properties()
        .unwrap_or_else(|| panic!("{suite} does not parse"))
}

#[test]
fn table_ascends_and_names_lead_back() {
    assert!(ROWS.is_sorted_by(|one, next| one.0 < next.0));
    let mut names = BTreeSet::new();
    for suite in CipherSuite::all() {
        let name = suite.name().unwrap();
        assert!(names.insert(name), "{name} stands there twice");
        assert_eq!(CipherSuite::try_from(name.to_owned()), Ok(suite));
        assert_eq!(CipherSuite::try_from(suite.code()), Ok(suite));
    }
}

#[test]
fn registry_is_whole() {
    let count = |standing| ROWS.iter().filter(|row| row.1 == standing).count();
    assert_eq!(count(Standing::Yes), 14);
    assert_eq!(count(Standing::Discouraged), 244);
    assert_eq!(count(Standing::No), 96);
    assert_eq!(count(Standing::Draft), 14);
    assert_eq!(count(Standing::Private), 28);
}

#[test]
fn every_suite_parses_and_is_older_than_its_last_version() {
    for suite in CipherSuite::all() {
        let properties = known(suite.0);
        let (first, last) = properties.versions();
        assert!(first <= last, "{suite}");
        assert_eq!(properties.is_null(), properties.bits == 0, "{suite}");
        assert_eq!(properties.is_aead(), properties.mac == Mac::Aead, "{suite}");
        assert_ne!(suite.strength(), Strength::Unknown, "{suite}");
    }
}

#[test]
fn signalling_values_have_names_and_are_no_suites() {
    for (signal, name) in [
        (
            EMPTY_RENEGOTIATION_INFO_SCSV,
            "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
        ),
        (FALLBACK_SCSV, "TLS_FALLBACK_SCSV"),
    ] {
        assert_eq!(signal.to_string(), name);
        assert_eq!(CipherSuite::try_from(name.to_owned()), Ok(signal));
        assert_eq!(signal.properties(), None);
        assert!(CipherSuite::all().all(|suite| suite != signal));
    }
}

#[test]
fn unknown_numbers_are_numbers() {
    // GREASE (RFC 8701) and a hole in the registry.
    for code in [0x0A0A, 0x0047] {
        let suite = CipherSuite(code);
        assert_eq!(suite.name(), None);
        assert_eq!(suite.short(), suite.code());
        assert_eq!(suite.properties(), None);
        assert_eq!(suite.strength(), Strength::Unknown);
        assert!(!suite.is_tls13() && !suite.fits(TLSV1_2) && !suite.fits(TLSV1_3));
    }
}

#[test]
#[rustfmt::skip]
fn properties_of_every_family() {
    use Authentication as A;
    use Encryption as E;
    use KeyExchange as K;
    let rows = [
        (0x0000, K::Null, A::Null, E::Null, Mode::Null, 0, Mac::Null),
        (0x0001, K::Rsa, A::Rsa, E::Null, Mode::Null, 0, Mac::Md5),
        (0x0003, K::Rsa, A::Rsa, E::Rc4, Mode::Stream, 40, Mac::Md5),
        (0x0005, K::Rsa, A::Rsa, E::Rc4, Mode::Stream, 128, Mac::Sha1),
        (0x0006, K::Rsa, A::Rsa, E::Rc2, Mode::Cbc, 40, Mac::Md5),
        (0x0007, K::Rsa, A::Rsa, E::Idea, Mode::Cbc, 128, Mac::Sha1),
        (0x0009, K::Rsa, A::Rsa, E::Des, Mode::Cbc, 56, Mac::Sha1),
        (0x000A, K::Rsa, A::Rsa, E::TripleDes, Mode::Cbc, 112, Mac::Sha1),
        (0x000B, K::Dh, A::Dss, E::Des, Mode::Cbc, 40, Mac::Sha1),
        (0x0014, K::Dhe, A::Rsa, E::Des, Mode::Cbc, 40, Mac::Sha1),
        (0x0017, K::Dhe, A::Anonymous, E::Rc4, Mode::Stream, 40, Mac::Md5),
        (0x0026, K::Kerberos, A::Kerberos, E::Des, Mode::Cbc, 40, Mac::Sha1),
        (0x002E, K::Rsa, A::RsaPsk, E::Null, Mode::Null, 0, Mac::Sha1),
        (0x0032, K::Dhe, A::Dss, E::Aes, Mode::Cbc, 128, Mac::Sha1),
        (0x003D, K::Rsa, A::Rsa, E::Aes, Mode::Cbc, 256, Mac::Sha256),
        (0x0061, K::Rsa, A::Rsa, E::Rc2, Mode::Cbc, 56, Mac::Md5),
        (0x0066, K::Dhe, A::Dss, E::Rc4, Mode::Stream, 128, Mac::Sha1),
        (0x006F, K::Tls13, A::Tls13, E::Ascon, Mode::Aead, 128, Mac::Aead),
        (0x0071, K::Tls13, A::Tls13, E::Aes, Mode::Ccm, 128, Mac::Aead),
        (0x0080, K::Gost, A::Gost, E::Gost28147, Mode::Counter, 256, Mac::Imit),
        (0x0083, K::Gost, A::Gost, E::Null, Mode::Null, 0, Mac::Gost3411),
        (0x0096, K::Rsa, A::Rsa, E::Seed, Mode::Cbc, 128, Mac::Sha1),
        (0x00A0, K::Dh, A::Rsa, E::Aes, Mode::Gcm, 128, Mac::Aead),
        (0x00AE, K::Psk, A::Psk, E::Aes, Mode::Cbc, 128, Mac::Sha256),
        (0x00C6, K::Tls13, A::Tls13, E::Sm4, Mode::Gcm, 128, Mac::Aead),
        (0x1302, K::Tls13, A::Tls13, E::Aes, Mode::Gcm, 256, Mac::Aead),
        (0x1305, K::Tls13, A::Tls13, E::Aes, Mode::Ccm8, 128, Mac::Aead),
        (0x1306, K::Tls13, A::Tls13, E::Aegis, Mode::Aead, 256, Mac::Aead),
        (0x16B9, K::Cecpq1, A::Rsa, E::Aes, Mode::Gcm, 256, Mac::Aead),
        (0xC004, K::Ecdh, A::Ecdsa, E::Aes, Mode::Cbc, 128, Mac::Sha1),
        (0xC016, K::Ecdhe, A::Anonymous, E::Rc4, Mode::Stream, 128, Mac::Sha1),
        (0xC01D, K::Srp, A::Password, E::Aes, Mode::Cbc, 128, Mac::Sha1),
        (0xC021, K::Srp, A::Rsa, E::Aes, Mode::Cbc, 256, Mac::Sha1),
        (0xC024, K::Ecdhe, A::Ecdsa, E::Aes, Mode::Cbc, 256, Mac::Sha384),
        (0xC02F, K::Ecdhe, A::Rsa, E::Aes, Mode::Gcm, 128, Mac::Aead),
        (0xC061, K::Ecdhe, A::Rsa, E::Aria, Mode::Gcm, 256, Mac::Aead),
        (0xC077, K::Ecdhe, A::Rsa, E::Camellia, Mode::Cbc, 256, Mac::Sha384),
        (0xC09C, K::Rsa, A::Rsa, E::Aes, Mode::Ccm, 128, Mac::Aead),
        (0xC0AB, K::Dhe, A::Psk, E::Aes, Mode::Ccm8, 256, Mac::Aead),
        (0xC0B3, K::Eccpwd, A::Password, E::Aes, Mode::Ccm, 256, Mac::Aead),
        (0xC0B4, K::Tls13, A::Tls13, E::Null, Mode::Null, 0, Mac::Sha256),
        (0xC100, K::Gost, A::Gost, E::Kuznyechik, Mode::Counter, 256, Mac::Omac),
        (0xC106, K::Tls13, A::Tls13, E::Magma, Mode::Mgm, 256, Mac::Aead),
        (0xCC13, K::Ecdhe, A::Rsa, E::ChaCha20, Mode::Poly1305, 256, Mac::Aead),
        (0xCCA9, K::Ecdhe, A::Ecdsa, E::ChaCha20, Mode::Poly1305, 256, Mac::Aead),
        (0xD003, K::Ecdhe, A::Psk, E::Aes, Mode::Ccm8, 128, Mac::Aead),
        (0xE013, K::Sm2, A::Sm2, E::Sm4, Mode::Cbc, 128, Mac::Sm3),
        (0xE055, K::Sm9Dhe, A::Sm9, E::Sm4, Mode::Gcm, 128, Mac::Aead),
        (0xE102, K::Ecdhe, A::Sm2, E::Sm4, Mode::Cbc, 128, Mac::Sm3),
        (0xFEFE, K::Rsa, A::Rsa, E::Des, Mode::Cbc, 56, Mac::Sha1),
        (0xFF00, K::Gost, A::Rsa, E::Gost28147, Mode::Counter, 256, Mac::Md5),
        (0xFF85, K::Gost, A::Gost, E::Gost28147, Mode::Counter, 256, Mac::Imit),
    ];
    for (code, key_exchange, authentication, encryption, mode, bits, mac) in rows {
        let seen = known(code);
        assert_eq!(
            (seen.key_exchange, seen.authentication, seen.encryption, seen.mode, seen.bits, seen.mac),
            (key_exchange, authentication, encryption, mode, bits, mac),
            "{}", CipherSuite(code)
        );
    }
}

#[test]
fn export_is_what_the_name_says() {
    for suite in CipherSuite::all() {
        let said = suite.name().unwrap().contains("EXPORT");
        assert_eq!(known(suite.0).is_export(), said, "{suite}");
    }
    assert_eq!(
        CipherSuite::all()
            .filter(|it| known(it.0).is_export())
            .count(),
        21
    );
}

#[test]
fn recommended_is_the_column_of_the_registry() {
    let yes: Vec<u16> = CipherSuite::all()
        .filter(|suite| known(suite.0).recommended == Recommended::Yes)
        .map(|suite| suite.0)
        .collect();
    assert_eq!(
        yes,
        [
            0x1301, 0x1302, 0x1303, 0x1304, 0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9, 0xCCAC,
            0xD001, 0xD002, 0xD005
        ]
    );
    for suite in CipherSuite::all() {
        let it = known(suite.0);
        if it.recommended == Recommended::Yes {
            assert_eq!(suite.strength(), Strength::Strong, "{suite}");
        }
        if it.registration != Registration::Iana {
            assert_eq!(it.recommended, Recommended::No, "{suite}");
        }
    }
    // The key exchanges that draft-ietf-tls-deprecate-obsolete-kex gives up, and NULL of RFC 9847.
    for code in [0x002F, 0x009E, 0xC02D, 0xC0B4] {
        assert_eq!(known(code).recommended, Recommended::Discouraged);
    }
    // CBC alone is no reason.
    for code in [0xC013, 0xC027, 0x008C] {
        assert_eq!(known(code).recommended, Recommended::No);
    }
}

#[test]
fn versions_follow_the_documents() {
    for (code, first, last) in [
        (0x0003, SSLV3, TLSV1),
        (0x0062, SSLV3, TLSV1),
        (0x0009, SSLV3, TLSV1_1),
        (0x0007, SSLV3, TLSV1_1),
        (0x000A, SSLV3, TLSV1_2),
        (0x0005, SSLV3, TLSV1_2),
        (0x002F, SSLV3, TLSV1_2),
        (0x003C, TLSV1_2, TLSV1_2),
        (0x003B, TLSV1_2, TLSV1_2),
        (0x009C, TLSV1_2, TLSV1_2),
        (0xC013, TLSV1, TLSV1_2),
        (0xC027, TLSV1_2, TLSV1_2),
        (0x00AE, TLSV1, TLSV1_2),
        (0xC037, TLSV1, TLSV1_2),
        (0xC064, TLSV1_2, TLSV1_2),
        (0x00A8, TLSV1_2, TLSV1_2),
        (0x0081, TLSV1, TLSV1_2),
        (0xC102, TLSV1_2, TLSV1_2),
        (0x1301, TLSV1_3, TLSV1_3),
        (0x00C6, TLSV1_3, TLSV1_3),
        (0xC0B4, TLSV1_3, TLSV1_3),
        (0xC103, TLSV1_3, TLSV1_3),
        (0x006E, TLSV1_3, TLSV1_3),
    ] {
        let suite = CipherSuite(code);
        for version in [SSLV3, TLSV1, TLSV1_1, TLSV1_2, TLSV1_3] {
            let fits = (first..=last).contains(&version);
            assert_eq!(suite.fits(version), fits, "{suite} in {version}");
        }
        assert_eq!(suite.is_tls13(), first == TLSV1_3, "{suite}");
    }
    let tlcp = CipherSuite(0xE013);
    assert!(tlcp.fits(ProtocolVersion(0x0101)) && !tlcp.fits(TLSV1_2));
    assert!(!CipherSuite(0x0000).fits(TLSV1_2));
}

#[test]
fn strength_is_judged_on_both_sides_of_each_line() {
    for (code, strength) in [
        // Encryption or none; authentication or none.
        (0x0002, Strength::Insecure),
        (0xC0B4, Strength::Insecure),
        (0x00A6, Strength::Insecure),
        (0xC018, Strength::Insecure),
        // Full length or export; a stream with a bias; 56 bits or 112.
        (0x0064, Strength::Insecure),
        (0x0006, Strength::Insecure),
        (0x0005, Strength::Insecure),
        (0x0009, Strength::Insecure),
        (0x000A, Strength::Weak),
        // Blocks of 64 bits or 128.
        (0xC012, Strength::Weak),
        (0x0007, Strength::Weak),
        (0xC102, Strength::Weak),
        (0xC104, Strength::Weak),
        (0x0096, Strength::Legacy),
        (0xC100, Strength::Legacy),
        (0xC103, Strength::Strong),
        // MD5 with a sound cipher does not occur, save with GOST.
        (0xFF00, Strength::Weak),
        // Forward secrecy or none; AEAD or none; whole tag or short.
        (0x009C, Strength::Legacy),
        (0xC031, Strength::Legacy),
        (0x009E, Strength::Strong),
        (0xC027, Strength::Legacy),
        (0xC02F, Strength::Strong),
        (0xC0AE, Strength::Legacy),
        (0xC0AC, Strength::Strong),
        (0x1305, Strength::Legacy),
        (0x1304, Strength::Strong),
        (0x00A8, Strength::Legacy),
        (0x00AA, Strength::Strong),
        // Registered or not.
        (0xCC13, Strength::Legacy),
        (0xCCA8, Strength::Strong),
        (0xE051, Strength::Legacy),
        (0x00C6, Strength::Strong),
    ] {
        let suite = CipherSuite(code);
        assert_eq!(suite.strength(), strength, "{suite}");
    }
}

#[test]
fn whoever_needs_a_shared_secret_says_so() {
    for (code, needed) in [
        (0x008C, true),
        (0x0094, true),
        (0xC021, true),
        (0xC0B0, true),
        (0x001E, true),
        (0x002F, false),
        (0x1301, false),
        (0xC018, false),
    ] {
        let it = known(code);
        assert_eq!(it.needs_shared_secret(), needed, "{code:#06X}");
    }
}

#[test]
fn openssl_names_are_those_of_cipher_strings() {
    for (code, name) in [
        (0x0003, Some("EXP-RC4-MD5")),
        (0x002F, Some("AES128-SHA")),
        (0x0016, Some("EDH-RSA-DES-CBC3-SHA")),
        (0xC02F, Some("ECDHE-RSA-AES128-GCM-SHA256")),
        (0xCCA9, Some("ECDHE-ECDSA-CHACHA20-POLY1305")),
        (0x1301, Some("TLS_AES_128_GCM_SHA256")),
        (0xC0AE, Some("ECDHE-ECDSA-AES128-CCM8")),
        (0xC018, Some("AECDH-AES128-SHA")),
        // OpenSSL has ARIA in GCM only, and never had the drafts under an official name.
        (0xC04C, None),
        (0xCC13, None),
    ] {
        assert_eq!(CipherSuite(code).openssl_name(), name);
    }
    let names: BTreeSet<_> = CipherSuite::all()
        .filter_map(CipherSuite::openssl_name)
        .collect();
    assert_eq!(names.len(), 272);
}

#[test]
fn short_names_are_short_and_tell_suites_apart() {
    let mut names = BTreeSet::new();
    for suite in CipherSuite::all() {
        let short = suite.short();
        assert!(short.len() <= suite.to_string().len(), "{short}");
        assert!(names.insert(short), "{suite}");
    }
    for (code, short) in [
        (0xC02F, "ECDHE-RSA-AES128-GCM-SHA256"),
        (0xC04C, "ECDHE-RSA-ARIA128-CBC-SHA256"),
        (0xC0B0, "ECCPWD-AES128-GCM-SHA256"),
        (0xCC13, "ECDHE-RSA-CHACHA20-POLY1305-SHA256-OLD"),
        (0xC0B4, "TLS_SHA256_SHA256"),
        (0xE011, "TLCP_ECDHE_SM4_CBC_SM3"),
    ] {
        assert_eq!(CipherSuite(code).short(), short);
    }
}
