//! The PostgreSQL messages before login (PostgreSQL documentation, section 55.7), as bytes and back.
//!
//! Protocol 3.0 only: a CockroachDB node does not answer 3.2 on a shared port. It builds no message that holds a
//! password, and it reads no message that comes after the authentication request.

use serde::{Deserialize, Serialize};

use crate::text;

/// `SSLRequest`: exactly these eight bytes and not one more, or PostgreSQL 17 takes the rest for a handshake.
pub const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// `GSSENCRequest`.
pub const GSSENC_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30];

/// `Terminate`, for a session that asked for no password and is open already.
pub const TERMINATE: [u8; 5] = [b'X', 0, 0, 0, 4];

/// Longest `ErrorResponse` that is read, in bytes: libpq's `MAX_ERRLEN`.
pub const LONGEST_ERROR: usize = 30_000;

/// Longest other message that is read before login, in bytes: libpq refuses longer authentication requests.
pub const LONGEST_MESSAGE: usize = 2_000;

/// Longest field of an `ErrorResponse` that is kept, in characters: PostgreSQL's own messages before login stay below 200.
const LONGEST_FIELD: usize = 256;

/// Most SASL mechanisms that are kept. IANA has registered fewer than thirty.
const MOST_MECHANISMS: usize = 32;

/// An `ErrorResponse`, as far as it tells who speaks. All text is printable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorResponse {
    /// Field `S`: `ERROR`, `FATAL`, or a translation.
    pub severity: String,
    /// Field `C`: SQLSTATE.
    pub sqlstate: String,
    /// Field `M`.
    pub message: String,
    /// Field `F`: the source file that reports, `.c` in PostgreSQL and `.go` in CockroachDB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Whether `M` was the last field, as CockroachDB has it.
    #[serde(default)]
    pub message_last: bool,
}

impl ErrorResponse {
    /// Reads the body: fields, each a tag and a NUL-terminated string, by tag and never by position.
    fn from_body(body: &[u8]) -> Self {
        let mut error = Self::default();
        let mut rest = body;
        while let Some((&tag, after)) = rest.split_first().filter(|(tag, _)| **tag != 0) {
            let (value, next) = c_string(after);
            let value = field(value);
            error.message_last = tag == b'M';
            match tag {
                b'S' => error.severity = value,
                b'C' => error.sqlstate = value,
                b'M' => error.message = value,
                b'F' => error.file = Some(value),
                // `V`, `D`, `H` and the rest may name what the server holds, and tell nothing about who it is.
                _ => {}
            }
            rest = next;
        }
        error
    }

    /// Reads the bare text that servers before protocol 3.0, and a PostgreSQL that could not fork, send.
    fn from_bare_text(raw: &[u8]) -> Self {
        Self {
            message: field(raw).trim_end_matches('\u{fffd}').trim().to_owned(),
            ..Self::default()
        }
    }

    /// Writes SQLSTATE and message, as far as they are there: bare text has no SQLSTATE.
    pub fn reason(&self) -> String {
        match (self.sqlstate.as_str(), self.message.as_str()) {
            ("", "") => "no reason".to_owned(),
            ("", message) => message.to_owned(),
            (sqlstate, "") => sqlstate.to_owned(),
            (sqlstate, message) => format!("{sqlstate} {message}"),
        }
    }
}

/// Returns what a field says, printable and short enough to stand in a sentence.
fn field(raw: &[u8]) -> String {
    text::printable_within(&text::printable_bytes(raw), LONGEST_FIELD)
}

impl std::fmt::Display for ErrorResponse {
    /// Writes severity, SQLSTATE and message, as far as they are there.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.severity.is_empty() {
            write!(f, "{} ", self.severity)?;
        }
        f.write_str(&self.reason())
    }
}

/// What a server asks for after a `StartupMessage`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticationRequest {
    /// `AuthenticationOk`: it asks for nothing.
    Ok,
    /// `AuthenticationCleartextPassword`.
    CleartextPassword,
    /// `AuthenticationMD5Password`.
    Md5Password,
    /// `AuthenticationGSS` or `AuthenticationSSPI`.
    Gss,
    /// `AuthenticationSASL` and the mechanisms it offers.
    Sasl(Vec<String>),
    /// A request with another number.
    Other(u32),
}

impl AuthenticationRequest {
    /// Reads the body: a number, and after `AuthenticationSASL` a list of names.
    fn from_body(body: &[u8]) -> Option<Self> {
        let (number, rest) = body.split_first_chunk::<4>()?;
        Some(match u32::from_be_bytes(*number) {
            0 => Self::Ok,
            3 => Self::CleartextPassword,
            5 => Self::Md5Password,
            7 | 9 => Self::Gss,
            10 => Self::Sasl(mechanisms(rest)),
            number => Self::Other(number),
        })
    }
}

/// Reads the list of SASL mechanisms: NUL-terminated names, then an empty one.
fn mechanisms(body: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = body;
    while names.len() < MOST_MECHANISMS {
        let (name, next) = c_string(rest);
        if name.is_empty() {
            break;
        }
        names.push(text::printable_bytes(name));
        rest = next;
    }
    names
}

/// Splits at the first NUL, which goes to neither side. Without one everything is the string.
fn c_string(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == 0) {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

/// Builds a `StartupMessage` of protocol 3.0 from names and values.
///
/// A NUL inside a name or value would end it early and start another, so it ends the text there.
pub fn startup_message(parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut message = vec![0, 0, 0, 0, 0, 3, 0, 0];
    for text in parameters.iter().flat_map(|(name, value)| [name, value]) {
        let (text, _) = c_string(text.as_bytes());
        message.extend_from_slice(text);
        message.push(0);
    }
    message.push(0);
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    message[..4].copy_from_slice(&length.to_be_bytes());
    message
}

/// The first message of a server that matters before login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `E`.
    Error(ErrorResponse),
    /// `R`.
    Authentication(AuthenticationRequest),
}

/// Why bytes are no message that a server may send before login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The first byte is the tag of nothing that may come here.
    #[error("a message that begins with {}", show_byte(*.0))]
    UnexpectedTag(u8),
    /// The length cannot be, or is more than is read.
    #[error("a message of {0} bytes")]
    Length(u32),
    /// The message ends before what it must hold.
    #[error("a message that is cut short")]
    Truncated,
}

/// Shows a byte as a reader of a protocol wants it.
pub fn show_byte(byte: u8) -> String {
    if byte.is_ascii_graphic() {
        format!("`{}` (0x{byte:02x})", char::from(byte))
    } else {
        format!("0x{byte:02x}")
    }
}

/// Reads the first reply out of what has come so far; `None` where more must come.
///
/// `NegotiateProtocolVersion` is stepped over: the reply is what follows it.
pub fn reply(received: &[u8]) -> Result<Option<Reply>, WireError> {
    let Some((&tag, after)) = received.split_first() else {
        return Ok(None);
    };
    let longest = match tag {
        b'E' => LONGEST_ERROR,
        b'R' | b'v' => LONGEST_MESSAGE,
        _ => return Err(WireError::UnexpectedTag(tag)),
    };
    let Some((length, _)) = after.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes(*length);
    let fits = usize::try_from(length).is_ok_and(|length| (8..=longest).contains(&length));
    if !fits {
        // libpq's rule: a length like this means text from before protocol 3.0.
        return if tag == b'E' {
            Ok(bare_text(after))
        } else {
            Err(WireError::Length(length))
        };
    }
    let Some((message, rest)) = after.split_at_checked(length as usize) else {
        return Ok(None);
    };
    let body = &message[4..];
    match tag {
        b'E' => Ok(Some(Reply::Error(ErrorResponse::from_body(body)))),
        b'R' => AuthenticationRequest::from_body(body)
            .map(|request| Some(Reply::Authentication(request)))
            .ok_or(WireError::Truncated),
        _ => match rest.first() {
            // One is enough: a second would be a peer that never comes to the point.
            Some(b'v') => Err(WireError::UnexpectedTag(b'v')),
            _ => reply(rest),
        },
    }
}

/// Reads an error without length, which a NUL ends.
fn bare_text(after: &[u8]) -> Option<Reply> {
    let ended = after.contains(&0) || after.len() >= LONGEST_ERROR;
    ended.then(|| Reply::Error(ErrorResponse::from_bare_text(c_string(after).0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(hex: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
    }

    fn error(hex: &str) -> ErrorResponse {
        match reply(&bytes(hex)) {
            Ok(Some(Reply::Error(error))) => error,
            other => panic!("expected an error, got {other:?}"),
        }
    }

    #[test]
    fn startup_message_has_the_documented_bytes() {
        let message = startup_message(&[
            ("user", "root"),
            ("database", "defaultdb"),
            ("application_name", "probe"),
        ]);
        assert_eq!(
            message,
            bytes(
                "0000003d000300007573657200726f6f740064617461626173650064656661756c74646200\
                 6170706c69636174696f6e5f6e616d650070726f62650000"
            )
        );
    }

    #[test]
    fn nul_in_a_name_smuggles_no_parameter() {
        let message = startup_message(&[("user", "a\0options\0-c x")]);
        assert_eq!(message, startup_message(&[("user", "a")]));
    }

    #[test]
    fn cockroachdb_refusal_of_plaintext_is_read() {
        let refusal = error(
            "450000007d534552524f5200564552524f520043303850303100467072655f73657276652e676f004c34353000526d61796265557067\
             72616465546f536563757265436f6e6e004d6e6f64652069732072756e6e696e6720736563757265206d6f64652c2053534c20636f6e\
             6e656374696f6e2072657175697265640000",
        );
        assert_eq!(refusal.severity, "ERROR");
        assert_eq!(refusal.sqlstate, "08P01");
        assert_eq!(
            refusal.message,
            "node is running secure mode, SSL connection required"
        );
        assert_eq!(refusal.file.as_deref(), Some("pre_serve.go"));
        assert!(refusal.message_last);
    }

    #[test]
    fn bare_text_is_short_and_has_no_sqlstate() {
        let error = ErrorResponse::from_bare_text("x".repeat(9_000).as_bytes());
        assert_eq!(error.message.chars().count(), LONGEST_FIELD + 1);
        assert_eq!(error.to_string(), error.message);
        assert_eq!(ErrorResponse::default().to_string(), "no reason");
    }

    #[test]
    fn cockroachdb_refusal_of_gss_is_read() {
        let refusal = error(
            "450000005c534552524f5200564552524f520043303850303100467072655f73657276652e676f004c33343000525072655365727665\
             004d47535320656e6372797074696f6e206973206e6f742079657420737570706f727465640000",
        );
        assert_eq!(refusal.message, "GSS encryption is not yet supported");
        assert_eq!(refusal.file.as_deref(), Some("pre_serve.go"));
    }

    #[test]
    fn cloud_proxy_error_without_v_field_is_read() {
        let refusal = error(
            "450000002f53464154414c00433038303034004d73657276657220726571756972657320656e6372797074696f6e0000",
        );
        assert_eq!(
            refusal.to_string(),
            "FATAL 08004 server requires encryption"
        );
        assert_eq!(refusal.file, None);
    }

    #[test]
    fn postgresql_error_does_not_end_in_its_message() {
        let mut message =
            b"E\0\0\0\0SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry\0Fauth.c\0L545\0\0".to_vec();
        let length = u32::try_from(message.len() - 1).unwrap();
        message[1..5].copy_from_slice(&length.to_be_bytes());
        let Ok(Some(Reply::Error(refusal))) = reply(&message) else {
            panic!("no error");
        };
        assert_eq!(refusal.file.as_deref(), Some("auth.c"));
        assert!(!refusal.message_last);
    }

    #[test]
    fn authentication_requests_are_told_apart() {
        let cases = [
            ("520000000800000000", AuthenticationRequest::Ok),
            (
                "520000000800000003",
                AuthenticationRequest::CleartextPassword,
            ),
            (
                "520000000c0000000501020304",
                AuthenticationRequest::Md5Password,
            ),
            ("520000000800000007", AuthenticationRequest::Gss),
            ("520000000800000063", AuthenticationRequest::Other(99)),
            (
                "52000000170000000a534352414d2d5348412d3235360000",
                AuthenticationRequest::Sasl(vec!["SCRAM-SHA-256".to_owned()]),
            ),
        ];
        for (hex, wanted) in cases {
            assert_eq!(
                reply(&bytes(hex)),
                Ok(Some(Reply::Authentication(wanted))),
                "{hex}"
            );
        }
    }

    #[test]
    fn a_reply_waits_for_its_last_byte() {
        let whole = bytes("52000000170000000a534352414d2d5348412d3235360000");
        for end in 0..whole.len() {
            assert_eq!(reply(&whole[..end]), Ok(None), "{end} bytes");
        }
        assert!(reply(&whole).unwrap().is_some());
    }

    #[test]
    fn negotiate_protocol_version_is_stepped_over_once() {
        let negotiate = bytes("760000000c0000000000000000");
        let mut message = negotiate.clone();
        message.extend(bytes("520000000800000000"));
        assert_eq!(
            reply(&message),
            Ok(Some(Reply::Authentication(AuthenticationRequest::Ok)))
        );
        let mut twice = negotiate.clone();
        twice.extend(&negotiate);
        assert_eq!(reply(&twice), Err(WireError::UnexpectedTag(b'v')));
    }

    #[test]
    fn error_without_length_is_bare_text() {
        let Ok(Some(Reply::Error(error))) = reply(b"Ecould not fork new process\n\0") else {
            panic!("no error");
        };
        assert_eq!(error.message, "could not fork new process");
        assert_eq!(reply(b"Ecould not fork"), Ok(None));
    }

    #[test]
    fn impossible_lengths_are_refused() {
        assert_eq!(reply(b"R\0\0\0\x07abcd"), Err(WireError::Length(7)));
        assert_eq!(
            reply(b"R\xff\xff\xff\xff"),
            Err(WireError::Length(u32::MAX))
        );
        assert_eq!(
            reply(b"HTTP/1.1 400 Bad Request"),
            Err(WireError::UnexpectedTag(b'H'))
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(noise in proptest::collection::vec(any::<u8>(), 0..200), tag in prop::sample::select(b"ERvX".as_slice())) {
            let mut message = vec![tag];
            message.extend(noise);
            let _ = reply(&message);
        }
    }
}
