//! Judges whether a file declares it: what surrounds the database is open.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, SurroundingGap};

pub(super) static CHECK: Check = Check {
    id: "database-surroundings-open",
    title: "what surrounds the database is open",
    severity: Severity::Low,
    category: Category::Transport,
    class: None,
    since: "0.1.0",
    references: &["CWE-319", "CWE-532", "CWE-693", "OWASP-A05:2021"],
    docs: r"
## What it looks for

A service mesh that lets plaintext through (Istio's `PERMISSIVE` and `DISABLE`), and TLS session keys written to a file
(`SSLKEYLOGFILE`).

## Why it matters

The connection is as safe as what carries it.

## How to fix it

- Istio: `STRICT`; log shipping: TLS; ports: loopback or an internal network.

## References

- CWE-319: Cleartext Transmission of Sensitive Information
- CWE-532: Insertion of Sensitive Information into Log File
- CWE-693: Protection Mechanism Failure
- OWASP-A05:2021: Security Misconfiguration
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Surrounding(surrounding) = &declaration.kind else {
            return None;
        };
        let (open, severity) = match surrounding.gap {
            SurroundingGap::PublishedPort => ("publishes the database to everybody", Severity::Low),
            SurroundingGap::NoNetworkPolicy => ("fences the database in by nothing", Severity::Low),
            SurroundingGap::MeshPlaintext => ("lets plaintext through the mesh", Severity::Medium),
            SurroundingGap::LogShipping => ("ships logs without TLS", Severity::Medium),
            SurroundingGap::OutdatedDriver => (
                "pins a driver with a known fault in its TLS",
                Severity::Medium,
            ),
            SurroundingGap::StaticClientCertificate => (
                "reads a client certificate once and never again",
                Severity::Info,
            ),
            SurroundingGap::KeyLog => ("writes TLS session keys to a file", Severity::High),
            SurroundingGap::UpstreamPlaintext => (
                "leaves the way behind the proxy unverified",
                Severity::Medium,
            ),
        };
        let message = format!(
            "`{}` {open}: the protected form is wanted",
            surrounding.written
        );
        Some(scene.detect(declaration, message, severity, None))
    })
}
