//! Whether a client may start a renegotiation (CVE-2011-1473): a second hello, inside the session.

use tokio::time::Instant;

use super::{Ground, LONG_PATIENCE, Scanner};
use crate::probe::scan::heads::Spoken;
use crate::probe::scan::old_client::{End, Said, Session};
use crate::tls::client_hello::{Extension, extension_type};
use crate::tls::server::message_type;
use crate::tls::{AlertDescription, record};

impl Scanner<'_> {
    /// Ends a handshake and begins another inside.
    pub(in crate::probe::scan) async fn client_renegotiation(
        &self,
        spoken: &Spoken,
    ) -> Result<bool, String> {
        let ground = Ground::newest(spoken)?;
        let hello = self.old_hello(&ground, Vec::new());
        let mut session = self.greet(&hello).await?;
        let finished = match session.finish().await {
            Ok(finished) => finished,
            Err(trouble) => {
                session.hang_up().await;
                return Err(trouble.reason);
            }
        };
        // RFC 5746 section 3.5: the first handshake's verify_data, where the server knows the extension.
        let knows = session
            .hello
            .extension(extension_type::RENEGOTIATION_INFO)
            .is_some();
        let mut again = self.old_hello(&ground, Vec::new());
        if let Some(extensions) = &mut again.extensions {
            extensions.retain(|extension| !matches!(extension, Extension::RenegotiationInfo(_)));
            if knows {
                extensions.push(Extension::RenegotiationInfo(finished.0));
            }
        }
        if session
            .send(record::HANDSHAKE, &again.message())
            .await
            .is_err()
        {
            return Ok(false);
        }
        let allowed = self.begins_again(&mut session).await;
        // In the midst of another handshake no alert is sent: node 0.10 fails an assertion over it.
        match &allowed {
            Ok(false) => session.leave().await,
            Ok(true) | Err(_) => session.hang_up().await,
        }
        allowed
    }

    async fn begins_again(&self, session: &mut Session) -> Result<bool, String> {
        let patience = session.patience().max(LONG_PATIENCE);
        let deadline = Instant::now() + patience.min(self.line.endpoint.timeout);
        loop {
            match session.listen(deadline).await {
                Ok(Said::Message(message_type::SERVER_HELLO, _)) => return Ok(true),
                Ok(Said::Alert { fatal, description })
                    if fatal
                        || description == AlertDescription::CLOSE_NOTIFY
                        || description == AlertDescription::NO_RENEGOTIATION =>
                {
                    return Ok(false);
                }
                Ok(
                    Said::Message(..)
                    | Said::ChangeCipherSpec
                    | Said::Alert { .. }
                    | Said::Other(_),
                ) => {}
                Err(End::Broken(what)) => return Err(what),
                Err(End::Closed | End::Reset | End::Silence) => return Ok(false),
            }
        }
    }
}
