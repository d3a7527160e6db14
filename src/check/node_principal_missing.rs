//! Judges whether a node certificate is for the user `node`.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict, identity, listed};
use crate::finding::{Confidence, Detection, Severity};
use crate::observation::certificate_file::{CertificateFile, Part, Role};

pub(super) static CHECK: Check = Check {
    id: "node-principal-missing",
    title: "node certificate without the principal node",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &["CWE-297", "RFC 5280 section 4.1.2.6"],
    docs: r"
## What it looks for

The common name and the DNS names in `node.crt`: `node` must be among them, unless a `client.node.crt` beside it has it; and in
`client.node.crt` itself. A `--cert-principal-map` on the command line can put another name in its place, which is not seen
here.

## Why it matters

CockroachDB lets nodes speak to nodes as the user `node`. A node without it does not start, or does not join.

## How to fix it

- `cockroach cert create-node <every host name and address> --certs-dir=certs --ca-key=my-safe-directory/ca.key --overwrite`
  sets the common name to `node`.
- From another CA: a subject `O=Cockroach, CN=node`, or `DNS:node` among the alternative names.

## References

- CWE-297: Improper Validation of Certificate with Host Mismatch
- RFC 5280 section 4.1.2.6: Subject
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

/// The user that nodes are to each other.
const NODE: &str = "node";

fn evaluate(file: &CertificateFile, context: &CertificateContext<'_>) -> Verdict {
    if !matches!(file.name.role, Role::Node | Role::NodeClient) {
        return Verdict::NotApplicable;
    }
    let certificate = match filed::first_certificate(file) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    if filed::has_principal(certificate, NODE) {
        return Verdict::Pass;
    }
    if file.name.role == Role::Node {
        match context
            .directory
            .of_role(&Role::NodeClient, Part::Certificate)
        {
            // Whether that one has it is its own verdict.
            Some(_) => return Verdict::NotApplicable,
            None if !context.directory.listed => {
                return Verdict::Open(
                    "whether client.node.crt lies beside it is not known: the directory is not watched"
                        .to_owned(),
                );
            }
            None => {}
        }
    }
    Verdict::Fail(vec![
        Detection::new(format!(
            "the node certificate in `{}` is for {}: the principal `{NODE}` is wanted",
            file.path,
            listed(&filed::principals(certificate))
        ))
        .confidence(Confidence::Medium)
        .evidence(identity(certificate))
        .discriminator(&certificate.sha256),
    ])
}
