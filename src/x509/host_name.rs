//! Whether a certificate is for a host: by RFC 9525, and as libpq has it.
//!
//! It knows nothing of trust: a certificate that nobody vouches for can still bear the right name.

use std::net::IpAddr;

use super::parse::{self, Names};
use super::{Certificate, HostName};
use crate::text::printable;

/// Judges whether `certificate` is for `reference_name`, and says why.
///
/// RFC 9525 decides [`HostName::Match`]: a `dNSName` for a name, an `iPAddress` for an address, and a wildcard only as the whole
/// left-most label. libpq (`pq_verify_peer_name_matches_certificate`) decides [`HostName::CommonNameOnly`]: it turns to the first common
/// name where the subject alternative name has no entry of the reference's own kind.
pub fn judge(certificate: &Certificate, reference_name: &str) -> (HostName, String) {
    let reference = Reference::new(reference_name);
    let parsed = parse::read(&certificate.der.0);
    let (names, common_name) = if let Ok(parsed) = &parsed {
        let first = parsed.tbs_certificate.subject.iter_common_name().next();
        (parse::names(parsed), first.map(parse::attribute_text))
    } else {
        // A recording may have left the DER out: its lists are as good, up to their bound.
        let names = Names {
            extension: certificate.subject_alt_name,
            dns: certificate.dns_names.iter().map(String::as_str).collect(),
            ip: certificate.ip_addresses.clone(),
        };
        (names, certificate.common_name.clone())
    };
    let shown = printable(&reference.text);
    if let Some(entry) = reference.found_in(&names) {
        let detail = if entry == reference.text {
            format!("`{shown}` is in the subject alternative name")
        } else {
            format!("`{}` covers `{shown}`", printable(&entry))
        };
        return (HostName::Match, detail);
    }
    let has = listing(&names);
    match common_name {
        Some(common_name)
            if !reference.own_kind_is_in(&names) && reference.matches_dns(&common_name) =>
        {
            let detail = format!(
                "only the common name is `{}`, {has}: libpq accepts that, and Go, Python, Java and browsers do not",
                printable(&common_name)
            );
            (HostName::CommonNameOnly, detail)
        }
        _ if !names.extension => {
            let common_name = common_name.map_or_else(
                || "no common name".to_owned(),
                |name| format!("the common name `{}`", printable(&name)),
            );
            let detail = format!("`{shown}` is not there: {has}, and {common_name}");
            (HostName::Mismatch, detail)
        }
        _ => (HostName::Mismatch, format!("`{shown}` is not there: {has}")),
    }
}

/// Whether libpq takes `certificate` for `host` with `sslmode=verify-full`.
///
/// It is what [`judge`] says, and one thing more: libpq compares a host that is an address with `dNSName` entries, too.
pub fn libpq_accepts(certificate: &Certificate, host: &str) -> bool {
    match judge(certificate, host).0 {
        HostName::Match | HostName::CommonNameOnly => true,
        HostName::Mismatch => certificate
            .dns_names
            .iter()
            .any(|name| name.eq_ignore_ascii_case(host)),
    }
}

/// The name that was dialled.
struct Reference {
    text: String,
    address: Option<IpAddr>,
}

impl Reference {
    /// Reads a reference name: the trailing dot of an absolute name and the brackets of an IPv6 literal say nothing of the host.
    fn new(raw: &str) -> Self {
        let bare = raw
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(raw);
        let text = bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase();
        let address = text.parse().ok();
        Self { text, address }
    }

    /// Returns the entry that certifies it.
    fn found_in(&self, names: &Names<'_>) -> Option<String> {
        match self.address {
            Some(address) => names.ip.contains(&address).then(|| self.text.clone()),
            None => names
                .dns
                .iter()
                .find(|name| self.matches_dns(name))
                .map(|name| name.to_ascii_lowercase()),
        }
    }

    /// Whether there is an entry of its kind, whatever it says.
    fn own_kind_is_in(&self, names: &Names<'_>) -> bool {
        match self.address {
            Some(_) => !names.ip.is_empty(),
            None => !names.dns.is_empty(),
        }
    }

    /// Compares with a presented name, which may begin with a wildcard label (RFC 9525 section 6.3).
    fn matches_dns(&self, presented: &str) -> bool {
        if self.text.is_empty() {
            return false;
        }
        if presented.eq_ignore_ascii_case(&self.text) {
            return true;
        }
        let (Some(suffix), None) = (presented.strip_prefix("*."), self.address) else {
            return false;
        };
        self.text.split_once('.').is_some_and(|(label, rest)| {
            !label.is_empty() && !rest.is_empty() && rest.eq_ignore_ascii_case(suffix)
        })
    }
}

/// Says which names a certificate has, the first few of them.
fn listing(names: &Names<'_>) -> String {
    const SHOWN: usize = 8;
    if !names.extension {
        return "there is no subject alternative name".to_owned();
    }
    let all: Vec<String> = names
        .dns
        .iter()
        .map(|name| printable(name))
        .chain(names.ip.iter().map(ToString::to_string))
        .take(SHOWN)
        .collect();
    let count = names.dns.len() + names.ip.len();
    if all.is_empty() {
        return "the subject alternative name has neither a DNS name nor an address".to_owned();
    }
    let more = if count > SHOWN {
        format!(" and {} more", count - SHOWN)
    } else {
        String::new()
    };
    format!("it has {}{more}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};

    use super::*;

    fn certificate(common_name: Option<&str>, dns: &[&str], ip: &[&str]) -> Certificate {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        if let Some(name) = common_name {
            params.distinguished_name.push(DnType::CommonName, name);
        }
        params.subject_alt_names = dns
            .iter()
            .map(|name| SanType::DnsName((*name).try_into().unwrap()))
            .chain(
                ip.iter()
                    .map(|address| SanType::IpAddress(address.parse().unwrap())),
            )
            .collect();
        let der = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        parse::certificate(der.der()).unwrap()
    }

    /// Common name, `dNSName` entries, `iPAddress` entries, reference name, verdict.
    type Row<'a> = (
        Option<&'a str>,
        &'a [&'a str],
        &'a [&'a str],
        &'a str,
        HostName,
    );

    #[test]
    fn names_match_as_rfc_9525_and_libpq_say() {
        use HostName::{CommonNameOnly, Match, Mismatch};
        let table: &[Row] = &[
            (None, &["db1.example"], &[], "db1.example", Match),
            (None, &["DB1.example"], &[], "db1.EXAMPLE.", Match),
            (None, &["*.example"], &[], "db1.example", Match),
            (None, &["*.example"], &[], "a.db1.example", Mismatch),
            (None, &["*.example"], &[], "example", Mismatch),
            (None, &["*.example"], &[], ".example", Mismatch),
            (None, &["d*.example"], &[], "db1.example", Mismatch),
            (None, &["a.*.example"], &[], "a.b.example", Mismatch),
            (
                None,
                &["xn--bcher-kva.example"],
                &[],
                "xn--bcher-kva.example",
                Match,
            ),
            (None, &[], &["10.0.0.7"], "10.0.0.7", Match),
            (None, &[], &["::1"], "::1", Match),
            (None, &[], &["::1"], "[0:0:0:0:0:0:0:1]", Match),
            (None, &["10.0.0.7"], &[], "10.0.0.7", Mismatch),
            (None, &["*.0.0.7"], &[], "10.0.0.7", Mismatch),
            (Some("db1"), &[], &[], "db1", CommonNameOnly),
            (Some("*.example"), &[], &[], "db1.example", CommonNameOnly),
            (Some("db1"), &["other"], &[], "db1", Mismatch),
            (Some("db1"), &[], &["10.0.0.7"], "db1", CommonNameOnly),
            (Some("10.0.0.7"), &["db1"], &[], "10.0.0.7", CommonNameOnly),
            (Some("10.0.0.7"), &[], &["10.0.0.8"], "10.0.0.7", Mismatch),
            (None, &[], &[], "db1", Mismatch),
            (Some("db1"), &[], &[], "", Mismatch),
        ];
        for (common_name, dns, ip, reference, expected) in table {
            let certificate = certificate(*common_name, dns, ip);
            let (verdict, detail) = judge(&certificate, reference);
            assert_eq!(
                verdict, *expected,
                "{common_name:?} {dns:?} {ip:?} {reference}: {detail}"
            );
            let mut recorded = certificate.clone();
            recorded.der = super::super::Der::default();
            assert_eq!(
                judge(&recorded, reference).0,
                *expected,
                "without DER: {reference}"
            );
        }
    }

    #[test]
    fn libpq_compares_an_address_with_dns_names() {
        let certificate = certificate(None, &["10.0.0.7"], &[]);
        assert_eq!(judge(&certificate, "10.0.0.7").0, HostName::Mismatch);
        assert!(libpq_accepts(&certificate, "10.0.0.7"));
    }

    #[test]
    fn mismatch_names_what_is_there() {
        let certificate = certificate(Some("node"), &["node", "localhost"], &["127.0.0.1"]);
        assert_eq!(
            judge(&certificate, "db1").1,
            "`db1` is not there: it has node, localhost, 127.0.0.1"
        );
    }

    #[test]
    fn embedded_nul_does_not_end_a_name() {
        let mut recorded = certificate(None, &["x"], &[]);
        recorded.der = super::super::Der::default();
        recorded.dns_names = vec![printable("db1.example\0.evil.example")];
        assert_eq!(judge(&recorded, "db1.example").0, HostName::Mismatch);
    }
}
