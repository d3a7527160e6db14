//! Connection strings as files declare them: with holes, in every spelling that drivers take.
//!
//! Where [`conninfo`](super::conninfo) reads what verifull itself is to dial, and refuses what is wrong, this reads what somebody
//! else's program will dial: it takes what it can get, says of each part whether it is written, a default or left open, and where in
//! the file it stands. What it cannot tell is [`Component::Open`], never a guess.

use std::ops::Range;

use crate::text::Secret;
use crate::text::template::{Filling, Part, Span, Template};

/// Stands for a hole in the flattened text. A private use character: where a file has one of its own, it becomes `U+FFFD`.
const HOLE: char = '\u{E000}';

/// Most bytes of one connection string that are looked at.
const LONGEST: usize = 16 * 1024;

/// Schemes of the PostgreSQL wire, without `+driver` and without `jdbc:`.
const SCHEMES: [&str; 8] = [
    "postgresql",
    "postgres",
    "cockroachdb",
    "cockroach",
    "crdb",
    "pgsql",
    "psql",
    "postgis",
];

/// What stands in front of the scheme where a driver has it there.
const PREFIXES: [&str; 4] = ["jdbc:p6spy:", "jdbc:", "r2dbc:pool:", "r2dbc:"];

/// Words of keyword/value strings (PostgreSQL documentation, section 34.1.2).
const KEYWORDS: [&str; 22] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "passfile",
    "sslmode",
    "requiressl",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslcrl",
    "sslsni",
    "sslnegotiation",
    "channel_binding",
    "connect_timeout",
    "application_name",
    "options",
    "target_session_attrs",
    "gssencmode",
    "service",
];

/// How a connection string is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `postgresql://…`, with whatever driver in the scheme.
    Uri,
    /// `jdbc:postgresql://…`, also R2DBC's.
    Jdbc,
    /// `host=… port=…`.
    Keywords,
    /// `Host=…;Port=…`.
    AdoNet,
}

/// A part of a connection string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Component<T> {
    /// It is not there.
    Absent,
    /// It is written.
    Known(Known<T>),
    /// A variable or a call decides, in whole or in part.
    Open {
        /// Where it stands.
        span: Span,
    },
}

/// A part that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<T> {
    /// What is written, percent-encoding resolved.
    pub value: T,
    /// Where it stands.
    pub span: Span,
    /// Whether the bytes at `span` are this part and nothing else: then a fix can put something in their place.
    pub is_exact: bool,
    /// Whether it is only what a variable has where it is unset.
    pub is_default: bool,
}

impl<T> Component<T> {
    /// Returns what is written.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(known) => Some(&known.value),
            Self::Absent | Self::Open { .. } => None,
        }
    }

    /// Whether it is not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether a variable or a call decides.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

/// A host of a connection string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredHost {
    /// The name, the address without brackets, or the folder of a Unix socket.
    pub host: Component<String>,
    /// The port.
    pub port: Component<String>,
}

/// A parameter of a connection string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name as libpq has it: lower case; ADO.NET's `SSL Mode` is `sslmode`.
    pub name: String,
    /// Its value.
    pub value: Component<String>,
    /// Where name and value stand.
    pub span: Span,
}

/// Where a parameter can be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    /// The byte of the file before which it comes.
    pub at: usize,
    /// What separates it from what is there: `?`, `&`, ` ` or `;`.
    pub separator: &'static str,
}

/// A connection string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// How it is written.
    pub form: Form,
    /// The scheme without `+driver`, lower case; `None` where there is none or it is left open.
    pub scheme: Option<String>,
    /// The driver behind `+`.
    pub driver: Option<String>,
    /// The hosts in their order; empty where none is written.
    pub hosts: Vec<DeclaredHost>,
    /// The user.
    pub user: Component<String>,
    /// The password.
    pub password: Component<Secret>,
    /// The database.
    pub database: Component<String>,
    /// The parameters in their order, the password apart.
    pub parameters: Vec<Parameter>,
    /// Whether a hole may bring further parameters.
    pub may_have_more: bool,
    /// Where a parameter can be added, if it can.
    pub insertion: Option<Insertion>,
    /// Where all of it stands.
    pub span: Span,
}

impl Declared {
    /// Returns the parameter of this name; the last one where it is repeated, as libpq, asyncpg and node-postgres take it.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters
            .iter()
            .rev()
            .find(|parameter| parameter.name == name)
    }

    /// Returns the written value of a parameter.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.parameter(name)?.value.known().map(String::as_str)
    }
}

/// Reads a connection string to a database on the PostgreSQL wire; `None` where the text is none.
pub fn parse(template: &Template) -> Option<Declared> {
    let flat = Flat::of(template);
    uri(&flat)
        .or_else(|| ado_net(&flat))
        .or_else(|| keywords(&flat))
}

/// Reads the parts of any URL that has a password in it, whatever it is for; `None` where it has none.
pub fn password_of_url(template: &Template) -> Option<(String, Component<Secret>)> {
    let flat = Flat::of(template);
    let scheme_end = flat.text.find("://")?;
    let scheme = &flat.text[..scheme_end];
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | ':');
    if scheme.is_empty() || !scheme.chars().all(plain) {
        return None;
    }
    let authority = Authority::find(&flat.text, scheme_end + 3);
    let password = authority.password?;
    (!password.is_empty()).then(|| (scheme.to_ascii_lowercase(), flat.secret(password, true)))
}

/// A template as one text, and where each piece of it stands.
struct Flat {
    text: String,
    pieces: Vec<Piece>,
    whole: Span,
}

struct Piece {
    flat: Range<usize>,
    span: Span,
    verbatim: bool,
    is_default: bool,
}

impl Flat {
    fn of(template: &Template) -> Self {
        let mut flat = Self {
            text: String::new(),
            pieces: Vec::new(),
            whole: template.span.clone(),
        };
        flat.push(template, false, 0);
        flat
    }

    fn push(&mut self, template: &Template, is_default: bool, depth: usize) {
        for part in &template.parts {
            let start = self.text.len();
            if start > LONGEST {
                return;
            }
            let (span, verbatim) = match part {
                Part::Literal(literal) => {
                    let text = literal.text.expose();
                    let clean = !text.contains(HOLE) && text.len() <= LONGEST;
                    if clean {
                        self.text.push_str(text);
                    } else {
                        let bounded = text.chars().take(LONGEST / 4);
                        self.text
                            .extend(bounded.map(|c| if c == HOLE { '\u{FFFD}' } else { c }));
                    }
                    (literal.span.clone(), literal.verbatim && clean)
                }
                Part::Hole(hole) => {
                    if let Some(default) = &hole.default
                        && depth < 8
                    {
                        self.push(default, true, depth + 1);
                        continue;
                    }
                    // Secrets of Docker and Kubernetes come as calls and names alike: all of them are open.
                    let _: &Filling = &hole.filling;
                    self.text.push(HOLE);
                    (hole.span.clone(), false)
                }
            };
            self.pieces.push(Piece {
                flat: start..self.text.len(),
                span,
                verbatim,
                is_default,
            });
        }
    }

    /// Returns where a range of the text stands, whether exactly there, and whether it comes from a default.
    fn place(&self, range: &Range<usize>) -> (Span, bool, bool) {
        let touches = |piece: &&Piece| {
            if range.is_empty() {
                piece.flat.start <= range.start && range.start <= piece.flat.end
            } else {
                piece.flat.start < range.end && range.start < piece.flat.end
            }
        };
        let mut span: Option<Span> = None;
        let (mut exact, mut is_default, mut count) = (true, false, 0);
        for piece in self.pieces.iter().filter(touches) {
            let inside = if piece.verbatim {
                let start = range.start.max(piece.flat.start) - piece.flat.start;
                let end = range.end.min(piece.flat.end).max(piece.flat.start) - piece.flat.start;
                piece.span.start + start.min(end)..piece.span.start + end.max(start)
            } else {
                exact = false;
                piece.span.clone()
            };
            is_default |= piece.is_default;
            count += 1;
            span = Some(match span {
                None => inside,
                Some(before) => before.start.min(inside.start)..before.end.max(inside.end),
            });
            if range.is_empty() {
                break;
            }
        }
        let contiguous = count == 1 || self.is_contiguous(range);
        (
            span.unwrap_or_else(|| self.whole.clone()),
            exact && contiguous && count > 0,
            is_default,
        )
    }

    /// Whether the pieces of a range follow one another in the file without anything between them.
    fn is_contiguous(&self, range: &Range<usize>) -> bool {
        let inside: Vec<_> = self
            .pieces
            .iter()
            .filter(|piece| piece.flat.start < range.end && range.start < piece.flat.end)
            .collect();
        inside
            .windows(2)
            .all(|pair| pair[0].span.end == pair[1].span.start)
    }

    fn is_open(&self, range: &Range<usize>) -> bool {
        self.text[range.clone()].contains(HOLE)
    }

    /// Reads a part; `encoded` where percent-encoding is resolved.
    fn component(&self, range: Range<usize>, encoded: bool) -> Component<String> {
        let (span, is_exact, is_default) = self.place(&range);
        if self.is_open(&range) {
            return Component::Open { span };
        }
        let raw = &self.text[range];
        let value = if encoded {
            percent_decoded(raw)
        } else {
            raw.to_owned()
        };
        Component::Known(Known {
            value,
            span,
            is_exact,
            is_default,
        })
    }

    fn secret(&self, range: Range<usize>, encoded: bool) -> Component<Secret> {
        match self.component(range, encoded) {
            Component::Absent => Component::Absent,
            Component::Open { span } => Component::Open { span },
            Component::Known(known) => Component::Known(Known {
                value: Secret::new(known.value),
                span: known.span,
                is_exact: known.is_exact,
                is_default: known.is_default,
            }),
        }
    }

    /// Returns where something can be put in behind a byte of the text, where that byte stands as it is in the file.
    fn insertion(&self, at: usize, separator: &'static str) -> Option<Insertion> {
        let piece = self
            .pieces
            .iter()
            .find(|piece| piece.flat.start < at && at <= piece.flat.end && piece.verbatim);
        // Behind a hole that ends the text the quote or the next literal begins: only a literal tells where.
        let piece = piece?;
        Some(Insertion {
            at: piece.span.start + (at - piece.flat.start),
            separator,
        })
    }
}

/// Resolves percent-encoding where it is well-formed, and keeps what is not.
fn percent_decoded(raw: &str) -> String {
    if !raw.contains('%') {
        return raw.to_owned();
    }
    let bytes = raw.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |place: usize| {
            bytes
                .get(place)
                .and_then(|byte| char::from(*byte).to_digit(16))
        };
        if bytes[at] == b'%'
            && let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2))
        {
            decoded.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Where the parts of a URI's authority stand.
struct Authority {
    user: Option<Range<usize>>,
    password: Option<Range<usize>>,
    hosts: Range<usize>,
    end: usize,
}

impl Authority {
    fn find(text: &str, start: usize) -> Self {
        let rest = &text[start..];
        let stop = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>'))
            .unwrap_or(rest.len());
        let rest = &rest[..stop];
        let question = rest.find('?').unwrap_or(rest.len());
        let slash = rest.find('/').unwrap_or(rest.len()).min(question);
        // The last `@` before the path. Where a `/` in the password is not encoded, a later one has host and path behind it.
        let later = rest[..question].rfind('@').filter(|at| {
            *at > slash && {
                let colon = rest[..slash].find(':');
                let behind = &rest[at + 1..question];
                // `host:port/path@version` is no password: a port is a number.
                let is_port = colon.is_some_and(|colon| {
                    let between = &rest[colon + 1..slash];
                    !between.is_empty() && between.bytes().all(|byte| byte.is_ascii_digit())
                });
                colon.is_some() && !is_port && behind.contains('/')
            }
        });
        let at = later.or_else(|| rest[..slash].rfind('@'));
        let host_start = at.map_or(0, |at| at + 1);
        let host_end = rest[host_start..]
            .find(['/', '?', '#'])
            .map_or(rest.len(), |length| host_start + length);
        let (user, password) = match at {
            None => (None, None),
            Some(at) => match rest[..at].find(':') {
                Some(colon) => (
                    Some(start..start + colon),
                    Some(start + colon + 1..start + at),
                ),
                None => (Some(start..start + at), None),
            },
        };
        Self {
            user: user.filter(|user| !user.is_empty()),
            password,
            hosts: start + host_start..start + host_end,
            end: start + stop,
        }
    }
}

/// Cuts a range at a separator.
fn pieces(text: &str, range: Range<usize>, separator: char) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = range.start;
    for piece in text[range].split(separator).take(256) {
        found.push(start..start + piece.len());
        start += piece.len() + separator.len_utf8();
    }
    found
}

fn uri(flat: &Flat) -> Option<Declared> {
    let text = &flat.text;
    let lead = text.len() - text.trim_start().len();
    let after_prefix = PREFIXES
        .iter()
        .find(|prefix| starts_with_ignoring_case(&text[lead..], prefix))
        .map_or(lead, |prefix| lead + prefix.len());
    let form = if after_prefix > lead {
        Form::Jdbc
    } else {
        Form::Uri
    };
    let Some(scheme_end) = text[after_prefix..].find("://").map(|at| after_prefix + at) else {
        return socket_jdbc(flat, form, after_prefix);
    };
    let scheme_text = &text[after_prefix..scheme_end];
    let (scheme, driver) = match scheme_text.split_once('+') {
        Some((scheme, driver)) => (scheme, Some(driver)),
        None => (scheme_text, None),
    };
    let known = |scheme: &str| SCHEMES.iter().any(|it| it.eq_ignore_ascii_case(scheme));
    let scheme_is_open = scheme.contains(HOLE);
    if !known(scheme) && !scheme_is_open {
        return None;
    }
    let authority = Authority::find(text, scheme_end + 3);
    let mut declared = Declared {
        form,
        scheme: (!scheme_is_open).then(|| scheme.to_ascii_lowercase()),
        driver: driver
            .filter(|driver| !driver.contains(HOLE))
            .map(str::to_ascii_lowercase),
        hosts: Vec::new(),
        user: Component::Absent,
        password: Component::Absent,
        database: Component::Absent,
        parameters: Vec::new(),
        may_have_more: false,
        insertion: None,
        span: flat.place(&(lead..authority.end)).0,
    };
    if let Some(user) = authority.user.clone() {
        declared.user = flat.component(user, true);
    }
    if let Some(password) = authority.password.clone()
        && !password.is_empty()
    {
        declared.password = flat.secret(password, true);
    }
    read_hosts(flat, authority.hosts.clone(), &mut declared);
    read_path_and_query(flat, &authority, &mut declared);
    if scheme_is_open && !looks_like_ours(&declared) {
        return None;
    }
    Some(declared)
}

/// Reads what follows the hosts of a URI: database and parameters.
fn read_path_and_query(flat: &Flat, authority: &Authority, declared: &mut Declared) {
    let text = &flat.text;
    let end = text[..authority.end]
        .find('#')
        .filter(|at| *at >= authority.hosts.end)
        .unwrap_or(authority.end);
    let question = text[authority.hosts.end..end]
        .find('?')
        .map(|at| authority.hosts.end + at);
    let path = authority.hosts.end..question.unwrap_or(end);
    if text[path.clone()].starts_with('/') && path.len() > 1 {
        let database = path.start + 1..path.end;
        declared.may_have_more |= hides_more(&text[database.clone()]);
        declared.database = flat.component(database, true);
    }
    // Where the hosts themselves are one hole, as in `postgresql://${REST}`, anything may be in it.
    if path.is_empty() && question.is_none() && flat.is_open(&authority.hosts) {
        declared.may_have_more |= hides_more(&text[authority.hosts.clone()])
            || text[authority.hosts.clone()].chars().all(|c| c == HOLE);
    }
    if let Some(question) = question {
        read_query(flat, question + 1..end, declared);
        let separator = if question + 1 == end { "" } else { "&" };
        declared.insertion = flat.insertion(end, separator);
    } else {
        declared.insertion = flat.insertion(end, "?");
    }
}

/// `jdbc:postgresql:database`: the host is this machine.
fn socket_jdbc(flat: &Flat, form: Form, start: usize) -> Option<Declared> {
    let rest = flat.text[start..].strip_prefix("postgresql:")?;
    if form != Form::Jdbc || rest.contains(char::is_whitespace) {
        return None;
    }
    let at = start + "postgresql:".len();
    let question = rest.find('?').map(|found| at + found);
    let mut declared = empty(form, flat);
    declared.scheme = Some("postgresql".to_owned());
    declared.database = flat.component(at..question.unwrap_or(flat.text.len()), true);
    if let Some(question) = question {
        read_query(flat, question + 1..flat.text.len(), &mut declared);
    }
    Some(declared)
}

fn empty(form: Form, flat: &Flat) -> Declared {
    Declared {
        form,
        scheme: None,
        driver: None,
        hosts: Vec::new(),
        user: Component::Absent,
        password: Component::Absent,
        database: Component::Absent,
        parameters: Vec::new(),
        may_have_more: false,
        insertion: None,
        span: flat.place(&(0..flat.text.len())).0,
    }
}

/// Whether a hole at the end of a part may bring more than this part: `app${PARAMETERS}`, `{database}{suffix}`.
fn hides_more(part: &str) -> bool {
    part.ends_with(HOLE) && part.chars().count() > 1
}

/// Whether a string whose scheme is a variable is for the PostgreSQL wire: its port or its parameters tell.
fn looks_like_ours(declared: &Declared) -> bool {
    let port = |host: &DeclaredHost| {
        matches!(
            host.port.known().map(String::as_str),
            Some("5432" | "26257")
        )
    };
    declared.hosts.iter().any(port) || declared.parameter("sslmode").is_some()
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn read_hosts(flat: &Flat, range: Range<usize>, declared: &mut Declared) {
    if range.is_empty() {
        return;
    }
    let text = &flat.text;
    for piece in pieces(text, range, ',') {
        let (host, port) = if text[piece.clone()].starts_with('[') {
            match text[piece.clone()].find(']') {
                Some(close) => {
                    let after = piece.start + close + 1;
                    let port = text[after..piece.end]
                        .starts_with(':')
                        .then_some(after + 1..piece.end);
                    (piece.start + 1..piece.start + close, port)
                }
                None => (piece, None),
            }
        } else {
            match text[piece.clone()].rfind(':') {
                Some(colon) => (
                    piece.start..piece.start + colon,
                    Some(piece.start + colon + 1..piece.end),
                ),
                None => (piece, None),
            }
        };
        declared.hosts.push(DeclaredHost {
            host: if host.is_empty() {
                Component::Absent
            } else {
                flat.component(host, true)
            },
            port: port
                .filter(|port| !port.is_empty())
                .map_or(Component::Absent, |port| flat.component(port, false)),
        });
    }
}

fn read_query(flat: &Flat, range: Range<usize>, declared: &mut Declared) {
    let text = &flat.text;
    for piece in pieces(text, range, '&') {
        // XML and HTML write `&` as `&amp;`.
        let start = if text[piece.clone()].starts_with("amp;") {
            piece.start + 4
        } else {
            piece.start
        };
        let piece = start..piece.end;
        if piece.is_empty() {
            continue;
        }
        let Some(equals) = text[piece.clone()].find('=').map(|at| piece.start + at) else {
            declared.may_have_more |= flat.is_open(&piece);
            continue;
        };
        if flat.is_open(&(piece.start..equals)) {
            declared.may_have_more = true;
            continue;
        }
        let name = percent_decoded(&text[piece.start..equals]);
        let value = equals + 1..piece.end;
        declared.may_have_more |= hides_more(&text[value.clone()]);
        take(flat, declared, &name, value, piece, true);
    }
}

/// Puts a named value where it belongs.
fn take(
    flat: &Flat,
    declared: &mut Declared,
    name: &str,
    value: Range<usize>,
    whole: Range<usize>,
    encoded: bool,
) {
    let name = canonical(name);
    match name.as_str() {
        "password" => {
            if !value.is_empty() {
                declared.password = flat.secret(value, encoded);
            }
        }
        "user" if declared.user.is_absent() => declared.user = flat.component(value, encoded),
        "dbname" if declared.database.is_absent() => {
            declared.database = flat.component(value, encoded);
        }
        "host" | "hostaddr" if declared.hosts.is_empty() && !value.is_empty() => {
            for piece in pieces(&flat.text, value, ',') {
                declared.hosts.push(DeclaredHost {
                    host: flat.component(piece, encoded),
                    port: Component::Absent,
                });
            }
        }
        "port" => {
            let ports = pieces(&flat.text, value, ',');
            if declared.hosts.is_empty() {
                declared.hosts.push(DeclaredHost {
                    host: Component::Absent,
                    port: Component::Absent,
                });
            }
            let last = ports.len().saturating_sub(1);
            for (place, host) in declared.hosts.iter_mut().enumerate() {
                if let Some(port) = ports.get(place.min(last)) {
                    host.port = flat.component(port.clone(), encoded);
                }
            }
        }
        _ => declared.parameters.push(Parameter {
            name,
            value: flat.component(value, encoded),
            span: flat.place(&whole).0,
        }),
    }
}

/// Returns libpq's word for a driver's.
fn canonical(name: &str) -> String {
    let squeezed: String = name
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    match squeezed.as_str() {
        "server" => "host".to_owned(),
        "username" | "userid" | "uid" => "user".to_owned(),
        "database" => "dbname".to_owned(),
        "pwd" | "passwd" => "password".to_owned(),
        "rootcertificate" => "sslrootcert".to_owned(),
        "sslcertificate" => "sslcert".to_owned(),
        "ssl-mode" => "sslmode".to_owned(),
        _ => squeezed,
    }
}

/// `host=… port=… dbname='…'`.
fn keywords(flat: &Flat) -> Option<Declared> {
    let text = &flat.text;
    let pairs = keyword_pairs(text)?;
    let known = pairs
        .iter()
        .filter(|(name, _)| KEYWORDS.contains(&&text[name.clone()]))
        .count();
    let has = |word: &str| pairs.iter().any(|(name, _)| &text[name.clone()] == word);
    let names_something = has("host") || has("dbname") || has("sslmode") || has("hostaddr");
    if known < 2 || !names_something || known * 2 < pairs.len() {
        return None;
    }
    let mut declared = empty(Form::Keywords, flat);
    let mut ports = None;
    for (name, value) in &pairs {
        let word = text[name.clone()].to_ascii_lowercase();
        if word == "port" {
            ports = Some((name.clone(), value.clone()));
            continue;
        }
        take(
            flat,
            &mut declared,
            &word,
            value.clone(),
            name.start..value.end,
            false,
        );
    }
    if let Some((name, value)) = ports {
        take(
            flat,
            &mut declared,
            "port",
            value.clone(),
            name.start..value.end,
            false,
        );
    }
    let end = text.trim_end().len();
    declared.may_have_more = hides_more(&text[..end]) && !ends_in_value(text, &pairs);
    declared.insertion = flat.insertion(end, " ");
    Some(declared)
}

/// Whether the last hole of a keyword/value string is the value of its last keyword, and no more.
fn ends_in_value(text: &str, pairs: &[(Range<usize>, Range<usize>)]) -> bool {
    pairs
        .last()
        .is_some_and(|(_, value)| !hides_more(&text[value.clone()]))
}

type Pair = (Range<usize>, Range<usize>);

/// Cuts a keyword/value string; `None` where it is none.
fn keyword_pairs(text: &str) -> Option<Vec<Pair>> {
    let bytes = text.as_bytes();
    let mut pairs = Vec::new();
    let mut at = 0;
    let space = |at: &mut usize| {
        while bytes.get(*at).is_some_and(u8::is_ascii_whitespace) {
            *at += 1;
        }
    };
    loop {
        space(&mut at);
        if at >= bytes.len() {
            return Some(pairs);
        }
        let start = at;
        while bytes
            .get(at)
            .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        {
            at += 1;
        }
        let name = start..at;
        space(&mut at);
        if name.is_empty() || bytes.get(at) != Some(&b'=') {
            // `{base} sslmode=require`: what a hole brings is open, and the rest counts.
            if text[start..].starts_with(HOLE) {
                at = start + HOLE.len_utf8();
                continue;
            }
            return None;
        }
        at += 1;
        space(&mut at);
        let value = if bytes.get(at) == Some(&b'\'') {
            let start = at + 1;
            at = start;
            while at < bytes.len() && bytes[at] != b'\'' {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            let end = at.min(bytes.len());
            at = end + 1;
            if !text.is_char_boundary(end) {
                return None;
            }
            start..end
        } else {
            let start = at;
            while at < bytes.len() && !bytes[at].is_ascii_whitespace() {
                at += 1;
            }
            start..at
        };
        pairs.push((name, value));
        if pairs.len() > 64 {
            return None;
        }
    }
}

/// `Host=…;Port=…;SSL Mode=…`.
fn ado_net(flat: &Flat) -> Option<Declared> {
    let text = &flat.text;
    if !text.contains(';') || text.contains('\n') {
        return None;
    }
    let mut pairs: Vec<Pair> = Vec::new();
    for piece in pieces(text, 0..text.len(), ';') {
        if text[piece.clone()].trim().is_empty() {
            continue;
        }
        match text[piece.clone()].find('=') {
            Some(at) => pairs.push((
                piece.start..piece.start + at,
                piece.start + at + 1..piece.end,
            )),
            None if flat.is_open(&piece) => {}
            None => return None,
        }
    }
    let words: Vec<String> = pairs
        .iter()
        .map(|(name, _)| canonical(&text[name.clone()]))
        .collect();
    let has = |word: &str| words.iter().any(|it| it == word);
    // SQL Server's and MySQL's strings look alike; these words are theirs alone.
    let foreign = [
        "initialcatalog",
        "datasource",
        "trusted_connection",
        "integratedsecurity",
        "trustedconnection",
        "multipleactiveresultsets",
        "accountendpoint",
        "accountkey",
        "defaultendpointsprotocol",
        "encrypt",
        "allowuservariables",
    ];
    if foreign.iter().any(|word| has(word)) || !has("host") || !has("dbname") && !has("user") {
        return None;
    }
    // Npgsql writes Host; `Server=` counts where the port is ours.
    let server = pairs
        .iter()
        .any(|(name, _)| text[name.clone()].trim().eq_ignore_ascii_case("server"));
    let port_is_ours = pairs.iter().zip(&words).any(|((_, value), word)| {
        word == "port" && matches!(text[value.clone()].trim(), "5432" | "26257")
    });
    if server && !port_is_ours {
        return None;
    }
    let mut declared = empty(Form::AdoNet, flat);
    for ((name, value), word) in pairs.iter().zip(&words) {
        let raw = &text[value.clone()];
        let start = value.start + (raw.len() - raw.trim_start().len());
        let end = (value.end - (raw.len() - raw.trim_end().len())).max(start);
        take(
            flat,
            &mut declared,
            word,
            start..end,
            name.start..value.end,
            false,
        );
    }
    let end = text.trim_end_matches([';', ' ']).len();
    declared.insertion = flat.insertion(end, ";");
    Some(declared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::template::{Hole, Literal};

    /// Makes a template of a text in which `{…}` is a hole and `{…|d}` one with the default `d`.
    fn template(text: &str) -> Template {
        let mut parts = Vec::new();
        let mut at = 0;
        while at < text.len() {
            if let Some(inside) = text[at..].strip_prefix('{') {
                let end = at + 1 + inside.find('}').unwrap();
                let (_, default) = text[at + 1..end].split_once('|').unzip();
                let default = default.map(|default| {
                    let start = end - default.len();
                    Box::new(Template::verbatim(default, start..end))
                });
                parts.push(Part::Hole(Hole {
                    filling: Filling::Expression,
                    default,
                    span: at..end + 1,
                }));
                at = end + 1;
            } else {
                let end = text[at..].find('{').map_or(text.len(), |found| at + found);
                parts.push(Part::Literal(Literal {
                    text: Secret::new(&text[at..end]),
                    span: at..end,
                    verbatim: true,
                }));
                at = end;
            }
        }
        Template {
            parts,
            span: 0..text.len(),
        }
    }

    fn read(text: &str) -> Declared {
        parse(&template(text)).unwrap_or_else(|| panic!("no connection string: {text}"))
    }

    fn host(declared: &Declared, place: usize) -> Option<&str> {
        declared.hosts[place].host.known().map(String::as_str)
    }

    #[test]
    fn uri_is_cut_into_its_parts_with_their_spans() {
        let text = "postgresql+asyncpg://app:pa%40ss@db1:26257,db2/orders?ssl=require&x=1";
        let found = read(text);
        assert_eq!(found.scheme.as_deref(), Some("postgresql"));
        assert_eq!(found.driver.as_deref(), Some("asyncpg"));
        assert_eq!(
            (host(&found, 0), host(&found, 1)),
            (Some("db1"), Some("db2"))
        );
        assert_eq!(found.hosts[0].port.known().unwrap(), "26257");
        assert_eq!(found.password.known().unwrap().expose(), "pa@ss");
        assert_eq!(found.database.known().unwrap(), "orders");
        let ssl = found.parameter("ssl").unwrap();
        assert_eq!(&text[ssl.span.clone()], "ssl=require");
        let Component::Known(value) = &ssl.value else {
            panic!()
        };
        assert_eq!(&text[value.span.clone()], "require");
        assert!(value.is_exact);
        let insertion = found.insertion.unwrap();
        assert_eq!((insertion.at, insertion.separator), (text.len(), "&"));
    }

    #[test]
    fn holes_leave_open_what_they_fill_and_nothing_else() {
        let found = read("postgresql://{user}:{password}@{host}:{port}/{database}?sslmode=disable");
        assert!(found.user.is_open() && found.password.is_open() && found.database.is_open());
        assert!(found.hosts[0].host.is_open() && found.hosts[0].port.is_open());
        assert_eq!(found.value("sslmode"), Some("disable"));
        assert!(!found.may_have_more);
        let found = read("postgresql://{user}:{password}@{host}:{port}/{database}");
        assert!(!found.may_have_more && found.parameters.is_empty());
    }

    #[test]
    fn hole_behind_the_database_may_hold_the_mode() {
        for text in [
            "postgresql://app@db/orders{suffix}",
            "postgresql://app@db/{database}{suffix}",
            "postgresql://app@db/orders?{parameters}",
            "postgresql://app@db/orders?x=1&{parameters}",
            "postgresql://{everything}",
        ] {
            assert!(read(text).may_have_more, "{text}");
        }
    }

    #[test]
    fn default_of_a_variable_is_told_from_what_is_written() {
        let found = read("postgresql://app:{PW|hunter2}@{HOST|db}/x?sslmode={MODE|disable}");
        let Component::Known(mode) = &found.parameter("sslmode").unwrap().value else {
            panic!()
        };
        assert!(mode.is_default && mode.value == "disable");
        assert_eq!(host(&found, 0), Some("db"));
        let whole = read("{DATABASE_URL|postgres://db/app}");
        assert_eq!(host(&whole, 0), Some("db"));
    }

    #[test]
    fn password_ends_at_the_last_at_sign() {
        let found = read("postgresql://app:p@ss/w@db:5432/x");
        assert_eq!(found.password.known().unwrap().expose(), "p@ss/w");
        assert_eq!(host(&found, 0), Some("db"));
        let found = read("postgresql://app:a/b@db/x");
        assert_eq!(found.password.known().unwrap().expose(), "a/b");
    }

    #[test]
    fn sockets_and_repeated_parameters_are_read_as_libpq_does() {
        let found =
            read("postgresql:///app?host=/var/run/postgresql&sslmode=require&sslmode=disable");
        assert_eq!(host(&found, 0), Some("/var/run/postgresql"));
        assert_eq!(found.value("sslmode"), Some("disable"));
        let found = read("postgresql://%2Fvar%2Frun/app");
        assert_eq!(host(&found, 0), Some("/var/run"));
        let found = read("postgresql://[::1]:5432/app");
        assert_eq!(host(&found, 0), Some("::1"));
    }

    #[test]
    fn jdbc_is_read_with_several_hosts_and_user_in_the_query() {
        let found = read("jdbc:postgresql://h1:26257,h2/db?user=app&password=x&sslmode=require");
        assert_eq!(found.form, Form::Jdbc);
        assert_eq!(found.hosts.len(), 2);
        assert_eq!(found.user.known().unwrap(), "app");
        assert_eq!(found.password.known().unwrap().expose(), "x");
        assert_eq!(found.value("sslmode"), Some("require"));
        assert!(read("jdbc:postgresql:orders").hosts.is_empty());
    }

    #[test]
    fn keyword_strings_are_read_with_quotes_and_holes() {
        let found =
            read("host=db1 port=26257 user='the app' password={pw} dbname=x sslmode=disable");
        assert_eq!(found.form, Form::Keywords);
        assert_eq!(found.user.known().unwrap(), "the app");
        assert!(found.password.is_open());
        assert_eq!(found.hosts[0].port.known().unwrap(), "26257");
        assert_eq!(found.value("sslmode"), Some("disable"));
        assert_eq!(found.insertion.unwrap().separator, " ");
    }

    #[test]
    fn ado_net_is_read_whatever_the_case_and_spaces() {
        let found = read(
            "Host=db;Port=5432;Username=app;Password=s;Database=x;SSL Mode=Require;Trust Server Certificate=true",
        );
        assert_eq!(found.form, Form::AdoNet);
        assert_eq!(found.value("sslmode"), Some("Require"));
        assert_eq!(found.value("trustservercertificate"), Some("true"));
        assert_eq!(found.password.known().unwrap().expose(), "s");
    }

    #[test]
    fn other_texts_are_no_connection_strings() {
        for text in [
            "mysql://app:x@db/app",
            "https://example.com/?sslmode=disable",
            "postgresql",
            "Server=db;Initial Catalog=x;User Id=sa;Password=y",
            "host=a",
            "a sentence with user=bob in it",
            "key=value other=thing",
            "",
        ] {
            assert_eq!(parse(&template(text)), None, "{text}");
        }
    }

    #[test]
    fn scheme_left_open_counts_where_the_port_is_ours() {
        assert!(parse(&template("{scheme}://app@db:5432/x")).is_some());
        assert!(parse(&template("{scheme}://app@db:3306/x")).is_none());
    }

    #[test]
    fn password_of_any_url_is_found() {
        let (scheme, password) = password_of_url(&template("redis://:pw@cache:6379/0")).unwrap();
        assert_eq!(
            (scheme.as_str(), password.known().unwrap().expose()),
            ("redis", "pw")
        );
        assert!(password_of_url(&template("https://host:8080/a@b")).is_none());
    }

    proptest::proptest! {
        #[test]
        fn never_panics_on_any_text(text in "[a-z:/@?&=%'\\[\\]{};, |é\u{E000}]{0,60}") {
            let text = text.replace(['{', '}'], "");
            let _ = parse(&Template::verbatim(&text, 0..text.len()));
            let _ = password_of_url(&Template::verbatim(&text, 0..text.len()));
            for prefix in ["postgresql://", "jdbc:postgresql:", "host=a dbname=", "Host=a;Database="] {
                let text = format!("{prefix}{text}");
                let _ = parse(&Template::verbatim(&text, 0..text.len()));
            }
        }
    }
}
