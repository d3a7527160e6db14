//! Judges whether the end entity, or a certificate that its path needs, is past its `notAfter`.

use jiff::Timestamp;

use super::{
    Category, Check, Context, Evaluate, Verdict, end_entity, from_to, identity, in_words, order,
    validity,
};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::x509::PathProblem;

pub(super) static CHECK: Check = Check {
    id: "certificate-expired",
    title: "server certificate past its notAfter",
    severity: Severity::Critical,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-298",
        "CWE-324",
        "OWASP-A02:2021",
        "PCI DSS 4.0.1 requirement 4.2.1",
        "NIST SP 800-52r2 section 3.2",
        "RFC 5280 section 4.1.2.5",
    ],
    docs: r"
## What it looks for

`notAfter` of the served certificate against the time of judgement; the last second still counts. An
intermediate or a trust anchor that the path needs and that has expired is reported here, too: OpenSSL refuses
an expired anchor, though some other libraries do not look.

## Why it matters

Every client that verifies refuses the server from that second on. Clients that still connect do not verify.

## How to fix it

- CockroachDB: `cockroach cert create-node <every host name and address> --certs-dir=certs
  --ca-key=my-safe-directory/ca.key --overwrite`, then `pkill -SIGHUP -x cockroach`. New connections get the
  new certificate at once.
- PostgreSQL: replace `server.crt` and `server.key`, then `SELECT pg_reload_conf();`.
- A web server: renew with its ACME client, then reload.
- An expired CA: make a new one, put both into the file that clients trust, then issue the server's
  certificate again.

## References

- CWE-298: Improper Validation of Certificate Expiration
- CWE-324: Use of a Key Past its Expiration Date
- OWASP-A02:2021: Cryptographic Failures
- PCI DSS 4.0.1 requirement 4.2.1: strong cryptography over open networks, certificates confirmed as valid and
  neither expired nor revoked
- NIST SP 800-52r2 section 3.2: server keys and certificates
- RFC 5280 section 4.1.2.5: Validity
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let certificate = match end_entity(seen) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    if context.now > certificate.not_after {
        let ago = in_words(from_to(certificate.not_after, context.now));
        return Verdict::Fail(vec![
            Detection::new(format!(
                "the certificate expired {ago} ago, at {}: a valid one is wanted",
                certificate.not_after
            ))
            .evidence(identity(certificate))
            .evidence(validity(certificate))
            .discriminator(&certificate.sha256)
            .remedy(Remedy::IssueCertificate(order(
                seen,
                context,
                format!("the served one expired {ago} ago"),
            ))),
        ]);
    }
    let Some(verification) = seen.verification.seen() else {
        return Verdict::Pass;
    };
    let expired_anchor = verification
        .anchor
        .as_ref()
        .filter(|anchor| anchor.not_after.is_some_and(|end| context.now > end));
    if !verification.problems.contains(&PathProblem::Expired) && expired_anchor.is_none() {
        return Verdict::Pass;
    }
    let (subject, end) = expired_intermediate(seen, context)
        .or_else(|| expired_anchor.map(|anchor| (anchor.subject.as_str(), anchor.not_after)))
        .unwrap_or(("above it", None));
    let when = end.map_or_else(String::new, |end| format!(" at {end}"));
    Verdict::Fail(vec![
        Detection::new(format!(
            "the certificate is valid, and the CA {subject} that vouches for it expired{when}: a valid path is wanted"
        ))
        .evidence(verification.path_detail.clone())
        .discriminator(&certificate.sha256)
        .remedy(Remedy::IssueCertificate(order(
            seen,
            context,
            format!("the CA {subject} expired{when}"),
        ))),
    ])
}

/// Returns the name and the end of the first certificate above the end entity that has expired.
fn expired_intermediate<'a>(
    seen: &'a EndpointObservation,
    context: &Context<'_>,
) -> Option<(&'a str, Option<Timestamp>)> {
    seen.chain
        .seen()?
        .certificates
        .iter()
        .skip(1)
        .find(|certificate| context.now > certificate.not_after)
        .map(|certificate| (certificate.subject.as_str(), Some(certificate.not_after)))
}
