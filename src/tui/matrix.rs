//! What a scan comes to: cipher suites by version, how strong the worst of them is, how many of each strength.
//!
//! It is reckoned once per scan and not once per frame: a server with everything on accepts two hundred suites, and taking
//! each apart costs more than drawing it.

use std::borrow::Cow;

use crate::observation::Attempt;
use crate::observation::scan::{Enumeration, Preference, Scan};
use crate::tls::{CipherSuite, Mac, Properties, ProtocolVersion, Registration, Strength};

/// Most rows that a matrix has: more than the registries name.
const MOST: usize = 500;

/// The cipher suites of a scan, one row each.
#[derive(Clone, Debug, Default)]
pub(super) struct Matrix {
    /// Versions, oldest first; SSLv2 only where it is spoken.
    pub(super) columns: Vec<Column>,
    /// Suites in the order of preference of the newest version, then what only older ones have.
    pub(super) rows: Vec<Row>,
    /// Columns that the longest short name takes.
    pub(super) short_width: usize,
    /// Columns that the longest registered name takes.
    pub(super) name_width: usize,
}

/// One version.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) version: ProtocolVersion,
    pub(super) offered: Offered,
    /// Whose order decides, where that is known and there is one.
    pub(super) preference: Option<Preference>,
    /// Whether every suite is decided.
    pub(super) complete: bool,
}

/// Whether a version is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Offered {
    Yes,
    No,
    /// Nobody knows, and why.
    Open(String),
}

/// One suite.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Its registered name.
    pub(super) name: String,
    /// Its name for narrow columns.
    pub(super) short: String,
    pub(super) strength: Strength,
    /// What it consists of; nothing for a number that nobody registered, and for SSLv2.
    pub(super) parts: Option<Parts>,
    /// What is wrong with it, the worst first.
    pub(super) why: Vec<Cow<'static, str>>,
    /// One for each column of the matrix.
    pub(super) cells: Vec<Cell>,
}

/// What a suite consists of, in words.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) key_exchange: String,
    pub(super) encryption: String,
    pub(super) bits: u16,
    pub(super) mac: &'static str,
}

/// Whether a version takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// It does, as the server's choice of this rank from 1.
    Rank(usize),
    /// It does, and the server has no order of its own, or none that is known.
    Accepted,
    /// It does not.
    Refused,
    /// Nobody knows.
    Open,
    /// There is nothing to be known: the version is not spoken, or has no such value.
    Nothing,
}

impl Cell {
    /// Says what an enumeration tells of a value. `known` are the values that the version has.
    pub(super) fn of<T: Copy + PartialEq>(
        values: &Enumeration<T>,
        value: T,
        fits: bool,
        refused: bool,
    ) -> Self {
        let ranked = has_order(&values.preference);
        match values.accepted.iter().position(|own| *own == value) {
            Some(place) if ranked => Self::Rank(place + 1),
            Some(_) => Self::Accepted,
            None if !fits || refused => Self::Nothing,
            None if values.accepts(value) == Some(false) => Self::Refused,
            None => Self::Open,
        }
    }
}

fn has_order(preference: &Attempt<Preference>) -> bool {
    matches!(
        preference.seen(),
        Some(Preference::Server | Preference::ServerButChacha20)
    )
}

impl Matrix {
    /// Lays a scan out.
    pub(super) fn of(scan: &Scan) -> Self {
        let sslv2 = scan.sslv2.seen();
        let mut columns: Vec<Column> = sslv2
            .map(|_| Column {
                version: ProtocolVersion::SSLV2,
                offered: Offered::Yes,
                preference: None,
                complete: true,
            })
            .into_iter()
            .collect();
        columns.extend(scan.versions.iter().map(|support| Column {
            version: support.version,
            offered: match &support.offered {
                Attempt::Seen(()) => Offered::Yes,
                Attempt::Refused(_) => Offered::No,
                Attempt::Failed(_) | Attempt::NotAttempted(_) => {
                    Offered::Open(support.offered.reason().unwrap_or_default())
                }
            },
            preference: support.cipher_suites.preference.seen().copied(),
            complete: support.cipher_suites.is_complete(),
        }));
        let mut rows: Vec<Row> = union(scan)
            .into_iter()
            .take(MOST)
            .map(|suite| Row::of(scan, suite, sslv2.is_some()))
            .collect();
        let kinds = sslv2.map_or(&[][..], |support| &support.cipher_kinds);
        rows.extend(kinds.iter().take(MOST).map(|kind| {
            Row {
                name: kind.to_string(),
                short: kind.to_string(),
                strength: Strength::Insecure,
                parts: None,
                why: if kind.is_export() {
                    vec!["SSLv2".into(), "export".into()]
                } else {
                    vec!["SSLv2".into()]
                },
                cells: (0..columns.len())
                    .map(|column| {
                        if column == 0 {
                            Cell::Accepted
                        } else {
                            Cell::Nothing
                        }
                    })
                    .collect(),
            }
        }));
        let widest = |name: fn(&Row) -> &String| {
            rows.iter()
                .map(|row| super::format::width(name(row)))
                .max()
                .unwrap_or(0)
        };
        Self {
            short_width: widest(|row| &row.short),
            name_width: widest(|row| &row.name),
            columns,
            rows,
        }
    }

    /// Returns how many suites are of a strength.
    pub(super) fn count(&self, strength: Strength) -> usize {
        self.rows
            .iter()
            .filter(|row| row.strength == strength)
            .count()
    }
}

/// Returns the suites of all versions: the newest version's in its order, then what only older ones have in theirs.
fn union(scan: &Scan) -> Vec<CipherSuite> {
    let mut seen = std::collections::HashSet::new();
    scan.versions
        .iter()
        .rev()
        .flat_map(|support| &support.cipher_suites.accepted)
        .copied()
        .filter(|suite| seen.insert(*suite))
        .collect()
}

impl Row {
    fn of(scan: &Scan, suite: CipherSuite, with_sslv2: bool) -> Self {
        let properties = suite.properties();
        let cells = with_sslv2
            .then_some(Cell::Nothing)
            .into_iter()
            .chain(scan.versions.iter().map(|support| {
                let refused = matches!(support.offered, Attempt::Refused(_));
                Cell::of(
                    &support.cipher_suites,
                    suite,
                    suite.fits(support.version),
                    refused,
                )
            }))
            .collect();
        Self {
            name: suite.to_string(),
            short: suite.short(),
            strength: suite.strength(),
            parts: properties.as_ref().map(Parts::of),
            why: properties
                .as_ref()
                .map(|it| why(it, suite.strength()))
                .unwrap_or_default(),
            cells,
        }
    }
}

impl Parts {
    fn of(properties: &Properties) -> Self {
        let (exchange, signature) = (
            properties.key_exchange.as_str(),
            properties.authentication.as_str(),
        );
        let encryption = properties.encryption.as_str();
        Self {
            key_exchange: if exchange == signature {
                exchange.to_owned()
            } else {
                format!("{exchange} {signature}")
            },
            encryption: match properties.mode.as_str() {
                "none" | "stream" | "AEAD" => encryption.to_owned(),
                mode => format!("{encryption} {mode}"),
            },
            bits: properties.bits,
            mac: properties.mac.as_str(),
        }
    }
}

/// Says what is wrong with a suite. What is bad hides what is merely old.
fn why(properties: &Properties, strength: Strength) -> Vec<Cow<'static, str>> {
    let mut words: Vec<Cow<'static, str>> = Vec::new();
    let mut say = |holds: bool, word: Cow<'static, str>| {
        if holds {
            words.push(word);
        }
    };
    let short_key = (1..112).contains(&properties.bits);
    match strength {
        Strength::Insecure | Strength::Weak => {
            say(properties.is_null(), "no encryption".into());
            say(properties.is_anonymous(), "anonymous".into());
            say(
                properties.is_export(),
                format!("export, {} bits", properties.bits).into(),
            );
            say(properties.is_rc4() && !properties.is_export(), "RC4".into());
            say(
                short_key && !properties.is_export(),
                format!("{} bits", properties.bits).into(),
            );
            say(
                properties.has_64_bit_block() && !short_key,
                "64-bit blocks".into(),
            );
            say(properties.mac == Mac::Md5, "MD5".into());
        }
        Strength::Legacy => {
            say(!properties.forward_secrecy(), "no forward secrecy".into());
            say(properties.is_cbc(), "CBC".into());
            say(properties.has_short_tag(), "8-byte tag".into());
            say(
                properties.registration != Registration::Iana,
                "not registered".into(),
            );
        }
        Strength::Strong | Strength::Unknown => {}
    }
    words
}

/// How bad something is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Insecure,
    Weak,
    Unknown,
    Legacy,
    Strong,
}

impl From<Strength> for Level {
    fn from(strength: Strength) -> Self {
        match strength {
            Strength::Insecure => Self::Insecure,
            Strength::Weak => Self::Weak,
            Strength::Unknown => Self::Unknown,
            Strength::Legacy => Self::Legacy,
            Strength::Strong => Self::Strong,
        }
    }
}

impl Level {
    /// Says how bad it is that a version is spoken: SSL is broken, and RFC 8996 withdrew the TLS before 1.2.
    pub(super) fn of_version(version: ProtocolVersion) -> Self {
        match version {
            ProtocolVersion::SSLV2 | ProtocolVersion::SSLV3 => Self::Insecure,
            ProtocolVersion::TLSV1 | ProtocolVersion::TLSV1_1 => Self::Weak,
            _ => Self::Strong,
        }
    }
}

/// What a scan comes to in one cell: the oldest version that is spoken, and how bad the worst of versions and suites is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gist {
    pub(super) oldest: Option<ProtocolVersion>,
    pub(super) worst: Level,
}

impl Gist {
    /// Reckons it.
    pub(super) fn of(scan: &Scan) -> Self {
        let sslv2 = scan.sslv2.seen().map(|_| ProtocolVersion::SSLV2);
        let spoken = scan
            .versions
            .iter()
            .filter(|support| support.offered.seen().is_some())
            .map(|support| support.version);
        let oldest = sslv2.into_iter().chain(spoken).min();
        let suites = union(scan)
            .into_iter()
            .map(|suite| Level::from(suite.strength()));
        let worst = oldest
            .map(Level::of_version)
            .into_iter()
            .chain(suites)
            .min()
            .unwrap_or(Level::Unknown);
        Self { oldest, worst }
    }
}
