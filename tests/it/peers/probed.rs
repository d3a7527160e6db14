//! probed
