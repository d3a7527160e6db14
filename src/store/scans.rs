//! The scans of one address over time: what "changed since the last deep scan" means.
//!
//! Rescans and postures come hourly, and one that sees nothing new would wipe out what the last deep scan found. So a deep
//! scan is compared with the deep scan before it, and everything later with the last deep scan; what is shown is the later
//! news, where there are any.

use std::sync::Arc;

use crate::observation::Scan;
use crate::observation::scan::ScanDepth;

use super::{ScanDifference, difference};

/// What changed over the scans of one address.
#[derive(Debug, Default)]
pub(super) struct Scans {
    /// The last deep scan; a rescan, where the prober had nothing to begin with and saw everything.
    deep: Option<Arc<Scan>>,
    /// Between the last deep scan and the one before it.
    between_deep: Option<Arc<ScanDifference>>,
    /// Since the last deep scan, where anything changed.
    since_deep: Option<Arc<ScanDifference>>,
}

impl Scans {
    /// Takes in a scan, and what is known of the address with it.
    pub(super) fn take_in(&mut self, scan: &Arc<Scan>, merged: &Arc<Scan>) {
        let changes = |deep: &Scan| {
            Arc::new(ScanDifference {
                at: scan.began_at,
                since: deep.began_at,
                changes: (difference::between(deep, merged).into_iter())
                    .map(|change| change.text)
                    .collect(),
            })
        };
        let difference = self.deep.as_deref().map(changes);
        match (scan.depth, difference) {
            (ScanDepth::Deep, difference) => {
                self.between_deep = difference;
                self.since_deep = None;
                self.deep = Some(Arc::clone(scan));
            }
            (ScanDepth::Rescan, None) => self.deep = Some(Arc::clone(scan)),
            (ScanDepth::Posture, None) => {}
            (ScanDepth::Rescan | ScanDepth::Posture, Some(difference)) => {
                self.since_deep = (!difference.changes.is_empty()).then_some(difference);
            }
        }
    }

    /// Returns what is worth showing.
    pub(super) fn difference(&self) -> Option<Arc<ScanDifference>> {
        self.since_deep
            .as_ref()
            .or(self.between_deep.as_ref())
            .cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{at, scan};
    use super::*;
    use crate::tls::{CipherSuite, ProtocolVersion};

    const BOTH: &[ProtocolVersion] = &[ProtocolVersion::TLSV1, ProtocolVersion::TLSV1_2];
    const GOOD: &[ProtocolVersion] = &[ProtocolVersion::TLSV1_2];

    fn taken(scans: &mut Scans, depth: ScanDepth, seconds: i64, versions: &[ProtocolVersion]) {
        let suites: &[CipherSuite] = &[CipherSuite(0xC02F)];
        let spoken: Vec<_> = versions.iter().map(|version| (*version, suites)).collect();
        let scan = Arc::new(scan(depth, at(seconds), &spoken));
        scans.take_in(&scan, &scan);
    }

    fn shown(scans: &Scans) -> Option<(i64, Vec<String>)> {
        let shown = scans.difference()?;
        Some((
            shown.at.duration_since(at(0)).as_secs(),
            shown.changes.clone(),
        ))
    }

    #[test]
    fn deep_scans_are_compared_with_each_other() {
        let mut scans = Scans::default();
        taken(&mut scans, ScanDepth::Deep, 1, BOTH);
        assert_eq!(shown(&scans), None);
        taken(&mut scans, ScanDepth::Deep, 2, GOOD);
        assert_eq!(
            shown(&scans),
            Some((2, vec!["TLSv1 is no longer accepted".to_owned()]))
        );
        taken(&mut scans, ScanDepth::Deep, 3, GOOD);
        assert_eq!(shown(&scans), Some((3, Vec::new())));
    }

    #[test]
    fn rescan_without_news_leaves_what_the_deep_scan_found() {
        let mut scans = Scans::default();
        taken(&mut scans, ScanDepth::Deep, 1, BOTH);
        taken(&mut scans, ScanDepth::Deep, 2, GOOD);
        taken(&mut scans, ScanDepth::Rescan, 3, GOOD);
        assert_eq!(shown(&scans).map(|(at, _)| at), Some(2));
        taken(&mut scans, ScanDepth::Rescan, 4, BOTH);
        assert_eq!(
            shown(&scans),
            Some((4, vec!["TLSv1 is accepted now".to_owned()]))
        );
        taken(&mut scans, ScanDepth::Rescan, 5, GOOD);
        assert_eq!(
            shown(&scans).map(|(at, _)| at),
            Some(2),
            "it went away again"
        );
    }

    #[test]
    fn deep_scan_after_news_still_tells_them() {
        let mut scans = Scans::default();
        taken(&mut scans, ScanDepth::Deep, 1, GOOD);
        taken(&mut scans, ScanDepth::Rescan, 2, BOTH);
        taken(&mut scans, ScanDepth::Deep, 3, BOTH);
        assert_eq!(
            shown(&scans),
            Some((3, vec!["TLSv1 is accepted now".to_owned()]))
        );
    }

    #[test]
    fn postures_alone_are_compared_with_nothing() {
        let mut scans = Scans::default();
        taken(&mut scans, ScanDepth::Posture, 1, GOOD);
        taken(&mut scans, ScanDepth::Posture, 2, BOTH);
        assert_eq!(shown(&scans), None);
    }
}
