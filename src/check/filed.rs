//! What several checks ask of a certificate file. Each answers with the fact, or with the verdict that its absence makes.

use std::sync::Arc;

use jiff::Timestamp;

use super::Verdict;
use crate::endpoint::ExpiryThresholds;
use crate::finding::Detection;
use crate::observation::Attempt;
use crate::observation::certificate_file::{CertificateDirectory, CertificateFile, Part, Role};
use crate::x509::Certificate;

/// Most certificates of a file that are judged one by one. What holds more is a bundle of the world's roots, some of which are
/// always old.
pub(super) const MOST_JUDGED: usize = 20;

/// What a check of a certificate file may know beside it.
#[derive(Clone, Copy, Debug)]
pub struct CertificateContext<'a> {
    /// The time of judgement.
    pub now: Timestamp,
    /// The files beside it, and itself.
    pub directory: &'a CertificateDirectory,
    /// When a certificate is about to expire.
    pub expiry: ExpiryThresholds,
}

/// Says why something is not known of a file.
pub(super) fn why<T>(file: &CertificateFile, attempt: &Attempt<T>) -> String {
    let reason = attempt.reason();
    let reason = reason.as_deref().unwrap_or("nobody looked");
    format!("`{}`: {reason}", file.path)
}

/// Returns the certificates in a file. A key file has none, and nothing is to be judged of it.
pub(super) fn certificates(file: &CertificateFile) -> Result<&[Arc<Certificate>], Verdict> {
    let Some(held) = file.holdings.seen() else {
        return Err(match (&file.attributes, file.name.part) {
            // `certificate-file-unreadable` says it; a key's name promises no certificate.
            (Attempt::Failed(_), _) | (_, Part::Key | Part::KeyPkcs8) => Verdict::NotApplicable,
            (_, Part::Certificate | Part::Unknown) => Verdict::Open(why(file, &file.holdings)),
        });
    };
    if held.certificates.is_empty() {
        return Err(Verdict::NotApplicable);
    }
    Ok(&held.certificates)
}

/// Returns the certificate that a file is about.
pub(super) fn first_certificate(file: &CertificateFile) -> Result<&Arc<Certificate>, Verdict> {
    certificates(file)?.first().ok_or(Verdict::NotApplicable)
}

/// Puts each certificate that counts to a question about its dates, with the words for it.
///
/// Of a CA file each name counts once, by the one that is valid now and lasts longest: while a CA is rotated, old and new lie
/// in one file in any order. Of another file the certificate counts and what stands between it and its CA.
pub(super) fn of_each(
    file: &CertificateFile,
    context: &CertificateContext<'_>,
    judge: impl Fn(&str, &Certificate) -> Option<Detection>,
) -> Verdict {
    let certificates = match certificates(file) {
        Ok(certificates) => certificates,
        Err(verdict) => return verdict,
    };
    if file.is_ca() {
        if certificates.len() > MOST_JUDGED {
            return Verdict::NotApplicable;
        }
        let speaking = speaking(certificates, context.now);
        return verdict(
            speaking
                .iter()
                .filter_map(|ca| judge(what(file), ca))
                .collect(),
        );
    }
    let own = judge(what(file), &certificates[0]);
    let intermediates = certificates[1..]
        .iter()
        .take(MOST_JUDGED)
        .filter(|certificate| !certificate.is_self_issued())
        .filter_map(|certificate| {
            judge(
                &format!("the intermediate {}", certificate.subject),
                certificate,
            )
        });
    verdict(own.into_iter().chain(intermediates).collect())
}

/// Returns, for each name among CAs, the one that is valid now, else any, and of those the one that lasts longest.
fn speaking(certificates: &[Arc<Certificate>], now: Timestamp) -> Vec<&Arc<Certificate>> {
    let rank = |ca: &Certificate| (ca.not_before <= now && now <= ca.not_after, ca.not_after);
    let mut speaking: Vec<&Arc<Certificate>> = Vec::new();
    for ca in certificates {
        let same = speaking
            .iter_mut()
            .find(|known| known.subject == ca.subject);
        match same {
            Some(known) if rank(ca) > rank(known) => *known = ca,
            Some(_) => {}
            None => speaking.push(ca),
        }
    }
    speaking
}

/// Concludes from what was found.
pub(super) fn verdict(detections: Vec<Detection>) -> Verdict {
    if detections.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Fail(detections)
    }
}

/// Says what a file's certificate is.
pub(super) fn what(file: &CertificateFile) -> &'static str {
    match &file.name.role {
        Role::Ca | Role::ClientCa | Role::UiCa | Role::TenantClientCa => "the CA certificate",
        Role::Node => "the node certificate",
        Role::NodeClient => "the node's client certificate",
        Role::Client(_) => "the client certificate",
        Role::Ui => "the console's certificate",
        Role::TenantClient(_) => "the tenant certificate",
        Role::TenantSigning(_) => "the tenant's signing certificate",
        Role::Server => "the server certificate",
        Role::Other if file.is_ca() => "the CA certificate",
        Role::Other => "the certificate",
    }
}

/// Returns the users that CockroachDB takes a certificate for: the common name and every DNS name.
pub(super) fn principals(certificate: &Certificate) -> Vec<String> {
    let names = certificate.dns_names.iter().cloned();
    let mut all: Vec<String> = certificate.common_name.iter().cloned().collect();
    all.extend(names.filter(|name| certificate.common_name.as_ref() != Some(name)));
    all
}

/// Whether a user is among them.
pub(super) fn has_principal(certificate: &Certificate, user: &str) -> bool {
    certificate.common_name.as_deref() == Some(user)
        || certificate.dns_names.iter().any(|name| name == user)
}
