//! Judges whether TLS without `SSLRequest` on a PostgreSQL port leads to something other than SQL.

use super::scanned::scan;
use super::{Category, Check, Context, Evaluate, Verdict, open};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::observation::{Attempt, EndpointObservation};

pub(super) static CHECK: Check = Check {
    id: "direct-tls-is-not-sql",
    title: "TLS without SSLRequest leads to something other than SQL",
    severity: Severity::Info,
    category: Category::Transport,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-441",
        "RFC 7301",
        "PostgreSQL documentation section 55.2.11",
    ],
    docs: r"
## What it looks for

Whether a `ClientHello` in place of `SSLRequest` is answered, and whether the server then chooses the
application protocol `postgresql`. PostgreSQL 17 does. CockroachDB's shared port shows the same certificate
there and speaks RPC.

## Why it matters

A monitor or a scanner that sees TLS and a good certificate there concludes that `sslnegotiation=direct`
works; a client that uses it then hangs or gets an error that says nothing. It also says that the port carries
the nodes' own traffic, which clients need not reach.

## How to fix it

- Nothing is broken: clients use `sslnegotiation=postgres`, which is the default.
- CockroachDB: `--sql-addr` gives SQL a port of its own, and the shared one can stay among the nodes.

## References

- CWE-441: Unintended Proxy or Intermediary
- RFC 7301: application-layer protocol negotiation
- PostgreSQL documentation section 55.2.11: direct TLS
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// The application protocol of PostgreSQL (PostgreSQL documentation section 55.2.11).
const SQL: &str = "postgresql";

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if context.endpoint.target.protocol != Protocol::Postgresql {
        return Verdict::NotApplicable;
    }
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let direct = match &scan.postgresql.direct_tls {
        Attempt::Seen(direct) => direct,
        Attempt::Refused(_) => return Verdict::Pass,
        unseen @ (Attempt::Failed(_) | Attempt::NotAttempted(_)) => return open(seen, unseen),
    };
    let chosen = direct.alpn.as_deref();
    if chosen == Some(SQL) {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(
            "TLS without SSLRequest is taken and is not SQL: clients with `sslnegotiation=postgres` are wanted",
        )
        .evidence(format!(
            "application protocol: {}",
            chosen.unwrap_or("none is chosen")
        )),
    ])
}
