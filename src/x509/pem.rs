//! PEM files (RFC 7468): the certificates in them, and what is in them instead.
//!
//! It takes bytes and opens no file. A private key that lies in the file is named by kind and never kept.

use super::parse;

/// Largest file that is read for certificates, in bytes. The system's own bundles hold about 150 roots in 230 kB.
pub const LARGEST_FILE: usize = 8 * 1024 * 1024;

/// Why no certificates can be had from a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// It is longer than [`LARGEST_FILE`].
    #[error("{0} bytes long, of at most {LARGEST_FILE} that are read")]
    TooLong(usize),
    /// There is no certificate in it.
    #[error("no certificate in it{}", .0.clause())]
    NoCertificate(Instead),
    /// An entry cannot be read.
    #[error("certificate {number}, in line {line}, cannot be read: {reason}")]
    MalformedEntry {
        /// Which certificate of the file, from 1.
        number: usize,
        /// The line of its `BEGIN`, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// What a file holds in place of certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// Not a byte.
    Nothing,
    /// A private key.
    PrivateKey,
    /// A certificate signing request.
    CertificateRequest,
    /// A public key alone.
    PublicKey,
    /// A revocation list.
    RevocationList,
    /// A certificate, in DER in place of PEM.
    Der,
    /// PEM of another kind.
    OtherPem,
    /// Something else.
    Other,
}

impl Instead {
    /// Says what is there and what would help, as the end of a sentence.
    const fn clause(self) -> &'static str {
        match self {
            Self::Nothing => ": the file is empty",
            Self::PrivateKey => ", but a private key: name the certificate's file",
            Self::CertificateRequest => {
                ", but a certificate signing request: a CA must sign it first"
            }
            Self::PublicKey => ", but a public key: name the certificate's file",
            Self::RevocationList => ", but a revocation list",
            Self::Der => {
                ": it is DER in place of PEM; convert it with `openssl x509 -inform der -in FILE -out FILE.pem`"
            }
            Self::OtherPem => ", but PEM of another kind",
            Self::Other => ", and no PEM at all",
        }
    }
}

/// Returns the DER of every certificate in a PEM file, in its order.
///
/// The labels are those that OpenSSL takes for a certificate. Text between the entries is skipped, and so are
/// entries of other kinds, as libpq skips them in `sslrootcert`.
pub fn pem_certificates(file: &[u8]) -> Result<Vec<Vec<u8>>, PemError> {
    if file.len() > LARGEST_FILE {
        return Err(PemError::TooLong(file.len()));
    }
    let mut certificates = Vec::new();
    let mut other_label = None;
    for entry in entries(file) {
        if !is_certificate(entry.label) {
            other_label = other_label.or(Some(entry.label));
            continue;
        }
        let malformed = |reason: String| PemError::MalformedEntry {
            number: certificates.len() + 1,
            line: entry.line,
            reason,
        };
        let mut der = entry.body.map_err(|reason| malformed(reason.to_owned()))?;
        without_trust(entry.label, &mut der);
        parse::read(&der).map_err(|error| malformed(error.to_string()))?;
        certificates.push(der);
    }
    if certificates.is_empty() {
        return Err(PemError::NoCertificate(instead(file, other_label)));
    }
    Ok(certificates)
}

/// One entry between its `BEGIN` and `END`.
pub(super) struct Entry<'a> {
    pub(super) label: &'a [u8],
    pub(super) line: usize,
    /// Whether its headers say that it is encrypted (RFC 1421 section 4.6.1.1, as OpenSSL writes it for traditional keys).
    pub(super) encrypted: bool,
    pub(super) body: Result<Vec<u8>, &'static str>,
}

/// Walks over the entries of a file.
pub(super) fn entries(file: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let mut lines = file
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .enumerate();
    std::iter::from_fn(move || {
        let (line, label) = lines.find_map(|(index, line)| {
            let label = line.strip_prefix(b"-----BEGIN ")?.strip_suffix(b"-----")?;
            Some((index + 1, label))
        })?;
        let mut text = Vec::new();
        let mut ended = false;
        let mut encrypted = false;
        for (_, line) in lines.by_ref() {
            if let Some(rest) = line.strip_prefix(b"-----END ") {
                ended = rest.strip_suffix(b"-----") == Some(label);
                break;
            }
            encrypted |= line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED");
            text.extend_from_slice(line);
        }
        let body = if ended {
            data_encoding::BASE64
                .decode(&text)
                .map_err(|_| "its body is not base64")
        } else {
            Err("its END line is missing or names another kind")
        };
        super::key::wipe(&mut text);
        Some(Entry {
            label,
            line,
            encrypted,
            body,
        })
    })
}

/// Whether OpenSSL takes an entry with this label for a certificate.
pub(super) fn is_certificate(label: &[u8]) -> bool {
    matches!(
        label,
        b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE"
    )
}

/// Takes away the trust settings that OpenSSL's own format appends to a certificate.
pub(super) fn without_trust(label: &[u8], der: &mut Vec<u8>) {
    if label == b"TRUSTED CERTIFICATE" {
        der.truncate(der_length(der).unwrap_or(der.len()));
    }
}

/// Tells what a file without certificates holds.
fn instead(file: &[u8], other_label: Option<&[u8]>) -> Instead {
    if let Some(label) = other_label {
        return if label.ends_with(b"PRIVATE KEY") {
            Instead::PrivateKey
        } else if label.ends_with(b"CERTIFICATE REQUEST") {
            Instead::CertificateRequest
        } else if label.ends_with(b"PUBLIC KEY") {
            Instead::PublicKey
        } else if label == b"X509 CRL" {
            Instead::RevocationList
        } else {
            Instead::OtherPem
        };
    }
    if file.trim_ascii().is_empty() {
        Instead::Nothing
    } else if parse::read(file).is_ok() {
        Instead::Der
    } else {
        Instead::Other
    }
}

/// Length of the first DER element, header and all, for a definite length of up to four bytes.
fn der_length(der: &[u8]) -> Option<usize> {
    let first = usize::from(*der.get(1)?);
    if first < 0x80 {
        return Some(2 + first);
    }
    let width = first & 0x7f;
    if width == 0 || width > 4 {
        return None;
    }
    let mut length = 0usize;
    for byte in der.get(2..2 + width)? {
        length = (length << 8) | usize::from(*byte);
    }
    (2 + width).checked_add(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn sample() -> (String, Vec<u8>, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["a.example".to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        (
            certificate.pem(),
            certificate.der().to_vec(),
            key.serialize_pem(),
        )
    }

    #[test]
    fn certificates_are_found_among_other_text() {
        let (pem, der, key) = sample();
        let file = format!(
            "subject=/CN=x\r\n{}\n{key}\n# again\n{pem}",
            pem.replace('\n', "\r\n")
        );
        assert_eq!(
            pem_certificates(file.as_bytes()).unwrap(),
            [der.clone(), der]
        );
    }

    #[test]
    fn what_is_there_instead_is_named() {
        let (_, der, key) = sample();
        for (file, instead) in [
            (key.as_bytes(), Instead::PrivateKey),
            (der.as_slice(), Instead::Der),
            (b"".as_slice(), Instead::Nothing),
            (b"hello".as_slice(), Instead::Other),
            (
                b"-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----\n",
                Instead::CertificateRequest,
            ),
        ] {
            assert_eq!(
                pem_certificates(file),
                Err(PemError::NoCertificate(instead)),
                "{}",
                String::from_utf8_lossy(file)
            );
        }
    }

    #[test]
    fn broken_entry_is_named_by_number_and_line() {
        let (pem, _, _) = sample();
        let lines = pem.trim_end().lines().count();
        let file = format!("{pem}-----BEGIN CERTIFICATE-----\nMIIB!!\n-----END CERTIFICATE-----\n");
        let error = pem_certificates(file.as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "certificate 2, in line {}, cannot be read: its body is not base64",
                lines + 1
            )
        );
    }

    #[test]
    fn missing_end_line_is_malformed() {
        let (pem, _, _) = sample();
        let cut = pem.split("-----END").next().unwrap();
        assert!(matches!(
            pem_certificates(cut.as_bytes()),
            Err(PemError::MalformedEntry {
                number: 1,
                line: 1,
                ..
            })
        ));
    }

    proptest! {
        #[test]
        fn arbitrary_files_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = pem_certificates(&bytes);
            let mut wrapped = b"-----BEGIN TRUSTED CERTIFICATE-----\n".to_vec();
            wrapped.extend(data_encoding::BASE64.encode(&bytes).into_bytes());
            wrapped.extend(b"\n-----END TRUSTED CERTIFICATE-----\n");
            let _ = pem_certificates(&wrapped);
        }
    }
}
