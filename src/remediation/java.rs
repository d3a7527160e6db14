//! Java servers: security properties, system properties, and JSSE's `SSLParameters`.
//!
//! What `jdk.tls.disabledAlgorithms` names is off whatever the code asks for; system properties are defaults, and code wins over them.

use crate::remediation::hardening::IANA_SUITES;
use crate::remediation::values::Server;
use crate::remediation::{Dialect, Proof, Remedy, Snippet, TlsHardening, TlsWant};

const PROOF: Proof = Proof::Executed("Java 17");

const RESTART: &str = "restart the program";

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::HardenTls(hardening) => match hardening.connection.server() {
            Server::FrontEnd => [
                security_properties(hardening),
                system_properties(hardening),
                parameters(hardening),
                hybrid_group(hardening),
            ]
            .into_iter()
            .flatten()
            .collect(),
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

fn snippet(
    hardening: &TlsHardening,
    title: &str,
    language: &'static str,
    text: String,
    then: Vec<String>,
) -> Snippet {
    Snippet {
        dialect: Dialect::Java,
        title: title.to_owned(),
        language,
        text,
        then,
        verify: hardening.connection.verify_deep(),
        proof: PROOF,
    }
}

/// The property replaces the JDK's own line, so that it starts with what Java 17 has there.
fn security_properties(hardening: &TlsHardening) -> Option<Snippet> {
    if !hardening.wants_any(&[
        TlsWant::Tls12OrNewer,
        TlsWant::ModernSuites,
        TlsWant::StrongDh,
    ]) {
        return None;
    }
    let dh_bits = if hardening.wants(TlsWant::StrongDh) {
        2048
    } else {
        1024
    };
    let mut text = format!(
        "# /path/to/tls.security\n\
         jdk.tls.disabledAlgorithms=SSLv3, TLSv1, TLSv1.1, DTLSv1.0, RC4, DES, \\\n    \
         MD5withRSA, DH keySize < {dh_bits}, EC keySize < 224, 3DES_EDE_CBC, anon, NULL, \\\n    \
         ECDH"
    );
    if hardening.wants(TlsWant::ModernSuites) {
        text += ", AES_128_CBC, AES_256_CBC, \\\n    \
                 TLS_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_256_GCM_SHA384";
    }
    text.push('\n');
    let mut then = hardening.first_steps();
    then.push("start the program with -Djava.security.properties=/path/to/tls.security".to_owned());
    then.push(
        "take Security.setProperty(\"jdk.tls.disabledAlgorithms\", …) out of the code: it wins over files"
            .to_owned(),
    );
    then.push(RESTART.to_owned());
    Some(snippet(
        hardening,
        "Java: disabled algorithms",
        "properties",
        text,
        then,
    ))
}

fn system_properties(hardening: &TlsHardening) -> Option<Snippet> {
    let options: Vec<&str> = [
        (
            hardening.wants(TlsWant::StrongGroups),
            "-Djdk.tls.namedGroups=x25519,secp256r1,secp384r1",
        ),
        (
            hardening.wants(TlsWant::StrongDh),
            "-Djdk.tls.ephemeralDHKeySize=2048",
        ),
        (
            hardening.wants(TlsWant::StrongSignatures),
            "-Djdk.tls.server.SignatureSchemes=ecdsa_secp256r1_sha256,ecdsa_secp384r1_sha384,ed25519,rsa_pss_rsae_sha256,rsa_pss_rsae_sha384,rsa_pkcs1_sha256,rsa_pkcs1_sha384",
        ),
        (
            hardening.wants(TlsWant::NoClientRenegotiation),
            "-Djdk.tls.rejectClientInitiatedRenegotiation=true",
        ),
        (
            hardening.wants(TlsWant::FreshTicketKeys),
            "-Djdk.tls.server.enableSessionTicketExtension=false",
        ),
    ]
    .into_iter()
    .filter(|(is_wanted, _)| *is_wanted)
    .map(|(_, option)| option)
    .collect();
    if options.is_empty() {
        return None;
    }
    Some(snippet(
        hardening,
        "Java: system properties",
        "sh",
        format!("java {} -jar app.jar\n", options.join(" ")),
        vec![
            "put the options into the command, unit or JDK_JAVA_OPTIONS with which your own program starts".to_owned(),
            RESTART.to_owned(),
        ],
    ))
}

fn parameters(hardening: &TlsHardening) -> Option<Snippet> {
    let mut lines = Vec::new();
    if hardening.wants_any(&[TlsWant::Tls12OrNewer, TlsWant::Tls13]) {
        lines.push("parameters.setProtocols(new String[] {\"TLSv1.3\", \"TLSv1.2\"});".to_owned());
    }
    if hardening.wants(TlsWant::ModernSuites) {
        let suites: Vec<String> = [
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
        ]
        .iter()
        .chain(&IANA_SUITES)
        .map(|suite| format!("    \"{suite}\",\n"))
        .collect();
        lines.push(format!(
            "parameters.setCipherSuites(new String[] {{\n{}}});",
            suites.concat()
        ));
    }
    if hardening.wants(TlsWant::ServerPreference) {
        lines.push("parameters.setUseCipherSuitesOrder(true);".to_owned());
    }
    if lines.is_empty() {
        return None;
    }
    let mut then = hardening.first_steps();
    then.push("do it where your code or framework makes its SSLServerSocket or SSLEngine: both have these methods".to_owned());
    then.push("build the program anew and restart it".to_owned());
    Some(snippet(
        hardening,
        "Java: SSLParameters of the server",
        "java",
        format!(
            "javax.net.ssl.SSLParameters parameters = serverSocket.getSSLParameters();\n{}\nserverSocket.setSSLParameters(parameters);\n",
            lines.join("\n")
        ),
        then,
    ))
}

fn hybrid_group(hardening: &TlsHardening) -> Option<Snippet> {
    if !hardening.wants(TlsWant::HybridGroup) {
        return None;
    }
    Some(Snippet {
        proof: Proof::NotExecuted("it takes Java 27, and the tests have Java 17"),
        ..snippet(
            hardening,
            "Java: the hybrid group",
            "sh",
            "java -Djdk.tls.namedGroups=X25519MLKEM768,x25519,secp256r1,secp384r1 -jar app.jar\n"
                .to_owned(),
            vec![
                "X25519MLKEM768 needs Java 27 or newer, which offers it by itself where nothing names groups (JEP 527)".to_owned(),
                RESTART.to_owned(),
            ],
        )
    })
}
