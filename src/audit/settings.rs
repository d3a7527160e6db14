//! What the configuration asks of which files.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::check;
use crate::config::{ConfigError, Files};
use crate::finding::Severity;
use crate::source::Role;

/// Roles that a rule can give, by the names that reports use.
const ROLES: [Role; 6] = [
    Role::Deploy,
    Role::App,
    Role::Dev,
    Role::Example,
    Role::Test,
    Role::Docs,
];

/// Rules for files, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    globs: GlobSet,
    rules: Vec<Rule>,
}

/// What counts for one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Checks that are off, by id.
    pub off: Vec<String>,
    /// The highest severity of a finding.
    pub cap: Option<Severity>,
    /// What the file is for, where somebody said so.
    pub role: Option<Role>,
}

impl Settings {
    /// Reads the rules of a configuration; a check that does not exist is an error at its place.
    pub fn of(files: &Files, config: &Path) -> Result<Self, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let mut globs = GlobSetBuilder::new();
        let mut rules = Vec::new();
        for rule in &files.rules {
            for (id, (line, column)) in &rule.off {
                if check::find(id).is_none() {
                    let known = check::REGISTER.iter().map(|check| check.id);
                    let shown = crate::text::printable_within(id, 60);
                    errors.push(ConfigError {
                        path: config.to_owned(),
                        line: *line,
                        column: *column,
                        key: Some(format!("files.rule[{}].off", rule.number)),
                        message: format!("there is no check `{shown}`{}", Files::meant(id, known)),
                    });
                }
            }
            // The configuration's own reader has tried it.
            if let Ok(glob) = GlobBuilder::new(&rule.glob).literal_separator(true).build() {
                globs.add(glob);
                rules.push(Rule {
                    off: rule.off.iter().map(|(id, _)| id.clone()).collect(),
                    cap: rule.cap.as_deref().and_then(Severity::from_name),
                    role: rule.role.as_deref().and_then(role_from_name),
                });
            }
        }
        match globs.build() {
            Ok(globs) if errors.is_empty() => Ok(Self { globs, rules }),
            Ok(_) | Err(_) => Err(errors),
        }
    }

    /// Returns what counts for a file: all checks that a rule turns off, and the last rule's word on the rest.
    pub fn rule(&self, path: &str) -> Rule {
        let mut all = Rule::default();
        for index in self.globs.matches(path) {
            let Some(rule) = self.rules.get(index) else {
                continue;
            };
            all.off.extend(rule.off.iter().cloned());
            all.cap = rule.cap.or(all.cap);
            all.role = rule.role.or(all.role);
        }
        all
    }
}

fn role_from_name(name: &str) -> Option<Role> {
    ROLES.into_iter().find(|role| role.as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, files};

    fn settings(text: &str) -> Result<Settings, Vec<ConfigError>> {
        let path = Path::new("verifull.toml");
        let config = config::parse(text, path, &|_| None).expect("a configuration");
        Settings::of(&config.files, path)
    }

    #[test]
    fn words_of_the_configuration_are_those_of_findings_and_files() {
        assert_eq!(files::SEVERITIES, Severity::ALL.map(Severity::as_str));
        assert_eq!(files::ROLES, ROLES.map(Role::as_str));
    }

    #[test]
    fn later_rule_counts_and_checks_stay_off() {
        let settings = settings(
            "[[files.rule]]\nglob = 'tests/**'\noff = ['hsts-missing']\ncap = 'low'\nrole = 'test'\n\
             [[files.rule]]\nglob = '**/*.env'\ncap = 'high'\n",
        )
        .expect("good rules");
        assert_eq!(settings.rule("app/db.py"), Rule::default());
        let rule = settings.rule("tests/a/b.env");
        assert_eq!(rule.off, ["hsts-missing"]);
        assert_eq!(
            (rule.cap, rule.role),
            (Some(Severity::High), Some(Role::Test))
        );
    }

    #[test]
    fn check_that_does_not_exist_is_told_with_its_place() {
        let errors = settings("[[files.rule]]\nglob = 'a'\noff = [\n  'hsts-mising',\n]\n")
            .expect_err("no such check");
        assert_eq!(
            errors[0].to_string(),
            "verifull.toml:4:3: `files.rule[1].off`: there is no check `hsts-mising`; did you mean `hsts-missing`?"
        );
    }
}
