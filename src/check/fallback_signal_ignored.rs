//! Judges whether the server heeds the fallback signal.

use super::scanned::{BEFORE_TLS13, Found, lacks, offers, scan};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};

pub(super) static CHECK: Check = Check {
    id: "fallback-signal-ignored",
    title: "server ignores the fallback signal",
    severity: Severity::Low,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-757",
        "OWASP-A02:2021",
        "RFC 7507",
        "RFC 9325 section 3.1.3",
    ],
    docs: r"
## What it looks for

Whether a hello for less than the best version with `TLS_FALLBACK_SCSV` is refused with the alert
`inappropriate_fallback`. It is asked only where two versions before TLS 1.3 are spoken: with one there is
nothing to fall to, and a fall from TLS 1.3 is noticed by its own mark (`downgrade-sentinel-missing`).

## Why it matters

Clients that retry with an older version after a failure can be made to by whoever breaks their connections.
The signal is how the server learns of it. The cure of the cure is to have no old version.

## How to fix it

- Turn off everything before TLS 1.2: then nothing is left to fall to.
- OpenSSL since 1.0.1j has the signal.

## References

- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- RFC 7507: TLS fallback signaling cipher suite value
- RFC 9325 section 3.1.3: fallback to lower versions
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let old: Vec<_> = BEFORE_TLS13
        .iter()
        .map(|version| offers(scan, *version))
        .collect();
    if old.iter().filter(|found| found.is_yes()).count() < 2 {
        let undecided = old.into_iter().find_map(|found| match found {
            Found::Unknown(reason) => Some(reason),
            Found::Yes(()) | Found::No => None,
        });
        return undecided.map_or(Verdict::NotApplicable, Verdict::Open);
    }
    lacks(&scan.handshake.fallback_scsv).verdict(|()| vec![Detection::new("the server takes a lower version though TLS_FALLBACK_SCSV says that the client could do better: the alert inappropriate_fallback is wanted")
.evidence("a hello for a lower version with TLS_FALLBACK_SCSV: ServerHello")
.remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::Tls12OrNewer]))])
}
