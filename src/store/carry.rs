//! Carrying forward: the login tests and the scans are rarer than the quick probe, and what they told stays known in between.
//!
//! A carried fact keeps its age, in `login_tested_at` and in the scan's own `began_at`. Nothing is carried from one address to
//! another.
//!
//! Of two scans the one that saw more counts. A deep scan replaces everything, and a rescan does, because the prober makes it
//! a whole picture again from the one it began with. A posture replaces only a posture: over a whole picture it lays what it
//! proved to be otherwise by now, and the rest stays as old as it is. A scan that failed replaces nothing. Neither another
//! product nor another certificate makes a scan void: nobody looked since, its age says when somebody did, and the scheduler
//! has a new one made at once.

use std::sync::Arc;

use crate::observation::scan::{Enumeration, Refused, Scan, ScanDepth};
use crate::observation::{Attempt, EndpointObservation, Product};

/// Returns the new observation with the answers of the last login tests where it has none of its own.
pub(super) fn login_tests(
    new: Arc<EndpointObservation>,
    old: &EndpointObservation,
) -> Arc<EndpointObservation> {
    let lacks_plaintext = is_missing(&new.plaintext_startup) && !is_missing(&old.plaintext_startup);
    let lacks_tls = is_missing(&new.tls_startup) && !is_missing(&old.tls_startup);
    let another_product = new.server.product != Product::Unknown
        && old.server.product != Product::Unknown
        && new.server.product != old.server.product;
    // A probe that tested one of the two is a test of its own: the other answer would be of another age, and an
    // observation has room for one. Answers of another product are nobody's.
    let tested_itself = !is_missing(&new.plaintext_startup) || !is_missing(&new.tls_startup);
    if tested_itself || another_product || !(lacks_plaintext || lacks_tls) {
        return new;
    }
    let mut merged = Arc::unwrap_or_clone(new);
    merged.plaintext_startup = old.plaintext_startup.clone();
    merged.tls_startup = old.tls_startup.clone();
    merged.login_tested_at = old.login_tested_at.or(Some(old.observed_at));
    if merged.server.product == Product::Unknown {
        merged.server.product = old.server.product;
    }
    for evidence in &old.server.evidence {
        if !merged.server.evidence.contains(evidence) {
            merged.server.evidence.push(evidence.clone());
        }
    }
    Arc::new(merged)
}

/// Returns the newer of two observations with the scan that counts for both.
pub(super) fn scan(
    newer: Arc<EndpointObservation>,
    older: &EndpointObservation,
) -> Arc<EndpointObservation> {
    let counts = match (&older.scan, &newer.scan) {
        (Attempt::Seen(known), Attempt::Seen(seen)) => Attempt::Seen(merged(known, seen)),
        (Attempt::Seen(known), _) => Attempt::Seen(Arc::clone(known)),
        // Why the last one failed says more than that none was made this time.
        (Attempt::Failed(_) | Attempt::Refused(_), Attempt::NotAttempted(_)) => older.scan.clone(),
        (_, _) => return newer,
    };
    if counts == newer.scan {
        return newer;
    }
    let mut merged = Arc::unwrap_or_clone(newer);
    merged.scan = counts;
    Arc::new(merged)
}

/// Returns the known observation with what one brings that began before it: its scan, and answers to login tests that the
/// known one lacks. A scan takes longer than a quick probe, and what it saw besides is the past when it ends.
pub(super) fn belated(
    known: &Arc<EndpointObservation>,
    belated: &EndpointObservation,
) -> Arc<EndpointObservation> {
    let counts = match (&known.scan, &belated.scan) {
        (_, Attempt::NotAttempted(_)) => return Arc::clone(known),
        (Attempt::Seen(before), Attempt::Seen(seen)) => Attempt::Seen(merged(before, seen)),
        (Attempt::Seen(_), _) => return Arc::clone(known),
        (_, scan) => scan.clone(),
    };
    let mut merged = EndpointObservation::clone(known);
    merged.scan = counts;
    Arc::new(merged)
}

/// Returns what is known of an address after one more scan.
fn merged(known: &Arc<Scan>, seen: &Arc<Scan>) -> Arc<Scan> {
    match (known.depth, seen.depth) {
        (ScanDepth::Rescan | ScanDepth::Deep, ScanDepth::Posture) => {
            let mut whole = Scan::clone(known);
            overlay(&mut whole, seen);
            Arc::new(whole)
        }
        (_, ScanDepth::Rescan | ScanDepth::Deep) | (ScanDepth::Posture, ScanDepth::Posture) => {
            Arc::clone(seen)
        }
    }
}

/// Lays what a later posture proved over a whole picture.
fn overlay(whole: &mut Scan, seen: &Scan) {
    for support in &seen.versions {
        let Some(known) = whole
            .versions
            .iter_mut()
            .find(|known| known.version == support.version)
        else {
            continue;
        };
        match (&known.offered, &support.offered) {
            (Attempt::Seen(()), Attempt::Refused(_)) => {
                known.offered = support.offered.clone();
                known.cipher_suites = Enumeration {
                    accepted: Vec::new(),
                    refused: Refused::EveryOther,
                    preference: Attempt::NotAttempted("the version is no longer spoken".to_owned()),
                };
            }
            (Attempt::Seen(()), _) => {
                overlay_values(&mut known.cipher_suites, &support.cipher_suites)
            }
            (_, Attempt::Seen(())) => known.clone_from(support),
            (_, _) => {}
        }
    }
    overlay_values(&mut whole.groups_tls13, &seen.groups_tls13);
    overlay_values(&mut whole.groups_tls12, &seen.groups_tls12);
    overlay_attempt(&mut whole.sslv2, &seen.sslv2);
    for parameters in &seen.dh_parameters {
        let prime = &parameters.prime_sha256;
        if !(whole.dh_parameters.iter()).any(|known| known.prime_sha256 == *prime) {
            whole.dh_parameters.push(parameters.clone());
        }
    }
    let (known, seen) = (&mut whole.handshake, &seen.handshake);
    overlay_attempt(&mut known.fallback_scsv, &seen.fallback_scsv);
    overlay_attempt(&mut known.downgrade_sentinel, &seen.downgrade_sentinel);
    overlay_attempt(&mut known.secure_renegotiation, &seen.secure_renegotiation);
    overlay_attempt(&mut known.compression, &seen.compression);
    overlay_attempt(
        &mut known.extended_master_secret,
        &seen.extended_master_secret,
    );
    overlay_attempt(&mut known.encrypt_then_mac, &seen.encrypt_then_mac);
    overlay_attempt(&mut known.heartbeat, &seen.heartbeat);
    overlay_attempt(&mut known.certificate_request, &seen.certificate_request);
}

/// Lays what answers proved over what is known of a fact.
fn overlay_attempt<T: Clone>(known: &mut Attempt<T>, seen: &Attempt<T>) {
    match seen {
        Attempt::Seen(_) | Attempt::Refused(_) => known.clone_from(seen),
        Attempt::Failed(_) | Attempt::NotAttempted(_) => {}
    }
}

/// Lays what answers proved over what is known of the values of a kind. What is new comes last: where it stands in the
/// server's order was not looked at.
fn overlay_values<T: Copy + PartialEq>(known: &mut Enumeration<T>, seen: &Enumeration<T>) {
    known
        .accepted
        .retain(|value| seen.accepts(*value) != Some(false));
    for value in &seen.accepted {
        if !known.accepted.contains(value) {
            known.accepted.push(*value);
        }
    }
    if let Refused::These(refused) = &mut known.refused {
        refused.retain(|value| !seen.accepted.contains(value));
        match &seen.refused {
            Refused::EveryOther => known.refused = Refused::EveryOther,
            Refused::These(more) => {
                for value in more {
                    if !refused.contains(value) {
                        refused.push(*value);
                    }
                }
            }
        }
    }
}

fn is_missing<T>(attempt: &Attempt<T>) -> bool {
    matches!(attempt, Attempt::NotAttempted(_))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{accepted, at, certificate, good};
    use super::*;

    fn quick() -> Arc<EndpointObservation> {
        Arc::new(good(1, &certificate("a")))
    }

    fn tested() -> EndpointObservation {
        let mut tested = good(1, &certificate("a"));
        tested.observed_at = at(5);
        tested.plaintext_startup = Attempt::Seen(accepted());
        tested.tls_startup = Attempt::Seen(accepted());
        tested.server.product = Product::Cockroachdb;
        tested.server.evidence = vec!["ErrorResponse names `conn.go`".to_owned()];
        tested
    }

    #[test]
    fn answers_and_evidence_are_carried_with_their_age() {
        let carried = login_tests(quick(), &tested());
        assert_eq!(carried.plaintext_startup, Attempt::Seen(accepted()));
        assert_eq!(carried.tls_startup, Attempt::Seen(accepted()));
        assert_eq!(carried.login_tested_at, Some(at(5)));
        assert_eq!(carried.server, tested().server);
    }

    #[test]
    fn own_answers_are_not_replaced() {
        let mut own = tested();
        own.observed_at = at(9);
        own.plaintext_startup = Attempt::Refused("server requires encryption".to_owned());
        own.tls_startup = Attempt::NotAttempted("turned off".to_owned());
        assert_eq!(*login_tests(Arc::new(own.clone()), &tested()), own);
    }

    #[test]
    fn answers_of_another_product_are_nobodys() {
        let mut other = good(1, &certificate("a"));
        other.server.product = Product::Postgresql;
        let carried = login_tests(Arc::new(other.clone()), &tested());
        assert_eq!(*carried, other);
    }

    mod scans {
        use super::*;
        use crate::store::sample::{scan as scanned, scanning};
        use crate::tls::{CipherSuite, ProtocolVersion};

        const RC4: CipherSuite = CipherSuite(0x0005);
        const AEAD: CipherSuite = CipherSuite(0xC02F);

        fn suites(scan: &Scan, version: ProtocolVersion) -> &Enumeration<CipherSuite> {
            &scan.version(version).expect("it is listed").cipher_suites
        }

        fn carried(old: Scan, new: Scan) -> Arc<Scan> {
            let seen = scan(Arc::new(scanning(9, new)), &scanning(1, old));
            Arc::clone(seen.scan.seen().expect("there is one"))
        }

        #[test]
        fn scan_stays_where_the_quick_probe_makes_none() {
            let known = scanned(
                ScanDepth::Deep,
                at(1),
                &[(ProtocolVersion::TLSV1_2, &[AEAD])],
            );
            let mut later = good(1, &certificate("b"));
            later.observed_at = at(9);
            later.server.product = Product::Postgresql;
            let seen = scan(Arc::new(later), &scanning(1, known.clone()));
            assert_eq!(seen.scan, Attempt::Seen(Arc::new(known)));
            assert_eq!(seen.observed_at, at(9));
        }

        #[test]
        fn failed_scan_replaces_nothing() {
            let known = scanned(ScanDepth::Deep, at(1), &[]);
            let mut later = good(1, &certificate("a"));
            later.scan = Attempt::Failed(crate::observation::Failure {
                kind: crate::observation::FailureKind::Reset,
                detail: "reset".to_owned(),
            });
            let failed = Arc::new(later);
            let seen = scan(Arc::clone(&failed), &scanning(1, known.clone()));
            assert_eq!(seen.scan, Attempt::Seen(Arc::new(known)));
            let quick = scan(quick(), &failed);
            assert_eq!(quick.scan, failed.scan, "why it failed stays known");
        }

        #[test]
        fn deep_scan_and_rescan_replace_everything() {
            let known = scanned(ScanDepth::Deep, at(1), &[(ProtocolVersion::TLSV1, &[RC4])]);
            for depth in [ScanDepth::Deep, ScanDepth::Rescan] {
                let new = scanned(depth, at(9), &[(ProtocolVersion::TLSV1_2, &[AEAD])]);
                assert_eq!(*carried(known.clone(), new.clone()), new);
            }
        }

        #[test]
        fn posture_lays_only_what_it_proved_over_a_whole_picture() {
            let known = scanned(
                ScanDepth::Deep,
                at(1),
                &[
                    (ProtocolVersion::TLSV1, &[RC4]),
                    (ProtocolVersion::TLSV1_2, &[AEAD]),
                ],
            );
            let mut posture = Scan::unseen(ScanDepth::Posture, at(9), "not looked at");
            for support in &mut posture.versions {
                match support.version {
                    ProtocolVersion::TLSV1 => {
                        support.offered = Attempt::Refused("alert".to_owned());
                    }
                    ProtocolVersion::TLSV1_2 => {
                        support.offered = Attempt::Seen(());
                        support.cipher_suites.accepted = vec![RC4];
                    }
                    ProtocolVersion::SSLV3 => support.offered = Attempt::Seen(()),
                    _ => {}
                }
            }
            let seen = carried(known, posture);
            assert_eq!(seen.depth, ScanDepth::Deep);
            assert_eq!(seen.began_at, at(1));
            assert_eq!(seen.offers(ProtocolVersion::TLSV1), Some(false));
            assert_eq!(seen.offers(ProtocolVersion::SSLV3), Some(true));
            assert_eq!(seen.offers(ProtocolVersion::TLSV1_3), Some(false));
            assert!(suites(&seen, ProtocolVersion::TLSV1).accepted.is_empty());
            let tls12 = suites(&seen, ProtocolVersion::TLSV1_2);
            assert_eq!(tls12.accepted, [AEAD, RC4]);
            assert!(tls12.is_complete());
        }

        #[test]
        fn posture_replaces_a_posture() {
            let old = Scan::unseen(ScanDepth::Posture, at(1), "a");
            let new = Scan::unseen(ScanDepth::Posture, at(9), "b");
            assert_eq!(*carried(old, new.clone()), new);
        }

        #[test]
        fn what_began_earlier_brings_only_its_scan() {
            let mut known = good(1, &certificate("new"));
            known.observed_at = at(30);
            let known = Arc::new(known);
            let deep = scanned(ScanDepth::Deep, at(5), &[]);
            let seen = belated(&known, &scanning(5, deep.clone()));
            assert_eq!(seen.scan, Attempt::Seen(Arc::new(deep)));
            assert_eq!(seen.chain, known.chain);
            assert_eq!(seen.observed_at, at(30));
            let unscanned = belated(&known, &good(1, &certificate("a")));
            assert!(Arc::ptr_eq(&unscanned, &known));
        }
    }
}
