//! Judges whether clients may start renegotiations.

use super::scanned::{before_tls13, does, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};

pub(super) static CHECK: Check = Check {
    id: "client-renegotiation",
    title: "server lets clients start renegotiations",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-400",
        "CVE-2011-1473",
        "OWASP-A05:2021",
        "RFC 9325 section 3.5",
    ],
    docs: r"
## What it looks for

The answer to a `ClientHello` inside a finished TLS 1.2 connection. A `ServerHello` means that it is allowed;
an alert or a close that it is not.

TLS 1.3 has no renegotiation, so a server that speaks nothing else has nothing of the kind.

## Why it matters

A handshake costs a server ten times what it costs a client. Over one connection a single laptop keeps a
processor busy with them, past every limit on the number of connections.

## How to fix it

- OpenSSL: `SSL_OP_NO_RENEGOTIATION`, and since 3.0 off by default. nginx and Apache refuse it by themselves.
- PostgreSQL since 9.5, Go and rustls never allow it: look for a proxy in front.
- Java: `-Djdk.tls.rejectClientInitiatedRenegotiation=true`.

## References

- CWE-400: Uncontrolled Resource Consumption
- CVE-2011-1473: renegotiation as denial of service
- OWASP-A05:2021: Security Misconfiguration
- RFC 9325 section 3.5: renegotiation
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };

    before_tls13(
        scan,
        does(&scan.handshake.client_renegotiation).verdict(|()| {
            vec![
                Detection::new("the server lets clients start renegotiations: a refusal is wanted")
                    .evidence("ClientHello inside a finished connection: ServerHello")
                    .remedy(Remedy::harden_tls(
                        connection(seen, context),
                        [TlsWant::NoClientRenegotiation],
                    )),
            ]
        }),
    )
}
