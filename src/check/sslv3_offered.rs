//! Judges whether the server speaks SSL 3.0.

use super::scanned::version_verdict;
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::ProtocolVersion;

pub(super) static CHECK: Check = Check {
    id: "sslv3-offered",
    title: "server speaks SSL 3.0",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-327",
        "CWE-757",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.1",
        "RFC 7568",
        "RFC 9325 section 3.1.1",
    ],
    docs: r"
## What it looks for

A `ServerHello` of version SSL 3.0. What the quick probe negotiates does not show it: an old client, or somebody
in between who cuts a connection down, gets what the server still has.

## Why it matters

SSL 3.0 leaves the padding of CBC unprotected (POODLE, which `cbc-under-sslv3` judges), leaves RC4 as the only
other choice, and signs with MD5 and SHA-1. RFC 7568 forbids it. No client of the last ten years needs it.

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
- RFC 7568: deprecating SSL version 3.0
- RFC 9325 section 3.1.1: SSL/TLS protocol versions
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    version_verdict(seen, ProtocolVersion::SSLV3, || {
        Detection::new("the server speaks SSLv3: TLSv1.2 or newer is wanted").remedy(
            Remedy::harden_tls(connection(seen, context), [TlsWant::Tls12OrNewer]),
        )
    })
}
