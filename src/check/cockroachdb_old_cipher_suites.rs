//! Judges whether CockroachDB's old cipher suites are turned on.

use super::scanned::{Found, scan, suites_matching};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::observation::{EndpointObservation, Product};
use crate::remediation::{Remedy, TlsWant};
use crate::tls::{CipherSuite, ProtocolVersion};

pub(super) static CHECK: Check = Check {
    id: "cockroachdb-old-cipher-suites",
    title: "node accepts CockroachDB's old cipher suites",
    severity: Severity::Low,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-327",
        "OWASP-A02:2021",
        "NIST SP 800-52r2 section 3.3.1",
        "RFC 9325 section 4.1",
    ],
    docs: r"
## What it looks for

Any of the eight TLS 1.2 suites that CockroachDB accepts only with `COCKROACH_TLS_ENABLE_OLD_CIPHER_SUITES`:
four of ECDHE with CBC, and four with RSA key transport. Suites that `--tls-cipher-suites` refuses after the
handshake do not count.

## Why it matters

RSA key transport has no forward secrecy: who gets the node's key reads everything that was recorded. CBC with
a MAC has had a padding oracle in nearly every implementation. Nothing that speaks to a supported CockroachDB
needs either.

## How to fix it

- Take `COCKROACH_TLS_ENABLE_OLD_CIPHER_SUITES` out of the environment of every node, and restart them one
  after another.
- From v25.2 on `--tls-cipher-suites` lists what is allowed; the handshake still takes the others, and SQL
  refuses them.

## References

- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- OWASP-A02:2021: Cryptographic Failures
- NIST SP 800-52r2 section 3.3.1: cipher suites
- RFC 9325 section 4.1: general guidelines for cipher suites
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// The suites behind the switch.
const OLD: [CipherSuite; 8] = [
    // ECDHE-RSA and ECDHE-ECDSA with AES-CBC and HMAC-SHA-1.
    CipherSuite(0xC009),
    CipherSuite(0xC00A),
    CipherSuite(0xC013),
    CipherSuite(0xC014),
    // RSA key transport with AES-GCM, and with AES-CBC and HMAC-SHA-1.
    CipherSuite(0x009C),
    CipherSuite(0x009D),
    CipherSuite(0x002F),
    CipherSuite(0x0035),
];

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if context.endpoint.target.protocol != Protocol::Postgresql {
        return Verdict::NotApplicable;
    }
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let found = suites_matching(scan, &[ProtocolVersion::TLSV1_2], |suite| {
        OLD.contains(&suite)
    });
    match (seen.server.product, found) {
        (Product::Postgresql | Product::CockroachdbCloudProxy, _)
        | (Product::Unknown, Found::No) => Verdict::NotApplicable,
        (Product::Unknown, Found::Yes(_) | Found::Unknown(_)) => {
            Verdict::Open("nothing tells whether it is a CockroachDB node".to_owned())
        }
        (Product::Cockroachdb, found) => found.verdict(|suites| {
            vec![
                suites
                    .witness(Detection::new(
                        "the node accepts cipher suites of COCKROACH_TLS_ENABLE_OLD_CIPHER_SUITES: ECDHE with AEAD alone is wanted",
                    ))
                    .remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::ModernSuites])),
            ]
        }),
    }
}
