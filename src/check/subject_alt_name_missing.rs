//! Judges whether the end entity has the extension that host names are looked up in.

use super::{Category, Check, Context, Evaluate, Verdict, end_entity, identity, order};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::x509::HostName;

pub(super) static CHECK: Check = Check {
    id: "subject-alt-name-missing",
    title: "server certificate has no subject alternative name",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-297",
        "NIST SP 800-52r2 section 3.2",
        "RFC 9525 section 6",
        "RFC 5280 section 4.2.1.6",
    ],
    docs: r"
## What it looks for

A served certificate without the subject alternative name extension, where its common name does not fit
either. Where it does, `common-name-only` reports it.

## Why it matters

RFC 9525 looks for the host in this extension and nowhere else. No client with `verify-full` connects.

## How to fix it

- Issue the certificate again with every name and address that clients dial. `cockroach cert create-node`
  takes them as arguments; with OpenSSL it is `subjectAltName=DNS:db.example,IP:10.0.0.7` in the extensions.
- Load it: CockroachDB `pkill -SIGHUP -x cockroach`, PostgreSQL `SELECT pg_reload_conf();`.

## References

- CWE-297: Improper Validation of Certificate with Host Mismatch
- NIST SP 800-52r2 section 3.2: server keys and certificates
- RFC 9525 section 6: verifying service identity
- RFC 5280 section 4.2.1.6: Subject Alternative Name
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let certificate = match end_entity(seen) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    if certificate.subject_alt_name {
        return Verdict::Pass;
    }
    let by_common_name = seen
        .verification
        .seen()
        .is_some_and(|found| found.host_name == HostName::CommonNameOnly);
    if by_common_name {
        return Verdict::NotApplicable;
    }
    let reference_name = context.endpoint.reference_name();
    Verdict::Fail(vec![
        Detection::new(format!(
            "the certificate has no subject alternative name: one with `{reference_name}` is wanted"
        ))
        .evidence(identity(certificate))
        .discriminator(&certificate.sha256)
        .remedy(Remedy::IssueCertificate(order(
            seen,
            context,
            "the served one has no subject alternative name",
        ))),
    ])
}
