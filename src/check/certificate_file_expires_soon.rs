//! Judges whether the life of a certificate on disk is nearly over.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict, from_to, identity, in_words, validity};
use crate::finding::{Detection, Severity};
use crate::observation::certificate_file::CertificateFile;

pub(super) static CHECK: Check = Check {
    id: "certificate-file-expires-soon",
    title: "certificate on disk in the last part of its life",
    severity: Severity::Medium,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-298",
        "CWE-324",
        "PCI DSS 4.0.1 requirement 4.2.1.1",
        "RFC 5280 section 4.1.2.5",
    ],
    docs: r"
## What it looks for

The time to `notAfter` against the same parts of the lifetime as `certificate-expires-soon`, as `[defaults.expiry]` sets
them: medium in the warning part, high in the critical part. CA, node, client and console are told apart by CockroachDB's
file names. An intermediate counts where it ends before the certificate; of CAs each name counts once, by its certificate
that lasts longest.

## Why it matters

Nobody sees a client's certificate or a CA from outside until the day on which nothing connects any more. Renewing a CA
takes longest: everything that it issued has to be issued again.

## How to fix it

- CockroachDB: `cockroach cert create-node <every host name and address> --certs-dir=certs
  --ca-key=my-safe-directory/ca.key --overwrite`, `create-client <user>` for a client, then
  `pkill -SIGHUP -x cockroach`.
- PostgreSQL: replace `server.crt` and `server.key`, then `SELECT pg_reload_conf();`.
- A CA: begin with a combined `ca.crt`, the new CA first and the old one behind it, on all nodes and clients.

## References

- CWE-298: Improper Validation of Certificate Expiration
- CWE-324: Use of a Key Past its Expiration Date
- PCI DSS 4.0.1 requirement 4.2.1.1: an inventory of trusted keys and certificates
- RFC 5280 section 4.1.2.5: Validity
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, context: &CertificateContext<'_>) -> Verdict {
    let first = file.end_entity().map(|first| first.not_after);
    filed::of_each(file, context, |what, certificate| {
        let is_behind = !file.is_ca() && first.is_some_and(|end| certificate.not_after > end);
        if context.now > certificate.not_after || is_behind {
            return None;
        }
        let lifetime = from_to(certificate.not_before, certificate.not_after);
        let left = from_to(context.now, certificate.not_after);
        let (warning, critical) = (
            context.expiry.warning.of(lifetime),
            context.expiry.critical.of(lifetime),
        );
        let (severity, wanted) = if left <= critical {
            (Severity::High, warning.max(critical))
        } else if left <= warning {
            (Severity::Medium, warning)
        } else {
            return None;
        };
        Some(
            Detection::new(format!(
                "{what} in `{}` expires in {}, at {}: more than {} are wanted",
                file.path,
                in_words(left),
                certificate.not_after,
                in_words(wanted)
            ))
            .severity(severity)
            .evidence(identity(certificate))
            .evidence(validity(certificate))
            .discriminator(&certificate.sha256),
        )
    })
}
