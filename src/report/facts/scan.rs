//! What several formats say of a scan: versions, kinds of cipher suites, groups of all versions, and why the picture is not whole.

use crate::endpoint::Protocol;
use crate::observation::scan::{Enumeration, Oracle, Preference, ScanDepth, Sessions};
use crate::observation::{Attempt, EndpointObservation, Scan};
use crate::tls::{CipherSuite, NamedGroup, Properties, ProtocolVersion, Strength};

/// Returns the scan of an address, or why there is none.
pub(in crate::report) fn scan(seen: &EndpointObservation) -> Result<&Scan, String> {
    super::known(&seen.scan).map(AsRef::as_ref)
}

/// Says what a scan that was begun could not see; `None` where it saw everything, and where nobody scanned.
pub(in crate::report) fn scan_gap(seen: &EndpointObservation) -> Option<String> {
    if let Some(reason) = super::failure(&seen.scan) {
        return Some(format!("the scan: {reason}"));
    }
    let gaps = &seen.scan.seen()?.gaps;
    let (first, more) = gaps.split_first()?;
    Some(match more.len() {
        0 => format!("the scan is not whole: {first}"),
        more => format!("the scan is not whole: {first}; and {more} more"),
    })
}

/// Returns how many connections an address cost, the quick probe's and the scan's.
pub(in crate::report) fn connections_used(seen: &EndpointObservation) -> u32 {
    let scanned = seen.scan.seen().map_or(0, |scan| scan.connections_used);
    seen.connections_used.saturating_add(scanned)
}

/// Says why a scan did not decide every value of a kind.
pub(in crate::report) fn undecided(scan: &Scan) -> String {
    match (scan.depth, scan.gaps.first()) {
        (_, Some(gap)) => gap.clone(),
        (ScanDepth::Posture, None) => "a posture scan does not ask for every one".to_owned(),
        (ScanDepth::Rescan | ScanDepth::Deep, None) => "no answer decided the rest".to_owned(),
    }
}

/// What is known of one protocol version.
pub(in crate::report) struct VersionFact {
    pub(in crate::report) version: ProtocolVersion,
    pub(in crate::report) offered: Result<bool, String>,
    /// How the server said no, where it said something.
    pub(in crate::report) refusal: Option<String>,
}

/// Says of all six versions, oldest first, whether they are offered: by the scan, by the handshake, and `false` where there is
/// no TLS at all.
pub(in crate::report) fn versions(
    seen: &EndpointObservation,
    protocol: Protocol,
) -> Vec<VersionFact> {
    let has_tls = super::tls_offered(seen, protocol);
    let negotiated = seen.handshake.seen().map(|handshake| handshake.version);
    let fact = |version: ProtocolVersion| {
        let none = |offered| VersionFact {
            version,
            offered,
            refusal: None,
        };
        if has_tls == Ok(false) {
            return none(Ok(false));
        }
        if negotiated == Some(version) {
            return none(Ok(true));
        }
        let scan = match scan(seen) {
            Ok(scan) => scan,
            Err(reason) => {
                return none(Err(match (&has_tls, negotiated) {
                    (Err(unseen), _) => unseen.clone(),
                    (Ok(_), Some(_)) => {
                        format!("a handshake shows the version that is negotiated; {reason}")
                    }
                    (Ok(_), None) => format!("no version was negotiated; {reason}"),
                }));
            }
        };
        let attempt = if version == ProtocolVersion::SSLV2 {
            said(&scan.sslv2)
        } else {
            scan.version(version).map_or_else(
                || Err("the scan has nothing on it".to_owned()),
                |support| said(&support.offered),
            )
        };
        match attempt {
            Ok(None) => none(Ok(true)),
            Ok(Some(refusal)) => VersionFact {
                version,
                offered: Ok(false),
                refusal: Some(refusal),
            },
            Err(reason) => none(Err(reason)),
        }
    };
    std::iter::once(ProtocolVersion::SSLV2)
        .chain(Scan::VERSIONS)
        .map(fact)
        .collect()
}

/// Parts yes (`None`), no (how it was said) and unknown (why).
fn said<T>(attempt: &Attempt<T>) -> Result<Option<String>, String> {
    match attempt {
        Attempt::Seen(_) => Ok(None),
        Attempt::Refused(how) => Ok(Some(how.clone())),
        Attempt::Failed(failure) => Err(failure.to_string()),
        Attempt::NotAttempted(reason) => Err(reason.clone()),
    }
}

/// How strong a version is, in the words for suites: SSL is broken (RFC 6176, RFC 7568), TLS 1.0 and 1.1 are given up (RFC 8996).
pub(in crate::report) fn version_strength(version: ProtocolVersion) -> Strength {
    match version {
        ProtocolVersion::SSLV2 | ProtocolVersion::SSLV3 => Strength::Insecure,
        ProtocolVersion::TLSV1 | ProtocolVersion::TLSV1_1 => Strength::Weak,
        ProtocolVersion::TLSV1_2 | ProtocolVersion::TLSV1_3 => Strength::Strong,
        ProtocolVersion(_) => Strength::Unknown,
    }
}

/// Says in a few words whose order decides.
pub(in crate::report) const fn preference_name(preference: Preference) -> &'static str {
    match preference {
        Preference::Server => "server",
        Preference::ServerButChacha20 => "server_but_chacha20",
        Preference::Client => "client",
    }
}

/// A kind of cipher suite that people ask for by name.
pub(in crate::report) struct Class {
    /// Key in JSON.
    pub(in crate::report) key: &'static str,
    /// Word in text.
    pub(in crate::report) word: &'static str,
    /// How strong its members are at most.
    pub(in crate::report) strength: Strength,
    holds: fn(Properties) -> bool,
}

/// The kinds, worst first.
pub(in crate::report) const CLASSES: [Class; 9] = [
    Class {
        key: "null",
        word: "NULL",
        strength: Strength::Insecure,
        holds: Properties::is_null,
    },
    Class {
        key: "anonymous",
        word: "anonymous",
        strength: Strength::Insecure,
        holds: Properties::is_anonymous,
    },
    Class {
        key: "export",
        word: "EXPORT",
        strength: Strength::Insecure,
        holds: Properties::is_export,
    },
    Class {
        key: "rc4",
        word: "RC4",
        strength: Strength::Insecure,
        holds: Properties::is_rc4,
    },
    Class {
        key: "short_key",
        word: "short key",
        strength: Strength::Insecure,
        // NIST SP 800-131A: less than 112 bits are no protection; single DES has 56.
        holds: |it| !it.is_null() && it.bits < 112,
    },
    Class {
        key: "block_64_bit",
        word: "64-bit block",
        strength: Strength::Weak,
        holds: Properties::has_64_bit_block,
    },
    Class {
        key: "cbc",
        word: "CBC",
        strength: Strength::Legacy,
        holds: Properties::is_cbc,
    },
    Class {
        key: "no_forward_secrecy",
        word: "no forward secrecy",
        strength: Strength::Legacy,
        holds: |it| !it.forward_secrecy(),
    },
    Class {
        key: "forward_secrecy_aead",
        word: "AEAD with forward secrecy",
        strength: Strength::Strong,
        holds: |it| it.forward_secrecy() && it.is_aead(),
    },
];

impl Class {
    /// Whether the server accepts a suite of this kind in SSLv3 to TLS 1.3; why that is not known, where it is not.
    pub(in crate::report) fn accepted(&self, scan: &Scan) -> Result<bool, String> {
        let members = || {
            CipherSuite::all().filter(|suite| suite.properties().is_some_and(|it| (self.holds)(it)))
        };
        let mut open = false;
        for support in &scan.versions {
            if matches!(support.offered, Attempt::Refused(_)) {
                continue;
            }
            // A suite that does not belong to a version is settled by nobody, unless the scan asked for it all the same.
            let fitting = members().filter(|suite| suite.fits(support.version));
            let out_of_place =
                members().any(|suite| support.cipher_suites.accepted.contains(&suite));
            match support.cipher_suites.accepts_any(fitting) {
                Some(true) => return Ok(true),
                _ if out_of_place => return Ok(true),
                Some(false) => {}
                None => open = true,
            }
        }
        if open {
            Err(undecided(scan))
        } else {
            Ok(false)
        }
    }
}

/// A group with where it is accepted.
pub(in crate::report) struct GroupFact {
    pub(in crate::report) group: NamedGroup,
    pub(in crate::report) versions: Vec<ProtocolVersion>,
}

/// Returns the version up to which the groups of [`Scan::groups_tls12`] were asked for: the newest before 1.3 that is offered.
pub(in crate::report) fn older_version(scan: &Scan) -> ProtocolVersion {
    Scan::VERSIONS
        .into_iter()
        .rev()
        .filter(|version| *version != ProtocolVersion::TLSV1_3)
        .find(|version| scan.offers(*version) == Some(true))
        .unwrap_or(ProtocolVersion::TLSV1_2)
}

/// Returns the groups of all versions: those of TLS 1.3 in its order, then those of older versions alone.
pub(in crate::report) fn groups(scan: &Scan) -> Vec<GroupFact> {
    let older = older_version(scan);
    let mut all: Vec<GroupFact> = scan
        .groups_tls13
        .accepted
        .iter()
        .map(|group| GroupFact {
            group: *group,
            versions: vec![ProtocolVersion::TLSV1_3],
        })
        .collect();
    for group in &scan.groups_tls12.accepted {
        match all.iter_mut().find(|fact| fact.group == *group) {
            Some(fact) => fact.versions.insert(0, older),
            None => all.push(GroupFact {
                group: *group,
                versions: vec![older],
            }),
        }
    }
    all
}

/// Whether every value of a version's enumeration is decided: it is, too, where the version is refused.
pub(in crate::report) fn is_decided<T: Copy + PartialEq>(
    scan: &Scan,
    version: ProtocolVersion,
    enumeration: &Enumeration<T>,
) -> bool {
    scan.offers(version) == Some(false) || enumeration.is_complete()
}

/// Whether every cipher suite of every version is decided.
pub(in crate::report) fn suites_are_decided(scan: &Scan) -> bool {
    scan.versions.iter().all(|support| {
        is_decided(scan, support.version, &support.cipher_suites)
            && scan.offers(support.version).is_some()
    }) && said(&scan.sslv2).is_ok()
}

/// Whether every group of every version is decided.
pub(in crate::report) fn groups_are_decided(scan: &Scan) -> bool {
    let older = older_version(scan);
    let no_older = Scan::VERSIONS
        .into_iter()
        .filter(|version| *version != ProtocolVersion::TLSV1_3)
        .all(|version| scan.offers(version) == Some(false));
    is_decided(scan, ProtocolVersion::TLSV1_3, &scan.groups_tls13)
        && (no_older || is_decided(scan, older, &scan.groups_tls12))
}

/// Returns the place of an accepted value in the server's order, from 1; why it has none, where it has none.
pub(in crate::report) fn place<T: Copy + PartialEq>(
    enumeration: &Enumeration<T>,
    index: usize,
) -> Result<usize, String> {
    match super::known(&enumeration.preference) {
        Ok(Preference::Server | Preference::ServerButChacha20) => Ok(index + 1),
        Ok(Preference::Client) => Err("the client's order decides".to_owned()),
        // Of one alone the order is known.
        Err(_) if enumeration.is_complete() && enumeration.accepted.len() == 1 => Ok(1),
        Err(reason) => Err(reason),
    }
}

/// Whether a suite with a finite-field Diffie-Hellman key for the connection is accepted; `None` where that is not decided.
pub(in crate::report) fn accepts_dhe(scan: &Scan) -> Option<bool> {
    let is_dhe = |suite: &CipherSuite| suite.properties().is_some_and(Properties::is_ephemeral_dh);
    let mut open = false;
    for support in &scan.versions {
        if matches!(support.offered, Attempt::Refused(_)) {
            continue;
        }
        let fitting = CipherSuite::all()
            .filter(is_dhe)
            .filter(|suite| suite.fits(support.version));
        match support.cipher_suites.accepts_any(fitting) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => open = true,
        }
    }
    (!open).then_some(false)
}

/// Returns the size of the smallest prime that was seen, or why there is none.
pub(in crate::report) fn dh_bits(scan: &Scan) -> Result<u32, String> {
    let smallest = scan.dh_parameters.iter().map(|it| it.bits).min();
    smallest.ok_or_else(|| match accepts_dhe(scan) {
        Some(false) => "no suite with finite-field Diffie-Hellman is accepted".to_owned(),
        Some(true) => "the parameters could not be read".to_owned(),
        None => undecided(scan),
    })
}

/// Whether session tickets are issued, in TLS 1.2 or 1.3.
pub(in crate::report) fn tickets(sessions: &Sessions) -> Result<bool, String> {
    accepted(&sessions.ticket)
}

/// Reads an attempt as a yes or a no, where a refusal is a no.
pub(in crate::report) fn accepted<T>(attempt: &Attempt<T>) -> Result<bool, String> {
    said(attempt).map(|refusal| refusal.is_none())
}

/// Whether an OCSP response was stapled, by the whole handshake or by one of the scan's.
pub(in crate::report) fn ocsp_stapled(seen: &EndpointObservation) -> Result<bool, String> {
    let whole = super::known(&seen.handshake).map(|handshake| handshake.ocsp_stapled);
    let scanned = scan(seen)
        .and_then(|scan| super::known(&scan.handshake.ocsp_stapled))
        .copied();
    match (whole, scanned) {
        (Ok(whole), Ok(scanned)) => Ok(whole || scanned),
        (Ok(stapled), Err(_)) | (Err(_), Ok(stapled)) => Ok(stapled),
        (Err(reason), Err(_)) => Err(reason),
    }
}

/// Says in a word what a padding oracle gives away.
pub(in crate::report) const fn oracle_name(oracle: Oracle) -> &'static str {
    match oracle {
        Oracle::None => "none",
        Oracle::Weak => "weak",
        Oracle::Strong => "strong",
    }
}
