//! Judges whether a certificate on disk has expired.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict, from_to, identity, in_words, validity};
use crate::finding::{Detection, Severity};
use crate::observation::certificate_file::CertificateFile;

pub(super) static CHECK: Check = Check {
    id: "certificate-file-expired",
    title: "certificate on disk past its validity",
    severity: Severity::High,
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

`notAfter` of the first certificate in each watched file and of the intermediates behind it. Of a file of CAs each
name counts once, by its certificate that lasts longest: while a CA is rotated the old one lies behind the new one.
What is served is `certificate-expired`; a file may be old while the server still has the new one in memory, and
then it fails at its next start.

## Why it matters

A server that loads it is refused by each client that verifies, a client with it cannot log in, and what an expired CA
issued is worth nothing to those who trust it.

## How to fix it

- CockroachDB: `cockroach cert create-node <every host name and address> --certs-dir=certs
  --ca-key=my-safe-directory/ca.key --overwrite`, `create-client <user>` for a client, then
  `pkill -SIGHUP -x cockroach`.
- PostgreSQL: replace `server.crt` and `server.key`, then `SELECT pg_reload_conf();`.
- A CA: `cockroach cert create-ca` with a new key, put the new CA before the old one in `ca.crt` everywhere, reload,
  then issue the others again.

## References

- CWE-298: Improper Validation of Certificate Expiration
- CWE-324: Use of a Key Past its Expiration Date
- PCI DSS 4.0.1 requirement 4.2.1.1: an inventory of trusted keys and certificates
- RFC 5280 section 4.1.2.5: Validity
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, context: &CertificateContext<'_>) -> Verdict {
    filed::of_each(file, context, |what, certificate| {
        if context.now <= certificate.not_after {
            return None;
        }
        Some(
            Detection::new(format!(
                "{what} in `{}` expired {} ago, at {}: a valid one is wanted",
                file.path,
                in_words(from_to(certificate.not_after, context.now)),
                certificate.not_after
            ))
            .evidence(identity(certificate))
            .evidence(validity(certificate))
            .discriminator(&certificate.sha256),
        )
    })
}
