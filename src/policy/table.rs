//! The shape that published lists share, and how an observation is held against one.

use std::time::Duration;

use super::{Assessment, Deviation, Policy};
use crate::endpoint::{Endpoint, Protocol};
use crate::observation::scan::{Enumeration, Preference, VersionSupport};
use crate::observation::tls_required::TlsRequired;
use crate::observation::{Attempt, EndpointObservation, Scan, SslAnswer};
use crate::tls::{CipherSuite, Encryption, KeyExchange, Mode, NamedGroup, ProtocolVersion};
use crate::x509::{Certificate, HostName, KeyAlgorithm};

/// One policy, as data.
#[derive(Debug)]
pub(super) struct Table {
    /// Versions that must be spoken.
    pub(super) versions_required: &'static [ProtocolVersion],
    /// Versions that may be spoken, the required ones among them.
    pub(super) versions_allowed: &'static [ProtocolVersion],
    /// Cipher suites that may be accepted.
    pub(super) suites: Suites,
    /// Whose order of preference must decide among the suites; `None`: it does not matter.
    pub(super) preference: Option<Preference>,
    /// Groups that may be accepted, finite fields left out: those are judged by their bits.
    pub(super) groups: &'static [NamedGroup],
    /// Groups of which one must be accepted; none: it does not matter.
    pub(super) groups_one_of: &'static [NamedGroup],
    /// Fewest bits of a finite-field group; `None`: no finite field at all.
    pub(super) dh_bits: Option<u32>,
    /// Demands on the certificates.
    pub(super) certificate: CertificateDemands,
    /// Fewest seconds of HSTS on an HTTPS endpoint.
    pub(super) hsts_seconds: Option<u64>,
    /// Whether a server of the PostgreSQL wire must refuse plaintext.
    pub(super) plaintext_refused: bool,
    /// Whether faults of the implementation and of old handshakes count: compression, renegotiation, Heartbleed and kin.
    pub(super) faults: bool,
}

/// Cipher suites that a policy allows.
#[derive(Debug)]
pub(super) enum Suites {
    /// A list of names.
    Named(&'static [&'static str]),
    /// Everything made of these parts, and no weaker than so many bits; never EXPORT, never anonymous.
    Made {
        key_exchanges: &'static [KeyExchange],
        ciphers: &'static [(Encryption, &'static [Mode])],
        least_bits: u16,
    },
}

/// Demands on every certificate that a server presents for itself.
#[derive(Debug)]
pub(super) struct CertificateDemands {
    /// Fewest bits of an RSA key; `None`: no RSA key.
    pub(super) rsa_bits: Option<u32>,
    /// Curves of ECDSA keys; none: no ECDSA key.
    pub(super) curves: &'static [&'static str],
    /// Whether Ed25519 and Ed448 keys are allowed.
    pub(super) edwards: bool,
    /// Signature algorithms, by name.
    pub(super) signatures: &'static [&'static str],
    /// Most days from `notBefore` to `notAfter`.
    pub(super) most_days: Option<u32>,
    /// Whether clients must be able to verify path and name.
    pub(super) verifiable: bool,
}

impl Suites {
    /// Whether a suite is allowed.
    fn allow(&self, suite: CipherSuite) -> bool {
        match self {
            Self::Named(names) => suite.name().is_some_and(|name| names.contains(&name)),
            Self::Made {
                key_exchanges,
                ciphers,
                least_bits,
            } => suite.properties().is_some_and(|made| {
                !made.is_export()
                    && !made.is_anonymous()
                    && made.bits >= *least_bits
                    && key_exchanges.contains(&made.key_exchange)
                    && ciphers.iter().any(|(encryption, modes)| {
                        made.encryption == *encryption && modes.contains(&made.mode)
                    })
            }),
        }
    }
}

/// What has been found so far.
#[derive(Default)]
struct Notes {
    deviations: Vec<Deviation>,
    open: Vec<String>,
}

impl Notes {
    fn deviation(
        &mut self,
        rule: impl Into<String>,
        found: impl Into<String>,
        wanted: impl Into<String>,
    ) {
        self.deviations.push(Deviation {
            rule: rule.into(),
            found: found.into(),
            wanted: wanted.into(),
        });
    }

    fn open(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.open.contains(&what) {
            self.open.push(what);
        }
    }
}

impl Table {
    /// Holds an observation against the table.
    pub(super) fn assess(
        &self,
        policy: Policy,
        seen: &EndpointObservation,
        endpoint: &Endpoint,
    ) -> Assessment {
        let mut notes = Notes::default();
        if seen.ssl_request.seen() == Some(&SslAnswer::Unwilling) {
            notes.deviation("TLS", "the server has no TLS", "TLS");
            return Assessment::new(policy, notes.deviations, notes.open);
        }
        match &seen.scan {
            Attempt::Seen(scan) => {
                for gap in &scan.gaps {
                    notes.open(gap.clone());
                }
                self.versions(scan, &mut notes);
                for support in &scan.versions {
                    self.suites(scan, support, &mut notes);
                }
                self.groups(scan, &mut notes);
                self.dh(scan, &mut notes);
                if self.faults {
                    faults(scan, &mut notes);
                }
            }
            unseen @ (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_)) => notes
                .open(format!(
                    "there is no scan: {}",
                    unseen.reason().unwrap_or_default()
                )),
        }
        self.certificates(seen, &mut notes);
        if let Some(least) = self.hsts_seconds
            && endpoint.target.protocol == Protocol::Https
        {
            hsts(seen, least, &mut notes);
        }
        if self.plaintext_refused && endpoint.target.protocol == Protocol::Postgresql {
            plaintext(seen, &mut notes);
        }
        Assessment::new(policy, notes.deviations, notes.open)
    }

    fn versions(&self, scan: &Scan, notes: &mut Notes) {
        const RULE: &str = "protocol versions";
        let allowed = names(self.versions_allowed);
        match &scan.sslv2 {
            Attempt::Seen(_) => notes.deviation(RULE, "SSLv2", format!("none but {allowed}")),
            Attempt::Refused(_) => {}
            Attempt::Failed(_) | Attempt::NotAttempted(_) => {
                notes.open("whether SSLv2 is accepted is undecided");
            }
        }
        for version in Scan::VERSIONS {
            let is_required = self.versions_required.contains(&version);
            let is_allowed = self.versions_allowed.contains(&version);
            match scan.offers(version) {
                Some(true) if !is_allowed => {
                    notes.deviation(RULE, version.to_string(), format!("none but {allowed}"));
                }
                Some(false) if is_required => {
                    notes.deviation(RULE, format!("no {version}"), version.to_string());
                }
                None if is_required || !is_allowed => {
                    notes.open(format!("whether {version} is accepted is undecided"));
                }
                Some(_) | None => {}
            }
        }
    }

    fn suites(&self, scan: &Scan, support: &VersionSupport, notes: &mut Notes) {
        let version = support.version;
        // A version that must not be there at all is told once, not again for each of its suites.
        if !self.versions_allowed.contains(&version) || is_refused(&support.offered) {
            return;
        }
        let rule = format!("cipher suites of {version}");
        let suites = &support.cipher_suites;
        let too_many: Vec<CipherSuite> = accepted(scan, support)
            .into_iter()
            .filter(|suite| !self.suites.allow(*suite))
            .collect();
        if !too_many.is_empty() {
            notes.deviation(
                rule.clone(),
                names(&too_many),
                "only suites of the policy's list",
            );
        }
        // Suites of TLS 1.3 belong to it alone, and all others to the older versions.
        let is_tls13 = version >= ProtocolVersion::TLSV1_3;
        let others = CipherSuite::all()
            .filter(|suite| suite.is_tls13() == is_tls13 && !self.suites.allow(*suite));
        if is_undecided(suites, others) {
            notes.open(format!("the {rule} are not known in whole"));
        }
        if let Some(wanted) = self.preference
            && suites.accepted.len() > 1
        {
            match &suites.preference {
                Attempt::Seen(found) if prefers(*found) == prefers(wanted) => {}
                Attempt::Seen(_) => notes.deviation(
                    format!("order of preference in {version}"),
                    "the client's",
                    "the server's",
                ),
                Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_) => {
                    notes.open(format!("whose order decides in {version} is undecided"));
                }
            }
        }
    }

    fn groups(&self, scan: &Scan, notes: &mut Notes) {
        for (groups, rule, spoken) in [
            (
                &scan.groups_tls13,
                "groups of TLSv1.3",
                scan.offers(ProtocolVersion::TLSV1_3),
            ),
            (
                &scan.groups_tls12,
                "groups up to TLSv1.2",
                up_to_tls12(scan),
            ),
        ] {
            if spoken == Some(false) {
                continue;
            }
            let is_wrong = |group: &NamedGroup| {
                if group.is_finite_field() {
                    self.dh_bits
                        .is_none_or(|least| finite_field_bits(*group) < least)
                } else {
                    !self.groups.contains(group)
                }
            };
            let too_many: Vec<NamedGroup> =
                groups.accepted.iter().copied().filter(is_wrong).collect();
            if !too_many.is_empty() {
                notes.deviation(rule, names(&too_many), "only groups of the policy's list");
            }
            if is_undecided(groups, NamedGroup::all().filter(is_wrong)) {
                notes.open(format!("the {rule} are not known in whole"));
            }
            // Where nothing but pairs with ML-KEM or finite fields is accepted, there is no curve to choose.
            let has_curves = groups
                .accepted
                .iter()
                .any(|group| group.is_elliptic_curve());
            if has_curves && !self.groups_one_of.is_empty() {
                match groups.accepts_any(self.groups_one_of.iter().copied()) {
                    Some(true) => {}
                    Some(false) => notes.deviation(
                        rule,
                        format!("none of {}", names(self.groups_one_of)),
                        "at least one of them",
                    ),
                    None => notes.open(format!("the {rule} are not known in whole")),
                }
            }
        }
    }

    fn dh(&self, scan: &Scan, notes: &mut Notes) {
        const RULE: &str = "Diffie-Hellman parameters";
        let offers_dh = scan.versions.iter().any(|support| {
            accepted(scan, support).iter().any(|suite| {
                suite
                    .properties()
                    .is_some_and(crate::tls::Properties::is_ephemeral_dh)
            })
        });
        // Without any finite field the suites of such a key exchange are not in the list, and that is told there.
        let Some(least) = self.dh_bits else { return };
        for parameters in &scan.dh_parameters {
            if parameters.bits < least {
                notes.deviation(
                    RULE,
                    format!("{} bits with {}", parameters.bits, parameters.cipher_suite),
                    format!("at least {least} bits"),
                );
            }
        }
        if offers_dh && scan.dh_parameters.is_empty() {
            notes.open("the size of the Diffie-Hellman parameters is undecided");
        }
    }

    fn certificates(&self, seen: &EndpointObservation, notes: &mut Notes) {
        let demands = &self.certificate;
        let scanned = seen
            .scan
            .seen()
            .into_iter()
            .flat_map(|scan| &scan.chains)
            .filter_map(|scanned| scanned.chain.end_entity());
        let first = seen.chain.seen().and_then(|chain| chain.end_entity());
        if first.is_none() {
            let reason = seen
                .chain
                .reason()
                .unwrap_or_else(|| "it could not be read".to_owned());
            notes.open(format!("the certificate is not known: {reason}"));
        }
        let mut judged: Vec<&str> = Vec::new();
        for certificate in first.into_iter().chain(scanned) {
            if !judged.contains(&&*certificate.sha256) {
                judged.push(&certificate.sha256);
                demands.judge(certificate, notes);
            }
        }
        if demands.verifiable {
            match &seen.verification {
                Attempt::Seen(verification) if verification.problems.is_empty() => {
                    if verification.host_name != HostName::Match {
                        notes.deviation(
                            "certificate for the name",
                            verification.host_name_detail.clone(),
                            "the name that clients dial",
                        );
                    }
                }
                Attempt::Seen(verification) => notes.deviation(
                    "certification path",
                    verification.path_detail.clone(),
                    "a path that clients can verify",
                ),
                unseen @ (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_)) => {
                    notes.open(format!(
                        "whether clients can verify the certificate is undecided: {}",
                        unseen.reason().unwrap_or_default()
                    ));
                }
            }
        }
    }
}

impl CertificateDemands {
    fn judge(&self, certificate: &Certificate, notes: &mut Notes) {
        let name = &certificate.subject;
        let key = &certificate.key;
        let curve = key.curve.as_deref().unwrap_or("an unnamed curve");
        let (is_allowed, found) = match &key.algorithm {
            KeyAlgorithm::Rsa => {
                let Some(bits) = key.bits else {
                    notes.open(format!("the size of the key in {name} is undecided"));
                    return;
                };
                (
                    self.rsa_bits.is_some_and(|least| bits >= least),
                    format!("RSA with {bits} bits"),
                )
            }
            KeyAlgorithm::Ec => (self.curves.contains(&curve), format!("ECDSA on {curve}")),
            other @ (KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448) => {
                (self.edwards, other.to_string())
            }
            other @ (KeyAlgorithm::Dsa | KeyAlgorithm::Other(_)) => (false, other.to_string()),
        };
        if !is_allowed {
            notes.deviation("certificate key", format!("{found} in {name}"), self.keys());
        }
        let signature = &certificate.signature_algorithm;
        if !self
            .signatures
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(signature))
        {
            notes.deviation(
                "certificate signature",
                format!("{signature} under {name}"),
                format!("one of {}", self.signatures.join(", ")),
            );
        }
        if let Some(most) = self.most_days {
            let lifetime =
                Duration::try_from(certificate.not_after.duration_since(certificate.not_before))
                    .unwrap_or_default();
            // `notAfter` is inclusive: a certificate of 90 days ends a second before the 90 days are over.
            let days = lifetime.as_secs() / DAY;
            if days > u64::from(most) || (days == u64::from(most) && lifetime.as_secs() % DAY != 0)
            {
                notes.deviation(
                    "certificate lifetime",
                    format!("{days} days for {name}"),
                    format!("at most {most} days"),
                );
            }
        }
    }

    /// Says which keys are allowed.
    fn keys(&self) -> String {
        let mut allowed = Vec::new();
        if let Some(bits) = self.rsa_bits {
            allowed.push(format!("RSA with at least {bits} bits"));
        }
        if !self.curves.is_empty() {
            allowed.push(format!("ECDSA on {}", self.curves.join(", ")));
        }
        if self.edwards {
            allowed.push("Ed25519, Ed448".to_owned());
        }
        allowed.join("; ")
    }
}

/// Returns the suites that a version accepts, without those that are refused once the handshake is over (CockroachDB's
/// `--tls-cipher-suites`): nothing crosses with them.
pub(super) fn accepted(scan: &Scan, support: &VersionSupport) -> Vec<CipherSuite> {
    let refused = scan.postgresql.refused_after_handshake.seen();
    support
        .cipher_suites
        .accepted
        .iter()
        .copied()
        .filter(|suite| {
            !refused.is_some_and(|refused| {
                refused
                    .iter()
                    .any(|entry| entry.version == support.version && entry.cipher_suite == *suite)
            })
        })
        .collect()
}

/// Seconds of a day.
const DAY: u64 = 86_400;

/// Lists values by their names.
fn names<T: ToString>(values: &[T]) -> String {
    values
        .iter()
        .map(T::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn is_refused(offered: &Attempt<()>) -> bool {
    matches!(offered, Attempt::Refused(_))
}

/// Whether some of the values are neither accepted nor refused.
fn is_undecided<T: Copy + PartialEq>(
    seen: &Enumeration<T>,
    mut values: impl Iterator<Item = T>,
) -> bool {
    values.any(|value| seen.accepts(value).is_none())
}

/// Whether the server's order decides.
fn prefers(preference: Preference) -> bool {
    match preference {
        Preference::Server | Preference::ServerButChacha20 => true,
        Preference::Client => false,
    }
}

/// Whether TLS 1.2 or an older version is spoken; `None` where that is undecided.
pub(super) fn up_to_tls12(scan: &Scan) -> Option<bool> {
    let mut undecided = false;
    for version in Scan::VERSIONS {
        if version < ProtocolVersion::TLSV1_3 {
            match scan.offers(version) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => undecided = true,
            }
        }
    }
    (!undecided).then_some(false)
}

/// Bits of the prime of a group of RFC 7919.
pub(super) fn finite_field_bits(group: NamedGroup) -> u32 {
    match group.0 {
        0x0100 => 2048,
        0x0101 => 3072,
        0x0102 => 4096,
        0x0103 => 6144,
        0x0104 => 8192,
        _ => 0,
    }
}

fn hsts(seen: &EndpointObservation, least: u64, notes: &mut Notes) {
    let wanted = || format!("max-age of at least {least} seconds");
    match &seen.http {
        Attempt::Seen(head) => match head.hsts {
            Some(hsts) if hsts.max_age_seconds >= least => {}
            Some(hsts) => notes.deviation(
                "HSTS",
                format!("max-age of {} seconds", hsts.max_age_seconds),
                wanted(),
            ),
            None => notes.deviation("HSTS", "none", wanted()),
        },
        unseen @ (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_)) => notes
            .open(format!(
                "whether HSTS is sent is undecided: {}",
                unseen.reason().unwrap_or_default()
            )),
    }
}

fn plaintext(seen: &EndpointObservation, notes: &mut Notes) {
    match seen.tls_required() {
        TlsRequired::Required { .. } => {}
        TlsRequired::NotRequired { .. } => notes.deviation(
            "encryption in transit",
            "plaintext is accepted beside TLS",
            "a refusal of plaintext",
        ),
        TlsRequired::Unknown(reason) => {
            notes.open(format!(
                "whether plaintext is refused is undecided: {reason}"
            ));
        }
    }
}

/// Notes the faults that were seen. Those that nobody looked for are no part of a table: the intrusive tests are the owner's choice.
fn faults(scan: &Scan, notes: &mut Notes) {
    const RULE: &str = "known vulnerabilities";
    for (name, _) in seen_faults(scan) {
        notes.deviation(RULE, name, "none");
    }
    for (attempt, bad, what) in [
        (&scan.handshake.compression, true, "TLS compression (CRIME)"),
        (
            &scan.handshake.secure_renegotiation,
            false,
            "no renegotiation_info (CVE-2009-3555)",
        ),
    ] {
        match attempt {
            Attempt::Seen(found) if *found == bad => notes.deviation(RULE, what, "none"),
            Attempt::Seen(_) | Attempt::Refused(_) => {}
            Attempt::Failed(_) | Attempt::NotAttempted(_) if up_to_tls12(scan) == Some(false) => {}
            Attempt::Failed(_) | Attempt::NotAttempted(_) => {
                notes.open(format!("whether there is {what} is undecided"));
            }
        }
    }
}

/// Returns the faults of the implementation that were seen, with what they are called.
pub(super) fn seen_faults(scan: &Scan) -> Vec<(&'static str, bool)> {
    use crate::observation::scan::Oracle;
    let faults = &scan.faults;
    let mut found = Vec::new();
    for (attempt, name) in [
        (&faults.heartbleed, "Heartbleed (CVE-2014-0160)"),
        (&faults.ccs_injection, "CCS injection (CVE-2014-0224)"),
        (&faults.ticketbleed, "Ticketbleed (CVE-2016-9244)"),
        (
            &faults.cbc_padding_oracle,
            "CBC padding oracle (CVE-2014-8730)",
        ),
    ] {
        if attempt.seen() == Some(&true) {
            found.push((name, true));
        }
    }
    if let Some(oracle @ (Oracle::Weak | Oracle::Strong)) = faults.robot.seen() {
        found.push(("ROBOT (CVE-2017-13099)", *oracle == Oracle::Strong));
    }
    found
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::sample::{Scene, all};
    use super::super::{Policy, Verdict, assess};
    use super::*;
    use crate::observation::scan::Refused;
    use crate::x509::PathProblem;

    /// The policies that are tables.
    const TABLES: [(Policy, &Table); 5] = [
        (Policy::MozillaModern, &super::super::mozilla_modern::TABLE),
        (
            Policy::MozillaIntermediate,
            &super::super::mozilla_intermediate::TABLE,
        ),
        (Policy::MozillaOld, &super::super::mozilla_old::TABLE),
        (
            Policy::NistSp80052r2,
            &super::super::nist_sp_800_52r2::TABLE,
        ),
        (Policy::PciDss, &super::super::pci_dss::TABLE),
    ];

    fn verdict(policy: Policy, scene: &Scene) -> Verdict {
        assess(policy, &scene.observation(), &scene.endpoint).verdict
    }

    /// Returns the rules that one policy finds broken.
    fn broken(policy: Policy, scene: &Scene) -> Vec<String> {
        let assessment = assess(policy, &scene.observation(), &scene.endpoint);
        assessment
            .deviations
            .into_iter()
            .map(|deviation| deviation.rule)
            .collect()
    }

    #[test]
    fn every_name_in_a_table_is_a_suite() {
        for (policy, table) in TABLES {
            match &table.suites {
                Suites::Named(names) => {
                    for name in *names {
                        assert!(CipherSuite::from_name(name).is_some(), "{policy}: {name}");
                    }
                }
                Suites::Made { .. } => {
                    let allowed = CipherSuite::all().filter(|suite| table.suites.allow(*suite));
                    assert!(allowed.count() > 10, "{policy}");
                }
            }
            for version in table.versions_required {
                assert!(table.versions_allowed.contains(version), "{policy}");
            }
            for group in table.groups {
                assert!(
                    group.name().is_some() && !group.is_finite_field(),
                    "{policy}: {group}"
                );
            }
            for group in table.groups_one_of {
                assert!(table.groups.contains(group), "{policy}: {group}");
            }
        }
    }

    #[test]
    fn modern_server_meets_what_it_should() {
        let site = Scene::site();
        assert_eq!(verdict(Policy::MozillaIntermediate, &site), Verdict::Meets);
        assert_eq!(verdict(Policy::NistSp80052r2, &site), Verdict::Meets);
        assert_eq!(verdict(Policy::PciDss, &site), Verdict::Meets);
        assert_eq!(verdict(Policy::PciDss, &Scene::database()), Verdict::Meets);
        // No TLS 1.0 and 1.1 for old clients; TLS 1.2 and an RSA key for modern ones.
        assert_eq!(
            broken(Policy::MozillaOld, &site),
            ["protocol versions", "protocol versions"]
        );
        assert_eq!(
            broken(Policy::MozillaModern, &site),
            [
                "protocol versions",
                "certificate key",
                "certificate signature"
            ]
        );
    }

    #[test]
    fn mozilla_modern_is_met_by_tls13_alone_with_ecdsa() {
        let mut site = Scene::site();
        site.refuse(ProtocolVersion::TLSV1_2);
        site.certificate.key.algorithm = KeyAlgorithm::Ec;
        site.certificate.key.bits = Some(256);
        site.certificate.key.curve = Some("secp256r1".to_owned());
        site.certificate.signature_algorithm = "ecdsa-with-SHA384".to_owned();
        assert_eq!(verdict(Policy::MozillaModern, &site), Verdict::Meets);
        site.certificate.key.curve = Some("secp521r1".to_owned());
        assert_eq!(broken(Policy::MozillaModern, &site), ["certificate key"]);
    }

    #[test]
    fn mozilla_old_is_met_by_all_four_versions_in_the_servers_order() {
        let mut site = Scene::site();
        for version in [ProtocolVersion::TLSV1, ProtocolVersion::TLSV1_1] {
            site.accept(
                version,
                &[
                    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
                    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
                ],
            );
        }
        assert_eq!(verdict(Policy::MozillaOld, &site), Verdict::Meets);
        site.scan.versions[1].cipher_suites.preference = Attempt::Seen(Preference::Client);
        assert_eq!(
            broken(Policy::MozillaOld, &site),
            ["order of preference in TLSv1"]
        );
        site.scan.versions[1].cipher_suites.preference =
            Attempt::NotAttempted("nobody asked".to_owned());
        assert_eq!(verdict(Policy::MozillaOld, &site), Verdict::Open);
    }

    #[test]
    fn versions_are_required_forbidden_and_undecided() {
        let mut site = Scene::site();
        site.accept(ProtocolVersion::TLSV1_1, &[]);
        for policy in [
            Policy::MozillaIntermediate,
            Policy::NistSp80052r2,
            Policy::PciDss,
        ] {
            assert_eq!(broken(policy, &site), ["protocol versions"], "{policy}");
        }
        let mut site = Scene::site();
        site.refuse(ProtocolVersion::TLSV1_3);
        assert_eq!(
            broken(Policy::MozillaIntermediate, &site),
            ["protocol versions"]
        );
        // PCI DSS does not ask for TLS 1.3.
        assert_eq!(verdict(Policy::PciDss, &site), Verdict::Meets);
        let mut site = Scene::site();
        site.leave_open(ProtocolVersion::SSLV3);
        assert_eq!(verdict(Policy::MozillaIntermediate, &site), Verdict::Open);
        let mut site = Scene::site();
        site.scan.sslv2 = Attempt::NotAttempted("not asked for".to_owned());
        assert_eq!(verdict(Policy::PciDss, &site), Verdict::Open);
    }

    #[test]
    fn suites_outside_the_list_are_named() {
        let mut site = Scene::site();
        site.accept(
            ProtocolVersion::TLSV1_2,
            &[
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_RSA_WITH_AES_128_CBC_SHA",
            ],
        );
        let assessment = assess(
            Policy::MozillaIntermediate,
            &site.observation(),
            &site.endpoint,
        );
        assert_eq!(
            assessment.deviations[0].found,
            "TLS_RSA_WITH_AES_128_CBC_SHA"
        );
        assert_eq!(assessment.deviations.len(), 1);
        // Key transport: appendix D of NIST's, and no word of it in PCI DSS.
        assert_eq!(verdict(Policy::NistSp80052r2, &site), Verdict::Fails);
        assert_eq!(verdict(Policy::PciDss, &site), Verdict::Meets);
    }

    #[test]
    fn suites_that_nist_and_pci_do_not_call_strong() {
        for (suite, nist, pci) in [
            ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", true, true),
            ("TLS_DHE_RSA_WITH_AES_128_CCM_8", true, true),
            ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", false, true),
            ("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", false, false),
            ("TLS_ECDHE_RSA_WITH_RC4_128_SHA", false, false),
            ("TLS_RSA_WITH_NULL_SHA256", false, false),
            ("TLS_DH_anon_WITH_AES_128_GCM_SHA256", false, false),
            ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", false, false),
        ] {
            let mut site = Scene::site();
            site.accept(ProtocolVersion::TLSV1_2, &[suite]);
            site.show_dh(2048);
            for (policy, is_allowed) in [(Policy::NistSp80052r2, nist), (Policy::PciDss, pci)] {
                let wanted = if is_allowed {
                    Verdict::Meets
                } else {
                    Verdict::Fails
                };
                assert_eq!(verdict(policy, &site), wanted, "{policy}: {suite}");
            }
        }
    }

    #[test]
    fn suites_that_nobody_asked_for_are_open() {
        let mut site = Scene::site();
        // TLS 1.2: only RC4 was asked for and refused.
        site.scan.versions[3].cipher_suites.refused = Refused::These(vec![CipherSuite(0x0005)]);
        assert_eq!(verdict(Policy::MozillaIntermediate, &site), Verdict::Open);
    }

    #[test]
    fn suite_that_sql_refuses_does_not_count() {
        use crate::observation::scan::RefusedSuite;
        let mut site = Scene::database();
        site.accept(
            ProtocolVersion::TLSV1_3,
            &["TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"],
        );
        assert_eq!(verdict(Policy::NistSp80052r2, &site), Verdict::Fails);
        site.scan.postgresql.refused_after_handshake = Attempt::Seen(vec![RefusedSuite {
            version: ProtocolVersion::TLSV1_3,
            cipher_suite: CipherSuite(0x1303),
            reason: "08004".to_owned(),
        }]);
        assert_eq!(verdict(Policy::NistSp80052r2, &site), Verdict::Meets);
    }

    #[test]
    fn groups_are_held_against_the_list() {
        let mut site = Scene::site();
        site.scan.groups_tls13 = all(&[NamedGroup::X25519, NamedGroup::SECP256R1]);
        assert_eq!(verdict(Policy::MozillaIntermediate, &site), Verdict::Meets);
        assert_eq!(broken(Policy::NistSp80052r2, &site), ["groups of TLSv1.3"]);
        site.scan.groups_tls13 = all(&[NamedGroup::X25519MLKEM768]);
        site.scan.groups_tls12 = all(&[NamedGroup::SECP521R1]);
        assert_eq!(
            broken(Policy::MozillaIntermediate, &site),
            ["groups up to TLSv1.2"]
        );
        // Neither P-256 nor P-384.
        assert_eq!(
            broken(Policy::NistSp80052r2, &site),
            ["groups up to TLSv1.2"]
        );
        site.scan.groups_tls12 = Enumeration::unknown("nobody asked");
        assert_eq!(verdict(Policy::PciDss, &site), Verdict::Open);
    }

    #[test]
    fn finite_fields_are_held_against_their_bits() {
        const DHE: &str = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256";
        for (bits, intermediate, old) in [
            (1023, false, false),
            (1024, false, true),
            (2047, false, true),
            (2048, true, true),
        ] {
            let mut site = Scene::site();
            site.accept(ProtocolVersion::TLSV1_2, &[DHE]);
            site.show_dh(bits);
            for (policy, is_allowed) in [
                (Policy::MozillaIntermediate, intermediate),
                (Policy::MozillaOld, old),
                (Policy::NistSp80052r2, intermediate),
                (Policy::PciDss, intermediate),
            ] {
                let is_broken = broken(policy, &site).contains(&"Diffie-Hellman parameters".into());
                assert_eq!(is_broken, !is_allowed, "{policy}: {bits}");
            }
        }
        let mut site = Scene::site();
        site.accept(ProtocolVersion::TLSV1_2, &[DHE]);
        assert_eq!(verdict(Policy::MozillaIntermediate, &site), Verdict::Open);
        let mut site = Scene::site();
        site.scan.groups_tls13 = all(&[NamedGroup::SECP256R1, NamedGroup(0x0100)]);
        assert_eq!(verdict(Policy::MozillaIntermediate, &site), Verdict::Meets);
        assert!(broken(Policy::MozillaModern, &site).contains(&"groups of TLSv1.3".into()));
    }

    #[test]
    fn certificates_are_held_against_key_signature_and_lifetime() {
        let policies = [
            Policy::MozillaIntermediate,
            Policy::NistSp80052r2,
            Policy::PciDss,
        ];
        for (bits, is_allowed) in [(2047, false), (2048, true)] {
            let mut site = Scene::site();
            site.certificate.key.bits = Some(bits);
            for policy in policies {
                assert_eq!(broken(policy, &site).is_empty(), is_allowed, "{policy}");
            }
        }
        for (signature, is_allowed) in [
            ("sha1WithRSAEncryption", false),
            ("sha256WithRSAEncryption", true),
        ] {
            let mut site = Scene::site();
            site.certificate.signature_algorithm = signature.to_owned();
            for policy in policies {
                assert_eq!(broken(policy, &site).is_empty(), is_allowed, "{policy}");
            }
        }
        for (seconds, is_allowed) in [(0, true), (1, false)] {
            let mut site = Scene::site();
            site.certificate.not_after = site.certificate.not_before
                + SignedDuration::from_hours(366 * 24)
                + SignedDuration::from_secs(seconds);
            let rules = broken(Policy::MozillaIntermediate, &site);
            assert_eq!(rules.is_empty(), is_allowed, "{rules:?}");
        }
    }

    #[test]
    fn certificate_must_be_verifiable() {
        let mut site = Scene::site();
        site.verification().problems = vec![PathProblem::UnknownCa];
        assert_eq!(broken(Policy::PciDss, &site), ["certification path"]);
        let mut site = Scene::site();
        site.verification().host_name = HostName::Mismatch;
        assert_eq!(broken(Policy::PciDss, &site), ["certificate for the name"]);
        let mut site = Scene::site();
        site.seen.verification = Attempt::NotAttempted("no anchors".to_owned());
        assert_eq!(verdict(Policy::PciDss, &site), Verdict::Open);
    }

    #[test]
    fn hsts_counts_on_sites_alone() {
        for (seconds, is_allowed) in [(63_071_999, false), (63_072_000, true)] {
            let mut site = Scene::site();
            site.send_hsts(seconds);
            assert_eq!(
                broken(Policy::MozillaIntermediate, &site).is_empty(),
                is_allowed
            );
        }
        let mut database = Scene::database();
        database.seen.http = Attempt::NotAttempted("not HTTPS".to_owned());
        assert_eq!(
            verdict(Policy::MozillaIntermediate, &database),
            Verdict::Meets
        );
        let mut site = Scene::site();
        site.seen.http = Attempt::NotAttempted("no answer".to_owned());
        assert_eq!(verdict(Policy::MozillaIntermediate, &site), Verdict::Open);
    }

    #[test]
    fn pci_wants_no_way_around_encryption_and_no_known_fault() {
        let mut database = Scene::database();
        database.take_plaintext();
        assert_eq!(broken(Policy::PciDss, &database), ["encryption in transit"]);
        database.seen.plaintext_startup = Attempt::NotAttempted("turned off".to_owned());
        assert_eq!(verdict(Policy::PciDss, &database), Verdict::Open);
        let mut site = Scene::site();
        site.scan.faults.heartbleed = Attempt::Seen(true);
        assert_eq!(broken(Policy::PciDss, &site), ["known vulnerabilities"]);
        let mut site = Scene::site();
        site.scan.handshake.compression = Attempt::Seen(true);
        assert_eq!(broken(Policy::PciDss, &site), ["known vulnerabilities"]);
    }

    #[test]
    fn without_tls_every_policy_fails_and_without_scan_none_is_met() {
        let mut database = Scene::database();
        database.seen.ssl_request = Attempt::Seen(SslAnswer::Unwilling);
        let site = Scene::site();
        let unscanned = EndpointObservation {
            scan: Attempt::NotAttempted("no scan was made".to_owned()),
            ..site.observation()
        };
        for policy in Policy::ALL {
            assert_eq!(verdict(policy, &database), Verdict::Fails, "{policy}");
            assert_ne!(
                assess(policy, &unscanned, &site.endpoint).verdict,
                Verdict::Meets,
                "{policy}"
            );
        }
    }

    #[test]
    fn gap_keeps_every_policy_open() {
        let mut site = Scene::site();
        site.scan.gaps = vec!["the server limits connections".to_owned()];
        for policy in [Policy::MozillaIntermediate, Policy::PciDss, Policy::SslLabs] {
            let assessment = assess(policy, &site.observation(), &site.endpoint);
            assert_eq!(assessment.verdict, Verdict::Open, "{policy}");
            assert_eq!(assessment.open, site.scan.gaps, "{policy}");
            assert_eq!(assessment.rating, None);
        }
    }
}
