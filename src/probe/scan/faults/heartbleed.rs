//! Heartbleed (CVE-2014-0160): a heartbeat that says it has more bytes than it has.

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

impl Scanner<'_> {
    /// Sends such a heartbeat where the server takes any.
    pub(super) async fn heartbleed(
        &self,
        scan: &Scan,
        echoed: &Attempt<bool>,
    ) -> Result<bool, String> {
        const REQUEST: u8 = 1;
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
        let mut request = vec![REQUEST, 0, CLAIMED];
        request.extend([0x5A; SENT as usize]);
        let patience = session.patience().max(LONG_PATIENCE);
        let deadline = Instant::now() + patience.min(self.line.endpoint.timeout);
        if session.send(record::HEARTBEAT, &request).await.is_err() {
            return Ok(false);
        }
        loop {
            // Type and length tell. What stands behind them is not ours to read.
            return match session.beginning(3, deadline).await {
                Ok((record::HEARTBEAT, length, first)) => {
                    let payload = match first.as_slice() {
                        [_, high, low] => usize::from(u16::from_be_bytes([*high, *low])),
                        _ => 0,
                    };
                    Ok(payload > usize::from(SENT) && length >= 3 + payload)
                }
                Ok((record::HANDSHAKE, ..)) => {
                    // Something of the first flight that came late.
                    session.read_past(deadline).await?;
                    continue;
                }
                Err(End::Broken(what)) => Err(what),
                // Something else, silently discarded as RFC 6520 section 4 wants it, or taken amiss.
                Ok(_) | Err(End::Closed | End::Reset | End::Silence) => Ok(false),
            };
        }
    }
}
