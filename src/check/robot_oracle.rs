//! Judges whether the server tells well-formed PKCS #1 padding from other (ROBOT).

use super::scanned::{BEFORE_TLS13, has, scan, suites_matching};
use super::{Category, Check, Context, Evaluate, Verdict, connection, open};
use crate::finding::{Detection, Severity};
use crate::observation::scan::Oracle;
use crate::observation::{Attempt, EndpointObservation};
use crate::remediation::{Remedy, TlsWant};
use crate::tls::Properties;

pub(super) static CHECK: Check = Check {
    id: "robot-oracle",
    title: "server tells well-formed RSA padding from other (ROBOT)",
    severity: Severity::High,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-203",
        "CVE-2017-13099",
        "OWASP-A02:2021",
        "RFC 5246 section 7.4.7.1",
        "RFC 9325 section 4.1",
    ],
    docs: r"
## What it looks for

How the server answers five `ClientKeyExchange` messages whose RSA padding is right or wrong in different
ways. All must get the same answer. Answers that tell the wrong ones apart: high. Answers that tell only right
from wrong: medium, since an attack takes millions of connections. It is only tried with `--intrusive`.

Where no suite with RSA key transport is accepted there is nothing of the kind.

## Why it matters

The server becomes a machine that decrypts and signs with its own key for whoever asks often enough: recorded
connections can be read, and signatures made in its name. Bleichenbacher described it in 1998, and in 2017 it
was found again at a third of the largest sites.

## How to fix it

- Turn RSA key transport off (suites that begin with `TLS_RSA_WITH_`): every client since 2011 has ECDHE.
- Install a repaired release of the load balancer or the TLS library.

## References

- CWE-203: Observable Discrepancy
- CVE-2017-13099: ROBOT, in wolfSSL; other products have numbers of their own
- OWASP-A02:2021: Cryptographic Failures
- RFC 5246 section 7.4.7.1: RSA-encrypted premaster secret message
- RFC 9325 section 4.1: general guidelines for cipher suites
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let (severity, how) = match &scan.faults.robot {
        Attempt::Seen(Oracle::Strong) => (Severity::High, "kinds of wrong padding apart"),
        Attempt::Seen(Oracle::Weak) => (Severity::Medium, "right RSA padding from wrong"),
        Attempt::Seen(Oracle::None) => return Verdict::Pass,
        unseen @ (Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_)) => {
            let is_without =
                suites_matching(scan, BEFORE_TLS13, has(Properties::is_static_rsa)).is_no();
            return if is_without {
                Verdict::NotApplicable
            } else {
                open(seen, unseen)
            };
        }
    };
    Verdict::Fail(vec![
        Detection::new(format!(
            "the server tells {how}: one answer to every padding is wanted"
        ))
        .severity(severity)
        .evidence("ClientKeyExchange with five kinds of padding: the answers differ")
        .remedy(Remedy::harden_tls(
            connection(seen, context),
            [TlsWant::ModernSuites, TlsWant::CurrentLibrary],
        )),
    ])
}
