//! verifull's own configuration: a password out of the file.
//!
//! It does not know the password and never asks for it: verifull does not log in.

use crate::remediation::quote;
use crate::remediation::{Dialect, Proof, Remedy, SecretPlace, Snippet};
use crate::text::printable;

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::MoveSecret(place) => vec![variable(place), file(place)],
        Remedy::VerifyFull(_)
        | Remedy::OfferTls(_)
        | Remedy::RequireTls(_)
        | Remedy::IssueCertificate(_)
        | Remedy::SendIntermediates(_)
        | Remedy::ModernTls(_)
        | Remedy::HardenTls(_)
        | Remedy::HttpTransport(_)
        | Remedy::IssueClientCertificate(_) => Vec::new(),
    }
}

fn variable(place: &SecretPlace) -> Snippet {
    let value = quote::toml(&format!("${{{}}}", variable_name(&place.key)));
    let mut then = vec![
        "set the variable where verifull is started, from the place that keeps your secrets"
            .to_owned(),
    ];
    then.extend(steps());
    Snippet {
        dialect: Dialect::Verifull,
        title: "verifull: the value from the environment".to_owned(),
        language: "toml",
        text: format!("{}{} = {value}\n", position(place), leaf(&place.key)),
        then,
        verify: verify(place),
        proof: Proof::Executed("verifull 0.1"),
    }
}

fn file(place: &SecretPlace) -> Snippet {
    let mut then =
        vec!["put the value into that file and take it from everybody else: chmod 600".to_owned()];
    then.extend(steps());
    Snippet {
        dialect: Dialect::Verifull,
        title: "verifull: the value from a file".to_owned(),
        language: "toml",
        text: format!(
            "{}{}_file = \"/path/to/secret\"\n",
            position(place),
            leaf(&place.key)
        ),
        then,
        verify: verify(place),
        proof: Proof::Executed("verifull 0.1"),
    }
}

fn position(place: &SecretPlace) -> String {
    format!(
        "# {}, in place of line {}\n",
        printable(&place.path),
        place.line
    )
}

fn steps() -> Vec<String> {
    vec![
        "or leave the password out of the target: verifull never logs in".to_owned(),
        "change the password: it stays in backups and in version control".to_owned(),
    ]
}

fn verify(place: &SecretPlace) -> String {
    format!("verifull check --config {}", quote::shell(&place.path))
}

/// Returns the last part of a key such as `endpoint[2].target`.
fn leaf(key: &str) -> &str {
    key.rsplit('.')
        .next()
        .filter(|leaf| {
            !leaf.is_empty()
                && leaf
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        })
        .unwrap_or("target")
}

/// Makes the name of a variable from a key: `endpoint[2].target` becomes `VERIFULL_ENDPOINT_2_TARGET`.
fn variable_name(key: &str) -> String {
    let mut name = "VERIFULL".to_owned();
    for part in key
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
    {
        name.push('_');
        name += &part.to_ascii_uppercase();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_variables() {
        assert_eq!(
            variable_name("endpoint[2].target"),
            "VERIFULL_ENDPOINT_2_TARGET"
        );
        assert_eq!(leaf("endpoint[2].target"), "target");
        assert_eq!(leaf("x\" = 1"), "target");
    }
}
