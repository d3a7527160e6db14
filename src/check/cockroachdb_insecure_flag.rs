//! Judges whether a file declares it: CockroachDB started with --insecure.

use super::{Category, Check, Evaluate, Verdict};
use crate::finding::Severity;
use crate::observation::file::FileObservation;
use crate::source::declaration::{DeclarationKind, ServerWeakness};

pub(super) static CHECK: Check = Check {
    id: "cockroachdb-insecure-flag",
    title: "node of CockroachDB started with --insecure",
    severity: Severity::High,
    category: Category::Transport,
    class: Some("insecure-server"),
    since: "0.1.0",
    references: &["CWE-319", "CWE-306", "OWASP-A05:2021"],
    docs: r"
## What it looks for

Commands and settings that run a CockroachDB node without TLS and without authentication: `--insecure`,
`COCKROACH_INSECURE=true`, the chart's `tls.enabled: false`, the operator's `tlsEnabled` false or left out.

## Why it matters

Everybody who reaches the port is root, and everybody on the way reads along.

## How to fix it

- Make certificates (`cockroach cert create-ca`, `create-node`, `create-client`) and start with `--certs-dir`.
- The documented bridge for running clusters is `--accept-sql-without-tls`, for as long as clients move.

## References

- CWE-319: Cleartext Transmission of Sensitive Information
- CWE-306: Missing Authentication for Critical Function
- OWASP-A05:2021: Security Misconfiguration
",
    evaluate: Evaluate::File(evaluate),
};

fn evaluate(observation: &FileObservation) -> Verdict {
    super::declared::each(observation, |declaration, scene| {
        let DeclarationKind::Server(server) = &declaration.kind else {
            return None;
        };
        let insecure = matches!(server.weakness, ServerWeakness::Insecure)
            || server.weakness == ServerWeakness::TlsOff && server.product == "CockroachDB";
        insecure.then(|| {
            let message = format!("`{}` runs the node without TLS and without authentication: `--certs-dir` is wanted", server.written);
            scene.detect(declaration, message, Severity::High, None)
        })
    })
}
