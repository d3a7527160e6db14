//! Difference: what a scan saw that an earlier one of the same address did not, or no more. One sentence a change.
//!
//! Only what both of them settled is compared: a fact that stayed open once is no news. It judges no single scan.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::observation::Attempt;
use crate::observation::scan::{
    Enumeration, Oracle, Preference, Scan, ScannedChain, VersionSupport,
};
use crate::tls::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme, Strength};

use super::LogMark;
use super::change::Change;

/// Most changes of one scan that the log tells one by one.
const TOLD: usize = 6;

/// Returns everything that changed between two scans of one address, in the order of the protocol.
pub(super) fn between(old: &Scan, new: &Scan) -> Vec<Change> {
    let mut changes = Vec::new();
    sslv2(old, new, &mut changes);
    for support in &new.versions {
        if let Some(before) = old.version(support.version) {
            version(before, support, &mut changes);
        }
    }
    groups(
        "TLSv1.3",
        &old.groups_tls13,
        &new.groups_tls13,
        &mut changes,
    );
    groups(
        "up to TLSv1.2",
        &old.groups_tls12,
        &new.groups_tls12,
        &mut changes,
    );
    signature_schemes(old, new, &mut changes);
    diffie_hellman(old, new, &mut changes);
    for feature in FEATURES {
        changes.extend(feature.between(old, new));
    }
    alpn(old, new, &mut changes);
    certificate_request(old, new, &mut changes);
    ticket(old, new, &mut changes);
    direct_tls(old, new, &mut changes);
    refused_suites(old, new, &mut changes);
    chains(old, new, &mut changes);
    changes
}

/// Returns the changes for the log: the worst few one by one, and how many more there are.
pub(super) fn told(mut changes: Vec<Change>) -> Vec<Change> {
    if changes.len() <= TOLD {
        return changes;
    }
    // The order within a mark stays that of the protocol.
    changes.sort_by_key(|change| match change.mark {
        LogMark::Critical => 0,
        LogMark::Warning => 1,
        LogMark::Unreachable | LogMark::Note | LogMark::Ok => 2,
    });
    let more = changes.split_off(TOLD - 1);
    let mark = (more.iter())
        .map(|change| change.mark)
        .find(|mark| matches!(mark, LogMark::Critical | LogMark::Warning));
    changes.push(Change {
        mark: mark.unwrap_or(LogMark::Note),
        text: format!("{} more changes since the scan before", more.len()),
    });
    changes
}

/// Whether a fact appeared or went; `None` where one of the two scans did not settle it, or both settled it alike.
fn turned(old: Option<bool>, new: Option<bool>) -> Option<bool> {
    match (old?, new?) {
        (false, true) => Some(true),
        (true, false) => Some(false),
        (true, true) | (false, false) => None,
    }
}

/// Whether a peer does something, where an answer settled it.
fn settled<T>(attempt: &Attempt<T>) -> Option<bool> {
    match attempt {
        Attempt::Seen(_) => Some(true),
        Attempt::Refused(_) => Some(false),
        Attempt::Failed(_) | Attempt::NotAttempted(_) => None,
    }
}

fn push(changes: &mut Vec<Change>, mark: LogMark, text: impl Into<String>) {
    changes.push(Change {
        mark,
        text: text.into(),
    });
}

fn sslv2(old: &Scan, new: &Scan, changes: &mut Vec<Change>) {
    match turned(settled(&old.sslv2), settled(&new.sslv2)) {
        Some(true) => push(changes, LogMark::Critical, "SSLv2 is accepted now"),
        Some(false) => push(changes, LogMark::Ok, "SSLv2 is no longer accepted"),
        None => {}
    }
    if let (Attempt::Seen(old), Attempt::Seen(new)) = (&old.sslv2, &new.sslv2) {
        for kind in &new.cipher_kinds {
            if !old.cipher_kinds.contains(kind) {
                push(
                    changes,
                    LogMark::Critical,
                    format!("SSLv2 accepts {kind} now"),
                );
            }
        }
        for kind in &old.cipher_kinds {
            if !new.cipher_kinds.contains(kind) {
                push(
                    changes,
                    LogMark::Ok,
                    format!("SSLv2 no longer accepts {kind}"),
                );
            }
        }
    }
}

fn version(old: &VersionSupport, new: &VersionSupport, changes: &mut Vec<Change>) {
    let name = new.version;
    match turned(settled(&old.offered), settled(&new.offered)) {
        Some(true) => {
            let mark = match name {
                ProtocolVersion::TLSV1_3 => LogMark::Ok,
                ProtocolVersion::TLSV1_2 => LogMark::Note,
                ProtocolVersion::TLSV1 | ProtocolVersion::TLSV1_1 => LogMark::Warning,
                _ => LogMark::Critical,
            };
            push(changes, mark, format!("{name} is accepted now"));
        }
        Some(false) => {
            let mark = match name {
                ProtocolVersion::TLSV1_3 => LogMark::Warning,
                ProtocolVersion::TLSV1_2 => LogMark::Note,
                _ => LogMark::Ok,
            };
            push(changes, mark, format!("{name} is no longer accepted"));
        }
        None => {
            let (old, new) = (&old.cipher_suites, &new.cipher_suites);
            suites(name, old, new, changes);
            order(&format!("{name} cipher suites"), old, new, changes);
        }
    }
}

fn suites(
    version: ProtocolVersion,
    old: &Enumeration<CipherSuite>,
    new: &Enumeration<CipherSuite>,
    changes: &mut Vec<Change>,
) {
    for suite in came(old, new) {
        let mark = match suite.strength() {
            Strength::Insecure => LogMark::Critical,
            Strength::Weak | Strength::Legacy => LogMark::Warning,
            Strength::Unknown | Strength::Strong => LogMark::Note,
        };
        push(changes, mark, format!("{version} accepts {suite} now"));
    }
    for suite in came(new, old) {
        let mark = match suite.strength() {
            Strength::Insecure | Strength::Weak | Strength::Legacy => LogMark::Ok,
            Strength::Unknown | Strength::Strong => LogMark::Note,
        };
        push(
            changes,
            mark,
            format!("{version} no longer accepts {suite}"),
        );
    }
}

/// Returns what one enumeration proves accepted and the other proves refused.
fn came<T: Copy + PartialEq>(old: &Enumeration<T>, new: &Enumeration<T>) -> Vec<T> {
    (new.accepted.iter().copied())
        .filter(|value| old.accepts(*value) == Some(false))
        .collect()
}

/// Compares whose order decides, and the order itself where it is the server's.
fn order<T: Copy + PartialEq + Display>(
    what: &str,
    old: &Enumeration<T>,
    new: &Enumeration<T>,
    changes: &mut Vec<Change>,
) {
    let (Attempt::Seen(before), Attempt::Seen(after)) = (&old.preference, &new.preference) else {
        return;
    };
    if before != after {
        let (mark, decides) = match after {
            Preference::Server => (LogMark::Note, "the server's order decides now"),
            Preference::ServerButChacha20 => (
                LogMark::Note,
                "the server's order decides now, except for clients that put ChaCha20-Poly1305 first",
            ),
            Preference::Client => (LogMark::Warning, "the client's order decides now"),
        };
        push(changes, mark, format!("{what}: {decides}"));
        return;
    }
    if *after == Preference::Client {
        return;
    }
    let common = |one: &Enumeration<T>, other: &Enumeration<T>| -> Vec<T> {
        (one.accepted.iter().copied())
            .filter(|value| other.accepted.contains(value))
            .collect()
    };
    let (before, after) = (common(old, new), common(new, old));
    let moved = (after.iter().zip(&before)).find(|(after, before)| after != before);
    if let Some((after, before)) = moved {
        push(
            changes,
            LogMark::Note,
            format!("{what} are preferred in another order: {after} stands where {before} stood"),
        );
    }
}

fn groups(
    versions: &str,
    old: &Enumeration<NamedGroup>,
    new: &Enumeration<NamedGroup>,
    changes: &mut Vec<Change>,
) {
    for group in came(old, new) {
        let mark = if group.is_weak() {
            LogMark::Warning
        } else if group.is_post_quantum() {
            LogMark::Ok
        } else {
            LogMark::Note
        };
        push(
            changes,
            mark,
            format!("group {group} is accepted in {versions} now"),
        );
    }
    for group in came(new, old) {
        let mark = if group.is_weak() {
            LogMark::Ok
        } else if group.is_post_quantum() {
            LogMark::Warning
        } else {
            LogMark::Note
        };
        push(
            changes,
            mark,
            format!("group {group} is no longer accepted in {versions}"),
        );
    }
    order(&format!("groups in {versions}"), old, new, changes);
}

fn signature_schemes(old: &Scan, new: &Scan, changes: &mut Vec<Change>) {
    let (old, new) = (&old.signature_schemes_tls12, &new.signature_schemes_tls12);
    let mark = |scheme: SignatureScheme, weak| {
        if scheme.is_weak() {
            weak
        } else {
            LogMark::Note
        }
    };
    for scheme in came(old, new) {
        push(
            changes,
            mark(scheme, LogMark::Warning),
            format!("TLSv1.2 signs with {scheme} now"),
        );
    }
    for scheme in came(new, old) {
        push(
            changes,
            mark(scheme, LogMark::Ok),
            format!("TLSv1.2 no longer signs with {scheme}"),
        );
    }
}

/// Compares the shortest prime: the one that an attacker would choose.
fn diffie_hellman(old: &Scan, new: &Scan, changes: &mut Vec<Change>) {
    let shortest = |scan: &Scan| {
        (scan.dh_parameters.iter())
            .map(|parameters| parameters.bits)
            .min()
    };
    if let (Some(before), Some(after)) = (shortest(old), shortest(new))
        && before != after
    {
        let mark = if after < before {
            LogMark::Warning
        } else {
            LogMark::Ok
        };
        push(
            changes,
            mark,
            format!("the shortest Diffie-Hellman prime has {after} bits after {before}"),
        );
    }
}

/// A fact that is either so or not, in words for both directions.
struct Feature {
    now: &'static str,
    no_longer: &'static str,
    /// Marks of the two directions.
    marks: (LogMark, LogMark),
    of: fn(&Scan) -> Option<bool>,
}

impl Feature {
    fn between(&self, old: &Scan, new: &Scan) -> Option<Change> {
        let (text, mark) = match turned((self.of)(old), (self.of)(new))? {
            true => (self.now, self.marks.0),
            false => (self.no_longer, self.marks.1),
        };
        Some(Change {
            mark,
            text: text.to_owned(),
        })
    }
}

const GOOD: (LogMark, LogMark) = (LogMark::Ok, LogMark::Warning);
const BAD: (LogMark, LogMark) = (LogMark::Warning, LogMark::Ok);
const FAULT: (LogMark, LogMark) = (LogMark::Critical, LogMark::Ok);
const NEUTRAL: (LogMark, LogMark) = (LogMark::Note, LogMark::Note);

const fn feature(
    now: &'static str,
    no_longer: &'static str,
    marks: (LogMark, LogMark),
    of: fn(&Scan) -> Option<bool>,
) -> Feature {
    Feature {
        now,
        no_longer,
        marks,
        of,
    }
}

#[rustfmt::skip]
const FEATURES: [Feature; 24] = [
    feature("a hello with TLS_FALLBACK_SCSV is refused now", "a hello with TLS_FALLBACK_SCSV is no longer refused", GOOD,
        |scan| scan.handshake.fallback_scsv.seen().copied()),
    feature("a downgrade is marked in the server's random value now", "a downgrade is no longer marked in the server's random value", GOOD,
        |scan| scan.handshake.downgrade_sentinel.seen().copied()),
    feature("secure renegotiation is supported now", "secure renegotiation is no longer supported", GOOD,
        |scan| scan.handshake.secure_renegotiation.seen().copied()),
    feature("clients may start a renegotiation now", "clients may no longer start a renegotiation", BAD,
        |scan| scan.handshake.client_renegotiation.seen().copied()),
    feature("TLS compression is chosen now", "TLS compression is no longer chosen", FAULT,
        |scan| scan.handshake.compression.seen().copied()),
    feature("extended_master_secret is supported now", "extended_master_secret is no longer supported", GOOD,
        |scan| scan.handshake.extended_master_secret.seen().copied()),
    feature("encrypt_then_mac is supported now", "encrypt_then_mac is no longer supported", GOOD,
        |scan| scan.handshake.encrypt_then_mac.seen().copied()),
    feature("the heartbeat extension is supported now", "the heartbeat extension is no longer supported", NEUTRAL,
        |scan| scan.handshake.heartbeat.seen().copied()),
    feature("an OCSP response is stapled now", "an OCSP response is no longer stapled", GOOD,
        |scan| scan.handshake.ocsp_stapled.seen().copied()),
    feature("unregistered values in a hello are ignored now", "unregistered values in a hello are no longer ignored", GOOD,
        |scan| scan.handshake.grease_tolerated.seen().copied()),
    feature("a large hello is accepted now", "a large hello is no longer accepted", GOOD,
        |scan| scan.handshake.large_hello_tolerated.seen().copied()),
    feature("ephemeral Diffie-Hellman keys repeat now", "ephemeral Diffie-Hellman keys no longer repeat", BAD,
        |scan| scan.ephemeral_keys.dh_reused.seen().copied()),
    feature("ephemeral elliptic-curve keys repeat now", "ephemeral elliptic-curve keys no longer repeat", BAD,
        |scan| scan.ephemeral_keys.ecdh_reused.seen().copied()),
    feature("TLSv1.2 sessions are resumed by id now", "TLSv1.2 sessions are no longer resumed by id", NEUTRAL,
        |scan| scan.sessions.resumed_by_id.seen().copied()),
    feature("TLSv1.2 sessions are resumed by ticket now", "TLSv1.2 sessions are no longer resumed by ticket", NEUTRAL,
        |scan| scan.sessions.resumed_by_ticket.seen().copied()),
    feature("TLSv1.3 sessions are resumed now", "TLSv1.3 sessions are no longer resumed", NEUTRAL,
        |scan| scan.sessions.resumed_by_psk.seen().copied()),
    feature("early data is allowed now", "early data is no longer allowed", BAD,
        |scan| scan.sessions.early_data.seen().map(|bytes| *bytes > 0)),
    feature("bytes between SSLRequest and the handshake are refused now", "bytes between SSLRequest and the handshake are no longer refused", (LogMark::Ok, LogMark::Critical),
        |scan| scan.postgresql.early_bytes_refused.seen().copied()),
    feature("Heartbleed (CVE-2014-0160) is there now", "Heartbleed (CVE-2014-0160) is gone", FAULT,
        |scan| scan.faults.heartbleed.seen().copied()),
    feature("ChangeCipherSpec is taken before there are keys now (CVE-2014-0224)", "ChangeCipherSpec is no longer taken before there are keys (CVE-2014-0224)", FAULT,
        |scan| scan.faults.ccs_injection.seen().copied()),
    feature("Ticketbleed (CVE-2016-9244) is there now", "Ticketbleed (CVE-2016-9244) is gone", FAULT,
        |scan| scan.faults.ticketbleed.seen().copied()),
    feature("a CBC padding oracle is there now", "the CBC padding oracle is gone", FAULT,
        |scan| scan.faults.cbc_padding_oracle.seen().copied()),
    feature("a ROBOT oracle is there now", "the ROBOT oracle is gone", FAULT,
        |scan| scan.faults.robot.seen().map(|oracle| *oracle != Oracle::None)),
    feature("a temporary RSA key of 512 bits or so is offered now (RSA_EXPORT)", "no temporary RSA key is offered any more (RSA_EXPORT)", FAULT,
        |scan| settled(&scan.export_rsa)),
];

fn alpn(old: &Scan, new: &Scan, changes: &mut Vec<Change>) {
    let (Attempt::Seen(old), Attempt::Seen(new)) = (&old.handshake.alpn, &new.handshake.alpn)
    else {
        return;
    };
    for protocol in new.iter().filter(|protocol| !old.contains(protocol)) {
        push(
            changes,
            LogMark::Note,
            format!("ALPN accepts `{protocol}` now"),
        );
    }
    for protocol in old.iter().filter(|protocol| !new.contains(protocol)) {
        push(
            changes,
            LogMark::Note,
            format!("ALPN no longer accepts `{protocol}`"),
        );
    }
}

fn certificate_request(old: &Scan, new: &Scan, changes: &mut Vec<Change>) {
    let (Attempt::Seen(old), Attempt::Seen(new)) = (
        &old.handshake.certificate_request,
        &new.handshake.certificate_request,
    ) else {
        return;
    };
    match (old, new) {
        (None, Some(_)) => push(
            changes,
            LogMark::Note,
            "a client certificate is asked for in TLSv1.2 now",
        ),
        (Some(_), None) => push(
            changes,
            LogMark::Warning,
            "a client certificate is no longer asked for in TLSv1.2",
        ),
        (Some(old), Some(new)) => {
            let (old, new): (BTreeSet<_>, BTreeSet<_>) =
                (old.iter().collect(), new.iter().collect());
            for name in new.difference(&old) {
                push(
                    changes,
                    LogMark::Note,
                    format!("client certificates of `{name}` are accepted now"),
                );
            }
            for name in old.difference(&new) {
                push(
                    changes,
                    LogMark::Note,
                    format!("client certificates of `{name}` are no longer accepted"),
                );
            }
        }
        (None, None) => {}
    }
}

fn ticket(old: &Scan, new: &Scan, changes: &mut Vec<Change>) {
    let (old, new) = (&old.sessions.ticket, &new.sessions.ticket);
    match turned(settled(old), settled(new)) {
        Some(true) => push(changes, LogMark::Note, "session tickets are issued now"),
        Some(false) => push(
            changes,
            LogMark::Note,
            "session tickets are no longer issued",
        ),
        None => {}
    }
    if let (Attempt::Seen(old), Attempt::Seen(new)) = (old, new)
        && old.lifetime_seconds != new.lifetime_seconds
    {
        push(
            changes,
            LogMark::Note,
            format!(
                "session tickets live {} s after {} s",
                new.lifetime_seconds, old.lifetime_seconds
            ),
        );
    }
}

fn direct_tls(old: &Scan, new: &Scan, changes: &mut Vec<Change>) {
    let (old, new) = (&old.postgresql.direct_tls, &new.postgresql.direct_tls);
    match turned(settled(old), settled(new)) {
        Some(true) => push(
            changes,
            LogMark::Note,
            "TLS without SSLRequest is accepted now",
        ),
        Some(false) => push(
            changes,
            LogMark::Note,
            "TLS without SSLRequest is no longer accepted",
        ),
        None => {}
    }
}

fn refused_suites(old: &Scan, new: &Scan, changes: &mut Vec<Change>) {
    let (Attempt::Seen(old), Attempt::Seen(new)) = (
        &old.postgresql.refused_after_handshake,
        &new.postgresql.refused_after_handshake,
    ) else {
        return;
    };
    let keys = |list: &[crate::observation::scan::RefusedSuite]| -> BTreeSet<_> {
        (list.iter())
            .map(|refused| (refused.version, refused.cipher_suite))
            .collect()
    };
    let (old, new) = (keys(old), keys(new));
    for (version, suite) in new.difference(&old) {
        push(
            changes,
            LogMark::Note,
            format!("{version} with {suite} is refused after the handshake now"),
        );
    }
    for (version, suite) in old.difference(&new) {
        push(
            changes,
            LogMark::Note,
            format!("{version} with {suite} is no longer refused after the handshake"),
        );
    }
}

/// Compares the chains for other key types and without server name. One that came or went counts only between two whole
/// pictures: what a scan did not reach is not gone.
fn chains(old: &Scan, new: &Scan, changes: &mut Vec<Change>) {
    let same = |one: &ScannedChain, other: &ScannedChain| {
        one.key_type == other.key_type && one.with_server_name == other.with_server_name
    };
    let both_whole = old.is_complete() && new.is_complete();
    for chain in &new.chains {
        let before = old.chains.iter().find(|before| same(before, chain));
        let what = described(chain);
        match before {
            None if both_whole => push(changes, LogMark::Note, format!("{what} is presented now")),
            None => {}
            Some(before) => {
                if let (Some(before), Some(after)) =
                    (before.chain.end_entity(), chain.chain.end_entity())
                    && before.sha256 != after.sha256
                {
                    push(
                        changes,
                        LogMark::Note,
                        format!("{what} is another one now, valid to {:.0}", after.not_after),
                    );
                }
            }
        }
    }
    if both_whole {
        for chain in &old.chains {
            if !new.chains.iter().any(|after| same(after, chain)) {
                let what = described(chain);
                push(
                    changes,
                    LogMark::Note,
                    format!("{what} is no longer presented"),
                );
            }
        }
    }
}

fn described(chain: &ScannedChain) -> String {
    let name = if chain.with_server_name {
        "with"
    } else {
        "without"
    };
    format!("the {} certificate {name} server name", chain.key_type)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{at, certificate, scan};
    use super::*;
    use crate::observation::scan::{Refused, ScanDepth, Ticket};
    use crate::x509::PresentedChain;
    use std::sync::Arc;

    const RC4: CipherSuite = CipherSuite(0x0005);
    const AEAD: CipherSuite = CipherSuite(0xC02F);
    const AEAD_256: CipherSuite = CipherSuite(0xC030);
    const TLS12: ProtocolVersion = ProtocolVersion::TLSV1_2;

    fn base() -> Scan {
        scan(ScanDepth::Deep, at(1), &[(TLS12, &[AEAD, AEAD_256])])
    }

    fn check(alter: impl Fn(&mut Scan), came: (LogMark, &str), went: (LogMark, &str)) {
        let old = base();
        let mut new = base();
        alter(&mut new);
        for (from, to, (mark, text)) in [(&old, &new, came), (&new, &old, went)] {
            let changes = between(from, to);
            assert_eq!(changes.len(), 1, "{changes:?}");
            assert_eq!((changes[0].mark, &*changes[0].text), (mark, text));
        }
    }

    fn suites(scan: &mut Scan) -> &mut Enumeration<CipherSuite> {
        let support = (scan.versions.iter_mut()).find(|support| support.version == TLS12);
        &mut support.expect("it is listed").cipher_suites
    }

    #[test]
    fn same_scan_changed_nothing() {
        assert_eq!(between(&base(), &base()), []);
    }

    #[test]
    fn versions_come_and_go() {
        let speak = |version| {
            move |scan: &mut Scan| {
                for support in &mut scan.versions {
                    if support.version == version {
                        support.offered = Attempt::Seen(());
                        support.cipher_suites.accepted = vec![RC4];
                    }
                }
            }
        };
        check(
            speak(ProtocolVersion::TLSV1),
            (LogMark::Warning, "TLSv1 is accepted now"),
            (LogMark::Ok, "TLSv1 is no longer accepted"),
        );
        check(
            speak(ProtocolVersion::SSLV3),
            (LogMark::Critical, "SSLv3 is accepted now"),
            (LogMark::Ok, "SSLv3 is no longer accepted"),
        );
        check(
            speak(ProtocolVersion::TLSV1_3),
            (LogMark::Ok, "TLSv1.3 is accepted now"),
            (LogMark::Warning, "TLSv1.3 is no longer accepted"),
        );
    }

    #[test]
    fn cipher_suites_come_and_go() {
        check(
            |scan| suites(scan).accepted.push(RC4),
            (
                LogMark::Critical,
                "TLSv1.2 accepts TLS_RSA_WITH_RC4_128_SHA now",
            ),
            (
                LogMark::Ok,
                "TLSv1.2 no longer accepts TLS_RSA_WITH_RC4_128_SHA",
            ),
        );
        check(
            |scan| suites(scan).accepted.push(CipherSuite(0xC02B)),
            (
                LogMark::Note,
                "TLSv1.2 accepts TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 now",
            ),
            (
                LogMark::Note,
                "TLSv1.2 no longer accepts TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            ),
        );
    }

    #[test]
    fn what_one_scan_left_open_is_no_news() {
        let mut open = base();
        suites(&mut open).refused = Refused::These(Vec::new());
        open.versions[0].offered = Attempt::NotAttempted("not looked at".to_owned());
        let mut new = base();
        suites(&mut new).accepted.push(RC4);
        new.versions[0].offered = Attempt::Seen(());
        assert_eq!(between(&open, &new), []);
        assert_eq!(between(&new, &open), []);
    }

    #[test]
    fn order_is_compared_where_the_server_has_one() {
        let what = "TLSv1.2 cipher suites are preferred in another order: ";
        let (first, second) = (AEAD.to_string(), AEAD_256.to_string());
        check(
            |scan| suites(scan).accepted.reverse(),
            (
                LogMark::Note,
                &format!("{what}{second} stands where {first} stood"),
            ),
            (
                LogMark::Note,
                &format!("{what}{first} stands where {second} stood"),
            ),
        );
        check(
            |scan| {
                suites(scan).preference = Attempt::Seen(Preference::Client);
                suites(scan).accepted.reverse();
            },
            (
                LogMark::Warning,
                "TLSv1.2 cipher suites: the client's order decides now",
            ),
            (
                LogMark::Note,
                "TLSv1.2 cipher suites: the server's order decides now",
            ),
        );
        let mut old = base();
        suites(&mut old).preference = Attempt::Seen(Preference::Client);
        let mut new = old.clone();
        suites(&mut new).accepted.reverse();
        assert_eq!(between(&old, &new), [], "nobody's order");
    }

    #[test]
    fn groups_come_and_go() {
        let hybrid = NamedGroup(0x11EC);
        let mut old = base();
        old.groups_tls13 = Enumeration {
            accepted: vec![NamedGroup(0x001D)],
            refused: Refused::EveryOther,
            preference: Attempt::Seen(Preference::Client),
        };
        let mut new = old.clone();
        new.groups_tls13.accepted.push(hybrid);
        let came = between(&old, &new);
        assert_eq!(came[0].mark, LogMark::Ok);
        assert_eq!(
            came[0].text,
            "group X25519MLKEM768 is accepted in TLSv1.3 now"
        );
        let went = between(&new, &old);
        assert_eq!(went[0].mark, LogMark::Warning);
    }

    #[test]
    fn every_feature_is_told_in_both_directions() {
        let mut old = base();
        let handshake = &mut old.handshake;
        handshake.compression = Attempt::Seen(false);
        handshake.fallback_scsv = Attempt::Seen(true);
        old.sessions.early_data = Attempt::Seen(0);
        old.postgresql.early_bytes_refused = Attempt::Seen(true);
        old.faults.robot = Attempt::Seen(Oracle::None);
        old.sslv2 = Attempt::Refused("closed".to_owned());
        let mut new = old.clone();
        new.handshake.compression = Attempt::Seen(true);
        new.handshake.fallback_scsv = Attempt::Seen(false);
        new.sessions.early_data = Attempt::Seen(16384);
        new.postgresql.early_bytes_refused = Attempt::Seen(false);
        new.faults.robot = Attempt::Seen(Oracle::Weak);
        let marks = |changes: &[Change]| changes.iter().map(|it| it.mark).collect::<Vec<_>>();
        assert_eq!(
            marks(&between(&old, &new)),
            [
                LogMark::Warning,
                LogMark::Critical,
                LogMark::Warning,
                LogMark::Critical,
                LogMark::Critical
            ]
        );
        assert_eq!(marks(&between(&new, &old)), [LogMark::Ok; 5]);
    }

    #[test]
    fn chains_are_another_or_gone() {
        let with = |names: &[(&str, &str)]| {
            let mut scan = base();
            scan.chains = (names.iter())
                .map(|(key_type, name)| ScannedChain {
                    key_type: (*key_type).to_owned(),
                    with_server_name: false,
                    chain: PresentedChain {
                        certificates: vec![Arc::new(certificate(name))],
                        malformed: Vec::new(),
                    },
                    verification: Attempt::NotAttempted("not looked at".to_owned()),
                })
                .collect();
            scan
        };
        let (one, other) = (with(&[("RSA", "a")]), with(&[("RSA", "b"), ("ECDSA", "c")]));
        let texts = |changes: Vec<Change>| {
            (changes.into_iter().map(|change| change.text)).collect::<Vec<_>>()
        };
        assert_eq!(
            texts(between(&one, &other)),
            [
                "the RSA certificate without server name is another one now, valid to 2027-01-01T00:00:00Z",
                "the ECDSA certificate without server name is presented now"
            ]
        );
        let mut partial = with(&[]);
        partial.gaps.push("the server reset connections".to_owned());
        assert_eq!(between(&other, &partial), [], "not reached is not gone");
    }

    #[test]
    fn ticket_and_lists_are_told() {
        let mut old = base();
        old.sessions.ticket = Attempt::Seen(Ticket {
            lifetime_seconds: 300,
            key_name_sha256: None,
        });
        old.handshake.alpn = Attempt::Seen(vec!["h2".to_owned()]);
        old.handshake.certificate_request = Attempt::Seen(Some(vec!["CN=A".to_owned()]));
        let mut new = old.clone();
        new.sessions.ticket = Attempt::Refused("none issued".to_owned());
        new.handshake.alpn = Attempt::Seen(vec!["http/1.1".to_owned()]);
        new.handshake.certificate_request = Attempt::Seen(Some(vec!["CN=B".to_owned()]));
        assert_eq!(between(&old, &new).len(), 5);
        assert_eq!(between(&new, &old).len(), 5);
    }

    #[test]
    fn log_tells_the_worst_and_counts_the_rest() {
        let change = |mark, text: &str| Change {
            mark,
            text: text.to_owned(),
        };
        let mut changes: Vec<Change> = (0..20)
            .map(|number| change(LogMark::Note, &number.to_string()))
            .collect();
        changes.push(change(LogMark::Critical, "worst"));
        let told = told(changes);
        assert_eq!(told.len(), TOLD);
        assert_eq!(told[0].text, "worst");
        assert_eq!(told[TOLD - 1].text, "16 more changes since the scan before");
    }
}
