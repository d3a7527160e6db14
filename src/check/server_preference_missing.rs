//! Judges whether the server's order decides, where that matters.

use super::scanned::{Accepted, BEFORE_TLS13, Suites, accepted, offers, scan, undecided};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::scan::Preference;
use crate::observation::{EndpointObservation, Scan};
use crate::remediation::{Remedy, TlsWant};
use crate::tls::{CipherSuite, ProtocolVersion, Strength};

pub(super) static CHECK: Check = Check {
    id: "server-preference-missing",
    title: "client decides among strong and weak suites",
    severity: Severity::Low,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-757",
        "NIST SP 800-52r2 section 3.3.1",
        "RFC 9325 section 4.2.1",
    ],
    docs: r"
## What it looks for

Whose order decides in the versions up to TLS 1.2, where the server accepts suites of different strength. Among
suites that are all strong it does not matter, and a phone that wants ChaCha20 first is right: there nothing is
found. Low, and medium where insecure or weak suites are among them.

## Why it matters

A client with an old or careless list gets the weak suite that it names first, though both have a strong one.
The better cure is to drop the weak suites.

## How to fix it

- PostgreSQL: `ssl_prefer_server_ciphers = on`, which is the default.
- nginx: `ssl_prefer_server_ciphers on;`, which is not.
- CockroachDB (Go) always decides itself: look for a proxy in front.

## References

- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- NIST SP 800-52r2 section 3.3.1: cipher suites
- RFC 9325 section 4.2.1: implementation details
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let mut left_to_client = Vec::new();
    let mut unknown = None;
    for version in BEFORE_TLS13 {
        let Some(support) = scan.version(*version) else {
            continue;
        };
        let suites = accepted(scan, *version);
        let at_least = !support.cipher_suites.is_complete();
        match support.cipher_suites.preference.seen() {
            Some(Preference::Client) if is_mixed(&suites) => left_to_client.push(Accepted {
                version: *version,
                suites,
                at_least,
            }),
            None if is_mixed(&suites) || may_be_spoken_and_has_more(scan, *version) => {
                let what = format!("whose order decides in {version}");
                unknown = Some(undecided(&what, scan, &support.cipher_suites));
            }
            Some(Preference::Client) if at_least => {
                let what = format!("every cipher suite in {version}");
                unknown = Some(undecided(&what, scan, &support.cipher_suites));
            }
            Some(Preference::Server | Preference::ServerButChacha20 | Preference::Client)
            | None => {}
        }
    }
    if left_to_client.is_empty() {
        return unknown.map_or(Verdict::Pass, Verdict::Open);
    }
    let suites = Suites(left_to_client);
    let is_weak =
        |suite: &CipherSuite| matches!(suite.strength(), Strength::Insecure | Strength::Weak);
    let severity = if suites
        .0
        .iter()
        .any(|accepted| accepted.suites.iter().any(is_weak))
    {
        Severity::Medium
    } else {
        Severity::Low
    };
    Verdict::Fail(vec![
        suites.witness(
            Detection::new(format!(
                "the client decides among strong and weaker suites in {}: the server's order is wanted",
                suites.versions()
            ))
            .severity(severity)
            .remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::ServerPreference, TlsWant::ModernSuites])),
        ),
    ])
}

/// Whether suites differ in strength. Of a suite that nobody registered nothing is known.
fn is_mixed(suites: &[CipherSuite]) -> bool {
    let mut strengths = suites
        .iter()
        .map(|suite| suite.strength())
        .filter(|strength| *strength != Strength::Unknown);
    let first = strengths.next();
    strengths.any(|strength| Some(strength) != first)
}

/// Whether the server may accept suites in a version that nobody has seen.
fn may_be_spoken_and_has_more(scan: &Scan, version: ProtocolVersion) -> bool {
    !offers(scan, version).is_no()
        && !scan
            .version(version)
            .is_some_and(|support| support.cipher_suites.is_complete())
}
