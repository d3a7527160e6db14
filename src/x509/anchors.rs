//! Trust anchors: read once, shared by every probe that trusts them.
//!
//! The wing brings the DER, from the file that `sslrootcert` names or from the system's store. No file is opened here.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};

use super::link::Link;
use super::parse::CertificateError;

/// The certificates that somebody trusts. Cloning shares them.
#[derive(Clone, Default)]
pub struct Anchors(Arc<Store>);

#[derive(Default)]
struct Store {
    /// Invariant: never an empty list.
    by_subject: HashMap<Vec<u8>, Vec<Trusted>>,
    count: usize,
    unreadable: Vec<CertificateError>,
}

/// One trusted certificate.
#[derive(Debug)]
pub(super) struct Trusted {
    pub(super) link: Link,
    pub(super) anchor: TrustAnchor<'static>,
}

impl Anchors {
    /// Reads trusted certificates.
    ///
    /// One that cannot be read is left out and counted: the system's stores of old machines hold some.
    pub fn from_der(ders: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let mut store = Store::default();
        for der in ders {
            match Link::read(der.as_ref()) {
                Ok(link) => store.add(link),
                Err(error) => store.unreadable.push(error),
            }
        }
        Self(Arc::new(store))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Why some could not be read.
    pub fn unreadable(&self) -> &[CertificateError] {
        &self.0.unreadable
    }

    /// Returns the trusted certificates with that subject.
    pub(super) fn named(&self, subject: &[u8]) -> &[Trusted] {
        self.0.by_subject.get(subject).map_or(&[], Vec::as_slice)
    }

    /// Chooses the trusted issuer of a certificate as OpenSSL does: one that is valid now, else the one that expires last.
    pub(super) fn issuer_of(&self, link: &Link, now: Timestamp) -> Option<&Trusted> {
        let candidates = || {
            self.named(&link.issuer)
                .iter()
                .filter(|trusted| link.may_be_issued_by(&trusted.link))
        };
        candidates()
            .find(|trusted| is_valid_at(&trusted.link, now))
            .or_else(|| candidates().max_by_key(|trusted| trusted.link.certificate.not_after))
    }
}

impl Store {
    fn add(&mut self, link: Link) {
        let same_subject = self.by_subject.entry(link.subject.clone()).or_default();
        // Bundles repeat themselves, and a repetition would be tried again and again.
        if same_subject
            .iter()
            .any(|known| known.link.der() == link.der())
        {
            return;
        }
        let der = CertificateDer::from(&*link.der().0);
        // webpki takes name constraints from here. What it cannot read it will not judge: subject and key remain.
        let anchor = match webpki::anchor_from_trusted_cert(&der) {
            Ok(anchor) => anchor.to_owned(),
            Err(_) => TrustAnchor {
                subject: link.raw_subject.clone().into(),
                subject_public_key_info: link.raw_spki.clone().into(),
                name_constraints: None,
            },
        };
        same_subject.push(Trusted { link, anchor });
        self.count += 1;
    }
}

impl fmt::Debug for Anchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Anchors({} certificates)", self.len())
    }
}

/// Whether a moment lies within a certificate's validity, both ends included.
pub(super) fn is_valid_at(link: &Link, now: Timestamp) -> bool {
    link.certificate.not_before <= now && now <= link.certificate.not_after
}

/// The roots of Mozilla's programme by subject: what makes a certificate public.
static MOZILLA: LazyLock<HashMap<&'static [u8], Vec<TrustAnchor<'static>>>> = LazyLock::new(|| {
    let mut roots: HashMap<&'static [u8], Vec<TrustAnchor<'static>>> = HashMap::new();
    for root in webpki_roots::TLS_SERVER_ROOTS {
        roots
            .entry(root.subject.as_ref())
            .or_default()
            .push(root.clone());
    }
    roots
});

/// Whether somebody with this subject is a root of Mozilla's.
pub(super) fn is_mozilla_subject(raw_subject: &[u8]) -> bool {
    MOZILLA.contains_key(raw_subject)
}

/// Whether this very subject and key are a root of Mozilla's.
pub(super) fn is_mozilla_root(link: &Link) -> bool {
    MOZILLA
        .get(link.raw_subject.as_slice())
        .is_some_and(|roots| {
            roots
                .iter()
                .any(|root| root.subject_public_key_info.as_ref() == link.raw_spki)
        })
}

/// Whether an end entity chains to one of Mozilla's roots, with whatever was sent beside it.
///
/// It is asked for the time of `now` or, where the certificate is not valid now, for the nearest moment when it was: an expired
/// public certificate is a public certificate.
pub(super) fn leads_to_mozilla(end_entity: &Link, sent: &[Link], now: Timestamp) -> bool {
    let mut roots: Vec<TrustAnchor<'static>> = Vec::new();
    for link in std::iter::once(end_entity).chain(sent) {
        if let Some(named) = MOZILLA.get(link.raw_issuer.as_slice()) {
            roots.extend(named.iter().cloned());
        }
    }
    // Nearly every private certificate ends here, before any signature is computed.
    if roots.is_empty() {
        return false;
    }
    let leaf = &end_entity.certificate;
    let moment = now.max(leaf.not_before).min(leaf.not_after);
    judged_by_webpki(end_entity, sent, &roots, moment).is_ok()
}

/// Puts a path to webpki.
pub(super) fn judged_by_webpki<'a>(
    end_entity: &Link,
    sent: impl IntoIterator<Item = &'a Link>,
    anchors: &[TrustAnchor<'static>],
    now: Timestamp,
) -> Result<(), webpki::Error> {
    let der = CertificateDer::from(&*end_entity.der().0);
    let intermediates: Vec<CertificateDer<'_>> = sent
        .into_iter()
        .map(|link| CertificateDer::from(&*link.der().0))
        .collect();
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    webpki::EndEntityCert::try_from(&der)?.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        anchors,
        &intermediates,
        UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
        webpki::KeyUsage::server_auth(),
        None,
        None,
    )?;
    Ok(())
}
