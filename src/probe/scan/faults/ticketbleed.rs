//! Ticketbleed (CVE-2016-9244): a ticket with a session id shorter than 32 bytes, of which 32 come back.
//!
//! The id has 31 bytes. That is the shortest way to look: a server at fault gives away one byte, and nobody else repeats 31.

use super::{Ground, Scanner};
use crate::observation::scan::Scan;
use crate::probe::scan::old_client::{Session, random};
use crate::tls::client_hello::Extension;

/// Bytes of the session id.
const SENT: usize = 31;

impl Scanner<'_> {
    /// Gets a ticket and comes back with it.
    pub(super) async fn ticketbleed(&self, scan: &Scan) -> Result<bool, String> {
        let ground = Ground::find(scan, |_| true, "can be asked with")?;
        let mut hello = self.old_hello(&ground, Vec::new());
        let mut session = self.greet(&hello).await?;
        let finished = session.finish().await;
        let ticket = session.ticket.take();
        match finished {
            Ok(_) => session.leave().await,
            Err(trouble) => {
                session.hang_up().await;
                return Err(trouble.reason);
            }
        }
        let Some(ticket) = ticket.filter(|ticket| !ticket.is_empty()) else {
            // Without tickets there is nothing to come back with.
            return Ok(false);
        };
        let id = random::<SENT>().map_err(|broken| broken.to_string())?;
        hello.session_id = id.to_vec();
        for extension in hello.extensions.iter_mut().flatten() {
            if let Extension::SessionTicket(slot) = extension {
                slot.clone_from(&ticket);
            }
        }
        let timeout = self.line.endpoint.timeout;
        let answered = self
            .tried(|| async {
                Session::server_hello(self.line.open().await?, &hello, timeout).await
            })
            .await?;
        let echo = &answered.session_id;
        Ok(echo.len() > SENT && echo.starts_with(&id))
    }
}
