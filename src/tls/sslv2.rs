//! SSLv2 as far as it is needed to see whether a server still speaks it: `CLIENT-HELLO` and `SERVER-HELLO`.
//!
//! The protocol was never an RFC; the layout is that of Netscape's specification of 1995. It shares nothing with the later
//! versions: records have a header of two bytes, cipher kinds have three, and one answer names all that are in common.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A cipher kind of SSLv2, three bytes on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sslv2CipherKind(pub u32);

impl Sslv2CipherKind {
    /// Every cipher kind of the specification, and the two that OpenSSL once added.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self(0x01_00_80), "SSL_CK_RC4_128_WITH_MD5"),
        (Self(0x02_00_80), "SSL_CK_RC4_128_EXPORT40_WITH_MD5"),
        (Self(0x03_00_80), "SSL_CK_RC2_128_CBC_WITH_MD5"),
        (Self(0x04_00_80), "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5"),
        (Self(0x05_00_80), "SSL_CK_IDEA_128_CBC_WITH_MD5"),
        (Self(0x06_00_40), "SSL_CK_DES_64_CBC_WITH_MD5"),
        (Self(0x07_00_C0), "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"),
        (Self(0x08_00_80), "SSL_CK_RC4_64_WITH_MD5"),
    ];

    /// Returns its name, if it has one.
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED
            .iter()
            .find(|(kind, _)| *kind == self)
            .map(|(_, name)| *name)
    }

    /// Returns the wire value as it is written in reports, such as `0x010080`.
    pub fn code(self) -> String {
        format!("0x{:06X}", self.0)
    }

    /// Whether its key has 40 bits on purpose.
    pub fn is_export(self) -> bool {
        self.name().is_some_and(|name| name.contains("EXPORT"))
    }
}

impl fmt::Display for Sslv2CipherKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => f.pad(&self.code()),
        }
    }
}

impl From<Sslv2CipherKind> for String {
    fn from(kind: Sslv2CipherKind) -> Self {
        kind.to_string()
    }
}

impl TryFrom<String> for Sslv2CipherKind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Some((kind, _)) = Self::NAMED.iter().find(|(_, name)| *name == text) {
            return Ok(*kind);
        }
        text.strip_prefix("0x")
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .filter(|number| *number <= 0xFF_FF_FF)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no cipher kind of SSLv2"))
    }
}

/// What a server answers to a `CLIENT-HELLO`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHello {
    /// Its certificate, one X.509 certificate in DER; empty where it has none.
    pub certificate: Vec<u8>,
    /// Cipher kinds in common.
    pub cipher_kinds: Vec<Sslv2CipherKind>,
}

/// Most bytes that a `SERVER-HELLO` may have: the length field of a record has 15 bits.
pub const LONGEST: usize = 2 + 0x7FFF;

/// Writes a `CLIENT-HELLO` that offers every cipher kind.
pub fn client_hello(challenge: [u8; 16]) -> Vec<u8> {
    const CLIENT_HELLO: u8 = 1;
    let kinds = Sslv2CipherKind::NAMED;
    let mut body = vec![CLIENT_HELLO, 0, 2];
    body.extend(u16_of(kinds.len() * 3));
    body.extend([0, 0]); // no session id
    body.extend(u16_of(challenge.len()));
    for (kind, _) in kinds {
        body.extend(&kind.0.to_be_bytes()[1..]);
    }
    body.extend(challenge);
    let mut record = u16_of(body.len() | 0x8000).to_vec();
    record.append(&mut body);
    record
}

fn u16_of(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no SERVER-HELLO of SSLv2")]
pub struct NotSslv2;

/// Reads a `SERVER-HELLO` off the beginning of a stream; `None` where more has to come.
pub fn server_hello(stream: &[u8]) -> Result<Option<ServerHello>, NotSslv2> {
    const SERVER_HELLO: u8 = 4;
    let Some((header, rest)) = stream.split_first_chunk::<2>() else {
        return Ok(None);
    };
    let header = u16::from_be_bytes(*header);
    // A header of three bytes, without the high bit, is for encrypted records.
    if header & 0x8000 == 0 {
        return Err(NotSslv2);
    }
    let length = usize::from(header & 0x7FFF);
    let Some((fixed, _)) = rest.split_first_chunk::<11>() else {
        let may_go_on = length >= 11 && rest.first().is_none_or(|kind| *kind == SERVER_HELLO);
        return if may_go_on { Ok(None) } else { Err(NotSslv2) };
    };
    let [SERVER_HELLO, _hit, _type, 0, 2, lengths @ ..] = fixed else {
        return Err(NotSslv2);
    };
    let [c1, c2, k1, k2, i1, i2] = *lengths;
    let certificate_length = usize::from(u16::from_be_bytes([c1, c2]));
    let kinds_length = usize::from(u16::from_be_bytes([k1, k2]));
    let id_length = usize::from(u16::from_be_bytes([i1, i2]));
    if 11 + certificate_length + kinds_length + id_length != length || kinds_length % 3 != 0 {
        return Err(NotSslv2);
    }
    let Some(body) = rest.get(11..length) else {
        return Ok(None);
    };
    let (certificate, body) = body.split_at(certificate_length);
    let kinds = &body[..kinds_length];
    Ok(Some(ServerHello {
        certificate: certificate.to_vec(),
        cipher_kinds: kinds
            .chunks_exact(3)
            .map(|kind| Sslv2CipherKind(u32::from_be_bytes([0, kind[0], kind[1], kind[2]])))
            .collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_hello_has_the_documented_layout() {
        let hello = client_hello([9; 16]);
        assert_eq!(hello[..2], [0x80, 0x31]);
        assert_eq!(hello[2..11], [1, 0, 2, 0, 24, 0, 0, 0, 16]);
        assert_eq!(hello[11..14], [1, 0, 0x80]);
        assert_eq!(hello.len(), 2 + 0x31);
    }

    #[test]
    fn server_hello_waits_for_its_last_byte() {
        let mut stream = vec![0x80, 11 + 3 + 6 + 2, 4, 0, 1, 0, 2, 0, 3, 0, 6, 0, 2];
        stream.extend([1, 2, 3, 1, 0, 0x80, 7, 0, 0xC0, 8, 8]);
        for end in 0..stream.len() {
            assert_eq!(server_hello(&stream[..end]), Ok(None), "{end} bytes");
        }
        let hello = server_hello(&stream).unwrap().unwrap();
        assert_eq!(hello.certificate, [1, 2, 3]);
        assert_eq!(
            hello
                .cipher_kinds
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
            [
                "SSL_CK_RC4_128_WITH_MD5",
                "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"
            ]
        );
    }

    #[test]
    fn other_answers_are_not_sslv2() {
        for answer in [
            &[21, 3, 0, 0, 2, 2, 40][..],
            b"HTTP/1.1 400 Bad Request\r\n",
            &[0x80, 3, 0, 0, 1],
            &[0x80, 2],
        ] {
            let mut answer = answer.to_vec();
            answer.extend([0; 12]);
            assert_eq!(server_hello(&answer), Err(NotSslv2));
        }
    }
}
