//! Judges whether the server has secure renegotiation.

use super::scanned::{before_tls13, does, lacks, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};

pub(super) static CHECK: Check = Check {
    id: "insecure-renegotiation",
    title: "server does not have secure renegotiation",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-295",
        "CVE-2009-3555",
        "OWASP-A06:2021",
        "RFC 5746",
        "RFC 9325 section 3.5",
    ],
    docs: r"
## What it looks for

Whether a `ServerHello` up to TLS 1.2 echoes `renegotiation_info`. High; low where the server was seen to
refuse every renegotiation that a client starts, because then nothing can be put in front of a client's
request, though clients cannot know it.

TLS 1.3 has no renegotiation, so a server that speaks nothing else has nothing of the kind.

## Why it matters

Somebody on the way opens a connection, sends the beginning of a request, and lets the client's own handshake
follow as a renegotiation. The server takes both for one conversation, and runs his beginning with the
client's credentials. OpenSSL 3 clients refuse such servers.

## How to fix it

- Install a TLS library of this decade: OpenSSL has it since 0.9.8m, Java since 6u22, Go and rustls always.
- Until then turn renegotiation off.

## References

- CWE-295: Improper Certificate Validation
- CVE-2009-3555: prefix injection by renegotiation
- OWASP-A06:2021: Vulnerable and Outdated Components
- RFC 5746: TLS renegotiation indication extension
- RFC 9325 section 3.5: renegotiation
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    // Unknown counts as allowed: the mildness has to be seen.
    let severity = if does(&scan.handshake.client_renegotiation).is_no() {
        Severity::Low
    } else {
        Severity::High
    };
    before_tls13(scan, lacks(&scan.handshake.secure_renegotiation).verdict(|()| vec![Detection::new("the server does not echo renegotiation_info: secure renegotiation (RFC 5746) is wanted")
.severity(severity)
.evidence("ServerHello without renegotiation_info")
.remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::CurrentLibrary]))]))
}
