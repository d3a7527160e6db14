//! The PostgreSQL messages before login (PostgreSQL documentation, section 55.7), as bytes and back.
//!
//! Protocol 3.0 only: a CockroachDB node does not answer 3.2 on a shared port.

use serde::{Deserialize, Serialize};

/// `SSLRequest`: exactly these eight bytes and not one more, or PostgreSQL 17 takes the rest for a handshake.
pub const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// `GSSENCRequest`.
pub const GSSENC_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30];

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
