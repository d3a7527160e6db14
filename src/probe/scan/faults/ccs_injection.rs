//! CVE-2014-0224: `ChangeCipherSpec` before there is a secret, and with it keys out of an empty one.
//!
//! Alerts do not tell: of two servers that both close without a word one may be at fault. So a record is sent under the keys that
//! follow from the empty secret, and in a second session one under others. Who takes the first and not the second is at fault.

use super::{Ground, LONG_PATIENCE, Scanner};
use crate::observation::scan::Scan;
use crate::probe::scan::old_client::{CLIENT_KEY_EXCHANGE, Trouble};
use crate::tls::{ClientHello, record};

/// What became of a record behind an early `ChangeCipherSpec`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Already `ChangeCipherSpec` was refused.
    RefusedAtOnce,
    Refused,
    /// The server waits for more.
    Taken,
}

impl Scanner<'_> {
    /// Switches keys on too early.
    pub(super) async fn ccs_injection(&self, scan: &Scan) -> Result<bool, String> {
        let ground = Ground::find(scan, |_| true, "can be asked with")?;
        let hello = self.old_hello(&ground, Vec::new());
        if self.inject(&hello, &[]).await? != Fate::Taken {
            return Ok(false);
        }
        match self.inject(&hello, &[b'x'; 48]).await? {
            Fate::Refused => Ok(true),
            Fate::Taken => Err(
                "the server waits for more, whatever comes behind an early ChangeCipherSpec"
                    .to_owned(),
            ),
            Fate::RefusedAtOnce => {
                Err("the server refuses an early ChangeCipherSpec at times only".to_owned())
            }
        }
    }

    async fn inject(&self, hello: &ClientHello, secret: &[u8]) -> Result<Fate, String> {
        let words = |trouble: Trouble| trouble.reason;
        let mut session = self.greet(hello).await?;
        let patience = session.patience();
        let sent = session.send(record::CHANGE_CIPHER_SPEC, &[1]).await;
        if sent.is_err() || !session.react(patience).await.is_silence() {
            session.hang_up().await;
            return Ok(Fate::RefusedAtOnce);
        }
        let body = session
            .client_key_exchange()
            .map_err(|broken| broken.to_string())?;
        let (writing, _) = session
            .keys(secret)
            .map_err(|broken| words(broken.into()))?;
        session.writing = Some(writing);
        let message = record::handshake_message(CLIENT_KEY_EXCHANGE, &body);
        let long = patience.max(LONG_PATIENCE).min(self.line.endpoint.timeout);
        let sent = session.send(record::HANDSHAKE, &message).await;
        let taken = sent.is_ok() && session.react(long).await.is_silence();
        session.hang_up().await;
        Ok(if taken { Fate::Taken } else { Fate::Refused })
    }
}
