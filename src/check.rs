//! The register of checks.
//!
//! A check is plain data with a pure function from one observation to a verdict; one file per check, two lines
//! in here. Documentation, `explain`, reports and the dashboard read the same data. A check knows no protocol code, no
//! screen and no output format.
//!
//! One fact has one owner. Where two checks could report the same fact, the more special one does and the other holds
//! back: a self-signed certificate is not also one of an unknown CA, and an expired one is not also "refused".
//!
//! What could not be looked at is [`Verdict::Open`], never [`Verdict::Pass`]. An endpoint that cannot be reached leaves every
//! check open but `endpoint-unreachable`, whose finding has severity `info`: it says that we are blind, not that
//! the endpoint is bad, so it never makes an exit code of its own. The endpoint's posture does, and that is `unknown`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::Config;
use crate::endpoint::{Endpoint, Protocol};
use crate::finding::{Detection, Severity};
use crate::http::Head;
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::certificate_file::{CertificateFile, EndpointFiles};
use crate::observation::file::FileObservation;
use crate::observation::{
    Attempt, EndpointObservation, Handshake, SslAnswer, StartupAnswer, StartupReply,
};
use crate::remediation::{CertificateOrder, Connection};
use crate::x509::{Certificate, HostName, PathProblem, Verification};

mod aead_missing;
mod anonymous_key_exchange_offered;
mod authentication_missing;
mod authentication_without_tls;
mod block_cipher_64_bit;
mod bytes_before_tls_accepted;
mod ca_file_does_not_verify;
mod ca_file_without_ca;
mod ca_key_beside_certificates;
mod cbc_padding_oracle;
mod cbc_under_sslv3;
mod cbc_under_tls10;
mod cbc_without_encrypt_then_mac;
mod ccs_injection;
mod certificate_chain_incomplete;
mod certificate_expired;
mod certificate_expires_soon;
mod certificate_file_expired;
mod certificate_file_expires_soon;
mod certificate_file_not_yet_valid;
mod certificate_file_unreadable;
mod certificate_file_weak;
mod certificate_file_wrong_usage;
mod certificate_lifetime_too_long;
mod certificate_malformed;
mod certificate_not_issued_by_ca_beside;
mod certificate_not_yet_valid;
mod certificate_outlives_ca;
mod certificate_reload_missed;
mod certificate_self_signed;
mod certificate_unknown_ca;
mod certificate_verification_disabled;
mod certificate_wildcard;
mod certificate_wrong_usage;
mod channel_binding_missing;
mod cipher_suites_refused_after_handshake;
mod cleartext_password_authentication;
mod client_certificate_expires_soon;
mod client_certificate_missing;
mod client_certificate_unfit;
mod client_principal_missing;
mod client_renegotiation;
mod cockroachdb_insecure_flag;
mod cockroachdb_old_cipher_suites;
mod common_name_only;
mod compression_offered;
mod connection_host_name_unverified;
mod connection_plaintext;
mod connection_root_certificate_missing;
mod connection_sslmode_missing;
mod connection_unverified;
mod cookie_attributes_missing;
mod cookie_not_secure;
mod cryptography_misused;
mod database_authentication_weak;
mod database_surroundings_open;
mod database_takes_plaintext;
mod database_trusts_everybody;
mod database_user_root;
mod declared;
mod dh_parameters_common;
mod dh_parameters_weak;
mod direct_tls_is_not_sql;
mod downgrade_sentinel_missing;
mod driver_option_rejected;
mod drown;
mod early_data_offered;
mod elliptic_curve_unsuitable;
mod endpoint_unreachable;
mod ephemeral_key_reused;
mod export_cipher_suite_offered;
mod extended_key_usage_missing;
mod extended_master_secret_missing;
mod fallback_signal_ignored;
mod filed;
mod forward_secrecy_missing;
mod grease_intolerant;
mod group_weak;
mod heartbleed;
mod host_name_mismatch;
mod hsts_missing;
mod hsts_too_short;
mod insecure_cockroachdb_node;
mod insecure_renegotiation;
mod key_file_missing;
mod key_shared;
mod key_written_out;
mod large_hello_intolerant;
mod login_name_among_dns_names;
mod md5_authentication;
mod node_principal_missing;
mod nonce_written_out;
mod null_encryption_offered;
mod password_in_configuration;
mod password_written_out;
mod plain_http_not_redirected;
mod plaintext_accepted;
mod plaintext_only;
mod post_quantum_group_missing;
mod private_key_mismatch;
mod private_key_readable_by_others;
mod rc4_offered;
mod robot_oracle;
mod rsa_key_too_short;
mod scan_incomplete;
mod scanned;
mod secret_logged;
mod server_preference_missing;
mod session_ticket_key_not_rotated;
mod session_ticket_lifetime_too_long;
mod signature_hash_weak;
mod signature_scheme_weak;
mod silence_unused;
mod silence_without_reason;
mod single_des_offered;
mod sql_formatted;
mod sql_without_tls_accepted;
mod sslmode_below_verify_full;
mod sslv2_offered;
mod sslv3_offered;
mod statements_echoed;
mod subject_alt_name_missing;
mod tenant_certificate_for_sql;
mod ticketbleed;
mod tls10_offered;
mod tls11_offered;
mod tls12_and_tls13_missing;
mod tls13_missing;
mod tls_handshake_failed;
mod trust_file_unreadable;
mod verify_full_refused;
mod weak_protocol_configured;
mod web_transport_unprotected;

pub use filed::CertificateContext;

/// Every check, in the order of reports and documentation.
pub static REGISTER: &[&Check] = &[
    &plaintext_only::CHECK,
    &plaintext_accepted::CHECK,
    &insecure_cockroachdb_node::CHECK,
    &authentication_without_tls::CHECK,
    &bytes_before_tls_accepted::CHECK,
    &direct_tls_is_not_sql::CHECK,
    &sslmode_below_verify_full::CHECK,
    &verify_full_refused::CHECK,
    &certificate_expired::CHECK,
    &certificate_not_yet_valid::CHECK,
    &certificate_expires_soon::CHECK,
    &certificate_self_signed::CHECK,
    &certificate_unknown_ca::CHECK,
    &certificate_chain_incomplete::CHECK,
    &host_name_mismatch::CHECK,
    &subject_alt_name_missing::CHECK,
    &common_name_only::CHECK,
    &certificate_wrong_usage::CHECK,
    &certificate_malformed::CHECK,
    &rsa_key_too_short::CHECK,
    &elliptic_curve_unsuitable::CHECK,
    &signature_hash_weak::CHECK,
    &certificate_lifetime_too_long::CHECK,
    &extended_key_usage_missing::CHECK,
    &certificate_wildcard::CHECK,
    &key_shared::CHECK,
    &certificate_reload_missed::CHECK,
    &ca_file_does_not_verify::CHECK,
    &sslv2_offered::CHECK,
    &drown::CHECK,
    &sslv3_offered::CHECK,
    &cbc_under_sslv3::CHECK,
    &tls10_offered::CHECK,
    &cbc_under_tls10::CHECK,
    &tls11_offered::CHECK,
    &tls12_and_tls13_missing::CHECK,
    &tls13_missing::CHECK,
    &null_encryption_offered::CHECK,
    &anonymous_key_exchange_offered::CHECK,
    &export_cipher_suite_offered::CHECK,
    &rc4_offered::CHECK,
    &single_des_offered::CHECK,
    &block_cipher_64_bit::CHECK,
    &forward_secrecy_missing::CHECK,
    &aead_missing::CHECK,
    &cbc_without_encrypt_then_mac::CHECK,
    &server_preference_missing::CHECK,
    &dh_parameters_weak::CHECK,
    &dh_parameters_common::CHECK,
    &ephemeral_key_reused::CHECK,
    &group_weak::CHECK,
    &signature_scheme_weak::CHECK,
    &post_quantum_group_missing::CHECK,
    &heartbleed::CHECK,
    &ccs_injection::CHECK,
    &robot_oracle::CHECK,
    &ticketbleed::CHECK,
    &cbc_padding_oracle::CHECK,
    &compression_offered::CHECK,
    &insecure_renegotiation::CHECK,
    &client_renegotiation::CHECK,
    &fallback_signal_ignored::CHECK,
    &downgrade_sentinel_missing::CHECK,
    &extended_master_secret_missing::CHECK,
    &early_data_offered::CHECK,
    &session_ticket_lifetime_too_long::CHECK,
    &session_ticket_key_not_rotated::CHECK,
    &grease_intolerant::CHECK,
    &large_hello_intolerant::CHECK,
    &cockroachdb_old_cipher_suites::CHECK,
    &cipher_suites_refused_after_handshake::CHECK,
    &authentication_missing::CHECK,
    &cleartext_password_authentication::CHECK,
    &md5_authentication::CHECK,
    &channel_binding_missing::CHECK,
    &client_certificate_missing::CHECK,
    &client_certificate_unfit::CHECK,
    &client_certificate_expires_soon::CHECK,
    &hsts_missing::CHECK,
    &hsts_too_short::CHECK,
    &plain_http_not_redirected::CHECK,
    &cookie_not_secure::CHECK,
    &cookie_attributes_missing::CHECK,
    &endpoint_unreachable::CHECK,
    &tls_handshake_failed::CHECK,
    &trust_file_unreadable::CHECK,
    &scan_incomplete::CHECK,
    &password_in_configuration::CHECK,
    &silence_without_reason::CHECK,
    &silence_unused::CHECK,
    &connection_plaintext::CHECK,
    &connection_unverified::CHECK,
    &connection_host_name_unverified::CHECK,
    &connection_sslmode_missing::CHECK,
    &connection_root_certificate_missing::CHECK,
    &database_user_root::CHECK,
    &certificate_verification_disabled::CHECK,
    &cockroachdb_insecure_flag::CHECK,
    &sql_without_tls_accepted::CHECK,
    &database_trusts_everybody::CHECK,
    &database_takes_plaintext::CHECK,
    &database_authentication_weak::CHECK,
    &weak_protocol_configured::CHECK,
    &password_written_out::CHECK,
    &key_written_out::CHECK,
    &nonce_written_out::CHECK,
    &secret_logged::CHECK,
    &statements_echoed::CHECK,
    &cryptography_misused::CHECK,
    &web_transport_unprotected::CHECK,
    &sql_formatted::CHECK,
    &driver_option_rejected::CHECK,
    &database_surroundings_open::CHECK,
    &private_key_readable_by_others::CHECK,
    &private_key_mismatch::CHECK,
    &ca_key_beside_certificates::CHECK,
    &certificate_file_expired::CHECK,
    &certificate_file_not_yet_valid::CHECK,
    &certificate_file_expires_soon::CHECK,
    &certificate_not_issued_by_ca_beside::CHECK,
    &certificate_outlives_ca::CHECK,
    &ca_file_without_ca::CHECK,
    &certificate_file_wrong_usage::CHECK,
    &node_principal_missing::CHECK,
    &client_principal_missing::CHECK,
    &login_name_among_dns_names::CHECK,
    &tenant_certificate_for_sql::CHECK,
    &certificate_file_weak::CHECK,
    &key_file_missing::CHECK,
    &certificate_file_unreadable::CHECK,
];

/// One thing that can be wrong.
#[derive(Debug)]
pub struct Check {
    /// Kebab-case name of the problem; the name of its file, too.
    pub id: &'static str,
    /// The problem in a few words, lower case.
    pub title: &'static str,
    /// How bad it is where the detection does not say otherwise.
    pub severity: Severity,
    /// What kind of thing it is about: the category whose part of the score it lowers.
    pub category: Category,
    /// The class of findings in files that it answers to, such as `db-plaintext`; `None` for what is no finding in a file.
    pub class: Option<&'static str>,
    /// The version of verifull that has it since.
    pub since: &'static str,
    /// CWE first, then OWASP, PCI, NIST and RFC sections.
    pub references: &'static [&'static str],
    /// Markdown with the headings What it looks for, Why it matters, How to fix it, References.
    pub docs: &'static str,
    /// What it looks at.
    pub evaluate: Evaluate,
}

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Whether a connection is encrypted, and must be.
    Transport,
    /// The certificate and who vouches for it.
    Certificate,
    /// Versions, suites, groups.
    Cryptography,
    /// Who is let in.
    Authentication,
    /// HTTP headers and cookies.
    Http,
    /// verifull's own sight: what could not be looked at, its own configuration.
    Operation,
}

impl Category {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::Transport,
        Self::Certificate,
        Self::Cryptography,
        Self::Authentication,
        Self::Http,
        Self::Operation,
    ];

    /// Returns the name that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::Certificate => "certificate",
            Self::Cryptography => "cryptography",
            Self::Authentication => "authentication",
            Self::Http => "http",
            Self::Operation => "operation",
        }
    }
}

/// What a check looks at, and how.
#[derive(Clone, Copy, Debug)]
pub enum Evaluate {
    /// One observation of one address of an endpoint.
    Endpoint(fn(&EndpointObservation, &Context<'_>) -> Verdict),
    /// What one application file declares.
    File(fn(&FileObservation) -> Verdict),
    /// One certificate or key file, with those beside it.
    CertificateFile(fn(&CertificateFile, &CertificateContext<'_>) -> Verdict),
    /// verifull's own configuration.
    Configuration(fn(&Config) -> Verdict),
}

/// What a check may know beside the observation.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The time of judgement.
    pub now: Timestamp,
    /// What the owner intends.
    pub endpoint: &'a Endpoint,
    /// Which endpoints present which public key: `spki_sha256` to names.
    pub key_holders: &'a BTreeMap<String, BTreeSet<Arc<str>>>,
    /// Which endpoints serve which public key over SSLv2: `spki_sha256` to names.
    pub sslv2_keys: &'a BTreeMap<String, BTreeSet<Arc<str>>>,
    /// The certificate files that are this endpoint's.
    pub files: &'a EndpointFiles,
    /// How long the server's ticket key is known at this address; `None` where nobody keeps account.
    pub ticket_key: Option<TicketKey>,
}

/// What is known of the key that encrypts session tickets, over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketKey {
    /// When the scan began that first saw its name.
    pub seen_since: Timestamp,
    /// Whether an earlier scan saw the name of another key: then the server does rotate.
    pub follows_another: bool,
}

/// What a check concludes, in SARIF's words (SARIF 2.1.0, section 3.27.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It looked, and nothing is wrong.
    Pass,
    /// It looked, and this is wrong.
    Fail(Vec<Detection>),
    /// There is nothing of the kind to look at.
    NotApplicable,
    /// The facts do not decide it, and why.
    Open(String),
}

/// Finds a check by its id.
pub fn find(id: &str) -> Option<&'static Check> {
    REGISTER.iter().copied().find(|check| check.id == id)
}

/// Puts one observation to every check about endpoints.
///
/// A fault in one check costs one open verdict, not the dashboard.
pub fn assess(
    observation: &EndpointObservation,
    context: &Context<'_>,
) -> Vec<(&'static Check, Verdict)> {
    REGISTER
        .iter()
        .filter_map(|check| match check.evaluate {
            Evaluate::Endpoint(evaluate) => Some((
                *check,
                contained(check.id, || evaluate(observation, context)),
            )),
            Evaluate::File(_) | Evaluate::CertificateFile(_) | Evaluate::Configuration(_) => None,
        })
        .collect()
}

/// Puts the configuration to every check about it.
pub fn assess_configuration(config: &Config) -> Vec<(&'static Check, Verdict)> {
    REGISTER
        .iter()
        .filter_map(|check| match check.evaluate {
            Evaluate::Configuration(evaluate) => {
                Some((*check, contained(check.id, || evaluate(config))))
            }
            Evaluate::Endpoint(_) | Evaluate::File(_) | Evaluate::CertificateFile(_) => None,
        })
        .collect()
}

/// Puts one application file to every check about files.
pub fn assess_file(observation: &FileObservation) -> Vec<(&'static Check, Verdict)> {
    REGISTER
        .iter()
        .filter_map(|check| match check.evaluate {
            Evaluate::File(evaluate) => {
                Some((*check, contained(check.id, || evaluate(observation))))
            }
            Evaluate::Endpoint(_) | Evaluate::CertificateFile(_) | Evaluate::Configuration(_) => {
                None
            }
        })
        .collect()
}

/// Puts one certificate or key file to every check about those.
pub fn assess_certificate_file(
    file: &CertificateFile,
    context: &CertificateContext<'_>,
) -> Vec<(&'static Check, Verdict)> {
    REGISTER
        .iter()
        .filter_map(|check| match check.evaluate {
            Evaluate::CertificateFile(evaluate) => {
                Some((*check, contained(check.id, || evaluate(file, context))))
            }
            Evaluate::Endpoint(_) | Evaluate::File(_) | Evaluate::Configuration(_) => None,
        })
        .collect()
}

/// Runs one check and turns a panic into an open verdict.
fn contained(id: &str, evaluate: impl FnOnce() -> Verdict) -> Verdict {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(evaluate)).unwrap_or_else(|_| {
        Verdict::Open(format!(
            "internal error in the check `{id}`; please report it"
        ))
    })
}

/// Renders the page of one check, in Markdown.
pub fn explain(check: &Check) -> String {
    let mut page = String::new();
    page_into(&mut page, check, "#");
    page
}

/// Renders the whole register, in Markdown: the reference that `docs/checks.md` holds.
pub fn reference() -> String {
    let mut text = String::from(
        "# Checks\n\n\
         Everything that verifull judges, in the order of its reports. This page is rendered from the register in `src/check.rs`;\n\
         `verifull explain CHECK` prints one entry of it. The severity is the usual one: where a detection can be milder or\n\
         worse, the entry says so. How severities make a score: `verifull explain --scoring`.\n\n\
         | check | severity | category | what is wrong |\n|---|---|---|---|\n",
    );
    for check in REGISTER {
        let _ = writeln!(
            text,
            "| [`{id}`](#{id}) | {severity} | {category} | {title} |",
            id = check.id,
            severity = check.severity,
            category = check.category.as_str(),
            title = check.title,
        );
    }
    for check in REGISTER {
        text.push('\n');
        page_into(&mut text, check, "##");
    }
    text
}

/// Writes one check's page under a heading of the level that `heading` has.
fn page_into(text: &mut String, check: &Check, heading: &str) {
    let _ = write!(
        text,
        "{heading} {id}\n\n{title}\n\nSeverity {severity}, category {category}, since {since}.\n\n",
        id = check.id,
        title = check.title,
        severity = check.severity,
        category = check.category.as_str(),
        since = check.since,
    );
    for line in check.docs.trim().lines() {
        if line.starts_with('#') {
            // The docs have headings of the second level; the page may stand a level deeper.
            text.push_str(&heading[1..]);
        }
        text.push_str(line);
        text.push('\n');
    }
}

// What several checks ask of an observation. Each answers with the fact, or with the verdict that its absence makes.

/// Says why a fact is missing: the earliest thing that went wrong explains all that did not follow.
fn open<T>(seen: &EndpointObservation, attempt: &Attempt<T>) -> Verdict {
    let reason = match (&seen.connection, &seen.ssl_request) {
        (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_), _) => seen
            .connection
            .reason()
            .map(|reason| format!("the endpoint was not reached: {reason}")),
        (Attempt::Seen(()), Attempt::Seen(SslAnswer::Error(error))) => Some(format!(
            "the server answered SSLRequest with an error: {}",
            error.reason()
        )),
        (Attempt::Seen(()), Attempt::Refused(_) | Attempt::Failed(_)) => seen
            .ssl_request
            .reason()
            .map(|reason| format!("SSLRequest was not answered: {reason}")),
        (
            Attempt::Seen(()),
            Attempt::NotAttempted(_) | Attempt::Seen(SslAnswer::Willing | SslAnswer::Unwilling),
        ) => attempt.reason(),
    };
    Verdict::Open(reason.unwrap_or_else(|| "nobody looked".to_owned()))
}

/// Whether the server said that it has no TLS: then there is nothing to judge about TLS.
fn is_without_tls(seen: &EndpointObservation) -> bool {
    seen.ssl_request.seen() == Some(&SslAnswer::Unwilling)
}

/// Returns the certificate of the peer itself.
fn end_entity(seen: &EndpointObservation) -> Result<&Certificate, Verdict> {
    if is_without_tls(seen) {
        return Err(Verdict::NotApplicable);
    }
    let Attempt::Seen(chain) = &seen.chain else {
        return Err(open(seen, &seen.chain));
    };
    chain.end_entity().map(|found| &**found).ok_or_else(|| {
        Verdict::Open(chain.malformed.first().map_or_else(
            || "the peer presented no certificate".to_owned(),
            |malformed| {
                format!(
                    "the peer's certificate could not be read: {}",
                    malformed.reason
                )
            },
        ))
    })
}

/// Returns the end entity and the intermediates that were sent with it. A self-issued certificate beyond the first is a trust
/// anchor's copy: a client takes its own, so nothing about the copy matters.
fn path_members(seen: &EndpointObservation) -> Result<Vec<&Certificate>, Verdict> {
    let end_entity = end_entity(seen)?;
    let others = seen.chain.seen().into_iter().flat_map(|chain| {
        chain
            .certificates
            .iter()
            .skip(1)
            .map(|certificate| &**certificate)
            .filter(|certificate| !certificate.is_self_issued())
    });
    Ok(std::iter::once(end_entity).chain(others).collect())
}

/// Returns what a client would conclude from the chain.
fn verification(seen: &EndpointObservation) -> Result<&Verification, Verdict> {
    if is_without_tls(seen) {
        return Err(Verdict::NotApplicable);
    }
    seen.verification
        .seen()
        .ok_or_else(|| open(seen, &seen.verification))
}

/// Returns the parameters of the handshake.
fn handshake(seen: &EndpointObservation) -> Result<&Handshake, Verdict> {
    if is_without_tls(seen) {
        return Err(Verdict::NotApplicable);
    }
    seen.handshake
        .seen()
        .ok_or_else(|| open(seen, &seen.handshake))
}

/// Returns the response head of an HTTPS endpoint.
fn response_head<'a>(
    seen: &'a EndpointObservation,
    context: &Context<'_>,
) -> Result<&'a Head, Verdict> {
    if context.endpoint.target.protocol != Protocol::Https {
        return Err(Verdict::NotApplicable);
    }
    seen.http.seen().ok_or_else(|| open(seen, &seen.http))
}

/// Judges one problem of the certification path.
fn path_problem(
    seen: &EndpointObservation,
    problem: PathProblem,
    detect: impl FnOnce(&Verification, Option<&Certificate>) -> Detection,
) -> Verdict {
    let verification = match verification(seen) {
        Ok(verification) => verification,
        Err(verdict) => return verdict,
    };
    if !verification.problems.contains(&problem) {
        return Verdict::Pass;
    }
    let end_entity = end_entity(seen).ok();
    let mut detection = detect(verification, end_entity).evidence(verification.path_detail.clone());
    if let Some(certificate) = end_entity {
        detection = detection
            .evidence(identity(certificate))
            .discriminator(&certificate.sha256);
    }
    Verdict::Fail(vec![detection])
}

/// Concludes from the keys of one kind on the path: without any of the kind there is nothing to judge.
fn key_verdict(judged: bool, detections: Vec<Detection>) -> Verdict {
    match (judged, detections.is_empty()) {
        (false, _) => Verdict::NotApplicable,
        (true, true) => Verdict::Pass,
        (true, false) => Verdict::Fail(detections),
    }
}

/// Names a certificate as evidence does.
fn identity(certificate: &Certificate) -> String {
    format!(
        "subject {}, issuer {}, serial {}",
        certificate.subject, certificate.issuer, certificate.serial_number
    )
}

/// Says how long a certificate is valid, as evidence does.
fn validity(certificate: &Certificate) -> String {
    format!(
        "notBefore {}, notAfter {}",
        certificate.not_before, certificate.not_after
    )
}

/// Returns the time from one moment to a later one; nothing where it is not later.
fn from_to(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}

/// Says a duration in one unit, rounded down: `3 days`, `36 hours`, `1 second`. A finer text would change with every look.
fn in_words(duration: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let seconds = duration.as_secs();
    let (count, unit) = if seconds >= 2 * DAY {
        (seconds / DAY, "day")
    } else if seconds >= 2 * HOUR {
        (seconds / HOUR, "hour")
    } else if seconds >= 2 * MINUTE {
        (seconds / MINUTE, "minute")
    } else {
        (seconds, "second")
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Most names that a message lists: a certificate may hold a hundred.
const MOST_LISTED: usize = 5;

/// Lists names in a message, in back-quotes, no more than fit a line.
fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "nobody".to_owned();
    }
    let mut text = names
        .iter()
        .take(MOST_LISTED)
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > MOST_LISTED {
        let _ = write!(text, " and {} more", names.len() - MOST_LISTED);
    }
    text
}

/// Says what a server answered to a `StartupMessage`, as evidence does.
fn answer_in_words(transport: &str, answer: &StartupAnswer) -> String {
    let reply = match &answer.reply {
        StartupReply::Authentication(request) => match request {
            AuthenticationRequest::Ok => "AuthenticationOk".to_owned(),
            AuthenticationRequest::CleartextPassword => {
                "AuthenticationCleartextPassword".to_owned()
            }
            AuthenticationRequest::Md5Password => "AuthenticationMD5Password".to_owned(),
            AuthenticationRequest::Gss => "AuthenticationGSS".to_owned(),
            AuthenticationRequest::Sasl(mechanisms) => {
                format!("AuthenticationSASL {}", mechanisms.join(", "))
            }
            AuthenticationRequest::Other(number) => format!("authentication request {number}"),
        },
        StartupReply::Error(error) => error.to_string(),
    };
    format!(
        "StartupMessage in {transport} for user `{}`, database `{}`: {reply}",
        answer.user, answer.database
    )
}

/// Whether the name that clients dial is an address.
fn is_address(context: &Context<'_>) -> bool {
    context.endpoint.reference_name().parse::<IpAddr>().is_ok()
}

/// Returns what a remedy needs to know of an endpoint.
fn connection(seen: &EndpointObservation, context: &Context<'_>) -> Connection {
    let Endpoint {
        target,
        sslrootcert,
        sslcert,
        sslkey,
        ..
    } = context.endpoint;
    Connection {
        endpoint: context.endpoint.name.to_string(),
        protocol: target.protocol.as_str().to_owned(),
        product: seen.server.product.as_str().to_owned(),
        host: target.host.to_string(),
        port: target.port,
        database: target.database.clone(),
        user: target.user.clone(),
        sslrootcert: sslrootcert.clone(),
        sslcert: sslcert.clone(),
        sslkey: sslkey.clone(),
    }
}

/// Returns an order for a certificate that keeps the names of the served one and has the name that clients dial.
fn order(
    seen: &EndpointObservation,
    context: &Context<'_>,
    because: impl Into<String>,
) -> CertificateOrder {
    let reference_name = context.endpoint.reference_name();
    let mut names: Vec<String> = end_entity(seen).map_or_else(
        |_| Vec::new(),
        |certificate| {
            certificate
                .dns_names
                .iter()
                .cloned()
                .chain(certificate.ip_addresses.iter().map(ToString::to_string))
                .collect()
        },
    );
    let mut missing = Vec::new();
    // Without a verification nobody knows whether a wildcard covers the name; with one, `Match` says that it is covered.
    let covered = seen
        .verification
        .seen()
        .is_some_and(|found| found.host_name == HostName::Match);
    if !covered && !names.contains(&reference_name) {
        names.push(reference_name.clone());
        missing.push(reference_name);
    }
    CertificateOrder {
        connection: connection(seen, context),
        names,
        missing,
        because: because.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_one_unit() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (2 * 3600, "2 hours"),
            (48 * 3600 - 1, "47 hours"),
            (48 * 3600, "2 days"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn panicking_check_leaves_its_verdict_open() {
        let verdict = contained("fragile", || panic!("as if a check had a fault"));
        assert_eq!(
            verdict,
            Verdict::Open("internal error in the check `fragile`; please report it".to_owned())
        );
    }

    #[test]
    fn unknown_id_finds_nothing() {
        assert!(find("certificate-expired").is_some());
        assert!(find("certificate_expired").is_none());
    }
}
