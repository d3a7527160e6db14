//! What each driver does with the same setting. `sslmode=require` is full verification in one and nothing in the next.

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
