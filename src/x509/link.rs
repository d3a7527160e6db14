//! What path building needs to know of one certificate, taken out once.
//!
//! Trust anchors are read when they are loaded and not again. It decides nothing.

use std::sync::Arc;

use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{X509Name, X509Version};

use super::parse::{self, CertificateError};
use super::{Certificate, Der, KeyAlgorithm};

/// `keyCertSign` among the bits of a key usage, counted as x509-parser does (RFC 5280 section 4.2.1.3).
const KEY_CERT_SIGN: u16 = 1 << 5;
/// `digitalSignature`, `keyEncipherment` and `keyAgreement`: what OpenSSL calls `KU_TLS`.
const TLS_SERVER: u16 = 1 | 1 << 2 | 1 << 4;

/// One certificate as a link of a certification path.
#[derive(Debug)]
pub(super) struct Link {
    /// Its facts, for messages and dates.
    pub(super) certificate: Arc<Certificate>,
    /// The subject, in a form that compares as OpenSSL compares names.
    pub(super) subject: Vec<u8>,
    /// The issuer, in the same form.
    pub(super) issuer: Vec<u8>,
    /// DER of the subject's content, as trust anchors of webpki hold it.
    pub(super) raw_subject: Vec<u8>,
    /// DER of the issuer's content.
    pub(super) raw_issuer: Vec<u8>,
    /// DER of the subject public key info's content.
    pub(super) raw_spki: Vec<u8>,
    serial_number: Vec<u8>,
    subject_key_identifier: Option<Vec<u8>>,
    authority: Authority,
    /// Whether it is an X.509 v1 certificate.
    version_1: bool,
    constraints: Option<Constraints>,
    key_usage: Option<u16>,
    /// Whether extended key usage lets it be a TLS server; `None` where there is none.
    server_auth: Option<bool>,
    /// Whether Netscape's certificate type lets it be a TLS server; `None` where there is none.
    netscape_server: Option<bool>,
    /// A critical extension that OpenSSL does not know.
    pub(super) unknown_critical: Option<String>,
    /// Whether its key can have made its own signature, by the kinds of both.
    kinds_agree: bool,
}

/// Basic constraints (RFC 5280 section 4.2.1.9).
#[derive(Debug)]
struct Constraints {
    ca: bool,
    path_len: Option<u32>,
}

/// The authority key identifier (RFC 5280 section 4.2.1.1), as far as it was there.
#[derive(Debug, Default)]
struct Authority {
    key_identifier: Option<Vec<u8>>,
    issuer: Option<Vec<u8>>,
    serial_number: Option<Vec<u8>>,
}

/// What X.509 lets a certificate be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaStanding {
    /// Basic constraints say so.
    Ca,
    /// Nothing says no, and OpenSSL lets it pass at the top of a path: a v1 root, or key usage with `keyCertSign` alone.
    Tolerated,
    /// It is none.
    NotCa,
}

/// What came of one signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureVerdict {
    /// It fits.
    Good,
    /// It does not.
    Bad,
    /// Nobody here can compute it.
    Unsupported,
}

impl Link {
    /// Takes out what is needed from a certificate's DER.
    pub(super) fn read(der: &[u8]) -> Result<Self, CertificateError> {
        let certificate = Arc::new(parse::certificate(der)?);
        Self::of(&certificate)
    }

    /// Takes out what is needed from a certificate that was read before.
    pub(super) fn of(certificate: &Arc<Certificate>) -> Result<Self, CertificateError> {
        let parsed = parse::read(&certificate.der.0)?;
        let tbs = &parsed.tbs_certificate;
        let mut link = Self {
            certificate: Arc::clone(certificate),
            subject: comparable(&tbs.subject),
            issuer: comparable(&tbs.issuer),
            raw_subject: content(tbs.subject.as_raw()).to_vec(),
            raw_issuer: content(tbs.issuer.as_raw()).to_vec(),
            raw_spki: content(tbs.subject_pki.raw).to_vec(),
            serial_number: tbs.raw_serial().to_vec(),
            subject_key_identifier: None,
            authority: Authority::default(),
            version_1: tbs.version == X509Version::V1,
            constraints: None,
            key_usage: None,
            server_auth: None,
            netscape_server: None,
            unknown_critical: None,
            kinds_agree: kinds_agree(certificate),
        };
        for extension in parsed.extensions() {
            link.read_extension(extension.parsed_extension());
            if extension.critical && !known_to_openssl(extension.oid.as_bytes()) {
                link.unknown_critical = Some(crate::text::printable(&extension.oid.to_id_string()));
            }
        }
        Ok(link)
    }

    fn read_extension(&mut self, extension: &ParsedExtension<'_>) {
        if let ParsedExtension::SubjectKeyIdentifier(identifier) = extension {
            self.subject_key_identifier = Some(identifier.0.to_vec());
        } else if let ParsedExtension::AuthorityKeyIdentifier(authority) = extension {
            self.authority = Authority {
                key_identifier: authority.key_identifier.as_ref().map(|id| id.0.to_vec()),
                issuer: authority
                    .authority_cert_issuer
                    .iter()
                    .flatten()
                    .find_map(|name| {
                        if let GeneralName::DirectoryName(name) = name {
                            Some(comparable(name))
                        } else {
                            None
                        }
                    }),
                serial_number: authority.authority_cert_serial.map(<[u8]>::to_vec),
            };
        } else if let ParsedExtension::BasicConstraints(constraints) = extension {
            self.constraints = Some(Constraints {
                ca: constraints.ca,
                path_len: constraints.path_len_constraint,
            });
        } else if let ParsedExtension::KeyUsage(usage) = extension {
            self.key_usage = Some(usage.flags);
        } else if let ParsedExtension::ExtendedKeyUsage(usage) = extension {
            // OpenSSL counts the two "server gated cryptography" usages of the 1990s as serverAuth, and does not
            // count anyExtendedKeyUsage.
            let gated = usage.other.iter().any(|oid| {
                matches!(
                    oid.to_id_string().as_str(),
                    "1.3.6.1.4.1.311.10.3.3" | "2.16.840.1.113730.4.1"
                )
            });
            self.server_auth = Some(usage.server_auth || gated);
        } else if let ParsedExtension::NSCertType(kind) = extension {
            self.netscape_server = Some(kind.ssl_server());
        }
    }

    /// Whether it signed itself, as far as names and identifiers tell: OpenSSL's `EXFLAG_SS`.
    pub(super) fn is_self_signed(&self) -> bool {
        self.is_self_issued() && self.identifies_issuer(self) && self.kinds_agree
    }

    /// Whether subject and issuer are the same name.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether `issuer` may have issued it, by name and identifiers: OpenSSL's `X509_check_issued` before signatures.
    pub(super) fn may_be_issued_by(&self, issuer: &Self) -> bool {
        self.issuer == issuer.subject
            && self.identifies_issuer(issuer)
            && signature_fits_key(&self.certificate.signature_algorithm, issuer)
    }

    /// Compares the authority key identifier with `issuer` (OpenSSL's `X509_check_akid`).
    fn identifies_issuer(&self, issuer: &Self) -> bool {
        let key_differs = matches!(
            (&self.authority.key_identifier, &issuer.subject_key_identifier),
            (Some(wanted), Some(given)) if wanted != given
        );
        let serial_differs = self
            .authority
            .serial_number
            .as_ref()
            .is_some_and(|wanted| *wanted != issuer.serial_number);
        let name_differs = self
            .authority
            .issuer
            .as_ref()
            .is_some_and(|wanted| *wanted != issuer.issuer);
        !(key_differs || serial_differs || name_differs)
    }

    /// Whether it may stand above another certificate (OpenSSL's `check_ca`).
    pub(super) fn ca_standing(&self) -> CaStanding {
        if self.key_usage.is_some_and(|bits| bits & KEY_CERT_SIGN == 0) {
            return CaStanding::NotCa;
        }
        // A v1 certificate cannot say what it is.
        let silent_root = self.version_1 && self.is_self_signed();
        match &self.constraints {
            Some(constraints) if constraints.ca => CaStanding::Ca,
            None if silent_root || self.key_usage.is_some() => CaStanding::Tolerated,
            Some(_) | None => CaStanding::NotCa,
        }
    }

    /// Most intermediates that may stand below it.
    pub(super) fn path_len(&self) -> Option<u32> {
        self.constraints
            .as_ref()
            .and_then(|constraints| constraints.path_len)
    }

    /// Why it cannot be, or vouch for, a TLS server by extended key usage.
    pub(super) fn lacks_server_auth(&self) -> bool {
        self.server_auth == Some(false)
    }

    /// Whether key usage and Netscape's certificate type let an end entity be a TLS server.
    pub(super) fn may_serve_tls(&self) -> bool {
        self.key_usage.is_none_or(|bits| bits & TLS_SERVER != 0)
            && self.netscape_server != Some(false)
    }

    /// Whether its key is too small for OpenSSL's security level 2: 112 bits of security (`SSL_CTX_set_security_level`).
    pub(super) fn has_weak_key(&self) -> bool {
        let key = &self.certificate.key;
        let Some(bits) = key.bits else {
            return false;
        };
        match key.algorithm {
            // OpenSSL rounds the estimate of SP 800-56B to a multiple of eight, so the odd 2,047-bit key passes; the
            // next size that anybody makes is 1,536.
            KeyAlgorithm::Rsa | KeyAlgorithm::Dsa => bits < 2040,
            KeyAlgorithm::Ec => bits < 224,
            KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448 | KeyAlgorithm::Other(_) => false,
        }
    }

    /// Whether its curve is written out in place of named (RFC 5480 section 2.1.1 forbids that, and so does OpenSSL).
    pub(super) fn has_explicit_curve(&self) -> bool {
        self.certificate.key.curve.as_deref() == Some("explicit parameters")
    }

    /// Whether the signature on it counts for less than 112 bits: MD2, MD5 and SHA-1.
    pub(super) fn has_weak_signature(&self) -> bool {
        let name = self.certificate.signature_algorithm.to_ascii_lowercase();
        ["md2", "md5", "sha1"]
            .iter()
            .any(|weak| name.contains(weak))
    }

    /// Verifies the signature on it with the key of `issuer`.
    pub(super) fn verify_signature(&self, issuer: &Self) -> SignatureVerdict {
        let (Ok(child), Ok(parent)) = (
            parse::read(&self.certificate.der.0),
            parse::read(&issuer.certificate.der.0),
        ) else {
            return SignatureVerdict::Unsupported;
        };
        let Some(algorithm) =
            verification_algorithm(&self.certificate.signature_algorithm, &issuer.certificate)
        else {
            return SignatureVerdict::Unsupported;
        };
        let key = &parent.tbs_certificate.subject_pki.subject_public_key.data;
        let Ok(key) = ParsedPublicKey::new(algorithm, key.as_ref()) else {
            return SignatureVerdict::Unsupported;
        };
        match key.verify_sig(child.tbs_certificate.as_ref(), &child.signature_value.data) {
            Ok(()) => SignatureVerdict::Good,
            Err(_) if has_unusual_salt(&child) => SignatureVerdict::Unsupported,
            Err(_) => SignatureVerdict::Bad,
        }
    }

    /// Returns the DER.
    pub(super) fn der(&self) -> &Der {
        &self.certificate.der
    }
}

/// Whether the key in a certificate is of the kind that made the signature on it.
fn kinds_agree(certificate: &Certificate) -> bool {
    signature_fits(&certificate.signature_algorithm, &certificate.key.algorithm)
}

fn signature_fits_key(signature_algorithm: &str, issuer: &Link) -> bool {
    signature_fits(signature_algorithm, &issuer.certificate.key.algorithm)
}

/// Whether a key of this kind makes signatures of that algorithm. What is unknown may fit.
fn signature_fits(signature_algorithm: &str, key: &KeyAlgorithm) -> bool {
    match key {
        KeyAlgorithm::Rsa => {
            signature_algorithm.contains("RSA") || signature_algorithm.starts_with("rsassaPss")
        }
        KeyAlgorithm::Ec => signature_algorithm.starts_with("ecdsa"),
        KeyAlgorithm::Ed25519 => signature_algorithm == "Ed25519",
        KeyAlgorithm::Ed448 => signature_algorithm == "Ed448",
        KeyAlgorithm::Dsa => signature_algorithm.starts_with("dsa"),
        KeyAlgorithm::Other(_) => true,
    }
}

/// Chooses how to verify, as widely as aws-lc goes: whether the result counts is another question.
fn verification_algorithm(
    signature_algorithm: &str,
    issuer: &Certificate,
) -> Option<&'static dyn VerificationAlgorithm> {
    let bits = issuer.key.bits.unwrap_or_default();
    Some(match (&issuer.key.algorithm, signature_algorithm) {
        // Outside these sizes aws-lc answers "does not fit", which would be a lie.
        (KeyAlgorithm::Rsa, _) if !(1024..=8192).contains(&bits) => return None,
        (KeyAlgorithm::Rsa, "sha1WithRSAEncryption" | "sha1WithRSA") => {
            &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY
        }
        (KeyAlgorithm::Rsa, "sha256WithRSAEncryption") => {
            &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
        }
        (KeyAlgorithm::Rsa, "sha512WithRSAEncryption") => {
            &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
        }
        (KeyAlgorithm::Rsa, _) if bits < 2048 => return None,
        (KeyAlgorithm::Rsa, "sha384WithRSAEncryption") => &signature::RSA_PKCS1_2048_8192_SHA384,
        (KeyAlgorithm::Rsa, "rsassaPss with sha256") => &signature::RSA_PSS_2048_8192_SHA256,
        (KeyAlgorithm::Rsa, "rsassaPss with sha384") => &signature::RSA_PSS_2048_8192_SHA384,
        (KeyAlgorithm::Rsa, "rsassaPss with sha512") => &signature::RSA_PSS_2048_8192_SHA512,
        (KeyAlgorithm::Ed25519, "Ed25519") => &signature::ED25519,
        (KeyAlgorithm::Ec, hash) => match (issuer.key.curve.as_deref()?, hash) {
            ("secp256r1", "ecdsa-with-SHA1") => &signature::ECDSA_P256_SHA1_ASN1,
            ("secp256r1", "ecdsa-with-SHA256") => &signature::ECDSA_P256_SHA256_ASN1,
            ("secp256r1", "ecdsa-with-SHA384") => &signature::ECDSA_P256_SHA384_ASN1,
            ("secp256r1", "ecdsa-with-SHA512") => &signature::ECDSA_P256_SHA512_ASN1,
            ("secp256k1", "ecdsa-with-SHA256") => &signature::ECDSA_P256K1_SHA256_ASN1,
            ("secp384r1", "ecdsa-with-SHA256") => &signature::ECDSA_P384_SHA256_ASN1,
            ("secp384r1", "ecdsa-with-SHA384") => &signature::ECDSA_P384_SHA384_ASN1,
            ("secp384r1", "ecdsa-with-SHA512") => &signature::ECDSA_P384_SHA512_ASN1,
            ("secp521r1", "ecdsa-with-SHA1") => &signature::ECDSA_P521_SHA1_ASN1,
            ("secp521r1", "ecdsa-with-SHA224") => &signature::ECDSA_P521_SHA224_ASN1,
            ("secp521r1", "ecdsa-with-SHA256") => &signature::ECDSA_P521_SHA256_ASN1,
            ("secp521r1", "ecdsa-with-SHA384") => &signature::ECDSA_P521_SHA384_ASN1,
            ("secp521r1", "ecdsa-with-SHA512") => &signature::ECDSA_P521_SHA512_ASN1,
            _ => return None,
        },
        _ => return None,
    })
}

/// Whether an RSASSA-PSS signature has a salt that is not as long as its hash.
///
/// aws-lc-rs and webpki take no other, and call the rest a bad signature; OpenSSL takes any.
fn has_unusual_salt(parsed: &X509Certificate<'_>) -> bool {
    let parameters = parsed.signature_algorithm.parameters.as_ref();
    let Some(parameters) = parameters.and_then(|any| RsaSsaPssParams::try_from(any).ok()) else {
        return false;
    };
    let hash_length = match parameters.hash_algorithm_oid().to_id_string().as_str() {
        "2.16.840.1.101.3.4.2.1" => 32,
        "2.16.840.1.101.3.4.2.2" => 48,
        "2.16.840.1.101.3.4.2.3" => 64,
        _ => return false,
    };
    parsed.signature_algorithm.algorithm.to_id_string() == "1.2.840.113549.1.1.10"
        && parameters.salt_length() != hash_length
}

/// Extensions that OpenSSL 3 understands when they are critical (`X509_supported_extension`).
fn known_to_openssl(oid: &[u8]) -> bool {
    match oid {
        // id-ce: keyUsage, subjectAltName, basicConstraints, nameConstraints, cRLDistributionPoints, certificatePolicies,
        // policyMappings, policyConstraints, extKeyUsage, inhibitAnyPolicy.
        [0x55, 0x1d, arc] => matches!(arc, 15 | 17 | 19 | 30 | 31 | 32 | 33 | 36 | 37 | 54),
        // id-pe: ipAddrBlocks and autonomousSysIds (RFC 3779), proxyCertInfo.
        [0x2b, 6, 1, 5, 5, 7, 1, arc] => matches!(arc, 7 | 8 | 14),
        // Netscape's certificate type.
        [0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1] => true,
        _ => false,
    }
}

/// Returns what is inside a DER element: it was parsed before, so its header is sound.
pub(super) fn content(der: &[u8]) -> &[u8] {
    let width = match der.get(1) {
        Some(first) if *first >= 0x80 => usize::from(first & 0x7f),
        _ => 0,
    };
    der.get(2 + width..).unwrap_or_default()
}

/// Writes a name so that equal bytes mean equal names.
///
/// OpenSSL compares names without regard to ASCII case, runs of spaces and the kind of string, as RFC 5280 section 7.1 has it;
/// webpki compares bytes. A CA that once wrote `PrintableString` and now writes `UTF8String` is the usual case.
fn comparable(name: &X509Name<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(name.as_raw().len() + 16);
    for set in name.iter_rdn() {
        bytes.push(0xff);
        for attribute in set.iter() {
            bytes.push(0xfe);
            bytes.extend_from_slice(attribute.attr_type().as_bytes());
            bytes.push(0xfd);
            let text = parse::attribute_text(attribute);
            let mut words = text.split_ascii_whitespace();
            if let Some(first) = words.next() {
                bytes.extend(first.bytes().map(|byte| byte.to_ascii_lowercase()));
            }
            for word in words {
                bytes.push(b' ');
                bytes.extend(word.bytes().map(|byte| byte.to_ascii_lowercase()));
            }
        }
    }
    bytes
}
