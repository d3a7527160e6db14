//! Judges whether a server with TLS 1.3 marks what it negotiates below.

use super::scanned::{before_tls13, lacks, offers, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::ProtocolVersion;

pub(super) static CHECK: Check = Check {
    id: "downgrade-sentinel-missing",
    title: "server does not mark a downgrade from TLS 1.3",
    severity: Severity::Medium,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &["CWE-757", "OWASP-A02:2021", "RFC 8446 section 4.1.3"],
    docs: r"
## What it looks for

The last eight bytes of the server's random value when a server that has TLS 1.3 is asked for TLS 1.2 or less.
They must be `DOWNGRD` and a number.

Without TLS 1.3, or with nothing else, there is nothing to mark.

## Why it matters

The mark is under the server's signature, so nobody on the way can take it out: it is how a client notices
that it was led to an older version. Where it is missing, the TLS stack is broken, or a box in between ends
TLS in the server's name.

## How to fix it

- Look for a middlebox that ends TLS: compare the certificate seen here with the one on the server.
- Install a TLS library that is repaired: OpenSSL 1.1.1, Go 1.12, Java 11 and newer write the mark.

## References

- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- RFC 8446 section 4.1.3: server hello
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    if offers(scan, ProtocolVersion::TLSV1_3).is_no() {
        return Verdict::NotApplicable;
    }
    before_tls13(scan, lacks(&scan.handshake.downgrade_sentinel).verdict(|()| vec![Detection::new("the server does not mark that it could do better than TLS 1.2: the sentinel of RFC 8446 section 4.1.3 is wanted")
.evidence("ServerHello.random without `DOWNGRD`")
.remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::CurrentLibrary]))]))
}
