//! Judges whether the response asks clients to come back only over HTTPS.

use super::{Category, Check, Context, Evaluate, Verdict, connection, is_address, response_head};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "hsts-missing",
    title: "site does not ask for HTTPS with HSTS",
    severity: Severity::Medium,
    category: Category::Http,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-319",
        "CWE-523",
        "OWASP-API8:2023",
        "OWASP-A05:2021",
        "RFC 6797 section 7.1",
    ],
    docs: r#"
## What it looks for

`Strict-Transport-Security` in the response head. A `max-age` of 0 takes the request back and counts as
missing. A host that is an address is not judged: RFC 6797 has HSTS for names only.

## Why it matters

Without it the first request to `http://` goes out in plaintext, and whoever is on the way can answer it for
good.

## How to fix it

- nginx: `add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;`.
- CockroachDB's console: `SET CLUSTER SETTING server.hsts.enabled = true;`.
- Begin with a short `max-age` if some subdomain still speaks plain HTTP.

## References

- CWE-319: Cleartext Transmission of Sensitive Information
- CWE-523: Unprotected Transport of Credentials
- OWASP-API8:2023: Security Misconfiguration
- OWASP-A05:2021: Security Misconfiguration
- RFC 6797 section 7.1: HTTP-over-secure-transport request type
"#,
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let head = match response_head(seen, context) {
        Ok(head) => head,
        Err(verdict) => return verdict,
    };
    if is_address(context) {
        return Verdict::NotApplicable;
    }
    let seen_value = match head.hsts {
        Some(hsts) if hsts.max_age_seconds > 0 => return Verdict::Pass,
        Some(_) => "sends Strict-Transport-Security with max-age=0",
        None => "sends no Strict-Transport-Security",
    };
    Verdict::Fail(vec![
        Detection::new(format!("the site {seen_value}: max-age=31536000 is wanted"))
            .evidence(format!("status {}", head.status))
            .remedy(Remedy::HttpTransport(connection(seen, context))),
    ])
}
