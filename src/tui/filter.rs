//! The filter line: text to terms, and which rows they keep.
//!
//! Every text is a filter: what is no term of the grammar is a word to look for. Words are fuzzy over names and targets
//! and literal over longer texts, where fuzzy matches anything.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::endpoint::Protocol;
use crate::finding::{Finding, Severity};
use crate::observation::Product;
use crate::store::{EndpointState, FileState, LogEntry, LogMark, Posture};
use crate::x509::Certificate;

/// A filter: a row stays if every term holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    terms: Vec<Term>,
    /// What looks like a term and is none, in words.
    problems: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Severity(Order, Level),
    Tls(Order, u16),
    Expiry(Order, i64),
    Kind(String),
    Issuer(String),
    Check(String),
    Name(String),
    Label(String),
    Word(String),
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Below,
    AtMost,
    Equal,
    AtLeast,
    Above,
}

/// What `sev:` may name: a severity, or a way an endpoint can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Severity(Severity),
    Warning,
    Posture(Posture),
}

/// The keys of the grammar, in the order of the hint line.
pub(super) const KEYS: [&str; 8] = [
    "sev", "tls", "exp", "kind", "issuer", "check", "name", "label",
];

impl Filter {
    /// Reads a filter. It cannot fail.
    pub fn parse(text: &str) -> Self {
        let mut filter = Self::default();
        for (raw, quoted) in tokens(text) {
            let (negated, rest) = match raw.strip_prefix('!') {
                Some(rest) if !rest.is_empty() && !quoted => (true, rest),
                _ => (false, raw.as_str()),
            };
            let test = if quoted {
                Ok(Test::Word(rest.to_owned()))
            } else {
                test(rest)
            };
            let test = test.unwrap_or_else(|problem| {
                filter.problems.push(problem);
                Test::Word(rest.to_owned())
            });
            filter.terms.push(Term { negated, test });
        }
        filter
    }

    /// Whether every row stays.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Returns what looks like a term and is none.
    pub fn problem(&self) -> Option<&str> {
        self.problems.first().map(String::as_str)
    }

    /// Whether an endpoint stays.
    pub(super) fn keeps_endpoint(
        &self,
        state: &EndpointState,
        now: Timestamp,
        search: &mut Search,
    ) -> bool {
        self.terms
            .iter()
            .all(|term| term.negated != term.test.holds_for_endpoint(state, now, search))
    }

    /// Whether a finding stays; `state` is the endpoint it is about, where it is about one.
    pub(super) fn keeps_finding(
        &self,
        finding: &Finding,
        state: Option<&EndpointState>,
        now: Timestamp,
        search: &mut Search,
    ) -> bool {
        self.terms.iter().all(|term| {
            let holds = match &term.test {
                Test::Severity(order, level) => level.holds_for_severity(*order, finding.severity),
                Test::Check(part) => contains(finding.check, part),
                Test::Name(part) => contains(finding.subject.name(), part),
                Test::Word(word) => {
                    search.matches(word, finding.subject.name())
                        || contains(finding.check, word)
                        || contains(finding.title, word)
                        || contains(&finding.message, word)
                }
                other @ (Test::Tls(..)
                | Test::Expiry(..)
                | Test::Kind(_)
                | Test::Issuer(_)
                | Test::Label(_)) => {
                    state.is_some_and(|state| other.holds_for_endpoint(state, now, search))
                }
            };
            term.negated != holds
        })
    }

    /// Whether a certificate stays; `holders` present it, it lies in `files`, and `level` is how much of its life is left.
    pub(super) fn keeps_certificate(
        &self,
        certificate: &Certificate,
        (holders, files): (&[&EndpointState], &[Arc<str>]),
        level: Posture,
        now: Timestamp,
        search: &mut Search,
    ) -> bool {
        self.terms.iter().all(|term| {
            let holds = match &term.test {
                Test::Severity(order, wanted) => wanted.holds_for_posture(*order, level, None),
                Test::Expiry(order, seconds) => {
                    order.holds(&left(certificate.not_after, now), seconds)
                }
                Test::Issuer(part) => contains(&certificate.issuer, part),
                Test::Word(word) => {
                    contains(&certificate.subject, word)
                        || contains(&certificate.issuer, word)
                        || certificate
                            .dns_names
                            .iter()
                            .any(|name| contains(name, word))
                        || holders
                            .iter()
                            .any(|state| search.matches(word, &state.endpoint.name))
                        || files.iter().any(|path| contains(path, word))
                }
                Test::Name(part) => {
                    contains(&certificate.subject, part)
                        || files.iter().any(|path| contains(path, part))
                        || holders
                            .iter()
                            .any(|state| contains(&state.endpoint.name, part))
                }
                other @ (Test::Tls(..) | Test::Kind(_) | Test::Check(_) | Test::Label(_)) => {
                    holders
                        .iter()
                        .any(|state| other.holds_for_endpoint(state, now, search))
                }
            };
            term.negated != holds
        })
    }

    /// Whether a watched file stays: one of its findings does, or its name is meant.
    pub(super) fn keeps_file(
        &self,
        state: &FileState,
        now: Timestamp,
        search: &mut Search,
    ) -> bool {
        let read = state.report.reading.as_ref().ok();
        self.terms.iter().all(|term| {
            let holds = match &term.test {
                Test::Name(part) => contains(&state.path, part),
                Test::Kind(part) => read.is_some_and(|read| {
                    contains(&format!("{:?}", read.format), part)
                        || contains(read.role.as_str(), part)
                }),
                Test::Word(word) if search.matches(word, &state.path) => true,
                Test::Severity(..)
                | Test::Check(_)
                | Test::Word(_)
                | Test::Tls(..)
                | Test::Expiry(..)
                | Test::Issuer(_)
                | Test::Label(_) => {
                    let alone = Self {
                        terms: vec![Term {
                            negated: false,
                            test: term.test.clone(),
                        }],
                        problems: Vec::new(),
                    };
                    (state.findings.iter())
                        .any(|held| alone.keeps_finding(&held.finding, None, now, search))
                }
            };
            term.negated != holds
        })
    }

    /// Whether an event stays.
    pub(super) fn keeps_event(
        &self,
        entry: &LogEntry,
        state: Option<&EndpointState>,
        now: Timestamp,
        search: &mut Search,
    ) -> bool {
        let level = match entry.mark {
            LogMark::Critical => Posture::Critical,
            LogMark::Warning => Posture::Warning,
            LogMark::Unreachable => Posture::Unreachable,
            LogMark::Ok | LogMark::Note => Posture::Ok,
        };
        self.terms.iter().all(|term| {
            let holds = match &term.test {
                Test::Severity(order, wanted) => wanted.holds_for_posture(*order, level, None),
                Test::Name(part) => contains(&entry.subject, part),
                Test::Word(word) => {
                    search.matches(word, &entry.subject) || contains(&entry.text, word)
                }
                Test::Check(part) => contains(&entry.text, part),
                other @ (Test::Tls(..)
                | Test::Expiry(..)
                | Test::Kind(_)
                | Test::Issuer(_)
                | Test::Label(_)) => {
                    state.is_some_and(|state| other.holds_for_endpoint(state, now, search))
                }
            };
            term.negated != holds
        })
    }
}

impl fmt::Display for Filter {
    /// Writes the filter so that it reads back as the same one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, term) in self.terms.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            if term.negated {
                f.write_str("!")?;
            }
            match &term.test {
                Test::Severity(order, level) => {
                    write!(f, "sev:{}{}", order.symbol(), level.as_str())?;
                }
                Test::Tls(order, version) => {
                    write!(
                        f,
                        "tls:{}{}",
                        order.symbol(),
                        crate::tls::ProtocolVersion(*version).short()
                    )?;
                }
                Test::Expiry(order, seconds) => write!(f, "exp:{}{seconds}s", order.symbol())?,
                Test::Kind(text) => write!(f, "kind:\"{text}\"")?,
                Test::Issuer(text) => write!(f, "issuer:\"{text}\"")?,
                Test::Check(text) => write!(f, "check:\"{text}\"")?,
                Test::Name(text) => write!(f, "name:\"{text}\"")?,
                Test::Label(text) => write!(f, "label:\"{text}\"")?,
                Test::Word(text) if term.negated => f.write_str(text)?,
                Test::Word(text) => write!(f, "\"{text}\"")?,
            }
        }
        Ok(())
    }
}

/// The matcher and its memory, made once and used for all rows.
#[derive(Clone, Debug)]
pub(super) struct Search {
    matcher: Matcher,
    buffer: Vec<char>,
    /// The needle of the last word; one word is asked of many rows.
    needle: Option<(String, Atom)>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            matcher: Matcher::new(Config::DEFAULT),
            buffer: Vec::new(),
            needle: None,
        }
    }
}

impl Search {
    /// Whether the letters of `word` stand in `text` in their order, near enough to each other.
    pub(super) fn matches(&mut self, word: &str, text: &str) -> bool {
        self.score(word, text).is_some()
    }

    /// Returns how well `text` fits `word`.
    pub(super) fn score(&mut self, word: &str, text: &str) -> Option<u16> {
        if self.needle.as_ref().is_none_or(|(own, _)| own != word) {
            let atom = Atom::new(
                word,
                CaseMatching::Ignore,
                Normalization::Smart,
                AtomKind::Fuzzy,
                false,
            );
            self.needle = Some((word.to_owned(), atom));
        }
        let (_, atom) = self.needle.as_ref()?;
        atom.score(Utf32Str::new(text, &mut self.buffer), &mut self.matcher)
    }
}

impl Order {
    const fn symbol(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Equal => "",
            Self::AtLeast => ">=",
            Self::Above => ">",
        }
    }

    /// Splits a leading comparison off a value.
    fn split(value: &str) -> (Self, &str) {
        [
            ("<=", Self::AtMost),
            (">=", Self::AtLeast),
            ("<", Self::Below),
            (">", Self::Above),
            ("=", Self::Equal),
        ]
        .into_iter()
        .find_map(|(symbol, order)| value.strip_prefix(symbol).map(|rest| (order, rest)))
        .unwrap_or((Self::Equal, value))
    }

    fn holds<T: Ord>(self, seen: &T, wanted: &T) -> bool {
        match self {
            Self::Below => seen < wanted,
            Self::AtMost => seen <= wanted,
            Self::Equal => seen == wanted,
            Self::AtLeast => seen >= wanted,
            Self::Above => seen > wanted,
        }
    }
}

impl Level {
    const ALL: [(&'static str, Self); 10] = [
        ("critical", Self::Severity(Severity::Critical)),
        ("high", Self::Severity(Severity::High)),
        ("medium", Self::Severity(Severity::Medium)),
        ("low", Self::Severity(Severity::Low)),
        ("info", Self::Severity(Severity::Info)),
        ("warning", Self::Warning),
        ("ok", Self::Posture(Posture::Ok)),
        ("unreachable", Self::Posture(Posture::Unreachable)),
        ("unknown", Self::Posture(Posture::Unreachable)),
        ("waiting", Self::Posture(Posture::Waiting)),
    ];

    /// Reads a name or the beginning of one, so that `crit` works while `critical` is being typed.
    fn from_name(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        Self::ALL
            .into_iter()
            .find(|(own, _)| !name.is_empty() && own.starts_with(&name))
            .map(|(_, level)| level)
    }

    fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, level)| *level == self)
            .map_or("ok", |(name, _)| name)
    }

    fn holds_for_severity(self, order: Order, seen: Severity) -> bool {
        match self {
            // Critical on its own means what the screens call critical: high, too.
            Self::Severity(Severity::Critical) if order == Order::Equal => seen >= Severity::High,
            Self::Severity(wanted) => order.holds(&seen, &wanted),
            Self::Warning => matches!(seen, Severity::Low | Severity::Medium),
            Self::Posture(posture) => Posture::of(Some(seen)) == posture,
        }
    }

    fn holds_for_posture(self, order: Order, posture: Posture, worst: Option<Severity>) -> bool {
        match (self, worst) {
            (Self::Posture(wanted), _) => posture == wanted,
            (Self::Severity(_) | Self::Warning, Some(worst)) => {
                self.holds_for_severity(order, worst)
            }
            (Self::Warning, None) => posture == Posture::Warning,
            (Self::Severity(wanted), None) => Posture::of(Some(wanted)) == posture,
        }
    }
}

impl Test {
    fn holds_for_endpoint(
        &self,
        state: &EndpointState,
        now: Timestamp,
        search: &mut Search,
    ) -> bool {
        let endpoint = &state.endpoint;
        match self {
            Self::Severity(order, level) => {
                let worst = state
                    .findings
                    .iter()
                    .map(|held| held.finding.severity)
                    .max();
                match (level, worst) {
                    (Level::Severity(_) | Level::Warning, None) => false,
                    (Level::Warning | Level::Posture(_) | Level::Severity(_), worst) => {
                        level.holds_for_posture(*order, state.posture, worst)
                    }
                }
            }
            Self::Tls(order, version) => state
                .addresses
                .iter()
                .filter_map(|address| address.observation.handshake.seen())
                .any(|handshake| order.holds(&handshake.version.0, version)),
            Self::Expiry(order, seconds) => end_entities(state)
                .any(|certificate| order.holds(&left(certificate.not_after, now), seconds)),
            Self::Kind(kind) => is_kind(state, kind),
            Self::Issuer(part) => {
                end_entities(state).any(|certificate| contains(&certificate.issuer, part))
            }
            Self::Check(part) => state
                .findings
                .iter()
                .any(|held| contains(held.finding.check, part)),
            Self::Name(part) => contains(&endpoint.name, part),
            Self::Label(part) => match part.split_once('=') {
                Some((key, value)) => endpoint
                    .labels
                    .get(key)
                    .is_some_and(|own| contains(own, value)),
                None => endpoint
                    .labels
                    .iter()
                    .any(|(key, value)| contains(key, part) || contains(value, part)),
            },
            Self::Word(word) => {
                search.matches(word, &endpoint.name)
                    || contains(&endpoint.target.host.to_string(), word)
                    || endpoint.labels.values().any(|value| contains(value, word))
                    || state.findings.iter().any(|held| {
                        contains(held.finding.check, word) || contains(&held.finding.message, word)
                    })
            }
        }
    }
}

fn end_entities(state: &EndpointState) -> impl Iterator<Item = &Certificate> {
    state
        .addresses
        .iter()
        .filter_map(|address| address.observation.chain.seen())
        .filter_map(|chain| chain.end_entity())
        .map(|certificate| &**certificate)
}

fn left(end: Timestamp, now: Timestamp) -> i64 {
    end.duration_since(now).max(SignedDuration::MIN).as_secs()
}

fn is_kind(state: &EndpointState, kind: &str) -> bool {
    let protocol = state.endpoint.target.protocol;
    let product = state.addresses.first().map_or(Product::Unknown, |address| {
        address.observation.server.product
    });
    let mut names = vec![protocol.as_str(), product.as_str()];
    match product {
        Product::Cockroachdb => names.push("crdb"),
        Product::CockroachdbCloudProxy => names.extend(["crdb", "proxy"]),
        Product::Postgresql | Product::Unknown => {}
    }
    if protocol == Protocol::Postgresql {
        names.push("pg");
    }
    let kind = kind.to_lowercase();
    names.iter().any(|name| name.starts_with(&kind))
}

/// Whether `text` contains `part`, whatever the case of its letters.
fn contains(text: &str, part: &str) -> bool {
    if part.is_ascii() {
        let (text, part) = (text.as_bytes(), part.as_bytes());
        return part.is_empty()
            || text
                .windows(part.len())
                .any(|window| window.eq_ignore_ascii_case(part));
    }
    text.to_lowercase().contains(&part.to_lowercase())
}

/// Splits at blanks outside quotes; says of each token whether all of it was quoted.
fn tokens(text: &str) -> Vec<(String, bool)> {
    let mut tokens = Vec::new();
    let mut token = String::new();
    let (mut inside, mut began_quoted, mut open) = (false, false, false);
    for character in text.chars() {
        match character {
            '"' => {
                began_quoted |= token.is_empty() && !open;
                inside = !inside;
                open = true;
            }
            blank if blank.is_whitespace() && !inside => {
                if !token.is_empty() {
                    tokens.push((std::mem::take(&mut token), began_quoted));
                }
                (began_quoted, open) = (false, false);
            }
            other => {
                token.push(other);
                open = true;
            }
        }
    }
    if !token.is_empty() {
        tokens.push((token, began_quoted));
    }
    tokens
}

/// Reads one token. A key without a value yet is a word, so that typing `exp:` does not empty the screen.
fn test(token: &str) -> Result<Test, String> {
    let Some((key, value)) = token.split_once(':') else {
        return Ok(Test::Word(token.to_owned()));
    };
    if !KEYS.contains(&key) {
        return Ok(Test::Word(token.to_owned()));
    }
    if value.is_empty() {
        return Err(format!("`{key}:` wants a value"));
    }
    let (order, bare) = Order::split(value);
    match key {
        "sev" => Level::from_name(bare)
            .map(|level| Test::Severity(order, level))
            .ok_or_else(|| {
                "`sev:` is critical, high, medium, low, info, warning, ok, unreachable or waiting"
                    .to_owned()
            }),
        "tls" => version(bare)
            .map(|version| Test::Tls(order, version))
            .ok_or_else(|| "`tls:` is a version such as `<1.3`".to_owned()),
        "exp" => seconds(bare)
            .map(|seconds| Test::Expiry(order, seconds))
            .ok_or_else(|| "`exp:` is a time such as `<30d`".to_owned()),
        "kind" => Ok(Test::Kind(value.to_owned())),
        "issuer" => Ok(Test::Issuer(value.to_owned())),
        "check" => Ok(Test::Check(value.to_owned())),
        "name" => Ok(Test::Name(value.to_owned())),
        _ => Ok(Test::Label(value.to_owned())),
    }
}

fn version(text: &str) -> Option<u16> {
    match text {
        "1.0" | "1" => Some(0x0301),
        "1.1" => Some(0x0302),
        "1.2" => Some(0x0303),
        "1.3" => Some(0x0304),
        _ => None,
    }
}

/// Reads `30d`, `12h`, `2w`, `1y`, `-3d`; `past` is 0.
fn seconds(text: &str) -> Option<i64> {
    if text == "past" {
        return Some(0);
    }
    let split = text.len().checked_sub(text.chars().last()?.len_utf8())?;
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        "y" => 365 * 86_400,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_words_and_negation_are_told_apart() {
        let filter = Filter::parse(
            "sev:crit tls:<1.3 exp:<30d kind:crdb issuer:\"Corp CA\" check:certificate !prod text",
        );
        assert_eq!(filter.problem(), None);
        assert_eq!(
            filter.to_string(),
            "sev:critical tls:<1.2 exp:<2592000s kind:\"crdb\" issuer:\"Corp CA\" check:\"certificate\" !prod \"text\""
                .replace("tls:<1.2", "tls:<1.3")
        );
    }

    #[test]
    fn unfinished_terms_are_words_and_say_so() {
        let check = |text: &str, problem: &str| {
            assert_eq!(Filter::parse(text).problem(), Some(problem), "{text}");
        };
        check("exp:", "`exp:` wants a value");
        check("exp:<30", "`exp:` is a time such as `<30d`");
        check("tls:2", "`tls:` is a version such as `<1.3`");
    }

    #[test]
    fn a_lone_exclamation_mark_is_a_word() {
        let filter = Filter::parse("!");
        assert_eq!(
            filter.terms,
            [Term {
                negated: false,
                test: Test::Word("!".to_owned())
            }]
        );
    }

    #[test]
    fn critical_alone_means_high_too() {
        let level = Level::from_name("crit").unwrap();
        assert!(level.holds_for_severity(Order::Equal, Severity::High));
        assert!(!level.holds_for_severity(Order::AtLeast, Severity::High));
    }

    #[test]
    fn contains_ignores_case() {
        assert!(contains("Corp Issuing CA", "issuing ca"));
        assert!(contains("BÜCHER", "bücher"));
        assert!(!contains("Corp", "corps"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_filter(text in "\\PC{0,60}") {
            let _ = Filter::parse(&text).to_string();
        }

        #[test]
        fn what_is_written_reads_back(
            terms in proptest::collection::vec(
                ("!?", "(sev|tls|exp|kind|issuer|check|name|label):[<>=]{0,2}[a-z0-9.]{1,8}|[a-z.-]{1,8}"),
                0..5,
            )
        ) {
            let text = terms.iter().map(|(not, term)| format!("{not}{term}")).collect::<Vec<_>>().join(" ");
            let once = Filter::parse(&text);
            let again = Filter::parse(&once.to_string());
            proptest::prop_assert_eq!(once.terms, again.terms);
        }
    }
}
