//! Judges whether the master secret is bound to the handshake.

use super::scanned::{before_tls13, lacks, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};

pub(super) static CHECK: Check = Check {
    id: "extended-master-secret-missing",
    title: "server does not bind the master secret to the handshake",
    severity: Severity::Low,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-345",
        "OWASP-A02:2021",
        "RFC 7627",
        "RFC 9325 section 3.5",
    ],
    docs: r"
## What it looks for

Whether a `ServerHello` up to TLS 1.2 echoes `extended_master_secret`. TLS 1.3 always does what the extension
adds, so a server that speaks nothing else has nothing of the kind.

## Why it matters

Without it two connections to two servers can be made to have one master secret (the triple handshake attack).
What relies on the secret then proves nothing: a client certificate after resumption, or channel binding,
which is how SCRAM notices somebody in the middle. FIPS 140-3 modules refuse TLS 1.2 without it.

## How to fix it

- OpenSSL since 1.1.0, Go since 1.20, Java since 8u161, GnuTLS since 3.5 and rustls have it on by default:
  install one of them.

## References

- CWE-345: Insufficient Verification of Data Authenticity
- OWASP-A02:2021: Cryptographic Failures
- RFC 7627: session hash and extended master secret extension
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
        lacks(&scan.handshake.extended_master_secret).verdict(|()| {
            vec![
                Detection::new(
                    "the server does not echo extended_master_secret: RFC 7627 is wanted",
                )
                .evidence("ServerHello without extended_master_secret")
                .remedy(Remedy::harden_tls(
                    connection(seen, context),
                    [TlsWant::CurrentLibrary],
                )),
            ]
        }),
    )
}
