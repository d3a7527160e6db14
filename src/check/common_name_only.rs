//! Judges whether the host name is found only where most clients do not look.

use super::{
    Category, Check, Context, Evaluate, Verdict, end_entity, identity, order, verification,
};
use crate::endpoint::Protocol;
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::x509::HostName;

pub(super) static CHECK: Check = Check {
    id: "common-name-only",
    title: "server certificate names the host only in its common name",
    severity: Severity::Medium,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-297",
        "RFC 9525 section 6",
        "RFC 5280 section 4.2.1.6",
        "PostgreSQL documentation section 34.19",
    ],
    docs: r"
## What it looks for

A certificate whose common name is the host that is dialled and whose subject alternative name has no entry
for it: medium, and high for HTTPS, where no client looks there.

## Why it matters

libpq and OpenSSL still look at the common name where there is no `dNSName`; Go, Java, browsers and rustls do
not. So `psql` connects with `verify-full`, and pgx refuses the same server.

## How to fix it

- Issue the certificate again with the name in the subject alternative name. `cockroach cert create-node` puts
  its arguments there; with OpenSSL it is `subjectAltName=DNS:db.example`.
- Load it: CockroachDB `pkill -SIGHUP -x cockroach`, PostgreSQL `SELECT pg_reload_conf();`.

## References

- CWE-297: Improper Validation of Certificate with Host Mismatch
- RFC 9525 section 6: verifying service identity
- RFC 5280 section 4.2.1.6: Subject Alternative Name
- PostgreSQL documentation section 34.19: SSL support in libpq
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let verification = match verification(seen) {
        Ok(verification) => verification,
        Err(verdict) => return verdict,
    };
    let certificate = match end_entity(seen) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    match verification.host_name {
        HostName::Match | HostName::Mismatch => return Verdict::Pass,
        HostName::CommonNameOnly => {}
    }
    let reference_name = &verification.reference_name;
    // Only libpq and its kin still look there; no HTTPS client does.
    let severity = match context.endpoint.target.protocol {
        Protocol::Postgresql | Protocol::Tls => Severity::Medium,
        Protocol::Https => Severity::High,
    };
    Verdict::Fail(vec![
        Detection::new(format!(
            "the name `{reference_name}` stands only in the common name: an entry in the subject alternative name is wanted"
        ))
        .severity(severity)
        .evidence(verification.host_name_detail.clone())
        .evidence(identity(certificate))
        .discriminator(&certificate.sha256)
        .remedy(Remedy::IssueCertificate(order(
            seen,
            context,
            format!("the served one holds {reference_name} only in its common name"),
        ))),
    ])
}
