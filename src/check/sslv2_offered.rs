//! Judges whether the server speaks SSLv2.

use super::scanned::{bounded, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::{Attempt, EndpointObservation};
use crate::remediation::{Remedy, TlsWant};

pub(super) static CHECK: Check = Check {
    id: "sslv2-offered",
    title: "server speaks SSLv2",
    severity: Severity::Critical,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-327",
        "CWE-757",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.1",
        "RFC 6176",
        "RFC 9325 section 3.1.1",
        "CVE-2015-3197",
    ],
    docs: r"
## What it looks for

A `SERVER-HELLO` to the `CLIENT-HELLO` of SSLv2. One without any cipher kind counts, too: OpenSSL up to 1.0.2e
used kinds that were switched off (CVE-2015-3197).

## Why it matters

SSLv2 has 40-bit keys, MD5, and nothing that protects its handshake. Worse, it opens newer versions: with DROWN
an answer in SSLv2 helps to decrypt a TLS session under the same RSA key. Who else has that key, `drown` says.

## How to fix it

- No CockroachDB and no PostgreSQL that is still supported speaks it: look for an old proxy, load balancer or
  mail server on the port.
- nginx: `ssl_protocols TLSv1.2 TLSv1.3;`, and an OpenSSL of this decade, which has no SSLv2.

## References

- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography for data in transit
- NIST SP 800-52r2 section 3.1: protocol versions
- RFC 6176: prohibiting SSL version 2.0
- RFC 9325 section 3.1.1: SSL/TLS protocol versions
- CVE-2015-3197: OpenSSL takes SSLv2 ciphers that are switched off
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let sslv2 = match &scan.sslv2 {
        Attempt::Seen(sslv2) => sslv2,
        Attempt::Refused(_) => return Verdict::Pass,
        Attempt::Failed(failure) => return Verdict::Open(failure.to_string()),
        Attempt::NotAttempted(reason) => return Verdict::Open(reason.clone()),
    };
    let kinds = if sslv2.cipher_kinds.is_empty() {
        "it names no cipher kind in common".to_owned()
    } else {
        format!("cipher kinds {}", bounded(&sslv2.cipher_kinds))
    };
    Verdict::Fail(vec![
        Detection::new("the server speaks SSLv2: TLSv1.2 or newer is wanted")
            .evidence(kinds)
            .remedy(Remedy::harden_tls(
                connection(seen, context),
                [TlsWant::Tls12OrNewer],
            )),
    ])
}
