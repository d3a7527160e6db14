//! Extensions and signals of the handshake, out of few hellos of their own and what other answers showed.

use super::Scanner;
use super::evidence::KeyType;
use super::hello::Question;
use super::line::{Answer, Refusal, hello_only, whole_flight};
use crate::observation::Attempt;
use crate::observation::scan::{Enumeration, HandshakeFeatures, Refused, VersionSupport};
use crate::tls::client_hello::{Extension, GREASE, extension_type};
use crate::tls::{
    AlertDescription, CipherSuite, FALLBACK_SCSV, NamedGroup, Properties, ProtocolVersion,
    SignatureScheme,
};

/// Bytes of an ML-KEM-768 encapsulation key with the X25519 share behind it.
const HYBRID_SHARE: usize = 1216;

/// What a scan knows of the versions when it comes to features.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) versions: &'a [VersionSupport],
    pub(super) groups_tls13: &'a Enumeration<NamedGroup>,
}

impl Known<'_> {
    /// Returns the versions that are spoken, oldest first.
    pub(super) fn spoken(&self) -> Vec<ProtocolVersion> {
        let spoken = self
            .versions
            .iter()
            .filter(|it| it.offered.seen().is_some());
        spoken.map(|it| it.version).collect()
    }

    pub(super) fn suites(&self, version: ProtocolVersion) -> &[CipherSuite] {
        let support = self.versions.iter().find(|it| it.version == version);
        support.map_or(&[], |it| &it.cipher_suites.accepted)
    }

    /// Returns the newest version before TLS 1.3 that is spoken: what it says is in the clear.
    pub(super) fn newest_in_the_clear(&self) -> Option<ProtocolVersion> {
        self.spoken()
            .into_iter()
            .rfind(|version| *version < ProtocolVersion::TLSV1_3)
    }
}

fn not_attempted<T>(reason: &str) -> Attempt<T> {
    Attempt::NotAttempted(reason.to_owned())
}

impl Scanner<'_> {
    /// Sees what can be seen of extensions and signals.
    pub(super) async fn features(&self, known: Known<'_>, features: &mut HandshakeFeatures) {
        let clear = known.newest_in_the_clear();
        self.line.expect(4);
        let (fallback, clear_features, tolerance, chains) = tokio::join!(
            self.fallback_scsv(known),
            self.extras(known, clear),
            self.tolerance(known),
            self.more_chains(known, clear),
        );
        let () = chains;
        features.fallback_scsv = fallback;
        (features.grease_tolerated, features.large_hello_tolerated) = tolerance;
        if let Some(answer) = clear_features {
            self.read_extras(&answer, features);
        } else {
            let reason = "nothing before TLSv1.3 is spoken, which has none of it";
            features.compression = not_attempted(reason);
            features.heartbeat = not_attempted(reason);
        }
        self.read_hellos(known, features);
    }

    /// Reads what the hellos of the enumeration showed anyway.
    pub(super) fn read_hellos(&self, known: Known<'_>, features: &mut HandshakeFeatures) {
        let evidence = self.evidence.read();
        let Some(hello) = self.evidence.hello(None) else {
            let reason = "nothing before TLSv1.3 is spoken";
            for feature in [
                &mut features.secure_renegotiation,
                &mut features.extended_master_secret,
                &mut features.encrypt_then_mac,
            ] {
                *feature = not_attempted(reason);
            }
            return;
        };
        let has = |number: u16| Attempt::Seen(hello.extension(number).is_some());
        features.secure_renegotiation = has(extension_type::RENEGOTIATION_INFO);
        features.extended_master_secret = if hello.version() == ProtocolVersion::SSLV3 {
            not_attempted("SSLv3 has no extensions")
        } else {
            has(extension_type::EXTENDED_MASTER_SECRET)
        };
        features.encrypt_then_mac = evidence
            .encrypt_then_mac
            .map_or_else(|| not_attempted("no CBC suite was chosen"), Attempt::Seen);
        features.downgrade_sentinel = if known.spoken().contains(&ProtocolVersion::TLSV1_3) {
            Attempt::Seen(hello.has_downgrade_sentinel())
        } else {
            not_attempted("TLSv1.3 is not spoken: there is nothing to mark")
        };
        features.certificate_request = evidence.certificate_request.map_or_else(
            || not_attempted("no flight was read to its end"),
            Attempt::Seen,
        );
    }

    /// Asks for less than the newest version, as a client does that fell back, and says so (RFC 7507).
    async fn fallback_scsv(&self, known: Known<'_>) -> Attempt<bool> {
        let spoken = known.spoken();
        let Some(version) = spoken.iter().rev().nth(1).copied() else {
            return not_attempted("only one version is spoken: there is nothing to fall back to");
        };
        let mut suites = known.suites(version).to_vec();
        suites.truncate(super::hello::MOST_SUITES);
        suites.push(FALLBACK_SCSV);
        let question = self.question(version, &suites);
        match self
            .line
            .ask(&self.hellos.write(&question), &hello_only)
            .await
        {
            Answer::Refused(_) => Attempt::Seen(true),
            Answer::Accepted(_) => Attempt::Seen(false),
            Answer::Open(reason) => not_attempted(&reason),
        }
    }

    /// Asks for compression, a heartbeat, a staple and HTTP/2 in one hello before TLS 1.3.
    async fn extras(&self, known: Known<'_>, clear: Option<ProtocolVersion>) -> Option<Answer> {
        let version = clear?;
        let suites = known.suites(version);
        let suites = &suites[..suites.len().min(super::hello::MOST_SUITES)];
        let mut extensions = vec![Extension::Heartbeat(1), Extension::StatusRequest];
        if self.line.endpoint.target.protocol == crate::endpoint::Protocol::Https {
            extensions.push(Extension::Alpn(vec![b"h2".to_vec(), b"http/1.1".to_vec()]));
        }
        let question = Question {
            compression: true,
            extensions,
            ..self.question(version, suites)
        };
        Some(
            self.line
                .ask(&self.hellos.write(&question), &whole_flight)
                .await,
        )
    }

    fn read_extras(&self, answer: &Answer, features: &mut HandshakeFeatures) {
        let Some((flight, hello)) = answer.flight().zip(answer.hello()) else {
            let reason = match answer {
                Answer::Refused(refusal) => format!("the hello that asks was refused: {refusal}"),
                Answer::Open(reason) => reason.clone(),
                Answer::Accepted(_) => "no ServerHello came".to_owned(),
            };
            features.compression = not_attempted(&reason);
            features.heartbeat = not_attempted(&reason);
            return;
        };
        self.evidence.take(flight, self.hellos.has_server_name());
        features.compression = Attempt::Seen(hello.compression_method != 0);
        features.heartbeat = Attempt::Seen(hello.extension(extension_type::HEARTBEAT).is_some());
        features.ocsp_stapled = Attempt::Seen(flight.certificate_status.is_some());
        if self.line.endpoint.target.protocol == crate::endpoint::Protocol::Https {
            let chosen = hello.alpn().map(crate::text::printable_bytes);
            features.alpn = Attempt::Seen(chosen.into_iter().collect());
        }
    }

    /// Sends a hello that is larger than a segment, in two records, with values that nobody has registered.
    async fn tolerance(&self, known: Known<'_>) -> (Attempt<bool>, Attempt<bool>) {
        let Some(version) = known.spoken().last().copied() else {
            return (
                not_attempted("nothing is spoken"),
                not_attempted("nothing is spoken"),
            );
        };
        if version == ProtocolVersion::SSLV3 {
            return (
                not_attempted("SSLv3 has no extensions"),
                not_attempted("SSLv3 has no extensions"),
            );
        }
        if let Answer::Accepted(_) = self.tolerates(known, version, true, true).await {
            return (Attempt::Seen(true), Attempt::Seen(true));
        }
        // One of the two it was: ask for each alone.
        self.line.expect(2);
        let (grease, large) = tokio::join!(
            self.tolerates(known, version, true, false),
            self.tolerates(known, version, false, true)
        );
        let read = |answer: Answer| match answer {
            Answer::Accepted(_) => Attempt::Seen(true),
            Answer::Refused(_) => Attempt::Seen(false),
            Answer::Open(reason) => Attempt::NotAttempted(reason),
        };
        (read(grease), read(large))
    }

    async fn tolerates(
        &self,
        known: Known<'_>,
        version: ProtocolVersion,
        grease: bool,
        large: bool,
    ) -> Answer {
        let accepted = known.suites(version);
        let mut suites = accepted[..accepted.len().min(100)].to_vec();
        let mut groups = known.groups_tls13.accepted.clone();
        let is_tls13 = version >= ProtocolVersion::TLSV1_3;
        let mut extensions = Vec::new();
        if grease {
            suites.insert(0, CipherSuite(GREASE[3]));
            groups.insert(0, NamedGroup(GREASE[5]));
            extensions.push(Extension::Other(GREASE[7], Vec::new()));
        }
        let question = Question {
            groups: is_tls13.then_some(&groups[..]),
            extensions,
            ..self.question(version, &suites)
        };
        let mut hello = self.hellos.hello(&question);
        if let Some(extensions) = &mut hello.extensions {
            for extension in extensions.iter_mut() {
                match extension {
                    Extension::SupportedVersions(versions) if grease => {
                        versions.insert(0, ProtocolVersion(GREASE[9]));
                    }
                    Extension::KeyShare(shares) if large && is_tls13 => {
                        // A share of a size that ML-KEM has, for a group that nobody has.
                        shares.push((NamedGroup(GREASE[5]), vec![0x5A; HYBRID_SHARE]));
                    }
                    _ => {}
                }
            }
            if large && is_tls13 && !grease {
                // The share needs its group in the list.
                for extension in extensions.iter_mut() {
                    if let Extension::SupportedGroups(groups) = extension {
                        groups.insert(0, NamedGroup(GREASE[5]));
                    }
                }
            }
            if large {
                extensions.push(Extension::Padding(if is_tls13 { 200 } else { 1400 }));
            }
        }
        let bytes = if large {
            hello.to_records(1000)
        } else {
            hello.to_bytes()
        };
        self.line.ask(&bytes, &hello_only).await
    }

    /// Sees the chains that other hellos get: for Ed25519, and for clients that name no server.
    async fn more_chains(&self, known: Known<'_>, clear: Option<ProtocolVersion>) {
        let Some(version) = clear else { return };
        let with_certificate = |suite: &CipherSuite| {
            suite
                .properties()
                .is_some_and(|it| !it.is_anonymous() && !it.needs_shared_secret())
        };
        let suites: Vec<_> = known
            .suites(version)
            .iter()
            .copied()
            .filter(with_certificate)
            .take(super::hello::MOST_SUITES)
            .collect();
        let nameless = async {
            if self.hellos.has_server_name() && !suites.is_empty() {
                self.line.expect(1);
                let question = Question {
                    with_server_name: false,
                    ..self.question(version, &suites)
                };
                let answer = self
                    .line
                    .ask(&self.hellos.write(&question), &whole_flight)
                    .await;
                if let Some(flight) = answer.flight() {
                    self.evidence.take(flight, false);
                }
            }
        };
        let ed25519 = async {
            let signed: Vec<_> = suites
                .iter()
                .copied()
                .filter(|suite| {
                    suite.properties().is_some_and(|it| {
                        it.is_ephemeral_ecdh()
                            && it.authentication == crate::tls::Authentication::Ecdsa
                    })
                })
                .collect();
            if version == ProtocolVersion::TLSV1_2 && !signed.is_empty() {
                self.line.expect(1);
                let schemes = [SignatureScheme(0x0807)];
                let question = Question {
                    signature_schemes: Some(&schemes),
                    ..self.question(version, &signed)
                };
                let answer = self
                    .line
                    .ask(&self.hellos.write(&question), &whole_flight)
                    .await;
                if let Some(flight) = answer.flight()
                    && let Some(certificates) = &flight.certificates
                {
                    self.add_chain(KeyType::Ed25519, certificates.clone());
                }
            }
        };
        tokio::join!(nameless, ed25519);
    }

    /// Sees with which weak schemes the server signs, and takes down with which others it did.
    pub(super) async fn signature_schemes(&self, known: Known<'_>) -> Enumeration<SignatureScheme> {
        let version = ProtocolVersion::TLSV1_2;
        let signed: Vec<_> = known
            .suites(version)
            .iter()
            .copied()
            .filter(|suite| {
                suite.properties().is_some_and(|it| {
                    it.forward_secrecy() && !it.is_anonymous() && !it.needs_shared_secret()
                })
            })
            .take(super::hello::MOST_SUITES)
            .collect();
        if signed.is_empty() {
            return Enumeration::unknown(
                "no suite of TLSv1.2 is accepted in which the server signs",
            );
        }
        let mut weak: Vec<_> = SignatureScheme::all()
            .filter(|scheme| scheme.is_weak())
            .collect();
        let mut accepted = Vec::new();
        self.line.expect(1);
        while !weak.is_empty() {
            let question = Question {
                signature_schemes: Some(&weak),
                ..self.question(version, &signed)
            };
            let answer = self
                .line
                .ask(&self.hellos.write(&question), &whole_flight)
                .await;
            let scheme = match &answer {
                Answer::Accepted(flight) => super::evidence::key_exchange(flight)
                    .and_then(|exchange| exchange.signature_scheme),
                Answer::Refused(Refusal::Alert(AlertDescription(_)) | Refusal::HangUp(_)) => None,
                Answer::Open(reason) => return Enumeration::unknown(reason.clone()),
            };
            let Some(scheme) = scheme.filter(|scheme| weak.contains(scheme)) else {
                // It refused, or it signs with something that was not offered, as a few old servers do: neither is one of these.
                break;
            };
            accepted.push(scheme);
            weak.retain(|other| *other != scheme);
            self.line.expect(1);
        }
        for scheme in self.evidence.read().signature_schemes {
            if !accepted.contains(&scheme) {
                accepted.push(scheme);
            }
        }
        let refused =
            SignatureScheme::all().filter(|scheme| scheme.is_weak() && !accepted.contains(scheme));
        Enumeration {
            refused: Refused::These(refused.collect()),
            accepted,
            preference: not_attempted("nobody asked"),
        }
    }
}

/// Whether suites of one version hold any with a property.
pub(super) fn any_has(suites: &[CipherSuite], test: fn(Properties) -> bool) -> bool {
    suites
        .iter()
        .any(|suite| suite.properties().is_some_and(test))
}
