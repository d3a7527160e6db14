//! Judges whether a login over TLS needs anything at all.

use super::{
    Category, Check, Context, Evaluate, Verdict, answer_in_words, connection, is_without_tls, open,
};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::{EndpointObservation, StartupReply};
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "authentication-missing",
    title: "server lets a user in without asking for anything",
    severity: Severity::Critical,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-306",
        "OWASP-API2:2023",
        "PCI DSS 4.0.1 requirement 8.3.1",
        "PostgreSQL documentation section 21.1",
    ],
    docs: r"
## What it looks for

`AuthenticationOk` as the first answer to a `StartupMessage` inside TLS, though no client certificate was
sent: the method `trust`. It comes from the login test and holds for the user, the database and the source
address that were tried. Where the same happens in plaintext, `plaintext-accepted` or
`insecure-cockroachdb-node` reports it.

## Why it matters

Whoever reaches the port has the account. TLS keeps the others out of the conversation, not out of the
database.

## How to fix it

- PostgreSQL: in `pg_hba.conf` write `scram-sha-256` or `cert` for `trust`, and reload.
- CockroachDB: take `trust` out of the cluster setting `server.host_based_authentication.configuration`.

## References

- CWE-306: Missing Authentication for Critical Function
- OWASP-API2:2023: Broken Authentication
- PCI DSS 4.0.1 requirement 8.3.1: all access is authenticated
- PostgreSQL documentation section 21.1: the pg_hba.conf file
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if context.endpoint.target.protocol != Protocol::Postgresql {
        return Verdict::NotApplicable;
    }
    if is_without_tls(seen) {
        return Verdict::NotApplicable;
    }
    let Some(answer) = seen.tls_startup.seen() else {
        return open(seen, &seen.tls_startup);
    };
    let let_in = StartupReply::Authentication(AuthenticationRequest::Ok);
    let sent_certificate = seen.client_authentication.seen().map_or_else(
        || context.endpoint.sslcert.is_some(),
        |authentication| authentication.sent,
    );
    let reported_in_plaintext = seen
        .plaintext_startup
        .seen()
        .is_some_and(|answer| answer.reply == let_in);
    if answer.reply != let_in || sent_certificate || reported_in_plaintext {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "user `{}` gets a session without password and without certificate: authentication is wanted",
            answer.user
        ))
        .evidence(answer_in_words("TLS", answer))
        .remedy(Remedy::RequireTls(connection(seen, context))),
    ])
}
