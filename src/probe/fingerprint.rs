//! Who a peer is, from what it shows before login, strongest evidence first.
//!
//! A pure function. One byte that many products answer alike is no evidence.

use super::postgresql::GssAnswer;
use crate::endpoint::Host;
use crate::libpq::wire::{AuthenticationRequest, ErrorResponse};
use crate::observation::{
    Attempt, ClientCertificateDemand, EndpointObservation, Fingerprint, Product, SslAnswer,
    StartupAnswer, StartupReply,
};

/// Domains under which CockroachDB Cloud gives names to clusters.
const CLOUD_DOMAINS: [&str; 2] = [".cockroachlabs.cloud", ".crdb.io"];

/// Tells the product from one observation, the answer to `GSSENCRequest` if there was one, and the host's name.
pub(super) fn identify(
    observation: &EndpointObservation,
    gss: Option<&GssAnswer>,
    host: &Host,
) -> Fingerprint {
    let mut clues = Vec::new();
    if let Some(answer) = gss {
        clues.extend(from_gss(answer));
    }
    if let Some(SslAnswer::Error(error)) = observation.ssl_request.seen() {
        clues.extend(from_error(error, "SSLRequest"));
    }
    for (attempt, to) in [
        (&observation.plaintext_startup, "a plaintext StartupMessage"),
        (&observation.tls_startup, "a StartupMessage inside TLS"),
    ] {
        if let Some(answer) = attempt.seen() {
            clues.extend(from_startup(answer, to));
        }
    }
    clues.extend(from_tls(observation));
    clues.extend(from_name(observation, host));
    // Stable: equally strong clues stay in the order in which they were seen.
    clues.sort_by_key(|clue| clue.strength);
    let product = clues.first().map_or(Product::Unknown, |clue| clue.product);
    Fingerprint {
        product,
        evidence: clues
            .into_iter()
            .filter(|clue| clue.product == product)
            .map(|clue| clue.evidence)
            .collect(),
    }
}

/// One piece of evidence.
struct Clue {
    /// Lower is stronger, in the order of the variants.
    strength: Strength,
    product: Product,
    evidence: String,
}

/// How well a clue tells a product from all the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    /// Words that only one product says.
    Words,
    /// How a message is made.
    Form,
    /// Names that an operator may choose otherwise.
    Names,
}

/// Reads the answer to `GSSENCRequest`.
fn from_gss(answer: &GssAnswer) -> Option<Clue> {
    match answer {
        GssAnswer::Willing => Some(Clue {
            strength: Strength::Form,
            product: Product::Postgresql,
            evidence: "GSSENCRequest is answered with `G`".to_owned(),
        }),
        // Poolers and proxies say that, too.
        GssAnswer::Unwilling => None,
        GssAnswer::Error(error) => from_error(error, "GSSENCRequest"),
    }
}

/// Reads an error.
fn from_error(error: &ErrorResponse, to: &str) -> Option<Clue> {
    let says = |product, words: &str| {
        Some(Clue {
            strength: Strength::Words,
            product,
            evidence: format!("{to} is answered with \"{words}\""),
        })
    };
    for words in [
        "GSS encryption is not yet supported",
        "node is running secure mode",
    ] {
        if error.sqlstate == "08P01" && error.message.starts_with(words) {
            return says(Product::Cockroachdb, words);
        }
    }
    if error.sqlstate == "08004" {
        let routing = "codeparamsroutingfailed";
        let message = error.message.to_ascii_lowercase();
        if message.starts_with(routing) {
            return says(Product::CockroachdbCloudProxy, "codeParamsRoutingFailed");
        }
        if message == "server requires encryption" && error.file.is_none() {
            return says(Product::CockroachdbCloudProxy, "server requires encryption");
        }
    }
    let file = error.file.as_deref()?;
    let extension = file.rsplit_once('.').map(|(_, extension)| extension)?;
    let form = |product, evidence| {
        Some(Clue {
            strength: Strength::Form,
            product,
            evidence,
        })
    };
    match extension {
        "go" if error.message_last => form(
            Product::Cockroachdb,
            format!("the error to {to} comes from `{file}` and ends with its message"),
        ),
        "c" => form(
            Product::Postgresql,
            format!("the error to {to} comes from `{file}`"),
        ),
        _ => None,
    }
}

/// Reads the answer to a `StartupMessage`.
fn from_startup(answer: &StartupAnswer, to: &str) -> Option<Clue> {
    let request = match &answer.reply {
        StartupReply::Error(error) => return from_error(error, to),
        StartupReply::Authentication(request) => request,
    };
    let evidence = match request {
        AuthenticationRequest::Sasl(mechanisms)
            if mechanisms.iter().any(|name| name.ends_with("-PLUS")) =>
        {
            format!("{to} is answered with an offer of channel binding")
        }
        AuthenticationRequest::Md5Password => {
            format!("{to} is answered with AuthenticationMD5Password")
        }
        AuthenticationRequest::Ok
        | AuthenticationRequest::CleartextPassword
        | AuthenticationRequest::Gss
        | AuthenticationRequest::Sasl(_)
        | AuthenticationRequest::Other(_) => return None,
    };
    // CockroachDB offers neither; poolers in front of PostgreSQL offer both.
    Some(Clue {
        strength: Strength::Form,
        product: Product::Postgresql,
        evidence,
    })
}

/// Reads the handshake: application protocol, the CAs of the `CertificateRequest`, the issuer.
fn from_tls(observation: &EndpointObservation) -> Vec<Clue> {
    let mut clues = Vec::new();
    let alpn = observation
        .handshake
        .seen()
        .and_then(|seen| seen.alpn.as_deref());
    if alpn == Some("postgresql") {
        clues.push(Clue {
            strength: Strength::Form,
            product: Product::Postgresql,
            evidence:
                "TLS negotiates the application protocol `postgresql`, as PostgreSQL 17 and later"
                    .to_owned(),
        });
    }
    let by_name = |evidence| Clue {
        strength: Strength::Names,
        product: Product::Cockroachdb,
        evidence,
    };
    if let Some(client) = observation.client_authentication.seen()
        && let Some(name) = client.ca_names.iter().find(|name| is_cockroach(name))
    {
        clues.push(by_name(format!(
            "client certificates are wanted from the CA `{name}`"
        )));
    }
    if let Some(end_entity) = observation
        .chain
        .seen()
        .and_then(|chain| chain.end_entity())
        && is_cockroach(&end_entity.issuer)
    {
        clues.push(by_name(format!(
            "the certificate was issued by `{}`",
            end_entity.issuer
        )));
    }
    clues
}

/// Whether a distinguished name is one that `cockroach cert` writes.
fn is_cockroach(name: &str) -> bool {
    name.split([',', '+'])
        .any(|part| part.trim() == "O=Cockroach")
}

/// Reads the host's name. Only the proxy asks for no client certificate: a node always does.
fn from_name(observation: &EndpointObservation, host: &Host) -> Option<Clue> {
    let Host::Name(name) = host else {
        return None;
    };
    let domain = CLOUD_DOMAINS
        .iter()
        .find(|domain| name.ends_with(**domain))?;
    let asks_nobody = matches!(
        &observation.client_authentication,
        Attempt::Seen(client) if client.demand == ClientCertificateDemand::NotRequested
    );
    Some(Clue {
        strength: Strength::Names,
        product: if asks_nobody {
            Product::CockroachdbCloudProxy
        } else {
            Product::Cockroachdb
        },
        evidence: format!("the host's name ends in `{domain}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{ClientAuthentication, Handshake};
    use crate::tls::{CipherSuite, ProtocolVersion};

    fn nothing_seen() -> EndpointObservation {
        let none = "nothing was tried".to_owned();
        serde_json::from_value(serde_json::json!({
            "endpoint": "db", "observed_at": "2026-11-01T00:00:00Z", "timings": {"total": "1ms"}, "connections_used": 1,
            "connection": {"seen": null},
            "ssl_request": {"seen": "willing"},
            "handshake": {"not_attempted": none}, "chain": {"not_attempted": none},
            "verification": {"not_attempted": none}, "client_authentication": {"not_attempted": none},
            "client_identity": {"not_attempted": none}, "plaintext_startup": {"not_attempted": none},
            "tls_startup": {"not_attempted": none}, "server": {}, "http": {"not_attempted": none},
            "plain_http": {"not_attempted": none},
        }))
        .unwrap()
    }

    fn answered(reply: StartupReply) -> Attempt<StartupAnswer> {
        Attempt::Seen(StartupAnswer {
            user: "u".to_owned(),
            database: "d".to_owned(),
            reply,
        })
    }

    /// An error as its product builds it: Go ends with the message.
    fn error(sqlstate: &str, message: &str, file: Option<&str>) -> ErrorResponse {
        ErrorResponse {
            severity: "FATAL".to_owned(),
            sqlstate: sqlstate.to_owned(),
            message: message.to_owned(),
            file: file.map(str::to_owned),
            message_last: file.and_then(|file| file.strip_suffix(".go")).is_some(),
        }
    }

    fn asking(ca_names: &[&str], demand: ClientCertificateDemand) -> Attempt<ClientAuthentication> {
        Attempt::Seen(ClientAuthentication {
            demand,
            ca_names: ca_names.iter().map(|name| (*name).to_owned()).collect(),
            sent: false,
            refusal: None,
        })
    }

    fn product(observation: &EndpointObservation, host: &str) -> Product {
        identify(observation, None, &Host::Name(host.to_owned())).product
    }

    #[test]
    fn one_byte_to_gss_tells_only_what_it_can() {
        let host = Host::Name("db".to_owned());
        let seen = nothing_seen();
        let told = |answer: &GssAnswer| identify(&seen, Some(answer), &host).product;
        assert_eq!(told(&GssAnswer::Unwilling), Product::Unknown);
        assert_eq!(told(&GssAnswer::Willing), Product::Postgresql);
        assert_eq!(
            told(&GssAnswer::Error(error(
                "08P01",
                "GSS encryption is not yet supported",
                Some("pre_serve.go")
            ))),
            Product::Cockroachdb
        );
    }

    #[test]
    fn words_outweigh_names() {
        let mut seen = nothing_seen();
        seen.client_authentication = asking(
            &["CN=Cockroach CA,O=Cockroach"],
            ClientCertificateDemand::Requested,
        );
        assert_eq!(product(&seen, "db"), Product::Cockroachdb);
        seen.plaintext_startup = answered(StartupReply::Error(error(
            "28000",
            "no pg_hba.conf entry",
            Some("auth.c"),
        )));
        let told = identify(&seen, None, &Host::Name("db".to_owned()));
        assert_eq!(told.product, Product::Postgresql);
        assert_eq!(told.evidence.len(), 1, "{:?}", told.evidence);
    }

    #[test]
    fn names_must_match_as_a_whole() {
        let mut seen = nothing_seen();
        seen.client_authentication = asking(
            &["CN=x,O=Cockroach Labs", "CN=O=Cockroachy"],
            ClientCertificateDemand::Requested,
        );
        assert_eq!(product(&seen, "db"), Product::Unknown);
    }

    #[test]
    fn cloud_proxy_asks_for_no_client_certificate() {
        let host = "free-tier.gcp-us.cockroachlabs.cloud";
        let mut seen = nothing_seen();
        seen.client_authentication = asking(&[], ClientCertificateDemand::NotRequested);
        assert_eq!(product(&seen, host), Product::CockroachdbCloudProxy);
        seen.client_authentication = asking(&["CN=x"], ClientCertificateDemand::Requested);
        assert_eq!(product(&seen, host), Product::Cockroachdb);
        assert_eq!(
            product(&nothing_seen(), "cockroachlabs.cloud.evil"),
            Product::Unknown
        );
    }

    #[test]
    fn channel_binding_tells_postgresql_and_scram_alone_nobody() {
        let sasl = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let mut seen = nothing_seen();
            seen.tls_startup = answered(StartupReply::Authentication(AuthenticationRequest::Sasl(
                names,
            )));
            product(&seen, "db")
        };
        assert_eq!(
            sasl(&["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]),
            Product::Postgresql
        );
        assert_eq!(sasl(&["SCRAM-SHA-256"]), Product::Unknown);
    }

    #[test]
    fn application_protocol_tells_postgresql_17() {
        let mut seen = nothing_seen();
        seen.handshake = Attempt::Seen(Handshake {
            version: ProtocolVersion::TLSV1_3,
            cipher_suite: CipherSuite(0x1301),
            group: None,
            alpn: Some("postgresql".to_owned()),
            ocsp_stapled: false,
        });
        assert_eq!(product(&seen, "db"), Product::Postgresql);
    }

    #[test]
    fn proxy_errors_are_told_from_anybody_elses() {
        let told = |file| {
            let mut seen = nothing_seen();
            seen.plaintext_startup = answered(StartupReply::Error(error(
                "08004",
                "server requires encryption",
                file,
            )));
            product(&seen, "db")
        };
        assert_eq!(told(None), Product::CockroachdbCloudProxy);
        assert_eq!(told(Some("other.rs")), Product::Unknown);
    }
}
