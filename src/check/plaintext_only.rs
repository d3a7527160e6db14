//! Judges whether the server has TLS at all.

use super::{
    Category, Check, Context, Evaluate, Verdict, connection, insecure_cockroachdb_node,
    is_without_tls, open,
};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "plaintext-only",
    title: "server has no TLS at all",
    severity: Severity::Critical,
    category: Category::Transport,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-319",
        "OWASP-A02:2021",
        "OWASP-API8:2023",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "PCI DSS 4.0.1 requirement 2.2.7",
        "NIST SP 800-52r2 section 3.1",
        "PostgreSQL documentation section 55.2.10",
    ],
    docs: r"
## What it looks for

The server's answer to `SSLRequest`. `S` means that TLS follows, `N` that the server has none. It holds back
where `insecure-cockroachdb-node` has the fuller account.

## Why it matters

Everybody on the way reads queries, results and often the password, and can change them. A client with
`sslmode=prefer`, libpq's default, connects without a word about it; one with `verify-full` refuses.

## How to fix it

- CockroachDB: create certificates with `cockroach cert create-ca` and `cockroach cert create-node`, and start
  the nodes with `--certs-dir` in place of `--insecure`.
- PostgreSQL: put `server.crt` and `server.key` in place, set `ssl = on`, and reload.

Then give every client `sslmode=verify-full` and the CA file in `sslrootcert`.

## References

- CWE-319: Cleartext Transmission of Sensitive Information
- OWASP-A02:2021: Cryptographic Failures
- OWASP-API8:2023: Security Misconfiguration
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
- PCI DSS 4.0.1 requirement 2.2.7: non-console administrative access is encrypted
- NIST SP 800-52r2 section 3.1: protocol versions
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
    if !is_without_tls(seen) || insecure_cockroachdb_node::is_insecure(seen) {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(
            "the server answers SSLRequest with `N`: it speaks plaintext only, TLS is wanted",
        )
        .evidence("SSLRequest: N")
        .remedy(Remedy::OfferTls(connection(seen, context))),
    ])
}
