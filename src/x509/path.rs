//! Certification paths, built as OpenSSL builds them.
//!
//! libpq is the measure of what connects, and libpq's judge is OpenSSL at security level 2 (Debian's default). It builds one path and
//! looks at no other, so the same path is built here. Signatures are verified by the caller.

use jiff::Timestamp;

use super::anchors::{Anchors, Trusted, is_valid_at};
use super::link::Link;

/// Longest path that is followed: OpenSSL's default depth.
const DEEPEST: usize = 100;

/// A path from the end entity upwards.
#[derive(Debug)]
pub(super) struct Path<'a> {
    /// The certificates, the end entity first.
    pub(super) steps: Vec<Step<'a>>,
    /// How it ends.
    pub(super) end: End<'a>,
}

/// One certificate of a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    /// The peer sent it.
    Sent(&'a Link),
    /// We trust it.
    Trusted(&'a Trusted),
}

/// How a path ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End<'a> {
    /// In a trusted certificate that signed itself.
    Anchored(&'a Trusted),
    /// In a certificate that was sent, signed itself, and is not trusted.
    SelfSigned,
    /// In a trusted certificate that did not sign itself, and whose own issuer is not trusted.
    ///
    /// webpki takes any trusted certificate for an anchor; OpenSSL does so only with `X509_V_FLAG_PARTIAL_CHAIN`, which libpq does not set.
    Partial,
    /// In a certificate that was sent and whose issuer is neither sent nor trusted.
    NoIssuer,
}

impl<'a> Step<'a> {
    /// Returns the certificate.
    pub(super) fn link(self) -> &'a Link {
        match self {
            Self::Sent(link) => link,
            Self::Trusted(trusted) => &trusted.link,
        }
    }
}

impl<'a> Path<'a> {
    /// Builds the path of `end_entity`, trusted issuers first (`X509_V_FLAG_TRUSTED_FIRST`, the default since OpenSSL 1.1.0).
    pub(super) fn build(
        end_entity: &'a Link,
        sent: &'a [Link],
        anchors: &'a Anchors,
        now: Timestamp,
    ) -> Self {
        let mut steps = vec![Step::Sent(end_entity)];
        let mut unused: Vec<&Link> = sent.iter().collect();
        let mut top = end_entity;
        let mut trusted_only = false;
        while steps.len() < DEEPEST {
            let self_signed = top.is_self_signed();
            if let Some(issuer) = anchors.issuer_of(top, now) {
                if !self_signed {
                    steps.push(Step::Trusted(issuer));
                    top = &issuer.link;
                    trusted_only = true;
                    if top.is_self_signed() {
                        let end = End::Anchored(issuer);
                        return Self { steps, end };
                    }
                    continue;
                }
                // A certificate that signed itself must itself be trusted, byte for byte: the same name is not enough.
                if let Some(same) = anchors
                    .named(&top.subject)
                    .iter()
                    .find(|trusted| trusted.link.der() == top.der())
                {
                    steps.pop();
                    steps.push(Step::Trusted(same));
                    let end = End::Anchored(same);
                    return Self { steps, end };
                }
            }
            if trusted_only {
                let end = End::Partial;
                return Self { steps, end };
            }
            if self_signed {
                let end = End::SelfSigned;
                return Self { steps, end };
            }
            let Some(index) = issuer_among(&unused, top, now) else {
                break;
            };
            top = unused.swap_remove(index);
            steps.push(Step::Sent(top));
        }
        let end = End::NoIssuer;
        Self { steps, end }
    }

    /// Returns the certificates, the end entity first.
    pub(super) fn links(&self) -> impl DoubleEndedIterator<Item = &'a Link> + '_ {
        self.steps.iter().map(|step| step.link())
    }

    /// Returns the last certificate.
    pub(super) fn top(&self) -> &'a Link {
        self.steps[self.steps.len() - 1].link()
    }
}

/// Chooses the issuer among the certificates that were sent: one that is valid now, else the one that expires last.
fn issuer_among(unused: &[&Link], link: &Link, now: Timestamp) -> Option<usize> {
    let candidates = || {
        unused
            .iter()
            .enumerate()
            .filter(|(_, other)| link.may_be_issued_by(other))
    };
    candidates()
        .find(|(_, other)| is_valid_at(other, now))
        .or_else(|| candidates().max_by_key(|(_, other)| other.certificate.not_after))
        .map(|(index, _)| index)
}
