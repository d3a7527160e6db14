//! Judges whether a file declares it: HTTP application leaves its transport open.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, WebGap};

pub(super) static CHECK: Check = Check {
    id: "web-transport-unprotected",
    title: "transport of an HTTP application left open",
    severity: Severity::Low,
    category: Category::Http,
    class: None,
    since: "0.1.0",
    references: &["CWE-319", "CWE-614", "CWE-693", "OWASP-A05:2021"],
    docs: r"
## What it looks for

Session cookies without `Secure`, `HttpOnly` and `SameSite`, `SECURE_SSL_REDIRECT = False`, credentials for every origin, forwarded
headers believed from anybody, API descriptions with `http://` servers.

## Why it matters

A session that goes over HTTP once is everybody's.

## How to fix it

- Set the cookie's attributes, redirect, and send `Strict-Transport-Security`.

## References

- CWE-319: Cleartext Transmission of Sensitive Information
- CWE-614: Sensitive Cookie in HTTPS Session Without 'Secure' Attribute
- CWE-693: Protection Mechanism Failure
- OWASP-A05:2021: Security Misconfiguration
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Web(web) = &declaration.kind else {
            return None;
        };
        let (open, wanted) = match web.gap {
            WebGap::Cookie => (
                "sets a cookie without all of its attributes",
                "`Secure`, `HttpOnly` and `SameSite`",
            ),
            WebGap::HttpsRedirect => ("sends nobody to HTTPS", "a redirect"),
            WebGap::Hsts => ("sends no Strict-Transport-Security", "HSTS"),
            WebGap::AnyOrigin => ("shares credentials with every origin", "a list of origins"),
            WebGap::PlainHttpServer => ("names a server over plain HTTP", "`https://`"),
            WebGap::AnyForwarder => (
                "believes forwarded headers from anybody",
                "the proxy's address",
            ),
        };
        let message = format!("{} {open}: {wanted} is wanted", web.framework);
        let detection = scene.detect(declaration, message, Severity::Low, None);
        Some(detection.evidence(web.written.clone()))
    })
}
