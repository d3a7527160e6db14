//! Judges whether the key of a CA lies where its certificates are used.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict};
use crate::finding::{Detection, Severity};
use crate::observation::certificate_file::{CertificateFile, Part};

pub(super) static CHECK: Check = Check {
    id: "ca-key-beside-certificates",
    title: "the CA key lies beside the certificates that it issued",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-522",
        "CWE-653",
        "PCI DSS 4.0.1 requirement 3.6.1.2",
        "NIST SP 800-57 part 1 section 6.2",
    ],
    docs: r"
## What it looks for

`ca.key` and its kin, or any key that is that of a CA in the same directory, beside a certificate for a node, a client or the
console. Medium where the key is encrypted.

## Why it matters

CockroachDB never reads `ca.key`. Whoever takes over the machine makes himself certificates for every user, `root` among
them, and for every node, and no renewal helps: all of them are to be issued anew from another CA.

## How to fix it

- Move it off the machine: `mv certs/ca.key my-safe-directory/`, and there to a disk that is not always connected. Give
  its place with `--ca-key` when the next certificate is issued.
- In Kubernetes keep it in a Secret that no pod mounts, or let cert-manager hold it.

## References

- CWE-522: Insufficiently Protected Credentials
- CWE-653: Improper Isolation or Compartmentalization
- PCI DSS 4.0.1 requirement 3.6.1.2: secret keys are stored in as few places as possible
- NIST SP 800-57 part 1 section 6.2: protection requirements for cryptographic information
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, context: &CertificateContext<'_>) -> Verdict {
    let named = file.name.role.is_ca() && matches!(file.name.part, Part::Key | Part::KeyPkcs8);
    let Some(held) = file.holdings.seen() else {
        return if named || matches!(file.name.part, Part::Unknown) {
            Verdict::Open(filed::why(file, &file.holdings))
        } else {
            Verdict::NotApplicable
        };
    };
    let files = &context.directory.files;
    let ca = files
        .iter()
        .filter(|other| other.name.role.is_ca())
        .filter_map(|other| other.holdings.seen())
        .flat_map(|other| &other.certificates)
        .find(|ca| {
            let mut keys = held.private_keys.iter();
            keys.any(|key| key.spki_sha256.as_ref() == Some(&ca.spki_sha256))
        });
    if held.private_keys.is_empty() || (ca.is_none() && !named) {
        return Verdict::NotApplicable;
    }
    let leaf = files
        .iter()
        .find(|other| !other.name.role.is_ca() && other.end_entity().is_some() && !other.is_ca());
    let Some(leaf) = leaf else {
        return Verdict::Pass;
    };
    let encrypted = held.private_keys.iter().all(|key| key.encrypted);
    let mut detection = Detection::new(format!(
        "the file `{}` holds a CA's private key beside `{}`: a place off this machine is wanted",
        file.path,
        leaf.file_name()
    ))
    .severity(if encrypted {
        Severity::Medium
    } else {
        Severity::High
    })
    .discriminator("ca key");
    if let Some(ca) = ca {
        detection = detection.evidence(format!("it is the key of {}", ca.subject));
    }
    Verdict::Fail(vec![detection])
}
