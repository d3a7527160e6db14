//! The bodies of a server's handshake messages.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verifull::tls::ProtocolVersion;
use verifull::tls::server::{
    CertificateRequest, KeyExchangeKind, NewSessionTicket, ServerHello, ServerKeyExchange, bits,
    certificates,
};

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else {
        return;
    };
    let version = if choice & 8 == 0 {
        ProtocolVersion::TLSV1_2
    } else {
        ProtocolVersion::TLSV1
    };
    match choice & 7 {
        0 => {
            if let Ok(hello) = ServerHello::parse(body) {
                let _ = (hello.version(), hello.group(), hello.alpn(), hello.repeats_an_extension());
                // An empty list of extensions is written as none.
                assert_eq!(ServerHello::parse(&hello.body()).as_ref(), Ok(&hello));
            }
        }
        1 => drop(certificates(body)),
        2..=4 => {
            let kind = [
                KeyExchangeKind::FiniteField,
                KeyExchangeKind::EllipticCurve,
                KeyExchangeKind::TemporaryRsa,
            ][usize::from(choice & 7) - 2];
            let _ = ServerKeyExchange::parse(body, kind, version, choice & 16 != 0);
        }
        5 => drop(CertificateRequest::parse(body, version)),
        6 => drop(NewSessionTicket::parse(body)),
        _ => assert!(bits(body) as usize <= body.len() * 8),
    }
});
