//! Judges whether the server speaks TLS 1.1.

use super::scanned::version_verdict;
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::ProtocolVersion;

pub(super) static CHECK: Check = Check {
    id: "tls11-offered",
    title: "server speaks TLS 1.1",
    severity: Severity::Low,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-327",
        "CWE-757",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.1",
        "RFC 8996",
        "RFC 9325 section 3.1.1",
    ],
    docs: r"
## What it looks for

A `ServerHello` of version TLS 1.1. What the quick probe negotiates does not show it: an old client, or somebody
in between who cuts a connection down, gets what the server still has.

## Why it matters

TLS 1.1 knows no AEAD and signs its handshake over MD5 and SHA-1. No practical attack is its own, but RFC 8996
forbids it, and hardly any client knows 1.1 and not 1.2.

## How to fix it

- CockroachDB speaks TLS 1.2 and 1.3 and nothing older: look for a proxy or a load balancer in front.
- PostgreSQL: `ssl_min_protocol_version = 'TLSv1.2'`, the default since 13.
- nginx: `ssl_protocols TLSv1.2 TLSv1.3;`.

## References

- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography for data in transit
- NIST SP 800-52r2 section 3.1: protocol versions
- RFC 8996: deprecating TLS 1.0 and TLS 1.1
- RFC 9325 section 3.1.1: SSL/TLS protocol versions
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    version_verdict(seen, ProtocolVersion::TLSV1_1, || {
        Detection::new("the server speaks TLSv1.1: TLSv1.2 or newer is wanted").remedy(
            Remedy::harden_tls(connection(seen, context), [TlsWant::Tls12OrNewer]),
        )
    })
}
