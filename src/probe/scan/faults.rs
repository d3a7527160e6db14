//! Faults of implementations and what else takes a handshake that rustls does not make. Late in a scan, one connection at a time.
//!
//! Each fault is settled by the smallest exchange that tells. Nothing that a peer gives away by one is read or kept.
#![expect(clippy::disallowed_methods, reason = "a scan waits")]

use std::time::Duration;

use super::Scanner;
use super::heads::Spoken;
use super::hello::{MOST_SUITES, Question};
use super::old_client::{GROUPS, Reaction, Session, Suite, Trouble};
use crate::observation::Attempt;
use crate::observation::scan::{Faults, Scan};
use crate::tls::client_hello::Extension;
use crate::tls::{CipherSuite, ClientHello, ProtocolVersion};

mod cbc_padding;
mod ccs_injection;
mod heartbleed;
mod renegotiation;
mod robot;
mod ticketbleed;

/// Most attempts at one session, where a server takes no connection.
const MOST_ATTEMPTS: u32 = 4;

/// How long to wait, at least, where silence is an answer that few servers give.
const LONG_PATIENCE: Duration = Duration::from_secs(3);

/// A version and the suites in it with which something can be asked.
#[derive(Clone, Debug)]
struct Ground {
    version: ProtocolVersion,
    suites: Vec<CipherSuite>,
}

impl Ground {
    /// Finds the newest version in which the server accepts suites of a kind.
    fn find(scan: &Scan, fits: impl Fn(&Suite) -> bool, what: &str) -> Result<Self, String> {
        let mut versions = scan
            .versions
            .iter()
            .filter(|support| Self::is_ours(support.version) && support.offered.seen().is_some())
            .rev()
            .peekable();
        if versions.peek().is_none() {
            return Err(NOT_OURS.to_owned());
        }
        versions
            .map(|support| Self {
                version: support.version,
                suites: Self::ours(support.cipher_suites.accepted.iter().copied(), &fits),
            })
            .find(|ground| !ground.suites.is_empty())
            .ok_or_else(|| format!("no cipher suite is accepted that {what}"))
    }

    /// Takes the newest version that is spoken and every suite with which a handshake can be finished in it.
    fn newest(spoken: &Spoken) -> Result<Self, String> {
        let version = spoken
            .newest_in_the_clear()
            .filter(|version| Self::is_ours(*version));
        let version = version.ok_or_else(|| NOT_OURS.to_owned())?;
        let fitting = CipherSuite::all().filter(|suite| suite.fits(version));
        Ok(Self {
            version,
            suites: Self::ours(fitting, |_| true),
        })
    }

    fn is_ours(version: ProtocolVersion) -> bool {
        (ProtocolVersion::TLSV1..ProtocolVersion::TLSV1_3).contains(&version)
    }

    fn ours(
        suites: impl Iterator<Item = CipherSuite>,
        fits: impl Fn(&Suite) -> bool,
    ) -> Vec<CipherSuite> {
        suites
            .filter(|suite| Suite::of(*suite).is_some_and(|suite| fits(&suite)))
            .take(MOST_SUITES)
            .collect()
    }
}

/// Why nothing can be asked of a server.
const NOT_OURS: &str = "nothing from TLSv1 to TLSv1.2 is spoken";

/// Returns what became of a test that may have come to nothing.
fn attempt<T>(result: Result<T, String>) -> Attempt<T> {
    result.map_or_else(Attempt::NotAttempted, Attempt::Seen)
}

impl Scanner<'_> {
    /// Sees whether a client may start a renegotiation.
    pub(super) async fn renegotiation(&self, spoken: &Spoken) -> Attempt<bool> {
        if self.line.options.unsuspicious {
            return super::turned_off();
        }
        attempt(Box::pin(self.client_renegotiation(spoken)).await)
    }

    /// Settles faults, where that was asked for.
    pub(super) async fn faults(&self, scan: &mut Scan) {
        let reason = if self.line.options.unsuspicious {
            Some("suspicious probes are turned off")
        } else if self.line.options.intrusive {
            None
        } else {
            Some("needs --intrusive")
        };
        if let Some(reason) = reason {
            scan.faults = Faults::unknown(reason);
            return;
        }
        let seen = &*scan;
        let faults = Faults {
            heartbleed: attempt(Box::pin(self.heartbleed(seen, &seen.handshake.heartbeat)).await),
            ccs_injection: attempt(self.ccs_injection(seen).await),
            robot: attempt(self.robot(seen).await),
            ticketbleed: attempt(Box::pin(self.ticketbleed(seen)).await),
            cbc_padding_oracle: attempt(self.cbc_padding_oracle(seen).await),
        };
        scan.faults = faults;
    }

    /// Makes a hello whose handshake can be finished.
    fn old_hello(&self, ground: &Ground, extensions: Vec<Extension>) -> ClientHello {
        let mut hello = self.hellos.hello(&Question {
            groups: Some(&GROUPS),
            extensions,
            ..self.question(ground.version, &ground.suites)
        });
        if let Some(extensions) = &mut hello.extensions {
            extensions.retain(|extension| *extension != Extension::EncryptThenMac);
        }
        hello
    }

    /// Begins a session.
    async fn greet(&self, hello: &ClientHello) -> Result<Session, String> {
        let timeout = self.line.endpoint.timeout;
        self.tried(|| async { Session::greet(self.line.open().await?, hello, timeout).await })
            .await
    }

    /// Does something over a connection of its own, once more where the server takes none just now.
    async fn tried<T, F>(&self, work: impl Fn() -> F) -> Result<T, String>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        let mut attempt = 1;
        loop {
            if let Some(reason) = self.line.given_up() {
                return Err(reason);
            }
            self.line.expect(1);
            self.line.turn().await;
            let done = work().await;
            self.line.answered_one();
            match done {
                Ok(done) => return Ok(done),
                Err(trouble) if trouble.before_any_answer && attempt < MOST_ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(500) * attempt).await;
                    attempt += 1;
                }
                Err(trouble) => return Err(trouble.reason),
            }
        }
    }
}

/// Rounds of the same questions. Only what repeats itself is an answer: networks are moody.
#[derive(Debug, Default)]
struct Rounds {
    last: Option<Vec<Reaction>>,
    count: u32,
}

impl Rounds {
    /// Takes one round's reactions. Returns what they come to, or `None` where another round is needed.
    fn settle(&mut self, reactions: Vec<Reaction>) -> Option<Result<Vec<Reaction>, String>> {
        const MOST_ROUNDS: u32 = 3;
        self.count += 1;
        let is_first = self.count == 1;
        if (is_first && are_alike(&reactions)) || self.last.as_ref() == Some(&reactions) {
            return Some(Ok(reactions));
        }
        if self.count == MOST_ROUNDS {
            return Some(Err(
                "the server answers the same thing now like this, now like that".to_owned(),
            ));
        }
        self.last = Some(reactions);
        None
    }
}

fn are_alike(reactions: &[Reaction]) -> bool {
    reactions.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::scan::old_client::End;
    use crate::tls::AlertDescription;

    fn reactions(alerts: [u8; 3]) -> Vec<Reaction> {
        alerts
            .map(|alert| Reaction {
                alerts: vec![AlertDescription(alert)],
                said_more: false,
                end: End::Closed,
            })
            .to_vec()
    }

    #[test]
    fn reactions_that_are_alike_settle_it_at_once() {
        let alike = reactions([20, 20, 20]);
        assert_eq!(Rounds::default().settle(alike.clone()), Some(Ok(alike)));
    }

    #[test]
    fn difference_counts_only_where_it_repeats_itself() {
        let (one, other) = (reactions([20, 21, 20]), reactions([20, 20, 21]));
        let mut rounds = Rounds::default();
        assert_eq!(rounds.settle(one.clone()), None);
        assert_eq!(rounds.settle(one.clone()), Some(Ok(one.clone())));

        let mut rounds = Rounds::default();
        assert_eq!(rounds.settle(one.clone()), None);
        assert_eq!(rounds.settle(other.clone()), None);
        assert_eq!(rounds.settle(other.clone()), Some(Ok(other.clone())));

        let mut rounds = Rounds::default();
        assert_eq!(rounds.settle(one.clone()), None);
        assert_eq!(rounds.settle(other), None);
        assert!(matches!(rounds.settle(one), Some(Err(_))));

        let alike = reactions([20, 20, 20]);
        let mut rounds = Rounds::default();
        assert_eq!(rounds.settle(reactions([20, 21, 20])), None);
        assert_eq!(
            rounds.settle(alike.clone()),
            None,
            "a difference is not forgotten so soon"
        );
        assert_eq!(rounds.settle(alike.clone()), Some(Ok(alike)));
    }
}
