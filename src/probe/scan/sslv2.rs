//! Whether SSLv2 is still spoken: one hello, and the answer names all that is accepted.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::failure::{self, Step};
use super::{Scanner, sslv2_support};
use crate::observation::scan::Sslv2Support;
use crate::observation::{Attempt, Failure};
use crate::tls::sslv2;

impl Scanner<'_> {
    /// Sends a `CLIENT-HELLO` of SSLv2.
    pub(super) async fn sslv2(&self) -> Attempt<Sslv2Support> {
        if let Some(reason) = self.line.given_up() {
            return Attempt::NotAttempted(reason);
        }
        self.line.expect(1);
        self.line.turn().await;
        let timeout = self.line.endpoint.timeout;
        let answer = match self.line.open().await {
            Err(error) => Err(Attempt::NotAttempted(error.to_string())),
            Ok(mut connection) => {
                let hello = sslv2::client_hello(self.hellos.challenge());
                let answer = failure::within(Step::Handshake, timeout, async {
                    let sent = connection.write_all(&hello).await;
                    sent.map_err(|error| failure::from_io(Step::Handshake, &error))?;
                    let mut received = Vec::new();
                    loop {
                        let mut piece = [0; 4096];
                        let read = connection.read(&mut piece).await;
                        let length =
                            read.map_err(|error| failure::from_io(Step::Handshake, &error))?;
                        received.extend_from_slice(&piece[..length]);
                        match sslv2::server_hello(&received) {
                            Ok(Some(hello)) => return Ok(Some(hello)),
                            Err(_) => return Ok(None),
                            Ok(None) if length == 0 || received.len() > sslv2::LONGEST => {
                                return Ok(None);
                            }
                            Ok(None) => {}
                        }
                    }
                })
                .await;
                self.line.take_leave(connection);
                answer.map_err(refusal)
            }
        };
        self.line.answered_one();
        match answer {
            Ok(Some(hello)) => Attempt::Seen(sslv2_support(hello)),
            Ok(None) => Attempt::Refused("the server does not answer in SSLv2".to_owned()),
            Err(attempt) => attempt,
        }
    }
}

/// Every server that has no SSLv2 ends the connection, each in its own way; one that says nothing has not said yes.
fn refusal(failure: Failure) -> Attempt<Sslv2Support> {
    use crate::observation::FailureKind as Kind;
    match failure.kind {
        Kind::Reset | Kind::Closed | Kind::TimedOut => Attempt::Refused(failure.detail),
        Kind::Unresolved
        | Kind::Unreachable
        | Kind::ConnectionRefused
        | Kind::PeerMisbehaved
        | Kind::PeerIncompatible
        | Kind::Local => Attempt::Failed(failure),
    }
}
