//! verifull's own configuration: the rendered lines, in place of the line with the password, mean the same endpoint.

use std::path::Path;

use verifull::config::{Surroundings, parse_within};
use verifull::remediation::{Remedy, SecretPlace};

use super::lab::{Lab, PASSWORD};
use super::{Programs, Snippets, Suite};

pub(super) const SUITES: &[Suite] = &[Suite {
    covers: &[
        ("move_secret", "verifull: the value from the environment"),
        ("move_secret", "verifull: the value from a file"),
    ],
    run,
}];

fn run(_: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let target = format!("postgresql://app:{PASSWORD}@db1.example:26257/app");
    let text = format!("[[endpoint]]\nname = \"db1\"\ntarget = \"{target}\"\n");
    let name = Path::new("verifull.toml");
    let parse = |text: &str| {
        let environment =
            |variable: &str| (variable == "VERIFULL_ENDPOINT_1_TARGET").then(|| target.clone());
        let read = |path: &Path| {
            if path == Path::new("/path/to/secret") {
                Ok(target.clone())
            } else {
                Err(format!("no such file: {}", path.display()))
            }
        };
        let surroundings = Surroundings {
            environment: &environment,
            read: &read,
        };
        parse_within(text, name, &surroundings).map_err(|errors| format!("{errors:?}\n{text}"))
    };
    let before = parse(&text)?;
    let [secret] = before.secrets.as_slice() else {
        return Err(format!("wanted one secret, saw {:?}", before.secrets));
    };
    let remedy = Remedy::MoveSecret(SecretPlace {
        path: name.display().to_string(),
        line: secret.line,
        key: secret.key.clone(),
    });
    for title in [
        "verifull: the value from the environment",
        "verifull: the value from a file",
    ] {
        let snippet = snippets.take(&remedy, title);
        let mut lines: Vec<&str> = text.lines().collect();
        lines[secret.line - 1] = &snippet.text;
        let after = parse(&lines.join("\n"))?;
        if !after.secrets.is_empty()
            || after.endpoints[0].target.host != before.endpoints[0].target.host
        {
            return Err(format!("{title}: {after:?}"));
        }
    }
    Ok(vec![(
        "verifull".to_owned(),
        env!("CARGO_PKG_VERSION").to_owned(),
    )])
}
