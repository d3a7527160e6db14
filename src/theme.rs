//! Colour roles, and the themes that fill them.

/// A theme: every role with its style.
#[derive(Clone, Debug)]
pub struct Theme {
    /// Its name.
    pub name: String,
}
