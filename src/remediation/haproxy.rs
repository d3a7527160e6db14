//! HAProxy as the front end: the `bind` line, which wins over the defaults of `global`.

use std::fmt::Write as _;

use crate::remediation::hardening::{DH_FILE, HYBRID_STEP, OPENSSL_SUITES, dh_step};
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

/// What the `bind` line must not hold, because no option on it takes it back.
const TAKEN_OUT: [(TlsWant, &str); 3] = [
    (TlsWant::Tls13, "no-tlsv13"),
    (TlsWant::ServerPreference, "prefer-client-ciphers"),
    (TlsWant::NoEarlyData, "allow-0rtt"),
];

#[expect(
    clippy::too_many_lines,
    reason = "one paragraph for each thing that is wanted"
)]
fn harden_tls(hardening: &TlsHardening) -> Vec<Snippet> {
    let connection = &hardening.connection;
    let mut options = Vec::new();
    if hardening.wants(TlsWant::Tls12OrNewer) {
        options.push("ssl-min-ver TLSv1.2".to_owned());
    }
    if hardening.wants(TlsWant::Tls13) {
        options.push("ssl-max-ver TLSv1.3".to_owned());
    }
    if hardening.wants(TlsWant::ModernSuites) {
        options.push(format!("ciphers {OPENSSL_SUITES}"));
    }
    if let Some(groups) = hardening.openssl_groups() {
        options.push(format!("curves {groups}"));
    }
    if hardening.wants(TlsWant::FreshTicketKeys) {
        options.push("no-tls-tickets".to_owned());
    }
    let taken_out: Vec<&str> = TAKEN_OUT
        .iter()
        .filter(|(want, _)| hardening.wants(*want))
        .map(|(_, option)| *option)
        .collect();
    let mut text = String::new();
    if hardening.wants(TlsWant::StrongDh) {
        text += "# in the section global\n";
        let _ = writeln!(text, "ssl-dh-param-file {DH_FILE}");
    }
    if !options.is_empty() || !taken_out.is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        text += "# in place of the bind line of that port; keep your own crt\n";
        let _ = write!(
            text,
            "bind :{} ssl crt /path/to/fullchain-and-key.pem",
            connection.port
        );
        for option in options {
            text.push(' ');
            text += &option;
        }
        text.push('\n');
    }
    if text.is_empty() {
        return Vec::new();
    }
    let mut then = hardening.first_steps();
    if hardening.wants(TlsWant::StrongDh) {
        then.push(dh_step(DH_FILE));
    }
    if hardening.wants(TlsWant::StrongDh) {
        then.push(
            "take DH PARAMETERS out of the files that crt names: they win over this one".to_owned(),
        );
    }
    if !taken_out.is_empty() {
        then.push(format!(
            "take out of ssl-default-bind-options in global, if it stands there: {}",
            taken_out.join(" ")
        ));
    }
    if hardening.wants(TlsWant::HybridGroup) {
        then.push(HYBRID_STEP.to_owned());
    }
    then.push("run: haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy".to_owned());
    vec![Snippet {
        dialect: Dialect::Haproxy,
        title: "HAProxy: TLS settings".to_owned(),
        language: "haproxy",
        text,
        then,
        verify: connection.verify_deep(),
        proof: Proof::Executed("HAProxy 2.6"),
    }]
}
