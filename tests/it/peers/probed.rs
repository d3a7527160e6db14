//! What a probe says of PostgreSQL servers, and what it leaves behind in their log.

use std::time::Duration;

use verifull::config::Limits;
use verifull::libpq::wire::AuthenticationRequest;
use verifull::observation::tls_required::{Scope, TlsRequired};
use verifull::observation::{
    ClientCertificateDemand, EndpointObservation, Product, SslAnswer, StartupReply,
};
use verifull::probe::{Depth, Prober};
use verifull::tls::ProtocolVersion;
use verifull::x509::{HostName, PathVerdict};

use super::pki::Authority;
use super::postgresql::{Installation, Postgresql, Ssl};
use super::psql::{Files, Login};

fn login(server: &Postgresql, files: &Files, root: &Authority, user: &'static str) -> Login {
    Login {
        port: server.port(),
        user,
        host: "localhost",
        sslrootcert: Some(files.write("ca.pem", &root.pem())),
        client: None,
    }
}

/// The facts that every version of PostgreSQL shows.
fn assert_postgresql_facts(observation: &EndpointObservation, der: &[u8]) {
    assert_eq!(observation.ssl_request.seen(), Some(&SslAnswer::Willing));
    assert_eq!(observation.server.product, Product::Postgresql);
    let handshake = observation.handshake.seen().expect("a handshake");
    assert_eq!(handshake.version, ProtocolVersion::TLSV1_3);
    let chain = observation.chain.seen().expect("a chain");
    assert_eq!(&*chain.end_entity().unwrap().der.0, der);
    let verification = observation.verification.seen().expect("a verification");
    assert_eq!(
        verification.path,
        PathVerdict::Valid,
        "{}",
        verification.path_detail
    );
    assert_eq!(verification.host_name, HostName::Match);
    assert!(!verification.public);
    let client = observation.client_authentication.seen().expect("seen");
    assert_eq!(client.demand, ClientCertificateDemand::Requested);
    assert_eq!(client.ca_names, ["CN=Test CA"]);
}

fn assert_logins(server: &Postgresql, files: &Files, root: &Authority) {
    let required = |user| login(server, files, root, user).probe(Depth::WithLoginTest);
    assert!(matches!(
        required("scram").tls_required(),
        TlsRequired::NotRequired {
            reply: Some(StartupReply::Authentication(AuthenticationRequest::Sasl(_)))
        }
    ));
    for user in ["tls_only", "tls_trust", "no_clear", "by_cert", "certified"] {
        let verdict = required(user).tls_required();
        let expected = Scope::Login {
            user: user.to_owned(),
            database: "postgres".to_owned(),
        };
        assert!(
            matches!(&verdict, TlsRequired::Required { scope, .. } if *scope == expected),
            "{user}: {verdict:?}"
        );
    }
    let verdict = required("nobody").tls_required();
    assert!(matches!(verdict, TlsRequired::Unknown(_)), "{verdict:?}");
}

fn facts_of(installation: &Installation) {
    let root = Authority::root("Test CA");
    let certificate = root.issue("node", &["localhost"], |_| {});
    let server = Postgresql::start(installation, Ssl::On, &certificate, &root);
    let files = Files::new();
    let observation = login(&server, &files, &root, "scram").probe(Depth::WithLoginTest);
    assert_postgresql_facts(&observation, &certificate.der);
    assert_logins(&server, &files, &root);
    leaves_no_line(&server, &login(&server, &files, &root, "scram"));
}

/// A hundred quick probes are not worth a line to the server.
fn leaves_no_line(server: &Postgresql, login: &Login) {
    // What earlier tests caused may still be on its way.
    std::thread::sleep(Duration::from_millis(300));
    let before = server.log();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let seen = runtime.block_on(async {
        let prober = Prober::new(Limits::default());
        let mut seen = 0;
        for _ in 0..100 {
            let observations = prober.probe(&login.endpoint(), Depth::Quick).await;
            seen += usize::from(observations[0].handshake.seen().is_some());
        }
        seen
    });
    assert_eq!(seen, 100, "every probe shakes hands");
    std::thread::sleep(Duration::from_millis(300));
    let after = server.log();
    assert_eq!(
        after.strip_prefix(before.as_str()),
        Some(""),
        "the log has grown"
    );
}

#[test]
fn postgresql_15_shows_its_facts_and_logs_nothing() {
    facts_of(&Installation::find(15..=15));
}

#[test]
fn newer_postgresql_shows_its_facts_and_logs_nothing() {
    facts_of(&Installation::find(17..=18));
}

#[test]
fn postgresql_without_tls_says_so() {
    let root = Authority::root("Test CA");
    let certificate = root.issue("node", &["localhost"], |_| {});
    let server = Postgresql::start(&Installation::find(15..=15), Ssl::Off, &certificate, &root);
    let files = Files::new();
    let login = login(&server, &files, &root, "scram");
    let observation = login.probe(Depth::WithLoginTest);
    assert_eq!(observation.ssl_request.seen(), Some(&SslAnswer::Unwilling));
    assert!(observation.handshake.seen().is_none());
    assert!(matches!(
        observation.tls_required(),
        TlsRequired::NotRequired {
            reply: Some(StartupReply::Authentication(_))
        }
    ));
    leaves_no_plain_line(&server, &login);
}

/// Nor are quick probes of a server that offers no TLS.
fn leaves_no_plain_line(server: &Postgresql, login: &Login) {
    let before = server.log();
    for _ in 0..10 {
        login.probe(Depth::Quick);
    }
    std::thread::sleep(Duration::from_millis(200));
    let after = server.log();
    assert_eq!(
        after.strip_prefix(before.as_str()),
        Some(""),
        "the log has grown"
    );
}
