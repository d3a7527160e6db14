//! Real servers on loopback: PostgreSQL, nginx and OpenSSL, held against what verifull says of them.
//!
//! Every server runs in a temporary folder on a free port and is stopped by its process id. A program that is missing is
//! a failed test that says how to get it, never a skipped one.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set its stage up has failed"
)]

mod nginx;
mod openssl;
mod pki;
mod postgresql;
mod probed;
mod psql;
mod reported;
mod server;
mod x509;
