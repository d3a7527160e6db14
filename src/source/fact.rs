//! What a front end finds in a file, in the order of the file: never lines, and no opinion.

use crate::text::template::{Span, Template};

use super::expression::{Call, Expression};

/// Everything that a front end found in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// What it found, in the order of the file.
    pub facts: Vec<Fact>,
    /// Where comments stand: silences are read from them, and nothing else.
    pub comments: Vec<Span>,
    /// How well the file was understood.
    pub understanding: Understanding,
}

/// How well a file was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Understanding {
    /// The parser took all of it.
    #[default]
    Whole,
    /// The parser passed over some of it: what is here is true, what is missing may be in there.
    Broken {
        /// Where it first stumbled.
        at: usize,
        /// What stood in the way: lower case, no final stop.
        reason: String,
    },
    /// The lines were read one by one, because no parser takes the file: a template, an unknown format.
    Lines {
        /// Why: lower case, no final stop.
        reason: String,
    },
}

/// One thing found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A document of values: YAML (one fact for each document of a stream), JSON, TOML, HCL, dotenv, ini and properties (one map of
    /// maps by section). dotenv's and properties' keys are flat.
    Document(Expression),
    /// `import asyncpg`, `from ssl import create_default_context`, `require("pg")`, `use sqlx::…`, `import "github.com/lib/pq"`.
    Import(Import),
    /// A name gets a value. Also attributes (`ctx.verify_mode = …`), subscripts by a literal, class fields with a default,
    /// `const`, `let`, `:=`, `DSN += …` and Python's `with f() as name`.
    Assignment(Assignment),
    /// A call that is no part of another expression fact: a statement of its own, a condition, a return value. Its arguments hold
    /// the calls inside of it; calls inside of assignments are only there.
    Call(Call),
    /// Any other expression that a statement holds: a return value, a condition, a default of a parameter.
    Expression(Expression),
    /// A function or a class begins: until `span` ends, names are looked for in it first.
    Scope(Scope),
    /// A block that may not run: a branch of a condition, a handler, the body of a loop. What a name is given in it is one of several
    /// values for what follows.
    Branch(Span),
    /// A command with its words: shell, Dockerfile's CMD and RUN, compose's `command`, a container's `args`, systemd's `ExecStart`.
    Command(Command),
    /// A directive of nginx, `HAProxy`, Apache, `pg_hba.conf`: a name and words.
    Directive(Directive),
}

/// A name from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The module, package or crate path, as the language writes it: `sqlalchemy.ext.asyncio`, `github.com/jackc/pgx/v5`, `pg`,
    /// `tokio_postgres.NoTls` (`::` is a dot).
    pub module: String,
    /// The names taken from it, and what they are called here: `(create_engine, create_engine)`. Empty where the module itself is named.
    pub names: Vec<(String, String)>,
    /// What the module is called here, where it is: `import sqlalchemy as sa` is `sa`.
    pub alias: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// A name gets a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name, dotted: `DATABASE_URL`, `ctx.check_hostname`, `app.config.SECRET_KEY`.
    pub target: String,
    /// The value.
    pub value: Expression,
    /// Whether it is added to what was there: `+=`.
    pub added: bool,
    /// Where the target stands.
    pub target_span: Span,
    /// Where the whole of it stands.
    pub span: Span,
}

/// A function, a method or a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Its name; empty for a lambda.
    pub name: String,
    /// Whether it is a class, struct or implementation.
    pub is_type: bool,
    /// Names of its parameters, with their defaults.
    pub parameters: Vec<(String, Option<Expression>)>,
    /// What it is marked with: `@app.route("/")` is a call or a name.
    pub decorators: Vec<Expression>,
    /// Where it stands, from its first mark to its end.
    pub span: Span,
}

/// A command with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The words, quotes removed; the first is the program. Assignments before it (`PGSSLMODE=require psql`) are assignment facts.
    pub words: Vec<Template>,
    /// Where it stands.
    pub span: Span,
}

/// A directive of a server's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Its name, lower case.
    pub name: String,
    /// Its words, quotes removed.
    pub words: Vec<Template>,
    /// The blocks around it, outermost first, each with its own words: `http`, `server`, `location /`.
    pub blocks: Vec<String>,
    /// Where its name stands.
    pub name_span: Span,
    /// Where it stands, to its end, with `;` where the format has one.
    pub span: Span,
}
