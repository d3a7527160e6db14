//! Judges whether clients remember HSTS for long enough.

use super::{Category, Check, Context, Evaluate, Verdict, connection, is_address, response_head};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "hsts-too-short",
    title: "HSTS forgets within half a year",
    severity: Severity::Low,
    category: Category::Http,
    class: None,
    since: "0.1.0",
    references: &["CWE-319", "OWASP-API8:2023", "RFC 6797 section 6.1.1"],
    docs: r#"
## What it looks for

`max-age` of `Strict-Transport-Security` against 15,552,000 seconds, 180 days. Wanted is a year, 31,536,000,
as the preload list asks for.

## Why it matters

A visitor who comes back after `max-age` has run out makes his first request in plaintext again.

## How to fix it

- nginx: `add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;`.
- A short value is right in the first weeks, until every subdomain is known to speak HTTPS.

## References

- CWE-319: Cleartext Transmission of Sensitive Information
- OWASP-API8:2023: Security Misconfiguration
- RFC 6797 section 6.1.1: the max-age directive
"#,
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Below this a `max-age` is short: SSL Labs' rating guide asks 180 days for A+.
const SHORT_SECONDS: u64 = 15_552_000;

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let head = match response_head(seen, context) {
        Ok(head) => head,
        Err(verdict) => return verdict,
    };
    if is_address(context) {
        return Verdict::NotApplicable;
    }
    let Some(hsts) = head.hsts.filter(|hsts| hsts.max_age_seconds > 0) else {
        return Verdict::NotApplicable;
    };
    if hsts.max_age_seconds >= SHORT_SECONDS {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "max-age of Strict-Transport-Security is {} seconds: 31536000 is wanted",
            hsts.max_age_seconds
        ))
        .remedy(Remedy::HttpTransport(connection(seen, context))),
    ])
}
