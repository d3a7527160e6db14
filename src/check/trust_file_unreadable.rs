//! Judges whether the endpoint's trust anchors could be read.

use super::{Category, Check, Context, Evaluate, Verdict, is_without_tls, open};
use crate::finding::{Detection, Severity};
use crate::observation::{Attempt, EndpointObservation, FailureKind};
use crate::text::printable;

pub(super) static CHECK: Check = Check {
    id: "trust-file-unreadable",
    title: "trust anchors cannot be read",
    severity: Severity::Medium,
    category: Category::Operation,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-296",
        "CWE-703",
        "PostgreSQL documentation section 34.19",
    ],
    docs: r"
## What it looks for

The file in `sslrootcert`, or the system's trust store where none is named. Where it cannot be read,
everything about the certification path and the host name is open. The file is ours, so this is said of a
server that is down, too.

## Why it matters

Without trust anchors nobody can tell a good certificate from a bad one. Clients with the same path fail:
libpq refuses `verify-full` when the file is not there, and connects unverified with `require`. So the score is
at most a C while it lasts.

## How to fix it

- The evidence says why: the file is missing, is a folder, holds no certificate, or may not be read by this
  user. `openssl x509 -in FILE -noout -subject` shows its first certificate.
- CockroachDB's CA file is `ca.crt` in `--certs-dir`; only `ca.key` is secret.

## References

- CWE-296: Improper Following of a Certificate's Chain of Trust
- CWE-703: Improper Check or Handling of Exceptional Conditions
- PostgreSQL documentation section 34.19: SSL support in libpq
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if is_without_tls(seen) {
        return Verdict::NotApplicable;
    }
    let failure = match &seen.verification {
        Attempt::Seen(_) => return Verdict::Pass,
        Attempt::Failed(failure) if failure.kind == FailureKind::Local => failure,
        Attempt::Failed(_) | Attempt::Refused(_) | Attempt::NotAttempted(_) => {
            return open(seen, &seen.verification);
        }
    };
    let store = context.endpoint.sslrootcert.as_ref().map_or_else(
        || "the system's trust store".to_owned(),
        |path| printable(&path.to_string_lossy()),
    );
    Verdict::Fail(vec![
        Detection::new(format!(
            "trust anchors cannot be read from {store}: PEM certificates are wanted"
        ))
        .evidence(failure.detail.clone()),
    ])
}
