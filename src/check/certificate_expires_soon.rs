//! Judges whether the certificate's life, or that of a CA above it, is nearly over.

use jiff::Timestamp;
use std::time::Duration;

use super::{
    Category, Check, Context, Evaluate, Verdict, end_entity, from_to, identity, in_words, order,
    validity,
};
use crate::endpoint::{ExpiryThresholds, LifeFraction};
use crate::finding::{Detection, Severity};
use crate::observation::EndpointObservation;
use crate::remediation::Remedy;
use crate::x509::{Anchor, Certificate};

pub(super) static CHECK: Check = Check {
    id: "certificate-expires-soon",
    title: "server certificate in the last part of its life",
    severity: Severity::Medium,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-298",
        "CWE-324",
        "PCI DSS 4.0.1 requirement 4.2.1.1",
        "RFC 5280 section 4.1.2.5",
    ],
    docs: r"
## What it looks for

The time to `notAfter` against two parts of the certificate's own lifetime, so that a six-day certificate does
not cry all day and a five-year one is not forgotten:

- warning, medium: 30 % of the lifetime, at least 36 hours and at most 21 days
- critical, high: 12 % of the lifetime, at least 12 hours and at most 7 days

Both can be set for each endpoint. An intermediate that was sent and the trust anchor in the endpoint's file
are judged, too, where they end before the certificate; of an anchor only the end is known, so the upper
bounds hold. What has expired is `certificate-expired`.

## Why it matters

From the second after `notAfter` each client that verifies refuses the server. A certificate that gets this
old was usually meant to be renewed long ago: an automatic renewal has stopped, or the new file was never
loaded.

## How to fix it

- CockroachDB: `cockroach cert create-node <every host name and address> --certs-dir=certs
  --ca-key=my-safe-directory/ca.key --overwrite`, then `pkill -SIGHUP -x cockroach`. New connections get the
  new certificate at once.
- PostgreSQL: replace `server.crt` and `server.key`, then `SELECT pg_reload_conf();`.
- A web server: renew with its ACME client, then reload.
- Where the file on disk is new and the served one is old, only the reload is missing.

## References

- CWE-298: Improper Validation of Certificate Expiration
- CWE-324: Use of a Key Past its Expiration Date
- PCI DSS 4.0.1 requirement 4.2.1.1: an inventory of trusted keys and certificates
- RFC 5280 section 4.1.2.5: Validity
",
    evaluate: Evaluate::Endpoint(evaluate),
};

/// A day, in seconds.
const DAY: u64 = 24 * 3600;

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let certificate = match end_entity(seen) {
        Ok(certificate) => certificate,
        Err(verdict) => return verdict,
    };
    if context.now > certificate.not_after {
        return Verdict::NotApplicable;
    }
    let thresholds = context.endpoint.expiry;
    let lifetime = from_to(certificate.not_before, certificate.not_after);
    let left = from_to(context.now, certificate.not_after);
    let mut detections = Vec::new();
    if let Some((severity, wanted)) = part_of_life(left, thresholds, Some(lifetime)) {
        detections.push(
            detection(
                seen,
                context,
                "the certificate",
                certificate.not_after,
                wanted,
            )
            .severity(severity)
            .evidence(identity(certificate))
            .evidence(validity(certificate))
            .discriminator(&certificate.sha256),
        );
    }
    for issuer in issuers(seen, certificate) {
        if issuer.not_after >= certificate.not_after || context.now > issuer.not_after {
            continue;
        }
        let lifetime = from_to(issuer.not_before, issuer.not_after);
        let left = from_to(context.now, issuer.not_after);
        if let Some((severity, wanted)) = part_of_life(left, thresholds, Some(lifetime)) {
            let what = format!("the intermediate {}", issuer.subject);
            detections.push(
                detection(seen, context, &what, issuer.not_after, wanted)
                    .severity(severity)
                    .evidence(validity(issuer))
                    .discriminator(&issuer.sha256),
            );
        }
    }
    if let Some((anchor, end)) = anchor_before(seen, certificate.not_after)
        && context.now <= end
        && let Some((severity, wanted)) = part_of_life(from_to(context.now, end), thresholds, None)
    {
        let what = format!("the trust anchor {}", anchor.subject);
        detections.push(
            detection(seen, context, &what, end, wanted)
                .severity(severity)
                .discriminator(&anchor.subject),
        );
    }
    if detections.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Fail(detections)
    }
}

/// Returns the severity of the part of life that `left` lies in, and how much time that part wants.
fn part_of_life(
    left: Duration,
    thresholds: ExpiryThresholds,
    lifetime: Option<Duration>,
) -> Option<(Severity, Duration)> {
    let begins = |part: LifeFraction| lifetime.map_or(part.at_most, |lifetime| part.of(lifetime));
    let (warning, critical) = (begins(thresholds.warning), begins(thresholds.critical));
    if left <= critical {
        Some((Severity::High, warning.max(critical)))
    } else if left <= warning {
        Some((Severity::Medium, warning))
    } else {
        None
    }
}

/// Returns the certificates that were sent and vouch for `certificate`, upwards.
fn issuers<'a>(
    seen: &'a EndpointObservation,
    certificate: &'a Certificate,
) -> Vec<&'a Certificate> {
    let presented = seen
        .chain
        .seen()
        .map_or(&[][..], |chain| chain.certificates.as_slice());
    let mut path = Vec::new();
    let mut below = certificate;
    // Each step uses up one certificate, so a chain in a circle ends.
    for _ in 0..presented.len() {
        let above = presented
            .iter()
            .find(|other| other.subject == below.issuer && other.sha256 != below.sha256);
        let Some(above) = above else { break };
        if above.is_self_issued() {
            break;
        }
        path.push(&**above);
        below = above;
    }
    path
}

/// Returns the trust anchor of the path where it ends before `end`.
fn anchor_before(seen: &EndpointObservation, end: Timestamp) -> Option<(&Anchor, Timestamp)> {
    let anchor = seen.verification.seen()?.anchor.as_ref()?;
    let not_after = anchor.not_after?;
    (not_after < end).then_some((anchor, not_after))
}

/// Words one certificate's end.
fn detection(
    seen: &EndpointObservation,
    context: &Context<'_>,
    what: &str,
    end: Timestamp,
    wanted: Duration,
) -> Detection {
    let left = in_words(from_to(context.now, end));
    // A part of a life is seldom a whole number of days: `14.1 days`.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a lifetime in seconds is far below 2^52"
    )]
    let days = wanted.as_secs() as f64 / DAY as f64;
    let days = format!("{days:.1}");
    let days = days.strip_suffix(".0").unwrap_or(&days);
    Detection::new(format!(
        "{what} expires in {left}, at {end}: more than {days} days are wanted"
    ))
    .remedy(Remedy::IssueCertificate(order(
        seen,
        context,
        format!("{what} expires in {left}"),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts in which part of its life a certificate of `lifetime` hours is with `left` seconds to go.
    fn check(lifetime: u64, left: u64, severity: Option<Severity>) {
        let found = part_of_life(
            Duration::from_secs(left),
            ExpiryThresholds::default(),
            Some(Duration::from_secs(lifetime * 3600)),
        );
        assert_eq!(
            found.map(|(severity, _)| severity),
            severity,
            "{lifetime} h, {left} s"
        );
    }

    #[test]
    fn five_year_certificate_warns_21_and_7_days_before() {
        check(43_920, 21 * DAY + 1, None);
        check(43_920, 21 * DAY, Some(Severity::Medium));
        check(43_920, 7 * DAY + 1, Some(Severity::Medium));
        check(43_920, 7 * DAY, Some(Severity::High));
    }

    #[test]
    fn six_day_certificate_warns_by_hours() {
        check(160, 48 * 3600 + 1, None);
        check(160, 48 * 3600, Some(Severity::Medium));
        check(160, 69_121, Some(Severity::Medium));
        check(160, 69_120, Some(Severity::High));
    }

    #[test]
    fn hour_long_certificate_is_always_in_its_critical_part() {
        check(1, 3599, Some(Severity::High));
    }
}
