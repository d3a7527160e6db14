//! Peers made for one test each, and endpoints that lead to them.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, DnType, DnValue, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use verifull::config::Limits;
use verifull::endpoint::{Endpoint, ExpiryThresholds, Host, Protocol, Target};
use verifull::libpq::SslMode;
use verifull::observation::EndpointObservation;
use verifull::probe::{Depth, Prober};

/// A server that runs as long as it is held.
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peer {
    /// Serves every connection with `serve`, on an address of loopback.
    pub(super) async fn on<F, W>(address: &str, serve: F) -> Self
    where
        F: Fn(TcpStream) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream));
            }
        });
        Self { address, task }
    }

    /// Serves every connection with `serve`, on 127.0.0.1.
    pub(super) async fn start<F, W>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        Self::on("127.0.0.1", serve).await
    }

    /// Answers `SSLRequest` with these bytes, then keeps the connection until the other side closes it.
    pub(super) async fn answering(answer: &'static [u8]) -> Self {
        Self::start(move |mut stream| async move {
            read_ssl_request(&mut stream).await;
            let _ = stream.write_all(answer).await;
            linger(&mut stream).await;
        })
        .await
    }

    /// Speaks TLS after `S`, and nothing inside.
    pub(super) async fn postgresql(config: ServerConfig) -> Self {
        Self::postgresql_on("127.0.0.1", config).await
    }

    /// Speaks TLS after `S`, and nothing inside, on an address of loopback.
    pub(super) async fn postgresql_on(address: &str, config: ServerConfig) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::on(address, move |mut stream| {
            let acceptor = acceptor.clone();
            async move {
                read_ssl_request(&mut stream).await;
                let _ = stream.write_all(b"S").await;
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    goodbye(&mut stream).await;
                }
            }
        })
        .await
    }

    /// Returns an endpoint that leads here.
    pub(super) fn endpoint(&self, protocol: Protocol) -> Endpoint {
        endpoint(protocol, self.address)
    }

    /// Probes this peer quickly, on the PostgreSQL wire.
    pub(super) async fn probed(&self) -> EndpointObservation {
        probed(&self.endpoint(Protocol::Postgresql), Depth::Quick).await
    }
}

/// Returns an endpoint with a time limit that a silent peer makes one wait for.
pub(super) fn endpoint(protocol: Protocol, address: SocketAddr) -> Endpoint {
    Endpoint {
        name: Arc::from("peer"),
        target: Target {
            protocol,
            host: Host::Address(address.ip()),
            port: address.port(),
            database: None,
            user: None,
            path: None,
            had_password: false,
        },
        sslmode: SslMode::VerifyFull,
        sslrootcert: None,
        sslcert: None,
        sslkey: None,
        server_name: None,
        labels: std::collections::BTreeMap::new(),
        interval: Duration::from_mins(1),
        timeout: Duration::from_secs(20),
        serves: None,
        login_test: Some(Duration::from_hours(1)),
        scan: verifull::endpoint::ScanPlan::default(),
        expiry: ExpiryThresholds::default(),
    }
}

/// Probes an endpoint that has one address.
pub(super) async fn probed(endpoint: &Endpoint, depth: Depth) -> EndpointObservation {
    let mut observations = Prober::new(Limits::default()).probe(endpoint, depth).await;
    assert_eq!(observations.len(), 1);
    observations.remove(0)
}

/// Reads the eight bytes, and makes sure that they are all there is.
pub(super) async fn read_ssl_request(stream: &mut TcpStream) {
    let mut received = [0; 64];
    let length = stream.read(&mut received).await.unwrap_or(0);
    assert_eq!(&received[..length], [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
}

/// Waits until the other side closes.
pub(super) async fn linger(stream: &mut TcpStream) {
    let mut piece = [0; 1024];
    while stream.read(&mut piece).await.is_ok_and(|length| length > 0) {}
}

/// Waits for the client's `close_notify` and answers it.
pub(super) async fn goodbye(stream: &mut TlsStream<TcpStream>) {
    let mut piece = [0; 1024];
    while stream.read(&mut piece).await.is_ok_and(|length| length > 0) {}
    let _ = stream.shutdown().await;
}

/// Closes with a reset.
pub(super) fn reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
    drop(stream);
}

/// A certificate that signed itself, and its key.
pub(super) fn self_signed(common_name: &str, name: &str) -> (CertificateDer<'static>, KeyPair) {
    let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
    parameters.distinguished_name.push(
        DnType::CommonName,
        DnValue::Utf8String(common_name.to_owned()),
    );
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    (certificate.der().clone(), key)
}

/// A server configuration that presents whatever bytes it is given.
pub(super) fn presenting(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> ServerConfig {
    presenting_with(chain, key, rustls::ALL_VERSIONS, None)
}

/// A server configuration for some versions, which demands a client certificate from `clients` where given.
pub(super) fn presenting_with(
    chain: Vec<CertificateDer<'static>>,
    key: &KeyPair,
    versions: &[&'static SupportedProtocolVersion],
    clients: Option<CertificateDer<'static>>,
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(root) => {
            let mut roots = RootCertStore::empty();
            roots.add(root).unwrap();
            builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .build()
                    .unwrap(),
            )
        }
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
    builder.with_cert_resolver(Arc::new(Always(Arc::new(CertifiedKey::new(chain, key)))))
}

/// Presents one chain to everybody, unlike rustls's own without a look at it.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// A plain good server.
pub(super) fn good() -> ServerConfig {
    let (certificate, key) = self_signed("good", "localhost");
    presenting(vec![certificate], &key)
}
