//! Who issued a certificate, and who may: two certificates beside each other, without a whole path.
//!
//! It asks of neither dates nor trust; [`super::verify`] does.

use std::sync::Arc;

use super::Certificate;
use super::link::{Link, SignatureVerdict};

/// Most certificates between an end entity and the CA that are followed.
const LONGEST_WAY: usize = 10;

/// What is known of somebody's having issued a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuance {
    /// It did: names and identifiers agree, and the signature fits.
    Issued,
    /// It did not.
    NotIssued,
    /// Names agree, and the signature cannot be computed here.
    Undecided,
}

/// Tells whether `issuer` issued `certificate`.
pub fn between(certificate: &Arc<Certificate>, issuer: &Arc<Certificate>) -> Issuance {
    let (Ok(link), Ok(above)) = (Link::of(certificate), Link::of(issuer)) else {
        return Issuance::Undecided;
    };
    if !link.may_be_issued_by(&above) {
        return Issuance::NotIssued;
    }
    match link.verify_signature(&above) {
        SignatureVerdict::Good => Issuance::Issued,
        SignatureVerdict::Bad => Issuance::NotIssued,
        SignatureVerdict::Unsupported => Issuance::Undecided,
    }
}

/// Finds the one among `cas` that issued `certificate`, directly or through `intermediates`; that is the certificate itself
/// where it is one of them. `Err` says whether the answer is no ([`Issuance::NotIssued`]) or stays open.
pub fn issuer_among<'a>(
    certificate: &Arc<Certificate>,
    intermediates: &[Arc<Certificate>],
    cas: &'a [Arc<Certificate>],
) -> Result<&'a Arc<Certificate>, Issuance> {
    let mut answer = Issuance::NotIssued;
    let mut here = certificate;
    for _ in 0..LONGEST_WAY {
        if let Some(same) = cas.iter().find(|ca| ca.sha256 == here.sha256) {
            return Ok(same);
        }
        for ca in cas {
            match between(here, ca) {
                Issuance::Issued => return Ok(ca),
                Issuance::Undecided => answer = Issuance::Undecided,
                Issuance::NotIssued => {}
            }
        }
        let above = intermediates
            .iter()
            .find(|above| above.sha256 != here.sha256 && between(here, above) == Issuance::Issued);
        match above {
            Some(above) => here = above,
            None => return Err(answer),
        }
    }
    Err(answer)
}

/// Whether a certificate may issue others by its basic constraints and its key usage (RFC 5280 sections 4.2.1.3 and 4.2.1.9).
pub fn may_issue(certificate: &Certificate) -> bool {
    let signs = |usages: &Vec<String>| usages.iter().any(|usage| usage == "keyCertSign");
    certificate.basic_constraints_ca == Some(true)
        && certificate.key_usage.as_ref().is_none_or(signs)
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    };

    use super::*;
    use crate::x509::parse;

    fn ca(name: &str) -> (Arc<Certificate>, Issuer<'static, KeyPair>) {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let read = Arc::new(parse::certificate(certificate.der()).unwrap());
        (read, Issuer::new(params, key))
    }

    fn leaf(issuer: &Issuer<'_, KeyPair>) -> Arc<Certificate> {
        let params = CertificateParams::new(vec!["db1.example".to_owned()]).unwrap();
        let signed = params
            .signed_by(&KeyPair::generate().unwrap(), issuer)
            .unwrap();
        Arc::new(parse::certificate(signed.der()).unwrap())
    }

    #[test]
    fn issuer_is_found_and_a_namesake_is_not_taken_for_it() {
        let (root, signing) = ca("Cockroach CA");
        let (namesake, _) = ca("Cockroach CA");
        let node = leaf(&signing);
        assert_eq!(between(&node, &root), Issuance::Issued);
        assert_eq!(between(&node, &namesake), Issuance::NotIssued);
        let bundle = [Arc::clone(&namesake), Arc::clone(&root)];
        assert_eq!(
            issuer_among(&node, &[], &bundle).unwrap().sha256,
            root.sha256
        );
        assert_eq!(
            issuer_among(&node, &[], &bundle[..1]),
            Err(Issuance::NotIssued)
        );
        assert_eq!(
            issuer_among(&root, &[], &bundle).unwrap().sha256,
            root.sha256
        );
    }

    #[test]
    fn ca_says_so_in_both_extensions() {
        let (root, signing) = ca("x");
        assert!(may_issue(&root));
        assert!(!may_issue(&leaf(&signing)));
        let mut silent = Certificate::clone(&root);
        silent.key_usage = Some(vec!["digitalSignature".to_owned()]);
        assert!(!may_issue(&silent));
        silent.key_usage = None;
        assert!(may_issue(&silent));
    }
}
