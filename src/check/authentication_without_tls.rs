//! Judges which password would cross the network in plaintext where a server has no TLS.

use super::{
    Category, Check, Context, Evaluate, Verdict, answer_in_words, connection, is_without_tls, open,
};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::{EndpointObservation, StartupReply};
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "authentication-without-tls",
    title: "server without TLS asks for a password",
    severity: Severity::High,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-523",
        "CWE-319",
        "OWASP-API2:2023",
        "PCI DSS 4.0.1 requirement 8.3.2",
        "PostgreSQL documentation section 55.2.10",
    ],
    docs: r"
## What it looks for

What a server that has no TLS asks for after a plaintext `StartupMessage`: `AuthenticationCleartextPassword`
(critical: the password itself crosses) or `AuthenticationMD5Password` (high: a hash that is cracked or
replayed). SCRAM and GSS do not give the password away, so they pass here.

A server that has TLS and accepts plaintext beside it is `plaintext-accepted`.

## Why it matters

Whoever listens has the password, and with it the account, from then on and from anywhere.

## How to fix it

- Give the server TLS (see `plaintext-only`) and change every password that was used until now.
- PostgreSQL: `password_encryption = scram-sha-256`, set the passwords again, and write `scram-sha-256` for
  `password` and `md5` in `pg_hba.conf`.
- CockroachDB: a node with `--certs-dir` asks for no password in plaintext.

## References

- CWE-523: Unprotected Transport of Credentials
- CWE-319: Cleartext Transmission of Sensitive Information
- OWASP-API2:2023: Broken Authentication
- PCI DSS 4.0.1 requirement 8.3.2: authentication factors are unreadable in transmission
- PostgreSQL documentation section 55.2.10: SSL session encryption
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
        return Verdict::NotApplicable;
    }
    let Some(answer) = seen.plaintext_startup.seen() else {
        return open(seen, &seen.plaintext_startup);
    };
    let (severity, what) = match &answer.reply {
        StartupReply::Authentication(AuthenticationRequest::CleartextPassword) => {
            (Severity::Critical, "the password itself")
        }
        StartupReply::Authentication(AuthenticationRequest::Md5Password) => {
            (Severity::High, "an MD5 hash of the password")
        }
        StartupReply::Authentication(
            AuthenticationRequest::Ok
            | AuthenticationRequest::Gss
            | AuthenticationRequest::Sasl(_)
            | AuthenticationRequest::Other(_),
        )
        | StartupReply::Error(_) => return Verdict::Pass,
    };
    Verdict::Fail(vec![
        Detection::new(format!(
            "the server asks user `{}` for {what} in plaintext: TLS before authentication is wanted",
            answer.user
        ))
        .severity(severity)
        .evidence(answer_in_words("plaintext", answer))
        .remedy(Remedy::OfferTls(connection(seen, context))),
    ])
}
