//! Limits and company: who waits for whom, and who does not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use verifull::config::Limits;
use verifull::endpoint::Protocol;
use verifull::observation::{Attempt, FailureKind};
use verifull::probe::{Depth, Prober};

use super::peer::{self, Peer, good, linger, read_ssl_request};

#[tokio::test]
async fn dead_address_does_not_hide_the_living_one() {
    let alive = Peer::postgresql_on("127.0.0.2", good()).await;
    // The same port on another address of loopback, where nobody listens.
    let dead = ([127, 0, 0, 3], alive.address.port()).into();
    let endpoint = alive.endpoint(Protocol::Postgresql);
    let prober = Prober::new(Limits::default());
    let seen = prober
        .probe_at(&endpoint, &[dead, alive.address], Depth::Quick)
        .await;
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].address, Some(dead));
    assert!(matches!(
        &seen[0].connection,
        Attempt::Failed(failure) if failure.kind == FailureKind::ConnectionRefused
    ));
    assert_eq!(seen[1].address, Some(alive.address));
    assert!(matches!(seen[1].handshake, Attempt::Seen(_)));
}

#[tokio::test]
async fn ipv6_loopback_is_probed() {
    let peer = Peer::postgresql_on("::1", good()).await;
    assert!(peer.address.is_ipv6());
    let seen = peer.probed().await;
    assert_eq!(seen.address, Some(peer.address));
    assert!(matches!(seen.handshake, Attempt::Seen(_)));
}

/// Counts how many connections are open at once, and the most there ever were.
#[derive(Default)]
struct Crowd {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Crowd {
    async fn with(&self, stay: impl Future<Output = ()>) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        stay.await;
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Starts a peer that answers `N` after a while, and counts.
async fn counted(address: &str, crowd: &Arc<Crowd>) -> Peer {
    let crowd = Arc::clone(crowd);
    Peer::on(address, move |mut stream| {
        let crowd = Arc::clone(&crowd);
        async move {
            crowd
                .with(async {
                    read_ssl_request(&mut stream).await;
                    tokio::time::sleep(Duration::from_millis(30)).await;
                })
                .await;
            let _ = stream.write_all(b"N").await;
            linger(&mut stream).await;
        }
    })
    .await
}

#[tokio::test]
async fn limit_per_host_is_exact() {
    let crowd = Arc::new(Crowd::default());
    let peer = counted("127.0.0.1", &crowd).await;
    let endpoint = peer.endpoint(Protocol::Postgresql);
    let prober = Prober::new(Limits {
        concurrency: 64,
        per_host: 2,
        ..Limits::default()
    });
    let probes = (0..8).map(|_| prober.probe(&endpoint, Depth::Quick));
    let seen = futures_util::future::join_all(probes).await;
    assert!(
        seen.iter()
            .flatten()
            .all(|seen| seen.ssl_request.seen().is_some())
    );
    assert_eq!(crowd.most.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn global_limit_is_exact() {
    let crowd = Arc::new(Crowd::default());
    let mut peers = Vec::new();
    for host in 1..=9 {
        peers.push(counted(&format!("127.0.1.{host}"), &crowd).await);
    }
    let prober = Prober::new(Limits {
        concurrency: 3,
        per_host: 2,
        ..Limits::default()
    });
    let endpoints: Vec<_> = peers
        .iter()
        .map(|peer| peer.endpoint(Protocol::Postgresql))
        .collect();
    let probes = endpoints
        .iter()
        .map(|endpoint| prober.probe(endpoint, Depth::Quick));
    let seen = futures_util::future::join_all(probes).await;
    assert!(
        seen.iter()
            .flatten()
            .all(|seen| seen.ssl_request.seen().is_some())
    );
    assert_eq!(crowd.most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn silent_slow_and_garbage_peers_delay_nobody_else() {
    let silent = Peer::on("127.0.2.1", |mut stream| async move {
        linger(&mut stream).await;
    })
    .await;
    let slow = Peer::on("127.0.2.2", |mut stream| async move {
        read_ssl_request(&mut stream).await;
        let _ = stream.write_all(b"S").await;
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(&[22, 3, 3, 0x40, 0]).await;
        while stream.write_all(&[0]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let garbage = Peer::on("127.0.2.3", |mut stream| async move {
        while stream.write_all(&[0xAA; 4096]).await.is_ok() {}
    })
    .await;
    let good = Peer::postgresql_on("127.0.2.4", good()).await;
    let prober = Arc::new(Prober::new(Limits::default()));
    let ended = Arc::new(Mutex::new(Vec::new()));
    let mut probes = tokio::task::JoinSet::new();
    let mut start = |name: &'static str, peer: &Peer| {
        let mut endpoint = peer.endpoint(Protocol::Postgresql);
        if name != "good" {
            endpoint.timeout = Duration::from_secs(3);
        }
        let (prober, ended) = (Arc::clone(&prober), Arc::clone(&ended));
        probes.spawn(async move {
            prober.probe(&endpoint, Depth::Quick).await;
            ended.lock().unwrap().push(name);
        });
    };
    for _ in 0..4 {
        start("silent", &silent);
        start("slow", &slow);
        start("garbage", &garbage);
    }
    for _ in 0..10 {
        start("good", &good);
    }
    probes.join_all().await;
    let ended = ended.lock().unwrap();
    let last_good = ended.iter().rposition(|name| *name == "good").unwrap();
    let first_silent = ended.iter().position(|name| *name == "silent").unwrap();
    assert!(last_good < first_silent, "{ended:?}");
    assert_eq!(ended.len(), 22);
}

#[tokio::test]
async fn broken_files_are_observations() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let peer = Peer::postgresql(good()).await;
    let huge = folder.path().join("huge.pem");
    std::fs::File::create(&huge)
        .unwrap()
        .set_len(100 << 20)
        .unwrap();
    let cases = [
        (folder.path().join("missing.pem"), "does not exist"),
        (folder.path().to_owned(), "is a directory"),
        (file("empty.pem", b""), "no certificate in it"),
        (file("noise.pem", &[0xff, 0xfe, 0]), "no certificate in it"),
        (huge, "has 104857600 bytes, of at most 1048576"),
    ];
    for (sslrootcert, wanted) in cases {
        let mut endpoint = peer.endpoint(Protocol::Postgresql);
        endpoint.sslrootcert = Some(sslrootcert);
        let seen = peer::probed(&endpoint, Depth::Quick).await;
        let Attempt::Failed(failure) = &seen.verification else {
            panic!("{:?}", seen.verification);
        };
        assert_eq!(failure.kind, FailureKind::Local);
        assert!(failure.detail.contains(wanted), "{}", failure.detail);
        assert!(matches!(seen.chain, Attempt::Seen(_)), "the probe goes on");
    }
}

#[tokio::test]
async fn broken_keys_are_observations() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let (own, own_key) = peer::self_signed("verifull", "client");
    let (_, other_key) = peer::self_signed("other", "client");
    let certificate = file(
        "client.pem",
        &format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            data_encoding::BASE64.encode(&own)
        ),
    );
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let peer = Peer::postgresql(good()).await;
    let mut endpoint = peer.endpoint(Protocol::Postgresql);
    endpoint.sslcert = Some(certificate);
    for (key, wanted) in [
        (None, "has no key beside it"),
        (Some(file("encrypted.key", encrypted)), "is encrypted"),
        (Some(file("none.key", "nothing")), "holds no private key"),
    ] {
        endpoint.sslkey = key;
        let seen = peer::probed(&endpoint, Depth::Quick).await;
        let reason = seen.client_identity.reason().unwrap();
        assert!(reason.contains(wanted), "{reason}");
    }
    endpoint.sslkey = Some(file("other.key", &other_key.serialize_pem()));
    let seen = peer::probed(&endpoint, Depth::Quick).await;
    assert!(!seen.client_identity.seen().unwrap().key_matches);
    // The pair is read again when the file changes.
    std::fs::write(
        endpoint.sslkey.as_ref().unwrap(),
        own_key.serialize_pem() + "\n",
    )
    .unwrap();
    let seen = peer::probed(&endpoint, Depth::Quick).await;
    assert!(seen.client_identity.seen().unwrap().key_matches);
}
