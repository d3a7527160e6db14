//! Certificates: facts from DER and PEM, and the judgement of certification path and host name as data.
//!
//! It reads whatever it is shown, valid or not, and rejects nothing: a bad certificate is the very thing to be
//! looked at. It opens no file and reads no clock.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub mod anchors;
pub mod holdings;
pub mod host_name;
pub mod issuance;
pub mod key;
mod link;
pub mod parse;
mod path;
pub mod pem;
pub mod verify;

/// What one X.509 certificate says (RFC 5280 section 4.1). All text has passed through [`crate::text`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Subject as an RFC 4514 string.
    pub subject: String,
    /// Issuer as an RFC 4514 string.
    pub issuer: String,
    /// The most specific common name in the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common_name: Option<String>,
    /// Serial number in lower-case hexadecimal.
    pub serial_number: String,
    /// Start of validity.
    pub not_before: Timestamp,
    /// End of validity, inclusive (RFC 5280 section 4.1.2.5).
    pub not_after: Timestamp,
    /// `dNSName` entries of the subject alternative name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dns_names: Vec<String>,
    /// `iPAddress` entries of the subject alternative name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ip_addresses: Vec<IpAddr>,
    /// Whether there is a subject alternative name extension at all, whatever is in it.
    pub subject_alt_name: bool,
    /// The public key.
    pub key: PublicKey,
    /// Signature algorithm by its usual name, such as `sha256WithRSAEncryption`; the OID where it has none.
    pub signature_algorithm: String,
    /// `cA` of basic constraints; `None` where the extension is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basic_constraints_ca: Option<bool>,
    /// Key usages by their RFC 5280 names (`digitalSignature`, `keyCertSign`, …); `None` where the extension is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_usage: Option<Vec<String>>,
    /// Extended key usages by their RFC 5280 names (`serverAuth`, `clientAuth`, `anyExtendedKeyUsage`) or OID;
    /// `None` where the extension is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_key_usage: Option<Vec<String>>,
    /// Addresses from which the issuer's certificate can be had (authority information access).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ca_issuers: Vec<String>,
    /// SHA-256 over the DER, lower-case hexadecimal.
    pub sha256: String,
    /// SHA-256 over the DER of the subject public key info, lower-case hexadecimal.
    pub spki_sha256: String,
    /// The certificate itself. A recording may leave it out.
    #[serde(default, skip_serializing_if = "Der::is_empty")]
    pub der: Der,
}

impl Certificate {
    /// Whether subject and issuer are the same name. It says nothing of the signature.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }
}

/// A subject public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    /// Its kind.
    pub algorithm: KeyAlgorithm,
    /// Modulus or field size in bits, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
    /// Name of the curve, such as `secp256r1`, for EC keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<String>,
}

/// Kinds of public keys (RFC 3279, RFC 5480, RFC 8410).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyAlgorithm {
    /// RSA.
    Rsa,
    /// ECDSA.
    Ec,
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// DSA.
    Dsa,
    /// Anything else, by its object identifier.
    Other(String),
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rsa => "RSA",
            Self::Ec => "ECDSA",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::Dsa => "DSA",
            Self::Other(oid) => oid,
        })
    }
}

/// The DER of a certificate, shared.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Der(pub Arc<[u8]>);

impl Der {
    /// Whether the bytes were left out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Der {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Der({} bytes)", self.0.len())
    }
}

impl From<Der> for String {
    fn from(der: Der) -> Self {
        data_encoding::BASE64.encode(&der.0)
    }
}

impl TryFrom<String> for Der {
    type Error = data_encoding::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Ok(Self(data_encoding::BASE64.decode(text.as_bytes())?.into()))
    }
}

/// The certificates as the peer sent them, its own first (RFC 8446 section 4.4.2). It is not a certification path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresentedChain {
    /// What could be read, in the peer's order.
    pub certificates: Vec<Arc<Certificate>>,
    /// What could not be read: position in the chain, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub malformed: Vec<Malformed>,
}

impl PresentedChain {
    /// Returns the certificate of the peer itself.
    pub fn end_entity(&self) -> Option<&Arc<Certificate>> {
        let first_unreadable = self.malformed.iter().any(|entry| entry.position == 0);
        if first_unreadable {
            None
        } else {
            self.certificates.first()
        }
    }
}

/// A certificate in a chain that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Malformed {
    /// Its place in the chain, from 0.
    pub position: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// What a client that trusts certain anchors and dialled a certain name concludes from a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Whose trust was asked.
    pub trust: Trust,
    /// Whether a certification path to one of its anchors stands (RFC 5280 section 6).
    pub path: PathVerdict,
    /// Everything that is wrong with the path, worst first. Empty exactly when `path` is valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<PathProblem>,
    /// Why, in a sentence that names the certificate.
    pub path_detail: String,
    /// The name that was looked for: `server_name` of the endpoint, else its host.
    pub reference_name: String,
    /// Whether the end entity is certified for that name (RFC 9525).
    pub host_name: HostName,
    /// Why, in a sentence that names what the certificate has in place of it.
    pub host_name_detail: String,
    /// The anchor the path ends in, where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
    /// Whether the chain leads to one of Mozilla's roots, whatever the endpoint trusts: the certificate is public.
    pub public: bool,
}

/// A trust anchor, as far as its file tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Subject as an RFC 4514 string.
    pub subject: String,
    /// End of its validity, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
}

/// Whose certificates count as trust anchors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// The file that `sslrootcert` or `--ca` names.
    File(String),
    /// The system's trust store, as libpq's `sslrootcert=system`.
    System,
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(path),
            Self::System => f.write_str("the system's trust store"),
        }
    }
}

/// Whether a certification path stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathVerdict {
    /// It stands.
    Valid,
    /// It does not.
    Invalid,
}

/// What is wrong with a certification path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathProblem {
    /// A certificate on the path is past its `notAfter`.
    Expired,
    /// A certificate on the path is before its `notBefore`.
    NotYetValid,
    /// The end entity signed itself, and nobody vouches for it.
    SelfSigned,
    /// The chain is whole, and its root is nobody's that we trust.
    UnknownCa,
    /// An intermediate certificate was not sent.
    Incomplete,
    /// A certificate is used for what it is not for: no `serverAuth`, or an issuer that is no CA.
    WrongUsage,
    /// A key or a signature on the path is too weak to count.
    Weak,
    /// A certificate could not be read, or a signature does not fit.
    Malformed,
}

/// Whether the end entity is certified for the name that was dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostName {
    /// By an entry of the subject alternative name.
    Match,
    /// Only by the common name, which libpq accepts where there is no `dNSName`, and Go, Python, Java and browsers do not.
    CommonNameOnly,
    /// Not at all.
    Mismatch,
}
