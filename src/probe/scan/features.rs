//! Extensions and signals of the handshake, out of few hellos of their own and what other answers showed.

use super::Scanner;
use super::evidence::KeyType;
use super::heads::Spoken;
use super::hello::Question;
use super::line::{Answer, Refusal, hello_only, whole_flight};
use crate::endpoint::Protocol;
use crate::observation::Attempt;
use crate::observation::scan::{Enumeration, HandshakeFeatures, Refused};
use crate::tls::client_hello::{Extension, GREASE, extension_type};
use crate::tls::{
    AlertDescription, Authentication, CipherSuite, FALLBACK_SCSV, NamedGroup, Properties,
    ProtocolVersion, SignatureScheme,
};

/// Bytes of an ML-KEM-768 encapsulation key with the X25519 share behind it.
const HYBRID_SHARE: usize = 1216;

fn not_attempted<T>(reason: &str) -> Attempt<T> {
    Attempt::NotAttempted(reason.to_owned())
}

impl Scanner<'_> {
    /// Sees what can be seen of extensions and signals, and whether sessions are resumed by their ids.
    pub(super) async fn features(
        &self,
        spoken: &Spoken,
        features: &mut HandshakeFeatures,
    ) -> Attempt<bool> {
        let clear = spoken.newest_in_the_clear();
        self.line.expect(4);
        let (fallback, (extras, by_id), tolerance, (), renegotiation) = tokio::join!(
            self.fallback_scsv(spoken),
            async {
                let extras = async {
                    let extras = self.extras(spoken, clear).await;
                    if let Some(hello) = extras.as_ref().and_then(Answer::hello) {
                        self.evidence.names_sessions(!hello.session_id.is_empty());
                    }
                    extras
                };
                if self.line.endpoint.target.protocol == Protocol::Postgresql {
                    // A process and a line in the log for every connection there: it is not made on the off-chance.
                    let extras = extras.await;
                    (extras, self.session_ids_if_named(spoken).await)
                } else {
                    tokio::join!(extras, self.session_ids_tls12(spoken))
                }
            },
            self.tolerance(spoken),
            self.more_chains(clear),
            self.renegotiation(spoken),
        );
        if self.line.endpoint.target.protocol != Protocol::Https {
            features.alpn = not_attempted("only HTTPS is asked which protocols it takes");
        }
        features.client_renegotiation = renegotiation;
        features.fallback_scsv = fallback;
        (features.grease_tolerated, features.large_hello_tolerated) = tolerance;
        if let Some(answer) = extras {
            self.read_extras(&answer, features);
        } else {
            let reason = "nothing before TLSv1.3 is spoken, which has none of it";
            features.compression = not_attempted(reason);
            features.heartbeat = not_attempted(reason);
        }
        self.read_hellos(spoken, features);
        by_id
    }

    /// Reads what the hellos of the enumeration showed anyway.
    pub(super) fn read_hellos(&self, spoken: &Spoken, features: &mut HandshakeFeatures) {
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
        features.downgrade_sentinel = if spoken.suite(ProtocolVersion::TLSV1_3).is_some() {
            Attempt::Seen(hello.has_downgrade_sentinel())
        } else {
            not_attempted("TLSv1.3 is not spoken: there is nothing to mark")
        };
        features.certificate_request = evidence.certificate_request.map_or_else(
            || not_attempted("no flight was read to its end"),
            |request| Attempt::Seen(request.ok()),
        );
    }

    /// Asks for less than the newest version, as a client does that fell back, and says so (RFC 7507).
    async fn fallback_scsv(&self, spoken: &Spoken) -> Attempt<bool> {
        let Some(version) = spoken.versions().rev().nth(1) else {
            return not_attempted("only one version is spoken: there is nothing to fall back to");
        };
        let mut suites: Vec<_> = spoken.suite(version).into_iter().collect();
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
    async fn extras(&self, spoken: &Spoken, clear: Option<ProtocolVersion>) -> Option<Answer> {
        let version = clear?;
        let suites: Vec<_> = spoken.suite(version).into_iter().collect();
        let mut extensions = vec![Extension::Heartbeat(1), Extension::StatusRequest];
        if self.line.endpoint.target.protocol == Protocol::Https {
            extensions.push(Extension::Alpn(vec![b"h2".to_vec(), b"http/1.1".to_vec()]));
        }
        let question = Question {
            compression: true,
            extensions,
            ..self.question(version, &suites)
        };
        let mut hello = self.hellos.hello(&question);
        if let Some(extensions) = &mut hello.extensions {
            // Without it the server has to name the session, if it will know it again.
            extensions.retain(|extension| !matches!(extension, Extension::SessionTicket(_)));
        }
        Some(self.line.ask(&hello.to_bytes(), &whole_flight).await)
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
        if self.line.endpoint.target.protocol == Protocol::Https {
            let chosen = hello.alpn().map(crate::text::printable_bytes);
            features.alpn = Attempt::Seen(chosen.into_iter().collect());
        }
    }

    /// Sends a hello that is larger than a segment, in two records, with values that nobody has registered.
    async fn tolerance(&self, spoken: &Spoken) -> (Attempt<bool>, Attempt<bool>) {
        let Some(version) = spoken.versions().next_back() else {
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
        if let Answer::Accepted(_) = self.tolerates(spoken, version, true, true).await {
            return (Attempt::Seen(true), Attempt::Seen(true));
        }
        // One of the two it was: ask for each alone.
        self.line.expect(2);
        let (grease, large) = tokio::join!(
            self.tolerates(spoken, version, true, false),
            self.tolerates(spoken, version, false, true)
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
        spoken: &Spoken,
        version: ProtocolVersion,
        grease: bool,
        large: bool,
    ) -> Answer {
        let mut suites: Vec<_> = spoken.suite(version).into_iter().collect();
        let mut groups: Vec<_> = spoken.group.into_iter().collect();
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
                if let Extension::SupportedVersions(versions) = extension
                    && grease
                {
                    versions.insert(0, ProtocolVersion(GREASE[9]));
                }
                if let Extension::KeyShare(shares) = extension
                    && large
                    && is_tls13
                {
                    // A share of a size that ML-KEM has, for a group that nobody has.
                    shares.push((NamedGroup(GREASE[5]), vec![0x5A; HYBRID_SHARE]));
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
    async fn more_chains(&self, clear: Option<ProtocolVersion>) {
        let Some(version) = clear else { return };
        let with_certificate = |suite: &CipherSuite| {
            let has_one = |it: Properties| !it.is_anonymous() && !it.needs_shared_secret();
            suite.properties().is_some_and(has_one)
                && (suite.fits(version) || version == ProtocolVersion::SSLV3)
        };
        let usual = super::order::segments().into_iter().take(2).flatten();
        let suites: Vec<_> = usual
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
                        it.is_ephemeral_ecdh() && it.authentication == Authentication::Ecdsa
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
    pub(super) async fn signature_schemes(&self, spoken: &Spoken) -> Enumeration<SignatureScheme> {
        let version = ProtocolVersion::TLSV1_2;
        if spoken.suite(version).is_none() {
            return Enumeration::unknown("TLSv1.2 is not spoken");
        }
        let signs = |it: Properties| {
            matches!(
                it.authentication,
                Authentication::Rsa | Authentication::Ecdsa | Authentication::Dss
            ) && (it.is_ephemeral_dh() || it.is_ephemeral_ecdh())
        };
        let signed: Vec<_> = CipherSuite::all()
            .filter(|suite| suite.fits(version) && suite.properties().is_some_and(signs))
            .take(super::hello::MOST_SUITES)
            .collect();
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
