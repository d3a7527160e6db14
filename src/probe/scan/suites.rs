//! Versions and their cipher suites, with whose order decides.

use std::sync::{Mutex, PoisonError};

use futures_util::future::join_all;

use super::Scanner;
use super::chain::{self, Outcome, Pick};
use super::hello::Question;
use super::line::{Answer, Refusal};
use super::order::{self, Belief};
use crate::observation::scan::{Enumeration, Preference, Refused, VersionSupport};
use crate::observation::{Attempt, Failure, FailureKind};
use crate::tls::{AlertDescription, CipherSuite, Encryption, ProtocolVersion};

/// Suites in a hello for servers that choke on a long one.
const SHORT_HELLO: usize = 24;

/// One version while it is being scanned.
pub(super) struct Versioned<'a> {
    pub(super) scanner: &'a Scanner<'a>,
    pub(super) version: ProtocolVersion,
    pub(super) belief: Mutex<Belief>,
    refusal: Mutex<Option<Refusal>>,
}

impl<'a> Versioned<'a> {
    pub(super) fn new(scanner: &'a Scanner<'a>, version: ProtocolVersion) -> Self {
        Self {
            scanner,
            version,
            belief: Mutex::default(),
            refusal: Mutex::default(),
        }
    }

    /// Offers some suites.
    pub(super) async fn offer(&self, suites: Vec<CipherSuite>) -> Pick<CipherSuite> {
        let scanner = self.scanner;
        let question = scanner.question(self.version, &suites);
        let hello = scanner.hellos.write(&question);
        let answer = scanner
            .line
            .ask(&hello, &|hello| scanner.evidence.wants(hello))
            .await;
        self.read(&answer, &suites)
    }

    /// Reads what an answer says of the suites that were offered.
    pub(super) fn read(&self, answer: &Answer, offered: &[CipherSuite]) -> Pick<CipherSuite> {
        match answer {
            Answer::Accepted(flight) => {
                let Some(hello) = &flight.hello else {
                    return Pick::Open;
                };
                if hello.version() != self.version {
                    // A server that answers in another version does not speak this one.
                    return Pick::Nothing;
                }
                if !offered.contains(&hello.cipher_suite) {
                    let suite = hello.cipher_suite;
                    self.scanner.line.gap(format!(
                        "the server chose {suite} in {}, which was not offered",
                        self.version
                    ));
                    return Pick::Open;
                }
                self.scanner
                    .evidence
                    .take(flight, self.scanner.hellos.has_server_name());
                self.learn(hello.cipher_suite);
                self.scanner
                    .heads
                    .accepted(self.version, hello.cipher_suite);
                self.scanner
                    .heads
                    .accepted(self.version, hello.cipher_suite);
                Pick::Chosen(hello.cipher_suite)
            }
            Answer::Refused(refusal) => {
                let mut last = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
                *last = Some(*refusal);
                Pick::Nothing
            }
            Answer::Open(_) => Pick::Open,
        }
    }

    fn learn(&self, suite: CipherSuite) {
        self.belief
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .learn(suite);
    }

    fn refusal(&self) -> Option<Refusal> {
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Walks one list. `expected` are suites of which another version tells that they will be accepted.
    pub(super) async fn walk(
        &self,
        list: Vec<CipherSuite>,
        first: usize,
        expected: &(dyn Fn(CipherSuite) -> bool + Sync),
    ) -> Outcome<CipherSuite> {
        let guess = |remaining: &mut Vec<CipherSuite>, picked: &[CipherSuite]| {
            let belief = self.belief.lock().unwrap_or_else(PoisonError::into_inner);
            belief.arrange(remaining, picked, expected)
        };
        chain::walk(list, first, &guess, |offer| self.offer(offer)).await
    }

    /// Scans lists side by side, puts them in the server's order, and sums up.
    pub(super) async fn scan(
        &self,
        lists: Vec<Vec<CipherSuite>>,
        expected: &(dyn Fn(CipherSuite) -> bool + Sync),
    ) -> VersionSupport {
        self.scanner.line.expect(lists.len());
        let outcomes = join_all(lists.into_iter().map(|list| self.walk(list, 1, expected))).await;
        self.sum_up(outcomes).await
    }

    async fn sum_up(&self, mut outcomes: Vec<Outcome<CipherSuite>>) -> VersionSupport {
        if outcomes
            .iter()
            .all(|it| it.accepted.is_empty() && it.undecided.is_empty())
            && self.may_choke_on_long_hellos()
        {
            outcomes = self.again_in_short_hellos().await;
        }
        self.scanner.heads.settled(self.version);
        self.scanner.heads.walked();
        let undecided: Vec<_> = outcomes
            .iter()
            .flat_map(|it| it.undecided.clone())
            .collect();
        let chains: Vec<_> = outcomes
            .into_iter()
            .map(|it| it.accepted)
            .filter(|chain| !chain.is_empty())
            .collect();
        if chains.is_empty() {
            return self.without_suites(&undecided);
        }
        let (accepted, preference) = self.in_order(chains).await;
        VersionSupport {
            version: self.version,
            offered: Attempt::Seen(()),
            cipher_suites: Enumeration {
                accepted,
                refused: self.refused_but(&undecided),
                preference,
            },
        }
    }

    /// Whether a refusal may have been for the length of the hello, not for what stands in it.
    fn may_choke_on_long_hellos(&self) -> bool {
        match self.refusal() {
            None => false,
            Some(Refusal::HangUp(_)) => true,
            Some(Refusal::Alert(alert)) => matches!(
                alert,
                AlertDescription::DECODE_ERROR
                    | AlertDescription::ILLEGAL_PARAMETER
                    | AlertDescription::INTERNAL_ERROR
            ),
        }
    }

    /// Whether all that was refused so far was refused for the version, or for every suite that belongs to it.
    fn is_refused_as_such(&self) -> bool {
        matches!(self.refusal(), Some(Refusal::Alert(_))) && !self.may_choke_on_long_hellos()
    }

    /// Asks for the usual suites alone, and for the others in short hellos where that works.
    async fn again_in_short_hellos(&self) -> Vec<Outcome<CipherSuite>> {
        let all: Vec<CipherSuite> = if self.version >= ProtocolVersion::TLSV1_2 {
            order::segments().concat()
        } else {
            order::old_segments().concat()
        };
        let usual: Vec<_> = USUAL.map(CipherSuite).to_vec();
        self.scanner.line.expect(1);
        let outcome = self.walk(usual.clone(), 1, &|_| false).await;
        if outcome.accepted.is_empty() {
            return vec![outcome];
        }
        let others: Vec<_> = all
            .into_iter()
            .filter(|suite| !usual.contains(suite))
            .collect();
        let lists: Vec<Vec<_>> = others
            .chunks(SHORT_HELLO)
            .map(<[CipherSuite]>::to_vec)
            .collect();
        self.scanner.line.expect(lists.len());
        let mut outcomes =
            join_all(lists.into_iter().map(|list| self.walk(list, 1, &|_| false))).await;
        outcomes.insert(0, outcome);
        outcomes
    }

    fn without_suites(&self, undecided: &[CipherSuite]) -> VersionSupport {
        let refusal = self.refusal().map(|refusal| refusal.to_string());
        let offered = match (undecided.is_empty(), refusal) {
            (true, Some(refusal)) => Attempt::Refused(refusal),
            (true, None) => Attempt::Refused("the server answers in another version".to_owned()),
            (false, refusal) => Attempt::Failed(Failure {
                kind: FailureKind::TimedOut,
                detail: self.scanner.line.given_up().or(refusal).unwrap_or_else(|| {
                    format!("no answer decided whether {} is spoken", self.version)
                }),
            }),
        };
        VersionSupport {
            version: self.version,
            offered,
            cipher_suites: Enumeration {
                accepted: Vec::new(),
                refused: self.refused_but(undecided),
                preference: Attempt::NotAttempted("no cipher suite is accepted".to_owned()),
            },
        }
    }

    fn refused_but(&self, undecided: &[CipherSuite]) -> Refused<CipherSuite> {
        if undecided.is_empty() {
            return Refused::EveryOther;
        }
        let all = CipherSuite::all()
            .filter(|suite| suite.is_tls13() == (self.version >= ProtocolVersion::TLSV1_3));
        Refused::These(all.filter(|suite| !undecided.contains(suite)).collect())
    }

    /// Finds out whose order decides, and puts what several lists found into one where it is the server's.
    pub(super) async fn in_order(
        &self,
        chains: Vec<Vec<CipherSuite>>,
    ) -> (Vec<CipherSuite>, Attempt<Preference>) {
        let accepted = chains.concat();
        if accepted.len() < 2 {
            let reason = "only one cipher suite is accepted".to_owned();
            return (accepted, Attempt::NotAttempted(reason));
        }
        let joints = async {
            self.scanner.line.expect(chains.len() - 1);
            let joints = chains.windows(2).map(|pair| async move {
                let (left, right) = (pair[0][pair[0].len() - 1], pair[1][0]);
                (left, self.offer(vec![right, left]).await)
            });
            join_all(joints).await
        };
        let (preference, joints) = tokio::join!(self.preference(&chains, &accepted), joints);
        if !matches!(
            preference,
            Attempt::Seen(Preference::Server | Preference::ServerButChacha20)
        ) {
            return (accepted, preference);
        }
        if joints
            .iter()
            .all(|(left, pick)| *pick == Pick::Chosen(*left))
        {
            return (accepted, preference);
        }
        // The lists interlace: one walk over all that is accepted, in the order that is likeliest by now.
        self.scanner.line.expect(accepted.len());
        let merged = self.merge(chains).await;
        if merged.undecided.is_empty() {
            (merged.accepted, preference)
        } else {
            let reason =
                "the order could not be established: some questions stayed open".to_owned();
            (accepted, Attempt::NotAttempted(reason))
        }
    }

    async fn merge(&self, chains: Vec<Vec<CipherSuite>>) -> Outcome<CipherSuite> {
        let all = chains.concat();
        let guess = |remaining: &mut Vec<CipherSuite>, picked: &[CipherSuite]| {
            // Each list is sorted; only which list goes on is to be guessed.
            let mut heads: Vec<Vec<CipherSuite>> = chains
                .iter()
                .map(|chain| {
                    chain
                        .iter()
                        .copied()
                        .filter(|suite| remaining.contains(suite))
                        .collect()
                })
                .filter(|chain: &Vec<_>| !chain.is_empty())
                .collect();
            let mut order = remaining.clone();
            self.belief
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .sort(&mut order, picked);
            let mut merged = Vec::with_capacity(remaining.len());
            while !heads.is_empty() {
                let next = heads
                    .iter()
                    .enumerate()
                    .min_by_key(|(_, chain)| order.iter().position(|suite| *suite == chain[0]))
                    .map_or(0, |(index, _)| index);
                merged.push(heads[next].remove(0));
                heads.retain(|chain| !chain.is_empty());
            }
            *remaining = merged;
            remaining.len()
        };
        chain::walk(all, 4, &guess, |offer| self.offer(offer)).await
    }

    /// Turns the client's order round and sees whether the choice turns with it.
    async fn preference(
        &self,
        chains: &[Vec<CipherSuite>],
        accepted: &[CipherSuite],
    ) -> Attempt<Preference> {
        // Within one list it is known what the server chose of all, so the longest one is asked about.
        let Some(known) = chains.iter().max_by_key(|chain| chain.len()) else {
            return Attempt::NotAttempted("no cipher suite is accepted".to_owned());
        };
        let (known, top) = if known.len() > 1 {
            (known.clone(), known[0])
        } else {
            (accepted.to_vec(), accepted[0])
        };
        let is_chacha20 = |suite: &CipherSuite| {
            suite
                .properties()
                .is_some_and(|it| it.encryption == Encryption::ChaCha20)
        };
        let mut reversed: Vec<_> = known.iter().rev().copied().collect();
        reversed.sort_by_key(|suite| !is_chacha20(suite));
        let has_chacha20 = reversed.first().is_some_and(is_chacha20) && !is_chacha20(&top);
        self.scanner.line.expect(1);
        let lone_lists =
            known.len() == accepted.len() && chains.iter().all(|chain| chain.len() == 1);
        match self.offer(reversed.clone()).await {
            Pick::Chosen(pick) if lone_lists => {
                // No two were ever offered together: ask the other way round, too.
                let forward: Vec<_> = reversed.iter().rev().copied().collect();
                self.scanner.line.expect(1);
                match self.offer(forward).await {
                    Pick::Chosen(other) if other == pick => Attempt::Seen(Preference::Server),
                    Pick::Chosen(_) => Attempt::Seen(Preference::Client),
                    Pick::Nothing | Pick::Open => Self::unsettled(),
                }
            }
            Pick::Chosen(pick) if pick == top => Attempt::Seen(Preference::Server),
            Pick::Chosen(pick) if has_chacha20 && is_chacha20(&pick) => {
                let without: Vec<_> = known
                    .iter()
                    .rev()
                    .filter(|suite| !is_chacha20(suite))
                    .copied()
                    .collect();
                if without.len() < 2 {
                    return Attempt::Seen(Preference::Client);
                }
                let best = without[without.len() - 1];
                self.scanner.line.expect(1);
                match self.offer(without).await {
                    Pick::Chosen(pick) if pick == best => {
                        Attempt::Seen(Preference::ServerButChacha20)
                    }
                    Pick::Chosen(_) => Attempt::Seen(Preference::Client),
                    Pick::Nothing | Pick::Open => Self::unsettled(),
                }
            }
            Pick::Chosen(_) => Attempt::Seen(Preference::Client),
            Pick::Nothing | Pick::Open => Self::unsettled(),
        }
    }

    fn unsettled() -> Attempt<Preference> {
        Attempt::NotAttempted("the question whose order decides stayed open".to_owned())
    }
}

/// What nearly every server before TLS 1.3 takes at least one of.
const USUAL: [u16; 20] = [
    0xC02F, 0xC02B, 0xC030, 0xC02C, 0xC013, 0xC014, 0xC009, 0xC00A, 0x009C, 0x009D, 0x002F, 0x0035,
    0x000A, 0x0005, 0x0004, 0x0033, 0x0039, 0x0016, 0x003C, 0xC012,
];

impl Scanner<'_> {
    /// Asks about suites as this server has to be asked.
    pub(super) fn question<'a>(
        &self,
        version: ProtocolVersion,
        suites: &'a [CipherSuite],
    ) -> Question<'a> {
        Question {
            key_shares: self.needs_key_shares(),
            ..Question::about(version, suites)
        }
    }

    /// Scans TLS 1.2 and everything before it.
    pub(super) async fn before_tls13(&self) -> Vec<VersionSupport> {
        let tls12 = Versioned::new(self, ProtocolVersion::TLSV1_2);
        let older = [
            ProtocolVersion::SSLV3,
            ProtocolVersion::TLSV1,
            ProtocolVersion::TLSV1_1,
        ];
        let older_scans = older.map(|version| {
            let tls12 = &tls12;
            async move {
                let versioned = Versioned::new(self, version);
                let expected = |suite: CipherSuite| {
                    let belief = tls12.belief.lock().unwrap_or_else(PoisonError::into_inner);
                    suite.fits(version) && belief.knows(suite)
                };
                let mut lists = order::old_segments();
                let first = lists.remove(0);
                self.line.expect(1);
                let mut outcomes = vec![versioned.walk(first, 1, &expected).await];
                let is_off = outcomes[0].accepted.is_empty() && versioned.is_refused_as_such();
                if !is_off && outcomes[0].undecided.is_empty() {
                    self.line.expect(lists.len());
                    let walks = lists
                        .into_iter()
                        .map(|list| versioned.walk(list, 1, &expected));
                    outcomes.extend(join_all(walks).await);
                }
                versioned.sum_up(outcomes).await
            }
        });
        // The features wait for what each version's first list says.
        let (mut versions, tls12) = tokio::join!(
            join_all(older_scans),
            tls12.scan(order::segments(), &|_| false)
        );
        versions.push(tls12);
        versions
    }
}
