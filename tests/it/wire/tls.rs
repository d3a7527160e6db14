//! Handshakes: what is presented is recorded, whatever it is and however it ends.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use verifull::endpoint::{Host, Protocol};
use verifull::observation::{Attempt, ClientCertificateDemand, FailureKind};
use verifull::probe::Depth;
use verifull::tls::ProtocolVersion;

use super::peer::{
    Peer, good, goodbye, presenting, presenting_with, probed, read_ssl_request, self_signed,
};

#[tokio::test]
async fn whole_handshake_is_seen() {
    let peer = Peer::postgresql(good()).await;
    let seen = peer.probed().await;
    let handshake = seen.handshake.seen().unwrap();
    assert_eq!(handshake.version, ProtocolVersion::TLSV1_3);
    assert_eq!(handshake.group.unwrap().to_string(), "X25519MLKEM768");
    let chain = seen.chain.seen().unwrap();
    assert_eq!(chain.end_entity().unwrap().dns_names, ["localhost"]);
    let client = seen.client_authentication.seen().unwrap();
    assert_eq!(client.demand, ClientCertificateDemand::NotRequested);
    assert_eq!(seen.address, Some(peer.address));
    assert_eq!(seen.connections_used, 1);
    assert!(seen.timings.handshake.is_some());
    assert!(seen.timings.total >= seen.timings.handshake.unwrap());
}

#[tokio::test]
async fn handshake_one_byte_at_a_time_is_seen() {
    let acceptor = TlsAcceptor::from(Arc::new(good()));
    let peer = Peer::start(move |mut stream| {
        let acceptor = acceptor.clone();
        async move {
            let _ = stream.set_nodelay(true);
            read_ssl_request(&mut stream).await;
            let _ = stream.write_all(b"S").await;
            let (inner, outer) = tokio::io::duplex(64 * 1024);
            let (mut from_server, mut to_server) = tokio::io::split(outer);
            let (mut from_client, mut to_client) = stream.into_split();
            tokio::spawn(async move {
                let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
                let _ = to_server.shutdown().await;
            });
            tokio::spawn(async move {
                let mut byte = [0];
                while from_server.read_exact(&mut byte).await.is_ok() {
                    if to_client.write_all(&byte).await.is_err() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            });
            if let Ok(mut stream) = acceptor.accept(inner).await {
                let _ = stream.read(&mut [0; 16]).await;
                let _ = stream.shutdown().await;
            }
        }
    })
    .await;
    let seen = peer.probed().await;
    assert!(
        matches!(seen.handshake, Attempt::Seen(_)),
        "{:?}",
        seen.handshake
    );
    assert!(matches!(seen.chain, Attempt::Seen(_)));
}

#[tokio::test]
async fn names_go_into_sni_and_addresses_do_not() {
    let names = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = Arc::clone(&names);
    let peer = Peer::start(move |stream| {
        let noted = Arc::clone(&noted);
        async move {
            let acceptor =
                tokio_rustls::LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream);
            let Ok(started) = acceptor.await else { return };
            let name = started.client_hello().server_name().map(str::to_owned);
            noted.lock().unwrap().push(name);
            if let Ok(mut stream) = started.into_stream(Arc::new(good())).await {
                goodbye(&mut stream).await;
            }
        }
    })
    .await;
    let mut endpoint = peer.endpoint(Protocol::Tls);
    probed(&endpoint, Depth::Quick).await;
    endpoint.server_name = Some("override.example".to_owned());
    probed(&endpoint, Depth::Quick).await;
    endpoint.server_name = None;
    endpoint.target.host = Host::Name("localhost".to_owned());
    probed(&endpoint, Depth::Quick).await;
    assert_eq!(
        *names.lock().unwrap(),
        [
            None,
            Some("override.example".to_owned()),
            Some("localhost".to_owned())
        ]
    );
}

#[tokio::test]
async fn demand_for_a_client_certificate_is_seen_with_the_chain() {
    let (root, _) = self_signed("client CA \u{202e}", "clients");
    for (version, wanted, alert) in [
        (&rustls::version::TLS12, ProtocolVersion::TLSV1_2, None),
        (
            &rustls::version::TLS13,
            ProtocolVersion::TLSV1_3,
            Some("the peer ended the handshake with alert certificate_required"),
        ),
    ] {
        let (certificate, key) = self_signed("demanding", "localhost");
        let config = presenting_with(vec![certificate], &key, &[version], Some(root.clone()));
        let seen = Peer::postgresql(config).await.probed().await;
        let handshake = seen.handshake.seen().unwrap();
        assert_eq!(handshake.version, wanted);
        assert!(handshake.cipher_suite.name().is_some());
        assert!(matches!(seen.chain, Attempt::Seen(_)), "{wanted}");
        assert!(matches!(seen.verification, Attempt::Seen(_)), "{wanted}");
        let client = seen.client_authentication.seen().unwrap();
        assert_eq!(client.demand, ClientCertificateDemand::Required, "{wanted}");
        assert!(!client.sent);
        assert_eq!(client.ca_names.len(), 1);
        assert!(
            client.ca_names[0].contains("CN=client CA \u{fffd}"),
            "{:?}",
            client.ca_names
        );
        assert!(client.refusal.is_some());
        if let Some(alert) = alert {
            assert_eq!(client.refusal.as_deref(), Some(alert));
        }
    }
}

#[tokio::test]
async fn own_client_certificate_is_sent_and_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let (own, own_key) = self_signed("verifull", "client");
    let (sslcert, sslkey) = (
        folder.path().join("client.pem"),
        folder.path().join("client.key"),
    );
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        data_encoding::BASE64.encode(&own)
    );
    std::fs::write(&sslcert, pem).unwrap();
    std::fs::write(&sslkey, own_key.serialize_pem()).unwrap();
    let (certificate, key) = self_signed("demanding", "localhost");
    for version in rustls::ALL_VERSIONS {
        let config = presenting_with(
            vec![certificate.clone()],
            &key,
            &[version],
            Some(own.clone()),
        );
        let peer = Peer::postgresql(config).await;
        let mut endpoint = peer.endpoint(Protocol::Postgresql);
        endpoint.sslcert = Some(sslcert.clone());
        endpoint.sslkey = Some(sslkey.clone());
        let seen = probed(&endpoint, Depth::Quick).await;
        assert!(seen.client_identity.seen().unwrap().key_matches);
        let client = seen.client_authentication.seen().unwrap();
        assert!(client.sent);
        assert_eq!(client.demand, ClientCertificateDemand::RequestedOrRequired);
        assert_eq!(client.refusal, None);
    }
}

#[tokio::test]
async fn certificate_that_is_no_der_is_recorded_as_malformed() {
    let (_, key) = self_signed("any", "localhost");
    let garbage = CertificateDer::from(vec![0x30, 0x82, 0xff, 0xff, 1, 2, 3]);
    let seen = Peer::postgresql(presenting(vec![garbage], &key))
        .await
        .probed()
        .await;
    let chain = seen.chain.seen().unwrap();
    assert!(chain.certificates.is_empty());
    assert_eq!(chain.malformed[0].position, 0);
    assert!(
        matches!(seen.handshake, Attempt::Seen(_)),
        "{:?}",
        seen.handshake
    );
}

#[tokio::test]
async fn false_signature_fails_the_handshake_and_keeps_the_chain() {
    let (certificate, _) = self_signed("stolen", "localhost");
    let (_, key) = self_signed("thief", "localhost");
    for version in rustls::ALL_VERSIONS {
        let config = presenting_with(vec![certificate.clone()], &key, &[version], None);
        let seen = Peer::postgresql(config).await.probed().await;
        let Attempt::Failed(failure) = &seen.handshake else {
            panic!("{:?}", seen.handshake);
        };
        assert_eq!(failure.kind, FailureKind::PeerMisbehaved);
        assert_eq!(
            failure.detail,
            "the peer's signature of the handshake does not fit the key in its certificate"
        );
        assert_eq!(seen.chain.seen().unwrap().certificates.len(), 1);
    }
}

#[tokio::test]
async fn nothing_in_a_subject_can_move_a_cursor() {
    let (certificate, key) = self_signed("evil\u{1b}[2J\u{202e}\r\n\u{9b}31m", "localhost");
    let seen = Peer::postgresql(presenting(vec![certificate], &key))
        .await
        .probed()
        .await;
    let chain = seen.chain.seen().unwrap();
    let subject = &chain.end_entity().unwrap().subject;
    assert!(subject.contains("evil"), "{subject}");
    let everything = format!("{seen:?}");
    let deceptive =
        |character: &char| character.is_control() || matches!(character, '\u{202a}'..='\u{202e}');
    assert_eq!(everything.chars().find(deceptive), None);
    let written = serde_json::to_string(&seen).unwrap();
    assert_eq!(written.chars().find(deceptive), None);
    assert!(!written.contains("\\u001b"));
}

#[tokio::test]
async fn long_chain_is_recorded_whole() {
    let (certificate, key) = self_signed("end", "localhost");
    let mut chain = vec![certificate];
    for number in 0..40 {
        chain.push(self_signed(&format!("filler {number}"), "localhost").0);
    }
    let seen = Peer::postgresql(presenting(chain, &key))
        .await
        .probed()
        .await;
    assert_eq!(seen.chain.seen().unwrap().certificates.len(), 41);
}

#[tokio::test]
async fn alpn_is_offered_as_libpq_and_browsers_do() {
    for (protocol, offered) in [
        (Protocol::Postgresql, Some("postgresql")),
        (Protocol::Https, Some("http/1.1")),
        (Protocol::Tls, None),
    ] {
        let mut config = good();
        config.alpn_protocols = [b"postgresql".as_slice(), b"http/1.1"]
            .into_iter()
            .map(<[u8]>::to_vec)
            .collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let peer = Peer::start(move |mut stream| {
            let acceptor = acceptor.clone();
            async move {
                if protocol == Protocol::Postgresql {
                    read_ssl_request(&mut stream).await;
                    let _ = stream.write_all(b"S").await;
                }
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    goodbye(&mut stream).await;
                }
            }
        })
        .await;
        let mut endpoint = peer.endpoint(protocol);
        endpoint.timeout = std::time::Duration::from_secs(1);
        let seen = probed(&endpoint, Depth::Quick).await;
        assert_eq!(seen.handshake.seen().unwrap().alpn.as_deref(), offered);
    }
}
