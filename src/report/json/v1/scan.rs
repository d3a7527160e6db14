//! How a scan went, as JSON has it: depth, cost, gaps, and how the server treated it. What it saw stands in `tls` and `chains`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::endpoint::milliseconds;
use crate::observation::Scan;
use crate::observation::scan::Conduct;
use crate::store::ScanDifference;

/// How a scan went.
#[derive(Debug, Serialize)]
pub(super) struct ScanV1 {
    /// `posture`, `rescan` or `deep`.
    depth: &'static str,
    began_at: Timestamp,
    duration_ms: f64,
    /// The scan's alone; the endpoint's `connections_used` has the quick probe's, too.
    connections_used: u32,
    complete: bool,
    /// Why it is not complete, one sentence each.
    gaps: Vec<String>,
    conduct: ConductV1,
}

/// How the server treated the connections.
#[derive(Debug, Serialize)]
struct ConductV1 {
    resets: u32,
    /// Closed without a word where an answer was due.
    closes: u32,
    timeouts: u32,
    unconnected: u32,
    /// Name of the alert and how often it came.
    alerts: BTreeMap<String, u32>,
    /// Whether the scan slowed down because the server would not take connections so fast.
    slowed_down: bool,
}

/// What changed between two deep scans.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    at: Timestamp,
    since: Timestamp,
    /// Empty where both saw the same.
    changes: Vec<String>,
}

impl ScanV1 {
    /// Writes down how a scan went.
    pub(super) fn of(scan: &Scan) -> Self {
        Self {
            depth: scan.depth.as_str(),
            began_at: scan.began_at,
            duration_ms: milliseconds(scan.duration),
            connections_used: scan.connections_used,
            complete: scan.is_complete(),
            gaps: scan.gaps.clone(),
            conduct: ConductV1::of(&scan.conduct),
        }
    }
}

impl ConductV1 {
    /// Writes down how the server treated the connections.
    fn of(conduct: &Conduct) -> Self {
        Self {
            resets: conduct.resets,
            closes: conduct.closes,
            timeouts: conduct.timeouts,
            unconnected: conduct.unconnected,
            alerts: conduct
                .alerts
                .iter()
                .map(|(alert, count)| (alert.to_string(), *count))
                .collect(),
            slowed_down: conduct.slowed_down,
        }
    }
}

impl Difference {
    /// Writes down a difference.
    pub(super) fn of(difference: &ScanDifference) -> Self {
        Self {
            at: difference.at,
            since: difference.since,
            changes: difference.changes.clone(),
        }
    }
}
