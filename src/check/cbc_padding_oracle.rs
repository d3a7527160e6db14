//! Judges whether the server tells records with wrong padding from records with a wrong MAC.

use super::scanned::{BEFORE_TLS13, Found, does, has, scan, suites_matching};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::Properties;

pub(super) static CHECK: Check = Check {
    id: "cbc-padding-oracle",
    title: "server tells wrong CBC padding from a wrong MAC",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-203",
        "CVE-2014-8730",
        "CVE-2019-1559",
        "CVE-2019-6593",
        "OWASP-A02:2021",
        "RFC 5246 section 6.2.3.2",
    ],
    docs: r"
## What it looks for

How the server answers records under a CBC suite with wrong padding, with a wrong MAC, and with no data at
all, after a handshake of our own. All must get the same alert and the same close. It is only tried with
`--intrusive`.

Where no CBC suite is accepted there is nothing of the kind. Lucky 13 is a matter of microseconds and cannot
be told from here.

## Why it matters

Each difference is a question that an attacker may ask as often as he likes. Byte by byte he learns what a
recorded connection carried: POODLE on TLS, Zombie POODLE, GOLDENDOODLE and Sleeping POODLE are the names.

## How to fix it

- Turn CBC suites off: every client since 2014 has AES-GCM or ChaCha20-Poly1305.
- Install a repaired release of the load balancer or the TLS library.

## References

- CWE-203: Observable Discrepancy
- CVE-2014-8730: POODLE on TLS
- CVE-2019-1559: zero-length records in OpenSSL
- CVE-2019-6593: Zombie POODLE
- OWASP-A02:2021: Cryptographic Failures
- RFC 5246 section 6.2.3.2: CBC block cipher
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    match does(&scan.faults.cbc_padding_oracle) {
        Found::Yes(()) => Verdict::Fail(vec![
            Detection::new(
                "the server tells wrong padding from a wrong MAC: one answer to both is wanted",
            )
            .evidence("records with wrong padding and with a wrong MAC: the answers differ")
            .remedy(Remedy::harden_tls(
                connection(seen, context),
                [TlsWant::ModernSuites, TlsWant::CurrentLibrary],
            )),
        ]),
        Found::No => Verdict::Pass,
        Found::Unknown(reason) => {
            if suites_matching(scan, BEFORE_TLS13, has(Properties::is_cbc)).is_no() {
                Verdict::NotApplicable
            } else {
                Verdict::Open(reason)
            }
        }
    }
}
