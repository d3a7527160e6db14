//! Judges whether a node lets anybody in, in plaintext, as `cockroach start --insecure` does.

use super::{
    Category, Check, Context, Evaluate, Verdict, answer_in_words, connection, is_without_tls, open,
};
use crate::endpoint::Protocol;
use crate::finding::Confidence;
use crate::finding::{Detection, Severity};
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::{EndpointObservation, Product, StartupReply};
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "insecure-cockroachdb-node",
    title: "node runs without TLS and without authentication",
    severity: Severity::Critical,
    category: Category::Transport,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-306",
        "CWE-319",
        "OWASP-API2:2023",
        "PCI DSS 4.0.1 requirement 8.3.1",
        "PCI DSS 4.0.1 requirement 4.2.1",
    ],
    docs: r"
## What it looks for

Two answers together: `N` to `SSLRequest`, and `AuthenticationOk` to a plaintext `StartupMessage`, with no
password asked. The second answer comes from the login test, which is rarer than the probe and can be turned
off; without it this check is open.

A server that shows itself to be PostgreSQL gets `plaintext-only` in its place: `trust` in `pg_hba.conf` holds
for the login that was tried, and not for all.

## Why it matters

An insecure node has no users, only names: whoever reaches the port is `root`, reads and changes every table,
and joins nodes to the cluster. Nothing on the way is encrypted.

## How to fix it

- CockroachDB: create a CA, a node certificate for each node and a client certificate for `root` (`cockroach
  cert create-ca`, `create-node`, `create-client root`), then restart the nodes with `--certs-dir` in place of
  `--insecure`. A rolling change is not possible: secure and insecure nodes do not talk to each other.
- Until then let only trusted addresses reach the port.

## References

- CWE-306: Missing Authentication for Critical Function
- CWE-319: Cleartext Transmission of Sensitive Information
- OWASP-API2:2023: Broken Authentication
- PCI DSS 4.0.1 requirement 8.3.1: all access is authenticated
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if context.endpoint.target.protocol != Protocol::Postgresql {
        return Verdict::NotApplicable;
    }
    if seen.ssl_request.seen().is_none() {
        return open(seen, &seen.ssl_request);
    }
    if !is_without_tls(seen) {
        return Verdict::Pass;
    }
    let Some(answer) = seen.plaintext_startup.seen() else {
        return open(seen, &seen.plaintext_startup);
    };
    if !is_insecure(seen) {
        return Verdict::Pass;
    }
    // An insecure node sends nothing else before login that would tell its name.
    let confidence = match seen.server.product {
        Product::Cockroachdb | Product::CockroachdbCloudProxy => Confidence::High,
        Product::Postgresql | Product::Unknown => Confidence::Medium,
    };
    Verdict::Fail(vec![
        Detection::new(format!(
            "the node gives user `{}` a session in plaintext and asks for nothing: TLS and authentication are wanted",
            answer.user
        ))
        .confidence(confidence)
        .evidence("SSLRequest: N")
        .evidence(answer_in_words("plaintext", answer))
        .remedy(Remedy::OfferTls(connection(seen, context))),
    ])
}

/// Whether the server has no TLS and lets the user of the login test in without a question.
pub(super) fn is_insecure(seen: &EndpointObservation) -> bool {
    is_without_tls(seen)
        && seen.server.product != Product::Postgresql
        && seen.plaintext_startup.seen().is_some_and(|answer| {
            answer.reply == StartupReply::Authentication(AuthenticationRequest::Ok)
        })
}
