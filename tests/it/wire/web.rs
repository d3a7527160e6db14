//! HTTPS peers: one head, and not a byte of the body that was not on the way already.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use verifull::endpoint::Protocol;
use verifull::observation::{Attempt, EndpointObservation, FailureKind};
use verifull::probe::Depth;

use super::peer::{Peer, good, goodbye, probed};

/// Serves `answer`, repeats `more` until nobody listens, and returns what was seen and what was asked.
async fn served(answer: &'static [u8], more: &'static [u8]) -> (EndpointObservation, String) {
    let asked = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&asked);
    let acceptor = TlsAcceptor::from(Arc::new(good()));
    let peer = Peer::start(move |stream| {
        let (acceptor, noted) = (acceptor.clone(), Arc::clone(&noted));
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            let mut request = [0; 2048];
            let length = stream.read(&mut request).await.unwrap_or(0);
            *noted.lock().unwrap() = String::from_utf8_lossy(&request[..length]).into_owned();
            let _ = stream.write_all(answer).await;
            let _ = stream.flush().await;
            while !more.is_empty() && stream.write_all(more).await.is_ok() {}
            goodbye(&mut stream).await;
        }
    })
    .await;
    let mut endpoint = peer.endpoint(Protocol::Https);
    endpoint.target.path = Some("/health check".to_owned());
    endpoint.server_name = Some("a.example".to_owned());
    let seen = probed(&endpoint, Depth::WithLoginTest).await;
    let port = peer.address.port().to_string();
    let asked = asked.lock().unwrap().replace(&port, "PORT");
    (seen, asked)
}

#[tokio::test]
async fn head_is_read_and_the_request_is_small() {
    let (seen, asked) = served(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nServer: test\r\n\
          Strict-Transport-Security: max-age=300\r\nSet-Cookie: id=planted-secret; Secure\r\n\r\nbody",
        b"",
    )
    .await;
    let head = seen.http.seen().unwrap();
    assert_eq!(head.status, 200);
    assert_eq!(head.hsts.unwrap().max_age_seconds, 300);
    assert!(head.cookies[0].secure);
    assert!(!format!("{seen:?}").contains("planted-secret"));
    assert!(seen.timings.response.is_some());
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        asked,
        format!(
            "GET /health%20check HTTP/1.1\r\nHost: a.example:PORT\r\nUser-Agent: verifull/{version}\r\n\
             Accept: */*\r\nConnection: close\r\n\r\n"
        )
    );
    assert!(
        matches!(seen.plain_http, Attempt::NotAttempted(_)),
        "no rule for this port"
    );
    assert!(matches!(seen.plaintext_startup, Attempt::NotAttempted(_)));
}

#[tokio::test]
async fn endless_head_and_endless_body_are_bounded() {
    let (seen, _) = served(b"HTTP/1.1 200 OK\r\nX: ", &[b'a'; 4096]).await;
    let Attempt::Failed(failure) = &seen.http else {
        panic!("{:?}", seen.http);
    };
    assert_eq!(failure.kind, FailureKind::PeerMisbehaved);
    let (seen, _) = served(b"HTTP/1.1 200 OK\r\n\r\n", &[b'a'; 4096]).await;
    assert_eq!(seen.http.seen().unwrap().status, 200);
    assert!(matches!(seen.handshake, Attempt::Seen(_)));
}

#[tokio::test]
async fn what_is_not_http_leaves_the_handshake_seen() {
    let (seen, _) = served(b"SSH-2.0-OpenSSH_9.2\r\n", b"").await;
    let Attempt::Failed(failure) = &seen.http else {
        panic!("{:?}", seen.http);
    };
    assert_eq!(failure.kind, FailureKind::PeerMisbehaved);
    assert!(matches!(seen.handshake, Attempt::Seen(_)));
    assert!(matches!(seen.chain, Attempt::Seen(_)));
}
