//! Padding oracles in CBC (CVE-2014-8730 and kin): are records with wrong padding told from records with a wrong MAC?
//!
//! Time, by which Lucky 13 tells them, cannot be measured from here and is not.

use super::{Ground, Rounds, Scanner, are_alike};
use crate::observation::scan::Scan;
use crate::probe::scan::old_client::{BLOCK, Half, Reaction, Suite};
use crate::tls::{ClientHello, record};

/// Ways in which a record is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Good padding, wrong MAC.
    Mac,
    /// Nothing but padding that is longer than the record.
    NoRoomForMac,
    /// Good MAC, and padding of the right length with wrong bytes in it: what POODLE sends.
    PaddingBytes,
    /// Good MAC, and padding that says it is longer than the record.
    PaddingLength,
    /// No content at all, good padding, wrong MAC (CVE-2019-1559).
    EmptyAndMac,
    /// No content at all, good MAC, wrong bytes in the padding.
    EmptyAndPaddingBytes,
}

impl Fault {
    const ALL: [Self; 6] = [
        Self::Mac,
        Self::NoRoomForMac,
        Self::PaddingBytes,
        Self::PaddingLength,
        Self::EmptyAndMac,
        Self::EmptyAndPaddingBytes,
    ];

    /// Returns the blocks of such a record.
    fn blocks(self, half: &Half) -> Vec<u8> {
        const TOO_LONG: u8 = 0x80;
        let tag = half.mac(record::APPLICATION_DATA, &[]).len();
        // Line ends: what no protocol does anything with.
        let content: Vec<u8> = match self {
            Self::EmptyAndMac | Self::EmptyAndPaddingBytes => Vec::new(),
            Self::Mac | Self::NoRoomForMac | Self::PaddingBytes | Self::PaddingLength => b"\r\n"
                .iter()
                .copied()
                .cycle()
                .take(BLOCK + BLOCK - tag % BLOCK)
                .collect(),
        };
        let mut mac = half.mac(record::APPLICATION_DATA, &content);
        // A whole block of padding, and what the blocks before it lack.
        let padding = BLOCK + (BLOCK - (content.len() + tag) % BLOCK) % BLOCK;
        let length = u8::try_from(padding - 1).unwrap_or(0);
        let mut padding = vec![length; padding];
        match self {
            Self::Mac | Self::EmptyAndMac => {
                if let Some(byte) = mac.first_mut() {
                    *byte ^= 1;
                }
            }
            Self::PaddingBytes | Self::EmptyAndPaddingBytes => {
                for byte in padding.iter_mut().take(usize::from(length)) {
                    *byte ^= 0x5A;
                }
            }
            Self::PaddingLength => padding.fill(TOO_LONG),
            Self::NoRoomForMac => {}
        }
        let blocks = [content, mac, padding].concat();
        if self == Self::NoRoomForMac {
            vec![0xFF; blocks.len()]
        } else {
            blocks
        }
    }
}

impl Scanner<'_> {
    /// Finishes handshakes and sends records that are wrong in different ways.
    pub(super) async fn cbc_padding_oracle(&self, scan: &Scan) -> Result<bool, String> {
        let ground = Ground::find(scan, Suite::is_cbc, "is one of AES in CBC")?;
        let hello = self.old_hello(&ground, Vec::new());
        let mut rounds = Rounds::default();
        let reactions = loop {
            let mut reactions = Vec::with_capacity(Fault::ALL.len());
            for fault in Fault::ALL {
                reactions.push(self.vaudenay(&hello, fault).await?);
            }
            if let Some(settled) = rounds.settle(reactions) {
                break settled?;
            }
        };
        Ok(!are_alike(&reactions))
    }

    async fn vaudenay(&self, hello: &ClientHello, fault: Fault) -> Result<Reaction, String> {
        let mut session = self.greet(hello).await?;
        if let Err(trouble) = session.finish().await {
            session.hang_up().await;
            return Err(trouble.reason);
        }
        let version = session.version();
        let Some(half) = &mut session.writing else {
            return Err("the handshake ended without keys".to_owned());
        };
        let fragment = half
            .seal_blocks(fault.blocks(half))
            .map_err(|broken| broken.to_string())?;
        let mut bytes = Vec::new();
        record::write(&mut bytes, record::APPLICATION_DATA, version, &fragment);
        let patience = session.patience();
        let _ = session.write(&bytes).await;
        let reaction = session.react(patience).await;
        session.hang_up().await;
        Ok(reaction)
    }
}
