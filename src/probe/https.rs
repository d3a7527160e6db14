//! HTTPS: one request, one response head; and what plain HTTP says on the matching port.
//!
//! `GET` and nothing that changes anything. The body is never read on purpose.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::failure::{self, Step};
use crate::endpoint::{Endpoint, Host};
use crate::http::head::{self, HeadError};
use crate::http::{Head, LARGEST_HEAD};
use crate::observation::{Attempt, Failure, PlainHttp};

/// What is read at once.
const PIECE: usize = 2048;

/// Most that one exchange may take: the head, the end of a piece that begins in it, and TLS around it.
pub(super) const EXCHANGE: usize = 2 * LARGEST_HEAD + PIECE;

/// Builds the request.
pub(super) fn request(endpoint: &Endpoint, port: u16, default_port: u16) -> Vec<u8> {
    let host = match (&endpoint.server_name, &endpoint.target.host) {
        (Some(name), _) | (None, Host::Name(name)) => name.clone(),
        (None, Host::Address(address)) if address.is_ipv6() => format!("[{address}]"),
        (None, Host::Address(address)) => address.to_string(),
    };
    let port = if port == default_port {
        String::new()
    } else {
        format!(":{port}")
    };
    let path = path(endpoint.target.path.as_deref().unwrap_or("/"));
    let agent = concat!("verifull/", env!("CARGO_PKG_VERSION"));
    format!(
        "GET {path} HTTP/1.1\r\nHost: {}{port}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        escaped(&host)
    )
    .into_bytes()
}

/// Returns the path as a request line takes it: from `/`, without fragment, nothing that could end the line.
fn path(raw: &str) -> String {
    let raw = raw.split('#').next().unwrap_or_default();
    let slash = if raw.starts_with('/') { "" } else { "/" };
    format!("{slash}{}", escaped(raw))
}

/// Writes what is not visible ASCII as `%XX`.
fn escaped(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len());
    for byte in raw.bytes() {
        if byte.is_ascii_graphic() {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// Sends a request and reads the response head. The error keeps the alert that may have come in its place.
pub(super) async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    request: &[u8],
    timeout: Duration,
) -> Result<Head, Refusal> {
    let exchanged = async {
        stream.write_all(request).await?;
        stream.flush().await?;
        read_head(stream).await
    };
    match tokio::time::timeout(timeout, exchanged).await {
        Ok(Ok(Ok(head))) => Ok(head),
        Ok(Ok(Err(failure))) => Err(Refusal::from(failure)),
        Ok(Err(error)) => Err(Refusal {
            alert: failure::alert(&error),
            failure: failure::from_io(Step::Response, &error),
        }),
        Err(_) => Err(Refusal::from(failure::timed_out(Step::Response, timeout))),
    }
}

/// An exchange that came to nothing.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// The alert with which the peer ended it.
    pub(super) alert: Option<crate::tls::AlertDescription>,
    /// What happened.
    pub(super) failure: Failure,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self {
            alert: None,
            failure,
        }
    }
}

/// Reads until the final response head is whole, stepping over interim ones (RFC 9110 section 15.2).
async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<Result<Head, Failure>> {
    let mut received = Vec::new();
    let mut piece = [0; PIECE];
    loop {
        match head::parse(&received) {
            Ok(head) if (100..200).contains(&head.status) => {
                received.drain(..head::length(&received).unwrap_or(received.len()));
                continue;
            }
            Ok(head) => return Ok(Ok(head)),
            Err(HeadError::Unfinished) => {}
            Err(HeadError::NotHttp) if b"HTTP/1.".starts_with(&received) => {}
            Err(error) => return Ok(Err(failure::misbehaved(error.to_string()))),
        }
        let length = stream.read(&mut piece).await?;
        if length == 0 {
            return Ok(Err(if received.is_empty() {
                failure::closed(Step::Response)
            } else {
                failure::misbehaved(HeadError::Unfinished.to_string())
            }));
        }
        received.extend_from_slice(&piece[..length]);
    }
}

/// Reads what plain HTTP answers.
pub(super) fn plain_http(
    port: u16,
    endpoint: &Endpoint,
    answer: Result<Head, Refusal>,
) -> Attempt<PlainHttp> {
    match answer {
        Ok(head) => Attempt::Seen(PlainHttp {
            port,
            status: head.status,
            redirects_to_https: matches!(head.status, 301 | 302 | 303 | 307 | 308)
                && head
                    .location
                    .as_deref()
                    .is_some_and(|location| leads_to_https(location, &endpoint.reference_name())),
        }),
        Err(refusal) => Attempt::Failed(refusal.failure),
    }
}

/// Whether a `Location` leads to `https` on the same host, on whatever port.
fn leads_to_https(location: &str, host: &str) -> bool {
    let scheme = "https://";
    let Some(rest) = location
        .get(..scheme.len())
        .filter(|start| start.eq_ignore_ascii_case(scheme))
        .map(|_| &location[scheme.len()..])
    else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let name = match authority.strip_prefix('[') {
        Some(literal) => literal.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    name.trim_end_matches('.').eq_ignore_ascii_case(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_on_the_same_host_counts_as_redirect() {
        for (location, leads) in [
            ("https://a.example/", true),
            ("HTTPS://A.example:8443/login", true),
            ("https://a.example", true),
            ("http://a.example/", false),
            ("https://a.example.evil/", false),
            ("https://b.example/", false),
            ("https://a.example@b.example/", false),
            ("//a.example/", false),
            ("/", false),
            ("", false),
        ] {
            assert_eq!(leads_to_https(location, "a.example"), leads, "{location}");
        }
        assert!(leads_to_https("https://[::1]:8080/", "::1"));
    }

    #[test]
    fn nothing_in_a_path_ends_the_request_line() {
        assert_eq!(path("/a b\r\nX: y#z"), "/a%20b%0D%0AX:%20y");
        assert_eq!(path("?q=ü"), "/?q=%C3%BC");
        assert_eq!(path(""), "/");
    }

    #[tokio::test]
    async fn head_in_pieces_and_after_interim_heads_is_read() {
        let answer = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 307 Go\r\nLocation: https://a.example/\r\n\r\n";
        let (mut ours, mut theirs) = tokio::io::duplex(4096);
        let server = async {
            for byte in answer {
                theirs.write_all(&[*byte]).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let client = exchange(&mut ours, b"GET / HTTP/1.1\r\n\r\n", Duration::from_secs(5));
        let (head, ()) = tokio::join!(client, server);
        assert_eq!(head.unwrap().status, 307);
    }
}
