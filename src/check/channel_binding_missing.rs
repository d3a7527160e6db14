//! Judges whether SCRAM can be bound to the TLS channel.

use super::{Category, Check, Context, Evaluate, Verdict, answer_in_words, is_without_tls, open};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::{EndpointObservation, Product, StartupReply};

pub(super) static CHECK: Check = Check {
    id: "channel-binding-missing",
    title: "login by SCRAM is not bound to the TLS channel",
    severity: Severity::Info,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-300",
        "RFC 5802 section 6",
        "RFC 5929 section 4",
        "PostgreSQL documentation section 55.3.1",
    ],
    docs: r"
## What it looks for

Whether `SCRAM-SHA-256-PLUS` is among the mechanisms that the server offers inside TLS. It comes from the
login test. CockroachDB and its cloud proxy never offer it, so there is nothing to look for.

## Why it matters

With channel binding SCRAM notices that somebody else ended TLS, even where a client verifies no certificate.
Without it a client that wants `channel_binding=require` cannot connect. On a PostgreSQL server it is missing
where a pooler stands in front, or where the certificate has an Ed25519 key.

## How to fix it

- Connect with `sslmode=verify-full`: then the certificate tells what the binding would.
- A proxy that ends TLS cannot pass the binding on: let it end at the server, or trust the path behind the
  proxy.

## References

- CWE-300: Channel Accessible by Non-Endpoint
- RFC 5802 section 6: channel binding
- RFC 5929 section 4: the tls-server-end-point channel binding type
- PostgreSQL documentation section 55.3.1: SCRAM-SHA-256 authentication
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let never_offers = matches!(
        seen.server.product,
        Product::Cockroachdb | Product::CockroachdbCloudProxy
    );
    if context.endpoint.target.protocol != Protocol::Postgresql
        || is_without_tls(seen)
        || never_offers
    {
        return Verdict::NotApplicable;
    }
    let Some(answer) = seen.tls_startup.seen() else {
        return open(seen, &seen.tls_startup);
    };
    let StartupReply::Authentication(AuthenticationRequest::Sasl(mechanisms)) = &answer.reply
    else {
        return Verdict::NotApplicable;
    };
    if mechanisms
        .iter()
        .any(|mechanism| mechanism.ends_with("-PLUS"))
    {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(
            "the server offers SCRAM without channel binding: SCRAM-SHA-256-PLUS is wanted",
        )
        .evidence(answer_in_words("TLS", answer)),
    ])
}
