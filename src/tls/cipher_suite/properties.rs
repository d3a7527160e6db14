//! What a suite consists of, read from its name.
//!
//! A name is `TLS_<key exchange>_<authentication>_WITH_<cipher>_<hash>` up to TLS 1.2 and `TLS_<cipher>_<hash>` since; the few
//! that are neither stand in the tables, too.

use super::super::ProtocolVersion;
use super::super::registration::{Recommended, Registration};
use super::Strength;

/// What a cipher suite consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Properties {
    /// How the two sides come to a secret.
    pub key_exchange: KeyExchange,
    /// How the server proves who it is.
    pub authentication: Authentication,
    /// The cipher.
    pub encryption: Encryption,
    /// How the cipher is used.
    pub mode: Mode,
    /// Bits that an attacker has to try, at most: 112 for 3DES, 40 for export ciphers, 0 without encryption.
    pub bits: u16,
    /// What protects a record against change.
    pub mac: Mac,
    /// Whether the suite is cut down to what the United States let out before 2000.
    pub export: bool,
    /// IANA's column "Recommended".
    pub recommended: Recommended,
    /// Where the code point comes from.
    pub registration: Registration,
}

/// Gives an enum the words of its variants, from one list.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant),*
        }

        impl $name {
            /// Returns the word for reports.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),*
                }
            }
        }
    };
}

words! {
    /// How the two sides come to a secret.
    KeyExchange {
        /// Not at all: the state before the first handshake.
        Null = "none",
        /// The client encrypts a secret for the server's certificate.
        Rsa = "RSA",
        /// Diffie-Hellman with the key in the certificate.
        Dh = "DH",
        /// Diffie-Hellman with a key for the connection.
        Dhe = "DHE",
        /// Elliptic curves with the key in the certificate.
        Ecdh = "ECDH",
        /// Elliptic curves with a key for the connection.
        Ecdhe = "ECDHE",
        /// A shared key and nothing else.
        Psk = "PSK",
        /// A Kerberos ticket (RFC 2712).
        Kerberos = "Kerberos",
        /// Secure Remote Password (RFC 5054).
        Srp = "SRP",
        /// A password over elliptic curves (RFC 8492).
        Eccpwd = "ECCPWD",
        /// Key transport to the GOST key in the certificate (RFC 9189).
        Gost = "GOST",
        /// X25519 with `NewHope`, Google's experiment of 2016.
        Cecpq1 = "CECPQ1",
        /// Encryption to the SM2 key in the certificate (GB/T 38636).
        Sm2 = "SM2",
        /// Encryption to an SM9 identity (GB/T 38636 IBC).
        Sm9 = "SM9",
        /// SM9 with a key for the connection (GB/T 38636 IBSDH).
        Sm9Dhe = "SM9DHE",
        /// Negotiated in extensions of TLS 1.3: elliptic curves, finite fields, ML-KEM or PSK.
        Tls13 = "TLS 1.3",
    }
}

words! {
    /// How the server proves who it is.
    Authentication {
        /// Not at all: the state before the first handshake.
        Null = "none",
        /// Not at all, by agreement.
        Anonymous = "anonymous",
        /// An RSA certificate.
        Rsa = "RSA",
        /// A DSA certificate.
        Dss = "DSS",
        /// An ECDSA or `EdDSA` certificate (RFC 8422).
        Ecdsa = "ECDSA",
        /// A shared key.
        Psk = "PSK",
        /// An RSA certificate and a shared key (RFC 4279 section 4).
        RsaPsk = "RSA and PSK",
        /// A Kerberos ticket.
        Kerberos = "Kerberos",
        /// The password that the client knows, too.
        Password = "password",
        /// A GOST certificate.
        Gost = "GOST",
        /// An SM2 certificate.
        Sm2 = "SM2",
        /// An SM9 identity.
        Sm9 = "SM9",
        /// Negotiated in extensions of TLS 1.3.
        Tls13 = "TLS 1.3",
    }
}

words! {
    /// The cipher.
    Encryption {
        /// None.
        Null = "NULL",
        /// AES.
        Aes = "AES",
        /// ARIA (RFC 5794).
        Aria = "ARIA",
        /// Camellia (RFC 3713).
        Camellia = "Camellia",
        /// `ChaCha20` (RFC 8439).
        ChaCha20 = "ChaCha20",
        /// SEED (RFC 4269).
        Seed = "SEED",
        /// SM4 (GB/T 32907).
        Sm4 = "SM4",
        /// AEGIS (draft-irtf-cfrg-aegis-aead).
        Aegis = "AEGIS",
        /// Ascon (NIST SP 800-232).
        Ascon = "Ascon",
        /// GOST R 34.12-2015 with blocks of 128 bits (RFC 7801).
        Kuznyechik = "Kuznyechik",
        /// GOST R 34.12-2015 with blocks of 64 bits (RFC 8891).
        Magma = "Magma",
        /// GOST 28147-89, blocks of 64 bits (RFC 5830).
        Gost28147 = "GOST 28147",
        /// Three times DES, blocks of 64 bits.
        TripleDes = "3DES",
        /// DES, blocks of 64 bits, in the export suites with 40 bits of key.
        Des = "DES",
        /// IDEA, blocks of 64 bits.
        Idea = "IDEA",
        /// RC2, blocks of 64 bits.
        Rc2 = "RC2",
        /// RC4, a stream of bytes with a bias in it.
        Rc4 = "RC4",
    }
}

words! {
    /// How the cipher is used.
    Mode {
        /// There is no cipher.
        Null = "none",
        /// A stream of bytes.
        Stream = "stream",
        /// Cipher block chaining.
        Cbc = "CBC",
        /// A counter (GOST's CNT and CTR).
        Counter = "counter",
        /// Galois/Counter Mode (RFC 5288).
        Gcm = "GCM",
        /// Counter with CBC-MAC (RFC 6655).
        Ccm = "CCM",
        /// CCM with a tag of 8 bytes in place of 16.
        Ccm8 = "CCM_8",
        /// With Poly1305 (RFC 7905).
        Poly1305 = "Poly1305",
        /// Multilinear Galois Mode (RFC 9058).
        Mgm = "MGM",
        /// The cipher is an AEAD by itself.
        Aead = "AEAD",
    }
}

words! {
    /// What protects a record against change.
    Mac {
        /// Nothing.
        Null = "none",
        /// The mode itself.
        Aead = "AEAD",
        /// HMAC-MD5, in SSL 3.0 its forerunner.
        Md5 = "MD5",
        /// HMAC-SHA-1, in SSL 3.0 its forerunner.
        Sha1 = "SHA-1",
        /// HMAC-SHA-256.
        Sha256 = "SHA-256",
        /// HMAC-SHA-384.
        Sha384 = "SHA-384",
        /// HMAC-SM3.
        Sm3 = "SM3",
        /// HMAC with GOST R 34.11-94, in the suites of GOST R 34.10-2012 with Streebog.
        Gost3411 = "GOST R 34.11",
        /// GOST 28147-89 IMIT.
        Imit = "IMIT",
        /// One-key MAC (RFC 9189).
        Omac = "OMAC",
    }
}

/// Key exchange and authentication, by what stands before `_WITH_`.
const METHODS: &[(&str, KeyExchange, Authentication)] = &[
    ("NULL", KeyExchange::Null, Authentication::Null),
    ("RSA", KeyExchange::Rsa, Authentication::Rsa),
    ("RSA_FIPS", KeyExchange::Rsa, Authentication::Rsa),
    ("RSA_OLDFIPS", KeyExchange::Rsa, Authentication::Rsa),
    ("RSA_PSK", KeyExchange::Rsa, Authentication::RsaPsk),
    ("DH_DSS", KeyExchange::Dh, Authentication::Dss),
    ("DH_RSA", KeyExchange::Dh, Authentication::Rsa),
    ("DHE_DSS", KeyExchange::Dhe, Authentication::Dss),
    ("DHE_RSA", KeyExchange::Dhe, Authentication::Rsa),
    ("DHE_PSK", KeyExchange::Dhe, Authentication::Psk),
    // RFC 6655 turned the words around in two names.
    ("PSK_DHE", KeyExchange::Dhe, Authentication::Psk),
    // The name says DH, and both sides make a key for the connection (RFC 5246 section 7.4.3).
    ("DH_anon", KeyExchange::Dhe, Authentication::Anonymous),
    ("ECDH_ECDSA", KeyExchange::Ecdh, Authentication::Ecdsa),
    ("ECDH_RSA", KeyExchange::Ecdh, Authentication::Rsa),
    ("ECDHE_ECDSA", KeyExchange::Ecdhe, Authentication::Ecdsa),
    ("ECDHE_RSA", KeyExchange::Ecdhe, Authentication::Rsa),
    ("ECDHE_PSK", KeyExchange::Ecdhe, Authentication::Psk),
    ("ECDH_anon", KeyExchange::Ecdhe, Authentication::Anonymous),
    ("PSK", KeyExchange::Psk, Authentication::Psk),
    ("KRB5", KeyExchange::Kerberos, Authentication::Kerberos),
    ("SRP_SHA", KeyExchange::Srp, Authentication::Password),
    ("SRP_SHA_RSA", KeyExchange::Srp, Authentication::Rsa),
    ("SRP_SHA_DSS", KeyExchange::Srp, Authentication::Dss),
    ("ECCPWD", KeyExchange::Eccpwd, Authentication::Password),
    ("CECPQ1_RSA", KeyExchange::Cecpq1, Authentication::Rsa),
    ("CECPQ1_ECDSA", KeyExchange::Cecpq1, Authentication::Ecdsa),
    ("GOSTR341094", KeyExchange::Gost, Authentication::Gost),
    ("GOSTR341094_RSA", KeyExchange::Gost, Authentication::Rsa),
    ("GOSTR341001", KeyExchange::Gost, Authentication::Gost),
    ("GOSTR341112_256", KeyExchange::Gost, Authentication::Gost),
    ("ECDHE_SM2", KeyExchange::Ecdhe, Authentication::Sm2),
];

/// Key exchange and authentication of TLCP (GB/T 38636), where no `_WITH_` divides the name.
const TLCP_METHODS: &[(&str, KeyExchange, Authentication)] = &[
    ("ECDHE", KeyExchange::Ecdhe, Authentication::Sm2),
    ("ECC", KeyExchange::Sm2, Authentication::Sm2),
    ("IBSDH", KeyExchange::Sm9Dhe, Authentication::Sm9),
    ("IBC", KeyExchange::Sm9, Authentication::Sm9),
    ("RSA", KeyExchange::Rsa, Authentication::Rsa),
];

/// Cipher, mode and bits, by how the rest of the name begins. A longer beginning stands before a shorter one.
const CIPHERS: &[(&str, Encryption, Mode, u16)] = &[
    ("NULL", Encryption::Null, Mode::Null, 0),
    // The integrity-only suites of TLS 1.3 name the MAC first (RFC 9150).
    ("SHA256", Encryption::Null, Mode::Null, 0),
    ("SHA384", Encryption::Null, Mode::Null, 0),
    ("RC4_40", Encryption::Rc4, Mode::Stream, 40),
    ("RC4_56", Encryption::Rc4, Mode::Stream, 56),
    ("RC4_128", Encryption::Rc4, Mode::Stream, 128),
    ("RC2_CBC_40", Encryption::Rc2, Mode::Cbc, 40),
    ("RC2_CBC_56", Encryption::Rc2, Mode::Cbc, 56),
    ("IDEA_CBC", Encryption::Idea, Mode::Cbc, 128),
    ("DES40_CBC", Encryption::Des, Mode::Cbc, 40),
    ("DES_CBC_40", Encryption::Des, Mode::Cbc, 40),
    ("DES_CBC", Encryption::Des, Mode::Cbc, 56),
    // Meeting in the middle leaves two keys of three (NIST SP 800-57 part 1, table 2).
    ("3DES_EDE_CBC", Encryption::TripleDes, Mode::Cbc, 112),
    ("AES_128_CBC", Encryption::Aes, Mode::Cbc, 128),
    ("AES_256_CBC", Encryption::Aes, Mode::Cbc, 256),
    ("AES_128_GCM", Encryption::Aes, Mode::Gcm, 128),
    ("AES_256_GCM", Encryption::Aes, Mode::Gcm, 256),
    ("AES_128_CCM_8", Encryption::Aes, Mode::Ccm8, 128),
    ("AES_256_CCM_8", Encryption::Aes, Mode::Ccm8, 256),
    ("AES_128_CCM", Encryption::Aes, Mode::Ccm, 128),
    ("AES_256_CCM", Encryption::Aes, Mode::Ccm, 256),
    ("ARIA_128_CBC", Encryption::Aria, Mode::Cbc, 128),
    ("ARIA_256_CBC", Encryption::Aria, Mode::Cbc, 256),
    ("ARIA_128_GCM", Encryption::Aria, Mode::Gcm, 128),
    ("ARIA_256_GCM", Encryption::Aria, Mode::Gcm, 256),
    ("CAMELLIA_128_CBC", Encryption::Camellia, Mode::Cbc, 128),
    ("CAMELLIA_256_CBC", Encryption::Camellia, Mode::Cbc, 256),
    ("CAMELLIA_128_GCM", Encryption::Camellia, Mode::Gcm, 128),
    ("CAMELLIA_256_GCM", Encryption::Camellia, Mode::Gcm, 256),
    ("SEED_CBC", Encryption::Seed, Mode::Cbc, 128),
    (
        "CHACHA20_POLY1305",
        Encryption::ChaCha20,
        Mode::Poly1305,
        256,
    ),
    ("28147_CNT", Encryption::Gost28147, Mode::Counter, 256),
    ("KUZNYECHIK_CTR", Encryption::Kuznyechik, Mode::Counter, 256),
    ("KUZNYECHIK_MGM", Encryption::Kuznyechik, Mode::Mgm, 256),
    ("MAGMA_CTR", Encryption::Magma, Mode::Counter, 256),
    ("MAGMA_MGM", Encryption::Magma, Mode::Mgm, 256),
    ("SM4_CBC", Encryption::Sm4, Mode::Cbc, 128),
    ("SM4_GCM", Encryption::Sm4, Mode::Gcm, 128),
    ("SM4_CCM", Encryption::Sm4, Mode::Ccm, 128),
    // GmSSL leaves CBC unsaid.
    ("SM4", Encryption::Sm4, Mode::Cbc, 128),
    ("AEGIS_128L", Encryption::Aegis, Mode::Aead, 128),
    ("AEGIS_256", Encryption::Aegis, Mode::Aead, 256),
    ("ASCONAEAD128", Encryption::Ascon, Mode::Aead, 128),
];

/// The MAC, by how the name ends. With an AEAD the ending is the hash of the key derivation or GOST's choice of rekeying.
const MACS: &[(&str, Mac)] = &[
    ("_NULL", Mac::Null),
    ("_MD5", Mac::Md5),
    ("_SHA", Mac::Sha1),
    ("_SHA1", Mac::Sha1),
    ("_SHA256", Mac::Sha256),
    ("_SHA384", Mac::Sha384),
    ("_SM3", Mac::Sm3),
    ("_GOSTR3411", Mac::Gost3411),
    ("_GOST94", Mac::Gost3411),
    ("_IMIT", Mac::Imit),
    ("_OMAC", Mac::Omac),
];

/// The endings of AEAD suites.
const AEAD_ENDINGS: &[&str] = &[
    "",
    "_SHA256",
    "_SHA384",
    "_SHA512",
    "_SM3",
    "_ASCONHASH256",
    "_L",
    "_S",
];

/// TLCP 1.1, the version of GB/T 38636.
const TLCP: ProtocolVersion = ProtocolVersion(0x0101);

impl Properties {
    /// Reads a name.
    pub(super) fn of(
        name: &str,
        recommended: Recommended,
        registration: Registration,
    ) -> Option<Self> {
        // The second numbers of suites that are registered under a first one, with other details.
        let whole = name.strip_suffix("_OLD").unwrap_or(name);
        let (export, key_exchange, authentication, rest) = split(whole)?;
        let (start, encryption, mode, bits) =
            *CIPHERS.iter().find(|(start, ..)| rest.starts_with(start))?;
        let ending = &rest[start.len()..];
        let mac = if is_aead(mode) {
            AEAD_ENDINGS.contains(&ending).then_some(Mac::Aead)
        } else {
            MACS.iter()
                .find(|(word, _)| *word == ending)
                .map(|(_, mac)| *mac)
        }?;
        // RFC 9367 named its suites in the old way.
        let (key_exchange, authentication) = if mode == Mode::Mgm {
            (KeyExchange::Tls13, Authentication::Tls13)
        } else {
            (key_exchange, authentication)
        };
        Some(Self {
            key_exchange,
            authentication,
            encryption,
            mode,
            bits,
            mac,
            export,
            recommended,
            registration,
        })
    }

    /// Tells whether what was recorded stays secret when the server's long-term key comes out. TLS 1.3 has that unless the two
    /// sides agree on its PSK-only mode, which no suite tells.
    pub fn forward_secrecy(self) -> bool {
        match self.key_exchange {
            KeyExchange::Dhe
            | KeyExchange::Ecdhe
            | KeyExchange::Srp
            | KeyExchange::Eccpwd
            | KeyExchange::Cecpq1
            | KeyExchange::Sm9Dhe
            | KeyExchange::Tls13 => true,
            KeyExchange::Null
            | KeyExchange::Rsa
            | KeyExchange::Dh
            | KeyExchange::Ecdh
            | KeyExchange::Psk
            | KeyExchange::Kerberos
            | KeyExchange::Gost
            | KeyExchange::Sm2
            | KeyExchange::Sm9 => false,
        }
    }

    /// Tells authenticated encryption, which encrypts and protects in one step (RFC 5116).
    pub fn is_aead(self) -> bool {
        is_aead(self.mode)
    }

    /// Tells cipher block chaining (BEAST, Lucky 13, the padding oracles).
    pub fn is_cbc(self) -> bool {
        self.mode == Mode::Cbc
    }

    /// Tells a suite cut down for export (FREAK, Logjam).
    pub fn is_export(self) -> bool {
        self.export
    }

    /// Tells a suite with which anybody may answer.
    pub fn is_anonymous(self) -> bool {
        matches!(
            self.authentication,
            Authentication::Anonymous | Authentication::Null
        )
    }

    /// Tells a suite that encrypts nothing.
    pub fn is_null(self) -> bool {
        self.encryption == Encryption::Null
    }

    /// Tells RC4 (RFC 7465).
    pub fn is_rc4(self) -> bool {
        self.encryption == Encryption::Rc4
    }

    /// Tells the tag of 8 bytes, with which a forger guesses right once in 2^64 records.
    pub fn has_short_tag(self) -> bool {
        self.mode == Mode::Ccm8
    }

    /// Tells blocks of 64 bits, of which 2^32 under one key give something away (Sweet32).
    pub fn has_64_bit_block(self) -> bool {
        match self.encryption {
            Encryption::TripleDes
            | Encryption::Des
            | Encryption::Idea
            | Encryption::Rc2
            | Encryption::Gost28147
            | Encryption::Magma => true,
            Encryption::Null
            | Encryption::Aes
            | Encryption::Aria
            | Encryption::Camellia
            | Encryption::ChaCha20
            | Encryption::Seed
            | Encryption::Sm4
            | Encryption::Aegis
            | Encryption::Ascon
            | Encryption::Kuznyechik
            | Encryption::Rc4 => false,
        }
    }

    /// Tells a suite whose `ServerKeyExchange` carries a finite-field group (RFC 5246 section 7.4.3).
    pub fn is_ephemeral_dh(self) -> bool {
        self.key_exchange == KeyExchange::Dhe
    }

    /// Tells a suite whose `ServerKeyExchange` carries an elliptic curve (RFC 8422 section 5.4).
    pub fn is_ephemeral_ecdh(self) -> bool {
        self.key_exchange == KeyExchange::Ecdhe
    }

    /// Tells RSA key transport, which ROBOT and FREAK need and which has no forward secrecy.
    pub fn is_static_rsa(self) -> bool {
        self.key_exchange == KeyExchange::Rsa
    }

    /// Tells a suite that needs a key or password both sides know, so that no scan can finish its handshake.
    pub fn needs_shared_secret(self) -> bool {
        match self.authentication {
            Authentication::Psk
            | Authentication::RsaPsk
            | Authentication::Kerberos
            | Authentication::Password => true,
            // SRP has a password behind the certificate.
            Authentication::Null
            | Authentication::Anonymous
            | Authentication::Rsa
            | Authentication::Dss
            | Authentication::Ecdsa
            | Authentication::Gost
            | Authentication::Sm2
            | Authentication::Sm9
            | Authentication::Tls13 => self.key_exchange == KeyExchange::Srp,
        }
    }

    /// The rule of [`super::CipherSuite::strength`].
    pub(super) fn strength(self) -> Strength {
        let readable = self.bits < 112 || self.is_rc4() || self.encryption == Encryption::Rc2;
        if readable || self.is_anonymous() || self.is_export() {
            Strength::Insecure
        } else if self.has_64_bit_block() || self.mac == Mac::Md5 {
            Strength::Weak
        } else if self.is_aead()
            && self.forward_secrecy()
            && !self.has_short_tag()
            && self.registration == Registration::Iana
        {
            Strength::Strong
        } else {
            Strength::Legacy
        }
    }

    /// The first and the last version that may negotiate the suite; the rule of [`super::CipherSuite::fits`].
    pub(super) fn versions(self) -> (ProtocolVersion, ProtocolVersion) {
        if self.encryption == Encryption::Sm4 && self.registration == Registration::Private {
            return (TLCP, TLCP);
        }
        if self.key_exchange == KeyExchange::Tls13 {
            return (ProtocolVersion::TLSV1_3, ProtocolVersion::TLSV1_3);
        }
        let first = if self.needs_tls12() {
            ProtocolVersion::TLSV1_2
        } else if self.needs_tls10() {
            ProtocolVersion::TLSV1
        } else {
            ProtocolVersion::SSLV3
        };
        let last = if self.is_export() {
            ProtocolVersion::TLSV1
        } else if matches!(self.encryption, Encryption::Des | Encryption::Idea) {
            ProtocolVersion::TLSV1_1
        } else {
            ProtocolVersion::TLSV1_2
        };
        (first, last)
    }

    fn needs_tls12(self) -> bool {
        // RFC 5487, RFC 5489 and RFC 6367 give their pre-shared key suites a meaning under the older PRF; RFC 6209 does not.
        let shared_key = matches!(
            self.authentication,
            Authentication::Psk | Authentication::RsaPsk
        );
        let newer_mac = match self.mac {
            Mac::Sha256 | Mac::Sha384 | Mac::Sm3 => {
                !shared_key || self.encryption == Encryption::Aria
            }
            // RFC 9189 is for TLS 1.2; the drafts before it were not.
            Mac::Imit | Mac::Omac | Mac::Gost3411 => self.registration == Registration::Iana,
            Mac::Null | Mac::Aead | Mac::Md5 | Mac::Sha1 => false,
        };
        self.is_aead() || newer_mac
    }

    fn needs_tls10(self) -> bool {
        // Curves, shared keys and passwords are negotiated in extensions or messages that SSL 3.0 does not have.
        let later_exchange = match self.key_exchange {
            KeyExchange::Null | KeyExchange::Rsa | KeyExchange::Dh | KeyExchange::Dhe => false,
            KeyExchange::Ecdh
            | KeyExchange::Ecdhe
            | KeyExchange::Psk
            | KeyExchange::Kerberos
            | KeyExchange::Srp
            | KeyExchange::Eccpwd
            | KeyExchange::Gost
            | KeyExchange::Cecpq1
            | KeyExchange::Sm2
            | KeyExchange::Sm9
            | KeyExchange::Sm9Dhe
            | KeyExchange::Tls13 => true,
        };
        later_exchange
            || matches!(
                self.authentication,
                Authentication::Psk | Authentication::RsaPsk
            )
            || self.encryption == Encryption::Gost28147
    }
}

/// Splits a name into export or not, key exchange, authentication, and the rest.
fn split(name: &str) -> Option<(bool, KeyExchange, Authentication, &str)> {
    if let Some(name) = name.strip_prefix("TLCP_") {
        let (method, rest) = name.split_once('_')?;
        let (key_exchange, authentication) = find(TLCP_METHODS, method)?;
        return Some((false, key_exchange, authentication, rest));
    }
    let name = ["TLS_", "SSL_", "GMSSL_"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))?;
    let Some((method, rest)) = name.split_once("_WITH_") else {
        return Some((false, KeyExchange::Tls13, Authentication::Tls13, name));
    };
    let domestic = ["_EXPORT", "_EXPORT1024"]
        .iter()
        .find_map(|suffix| method.strip_suffix(suffix));
    let (key_exchange, authentication) = find(METHODS, domestic.unwrap_or(method))?;
    Some((domestic.is_some(), key_exchange, authentication, rest))
}

fn find(
    methods: &[(&str, KeyExchange, Authentication)],
    name: &str,
) -> Option<(KeyExchange, Authentication)> {
    methods
        .iter()
        .find(|(method, ..)| *method == name)
        .map(|(_, key_exchange, authentication)| (*key_exchange, *authentication))
}

fn is_aead(mode: Mode) -> bool {
    match mode {
        Mode::Gcm | Mode::Ccm | Mode::Ccm8 | Mode::Poly1305 | Mode::Mgm | Mode::Aead => true,
        Mode::Null | Mode::Stream | Mode::Cbc | Mode::Counter => false,
    }
}
