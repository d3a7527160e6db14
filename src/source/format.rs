//! What kind of file this is, by its name and its content.
//!
//! A name is believed unless the content says otherwise: a `.conf` is looked into, a `.py` that holds `HAProxy`'s sections is
//! `HAProxy`'s. Before anything is parsed, one pass over the bytes tells whether any word in it can concern us. It reads nothing.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// A format that a front end reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Python.
    Python,
    /// JavaScript and JSX.
    JavaScript,
    /// TypeScript.
    TypeScript,
    /// TSX.
    Tsx,
    /// Go.
    Go,
    /// Java and, as far as it looks alike, Kotlin.
    Java,
    /// Rust.
    Rust,
    /// C#.
    CSharp,
    /// Shell.
    Shell,
    /// YAML: compose, Kubernetes, Helm values, workflows.
    Yaml,
    /// TOML.
    Toml,
    /// JSON, with comments and trailing commas.
    Json,
    /// HCL: Terraform.
    Hcl,
    /// Dockerfile.
    Dockerfile,
    /// dotenv.
    Dotenv,
    /// ini: alembic, `PgBouncer`, systemd units, `pg_service.conf`.
    Ini,
    /// Java properties.
    Properties,
    /// nginx.
    Nginx,
    /// `HAProxy`.
    Haproxy,
    /// Apache.
    Apache,
    /// `pg_hba.conf`.
    PgHba,
    /// `postgresql.conf`.
    PostgresqlConf,
    /// A Prisma schema.
    Prisma,
    /// Any other text, or a template of one of the above: line by line.
    Lines,
}

/// Tells the format of a file by its name and its content; `None` where no text in it can concern us, such as a lock file or a picture.
pub fn detect(path: &str, text: &str) -> Option<Format> {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    if is_data(&name, text) {
        return None;
    }
    let format = by_name(&name, path, text)?;
    // An access file is short and need not hold a word of ours; every line of it concerns us.
    let is_ours = format == Format::PgHba || concerns_us(text);
    is_ours.then_some(format)
}

/// Whether a text holds any word that a reading looks for: one pass over its bytes, before anything is parsed.
pub fn concerns_us(text: &str) -> bool {
    static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
        AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(WORDS_OF_CONCERN)
            .expect("a few dozen short words make an automaton")
    });
    WORDS.is_match(text)
}

/// Words without which no check has anything to say: of connections, TLS, secrets, cryptography, and of what surrounds them.
const WORDS_OF_CONCERN: &[&str] = &[
    // Databases and their drivers.
    "postgres",
    "pgsql",
    "cockroach",
    "crdb",
    "pgbouncer",
    "psycopg",
    "asyncpg",
    "pgx",
    "26257",
    "5432",
    "database",
    "db_",
    "dsn",
    "sqlalchemy",
    "sequelize",
    "typeorm",
    "datasource",
    "pghost",
    "pgpass",
    "execute",
    // TLS.
    "ssl",
    "tls",
    "cert_",
    "certif",
    "insecure",
    "rejectun",
    "verif",
    "cipher",
    "secure",
    "trust",
    "https",
    // Secrets.
    "passw",
    "pwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "private",
    "credential",
    // Cryptography.
    "md5",
    "sha1",
    "aesgcm",
    "fernet",
    "nonce",
    "random",
    "base64",
    "crypto",
    // Applications and meshes.
    "cookie",
    "fastapi",
    "flask",
    "starlette",
    "peerauthentication",
    "http://",
    "syslog",
    "fluent",
    "verifull",
];

/// Files that programs write.
const DATA_NAMES: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "cargo.lock",
    "go.sum",
    "poetry.lock",
    "uv.lock",
    "pipfile.lock",
    "composer.lock",
    "gemfile.lock",
    "mix.lock",
    "packages.lock.json",
    "flake.lock",
    "bun.lock",
    "deno.lock",
    ".terraform.lock.hcl",
    "license",
    "licence",
    "changelog",
    "authors",
    "codeowners",
];

/// Endings of data, pictures, keys and generated text.
const DATA_ENDINGS: &[&str] = &[
    ".map",
    ".csv",
    ".tsv",
    ".sql",
    ".svg",
    ".html",
    ".htm",
    ".css",
    ".scss",
    ".less",
    ".xml",
    ".pem",
    ".crt",
    ".cer",
    ".key",
    ".csr",
    ".pub",
    ".p12",
    ".pfx",
    ".jks",
    ".lock",
    ".min.js",
    ".min.css",
    ".bundle.js",
    ".snap",
    ".ipynb",
    ".log",
    ".diff",
    ".patch",
    ".po",
    ".pot",
    ".proto",
    ".pb.go",
    ".d.ts",
    ".tfstate",
    ".ndjson",
    ".jsonl",
    ".geojson",
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".ico",
    ".pdf",
    ".woff",
    ".woff2",
    ".ttf",
    ".zip",
    ".gz",
    ".jar",
    ".class",
    ".exe",
];

/// Whether a file is data, generated or machine-written: nobody mends it by hand, and it gives nothing but noise.
fn is_data(name: &str, text: &str) -> bool {
    DATA_NAMES.contains(&name)
        || DATA_ENDINGS.iter().any(|ending| name.ends_with(ending))
        || text.contains('\0')
        || is_minified(name, text)
}

/// Whether a script is a bundle: its lines are longer than anybody writes.
fn is_minified(name: &str, text: &str) -> bool {
    const LONGEST_LINE_BY_HAND: usize = 5_000;
    matches!(ending(name), "js" | "mjs" | "cjs" | "json")
        && text.len() > 20_000
        && text.len() / (text.bytes().filter(|byte| *byte == b'\n').count() + 1)
            > LONGEST_LINE_BY_HAND / 10
        && text.lines().any(|line| line.len() > LONGEST_LINE_BY_HAND)
        && !is_data_by_hand(text)
}

/// Whether a long line may be written by hand after all: a JSON value that somebody's tool put on one line.
fn is_data_by_hand(text: &str) -> bool {
    text.trim_start().starts_with('{') && text.len() < 200_000 && text.lines().count() < 3
}

/// Marks at the end of a name that say that the file is a template or a copy of what stands before them.
const LAYERS: &[&str] = &[
    "tpl",
    "tmpl",
    "ftl",
    "j2",
    "jinja",
    "jinja2",
    "template",
    "erb",
    "gotmpl",
    "mustache",
    "in",
    "example",
    "sample",
    "dist",
    "default",
    "defaults",
    "bak",
    "orig",
    "old",
    "local",
    "dev",
    "development",
    "prod",
    "production",
    "staging",
    "test",
];

fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn by_name(name: &str, path: &str, text: &str) -> Option<Format> {
    if let Some(format) = by_whole_name(name, path) {
        return Some(format);
    }
    if let Some((before, last)) = name.rsplit_once('.')
        && LAYERS.contains(&last)
        && !before.is_empty()
    {
        return by_name(before, path, text).or_else(|| Some(by_content(text)));
    }
    let format = by_ending(ending(name), text)?;
    Some(match format {
        // A program whose content is a server's configuration is one: somebody named it wrong.
        Format::Python | Format::Ini | Format::Lines if is_haproxy(text) => Format::Haproxy,
        _ => format,
    })
}

fn by_whole_name(name: &str, path: &str) -> Option<Format> {
    let is_dotenv = name == ".env"
        || name.starts_with(".env.")
        || name.starts_with(".env-")
        || name.starts_with(".envrc")
        || name.starts_with("env.")
        || name.starts_with("env-")
        || name.starts_with("dotenv")
        || ending(name) == "env"
        || name.contains(".env.")
        || name == "env";
    let is_code = matches!(
        ending(name),
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
            | "sh"
            | "rb"
            | "md"
            | "json"
            | "yaml"
            | "yml"
            | "php"
            | "toml"
    );
    match name {
        _ if is_dotenv && !is_code => Some(Format::Dotenv),
        "pg_hba.conf" => Some(Format::PgHba),
        "postgresql.conf" | "postgresql.auto.conf" => Some(Format::PostgresqlConf),
        "haproxy.cfg" | "haproxy.conf" => Some(Format::Haproxy),
        "nginx.conf" => Some(Format::Nginx),
        "httpd.conf" | "apache2.conf" | ".htaccess" => Some(Format::Apache),
        "pg_service.conf" | ".pg_service.conf" | "setup.cfg" | "uwsgi.ini" => Some(Format::Ini),
        ".pgpass" | "pgpass" | "pgpass.conf" | "userlist.txt" | "procfile" | "makefile"
        | "justfile" => Some(Format::Lines),
        "pipfile" => Some(Format::Toml),
        _ if name == "dockerfile"
            || name == "containerfile"
            || name.starts_with("dockerfile.")
            || name.starts_with("dockerfile-")
            || name.ends_with(".dockerfile") =>
        {
            (!is_code).then_some(Format::Dockerfile)
        }
        _ if path.contains("sites-available/") || path.contains("sites-enabled/") => {
            path.contains("nginx").then_some(Format::Nginx)
        }
        _ => None,
    }
}

fn by_ending(ending: &str, text: &str) -> Option<Format> {
    Some(match ending {
        "py" | "pyi" | "pyw" | "star" | "bzl" => Format::Python,
        "js" | "mjs" | "cjs" | "jsx" => Format::JavaScript,
        "ts" | "mts" | "cts" => Format::TypeScript,
        "tsx" => Format::Tsx,
        "go" => Format::Go,
        "java" | "kt" | "kts" | "groovy" | "gradle" | "scala" => Format::Java,
        "rs" => Format::Rust,
        "cs" => Format::CSharp,
        "sh" | "bash" | "zsh" | "ksh" | "bats" => Format::Shell,
        "yaml" | "yml" | "helm" => Format::Yaml,
        "toml" => Format::Toml,
        "json" | "jsonc" | "json5" | "hjson" | "code-workspace" => Format::Json,
        "tf" | "hcl" | "tfvars" | "nomad" => Format::Hcl,
        "properties" => Format::Properties,
        "prisma" => Format::Prisma,
        "service" | "timer" | "socket" | "mount" | "desktop" | "container" | "ini" | "cfg" => {
            by_ini(text)
        }
        "conf" | "cnf" | "config" | "vhost" | "" | "tpl" | "tmpl" | "ftl" | "j2" | "template" => {
            by_content(text)
        }
        "md" | "mdx" | "rst" | "txt" | "adoc" | "rb" | "php" | "ex" | "exs" | "erl" | "pl"
        | "lua" | "ps1" | "bat" | "cmd" | "swift" | "dart" | "c" | "h" | "cpp" | "hpp" | "cc"
        | "vue" | "svelte" | "cjsx" | "mk" | "envrc" => Format::Lines,
        _ => return None,
    })
}

fn by_ini(text: &str) -> Format {
    if is_haproxy(text) {
        Format::Haproxy
    } else {
        Format::Ini
    }
}

/// How many lines are looked at to tell a format.
const LOOKED_AT: usize = 400;

/// Tells a format from content alone.
fn by_content(text: &str) -> Format {
    if let Some(shebang) = text.lines().next().and_then(|line| line.strip_prefix("#!")) {
        return if shebang.contains("python") {
            Format::Python
        } else if shebang.contains("node") {
            Format::JavaScript
        } else if shebang.contains("sh") {
            Format::Shell
        } else {
            Format::Lines
        };
    }
    if is_haproxy(text) {
        return Format::Haproxy;
    }
    let mut seen = Shapes::default();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines.take(LOOKED_AT) {
        seen.look(line);
    }
    seen.format()
}

/// Directives that nginx has and few others.
const NGINX_DIRECTIVES: &[&str] = &[
    "server",
    "location",
    "upstream",
    "http",
    "events",
    "proxy_pass",
    "listen",
    "ssl_protocols",
    "ssl_ciphers",
    "ssl_certificate",
    "server_name",
    "worker_processes",
    "include",
    "add_header",
    "proxy_set_header",
    "map",
];

/// Settings that `postgresql.conf` has and no other.
const POSTGRESQL_SETTINGS: &[&str] = &[
    "listen_addresses",
    "max_connections",
    "shared_buffers",
    "ssl_cert_file",
    "ssl_key_file",
    "password_encryption",
    "ssl_min_protocol_version",
    "ssl_ciphers",
    "ssl_ca_file",
    "hba_file",
    "wal_level",
    "log_connections",
];

/// What shapes of lines a text has, and how many of each.
#[derive(Default)]
struct Shapes {
    lines: usize,
    nginx: usize,
    apache: usize,
    hba: usize,
    sections: usize,
    assignments: usize,
    upper_assignments: usize,
    dotted_assignments: usize,
    server_settings: usize,
    mappings: usize,
    images: usize,
    brackets: usize,
    blocks: usize,
}

impl Shapes {
    fn look(&mut self, line: &str) {
        let Some(first) = line.split_whitespace().next() else {
            return;
        };
        if line.starts_with(['#', ';']) || line.starts_with("//") {
            return;
        }
        self.lines += 1;
        let ends_as_nginx = line.ends_with(';') || line.ends_with('{');
        self.nginx +=
            usize::from(ends_as_nginx && NGINX_DIRECTIVES.contains(&first) && !line.contains('='));
        self.apache += usize::from(
            (line.starts_with("<VirtualHost")
                || line.starts_with("<Directory")
                || line.starts_with("<IfModule"))
                || (first.starts_with("SSL") && !line.contains('=') && !line.ends_with(';')),
        );
        self.hba += usize::from(
            matches!(
                first,
                "local" | "host" | "hostssl" | "hostnossl" | "hostgssenc" | "hostnogssenc"
            ) && line.split_whitespace().count() >= 4
                && !line.contains('='),
        );
        self.sections +=
            usize::from(line.starts_with('[') && line.ends_with(']') && !line.contains(','));
        self.images += usize::from(first == "FROM" || first == "RUN" || first == "ENTRYPOINT");
        self.brackets += usize::from(line.starts_with('"') && line.contains("\":"));
        self.blocks += usize::from(
            line.ends_with('{') && matches!(first, "resource" | "provider" | "variable" | "locals"),
        );
        if let Some((key, value)) = line.split_once('=') {
            let key = key.trim_end();
            let is_key = !key.is_empty() && !key.contains([' ', '"', '(', '{', '<']);
            self.assignments += usize::from(is_key);
            self.upper_assignments += usize::from(
                is_key
                    && !value.starts_with(' ')
                    && key
                        .bytes()
                        .all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit()),
            );
            self.dotted_assignments +=
                usize::from(is_key && key.contains('.') && !key.contains('/'));
            self.server_settings += usize::from(POSTGRESQL_SETTINGS.contains(&key));
        } else if let Some((key, value)) = line.split_once(':') {
            let is_key = !key.contains([' ', '"', '(', '{', '<', '/']);
            self.mappings += usize::from(is_key && (value.is_empty() || value.starts_with(' ')));
        }
    }

    fn format(&self) -> Format {
        let half = self.lines.div_ceil(2).max(1);
        if self.nginx >= 2 {
            Format::Nginx
        } else if self.apache >= 1 && self.apache >= self.assignments {
            Format::Apache
        } else if self.hba >= half {
            Format::PgHba
        } else if self.images >= 2 {
            Format::Dockerfile
        } else if self.blocks >= 1 {
            Format::Hcl
        } else if self.server_settings >= 2 && self.sections == 0 {
            Format::PostgresqlConf
        } else if self.sections >= 1 && self.assignments >= self.mappings {
            Format::Ini
        } else if self.upper_assignments >= half {
            Format::Dotenv
        } else if self.dotted_assignments >= half {
            Format::Properties
        } else if self.brackets >= half {
            Format::Json
        } else if self.mappings >= half {
            Format::Yaml
        } else if self.assignments >= half {
            Format::Properties
        } else {
            Format::Lines
        }
    }
}

/// Whether a text has `HAProxy`'s sections and its settings in them.
fn is_haproxy(text: &str) -> bool {
    let mut sections = 0;
    let mut settings = 0;
    for line in text.lines().take(LOOKED_AT) {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("global" | "defaults") if words.next().is_none() => sections += 1,
            Some("frontend" | "backend" | "listen")
                if !line.starts_with([' ', '\t'])
                    && !line.trim_end().ends_with([';', ':', '{']) =>
            {
                sections += usize::from(words.count() == 1);
            }
            Some(
                "bind" | "mode" | "balance" | "option" | "timeout" | "maxconn" | "default_backend"
                | "use_backend",
            ) => {
                settings += 1;
            }
            _ => {}
        }
    }
    sections >= 1 && settings >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> Option<Format> {
        detect(path, text)
    }

    #[test]
    fn names_tell_the_format() {
        for (path, format) in [
            ("docker-compose.prod.yml", Format::Yaml),
            ("a/.env", Format::Dotenv),
            (".env.example", Format::Dotenv),
            ("podman/env.sample", Format::Dotenv),
            ("env-example-relational", Format::Dotenv),
            ("pgbouncer/cockroachdb.env", Format::Dotenv),
            ("alembic.ini", Format::Ini),
            ("units/cockroach.service", Format::Ini),
            ("Dockerfile.cockroach", Format::Dockerfile),
            ("infra/main.tf", Format::Hcl),
            ("config.jsonc", Format::Json),
            ("defaults.hjson", Format::Json),
            ("schema.prisma", Format::Prisma),
            ("pg_hba.conf", Format::PgHba),
            ("application.properties", Format::Properties),
            ("application-pgsql-properties.ftl", Format::Lines),
            ("values.yaml.gotmpl", Format::Yaml),
            ("src/env.ts", Format::TypeScript),
            ("config.env.js", Format::JavaScript),
            ("README.md", Format::Lines),
            ("main.tsx", Format::Tsx),
        ] {
            assert_eq!(of(path, "postgres"), Some(format), "{path}");
        }
    }

    #[test]
    fn content_tells_the_format_where_a_name_does_not() {
        for (path, text, format) in [
            (
                "site.conf",
                "server {\n  listen 443 ssl;\n}\n",
                Format::Nginx,
            ),
            (
                "nginx.conf.tpl",
                "events {\n}\nhttp {\n ssl on;\n}\n",
                Format::Nginx,
            ),
            (
                "run.py",
                "global\n  maxconn 9\nfrontend x\n  bind *:443 ssl\n  mode tcp\n",
                Format::Haproxy,
            ),
            (
                "x.conf",
                "<VirtualHost *:443>\n SSLEngine on\n</VirtualHost>\n",
                Format::Apache,
            ),
            (
                "x.conf",
                "listen_addresses = '*'\nmax_connections = 10\nssl = off\n",
                Format::PostgresqlConf,
            ),
            ("x.conf", "DATABASE_URL=postgres://a\nB=c\n", Format::Dotenv),
            ("x.conf", "[a]\nhost = db\npassword = x\n", Format::Ini),
            (
                "x.conf",
                "hostssl all all 0.0.0.0/0 md5\nhost all all all trust\n",
                Format::PgHba,
            ),
            (
                "run",
                "#!/usr/bin/env bash\npsql $DB # postgres\n",
                Format::Shell,
            ),
            (
                "x-properties.ftl",
                "spring.datasource.url=jdbc:postgresql://h/d\nspring.x=y\n",
                Format::Properties,
            ),
            ("app.py.j2", "import psycopg2\n", Format::Python),
        ] {
            assert_eq!(of(path, text), Some(format), "{path}");
        }
    }

    #[test]
    fn data_is_not_read() {
        for path in [
            "package-lock.json",
            "a/Cargo.lock",
            "go.sum",
            "x.min.js",
            "dump.sql",
            "a.svg",
            "server.pem",
            "a.bin",
        ] {
            assert_eq!(of(path, "postgres://a:b@c/d"), None, "{path}");
        }
        assert_eq!(of("a.py", "postgres\0"), None);
        let bundle = format!("var a=\"postgres\";{}", "f(1);".repeat(10_000));
        assert_eq!(of("app.js", &bundle), None);
    }

    #[test]
    fn text_without_a_word_of_concern_is_not_parsed() {
        assert_eq!(of("a.py", "print('hello')\n"), None);
        assert!(of("a.py", "x = Ssl()").is_some());
    }

    #[test]
    fn access_file_is_read_without_any_word() {
        assert_eq!(
            of("pg_hba.conf", "local all all peer\n"),
            Some(Format::PgHba)
        );
    }
}
