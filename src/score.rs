//! The score: published deductions per finding, caps, and coverage beside it.
//!
//! `verifull explain --scoring` prints what is in here. An unknown never counts as a pass: it lowers coverage.

use serde::Serialize;

/// Version of the formula. It changes whenever the same facts could give another number.
pub const SCORING_VERSION: u32 = 1;

/// A score with everything that made it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// [`SCORING_VERSION`].
    pub scoring_version: u32,
    /// 0 to 100; `None` where nothing could be looked at.
    pub value: Option<u8>,
    /// `A` to `F`; `None` where nothing could be looked at.
    pub grade: Option<char>,
    /// Share of the applicable checks that could be decided, 0 to 1.
    pub coverage: f64,
    /// The caps that hold the value down, in words.
    pub caps: Vec<String>,
}

/// Scores the verdicts on one or more endpoints.
pub fn of(_verdicts: &[(&'static crate::check::Check, crate::check::Verdict)]) -> Score {
    Score {
        scoring_version: SCORING_VERSION,
        value: None,
        grade: None,
        coverage: 0.0,
        caps: Vec::new(),
    }
}
