//! Judges who can read the private keys on disk.

use super::filed::{self, CertificateContext};
use super::{Category, Check, Evaluate, Verdict};
use crate::finding::{Detection, Severity};
use crate::observation::Attempt;
use crate::observation::certificate_file::{Attributes, CertificateFile, Owner, Part, Role};

pub(super) static CHECK: Check = Check {
    id: "private-key-readable-by-others",
    title: "private key that others can read",
    severity: Severity::High,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-732",
        "CWE-522",
        "PCI DSS 4.0.1 requirement 3.6.1.2",
        "NIST SP 800-52r2 section 3.2",
    ],
    docs: r"
## What it looks for

The mode of each watched file that holds a private key, against what its reader wants. CockroachDB: nothing for group and
others (0700), or at most 0740 where root owns the file and its group is the process's. libpq and PostgreSQL: 0600, or 0640
where root owns it. High where others can read it, medium where a group can, low where it is encrypted. Whether a group is
that of the server's process can be seen only where it is that of verifull's own; otherwise it stays open.

## Why it matters

With the key anybody who has an account on the machine answers in the server's place or logs in as the user. CockroachDB
and libpq refuse such a file, so somebody may have switched the test off: `COCKROACH_SKIP_KEY_PERMISSION_CHECK`.

## How to fix it

- `chmod 0600 FILE`; where root owns it and a service reads it, `chgrp <service> FILE && chmod 0640 FILE`.
- Kubernetes: `defaultMode: 0400` for the volume, or 0440 with `fsGroup`.
- Was it readable for long, make a new key.

## References

- CWE-732: Incorrect Permission Assignment for Critical Resource
- CWE-522: Insufficiently Protected Credentials
- PCI DSS 4.0.1 requirement 3.6.1.2: secret keys are stored in as few places as possible
- NIST SP 800-52r2 section 3.2: server keys and certificates
",
    evaluate: Evaluate::CertificateFile(evaluate),
};

/// Permissions of group and others.
const GROUP_AND_OTHERS: u32 = 0o077;
/// What CockroachDB refuses of a file that root owns (`maxGroupKeyPermissions`).
const BEYOND_0740: u32 = 0o037;
/// What libpq refuses of a file that root owns (`pqsecure_open_client`).
const BEYOND_0640: u32 = 0o137;

fn evaluate(file: &CertificateFile, context: &CertificateContext<'_>) -> Verdict {
    let held = file.holdings.seen();
    let holds_key = match held {
        Some(held) => !held.private_keys.is_empty(),
        // The name is enough to look at the mode.
        None => matches!(file.name.part, Part::Key | Part::KeyPkcs8),
    };
    if !holds_key {
        return Verdict::NotApplicable;
    }
    let Attempt::Seen(attributes) = &file.attributes else {
        return Verdict::Open(filed::why(file, &file.attributes));
    };
    let Some(mode) = attributes.mode else {
        return Verdict::NotApplicable;
    };
    let for_cockroach = file.name.role.is_cockroachdb() || context.directory.is_cockroachdb();
    // libpq reads a client's key, too, and does not look at the group.
    let for_libpq = !for_cockroach || matches!(file.name.role, Role::Client(_));
    let by_root = attributes.owner == Some(Owner::Root);
    let within = match (by_root, for_libpq) {
        (true, true) => mode & BEYOND_0640 == 0,
        (true, false) => mode & BEYOND_0740 == 0,
        (false, _) => mode & GROUP_AND_OTHERS == 0,
    };
    if within && (mode & GROUP_AND_OTHERS == 0 || for_libpq || attributes.own_group) {
        return Verdict::Pass;
    }
    if within {
        return Verdict::Open(format!(
            "root owns `{}` and its group may read it: whether that is the server's group is not known here",
            file.path
        ));
    }
    let encrypted = held.is_some_and(|held| held.private_keys.iter().all(|key| key.encrypted));
    let by_others = mode & 0o007 != 0;
    let severity = match (encrypted, by_others) {
        (true, _) => Severity::Low,
        (false, true) => Severity::High,
        (false, false) => Severity::Medium,
    };
    let limit = if by_root { "0640" } else { "0600" };
    Verdict::Fail(vec![
        Detection::new(format!(
            "the private key in `{}` has mode {mode:04o}, so {} can use it: at most {limit} is wanted",
            file.path,
            if by_others { "everybody here" } else { "its group" },
        ))
        .severity(severity)
        .evidence(ownership(attributes))
        .discriminator("mode"),
    ])
}

/// Says whose a file is, as evidence does.
fn ownership(attributes: &Attributes) -> String {
    let owner = match attributes.owner {
        Some(Owner::Us) => "this user",
        Some(Owner::Root) => "root",
        Some(Owner::Other) => "another user",
        None => "somebody unknown",
    };
    match &attributes.link {
        Some(link) => format!("owned by {owner}; a symbolic link to {link}"),
        None => format!("owned by {owner}"),
    }
}
