//! `verifull scan` and `verifull init` as other programs meet them.

mod bad_input;
mod fixture;
mod formats;
mod mending;
mod starter;
