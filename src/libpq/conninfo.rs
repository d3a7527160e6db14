//! Connection strings: libpq URIs and keyword/value strings to their parts, without the password.
//!
//! The grammar is libpq's (PostgreSQL documentation, section 34.1.1), read as drivers' users write it: CockroachDB's
//! schemes and SQLAlchemy's `+driver` are synonyms, and a keyword that libpq does not know is passed over. It keeps no
//! password, and no error repeats any of the text: what stands in the wrong place may be part of one.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::SslMode;
use crate::text;

/// Schemes of the PostgreSQL wire. `+driver` may follow, as SQLAlchemy has it.
pub const SCHEMES: [&str; 4] = ["postgresql", "postgres", "cockroachdb", "cockroach"];

/// Most hosts that one connection string may name. libpq has no bound; a longer list is a mistake or an attack.
const MOST_HOSTS: usize = 64;

/// What a connection string says, the password apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conninfo {
    /// Every host in the order that a client tries them; empty where none is named.
    pub hosts: Vec<HostSpecification>,
    /// `user`.
    pub user: Option<String>,
    /// `dbname`.
    pub database: Option<String>,
    /// Whether there was a password. It was dropped.
    pub had_password: bool,
    /// `sslmode`; also `ssl=true`, which libpq takes for `require`.
    pub sslmode: Option<SslMode>,
    /// `sslrootcert`: a file, or the word `system`.
    pub sslrootcert: Option<String>,
    /// `sslcert`.
    pub sslcert: Option<String>,
    /// `sslkey`.
    pub sslkey: Option<String>,
}

/// One of the hosts of a connection string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSpecification {
    /// `host`: a name, an address without brackets, or the folder of a Unix socket; may be empty.
    pub host: String,
    /// `hostaddr`: the address that is dialled in place of `host`.
    pub hostaddr: Option<String>,
    /// `port`, where one is given.
    pub port: Option<u16>,
}

/// Why a text is no connection string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (byte {position})")]
pub struct ConninfoError {
    /// Where, in bytes from 0.
    pub position: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a connection string. It holds none of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It starts with none of [`SCHEMES`].
    Scheme,
    /// `[` without `]`, or something other than a port after `]`.
    Bracket,
    /// A port that is no number from 1 to 65535.
    Port,
    /// `%` without two hexadecimal digits.
    PercentEncoding,
    /// `%00`.
    Nul,
    /// What the percent-encoding stands for is not UTF-8.
    Utf8,
    /// Control or invisible characters.
    Invisible,
    /// A part is longer than [`text::LONGEST`] characters.
    TooLong,
    /// `@` after the authority: a `/` or `?` in the password is not encoded.
    StrayAt,
    /// A query parameter or keyword without `=`.
    MissingValue,
    /// A quote that nothing closes.
    Quote,
    /// An `sslmode` that libpq does not know.
    SslMode,
    /// `host`, `hostaddr` and `port` that name different numbers of hosts.
    HostCount,
    /// More than 64 hosts.
    TooManyHosts,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "a connection URI starts with `postgresql://` or `cockroachdb://`",
            Self::Bracket => "an IPv6 address stands in brackets, as in `[::1]:26257`",
            Self::Port => "a port is a number from 1 to 65535",
            Self::PercentEncoding => {
                "after `%` come two hexadecimal digits; a percent sign itself is `%25`"
            }
            Self::Nul => "`%00` cannot stand in a connection string",
            Self::Utf8 => "the percent-encoded bytes are not UTF-8",
            Self::Invisible => "control or invisible characters cannot stand in a connection string",
            Self::TooLong => "this part is longer than 1,024 characters",
            Self::StrayAt => {
                "`@` stands after the host part; `/`, `?` and `@` in a user name, password or database are written `%2F`, `%3F` and `%40`"
            }
            Self::MissingValue => "a parameter is written `name=value`",
            Self::Quote => "a quote is not closed",
            Self::SslMode => {
                "sslmode is one of disable, allow, prefer, require, verify-ca and verify-full"
            }
            Self::HostCount => "host, hostaddr and port name different numbers of hosts",
            Self::TooManyHosts => "more than 64 hosts are named",
        })
    }
}

impl Problem {
    /// Says where it is.
    const fn at(self, position: usize) -> ConninfoError {
        ConninfoError {
            position,
            problem: self,
        }
    }
}

/// Reads a connection string of either form.
pub fn parse(text: &str) -> Result<Conninfo, ConninfoError> {
    if text.contains("://") && !starts_like_keywords(text) {
        parse_uri(text)
    } else {
        parse_keywords(text)
    }
}

/// Tells `host=a options=x://y` from a URI: libpq's keywords hold only letters and `_`.
fn starts_like_keywords(text: &str) -> bool {
    let word = text
        .trim_start()
        .trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '_');
    word.trim_start().starts_with('=')
}

/// Whether a text starts with one of the schemes of the PostgreSQL wire.
pub fn is_uri(text: &str) -> bool {
    after_scheme(text).is_some()
}

/// Reads a connection URI, such as `postgresql://app@db1:26257,db2/orders?sslmode=verify-full`.
pub fn parse_uri(text: &str) -> Result<Conninfo, ConninfoError> {
    let parts = UriParts::of(text)?;
    let mut settings = Settings::default();

    if let Some(userinfo) = parts.userinfo.clone() {
        let (user, password) = split_at_first(text, userinfo, ':');
        if !user.is_empty() {
            settings.user = Some(value(text, user)?);
        }
        if let Some(password) = password {
            settings.take_password(text, password)?;
        }
    }
    read_hosts(text, parts.hosts, &mut settings)?;
    if let Some(database) = parts.database
        && !database.is_empty()
    {
        if let Some(at) = text[database.clone()].find('@') {
            return Err(Problem::StrayAt.at(database.start + at));
        }
        settings.database = Some(value(text, database)?);
    }
    if let Some(query) = parts.query {
        for parameter in pieces(text, query, &['&']) {
            if parameter.is_empty() {
                continue;
            }
            let (name, range) = split_at_first(text, parameter.clone(), '=');
            let range = range.ok_or(Problem::MissingValue.at(parameter.start))?;
            let name = decode(text, name)?;
            if is_password(&name) {
                settings.take_password(text, range)?;
            } else {
                let start = range.start;
                settings.set(&name, value(text, range)?, start)?;
            }
        }
    }
    settings.finish()
}

/// Reads a keyword/value string, such as `host=db1 port=26257 user='the app'`.
pub fn parse_keywords(text: &str) -> Result<Conninfo, ConninfoError> {
    let mut settings = Settings::default();
    for pair in keyword_pairs(text) {
        let pair = pair?;
        if is_password(pair.name) {
            settings.had_password |= !pair.value.is_empty();
        } else {
            let value = checked(Cow::Owned(pair.value), pair.range.start)?;
            settings.set(pair.name, value, pair.range.start)?;
        }
    }
    settings.finish()
}

/// Finds where passwords stand in a text that may be a connection string or any other URL with userinfo.
///
/// In order, without overlap. It is for pointing at them and for blotting them out, so it takes rather too much than too little, also where the
/// text does not parse.
pub fn password_spans(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    if let Some(colon) = text.find("://") {
        let start = colon + 3;
        let rest = &text[start..];
        // The last `@` before the path, or, where a `/` or `?` in the password is not encoded, the last one at all.
        let authority = rest.find(['/', '?']).unwrap_or(rest.len());
        let at = rest[..authority].rfind('@').or_else(|| rest.rfind('@'));
        if let Some(at) = at
            && let Some(colon) = rest[..at].find(':')
        {
            spans.push(start + colon + 1..start + at);
        } else if at.is_none()
            && let Some(port) = misplaced_port(&rest[..authority])
        {
            spans.push(start + port.start..start + port.end);
        }
        for parameter in pieces(text, start..text.len(), &['?', '&']) {
            let (name, value) = split_at_first(text, parameter, '=');
            if let Some(value) = value
                && decode(text, name).is_ok_and(|name| is_password(&name))
            {
                spans.push(value);
            }
        }
    } else {
        spans.extend(keyword_password_spans(text));
        spans.extend(bare_password_span(text));
    }
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable_by_key(|span| span.start);
    spans.dedup_by(|later, earlier| {
        let overlaps = later.start < earlier.end;
        if overlaps {
            earlier.end = earlier.end.max(later.end);
        }
        overlaps
    });
    spans
}

/// Finds the password of `user:password@host:port`, which has no scheme in front.
fn bare_password_span(text: &str) -> Option<Range<usize>> {
    let colon = text.find(':')?;
    let is_user =
        !text[..colon].contains(|character: char| character == '=' || character.is_whitespace());
    let at = text.rfind('@').filter(|at| is_user && *at > colon)?;
    Some(colon + 1..at)
}

/// Returns what stands where a port belongs and is none: `user:password` whose `@` was lost with the rest of the line.
///
/// Addresses in brackets have colons of their own, and several hosts have several ports: a number is never taken.
fn misplaced_port(authority: &str) -> Option<Range<usize>> {
    let after_brackets = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let colon = after_brackets + authority[after_brackets..].find(':')?;
    let port = &authority[colon + 1..];
    let is_number = port
        .split(',')
        .next()
        .is_some_and(|first| first.bytes().all(|byte| byte.is_ascii_digit()));
    (!is_number).then_some(colon + 1..authority.len())
}

/// Finds `password=…` anywhere in a keyword/value string, well-formed or not.
fn keyword_password_spans(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for (equals, _) in text.match_indices('=') {
        let name = text[..equals]
            .trim_end_matches(|c: char| c.is_ascii_whitespace())
            .rsplit(|c: char| !c.is_ascii_alphabetic())
            .next();
        if !name.is_some_and(is_password) {
            continue;
        }
        let start = skip_spaces(text, equals + 1);
        let end = match keyword_value(text, start) {
            Ok((_, end)) => end,
            Err(_) => text.len(),
        };
        spans.push(start..end);
    }
    spans
}

/// Whether a keyword's value is a secret: libpq's `password` and `sslpassword`, and what drivers call it.
fn is_password(name: &str) -> bool {
    ["password", "sslpassword", "passwd", "pwd"]
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Where the parts of a URI stand in its text.
struct UriParts {
    userinfo: Option<Range<usize>>,
    hosts: Range<usize>,
    database: Option<Range<usize>>,
    query: Option<Range<usize>>,
}

impl UriParts {
    fn of(text: &str) -> Result<Self, ConninfoError> {
        let start = after_scheme(text).ok_or(Problem::Scheme.at(0))?;
        let end = text[start..]
            .find(['/', '?'])
            .map_or(text.len(), |length| start + length);
        // RFC 3986 knows one `@`; the last one, as in the URL Standard, keeps all of a careless password out of the host.
        let at = text[start..end].rfind('@').map(|at| start + at);
        let rest = &text[end..];
        if at.is_none()
            && let Some(stray) = rest.find('@')
        {
            return Err(Problem::StrayAt.at(end + stray));
        }
        let (database, query) = match rest.as_bytes().first() {
            Some(b'/') => {
                let question = rest.find('?').map(|at| end + at);
                (
                    Some(end + 1..question.unwrap_or(text.len())),
                    question.map(|at| at + 1..text.len()),
                )
            }
            Some(_) => (None, Some(end + 1..text.len())),
            None => (None, None),
        };
        Ok(Self {
            userinfo: at.map(|at| start..at),
            hosts: at.map_or(start, |at| at + 1)..end,
            database,
            query,
        })
    }
}

/// Returns where the text goes on after a scheme of ours and `://`.
fn after_scheme(text: &str) -> Option<usize> {
    let end = text.find("://")?;
    let scheme = &text[..end];
    let name = scheme.split_once('+').map_or(scheme, |(name, _)| name);
    SCHEMES
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
        .then_some(end + 3)
}

/// Reads `host:port,host:port` of an authority.
fn read_hosts(
    text: &str,
    hosts: Range<usize>,
    settings: &mut Settings,
) -> Result<(), ConninfoError> {
    if hosts.is_empty() {
        return Ok(());
    }
    let mut ports = Vec::new();
    let mut names = Vec::new();
    for piece in pieces(text, hosts, &[',']) {
        if names.len() == MOST_HOSTS {
            return Err(Problem::TooManyHosts.at(piece.start));
        }
        let (host, port) = if text[piece.clone()].starts_with('[') {
            let close = text[piece.clone()]
                .find(']')
                .ok_or(Problem::Bracket.at(piece.start))?;
            let after = piece.start + close + 1;
            let port = match text[after..piece.end].strip_prefix(':') {
                Some(_) => Some(after + 1..piece.end),
                None if after == piece.end => None,
                None => return Err(Problem::Bracket.at(after)),
            };
            (piece.start + 1..piece.start + close, port)
        } else {
            let (host, port) = split_at_first(text, piece.clone(), ':');
            if let Some(port) = &port
                && text[port.clone()].contains(':')
            {
                return Err(Problem::Bracket.at(piece.start));
            }
            (host, port)
        };
        names.push(value(text, host)?);
        ports.push(match port {
            Some(port) => read_port(&text[port.clone()], port.start)?,
            None => None,
        });
    }
    settings.hosts = Some(names);
    settings.ports = ports;
    Ok(())
}

/// Reads a port. An empty one is the default, as in libpq.
fn read_port(port: &str, position: usize) -> Result<Option<u16>, ConninfoError> {
    if port.is_empty() {
        return Ok(None);
    }
    let wrong = Problem::Port.at(position);
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong);
    }
    match port.parse() {
        Ok(0) | Err(_) => Err(wrong),
        Ok(port) => Ok(Some(port)),
    }
}

/// What was read so far. The last word counts, as in libpq.
#[derive(Default)]
struct Settings {
    hosts: Option<Vec<String>>,
    hostaddrs: Option<Vec<String>>,
    ports: Vec<Option<u16>>,
    hosts_position: usize,
    user: Option<String>,
    database: Option<String>,
    had_password: bool,
    sslmode: Option<SslMode>,
    sslrootcert: Option<String>,
    sslcert: Option<String>,
    sslkey: Option<String>,
}

impl Settings {
    fn set(&mut self, name: &str, value: String, position: usize) -> Result<(), ConninfoError> {
        // libpq takes an empty value for none, except in a list of hosts.
        let filled = (!value.is_empty()).then_some(value);
        match name {
            "host" | "hostaddr" => {
                self.hosts_position = position;
                let list = filled.map(|hosts| hosts.split(',').map(str::to_owned).collect());
                if name == "host" {
                    self.hosts = list;
                } else {
                    self.hostaddrs = list;
                }
            }
            "port" => {
                self.hosts_position = position;
                self.ports = filled
                    .iter()
                    .flat_map(|ports| ports.split(','))
                    .map(|port| read_port(port.trim(), position))
                    .collect::<Result<_, _>>()?;
            }
            "user" => self.user = filled,
            "dbname" | "database" => self.database = filled,
            "sslmode" => {
                self.sslmode = filled
                    .map(|mode| SslMode::from_name(&mode).ok_or(Problem::SslMode.at(position)))
                    .transpose()?;
            }
            // A courtesy of libpq to URIs written for JDBC.
            "ssl" if filled.as_deref() == Some("true") => self.sslmode = Some(SslMode::Require),
            "sslrootcert" => self.sslrootcert = filled,
            "sslcert" => self.sslcert = filled,
            "sslkey" => self.sslkey = filled,
            _ => {}
        }
        Ok(())
    }

    /// Notes that there is a password, and checks what a client would have to decode.
    fn take_password(&mut self, text: &str, range: Range<usize>) -> Result<(), ConninfoError> {
        decode(text, range.clone())?;
        self.had_password |= !range.is_empty();
        Ok(())
    }

    fn finish(self) -> Result<Conninfo, ConninfoError> {
        let count = self
            .hosts
            .as_ref()
            .map(Vec::len)
            .or(self.hostaddrs.as_ref().map(Vec::len))
            .unwrap_or(usize::from(!self.ports.is_empty()));
        if count > MOST_HOSTS {
            return Err(Problem::TooManyHosts.at(self.hosts_position));
        }
        let mismatch = |listed: usize| listed > 1 && listed != count;
        if mismatch(self.ports.len())
            || self
                .hostaddrs
                .as_ref()
                .is_some_and(|list| list.len() != count)
        {
            return Err(Problem::HostCount.at(self.hosts_position));
        }
        let hosts = (0..count)
            .map(|index| HostSpecification {
                host: listed(self.hosts.as_deref(), index).unwrap_or_default(),
                hostaddr: listed(self.hostaddrs.as_deref(), index)
                    .filter(|address| !address.is_empty()),
                // One port counts for every host.
                port: self
                    .ports
                    .get(index)
                    .or(self.ports.first().filter(|_| self.ports.len() == 1))
                    .copied()
                    .flatten(),
            })
            .collect();
        Ok(Conninfo {
            hosts,
            user: self.user,
            database: self.database,
            had_password: self.had_password,
            sslmode: self.sslmode,
            sslrootcert: self.sslrootcert,
            sslcert: self.sslcert,
            sslkey: self.sslkey,
        })
    }
}

fn listed(list: Option<&[String]>, index: usize) -> Option<String> {
    list?.get(index).cloned()
}

/// Splits a range of `text` at every one of the `separators`, which are ASCII.
fn pieces<'a>(
    text: &'a str,
    range: Range<usize>,
    separators: &'a [char],
) -> impl Iterator<Item = Range<usize>> + use<'a> {
    let mut start = range.start;
    text[range].split(separators).map(move |piece| {
        let here = start..start + piece.len();
        start = here.end + 1;
        here
    })
}

/// Splits a range of `text` at the first `separator`; the second half is `None` where there is none.
fn split_at_first(
    text: &str,
    range: Range<usize>,
    separator: char,
) -> (Range<usize>, Option<Range<usize>>) {
    match text[range.clone()].find(separator) {
        Some(at) => (
            range.start..range.start + at,
            Some(range.start + at + separator.len_utf8()..range.end),
        ),
        None => (range, None),
    }
}

/// Decodes a part of a URI that is kept.
fn value(text: &str, range: Range<usize>) -> Result<String, ConninfoError> {
    let start = range.start;
    let decoded = decode(text, range)?;
    checked(decoded, start)
}

/// Lets a text pass that can be shown as it is.
fn checked(decoded: Cow<'_, str>, position: usize) -> Result<String, ConninfoError> {
    if decoded.chars().count() > text::LONGEST {
        return Err(Problem::TooLong.at(position));
    }
    if text::printable(&decoded) != decoded {
        return Err(Problem::Invisible.at(position));
    }
    Ok(decoded.into_owned())
}

/// Decodes the percent-encoding of a range (RFC 3986 section 2.1). `+` stays `+`, as in libpq.
fn decode(text: &str, range: Range<usize>) -> Result<Cow<'_, str>, ConninfoError> {
    let raw = &text[range.clone()];
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes().enumerate();
    while let Some((offset, byte)) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || {
            let (_, digit) = bytes.next()?;
            char::from(digit).to_digit(16)
        };
        let code = digit()
            .and_then(|high| Some(high * 16 + digit()?))
            .and_then(|code| u8::try_from(code).ok())
            .ok_or(Problem::PercentEncoding.at(range.start + offset))?;
        if code == 0 {
            return Err(Problem::Nul.at(range.start + offset));
        }
        decoded.push(code);
    }
    String::from_utf8(decoded)
        .map(Cow::Owned)
        .map_err(|_| Problem::Utf8.at(range.start))
}

/// A keyword with its value.
struct Pair<'a> {
    name: &'a str,
    value: String,
    /// Where the value stands, with its quotes.
    range: Range<usize>,
}

/// Reads `keyword = value` pairs as libpq's `conninfo_parse` does: quotes, backslashes, spaces about `=`. It ends with the
/// first error.
fn keyword_pairs(text: &str) -> impl Iterator<Item = Result<Pair<'_>, ConninfoError>> {
    let mut position = 0;
    std::iter::from_fn(move || {
        position = skip_spaces(text, position);
        if position >= text.len() {
            return None;
        }
        let pair = keyword_pair(text, position);
        position = pair.as_ref().map_or(text.len(), |pair| pair.range.end);
        Some(pair)
    })
}

fn keyword_pair(text: &str, start: usize) -> Result<Pair<'_>, ConninfoError> {
    let missing = Problem::MissingValue.at(start);
    let name_end = text[start..]
        .find(|c: char| c == '=' || c.is_ascii_whitespace())
        .map(|length| start + length)
        .ok_or(missing)?;
    let equals = skip_spaces(text, name_end);
    if name_end == start || !text[equals..].starts_with('=') {
        return Err(missing);
    }
    let value_start = skip_spaces(text, equals + 1);
    if value_start > equals + 1 && !text[value_start..].starts_with('\'') {
        let word = text[value_start..].split_ascii_whitespace().next();
        // libpq takes `host= password=x` for a host called `password=x`. Nobody means that, and it would be shown.
        if word.is_some_and(|word| word.contains('=')) {
            return Err(missing);
        }
    }
    let (value, end) = keyword_value(text, value_start)?;
    Ok(Pair {
        name: &text[start..name_end],
        value,
        range: value_start..end,
    })
}

/// Reads a value, quoted or not, and where it ends.
fn keyword_value(text: &str, start: usize) -> Result<(String, usize), ConninfoError> {
    let quoted = text[start..].starts_with('\'');
    let content = start + usize::from(quoted);
    let mut value = String::new();
    let mut escaped = false;
    for (offset, character) in text[content..].char_indices() {
        if !escaped {
            if quoted && character == '\'' {
                return Ok((value, content + offset + 1));
            }
            if !quoted && character.is_ascii_whitespace() {
                return Ok((value, content + offset));
            }
        }
        escaped = !escaped && character == '\\';
        if !escaped {
            value.push(character);
        }
    }
    if quoted {
        return Err(Problem::Quote.at(start));
    }
    Ok((value, text.len()))
}

fn skip_spaces(text: &str, position: usize) -> usize {
    let rest = &text[position..];
    position + rest.len()
        - rest
            .trim_start_matches(|c: char| c.is_ascii_whitespace())
            .len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn host(host: &str, port: Option<u16>) -> HostSpecification {
        HostSpecification {
            host: host.to_owned(),
            hostaddr: None,
            port,
        }
    }

    fn problem(text: &str) -> (Problem, usize) {
        let error = parse(text).expect_err(text);
        (error.problem, error.position)
    }

    #[test]
    fn whole_uri_gives_every_part() {
        let parsed = parse_uri(
            "postgresql://app:s%40crt@db1:26257,db2/orders?sslmode=verify-full&sslrootcert=ca.crt&sslcert=c.crt&sslkey=c.key",
        )
        .expect("it is a good URI");
        assert_eq!(
            parsed,
            Conninfo {
                hosts: vec![host("db1", Some(26257)), host("db2", None)],
                user: Some("app".to_owned()),
                database: Some("orders".to_owned()),
                had_password: true,
                sslmode: Some(SslMode::VerifyFull),
                sslrootcert: Some("ca.crt".to_owned()),
                sslcert: Some("c.crt".to_owned()),
                sslkey: Some("c.key".to_owned()),
            }
        );
    }

    #[test]
    fn schemes_of_cockroachdb_and_drivers_are_synonyms() {
        for scheme in [
            "postgres",
            "PostgreSQL",
            "cockroachdb",
            "cockroach",
            "cockroachdb+psycopg",
            "postgresql+asyncpg",
        ] {
            let parsed = parse_uri(&format!("{scheme}://db1/app")).expect(scheme);
            assert_eq!(parsed.hosts, [host("db1", None)], "{scheme}");
        }
        assert_eq!(problem("mysql://db1").0, Problem::Scheme);
    }

    #[test]
    fn last_at_sign_of_the_authority_ends_the_password() {
        let parsed = parse_uri("postgresql://app:p@ss@db1/x").expect("it parses");
        assert_eq!(parsed.hosts, [host("db1", None)]);
        assert!(parsed.had_password);
        assert!(!format!("{parsed:?}").contains("ss@"));
    }

    #[test]
    fn unencoded_delimiter_in_password_is_refused() {
        assert_eq!(problem("postgresql://u:12/ss@db1/x").0, Problem::StrayAt);
        assert_eq!(problem("postgresql://u:pa/ss@db1/x").0, Problem::StrayAt);
        assert_eq!(problem("postgresql://u:12?x=ss@db1/x").0, Problem::StrayAt);
    }

    #[test]
    fn ipv6_addresses_lose_their_brackets() {
        let parsed = parse_uri("postgresql://[::1]:5433,[2001:db8::7]/x").expect("it parses");
        assert_eq!(
            parsed.hosts,
            [host("::1", Some(5433)), host("2001:db8::7", None)]
        );
        assert_eq!(problem("postgresql://[::1/x"), (Problem::Bracket, 13));
        assert_eq!(problem("postgresql://[::1]x/x"), (Problem::Bracket, 18));
        assert_eq!(problem("postgresql://::1/x"), (Problem::Bracket, 13));
    }

    #[test]
    fn last_of_repeated_parameters_wins() {
        let parsed = parse_uri("postgresql://db1/x?sslmode=disable&sslmode=require&user=a&user=b")
            .expect("it parses");
        assert_eq!(parsed.sslmode, Some(SslMode::Require));
        assert_eq!(parsed.user.as_deref(), Some("b"));
    }

    #[test]
    fn host_in_query_replaces_the_authority() {
        let parsed = parse_uri("postgresql:///x?host=db1,db2&port=1,2").expect("it parses");
        assert_eq!(parsed.hosts, [host("db1", Some(1)), host("db2", Some(2))]);
        let parsed = parse_uri("postgresql://old/x?host=new&hostaddr=10.0.0.7").expect("it parses");
        assert_eq!(parsed.hosts[0].host, "new");
        assert_eq!(parsed.hosts[0].hostaddr.as_deref(), Some("10.0.0.7"));
        assert_eq!(
            problem("postgresql://a,b,c/x?port=1,2").0,
            Problem::HostCount
        );
    }

    #[test]
    fn one_port_counts_for_every_host() {
        let parsed = parse_uri("postgresql://a,b/x?port=7").expect("it parses");
        assert_eq!(parsed.hosts, [host("a", Some(7)), host("b", Some(7))]);
    }

    #[test]
    fn password_in_query_is_dropped() {
        let parsed = parse_uri("postgresql://db1/x?password=hunter2").expect("it parses");
        assert!(parsed.had_password);
        assert!(!format!("{parsed:?}").contains("hunter2"));
    }

    #[test]
    fn bad_ports_are_placed() {
        for port in ["0", "65536", "99999999999", "x", "-1", "+1", "26257x"] {
            assert_eq!(
                problem(&format!("postgresql://db1:{port}/x")),
                (Problem::Port, 17),
                "{port}"
            );
        }
        assert_eq!(
            parse_uri("postgresql://db1:/x").expect("as libpq").hosts,
            [host("db1", None)]
        );
    }

    #[test]
    fn percent_encoding_is_checked() {
        assert_eq!(
            problem("postgresql://db1/a%2"),
            (Problem::PercentEncoding, 18)
        );
        assert_eq!(problem("postgresql://db1/a%zz").0, Problem::PercentEncoding);
        assert_eq!(problem("postgresql://db1/a%00").0, Problem::Nul);
        assert_eq!(problem("postgresql://db1/a%ff").0, Problem::Utf8);
        assert_eq!(problem("postgresql://db1/a%1b[2J").0, Problem::Invisible);
    }

    #[test]
    fn unknown_sslmode_is_placed_and_not_repeated() {
        assert_eq!(
            problem("postgresql://db1/x?sslmode=verify_full"),
            (Problem::SslMode, 27)
        );
        assert_eq!(
            problem("postgresql://db1/x?sslmode").0,
            Problem::MissingValue
        );
    }

    #[test]
    fn ssl_true_means_require() {
        let parsed = parse_uri("postgresql://db1/x?ssl=true").expect("it parses");
        assert_eq!(parsed.sslmode, Some(SslMode::Require));
    }

    #[test]
    fn keyword_strings_follow_libpq() {
        let parsed = parse(r"host=db1 port = 26257 user='the \'app\'' dbname=a\ b password='x y' sslmode=verify-ca")
            .expect("it parses");
        assert_eq!(parsed.hosts, [host("db1", Some(26257))]);
        assert_eq!(parsed.user.as_deref(), Some("the 'app'"));
        assert_eq!(parsed.database.as_deref(), Some("a b"));
        assert!(parsed.had_password);
        assert_eq!(problem("host=db1 nonsense").0, Problem::MissingValue);
        assert_eq!(problem("host='db1").0, Problem::Quote);
    }

    #[test]
    fn passwords_are_found_where_they_stand() {
        let found = |text: &str| -> Vec<String> {
            password_spans(text)
                .into_iter()
                .map(|span| text[span].to_owned())
                .collect()
        };
        assert_eq!(found("postgresql://u:pw@h/x"), ["pw"]);
        assert_eq!(found("postgresql://u:p@w@h/x"), ["p@w"]);
        assert_eq!(found("postgresql://u:p/w@h/x"), ["p/w"]);
        assert_eq!(found("https://u:pw@h/x?a=b"), ["pw"]);
        assert_eq!(found("postgresql://h/x?password=pw&user=u"), ["pw"]);
        assert_eq!(found("host=h password='p w' user=u"), ["'p w'"]);
        assert!(found("postgresql://u@h:26257/x").is_empty());
        assert!(found("postgresql://u:@h/x").is_empty());
        assert_eq!(found("postgresql://u:pw"), ["pw"]);
        assert!(found("postgresql://[::1]:26257/x").is_empty());
        assert!(found("postgresql://h1:26257,h2:26257/x").is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_makes_it_panic(text in ".*", uri in "postgres(ql)?://[a-z:@/?&=%,\\[\\]0-9.]*") {
            for text in [text.as_str(), uri.as_str()] {
                let _ = parse(text);
                let _ = parse_uri(text);
                let _ = parse_keywords(text);
                let _ = password_spans(text);
            }
        }

        /// The secret is of letters that occur nowhere else; what stands about it is anything but `/`, `?` and `&`: where an author
        /// leaves those bare, a piece of a password cannot always be told from a host.
        #[test]
        fn planted_password_never_comes_out(
            before in "[a-z%:]{0,6}",
            between in "[!-%'-.0->@-~]{0,4}",
            host in "[a-z0-9.,:\\[\\]%]{0,12}",
            tail in "(/[a-z%@]{0,6})?(\\?[a-z=&%]{0,12}(sslmode=[a-z-]{0,5})?)?",
        ) {
            let secret = "QZXJQZXJ";
            for text in [
                format!("postgresql://{before}:{secret}{between}@{host}{tail}"),
                format!("postgresql://{host}{tail}?password={secret}"),
                format!("host={host} password={secret} user={before}"),
                format!("host=h password='{secret} {secret}' {tail}"),
            ] {
                let shown = match parse(&text) {
                    Ok(parsed) => format!("{parsed:?}"),
                    Err(error) => format!("{error:?} {error}"),
                };
                prop_assert!(!shown.contains("QZXJ"), "{text} gave {shown}");
                let spans = password_spans(&text);
                let mut blotted = text.clone();
                for span in spans.into_iter().rev() {
                    blotted.replace_range(span, "");
                }
                prop_assert!(!blotted.contains("QZXJ"), "{text} left {blotted}");
            }
        }
    }
}
