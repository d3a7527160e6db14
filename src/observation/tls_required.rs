//! Is TLS required, or only offered? Read off the answers of one observation, never guessed.
