//! Judges whether a public certificate lives longer than the CA/Browser Forum's calendar allows.

use jiff::Timestamp;

use super::{
    Category, Check, Context, Evaluate, Verdict, end_entity, from_to, identity, order, validity,
    verification,
};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;

pub(super) static CHECK: Check = Check {
    id: "certificate-lifetime-too-long",
    title: "public certificate lives longer than public CAs may issue",
    severity: Severity::Medium,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-324",
        "CA/Browser Forum ballot SC-081v3",
        "PCI DSS 4.0.1 requirement 4.2.1.1",
        "RFC 5280 section 4.1.2.5",
    ],
    docs: r"
## What it looks for

From `notBefore` to `notAfter`, both included, of a certificate that leads to one of Mozilla's roots. By
`notBefore`:

- before 2026-03-15: 398 days
- from 2026-03-15: 200 days
- from 2027-03-15: 100 days
- from 2029-03-15: 47 days

Certificates of a private CA are not bound by it and are not judged.

## Why it matters

Browsers refuse such a certificate. A public CA that issues it breaks its rules, so somebody asks for it to be
revoked.

## How to fix it

- Renew it at the CA with an ordinary lifetime, and let an ACME client do it from now on: with 47 days nobody
  renews by hand.

## References

- CWE-324: Use of a Key Past its Expiration Date
- CA/Browser Forum ballot SC-081v3: shorter validity of TLS certificates
- PCI DSS 4.0.1 requirement 4.2.1.1: an inventory of trusted keys and certificates
- RFC 5280 section 4.1.2.5: Validity
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// A day, in seconds.
const DAY: u64 = 24 * 3600;

/// First second of `notBefore` since which a maximum holds, and the maximum in days: ballot SC-081v3, section 6.3.2 of the
/// CA/Browser Forum's baseline requirements.
const CALENDAR: [(i64, u64); 4] = [
    (1_868_227_200, 47),  // 2029-03-15T00:00:00Z
    (1_805_068_800, 100), // 2027-03-15T00:00:00Z
    (1_773_532_800, 200), // 2026-03-15T00:00:00Z
    (i64::MIN, 398),
];

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let verification = match verification(seen) {
        Ok(verification) => verification,
        Err(verdict) => return verdict,
    };
    let certificate = match end_entity(seen) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    if !verification.public {
        return Verdict::NotApplicable;
    }
    // Both ends count (RFC 5280 section 4.1.2.5).
    let lifetime = from_to(certificate.not_before, certificate.not_after).as_secs() + 1;
    let most = longest_days(certificate.not_before);
    if lifetime <= most * DAY {
        return Verdict::Pass;
    }
    // Any second over is a day over, as CAs count.
    let days = lifetime.div_ceil(DAY);
    Verdict::Fail(vec![
        Detection::new(format!(
            "the certificate lives {days} days: at most {most} are wanted for one from {}",
            certificate.not_before
        ))
        .evidence(identity(certificate))
        .evidence(validity(certificate))
        .discriminator(&certificate.sha256)
        .remedy(Remedy::IssueCertificate(order(
            seen,
            context,
            format!("the served one lives {days} days, and public ones may live {most}"),
        ))),
    ])
}

/// Returns how many days a public certificate with this `notBefore` may live.
fn longest_days(not_before: Timestamp) -> u64 {
    CALENDAR
        .iter()
        .find(|(since, _)| not_before.as_second() >= *since)
        .map_or(398, |(_, days)| *days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_changes_at_midnight() {
        for (not_before, days) in [
            ("2026-03-14T23:59:59Z", 398),
            ("2026-03-15T00:00:00Z", 200),
            ("2027-03-14T23:59:59Z", 200),
            ("2027-03-15T00:00:00Z", 100),
            ("2029-03-14T23:59:59Z", 100),
            ("2029-03-15T00:00:00Z", 47),
        ] {
            let moment: Timestamp = not_before.parse().unwrap();
            assert_eq!(longest_days(moment), days, "{not_before}");
        }
    }
}
