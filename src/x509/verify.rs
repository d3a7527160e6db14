//! Certification path and host name, judged separately, each with its reason.
//!
//! rustls-webpki judges the path and computes the signatures. Where it and OpenSSL differ, OpenSSL at security level 2 decides, because
//! it is what libpq runs on: it looks at the dates of the trust anchor, too; it takes a server certificate that
//! signed itself when that very certificate is trusted, `cA` or not; it takes v1 certificates; it wants a trust
//! anchor to have signed itself; it reads key usage. Revocation is not looked at, as libpq does not without `sslcrl`.

use jiff::Timestamp;

pub use super::anchors::Anchors;
pub use super::host_name::libpq_accepts;
pub use super::key::{KeyError, key_matches};

use super::anchors::{self, is_mozilla_root, is_mozilla_subject, leads_to_mozilla};
use super::host_name;
use super::link::{CaStanding, Link, SignatureVerdict};
use super::path::{End, Path, Step};
use super::{Anchor, HostName, PathProblem, PathVerdict, PresentedChain, Trust, Verification};
use crate::text::printable;

/// Concludes what a client concludes that trusts `anchors` and dialled `reference_name`.
///
/// `trust` says where the anchors come from. The chain may be in any order behind the end entity and hold more than is needed.
pub fn verify(
    chain: &PresentedChain,
    anchors: &Anchors,
    trust: Trust,
    reference_name: &str,
    now: Timestamp,
) -> Verification {
    let judgement = Judgement::of(chain, anchors, &trust, now);
    let (host_name, host_name_detail) = match chain.end_entity() {
        Some(certificate) => host_name::judge(certificate, reference_name),
        None => (
            HostName::Mismatch,
            "there is no readable certificate to look for a name in".to_owned(),
        ),
    };
    Verification {
        trust,
        path: if judgement.problems.is_empty() {
            PathVerdict::Valid
        } else {
            PathVerdict::Invalid
        },
        problems: judgement.problems,
        path_detail: judgement.detail,
        reference_name: printable(reference_name),
        host_name,
        host_name_detail,
        anchor: judgement.anchor,
        public: judgement.public,
    }
}

/// What is concluded of a path.
struct Judgement {
    problems: Vec<PathProblem>,
    detail: String,
    anchor: Option<Anchor>,
    public: bool,
}

impl Judgement {
    fn of(chain: &PresentedChain, anchors: &Anchors, trust: &Trust, now: Timestamp) -> Self {
        let Some((end_entity, sent)) = links(chain) else {
            let detail = match chain.malformed.first() {
                Some(entry) => format!("the server's certificate cannot be read: {}", entry.reason),
                None if chain.certificates.is_empty() => "no certificate was sent".to_owned(),
                None => "the server's certificate was recorded without its bytes".to_owned(),
            };
            return Self {
                problems: vec![PathProblem::Malformed],
                detail,
                anchor: None,
                public: false,
            };
        };
        let path = Path::build(&end_entity, &sent, anchors, now);
        let mut found = Found::default();
        found.dates(&path, now);
        found.usage(&path);
        found.strength(&path);
        found.end(&path, anchors, trust);
        found.signatures(&path, now);
        let anchor = match path.end {
            End::Anchored(trusted) if found.problems.is_empty() => Some(Anchor {
                subject: trusted.link.certificate.subject.clone(),
                not_after: Some(trusted.link.certificate.not_after),
            }),
            End::Anchored(_) | End::SelfSigned | End::Partial | End::NoIssuer => None,
        };
        // A valid path that ends in a root of Mozilla's needs no second look.
        let public = match path.end {
            End::Anchored(trusted) if anchor.is_some() && is_mozilla_root(&trusted.link) => true,
            End::Anchored(_) | End::SelfSigned | End::Partial | End::NoIssuer => {
                leads_to_mozilla(&end_entity, &sent, now)
            }
        };
        let detail = match &anchor {
            Some(anchor) => format!("leads to `{}` in {trust}", anchor.subject),
            None => found.sentence(),
        };
        Self {
            problems: found.kinds(),
            detail,
            anchor,
            public,
        }
    }
}

/// Takes the end entity and the other certificates out of a chain, as far as they can be read.
fn links(chain: &PresentedChain) -> Option<(Link, Vec<Link>)> {
    let end_entity = chain.end_entity()?;
    let link = Link::of(end_entity).ok()?;
    let sent = chain
        .certificates
        .iter()
        .skip(1)
        .filter_map(|certificate| Link::of(certificate).ok())
        .collect();
    Some((link, sent))
}

/// The problems of a path, as they are found.
#[derive(Default)]
struct Found {
    problems: Vec<(PathProblem, String)>,
}

impl Found {
    fn add(&mut self, problem: PathProblem, detail: String) {
        self.problems.push((problem, detail));
    }

    /// Returns the kinds, each once, worst first.
    ///
    /// Worst is what lets anybody step in: a forged or unknown issuer. Dates come next, because there the right certificate is known.
    fn kinds(&self) -> Vec<PathProblem> {
        let mut kinds: Vec<PathProblem> = self.problems.iter().map(|(kind, _)| *kind).collect();
        kinds.sort_by_key(|kind| rank(*kind));
        kinds.dedup();
        kinds
    }

    /// Returns the reasons as one sentence, worst first.
    fn sentence(&self) -> String {
        let mut sorted: Vec<&(PathProblem, String)> = self.problems.iter().collect();
        sorted.sort_by_key(|(kind, _)| rank(*kind));
        let details: Vec<&str> = sorted
            .iter()
            .take(6)
            .map(|(_, detail)| detail.as_str())
            .collect();
        details.join("; ")
    }

    /// Looks at every validity on the path, the anchor's too (OpenSSL's `internal_verify`).
    fn dates(&mut self, path: &Path<'_>, now: Timestamp) {
        for (position, link) in path.links().enumerate() {
            let certificate = &link.certificate;
            if now > certificate.not_after {
                self.add(
                    PathProblem::Expired,
                    format!(
                        "{} expired at {}",
                        name(path, position),
                        certificate.not_after
                    ),
                );
            } else if now < certificate.not_before {
                self.add(
                    PathProblem::NotYetValid,
                    format!(
                        "{} is not valid before {}",
                        name(path, position),
                        certificate.not_before
                    ),
                );
            }
        }
    }

    /// Looks at what the certificates on the path may be used for (OpenSSL's `check_extensions`).
    fn usage(&mut self, path: &Path<'_>) {
        let last = path.steps.len() - 1;
        let mut below = 0;
        for (position, link) in path.links().enumerate() {
            let who = || name(path, position);
            if let Some(oid) = &link.unknown_critical {
                self.add(
                    PathProblem::Malformed,
                    format!(
                        "{} has the critical extension {oid}, which OpenSSL does not know",
                        who()
                    ),
                );
            }
            if link.lacks_server_auth() {
                self.add(
                    PathProblem::WrongUsage,
                    format!("the extended key usage of {} lacks serverAuth", who()),
                );
            }
            if position == 0 {
                if !link.may_serve_tls() {
                    self.add(
                        PathProblem::WrongUsage,
                        format!("the key usage of {} is not that of a TLS server", who()),
                    );
                }
                continue;
            }
            match link.ca_standing() {
                CaStanding::Ca => {}
                CaStanding::Tolerated if position == last => {}
                CaStanding::Tolerated | CaStanding::NotCa => self.add(
                    PathProblem::WrongUsage,
                    format!("{} is no CA by its basic constraints and key usage", who()),
                ),
            }
            if link.path_len().is_some_and(|most| below > most) {
                self.add(
                    PathProblem::WrongUsage,
                    format!(
                        "there are {below} intermediates below {}, more than its path length",
                        who()
                    ),
                );
            }
            if !link.is_self_issued() {
                below += 1;
            }
        }
    }

    /// Looks at keys and signature algorithms (OpenSSL's `check_auth_level` at level 2).
    fn strength(&mut self, path: &Path<'_>) {
        let last = path.steps.len() - 1;
        for (position, link) in path.links().enumerate() {
            let who = || name(path, position);
            let key = &link.certificate.key;
            if link.has_weak_key() {
                self.add(
                    PathProblem::Weak,
                    format!(
                        "the {} key of {} has {} bits",
                        key.algorithm,
                        who(),
                        key.bits.unwrap_or_default()
                    ),
                );
            }
            if last > 0 && link.has_explicit_curve() {
                self.add(
                    PathProblem::Malformed,
                    format!("the curve of {} is written out in place of named", who()),
                );
            }
            // Nobody relies on the signature of the last one: it is trusted, or it is nobody's.
            if position < last && link.has_weak_signature() {
                self.add(
                    PathProblem::Weak,
                    format!(
                        "{} is signed with {}",
                        who(),
                        link.certificate.signature_algorithm
                    ),
                );
            }
        }
    }

    /// Looks at where the path ends.
    fn end(&mut self, path: &Path<'_>, anchors: &Anchors, trust: &Trust) {
        let top = path.top();
        let certificate = &top.certificate;
        let same_name = !anchors.named(&top.subject).is_empty();
        match path.end {
            End::Anchored(_) => {}
            End::SelfSigned if path.steps.len() == 1 => self.add(
                PathProblem::SelfSigned,
                if same_name {
                    format!(
                        "`{}` signed itself, and what {trust} holds under that name is another certificate",
                        certificate.subject
                    )
                } else {
                    format!("`{}` signed itself, and {trust} does not hold it", certificate.subject)
                },
            ),
            End::SelfSigned => self.add(
                PathProblem::UnknownCa,
                if same_name {
                    format!(
                        "the chain ends in its own root `{}`, and what {trust} holds under that name is another certificate",
                        certificate.subject
                    )
                } else {
                    format!(
                        "the chain ends in its own root `{}`, which is not in {trust}",
                        certificate.subject
                    )
                },
            ),
            End::Partial => self.add(
                PathProblem::UnknownCa,
                format!(
                    "{trust} holds `{}` and not its issuer `{}`: OpenSSL, and so libpq, wants the path to end in a certificate that signed itself",
                    certificate.subject, certificate.issuer
                ),
            ),
            End::NoIssuer => self.no_issuer(path, anchors, trust),
        }
    }

    /// Tells a CA that is unknown from an intermediate certificate that is missing, as far as the facts allow.
    fn no_issuer(&mut self, path: &Path<'_>, anchors: &Anchors, trust: &Trust) {
        let top = path.top();
        let issuer = &top.certificate.issuer;
        let who = name(path, path.steps.len() - 1);
        if !anchors.named(&top.issuer).is_empty() {
            // The CA was made anew under its old name.
            self.add(
                PathProblem::UnknownCa,
                format!("{who} was issued by `{issuer}`, and {trust} holds a CA of that name with another key"),
            );
        } else if is_mozilla_subject(&top.raw_issuer) {
            self.add(
                PathProblem::UnknownCa,
                format!("the chain is whole and leads to the public root `{issuer}`, which is not in {trust}"),
            );
        } else if let Some(address) = top.certificate.ca_issuers.first() {
            // Whoever writes where the issuer can be fetched means that it is no root.
            self.add(
                PathProblem::Incomplete,
                format!(
                    "the issuer of {who}, `{issuer}`, was not sent and is not in {trust}; it can be had from {address}"
                ),
            );
        } else {
            self.add(
                PathProblem::UnknownCa,
                format!("{who} was issued by `{issuer}`, which was not sent and is not in {trust}"),
            );
        }
    }

    /// Verifies the signatures: by webpki, and where that says no, one by one to tell why.
    fn signatures(&mut self, path: &Path<'_>, now: Timestamp) {
        let refused = match path.end {
            End::Anchored(trusted) if path.steps.len() > 1 => {
                let between = path.links().skip(1).take(path.steps.len() - 2);
                let anchor = std::slice::from_ref(&trusted.anchor);
                let end_entity = path.steps[0].link();
                match anchors::judged_by_webpki(end_entity, between, anchor, now) {
                    Ok(()) => return,
                    Err(error) => Some(error),
                }
            }
            End::Anchored(_) | End::SelfSigned | End::Partial | End::NoIssuer => None,
        };
        let own = self.problems.len();
        for position in 0..path.steps.len() - 1 {
            let (link, issuer) = (path.steps[position].link(), path.steps[position + 1].link());
            match link.verify_signature(issuer) {
                SignatureVerdict::Good => {}
                SignatureVerdict::Bad => self.add(
                    PathProblem::Malformed,
                    format!(
                        "the signature on {} was not made with the key of `{}`",
                        name(path, position),
                        issuer.certificate.subject
                    ),
                ),
                // What is too weak to count is said already.
                SignatureVerdict::Unsupported
                    if link.has_weak_signature() || issuer.has_weak_key() => {}
                SignatureVerdict::Unsupported => self.add(
                    PathProblem::Malformed,
                    format!(
                        "the signature on {} cannot be verified: {} with a key of kind {}",
                        name(path, position),
                        link.certificate.signature_algorithm,
                        issuer.certificate.key.algorithm
                    ),
                ),
            }
        }
        if let (Some(error), true) = (refused, self.problems.len() == own && own == 0) {
            self.webpki_alone(&error, path);
        }
    }

    /// Takes webpki's word where nothing else was found, unless OpenSSL is known to think otherwise.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "webpki's error grows, and whatever is not known to be accepted is refused"
    )]
    fn webpki_alone(&mut self, error: &webpki::Error, path: &Path<'_>) {
        use webpki::Error;
        match error {
            // OpenSSL takes all of these: v1 certificates, a CA as server, names that differ in case or string type, key usage in
            // place of basic constraints, algorithms that were verified above, path lengths counted above.
            Error::UnsupportedCertVersion
            | Error::CaUsedAsEndEntity
            | Error::EndEntityUsedAsCa
            | Error::UnknownIssuer
            | Error::PathLenConstraintViolated
            | Error::RequiredEkuNotFoundContext(_)
            | Error::UnsupportedSignatureAlgorithmContext(_)
            | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
            | Error::InvalidSignatureForPublicKey
            | Error::UnsupportedCriticalExtension => {}
            Error::NameConstraintViolation => self.add(
                PathProblem::WrongUsage,
                format!(
                    "a CA above {} may not certify its names (name constraints)",
                    name(path, 0)
                ),
            ),
            other => self.add(
                PathProblem::Malformed,
                format!("webpki refuses the path: {}", printable(&other.to_string())),
            ),
        }
    }
}

/// Orders the problems, worst first.
const fn rank(problem: PathProblem) -> u8 {
    match problem {
        PathProblem::Malformed => 0,
        PathProblem::SelfSigned => 1,
        PathProblem::UnknownCa => 2,
        PathProblem::Incomplete => 3,
        PathProblem::Expired => 4,
        PathProblem::NotYetValid => 5,
        PathProblem::WrongUsage => 6,
        PathProblem::Weak => 7,
    }
}

/// Names a certificate of a path by its part in it.
fn name(path: &Path<'_>, position: usize) -> String {
    let subject = &path.steps[position].link().certificate.subject;
    let part = match path.steps[position] {
        Step::Sent(_) if position == 0 => "the server's certificate",
        Step::Trusted(_) if position == 0 => "the server's certificate, trusted itself,",
        Step::Sent(_) => "the intermediate",
        Step::Trusted(_) => "the trusted CA",
    };
    format!("{part} `{subject}`")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;
    use crate::x509::parse;

    fn root() -> (Vec<u8>, Issuer<'static, KeyPair>) {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        (certificate.der().to_vec(), Issuer::new(params, key))
    }

    fn leaf(issuer: &Issuer<'static, KeyPair>) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["db1.example".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "node");
        params.not_before = rcgen::date_time_ymd(2025, 1, 1);
        params.not_after = rcgen::date_time_ymd(2026, 1, 1);
        let key = KeyPair::generate().unwrap();
        params.signed_by(&key, issuer).unwrap().der().to_vec()
    }

    fn judged(chain: &[Vec<u8>], anchors: &Anchors, now: &str) -> Verification {
        let chain = parse::presented_chain(chain);
        let trust = Trust::File("ca.pem".to_owned());
        verify(&chain, anchors, trust, "db1.example", now.parse().unwrap())
    }

    #[test]
    fn validity_includes_both_of_its_ends() {
        let (root, issuer) = root();
        let chain = [leaf(&issuer)];
        let anchors = Anchors::from_der([root]);
        for (now, problems) in [
            ("2024-12-31T23:59:59Z", vec![PathProblem::NotYetValid]),
            ("2025-01-01T00:00:00Z", vec![]),
            ("2026-01-01T00:00:00Z", vec![]),
            ("2026-01-01T00:00:01Z", vec![PathProblem::Expired]),
        ] {
            let verdict = judged(&chain, &anchors, now);
            assert_eq!(verdict.problems, problems, "{now}: {}", verdict.path_detail);
            assert_eq!(verdict.anchor.is_some(), problems.is_empty());
            assert_eq!(verdict.host_name, HostName::Match);
        }
    }

    #[test]
    fn surplus_certificates_change_nothing() {
        let (root, issuer) = root();
        let (other, _) = self::root();
        let end_entity = leaf(&issuer);
        let chain = [
            end_entity.clone(),
            b"garbage".to_vec(),
            other,
            root.clone(),
            end_entity,
        ];
        let verdict = judged(&chain, &Anchors::from_der([root]), "2025-06-01T00:00:00Z");
        assert_eq!(verdict.path, PathVerdict::Valid, "{}", verdict.path_detail);
    }

    #[test]
    fn empty_and_unreadable_chains_are_malformed() {
        for chain in [vec![], vec![b"garbage".to_vec()]] {
            let verdict = judged(&chain, &Anchors::default(), "2025-06-01T00:00:00Z");
            assert_eq!(verdict.problems, [PathProblem::Malformed]);
            assert_eq!(verdict.host_name, HostName::Mismatch);
        }
    }

    #[test]
    fn unreadable_anchors_are_counted_and_left_out() {
        let (root, _) = root();
        let anchors = Anchors::from_der([b"garbage".to_vec(), root.clone(), root]);
        assert_eq!((anchors.len(), anchors.unreadable().len()), (1, 1));
    }

    proptest! {
        #[test]
        fn damaged_chain_never_panics(
            hits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4)
        ) {
            static GOOD: std::sync::LazyLock<(Vec<u8>, Vec<u8>)> = std::sync::LazyLock::new(|| {
                let (root, issuer) = root();
                (leaf(&issuer), root)
            });
            let (mut end_entity, root) = GOOD.clone();
            for (index, value) in hits {
                let place = index.index(end_entity.len());
                end_entity[place] = value;
            }
            let whole = end_entity == GOOD.0;
            let verdict = judged(&[end_entity], &Anchors::from_der([root]), "2025-06-01T00:00:00Z");
            prop_assert!(whole || verdict.path == PathVerdict::Invalid, "a damaged certificate verifies");
        }
    }
}
