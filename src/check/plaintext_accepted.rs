//! Judges whether a server that has TLS also goes on in plaintext.

use super::{
    Category, Check, Context, Evaluate, Verdict, answer_in_words, connection, is_without_tls, open,
};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::tls_required::TlsRequired;
use crate::observation::{EndpointObservation, Product, StartupReply};
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "plaintext-accepted",
    title: "server accepts plaintext beside TLS",
    severity: Severity::High,
    category: Category::Transport,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-319",
        "CWE-757",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.1",
        "PostgreSQL documentation section 21.1",
    ],
    docs: r"
## What it looks for

A plaintext `StartupMessage` on a connection of its own, closed after the first answer; no password is sent.
By what comes back:

- `AuthenticationOk`: critical, anybody is let in.
- `AuthenticationCleartextPassword`: critical, the password itself would cross.
- Any other authentication request: high.
- CockroachDB's `authentication rejected by configuration`: medium. The transport is open and only the rule
  for this user stands in the way; the built-in rule for `root` always comes first.
- A refusal because of the missing encryption: nothing is wrong.

CockroachDB and its cloud proxy refuse before they look at the user, so their refusal holds for the server.
PostgreSQL judges by user, database and source address: a pass holds for the login that was tried, and reports
say so in `required_scope`.

## Why it matters

TLS that is only offered depends on each client asking for it. One with `sslmode=disable` or a driver that
never asks talks in plaintext for years, and `allow` and `prefer` can be led there by whoever is on the way.

## How to fix it

- CockroachDB: start the nodes without `--accept-sql-without-tls`.
- PostgreSQL: write `hostssl` for `host` in `pg_hba.conf`, and `scram-sha-256` for `trust`, `password` and
  `md5`; reload. Sessions that are open in plaintext stay open until they are ended.

## References

- CWE-319: Cleartext Transmission of Sensitive Information
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
- NIST SP 800-52r2 section 3.1: protocol versions
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
    let Some(answer) = seen.plaintext_startup.seen() else {
        return open(seen, &seen.plaintext_startup);
    };
    let reply = match seen.tls_required() {
        TlsRequired::Required { .. } => return Verdict::Pass,
        TlsRequired::Unknown(reason) => return Verdict::Open(reason),
        TlsRequired::NotRequired { reply: None } => return Verdict::NotApplicable,
        TlsRequired::NotRequired { reply: Some(reply) } => reply,
    };
    let (severity, how) = match reply {
        StartupReply::Authentication(request) => match request {
            AuthenticationRequest::Ok => (Severity::Critical, "lets it in without a question"),
            AuthenticationRequest::CleartextPassword => {
                (Severity::Critical, "asks for the password itself")
            }
            AuthenticationRequest::Md5Password
            | AuthenticationRequest::Gss
            | AuthenticationRequest::Sasl(_)
            | AuthenticationRequest::Other(_) => (Severity::High, "goes on to authentication"),
        },
        // CockroachDB: the rules for users are read once the transport is accepted.
        StartupReply::Error(error)
            if error.sqlstate == "28000" && seen.server.product != Product::Postgresql =>
        {
            (Severity::Medium, "stops it only by a rule for this user")
        }
        StartupReply::Error(_) => (Severity::High, "stops it only at a later stage"),
    };
    Verdict::Fail(vec![
        Detection::new(format!(
            "the server takes user `{}` in plaintext and {how}: a refusal of plaintext is wanted",
            answer.user
        ))
        .severity(severity)
        .evidence("SSLRequest: S")
        .evidence(answer_in_words("plaintext", answer))
        .remedy(Remedy::RequireTls(connection(seen, context))),
    ])
}
