//! Judges the `sslmode` that the endpoint's owner intends for its clients.

use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::libpq::SslMode;
use crate::observation::EndpointObservation;
use crate::preflight::{self, Readiness};
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "sslmode-below-verify-full",
    title: "clients are meant to use less than verify-full",
    severity: Severity::High,
    category: Category::Transport,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-295",
        "CWE-757",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "PostgreSQL documentation section 34.19",
    ],
    docs: r#"
## What it looks for

The `sslmode` that the configuration names for the endpoint's clients, as libpq understands it. `disable`,
`allow` and `prefer` leave plaintext possible and `require` takes any certificate: high. `verify-ca`, and
`require` with an `sslrootcert`, which libpq treats like it, look at the CA and not at the host: medium, and
high without an `sslrootcert`, because anybody has a certificate of a public CA.

The evidence says whether `verify-full` would connect today.

## Why it matters

Encryption without knowing the other side stops only somebody who listens. Somebody who answers in the
server's place gets the queries, the results and often the password.

## How to fix it

- Find out here whether `verify-full` would connect now, and repair what the evidence names first.
- Set `sslmode=verify-full` and `sslrootcert` in each client: CockroachDB's `ca.crt`, PostgreSQL's CA file, or
  `sslrootcert=system` (libpq 16 and newer) for a public certificate.
- Then set `sslmode = "verify-full"` for the endpoint in verifull's configuration.

## References

- CWE-295: Improper Certificate Validation
- CWE-757: Selection of Less-Secure Algorithm During Negotiation
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
- PostgreSQL documentation section 34.19: SSL support in libpq
"#,
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if context.endpoint.target.protocol != Protocol::Postgresql {
        return Verdict::NotApplicable;
    }
    let endpoint = context.endpoint;
    let anchored = endpoint.sslrootcert.is_some();
    let (severity, weakness) = match endpoint.sslmode {
        SslMode::VerifyFull => return Verdict::Pass,
        SslMode::Disable => (Severity::High, "nothing is encrypted"),
        SslMode::Allow | SslMode::Prefer => {
            (Severity::High, "whoever is on the way can have plaintext")
        }
        SslMode::Require if !anchored => (Severity::High, "any certificate is taken"),
        SslMode::Require | SslMode::VerifyCa if anchored => (
            Severity::Medium,
            "any host with a certificate of the CA is taken",
        ),
        SslMode::Require | SslMode::VerifyCa => (
            Severity::High,
            "any host with a certificate of a public CA is taken",
        ),
    };
    let mut detection = Detection::new(format!(
        "clients are meant to use sslmode={}: {weakness}, verify-full is wanted",
        endpoint.sslmode
    ))
    .severity(severity)
    .remedy(Remedy::VerifyFull(connection(seen, context)));
    match preflight::predict(seen, endpoint).map(|predicted| predicted.verify_full) {
        Some(Readiness::Ready) => {
            detection = detection.evidence("verify-full would connect now");
        }
        Some(Readiness::NotReady(reasons)) => {
            for reason in reasons {
                detection = detection.evidence(format!("before the switch: {reason}"));
            }
        }
        Some(Readiness::Unknown(_)) | None => {}
    }
    Verdict::Fail(vec![detection])
}
