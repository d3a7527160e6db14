//! What a file is for, as far as its path tells: a weakness in a production file is worse than in an example.
//!
//! The nearest name counts most: the file's own, then its directories from the inside. Only where no name says anything is the content
//! looked at, and only for its shape (a Kubernetes object, a compose file).

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It decides how something is run for others: compose, Kubernetes, Helm, Terraform, images, server configuration.
    Deploy,
    /// Code and configuration of an application.
    App,
    /// Development: dev containers, local overrides, debug profiles.
    Dev,
    /// An example, a sample or a template to be copied.
    Example,
    /// Tests and their data, continuous integration.
    Test,
    /// Documentation.
    Docs,
}

impl Role {
    /// Returns the name that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::App => "app",
            Self::Dev => "dev",
            Self::Example => "example",
            Self::Test => "test",
            Self::Docs => "docs",
        }
    }
}

/// Tells what a file is for by its path, and by its content where the path says nothing.
pub fn of(path: &str, text: &str) -> Role {
    let path = path.to_lowercase();
    let mut segments: Vec<&str> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let name = segments.pop().unwrap_or_default();
    let is_code = is_code(name);
    if is_integration(&segments) {
        return Role::Test;
    }
    by_name(name, is_code)
        .or_else(|| by_directories(&segments, is_code))
        .unwrap_or_else(|| {
            if !is_code && (is_deployment(name) || is_deployment_content(text)) {
                Role::Deploy
            } else {
                Role::App
            }
        })
}

/// Whether a directory holds what continuous integration runs.
fn is_integration(segments: &[&str]) -> bool {
    segments.starts_with(&[".github", "workflows"])
        || segments
            .iter()
            .any(|segment| matches!(*segment, ".circleci" | ".gitlab"))
}

fn is_code(name: &str) -> bool {
    matches!(
        name.rsplit_once('.').map_or("", |(_, ending)| ending),
        "py" | "js"
            | "mjs"
            | "cjs"
            | "jsx"
            | "ts"
            | "tsx"
            | "go"
            | "rs"
            | "java"
            | "kt"
            | "cs"
            | "rb"
            | "php"
            | "ex"
            | "exs"
    )
}

/// Returns the words of a name: `docker-compose.test.yml` has four.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['.', '-', '_', ' '])
}

fn has(name: &str, wanted: &[&str]) -> bool {
    words(name).any(|word| wanted.contains(&word))
}

const TEST: &[&str] = &[
    "test", "tests", "spec", "e2e", "testing", "ci", "fixture", "fixtures", "testdata",
];
const EXAMPLE: &[&str] = &[
    "example", "examples", "sample", "samples", "dist", "demo", "tutorial", "template",
];
const DEVELOPMENT: &[&str] = &[
    "dev",
    "devel",
    "development",
    "local",
    "localhost",
    "devcontainer",
    "debug",
];
const PRODUCTION: &[&str] = &["prod", "production", "staging", "release"];

/// What the file's own name says.
fn by_name(name: &str, is_code: bool) -> Option<Role> {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if matches!(ending, "md" | "mdx" | "rst" | "adoc") || name.starts_with("readme") {
        return Some(Role::Docs);
    }
    let is_test_code = is_code
        && (name.starts_with("test_")
            || name.contains("_test.")
            || name.contains(".test.")
            || name.contains(".spec.")
            || name.contains("tests.")
            || name == "conftest.py"
            || (name.ends_with("test.java") || name.ends_with("tests.cs")));
    if is_test_code || (!is_code && has(name, TEST)) {
        return Some(Role::Test);
    }
    // Words of code name what it does (`example.py` teaches, `local_settings.py` is what Django runs with), but for a few.
    if is_code {
        return None;
    }
    if has(name, EXAMPLE) && !name.ends_with(".template") {
        return Some(Role::Example);
    }
    if has(name, DEVELOPMENT) {
        return Some(Role::Dev);
    }
    if has(name, PRODUCTION) {
        return Some(Role::Deploy);
    }
    None
}

/// What the directories say, the innermost first.
fn by_directories(segments: &[&str], is_code: bool) -> Option<Role> {
    segments.iter().rev().find_map(|segment| {
        if matches!(
            *segment,
            "test"
                | "tests"
                | "__tests__"
                | "spec"
                | "e2e"
                | "testdata"
                | "fixtures"
                | "integration-tests"
        ) || has(segment, &["test", "tests"])
        {
            Some(Role::Test)
        } else if has(segment, EXAMPLE) {
            Some(Role::Example)
        } else if matches!(*segment, "docs" | "doc" | "documentation") && !is_code {
            Some(Role::Docs)
        } else if has(segment, DEVELOPMENT) {
            Some(Role::Dev)
        } else if !is_code
            && has(
                segment,
                &[
                    "deploy",
                    "deployment",
                    "deployments",
                    "k8s",
                    "kubernetes",
                    "helm",
                    "charts",
                    "chart",
                    "terraform",
                    "ansible",
                    "infra",
                    "prod",
                    "production",
                    "nginx",
                    "haproxy",
                    "manifests",
                    "contrib",
                    "systemd",
                    "docker",
                    "pgbouncer",
                    "envoy",
                    "traefik",
                ],
            )
        {
            Some(Role::Deploy)
        } else {
            None
        }
    })
}

/// Whether a name is that of a file that decides how something is run.
fn is_deployment(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    name.contains("compose")
        || name.starts_with("dockerfile")
        || name.starts_with("containerfile")
        || matches!(
            name,
            "values.yaml"
                | "values.yml"
                | "chart.yaml"
                | "pg_hba.conf"
                | "postgresql.conf"
                | "procfile"
        )
        || name.starts_with("haproxy")
        || name.starts_with("nginx")
        || name.starts_with("pgbouncer")
        || matches!(ending, "tf" | "tfvars" | "hcl" | "service" | "nomad")
}

/// Whether a content is that of a file that decides how something is run: a Kubernetes object, a compose file, a server's configuration.
fn is_deployment_content(text: &str) -> bool {
    let mut has_version = false;
    let mut has_kind = false;
    for line in text.lines().take(400) {
        has_version |= line.starts_with("apiVersion:");
        has_kind |= line.starts_with("kind:");
        if (has_version && has_kind) || line == "services:" {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_what_a_file_is_for() {
        for (path, role) in [
            ("docker-compose.prod.yml", Role::Deploy),
            ("docker-compose.yml", Role::Deploy),
            ("dev/docker-compose.yml", Role::Dev),
            ("docker-compose.test.yml", Role::Test),
            (".github/workflows/ci.yml", Role::Test),
            ("tests/app/settings.py", Role::Test),
            ("src/test_db.py", Role::Test),
            ("pkg/db_test.go", Role::Test),
            (".env.example", Role::Example),
            ("examples/axum/main.rs", Role::Example),
            ("docs/guide.yaml", Role::Docs),
            ("src/doc.md", Role::Docs),
            (".devcontainer/backend.env", Role::Dev),
            ("src/main/resources/application-dev.yml", Role::Dev),
            ("charts/x/values.yaml", Role::Deploy),
            ("infra/main.tf", Role::Deploy),
            ("src/app/config.py", Role::App),
            ("latest/contest.py", Role::App),
            ("config.prod.js", Role::App),
        ] {
            assert_eq!(of(path, ""), role, "{path}");
        }
    }

    #[test]
    fn kubernetes_object_is_deployed_wherever_it_lies() {
        assert_eq!(
            of("a/b.yaml", "apiVersion: v1\nkind: Secret\n"),
            Role::Deploy
        );
        assert_eq!(of("a/b.yaml", "a: b\n"), Role::App);
    }
}
