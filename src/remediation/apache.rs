//! Apache httpd as the front end: directives of `mod_ssl`.

use crate::remediation::hardening::{HYBRID_STEP, OPENSSL_SIGNATURES, OPENSSL_SUITES};
use crate::remediation::values::Server;
use crate::remediation::{Dialect, Proof, Remedy, Snippet, TlsHardening, TlsWant};

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::HardenTls(hardening) => match hardening.connection.server() {
            Server::FrontEnd => harden_tls(hardening),
            Server::Postgresql | Server::Cockroachdb | Server::PostgresqlWire => Vec::new(),
        },
        Remedy::VerifyFull(_)
        | Remedy::OfferTls(_)
        | Remedy::RequireTls(_)
        | Remedy::IssueCertificate(_)
        | Remedy::SendIntermediates(_)
        | Remedy::ModernTls(_)
        | Remedy::HttpTransport(_)
        | Remedy::IssueClientCertificate(_)
        | Remedy::MoveSecret(_) => Vec::new(),
    }
}

fn harden_tls(hardening: &TlsHardening) -> Vec<Snippet> {
    let connection = &hardening.connection;
    let mut lines = Vec::new();
    if hardening.wants_any(&[TlsWant::Tls12OrNewer, TlsWant::Tls13]) {
        lines.push("SSLProtocol -all +TLSv1.2 +TLSv1.3".to_owned());
    }
    // These suites need no Diffie-Hellman parameters; no directive replaces those that stand in a certificate's file.
    if hardening.wants_any(&[TlsWant::ModernSuites, TlsWant::StrongDh]) {
        lines.push(format!("SSLCipherSuite {OPENSSL_SUITES}"));
    }
    if hardening.wants(TlsWant::ServerPreference) {
        lines.push("SSLHonorCipherOrder on".to_owned());
    }
    if let Some(groups) = hardening.openssl_groups() {
        lines.push(format!("SSLOpenSSLConfCmd Curves {groups}"));
    }
    if hardening.wants(TlsWant::StrongSignatures) {
        lines.push(format!(
            "SSLOpenSSLConfCmd SignatureAlgorithms {OPENSSL_SIGNATURES}"
        ));
    }
    if hardening.wants(TlsWant::NoCompression) {
        lines.push("SSLCompression off".to_owned());
    }
    if hardening.wants(TlsWant::FreshTicketKeys) {
        lines.push("SSLSessionTickets off".to_owned());
    }
    if lines.is_empty() {
        return Vec::new();
    }
    let mut then = hardening.first_steps();
    if hardening.wants(TlsWant::StrongDh) {
        then.push("take the block DH PARAMETERS out of the file that SSLCertificateFile names: httpd has better ones of its own".to_owned());
    }
    if hardening.wants(TlsWant::HybridGroup) {
        then.push(HYBRID_STEP.to_owned());
    }
    then.push(
        "do the same in each virtual host of that port: its own lines win over those outside"
            .to_owned(),
    );
    then.push("run: apachectl configtest && apachectl graceful".to_owned());
    vec![Snippet {
        dialect: Dialect::Apache,
        title: "Apache httpd: TLS settings".to_owned(),
        language: "apache",
        text: format!(
            "# in the virtual host that listens on {}, in place of lines of the same names\n{}\n",
            connection.port,
            lines.join("\n")
        ),
        then,
        verify: connection.verify_deep(),
        proof: Proof::Executed("Apache httpd 2.4"),
    }]
}
