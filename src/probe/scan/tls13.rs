//! TLS 1.3: suites and groups, both out of `HelloRetryRequest`s.
//!
//! A hello without key shares makes a server name a suite and a group in the clear, before either side has computed anything.

use std::sync::PoisonError;

use super::Scanner;
use super::chain::{self, Outcome, Pick};
use super::heads::Spoken;
use super::hello::{Question, groups_tls13};
use super::line::{Answer, Refusal, hello_only};
use super::suites::Versioned;
use crate::observation::Attempt;
use crate::observation::scan::{Enumeration, Refused, VersionSupport};
use crate::tls::{AlertDescription, Authentication, CipherSuite, NamedGroup, ProtocolVersion};

/// The three that everybody has, in the order of most servers.
const USUAL_SUITES: [CipherSuite; 3] = [
    CipherSuite(0x1302),
    CipherSuite(0x1303),
    CipherSuite(0x1301),
];

/// Returns every suite of TLS 1.3, the usual ones first.
pub(super) fn suites_tls13() -> Vec<CipherSuite> {
    let others =
        CipherSuite::all().filter(|suite| suite.is_tls13() && !USUAL_SUITES.contains(suite));
    USUAL_SUITES.into_iter().chain(others).collect()
}

/// Elliptic curves that most servers have, in the order of OpenSSL.
const EVERYDAY: [u16; 5] = [0x1D, 0x17, 0x1E, 0x19, 0x18];

/// The groups that are probably accepted, given those that are.
pub(super) fn likely_groups(remaining: &mut [NamedGroup], accepted: &[NamedGroup]) -> usize {
    let has = |test: fn(&NamedGroup) -> bool| accepted.iter().any(test);
    // The order of OpenSSL, which is that of most servers: X25519, P-256, X448, P-521, P-384.
    let everyday = |group: &NamedGroup| EVERYDAY.contains(&group.0);
    // A server whose first choice is a NIST curve though X25519 was offered probably has that alone.
    let elliptic = has(|group| matches!(group.0, 0x1D | 0x1E | 0x11EC)) || accepted.len() > 1;
    let finite = has(|group| group.is_finite_field());
    let likely = |group: &NamedGroup| {
        elliptic && everyday(group)
            || finite && group.is_finite_field()
            || has(|group| matches!(group.0, 0x11EB | 0x11ED)) && matches!(group.0, 0x11EB..=0x11ED)
    };
    let place = |group: &NamedGroup| {
        EVERYDAY
            .iter()
            .position(|code| *code == group.0)
            .unwrap_or(EVERYDAY.len())
    };
    remaining.sort_by_key(|group| (!likely(group), place(group)));
    remaining.iter().filter(|group| likely(group)).count()
}

impl Scanner<'_> {
    /// Scans suites and groups of TLS 1.3.
    pub(super) async fn tls13(&self) -> (VersionSupport, Enumeration<NamedGroup>) {
        let versioned = Versioned::new(self, ProtocolVersion::TLSV1_3);
        let suites = suites_tls13();
        let groups = groups_tls13();
        self.line.expect(1);
        let Some((suite, group)) = self.first_choice(&versioned, &suites, &groups).await else {
            // Nothing, of everything there is: one more list tells how it is refused.
            self.heads.settled(ProtocolVersion::TLSV1_3);
            let support = versioned.scan(vec![suites], &|_| false).await;
            let reason = support.offered.reason().unwrap_or_default();
            return (
                support,
                Enumeration::unknown(format!("TLSv1.3 is not spoken: {reason}")),
            );
        };
        self.heads.accepted_group(group);
        let other_suites: Vec<_> = suites.into_iter().filter(|it| *it != suite).collect();
        let other_groups: Vec<_> = groups.into_iter().filter(|it| *it != group).collect();
        let chosen = [suite];
        let (suites, groups) = tokio::join!(
            self.other_suites(&versioned, suite, other_suites),
            self.other_groups(&chosen, group, other_groups)
        );
        (suites, groups)
    }

    /// Offers everything, without key shares and, where the server cannot take that, with some.
    async fn first_choice(
        &self,
        versioned: &Versioned<'_>,
        suites: &[CipherSuite],
        groups: &[NamedGroup],
    ) -> Option<(CipherSuite, NamedGroup)> {
        for key_shares in [false, true] {
            let question = Question {
                key_shares,
                ..Question::about(ProtocolVersion::TLSV1_3, suites)
            };
            let answer = self
                .line
                .ask(&self.hellos.write(&question), &hello_only)
                .await;
            if let Answer::Refused(Refusal::Alert(
                AlertDescription::PROTOCOL_VERSION | AlertDescription::INAPPROPRIATE_FALLBACK,
            )) = answer
            {
                return None;
            }
            if let Pick::Chosen(suite) = versioned.read(&answer, suites) {
                if key_shares {
                    self.need_key_shares();
                }
                // A choice without a group would be one of a pre-shared key alone, which was not offered.
                let group = answer
                    .hello()
                    .and_then(crate::tls::server::ServerHello::group)?;
                if !groups.contains(&group) {
                    self.line
                        .gap(format!("the server chose {group}, which was not offered"));
                }
                return Some((suite, group));
            }
            if answer.hello().is_some() {
                // Another version, in the clear: nothing was wrong with the hello.
                return None;
            }
        }
        None
    }

    async fn other_suites(
        &self,
        versioned: &Versioned<'_>,
        first: CipherSuite,
        others: Vec<CipherSuite>,
    ) -> VersionSupport {
        self.line.expect(4);
        let mut outcome = versioned
            .walk(others, 3, &|suite| USUAL_SUITES.contains(&suite))
            .await;
        outcome.accepted.insert(0, first);
        self.heads.walked();
        let (accepted, preference) = versioned.in_order(vec![outcome.accepted]).await;
        VersionSupport {
            version: ProtocolVersion::TLSV1_3,
            offered: Attempt::Seen(()),
            cipher_suites: Enumeration {
                accepted,
                refused: if outcome.undecided.is_empty() {
                    Refused::EveryOther
                } else {
                    let refused = suites_tls13().into_iter();
                    Refused::These(
                        refused
                            .filter(|it| !outcome.undecided.contains(it))
                            .collect(),
                    )
                },
                preference,
            },
        }
    }

    async fn other_groups(
        &self,
        suites: &[CipherSuite],
        first: NamedGroup,
        others: Vec<NamedGroup>,
    ) -> Enumeration<NamedGroup> {
        let offer = |groups: Vec<NamedGroup>| self.offer_groups(suites, groups);
        let guess = |remaining: &mut Vec<NamedGroup>, picked: &[NamedGroup]| {
            let mut accepted = vec![first];
            accepted.extend(picked);
            likely_groups(remaining, &accepted)
        };
        self.line.expect(6);
        let Outcome {
            mut accepted,
            undecided,
        } = chain::walk(others, 6, &guess, offer).await;
        accepted.insert(0, first);
        self.groups
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&accepted);
        Enumeration {
            accepted,
            refused: if undecided.is_empty() {
                Refused::EveryOther
            } else {
                let refused = groups_tls13().into_iter();
                Refused::These(refused.filter(|it| !undecided.contains(it)).collect())
            },
            preference: Attempt::NotAttempted("nobody asked".to_owned()),
        }
    }

    /// Offers some groups with suites that are accepted.
    pub(super) async fn offer_groups(
        &self,
        suites: &[CipherSuite],
        groups: Vec<NamedGroup>,
    ) -> Pick<NamedGroup> {
        let question = Question {
            groups: Some(&groups),
            ..self.question(ProtocolVersion::TLSV1_3, suites)
        };
        let answer = self
            .line
            .ask(&self.hellos.write(&question), &hello_only)
            .await;
        match &answer {
            Answer::Accepted(flight) => match &flight.hello {
                Some(hello) if hello.version() != ProtocolVersion::TLSV1_3 => Pick::Nothing,
                Some(hello) => match hello.group() {
                    Some(group) if groups.contains(&group) => Pick::Chosen(group),
                    Some(group) => {
                        self.line
                            .gap(format!("the server chose {group}, which was not offered"));
                        Pick::Open
                    }
                    None => Pick::Open,
                },
                None => Pick::Open,
            },
            Answer::Refused(_) => Pick::Nothing,
            Answer::Open(_) => Pick::Open,
        }
    }

    /// Scans the groups that are accepted up to TLS 1.2.
    pub(super) async fn groups_tls12(&self, spoken: &Spoken) -> Enumeration<NamedGroup> {
        let Some(version) = spoken
            .newest_in_the_clear()
            .filter(|it| *it > ProtocolVersion::SSLV3)
        else {
            return Enumeration::unknown(
                "neither TLSv1.2 nor an older version with extensions is spoken",
            );
        };
        // A server uses an ECDSA certificate only for a client that lists its curve: ask beside RSA where there is one.
        for authentication in [Authentication::Rsa, Authentication::Ecdsa] {
            let suites: Vec<CipherSuite> = CipherSuite::all()
                .filter(|suite| {
                    suite.properties().is_some_and(|it| {
                        it.is_ephemeral_ecdh() && it.authentication == authentication
                    }) && suite.fits(version)
                })
                .collect();
            let tail = if authentication == Authentication::Ecdsa {
                self.certificate_curves()
            } else {
                Vec::new()
            };
            let groups = self.curves(version, &suites, &tail).await;
            if !groups.accepted.is_empty()
                || groups.refused != Refused::EveryOther && tail.is_empty()
            {
                return groups;
            }
        }
        Enumeration {
            accepted: Vec::new(),
            refused: Refused::EveryOther,
            preference: Attempt::NotAttempted(
                "no suite with elliptic-curve Diffie-Hellman is accepted".to_owned(),
            ),
        }
    }

    async fn curves(
        &self,
        version: ProtocolVersion,
        suites: &[CipherSuite],
        tail: &[NamedGroup],
    ) -> Enumeration<NamedGroup> {
        let all = super::hello::groups_tls12();
        let guess = |remaining: &mut Vec<NamedGroup>, picked: &[NamedGroup]| {
            let tls13 = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
            if tls13.is_empty() {
                return likely_groups(remaining, picked);
            }
            let place = |group: &NamedGroup| {
                tls13
                    .iter()
                    .position(|it| it == group)
                    .unwrap_or(usize::MAX)
            };
            remaining.sort_by_key(place);
            remaining
                .iter()
                .filter(|group| tls13.contains(group))
                .count()
        };
        self.line.expect(6);
        let outcome = chain::walk(all, 1, &guess, |groups: Vec<NamedGroup>| {
            self.offer_curves(version, suites, groups, tail)
        })
        .await;
        // Beside an ECDSA certificate alone, a group that the server likes less than its curve cannot be seen: those are left open.
        Enumeration {
            accepted: outcome.accepted,
            refused: if outcome.undecided.is_empty() && tail.is_empty() {
                Refused::EveryOther
            } else {
                Refused::These(Vec::new())
            },
            preference: Attempt::NotAttempted("nobody asked".to_owned()),
        }
    }

    async fn offer_curves(
        &self,
        version: ProtocolVersion,
        suites: &[CipherSuite],
        groups: Vec<NamedGroup>,
        tail: &[NamedGroup],
    ) -> Pick<NamedGroup> {
        let mut listed = groups.clone();
        listed.extend(tail.iter().filter(|group| !groups.contains(group)));
        let question = Question {
            groups: Some(&listed),
            ..self.question(version, suites)
        };
        let answer = self
            .line
            .ask(&self.hellos.write(&question), &super::line::whole_flight)
            .await;
        match &answer {
            Answer::Accepted(flight) => {
                let Some(hello) = &flight.hello else {
                    return Pick::Open;
                };
                if hello.version() != version || !suites.contains(&hello.cipher_suite) {
                    return Pick::Nothing;
                }
                self.evidence.take(flight, self.hellos.has_server_name());
                match super::evidence::key_exchange(flight).map(|exchange| exchange.parameters) {
                    Some(crate::tls::server::KeyExchangeParameters::NamedCurve {
                        group, ..
                    }) => {
                        if groups.contains(&group) {
                            Pick::Chosen(group)
                        } else {
                            Pick::Nothing
                        }
                    }
                    Some(_) | None => Pick::Open,
                }
            }
            Answer::Refused(_) => Pick::Nothing,
            Answer::Open(_) => Pick::Open,
        }
    }

    /// Returns the curves of the certificates that were seen.
    fn certificate_curves(&self) -> Vec<NamedGroup> {
        let chains = self.evidence.read().chains;
        let leaves = chains.iter().filter_map(|chain| chain.certificates.first());
        let mut curves: Vec<NamedGroup> = leaves
            .filter_map(|der| {
                let chain = crate::x509::parse::presented_chain(std::slice::from_ref(der));
                let curve = chain.end_entity()?.key.curve.clone()?;
                NamedGroup::try_from(curve).ok()
            })
            .collect();
        if curves.is_empty() {
            curves = vec![NamedGroup::SECP256R1, NamedGroup::SECP384R1];
        }
        curves.dedup();
        curves
    }
}
