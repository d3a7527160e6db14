//! ROBOT (CVE-2017-13099 and kin): does the server tell well-formed PKCS #1 blocks from others?
//!
//! Five blocks, and none of them the start of a handshake that could end well. They are asked once with `ChangeCipherSpec` and a
//! record behind, as Bleichenbacher's attack does, and once without.

use super::{Ground, Rounds, Scanner, are_alike};
use crate::observation::scan::{Oracle, Scan};
use crate::probe::scan::old_client::{
    Exchange, Reaction, RsaKey, Suite, padded, random, with_length,
};
use crate::tls::{ClientHello, ProtocolVersion, record};

/// What stands in the place of `Finished`: no key makes sense of it.
const NO_FINISHED: [u8; 64] = [0xA7; 64];

/// What the random parts of the blocks of one scan are made of: no byte is zero.
struct Filling {
    padding: [u8; 64],
    secret: [u8; 46],
}

impl Scanner<'_> {
    /// Sends well-formed and ill-formed blocks.
    pub(super) async fn robot(&self, scan: &Scan) -> Result<Oracle, String> {
        let fits = |suite: &Suite| suite.exchange == Exchange::Rsa;
        let ground = Ground::find(scan, fits, "transports the secret with RSA")?;
        let hello = self.old_hello(&ground, Vec::new());
        let filling = Filling {
            padding: random::<64>()
                .map_err(|it| it.to_string())?
                .map(|it| it.max(1)),
            secret: random::<46>()
                .map_err(|it| it.to_string())?
                .map(|it| it.max(1)),
        };
        let mut worst = Oracle::None;
        for with_finished in [true, false] {
            let mut rounds = Rounds::default();
            let reactions = loop {
                let mut reactions = Vec::with_capacity(5);
                for which in 0..5 {
                    let reaction = self.bleichenbacher(&hello, &filling, which, with_finished);
                    reactions.push(reaction.await?);
                }
                if let Some(settled) = rounds.settle(reactions) {
                    break settled?;
                }
            };
            worst = match (worst, oracle(&reactions)) {
                (Oracle::Strong, _) | (_, Oracle::Strong) => Oracle::Strong,
                (Oracle::Weak, _) | (_, Oracle::Weak) => Oracle::Weak,
                (Oracle::None, Oracle::None) => Oracle::None,
            };
            if worst == Oracle::Strong {
                break;
            }
        }
        Ok(worst)
    }

    async fn bleichenbacher(
        &self,
        hello: &ClientHello,
        filling: &Filling,
        which: usize,
        with_finished: bool,
    ) -> Result<Reaction, String> {
        let mut session = self.greet(hello).await?;
        let certificate = session.certificates.first();
        let certificate = certificate.ok_or("the server presents no certificate")?;
        let key = RsaKey::of(certificate)?;
        let mut blocks = blocks(&key, hello.legacy_version, filling);
        let block = blocks.swap_remove(which);
        let mut flight = session.key_exchange_flight(&with_length(&key.encrypt(&block)));
        if with_finished {
            let version = session.version();
            record::write(&mut flight, record::CHANGE_CIPHER_SPEC, version, &[1]);
            record::write(&mut flight, record::HANDSHAKE, version, &NO_FINISHED);
        }
        let patience = session.patience();
        // One who resets at once may leave no time to write it all.
        let _ = session.write(&flight).await;
        let reaction = session.react(patience).await;
        session.hang_up().await;
        Ok(reaction)
    }
}

/// Returns the five: a right one; wrong first bytes; a zero in the wrong place; no zero; another version in the secret.
fn blocks(key: &RsaKey, version: ProtocolVersion, filling: &Filling) -> Vec<Vec<u8>> {
    let length = key.length();
    let secret = |version: [u8; 2]| {
        let mut secret = [0; 48];
        secret[..2].copy_from_slice(&version);
        secret[2..].copy_from_slice(&filling.secret);
        secret
    };
    let right = padded(length, &secret(version.0.to_be_bytes()), &filling.padding);
    let zero = length - 49;
    let mut wrong_start = right.clone();
    wrong_start[..2].copy_from_slice(&[0x41, 0x17]);
    if !key.takes(&wrong_start) {
        wrong_start[0] = 0;
    }
    let mut late_zero = right.clone();
    late_zero[zero] = 0x11;
    late_zero[length - 2] = 0;
    let mut no_zero = right.clone();
    no_zero[zero..zero + 3].copy_from_slice(&[0x11; 3]);
    let wrong_version = padded(length, &secret([2, 2]), &filling.padding);
    vec![right, wrong_start, late_zero, no_zero, wrong_version]
}

/// Concludes from what the server did with the five.
fn oracle(reactions: &[Reaction]) -> Oracle {
    if are_alike(reactions) {
        Oracle::None
    } else if are_alike(&reactions[1..4]) {
        Oracle::Weak
    } else {
        Oracle::Strong
    }
}
