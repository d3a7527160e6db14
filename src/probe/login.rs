//! The login tests: a `StartupMessage` in plaintext and one inside TLS, each up to the first answer.
//!
//! No password is ever sent. What is sent at the end depends on what PostgreSQL takes for a quiet leave: before the
//! authentication is over that is the end of the stream alone, and `Terminate` would cost it a line in its log.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::failure::{self, Step};
use super::postgresql;
use crate::endpoint::Target;
use crate::libpq::wire::{self, AuthenticationRequest, Reply};
use crate::observation::{Failure, StartupAnswer, StartupReply};

/// The user that is named where the target names none. Nobody has to exist by that name: a server that tells an
/// unknown user from a known one before the password tells it to everybody.
const USER: &str = "verifull";

/// What `application_name` says in the server's session list and log.
const APPLICATION_NAME: &str = "verifull";

/// Sends a `StartupMessage` and reads the first answer. It leaves the stream open.
pub(super) async fn knock<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    target: &Target,
    timeout: Duration,
) -> Result<StartupAnswer, Failure> {
    let step = Step::Startup;
    let user = target.user.as_deref().unwrap_or(USER);
    let database = target.database.as_deref().unwrap_or(user);
    let message = wire::startup_message(&[
        ("user", user),
        ("database", database),
        ("application_name", APPLICATION_NAME),
    ]);
    let reply = failure::within(step, timeout, async {
        let sent = async {
            stream.write_all(&message).await?;
            stream.flush().await
        };
        sent.await.map_err(|error| failure::from_io(step, &error))?;
        postgresql::read_reply(stream, step, Vec::new()).await
    })
    .await?;
    Ok(StartupAnswer {
        user: user.to_owned(),
        database: database.to_owned(),
        reply: match reply {
            Reply::Error(error) => StartupReply::Error(error),
            Reply::Authentication(request) => StartupReply::Authentication(request),
        },
    })
}

/// Takes leave of a session that asked for no password: it is open, and `Terminate` is how one ends it.
pub(super) async fn terminate_if_open<S: AsyncWrite + Unpin>(
    stream: &mut S,
    answer: &StartupAnswer,
    patience: Duration,
) {
    if answer.reply == StartupReply::Authentication(AuthenticationRequest::Ok) {
        let sent = async {
            stream.write_all(&wire::TERMINATE).await?;
            stream.flush().await
        };
        // A peer that is gone already needs no leave.
        let _ = tokio::time::timeout(patience, sent).await;
    }
}

/// Ends a plaintext connection: our end of it, then what the peer still says, within bounds.
pub(super) async fn leave<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, patience: Duration) {
    let drained = async {
        let mut piece = [0; 512];
        stream.shutdown().await?;
        while stream.read(&mut piece).await? > 0 {}
        std::io::Result::Ok(())
    };
    let _ = tokio::time::timeout(patience, drained).await;
}
