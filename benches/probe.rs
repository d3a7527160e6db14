//! Measures the quick probe: 1,000 endpoints of the PostgreSQL wire on as many addresses of 127.0.0.0/8, each with an ECDSA
//! certificate and one whole TLS 1.3 handshake.
//!
//! `cargo bench --bench probe` prints probes per second, CPU time per probe of this process, and its peak resident memory;
//! the servers run in a process of their own and share the processors. A second run adds peers that are silent, slow or send
//! garbage, and shows what that does to the others.
#![expect(clippy::disallowed_methods, reason = "a bench is the outside world")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot run has nothing to say"
)]

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use verifull::config;
use verifull::endpoint::Endpoint;
use verifull::observation::EndpointObservation;
use verifull::probe::{Depth, Prober};

const ENDPOINTS: usize = 1000;
const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(position) = arguments.iter().position(|argument| argument == "--serve") {
        serve(Path::new(&arguments[position + 1]));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.crt");
    let (mut servers, addresses) = start_servers(&authority);
    println!(
        "{ENDPOINTS} endpoints, one whole handshake each, {} processors",
        std::thread::available_parallelism().unwrap()
    );

    let endpoints = endpoints(&addresses, &authority);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let prober = Arc::new(Prober::new(config::Limits::default()));
    runtime.block_on(async {
        for round in 1..=ROUNDS {
            measure(&format!("round {round}"), &prober, &endpoints, ENDPOINTS).await;
        }
        let mut mixed = endpoints.clone();
        mixed.extend(hostile_endpoints(&authority).await);
        measure(
            "with 300 silent, slow and garbage peers",
            &prober,
            &mixed,
            ENDPOINTS,
        )
        .await;
    });
    println!(
        "peak resident memory          {:>8.1} MB",
        peak_resident_megabytes()
    );
    servers.kill().unwrap();
    servers.wait().unwrap();
}

/// Probes everything once and prints what it took until the good ones were seen.
async fn measure(title: &str, prober: &Arc<Prober>, endpoints: &[Endpoint], good: usize) {
    let (began, processor) = (Instant::now(), processor_time());
    let mut tasks = tokio::task::JoinSet::new();
    for endpoint in endpoints {
        let (prober, endpoint) = (prober.clone(), endpoint.clone());
        tasks.spawn(async move { prober.probe(&endpoint, Depth::Quick).await });
    }
    let (mut seen, mut good_at) = (0, Duration::ZERO);
    let mut all = 0;
    let mut other = None;
    while let Some(observations) = tasks.join_next().await {
        all += 1;
        let observations = observations.unwrap();
        if whole(&observations) {
            seen += 1;
            good_at = began.elapsed();
        } else {
            other = Some(observations);
        }
    }
    assert_eq!(
        seen, good,
        "every good endpoint is seen whole; one is not: {other:#?}"
    );
    let rate = f64::from(u32::try_from(seen).unwrap()) / good_at.as_secs_f64();
    let each = processor_time().saturating_sub(processor).as_secs_f64() * 1000.0
        / f64::from(u32::try_from(all).unwrap());
    println!("{title:<40} {rate:>7.0} probes/s   {each:>6.3} ms processor time a probe");
}

fn whole(observations: &[EndpointObservation]) -> bool {
    observations.iter().all(|seen| {
        seen.handshake.seen().is_some()
            && seen
                .verification
                .seen()
                .is_some_and(|verdict| verdict.problems.is_empty())
    })
}

fn endpoints(addresses: &[SocketAddr], authority: &Path) -> Vec<Endpoint> {
    use std::fmt::Write as _;
    let mut text = format!("[defaults]\nsslrootcert = \"{}\"\n", authority.display());
    for (number, address) in addresses.iter().enumerate() {
        writeln!(
            text,
            "[[endpoint]]\nname = \"node-{number}\"\ntarget = \"postgresql://{address}\""
        )
        .unwrap();
        writeln!(text, "server_name = \"node.example\"\ntimeout = \"3s\"").unwrap();
    }
    config::parse(&text, Path::new("bench.toml"), &|_| None)
        .unwrap()
        .endpoints
}

/// A hundred peers that say nothing, a hundred that take a second per byte, a hundred that answer with noise.
async fn hostile_endpoints(authority: &Path) -> Vec<Endpoint> {
    let mut addresses = Vec::new();
    for number in 0..300_u16 {
        let listener = TcpListener::bind((
            Ipv4Addr::new(
                127,
                1,
                u8::try_from(number / 250).unwrap(),
                u8::try_from(number % 250).unwrap() + 1,
            ),
            0,
        ))
        .await
        .unwrap();
        addresses.push(listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    match number % 3 {
                        0 => tokio::time::sleep(Duration::from_mins(1)).await,
                        1 => {
                            for byte in [b'S', 22, 3, 3, 0, 122, 2, 0, 0, 118] {
                                tokio::time::sleep(Duration::from_secs(1)).await;
                                drop(stream.write_all(&[byte]).await);
                            }
                        }
                        _ => drop(stream.write_all(&vec![0xAB; 65_536]).await),
                    }
                });
            }
        });
    }
    endpoints(&addresses, authority)
        .into_iter()
        .map(|mut endpoint| {
            endpoint.name = format!("hostile-{}", endpoint.name).into();
            endpoint
        })
        .collect()
}

/// Starts this program a second time, as the servers, and reads where they listen.
fn start_servers(authority: &Path) -> (Child, Vec<SocketAddr>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--serve".as_ref(), authority.as_os_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let addresses = lines
        .take(ENDPOINTS)
        .map(|line| line.unwrap().parse().unwrap())
        .collect();
    (child, addresses)
}

/// Serves on as many addresses as there are endpoints, until standard input ends.
fn serve(authority: &Path) {
    let config = server_config(authority);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        for number in 0..ENDPOINTS {
            let address = Ipv4Addr::new(
                127,
                0,
                u8::try_from(number / 250).unwrap() + 1,
                u8::try_from(number % 250).unwrap() + 1,
            );
            let listener = TcpListener::bind((address, 0)).await.unwrap();
            println!("{}", listener.local_addr().unwrap());
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    tokio::spawn(converse(stream, acceptor.clone()));
                }
            });
        }
        // The measuring process holds the other end: when it is gone, so are we.
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()))
            .await
            .unwrap()
            .unwrap();
    });
}

async fn converse(mut stream: TcpStream, acceptor: TlsAcceptor) {
    let mut request = [0; 8];
    if stream.read_exact(&mut request).await.is_err() || stream.write_all(b"S").await.is_err() {
        return;
    }
    if let Ok(mut tls) = acceptor.accept(stream).await {
        drop(tls.read(&mut request).await);
        drop(tls.shutdown().await);
    }
}

fn server_config(authority: &Path) -> ServerConfig {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, "Bench CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    std::fs::write(authority, params.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let leaf_key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["node.example".to_owned()])
        .unwrap()
        .signed_by(&leaf_key, &issuer)
        .unwrap();
    let chain: Vec<CertificateDer<'static>> = vec![leaf.der().clone()];
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            chain,
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der())),
        )
        .unwrap()
}

fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap(),
        u32::try_from(time.tv_nsec).unwrap(),
    )
}

fn peak_resident_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    kilobytes
        .trim()
        .trim_end_matches(" kB")
        .parse::<f64>()
        .unwrap()
        / 1024.0
}
