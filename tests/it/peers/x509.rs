//! Certification paths against the `openssl` program: its verdict is the measure.

use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, GeneralSubtree, IsCa, NameConstraints};
use tempfile::TempDir;
use verifull::x509::verify::{Anchors, verify};
use verifull::x509::{PathProblem, PathVerdict, Trust, Verification, parse};

use super::pki::{Authority, Issued};
use super::server::{program, succeed};

/// A chain, what is trusted, and what verifull should find.
struct Case {
    name: &'static str,
    /// PEM, the server's certificate first.
    sent: String,
    trusted: String,
    expected: &'static [PathProblem],
}

impl Case {
    fn new(
        name: &'static str,
        sent: String,
        trusted: String,
        expected: &'static [PathProblem],
    ) -> Self {
        Self {
            name,
            sent,
            trusted,
            expected,
        }
    }

    fn verdict_of_verifull(&self) -> Verification {
        let chain = parse::presented_chain(&parse::pem_certificates(self.sent.as_bytes()).unwrap());
        let anchors = Anchors::from_der(parse::pem_certificates(self.trusted.as_bytes()).unwrap());
        let trust = Trust::File("ca.pem".to_owned());
        verify(&chain, &anchors, trust, "localhost", Timestamp::now())
    }

    /// Asks OpenSSL at the security level that Debian's libpq has.
    fn verdict_of_openssl(&self, folder: &Path) -> (PathVerdict, String) {
        let put = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let end = self.sent.find("-----END CERTIFICATE-----").unwrap() + 25;
        let output = Command::new(program("openssl"))
            .args(["verify", "-auth_level", "2", "-purpose", "sslserver"])
            .args(["-no-CApath", "-no-CAstore", "-CAfile"])
            .arg(put("ca.pem", &self.trusted))
            .arg("-untrusted")
            .arg(put("sent.pem", &self.sent))
            .arg(put("end.pem", &self.sent[..end]))
            .output()
            .unwrap();
        let verdict = if output.status.success() {
            PathVerdict::Valid
        } else {
            PathVerdict::Invalid
        };
        (
            verdict,
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }
}

#[test]
fn paths_stand_exactly_where_openssl_lets_them() {
    let folder = TempDir::new().unwrap();
    let mut differences = Vec::new();
    let cases = made_by_rcgen()
        .into_iter()
        .chain(made_by_openssl(folder.path()))
        .collect::<Vec<_>>();
    assert!(cases.len() > 25);
    for case in cases {
        let own = case.verdict_of_verifull();
        let (verdict, said) = case.verdict_of_openssl(folder.path());
        if own.path != verdict || own.problems != case.expected {
            differences.push(format!(
                "{}: {:?} {:?} ({}), expected {:?}; OpenSSL: {verdict:?} {said}",
                case.name, own.path, own.problems, own.path_detail, case.expected
            ));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn expire(params: &mut CertificateParams) {
    params.not_after = rcgen::date_time_ymd(2025, 1, 1);
}

#[expect(
    clippy::too_many_lines,
    reason = "a table of cases is one straight story"
)]
fn made_by_rcgen() -> Vec<Case> {
    use PathProblem::{
        Expired, Incomplete, Malformed, NotYetValid, SelfSigned, UnknownCa, WrongUsage,
    };
    let root = Authority::root("Root");
    let trusted = root.pem();
    let other = Authority::root("Other");
    let same_name = Authority::root("Root");
    let plain = root.issue("node", &["localhost"], |_| {}).certificate_pem;
    let issue = |adjust: fn(&mut CertificateParams)| {
        root.issue("node", &["localhost"], adjust).certificate_pem
    };
    let own = Issued::self_signed("node", &["localhost"], |_| {}).certificate_pem;
    let own_ca = Issued::self_signed("node", &["localhost"], |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    })
    .certificate_pem;
    let not_ca = Authority::root_with("Not CA", |params| params.is_ca = IsCa::ExplicitNoCa);
    let old_root = Authority::root_with("Old", expire);
    let with_aia = |params: &mut CertificateParams| {
        // AuthorityInfoAccess: caIssuers, http://ca.example/ca.der
        let mut content = vec![
            0x30, 0x2a, 0x30, 0x28, 0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 0x30, 2, 0x86, 0x1c,
        ];
        content.extend_from_slice(b"http://ca.example/certs/a.de");
        params.custom_extensions = vec![rcgen::CustomExtension::from_oid_content(
            &[1, 3, 6, 1, 5, 5, 7, 1, 1],
            content,
        )];
    };
    let below = root.intermediate("Intermediate", |_| {});
    let mut damaged = parse::pem_certificates(plain.as_bytes()).unwrap().remove(0);
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    vec![
        Case::new("plain", plain.clone(), trusted.clone(), &[]),
        Case::new("expired", issue(expire), trusted.clone(), &[Expired]),
        Case::new(
            "not yet valid",
            issue(|params| params.not_before = rcgen::date_time_ymd(2039, 1, 1)),
            trusted.clone(),
            &[NotYetValid],
        ),
        Case::new(
            "expired root",
            old_root
                .issue("node", &["localhost"], |_| {})
                .certificate_pem,
            old_root.pem(),
            &[Expired],
        ),
        Case::new(
            "expired and unknown",
            issue(expire),
            other.pem(),
            &[UnknownCa, Expired],
        ),
        Case::new("unknown CA", plain.clone(), other.pem(), &[UnknownCa]),
        Case::new(
            "unknown CA, sent along",
            format!("{plain}{trusted}"),
            other.pem(),
            &[UnknownCa],
        ),
        Case::new(
            "CA of the same name",
            plain.clone(),
            same_name.pem(),
            &[UnknownCa],
        ),
        Case::new("self-signed", own.clone(), trusted.clone(), &[SelfSigned]),
        Case::new("self-signed, trusted", own.clone(), own, &[]),
        Case::new("self-signed CA, trusted", own_ca.clone(), own_ca, &[]),
        Case::new(
            "no serverAuth",
            issue(|params| {
                params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
            }),
            trusted.clone(),
            &[WrongUsage],
        ),
        Case::new(
            "any extended key usage",
            issue(|params| params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::Any]),
            trusted.clone(),
            &[WrongUsage],
        ),
        Case::new(
            "key usage of a CA",
            issue(|params| params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign]),
            trusted.clone(),
            &[WrongUsage],
        ),
        Case::new(
            "issuer is no CA",
            not_ca.issue("node", &["localhost"], |_| {}).certificate_pem,
            not_ca.pem(),
            &[WrongUsage],
        ),
        Case::new(
            "intermediate missing",
            below
                .issue("node", &["localhost"], with_aia)
                .certificate_pem,
            trusted.clone(),
            &[Incomplete],
        ),
        Case::new(
            "intermediate missing, unmentioned",
            below.issue("node", &["localhost"], |_| {}).certificate_pem,
            trusted.clone(),
            &[UnknownCa],
        ),
        Case::new(
            "intermediate trusted alone",
            below.issue("node", &["localhost"], |_| {}).certificate_pem,
            below.pem(),
            &[UnknownCa],
        ),
        Case::new(
            "damaged signature",
            pem(&damaged),
            trusted.clone(),
            &[Malformed],
        ),
    ]
    .into_iter()
    .chain(constrained(&root))
    .collect()
}

fn constrained(root: &Authority) -> Vec<Case> {
    use PathProblem::WrongUsage;
    let flat = Authority::root_with("Flat", |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let below_flat = flat.intermediate("Below flat", |_| {});
    let named = root.intermediate("Named", |params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("example.test".to_owned())],
            excluded_subtrees: Vec::new(),
        });
    });
    let sent = |authority: &Authority, name: &str| {
        let issued = authority.issue("node", &[name], |_| {});
        format!("{}{}", issued.certificate_pem, authority.pem())
    };
    vec![
        Case::new(
            "path too long",
            sent(&below_flat, "localhost"),
            flat.pem(),
            &[WrongUsage],
        ),
        Case::new(
            "name permitted",
            sent(&named, "a.example.test"),
            root.pem(),
            &[],
        ),
        Case::new(
            "name not permitted",
            sent(&named, "localhost"),
            root.pem(),
            &[WrongUsage],
        ),
    ]
}

fn pem(der: &[u8]) -> String {
    let body = data_encoding::BASE64.encode(der);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

/// What rcgen does not make: old versions, weak keys, weak signatures.
struct Openssl<'a> {
    folder: &'a Path,
}

impl Openssl<'_> {
    fn run(&self, arguments: &str) {
        succeed(
            Command::new(program("openssl"))
                .current_dir(self.folder)
                .args(arguments.split(' ')),
        );
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap()
    }

    /// Makes a root with its own signature.
    fn root(&self, name: &str, key: &str, digest: &str) -> String {
        self.run(&format!(
            "req -x509 -newkey {key} -nodes -keyout {name}.key -out {name}.crt -days 3650 -subj /CN={name} {digest}"
        ));
        self.read(&format!("{name}.crt"))
    }

    /// Issues a certificate.
    fn leaf(&self, root: &str, key: &str, digest: &str, extensions: Option<&str>) -> String {
        self.run(&format!(
            "req -new -newkey {key} -nodes -keyout leaf.key -out leaf.csr -subj /CN=localhost"
        ));
        let extensions = match extensions {
            Some(text) => {
                std::fs::write(self.folder.join("leaf.ext"), text).unwrap();
                " -extfile leaf.ext"
            }
            None => "",
        };
        self.run(&format!(
            "x509 -req -in leaf.csr -CA {root}.crt -CAkey {root}.key -CAcreateserial -out leaf.crt -days 365 {digest}{extensions}"
        ));
        self.read("leaf.crt")
    }
}

/// The subject alternative name of every certificate that has one.
const NAMES: Option<&str> = Some("subjectAltName=DNS:localhost\n");

#[expect(
    clippy::too_many_lines,
    reason = "a table of cases is one straight story"
)]
fn made_by_openssl(folder: &Path) -> Vec<Case> {
    use PathProblem::Weak;
    let openssl = Openssl { folder };
    let strong = openssl.root("strong", "rsa:2048", "-sha256");
    let sha1_root = openssl.root("sha1root", "rsa:2048", "-sha1");
    let small_root = openssl.root("smallroot", "rsa:1024", "-sha256");
    // Version 1: a request that is signed without extensions.
    openssl.run("req -new -newkey rsa:2048 -nodes -keyout v1.key -out v1.csr -subj /CN=v1");
    openssl.run("x509 -req -in v1.csr -signkey v1.key -out v1.crt -days 3650 -sha256");
    let version_1 = openssl.read("v1.crt");
    vec![
        Case::new(
            "RSA",
            openssl.leaf("strong", "rsa:2048", "-sha256", NAMES),
            strong.clone(),
            &[],
        ),
        Case::new(
            "RSA 1024",
            openssl.leaf("strong", "rsa:1024", "-sha256", NAMES),
            strong.clone(),
            &[Weak],
        ),
        Case::new(
            "SHA-1",
            openssl.leaf("strong", "rsa:2048", "-sha1", NAMES),
            strong.clone(),
            &[Weak],
        ),
        Case::new(
            "MD5",
            openssl.leaf("strong", "rsa:2048", "-md5", NAMES),
            strong.clone(),
            &[Weak],
        ),
        Case::new(
            "SHA-1 on the root alone",
            openssl.leaf("sha1root", "rsa:2048", "-sha256", NAMES),
            sha1_root,
            &[],
        ),
        Case::new(
            "RSA 1024 root",
            openssl.leaf("smallroot", "rsa:2048", "-sha256", NAMES),
            small_root,
            &[Weak],
        ),
        Case::new(
            "version 1 root",
            openssl.leaf("v1", "rsa:2048", "-sha256", NAMES),
            version_1,
            &[],
        ),
        Case::new(
            "version 1 leaf",
            openssl.leaf("strong", "rsa:2048", "-sha256", None),
            strong.clone(),
            &[],
        ),
        Case::new(
            "P-384 with SHA-512",
            openssl.leaf(
                "strong",
                "ec -pkeyopt ec_paramgen_curve:P-384",
                "-sha512",
                NAMES,
            ),
            strong.clone(),
            &[],
        ),
        Case::new(
            "PSS",
            openssl.leaf(
                "strong",
                "rsa:2048",
                "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest",
                NAMES,
            ),
            strong,
            &[],
        ),
    ]
}

#[test]
fn unusual_salt_is_called_unverifiable_not_forged() {
    let folder = TempDir::new().unwrap();
    let openssl = Openssl {
        folder: folder.path(),
    };
    let trusted = openssl.root("strong", "rsa:2048", "-sha256");
    // OpenSSL's own default is the longest salt that fits, and it verifies what it makes; nobody here can.
    let digest = "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max";
    let sent = openssl.leaf("strong", "rsa:2048", digest, None);
    let verdict = Case::new("salt", sent, trusted, &[]).verdict_of_verifull();
    assert_eq!(verdict.problems, [PathProblem::Malformed]);
    assert!(
        verdict.path_detail.contains("cannot be verified"),
        "{}",
        verdict.path_detail
    );
}

#[test]
fn public_means_mozilla_and_nothing_else() {
    let root = Authority::root("Root");
    let issued = root.issue("node", &["localhost"], |_| {});
    let chain = parse::presented_chain(&[issued.der, root.der()]);
    let anchors = Anchors::from_der([root.der()]);
    let verdict = verify(
        &chain,
        &anchors,
        Trust::System,
        "localhost",
        Timestamp::now(),
    );
    assert_eq!(verdict.path, PathVerdict::Valid);
    assert!(!verdict.public);
}
