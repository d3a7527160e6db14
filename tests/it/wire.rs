//! The prober against peers on loopback that are hostile, broken, slow or just unusual, byte by byte.
//!
//! Real servers are in `peers`.
#![expect(
    clippy::unwrap_used,
    reason = "what these peers cannot do ends the test, also outside of a test's own function"
)]

mod admission;
mod hostile;
mod login;
mod peer;
mod scanned;
mod tls;
mod web;
