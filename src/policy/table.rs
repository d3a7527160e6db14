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
            unseen => notes.open(format!(
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
                _ => notes.open(format!("whose order decides in {version} is undecided")),
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
            let is_judged = |group: &NamedGroup| !group.is_finite_field();
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
            // A server without elliptic curves answers none of these: then there is nothing to demand of them.
            let has_curves = groups.accepted.iter().any(is_judged);
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
                    .is_some_and(|made| made.is_ephemeral_dh())
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
                unseen => notes.open(format!(
                    "whether clients can verify the certificate is undecided: {}",
                    unseen.reason().unwrap_or_default()
                )),
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
            KeyAlgorithm::Rsa => match key.bits {
                Some(bits) => (
                    self.rsa_bits.is_some_and(|least| bits >= least),
                    format!("RSA with {bits} bits"),
                ),
                None => {
                    notes.open(format!("the size of the key in {name} is undecided"));
                    return;
                }
            },
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
        unseen => notes.open(format!(
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
