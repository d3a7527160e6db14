//! Go: `tls.Config` of a server.
//!
//! A Go server has no finite-field Diffie-Hellman, compression, renegotiation or early data, and its order of suites is its own: about these
//! nothing is to be set.

use crate::remediation::hardening::IANA_SUITES;
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
    let mut fields = Vec::new();
    if hardening.wants(TlsWant::Tls12OrNewer) {
        fields.push("MinVersion: tls.VersionTLS12,".to_owned());
    }
    if hardening.wants(TlsWant::Tls13) {
        fields.push("MaxVersion: tls.VersionTLS13,".to_owned());
    }
    if hardening.wants(TlsWant::ModernSuites) {
        let suites: Vec<String> = IANA_SUITES
            .iter()
            .map(|suite| format!("\t\t\t\ttls.{suite},\n"))
            .collect();
        fields.push(format!(
            "CipherSuites: []uint16{{\n{}\t\t\t}},",
            suites.concat()
        ));
    }
    if hardening.wants(TlsWant::HybridGroup) {
        fields.push(
            "CurvePreferences: []tls.CurveID{tls.X25519MLKEM768, tls.X25519, tls.CurveP256, tls.CurveP384},".to_owned(),
        );
    } else if hardening.wants(TlsWant::StrongGroups) {
        fields.push(
            "CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384},".to_owned(),
        );
    }
    if hardening.wants(TlsWant::FreshTicketKeys) {
        fields.push("SessionTicketsDisabled: true,".to_owned());
    }
    if fields.is_empty() {
        return Vec::new();
    }
    let fields: Vec<String> = fields
        .iter()
        .map(|field| format!("\t\t\t{field}\n"))
        .collect();
    let mut then = hardening.first_steps();
    if hardening.wants(TlsWant::HybridGroup) {
        then.push("X25519MLKEM768 needs Go 1.24 or newer, which offers it by itself where CurvePreferences is not set".to_owned());
    }
    then.push("take GODEBUG settings such as tls10server=1, tlsrsakex=1, tls3des=1 out of the environment and go.mod".to_owned());
    then.push("build the program anew and restart it".to_owned());
    vec![Snippet {
        dialect: Dialect::Go,
        title: "Go: tls.Config of the server".to_owned(),
        language: "go",
        text: format!(
            "import (\n\t\"crypto/tls\"\n\t\"net/http\"\n)\n\nfunc serve(handler http.Handler) error {{\n\tserver := &http.Server{{\n\t\tAddr:    \":{}\",\n\t\tHandler: handler,\n\t\tTLSConfig: &tls.Config{{\n{}\t\t}},\n\t}}\n\treturn server.ListenAndServeTLS(\"/path/to/fullchain.crt\", \"/path/to/server.key\")\n}}\n",
            connection.port,
            fields.concat()
        ),
        then,
        verify: connection.verify_deep(),
        proof: Proof::Executed("Go 1.27"),
    }]
}
