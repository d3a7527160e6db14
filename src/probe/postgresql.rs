//! The PostgreSQL wire before TLS: `SSLRequest` and `GSSENCRequest`, and the answers of honest and other peers.
//!
//! It sends the eight bytes of a request and reads one answer. It logs in nowhere.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use super::dial::Connection;
use super::failure::{self, Step};
use crate::libpq::wire::{self, ErrorResponse, Reply};
use crate::observation::{Failure, SslAnswer};

/// What is read at once. The usual answers have 1 to 300 bytes.
const PIECE: usize = 512;

/// Most that one answer may take: the longest error with its tag, and one piece that is read beyond it.
pub(super) const ANSWER: usize = wire::LONGEST_ERROR + wire::LONGEST_MESSAGE + PIECE;

/// What came back to `GSSENCRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GssAnswer {
    /// `G`: GSSAPI encryption may begin.
    Willing,
    /// `N`: none here.
    Unwilling,
    /// An error, as from CockroachDB and from servers that do not know the request.
    Error(ErrorResponse),
}

/// Asks for TLS.
pub(super) async fn ask_for_tls(
    connection: &mut Connection,
    timeout: Duration,
) -> Result<SslAnswer, Failure> {
    let step = Step::SslRequest;
    failure::within(step, timeout, async {
        let first = request(connection, step, &wire::SSL_REQUEST).await?;
        match first.as_slice() {
            [b'S'] => Ok(SslAnswer::Willing),
            // CVE-2021-23222: what stands before the handshake is not protected by it. libpq refuses it with these words.
            [b'S', ..] => Err(failure::misbehaved(
                "received unencrypted data after SSL response",
            )),
            [b'N', ..] => Ok(SslAnswer::Unwilling),
            [b'E', ..] => Ok(SslAnswer::Error(error(connection, step, first).await?)),
            other => Err(garbage(step, other)),
        }
    })
    .await
}

/// Asks for GSSAPI encryption, which nobody here wants: the refusal tells the product.
pub(super) async fn ask_for_gss(
    connection: &mut Connection,
    timeout: Duration,
) -> Result<GssAnswer, Failure> {
    let step = Step::GssEncRequest;
    failure::within(step, timeout, async {
        let first = request(connection, step, &wire::GSSENC_REQUEST).await?;
        match first.as_slice() {
            [b'G', ..] => Ok(GssAnswer::Willing),
            [b'N', ..] => Ok(GssAnswer::Unwilling),
            [b'E', ..] => Ok(GssAnswer::Error(error(connection, step, first).await?)),
            other => Err(garbage(step, other)),
        }
    })
    .await
}

/// Sends eight bytes and reads what comes first, at least one byte.
async fn request(
    connection: &mut Connection,
    step: Step,
    bytes: &[u8; 8],
) -> Result<Vec<u8>, Failure> {
    connection.allow(ANSWER);
    let sent = connection.write_all(bytes).await;
    sent.map_err(|error| failure::from_io(step, &error))?;
    let mut first = Vec::new();
    read_more(connection, step, &mut first).await?;
    Ok(first)
}

/// Reads the rest of an error.
async fn error(
    connection: &mut Connection,
    step: Step,
    received: Vec<u8>,
) -> Result<ErrorResponse, Failure> {
    match read_reply(connection, step, received).await? {
        Reply::Error(error) => Ok(error),
        Reply::Authentication(_) => Err(failure::misbehaved(format!(
            "an authentication request where an {step} was due"
        ))),
    }
}

/// Reads until a reply is whole, on top of what has been `received`.
pub(super) async fn read_reply(
    stream: &mut (impl AsyncRead + Unpin),
    step: Step,
    mut received: Vec<u8>,
) -> Result<Reply, Failure> {
    loop {
        match wire::reply(&received) {
            Ok(Some(reply)) => return Ok(reply),
            Ok(None) if received.len() <= ANSWER => {
                read_more(stream, step, &mut received).await?;
            }
            Ok(None) => return Err(failure::misbehaved(format!("no end to the {step}"))),
            Err(wire::WireError::UnexpectedTag(_)) => return Err(garbage(step, &received)),
            Err(error) => {
                return Err(failure::misbehaved(format!(
                    "{error} came where an {step} was due"
                )));
            }
        }
    }
}

/// Reads one piece, at least one byte.
async fn read_more(
    stream: &mut (impl AsyncRead + Unpin),
    step: Step,
    received: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut piece = [0; PIECE];
    match stream.read(&mut piece).await {
        Ok(0) => Err(failure::closed(step)),
        Ok(length) => {
            received.extend_from_slice(&piece[..length]);
            Ok(())
        }
        Err(error) => Err(failure::from_io(step, &error)),
    }
}

/// Words an answer that is not PostgreSQL's, and whose it is, where that shows.
fn garbage(step: Step, answer: &[u8]) -> Failure {
    let speaks = match answer {
        [b'H', b'T', b'T', b'P', ..] => ": the peer speaks HTTP",
        [0x15 | 0x16, 3, ..] => ": the peer speaks TLS without it",
        [b'S', b'S', b'H', ..] => ": the peer speaks SSH",
        _ => "",
    };
    let first = answer
        .first()
        .copied()
        .map(wire::show_byte)
        .unwrap_or_default();
    failure::misbehaved(format!("{first} came as the {step}{speaks}"))
}
