//! Change: what happened between two observations of the same address, in a sentence.
//!
//! It tells a renewal from a replacement that should make somebody look. It judges no single observation; that is
//! what checks are for.

use std::net::SocketAddr;

use crate::libpq::wire::ErrorResponse;
use crate::observation::{
    Attempt, ClientCertificateDemand, EndpointObservation, SslAnswer, StartupReply,
};
use crate::x509::{Certificate, PathVerdict};

use super::LogMark;

/// Something that changed, before it is known whom it is about and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) mark: LogMark,
    pub(super) text: String,
}

impl Change {
    fn new(mark: LogMark, text: impl Into<String>) -> Self {
        Self {
            mark,
            text: text.into(),
        }
    }
}

/// Returns everything that changed between two observations of one address.
pub(super) fn between(old: &EndpointObservation, new: &EndpointObservation) -> Vec<Change> {
    [
        transport(old, new),
        plaintext_login(old, new),
        certificate(old, new),
        version(old, new),
        group(old, new),
        client_certificate(old, new),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Merges the same change on several addresses, and names the addresses where not all of them changed.
pub(super) fn merge(changes: Vec<(Option<SocketAddr>, Change)>, seats: usize) -> Vec<Change> {
    let mut merged: Vec<(Change, Vec<SocketAddr>, usize)> = Vec::new();
    for (address, change) in changes {
        if let Some((_, addresses, count)) = merged.iter_mut().find(|(known, ..)| *known == change)
        {
            addresses.extend(address);
            *count += 1;
        } else {
            merged.push((change, address.into_iter().collect(), 1));
        }
    }
    merged
        .into_iter()
        .map(|(mut change, addresses, count)| {
            if count < seats && !addresses.is_empty() {
                let named: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                change.text = format!("{} on {}", change.text, named.join(", "));
            }
            change
        })
        .collect()
}

fn transport(old: &EndpointObservation, new: &EndpointObservation) -> Option<Change> {
    match (old.ssl_request.seen()?, new.ssl_request.seen()?) {
        (SslAnswer::Willing, SslAnswer::Unwilling) => Some(Change::new(
            LogMark::Critical,
            "endpoint went plaintext: it answers `N` to SSLRequest after `S`",
        )),
        (SslAnswer::Unwilling, SslAnswer::Willing) => Some(Change::new(
            LogMark::Ok,
            "TLS is offered: `S` to SSLRequest after `N`",
        )),
        (
            SslAnswer::Willing | SslAnswer::Unwilling | SslAnswer::Error(_),
            SslAnswer::Willing | SslAnswer::Unwilling | SslAnswer::Error(_),
        ) => None,
    }
}

fn plaintext_login(old: &EndpointObservation, new: &EndpointObservation) -> Option<Change> {
    let (old, new) = (old.plaintext_startup.seen()?, new.plaintext_startup.seen()?);
    match (&old.reply, &new.reply) {
        (StartupReply::Error(ErrorResponse { .. }), StartupReply::Authentication(_)) => {
            Some(Change::new(
                LogMark::Critical,
                format!(
                    "endpoint went plaintext: a login of user `{}` without TLS is accepted after it was refused",
                    new.user
                ),
            ))
        }
        (StartupReply::Authentication(_), StartupReply::Error(_)) => Some(Change::new(
            LogMark::Ok,
            format!("a login of user `{}` without TLS is refused now", new.user),
        )),
        (StartupReply::Authentication(_), StartupReply::Authentication(_))
        | (StartupReply::Error(_), StartupReply::Error(_)) => None,
    }
}

fn version(old: &EndpointObservation, new: &EndpointObservation) -> Option<Change> {
    let (old, new) = (old.handshake.seen()?.version, new.handshake.seen()?.version);
    match new.cmp(&old) {
        std::cmp::Ordering::Less => Some(Change::new(
            LogMark::Warning,
            format!("negotiates {new} after {old}"),
        )),
        std::cmp::Ordering::Greater => Some(Change::new(
            LogMark::Ok,
            format!("negotiates {new} after {old}"),
        )),
        std::cmp::Ordering::Equal => None,
    }
}

fn group(old: &EndpointObservation, new: &EndpointObservation) -> Option<Change> {
    let (old, new) = (old.handshake.seen()?, new.handshake.seen()?);
    // A change of version says more than the group that came with it.
    if old.version != new.version {
        return None;
    }
    let (old, new) = (old.group?, new.group?);
    match (old.is_post_quantum(), new.is_post_quantum()) {
        (true, false) => Some(Change::new(
            LogMark::Warning,
            format!("post-quantum group lost: {new} after {old}"),
        )),
        (false, true) => Some(Change::new(
            LogMark::Ok,
            format!("post-quantum group: {new} after {old}"),
        )),
        (true, true) | (false, false) => None,
    }
}

fn client_certificate(old: &EndpointObservation, new: &EndpointObservation) -> Option<Change> {
    let asked = |seen: &EndpointObservation| match seen.client_authentication.seen()?.demand {
        ClientCertificateDemand::NotRequested => Some(false),
        ClientCertificateDemand::Requested
        | ClientCertificateDemand::Required
        | ClientCertificateDemand::RequestedOrRequired => Some(true),
    };
    match (asked(old)?, asked(new)?) {
        (true, false) => Some(Change::new(
            LogMark::Critical,
            "a client certificate is no longer asked for",
        )),
        (false, true) => Some(Change::new(
            LogMark::Note,
            "a client certificate is asked for now",
        )),
        (true, true) | (false, false) => None,
    }
}

/// Classifies a change of the end entity certificate as far as observations tell.
fn certificate(old: &EndpointObservation, new: &EndpointObservation) -> Option<Change> {
    let before = old.chain.seen()?.end_entity()?;
    let after = new.chain.seen()?.end_entity()?;
    if before.sha256 == after.sha256 {
        return None;
    }
    let suspicions = suspicions(before, after);
    if before.issuer != after.issuer {
        let from_to = format!(
            "certificate issuer changed from `{}` to `{}`",
            before.issuer, after.issuer
        );
        let (mark, conclusion) = match path(new) {
            Some(PathVerdict::Valid) if suspicions.is_empty() => (
                LogMark::Warning,
                "whom the endpoint's anchors certify".to_owned(),
            ),
            Some(PathVerdict::Valid) => (
                LogMark::Critical,
                format!(
                    "whom the endpoint's anchors certify; suspicious: {}",
                    suspicions.join(", ")
                ),
            ),
            Some(PathVerdict::Invalid) => (
                LogMark::Critical,
                "whom the endpoint's anchors do not certify: clients that verify break, or somebody intercepts"
                    .to_owned(),
            ),
            None => (
                LogMark::Warning,
                "and nobody could verify it".to_owned(),
            ),
        };
        return Some(Change::new(mark, format!("{from_to}, {conclusion}")));
    }
    if !suspicions.is_empty() {
        return Some(Change::new(
            LogMark::Critical,
            format!(
                "certificate replaced, suspiciously: {}",
                suspicions.join(", ")
            ),
        ));
    }
    let until = format!("valid to {:.0}", after.not_after);
    Some(if before.spki_sha256 == after.spki_sha256 {
        Change::new(
            LogMark::Note,
            format!("certificate renewed with the same key, {until}"),
        )
    } else {
        Change::new(LogMark::Ok, format!("certificate renewed, {until}"))
    })
}

/// Says what no ordinary renewal does.
fn suspicions(before: &Certificate, after: &Certificate) -> Vec<String> {
    let mut suspicions = Vec::new();
    if after.not_after < before.not_after {
        suspicions.push(format!(
            "it ends earlier, {:.0} after {:.0}",
            after.not_after, before.not_after
        ));
    }
    let lost = lost_names(before, after);
    if !lost.is_empty() {
        suspicions.push(format!("names are gone: {}", lost.join(", ")));
    }
    if after.is_self_issued() && !before.is_self_issued() {
        suspicions.push("it is self-issued after one from a CA".to_owned());
    }
    if after.key.algorithm == before.key.algorithm
        && let (Some(old), Some(new)) = (before.key.bits, after.key.bits)
        && new < old
    {
        suspicions.push(format!("its key has {new} bits after {old}"));
    }
    suspicions
}

fn lost_names(before: &Certificate, after: &Certificate) -> Vec<String> {
    let dns = before
        .dns_names
        .iter()
        .filter(|name| {
            !after
                .dns_names
                .iter()
                .any(|kept| kept.eq_ignore_ascii_case(name))
        })
        .cloned();
    let addresses = before
        .ip_addresses
        .iter()
        .filter(|address| !after.ip_addresses.contains(address))
        .map(ToString::to_string);
    dns.chain(addresses).collect()
}

fn path(observation: &EndpointObservation) -> Option<PathVerdict> {
    match &observation.verification {
        Attempt::Seen(verification) => Some(verification.path),
        Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{accepted, address, at, certificate, good};
    use super::*;

    fn check(alter: impl Fn(&mut EndpointObservation), mark: LogMark, wanted: &str) {
        let old = good(1, &certificate("a"));
        let mut new = old.clone();
        alter(&mut new);
        let changes = between(&old, &new);
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert_eq!(changes[0].mark, mark, "{changes:?}");
        assert!(changes[0].text.contains(wanted), "{changes:?}");
    }

    fn serve(new: &mut EndpointObservation, leaf: &Certificate) {
        new.chain = good(1, leaf).chain;
    }

    #[test]
    fn same_observation_changed_nothing() {
        let seen = good(1, &certificate("a"));
        assert_eq!(between(&seen, &seen), []);
    }

    #[test]
    fn later_certificate_of_the_same_issuer_is_a_renewal() {
        let mut leaf = certificate("b");
        leaf.not_after = at(400 * 24 * 3600);
        leaf.dns_names.push("db2.example".to_owned());
        check(
            |new| serve(new, &leaf),
            LogMark::Ok,
            "certificate renewed, valid to",
        );
        leaf.spki_sha256 = certificate("a").spki_sha256;
        check(
            |new| serve(new, &leaf),
            LogMark::Note,
            "renewed with the same key",
        );
    }

    #[test]
    fn replacement_that_no_renewal_makes_is_suspicious() {
        let altered = |alter: &dyn Fn(&mut Certificate)| {
            let mut leaf = certificate("b");
            alter(&mut leaf);
            leaf
        };
        let shorter = altered(&|leaf| leaf.not_after = at(3600));
        check(
            |new| serve(new, &shorter),
            LogMark::Critical,
            "it ends earlier",
        );
        let smaller = altered(&|leaf| leaf.dns_names.clear());
        check(
            |new| serve(new, &smaller),
            LogMark::Critical,
            "names are gone: db1.example",
        );
        let weaker = altered(&|leaf| leaf.key.bits = Some(224));
        check(
            |new| serve(new, &weaker),
            LogMark::Critical,
            "224 bits after 256",
        );
    }

    #[test]
    fn another_issuer_is_judged_by_the_anchors() {
        let mut leaf = certificate("b");
        leaf.issuer = "CN=Other CA".to_owned();
        check(
            |new| serve(new, &leaf),
            LogMark::Warning,
            "whom the endpoint's anchors certify",
        );
        check(
            |new| {
                serve(new, &leaf);
                if let Attempt::Seen(verification) = &mut new.verification {
                    verification.path = PathVerdict::Invalid;
                }
            },
            LogMark::Critical,
            "do not certify",
        );
    }

    #[test]
    fn endpoint_that_went_plaintext_is_critical() {
        check(
            |new| new.ssl_request = Attempt::Seen(SslAnswer::Unwilling),
            LogMark::Critical,
            "endpoint went plaintext",
        );
        let mut old = good(1, &certificate("a"));
        let mut refused = accepted();
        refused.reply = StartupReply::Error(ErrorResponse::default());
        old.plaintext_startup = Attempt::Seen(refused);
        let mut new = old.clone();
        new.plaintext_startup = Attempt::Seen(accepted());
        assert_eq!(between(&old, &new)[0].mark, LogMark::Critical);
        assert_eq!(between(&new, &old)[0].mark, LogMark::Ok);
    }

    #[test]
    fn lost_version_group_and_client_certificate_are_told() {
        use crate::tls::{NamedGroup, ProtocolVersion};
        let with = |alter: &dyn Fn(&mut crate::observation::Handshake)| {
            let mut seen = good(1, &certificate("a"));
            if let Attempt::Seen(handshake) = &mut seen.handshake {
                alter(handshake);
            }
            seen.handshake
        };
        let older = with(&|handshake| handshake.version = ProtocolVersion::TLSV1_2);
        check(
            |new| new.handshake = older.clone(),
            LogMark::Warning,
            "TLSv1.2 after TLSv1.3",
        );
        let classical = with(&|handshake| handshake.group = Some(NamedGroup(0x001D)));
        check(
            |new| new.handshake = classical.clone(),
            LogMark::Warning,
            "x25519 after X25519MLKEM768",
        );
        let mut old = good(1, &certificate("a"));
        if let Attempt::Seen(asked) = &mut old.client_authentication {
            asked.demand = ClientCertificateDemand::Required;
        }
        let changes = between(&old, &good(1, &certificate("a")));
        assert!(
            changes[0].text.contains("no longer asked for"),
            "{changes:?}"
        );
    }

    #[test]
    fn change_on_some_addresses_names_them() {
        let change = Change::new(LogMark::Note, "changed");
        let on = |last| (Some(address(last)), change.clone());
        assert_eq!(merge(vec![on(1), on(2)], 2), vec![change.clone()]);
        assert_eq!(merge(vec![on(2)], 2)[0].text, "changed on 127.0.0.2:26257");
    }
}
