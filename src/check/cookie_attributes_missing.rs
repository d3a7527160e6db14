//! Notes which cookies scripts can read or other sites can send.

use super::{Category, Check, Context, Evaluate, Verdict, connection, listed, response_head};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "cookie-attributes-missing",
    title: "cookie without HttpOnly or SameSite",
    severity: Severity::Info,
    category: Category::Http,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-1004",
        "CWE-1275",
        "OWASP-API8:2023",
        "RFC 6265 section 4.1.2.6",
    ],
    docs: r#"
## What it looks for

Every `Set-Cookie` of the response head without `HttpOnly` or without `SameSite`. One without `Secure` is
`cookie-not-secure`.

## Why it matters

It is a note: some cookies are made for scripts, and browsers take a missing `SameSite` as `Lax` by and by.
For a session, `HttpOnly` keeps an injected script from reading it.

## How to fix it

- Set `HttpOnly` and `SameSite=Lax` on session cookies: Flask `SESSION_COOKIE_SAMESITE = "Lax"`, Django
  `SESSION_COOKIE_SAMESITE`, Express `cookie: { httpOnly: true, sameSite: 'lax' }`.

## References

- CWE-1004: Sensitive Cookie Without 'HttpOnly' Flag
- CWE-1275: Sensitive Cookie with Improper SameSite Attribute
- OWASP-API8:2023: Security Misconfiguration
- RFC 6265 section 4.1.2.6: the HttpOnly attribute
"#,
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let head = match response_head(seen, context) {
        Ok(head) => head,
        Err(verdict) => return verdict,
    };
    let loose: Vec<String> = head
        .cookies
        .iter()
        .filter(|cookie| !cookie.http_only || cookie.same_site.is_none())
        .map(|cookie| cookie.name.clone())
        .collect();
    if head.cookies.is_empty() {
        return Verdict::NotApplicable;
    }
    if loose.is_empty() {
        return Verdict::Pass;
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "the site sets {} without HttpOnly or SameSite: both are wanted for a session",
            listed(&loose)
        ))
        .remedy(Remedy::HttpTransport(connection(seen, context))),
    ])
}
