//! Notes that several endpoints present the same public key.

use super::{Category, Check, Context, Evaluate, Verdict, end_entity, order};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "key-shared",
    title: "several endpoints present the same public key",
    severity: Severity::Info,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-653",
        "PCI DSS 4.0.1 requirement 4.2.1.1",
        "NIST SP 800-52r2 section 3.2",
    ],
    docs: r"
## What it looks for

The SHA-256 of the served certificate's public key among all endpoints that are watched. It is reported once
for each key, at the endpoint whose name comes first.

## Why it matters

It is a note, not a fault: two ports of one host may well share a key, as CockroachDB's SQL and console ports
do. Across hosts it means that the key was copied, and that a theft on one of them is a theft on all.

## How to fix it

- Make a key on each host and let the CA sign it: `cockroach cert create-node` for each node, in a folder of
  its own; for PostgreSQL a certificate request for each server.

## References

- CWE-653: Improper Isolation or Compartmentalization
- PCI DSS 4.0.1 requirement 4.2.1.1: an inventory of trusted keys and certificates
- NIST SP 800-52r2 section 3.2: server keys and certificates
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Most names that a message lists.
const MOST_NAMES: usize = 5;

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let certificate = match end_entity(seen) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    let Some(holders) = context.key_holders.get(&certificate.spki_sha256) else {
        return Verdict::Pass;
    };
    if holders.len() < 2 {
        return Verdict::Pass;
    }
    if holders.first() != Some(&context.endpoint.name) {
        return Verdict::NotApplicable;
    }
    let names: Vec<&str> = holders
        .iter()
        .take(MOST_NAMES)
        .map(|name| &**name)
        .collect();
    let more = holders.len().saturating_sub(MOST_NAMES);
    let rest = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    Verdict::Fail(vec![
        Detection::new(format!(
            "one public key is presented by {} endpoints, {}{rest}: a key for each host is wanted",
            holders.len(),
            names.join(", ")
        ))
        .evidence(format!(
            "subject public key SHA-256 {}",
            certificate.spki_sha256
        ))
        .discriminator(&certificate.spki_sha256)
        .remedy(Remedy::IssueCertificate(order(
            seen,
            context,
            format!("{} endpoints share its key", holders.len()),
        ))),
    ])
}
