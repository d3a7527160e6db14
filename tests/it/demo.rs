//! The embedded lab, looked at by the same pipeline as anything else: each endpoint shows what it stands for and nothing more.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use verifull::demo::Lab;
use verifull::endpoint::Endpoint;
use verifull::probe::{Depth, Prober};
use verifull::scheduler;
use verifull::store::{Posture, Snapshot, State};
use verifull::x509::PathVerdict;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn look_at(lab: &Lab) -> Arc<Snapshot> {
    let config = Arc::new(lab.config().clone());
    let prober = Arc::new(Prober::new(config.limits));
    let mut state = State::default();
    for event in runtime().block_on(scheduler::once(&config, &prober)) {
        state.apply(event);
    }
    state.snapshot()
}

#[test]
fn each_endpoint_shows_what_it_stands_for() {
    let lab = Lab::start().unwrap();
    let snapshot = look_at(&lab);
    let seen: BTreeSet<(String, &str)> = snapshot
        .findings
        .iter()
        .map(|state| {
            (
                state.finding.subject.name().to_string(),
                state.finding.check,
            )
        })
        .collect();
    let expected: BTreeSet<(String, &str)> = [
        ("crdb-expiring", "certificate-expires-soon"),
        ("crdb-expired", "certificate-expired"),
        ("pg-self-signed", "certificate-self-signed"),
        ("crdb-wrong-name", "host-name-mismatch"),
        ("crdb-plaintext", "plaintext-accepted"),
        ("crdb-insecure", "insecure-cockroachdb-node"),
        ("pg-client-cert", "client-certificate-missing"),
        ("api-without-hsts", "hsts-missing"),
        ("api-without-hsts", "cookie-not-secure"),
        ("crdb-unreachable", "endpoint-unreachable"),
    ]
    .map(|(endpoint, check)| (endpoint.to_owned(), check))
    .into();
    assert_eq!(seen, expected);
}

#[test]
fn good_nodes_are_ok_and_the_closed_port_is_unreachable() {
    let lab = Lab::start().unwrap();
    let snapshot = look_at(&lab);
    let posture = |name: &str| {
        snapshot
            .endpoints
            .iter()
            .find(|state| &*state.endpoint.name == name)
            .map(|state| state.posture)
    };
    assert_eq!(posture("crdb-good"), Some(Posture::Ok));
    assert_eq!(posture("crdb-rotating"), Some(Posture::Ok));
    assert_eq!(posture("crdb-unreachable"), Some(Posture::Unreachable));
    assert_eq!(posture("crdb-insecure"), Some(Posture::Critical));
}

#[test]
fn rotating_node_presents_a_new_certificate() {
    let lab = Lab::start_rotating(Duration::from_millis(50)).unwrap();
    let rotating = endpoint(&lab, "crdb-rotating");
    let prober = Prober::new(lab.config().limits);
    let leaf = async || {
        let observations = prober.probe(&rotating, Depth::Quick).await;
        observations[0]
            .chain
            .seen()
            .unwrap()
            .end_entity()
            .unwrap()
            .sha256
            .clone()
    };
    runtime().block_on(async {
        let first = leaf().await;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while leaf().await == first {
            assert!(
                tokio::time::Instant::now() < deadline,
                "the certificate stays `{first}`"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

#[test]
fn additional_roots_count_beside_the_endpoint_s_own() {
    let lab = Lab::start().unwrap();
    let mut good = endpoint(&lab, "crdb-good");
    let own = good.sslrootcert.take().unwrap();
    good.sslrootcert = endpoint(&lab, "api-without-hsts").sslrootcert;
    let path = |prober: Prober| {
        let seen = runtime().block_on(prober.probe(&good, Depth::Quick));
        seen[0].verification.seen().unwrap().path
    };
    let limits = lab.config().limits;
    assert_eq!(path(Prober::new(limits)), PathVerdict::Invalid);
    assert_eq!(
        path(Prober::new(limits).trusting_also([own])),
        PathVerdict::Valid
    );
}

#[test]
fn lab_leaves_nothing_behind() {
    let lab = Lab::start().unwrap();
    let good = endpoint(&lab, "crdb-good");
    let authority: PathBuf = good.sslrootcert.clone().unwrap();
    assert!(authority.exists());
    drop(lab);
    assert!(!authority.exists());
    assert!(
        std::net::TcpStream::connect((good.target.host.to_string(), good.target.port)).is_err()
    );
}

fn endpoint(lab: &Lab, name: &str) -> Endpoint {
    lab.config()
        .endpoints
        .iter()
        .find(|endpoint| &*endpoint.name == name)
        .unwrap()
        .clone()
}
