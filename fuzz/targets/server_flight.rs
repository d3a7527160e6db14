//! A server's first flight, in pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verifull::tls::ServerFlight;
use verifull::tls::flight::session_ticket;

fuzz_target!(|data: &[u8]| {
    let Some((step, bytes)) = data.split_first() else {
        return;
    };
    let mut whole = ServerFlight::default();
    whole.feed(bytes);
    let mut pieces = ServerFlight::default();
    for piece in bytes.chunks(usize::from(*step).max(1)) {
        pieces.feed(piece);
    }
    // However it is cut, it says the same. What stands after foreign bytes depends on the cut, and is not kept for long.
    if !matches!(whole.end, Some(verifull::tls::flight::End::Foreign(_))) {
        assert_eq!(whole.end, pieces.end);
    }
    assert_eq!(whole.hello, pieces.hello);
    assert_eq!(whole.certificates, pieces.certificates);
    let _ = session_ticket(bytes);
});
