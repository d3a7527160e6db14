//! Judges whether the server asks for an MD5 hash of the password inside TLS.

use super::{
    Category, Check, Context, Evaluate, Verdict, answer_in_words, connection, is_without_tls, open,
};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::{EndpointObservation, StartupReply};
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "md5-authentication",
    title: "server asks for the password as an MD5 hash",
    severity: Severity::Medium,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-916",
        "CWE-836",
        "OWASP-API2:2023",
        "PostgreSQL documentation section 21.5",
    ],
    docs: r"
## What it looks for

`AuthenticationMD5Password` as the answer to a `StartupMessage` inside TLS. It comes from the login test and
holds for the user, the database and the source address that were tried. The same outside TLS is
`plaintext-accepted` or `authentication-without-tls`.

## Why it matters

What the server stores is enough to log in: whoever reads a backup of `pg_authid` has every account, without
cracking a password. Whoever ends TLS in the server's place gets a hash that falls in seconds. PostgreSQL 18
deprecates the method.

## How to fix it

- PostgreSQL: `password_encryption = scram-sha-256`, set each password again, then write `scram-sha-256` for
  `md5` in `pg_hba.conf` and reload.
- PgBouncer: `auth_type = scram-sha-256`.

## References

- CWE-916: Use of Password Hash With Insufficient Computational Effort
- CWE-836: Use of Password Hash Instead of Password for Authentication
- OWASP-API2:2023: Broken Authentication
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

    if answer.reply != StartupReply::Authentication(AuthenticationRequest::Md5Password) {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "the server asks user `{}` for an MD5 hash of the password: SCRAM-SHA-256 is wanted",
            answer.user
        ))
        .evidence(answer_in_words("TLS", answer))
        .remedy(Remedy::RequireTls(connection(seen, context))),
    ])
}
