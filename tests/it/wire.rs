//! The prober against peers on loopback that are hostile, broken, slow or just unusual, byte by byte.
//!
//! Real servers are in `peers`.

mod admission;
mod hostile;
mod login;
mod peer;
mod tls;
mod web;
