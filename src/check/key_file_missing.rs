//! Judges whether certificates and keys come in pairs.

use super::filed::CertificateContext;
use super::{Category, Check, Evaluate, Verdict};
use crate::finding::{Detection, Severity};
use crate::observation::certificate_file::{CertificateFile, Part, Role};

pub(super) static CHECK: Check = Check {
    id: "key-file-missing",
    title: "certificate without its key, or key without its certificate",
    severity: Severity::Medium,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &["CWE-1188", "PCI DSS 4.0.1 requirement 4.2.1.1"],
    docs: r"
## What it looks for

In a watched directory with CockroachDB's names: a certificate of a node, a client or the console without a key beside it, and
the other way round. Node and console: medium. A client's, and a key alone: low; whoever lets clients log in needs none of
their files.

## Why it matters

A node without its key does not start. A key without certificate is a secret that nobody needs.

## How to fix it

- Put the other half back, or issue the pair again with `cockroach cert`.
- Remove what is left over.

## References

- CWE-1188: Initialization of a Resource with an Insecure Default
- PCI DSS 4.0.1 requirement 4.2.1.1: an inventory of trusted keys and certificates
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

fn evaluate(file: &CertificateFile, context: &CertificateContext<'_>) -> Verdict {
    let role = &file.name.role;
    // A CA's key belongs elsewhere.
    if !role.is_cockroachdb() || role.is_ca() || !context.directory.listed {
        return Verdict::NotApplicable;
    }
    let inside =
        |of: fn(&crate::x509::holdings::Holdings) -> bool| file.holdings.seen().is_some_and(of);
    let (missing, wanted) = match file.name.part {
        Part::Certificate => {
            let beside = context.directory.keys_of(file).next().is_some();
            let inside = inside(|held| !held.private_keys.is_empty());
            (!beside && !inside, "key")
        }
        Part::Key | Part::KeyPkcs8 => {
            let beside = context.directory.of_role(role, Part::Certificate).is_some();
            let inside = inside(|held| !held.certificates.is_empty());
            (!beside && !inside, "certificate")
        }
        Part::Unknown => return Verdict::NotApplicable,
    };
    if !missing {
        return Verdict::Pass;
    }
    if context.directory.left_out > 0 {
        return Verdict::Open(format!(
            "{} files of `{}` were left out",
            context.directory.left_out, context.directory.path
        ));
    }
    let serves = matches!(role, Role::Node | Role::NodeClient | Role::Ui);
    let severity = if serves && wanted == "key" {
        Severity::Medium
    } else {
        Severity::Low
    };
    Verdict::Fail(vec![
        Detection::new(format!(
            "the file `{}` has no {wanted} beside it: one is wanted",
            file.path
        ))
        .severity(severity)
        .discriminator(wanted),
    ])
}
