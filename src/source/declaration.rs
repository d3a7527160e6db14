//! What a file declares, without opinion: the meeting place of readings and checks.
//!
//! A declaration says what is there and what it comes to with this driver. It holds no secret: of a password it knows how long it
//! is and of which kind, never which.

use crate::text::template::Span;

use super::driver::{Driver, Protection};

/// Something that a file declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// What.
    pub kind: DeclarationKind,
    /// What a finding about it points at: the setting itself where there is one, else the whole.
    pub span: Span,
    /// How sure the reading is.
    pub certainty: Certainty,
    /// How to change the file so that it is no more true; the best first.
    pub fixes: Vec<Fix>,
}

/// How sure a reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Read from lines, or most of it is open.
    Low,
    /// One step was inferred: a default that may be overridden, a driver that is only likely.
    Medium,
    /// It is written there.
    High,
}

/// A change of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in a few words: `set sslmode=verify-full`.
    pub title: String,
    /// The edits, in the order of the file, without overlap.
    pub edits: Vec<Edit>,
    /// Whether it can be made without thinking: the driver takes it and no new file, variable or import is needed.
    pub is_safe: bool,
}

/// A piece of the file and what stands there afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go.
    pub span: Span,
    /// The text that comes.
    pub replacement: String,
}

/// What is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeclarationKind {
    /// A connection to a database.
    Connection(Box<Connection>),
    /// Verification of a peer's certificate is switched off or reduced, apart from one connection's settings.
    VerificationOff(VerificationOff),
    /// Protocol versions or cipher suites of a server or a client.
    Protocol(Protocol),
    /// A database server that is run with less than TLS and authentication.
    Server(Server),
    /// A secret that is written out.
    Secret(SecretUse),
    /// A secret that goes where others read it.
    Disclosure(Disclosure),
    /// Cryptography that does not do what it is used for.
    Cryptography(Cryptography),
    /// What an HTTP application leaves open.
    Web(Web),
    /// SQL that is put together from text.
    FormattedSql {
        /// The call that runs it.
        callee: String,
    },
    /// What the driver will refuse at run time.
    Rejected(Rejected),
    /// TLS settings that are made and never reach the connection.
    Unused {
        /// The setting, as it is named.
        setting: String,
        /// Why it does not count: lower case, no final stop.
        why: String,
    },
    /// What is wrong around the database.
    Surrounding(Surrounding),
}

/// A connection to a database, as far as the file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Whose meaning of the settings counts.
    pub driver: Driver,
    /// How that is known: `import asyncpg`, `the scheme postgresql+asyncpg`; empty where the driver is unknown.
    pub driver_evidence: String,
    /// Whom it goes to, in the order in which they are tried.
    pub hosts: Vec<Host>,
    /// The database user, where it is known.
    pub user: Option<String>,
    /// The database, where it is known.
    pub database: Option<String>,
    /// The password.
    pub password: PasswordSource,
    /// `sslmode` or what the driver has in its place, as it is written: `require`, `False`, `rejectUnauthorized: false`, `NoTls`.
    pub setting: Option<Setting>,
    /// What it comes to with this driver.
    pub protection: Protection,
    /// Whether the mode is explicit, absent, or open.
    pub mode: Mode,
    /// `sslrootcert` or what the driver has in its place.
    pub root_certificate: RootCertificate,
    /// `sslcert`, where one is given.
    pub client_certificate: Option<String>,
    /// Where the whole connection stands, password and all: what a redaction covers.
    pub span: Span,
}

/// A host of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The name or address; `None` where a variable or a call gives it.
    pub name: Option<String>,
    /// The port, where it is known.
    pub port: Option<u16>,
    /// Where it is, as far as the name tells.
    pub place: Place,
}

/// Where a host is, as far as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A Unix socket: drivers ignore TLS settings there.
    Socket,
    /// This machine.
    Loopback,
    /// Another container or service of the same file, or a name without a dot.
    Neighbour,
    /// An address of RFC 1918 or RFC 4193, or a name under `.local`, `.internal`, `.svc` and the like.
    Private,
    /// A name with a dot, or a public address.
    Public,
    /// A variable.
    Unknown,
}

/// Where a password comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordSource {
    /// There is none.
    None,
    /// It is written out.
    Literal,
    /// A variable, a call or a file gives it.
    Elsewhere,
    /// A variable gives it, and a literal where it is unset.
    Fallback,
}

/// A setting as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name there: `sslmode`, `ssl`, `sslaccept`, `rejectUnauthorized`.
    pub name: String,
    /// Its value, printable.
    pub value: String,
    /// Where the value stands.
    pub span: Span,
}

/// Whether a mode is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is written.
    Explicit,
    /// It is what a variable has where it is unset: `getenv("PGSSLMODE", "disable")`.
    Default,
    /// Nothing is written: the driver's default counts.
    Missing,
    /// A variable or a call decides.
    Open,
}

/// Whether a connection names whom it trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootCertificate {
    /// Nothing is named.
    Missing,
    /// A file, by its path, or `system`.
    Named(String),
    /// Something is given that the file does not tell: a variable, a context.
    Given,
}

/// Verification that is switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationOff {
    /// How it is written: `rejectUnauthorized: false`, `ssl.CERT_NONE`, `InsecureSkipVerify: true`.
    pub by: String,
    /// What is no longer verified.
    pub extent: Extent,
    /// Whether it depends on a condition or a variable.
    pub is_conditional: bool,
    /// Whether it is known to be for a database.
    pub is_database: bool,
}

/// What is not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Neither chain nor host name.
    Everything,
    /// The chain; the host name is.
    Chain,
    /// The host name; the chain is.
    HostName,
}

/// Protocol versions or cipher suites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Whose: `nginx`, `HAProxy`, `uvicorn`, `ssl.SSLContext`.
    pub product: String,
    /// What is weak about it, in standard words: `TLSv1`, `SSLv3`, `RC4`, `3DES`, `@SECLEVEL=0`, `CBC only`.
    pub weak: Vec<String>,
    /// How it is written, printable.
    pub written: String,
    /// Whether it is about a server that others connect to.
    pub is_server: bool,
}

/// A database server that is run with less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Which: `CockroachDB`, `PostgreSQL`, `PgBouncer`.
    pub product: &'static str,
    /// What it is run with.
    pub weakness: ServerWeakness,
    /// How it is written, printable: `--insecure`, `tls.enabled: false`, `host all all all trust`.
    pub written: String,
    /// Whether its port is published or reached from other machines, where the file tells.
    pub is_exposed: Option<bool>,
}

/// What a database server is run with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServerWeakness {
    /// CockroachDB without TLS and without authentication.
    Insecure,
    /// CockroachDB with TLS that takes plaintext SQL as well.
    SqlWithoutTls,
    /// TLS is off.
    TlsOff,
    /// Anybody is let in without a password.
    Trust,
    /// Plaintext is let in: `host` where `hostssl` is meant.
    PlaintextAllowed,
    /// A password is asked for in cleartext or as MD5.
    WeakAuthentication,
    /// Checks of the server's own key files are off.
    KeyPermissionsUnchecked,
    /// Cipher suites that were taken out are back.
    OldCipherSuites,
}

/// A secret that is written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretUse {
    /// What kind.
    pub kind: SecretKind,
    /// What it is called there: `POSTGRES_PASSWORD`, `SECRET_KEY`, `the connection string's password`.
    pub name: String,
    /// How long it is, in characters.
    pub length: usize,
    /// Whether it is a word that everybody tries first: `postgres`, `password`, `changeme`.
    pub is_default_word: bool,
    /// Whether it is what a variable has where it is unset.
    pub is_fallback: bool,
    /// Whether it protects something on this machine only.
    pub is_local: bool,
}

/// Kinds of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// A password.
    Password,
    /// A key that signs or encrypts.
    Key,
    /// A nonce or an initialization vector that never changes.
    Nonce,
    /// A token of a service.
    Token,
    /// A private key in PEM.
    PrivateKey,
}

/// A secret that goes where others read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// Where it goes.
    pub sink: Sink,
    /// What goes there, as it is named: `DATABASE_URL`, `settings`.
    pub what: String,
}

/// Where a secret goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sink {
    /// A log or standard output.
    Log,
    /// A stack trace or an error answer.
    ErrorAnswer,
    /// SQLAlchemy's `echo=True` and its like: statements with their values.
    Echo,
    /// A cookie.
    Cookie,
    /// A query string.
    QueryString,
}

/// Cryptography that does not do what it is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cryptography {
    /// What is wrong.
    pub misuse: Misuse,
    /// How it is written: `hashlib.md5`, `random.choice`.
    pub written: String,
}

/// How cryptography is misused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Misuse {
    /// A fast or broken hash for a password.
    PasswordHash,
    /// Random numbers that can be predicted, for a secret.
    PredictableRandom,
    /// An encoding taken for encryption.
    EncodingForEncryption,
    /// A cipher or mode that does not hide or protect: DES, RC4, ECB.
    WeakCipher,
}

/// What an HTTP application leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// The framework: `FastAPI`, `Flask`, `Starlette`, `Django`, `Express`.
    pub framework: &'static str,
    /// What is open.
    pub gap: WebGap,
    /// How it is written, or the call that leaves it out.
    pub written: String,
}

/// What an HTTP application leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WebGap {
    /// A session or login cookie without `Secure`, `HttpOnly` or `SameSite`.
    Cookie,
    /// Nothing sends a client from HTTP to HTTPS.
    HttpsRedirect,
    /// No `Strict-Transport-Security`.
    Hsts,
    /// Credentials are shared with every origin.
    AnyOrigin,
    /// An interface description names `http://` servers.
    PlainHttpServer,
    /// Forwarded headers are believed from anybody.
    AnyForwarder,
}

/// What the driver will refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Whose refusal: `SQLAlchemy`, `asyncpg`.
    pub by: String,
    /// What is refused, printable: `cockroachdb+sickql`, `ssl_context`.
    pub what: String,
    /// What happens, in the words of the error.
    pub error: String,
}

/// What is wrong around the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surrounding {
    /// What.
    pub gap: SurroundingGap,
    /// How it is written, printable.
    pub written: String,
}

/// What is wrong around the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SurroundingGap {
    /// A database's port is published on all interfaces.
    PublishedPort,
    /// A database in Kubernetes is not fenced by a `NetworkPolicy` of the same files.
    NoNetworkPolicy,
    /// A service mesh lets plaintext through: Istio `PERMISSIVE`, `DISABLE`.
    MeshPlaintext,
    /// Logs are shipped without TLS.
    LogShipping,
    /// A driver's version is pinned below a known fault in its TLS.
    OutdatedDriver,
    /// A client certificate is read once and never again by a program that runs for long.
    StaticClientCertificate,
    /// TLS session keys are written to a file: `SSLKEYLOGFILE`.
    KeyLog,
    /// A proxy's way to what is behind it is unverified or plain.
    UpstreamPlaintext,
}
