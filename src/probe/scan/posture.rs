//! The posture: old versions, weak suites and post-quantum groups out of five connections at once. The whole handshake of the
//! quick probe is the fifth.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::Scanner;
use super::chain::Pick;
use super::heads::Spoken;
use super::hello::{MOST_SUITES, groups_tls13};
use super::order;
use super::suites::Versioned;
use super::tls13::suites_tls13;
use crate::observation::scan::{Refused, Scan, ScanDepth};
use crate::observation::{Attempt, Failure, FailureKind};
use crate::tls::{CipherSuite, NamedGroup, ProtocolVersion, Strength};

impl Scanner<'_> {
    /// Asks the four questions that settle most.
    pub(super) async fn posture(&self, began_at: Timestamp) -> Scan {
        let mut scan = Scan::unseen(ScanDepth::Posture, began_at, "the posture does not ask");
        let all = order::segments().concat();
        let (weak, others): (Vec<_>, Vec<_>) = all.iter().copied().partition(|suite| {
            !matches!(
                suite.strength(),
                Strength::Strong | Strength::Legacy | Strength::Unknown
            )
        });
        let weak: Vec<_> = weak.into_iter().take(MOST_SUITES).collect();
        let others: Vec<_> = others.into_iter().take(MOST_SUITES).collect();
        let old: Vec<_> = order::old_segments().swap_remove(0);
        let hybrid: Vec<NamedGroup> = groups_tls13()
            .into_iter()
            .filter(|group| group.is_post_quantum())
            .collect();
        self.line.expect(4);
        let (tls12, newest_old, weakest, quantum) = tokio::join!(
            self.offer(ProtocolVersion::TLSV1_2, others),
            self.newest_old(old),
            self.offer(ProtocolVersion::TLSV1_2, weak),
            self.hybrid(hybrid)
        );
        note(&mut scan, ProtocolVersion::TLSV1_2, &tls12);
        note(&mut scan, ProtocolVersion::TLSV1_2, &weakest);
        let (old, choice) = newest_old;
        for version in [
            ProtocolVersion::SSLV3,
            ProtocolVersion::TLSV1,
            ProtocolVersion::TLSV1_1,
        ] {
            let attempt = match &choice {
                Ok(Some((chosen, _))) if *chosen == version => Attempt::Seen(()),
                // A server chooses the newest that both have.
                Ok(Some((chosen, _))) if *chosen < version => Attempt::Refused(format!(
                    "the server chooses {chosen} of everything up to TLSv1.1"
                )),
                Ok(None) => {
                    Attempt::Refused("the server refuses everything up to TLSv1.1".to_owned())
                }
                Ok(Some(_)) => Attempt::NotAttempted(
                    "the posture asks for the newest of the old versions only".to_owned(),
                ),
                Err(reason) => Attempt::NotAttempted(reason.clone()),
            };
            if let Some(support) = scan.versions.iter_mut().find(|it| it.version == version) {
                support.cipher_suites.refused = Refused::These(match (&attempt, &choice) {
                    (Attempt::Refused(_), Ok(None)) => old.clone(),
                    _ => Vec::new(),
                });
                if let Ok(Some((chosen, suite))) = &choice
                    && *chosen == version
                {
                    support.cipher_suites.accepted = vec![*suite];
                }
                support.offered = attempt;
            }
        }
        Self::note_tls13(&mut scan, quantum);
        let spoken = spoken_in(&scan);
        self.read_hellos(&spoken, &mut scan.handshake);
        scan
    }

    async fn offer(
        &self,
        version: ProtocolVersion,
        list: Vec<CipherSuite>,
    ) -> (Vec<CipherSuite>, Pick<CipherSuite>) {
        let pick = Versioned::new(self, version).offer(list.clone()).await;
        (list, pick)
    }

    /// Offers TLS 1.1 at most: a server that goes lower says where.
    pub(super) async fn newest_old(
        &self,
        list: Vec<CipherSuite>,
    ) -> (
        Vec<CipherSuite>,
        Result<Option<(ProtocolVersion, CipherSuite)>, String>,
    ) {
        let hello = self
            .hellos
            .write(&self.question(ProtocolVersion::TLSV1_1, &list));
        let answer = self
            .line
            .ask(&hello, &|hello| self.evidence.wants(hello))
            .await;
        if let Some(flight) = answer.flight() {
            self.evidence.take(flight, self.hellos.has_server_name());
        }
        let choice = match &answer {
            super::line::Answer::Accepted(_) => match answer.hello() {
                Some(hello) if hello.version() <= ProtocolVersion::TLSV1_1 => {
                    Ok(Some((hello.version(), hello.cipher_suite)))
                }
                Some(_) | None => Ok(None),
            },
            super::line::Answer::Refused(_) => Ok(None),
            super::line::Answer::Open(reason) => Err(reason.clone()),
        };
        (list, choice)
    }

    /// Offers TLS 1.3 with post-quantum groups alone.
    async fn hybrid(&self, groups: Vec<NamedGroup>) -> (Vec<NamedGroup>, Pick<NamedGroup>) {
        let suites = suites_tls13();
        let pick = self.offer_groups(&suites[..3], groups.clone()).await;
        (groups, pick)
    }

    fn note_tls13(scan: &mut Scan, (groups, pick): (Vec<NamedGroup>, Pick<NamedGroup>)) {
        match pick {
            Pick::Chosen(group) => {
                scan.groups_tls13.accepted = vec![group];
                if let Some(support) = scan
                    .versions
                    .iter_mut()
                    .find(|it| it.version == ProtocolVersion::TLSV1_3)
                {
                    support.offered = Attempt::Seen(());
                }
            }
            Pick::Nothing => scan.groups_tls13.refused = Refused::These(groups),
            Pick::Open => {}
        }
    }

    /// Asks many lists of one version at once.
    pub(super) async fn news(
        &self,
        version: ProtocolVersion,
        lists: Vec<Vec<CipherSuite>>,
    ) -> Vec<(Vec<CipherSuite>, Pick<CipherSuite>)> {
        self.line.expect(lists.len());
        join_all(lists.into_iter().map(|list| self.offer(version, list))).await
    }
}

/// Returns the versions that a scan saw, each with a suite that is accepted in it.
pub(super) fn spoken_in(scan: &Scan) -> Spoken {
    let seen = scan
        .versions
        .iter()
        .filter(|support| support.offered.seen().is_some());
    seen.map(|support| {
        let first = support.cipher_suites.accepted.first().copied();
        (support.version, first.unwrap_or(CipherSuite(0)))
    })
    .collect()
}

/// Takes down what one hello of one version settled.
pub(super) fn note(
    scan: &mut Scan,
    version: ProtocolVersion,
    (list, pick): &(Vec<CipherSuite>, Pick<CipherSuite>),
) {
    let Some(support) = scan.versions.iter_mut().find(|it| it.version == version) else {
        return;
    };
    match pick {
        Pick::Chosen(suite) => {
            support.offered = Attempt::Seen(());
            if !support.cipher_suites.accepted.contains(suite) {
                support.cipher_suites.accepted.push(*suite);
            }
        }
        Pick::Nothing => {
            if support.offered.seen().is_none() {
                support.offered = Attempt::Failed(Failure {
                    kind: FailureKind::PeerIncompatible,
                    detail: "some of its cipher suites were refused, and not all were asked for"
                        .to_owned(),
                });
            }
            if let Refused::These(refused) = &mut support.cipher_suites.refused {
                refused.extend(list);
            }
        }
        Pick::Open => {}
    }
}
