//! The differential rescan: is anything accepted that was not, and is what was accepted still there?
//!
//! One hello per version offers everything that was refused, one more all that was accepted; one each for the groups. Where an answer
//! is new, that version is scanned again in full.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::Scanner;
use super::chain::Pick;
use super::hello::{MOST_SUITES, groups_tls13};
use super::order;
use super::suites::Versioned;
use super::tls13::suites_tls13;
use crate::observation::Attempt;
use crate::observation::scan::{Refused, Scan, ScanDepth, VersionSupport};
use crate::tls::{CipherSuite, ProtocolVersion};

/// Most suites in one hello of a rescan: the server is known, and known to read hellos of this kind.
const MOST_SUITES_AGAIN: usize = 180;

impl Scanner<'_> {
    /// Looks what has changed since `known`, and returns the whole picture anew.
    pub(super) async fn rescan(&self, began_at: Timestamp, known: &Scan) -> Scan {
        let mut scan = known.clone();
        scan.depth = ScanDepth::Rescan;
        scan.began_at = began_at;
        scan.gaps = Vec::new();
        let (older, (tls13, groups)) = tokio::join!(self.versions_again(known), async {
            tokio::join!(
                self.version_again(known, ProtocolVersion::TLSV1_3),
                self.groups_again(known)
            )
        });
        let mut versions = older;
        versions.push(tls13);
        if groups || versions.iter().any(Option::is_none) {
            return self.scan_again(scan, known, versions, groups).await;
        }
        scan.versions = versions.into_iter().flatten().collect();
        scan
    }

    /// Returns what is known of each version before TLS 1.3 where it still holds.
    async fn versions_again(&self, known: &Scan) -> Vec<Option<VersionSupport>> {
        let old = [
            ProtocolVersion::SSLV3,
            ProtocolVersion::TLSV1,
            ProtocolVersion::TLSV1_1,
        ];
        let all_off = old.iter().all(|version| {
            known
                .version(*version)
                .is_some_and(|support| matches!(support.offered, Attempt::Refused(_)))
        });
        let old_again = async {
            if all_off && self.old_still_off().await {
                return old.map(|version| known.version(version).cloned()).to_vec();
            }
            join_all(old.map(|version| self.version_again(known, version))).await
        };
        let (mut versions, tls12) = tokio::join!(
            old_again,
            self.version_again(known, ProtocolVersion::TLSV1_2)
        );
        versions.push(tls12);
        versions
    }

    /// Whether a hello for TLS 1.1 at most is still refused: a server that goes lower would say so.
    async fn old_still_off(&self) -> bool {
        self.line.expect(1);
        let (_, choice) = self.newest_old(order::old_segments().swap_remove(0)).await;
        choice == Ok(None)
    }

    /// Returns what is known of one version where it still holds, and nothing where it does not.
    async fn version_again(
        &self,
        known: &Scan,
        version: ProtocolVersion,
    ) -> Option<VersionSupport> {
        let support = known.version(version)?;
        if !support.cipher_suites.is_complete() {
            return None;
        }
        let accepted = &support.cipher_suites.accepted;
        let all = if version >= ProtocolVersion::TLSV1_3 {
            suites_tls13()
        } else if version == ProtocolVersion::TLSV1_2 {
            order::segments().concat()
        } else {
            order::old_segments().concat()
        };
        let others: Vec<CipherSuite> = all
            .into_iter()
            .filter(|suite| !accepted.contains(suite))
            .collect();
        // Of an old version that is off, the list that belongs there: a server refuses it for the version, not for the suites.
        let is_off = accepted.is_empty() && version < ProtocolVersion::TLSV1_2;
        // In as few hellos as servers take, all of one length.
        let hellos = others.len().div_ceil(MOST_SUITES_AGAIN).max(1);
        let mut lists: Vec<Vec<_>> = others
            .chunks(others.len().div_ceil(hellos).max(1))
            .map(<[CipherSuite]>::to_vec)
            .collect();
        if is_off || version < ProtocolVersion::TLSV1_2 {
            lists.truncate(1);
        }
        let (news, still) = tokio::join!(
            self.news(version, lists),
            self.still_there(version, accepted)
        );
        let unchanged = still && news.iter().all(|(_, pick)| *pick == Pick::Nothing);
        unchanged.then(|| support.clone())
    }

    /// Whether the server's first choice of all that was accepted is what it was.
    async fn still_there(&self, version: ProtocolVersion, accepted: &[CipherSuite]) -> bool {
        // In TLS 1.3 the whole handshake of the quick probe tells.
        let Some(first) = accepted
            .first()
            .filter(|_| version < ProtocolVersion::TLSV1_3)
        else {
            return true;
        };
        self.line.expect(1);
        let offered: Vec<_> = accepted.iter().copied().take(MOST_SUITES).collect();
        Versioned::new(self, version).offer(offered).await == Pick::Chosen(*first)
    }

    /// Whether any group is accepted that was not.
    async fn groups_again(&self, known: &Scan) -> bool {
        let Some(support) = known.version(ProtocolVersion::TLSV1_3) else {
            return false;
        };
        let suites = &support.cipher_suites.accepted;
        if suites.is_empty() || known.groups_tls13.refused != Refused::EveryOther {
            return false;
        }
        let others: Vec<_> = groups_tls13()
            .into_iter()
            .filter(|group| !known.groups_tls13.accepted.contains(group))
            .collect();
        self.line.expect(1);
        self.offer_groups(suites, others).await != Pick::Nothing
    }

    /// Scans again in full what did not hold.
    async fn scan_again(
        &self,
        mut scan: Scan,
        known: &Scan,
        versions: Vec<Option<VersionSupport>>,
        groups: bool,
    ) -> Scan {
        let tls13_changed = groups || versions.last().is_some_and(Option::is_none);
        let older_changed = versions[..versions.len() - 1].iter().any(Option::is_none);
        scan.versions = known.versions.clone();
        if older_changed {
            let older = self.before_tls13().await;
            for support in older {
                replace(&mut scan.versions, support);
            }
        }
        if tls13_changed {
            let (support, groups) = self.tls13().await;
            replace(&mut scan.versions, support);
            scan.groups_tls13 = groups;
        }
        if older_changed {
            let spoken = super::posture::spoken_in(&scan);
            scan.groups_tls12 = self.groups_tls12(&spoken).await;
        }
        // Chains and features were of the former state: they are asked for again by the next deep scan, and until then stand as
        // they were where nothing newer was seen.
        let spoken = super::posture::spoken_in(&scan);
        if matches!(
            scan.handshake.secure_renegotiation,
            Attempt::NotAttempted(_)
        ) {
            self.read_hellos(&spoken, &mut scan.handshake);
        }
        scan
    }
}

fn replace(versions: &mut [VersionSupport], support: VersionSupport) {
    if let Some(place) = versions.iter_mut().find(|it| it.version == support.version) {
        *place = support;
    }
}
