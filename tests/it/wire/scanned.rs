//! Scans of peers that mean no good: the result says what was seen and what stayed open, in bounded time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use verifull::endpoint::Protocol;
use verifull::observation::scan::Scan;
use verifull::observation::{Attempt, EndpointObservation};
use verifull::probe::Depth;
use verifull::tls::server::ServerHello;
use verifull::tls::{CipherSuite, ClientHello, ProtocolVersion, record};

use super::peer::{Peer, probed, reset};

/// Reads one `ClientHello`.
async fn client_hello(stream: &mut TcpStream) -> Option<ClientHello> {
    let mut header = [0; 5];
    stream.read_exact(&mut header).await.ok()?;
    let mut message = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
    stream.read_exact(&mut message).await.ok()?;
    ClientHello::parse(&message).ok()
}

/// Returns a `ServerHello` in a record.
fn server_hello(
    version: ProtocolVersion,
    suite: CipherSuite,
    extensions: Vec<(u16, Vec<u8>)>,
) -> Vec<u8> {
    let hello = ServerHello {
        legacy_version: version,
        random: [7; 32],
        session_id: Vec::new(),
        cipher_suite: suite,
        compression_method: 0,
        extensions,
    };
    let mut bytes = Vec::new();
    record::write(
        &mut bytes,
        record::HANDSHAKE,
        version,
        &record::handshake_message(2, &hello.body()),
    );
    bytes
}

/// Scans a peer that answers each connection with the same bytes, whatever it is asked.
async fn scanned(answer: &'static [u8]) -> EndpointObservation {
    let peer = Peer::start(move |mut stream| async move {
        let mut asked = [0; 1024];
        let _ = stream.read(&mut asked).await;
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
        while stream.read(&mut asked).await.is_ok_and(|length| length > 0) {}
    })
    .await;
    deep(peer.address).await
}

/// Makes a deep scan with a short time limit.
async fn deep(address: SocketAddr) -> EndpointObservation {
    let begun = Instant::now();
    let mut endpoint = super::peer::endpoint(Protocol::Tls, address);
    endpoint.timeout = Duration::from_millis(300);
    let seen = probed(&endpoint, Depth::Deep).await;
    assert!(
        begun.elapsed() < Duration::from_secs(40),
        "{:?}",
        begun.elapsed()
    );
    seen
}

/// Nothing is accepted, and nobody says that it is refused.
fn assert_open(seen: &EndpointObservation) -> String {
    match &seen.scan {
        Attempt::Seen(scan) => {
            for support in &scan.versions {
                assert!(support.cipher_suites.accepted.is_empty());
                assert!(
                    !matches!(support.offered, Attempt::Seen(()) | Attempt::Refused(_)),
                    "{} {:?}",
                    support.version,
                    support.offered
                );
            }
            assert!(!scan.gaps.is_empty());
            scan.gaps.join("; ")
        }
        Attempt::NotAttempted(reason) => reason.clone(),
        other @ (Attempt::Refused(_) | Attempt::Failed(_)) => panic!("{other:?}"),
    }
}

fn scan_of(seen: &EndpointObservation) -> &Scan {
    seen.scan.seen().unwrap()
}

#[tokio::test]
async fn silence_gives_up_and_says_so() {
    let peer = Peer::start(|mut stream| async move {
        let mut asked = [0; 1024];
        while stream.read(&mut asked).await.is_ok_and(|length| length > 0) {}
    })
    .await;
    let reason = assert_open(&deep(peer.address).await);
    assert!(reason.contains("the server does not answer"), "{reason}");
}

#[tokio::test]
async fn one_byte_a_second_gives_up_and_says_so() {
    let peer = Peer::start(|mut stream| async move {
        let hello = server_hello(ProtocolVersion::TLSV1_2, CipherSuite(0xC02F), Vec::new());
        for byte in hello {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if stream.write_all(&[byte]).await.is_err() {
                return;
            }
        }
    })
    .await;
    let reason = assert_open(&deep(peer.address).await);
    assert!(reason.contains("the server does not answer"), "{reason}");
}

#[tokio::test]
async fn resets_without_end_give_up_and_say_so() {
    let peer = Peer::start(|stream| async move { reset(stream) }).await;
    let reason = assert_open(&deep(peer.address).await);
    assert!(reason.contains("connections in a row"), "{reason}");
}

#[tokio::test]
async fn strangers_are_named() {
    let reason = assert_open(&scanned(b"HTTP/1.1 400 Bad Request\r\n\r\n").await);
    assert!(reason.contains("HTTP"), "{reason}");
    let reason = assert_open(&scanned(b"SSH-2.0-OpenSSH_9.2\r\n").await);
    assert!(reason.contains("SSH-2.0-OpenSSH_9.2"), "{reason}");
}

#[tokio::test]
async fn impossible_lengths_are_named() {
    // A record of 65,535 bytes, and a message of 16 MB.
    for answer in [
        &[22, 3, 3, 0xFF, 0xFF][..],
        &[22, 3, 3, 0, 4, 2, 0xFF, 0xFF, 0xFF],
    ] {
        let reason = assert_open(&scanned(answer).await);
        assert!(reason.contains("breaks the rules of TLS"), "{reason}");
    }
}

#[tokio::test]
async fn endless_handshake_messages_are_bounded() {
    let peer = Peer::start(|mut stream| async move {
        let _ = client_hello(&mut stream).await;
        let mut filler = Vec::new();
        let message = record::handshake_message(99, &[0; 16_000]);
        record::write(
            &mut filler,
            record::HANDSHAKE,
            ProtocolVersion::TLSV1_2,
            &message,
        );
        let hello = server_hello(ProtocolVersion::TLSV1_2, CipherSuite(0xC02F), Vec::new());
        let _ = stream.write_all(&hello).await;
        while stream.write_all(&filler).await.is_ok() {}
    })
    .await;
    let seen = deep(peer.address).await;
    // What it chose is known by then where it was offered; what it chose unasked is no support.
    if let Attempt::Seen(scan) = &seen.scan {
        assert!(
            scan.versions
                .iter()
                .all(|it| it.cipher_suites.accepted.len() <= 1)
        );
    }
}

#[tokio::test]
async fn suites_never_offered_are_no_support() {
    let peer = Peer::start(|mut stream| async move {
        let Some(hello) = client_hello(&mut stream).await else {
            return;
        };
        let answer = server_hello(hello.legacy_version, CipherSuite(0x4A4A), Vec::new());
        let _ = stream.write_all(&answer).await;
        let mut rest = [0; 64];
        let _ = stream.read(&mut rest).await;
    })
    .await;
    let seen = deep(peer.address).await;
    let scan = scan_of(&seen);
    assert!(
        scan.versions
            .iter()
            .all(|it| it.cipher_suites.accepted.is_empty())
    );
    assert!(
        scan.gaps
            .iter()
            .any(|gap| gap.contains("0x4A4A") && gap.contains("not offered")),
        "{:?}",
        scan.gaps
    );
}

#[tokio::test]
async fn another_version_than_asked_is_no_support() {
    let peer = Peer::start(|mut stream| async move {
        let Some(hello) = client_hello(&mut stream).await else {
            return;
        };
        // Always TLS 1.0, with what was offered first.
        let answer = server_hello(ProtocolVersion::TLSV1, hello.cipher_suites[0], Vec::new());
        let _ = stream.write_all(&answer).await;
        let mut rest = [0; 64];
        let _ = stream.read(&mut rest).await;
    })
    .await;
    let seen = deep(peer.address).await;
    let spoken: Vec<_> = scan_of(&seen)
        .versions
        .iter()
        .filter(|it| it.offered.seen().is_some())
        .map(|it| it.version)
        .collect();
    assert_eq!(spoken, [ProtocolVersion::TLSV1]);
}

#[tokio::test]
async fn an_extension_twice_is_named() {
    let peer = Peer::start(|mut stream| async move {
        let Some(hello) = client_hello(&mut stream).await else {
            return;
        };
        let twice = vec![(23, Vec::new()), (23, Vec::new())];
        let answer = server_hello(ProtocolVersion::TLSV1_2, hello.cipher_suites[0], twice);
        let _ = stream.write_all(&answer).await;
        let mut rest = [0; 64];
        let _ = stream.read(&mut rest).await;
    })
    .await;
    let reason = assert_open(&deep(peer.address).await);
    assert!(reason.contains("extension twice"), "{reason}");
}

#[tokio::test]
async fn alerts_in_fragments_are_refusals() {
    let seen = scanned(&[21, 3, 1, 0, 1, 2, 21, 3, 1, 0, 1, 40]).await;
    let scan = scan_of(&seen);
    for support in &scan.versions {
        assert_eq!(
            support.offered,
            Attempt::Refused("alert handshake_failure".to_owned()),
            "{}",
            support.version
        );
    }
    assert!(scan.is_complete(), "{:?}", scan.gaps);
}

#[tokio::test]
async fn a_server_that_dies_after_its_first_answer_leaves_the_rest_open() {
    let count = Arc::new(AtomicUsize::new(0));
    let peer = Peer::start(move |mut stream| {
        let nth = count.fetch_add(1, Ordering::Relaxed);
        async move {
            if nth > 3 {
                reset(stream);
                return;
            }
            let Some(hello) = client_hello(&mut stream).await else {
                return;
            };
            let answer = server_hello(ProtocolVersion::TLSV1_2, hello.cipher_suites[0], Vec::new());
            let _ = stream.write_all(&answer).await;
            let mut rest = [0; 64];
            let _ = stream.read(&mut rest).await;
        }
    })
    .await;
    let seen = deep(peer.address).await;
    if let Attempt::Seen(scan) = &seen.scan {
        let tls12 = scan.version(ProtocolVersion::TLSV1_2).unwrap();
        assert!(!tls12.cipher_suites.is_complete());
        assert!(!scan.is_complete());
    }
}

#[tokio::test]
async fn a_retry_request_for_ever_ends() {
    let peer = Peer::start(|mut stream| async move {
        while let Some(hello) = client_hello(&mut stream).await {
            let mut random = [0; 32];
            random.copy_from_slice(&[
                0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65,
                0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2,
                0xC8, 0xA8, 0x33, 0x9C,
            ]);
            let retry = ServerHello {
                legacy_version: ProtocolVersion::TLSV1_2,
                random,
                session_id: hello.session_id,
                cipher_suite: CipherSuite(0x1301),
                compression_method: 0,
                extensions: vec![(43, vec![3, 4]), (51, vec![0, 0x1D])],
            };
            let mut bytes = Vec::new();
            record::write(
                &mut bytes,
                record::HANDSHAKE,
                ProtocolVersion::TLSV1_2,
                &record::handshake_message(2, &retry.body()),
            );
            if stream.write_all(&bytes).await.is_err() {
                return;
            }
        }
    })
    .await;
    let seen = deep(peer.address).await;
    // TLS 1.3 with one suite and one group is what it shows; nobody got through a handshake.
    let scan = scan_of(&seen);
    let tls13 = scan.version(ProtocolVersion::TLSV1_3).unwrap();
    assert_eq!(tls13.cipher_suites.accepted, [CipherSuite(0x1301)]);
    assert!(seen.handshake.seen().is_none());
}
