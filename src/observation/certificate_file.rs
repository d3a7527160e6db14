//! What was seen of certificate and key files: in a directory such as CockroachDB's `certs-dir`, or one by one.
//!
//! A file is read with its neighbours, because most of what can be wrong with one lies beside it: its key, its CA, the client's
//! certificate that takes over a part. Names decide what a file is for, by CockroachDB's rules and a few others'; nothing is judged
//! here, and nothing of a private key is kept but its public half.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Attempt, EndpointObservation};
use crate::endpoint::{Endpoint, Protocol};
use crate::text::printable;
use crate::x509::holdings::Holdings;
use crate::x509::issuance::{self, Issuance};
use crate::x509::verify::{self, Anchors};
use crate::x509::{Certificate, HostName, Trust, Verification, host_name};

/// Certificate and key files that lie beside each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateDirectory {
    /// The directory, as it was named, printable.
    pub path: Arc<str>,
    /// Whether all of it was listed, so that what is not among `files` is not there. A file that was named by itself brings no
    /// neighbours.
    pub listed: bool,
    /// Why it could not be listed, where it was to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Files that were left out because there are too many.
    #[serde(default)]
    pub left_out: usize,
    /// The files, by name.
    pub files: Vec<Arc<CertificateFile>>,
}

/// What was seen of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFile {
    /// Its path, as it was named, printable.
    pub path: Arc<str>,
    /// When it was read.
    pub read_at: Timestamp,
    /// What its name says that it is for.
    pub name: FileName,
    /// What the system says of it.
    pub attributes: Attempt<Attributes>,
    /// What is in it.
    pub holdings: Attempt<Holdings>,
    /// Which CA beside it issued its first certificate: `Refused` where none of those that are there did.
    pub issuer: Attempt<Issuer>,
}

/// A CA in a file beside a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The file it is in.
    pub path: Arc<str>,
    /// Its subject, as an RFC 4514 string.
    pub subject: String,
    /// When it ends.
    pub not_after: Timestamp,
    /// SHA-256 over its DER.
    pub sha256: String,
}

/// What the system says of a file. Of a symbolic link it is the file at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// Length in bytes.
    pub size: u64,
    /// Permission bits; `None` where the system has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
    /// Whose it is; `None` where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Whether its group is that of this process.
    #[serde(default)]
    pub own_group: bool,
    /// When its content was last changed, as the system says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<Timestamp>,
    /// Where it leads, if it is a symbolic link: Kubernetes mounts `..data/node.crt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// Whose a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The user of this process, who is not the superuser.
    Us,
    /// The superuser.
    Root,
    /// Somebody else.
    Other,
}

/// What a file's name says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileName {
    /// Whose file it is.
    pub role: Role,
    /// What of theirs.
    pub part: Part,
    /// What certificate and key of a pair have in common.
    pub stem: String,
}

/// Whom a certificate is for, by the name of its file. CockroachDB's names, but for the last two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// `ca.crt`: trust for everything that has no CA of its own. Also `root.crt`, libpq's and PostgreSQL's.
    Ca,
    /// `ca-client.crt`: trust for SQL clients.
    ClientCa,
    /// `ca-ui.crt`: trust for the console.
    UiCa,
    /// `ca-client-tenant.crt`: trust for tenants.
    TenantClientCa,
    /// `node.crt`: the server, and the node as a client of others.
    Node,
    /// `client.node.crt`: the node as a client, where clients have a CA of their own.
    NodeClient,
    /// `client.<user>.crt`: a SQL client.
    Client(String),
    /// `ui.crt`: the console.
    Ui,
    /// `client-tenant.<id>.crt`: a SQL pod towards the storage.
    TenantClient(String),
    /// `tenant-signing.<id>.crt`: tokens that revive sessions.
    TenantSigning(String),
    /// `server.crt`: PostgreSQL's name for its own.
    Server,
    /// No name of theirs.
    Other,
}

impl Role {
    /// Whether it is a CA's.
    pub const fn is_ca(&self) -> bool {
        matches!(
            self,
            Self::Ca | Self::ClientCa | Self::UiCa | Self::TenantClientCa
        )
    }

    /// Whether the name is one of CockroachDB's alone.
    pub const fn is_cockroachdb(&self) -> bool {
        !matches!(self, Self::Ca | Self::Server | Self::Other)
    }

    /// Whether a server presents it.
    pub const fn is_server(&self) -> bool {
        matches!(self, Self::Node | Self::Ui | Self::Server)
    }

    /// Returns the name that reports use.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::ClientCa => "client_ca",
            Self::UiCa => "ui_ca",
            Self::TenantClientCa => "tenant_client_ca",
            Self::Node => "node",
            Self::NodeClient => "node_client",
            Self::Client(_) => "client",
            Self::Ui => "ui",
            Self::TenantClient(_) => "tenant_client",
            Self::TenantSigning(_) => "tenant_signing",
            Self::Server => "server",
            Self::Other => "other",
        }
    }
}

/// What of a pair a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The certificate.
    Certificate,
    /// The key.
    Key,
    /// The key in PKCS#8 DER, for Java.
    KeyPkcs8,
    /// The name does not say: the content does.
    Unknown,
}

impl FileName {
    /// Reads a file's name.
    ///
    /// CockroachDB decides by the parts between the dots, and takes no other suffix than `.crt`, `.key` and `.key.pk8`.
    pub fn read(name: &str) -> Self {
        let (stem, part) = if let Some(stem) = name.strip_suffix(".key.pk8") {
            (stem, Part::KeyPkcs8)
        } else if let Some((stem, suffix)) = name.rsplit_once('.') {
            match suffix {
                "crt" | "cer" | "cert" => (stem, Part::Certificate),
                "key" => (stem, Part::Key),
                "pk8" => (stem, Part::KeyPkcs8),
                _ => return Self::of_pem(stem),
            }
        } else {
            (name, Part::Unknown)
        };
        let words: Vec<&str> = stem.split('.').collect();
        let rest = words[1..].join(".");
        let role = match (words[0], rest.as_str()) {
            ("ca" | "root", "") => Role::Ca,
            ("ca-client", "") => Role::ClientCa,
            ("ca-ui", "") => Role::UiCa,
            ("ca-client-tenant", "") => Role::TenantClientCa,
            ("node", "") => Role::Node,
            ("client", "node") => Role::NodeClient,
            ("client", user) if !user.is_empty() => Role::Client(printable(user)),
            ("ui", "") => Role::Ui,
            ("client-tenant", id) if !id.is_empty() => Role::TenantClient(printable(id)),
            ("tenant-signing", id) if !id.is_empty() => Role::TenantSigning(printable(id)),
            ("server", "") => Role::Server,
            _ => Role::Other,
        };
        Self {
            role,
            part,
            stem: printable(stem),
        }
    }

    /// Reads a name that ends in `.pem` or `.der`: certbot's and mkcert's habits.
    fn of_pem(stem: &str) -> Self {
        let key = ["-key", "_key", ".key"]
            .iter()
            .find_map(|end| stem.strip_suffix(end));
        let (stem, part) = match (stem, key) {
            ("privkey" | "key", _) => ("", Part::Key),
            ("cert" | "fullchain", _) => ("", Part::Certificate),
            (_, Some(stem)) => (stem, Part::Key),
            (stem, None) => (stem, Part::Unknown),
        };
        Self {
            role: Role::Other,
            part,
            stem: printable(stem),
        }
    }
}

/// Certificate files that belong to one address of an endpoint, and what comes of holding them against what it serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EndpointFiles {
    /// The file with the certificate that the server should present, and how it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served: Option<(Arc<CertificateFile>, Belonging)>,
    /// What somebody concludes of the served chain who trusts the CAs in a file beside that one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trust: Vec<Verification>,
}

/// How it is known that a file is an endpoint's, surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Belonging {
    /// The configuration says so.
    Configured,
    /// It holds the very certificate that is served.
    SameCertificate,
    /// It holds another certificate of the key that is served.
    SameKey,
    /// It alone has the endpoint's name and the issuer of what is served.
    SameName,
}

impl Belonging {
    /// Says it, as evidence does.
    pub const fn as_sentence(self) -> &'static str {
        match self {
            Self::Configured => "the configuration names the file as this endpoint's",
            Self::SameCertificate => "the file holds the certificate that is served",
            Self::SameKey => {
                "the file is taken for this endpoint's because it has the key that is served"
            }
            Self::SameName => {
                "the file is taken for this endpoint's because it alone, of those that are watched, has its name and the issuer of what is served"
            }
        }
    }
}

impl EndpointFiles {
    /// Finds the files of an endpoint among `directories`, for what one of its addresses serves, and holds them against it.
    pub fn find(
        directories: &[Arc<CertificateDirectory>],
        endpoint: &Endpoint,
        seen: &EndpointObservation,
        now: Timestamp,
    ) -> Self {
        let Some((directory, file, belonging)) = served_file(directories, endpoint, seen) else {
            return Self::default();
        };
        let own = endpoint.sslrootcert.as_deref().map(shown);
        let ca_file = directory
            .ca_file_of(file)
            // What the endpoint's own trust makes of it was seen by the probe.
            .filter(|ca| own.as_ref() != Some(&ca.path));
        let trust = ca_file.and_then(|ca| {
            let held = ca.holdings.seen()?;
            let chain = seen.chain.seen()?;
            let ders = held
                .certificates
                .iter()
                .map(|certificate| &certificate.der.0);
            let anchors = Anchors::from_der(ders);
            if anchors.is_empty() {
                return None;
            }
            let trust = Trust::File(ca.path.to_string());
            let name = endpoint.reference_name();
            Some(verify::verify(chain, &anchors, trust, &name, now))
        });
        Self {
            served: Some((Arc::clone(file), belonging)),
            trust: trust.into_iter().collect(),
        }
    }
}

type Found<'a> = (
    &'a CertificateDirectory,
    &'a Arc<CertificateFile>,
    Belonging,
);

/// Finds the file with the certificate that an address should present.
fn served_file<'a>(
    directories: &'a [Arc<CertificateDirectory>],
    endpoint: &Endpoint,
    seen: &EndpointObservation,
) -> Option<Found<'a>> {
    let files = || {
        directories.iter().flat_map(|directory| {
            let files = directory.files.iter();
            files.map(move |file| (&**directory, file))
        })
    };
    if let Some(serves) = &endpoint.serves {
        let path = shown(serves);
        return files()
            .find(|(_, file)| file.path == path)
            .map(|(directory, file)| (directory, file, Belonging::Configured));
    }
    let served = seen.chain.seen()?.end_entity()?;
    let name = endpoint.reference_name();
    // One pass, and the costly question last: a thousand endpoints ask it.
    let mut best: Option<Found<'a>> = None;
    let mut namesakes = 0;
    for (directory, file) in files() {
        let Some(certificate) = file.end_entity() else {
            continue;
        };
        let belonging = if certificate.sha256 == served.sha256 {
            Belonging::SameCertificate
        } else if certificate.spki_sha256 == served.spki_sha256 {
            Belonging::SameKey
        } else if certificate.issuer == served.issuer
            && directory.may_present(file, endpoint.target.protocol)
            && host_name::judge(certificate, &name).0 == HostName::Match
        {
            namesakes += 1;
            Belonging::SameName
        } else {
            continue;
        };
        let is_better = best.is_none_or(|(_, other, known)| {
            let newer = other.end_entity().map(|it| it.not_before) < Some(certificate.not_before);
            belonging < known || (belonging == known && newer)
        });
        if is_better {
            best = Some((directory, file, belonging));
        }
    }
    best.filter(|(_, _, belonging)| *belonging != Belonging::SameName || namesakes == 1)
}

/// Shows a path as files are named here: printable, without steps that lead nowhere.
pub fn shown(path: &Path) -> Arc<str> {
    let plain: PathBuf = path
        .components()
        .filter(|part| !matches!(part, Component::CurDir))
        .collect();
    let plain = if plain.as_os_str().is_empty() {
        Path::new(".")
    } else {
        &plain
    };
    printable(&plain.to_string_lossy()).into()
}

impl CertificateFile {
    /// Returns its name without the directory.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Returns its first certificate: the one that CockroachDB judges, and a server presents.
    pub fn end_entity(&self) -> Option<&Arc<Certificate>> {
        self.holdings.seen()?.end_entity()
    }

    /// Whether it is a CA's, by name or, where that says nothing, because all that is in it may issue.
    pub fn is_ca(&self) -> bool {
        self.name.role.is_ca() && matches!(self.name.part, Part::Certificate)
            || self.name.role == Role::Other
                && self.holdings.seen().is_some_and(|held| {
                    !held.certificates.is_empty()
                        && held
                            .certificates
                            .iter()
                            .all(|certificate| issuance::may_issue(certificate))
                })
    }
}

impl CertificateDirectory {
    /// Finds the file of a role.
    pub fn of_role(&self, role: &Role, part: Part) -> Option<&Arc<CertificateFile>> {
        self.files
            .iter()
            .find(|file| file.name.role == *role && file.name.part == part)
    }

    /// Whether names of CockroachDB's alone are in it.
    pub fn is_cockroachdb(&self) -> bool {
        let mut files = self.files.iter();
        files.any(|file| file.name.role.is_cockroachdb())
    }

    /// Returns the key files that go with a certificate, by name.
    pub fn keys_of(&self, file: &CertificateFile) -> impl Iterator<Item = &Arc<CertificateFile>> {
        let (role, stem) = (file.name.role.clone(), file.name.stem.clone());
        self.files.iter().filter(move |other| {
            matches!(other.name.part, Part::Key | Part::KeyPkcs8)
                && other.name.role == role
                && other.name.stem == stem
        })
    }

    /// Returns the file whose CAs must have issued what this file holds, by CockroachDB's names and by that of Kubernetes'
    /// secrets. The console's certificate may come from a public CA, so only a CA of its own tells.
    pub fn ca_file_of(&self, file: &CertificateFile) -> Option<&Arc<CertificateFile>> {
        let ca = |role: &Role| self.of_role(role, Part::Certificate);
        match &file.name.role {
            Role::Node => ca(&Role::Ca),
            Role::NodeClient | Role::Client(_) => ca(&Role::ClientCa).or_else(|| ca(&Role::Ca)),
            Role::TenantClient(_) => ca(&Role::TenantClientCa).or_else(|| ca(&Role::Ca)),
            Role::Ui => ca(&Role::UiCa),
            Role::Other if file.name.stem == "tls" => ca(&Role::Ca),
            Role::Ca
            | Role::ClientCa
            | Role::UiCa
            | Role::TenantClientCa
            | Role::TenantSigning(_)
            | Role::Server
            | Role::Other => None,
        }
    }

    /// Whether a server of this protocol presents a file by CockroachDB's rules: the console has a certificate of its own, or the
    /// node's.
    fn may_present(&self, file: &CertificateFile, protocol: Protocol) -> bool {
        let has_own = || self.of_role(&Role::Ui, Part::Certificate).is_some();
        match file.name.role {
            Role::Node => protocol != Protocol::Https || !has_own(),
            Role::Ui => protocol != Protocol::Postgresql,
            Role::Server => true,
            Role::Other => !file.is_ca(),
            Role::Ca
            | Role::ClientCa
            | Role::UiCa
            | Role::TenantClientCa
            | Role::NodeClient
            | Role::Client(_)
            | Role::TenantClient(_)
            | Role::TenantSigning(_) => false,
        }
    }

    /// Finds out who issued what among the files.
    pub fn relate(&mut self) {
        let issuers: Vec<Attempt<Issuer>> =
            self.files.iter().map(|file| self.issuer_of(file)).collect();
        for (file, issuer) in self.files.iter_mut().zip(issuers) {
            Arc::make_mut(file).issuer = issuer;
        }
    }

    fn issuer_of(&self, file: &CertificateFile) -> Attempt<Issuer> {
        let not_attempted = |why: &str| Attempt::NotAttempted(why.to_owned());
        let Some(held) = file
            .holdings
            .seen()
            .filter(|held| !held.certificates.is_empty())
        else {
            return not_attempted("there is no certificate in it");
        };
        let Some(ca_file) = self.ca_file_of(file) else {
            return not_attempted("there is no CA for it beside it");
        };
        let Some(cas) = ca_file.holdings.seen().map(|cas| &cas.certificates) else {
            return not_attempted("the CA beside it could not be read");
        };
        let (first, others) = (&held.certificates[0], &held.certificates[1..]);
        match issuance::issuer_among(first, others, cas) {
            Ok(ca) => Attempt::Seen(Issuer {
                path: Arc::clone(&ca_file.path),
                subject: ca.subject.clone(),
                not_after: ca.not_after,
                sha256: ca.sha256.clone(),
            }),
            Err(Issuance::Undecided) => {
                not_attempted("the signature is of a kind that cannot be computed here")
            }
            Err(Issuance::Issued | Issuance::NotIssued) => Attempt::Refused(format!(
                "`{}` issued it, and none of the CAs in `{}` has that name and the key that signed it",
                first.issuer, ca_file.path
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_read_by_cockroachdbs_rules() {
        for (name, role, part) in [
            ("ca.crt", Role::Ca, Part::Certificate),
            ("ca.key", Role::Ca, Part::Key),
            ("ca-client.crt", Role::ClientCa, Part::Certificate),
            ("node.crt", Role::Node, Part::Certificate),
            ("client.node.key", Role::NodeClient, Part::Key),
            (
                "client.root.crt",
                Role::Client("root".to_owned()),
                Part::Certificate,
            ),
            ("client.a.b.key", Role::Client("a.b".to_owned()), Part::Key),
            (
                "client.app.key.pk8",
                Role::Client("app".to_owned()),
                Part::KeyPkcs8,
            ),
            (
                "client-tenant.10.crt",
                Role::TenantClient("10".to_owned()),
                Part::Certificate,
            ),
            ("ui.key", Role::Ui, Part::Key),
            ("node.other.crt", Role::Other, Part::Certificate),
            ("client.crt", Role::Other, Part::Certificate),
            ("server.crt", Role::Server, Part::Certificate),
            ("privkey.pem", Role::Other, Part::Key),
            ("localhost-key.pem", Role::Other, Part::Key),
            ("bundle.pem", Role::Other, Part::Unknown),
            ("node", Role::Node, Part::Unknown),
        ] {
            let read = FileName::read(name);
            assert_eq!((read.role, read.part), (role, part), "{name}");
        }
        assert_eq!(FileName::read("localhost-key.pem").stem, "localhost");
        assert_eq!(FileName::read("client.a.b.key").stem, "client.a.b");
    }

    #[test]
    fn path_is_shown_without_steps_that_lead_nowhere() {
        assert_eq!(&*shown(Path::new("./certs/./node.crt")), "certs/node.crt");
        assert_eq!(&*shown(Path::new(".")), ".");
        assert_eq!(&*shown(Path::new("/a//b/")), "/a/b");
    }

    proptest! {
        #[test]
        fn any_name_is_read(name in ".{0,40}") {
            let _ = FileName::read(&name);
            let _ = shown(Path::new(&name));
        }
    }
}
