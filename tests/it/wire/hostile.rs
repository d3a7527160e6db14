//! Peers that send nothing, garbage, too much, or go away.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use verifull::endpoint::Protocol;
use verifull::observation::{Attempt, Failure, FailureKind, SslAnswer};
use verifull::probe::Depth;

use super::peer::{self, Peer, linger, probed, read_ssl_request, reset};

fn failure<T: std::fmt::Debug>(attempt: &Attempt<T>) -> &Failure {
    let Attempt::Failed(failure) = attempt else {
        panic!("expected a failure, got {attempt:?}");
    };
    failure
}

#[tokio::test]
async fn silence_ends_at_the_time_limit() {
    let peer = Peer::answering(b"").await;
    let mut endpoint = peer.endpoint(Protocol::Postgresql);
    endpoint.timeout = Duration::from_millis(200);
    let seen = probed(&endpoint, Depth::WithLoginTest).await;
    assert_eq!(seen.connection, Attempt::Seen(()));
    let silence = failure(&seen.ssl_request);
    assert_eq!(silence.kind, FailureKind::TimedOut);
    assert_eq!(silence.detail, "no answer to SSLRequest within 0.2 s");
    assert_eq!(failure(&seen.handshake).kind, FailureKind::TimedOut);
    assert_eq!(
        seen.plaintext_startup.reason(),
        Some(silence.detail.clone())
    );
}

#[tokio::test]
async fn silence_inside_the_handshake_ends_at_the_time_limit() {
    for protocol in [Protocol::Postgresql, Protocol::Https, Protocol::Tls] {
        let answer: &[u8] = if protocol == Protocol::Postgresql {
            b"S"
        } else {
            b""
        };
        let peer = Peer::start(move |mut stream| async move {
            if !answer.is_empty() {
                read_ssl_request(&mut stream).await;
                let _ = stream.write_all(answer).await;
            }
            linger(&mut stream).await;
        })
        .await;
        let mut endpoint = peer.endpoint(protocol);
        endpoint.timeout = Duration::from_millis(200);
        let seen = probed(&endpoint, Depth::Quick).await;
        let silence = failure(&seen.handshake);
        assert_eq!(silence.kind, FailureKind::TimedOut, "{protocol}");
        assert_eq!(silence.detail, "no end of the TLS handshake within 0.2 s");
        assert_eq!(failure(&seen.chain), silence);
    }
}

#[tokio::test]
async fn garbage_is_named_by_its_first_byte() {
    let cases: [(&[u8], &str); 6] = [
        (b"X", "`X` (0x58) came as the answer to SSLRequest"),
        (b"\0\0\0", "0x00 came as the answer to SSLRequest"),
        (b"\x1b[2J", "0x1b came as the answer to SSLRequest"),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "`H` (0x48) came as the answer to SSLRequest: the peer speaks HTTP",
        ),
        (
            b"\x15\x03\x01\x00\x02\x02\x46",
            "0x15 came as the answer to SSLRequest: the peer speaks TLS without it",
        ),
        (b"SSLv", "received unencrypted data after SSL response"),
    ];
    for (answer, wanted) in cases {
        let seen = Peer::answering(answer).await.probed().await;
        let garbage = failure(&seen.ssl_request);
        assert_eq!(garbage.kind, FailureKind::PeerMisbehaved);
        assert_eq!(garbage.detail, wanted);
        assert!(matches!(seen.handshake, Attempt::Failed(_)));
    }
}

#[tokio::test]
async fn bytes_stuffed_behind_the_willing_answer_are_refused() {
    // What a man in the middle would put before the handshake (CVE-2021-23222).
    let seen = Peer::answering(b"SR\0\0\0\x08\0\0\0\0")
        .await
        .probed()
        .await;
    let stuffed = failure(&seen.ssl_request);
    assert_eq!(stuffed.kind, FailureKind::PeerMisbehaved);
    assert_eq!(
        stuffed.detail,
        "received unencrypted data after SSL response"
    );
    assert_eq!(failure(&seen.handshake), stuffed);
}

#[tokio::test]
async fn unwilling_server_is_seen_and_not_shaken_hands_with() {
    let seen = Peer::answering(b"N").await.probed().await;
    assert_eq!(seen.ssl_request, Attempt::Seen(SslAnswer::Unwilling));
    assert!(matches!(seen.handshake, Attempt::Refused(_)));
    assert!(matches!(seen.chain, Attempt::NotAttempted(_)));
    assert_eq!(seen.connections_used, 1);
}

#[tokio::test]
async fn error_in_place_of_an_answer_is_read_byte_by_byte() {
    let error = b"E\0\0\0\x2fSFATAL\0C08004\0Mserver requires encryption\0\0";
    let peer = Peer::start(move |mut stream| async move {
        let _ = stream.set_nodelay(true);
        read_ssl_request(&mut stream).await;
        for byte in error {
            let _ = stream.write_all(&[*byte]).await;
            tokio::task::yield_now().await;
        }
        linger(&mut stream).await;
    })
    .await;
    let seen = peer.probed().await;
    let Attempt::Seen(SslAnswer::Error(error)) = &seen.ssl_request else {
        panic!("{:?}", seen.ssl_request);
    };
    assert_eq!(error.message, "server requires encryption");
    assert!(matches!(seen.handshake, Attempt::Refused(_)));
}

#[tokio::test]
async fn error_without_end_is_bounded() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let peer = Peer::start(move |mut stream| {
        let sent = Arc::clone(&counted);
        async move {
            read_ssl_request(&mut stream).await;
            let _ = stream.write_all(b"E\0\0\x75\x30S").await;
            let text = [b'A'; 4096];
            while stream.write_all(&text).await.is_ok() {
                sent.fetch_add(text.len(), Ordering::Relaxed);
            }
        }
    })
    .await;
    let seen = peer.probed().await;
    let Attempt::Seen(SslAnswer::Error(error)) = &seen.ssl_request else {
        panic!("{:?}", seen.ssl_request);
    };
    assert!(
        error.severity.chars().count() <= 1025,
        "cut to what is shown"
    );
}

#[tokio::test]
async fn closing_is_told_from_resetting_at_each_step() {
    for (after, kind) in [
        (0, FailureKind::Closed),
        (1, FailureKind::Closed),
        (0, FailureKind::Reset),
        (1, FailureKind::Reset),
    ] {
        let peer = Peer::start(move |mut stream| async move {
            read_ssl_request(&mut stream).await;
            if after == 1 {
                let _ = stream.write_all(b"S").await;
                // The ClientHello is read: what closes with something unread resets.
                let _ = stream.read(&mut [0; 4096]).await;
            }
            if kind == FailureKind::Reset {
                reset(stream);
            }
        })
        .await;
        let seen = peer.probed().await;
        let attempt = if after == 0 {
            failure(&seen.ssl_request)
        } else {
            assert_eq!(seen.ssl_request, Attempt::Seen(SslAnswer::Willing));
            failure(&seen.handshake)
        };
        assert_eq!(attempt.kind, kind, "{after} {}", attempt.detail);
    }
}

#[tokio::test]
async fn reset_after_the_handshake_loses_no_observation() {
    let acceptor = TlsAcceptor::from(Arc::new(peer::good()));
    let peer = Peer::start(move |mut stream| {
        let acceptor = acceptor.clone();
        async move {
            read_ssl_request(&mut stream).await;
            let _ = stream.write_all(b"S").await;
            if let Ok(stream) = acceptor.accept(stream).await {
                reset(stream.into_inner().0);
            }
        }
    })
    .await;
    let seen = peer.probed().await;
    assert!(matches!(seen.handshake, Attempt::Seen(_)));
    assert_eq!(seen.chain.seen().unwrap().certificates.len(), 1);
}

#[tokio::test]
async fn nobody_listening_is_connection_refused() {
    let peer = Peer::answering(b"N").await;
    let endpoint = peer.endpoint(Protocol::Postgresql);
    drop(peer);
    // The listener is closed once its task has been dropped.
    tokio::task::yield_now().await;
    let seen = probed(&endpoint, Depth::WithLoginTest).await;
    let refused = failure(&seen.connection);
    assert_eq!(refused.kind, FailureKind::ConnectionRefused);
    assert_eq!(refused.detail, "connection refused");
    assert!(matches!(seen.handshake, Attempt::NotAttempted(_)));
    assert_eq!(
        seen.plaintext_startup.reason().as_deref(),
        Some("connection refused")
    );
}

#[tokio::test]
async fn unresolvable_name_is_one_observation_without_address() {
    let mut endpoint = peer::endpoint(Protocol::Https, "127.0.0.1:443".parse().unwrap());
    // A label of 64 characters is no DNS name (RFC 1035 section 2.3.4), so nobody is asked for it.
    endpoint.target.host = verifull::endpoint::Host::Name("a".repeat(64));
    let seen = probed(&endpoint, Depth::Quick).await;
    assert_eq!(seen.address, None);
    assert_eq!(failure(&seen.connection).kind, FailureKind::Unresolved);
    assert_eq!(seen.connections_used, 0);
}

/// Serves `SSLRequest`, reads the `ClientHello`, sends `first` and then `more` without end.
async fn flood(first: Vec<u8>, more: Vec<u8>) -> (Peer, Arc<AtomicUsize>) {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let peer = Peer::start(move |mut stream| {
        let (first, more, sent) = (first.clone(), more.clone(), Arc::clone(&counted));
        async move {
            read_ssl_request(&mut stream).await;
            let _ = stream.write_all(b"S").await;
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(&first).await;
            while stream.write_all(&more).await.is_ok() {
                sent.fetch_add(more.len(), Ordering::Relaxed);
            }
        }
    })
    .await;
    (peer, sent)
}

/// Returns a record.
fn record(content_type: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[content_type, 3, 3], length.as_slice(), content].concat()
}

/// Returns a TLS 1.2 `ServerHello` that every rustls client takes.
fn server_hello() -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.push(0);
    body.extend([0xC0, 0x2F, 0]);
    // extended_master_secret and renegotiation_info.
    let extensions = [0, 0x17, 0, 0, 0xff, 1, 0, 1, 0];
    body.extend([0, 9]);
    body.extend(extensions);
    let mut message = vec![2, 0, 0, u8::try_from(body.len()).unwrap()];
    message.extend(body);
    record(22, &message)
}

#[tokio::test]
async fn floods_end_in_misbehaviour_after_little() {
    let sixteen_megabytes = [11, 0xff, 0xff, 0xff].as_slice();
    let cases: [(&str, Vec<u8>, Vec<u8>); 5] = [
        (
            "certificate of 16 MB",
            [server_hello(), record(22, sixteen_megabytes)].concat(),
            record(22, &[0; 16_000]),
        ),
        (
            "endless record",
            vec![22, 3, 3, 0xff, 0xff],
            vec![0; 16_000],
        ),
        ("endless zeros", Vec::new(), vec![0; 16_000]),
        (
            "endless change_cipher_spec",
            server_hello(),
            record(20, &[1]),
        ),
        ("endless empty records", server_hello(), record(22, &[])),
    ];
    for (name, first, more) in cases {
        let (peer, sent) = flood(first, more).await;
        let seen = peer.probed().await;
        let flooded = failure(&seen.handshake);
        assert_eq!(
            flooded.kind,
            FailureKind::PeerMisbehaved,
            "{name}: {}",
            flooded.detail
        );
        // What the peer got rid of lies in socket buffers; nobody has read it.
        let sent = sent.load(Ordering::Relaxed);
        assert!(sent < 12 << 20, "{name}: {sent} bytes sent");
    }
}

#[tokio::test]
async fn handshake_that_never_ends_is_bounded_by_time() {
    let peer = Peer::start(|mut stream| async move {
        read_ssl_request(&mut stream).await;
        let _ = stream.write_all(b"S").await;
        let _ = stream.read(&mut [0; 4096]).await;
        // A record that is always about to be whole.
        let _ = stream.write_all(&[22, 3, 3, 0x40, 0]).await;
        while stream.write_all(&[2]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let mut endpoint = peer.endpoint(Protocol::Postgresql);
    endpoint.timeout = Duration::from_millis(300);
    let seen = probed(&endpoint, Depth::Quick).await;
    assert_eq!(failure(&seen.handshake).kind, FailureKind::TimedOut);
}
