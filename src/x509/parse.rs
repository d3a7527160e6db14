//! Certificates from DER and PEM to facts.
//!
//! Whatever can be read is read, however odd; what cannot be read says why. All text goes through [`crate::text`], and
//! every list is bounded. Nothing is verified here.

use std::net::IpAddr;
use std::sync::Arc;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::asn1_rs::{Any, Oid, Tag};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey as ParsedKey;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{
    AlgorithmIdentifier, AttributeTypeAndValue, SubjectPublicKeyInfo, X509Name,
};

pub use super::pem::{PemError, pem_certificates};
use super::{Certificate, Der, KeyAlgorithm, Malformed, PresentedChain, PublicKey};
use crate::text::{printable, printable_bytes, printable_within};

/// Longest certificate that is read, in bytes.
///
/// The largest leaf seen in Certificate Transparency logs is near 30 kB and rustls ends a handshake whose `Certificate`
/// message is longer than 64 kB.
pub const LARGEST_CERTIFICATE: usize = 64 * 1024;

/// Most `dNSName` entries, and most `iPAddress` entries, that one certificate's facts hold.
///
/// Public CAs stop at 100 (Let's Encrypt) to 250; where there are more, the last entry of the list says how many were left out. The
/// judgement of the host name looks at all of them.
pub const MOST_NAMES: usize = 1000;

/// Most certificates of a presented chain that are read. OpenSSL itself stops at a path of 100.
pub const MOST_CERTIFICATES: usize = 100;

/// Why bytes are not a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It is longer than [`LARGEST_CERTIFICATE`].
    #[error("{0} bytes long, of at most {LARGEST_CERTIFICATE} that are read")]
    TooLong(usize),
    /// The DER does not have the structure of RFC 5280 section 4.1.
    #[error("not an X.509 certificate: {0}")]
    Unreadable(String),
    /// Something follows it.
    #[error("{0} bytes follow the end of the certificate")]
    TrailingBytes(usize),
}

/// Reads the facts of one certificate.
pub fn certificate(der: &[u8]) -> Result<Certificate, CertificateError> {
    let parsed = read(der)?;
    let tbs = &parsed.tbs_certificate;
    let names = names(&parsed);
    Ok(Certificate {
        subject: name_text(&tbs.subject),
        issuer: name_text(&tbs.issuer),
        common_name: tbs
            .subject
            .iter_common_name()
            .last()
            .map(|attribute| printable(&attribute_text(attribute))),
        serial_number: printable(&HEXLOWER.encode(tbs.raw_serial())),
        not_before: timestamp(tbs.validity.not_before),
        not_after: timestamp(tbs.validity.not_after),
        dns_names: bounded(names.dns, |name| printable_within(name, 255)),
        ip_addresses: names.ip.into_iter().take(MOST_NAMES).collect(),
        subject_alt_name: names.extension,
        key: public_key(&tbs.subject_pki),
        signature_algorithm: signature_algorithm(&parsed.signature_algorithm),
        basic_constraints_ca: basic_constraints_ca(&parsed),
        key_usage: key_usage(&parsed),
        extended_key_usage: extended_key_usage(&parsed),
        ca_issuers: ca_issuers(&parsed),
        sha256: sha256(der),
        spki_sha256: sha256(tbs.subject_pki.raw),
        der: Der(der.into()),
    })
}

/// Reads a chain as a peer presented it, its own certificate first.
pub fn presented_chain(ders: &[impl AsRef<[u8]>]) -> PresentedChain {
    let mut chain = PresentedChain::default();
    for (position, der) in ders.iter().enumerate() {
        if position == MOST_CERTIFICATES {
            chain.malformed.push(Malformed {
                position,
                reason: format!(
                    "{} certificates were sent, of which {MOST_CERTIFICATES} are read",
                    ders.len()
                ),
            });
            break;
        }
        match certificate(der.as_ref()) {
            Ok(certificate) => chain.certificates.push(Arc::new(certificate)),
            Err(error) => chain.malformed.push(Malformed {
                position,
                reason: error.to_string(),
            }),
        }
    }
    chain
}

/// Writes a DER-encoded `Name`, such as a CA name in a `CertificateRequest`, as an RFC 4514 string.
pub fn distinguished_name(der: &[u8]) -> String {
    match X509Name::from_der(der) {
        Ok((_, name)) => name_text(&name),
        Err(_) => printable(&format!("#{}", HEXLOWER.encode(&der[..der.len().min(512)]))),
    }
}

/// Takes DER apart, within bounds.
pub(super) fn read(der: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    if der.len() > LARGEST_CERTIFICATE {
        return Err(CertificateError::TooLong(der.len()));
    }
    match X509Certificate::from_der(der) {
        Ok(([], parsed)) => Ok(parsed),
        Ok((rest, _)) => Err(CertificateError::TrailingBytes(rest.len())),
        // Nested BER errors print the offending bytes; a reader needs the first words only.
        Err(error) => Err(CertificateError::Unreadable(printable_within(
            &match error {
                x509_parser::nom::Err::Incomplete(_) => "it ends too early".to_owned(),
                x509_parser::nom::Err::Error(error) | x509_parser::nom::Err::Failure(error) => {
                    error.to_string()
                }
            },
            120,
        ))),
    }
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// The names of a subject alternative name that host names are compared with.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    /// Whether the extension is there at all.
    pub(super) extension: bool,
    /// `dNSName` entries as they stand.
    pub(super) dns: Vec<&'a str>,
    /// `iPAddress` entries of four or sixteen bytes.
    pub(super) ip: Vec<IpAddr>,
}

/// Collects the names of the subject alternative name, all of them.
pub(super) fn names<'a>(parsed: &X509Certificate<'a>) -> Names<'a> {
    let mut names = Names::default();
    for extension in parsed.extensions() {
        // 2.5.29.17: also there when its content cannot be read.
        if extension.oid.as_bytes() != [0x55, 0x1d, 0x11] {
            continue;
        }
        names.extension = true;
        let ParsedExtension::SubjectAlternativeName(alternative) = extension.parsed_extension()
        else {
            continue;
        };
        for name in &alternative.general_names {
            if let GeneralName::DNSName(name) = name {
                names.dns.push(name);
            } else if let GeneralName::IPAddress(bytes) = name {
                if let Ok(bytes) = <[u8; 4]>::try_from(*bytes) {
                    names.ip.push(IpAddr::from(bytes));
                } else if let Ok(bytes) = <[u8; 16]>::try_from(*bytes) {
                    names.ip.push(IpAddr::from(bytes));
                }
            }
        }
    }
    names
}

/// Makes a list safe and short, and says what was left out.
fn bounded(raw: Vec<&str>, clean: impl Fn(&str) -> String) -> Vec<String> {
    let left_out = raw.len().saturating_sub(MOST_NAMES);
    let mut list: Vec<String> = raw.into_iter().take(MOST_NAMES).map(clean).collect();
    if left_out > 0 {
        list.push(format!("… and {left_out} more"));
    }
    list
}

/// The instant of an ASN.1 time.
///
/// RFC 5280 section 4.1.2.5 writes "no well-defined end" as the last second of year 9999, which lies a day beyond what
/// jiff holds.
pub(super) fn timestamp(time: ASN1Time) -> Timestamp {
    let seconds = time.timestamp();
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// `cA` of basic constraints, if the extension is there and can be read.
fn basic_constraints_ca(parsed: &X509Certificate<'_>) -> Option<bool> {
    parsed.extensions().iter().find_map(|extension| {
        if let ParsedExtension::BasicConstraints(constraints) = extension.parsed_extension() {
            Some(constraints.ca)
        } else {
            None
        }
    })
}

/// Key usages by name, in the order of their bits (RFC 5280 section 4.2.1.3).
fn key_usage(parsed: &X509Certificate<'_>) -> Option<Vec<String>> {
    const NAMES: [&str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];
    let flags = parsed.extensions().iter().find_map(|extension| {
        if let ParsedExtension::KeyUsage(usage) = extension.parsed_extension() {
            Some(usage.flags)
        } else {
            None
        }
    })?;
    let named = NAMES.iter().enumerate();
    Some(
        named
            .filter(|(bit, _)| flags & (1 << bit) != 0)
            .map(|(_, name)| (*name).to_owned())
            .collect(),
    )
}

/// Reads a subject public key info by itself.
pub(super) fn public_key_of_info(der: &[u8]) -> Option<PublicKey> {
    let (_, info) = SubjectPublicKeyInfo::from_der(der).ok()?;
    Some(public_key(&info))
}

/// Extended key usages by name.
fn extended_key_usage(parsed: &X509Certificate<'_>) -> Option<Vec<String>> {
    let usage = parsed.extensions().iter().find_map(|extension| {
        if let ParsedExtension::ExtendedKeyUsage(usage) = extension.parsed_extension() {
            Some(usage)
        } else {
            None
        }
    })?;
    let named = [
        (usage.any, "anyExtendedKeyUsage"),
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let others = usage
        .other
        .iter()
        .take(MOST_NAMES)
        .map(|oid| printable(&oid.to_id_string()));
    Some(
        named
            .into_iter()
            .filter(|(present, _)| *present)
            .map(|(_, name)| name.to_owned())
            .chain(others)
            .collect(),
    )
}

/// Where the issuer's certificate can be had: `id-ad-caIssuers` of RFC 5280 section 4.2.2.1.
fn ca_issuers(parsed: &X509Certificate<'_>) -> Vec<String> {
    let mut addresses = Vec::new();
    for extension in parsed.extensions() {
        let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() else {
            continue;
        };
        for description in &access.accessdescs {
            // 1.3.6.1.5.5.7.48.2
            let is_ca_issuers =
                description.access_method.as_bytes() == [0x2b, 6, 1, 5, 5, 7, 0x30, 2];
            if let (true, GeneralName::URI(uri)) = (is_ca_issuers, &description.access_location) {
                addresses.push(*uri);
            }
        }
    }
    addresses.truncate(16);
    addresses.into_iter().map(printable).collect()
}

/// The facts of a public key.
fn public_key(info: &SubjectPublicKeyInfo<'_>) -> PublicKey {
    let oid = info.algorithm.algorithm.to_id_string();
    let (algorithm, bits, curve) = match oid.as_str() {
        // id-RSASSA-PSS keys are RSA keys that promise to sign in one way only (RFC 4055 section 1.2).
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" => {
            (KeyAlgorithm::Rsa, rsa_bits(info), None)
        }
        "1.2.840.10045.2.1" => {
            let (curve, bits) = curve(&info.algorithm);
            (KeyAlgorithm::Ec, bits, curve)
        }
        "1.3.101.112" => (KeyAlgorithm::Ed25519, Some(256), None),
        "1.3.101.113" => (KeyAlgorithm::Ed448, Some(456), None),
        "1.2.840.10040.4.1" => (KeyAlgorithm::Dsa, dsa_bits(&info.algorithm), None),
        _ => (KeyAlgorithm::Other(printable(&oid)), None, None),
    };
    PublicKey {
        algorithm,
        bits,
        curve,
    }
}

/// Counts the bits of a big-endian unsigned number.
fn bit_length(number: &[u8]) -> Option<u32> {
    let start = number.iter().position(|byte| *byte != 0)?;
    let bytes = u32::try_from(number.len() - start).ok()?;
    Some(bytes * 8 - number[start].leading_zeros())
}

/// Modulus size. An RSASSA-PSS key has the same bit string under another algorithm, which the parser does not look into.
fn rsa_bits(info: &SubjectPublicKeyInfo<'_>) -> Option<u32> {
    if let Ok(ParsedKey::RSA(key)) = info.parsed() {
        return bit_length(key.modulus);
    }
    let (_, key) =
        x509_parser::public_key::RSAPublicKey::from_der(&info.subject_public_key.data).ok()?;
    bit_length(key.modulus)
}

/// Size of the prime `p`, the first number of `Dss-Parms` (RFC 3279 section 2.3.2).
fn dsa_bits(algorithm: &AlgorithmIdentifier<'_>) -> Option<u32> {
    let parameters = algorithm.parameters.as_ref()?;
    let (_, prime) = Any::from_der(parameters.data).ok()?;
    (prime.tag() == Tag::Integer)
        .then(|| bit_length(prime.data))
        .flatten()
}

/// Name and field size of a named curve; explicit parameters have no name.
fn curve(algorithm: &AlgorithmIdentifier<'_>) -> (Option<String>, Option<u32>) {
    let Some(oid) = algorithm
        .parameters
        .as_ref()
        .and_then(|parameters| parameters.as_oid().ok())
    else {
        return (Some("explicit parameters".to_owned()), None);
    };
    let oid = oid.to_id_string();
    // RFC 5480 section 2.1.1.1 and RFC 5639, by the names of IANA's TLS Supported Groups registry.
    let (name, bits) = match oid.as_str() {
        "1.2.840.10045.3.1.1" => ("secp192r1", 192),
        "1.3.132.0.33" => ("secp224r1", 224),
        "1.2.840.10045.3.1.7" => ("secp256r1", 256),
        "1.3.132.0.34" => ("secp384r1", 384),
        "1.3.132.0.35" => ("secp521r1", 521),
        "1.3.132.0.10" => ("secp256k1", 256),
        "1.3.36.3.3.2.8.1.1.7" => ("brainpoolP256r1", 256),
        "1.3.36.3.3.2.8.1.1.11" => ("brainpoolP384r1", 384),
        "1.3.36.3.3.2.8.1.1.13" => ("brainpoolP512r1", 512),
        _ => return (Some(printable(&oid)), None),
    };
    (Some(name.to_owned()), Some(bits))
}

/// Usual names of signature algorithms (RFC 3279, RFC 4055, RFC 5758, RFC 8410, RFC 9881).
const SIGNATURE_ALGORITHMS: [(&str, &str); 21] = [
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.3.14.3.2.29", "sha1WithRSA"),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.2.840.10040.4.3", "dsa-with-sha1"),
    ("2.16.840.1.101.3.4.3.1", "dsa-with-sha224"),
    ("2.16.840.1.101.3.4.3.2", "dsa-with-sha256"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
];

/// Names a signature algorithm. RSASSA-PSS names its hash, too, because its strength is the hash's.
pub(super) fn signature_algorithm(algorithm: &AlgorithmIdentifier<'_>) -> String {
    let oid = algorithm.algorithm.to_id_string();
    if oid == "1.2.840.113549.1.1.10" {
        let hash = algorithm
            .parameters
            .as_ref()
            .and_then(|parameters| RsaSsaPssParams::try_from(parameters).ok())
            .map(|parameters| hash_name(parameters.hash_algorithm_oid()));
        // RFC 4055 section 3.1: absent parameters mean the default, which is SHA-1.
        return format!(
            "rsassaPss with {}",
            hash.unwrap_or_else(|| "sha1".to_owned())
        );
    }
    SIGNATURE_ALGORITHMS
        .iter()
        .find(|(known, _)| *known == oid)
        .map_or_else(|| printable(&oid), |(_, name)| (*name).to_owned())
}

/// Names a hash by its identifier.
fn hash_name(oid: &Oid<'_>) -> String {
    match oid.to_id_string().as_str() {
        "1.3.14.3.2.26" => "sha1".to_owned(),
        "2.16.840.1.101.3.4.2.4" => "sha224".to_owned(),
        "2.16.840.1.101.3.4.2.1" => "sha256".to_owned(),
        "2.16.840.1.101.3.4.2.2" => "sha384".to_owned(),
        "2.16.840.1.101.3.4.2.3" => "sha512".to_owned(),
        other => printable(other),
    }
}

/// Writes a name as an RFC 4514 string: the last relative distinguished name first.
fn name_text(name: &X509Name<'_>) -> String {
    let mut text = String::new();
    let sets: Vec<_> = name.iter_rdn().collect();
    for (index, set) in sets.iter().rev().enumerate() {
        // What is longer is cut by `printable`: there is no use in building it.
        if text.len() > crate::text::LONGEST * 4 {
            break;
        }
        if index > 0 {
            text.push(',');
        }
        for (index, attribute) in set.iter().enumerate() {
            if index > 0 {
                text.push('+');
            }
            push_attribute(&mut text, attribute);
        }
    }
    printable(&text)
}

/// Appends one `type=value` (RFC 4514 section 2.3).
fn push_attribute(text: &mut String, attribute: &AttributeTypeAndValue<'_>) {
    let oid = attribute.attr_type().to_id_string();
    // The short names of RFC 4514 section 3 and, beyond them, two that OpenSSL and everybody's eyes know.
    let name = match oid.as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.6" => "C",
        "2.5.4.9" => "STREET",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        "2.5.4.5" => "serialNumber",
        "1.2.840.113549.1.9.1" => "emailAddress",
        other => {
            text.push_str(other);
            text.push_str("=#");
            let value = attribute.attr_value();
            text.push_str(&HEXLOWER.encode(&value.data[..value.data.len().min(256)]));
            return;
        }
    };
    text.push_str(name);
    text.push('=');
    push_escaped(text, &attribute_text(attribute));
}

/// Appends a value with the escapes of RFC 4514 section 2.4.
fn push_escaped(text: &mut String, value: &str) {
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        let escaped = match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => true,
            '#' => index == 0,
            ' ' => index == 0 || index == last,
            _ => false,
        };
        if escaped {
            text.push('\\');
        }
        text.push(character);
    }
}

/// Decodes the string types of a directory string (RFC 5280 section 4.1.2.4).
pub(super) fn attribute_text(attribute: &AttributeTypeAndValue<'_>) -> String {
    let value = attribute.attr_value();
    let bytes = &value.data[..value.data.len().min(crate::text::LONGEST * 4)];
    match value.tag() {
        Tag::BmpString => {
            let units: Vec<u16> = bytes
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        // T.61 is read as Latin-1, as OpenSSL and everybody else does.
        Tag::T61String => bytes.iter().map(|byte| char::from(*byte)).collect(),
        Tag::UniversalString => bytes
            .chunks_exact(4)
            .map(|unit| {
                char::from_u32(u32::from_be_bytes([unit[0], unit[1], unit[2], unit[3]]))
                    .unwrap_or(char::REPLACEMENT_CHARACTER)
            })
            .collect(),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => printable_bytes(bytes),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, CustomExtension, DnType, DnValue, KeyPair, SanType};

    use super::*;

    fn self_signed(adjust: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        adjust(&mut params);
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn facts_are_those_that_were_certified() {
        let der = self_signed(|params| {
            params
                .distinguished_name
                .push(DnType::OrganizationName, "Cockroach");
            params.distinguished_name.push(DnType::CommonName, "node");
            params.subject_alt_names = vec![
                SanType::DnsName("db1.example".try_into().unwrap()),
                SanType::IpAddress("10.0.0.7".parse().unwrap()),
                SanType::IpAddress("fd00::7".parse().unwrap()),
            ];
            params.not_before = rcgen::date_time_ymd(2025, 1, 1);
            params.not_after = rcgen::date_time_ymd(2030, 1, 6);
            params.extended_key_usages = vec![
                rcgen::ExtendedKeyUsagePurpose::ServerAuth,
                rcgen::ExtendedKeyUsagePurpose::ClientAuth,
            ];
        });
        let certificate = certificate(&der).unwrap();
        assert_eq!(certificate.subject, "CN=node,O=Cockroach");
        assert_eq!(certificate.common_name.as_deref(), Some("node"));
        assert_eq!(certificate.dns_names, ["db1.example"]);
        assert_eq!(certificate.ip_addresses.len(), 2);
        assert_eq!(
            certificate.not_after,
            "2030-01-06T00:00:00Z".parse().unwrap()
        );
        assert_eq!(certificate.key.curve.as_deref(), Some("secp256r1"));
        assert_eq!(certificate.key.bits, Some(256));
        assert_eq!(certificate.signature_algorithm, "ecdsa-with-SHA256");
        assert_eq!(
            certificate.extended_key_usage.unwrap(),
            ["serverAuth", "clientAuth"]
        );
        assert_eq!(certificate.sha256.len(), 64);
        assert_eq!(&*certificate.der.0, der.as_slice());
    }

    #[test]
    fn hostile_text_never_comes_out_raw() {
        let der = self_signed(|params| {
            params.distinguished_name.push(
                DnType::CommonName,
                DnValue::Utf8String("evil\u{1b}[2J\u{202e},O=x".to_owned()),
            );
        });
        let certificate = certificate(&der).unwrap();
        assert_eq!(certificate.subject, "CN=evil\u{fffd}[2J\u{fffd}\\,O\u{3d}x");
        assert_eq!(
            certificate.common_name.as_deref(),
            Some("evil\u{fffd}[2J\u{fffd},O=x")
        );
    }

    #[test]
    fn thousand_names_are_kept_and_the_rest_counted() {
        let der = self_signed(|params| {
            params.subject_alt_names = (0..1003)
                .map(|index| SanType::DnsName(format!("n{index}.example").try_into().unwrap()))
                .collect();
        });
        let names = certificate(&der).unwrap().dns_names;
        assert_eq!(names.len(), MOST_NAMES + 1);
        assert_eq!(names.last().map(String::as_str), Some("… and 3 more"));
    }

    #[test]
    fn end_of_time_is_representable() {
        let der = self_signed(|params| {
            params.not_after = rcgen::date_time_ymd(9999, 12, 31);
        });
        assert_eq!(certificate(&der).unwrap().not_after, Timestamp::MAX);
    }

    #[test]
    fn oversized_certificate_is_refused_by_size() {
        let der = self_signed(|params| {
            params.custom_extensions = vec![CustomExtension::from_oid_content(
                &[1, 2, 3, 4],
                vec![4; LARGEST_CERTIFICATE],
            )];
        });
        assert!(matches!(
            certificate(&der),
            Err(CertificateError::TooLong(_))
        ));
    }

    #[test]
    fn trailing_bytes_are_an_error() {
        let mut der = self_signed(|_| {});
        der.push(0);
        assert_eq!(certificate(&der), Err(CertificateError::TrailingBytes(1)));
    }

    #[test]
    fn unreadable_end_entity_keeps_its_place() {
        let good = self_signed(|_| {});
        let chain = presented_chain(&[b"garbage".to_vec(), good]);
        assert_eq!(chain.malformed[0].position, 0);
        assert_eq!(chain.certificates.len(), 1);
        assert!(chain.end_entity().is_none());
    }

    #[test]
    fn ca_names_read_as_subjects_do() {
        let der = self_signed(|params| {
            params
                .distinguished_name
                .push(DnType::OrganizationName, "Cockroach");
            params
                .distinguished_name
                .push(DnType::CommonName, "Cockroach CA");
        });
        let parsed = read(&der).unwrap();
        assert_eq!(
            distinguished_name(parsed.tbs_certificate.subject.as_raw()),
            "CN=Cockroach CA,O=Cockroach"
        );
        assert_eq!(distinguished_name(b"\xff"), "#ff");
    }

    #[test]
    fn bit_length_ignores_leading_zeros() {
        assert_eq!(bit_length(&[0, 0x80, 0]), Some(16));
        assert_eq!(bit_length(&[0x7f, 0xff]), Some(15));
        assert_eq!(bit_length(&[0, 0]), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = certificate(&bytes);
            let _ = distinguished_name(&bytes);
        }

        #[test]
        fn damaged_certificate_never_panics(
            hits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6)
        ) {
            static GOOD: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| self_signed(|params| {
                params.subject_alt_names = vec![
                    SanType::DnsName("a.example".try_into().unwrap()),
                    SanType::IpAddress("::1".parse().unwrap()),
                ];
                params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
                params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(1));
            }));
            let mut der = GOOD.clone();
            for (index, value) in hits {
                let place = index.index(der.len());
                der[place] = value;
            }
            let _ = certificate(&der);
        }
    }
}
