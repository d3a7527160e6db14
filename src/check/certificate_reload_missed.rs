//! Judges whether the server presents the certificate that its file holds.

use super::{Category, Check, Context, Evaluate, Verdict, end_entity, from_to, identity, validity};
use crate::finding::{Confidence, Detection, Severity};
use crate::observation::EndpointObservation;
use crate::observation::certificate_file::{Belonging, CertificateFile};
use crate::x509::Certificate;

pub(super) static CHECK: Check = Check {
    id: "certificate-reload-missed",
    title: "certificate on disk is another than the one that is served",
    severity: Severity::Medium,
    category: Category::Certificate,
    class: None,
    since: "0.1.0",
    references: &["CWE-324", "CWE-672", "PCI DSS 4.0.1 requirement 4.2.1.1"],
    docs: r"
## What it looks for

The certificate that is served against the one in its file. The file is the one that the endpoint's `serves` names. Without it,
a file under `[watch] certs` that holds the served certificate or another of its key, or the only one of them that has the
endpoint's name and the issuer of what is served: then only a newer certificate in the file is told, and the evidence says how
the file was found. Medium; high where what is served has expired or is in the critical part of its life.

## Why it matters

The renewal worked and nobody told the server: a SIGHUP or a reload was missed. It goes on with the old certificate until that
expires. CockroachDB also keeps the old ones, with a line in its log, when a reload would lose a valid set, and some versions'
expiry metrics did not follow a reload: what is served is the truth.

## How to fix it

- CockroachDB: `pkill -SIGHUP -x cockroach` on each node, then look for errors in its log.
- PostgreSQL: `SELECT pg_reload_conf();`. nginx: `nginx -s reload`. HAProxy: `systemctl reload haproxy`.
- Have whatever renews the certificate do it.

## References

- CWE-324: Use of a Key Past its Expiration Date
- CWE-672: Operation on a Resource after Expiration or Release
- PCI DSS 4.0.1 requirement 4.2.1.1: an inventory of trusted keys and certificates
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let Some((file, belonging)) = &context.files.served else {
        return Verdict::NotApplicable;
    };
    let served = match end_entity(seen) {
        Ok(served) => served,
        Err(verdict) => return verdict,
    };
    let Some(stored) = file.end_entity() else {
        let why = file.holdings.reason();
        let why = why.unwrap_or_else(|| "there is no certificate in it".to_owned());
        return Verdict::Open(format!("`{}`: {why}", file.path));
    };
    if stored.sha256 == served.sha256 {
        return Verdict::Pass;
    }
    let is_newer = (stored.not_before, stored.not_after) > (served.not_before, served.not_after);
    if !is_newer && *belonging != Belonging::Configured {
        // A guess is good for one thing: that something newer is there.
        return Verdict::NotApplicable;
    }
    let changed_at = changed_at(file);
    if seen.observed_at < changed_at {
        return Verdict::Open(format!(
            "the endpoint was not looked at since `{}` changed at {changed_at:.0}",
            file.path
        ));
    }
    let message = if is_newer {
        format!(
            "the endpoint still serves an older certificate than `{}` holds: a reload is wanted",
            file.path
        )
    } else {
        format!(
            "the endpoint serves another certificate than `{}` holds: that one is wanted",
            file.path
        )
    };
    Verdict::Fail(vec![
        Detection::new(message)
            .severity(severity(served, context))
            .confidence(match belonging {
                Belonging::SameName => Confidence::Medium,
                Belonging::Configured | Belonging::SameCertificate | Belonging::SameKey => {
                    Confidence::High
                }
            })
            .evidence(format!(
                "served: {}; {}",
                identity(served),
                validity(served)
            ))
            .evidence(format!(
                "in the file: {}; {}",
                identity(stored),
                validity(stored)
            ))
            .evidence(format!("the file changed at {changed_at:.0}"))
            .evidence(belonging.as_sentence())
            .discriminator(format!("{} {}", served.sha256, stored.sha256)),
    ])
}

/// Returns when a file got its content, as well as that is known.
fn changed_at(file: &CertificateFile) -> jiff::Timestamp {
    let modified = file.attributes.seen().and_then(|seen| seen.modified_at);
    // A time in the future is no time at which something happened.
    modified.map_or(file.read_at, |modified| modified.min(file.read_at))
}

/// Says how bad it is that what is served goes on being served.
fn severity(served: &Certificate, context: &Context<'_>) -> Severity {
    let lifetime = from_to(served.not_before, served.not_after);
    let critical = context.endpoint.expiry.critical.of(lifetime);
    if from_to(context.now, served.not_after) <= critical {
        Severity::High
    } else {
        Severity::Medium
    }
}
