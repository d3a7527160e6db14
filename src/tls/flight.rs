//! A server's first flight, put together from whatever pieces it comes in, within bounds.
//!
//! It takes bytes and keeps what they say. It ends at `ServerHelloDone`, at a fatal alert, at bytes that are not TLS, or at a
//! bound. TLS 1.3 goes dark after `ServerHello`: there the flight ends, too.

use super::reader::Malformed;
use super::record::{self, LONGEST_FRAGMENT};
use super::server::{self, Alert, CertificateRequest, NewSessionTicket, ServerHello, message_type};
use super::{AlertDescription, ProtocolVersion};

/// Most bytes that one flight may have: chains of a dozen large certificates and the names of a few hundred CAs.
pub const LONGEST_FLIGHT: usize = 192 * 1024;

/// Most records without anything new in them: warnings, empty fragments, `change_cipher_spec`.
const MOST_IDLE_RECORDS: usize = 32;

/// Most bytes of a foreign answer that are kept.
const LONGEST_FOREIGN: usize = 1024;

/// What came from a server so far.
#[derive(Clone, Debug, Default)]
pub struct ServerFlight {
    /// What is not yet a whole record.
    pending: Vec<u8>,
    /// What is not yet a whole handshake message.
    message: Vec<u8>,
    /// What is not yet a whole alert.
    alert: Vec<u8>,
    received: usize,
    idle_records: usize,
    /// `ServerHello` or `HelloRetryRequest`.
    pub hello: Option<ServerHello>,
    /// The certificates of the message `Certificate`, in DER.
    pub certificates: Option<Vec<Vec<u8>>>,
    /// The body of `ServerKeyExchange`.
    pub key_exchange: Option<Vec<u8>>,
    /// `CertificateRequest`.
    pub certificate_request: Option<CertificateRequest>,
    /// The body of `CertificateStatus`.
    pub certificate_status: Option<Vec<u8>>,
    /// Warnings that came before anything fatal.
    pub warnings: Vec<AlertDescription>,
    /// Why it is at its end; `None` as long as more may come.
    pub end: Option<End>,
}

/// Why a flight is at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// `ServerHelloDone`, or all that TLS 1.3 says in the clear.
    Done,
    /// An alert that ends the connection.
    Alert(Alert),
    /// What came is not TLS: its first bytes.
    Foreign(Vec<u8>),
    /// It is TLS, and its lengths or its order lie.
    Malformed(String),
}

impl ServerFlight {
    /// Takes in what came. What comes after the end is ignored.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.end.is_some() {
            return;
        }
        self.received = self.received.saturating_add(bytes.len());
        if self.received > LONGEST_FLIGHT {
            self.end = Some(End::Malformed(format!(
                "more than {LONGEST_FLIGHT} bytes came before ServerHelloDone"
            )));
            return;
        }
        self.pending.extend_from_slice(bytes);
        while self.end.is_none() {
            match self.next_record() {
                Some((content_type, fragment)) => self.take_record(content_type, &fragment),
                None => break,
            }
        }
    }

    /// Whether nothing at all has come.
    pub fn is_empty(&self) -> bool {
        self.received == 0
    }

    /// Cuts the next whole record off what is pending.
    fn next_record(&mut self) -> Option<(u8, Vec<u8>)> {
        let plausible = matches!(
            self.pending.as_slice(),
            [] | [20..=24] | [20..=24, 3] | [20..=24, 3, 0..=4, ..]
        );
        if !plausible {
            let foreign = &self.pending[..self.pending.len().min(LONGEST_FOREIGN)];
            self.end = Some(End::Foreign(foreign.to_vec()));
            return None;
        }
        let (header, rest) = self.pending.split_first_chunk::<5>()?;
        let content_type = header[0];
        let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
        if length > LONGEST_FRAGMENT {
            self.end = Some(End::Malformed(format!(
                "a record says that it has {length} bytes"
            )));
            return None;
        }
        let fragment = rest.get(..length)?.to_vec();
        self.pending.drain(..5 + length);
        Some((content_type, fragment))
    }

    fn take_record(&mut self, content_type: u8, fragment: &[u8]) {
        match content_type {
            record::HANDSHAKE if !fragment.is_empty() => {
                self.message.extend_from_slice(fragment);
                self.take_messages();
            }
            record::ALERT => self.take_alert(fragment),
            // Before there is a ServerHello nobody can have switched keys on; TLS 1.3 sends it for old middleboxes.
            record::HANDSHAKE | record::CHANGE_CIPHER_SPEC => self.idle(),
            _ => self.malformed("application data came in the place of a handshake"),
        }
    }

    /// Counts a record that says nothing.
    fn idle(&mut self) {
        self.idle_records += 1;
        if self.idle_records > MOST_IDLE_RECORDS {
            self.malformed("records without content come without end");
        }
    }

    fn take_alert(&mut self, fragment: &[u8]) {
        const FATAL: u8 = 2;
        // Up to TLS 1.2 an alert may be cut in two, and several may share a record.
        self.alert.extend_from_slice(fragment);
        if fragment.is_empty() {
            self.idle();
        }
        while self.end.is_none() {
            let Some((&[level, description], rest)) = self.alert.split_first_chunk::<2>() else {
                break;
            };
            self.alert = rest.to_vec();
            let description = AlertDescription(description);
            if level == FATAL || description == AlertDescription(0) {
                self.end = Some(End::Alert(Alert {
                    fatal: level == FATAL,
                    description,
                }));
                return;
            }
            self.warnings.push(description);
            self.idle();
        }
    }

    /// Cuts whole messages off what has come.
    fn take_messages(&mut self) {
        let mut begin = 0;
        while self.end.is_none() {
            let rest = &self.message[begin..];
            let Some(([kind, a, b, c], body)) = rest.split_first_chunk::<4>() else {
                break;
            };
            let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            if length > LONGEST_FLIGHT {
                let complaint = format!("a handshake message says that it has {length} bytes");
                self.end = Some(End::Malformed(complaint));
                break;
            }
            let Some(body) = body.get(..length) else {
                break;
            };
            let (kind, body) = (*kind, body.to_vec());
            begin += 4 + length;
            if let Err(malformed) = self.take_message(kind, &body) {
                self.end = Some(End::Malformed(malformed.to_string()));
            }
        }
        self.message.drain(..begin);
    }

    fn take_message(&mut self, kind: u8, body: &[u8]) -> Result<(), Malformed> {
        if self.hello.is_none()
            && !matches!(
                kind,
                message_type::SERVER_HELLO | message_type::HELLO_REQUEST
            )
        {
            return Err(Malformed(
                "handshake that does not begin with ServerHello: it is one",
            ));
        }
        let version = self
            .hello
            .as_ref()
            .map_or(ProtocolVersion::TLSV1_2, ServerHello::version);
        match kind {
            message_type::SERVER_HELLO if self.hello.is_some() => {
                return Err(Malformed("second ServerHello: it is one"));
            }
            message_type::SERVER_HELLO => {
                let hello = ServerHello::parse(body)?;
                if hello.repeats_an_extension() {
                    return Err(Malformed("ServerHello with an extension twice: it is one"));
                }
                if hello.version() >= ProtocolVersion::TLSV1_3 {
                    self.end = Some(End::Done);
                }
                self.hello = Some(hello);
            }
            message_type::CERTIFICATE => self.certificates = Some(server::certificates(body)?),
            message_type::SERVER_KEY_EXCHANGE => self.key_exchange = Some(body.to_vec()),
            message_type::CERTIFICATE_REQUEST => {
                self.certificate_request = Some(CertificateRequest::parse(body, version)?);
            }
            message_type::CERTIFICATE_STATUS => self.certificate_status = Some(body.to_vec()),
            message_type::SERVER_HELLO_DONE => self.end = Some(End::Done),
            // HelloRequest, SupplementalData and what else may come says nothing that we ask for.
            _ => self.idle(),
        }
        Ok(())
    }

    fn malformed(&mut self, complaint: &str) {
        self.end = Some(End::Malformed(complaint.to_owned()));
    }
}

/// Finds the `NewSessionTicket` of TLS 1.2 in all that a server sent up to its `ChangeCipherSpec`, until which nothing is encrypted.
pub fn session_ticket(stream: &[u8]) -> Option<NewSessionTicket> {
    let mut messages = Vec::new();
    let mut rest = stream;
    while let Some((&[content_type, _, _, high, low], after)) = rest.split_first_chunk::<5>() {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let (fragment, next) = after.split_at_checked(length)?;
        match content_type {
            record::HANDSHAKE => messages.extend_from_slice(fragment),
            record::CHANGE_CIPHER_SPEC => break,
            _ => {}
        }
        rest = next;
    }
    let mut rest = messages.as_slice();
    while let Some((&[kind, a, b, c], after)) = rest.split_first_chunk::<4>() {
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        let (body, next) = after.split_at_checked(length)?;
        if kind == message_type::NEW_SESSION_TICKET {
            return NewSessionTicket::parse(body).ok();
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tls::CipherSuite;
    use crate::tls::record::handshake_message;

    fn hello() -> ServerHello {
        ServerHello {
            legacy_version: ProtocolVersion::TLSV1_2,
            random: [5; 32],
            session_id: vec![1; 32],
            cipher_suite: CipherSuite(0xC02F),
            compression_method: 0,
            extensions: vec![(0xFF01, vec![0])],
        }
    }

    /// The messages of a flight with a certificate of 3 bytes.
    fn messages() -> Vec<u8> {
        let mut messages = handshake_message(message_type::SERVER_HELLO, &hello().body());
        messages.extend(handshake_message(
            message_type::CERTIFICATE,
            &[0, 0, 6, 0, 0, 3, 7, 8, 9],
        ));
        messages.extend(handshake_message(
            message_type::CERTIFICATE_STATUS,
            &[1, 0, 0, 0],
        ));
        messages.extend(handshake_message(
            message_type::SERVER_KEY_EXCHANGE,
            &[3, 0, 29, 1, 4],
        ));
        messages.extend(handshake_message(
            message_type::CERTIFICATE_REQUEST,
            &[1, 1, 0, 2, 4, 3, 0, 4, 0, 2, 0x30, 0],
        ));
        messages.extend(handshake_message(message_type::SERVER_HELLO_DONE, &[]));
        messages
    }

    fn records(messages: &[u8], longest: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in messages.chunks(longest) {
            record::write(
                &mut bytes,
                record::HANDSHAKE,
                ProtocolVersion::TLSV1_2,
                part,
            );
        }
        bytes
    }

    fn assert_whole(flight: &ServerFlight) {
        assert_eq!(flight.end, Some(End::Done));
        assert_eq!(flight.hello, Some(hello()));
        assert_eq!(flight.certificates, Some(vec![vec![7, 8, 9]]));
        assert_eq!(flight.key_exchange, Some(vec![3, 0, 29, 1, 4]));
        assert_eq!(
            flight.certificate_request.as_ref().unwrap().authorities,
            [vec![0x30, 0]]
        );
        assert!(flight.certificate_status.is_some());
    }

    proptest! {
        #[test]
        fn records_and_segments_may_be_cut_anywhere(longest in 1..200_usize, segment in 1..200_usize) {
            let mut flight = ServerFlight::default();
            for piece in records(&messages(), longest).chunks(segment) {
                flight.feed(piece);
            }
            assert_whole(&flight);
        }

        #[test]
        fn no_bytes_make_it_panic_or_grow(noise in prop::collection::vec(any::<u8>(), 0..600), start in 0..6_usize) {
            let mut flight = ServerFlight::default();
            flight.feed(&[22, 3, 3, 0, 90, 2][..start]);
            for piece in noise.chunks(7) {
                flight.feed(piece);
            }
            prop_assert!(flight.pending.len() <= LONGEST_FLIGHT && flight.message.len() <= LONGEST_FLIGHT);
        }

        #[test]
        fn flipped_bytes_are_read_or_refused(place in 0..160_usize, value in any::<u8>()) {
            let mut bytes = records(&messages(), 1 << 14);
            let place = place % bytes.len();
            bytes[place] = value;
            let mut flight = ServerFlight::default();
            flight.feed(&bytes);
        }
    }

    #[test]
    fn warning_before_the_hello_is_no_refusal() {
        let mut flight = ServerFlight::default();
        flight.feed(&[21, 3, 3, 0, 2, 1, 112]);
        assert_eq!(flight.end, None);
        flight.feed(&records(&messages(), 1 << 14));
        assert_whole(&flight);
        assert_eq!(flight.warnings, [AlertDescription(112)]);
    }

    #[test]
    fn session_ticket_is_found_before_the_keys() {
        let mut stream = records(&messages(), 70);
        let ticket = handshake_message(
            message_type::NEW_SESSION_TICKET,
            &[0, 0, 1, 44, 0, 3, 1, 2, 3],
        );
        stream.extend(records(&ticket, 5));
        record::write(
            &mut stream,
            record::CHANGE_CIPHER_SPEC,
            ProtocolVersion::TLSV1_2,
            &[1],
        );
        stream.extend(records(&[9; 40], 40));
        let found = session_ticket(&stream).unwrap();
        assert_eq!((found.lifetime_hint, found.ticket), (300, vec![1, 2, 3]));
        assert_eq!(session_ticket(&records(&messages(), 70)), None);
        for end in 0..stream.len() {
            let _ = session_ticket(&stream[..end]);
        }
    }

    #[test]
    fn fatal_alert_ends_it() {
        let mut flight = ServerFlight::default();
        // In two fragments, byte by byte.
        for byte in [21, 3, 0, 0, 1, 2, 21, 3, 0, 0, 1, 40] {
            flight.feed(&[byte]);
        }
        assert_eq!(
            flight.end,
            Some(End::Alert(Alert {
                fatal: true,
                description: AlertDescription(40)
            }))
        );
    }

    #[test]
    fn hello_of_tls13_is_all_there_is() {
        let mut hello = hello();
        hello.extensions = vec![(43, vec![3, 4]), (51, vec![0, 29])];
        let mut flight = ServerFlight::default();
        flight.feed(&records(
            &handshake_message(message_type::SERVER_HELLO, &hello.body()),
            50,
        ));
        assert_eq!(flight.end, Some(End::Done));
    }

    #[test]
    fn strangers_are_named_by_their_first_bytes() {
        for stranger in [
            &b"HTTP/1.1 400 Bad Request"[..],
            b"SSH-2.0-OpenSSH",
            b"E\0\0\0\x7d",
            &[22, 9],
        ] {
            let mut flight = ServerFlight::default();
            flight.feed(stranger);
            assert_eq!(flight.end, Some(End::Foreign(stranger.to_vec())));
        }
    }

    #[test]
    fn bounds_hold() {
        let mut flight = ServerFlight::default();
        flight.feed(&[22, 3, 3, 0xFF, 0xFF]);
        assert!(
            matches!(flight.end, Some(End::Malformed(_))),
            "record of 65,535 bytes"
        );

        let mut flight = ServerFlight::default();
        flight.feed(&records(&[2, 0xFF, 0xFF, 0xFF], 10));
        assert!(
            matches!(flight.end, Some(End::Malformed(_))),
            "message of 16 MB"
        );

        let mut flight = ServerFlight::default();
        for _ in 0..40 {
            flight.feed(&[21, 3, 3, 0, 2, 1, 90]);
        }
        assert!(
            matches!(flight.end, Some(End::Malformed(_))),
            "warnings for ever"
        );

        let mut flight = ServerFlight::default();
        let endless = records(
            &handshake_message(message_type::SERVER_HELLO, &hello().body()),
            99,
        );
        flight.feed(&endless);
        let filler = records(&handshake_message(99, &[0; 8000]), 1 << 14);
        for _ in 0..40 {
            flight.feed(&filler);
        }
        assert!(
            matches!(flight.end, Some(End::Malformed(_))),
            "messages for ever"
        );

        let mut hello = hello();
        hello.extensions = vec![(23, Vec::new()), (23, Vec::new())];
        let mut flight = ServerFlight::default();
        flight.feed(&records(
            &handshake_message(message_type::SERVER_HELLO, &hello.body()),
            99,
        ));
        assert!(
            matches!(flight.end, Some(End::Malformed(_))),
            "an extension twice"
        );
    }
}
