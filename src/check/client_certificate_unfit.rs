//! Judges whether the client certificate that the endpoint names would be taken.

use super::{
    Category, Check, Context, Evaluate, Verdict, connection, identity, listed, open, validity,
};
use crate::finding::Confidence;
use crate::finding::{Detection, Severity};
use crate::libpq::wire::AuthenticationRequest;
use crate::observation::{
    Attempt, ClientAuthentication, ClientCertificateDemand, ClientIdentity, EndpointObservation,
    FailureKind, Product, StartupReply,
};
use crate::remediation::Remedy;
use crate::x509::Certificate;

pub(super) static CHECK: Check = Check {
    id: "client-certificate-unfit",
    title: "our client certificate does not fit",
    severity: Severity::High,
    category: Category::Authentication,
    class: None,
    since: "0.1.0",
    references: &[
        "CWE-287",
        "NIST SP 800-52r2 section 3.5",
        "RFC 5280 section 4.2.1.12",
        "RFC 8446 section 4.3.2",
    ],
    docs: r"
## What it looks for

The files in `sslcert` and `sslkey`, each fault by itself:

- they cannot be read, or the key is not the certificate's: high
- it has expired or is not valid yet: high
- its extended key usage does not have `clientAuth`: high
- the server refused it: high, unless one of the others explains it
- its issuer is not among the CAs that the server named: medium, as an intermediate may bridge the gap
- it is not for the endpoint's user: medium. CockroachDB takes the common name and every `dNSName` as the
  certificate's users, PostgreSQL the common name; a map on the server can change both, so this counts only
  where CockroachDB asks or the server has refused the login.

Whether it expires soon is `client-certificate-expires-soon`.

## Why it matters

Clients with these files cannot log in, or fall back to a password. The alert comes after the handshake in TLS
1.3, so drivers report it as a connection that broke.

## How to fix it

- CockroachDB: `cockroach cert create-client <user> --certs-dir=certs --ca-key=my-safe-directory/ca.key
  --overwrite`; with a CA of their own for clients it is the key of `ca-client.crt`.
- PostgreSQL: issue it from the CA in `ssl_ca_file`, common name equal to the user,
  `extendedKeyUsage=clientAuth`.
- Key and certificate belong together if `openssl x509 -noout -pubkey -in client.crt` and `openssl pkey
  -pubout -in client.key` print the same.

## References

- CWE-287: Improper Authentication
- NIST SP 800-52r2 section 3.5: client authentication
- RFC 5280 section 4.2.1.12: Extended Key Usage
- RFC 8446 section 4.3.2: Certificate Request
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    if context.endpoint.sslcert.is_none() {
        return Verdict::NotApplicable;
    }
    let found = match &seen.client_identity {
        Attempt::Seen(found) => found,
        Attempt::Failed(failure) if failure.kind == FailureKind::Local => {
            return Verdict::Fail(vec![
                Detection::new(
                    "the client certificate or its key cannot be read: a PEM file each is wanted",
                )
                .evidence(failure.detail.clone())
                .discriminator("unreadable"),
            ]);
        }
        Attempt::Failed(_) | Attempt::Refused(_) | Attempt::NotAttempted(_) => {
            return open(seen, &seen.client_identity);
        }
    };
    let mut faults = own_faults(found, context);
    let asked = seen
        .client_authentication
        .seen()
        .filter(|asked| asked.demand != ClientCertificateDemand::NotRequested);
    if let Some(asked) = asked {
        faults.extend(unknown_issuer(&found.certificate, asked));
        faults.extend(other_user(seen, &found.certificate, context));
        if let (true, Some(refusal)) = (asked.sent && faults.is_empty(), &asked.refusal) {
            faults.push(
                Detection::new(
                    "the server refuses the client certificate: one that it takes is wanted",
                )
                .evidence(refusal.clone())
                .discriminator("refused"),
            );
        }
    }
    if faults.is_empty() {
        return Verdict::Pass;
    }
    Verdict::Fail(
        faults
            .into_iter()
            .map(|fault| {
                // A renewed certificate is another matter, and each fault of one is.
                let discriminator = format!("{} {}", found.certificate.sha256, fault.discriminator);
                fault
                    .evidence(identity(&found.certificate))
                    .discriminator(discriminator)
                    .remedy(Remedy::IssueClientCertificate(connection(seen, context)))
            })
            .collect(),
    )
}

/// Returns what is wrong with the certificate whoever the server is.
fn own_faults(found: &ClientIdentity, context: &Context<'_>) -> Vec<Detection> {
    let certificate = &found.certificate;
    let mut faults = Vec::new();
    if !found.key_matches {
        faults.push(
            Detection::new(
                "the key in sslkey is not that of the certificate in sslcert: a pair is wanted",
            )
            .discriminator("key"),
        );
    }
    if context.now > certificate.not_after {
        faults.push(
            Detection::new(format!(
                "the client certificate expired at {}: a valid one is wanted",
                certificate.not_after
            ))
            .evidence(validity(certificate))
            .discriminator("expired"),
        );
    }
    if context.now < certificate.not_before {
        faults.push(
            Detection::new(format!(
                "the client certificate is valid only from {}: one that is valid now is wanted",
                certificate.not_before
            ))
            .evidence(validity(certificate))
            .discriminator("early"),
        );
    }
    if let Some(usages) = &certificate.extended_key_usage {
        let is_for_clients = usages
            .iter()
            .any(|usage| usage == "clientAuth" || usage == "anyExtendedKeyUsage");
        if !is_for_clients {
            faults.push(
                Detection::new(format!(
                    "the client certificate is for {}: clientAuth is wanted",
                    listed(usages)
                ))
                .discriminator("usage"),
            );
        }
    }
    faults
}

/// Says that the issuer is none of the CAs that the server named.
fn unknown_issuer(certificate: &Certificate, asked: &ClientAuthentication) -> Option<Detection> {
    if asked.ca_names.is_empty() || asked.ca_names.contains(&certificate.issuer) {
        return None;
    }
    // A server that took it knows a way to its own CA.
    if asked.sent && asked.refusal.is_none() {
        return None;
    }
    Some(
        Detection::new(format!(
            "the client certificate comes from {}: one from {} is wanted",
            certificate.issuer,
            listed(&asked.ca_names)
        ))
        .severity(Severity::Medium)
        .confidence(Confidence::Medium)
        .discriminator("issuer"),
    )
}

/// Says that the certificate is for another user than the endpoint's.
fn other_user(
    seen: &EndpointObservation,
    certificate: &Certificate,
    context: &Context<'_>,
) -> Option<Detection> {
    let user = context.endpoint.target.user.as_deref()?;
    let product = seen.server.product;
    let principals: Vec<String> = certificate
        .common_name
        .iter()
        .chain(
            certificate
                .dns_names
                .iter()
                .filter(|_| product == Product::Cockroachdb),
        )
        .cloned()
        .collect();
    if principals.iter().any(|principal| principal == user) {
        return None;
    }
    let reply = seen.tls_startup.seen().map(|answer| &answer.reply);
    let refused = match reply {
        // Both products word it `certificate authentication failed for user`, with SQLSTATE 28000.
        Some(StartupReply::Error(error)) => error
            .message
            .starts_with("certificate authentication failed"),
        Some(StartupReply::Authentication(AuthenticationRequest::Ok)) => return None,
        Some(StartupReply::Authentication(_)) | None => false,
    };
    if !refused && product != Product::Cockroachdb {
        return None;
    }
    Some(
        Detection::new(format!(
            "the client certificate is for {}: one for user `{user}` is wanted",
            listed(&principals)
        ))
        .severity(Severity::Medium)
        .confidence(if refused {
            Confidence::High
        } else {
            Confidence::Medium
        })
        .discriminator("user"),
    )
}
