//! What a PEM or DER file holds, all of it: certificates, private keys by their public half, and what cannot be read.
//!
//! It takes bytes and opens no file. Nothing of a private key leaves it but the facts in [`PrivateKey`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::key::{KeyForm, PrivateKey, wipe};
use super::{Certificate, parse, pem};

/// Most certificates of one file that are read: the system's own bundles hold about 150.
pub const MOST_CERTIFICATES: usize = 500;

/// Most private keys of one file that are looked at.
const MOST_KEYS: usize = 16;

/// What one file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holdings {
    /// How it is written.
    #[serde(default)]
    pub form: FileForm,
    /// Certificates, in the order of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<Arc<Certificate>>,
    /// Private keys, in the order of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub private_keys: Vec<PrivateKey>,
    /// Entries that cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub malformed: Vec<MalformedEntry>,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileForm {
    /// PEM (RFC 7468).
    #[default]
    Pem,
    /// DER.
    Der,
    /// Neither: nothing of ours is in it.
    Other,
}

/// An entry that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MalformedEntry {
    /// The line of its `BEGIN`, from 1; 0 in DER.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// Reads a file.
pub fn of(file: &[u8]) -> Holdings {
    let mut holdings = Holdings::default();
    let mut entries = 0;
    for entry in pem::entries(file) {
        entries += 1;
        if let Some(form) = KeyForm::of_label(entry.label) {
            holdings.add_key(form, entry);
        } else if pem::is_certificate(entry.label) {
            holdings.add_certificate(entry);
        }
    }
    if entries == 0 {
        holdings.read_der(file);
    }
    holdings
}

impl Holdings {
    /// Returns the certificate that the file is about: the first one.
    pub fn end_entity(&self) -> Option<&Arc<Certificate>> {
        self.certificates.first()
    }

    fn add_certificate(&mut self, entry: pem::Entry<'_>) {
        if self.certificates.len() + self.malformed.len() >= MOST_CERTIFICATES {
            return;
        }
        let line = entry.line;
        let read = entry.body.map_err(str::to_owned).and_then(|mut der| {
            pem::without_trust(entry.label, &mut der);
            parse::certificate(&der).map_err(|error| error.to_string())
        });
        match read {
            Ok(certificate) => self.certificates.push(Arc::new(certificate)),
            Err(reason) => self.malformed.push(MalformedEntry { line, reason }),
        }
    }

    fn add_key(&mut self, form: KeyForm, entry: pem::Entry<'_>) {
        let line = entry.line;
        let encrypted = entry.encrypted || entry.label == b"ENCRYPTED PRIVATE KEY";
        let key = match entry.body {
            _ if encrypted => PrivateKey::encrypted(form),
            Ok(mut der) => {
                let key = PrivateKey::of(form, &der);
                wipe(&mut der);
                key
            }
            Err(reason) => {
                if self.malformed.len() < MOST_CERTIFICATES {
                    let reason = format!("a private key, {reason}");
                    self.malformed.push(MalformedEntry { line, reason });
                }
                return;
            }
        };
        if self.private_keys.len() < MOST_KEYS {
            self.private_keys.push(key);
        }
    }

    fn read_der(&mut self, file: &[u8]) {
        self.form = FileForm::Other;
        if let Ok(certificate) = parse::certificate(file) {
            self.form = FileForm::Der;
            self.certificates.push(Arc::new(certificate));
        } else if is_encrypted_pkcs8(file) {
            self.form = FileForm::Der;
            self.private_keys
                .push(PrivateKey::encrypted(KeyForm::Pkcs8));
        } else if file.first() == Some(&0x30) {
            let key = PrivateKey::of(KeyForm::Pkcs8, file);
            if key.spki_sha256.is_some() {
                self.form = FileForm::Der;
                self.private_keys.push(key);
            }
        }
    }
}

/// Whether DER begins as `EncryptedPrivateKeyInfo` does (RFC 5958 section 3): with an algorithm of PKCS#5 or PKCS#12.
fn is_encrypted_pkcs8(der: &[u8]) -> bool {
    const PKCS5: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05";
    const PKCS12: &[u8] = b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01";
    let begin = &der[..der.len().min(24)];
    der.first() == Some(&0x30)
        && [PKCS5, PKCS12]
            .iter()
            .any(|oid| begin.windows(oid.len()).any(|window| window == *oid))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, SignatureAlgorithm};

    use super::super::KeyAlgorithm;
    use super::*;

    #[test]
    fn key_of_every_kind_has_the_public_key_of_its_certificate() {
        let algorithms: [(&'static SignatureAlgorithm, KeyAlgorithm); 5] = [
            (&rcgen::PKCS_ECDSA_P256_SHA256, KeyAlgorithm::Ec),
            (&rcgen::PKCS_ECDSA_P384_SHA384, KeyAlgorithm::Ec),
            (&rcgen::PKCS_ECDSA_P521_SHA512, KeyAlgorithm::Ec),
            (&rcgen::PKCS_ED25519, KeyAlgorithm::Ed25519),
            (&rcgen::PKCS_RSA_SHA256, KeyAlgorithm::Rsa),
        ];
        for (algorithm, kind) in algorithms {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let certificate = CertificateParams::default().self_signed(&key).unwrap();
            let file = format!("{}{}", key.serialize_pem(), certificate.pem());
            let held = of(file.as_bytes());
            assert_eq!(held.form, FileForm::Pem);
            let [private] = held.private_keys.as_slice() else {
                panic!("one key")
            };
            let certificate = held.end_entity().unwrap();
            assert_eq!(private.spki_sha256.as_ref(), Some(&certificate.spki_sha256));
            assert_eq!(private.public_key.as_ref(), Some(&certificate.key));
            assert_eq!(certificate.key.algorithm, kind);
            assert!(super::super::key::is_plainly_written(certificate));
            let der = of(&key.serialize_der());
            assert_eq!(der.form, FileForm::Der);
            assert_eq!(der.private_keys[0].spki_sha256, private.spki_sha256);
            assert_eq!(of(&certificate.der.0).end_entity(), Some(certificate));
        }
    }

    #[test]
    fn encrypted_keys_are_seen_and_tell_nothing() {
        let traditional = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        let pkcs8 =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        for (file, form) in [(traditional, KeyForm::Pkcs1), (pkcs8, KeyForm::Pkcs8)] {
            assert_eq!(
                of(file.as_bytes()).private_keys,
                [PrivateKey::encrypted(form)]
            );
        }
        let der = b"\x30\x1c\x30\x16\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d\x30\x09";
        assert!(of(der).private_keys[0].encrypted);
    }

    #[test]
    fn what_cannot_be_read_keeps_its_line() {
        let held = of(b"# x\n-----BEGIN CERTIFICATE-----\nMIIB!!\n-----END CERTIFICATE-----\n");
        assert_eq!(held.malformed[0].line, 2);
        assert_eq!(of(b"hello").form, FileForm::Other);
        assert_eq!(
            of(b""),
            Holdings {
                form: FileForm::Other,
                ..Holdings::default()
            }
        );
    }

    #[test]
    fn facts_of_a_key_never_hold_the_key() {
        let key = KeyPair::generate().unwrap();
        let told = format!("{:?}", of(key.serialize_pem().as_bytes()));
        for line in key
            .serialize_pem()
            .lines()
            .filter(|line| !line.starts_with('-'))
        {
            assert!(!told.contains(line));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_files_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = of(&bytes);
            for label in ["PRIVATE KEY", "EC PRIVATE KEY", "CERTIFICATE"] {
                let mut wrapped = format!("-----BEGIN {label}-----\n").into_bytes();
                wrapped.extend(data_encoding::BASE64.encode(&bytes).into_bytes());
                wrapped.extend(format!("\n-----END {label}-----\n").into_bytes());
                let _ = of(&wrapped);
            }
        }
    }
}
