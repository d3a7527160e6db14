//! A response head from bytes to facts.
//!
//! It reads what can be read and skips what cannot; cookie values end here.

use std::collections::HashSet;

use super::{Cookie, Head, Hsts, LARGEST_HEAD};
use crate::text;

/// Most cookies that are kept. RFC 6265 section 6.1 asks browsers for at least 50 a domain.
const MOST_COOKIES: usize = 50;

/// Why bytes are no response head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// It does not begin as HTTP/1 does.
    #[error("what came is not HTTP/1.1")]
    NotHttp,
    /// The status line has no status code.
    #[error("the status line has no status code")]
    NoStatus,
    /// There is no empty line.
    #[error("the response head has no end")]
    Unfinished,
    /// It is larger than [`LARGEST_HEAD`].
    #[error("the response head is larger than {LARGEST_HEAD} bytes")]
    TooLarge,
}

/// Returns the length of the first head in `received`, its empty line included, once it is all there.
pub fn length(received: &[u8]) -> Option<usize> {
    let mut line_start = 0;
    for (index, byte) in received.iter().enumerate() {
        if *byte == b'\n' {
            let line = &received[line_start..index];
            if line_start > 0 && matches!(line, [] | [b'\r']) {
                return Some(index + 1);
            }
            line_start = index + 1;
        }
    }
    None
}

/// Reads one response head, up to and with its empty line.
pub fn parse(received: &[u8]) -> Result<Head, HeadError> {
    if !received.starts_with(b"HTTP/1.") {
        return Err(HeadError::NotHttp);
    }
    let Some(end) = length(received) else {
        return Err(if received.len() >= LARGEST_HEAD {
            HeadError::TooLarge
        } else {
            HeadError::Unfinished
        });
    };
    if end > LARGEST_HEAD {
        return Err(HeadError::TooLarge);
    }
    let mut lines = received[..end].split(|byte| *byte == b'\n');
    let mut head = Head {
        status: status(lines.next().unwrap_or_default())?,
        ..Head::default()
    };
    let mut hsts_seen = false;
    for line in lines {
        let Some((name, value)) = field(line) else {
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            // RFC 6797 section 8.1: only the first of these fields counts, also when it cannot be read.
            "strict-transport-security" if !hsts_seen => {
                hsts_seen = true;
                head.hsts = hsts(&value);
            }
            "location" if head.location.is_none() => head.location = Some(text::printable(&value)),
            "server" if head.server.is_none() => head.server = Some(text::printable(&value)),
            "set-cookie" if head.cookies.len() < MOST_COOKIES => {
                head.cookies.extend(cookie(&value));
            }
            _ => {}
        }
    }
    Ok(head)
}

/// Reads the status code (RFC 9112 section 4).
fn status(line: &[u8]) -> Result<u16, HeadError> {
    line.split(|byte| *byte == b' ')
        .nth(1)
        .map(<[u8]>::trim_ascii)
        .filter(|code| code.len() == 3 && code.iter().all(u8::is_ascii_digit))
        .and_then(|code| std::str::from_utf8(code).ok()?.parse().ok())
        .filter(|code| (100..1000).contains(code))
        .ok_or(HeadError::NoStatus)
}

/// Splits a field line. A line that continues the one before it, or has no name, is none (RFC 9112 section 5).
fn field(line: &[u8]) -> Option<(String, String)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = std::str::from_utf8(&line[..colon]).ok()?;
    let is_token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_token.then(|| {
        let value = String::from_utf8_lossy(line[colon + 1..].trim_ascii()).into_owned();
        (name.to_owned(), value)
    })
}

/// Reads `Strict-Transport-Security` (RFC 6797 section 6.1): no directive twice, `max-age` required.
fn hsts(value: &str) -> Option<Hsts> {
    let mut max_age_seconds = None;
    let mut include_subdomains = false;
    let mut preload = false;
    let mut names = HashSet::new();
    for directive in value
        .split(';')
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        let (name, argument) = match directive.split_once('=') {
            Some((name, argument)) => (name.trim_end(), Some(unquoted(argument.trim_start()))),
            None => (directive, None),
        };
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "max-age" => max_age_seconds = Some(seconds(argument?)?),
            "includesubdomains" => include_subdomains = true,
            "preload" => preload = true,
            _ => {}
        }
        if !names.insert(name) {
            return None;
        }
    }
    Some(Hsts {
        max_age_seconds: max_age_seconds?,
        include_subdomains,
        preload,
    })
}

/// Takes the quotes off a quoted string.
fn unquoted(argument: &str) -> &str {
    argument
        .strip_prefix('"')
        .and_then(|inner| inner.strip_suffix('"'))
        .unwrap_or(argument)
}

/// Reads digits. A number beyond 64 bits is forever all the same.
fn seconds(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Reads `Set-Cookie` (RFC 6265 section 5.2) and drops the value.
fn cookie(value: &str) -> Option<Cookie> {
    let mut parts = value.split(';');
    let (name, _secret) = parts.next()?.split_once('=')?;
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    let mut cookie = Cookie {
        name: text::printable_within(name, 128),
        secure: false,
        http_only: false,
        same_site: None,
    };
    for attribute in parts {
        let (attribute, argument) = attribute.split_once('=').unwrap_or((attribute, ""));
        match attribute.trim().to_ascii_lowercase().as_str() {
            "secure" => cookie.secure = true,
            "httponly" => cookie.http_only = true,
            // The last one counts (RFC 6265bis section 5.7).
            "samesite" => cookie.same_site = Some(text::printable_within(argument.trim(), 16)),
            _ => {}
        }
    }
    Some(cookie)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head(fields: &str) -> Head {
        parse(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes()).unwrap()
    }

    fn hsts_of(value: &str) -> Option<u64> {
        head(&format!("Strict-Transport-Security: {value}\r\n"))
            .hsts
            .map(|hsts| hsts.max_age_seconds)
    }

    #[test]
    fn whole_head_is_read() {
        let head = parse(
            b"HTTP/1.1 301 Moved Permanently\r\nserver: nginx\r\nLOCATION:\thttps://a.example/ \r\n\
              Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n\r\n<html>",
        )
        .unwrap();
        assert_eq!(head.status, 301);
        assert_eq!(head.server.as_deref(), Some("nginx"));
        assert_eq!(head.location.as_deref(), Some("https://a.example/"));
        assert_eq!(
            head.hsts,
            Some(Hsts {
                max_age_seconds: 31_536_000,
                include_subdomains: true,
                preload: true
            })
        );
    }

    #[test]
    fn hsts_follows_rfc_6797() {
        assert_eq!(hsts_of("max-age=0"), Some(0));
        assert_eq!(
            hsts_of("Max-Age = \"63072000\" ; IncludeSubDomains"),
            Some(63_072_000)
        );
        assert_eq!(hsts_of(";; max-age=5 ;;"), Some(5));
        assert_eq!(hsts_of("max-age=99999999999999999999999"), Some(u64::MAX));
        assert_eq!(hsts_of("max-age=1; max-age=2"), None);
        assert_eq!(hsts_of("max-age=1; unknown; unknown"), None);
        assert_eq!(hsts_of("includeSubDomains"), None);
        assert_eq!(hsts_of("max-age"), None);
        assert_eq!(hsts_of("max-age=-1"), None);
        assert_eq!(hsts_of("max-age=1.5"), None);
    }

    #[test]
    fn only_the_first_hsts_field_counts() {
        let field = "strict-transport-security";
        assert_eq!(
            head(&format!("{field}: max-age=1\r\n{field}: max-age=2\r\n"))
                .hsts
                .map(|hsts| hsts.max_age_seconds),
            Some(1)
        );
        assert_eq!(
            head(&format!("{field}: junk\r\n{field}: max-age=2\r\n")).hsts,
            None
        );
    }

    #[test]
    fn cookie_flags_are_kept_and_the_value_is_not() {
        let head = head(
            "Set-Cookie: session=planted-secret; Path=/; SECURE; HttpOnly; samesite=Lax\r\n\
             set-cookie: theme=dark\r\nSet-Cookie: =nameless\r\nSet-Cookie: bare\r\n",
        );
        assert_eq!(head.cookies.len(), 2);
        assert_eq!(head.cookies[0].name, "session");
        assert!(head.cookies[0].secure && head.cookies[0].http_only);
        assert_eq!(head.cookies[0].same_site.as_deref(), Some("Lax"));
        assert!(!head.cookies[1].secure && !head.cookies[1].http_only);
        assert!(!format!("{head:?}").contains("planted-secret"));
    }

    #[test]
    fn what_is_not_http_is_refused() {
        assert_eq!(parse(b"SSH-2.0-OpenSSH\r\n\r\n"), Err(HeadError::NotHttp));
        assert_eq!(parse(b"HTTP/1.1\r\n\r\n"), Err(HeadError::NoStatus));
        assert_eq!(parse(b"HTTP/1.1 2000 OK\r\n\r\n"), Err(HeadError::NoStatus));
        assert_eq!(parse(b"HTTP/1.1 099 No\r\n\r\n"), Err(HeadError::NoStatus));
        assert_eq!(
            parse(b"HTTP/1.1 200 OK\r\nA: b\r\n"),
            Err(HeadError::Unfinished)
        );
        let endless = [b"HTTP/1.1 200 OK\r\nA: ".as_slice(), &[b'a'; LARGEST_HEAD]].concat();
        assert_eq!(parse(&endless), Err(HeadError::TooLarge));
    }

    #[test]
    fn control_characters_do_not_pass() {
        let head = head("Server: ng\u{1b}[2Jinx\r\nLocation: \u{202e}evil\r\n");
        assert_eq!(head.server.as_deref(), Some("ng\u{fffd}[2Jinx"));
        assert_eq!(head.location.as_deref(), Some("\u{fffd}evil"));
    }

    #[test]
    fn length_waits_for_the_empty_line() {
        let whole = b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n";
        for end in 0..whole.len() {
            assert_eq!(length(&whole[..end]), None, "{end}");
        }
        assert_eq!(length(whole), Some(whole.len()));
        assert_eq!(length(b"HTTP/1.0 200 OK\n\nbody"), Some(17));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(noise in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&noise);
            let _ = parse(&[b"HTTP/1.1 200 OK\r\nSet-Cookie: ".as_slice(), &noise, b"\r\n\r\n"].concat());
            let _ = parse(&[b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: ".as_slice(), &noise, b"\r\n\r\n"].concat());
        }
    }
}
