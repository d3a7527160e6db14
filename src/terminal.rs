//! terminal (wing).
