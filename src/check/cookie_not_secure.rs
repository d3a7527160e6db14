//! Judges whether each cookie is kept to HTTPS.

use super::{Category, Check, Context, Evaluate, Verdict, connection, listed, response_head};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "cookie-not-secure",
    title: "cookie without Secure",
    severity: Severity::Medium,
    category: Category::Http,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-614",
        "OWASP-API8:2023",
        "OWASP-A05:2021",
        "RFC 6265 section 4.1.2.5",
    ],
    docs: r"
## What it looks for

Every `Set-Cookie` of the response head; values are not kept.

## Why it matters

A browser sends a cookie without `Secure` to `http://` as well. One plaintext request, which anybody on the
way can cause, gives the session away.

## How to fix it

- Set `Secure` where the cookie is made: Flask `SESSION_COOKIE_SECURE = True`, Django `SESSION_COOKIE_SECURE =
  True` and `CSRF_COOKIE_SECURE = True`, Starlette `SessionMiddleware(https_only=True)`, Express `cookie: {
  secure: true }`.
- nginx can add it for an application that cannot: `proxy_cookie_flags ~ secure;`.

## References

- CWE-614: Sensitive Cookie in HTTPS Session Without 'Secure' Attribute
- OWASP-API8:2023: Security Misconfiguration
- OWASP-A05:2021: Security Misconfiguration
- RFC 6265 section 4.1.2.5: the Secure attribute
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let head = match response_head(seen, context) {
        Ok(head) => head,
        Err(verdict) => return verdict,
    };
    let open_cookies: Vec<String> = head
        .cookies
        .iter()
        .filter(|cookie| !cookie.secure)
        .map(|cookie| cookie.name.clone())
        .collect();
    if head.cookies.is_empty() {
        return Verdict::NotApplicable;
    }
    if open_cookies.is_empty() {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "the site sets {} without Secure: Secure is wanted",
            listed(&open_cookies)
        ))
        .remedy(Remedy::HttpTransport(connection(seen, context))),
    ])
}
