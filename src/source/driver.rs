//! What each driver does with the same setting. `sslmode=require` is full verification in one and nothing in the next.
//!
//! Every row was executed against servers with a good certificate, a wrong host name, an unknown CA, plaintext only, and a man in
//! the middle; where a row comes from a project's source or documentation alone, it says so.

use crate::libpq::declared::Declared;

/// Whose meaning of the settings counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Driver {
    /// libpq itself: `psql`, environment variables, and every driver upon it that is not named below.
    Libpq,
    /// psycopg2.
    Psycopg2,
    /// psycopg 3.
    Psycopg,
    /// asyncpg.
    Asyncpg,
    /// aiopg.
    Aiopg,
    /// pg8000.
    Pg8000,
    /// encode's `databases`.
    Databases,
    /// Tortoise ORM over asyncpg.
    Tortoise,
    /// Tortoise ORM over psycopg.
    TortoisePsycopg,
    /// Django over psycopg.
    Django,
    /// node-postgres (`pg`), and what hands its settings on unchanged: Knex, Kysely, `TypeORM`, Prisma 7.
    NodePostgres,
    /// postgres.js.
    PostgresJs,
    /// Sequelize.
    Sequelize,
    /// Prisma's own engine, up to version 6.
    Prisma,
    /// deno-postgres.
    DenoPostgres,
    /// Go's lib/pq.
    LibPq,
    /// Go's pgx.
    Pgx,
    /// tokio-postgres and rust-postgres.
    TokioPostgres,
    /// sqlx.
    Sqlx,
    /// diesel, over libpq.
    Diesel,
    /// pgjdbc.
    Pgjdbc,
    /// Npgsql.
    Npgsql,
    /// Ecto's Postgrex.
    Postgrex,
    /// `PgBouncer`'s own connections to its servers.
    PgBouncer,
    /// The `cockroach` command.
    Cockroach,
    /// The file does not tell.
    Unknown,
}

/// What a connection comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protection {
    /// Plaintext, always.
    Plaintext,
    /// Plaintext where the server, or a man in the middle, says so.
    PlaintextPossible,
    /// Encrypted, with anybody.
    Unverified,
    /// Encrypted, with anybody whom the CA has certified.
    ChainOnly,
    /// Encrypted, with the host that was dialled.
    Verified,
    /// The driver refuses the setting; nothing connects.
    Rejected,
    /// The file does not tell.
    Unknown,
}

/// What a driver makes of its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// What the connection comes to.
    pub protection: Protection,
    /// Name of the parameter that decides; `None` where nothing is set and the default counts.
    pub by: Option<&'static str>,
    /// What a reader would not expect of it: lower case, no final stop; empty where there is nothing.
    pub note: &'static str,
}

impl Meaning {
    const fn of(protection: Protection, by: Option<&'static str>) -> Self {
        Self {
            protection,
            by,
            note: "",
        }
    }

    const fn noting(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }
}

/// The settings of a connection by name, whatever they were written as.
pub trait Settings {
    /// Returns the written value of a setting.
    fn value(&self, name: &str) -> Option<&str>;
    /// Whether a setting is there, written or left open.
    fn has(&self, name: &str) -> bool;
}

impl Settings for Declared {
    fn value(&self, name: &str) -> Option<&str> {
        Self::value(self, name)
    }

    fn has(&self, name: &str) -> bool {
        self.parameter(name).is_some()
    }
}

impl Driver {
    /// Returns its name as its users write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Libpq => "libpq",
            Self::Psycopg2 => "psycopg2",
            Self::Psycopg => "psycopg",
            Self::Asyncpg => "asyncpg",
            Self::Aiopg => "aiopg",
            Self::Pg8000 => "pg8000",
            Self::Databases => "databases",
            Self::Tortoise => "Tortoise ORM",
            Self::TortoisePsycopg => "Tortoise ORM over psycopg",
            Self::Django => "Django",
            Self::NodePostgres => "node-postgres",
            Self::PostgresJs => "postgres.js",
            Self::Sequelize => "Sequelize",
            Self::Prisma => "Prisma",
            Self::DenoPostgres => "deno-postgres",
            Self::LibPq => "lib/pq",
            Self::Pgx => "pgx",
            Self::TokioPostgres => "tokio-postgres",
            Self::Sqlx => "sqlx",
            Self::Diesel => "diesel",
            Self::Pgjdbc => "pgjdbc",
            Self::Npgsql => "Npgsql",
            Self::Postgrex => "Postgrex",
            Self::PgBouncer => "PgBouncer",
            Self::Cockroach => "cockroach",
            Self::Unknown => "the driver",
        }
    }

    /// Returns the driver that a scheme names: `postgresql+asyncpg`, `jdbc:postgresql`; `None` where it names none.
    pub fn of_scheme_suffix(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "asyncpg" => Self::Asyncpg,
            "psycopg2" | "psycopg2cffi" => Self::Psycopg2,
            "psycopg" | "psycopg_async" => Self::Psycopg,
            "aiopg" => Self::Aiopg,
            "pg8000" => Self::Pg8000,
            _ => return None,
        })
    }

    /// Returns the driver that an import tells: a Python module, an npm package, a Go module, a Rust crate, a Java or .NET name.
    pub fn of_import(module: &str) -> Option<Self> {
        let first = module.split(['.', '/']).next().unwrap_or(module);
        Some(match first {
            "asyncpg" => Self::Asyncpg,
            "psycopg2" => Self::Psycopg2,
            "psycopg" | "psycopg_pool" | "psycopg3" => Self::Psycopg,
            "aiopg" => Self::Aiopg,
            "pg8000" => Self::Pg8000,
            "databases" => Self::Databases,
            "tortoise" => Self::Tortoise,
            "django" | "dj_database_url" | "environ" => Self::Django,
            "pg"
            | "pg-pool"
            | "knex"
            | "kysely"
            | "typeorm"
            | "slonik"
            | "pg-promise"
            | "drizzle-orm"
            | "pg-connection-string" => Self::NodePostgres,
            "postgres" if module == "postgres" => Self::PostgresJs,
            "sequelize" | "sequelize-cockroachdb" | "sequelize-typescript" => Self::Sequelize,
            "tokio_postgres"
            | "deadpool_postgres"
            | "bb8_postgres"
            | "postgres_openssl"
            | "postgres_native_tls"
            | "tokio_postgres_rustls" => Self::TokioPostgres,
            "sqlx" => Self::Sqlx,
            "diesel" | "diesel_async" => Self::Diesel,
            "Npgsql" => Self::Npgsql,
            _ => {
                if module.starts_with("github.com/lib/pq") {
                    Self::LibPq
                } else if module.starts_with("github.com/jackc/pgx")
                    || module.starts_with("gorm.io/driver/postgres")
                {
                    Self::Pgx
                } else if module.starts_with("@prisma/") {
                    Self::Prisma
                } else if module.starts_with("@nestjs/typeorm") {
                    Self::NodePostgres
                } else if module.starts_with("org.postgresql") || module.starts_with("java.sql") {
                    Self::Pgjdbc
                } else if module.contains("deno.land/x/postgres") {
                    Self::DenoPostgres
                } else {
                    return None;
                }
            }
        })
    }

    /// Whether it is libpq, or reads libpq's environment variables as libpq does.
    pub const fn reads_pgsslmode(self) -> bool {
        matches!(
            self,
            Self::Libpq
                | Self::Psycopg2
                | Self::Psycopg
                | Self::Aiopg
                | Self::Asyncpg
                | Self::Django
                | Self::Diesel
                | Self::Sqlx
                | Self::LibPq
                | Self::Pgx
                | Self::Unknown
        )
    }

    /// Whether `sslmode=verify-full&sslrootcert=…` in its connection string makes it verify: only then is that a fix.
    pub const fn takes_verify_full_in_url(self) -> bool {
        !matches!(
            self,
            Self::Databases
                | Self::Tortoise
                | Self::TortoisePsycopg
                | Self::PostgresJs
                | Self::Prisma
                | Self::TokioPostgres
                | Self::Pg8000
                | Self::DenoPostgres
                | Self::Postgrex
                | Self::PgBouncer
        )
    }

    /// What it makes of settings that stand in a connection string, a property list or keyword arguments of libpq's names.
    pub fn meaning(self, settings: &dyn Settings) -> Meaning {
        match self {
            Self::NodePostgres | Self::Sequelize => node_postgres(settings),
            Self::PostgresJs => postgres_js(settings),
            Self::Prisma => prisma(settings),
            Self::Pgjdbc => pgjdbc(settings),
            Self::Npgsql => npgsql(settings),
            Self::TokioPostgres => tokio_postgres(settings),
            Self::Sqlx => sqlx(settings),
            Self::LibPq => lib_pq(settings),
            // Neither takes TLS settings from its URL: `databases` drops them, Tortoise refuses or misreads them.
            Self::Databases => Meaning::of(Protection::PlaintextPossible, None)
                .noting("`databases` ignores TLS settings in its URL"),
            Self::Tortoise | Self::TortoisePsycopg => tortoise(self, settings),
            Self::Postgrex | Self::PgBouncer => bare(settings),
            Self::Pg8000 | Self::DenoPostgres => Meaning::of(Protection::PlaintextPossible, None),
            Self::Asyncpg => asyncpg(settings),
            Self::Libpq
            | Self::Psycopg2
            | Self::Psycopg
            | Self::Aiopg
            | Self::Django
            | Self::Diesel
            | Self::Pgx
            | Self::Cockroach
            | Self::Unknown => libpq(settings),
        }
    }
}

/// libpq's own six, by name.
fn six(mode: &str, root: bool, by: &'static str) -> Meaning {
    let protection = match mode {
        "disable" => Protection::Plaintext,
        "allow" | "prefer" | "" => Protection::PlaintextPossible,
        // With a root certificate it acts as verify-ca (PostgreSQL documentation, section 34.19.1).
        "require" if root => Protection::ChainOnly,
        "require" => Protection::Unverified,
        "verify-ca" => Protection::ChainOnly,
        "verify-full" => Protection::Verified,
        _ => Protection::Rejected,
    };
    Meaning::of(protection, Some(by))
}

/// libpq and what reads settings as it does.
fn libpq(settings: &dyn Settings) -> Meaning {
    let root = settings.has("sslrootcert");
    if let Some(mode) = settings.value("sslmode") {
        return six(mode, root, "sslmode");
    }
    // libpq 16 and later; before, it names a file.
    if settings.value("sslrootcert") == Some("system") {
        return Meaning::of(Protection::Verified, Some("sslrootcert"));
    }
    if settings.value("ssl") == Some("true") || settings.value("requiressl") == Some("1") {
        let by = if settings.has("ssl") {
            "ssl"
        } else {
            "requiressl"
        };
        return six("require", root, by).noting("libpq reads it as `sslmode=require`");
    }
    let meaning = Meaning::of(Protection::PlaintextPossible, None);
    if root {
        return meaning.noting("without sslmode a failed verification falls back to plaintext");
    }
    meaning
}

fn asyncpg(settings: &dyn Settings) -> Meaning {
    if let Some(mode) = settings.value("ssl") {
        return six(mode, settings.has("sslrootcert"), "ssl");
    }
    libpq(settings)
}

/// Today's node-postgres (8.x): every mode of the URL but `disable` and `no-verify` verifies everything.
fn node_postgres(settings: &dyn Settings) -> Meaning {
    let by = if settings.has("sslmode") {
        "sslmode"
    } else {
        "ssl"
    };
    let compatible = settings.value("uselibpqcompat") == Some("true");
    match settings.value("sslmode").or_else(|| settings.value("ssl")) {
        None => Meaning::of(Protection::Plaintext, None).noting("it never tries TLS by itself"),
        Some("disable" | "0") => Meaning::of(Protection::Plaintext, Some(by)),
        Some("no-verify") => Meaning::of(Protection::Unverified, Some(by)),
        Some(mode) if compatible => six(mode, settings.has("sslrootcert"), by),
        Some("false") if by == "ssl" => Meaning::of(Protection::Rejected, Some(by)),
        Some(_) => Meaning::of(Protection::Verified, Some(by)),
    }
}

fn postgres_js(settings: &dyn Settings) -> Meaning {
    let by = if settings.has("sslmode") {
        "sslmode"
    } else {
        "ssl"
    };
    match settings.value("sslmode").or_else(|| settings.value("ssl")) {
        None => Meaning::of(Protection::Plaintext, None).noting("it never tries TLS by itself"),
        Some("disable" | "false") => Meaning::of(Protection::Plaintext, Some(by)),
        Some("prefer") => Meaning::of(Protection::PlaintextPossible, Some(by)),
        Some("require" | "allow" | "no-verify") => Meaning::of(Protection::Unverified, Some(by)),
        Some(_) => Meaning::of(Protection::Verified, Some(by)),
    }
}

/// Prisma's engine up to version 6 (read in its source, not run): verification is `sslaccept`, and off by default.
fn prisma(settings: &dyn Settings) -> Meaning {
    let strict = settings.value("sslaccept") == Some("strict");
    match settings.value("sslmode") {
        Some("disable") => Meaning::of(Protection::Plaintext, Some("sslmode")),
        Some("require") if strict => Meaning::of(Protection::Verified, Some("sslaccept")),
        Some("require") => Meaning::of(Protection::Unverified, Some("sslmode"))
            .noting("sslaccept is accept_invalid_certs where it is not set"),
        Some("verify-ca" | "verify-full") => {
            Meaning::of(Protection::PlaintextPossible, Some("sslmode"))
                .noting("its engine does not know this mode and takes prefer")
        }
        Some(_) => Meaning::of(Protection::PlaintextPossible, Some("sslmode")),
        None => Meaning::of(Protection::PlaintextPossible, None),
    }
}

fn pgjdbc(settings: &dyn Settings) -> Meaning {
    let factory = settings.value("sslfactory").unwrap_or_default();
    let unchecked = factory.ends_with("NonValidatingFactory");
    let mode = settings.value("sslmode");
    let full = mode == Some("verify-full")
        || mode.is_none() && matches!(settings.value("ssl"), Some("true" | ""));
    if unchecked && (full || mode == Some("verify-ca")) {
        return Meaning::of(Protection::Unverified, Some("sslfactory"))
            .noting("NonValidatingFactory takes any certificate");
    }
    match mode {
        Some("disable") => Meaning::of(Protection::Plaintext, Some("sslmode")),
        Some("allow" | "prefer") => Meaning::of(Protection::PlaintextPossible, Some("sslmode")),
        // sslrootcert does not change it.
        Some("require") => Meaning::of(Protection::Unverified, Some("sslmode")),
        Some("verify-ca") => Meaning::of(Protection::ChainOnly, Some("sslmode")),
        Some("verify-full") => Meaning::of(Protection::Verified, Some("sslmode")),
        Some(_) => Meaning::of(Protection::Rejected, Some("sslmode")),
        None if full => Meaning::of(Protection::Verified, Some("ssl")),
        None if settings.has("ssl") => Meaning::of(Protection::PlaintextPossible, Some("ssl"))
            .noting("`ssl=false` is the same as nothing"),
        None => Meaning::of(Protection::PlaintextPossible, None),
    }
}

/// Npgsql 6 and later (from its documentation).
fn npgsql(settings: &dyn Settings) -> Meaning {
    let mode = settings.value("sslmode").map(str::to_ascii_lowercase);
    let trusting = settings
        .value("trustservercertificate")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    match mode.as_deref() {
        Some("disable") => Meaning::of(Protection::Plaintext, Some("sslmode")),
        Some("allow" | "prefer") => Meaning::of(Protection::PlaintextPossible, Some("sslmode")),
        Some("verifyca" | "verify-ca") => Meaning::of(Protection::ChainOnly, Some("sslmode")),
        Some("verifyfull" | "verify-full") if !trusting => {
            Meaning::of(Protection::Verified, Some("sslmode"))
        }
        Some("require") if !trusting => Meaning::of(Protection::Unverified, Some("sslmode")),
        Some(_) if trusting => Meaning::of(Protection::Unverified, Some("trustservercertificate")),
        Some(_) => Meaning::of(Protection::Rejected, Some("sslmode")),
        None => Meaning::of(Protection::PlaintextPossible, None),
    }
}

/// tokio-postgres knows three modes; whether the certificate is verified is its connector's affair.
fn tokio_postgres(settings: &dyn Settings) -> Meaning {
    match settings.value("sslmode") {
        Some("disable") => Meaning::of(Protection::Plaintext, Some("sslmode")),
        Some("prefer") => Meaning::of(Protection::PlaintextPossible, Some("sslmode")),
        Some("require") => Meaning::of(Protection::Unknown, Some("sslmode"))
            .noting("the TLS connector decides what is verified"),
        Some(_) => Meaning::of(Protection::Rejected, Some("sslmode"))
            .noting("tokio-postgres knows disable, prefer and require"),
        None => Meaning::of(Protection::PlaintextPossible, None),
    }
}

/// sqlx: `require` does not verify, whatever the root certificate.
fn sqlx(settings: &dyn Settings) -> Meaning {
    match settings
        .value("sslmode")
        .or_else(|| settings.value("ssl-mode"))
    {
        Some(mode) => six(&mode.to_ascii_lowercase(), false, "sslmode"),
        None => Meaning::of(Protection::PlaintextPossible, None),
    }
}

/// lib/pq up to 1.12: TLS is required where nothing is set, and nobody is verified.
fn lib_pq(settings: &dyn Settings) -> Meaning {
    match settings.value("sslmode") {
        Some(mode) => six(mode, settings.has("sslrootcert"), "sslmode"),
        None => Meaning::of(Protection::Unverified, None)
            .noting("lib/pq up to 1.12 requires TLS by itself and verifies nobody"),
    }
}

fn tortoise(driver: Driver, settings: &dyn Settings) -> Meaning {
    if settings.has("sslmode") {
        return Meaning::of(Protection::Rejected, Some("sslmode"))
            .noting("connect() got an unexpected keyword argument 'sslmode'");
    }
    match (driver, settings.has("ssl")) {
        (_, false) => Meaning::of(Protection::PlaintextPossible, None),
        (Driver::TortoisePsycopg, true) => Meaning::of(Protection::Unverified, Some("ssl"))
            .noting("any value means require: Tortoise takes the truth of a text"),
        (_, true) => Meaning::of(Protection::Verified, Some("ssl"))
            .noting("any value means true: Tortoise takes the truth of a text"),
    }
}

/// Plaintext where nothing is set.
fn bare(settings: &dyn Settings) -> Meaning {
    match settings
        .value("sslmode")
        .or_else(|| settings.value("server_tls_sslmode"))
    {
        Some(mode) => six(mode, false, "sslmode"),
        None => match settings.value("ssl") {
            Some("true") => Meaning::of(Protection::Unverified, Some("ssl")),
            Some(_) => Meaning::of(Protection::Plaintext, Some("ssl")),
            None => Meaning::of(Protection::Plaintext, None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libpq::declared;
    use crate::text::template::Template;

    fn comes_to(driver: Driver, query: &str) -> Protection {
        let text = format!("postgresql://app@db/x{query}");
        let declared = declared::parse(&Template::verbatim(&text, 0..text.len())).unwrap();
        driver.meaning(&declared).protection
    }

    #[test]
    fn every_driver_has_its_own_default() {
        use Protection::{Plaintext, PlaintextPossible, Unverified};
        for (driver, wanted) in [
            (Driver::Libpq, PlaintextPossible),
            (Driver::Asyncpg, PlaintextPossible),
            (Driver::Pg8000, PlaintextPossible),
            (Driver::Databases, PlaintextPossible),
            (Driver::NodePostgres, Plaintext),
            (Driver::PostgresJs, Plaintext),
            (Driver::Sequelize, Plaintext),
            (Driver::Prisma, PlaintextPossible),
            (Driver::LibPq, Unverified),
            (Driver::Pgx, PlaintextPossible),
            (Driver::TokioPostgres, PlaintextPossible),
            (Driver::Sqlx, PlaintextPossible),
            (Driver::Pgjdbc, PlaintextPossible),
            (Driver::Npgsql, PlaintextPossible),
            (Driver::Postgrex, Plaintext),
        ] {
            assert_eq!(comes_to(driver, ""), wanted, "{driver:?}");
        }
    }

    #[test]
    fn require_is_not_the_same_everywhere() {
        use Protection::{ChainOnly, PlaintextPossible, Unknown, Unverified, Verified};
        for (driver, query, wanted) in [
            (Driver::Libpq, "?sslmode=require", Unverified),
            (Driver::Libpq, "?sslmode=require&sslrootcert=ca", ChainOnly),
            (Driver::Libpq, "?ssl=true", Unverified),
            (Driver::Libpq, "?sslrootcert=ca", PlaintextPossible),
            (Driver::NodePostgres, "?sslmode=require", Verified),
            (
                Driver::NodePostgres,
                "?sslmode=require&uselibpqcompat=true",
                Unverified,
            ),
            (Driver::NodePostgres, "?sslmode=no-verify", Unverified),
            (Driver::PostgresJs, "?sslmode=require", Unverified),
            (Driver::Prisma, "?sslmode=require", Unverified),
            (
                Driver::Prisma,
                "?sslmode=require&sslaccept=strict",
                Verified,
            ),
            (Driver::Prisma, "?sslmode=verify-full", PlaintextPossible),
            (Driver::Pgx, "?sslmode=require&sslrootcert=ca", ChainOnly),
            (
                Driver::Pgjdbc,
                "?sslmode=require&sslrootcert=ca",
                Unverified,
            ),
            (Driver::Pgjdbc, "?ssl=true", Verified),
            (Driver::Sqlx, "?sslmode=require&sslrootcert=ca", Unverified),
            (Driver::TokioPostgres, "?sslmode=require", Unknown),
        ] {
            assert_eq!(comes_to(driver, query), wanted, "{driver:?} {query}");
        }
    }

    #[test]
    fn verify_full_is_refused_where_it_does_not_exist() {
        assert_eq!(
            comes_to(Driver::TokioPostgres, "?sslmode=verify-full"),
            Protection::Rejected
        );
        assert_eq!(
            comes_to(Driver::Tortoise, "?sslmode=verify-full"),
            Protection::Rejected
        );
        assert_eq!(
            comes_to(Driver::Libpq, "?sslmode=verify-full"),
            Protection::Verified
        );
        let query = "?ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory";
        assert_eq!(comes_to(Driver::Pgjdbc, query), Protection::Unverified);
    }
}
