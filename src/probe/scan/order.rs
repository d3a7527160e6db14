//! What a server is likely to accept, and in which order: guesses that make a scan short and never decide anything.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever is not usual comes last"
)]

use std::cmp::Reverse;

use crate::tls::{
    Authentication, CipherSuite, Encryption, KeyExchange, Mode, Properties, ProtocolVersion,
    Registration,
};

/// Suites that OpenSSL 3.0 lists for `ALL:COMPLEMENTOFALL`, in its order, which is that of most servers that say no more
/// than a class. A blank line here is a place where one class of [`segments`] ends.
#[rustfmt::skip]
const OPENSSL: &[u16] = &[
    // Forward secrecy, authenticated encryption.
    0xC02C, 0xC030, 0x00A3, 0x009F, 0xCCA9, 0xCCA8, 0xCCAA, 0xC0AF, 0xC0AD, 0xC0A3, 0xC09F, 0xC05D, 0xC061, 0xC057, 0xC053,
    0x00A7, 0xC02B, 0xC02F, 0x00A2, 0x009E, 0xC0AE, 0xC0AC, 0xC0A2, 0xC09E, 0xC05C, 0xC060, 0xC056, 0xC052, 0x00A6,

    // CBC with forward secrecy.
    0xC024, 0xC028, 0x006B, 0x006A, 0xC073, 0xC077, 0x00C4, 0x00C3, 0x006D, 0x00C5, 0xC023, 0xC027, 0x0067, 0x0040, 0xC072,
    0xC076, 0x00BE, 0x00BD, 0x006C, 0x00BF, 0xC00A, 0xC014, 0x0039, 0x0038, 0x0088, 0x0087, 0xC019, 0x003A, 0x0089, 0xC009,
    0xC013, 0x0033, 0x0032, 0x009A, 0x0099, 0x0045, 0x0044, 0xC018, 0x0034, 0x009B, 0x0046,

    // And without forward secrecy: RSA key transport.
    0x009D, 0xC0A1, 0xC09D, 0xC051, 0x009C, 0xC0A0, 0xC09C, 0xC050, 0x003D, 0x00C0, 0x003C, 0x00BA, 0x0035, 0x0084, 0x002F,
    0x0096, 0x0041,
];

/// How many of [`OPENSSL`] each class has.
const CLASSES: [usize; 2] = [29, 41 + 17];

/// Returns every suite that may be accepted before TLS 1.3, in classes that a scan can take side by side: each in the order in
/// which it is likely to be preferred, and each short enough for one hello.
pub(super) fn segments() -> Vec<Vec<CipherSuite>> {
    let mut segments = Vec::new();
    let mut listed = OPENSSL;
    for class in CLASSES {
        let (segment, rest) = listed.split_at(class);
        segments.push(segment.iter().copied().map(CipherSuite).collect::<Vec<_>>());
        listed = rest;
    }
    let mut others: Vec<CipherSuite> = CipherSuite::all()
        .filter(|suite| !suite.is_tls13() && !OPENSSL.contains(&suite.0))
        .collect();
    // What old servers had by default comes first: its hello is the one that is answered.
    others.sort_by_key(|suite| {
        (
            rarity(*suite),
            Reverse(suite.properties().map(|it| it.bits)),
            suite.0,
        )
    });
    for part in others.chunks(super::hello::MOST_SUITES) {
        segments.push(part.to_vec());
    }
    segments
}

/// How seldom a suite is configured.
fn rarity(suite: CipherSuite) -> u8 {
    let Some(properties) = suite.properties() else {
        return 3;
    };
    let common = matches!(
        properties.authentication,
        Authentication::Rsa
            | Authentication::Ecdsa
            | Authentication::Dss
            | Authentication::Anonymous
    );
    u8::from(!common) + u8::from(properties.registration != Registration::Iana)
}

/// Returns every suite that may be accepted up to TLS 1.1, most likely first, in lists that fit one hello: first those that
/// belong there, then those that do not, which some servers take all the same.
pub(super) fn old_segments() -> Vec<Vec<CipherSuite>> {
    let (belonging, others): (Vec<_>, Vec<_>) = segments()
        .concat()
        .into_iter()
        .partition(|suite| suite.fits(ProtocolVersion::TLSV1) && rarity(*suite) == 0);
    let mut lists: Vec<Vec<_>> = belonging
        .chunks(super::hello::MOST_SUITES)
        .map(<[CipherSuite]>::to_vec)
        .collect();
    lists.extend(
        others
            .chunks(super::hello::MOST_SUITES)
            .map(<[CipherSuite]>::to_vec),
    );
    lists
}

/// What has shown of a server's taste, in one version.
#[derive(Clone, Debug, Default)]
pub(super) struct Belief {
    accepted: Vec<(CipherSuite, Properties)>,
}

impl Belief {
    /// Takes in a suite that is accepted.
    pub(super) fn learn(&mut self, suite: CipherSuite) {
        if let Some(properties) = suite.properties()
            && !self.accepted.iter().any(|(known, _)| *known == suite)
        {
            self.accepted.push((suite, properties));
        }
    }

    /// Whether a suite is accepted.
    pub(super) fn knows(&self, suite: CipherSuite) -> bool {
        self.accepted.iter().any(|(known, _)| *known == suite)
    }

    /// Whether a suite will probably be accepted: each of its parts was seen to be.
    fn expects(&self, suite: CipherSuite) -> bool {
        suite
            .properties()
            .is_some_and(|wanted| self.unseen(wanted) == Outlook::Seen)
    }

    /// Returns what of a suite was not yet seen in one that is accepted: nothing, one family, or too much to hope for.
    fn unseen(&self, wanted: Properties) -> Outlook {
        let seen =
            |test: &dyn Fn(&Properties) -> bool| self.accepted.iter().any(|(_, it)| test(it));
        // Who has an ECDSA certificate often has an RSA one beside it; the other way round it would have been chosen first.
        let authenticated = seen(&|it| it.authentication == wanted.authentication)
            || wanted.authentication == Authentication::Rsa
                && seen(&|it| it.authentication == Authentication::Ecdsa)
                && self.accepted.len() == 1;
        if !authenticated || wanted.is_export() && !seen(&|it| it.is_export()) {
            return Outlook::Dim;
        }
        let exchange = seen(&|it| it.key_exchange == wanted.key_exchange);
        // Every configuration that has authenticated encryption or CBC at all has it with AES.
        let common = match wanted.encryption {
            Encryption::Aes => matches!(wanted.mode, Mode::Gcm | Mode::Cbc),
            Encryption::ChaCha20 => true,
            _ => false,
        };
        let cipher =
            common || seen(&|it| it.encryption == wanted.encryption && it.mode == wanted.mode);
        match (exchange, cipher) {
            (true, true) => Outlook::Seen,
            (false, true) => {
                let hope = match wanted.key_exchange {
                    KeyExchange::Dhe => seen(&|it| it.key_exchange == KeyExchange::Ecdhe),
                    KeyExchange::Rsa => seen(&|it| it.is_cbc()),
                    _ => false,
                };
                Outlook::hope(hope, Family::Exchange(wanted.key_exchange))
            }
            (true, false) => {
                // Who lists one of these lists all that the library has.
                let unusual = |it: &Properties| {
                    matches!(it.mode, Mode::Ccm | Mode::Ccm8)
                        || matches!(it.encryption, Encryption::Aria | Encryption::Camellia)
                };
                let hope = unusual(&wanted) && seen(&unusual);
                Outlook::hope(hope, Family::Cipher(wanted.encryption, wanted.mode))
            }
            (false, false) => Outlook::Dim,
        }
    }

    /// Sorts suites as the server is likely to, those first that it probably accepts, and says how many these are.
    ///
    /// Of a family of which nothing was seen yet one goes first for all. What the server passed over, to choose something that
    /// comes later in its order, it does not have.
    pub(super) fn arrange(
        &self,
        suites: &mut Vec<CipherSuite>,
        picked: &[CipherSuite],
        expected: &dyn Fn(CipherSuite) -> bool,
    ) -> usize {
        let (order, inversions) = self.order(suites, picked);
        suites.sort_by_key(|suite| order(*suite));
        let passed = picked
            .last()
            .filter(|_| inversions == 0)
            .map(|suite| order(*suite));
        let mut families = Vec::new();
        let (mut likely, mut others) = (Vec::new(), Vec::new());
        for suite in suites.iter().copied() {
            let is_passed = passed.is_some_and(|passed| order(suite) < passed);
            let outlook = suite
                .properties()
                .map_or(Outlook::Dim, |wanted| self.unseen(wanted));
            let is_promising = match outlook {
                Outlook::Dim => false,
                Outlook::Seen => true,
                Outlook::Hope(family) => {
                    let is_first = !families.contains(&family);
                    families.push(family);
                    is_first
                }
            };
            let is_likely = !is_passed && (expected(suite) || is_promising);
            if is_likely { &mut likely } else { &mut others }.push(suite);
        }
        let count = likely.len();
        likely.append(&mut others);
        *suites = likely;
        count
    }

    /// Sorts suites as the server is likely to.
    pub(super) fn sort(&self, suites: &mut [CipherSuite], picked: &[CipherSuite]) {
        let (order, _) = self.order(suites, picked);
        suites.sort_by_key(|suite| order(*suite));
    }

    /// Returns the usual order that fits best what the server picked, and how often it does not fit.
    fn order(
        &self,
        suites: &[CipherSuite],
        picked: &[CipherSuite],
    ) -> (fn(CipherSuite) -> u64, usize) {
        let orders: [fn(CipherSuite) -> u64; 3] = [openssl_order, mozilla_order, strongest_first];
        let inversions = |order: fn(CipherSuite) -> u64| {
            let keys: Vec<u64> = picked.iter().map(|suite| order(*suite)).collect();
            // The first pick is the best of all there was: it speaks against every order that begins otherwise.
            let begins_otherwise = keys.first().is_some_and(|first| {
                suites
                    .iter()
                    .any(|suite| self.expects(*suite) && order(*suite) < *first)
            });
            let later = (1..keys.len())
                .map(|index| {
                    keys[..index]
                        .iter()
                        .filter(|key| **key > keys[index])
                        .count()
                })
                .sum::<usize>();
            usize::from(begins_otherwise) + later
        };
        orders
            .into_iter()
            .map(|order| (order, inversions(order)))
            .min_by_key(|(_, inversions)| *inversions)
            .unwrap_or((openssl_order, 0))
    }
}

/// What may be hoped of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outlook {
    /// All of its parts were seen in one that is accepted.
    Seen,
    /// All but one part, which is not far from what was seen.
    Hope(Family),
    /// Too much is new in it.
    Dim,
}

impl Outlook {
    fn hope(hope: bool, family: Family) -> Self {
        if hope { Self::Hope(family) } else { Self::Dim }
    }
}

/// A part that many suites share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Exchange(KeyExchange),
    Cipher(Encryption, Mode),
}

/// OpenSSL's own order.
fn openssl_order(suite: CipherSuite) -> u64 {
    const TLS13: [u16; 3] = [0x1302, 0x1303, 0x1301];
    let place = TLS13
        .iter()
        .chain(OPENSSL)
        .position(|code| *code == suite.0);
    place.map_or(1000 + u64::from(suite.0), |place| place as u64)
}

/// The order of Mozilla's recommendations and of the many configurations that were copied from them: 128 bits first.
fn mozilla_order(suite: CipherSuite) -> u64 {
    rank(suite, |properties| {
        match (properties.encryption, properties.bits) {
            (Encryption::Aes, 128) => 0,
            (Encryption::Aes, _) => 1,
            (Encryption::ChaCha20, _) => 2,
            _ => 3,
        }
    })
}

/// The strongest first, as GnuTLS and Java do.
fn strongest_first(suite: CipherSuite) -> u64 {
    rank(suite, |properties| {
        match (properties.encryption, properties.bits) {
            (Encryption::Aes, 128) => 2,
            (Encryption::Aes, _) => 0,
            (Encryption::ChaCha20, _) => 1,
            _ => 3,
        }
    })
}

fn rank(suite: CipherSuite, encryption: fn(&Properties) -> u64) -> u64 {
    let Some(properties) = suite.properties() else {
        return u64::MAX;
    };
    let mode = u64::from(!properties.is_aead());
    let exchange = match properties.key_exchange {
        KeyExchange::Ecdhe => 0,
        KeyExchange::Dhe => 1,
        _ => 2,
    };
    let authentication = match properties.authentication {
        Authentication::Ecdsa => 0,
        Authentication::Rsa => 1,
        _ => 2,
    };
    (((mode * 4 + exchange) * 8 + encryption(&properties)) * 4 + authentication) * 65_536
        + u64::from(suite.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_suite_is_asked_for_once() {
        for segments in [segments(), old_segments()] {
            let all = segments.concat();
            let distinct: BTreeSet<_> = all.iter().copied().collect();
            assert_eq!(all.len(), distinct.len());
            let expected: BTreeSet<_> = CipherSuite::all()
                .filter(|suite| !suite.is_tls13())
                .collect();
            assert_eq!(distinct, expected);
            for segment in segments {
                assert!(
                    segment.len() <= super::super::hello::MOST_SUITES,
                    "{}",
                    segment.len()
                );
            }
        }
    }

    #[test]
    fn classes_are_counted() {
        assert_eq!(CLASSES.iter().sum::<usize>(), OPENSSL.len());
        let segments = segments();
        let has = |suite: &CipherSuite, test: fn(Properties) -> bool| {
            suite.properties().is_some_and(test)
        };
        assert!(
            segments[0]
                .iter()
                .all(|suite| has(suite, Properties::is_aead))
        );
        assert!(
            segments[0]
                .iter()
                .all(|suite| has(suite, Properties::forward_secrecy))
        );
        assert!(segments[1].iter().all(|suite| {
            has(suite, Properties::is_cbc) || has(suite, Properties::is_static_rsa)
        }));
    }
}
