//! Notes that CBC suites protect the plaintext and not the ciphertext.

use super::scanned::{Found, does, has, scan, suites_matching};
use super::{Category, Check, Context, Evaluate, Verdict, connection};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::{Remedy, TlsWant};
use crate::tls::{Properties, ProtocolVersion};

pub(super) static CHECK: Check = Check {
    id: "cbc-without-encrypt-then-mac",
    title: "server accepts CBC without encrypt-then-MAC",
    severity: Severity::Info,
    category: Category::Cryptography,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-208",
        "CWE-327",
        "RFC 7366",
        "RFC 9325 section 4.2",
        "CVE-2013-0169",
    ],
    docs: r"
## What it looks for

CBC suites from TLS 1.0 to 1.2, where the server does not take up the extension `encrypt_then_mac`. It is a
note: nobody can tell from outside whether a server's CBC code runs in constant time, so no such server is
called vulnerable.

## Why it matters

CBC in TLS pads after the MAC, and so has to decrypt before it can check. Time and error messages have told the
two apart again and again, in Lucky Thirteen and its kin. Up-to-date libraries hide it with much care;
encrypt-then-MAC and AEAD have nothing to hide.

## How to fix it

- Only AEAD suites: PostgreSQL `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`, nginx `ssl_ciphers` with the same.
- OpenSSL 1.1.0 and newer have the extension; Go does not, so a CockroachDB node with
  `COCKROACH_TLS_ENABLE_OLD_CIPHER_SUITES` has CBC without it: unset the variable.

## References

- CWE-208: Observable Timing Discrepancy
- CWE-327: Use of a Broken or Risky Cryptographic Algorithm
- RFC 7366: encrypt-then-MAC
- RFC 9325 section 4.2: cipher suites for TLS 1.2
- CVE-2013-0169: Lucky Thirteen
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// Versions with extensions and with CBC.
const VERSIONS: &[ProtocolVersion] = &[
    ProtocolVersion::TLSV1,
    ProtocolVersion::TLSV1_1,
    ProtocolVersion::TLSV1_2,
];

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let scan = match scan(seen) {
        Ok(scan) => scan,
        Err(verdict) => return verdict,
    };
    let suites = match suites_matching(scan, VERSIONS, has(Properties::is_cbc)) {
        Found::Yes(suites) => suites,
        Found::No => return Verdict::Pass,
        Found::Unknown(reason) => return Verdict::Open(reason),
    };
    match does(&scan.handshake.encrypt_then_mac) {
        Found::Yes(()) => Verdict::Pass,
        Found::Unknown(reason) => Verdict::Open(reason),
        Found::No => Verdict::Fail(vec![
            suites.witness(
                Detection::new(format!(
                    "the server accepts CBC suites in {} without encrypt-then-MAC: AEAD suites are wanted",
                    suites.versions()
                ))
                .remedy(Remedy::harden_tls(connection(seen, context), [TlsWant::ModernSuites])),
            ),
        ]),
    }
}
