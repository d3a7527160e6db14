//! A `ClientHello` that is read is written as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verifull::tls::{ClientHello, record};

fuzz_target!(|data: &[u8]| {
    let message = record::handshake_message(1, data);
    if let Ok(hello) = ClientHello::parse(&message) {
        assert_eq!(hello.message(), message);
    }
    let _ = ClientHello::parse(data);
});
