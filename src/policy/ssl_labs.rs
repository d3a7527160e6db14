//! The letter of Qualys's SSL Server Rating Guide (2009r), with the caps that came after its text.
//!
//! Three scores, their weighted sum, and facts that hold the letter down whatever the sum is. Each cap says which fact set it and
//! what would lift it. A scan that is not whole gets no letter.
//!
//! A database is rated by facts, not by public trust: its CA is the owner's own, so there is no T and no M on the PostgreSQL
//! wire. What counts in place of them is what the guide cannot see: whether anybody gets in without TLS, and whether a client that
//! trusts the owner's CA could verify the server.

use super::table::{accepted, finite_field_bits, seen_faults, up_to_tls12};
use super::{Assessment, Cap, Deviation, Letter, Policy, Rating, Verdict};
use crate::endpoint::{Endpoint, Protocol};
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::scan::ScanDepth;
use crate::observation::tls_required::TlsRequired;
use crate::observation::{Attempt, EndpointObservation, Scan, SslAnswer, StartupReply};
use crate::tls::{CipherSuite, Properties, ProtocolVersion};
use crate::x509::{Certificate, HostName, KeyAlgorithm, PathProblem};

/// Scores of the versions (guide, section "Protocol support"; TLS 1.3 as 1.2).
const VERSION_SCORES: [(ProtocolVersion, u8); 5] = [
    (ProtocolVersion::SSLV3, 80),
    (ProtocolVersion::TLSV1, 90),
    (ProtocolVersion::TLSV1_1, 95),
    (ProtocolVersion::TLSV1_2, 100),
    (ProtocolVersion::TLSV1_3, 100),
];

/// Score of SSLv2.
const SSLV2_SCORE: u8 = 0;

/// Scores of RSA, DSA and Diffie-Hellman by bits: the first row whose number is greater (section "Key exchange").
const FINITE_SCORES: [(u32, u8); 5] = [
    (512, 20),
    (1024, 40),
    (2048, 80),
    (4096, 90),
    (u32::MAX, 100),
];

/// Scores of elliptic curves by bits: curves about as strong as the rows above.
const CURVE_SCORES: [(u32, u8); 5] = [(110, 20), (123, 40), (163, 80), (225, 90), (u32::MAX, 100)];

/// Score of an EXPORT key exchange.
const EXPORT_SCORE: u8 = 40;

/// Scores of ciphers by bits: the first row whose number is greater (section "Cipher strength").
const CIPHER_SCORES: [(u32, u8); 4] = [(1, 0), (128, 20), (256, 80), (u32::MAX, 100)];

/// Parts of the sum in hundredths: protocol, key exchange, cipher.
const WEIGHTS: [u16; 3] = [30, 30, 40];

/// Least sums of the letters.
const LETTERS: [(u8, Letter); 6] = [
    (80, Letter::A),
    (65, Letter::B),
    (50, Letter::C),
    (35, Letter::D),
    (20, Letter::E),
    (0, Letter::F),
];

/// Fewest seconds of HSTS without a warning: half a year.
const HSTS_SECONDS: u64 = 15_552_000;

/// A fact that holds the letter down.
struct Rule {
    most: Letter,
    lifted_by: &'static str,
    /// Returns the fact, where it is one.
    fact: fn(&Facts<'_>) -> Option<String>,
}

/// Every cap, worst first.
const CAPS: &[Rule] = &[
    Rule {
        most: Letter::M,
        lifted_by: "a certificate for the name that clients dial",
        fact: |it| it.is_public_matter.then(|| it.wrong_name()).flatten(),
    },
    Rule {
        most: Letter::T,
        lifted_by: "a certificate that clients can verify",
        fact: |it| it.is_public_matter.then(|| it.untrusted()).flatten(),
    },
    Rule {
        most: Letter::F,
        lifted_by: "SSLv2 turned off",
        fact: |it| {
            matches!(it.scan.sslv2, Attempt::Seen(_)).then(|| "SSLv2 is accepted".to_owned())
        },
    },
    Rule {
        most: Letter::F,
        lifted_by: "secure renegotiation (RFC 5746), or none",
        fact: |it| {
            let handshake = &it.scan.handshake;
            (handshake.secure_renegotiation.seen() == Some(&false)
                && handshake.client_renegotiation.seen() == Some(&true))
            .then(|| "clients can renegotiate without RFC 5746".to_owned())
        },
    },
    Rule {
        most: Letter::F,
        lifted_by: "EXPORT cipher suites turned off",
        fact: |it| it.suite("EXPORT is accepted", |_, made| made.is_export()),
    },
    Rule {
        most: Letter::F,
        lifted_by: "cipher suites of at least 112 bits alone",
        fact: |it| {
            it.suite("fewer than 112 bits are accepted", |_, made| {
                made.bits < 112 && !made.is_export()
            })
        },
    },
    Rule {
        most: Letter::F,
        lifted_by: "cipher suites that authenticate the server alone",
        fact: |it| {
            it.suite("anonymous key exchange is accepted", |_, made| {
                made.is_anonymous()
            })
        },
    },
    Rule {
        most: Letter::F,
        lifted_by: "keys and Diffie-Hellman parameters of at least 2048 bits",
        fact: |it| it.short_key(1024),
    },
    Rule {
        most: Letter::F,
        lifted_by: "TLS 1.2 and 1.3",
        fact: |it| {
            (it.versions.last() == Some(&ProtocolVersion::SSLV3)
                && it.has_no_version_above(ProtocolVersion::SSLV3))
            .then(|| "SSLv3 is the best version".to_owned())
        },
    },
    Rule {
        most: Letter::F,
        lifted_by: "AEAD cipher suites",
        fact: |it| {
            (it.is_whole
                && !it.suites.is_empty()
                && it.suites.iter().all(|(_, _, made)| made.is_rc4()))
            .then(|| "RC4 is all that is accepted".to_owned())
        },
    },
    Rule {
        most: Letter::F,
        lifted_by: "a release of the TLS library in which it is repaired",
        fact: |it| {
            let faults: Vec<&str> = seen_faults(it.scan)
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            (!faults.is_empty()).then(|| faults.join(", "))
        },
    },
    Rule {
        most: Letter::F,
        lifted_by: "a refusal of plaintext",
        fact: |it| {
            it.plaintext_reply().and_then(|reply| match reply {
                StartupReply::Authentication(AuthenticationRequest::Ok) => {
                    Some("plaintext is accepted and nobody is asked for a password".to_owned())
                }
                StartupReply::Authentication(AuthenticationRequest::CleartextPassword) => {
                    Some("the password itself is asked for in plaintext".to_owned())
                }
                StartupReply::Authentication(_) | StartupReply::Error(_) => None,
            })
        },
    },
    Rule {
        most: Letter::C,
        lifted_by: "a refusal of plaintext",
        fact: |it| {
            it.plaintext_reply()
                .map(|_| "plaintext is accepted beside TLS".to_owned())
        },
    },
    Rule {
        most: Letter::C,
        lifted_by: "a certificate that `verify-full` accepts with the endpoint's CA",
        fact: |it| {
            (!it.is_public_matter)
                .then(|| it.untrusted().or_else(|| it.wrong_name()))
                .flatten()
        },
    },
    Rule {
        most: Letter::C,
        lifted_by: "SSLv3 turned off",
        fact: |it| {
            it.suite("CBC is accepted with SSLv3 (POODLE)", |version, made| {
                version == ProtocolVersion::SSLV3 && made.is_cbc()
            })
        },
    },
    Rule {
        most: Letter::C,
        lifted_by: "TLS compression turned off",
        fact: |it| {
            (it.scan.handshake.compression.seen() == Some(&true))
                .then(|| "TLS compression is chosen (CRIME)".to_owned())
        },
    },
    Rule {
        most: Letter::C,
        lifted_by: "RC4 turned off",
        fact: |it| {
            it.suite("RC4 is accepted with TLSv1.1 or later", |version, made| {
                version >= ProtocolVersion::TLSV1_1 && made.is_rc4()
            })
        },
    },
    Rule {
        most: Letter::C,
        lifted_by: "TLS 1.2 and 1.3",
        fact: |it| {
            it.has_no_version_above(ProtocolVersion::TLSV1_1)
                .then(|| "there is no TLSv1.2".to_owned())
        },
    },
    Rule {
        most: Letter::C,
        lifted_by: "3DES and other ciphers with blocks of 64 bits turned off",
        fact: |it| {
            it.suite(
                "blocks of 64 bits are accepted with TLSv1.1 or later (SWEET32)",
                |version, made| version >= ProtocolVersion::TLSV1_1 && made.has_64_bit_block(),
            )
        },
    },
    Rule {
        most: Letter::B,
        lifted_by: "versions before TLS 1.2 turned off",
        fact: |it| {
            let old: Vec<String> = it
                .versions
                .iter()
                .filter(|version| **version < ProtocolVersion::TLSV1_2)
                .map(ToString::to_string)
                .collect();
            (!old.is_empty()).then(|| format!("{} accepted", old.join(", ")))
        },
    },
    Rule {
        most: Letter::B,
        lifted_by: "RC4 turned off",
        fact: |it| it.suite("RC4 is accepted", |_, made| made.is_rc4()),
    },
    Rule {
        most: Letter::B,
        lifted_by: "the intermediate certificates sent with the server's own",
        fact: |it| {
            it.seen
                .verification
                .seen()
                .is_some_and(|found| found.problems.contains(&PathProblem::Incomplete))
                .then(|| "the chain is incomplete".to_owned())
        },
    },
    Rule {
        most: Letter::B,
        lifted_by: "keys and Diffie-Hellman parameters of at least 2048 bits",
        fact: |it| it.short_key(2048),
    },
    Rule {
        most: Letter::B,
        lifted_by: "ECDHE cipher suites",
        fact: |it| {
            it.lacks(Properties::forward_secrecy)
                .then(|| "no cipher suite has forward secrecy".to_owned())
        },
    },
    Rule {
        most: Letter::B,
        lifted_by: "GCM or ChaCha20-Poly1305 cipher suites",
        fact: |it| {
            it.lacks(Properties::is_aead)
                .then(|| "no cipher suite is AEAD".to_owned())
        },
    },
    Rule {
        most: Letter::AMinus,
        lifted_by: "TLS 1.3",
        fact: |it| {
            (it.scan.offers(ProtocolVersion::TLSV1_3) == Some(false))
                .then(|| "there is no TLSv1.3".to_owned())
        },
    },
    Rule {
        most: Letter::AMinus,
        lifted_by: "secure renegotiation (RFC 5746)",
        fact: |it| {
            (it.scan.handshake.secure_renegotiation.seen() == Some(&false))
                .then(|| "renegotiation_info is not echoed".to_owned())
        },
    },
    Rule {
        most: Letter::A,
        lifted_by: "HSTS of at least half a year",
        fact: |it| {
            if it.protocol != Protocol::Https {
                return None;
            }
            let head = it.seen.http.seen()?;
            match head.hsts {
                Some(hsts) if hsts.max_age_seconds >= HSTS_SECONDS => None,
                Some(hsts) => Some(format!("HSTS lasts {} seconds", hsts.max_age_seconds)),
                None => Some("there is no HSTS".to_owned()),
            }
        },
    },
];

/// What the rules look at.
struct Facts<'a> {
    seen: &'a EndpointObservation,
    scan: &'a Scan,
    protocol: Protocol,
    /// Whether the trust of the public decides: everywhere but on the PostgreSQL wire.
    is_public_matter: bool,
    /// Whether everything is decided.
    is_whole: bool,
    versions: Vec<ProtocolVersion>,
    suites: Vec<(ProtocolVersion, CipherSuite, Properties)>,
    certificates: Vec<&'a Certificate>,
}

/// Rates one observation.
pub(super) fn assess(seen: &EndpointObservation, endpoint: &Endpoint) -> Assessment {
    let policy = Policy::SslLabs;
    if seen.ssl_request.seen() == Some(&SslAnswer::Unwilling) {
        let without = Deviation {
            rule: "TLS".to_owned(),
            found: "the server has no TLS".to_owned(),
            wanted: "TLS".to_owned(),
        };
        return Assessment::new(policy, vec![without], Vec::new());
    }
    let scan = match &seen.scan {
        Attempt::Seen(scan) => scan,
        unseen @ (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_)) => {
            let reason = unseen.reason().unwrap_or_default();
            return Assessment::new(
                policy,
                Vec::new(),
                vec![format!("there is no scan: {reason}")],
            );
        }
    };
    let open = undecided(seen, scan, endpoint.target.protocol);
    let facts = Facts::new(seen, scan, endpoint.target.protocol, open.is_empty());
    let caps: Vec<Cap> = CAPS
        .iter()
        .filter_map(|rule| {
            (rule.fact)(&facts).map(|fact| Cap {
                most: rule.most,
                fact,
                lifted_by: rule.lifted_by,
            })
        })
        .collect();
    let deviations = caps
        .iter()
        .filter(|cap| cap.most < Letter::AMinus)
        .map(|cap| Deviation {
            rule: format!("at most {}", cap.most),
            found: cap.fact.clone(),
            wanted: cap.lifted_by.to_owned(),
        })
        .collect();
    let mut assessment = Assessment::new(policy, deviations, open);
    if assessment.open.is_empty() {
        let rating = facts.rate(caps);
        if rating.letter < Letter::AMinus && assessment.deviations.is_empty() {
            assessment.verdict = Verdict::Fails;
            assessment.deviations.push(Deviation {
                rule: "sum of the scores".to_owned(),
                found: format!("{} of 100", rating.total),
                wanted: "at least 80".to_owned(),
            });
        }
        assessment.rating = Some(rating);
    }
    assessment
}

/// Says what is missing for a letter.
#[expect(
    clippy::too_many_lines,
    reason = "one line for each fact that the rating needs"
)]
fn undecided(seen: &EndpointObservation, scan: &Scan, protocol: Protocol) -> Vec<String> {
    let mut open = scan.gaps.clone();
    if scan.depth != ScanDepth::Deep {
        open.push(format!(
            "the scan is a {}: a letter needs a deep one",
            scan.depth.as_str()
        ));
    }
    if matches!(scan.sslv2, Attempt::Failed(_) | Attempt::NotAttempted(_)) {
        open.push("whether SSLv2 is accepted is undecided".to_owned());
    }
    for version in Scan::VERSIONS {
        match (scan.offers(version), scan.version(version)) {
            (None, _) => open.push(format!("whether {version} is accepted is undecided")),
            (Some(true), Some(support)) if !support.cipher_suites.is_complete() => {
                open.push(format!(
                    "the cipher suites of {version} are not known in whole"
                ));
            }
            (Some(_), _) => {}
        }
    }
    if !Scan::VERSIONS
        .iter()
        .any(|version| scan.offers(*version) == Some(true))
        && scan.sslv2.seen().is_none()
    {
        open.push("no version is known to be accepted".to_owned());
    }
    let handshake = &scan.handshake;
    if up_to_tls12(scan) != Some(false) {
        if handshake.secure_renegotiation.seen().is_none() {
            open.push("whether renegotiation is secure is undecided".to_owned());
        }
        if handshake.secure_renegotiation.seen() == Some(&false)
            && handshake.client_renegotiation.seen().is_none()
        {
            open.push("whether clients can renegotiate insecurely is undecided".to_owned());
        }
        if handshake.compression.seen().is_none() {
            open.push("whether TLS compression is chosen is undecided".to_owned());
        }
    }
    let offers_dh = Facts::suites(scan)
        .iter()
        .any(|(_, _, made)| made.is_ephemeral_dh());
    if offers_dh && scan.dh_parameters.is_empty() {
        open.push("the size of the Diffie-Hellman parameters is undecided".to_owned());
    }
    if seen
        .chain
        .seen()
        .and_then(|chain| chain.end_entity())
        .is_none()
    {
        open.push("the certificate is not known".to_owned());
    }
    if seen.verification.seen().is_none() {
        open.push("whether clients can verify the certificate is undecided".to_owned());
    }
    match protocol {
        Protocol::Https if seen.http.seen().is_none() => {
            open.push("whether HSTS is sent is undecided".to_owned());
        }
        Protocol::Postgresql => {
            if let TlsRequired::Unknown(reason) = seen.tls_required() {
                open.push(format!(
                    "whether plaintext is refused is undecided: {reason}"
                ));
            }
        }
        Protocol::Https | Protocol::Tls => {}
    }
    open
}

impl<'a> Facts<'a> {
    fn new(
        seen: &'a EndpointObservation,
        scan: &'a Scan,
        protocol: Protocol,
        is_whole: bool,
    ) -> Self {
        let first = seen.chain.seen().and_then(|chain| chain.end_entity());
        let others = scan
            .chains
            .iter()
            .filter_map(|scanned| scanned.chain.end_entity());
        Self {
            seen,
            scan,
            protocol,
            is_public_matter: protocol != Protocol::Postgresql,
            is_whole,
            versions: Scan::VERSIONS
                .into_iter()
                .filter(|version| scan.offers(*version) == Some(true))
                .collect(),
            suites: Self::suites(scan),
            certificates: first
                .into_iter()
                .chain(others)
                .map(|found| &**found)
                .collect(),
        }
    }

    fn suites(scan: &Scan) -> Vec<(ProtocolVersion, CipherSuite, Properties)> {
        scan.versions
            .iter()
            .flat_map(|support| {
                accepted(scan, support)
                    .into_iter()
                    .filter_map(|suite| Some((support.version, suite, suite.properties()?)))
            })
            .collect()
    }

    /// Names the first suite of a kind.
    fn suite(
        &self,
        what: &str,
        is_of_kind: impl Fn(ProtocolVersion, Properties) -> bool,
    ) -> Option<String> {
        self.suites
            .iter()
            .find(|(version, _, made)| is_of_kind(*version, *made))
            .map(|(version, suite, _)| format!("{what}: {suite} with {version}"))
    }

    /// Whether no suite has a property, and all of them are known.
    fn lacks(&self, property: impl Fn(Properties) -> bool) -> bool {
        self.is_whole
            && !self.suites.is_empty()
            && !self.suites.iter().any(|(_, _, made)| property(*made))
    }

    fn has_no_version_above(&self, version: ProtocolVersion) -> bool {
        Scan::VERSIONS
            .iter()
            .filter(|newer| **newer > version)
            .all(|newer| self.scan.offers(*newer) == Some(false))
    }

    /// Names a key or a group that is shorter than so many bits; elliptic curves are none of these.
    fn short_key(&self, least: u32) -> Option<String> {
        let certificate = self.certificates.iter().find_map(|certificate| {
            let bits = certificate.key.bits?;
            let is_finite = matches!(
                certificate.key.algorithm,
                KeyAlgorithm::Rsa | KeyAlgorithm::Dsa
            );
            (is_finite && bits < least)
                .then(|| format!("{} key of {bits} bits", certificate.key.algorithm))
        });
        certificate.or_else(|| {
            self.scan
                .dh_parameters
                .iter()
                .find(|parameters| parameters.bits < least)
                .map(|parameters| format!("Diffie-Hellman parameters of {} bits", parameters.bits))
        })
    }

    /// Says why the path does not stand. An incomplete chain is a cap of its own.
    fn untrusted(&self) -> Option<String> {
        let found = self.seen.verification.seen()?;
        found
            .problems
            .iter()
            .any(|problem| *problem != PathProblem::Incomplete)
            .then(|| format!("the certificate is not trusted: {}", found.path_detail))
    }

    fn wrong_name(&self) -> Option<String> {
        let found = self.seen.verification.seen()?;
        (found.host_name != HostName::Match)
            .then(|| format!("the name does not match: {}", found.host_name_detail))
    }

    /// Returns what a server that does not refuse plaintext answers to it.
    fn plaintext_reply(&self) -> Option<StartupReply> {
        if self.protocol != Protocol::Postgresql {
            return None;
        }
        match self.seen.tls_required() {
            TlsRequired::NotRequired { reply } => reply,
            TlsRequired::Required { .. } | TlsRequired::Unknown(_) => None,
        }
    }

    /// Makes the scores and the letter of a whole picture.
    fn rate(&self, caps: Vec<Cap>) -> Rating {
        let protocol = self.protocol_score();
        let key_exchange = self.key_exchange_score();
        let cipher = self.cipher_score();
        let scores = [protocol, key_exchange, cipher];
        let total = if scores.contains(&0) {
            0
        } else {
            scores
                .iter()
                .zip(WEIGHTS)
                .map(|(score, weight)| part(*score, weight))
                .sum()
        };
        let by_points = LETTERS
            .iter()
            .find(|(least, _)| total >= *least)
            .map_or(Letter::F, |(_, letter)| *letter);
        // The guide's fallback signal matters only beside versions that cap the letter anyway.
        let best = if by_points == Letter::A {
            Letter::APlus
        } else {
            by_points
        };
        let letter = caps.iter().map(|cap| cap.most).fold(best, Ord::min);
        Rating {
            letter,
            protocol,
            key_exchange,
            cipher,
            total,
            caps,
            not_looked_for: self.not_looked_for(),
        }
    }

    fn protocol_score(&self) -> u8 {
        let mut scores: Vec<u8> = VERSION_SCORES
            .iter()
            .filter(|(version, _)| self.versions.contains(version))
            .map(|(_, score)| *score)
            .collect();
        if self.scan.sslv2.seen().is_some() {
            scores.push(SSLV2_SCORE);
        }
        mean_of_extremes(&scores)
    }

    fn key_exchange_score(&self) -> u8 {
        let certificates = self.certificates.iter().filter_map(|certificate| {
            let bits = certificate.key.bits?;
            Some(match certificate.key.algorithm {
                KeyAlgorithm::Rsa | KeyAlgorithm::Dsa => by_bits(&FINITE_SCORES, bits),
                KeyAlgorithm::Ec | KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448 => {
                    by_bits(&CURVE_SCORES, bits)
                }
                KeyAlgorithm::Other(_) => return None,
            })
        });
        let parameters = self
            .scan
            .dh_parameters
            .iter()
            .map(|parameters| by_bits(&FINITE_SCORES, parameters.bits));
        let groups = self
            .scan
            .groups_tls13
            .accepted
            .iter()
            .chain(&self.scan.groups_tls12.accepted)
            .filter_map(|group| {
                if group.is_finite_field() {
                    return Some(by_bits(&FINITE_SCORES, finite_field_bits(*group)));
                }
                // A curve is about half as strong as it is long. ML-KEM is beyond what the guide knows.
                let strength = group.security_bits()?;
                Some(by_bits(&CURVE_SCORES, u32::from(strength) * 2))
            });
        let suites = self.suites.iter().filter_map(|(_, _, made)| {
            if made.is_anonymous() {
                Some(0)
            } else {
                made.is_export().then_some(EXPORT_SCORE)
            }
        });
        certificates
            .chain(parameters)
            .chain(groups)
            .chain(suites)
            .min()
            .unwrap_or_default()
    }

    fn cipher_score(&self) -> u8 {
        let scores: Vec<u8> = self
            .suites
            .iter()
            .map(|(_, _, made)| by_bits(&CIPHER_SCORES, u32::from(made.bits)))
            .collect();
        mean_of_extremes(&scores)
    }

    fn not_looked_for(&self) -> Vec<&'static str> {
        let faults = &self.scan.faults;
        let old = up_to_tls12(self.scan) != Some(false);
        [
            (
                "Heartbleed",
                faults.heartbleed.seen().is_none()
                    && self.scan.handshake.heartbeat.seen() != Some(&false),
            ),
            ("CCS injection", faults.ccs_injection.seen().is_none()),
            (
                "ROBOT",
                faults.robot.seen().is_none()
                    && self.suites.iter().any(|(_, _, made)| made.is_static_rsa()),
            ),
            ("Ticketbleed", faults.ticketbleed.seen().is_none()),
            (
                "CBC padding oracle",
                faults.cbc_padding_oracle.seen().is_none()
                    && self.suites.iter().any(|(_, _, made)| made.is_cbc()),
            ),
        ]
        .into_iter()
        .filter(|(_, is_open)| *is_open && old)
        .map(|(name, _)| name)
        .collect()
    }
}

/// Returns the score of the first row whose number is greater.
fn by_bits(rows: &[(u32, u8)], bits: u32) -> u8 {
    rows.iter()
        .find(|(below, _)| bits < *below)
        .or(rows.last())
        .map_or(0, |(_, score)| *score)
}

/// Returns the mean of best and worst; nothing where there is none.
fn mean_of_extremes(scores: &[u8]) -> u8 {
    let best = scores.iter().max().copied().unwrap_or_default();
    let worst = scores.iter().min().copied().unwrap_or_default();
    best.midpoint(worst)
}

/// Returns the whole points of a weighted score.
fn part(score: u8, weight: u16) -> u8 {
    u8::try_from(u16::from(score) * weight / 100).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Scene, all};
    use super::*;
    use crate::observation::scan::Oracle;
    use crate::tls::NamedGroup;

    fn rate(scene: &Scene) -> Rating {
        let assessment = assess(&scene.observation(), &scene.endpoint);
        assessment.rating.expect("a letter")
    }

    /// Returns the letter and the worst cap's fact.
    fn letter(scene: &Scene) -> (Letter, String) {
        let rating = rate(scene);
        let fact = rating.caps.first().map(|cap| cap.fact.clone());
        (rating.letter, fact.unwrap_or_default())
    }

    #[test]
    fn modern_server_gets_the_best_letter() {
        let rating = rate(&Scene::site());
        assert_eq!(rating.letter, Letter::APlus);
        // P-256 and RSA with 2048 bits; AES with 128 and with 256 bits.
        assert_eq!(
            (rating.protocol, rating.key_exchange, rating.cipher),
            (100, 90, 90)
        );
        assert_eq!(rating.total, 30 + 27 + 36);
        assert_eq!(rating.caps, []);
        assert_eq!(rating.not_looked_for, ["CCS injection", "Ticketbleed"]);
        assert_eq!(rate(&Scene::database()).letter, Letter::APlus);
    }

    #[test]
    fn scores_change_at_their_bounds() {
        for (bits, score) in [
            (511, 20),
            (512, 40),
            (1023, 40),
            (1024, 80),
            (2047, 80),
            (2048, 90),
            (4095, 90),
            (4096, 100),
        ] {
            assert_eq!(by_bits(&FINITE_SCORES, bits), score, "{bits}");
        }
        for (bits, score) in [(0, 0), (1, 20), (127, 20), (128, 80), (255, 80), (256, 100)] {
            assert_eq!(by_bits(&CIPHER_SCORES, bits), score, "{bits}");
        }
        for (bits, score) in [
            (109, 20),
            (110, 40),
            (123, 80),
            (163, 90),
            (224, 90),
            (256, 100),
        ] {
            assert_eq!(by_bits(&CURVE_SCORES, bits), score, "{bits}");
        }
    }

    #[test]
    fn protocol_is_the_mean_of_best_and_worst() {
        for (version, score, most) in [
            (ProtocolVersion::TLSV1_1, 97, Letter::B),
            (ProtocolVersion::TLSV1, 95, Letter::B),
            (ProtocolVersion::SSLV3, 90, Letter::B),
        ] {
            let mut site = Scene::site();
            site.accept(version, &["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]);
            let rating = rate(&site);
            assert_eq!((rating.protocol, rating.letter), (score, most), "{version}");
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one row for each cap")]
    fn facts_cap_the_letter() {
        type Spoil = fn(&mut Scene);
        let cases: [(Letter, &str, Spoil); 17] = [
            (Letter::F, "EXPORT", |it| {
                it.accept(
                    ProtocolVersion::TLSV1_2,
                    &["TLS_RSA_EXPORT_WITH_RC4_40_MD5"],
                );
            }),
            (Letter::F, "fewer than 112 bits", |it| {
                it.accept(ProtocolVersion::TLSV1_2, &["TLS_RSA_WITH_DES_CBC_SHA"]);
            }),
            (Letter::F, "RSA key of 1023 bits", |it| {
                it.certificate.key.bits = Some(1023);
            }),
            (Letter::B, "RSA key of 1024 bits", |it| {
                it.certificate.key.bits = Some(1024);
            }),
            (Letter::B, "RSA key of 2047 bits", |it| {
                it.certificate.key.bits = Some(2047);
            }),
            (Letter::B, "parameters of 2047 bits", |it| {
                it.accept(
                    ProtocolVersion::TLSV1_2,
                    &["TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"],
                );
                it.show_dh(2047);
            }),
            (Letter::F, "Heartbleed", |it| {
                it.scan.faults.heartbleed = Attempt::Seen(true);
            }),
            (Letter::F, "ROBOT", |it| {
                it.scan.faults.robot = Attempt::Seen(Oracle::Weak);
            }),
            (Letter::F, "clients can renegotiate", |it| {
                it.scan.handshake.secure_renegotiation = Attempt::Seen(false);
                it.scan.handshake.client_renegotiation = Attempt::Seen(true);
            }),
            (Letter::AMinus, "renegotiation_info", |it| {
                it.scan.handshake.secure_renegotiation = Attempt::Seen(false);
                it.scan.handshake.client_renegotiation = Attempt::Seen(false);
            }),
            (Letter::C, "POODLE", |it| {
                it.accept(ProtocolVersion::SSLV3, &["TLS_RSA_WITH_AES_128_CBC_SHA"]);
            }),
            (Letter::C, "CRIME", |it| {
                it.scan.handshake.compression = Attempt::Seen(true);
            }),
            (Letter::C, "RC4", |it| {
                it.accept(
                    ProtocolVersion::TLSV1_2,
                    &[
                        "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
                        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                    ],
                );
            }),
            (Letter::C, "SWEET32", |it| {
                it.accept(
                    ProtocolVersion::TLSV1_2,
                    &[
                        "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
                        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                    ],
                );
            }),
            (Letter::B, "the chain is incomplete", |it| {
                it.verification().problems = vec![PathProblem::Incomplete];
            }),
            (Letter::AMinus, "no TLSv1.3", |it| {
                it.refuse(ProtocolVersion::TLSV1_3);
            }),
            (Letter::A, "HSTS", |it| it.send_hsts(15_551_999)),
        ];
        for (most, fact, spoil) in cases {
            let mut site = Scene::site();
            spoil(&mut site);
            let (letter, found) = letter(&site);
            assert!(found.contains(fact), "{fact}: {found}");
            assert_eq!(letter, most, "{fact}");
        }
        let mut site = Scene::site();
        site.send_hsts(15_552_000);
        assert_eq!(rate(&site).letter, Letter::APlus);
    }

    #[test]
    fn server_of_one_old_kind_is_told_by_what_it_lacks() {
        let mut site = Scene::site();
        site.refuse(ProtocolVersion::TLSV1_3);
        site.accept(ProtocolVersion::TLSV1_2, &["TLS_RSA_WITH_AES_128_CBC_SHA"]);
        let facts: Vec<String> = rate(&site).caps.into_iter().map(|cap| cap.fact).collect();
        assert_eq!(
            facts,
            [
                "no cipher suite has forward secrecy",
                "no cipher suite is AEAD",
                "there is no TLSv1.3"
            ]
        );
        let mut site = Scene::site();
        site.refuse(ProtocolVersion::TLSV1_3);
        site.refuse(ProtocolVersion::TLSV1_2);
        site.accept(
            ProtocolVersion::TLSV1_1,
            &["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"],
        );
        assert_eq!(letter(&site), (Letter::C, "there is no TLSv1.2".to_owned()));
    }

    #[test]
    fn anonymous_key_exchange_and_sslv2_leave_nothing() {
        let mut site = Scene::site();
        site.accept(
            ProtocolVersion::TLSV1_2,
            &["TLS_DH_anon_WITH_AES_128_GCM_SHA256"],
        );
        site.show_dh(2048);
        let rating = rate(&site);
        assert_eq!((rating.key_exchange, rating.total), (0, 0));
        assert_eq!(rating.letter, Letter::F);
        let mut site = Scene::site();
        site.scan.sslv2 = Attempt::Seen(crate::observation::scan::Sslv2Support {
            cipher_kinds: Vec::new(),
            spki_sha256: None,
        });
        assert_eq!(letter(&site), (Letter::F, "SSLv2 is accepted".to_owned()));
    }

    #[test]
    fn trust_counts_on_sites_and_facts_on_databases() {
        let mut site = Scene::site();
        site.verification().problems = vec![PathProblem::SelfSigned];
        assert_eq!(rate(&site).letter, Letter::T);
        site.verification().host_name = HostName::Mismatch;
        assert_eq!(rate(&site).letter, Letter::M);
        let mut database = Scene::database();
        database.verification().problems = vec![PathProblem::SelfSigned];
        assert_eq!(rate(&database).letter, Letter::C);
    }

    #[test]
    fn plaintext_login_caps_a_database() {
        let mut database = Scene::database();
        database.take_plaintext();
        assert_eq!(
            letter(&database),
            (Letter::C, "plaintext is accepted beside TLS".to_owned())
        );
        for request in [
            AuthenticationRequest::Ok,
            AuthenticationRequest::CleartextPassword,
        ] {
            database.answer_plaintext(StartupReply::Authentication(request));
            assert_eq!(rate(&database).letter, Letter::F);
        }
        database.seen.plaintext_startup = Attempt::NotAttempted("turned off".to_owned());
        assert_eq!(
            assess(&database.observation(), &database.endpoint).rating,
            None
        );
    }

    #[test]
    fn half_a_picture_gets_no_letter() {
        type Spoil = fn(&mut Scene);
        let cases: [Spoil; 6] = [
            |it| it.scan.depth = ScanDepth::Posture,
            |it| it.scan.gaps = vec!["it was cancelled".to_owned()],
            |it| it.leave_open(ProtocolVersion::TLSV1),
            |it| it.scan.sslv2 = Attempt::NotAttempted("not asked for".to_owned()),
            |it| it.scan.handshake.compression = Attempt::NotAttempted("refused".to_owned()),
            |it| it.seen.verification = Attempt::NotAttempted("no anchors".to_owned()),
        ];
        for (number, spoil) in cases.into_iter().enumerate() {
            let mut site = Scene::site();
            spoil(&mut site);
            let assessment = assess(&site.observation(), &site.endpoint);
            assert_eq!(assessment.rating, None, "{number}");
            assert_eq!(assessment.verdict, Verdict::Open, "{number}");
            // What was seen still fails.
            site.scan.faults.heartbleed = Attempt::Seen(true);
            let assessment = assess(&site.observation(), &site.endpoint);
            assert_eq!(assessment.verdict, Verdict::Fails, "{number}");
            assert_eq!(assessment.rating, None, "{number}");
        }
    }

    #[test]
    fn group_counts_in_the_key_exchange() {
        for (group, score) in [
            (NamedGroup(0x0013), 90),
            (NamedGroup(0x0010), 80),
            (NamedGroup(0x0104), 90),
        ] {
            let mut site = Scene::site();
            site.scan.groups_tls12 = all(&[group]);
            assert_eq!(rate(&site).key_exchange, score, "{group}");
        }
    }
}
