//! Text that cannot be printed.
//!
//! Every literal of an application's file may hold a password. Such text has this type from the moment it is cut out of
//! its file: it has no `Display`, is not serialized, and its `Debug` is a mask. Who needs the characters writes
//! [`Secret::expose`], which a reader finds.

use std::fmt;

/// Text of a stranger's file that may hold a secret.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(String);

impl Secret {
    /// Takes a text out of sight.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the characters: to parse or to compare them, never to show them.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_character() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(7 bytes)");
    }
}
