//! Node: options of the TLS server.
//!
//! Without suites of TLS 1.3 among `ciphers` Node would give up TLS 1.3: they are named, too.

use crate::remediation::hardening::{
    OPENSSL_GROUPS, OPENSSL_HYBRID_GROUPS, OPENSSL_SIGNATURES, OPENSSL_SUITES,
};
use crate::remediation::values::Server;
use crate::remediation::{Dialect, Proof, Remedy, Snippet, TlsHardening, TlsWant};

/// The suites that every implementation of TLS 1.3 is likely to have (RFC 8446 section 9.1).
const TLS13_SUITES: &str =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

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
    let mut options = Vec::new();
    if hardening.wants(TlsWant::Tls12OrNewer) {
        options.push("minVersion: \"TLSv1.2\",".to_owned());
    }
    if hardening.wants(TlsWant::Tls13) {
        options.push("maxVersion: \"TLSv1.3\",".to_owned());
    }
    if hardening.wants(TlsWant::ModernSuites) {
        options.push(format!("ciphers: \"{TLS13_SUITES}:{OPENSSL_SUITES}\","));
    }
    if hardening.wants(TlsWant::ServerPreference) {
        options.push("honorCipherOrder: true,".to_owned());
    }
    if hardening.wants(TlsWant::StrongGroups) {
        options.push(format!("ecdhCurve: \"{OPENSSL_GROUPS}\","));
    }
    if hardening.wants(TlsWant::StrongDh) {
        options.push("dhparam: \"auto\",".to_owned());
    }
    if hardening.wants(TlsWant::StrongSignatures) {
        options.push(format!("sigalgs: \"{OPENSSL_SIGNATURES}\","));
    }
    let flags: Vec<&str> = [
        (TlsWant::NoClientRenegotiation, "SSL_OP_NO_RENEGOTIATION"),
        (TlsWant::FreshTicketKeys, "SSL_OP_NO_TICKET"),
    ]
    .iter()
    .filter(|(want, _)| hardening.wants(*want))
    .map(|(_, flag)| *flag)
    .collect();
    if !flags.is_empty() {
        options.push(format!("secureOptions: {},", flags.join(" | ")));
    }
    let mut snippets = Vec::new();
    if !options.is_empty() {
        snippets.push(snippet(
            hardening,
            "Node: options of the TLS server",
            &options,
            &flags,
            Proof::Executed("Node 20"),
        ));
    }
    if hardening.wants(TlsWant::HybridGroup) {
        let options = [format!("ecdhCurve: \"{OPENSSL_HYBRID_GROUPS}\",")];
        let mut hybrid = snippet(
            hardening,
            "Node: the hybrid group",
            &options,
            &[],
            Proof::NotExecuted("the Node that the tests have is built with OpenSSL 3.0"),
        );
        hybrid.then = vec![
            "X25519MLKEM768 needs a Node with OpenSSL 3.5 or newer (node -p process.versions.openssl), which offers it by itself where ecdhCurve is not set".to_owned(),
            RESTART.to_owned(),
        ];
        snippets.push(hybrid);
    }
    snippets
}

const RESTART: &str = "restart the program";

fn snippet(
    hardening: &TlsHardening,
    title: &str,
    options: &[String],
    flags: &[&str],
    proof: Proof,
) -> Snippet {
    let connection = &hardening.connection;
    let constants = if flags.is_empty() {
        String::new()
    } else {
        format!(
            "const {{ {} }} = require(\"node:crypto\").constants;\n",
            flags.join(", ")
        )
    };
    let mut then = hardening.first_steps();
    then.push("put your own listener in place of app; tls.createServer and http2.createSecureServer take the same options".to_owned());
    then.push("take --tls-min-v1.0, --tls-min-v1.1 and --tls-cipher-list out of the command line and NODE_OPTIONS".to_owned());
    then.push(RESTART.to_owned());
    Snippet {
        dialect: Dialect::Node,
        title: title.to_owned(),
        language: "javascript",
        text: format!(
            "const fs = require(\"node:fs\");\nconst https = require(\"node:https\");\n{constants}\nconst server = https.createServer(\n  {{\n    cert: fs.readFileSync(\"/path/to/fullchain.crt\"),\n    key: fs.readFileSync(\"/path/to/server.key\"),\n    {}\n  }},\n  app,\n);\nserver.listen({});\n",
            options.join("\n    "),
            connection.port
        ),
        then,
        verify: connection.verify_deep(),
        proof,
    }
}
