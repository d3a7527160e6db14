//! Judges whether the end entity is certified for the name that clients dial.

use super::{
    Category, Check, Context, Evaluate, Verdict, end_entity, identity, listed, order, verification,
};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::x509::HostName;

pub(super) static CHECK: Check = Check {
    id: "host-name-mismatch",
    title: "server certificate is for other names",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-297",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "RFC 9525 section 6",
        "PostgreSQL documentation section 34.19",
    ],
    docs: r"
## What it looks for

The endpoint's `server_name`, else the host that is dialled, against the subject alternative name; a wildcard
stands for one label, and an address is compared with addresses. A certificate without that extension is
`subject-alt-name-missing` or `common-name-only`.

## Why it matters

This is the difference between `verify-ca` and `verify-full`. A client with `verify-full` refuses; one without
takes any certificate of the same CA, so each holder of one can answer in this server's place.

## How to fix it

- Issue the certificate again with every name and address that clients dial, the load balancer's too:
  `cockroach cert create-node <names> --certs-dir=certs --ca-key=my-safe-directory/ca.key --overwrite`, then
  `pkill -SIGHUP -x cockroach`; PostgreSQL: new `server.crt`, then `SELECT pg_reload_conf();`.
- Or let clients dial a name that is in it.
- Behind a tunnel or a port forward set `server_name` for the endpoint; libpq has `host` for the name and
  `hostaddr` for the address.

## References

- CWE-297: Improper Validation of Certificate with Host Mismatch
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
- RFC 9525 section 6: verifying service identity
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
        HostName::Match | HostName::CommonNameOnly => return Verdict::Pass,
        HostName::Mismatch => {}
    }
    if !certificate.subject_alt_name {
        return Verdict::NotApplicable;
    }
    let reference_name = &verification.reference_name;
    let names: Vec<String> = certificate
        .dns_names
        .iter()
        .cloned()
        .chain(certificate.ip_addresses.iter().map(ToString::to_string))
        .collect();
    Verdict::Fail(vec![
        Detection::new(format!(
            "the certificate is for {}, and `{reference_name}` is wanted",
            listed(&names)
        ))
        .evidence(verification.host_name_detail.clone())
        .evidence(identity(certificate))
        .discriminator(&certificate.sha256)
        .remedy(Remedy::IssueCertificate(order(
            seen,
            context,
            format!("the served one does not hold {reference_name}"),
        ))),
    ])
}
