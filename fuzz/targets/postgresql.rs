//! PostgreSQL's messages before login, and the head of an HTTP response.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verifull::libpq::wire;

fuzz_target!(|data: &[u8]| {
    let _ = wire::reply(data);
});
