//! Judges what is left over: `verify-full` would fail for a reason that has no check of its own.

use super::{
    Category, Check, Context, Evaluate, Verdict, connection, end_entity, find, verification,
};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::preflight::{self, Readiness};
use crate::remediation::Remedy;
use crate::x509::{HostName, PathVerdict};

pub(super) static CHECK: Check = Check {
    id: "verify-full-refused",
    title: "verify-full would not connect, and no other check says why",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-295",
        "CWE-296",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "RFC 5280 section 6.1",
        "RFC 9525 section 6",
        "PostgreSQL documentation section 34.19",
    ],
    docs: r"
## What it looks for

What a client that verifies the certification path and the host name concludes. It speaks only where the answer
is no and no other check has reported the reason: it is the net under the others. On the PostgreSQL wire the
evidence has what must change first, as the sslmode table has it.

## Why it matters

A client that is switched to `verify-full` would not connect. People who meet that at night switch
verification off.

## How to fix it

- The evidence has the reason in the verifier's own words: repair that first.
- For a private CA the endpoint needs `sslrootcert`; libpq 15 and older know no system store, and newer ones
  use it only with `sslrootcert=system`.
- Look again with `verifull probe`, then switch the clients.

## References

- CWE-295: Improper Certificate Validation
- CWE-296: Improper Following of a Certificate's Chain of Trust
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
- RFC 5280 section 6.1: Basic Path Validation
- RFC 9525 section 6: verifying service identity
- PostgreSQL documentation section 34.19: SSL support in libpq
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Checks that say why `verify-full` does not connect, where one of them can.
const EXPLAINING: &[&str] = &[
    "plaintext-only",
    "insecure-cockroachdb-node",
    "certificate-expired",
    "certificate-not-yet-valid",
    "certificate-self-signed",
    "certificate-unknown-ca",
    "certificate-chain-incomplete",
    "host-name-mismatch",
    "subject-alt-name-missing",
    "certificate-wrong-usage",
    "certificate-malformed",
    "rsa-key-too-short",
    "elliptic-curve-unsuitable",
    "signature-hash-weak",
    "client-certificate-missing",
    "client-certificate-unfit",
    "tls-handshake-failed",
    "trust-file-unreadable",
];

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let found = match verification(seen) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let refused = found.path == PathVerdict::Invalid || found.host_name == HostName::Mismatch;
    if !refused || is_explained(seen, context) {
        return Verdict::Pass;
    }
    let reasons =
        match preflight::predict(seen, context.endpoint).map(|predicted| predicted.verify_full) {
            Some(Readiness::NotReady(reasons)) => reasons,
            Some(Readiness::Ready | Readiness::Unknown(_)) | None => Vec::new(),
        };
    let mut detection = Detection::new(
        "verify-full would not connect: a certificate that verifies and names the host is wanted",
    )
    .remedy(Remedy::VerifyFull(connection(seen, context)));
    for reason in reasons {
        detection = detection.evidence(reason);
    }
    if let Ok(certificate) = end_entity(seen) {
        detection = detection.discriminator(&certificate.sha256);
    }
    Verdict::Fail(vec![
        detection
            .evidence(found.path_detail.clone())
            .evidence(found.host_name_detail.clone()),
    ])
}

/// Whether another check reports the reason.
fn is_explained(seen: &EndpointObservation, context: &Context<'_>) -> bool {
    EXPLAINING
        .iter()
        .filter_map(|id| find(id))
        .any(|check| match check.evaluate {
            Evaluate::Endpoint(evaluate) => {
                matches!(evaluate(seen, context), Verdict::Fail(_))
            }
            Evaluate::File(_) | Evaluate::CertificateFile(_) | Evaluate::Configuration(_) => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_explaining_check_exists() {
        for id in EXPLAINING {
            assert!(find(id).is_some(), "`{id}` is not in the register");
        }
    }
}
