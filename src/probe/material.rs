//! The files an endpoint names: trust anchors, our client certificate, its key.
//!
//! A file is read again only when it has changed, so that a thousand endpoints that trust one CA read it once. A file
//! that cannot be used is an observation. Nothing of a private key is printed or returned.
#![expect(
    clippy::disallowed_methods,
    reason = "certificates and keys are read from files here"
)]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the one enum matched here is std's list of error kinds"
)]

use std::collections::HashMap;
use std::fs::File;
use std::hash::Hash;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::sign::CertifiedKey;
use tokio::sync::OnceCell;

use crate::endpoint::Endpoint;
use crate::observation::{Attempt, ClientIdentity, Failure, FailureKind};
use crate::text;
use crate::x509::verify::{self, Anchors};
use crate::x509::{Trust, parse, pem as x509_pem};

/// Largest file that is read, in bytes. All of Mozilla's roots take 230 kB.
const LARGEST_FILE: u64 = 1024 * 1024;

/// libpq's word for the system's trust store in `sslrootcert`.
const SYSTEM: &str = "system";

/// What was read from files so far.
#[derive(Debug, Default)]
pub(super) struct Materials {
    /// Files whose certificates count beside those of `sslrootcert`, for every endpoint that names one.
    additional_roots: Vec<PathBuf>,
    anchors: Cache<Vec<PathBuf>, Anchors>,
    identities: Cache<(PathBuf, PathBuf), Arc<Identity>>,
    system: OnceCell<Result<Anchors, Failure>>,
}

/// What one endpoint's files come to.
#[derive(Debug)]
pub(super) struct Material {
    anchors: Result<Anchors, Failure>,
    trust: Trust,
    identity: Option<Result<Arc<Identity>, Failure>>,
}

/// A client certificate with its key.
#[derive(Debug)]
struct Identity {
    facts: ClientIdentity,
    /// Invariant: there only where the key belongs to the certificate and can sign.
    certified_key: Option<Arc<CertifiedKey>>,
}

impl Material {
    /// Returns whom the endpoint's clients trust.
    pub(super) fn anchors(&self) -> Result<(&Anchors, &Trust), &Failure> {
        self.anchors.as_ref().map(|anchors| (anchors, &self.trust))
    }

    /// Returns what is to be sent to a peer that asks for a client certificate.
    pub(super) fn certified_key(&self) -> Option<Arc<CertifiedKey>> {
        let identity = self.identity.as_ref()?.as_ref().ok()?;
        identity.certified_key.clone()
    }

    /// Returns the facts of the client certificate.
    pub(super) fn client_identity(&self) -> Attempt<ClientIdentity> {
        match &self.identity {
            None => Attempt::NotAttempted("the endpoint names no client certificate".to_owned()),
            Some(Ok(identity)) => Attempt::Seen(identity.facts.clone()),
            Some(Err(failure)) => Attempt::Failed(failure.clone()),
        }
    }
}

impl Materials {
    /// Loads what an endpoint names.
    pub(super) async fn load(&self, endpoint: &Endpoint) -> Material {
        let (anchors, trust) = match &endpoint.sslrootcert {
            Some(path) if path.as_os_str() != SYSTEM => {
                let files = self.roots(path);
                let loaded = self
                    .anchors
                    .load(files.clone(), files.iter(), || load_anchors(&files));
                let names: Vec<String> = files.iter().map(|file| shown(file)).collect();
                (loaded, Trust::File(names.join(" and ")))
            }
            Some(_) | None => (self.system().await, Trust::System),
        };
        let identity = match (&endpoint.sslcert, &endpoint.sslkey) {
            (Some(certificate), Some(key)) => Some(self.identities.load(
                (certificate.clone(), key.clone()),
                [certificate, key],
                || load_identity(certificate, key).map(Arc::new),
            )),
            (Some(certificate), None) => Some(Err(local(
                certificate,
                "has no key beside it: `sslkey` is not set",
            ))),
            (None, _) => None,
        };
        Material {
            anchors,
            trust,
            identity,
        }
    }

    /// Trusts the certificates of these files, too.
    pub(super) fn trust_also(&mut self, files: impl IntoIterator<Item = PathBuf>) {
        self.additional_roots.extend(files);
    }

    /// Returns every file that counts for an endpoint with this `sslrootcert`, each once.
    fn roots(&self, sslrootcert: &Path) -> Vec<PathBuf> {
        let mut files = vec![sslrootcert.to_owned()];
        for additional in &self.additional_roots {
            if !files.contains(additional) {
                files.push(additional.clone());
            }
        }
        files
    }

    /// Returns the system's trust store, which is read once and off the main path.
    async fn system(&self) -> Result<Anchors, Failure> {
        let loaded = self.system.get_or_init(|| async {
            tokio::task::spawn_blocking(load_system)
                .await
                .unwrap_or_else(|stopped| Err(system_failure(&stopped.to_string())))
        });
        loaded.await.clone()
    }
}

/// Reads the system's trust store.
fn load_system() -> Result<Anchors, Failure> {
    let store = rustls_native_certs::load_native_certs();
    let anchors = Anchors::from_der(&store.certs);
    if anchors.is_empty() {
        let reason = store.errors.first().map(ToString::to_string);
        return Err(system_failure(
            reason.as_deref().unwrap_or("there is no certificate in it"),
        ));
    }
    Ok(anchors)
}

/// Words a system without trust store.
fn system_failure(reason: &str) -> Failure {
    Failure {
        kind: FailureKind::Local,
        detail: text::printable(&format!(
            "the system's trust store cannot be used: {reason}"
        )),
    }
}

/// Reads trust anchors.
fn load_anchors(files: &[PathBuf]) -> Result<Anchors, Failure> {
    let mut ders = Vec::new();
    for path in files {
        let bytes = read_bounded(path)?;
        ders.extend(
            x509_pem::pem_certificates(&bytes).map_err(|error| local_because(path, &error))?,
        );
    }
    Ok(Anchors::from_der(ders))
}

/// Reads a client certificate and its key, and whether they belong together.
fn load_identity(certificate_path: &Path, key_path: &Path) -> Result<Identity, Failure> {
    let bytes = read_bounded(certificate_path)?;
    let ders = x509_pem::pem_certificates(&bytes)
        .map_err(|error| local_because(certificate_path, &error))?;
    let Some(end_entity) = ders.first() else {
        return Err(local(certificate_path, "holds no certificate"));
    };
    let certificate =
        parse::certificate(end_entity).map_err(|error| local_because(certificate_path, &error))?;
    let key = load_key(key_path)?;
    let key_matches =
        verify::key_matches(end_entity, &key).map_err(|error| local_because(key_path, &error))?;
    let certified_key = if key_matches {
        let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)
            .map_err(|_| local(key_path, "holds a key that cannot sign in TLS"))?;
        let chain = ders.into_iter().map(Into::into).collect();
        Some(Arc::new(CertifiedKey::new(chain, signing)))
    } else {
        // libpq refuses to connect with such a pair, so it is never sent.
        None
    };
    Ok(Identity {
        facts: ClientIdentity {
            certificate: Arc::new(certificate),
            key_matches,
        },
        certified_key,
    })
}

/// Reads a private key.
fn load_key(path: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    let bytes = read_bounded(path)?;
    let has = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| {
        if has("BEGIN ENCRYPTED PRIVATE KEY") || has("Proc-Type: 4,ENCRYPTED") {
            local(
                path,
                "holds a key that is encrypted, and no passphrase can be given",
            )
        } else if matches!(error, pem::Error::NoItemsFound) {
            local(path, "holds no private key in PEM")
        } else {
            local(path, "holds a private key that cannot be read")
        }
    })
}

/// Reads a file that is a file, and not too large, without reading the rest of one that is.
fn read_bounded(path: &Path) -> Result<Vec<u8>, Failure> {
    let on_error = |error: io::Error| {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "does not exist".to_owned(),
            io::ErrorKind::PermissionDenied => "may not be read by this user".to_owned(),
            // Only these two are what users meet every day.
            _ => format!("cannot be read: {error}"),
        };
        local(path, &reason)
    };
    // Asked before it is opened: opening a named pipe would wait for whoever writes to it.
    let metadata = std::fs::metadata(path).map_err(on_error)?;
    if metadata.is_dir() {
        return Err(local(path, "is a directory, where a PEM file is wanted"));
    }
    if !metadata.is_file() {
        return Err(local(path, "is not a regular file"));
    }
    let mut bytes = Vec::new();
    if metadata.len() <= LARGEST_FILE {
        let file = File::open(path).map_err(on_error)?;
        file.take(LARGEST_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(on_error)?;
        if bytes.len() as u64 <= LARGEST_FILE {
            return Ok(bytes);
        }
    }
    let size = metadata.len().max(bytes.len() as u64);
    Err(local(
        path,
        &format!("has {size} bytes, of at most {LARGEST_FILE} that are read"),
    ))
}

/// Words a file that cannot be used.
fn local(path: &Path, reason: &str) -> Failure {
    Failure {
        kind: FailureKind::Local,
        detail: format!("`{}` {}", shown(path), text::printable(reason)),
    }
}

/// Words a file that cannot be used for a reason that stands by itself.
fn local_because(path: &Path, reason: &dyn std::error::Error) -> Failure {
    local(path, &format!("cannot be used: {reason}"))
}

/// Shows a path.
fn shown(path: &Path) -> String {
    text::printable(&path.to_string_lossy())
}

/// What tells one state of a file from another without reading it; `None` where there is no file.
type Stamp = Option<(SystemTime, u64)>;

/// Values made from files, each with the stamps of the files it was made from.
#[derive(Debug)]
struct Cache<Key, Value>(Mutex<HashMap<Key, Cached<Value>>>);

#[derive(Debug)]
struct Cached<Value> {
    stamps: Vec<Stamp>,
    value: Result<Value, Failure>,
}

impl<Key, Value> Default for Cache<Key, Value> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Key: Eq + Hash, Value: Clone> Cache<Key, Value> {
    /// Returns the value for `key`, made anew only if one of `files` has changed.
    fn load<'a>(
        &self,
        key: Key,
        files: impl IntoIterator<Item = &'a PathBuf>,
        make: impl FnOnce() -> Result<Value, Failure>,
    ) -> Result<Value, Failure> {
        let stamps: Vec<Stamp> = files.into_iter().map(|file| stamp(file)).collect();
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = entries.get(&key).filter(|cached| cached.stamps == stamps) {
            return cached.value.clone();
        }
        let value = make();
        let cached = Cached {
            stamps,
            value: value.clone(),
        };
        entries.insert(key, cached);
        value
    }
}

/// Looks at a file from outside.
fn stamp(path: &Path) -> Stamp {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
