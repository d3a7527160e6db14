//! Heartbleed (CVE-2014-0160): a heartbeat that says it has more bytes than it has.
//!
//! It is sent in a session that stands: before that, OpenSSL keeps short answers in a buffer, and only one who asks for
//! kilobytes gets to see them at once. Inside, an answer of a few bytes comes at once, encrypted, and its length tells.

use tokio::time::Instant;

use super::{Ground, LONG_PATIENCE, Scanner};
use crate::observation::Attempt;
use crate::observation::scan::Scan;
use crate::probe::scan::old_client::End;
use crate::tls::client_hello::{Extension, extension_type};
use crate::tls::record;

/// Bytes of payload that are sent.
const SENT: u8 = 16;

/// Bytes of payload that the request says it has: 16 too many, enough for proof.
const CLAIMED: u8 = 32;

/// `heartbeat_request`.
const REQUEST: u8 = 1;

/// Bytes around the payload of an answer: type, length, and 16 of padding at least.
const AROUND: usize = 3 + 16;

impl Scanner<'_> {
    /// Sends such a heartbeat where the server takes any.
    pub(super) async fn heartbleed(
        &self,
        scan: &Scan,
        echoed: &Attempt<bool>,
    ) -> Result<bool, String> {
        // A server without heartbeats has nothing to answer with.
        match echoed {
            Attempt::Seen(true) => {}
            Attempt::Seen(false) => return Ok(false),
            other @ (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_)) => {
                return Err(other.reason().unwrap_or_default());
            }
        }
        let ground = Ground::find(scan, |_| true, "can be asked with")?;
        let hello = self.old_hello(&ground, vec![Extension::Heartbeat(1)]);
        let mut session = self.greet(&hello).await?;
        if session.hello.extension(extension_type::HEARTBEAT).is_none() {
            session.hang_up().await;
            return Err("the server answers the extension heartbeat at times only".to_owned());
        }
        if let Err(trouble) = session.finish().await {
            session.hang_up().await;
            return Err(trouble.reason);
        }
        let mut request = vec![REQUEST, 0, CLAIMED];
        request.extend([0x5A; SENT as usize]);
        let patience = session.patience().max(LONG_PATIENCE);
        let deadline = Instant::now() + patience.min(self.line.endpoint.timeout);
        if session.send(record::HEARTBEAT, &request).await.is_err() {
            return Ok(false);
        }
        let bleeds = loop {
            // The length of the record tells. What stands in it is not ours to read, and stays encrypted.
            match session.beginning(deadline).await {
                Ok((record::HEARTBEAT, length)) => {
                    break Ok(length >= session.sealed_length(usize::from(CLAIMED) + AROUND));
                }
                Err(End::Broken(what)) => break Err(what),
                // Taken amiss, or silently discarded as RFC 6520 section 4 wants it.
                Ok((record::ALERT, _)) | Err(End::Closed | End::Reset | End::Silence) => {
                    break Ok(false);
                }
                Ok(_) => {
                    if let Err(reason) = session.read_past(deadline).await {
                        break Err(reason);
                    }
                }
            }
        };
        session.leave().await;
        bleeds
    }
}
