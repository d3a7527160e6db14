//! Judges what plain HTTP on the matching port answers.

use super::{Category, Check, Context, Evaluate, Verdict, connection, open};
use crate::finding::{Detection, Severity};
use crate::observation::{Attempt, EndpointObservation, FailureKind};
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "plain-http-not-redirected",
    title: "plain HTTP is served and does not lead to HTTPS",
    severity: Severity::Medium,
    category: Category::Http,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-319",
        "OWASP-API8:2023",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "RFC 6797 section 7.2",
    ],
    docs: r"
## What it looks for

The answer to plain HTTP on port 80 for an endpoint on 443. A redirect to `https` on the same host is right,
and so is nobody at home, or a refusal (status 403, 404, 426 and the like). Content, a redirect elsewhere or a
request for a login in plaintext is not.

## Why it matters

Who types the name without a scheme, or follows an old link, gets the page in plaintext, with cookies and all,
from whoever is on the way.

## How to fix it

- nginx: a server on port 80 with nothing but `return 301 https://$host$request_uri;`.
- An API does better to refuse plain HTTP altogether: a redirect hides that the first request, key included,
  went out in plaintext.

## References

- CWE-319: Cleartext Transmission of Sensitive Information
- OWASP-API8:2023: Security Misconfiguration
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
- RFC 6797 section 7.2: HTTP request type
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if context.endpoint.target.plain_http_port().is_none() {
        return Verdict::NotApplicable;
    }
    let answer = match &seen.plain_http {
        Attempt::Seen(answer) => answer,
        Attempt::Refused(_) => return Verdict::Pass,
        Attempt::Failed(failure) if failure.kind == FailureKind::ConnectionRefused => {
            return Verdict::Pass;
        }
        Attempt::Failed(_) | Attempt::NotAttempted(_) => return open(seen, &seen.plain_http),
    };
    // 401 and 407 ask for credentials, which then cross in plaintext. Other errors serve nothing.
    let serves = matches!(answer.status, 0..=399 | 401 | 407);
    if answer.redirects_to_https || !serves {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "plain HTTP on port {} answers {}: a redirect to https is wanted",
            answer.port, answer.status
        ))
        .remedy(Remedy::HttpTransport(connection(seen, context))),
    ])
}
