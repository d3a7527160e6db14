//! Judges whether the server chooses TLS compression.

use super::scanned::{before_tls13, does, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};

pub(super) static CHECK: Check = Check {
    id: "compression-offered",
    title: "server compresses inside TLS (CRIME)",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-310",
        "CVE-2012-4929",
        "OWASP-A02:2021",
        "RFC 9325 section 3.3",
    ],
    docs: r"
## What it looks for

Whether the server chooses DEFLATE when it is offered. Medium for HTTPS, low elsewhere: the attack needs
somebody who puts text of his own beside the secret and sees the sizes, which a browser makes easy and a
database connection rarely.

TLS 1.3 has no compression, so a server that speaks nothing else has nothing of the kind.

## Why it matters

What is compressed together tells by its size what it has in common. An attacker guesses a cookie letter by
letter and sees each right guess as one byte less.

## How to fix it

- OpenSSL since 1.1.0 leaves compression out by default; before that set `SSL_OP_NO_COMPRESSION`.
- nginx since 1.2.2 and Apache since 2.4.3 (`SSLCompression off`) have it off: look for an older one.
- PostgreSQL before 14: `sslcompression=0` in the connection string; the server offers it only with an OpenSSL
  that has it.

## References

- CWE-310: Cryptographic Issues
- CVE-2012-4929: CRIME
- OWASP-A02:2021: Cryptographic Failures
- RFC 9325 section 3.3: compression
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let severity = if context.endpoint.target.protocol == Protocol::Https {
        Severity::Medium
    } else {
        Severity::Low
    };
    before_tls13(
        scan,
        does(&scan.handshake.compression).verdict(|()| {
            vec![
                Detection::new("the server compresses inside TLS: no compression is wanted")
                    .severity(severity)
                    .evidence("ServerHello chooses DEFLATE")
                    .remedy(Remedy::harden_tls(
                        connection(seen, context),
                        [TlsWant::NoCompression],
                    )),
            ]
        }),
    )
}
