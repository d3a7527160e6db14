//! Carrying forward: the login tests are rarer than the quick probe, and what they told stays known in between.
//!
//! A carried fact keeps its age in `login_tested_at`. Nothing is carried from one address to another.

use std::sync::Arc;

use crate::observation::{Attempt, EndpointObservation, Product};

/// Returns the new observation with the answers of the last login tests where it has none of its own.
pub(super) fn login_tests(
    new: Arc<EndpointObservation>,
    old: &EndpointObservation,
) -> Arc<EndpointObservation> {
    let lacks_plaintext = is_missing(&new.plaintext_startup) && !is_missing(&old.plaintext_startup);
    let lacks_tls = is_missing(&new.tls_startup) && !is_missing(&old.tls_startup);
    let another_product = new.server.product != Product::Unknown
        && old.server.product != Product::Unknown
        && new.server.product != old.server.product;
    // A probe that tested one of the two is a test of its own: the other answer would be of another age, and an
    // observation has room for one. Answers of another product are nobody's.
    let tested_itself = !is_missing(&new.plaintext_startup) || !is_missing(&new.tls_startup);
    if tested_itself || another_product || !(lacks_plaintext || lacks_tls) {
        return new;
    }
    let mut merged = Arc::unwrap_or_clone(new);
    merged.plaintext_startup = old.plaintext_startup.clone();
    merged.tls_startup = old.tls_startup.clone();
    merged.login_tested_at = old.login_tested_at.or(Some(old.observed_at));
    if merged.server.product == Product::Unknown {
        merged.server.product = old.server.product;
    }
    for evidence in &old.server.evidence {
        if !merged.server.evidence.contains(evidence) {
            merged.server.evidence.push(evidence.clone());
        }
    }
    Arc::new(merged)
}

fn is_missing<T>(attempt: &Attempt<T>) -> bool {
    matches!(attempt, Attempt::NotAttempted(_))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{accepted, at, certificate, good};
    use super::*;

    fn quick() -> Arc<EndpointObservation> {
        Arc::new(good(1, &certificate("a")))
    }

    fn tested() -> EndpointObservation {
        let mut tested = good(1, &certificate("a"));
        tested.observed_at = at(5);
        tested.plaintext_startup = Attempt::Seen(accepted());
        tested.tls_startup = Attempt::Seen(accepted());
        tested.server.product = Product::Cockroachdb;
        tested.server.evidence = vec!["ErrorResponse names `conn.go`".to_owned()];
        tested
    }

    #[test]
    fn answers_and_evidence_are_carried_with_their_age() {
        let carried = login_tests(quick(), &tested());
        assert_eq!(carried.plaintext_startup, Attempt::Seen(accepted()));
        assert_eq!(carried.tls_startup, Attempt::Seen(accepted()));
        assert_eq!(carried.login_tested_at, Some(at(5)));
        assert_eq!(carried.server, tested().server);
    }

    #[test]
    fn own_answers_are_not_replaced() {
        let mut own = tested();
        own.observed_at = at(9);
        own.plaintext_startup = Attempt::Refused("server requires encryption".to_owned());
        own.tls_startup = Attempt::NotAttempted("turned off".to_owned());
        assert_eq!(*login_tests(Arc::new(own.clone()), &tested()), own);
    }

    #[test]
    fn answers_of_another_product_are_nobodys() {
        let mut other = good(1, &certificate("a"));
        other.server.product = Product::Postgresql;
        let carried = login_tests(Arc::new(other.clone()), &tested());
        assert_eq!(*carried, other);
    }
}
