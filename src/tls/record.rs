//! The record layer in the clear, and the frame of a handshake message.

use super::ProtocolVersion;

/// `change_cipher_spec`.
pub const CHANGE_CIPHER_SPEC: u8 = 20;
/// `alert`.
pub const ALERT: u8 = 21;
/// `handshake`.
pub const HANDSHAKE: u8 = 22;
/// `application_data`.
pub const APPLICATION_DATA: u8 = 23;
/// `heartbeat` (RFC 6520).
pub const HEARTBEAT: u8 = 24;

/// Most bytes of content in one record (RFC 8446 section 5.1).
pub const LONGEST_PLAINTEXT: usize = 1 << 14;

/// Most bytes that a record may carry, encrypted or compressed (RFC 5246 section 6.2.3).
pub const LONGEST_FRAGMENT: usize = LONGEST_PLAINTEXT + 2048;

/// Appends one record. What a record cannot hold is cut: our own never is.
pub fn write(out: &mut Vec<u8>, content_type: u8, version: ProtocolVersion, fragment: &[u8]) {
    let fragment = &fragment[..fragment.len().min(LONGEST_FRAGMENT)];
    let length = u16::try_from(fragment.len()).unwrap_or(u16::MAX);
    out.push(content_type);
    out.extend(version.0.to_be_bytes());
    out.extend(length.to_be_bytes());
    out.extend(fragment);
}

/// Returns a handshake message: type, length in three bytes, body.
pub fn handshake_message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len())
        .unwrap_or(0xFF_FF_FF)
        .min(0xFF_FF_FF);
    let mut message = Vec::with_capacity(4 + body.len());
    message.push(kind);
    message.extend(&length.to_be_bytes()[1..]);
    message.extend(body);
    message
}

/// Returns an alert record of level `warning`.
pub fn warning(version: ProtocolVersion, description: super::AlertDescription) -> Vec<u8> {
    const WARNING: u8 = 1;
    let mut record = Vec::with_capacity(7);
    write(&mut record, ALERT, version, &[WARNING, description.0]);
    record
}
