//! The lab's PKI: an authority like the one `cockroach cert create-ca` makes, and leaves of every age.
//!
//! Keys live in memory only.

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, Error, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;

use super::server::Identity;

/// Lifetime of the authority: 87,840 hours, as `cockroach cert create-ca` has it.
const AUTHORITY_LIFETIME: i64 = 87_840 * 3600;

/// A certification authority.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

/// What a leaf is to say. Times are seconds from `now`.
pub(super) struct Leaf<'a> {
    organization: &'a str,
    common_name: &'a str,
    names: &'a [&'a str],
    from: i64,
    to: i64,
    now: Timestamp,
}

impl Authority {
    pub(super) fn new(
        organization: &str,
        common_name: &str,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = distinguished_name(organization, common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyCertSign,
        ];
        (params.not_before, params.not_after) =
            (moment(now, -24 * 3600), moment(now, AUTHORITY_LIFETIME));
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        let (der, pem) = (certificate.der().clone(), certificate.pem());
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate: der,
            pem,
        })
    }

    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    pub(super) fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    /// Issues a leaf with a new key, as both server and client, like a CockroachDB node certificate.
    pub(super) fn issue(&self, leaf: &Leaf<'_>) -> Result<Identity, Error> {
        let key = KeyPair::generate()?;
        let certificate = leaf.params()?.signed_by(&key, &self.issuer)?;
        Ok(identity(certificate.der().clone(), &key))
    }
}

impl<'a> Leaf<'a> {
    /// Returns what is to be said of `names`, valid for a moment at the beginning of time until [`Leaf::valid`] says more.
    pub(super) fn new(organization: &'a str, common_name: &'a str, names: &'a [&'a str]) -> Self {
        Self {
            organization,
            common_name,
            names,
            from: 0,
            to: 0,
            now: Timestamp::UNIX_EPOCH,
        }
    }

    /// Says from when to when it is valid, in seconds from `now`.
    pub(super) fn valid(mut self, now: Timestamp, from: i64, to: i64) -> Self {
        (self.now, self.from, self.to) = (now, from, to);
        self
    }

    fn params(&self) -> Result<CertificateParams, Error> {
        let mut params = CertificateParams::new(
            self.names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>(),
        )?;
        params.distinguished_name = distinguished_name(self.organization, self.common_name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        (params.not_before, params.not_after) =
            (moment(self.now, self.from), moment(self.now, self.to));
        Ok(params)
    }
}

/// Makes a certificate that nobody but itself vouches for, as `openssl req -x509` does.
pub(super) fn self_signed(leaf: &Leaf<'_>) -> Result<Identity, Error> {
    let params = leaf.params()?;
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(identity(certificate.der().clone(), &key))
}

fn identity(certificate: CertificateDer<'static>, key: &KeyPair) -> Identity {
    Identity {
        chain: vec![certificate],
        key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
    }
}

fn distinguished_name(organization: &str, common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, organization);
    name.push(DnType::CommonName, common_name);
    name
}

/// Returns `now` moved by `seconds`; a moment that does not exist stays `now`.
fn moment(now: Timestamp, seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(now.as_second().saturating_add(seconds))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
