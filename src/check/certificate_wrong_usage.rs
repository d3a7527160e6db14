//! Judges whether a certificate on the path is used for what it was not issued for.

use super::{Category, Check, Context, Evaluate, Verdict, listed, order, path_problem};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::x509::PathProblem;

pub(super) static CHECK: Check = Check {
    id: "certificate-wrong-usage",
    title: "certificate used for what it is not for",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-295",
        "NIST SP 800-52r2 section 3.2",
        "RFC 5280 section 4.2.1.12",
        "RFC 5280 section 6.1",
    ],
    docs: r"
## What it looks for

A served certificate whose extended key usage does not have `serverAuth` or whose key usage is not that of a
server, or an issuer on the path that is no CA. A served certificate without the extended key usage is
`extended-key-usage-missing`. One that vouches for itself has to go anyway and is not judged.

## Why it matters

OpenSSL, Go, Java and rustls refuse it, each with words of its own. The usual cause is a client certificate in
the server's place.

## How to fix it

- CockroachDB: `node.crt` needs `serverAuth` and `clientAuth`; `cockroach cert create-node` sets both. A
  `client.<user>.crt` has only `clientAuth`.
- OpenSSL: `extendedKeyUsage=serverAuth` and `basicConstraints=CA:FALSE` in the extensions of the server's
  certificate.

## References

- CWE-295: Improper Certificate Validation
- NIST SP 800-52r2 section 3.2: server keys and certificates
- RFC 5280 section 4.2.1.12: Extended Key Usage
- RFC 5280 section 6.1: Basic Path Validation
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let is_self_signed = seen
        .verification
        .seen()
        .is_some_and(|found| found.problems.contains(&PathProblem::SelfSigned));
    if is_self_signed {
        return Verdict::NotApplicable;
    }
    path_problem(seen, PathProblem::WrongUsage, |_, certificate| {
        let usage = certificate.map_or(String::new(), |certificate| {
            match &certificate.extended_key_usage {
                Some(usages) if !usages.iter().any(|usage| usage == "serverAuth") => {
                    format!("the certificate is for {}", listed(usages))
                }
                Some(_) | None if certificate.basic_constraints_ca == Some(true) => {
                    "the certificate is that of a CA".to_owned()
                }
                Some(_) | None => String::new(),
            }
        });
        let usage = if usage.is_empty() {
            "a certificate on the path is used for what it is not for"
        } else {
            &usage
        };
        Detection::new(format!("{usage}: serverAuth, issued by a CA, is wanted")).remedy(
            Remedy::IssueCertificate(order(seen, context, "the served one is not for servers")),
        )
    })
}
