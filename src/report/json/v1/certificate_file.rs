//! A file with certificates or keys, as JSON has it. Of a key it has the public half.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::chain::{Certificate, Key};
use super::{Open, or_none, or_open};
use crate::observation::certificate_file::{Owner, Role};
use crate::report::facts;
use crate::store::{CertificateFileState, Snapshot};
use crate::x509::key::{KeyForm, PrivateKey};

/// One file.
#[derive(Debug, Serialize)]
pub(in crate::report) struct File {
    kind: &'static str,
    path: String,
    /// Whom it is for, by its name.
    role: &'static str,
    /// The user or tenant in its name; `null` where the name has none.
    of: Option<String>,
    read_at: Timestamp,
    size: Option<u64>,
    /// In octal, such as `0600`.
    mode: Option<String>,
    owner: Option<&'static str>,
    modified_at: Option<Timestamp>,
    link: Option<String>,
    certificates: Option<Vec<Certificate>>,
    private_keys: Option<Vec<Private>>,
    malformed: Option<Vec<Malformed>>,
    /// The subject of the CA beside it that issued its first certificate.
    issued_by: Option<String>,
    findings: usize,
    open: Open,
    /// Checks that could not decide, and why.
    undecided: BTreeMap<&'static str, String>,
}

/// A private key: that it is there, and its public half.
#[derive(Debug, Serialize)]
struct Private {
    form: &'static str,
    encrypted: bool,
    public_key: Option<Key>,
    spki_sha256: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    open: Open,
}

/// An entry that could not be read.
#[derive(Debug, Serialize)]
struct Malformed {
    line: usize,
    reason: String,
}

/// Writes down every certificate file that is watched; `None` where none is to be.
pub(in crate::report) fn files(snapshot: &Snapshot) -> Option<Vec<File>> {
    let files: Vec<File> = snapshot
        .certificate_files
        .iter()
        .map(|state| File::of(state))
        .collect();
    (!files.is_empty()).then_some(files)
}

impl File {
    /// Writes down one file.
    fn of(state: &CertificateFileState) -> Self {
        let file = &state.file;
        let mut open = Open::new();
        let attributes = or_open("size", facts::known(&file.attributes), &mut open);
        let held = or_open("certificates", facts::known(&file.holdings), &mut open);
        if let Some(reason) = open.get("certificates").cloned() {
            open.insert("private_keys", reason.clone());
            open.insert("malformed", reason);
        }
        let no_such = "the system does not say it, or there is none";
        Self {
            kind: "certificate_file",
            path: file.path.to_string(),
            role: file.name.role.as_str(),
            of: or_none(
                "of",
                named(&file.name.role),
                "the name says no one",
                &mut open,
            ),
            read_at: file.read_at,
            size: attributes.map(|it| it.size),
            mode: or_none(
                "mode",
                attributes
                    .and_then(|it| it.mode)
                    .map(|mode| format!("{mode:04o}")),
                no_such,
                &mut open,
            ),
            owner: or_none(
                "owner",
                attributes.and_then(|it| it.owner).map(owner),
                no_such,
                &mut open,
            ),
            modified_at: or_none(
                "modified_at",
                attributes.and_then(|it| it.modified_at),
                no_such,
                &mut open,
            ),
            link: or_none(
                "link",
                attributes.and_then(|it| it.link.clone()),
                "it is no symbolic link",
                &mut open,
            ),
            certificates: held.map(|held| Certificate::of_file(&held.certificates)),
            private_keys: held.map(|held| held.private_keys.iter().map(Private::of).collect()),
            malformed: held.map(|held| {
                let entries = held.malformed.iter();
                entries
                    .map(|entry| Malformed {
                        line: entry.line,
                        reason: entry.reason.clone(),
                    })
                    .collect()
            }),
            issued_by: or_open(
                "issued_by",
                facts::known(&file.issuer).map(|issuer| issuer.subject.clone()),
                &mut open,
            ),
            findings: state.findings.len(),
            open,
            undecided: state.open.iter().cloned().collect(),
        }
    }
}

impl Private {
    /// Writes down what is known of a key.
    fn of(key: &PrivateKey) -> Self {
        let mut open = Open::new();
        let why = if key.encrypted {
            "the key is encrypted"
        } else {
            "the key is damaged, or of a kind that is not read"
        };
        Self {
            form: match key.form {
                KeyForm::Pkcs8 => "pkcs8",
                KeyForm::Pkcs1 => "pkcs1",
                KeyForm::Sec1 => "sec1",
                KeyForm::Other => "other",
            },
            encrypted: key.encrypted,
            public_key: or_none(
                "public_key",
                key.public_key.as_ref().map(Key::of),
                why,
                &mut open,
            ),
            spki_sha256: or_none("spki_sha256", key.spki_sha256.clone(), why, &mut open),
            open,
        }
    }
}

/// Returns the user or tenant in a file's name.
fn named(role: &Role) -> Option<String> {
    match role {
        Role::Client(name) | Role::TenantClient(name) | Role::TenantSigning(name) => {
            Some(name.clone())
        }
        Role::Ca
        | Role::ClientCa
        | Role::UiCa
        | Role::TenantClientCa
        | Role::Node
        | Role::NodeClient
        | Role::Ui
        | Role::Server
        | Role::Other => None,
    }
}

const fn owner(owner: Owner) -> &'static str {
    match owner {
        Owner::Us => "us",
        Owner::Root => "root",
        Owner::Other => "other",
    }
}
