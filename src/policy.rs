//! Policies: other people's lists of what a server may accept, and which of their lines one observation breaks.
//!
//! A policy beside the checks judges nothing new: it compares the facts of a scan with a table that somebody else published. Each
//! table is one file. What the scan left undecided is open, never met, and a letter is never given for half a picture.

use std::fmt;

use crate::endpoint::Endpoint;
use crate::observation::EndpointObservation;

mod mozilla_intermediate;
mod mozilla_modern;
mod mozilla_old;
mod nist_sp_800_52r2;
mod pci_dss;
mod ssl_labs;
mod table;

/// A published list of demands on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// Mozilla's "modern" (Server Side TLS 5.7): TLS 1.3 alone.
    MozillaModern,
    /// Mozilla's "intermediate" (Server Side TLS 5.7): TLS 1.2 and 1.3 with forward secrecy and AEAD.
    MozillaIntermediate,
    /// Mozilla's "old" (Server Side TLS 5.7): whatever clients of 2005 need.
    MozillaOld,
    /// NIST SP 800-52 revision 2, servers that only the United States government uses.
    NistSp80052r2,
    /// PCI DSS 4.0, what it calls strong cryptography.
    PciDss,
    /// The letter of Qualys's SSL Server Rating Guide.
    SslLabs,
}

impl Policy {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::MozillaModern,
        Self::MozillaIntermediate,
        Self::MozillaOld,
        Self::NistSp80052r2,
        Self::PciDss,
        Self::SslLabs,
    ];

    /// Returns the name that reports and arguments use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MozillaModern => "mozilla-modern",
            Self::MozillaIntermediate => "mozilla-intermediate",
            Self::MozillaOld => "mozilla-old",
            Self::NistSp80052r2 => "nist-sp-800-52r2",
            Self::PciDss => "pci-dss",
            Self::SslLabs => "ssl-labs",
        }
    }

    /// Reads the name that arguments use.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == name)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What became of holding one observation against one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The policy.
    pub policy: Policy,
    /// The outcome.
    pub verdict: Verdict,
    /// What the policy does not allow, in the order of its table.
    pub deviations: Vec<Deviation>,
    /// What could not be decided, one sentence each without final stop. A failed assessment may have open lines, too.
    pub open: Vec<String>,
    /// Scores and letter, for a policy that gives one and a scan that is whole.
    pub rating: Option<Rating>,
}

/// The outcome of an assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Everything was decided, and nothing deviates. For a rating: A- or better.
    Meets,
    /// Something deviates.
    Fails,
    /// Nothing that was seen deviates, and not everything was seen.
    Open,
}

impl Verdict {
    /// Returns the name that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Meets => "meets",
            Self::Fails => "fails",
            Self::Open => "open",
        }
    }
}

/// One line of a policy that a server does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The line, such as `cipher suites of TLSv1.2`.
    pub rule: String,
    /// What the server has.
    pub found: String,
    /// What the policy wants in place of it.
    pub wanted: String,
}

/// Scores and a letter, with everything that made them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// The letter.
    pub letter: Letter,
    /// Score of the protocol versions, 0 to 100.
    pub protocol: u8,
    /// Score of keys and key exchange, 0 to 100.
    pub key_exchange: u8,
    /// Score of the ciphers, 0 to 100.
    pub cipher: u8,
    /// The weighted sum, before caps.
    pub total: u8,
    /// Facts that hold the letter down, worst first.
    pub caps: Vec<Cap>,
    /// Faults that would make it an F and that nobody looked for.
    pub not_looked_for: Vec<&'static str>,
}

/// A fact that allows no better letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// The best letter that is left.
    pub most: Letter,
    /// The fact.
    pub fact: String,
    /// What would lift the cap.
    pub lifted_by: &'static str,
}

/// A letter of a rating, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Letter {
    /// The certificate is for another name.
    M,
    /// The certificate is not trusted.
    T,
    /// Failed.
    F,
    /// 20 points.
    E,
    /// 35 points.
    D,
    /// 50 points.
    C,
    /// 65 points.
    B,
    /// 80 points and a warning.
    AMinus,
    /// 80 points.
    A,
    /// 80 points and more than is asked.
    APlus,
}

impl Letter {
    /// Returns the letter as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::M => "M",
            Self::T => "T",
            Self::F => "F",
            Self::E => "E",
            Self::D => "D",
            Self::C => "C",
            Self::B => "B",
            Self::AMinus => "A-",
            Self::A => "A",
            Self::APlus => "A+",
        }
    }
}

impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Holds one observation of one address against a policy.
pub fn assess(policy: Policy, seen: &EndpointObservation, endpoint: &Endpoint) -> Assessment {
    match policy {
        Policy::MozillaModern => mozilla_modern::TABLE.assess(policy, seen, endpoint),
        Policy::MozillaIntermediate => mozilla_intermediate::TABLE.assess(policy, seen, endpoint),
        Policy::MozillaOld => mozilla_old::TABLE.assess(policy, seen, endpoint),
        Policy::NistSp80052r2 => nist_sp_800_52r2::TABLE.assess(policy, seen, endpoint),
        Policy::PciDss => pci_dss::TABLE.assess(policy, seen, endpoint),
        Policy::SslLabs => ssl_labs::assess(seen, endpoint),
    }
}

impl Assessment {
    /// Concludes: a deviation fails whatever is open, and open is never met.
    fn new(policy: Policy, deviations: Vec<Deviation>, open: Vec<String>) -> Self {
        let verdict = match (deviations.is_empty(), open.is_empty()) {
            (false, _) => Verdict::Fails,
            (true, false) => Verdict::Open,
            (true, true) => Verdict::Meets,
        };
        Self {
            policy,
            verdict,
            deviations,
            open,
            rating: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_the_policy() {
        for policy in Policy::ALL {
            assert_eq!(Policy::from_name(policy.as_str()), Some(policy));
        }
        assert_eq!(Policy::from_name("mozilla"), None);
    }

    #[test]
    fn letters_are_ordered_worst_first() {
        use Letter::{A, AMinus, APlus, B, C, D, E, F, M, T};
        assert!([M, T, F, E, D, C, B, AMinus, A, APlus].is_sorted());
    }
}
