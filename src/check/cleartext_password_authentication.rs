//! Judges whether the server asks for the password itself inside TLS.

use super::{
    Category, Check, Context, Evaluate, Verdict, answer_in_words, connection, is_without_tls, open,
};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::libpq::SslMode;
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::{EndpointObservation, StartupReply};
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "cleartext-password-authentication",
    title: "server asks for the password itself",
    severity: Severity::Medium,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-522",
        "OWASP-API2:2023",
        "PCI DSS 4.0.1 requirement 8.3.2",
        "PostgreSQL documentation section 21.5",
    ],
    docs: r"
## What it looks for

`AuthenticationCleartextPassword` as the answer to a `StartupMessage` inside TLS. Medium where the endpoint's
`sslmode` is `verify-full`, high where it is less. It comes from the login test and holds for the user, the
database and the source address that were tried. The same outside TLS is `plaintext-accepted` or
`authentication-without-tls`.

## Why it matters

The password goes to whoever answers: the server, the proxy that ends TLS, and below `verify-full` anybody in
between, who then has it for good. With SCRAM nobody learns it, and each side proves itself to the other.

## How to fix it

- PostgreSQL: write `scram-sha-256` for `password` in `pg_hba.conf`. The methods `ldap`, `pam` and `radius`
  need the password: `cert` or `gss` do not.
- CockroachDB asks like this for accounts whose password is stored with bcrypt: set it again with
  `server.user_login.password_encryption = scram-sha-256`.
- Until then connect with `sslmode=verify-full`.

## References

- CWE-522: Insufficiently Protected Credentials
- OWASP-API2:2023: Broken Authentication
- PCI DSS 4.0.1 requirement 8.3.2: authentication factors are unreadable in transmission
- PostgreSQL documentation section 21.5: password authentication
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if context.endpoint.target.protocol != Protocol::Postgresql || is_without_tls(seen) {
        return Verdict::NotApplicable;
    }
    let Some(answer) = seen.tls_startup.seen() else {
        return open(seen, &seen.tls_startup);
    };

    if answer.reply != StartupReply::Authentication(AuthenticationRequest::CleartextPassword) {
        return Verdict::Pass;
    }
    let severity = if context.endpoint.sslmode == SslMode::VerifyFull {
        Severity::Medium
    } else {
        Severity::High
    };
    Verdict::Fail(vec![
        Detection::new(format!(
            "the server asks user `{}` for the password itself: SCRAM-SHA-256 is wanted",
            answer.user
        ))
        .severity(severity)
        .evidence(answer_in_words("TLS", answer))
        .remedy(Remedy::RequireTls(connection(seen, context))),
    ])
}
