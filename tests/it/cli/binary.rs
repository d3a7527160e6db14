//! The binary itself.
