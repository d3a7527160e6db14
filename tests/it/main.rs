//! The one integration test binary. Each file beside this one is a module here; a law holds that.
#![expect(clippy::disallowed_methods, reason = "tests are the outside world")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod architecture;
mod certificates;
mod check_laws;
mod cli;
mod config_corpus;
mod demo;
mod lab;
mod peers;
mod pty;
mod remedies;
mod scan;
mod screens;
mod secrets;
mod themes;
mod wire;
