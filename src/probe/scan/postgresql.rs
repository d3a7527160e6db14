//! What the PostgreSQL wire adds to a scan: direct TLS, bytes before the handshake, and suites that are refused after it.

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Scanner;
use super::line::OpenError;
use crate::endpoint::Protocol;
use crate::libpq::wire;
use crate::observation::scan::{DirectTls, RefusedSuite, Scan};
use crate::observation::{Attempt, StartupReply};
use crate::probe::dial::Connection;
use crate::probe::failure::{self, Step};
use crate::probe::tls::{self as conversation, Terms};
use crate::probe::{login, postgresql};
use crate::tls::{CipherSuite, Properties, ProtocolVersion};

/// Suites for which rustls can finish a handshake: the only ones for which it can be seen what comes after.
const FINISHED: [(ProtocolVersion, u16); 9] = [
    (ProtocolVersion::TLSV1_3, 0x1301),
    (ProtocolVersion::TLSV1_3, 0x1302),
    (ProtocolVersion::TLSV1_3, 0x1303),
    (ProtocolVersion::TLSV1_2, 0xC02B),
    (ProtocolVersion::TLSV1_2, 0xC02C),
    (ProtocolVersion::TLSV1_2, 0xC02F),
    (ProtocolVersion::TLSV1_2, 0xC030),
    (ProtocolVersion::TLSV1_2, 0xCCA8),
    (ProtocolVersion::TLSV1_2, 0xCCA9),
];

/// What a whole handshake with one suite and a `StartupMessage` came to.
enum Afterwards {
    Taken,
    Refused(String),
    Open(String),
}

impl Scanner<'_> {
    /// Begins with a `ClientHello` in place of `SSLRequest`, and offers SQL as libpq 17 does.
    pub(super) async fn direct_tls(&self) -> Attempt<DirectTls> {
        if self.line.endpoint.target.protocol != Protocol::Postgresql {
            return Attempt::NotAttempted("only the PostgreSQL wire has it".to_owned());
        }
        if let Some(reason) = self.line.given_up() {
            return Attempt::NotAttempted(reason);
        }
        self.line.expect(1);
        self.line.turn().await;
        self.line.count_connection();
        let endpoint = self.line.endpoint;
        let dialled = self
            .line
            .prober
            .admission
            .dial(self.line.address, endpoint.timeout)
            .await;
        let attempt = match dialled {
            Err(failure) => Attempt::NotAttempted(failure.detail),
            Ok(connection) => {
                let connect = connection.connect;
                let name = conversation::server_name(endpoint, self.line.address);
                // `h2` beside it: where one port carries SQL and RPC, the choice tells which of them answered.
                let terms = Terms {
                    alpn: vec![b"postgresql".to_vec(), b"h2".to_vec()],
                    ..Terms::default()
                };
                let conversations = &self.line.prober.conversations;
                match conversation::connect(
                    conversations,
                    connection,
                    name,
                    &terms,
                    endpoint.timeout,
                )
                .await
                {
                    Err(failure) => Attempt::Refused(failure.detail),
                    Ok((stream, _)) => {
                        let alpn = stream
                            .get_ref()
                            .1
                            .alpn_protocol()
                            .map(crate::text::printable_bytes);
                        let patience = conversation::patience(connect, endpoint.timeout);
                        conversation::leave(stream, patience).await;
                        Attempt::Seen(DirectTls { alpn })
                    }
                }
            }
        };
        self.line.answered_one();
        attempt
    }

    /// Finishes a handshake with each suite that can be finished, and sends one message.
    ///
    /// A server with OpenSSL chooses among suites in the handshake and nowhere else. Go's library cannot be told which suites of
    /// TLS 1.3 to use, so CockroachDB refuses afterwards: only where those three are all there is it worth the connections.
    pub(super) async fn after_handshake(&self, scan: &Scan) -> Attempt<Vec<RefusedSuite>> {
        if self.line.endpoint.target.protocol != Protocol::Postgresql {
            return Attempt::NotAttempted("only the PostgreSQL wire has it".to_owned());
        }
        let accepts = |version, suite: &CipherSuite| {
            scan.version(version)
                .is_some_and(|support| support.cipher_suites.accepted.contains(suite))
        };
        let candidates: Vec<_> = FINISHED
            .into_iter()
            .map(|(version, code)| (version, CipherSuite(code)))
            .filter(|(version, suite)| accepts(*version, suite))
            .collect();
        if candidates.is_empty() {
            return Attempt::NotAttempted(
                "no suite is accepted with which a handshake can be finished here".to_owned(),
            );
        }
        if !looks_like_go(scan) {
            return Attempt::NotAttempted(
                "the server accepts what Go's TLS library does not have: suites are settled in the handshake".to_owned(),
            );
        }
        self.line.expect(candidates.len());
        let afterwards = join_all(candidates.iter().map(|(version, suite)| async move {
            let afterwards = self.knock_with(*version, *suite).await;
            self.line.answered_one();
            (*version, *suite, afterwards)
        }))
        .await;
        let mut refused = Vec::new();
        let mut open = Vec::new();
        for (version, cipher_suite, afterwards) in afterwards {
            match afterwards {
                Afterwards::Taken => {}
                Afterwards::Refused(reason) => refused.push(RefusedSuite {
                    version,
                    cipher_suite,
                    reason,
                }),
                Afterwards::Open(reason) => open.push(reason),
            }
        }
        if let Some(reason) = open.first() {
            self.line.gap(format!(
                "what comes after the handshake was not seen for every cipher suite: {reason}"
            ));
        }
        Attempt::Seen(refused)
    }

    async fn knock_with(&self, version: ProtocolVersion, suite: CipherSuite) -> Afterwards {
        if let Some(reason) = self.line.given_up() {
            return Afterwards::Open(reason);
        }
        self.line.turn().await;
        let endpoint = self.line.endpoint;
        let connection = match self.line.open().await {
            Ok(connection) => connection,
            Err(error) => return Afterwards::Open(error.to_string()),
        };
        let connect = connection.connect;
        let terms = Terms {
            versions: if version == ProtocolVersion::TLSV1_3 {
                conversation::TLS13
            } else {
                conversation::TLS12
            },
            cipher_suite: Some(suite),
            ..Terms::default()
        };
        let name = conversation::server_name(endpoint, self.line.address);
        let conversations = &self.line.prober.conversations;
        let mut stream =
            match conversation::connect(conversations, connection, name, &terms, endpoint.timeout)
                .await
            {
                Ok((stream, _)) => stream,
                Err(failure) => return Afterwards::Open(failure.detail),
            };
        stream.get_mut().0.allow(2 * postgresql::ANSWER);
        let answer = login::knock(&mut stream, &endpoint.target, endpoint.timeout).await;
        let patience = conversation::patience(connect, endpoint.timeout);
        let afterwards = match answer {
            Ok(answer) => {
                login::terminate_if_open(&mut stream, &answer, patience).await;
                match answer.reply {
                    // CockroachDB's answer to a suite outside --tls-cipher-suites.
                    StartupReply::Error(error) if error.sqlstate == "08004" => {
                        Afterwards::Refused(error.to_string())
                    }
                    StartupReply::Error(_) | StartupReply::Authentication(_) => Afterwards::Taken,
                }
            }
            Err(failure) => Afterwards::Refused(failure.detail),
        };
        conversation::leave(stream, patience).await;
        afterwards
    }

    /// Sends a `StartupMessage` in the same breath as `SSLRequest`: what comes before the keys must not count
    /// (CVE-2021-23214).
    ///
    /// PostgreSQL refuses it after the handshake, with SQLSTATE 08P01; a server that reads no further than the request takes it for
    /// a broken handshake. Only where the session goes on as if the message had come inside it, it counted.
    pub(super) async fn early_bytes(&self) -> Attempt<bool> {
        if let Some(reason) = self.line.given_up() {
            return Attempt::NotAttempted(reason);
        }
        self.line.expect(1);
        self.line.turn().await;
        self.line.count_connection();
        let endpoint = self.line.endpoint;
        let dialled = self
            .line
            .prober
            .admission
            .dial(self.line.address, endpoint.timeout)
            .await;
        let attempt = match dialled {
            Err(failure) => Attempt::NotAttempted(failure.detail),
            Ok(connection) => self.slip_in(connection).await,
        };
        self.line.answered_one();
        attempt
    }

    async fn slip_in(&self, mut connection: Connection) -> Attempt<bool> {
        let endpoint = self.line.endpoint;
        let connect = connection.connect;
        connection.allow(postgresql::ANSWER);
        let mut bytes = wire::SSL_REQUEST.to_vec();
        bytes.extend(wire::startup_message(&[
            ("user", "verifull"),
            ("database", "verifull"),
        ]));
        let asked = failure::within(Step::SslRequest, endpoint.timeout, async {
            let io = |error: std::io::Error| failure::from_io(Step::SslRequest, &error);
            connection.write_all(&bytes).await.map_err(io)?;
            let mut first = [0; 1];
            connection.read_exact(&mut first).await.map_err(io)?;
            Ok(first[0])
        })
        .await;
        match asked.map_err(OpenError::of) {
            Ok(b'S') => {}
            Ok(_) | Err(OpenError::HangUp(_)) => return Attempt::Seen(true),
            Err(OpenError::Unconnected(failure)) => return Attempt::Failed(failure),
            Err(OpenError::Stranger(what)) => return Attempt::NotAttempted(what),
        }
        let name = conversation::server_name(endpoint, self.line.address);
        let conversations = &self.line.prober.conversations;
        let terms = Terms::default();
        let Ok((mut stream, _)) =
            conversation::connect(conversations, connection, name, &terms, endpoint.timeout).await
        else {
            return Attempt::Seen(true);
        };
        stream.get_mut().0.allow(2 * postgresql::ANSWER);
        let patience = conversation::patience(connect, endpoint.timeout);
        let mut first = [0; 1];
        let counted = match tokio::time::timeout(patience, stream.read(&mut first)).await {
            // An authentication request: somebody has read the message.
            Ok(Ok(1)) => first == *b"R",
            Ok(_) | Err(_) => false,
        };
        self.line.take_leave_of(stream, connect);
        Attempt::Seen(!counted)
    }
}

/// Whether nothing is accepted that Go's TLS library does not have, and all three suites of TLS 1.3 are.
fn looks_like_go(scan: &Scan) -> bool {
    let suites = |version| {
        let support = scan.version(version);
        support.map_or(&[][..], |support| &support.cipher_suites.accepted)
    };
    let tls13 = suites(ProtocolVersion::TLSV1_3);
    let all_three = [0x1301, 0x1302, 0x1303]
        .iter()
        .all(|code| tls13.contains(&CipherSuite(*code)));
    let no_dhe = !suites(ProtocolVersion::TLSV1_2)
        .iter()
        .any(|suite| suite.properties().is_some_and(Properties::is_ephemeral_dh));
    let groups_of_go = scan.groups_tls13.accepted.iter().all(|group| {
        matches!(
            group.0,
            0x17 | 0x18 | 0x19 | 0x1D | 0x11EB..=0x11ED | 0x6399
        )
    });
    all_three && no_dhe && groups_of_go
}
