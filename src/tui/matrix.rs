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
    /// Versions, oldest first; `SSLv2` only where it is spoken.
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
    /// What it consists of; nothing for a number that nobody registered, and for `SSLv2`.
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
                short: short_kind(&kind.to_string()),
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

/// Returns a name of `SSLv2` in the manner of OpenSSL's: `RC4-128-MD5`.
fn short_kind(name: &str) -> String {
    name.trim_start_matches("SSL_CK_")
        .replace("_WITH_", "-")
        .replace('_', "-")
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::observation::scan::{Refused, ScanDepth, Sslv2Support};
    use crate::tls::Sslv2CipherKind;

    const AES_CBC: CipherSuite = CipherSuite(0x002F);
    const AES_GCM: CipherSuite = CipherSuite(0xC02F);
    const RC4_MD5: CipherSuite = CipherSuite(0x0004);
    const TLS13: CipherSuite = CipherSuite(0x1301);

    fn scan(versions: &[(ProtocolVersion, &[CipherSuite], Preference)]) -> Scan {
        let mut scan = Scan::unseen(ScanDepth::Deep, Timestamp::UNIX_EPOCH, "not asked");
        for (version, suites, preference) in versions {
            for support in &mut scan.versions {
                if support.version == *version {
                    support.offered = Attempt::Seen(());
                    support.cipher_suites = Enumeration {
                        accepted: suites.to_vec(),
                        refused: Refused::EveryOther,
                        preference: Attempt::Seen(*preference),
                    };
                }
            }
        }
        scan
    }

    fn names(matrix: &Matrix) -> Vec<&str> {
        matrix.rows.iter().map(|row| row.short.as_str()).collect()
    }

    #[test]
    fn rows_follow_the_newest_version_and_then_the_older_ones() {
        let matrix = Matrix::of(&scan(&[
            (
                ProtocolVersion::TLSV1,
                &[RC4_MD5, AES_CBC],
                Preference::Client,
            ),
            (
                ProtocolVersion::TLSV1_2,
                &[AES_GCM, AES_CBC],
                Preference::Server,
            ),
            (ProtocolVersion::TLSV1_3, &[TLS13], Preference::Server),
        ]));
        assert_eq!(
            names(&matrix),
            [
                "TLS_AES_128_GCM_SHA256",
                "ECDHE-RSA-AES128-GCM-SHA256",
                "AES128-SHA",
                "RC4-MD5"
            ]
        );
        let cells = |row: usize| &matrix.rows[row].cells[..];
        let nobody = Cell::Open;
        assert_eq!(
            cells(2),
            [nobody, Cell::Accepted, nobody, Cell::Rank(2), Cell::Nothing],
            "SSLv3 and TLS 1.1 were not looked at, and TLS 1.3 has no such suite"
        );
        assert_eq!(
            cells(3),
            [nobody, Cell::Accepted, nobody, Cell::Refused, Cell::Nothing],
            "TLS 1.2 was asked to the end and does not take it"
        );
    }

    #[test]
    fn what_is_wrong_is_said_and_what_is_bad_hides_what_is_old() {
        let why = |code: u16| {
            let suite = CipherSuite(code);
            let words = why(&suite.properties().unwrap(), suite.strength());
            words.join(", ")
        };
        assert_eq!(why(0x0003), "export, 40 bits, MD5");
        assert_eq!(why(0x0004), "RC4, MD5");
        assert_eq!(why(0x0009), "56 bits");
        assert_eq!(why(0x000A), "64-bit blocks");
        assert_eq!(why(0x0034), "anonymous");
        assert_eq!(why(0x003B), "no encryption");
        assert_eq!(why(0x002F), "no forward secrecy, CBC");
        assert_eq!(why(0x009C), "no forward secrecy");
        assert_eq!(why(0xC013), "CBC");
        assert_eq!(why(0xC02F), "");
        assert_eq!(why(0x1301), "");
    }

    #[test]
    fn sslv2_has_a_column_only_where_it_is_spoken() {
        let mut scan = scan(&[(ProtocolVersion::TLSV1_2, &[AES_GCM], Preference::Server)]);
        assert_eq!(Matrix::of(&scan).columns.len(), 5);
        scan.sslv2 = Attempt::Seen(Sslv2Support {
            cipher_kinds: vec![Sslv2CipherKind(0x02_00_80)],
            spki_sha256: None,
        });
        let matrix = Matrix::of(&scan);
        assert_eq!(matrix.columns.len(), 6);
        assert_eq!(names(&matrix)[1], "RC4-128-EXPORT40-MD5");
        assert_eq!(matrix.rows[1].cells[0], Cell::Accepted);
        assert!(matrix.rows.iter().all(|row| row.cells.len() == 6));
        assert_eq!(Gist::of(&scan).oldest, Some(ProtocolVersion::SSLV2));
    }

    #[test]
    fn the_gist_is_the_worst_of_versions_and_suites() {
        let of = |version, suites: &[CipherSuite]| {
            Gist::of(&scan(&[(version, suites, Preference::Server)])).worst
        };
        assert_eq!(of(ProtocolVersion::TLSV1_2, &[AES_GCM]), Level::Strong);
        assert_eq!(
            of(ProtocolVersion::TLSV1_2, &[AES_GCM, AES_CBC]),
            Level::Legacy
        );
        assert_eq!(of(ProtocolVersion::TLSV1_1, &[AES_CBC]), Level::Weak);
        assert_eq!(of(ProtocolVersion::TLSV1_2, &[RC4_MD5]), Level::Insecure);
        assert_eq!(of(ProtocolVersion::SSLV3, &[AES_CBC]), Level::Insecure);
        assert_eq!(Gist::of(&scan(&[])).worst, Level::Unknown);
    }

    #[test]
    fn nobody_makes_the_matrix_endless() {
        let every: Vec<CipherSuite> = (0..=u16::MAX).map(CipherSuite).collect();
        let matrix = Matrix::of(&scan(&[(
            ProtocolVersion::TLSV1_2,
            &every,
            Preference::Client,
        )]));
        assert_eq!(matrix.rows.len(), MOST);
    }
}
