//! Judgement of an endpoint: every address to every check, and the verdicts on its addresses to one set of findings.
//!
//! A finding that was seen and can no longer be looked at stays, and says since when. It decides no severity.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::check::{self, Check, Context, TicketKey, Verdict};
use crate::endpoint::Endpoint;
use crate::finding::{Detection, Finding, Subject};
use crate::observation::certificate_file::{CertificateDirectory, EndpointFiles};
use crate::observation::{EndpointObservation, Scan};
use crate::preflight::{self, Preflight};

use super::change::Change;
use super::difference;
use super::scans::Scans;

/// A check with what it concluded.
pub(super) type Judged = (&'static Check, Verdict);

/// What the store keeps of one address.
#[derive(Debug)]
pub(super) struct Seat {
    /// What was last seen, or was last good while a failure is not confirmed.
    pub(super) observation: Arc<EndpointObservation>,
    /// What a libpq client would get.
    pub(super) preflight: Option<Arc<Preflight>>,
    /// Network failures in a row that are not confirmed yet.
    pub(super) failures: u8,
    /// What changed over the scans of this address.
    pub(super) scans: Scans,
    /// What each check last saw go wrong here, and when that was observed.
    ///
    /// Invariant: an entry leaves only when its check looked again and saw something else.
    failed: BTreeMap<&'static str, (Vec<Detection>, Timestamp)>,
    /// The name of the ticket key that the last scan saw, as its SHA-256, and since when.
    ticket_key: Option<(String, TicketKey)>,
}

impl Seat {
    /// Returns the seat of an address that was looked at.
    pub(super) fn new(observation: Arc<EndpointObservation>, endpoint: &Endpoint) -> Self {
        let preflight = preflight::predict(&observation, endpoint).map(Arc::new);
        let mut scans = Scans::default();
        if let Some(scan) = observation.scan.seen() {
            scans.take_in(scan, scan);
        }
        Self {
            ticket_key: ticket_key(&observation, None),
            observation,
            preflight,
            failures: 0,
            scans,
            failed: BTreeMap::new(),
        }
    }

    /// Takes in a newer observation of the same address.
    pub(super) fn observe(&mut self, observation: Arc<EndpointObservation>, endpoint: &Endpoint) {
        self.preflight = preflight::predict(&observation, endpoint).map(Arc::new);
        self.ticket_key = ticket_key(&observation, self.ticket_key.take());
        self.observation = observation;
        self.failures = 0;
    }

    /// Takes note of a scan before the observation that has it is seated, and returns what it saw change.
    pub(super) fn scanned(
        &mut self,
        scan: &Arc<Scan>,
        merged: &EndpointObservation,
    ) -> Vec<Change> {
        let Some(after) = merged.scan.seen() else {
            return Vec::new();
        };
        let changes = match self.observation.scan.seen() {
            Some(before) => difference::between(before, after),
            None => Vec::new(),
        };
        self.scans.take_in(scan, after);
        difference::told(changes)
    }

    /// Predicts anew, for an endpoint whose owner changed what he intends.
    pub(super) fn predict(&mut self, endpoint: &Endpoint) {
        self.preflight = preflight::predict(&self.observation, endpoint).map(Arc::new);
    }

    /// Puts the observation to every check.
    ///
    /// An open verdict does not clear what was seen before: an alarm falls silent when somebody looked, not when
    /// nobody could. That also holds an expired certificate until another one is served.
    fn judge(
        &mut self,
        context: &Context<'_>,
        directories: &[Arc<CertificateDirectory>],
        open: &mut Vec<(&'static str, String)>,
    ) -> Vec<Judged> {
        let files = EndpointFiles::find(
            directories,
            context.endpoint,
            &self.observation,
            context.now,
        );
        let context = Context {
            files: &files,
            ticket_key: self.ticket_key.as_ref().map(|(_, key)| *key),
            ..*context
        };
        let mut verdicts = check::assess(&self.observation, &context);
        for (check, verdict) in &mut verdicts {
            match verdict {
                Verdict::Fail(detections) => {
                    let seen = (detections.clone(), self.observation.observed_at);
                    self.failed.insert(check.id, seen);
                }
                Verdict::Pass | Verdict::NotApplicable => {
                    self.failed.remove(check.id);
                }
                Verdict::Open(reason) => {
                    if !open.iter().any(|(id, _)| *id == check.id) {
                        open.push((check.id, reason.clone()));
                    }
                    if let Some((detections, at)) = self.failed.get(check.id) {
                        let note = format!("last seen at {at:.0}; since then: {reason}");
                        *verdict = Verdict::Fail(
                            detections
                                .iter()
                                .map(|detection| detection.clone().evidence(note.clone()))
                                .collect(),
                        );
                    }
                }
            }
        }
        verdicts
    }
}

/// Returns the name of the ticket key and when a scan first saw it, from what was known and what is seen now.
///
/// A scan that did not look at tickets changes nothing, and one that saw another name, or none, begins anew.
fn ticket_key(
    seen: &EndpointObservation,
    known: Option<(String, TicketKey)>,
) -> Option<(String, TicketKey)> {
    let looked = seen
        .scan
        .seen()
        .and_then(|scan| Some((scan.began_at, scan.sessions.ticket.seen()?)));
    let Some((began_at, ticket)) = looked else {
        return known;
    };
    let name = ticket.key_name_sha256.clone()?;
    let follows_another = match known {
        Some((before, key)) if before == name => return Some((name, key)),
        known => known.is_some(),
    };
    let key = TicketKey {
        seen_since: began_at,
        follows_another,
    };
    Some((name, key))
}

/// What the checks concluded on an endpoint as a whole.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    /// One verdict per check, the worst of all addresses.
    pub(super) verdicts: Vec<Judged>,
    /// The findings, worst first.
    pub(super) findings: Vec<Finding>,
    /// The checks that could not decide on some address, with the first reason.
    pub(super) open: Vec<(&'static str, String)>,
}

/// Puts every address of an endpoint to every check and merges the verdicts.
pub(super) fn judge(
    seats: &mut [Seat],
    endpoint: &Endpoint,
    key_holders: &BTreeMap<String, BTreeSet<Arc<str>>>,
    sslv2_keys: &BTreeMap<String, BTreeSet<Arc<str>>>,
    directories: &[Arc<CertificateDirectory>],
    now: Timestamp,
) -> Judgement {
    let files = EndpointFiles::default();
    let context = Context {
        files: &files,
        now,
        endpoint,
        key_holders,
        ticket_key: None,
        sslv2_keys,
    };
    let mut open = Vec::new();
    let by_seat: Vec<(Option<SocketAddr>, Vec<Judged>)> = seats
        .iter_mut()
        .map(|seat| {
            (
                seat.observation.address,
                seat.judge(&context, directories, &mut open),
            )
        })
        .collect();
    let subject = Subject::Endpoint(Arc::clone(&endpoint.name));
    let mut judgement = merge(&by_seat, &subject);
    judgement.open = open;
    judgement
}

/// Merges the verdicts on several addresses: one verdict per check, one finding per check and discriminator.
fn merge(by_seat: &[(Option<SocketAddr>, Vec<Judged>)], subject: &Subject) -> Judgement {
    let mut judgement = Judgement::default();
    let Some((_, first)) = by_seat.first() else {
        return judgement;
    };
    // Every address was put to the same register, so the verdicts stand in the same order.
    for (index, (check, _)) in first.iter().enumerate() {
        let verdicts: Vec<(Option<SocketAddr>, &Verdict)> = by_seat
            .iter()
            .filter_map(|(address, judged)| {
                judged.get(index).map(|(_, verdict)| (*address, verdict))
            })
            .collect();
        let merged = Merged::over(check, &verdicts);
        judgement
            .findings
            .extend(merged.findings(subject, by_seat.len()));
        judgement.verdicts.push((*check, merged.verdict(&verdicts)));
    }
    judgement.findings.sort_by(order);
    judgement
}

/// The order of findings: worst first, then by check and subject.
pub(super) fn order(left: &Finding, right: &Finding) -> std::cmp::Ordering {
    right
        .severity
        .cmp(&left.severity)
        .then_with(|| left.check.cmp(right.check))
        .then_with(|| left.subject.cmp(&right.subject))
        .then_with(|| left.fingerprint.cmp(&right.fingerprint))
}

/// The detections of one check over all addresses, one per discriminator.
struct Merged {
    check: &'static Check,
    detections: Vec<(Detection, Vec<Option<SocketAddr>>)>,
}

impl Merged {
    fn over(check: &'static Check, verdicts: &[(Option<SocketAddr>, &Verdict)]) -> Self {
        let mut merged = Self {
            check,
            detections: Vec::new(),
        };
        for (address, verdict) in verdicts {
            if let Verdict::Fail(detections) = verdict {
                for detection in detections {
                    merged.add(*address, detection);
                }
            }
        }
        merged
    }

    fn add(&mut self, address: Option<SocketAddr>, detection: &Detection) {
        let severity = |of: &Detection| of.severity.unwrap_or(self.check.severity);
        let same = self
            .detections
            .iter_mut()
            .find(|(known, _)| known.discriminator == detection.discriminator);
        let Some((known, addresses)) = same else {
            self.detections.push((detection.clone(), vec![address]));
            return;
        };
        if !addresses.contains(&address) {
            addresses.push(address);
        }
        // The worst address speaks for the endpoint; what the others say goes below it as evidence.
        let (mut spoken, other) = if severity(detection) > severity(known) {
            (detection.clone(), &*known)
        } else {
            (known.clone(), detection)
        };
        let elsewhere = (spoken.message != other.message).then(|| other.message.clone());
        for line in other.evidence.iter().chain(&elsewhere) {
            if !spoken.evidence.contains(line) {
                spoken.evidence.push(line.clone());
            }
        }
        spoken.confidence = spoken.confidence.max(other.confidence);
        spoken.remedy = spoken.remedy.or_else(|| other.remedy.clone());
        *known = spoken;
    }

    fn findings(&self, subject: &Subject, seats: usize) -> Vec<Finding> {
        self.detections
            .iter()
            .map(|(detection, addresses)| {
                let named = if addresses.len() < seats {
                    addresses.iter().copied().flatten().collect()
                } else {
                    Vec::new()
                };
                stamp(self.check, detection, subject, named)
            })
            .collect()
    }

    fn verdict(&self, verdicts: &[(Option<SocketAddr>, &Verdict)]) -> Verdict {
        if !self.detections.is_empty() {
            let detections = self.detections.iter().map(|(detection, _)| detection);
            return Verdict::Fail(detections.cloned().collect());
        }
        let rank = |verdict: &Verdict| match verdict {
            Verdict::Fail(_) => 3,
            Verdict::Open(_) => 2,
            Verdict::Pass => 1,
            Verdict::NotApplicable => 0,
        };
        verdicts
            .iter()
            .map(|(_, verdict)| *verdict)
            .max_by_key(|verdict| rank(verdict))
            .cloned()
            .unwrap_or(Verdict::NotApplicable)
    }
}

/// Judges the configuration itself.
pub(super) fn judge_configuration(config: &crate::config::Config) -> Vec<Finding> {
    let subject = Subject::File(config.path.to_string_lossy().into());
    let mut findings: Vec<Finding> = check::assess_configuration(config)
        .into_iter()
        .flat_map(|(check, verdict)| match verdict {
            Verdict::Fail(detections) => detections
                .iter()
                .map(|detection| stamp(check, detection, &subject, Vec::new()))
                .collect(),
            Verdict::Pass | Verdict::NotApplicable | Verdict::Open(_) => Vec::new(),
        })
        .collect();
    findings.sort_by(order);
    findings
}

/// Makes a detection a finding: the check answers for its name, its title and its severity.
pub(super) fn stamp(
    check: &'static Check,
    detection: &Detection,
    subject: &Subject,
    addresses: Vec<SocketAddr>,
) -> Finding {
    Finding {
        check: check.id,
        title: check.title,
        severity: detection.severity.unwrap_or(check.severity),
        confidence: detection.confidence,
        message: detection.message.clone(),
        subject: subject.clone(),
        addresses,
        evidence: detection.evidence.clone(),
        location: detection.location.clone(),
        references: check.references,
        remedy: detection.remedy.clone(),
        fingerprint: fingerprint(check.id, subject, &detection.discriminator),
    }
}

/// SHA-256 over check, subject and discriminator, in lower-case hexadecimal.
///
/// A zero byte ends each part: none of them can hold one, so no two triples look alike.
fn fingerprint(check: &str, subject: &Subject, discriminator: &str) -> String {
    let parts = [check, subject.kind(), subject.name(), discriminator];
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, parts.join("\0").as_bytes());
    data_encoding::HEXLOWER.encode(digest.as_ref())
}

#[cfg(test)]
mod tests {
    use super::super::sample::address;
    use super::*;
    use crate::check::{Category, Evaluate};
    use crate::finding::Severity;

    static CHECK: Check = Check {
        id: "sample",
        title: "a sample",
        severity: Severity::Medium,
        category: Category::Transport,
        class: None,
        since: "0.1.0",
        references: &[],
        docs: "",
        evaluate: Evaluate::Endpoint(|_, _| Verdict::Pass),
    };

    fn merged(verdicts: Vec<Verdict>) -> Judgement {
        let by_seat: Vec<_> = (1..)
            .zip(verdicts)
            .map(|(last, verdict)| (Some(address(last)), vec![(&CHECK, verdict)]))
            .collect();
        merge(&by_seat, &Subject::Endpoint("db1".into()))
    }

    fn fail(message: &str) -> Verdict {
        Verdict::Fail(vec![Detection::new(message)])
    }

    #[test]
    fn worst_address_decides_the_verdict() {
        let open = || Verdict::Open("silence".to_owned());
        let verdict = |verdicts| merged(verdicts).verdicts.remove(0).1;
        assert_eq!(
            verdict(vec![Verdict::Pass, Verdict::NotApplicable]),
            Verdict::Pass
        );
        assert_eq!(verdict(vec![Verdict::Pass, open()]), open());
        assert_eq!(verdict(vec![open(), fail("bad")]), fail("bad"));
        assert!(merged(Vec::new()).verdicts.is_empty());
    }

    #[test]
    fn same_detection_everywhere_is_one_finding_without_addresses() {
        let judgement = merged(vec![fail("bad"), fail("bad")]);
        assert_eq!(judgement.findings.len(), 1);
        assert_eq!(judgement.findings[0].addresses, []);
        assert_eq!(judgement.findings[0].severity, Severity::Medium);
    }

    #[test]
    fn worst_address_speaks_and_the_others_are_evidence() {
        let worse = Verdict::Fail(vec![Detection::new("worse").severity(Severity::Critical)]);
        let judgement = merged(vec![fail("bad"), worse, Verdict::Pass]);
        let finding = &judgement.findings[0];
        assert_eq!(judgement.findings.len(), 1);
        assert_eq!(
            (finding.message.as_str(), finding.severity),
            ("worse", Severity::Critical)
        );
        assert_eq!(finding.evidence, ["bad"]);
        assert_eq!(finding.addresses, [address(1), address(2)]);
    }

    #[test]
    fn discriminators_keep_detections_apart() {
        let two = Verdict::Fail(vec![
            Detection::new("one").discriminator("1"),
            Detection::new("two").discriminator("2"),
        ]);
        let judgement = merged(vec![two]);
        assert_eq!(judgement.findings.len(), 2);
        assert_ne!(
            judgement.findings[0].fingerprint,
            judgement.findings[1].fingerprint
        );
    }
}
