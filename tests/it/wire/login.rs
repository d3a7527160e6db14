//! The login tests, against peers that answer as CockroachDB, its proxy and PostgreSQL do.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use verifull::endpoint::Protocol;
use verifull::libpq::wire::AuthenticationRequest;
use verifull::observation::{Attempt, Product, StartupReply};
use verifull::probe::Depth;

use super::peer::{Peer, good, probed};

const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
const GSSENC_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30];

/// `AuthenticationSASL` with SCRAM-SHA-256 alone.
const SASL: &str = "52000000170000000a534352414d2d5348412d3235360000";
/// A CockroachDB node's refusal of plaintext.
const SECURE_MODE: &str = "450000007d534552524f5200564552524f520043303850303100467072655f73657276652e676f004c34353000526d61796265557067\
    72616465546f536563757265436f6e6e004d6e6f64652069732072756e6e696e6720736563757265206d6f64652c2053534c20636f6e\
    6e656374696f6e2072657175697265640000";
/// A CockroachDB node's refusal of GSSAPI.
const NO_GSS: &str = "450000005c534552524f5200564552524f520043303850303100467072655f73657276652e676f004c33343000525072655365727665\
    004d47535320656e6372797074696f6e206973206e6f742079657420737570706f727465640000";
/// The refusal of the proxy of CockroachDB Cloud.
const PROXY: &str = "450000002f53464154414c00433038303034004d73657276657220726571756972657320656e6372797074696f6e0000";
/// `AuthenticationOk`.
const OK: &str = "520000000800000000";

/// What a server answers.
#[derive(Clone, Copy)]
struct Answers {
    ssl: &'static [u8],
    plaintext: &'static str,
    inside_tls: &'static str,
    gss: &'static str,
}

fn bytes(hex: &str) -> Vec<u8> {
    data_encoding::HEXLOWER
        .decode(hex.replace([' ', '\n'], "").as_bytes())
        .unwrap()
}

/// Everything that a server was sent, by connection, without TLS.
type Heard = Arc<Mutex<Vec<Vec<u8>>>>;

/// Answers one `StartupMessage` and hears what comes after it.
async fn answer_startup<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    mut heard: Vec<u8>,
    answer: &str,
) -> Vec<u8> {
    let mut piece = [0; 512];
    while heard.len() < 4 {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return heard,
            Ok(length) => heard.extend_from_slice(&piece[..length]),
        }
    }
    let _ = stream.write_all(&bytes(answer)).await;
    let _ = stream.flush().await;
    while let Ok(length @ 1..) = stream.read(&mut piece).await {
        heard.extend_from_slice(&piece[..length]);
    }
    heard
}

/// Starts a server with these answers.
async fn server(answers: Answers) -> (Peer, Heard) {
    let acceptor = TlsAcceptor::from(Arc::new(good()));
    let everything = Heard::default();
    let noted = Arc::clone(&everything);
    let peer = Peer::start(move |mut stream| {
        let (acceptor, noted) = (acceptor.clone(), Arc::clone(&noted));
        async move {
            let mut first = vec![0; 512];
            let length = stream.read(&mut first).await.unwrap_or(0);
            first.truncate(length);
            let heard = if first == SSL_REQUEST {
                let _ = stream.write_all(answers.ssl).await;
                if answers.ssl != b"S" {
                    return;
                }
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let heard = answer_startup(&mut stream, Vec::new(), answers.inside_tls).await;
                let _ = stream.shutdown().await;
                heard
            } else if first == GSSENC_REQUEST {
                let _ = stream.write_all(&bytes(answers.gss)).await;
                first
            } else {
                answer_startup(&mut stream, first, answers.plaintext).await
            };
            noted.lock().unwrap().push(heard);
        }
    })
    .await;
    (peer, everything)
}

#[tokio::test]
async fn secure_cockroachdb_node_is_told_by_its_refusal() {
    let (peer, _) = server(Answers {
        ssl: b"S",
        plaintext: SECURE_MODE,
        inside_tls: SASL,
        gss: NO_GSS,
    })
    .await;
    let seen = probed(&peer.endpoint(Protocol::Postgresql), Depth::WithLoginTest).await;
    let plaintext = seen.plaintext_startup.seen().unwrap();
    assert_eq!(plaintext.user, "verifull");
    assert_eq!(plaintext.database, "verifull");
    assert!(matches!(
        &plaintext.reply,
        StartupReply::Error(error) if error.sqlstate == "08P01"
    ));
    assert_eq!(
        seen.tls_startup.seen().unwrap().reply,
        StartupReply::Authentication(AuthenticationRequest::Sasl(vec![
            "SCRAM-SHA-256".to_owned()
        ]))
    );
    assert_eq!(seen.server.product, Product::Cockroachdb);
    assert!(seen.server.evidence[0].contains("node is running secure mode"));
    assert_eq!(seen.connections_used, 3);
}

#[tokio::test]
async fn insecure_node_is_told_by_its_refusal_of_gss() {
    let (peer, heard) = server(Answers {
        ssl: b"N",
        plaintext: OK,
        inside_tls: OK,
        gss: NO_GSS,
    })
    .await;
    let mut endpoint = peer.endpoint(Protocol::Postgresql);
    endpoint.target.user = Some("root".to_owned());
    endpoint.target.database = Some("defaultdb".to_owned());
    let seen = probed(&endpoint, Depth::WithLoginTest).await;
    let plaintext = seen.plaintext_startup.seen().unwrap();
    assert_eq!(plaintext.database, "defaultdb");
    assert_eq!(
        plaintext.reply,
        StartupReply::Authentication(AuthenticationRequest::Ok)
    );
    assert!(matches!(seen.tls_startup, Attempt::NotAttempted(_)));
    assert_eq!(seen.server.product, Product::Cockroachdb);
    assert!(seen.server.evidence[0].contains("GSS encryption"));
    // An open session is ended with Terminate.
    let heard = heard.lock().unwrap();
    let startup = heard.iter().find(|heard| heard.len() > 8).unwrap();
    assert!(startup.ends_with(&[b'X', 0, 0, 0, 4]));
}

#[tokio::test]
async fn cloud_proxy_is_told_by_its_refusal() {
    let (peer, _) = server(Answers {
        ssl: b"S",
        plaintext: PROXY,
        inside_tls: SASL,
        gss: PROXY,
    })
    .await;
    let seen = probed(&peer.endpoint(Protocol::Postgresql), Depth::WithLoginTest).await;
    assert_eq!(seen.server.product, Product::CockroachdbCloudProxy);
}

#[tokio::test]
async fn nothing_but_a_startup_message_is_sent_where_a_password_is_asked() {
    let (peer, heard) = server(Answers {
        ssl: b"S",
        plaintext: "520000000800000003",
        inside_tls: "520000000800000003",
        gss: "4e",
    })
    .await;
    let seen = probed(&peer.endpoint(Protocol::Postgresql), Depth::WithLoginTest).await;
    assert_eq!(
        seen.plaintext_startup.seen().unwrap().reply,
        StartupReply::Authentication(AuthenticationRequest::CleartextPassword)
    );
    assert_eq!(seen.server.product, Product::Unknown);
    let heard = heard.lock().unwrap();
    let startups = heard.iter().filter(|heard| heard.len() > 8);
    assert_eq!(
        startups.clone().count(),
        2,
        "one in plaintext, one inside TLS"
    );
    for message in startups {
        let length = u32::from_be_bytes(message[..4].try_into().unwrap());
        assert_eq!(
            length as usize,
            message.len(),
            "the message and not a byte more"
        );
        assert_eq!(&message[4..8], [0, 3, 0, 0]);
    }
}

#[tokio::test]
async fn login_test_is_made_only_when_asked_for() {
    let (peer, _) = server(Answers {
        ssl: b"S",
        plaintext: SECURE_MODE,
        inside_tls: SASL,
        gss: NO_GSS,
    })
    .await;
    let mut endpoint = peer.endpoint(Protocol::Postgresql);
    let seen = probed(&endpoint, Depth::Quick).await;
    assert_eq!(
        seen.plaintext_startup,
        Attempt::NotAttempted("the login test runs less often".to_owned())
    );
    assert_eq!(seen.connections_used, 1);
    endpoint.login_test = None;
    let seen = probed(&endpoint, Depth::WithLoginTest).await;
    assert_eq!(
        seen.tls_startup,
        Attempt::NotAttempted("the login test is turned off for this endpoint".to_owned())
    );
    assert_eq!(seen.connections_used, 1);
}
