//! The hellos of a scan: one shape for all, so that answers differ only by what is asked.
//!
//! Within one enumeration nothing but the list in question changes: groups decide about certificates, and certificates about suites.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::tls::client_hello::{ClientHello, Extension};
use crate::tls::{
    CipherSuite, EMPTY_RENEGOTIATION_INFO_SCSV, NamedGroup, ProtocolVersion, SignatureScheme,
};

/// Most suites in one hello. Old OpenSSL refuses more than about 180, some appliances fewer.
pub(super) const MOST_SUITES: usize = 160;

/// Signature schemes that are offered where nobody asks about them: everything a server may have, the usual first.
pub(super) const SIGNATURE_SCHEMES: [u16; 28] = [
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080A, 0x080B, 0x0804, 0x0805, 0x0806, 0x0401,
    0x0501, 0x0601, 0x0402, 0x0302, 0x0203, 0x0201, 0x0202, 0x0101, 0x0303, 0x0301, 0x081A, 0x081B,
    0x081C, 0x0904, 0x0905, 0x0906,
];

/// Every group that ends at TLS 1.2, in the order of their numbers. Hellos up to TLS 1.2 offer all.
pub(super) fn groups_tls12() -> Vec<NamedGroup> {
    let usual = [0x1D, 0x17, 0x18, 0x19, 0x1E].map(NamedGroup);
    let others = NamedGroup::all().filter(|group| {
        group.usable_in_tls12() && group.is_elliptic_curve() && !usual.contains(group)
    });
    // Some servers look no further than a few dozen.
    usual.into_iter().chain(others).take(48).collect()
}

/// Every group that a hello for TLS 1.3 may list: some servers refuse a whole hello for one that ends at 1.2.
pub(super) fn groups_tls13() -> Vec<NamedGroup> {
    let usual = [
        0x11EC, 0x1D, 0x17, 0x18, 0x19, 0x1E, 0x100, 0x101, 0x102, 0x103, 0x104, 0x11EB, 0x11ED,
    ]
    .map(NamedGroup);
    let others =
        NamedGroup::all().filter(|group| group.usable_in_tls13() && !usual.contains(group));
    usual.into_iter().chain(others).collect()
}

/// Makes hellos for one target.
#[derive(Clone, Debug)]
pub(super) struct Hellos {
    server_name: Option<Arc<str>>,
    /// Each hello has its own random value; it need not be secret, only different.
    nonce: Arc<AtomicU64>,
}

/// What one hello asks.
#[derive(Clone, Debug)]
pub(super) struct Question<'a> {
    pub(super) version: ProtocolVersion,
    pub(super) cipher_suites: &'a [CipherSuite],
    /// `None` offers all that fit the version.
    pub(super) groups: Option<&'a [NamedGroup]>,
    pub(super) signature_schemes: Option<&'a [SignatureScheme]>,
    pub(super) with_server_name: bool,
    pub(super) compression: bool,
    /// Whether TLS 1.3 gets key shares; without any the server asks for one, which tells its choice at no cost.
    pub(super) key_shares: bool,
    /// What comes beside the usual extensions.
    pub(super) extensions: Vec<Extension>,
}

impl<'a> Question<'a> {
    /// Asks about suites, with everything else as usual.
    pub(super) fn about(version: ProtocolVersion, cipher_suites: &'a [CipherSuite]) -> Self {
        Self {
            version,
            cipher_suites,
            groups: None,
            signature_schemes: None,
            with_server_name: true,
            compression: false,
            key_shares: false,
            extensions: Vec::new(),
        }
    }
}

impl Hellos {
    pub(super) fn new(server_name: Option<String>, seed: u64) -> Self {
        Self {
            server_name: server_name.map(Arc::from),
            nonce: Arc::new(AtomicU64::new(seed)),
        }
    }

    /// Whether there is a name to send: an address never goes into SNI (RFC 6066 section 3).
    pub(super) fn has_server_name(&self) -> bool {
        self.server_name.is_some()
    }

    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for part in bytes.chunks_exact_mut(8) {
            // SplitMix64: well spread and nothing more.
            let mut value = self
                .nonce
                .fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            part.copy_from_slice(&(value ^ (value >> 31)).to_be_bytes());
        }
        bytes
    }

    /// Returns the bytes of 16 random-looking bytes, for SSLv2.
    pub(super) fn challenge(&self) -> [u8; 16] {
        let bytes = self.bytes();
        std::array::from_fn(|index| bytes[index])
    }

    /// Writes a hello.
    pub(super) fn write(&self, question: &Question<'_>) -> Vec<u8> {
        self.hello(question).to_bytes()
    }

    /// Makes a hello.
    pub(super) fn hello(&self, question: &Question<'_>) -> ClientHello {
        let version = question.version;
        let is_tls13 = version >= ProtocolVersion::TLSV1_3;
        let mut cipher_suites = question.cipher_suites.to_vec();
        let extensions = if version == ProtocolVersion::SSLV3 {
            cipher_suites.push(EMPTY_RENEGOTIATION_INFO_SCSV);
            None
        } else {
            Some(self.extensions(question, is_tls13))
        };
        ClientHello {
            legacy_version: version.min(ProtocolVersion::TLSV1_2),
            random: self.bytes(),
            session_id: if is_tls13 {
                self.bytes().to_vec()
            } else {
                Vec::new()
            },
            cipher_suites,
            compression_methods: if question.compression {
                vec![1, 0]
            } else {
                vec![0]
            },
            extensions,
        }
    }

    fn extensions(&self, question: &Question<'_>, is_tls13: bool) -> Vec<Extension> {
        let mut extensions = Vec::with_capacity(16);
        if question.with_server_name
            && let Some(name) = &self.server_name
        {
            extensions.push(Extension::ServerName(name.to_string()));
        }
        let groups = question.groups.map_or_else(
            || {
                if is_tls13 {
                    groups_tls13()
                } else {
                    groups_tls12()
                }
            },
            <[NamedGroup]>::to_vec,
        );
        if is_tls13 {
            extensions.push(Extension::KeyShare(if question.key_shares {
                shares(&groups)
            } else {
                Vec::new()
            }));
        }
        extensions.push(Extension::SupportedGroups(groups));
        extensions.push(Extension::EcPointFormats(vec![0, 1, 2]));
        extensions.push(Extension::RenegotiationInfo(Vec::new()));
        if question.version >= ProtocolVersion::TLSV1_2 {
            extensions.push(Extension::SignatureAlgorithms(
                question.signature_schemes.map_or_else(
                    || SIGNATURE_SCHEMES.map(SignatureScheme).to_vec(),
                    <[SignatureScheme]>::to_vec,
                ),
            ));
        }
        extensions.push(Extension::ExtendedMasterSecret);
        extensions.push(Extension::EncryptThenMac);
        if is_tls13 {
            extensions.push(Extension::SupportedVersions(vec![question.version]));
            extensions.push(Extension::PskKeyExchangeModes(vec![1]));
        } else {
            extensions.push(Extension::SessionTicket(Vec::new()));
        }
        extensions.extend(question.extensions.iter().cloned());
        extensions
    }
}

/// Key shares that a server can compute with, where the groups are among those offered: any 32 bytes are a point of X25519,
/// and the base point is one of P-256. Nobody here computes the other half.
fn shares(groups: &[NamedGroup]) -> Vec<(NamedGroup, Vec<u8>)> {
    const P256_BASE_POINT: [u8; 65] = [
        4, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4,
        0x40, 0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8,
        0x98, 0xC2, 0x96, 0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB, 0x4A,
        0x7C, 0x0F, 0x9E, 0x16, 0x2B, 0xCE, 0x33, 0x57, 0x6B, 0x31, 0x5E, 0xCE, 0xCB, 0xB6, 0x40,
        0x68, 0x37, 0xBF, 0x51, 0xF5,
    ];
    let mut shares = Vec::new();
    if groups.contains(&NamedGroup::X25519) {
        let mut base_point = vec![0; 32];
        base_point[0] = 9;
        shares.push((NamedGroup::X25519, base_point));
    }
    if groups.contains(&NamedGroup::SECP256R1) {
        shares.push((NamedGroup::SECP256R1, P256_BASE_POINT.to_vec()));
    }
    shares
}
