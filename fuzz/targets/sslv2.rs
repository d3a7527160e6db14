//! A `SERVER-HELLO` of SSLv2, whole and cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verifull::tls::sslv2::server_hello;

fuzz_target!(|data: &[u8]| {
    if let Ok(Some(_)) = server_hello(data) {
        // What begins like an answer is one that has not come yet, never another.
        for end in 0..data.len().min(64) {
            assert!(server_hello(&data[..end]).is_ok());
        }
    }
});
