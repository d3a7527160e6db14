//! soon
use super::Suite;
pub(super) const SUITES: &[Suite] = &[];
